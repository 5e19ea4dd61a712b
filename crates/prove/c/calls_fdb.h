/* Generated from include/foundationdb/fdb_c.h, include/foundationdb/fdb_c_internal.h, include/foundationdb/fdb_c_shim.h by `cargo xtask misuse`; do not edit. */
#define FDB_API_VERSION 800
#define FDB_INCLUDE_LEGACY_TYPES
#include <foundationdb/fdb_c.h>
#include <foundationdb/fdb_c_internal.h>
#include <foundationdb/fdb_c_shim.h>
static FDBReadBlobGranuleContext no_context;

#include "calls.h"

#undef fdb_select_api_version_impl
extern fdb_error_t fdb_select_api_version_impl(int, int);
static answer call_fdb_select_api_version_impl(const argument *a) {
    return (answer){.number = (int64_t)fdb_select_api_version_impl((int)a[0].number, (int)a[1].number)};
}

#undef fdb_get_max_api_version
extern int fdb_get_max_api_version(void);
static answer call_fdb_get_max_api_version(const argument *a) {
    (void)a;
    return (answer){.number = (int64_t)fdb_get_max_api_version()};
}

#undef fdb_get_client_version
extern const char * fdb_get_client_version(void);
static answer call_fdb_get_client_version(const argument *a) {
    (void)a;
    return (answer){.address = (const void *)fdb_get_client_version()};
}

#undef fdb_get_error
extern const char * fdb_get_error(fdb_error_t);
static answer call_fdb_get_error(const argument *a) {
    return (answer){.address = (const void *)fdb_get_error((fdb_error_t)a[0].number)};
}

#undef fdb_error_predicate
extern fdb_bool_t fdb_error_predicate(int, fdb_error_t);
static answer call_fdb_error_predicate(const argument *a) {
    return (answer){.number = (int64_t)fdb_error_predicate((int)a[0].number, (fdb_error_t)a[1].number)};
}

#undef fdb_network_set_option
extern fdb_error_t fdb_network_set_option(FDBNetworkOption, uint8_t const *, int);
static answer call_fdb_network_set_option(const argument *a) {
    return (answer){.number = (int64_t)fdb_network_set_option((FDBNetworkOption)a[0].number, (uint8_t const *)a[1].address, (int)a[2].number)};
}

#undef fdb_setup_network
extern fdb_error_t fdb_setup_network(void);
static answer call_fdb_setup_network(const argument *a) {
    (void)a;
    return (answer){.number = (int64_t)fdb_setup_network()};
}

#undef fdb_run_network
extern fdb_error_t fdb_run_network(void);
static answer call_fdb_run_network(const argument *a) {
    (void)a;
    return (answer){.number = (int64_t)fdb_run_network()};
}

#undef fdb_stop_network
extern fdb_error_t fdb_stop_network(void);
static answer call_fdb_stop_network(const argument *a) {
    (void)a;
    return (answer){.number = (int64_t)fdb_stop_network()};
}

#undef fdb_add_network_thread_completion_hook
extern fdb_error_t fdb_add_network_thread_completion_hook(void ( * hook ) ( void * ), void *);
static answer call_fdb_add_network_thread_completion_hook(const argument *a) {
    return (answer){.number = (int64_t)fdb_add_network_thread_completion_hook((void (*)(void *))a[0].code, (void *)a[1].address)};
}

#undef fdb_future_cancel
extern void fdb_future_cancel(FDBFuture *);
static answer call_fdb_future_cancel(const argument *a) {
    fdb_future_cancel((FDBFuture *)a[0].address);
    return (answer){0};
}

#undef fdb_future_release_memory
extern void fdb_future_release_memory(FDBFuture *);
static answer call_fdb_future_release_memory(const argument *a) {
    fdb_future_release_memory((FDBFuture *)a[0].address);
    return (answer){0};
}

#undef fdb_future_destroy
extern void fdb_future_destroy(FDBFuture *);
static answer call_fdb_future_destroy(const argument *a) {
    fdb_future_destroy((FDBFuture *)a[0].address);
    return (answer){0};
}

#undef fdb_future_block_until_ready
extern fdb_error_t fdb_future_block_until_ready(FDBFuture *);
static answer call_fdb_future_block_until_ready(const argument *a) {
    return (answer){.number = (int64_t)fdb_future_block_until_ready((FDBFuture *)a[0].address)};
}

#undef fdb_future_is_ready
extern fdb_bool_t fdb_future_is_ready(FDBFuture *);
static answer call_fdb_future_is_ready(const argument *a) {
    return (answer){.number = (int64_t)fdb_future_is_ready((FDBFuture *)a[0].address)};
}

#undef fdb_future_set_callback
extern fdb_error_t fdb_future_set_callback(FDBFuture *, FDBCallback, void *);
static answer call_fdb_future_set_callback(const argument *a) {
    return (answer){.number = (int64_t)fdb_future_set_callback((FDBFuture *)a[0].address, (FDBCallback)a[1].code, (void *)a[2].address)};
}

#undef fdb_future_get_error
extern fdb_error_t fdb_future_get_error(FDBFuture *);
static answer call_fdb_future_get_error(const argument *a) {
    return (answer){.number = (int64_t)fdb_future_get_error((FDBFuture *)a[0].address)};
}

#undef fdb_future_get_bool
extern fdb_error_t fdb_future_get_bool(FDBFuture *, fdb_bool_t *);
static answer call_fdb_future_get_bool(const argument *a) {
    return (answer){.number = (int64_t)fdb_future_get_bool((FDBFuture *)a[0].address, (fdb_bool_t *)a[1].address)};
}

#undef fdb_future_get_int64
extern fdb_error_t fdb_future_get_int64(FDBFuture *, int64_t *);
static answer call_fdb_future_get_int64(const argument *a) {
    return (answer){.number = (int64_t)fdb_future_get_int64((FDBFuture *)a[0].address, (int64_t *)a[1].address)};
}

#undef fdb_future_get_uint64
extern fdb_error_t fdb_future_get_uint64(FDBFuture *, uint64_t *);
static answer call_fdb_future_get_uint64(const argument *a) {
    return (answer){.number = (int64_t)fdb_future_get_uint64((FDBFuture *)a[0].address, (uint64_t *)a[1].address)};
}

#undef fdb_future_get_double
extern fdb_error_t fdb_future_get_double(FDBFuture *, double *);
static answer call_fdb_future_get_double(const argument *a) {
    return (answer){.number = (int64_t)fdb_future_get_double((FDBFuture *)a[0].address, (double *)a[1].address)};
}

#undef fdb_future_get_key
extern fdb_error_t fdb_future_get_key(FDBFuture *, uint8_t const * *, int *);
static answer call_fdb_future_get_key(const argument *a) {
    return (answer){.number = (int64_t)fdb_future_get_key((FDBFuture *)a[0].address, (uint8_t const * *)a[1].address, (int *)a[2].address)};
}

#undef fdb_future_get_value
extern fdb_error_t fdb_future_get_value(FDBFuture *, fdb_bool_t *, uint8_t const * *, int *);
static answer call_fdb_future_get_value(const argument *a) {
    return (answer){.number = (int64_t)fdb_future_get_value((FDBFuture *)a[0].address, (fdb_bool_t *)a[1].address, (uint8_t const * *)a[2].address, (int *)a[3].address)};
}

#undef fdb_future_get_keyvalue_array
extern fdb_error_t fdb_future_get_keyvalue_array(FDBFuture *, FDBKeyValue const * *, int *, fdb_bool_t *);
static answer call_fdb_future_get_keyvalue_array(const argument *a) {
    return (answer){.number = (int64_t)fdb_future_get_keyvalue_array((FDBFuture *)a[0].address, (FDBKeyValue const * *)a[1].address, (int *)a[2].address, (fdb_bool_t *)a[3].address)};
}

#undef fdb_future_get_mappedkeyvalue_array
extern fdb_error_t fdb_future_get_mappedkeyvalue_array(FDBFuture *, FDBMappedKeyValue const * *, int *, fdb_bool_t *);
static answer call_fdb_future_get_mappedkeyvalue_array(const argument *a) {
    return (answer){.number = (int64_t)fdb_future_get_mappedkeyvalue_array((FDBFuture *)a[0].address, (FDBMappedKeyValue const * *)a[1].address, (int *)a[2].address, (fdb_bool_t *)a[3].address)};
}

#undef fdb_future_get_key_array
extern fdb_error_t fdb_future_get_key_array(FDBFuture *, FDBKey const * *, int *);
static answer call_fdb_future_get_key_array(const argument *a) {
    return (answer){.number = (int64_t)fdb_future_get_key_array((FDBFuture *)a[0].address, (FDBKey const * *)a[1].address, (int *)a[2].address)};
}

#undef fdb_future_get_string_array
extern fdb_error_t fdb_future_get_string_array(FDBFuture *, const char * * *, int *);
static answer call_fdb_future_get_string_array(const argument *a) {
    return (answer){.number = (int64_t)fdb_future_get_string_array((FDBFuture *)a[0].address, (const char * * *)a[1].address, (int *)a[2].address)};
}

#undef fdb_future_get_keyrange_array
extern fdb_error_t fdb_future_get_keyrange_array(FDBFuture *, FDBKeyRange const * *, int *);
static answer call_fdb_future_get_keyrange_array(const argument *a) {
    return (answer){.number = (int64_t)fdb_future_get_keyrange_array((FDBFuture *)a[0].address, (FDBKeyRange const * *)a[1].address, (int *)a[2].address)};
}

#undef fdb_future_get_version
extern fdb_error_t fdb_future_get_version(FDBFuture *, int64_t *);
static answer call_fdb_future_get_version(const argument *a) {
    return (answer){.number = (int64_t)fdb_future_get_version((FDBFuture *)a[0].address, (int64_t *)a[1].address)};
}

#undef fdb_result_destroy
extern void fdb_result_destroy(FDBResult *);
static answer call_fdb_result_destroy(const argument *a) {
    fdb_result_destroy((FDBResult *)a[0].address);
    return (answer){0};
}

#undef fdb_result_get_keyvalue_array
extern fdb_error_t fdb_result_get_keyvalue_array(FDBResult *, FDBKeyValue const * *, int *, fdb_bool_t *);
static answer call_fdb_result_get_keyvalue_array(const argument *a) {
    return (answer){.number = (int64_t)fdb_result_get_keyvalue_array((FDBResult *)a[0].address, (FDBKeyValue const * *)a[1].address, (int *)a[2].address, (fdb_bool_t *)a[3].address)};
}

#undef fdb_result_get_bg_mutations_array
extern fdb_error_t fdb_result_get_bg_mutations_array(FDBResult *, FDBBGMutation const * *, int *);
static answer call_fdb_result_get_bg_mutations_array(const argument *a) {
    return (answer){.number = (int64_t)fdb_result_get_bg_mutations_array((FDBResult *)a[0].address, (FDBBGMutation const * *)a[1].address, (int *)a[2].address)};
}

#undef fdb_create_database
extern fdb_error_t fdb_create_database(const char *, FDBDatabase * *);
static answer call_fdb_create_database(const argument *a) {
    return (answer){.number = (int64_t)fdb_create_database((const char *)a[0].address, (FDBDatabase * *)a[1].address)};
}

#undef fdb_create_database_from_connection_string
extern fdb_error_t fdb_create_database_from_connection_string(const char *, FDBDatabase * *);
static answer call_fdb_create_database_from_connection_string(const argument *a) {
    return (answer){.number = (int64_t)fdb_create_database_from_connection_string((const char *)a[0].address, (FDBDatabase * *)a[1].address)};
}

#undef fdb_database_destroy
extern void fdb_database_destroy(FDBDatabase *);
static answer call_fdb_database_destroy(const argument *a) {
    fdb_database_destroy((FDBDatabase *)a[0].address);
    return (answer){0};
}

#undef fdb_database_set_option
extern fdb_error_t fdb_database_set_option(FDBDatabase *, FDBDatabaseOption, uint8_t const *, int);
static answer call_fdb_database_set_option(const argument *a) {
    return (answer){.number = (int64_t)fdb_database_set_option((FDBDatabase *)a[0].address, (FDBDatabaseOption)a[1].number, (uint8_t const *)a[2].address, (int)a[3].number)};
}

#undef fdb_database_open_tenant
extern fdb_error_t fdb_database_open_tenant(FDBDatabase *, uint8_t const *, int, FDBTenant * *);
static answer call_fdb_database_open_tenant(const argument *a) {
    return (answer){.number = (int64_t)fdb_database_open_tenant((FDBDatabase *)a[0].address, (uint8_t const *)a[1].address, (int)a[2].number, (FDBTenant * *)a[3].address)};
}

#undef fdb_database_create_transaction
extern fdb_error_t fdb_database_create_transaction(FDBDatabase *, FDBTransaction * *);
static answer call_fdb_database_create_transaction(const argument *a) {
    return (answer){.number = (int64_t)fdb_database_create_transaction((FDBDatabase *)a[0].address, (FDBTransaction * *)a[1].address)};
}

#undef fdb_database_get_main_thread_busyness
extern double fdb_database_get_main_thread_busyness(FDBDatabase *);
static answer call_fdb_database_get_main_thread_busyness(const argument *a) {
    return (answer){.number = (int64_t)fdb_database_get_main_thread_busyness((FDBDatabase *)a[0].address)};
}

#undef fdb_database_get_server_protocol
extern FDBFuture * fdb_database_get_server_protocol(FDBDatabase *, uint64_t);
static answer call_fdb_database_get_server_protocol(const argument *a) {
    return (answer){.address = (const void *)fdb_database_get_server_protocol((FDBDatabase *)a[0].address, (uint64_t)a[1].number)};
}

#undef fdb_database_get_client_status
extern FDBFuture * fdb_database_get_client_status(FDBDatabase *);
static answer call_fdb_database_get_client_status(const argument *a) {
    return (answer){.address = (const void *)fdb_database_get_client_status((FDBDatabase *)a[0].address)};
}

#undef fdb_database_reboot_worker
extern FDBFuture * fdb_database_reboot_worker(FDBDatabase *, uint8_t const *, int, fdb_bool_t, int);
static answer call_fdb_database_reboot_worker(const argument *a) {
    return (answer){.address = (const void *)fdb_database_reboot_worker((FDBDatabase *)a[0].address, (uint8_t const *)a[1].address, (int)a[2].number, (fdb_bool_t)a[3].number, (int)a[4].number)};
}

#undef fdb_database_force_recovery_with_data_loss
extern FDBFuture * fdb_database_force_recovery_with_data_loss(FDBDatabase *, uint8_t const *, int);
static answer call_fdb_database_force_recovery_with_data_loss(const argument *a) {
    return (answer){.address = (const void *)fdb_database_force_recovery_with_data_loss((FDBDatabase *)a[0].address, (uint8_t const *)a[1].address, (int)a[2].number)};
}

#undef fdb_database_create_snapshot
extern FDBFuture * fdb_database_create_snapshot(FDBDatabase *, uint8_t const *, int, uint8_t const *, int);
static answer call_fdb_database_create_snapshot(const argument *a) {
    return (answer){.address = (const void *)fdb_database_create_snapshot((FDBDatabase *)a[0].address, (uint8_t const *)a[1].address, (int)a[2].number, (uint8_t const *)a[3].address, (int)a[4].number)};
}

#undef fdb_tenant_create_transaction
extern fdb_error_t fdb_tenant_create_transaction(FDBTenant *, FDBTransaction * *);
static answer call_fdb_tenant_create_transaction(const argument *a) {
    return (answer){.number = (int64_t)fdb_tenant_create_transaction((FDBTenant *)a[0].address, (FDBTransaction * *)a[1].address)};
}

#undef fdb_tenant_destroy
extern void fdb_tenant_destroy(FDBTenant *);
static answer call_fdb_tenant_destroy(const argument *a) {
    fdb_tenant_destroy((FDBTenant *)a[0].address);
    return (answer){0};
}

#undef fdb_tenant_get_id
extern FDBFuture * fdb_tenant_get_id(FDBTenant *);
static answer call_fdb_tenant_get_id(const argument *a) {
    return (answer){.address = (const void *)fdb_tenant_get_id((FDBTenant *)a[0].address)};
}

#undef fdb_transaction_destroy
extern void fdb_transaction_destroy(FDBTransaction *);
static answer call_fdb_transaction_destroy(const argument *a) {
    fdb_transaction_destroy((FDBTransaction *)a[0].address);
    return (answer){0};
}

#undef fdb_transaction_cancel
extern void fdb_transaction_cancel(FDBTransaction *);
static answer call_fdb_transaction_cancel(const argument *a) {
    fdb_transaction_cancel((FDBTransaction *)a[0].address);
    return (answer){0};
}

#undef fdb_transaction_reset
extern void fdb_transaction_reset(FDBTransaction *);
static answer call_fdb_transaction_reset(const argument *a) {
    fdb_transaction_reset((FDBTransaction *)a[0].address);
    return (answer){0};
}

#undef fdb_transaction_set_option
extern fdb_error_t fdb_transaction_set_option(FDBTransaction *, FDBTransactionOption, uint8_t const *, int);
static answer call_fdb_transaction_set_option(const argument *a) {
    return (answer){.number = (int64_t)fdb_transaction_set_option((FDBTransaction *)a[0].address, (FDBTransactionOption)a[1].number, (uint8_t const *)a[2].address, (int)a[3].number)};
}

#undef fdb_transaction_set_read_version
extern void fdb_transaction_set_read_version(FDBTransaction *, int64_t);
static answer call_fdb_transaction_set_read_version(const argument *a) {
    fdb_transaction_set_read_version((FDBTransaction *)a[0].address, (int64_t)a[1].number);
    return (answer){0};
}

#undef fdb_transaction_get_read_version
extern FDBFuture * fdb_transaction_get_read_version(FDBTransaction *);
static answer call_fdb_transaction_get_read_version(const argument *a) {
    return (answer){.address = (const void *)fdb_transaction_get_read_version((FDBTransaction *)a[0].address)};
}

#undef fdb_transaction_get
extern FDBFuture * fdb_transaction_get(FDBTransaction *, uint8_t const *, int, fdb_bool_t);
static answer call_fdb_transaction_get(const argument *a) {
    return (answer){.address = (const void *)fdb_transaction_get((FDBTransaction *)a[0].address, (uint8_t const *)a[1].address, (int)a[2].number, (fdb_bool_t)a[3].number)};
}

#undef fdb_transaction_get_key
extern FDBFuture * fdb_transaction_get_key(FDBTransaction *, uint8_t const *, int, fdb_bool_t, int, fdb_bool_t);
static answer call_fdb_transaction_get_key(const argument *a) {
    return (answer){.address = (const void *)fdb_transaction_get_key((FDBTransaction *)a[0].address, (uint8_t const *)a[1].address, (int)a[2].number, (fdb_bool_t)a[3].number, (int)a[4].number, (fdb_bool_t)a[5].number)};
}

#undef fdb_transaction_get_addresses_for_key
extern FDBFuture * fdb_transaction_get_addresses_for_key(FDBTransaction *, uint8_t const *, int);
static answer call_fdb_transaction_get_addresses_for_key(const argument *a) {
    return (answer){.address = (const void *)fdb_transaction_get_addresses_for_key((FDBTransaction *)a[0].address, (uint8_t const *)a[1].address, (int)a[2].number)};
}

#undef fdb_transaction_get_range
extern FDBFuture * fdb_transaction_get_range(FDBTransaction *, uint8_t const *, int, fdb_bool_t, int, uint8_t const *, int, fdb_bool_t, int, int, int, FDBStreamingMode, int, fdb_bool_t, fdb_bool_t);
static answer call_fdb_transaction_get_range(const argument *a) {
    return (answer){.address = (const void *)fdb_transaction_get_range((FDBTransaction *)a[0].address, (uint8_t const *)a[1].address, (int)a[2].number, (fdb_bool_t)a[3].number, (int)a[4].number, (uint8_t const *)a[5].address, (int)a[6].number, (fdb_bool_t)a[7].number, (int)a[8].number, (int)a[9].number, (int)a[10].number, (FDBStreamingMode)a[11].number, (int)a[12].number, (fdb_bool_t)a[13].number, (fdb_bool_t)a[14].number)};
}

#undef fdb_transaction_get_mapped_range
extern FDBFuture * fdb_transaction_get_mapped_range(FDBTransaction *, uint8_t const *, int, fdb_bool_t, int, uint8_t const *, int, fdb_bool_t, int, uint8_t const *, int, int, int, FDBStreamingMode, int, fdb_bool_t, fdb_bool_t);
static answer call_fdb_transaction_get_mapped_range(const argument *a) {
    return (answer){.address = (const void *)fdb_transaction_get_mapped_range((FDBTransaction *)a[0].address, (uint8_t const *)a[1].address, (int)a[2].number, (fdb_bool_t)a[3].number, (int)a[4].number, (uint8_t const *)a[5].address, (int)a[6].number, (fdb_bool_t)a[7].number, (int)a[8].number, (uint8_t const *)a[9].address, (int)a[10].number, (int)a[11].number, (int)a[12].number, (FDBStreamingMode)a[13].number, (int)a[14].number, (fdb_bool_t)a[15].number, (fdb_bool_t)a[16].number)};
}

#undef fdb_transaction_set
extern void fdb_transaction_set(FDBTransaction *, uint8_t const *, int, uint8_t const *, int);
static answer call_fdb_transaction_set(const argument *a) {
    fdb_transaction_set((FDBTransaction *)a[0].address, (uint8_t const *)a[1].address, (int)a[2].number, (uint8_t const *)a[3].address, (int)a[4].number);
    return (answer){0};
}

#undef fdb_transaction_atomic_op
extern void fdb_transaction_atomic_op(FDBTransaction *, uint8_t const *, int, uint8_t const *, int, FDBMutationType);
static answer call_fdb_transaction_atomic_op(const argument *a) {
    fdb_transaction_atomic_op((FDBTransaction *)a[0].address, (uint8_t const *)a[1].address, (int)a[2].number, (uint8_t const *)a[3].address, (int)a[4].number, (FDBMutationType)a[5].number);
    return (answer){0};
}

#undef fdb_transaction_clear
extern void fdb_transaction_clear(FDBTransaction *, uint8_t const *, int);
static answer call_fdb_transaction_clear(const argument *a) {
    fdb_transaction_clear((FDBTransaction *)a[0].address, (uint8_t const *)a[1].address, (int)a[2].number);
    return (answer){0};
}

#undef fdb_transaction_clear_range
extern void fdb_transaction_clear_range(FDBTransaction *, uint8_t const *, int, uint8_t const *, int);
static answer call_fdb_transaction_clear_range(const argument *a) {
    fdb_transaction_clear_range((FDBTransaction *)a[0].address, (uint8_t const *)a[1].address, (int)a[2].number, (uint8_t const *)a[3].address, (int)a[4].number);
    return (answer){0};
}

#undef fdb_transaction_watch
extern FDBFuture * fdb_transaction_watch(FDBTransaction *, uint8_t const *, int);
static answer call_fdb_transaction_watch(const argument *a) {
    return (answer){.address = (const void *)fdb_transaction_watch((FDBTransaction *)a[0].address, (uint8_t const *)a[1].address, (int)a[2].number)};
}

#undef fdb_transaction_commit
extern FDBFuture * fdb_transaction_commit(FDBTransaction *);
static answer call_fdb_transaction_commit(const argument *a) {
    return (answer){.address = (const void *)fdb_transaction_commit((FDBTransaction *)a[0].address)};
}

#undef fdb_transaction_get_committed_version
extern fdb_error_t fdb_transaction_get_committed_version(FDBTransaction *, int64_t *);
static answer call_fdb_transaction_get_committed_version(const argument *a) {
    return (answer){.number = (int64_t)fdb_transaction_get_committed_version((FDBTransaction *)a[0].address, (int64_t *)a[1].address)};
}

#undef fdb_transaction_get_versionstamp
extern FDBFuture * fdb_transaction_get_versionstamp(FDBTransaction *);
static answer call_fdb_transaction_get_versionstamp(const argument *a) {
    return (answer){.address = (const void *)fdb_transaction_get_versionstamp((FDBTransaction *)a[0].address)};
}

#undef fdb_transaction_get_tag_throttled_duration
extern FDBFuture * fdb_transaction_get_tag_throttled_duration(FDBTransaction *);
static answer call_fdb_transaction_get_tag_throttled_duration(const argument *a) {
    return (answer){.address = (const void *)fdb_transaction_get_tag_throttled_duration((FDBTransaction *)a[0].address)};
}

#undef fdb_transaction_get_total_cost
extern FDBFuture * fdb_transaction_get_total_cost(FDBTransaction *);
static answer call_fdb_transaction_get_total_cost(const argument *a) {
    return (answer){.address = (const void *)fdb_transaction_get_total_cost((FDBTransaction *)a[0].address)};
}

#undef fdb_transaction_get_approximate_size
extern FDBFuture * fdb_transaction_get_approximate_size(FDBTransaction *);
static answer call_fdb_transaction_get_approximate_size(const argument *a) {
    return (answer){.address = (const void *)fdb_transaction_get_approximate_size((FDBTransaction *)a[0].address)};
}

#undef fdb_transaction_on_error
extern FDBFuture * fdb_transaction_on_error(FDBTransaction *, fdb_error_t);
static answer call_fdb_transaction_on_error(const argument *a) {
    return (answer){.address = (const void *)fdb_transaction_on_error((FDBTransaction *)a[0].address, (fdb_error_t)a[1].number)};
}

#undef fdb_transaction_add_conflict_range
extern fdb_error_t fdb_transaction_add_conflict_range(FDBTransaction *, uint8_t const *, int, uint8_t const *, int, FDBConflictRangeType);
static answer call_fdb_transaction_add_conflict_range(const argument *a) {
    return (answer){.number = (int64_t)fdb_transaction_add_conflict_range((FDBTransaction *)a[0].address, (uint8_t const *)a[1].address, (int)a[2].number, (uint8_t const *)a[3].address, (int)a[4].number, (FDBConflictRangeType)a[5].number)};
}

#undef fdb_transaction_get_estimated_range_size_bytes
extern FDBFuture * fdb_transaction_get_estimated_range_size_bytes(FDBTransaction *, uint8_t const *, int, uint8_t const *, int);
static answer call_fdb_transaction_get_estimated_range_size_bytes(const argument *a) {
    return (answer){.address = (const void *)fdb_transaction_get_estimated_range_size_bytes((FDBTransaction *)a[0].address, (uint8_t const *)a[1].address, (int)a[2].number, (uint8_t const *)a[3].address, (int)a[4].number)};
}

#undef fdb_transaction_get_range_split_points
extern FDBFuture * fdb_transaction_get_range_split_points(FDBTransaction *, uint8_t const *, int, uint8_t const *, int, int64_t);
static answer call_fdb_transaction_get_range_split_points(const argument *a) {
    return (answer){.address = (const void *)fdb_transaction_get_range_split_points((FDBTransaction *)a[0].address, (uint8_t const *)a[1].address, (int)a[2].number, (uint8_t const *)a[3].address, (int)a[4].number, (int64_t)a[5].number)};
}

#undef fdb_transaction_get_range_split_points_with_limit
extern FDBFuture * fdb_transaction_get_range_split_points_with_limit(FDBTransaction *, uint8_t const *, int, uint8_t const *, int, int64_t, int);
static answer call_fdb_transaction_get_range_split_points_with_limit(const argument *a) {
    return (answer){.address = (const void *)fdb_transaction_get_range_split_points_with_limit((FDBTransaction *)a[0].address, (uint8_t const *)a[1].address, (int)a[2].number, (uint8_t const *)a[3].address, (int)a[4].number, (int64_t)a[5].number, (int)a[6].number)};
}

#undef fdb_transaction_get_range_and_flat_map
extern FDBFuture * fdb_transaction_get_range_and_flat_map(FDBTransaction *, uint8_t const *, int, fdb_bool_t, int, uint8_t const *, int, fdb_bool_t, int, uint8_t const *, int, int, int, FDBStreamingMode, int, fdb_bool_t, fdb_bool_t);
static answer call_fdb_transaction_get_range_and_flat_map(const argument *a) {
    return (answer){.address = (const void *)fdb_transaction_get_range_and_flat_map((FDBTransaction *)a[0].address, (uint8_t const *)a[1].address, (int)a[2].number, (fdb_bool_t)a[3].number, (int)a[4].number, (uint8_t const *)a[5].address, (int)a[6].number, (fdb_bool_t)a[7].number, (int)a[8].number, (uint8_t const *)a[9].address, (int)a[10].number, (int)a[11].number, (int)a[12].number, (FDBStreamingMode)a[13].number, (int)a[14].number, (fdb_bool_t)a[15].number, (fdb_bool_t)a[16].number)};
}

#undef fdb_create_cluster
extern FDBFuture * fdb_create_cluster(const char *);
static answer call_fdb_create_cluster(const argument *a) {
    return (answer){.address = (const void *)fdb_create_cluster((const char *)a[0].address)};
}

#undef fdb_cluster_destroy
extern void fdb_cluster_destroy(FDBCluster *);
static answer call_fdb_cluster_destroy(const argument *a) {
    fdb_cluster_destroy((FDBCluster *)a[0].address);
    return (answer){0};
}

#undef fdb_cluster_set_option
extern fdb_error_t fdb_cluster_set_option(FDBCluster *, FDBClusterOption, uint8_t const *, int);
static answer call_fdb_cluster_set_option(const argument *a) {
    return (answer){.number = (int64_t)fdb_cluster_set_option((FDBCluster *)a[0].address, (FDBClusterOption)a[1].number, (uint8_t const *)a[2].address, (int)a[3].number)};
}

#undef fdb_cluster_create_database
extern FDBFuture * fdb_cluster_create_database(FDBCluster *, uint8_t const *, int);
static answer call_fdb_cluster_create_database(const argument *a) {
    return (answer){.address = (const void *)fdb_cluster_create_database((FDBCluster *)a[0].address, (uint8_t const *)a[1].address, (int)a[2].number)};
}

#undef fdb_future_get_cluster
extern fdb_error_t fdb_future_get_cluster(FDBFuture *, FDBCluster * *);
static answer call_fdb_future_get_cluster(const argument *a) {
    return (answer){.number = (int64_t)fdb_future_get_cluster((FDBFuture *)a[0].address, (FDBCluster * *)a[1].address)};
}

#undef fdb_future_get_database
extern fdb_error_t fdb_future_get_database(FDBFuture *, FDBDatabase * *);
static answer call_fdb_future_get_database(const argument *a) {
    return (answer){.number = (int64_t)fdb_future_get_database((FDBFuture *)a[0].address, (FDBDatabase * *)a[1].address)};
}

#undef fdb_database_purge_blob_granules
extern FDBFuture * fdb_database_purge_blob_granules(FDBDatabase *, uint8_t const *, int, uint8_t const *, int, int64_t, fdb_bool_t);
static answer call_fdb_database_purge_blob_granules(const argument *a) {
    return (answer){.address = (const void *)fdb_database_purge_blob_granules((FDBDatabase *)a[0].address, (uint8_t const *)a[1].address, (int)a[2].number, (uint8_t const *)a[3].address, (int)a[4].number, (int64_t)a[5].number, (fdb_bool_t)a[6].number)};
}

#undef fdb_database_wait_purge_granules_complete
extern FDBFuture * fdb_database_wait_purge_granules_complete(FDBDatabase *, uint8_t const *, int);
static answer call_fdb_database_wait_purge_granules_complete(const argument *a) {
    return (answer){.address = (const void *)fdb_database_wait_purge_granules_complete((FDBDatabase *)a[0].address, (uint8_t const *)a[1].address, (int)a[2].number)};
}

#undef fdb_database_blobbify_range
extern FDBFuture * fdb_database_blobbify_range(FDBDatabase *, uint8_t const *, int, uint8_t const *, int);
static answer call_fdb_database_blobbify_range(const argument *a) {
    return (answer){.address = (const void *)fdb_database_blobbify_range((FDBDatabase *)a[0].address, (uint8_t const *)a[1].address, (int)a[2].number, (uint8_t const *)a[3].address, (int)a[4].number)};
}

#undef fdb_database_blobbify_range_blocking
extern FDBFuture * fdb_database_blobbify_range_blocking(FDBDatabase *, uint8_t const *, int, uint8_t const *, int);
static answer call_fdb_database_blobbify_range_blocking(const argument *a) {
    return (answer){.address = (const void *)fdb_database_blobbify_range_blocking((FDBDatabase *)a[0].address, (uint8_t const *)a[1].address, (int)a[2].number, (uint8_t const *)a[3].address, (int)a[4].number)};
}

#undef fdb_database_unblobbify_range
extern FDBFuture * fdb_database_unblobbify_range(FDBDatabase *, uint8_t const *, int, uint8_t const *, int);
static answer call_fdb_database_unblobbify_range(const argument *a) {
    return (answer){.address = (const void *)fdb_database_unblobbify_range((FDBDatabase *)a[0].address, (uint8_t const *)a[1].address, (int)a[2].number, (uint8_t const *)a[3].address, (int)a[4].number)};
}

#undef fdb_database_list_blobbified_ranges
extern FDBFuture * fdb_database_list_blobbified_ranges(FDBDatabase *, uint8_t const *, int, uint8_t const *, int, int);
static answer call_fdb_database_list_blobbified_ranges(const argument *a) {
    return (answer){.address = (const void *)fdb_database_list_blobbified_ranges((FDBDatabase *)a[0].address, (uint8_t const *)a[1].address, (int)a[2].number, (uint8_t const *)a[3].address, (int)a[4].number, (int)a[5].number)};
}

#undef fdb_database_verify_blob_range
extern FDBFuture * fdb_database_verify_blob_range(FDBDatabase *, uint8_t const *, int, uint8_t const *, int, int64_t);
static answer call_fdb_database_verify_blob_range(const argument *a) {
    return (answer){.address = (const void *)fdb_database_verify_blob_range((FDBDatabase *)a[0].address, (uint8_t const *)a[1].address, (int)a[2].number, (uint8_t const *)a[3].address, (int)a[4].number, (int64_t)a[5].number)};
}

#undef fdb_database_flush_blob_range
extern FDBFuture * fdb_database_flush_blob_range(FDBDatabase *, uint8_t const *, int, uint8_t const *, int, fdb_bool_t, int64_t);
static answer call_fdb_database_flush_blob_range(const argument *a) {
    return (answer){.address = (const void *)fdb_database_flush_blob_range((FDBDatabase *)a[0].address, (uint8_t const *)a[1].address, (int)a[2].number, (uint8_t const *)a[3].address, (int)a[4].number, (fdb_bool_t)a[5].number, (int64_t)a[6].number)};
}

#undef fdb_tenant_purge_blob_granules
extern FDBFuture * fdb_tenant_purge_blob_granules(FDBTenant *, uint8_t const *, int, uint8_t const *, int, int64_t, fdb_bool_t);
static answer call_fdb_tenant_purge_blob_granules(const argument *a) {
    return (answer){.address = (const void *)fdb_tenant_purge_blob_granules((FDBTenant *)a[0].address, (uint8_t const *)a[1].address, (int)a[2].number, (uint8_t const *)a[3].address, (int)a[4].number, (int64_t)a[5].number, (fdb_bool_t)a[6].number)};
}

#undef fdb_tenant_wait_purge_granules_complete
extern FDBFuture * fdb_tenant_wait_purge_granules_complete(FDBTenant *, uint8_t const *, int);
static answer call_fdb_tenant_wait_purge_granules_complete(const argument *a) {
    return (answer){.address = (const void *)fdb_tenant_wait_purge_granules_complete((FDBTenant *)a[0].address, (uint8_t const *)a[1].address, (int)a[2].number)};
}

#undef fdb_tenant_blobbify_range
extern FDBFuture * fdb_tenant_blobbify_range(FDBTenant *, uint8_t const *, int, uint8_t const *, int);
static answer call_fdb_tenant_blobbify_range(const argument *a) {
    return (answer){.address = (const void *)fdb_tenant_blobbify_range((FDBTenant *)a[0].address, (uint8_t const *)a[1].address, (int)a[2].number, (uint8_t const *)a[3].address, (int)a[4].number)};
}

#undef fdb_tenant_blobbify_range_blocking
extern FDBFuture * fdb_tenant_blobbify_range_blocking(FDBTenant *, uint8_t const *, int, uint8_t const *, int);
static answer call_fdb_tenant_blobbify_range_blocking(const argument *a) {
    return (answer){.address = (const void *)fdb_tenant_blobbify_range_blocking((FDBTenant *)a[0].address, (uint8_t const *)a[1].address, (int)a[2].number, (uint8_t const *)a[3].address, (int)a[4].number)};
}

#undef fdb_tenant_unblobbify_range
extern FDBFuture * fdb_tenant_unblobbify_range(FDBTenant *, uint8_t const *, int, uint8_t const *, int);
static answer call_fdb_tenant_unblobbify_range(const argument *a) {
    return (answer){.address = (const void *)fdb_tenant_unblobbify_range((FDBTenant *)a[0].address, (uint8_t const *)a[1].address, (int)a[2].number, (uint8_t const *)a[3].address, (int)a[4].number)};
}

#undef fdb_tenant_list_blobbified_ranges
extern FDBFuture * fdb_tenant_list_blobbified_ranges(FDBTenant *, uint8_t const *, int, uint8_t const *, int, int);
static answer call_fdb_tenant_list_blobbified_ranges(const argument *a) {
    return (answer){.address = (const void *)fdb_tenant_list_blobbified_ranges((FDBTenant *)a[0].address, (uint8_t const *)a[1].address, (int)a[2].number, (uint8_t const *)a[3].address, (int)a[4].number, (int)a[5].number)};
}

#undef fdb_tenant_verify_blob_range
extern FDBFuture * fdb_tenant_verify_blob_range(FDBTenant *, uint8_t const *, int, uint8_t const *, int, int64_t);
static answer call_fdb_tenant_verify_blob_range(const argument *a) {
    return (answer){.address = (const void *)fdb_tenant_verify_blob_range((FDBTenant *)a[0].address, (uint8_t const *)a[1].address, (int)a[2].number, (uint8_t const *)a[3].address, (int)a[4].number, (int64_t)a[5].number)};
}

#undef fdb_tenant_flush_blob_range
extern FDBFuture * fdb_tenant_flush_blob_range(FDBTenant *, uint8_t const *, int, uint8_t const *, int, fdb_bool_t, int64_t);
static answer call_fdb_tenant_flush_blob_range(const argument *a) {
    return (answer){.address = (const void *)fdb_tenant_flush_blob_range((FDBTenant *)a[0].address, (uint8_t const *)a[1].address, (int)a[2].number, (uint8_t const *)a[3].address, (int)a[4].number, (fdb_bool_t)a[5].number, (int64_t)a[6].number)};
}

#undef fdb_transaction_get_blob_granule_ranges
extern FDBFuture * fdb_transaction_get_blob_granule_ranges(FDBTransaction *, uint8_t const *, int, uint8_t const *, int, int);
static answer call_fdb_transaction_get_blob_granule_ranges(const argument *a) {
    return (answer){.address = (const void *)fdb_transaction_get_blob_granule_ranges((FDBTransaction *)a[0].address, (uint8_t const *)a[1].address, (int)a[2].number, (uint8_t const *)a[3].address, (int)a[4].number, (int)a[5].number)};
}

#undef fdb_transaction_read_blob_granules
extern FDBResult * fdb_transaction_read_blob_granules(FDBTransaction *, uint8_t const *, int, uint8_t const *, int, int64_t, int64_t, FDBReadBlobGranuleContext);
static answer call_fdb_transaction_read_blob_granules(const argument *a) {
    return (answer){.address = (const void *)fdb_transaction_read_blob_granules((FDBTransaction *)a[0].address, (uint8_t const *)a[1].address, (int)a[2].number, (uint8_t const *)a[3].address, (int)a[4].number, (int64_t)a[5].number, (int64_t)a[6].number, no_context)};
}

#undef fdb_transaction_read_blob_granules_description
extern FDBFuture * fdb_transaction_read_blob_granules_description(FDBTransaction *, uint8_t const *, int, uint8_t const *, int, int64_t, int64_t, int64_t *);
static answer call_fdb_transaction_read_blob_granules_description(const argument *a) {
    return (answer){.address = (const void *)fdb_transaction_read_blob_granules_description((FDBTransaction *)a[0].address, (uint8_t const *)a[1].address, (int)a[2].number, (uint8_t const *)a[3].address, (int)a[4].number, (int64_t)a[5].number, (int64_t)a[6].number, (int64_t *)a[7].address)};
}

#undef fdb_transaction_summarize_blob_granules
extern FDBFuture * fdb_transaction_summarize_blob_granules(FDBTransaction *, uint8_t const *, int, uint8_t const *, int, int64_t, int);
static answer call_fdb_transaction_summarize_blob_granules(const argument *a) {
    return (answer){.address = (const void *)fdb_transaction_summarize_blob_granules((FDBTransaction *)a[0].address, (uint8_t const *)a[1].address, (int)a[2].number, (uint8_t const *)a[3].address, (int)a[4].number, (int64_t)a[5].number, (int)a[6].number)};
}

#undef fdb_future_get_granule_summary_array
extern fdb_error_t fdb_future_get_granule_summary_array(FDBFuture *, FDBGranuleSummary const * *, int *);
static answer call_fdb_future_get_granule_summary_array(const argument *a) {
    return (answer){.number = (int64_t)fdb_future_get_granule_summary_array((FDBFuture *)a[0].address, (FDBGranuleSummary const * *)a[1].address, (int *)a[2].address)};
}

#undef fdb_future_readbg_get_descriptions
extern fdb_error_t fdb_future_readbg_get_descriptions(FDBFuture *, FDBBGFileDescription * *, int *);
static answer call_fdb_future_readbg_get_descriptions(const argument *a) {
    return (answer){.number = (int64_t)fdb_future_readbg_get_descriptions((FDBFuture *)a[0].address, (FDBBGFileDescription * *)a[1].address, (int *)a[2].address)};
}

#undef fdb_readbg_parse_snapshot_file
extern FDBResult * fdb_readbg_parse_snapshot_file(uint8_t const *, int, FDBBGTenantPrefix const *, FDBBGEncryptionCtx const *);
static answer call_fdb_readbg_parse_snapshot_file(const argument *a) {
    return (answer){.address = (const void *)fdb_readbg_parse_snapshot_file((uint8_t const *)a[0].address, (int)a[1].number, (FDBBGTenantPrefix const *)a[2].address, (FDBBGEncryptionCtx const *)a[3].address)};
}

#undef fdb_readbg_parse_delta_file
extern FDBResult * fdb_readbg_parse_delta_file(uint8_t const *, int, FDBBGTenantPrefix const *, FDBBGEncryptionCtx const *);
static answer call_fdb_readbg_parse_delta_file(const argument *a) {
    return (answer){.address = (const void *)fdb_readbg_parse_delta_file((uint8_t const *)a[0].address, (int)a[1].number, (FDBBGTenantPrefix const *)a[2].address, (FDBBGEncryptionCtx const *)a[3].address)};
}

#undef fdb_database_register_cdc_stream
extern FDBFuture * fdb_database_register_cdc_stream(FDBDatabase *, uint8_t const *, int, FDBKeyRange const *, int);
static answer call_fdb_database_register_cdc_stream(const argument *a) {
    return (answer){.address = (const void *)fdb_database_register_cdc_stream((FDBDatabase *)a[0].address, (uint8_t const *)a[1].address, (int)a[2].number, (FDBKeyRange const *)a[3].address, (int)a[4].number)};
}

#undef fdb_database_register_cdc_ordered_stream
extern FDBFuture * fdb_database_register_cdc_ordered_stream(FDBDatabase *, uint8_t const *, int, FDBKeyRange const *, int, FDBKey const *, int);
static answer call_fdb_database_register_cdc_ordered_stream(const argument *a) {
    return (answer){.address = (const void *)fdb_database_register_cdc_ordered_stream((FDBDatabase *)a[0].address, (uint8_t const *)a[1].address, (int)a[2].number, (FDBKeyRange const *)a[3].address, (int)a[4].number, (FDBKey const *)a[5].address, (int)a[6].number)};
}

#undef fdb_database_remove_cdc_stream
extern FDBFuture * fdb_database_remove_cdc_stream(FDBDatabase *, uint8_t const *, int);
static answer call_fdb_database_remove_cdc_stream(const argument *a) {
    return (answer){.address = (const void *)fdb_database_remove_cdc_stream((FDBDatabase *)a[0].address, (uint8_t const *)a[1].address, (int)a[2].number)};
}

#undef fdb_database_list_cdc_streams
extern FDBFuture * fdb_database_list_cdc_streams(FDBDatabase *);
static answer call_fdb_database_list_cdc_streams(const argument *a) {
    return (answer){.address = (const void *)fdb_database_list_cdc_streams((FDBDatabase *)a[0].address)};
}

#undef fdb_database_create_cdc_consumer
extern FDBFuture * fdb_database_create_cdc_consumer(FDBDatabase *, uint8_t const *, int);
static answer call_fdb_database_create_cdc_consumer(const argument *a) {
    return (answer){.address = (const void *)fdb_database_create_cdc_consumer((FDBDatabase *)a[0].address, (uint8_t const *)a[1].address, (int)a[2].number)};
}

#undef fdb_database_resume_cdc_consumer
extern FDBFuture * fdb_database_resume_cdc_consumer(FDBDatabase *, uint64_t, int64_t);
static answer call_fdb_database_resume_cdc_consumer(const argument *a) {
    return (answer){.address = (const void *)fdb_database_resume_cdc_consumer((FDBDatabase *)a[0].address, (uint64_t)a[1].number, (int64_t)a[2].number)};
}

#undef fdb_cdc_consumer_destroy
extern void fdb_cdc_consumer_destroy(FDBCdcConsumer *);
static answer call_fdb_cdc_consumer_destroy(const argument *a) {
    fdb_cdc_consumer_destroy((FDBCdcConsumer *)a[0].address);
    return (answer){0};
}

#undef fdb_cdc_consumer_consume
extern FDBFuture * fdb_cdc_consumer_consume(FDBCdcConsumer *);
static answer call_fdb_cdc_consumer_consume(const argument *a) {
    return (answer){.address = (const void *)fdb_cdc_consumer_consume((FDBCdcConsumer *)a[0].address)};
}

#undef fdb_cdc_consumer_acknowledge
extern FDBFuture * fdb_cdc_consumer_acknowledge(FDBCdcConsumer *);
static answer call_fdb_cdc_consumer_acknowledge(const argument *a) {
    return (answer){.address = (const void *)fdb_cdc_consumer_acknowledge((FDBCdcConsumer *)a[0].address)};
}

#undef fdb_cdc_consumer_get_position
extern fdb_error_t fdb_cdc_consumer_get_position(FDBCdcConsumer *, uint64_t *, int64_t *);
static answer call_fdb_cdc_consumer_get_position(const argument *a) {
    return (answer){.number = (int64_t)fdb_cdc_consumer_get_position((FDBCdcConsumer *)a[0].address, (uint64_t *)a[1].address, (int64_t *)a[2].address)};
}

#undef fdb_future_get_cdc_stream_info_array
extern fdb_error_t fdb_future_get_cdc_stream_info_array(FDBFuture *, FDBCdcStreamInfo const * *, int *);
static answer call_fdb_future_get_cdc_stream_info_array(const argument *a) {
    return (answer){.number = (int64_t)fdb_future_get_cdc_stream_info_array((FDBFuture *)a[0].address, (FDBCdcStreamInfo const * *)a[1].address, (int *)a[2].address)};
}

#undef fdb_future_get_cdc_consumer
extern fdb_error_t fdb_future_get_cdc_consumer(FDBFuture *, FDBCdcConsumer * *);
static answer call_fdb_future_get_cdc_consumer(const argument *a) {
    return (answer){.number = (int64_t)fdb_future_get_cdc_consumer((FDBFuture *)a[0].address, (FDBCdcConsumer * *)a[1].address)};
}

#undef fdb_future_get_cdc_versioned_mutations
extern fdb_error_t fdb_future_get_cdc_versioned_mutations(FDBFuture *, FDBCdcVersionedMutations const * *, int *, int64_t *);
static answer call_fdb_future_get_cdc_versioned_mutations(const argument *a) {
    return (answer){.number = (int64_t)fdb_future_get_cdc_versioned_mutations((FDBFuture *)a[0].address, (FDBCdcVersionedMutations const * *)a[1].address, (int *)a[2].address, (int64_t *)a[3].address)};
}

#undef fdb_use_future_protocol_version
extern void fdb_use_future_protocol_version(void);
static answer call_fdb_use_future_protocol_version(const argument *a) {
    (void)a;
    fdb_use_future_protocol_version();
    return (answer){0};
}

#undef fdb_future_get_shared_state
extern fdb_error_t fdb_future_get_shared_state(FDBFuture *, void * *);
static answer call_fdb_future_get_shared_state(const argument *a) {
    return (answer){.number = (int64_t)fdb_future_get_shared_state((FDBFuture *)a[0].address, (void * *)a[1].address)};
}

#undef fdb_database_create_shared_state
extern FDBFuture * fdb_database_create_shared_state(FDBDatabase *);
static answer call_fdb_database_create_shared_state(const argument *a) {
    return (answer){.address = (const void *)fdb_database_create_shared_state((FDBDatabase *)a[0].address)};
}

#undef fdb_database_set_shared_state
extern void fdb_database_set_shared_state(FDBDatabase *, void *);
static answer call_fdb_database_set_shared_state(const argument *a) {
    fdb_database_set_shared_state((FDBDatabase *)a[0].address, (void *)a[1].address);
    return (answer){0};
}

#undef fdb_transaction_read_blob_granules_start
extern FDBFuture * fdb_transaction_read_blob_granules_start(FDBTransaction *, uint8_t const *, int, uint8_t const *, int, int64_t, int64_t, int64_t *);
static answer call_fdb_transaction_read_blob_granules_start(const argument *a) {
    return (answer){.address = (const void *)fdb_transaction_read_blob_granules_start((FDBTransaction *)a[0].address, (uint8_t const *)a[1].address, (int)a[2].number, (uint8_t const *)a[3].address, (int)a[4].number, (int64_t)a[5].number, (int64_t)a[6].number, (int64_t *)a[7].address)};
}

#undef fdb_transaction_read_blob_granules_finish
extern FDBResult * fdb_transaction_read_blob_granules_finish(FDBTransaction *, FDBFuture *, uint8_t const *, int, uint8_t const *, int, int64_t, int64_t, FDBReadBlobGranuleContext *);
static answer call_fdb_transaction_read_blob_granules_finish(const argument *a) {
    return (answer){.address = (const void *)fdb_transaction_read_blob_granules_finish((FDBTransaction *)a[0].address, (FDBFuture *)a[1].address, (uint8_t const *)a[2].address, (int)a[3].number, (uint8_t const *)a[4].address, (int)a[5].number, (int64_t)a[6].number, (int64_t)a[7].number, (FDBReadBlobGranuleContext *)a[8].address)};
}

#undef fdb_shim_set_local_client_library_path
extern void fdb_shim_set_local_client_library_path(const char *);
static answer call_fdb_shim_set_local_client_library_path(const argument *a) {
    fdb_shim_set_local_client_library_path((const char *)a[0].address);
    return (answer){0};
}

#undef fdb_future_is_error
extern fdb_bool_t fdb_future_is_error(FDBFuture *);
static answer call_fdb_future_is_error(const argument *a) {
    return (answer){.number = (int64_t)fdb_future_is_error((FDBFuture *)a[0].address)};
}

#undef fdb_transaction_get_range_selector
extern FDBFuture * fdb_transaction_get_range_selector(FDBTransaction *, uint8_t const *, int, fdb_bool_t, int, uint8_t const *, int, fdb_bool_t, int, int);
static answer call_fdb_transaction_get_range_selector(const argument *a) {
    return (answer){.address = (const void *)fdb_transaction_get_range_selector((FDBTransaction *)a[0].address, (uint8_t const *)a[1].address, (int)a[2].number, (fdb_bool_t)a[3].number, (int)a[4].number, (uint8_t const *)a[5].address, (int)a[6].number, (fdb_bool_t)a[7].number, (int)a[8].number, (int)a[9].number)};
}

static const function functions[] = {
    {"fdb_select_api_version_impl", call_fdb_select_api_version_impl, GIVES_ERROR, 2, {{NUMBER, sizeof(int), "runtime_version"}, {NUMBER, sizeof(int), "header_version"}}},
    {"fdb_get_max_api_version", call_fdb_get_max_api_version, GIVES_NUMBER, 0, {{NUMBER, 0, ""}}},
    {"fdb_get_client_version", call_fdb_get_client_version, GIVES_TEXT, 0, {{NUMBER, 0, ""}}},
    {"fdb_get_error", call_fdb_get_error, GIVES_TEXT, 1, {{NUMBER, sizeof(fdb_error_t), "code"}}},
    {"fdb_error_predicate", call_fdb_error_predicate, GIVES_NUMBER, 2, {{NUMBER, sizeof(int), "predicate"}, {NUMBER, sizeof(fdb_error_t), "code"}}},
    {"fdb_network_set_option", call_fdb_network_set_option, GIVES_ERROR, 3, {{NUMBER, sizeof(FDBNetworkOption), "option"}, {BYTES, 0, "value"}, {LENGTH, sizeof(int), "value_length"}}},
    {"fdb_setup_network", call_fdb_setup_network, GIVES_ERROR, 0, {{NUMBER, 0, ""}}},
    {"fdb_run_network", call_fdb_run_network, GIVES_ERROR, 0, {{NUMBER, 0, ""}}},
    {"fdb_stop_network", call_fdb_stop_network, GIVES_ERROR, 0, {{NUMBER, 0, ""}}},
    {"fdb_add_network_thread_completion_hook", call_fdb_add_network_thread_completion_hook, GIVES_ERROR, 2, {{HOOK, 0, "hook"}, {USER, 0, "hook_parameter"}}},
    {"fdb_future_cancel", call_fdb_future_cancel, GIVES_NOTHING, 1, {{FUTURE, 0, "future"}}},
    {"fdb_future_release_memory", call_fdb_future_release_memory, GIVES_NOTHING, 1, {{FUTURE, 0, "future"}}},
    {"fdb_future_destroy", call_fdb_future_destroy, GIVES_NOTHING, 1, {{FUTURE, 0, "future"}}},
    {"fdb_future_block_until_ready", call_fdb_future_block_until_ready, GIVES_ERROR, 1, {{FUTURE, 0, "future"}}},
    {"fdb_future_is_ready", call_fdb_future_is_ready, GIVES_NUMBER, 1, {{FUTURE, 0, "future"}}},
    {"fdb_future_set_callback", call_fdb_future_set_callback, GIVES_ERROR, 3, {{FUTURE, 0, "future"}, {CALLBACK, 0, "callback"}, {USER, 0, "callback_parameter"}}},
    {"fdb_future_get_error", call_fdb_future_get_error, GIVES_ERROR, 1, {{FUTURE, 0, "future"}}},
    {"fdb_future_get_bool", call_fdb_future_get_bool, GIVES_ERROR, 2, {{FUTURE, 0, "future"}, {OUT, sizeof(fdb_bool_t), "out"}}},
    {"fdb_future_get_int64", call_fdb_future_get_int64, GIVES_ERROR, 2, {{FUTURE, 0, "future"}, {OUT, sizeof(int64_t), "out"}}},
    {"fdb_future_get_uint64", call_fdb_future_get_uint64, GIVES_ERROR, 2, {{FUTURE, 0, "future"}, {OUT, sizeof(uint64_t), "out"}}},
    {"fdb_future_get_double", call_fdb_future_get_double, GIVES_ERROR, 2, {{FUTURE, 0, "future"}, {OUT, sizeof(double), "out"}}},
    {"fdb_future_get_key", call_fdb_future_get_key, GIVES_ERROR, 3, {{FUTURE, 0, "future"}, {OUT, sizeof(uint8_t const *), "out_key"}, {OUT, sizeof(int), "out_key_length"}}},
    {"fdb_future_get_value", call_fdb_future_get_value, GIVES_ERROR, 4, {{FUTURE, 0, "future"}, {OUT, sizeof(fdb_bool_t), "out_present"}, {OUT, sizeof(uint8_t const *), "out_value"}, {OUT, sizeof(int), "out_value_length"}}},
    {"fdb_future_get_keyvalue_array", call_fdb_future_get_keyvalue_array, GIVES_ERROR, 4, {{FUTURE, 0, "future"}, {OUT, sizeof(FDBKeyValue const *), "out_rows"}, {OUT, sizeof(int), "out_count"}, {OUT, sizeof(fdb_bool_t), "out_more"}}},
    {"fdb_future_get_mappedkeyvalue_array", call_fdb_future_get_mappedkeyvalue_array, GIVES_ERROR, 4, {{FUTURE, 0, "future"}, {OUT, sizeof(FDBMappedKeyValue const *), "out_rows"}, {OUT, sizeof(int), "out_count"}, {OUT, sizeof(fdb_bool_t), "out_more"}}},
    {"fdb_future_get_key_array", call_fdb_future_get_key_array, GIVES_ERROR, 3, {{FUTURE, 0, "future"}, {OUT, sizeof(FDBKey const *), "out_keys"}, {OUT, sizeof(int), "out_count"}}},
    {"fdb_future_get_string_array", call_fdb_future_get_string_array, GIVES_ERROR, 3, {{FUTURE, 0, "future"}, {OUT, sizeof(const char * *), "out_strings"}, {OUT, sizeof(int), "out_count"}}},
    {"fdb_future_get_keyrange_array", call_fdb_future_get_keyrange_array, GIVES_ERROR, 3, {{FUTURE, 0, "future"}, {OUT, sizeof(FDBKeyRange const *), "out_ranges"}, {OUT, sizeof(int), "out_count"}}},
    {"fdb_future_get_version", call_fdb_future_get_version, GIVES_ERROR, 2, {{FUTURE, 0, "future"}, {OUT, sizeof(int64_t), "out_version"}}},
    {"fdb_result_destroy", call_fdb_result_destroy, GIVES_NOTHING, 1, {{RESULT, 0, "result"}}},
    {"fdb_result_get_keyvalue_array", call_fdb_result_get_keyvalue_array, GIVES_ERROR, 4, {{RESULT, 0, "result"}, {OUT, sizeof(FDBKeyValue const *), "out_rows"}, {OUT, sizeof(int), "out_count"}, {OUT, sizeof(fdb_bool_t), "out_more"}}},
    {"fdb_result_get_bg_mutations_array", call_fdb_result_get_bg_mutations_array, GIVES_ERROR, 3, {{RESULT, 0, "result"}, {OUT, sizeof(FDBBGMutation const *), "out_mutations"}, {OUT, sizeof(int), "out_count"}}},
    {"fdb_create_database", call_fdb_create_database, GIVES_ERROR, 2, {{TEXT, 0, "cluster_file_path"}, {OUT, sizeof(FDBDatabase *), "out_database"}}},
    {"fdb_create_database_from_connection_string", call_fdb_create_database_from_connection_string, GIVES_ERROR, 2, {{TEXT, 0, "connection_string"}, {OUT, sizeof(FDBDatabase *), "out_database"}}},
    {"fdb_database_destroy", call_fdb_database_destroy, GIVES_NOTHING, 1, {{DATABASE, 0, "database"}}},
    {"fdb_database_set_option", call_fdb_database_set_option, GIVES_ERROR, 4, {{DATABASE, 0, "database"}, {NUMBER, sizeof(FDBDatabaseOption), "option"}, {BYTES, 0, "value"}, {LENGTH, sizeof(int), "value_length"}}},
    {"fdb_database_open_tenant", call_fdb_database_open_tenant, GIVES_ERROR, 4, {{DATABASE, 0, "database"}, {BYTES, 0, "name"}, {LENGTH, sizeof(int), "name_length"}, {OUT, sizeof(FDBTenant *), "out_tenant"}}},
    {"fdb_database_create_transaction", call_fdb_database_create_transaction, GIVES_ERROR, 2, {{DATABASE, 0, "database"}, {OUT, sizeof(FDBTransaction *), "out_transaction"}}},
    {"fdb_database_get_main_thread_busyness", call_fdb_database_get_main_thread_busyness, GIVES_NUMBER, 1, {{DATABASE, 0, "database"}}},
    {"fdb_database_get_server_protocol", call_fdb_database_get_server_protocol, GIVES_FUTURE, 2, {{DATABASE, 0, "database"}, {NUMBER, sizeof(uint64_t), "expected_version"}}},
    {"fdb_database_get_client_status", call_fdb_database_get_client_status, GIVES_FUTURE, 1, {{DATABASE, 0, "database"}}},
    {"fdb_database_reboot_worker", call_fdb_database_reboot_worker, GIVES_FUTURE, 5, {{DATABASE, 0, "database"}, {BYTES, 0, "address"}, {LENGTH, sizeof(int), "address_length"}, {NUMBER, sizeof(fdb_bool_t), "check"}, {NUMBER, sizeof(int), "duration"}}},
    {"fdb_database_force_recovery_with_data_loss", call_fdb_database_force_recovery_with_data_loss, GIVES_FUTURE, 3, {{DATABASE, 0, "database"}, {BYTES, 0, "datacenter"}, {LENGTH, sizeof(int), "datacenter_length"}}},
    {"fdb_database_create_snapshot", call_fdb_database_create_snapshot, GIVES_FUTURE, 5, {{DATABASE, 0, "database"}, {BYTES, 0, "uid"}, {LENGTH, sizeof(int), "uid_length"}, {BYTES, 0, "command"}, {LENGTH, sizeof(int), "command_length"}}},
    {"fdb_tenant_create_transaction", call_fdb_tenant_create_transaction, GIVES_ERROR, 2, {{TENANT, 0, "tenant"}, {OUT, sizeof(FDBTransaction *), "out_transaction"}}},
    {"fdb_tenant_destroy", call_fdb_tenant_destroy, GIVES_NOTHING, 1, {{TENANT, 0, "tenant"}}},
    {"fdb_tenant_get_id", call_fdb_tenant_get_id, GIVES_FUTURE, 1, {{TENANT, 0, "tenant"}}},
    {"fdb_transaction_destroy", call_fdb_transaction_destroy, GIVES_NOTHING, 1, {{TRANSACTION, 0, "transaction"}}},
    {"fdb_transaction_cancel", call_fdb_transaction_cancel, GIVES_NOTHING, 1, {{TRANSACTION, 0, "transaction"}}},
    {"fdb_transaction_reset", call_fdb_transaction_reset, GIVES_NOTHING, 1, {{TRANSACTION, 0, "transaction"}}},
    {"fdb_transaction_set_option", call_fdb_transaction_set_option, GIVES_ERROR, 4, {{TRANSACTION, 0, "transaction"}, {NUMBER, sizeof(FDBTransactionOption), "option"}, {BYTES, 0, "value"}, {LENGTH, sizeof(int), "value_length"}}},
    {"fdb_transaction_set_read_version", call_fdb_transaction_set_read_version, GIVES_NOTHING, 2, {{TRANSACTION, 0, "transaction"}, {NUMBER, sizeof(int64_t), "version"}}},
    {"fdb_transaction_get_read_version", call_fdb_transaction_get_read_version, GIVES_FUTURE, 1, {{TRANSACTION, 0, "transaction"}}},
    {"fdb_transaction_get", call_fdb_transaction_get, GIVES_FUTURE, 4, {{TRANSACTION, 0, "transaction"}, {BYTES, 0, "key"}, {LENGTH, sizeof(int), "key_length"}, {NUMBER, sizeof(fdb_bool_t), "snapshot"}}},
    {"fdb_transaction_get_key", call_fdb_transaction_get_key, GIVES_FUTURE, 6, {{TRANSACTION, 0, "transaction"}, {BYTES, 0, "key"}, {LENGTH, sizeof(int), "key_length"}, {NUMBER, sizeof(fdb_bool_t), "or_equal"}, {NUMBER, sizeof(int), "offset"}, {NUMBER, sizeof(fdb_bool_t), "snapshot"}}},
    {"fdb_transaction_get_addresses_for_key", call_fdb_transaction_get_addresses_for_key, GIVES_FUTURE, 3, {{TRANSACTION, 0, "transaction"}, {BYTES, 0, "key"}, {LENGTH, sizeof(int), "key_length"}}},
    {"fdb_transaction_get_range", call_fdb_transaction_get_range, GIVES_FUTURE, 15, {{TRANSACTION, 0, "transaction"}, {BYTES, 0, "begin"}, {LENGTH, sizeof(int), "begin_length"}, {NUMBER, sizeof(fdb_bool_t), "begin_or_equal"}, {NUMBER, sizeof(int), "begin_offset"}, {BYTES, 0, "end"}, {LENGTH, sizeof(int), "end_length"}, {NUMBER, sizeof(fdb_bool_t), "end_or_equal"}, {NUMBER, sizeof(int), "end_offset"}, {NUMBER, sizeof(int), "limit"}, {NUMBER, sizeof(int), "target_bytes"}, {NUMBER, sizeof(FDBStreamingMode), "mode"}, {NUMBER, sizeof(int), "iteration"}, {NUMBER, sizeof(fdb_bool_t), "snapshot"}, {NUMBER, sizeof(fdb_bool_t), "reverse"}}},
    {"fdb_transaction_get_mapped_range", call_fdb_transaction_get_mapped_range, GIVES_FUTURE, 17, {{TRANSACTION, 0, "transaction"}, {BYTES, 0, "begin"}, {LENGTH, sizeof(int), "begin_length"}, {NUMBER, sizeof(fdb_bool_t), "begin_or_equal"}, {NUMBER, sizeof(int), "begin_offset"}, {BYTES, 0, "end"}, {LENGTH, sizeof(int), "end_length"}, {NUMBER, sizeof(fdb_bool_t), "end_or_equal"}, {NUMBER, sizeof(int), "end_offset"}, {BYTES, 0, "mapper"}, {LENGTH, sizeof(int), "mapper_length"}, {NUMBER, sizeof(int), "limit"}, {NUMBER, sizeof(int), "target_bytes"}, {NUMBER, sizeof(FDBStreamingMode), "mode"}, {NUMBER, sizeof(int), "iteration"}, {NUMBER, sizeof(fdb_bool_t), "snapshot"}, {NUMBER, sizeof(fdb_bool_t), "reverse"}}},
    {"fdb_transaction_set", call_fdb_transaction_set, GIVES_NOTHING, 5, {{TRANSACTION, 0, "transaction"}, {BYTES, 0, "key"}, {LENGTH, sizeof(int), "key_length"}, {BYTES, 0, "value"}, {LENGTH, sizeof(int), "value_length"}}},
    {"fdb_transaction_atomic_op", call_fdb_transaction_atomic_op, GIVES_NOTHING, 6, {{TRANSACTION, 0, "transaction"}, {BYTES, 0, "key"}, {LENGTH, sizeof(int), "key_length"}, {BYTES, 0, "operand"}, {LENGTH, sizeof(int), "operand_length"}, {NUMBER, sizeof(FDBMutationType), "type"}}},
    {"fdb_transaction_clear", call_fdb_transaction_clear, GIVES_NOTHING, 3, {{TRANSACTION, 0, "transaction"}, {BYTES, 0, "key"}, {LENGTH, sizeof(int), "key_length"}}},
    {"fdb_transaction_clear_range", call_fdb_transaction_clear_range, GIVES_NOTHING, 5, {{TRANSACTION, 0, "transaction"}, {BYTES, 0, "begin"}, {LENGTH, sizeof(int), "begin_length"}, {BYTES, 0, "end"}, {LENGTH, sizeof(int), "end_length"}}},
    {"fdb_transaction_watch", call_fdb_transaction_watch, GIVES_FUTURE, 3, {{TRANSACTION, 0, "transaction"}, {BYTES, 0, "key"}, {LENGTH, sizeof(int), "key_length"}}},
    {"fdb_transaction_commit", call_fdb_transaction_commit, GIVES_FUTURE, 1, {{TRANSACTION, 0, "transaction"}}},
    {"fdb_transaction_get_committed_version", call_fdb_transaction_get_committed_version, GIVES_ERROR, 2, {{TRANSACTION, 0, "transaction"}, {OUT, sizeof(int64_t), "out_version"}}},
    {"fdb_transaction_get_versionstamp", call_fdb_transaction_get_versionstamp, GIVES_FUTURE, 1, {{TRANSACTION, 0, "transaction"}}},
    {"fdb_transaction_get_tag_throttled_duration", call_fdb_transaction_get_tag_throttled_duration, GIVES_FUTURE, 1, {{TRANSACTION, 0, "transaction"}}},
    {"fdb_transaction_get_total_cost", call_fdb_transaction_get_total_cost, GIVES_FUTURE, 1, {{TRANSACTION, 0, "transaction"}}},
    {"fdb_transaction_get_approximate_size", call_fdb_transaction_get_approximate_size, GIVES_FUTURE, 1, {{TRANSACTION, 0, "transaction"}}},
    {"fdb_transaction_on_error", call_fdb_transaction_on_error, GIVES_FUTURE, 2, {{TRANSACTION, 0, "transaction"}, {NUMBER, sizeof(fdb_error_t), "code"}}},
    {"fdb_transaction_add_conflict_range", call_fdb_transaction_add_conflict_range, GIVES_ERROR, 6, {{TRANSACTION, 0, "transaction"}, {BYTES, 0, "begin"}, {LENGTH, sizeof(int), "begin_length"}, {BYTES, 0, "end"}, {LENGTH, sizeof(int), "end_length"}, {NUMBER, sizeof(FDBConflictRangeType), "type"}}},
    {"fdb_transaction_get_estimated_range_size_bytes", call_fdb_transaction_get_estimated_range_size_bytes, GIVES_FUTURE, 5, {{TRANSACTION, 0, "transaction"}, {BYTES, 0, "begin"}, {LENGTH, sizeof(int), "begin_length"}, {BYTES, 0, "end"}, {LENGTH, sizeof(int), "end_length"}}},
    {"fdb_transaction_get_range_split_points", call_fdb_transaction_get_range_split_points, GIVES_FUTURE, 6, {{TRANSACTION, 0, "transaction"}, {BYTES, 0, "begin"}, {LENGTH, sizeof(int), "begin_length"}, {BYTES, 0, "end"}, {LENGTH, sizeof(int), "end_length"}, {NUMBER, sizeof(int64_t), "chunk_size"}}},
    {"fdb_transaction_get_range_split_points_with_limit", call_fdb_transaction_get_range_split_points_with_limit, GIVES_FUTURE, 7, {{TRANSACTION, 0, "transaction"}, {BYTES, 0, "begin"}, {LENGTH, sizeof(int), "begin_length"}, {BYTES, 0, "end"}, {LENGTH, sizeof(int), "end_length"}, {NUMBER, sizeof(int64_t), "chunk_size"}, {NUMBER, sizeof(int), "limit"}}},
    {"fdb_transaction_get_range_and_flat_map", call_fdb_transaction_get_range_and_flat_map, GIVES_FUTURE, 17, {{TRANSACTION, 0, "transaction"}, {BYTES, 0, "begin"}, {LENGTH, sizeof(int), "begin_length"}, {NUMBER, sizeof(fdb_bool_t), "begin_or_equal"}, {NUMBER, sizeof(int), "begin_offset"}, {BYTES, 0, "end"}, {LENGTH, sizeof(int), "end_length"}, {NUMBER, sizeof(fdb_bool_t), "end_or_equal"}, {NUMBER, sizeof(int), "end_offset"}, {BYTES, 0, "mapper"}, {LENGTH, sizeof(int), "mapper_length"}, {NUMBER, sizeof(int), "limit"}, {NUMBER, sizeof(int), "target_bytes"}, {NUMBER, sizeof(FDBStreamingMode), "mode"}, {NUMBER, sizeof(int), "iteration"}, {NUMBER, sizeof(fdb_bool_t), "snapshot"}, {NUMBER, sizeof(fdb_bool_t), "reverse"}}},
    {"fdb_create_cluster", call_fdb_create_cluster, GIVES_FUTURE, 1, {{TEXT, 0, "cluster_file_path"}}},
    {"fdb_cluster_destroy", call_fdb_cluster_destroy, GIVES_NOTHING, 1, {{CLUSTER, 0, "cluster"}}},
    {"fdb_cluster_set_option", call_fdb_cluster_set_option, GIVES_ERROR, 4, {{CLUSTER, 0, "cluster"}, {NUMBER, sizeof(FDBClusterOption), "option"}, {BYTES, 0, "value"}, {LENGTH, sizeof(int), "value_length"}}},
    {"fdb_cluster_create_database", call_fdb_cluster_create_database, GIVES_FUTURE, 3, {{CLUSTER, 0, "cluster"}, {BYTES, 0, "name"}, {LENGTH, sizeof(int), "name_length"}}},
    {"fdb_future_get_cluster", call_fdb_future_get_cluster, GIVES_ERROR, 2, {{FUTURE, 0, "future"}, {OUT, sizeof(FDBCluster *), "out_cluster"}}},
    {"fdb_future_get_database", call_fdb_future_get_database, GIVES_ERROR, 2, {{FUTURE, 0, "future"}, {OUT, sizeof(FDBDatabase *), "out_database"}}},
    {"fdb_database_purge_blob_granules", call_fdb_database_purge_blob_granules, GIVES_FUTURE, 7, {{DATABASE, 0, "database"}, {BYTES, 0, "begin"}, {LENGTH, sizeof(int), "begin_length"}, {BYTES, 0, "end"}, {LENGTH, sizeof(int), "end_length"}, {NUMBER, sizeof(int64_t), "purge_version"}, {NUMBER, sizeof(fdb_bool_t), "force"}}},
    {"fdb_database_wait_purge_granules_complete", call_fdb_database_wait_purge_granules_complete, GIVES_FUTURE, 3, {{DATABASE, 0, "database"}, {BYTES, 0, "purge_key"}, {LENGTH, sizeof(int), "purge_key_length"}}},
    {"fdb_database_blobbify_range", call_fdb_database_blobbify_range, GIVES_FUTURE, 5, {{DATABASE, 0, "database"}, {BYTES, 0, "begin"}, {LENGTH, sizeof(int), "begin_length"}, {BYTES, 0, "end"}, {LENGTH, sizeof(int), "end_length"}}},
    {"fdb_database_blobbify_range_blocking", call_fdb_database_blobbify_range_blocking, GIVES_FUTURE, 5, {{DATABASE, 0, "database"}, {BYTES, 0, "begin"}, {LENGTH, sizeof(int), "begin_length"}, {BYTES, 0, "end"}, {LENGTH, sizeof(int), "end_length"}}},
    {"fdb_database_unblobbify_range", call_fdb_database_unblobbify_range, GIVES_FUTURE, 5, {{DATABASE, 0, "database"}, {BYTES, 0, "begin"}, {LENGTH, sizeof(int), "begin_length"}, {BYTES, 0, "end"}, {LENGTH, sizeof(int), "end_length"}}},
    {"fdb_database_list_blobbified_ranges", call_fdb_database_list_blobbified_ranges, GIVES_FUTURE, 6, {{DATABASE, 0, "database"}, {BYTES, 0, "begin"}, {LENGTH, sizeof(int), "begin_length"}, {BYTES, 0, "end"}, {LENGTH, sizeof(int), "end_length"}, {NUMBER, sizeof(int), "limit"}}},
    {"fdb_database_verify_blob_range", call_fdb_database_verify_blob_range, GIVES_FUTURE, 6, {{DATABASE, 0, "database"}, {BYTES, 0, "begin"}, {LENGTH, sizeof(int), "begin_length"}, {BYTES, 0, "end"}, {LENGTH, sizeof(int), "end_length"}, {NUMBER, sizeof(int64_t), "version"}}},
    {"fdb_database_flush_blob_range", call_fdb_database_flush_blob_range, GIVES_FUTURE, 7, {{DATABASE, 0, "database"}, {BYTES, 0, "begin"}, {LENGTH, sizeof(int), "begin_length"}, {BYTES, 0, "end"}, {LENGTH, sizeof(int), "end_length"}, {NUMBER, sizeof(fdb_bool_t), "compact"}, {NUMBER, sizeof(int64_t), "version"}}},
    {"fdb_tenant_purge_blob_granules", call_fdb_tenant_purge_blob_granules, GIVES_FUTURE, 7, {{TENANT, 0, "tenant"}, {BYTES, 0, "begin"}, {LENGTH, sizeof(int), "begin_length"}, {BYTES, 0, "end"}, {LENGTH, sizeof(int), "end_length"}, {NUMBER, sizeof(int64_t), "purge_version"}, {NUMBER, sizeof(fdb_bool_t), "force"}}},
    {"fdb_tenant_wait_purge_granules_complete", call_fdb_tenant_wait_purge_granules_complete, GIVES_FUTURE, 3, {{TENANT, 0, "tenant"}, {BYTES, 0, "purge_key"}, {LENGTH, sizeof(int), "purge_key_length"}}},
    {"fdb_tenant_blobbify_range", call_fdb_tenant_blobbify_range, GIVES_FUTURE, 5, {{TENANT, 0, "tenant"}, {BYTES, 0, "begin"}, {LENGTH, sizeof(int), "begin_length"}, {BYTES, 0, "end"}, {LENGTH, sizeof(int), "end_length"}}},
    {"fdb_tenant_blobbify_range_blocking", call_fdb_tenant_blobbify_range_blocking, GIVES_FUTURE, 5, {{TENANT, 0, "tenant"}, {BYTES, 0, "begin"}, {LENGTH, sizeof(int), "begin_length"}, {BYTES, 0, "end"}, {LENGTH, sizeof(int), "end_length"}}},
    {"fdb_tenant_unblobbify_range", call_fdb_tenant_unblobbify_range, GIVES_FUTURE, 5, {{TENANT, 0, "tenant"}, {BYTES, 0, "begin"}, {LENGTH, sizeof(int), "begin_length"}, {BYTES, 0, "end"}, {LENGTH, sizeof(int), "end_length"}}},
    {"fdb_tenant_list_blobbified_ranges", call_fdb_tenant_list_blobbified_ranges, GIVES_FUTURE, 6, {{TENANT, 0, "tenant"}, {BYTES, 0, "begin"}, {LENGTH, sizeof(int), "begin_length"}, {BYTES, 0, "end"}, {LENGTH, sizeof(int), "end_length"}, {NUMBER, sizeof(int), "limit"}}},
    {"fdb_tenant_verify_blob_range", call_fdb_tenant_verify_blob_range, GIVES_FUTURE, 6, {{TENANT, 0, "tenant"}, {BYTES, 0, "begin"}, {LENGTH, sizeof(int), "begin_length"}, {BYTES, 0, "end"}, {LENGTH, sizeof(int), "end_length"}, {NUMBER, sizeof(int64_t), "version"}}},
    {"fdb_tenant_flush_blob_range", call_fdb_tenant_flush_blob_range, GIVES_FUTURE, 7, {{TENANT, 0, "tenant"}, {BYTES, 0, "begin"}, {LENGTH, sizeof(int), "begin_length"}, {BYTES, 0, "end"}, {LENGTH, sizeof(int), "end_length"}, {NUMBER, sizeof(fdb_bool_t), "compact"}, {NUMBER, sizeof(int64_t), "version"}}},
    {"fdb_transaction_get_blob_granule_ranges", call_fdb_transaction_get_blob_granule_ranges, GIVES_FUTURE, 6, {{TRANSACTION, 0, "transaction"}, {BYTES, 0, "begin"}, {LENGTH, sizeof(int), "begin_length"}, {BYTES, 0, "end"}, {LENGTH, sizeof(int), "end_length"}, {NUMBER, sizeof(int), "limit"}}},
    {"fdb_transaction_read_blob_granules", call_fdb_transaction_read_blob_granules, GIVES_RESULT, 8, {{TRANSACTION, 0, "transaction"}, {BYTES, 0, "begin"}, {LENGTH, sizeof(int), "begin_length"}, {BYTES, 0, "end"}, {LENGTH, sizeof(int), "end_length"}, {NUMBER, sizeof(int64_t), "begin_version"}, {NUMBER, sizeof(int64_t), "read_version"}, {CONTEXT, 0, "context"}}},
    {"fdb_transaction_read_blob_granules_description", call_fdb_transaction_read_blob_granules_description, GIVES_FUTURE, 8, {{TRANSACTION, 0, "transaction"}, {BYTES, 0, "begin"}, {LENGTH, sizeof(int), "begin_length"}, {BYTES, 0, "end"}, {LENGTH, sizeof(int), "end_length"}, {NUMBER, sizeof(int64_t), "begin_version"}, {NUMBER, sizeof(int64_t), "read_version"}, {OUT, sizeof(int64_t), "out_read_version"}}},
    {"fdb_transaction_summarize_blob_granules", call_fdb_transaction_summarize_blob_granules, GIVES_FUTURE, 7, {{TRANSACTION, 0, "transaction"}, {BYTES, 0, "begin"}, {LENGTH, sizeof(int), "begin_length"}, {BYTES, 0, "end"}, {LENGTH, sizeof(int), "end_length"}, {NUMBER, sizeof(int64_t), "summary_version"}, {NUMBER, sizeof(int), "limit"}}},
    {"fdb_future_get_granule_summary_array", call_fdb_future_get_granule_summary_array, GIVES_ERROR, 3, {{FUTURE, 0, "future"}, {OUT, sizeof(FDBGranuleSummary const *), "out_summaries"}, {OUT, sizeof(int), "out_count"}}},
    {"fdb_future_readbg_get_descriptions", call_fdb_future_readbg_get_descriptions, GIVES_ERROR, 3, {{FUTURE, 0, "future"}, {OUT, sizeof(FDBBGFileDescription *), "out_descriptions"}, {OUT, sizeof(int), "out_count"}}},
    {"fdb_readbg_parse_snapshot_file", call_fdb_readbg_parse_snapshot_file, GIVES_RESULT, 4, {{BYTES, 0, "file"}, {LENGTH, sizeof(int), "file_length"}, {UNREAD, 0, "tenant_prefix"}, {UNREAD, 0, "encryption"}}},
    {"fdb_readbg_parse_delta_file", call_fdb_readbg_parse_delta_file, GIVES_RESULT, 4, {{BYTES, 0, "file"}, {LENGTH, sizeof(int), "file_length"}, {UNREAD, 0, "tenant_prefix"}, {UNREAD, 0, "encryption"}}},
    {"fdb_database_register_cdc_stream", call_fdb_database_register_cdc_stream, GIVES_FUTURE, 5, {{DATABASE, 0, "database"}, {BYTES, 0, "name"}, {LENGTH, sizeof(int), "name_length"}, {UNREAD, 0, "ranges"}, {NUMBER, sizeof(int), "range_count"}}},
    {"fdb_database_register_cdc_ordered_stream", call_fdb_database_register_cdc_ordered_stream, GIVES_FUTURE, 7, {{DATABASE, 0, "database"}, {BYTES, 0, "name"}, {LENGTH, sizeof(int), "name_length"}, {UNREAD, 0, "ranges"}, {NUMBER, sizeof(int), "range_count"}, {UNREAD, 0, "keys"}, {NUMBER, sizeof(int), "key_count"}}},
    {"fdb_database_remove_cdc_stream", call_fdb_database_remove_cdc_stream, GIVES_FUTURE, 3, {{DATABASE, 0, "database"}, {BYTES, 0, "name"}, {LENGTH, sizeof(int), "name_length"}}},
    {"fdb_database_list_cdc_streams", call_fdb_database_list_cdc_streams, GIVES_FUTURE, 1, {{DATABASE, 0, "database"}}},
    {"fdb_database_create_cdc_consumer", call_fdb_database_create_cdc_consumer, GIVES_FUTURE, 3, {{DATABASE, 0, "database"}, {BYTES, 0, "name"}, {LENGTH, sizeof(int), "name_length"}}},
    {"fdb_database_resume_cdc_consumer", call_fdb_database_resume_cdc_consumer, GIVES_FUTURE, 3, {{DATABASE, 0, "database"}, {NUMBER, sizeof(uint64_t), "stream_id"}, {NUMBER, sizeof(int64_t), "version"}}},
    {"fdb_cdc_consumer_destroy", call_fdb_cdc_consumer_destroy, GIVES_NOTHING, 1, {{CONSUMER, 0, "consumer"}}},
    {"fdb_cdc_consumer_consume", call_fdb_cdc_consumer_consume, GIVES_FUTURE, 1, {{CONSUMER, 0, "consumer"}}},
    {"fdb_cdc_consumer_acknowledge", call_fdb_cdc_consumer_acknowledge, GIVES_FUTURE, 1, {{CONSUMER, 0, "consumer"}}},
    {"fdb_cdc_consumer_get_position", call_fdb_cdc_consumer_get_position, GIVES_ERROR, 3, {{CONSUMER, 0, "consumer"}, {OUT, sizeof(uint64_t), "out_stream_id"}, {OUT, sizeof(int64_t), "out_version"}}},
    {"fdb_future_get_cdc_stream_info_array", call_fdb_future_get_cdc_stream_info_array, GIVES_ERROR, 3, {{FUTURE, 0, "future"}, {OUT, sizeof(FDBCdcStreamInfo const *), "out_streams"}, {OUT, sizeof(int), "out_count"}}},
    {"fdb_future_get_cdc_consumer", call_fdb_future_get_cdc_consumer, GIVES_ERROR, 2, {{FUTURE, 0, "future"}, {OUT, sizeof(FDBCdcConsumer *), "out_consumer"}}},
    {"fdb_future_get_cdc_versioned_mutations", call_fdb_future_get_cdc_versioned_mutations, GIVES_ERROR, 4, {{FUTURE, 0, "future"}, {OUT, sizeof(FDBCdcVersionedMutations const *), "out_groups"}, {OUT, sizeof(int), "out_count"}, {OUT, sizeof(int64_t), "out_last_version"}}},
    {"fdb_use_future_protocol_version", call_fdb_use_future_protocol_version, GIVES_NOTHING, 0, {{NUMBER, 0, ""}}},
    {"fdb_future_get_shared_state", call_fdb_future_get_shared_state, GIVES_ERROR, 2, {{FUTURE, 0, "future"}, {OUT, sizeof(void *), "out_state"}}},
    {"fdb_database_create_shared_state", call_fdb_database_create_shared_state, GIVES_FUTURE, 1, {{DATABASE, 0, "database"}}},
    {"fdb_database_set_shared_state", call_fdb_database_set_shared_state, GIVES_NOTHING, 2, {{DATABASE, 0, "database"}, {USER, 0, "state"}}},
    {"fdb_transaction_read_blob_granules_start", call_fdb_transaction_read_blob_granules_start, GIVES_FUTURE, 8, {{TRANSACTION, 0, "transaction"}, {BYTES, 0, "begin"}, {LENGTH, sizeof(int), "begin_length"}, {BYTES, 0, "end"}, {LENGTH, sizeof(int), "end_length"}, {NUMBER, sizeof(int64_t), "begin_version"}, {NUMBER, sizeof(int64_t), "read_version"}, {OUT, sizeof(int64_t), "out_read_version"}}},
    {"fdb_transaction_read_blob_granules_finish", call_fdb_transaction_read_blob_granules_finish, GIVES_RESULT, 9, {{TRANSACTION, 0, "transaction"}, {FUTURE, 0, "future"}, {BYTES, 0, "begin"}, {LENGTH, sizeof(int), "begin_length"}, {BYTES, 0, "end"}, {LENGTH, sizeof(int), "end_length"}, {NUMBER, sizeof(int64_t), "begin_version"}, {NUMBER, sizeof(int64_t), "read_version"}, {UNREAD, 0, "context"}}},
    {"fdb_shim_set_local_client_library_path", call_fdb_shim_set_local_client_library_path, GIVES_NOTHING, 1, {{TEXT, 0, "path"}}},
    {"fdb_future_is_error", call_fdb_future_is_error, GIVES_NUMBER, 1, {{FUTURE, 0, "future"}}},
    {"fdb_transaction_get_range_selector", call_fdb_transaction_get_range_selector, GIVES_FUTURE, 10, {{TRANSACTION, 0, "transaction"}, {BYTES, 0, "begin"}, {LENGTH, sizeof(int), "begin_length"}, {NUMBER, sizeof(fdb_bool_t), "begin_or_equal"}, {NUMBER, sizeof(int), "begin_offset"}, {BYTES, 0, "end"}, {LENGTH, sizeof(int), "end_length"}, {NUMBER, sizeof(fdb_bool_t), "end_or_equal"}, {NUMBER, sizeof(int), "end_offset"}, {NUMBER, sizeof(int), "limit"}}},
};
