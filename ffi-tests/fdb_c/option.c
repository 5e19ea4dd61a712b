/*
 * Options of databases and transactions: every code with good and bad values, what a handle keeps to
 * itself, and what lasts over on_error and reset. Rules OPT-1 to OPT-6, TX-4.
 */
#include "harness.h"

static FDBDatabase *db;

enum form { FLAG, TEXT, INT, MAYBE_TEXT };

typedef struct {
    int code;
    enum form form;
    int64_t min, max;
} option;

/* Section OPT of the rules. For texts `min` and `max` are their lengths. */
static const option of_transaction[] = {
    {10, FLAG, 0, 0},     {20, FLAG, 0, 0},     {21, FLAG, 0, 0},          {23, FLAG, 0, 0},
    {30, FLAG, 0, 0},     {40, FLAG, 0, 0},     {50, FLAG, 0, 0},          {51, FLAG, 0, 0},
    {52, FLAG, 0, 0},     {110, FLAG, 0, 0},    {120, FLAG, 0, 0},         {130, FLAG, 0, 0},
    {200, FLAG, 0, 0},    {201, FLAG, 0, 0},    {301, FLAG, 0, 0},         {302, FLAG, 0, 0},
    {303, FLAG, 0, 0},    {304, FLAG, 0, 0},    {400, FLAG, 0, 0},         {401, MAYBE_TEXT, 0, 100},
    {402, TEXT, 1, 100},  {403, TEXT, 1, 100},  {405, INT, -1, INT32_MAX}, {406, FLAG, 0, 0},
    {500, INT, 0, INT32_MAX}, {501, INT, -1, INT32_MAX}, {502, INT, 0, INT32_MAX}, {503, INT, 32, 10000000},
    {505, FLAG, 0, 0},    {507, FLAG, 0, 0},    {508, FLAG, 0, 0},         {509, FLAG, 0, 0},
    {510, FLAG, 0, 0},    {511, FLAG, 0, 0},    {600, FLAG, 0, 0},         {601, FLAG, 0, 0},
    {700, FLAG, 0, 0},    {701, FLAG, 0, 0},    {702, FLAG, 0, 0},         {710, FLAG, 0, 0},
    {711, FLAG, 0, 0},    {712, FLAG, 0, 0},    {713, FLAG, 0, 0},         {714, FLAG, 0, 0},
    {1000, FLAG, 0, 0},   {1100, FLAG, 0, 0},   {1101, FLAG, 0, 0},        {1102, FLAG, 0, 0},
    {2000, TEXT, 1, 50},
};

static const option of_database[] = {
    {10, INT, 0, INT64_MAX},  {20, INT, 0, 1000000},    {21, TEXT, 1, 50},        {22, TEXT, 1, 50},
    {26, FLAG, 0, 0},         {27, FLAG, 0, 0},         {405, INT, -1, INT32_MAX}, {500, INT, 0, INT32_MAX},
    {501, INT, -1, INT32_MAX}, {502, INT, 0, INT32_MAX}, {503, INT, 32, 10000000}, {504, FLAG, 0, 0},
    {505, FLAG, 0, 0},        {506, FLAG, 0, 0},        {700, FLAG, 0, 0},        {701, FLAG, 0, 0},
    {702, FLAG, 0, 0},        {900, INT, 0, 100},
};

/* ------------------------------------------------------------------ every code, good and bad */

/* The error of one option: of the call itself, or, deferred, of the next future. */
typedef struct {
    fdb_error_t direct, later;
} answer;

static answer set_on_transaction(int code, const void *value, int len) {
    answer a;
    FDBTransaction *tr = begin(db);
    a.direct = fdb_transaction_set_option(tr, (FDBTransactionOption)code, (const uint8_t *)value, len);
    a.later = outcome(fdb_transaction_get_approximate_size(tr));
    destroy(tr);
    return a;
}

static answer set_on_database(int code, const void *value, int len) {
    answer a;
    FDBDatabase *own = open_database();
    FDBTransaction *tr;
    a.direct = fdb_database_set_option(own, (FDBDatabaseOption)code, (const uint8_t *)value, len);
    tr = begin(own);
    a.later = outcome(fdb_transaction_get_approximate_size(tr));
    destroy(tr);
    fdb_database_destroy(own);
    return a;
}

typedef answer (*setter)(int code, const void *value, int len);

/* A bad value is told at once by a database, and later by a transaction (OPT-2, TX-4). */
static void check_answer(setter set, int code, const void *value, int len, fdb_error_t want, int line) {
    answer a = set(code, value, len);
    fdb_error_t direct = set == set_on_database ? want : 0, later = set == set_on_database ? 0 : want;
    harness_count(a.direct == direct && a.later == later, __FILE__, line,
                  "option %d with %d bytes gave %d and then %d, expected %d and then %d", code, len, a.direct, a.later,
                  direct, later);
}

#define GOOD(value, len) check_answer(set, o->code, (value), (len), 0, __LINE__)
#define BAD(value, len) check_answer(set, o->code, (value), (len), 2006, __LINE__)

static void check_int(setter set, const option *o) {
    eight least = eight_of(o->min), most = eight_of(o->max), below = eight_of(o->min - 1), zero = eight_of(0);
    eight far_below = eight_of(INT64_MIN), far_above = eight_of(INT64_MAX);
    uint8_t longer[9] = {0};
    GOOD(least.data, 8);
    GOOD(most.data, 8);
    BAD(NULL, 0);
    BAD(least.data, 0);
    BAD(least.data, 1);
    BAD(least.data, 4);
    BAD(least.data, 7);
    BAD(longer, 9);
    BAD(below.data, 8);
    BAD(far_below.data, 8);
    if (o->max < INT64_MAX) {
        eight above = eight_of(o->max + 1);
        BAD(above.data, 8);
        BAD(far_above.data, 8);
    }
    if (o->code == 405) {
        BAD(zero.data, 8);
    }
}

static void check_option(setter set, const option *o) {
    static uint8_t text[300];
    memset(text, 't', sizeof text);
    switch (o->form) {
    case FLAG:
        GOOD(NULL, 0);
        GOOD("", 0);
        BAD("x", 1);
        BAD("12345678", 8);
        break;
    case INT: check_int(set, o); break;
    case TEXT:
        GOOD(text, (int)o->min);
        GOOD(text, (int)o->max);
        break;
    default:
        GOOD(NULL, 0);
        GOOD(text, (int)o->max);
    }
}

/* OPT-1 to OPT-3, TX-4, DIS-2: each option of a transaction; bad values are deferred. */
static void each_transaction_option_is_checked_opt2_opt3(void) {
    for (long i = 0; i < COUNT(of_transaction); i++) {
        check_option(set_on_transaction, &of_transaction[i]);
    }
}

/* OPT-1 to OPT-3: each option of a database; bad values are told at once and change nothing. */
static void each_database_option_is_checked_opt2_opt3(void) {
    for (long i = 0; i < COUNT(of_database); i++) {
        check_option(set_on_database, &of_database[i]);
    }
}

/* OPT-1: any other code is 2007 from the call itself, and the transaction is unharmed. */
static void unknown_codes_are_2007_opt1(void) {
    static const int known_elsewhere[] = {404, 504, 800, 801, 900};
    for (int code = -10; code <= 4100; code++) {
        bool known = false, of_db = false;
        for (long i = 0; i < COUNT(of_transaction); i++) {
            known = known || of_transaction[i].code == code;
        }
        for (long i = 0; i < COUNT(known_elsewhere); i++) {
            known = known || known_elsewhere[i] == code;
        }
        for (long i = 0; i < COUNT(of_database); i++) {
            of_db = of_db || of_database[i].code == code;
        }
        if (!known) {
            answer a = set_on_transaction(code, NULL, 0);
            harness_count(a.direct == 2007 && a.later == 0, __FILE__, __LINE__, "transaction option %d: %d, %d", code,
                          a.direct, a.later);
        }
        if (!of_db) {
            CHECK_CODE(db_option(db, code), 2007);
        }
    }
    CHECK_CODE(db_option(db, INT_MAX), 2007);
    CHECK_CODE(db_option(db, INT_MIN), 2007);
}

/* OPT: options with rules of their own: identifier, log, idempotency, tags, span. */
static void options_with_their_own_rules(void) {
    static uint8_t text[300];
    FDBTransaction *tr = begin(db);
    memset(text, 't', sizeof text);
    CHECK_OK(tr_option_bytes(tr, 403, bytes_of(text, 101)));
    CHECK_CODE(touch(tr, B("k")), 2006);
    fdb_transaction_reset(tr);
    CHECK_OK(tr_option_bytes(tr, 403, B("")));
    CHECK_CODE(touch(tr, B("k")), 2006);
    fdb_transaction_reset(tr);
    CHECK_OK(tr_option(tr, 404));
    CHECK_CODE(touch(tr, B("k")), 2000);
    fdb_transaction_reset(tr);
    CHECK_OK(tr_option_bytes(tr, 403, B("name")));
    CHECK_OK(tr_option(tr, 404));
    CHECK_OK(touch(tr, B("k")));
    CHECK_OK(tr_option_bytes(tr, 403, B("another name")));
    CHECK_CODE(touch(tr, B("k")), 2000);
    destroy(tr);
}

/* DIS-11: tags have a length and a number. */
static void tags_have_limits(void) {
    static uint8_t text[300];
    FDBTransaction *tr = begin(db);
    memset(text, 't', sizeof text);
    CHECK_OK(tr_option_bytes(tr, 800, bytes_of(text, 256)));
    CHECK_CODE(touch(tr, B("k")), 2110);
    fdb_transaction_reset(tr);
    for (int i = 1; i <= 5; i++) {
        CHECK_OK(tr_option_bytes(tr, i % 2 == 0 ? 801 : 800, bytes_of(text, i * 51)));
    }
    CHECK_OK(touch(tr, B("k")));
    CHECK_OK(tr_option_bytes(tr, 800, B("the sixth")));
    CHECK_CODE(touch(tr, B("k")), 2109);
    fdb_transaction_reset(tr);
    CHECK_OK(tr_option_bytes(tr, 900, bytes_of(text, 32)));
    CHECK_CODE(touch(tr, B("k")), 2006);
    fdb_transaction_reset(tr);
    CHECK_OK(tr_option_bytes(tr, 900, bytes_of(text, 33)));
    CHECK_OK(touch(tr, B("k")));
    destroy(tr);
}

/* ------------------------------------------------------------------ OPT-5: defaults of a database handle */

/* Whether a commit of 1,000 bytes succeeds. */
static fdb_error_t large_commit(FDBTransaction *tr) {
    static uint8_t large[1000];
    tr_set(tr, B("large"), bytes_of(large, sizeof large));
    return commit(tr);
}

/* OPT-5, NET-5: two handles of one store have options of their own. */
static void options_belong_to_the_handle_opt5_net5(void) {
    FDBDatabase *limited = open_database(), *other = open_database();
    FDBTransaction *before = begin(limited), *tr, *tr_other;
    CHECK_OK(db_option_int(limited, 503, 500));
    CHECK_OK(large_commit(before));
    fdb_transaction_reset(before);
    CHECK_CODE(large_commit(before), 2101);
    tr = begin(limited);
    tr_other = begin(other);
    CHECK_CODE(large_commit(tr), 2101);
    CHECK_OK(large_commit(tr_other));
    CHECK_OK(db_option_int(limited, 503, 5000));
    fdb_transaction_reset(tr);
    CHECK_OK(large_commit(tr));
    destroy(before);
    destroy(tr);
    destroy(tr_other);
    fdb_database_destroy(limited);
    fdb_database_destroy(other);
}

/* OPT-5: a default counts as persistent; the transaction's own value goes before it. */
static void defaults_last_over_on_error_and_reset_opt5(void) {
    FDBDatabase *own = open_database();
    FDBTransaction *tr;
    CHECK_OK(db_option_int(own, 503, 500));
    CHECK_OK(db_option_int(own, 501, 1));
    tr = begin(own);
    CHECK_OK(tr_option_int(tr, 503, 5000));
    CHECK_OK(large_commit(tr));
    CHECK_OK(on_error(tr, 1007));
    CHECK_CODE(large_commit(tr), 2101);
    fdb_transaction_reset(tr);
    CHECK_OK(on_error(tr, 1007));
    CHECK_CODE(on_error(tr, 1007), 1007);
    fdb_transaction_reset(tr);
    CHECK_CODE(large_commit(tr), 2101);
    destroy(tr);
    fdb_database_destroy(own);
}

/* OPT-5, RYW-6: the counter of snapshot reads is added up on the database. */
static void snapshot_options_add_up_opt5_ryw6(void) {
    FDBDatabase *own = open_database();
    static const int steps[] = {27, 27, 26, 26};
    int counter = 1;
    put(own, B("k"), B("stored"));
    for (long i = 0; i < COUNT(steps); i++) {
        FDBTransaction *tr;
        CHECK_OK(db_option(own, steps[i]));
        counter += steps[i] == 26 ? 1 : -1;
        tr = begin(own);
        tr_set(tr, B("k"), B("own"));
        CHECK_SNAPSHOT(tr, B("k"), counter > 0 ? B("own") : B("stored"));
        CHECK_VALUE(tr, B("k"), B("own"));
        destroy(tr);
    }
    fdb_database_destroy(own);
}

/* OPT-5: the flags among the defaults: unreadable keys, protection, conflicting keys, the timeout. */
static void flags_are_defaults_too_opt5(void) {
    FDBDatabase *own = open_database();
    FDBTransaction *tr;
    FDBFuture *f;
    CHECK_OK(db_option(own, 700));
    CHECK_OK(db_option(own, 701));
    CHECK_OK(db_option(own, 702));
    tr = begin(own);
    tr_atomic(tr, FDB_MUTATION_TYPE_SET_VERSIONSTAMPED_VALUE, B("k"), B("0123456789\0\0\0\0"));
    CHECK_VALUE(tr, B("k"), B("0123456789\0\0\0\0"));
    fdb_transaction_reset(tr);
    CHECK_OK(touch(tr, B("raced for")));
    put(own, B("raced for"), B("1"));
    tr_set(tr, B("x"), B("1"));
    CHECK_CODE(commit(tr), 1020);
    CHECK_CODE(touch(tr, B("k")), 2017);
    CHECK_OK(on_error(tr, 1020));
    CHECK_TEXT(ranges_text(tr, CONFLICTING_KEYS), "[raced for,raced for\\x00)");
    CHECK_OK(db_option_int(own, 500, 20));
    fdb_transaction_reset(tr);
    f = fdb_transaction_get_versionstamp(tr);
    CHECK_FUTURE(f, 1031);
    destroy(tr);
    fdb_database_destroy(own);
}

/* OPT-4: what on_error keeps and what it drops; reset drops all. */
static void persistence_over_on_error_and_reset_opt4(void) {
    FDBTransaction *tr = begin(db);
    put(db, B("k"), B("stored"));
    CHECK_OK(tr_option(tr, 601));
    CHECK_OK(tr_option_int(tr, 503, 500));
    CHECK_OK(tr_option_int(tr, 501, 2));
    CHECK_OK(on_error(tr, 1007));
    tr_set(tr, B("k"), B("own"));
    CHECK_SNAPSHOT(tr, B("k"), B("own"));
    CHECK_OK(large_commit(tr));
    CHECK_OK(on_error(tr, 1007));
    CHECK_CODE(on_error(tr, 1007), 1007);
    fdb_transaction_reset(tr);
    CHECK_OK(on_error(tr, 1007));
    CHECK_OK(on_error(tr, 1007));
    CHECK_OK(on_error(tr, 1007));
    destroy(tr);
}

/* OPT-6: a value may be changed as soon as the call has returned. */
static void values_are_copied_opt6(void) {
    FDBTransaction *tr = begin(db);
    eight limit = eight_of(500);
    CHECK_OK(fdb_transaction_set_option(tr, FDB_TR_OPTION_SIZE_LIMIT, limit.data, 8));
    memset(limit.data, 0xff, 8);
    CHECK_CODE(large_commit(tr), 2101);
    destroy(tr);
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    network_start(730);
    db = open_database();
    RUN(each_transaction_option_is_checked_opt2_opt3);
    RUN(each_database_option_is_checked_opt2_opt3);
    RUN(unknown_codes_are_2007_opt1);
    RUN(options_with_their_own_rules);
    RUN(tags_have_limits);
    RUN(options_belong_to_the_handle_opt5_net5);
    RUN(defaults_last_over_on_error_and_reset_opt5);
    RUN(snapshot_options_add_up_opt5_ryw6);
    RUN(flags_are_defaults_too_opt5);
    RUN(persistence_over_on_error_and_reset_opt4);
    RUN(values_are_copied_opt6);
    fdb_database_destroy(db);
    network_finish();
    return harness_end();
}
