/*
 * The header compiles alone, first, and twice, as pedantic C99, and lays its structs out as the
 * binary interface says.
 */
#include "plinth.h"
#include "plinth.h"

#include <stdio.h>
#include <string.h>

#define LAYOUT(condition) __extension__ _Static_assert(condition, #condition)

LAYOUT(sizeof(plinth_error) == 4);
LAYOUT((plinth_error)-1 < 0);
LAYOUT(PLINTH_ABI_VERSION == 1);
LAYOUT(sizeof(plinth_mutation) == 4);
LAYOUT((plinth_mutation)-1 < 0);

#if UINTPTR_MAX == UINT64_MAX
LAYOUT(sizeof(plinth_value) == 24);
LAYOUT(offsetof(plinth_value, data) == 0);
LAYOUT(offsetof(plinth_value, len) == 8);
LAYOUT(offsetof(plinth_value, owner) == 16);

LAYOUT(sizeof(plinth_key_value) == 32);
LAYOUT(offsetof(plinth_key_value, key) == 0);
LAYOUT(offsetof(plinth_key_value, key_len) == 8);
LAYOUT(offsetof(plinth_key_value, value) == 16);
LAYOUT(offsetof(plinth_key_value, value_len) == 24);

LAYOUT(sizeof(plinth_range) == 32);
LAYOUT(offsetof(plinth_range, items) == 0);
LAYOUT(offsetof(plinth_range, count) == 8);
LAYOUT(offsetof(plinth_range, more) == 16);
LAYOUT(offsetof(plinth_range, owner) == 24);

LAYOUT(sizeof(plinth_slice) == 16);
LAYOUT(sizeof(plinth_values) == 24);
LAYOUT(sizeof(plinth_key_selector) == 24);
LAYOUT(offsetof(plinth_key_selector, key) == 0);
LAYOUT(offsetof(plinth_key_selector, key_len) == 8);
LAYOUT(offsetof(plinth_key_selector, or_equal) == 16);
LAYOUT(offsetof(plinth_key_selector, offset) == 20);

LAYOUT(sizeof(plinth_range_options) == 24);
LAYOUT(offsetof(plinth_range_options, struct_size) == 0);
LAYOUT(offsetof(plinth_range_options, limit) == 4);
LAYOUT(offsetof(plinth_range_options, target_bytes) == 8);
LAYOUT(offsetof(plinth_range_options, snapshot) == 16);
LAYOUT(offsetof(plinth_range_options, reverse) == 17);

/* Fields are only ever added at the end of the two structs below. */
LAYOUT(sizeof(plinth_database_options) >= 64);
LAYOUT(offsetof(plinth_database_options, struct_size) == 0);
LAYOUT(offsetof(plinth_database_options, durability) == 4);
LAYOUT(offsetof(plinth_database_options, must_exist) == 8);
LAYOUT(offsetof(plinth_database_options, must_not_exist) == 9);
LAYOUT(offsetof(plinth_database_options, window_ms) == 12);
LAYOUT(offsetof(plinth_database_options, memory_budget) == 16);
LAYOUT(offsetof(plinth_database_options, max_transactions) == 24);
LAYOUT(offsetof(plinth_database_options, max_queued_commits) == 28);
LAYOUT(offsetof(plinth_database_options, key_size_limit) == 32);
LAYOUT(offsetof(plinth_database_options, value_size_limit) == 36);
LAYOUT(offsetof(plinth_database_options, transaction_size_limit) == 40);
LAYOUT(offsetof(plinth_database_options, transaction_timeout_ms) == 48);
LAYOUT(offsetof(plinth_database_options, transaction_retry_limit_plus_one) == 52);
LAYOUT(offsetof(plinth_database_options, transaction_max_retry_delay_ms) == 56);
LAYOUT(offsetof(plinth_database_options, exclusive) == 60);
LAYOUT(offsetof(plinth_database_options, read_only) == 61);
LAYOUT(offsetof(plinth_database_options, preset) == 64);

LAYOUT(sizeof(plinth_metrics) >= 96);
LAYOUT(offsetof(plinth_metrics, live_transactions) == 0);
LAYOUT(offsetof(plinth_metrics, commits) == 8);
LAYOUT(offsetof(plinth_metrics, conflicts) == 16);
LAYOUT(offsetof(plinth_metrics, too_old) == 24);
LAYOUT(offsetof(plinth_metrics, refused) == 32);
LAYOUT(offsetof(plinth_metrics, groups) == 40);
LAYOUT(offsetof(plinth_metrics, syncs) == 48);
LAYOUT(offsetof(plinth_metrics, conflict_history_bytes) == 56);
LAYOUT(offsetof(plinth_metrics, transaction_bytes) == 64);
LAYOUT(offsetof(plinth_metrics, retained_versions) == 72);
LAYOUT(offsetof(plinth_metrics, latest_version) == 80);
LAYOUT(offsetof(plinth_metrics, watches) == 88);
#endif

/* The numbers are FoundationDB's, and part of the binary interface. */
LAYOUT(PLINTH_MUTATION_ADD == 2 && PLINTH_MUTATION_BIT_AND == 6 && PLINTH_MUTATION_BIT_OR == 7);
LAYOUT(PLINTH_MUTATION_BIT_XOR == 8 && PLINTH_MUTATION_APPEND_IF_FITS == 9 && PLINTH_MUTATION_MAX == 12);
LAYOUT(PLINTH_MUTATION_MIN == 13 && PLINTH_MUTATION_SET_VERSIONSTAMPED_KEY == 14);
LAYOUT(PLINTH_MUTATION_SET_VERSIONSTAMPED_VALUE == 15 && PLINTH_MUTATION_BYTE_MIN == 16);
LAYOUT(PLINTH_MUTATION_BYTE_MAX == 17 && PLINTH_MUTATION_COMPARE_AND_CLEAR == 20);
LAYOUT(PLINTH_OPTION_CAUSAL_WRITE_RISKY == 10 && PLINTH_OPTION_NEXT_WRITE_NO_WRITE_CONFLICT_RANGE == 30);
LAYOUT(PLINTH_OPTION_READ_YOUR_WRITES_DISABLE == 51 && PLINTH_OPTION_ACCESS_SYSTEM_KEYS == 301);
LAYOUT(PLINTH_OPTION_READ_SYSTEM_KEYS == 302 && PLINTH_OPTION_RAW_ACCESS == 303 && PLINTH_OPTION_TIMEOUT == 500);
LAYOUT(PLINTH_OPTION_RETRY_LIMIT == 501 && PLINTH_OPTION_MAX_RETRY_DELAY == 502 && PLINTH_OPTION_SIZE_LIMIT == 503);
LAYOUT(PLINTH_OPTION_SNAPSHOT_RYW_ENABLE == 600 && PLINTH_OPTION_SNAPSHOT_RYW_DISABLE == 601);
LAYOUT(PLINTH_OPTION_LOCK_AWARE == 700 && PLINTH_OPTION_USED_DURING_COMMIT_PROTECTION_DISABLE == 701);
LAYOUT(PLINTH_OPTION_READ_LOCK_AWARE == 702 && PLINTH_OPTION_REPORT_CONFLICTING_KEYS == 712);
LAYOUT(PLINTH_OPTION_SPECIAL_KEY_SPACE_RELAXED == 713 && PLINTH_OPTION_SPECIAL_KEY_SPACE_ENABLE_WRITES == 714);
LAYOUT(PLINTH_OPTION_BYPASS_UNREADABLE == 1100 && PLINTH_OPTION_DURABILITY == 9000);
LAYOUT(PLINTH_DATABASE_OPTION_MAX_WATCHES == 20 && PLINTH_DATABASE_OPTION_SNAPSHOT_RYW_ENABLE == 26);
LAYOUT(PLINTH_DATABASE_OPTION_SNAPSHOT_RYW_DISABLE == 27 && PLINTH_DATABASE_OPTION_TRANSACTION_TIMEOUT == 500);
LAYOUT(PLINTH_DATABASE_OPTION_TRANSACTION_RETRY_LIMIT == 501);
LAYOUT(PLINTH_DATABASE_OPTION_TRANSACTION_MAX_RETRY_DELAY == 502);
LAYOUT(PLINTH_DATABASE_OPTION_TRANSACTION_SIZE_LIMIT == 503);
LAYOUT(PLINTH_DATABASE_OPTION_TRANSACTION_BYPASS_UNREADABLE == 700);
LAYOUT(PLINTH_DATABASE_OPTION_TRANSACTION_USED_DURING_COMMIT_PROTECTION_DISABLE == 701);
LAYOUT(PLINTH_DATABASE_OPTION_TRANSACTION_REPORT_CONFLICTING_KEYS == 702);

int main(void) {
    if (plinth_abi_version() != PLINTH_ABI_VERSION || strlen(plinth_version()) == 0) {
        printf("library %s has interface %u, the header %d\n", plinth_version(), plinth_abi_version(), PLINTH_ABI_VERSION);
        return 1;
    }
    printf("library %s, interface %u\n", plinth_version(), plinth_abi_version());
    return 0;
}
