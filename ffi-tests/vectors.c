/*
 * The test vectors of section 19 that conflict.c, atomic.c and selector.c do not hold: the read
 * conflict ranges over {b, d, f}, exactly, as the special keys tell them, and the life cycle.
 * Then conflict ranges of general selectors (CONF-4, CONF-6), without read-your-writes (CONF-9),
 * of writes (CONF-1, CONF-10 to CONF-12), and the sizes that depend on them (LIM-5, LIM-6).
 */
#include "harness.h"
#include "words.h"

static plinth_database *db;

/* Runs the reads of a row as snapshot reads. */
static bool as_snapshot;

static const char *rows_of(plinth_transaction *tr, plinth_key_selector from, plinth_key_selector to, int32_t limit, bool reverse) {
    plinth_range_options options = range_options(limit, 0, as_snapshot, reverse);
    return scan(tr, from, to, &options);
}

static const char *rows_between(plinth_transaction *tr, bytes from, bytes to, int32_t limit, bool reverse) {
    return rows_of(tr, at_or_after(from), at_or_after(to), limit, reverse);
}

static void read_key(plinth_transaction *tr, bytes key, bytes want) {
    harness_value(tr, NULL, key, as_snapshot, want, "key", __FILE__, __LINE__);
}

/* ------------------------------------------------------------------ read conflict ranges over {b, d, f} */

static void get_absent(plinth_transaction *tr) {
    read_key(tr, B("c"), ABSENT);
}
static void whole_range(plinth_transaction *tr) {
    CHECK_TEXT(rows_between(tr, B("a"), B("g"), 0, false), "b=2 d=4 f=6");
}
static void limit_2(plinth_transaction *tr) {
    CHECK_TEXT(rows_between(tr, B("a"), B("g"), 2, false), "b=2 d=4 +");
}
static void limit_3(plinth_transaction *tr) {
    CHECK_TEXT(rows_between(tr, B("a"), B("g"), 3, false), "b=2 d=4 f=6 +");
}
static void limit_1_reverse(plinth_transaction *tr) {
    CHECK_TEXT(rows_between(tr, B("a"), B("g"), 1, true), "f=6 +");
}
static void inverted(plinth_transaction *tr) {
    CHECK_TEXT(rows_between(tr, B("e"), B("b"), 0, false), "");
}
static void set_then_range(plinth_transaction *tr) {
    CHECK_OK(tr_set(tr, B("d"), B("own")));
    CHECK_TEXT(rows_between(tr, B("a"), B("g"), 0, false), "b=2 d=own f=6");
}
static void clear_range_then_range(plinth_transaction *tr) {
    CHECK_OK(tr_clear_range(tr, B("c"), B("e")));
    CHECK_TEXT(rows_between(tr, B("a"), B("g"), 0, false), "b=2 f=6");
}
static void get_then_set(plinth_transaction *tr) {
    read_key(tr, B("d"), B("4"));
    CHECK_OK(tr_set(tr, B("d"), B("own")));
}
static void set_then_get(plinth_transaction *tr) {
    CHECK_OK(tr_set(tr, B("d"), B("own")));
    read_key(tr, B("d"), B("own"));
}
static void add_then_get(plinth_transaction *tr) {
    CHECK_OK(tr_add(tr, B("d"), B("\x01")));
    read_key(tr, B("d"), B("5"));
}
static void set_add_then_get(plinth_transaction *tr) {
    CHECK_OK(tr_set(tr, B("d"), B("7")));
    CHECK_OK(tr_add(tr, B("d"), B("\x01")));
    read_key(tr, B("d"), B("8"));
}
static void key_after_b(plinth_transaction *tr) {
    CHECK_TEXT(key_in(tr, NULL, selector(B("b"), true, 1), as_snapshot), "d");
}
static void key_before_d(plinth_transaction *tr) {
    CHECK_TEXT(key_in(tr, NULL, selector(B("d"), false, 0), as_snapshot), "b");
}
static void key_from_g(plinth_transaction *tr) {
    CHECK_TEXT(key_in(tr, NULL, selector(B("g"), false, 1), as_snapshot), "\\xff");
}
static void set_then_explicit(plinth_transaction *tr) {
    CHECK_OK(tr_set(tr, B("d"), B("own")));
    CHECK_OK(tr_read_conflict(tr, B("c"), B("e")));
}

static const struct {
    const char *name;
    void (*steps)(plinth_transaction *tr);
    const char *ranges;
    bool only_explicit;
} rows[] = {
    {"get(c)", get_absent, "[c,c\\x00)", false},
    {"get_range(a, g)", whole_range, "[a,g)", false},
    {"get_range(a, g) limit 2", limit_2, "[a,d\\x00)", false},
    {"get_range(a, g) limit 3", limit_3, "[a,f\\x00)", false},
    {"get_range(a, g) limit 1 reverse", limit_1_reverse, "[f,g)", false},
    {"get_range(e, b)", inverted, "", false},
    {"set(d); get_range(a, g)", set_then_range, "[a,d) [d\\x00,g)", false},
    {"clear_range(c, e); get_range(a, g)", clear_range_then_range, "[a,c) [e,g)", false},
    {"get(d); set(d)", get_then_set, "[d,d\\x00)", false},
    {"set(d); get(d)", set_then_get, "", false},
    {"ADD(d); get(d)", add_then_get, "[d,d\\x00)", false},
    {"set(d); ADD(d); get(d)", set_add_then_get, "", false},
    {"get_key(b,1,1)", key_after_b, "[b\\x00,d\\x00)", false},
    {"get_key(d,0,0)", key_before_d, "[b,d)", false},
    {"get_key(g,0,1)", key_from_g, "[g,\\xff\\x00)", false},
    {"set(d); add_conflict_range(READ, c, e)", set_then_explicit, "[c,d) [d\\x00,e)", true},
};

static void check_row(size_t i) {
    plinth_transaction *tr = seeded(db);
    const char *want = as_snapshot && !rows[i].only_explicit ? "" : rows[i].ranges, *got;
    rows[i].steps(tr);
    got = ranges_in(tr, NULL, READ_CONFLICTS);
    harness_count(strcmp(got, want) == 0, __FILE__, __LINE__, "%s%s: is %s, expected %s", rows[i].name,
                  as_snapshot ? " (snapshot)" : "", got, want);
    destroy(tr);
}

/* Section 19, read conflict ranges, every row but the watch. (CONF-2, CONF-3, CONF-4, CONF-5, CONF-10, RNG-2, RNG-11, SEL-6, GET-2, SPEC-4) */
static void the_read_conflict_vectors_hold_exactly(void) {
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_row(i);
    }
}

/* Section 19, the last row: any of these as a snapshot read leaves nothing. (CONF-7, GET-2) */
static void the_same_as_snapshot_reads_leave_nothing(void) {
    as_snapshot = true;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_row(i);
    }
    as_snapshot = false;
}

/* ------------------------------------------------------------------ single keys by selector, CONF-4 */

/* offset <= 0 adds [found, key'), offset > 0 adds [key', found\0), where key' is key\0 if or_equal. (CONF-4, SEL-3, SEL-6) */
static void get_key_leaves_the_range_between_key_and_result(void) {
    static const struct {
        bytes key;
        bool or_equal;
        int32_t offset;
        const char *found, *ranges;
    } cases[] = {
        {L("d"), false, 1, "d", "[d,d\\x00)"},
        {L("d"), true, 0, "d", "[d,d\\x00)"},
        {L("c"), false, 1, "d", "[c,d\\x00)"},
        {L("c"), true, 1, "d", "[c\\x00,d\\x00)"},
        {L("c"), false, 0, "b", "[b,c)"},
        {L("c"), true, 0, "b", "[b,c\\x00)"},
        {L("d"), false, 2, "f", "[d,f\\x00)"},
        {L("d"), false, 3, "\\xff", "[d,\\xff\\x00)"},
        {L("d"), false, 1000, "\\xff", "[d,\\xff\\x00)"},
        {L("d"), false, -1, "", "[,d)"},
        {L("d"), false, -1000, "", "[,d)"},
        {L("f"), false, -1, "b", "[b,f)"},
        {L("f"), true, -2, "b", "[b,f\\x00)"},
        {L("f"), true, -3, "", "[,f\\x00)"},
        {L("b"), false, 0, "", "[,b)"},
        {L(""), false, 0, "", ""},
        {L(""), true, 0, "", "[,\\x00)"},
        {L(""), false, 1, "b", "[,b\\x00)"},
        {L("\xff"), false, 0, "f", "[f,\\xff)"},
        {L("\xff"), true, 0, "f", "[f,\\xff\\x00)"},
        {L("\xff"), false, 1, "\\xff", "[\\xff,\\xff\\x00)"},
        {L("\xff"), true, 1, "\\xff", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        plinth_transaction *tr = seeded(db);
        CHECK_TEXT(key_of_selector(tr, cases[i].key, cases[i].or_equal, cases[i].offset), cases[i].found);
        CHECK_READ_CONFLICTS(tr, cases[i].ranges);
        destroy(tr);
    }
}

/* With system keys the space ends at \xff\xff, which is its own successor there. (CONF-4, SEL-3, DATA-4) */
static void get_key_of_system_keys_ends_at_ff_ff(void) {
    plinth_transaction *tr = seeded(db);
    CHECK_OK(tr_option(tr, PLINTH_OPTION_READ_SYSTEM_KEYS));
    CHECK_TEXT(key_of_selector(tr, B("g"), false, 1), "\\xff\\xff");
    /* The pair of the end lies outside of what can be asked for. */
    CHECK_TEXT(ranges_in(tr, NULL, READ_CONFLICTS), "[g");
    destroy(tr);
}

/* ------------------------------------------------------------------ general selectors, CONF-6 */

static const struct general {
    plinth_key_selector from, to;
    int32_t limit;
    bool reverse;
    const char *rows, *ranges;
} general[] = {
#define S(key, or_equal, offset) {(const uint8_t *)(key), sizeof(key) - 1, (or_equal), (offset)}
    {S("d", false, 0), S("d", true, 1), 0, false, "b=2 d=4", "[b,d\\x00)"},
    {S("a", false, 2), S("a", false, 4), 0, false, "d=4 f=6", "[a,\\xff)"},
    {S("g", false, -5), S("g", false, 5), 0, false, "b=2 d=4 f=6", "[,\\xff)"},
    {S("d", false, 0), S("d", true, 2), 1, false, "b=2 +", "[b,d)"},
    {S("d", false, 0), S("d", true, 1), 1, true, "d=4 +", "[d,d\\x00)"},
    {S("d", false, 0), S("d", true, 1), 0, true, "d=4 b=2", "[b,d\\x00)"},
    {S("b", false, 2), S("f", false, 1), 0, false, "d=4", "[b,f)"},
    {S("b", false, 2), S("g", false, 1), 0, false, "d=4 f=6", "[b,\\xff)"},
    {S("b", false, 1), S("a", false, 3), 0, false, "b=2 d=4", "[a,d\\x00)"},
    {S("d", false, 1), S("f", false, 0), 0, false, "", "[d,f)"},
    {S("f", false, -1), S("f", false, 1), 0, false, "b=2 d=4", "[b,f)"},
    {S("b", false, 0), S("e", false, 1), 0, false, "b=2 d=4", "[,e)"},
    {S("b", false, 0), S("e", false, 1), 1, true, "d=4 +", "[d,e)"},
    {S("c", true, 0), S("z", false, 1), 2, false, "b=2 d=4 +", "[b,d\\x00)"},
    {S("e", false, 1), S("g", false, 2), 0, false, "f=6", "[e,\\xff)"},
};

/* CONF-6 step by step, for both directions, with limits and off both ends. (CONF-6, RNG-1, RNG-11) */
static void ranges_of_general_selectors_hold_exactly(void) {
    for (size_t i = 0; i < sizeof general / sizeof general[0]; i++) {
        plinth_transaction *tr = seeded(db);
        const char *got;
        CHECK_TEXT(rows_of(tr, general[i].from, general[i].to, general[i].limit, general[i].reverse), general[i].rows);
        got = ranges_in(tr, NULL, READ_CONFLICTS);
        harness_count(strcmp(got, general[i].ranges) == 0, __FILE__, __LINE__, "general selectors %zu (%s): is %s, expected %s", i,
                      general[i].rows, got, general[i].ranges);
        destroy(tr);
    }
}

/* Ends written with or_equal are plain bounds too; each limit and direction of CONF-5. (CONF-5, SEL-4) */
static void plain_bounds_may_be_exclusive(void) {
    static const struct general plain[] = {
        {S("b", true, 1), S("f", true, 1), 0, false, "d=4 f=6", "[b\\x00,f\\x00)"},
        {S("b", true, 1), S("f", true, 1), 1, false, "d=4 +", "[b\\x00,d\\x00)"},
        {S("b", true, 1), S("f", true, 1), 1, true, "f=6 +", "[f,f\\x00)"},
        {S("b", true, 1), S("f", true, 1), 2, true, "f=6 d=4 +", "[d,f\\x00)"},
        {S("b", true, 1), S("f", true, 1), 3, true, "f=6 d=4", "[b\\x00,f\\x00)"},
        {S("g", false, 1), S("p", false, 1), 5, false, "", "[g,p)"},
        {S("g", false, 1), S("p", false, 1), 5, true, "", "[g,p)"},
        {S("d", true, 1), S("d", true, 1), 0, false, "", ""},
    };
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        plinth_transaction *tr = seeded(db);
        CHECK_TEXT(rows_of(tr, plain[i].from, plain[i].to, plain[i].limit, plain[i].reverse), plain[i].rows);
        CHECK_READ_CONFLICTS(tr, plain[i].ranges);
        destroy(tr);
    }
}

/* ------------------------------------------------------------------ own writes and what is read */

/* Ranges that touch or overlap are shown as one, and nothing that was added is taken away by a later write. (CONF-3, SPEC-4) */
static void added_ranges_join_and_stay(void) {
    plinth_transaction *tr = seeded(db);
    CHECK_VALUE(tr, B("b"), B("2"));
    CHECK_TEXT(rows_between(tr, B("b\0"), B("d"), 0, false), "");
    CHECK_READ_CONFLICTS(tr, "[b,d)");
    CHECK_OK(tr_clear_range(tr, B("a"), B("z")));
    CHECK_OK(tr_set(tr, B("c"), B("own")));
    CHECK_TEXT(rows_between(tr, B("a"), B("g"), 0, false), "c=own");
    CHECK_READ_CONFLICTS(tr, "[b,d)");
    CHECK_VALUE(tr, B(""), ABSENT);
    CHECK_OK(tr_read_conflict(tr, B("z"), B("\xff")));
    CHECK_READ_CONFLICTS(tr, "[,\\x00) [b,d) [z,\\xff)");
    destroy(tr);
}

/* RYW-13: what the transaction cleared is read without the database and without a conflict. (RYW-13, CONF-3) */
static void reads_inside_an_own_cleared_range_leave_nothing(void) {
    plinth_transaction *tr = begin(db);
    CHECK_OK(plinth_transaction_set_read_version(tr, 1));
    CHECK_OK(tr_clear_range(tr, B("a"), B("g")));
    CHECK_VALUE(tr, B("d"), ABSENT);
    CHECK_TEXT(rows_between(tr, B("b"), B("f"), 0, false), "");
    CHECK_TEXT(rows_between(tr, B("b"), B("f"), 1, true), "");
    CHECK_READ_CONFLICTS(tr, "");
    destroy(tr);
}

/* CONF-10: read ranges lose what was written before, write ranges are whole, empty ones are none. (CONF-10) */
static void explicit_ranges_are_shown_as_given(void) {
    plinth_transaction *tr = begin(db);
    CHECK_OK(tr_read_conflict(tr, B("p"), B("p")));
    CHECK_OK(tr_write_conflict(tr, B("p"), B("p")));
    CHECK_READ_CONFLICTS(tr, "");
    CHECK_WRITE_CONFLICTS(tr, "");
    CHECK_CODE(tr_read_conflict(tr, B("e"), B("c")), PLINTH_ERROR_INVERTED_RANGE);
    CHECK_CODE(tr_write_conflict(tr, B("e"), B("c")), PLINTH_ERROR_INVERTED_RANGE);
    CHECK_OK(tr_set(tr, B("d"), B("own")));
    CHECK_OK(tr_add(tr, B("c5"), B("\x01")));
    CHECK_OK(tr_read_conflict(tr, B("c"), B("e")));
    CHECK_OK(tr_write_conflict(tr, B("c"), B("e")));
    CHECK_OK(tr_read_conflict(tr, B(""), B("a")));
    CHECK_READ_CONFLICTS(tr, "[,a) [c,d) [d\\x00,e)");
    CHECK_WRITE_CONFLICTS(tr, "[c,e)");
    destroy(tr);
}

/* CONF-1: what each kind of write adds, and that none of them adds a read. (CONF-1) */
static void writes_leave_exactly_their_ranges(void) {
    plinth_transaction *tr = begin(db);
    CHECK_OK(tr_set(tr, B("s"), B("v")));
    CHECK_OK(tr_clear(tr, B("c")));
    CHECK_OK(tr_add(tr, B("m"), B("\x01")));
    CHECK_OK(tr_clear_range(tr, B("e"), B("g")));
    CHECK_OK(tr_clear_range(tr, B("z"), B("z")));
    CHECK_OK(tr_stamped_value(tr, B("x"), B("0123456789"), 0));
    CHECK_WRITE_CONFLICTS(tr, "[c,c\\x00) [e,g) [m,m\\x00) [s,s\\x00) [x,x\\x00)");
    CHECK_READ_CONFLICTS(tr, "");
    destroy(tr);
}

/* ------------------------------------------------------------------ without read-your-writes, CONF-9 */

/* Reads leave their whole ranges, own writes or not; get at once, even if it fails. (CONF-9, RYW-7) */
static void without_read_your_writes_nothing_is_cut_out(void) {
    static const struct {
        int32_t limit;
        bool reverse;
        const char *rows, *ranges;
    } plain[] = {{0, false, "b=2 d=4 f=6", "[a,g)"},     {2, false, "b=2 d=4 +", "[a,d\\x00)"}, {3, false, "b=2 d=4 f=6 +", "[a,f\\x00)"},
                 {0, true, "f=6 d=4 b=2", "[a,g)"},      {1, true, "f=6 +", "[f,g)"},           {4, true, "f=6 d=4 b=2", "[a,g)"}};
    plinth_transaction *tr = seeded(db);
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        CHECK_OK(plinth_transaction_reset(tr));
        CHECK_OK(tr_option(tr, PLINTH_OPTION_READ_YOUR_WRITES_DISABLE));
        CHECK_OK(tr_set(tr, B("d"), B("own")));
        CHECK_OK(tr_clear_range(tr, B("a"), B("c")));
        CHECK_TEXT(rows_between(tr, B("a"), B("g"), plain[i].limit, plain[i].reverse), plain[i].rows);
        CHECK_READ_CONFLICTS(tr, plain[i].ranges);
    }
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_OK(tr_option(tr, PLINTH_OPTION_READ_YOUR_WRITES_DISABLE));
    CHECK_OK(tr_set(tr, B("d"), B("own")));
    CHECK_VALUE(tr, B("d"), B("4"));
    CHECK_TEXT(key_of_selector(tr, B("e"), false, 0), "d");
    CHECK_TEXT(key_of_selector(tr, B("e"), false, 1), "f");
    CHECK_READ_CONFLICTS(tr, "[d,f\\x00)");
    CHECK_OK(tr_set(tr, B("h"), B("own")));
    CHECK_OK(tr_read_conflict(tr, B("g"), B("i")));
    CHECK_READ_CONFLICTS(tr, "[d,f\\x00) [g,i)");
    destroy(tr);
}

/* A get that fails has left its range; a range read and a get_key that fail have not. (CONF-9, CONF-7) */
static void without_read_your_writes_a_get_that_fails_leaves_its_range(void) {
    plinth_transaction *tr = begin(db);
    CHECK_OK(tr_option(tr, PLINTH_OPTION_READ_YOUR_WRITES_DISABLE));
    CHECK_OK(plinth_transaction_set_read_version(tr, 1));
    CHECK_CODE(tr_touch(tr, B("d")), PLINTH_ERROR_TRANSACTION_TOO_OLD);
    CHECK_TEXT(rows_between(tr, B("m"), B("n"), 0, false), "error 1007");
    CHECK_TEXT(key_of_selector(tr, B("p"), false, 1), "error 1007");
    CHECK_READ_CONFLICTS(tr, "[d,d\\x00)");
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_OK(plinth_transaction_set_read_version(tr, 1));
    CHECK_CODE(tr_touch(tr, B("d")), PLINTH_ERROR_TRANSACTION_TOO_OLD);
    CHECK_READ_CONFLICTS(tr, "");
    destroy(tr);
}

/* ------------------------------------------------------------------ the next write without a range, CONF-11 */

static plinth_error quiet(plinth_transaction *tr) {
    return tr_option(tr, PLINTH_OPTION_NEXT_WRITE_NO_WRITE_CONFLICT_RANGE);
}

/* Each kind of write uses it up, and the write after it has its range again. (CONF-11) */
static void the_option_goes_for_one_write(void) {
    plinth_transaction *tr = begin(db);
    CHECK_OK(quiet(tr));
    CHECK_OK(tr_set(tr, B("a"), B("v")));
    CHECK_WRITE_CONFLICTS(tr, "");
    CHECK_OK(tr_set(tr, B("b"), B("v")));
    CHECK_OK(quiet(tr));
    CHECK_OK(tr_clear(tr, B("c")));
    CHECK_OK(quiet(tr));
    CHECK_OK(tr_clear_range(tr, B("d"), B("e")));
    CHECK_OK(quiet(tr));
    CHECK_OK(tr_add(tr, B("f"), B("\x01")));
    CHECK_OK(quiet(tr));
    CHECK_OK(tr_stamped_value(tr, B("g"), B("0123456789"), 0));
    CHECK_WRITE_CONFLICTS(tr, "[b,b\\x00)");
    CHECK_OK(tr_add(tr, B("h"), B("\x01")));
    CHECK_WRITE_CONFLICTS(tr, "[b,b\\x00) [h,h\\x00)");
    /* Set twice, it still goes for one. */
    CHECK_OK(quiet(tr));
    CHECK_OK(quiet(tr));
    CHECK_OK(tr_set(tr, B("i"), B("v")));
    CHECK_OK(tr_set(tr, B("j"), B("v")));
    CHECK_WRITE_CONFLICTS(tr, "[b,b\\x00) [h,h\\x00) [j,j\\x00)");
    destroy(tr);
}

/* An explicit range is no write; reads are none either. (CONF-11, CONF-10) */
static void only_a_write_uses_the_option_up(void) {
    plinth_transaction *tr = begin(db);
    CHECK_OK(quiet(tr));
    CHECK_OK(tr_write_conflict(tr, B("w"), B("x")));
    CHECK_OK(tr_touch(tr, B("a")));
    CHECK_OK(tr_set(tr, B("a"), B("v")));
    CHECK_WRITE_CONFLICTS(tr, "[w,x)");
    destroy(tr);
}

/* A range that an earlier write left on the key stays; a later write of the key adds one. (CONF-11) */
static void ranges_of_other_writes_of_the_key_stay(void) {
    plinth_transaction *tr = begin(db);
    CHECK_OK(tr_set(tr, B("a"), B("v")));
    CHECK_OK(quiet(tr));
    CHECK_OK(tr_set(tr, B("a"), B("w")));
    CHECK_WRITE_CONFLICTS(tr, "[a,a\\x00)");
    CHECK_OK(quiet(tr));
    CHECK_OK(tr_clear_range(tr, B("a"), B("c")));
    CHECK_WRITE_CONFLICTS(tr, "[a,a\\x00)");
    CHECK_OK(tr_set(tr, B("b"), B("v")));
    CHECK_WRITE_CONFLICTS(tr, "[a,a\\x00) [b,b\\x00)");
    destroy(tr);
}

/* A call that is refused, in each way that one can be. */
static void refused_write(plinth_transaction *tr, int way) {
    static uint8_t large[100001];
    switch (way) {
    case 0:
        CHECK_CODE(tr_set(tr, B("\xff"), B("v")), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
        break;
    case 1:
        CHECK_CODE(tr_clear(tr, B("\xff")), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
        break;
    case 2:
        CHECK_CODE(tr_clear_range(tr, B("a"), B("\xff\0")), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
        break;
    case 3:
        CHECK_CODE(tr_clear_range(tr, B("b"), B("a")), PLINTH_ERROR_INVERTED_RANGE);
        break;
    case 4:
        CHECK_CODE(tr_set(tr, bytes_of(large, 10001), B("v")), PLINTH_ERROR_KEY_TOO_LARGE);
        break;
    case 5:
        CHECK_CODE(tr_add(tr, B("a"), bytes_of(large, 100001)), PLINTH_ERROR_VALUE_TOO_LARGE);
        break;
    case 6:
        CHECK_CODE(tr_atomic(tr, 99, B("a"), B("v")), PLINTH_ERROR_INVALID_MUTATION_TYPE);
        break;
    default:
        CHECK_CODE(tr_stamped_value(tr, B("a"), B("short"), 0), PLINTH_ERROR_CLIENT_INVALID_OPERATION);
    }
}

/* A write that is refused uses it up as well. (CONF-11) */
static void a_refused_write_uses_the_option_up(void) {
    for (int way = 0; way < 8; way++) {
        plinth_transaction *tr = begin(db);
        char name[32];
        snprintf(name, sizeof name, "after refused write %d", way);
        CHECK_OK(quiet(tr));
        refused_write(tr, way);
        CHECK_OK(tr_set(tr, B("a"), B("v")));
        harness_text(ranges_in(tr, NULL, WRITE_CONFLICTS), "[a,a\\x00)", name, __FILE__, __LINE__);
        destroy(tr);
    }
}

static void set_in_another_thread(long number, void *user) {
    (void)number;
    CHECK_OK(tr_set((plinth_transaction *)user, B("a"), B("v")));
}

/* So does a write of any thread. (CONF-11, TX-2) */
static void a_write_of_another_thread_uses_the_option_up(void) {
    plinth_transaction *tr = begin(db);
    CHECK_OK(quiet(tr));
    in_threads(1, set_in_another_thread, tr);
    CHECK_WRITE_CONFLICTS(tr, "");
    CHECK_OK(tr_set(tr, B("b"), B("v")));
    CHECK_WRITE_CONFLICTS(tr, "[b,b\\x00)");
    destroy(tr);
}

/* A stamped key has its range whatever the option says, and uses it up. (CONF-11, CONF-1) */
static void a_stamped_key_always_has_its_range(void) {
    plinth_transaction *tr = begin(db), *reader = begin(db);
    empty(db);
    CHECK_TEXT(rows_between(reader, B("log/"), B("log0"), 0, false), "");
    CHECK_OK(tr_set(reader, B("mine"), B("1")));
    CHECK_OK(quiet(tr));
    CHECK_OK(tr_stamped_key(tr, B("log/0123456789"), 4, B("v")));
    CHECK_OK(tr_set(tr, B("b"), B("v")));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_CODE(plinth_transaction_commit(reader), PLINTH_ERROR_NOT_COMMITTED);
    CHECK(strstr(ranges_in(tr, NULL, WRITE_CONFLICTS), "[b,b\\x00) [log/") != NULL);
    destroy(tr);
    destroy(reader);
}

/* CONF-12: such a write is a write like others, but readers do not conflict with it, and their snapshots hold. (CONF-12, COM-2, VER-12) */
static void a_write_without_range_applies_and_disturbs_no_reader(void) {
    plinth_transaction *tr = begin(db), *reader = seeded(db);
    CHECK_TEXT(rows_between(reader, B("a"), B("g"), 0, false), "b=2 d=4 f=6");
    CHECK_OK(quiet(tr));
    CHECK_OK(tr_set(tr, B("d"), B("quiet")));
    CHECK_OK(quiet(tr));
    CHECK_OK(tr_clear_range(tr, B("e"), B("g")));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK(committed_version_of(tr) > 0);
    CHECK_TEXT(rows_between(reader, B("a"), B("g"), 0, false), "b=2 d=4 f=6");
    CHECK_OK(tr_set(reader, B("mine"), B("1")));
    CHECK_OK(plinth_transaction_commit(reader));
    CHECK_OK(plinth_transaction_reset(reader));
    CHECK_TEXT(rows_between(reader, B("a"), B("g"), 0, false), "b=2 d=quiet");
    destroy(tr);
    destroy(reader);
}

/* Blind clears of a range, one small and one large, also take what was set without a range meanwhile. (CONF-12, COM-9) */
static void a_blind_clear_takes_what_was_set_without_a_range(void) {
    for (int large = 0; large < 2; large++) {
        plinth_transaction *clears = begin(db), *tr = begin(db);
        empty(db);
        for (int i = 0; i < (large ? 500 : 2); i++) {
            char text[16];
            size_t len = (size_t)snprintf(text, sizeof text, "m/%04d", i);
            CHECK_OK(tr_set(tr, bytes_of(text, len), B("v")));
        }
        CHECK_OK(plinth_transaction_commit(tr));
        CHECK_OK(plinth_transaction_reset(tr));
        CHECK_OK(tr_clear_range(clears, B("m/"), B("m0")));
        CHECK_OK(quiet(tr));
        CHECK_OK(tr_set(tr, B("m/quiet"), B("v")));
        CHECK_OK(quiet(tr));
        CHECK_OK(tr_add(tr, B("m/added"), B("\x01")));
        CHECK_OK(plinth_transaction_commit(tr));
        CHECK_OK(plinth_transaction_commit(clears));
        CHECK_OK(plinth_transaction_reset(tr));
        CHECK_TEXT(rows_between(tr, B("m"), B("n"), 5, false), "");
        destroy(tr);
        destroy(clears);
    }
}

/* ------------------------------------------------------------------ the life cycle */

/* Makes the commit of `tr` fail with 1020. */
static void fail_commit(plinth_transaction *tr) {
    CHECK_OK(tr_touch(tr, B("guard")));
    CHECK_OK(tr_set(tr, B("doomed"), B("1")));
    put(db, B("guard"), B("changed"));
    CHECK_CODE(plinth_transaction_commit(tr), PLINTH_ERROR_NOT_COMMITTED);
}

/* Section 19, life cycle: commit ok, then calls. (COM-3, COM-10, COM-11, TX-1, TX-3) */
static void life_after_a_commit(void) {
    plinth_transaction *tr = begin(db);
    int64_t version = read_version_of(tr), got = 0;
    CHECK_OK(tr_set(tr, B("x"), B("v")));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_INT(read_version_of(tr), version);
    CHECK(committed_version_of(tr) > version);
    CHECK_CODE(tr_touch(tr, B("x")), PLINTH_ERROR_USED_DURING_COMMIT);
    CHECK_CODE(plinth_transaction_get_read_version(tr, &got), PLINTH_ERROR_USED_DURING_COMMIT);
    CHECK(committed_version_of(tr) > version);
    destroy(tr);
}

/* commit gave 1020, then a get, then on_error. (COM-3, ERRH-4) */
static void a_use_between_a_failed_commit_and_on_error(void) {
    plinth_transaction *tr = begin(db);
    fail_commit(tr);
    CHECK_CODE(tr_touch(tr, B("x")), PLINTH_ERROR_USED_DURING_COMMIT);
    CHECK_CODE(plinth_transaction_on_error(tr, PLINTH_ERROR_NOT_COMMITTED), PLINTH_ERROR_USED_DURING_COMMIT);
    destroy(tr);
}

/* commit gave 1020, then on_error: writes gone, option 502 kept, option 601 gone. (ERRH-1, ERRH-6, OPT-4, RYW-6) */
static void on_error_after_a_conflict_begins_anew(void) {
    plinth_transaction *tr = begin(db);
    double start;
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_MAX_RETRY_DELAY, 0));
    CHECK_OK(tr_option(tr, PLINTH_OPTION_SNAPSHOT_RYW_DISABLE));
    fail_commit(tr);
    CHECK_OK(plinth_transaction_on_error(tr, PLINTH_ERROR_NOT_COMMITTED));
    CHECK_VALUE(tr, B("doomed"), ABSENT);
    CHECK_OK(tr_set(tr, B("doomed"), B("own")));
    CHECK_SNAPSHOT(tr, B("doomed"), B("own"));
    /* With a maximum delay of 0 only the first wait takes time; otherwise these would take minutes. */
    start = now_ms();
    for (int i = 0; i < 300; i++) {
        CHECK_OK(plinth_transaction_on_error(tr, PLINTH_ERROR_NOT_COMMITTED));
    }
    CHECK(now_ms() - start < 60000);
    destroy(tr);
}

/* cancel, get, on_error, reset, get. (RST-1, RST-2, TX-3, ERRH-4) */
static void life_after_a_cancel(void) {
    plinth_transaction *tr = begin(db);
    CHECK_OK(plinth_transaction_cancel(tr));
    CHECK_CODE(tr_touch(tr, B("x")), PLINTH_ERROR_TRANSACTION_CANCELLED);
    CHECK_CODE(plinth_transaction_on_error(tr, PLINTH_ERROR_NOT_COMMITTED), PLINTH_ERROR_TRANSACTION_CANCELLED);
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_OK(tr_touch(tr, B("x")));
    destroy(tr);
}

/* on_error(2004), get. (ERRH-5) */
static void life_after_an_error_that_is_not_retried(void) {
    plinth_transaction *tr = begin(db);
    CHECK_CODE(plinth_transaction_on_error(tr, PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
    CHECK_CODE(tr_touch(tr, B("x")), PLINTH_ERROR_TRANSACTION_CANCELLED);
    destroy(tr);
}

/* set_read_version(1), get, set, commit; and set_read_version(0), here an error of the call itself. (VER-6, VER-7, VER-8, COM-4) */
static void life_at_an_old_version(void) {
    plinth_transaction *tr = begin(db);
    CHECK_OK(plinth_transaction_set_read_version(tr, 1));
    CHECK_CODE(tr_touch(tr, B("x")), PLINTH_ERROR_TRANSACTION_TOO_OLD);
    CHECK_OK(tr_set(tr, B("x"), B("v")));
    CHECK_CODE(plinth_transaction_commit(tr), PLINTH_ERROR_TRANSACTION_TOO_OLD);
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_CODE(plinth_transaction_set_read_version(tr, 0), PLINTH_ERROR_VERSION_INVALID);
    CHECK_OK(tr_touch(tr, B("x")));
    destroy(tr);
}

/* Errors that another ABI would hold back: here the call has them and nothing else does. (LIM-1, LIM-4, OPT-2, DATA-6) */
static void an_error_belongs_to_its_call_alone(void) {
    static uint8_t long_key[10001];
    plinth_transaction *tr = begin(db);
    CHECK_CODE(tr_set(tr, bytes_of(long_key, 10001), B("v")), PLINTH_ERROR_KEY_TOO_LARGE);
    CHECK_OK(tr_touch(tr, B("x")));
    CHECK_CODE(plinth_transaction_set_option(tr, PLINTH_OPTION_SIZE_LIMIT, 31), PLINTH_ERROR_INVALID_OPTION_VALUE);
    CHECK_OK(tr_set(tr, B("x"), B("v")));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK(committed_version_of(tr) > 0);
    destroy(tr);
}

/* retry limit 1, on_error twice. (ERRH-3, ERRH-5) */
static void life_with_a_retry_limit(void) {
    plinth_transaction *tr = begin(db);
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_RETRY_LIMIT, 1));
    CHECK_OK(plinth_transaction_on_error(tr, PLINTH_ERROR_NOT_COMMITTED));
    CHECK_CODE(plinth_transaction_on_error(tr, PLINTH_ERROR_NOT_COMMITTED), PLINTH_ERROR_NOT_COMMITTED);
    CHECK_CODE(tr_touch(tr, B("x")), PLINTH_ERROR_TRANSACTION_CANCELLED);
    destroy(tr);
}

/* get, commit, get_versionstamp. (COM-1, COM-12) */
static void a_read_only_commit_has_no_stamp(void) {
    plinth_transaction *tr = begin(db);
    stamp got;
    CHECK_OK(tr_touch(tr, B("x")));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_CODE(plinth_transaction_get_versionstamp(tr, got.data), PLINTH_ERROR_NO_COMMIT_VERSION);
    CHECK_INT(committed_version_of(tr), -1);
    destroy(tr);
}

/* SET_VERSIONSTAMPED_VALUE with get, with set and get, with clear and get. (RYW-8, RYW-9, COM-4) */
static void life_with_a_stamped_value(void) {
    plinth_transaction *tr = begin(db);
    CHECK_OK(tr_stamped_value(tr, B("k"), B("0123456789"), 0));
    CHECK_CODE(tr_touch(tr, B("k")), PLINTH_ERROR_ACCESSED_UNREADABLE);
    CHECK_CODE(plinth_transaction_commit(tr), PLINTH_ERROR_ACCESSED_UNREADABLE);
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_OK(tr_stamped_value(tr, B("k"), B("0123456789"), 0));
    CHECK_OK(tr_set(tr, B("k"), B("v")));
    CHECK_CODE(tr_touch(tr, B("k")), PLINTH_ERROR_ACCESSED_UNREADABLE);
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_OK(tr_stamped_value(tr, B("k"), B("0123456789"), 0));
    CHECK_OK(tr_clear(tr, B("k")));
    CHECK_VALUE(tr, B("k"), ABSENT);
    destroy(tr);
}

/* ------------------------------------------------------------------ sizes */

#define H 28
#define R 24

static void one_add(plinth_transaction *tr) {
    CHECK_OK(tr_add(tr, B("key"), B("operand")));
}
static void one_stamped_value(plinth_transaction *tr) {
    CHECK_OK(tr_stamped_value(tr, B("key"), B("0123456789"), 0));
}
static void quiet_set(plinth_transaction *tr) {
    CHECK_OK(quiet(tr));
    CHECK_OK(tr_set(tr, B("key"), B("value")));
}
static void set_then_add(plinth_transaction *tr) {
    CHECK_OK(tr_set(tr, B("key"), B("a value that is changed by what follows")));
    CHECK_OK(tr_add(tr, B("key"), B("\x01")));
}
static void add_then_set(plinth_transaction *tr) {
    CHECK_OK(tr_add(tr, B("key"), B("an operand that is overwritten")));
    CHECK_OK(tr_set(tr, B("key"), B("v")));
}
static void add_then_clear(plinth_transaction *tr) {
    CHECK_OK(tr_add(tr, B("key"), B("an operand that is cleared")));
    CHECK_OK(tr_clear(tr, B("key")));
}
static void read_an_add(plinth_transaction *tr) {
    CHECK_OK(tr_add(tr, B("key"), B("12")));
    CHECK_OK(tr_touch(tr, B("key")));
}

/* Whether a transaction with these writes commits at a size limit of `size` and not one below. */
static void expect_size(void (*steps)(plinth_transaction *tr), bool own_writes, int64_t size, const char *name, int line) {
    plinth_transaction *tr = begin(db);
    plinth_error got[2];
    for (int below = 0; below < 2; below++) {
        CHECK_OK(plinth_transaction_reset(tr));
        CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_SIZE_LIMIT, size - below));
        if (!own_writes) {
            CHECK_OK(tr_option(tr, PLINTH_OPTION_READ_YOUR_WRITES_DISABLE));
        }
        steps(tr);
        got[below] = plinth_transaction_commit(tr);
    }
    harness_count(got[0] == 0 && got[1] == PLINTH_ERROR_TRANSACTION_TOO_LARGE, __FILE__, line,
                  "%s: a size of %" PRId64 " commits with %d, one below with %d", name, size, (int)got[0], (int)got[1]);
    destroy(tr);
}

#define EXPECT_SIZE(steps, size) expect_size((steps), true, (size), #steps, __LINE__)

/* Atomic operations count like sets, and what an own write made moot does not count. (LIM-5, LIM-4) */
static void the_size_counts_atomic_operations(void) {
    int64_t key_range = R + 3 + 4;
    EXPECT_SIZE(one_add, H + 3 + 7 + key_range);
    EXPECT_SIZE(one_stamped_value, H + 3 + 14 + key_range);
    EXPECT_SIZE(quiet_set, H + 3 + 5);
    EXPECT_SIZE(set_then_add, H + 3 + 1 + key_range);
    EXPECT_SIZE(add_then_set, H + 3 + 1 + key_range);
    EXPECT_SIZE(add_then_clear, H + 3 + 4 + key_range);
    EXPECT_SIZE(read_an_add, H + 3 + 2 + key_range + key_range);
}

static void range_and_set(plinth_transaction *tr) {
    CHECK_TEXT(scan_keys(tr, B("p"), B("qq")), "");
    CHECK_OK(tr_set(tr, B("key"), B("value")));
}
static void get_key_and_set(plinth_transaction *tr) {
    CHECK_TEXT(key_of_selector(tr, B("p"), false, 1), "\\xff");
    CHECK_OK(tr_set(tr, B("key"), B("value")));
}
static void get_and_set(plinth_transaction *tr) {
    CHECK_OK(tr_touch(tr, B("read")));
    CHECK_OK(tr_set(tr, B("key"), B("value")));
}

/* LIM-6: without read-your-writes the ranges of range reads and get_key do not count, the one of get does. (LIM-6) */
static void without_read_your_writes_range_reads_do_not_count(void) {
    int64_t set_size = H + 3 + 5 + R + 3 + 4;
    empty(db);
    expect_size(range_and_set, true, set_size + R + 1 + 2, "range_and_set", __LINE__);
    expect_size(range_and_set, false, set_size, "range_and_set without own writes", __LINE__);
    expect_size(get_key_and_set, true, set_size + R + 1 + 2, "get_key_and_set", __LINE__);
    expect_size(get_key_and_set, false, set_size, "get_key_and_set without own writes", __LINE__);
    expect_size(get_and_set, false, set_size + R + 4 + 5, "get_and_set without own writes", __LINE__);
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    db = open_memory();
    RUN(the_read_conflict_vectors_hold_exactly);
    RUN(the_same_as_snapshot_reads_leave_nothing);
    RUN(get_key_leaves_the_range_between_key_and_result);
    RUN(get_key_of_system_keys_ends_at_ff_ff);
    RUN(ranges_of_general_selectors_hold_exactly);
    RUN(plain_bounds_may_be_exclusive);
    RUN(added_ranges_join_and_stay);
    RUN(reads_inside_an_own_cleared_range_leave_nothing);
    RUN(explicit_ranges_are_shown_as_given);
    RUN(writes_leave_exactly_their_ranges);
    RUN(without_read_your_writes_nothing_is_cut_out);
    RUN(without_read_your_writes_a_get_that_fails_leaves_its_range);
    RUN(the_option_goes_for_one_write);
    RUN(only_a_write_uses_the_option_up);
    RUN(ranges_of_other_writes_of_the_key_stay);
    RUN(a_refused_write_uses_the_option_up);
    RUN(a_write_of_another_thread_uses_the_option_up);
    RUN(a_stamped_key_always_has_its_range);
    RUN(a_write_without_range_applies_and_disturbs_no_reader);
    RUN(a_blind_clear_takes_what_was_set_without_a_range);
    RUN(life_after_a_commit);
    RUN(a_use_between_a_failed_commit_and_on_error);
    RUN(on_error_after_a_conflict_begins_anew);
    RUN(life_after_a_cancel);
    RUN(life_after_an_error_that_is_not_retried);
    RUN(life_at_an_old_version);
    RUN(an_error_belongs_to_its_call_alone);
    RUN(life_with_a_retry_limit);
    RUN(a_read_only_commit_has_no_stamp);
    RUN(life_with_a_stamped_value);
    RUN(the_size_counts_atomic_operations);
    RUN(without_read_your_writes_range_reads_do_not_count);
    CHECK_OK(plinth_database_close(db));
    return harness_end();
}
