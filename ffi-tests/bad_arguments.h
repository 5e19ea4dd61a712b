/*
 * Bad arguments of every class, for null.c and arguments.c: good objects and what is none of them.
 *
 * Handles: NULL, small numbers, all ones, addresses of locals and of the heap, handles of another
 * type, destroyed once and twice, each bit of a good one flipped. Bytes: NULL with a length,
 * lengths no memory holds. Outputs and inputs: NULL, unaligned. Numbers: no such enum, below zero.
 */
#ifndef PLINTH_TEST_BAD_ARGUMENTS_H
#define PLINTH_TEST_BAD_ARGUMENTS_H

#include "harness.h"

enum kind { DATABASE, KEYSPACE, TRANSACTION, WATCH, STREAM };

static plinth_database *db, *closed_db, *closed_twice_db;
static plinth_keyspace *ks, *closed_ks, *closed_twice_ks;
static plinth_transaction *tr, *destroyed_tr, *destroyed_twice_tr;
static plinth_watch *watch, *destroyed_watch, *destroyed_twice_watch;
static plinth_stream *stream, *destroyed_stream, *destroyed_twice_stream;
static plinth_value some_value;
static outcome watch_outcome;

static const uint8_t k[] = "k";

/* ------------------------------------------------------------------ outputs */

/* Fills an output with rubbish that must not survive. */
#define RUBBISH(object) memset(&(object), 0xab, sizeof(object))

/* After an error the output must be zero. */
#define CHECK_ZEROED(error, object) CHECK((error) == 0 || is_zero(&(object), sizeof(object)))

/* A structure's fields only: its padding may hold anything. */
static inline void check_range_zeroed(plinth_error error, const plinth_range *range) {
    CHECK(error == 0 || (range->items == NULL && range->count == 0 && !range->more && range->owner == NULL));
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ------------------------------------------------------------------ bad handles */

#define MOST_HANDLES 110

static inline void *from_bits(uintptr_t bits) {
    void *handle;
    memcpy(&handle, &bits, sizeof handle);
    return handle;
}

static inline uintptr_t bits_of(const void *handle) {
    uintptr_t bits;
    memcpy(&bits, &handle, sizeof bits);
    return bits;
}

/* Everything that is no handle of this kind. `local` and `heap` are addresses of the caller. */
static inline size_t bad_handles(enum kind kind, void *local, void *heap, void **out) {
    void *all_good[] = {db, ks, tr, watch, stream}, *good = all_good[kind];
    void *others[] = {db, closed_db, closed_twice_db, ks, closed_ks, closed_twice_ks, tr, destroyed_tr, destroyed_twice_tr,
                      watch, destroyed_watch, destroyed_twice_watch, stream, destroyed_stream, destroyed_twice_stream,
                      some_value.owner, local, heap};
    static const uintptr_t numbers[] = {1, 2, 7, 8, 64, 4095, 4096, UINT32_MAX, UINTPTR_MAX, UINTPTR_MAX - 1, UINTPTR_MAX / 2};
    size_t count = 0;
    out[count++] = NULL;
    for (size_t i = 0; i < COUNT(others); i++) {
        if (others[i] != good) {
            out[count++] = others[i];
        }
    }
    for (size_t i = 0; i < COUNT(numbers); i++) {
        out[count++] = from_bits(numbers[i]);
    }
    for (unsigned bit = 0; bit < sizeof(uintptr_t) * 8; bit++) {
        out[count++] = from_bits(bits_of(good) ^ ((uintptr_t)1 << bit));
    }
    return count;
}

static inline plinth_key_selector selector_of(const uint8_t *data, size_t len) {
    plinth_key_selector made = {data, len, false, 1};
    return made;
}

/* ------------------------------------------------------------------ asynchronous calls as blocking ones */

/* What the callback of a call was told; the call itself has returned 0. */
#define ANSWER(o, call) (outcome_begin(&(o)), CHECK_OK(call), outcome_end(&(o)))

static inline plinth_error never_fires(plinth_watch *made, outcome *o) {
    if (made != NULL) {
        CHECK_OK(plinth_watch_cancel(made));
        CHECK_OK(plinth_watch_destroy(made));
        CHECK_CODE(outcome_end(o), PLINTH_ERROR_OPERATION_CANCELLED);
        return 0;
    }
    return outcome_end(o);
}

/* A watch that ends at once with the error, or is ended here. */
static inline plinth_error watch_for(plinth_transaction *t, plinth_keyspace *s, const uint8_t *data, size_t len) {
    plinth_watch *made;
    outcome o;
    memset(&made, 0xab, sizeof made);
    outcome_begin(&o);
    CHECK_OK(plinth_transaction_watch(t, s, data, len, on_done, &o, on_finish, &made));
    return never_fires(made, &o);
}

/* ------------------------------------------------------------------ the objects */

/* A watch that waits, on its own. */
static plinth_watch *waiting_watch(outcome *o) {
    plinth_transaction *of = begin(db);
    plinth_watch *made = NULL;
    CHECK_OK(plinth_transaction_watch(of, NULL, (const uint8_t *)"watched", 7, on_done, o, on_finish, &made));
    CHECK_OK(plinth_transaction_commit(of));
    destroy(of);
    return made;
}

/* A stream over everything, of `tr`. */
static inline plinth_stream *whole_stream(void) {
    plinth_key_selector from = at_or_after(B("")), to = at_or_after(B("\xff"));
    plinth_stream *made = NULL;
    CHECK_OK(plinth_transaction_stream_range(tr, NULL, &from, &to, NULL, &made));
    return made;
}

static inline void make_objects(void) {
    outcome o;
    db = open_memory();
    closed_db = open_memory();
    CHECK_OK(plinth_database_close(closed_db));
    closed_twice_db = open_memory();
    CHECK_OK(plinth_database_close(closed_twice_db));
    CHECK_CODE(plinth_database_close(closed_twice_db), PLINTH_ERROR_INVALID_HANDLE);
    CHECK_OK(plinth_keyspace_open(db, "good", &closed_ks));
    CHECK_OK(plinth_keyspace_open(db, "good", &closed_twice_ks));
    CHECK_OK(plinth_keyspace_close(closed_ks));
    CHECK_OK(plinth_keyspace_close(closed_twice_ks));
    CHECK_CODE(plinth_keyspace_close(closed_twice_ks), PLINTH_ERROR_INVALID_HANDLE);
    CHECK_OK(plinth_keyspace_open(db, "good", &ks));
    destroyed_tr = begin(db);
    destroyed_twice_tr = begin(db);
    destroy(destroyed_tr);
    destroy(destroyed_twice_tr);
    CHECK_CODE(plinth_transaction_destroy(destroyed_twice_tr), PLINTH_ERROR_INVALID_HANDLE);
    put(db, B("k"), B("some value"));
    outcome_begin(&watch_outcome);
    watch = waiting_watch(&watch_outcome);
    outcome_begin(&o);
    destroyed_watch = waiting_watch(&o);
    CHECK_OK(plinth_watch_destroy(destroyed_watch));
    CHECK_CODE(outcome_end(&o), PLINTH_ERROR_OPERATION_CANCELLED);
    outcome_begin(&o);
    destroyed_twice_watch = waiting_watch(&o);
    CHECK_OK(plinth_watch_destroy(destroyed_twice_watch));
    CHECK_CODE(plinth_watch_destroy(destroyed_twice_watch), PLINTH_ERROR_INVALID_HANDLE);
    CHECK_CODE(outcome_end(&o), PLINTH_ERROR_OPERATION_CANCELLED);
    tr = begin(db);
    stream = whole_stream();
    destroyed_stream = whole_stream();
    destroyed_twice_stream = whole_stream();
    CHECK_OK(plinth_stream_destroy(destroyed_stream));
    CHECK_OK(plinth_stream_destroy(destroyed_twice_stream));
    CHECK_CODE(plinth_stream_destroy(destroyed_twice_stream), PLINTH_ERROR_INVALID_HANDLE);
    CHECK_OK(plinth_transaction_get(tr, NULL, k, 1, &some_value));
}

static inline void the_good_objects_are_unharmed(void) {
    plinth_range names;
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_OK(plinth_transaction_set(tr, ks, k, 1, k, 1));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_VALUE_IN(tr, ks, B("k"), B("k"));
    CHECK_VALUE(tr, B("k"), B("some value"));
    CHECK_OK(plinth_database_sync(db));
    CHECK(!outcome_known(&watch_outcome));
    CHECK_OK(plinth_keyspace_list(db, &names));
    CHECK_INT(names.count, 2);
    plinth_range_free(&names);
}

/* Ends what is left of them; `some_value` and `tr` are the caller's. */
static inline void end_objects(void) {
    CHECK_OK(plinth_stream_destroy(stream));
    CHECK_OK(plinth_watch_destroy(watch));
    CHECK_CODE(outcome_end(&watch_outcome), PLINTH_ERROR_OPERATION_CANCELLED);
    destroy(tr);
    CHECK_OK(plinth_keyspace_close(ks));
    CHECK_OK(plinth_database_close(db));
}

#endif
