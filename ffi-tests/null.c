/*
 * Every function with every class of bad argument: an error (or the documented nothing), outputs
 * well-defined, never a crash, and the good objects unharmed afterwards. Design D7.
 *
 * Handles: NULL, small numbers, all ones, addresses of locals and of the heap, handles of another
 * type, destroyed once and twice, each bit of a good one flipped. Bytes: NULL with a length,
 * lengths no memory holds. Outputs and inputs: NULL, unaligned. Numbers: no such enum, below zero.
 *
 * check_null_is_complete.cmake fails if a function of the header is not called in this file.
 */
#include "harness.h"

enum kind { DATABASE, KEYSPACE, TRANSACTION };

static plinth_database *db, *closed_db, *closed_twice_db;
static plinth_keyspace *ks, *closed_ks, *closed_twice_ks;
static plinth_transaction *tr, *destroyed_tr, *destroyed_twice_tr;
static plinth_value some_value;

static const uint8_t k[] = "k";

/* ------------------------------------------------------------------ outputs */

/* Fills an output with rubbish that must not survive. */
#define RUBBISH(object) memset(&(object), 0xab, sizeof(object))

static bool is_zero(const void *object, size_t size) {
    const uint8_t *at = (const uint8_t *)object;
    for (size_t i = 0; i < size; i++) {
        if (at[i] != 0) {
            return false;
        }
    }
    return true;
}

/* After an error the output must be zero. */
#define CHECK_ZEROED(error, object) CHECK((error) == 0 || is_zero(&(object), sizeof(object)))

/* A structure's fields only: its padding may hold anything. */
static void check_range_zeroed(plinth_error error, const plinth_range *range) {
    CHECK(error == 0 || (range->items == NULL && range->count == 0 && !range->more && range->owner == NULL));
}

static plinth_error never_called(plinth_transaction *given, void *user) {
    (void)given, (void)user;
    CHECK(!"the body of plinth_run was called");
    return -1;
}

/* ------------------------------------------------------------------ calls by the handle they take */

static plinth_error sync_of(void *h) {
    return plinth_database_sync((plinth_database *)h);
}
static plinth_error close_of(void *h) {
    return plinth_database_close((plinth_database *)h);
}
static plinth_error metrics_of(void *h) {
    plinth_metrics out;
    plinth_error error;
    RUBBISH(out);
    error = plinth_database_metrics((plinth_database *)h, &out, sizeof out);
    CHECK_ZEROED(error, out);
    return error;
}
static plinth_error keyspace_open_of(void *h) {
    plinth_keyspace *out;
    plinth_error error;
    RUBBISH(out);
    error = plinth_keyspace_open((plinth_database *)h, "name", &out);
    CHECK_ZEROED(error, out);
    return error;
}
static plinth_error keyspace_list_of(void *h) {
    plinth_range out;
    plinth_error error;
    RUBBISH(out);
    error = plinth_keyspace_list((plinth_database *)h, &out);
    check_range_zeroed(error, &out);
    return error;
}
static plinth_error keyspace_drop_of(void *h) {
    return plinth_keyspace_drop((plinth_database *)h, "name");
}
static plinth_error begin_of(void *h) {
    plinth_transaction *out;
    plinth_error error;
    RUBBISH(out);
    error = plinth_transaction_begin((plinth_database *)h, &out);
    CHECK_ZEROED(error, out);
    return error;
}
static plinth_error find_of(void *h) {
    plinth_transaction *out;
    plinth_error error;
    RUBBISH(out);
    error = plinth_transaction_find((plinth_database *)h, "00000000-0000-4000-8000-000000000000", &out);
    CHECK_ZEROED(error, out);
    return error;
}
static plinth_error run_of(void *h) {
    return plinth_run((plinth_database *)h, never_called, NULL);
}

static plinth_error keyspace_close_of(void *h) {
    return plinth_keyspace_close((plinth_keyspace *)h);
}

/* The data calls, with either handle in question. */
static plinth_error get_with(plinth_transaction *t, plinth_keyspace *s) {
    plinth_value out;
    plinth_error error;
    RUBBISH(out);
    error = plinth_transaction_get(t, s, k, 1, &out);
    CHECK_ZEROED(error, out);
    plinth_value_free(&out);
    return error;
}
static plinth_error snapshot_get_with(plinth_transaction *t, plinth_keyspace *s) {
    plinth_value out;
    plinth_error error;
    RUBBISH(out);
    error = plinth_transaction_snapshot_get(t, s, k, 1, &out);
    CHECK_ZEROED(error, out);
    plinth_value_free(&out);
    return error;
}
static plinth_error get_key_with(plinth_transaction *t, plinth_keyspace *s) {
    plinth_key_selector sel = at_or_after(B("k"));
    plinth_value out;
    plinth_error error;
    RUBBISH(out);
    error = plinth_transaction_get_key(t, s, &sel, false, &out);
    CHECK_ZEROED(error, out);
    plinth_value_free(&out);
    return error;
}
static plinth_error get_range_with(plinth_transaction *t, plinth_keyspace *s) {
    plinth_key_selector from = at_or_after(B("a")), to = at_or_after(B("z"));
    plinth_range out;
    plinth_error error;
    RUBBISH(out);
    error = plinth_transaction_get_range(t, s, &from, &to, NULL, &out);
    check_range_zeroed(error, &out);
    plinth_range_free(&out);
    return error;
}
static plinth_error set_with(plinth_transaction *t, plinth_keyspace *s) {
    return plinth_transaction_set(t, s, k, 1, k, 1);
}
static plinth_error clear_with(plinth_transaction *t, plinth_keyspace *s) {
    return plinth_transaction_clear(t, s, k, 1);
}
static plinth_error clear_range_with(plinth_transaction *t, plinth_keyspace *s) {
    return plinth_transaction_clear_range(t, s, k, 1, k, 1);
}
static plinth_error read_conflict_with(plinth_transaction *t, plinth_keyspace *s) {
    return plinth_transaction_add_read_conflict(t, s, k, 1);
}
static plinth_error read_conflict_range_with(plinth_transaction *t, plinth_keyspace *s) {
    return plinth_transaction_add_read_conflict_range(t, s, k, 1, k, 1);
}
static plinth_error write_conflict_range_with(plinth_transaction *t, plinth_keyspace *s) {
    return plinth_transaction_add_write_conflict_range(t, s, k, 1, k, 1);
}

static plinth_error get_read_version_of(void *h) {
    int64_t out = 77;
    plinth_error error = plinth_transaction_get_read_version((plinth_transaction *)h, &out);
    CHECK_ZEROED(error, out);
    return error;
}
static plinth_error set_read_version_of(void *h) {
    return plinth_transaction_set_read_version((plinth_transaction *)h, 1);
}
static plinth_error get_committed_version_of(void *h) {
    int64_t out = 77;
    plinth_error error = plinth_transaction_get_committed_version((plinth_transaction *)h, &out);
    CHECK(error == 0 || out == 0 || out == -1);
    return error;
}
static plinth_error commit_of(void *h) {
    return plinth_transaction_commit((plinth_transaction *)h);
}
static plinth_error on_error_of(void *h) {
    return plinth_transaction_on_error((plinth_transaction *)h, PLINTH_ERROR_NOT_COMMITTED);
}
static plinth_error reset_of(void *h) {
    return plinth_transaction_reset((plinth_transaction *)h);
}
static plinth_error cancel_of(void *h) {
    return plinth_transaction_cancel((plinth_transaction *)h);
}
static plinth_error set_option_of(void *h) {
    return plinth_transaction_set_option((plinth_transaction *)h, PLINTH_OPTION_TIMEOUT, 0);
}
static plinth_error id_of(void *h) {
    char out[37];
    plinth_error error;
    RUBBISH(out);
    error = plinth_transaction_id((plinth_transaction *)h, out);
    CHECK(error == 0 || out[0] == 0);
    return error;
}
static plinth_error destroy_of(void *h) {
    return plinth_transaction_destroy((plinth_transaction *)h);
}

static const struct {
    const char *name;
    enum kind kind;
    plinth_error (*call)(void *handle);
} by_handle[] = {
    {"database_sync", DATABASE, sync_of},
    {"database_close", DATABASE, close_of},
    {"database_metrics", DATABASE, metrics_of},
    {"keyspace_open", DATABASE, keyspace_open_of},
    {"keyspace_list", DATABASE, keyspace_list_of},
    {"keyspace_drop", DATABASE, keyspace_drop_of},
    {"transaction_begin", DATABASE, begin_of},
    {"transaction_find", DATABASE, find_of},
    {"run", DATABASE, run_of},
    {"keyspace_close", KEYSPACE, keyspace_close_of},
    {"get_read_version", TRANSACTION, get_read_version_of},
    {"set_read_version", TRANSACTION, set_read_version_of},
    {"get_committed_version", TRANSACTION, get_committed_version_of},
    {"commit", TRANSACTION, commit_of},
    {"on_error", TRANSACTION, on_error_of},
    {"reset", TRANSACTION, reset_of},
    {"cancel", TRANSACTION, cancel_of},
    {"set_option", TRANSACTION, set_option_of},
    {"id", TRANSACTION, id_of},
    {"destroy", TRANSACTION, destroy_of},
};

static const struct {
    const char *name;
    plinth_error (*call)(plinth_transaction *t, plinth_keyspace *s);
} data_calls[] = {
    {"get", get_with},
    {"snapshot_get", snapshot_get_with},
    {"get_key", get_key_with},
    {"get_range", get_range_with},
    {"set", set_with},
    {"clear", clear_with},
    {"clear_range", clear_range_with},
    {"add_read_conflict", read_conflict_with},
    {"add_read_conflict_range", read_conflict_range_with},
    {"add_write_conflict_range", write_conflict_range_with},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ------------------------------------------------------------------ bad handles */

#define MOST_HANDLES 100

static void *from_bits(uintptr_t bits) {
    void *handle;
    memcpy(&handle, &bits, sizeof handle);
    return handle;
}

static uintptr_t bits_of(const void *handle) {
    uintptr_t bits;
    memcpy(&bits, &handle, sizeof bits);
    return bits;
}

/* Everything that is no handle of this kind. `local` and `heap` are addresses of the caller. */
static size_t bad_handles(enum kind kind, void *local, void *heap, void **out) {
    void *good = kind == DATABASE ? (void *)db : kind == KEYSPACE ? (void *)ks : (void *)tr;
    void *others[] = {db, ks, tr, some_value.owner, closed_db, closed_twice_db, closed_ks, closed_twice_ks, destroyed_tr,
                      destroyed_twice_tr, local, heap};
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

static void expect_invalid(const char *name, const void *handle, plinth_error got) {
    harness_count(got == PLINTH_ERROR_INVALID_HANDLE, __FILE__, __LINE__, "%s of handle %p gave %d, expected 9000", name, handle,
                  (int)got);
}

static void every_call_refuses_every_bad_handle(void) {
    void *bad[MOST_HANDLES], *heap = calloc(1, 64);
    uint64_t local[8] = {0};
    for (size_t i = 0; i < COUNT(by_handle); i++) {
        size_t count = bad_handles(by_handle[i].kind, local, heap, bad);
        for (size_t h = 0; h < count; h++) {
            expect_invalid(by_handle[i].name, bad[h], by_handle[i].call(bad[h]));
        }
    }
    CHECK(is_zero(local, sizeof local) && is_zero(heap, 64));
    free(heap);
}

static void every_data_call_refuses_every_bad_transaction(void) {
    void *bad[MOST_HANDLES], *heap = calloc(1, 64);
    uint64_t local[8] = {0};
    size_t count = bad_handles(TRANSACTION, local, heap, bad);
    for (size_t i = 0; i < COUNT(data_calls); i++) {
        for (size_t h = 0; h < count; h++) {
            expect_invalid(data_calls[i].name, bad[h], data_calls[i].call((plinth_transaction *)bad[h], NULL));
            expect_invalid(data_calls[i].name, bad[h], data_calls[i].call((plinth_transaction *)bad[h], ks));
        }
    }
    free(heap);
}

static void every_data_call_refuses_every_bad_keyspace(void) {
    void *bad[MOST_HANDLES], *heap = calloc(1, 64);
    uint64_t local[8] = {0};
    size_t count = bad_handles(KEYSPACE, local, heap, bad);
    for (size_t i = 0; i < COUNT(data_calls); i++) {
        for (size_t h = 0; h < count; h++) {
            if (bad[h] != NULL) {
                expect_invalid(data_calls[i].name, bad[h], data_calls[i].call(tr, (plinth_keyspace *)bad[h]));
            }
        }
        CHECK_OK(data_calls[i].call(tr, NULL));
        CHECK_OK(data_calls[i].call(tr, ks));
    }
    free(heap);
}

/* ------------------------------------------------------------------ bytes and lengths */

static plinth_key_selector selector_of(const uint8_t *data, size_t len) {
    plinth_key_selector made = {data, len, false, 1};
    return made;
}

static plinth_error get_bytes(const uint8_t *data, size_t len) {
    plinth_value out;
    plinth_error error;
    RUBBISH(out);
    error = plinth_transaction_get(tr, NULL, data, len, &out);
    CHECK_ZEROED(error, out);
    plinth_value_free(&out);
    return error;
}
static plinth_error snapshot_get_bytes(const uint8_t *data, size_t len) {
    plinth_value out;
    plinth_error error;
    RUBBISH(out);
    error = plinth_transaction_snapshot_get(tr, NULL, data, len, &out);
    CHECK_ZEROED(error, out);
    plinth_value_free(&out);
    return error;
}
static plinth_error get_key_bytes(const uint8_t *data, size_t len) {
    plinth_key_selector sel = selector_of(data, len);
    plinth_value out;
    plinth_error error;
    RUBBISH(out);
    error = plinth_transaction_get_key(tr, NULL, &sel, true, &out);
    CHECK_ZEROED(error, out);
    plinth_value_free(&out);
    return error;
}
static plinth_error range_of(plinth_key_selector from, plinth_key_selector to) {
    plinth_range out;
    plinth_error error;
    RUBBISH(out);
    error = plinth_transaction_get_range(tr, NULL, &from, &to, NULL, &out);
    check_range_zeroed(error, &out);
    plinth_range_free(&out);
    return error;
}
static plinth_error range_begin_bytes(const uint8_t *data, size_t len) {
    return range_of(selector_of(data, len), at_or_after(B("z")));
}
static plinth_error range_end_bytes(const uint8_t *data, size_t len) {
    return range_of(at_or_after(B("")), selector_of(data, len));
}
static plinth_error set_key_bytes(const uint8_t *data, size_t len) {
    return plinth_transaction_set(tr, NULL, data, len, k, 1);
}
static plinth_error set_value_bytes(const uint8_t *data, size_t len) {
    return plinth_transaction_set(tr, NULL, k, 1, data, len);
}
static plinth_error clear_bytes(const uint8_t *data, size_t len) {
    return plinth_transaction_clear(tr, NULL, data, len);
}
static plinth_error clear_begin_bytes(const uint8_t *data, size_t len) {
    return plinth_transaction_clear_range(tr, NULL, data, len, k, 1);
}
static plinth_error clear_end_bytes(const uint8_t *data, size_t len) {
    return plinth_transaction_clear_range(tr, NULL, NULL, 0, data, len);
}
static plinth_error conflict_bytes(const uint8_t *data, size_t len) {
    return plinth_transaction_add_read_conflict(tr, NULL, data, len);
}
static plinth_error read_begin_bytes(const uint8_t *data, size_t len) {
    return plinth_transaction_add_read_conflict_range(tr, NULL, data, len, k, 1);
}
static plinth_error read_end_bytes(const uint8_t *data, size_t len) {
    return plinth_transaction_add_read_conflict_range(tr, NULL, NULL, 0, data, len);
}
static plinth_error write_begin_bytes(const uint8_t *data, size_t len) {
    return plinth_transaction_add_write_conflict_range(tr, NULL, data, len, k, 1);
}
static plinth_error write_end_bytes(const uint8_t *data, size_t len) {
    return plinth_transaction_add_write_conflict_range(tr, NULL, NULL, 0, data, len);
}

static plinth_error (*const by_bytes[])(const uint8_t *data, size_t len) = {
    get_bytes,       snapshot_get_bytes, get_key_bytes,     range_begin_bytes, range_end_bytes,  set_key_bytes,
    set_value_bytes, clear_bytes,        clear_begin_bytes, clear_end_bytes,   conflict_bytes,   read_begin_bytes,
    read_end_bytes,  write_begin_bytes,  write_end_bytes,
};

static void null_with_a_length_and_absurd_lengths_are_refused(void) {
    static const struct {
        bool null;
        size_t len;
    } cases[] = {{true, 1},
                 {true, 10001},
                 {true, SIZE_MAX},
                 {true, (size_t)1 << 40},
                 {false, SIZE_MAX},
                 {false, SIZE_MAX - 1},
                 {false, SIZE_MAX / 2},
                 {false, SIZE_MAX / 2 + 1},
                 {false, (size_t)1 << 40},
                 {false, (size_t)(uint32_t)-1}};
    for (size_t i = 0; i < COUNT(by_bytes); i++) {
        for (size_t c = 0; c < COUNT(cases); c++) {
            plinth_error got = by_bytes[i](cases[c].null ? NULL : k, cases[c].len);
            harness_count(got == PLINTH_ERROR_INVALID_ARGUMENT, __FILE__, __LINE__, "call %zu with %s and length %zu gave %d", i,
                          cases[c].null ? "NULL" : "bytes", cases[c].len, (int)got);
        }
    }
}

static void null_without_a_length_is_the_empty_string(void) {
    for (size_t i = 0; i < COUNT(by_bytes); i++) {
        CHECK_OK(by_bytes[i](NULL, 0));
        CHECK_OK(by_bytes[i](k, 0));
        CHECK_OK(by_bytes[i](from_bits(1), 0));
    }
    CHECK_OK(plinth_transaction_reset(tr));
}

/* ------------------------------------------------------------------ outputs that are NULL or unaligned */

static plinth_error open_to(void *out) {
    return plinth_database_open(":memory:", NULL, (plinth_database **)out);
}
static plinth_error metrics_to(void *out) {
    return plinth_database_metrics(db, (plinth_metrics *)out, sizeof(plinth_metrics));
}
static plinth_error keyspace_open_to(void *out) {
    return plinth_keyspace_open(db, "never", (plinth_keyspace **)out);
}
static plinth_error keyspace_list_to(void *out) {
    return plinth_keyspace_list(db, (plinth_range *)out);
}
static plinth_error begin_to(void *out) {
    return plinth_transaction_begin(db, (plinth_transaction **)out);
}
static plinth_error find_to(void *out) {
    char id[37];
    CHECK_OK(plinth_transaction_id(tr, id));
    return plinth_transaction_find(db, id, (plinth_transaction **)out);
}
static plinth_error get_to(void *out) {
    return plinth_transaction_get(tr, NULL, k, 1, (plinth_value *)out);
}
static plinth_error snapshot_get_to(void *out) {
    return plinth_transaction_snapshot_get(tr, NULL, k, 1, (plinth_value *)out);
}
static plinth_error get_key_to(void *out) {
    plinth_key_selector sel = at_or_after(B("k"));
    return plinth_transaction_get_key(tr, NULL, &sel, false, (plinth_value *)out);
}
static plinth_error get_range_to(void *out) {
    plinth_key_selector from = at_or_after(B("a")), to = at_or_after(B("z"));
    return plinth_transaction_get_range(tr, NULL, &from, &to, NULL, (plinth_range *)out);
}
static plinth_error read_version_to(void *out) {
    return plinth_transaction_get_read_version(tr, (int64_t *)out);
}
static plinth_error committed_version_to(void *out) {
    return plinth_transaction_get_committed_version(tr, (int64_t *)out);
}

static plinth_error (*const by_output[])(void *out) = {
    open_to, metrics_to,      keyspace_open_to, keyspace_list_to, begin_to,        find_to,
    get_to,  snapshot_get_to, get_key_to,       get_range_to,     read_version_to, committed_version_to,
};

static void outputs_that_are_null_or_unaligned_are_refused(void) {
    plinth_metrics before, after;
    uint64_t room[16];
    CHECK_OK(plinth_database_metrics(db, &before, sizeof before));
    for (size_t i = 0; i < COUNT(by_output); i++) {
        CHECK_CODE(by_output[i](NULL), PLINTH_ERROR_INVALID_ARGUMENT);
        for (size_t shift = 1; shift < 8; shift += 2) {
            RUBBISH(room);
            CHECK_CODE(by_output[i]((uint8_t *)room + shift), PLINTH_ERROR_INVALID_ARGUMENT);
            CHECK(room[0] == UINT64_C(0xabababababababab) && room[8] == UINT64_C(0xabababababababab));
        }
    }
    CHECK_CODE(plinth_transaction_id(tr, NULL), PLINTH_ERROR_INVALID_ARGUMENT);
    /* The refused begins have left nothing behind. */
    CHECK_OK(plinth_database_metrics(db, &after, sizeof after));
    CHECK_INT(after.live_transactions, before.live_transactions);
}

static void sizes_of_metrics_that_cannot_be_are_refused(void) {
    static const size_t sizes[] = {0, 1, 7, SIZE_MAX, (size_t)1 << 40};
    plinth_metrics metrics;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        CHECK_CODE(plinth_database_metrics(db, &metrics, sizes[i]), PLINTH_ERROR_INVALID_ARGUMENT);
    }
}

/* ------------------------------------------------------------------ inputs that are NULL, unaligned or wrong */

static void texts_that_are_null_are_refused(void) {
    plinth_database *out_db = (plinth_database *)1;
    plinth_keyspace *out_ks = (plinth_keyspace *)1;
    plinth_transaction *out_tr = (plinth_transaction *)1;
    CHECK_CODE(plinth_database_open(NULL, NULL, &out_db), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK(out_db == NULL);
    CHECK_CODE(plinth_keyspace_open(db, NULL, &out_ks), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK(out_ks == NULL);
    CHECK_CODE(plinth_keyspace_drop(db, NULL), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK_CODE(plinth_transaction_find(db, NULL, &out_tr), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK(out_tr == NULL);
    CHECK_CODE(plinth_database_open(NULL, NULL, NULL), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK_CODE(plinth_transaction_find(db, "\xff\xfe", &out_tr), PLINTH_ERROR_INVALID_ARGUMENT);
}

static void selectors_that_are_null_or_unaligned_are_refused(void) {
    plinth_key_selector good = at_or_after(B("k"));
    uint64_t room[16];
    plinth_value value;
    plinth_range range;
    const plinth_key_selector *unaligned;
    memcpy((uint8_t *)room + 1, &good, sizeof good);
    unaligned = (const plinth_key_selector *)(void *)((uint8_t *)room + 1);
    RUBBISH(value);
    CHECK_CODE(plinth_transaction_get_key(tr, NULL, NULL, false, &value), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK(is_zero(&value, sizeof value));
    CHECK_CODE(plinth_transaction_get_key(tr, NULL, unaligned, false, &value), PLINTH_ERROR_INVALID_ARGUMENT);
    RUBBISH(range);
    CHECK_CODE(plinth_transaction_get_range(tr, NULL, NULL, &good, NULL, &range), PLINTH_ERROR_INVALID_ARGUMENT);
    check_range_zeroed(1, &range);
    RUBBISH(range);
    CHECK_CODE(plinth_transaction_get_range(tr, NULL, &good, NULL, NULL, &range), PLINTH_ERROR_INVALID_ARGUMENT);
    check_range_zeroed(1, &range);
    CHECK_CODE(plinth_transaction_get_range(tr, NULL, NULL, NULL, NULL, &range), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK_CODE(plinth_transaction_get_range(tr, NULL, unaligned, &good, NULL, &range), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK_CODE(plinth_transaction_get_range(tr, NULL, &good, unaligned, NULL, &range), PLINTH_ERROR_INVALID_ARGUMENT);
}

static void option_structs_that_are_unaligned_or_of_no_size_are_refused(void) {
    static const uint32_t sizes[] = {0, 1, 2, 3, 4097, 1u << 20, UINT32_MAX};
    plinth_key_selector from = at_or_after(B("a")), to = at_or_after(B("z"));
    plinth_range_options range_given = range_options(0, 0, false, false);
    plinth_database_options database_given = database_options();
    uint64_t room[32];
    plinth_range range;
    plinth_database *out = (plinth_database *)1;
    memcpy((uint8_t *)room + 1, &range_given, sizeof range_given);
    CHECK_CODE(plinth_transaction_get_range(tr, NULL, &from, &to, (plinth_range_options *)(void *)((uint8_t *)room + 1), &range),
               PLINTH_ERROR_INVALID_ARGUMENT);
    memcpy((uint8_t *)room + 1, &database_given, sizeof database_given);
    CHECK_CODE(plinth_database_open(":memory:", (plinth_database_options *)(void *)((uint8_t *)room + 1), &out),
               PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK(out == NULL);
    for (size_t i = 0; i < COUNT(sizes); i++) {
        range_given.struct_size = sizes[i];
        CHECK_CODE(plinth_transaction_get_range(tr, NULL, &from, &to, &range_given, &range), PLINTH_ERROR_INVALID_ARGUMENT);
        check_range_zeroed(1, &range);
        database_given.struct_size = sizes[i];
        CHECK_CODE(plinth_database_open(":memory:", &database_given, &out), PLINTH_ERROR_INVALID_ARGUMENT);
        CHECK(out == NULL);
    }
}

static void any_byte_but_zero_is_true(void) {
    static const uint8_t odd[] = {2, 0x55, 0x80, 0xff};
    put(db, B("bool/a"), B("1"));
    put(db, B("bool/b"), B("2"));
    CHECK_OK(plinth_transaction_reset(tr));
    for (size_t i = 0; i < COUNT(odd); i++) {
        plinth_key_selector sel = selector(B("bool/a"), true, 1);
        plinth_range_options options = range_options(0, 0, false, false);
        plinth_database_options open = database_options();
        plinth_database *out;
        plinth_value found;
        memcpy(&sel.or_equal, &odd[i], 1);
        CHECK_OK(plinth_transaction_get_key(tr, NULL, &sel, false, &found));
        CHECK_BYTES(found.data, found.len, B("bool/b"));
        plinth_value_free(&found);
        memcpy(&options.reverse, &odd[i], 1);
        memcpy(&options.snapshot, &odd[i], 1);
        CHECK_TEXT(scan(tr, at_or_after(B("bool/")), at_or_after(B("bool0")), &options), "bool/b=2 bool/a=1");
        memcpy(&open.must_exist, &odd[i], 1);
        CHECK_CODE(plinth_database_open("/tmp/plinth-test-that-is-not-there", &open, &out), PLINTH_ERROR_DATABASE_MISSING);
    }
}

static void numbers_out_of_bounds_are_refused(void) {
    plinth_range_options options = range_options(-2, 0, false, false);
    plinth_database_options open = database_options();
    plinth_database *out;
    CHECK_TEXT(scan(tr, at_or_after(B("a")), at_or_after(B("z")), &options), "error 2012");
    options = range_options(0, INT64_MIN, false, false);
    CHECK_TEXT(scan(tr, at_or_after(B("a")), at_or_after(B("z")), &options), "error 2012");
    open.durability = 99;
    CHECK_CODE(plinth_database_open(":memory:", &open, &out), PLINTH_ERROR_INVALID_OPTION_VALUE);
    CHECK(out == NULL);
    CHECK_CODE(plinth_transaction_set_option(tr, 12345, 0), PLINTH_ERROR_INVALID_OPTION);
    CHECK_CODE(plinth_transaction_set_option(tr, PLINTH_OPTION_DURABILITY, 99), PLINTH_ERROR_INVALID_OPTION_VALUE);
    CHECK_CODE(plinth_transaction_set_option(tr, PLINTH_OPTION_TIMEOUT, INT64_MIN), PLINTH_ERROR_INVALID_OPTION_VALUE);
    CHECK_CODE(plinth_transaction_set_read_version(tr, INT64_MIN), PLINTH_ERROR_VERSION_INVALID);
    CHECK_CODE(plinth_transaction_on_error(tr, INT32_MIN), PLINTH_ERROR_UNKNOWN_ERROR);
    CHECK_OK(plinth_transaction_reset(tr));
}

static void a_run_without_a_body_is_refused(void) {
    CHECK_CODE(plinth_run(db, NULL, NULL), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK(plinth_run(NULL, NULL, NULL) != 0);
    CHECK_CODE(plinth_run(NULL, never_called, NULL), PLINTH_ERROR_INVALID_HANDLE);
}

/* ------------------------------------------------------------------ frees */

static void frees_of_nothing_do_nothing(void) {
    plinth_value value;
    plinth_range range;
    uint64_t room[16];
    plinth_value_free(NULL);
    plinth_range_free(NULL);
    memset(&value, 0, sizeof value);
    memset(&range, 0, sizeof range);
    for (int i = 0; i < 3; i++) {
        plinth_value_free(&value);
        plinth_range_free(&range);
    }
    memset(room, 0, sizeof room);
    plinth_value_free((plinth_value *)(void *)((uint8_t *)room + 1));
    plinth_range_free((plinth_range *)(void *)((uint8_t *)room + 1));
    CHECK(is_zero(room, sizeof room));
}

static void frees_of_foreign_owners_do_nothing_but_zero(void) {
    void *bad[MOST_HANDLES], *heap = calloc(1, 64);
    uint64_t local[8] = {0};
    size_t count = bad_handles(TRANSACTION, local, heap, bad);
    bad[count++] = tr;
    for (size_t h = 0; h < count; h++) {
        plinth_value value;
        plinth_range range;
        if (bad[h] == some_value.owner) {
            continue;
        }
        RUBBISH(value);
        value.owner = bad[h];
        plinth_value_free(&value);
        CHECK(is_zero(&value, sizeof value));
        RUBBISH(range);
        range.owner = bad[h];
        plinth_range_free(&range);
        check_range_zeroed(1, &range);
    }
    CHECK_BYTES(some_value.data, some_value.len, B("some value"));
    free(heap);
}

/* ------------------------------------------------------------------ calls without objects */

static void errors_of_any_number_have_texts(void) {
    static const plinth_error numbers[] = {INT32_MIN, -1, 0, 1, 1020, 9999, 10000, INT32_MAX};
    for (size_t i = 0; i < COUNT(numbers); i++) {
        CHECK(plinth_error_name(numbers[i]) != NULL && plinth_error_name(numbers[i])[0] != 0);
        CHECK(plinth_error_description(numbers[i]) != NULL && plinth_error_description(numbers[i])[0] != 0);
        CHECK(plinth_error_is_retryable(numbers[i]) == (numbers[i] == 1020));
        CHECK(!plinth_error_is_maybe_committed(numbers[i]));
        CHECK(plinth_error_is_retryable_not_committed(numbers[i]) == (numbers[i] == 1020));
    }
    CHECK(plinth_version() != NULL);
    CHECK_INT(plinth_abi_version(), PLINTH_ABI_VERSION);
}

static void a_refusal_says_what_was_wrong(void) {
    CHECK_CODE(plinth_transaction_commit(NULL), PLINTH_ERROR_INVALID_HANDLE);
    CHECK(strstr(plinth_last_error(), "plinth_transaction_commit") != NULL);
    CHECK(strstr(plinth_last_error(), "9000") != NULL);
    CHECK_CODE(plinth_transaction_get(tr, NULL, NULL, 3, &some_value), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK(strstr(plinth_last_error(), "key is NULL") != NULL);
}

/* ------------------------------------------------------------------ the good objects */

static void the_good_objects_are_unharmed(void) {
    plinth_range names;
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_OK(plinth_transaction_set(tr, ks, k, 1, k, 1));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_VALUE_IN(tr, ks, B("k"), B("k"));
    CHECK_VALUE(tr, B("k"), B("some value"));
    CHECK_OK(plinth_database_sync(db));
    CHECK_OK(plinth_keyspace_list(db, &names));
    CHECK_INT(names.count, 2);
    plinth_range_free(&names);
}

static void make_objects(void) {
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
    tr = begin(db);
    CHECK_OK(plinth_transaction_get(tr, NULL, k, 1, &some_value));
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    make_objects();
    RUN(every_call_refuses_every_bad_handle);
    RUN(every_data_call_refuses_every_bad_transaction);
    RUN(every_data_call_refuses_every_bad_keyspace);
    RUN(null_with_a_length_and_absurd_lengths_are_refused);
    RUN(null_without_a_length_is_the_empty_string);
    RUN(outputs_that_are_null_or_unaligned_are_refused);
    RUN(sizes_of_metrics_that_cannot_be_are_refused);
    RUN(texts_that_are_null_are_refused);
    RUN(selectors_that_are_null_or_unaligned_are_refused);
    RUN(option_structs_that_are_unaligned_or_of_no_size_are_refused);
    RUN(any_byte_but_zero_is_true);
    RUN(numbers_out_of_bounds_are_refused);
    RUN(a_run_without_a_body_is_refused);
    RUN(frees_of_nothing_do_nothing);
    RUN(frees_of_foreign_owners_do_nothing_but_zero);
    RUN(errors_of_any_number_have_texts);
    plinth_value_free(&some_value);
    RUN(a_refusal_says_what_was_wrong);
    RUN(the_good_objects_are_unharmed);
    destroy(tr);
    CHECK_OK(plinth_keyspace_close(ks));
    CHECK_OK(plinth_database_close(db));
    return harness_end();
}
