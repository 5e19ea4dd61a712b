/* Generated from schema/fdb_c.toml by `cargo xtask fdb`; do not edit. */
#ifndef FDB_SHIM_C_H
#define FDB_SHIM_C_H

/* What programs tell a stand-in that loads the library when it is first needed. */

#ifndef DLLEXPORT
#define DLLEXPORT
#endif

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Would tell a stand-in for the library where the real one is. This is the library itself, so it does
 * nothing.
 * Plinth has nothing to do for it.
 * Threads: Any.
 * In headers from 730 on.
 */
DLLEXPORT void fdb_shim_set_local_client_library_path(const char* path);

#ifdef __cplusplus
}
#endif
#endif
