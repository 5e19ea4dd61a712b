/*
 * Conflicts (CONF-1 to CONF-20, SEL-6, FREE-4), seen from outside: for each way to read, other
 * transactions write just inside and just outside of the range that the rules name, at both
 * bounds down to the immediate successor key, and the reader's commit must fail with 1020 or
 * succeed accordingly. Then random schedules against a plain list. The named anomalies are in anomalies.c.
 */
#include "harness.h"

static plinth_database *db;

/* ------------------------------------------------------------------ keys and ranges */

typedef struct {
    uint8_t data[16];
    size_t len;
} key;

typedef struct {
    bytes from, to;
} span;

static bytes of(const key *k) {
    return bytes_of(k->data, k->len);
}

static key copy(bytes from) {
    key made;
    memcpy(made.data, from.data, from.len);
    made.len = from.len;
    return made;
}

static key successor(bytes from) {
    key made = copy(from);
    made.data[made.len++] = 0;
    return made;
}

/* The key right before `from`: exactly, if it ends in a zero byte, else one very close below. */
static key predecessor(bytes from) {
    key made = copy(from);
    if (made.data[made.len - 1] == 0) {
        made.len--;
    } else {
        made.data[made.len - 1]--;
        made.data[made.len++] = 0xff;
        made.data[made.len++] = 0xff;
    }
    return made;
}

static int compare(bytes a, bytes b) {
    int order = memcmp(a.data, b.data, a.len < b.len ? a.len : b.len);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

/* Half-open ranges share a key. CONF-13. */
static bool overlap(bytes a_from, bytes a_to, bytes b_from, bytes b_to) {
    return compare(a_from, b_to) < 0 && compare(b_from, a_to) < 0;
}

/* ------------------------------------------------------------------ steps of the table */

/* Runs the reads of a row as snapshot reads. */
static bool as_snapshot;

static void read_key(plinth_transaction *tr, bytes k) {
    CHECK_OK(tr_touch_in(tr, NULL, k, as_snapshot));
}

static void read_selectors(plinth_transaction *tr, plinth_key_selector from, plinth_key_selector to, int32_t limit,
                           int64_t target_bytes, bool reverse, const char *want) {
    plinth_range_options options = range_options(limit, target_bytes, as_snapshot, reverse);
    CHECK_TEXT(scan(tr, from, to, &options), want);
}

static void read_range(plinth_transaction *tr, bytes from, bytes to, int32_t limit, bool reverse, const char *want) {
    read_selectors(tr, at_or_after(from), at_or_after(to), limit, 0, reverse, want);
}

static void find_key(plinth_transaction *tr, bytes k, bool or_equal, int32_t offset, bytes want) {
    plinth_key_selector s = selector(k, or_equal, offset);
    plinth_value found;
    CHECK_OK(plinth_transaction_get_key(tr, NULL, &s, as_snapshot, &found));
    CHECK_BYTES(found.data, found.len, want);
    plinth_value_free(&found);
}

static void get_absent(plinth_transaction *tr) {
    read_key(tr, B("c"));
}
static void get_present(plinth_transaction *tr) {
    read_key(tr, B("d"));
}
static void get_empty_key(plinth_transaction *tr) {
    read_key(tr, B(""));
}
static void get_twice(plinth_transaction *tr) {
    read_key(tr, B("b"));
    read_key(tr, B("f"));
}
static void range_whole(plinth_transaction *tr) {
    read_range(tr, B("a"), B("g"), 0, false, "b=2 d=4 f=6");
}
static void range_exclusive_begin(plinth_transaction *tr) {
    read_selectors(tr, selector(B("b"), true, 1), selector(B("d"), true, 1), 0, 0, false, "d=4");
}
static void range_without_pairs(plinth_transaction *tr) {
    read_range(tr, B("m"), B("p"), 0, false, "");
}
static void range_limit_1(plinth_transaction *tr) {
    read_range(tr, B("a"), B("g"), 1, false, "b=2 +");
}
static void range_limit_2(plinth_transaction *tr) {
    read_range(tr, B("a"), B("g"), 2, false, "b=2 d=4 +");
}
static void range_limit_3(plinth_transaction *tr) {
    read_range(tr, B("a"), B("g"), 3, false, "b=2 d=4 f=6 +");
}
static void range_limit_4(plinth_transaction *tr) {
    read_range(tr, B("a"), B("g"), 4, false, "b=2 d=4 f=6");
}
static void range_target_bytes(plinth_transaction *tr) {
    read_selectors(tr, at_or_after(B("a")), at_or_after(B("g")), 0, 11, false, "b=2 d=4 +");
}
static void range_reverse(plinth_transaction *tr) {
    read_range(tr, B("a"), B("g"), 0, true, "f=6 d=4 b=2");
}
static void range_reverse_limit_1(plinth_transaction *tr) {
    read_range(tr, B("a"), B("g"), 1, true, "f=6 +");
}
static void range_reverse_limit_2(plinth_transaction *tr) {
    read_range(tr, B("a"), B("g"), 2, true, "f=6 d=4 +");
}
static void range_inverted(plinth_transaction *tr) {
    read_range(tr, B("e"), B("b"), 0, false, "");
}
static void range_empty(plinth_transaction *tr) {
    read_range(tr, B("d"), B("d"), 0, false, "");
}
static void two_ranges(plinth_transaction *tr) {
    read_range(tr, B("a"), B("c"), 0, false, "b=2");
    read_range(tr, B("e"), B("g"), 0, false, "f=6");
}
static void set_then_range(plinth_transaction *tr) {
    CHECK_OK(tr_set(tr, B("d"), B("own")));
    read_range(tr, B("a"), B("g"), 0, false, "b=2 d=own f=6");
}
static void set_outside_then_range(plinth_transaction *tr) {
    CHECK_OK(tr_set(tr, B("g"), B("own")));
    read_range(tr, B("a"), B("g"), 0, false, "b=2 d=4 f=6");
}
static void clear_then_range(plinth_transaction *tr) {
    CHECK_OK(tr_clear(tr, B("d")));
    read_range(tr, B("a"), B("g"), 0, false, "b=2 f=6");
}
static void clear_range_then_range(plinth_transaction *tr) {
    CHECK_OK(tr_clear_range(tr, B("c"), B("e")));
    read_range(tr, B("a"), B("g"), 0, false, "b=2 f=6");
}
static void clear_all_then_range(plinth_transaction *tr) {
    CHECK_OK(tr_clear_range(tr, B("a"), B("g")));
    read_range(tr, B("a"), B("g"), 0, false, "");
}
static void set_then_range_reverse_limit_1(plinth_transaction *tr) {
    CHECK_OK(tr_set(tr, B("e"), B("own")));
    read_range(tr, B("a"), B("f"), 1, true, "e=own +");
}
static void range_then_set(plinth_transaction *tr) {
    read_range(tr, B("a"), B("g"), 0, false, "b=2 d=4 f=6");
    CHECK_OK(tr_set(tr, B("d"), B("own")));
    CHECK_OK(tr_clear_range(tr, B("a"), B("c")));
}
static void get_then_set(plinth_transaction *tr) {
    read_key(tr, B("d"));
    CHECK_OK(tr_set(tr, B("d"), B("own")));
}
static void set_then_get(plinth_transaction *tr) {
    CHECK_OK(tr_set(tr, B("d"), B("own")));
    read_key(tr, B("d"));
}
static void clear_then_get(plinth_transaction *tr) {
    CHECK_OK(tr_clear(tr, B("d")));
    read_key(tr, B("d"));
}
static void clear_range_then_get(plinth_transaction *tr) {
    CHECK_OK(tr_clear_range(tr, B("c"), B("e")));
    read_key(tr, B("d"));
    read_key(tr, B("c"));
}
static void writes_only(plinth_transaction *tr) {
    CHECK_OK(tr_set(tr, B("d"), B("own")));
    CHECK_OK(tr_clear(tr, B("b")));
    CHECK_OK(tr_clear_range(tr, B("e"), B("z")));
}
static void key_after_b(plinth_transaction *tr) {
    find_key(tr, B("b"), true, 1, B("d"));
}
static void key_before_d(plinth_transaction *tr) {
    find_key(tr, B("d"), false, 0, B("b"));
}
static void key_at_or_after_g(plinth_transaction *tr) {
    find_key(tr, B("g"), false, 1, B("\xff"));
}
static void key_at_or_after_d(plinth_transaction *tr) {
    find_key(tr, B("d"), false, 1, B("d"));
}
static void key_at_or_before_d(plinth_transaction *tr) {
    find_key(tr, B("d"), true, 0, B("d"));
}
static void key_at_or_after_c(plinth_transaction *tr) {
    find_key(tr, B("c"), false, 1, B("d"));
}
static void key_before_c(plinth_transaction *tr) {
    find_key(tr, B("c"), false, 0, B("b"));
}
static void key_before_the_first(plinth_transaction *tr) {
    find_key(tr, B("b"), false, 0, B(""));
}
static void key_two_after_d(plinth_transaction *tr) {
    find_key(tr, B("d"), false, 2, B("f"));
}
static void key_two_before_d(plinth_transaction *tr) {
    find_key(tr, B("d"), false, -1, B(""));
}
static void set_then_key(plinth_transaction *tr) {
    CHECK_OK(tr_set(tr, B("c"), B("own")));
    find_key(tr, B("b"), true, 1, B("c"));
}
static void general_around_d(plinth_transaction *tr) {
    read_selectors(tr, selector(B("d"), false, 0), selector(B("d"), true, 1), 0, 0, false, "b=2 d=4");
}
static void general_by_count(plinth_transaction *tr) {
    read_selectors(tr, selector(B("a"), false, 2), selector(B("a"), false, 4), 0, 0, false, "d=4 f=6");
}
static void general_off_both_ends(plinth_transaction *tr) {
    read_selectors(tr, selector(B("g"), false, -5), selector(B("g"), false, 5), 0, 0, false, "b=2 d=4 f=6");
}
static void general_limited(plinth_transaction *tr) {
    read_selectors(tr, selector(B("d"), false, 0), selector(B("d"), true, 2), 1, 0, false, "b=2 +");
}
static void explicit_key(plinth_transaction *tr) {
    CHECK_OK(plinth_transaction_add_read_conflict(tr, NULL, (const uint8_t *)"d", 1));
}
static void explicit_empty_key(plinth_transaction *tr) {
    CHECK_OK(plinth_transaction_add_read_conflict(tr, NULL, NULL, 0));
}
static void explicit_range(plinth_transaction *tr) {
    CHECK_OK(tr_read_conflict(tr, B("c"), B("e")));
}
static void explicit_empty_range(plinth_transaction *tr) {
    CHECK_OK(tr_read_conflict(tr, B("d"), B("d")));
}
static void explicit_whole_key_space(plinth_transaction *tr) {
    CHECK_OK(tr_read_conflict(tr, B(""), B("\xff")));
}
static void set_then_explicit_range(plinth_transaction *tr) {
    CHECK_OK(tr_set(tr, B("d"), B("own")));
    explicit_range(tr);
}
static void set_then_explicit_key(plinth_transaction *tr) {
    CHECK_OK(tr_set(tr, B("d"), B("own")));
    explicit_key(tr);
}
static void explicit_range_then_set(plinth_transaction *tr) {
    explicit_range(tr);
    CHECK_OK(tr_set(tr, B("d"), B("own")));
}
static void snapshot_then_explicit_key(plinth_transaction *tr) {
    CHECK_OK(tr_touch_in(tr, NULL, B("b"), true));
    explicit_key(tr);
}
static void write_conflict_then_get(plinth_transaction *tr) {
    /* Only mutations are own writes; a bare conflict range is not cut out. */
    CHECK_OK(tr_write_conflict(tr, B("a"), B("g")));
    read_key(tr, B("d"));
}
static void failed_reads(plinth_transaction *tr) {
    plinth_range_options bad = range_options(-2, 0, false, false);
    CHECK_CODE(tr_touch(tr, B("\xff")), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
    CHECK_TEXT(scan(tr, at_or_after(B("a")), at_or_after(B("g")), &bad), "error 2012");
    CHECK_TEXT(scan_keys(tr, B("a"), B("\xff\xff")), "error 2004");
    CHECK_CODE(tr_read_conflict(tr, B("e"), B("b")), PLINTH_ERROR_INVERTED_RANGE);
    CHECK_CODE(tr_read_conflict(tr, B("e"), B("\xff\0")), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
}

#define L(literal) {(const uint8_t *)(literal), sizeof(literal) - 1}
#define RANGE(from, to) {L(from), L(to)}

/* How exactly the ranges must be kept: explicit conflicts have no snapshot variant. */
enum kind { READ, EXPLICIT, AT_LEAST };

static const struct row {
    const char *name;
    void (*steps)(plinth_transaction *tr);
    enum kind kind;
    span ranges[3];
} rows[] = {
    {"get absent: CONF-2", get_absent, READ, {RANGE("c", "c\0")}},
    {"get present: CONF-2", get_present, READ, {RANGE("d", "d\0")}},
    {"get the empty key: CONF-2", get_empty_key, READ, {RANGE("", "\0")}},
    {"get two keys: CONF-2", get_twice, READ, {RANGE("b", "b\0"), RANGE("f", "f\0")}},
    {"range: CONF-5", range_whole, READ, {RANGE("a", "g")}},
    {"range (b, d]: CONF-5", range_exclusive_begin, READ, {RANGE("b\0", "d\0")}},
    {"range without pairs: CONF-5", range_without_pairs, READ, {RANGE("m", "p")}},
    {"range limit 1: CONF-5", range_limit_1, READ, {RANGE("a", "b\0")}},
    {"range limit 2: CONF-5", range_limit_2, READ, {RANGE("a", "d\0")}},
    {"range limit 3: CONF-5", range_limit_3, READ, {RANGE("a", "f\0")}},
    {"range limit 4: CONF-5", range_limit_4, READ, {RANGE("a", "g")}},
    {"range target bytes: CONF-5", range_target_bytes, READ, {RANGE("a", "d\0")}},
    {"reverse: CONF-5", range_reverse, READ, {RANGE("a", "g")}},
    {"reverse limit 1: CONF-5", range_reverse_limit_1, READ, {RANGE("f", "g")}},
    {"reverse limit 2: CONF-5", range_reverse_limit_2, READ, {RANGE("d", "g")}},
    {"inverted range: RNG-2", range_inverted, READ, {{{NULL, 0}, {NULL, 0}}}},
    {"empty range: RNG-2", range_empty, READ, {{{NULL, 0}, {NULL, 0}}}},
    {"two ranges: CONF-5", two_ranges, READ, {RANGE("a", "c"), RANGE("e", "g")}},
    {"set, range: CONF-3", set_then_range, READ, {RANGE("a", "d"), RANGE("d\0", "g")}},
    {"set outside, range: CONF-3", set_outside_then_range, READ, {RANGE("a", "g")}},
    {"clear, range: CONF-3", clear_then_range, READ, {RANGE("a", "d"), RANGE("d\0", "g")}},
    {"clear_range, range: CONF-3", clear_range_then_range, READ, {RANGE("a", "c"), RANGE("e", "g")}},
    {"clear all, range: RYW-13", clear_all_then_range, READ, {{{NULL, 0}, {NULL, 0}}}},
    {"set, reverse limit 1: CONF-3", set_then_range_reverse_limit_1, READ, {RANGE("e\0", "f")}},
    {"range, set: CONF-3", range_then_set, READ, {RANGE("a", "g")}},
    {"get, set: CONF-3", get_then_set, READ, {RANGE("d", "d\0")}},
    {"set, get: CONF-3", set_then_get, READ, {{{NULL, 0}, {NULL, 0}}}},
    {"clear, get: CONF-3", clear_then_get, READ, {{{NULL, 0}, {NULL, 0}}}},
    {"clear_range, get: RYW-13", clear_range_then_get, READ, {{{NULL, 0}, {NULL, 0}}}},
    {"writes only: CONF-1, CONF-17", writes_only, EXPLICIT, {{{NULL, 0}, {NULL, 0}}}},
    {"get_key(b,1,1): CONF-4", key_after_b, READ, {RANGE("b\0", "d\0")}},
    {"get_key(d,0,0): CONF-4", key_before_d, READ, {RANGE("b", "d")}},
    {"get_key(g,0,1): CONF-4", key_at_or_after_g, READ, {RANGE("g", "\xff\0")}},
    {"get_key(d,0,1): CONF-4", key_at_or_after_d, READ, {RANGE("d", "d\0")}},
    {"get_key(d,1,0): CONF-4", key_at_or_before_d, READ, {RANGE("d", "d\0")}},
    {"get_key(c,0,1): CONF-4", key_at_or_after_c, READ, {RANGE("c", "d\0")}},
    {"get_key(c,0,0): CONF-4", key_before_c, READ, {RANGE("b", "c")}},
    {"get_key(b,0,0): CONF-4", key_before_the_first, READ, {RANGE("", "b")}},
    {"get_key(d,0,2): CONF-4", key_two_after_d, READ, {RANGE("d", "f\0")}},
    {"get_key(d,0,-1): CONF-4", key_two_before_d, READ, {RANGE("", "d")}},
    {"set, get_key: CONF-3", set_then_key, READ, {RANGE("b\0", "c")}},
    {"range around d: CONF-6", general_around_d, AT_LEAST, {RANGE("b", "d\0")}},
    {"range by count: CONF-6", general_by_count, AT_LEAST, {RANGE("a", "\xff")}},
    {"range off both ends: CONF-6", general_off_both_ends, AT_LEAST, {RANGE("", "\xff")}},
    {"range around d, limited: CONF-6", general_limited, AT_LEAST, {RANGE("b", "d")}},
    {"add_read_conflict: CONF-10", explicit_key, EXPLICIT, {RANGE("d", "d\0")}},
    {"add_read_conflict of the empty key: CONF-10", explicit_empty_key, EXPLICIT, {RANGE("", "\0")}},
    {"add_read_conflict_range: CONF-10", explicit_range, EXPLICIT, {RANGE("c", "e")}},
    {"add_read_conflict_range, empty: CONF-10", explicit_empty_range, EXPLICIT, {{{NULL, 0}, {NULL, 0}}}},
    {"add_read_conflict_range, all: CONF-10", explicit_whole_key_space, EXPLICIT, {RANGE("", "\xff")}},
    {"set, add_read_conflict_range: CONF-10", set_then_explicit_range, EXPLICIT, {RANGE("c", "d"), RANGE("d\0", "e")}},
    {"set, add_read_conflict: CONF-10", set_then_explicit_key, EXPLICIT, {{{NULL, 0}, {NULL, 0}}}},
    {"add_read_conflict_range, set: CONF-10", explicit_range_then_set, EXPLICIT, {RANGE("c", "e")}},
    {"snapshot get, add_read_conflict: 3FS-2", snapshot_then_explicit_key, EXPLICIT, {RANGE("d", "d\0")}},
    {"add_write_conflict_range, get: CONF-3", write_conflict_then_get, READ, {RANGE("d", "d\0")}},
    {"failed reads: CONF-7", failed_reads, EXPLICIT, {{{NULL, 0}, {NULL, 0}}}},
};

/* ------------------------------------------------------------------ probing a row */

enum probe { SET, CLEAR, CLEAR_RANGE, WRITE_CONFLICT, PROBES };

static bool row_overlaps(const struct row *row, bytes from, bytes to) {
    for (size_t i = 0; i < 3; i++) {
        const span *range = &row->ranges[i];
        if (range->from.data != NULL && overlap(range->from, range->to, from, to)) {
            return true;
        }
    }
    return false;
}

static void seed(void) {
    plinth_transaction *tr = begin(db);
    CHECK_OK(tr_clear_range(tr, B(""), B("\xff")));
    CHECK_OK(tr_set(tr, B("b"), B("2")));
    CHECK_OK(tr_set(tr, B("d"), B("4")));
    CHECK_OK(tr_set(tr, B("f"), B("6")));
    CHECK_OK(plinth_transaction_commit(tr));
    destroy(tr);
}

static void write_probe(enum probe probe, bytes from, bytes to) {
    plinth_transaction *tr = begin(db);
    switch (probe) {
    case SET:
        CHECK_OK(tr_set(tr, from, B("probe")));
        break;
    case CLEAR:
        CHECK_OK(tr_clear(tr, from));
        break;
    case CLEAR_RANGE:
        CHECK_OK(tr_clear_range(tr, from, to));
        break;
    default:
        CHECK_OK(tr_write_conflict(tr, from, to));
    }
    CHECK_OK(plinth_transaction_commit(tr));
    destroy(tr);
}

/* One reader, one writer of [from, to), one verdict. */
static void probe_row(const struct row *row, enum probe probe, bytes from, bytes to) {
    bool hit = !as_snapshot && row_overlaps(row, from, to);
    plinth_transaction *tr;
    int64_t version;
    plinth_error got, want = hit ? PLINTH_ERROR_NOT_COMMITTED : 0;
    if (compare(from, B("\xff")) >= 0 || (!hit && row->kind == AT_LEAST && !as_snapshot)) {
        return;
    }
    seed();
    tr = begin(db);
    CHECK_OK(plinth_transaction_get_read_version(tr, &version));
    row->steps(tr);
    write_probe(probe, from, to);
    CHECK_OK(tr_set(tr, B("\xfe mine"), B("makes it a write commit")));
    got = plinth_transaction_commit(tr);
    if (got != want) {
        char from_text[80], to_text[80];
        bytes_print(from_text, sizeof from_text, from.data, from.len);
        bytes_print(to_text, sizeof to_text, to.data, to.len);
        harness_count(false, __FILE__, __LINE__, "%s%s: write kind %d of [%s, %s) made the commit give %d, expected %d", row->name,
                      as_snapshot ? " (snapshot)" : "", (int)probe, from_text, to_text, (int)got, (int)want);
    } else {
        harness_count(true, __FILE__, __LINE__, "%s", row->name);
    }
    destroy(tr);
}

static void probe_key(const struct row *row, bytes at) {
    key next = successor(at);
    probe_row(row, SET, at, of(&next));
    probe_row(row, CLEAR, at, of(&next));
    probe_row(row, WRITE_CONFLICT, at, of(&next));
}

static void probe_bound(const struct row *row, bytes bound) {
    key before, after = successor(bound);
    probe_key(row, bound);
    probe_key(row, of(&after));
    if (compare(bound, B("\xff")) <= 0) {
        /* A cleared range that begins exactly here, and one that ends here. */
        probe_row(row, CLEAR_RANGE, bound, B("\xff"));
        if (bound.len > 0) {
            probe_row(row, CLEAR_RANGE, B(""), bound);
            probe_row(row, WRITE_CONFLICT, B(""), bound);
        }
    }
    if (bound.len > 0) {
        before = predecessor(bound);
        probe_key(row, of(&before));
    }
}

static void probe_everywhere(const struct row *row) {
    static const bytes keys[] = {L(""), L("\0"), L("a"), L("b"), L("c"), L("d"), L("e"), L("f"), L("g"), L("n"), L("\xfe")};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        probe_key(row, keys[i]);
    }
    for (size_t i = 0; i < 3; i++) {
        if (row->ranges[i].from.data != NULL) {
            probe_bound(row, row->ranges[i].from);
            probe_bound(row, row->ranges[i].to);
        }
    }
}

/*
 * The table, each bound probed from both sides by each kind of write. (CONF-2, CONF-3, CONF-4,
 * CONF-5, CONF-6, CONF-10, CONF-13, RYW-13, RNG-2, RNG-11, SEL-6, GET-2, FREE-4)
 */
static void every_read_conflicts_with_exactly_its_range_conf2_to_conf10(void) {
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        probe_everywhere(&rows[i]);
    }
}

/* The same reads as snapshot reads. (CONF-7, GET-2) */
static void snapshot_reads_conflict_with_nothing_conf7(void) {
    as_snapshot = true;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].kind != EXPLICIT) {
            probe_everywhere(&rows[i]);
        }
    }
    as_snapshot = false;
}

/* ------------------------------------------------------------------ rules one by one */

/* Each kind of write conflicts with readers of what it covers and with no others. (CONF-1, CONF-10, CONF-13) */
static void write_ranges_are_exactly_the_writes_conf1(void) {
    static const struct {
        span written;
        int kind;
    } writes[] = {
        {RANGE("d", "d\0"), SET}, {RANGE("d", "d\0"), CLEAR}, {RANGE("c", "e"), CLEAR_RANGE}, {RANGE("c", "e"), WRITE_CONFLICT}};
    static const bytes keys[] = {L("b"), L("c"), L("c\0"), L("d"), L("d\0"), L("d\xff\xff"), L("e"), L("e\0")};
    for (size_t i = 0; i < sizeof writes / sizeof writes[0]; i++) {
        for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++) {
            plinth_transaction *tr;
            key next = successor(keys[k]);
            bool hit = overlap(writes[i].written.from, writes[i].written.to, keys[k], of(&next));
            seed();
            tr = begin(db);
            CHECK_OK(tr_touch(tr, keys[k]));
            write_probe((enum probe)writes[i].kind, writes[i].written.from, writes[i].written.to);
            CHECK_OK(tr_set(tr, B("mine"), B("1")));
            CHECK_CODE(plinth_transaction_commit(tr), hit ? PLINTH_ERROR_NOT_COMMITTED : 0);
            destroy(tr);
        }
    }
}

/* Nothing if begin and end are equal. (CONF-1) */
static void an_empty_clear_range_conflicts_with_nobody_conf1(void) {
    plinth_transaction *tr = begin(db);
    seed();
    CHECK_OK(tr_touch(tr, B("d")));
    write_probe(CLEAR_RANGE, B("d"), B("d"));
    CHECK_OK(tr_set(tr, B("mine"), B("1")));
    CHECK_OK(plinth_transaction_commit(tr));
    destroy(tr);
}

/* Above the read version, not at it. (CONF-14, VER-12) */
static void a_write_at_the_read_version_does_not_conflict_conf14(void) {
    plinth_transaction *tr = begin(db);
    int64_t version = put(db, B("d"), B("at R"));
    CHECK_OK(plinth_transaction_set_read_version(tr, version));
    CHECK_VALUE(tr, B("d"), B("at R"));
    CHECK_OK(tr_set(tr, B("mine"), B("1")));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_reset(tr));
    version = put(db, B("d"), B("after R"));
    CHECK_OK(plinth_transaction_set_read_version(tr, version - 1));
    CHECK_VALUE(tr, B("d"), B("at R"));
    CHECK_OK(tr_set(tr, B("mine"), B("1")));
    CHECK_CODE(plinth_transaction_commit(tr), PLINTH_ERROR_NOT_COMMITTED);
    destroy(tr);
}

/* Its write ranges are forgotten. (CONF-15, CONF-20) */
static void a_transaction_that_failed_disturbs_nobody_conf15(void) {
    plinth_transaction *loser = begin(db), *reader = begin(db);
    seed();
    CHECK_OK(tr_touch(loser, B("b")));
    CHECK_OK(tr_touch(reader, B("d")));
    CHECK_OK(tr_set(loser, B("d"), B("never")));
    put(db, B("b"), B("changed"));
    CHECK_CODE(plinth_transaction_commit(loser), PLINTH_ERROR_NOT_COMMITTED);
    CHECK_OK(tr_set(reader, B("mine"), B("1")));
    CHECK_OK(plinth_transaction_commit(reader));
    destroy(loser);
    destroy(reader);
}

/* An equal value, and a clear of nothing, conflict. (CONF-16) */
static void ranges_decide_and_never_values_conf16(void) {
    plinth_transaction *tr = begin(db);
    seed();
    CHECK_OK(tr_touch(tr, B("d")));
    CHECK_OK(tr_set(tr, B("mine"), B("1")));
    put(db, B("d"), B("4"));
    CHECK_CODE(plinth_transaction_commit(tr), PLINTH_ERROR_NOT_COMMITTED);
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_OK(tr_touch(tr, B("absent")));
    CHECK_OK(tr_set(tr, B("mine"), B("1")));
    write_probe(CLEAR, B("absent"), B(""));
    CHECK_CODE(plinth_transaction_commit(tr), PLINTH_ERROR_NOT_COMMITTED);
    destroy(tr);
}

/* Write and write is no conflict. (CONF-17, COM-6) */
static void blind_writes_never_conflict_conf17(void) {
    enum { WRITERS = 10 };
    plinth_transaction *writers[WRITERS];
    for (int i = 0; i < WRITERS; i++) {
        int64_t version;
        writers[i] = begin(db);
        CHECK_OK(plinth_transaction_get_read_version(writers[i], &version));
        CHECK_OK(i % 2 == 0 ? tr_set(writers[i], B("d"), B("v")) : tr_clear_range(writers[i], B("a"), B("z")));
    }
    for (int i = WRITERS - 1; i >= 0; i--) {
        CHECK_OK(plinth_transaction_commit(writers[i]));
        destroy(writers[i]);
    }
}

/* Nor with its own earlier commits. (CONF-17) */
static void a_transaction_never_conflicts_with_itself_conf17(void) {
    plinth_transaction *tr = begin(db);
    seed();
    for (int i = 0; i < 5; i++) {
        CHECK_OK(tr_touch(tr, B("d")));
        CHECK_TEXT(scan_keys(tr, B("a"), B("c")), "b=2");
        CHECK_OK(tr_set(tr, B("d"), B("v")));
        CHECK_OK(tr_set(tr, B("b"), B("2")));
        CHECK_OK(tr_write_conflict(tr, B("a"), B("z")));
        CHECK_OK(plinth_transaction_commit(tr));
        CHECK_OK(plinth_transaction_reset(tr));
    }
    destroy(tr);
}

/* Thousands of commits later. (CONF-14, CONF-18, FREE-3) */
static void a_conflict_of_long_ago_counts_while_the_window_lasts_conf14(void) {
    plinth_transaction *tr = begin(db);
    long rounds = scaled(3000);
    double start = now_ms();
    seed();
    CHECK_OK(tr_touch(tr, B("d")));
    put(db, B("d"), B("changed"));
    /* A slow machine does fewer, to stay inside the window. */
    for (long i = 0; i < rounds && now_ms() - start < 2500; i++) {
        char text[24];
        snprintf(text, sizeof text, "x%ld", i % 500);
        put(db, bytes_of(text, strlen(text)), B("v"));
    }
    CHECK_OK(tr_set(tr, B("mine"), B("1")));
    CHECK_CODE(plinth_transaction_commit(tr), PLINTH_ERROR_NOT_COMMITTED);
    destroy(tr);
}

/* ------------------------------------------------------------------ who wins, CONF-20 */

/* At least one commits. (CONF-20) */
static void of_many_that_conflict_the_first_commits_conf20(void) {
    enum { RIVALS = 8 };
    plinth_transaction *rivals[RIVALS];
    seed();
    for (int i = 0; i < RIVALS; i++) {
        rivals[i] = begin(db);
        CHECK_OK(tr_touch(rivals[i], B("d")));
        CHECK_OK(tr_set(rivals[i], B("d"), B("mine")));
    }
    for (int i = 0; i < RIVALS; i++) {
        CHECK_CODE(plinth_transaction_commit(rivals[i]), i == 0 ? 0 : PLINTH_ERROR_NOT_COMMITTED);
        destroy(rivals[i]);
    }
}

/* ------------------------------------------------------------------ random schedules */

#define LIVE 8
#define SPANS 3
#define HISTORY 20000

typedef struct {
    uint8_t from[3], to[3];
} short_span;

typedef struct {
    plinth_transaction *tr;
    long began; /* length of the history at its read version */
    int reads, writes;
    short_span read[SPANS], write[SPANS];
} player;

static short_span history[HISTORY];
static long history_length;

/* Two letters and sometimes a zero byte, so that neighbours and touching ends are frequent. */
static short_span random_span(void) {
    short_span made;
    long from = random_below(60), to = from + 1 + random_below(6);
    memset(&made, 0, sizeof made);
    made.from[0] = (uint8_t)('a' + from / 8);
    made.from[1] = (uint8_t)('a' + from % 8);
    made.to[0] = (uint8_t)('a' + to / 8);
    made.to[1] = (uint8_t)('a' + to % 8);
    return made;
}

static bytes end_of(const uint8_t *text) {
    return bytes_of(text, 2);
}

static void player_begins(player *p) {
    int64_t version;
    CHECK_OK(plinth_transaction_reset(p->tr));
    CHECK_OK(plinth_transaction_get_read_version(p->tr, &version));
    p->began = history_length;
    p->reads = (int)random_below(SPANS + 1);
    p->writes = (int)random_below(SPANS + 1);
    for (int i = 0; i < p->reads; i++) {
        p->read[i] = random_span();
        CHECK_OK(tr_read_conflict(p->tr, end_of(p->read[i].from), end_of(p->read[i].to)));
    }
    for (int i = 0; i < p->writes; i++) {
        p->write[i] = random_span();
        CHECK_OK(tr_write_conflict(p->tr, end_of(p->write[i].from), end_of(p->write[i].to)));
    }
}

static bool player_conflicts(const player *p) {
    for (long h = p->began; p->writes > 0 && h < history_length; h++) {
        for (int i = 0; i < p->reads; i++) {
            const short_span *read = &p->read[i], *written = &history[h];
            if (overlap(end_of(read->from), end_of(read->to), end_of(written->from), end_of(written->to))) {
                return true;
            }
        }
    }
    return false;
}

static void player_commits(player *p) {
    plinth_error want = player_conflicts(p) ? PLINTH_ERROR_NOT_COMMITTED : 0;
    if (CHECK_CODE(plinth_transaction_commit(p->tr), want) && want == 0) {
        for (int i = 0; i < p->writes; i++) {
            history[history_length++] = p->write[i];
        }
    }
}

/* Neither a conflict too few nor one too many. (CONF-13, CONF-14, CONF-15, CONF-20) */
static void random_schedules_conflict_exactly_when_a_list_says_so_conf13_conf14(void) {
    player players[LIVE];
    long rounds = scaled(6000), conflicts = 0;
    plinth_metrics before, after;
    CHECK_OK(plinth_database_metrics(db, &before, sizeof before));
    history_length = 0;
    for (int i = 0; i < LIVE; i++) {
        players[i].tr = begin(db);
        player_begins(&players[i]);
    }
    for (long round = 0; round < rounds && history_length < HISTORY - SPANS; round++) {
        player *p = &players[random_below(LIVE)];
        conflicts += player_conflicts(p);
        player_commits(p);
        player_begins(p);
    }
    for (int i = 0; i < LIVE; i++) {
        destroy(players[i].tr);
    }
    CHECK_OK(plinth_database_metrics(db, &after, sizeof after));
    CHECK_INT(after.conflicts - before.conflicts, conflicts);
    printf("%ld conflicts in %ld commits\n", conflicts, rounds);
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    db = open_memory();
    RUN(every_read_conflicts_with_exactly_its_range_conf2_to_conf10);
    RUN(snapshot_reads_conflict_with_nothing_conf7);
    RUN(write_ranges_are_exactly_the_writes_conf1);
    RUN(an_empty_clear_range_conflicts_with_nobody_conf1);
    RUN(a_write_at_the_read_version_does_not_conflict_conf14);
    RUN(a_transaction_that_failed_disturbs_nobody_conf15);
    RUN(ranges_decide_and_never_values_conf16);
    RUN(blind_writes_never_conflict_conf17);
    RUN(a_transaction_never_conflicts_with_itself_conf17);
    RUN(a_conflict_of_long_ago_counts_while_the_window_lasts_conf14);
    RUN(of_many_that_conflict_the_first_commits_conf20);
    RUN(random_schedules_conflict_exactly_when_a_list_says_so_conf13_conf14);
    CHECK_OK(plinth_database_close(db));
    return harness_end();
}
