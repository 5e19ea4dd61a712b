/*
 * Unreadable keys (RYW-8 to RYW-11): what a versionstamped operation makes unreadable until its
 * commit, which reads notice, what makes it readable again, and what such a read does to the
 * commit (COM-4).
 */
#include "harness.h"
#include "words.h"

static plinth_database *db;

#define TEN B("0123456789")
#define UNREADABLE PLINTH_ERROR_ACCESSED_UNREADABLE

/* ------------------------------------------------------------------ reads that expect something */

static const char *scan_limited(plinth_transaction *tr, bytes from, bytes to, int32_t limit, int64_t target_bytes, bool reverse) {
    plinth_range_options options = range_options(limit, target_bytes, false, reverse);
    return scan(tr, at_or_after(from), at_or_after(to), &options);
}

/* A transaction on {b, d, f} in which d is unreadable. */
static plinth_transaction *with_unreadable_d(void) {
    plinth_transaction *tr = seeded(db);
    CHECK_OK(tr_stamped_value(tr, B("d"), TEN, 0));
    return tr;
}

/* ------------------------------------------------------------------ a versionstamped value */

/* RYW-8: get of the key, ordinary and snapshot; other keys are as they were. (RYW-8) */
static void a_stamped_value_makes_its_key_unreadable(void) {
    plinth_transaction *tr = with_unreadable_d();
    CHECK_CODE(tr_touch(tr, B("d")), UNREADABLE);
    CHECK_CODE(tr_touch_in(tr, NULL, B("d"), true), UNREADABLE);
    CHECK_VALUE(tr, B("b"), B("2"));
    CHECK_VALUE(tr, B("f"), B("6"));
    CHECK_VALUE(tr, B("d\0"), ABSENT);
    CHECK_VALUE(tr, B("c"), ABSENT);
    destroy(tr);
}

/* Also on a key that is not there, or that the transaction set or cleared before. (RYW-8) */
static void whatever_the_key_held_before(void) {
    plinth_transaction *tr = seeded(db);
    CHECK_OK(tr_set(tr, B("set"), B("v")));
    CHECK_OK(tr_clear(tr, B("b")));
    CHECK_OK(tr_add(tr, B("f"), B("\x01")));
    CHECK_OK(tr_stamped_value(tr, B("absent"), TEN, 0));
    CHECK_OK(tr_stamped_value(tr, B("set"), TEN, 0));
    CHECK_OK(tr_stamped_value(tr, B("b"), TEN, 0));
    CHECK_OK(tr_stamped_value(tr, B("f"), TEN, 0));
    CHECK_CODE(tr_touch(tr, B("absent")), UNREADABLE);
    CHECK_CODE(tr_touch(tr, B("set")), UNREADABLE);
    CHECK_CODE(tr_touch(tr, B("b")), UNREADABLE);
    CHECK_CODE(tr_touch(tr, B("f")), UNREADABLE);
    CHECK_VALUE(tr, B("d"), B("4"));
    destroy(tr);
}

/* A range read fails if its walk reaches the key before its limit is satisfied. (RYW-8, SEL-5) */
static void a_range_read_fails_when_its_walk_reaches_the_key(void) {
    for (int snapshot = 0; snapshot < 2; snapshot++) {
        plinth_transaction *tr = with_unreadable_d();
        plinth_range_options options = range_options(0, 0, snapshot == 1, false);
        CHECK_TEXT(scan(tr, at_or_after(B("a")), at_or_after(B("g")), &options), "error 1036");
        CHECK_TEXT(scan(tr, at_or_after(B("d")), at_or_after(B("d\0")), &options), "error 1036");
        options.reverse = true;
        CHECK_TEXT(scan(tr, at_or_after(B("a")), at_or_after(B("g")), &options), "error 1036");
        CHECK_TEXT(scan(tr, at_or_after(B("a")), at_or_after(B("d\0")), &options), "error 1036");
        destroy(tr);
    }
}

/* The same, not reached: behind a limit of rows or bytes, or outside of the range. (RYW-8) */
static void a_range_read_that_stops_before_the_key_succeeds(void) {
    plinth_transaction *tr = with_unreadable_d();
    CHECK_TEXT(scan_limited(tr, B("a"), B("g"), 1, 0, false), "b=2 +");
    CHECK_TEXT(scan_limited(tr, B("a"), B("g"), 0, 1, false), "b=2 +");
    CHECK_TEXT(scan_limited(tr, B("a"), B("g"), 1, 0, true), "f=6 +");
    CHECK_TEXT(scan_limited(tr, B("a"), B("g"), 0, 1, true), "f=6 +");
    CHECK_TEXT(scan_keys(tr, B("a"), B("d")), "b=2");
    CHECK_TEXT(scan_back(tr, B("a"), B("d")), "b=2");
    CHECK_TEXT(scan_keys(tr, B("d\0"), B("g")), "f=6");
    CHECK_TEXT(scan_back(tr, B("d\0"), B("g")), "f=6");
    CHECK_TEXT(scan_limited(tr, B("a"), B("g"), 2, 0, false), "error 1036");
    CHECK_TEXT(scan_limited(tr, B("a"), B("g"), 0, 11, false), "error 1036");
    CHECK_TEXT(scan_limited(tr, B("a"), B("g"), 2, 0, true), "error 1036");
    destroy(tr);
}

/* A selector fails if its walk has to count the key. (RYW-8, SEL-5) */
static void a_selector_fails_when_its_walk_reaches_the_key(void) {
    for (int snapshot = 0; snapshot < 2; snapshot++) {
        plinth_transaction *tr = with_unreadable_d();
        bool s = snapshot == 1;
        CHECK_TEXT(key_in(tr, NULL, selector(B("b"), true, 1), s), "error 1036");
        CHECK_TEXT(key_in(tr, NULL, selector(B("c"), false, 1), s), "error 1036");
        CHECK_TEXT(key_in(tr, NULL, selector(B("d"), false, 1), s), "error 1036");
        CHECK_TEXT(key_in(tr, NULL, selector(B("a"), false, 2), s), "error 1036");
        CHECK_TEXT(key_in(tr, NULL, selector(B("d"), true, 0), s), "error 1036");
        CHECK_TEXT(key_in(tr, NULL, selector(B("f"), false, 0), s), "error 1036");
        CHECK_TEXT(key_in(tr, NULL, selector(B("f"), true, -1), s), "error 1036");
        destroy(tr);
    }
}

/* The same, not reached. (RYW-8) */
static void a_selector_that_stops_before_the_key_succeeds(void) {
    plinth_transaction *tr = with_unreadable_d();
    CHECK_TEXT(key_of_selector(tr, B("a"), false, 1), "b");
    CHECK_TEXT(key_of_selector(tr, B("d"), false, 0), "b");
    CHECK_TEXT(key_of_selector(tr, B("d"), false, -1), "");
    CHECK_TEXT(key_of_selector(tr, B("d"), true, 1), "f");
    CHECK_TEXT(key_of_selector(tr, B("f"), false, 1), "f");
    CHECK_TEXT(key_of_selector(tr, B("f"), true, 0), "f");
    CHECK_TEXT(key_of_selector(tr, B("z"), false, 1), "\\xff");
    destroy(tr);
}

/* Selectors as ends of a range walk too. (RYW-8, SEL-5, RNG-1) */
static void ends_of_a_range_fail_when_their_walk_reaches_the_key(void) {
    plinth_transaction *tr = with_unreadable_d();
    CHECK_TEXT(scan(tr, selector(B("a"), false, 3), at_or_after(B("z")), NULL), "error 1036");
    CHECK_TEXT(scan(tr, selector(B("f"), false, 0), at_or_after(B("z")), NULL), "error 1036");
    CHECK_TEXT(scan(tr, selector(B("b"), true, 0), selector(B("d"), false, 0), NULL), "");
    CHECK_TEXT(scan(tr, selector(B("d"), true, 1), at_or_after(B("z")), NULL), "f=6");
    destroy(tr);
}

/* ------------------------------------------------------------------ what ends it */

/* RYW-9: a set or an atomic operation does not. (RYW-9) */
static void later_sets_and_operations_leave_the_key_unreadable(void) {
    plinth_transaction *tr = with_unreadable_d();
    CHECK_OK(tr_set(tr, B("d"), B("v")));
    CHECK_CODE(tr_touch(tr, B("d")), UNREADABLE);
    CHECK_OK(tr_add(tr, B("d"), B("\x01")));
    CHECK_CODE(tr_touch(tr, B("d")), UNREADABLE);
    CHECK_OK(tr_atomic(tr, PLINTH_MUTATION_COMPARE_AND_CLEAR, B("d"), B("v")));
    CHECK_CODE(tr_touch(tr, B("d")), UNREADABLE);
    CHECK_TEXT(scan_keys(tr, B("a"), B("g")), "error 1036");
    destroy(tr);
}

/* RYW-9: a clear does, and what is written then can be read. (RYW-9) */
static void a_clear_makes_the_key_readable(void) {
    plinth_transaction *tr = with_unreadable_d();
    CHECK_OK(tr_clear(tr, B("d")));
    CHECK_VALUE(tr, B("d"), ABSENT);
    CHECK_SNAPSHOT(tr, B("d"), ABSENT);
    CHECK_TEXT(scan_keys(tr, B("a"), B("g")), "b=2 f=6");
    CHECK_TEXT(key_of_selector(tr, B("b"), true, 1), "f");
    CHECK_OK(tr_set(tr, B("d"), B("\x07")));
    CHECK_VALUE(tr, B("d"), B("\x07"));
    CHECK_OK(tr_add(tr, B("d"), B("\x01")));
    CHECK_VALUE(tr, B("d"), B("\x08"));
    CHECK_OK(tr_stamped_value(tr, B("d"), TEN, 0));
    CHECK_CODE(tr_touch(tr, B("d")), UNREADABLE);
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_VALUE(tr, B("d"), B("4"));
    destroy(tr);
}

/* RYW-9: so does a cleared range around it; one beside it does not. (RYW-9) */
static void a_cleared_range_makes_the_key_readable(void) {
    plinth_transaction *tr = with_unreadable_d();
    CHECK_OK(tr_clear_range(tr, B("a"), B("d")));
    CHECK_OK(tr_clear_range(tr, B("d\0"), B("f")));
    CHECK_CODE(tr_touch(tr, B("d")), UNREADABLE);
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_OK(tr_stamped_value(tr, B("d"), TEN, 0));
    CHECK_OK(tr_clear_range(tr, B("a"), B("e")));
    CHECK_VALUE(tr, B("d"), ABSENT);
    CHECK_TEXT(scan_keys(tr, B("a"), B("g")), "f=6");
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_TEXT(scan_keys(tr, B("a"), B("g")), "f=6");
    destroy(tr);
}

/* ------------------------------------------------------------------ the commit */

/* COM-4, and the row of section 19: a read that failed with 1036 is the commit's error, for each kind of read. (COM-4, RYW-8) */
static void a_read_that_failed_fails_the_commit(void) {
    for (int way = 0; way < 4; way++) {
        plinth_transaction *tr = with_unreadable_d();
        uint8_t stamp_bytes[10];
        CHECK_OK(tr_set(tr, B("other"), B("v")));
        switch (way) {
        case 0:
            CHECK_CODE(tr_touch(tr, B("d")), UNREADABLE);
            break;
        case 1:
            CHECK_CODE(tr_touch_in(tr, NULL, B("d"), true), UNREADABLE);
            break;
        case 2:
            CHECK_TEXT(scan_keys(tr, B("a"), B("g")), "error 1036");
            break;
        default:
            CHECK_TEXT(key_of_selector(tr, B("d"), false, 1), "error 1036");
        }
        /* Not even a clear mends that. */
        CHECK_OK(tr_clear(tr, B("d")));
        CHECK_VALUE(tr, B("d"), ABSENT);
        CHECK_CODE(plinth_transaction_commit(tr), UNREADABLE);
        CHECK_CODE(plinth_transaction_get_versionstamp(tr, stamp_bytes), PLINTH_ERROR_TRANSACTION_INVALID_VERSION);
        CHECK_CODE(plinth_transaction_on_error(tr, UNREADABLE), UNREADABLE);
        CHECK_OK(plinth_transaction_reset(tr));
        CHECK_VALUE(tr, B("d"), B("4"));
        CHECK_VALUE(tr, B("other"), ABSENT);
        destroy(tr);
    }
}

/* A transaction that read only what it can is not disturbed, nor by a key that it may not read at all. (COM-4, DATA-6) */
static void a_transaction_that_reads_only_what_it_can_commits(void) {
    plinth_transaction *tr = with_unreadable_d();
    CHECK_VALUE(tr, B("b"), B("2"));
    CHECK_TEXT(scan_limited(tr, B("a"), B("g"), 1, 0, false), "b=2 +");
    CHECK_CODE(tr_touch(tr, B("\xff")), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK(tr_touch(tr, B("d")) == 0);
    destroy(tr);
}

/* CONF-7: nothing is added by a read that failed. (CONF-7, RYW-8) */
static void a_read_that_failed_leaves_no_conflict(void) {
    plinth_transaction *tr = with_unreadable_d();
    CHECK_CODE(tr_touch(tr, B("d")), UNREADABLE);
    CHECK_TEXT(scan_keys(tr, B("a"), B("g")), "error 1036");
    CHECK_TEXT(key_of_selector(tr, B("b"), true, 1), "error 1036");
    CHECK_READ_CONFLICTS(tr, "");
    destroy(tr);
}

/* ------------------------------------------------------------------ a versionstamped key */

/* The read error for a key made of a prefix, a stamp and a suffix. */
static plinth_error touch_stamped(plinth_transaction *tr, const char *before, stamp s, bytes after) {
    joined key = join(bytes_of(before, strlen(before)), &s, after);
    return tr_touch(tr, joined_bytes(&key));
}

/*
 * RYW-8: from the key with the stamp (read version, 0) up to and including the one with the
 * largest stamp. (RYW-8)
 */
static void a_stamped_key_makes_all_keys_it_may_become_unreadable(void) {
    plinth_transaction *tr = begin(db);
    int64_t version = read_version_of(tr);
    stamp largest;
    memset(&largest, 0xff, sizeof largest);
    CHECK_OK(tr_stamped_key(tr, B("log/0123456789"), 4, B("v")));
    CHECK_OK(touch_stamped(tr, "log/", stamp_at(version - 1, 65535), B("")));
    CHECK_CODE(touch_stamped(tr, "log/", stamp_at(version, 0), B("")), UNREADABLE);
    CHECK_CODE(touch_stamped(tr, "log/", stamp_at(version, 0), B("\0")), UNREADABLE);
    CHECK_CODE(touch_stamped(tr, "log/", stamp_at(version + 1, 7), B("")), UNREADABLE);
    CHECK_CODE(touch_stamped(tr, "log/", stamp_at(version * 2, 7), B("any")), UNREADABLE);
    CHECK_CODE(touch_stamped(tr, "log/", largest, B("")), UNREADABLE);
    CHECK_OK(touch_stamped(tr, "log/", largest, B("\0")));
    CHECK_OK(tr_touch(tr, B("log/")));
    CHECK_OK(tr_touch(tr, B("log0")));
    destroy(tr);
}

/* Without a read version the range begins with the stamp of ten zero bytes. (RYW-8) */
static void without_a_read_version_the_range_begins_at_zero(void) {
    plinth_transaction *tr = begin(db);
    stamp largest;
    memset(&largest, 0xff, sizeof largest);
    CHECK_OK(tr_stamped_key(tr, B("log/0123456789"), 4, B("v")));
    CHECK_CODE(touch_stamped(tr, "log/", stamp_at(0, 0), B("")), UNREADABLE);
    CHECK_CODE(touch_stamped(tr, "log/", stamp_at(1, 0), B("")), UNREADABLE);
    CHECK_CODE(touch_stamped(tr, "log/", largest, B("")), UNREADABLE);
    CHECK_OK(touch_stamped(tr, "log/", largest, B("\0")));
    CHECK_OK(tr_touch(tr, B("log/\0\0\0\0\0\0\0\0\0")));
    destroy(tr);
}

/* What follows the stamp in the key counts for both ends. (RYW-8) */
static void a_suffix_behind_the_stamp_counts(void) {
    plinth_transaction *tr = begin(db);
    int64_t version = read_version_of(tr);
    stamp largest;
    memset(&largest, 0xff, sizeof largest);
    CHECK_OK(tr_stamped_key(tr, B("log/0123456789/x"), 4, B("v")));
    CHECK_OK(touch_stamped(tr, "log/", stamp_at(version, 0), B("/w")));
    CHECK_CODE(touch_stamped(tr, "log/", stamp_at(version, 0), B("/x")), UNREADABLE);
    CHECK_CODE(touch_stamped(tr, "log/", stamp_at(version, 0), B("/y")), UNREADABLE);
    CHECK_CODE(touch_stamped(tr, "log/", largest, B("/x")), UNREADABLE);
    CHECK_OK(touch_stamped(tr, "log/", largest, B("/x\0")));
    destroy(tr);
}

/* A stamp at the begin of a key may become nearly any key: the range ends where keys end. (RYW-8) */
static void a_stamp_at_the_begin_leaves_only_keys_below(void) {
    plinth_transaction *tr = seeded(db);
    int64_t version = read_version_of(tr);
    CHECK_OK(tr_stamped_key(tr, TEN, 0, B("v")));
    CHECK_OK(tr_touch(tr, B("")));
    CHECK_OK(touch_stamped(tr, "", stamp_at(version - 1, 9), B("")));
    CHECK_CODE(touch_stamped(tr, "", stamp_at(version, 0), B("")), UNREADABLE);
    CHECK_CODE(tr_touch(tr, B("d")), UNREADABLE);
    CHECK_CODE(tr_touch(tr, B("\xfe\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff")), UNREADABLE);
    CHECK_TEXT(scan_keys(tr, B("a"), B("g")), "error 1036");
    CHECK_TEXT(scan_keys(tr, B("\xff"), B("\xff")), "");
    destroy(tr);
}

/* A key that is too long to exist is absent there too. (RYW-8, LIM-3) */
static void an_over_long_key_is_absent_and_not_unreadable(void) {
    static uint8_t key[10009];
    plinth_transaction *tr = begin(db);
    memset(key, 'k', sizeof key);
    CHECK_OK(tr_stamped_key(tr, TEN, 0, B("v")));
    CHECK_CODE(tr_touch(tr, bytes_of(key, 10008)), UNREADABLE);
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_OK(tr_stamped_key(tr, TEN, 0, B("v")));
    CHECK_VALUE(tr, bytes_of(key, 10009), ABSENT);
    CHECK_OK(plinth_transaction_commit(tr));
    destroy(tr);
}

/* Walks notice the range even though no key is in it. (RYW-8, SEL-5) */
static void walks_into_the_range_fail_and_walks_beside_it_do_not(void) {
    plinth_transaction *tr = seeded(db);
    CHECK_OK(tr_stamped_key(tr, B("c0123456789"), 1, B("v")));
    CHECK_TEXT(scan_limited(tr, B("a"), B("g"), 1, 0, false), "b=2 +");
    CHECK_TEXT(scan_limited(tr, B("a"), B("g"), 2, 0, false), "error 1036");
    CHECK_TEXT(scan_limited(tr, B("a"), B("g"), 2, 0, true), "f=6 d=4 +");
    CHECK_TEXT(scan_limited(tr, B("a"), B("g"), 3, 0, true), "error 1036");
    CHECK_TEXT(scan_keys(tr, B("a"), B("c")), "b=2");
    CHECK_TEXT(scan_keys(tr, B("d"), B("g")), "d=4 f=6");
    CHECK_TEXT(scan_keys(tr, B("a"), B("c\x01")), "error 1036");
    CHECK_TEXT(scan_keys(tr, B("c\x80"), B("g")), "error 1036");
    CHECK_TEXT(key_of_selector(tr, B("b"), true, 1), "error 1036");
    CHECK_TEXT(key_of_selector(tr, B("d"), false, 0), "error 1036");
    CHECK_TEXT(key_of_selector(tr, B("b"), true, 0), "b");
    CHECK_TEXT(key_of_selector(tr, B("d"), false, 1), "d");
    CHECK_TEXT(key_of_selector(tr, B("d"), true, 1), "f");
    CHECK_TEXT(key_of_selector(tr, B("a"), false, 1), "b");
    destroy(tr);
}

/* RYW-9 for keys inside the range: sets do not make them readable, clears do, one by one and all. (RYW-9, VST-5) */
static void clears_inside_the_range_make_readable_what_they_cover(void) {
    plinth_transaction *tr = seeded(db);
    stamp high;
    memset(&high, 0xee, sizeof high);
    CHECK_OK(tr_stamped_key(tr, B("c0123456789"), 1, B("v")));
    CHECK_OK(tr_set(tr, B("c\xee\xee\xee\xee\xee\xee\xee\xee\xee\xee"), B("set")));
    CHECK_CODE(touch_stamped(tr, "c", high, B("")), UNREADABLE);
    CHECK_OK(tr_clear(tr, B("c\xee\xee\xee\xee\xee\xee\xee\xee\xee\xee")));
    CHECK_OK(touch_stamped(tr, "c", high, B("")));
    CHECK_CODE(touch_stamped(tr, "c", high, B("\0")), UNREADABLE);
    CHECK_TEXT(scan_keys(tr, B("a"), B("g")), "error 1036");
    CHECK_OK(tr_clear_range(tr, B("c"), B("d")));
    CHECK_OK(touch_stamped(tr, "c", high, B("\0")));
    CHECK_TEXT(scan_keys(tr, B("a"), B("g")), "b=2 d=4 f=6");
    CHECK_TEXT(key_of_selector(tr, B("b"), true, 1), "d");
    destroy(tr);
}

/* ------------------------------------------------------------------ reads that never meet it */

/* RYW-10: snapshot reads that do not see own writes. (RYW-10, RYW-6) */
static void snapshot_reads_without_own_writes_never_fail(void) {
    plinth_transaction *tr = with_unreadable_d();
    plinth_range_options options = range_options(0, 0, true, false);
    CHECK_OK(tr_stamped_key(tr, B("c0123456789"), 1, B("v")));
    CHECK_OK(tr_option(tr, PLINTH_OPTION_SNAPSHOT_RYW_DISABLE));
    CHECK_SNAPSHOT(tr, B("d"), B("4"));
    CHECK_TEXT(scan(tr, at_or_after(B("a")), at_or_after(B("g")), &options), "b=2 d=4 f=6");
    CHECK_TEXT(key_in(tr, NULL, selector(B("b"), true, 1), true), "d");
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_reset(tr));
    /* Ordinary reads of such a transaction still fail. */
    CHECK_OK(tr_option(tr, PLINTH_OPTION_SNAPSHOT_RYW_DISABLE));
    CHECK_OK(tr_stamped_value(tr, B("d"), TEN, 0));
    CHECK_CODE(tr_touch(tr, B("d")), UNREADABLE);
    destroy(tr);
}

/* RYW-10: transactions that do not read their writes. (RYW-10, RYW-7) */
static void transactions_that_do_not_read_their_writes_never_fail(void) {
    plinth_transaction *tr = seeded(db);
    CHECK_OK(tr_option(tr, PLINTH_OPTION_READ_YOUR_WRITES_DISABLE));
    CHECK_OK(tr_stamped_value(tr, B("d"), TEN, 0));
    CHECK_OK(tr_stamped_key(tr, B("c0123456789"), 1, B("v")));
    CHECK_VALUE(tr, B("d"), B("4"));
    CHECK_SNAPSHOT(tr, B("d"), B("4"));
    CHECK_TEXT(scan_keys(tr, B("a"), B("g")), "b=2 d=4 f=6");
    CHECK_TEXT(scan_back(tr, B("a"), B("g")), "f=6 d=4 b=2");
    CHECK_TEXT(key_of_selector(tr, B("b"), true, 1), "d");
    CHECK_OK(plinth_transaction_commit(tr));
    destroy(tr);
}

/* RYW-11: with BYPASS_UNREADABLE a get gives the operand as it was passed, offset and all. (RYW-11) */
static void bypass_reads_the_operand_as_it_was_passed(void) {
    plinth_transaction *tr = seeded(db);
    CHECK_OK(tr_option(tr, PLINTH_OPTION_BYPASS_UNREADABLE));
    CHECK_OK(tr_stamped_value(tr, B("d"), B("<0123456789>"), 1));
    CHECK_OK(tr_atomic(tr, PLINTH_MUTATION_SET_VERSIONSTAMPED_VALUE, B("e"), B("0123456789\0\0\0\0")));
    CHECK_VALUE(tr, B("d"), B("<0123456789>\x01\0\0\0"));
    CHECK_SNAPSHOT(tr, B("d"), B("<0123456789>\x01\0\0\0"));
    CHECK_VALUE(tr, B("e"), B("0123456789\0\0\0\0"));
    CHECK_OK(plinth_transaction_commit(tr));
    destroy(tr);
}

/* RYW-11: for get only. (RYW-11, RYW-8) */
static void bypass_does_not_help_ranges_and_selectors(void) {
    plinth_transaction *tr = with_unreadable_d();
    CHECK_OK(tr_option(tr, PLINTH_OPTION_BYPASS_UNREADABLE));
    CHECK_OK(tr_touch(tr, B("d")));
    CHECK_TEXT(scan_keys(tr, B("a"), B("g")), "error 1036");
    CHECK_TEXT(scan_back(tr, B("a"), B("g")), "error 1036");
    CHECK_TEXT(key_of_selector(tr, B("b"), true, 1), "error 1036");
    CHECK_CODE(plinth_transaction_commit(tr), UNREADABLE);
    destroy(tr);
}

/* RYW-11: in the range of a stamped key a get then reads what is stored. (RYW-11) */
static void bypass_reads_what_is_stored_among_stamped_keys(void) {
    plinth_transaction *tr = begin(db);
    empty(db);
    put(db, B("c\x70 stored"), B("v"));
    CHECK_OK(tr_option(tr, PLINTH_OPTION_BYPASS_UNREADABLE));
    CHECK_OK(tr_stamped_key(tr, B("c0123456789"), 1, B("stamped")));
    CHECK_VALUE(tr, B("c\x70 stored"), B("v"));
    CHECK_VALUE(tr, B("c\x70 other"), ABSENT);
    CHECK_OK(plinth_transaction_commit(tr));
    destroy(tr);
}

/* The database may switch it on for all its transactions; on_error keeps it. (RYW-11, OPT-5) */
static void bypass_may_be_the_default_of_a_database(void) {
    plinth_database *other = open_memory();
    plinth_transaction *tr = begin(other);
    CHECK_OK(plinth_database_set_option(other, PLINTH_DATABASE_OPTION_TRANSACTION_BYPASS_UNREADABLE, 0));
    CHECK_OK(plinth_transaction_reset(tr));
    for (int i = 0; i < 2; i++) {
        CHECK_OK(tr_stamped_value(tr, B("d"), TEN, 0));
        CHECK_VALUE(tr, B("d"), B("0123456789\0\0\0\0"));
        CHECK_OK(plinth_transaction_on_error(tr, PLINTH_ERROR_TRANSACTION_TOO_OLD));
    }
    destroy(tr);
    CHECK_OK(plinth_database_close(other));
}

/* ------------------------------------------------------------------ keyspaces */

/* A key is unreadable in its own keyspace only. (RYW-8) */
static void other_keyspaces_stay_readable(void) {
    plinth_keyspace *ks = NULL;
    plinth_transaction *tr = seeded(db);
    CHECK_OK(plinth_keyspace_open(db, "second", &ks));
    CHECK_OK(plinth_transaction_set_versionstamped_value(tr, ks, (const uint8_t *)"d", 1, (const uint8_t *)"0123456789", 10, 0));
    CHECK_OK(plinth_transaction_set_versionstamped_key(tr, ks, (const uint8_t *)"0123456789", 10, 0, (const uint8_t *)"v", 1));
    CHECK_TEXT(scan_keys(tr, B("a"), B("g")), "b=2 d=4 f=6");
    CHECK_VALUE(tr, B("d"), B("4"));
    CHECK_CODE(tr_touch_in(tr, ks, B("d"), false), UNREADABLE);
    CHECK_CODE(tr_touch_in(tr, ks, B("x"), false), UNREADABLE);
    CHECK_TEXT(scan_in(tr, ks, at_or_after(B("a")), at_or_after(B("z")), NULL), "error 1036");
    destroy(tr);
    CHECK_OK(plinth_keyspace_close(ks));
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    db = open_memory();
    RUN(a_stamped_value_makes_its_key_unreadable);
    RUN(whatever_the_key_held_before);
    RUN(a_range_read_fails_when_its_walk_reaches_the_key);
    RUN(a_range_read_that_stops_before_the_key_succeeds);
    RUN(a_selector_fails_when_its_walk_reaches_the_key);
    RUN(a_selector_that_stops_before_the_key_succeeds);
    RUN(ends_of_a_range_fail_when_their_walk_reaches_the_key);
    RUN(later_sets_and_operations_leave_the_key_unreadable);
    RUN(a_clear_makes_the_key_readable);
    RUN(a_cleared_range_makes_the_key_readable);
    RUN(a_read_that_failed_fails_the_commit);
    RUN(a_transaction_that_reads_only_what_it_can_commits);
    RUN(a_read_that_failed_leaves_no_conflict);
    RUN(a_stamped_key_makes_all_keys_it_may_become_unreadable);
    RUN(without_a_read_version_the_range_begins_at_zero);
    RUN(a_suffix_behind_the_stamp_counts);
    RUN(a_stamp_at_the_begin_leaves_only_keys_below);
    RUN(an_over_long_key_is_absent_and_not_unreadable);
    RUN(walks_into_the_range_fail_and_walks_beside_it_do_not);
    RUN(clears_inside_the_range_make_readable_what_they_cover);
    RUN(snapshot_reads_without_own_writes_never_fail);
    RUN(transactions_that_do_not_read_their_writes_never_fail);
    RUN(bypass_reads_the_operand_as_it_was_passed);
    RUN(bypass_does_not_help_ranges_and_selectors);
    RUN(bypass_reads_what_is_stored_among_stamped_keys);
    RUN(bypass_may_be_the_default_of_a_database);
    RUN(other_keyspaces_stay_readable);
    CHECK_OK(plinth_database_close(db));
    return harness_end();
}
