/*
 * Error numbers: names, descriptions, predicates (ERRC-1, ERRC-2), the story of the last error,
 * and what on_error does with each number (ERRH-1 to ERRH-7).
 */
#include "harness.h"

enum retry { NO, YES, MAYBE };

static const struct {
    plinth_error constant, number;
    const char *name;
    enum retry retry;
} table[] = {
    {PLINTH_ERROR_SUCCESS, 0, "success", NO},
    {PLINTH_ERROR_END_OF_STREAM, 1, "end_of_stream", NO},
    {PLINTH_ERROR_OPERATION_FAILED, 1000, "operation_failed", NO},
    {PLINTH_ERROR_TIMED_OUT, 1004, "timed_out", NO},
    {PLINTH_ERROR_TRANSACTION_TOO_OLD, 1007, "transaction_too_old", YES},
    {PLINTH_ERROR_FUTURE_VERSION, 1009, "future_version", YES},
    {PLINTH_ERROR_NOT_COMMITTED, 1020, "not_committed", YES},
    {PLINTH_ERROR_COMMIT_UNKNOWN_RESULT, 1021, "commit_unknown_result", MAYBE},
    {PLINTH_ERROR_COMMIT_UNKNOWN_RESULT_FATAL, 1022, "commit_unknown_result_fatal", NO},
    {PLINTH_ERROR_TRANSACTION_CANCELLED, 1025, "transaction_cancelled", NO},
    {PLINTH_ERROR_CONNECTION_FAILED, 1026, "connection_failed", NO},
    {PLINTH_ERROR_WATCH_CANCELLED, 1029, "watch_cancelled", NO},
    {PLINTH_ERROR_TRANSACTION_TIMED_OUT, 1031, "transaction_timed_out", NO},
    {PLINTH_ERROR_TOO_MANY_WATCHES, 1032, "too_many_watches", NO},
    {PLINTH_ERROR_LOCALITY_INFORMATION_UNAVAILABLE, 1033, "locality_information_unavailable", NO},
    {PLINTH_ERROR_WATCHES_DISABLED, 1034, "watches_disabled", NO},
    {PLINTH_ERROR_ACCESSED_UNREADABLE, 1036, "accessed_unreadable", NO},
    {PLINTH_ERROR_PROCESS_BEHIND, 1037, "process_behind", YES},
    {PLINTH_ERROR_DATABASE_LOCKED, 1038, "database_locked", YES},
    {PLINTH_ERROR_CLUSTER_VERSION_CHANGED, 1039, "cluster_version_changed", MAYBE},
    {PLINTH_ERROR_EXTERNAL_CLIENT_ALREADY_LOADED, 1040, "external_client_already_loaded", NO},
    {PLINTH_ERROR_COMMIT_PROXY_MEMORY_LIMIT_EXCEEDED, 1042, "commit_proxy_memory_limit_exceeded", YES},
    {PLINTH_ERROR_SHUTDOWN_IN_PROGRESS, 1043, "shutdown_in_progress", NO},
    {PLINTH_ERROR_BATCH_TRANSACTION_THROTTLED, 1051, "batch_transaction_throttled", YES},
    {PLINTH_ERROR_GRV_PROXY_MEMORY_LIMIT_EXCEEDED, 1078, "grv_proxy_memory_limit_exceeded", YES},
    {PLINTH_ERROR_BLOB_GRANULE_REQUEST_FAILED, 1079, "blob_granule_request_failed", NO},
    {PLINTH_ERROR_BROKEN_PROMISE, 1100, "broken_promise", NO},
    {PLINTH_ERROR_OPERATION_CANCELLED, 1101, "operation_cancelled", NO},
    {PLINTH_ERROR_FUTURE_RELEASED, 1102, "future_released", NO},
    {PLINTH_ERROR_TAG_THROTTLED, 1213, "tag_throttled", YES},
    {PLINTH_ERROR_PROXY_TAG_THROTTLED, 1223, "proxy_tag_throttled", YES},
    {PLINTH_ERROR_TRANSACTION_THROTTLED_HOT_SHARD, 1235, "transaction_throttled_hot_shard", NO},
    {PLINTH_ERROR_TRANSACTION_GRV_QUEUE_REJECTED, 1242, "transaction_grv_queue_rejected", NO},
    {PLINTH_ERROR_PLATFORM_ERROR, 1500, "platform_error", NO},
    {PLINTH_ERROR_LARGE_ALLOC_FAILED, 1501, "large_alloc_failed", NO},
    {PLINTH_ERROR_IO_ERROR, 1510, "io_error", NO},
    {PLINTH_ERROR_FILE_NOT_FOUND, 1511, "file_not_found", NO},
    {PLINTH_ERROR_FILE_NOT_READABLE, 1513, "file_not_readable", NO},
    {PLINTH_ERROR_FILE_NOT_WRITABLE, 1514, "file_not_writable", NO},
    {PLINTH_ERROR_NO_CLUSTER_FILE_FOUND, 1515, "no_cluster_file_found", NO},
    {PLINTH_ERROR_CHECKSUM_FAILED, 1520, "checksum_failed", NO},
    {PLINTH_ERROR_FILE_CORRUPT, 1522, "file_corrupt", NO},
    {PLINTH_ERROR_LOCK_FILE_FAILURE, 1529, "lock_file_failure", NO},
    {PLINTH_ERROR_CLIENT_INVALID_OPERATION, 2000, "client_invalid_operation", NO},
    {PLINTH_ERROR_COMMIT_READ_INCOMPLETE, 2002, "commit_read_incomplete", NO},
    {PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE, 2004, "key_outside_legal_range", NO},
    {PLINTH_ERROR_INVERTED_RANGE, 2005, "inverted_range", NO},
    {PLINTH_ERROR_INVALID_OPTION_VALUE, 2006, "invalid_option_value", NO},
    {PLINTH_ERROR_INVALID_OPTION, 2007, "invalid_option", NO},
    {PLINTH_ERROR_NETWORK_NOT_SETUP, 2008, "network_not_setup", NO},
    {PLINTH_ERROR_NETWORK_ALREADY_SETUP, 2009, "network_already_setup", NO},
    {PLINTH_ERROR_READ_VERSION_ALREADY_SET, 2010, "read_version_already_set", NO},
    {PLINTH_ERROR_VERSION_INVALID, 2011, "version_invalid", NO},
    {PLINTH_ERROR_RANGE_LIMITS_INVALID, 2012, "range_limits_invalid", NO},
    {PLINTH_ERROR_INVALID_DATABASE_NAME, 2013, "invalid_database_name", NO},
    {PLINTH_ERROR_ATTRIBUTE_NOT_FOUND, 2014, "attribute_not_found", NO},
    {PLINTH_ERROR_FUTURE_NOT_SET, 2015, "future_not_set", NO},
    {PLINTH_ERROR_FUTURE_NOT_ERROR, 2016, "future_not_error", NO},
    {PLINTH_ERROR_USED_DURING_COMMIT, 2017, "used_during_commit", NO},
    {PLINTH_ERROR_INVALID_MUTATION_TYPE, 2018, "invalid_mutation_type", NO},
    {PLINTH_ERROR_TRANSACTION_INVALID_VERSION, 2020, "transaction_invalid_version", NO},
    {PLINTH_ERROR_NO_COMMIT_VERSION, 2021, "no_commit_version", NO},
    {PLINTH_ERROR_ENVIRONMENT_VARIABLE_NETWORK_OPTION_FAILED, 2022, "environment_variable_network_option_failed", NO},
    {PLINTH_ERROR_TRANSACTION_READ_ONLY, 2023, "transaction_read_only", NO},
    {PLINTH_ERROR_NETWORK_CANNOT_BE_RESTARTED, 2025, "network_cannot_be_restarted", NO},
    {PLINTH_ERROR_BLOCKED_FROM_NETWORK_THREAD, 2026, "blocked_from_network_thread", NO},
    {PLINTH_ERROR_MAPPER_BAD_INDEX, 2030, "mapper_bad_index", NO},
    {PLINTH_ERROR_MAPPER_NO_SUCH_KEY, 2031, "mapper_no_such_key", NO},
    {PLINTH_ERROR_MAPPER_BAD_RANGE_DESCRIPTOR, 2032, "mapper_bad_range_descriptor", NO},
    {PLINTH_ERROR_QUICK_GET_KEY_VALUES_HAS_MORE, 2033, "quick_get_key_values_has_more", NO},
    {PLINTH_ERROR_QUICK_GET_VALUE_MISS, 2034, "quick_get_value_miss", NO},
    {PLINTH_ERROR_QUICK_GET_KEY_VALUES_MISS, 2035, "quick_get_key_values_miss", NO},
    {PLINTH_ERROR_BLOB_GRANULE_NO_RYW, 2036, "blob_granule_no_ryw", NO},
    {PLINTH_ERROR_BLOB_GRANULE_NOT_MATERIALIZED, 2037, "blob_granule_not_materialized", NO},
    {PLINTH_ERROR_GET_MAPPED_KEY_VALUES_HAS_MORE, 2038, "get_mapped_key_values_has_more", NO},
    {PLINTH_ERROR_GET_MAPPED_RANGE_READS_YOUR_WRITES, 2039, "get_mapped_range_reads_your_writes", NO},
    {PLINTH_ERROR_KEY_NOT_TUPLE, 2041, "key_not_tuple", NO},
    {PLINTH_ERROR_VALUE_NOT_TUPLE, 2042, "value_not_tuple", NO},
    {PLINTH_ERROR_MAPPER_NOT_TUPLE, 2043, "mapper_not_tuple", NO},
    {PLINTH_ERROR_INCOMPATIBLE_PROTOCOL_VERSION, 2100, "incompatible_protocol_version", NO},
    {PLINTH_ERROR_TRANSACTION_TOO_LARGE, 2101, "transaction_too_large", NO},
    {PLINTH_ERROR_KEY_TOO_LARGE, 2102, "key_too_large", NO},
    {PLINTH_ERROR_VALUE_TOO_LARGE, 2103, "value_too_large", NO},
    {PLINTH_ERROR_CONNECTION_STRING_INVALID, 2104, "connection_string_invalid", NO},
    {PLINTH_ERROR_UNSUPPORTED_OPERATION, 2108, "unsupported_operation", NO},
    {PLINTH_ERROR_TOO_MANY_TAGS, 2109, "too_many_tags", NO},
    {PLINTH_ERROR_TAG_TOO_LONG, 2110, "tag_too_long", NO},
    {PLINTH_ERROR_TOO_MANY_TAG_THROTTLES, 2111, "too_many_tag_throttles", NO},
    {PLINTH_ERROR_SPECIAL_KEYS_CROSS_MODULE_READ, 2112, "special_keys_cross_module_read", NO},
    {PLINTH_ERROR_SPECIAL_KEYS_NO_MODULE_FOUND, 2113, "special_keys_no_module_found", NO},
    {PLINTH_ERROR_SPECIAL_KEYS_WRITE_DISABLED, 2114, "special_keys_write_disabled", NO},
    {PLINTH_ERROR_SPECIAL_KEYS_NO_WRITE_MODULE_FOUND, 2115, "special_keys_no_write_module_found", NO},
    {PLINTH_ERROR_SPECIAL_KEYS_CROSS_MODULE_CLEAR, 2116, "special_keys_cross_module_clear", NO},
    {PLINTH_ERROR_SPECIAL_KEYS_API_FAILURE, 2117, "special_keys_api_failure", NO},
    {PLINTH_ERROR_TENANT_NAME_REQUIRED, 2130, "tenant_name_required", NO},
    {PLINTH_ERROR_TENANT_NOT_FOUND, 2131, "tenant_not_found", NO},
    {PLINTH_ERROR_TENANT_ALREADY_EXISTS, 2132, "tenant_already_exists", NO},
    {PLINTH_ERROR_TENANT_NOT_EMPTY, 2133, "tenant_not_empty", NO},
    {PLINTH_ERROR_INVALID_TENANT_NAME, 2134, "invalid_tenant_name", NO},
    {PLINTH_ERROR_TENANT_PREFIX_ALLOCATOR_CONFLICT, 2135, "tenant_prefix_allocator_conflict", NO},
    {PLINTH_ERROR_TENANTS_DISABLED, 2136, "tenants_disabled", NO},
    {PLINTH_ERROR_UNKNOWN_TENANT, 2137, "unknown_tenant", YES},
    {PLINTH_ERROR_ILLEGAL_TENANT_ACCESS, 2138, "illegal_tenant_access", NO},
    {PLINTH_ERROR_API_VERSION_UNSET, 2200, "api_version_unset", NO},
    {PLINTH_ERROR_API_VERSION_ALREADY_SET, 2201, "api_version_already_set", NO},
    {PLINTH_ERROR_API_VERSION_INVALID, 2202, "api_version_invalid", NO},
    {PLINTH_ERROR_API_VERSION_NOT_SUPPORTED, 2203, "api_version_not_supported", NO},
    {PLINTH_ERROR_EXACT_MODE_WITHOUT_LIMITS, 2210, "exact_mode_without_limits", NO},
    {PLINTH_ERROR_UNKNOWN_ERROR, 4000, "unknown_error", NO},
    {PLINTH_ERROR_INTERNAL_ERROR, 4100, "internal_error", NO},
    {PLINTH_ERROR_PERMISSION_DENIED, 6000, "permission_denied", NO},
    {PLINTH_ERROR_UNAUTHORIZED_ATTEMPT, 6001, "unauthorized_attempt", NO},
    {PLINTH_ERROR_INVALID_HANDLE, 9000, "invalid_handle", NO},
    {PLINTH_ERROR_INVALID_ARGUMENT, 9001, "invalid_argument", NO},
    {PLINTH_ERROR_TOO_MANY_HANDLES, 9002, "too_many_handles", NO},
    {PLINTH_ERROR_DATABASE_CLOSED, 9003, "database_closed", NO},
    {PLINTH_ERROR_DATABASE_FAILED, 9004, "database_failed", NO},
    {PLINTH_ERROR_DATABASE_EXISTS, 9005, "database_exists", NO},
    {PLINTH_ERROR_DATABASE_MISSING, 9006, "database_missing", NO},
    {PLINTH_ERROR_NOT_A_DATABASE, 9007, "not_a_database", NO},
    {PLINTH_ERROR_FORMAT_NOT_SUPPORTED, 9008, "format_not_supported", NO},
    {PLINTH_ERROR_KEYSPACE_NOT_FOUND, 9009, "keyspace_not_found", NO},
    {PLINTH_ERROR_KEYSPACE_DROPPED, 9010, "keyspace_dropped", NO},
    {PLINTH_ERROR_INVALID_KEYSPACE_NAME, 9011, "invalid_keyspace_name", NO},
    {PLINTH_ERROR_TOO_MANY_TRANSACTIONS, 9012, "too_many_transactions", NO},
    {PLINTH_ERROR_MEMORY_LIMIT_EXCEEDED, 9013, "memory_limit_exceeded", NO},
    {PLINTH_ERROR_TRANSACTION_NOT_FOUND, 9014, "transaction_not_found", NO},
    {PLINTH_ERROR_TOO_MANY_KEYSPACES, 9015, "too_many_keyspaces", NO},
    {PLINTH_ERROR_FORKED, 9016, "forked", NO},
    {PLINTH_ERROR_HOST_UNAVAILABLE, 9017, "host_unavailable", YES},
    {PLINTH_ERROR_PROTOCOL_NOT_SUPPORTED, 9018, "protocol_not_supported", NO},
    {PLINTH_ERROR_PEER_NOT_PERMITTED, 9019, "peer_not_permitted", NO},
    {PLINTH_ERROR_FILE_SYSTEM_NOT_SUITABLE, 9020, "file_system_not_suitable", NO},
    {PLINTH_ERROR_COMMITS_LOST, 9021, "commits_lost", NO},
    {PLINTH_ERROR_DATABASE_READ_ONLY, 9022, "database_read_only", NO},
    {PLINTH_ERROR_UPKEEP_UNDER_WAY, 9023, "upkeep_under_way", NO},
    {PLINTH_ERROR_TARGET_EXISTS, 9024, "target_exists", NO},
    {PLINTH_ERROR_NOT_A_BACKUP_DIRECTORY, 9025, "not_a_backup_directory", NO},
    {PLINTH_ERROR_BACKUP_NOT_FOUND, 9026, "backup_not_found", NO},
    {PLINTH_ERROR_BACKUP_DAMAGED, 9027, "backup_damaged", NO},
    {PLINTH_ERROR_TOO_MANY_HELD_STATES, 9030, "too_many_held_states", NO},
    {PLINTH_ERROR_HELD_STATE_LOST, 9031, "held_state_lost", YES},
    {PLINTH_ERROR_NOT_A_DUMP, 9032, "not_a_dump", NO},
    {PLINTH_ERROR_DUMP_DAMAGED, 9033, "dump_damaged", NO},
    {PLINTH_ERROR_TARGET_NOT_EMPTY, 9034, "target_not_empty", NO},
    {PLINTH_ERROR_LOAD_UNFINISHED, 9035, "load_unfinished", NO},
    {PLINTH_ERROR_VERSIONS_BEHIND, 9036, "versions_behind", NO},
    {PLINTH_ERROR_TOO_MANY_TRACKERS, 9037, "too_many_trackers", NO},
    {PLINTH_ERROR_CHANGES_LOST, 9038, "changes_lost", NO},
    {PLINTH_ERROR_CLUSTER_CLIENT_MISSING, 9040, "cluster_client_missing", NO},
    {PLINTH_ERROR_CLUSTER_CLIENT_UNSUITABLE, 9041, "cluster_client_unsuitable", NO},
    {PLINTH_ERROR_CLUSTER_RANGE_IN_USE, 9042, "cluster_range_in_use", NO},
    {PLINTH_ERROR_BACKEND_MISSING, 9043, "backend_missing", NO},
    {PLINTH_ERROR_MOVE_UNFINISHED, 9050, "move_unfinished", NO},
    {PLINTH_ERROR_MOVE_DIFFERS, 9051, "move_differs", NO},
    {PLINTH_ERROR_MOVE_PAUSE_TOO_LONG, 9052, "move_pause_too_long", NO},
};
#define ROWS (sizeof table / sizeof table[0])

static plinth_database *db;

/* ------------------------------------------------------------------ names and predicates */

/* The numbers are FoundationDB's. (ERRC-1) */
static void every_number_has_its_name_errc1(void) {
    for (size_t i = 0; i < ROWS; i++) {
        CHECK_INT(table[i].constant, table[i].number);
        CHECK_TEXT(plinth_error_name(table[i].number), table[i].name);
    }
}

/* Static, never NULL. (ERRC-1) */
static void every_number_has_a_sentence_of_its_own_errc1(void) {
    const char *unknown = plinth_error_description(4000);
    for (size_t i = 0; i < ROWS; i++) {
        const char *text = plinth_error_description(table[i].number);
        CHECK(text != NULL && text[0] >= 'A' && text[0] <= 'Z');
        CHECK(table[i].number == 4000 || strcmp(text, unknown) != 0);
        CHECK(text == plinth_error_description(table[i].number));
    }
}

static bool is_known(plinth_error number) {
    for (size_t i = 0; i < ROWS; i++) {
        if (table[i].number == number) {
            return true;
        }
    }
    return false;
}

/* The text of 4000. (ERRC-1) */
static void unknown_numbers_have_one_fixed_text_errc1(void) {
    static const plinth_error odd[] = {INT32_MIN, -1000, -1, 3, 999, 30000, 30001, 1000000, INT32_MAX};
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        CHECK_TEXT(plinth_error_name(odd[i]), "unknown_error");
        CHECK_TEXT(plinth_error_description(odd[i]), plinth_error_description(4000));
    }
    for (plinth_error number = -10; number < 10000; number++) {
        if (!is_known(number) && strcmp(plinth_error_name(number), "unknown_error") != 0) {
            harness_count(false, __FILE__, __LINE__, "%d has a name but no constant: %s", (int)number, plinth_error_name(number));
        }
    }
}

/* Over all numbers. (ERRC-2) */
static void predicates_are_those_of_the_table_errc2(void) {
    for (plinth_error number = -10; number < 10000; number++) {
        enum retry want = NO;
        bool fits;
        for (size_t i = 0; i < ROWS; i++) {
            want = table[i].number == number ? table[i].retry : want;
        }
        fits = plinth_error_is_retryable(number) == (want != NO) && plinth_error_is_maybe_committed(number) == (want == MAYBE) &&
               plinth_error_is_retryable_not_committed(number) == (want == YES);
        harness_count(fits, __FILE__, __LINE__, "predicates of %d: retryable %d, maybe %d, not committed %d", (int)number,
                      plinth_error_is_retryable(number), plinth_error_is_maybe_committed(number),
                      plinth_error_is_retryable_not_committed(number));
    }
    CHECK(!plinth_error_is_retryable(INT32_MAX) && !plinth_error_is_retryable(INT32_MIN));
}

/* ------------------------------------------------------------------ the last error */

static bool story_has(const char *text) {
    bool found = strstr(plinth_last_error(), text) != NULL;
    harness_count(found, __FILE__, __LINE__, "the story lacks \"%s\"", text);
    return found;
}

static void the_story_tells_call_number_and_key(void) {
    plinth_transaction *tr = begin(db);
    CHECK_CODE(tr_set(tr, B("\xff" "a\0b\n"), B("v")), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
    story_has("plinth_transaction_set");
    story_has("2004");
    story_has("\\xffa\\x00b\\x0a");
    CHECK_CODE(tr_touch(tr, B("\xff")), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
    story_has("plinth_transaction_get");
    destroy(tr);
}

static void a_success_keeps_the_story(void) {
    plinth_transaction *tr = begin(db);
    char before[512];
    CHECK_CODE(tr_set(tr, B("\xff"), B("v")), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
    snprintf(before, sizeof before, "%s", plinth_last_error());
    CHECK_OK(tr_set(tr, B("k"), B("v")));
    CHECK_TEXT(plinth_last_error(), before);
    destroy(tr);
}

static void check_own_story(long number, void *user) {
    plinth_transaction *tr = begin(db);
    (void)user;
    CHECK_TEXT(plinth_last_error(), "");
    for (int i = 0; i < 50; i++) {
        if (number % 2 == 0) {
            CHECK_CODE(tr_set(tr, B("\xff"), B("v")), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
            story_has("2004");
        } else {
            CHECK_CODE(tr_clear_range(tr, B("b"), B("a")), PLINTH_ERROR_INVERTED_RANGE);
            story_has("2005");
        }
    }
    destroy(tr);
}

static void each_thread_has_its_own_story(void) {
    in_threads(4, check_own_story, NULL);
}

/* ------------------------------------------------------------------ on_error */

static bool on_error_retries(plinth_error number) {
    static const plinth_error retried[] = {1007, 1009, 1020, 1021, 1037, 1038, 1039, 1042, 1051, 1078, 1079, 1213, 1223, 2137, 9017, 9031};
    for (size_t i = 0; i < sizeof retried / sizeof retried[0]; i++) {
        if (retried[i] == number) {
            return true;
        }
    }
    return false;
}

/* What is retried leaves a usable transaction, all else a cancelled one. (ERRH-1, ERRH-5, ERRC-4) */
static void on_error_retries_exactly_its_table_errh1(void) {
    plinth_transaction *tr = begin(db);
    for (size_t i = 0; i < ROWS; i++) {
        plinth_error number = table[i].number, want = on_error_retries(number) ? 0 : number, got;
        if (number == 0) {
            continue;
        }
        got = plinth_transaction_on_error(tr, number);
        harness_count(got == want, __FILE__, __LINE__, "on_error(%d) gave %d, expected %d", (int)number, (int)got, (int)want);
        CHECK_CODE(tr_touch(tr, B("key")), want == 0 ? 0 : PLINTH_ERROR_TRANSACTION_CANCELLED);
        CHECK_OK(plinth_transaction_reset(tr));
    }
    destroy(tr);
}

/* 0 is 2000, numbers out of range are 4000, unknown ones come back. (ERRH-1) */
static void on_error_of_odd_numbers_errh1(void) {
    plinth_transaction *tr = begin(db);
    static const plinth_error odd[] = {-1, INT32_MIN, 30001, INT32_MAX};
    CHECK_CODE(plinth_transaction_on_error(tr, 0), PLINTH_ERROR_CLIENT_INVALID_OPERATION);
    CHECK_OK(plinth_transaction_reset(tr));
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        CHECK_CODE(plinth_transaction_on_error(tr, odd[i]), PLINTH_ERROR_UNKNOWN_ERROR);
        CHECK_OK(plinth_transaction_reset(tr));
    }
    CHECK_CODE(plinth_transaction_on_error(tr, 1234), 1234);
    destroy(tr);
}

/* Writes, version and size limit are gone. (ERRH-6, TMO-3) */
static void a_successful_on_error_begins_anew_errh6(void) {
    plinth_transaction *tr = begin(db);
    int64_t before, after;
    empty(db);
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_SIZE_LIMIT, 32));
    CHECK_OK(plinth_transaction_get_read_version(tr, &before));
    CHECK_OK(tr_touch(tr, B("guard")));
    CHECK_OK(tr_set(tr, B("k"), B("v")));
    put(db, B("guard"), B("changed"));
    CHECK_OK(plinth_transaction_on_error(tr, PLINTH_ERROR_NOT_COMMITTED));
    CHECK_VALUE(tr, B("k"), ABSENT);
    CHECK_VALUE(tr, B("guard"), B("changed"));
    CHECK_OK(plinth_transaction_get_read_version(tr, &after));
    CHECK(after > before);
    /* The size limit is not persistent. */
    CHECK_OK(tr_set(tr, B("a key that is longer than the limit"), B("v")));
    CHECK_OK(plinth_transaction_commit(tr));
    destroy(tr);
}

/* The retry limit and its count, until a reset. (OPT-4, ERRH-3, ERRH-5, RST-1) */
static void persistent_options_survive_on_error_opt4(void) {
    plinth_transaction *tr = begin(db);
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_RETRY_LIMIT, 2));
    CHECK_OK(plinth_transaction_on_error(tr, PLINTH_ERROR_NOT_COMMITTED));
    CHECK_OK(plinth_transaction_on_error(tr, PLINTH_ERROR_TRANSACTION_TOO_OLD));
    CHECK_CODE(plinth_transaction_on_error(tr, PLINTH_ERROR_NOT_COMMITTED), PLINTH_ERROR_NOT_COMMITTED);
    CHECK_CODE(tr_touch(tr, B("key")), PLINTH_ERROR_TRANSACTION_CANCELLED);
    CHECK_OK(plinth_transaction_reset(tr));
    for (int i = 0; i < 4; i++) {
        CHECK_OK(plinth_transaction_on_error(tr, PLINTH_ERROR_NOT_COMMITTED));
    }
    destroy(tr);
}

/* Each call counts. (ERRH-3) */
static void a_retry_limit_counts_calls_made_before_it_was_set_errh3(void) {
    plinth_transaction *tr = begin(db);
    CHECK_OK(plinth_transaction_on_error(tr, PLINTH_ERROR_NOT_COMMITTED));
    CHECK_OK(plinth_transaction_on_error(tr, PLINTH_ERROR_NOT_COMMITTED));
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_RETRY_LIMIT, 2));
    CHECK_CODE(plinth_transaction_on_error(tr, PLINTH_ERROR_COMMIT_UNKNOWN_RESULT), PLINTH_ERROR_COMMIT_UNKNOWN_RESULT);
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_RETRY_LIMIT, 0));
    CHECK_CODE(plinth_transaction_on_error(tr, PLINTH_ERROR_NOT_COMMITTED), PLINTH_ERROR_NOT_COMMITTED);
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_RETRY_LIMIT, -1));
    CHECK_OK(plinth_transaction_on_error(tr, PLINTH_ERROR_NOT_COMMITTED));
    destroy(tr);
}

/* Whatever number was passed. (ERRH-4, TX-3) */
static void a_mark_goes_before_the_number_errh4(void) {
    plinth_transaction *tr = begin(db);
    CHECK_OK(plinth_transaction_cancel(tr));
    CHECK_CODE(plinth_transaction_on_error(tr, PLINTH_ERROR_NOT_COMMITTED), PLINTH_ERROR_TRANSACTION_CANCELLED);
    CHECK_CODE(plinth_transaction_on_error(tr, PLINTH_ERROR_KEY_TOO_LARGE), PLINTH_ERROR_TRANSACTION_CANCELLED);
    destroy(tr);
}

/* Until a reset. (ERRH-5, RST-1) */
static void an_error_that_is_not_retried_cancels_errh5(void) {
    plinth_transaction *tr = begin(db);
    CHECK_CODE(plinth_transaction_on_error(tr, PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
    CHECK_CODE(tr_touch(tr, B("key")), PLINTH_ERROR_TRANSACTION_CANCELLED);
    CHECK_CODE(tr_set(tr, B("key"), B("v")), PLINTH_ERROR_TRANSACTION_CANCELLED);
    CHECK_CODE(plinth_transaction_on_error(tr, PLINTH_ERROR_NOT_COMMITTED), PLINTH_ERROR_TRANSACTION_CANCELLED);
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_OK(tr_touch(tr, B("key")));
    destroy(tr);
}

/* 10 ms, or the maximum delay if that is less. (ERRH-1) */
static void too_old_waits_a_fixed_time_errh1(void) {
    plinth_transaction *tr = begin(db);
    double start = now_ms();
    for (int i = 0; i < 10; i++) {
        CHECK_OK(plinth_transaction_on_error(tr, i % 2 == 0 ? PLINTH_ERROR_TRANSACTION_TOO_OLD : PLINTH_ERROR_FUTURE_VERSION));
    }
    /* Ten waits of 10 ms, without jitter and without growth. The upper bound leaves a busy machine a minute. */
    CHECK(now_ms() - start >= 99);
    CHECK(now_ms() - start < 60000);
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_MAX_RETRY_DELAY, 0));
    for (int i = 0; i < 10; i++) {
        CHECK_OK(plinth_transaction_on_error(tr, PLINTH_ERROR_TRANSACTION_TOO_OLD));
    }
    destroy(tr);
}

/* The maximum bounds the growth. (ERRH-2) */
static void the_back_off_grows_to_its_maximum_errh2(void) {
    plinth_transaction *tr = begin(db);
    double start = now_ms(), grown;
    /* With a maximum of 0 only the first wait, at most 10 ms, is left: growth is clamped. */
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_MAX_RETRY_DELAY, 0));
    for (int i = 0; i < 200; i++) {
        CHECK_OK(plinth_transaction_on_error(tr, PLINTH_ERROR_NOT_COMMITTED));
    }
    /* Unclamped, 200 waits take over a minute on average; 10 ms fit easily. */
    CHECK(now_ms() - start < 60000);
    /* Growth: 7 waits are at most 10 + 20 + ... + 640 ms long, on average half of it. */
    CHECK_OK(plinth_transaction_reset(tr));
    start = now_ms();
    for (int i = 0; i < 7; i++) {
        CHECK_OK(plinth_transaction_on_error(tr, PLINTH_ERROR_NOT_COMMITTED));
    }
    grown = now_ms() - start;
    printf("seven growing waits took %.0f ms, 635 expected on average\n", grown);
    CHECK(grown > 7);
    CHECK(grown < 1270 + 60000);
    destroy(tr);
}

/* A thread that waits in on_error again and again, each time longer. */
typedef struct {
    plinth_transaction *tr;
    pthread_mutex_t lock;
    double waiting_since;
    double ended;
    plinth_error result;
} waiter;

static void wait_longer_and_longer(long number, void *user) {
    waiter *w = (waiter *)user;
    plinth_error error;
    (void)number;
    do {
        pthread_mutex_lock(&w->lock);
        w->waiting_since = now_ms();
        pthread_mutex_unlock(&w->lock);
        error = plinth_transaction_on_error(w->tr, PLINTH_ERROR_NOT_COMMITTED);
    } while (error == 0);
    pthread_mutex_lock(&w->lock);
    w->result = error;
    w->ended = now_ms();
    pthread_mutex_unlock(&w->lock);
}

static double waiting_for(waiter *w) {
    double since;
    pthread_mutex_lock(&w->lock);
    since = w->waiting_since;
    pthread_mutex_unlock(&w->lock);
    return since == 0 ? 0 : now_ms() - since;
}

/* With 1025. (ERRH-7, RST-2) */
static void cancel_ends_the_wait_errh7(void) {
    waiter w = {begin(db), PTHREAD_MUTEX_INITIALIZER, 0, 0, 0};
    thread t;
    double cancelled;
    CHECK_OK(plinth_transaction_set_option(w.tr, PLINTH_OPTION_MAX_RETRY_DELAY, INT32_MAX));
    thread_start(&t, wait_longer_and_longer, 0, &w);
    /* A wait that has lasted for half a second has seconds to go, most likely. */
    while (waiting_for(&w) < 500) {
        breathe();
    }
    cancelled = now_ms();
    CHECK_OK(plinth_transaction_cancel(w.tr));
    thread_join(&t);
    CHECK_CODE(w.result, PLINTH_ERROR_TRANSACTION_CANCELLED);
    printf("the wait ended %.1f ms after the cancel\n", w.ended - cancelled);
    destroy(w.tr);
}

/* With 1031. (ERRH-7, TMO-1) */
static void a_timeout_ends_the_wait_errh7(void) {
    waiter w = {begin(db), PTHREAD_MUTEX_INITIALIZER, 0, 0, 0};
    double start = now_ms();
    CHECK_OK(plinth_transaction_set_option(w.tr, PLINTH_OPTION_MAX_RETRY_DELAY, INT32_MAX));
    CHECK_OK(plinth_transaction_set_option(w.tr, PLINTH_OPTION_TIMEOUT, 1500));
    wait_longer_and_longer(0, &w);
    CHECK_CODE(w.result, PLINTH_ERROR_TRANSACTION_TIMED_OUT);
    CHECK(w.ended - start >= 1495);
    printf("the wait ended %.1f ms after the timeout\n", w.ended - start - 1500);
    destroy(w.tr);
}

/* To 10 ms. (RST-1, ERRH-2) */
static void reset_restores_the_back_off_rst1(void) {
    plinth_transaction *tr = begin(db);
    double start = now_ms();
    for (int i = 0; i < 100; i++) {
        CHECK_OK(plinth_transaction_on_error(tr, PLINTH_ERROR_NOT_COMMITTED));
        CHECK_OK(plinth_transaction_reset(tr));
    }
    /* 100 first waits take at most a second; grown ones take 50 on average. */
    CHECK(now_ms() - start < 30000);
    destroy(tr);
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    CHECK_TEXT(plinth_last_error(), "");
    db = open_memory();
    RUN(every_number_has_its_name_errc1);
    RUN(every_number_has_a_sentence_of_its_own_errc1);
    RUN(unknown_numbers_have_one_fixed_text_errc1);
    RUN(predicates_are_those_of_the_table_errc2);
    RUN(the_story_tells_call_number_and_key);
    RUN(a_success_keeps_the_story);
    RUN(each_thread_has_its_own_story);
    RUN(on_error_retries_exactly_its_table_errh1);
    RUN(on_error_of_odd_numbers_errh1);
    RUN(a_successful_on_error_begins_anew_errh6);
    RUN(persistent_options_survive_on_error_opt4);
    RUN(a_retry_limit_counts_calls_made_before_it_was_set_errh3);
    RUN(a_mark_goes_before_the_number_errh4);
    RUN(an_error_that_is_not_retried_cancels_errh5);
    RUN(too_old_waits_a_fixed_time_errh1);
    RUN(the_back_off_grows_to_its_maximum_errh2);
    RUN(cancel_ends_the_wait_errh7);
    RUN(a_timeout_ends_the_wait_errh7);
    RUN(reset_restores_the_back_off_rst1);
    CHECK_OK(plinth_database_close(db));
    return harness_end();
}
