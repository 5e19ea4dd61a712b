/* Generated from the versions by `cargo xtask fdb`; do not edit. */
#ifndef FDB_C_APIVERSION_G_H
#define FDB_C_APIVERSION_G_H

/* The newest version that the library serves. */
#define FDB_LATEST_API_VERSION 800

/* The newest version that bindings for other languages use. */
#define FDB_LATEST_BINDINGS_API_VERSION 800

/* The first version with the network option client_tmp_dir. */
#define FDB_API_VERSION_CLIENT_TMP_DIR 720

/* The first version with the network option disable_client_bypass. */
#define FDB_API_VERSION_DISABLE_CLIENT_BYPASS 720

/* The first version in which tenants are no experiment. */
#define FDB_API_VERSION_TENANT_API_RELEASED 720

#endif
