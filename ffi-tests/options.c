/*
 * Options of transactions and of the database (OPT-1 to OPT-5): what each does, how long it
 * lasts, and as a default of the database. With them COM-3, COM-5 and COM-6, RYW-6 and RYW-7,
 * system keys (DATA-4, DATA-5, DATA-7, LIM-1, LIM-3), and timeouts (TMO-1 to TMO-3).
 */
#include "harness.h"
#include "words.h"

static plinth_database *db;

#define TEN B("0123456789")

/* Makes the commit of `tr` fail with 1020. */
static void fail_commit(plinth_transaction *tr) {
    CHECK_OK(tr_touch(tr, B("guard")));
    CHECK_OK(tr_set(tr, B("doomed"), B("1")));
    put(db, B("guard"), B("changed"));
    CHECK_CODE(plinth_transaction_commit(tr), PLINTH_ERROR_NOT_COMMITTED);
}

static uint8_t block[30002];

/* A key of this length that begins with `first`. */
static bytes long_key(uint8_t first, size_t len) {
    memset(block, 'k', sizeof block);
    block[0] = first;
    return bytes_of(block, len);
}

/* ------------------------------------------------------------------ which options there are */

static const int32_t transaction_options[] = {10,  30,  51,  301, 302, 303, 500, 501, 502, 503, 600,
                                              601, 700, 701, 702, 712, 713, 714, 1100, 9000};
static const int32_t database_options_known[] = {20, 26, 27, 500, 501, 502, 503, 700, 701, 702};

static bool is_among(int32_t number, const int32_t *known, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (known[i] == number) {
            return true;
        }
    }
    return false;
}

/* OPT-1: an unknown number is 2007, from the call itself, and changes nothing. (OPT-1) */
static void unknown_options_are_2007(void) {
    static const int32_t far[] = {INT32_MIN, -1, 8999, 9999, 65536 + 51, INT32_MAX};
    plinth_transaction *tr = begin(db);
    for (int32_t number = -5; number < 2100; number++) {
        if (!is_among(number, transaction_options, sizeof transaction_options / sizeof transaction_options[0])) {
            plinth_error got = plinth_transaction_set_option(tr, number, 0);
            harness_count(got == PLINTH_ERROR_INVALID_OPTION, __FILE__, __LINE__, "transaction option %d gave %d", (int)number, (int)got);
        }
        if (!is_among(number, database_options_known, sizeof database_options_known / sizeof database_options_known[0])) {
            plinth_error got = plinth_database_set_option(db, number, 0);
            harness_count(got == PLINTH_ERROR_INVALID_OPTION, __FILE__, __LINE__, "database option %d gave %d", (int)number, (int)got);
        }
    }
    for (size_t i = 0; i < sizeof far / sizeof far[0]; i++) {
        CHECK_CODE(plinth_transaction_set_option(tr, far[i], 0), PLINTH_ERROR_INVALID_OPTION);
        CHECK_CODE(plinth_database_set_option(db, far[i], 0), PLINTH_ERROR_INVALID_OPTION);
    }
    CHECK_OK(tr_set(tr, B("x"), B("v")));
    CHECK_OK(plinth_transaction_commit(tr));
    destroy(tr);
}

/* Every known option is taken, with 0 where it has no value. (OPT-1, OPT-3) */
static void known_options_are_taken(void) {
    plinth_database *other = open_memory();
    plinth_transaction *tr = begin(other);
    for (size_t i = 0; i < sizeof transaction_options / sizeof transaction_options[0]; i++) {
        int64_t value = transaction_options[i] == PLINTH_OPTION_SIZE_LIMIT ? 1000 : 0;
        CHECK_OK(plinth_transaction_set_option(tr, transaction_options[i], value));
        CHECK_OK(plinth_transaction_reset(tr));
    }
    for (size_t i = 0; i < sizeof database_options_known / sizeof database_options_known[0]; i++) {
        int64_t value = database_options_known[i] == PLINTH_DATABASE_OPTION_TRANSACTION_SIZE_LIMIT ? 1000 : 0;
        CHECK_OK(plinth_database_set_option(other, database_options_known[i], value));
    }
    destroy(tr);
    CHECK_OK(plinth_database_close(other));
}

/* OPT-2: values of database options have the bounds of the transaction's, and a bad one changes nothing. (OPT-2, LIM-4, WATCH-8) */
static void database_options_have_bounds(void) {
    static const struct {
        int32_t option;
        int64_t value;
        plinth_error code;
    } cases[] = {
        {PLINTH_DATABASE_OPTION_MAX_WATCHES, -1, 2006},
        {PLINTH_DATABASE_OPTION_MAX_WATCHES, 0, 0},
        {PLINTH_DATABASE_OPTION_MAX_WATCHES, 1000000, 0},
        {PLINTH_DATABASE_OPTION_MAX_WATCHES, 1000001, 2006},
        {PLINTH_DATABASE_OPTION_MAX_WATCHES, INT64_MAX, 2006},
        {PLINTH_DATABASE_OPTION_TRANSACTION_TIMEOUT, -1, 2006},
        {PLINTH_DATABASE_OPTION_TRANSACTION_TIMEOUT, INT64_C(2147483648), 2006},
        {PLINTH_DATABASE_OPTION_TRANSACTION_TIMEOUT, INT32_MAX, 0},
        {PLINTH_DATABASE_OPTION_TRANSACTION_TIMEOUT, 0, 0},
        {PLINTH_DATABASE_OPTION_TRANSACTION_RETRY_LIMIT, -2, 2006},
        {PLINTH_DATABASE_OPTION_TRANSACTION_RETRY_LIMIT, INT64_C(2147483648), 2006},
        {PLINTH_DATABASE_OPTION_TRANSACTION_RETRY_LIMIT, INT32_MAX, 0},
        {PLINTH_DATABASE_OPTION_TRANSACTION_RETRY_LIMIT, -1, 0},
        {PLINTH_DATABASE_OPTION_TRANSACTION_MAX_RETRY_DELAY, -1, 2006},
        {PLINTH_DATABASE_OPTION_TRANSACTION_MAX_RETRY_DELAY, INT64_C(2147483648), 2006},
        {PLINTH_DATABASE_OPTION_TRANSACTION_MAX_RETRY_DELAY, 0, 0},
        {PLINTH_DATABASE_OPTION_TRANSACTION_SIZE_LIMIT, 31, 2006},
        {PLINTH_DATABASE_OPTION_TRANSACTION_SIZE_LIMIT, 10000001, 2006},
        {PLINTH_DATABASE_OPTION_TRANSACTION_SIZE_LIMIT, INT64_MIN, 2006},
        {PLINTH_DATABASE_OPTION_TRANSACTION_SIZE_LIMIT, 32, 0},
        {PLINTH_DATABASE_OPTION_TRANSACTION_SIZE_LIMIT, 31, 2006},
    };
    plinth_database *other = open_memory();
    plinth_transaction *tr;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        plinth_error got = plinth_database_set_option(other, cases[i].option, cases[i].value);
        harness_count(got == cases[i].code, __FILE__, __LINE__, "database option %d = %" PRId64 " gave %d, expected %d",
                      (int)cases[i].option, cases[i].value, (int)got, (int)cases[i].code);
    }
    tr = begin(other);
    CHECK_OK(tr_set(tr, B("k"), B("v")));
    CHECK_CODE(plinth_transaction_commit(tr), PLINTH_ERROR_TRANSACTION_TOO_LARGE);
    destroy(tr);
    CHECK_OK(plinth_database_close(other));
}

/* ------------------------------------------------------------------ how long they last */

/* For each option that can be noticed at once, a probe: is it on in this fresh transaction? */
static bool has_quiet_write(plinth_transaction *tr) {
    CHECK_OK(tr_set(tr, B("q"), B("v")));
    return strcmp(ranges_in(tr, NULL, WRITE_CONFLICTS), "") == 0;
}
static bool has_no_own_writes(plinth_transaction *tr) {
    plinth_value value;
    bool seen;
    CHECK_OK(tr_set(tr, B("o"), B("own")));
    CHECK_OK(plinth_transaction_get(tr, NULL, (const uint8_t *)"o", 1, &value));
    seen = value.data != NULL;
    plinth_value_free(&value);
    return !seen;
}
static bool has_no_own_writes_in_snapshots(plinth_transaction *tr) {
    plinth_value value;
    bool seen;
    CHECK_OK(tr_set(tr, B("o"), B("own")));
    CHECK_OK(plinth_transaction_snapshot_get(tr, NULL, (const uint8_t *)"o", 1, &value));
    seen = value.data != NULL;
    plinth_value_free(&value);
    return !seen;
}
static bool has_system_writes(plinth_transaction *tr) {
    return tr_set(tr, B("\xff/x"), B("v")) == 0;
}
static bool has_system_reads(plinth_transaction *tr) {
    return tr_touch(tr, B("\xff/x")) == 0;
}
static bool has_longer_keys(plinth_transaction *tr) {
    return tr_set(tr, long_key('a', 10008), B("v")) == 0;
}
static bool has_read_only_commit(plinth_transaction *tr) {
    CHECK_OK(tr_set(tr, B("r"), B("v")));
    return plinth_transaction_commit(tr) == PLINTH_ERROR_TRANSACTION_READ_ONLY;
}
static bool has_no_protection(plinth_transaction *tr) {
    int64_t version;
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_CODE(tr_touch(tr, B("x")), PLINTH_ERROR_USED_DURING_COMMIT);
    return plinth_transaction_get_read_version(tr, &version) == 0;
}
static bool has_reports(plinth_transaction *tr) {
    const char *told;
    CHECK_OK(tr_touch(tr, B("guard")));
    CHECK_OK(tr_touch(tr, B("x")));
    fail_commit(tr);
    told = ranges_in(tr, NULL, CONFLICTING_KEYS);
    return strcmp(told, "") != 0;
}
static bool has_relaxed_special_keys(plinth_transaction *tr) {
    return tr_touch(tr, B("\xff\xff/nothing")) == 0;
}
static bool has_special_writes(plinth_transaction *tr) {
    return tr_set(tr, B("\xff\xff/management/x"), B("v")) == PLINTH_ERROR_SPECIAL_KEYS_NO_WRITE_MODULE_FOUND;
}
static bool has_bypass(plinth_transaction *tr) {
    CHECK_OK(tr_stamped_value(tr, B("u"), TEN, 0));
    return tr_touch(tr, B("u")) == 0;
}
static bool has_size_limit(plinth_transaction *tr) {
    CHECK_OK(tr_set(tr, B("a key that is longer than"), B("the size limit allowed")));
    return plinth_transaction_commit(tr) == PLINTH_ERROR_TRANSACTION_TOO_LARGE;
}
static bool has_risky_writes(plinth_transaction *tr) {
    CHECK_OK(plinth_transaction_set_read_version(tr, 1));
    CHECK_OK(tr_set(tr, B("risky"), B("v")));
    return plinth_transaction_commit(tr) == 0;
}

static const struct {
    int32_t option;
    int64_t value;
    bool (*is_on)(plinth_transaction *tr);
} lasting[] = {
    {PLINTH_OPTION_CAUSAL_WRITE_RISKY, 0, has_risky_writes},
    {PLINTH_OPTION_NEXT_WRITE_NO_WRITE_CONFLICT_RANGE, 0, has_quiet_write},
    {PLINTH_OPTION_READ_YOUR_WRITES_DISABLE, 0, has_no_own_writes},
    {PLINTH_OPTION_ACCESS_SYSTEM_KEYS, 0, has_system_writes},
    {PLINTH_OPTION_READ_SYSTEM_KEYS, 0, has_system_reads},
    {PLINTH_OPTION_RAW_ACCESS, 0, has_longer_keys},
    {PLINTH_OPTION_SIZE_LIMIT, 32, has_size_limit},
    {PLINTH_OPTION_SNAPSHOT_RYW_DISABLE, 0, has_no_own_writes_in_snapshots},
    {PLINTH_OPTION_READ_LOCK_AWARE, 0, has_read_only_commit},
    {PLINTH_OPTION_USED_DURING_COMMIT_PROTECTION_DISABLE, 0, has_no_protection},
    {PLINTH_OPTION_REPORT_CONFLICTING_KEYS, 0, has_reports},
    {PLINTH_OPTION_SPECIAL_KEY_SPACE_RELAXED, 0, has_relaxed_special_keys},
    {PLINTH_OPTION_SPECIAL_KEY_SPACE_ENABLE_WRITES, 0, has_special_writes},
    {PLINTH_OPTION_BYPASS_UNREADABLE, 0, has_bypass},
};
#define LASTING (sizeof lasting / sizeof lasting[0])

static void expect_option(size_t i, bool want, void (*then)(plinth_transaction *tr), const char *when) {
    plinth_transaction *tr = begin(db);
    bool got;
    CHECK_OK(plinth_transaction_set_option(tr, lasting[i].option, lasting[i].value));
    then(tr);
    got = lasting[i].is_on(tr);
    harness_count(got == want, __FILE__, __LINE__, "option %d %s is %s", (int)lasting[i].option, when, got ? "on" : "off");
    destroy(tr);
}

static void do_nothing(plinth_transaction *tr) {
    (void)tr;
}
static void do_reset(plinth_transaction *tr) {
    CHECK_OK(plinth_transaction_reset(tr));
}
static void do_on_error(plinth_transaction *tr) {
    CHECK_OK(plinth_transaction_on_error(tr, PLINTH_ERROR_TRANSACTION_TOO_OLD));
}

/* OPT-4: on when set, gone after on_error and after reset. (OPT-4, ERRH-6, RST-1) */
static void other_options_do_not_outlast_on_error_and_reset(void) {
    for (size_t i = 0; i < LASTING; i++) {
        plinth_transaction *tr = begin(db);
        empty(db);
        harness_count(!lasting[i].is_on(tr), __FILE__, __LINE__, "option %d is on by itself", (int)lasting[i].option);
        destroy(tr);
        empty(db);
        expect_option(i, true, do_nothing, "when set");
        empty(db);
        expect_option(i, false, do_on_error, "after on_error");
        empty(db);
        expect_option(i, false, do_reset, "after a reset");
    }
}

/* OPT-4: timeout, retry limit and maximum delay outlast on_error, not a reset. (OPT-4, ERRH-3, ERRH-6, TMO-1, RST-1) */
static void persistent_options_outlast_on_error_only(void) {
    plinth_transaction *tr = begin(db);
    double start = now_ms();
    plinth_error error;
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_RETRY_LIMIT, 2));
    CHECK_OK(plinth_transaction_on_error(tr, PLINTH_ERROR_TRANSACTION_TOO_OLD));
    CHECK_OK(plinth_transaction_on_error(tr, PLINTH_ERROR_TRANSACTION_TOO_OLD));
    CHECK_CODE(plinth_transaction_on_error(tr, PLINTH_ERROR_TRANSACTION_TOO_OLD), PLINTH_ERROR_TRANSACTION_TOO_OLD);
    CHECK_OK(plinth_transaction_reset(tr));
    for (int i = 0; i < 4; i++) {
        CHECK_OK(plinth_transaction_on_error(tr, PLINTH_ERROR_TRANSACTION_TOO_OLD));
    }
    CHECK_OK(plinth_transaction_reset(tr));
    start = now_ms();
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_TIMEOUT, 100));
    do {
        error = plinth_transaction_on_error(tr, PLINTH_ERROR_TRANSACTION_TOO_OLD);
    } while (error == 0 && now_ms() - start < 60000);
    CHECK_CODE(error, PLINTH_ERROR_TRANSACTION_TIMED_OUT);
    CHECK(now_ms() - start >= 99);
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_OK(tr_touch(tr, B("x")));
    destroy(tr);
}

/* ------------------------------------------------------------------ defaults of the database */

/* OPT-5: for transactions that begin or are reset later; kept by on_error; the last one counts. (OPT-5, LIM-4, TMO-3) */
static void defaults_go_for_transactions_that_begin_or_are_reset_later(void) {
    plinth_database *memory = db;
    plinth_transaction *before, *after;
    db = open_memory();
    before = begin(db);
    CHECK_OK(plinth_database_set_option(db, PLINTH_DATABASE_OPTION_TRANSACTION_SIZE_LIMIT, 40));
    CHECK_OK(plinth_database_set_option(db, PLINTH_DATABASE_OPTION_TRANSACTION_SIZE_LIMIT, 32));
    after = begin(db);
    CHECK(!has_size_limit(before));
    CHECK(has_size_limit(after));
    CHECK_OK(plinth_transaction_reset(before));
    CHECK(has_size_limit(before));
    CHECK_OK(plinth_transaction_reset(before));
    for (int i = 0; i < 2; i++) {
        CHECK_OK(plinth_transaction_on_error(before, PLINTH_ERROR_TRANSACTION_TOO_OLD));
    }
    CHECK(has_size_limit(before));
    /* The transaction's own option goes before the default until the reset. */
    CHECK_OK(plinth_transaction_reset(before));
    CHECK_OK(plinth_transaction_set_option(before, PLINTH_OPTION_SIZE_LIMIT, 1000));
    CHECK(!has_size_limit(before));
    CHECK_OK(plinth_transaction_reset(before));
    CHECK(has_size_limit(before));
    CHECK_OK(plinth_database_set_option(db, PLINTH_DATABASE_OPTION_TRANSACTION_SIZE_LIMIT, 10000000));
    CHECK_OK(plinth_transaction_reset(before));
    CHECK(!has_size_limit(before));
    destroy(before);
    destroy(after);
    CHECK_OK(plinth_database_close(db));
    db = memory;
}

/* Retry limit, timeout and delay of the database. (OPT-5, ERRH-2, ERRH-3, TMO-1) */
static void retry_options_may_be_defaults(void) {
    plinth_database *other = open_memory();
    plinth_transaction *tr;
    double start;
    CHECK_OK(plinth_database_set_option(other, PLINTH_DATABASE_OPTION_TRANSACTION_RETRY_LIMIT, 1));
    tr = begin(other);
    for (int i = 0; i < 2; i++) {
        CHECK_OK(plinth_transaction_on_error(tr, PLINTH_ERROR_TRANSACTION_TOO_OLD));
        CHECK_CODE(plinth_transaction_on_error(tr, PLINTH_ERROR_TRANSACTION_TOO_OLD), PLINTH_ERROR_TRANSACTION_TOO_OLD);
        CHECK_OK(plinth_transaction_reset(tr));
    }
    CHECK_OK(plinth_database_set_option(other, PLINTH_DATABASE_OPTION_TRANSACTION_RETRY_LIMIT, -1));
    CHECK_OK(plinth_database_set_option(other, PLINTH_DATABASE_OPTION_TRANSACTION_MAX_RETRY_DELAY, 0));
    CHECK_OK(plinth_transaction_reset(tr));
    start = now_ms();
    for (int i = 0; i < 300; i++) {
        CHECK_OK(plinth_transaction_on_error(tr, PLINTH_ERROR_NOT_COMMITTED));
    }
    /* Unclamped, 300 waits take two minutes on average. */
    CHECK(now_ms() - start < 60000);
    CHECK_OK(plinth_database_set_option(other, PLINTH_DATABASE_OPTION_TRANSACTION_TIMEOUT, 1));
    CHECK_OK(plinth_transaction_reset(tr));
    start = now_ms();
    while (tr_touch(tr, B("x")) == 0 && now_ms() - start < 60000) {
        breathe();
    }
    CHECK_CODE(tr_touch(tr, B("x")), PLINTH_ERROR_TRANSACTION_TIMED_OUT);
    destroy(tr);
    CHECK_OK(plinth_database_close(other));
}

/* The three flags of the database that have no off. (OPT-5, COM-3, SPEC-4, RYW-11) */
static void flags_may_be_defaults(void) {
    plinth_database *memory = db;
    plinth_transaction *tr;
    db = open_memory();
    tr = begin(db);
    CHECK_OK(plinth_database_set_option(db, PLINTH_DATABASE_OPTION_TRANSACTION_BYPASS_UNREADABLE, 0));
    CHECK_OK(plinth_database_set_option(db, PLINTH_DATABASE_OPTION_TRANSACTION_USED_DURING_COMMIT_PROTECTION_DISABLE, 0));
    CHECK_OK(plinth_database_set_option(db, PLINTH_DATABASE_OPTION_TRANSACTION_REPORT_CONFLICTING_KEYS, 0));
    CHECK(!has_bypass(tr));
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK(!has_no_own_writes(tr));
    for (int i = 0; i < 2; i++) {
        CHECK_OK(plinth_transaction_reset(tr));
        CHECK(has_bypass(tr));
        do_on_error(tr);
        CHECK(has_no_protection(tr));
        CHECK_OK(plinth_transaction_reset(tr));
        CHECK(has_reports(tr));
    }
    destroy(tr);
    CHECK_OK(plinth_database_close(db));
    db = memory;
}

/* ------------------------------------------------------------------ what snapshot reads see, RYW-6 */

static bool snapshots_see_own_writes(plinth_transaction *tr) {
    return !has_no_own_writes_in_snapshots(tr);
}

/* RYW-6: a count that begins at one. (RYW-6) */
static void snapshot_reads_see_own_writes_while_the_count_is_above_zero(void) {
    plinth_transaction *tr = begin(db);
    plinth_range_options options = range_options(0, 0, true, false);
    empty(db);
    CHECK(snapshots_see_own_writes(tr));
    CHECK_OK(tr_option(tr, PLINTH_OPTION_SNAPSHOT_RYW_DISABLE));
    CHECK(!snapshots_see_own_writes(tr));
    CHECK_VALUE(tr, B("o"), B("own"));
    CHECK_TEXT(scan(tr, at_or_after(B("a")), at_or_after(B("z")), &options), "");
    CHECK_TEXT(key_in(tr, NULL, at_or_after(B("a")), true), "\\xff");
    CHECK_TEXT(key_in(tr, NULL, at_or_after(B("a")), false), "o");
    CHECK_OK(tr_option(tr, PLINTH_OPTION_SNAPSHOT_RYW_DISABLE));
    CHECK_OK(tr_option(tr, PLINTH_OPTION_SNAPSHOT_RYW_ENABLE));
    CHECK(!snapshots_see_own_writes(tr));
    CHECK_OK(tr_option(tr, PLINTH_OPTION_SNAPSHOT_RYW_ENABLE));
    CHECK(snapshots_see_own_writes(tr));
    CHECK_OK(tr_option(tr, PLINTH_OPTION_SNAPSHOT_RYW_ENABLE));
    CHECK_OK(tr_option(tr, PLINTH_OPTION_SNAPSHOT_RYW_DISABLE));
    CHECK(snapshots_see_own_writes(tr));
    destroy(tr);
}

/* RYW-6: the database adds to where it begins, cumulatively. (RYW-6, OPT-5) */
static void the_database_adds_to_the_count(void) {
    plinth_database *memory = db;
    plinth_transaction *tr;
    db = open_memory();
    tr = begin(db);
    CHECK_OK(plinth_database_set_option(db, PLINTH_DATABASE_OPTION_SNAPSHOT_RYW_DISABLE, 0));
    CHECK(snapshots_see_own_writes(tr));
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK(!snapshots_see_own_writes(tr));
    CHECK_OK(tr_option(tr, PLINTH_OPTION_SNAPSHOT_RYW_ENABLE));
    CHECK(snapshots_see_own_writes(tr));
    do_on_error(tr);
    CHECK(!snapshots_see_own_writes(tr));
    CHECK_OK(plinth_database_set_option(db, PLINTH_DATABASE_OPTION_SNAPSHOT_RYW_DISABLE, 0));
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_OK(tr_option(tr, PLINTH_OPTION_SNAPSHOT_RYW_ENABLE));
    CHECK(!snapshots_see_own_writes(tr));
    CHECK_OK(tr_option(tr, PLINTH_OPTION_SNAPSHOT_RYW_ENABLE));
    CHECK(snapshots_see_own_writes(tr));
    CHECK_OK(plinth_database_set_option(db, PLINTH_DATABASE_OPTION_SNAPSHOT_RYW_ENABLE, 0));
    CHECK_OK(plinth_database_set_option(db, PLINTH_DATABASE_OPTION_SNAPSHOT_RYW_ENABLE, 0));
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK(snapshots_see_own_writes(tr));
    destroy(tr);
    CHECK_OK(plinth_database_close(db));
    db = memory;
}

/* ------------------------------------------------------------------ no own writes, RYW-7 */

/* RYW-7: every read sees the database at the read version, and the writes are committed all the same. (RYW-7, RYW-10) */
static void without_read_your_writes_reads_see_the_database(void) {
    plinth_transaction *tr = seeded(db);
    plinth_range_options options = range_options(2, 0, true, true);
    CHECK_OK(tr_option(tr, PLINTH_OPTION_READ_YOUR_WRITES_DISABLE));
    CHECK_OK(tr_set(tr, B("b"), B("own")));
    CHECK_OK(tr_clear(tr, B("d")));
    CHECK_OK(tr_set(tr, B("e"), B("own")));
    CHECK_OK(tr_add(tr, B("f"), B("\x01")));
    CHECK_VALUE(tr, B("b"), B("2"));
    CHECK_SNAPSHOT(tr, B("d"), B("4"));
    CHECK_VALUE(tr, B("e"), ABSENT);
    CHECK_VALUE(tr, B("f"), B("6"));
    CHECK_TEXT(scan_keys(tr, B("a"), B("z")), "b=2 d=4 f=6");
    CHECK_TEXT(scan(tr, at_or_after(B("a")), at_or_after(B("z")), &options), "f=6 d=4 +");
    CHECK_TEXT(key_of_selector(tr, B("d"), true, 1), "f");
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_TEXT(scan_keys(tr, B("a"), B("z")), "b=own e=own f=7");
    destroy(tr);
}

/* RYW-7: it must come before every read, write and write conflict range; afterwards it is 2000 and changes nothing. (RYW-7) */
static void read_your_writes_is_switched_off_first_or_not_at_all(void) {
    plinth_transaction *tr = seeded(db);
    for (int way = 0; way < 9; way++) {
        plinth_range_options snapshot = range_options(0, 0, true, false);
        CHECK_OK(plinth_transaction_reset(tr));
        switch (way) {
        case 0:
            CHECK_OK(tr_touch(tr, B("b")));
            break;
        case 1:
            CHECK_OK(tr_touch_in(tr, NULL, B("b"), true));
            break;
        case 2:
            CHECK_TEXT(scan(tr, at_or_after(B("a")), at_or_after(B("c")), &snapshot), "b=2");
            break;
        case 3:
            CHECK_TEXT(key_of_selector(tr, B("a"), false, 1), "b");
            break;
        case 4:
            CHECK_OK(tr_set(tr, B("own"), B("v")));
            break;
        case 5:
            CHECK_OK(tr_clear_range(tr, B("x"), B("y")));
            break;
        case 6:
            CHECK_OK(tr_add(tr, B("own"), B("\x01")));
            break;
        case 7:
            CHECK_OK(tr_stamped_key(tr, B("x0123456789"), 1, B("v")));
            break;
        default:
            CHECK_OK(tr_write_conflict(tr, B("x"), B("y")));
        }
        CHECK_CODE(tr_option(tr, PLINTH_OPTION_READ_YOUR_WRITES_DISABLE), PLINTH_ERROR_CLIENT_INVALID_OPERATION);
        CHECK_OK(tr_set(tr, B("then"), B("own")));
        CHECK_VALUE(tr, B("then"), B("own"));
    }
    /* A commit is no reset. */
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_OK(tr_set(tr, B("own"), B("v")));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_CODE(tr_option(tr, PLINTH_OPTION_READ_YOUR_WRITES_DISABLE), PLINTH_ERROR_CLIENT_INVALID_OPERATION);
    /* A version is no read, and neither is another option. */
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK(read_version_of(tr) > 0);
    CHECK_OK(tr_option(tr, PLINTH_OPTION_BYPASS_UNREADABLE));
    CHECK_OK(tr_option(tr, PLINTH_OPTION_READ_YOUR_WRITES_DISABLE));
    CHECK(has_no_own_writes(tr));
    destroy(tr);
}

/* ------------------------------------------------------------------ the commit, COM-3, COM-5, COM-6 */

/* COM-3: without the protection a late call fails, and nothing else does. (COM-3) */
static void without_protection_a_late_call_fails_alone(void) {
    plinth_transaction *tr = begin(db);
    int64_t version = 0;
    CHECK_OK(tr_option(tr, PLINTH_OPTION_USED_DURING_COMMIT_PROTECTION_DISABLE));
    CHECK_OK(tr_set(tr, B("x"), B("v")));
    CHECK_OK(plinth_transaction_commit(tr));
    for (int i = 0; i < 2; i++) {
        CHECK_CODE(tr_touch(tr, B("x")), PLINTH_ERROR_USED_DURING_COMMIT);
        CHECK_CODE(tr_set(tr, B("x"), B("w")), PLINTH_ERROR_USED_DURING_COMMIT);
        CHECK_CODE(tr_add(tr, B("x"), B("\x01")), PLINTH_ERROR_USED_DURING_COMMIT);
        CHECK_CODE(plinth_transaction_commit(tr), PLINTH_ERROR_USED_DURING_COMMIT);
        CHECK_OK(plinth_transaction_get_read_version(tr, &version));
        CHECK(committed_version_of(tr) > version);
    }
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_VALUE(tr, B("x"), B("v"));
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_OK(tr_option(tr, PLINTH_OPTION_USED_DURING_COMMIT_PROTECTION_DISABLE));
    fail_commit(tr);
    CHECK_CODE(tr_touch(tr, B("x")), PLINTH_ERROR_USED_DURING_COMMIT);
    CHECK_OK(plinth_transaction_on_error(tr, PLINTH_ERROR_NOT_COMMITTED));
    CHECK_VALUE(tr, B("doomed"), ABSENT);
    destroy(tr);
}

/* COM-5: READ_LOCK_AWARE alone forbids writes at commit, LOCK_AWARE before or after it allows them. (COM-5) */
static void read_lock_aware_transactions_do_not_write(void) {
    plinth_transaction *tr = begin(db);
    put(db, B("x"), B("before"));
    CHECK_OK(tr_option(tr, PLINTH_OPTION_READ_LOCK_AWARE));
    CHECK_OK(tr_set(tr, B("x"), B("v")));
    CHECK_VALUE(tr, B("x"), B("v"));
    CHECK_CODE(plinth_transaction_commit(tr), PLINTH_ERROR_TRANSACTION_READ_ONLY);
    CHECK_INT(committed_version_of(tr), -1);
    CHECK_CODE(plinth_transaction_on_error(tr, PLINTH_ERROR_TRANSACTION_READ_ONLY), PLINTH_ERROR_TRANSACTION_READ_ONLY);
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_OK(tr_option(tr, PLINTH_OPTION_READ_LOCK_AWARE));
    CHECK_VALUE(tr, B("x"), B("before"));
    CHECK_OK(plinth_transaction_commit(tr));
    for (int after = 0; after < 2; after++) {
        CHECK_OK(plinth_transaction_reset(tr));
        CHECK_OK(tr_option(tr, after ? PLINTH_OPTION_READ_LOCK_AWARE : PLINTH_OPTION_LOCK_AWARE));
        CHECK_OK(tr_option(tr, after ? PLINTH_OPTION_LOCK_AWARE : PLINTH_OPTION_READ_LOCK_AWARE));
        CHECK_OK(tr_set(tr, B("x"), B("v")));
        CHECK_OK(plinth_transaction_commit(tr));
    }
    destroy(tr);
}

/* COM-5: the order of the checks: read-only, then size, then the read version and conflicts. (COM-5, LIM-4, COM-1) */
static void the_commit_checks_in_order(void) {
    plinth_transaction *tr = begin(db);
    for (int first = 0; first < 3; first++) {
        static const plinth_error want[] = {PLINTH_ERROR_TRANSACTION_READ_ONLY, PLINTH_ERROR_TRANSACTION_TOO_LARGE,
                                            PLINTH_ERROR_TRANSACTION_TOO_OLD};
        CHECK_OK(plinth_transaction_reset(tr));
        if (first < 1) {
            CHECK_OK(tr_option(tr, PLINTH_OPTION_READ_LOCK_AWARE));
        }
        if (first < 2) {
            CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_SIZE_LIMIT, 32));
        }
        CHECK_OK(plinth_transaction_set_read_version(tr, 1));
        CHECK_OK(tr_read_conflict(tr, B("a"), B("z")));
        CHECK_OK(tr_set(tr, B("x"), B("v")));
        CHECK_CODE(plinth_transaction_commit(tr), want[first]);
    }
    destroy(tr);
}

/* COM-6, with versions set by hand: blind and risky may be as old as they like. (COM-6, VER-6, CONF-15) */
static void risky_blind_writes_are_never_too_old(void) {
    plinth_transaction *tr = begin(db);
    for (int way = 0; way < 4; way++) {
        CHECK_OK(plinth_transaction_reset(tr));
        if (way != 0) {
            CHECK_OK(tr_option(tr, PLINTH_OPTION_CAUSAL_WRITE_RISKY));
        }
        CHECK_OK(plinth_transaction_set_read_version(tr, 1));
        CHECK_OK(tr_set(tr, B("risky"), B("v")));
        if (way == 2) {
            CHECK_OK(tr_read_conflict(tr, B("a"), B("b")));
        } else if (way == 3) {
            CHECK_OK(tr_add(tr, B("risky count"), B("\x01")));
        }
        CHECK_CODE(plinth_transaction_commit(tr), way == 1 || way == 3 ? 0 : PLINTH_ERROR_TRANSACTION_TOO_OLD);
    }
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_VALUE(tr, B("risky"), B("v"));
    CHECK_VALUE(tr, B("risky count"), B("\x01"));
    destroy(tr);
}

/* COM-6, with a version that became too old by itself, and a blind write that never had one. (COM-6, VER-6, LIM-8, DIS-14) */
static void blind_writes_after_the_window(void) {
    plinth_transaction *plain = begin(db), *risky = begin(db), *versionless = begin(db), *probe = begin(db);
    int64_t version = read_version_of(plain);
    double start = now_ms();
    CHECK_OK(tr_option(risky, PLINTH_OPTION_CAUSAL_WRITE_RISKY));
    CHECK_OK(plinth_transaction_set_read_version(risky, version));
    CHECK_OK(tr_set(plain, B("plain"), B("v")));
    CHECK_OK(tr_set(risky, B("old"), B("v")));
    CHECK_OK(tr_set(versionless, B("versionless"), B("v")));
    do {
        breathe();
        CHECK_OK(plinth_transaction_reset(probe));
        CHECK_OK(plinth_transaction_set_read_version(probe, version));
    } while (tr_touch(probe, B("any")) == 0 && now_ms() - start < 60000);
    CHECK_CODE(plinth_transaction_commit(plain), PLINTH_ERROR_TRANSACTION_TOO_OLD);
    CHECK_OK(plinth_transaction_commit(risky));
    CHECK_OK(plinth_transaction_commit(versionless));
    destroy(plain);
    destroy(risky);
    destroy(versionless);
    destroy(probe);
}

/* ------------------------------------------------------------------ system keys */

/* DATA-4: which option allows what. (DATA-4, DATA-5, CONF-10) */
static void system_keys_need_an_option(void) {
    empty(db);
    for (int way = 0; way < 3; way++) {
        plinth_transaction *tr = begin(db);
        plinth_error read = way >= 1 ? 0 : PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE, write = way >= 2 ? 0 : PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE;
        if (way > 0) {
            CHECK_OK(tr_option(tr, way == 1 ? PLINTH_OPTION_READ_SYSTEM_KEYS : PLINTH_OPTION_ACCESS_SYSTEM_KEYS));
        }
        CHECK_CODE(tr_touch(tr, B("\xff")), read);
        CHECK_CODE(tr_touch(tr, B("\xff\xfe\xff")), read);
        CHECK_CODE(tr_touch_in(tr, NULL, B("\xff/x"), true), read);
        CHECK_TEXT(scan_keys(tr, B("\xff"), B("\xff\xff")), read == 0 ? "" : "error 2004");
        CHECK_TEXT(key_of_selector(tr, B("\xff/x"), false, 0), read == 0 ? "" : "error 2004");
        CHECK_TEXT(key_of_selector(tr, B("\xff\xff"), false, 1), read == 0 ? "\\xff\\xff" : "error 2004");
        CHECK_CODE(tr_read_conflict(tr, B("\xff/a"), B("\xff\xff")), read);
        CHECK_CODE(tr_write_conflict(tr, B("\xff/a"), B("\xff\xff")), write);
        CHECK_CODE(tr_set(tr, B("\xff/x"), B("v")), write);
        CHECK_CODE(tr_add(tr, B("\xff/y"), B("\x01")), write);
        CHECK_CODE(tr_stamped_value(tr, B("\xff/z"), TEN, 0), write);
        CHECK_CODE(tr_clear(tr, B("\xff")), write);
        CHECK_CODE(tr_clear_range(tr, B("a"), B("\xff\xff")), write);
        /* Beyond there is nothing but special keys, and then nothing at all. */
        CHECK_TEXT(scan_keys(tr, B("a"), B("\xff\xff\0")), "error 2004");
        CHECK_CODE(tr_clear_range(tr, B("a"), B("\xff\xff\0")), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
        CHECK_CODE(tr_write_conflict(tr, B("a"), B("\xff\xff\0")), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
        CHECK_CODE(tr_touch(tr, B("\xff\xff\xff")), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
        CHECK_CODE(tr_set(tr, B("\xff\xff\xff"), B("v")), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
        CHECK_CODE(tr_clear(tr, B("\xff\xff\xff")), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
        destroy(tr);
    }
}

/* DATA-7: they are stored like other keys, on disk too, and hidden from those without the option. (DATA-7, DATA-4, SEL-3) */
static void system_keys_are_stored_like_others(void) {
    path where = temporary_path();
    for (int life = 0; life < 2; life++) {
        plinth_database *disk = open_with(where.text, NULL);
        plinth_transaction *tr = begin(disk);
        if (life == 0) {
            CHECK_OK(tr_option(tr, PLINTH_OPTION_ACCESS_SYSTEM_KEYS));
            CHECK_OK(tr_set(tr, B("user"), B("1")));
            CHECK_OK(tr_set(tr, B("\xff"), B("2")));
            CHECK_OK(tr_set(tr, B("\xff/conf/x"), B("3")));
            CHECK_OK(tr_add(tr, B("\xff\xfe"), B("4")));
            CHECK_TEXT(scan_keys(tr, B(""), B("\xff\xff")), "user=1 \\xff=2 \\xff/conf/x=3 \\xff\\xfe=4");
            CHECK_OK(plinth_transaction_commit(tr));
            CHECK_OK(plinth_transaction_reset(tr));
        }
        CHECK_TEXT(scan_keys(tr, B(""), B("\xff")), "user=1");
        CHECK_TEXT(key_of_selector(tr, B("user"), true, 1), "\\xff");
        CHECK_OK(plinth_transaction_reset(tr));
        CHECK_OK(tr_option(tr, PLINTH_OPTION_READ_SYSTEM_KEYS));
        CHECK_TEXT(scan_keys(tr, B(""), B("\xff\xff")), "user=1 \\xff=2 \\xff/conf/x=3 \\xff\\xfe=4");
        CHECK_TEXT(scan_back(tr, B("\xff"), B("\xff\xff")), "\\xff\\xfe=4 \\xff/conf/x=3 \\xff=2");
        CHECK_TEXT(key_of_selector(tr, B("user"), true, 1), "\\xff");
        CHECK_TEXT(key_of_selector(tr, B("user"), true, 2), "\\xff/conf/x");
        CHECK_TEXT(key_of_selector(tr, B("user"), true, 4), "\\xff\\xff");
        CHECK_TEXT(key_of_selector(tr, B("\xff\xff"), false, 0), "\\xff\\xfe");
        destroy(tr);
        CHECK_OK(plinth_database_close(disk));
    }
}

/* LIM-1: 10,000 bytes, 10,008 with raw access, 30,000 for system keys. (LIM-1, LIM-3) */
static void raw_access_allows_eight_bytes_more(void) {
    static const int32_t options[] = {0, PLINTH_OPTION_RAW_ACCESS, PLINTH_OPTION_READ_SYSTEM_KEYS, PLINTH_OPTION_ACCESS_SYSTEM_KEYS};
    for (size_t i = 0; i < 4; i++) {
        plinth_transaction *tr = begin(db);
        size_t longest = i == 0 ? 10000 : 10008;
        if (i > 0) {
            CHECK_OK(tr_option(tr, options[i]));
        }
        CHECK_OK(tr_set(tr, long_key('a', longest), B("v")));
        CHECK_CODE(tr_set(tr, long_key('a', longest + 1), B("v")), PLINTH_ERROR_KEY_TOO_LARGE);
        CHECK_OK(tr_add(tr, long_key('b', longest), B("v")));
        CHECK_CODE(tr_add(tr, long_key('b', longest + 1), B("v")), PLINTH_ERROR_KEY_TOO_LARGE);
        CHECK_VALUE(tr, long_key('a', longest), B("v"));
        CHECK_OK(plinth_transaction_commit(tr));
        destroy(tr);
        tr = begin(db);
        CHECK_VALUE(tr, long_key('a', longest), B("v"));
        destroy(tr);
    }
}

/* LIM-1, LIM-3 for keys that begin with \xff. (LIM-1, LIM-3) */
static void system_keys_may_be_30000_bytes_long(void) {
    plinth_transaction *tr = begin(db);
    CHECK_OK(tr_option(tr, PLINTH_OPTION_ACCESS_SYSTEM_KEYS));
    CHECK_OK(tr_set(tr, long_key(0xff, 30000), B("v")));
    CHECK_CODE(tr_set(tr, long_key(0xff, 30001), B("v")), PLINTH_ERROR_KEY_TOO_LARGE);
    CHECK_VALUE(tr, long_key(0xff, 30000), B("v"));
    CHECK_VALUE(tr, long_key(0xff, 30001), ABSENT);
    CHECK_READ_CONFLICTS(tr, "");
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_OK(tr_option(tr, PLINTH_OPTION_ACCESS_SYSTEM_KEYS));
    CHECK_VALUE(tr, long_key(0xff, 30000), B("v"));
    CHECK_OK(tr_clear(tr, long_key(0xff, 30000)));
    CHECK_OK(plinth_transaction_commit(tr));
    destroy(tr);
}

/* ------------------------------------------------------------------ timeouts */

/* TMO-1: from begin or reset on, over every retry; set again, the last one counts, at once if it has passed. (TMO-1, TMO-2, TX-3) */
static void a_timeout_counts_from_begin_or_reset(void) {
    plinth_transaction *tr = begin(db);
    double start = now_ms();
    while (now_ms() - start < 30) {
        breathe();
    }
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_TIMEOUT, 600000));
    CHECK_OK(tr_touch(tr, B("x")));
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_TIMEOUT, 20));
    CHECK_CODE(tr_touch(tr, B("x")), PLINTH_ERROR_TRANSACTION_TIMED_OUT);
    CHECK_CODE(tr_add(tr, B("x"), B("\x01")), PLINTH_ERROR_TRANSACTION_TIMED_OUT);
    CHECK_CODE(plinth_transaction_on_error(tr, PLINTH_ERROR_TRANSACTION_TIMED_OUT), PLINTH_ERROR_TRANSACTION_TIMED_OUT);
    /* A longer one does not take the mark away; a reset does, and the clock begins anew. */
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_TIMEOUT, 0));
    CHECK_CODE(tr_touch(tr, B("x")), PLINTH_ERROR_TRANSACTION_TIMED_OUT);
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_TIMEOUT, 600000));
    CHECK_OK(tr_touch(tr, B("x")));
    destroy(tr);
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    db = open_memory();
    RUN(unknown_options_are_2007);
    RUN(known_options_are_taken);
    RUN(database_options_have_bounds);
    RUN(other_options_do_not_outlast_on_error_and_reset);
    RUN(persistent_options_outlast_on_error_only);
    RUN(defaults_go_for_transactions_that_begin_or_are_reset_later);
    RUN(retry_options_may_be_defaults);
    RUN(flags_may_be_defaults);
    RUN(snapshot_reads_see_own_writes_while_the_count_is_above_zero);
    RUN(the_database_adds_to_the_count);
    RUN(without_read_your_writes_reads_see_the_database);
    RUN(read_your_writes_is_switched_off_first_or_not_at_all);
    RUN(without_protection_a_late_call_fails_alone);
    RUN(read_lock_aware_transactions_do_not_write);
    RUN(the_commit_checks_in_order);
    RUN(risky_blind_writes_are_never_too_old);
    RUN(blind_writes_after_the_window);
    RUN(system_keys_need_an_option);
    RUN(system_keys_are_stored_like_others);
    RUN(raw_access_allows_eight_bytes_more);
    RUN(system_keys_may_be_30000_bytes_long);
    RUN(a_timeout_counts_from_begin_or_reset);
    CHECK_OK(plinth_database_close(db));
    return harness_end();
}
