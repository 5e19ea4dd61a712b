/*
 * Bounds of keys (DATA-3 to DATA-5) and sizes (LIM-1 to LIM-5, LIM-8): each at the limit and one
 * above it. The size of a transaction is counted with H = 28 bytes for a mutation and 24 for a
 * conflict range.
 */
#include "harness.h"

static plinth_database *db;
static uint8_t block[200001];

/* `len` bytes that begin with `tag`, so that keys of one length differ. Valid until the next call with the same tag. */
static bytes long_key(char tag, size_t len) {
    static uint8_t keys[26][20100];
    uint8_t *key = keys[tag - 'a'];
    memset(key, 'k', len);
    key[0] = (uint8_t)tag;
    return bytes_of(key, len);
}

static bytes value_of(size_t len) {
    return bytes_of(block, len);
}

/* ------------------------------------------------------------------ legal keys, DATA-5 */

static plinth_error key_error(plinth_transaction *tr, plinth_key_selector s) {
    plinth_value found;
    plinth_error error = plinth_transaction_get_key(tr, NULL, &s, false, &found);
    plinth_value_free(&found);
    return error;
}

/* But for special keys, which are no system keys. (DATA-3, DATA-4, DATA-5, SPEC-2, SPEC-3, SPEC-10) */
static void single_keys_stop_below_ff_data5(void) {
    static const bytes bad[] = {{(const uint8_t *)"\xff", 1},
                                {(const uint8_t *)"\xff\0", 2},
                                {(const uint8_t *)"\xff/metadataVersion/", 18},
                                {(const uint8_t *)"\xff\xfe\xff", 3},
                                {(const uint8_t *)"\xff\xff\xff", 3}};
    plinth_transaction *tr = begin(db);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_CODE(tr_touch(tr, bad[i]), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
        CHECK_CODE(tr_touch_in(tr, NULL, bad[i], true), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
        CHECK_CODE(tr_set(tr, bad[i], B("v")), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
        CHECK_CODE(tr_clear(tr, bad[i]), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
    }
    CHECK_OK(tr_touch(tr, B("\xff/metadataVersion")));
    CHECK_CODE(tr_set(tr, B("\xff/metadataVersion"), B("v")), PLINTH_ERROR_CLIENT_INVALID_OPERATION);
    CHECK_CODE(tr_clear(tr, B("\xff/metadataVersion")), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
    CHECK_CODE(tr_touch(tr, B("\xff\xff")), PLINTH_ERROR_SPECIAL_KEYS_NO_MODULE_FOUND);
    CHECK_CODE(tr_set(tr, B("\xff\xff"), B("v")), PLINTH_ERROR_SPECIAL_KEYS_WRITE_DISABLED);
    CHECK_CODE(tr_clear(tr, B("\xff\xff")), PLINTH_ERROR_SPECIAL_KEYS_WRITE_DISABLED);
    CHECK_OK(tr_touch(tr, B("\xfe\xff\xff\xff")));
    CHECK_OK(tr_set(tr, B("\xfe\xff\xff\xff"), B("v")));
    CHECK_OK(tr_clear(tr, B("\xfe\xff\xff\xff")));
    CHECK_OK(tr_set(tr, B(""), B("v")));
    destroy(tr);
}

/* Equal is allowed there. (DATA-4, DATA-5, SPEC-3) */
static void ends_of_ranges_may_be_ff_data5(void) {
    plinth_transaction *tr = begin(db);
    CHECK_OK(key_error(tr, selector(B("\xff"), false, 0)));
    CHECK_CODE(key_error(tr, selector(B("\xff\0"), false, 0)), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
    CHECK_TEXT(scan_keys(tr, B("\xff"), B("\xff")), "");
    CHECK_TEXT(scan_keys(tr, B("a"), B("\xff\0")), "error 2004");
    CHECK_OK(tr_clear_range(tr, B("a"), B("\xff")));
    CHECK_OK(tr_clear_range(tr, B("\xff"), B("\xff")));
    CHECK_CODE(tr_clear_range(tr, B("a"), B("\xff\0")), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
    CHECK_CODE(tr_clear_range(tr, B("\xff\xff"), B("\xff\xff\xff")), PLINTH_ERROR_SPECIAL_KEYS_WRITE_DISABLED);
    CHECK_OK(tr_read_conflict(tr, B("a"), B("\xff")));
    CHECK_CODE(tr_read_conflict(tr, B("a"), B("\xff\0")), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
    CHECK_OK(tr_write_conflict(tr, B("a"), B("\xff")));
    CHECK_CODE(tr_write_conflict(tr, B("a"), B("\xff\0")), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
    CHECK_CODE(tr_write_conflict(tr, B("\xff\0"), B("\xff\x01")), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
    CHECK_CODE(plinth_transaction_add_read_conflict(tr, NULL, (const uint8_t *)"\xff", 1), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
    destroy(tr);
}

/* From the call itself; equal ends are an empty range. (CONF-10) */
static void inverted_ranges_are_2005_conf10(void) {
    plinth_transaction *tr = begin(db);
    CHECK_CODE(tr_clear_range(tr, B("b"), B("a")), PLINTH_ERROR_INVERTED_RANGE);
    CHECK_CODE(tr_clear_range(tr, B("a\0"), B("a")), PLINTH_ERROR_INVERTED_RANGE);
    CHECK_CODE(tr_read_conflict(tr, B("a\0"), B("a")), PLINTH_ERROR_INVERTED_RANGE);
    CHECK_CODE(tr_write_conflict(tr, B("a\0"), B("a")), PLINTH_ERROR_INVERTED_RANGE);
    CHECK_OK(tr_clear_range(tr, B("a"), B("a")));
    CHECK_OK(tr_clear_range(tr, B(""), B("")));
    destroy(tr);
}

/* ------------------------------------------------------------------ long keys and values */

/* One more is 2102. (LIM-1) */
static void a_key_of_10000_bytes_is_the_longest_lim1(void) {
    plinth_transaction *tr = begin(db);
    CHECK_OK(tr_set(tr, long_key('a', 10000), B("v")));
    CHECK_CODE(tr_set(tr, long_key('b', 10001), B("v")), PLINTH_ERROR_KEY_TOO_LARGE);
    CHECK_CODE(tr_set(tr, long_key('b', 20000), B("v")), PLINTH_ERROR_KEY_TOO_LARGE);
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_VALUE(tr, long_key('a', 10000), B("v"));
    destroy(tr);
}

/* One more is 2103. (LIM-2) */
static void a_value_of_100000_bytes_is_the_longest_lim2(void) {
    plinth_transaction *tr = begin(db);
    CHECK_OK(tr_set(tr, B("v"), value_of(100000)));
    CHECK_CODE(tr_set(tr, B("v"), value_of(100001)), PLINTH_ERROR_VALUE_TOO_LARGE);
    CHECK_VALUE(tr, B("v"), value_of(100000));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_VALUE(tr, B("v"), value_of(100000));
    destroy(tr);
}

/* Commits a write to the whole key space, then `tr`; tells whether `tr` had any read conflict. */
static bool has_read_conflict(plinth_transaction *tr) {
    plinth_transaction *other = begin(db);
    plinth_error error;
    CHECK_OK(tr_write_conflict(other, B(""), B("\xff")));
    CHECK_OK(plinth_transaction_commit(other));
    destroy(other);
    CHECK_OK(tr_set(tr, B("mine"), B("1")));
    error = plinth_transaction_commit(tr);
    CHECK(error == 0 || error == PLINTH_ERROR_NOT_COMMITTED);
    return error != 0;
}

/* From 10,009 bytes on. (LIM-3) */
static void a_get_of_an_over_long_key_is_absent_and_without_conflict_lim3(void) {
    plinth_transaction *tr = begin(db);
    int64_t version;
    CHECK_OK(plinth_transaction_get_read_version(tr, &version));
    CHECK_VALUE(tr, long_key('c', 10009), ABSENT);
    CHECK_VALUE(tr, long_key('c', 20000), ABSENT);
    CHECK(!has_read_conflict(tr));
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_VALUE(tr, long_key('c', 10008), ABSENT);
    CHECK(has_read_conflict(tr));
    destroy(tr);
}

/* Not even a write commit. (LIM-3, COM-1) */
static void a_clear_of_an_over_long_key_does_nothing_lim3(void) {
    plinth_transaction *tr = begin(db);
    int64_t version = 0;
    CHECK_OK(tr_clear(tr, long_key('c', 10009)));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_get_committed_version(tr, &version));
    CHECK_INT(version, -1);
    destroy(tr);
}

/* In clears, conflict ranges and selectors. (LIM-3) */
static void over_long_ends_of_ranges_are_cut_and_not_refused_lim3(void) {
    plinth_transaction *tr = begin(db);
    empty(db);
    put(db, long_key('d', 10000), B("kept"));
    CHECK_OK(tr_clear_range(tr, long_key('d', 10009), long_key('e', 20000)));
    CHECK_OK(tr_read_conflict(tr, long_key('d', 10009), long_key('e', 20000)));
    CHECK_OK(tr_write_conflict(tr, long_key('d', 10009), long_key('e', 20000)));
    CHECK_OK(key_error(tr, selector(long_key('d', 20000), true, 1)));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_VALUE(tr, long_key('d', 10000), B("kept"));
    destroy(tr);
}

/* ------------------------------------------------------------------ transaction size, LIM-5 */

/* Whether a transaction with these writes commits at a size limit of `size` and not one below. */
static void expect_size(void (*steps)(plinth_transaction *tr), int64_t size, const char *name, int line) {
    plinth_transaction *tr = begin(db);
    plinth_error at, below;
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_SIZE_LIMIT, size));
    steps(tr);
    at = plinth_transaction_commit(tr);
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_SIZE_LIMIT, size - 1));
    steps(tr);
    below = plinth_transaction_commit(tr);
    harness_count(at == 0 && below == PLINTH_ERROR_TRANSACTION_TOO_LARGE, __FILE__, line,
                  "%s: a size of %" PRId64 " commits with %d, one below with %d", name, size, (int)at, (int)below);
    destroy(tr);
}

#define EXPECT_SIZE(steps, size) expect_size((steps), (size), #steps, __LINE__)
#define H 28
#define R 24

static void one_set(plinth_transaction *tr) {
    CHECK_OK(tr_set(tr, B("key"), B("value")));
}
static void one_clear(plinth_transaction *tr) {
    CHECK_OK(tr_clear(tr, B("key")));
}
static void one_clear_range(plinth_transaction *tr) {
    CHECK_OK(tr_clear_range(tr, B("begin"), B("end")));
}
static void set_twice(plinth_transaction *tr) {
    CHECK_OK(tr_set(tr, B("key"), B("a value that is overwritten")));
    CHECK_OK(tr_set(tr, B("key"), B("v")));
}
static void set_apart(plinth_transaction *tr) {
    CHECK_OK(tr_set(tr, B("a"), B("1")));
    CHECK_OK(tr_set(tr, B("c"), B("22")));
}
static void set_neighbours(plinth_transaction *tr) {
    CHECK_OK(tr_set(tr, B("a"), B("1")));
    CHECK_OK(tr_set(tr, B("a\0"), B("2")));
}
static void clear_neighbours(plinth_transaction *tr) {
    CHECK_OK(tr_clear_range(tr, B("a"), B("bb")));
    CHECK_OK(tr_clear_range(tr, B("bb"), B("ccc")));
}
static void set_then_clear_over_it(plinth_transaction *tr) {
    CHECK_OK(tr_set(tr, B("b"), B("a value that is cleared again")));
    CHECK_OK(tr_clear_range(tr, B("a"), B("c")));
}
static void get_and_set(plinth_transaction *tr) {
    CHECK_OK(tr_touch(tr, B("read")));
    CHECK_OK(tr_set(tr, B("key"), B("value")));
}
static void get_twice_and_set(plinth_transaction *tr) {
    CHECK_OK(tr_touch(tr, B("read")));
    CHECK_OK(tr_touch(tr, B("read")));
    CHECK_OK(tr_set(tr, B("key"), B("value")));
}
static void snapshot_get_and_set(plinth_transaction *tr) {
    CHECK_OK(tr_touch_in(tr, NULL, B("read"), true));
    CHECK_OK(tr_set(tr, B("key"), B("value")));
}
static void set_and_get_it(plinth_transaction *tr) {
    CHECK_OK(tr_set(tr, B("key"), B("value")));
    CHECK_OK(tr_touch(tr, B("key")));
}
static void range_and_set(plinth_transaction *tr) {
    CHECK_TEXT(scan_keys(tr, B("p"), B("qq")), "");
    CHECK_OK(tr_set(tr, B("key"), B("value")));
}
static void overlapping_reads_and_set(plinth_transaction *tr) {
    CHECK_OK(tr_read_conflict(tr, B("p"), B("r")));
    CHECK_OK(tr_read_conflict(tr, B("q"), B("sss")));
    CHECK_OK(tr_touch(tr, B("q")));
    CHECK_OK(tr_set(tr, B("key"), B("value")));
}
static void range_cut_by_own_set(plinth_transaction *tr) {
    CHECK_OK(tr_set(tr, B("m"), B("v")));
    CHECK_OK(tr_read_conflict(tr, B("a"), B("z")));
}
static void only_a_write_conflict(plinth_transaction *tr) {
    CHECK_OK(tr_write_conflict(tr, B("the begin"), B("the end")));
}
static void large_reads_do_not_count(plinth_transaction *tr) {
    CHECK_VALUE(tr, B("v"), value_of(100000));
    CHECK_OK(tr_set(tr, B("k"), B("")));
}

/* 28 bytes for a mutation, 24 for a range. (LIM-5, LIM-4) */
static void the_size_counts_mutations_and_ranges_lim5(void) {
    empty(db);
    EXPECT_SIZE(one_set, H + 3 + 5 + R + 3 + 4);
    EXPECT_SIZE(one_clear, H + 3 + 4 + R + 3 + 4);
    EXPECT_SIZE(one_clear_range, H + 5 + 3 + R + 5 + 3);
    EXPECT_SIZE(set_apart, (H + 1 + 1) + (R + 1 + 2) + (H + 1 + 2) + (R + 1 + 2));
    EXPECT_SIZE(only_a_write_conflict, R + 9 + 7);
}

/* What was overwritten or joined counts once. (LIM-5) */
static void the_size_counts_what_is_left_after_merging_lim5(void) {
    empty(db);
    EXPECT_SIZE(set_twice, H + 3 + 1 + R + 3 + 4);
    EXPECT_SIZE(set_neighbours, (H + 1 + 1) + (H + 2 + 1) + (R + 1 + 3));
    EXPECT_SIZE(clear_neighbours, H + 1 + 3 + R + 1 + 3);
    EXPECT_SIZE(set_then_clear_over_it, H + 1 + 1 + R + 1 + 1);
}

/* Values that were read do not count. (LIM-5) */
static void the_size_counts_read_conflicts_but_no_values_lim5(void) {
    int64_t set_size = H + 3 + 5 + R + 3 + 4;
    empty(db);
    EXPECT_SIZE(get_and_set, set_size + R + 4 + 5);
    EXPECT_SIZE(get_twice_and_set, set_size + R + 4 + 5);
    EXPECT_SIZE(snapshot_get_and_set, set_size);
    EXPECT_SIZE(set_and_get_it, set_size);
    EXPECT_SIZE(range_and_set, set_size + R + 1 + 2);
    EXPECT_SIZE(overlapping_reads_and_set, set_size + R + 1 + 3);
    EXPECT_SIZE(range_cut_by_own_set, (H + 1 + 1) + (R + 1 + 2) + (R + 1 + 1) + (R + 2 + 1));
    put(db, B("v"), value_of(100000));
    EXPECT_SIZE(large_reads_do_not_count, (H + 1) + (R + 1 + 2) + (R + 1 + 2));
}

/* Equal is allowed; 2101 is not retried. (LIM-4, ERRH-1) */
static void ten_million_bytes_is_the_largest_transaction_lim4(void) {
    for (size_t over = 0; over < 2; over++) {
        plinth_transaction *tr = begin(db);
        /* A hundred sets of 100,000 bytes each: H + R + 3 x 8 of key + 1, the rest value. */
        for (int i = 0; i < 100; i++) {
            char key[16];
            size_t length = 100000 - (H + R + 3 * 8 + 1) + (i == 0 ? over : 0);
            snprintf(key, sizeof key, "key%05d", i);
            CHECK_OK(tr_set(tr, bytes_of(key, 8), value_of(length)));
        }
        CHECK_CODE(plinth_transaction_commit(tr), over == 0 ? 0 : PLINTH_ERROR_TRANSACTION_TOO_LARGE);
        CHECK_CODE(plinth_transaction_on_error(tr, PLINTH_ERROR_TRANSACTION_TOO_LARGE), PLINTH_ERROR_TRANSACTION_TOO_LARGE);
        destroy(tr);
    }
    empty(db);
}

/* Nothing of it is committed. (COM-1) */
static void a_read_only_transaction_has_no_size_limit_com1(void) {
    plinth_transaction *tr = begin(db);
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_SIZE_LIMIT, 32));
    CHECK_OK(tr_read_conflict(tr, long_key('a', 1000), long_key('b', 1000)));
    CHECK_OK(plinth_transaction_commit(tr));
    destroy(tr);
}

/* A hundred thousand in one transaction. (LIM-8) */
static void there_is_no_limit_of_keys_lim8(void) {
    long count = scaled(100000);
    plinth_transaction *tr = begin(db);
    plinth_key_selector from = at_or_after(B("")), to = at_or_after(B("\xff"));
    plinth_range range;
    empty(db);
    for (long i = 0; i < count; i++) {
        char key[16];
        snprintf(key, sizeof key, "%06ld", i);
        CHECK_OK(tr_set(tr, bytes_of(key, 6), B("")));
    }
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_OK(plinth_transaction_get_range(tr, NULL, &from, &to, NULL, &range));
    CHECK_INT(range.count, count);
    plinth_range_free(&range);
    destroy(tr);
    empty(db);
}

/* ------------------------------------------------------------------ limits as options, D10, D12 */

static void a_database_may_have_larger_limits_d10(void) {
    plinth_database_options options = database_options();
    plinth_database *large;
    plinth_transaction *tr;
    options.key_size_limit = 20000;
    options.value_size_limit = 200000;
    options.transaction_size_limit = 20000000;
    large = open_with(":memory:", &options);
    tr = begin(large);
    CHECK_OK(tr_set(tr, long_key('a', 20000), value_of(200000)));
    CHECK_CODE(tr_set(tr, long_key('b', 20001), B("v")), PLINTH_ERROR_KEY_TOO_LARGE);
    CHECK_CODE(tr_set(tr, B("k"), value_of(200001)), PLINTH_ERROR_VALUE_TOO_LARGE);
    for (int i = 0; i < 80; i++) {
        char key[16];
        snprintf(key, sizeof key, "key%05d", i);
        CHECK_OK(tr_set(tr, bytes_of(key, 8), value_of(200000)));
    }
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_VALUE(tr, long_key('a', 20000), value_of(200000));
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_SIZE_LIMIT, 20000000));
    CHECK_CODE(plinth_transaction_set_option(tr, PLINTH_OPTION_SIZE_LIMIT, 20000001), PLINTH_ERROR_INVALID_OPTION_VALUE);
    destroy(tr);
    CHECK_OK(plinth_database_close(large));
}

static void a_database_may_have_smaller_limits_d10(void) {
    plinth_database_options options = database_options();
    plinth_database *small;
    plinth_transaction *tr;
    options.key_size_limit = 4;
    options.value_size_limit = 5;
    small = open_with(":memory:", &options);
    tr = begin(small);
    CHECK_OK(tr_set(tr, B("1234"), B("12345")));
    CHECK_CODE(tr_set(tr, B("12345"), B("")), PLINTH_ERROR_KEY_TOO_LARGE);
    CHECK_CODE(tr_set(tr, B("1"), B("123456")), PLINTH_ERROR_VALUE_TOO_LARGE);
    CHECK_OK(plinth_transaction_commit(tr));
    destroy(tr);
    CHECK_OK(plinth_database_close(small));
}

static void writes_beyond_the_memory_budget_are_refused_d12(void) {
    plinth_database_options options = database_options();
    plinth_database *small;
    plinth_transaction *tr;
    plinth_error error = 0;
    long written = 0;
    options.memory_budget = UINT64_C(16) << 20;
    options.transaction_size_limit = UINT64_C(1) << 30;
    small = open_with(":memory:", &options);
    tr = begin(small);
    while (error == 0 && written < 2000) {
        char key[16];
        snprintf(key, sizeof key, "key%05ld", written++);
        error = tr_set(tr, bytes_of(key, 8), value_of(100000));
    }
    CHECK_CODE(error, PLINTH_ERROR_MEMORY_LIMIT_EXCEEDED);
    printf("the budget of 16 MiB took %ld values of 100,000 bytes\n", written - 1);
    /* What another transaction needs is there again once this one has gone. */
    destroy(tr);
    tr = begin(small);
    CHECK_OK(tr_set(tr, B("key"), value_of(100000)));
    CHECK_OK(plinth_transaction_commit(tr));
    destroy(tr);
    CHECK_OK(plinth_database_close(small));
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    memset(block, 'v', sizeof block);
    db = open_memory();
    RUN(single_keys_stop_below_ff_data5);
    RUN(ends_of_ranges_may_be_ff_data5);
    RUN(inverted_ranges_are_2005_conf10);
    RUN(a_key_of_10000_bytes_is_the_longest_lim1);
    RUN(a_value_of_100000_bytes_is_the_longest_lim2);
    RUN(a_get_of_an_over_long_key_is_absent_and_without_conflict_lim3);
    RUN(a_clear_of_an_over_long_key_does_nothing_lim3);
    RUN(over_long_ends_of_ranges_are_cut_and_not_refused_lim3);
    RUN(the_size_counts_mutations_and_ranges_lim5);
    RUN(the_size_counts_what_is_left_after_merging_lim5);
    RUN(the_size_counts_read_conflicts_but_no_values_lim5);
    RUN(ten_million_bytes_is_the_largest_transaction_lim4);
    RUN(a_read_only_transaction_has_no_size_limit_com1);
    RUN(there_is_no_limit_of_keys_lim8);
    RUN(a_database_may_have_larger_limits_d10);
    RUN(a_database_may_have_smaller_limits_d10);
    RUN(writes_beyond_the_memory_budget_are_refused_d12);
    CHECK_OK(plinth_database_close(db));
    return harness_end();
}
