/*
 * Sizes: of a transaction as it grows (LIM-7, row by row), and of what is stored (EST-1, EST-2).
 */
#include "harness.h"
#include "words.h"

static plinth_database *db;

/* ------------------------------------------------------------------ the size of a transaction, LIM-7 */

#define H 28
#define R 24

static int64_t size_of(plinth_transaction *tr) {
    int64_t size = -1;
    CHECK_OK(plinth_transaction_get_approximate_size(tr, &size));
    return size;
}

static plinth_error quiet(plinth_transaction *tr) {
    return tr_option(tr, PLINTH_OPTION_NEXT_WRITE_NO_WRITE_CONFLICT_RANGE);
}

static void set(plinth_transaction *tr) {
    CHECK_OK(tr_set(tr, B("key"), B("value")));
}
static void quiet_set(plinth_transaction *tr) {
    CHECK_OK(quiet(tr));
    set(tr);
}
static void add(plinth_transaction *tr) {
    CHECK_OK(tr_add(tr, B("key"), B("operand")));
}
static void quiet_add(plinth_transaction *tr) {
    CHECK_OK(quiet(tr));
    add(tr);
}
static void stamped_value(plinth_transaction *tr) {
    CHECK_OK(tr_stamped_value(tr, B("key"), B("0123456789"), 0));
}
static void clear(plinth_transaction *tr) {
    CHECK_OK(tr_clear(tr, B("key")));
}
static void quiet_clear(plinth_transaction *tr) {
    CHECK_OK(quiet(tr));
    clear(tr);
}
static void clear_range(plinth_transaction *tr) {
    CHECK_OK(tr_clear_range(tr, B("begin"), B("end")));
}
static void quiet_clear_range(plinth_transaction *tr) {
    CHECK_OK(quiet(tr));
    clear_range(tr);
}
static void get_present(plinth_transaction *tr) {
    CHECK_VALUE(tr, B("d"), B("4"));
}
static void get_absent(plinth_transaction *tr) {
    CHECK_VALUE(tr, B("absent"), ABSENT);
}
static void get_twice(plinth_transaction *tr) {
    get_present(tr);
    get_present(tr);
}
static void snapshot_get(plinth_transaction *tr) {
    CHECK_SNAPSHOT(tr, B("d"), B("4"));
}
static void set_then_get(plinth_transaction *tr) {
    set(tr);
    CHECK_VALUE(tr, B("key"), B("value"));
}
static void range(plinth_transaction *tr) {
    CHECK_TEXT(scan_keys(tr, B("a"), B("ggg")), "b=2 d=4 f=6");
}
static void limited_range(plinth_transaction *tr) {
    plinth_range_options options = range_options(2, 0, false, false);
    CHECK_TEXT(scan(tr, at_or_after(B("a")), at_or_after(B("ggg")), &options), "b=2 d=4 +");
}
static void snapshot_range(plinth_transaction *tr) {
    plinth_range_options options = range_options(0, 0, true, false);
    CHECK_TEXT(scan(tr, at_or_after(B("a")), at_or_after(B("ggg")), &options), "b=2 d=4 f=6");
}
static void range_in_pieces(plinth_transaction *tr) {
    CHECK_OK(tr_set(tr, B("d"), B("own")));
    CHECK_TEXT(scan_keys(tr, B("a"), B("ggg")), "b=2 d=own f=6");
}
static void range_of_own_clears(plinth_transaction *tr) {
    CHECK_OK(tr_clear_range(tr, B("a"), B("z")));
    CHECK_TEXT(scan_keys(tr, B("b"), B("g")), "");
}
static void get_key(plinth_transaction *tr) {
    CHECK_TEXT(key_of_selector(tr, B("b"), true, 1), "d");
}
static void read_conflict(plinth_transaction *tr) {
    CHECK_OK(tr_read_conflict(tr, B("begin"), B("end")));
}
static void read_conflict_of_a_key(plinth_transaction *tr) {
    CHECK_OK(plinth_transaction_add_read_conflict(tr, NULL, (const uint8_t *)"key", 3));
}
static void write_conflict(plinth_transaction *tr) {
    CHECK_OK(tr_write_conflict(tr, B("begin"), B("end")));
}
static void empty_conflicts(plinth_transaction *tr) {
    CHECK_OK(tr_read_conflict(tr, B("begin"), B("begin")));
    CHECK_OK(tr_write_conflict(tr, B("begin"), B("begin")));
}
static void set_three_times(plinth_transaction *tr) {
    set(tr);
    set(tr);
    clear(tr);
}
static void special_reads(plinth_transaction *tr) {
    CHECK_READ_CONFLICTS(tr, "");
    CHECK_OK(tr_touch(tr, B("\xff\xff/status/json")));
}
static void refused_calls(plinth_transaction *tr) {
    CHECK_CODE(tr_set(tr, B("\xff"), B("v")), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
    CHECK_CODE(tr_atomic(tr, 99, B("k"), B("v")), PLINTH_ERROR_INVALID_MUTATION_TYPE);
    CHECK_CODE(tr_clear_range(tr, B("b"), B("a")), PLINTH_ERROR_INVERTED_RANGE);
    CHECK_CODE(tr_write_conflict(tr, B("b"), B("a")), PLINTH_ERROR_INVERTED_RANGE);
    CHECK_CODE(tr_touch(tr, B("\xff")), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
}

/* A write range of one key of three bytes, and a read conflict of one of one byte. */
#define KEY_RANGE (R + 2 * 3 + 1)
#define READ_KEY(length) (2 * (length) + 1 + R)

static const struct {
    const char *name;
    void (*steps)(plinth_transaction *tr);
    int64_t size;
} events[] = {
    {"set", set, 3 + 5 + H + KEY_RANGE},
    {"set without write range", quiet_set, 3 + 5 + H},
    {"add", add, 3 + 7 + H + KEY_RANGE},
    {"add without write range", quiet_add, 3 + 7 + H},
    {"versionstamped value", stamped_value, 3 + 14 + H + KEY_RANGE},
    {"clear", clear, (2 * 3 + 1) + R + KEY_RANGE},
    {"clear without write range", quiet_clear, (2 * 3 + 1) + R},
    {"clear_range", clear_range, 5 + 3 + H + (R + 5 + 3)},
    {"clear_range without write range", quiet_clear_range, 5 + 3 + H},
    {"get", get_present, READ_KEY(1)},
    {"get of an absent key", get_absent, READ_KEY(6)},
    {"two gets", get_twice, 2 * READ_KEY(1)},
    {"snapshot get", snapshot_get, 0},
    {"get of an own write", set_then_get, 3 + 5 + H + KEY_RANGE},
    {"get_range", range, 1 + 3 + R},
    {"get_range with a limit", limited_range, 1 + 2 + R},
    {"snapshot get_range", snapshot_range, 0},
    {"get_range in two pieces", range_in_pieces, (1 + 3 + H + R + 2 * 1 + 1) + (1 + 1 + R) + (2 + 3 + R)},
    {"get_range of own clears", range_of_own_clears, 1 + 1 + H + (R + 1 + 1)},
    {"get_key", get_key, 2 + 2 + R},
    {"add_read_conflict_range", read_conflict, 5 + 3 + R},
    {"add_read_conflict", read_conflict_of_a_key, READ_KEY(3)},
    {"add_write_conflict_range", write_conflict, 5 + 3 + R},
    {"empty conflict ranges", empty_conflicts, 0},
    {"overwriting", set_three_times, 2 * (3 + 5 + H + KEY_RANGE) + (2 * 3 + 1) + R + KEY_RANGE},
    {"special reads", special_reads, 0},
    {"refused calls", refused_calls, 0},
};

/* LIM-7: each event adds its bytes, and nothing takes them away but a reset or an on_error that retries. (LIM-7, EST-3) */
static void every_event_adds_its_bytes(void) {
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        plinth_transaction *tr = seeded(db);
        int64_t once, twice;
        CHECK_INT(size_of(tr), 0);
        events[i].steps(tr);
        once = size_of(tr);
        harness_count(once == events[i].size, __FILE__, __LINE__, "%s: is %" PRId64 ", expected %" PRId64, events[i].name, once,
                      events[i].size);
        CHECK_OK(plinth_transaction_reset(tr));
        CHECK_INT(size_of(tr), 0);
        events[i].steps(tr);
        twice = size_of(tr);
        CHECK_INT(twice, once);
        CHECK_OK(plinth_transaction_on_error(tr, PLINTH_ERROR_TRANSACTION_TOO_OLD));
        CHECK_INT(size_of(tr), 0);
        destroy(tr);
    }
}

/* LIM-7: it can be asked for at any time, also after the commit and under a mark. (LIM-7, COM-3, TX-3) */
static void the_size_can_be_asked_for_at_any_time(void) {
    plinth_transaction *tr = seeded(db);
    set(tr);
    get_present(tr);
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_INT(size_of(tr), events[0].size + READ_KEY(1));
    CHECK_CODE(tr_touch(tr, B("d")), PLINTH_ERROR_USED_DURING_COMMIT);
    CHECK_INT(size_of(tr), events[0].size + READ_KEY(1));
    CHECK_OK(plinth_transaction_reset(tr));
    set(tr);
    CHECK_OK(plinth_transaction_cancel(tr));
    CHECK_INT(size_of(tr), events[0].size);
    CHECK_CODE(plinth_transaction_on_error(tr, PLINTH_ERROR_NOT_COMMITTED), PLINTH_ERROR_TRANSACTION_CANCELLED);
    CHECK_INT(size_of(tr), events[0].size);
    destroy(tr);
}

/* ------------------------------------------------------------------ what is stored, EST-1 */

enum { PAIRS = 2000, PAIR = 1000 };

/* 2,000 pairs of about 1,000 bytes below "data/". */
static void fill(plinth_database *where, plinth_keyspace *ks) {
    static uint8_t value[PAIR - 11];
    uint64_t random = 1;
    plinth_transaction *tr = begin(where);
    for (int i = 0; i < PAIRS; i++) {
        char key[16];
        snprintf(key, sizeof key, "data/%06d", i);
        for (size_t k = 0; k < sizeof value; k++) {
            value[k] = (uint8_t)random_next(&random);
        }
        CHECK_OK(plinth_transaction_set(tr, ks, (const uint8_t *)key, 11, value, sizeof value));
    }
    CHECK_OK(plinth_transaction_commit(tr));
    destroy(tr);
}

static plinth_error estimate(plinth_transaction *tr, plinth_keyspace *ks, bytes from, bytes to, int64_t *out) {
    return plinth_transaction_get_estimated_range_size(tr, ks, from.data, from.len, to.data, to.len, out);
}

static int64_t estimated(plinth_transaction *tr, plinth_keyspace *ks, bytes from, bytes to) {
    int64_t size = -1;
    CHECK_OK(estimate(tr, ks, from, to, &size));
    return size;
}

/* About the bytes that are stored: at least a quarter and at most four times as many. */
static void check_estimates(plinth_database *where, plinth_keyspace *ks) {
    plinth_transaction *tr = begin(where);
    int64_t all = estimated(tr, ks, B("data/"), B("data0")), half = estimated(tr, ks, B("data/"), B("data/001000"));
    printf("estimates of %d bytes: %" PRId64 ", of half of it: %" PRId64 "\n", PAIRS * PAIR, all, half);
    CHECK(all >= PAIRS * PAIR / 4 && all <= 4 * PAIRS * PAIR);
    CHECK(half >= PAIRS * PAIR / 8 && half <= 2 * PAIRS * PAIR);
    CHECK_INT(estimated(tr, ks, B("data/"), B("data/")), 0);
    CHECK_INT(estimated(tr, ks, B(""), B("")), 0);
    destroy(tr);
}

/* EST-1, in memory, on disk, after a reopen and in a second keyspace. (EST-1) */
static void estimates_follow_what_is_stored(void) {
    path where = temporary_path();
    plinth_database *store = open_buffered(where.text);
    plinth_keyspace *ks = NULL;
    fill(store, NULL);
    check_estimates(store, NULL);
    CHECK_OK(plinth_database_close(store));
    store = open_buffered(where.text);
    check_estimates(store, NULL);
    CHECK_OK(plinth_keyspace_open(store, "second", &ks));
    fill(store, ks);
    check_estimates(store, ks);
    CHECK_OK(plinth_keyspace_close(ks));
    CHECK_OK(plinth_database_close(store));
    store = open_memory();
    fill(store, NULL);
    check_estimates(store, NULL);
    CHECK_OK(plinth_database_close(store));
}

/* EST-1: own writes do not count, nothing conflicts, and an old read version is not looked at. (EST-1, CONF-7) */
static void estimates_are_not_transactional(void) {
    static uint8_t value[100000];
    plinth_transaction *tr = begin(db);
    int64_t before;
    empty(db);
    before = estimated(tr, NULL, B(""), B("\xff"));
    for (int i = 0; i < 20; i++) {
        char key[8];
        snprintf(key, sizeof key, "k%02d", i);
        CHECK_OK(tr_set(tr, bytes_of(key, 3), bytes_of(value, sizeof value)));
    }
    CHECK_INT(estimated(tr, NULL, B(""), B("\xff")), before);
    CHECK_READ_CONFLICTS(tr, "");
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_OK(plinth_transaction_set_read_version(tr, 1));
    CHECK_INT(estimated(tr, NULL, B(""), B("\xff")), before);
    destroy(tr);
}

/* EST-1: an inverted range is 2005; any key will do as a bound. (EST-1, DATA-5) */
static void estimates_of_odd_ranges(void) {
    plinth_transaction *tr = begin(db);
    int64_t size = -1;
    CHECK_CODE(estimate(tr, NULL, B("b"), B("a"), &size), PLINTH_ERROR_INVERTED_RANGE);
    CHECK_CODE(estimate(tr, NULL, B("a\0"), B("a"), &size), PLINTH_ERROR_INVERTED_RANGE);
    CHECK_OK(estimate(tr, NULL, B(""), B("\xff\xff\xff\xff"), &size));
    CHECK(size >= 0);
    CHECK_OK(estimate(tr, NULL, B("\xff\xff"), B("\xff\xff\xff"), &size));
    CHECK_OK(tr_set(tr, B("k"), B("v")));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_CODE(estimate(tr, NULL, B("a"), B("b"), &size), PLINTH_ERROR_USED_DURING_COMMIT);
    destroy(tr);
}

/* ------------------------------------------------------------------ where to cut, EST-2 */

static plinth_error split(plinth_transaction *tr, plinth_keyspace *ks, bytes from, bytes to, int64_t chunk, plinth_range *out) {
    return plinth_transaction_get_range_split_points(tr, ks, from.data, from.len, to.data, to.len, chunk, out);
}

/* The points as text. */
static const char *points(plinth_transaction *tr, bytes from, bytes to, int64_t chunk) {
    static char text[512];
    size_t at = 0;
    plinth_range found;
    plinth_error error = split(tr, NULL, from, to, chunk, &found);
    text[0] = 0;
    if (error != 0) {
        snprintf(text, sizeof text, "error %" PRId32, error);
    }
    for (size_t i = 0; i < found.count && at + 80 < sizeof text; i++) {
        char key[64];
        bytes_print(key, sizeof key, found.items[i].key, found.items[i].key_len);
        CHECK_INT(found.items[i].value_len, 0);
        at += (size_t)snprintf(text + at, sizeof text - at, "%s\"%s\"", i == 0 ? "" : " ", key);
    }
    CHECK(!found.more);
    plinth_range_free(&found);
    return text;
}

/* The stored bytes between two points. */
static int64_t stored_between(plinth_transaction *tr, plinth_keyspace *ks, bytes from, bytes to) {
    plinth_key_selector first = at_or_after(from), last = at_or_after(to);
    plinth_range_options options = range_options(0, 0, true, false);
    plinth_range found;
    int64_t size = 0;
    CHECK_OK(plinth_transaction_get_range(tr, ks, &first, &last, &options, &found));
    for (size_t i = 0; i < found.count; i++) {
        size += (int64_t)(found.items[i].key_len + found.items[i].value_len);
    }
    plinth_range_free(&found);
    return size;
}

static void check_split_points(plinth_database *where, plinth_keyspace *ks, int64_t chunk) {
    plinth_transaction *tr = begin(where);
    plinth_range found;
    CHECK_OK(split(tr, ks, B("data/"), B("data0"), chunk, &found));
    printf("%zu points for chunks of %" PRId64 " bytes of %d\n", found.count, chunk, PAIRS * PAIR);
    if (CHECK(found.count >= 2)) {
        const plinth_key_value *first = &found.items[0], *last = &found.items[found.count - 1];
        CHECK_BYTES(first->key, first->key_len, B("data/"));
        CHECK_BYTES(last->key, last->key_len, B("data0"));
    }
    for (size_t i = 0; i + 1 < found.count; i++) {
        bytes from = bytes_of(found.items[i].key, found.items[i].key_len), to = bytes_of(found.items[i + 1].key, found.items[i + 1].key_len);
        size_t shorter = from.len < to.len ? from.len : to.len;
        int order = memcmp(from.data, to.data, shorter);
        int64_t size = stored_between(tr, ks, from, to);
        CHECK(order < 0 || (order == 0 && from.len < to.len));
        /* About the chunk: the last piece may be small. */
        harness_count(size <= 4 * chunk && (size >= chunk / 4 || i + 2 == found.count), __FILE__, __LINE__,
                      "a piece of %" PRId64 " bytes for a chunk of %" PRId64, size, chunk);
    }
    plinth_range_free(&found);
    destroy(tr);
}

/* EST-2: first the begin, last the end, between them keys in order that cut off about a chunk each. (EST-2) */
static void split_points_cut_a_range_into_chunks(void) {
    path where = temporary_path();
    plinth_database *store = open_buffered(where.text);
    plinth_keyspace *ks = NULL;
    fill(store, NULL);
    check_split_points(store, NULL, 200000);
    CHECK_OK(plinth_database_close(store));
    store = open_buffered(where.text);
    check_split_points(store, NULL, 200000);
    check_split_points(store, NULL, 500000);
    CHECK_OK(plinth_keyspace_open(store, "second", &ks));
    fill(store, ks);
    check_split_points(store, ks, 200000);
    CHECK_OK(plinth_keyspace_close(ks));
    CHECK_OK(plinth_database_close(store));
}

/* EST-2: what needs no cut has just its ends, one if they are equal. (EST-2) */
static void split_points_of_small_ranges_are_their_ends(void) {
    plinth_transaction *tr = seeded(db);
    CHECK_TEXT(points(tr, B("a"), B("z"), 1000000), "\"a\" \"z\"");
    CHECK_TEXT(points(tr, B(""), B("\xff"), INT64_MAX), "\"\" \"\\xff\"");
    CHECK_TEXT(points(tr, B("m"), B("m"), 1000), "\"m\"");
    CHECK_TEXT(points(tr, B(""), B(""), 1000), "\"\"");
    CHECK_READ_CONFLICTS(tr, "");
    destroy(tr);
}

/* EST-2, DATA-5: bounds as for range reads; 2005 if inverted; a chunk is above zero. (EST-2, DATA-5) */
static void split_points_of_odd_ranges(void) {
    plinth_transaction *tr = seeded(db);
    CHECK_TEXT(points(tr, B("b"), B("a"), 1000), "error 2005");
    CHECK_TEXT(points(tr, B("a"), B("\xff\0"), 1000), "error 2004");
    CHECK_TEXT(points(tr, B("a"), B("z"), 0), "error 9001");
    CHECK_TEXT(points(tr, B("a"), B("z"), -1), "error 9001");
    CHECK_TEXT(points(tr, B("a"), B("z"), INT64_MIN), "error 9001");
    CHECK_OK(tr_option(tr, PLINTH_OPTION_READ_SYSTEM_KEYS));
    CHECK_TEXT(points(tr, B("\xff"), B("\xff\xff"), 1000000), "\"\\xff\" \"\\xff\\xff\"");
    CHECK_OK(tr_set(tr, B("k"), B("v")));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_TEXT(points(tr, B("a"), B("z"), 1000), "error 2017");
    destroy(tr);
}

/* EST-2: own writes do not count. (EST-2) */
static void split_points_do_not_see_own_writes(void) {
    static uint8_t value[100000];
    plinth_transaction *tr = seeded(db);
    for (int i = 0; i < 20; i++) {
        char key[8];
        snprintf(key, sizeof key, "k%02d", i);
        CHECK_OK(tr_set(tr, bytes_of(key, 3), bytes_of(value, sizeof value)));
    }
    CHECK_TEXT(points(tr, B("g"), B("z"), 100000), "\"g\" \"z\"");
    destroy(tr);
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    db = open_memory();
    RUN(every_event_adds_its_bytes);
    RUN(the_size_can_be_asked_for_at_any_time);
    RUN(estimates_follow_what_is_stored);
    RUN(estimates_are_not_transactional);
    RUN(estimates_of_odd_ranges);
    RUN(split_points_cut_a_range_into_chunks);
    RUN(split_points_of_small_ranges_are_their_ends);
    RUN(split_points_of_odd_ranges);
    RUN(split_points_do_not_see_own_writes);
    CHECK_OK(plinth_database_close(db));
    return harness_end();
}
