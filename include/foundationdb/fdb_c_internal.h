/* Generated from schema/fdb_c.toml by `cargo xtask fdb`; do not edit. */
#ifndef FDB_C_INTERNAL_H
#define FDB_C_INTERNAL_H

/* What client libraries ask of one another. Programs do not need it. */

#include "fdb_c.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Asks for the protocol of a version to come. Nothing here speaks a protocol, so it changes nothing.
 * Plinth accepts it without effect.
 * Threads: Any, at any time.
 * In headers from 710 on.
 */
DLLEXPORT void fdb_use_future_protocol_version(void);

/*
 * Returns the state that two copies of a client library share. Here there is one copy, so no future holds
 * one.
 * Plinth refuses it: 2108 unsupported_operation.
 * Threads: Any.
 * In headers from 710 on.
 */
DLLEXPORT WARN_UNUSED_RESULT fdb_error_t fdb_future_get_shared_state(FDBFuture* future, void** out_state);

/*
 * Would give the state that two copies of a client library share. Here there is one copy.
 * Plinth refuses it: 2108 unsupported_operation.
 * Threads: Any.
 * In headers from 710 on.
 */
DLLEXPORT WARN_UNUSED_RESULT FDBFuture* fdb_database_create_shared_state(FDBDatabase* database);

/*
 * Would take the state that two copies of a client library share. It changes nothing.
 * Plinth has nothing to do for it.
 * Threads: Any.
 * In headers from 710 on.
 */
DLLEXPORT void fdb_database_set_shared_state(FDBDatabase* database, void* state);

/*
 * Would begin a read from blob granules on the network thread.
 * Plinth refuses it: 2108 unsupported_operation.
 * Threads: Any.
 * In headers from 720 on, up to version 799.
 */
#if FDB_API_VERSION < 800
DLLEXPORT WARN_UNUSED_RESULT FDBFuture* fdb_transaction_read_blob_granules_start(
    FDBTransaction* transaction, uint8_t const* begin, int begin_length, uint8_t const* end,
    int end_length, int64_t begin_version, int64_t read_version, int64_t* out_read_version);
#else
#define fdb_transaction_read_blob_granules_start( \
    transaction, begin, begin_length, end, end_length, begin_version, read_version, out_read_version \
    ) FDB_REMOVED_FUNCTION
#endif

/*
 * Would end a read from blob granules on the caller's thread.
 * Plinth refuses it: 2108 unsupported_operation.
 * Threads: Any.
 * In headers from 720 on, up to version 799.
 */
#if FDB_API_VERSION < 800
DLLEXPORT WARN_UNUSED_RESULT FDBResult* fdb_transaction_read_blob_granules_finish(
    FDBTransaction* transaction, FDBFuture* future, uint8_t const* begin, int begin_length,
    uint8_t const* end, int end_length, int64_t begin_version, int64_t read_version,
    FDBReadBlobGranuleContext* context);
#else
#define fdb_transaction_read_blob_granules_finish( \
    transaction, future, begin, begin_length, end, end_length, begin_version, read_version, context \
    ) FDB_REMOVED_FUNCTION
#endif

#ifdef __cplusplus
}
#endif
#endif
