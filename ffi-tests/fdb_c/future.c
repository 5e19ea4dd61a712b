/*
 * Futures: their states, every order of the calls on one future, callbacks that come exactly once,
 * and memory that outlives what it was read from. Rules FUT-1 to FUT-12.
 *
 * Pending futures on demand: a watch of a committed transaction, a versionstamp before its commit,
 * a read at a version half a second ahead.
 */
#include "harness.h"

static FDBDatabase *db;

/* ------------------------------------------------------------------ futures in each state */

static FDBFuture *pending_watch(void) {
    FDBTransaction *tr = begin(db);
    FDBFuture *f = tr_watch(tr, B("never changed"));
    CHECK_OK(commit(tr));
    destroy(tr);
    return f;
}

/* A pending versionstamp and its transaction, which the caller ends. */
static FDBFuture *pending_stamp(FDBTransaction **out) {
    *out = begin(db);
    tr_set(*out, B("stamped"), B("1"));
    return fdb_transaction_get_versionstamp(*out);
}

/* A read that waits for its version, and its transaction. */
static FDBFuture *pending_read(FDBTransaction **out) {
    FDBTransaction *now = begin(db);
    *out = begin(db);
    fdb_transaction_set_read_version(*out, read_version(now) + 500000);
    destroy(now);
    return tr_get(*out, B("value"));
}

static FDBFuture *ready_value(void) {
    FDBTransaction *tr = begin(db);
    FDBFuture *f = tr_get(tr, B("value"));
    CHECK_OK(fdb_future_block_until_ready(f));
    destroy(tr);
    return f;
}

static FDBFuture *ready_error(void) {
    FDBTransaction *tr = begin(db);
    FDBFuture *f = tr_get(tr, B("\xff"));
    CHECK_OK(fdb_future_block_until_ready(f));
    destroy(tr);
    return f;
}

static fdb_error_t get_value(FDBFuture *f) {
    fdb_bool_t present;
    const uint8_t *data;
    int len;
    fdb_error_t error = fdb_future_get_value(f, &present, &data, &len);
    if (error == 0 && CHECK(present)) {
        CHECK_BYTES(data, len, B("content"));
    }
    return error;
}

/* ------------------------------------------------------------------ states */

/* Every function that takes a result out of a future, without the result. */
static fdb_error_t getter(int which, FDBFuture *f) {
    fdb_bool_t flag, more;
    int64_t l;
    uint64_t u;
    double d;
    const uint8_t *data;
    int count;
    const FDBKeyValue *pairs;
    const FDBMappedKeyValue *mapped;
    const FDBKey *keys;
    const char **strings;
    const FDBKeyRange *ranges;
    switch (which) {
    case 0: return fdb_future_get_error(f);
    case 1: return fdb_future_get_bool(f, &flag);
    case 2: return fdb_future_get_int64(f, &l);
    case 3: return fdb_future_get_uint64(f, &u);
    case 4: return fdb_future_get_double(f, &d);
    case 5: return fdb_future_get_key(f, &data, &count);
    case 6: return fdb_future_get_value(f, &flag, &data, &count);
    case 7: return fdb_future_get_keyvalue_array(f, &pairs, &count, &more);
    case 8: return fdb_future_get_mappedkeyvalue_array(f, &mapped, &count, &more);
    case 9: return fdb_future_get_key_array(f, &keys, &count);
    case 10: return fdb_future_get_string_array(f, &strings, &count);
    default: return fdb_future_get_keyrange_array(f, &ranges, &count);
    }
}
#define GETTERS 12

/* FUT-3: every getter says 2015 while a future is pending. */
static void a_pending_future_has_no_result_fut3(void) {
    FDBFuture *f = pending_watch();
    for (int which = 0; which < GETTERS; which++) {
        CHECK_CODE(getter(which, f), 2015);
    }
    CHECK(!fdb_future_is_ready(f));
    fdb_future_destroy(f);
}

/* FUT-3: every getter gives the error of a future that failed. */
static void a_failed_future_gives_its_error_fut3(void) {
    FDBFuture *f = ready_error();
    for (int which = 0; which < GETTERS; which++) {
        CHECK_CODE(getter(which, f), 2004);
    }
    CHECK(fdb_future_is_ready(f));
    fdb_future_destroy(f);
}

/* FUT-1, FUT-10: a ready future is ready for ever, whatever is done to it. */
static void a_ready_future_does_not_change_fut1_fut10(void) {
    FDBFuture *f = ready_value();
    for (int round = 0; round < 3; round++) {
        CHECK(fdb_future_is_ready(f));
        CHECK_OK(fdb_future_get_error(f));
        CHECK_OK(get_value(f));
        fdb_future_cancel(f);
    }
    fdb_future_destroy(f);
}

/* FUT-1: a pending future becomes ready when what it waits for comes. */
static void a_pending_future_becomes_ready_fut1(void) {
    FDBTransaction *tr;
    FDBFuture *f = pending_stamp(&tr);
    const uint8_t *stamp;
    int len;
    CHECK(!fdb_future_is_ready(f));
    CHECK_OK(commit(tr));
    CHECK_OK(fdb_future_block_until_ready(f));
    CHECK(fdb_future_is_ready(f));
    CHECK_OK(fdb_future_get_key(f, &stamp, &len));
    CHECK_INT(len, 10);
    fdb_future_destroy(f);
    destroy(tr);
}

/* FUT-9: blocking on a failed future succeeds; the error is asked for. */
static void blocking_is_not_judging_fut9(void) {
    FDBFuture *f = ready_error();
    CHECK_OK(fdb_future_block_until_ready(f));
    CHECK_OK(fdb_future_block_until_ready(f));
    CHECK_CODE(fdb_future_get_error(f), 2004);
    fdb_future_destroy(f);
}

/* FUT-7: each get takes a use, each release gives one back; at none the value is gone. */
static void the_memory_goes_with_the_last_use_fut7(void) {
    for (int uses = 1; uses <= 4; uses++) {
        FDBFuture *f = ready_value();
        for (int i = 0; i < uses; i++) {
            CHECK_OK(get_value(f));
        }
        for (int i = 0; i < uses; i++) {
            CHECK_OK(fdb_future_get_error(f));
            fdb_future_release_memory(f);
        }
        CHECK_CODE(get_value(f), 1102);
        CHECK_CODE(fdb_future_get_error(f), 1102);
        CHECK(fdb_future_is_ready(f));
        fdb_future_destroy(f);
    }
}

/* ------------------------------------------------------------------ every order of the calls */

enum state { PENDING, VALUE, FAILED, RELEASED, UNKNOWN };

/* What the rules say of a future after the calls so far. UNKNOWN: released more often than taken. */
typedef struct {
    enum state state;
    fdb_error_t error;
    int uses;
    long callbacks;
} model;

static fdb_error_t expected_error(const model *m) {
    return m->state == PENDING ? 2015 : m->state == VALUE ? 0 : m->state == FAILED ? m->error : 1102;
}

static void check_result(FDBFuture *f, model *m, bool take) {
    fdb_error_t error = take ? get_value(f) : fdb_future_get_error(f);
    if (m->state != UNKNOWN) {
        CHECK_CODE(error, expected_error(m));
        m->uses += take && error == 0 ? 1 : 0;
    }
}

static void release(FDBFuture *f, model *m) {
    fdb_future_release_memory(f);
    if (m->state == VALUE && m->uses > 0) {
        m->state = --m->uses == 0 ? RELEASED : VALUE;
    } else if (m->state == VALUE) {
        m->state = UNKNOWN;
    }
}

#define STEPS 6

static void step(int which, FDBFuture *f, model *m, told *t) {
    switch (which) {
    case 0:
        CHECK_OK(fdb_future_set_callback(f, tell, t));
        m->callbacks++;
        break;
    case 1:
        fdb_future_cancel(f);
        m->error = m->state == PENDING ? 1101 : m->error;
        m->state = m->state == PENDING ? FAILED : m->state;
        break;
    case 2: release(f, m); break;
    case 3: check_result(f, m, true); break;
    case 4: check_result(f, m, false); break;
    default: CHECK_INT(fdb_future_is_ready(f) != 0, m->state != PENDING);
    }
}

/* Runs the calls that the digits of `sequence` name, and destroys the future. */
static void run_sequence(FDBFuture *f, model m, long sequence, int length) {
    told t = {0, 0, 0};
    bool pending;
    for (int i = 0; i < length; i++, sequence /= STEPS) {
        step((int)(sequence % STEPS), f, &m, &t);
    }
    pending = m.state == PENDING;
    fdb_future_destroy(f);
    wait_until(&t.calls, m.callbacks);
    CHECK_INT(count_read(&t.calls), m.callbacks);
    if (m.callbacks > 0 && (pending || m.error == 1101)) {
        CHECK_CODE(t.error, 1101);
    }
}

static void every_order_from(FDBFuture *(*make)(void), model first) {
    for (int length = 0; length <= 4; length++) {
        long sequences = 1, stride = 25 / scaled(25);
        for (int i = 0; i < length; i++) {
            sequences *= STEPS;
        }
        for (long s = 0; s < sequences; s += length < 3 ? 1 : stride) {
            run_sequence(make(), first, s, length);
        }
    }
}

static FDBFuture *released_value(void) {
    FDBFuture *f = ready_value();
    CHECK_OK(get_value(f));
    fdb_future_release_memory(f);
    return f;
}

/* FUT-1, FUT-3, FUT-4, FUT-6, FUT-7: all sequences of up to four calls on a pending future. */
static void every_order_on_a_pending_future_fut6(void) {
    model m = {PENDING, 0, 0, 0};
    every_order_from(pending_watch, m);
}

/* FUT-1, FUT-3, FUT-4, FUT-7: the same on a future with a value. */
static void every_order_on_a_value_fut7(void) {
    model m = {VALUE, 0, 0, 0};
    every_order_from(ready_value, m);
}

/* FUT-1, FUT-3, FUT-4: the same on a failed future. */
static void every_order_on_a_failed_future_fut3(void) {
    model m = {FAILED, 2004, 0, 0};
    every_order_from(ready_error, m);
}

/* FUT-7: the same on a future whose memory is released. */
static void every_order_on_a_released_future_fut7(void) {
    model m = {RELEASED, 0, 0, 0};
    every_order_from(released_value, m);
}

/* ------------------------------------------------------------------ callbacks */

/* FUT-4, FUT-12: on a ready future the callback runs inside the call, on the caller's thread. */
static void a_callback_on_a_ready_future_runs_at_once_fut4_fut12(void) {
    FDBFuture *made[2] = {ready_value(), ready_error()};
    for (int i = 0; i < 2; i++) {
        told t = {0, 0, -1};
        CHECK_OK(fdb_future_set_callback(made[i], tell, &t));
        CHECK_INT(count_read(&t.calls), 1);
        CHECK_INT(count_read(&t.on_network), 0);
        CHECK_CODE(t.error, i == 0 ? 0 : 2004);
        fdb_future_destroy(made[i]);
    }
}

/* FUT-4, NET-3: on a pending future it runs on the network thread, however the future ends. */
static void a_callback_on_a_pending_future_runs_on_the_network_thread_fut4_net3(void) {
    for (int end = 0; end < 3; end++) {
        FDBFuture *f = pending_watch();
        told t = {0, 0, -1};
        CHECK_OK(fdb_future_set_callback(f, tell, &t));
        if (end == 0) {
            put(db, B("never changed"), B("now"));
        } else if (end == 1) {
            fdb_future_cancel(f);
        } else {
            fdb_future_destroy(f);
        }
        wait_until(&t.calls, 1);
        CHECK_INT(count_read(&t.on_network), 1);
        CHECK_CODE(t.error, end == 0 ? 0 : 1101);
        if (end != 2) {
            fdb_future_destroy(f);
        }
        empty(db);
        put(db, B("value"), B("content"));
    }
}

/* FUT-4: each of several callbacks runs, and each once. */
static void each_of_several_callbacks_runs_once_fut4(void) {
    FDBTransaction *tr;
    FDBFuture *f = pending_stamp(&tr);
    told told_of[20];
    memset(told_of, 0, sizeof told_of);
    for (int i = 0; i < 10; i++) {
        CHECK_OK(fdb_future_set_callback(f, tell, &told_of[i]));
    }
    CHECK_OK(commit(tr));
    CHECK_OK(fdb_future_block_until_ready(f));
    for (int i = 10; i < 20; i++) {
        CHECK_OK(fdb_future_set_callback(f, tell, &told_of[i]));
    }
    for (int i = 0; i < 20; i++) {
        wait_until(&told_of[i].calls, 1);
        CHECK_OK(told_of[i].error);
    }
    fdb_future_destroy(f);
    destroy(tr);
    for (int i = 0; i < 20; i++) {
        CHECK_INT(count_read(&told_of[i].calls), 1);
    }
}

/* FUT-4: one function with one parameter, set five times, runs five times. */
static void the_same_callback_counts_as_often_as_it_is_set_fut4(void) {
    FDBFuture *f = pending_watch();
    told t = {0, 0, 0};
    for (int i = 0; i < 5; i++) {
        CHECK_OK(fdb_future_set_callback(f, tell, &t));
    }
    fdb_future_cancel(f);
    wait_until(&t.calls, 5);
    fdb_future_destroy(f);
    CHECK_INT(count_read(&t.calls), 5);
}

static void destroy_inside(FDBFuture *f, void *user) {
    ((told *)user)->error = fdb_future_get_error(f);
    fdb_future_destroy(f);
    count_add(&((told *)user)->calls, 1);
}

/* FUT-5: a callback may destroy its own future, pending or ready when it was set. */
static void a_callback_may_destroy_its_future_fut5(void) {
    for (long round = 0; round < scaled(200); round++) {
        FDBTransaction *tr;
        told t = {0, 0, -1};
        FDBFuture *f = pending_stamp(&tr);
        CHECK_OK(fdb_future_set_callback(f, destroy_inside, &t));
        CHECK_OK(commit(tr));
        wait_until(&t.calls, 1);
        CHECK_OK(t.error);
        destroy(tr);
        f = ready_value();
        CHECK_OK(fdb_future_set_callback(f, destroy_inside, &t));
        CHECK_INT(count_read(&t.calls), 2);
    }
}

/* FUT-5, FUT-6: also when it is cancelled. */
static void a_cancelled_future_may_be_destroyed_inside_fut5_fut6(void) {
    for (long round = 0; round < scaled(200); round++) {
        told t = {0, 0, -1};
        FDBFuture *f = pending_watch();
        CHECK_OK(fdb_future_set_callback(f, destroy_inside, &t));
        fdb_future_cancel(f);
        wait_until(&t.calls, 1);
        CHECK_CODE(t.error, 1101);
    }
}

/* ------------------------------------------------------------------ calls inside a callback */

typedef struct {
    long done, depth;
    FDBTransaction *tr;
    FDBFuture *ready, *pending;
    fdb_error_t on_ready, on_pending;
} inside;

static void block_inside(FDBFuture *f, void *user) {
    inside *in = (inside *)user;
    (void)f;
    in->on_ready = fdb_future_block_until_ready(in->ready);
    in->on_pending = fdb_future_block_until_ready(in->pending);
    count_add(&in->done, 1);
}

/* FUT-9: on the network thread blocking on a pending future is 2026, on a ready one it is nothing. */
static void blocking_on_the_network_thread_is_refused_fut9(void) {
    inside in = {0, 0, NULL, ready_value(), pending_watch(), -1, -1};
    FDBTransaction *tr;
    FDBFuture *f = pending_stamp(&tr);
    CHECK_OK(fdb_future_set_callback(f, block_inside, &in));
    CHECK_OK(commit(tr));
    wait_until(&in.done, 1);
    CHECK_OK(in.on_ready);
    CHECK_CODE(in.on_pending, 2026);
    CHECK(!fdb_future_is_ready(in.pending));
    fdb_future_destroy(in.ready);
    fdb_future_destroy(in.pending);
    fdb_future_destroy(f);
    destroy(tr);
}

/* Goes on from each commit to the next read and from each read to the next commit. */
static void chain(FDBFuture *f, void *user) {
    inside *in = (inside *)user;
    FDBFuture *next;
    CHECK_OK(fdb_future_get_error(f));
    fdb_future_destroy(f);
    if (--in->depth == 0) {
        destroy(in->tr);
        count_add(&in->done, 1);
        return;
    }
    if (in->depth % 2 == 0) {
        destroy(in->tr);
        in->tr = begin(db);
        next = tr_get(in->tr, B("chain"));
    } else {
        tr_set(in->tr, B("chain"), B("link"));
        next = fdb_transaction_commit(in->tr);
    }
    CHECK_OK(fdb_future_set_callback(next, chain, in));
}

/* FUT-5: callbacks may begin, read, write, commit, destroy and set further callbacks. */
static void a_callback_may_call_anything_fut5(void) {
    inside in = {0, scaled(400), begin(db), NULL, NULL, 0, 0};
    CHECK_OK(fdb_future_set_callback(tr_get(in.tr, B("chain")), chain, &in));
    wait_until(&in.done, 1);
}

static void end_the_transaction(FDBFuture *f, void *user) {
    inside *in = (inside *)user;
    (void)f;
    if (in->depth == 0) {
        fdb_transaction_reset(in->tr);
    } else if (in->depth == 1) {
        fdb_transaction_cancel(in->tr);
    } else {
        fdb_transaction_destroy(in->tr);
    }
    count_add(&in->done, 1);
}

/* FUT-5, RST-4: a callback may reset, cancel and destroy the transaction of its future. */
static void a_callback_may_end_its_transaction_fut5_rst4(void) {
    for (long end = 0; end < 3; end++) {
        inside in = {0, end, NULL, NULL, NULL, 0, 0};
        FDBFuture *f = pending_stamp(&in.tr), *committed;
        CHECK_OK(fdb_future_set_callback(f, end_the_transaction, &in));
        committed = fdb_transaction_commit(in.tr);
        wait_until(&in.done, 1);
        (void)outcome(committed);
        fdb_future_destroy(f);
        if (end != 2) {
            destroy(in.tr);
        }
    }
}

/* ------------------------------------------------------------------ cancelling */

/* FUT-6: each kind of pending future fails with 1101 when it is cancelled. */
static void a_cancelled_future_is_1101_fut6(void) {
    FDBTransaction *of_stamp, *of_read;
    FDBFuture *made[3];
    made[0] = pending_watch();
    made[1] = pending_stamp(&of_stamp);
    made[2] = pending_read(&of_read);
    for (int i = 0; i < 3; i++) {
        told t = {0, 0, -1};
        CHECK(!fdb_future_is_ready(made[i]));
        CHECK_OK(fdb_future_set_callback(made[i], tell, &t));
        fdb_future_cancel(made[i]);
        wait_until(&t.calls, 1);
        CHECK_CODE(t.error, 1101);
        CHECK_CODE(outcome(made[i]), 1101);
        CHECK_INT(count_read(&t.calls), 1);
    }
    destroy(of_stamp);
    destroy(of_read);
}

/* FUT-6, COM-4: the read of a cancelled future still counts: its conflict range is there. */
static void a_cancelled_read_still_conflicts_fut6_com4(void) {
    FDBTransaction *tr = begin(db);
    FDBFuture *f;
    (void)read_version(tr);
    f = tr_get(tr, B("raced for"));
    fdb_future_cancel(f);
    fdb_future_destroy(f);
    put(db, B("raced for"), B("1"));
    tr_set(tr, B("other"), B("1"));
    CHECK_CODE(commit(tr), 1020);
    destroy(tr);
}

/* FUT-6, RST-2: a commit whose future is cancelled may take effect; the database stays whole. */
static void a_cancelled_commit_is_all_or_nothing_fut6(void) {
    for (long round = 0; round < scaled(100); round++) {
        FDBTransaction *tr = begin(db);
        FDBFuture *f;
        const char *left;
        empty(db);
        tr_set(tr, B("a"), B("1"));
        tr_set(tr, B("b"), B("1"));
        f = fdb_transaction_commit(tr);
        fdb_future_cancel(f);
        fdb_future_destroy(f);
        destroy(tr);
        tr = begin(db);
        left = scan(tr, B(""), B("\xff"), ALL_OF_IT);
        CHECK(strcmp(left, "") == 0 || strcmp(left, "a=1 b=1") == 0);
        destroy(tr);
    }
}

/* FUT-6: two threads cancel one future; its callback runs once. */
static void cancel_twice(long number, void *user) {
    (void)number;
    fdb_future_cancel((FDBFuture *)user);
}

static void cancelled_by_many_it_is_told_once_fut6_fut10(void) {
    for (long round = 0; round < scaled(200); round++) {
        told t = {0, 0, -1};
        FDBFuture *f = pending_watch();
        CHECK_OK(fdb_future_set_callback(f, tell, &t));
        in_threads(4, cancel_twice, f);
        wait_until(&t.calls, 1);
        fdb_future_destroy(f);
        CHECK_INT(count_read(&t.calls), 1);
    }
}

/* ------------------------------------------------------------------ memory */

static void write_rows(void) {
    FDBTransaction *tr = begin(db);
    for (int i = 0; i < 500; i++) {
        char key[16], value[64];
        snprintf(key, sizeof key, "row/%04d", i);
        snprintf(value, sizeof value, "the value of row %d", i);
        tr_set(tr, bytes_of(key, 8), bytes_of(value, (int)strlen(value)));
    }
    CHECK_OK(commit(tr));
    destroy(tr);
}

static void check_rows(const FDBKeyValue *pairs, int count) {
    CHECK_INT(count, 500);
    for (int i = 0; i < count; i++) {
        char key[16], value[64];
        snprintf(key, sizeof key, "row/%04d", i);
        snprintf(value, sizeof value, "the value of row %d", i);
        CHECK_BYTES(key_in(pairs, i).data, key_in(pairs, i).len, bytes_of(key, 8));
        CHECK_BYTES(value_in(pairs, i).data, value_in(pairs, i).len, bytes_of(value, (int)strlen(value)));
    }
}

/* FUT-8: what a future handed out is valid after its transaction and database are gone. */
static void memory_outlives_the_transaction_and_the_database_fut8(void) {
    FDBDatabase *own = open_database();
    FDBTransaction *tr = begin(own);
    const FDBKeyValue *pairs;
    const FDBKey *points;
    const uint8_t *value, *key;
    const char **addresses;
    int count, value_len, key_len, points_count, addresses_count;
    fdb_bool_t more, present;
    FDBFuture *f[5];
    write_rows();
    f[0] = tr_range(tr, at_or_after(B("row/")), at_or_after(B("row0")), ALL_OF_IT);
    f[1] = tr_get(tr, B("row/0007"));
    f[2] = tr_get_key(tr, at_or_after(B("row/0123")), 0);
    f[3] = fdb_transaction_get_range_split_points(tr, B("row/").data, 4, B("row0").data, 4, 1000);
    f[4] = fdb_transaction_get_addresses_for_key(tr, B("row/").data, 4);
    for (int i = 0; i < 5; i++) {
        CHECK_OK(fdb_future_block_until_ready(f[i]));
    }
    CHECK_OK(fdb_future_get_keyvalue_array(f[0], &pairs, &count, &more));
    CHECK_OK(fdb_future_get_value(f[1], &present, &value, &value_len));
    CHECK_OK(fdb_future_get_key(f[2], &key, &key_len));
    CHECK_OK(fdb_future_get_key_array(f[3], &points, &points_count));
    CHECK_OK(fdb_future_get_string_array(f[4], &addresses, &addresses_count));
    fdb_transaction_reset(tr);
    destroy(tr);
    fdb_database_destroy(own);
    empty(db);
    check_rows(pairs, count);
    CHECK_BYTES(value, value_len, B("the value of row 7"));
    CHECK_BYTES(key, key_len, B("row/0123"));
    CHECK(points_count >= 2 && addresses_count >= 1 && strlen(addresses[0]) > 0);
    CHECK_BYTES(points[0].key, points[0].key_length, B("row/"));
    CHECK_BYTES(points[points_count - 1].key, points[points_count - 1].key_length, B("row0"));
    for (int i = 0; i < 5; i++) {
        fdb_future_destroy(f[i]);
    }
    put(db, B("value"), B("content"));
}

/* ABI-3: what is passed in may be changed or freed as soon as the call returns. */
static void input_is_copied_abi3(void) {
    FDBTransaction *tr = begin(db);
    uint8_t *key = malloc(3), *value = malloc(2);
    FDBFuture *f;
    memcpy(key, "cop", 3);
    memcpy(value, "ed", 2);
    fdb_transaction_set(tr, key, 3, value, 2);
    f = fdb_transaction_get(tr, key, 3, 0);
    memset(key, 'x', 3);
    memset(value, 'x', 2);
    free(key);
    free(value);
    harness_value(f, B("ed"), "the own set", __FILE__, __LINE__);
    CHECK_OK(commit(tr));
    fdb_transaction_reset(tr);
    CHECK_VALUE(tr, B("cop"), B("ed"));
    destroy(tr);
}

/* FUT-2: a future outlives its transaction, pending or not. */
static void a_future_outlives_its_transaction_fut2_rst3(void) {
    FDBTransaction *of_stamp, *of_read;
    FDBFuture *stamp = pending_stamp(&of_stamp), *read = pending_read(&of_read);
    destroy(of_stamp);
    destroy(of_read);
    CHECK_CODE(outcome(stamp), 1025);
    CHECK_CODE(outcome(read), 1025);
}

/* FUT-11: a read that waits for its version does not keep others from completing. */
static void futures_complete_in_any_order_fut11(void) {
    FDBTransaction *late, *now = begin(db);
    FDBFuture *f = pending_read(&late);
    CHECK_VALUE(now, B("value"), B("content"));
    CHECK(!fdb_future_is_ready(f));
    fdb_future_destroy(f);
    destroy(late);
    destroy(now);
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    network_start(730);
    db = open_database();
    put(db, B("value"), B("content"));
    RUN(a_pending_future_has_no_result_fut3);
    RUN(a_failed_future_gives_its_error_fut3);
    RUN(a_ready_future_does_not_change_fut1_fut10);
    RUN(a_pending_future_becomes_ready_fut1);
    RUN(blocking_is_not_judging_fut9);
    RUN(the_memory_goes_with_the_last_use_fut7);
    RUN(every_order_on_a_pending_future_fut6);
    RUN(every_order_on_a_value_fut7);
    RUN(every_order_on_a_failed_future_fut3);
    RUN(every_order_on_a_released_future_fut7);
    RUN(a_callback_on_a_ready_future_runs_at_once_fut4_fut12);
    RUN(a_callback_on_a_pending_future_runs_on_the_network_thread_fut4_net3);
    RUN(each_of_several_callbacks_runs_once_fut4);
    RUN(the_same_callback_counts_as_often_as_it_is_set_fut4);
    RUN(a_callback_may_destroy_its_future_fut5);
    RUN(a_cancelled_future_may_be_destroyed_inside_fut5_fut6);
    RUN(blocking_on_the_network_thread_is_refused_fut9);
    RUN(a_callback_may_call_anything_fut5);
    RUN(a_callback_may_end_its_transaction_fut5_rst4);
    RUN(a_cancelled_future_is_1101_fut6);
    RUN(a_cancelled_read_still_conflicts_fut6_com4);
    RUN(a_cancelled_commit_is_all_or_nothing_fut6);
    RUN(cancelled_by_many_it_is_told_once_fut6_fut10);
    RUN(memory_outlives_the_transaction_and_the_database_fut8);
    RUN(input_is_copied_abi3);
    RUN(a_future_outlives_its_transaction_fut2_rst3);
    RUN(futures_complete_in_any_order_fut11);
    fdb_database_destroy(db);
    network_finish();
    return harness_end();
}
