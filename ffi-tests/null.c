/*
 * Every function with every class of bad handle: an error (or the documented nothing), outputs
 * well-defined, never a crash, and the good objects unharmed afterwards. Design D7.
 *
 * check_null_is_complete.cmake fails if a function of the header is not called in this file.
 */
#include "bad_arguments.h"

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
static plinth_error metrics_text_of(void *h) {
    plinth_value out;
    plinth_error error;
    RUBBISH(out);
    error = plinth_database_metrics_text((plinth_database *)h, &out);
    CHECK_ZEROED(error, out);
    plinth_value_free(&out);
    return error;
}
static plinth_error status_json_of(void *h) {
    plinth_value out;
    plinth_error error;
    RUBBISH(out);
    error = plinth_database_status_json((plinth_database *)h, &out);
    CHECK_ZEROED(error, out);
    plinth_value_free(&out);
    return error;
}
static plinth_error list_transactions_of(void *h) {
    plinth_transaction_list out;
    plinth_error error;
    RUBBISH(out);
    error = plinth_database_list_transactions((plinth_database *)h, &out);
    CHECK_ZEROED(error, out);
    plinth_transaction_list_free(&out);
    return error;
}
static plinth_error expire_of(void *h) {
    uint64_t out;
    plinth_error error;
    RUBBISH(out);
    error = plinth_database_expire((plinth_database *)h, 1, &out);
    CHECK_ZEROED(error, out);
    return error;
}
static plinth_error lock_of(void *h) {
    return plinth_database_lock((plinth_database *)h, (const uint8_t *)"0123456789abcdef", 16);
}
static plinth_error unlock_of(void *h) {
    return plinth_database_unlock((plinth_database *)h, (const uint8_t *)"0123456789abcdef", 16);
}
static plinth_error is_locked_of(void *h) {
    bool out;
    uint8_t id[16];
    plinth_error error;
    RUBBISH(out);
    RUBBISH(id);
    error = plinth_database_is_locked((plinth_database *)h, &out, id);
    CHECK_ZEROED(error, out);
    CHECK_ZEROED(error, id);
    return error;
}
static plinth_error expire_transaction_of(void *h) {
    return plinth_database_expire_transaction((plinth_database *)h, "00000000-0000-4000-8000-000000000000");
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
static plinth_error database_set_option_of(void *h) {
    return plinth_database_set_option((plinth_database *)h, PLINTH_DATABASE_OPTION_MAX_WATCHES, 10000);
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
static plinth_error stream_with(plinth_transaction *t, plinth_keyspace *s) {
    plinth_key_selector from = at_or_after(B("a")), to = at_or_after(B("z"));
    plinth_stream *out;
    plinth_error error;
    RUBBISH(out);
    error = plinth_transaction_stream_range(t, s, &from, &to, NULL, &out);
    CHECK_ZEROED(error, out);
    if (out != NULL) {
        CHECK_OK(plinth_stream_destroy(out));
    }
    return error;
}
static const plinth_slice some_keys[] = {{k, 1}, {k, 0}};
static plinth_error get_many_with(plinth_transaction *t, plinth_keyspace *s) {
    plinth_values out;
    plinth_error error;
    RUBBISH(out);
    error = plinth_transaction_get_many(t, s, some_keys, COUNT(some_keys), false, &out);
    CHECK_ZEROED(error, out);
    plinth_values_free(&out);
    return error;
}
static plinth_error get_many_async_with(plinth_transaction *t, plinth_keyspace *s) {
    outcome o;
    return ANSWER(o, plinth_transaction_get_many_async(t, s, some_keys, COUNT(some_keys), false, on_values, &o, on_finish));
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

static plinth_error atomic_op_with(plinth_transaction *t, plinth_keyspace *s) {
    return plinth_transaction_atomic_op(t, s, PLINTH_MUTATION_ADD, k, 1, k, 1);
}
static plinth_error estimated_size_with(plinth_transaction *t, plinth_keyspace *s) {
    int64_t out = 77;
    plinth_error error = plinth_transaction_get_estimated_range_size(t, s, k, 1, k, 1, &out);
    CHECK_ZEROED(error, out);
    return error;
}
static plinth_error split_points_with(plinth_transaction *t, plinth_keyspace *s) {
    plinth_range out;
    plinth_error error;
    RUBBISH(out);
    error = plinth_transaction_get_range_split_points(t, s, k, 1, k, 1, 1, &out);
    check_range_zeroed(error, &out);
    plinth_range_free(&out);
    return error;
}
static plinth_error get_async_with(plinth_transaction *t, plinth_keyspace *s) {
    outcome o;
    return ANSWER(o, plinth_transaction_get_async(t, s, k, 1, on_value, &o, on_finish));
}
static plinth_error snapshot_get_async_with(plinth_transaction *t, plinth_keyspace *s) {
    outcome o;
    return ANSWER(o, plinth_transaction_snapshot_get_async(t, s, k, 1, on_value, &o, on_finish));
}
static plinth_error get_key_async_with(plinth_transaction *t, plinth_keyspace *s) {
    plinth_key_selector sel = at_or_after(B("k"));
    outcome o;
    return ANSWER(o, plinth_transaction_get_key_async(t, s, &sel, false, on_value, &o, on_finish));
}
static plinth_error get_range_async_with(plinth_transaction *t, plinth_keyspace *s) {
    plinth_key_selector from = at_or_after(B("a")), to = at_or_after(B("z"));
    outcome o;
    return ANSWER(o, plinth_transaction_get_range_async(t, s, &from, &to, NULL, on_range, &o, on_finish));
}
static plinth_error watch_with(plinth_transaction *t, plinth_keyspace *s) {
    plinth_watch *made;
    outcome o;
    memset(&made, 0xab, sizeof made);
    outcome_begin(&o);
    CHECK_OK(plinth_transaction_watch(t, s, k, 1, on_done, &o, on_finish, &made));
    return never_fires(made, &o);
}
/* Last: what they write can't be read. */
static const uint8_t stamp[10] = {0};
static plinth_error versionstamped_key_with(plinth_transaction *t, plinth_keyspace *s) {
    return plinth_transaction_set_versionstamped_key(t, s, stamp, sizeof stamp, 0, k, 1);
}
static plinth_error versionstamped_value_with(plinth_transaction *t, plinth_keyspace *s) {
    return plinth_transaction_set_versionstamped_value(t, s, k, 1, stamp, sizeof stamp, 0);
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
static plinth_error transaction_expire_of(void *h) {
    return plinth_transaction_expire((plinth_transaction *)h);
}
static plinth_error get_conflict_of(void *h) {
    plinth_conflict out;
    plinth_error error;
    RUBBISH(out);
    error = plinth_transaction_get_conflict((plinth_transaction *)h, 0, &out);
    CHECK_ZEROED(error, out);
    plinth_conflict_free(&out);
    return error;
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
static plinth_error get_versionstamp_of(void *h) {
    uint8_t out[10];
    plinth_error error;
    RUBBISH(out);
    error = plinth_transaction_get_versionstamp((plinth_transaction *)h, out);
    CHECK_ZEROED(error, out);
    return error;
}
static plinth_error get_approximate_size_of(void *h) {
    int64_t out = 77;
    plinth_error error = plinth_transaction_get_approximate_size((plinth_transaction *)h, &out);
    CHECK_ZEROED(error, out);
    return error;
}
static plinth_error commit_async_of(void *h) {
    outcome o;
    return ANSWER(o, plinth_transaction_commit_async((plinth_transaction *)h, on_done, &o, on_finish));
}
static plinth_error on_error_async_of(void *h) {
    outcome o;
    return ANSWER(o, plinth_transaction_on_error_async((plinth_transaction *)h, 1020, on_done, &o, on_finish));
}
static plinth_error stream_next_of(void *h) {
    plinth_range out;
    plinth_error error;
    RUBBISH(out);
    error = plinth_stream_next((plinth_stream *)h, &out);
    check_range_zeroed(error, &out);
    plinth_range_free(&out);
    return error;
}
static plinth_error stream_destroy_of(void *h) {
    return plinth_stream_destroy((plinth_stream *)h);
}
static plinth_error watch_cancel_of(void *h) {
    return plinth_watch_cancel((plinth_watch *)h);
}
static plinth_error watch_destroy_of(void *h) {
    return plinth_watch_destroy((plinth_watch *)h);
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
    {"database_metrics_text", DATABASE, metrics_text_of},
    {"database_status_json", DATABASE, status_json_of},
    {"database_list_transactions", DATABASE, list_transactions_of},
    {"database_expire", DATABASE, expire_of},
    {"database_lock", DATABASE, lock_of},
    {"database_unlock", DATABASE, unlock_of},
    {"database_is_locked", DATABASE, is_locked_of},
    {"database_expire_transaction", DATABASE, expire_transaction_of},
    {"keyspace_open", DATABASE, keyspace_open_of},
    {"keyspace_list", DATABASE, keyspace_list_of},
    {"keyspace_drop", DATABASE, keyspace_drop_of},
    {"transaction_begin", DATABASE, begin_of},
    {"transaction_find", DATABASE, find_of},
    {"run", DATABASE, run_of},
    {"database_set_option", DATABASE, database_set_option_of},
    {"keyspace_close", KEYSPACE, keyspace_close_of},
    {"get_read_version", TRANSACTION, get_read_version_of},
    {"set_read_version", TRANSACTION, set_read_version_of},
    {"get_committed_version", TRANSACTION, get_committed_version_of},
    {"commit", TRANSACTION, commit_of},
    {"on_error", TRANSACTION, on_error_of},
    {"reset", TRANSACTION, reset_of},
    {"transaction_expire", TRANSACTION, transaction_expire_of},
    {"get_conflict", TRANSACTION, get_conflict_of},
    {"cancel", TRANSACTION, cancel_of},
    {"set_option", TRANSACTION, set_option_of},
    {"id", TRANSACTION, id_of},
    {"get_versionstamp", TRANSACTION, get_versionstamp_of},
    {"get_approximate_size", TRANSACTION, get_approximate_size_of},
    {"commit_async", TRANSACTION, commit_async_of},
    {"on_error_async", TRANSACTION, on_error_async_of},
    {"destroy", TRANSACTION, destroy_of},
    {"stream_next", STREAM, stream_next_of},
    {"stream_destroy", STREAM, stream_destroy_of},
    {"watch_cancel", WATCH, watch_cancel_of},
    {"watch_destroy", WATCH, watch_destroy_of},
};

static const struct {
    const char *name;
    plinth_error (*call)(plinth_transaction *t, plinth_keyspace *s);
} data_calls[] = {
    {"get", get_with},
    {"snapshot_get", snapshot_get_with},
    {"get_key", get_key_with},
    {"get_range", get_range_with},
    {"get_many", get_many_with},
    {"stream_range", stream_with},
    {"get_many_async", get_many_async_with},
    {"set", set_with},
    {"clear", clear_with},
    {"clear_range", clear_range_with},
    {"add_read_conflict", read_conflict_with},
    {"add_read_conflict_range", read_conflict_range_with},
    {"add_write_conflict_range", write_conflict_range_with},
    {"atomic_op", atomic_op_with},
    {"get_estimated_range_size", estimated_size_with},
    {"get_range_split_points", split_points_with},
    {"get_async", get_async_with},
    {"snapshot_get_async", snapshot_get_async_with},
    {"get_key_async", get_key_async_with},
    {"get_range_async", get_range_async_with},
    {"watch", watch_with},
    {"set_versionstamped_key", versionstamped_key_with},
    {"set_versionstamped_value", versionstamped_value_with},
};

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
    CHECK_OK(plinth_transaction_reset(tr));
    free(heap);
}

static void a_run_without_a_body_is_refused(void) {
    CHECK_CODE(plinth_run(db, NULL, NULL), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK(plinth_run(NULL, NULL, NULL) != 0);
    CHECK_CODE(plinth_run(NULL, never_called, NULL), PLINTH_ERROR_INVALID_HANDLE);
}

static void an_open_of_nothing_is_refused(void) {
    plinth_database *out = (plinth_database *)(void *)tr;
    CHECK_CODE(plinth_database_open(NULL, NULL, &out), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK(out == NULL);
    CHECK_CODE(plinth_database_open(":memory:", NULL, NULL), PLINTH_ERROR_INVALID_ARGUMENT);
}

/* Taking a callback away needs nothing; without a level none is set. */
static void a_log_without_a_callback_is_none(void) {
    CHECK_OK(plinth_set_log_callback(0, NULL, NULL));
    CHECK_OK(plinth_set_log_callback(INT32_MIN, NULL, db));
}

static void a_repair_of_nothing_is_refused(void) {
    plinth_repaired out;
    RUBBISH(out);
    CHECK_CODE(plinth_database_repair(NULL, &out, sizeof out), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK(is_zero(&out, sizeof out));
    CHECK_CODE(plinth_database_repair("/tmp/plinth-test-that-is-not-there", NULL, sizeof out),
               PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK_CODE(plinth_database_repair("/tmp/plinth-test-that-is-not-there", &out, 7), PLINTH_ERROR_INVALID_ARGUMENT);
    RUBBISH(out);
    CHECK_CODE(plinth_database_repair("/tmp/plinth-test-that-is-not-there", &out, sizeof out),
               PLINTH_ERROR_DATABASE_MISSING);
    CHECK(is_zero(&out, sizeof out));
}

static void upkeep_of_nothing_is_refused(void) {
    plinth_verified verified;
    int64_t version = 7;
    CHECK_CODE(plinth_database_checkpoint(NULL, "/tmp/plinth-test-that-is-not-made", NULL, NULL, &version),
               PLINTH_ERROR_INVALID_HANDLE);
    CHECK_INT(version, 0);
    version = 7;
    CHECK_CODE(plinth_database_checkpoint(db, NULL, NULL, NULL, &version), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK_INT(version, 0);
    CHECK_CODE(plinth_database_checkpoint(db, "", NULL, NULL, &version), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK_CODE(plinth_database_checkpoint(db, "/tmp/plinth-test-that-is-not-made", NULL, NULL, NULL),
               PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK_CODE(plinth_database_checkpoint(db, "/tmp/plinth-test-that-is-not-made", NULL, NULL, &version),
               PLINTH_ERROR_UNSUPPORTED_OPERATION);
    RUBBISH(verified);
    CHECK_CODE(plinth_database_verify(NULL, NULL, NULL, &verified, sizeof verified), PLINTH_ERROR_INVALID_HANDLE);
    CHECK(is_zero(&verified, sizeof verified));
    CHECK_CODE(plinth_database_verify(db, NULL, NULL, NULL, sizeof verified), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK_CODE(plinth_database_verify(db, NULL, NULL, &verified, 7), PLINTH_ERROR_INVALID_ARGUMENT);
    RUBBISH(verified);
    CHECK_CODE(plinth_database_verify(db, NULL, NULL, &verified, sizeof verified), PLINTH_ERROR_UNSUPPORTED_OPERATION);
    CHECK(is_zero(&verified, sizeof verified));
    CHECK_CODE(plinth_database_compact(NULL, NULL, NULL, NULL), PLINTH_ERROR_INVALID_HANDLE);
    CHECK_CODE(plinth_database_compact(db, (plinth_keyspace *)(void *)tr, NULL, NULL), PLINTH_ERROR_INVALID_HANDLE);
    CHECK_OK(plinth_database_compact(db, NULL, NULL, NULL));
}

static void backups_of_nothing_are_refused(void) {
    static const char nothing[] = "/tmp/plinth-test-that-is-not-there";
    plinth_backup backup;
    plinth_backups list;
    RUBBISH(backup);
    CHECK_CODE(plinth_database_backup(NULL, nothing, NULL, NULL, &backup, sizeof backup), PLINTH_ERROR_INVALID_HANDLE);
    CHECK(is_zero(&backup, sizeof backup));
    CHECK_CODE(plinth_database_backup(db, NULL, NULL, NULL, &backup, sizeof backup), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK_CODE(plinth_database_backup(db, nothing, NULL, NULL, NULL, sizeof backup), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK_CODE(plinth_database_backup(db, nothing, NULL, NULL, &backup, 7), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK_CODE(plinth_database_backup(db, nothing, NULL, NULL, &backup, sizeof backup),
               PLINTH_ERROR_UNSUPPORTED_OPERATION);
    RUBBISH(list);
    CHECK_CODE(plinth_backup_list(NULL, &list), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK(is_zero(&list, sizeof list));
    CHECK_CODE(plinth_backup_list(nothing, NULL), PLINTH_ERROR_INVALID_ARGUMENT);
    RUBBISH(list);
    CHECK_CODE(plinth_backup_list(nothing, &list), PLINTH_ERROR_NOT_A_BACKUP_DIRECTORY);
    CHECK(is_zero(&list, sizeof list));
    plinth_backups_free(NULL);
    plinth_backups_free(&list);
    plinth_backups_free(&list);
    RUBBISH(backup);
    CHECK_CODE(plinth_backup_verify(nothing, 0, NULL, NULL, &backup, sizeof backup), PLINTH_ERROR_NOT_A_BACKUP_DIRECTORY);
    CHECK(is_zero(&backup, sizeof backup));
    CHECK_CODE(plinth_backup_verify(NULL, 0, NULL, NULL, &backup, sizeof backup), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK_CODE(plinth_backup_verify(nothing, 0, NULL, NULL, NULL, sizeof backup), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK_CODE(plinth_backup_restore(NULL, 0, nothing, NULL, NULL, &backup, sizeof backup), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK_CODE(plinth_backup_restore(nothing, 0, NULL, NULL, NULL, &backup, sizeof backup), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK_CODE(plinth_backup_restore(nothing, 0, nothing, NULL, NULL, NULL, sizeof backup), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK_CODE(plinth_backup_restore(nothing, 0, nothing, NULL, NULL, &backup, sizeof backup),
               PLINTH_ERROR_NOT_A_BACKUP_DIRECTORY);
    CHECK_CODE(plinth_backup_delete(NULL, 1), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK_CODE(plinth_backup_delete(nothing, 1), PLINTH_ERROR_NOT_A_BACKUP_DIRECTORY);
    CHECK_CODE(plinth_backup_keep(NULL, 1), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK_CODE(plinth_backup_keep(nothing, 0), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK_CODE(plinth_backup_keep(nothing, 1), PLINTH_ERROR_NOT_A_BACKUP_DIRECTORY);
}

static void dumps_of_nothing_are_refused(void) {
    plinth_dumped out;
    plinth_load_options options = {.struct_size = 1};
    path file = temporary_path();
    RUBBISH(out);
    CHECK_CODE(plinth_database_dump(NULL, file.text, NULL, NULL, &out, sizeof out), PLINTH_ERROR_INVALID_HANDLE);
    CHECK(is_zero(&out, sizeof out));
    CHECK_CODE(plinth_database_dump(db, NULL, NULL, NULL, &out, sizeof out), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK_CODE(plinth_database_dump(db, "", NULL, NULL, &out, sizeof out), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK_CODE(plinth_database_dump(db, ":memory:", NULL, NULL, &out, sizeof out), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK_CODE(plinth_database_dump(db, file.text, NULL, NULL, NULL, sizeof out), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK_CODE(plinth_database_dump(db, file.text, NULL, NULL, &out, 7), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK_INT(access(file.text, F_OK), -1);
    CHECK_CODE(plinth_database_dump_to(db, NULL, NULL, NULL, NULL, &out, sizeof out), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK_CODE(plinth_database_load(db, file.text, NULL, NULL, NULL, &out, sizeof out), PLINTH_ERROR_FILE_NOT_FOUND);
    CHECK_CODE(plinth_database_load(db, file.text, &options, NULL, NULL, &out, sizeof out), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK_CODE(plinth_database_load_from(db, NULL, NULL, NULL, NULL, NULL, &out, sizeof out), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK_CODE(plinth_dump_check(file.text, NULL, NULL, &out, sizeof out), PLINTH_ERROR_FILE_NOT_FOUND);
    CHECK_CODE(plinth_dump_check(NULL, NULL, NULL, &out, sizeof out), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK_CODE(plinth_dump_check("/", NULL, NULL, NULL, sizeof out), PLINTH_ERROR_INVALID_ARGUMENT);
}

static void moves_of_nothing_are_refused(void) {
    plinth_move_report out;
    plinth_move_options options = {.struct_size = sizeof options, .reserved = {0, 1}};
    plinth_database *other = NULL;
    CHECK_OK(plinth_database_open(":memory:", NULL, &other));
    RUBBISH(out);
    CHECK_CODE(plinth_move(NULL, other, NULL, NULL, NULL, &out, sizeof out), PLINTH_ERROR_INVALID_HANDLE);
    CHECK(is_zero(&out, sizeof out));
    CHECK_CODE(plinth_move(db, NULL, NULL, NULL, NULL, &out, sizeof out), PLINTH_ERROR_INVALID_HANDLE);
    CHECK_CODE(plinth_move(db, db, NULL, NULL, NULL, &out, sizeof out), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK_CODE(plinth_move(db, other, &options, NULL, NULL, &out, sizeof out), PLINTH_ERROR_INVALID_ARGUMENT);
    options = (plinth_move_options){.struct_size = sizeof options, .verify = 3};
    CHECK_CODE(plinth_move(db, other, &options, NULL, NULL, &out, sizeof out), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK_CODE(plinth_move(db, other, NULL, NULL, NULL, NULL, sizeof out), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK_CODE(plinth_move(db, other, NULL, NULL, NULL, &out, 7), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK_OK(plinth_database_close(other));
}

/* ------------------------------------------------------------------ callbacks that are NULL */

static void count_finish(void *user) {
    ++*(long *)user;
}

/* Whatever else is wrong: 9001, and of all that was passed only the finaliser runs. */
static void asynchronous_calls_without_a_callback_are_refused(void) {
    plinth_transaction *given[] = {tr, NULL, destroyed_tr};
    plinth_watch *made;
    long finished = 0;
    for (size_t i = 0; i < COUNT(given); i++) {
        plinth_transaction *t = given[i];
        CHECK_CODE(plinth_transaction_get_async(t, NULL, k, 1, NULL, &finished, count_finish), PLINTH_ERROR_INVALID_ARGUMENT);
        CHECK_CODE(plinth_transaction_snapshot_get_async(t, NULL, k, 1, NULL, &finished, count_finish),
                   PLINTH_ERROR_INVALID_ARGUMENT);
        CHECK_CODE(plinth_transaction_get_key_async(t, NULL, NULL, false, NULL, &finished, count_finish),
                   PLINTH_ERROR_INVALID_ARGUMENT);
        CHECK_CODE(plinth_transaction_get_range_async(t, NULL, NULL, NULL, NULL, NULL, &finished, count_finish),
                   PLINTH_ERROR_INVALID_ARGUMENT);
        CHECK_CODE(plinth_transaction_get_many_async(t, NULL, NULL, 0, false, NULL, &finished, count_finish),
                   PLINTH_ERROR_INVALID_ARGUMENT);
        CHECK_CODE(plinth_transaction_commit_async(t, NULL, &finished, count_finish), PLINTH_ERROR_INVALID_ARGUMENT);
        CHECK_CODE(plinth_transaction_on_error_async(t, 1020, NULL, &finished, count_finish), PLINTH_ERROR_INVALID_ARGUMENT);
        memset(&made, 0xab, sizeof made);
        CHECK_CODE(plinth_transaction_watch(t, NULL, k, 1, NULL, &finished, count_finish, &made), PLINTH_ERROR_INVALID_ARGUMENT);
        CHECK(made == NULL);
    }
    CHECK_INT(finished, 8 * COUNT(given));
    CHECK_CODE(plinth_transaction_get_async(tr, NULL, k, 1, NULL, NULL, NULL), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK_CODE(plinth_transaction_watch(tr, NULL, k, 1, NULL, NULL, NULL, NULL), PLINTH_ERROR_INVALID_ARGUMENT);
}

static void not_finished(void *user, plinth_error error) {
    *(plinth_error *)user = error;
}

static void asynchronous_calls_need_no_finaliser_and_no_user(void) {
    plinth_error told = -1;
    CHECK_OK(plinth_transaction_commit_async(NULL, not_finished, &told, NULL));
    CHECK_CODE(told, PLINTH_ERROR_INVALID_HANDLE);
    CHECK_OK(plinth_transaction_watch(NULL, NULL, k, 1, not_finished, &told, NULL, NULL));
    CHECK_CODE(told, PLINTH_ERROR_INVALID_HANDLE);
}

/* ------------------------------------------------------------------ frees */

static void frees_of_nothing_do_nothing(void) {
    plinth_value value;
    plinth_range range;
    plinth_values values;
    uint64_t room[16];
    plinth_value_free(NULL);
    plinth_range_free(NULL);
    plinth_values_free(NULL);
    memset(&value, 0, sizeof value);
    memset(&range, 0, sizeof range);
    memset(&values, 0, sizeof values);
    for (int i = 0; i < 3; i++) {
        plinth_value_free(&value);
        plinth_range_free(&range);
        plinth_values_free(&values);
    }
    memset(room, 0, sizeof room);
    plinth_value_free((plinth_value *)(void *)((uint8_t *)room + 1));
    plinth_range_free((plinth_range *)(void *)((uint8_t *)room + 1));
    plinth_values_free((plinth_values *)(void *)((uint8_t *)room + 1));
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
        plinth_values values;
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
        RUBBISH(values);
        values.owner = bad[h];
        plinth_values_free(&values);
        CHECK(is_zero(&values, sizeof values));
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

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    make_objects();
    RUN(every_call_refuses_every_bad_handle);
    RUN(every_data_call_refuses_every_bad_transaction);
    RUN(every_data_call_refuses_every_bad_keyspace);
    RUN(an_open_of_nothing_is_refused);
    RUN(a_log_without_a_callback_is_none);
    RUN(a_repair_of_nothing_is_refused);
    RUN(upkeep_of_nothing_is_refused);
    RUN(backups_of_nothing_are_refused);
    RUN(dumps_of_nothing_are_refused);
    RUN(moves_of_nothing_are_refused);
    RUN(a_run_without_a_body_is_refused);
    RUN(asynchronous_calls_without_a_callback_are_refused);
    RUN(asynchronous_calls_need_no_finaliser_and_no_user);
    RUN(frees_of_nothing_do_nothing);
    RUN(frees_of_foreign_owners_do_nothing_but_zero);
    RUN(errors_of_any_number_have_texts);
    plinth_value_free(&some_value);
    RUN(a_refusal_says_what_was_wrong);
    RUN(the_good_objects_are_unharmed);
    end_objects();
    return harness_end();
}
