/*
 * Watches: when they fire, when they must not, how they end, and their limit. Rules WATCH-1 to WATCH-10.
 */
#include "harness.h"

static FDBDatabase *db;

/* A watch that has begun to look at the database, on its own. */
static FDBFuture *active_watch(FDBDatabase *of, bytes key) {
    FDBTransaction *tr = begin(of);
    FDBFuture *f = tr_watch(tr, key);
    CHECK_OK(commit(tr));
    destroy(tr);
    return f;
}

static void change(int how_written, int round) {
    FDBTransaction *tr = begin(db);
    char text[16];
    int len = snprintf(text, sizeof text, "%d", round);
    switch (how_written) {
    case 0: tr_set(tr, B("w"), bytes_of(text, len)); break;
    case 1: tr_clear(tr, B("w")); break;
    case 2: tr_clear_range(tr, B("a"), B("z")); break;
    default: tr_atomic(tr, FDB_MUTATION_TYPE_APPEND_IF_FITS, B("w"), B("+"));
    }
    CHECK_OK(commit(tr));
    destroy(tr);
}

/* WATCH-1, WATCH-5, WATCH-6: a committed watch fires at any kind of change. */
static void a_change_fires_watch1_watch5_watch6(void) {
    for (int kind = 0; kind < 4; kind++) {
        FDBFuture *f;
        put(db, B("w"), B("before"));
        f = active_watch(db, B("w"));
        CHECK(!fdb_future_is_ready(f));
        change(kind, kind);
        CHECK_FUTURE(f, 0);
    }
}

/* WATCH-6: a write of the same value fires nothing. The second watch shows that the first had its chance. */
static void an_equal_value_does_not_fire_watch6(void) {
    FDBFuture *f, *other;
    put(db, B("w"), B("same"));
    f = active_watch(db, B("w"));
    other = active_watch(db, B("other"));
    put(db, B("w"), B("same"));
    put(db, B("other"), B("changed"));
    CHECK_FUTURE(other, 0);
    CHECK(!fdb_future_is_ready(f));
    put(db, B("w"), B("not the same"));
    CHECK_FUTURE(f, 0);
}

/* WATCH-5: without a commit nothing looks at the database; a change since the read fires at the commit. */
static void a_watch_begins_with_the_commit_watch5(void) {
    FDBTransaction *tr = begin(db);
    FDBFuture *f = tr_watch(tr, B("w"));
    CHECK_OK(touch(tr, B("w")));
    put(db, B("w"), B("changed before the commit"));
    CHECK(!fdb_future_is_ready(f));
    CHECK_OK(commit(tr));
    CHECK_FUTURE(f, 0);
    destroy(tr);
}

/* WATCH-3, WATCH-4: own writes after the watch fire it if they change the value; those before it do not. */
static void own_writes_fire_watch3_watch4(void) {
    FDBTransaction *tr = begin(db);
    FDBFuture *f;
    put(db, B("w"), B("1"));
    tr_set(tr, B("w"), B("own"));
    f = tr_watch(tr, B("w"));
    tr_set(tr, B("w"), B("own"));
    CHECK_VALUE(tr, B("w"), B("own"));
    CHECK(!fdb_future_is_ready(f));
    tr_set(tr, B("w"), B("another"));
    CHECK_FUTURE(f, 0);
    f = tr_watch(tr, B("w"));
    tr_clear(tr, B("w"));
    CHECK_FUTURE(f, 0);
    f = tr_watch(tr, B("w"));
    tr_atomic(tr, FDB_MUTATION_TYPE_ADD, B("w"), B("\0"));
    CHECK_FUTURE(f, 0);
    fdb_transaction_reset(tr);
    tr_set(tr, B("w"), B("own"));
    f = tr_watch(tr, B("w"));
    CHECK_OK(commit(tr));
    destroy(tr);
    CHECK(!fdb_future_is_ready(f));
    put(db, B("w"), B("other"));
    CHECK_FUTURE(f, 0);
}

/* WATCH-7: a transaction that ends badly takes its watches along. */
static void watches_end_with_their_transaction_watch7(void) {
    FDBTransaction *tr = begin(db);
    FDBFuture *f = tr_watch(tr, B("w"));
    fdb_transaction_reset(tr);
    CHECK_FUTURE(f, 1025);
    f = tr_watch(tr, B("w"));
    CHECK_OK(on_error(tr, 1007));
    CHECK_FUTURE(f, 1025);
    f = tr_watch(tr, B("w"));
    CHECK_OK(touch(tr, B("raced for")));
    put(db, B("raced for"), B("1"));
    tr_set(tr, B("x"), B("1"));
    CHECK_CODE(commit(tr), 1020);
    CHECK_FUTURE(f, 1020);
    fdb_transaction_reset(tr);
    f = tr_watch(tr, B("w"));
    destroy(tr);
    CHECK_FUTURE(f, 1025);
}

/* WATCH-7, NET-7: after its commit a watch outlives its transaction and its database handle. */
static void a_watch_outlives_what_made_it_watch7_net7(void) {
    FDBDatabase *own = open_database();
    FDBTransaction *tr = begin(own);
    FDBFuture *f = tr_watch(tr, B("w"));
    CHECK_OK(commit(tr));
    fdb_transaction_reset(tr);
    fdb_transaction_cancel(tr);
    destroy(tr);
    fdb_database_destroy(own);
    CHECK(!fdb_future_is_ready(f));
    put(db, B("w"), B("still seen"));
    CHECK_FUTURE(f, 0);
}

/* WATCH-8: a limit for each database handle; above it the watch fails and the commit does not. */
static void watches_have_a_limit_watch8(void) {
    FDBDatabase *own = open_database();
    FDBFuture *f[3];
    CHECK_OK(db_option_int(own, 20, 2));
    f[0] = active_watch(own, B("w"));
    f[1] = active_watch(own, B("w"));
    CHECK_CODE(outcome(active_watch(own, B("w"))), 1032);
    fdb_future_cancel(f[0]);
    CHECK_FUTURE(f[0], 1101);
    f[2] = active_watch(own, B("w"));
    CHECK(!fdb_future_is_ready(f[2]));
    put(own, B("w"), B("fire all of them"));
    CHECK_FUTURE(f[1], 0);
    CHECK_FUTURE(f[2], 0);
    f[0] = active_watch(own, B("w"));
    f[1] = active_watch(own, B("w"));
    CHECK_OK(db_option_int(own, 20, 0));
    CHECK(!fdb_future_is_ready(f[0]) && !fdb_future_is_ready(f[1]));
    CHECK_CODE(outcome(active_watch(own, B("w"))), 1032);
    fdb_future_destroy(f[0]);
    fdb_future_destroy(f[1]);
    fdb_database_destroy(own);
}

/* WATCH-9: watches on one key are independent of each other. */
static void watches_on_one_key_are_independent_watch9(void) {
    FDBFuture *f[10];
    for (int i = 0; i < 10; i++) {
        f[i] = active_watch(db, B("w"));
    }
    for (int i = 0; i < 10; i += 2) {
        fdb_future_cancel(f[i]);
    }
    put(db, B("w"), B("changed for five"));
    for (int i = 0; i < 10; i++) {
        CHECK_FUTURE(f[i], i % 2 == 0 ? 1101 : 0);
    }
}

/* WATCH-10: what a watch refuses. */
static void some_watches_are_refused_watch10(void) {
    FDBTransaction *tr = begin(db);
    CHECK_OK(tr_option(tr, 51));
    CHECK_CODE(outcome(tr_watch(tr, B("w"))), 1034);
    fdb_transaction_reset(tr);
    CHECK_CODE(outcome(tr_watch(tr, B("\xff"))), 2004);
    CHECK_OK(commit(tr));
    CHECK_CODE(outcome(tr_watch(tr, B("w"))), 2017);
    destroy(tr);
}

/* WATCH-2: the first read of a watch may fail, on the watch only. */
static void a_failed_first_read_is_the_watchs_own_watch2(void) {
    FDBTransaction *tr = begin(db);
    fdb_transaction_set_read_version(tr, 1);
    CHECK_OK(tr_option(tr, 10));
    CHECK_CODE(outcome(tr_watch(tr, B("w"))), 1007);
    tr_set(tr, B("x"), B("1"));
    CHECK_OK(commit(tr));
    destroy(tr);
}

/* WATCH-10: a timeout does not touch a watch whose transaction has committed. */
static void a_timeout_does_not_end_a_committed_watch_watch10(void) {
    FDBTransaction *tr = begin(db), *other = begin(db);
    FDBFuture *f = tr_watch(tr, B("w")), *stamp;
    CHECK_OK(commit(tr));
    CHECK_OK(tr_option_int(tr, 500, 1));
    /* The other transaction was given more time: when it is over, so is the first one's. */
    stamp = fdb_transaction_get_versionstamp(other);
    CHECK_OK(tr_option_int(other, 500, 30));
    CHECK_FUTURE(stamp, 1031);
    CHECK(!fdb_future_is_ready(f));
    put(db, B("w"), B("after the timeout"));
    CHECK_FUTURE(f, 0);
    destroy(tr);
    destroy(other);
}

#define KEYS 20

static void write_them(long number, void *user) {
    (void)user;
    for (long i = number; i < KEYS; i += 4) {
        char key[16];
        int len = snprintf(key, sizeof key, "many/%ld", i);
        put(db, bytes_of(key, len), bytes_of(key, len));
    }
}

/* WATCH-1: of many watches in many threads each hears of its own key's change. */
static void no_change_is_missed_watch1(void) {
    for (long round = 0; round < scaled(50); round++) {
        FDBFuture *f[KEYS];
        FDBTransaction *tr = begin(db);
        tr_clear_range(tr, B("many/"), B("many0"));
        CHECK_OK(commit(tr));
        destroy(tr);
        for (int i = 0; i < KEYS; i++) {
            char key[16];
            int len = snprintf(key, sizeof key, "many/%d", i);
            f[i] = active_watch(db, bytes_of(key, len));
        }
        in_threads(4, write_them, NULL);
        for (int i = 0; i < KEYS; i++) {
            CHECK_FUTURE(f[i], 0);
        }
    }
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    network_start(730);
    db = open_database();
    RUN(a_change_fires_watch1_watch5_watch6);
    RUN(an_equal_value_does_not_fire_watch6);
    RUN(a_watch_begins_with_the_commit_watch5);
    RUN(own_writes_fire_watch3_watch4);
    RUN(watches_end_with_their_transaction_watch7);
    RUN(a_watch_outlives_what_made_it_watch7_net7);
    RUN(watches_have_a_limit_watch8);
    RUN(watches_on_one_key_are_independent_watch9);
    RUN(some_watches_are_refused_watch10);
    RUN(a_failed_first_read_is_the_watchs_own_watch2);
    RUN(a_timeout_does_not_end_a_committed_watch_watch10);
    RUN(no_change_is_missed_watch1);
    fdb_database_destroy(db);
    network_finish();
    return harness_end();
}
