/*
 * Every function with every class of bad handle, with outputs that are NULL, with lengths below zero and
 * beyond all limits: an error or a failed future, never a crash, and the good objects unharmed. Design D7.
 * Rules ABI-3, ABI-4, ABI-7, FUT-2.
 *
 * check_null_is_complete.cmake fails if an exported function is not called in this file. It is compiled with
 * the oldest header, which has the functions that were removed later, and runs at three versions.
 */
#define FDB_API_VERSION 510
#include "harness.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <foundationdb/fdb_c_internal.h>
#include <foundationdb/fdb_c_shim.h>

/* Removed before the oldest version, but still exported. */
#undef fdb_future_is_error
#undef fdb_transaction_get_range_selector
fdb_bool_t fdb_future_is_error(FDBFuture *future);
FDBFuture *fdb_transaction_get_range_selector(FDBTransaction *transaction, uint8_t const *begin, int begin_length,
                                              fdb_bool_t begin_or_equal, int begin_offset, uint8_t const *end,
                                              int end_length, fdb_bool_t end_or_equal, int end_offset, int limit);

/* ------------------------------------------------------------------ answers */

/* The function returns nothing, so there is nothing to judge. */
#define NOTHING (-100)

static const uint8_t *const a = (const uint8_t *)"a";
static const uint8_t *const b = (const uint8_t *)"b";
static FDBReadBlobGranuleContext no_context;

static fdb_error_t result_error(FDBResult *r) {
    const FDBKeyValue *rows = NULL;
    int count = 0;
    fdb_bool_t more = 0;
    fdb_error_t error;
    CHECK(r != NULL);
    error = fdb_result_get_keyvalue_array(r, &rows, &count, &more);
    fdb_result_destroy(r);
    return error;
}

static void never_called(FDBFuture *f, void *user) {
    (void)f, (void)user;
    CHECK(!"the callback of a handle that is none was called");
}

/* ------------------------------------------------------------------ calls by the handle they take */

#define ON(kind, name, call) \
    static fdb_error_t name(void *h) { \
        kind *of = (kind *)h; \
        return (call); \
    }

static fdb_bool_t flag, more_of;
static int64_t l;
static uint64_t u;
static double d;
static int n;
static const uint8_t *data_of;
static const FDBKeyValue *rows_of;
static const FDBMappedKeyValue *mapped_of;
static const FDBKey *keys_of;
static const char **strings_of;
static const FDBKeyRange *ranges_of;
static const FDBGranuleSummary *summaries_of;
static FDBBGFileDescription *descriptions_of;
static const FDBBGMutation *mutations_of;
static const FDBCdcStreamInfo *streams_of;
static const FDBCdcVersionedMutations *groups_of;
static FDBCdcConsumer *consumer_of;
static FDBCluster *cluster_of;
static FDBDatabase *database_of;
static FDBTransaction *transaction_of;
static FDBTenant *tenant_of;
static void *state_of;

ON(FDBFuture, f_cancel, (fdb_future_cancel(of), NOTHING))
ON(FDBFuture, f_release, (fdb_future_release_memory(of), NOTHING))
ON(FDBFuture, f_destroy, (fdb_future_destroy(of), NOTHING))
ON(FDBFuture, f_block, fdb_future_block_until_ready(of))
ON(FDBFuture, f_ready, ((void)fdb_future_is_ready(of), NOTHING))
ON(FDBFuture, f_is_error, ((void)fdb_future_is_error(of), NOTHING))
ON(FDBFuture, f_callback, fdb_future_set_callback(of, never_called, NULL))
ON(FDBFuture, f_error, fdb_future_get_error(of))
ON(FDBFuture, f_bool, fdb_future_get_bool(of, &flag))
ON(FDBFuture, f_int64, fdb_future_get_int64(of, &l))
ON(FDBFuture, f_uint64, fdb_future_get_uint64(of, &u))
ON(FDBFuture, f_double, fdb_future_get_double(of, &d))
ON(FDBFuture, f_key, fdb_future_get_key(of, &data_of, &n))
ON(FDBFuture, f_value, fdb_future_get_value(of, &flag, &data_of, &n))
ON(FDBFuture, f_rows, fdb_future_get_keyvalue_array(of, &rows_of, &n, &more_of))
ON(FDBFuture, f_mapped, fdb_future_get_mappedkeyvalue_array(of, &mapped_of, &n, &more_of))
ON(FDBFuture, f_keys, fdb_future_get_key_array(of, &keys_of, &n))
ON(FDBFuture, f_strings, fdb_future_get_string_array(of, &strings_of, &n))
ON(FDBFuture, f_ranges, fdb_future_get_keyrange_array(of, &ranges_of, &n))
ON(FDBFuture, f_summaries, fdb_future_get_granule_summary_array(of, &summaries_of, &n))
ON(FDBFuture, f_descriptions, fdb_future_readbg_get_descriptions(of, &descriptions_of, &n))
ON(FDBFuture, f_streams, fdb_future_get_cdc_stream_info_array(of, &streams_of, &n))
ON(FDBFuture, f_consumer, fdb_future_get_cdc_consumer(of, &consumer_of))
ON(FDBFuture, f_groups, fdb_future_get_cdc_versioned_mutations(of, &groups_of, &n, &l))
ON(FDBFuture, f_state, fdb_future_get_shared_state(of, &state_of))
ON(FDBFuture, f_version, fdb_future_get_version(of, &l))
ON(FDBFuture, f_cluster, fdb_future_get_cluster(of, &cluster_of))
ON(FDBFuture, f_database, fdb_future_get_database(of, &database_of))

ON(FDBResult, r_destroy, (fdb_result_destroy(of), NOTHING))
ON(FDBResult, r_rows, fdb_result_get_keyvalue_array(of, &rows_of, &n, &more_of))
ON(FDBResult, r_mutations, fdb_result_get_bg_mutations_array(of, &mutations_of, &n))

ON(FDBCluster, c_destroy, (fdb_cluster_destroy(of), NOTHING))
ON(FDBCluster, c_option, fdb_cluster_set_option(of, FDB_CLUSTER_OPTION_DUMMY_DO_NOT_USE, NULL, 0))
ON(FDBCluster, c_database, outcome(fdb_cluster_create_database(of, (const uint8_t *)"DB", 2)))

ON(FDBCdcConsumer, q_destroy, (fdb_cdc_consumer_destroy(of), NOTHING))
ON(FDBCdcConsumer, q_consume, outcome(fdb_cdc_consumer_consume(of)))
ON(FDBCdcConsumer, q_acknowledge, outcome(fdb_cdc_consumer_acknowledge(of)))
ON(FDBCdcConsumer, q_position, fdb_cdc_consumer_get_position(of, &u, &l))

ON(FDBDatabase, d_destroy, (fdb_database_destroy(of), NOTHING))
ON(FDBDatabase, d_option, fdb_database_set_option(of, FDB_DB_OPTION_SNAPSHOT_RYW_ENABLE, NULL, 0))
ON(FDBDatabase, d_tenant, fdb_database_open_tenant(of, a, 1, &tenant_of))
ON(FDBDatabase, d_begin, fdb_database_create_transaction(of, &transaction_of))
ON(FDBDatabase, d_reboot, outcome(fdb_database_reboot_worker(of, a, 1, 0, 0)))
ON(FDBDatabase, d_recover, outcome(fdb_database_force_recovery_with_data_loss(of, a, 1)))
ON(FDBDatabase, d_snapshot, outcome(fdb_database_create_snapshot(of, a, 1, b, 1)))
ON(FDBDatabase, d_busy, (d = fdb_database_get_main_thread_busyness(of), NOTHING))
ON(FDBDatabase, d_protocol, outcome(fdb_database_get_server_protocol(of, 0)))
ON(FDBDatabase, d_status, outcome(fdb_database_get_client_status(of)))
ON(FDBDatabase, d_purge, outcome(fdb_database_purge_blob_granules(of, a, 1, b, 1, 1, 0)))
ON(FDBDatabase, d_wait_purge, outcome(fdb_database_wait_purge_granules_complete(of, a, 1)))
ON(FDBDatabase, d_blobbify, outcome(fdb_database_blobbify_range(of, a, 1, b, 1)))
ON(FDBDatabase, d_blobbify_blocking, outcome(fdb_database_blobbify_range_blocking(of, a, 1, b, 1)))
ON(FDBDatabase, d_unblobbify, outcome(fdb_database_unblobbify_range(of, a, 1, b, 1)))
ON(FDBDatabase, d_list_blobs, outcome(fdb_database_list_blobbified_ranges(of, a, 1, b, 1, 1)))
ON(FDBDatabase, d_verify, outcome(fdb_database_verify_blob_range(of, a, 1, b, 1, 1)))
ON(FDBDatabase, d_flush, outcome(fdb_database_flush_blob_range(of, a, 1, b, 1, 0, 1)))
ON(FDBDatabase, d_create_state, outcome(fdb_database_create_shared_state(of)))
ON(FDBDatabase, d_set_state, (fdb_database_set_shared_state(of, NULL), NOTHING))
ON(FDBDatabase, d_register, outcome(fdb_database_register_cdc_stream(of, a, 1, NULL, 0)))
ON(FDBDatabase, d_register_ordered, outcome(fdb_database_register_cdc_ordered_stream(of, a, 1, NULL, 0, NULL, 0)))
ON(FDBDatabase, d_remove_stream, outcome(fdb_database_remove_cdc_stream(of, a, 1)))
ON(FDBDatabase, d_list_streams, outcome(fdb_database_list_cdc_streams(of)))
ON(FDBDatabase, d_consumer, outcome(fdb_database_create_cdc_consumer(of, a, 1)))
ON(FDBDatabase, d_resume, outcome(fdb_database_resume_cdc_consumer(of, 1, 1)))

ON(FDBTenant, n_destroy, (fdb_tenant_destroy(of), NOTHING))
ON(FDBTenant, n_begin, fdb_tenant_create_transaction(of, &transaction_of))
ON(FDBTenant, n_id, outcome(fdb_tenant_get_id(of)))
ON(FDBTenant, n_purge, outcome(fdb_tenant_purge_blob_granules(of, a, 1, b, 1, 1, 0)))
ON(FDBTenant, n_wait_purge, outcome(fdb_tenant_wait_purge_granules_complete(of, a, 1)))
ON(FDBTenant, n_blobbify, outcome(fdb_tenant_blobbify_range(of, a, 1, b, 1)))
ON(FDBTenant, n_blobbify_blocking, outcome(fdb_tenant_blobbify_range_blocking(of, a, 1, b, 1)))
ON(FDBTenant, n_unblobbify, outcome(fdb_tenant_unblobbify_range(of, a, 1, b, 1)))
ON(FDBTenant, n_list_blobs, outcome(fdb_tenant_list_blobbified_ranges(of, a, 1, b, 1, 1)))
ON(FDBTenant, n_verify, outcome(fdb_tenant_verify_blob_range(of, a, 1, b, 1, 1)))
ON(FDBTenant, n_flush, outcome(fdb_tenant_flush_blob_range(of, a, 1, b, 1, 0, 1)))

ON(FDBTransaction, t_destroy, (fdb_transaction_destroy(of), NOTHING))
ON(FDBTransaction, t_cancel, (fdb_transaction_cancel(of), NOTHING))
ON(FDBTransaction, t_reset, (fdb_transaction_reset(of), NOTHING))
ON(FDBTransaction, t_option, fdb_transaction_set_option(of, FDB_TR_OPTION_LOCK_AWARE, NULL, 0))
ON(FDBTransaction, t_set_version, (fdb_transaction_set_read_version(of, 1), NOTHING))
ON(FDBTransaction, t_version, outcome(fdb_transaction_get_read_version(of)))
ON(FDBTransaction, t_get, outcome(fdb_transaction_get(of, a, 1, 0)))
ON(FDBTransaction, t_get_key, outcome(fdb_transaction_get_key(of, a, 1, 0, 1, 0)))
ON(FDBTransaction, t_addresses, outcome(fdb_transaction_get_addresses_for_key(of, a, 1)))
ON(FDBTransaction, t_range, outcome(fdb_transaction_get_range(of, a, 1, 0, 1, b, 1, 0, 1, 0, 0, -2, 0, 0, 0)))
ON(FDBTransaction, t_selector, outcome(fdb_transaction_get_range_selector(of, a, 1, 0, 1, b, 1, 0, 1, 0)))
ON(FDBTransaction, t_mapped,
   outcome(fdb_transaction_get_mapped_range(of, a, 1, 0, 1, b, 1, 0, 1, a, 1, 0, 0, -2, 0, 0, 0)))
ON(FDBTransaction, t_flat,
   outcome(fdb_transaction_get_range_and_flat_map(of, a, 1, 0, 1, b, 1, 0, 1, a, 1, 0, 0, -2, 0, 0, 0)))
ON(FDBTransaction, t_set, (fdb_transaction_set(of, a, 1, b, 1), NOTHING))
ON(FDBTransaction, t_atomic, (fdb_transaction_atomic_op(of, a, 1, b, 1, FDB_MUTATION_TYPE_ADD), NOTHING))
ON(FDBTransaction, t_clear, (fdb_transaction_clear(of, a, 1), NOTHING))
ON(FDBTransaction, t_clear_range, (fdb_transaction_clear_range(of, a, 1, b, 1), NOTHING))
ON(FDBTransaction, t_watch, outcome(fdb_transaction_watch(of, a, 1)))
ON(FDBTransaction, t_commit, outcome(fdb_transaction_commit(of)))
ON(FDBTransaction, t_committed, fdb_transaction_get_committed_version(of, &l))
ON(FDBTransaction, t_throttled, outcome(fdb_transaction_get_tag_throttled_duration(of)))
ON(FDBTransaction, t_cost, outcome(fdb_transaction_get_total_cost(of)))
ON(FDBTransaction, t_size, outcome(fdb_transaction_get_approximate_size(of)))
ON(FDBTransaction, t_stamp, outcome(fdb_transaction_get_versionstamp(of)))
ON(FDBTransaction, t_on_error, outcome(fdb_transaction_on_error(of, 1020)))
ON(FDBTransaction, t_conflict, fdb_transaction_add_conflict_range(of, a, 1, b, 1, FDB_CONFLICT_RANGE_TYPE_READ))
ON(FDBTransaction, t_estimate, outcome(fdb_transaction_get_estimated_range_size_bytes(of, a, 1, b, 1)))
ON(FDBTransaction, t_split, outcome(fdb_transaction_get_range_split_points(of, a, 1, b, 1, 1000)))
ON(FDBTransaction, t_split_limit, outcome(fdb_transaction_get_range_split_points_with_limit(of, a, 1, b, 1, 1000, 5)))
ON(FDBTransaction, t_granules, outcome(fdb_transaction_get_blob_granule_ranges(of, a, 1, b, 1, 5)))
ON(FDBTransaction, t_read_granules, result_error(fdb_transaction_read_blob_granules(of, a, 1, b, 1, 0, -2, no_context)))
ON(FDBTransaction, t_granules_start, outcome(fdb_transaction_read_blob_granules_start(of, a, 1, b, 1, 0, -2, &l)))
ON(FDBTransaction, t_granules_finish,
   result_error(fdb_transaction_read_blob_granules_finish(of, NULL, a, 1, b, 1, 0, -2, &no_context)))
ON(FDBTransaction, t_granules_told,
   outcome(fdb_transaction_read_blob_granules_description(of, a, 1, b, 1, 0, -2, &l)))
ON(FDBTransaction, t_granules_sum, outcome(fdb_transaction_summarize_blob_granules(of, a, 1, b, 1, -2, 5)))

typedef struct {
    const char *name;
    fdb_error_t (*call)(void *handle);
} function;

#define F(name) {#name, name}

static const function of_future[] = {
    F(f_cancel), F(f_release), F(f_destroy), F(f_block), F(f_ready), F(f_is_error), F(f_callback), F(f_error),
    F(f_bool), F(f_int64), F(f_uint64), F(f_double), F(f_key), F(f_value), F(f_rows), F(f_mapped), F(f_keys),
    F(f_strings), F(f_ranges), F(f_summaries), F(f_descriptions), F(f_streams), F(f_consumer), F(f_groups),
    F(f_state), F(f_version), F(f_cluster), F(f_database),
};
static const function of_result[] = {F(r_destroy), F(r_rows), F(r_mutations)};
static const function of_cluster[] = {F(c_destroy), F(c_option), F(c_database)};
static const function of_consumer[] = {F(q_destroy), F(q_consume), F(q_acknowledge), F(q_position)};
static const function of_database[] = {
    F(d_destroy), F(d_option), F(d_tenant), F(d_begin), F(d_reboot), F(d_recover), F(d_snapshot), F(d_busy),
    F(d_protocol), F(d_status), F(d_purge), F(d_wait_purge), F(d_blobbify), F(d_blobbify_blocking), F(d_unblobbify),
    F(d_list_blobs), F(d_verify), F(d_flush), F(d_create_state), F(d_set_state), F(d_register), F(d_register_ordered),
    F(d_remove_stream), F(d_list_streams), F(d_consumer), F(d_resume),
};
static const function of_tenant[] = {
    F(n_destroy), F(n_begin), F(n_id), F(n_purge), F(n_wait_purge), F(n_blobbify), F(n_blobbify_blocking),
    F(n_unblobbify), F(n_list_blobs), F(n_verify), F(n_flush),
};
static const function of_transaction[] = {
    F(t_destroy), F(t_cancel), F(t_reset), F(t_option), F(t_set_version), F(t_version), F(t_get), F(t_get_key),
    F(t_addresses), F(t_range), F(t_selector), F(t_mapped), F(t_flat), F(t_set), F(t_atomic), F(t_clear),
    F(t_clear_range), F(t_watch), F(t_commit), F(t_committed), F(t_throttled), F(t_cost), F(t_size), F(t_stamp),
    F(t_on_error), F(t_conflict), F(t_estimate), F(t_split), F(t_split_limit), F(t_granules), F(t_read_granules),
    F(t_granules_start), F(t_granules_finish), F(t_granules_told), F(t_granules_sum),
};

/* ------------------------------------------------------------------ good and bad handles */

enum kind { FUTURE, DATABASE, TENANT, TRANSACTION, NO_KIND };

static void *good[NO_KIND], *stale[NO_KIND];
static told watched;

static FDBFuture *waiting_watch(void) {
    FDBTransaction *tr = begin((FDBDatabase *)good[DATABASE]);
    FDBFuture *f = fdb_transaction_watch(tr, (const uint8_t *)"watched", 7);
    CHECK_OK(commit(tr));
    destroy(tr);
    return f;
}

static void make_objects(void) {
    FDBTenant *tenant = NULL;
    good[DATABASE] = open_database();
    stale[DATABASE] = open_database();
    CHECK_OK(fdb_database_open_tenant((FDBDatabase *)good[DATABASE], a, 1, &tenant));
    good[TENANT] = tenant;
    CHECK_OK(fdb_database_open_tenant((FDBDatabase *)good[DATABASE], a, 1, &tenant));
    stale[TENANT] = tenant;
    good[TRANSACTION] = begin((FDBDatabase *)good[DATABASE]);
    stale[TRANSACTION] = begin((FDBDatabase *)good[DATABASE]);
    good[FUTURE] = waiting_watch();
    stale[FUTURE] = waiting_watch();
    CHECK_OK(fdb_future_set_callback((FDBFuture *)good[FUTURE], tell, &watched));
    fdb_database_destroy((FDBDatabase *)stale[DATABASE]);
    fdb_tenant_destroy((FDBTenant *)stale[TENANT]);
    fdb_transaction_destroy((FDBTransaction *)stale[TRANSACTION]);
    fdb_future_destroy((FDBFuture *)stale[FUTURE]);
}

static void the_good_objects_are_unharmed(void) {
    FDBTransaction *tr = (FDBTransaction *)good[TRANSACTION];
    tr_set(tr, B("k"), B("v"));
    CHECK_VALUE(tr, B("k"), B("v"));
    CHECK_OK(commit(tr));
    fdb_transaction_reset(tr);
    CHECK_OK(fdb_tenant_create_transaction((FDBTenant *)good[TENANT], &transaction_of));
    fdb_transaction_destroy(transaction_of);
    CHECK(!fdb_future_is_ready((FDBFuture *)good[FUTURE]) && count_read(&watched.calls) == 0);
}

static void end_objects(void) {
    put((FDBDatabase *)good[DATABASE], B("watched"), B("now"));
    CHECK_OK(outcome((FDBFuture *)good[FUTURE]));
    wait_until(&watched.calls, 1);
    fdb_tenant_destroy((FDBTenant *)good[TENANT]);
    fdb_transaction_destroy((FDBTransaction *)good[TRANSACTION]);
    fdb_database_destroy((FDBDatabase *)good[DATABASE]);
}

static void *from_bits(uintptr_t bits) {
    void *handle;
    memcpy(&handle, &bits, sizeof handle);
    return handle;
}

static bool is_good(const void *handle) {
    for (int i = 0; i < NO_KIND; i++) {
        if (good[i] == handle) {
            return true;
        }
    }
    return false;
}

/* NULL, stale ones, those of other kinds, numbers, addresses, and good ones with one bit changed. */
static long bad_handles(enum kind kind, void *local, void *heap, void **out) {
    static const uintptr_t numbers[] = {1, 2, 7, 8, 64, 4095, 4096, UINT32_MAX, UINTPTR_MAX, UINTPTR_MAX - 1,
                                        UINTPTR_MAX / 2};
    long count = 0;
    out[count++] = NULL;
    out[count++] = local;
    out[count++] = heap;
    for (int i = 0; i < NO_KIND; i++) {
        out[count++] = stale[i];
        if (i != (int)kind) {
            out[count++] = good[i];
        }
    }
    for (long i = 0; i < COUNT(numbers); i++) {
        out[count++] = from_bits(numbers[i]);
    }
    for (unsigned bit = 0; kind != NO_KIND && bit < sizeof(uintptr_t) * 8; bit++) {
        uintptr_t bits;
        memcpy(&bits, &good[kind], sizeof bits);
        void *changed = from_bits(bits ^ ((uintptr_t)1 << bit));
        if (!is_good(changed)) {
            out[count++] = changed;
        }
    }
    return count;
}

static void feed(enum kind kind, const function *functions, long count) {
    void *bad[120], *heap = malloc(64);
    long local = 0, bads = bad_handles(kind, &local, heap, bad);
    for (long i = 0; i < count; i++) {
        for (long h = 0; h < bads; h++) {
            fdb_error_t error = functions[i].call(bad[h]);
            harness_count(error != 0 && error != -1, __FILE__, __LINE__, "%s of the bad handle %p gave %d",
                          functions[i].name, bad[h], error);
        }
    }
    free(heap);
}

/* ------------------------------------------------------------------ claims of one version */

/* ABI-4, ABI-7, D7: bad handles of every class for every function that takes one. */
static void bad_handles_are_refused_abi4_abi7(void) {
    feed(FUTURE, of_future, COUNT(of_future));
    feed(NO_KIND, of_result, COUNT(of_result));
    feed(NO_KIND, of_cluster, COUNT(of_cluster));
    feed(NO_KIND, of_consumer, COUNT(of_consumer));
    feed(DATABASE, of_database, COUNT(of_database));
    feed(TENANT, of_tenant, COUNT(of_tenant));
    feed(TRANSACTION, of_transaction, COUNT(of_transaction));
    the_good_objects_are_unharmed();
}

static FDBFuture *ready_value(void) {
    FDBFuture *f = fdb_transaction_get((FDBTransaction *)good[TRANSACTION], (const uint8_t *)"k", 1, 0);
    CHECK_OK(fdb_future_block_until_ready(f));
    return f;
}

/* ABI-4: outputs that are NULL, where a value is there to be told. */
static void null_outputs_do_not_crash_abi4(void) {
    FDBDatabase *db = (FDBDatabase *)good[DATABASE];
    FDBTransaction *tr = (FDBTransaction *)good[TRANSACTION];
    FDBFuture *f = ready_value(), *version = fdb_transaction_get_read_version(tr), *range;
    FDBFuture *addresses = fdb_transaction_get_addresses_for_key(tr, a, 1);
    FDBFuture *points = fdb_transaction_get_range_split_points(tr, a, 1, b, 1, 100);
    FDBFuture *cost = fdb_transaction_get_tag_throttled_duration(tr);
    range = fdb_transaction_get_range(tr, a, 1, 0, 1, b, 1, 0, 1, 0, 0, -2, 0, 0, 0);
    CHECK(fdb_future_get_value(f, NULL, NULL, NULL) != -1);
    CHECK(fdb_future_get_value(f, &flag, NULL, &n) != -1);
    CHECK_OK(fdb_future_block_until_ready(version));
    CHECK(fdb_future_get_int64(version, NULL) != -1);
    CHECK_OK(fdb_future_block_until_ready(range));
    CHECK(fdb_future_get_keyvalue_array(range, NULL, NULL, NULL) != -1);
    CHECK_OK(fdb_future_block_until_ready(addresses));
    CHECK(fdb_future_get_string_array(addresses, NULL, NULL) != -1);
    CHECK_OK(fdb_future_block_until_ready(points));
    CHECK(fdb_future_get_key_array(points, NULL, NULL) != -1);
    CHECK_OK(fdb_future_block_until_ready(cost));
    CHECK(fdb_future_get_double(cost, NULL) != -1);
    CHECK(fdb_transaction_get_committed_version(tr, NULL) != -1);
    CHECK(fdb_create_database(NULL, NULL) != 0);
    CHECK(fdb_database_create_transaction(db, NULL) != 0);
    CHECK(fdb_database_open_tenant(db, a, 1, NULL) != 0);
    CHECK(fdb_tenant_create_transaction((FDBTenant *)good[TENANT], NULL) != 0);
    CHECK(fdb_create_database_from_connection_string(NULL, NULL) != 0);
    CHECK(fdb_future_set_callback(f, NULL, NULL) != 0);
    CHECK(fdb_add_network_thread_completion_hook(NULL, NULL) != 0);
    fdb_future_destroy(f);
    fdb_future_destroy(version);
    fdb_future_destroy(range);
    fdb_future_destroy(addresses);
    fdb_future_destroy(points);
    fdb_future_destroy(cost);
    fdb_transaction_reset(tr);
    the_good_objects_are_unharmed();
}

/* FUT-3: the getter of another type gives an error, or a value of no meaning, but does not crash. */
static void getters_of_another_type_do_not_crash_fut3(void) {
    for (long i = 0; i < COUNT(of_future); i++) {
        if (of_future[i].call != f_destroy && of_future[i].call != f_callback) {
            FDBFuture *f = ready_value();
            (void)of_future[i].call(f);
            fdb_future_destroy(f);
        }
    }
    the_good_objects_are_unharmed();
}

/* Bytes that are none: NULL with a length, lengths below zero; and lengths beyond all limits. */
typedef struct {
    const uint8_t *data;
    int len;
} bad_bytes;

/* Every call that takes bytes; the void ones are judged by the next future. */
#define BYTE_CALLS 22
static fdb_error_t byte_call(FDBTransaction *tr, int which, bad_bytes x) {
    FDBDatabase *db = (FDBDatabase *)good[DATABASE];
    switch (which) {
    case 0: return outcome(fdb_transaction_get(tr, x.data, x.len, 0));
    case 1: return outcome(fdb_transaction_get_key(tr, x.data, x.len, 0, 1, 0));
    case 2: return outcome(fdb_transaction_get_range(tr, x.data, x.len, 0, 1, b, 1, 0, 1, 0, 0, -2, 0, 0, 0));
    case 3: return outcome(fdb_transaction_get_range(tr, a, 1, 0, 1, x.data, x.len, 0, 1, 0, 0, -2, 0, 0, 0));
    case 4: fdb_transaction_set(tr, x.data, x.len, b, 1); break;
    case 5: fdb_transaction_set(tr, a, 1, x.data, x.len); break;
    case 6: fdb_transaction_atomic_op(tr, x.data, x.len, b, 1, FDB_MUTATION_TYPE_ADD); break;
    case 7: fdb_transaction_atomic_op(tr, a, 1, x.data, x.len, FDB_MUTATION_TYPE_ADD); break;
    case 8: fdb_transaction_clear(tr, x.data, x.len); break;
    case 9: fdb_transaction_clear_range(tr, x.data, x.len, b, 1); break;
    case 10: fdb_transaction_clear_range(tr, a, 1, x.data, x.len); break;
    case 11: return outcome(fdb_transaction_watch(tr, x.data, x.len));
    case 12: return fdb_transaction_add_conflict_range(tr, x.data, x.len, b, 1, FDB_CONFLICT_RANGE_TYPE_WRITE);
    case 13: return fdb_transaction_add_conflict_range(tr, a, 1, x.data, x.len, FDB_CONFLICT_RANGE_TYPE_READ);
    case 14: return outcome(fdb_transaction_get_estimated_range_size_bytes(tr, x.data, x.len, b, 1));
    case 15: return outcome(fdb_transaction_get_range_split_points(tr, x.data, x.len, b, 1, 100));
    case 16: return outcome(fdb_transaction_get_addresses_for_key(tr, x.data, x.len));
    case 17: return fdb_database_open_tenant(db, x.data, x.len, &tenant_of);
    case 18:
        return outcome(fdb_transaction_get_mapped_range(tr, a, 1, 0, 1, b, 1, 0, 1, x.data, x.len, 0, 0, -2, 0, 0, 0));
    case 19: return fdb_network_set_option(FDB_NET_OPTION_TRACE_LOG_GROUP, x.data, x.len);
    case 20: return fdb_database_set_option(db, FDB_DB_OPTION_MACHINE_ID, x.data, x.len);
    default: {
        fdb_error_t error = fdb_transaction_set_option(tr, FDB_TR_OPTION_DEBUG_TRANSACTION_IDENTIFIER, x.data, x.len);
        return error != 0 ? error : outcome(fdb_transaction_get_approximate_size(tr));
    }
    }
    return outcome(fdb_transaction_get_approximate_size(tr));
}

/* ABI-3, ABI-4: NULL with a length and negative lengths are errors. */
static void bytes_that_are_none_are_refused_abi3_abi4(void) {
    const bad_bytes bad[] = {{NULL, 1}, {NULL, INT_MAX}, {a, -1}, {a, INT_MIN}, {NULL, -1}, {NULL, INT_MIN}};
    for (int which = 0; which < BYTE_CALLS; which++) {
        for (long i = 0; i < COUNT(bad); i++) {
            FDBTransaction *tr = begin((FDBDatabase *)good[DATABASE]);
            fdb_error_t error = byte_call(tr, which, bad[i]);
            harness_count(error != 0 && error != -1, __FILE__, __LINE__, "call %d with %s and length %d gave %d", which,
                          bad[i].data == NULL ? "NULL" : "data", bad[i].len, error);
            destroy(tr);
        }
    }
    the_good_objects_are_unharmed();
}

/* LIM-1 to LIM-3, D12: the longest lengths that there are, with memory behind them; none is copied whole. */
static void the_longest_lengths_do_not_crash_lim1_lim2_lim3(void) {
    size_t size = (size_t)INT_MAX;
    int zeros = open("/dev/zero", O_RDONLY);
    void *memory = mmap(NULL, size, PROT_READ, MAP_PRIVATE, zeros, 0);
    close(zeros);
    if (!CHECK(memory != MAP_FAILED)) {
        return;
    }
    for (int which = 0; which < BYTE_CALLS; which++) {
        FDBTransaction *tr = begin((FDBDatabase *)good[DATABASE]);
        bad_bytes longest = {(const uint8_t *)memory, INT_MAX};
        fdb_error_t error;
        tenant_of = NULL;
        error = byte_call(tr, which, longest);
        CHECK(error != -1);
        CHECK(which < 4 || which > 7 || error == 2102 || error == 2103);
        CHECK(which != 11 || error == 2102);
        if (tenant_of != NULL) {
            fdb_tenant_destroy(tenant_of);
        }
        destroy(tr);
    }
    munmap(memory, size);
    the_good_objects_are_unharmed();
}

/* ABI-4: numbers that are none: predicates, codes, options, modes, kinds. */
static void strange_numbers_do_not_crash_abi4(void) {
    static const int numbers[] = {INT_MIN, -1000, -3, -1, 0, 5, 99, 30001, INT_MAX};
    for (long i = 0; i < COUNT(numbers); i++) {
        int x = numbers[i];
        FDBTransaction *tr = begin((FDBDatabase *)good[DATABASE]);
        CHECK(fdb_get_error(x) != NULL);
        CHECK(!fdb_error_predicate(x, 1020));
        CHECK(!fdb_error_predicate(FDB_ERROR_PREDICATE_RETRYABLE, x));
        CHECK_CODE(fdb_select_api_version_impl(x, x), 2201);
        CHECK(outcome(fdb_transaction_get_key(tr, a, 1, x, x, x)) != -1);
        CHECK(outcome(fdb_transaction_get_range(tr, a, 1, x, x, b, 1, x, x, x, x, (FDBStreamingMode)x, x, x, x)) != -1);
        CHECK(outcome(fdb_transaction_get_range_split_points(tr, a, 1, b, 1, x)) != -1);
        CHECK(outcome(fdb_database_reboot_worker((FDBDatabase *)good[DATABASE], a, 1, x, x)) != -1);
        fdb_transaction_set_read_version(tr, x);
        fdb_transaction_atomic_op(tr, a, 1, b, 1, (FDBMutationType)x);
        CHECK(outcome(fdb_transaction_on_error(tr, x)) != -1);
        destroy(tr);
    }
    the_good_objects_are_unharmed();
}

/* ABI-4: what takes no handle. */
static void functions_without_a_handle_abi4(void) {
    FDBBGTenantPrefix prefix;
    FDBBGEncryptionCtx encryption;
    memset(&prefix, 0, sizeof prefix);
    memset(&encryption, 0, sizeof encryption);
    CHECK(fdb_get_max_api_version() >= 800);
    CHECK(fdb_get_client_version() != NULL);
    CHECK_CODE(fdb_setup_network(), 2009);
    CHECK_CODE(fdb_run_network(), 2025);
    fdb_use_future_protocol_version();
    fdb_shim_set_local_client_library_path(NULL);
    fdb_shim_set_local_client_library_path("");
    CHECK_CODE(result_error(fdb_readbg_parse_snapshot_file(NULL, 0, NULL, NULL)), 2108);
    CHECK_CODE(result_error(fdb_readbg_parse_snapshot_file(a, -1, &prefix, &encryption)), 2108);
    CHECK_CODE(result_error(fdb_readbg_parse_delta_file(NULL, 0, NULL, NULL)), 2108);
    CHECK_CODE(result_error(fdb_readbg_parse_delta_file(a, INT_MAX, &prefix, &encryption)), 2108);
    CHECK(outcome(fdb_create_cluster("")) != -1);
    the_good_objects_are_unharmed();
}

/* FUT-2: destroyed and used a second time, every object is refused. */
static void objects_are_refused_after_their_end_fut2(void) {
    FDBTransaction *tr = begin((FDBDatabase *)good[DATABASE]);
    FDBFuture *f = tr_get(tr, B("k"));
    fdb_future_destroy(f);
    fdb_future_destroy(f);
    CHECK(fdb_future_get_error(f) != 0);
    CHECK(fdb_future_block_until_ready(f) != 0);
    destroy(tr);
    destroy(tr);
    fdb_transaction_reset(tr);
    CHECK(touch(tr, B("k")) != 0);
    CHECK(commit(tr) != 0);
    the_good_objects_are_unharmed();
}

static int play_version(int version) {
    network_start(version);
    make_objects();
    the_good_objects_are_unharmed();
    bad_handles_are_refused_abi4_abi7();
    null_outputs_do_not_crash_abi4();
    getters_of_another_type_do_not_crash_fut3();
    bytes_that_are_none_are_refused_abi3_abi4();
    the_longest_lengths_do_not_crash_lim1_lim2_lim3();
    strange_numbers_do_not_crash_abi4();
    functions_without_a_handle_abi4();
    objects_are_refused_after_their_end_fut2();
    end_objects();
    CHECK_OK(fdb_stop_network());
    thread_join(&network.thread);
    CHECK_OK(network.code);
    printf("       at version %d: %ld checks\n", version, harness.checks);
    return child_end();
}

/* ABI-4, ABI-7, D7: the claims above, at the oldest version. */
static void no_argument_harms_at_version_510(void) {
    CHECK_CHILD("510", NULL, NULL);
}

static void no_argument_harms_at_version_730(void) {
    CHECK_CHILD("730", NULL, NULL);
}

static void no_argument_harms_at_version_800(void) {
    CHECK_CHILD("800", NULL, NULL);
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    if (argc > 1) {
        return play_version(atoi(argv[1]));
    }
    RUN(no_argument_harms_at_version_510);
    RUN(no_argument_harms_at_version_730);
    RUN(no_argument_harms_at_version_800);
    return harness_end();
}
