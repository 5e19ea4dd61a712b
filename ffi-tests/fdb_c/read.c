/*
 * Reads: gets, selectors, ranges in every streaming mode, estimates, addresses and costs.
 * Rules GET, SEL, RNG, EST, and RYW as far as reads through this interface differ by options.
 */
#include "harness.h"

static FDBDatabase *db;

/* ------------------------------------------------------------------ GET */

/* GET-1, DATA-2: present, absent and empty are three answers; outputs of an absent key are untouched. */
static void present_absent_and_empty_get1_data2(void) {
    FDBTransaction *tr = begin(db);
    fdb_bool_t present = 7;
    const uint8_t *data = (const uint8_t *)"untouched";
    int len = 77;
    FDBFuture *f;
    empty(db);
    put(db, B("empty"), B(""));
    put(db, B(""), B("the empty key"));
    CHECK_VALUE(tr, B("empty"), B(""));
    CHECK_VALUE(tr, B(""), B("the empty key"));
    CHECK_VALUE(tr, ABSENT, B("the empty key"));
    f = tr_get(tr, B("absent"));
    CHECK_OK(fdb_future_block_until_ready(f));
    CHECK_OK(fdb_future_get_value(f, &present, &data, &len));
    CHECK_INT(present, 0);
    fdb_future_destroy(f);
    destroy(tr);
}

/* RYW-1, RYW-6: ordinary reads see own writes; snapshot reads do so while their counter is above zero. */
static void own_writes_are_seen_ryw1_ryw6(void) {
    FDBTransaction *tr = seeded(db);
    tr_set(tr, B("d"), B("own"));
    CHECK_VALUE(tr, B("d"), B("own"));
    CHECK_SNAPSHOT(tr, B("d"), B("own"));
    CHECK_OK(tr_option(tr, 601));
    CHECK_VALUE(tr, B("d"), B("own"));
    CHECK_SNAPSHOT(tr, B("d"), B("4"));
    CHECK_OK(tr_option(tr, 600));
    CHECK_SNAPSHOT(tr, B("d"), B("own"));
    fdb_transaction_reset(tr);
    CHECK_OK(tr_option(tr, 51));
    tr_set(tr, B("d"), B("own"));
    CHECK_VALUE(tr, B("d"), B("4"));
    fdb_transaction_reset(tr);
    CHECK_VALUE(tr, B("d"), B("4"));
    CHECK_OK(tr_option(tr, 51));
    CHECK_CODE(touch(tr, B("d")), 2000);
    destroy(tr);
}

/* RYW-8 to RYW-11: keys that get their stamp at the commit cannot be read. */
static void stamped_keys_are_unreadable_ryw8_ryw9_ryw11(void) {
    FDBTransaction *tr = seeded(db);
    tr_atomic(tr, FDB_MUTATION_TYPE_SET_VERSIONSTAMPED_VALUE, B("d"), B("0123456789\0\0\0\0"));
    CHECK_OK(tr_option(tr, 1100));
    CHECK_VALUE(tr, B("d"), B("0123456789\0\0\0\0"));
    fdb_transaction_reset(tr);
    tr_atomic(tr, FDB_MUTATION_TYPE_SET_VERSIONSTAMPED_VALUE, B("d"), B("0123456789\0\0\0\0"));
    tr_set(tr, B("d"), B("1"));
    CHECK_CODE(touch(tr, B("d")), 1036);
    CHECK_TEXT(scan(tr, B("a"), B("z"), ALL_OF_IT), "error 1036");
    CHECK_CODE(commit(tr), 1036);
    fdb_transaction_reset(tr);
    tr_atomic(tr, FDB_MUTATION_TYPE_SET_VERSIONSTAMPED_VALUE, B("d"), B("0123456789\0\0\0\0"));
    tr_clear(tr, B("d"));
    CHECK_VALUE(tr, B("d"), ABSENT);
    CHECK_OK(commit(tr));
    destroy(tr);
}

/* GET-3, AV-1: a key has an address with a port. */
static void a_key_has_an_address_get3(void) {
    FDBTransaction *tr = begin(db);
    FDBFuture *f = fdb_transaction_get_addresses_for_key(tr, (const uint8_t *)"k", 1);
    const char **addresses = NULL;
    int count = 0;
    CHECK_OK(fdb_future_block_until_ready(f));
    CHECK_OK(fdb_future_get_string_array(f, &addresses, &count));
    CHECK(count >= 1);
    for (int i = 0; i < count; i++) {
        CHECK(strchr(addresses[i], ':') != NULL);
    }
    fdb_future_destroy(f);
    destroy(tr);
}

/* ------------------------------------------------------------------ SEL */

static const struct {
    const char *key;
    int or_equal, offset;
    const char *found;
} selectors[] = {
    {"a", 0, 1, "b"}, {"d", 0, 1, "d"}, {"d", 1, 1, "f"}, {"d", 0, 0, "b"}, {"d", 1, 0, "d"}, {"g", 0, 1, "\\xff"},
    {"b", 0, 0, ""},  {"d", 0, 2, "f"}, {"d", 0, -1, ""}, {"a", 0, 3, "f"}, {"a", 0, 4, "\\xff"}, {"a", 0, 0, ""},
};

/* SEL-1 to SEL-5: the vectors, stored, as own writes, and as snapshot reads. */
static void selectors_find_their_keys_sel1_sel2_sel3_sel4_sel5(void) {
    for (int own = 0; own < 2; own++) {
        FDBTransaction *tr = seeded(db);
        if (own) {
            tr_clear_range(tr, B("a"), B("z"));
            tr_set(tr, B("b"), B("2"));
            tr_set(tr, B("d"), B("4"));
            tr_set(tr, B("f"), B("6"));
        }
        for (long i = 0; i < COUNT(selectors); i++) {
            selector s = select_key(bytes_of(selectors[i].key, 1), selectors[i].or_equal, selectors[i].offset);
            CHECK_TEXT(key_text(tr, s, 0), selectors[i].found);
            CHECK_TEXT(key_text(tr, s, 1), selectors[i].found);
        }
        destroy(tr);
    }
}

/* SEL-2: the macros of the header are the four named forms. */
static void the_macros_are_the_named_selectors_sel2(void) {
    FDBTransaction *tr = seeded(db);
    const uint8_t *d = (const uint8_t *)"d";
    FDBFuture *f[4] = {fdb_transaction_get_key(tr, FDB_KEYSEL_LAST_LESS_THAN(d, 1), 0),
                       fdb_transaction_get_key(tr, FDB_KEYSEL_LAST_LESS_OR_EQUAL(d, 1), 0),
                       fdb_transaction_get_key(tr, FDB_KEYSEL_FIRST_GREATER_THAN(d, 1), 0),
                       fdb_transaction_get_key(tr, FDB_KEYSEL_FIRST_GREATER_OR_EQUAL(d, 1), 0)};
    const char *want[4] = {"b", "d", "f", "d"};
    for (int i = 0; i < 4; i++) {
        const uint8_t *key;
        int len;
        CHECK_OK(fdb_future_block_until_ready(f[i]));
        CHECK_OK(fdb_future_get_key(f[i], &key, &len));
        CHECK_BYTES(key, len, bytes_of(want[i], 1));
        fdb_future_destroy(f[i]);
    }
    destroy(tr);
}

/* ------------------------------------------------------------------ RNG: rows */

/* RNG-1, RNG-2, RNG-8: pairs between two keys, both ways; an empty or inverted range is empty. */
static void ranges_are_read_rng1_rng2_rng8(void) {
    FDBTransaction *tr = seeded(db);
    how reverse = ALL_OF_IT, two = ALL_OF_IT, three = ALL_OF_IT, unlimited = ALL_OF_IT;
    reverse.reverse = 1;
    two.limit = 2;
    three.limit = 3;
    unlimited.limit = unlimited.target_bytes = -1;
    CHECK_TEXT(scan(tr, B("a"), B("g"), ALL_OF_IT), "b=2 d=4 f=6");
    CHECK_TEXT(scan(tr, B("a"), B("g"), unlimited), "b=2 d=4 f=6");
    CHECK_TEXT(scan(tr, B("a"), B("g"), reverse), "f=6 d=4 b=2");
    CHECK_TEXT(scan(tr, B("b"), B("f"), ALL_OF_IT), "b=2 d=4");
    CHECK_TEXT(scan(tr, B("a"), B("g"), two), "b=2 d=4 +");
    CHECK_TEXT(scan(tr, B("a"), B("g"), three), "b=2 d=4 f=6 +");
    CHECK_TEXT(scan(tr, B("c"), B("c"), ALL_OF_IT), "");
    CHECK_TEXT(scan(tr, B("g"), B("a"), ALL_OF_IT), "");
    reverse.limit = 1;
    CHECK_TEXT(scan(tr, B("a"), B("g"), reverse), "f=6 +");
    destroy(tr);
}

/* RNG-1, 3FS: the bounds as selectors, inclusive and exclusive. */
static void bounds_may_be_selectors_rng1(void) {
    FDBTransaction *tr = seeded(db);
    for (int from_open = 0; from_open < 2; from_open++) {
        for (int to_closed = 0; to_closed < 2; to_closed++) {
            char want[32];
            how serial = {0, -1, FDB_STREAMING_MODE_SERIAL, 0, 0, 0};
            selector from = select_key(B("b"), from_open, 1), to = select_key(B("f"), to_closed, 1);
            snprintf(want, sizeof want, "%sd=4%s", from_open ? "" : "b=2 ", to_closed ? " f=6" : "");
            CHECK_TEXT(pairs_text(tr_range(tr, from, to, serial)), want);
        }
    }
    CHECK_TEXT(pairs_text(tr_range(tr, select_key(B("g"), 0, -1), select_key(B("a"), 0, 5), ALL_OF_IT)), "d=4 f=6");
    destroy(tr);
}

/* RNG-3, RNG-4, RNG-5: what is refused, and that it does not touch the transaction. */
static void bad_limits_are_refused_rng3_rng4_rng5(void) {
    static const struct {
        how h;
        fdb_error_t code;
    } bad[] = {
        {{-2, 0, FDB_STREAMING_MODE_WANT_ALL, 0, 0, 0}, 2012},
        {{INT_MIN, 0, FDB_STREAMING_MODE_WANT_ALL, 0, 0, 0}, 2012},
        {{0, -2, FDB_STREAMING_MODE_WANT_ALL, 0, 0, 0}, 2012},
        {{0, INT_MIN, FDB_STREAMING_MODE_SERIAL, 0, 0, 0}, 2012},
        {{0, 0, FDB_STREAMING_MODE_EXACT, 0, 0, 0}, 2210},
        {{0, 0, FDB_STREAMING_MODE_ITERATOR, 0, 0, 0}, 2000},
        {{5, 0, FDB_STREAMING_MODE_ITERATOR, -1, 0, 0}, 2000},
        {{0, 0, -3, 1, 0, 0}, 2000},
        {{0, 0, 5, 1, 0, 0}, 2000},
        {{0, 0, INT_MAX, 1, 0, 0}, 2000},
    };
    FDBTransaction *tr = seeded(db);
    for (long i = 0; i < COUNT(bad); i++) {
        FDBFuture *f = tr_range(tr, at_or_after(B("a")), at_or_after(B("g")), bad[i].h);
        CHECK(fdb_future_is_ready(f));
        CHECK_FUTURE(f, bad[i].code);
    }
    tr_set(tr, B("x"), B("1"));
    CHECK_TEXT(ranges_text(tr, READ_CONFLICTS), "");
    CHECK_OK(commit(tr));
    destroy(tr);
}

/* ------------------------------------------------------------------ RNG: streaming modes */

#define ROWS 3000
#define KEY_BYTES 8

/* The value of a row: 0 to 199 bytes. */
static int value_len(int row) {
    return row * 7919 % 200;
}

static void write_rows(void) {
    FDBTransaction *tr = begin(db);
    uint8_t value[200];
    memset(value, 'v', sizeof value);
    tr_clear_range(tr, B(""), B("\xff"));
    for (int i = 0; i < ROWS; i++) {
        char key[16];
        snprintf(key, sizeof key, "row/%04d", i);
        tr_set(tr, bytes_of(key, KEY_BYTES), bytes_of(value, value_len(i)));
    }
    CHECK_OK(commit(tr));
    destroy(tr);
}

/* RNG-4: the byte limit of a mode, 0 for none. */
static long mode_bytes(int mode, int iteration) {
    static const long growing[] = {4096, 6144, 9216, 13824, 20736, 31104, 46656, 69984, 80000, 120000};
    switch (mode) {
    case FDB_STREAMING_MODE_ITERATOR: return growing[iteration > 10 ? 9 : iteration - 1];
    case FDB_STREAMING_MODE_EXACT: return 0;
    case FDB_STREAMING_MODE_SMALL: return 256;
    case FDB_STREAMING_MODE_MEDIUM: return 1000;
    case FDB_STREAMING_MODE_LARGE: return 4096;
    default: return 80000;
    }
}

/* RNG-6: how many of the rows from `row` on fit: the one that reaches the limit is the last. */
static int rows_within(int row, int step, int limit, long limit_bytes, bool *more) {
    long used = 0;
    int count = 0;
    *more = false;
    while (row >= 0 && row < ROWS) {
        used += 8 + KEY_BYTES + value_len(row);
        count++;
        row += step;
        if ((limit > 0 && count == limit) || (limit_bytes > 0 && used >= limit_bytes)) {
            *more = true;
            break;
        }
    }
    return count;
}

static void check_page(FDBTransaction *tr, how h, int row) {
    char from[16], to[16];
    const FDBKeyValue *pairs = NULL;
    int count = 0, step = h.reverse ? -1 : 1;
    fdb_bool_t more = 0;
    bool want_more;
    long limit_bytes = mode_bytes(h.mode, h.iteration);
    FDBFuture *f;
    snprintf(from, sizeof from, "row/%04d", h.reverse ? 0 : row);
    snprintf(to, sizeof to, "row/%04d", h.reverse ? row + 1 : ROWS);
    if (h.target_bytes > 0 && (limit_bytes == 0 || h.target_bytes < limit_bytes)) {
        limit_bytes = h.target_bytes;
    }
    f = tr_range(tr, at_or_after(bytes_of(from, KEY_BYTES)), at_or_after(bytes_of(to, KEY_BYTES)), h);
    CHECK_OK(fdb_future_block_until_ready(f));
    CHECK_OK(fdb_future_get_keyvalue_array(f, &pairs, &count, &more));
    CHECK_INT(count, rows_within(row, step, h.limit > 0 ? h.limit : 0, limit_bytes, &want_more));
    CHECK_INT(more != 0, want_more);
    for (int i = 0; i < count; i++) {
        char key[16];
        snprintf(key, sizeof key, "row/%04d", row + step * i);
        CHECK_BYTES(key_in(pairs, i).data, key_in(pairs, i).len, bytes_of(key, KEY_BYTES));
        CHECK_INT(value_in(pairs, i).len, value_len(row + step * i));
    }
    fdb_future_destroy(f);
}

/* RNG-3, RNG-4, RNG-6, RNG-7, RNG-8: every mode with row and byte limits, forward and reverse. */
static void each_mode_returns_its_rows_rng4_rng6_rng7_rng8(void) {
    static const int limits[] = {0, -1, 1, 10, 5000}, targets[] = {0, -1, 1, 500, 30000};
    FDBTransaction *tr = begin(db);
    write_rows();
    for (int mode = -2; mode <= 4; mode++) {
        for (long l = 0; l < COUNT(limits); l++) {
            for (long t = 0; t < COUNT(targets); t++) {
                how h = {limits[l], targets[t], mode, mode == -1 ? (int)(1 + (l + t) % 12) : (int)(l - 2), 0, 0};
                if (mode == 0 && h.limit <= 0 && h.target_bytes <= 0) {
                    continue;
                }
                check_page(tr, h, 0);
                h.reverse = 1;
                check_page(tr, h, ROWS - 1);
            }
        }
    }
    destroy(tr);
}

/* RNG-9: page after page reads every row once. */
static void pages_join_without_a_gap_rng9(void) {
    for (int mode = -2; mode <= 4; mode++) {
        FDBTransaction *tr = begin(db);
        bytes last = B("row/");
        uint8_t kept[KEY_BYTES];
        int rows = 0, iteration = 1;
        fdb_bool_t more = 1;
        while (more) {
            how h = {mode == 0 ? 100 : 0, 0, mode, iteration++, rows % 2, 0};
            const FDBKeyValue *pairs = NULL;
            int count = 0;
            FDBFuture *f = tr_range(tr, select_key(last, 1, 1), at_or_after(B("row0")), h);
            more = 0;
            CHECK_OK(fdb_future_block_until_ready(f));
            CHECK_OK(fdb_future_get_keyvalue_array(f, &pairs, &count, &more));
            CHECK(count > 0 || !more);
            rows += count;
            if (count > 0) {
                memcpy(kept, key_in(pairs, count - 1).data, KEY_BYTES);
                last = bytes_of(kept, KEY_BYTES);
            }
            fdb_future_destroy(f);
        }
        CHECK_INT(rows, ROWS);
        destroy(tr);
    }
}

/* RNG-10: limits count what the transaction sees. */
static void limits_count_visible_pairs_rng10(void) {
    FDBTransaction *tr = seeded(db);
    how two = ALL_OF_IT;
    two.limit = 2;
    tr_set(tr, B("a"), B("own"));
    tr_clear(tr, B("b"));
    CHECK_TEXT(scan(tr, B(""), B("z"), two), "a=own d=4 +");
    destroy(tr);
}

/* RNG-11, CONF-5: a limited read conflicts with what it has read, a snapshot with nothing. */
static void a_range_conflicts_with_what_it_read_rng11_conf5(void) {
    how two = ALL_OF_IT, snapshot = ALL_OF_IT;
    FDBTransaction *tr = seeded(db);
    two.limit = 2;
    snapshot.snapshot = 1;
    CHECK_TEXT(scan(tr, B("a"), B("g"), snapshot), "b=2 d=4 f=6");
    CHECK_TEXT(ranges_text(tr, READ_CONFLICTS), "");
    CHECK_TEXT(scan(tr, B("a"), B("g"), two), "b=2 d=4 +");
    CHECK_TEXT(ranges_text(tr, READ_CONFLICTS), "[a,d\\x00)");
    CHECK_TEXT(scan(tr, B("a"), B("g"), ALL_OF_IT), "b=2 d=4 f=6");
    CHECK_TEXT(ranges_text(tr, READ_CONFLICTS), "[a,g)");
    destroy(tr);
}

/* ------------------------------------------------------------------ EST */

static int64_t estimate(FDBTransaction *tr, bytes from, bytes to) {
    return int64_of(fdb_transaction_get_estimated_range_size_bytes(tr, from.data, from.len, to.data, to.len));
}

/* EST-1: an estimate is not negative, grows with the range, and is 0 for an empty one. */
static void sizes_are_estimated_est1(void) {
    FDBTransaction *tr = begin(db);
    int64_t half, whole;
    write_rows();
    half = estimate(tr, B("row/0000"), B("row/1500"));
    whole = estimate(tr, B("row/"), B("row0"));
    CHECK(half >= 0 && whole > 0 && whole >= half);
    CHECK_INT(estimate(tr, B("a"), B("a")), 0);
    CHECK_CODE(outcome(fdb_transaction_get_estimated_range_size_bytes(tr, B("b").data, 1, B("a").data, 1)), 2005);
    CHECK_TEXT(ranges_text(tr, READ_CONFLICTS), "");
    destroy(tr);
}

static FDBFuture *split(FDBTransaction *tr, bytes from, bytes to, int64_t chunk) {
    return fdb_transaction_get_range_split_points(tr, from.data, from.len, to.data, to.len, chunk);
}

/* EST-2: the points begin and end with the bounds and ascend between them. */
static void ranges_are_split_est2(void) {
    FDBTransaction *tr = begin(db);
    FDBFuture *f = split(tr, B("row/"), B("row0"), 20000);
    const FDBKey *keys = NULL;
    int count = 0;
    CHECK_OK(fdb_future_block_until_ready(f));
    CHECK_OK(fdb_future_get_key_array(f, &keys, &count));
    CHECK(count >= 2);
    for (int i = 0; i + 1 < count; i++) {
        FDBKey a = keys[i], b = keys[i + 1];
        int shorter = a.key_length < b.key_length ? a.key_length : b.key_length;
        int order = memcmp(a.key, b.key, (size_t)shorter);
        CHECK(order < 0 || (order == 0 && a.key_length < b.key_length));
    }
    if (count >= 2) {
        CHECK_BYTES(keys[0].key, keys[0].key_length, B("row/"));
        CHECK_BYTES(keys[count - 1].key, keys[count - 1].key_length, B("row0"));
    }
    fdb_future_destroy(f);
    f = split(tr, B("a"), B("a"), 1000);
    CHECK_OK(fdb_future_block_until_ready(f));
    CHECK_OK(fdb_future_get_key_array(f, &keys, &count));
    CHECK_INT(count, 1);
    fdb_future_destroy(f);
    CHECK_FUTURE(split(tr, B("b"), B("a"), 1000), 2005);
    destroy(tr);
}

/* How many points there are with at most `limit` between the ends; they are checked against `all`. */
static int limited_points(FDBTransaction *tr, int limit, const FDBKey *all, int count_of_all) {
    FDBFuture *f = fdb_transaction_get_range_split_points_with_limit(tr, (const uint8_t *)"row/", 4,
                                                                     (const uint8_t *)"row0", 4, 5000, limit);
    const FDBKey *keys = NULL;
    int count = -1;
    CHECK_OK(fdb_future_block_until_ready(f));
    CHECK_OK(fdb_future_get_key_array(f, &keys, &count));
    for (int i = 0; i < count; i++) {
        FDBKey got = keys[i], want = all[i == count - 1 ? count_of_all - 1 : i];
        CHECK_BYTES(got.key, got.key_length, bytes_of(want.key, want.key_length));
    }
    fdb_future_destroy(f);
    return count;
}

/* EST-2: a limit leaves both ends and the first points between them; below zero there is none. */
static void split_points_have_a_limit_est2(void) {
    FDBTransaction *tr = begin(db);
    FDBFuture *f = split(tr, B("row/"), B("row0"), 5000);
    const FDBKey *all = NULL;
    int count = 0;
    CHECK_OK(fdb_future_block_until_ready(f));
    CHECK_OK(fdb_future_get_key_array(f, &all, &count));
    if (CHECK(count > 4)) {
        CHECK_INT(limited_points(tr, -1, all, count), count);
        CHECK_INT(limited_points(tr, 0, all, count), 2);
        CHECK_INT(limited_points(tr, 2, all, count), 4);
        CHECK_INT(limited_points(tr, count, all, count), count);
    }
    fdb_future_destroy(f);
    destroy(tr);
}

/* EST-3: a read costs something, and nothing is throttled. */
static void costs_are_told_est3(void) {
    FDBTransaction *tr = begin(db);
    double throttled = -1;
    FDBFuture *f;
    CHECK_OK(touch(tr, B("row/0001")));
    CHECK(int64_of(fdb_transaction_get_total_cost(tr)) > 0);
    f = fdb_transaction_get_tag_throttled_duration(tr);
    CHECK_OK(fdb_future_block_until_ready(f));
    CHECK_OK(fdb_future_get_double(f, &throttled));
    CHECK(throttled >= 0.0);
    fdb_future_destroy(f);
    destroy(tr);
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    network_start(730);
    db = open_database();
    RUN(present_absent_and_empty_get1_data2);
    RUN(own_writes_are_seen_ryw1_ryw6);
    RUN(stamped_keys_are_unreadable_ryw8_ryw9_ryw11);
    RUN(a_key_has_an_address_get3);
    RUN(selectors_find_their_keys_sel1_sel2_sel3_sel4_sel5);
    RUN(the_macros_are_the_named_selectors_sel2);
    RUN(ranges_are_read_rng1_rng2_rng8);
    RUN(bounds_may_be_selectors_rng1);
    RUN(bad_limits_are_refused_rng3_rng4_rng5);
    RUN(each_mode_returns_its_rows_rng4_rng6_rng7_rng8);
    RUN(pages_join_without_a_gap_rng9);
    RUN(limits_count_visible_pairs_rng10);
    RUN(a_range_conflicts_with_what_it_read_rng11_conf5);
    RUN(sizes_are_estimated_est1);
    RUN(ranges_are_split_est2);
    RUN(split_points_have_a_limit_est2);
    RUN(costs_are_told_est3);
    fdb_database_destroy(db);
    network_finish();
    return harness_end();
}
