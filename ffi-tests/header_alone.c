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

LAYOUT(sizeof(plinth_metrics) >= 88);
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
#endif

int main(void) {
    if (plinth_abi_version() != PLINTH_ABI_VERSION || strlen(plinth_version()) == 0) {
        printf("library %s has interface %u, the header %d\n", plinth_version(), plinth_abi_version(), PLINTH_ABI_VERSION);
        return 1;
    }
    printf("library %s, interface %u\n", plinth_version(), plinth_abi_version());
    return 0;
}
