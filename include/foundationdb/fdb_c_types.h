/* Generated from the types that need no version by `cargo xtask fdb`; do not edit. */
#ifndef FDB_C_TYPES_H
#define FDB_C_TYPES_H

#ifndef DLLEXPORT
#define DLLEXPORT
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* An answer that may still be on its way. */
typedef struct FDB_future FDBFuture;

/* An answer that was there at once. */
typedef struct FDB_result FDBResult;

/* The way to a database before version 610. */
typedef struct FDB_cluster FDBCluster;

/* A database. */
typedef struct FDB_database FDBDatabase;

/* A tenant: a set of keys of its own within a database. */
typedef struct FDB_tenant FDBTenant;

/* A transaction. */
typedef struct FDB_transaction FDBTransaction;

/* A reader of a stream of changes. */
typedef struct FDB_cdc_consumer FDBCdcConsumer;

/* An error number; 0 is success. */
typedef int fdb_error_t;

/* A truth value; 0 is false. */
typedef int fdb_bool_t;

#ifdef __cplusplus
}
#endif
#endif
