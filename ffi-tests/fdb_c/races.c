/*
 * What ends a transaction races with its pending futures, in several threads. Every callback is
 * counted: none is lost, none comes twice, none comes after the network has stopped.
 * Rules FUT-2, FUT-6, FUT-10, TX-3, RST-1 to RST-3, NET-7.
 */
#include "harness.h"

#define WATCHES 4
#define FUTURES (WATCHES + 4)

static FDBDatabase *shared;
/* Callbacks set and callbacks that came, over the whole program. */
static long set_in_all, came_in_all;

/* One callback and what it may be told. */
typedef struct {
    long calls, odd_errors;
} counted;

typedef struct {
    FDBDatabase *db;
    FDBTransaction *tr;
    FDBFuture *futures[FUTURES];
    counted counts[FUTURES][2];
    int way;
    bool own_database;
    pthread_barrier_t start;
} round_of;

/* Success, conflict, too old, future version, cancelled transaction or future, used during commit,
   no valid version: nothing else may end these futures. */
static bool is_possible(fdb_error_t error) {
    static const fdb_error_t possible[] = {0, 1007, 1009, 1020, 1025, 1101, 2017, 2020, 2021};
    for (long i = 0; i < COUNT(possible); i++) {
        if (error == possible[i]) {
            return true;
        }
    }
    return false;
}

static void count_call(FDBFuture *f, void *user) {
    counted *c = (counted *)user;
    if (!is_possible(fdb_future_get_error(f))) {
        count_add(&c->odd_errors, 1);
    }
    count_add(&came_in_all, 1);
    count_add(&c->calls, 1);
}

static void set_callbacks(round_of *r, int at) {
    for (int i = 0; i < 2; i++) {
        count_add(&set_in_all, 1);
        CHECK_OK(fdb_future_set_callback(r->futures[at], count_call, &r->counts[at][i]));
    }
}

/* Watches, a versionstamp, a read that waits for its version, the read version and a plain read. */
static void make_futures(round_of *r) {
    int at = 0;
    int64_t version;
    FDBTransaction *now = begin(r->db);
    version = read_version(now);
    destroy(now);
    if (r->way % 2 == 0) {
        fdb_transaction_set_read_version(r->tr, version + 20000);
    }
    r->futures[at++] = tr_get(r->tr, B("a"));
    r->futures[at++] = fdb_transaction_get_read_version(r->tr);
    for (int i = 0; i < WATCHES; i++) {
        r->futures[at++] = tr_watch(r->tr, B("watched"));
    }
    tr_set(r->tr, B("b"), B("1"));
    r->futures[at++] = fdb_transaction_get_versionstamp(r->tr);
    r->futures[at++] = fdb_transaction_commit(r->tr);
    for (int i = 0; i < FUTURES; i++) {
        set_callbacks(r, i);
    }
}

/* Thread 0 ends the transaction, in one of four ways, and the database if it is the round's own. */
static void end_transaction(round_of *r) {
    switch (r->way / 2 % 4) {
    case 0: break;
    case 1: fdb_transaction_reset(r->tr); break;
    case 2: fdb_transaction_cancel(r->tr); break;
    default:
        fdb_transaction_cancel(r->tr);
        fdb_transaction_reset(r->tr);
    }
    if (r->own_database && r->way % 3 == 0) {
        fdb_database_destroy(r->db);
        fdb_transaction_destroy(r->tr);
        return;
    }
    fdb_transaction_destroy(r->tr);
    if (r->own_database) {
        fdb_database_destroy(r->db);
    }
}

/* The others cancel and destroy futures, each its own; all look at all of them first. */
static void end_futures(round_of *r, long thread_number, long threads) {
    for (int i = 0; i < FUTURES; i++) {
        if (i % threads != thread_number) {
            continue;
        }
        (void)fdb_future_is_ready(r->futures[i]);
        if ((i + r->way) % 3 == 0) {
            fdb_future_cancel(r->futures[i]);
        }
        if ((i + r->way) % 3 == 1) {
            CHECK_OK(fdb_future_block_until_ready(r->futures[i]));
        }
        fdb_future_destroy(r->futures[i]);
    }
}

static void racer(long number, void *user) {
    round_of *r = (round_of *)user;
    pthread_barrier_wait(&r->start);
    if (number == 0) {
        end_transaction(r);
    } else {
        end_futures(r, number - 1, 3);
    }
}

static void changer(void) {
    put(shared, B("watched"), random_below(2) == 0 ? B("1") : B("2"));
}

static void race(int way, bool own_database) {
    round_of r;
    memset(&r, 0, sizeof r);
    r.way = way;
    r.own_database = own_database;
    r.db = own_database ? open_database() : shared;
    r.tr = begin(r.db);
    pthread_barrier_init(&r.start, NULL, 4);
    make_futures(&r);
    in_threads(4, racer, &r);
    /* A watch that a thread blocks on may need a change. */
    changer();
    for (int i = 0; i < FUTURES; i++) {
        for (int c = 0; c < 2; c++) {
            wait_until(&r.counts[i][c].calls, 1);
            CHECK_INT(count_read(&r.counts[i][c].calls), 1);
            CHECK_INT(count_read(&r.counts[i][c].odd_errors), 0);
        }
    }
    pthread_barrier_destroy(&r.start);
}

static bool stop_changes;

static void keep_changing(long number, void *user) {
    (void)user;
    for (long i = 0; !__atomic_load_n(&stop_changes, __ATOMIC_SEQ_CST); i++) {
        char value[32];
        snprintf(value, sizeof value, "%ld %ld", number, i);
        put(shared, B("watched"), bytes_of(value, (int)strlen(value)));
        breathe();
    }
}

static void many_races(bool own_database) {
    thread writer;
    __atomic_store_n(&stop_changes, false, __ATOMIC_SEQ_CST);
    thread_start(&writer, keep_changing, 0, NULL);
    for (long i = 0; i < scaled(1200); i++) {
        race((int)(i % 24), own_database);
    }
    __atomic_store_n(&stop_changes, true, __ATOMIC_SEQ_CST);
    thread_join(&writer);
}

/* FUT-6, RST-1 to RST-3: reset, cancel and destroy while other threads cancel and destroy the futures. */
static void the_end_of_a_transaction_races_with_its_futures_fut6_rst1_rst2_rst3(void) {
    many_races(false);
}

/* NET-7, FUT-13: also when the database handle is destroyed among them. */
static void the_end_of_a_database_handle_races_with_its_futures_net7(void) {
    many_races(true);
}

/* ------------------------------------------------------------------ one future, many threads */

typedef struct {
    FDBFuture *future;
    counted count;
    long ready;
} shared_future;

static void set_and_look(long number, void *user) {
    shared_future *s = (shared_future *)user;
    for (int i = 0; i < 10; i++) {
        count_add(&set_in_all, 1);
        CHECK_OK(fdb_future_set_callback(s->future, count_call, &s->count));
        count_add(&s->ready, fdb_future_is_ready(s->future) ? 1 : 0);
        if (number == 0 && i == 5) {
            fdb_future_cancel(s->future);
        }
    }
}

/* FUT-4, FUT-10: callbacks are set in four threads while the future is cancelled: none is lost. */
static void callbacks_race_with_the_end_of_the_future_fut4_fut10(void) {
    for (long i = 0; i < scaled(300); i++) {
        shared_future s;
        FDBTransaction *tr = begin(shared);
        memset(&s, 0, sizeof s);
        s.future = tr_watch(tr, B("never changed"));
        CHECK_OK(commit(tr));
        destroy(tr);
        in_threads(4, set_and_look, &s);
        wait_until(&s.count.calls, 40);
        CHECK_CODE(outcome(s.future), 1101);
        CHECK_INT(count_read(&s.count.calls), 40);
        CHECK_INT(count_read(&s.count.odd_errors), 0);
    }
}

static void block_on_it(long number, void *user) {
    (void)number;
    CHECK_OK(fdb_future_block_until_ready((FDBFuture *)user));
    CHECK(fdb_future_is_ready((FDBFuture *)user));
}

/* FUT-9, FUT-10: all threads that block on one future wake up. */
static void all_that_block_wake_up_fut9_fut10(void) {
    for (long i = 0; i < scaled(200); i++) {
        thread waiting[4];
        FDBTransaction *tr = begin(shared);
        FDBFuture *f = fdb_transaction_get_versionstamp(tr);
        tr_set(tr, B("x"), B("y"));
        for (int t = 0; t < 4; t++) {
            thread_start(&waiting[t], block_on_it, t, f);
        }
        CHECK_OK(commit(tr));
        for (int t = 0; t < 4; t++) {
            thread_join(&waiting[t]);
        }
        fdb_future_destroy(f);
        destroy(tr);
    }
}

/* ------------------------------------------------------------------ a transaction used by many */

static void use_it(long number, void *user) {
    FDBTransaction *tr = (FDBTransaction *)user;
    for (long i = 0; i < scaled(100); i++) {
        char key[16];
        int len = snprintf(key, sizeof key, "%ld/%ld", number, i);
        tr_set(tr, bytes_of(key, len), B("v"));
        harness_value(tr_get(tr, bytes_of(key, len)), B("v"), "the own set", __FILE__, __LINE__);
    }
}

/* TX-2: one transaction takes calls of eight threads, and each sees its own writes. */
static void a_transaction_serves_many_threads_tx2(void) {
    FDBTransaction *tr = begin(shared);
    const FDBKeyValue *pairs;
    int count = 0;
    fdb_bool_t more;
    FDBFuture *f;
    empty(shared);
    in_threads(8, use_it, tr);
    CHECK_OK(commit(tr));
    fdb_transaction_reset(tr);
    f = tr_range(tr, at_or_after(B("")), at_or_after(B("\xff")), ALL_OF_IT);
    CHECK_OK(fdb_future_block_until_ready(f));
    CHECK_OK(fdb_future_get_keyvalue_array(f, &pairs, &count, &more));
    CHECK_INT(count, 8 * scaled(100));
    fdb_future_destroy(f);
    destroy(tr);
}

/* FUT-4: after the network has stopped every callback has come, once. */
static void nothing_comes_late(void) {
    CHECK_INT(count_read(&came_in_all), count_read(&set_in_all));
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    network_start(730);
    shared = open_database();
    RUN(the_end_of_a_transaction_races_with_its_futures_fut6_rst1_rst2_rst3);
    RUN(the_end_of_a_database_handle_races_with_its_futures_net7);
    RUN(callbacks_race_with_the_end_of_the_future_fut4_fut10);
    RUN(all_that_block_wake_up_fut9_fut10);
    RUN(a_transaction_serves_many_threads_tx2);
    fdb_database_destroy(shared);
    network_finish();
    RUN(nothing_comes_late);
    return harness_end();
}
