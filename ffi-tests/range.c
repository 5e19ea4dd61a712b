/*
 * Range reads (RNG-1 to RNG-10): order, limits, target bytes, `more`, continuation, empty and
 * inverted ranges, the option struct. Conflicts of range reads are in conflict.c.
 */
#include "harness.h"

static plinth_database *db;

/* The range [from, to) with the options given in short. */
static const char *rows(plinth_transaction *tr, bytes from, bytes to, int32_t limit, int64_t target_bytes, bool reverse) {
    plinth_range_options options = range_options(limit, target_bytes, false, reverse);
    return scan(tr, at_or_after(from), at_or_after(to), &options);
}

static plinth_error range_error(plinth_transaction *tr, bytes from, bytes to, const plinth_range_options *options) {
    plinth_key_selector first = at_or_after(from), last = at_or_after(to);
    plinth_range range;
    plinth_error error;
    memset(&range, 0xab, sizeof range);
    error = plinth_transaction_get_range(tr, NULL, &first, &last, options, &range);
    if (error != 0) {
        CHECK(range.items == NULL && range.count == 0 && !range.more && range.owner == NULL);
    }
    plinth_range_free(&range);
    return error;
}

/* begin <= key < end. (RNG-1) */
static void a_range_is_half_open_and_ascending_rng1(void) {
    plinth_transaction *tr = seeded(db);
    CHECK_TEXT(scan_keys(tr, B(""), B("\xff")), "b=2 d=4 f=6");
    CHECK_TEXT(scan_keys(tr, B("b"), B("f")), "b=2 d=4");
    CHECK_TEXT(scan_keys(tr, B("b\0"), B("f\0")), "d=4 f=6");
    CHECK_TEXT(scan_keys(tr, B("c"), B("d")), "");
    CHECK_TEXT(scan_keys(tr, B("d"), B("d\0")), "d=4");
    CHECK_TEXT(scan_keys(tr, B("g"), B("\xff")), "");
    destroy(tr);
}

/* The same pairs. (RNG-1) */
static void reverse_is_descending_from_the_end_rng1(void) {
    plinth_transaction *tr = seeded(db);
    CHECK_TEXT(rows(tr, B(""), B("\xff"), 0, 0, true), "f=6 d=4 b=2");
    CHECK_TEXT(rows(tr, B("b"), B("f"), 0, 0, true), "d=4 b=2");
    CHECK_TEXT(rows(tr, B("b\0"), B("f\0"), 0, 0, true), "f=6 d=4");
    destroy(tr);
}

/* Never an inverted range. (RNG-1, RNG-2) */
static void an_end_before_the_begin_is_an_empty_range_rng1_rng2(void) {
    plinth_transaction *tr = seeded(db);
    CHECK_TEXT(scan_keys(tr, B("e"), B("b")), "");
    CHECK_TEXT(scan_keys(tr, B("d"), B("d")), "");
    CHECK_TEXT(rows(tr, B("f"), B("b"), 1, 0, true), "");
    CHECK_TEXT(scan_keys(tr, B("\xff"), B("\xff")), "");
    CHECK_TEXT(scan_keys(tr, B("\xff"), B("")), "");
    /* Selectors that cross only once they are resolved. */
    CHECK_TEXT(scan(tr, selector(B("a"), false, 3), selector(B("z"), false, -1), NULL), "");
    destroy(tr);
}

/* Also if the last pair reached it. (RNG-3, RNG-8) */
static void a_row_limit_is_obeyed_and_more_says_so_rng3_rng8(void) {
    plinth_transaction *tr = seeded(db);
    CHECK_TEXT(rows(tr, B("a"), B("g"), 1, 0, false), "b=2 +");
    CHECK_TEXT(rows(tr, B("a"), B("g"), 2, 0, false), "b=2 d=4 +");
    CHECK_TEXT(rows(tr, B("a"), B("g"), 3, 0, false), "b=2 d=4 f=6 +");
    CHECK_TEXT(rows(tr, B("a"), B("g"), 4, 0, false), "b=2 d=4 f=6");
    CHECK_TEXT(rows(tr, B("a"), B("g"), 1, 0, true), "f=6 +");
    CHECK_TEXT(rows(tr, B("a"), B("g"), 3, 0, true), "f=6 d=4 b=2 +");
    CHECK_TEXT(rows(tr, B("a"), B("g"), 4, 0, true), "f=6 d=4 b=2");
    CHECK_TEXT(rows(tr, B("a"), B("g"), INT32_MAX, 0, false), "b=2 d=4 f=6");
    CHECK_TEXT(rows(tr, B("g"), B("h"), 1, 0, false), "");
    destroy(tr);
}

/* For rows and for bytes. (RNG-3, RNG-4) */
static void no_limit_is_zero_or_minus_one_rng3_rng4(void) {
    plinth_transaction *tr = seeded(db);
    CHECK_TEXT(rows(tr, B("a"), B("g"), 0, 0, false), "b=2 d=4 f=6");
    CHECK_TEXT(rows(tr, B("a"), B("g"), -1, 0, false), "b=2 d=4 f=6");
    CHECK_TEXT(rows(tr, B("a"), B("g"), 0, -1, false), "b=2 d=4 f=6");
    CHECK_TEXT(rows(tr, B("a"), B("g"), -1, -1, true), "f=6 d=4 b=2");
    destroy(tr);
}

/* And they do not touch the transaction. (RNG-3, RNG-4, DATA-6) */
static void other_negative_limits_are_2012_rng3_rng4(void) {
    plinth_transaction *tr = seeded(db);
    static const int32_t limits[] = {-2, -100, INT32_MIN};
    static const int64_t targets[] = {-2, INT64_MIN};
    for (size_t i = 0; i < 3; i++) {
        plinth_range_options options = range_options(limits[i], 0, false, false);
        CHECK_CODE(range_error(tr, B("a"), B("g"), &options), PLINTH_ERROR_RANGE_LIMITS_INVALID);
    }
    for (size_t i = 0; i < 2; i++) {
        plinth_range_options options = range_options(0, targets[i], false, false);
        CHECK_CODE(range_error(tr, B("a"), B("g"), &options), PLINTH_ERROR_RANGE_LIMITS_INVALID);
    }
    /* The refused reads have not touched the transaction. */
    CHECK_OK(tr_set(tr, B("x"), B("1")));
    CHECK_OK(plinth_transaction_commit(tr));
    destroy(tr);
}

/* The pair that crosses the limit is included. (RNG-4, RNG-6, RNG-8) */
static void target_bytes_count_eight_and_key_and_value_rng6(void) {
    plinth_transaction *tr = seeded(db);
    /* Each pair of the seed costs 8 + 1 + 1 = 10. */
    CHECK_TEXT(rows(tr, B("a"), B("g"), 0, 1, false), "b=2 +");
    CHECK_TEXT(rows(tr, B("a"), B("g"), 0, 10, false), "b=2 +");
    CHECK_TEXT(rows(tr, B("a"), B("g"), 0, 11, false), "b=2 d=4 +");
    CHECK_TEXT(rows(tr, B("a"), B("g"), 0, 20, false), "b=2 d=4 +");
    CHECK_TEXT(rows(tr, B("a"), B("g"), 0, 21, false), "b=2 d=4 f=6 +");
    CHECK_TEXT(rows(tr, B("a"), B("g"), 0, 30, false), "b=2 d=4 f=6 +");
    CHECK_TEXT(rows(tr, B("a"), B("g"), 0, 31, false), "b=2 d=4 f=6");
    CHECK_TEXT(rows(tr, B("a"), B("g"), 0, INT64_MAX, false), "b=2 d=4 f=6");
    CHECK_TEXT(rows(tr, B("a"), B("g"), 0, 11, true), "f=6 d=4 +");
    CHECK_TEXT(rows(tr, B("a"), B("g"), 1, 11, false), "b=2 +");
    CHECK_TEXT(rows(tr, B("a"), B("g"), 2, 10, false), "b=2 +");
    destroy(tr);
}

/* They are pairs like others. (RNG-6, RNG-10) */
static void target_bytes_count_own_writes_too_rng6(void) {
    plinth_transaction *tr = seeded(db);
    CHECK_OK(tr_set(tr, B("a"), B("0123456789")));
    CHECK_TEXT(rows(tr, B("a"), B("g"), 0, 19, false), "a=0123456789 +");
    CHECK_TEXT(rows(tr, B("a"), B("g"), 0, 20, false), "a=0123456789 b=2 +");
    destroy(tr);
}

/* However small the limits. (RNG-8) */
static void zero_pairs_never_come_with_more_rng8(void) {
    plinth_transaction *tr = seeded(db);
    CHECK_OK(tr_clear_range(tr, B("a"), B("g")));
    CHECK_TEXT(rows(tr, B("a"), B("g"), 1, 1, false), "");
    CHECK_TEXT(rows(tr, B("a"), B("g"), 1, 1, true), "");
    destroy(tr);
}

/* Reads [from, to) page by page and returns the number of pairs. */
static long read_by_pages(plinth_transaction *tr, const plinth_range_options *options, long *pages) {
    plinth_key_selector from = at_or_after(B("")), to = at_or_after(B("\xff"));
    uint8_t last[32];
    long count = 0;
    bool more = true;
    *pages = 0;
    while (more) {
        plinth_range range;
        if (!CHECK_OK(plinth_transaction_get_range(tr, NULL, &from, &to, options, &range))) {
            return -1;
        }
        for (size_t i = 0; i < range.count; i++) {
            char want[32];
            snprintf(want, sizeof want, "%06ld", options->reverse ? 999 - count : count);
            CHECK_BYTES(range.items[i].key, range.items[i].key_len, bytes_of(want, 6));
            count++;
        }
        more = range.more;
        CHECK(!more || range.count > 0);
        if (more) {
            plinth_key_value pair = range.items[range.count - 1];
            memcpy(last, pair.key, pair.key_len);
            if (options->reverse) {
                to = selector(bytes_of(last, pair.key_len), false, 1);
            } else {
                from = selector(bytes_of(last, pair.key_len), true, 1);
            }
        }
        plinth_range_free(&range);
        ++*pages;
    }
    return count;
}

/* Forward and reverse, by rows and by bytes. (RNG-9, RNG-7) */
static void pages_continue_without_gap_or_repeat_rng9(void) {
    plinth_transaction *tr = begin(db);
    empty(db);
    for (int i = 0; i < 1000; i++) {
        char key[16];
        snprintf(key, sizeof key, "%06d", i);
        CHECK_OK(tr_set(tr, bytes_of(key, 6), bytes_of(key, 6)));
    }
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_reset(tr));
    for (int reverse = 0; reverse < 2; reverse++) {
        plinth_range_options by_rows = range_options(7, 0, false, reverse == 1);
        plinth_range_options by_bytes = range_options(0, 200, reverse == 1, reverse == 1);
        plinth_range_options unlimited = range_options(0, 0, false, reverse == 1);
        long pages;
        CHECK_INT(read_by_pages(tr, &by_rows, &pages), 1000);
        CHECK_INT(pages, 143);
        CHECK_INT(read_by_pages(tr, &by_bytes, &pages), 1000);
        CHECK_INT(pages, 101);
        CHECK_INT(read_by_pages(tr, &unlimited, &pages), 1000);
        CHECK_INT(pages, 1);
    }
    destroy(tr);
}

/* It stops only at a limit. (RNG-7, RNG-8) */
static void a_large_range_comes_in_one_result_rng7(void) {
    enum { PAIRS = 300 };
    static uint8_t value[5000];
    plinth_transaction *tr = begin(db);
    plinth_key_selector from = at_or_after(B("")), to = at_or_after(B("\xff"));
    plinth_range range;
    empty(db);
    for (int i = 0; i < PAIRS; i++) {
        char key[16];
        snprintf(key, sizeof key, "%06d", i);
        memset(value, i, sizeof value);
        CHECK_OK(tr_set(tr, bytes_of(key, 6), bytes_of(value, sizeof value)));
    }
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_OK(plinth_transaction_get_range(tr, NULL, &from, &to, NULL, &range));
    CHECK_INT(range.count, PAIRS);
    CHECK(!range.more);
    for (size_t i = 0; i < range.count; i++) {
        memset(value, (int)i, sizeof value);
        CHECK_BYTES(range.items[i].value, range.items[i].value_len, bytes_of(value, sizeof value));
    }
    plinth_range_free(&range);
    destroy(tr);
}

/* And nothing beyond. (DATA-5) */
static void the_ends_of_the_key_space_are_legal_data5(void) {
    plinth_transaction *tr = seeded(db);
    CHECK_OK(range_error(tr, B("\xff"), B("\xff"), NULL));
    CHECK_OK(range_error(tr, B(""), B(""), NULL));
    CHECK_CODE(range_error(tr, B(""), B("\xff\0"), NULL), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
    CHECK_CODE(range_error(tr, B("\xff\0"), B("\xff\xff"), NULL), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
    CHECK_CODE(range_error(tr, B("\xff\xff"), B("a"), NULL), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
    destroy(tr);
}

static void binary_keys_and_values_come_back_as_they_went(void) {
    plinth_transaction *tr = begin(db);
    plinth_key_selector from = at_or_after(B("")), to = at_or_after(B("\xff"));
    plinth_range range;
    uint8_t all[256];
    empty(db);
    for (int i = 0; i < 256; i++) {
        all[i] = (uint8_t)i;
    }
    CHECK_OK(tr_set(tr, bytes_of(all, 255), bytes_of(all, 256)));
    CHECK_OK(tr_set(tr, B("empty"), B("")));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_OK(plinth_transaction_get_range(tr, NULL, &from, &to, NULL, &range));
    if (CHECK_INT(range.count, 2)) {
        CHECK_BYTES(range.items[0].key, range.items[0].key_len, bytes_of(all, 255));
        CHECK_BYTES(range.items[0].value, range.items[0].value_len, bytes_of(all, 256));
        CHECK_BYTES(range.items[1].value, range.items[1].value_len, B(""));
    }
    plinth_range_free(&range);
    destroy(tr);
}

static void the_option_struct_may_grow_and_shrink(void) {
    union {
        plinth_range_options options;
        uint8_t raw[4096];
    } given;
    static const uint32_t bad_sizes[] = {0, 3, 4097, UINT32_MAX};
    plinth_transaction *tr = seeded(db);
    memset(&given, 0, sizeof given);
    given.options.struct_size = 8;
    given.options.limit = 1;
    given.options.reverse = true;
    CHECK_TEXT(scan(tr, at_or_after(B("a")), at_or_after(B("z")), &given.options), "b=2 +");
    given.options.struct_size = 4;
    CHECK_TEXT(scan(tr, at_or_after(B("a")), at_or_after(B("z")), &given.options), "b=2 d=4 f=6");
    given.options.struct_size = sizeof given;
    CHECK_TEXT(scan(tr, at_or_after(B("a")), at_or_after(B("z")), &given.options), "f=6 +");
    given.raw[sizeof given - 1] = 1;
    CHECK_CODE(range_error(tr, B("a"), B("z"), &given.options), PLINTH_ERROR_INVALID_ARGUMENT);
    given.raw[sizeof given - 1] = 0;
    for (size_t i = 0; i < sizeof bad_sizes / sizeof bad_sizes[0]; i++) {
        given.options.struct_size = bad_sizes[i];
        CHECK_CODE(range_error(tr, B("a"), B("z"), &given.options), PLINTH_ERROR_INVALID_ARGUMENT);
    }
    destroy(tr);
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    db = open_memory();
    RUN(a_range_is_half_open_and_ascending_rng1);
    RUN(reverse_is_descending_from_the_end_rng1);
    RUN(an_end_before_the_begin_is_an_empty_range_rng1_rng2);
    RUN(a_row_limit_is_obeyed_and_more_says_so_rng3_rng8);
    RUN(no_limit_is_zero_or_minus_one_rng3_rng4);
    RUN(other_negative_limits_are_2012_rng3_rng4);
    RUN(target_bytes_count_eight_and_key_and_value_rng6);
    RUN(target_bytes_count_own_writes_too_rng6);
    RUN(zero_pairs_never_come_with_more_rng8);
    RUN(pages_continue_without_gap_or_repeat_rng9);
    RUN(a_large_range_comes_in_one_result_rng7);
    RUN(the_ends_of_the_key_space_are_legal_data5);
    RUN(binary_keys_and_values_come_back_as_they_went);
    RUN(the_option_struct_may_grow_and_shrink);
    CHECK_OK(plinth_database_close(db));
    return harness_end();
}
