/*
 * ABI-5: the headers compile as C++98 and later, alone, first and twice, at the version that the compiler is
 * given; every function that the version has links; every macro and every number is usable.
 *
 * Generated from schema/fdb_c.toml and schema/fdb_options.toml by `cargo xtask fdb`; do not edit.
 */
#ifndef FDB_API_VERSION
#define FDB_API_VERSION 800
#endif

#include <foundationdb/fdb_c.h>
#include <foundationdb/fdb_c_internal.h>
#include <foundationdb/fdb_c_shim.h>
#include <foundationdb/fdb_c.h>

#include <cstdio>
#include <cstdlib>

typedef void (*address)(void);

struct function {
    const char* name;
    address where;
};

#define FUNCTION(name) { #name, (address)name }

static const struct function functions[] = {
#if FDB_API_VERSION < 610
    FUNCTION(fdb_create_cluster),
    FUNCTION(fdb_cluster_destroy),
    FUNCTION(fdb_cluster_set_option),
    FUNCTION(fdb_cluster_create_database),
    FUNCTION(fdb_future_get_cluster),
    FUNCTION(fdb_future_get_database),
#endif
#if FDB_API_VERSION < 620
    FUNCTION(fdb_future_get_version),
#endif
#if FDB_API_VERSION < 710
    FUNCTION(fdb_transaction_get_range_and_flat_map),
#endif
#if FDB_API_VERSION < 740
    FUNCTION(fdb_tenant_list_blobbified_ranges),
#endif
#if FDB_API_VERSION < 800
    FUNCTION(fdb_result_get_bg_mutations_array),
    FUNCTION(fdb_database_purge_blob_granules),
    FUNCTION(fdb_database_wait_purge_granules_complete),
    FUNCTION(fdb_database_blobbify_range),
    FUNCTION(fdb_database_blobbify_range_blocking),
    FUNCTION(fdb_database_unblobbify_range),
    FUNCTION(fdb_database_list_blobbified_ranges),
    FUNCTION(fdb_database_verify_blob_range),
    FUNCTION(fdb_database_flush_blob_range),
    FUNCTION(fdb_tenant_purge_blob_granules),
    FUNCTION(fdb_tenant_wait_purge_granules_complete),
    FUNCTION(fdb_tenant_blobbify_range),
    FUNCTION(fdb_tenant_blobbify_range_blocking),
    FUNCTION(fdb_tenant_unblobbify_range),
    FUNCTION(fdb_tenant_verify_blob_range),
    FUNCTION(fdb_tenant_flush_blob_range),
    FUNCTION(fdb_transaction_get_blob_granule_ranges),
    FUNCTION(fdb_transaction_read_blob_granules),
    FUNCTION(fdb_transaction_read_blob_granules_start),
    FUNCTION(fdb_transaction_read_blob_granules_finish),
    FUNCTION(fdb_transaction_read_blob_granules_description),
    FUNCTION(fdb_transaction_summarize_blob_granules),
    FUNCTION(fdb_future_get_granule_summary_array),
    FUNCTION(fdb_future_readbg_get_descriptions),
    FUNCTION(fdb_readbg_parse_snapshot_file),
    FUNCTION(fdb_readbg_parse_delta_file),
#endif
    FUNCTION(fdb_select_api_version_impl),
    FUNCTION(fdb_get_max_api_version),
    FUNCTION(fdb_get_client_version),
    FUNCTION(fdb_get_error),
    FUNCTION(fdb_error_predicate),
    FUNCTION(fdb_use_future_protocol_version),
    FUNCTION(fdb_network_set_option),
    FUNCTION(fdb_setup_network),
    FUNCTION(fdb_run_network),
    FUNCTION(fdb_stop_network),
    FUNCTION(fdb_add_network_thread_completion_hook),
    FUNCTION(fdb_future_cancel),
    FUNCTION(fdb_future_release_memory),
    FUNCTION(fdb_future_destroy),
    FUNCTION(fdb_future_block_until_ready),
    FUNCTION(fdb_future_is_ready),
    FUNCTION(fdb_future_set_callback),
    FUNCTION(fdb_future_get_error),
    FUNCTION(fdb_future_get_bool),
    FUNCTION(fdb_future_get_int64),
    FUNCTION(fdb_future_get_uint64),
    FUNCTION(fdb_future_get_double),
    FUNCTION(fdb_future_get_key),
    FUNCTION(fdb_future_get_value),
    FUNCTION(fdb_future_get_keyvalue_array),
    FUNCTION(fdb_future_get_mappedkeyvalue_array),
    FUNCTION(fdb_future_get_key_array),
    FUNCTION(fdb_future_get_string_array),
    FUNCTION(fdb_future_get_keyrange_array),
    FUNCTION(fdb_future_get_shared_state),
    FUNCTION(fdb_result_destroy),
    FUNCTION(fdb_result_get_keyvalue_array),
    FUNCTION(fdb_create_database),
    FUNCTION(fdb_create_database_from_connection_string),
    FUNCTION(fdb_database_destroy),
    FUNCTION(fdb_database_set_option),
    FUNCTION(fdb_database_open_tenant),
    FUNCTION(fdb_database_create_transaction),
    FUNCTION(fdb_database_get_main_thread_busyness),
    FUNCTION(fdb_database_get_server_protocol),
    FUNCTION(fdb_database_get_client_status),
    FUNCTION(fdb_database_reboot_worker),
    FUNCTION(fdb_database_force_recovery_with_data_loss),
    FUNCTION(fdb_database_create_snapshot),
    FUNCTION(fdb_database_create_shared_state),
    FUNCTION(fdb_database_set_shared_state),
    FUNCTION(fdb_tenant_create_transaction),
    FUNCTION(fdb_tenant_destroy),
    FUNCTION(fdb_tenant_get_id),
    FUNCTION(fdb_transaction_destroy),
    FUNCTION(fdb_transaction_cancel),
    FUNCTION(fdb_transaction_reset),
    FUNCTION(fdb_transaction_set_option),
    FUNCTION(fdb_transaction_set_read_version),
    FUNCTION(fdb_transaction_get_read_version),
    FUNCTION(fdb_transaction_get),
    FUNCTION(fdb_transaction_get_key),
    FUNCTION(fdb_transaction_get_addresses_for_key),
    FUNCTION(fdb_transaction_get_range),
    FUNCTION(fdb_transaction_get_mapped_range),
    FUNCTION(fdb_transaction_set),
    FUNCTION(fdb_transaction_atomic_op),
    FUNCTION(fdb_transaction_clear),
    FUNCTION(fdb_transaction_clear_range),
    FUNCTION(fdb_transaction_watch),
    FUNCTION(fdb_transaction_commit),
    FUNCTION(fdb_transaction_get_committed_version),
    FUNCTION(fdb_transaction_get_versionstamp),
    FUNCTION(fdb_transaction_get_tag_throttled_duration),
    FUNCTION(fdb_transaction_get_total_cost),
    FUNCTION(fdb_transaction_get_approximate_size),
    FUNCTION(fdb_transaction_on_error),
    FUNCTION(fdb_transaction_add_conflict_range),
    FUNCTION(fdb_transaction_get_estimated_range_size_bytes),
    FUNCTION(fdb_transaction_get_range_split_points),
    FUNCTION(fdb_transaction_get_range_split_points_with_limit),
    FUNCTION(fdb_database_register_cdc_stream),
    FUNCTION(fdb_database_register_cdc_ordered_stream),
    FUNCTION(fdb_database_remove_cdc_stream),
    FUNCTION(fdb_database_list_cdc_streams),
    FUNCTION(fdb_database_create_cdc_consumer),
    FUNCTION(fdb_database_resume_cdc_consumer),
    FUNCTION(fdb_cdc_consumer_destroy),
    FUNCTION(fdb_cdc_consumer_consume),
    FUNCTION(fdb_cdc_consumer_acknowledge),
    FUNCTION(fdb_cdc_consumer_get_position),
    FUNCTION(fdb_future_get_cdc_stream_info_array),
    FUNCTION(fdb_future_get_cdc_consumer),
    FUNCTION(fdb_future_get_cdc_versioned_mutations),
    FUNCTION(fdb_shim_set_local_client_library_path)
};

static const FDBNetworkOption numbers_of_FDBNetworkOption[] = {
    FDB_NET_OPTION_LOCAL_ADDRESS, FDB_NET_OPTION_CLUSTER_FILE, FDB_NET_OPTION_TRACE_ENABLE,
    FDB_NET_OPTION_TRACE_ROLL_SIZE, FDB_NET_OPTION_TRACE_MAX_LOGS_SIZE, FDB_NET_OPTION_TRACE_LOG_GROUP,
    FDB_NET_OPTION_TRACE_FORMAT, FDB_NET_OPTION_TRACE_CLOCK_SOURCE, FDB_NET_OPTION_TRACE_FILE_IDENTIFIER,
    FDB_NET_OPTION_TRACE_SHARE_AMONG_CLIENT_THREADS, FDB_NET_OPTION_TRACE_INITIALIZE_ON_SETUP,
    FDB_NET_OPTION_TRACE_PARTIAL_FILE_SUFFIX, FDB_NET_OPTION_KNOB, FDB_NET_OPTION_TLS_PLUGIN,
    FDB_NET_OPTION_TLS_CERT_BYTES, FDB_NET_OPTION_TLS_CERT_PATH, FDB_NET_OPTION_TLS_KEY_BYTES,
    FDB_NET_OPTION_TLS_KEY_PATH, FDB_NET_OPTION_TLS_VERIFY_PEERS, FDB_NET_OPTION_BUGGIFY_ENABLE,
    FDB_NET_OPTION_BUGGIFY_DISABLE, FDB_NET_OPTION_BUGGIFY_SECTION_ACTIVATED_PROBABILITY,
    FDB_NET_OPTION_BUGGIFY_SECTION_FIRED_PROBABILITY, FDB_NET_OPTION_TLS_CA_BYTES, FDB_NET_OPTION_TLS_CA_PATH,
    FDB_NET_OPTION_TLS_PASSWORD, FDB_NET_OPTION_TLS_DISABLE_PLAINTEXT_CONNECTION,
    FDB_NET_OPTION_DISABLE_MULTI_VERSION_CLIENT_API, FDB_NET_OPTION_CALLBACKS_ON_EXTERNAL_THREADS,
    FDB_NET_OPTION_EXTERNAL_CLIENT_LIBRARY, FDB_NET_OPTION_EXTERNAL_CLIENT_DIRECTORY,
    FDB_NET_OPTION_DISABLE_LOCAL_CLIENT, FDB_NET_OPTION_CLIENT_THREADS_PER_VERSION,
    FDB_NET_OPTION_FUTURE_VERSION_CLIENT_LIBRARY, FDB_NET_OPTION_RETAIN_CLIENT_LIBRARY_COPIES,
    FDB_NET_OPTION_IGNORE_EXTERNAL_CLIENT_FAILURES, FDB_NET_OPTION_FAIL_INCOMPATIBLE_CLIENT,
    FDB_NET_OPTION_DISABLE_CLIENT_STATISTICS_LOGGING, FDB_NET_OPTION_ENABLE_RUN_LOOP_PROFILING,
    FDB_NET_OPTION_ENABLE_SLOW_TASK_PROFILING, FDB_NET_OPTION_DISABLE_CLIENT_BYPASS,
    FDB_NET_OPTION_CLIENT_BUGGIFY_ENABLE, FDB_NET_OPTION_CLIENT_BUGGIFY_DISABLE,
    FDB_NET_OPTION_CLIENT_BUGGIFY_SECTION_ACTIVATED_PROBABILITY,
    FDB_NET_OPTION_CLIENT_BUGGIFY_SECTION_FIRED_PROBABILITY, FDB_NET_OPTION_TRACE_IP,
    FDB_NET_OPTION_DISTRIBUTED_CLIENT_TRACER, FDB_NET_OPTION_CLIENT_TMP_DIR,
    FDB_NET_OPTION_SUPPORTED_CLIENT_VERSIONS, FDB_NET_OPTION_EXTERNAL_CLIENT,
    FDB_NET_OPTION_EXTERNAL_CLIENT_TRANSPORT_ID
};

static const FDBDatabaseOption numbers_of_FDBDatabaseOption[] = {
    FDB_DB_OPTION_LOCATION_CACHE_SIZE, FDB_DB_OPTION_MAX_WATCHES, FDB_DB_OPTION_MACHINE_ID,
    FDB_DB_OPTION_DATACENTER_ID, FDB_DB_OPTION_SNAPSHOT_RYW_ENABLE, FDB_DB_OPTION_SNAPSHOT_RYW_DISABLE,
    FDB_DB_OPTION_TRANSACTION_LOGGING_MAX_FIELD_LENGTH, FDB_DB_OPTION_TRANSACTION_TIMEOUT,
    FDB_DB_OPTION_TRANSACTION_RETRY_LIMIT, FDB_DB_OPTION_TRANSACTION_MAX_RETRY_DELAY,
    FDB_DB_OPTION_TRANSACTION_SIZE_LIMIT, FDB_DB_OPTION_TRANSACTION_CAUSAL_READ_RISKY,
    FDB_DB_OPTION_TRANSACTION_INCLUDE_PORT_IN_ADDRESS, FDB_DB_OPTION_TRANSACTION_AUTOMATIC_IDEMPOTENCY,
    FDB_DB_OPTION_TRANSACTION_BYPASS_UNREADABLE,
    FDB_DB_OPTION_TRANSACTION_USED_DURING_COMMIT_PROTECTION_DISABLE,
    FDB_DB_OPTION_TRANSACTION_REPORT_CONFLICTING_KEYS, FDB_DB_OPTION_USE_CONFIG_DATABASE,
    FDB_DB_OPTION_TEST_CAUSAL_READ_RISKY
};

static const FDBTransactionOption numbers_of_FDBTransactionOption[] = {
    FDB_TR_OPTION_CAUSAL_WRITE_RISKY, FDB_TR_OPTION_CAUSAL_READ_RISKY, FDB_TR_OPTION_CAUSAL_READ_DISABLE,
    FDB_TR_OPTION_INCLUDE_PORT_IN_ADDRESS, FDB_TR_OPTION_NEXT_WRITE_NO_WRITE_CONFLICT_RANGE,
    FDB_TR_OPTION_COMMIT_ON_FIRST_PROXY, FDB_TR_OPTION_CHECK_WRITES_ENABLE,
    FDB_TR_OPTION_READ_YOUR_WRITES_DISABLE, FDB_TR_OPTION_READ_AHEAD_DISABLE,
    FDB_TR_OPTION_DURABILITY_DATACENTER, FDB_TR_OPTION_DURABILITY_RISKY,
    FDB_TR_OPTION_DURABILITY_DEV_NULL_IS_WEB_SCALE, FDB_TR_OPTION_PRIORITY_SYSTEM_IMMEDIATE,
    FDB_TR_OPTION_PRIORITY_BATCH, FDB_TR_OPTION_INITIALIZE_NEW_DATABASE, FDB_TR_OPTION_ACCESS_SYSTEM_KEYS,
    FDB_TR_OPTION_READ_SYSTEM_KEYS, FDB_TR_OPTION_RAW_ACCESS, FDB_TR_OPTION_BYPASS_STORAGE_QUOTA,
    FDB_TR_OPTION_DEBUG_DUMP, FDB_TR_OPTION_DEBUG_RETRY_LOGGING, FDB_TR_OPTION_TRANSACTION_LOGGING_ENABLE,
    FDB_TR_OPTION_DEBUG_TRANSACTION_IDENTIFIER, FDB_TR_OPTION_LOG_TRANSACTION,
    FDB_TR_OPTION_TRANSACTION_LOGGING_MAX_FIELD_LENGTH, FDB_TR_OPTION_SERVER_REQUEST_TRACING,
    FDB_TR_OPTION_TIMEOUT, FDB_TR_OPTION_RETRY_LIMIT, FDB_TR_OPTION_MAX_RETRY_DELAY, FDB_TR_OPTION_SIZE_LIMIT,
    FDB_TR_OPTION_IDEMPOTENCY_ID, FDB_TR_OPTION_AUTOMATIC_IDEMPOTENCY,
    FDB_TR_OPTION_READ_SERVER_SIDE_CACHE_ENABLE, FDB_TR_OPTION_READ_SERVER_SIDE_CACHE_DISABLE,
    FDB_TR_OPTION_READ_PRIORITY_NORMAL, FDB_TR_OPTION_READ_PRIORITY_LOW, FDB_TR_OPTION_READ_PRIORITY_HIGH,
    FDB_TR_OPTION_SNAPSHOT_RYW_ENABLE, FDB_TR_OPTION_SNAPSHOT_RYW_DISABLE, FDB_TR_OPTION_LOCK_AWARE,
    FDB_TR_OPTION_USED_DURING_COMMIT_PROTECTION_DISABLE, FDB_TR_OPTION_READ_LOCK_AWARE,
    FDB_TR_OPTION_FIRST_IN_BATCH, FDB_TR_OPTION_USE_PROVISIONAL_PROXIES,
    FDB_TR_OPTION_REPORT_CONFLICTING_KEYS, FDB_TR_OPTION_SPECIAL_KEY_SPACE_RELAXED,
    FDB_TR_OPTION_SPECIAL_KEY_SPACE_ENABLE_WRITES, FDB_TR_OPTION_TAG, FDB_TR_OPTION_AUTO_THROTTLE_TAG,
    FDB_TR_OPTION_SPAN_PARENT, FDB_TR_OPTION_EXPENSIVE_CLEAR_COST_ESTIMATION_ENABLE,
    FDB_TR_OPTION_BYPASS_UNREADABLE, FDB_TR_OPTION_USE_GRV_CACHE, FDB_TR_OPTION_SKIP_GRV_CACHE,
    FDB_TR_OPTION_MAX_GRV_QUEUE_DELAY, FDB_TR_OPTION_AUTHORIZATION_TOKEN,
    FDB_TR_OPTION_ENABLE_REPLICA_CONSISTENCY_CHECK, FDB_TR_OPTION_CONSISTENCY_CHECK_REQUIRED_REPLICAS
};

static const FDBStreamingMode numbers_of_FDBStreamingMode[] = {
    FDB_STREAMING_MODE_WANT_ALL, FDB_STREAMING_MODE_ITERATOR, FDB_STREAMING_MODE_EXACT,
    FDB_STREAMING_MODE_SMALL, FDB_STREAMING_MODE_MEDIUM, FDB_STREAMING_MODE_LARGE, FDB_STREAMING_MODE_SERIAL
};

static const FDBMutationType numbers_of_FDBMutationType[] = {
    FDB_MUTATION_TYPE_ADD, FDB_MUTATION_TYPE_BIT_AND, FDB_MUTATION_TYPE_AND, FDB_MUTATION_TYPE_BIT_OR,
    FDB_MUTATION_TYPE_OR, FDB_MUTATION_TYPE_BIT_XOR, FDB_MUTATION_TYPE_XOR, FDB_MUTATION_TYPE_APPEND_IF_FITS,
    FDB_MUTATION_TYPE_MAX, FDB_MUTATION_TYPE_MIN, FDB_MUTATION_TYPE_SET_VERSIONSTAMPED_KEY,
    FDB_MUTATION_TYPE_SET_VERSIONSTAMPED_VALUE, FDB_MUTATION_TYPE_BYTE_MIN, FDB_MUTATION_TYPE_BYTE_MAX,
    FDB_MUTATION_TYPE_COMPARE_AND_CLEAR
};

static const FDBConflictRangeType numbers_of_FDBConflictRangeType[] = {
    FDB_CONFLICT_RANGE_TYPE_READ, FDB_CONFLICT_RANGE_TYPE_WRITE
};

static const FDBErrorPredicate numbers_of_FDBErrorPredicate[] = {
    FDB_ERROR_PREDICATE_RETRYABLE, FDB_ERROR_PREDICATE_MAYBE_COMMITTED,
    FDB_ERROR_PREDICATE_RETRYABLE_NOT_COMMITTED
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static size_t numbers_in_all(void) {
    return COUNT(numbers_of_FDBNetworkOption) + COUNT(numbers_of_FDBDatabaseOption) +
        COUNT(numbers_of_FDBTransactionOption) + COUNT(numbers_of_FDBStreamingMode) +
        COUNT(numbers_of_FDBMutationType) + COUNT(numbers_of_FDBConflictRangeType) +
        COUNT(numbers_of_FDBErrorPredicate);
}

static void count_in(FDBFuture*, void* parameter) {
    ++*static_cast<int*>(parameter);
}

// Macros that a program calls are compiled here; they are run when an argument is given.
static int selectors(FDBTransaction* transaction, const uint8_t* key, int length) {
    FDBFuture* futures[] = {
        fdb_transaction_get_key(transaction, FDB_KEYSEL_LAST_LESS_THAN(key, length), 0),
        fdb_transaction_get_key(transaction, FDB_KEYSEL_LAST_LESS_OR_EQUAL(key, length), 0),
        fdb_transaction_get_key(transaction, FDB_KEYSEL_FIRST_GREATER_THAN(key, length), 0),
        fdb_transaction_get_key(transaction, FDB_KEYSEL_FIRST_GREATER_OR_EQUAL(key, length), 0)};
    int called = 0;
    for (size_t index = 0; index < COUNT(futures); index++) {
        const FDBCallback callback = count_in;
        if (fdb_future_set_callback(futures[index], callback, &called) != 0) {
            return -1;
        }
        fdb_future_destroy(futures[index]);
    }
    return called;
}

int main(int argc, char** argv) {
    for (size_t index = 0; index < COUNT(functions); index++) {
        if (functions[index].where == NULL) {
            std::printf("%s is not there\n", functions[index].name);
            return 1;
        }
    }
    if (fdb_select_api_version_capped(FDB_API_VERSION) != 0 || fdb_select_api_version(FDB_API_VERSION) == 0) {
        std::printf("a version can be selected once, and only once\n");
        return 1;
    }
    if (argc > 1 && selectors(NULL, reinterpret_cast<const uint8_t*>(argv[1]), 1) != 4) {
        return 1;
    }
    std::printf("version %d of %d: %u functions, %u numbers\n", FDB_API_VERSION, FDB_LATEST_API_VERSION,
                static_cast<unsigned>(COUNT(functions)), static_cast<unsigned>(numbers_in_all()));
    return EXIT_SUCCESS;
}
