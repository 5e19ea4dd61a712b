/*
 * The asynchronous twins: each answers as its blocking call does, its callback runs exactly once
 * whatever happens, its finaliser after it, and callbacks may call anything. Rules FUT-12, RYW-2,
 * COM-4, RST-1 to RST-4, ERRH-7; design D5, D12.
 */
#include "harness.h"

static plinth_database *db;

/* Whether an error is one of the `count` that follow. */
static bool one_of(plinth_error error, int count, ...) {
    va_list arguments;
    bool found = false;
    va_start(arguments, count);
    for (int i = 0; i < count; i++) {
        found |= va_arg(arguments, int) == error;
    }
    va_end(arguments);
    return found;
}

/* ------------------------------------------------------------------ each twin equals its call */

/* A get by callback as text: the value, "absent", or "error 1007". Stays valid for seven calls. */
static const char *get_text(plinth_transaction *tr, plinth_keyspace *ks, bytes key, bool snapshot) {
    static char texts[8][200];
    static int next;
    char *text = texts[next++ % 8];
    outcome o;
    outcome_begin(&o);
    CHECK_OK(snapshot ? plinth_transaction_snapshot_get_async(tr, ks, key.data, key.len, on_value, &o, on_finish)
                      : plinth_transaction_get_async(tr, ks, key.data, key.len, on_value, &o, on_finish));
    if (outcome_wait(&o) != 0) {
        snprintf(text, sizeof texts[0], "error %" PRId32, o.error);
    } else if (o.value.data == NULL) {
        snprintf(text, sizeof texts[0], "absent");
    } else {
        bytes_print(text, sizeof texts[0], o.value.data, o.value.len);
    }
    outcome_end(&o);
    return text;
}

static const char *key_text(plinth_transaction *tr, plinth_key_selector sel, bool snapshot) {
    static char text[64];
    outcome o;
    outcome_begin(&o);
    CHECK_OK(plinth_transaction_get_key_async(tr, NULL, &sel, snapshot, on_value, &o, on_finish));
    if (outcome_wait(&o) != 0) {
        snprintf(text, sizeof text, "error %" PRId32, o.error);
    } else {
        CHECK(o.value.data != NULL);
        bytes_print(text, sizeof text, o.value.data, o.value.len);
    }
    outcome_end(&o);
    return text;
}

static const char *scan_async(plinth_transaction *tr, plinth_key_selector from, plinth_key_selector to,
                              const plinth_range_options *options) {
    const char *text;
    outcome o;
    outcome_begin(&o);
    CHECK_OK(plinth_transaction_get_range_async(tr, NULL, &from, &to, options, on_range, &o, on_finish));
    text = range_text(outcome_wait(&o), &o.range);
    outcome_end(&o);
    return text;
}

/* GET-1, GET-2, RYW-1, CONF-7 */
static void a_get_answers_as_the_blocking_one_get1(void) {
    plinth_transaction *tr = seeded(db);
    plinth_keyspace *ks;
    CHECK_OK(plinth_keyspace_open(db, "other", &ks));
    put_in(db, ks, B("b"), B("elsewhere"));
    CHECK_TEXT(get_text(tr, NULL, B("b"), false), "2");
    CHECK_TEXT(get_text(tr, NULL, B("c"), false), "absent");
    CHECK_TEXT(get_text(tr, NULL, B("d"), true), "4");
    CHECK_TEXT(get_text(tr, ks, B("b"), false), "elsewhere");
    CHECK_OK(tr_set(tr, B("c"), B("")));
    CHECK_OK(tr_clear(tr, B("d")));
    CHECK_TEXT(get_text(tr, NULL, B("c"), false), "");
    CHECK_TEXT(get_text(tr, NULL, B("d"), true), "absent");
    CHECK_OK(plinth_keyspace_close(ks));
    destroy(tr);
}

/* CONF-2, CONF-7: the conflict of a get by callback. */
static void a_get_conflicts_and_a_snapshot_get_does_not_conf2(void) {
    for (int snapshot = 0; snapshot < 2; snapshot++) {
        plinth_transaction *tr = seeded(db);
        CHECK_TEXT(get_text(tr, NULL, B("b"), snapshot != 0), "2");
        put(db, B("b"), B("3"));
        CHECK_OK(tr_set(tr, B("x"), B("y")));
        CHECK_CODE(tr_commit_async(tr), snapshot != 0 ? 0 : PLINTH_ERROR_NOT_COMMITTED);
        destroy(tr);
    }
}

/* SEL-1 to SEL-4, section 19: the vectors of selectors. */
static void a_get_key_answers_as_the_blocking_one_sel1(void) {
    static const struct {
        const char *key;
        bool or_equal;
        int32_t offset;
        const char *want;
    } vectors[] = {{"a", false, 1, "b"}, {"d", false, 1, "d"}, {"d", true, 1, "f"},  {"d", false, 0, "b"}, {"d", true, 0, "d"},
                   {"g", false, 1, "\\xff"}, {"b", false, 0, ""},  {"d", false, 2, "f"}, {"d", false, -1, ""}, {"a", false, 3, "f"}};
    plinth_transaction *tr = seeded(db);
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        bytes key = bytes_of(vectors[i].key, strlen(vectors[i].key));
        CHECK_TEXT(key_text(tr, selector(key, vectors[i].or_equal, vectors[i].offset), i % 2 == 0), vectors[i].want);
    }
    destroy(tr);
}

/* RNG-1, RNG-3, RNG-8 */
static void a_range_read_answers_as_the_blocking_one_rng1(void) {
    plinth_key_selector from = at_or_after(B("a")), to = at_or_after(B("g"));
    plinth_transaction *tr = seeded(db);
    for (int32_t limit = -1; limit < 5; limit++) {
        for (int way = 0; way < 4; way++) {
            plinth_range_options options = range_options(limit, 0, way % 2 != 0, way / 2 != 0);
            CHECK_TEXT(scan_async(tr, from, to, &options), scan(tr, from, to, &options));
        }
    }
    CHECK_OK(tr_set(tr, B("c"), B("3")));
    CHECK_TEXT(scan_async(tr, from, to, NULL), "b=2 c=3 d=4 f=6");
    CHECK_TEXT(scan_async(tr, to, from, NULL), "");
    destroy(tr);
}

/* COM-1, COM-2, COM-3, COM-10 */
static void a_commit_answers_as_the_blocking_one_com1(void) {
    plinth_transaction *tr = seeded(db);
    int64_t version = 0;
    CHECK_TEXT(get_text(tr, NULL, B("b"), false), "2");
    CHECK_OK(tr_commit_async(tr));
    CHECK_CODE(tr_commit_async(tr), PLINTH_ERROR_USED_DURING_COMMIT);
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_OK(tr_set(tr, B("new"), B("value")));
    CHECK_OK(tr_commit_async(tr));
    CHECK_OK(plinth_transaction_get_committed_version(tr, &version));
    CHECK(version > 0);
    CHECK_TEXT(get_text(tr, NULL, B("new"), false), "error 2017");
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_TEXT(get_text(tr, NULL, B("new"), false), "value");
    destroy(tr);
}

static plinth_error on_error_async(plinth_transaction *tr, plinth_error error) {
    outcome o;
    outcome_begin(&o);
    CHECK_OK(plinth_transaction_on_error_async(tr, error, on_done, &o, on_finish));
    return outcome_end(&o);
}

/* ERRH-1, ERRH-3, ERRH-5, ERRH-6 */
static void on_error_answers_as_the_blocking_one_errh1(void) {
    plinth_transaction *tr = seeded(db);
    CHECK_OK(tr_set(tr, B("x"), B("y")));
    CHECK_OK(on_error_async(tr, PLINTH_ERROR_NOT_COMMITTED));
    CHECK_TEXT(get_text(tr, NULL, B("x"), false), "absent");
    CHECK_CODE(on_error_async(tr, 0), PLINTH_ERROR_CLIENT_INVALID_OPERATION);
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_CODE(on_error_async(tr, PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
    CHECK_TEXT(get_text(tr, NULL, B("x"), false), "error 1025");
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_RETRY_LIMIT, 1));
    CHECK_OK(on_error_async(tr, PLINTH_ERROR_FUTURE_VERSION));
    CHECK_CODE(on_error_async(tr, PLINTH_ERROR_FUTURE_VERSION), PLINTH_ERROR_FUTURE_VERSION);
    destroy(tr);
}

/* ------------------------------------------------------------------ errors come by the callback */

static const char *commit_story(plinth_transaction *tr, plinth_error want) {
    static char text[256];
    outcome o;
    outcome_begin(&o);
    CHECK_OK(plinth_transaction_commit_async(tr, on_done, &o, on_finish));
    CHECK_CODE(outcome_wait(&o), want);
    snprintf(text, sizeof text, "%s", o.story);
    outcome_end(&o);
    return text;
}

/* Design D8: plinth_last_error() in the callback. */
static void the_callback_can_tell_the_story(void) {
    plinth_transaction *tr = seeded(db);
    outcome o;
    const char *story = commit_story(NULL, PLINTH_ERROR_INVALID_HANDLE);
    CHECK(strstr(story, "plinth_transaction_commit_async") != NULL && strstr(story, "9000") != NULL);
    CHECK_TEXT(get_text(tr, NULL, B("b"), false), "2");
    put(db, B("b"), B("3"));
    CHECK_OK(tr_set(tr, B("x"), B("y")));
    CHECK_CODE(plinth_transaction_commit(tr), PLINTH_ERROR_NOT_COMMITTED);
    /* What on_error passes on keeps the story of the call that failed. */
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_RETRY_LIMIT, 0));
    outcome_begin(&o);
    CHECK_OK(plinth_transaction_on_error_async(tr, PLINTH_ERROR_NOT_COMMITTED, on_done, &o, on_finish));
    CHECK_CODE(outcome_wait(&o), PLINTH_ERROR_NOT_COMMITTED);
    CHECK(strstr(o.story, "plinth_transaction_commit:") != NULL);
    outcome_end(&o);
    destroy(tr);
}

/* Whatever the state of the transaction is, the call returns 0 and the callback has the error. */
static void a_wrong_state_is_told_to_the_callback_tx3(void) {
    plinth_database *other = open_memory();
    plinth_transaction *tr = begin(db), *closed = begin(other);
    plinth_keyspace *foreign;
    CHECK_OK(plinth_keyspace_open(other, "foreign", &foreign));
    CHECK_TEXT(get_text(tr, foreign, B("b"), false), "error 9000");
    CHECK_OK(plinth_database_close(other));
    CHECK_TEXT(get_text(closed, NULL, B("b"), false), "error 9003");
    CHECK_CODE(tr_commit_async(closed), PLINTH_ERROR_DATABASE_CLOSED);
    CHECK_OK(plinth_transaction_cancel(tr));
    CHECK_TEXT(get_text(tr, NULL, B("b"), false), "error 1025");
    CHECK_TEXT(key_text(tr, at_or_after(B("b")), false), "error 1025");
    CHECK_TEXT(scan_async(tr, at_or_after(B("a")), at_or_after(B("z")), NULL), "error 1025");
    CHECK_CODE(tr_commit_async(tr), PLINTH_ERROR_TRANSACTION_CANCELLED);
    CHECK_CODE(on_error_async(tr, PLINTH_ERROR_NOT_COMMITTED), PLINTH_ERROR_TRANSACTION_CANCELLED);
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_TEXT(get_text(tr, NULL, B("\xff"), false), "error 2004");
    CHECK_OK(plinth_keyspace_close(foreign));
    destroy(tr);
    destroy(closed);
    CHECK_CODE(tr_commit_async(closed), PLINTH_ERROR_INVALID_HANDLE);
}

static void count_finish(void *user) {
    count_add((long *)user, 1);
}

static void without_a_callback_nothing_happens_but_the_finaliser(void) {
    plinth_transaction *tr = begin(db);
    plinth_watch *watch = (plinth_watch *)(void *)tr;
    long finished = 0;
    CHECK_OK(tr_set(tr, B("k"), B("v")));
    CHECK_CODE(plinth_transaction_commit_async(tr, NULL, &finished, count_finish), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK_INT(finished, 1);
    CHECK_CODE(plinth_transaction_get_async(NULL, NULL, NULL, 5, NULL, &finished, count_finish), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK_INT(finished, 2);
    CHECK_CODE(plinth_transaction_watch(tr, NULL, NULL, 0, NULL, &finished, count_finish, &watch), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK(finished == 3 && watch == NULL);
    CHECK_CODE(plinth_transaction_commit_async(tr, NULL, NULL, NULL), PLINTH_ERROR_INVALID_ARGUMENT);
    /* The transaction is not committed and can be. */
    CHECK_OK(plinth_transaction_commit(tr));
    destroy(tr);
}

/* ------------------------------------------------------------------ memory */

/* The key's bytes may go as soon as the call returned; the sanitizer watches. */
static void inputs_are_copied(void) {
    plinth_transaction *tr = seeded(db);
    for (int i = 0; i < 20; i++) {
        uint8_t *key = (uint8_t *)malloc(1);
        plinth_key_selector *from = (plinth_key_selector *)malloc(sizeof *from);
        plinth_range_options *options = (plinth_range_options *)malloc(sizeof *options);
        outcome value, range;
        outcome_begin(&value);
        outcome_begin(&range);
        key[0] = 'b';
        *from = at_or_after(bytes_of(key, 1));
        *options = range_options(1, 0, false, false);
        CHECK_OK(plinth_transaction_get_async(tr, NULL, key, 1, on_value, &value, on_finish));
        CHECK_OK(plinth_transaction_get_range_async(tr, NULL, from, from, NULL, on_range, &range, on_finish));
        memset(key, 'x', 1);
        free(key);
        free(from);
        free(options);
        CHECK_OK(outcome_wait(&value));
        CHECK_BYTES(value.value.data, value.value.len, B("2"));
        outcome_end(&value);
        CHECK_OK(outcome_end(&range));
    }
    destroy(tr);
}

/* Design D12: what a callback was given is its own. */
static void values_outlive_the_callback_the_transaction_and_the_database(void) {
    plinth_database *own = open_memory();
    plinth_transaction *tr = seeded(own);
    plinth_key_selector from = at_or_after(B("a")), to = at_or_after(B("g"));
    outcome value, range;
    outcome_begin(&value);
    outcome_begin(&range);
    CHECK_OK(plinth_transaction_get_async(tr, NULL, (const uint8_t *)"d", 1, on_value, &value, on_finish));
    CHECK_OK(plinth_transaction_get_range_async(tr, NULL, &from, &to, NULL, on_range, &range, on_finish));
    CHECK_OK(outcome_wait(&value));
    CHECK_OK(outcome_wait(&range));
    destroy(tr);
    CHECK_OK(plinth_database_close(own));
    CHECK_BYTES(value.value.data, value.value.len, B("4"));
    CHECK_TEXT(range_text(0, &range.range), "b=2 d=4 f=6");
    outcome_end(&value);
    outcome_end(&range);
}

/* ------------------------------------------------------------------ reads and the commit */

/* RYW-2: a read sees the writes made before it was issued, and no later one. */
static void a_read_sees_what_was_written_before_it_was_issued_ryw2(void) {
    for (long round = 0; round < scaled(2000); round++) {
        plinth_transaction *tr = seeded(db);
        outcome before, after;
        outcome_begin(&before);
        outcome_begin(&after);
        CHECK_OK(plinth_transaction_get_async(tr, NULL, (const uint8_t *)"b", 1, on_value, &before, on_finish));
        CHECK_OK(tr_set(tr, B("b"), B("own")));
        CHECK_OK(plinth_transaction_get_async(tr, NULL, (const uint8_t *)"b", 1, on_value, &after, on_finish));
        CHECK_OK(outcome_wait(&before));
        CHECK_BYTES(before.value.data, before.value.len, B("2"));
        CHECK_OK(outcome_wait(&after));
        CHECK_BYTES(after.value.data, after.value.len, B("own"));
        outcome_end(&before);
        outcome_end(&after);
        destroy(tr);
    }
}

enum { COLD_KEYS = 2000, COLD_VALUE = 1000 };

static bytes cold_key(char *text, size_t size, long number) {
    return bytes_of(text, (size_t)snprintf(text, size, "cold/%06ld", number));
}

/* A database whose keys are in files and not in memory. */
static plinth_database *open_cold(const char *where) {
    static uint8_t value[COLD_VALUE];
    plinth_database *cold = open_with(where, NULL);
    plinth_transaction *tr = begin(cold);
    char text[24];
    for (long i = 0; i < COLD_KEYS; i++) {
        for (size_t at = 0; at < sizeof value; at++) {
            value[at] = (uint8_t)random_next(&harness.random);
        }
        memcpy(value, &i, sizeof i);
        CHECK_OK(tr_set(tr, cold_key(text, sizeof text, i), bytes_of(value, sizeof value)));
    }
    CHECK_OK(plinth_transaction_commit(tr));
    destroy(tr);
    CHECK_OK(plinth_database_close(cold));
    return open_with(where, NULL);
}

/* COM-4: reads under way count for the commit, however it and they overlap. */
static void the_commit_waits_for_reads_under_way_com4(void) {
    path where = temporary_path();
    plinth_database *cold = open_cold(where.text);
    for (long round = 0; round < 20; round++) {
        plinth_transaction *tr = begin(cold);
        int64_t version;
        char text[24];
        bytes key = cold_key(text, sizeof text, round * 50);
        outcome read, commit;
        outcome_begin(&read);
        outcome_begin(&commit);
        CHECK_OK(plinth_transaction_get_read_version(tr, &version));
        put(cold, key, B("new"));
        CHECK_OK(plinth_transaction_get_async(tr, NULL, key.data, key.len, on_value, &read, on_finish));
        CHECK_OK(tr_set(tr, B("x"), B("y")));
        CHECK_OK(plinth_transaction_commit_async(tr, on_done, &commit, on_finish));
        CHECK_CODE(outcome_end(&commit), PLINTH_ERROR_NOT_COMMITTED);
        CHECK_OK(outcome_wait(&read));
        CHECK_INT(read.value.len, COLD_VALUE);
        outcome_end(&read);
        destroy(tr);
    }
    CHECK_OK(plinth_database_close(cold));
}

/* Design D5: many reads of one transaction at a time, none of them in memory. */
static void reads_that_need_the_disk_all_come_back_right_tx2(void) {
    path where = temporary_path();
    plinth_database *cold = open_cold(where.text);
    plinth_transaction *tr = begin(cold);
    outcome *reads = (outcome *)malloc(COLD_KEYS * sizeof *reads);
    long elsewhere = 0;
    for (long i = 0; i < COLD_KEYS; i++) {
        char text[24];
        bytes key = cold_key(text, sizeof text, i);
        outcome_begin(&reads[i]);
        CHECK_OK(plinth_transaction_get_async(tr, NULL, key.data, key.len, on_value, &reads[i], on_finish));
    }
    for (long i = 0; i < COLD_KEYS; i++) {
        CHECK_OK(outcome_wait(&reads[i]));
        CHECK_INT(reads[i].value.len, COLD_VALUE);
        CHECK(reads[i].value.data != NULL && memcmp(reads[i].value.data, &i, sizeof i) == 0);
        elsewhere += !pthread_equal(reads[i].thread, pthread_self());
        outcome_end(&reads[i]);
    }
    printf("%ld of %d reads were answered by another thread\n", elsewhere, COLD_KEYS);
    free(reads);
    CHECK_OK(tr_commit_async(tr));
    destroy(tr);
    CHECK_OK(plinth_database_close(cold));
}

/* ------------------------------------------------------------------ what ends calls under way */

enum ending { END_CANCEL, END_RESET, END_DESTROY, END_CLOSE, ENDINGS };

static void end_by(enum ending ending, plinth_database *own, plinth_transaction *tr) {
    switch (ending) {
    case END_CANCEL:
        CHECK_OK(plinth_transaction_cancel(tr));
        break;
    case END_RESET:
        CHECK_OK(plinth_transaction_reset(tr));
        break;
    case END_DESTROY:
        destroy(tr);
        break;
    default:
        CHECK_OK(plinth_database_close(own));
    }
}

/* RST-1 to RST-3, design D12: each callback runs once, with the outcome or with what ended it. */
static void reads_and_commits_under_way_end_once_rst1(void) {
    path where = temporary_path();
    plinth_database *cold = open_cold(where.text);
    for (int ending = 0; ending < ENDINGS; ending++) {
        plinth_transaction *tr = begin(cold), *writer = begin(cold);
        enum { READS = 200 };
        outcome reads[READS], commit;
        outcome_begin(&commit);
        CHECK_OK(tr_set(writer, B("x"), B("y")));
        for (long i = 0; i < READS; i++) {
            char text[24];
            bytes key = cold_key(text, sizeof text, ending * READS + i);
            outcome_begin(&reads[i]);
            CHECK_OK(plinth_transaction_get_async(tr, NULL, key.data, key.len, on_value, &reads[i], on_finish));
        }
        CHECK_OK(plinth_transaction_commit_async(writer, on_done, &commit, on_finish));
        end_by((enum ending)ending, cold, tr);
        for (long i = 0; i < READS; i++) {
            CHECK(ending != END_CLOSE || outcome_known(&reads[i]));
            CHECK(one_of(outcome_end(&reads[i]), 3, 0, PLINTH_ERROR_TRANSACTION_CANCELLED, PLINTH_ERROR_DATABASE_CLOSED));
        }
        CHECK(one_of(outcome_end(&commit), 2, 0, PLINTH_ERROR_DATABASE_CLOSED));
        destroy(writer);
        if (ending != END_DESTROY) {
            destroy(tr);
        }
    }
}

/* ERRH-7: what ends the wait of on_error. */
static void a_wait_of_on_error_ends_once_errh7(void) {
    for (int ending = 0; ending < ENDINGS; ending++) {
        plinth_database *own = open_memory();
        plinth_transaction *tr = begin(own);
        outcome o;
        plinth_error error;
        for (int i = 0; i < 7; i++) {
            CHECK_OK(on_error_async(tr, PLINTH_ERROR_NOT_COMMITTED));
        }
        outcome_begin(&o);
        CHECK_OK(plinth_transaction_on_error_async(tr, PLINTH_ERROR_NOT_COMMITTED, on_done, &o, on_finish));
        end_by((enum ending)ending, own, tr);
        CHECK(ending != END_CLOSE || outcome_known(&o));
        error = outcome_end(&o);
        CHECK(one_of(error, 3, 0, PLINTH_ERROR_TRANSACTION_CANCELLED, PLINTH_ERROR_DATABASE_CLOSED));
        if (ending != END_DESTROY) {
            destroy(tr);
        }
        if (ending != END_CLOSE) {
            CHECK_OK(plinth_database_close(own));
        }
    }
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    db = open_memory();
    RUN(a_get_answers_as_the_blocking_one_get1);
    RUN(a_get_conflicts_and_a_snapshot_get_does_not_conf2);
    RUN(a_get_key_answers_as_the_blocking_one_sel1);
    RUN(a_range_read_answers_as_the_blocking_one_rng1);
    RUN(a_commit_answers_as_the_blocking_one_com1);
    RUN(on_error_answers_as_the_blocking_one_errh1);
    RUN(the_callback_can_tell_the_story);
    RUN(a_wrong_state_is_told_to_the_callback_tx3);
    RUN(without_a_callback_nothing_happens_but_the_finaliser);
    RUN(inputs_are_copied);
    RUN(values_outlive_the_callback_the_transaction_and_the_database);
    RUN(a_read_sees_what_was_written_before_it_was_issued_ryw2);
    RUN(the_commit_waits_for_reads_under_way_com4);
    RUN(reads_that_need_the_disk_all_come_back_right_tx2);
    RUN(reads_and_commits_under_way_end_once_rst1);
    RUN(a_wait_of_on_error_ends_once_errh7);
    CHECK_OK(plinth_database_close(db));
    return harness_end();
}
