/*
 * Every function with bytes, lengths, outputs, inputs and numbers that are wrong: an error, outputs
 * well-defined, never a crash, and the good objects unharmed afterwards. Design D7.
 */
#include "bad_arguments.h"

/* ------------------------------------------------------------------ bytes and lengths */

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
static plinth_error estimate_begin_bytes(const uint8_t *data, size_t len) {
    int64_t out;
    return plinth_transaction_get_estimated_range_size(tr, NULL, data, len, k, 1, &out);
}
static plinth_error estimate_end_bytes(const uint8_t *data, size_t len) {
    int64_t out;
    return plinth_transaction_get_estimated_range_size(tr, NULL, NULL, 0, data, len, &out);
}
static plinth_error points_of(const uint8_t *begin, size_t begin_len, const uint8_t *end, size_t end_len) {
    plinth_range out;
    plinth_error error;
    RUBBISH(out);
    error = plinth_transaction_get_range_split_points(tr, NULL, begin, begin_len, end, end_len, 1000, &out);
    check_range_zeroed(error, &out);
    plinth_range_free(&out);
    return error;
}
static plinth_error points_begin_bytes(const uint8_t *data, size_t len) {
    return points_of(data, len, k, 1);
}
static plinth_error points_end_bytes(const uint8_t *data, size_t len) {
    return points_of(NULL, 0, data, len);
}
static plinth_error get_many_bytes(const uint8_t *data, size_t len) {
    plinth_slice keys[] = {{k, 1}, {data, len}};
    plinth_values out;
    plinth_error error;
    RUBBISH(out);
    error = plinth_transaction_get_many(tr, NULL, keys, COUNT(keys), false, &out);
    CHECK_ZEROED(error, out);
    plinth_values_free(&out);
    return error;
}
static plinth_error get_async_bytes(const uint8_t *data, size_t len) {
    outcome o;
    return ANSWER(o, plinth_transaction_get_async(tr, NULL, data, len, on_value, &o, on_finish));
}
static plinth_error snapshot_get_async_bytes(const uint8_t *data, size_t len) {
    outcome o;
    return ANSWER(o, plinth_transaction_snapshot_get_async(tr, NULL, data, len, on_value, &o, on_finish));
}
static plinth_error get_key_async_bytes(const uint8_t *data, size_t len) {
    plinth_key_selector sel = selector_of(data, len);
    outcome o;
    return ANSWER(o, plinth_transaction_get_key_async(tr, NULL, &sel, true, on_value, &o, on_finish));
}
static plinth_error range_async_begin_bytes(const uint8_t *data, size_t len) {
    plinth_key_selector from = selector_of(data, len), to = at_or_after(B("z"));
    outcome o;
    return ANSWER(o, plinth_transaction_get_range_async(tr, NULL, &from, &to, NULL, on_range, &o, on_finish));
}
static plinth_error range_async_end_bytes(const uint8_t *data, size_t len) {
    plinth_key_selector from = at_or_after(B("")), to = selector_of(data, len);
    outcome o;
    return ANSWER(o, plinth_transaction_get_range_async(tr, NULL, &from, &to, NULL, on_range, &o, on_finish));
}
static plinth_error watch_bytes(const uint8_t *data, size_t len) {
    return watch_for(tr, NULL, data, len);
}
static plinth_error atomic_key_bytes(const uint8_t *data, size_t len) {
    return plinth_transaction_atomic_op(tr, NULL, PLINTH_MUTATION_ADD, data, len, k, 1);
}
static plinth_error atomic_operand_bytes(const uint8_t *data, size_t len) {
    return plinth_transaction_atomic_op(tr, NULL, PLINTH_MUTATION_ADD, k, 1, data, len);
}
/* Last: what they write can't be read. */
static const uint8_t stamp[10] = {0};
static plinth_error stamped_value_key_bytes(const uint8_t *data, size_t len) {
    return plinth_transaction_set_versionstamped_value(tr, NULL, data, len, stamp, sizeof stamp, 0);
}
static plinth_error stamped_key_value_bytes(const uint8_t *data, size_t len) {
    return plinth_transaction_set_versionstamped_key(tr, NULL, stamp, sizeof stamp, 0, data, len);
}

static plinth_error (*const by_bytes[])(const uint8_t *data, size_t len) = {
    get_bytes,           snapshot_get_bytes,       get_key_bytes,           range_begin_bytes,       range_end_bytes,
    set_key_bytes,       set_value_bytes,          clear_bytes,             clear_begin_bytes,       clear_end_bytes,
    conflict_bytes,      read_begin_bytes,         read_end_bytes,          write_begin_bytes,       write_end_bytes,
    estimate_begin_bytes, estimate_end_bytes,      points_begin_bytes,      points_end_bytes,        get_async_bytes,
    get_many_bytes, snapshot_get_async_bytes, get_key_async_bytes, range_async_begin_bytes, range_async_end_bytes,   watch_bytes,
    atomic_key_bytes,    atomic_operand_bytes,     stamped_value_key_bytes, stamped_key_value_bytes,
};

/* The bytes that must hold a versionstamp, and so can't be empty. */
static plinth_error stamped_key_bytes(const uint8_t *data, size_t len) {
    return plinth_transaction_set_versionstamped_key(tr, NULL, data, len, 0, k, 1);
}
static plinth_error stamped_value_bytes(const uint8_t *data, size_t len) {
    return plinth_transaction_set_versionstamped_value(tr, NULL, k, 1, data, len, 0);
}

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
    for (size_t c = 0; c < COUNT(cases); c++) {
        CHECK_CODE(stamped_key_bytes(cases[c].null ? NULL : k, cases[c].len), PLINTH_ERROR_INVALID_ARGUMENT);
        CHECK_CODE(stamped_value_bytes(cases[c].null ? NULL : k, cases[c].len), PLINTH_ERROR_INVALID_ARGUMENT);
    }
}

static void null_without_a_length_is_the_empty_string(void) {
    for (size_t i = 0; i < COUNT(by_bytes); i++) {
        CHECK_OK(by_bytes[i](NULL, 0));
        CHECK_OK(by_bytes[i](k, 0));
        CHECK_OK(by_bytes[i](from_bits(1), 0));
    }
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_CODE(stamped_key_bytes(NULL, 0), PLINTH_ERROR_CLIENT_INVALID_OPERATION);
    CHECK_CODE(stamped_value_bytes(NULL, 0), PLINTH_ERROR_CLIENT_INVALID_OPERATION);
}

/* ------------------------------------------------------------------ outputs that are NULL or unaligned */

static plinth_error open_to(void *out) {
    return plinth_database_open(":memory:", NULL, (plinth_database **)out);
}
static plinth_error metrics_to(void *out) {
    return plinth_database_metrics(db, (plinth_metrics *)out, sizeof(plinth_metrics));
}
static plinth_error metrics_text_to(void *out) {
    return plinth_database_metrics_text(db, (plinth_value *)out);
}
static plinth_error status_json_to(void *out) {
    return plinth_database_status_json(db, (plinth_value *)out);
}
static plinth_error repair_to(void *out) {
    return plinth_database_repair("/tmp/plinth-test-that-is-not-there", (plinth_repaired *)out, sizeof(plinth_repaired));
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
static plinth_error stream_to(void *out) {
    plinth_key_selector from = at_or_after(B("a")), to = at_or_after(B("z"));
    return plinth_transaction_stream_range(tr, NULL, &from, &to, NULL, (plinth_stream **)out);
}
static plinth_error stream_next_to(void *out) {
    return plinth_stream_next(stream, (plinth_range *)out);
}
static plinth_error get_many_to(void *out) {
    plinth_slice key = {k, 1};
    return plinth_transaction_get_many(tr, NULL, &key, 1, false, (plinth_values *)out);
}
static plinth_error read_version_to(void *out) {
    return plinth_transaction_get_read_version(tr, (int64_t *)out);
}
static plinth_error committed_version_to(void *out) {
    return plinth_transaction_get_committed_version(tr, (int64_t *)out);
}
static plinth_error approximate_size_to(void *out) {
    return plinth_transaction_get_approximate_size(tr, (int64_t *)out);
}
static plinth_error estimated_size_to(void *out) {
    return plinth_transaction_get_estimated_range_size(tr, NULL, k, 1, k, 1, (int64_t *)out);
}
static plinth_error split_points_to(void *out) {
    return plinth_transaction_get_range_split_points(tr, NULL, k, 1, k, 1, 1, (plinth_range *)out);
}

static plinth_error (*const by_output[])(void *out) = {
    open_to,         metrics_to,           keyspace_open_to,    keyspace_list_to,  begin_to,
    find_to,         get_to,               snapshot_get_to,     get_key_to,        get_range_to,
    read_version_to, committed_version_to, approximate_size_to, estimated_size_to, split_points_to,
    metrics_text_to, status_json_to,
    repair_to,       get_many_to,         stream_to,           stream_next_to,
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
    CHECK_CODE(plinth_transaction_get_versionstamp(tr, NULL), PLINTH_ERROR_INVALID_ARGUMENT);
    /* The refused begins have left nothing behind. */
    CHECK_OK(plinth_database_metrics(db, &after, sizeof after));
    CHECK_INT(after.live_transactions, before.live_transactions);
}

/* The output of a watch may be NULL; one that is unaligned is told to the callback. */
static void a_watch_with_an_unaligned_output_is_refused(void) {
    uint64_t room[4];
    outcome o;
    RUBBISH(room);
    CHECK_CODE(ANSWER(o, plinth_transaction_watch(tr, NULL, k, 1, on_done, &o, on_finish,
                                                  (plinth_watch **)(void *)((uint8_t *)room + 1))),
               PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK(room[0] == UINT64_C(0xabababababababab) && room[1] == UINT64_C(0xabababababababab));
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

static plinth_error range_async(const plinth_key_selector *from, const plinth_key_selector *to, const plinth_range_options *options) {
    outcome o;
    return ANSWER(o, plinth_transaction_get_range_async(tr, NULL, from, to, options, on_range, &o, on_finish));
}

/* The same, told to the callback. */
static void selectors_and_options_of_asynchronous_calls_are_checked(void) {
    plinth_key_selector good = at_or_after(B("k"));
    plinth_range_options options = range_options(-2, 0, false, false);
    uint64_t room[16];
    const plinth_key_selector *unaligned;
    outcome o;
    memcpy((uint8_t *)room + 1, &good, sizeof good);
    unaligned = (const plinth_key_selector *)(void *)((uint8_t *)room + 1);
    CHECK_CODE(ANSWER(o, plinth_transaction_get_key_async(tr, NULL, NULL, false, on_value, &o, on_finish)),
               PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK_CODE(ANSWER(o, plinth_transaction_get_key_async(tr, NULL, unaligned, false, on_value, &o, on_finish)),
               PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK_CODE(range_async(NULL, &good, NULL), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK_CODE(range_async(&good, NULL, NULL), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK_CODE(range_async(unaligned, &good, NULL), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK_CODE(range_async(&good, unaligned, NULL), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK_CODE(range_async(&good, &good, &options), PLINTH_ERROR_RANGE_LIMITS_INVALID);
    options.struct_size = 0;
    CHECK_CODE(range_async(&good, &good, &options), PLINTH_ERROR_INVALID_ARGUMENT);
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

static plinth_error points_of_size(int64_t chunk_size) {
    plinth_range out;
    plinth_error error = plinth_transaction_get_range_split_points(tr, NULL, k, 1, k, 1, chunk_size, &out);
    check_range_zeroed(error, &out);
    plinth_range_free(&out);
    return error;
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
    CHECK_CODE(points_of_size(0), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK_CODE(points_of_size(INT64_MIN), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK_CODE(plinth_database_set_option(db, 12345, 0), PLINTH_ERROR_INVALID_OPTION);
    CHECK_CODE(plinth_database_set_option(db, PLINTH_DATABASE_OPTION_MAX_WATCHES, INT64_MIN), PLINTH_ERROR_INVALID_OPTION_VALUE);
    CHECK_CODE(plinth_transaction_set_versionstamped_key(tr, NULL, stamp, sizeof stamp, UINT32_MAX, k, 1),
               PLINTH_ERROR_CLIENT_INVALID_OPERATION);
    CHECK_CODE(plinth_transaction_set_versionstamped_value(tr, NULL, k, 1, stamp, sizeof stamp, 1),
               PLINTH_ERROR_CLIENT_INVALID_OPERATION);
}

/* OPT-1, OPT-3: flags take no value; numbers between the options are none. */
static void options_that_take_no_value_refuse_one_opt3(void) {
    static const int32_t flags[] = {10, 30, 51, 301, 302, 303, 600, 601, 700, 701, 702, 712, 713, 714, 1100};
    static const int32_t database_flags[] = {26, 27, 700, 701, 702};
    for (size_t i = 0; i < COUNT(flags); i++) {
        CHECK_CODE(plinth_transaction_set_option(tr, flags[i], 1), PLINTH_ERROR_INVALID_OPTION_VALUE);
        CHECK_CODE(plinth_transaction_set_option(tr, flags[i], INT64_MIN), PLINTH_ERROR_INVALID_OPTION_VALUE);
        CHECK_OK(plinth_transaction_reset(tr));
        CHECK_OK(plinth_transaction_set_option(tr, flags[i], 0));
    }
    CHECK_OK(plinth_transaction_reset(tr));
    for (size_t i = 0; i < COUNT(database_flags); i++) {
        CHECK_CODE(plinth_database_set_option(db, database_flags[i], 1), PLINTH_ERROR_INVALID_OPTION_VALUE);
    }
    for (int32_t option = -3; option < 10; option++) {
        CHECK_CODE(plinth_transaction_set_option(tr, option, 0), PLINTH_ERROR_INVALID_OPTION);
        CHECK_CODE(plinth_database_set_option(db, option, 0), PLINTH_ERROR_INVALID_OPTION);
    }
}

/* ATOM-1: a number that is no atomic operation. */
static void mutations_that_do_not_exist_are_refused_atom1(void) {
    static const plinth_mutation wrong[] = {INT32_MIN, -1, 0, 1, 3, 4, 5, 10, 11, 21, 22, 23, 24, 255, 256 + 2, INT32_MAX};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        CHECK_CODE(plinth_transaction_atomic_op(tr, NULL, wrong[i], k, 1, k, 1), PLINTH_ERROR_INVALID_MUTATION_TYPE);
    }
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    make_objects();
    RUN(null_with_a_length_and_absurd_lengths_are_refused);
    RUN(null_without_a_length_is_the_empty_string);
    RUN(outputs_that_are_null_or_unaligned_are_refused);
    RUN(a_watch_with_an_unaligned_output_is_refused);
    RUN(sizes_of_metrics_that_cannot_be_are_refused);
    RUN(texts_that_are_null_are_refused);
    RUN(selectors_that_are_null_or_unaligned_are_refused);
    RUN(selectors_and_options_of_asynchronous_calls_are_checked);
    RUN(option_structs_that_are_unaligned_or_of_no_size_are_refused);
    RUN(any_byte_but_zero_is_true);
    RUN(numbers_out_of_bounds_are_refused);
    RUN(options_that_take_no_value_refuse_one_opt3);
    RUN(mutations_that_do_not_exist_are_refused_atom1);
    plinth_value_free(&some_value);
    RUN(the_good_objects_are_unharmed);
    end_objects();
    return harness_end();
}
