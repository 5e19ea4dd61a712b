/*
 * The life cycle of a transaction: states and marks (TX), commit (COM), reset and cancel (RST),
 * timeouts (TMO), options. One database in memory serves all claims; each empties it first.
 */
#include "harness.h"
#include "words.h"

static plinth_database *db;

static plinth_transaction *fresh(void) {
    empty(db);
    return begin(db);
}

static int64_t committed(plinth_transaction *tr) {
    int64_t version = 0;
    CHECK_OK(plinth_transaction_get_committed_version(tr, &version));
    return version;
}

static int64_t read_version(plinth_transaction *tr) {
    int64_t version = 0;
    CHECK_OK(plinth_transaction_get_read_version(tr, &version));
    return version;
}

/* Makes the commit of `tr` fail with 1020. */
static void fail_commit(plinth_transaction *tr) {
    CHECK_OK(tr_touch(tr, B("guard")));
    CHECK_OK(tr_set(tr, B("doomed"), B("1")));
    put(db, B("guard"), B("changed"));
    CHECK_CODE(plinth_transaction_commit(tr), PLINTH_ERROR_NOT_COMMITTED);
}

/* ------------------------------------------------------------------ every call that a mark stops */

static plinth_error do_get(plinth_transaction *tr) {
    return tr_touch(tr, B("x"));
}
static plinth_error do_snapshot_get(plinth_transaction *tr) {
    return tr_touch_in(tr, NULL, B("x"), true);
}
static plinth_error do_get_key(plinth_transaction *tr) {
    plinth_key_selector s = at_or_after(B("x"));
    plinth_value value;
    plinth_error error = plinth_transaction_get_key(tr, NULL, &s, false, &value);
    plinth_value_free(&value);
    return error;
}
static plinth_error do_get_range(plinth_transaction *tr) {
    plinth_key_selector from = at_or_after(B("a")), to = at_or_after(B("z"));
    plinth_range range;
    plinth_error error = plinth_transaction_get_range(tr, NULL, &from, &to, NULL, &range);
    plinth_range_free(&range);
    return error;
}
static plinth_error do_set(plinth_transaction *tr) {
    return tr_set(tr, B("x"), B("1"));
}
static plinth_error do_clear(plinth_transaction *tr) {
    return tr_clear(tr, B("x"));
}
static plinth_error do_clear_range(plinth_transaction *tr) {
    return tr_clear_range(tr, B("x"), B("y"));
}
static plinth_error do_atomic_op(plinth_transaction *tr) {
    return tr_add(tr, B("x"), B("1"));
}
static plinth_error do_stamped_key(plinth_transaction *tr) {
    return tr_stamped_key(tr, B("0123456789"), 0, B("v"));
}
static plinth_error do_stamped_value(plinth_transaction *tr) {
    return tr_stamped_value(tr, B("x"), B("0123456789"), 0);
}
static plinth_error do_estimate(plinth_transaction *tr) {
    int64_t size;
    return plinth_transaction_get_estimated_range_size(tr, NULL, (const uint8_t *)"x", 1, (const uint8_t *)"y", 1, &size);
}
static plinth_error do_split(plinth_transaction *tr) {
    plinth_range points;
    plinth_error error = plinth_transaction_get_range_split_points(tr, NULL, (const uint8_t *)"x", 1, (const uint8_t *)"y", 1, 1000, &points);
    plinth_range_free(&points);
    return error;
}
static plinth_error do_read_conflict(plinth_transaction *tr) {
    return plinth_transaction_add_read_conflict(tr, NULL, (const uint8_t *)"x", 1);
}
static plinth_error do_read_conflict_range(plinth_transaction *tr) {
    return tr_read_conflict(tr, B("x"), B("y"));
}
static plinth_error do_write_conflict_range(plinth_transaction *tr) {
    return tr_write_conflict(tr, B("x"), B("y"));
}
static plinth_error do_set_read_version(plinth_transaction *tr) {
    return plinth_transaction_set_read_version(tr, 12345678);
}
static plinth_error do_commit(plinth_transaction *tr) {
    return plinth_transaction_commit(tr);
}
static plinth_error do_get_read_version(plinth_transaction *tr) {
    int64_t version;
    return plinth_transaction_get_read_version(tr, &version);
}

static const struct {
    const char *name;
    plinth_error (*call)(plinth_transaction *tr);
} operations[] = {
    {"get", do_get},
    {"snapshot_get", do_snapshot_get},
    {"get_key", do_get_key},
    {"get_range", do_get_range},
    {"set", do_set},
    {"clear", do_clear},
    {"clear_range", do_clear_range},
    {"atomic_op", do_atomic_op},
    {"set_versionstamped_key", do_stamped_key},
    {"set_versionstamped_value", do_stamped_value},
    {"get_estimated_range_size", do_estimate},
    {"get_range_split_points", do_split},
    {"add_read_conflict", do_read_conflict},
    {"add_read_conflict_range", do_read_conflict_range},
    {"add_write_conflict_range", do_write_conflict_range},
    {"set_read_version", do_set_read_version},
    {"commit", do_commit},
    {"get_read_version", do_get_read_version}, /* last: the one that a finished commit allows */
};
#define OPERATIONS (sizeof operations / sizeof operations[0])

static bool operation_gives(size_t i, plinth_transaction *tr, plinth_error want) {
    plinth_error got = operations[i].call(tr);
    harness_count(got == want, __FILE__, __LINE__, "%s gave %d, expected %d", operations[i].name, (int)got, (int)want);
    return got == want;
}

/* Every operation must fail with the mark's error, and stay so. TX-3. */
static void check_marked(plinth_transaction *tr, plinth_error mark) {
    int64_t version;
    for (size_t i = 0; i < OPERATIONS; i++) {
        operation_gives(i, tr, mark);
    }
    CHECK_CODE(plinth_transaction_on_error(tr, PLINTH_ERROR_NOT_COMMITTED), mark);
    CHECK_OK(plinth_transaction_get_committed_version(tr, &version));
}

/* ------------------------------------------------------------------ commit */

/* -1, before and after. (COM-1, COM-10) */
static void a_read_only_commit_has_no_version_com1(void) {
    plinth_transaction *tr = fresh();
    CHECK_INT(committed(tr), -1);
    CHECK_OK(tr_touch(tr, B("key")));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_INT(committed(tr), -1);
    destroy(tr);
}

/* Explicit read conflicts included. (COM-1) */
static void a_read_only_commit_succeeds_though_its_reads_are_stale_com1(void) {
    plinth_transaction *tr = fresh();
    CHECK_OK(tr_touch(tr, B("key")));
    CHECK_OK(tr_read_conflict(tr, B("a"), B("z")));
    put(db, B("key"), B("changed"));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_INT(committed(tr), -1);
    destroy(tr);
}

/* Without a version. (COM-1) */
static void an_untouched_transaction_commits_com1(void) {
    plinth_transaction *tr = fresh();
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_INT(committed(tr), -1);
    destroy(tr);
}

/* With a version of its own. (COM-2) */
static void a_write_conflict_range_alone_makes_a_write_commit_com2(void) {
    plinth_transaction *tr = fresh();
    CHECK_OK(tr_write_conflict(tr, B("a"), B("b")));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK(committed(tr) > 0);
    destroy(tr);
}

/* An empty range is none. (COM-2, CONF-10) */
static void an_empty_write_conflict_range_is_still_read_only_com2(void) {
    plinth_transaction *tr = fresh();
    CHECK_OK(tr_write_conflict(tr, B("a"), B("a")));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_INT(committed(tr), -1);
    destroy(tr);
}

/* It is never read-only. (COM-2) */
static void writing_the_same_value_back_is_a_write_commit_com2(void) {
    plinth_transaction *tr = fresh();
    int64_t before = put(db, B("key"), B("value"));
    CHECK_VALUE(tr, B("key"), B("value"));
    CHECK_OK(tr_set(tr, B("key"), B("value")));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK(committed(tr) > before);
    destroy(tr);
}

/* Values do not matter. (COM-2, CONF-16) */
static void clearing_an_absent_key_is_a_write_commit_com2(void) {
    plinth_transaction *tr = fresh();
    CHECK_OK(tr_clear(tr, B("nothing here")));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK(committed(tr) > 0);
    destroy(tr);
}

/* Every call but those of the list, until a reset. (COM-3, TX-1, TX-3, AV-1) */
static void any_use_after_a_successful_commit_is_2017_com3(void) {
    for (size_t i = 0; i + 1 < OPERATIONS; i++) {
        plinth_transaction *tr = fresh();
        CHECK_OK(tr_set(tr, B("key"), B("value")));
        CHECK_OK(plinth_transaction_commit(tr));
        operation_gives(i, tr, PLINTH_ERROR_USED_DURING_COMMIT);
        /* That use set the mark: now nothing works any more. */
        check_marked(tr, PLINTH_ERROR_USED_DURING_COMMIT);
        CHECK(committed(tr) > 0);
        CHECK_OK(plinth_transaction_reset(tr));
        CHECK_VALUE(tr, B("key"), B("value"));
        destroy(tr);
    }
}

/* on_error then fails too. (COM-3, ERRH-4, TX-3) */
static void any_use_after_a_failed_commit_is_2017_com3(void) {
    for (size_t i = 0; i + 1 < OPERATIONS; i++) {
        plinth_transaction *tr = fresh();
        fail_commit(tr);
        operation_gives(i, tr, PLINTH_ERROR_USED_DURING_COMMIT);
        check_marked(tr, PLINTH_ERROR_USED_DURING_COMMIT);
        CHECK_OK(plinth_transaction_reset(tr));
        CHECK_VALUE(tr, B("doomed"), ABSENT);
        destroy(tr);
    }
}

/* Nothing was written, but it is over. (COM-3) */
static void any_use_after_a_read_only_commit_is_2017_com3(void) {
    plinth_transaction *tr = fresh();
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_CODE(tr_touch(tr, B("key")), PLINTH_ERROR_USED_DURING_COMMIT);
    destroy(tr);
}

/* Versions, options, on_error, cancel. (COM-3, COM-11, RST-2) */
static void what_com3_allows_after_a_commit_works_com3(void) {
    plinth_transaction *tr = fresh();
    char id[37];
    int64_t before = read_version(tr);
    CHECK_OK(tr_set(tr, B("key"), B("value")));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_INT(read_version(tr), before);
    CHECK(committed(tr) > before);
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_MAX_RETRY_DELAY, 5));
    CHECK_OK(plinth_transaction_id(tr, id));
    CHECK_INT(read_version(tr), before);
    CHECK_OK(plinth_transaction_on_error(tr, PLINTH_ERROR_NOT_COMMITTED));
    CHECK_VALUE(tr, B("key"), B("value"));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_cancel(tr));
    CHECK_CODE(tr_touch(tr, B("key")), PLINTH_ERROR_TRANSACTION_CANCELLED);
    destroy(tr);
}

/* And keeps it. (COM-5, COM-11, VER-4) */
static void commit_fetches_a_read_version_com5_com11(void) {
    plinth_transaction *tr = fresh();
    int64_t newest = put(db, B("key"), B("value"));
    CHECK_OK(tr_set(tr, B("key"), B("blind")));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK(read_version(tr) >= newest);
    CHECK(read_version(tr) < committed(tr));
    destroy(tr);
}

/* It takes its version at the commit. (COM-6, CONF-17) */
static void a_blind_write_never_conflicts_com6(void) {
    plinth_transaction *one = fresh(), *two = begin(db);
    CHECK_OK(tr_set(one, B("key"), B("one")));
    CHECK_OK(tr_set(two, B("key"), B("two")));
    put(db, B("key"), B("three"));
    CHECK_OK(plinth_transaction_commit(two));
    CHECK_OK(plinth_transaction_commit(one));
    CHECK(committed(one) > committed(two));
    CHECK_OK(plinth_transaction_reset(one));
    CHECK_VALUE(one, B("key"), B("one"));
    destroy(one);
    destroy(two);
}

/* Certainly not committed. (COM-7) */
static void a_conflict_applies_nothing_com7(void) {
    plinth_transaction *tr = fresh();
    fail_commit(tr);
    CHECK_INT(committed(tr), -1);
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_TEXT(scan_keys(tr, B(""), B("\xff")), "guard=changed");
    destroy(tr);
}

/* At once. (COM-8, VER-4) */
static void a_commit_is_seen_by_whoever_begins_later_com8(void) {
    long rounds = scaled(500);
    plinth_transaction *tr;
    empty(db);
    for (long i = 0; i < rounds; i++) {
        char text[24];
        int64_t version;
        snprintf(text, sizeof text, "%ld", i);
        version = put(db, B("n"), bytes_of(text, strlen(text)));
        tr = begin(db);
        CHECK_VALUE(tr, B("n"), bytes_of(text, strlen(text)));
        CHECK(read_version(tr) >= version);
        destroy(tr);
    }
}

/* Sets, clears and ranges. (COM-9) */
static void writes_apply_in_call_order_com9(void) {
    plinth_transaction *tr = fresh();
    put(db, B("b"), B("old"));
    CHECK_OK(tr_set(tr, B("a"), B("1")));
    CHECK_OK(tr_set(tr, B("a"), B("2")));
    CHECK_OK(tr_clear_range(tr, B("b"), B("d")));
    CHECK_OK(tr_set(tr, B("c"), B("after the clear")));
    CHECK_OK(tr_set(tr, B("e"), B("before the clear")));
    CHECK_OK(tr_clear(tr, B("e")));
    CHECK_OK(tr_set(tr, B("f"), B("1")));
    CHECK_OK(tr_clear(tr, B("f")));
    CHECK_OK(tr_set(tr, B("f"), B("2")));
    CHECK_OK(tr_set(tr, B("g"), B("before the clear")));
    CHECK_OK(tr_clear_range(tr, B("g"), B("h")));
    CHECK_OK(tr_clear_range(tr, B("i"), B("i")));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_TEXT(scan_keys(tr, B(""), B("\xff")), "a=2 c=after the clear f=2");
    destroy(tr);
}

/* Over on_error, reset and cancel. (COM-10, TX-5) */
static void the_committed_version_is_kept_until_the_next_commit_com10(void) {
    plinth_transaction *tr = fresh();
    int64_t first;
    CHECK_OK(tr_set(tr, B("key"), B("value")));
    CHECK_OK(plinth_transaction_commit(tr));
    first = committed(tr);
    CHECK_OK(plinth_transaction_on_error(tr, PLINTH_ERROR_NOT_COMMITTED));
    CHECK_INT(committed(tr), first);
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_INT(committed(tr), first);
    CHECK_OK(plinth_transaction_cancel(tr));
    CHECK_INT(committed(tr), first);
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_INT(committed(tr), -1);
    destroy(tr);
}

/* Above every version given out. (VER-1, VER-4, VER-5) */
static void commit_versions_grow_ver5(void) {
    plinth_transaction *tr = fresh();
    int64_t last = 0;
    long rounds = scaled(500);
    for (long i = 0; i < rounds; i++) {
        CHECK_OK(plinth_transaction_reset(tr));
        CHECK(read_version(tr) >= last);
        last = read_version(tr);
        CHECK_OK(tr_set(tr, B("key"), B("value")));
        CHECK_OK(plinth_transaction_commit(tr));
        CHECK(committed(tr) > last);
        last = committed(tr);
    }
    destroy(tr);
}

/* ------------------------------------------------------------------ errors that change nothing */

/* Whatever it was refused for. (DATA-6) */
static void a_refused_call_leaves_the_transaction_usable_data6(void) {
    static uint8_t large[100001];
    plinth_transaction *tr = fresh();
    CHECK_OK(tr_set(tr, B("kept"), B("1")));
    CHECK_CODE(tr_set(tr, bytes_of(large, 10001), B("v")), PLINTH_ERROR_KEY_TOO_LARGE);
    CHECK_CODE(tr_set(tr, B("k"), bytes_of(large, 100001)), PLINTH_ERROR_VALUE_TOO_LARGE);
    CHECK_CODE(tr_set(tr, B("\xff"), B("v")), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
    CHECK_CODE(tr_touch(tr, B("\xff")), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
    CHECK_CODE(tr_clear_range(tr, B("b"), B("a")), PLINTH_ERROR_INVERTED_RANGE);
    CHECK_CODE(tr_read_conflict(tr, B("b"), B("a")), PLINTH_ERROR_INVERTED_RANGE);
    CHECK_CODE(tr_write_conflict(tr, B("b"), B("a")), PLINTH_ERROR_INVERTED_RANGE);
    CHECK_CODE(plinth_transaction_set_read_version(tr, 0), PLINTH_ERROR_VERSION_INVALID);
    CHECK_CODE(plinth_transaction_set_option(tr, 31, 0), PLINTH_ERROR_INVALID_OPTION);
    CHECK_CODE(plinth_transaction_set_option(tr, PLINTH_OPTION_SIZE_LIMIT, 31), PLINTH_ERROR_INVALID_OPTION_VALUE);
    CHECK_VALUE(tr, B("kept"), B("1"));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_TEXT(scan_keys(tr, B(""), B("\xff")), "kept=1");
    destroy(tr);
}

/* It has written nothing. (COM-1, DATA-6) */
static void a_refused_first_call_leaves_a_read_only_transaction_com1(void) {
    plinth_transaction *tr = fresh();
    CHECK_CODE(tr_set(tr, B("\xff"), B("v")), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_INT(committed(tr), -1);
    destroy(tr);
}

/* Every call here has a bad key or range as well; what the transaction has become goes first. */
static void check_state_before_arguments(plinth_transaction *tr, plinth_error want) {
    static const uint8_t large[100001];
    plinth_key_selector beyond = at_or_after(B("\xff\xff"));
    plinth_value value;
    CHECK_CODE(tr_set(tr, bytes_of(large, 10001), B("v")), want);
    CHECK_CODE(tr_set(tr, B("k"), bytes_of(large, 100001)), want);
    CHECK_CODE(tr_set(tr, B("\xff"), B("v")), want);
    CHECK_CODE(tr_clear(tr, B("\xff")), want);
    CHECK_CODE(tr_clear_range(tr, B("a"), B("\xff\xff")), want);
    CHECK_CODE(tr_atomic(tr, 99, B("k"), B("v")), want);
    CHECK_CODE(tr_add(tr, B("\xff"), B("v")), want);
    CHECK_CODE(tr_add(tr, B("k"), bytes_of(large, 100001)), want);
    CHECK_CODE(tr_stamped_key(tr, B("short"), 0, B("v")), want);
    CHECK_CODE(tr_stamped_value(tr, B("k"), B("short"), 0), want);
    CHECK_CODE(tr_set(tr, METADATA_VERSION, B("v")), want);
    CHECK_CODE(tr_set(tr, B("\xff\xff/x"), B("v")), want);
    CHECK_CODE(tr_touch(tr, B("\xff")), want);
    CHECK_CODE(plinth_transaction_get_key(tr, NULL, &beyond, false, &value), want);
    CHECK_CODE(tr_read_conflict(tr, B("a"), B("\xff\xff")), want);
    CHECK_CODE(tr_write_conflict(tr, B("a"), B("\xff\xff")), want);
    CHECK_CODE(plinth_transaction_set_read_version(tr, 0), want);
}

/* A bad argument does not hide the state. (COM-3, TX-3) */
static void the_state_goes_before_the_arguments_com3_tx3(void) {
    plinth_transaction *tr = fresh();
    int64_t version = 0;
    CHECK_OK(plinth_transaction_commit(tr));
    check_state_before_arguments(tr, PLINTH_ERROR_USED_DURING_COMMIT);
    /* The refused use has set the mark, bad arguments or not. */
    CHECK_CODE(plinth_transaction_get_read_version(tr, &version), PLINTH_ERROR_USED_DURING_COMMIT);
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_OK(plinth_transaction_cancel(tr));
    check_state_before_arguments(tr, PLINTH_ERROR_TRANSACTION_CANCELLED);
    destroy(tr);
}

/* It is applied at the commit. (COM-9, CONF-17) */
static void a_blind_clear_also_removes_what_came_after_its_call_com9(void) {
    plinth_transaction *clears = fresh(), *one = begin(db), *reader;
    long rounds = scaled(2000);
    put(db, B("m/before"), B("v"));
    CHECK_OK(tr_clear_range(clears, B("m/"), B("m0")));
    CHECK_OK(tr_clear(one, B("n")));
    for (long i = 0; i < rounds; i++) {
        char key[24];
        size_t len = (size_t)snprintf(key, sizeof key, "m/%05ld", i % 300);
        put(db, bytes_of(key, len), B("after the call"));
    }
    put(db, B("n"), B("after the call"));
    CHECK_OK(plinth_transaction_commit(clears));
    CHECK_OK(plinth_transaction_commit(one));
    put(db, B("m/late"), B("after the commit"));
    reader = begin(db);
    CHECK_TEXT(scan_keys(reader, B(""), B("\xff")), "m/late=after the commit");
    destroy(reader);
    destroy(one);
    destroy(clears);
}

/* ------------------------------------------------------------------ reset */

/* And takes a new version. (RST-1, VER-4) */
static void reset_forgets_reads_writes_and_versions_rst1(void) {
    plinth_transaction *tr = fresh();
    int64_t before = read_version(tr), after;
    CHECK_OK(tr_touch(tr, B("key")));
    CHECK_OK(tr_set(tr, B("forgotten"), B("1")));
    CHECK_OK(tr_write_conflict(tr, B("a"), B("b")));
    after = put(db, B("key"), B("value"));
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK(read_version(tr) >= after && after > before);
    CHECK_VALUE(tr, B("forgotten"), ABSENT);
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_INT(committed(tr), -1);
    destroy(tr);
}

/* The persistent ones too. (RST-1, OPT-4) */
static void reset_restores_every_option_rst1(void) {
    plinth_transaction *tr = fresh();
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_RETRY_LIMIT, 0));
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_SIZE_LIMIT, 32));
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_TIMEOUT, 1));
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_OK(plinth_transaction_on_error(tr, PLINTH_ERROR_NOT_COMMITTED));
    CHECK_OK(plinth_transaction_on_error(tr, PLINTH_ERROR_NOT_COMMITTED));
    CHECK_OK(tr_set(tr, B("a key that is longer than"), B("the size limit allowed")));
    CHECK_OK(plinth_transaction_commit(tr));
    destroy(tr);
}

/* As often as one likes. (RST-1, TX-1) */
static void a_reset_transaction_commits_again_and_again_rst1(void) {
    plinth_transaction *tr = fresh();
    for (int i = 0; i < 20; i++) {
        CHECK_OK(tr_set(tr, B("key"), B("value")));
        CHECK_OK(plinth_transaction_commit(tr));
        CHECK_OK(plinth_transaction_reset(tr));
    }
    destroy(tr);
}

/* ------------------------------------------------------------------ cancel and marks */

/* get_committed_version excepted. (RST-2, TX-3, TX-5, ERRH-4) */
static void cancel_stops_every_call_until_reset_rst2(void) {
    plinth_transaction *tr = fresh();
    CHECK_OK(tr_set(tr, B("key"), B("value")));
    CHECK_OK(plinth_transaction_cancel(tr));
    CHECK_OK(plinth_transaction_cancel(tr));
    check_marked(tr, PLINTH_ERROR_TRANSACTION_CANCELLED);
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_VALUE(tr, B("key"), ABSENT);
    destroy(tr);
}

/* What was committed stays. (RST-2) */
static void cancel_after_a_commit_is_legal_rst2(void) {
    plinth_transaction *tr = fresh();
    CHECK_OK(tr_set(tr, B("key"), B("value")));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_cancel(tr));
    CHECK(committed(tr) > 0);
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_VALUE(tr, B("key"), B("value"));
    destroy(tr);
}

/* Later ones do not replace it. (TX-3) */
static void the_first_mark_wins_tx3(void) {
    plinth_transaction *tr = fresh();
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_CODE(tr_touch(tr, B("key")), PLINTH_ERROR_USED_DURING_COMMIT);
    CHECK_OK(plinth_transaction_cancel(tr));
    CHECK_CODE(tr_touch(tr, B("key")), PLINTH_ERROR_USED_DURING_COMMIT);
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_cancel(tr));
    CHECK_CODE(tr_touch(tr, B("key")), PLINTH_ERROR_TRANSACTION_CANCELLED);
    destroy(tr);
}

/* ------------------------------------------------------------------ timeout */

/* Reads until the timeout strikes; a minute is only for a library that never lets it strike. */
static plinth_error read_until_error(plinth_transaction *tr) {
    double deadline = now_ms() + 60000;
    plinth_error error;
    do {
        error = tr_touch(tr, B("key"));
        breathe();
    } while (error == 0 && now_ms() < deadline);
    return error;
}

/* on_error(1031) fails with 1031. (TMO-1, TMO-2, TX-3) */
static void a_timeout_stops_every_call_until_reset_tmo1_tmo2(void) {
    /* The clock starts with the transaction. */
    double start = now_ms();
    plinth_transaction *tr = fresh();
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_TIMEOUT, 30));
    CHECK_CODE(read_until_error(tr), PLINTH_ERROR_TRANSACTION_TIMED_OUT);
    CHECK(now_ms() - start >= 25);
    check_marked(tr, PLINTH_ERROR_TRANSACTION_TIMED_OUT);
    CHECK_CODE(plinth_transaction_on_error(tr, PLINTH_ERROR_TRANSACTION_TIMED_OUT), PLINTH_ERROR_TRANSACTION_TIMED_OUT);
    CHECK_OK(plinth_transaction_cancel(tr));
    CHECK_CODE(tr_touch(tr, B("key")), PLINTH_ERROR_TRANSACTION_TIMED_OUT);
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_OK(tr_touch(tr, B("key")));
    destroy(tr);
}

/* It counts from the begin. (TMO-1) */
static void a_timeout_that_has_elapsed_strikes_at_once_tmo1(void) {
    plinth_transaction *tr = fresh();
    double start = now_ms();
    while (now_ms() - start < 5) {
        breathe();
    }
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_TIMEOUT, 1));
    CHECK_CODE(tr_touch(tr, B("key")), PLINTH_ERROR_TRANSACTION_TIMED_OUT);
    destroy(tr);
}

/* Setting it again replaces it. (TMO-1) */
static void a_timeout_of_zero_is_none_and_the_last_one_counts_tmo1(void) {
    plinth_transaction *tr = fresh();
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_TIMEOUT, 600000));
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_TIMEOUT, 0));
    CHECK_OK(tr_touch(tr, B("key")));
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_TIMEOUT, INT32_MAX));
    CHECK_OK(tr_touch(tr, B("key")));
    destroy(tr);
}

/* It bounds all retries together. (TMO-1, ERRH-6, ERRH-7) */
static void on_error_does_not_restart_the_timeout_tmo1(void) {
    plinth_transaction *tr = fresh();
    double start = now_ms();
    plinth_error error;
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_TIMEOUT, 200));
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_MAX_RETRY_DELAY, 10));
    do {
        error = plinth_transaction_on_error(tr, PLINTH_ERROR_NOT_COMMITTED);
    } while (error == 0 && now_ms() - start < 60000);
    CHECK_CODE(error, PLINTH_ERROR_TRANSACTION_TIMED_OUT);
    CHECK(now_ms() - start >= 195);
    destroy(tr);
}

/* ------------------------------------------------------------------ options */

/* 2006 out of bounds, 2007 unknown. (OPT-1, OPT-2, LIM-4, TMO-1, ERRH-2, ERRH-3) */
static void options_have_bounds_opt2(void) {
    static const struct {
        int32_t option;
        int64_t value;
        plinth_error code;
    } cases[] = {
        {PLINTH_OPTION_TIMEOUT, -1, 2006},
        {PLINTH_OPTION_TIMEOUT, INT64_C(2147483648), 2006},
        {PLINTH_OPTION_TIMEOUT, 0, 0},
        {PLINTH_OPTION_TIMEOUT, INT32_MAX, 0},
        {PLINTH_OPTION_RETRY_LIMIT, -2, 2006},
        {PLINTH_OPTION_RETRY_LIMIT, INT64_C(2147483648), 2006},
        {PLINTH_OPTION_RETRY_LIMIT, -1, 0},
        {PLINTH_OPTION_RETRY_LIMIT, INT32_MAX, 0},
        {PLINTH_OPTION_MAX_RETRY_DELAY, -1, 2006},
        {PLINTH_OPTION_MAX_RETRY_DELAY, INT64_C(2147483648), 2006},
        {PLINTH_OPTION_MAX_RETRY_DELAY, 0, 0},
        {PLINTH_OPTION_MAX_RETRY_DELAY, INT32_MAX, 0},
        {PLINTH_OPTION_SIZE_LIMIT, 31, 2006},
        {PLINTH_OPTION_SIZE_LIMIT, -1, 2006},
        {PLINTH_OPTION_SIZE_LIMIT, 10000001, 2006},
        {PLINTH_OPTION_SIZE_LIMIT, INT64_MAX, 2006},
        {PLINTH_OPTION_SIZE_LIMIT, INT64_MIN, 2006},
        {PLINTH_OPTION_SIZE_LIMIT, 32, 0},
        {PLINTH_OPTION_SIZE_LIMIT, 10000000, 0},
        {PLINTH_OPTION_DURABILITY, -1, 2006},
        {PLINTH_OPTION_DURABILITY, 3, 2006},
        {PLINTH_OPTION_DURABILITY, INT64_C(4294967297), 2006},
        {PLINTH_OPTION_DURABILITY, PLINTH_DURABILITY_DEFAULT, 0},
        {PLINTH_OPTION_DURABILITY, PLINTH_DURABILITY_SYNC, 0},
        {PLINTH_OPTION_DURABILITY, PLINTH_DURABILITY_BUFFERED, 0},
        {0, 0, 2007},
        {-1, 0, 2007},
        {499, 0, 2007},
        {504, 0, 2007},
        {8999, 0, 2007},
        {9001, 0, 2007},
        {INT32_MAX, 0, 2007},
        {INT32_MIN, 0, 2007},
    };
    plinth_transaction *tr = fresh();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        plinth_error got = plinth_transaction_set_option(tr, cases[i].option, cases[i].value);
        harness_count(got == cases[i].code, __FILE__, __LINE__, "option %d = %" PRId64 " gave %d, expected %d",
                      (int)cases[i].option, cases[i].value, (int)got, (int)cases[i].code);
        CHECK_OK(plinth_transaction_reset(tr));
    }
    destroy(tr);
}

static void a_transaction_chooses_its_durability(void) {
    path where = temporary_path();
    plinth_database *disk = open_buffered(where.text);
    plinth_transaction *tr = begin(disk);
    plinth_metrics before, after;
    CHECK_OK(plinth_database_metrics(disk, &before, sizeof before));
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_DURABILITY, PLINTH_DURABILITY_SYNC));
    CHECK_OK(tr_set(tr, B("key"), B("value")));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_database_metrics(disk, &after, sizeof after));
    CHECK(after.syncs > before.syncs);
    destroy(tr);
    CHECK_OK(plinth_database_close(disk));
}

/* Whatever is committed meanwhile. (VER-12, VER-4) */
static void an_idle_transaction_keeps_its_snapshot(void) {
    plinth_transaction *tr = fresh();
    put(db, B("key"), B("1"));
    CHECK_VALUE(tr, B("key"), B("1"));
    put(db, B("key"), B("2"));
    put(db, B("new"), B("2"));
    CHECK_VALUE(tr, B("key"), B("1"));
    CHECK_VALUE(tr, B("new"), ABSENT);
    CHECK_TEXT(scan_keys(tr, B(""), B("\xff")), "key=1");
    destroy(tr);
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    db = open_memory();
    RUN(a_read_only_commit_has_no_version_com1);
    RUN(a_read_only_commit_succeeds_though_its_reads_are_stale_com1);
    RUN(an_untouched_transaction_commits_com1);
    RUN(a_write_conflict_range_alone_makes_a_write_commit_com2);
    RUN(an_empty_write_conflict_range_is_still_read_only_com2);
    RUN(writing_the_same_value_back_is_a_write_commit_com2);
    RUN(clearing_an_absent_key_is_a_write_commit_com2);
    RUN(any_use_after_a_successful_commit_is_2017_com3);
    RUN(any_use_after_a_failed_commit_is_2017_com3);
    RUN(any_use_after_a_read_only_commit_is_2017_com3);
    RUN(what_com3_allows_after_a_commit_works_com3);
    RUN(commit_fetches_a_read_version_com5_com11);
    RUN(a_blind_write_never_conflicts_com6);
    RUN(a_conflict_applies_nothing_com7);
    RUN(a_commit_is_seen_by_whoever_begins_later_com8);
    RUN(writes_apply_in_call_order_com9);
    RUN(the_committed_version_is_kept_until_the_next_commit_com10);
    RUN(commit_versions_grow_ver5);
    RUN(a_refused_call_leaves_the_transaction_usable_data6);
    RUN(a_refused_first_call_leaves_a_read_only_transaction_com1);
    RUN(the_state_goes_before_the_arguments_com3_tx3);
    RUN(a_blind_clear_also_removes_what_came_after_its_call_com9);
    RUN(reset_forgets_reads_writes_and_versions_rst1);
    RUN(reset_restores_every_option_rst1);
    RUN(a_reset_transaction_commits_again_and_again_rst1);
    RUN(cancel_stops_every_call_until_reset_rst2);
    RUN(cancel_after_a_commit_is_legal_rst2);
    RUN(the_first_mark_wins_tx3);
    RUN(a_timeout_stops_every_call_until_reset_tmo1_tmo2);
    RUN(a_timeout_that_has_elapsed_strikes_at_once_tmo1);
    RUN(a_timeout_of_zero_is_none_and_the_last_one_counts_tmo1);
    RUN(on_error_does_not_restart_the_timeout_tmo1);
    RUN(options_have_bounds_opt2);
    RUN(a_transaction_chooses_its_durability);
    RUN(an_idle_transaction_keeps_its_snapshot);
    CHECK_OK(plinth_database_close(db));
    return harness_end();
}
