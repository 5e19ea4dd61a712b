/*
 * plinth_run: it commits, retries, gives up, and survives bodies that break its rules.
 */
#include "harness.h"

static plinth_database *db;

/* What a body is told and what it tells back. */
typedef struct {
    long calls;
    long conflicts_to_make;
    plinth_error answer;
    plinth_transaction *seen;
} play;

static void check_stale(plinth_transaction *tr) {
    CHECK_CODE(tr_touch(tr, B("key")), PLINTH_ERROR_INVALID_HANDLE);
}

static plinth_error set_key(plinth_transaction *tr, void *user) {
    play *p = (play *)user;
    p->calls++;
    p->seen = tr;
    CHECK_OK(tr_set(tr, B("key"), B("value")));
    return p->answer;
}

static void a_body_that_returns_0_is_committed(void) {
    play p = {0, 0, 0, NULL};
    plinth_transaction *tr = begin(db);
    CHECK_OK(plinth_run(db, set_key, &p));
    CHECK_INT(p.calls, 1);
    CHECK_VALUE(tr, B("key"), B("value"));
    destroy(tr);
    check_stale(p.seen);
}

static plinth_error only_read(plinth_transaction *tr, void *user) {
    ((play *)user)->calls++;
    return tr_touch(tr, B("key"));
}

/* Nothing to commit. (COM-1) */
static void a_read_only_body_succeeds_com1(void) {
    play p = {0, 0, 0, NULL};
    CHECK_OK(plinth_run(db, only_read, &p));
    CHECK_INT(p.calls, 1);
}

static plinth_error make_conflicts(plinth_transaction *tr, void *user) {
    play *p = (play *)user;
    p->calls++;
    CHECK_OK(tr_touch(tr, B("guard")));
    CHECK_OK(tr_set(tr, B("made"), B("it")));
    if (p->conflicts_to_make > 0) {
        p->conflicts_to_make--;
        put(db, B("guard"), B("changed"));
    }
    return 0;
}

/* Until it commits. (ERRH-1, COM-7) */
static void a_conflict_calls_the_body_again_errh1(void) {
    play p = {0, 3, 0, NULL};
    plinth_transaction *tr = begin(db);
    CHECK_OK(plinth_run(db, make_conflicts, &p));
    CHECK_INT(p.calls, 4);
    CHECK_VALUE(tr, B("made"), B("it"));
    destroy(tr);
}

static plinth_error limit_to_two(plinth_transaction *tr, void *user) {
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_RETRY_LIMIT, 2));
    return make_conflicts(tr, user);
}

/* Two retries, three calls. (ERRH-3, OPT-4) */
static void a_retry_limit_ends_the_loop_errh3(void) {
    play p = {0, 1000, 0, NULL};
    CHECK_CODE(plinth_run(db, limit_to_two, &p), PLINTH_ERROR_NOT_COMMITTED);
    CHECK_INT(p.calls, 3);
}

static plinth_error limit_in_time(plinth_transaction *tr, void *user) {
    plinth_error error = plinth_transaction_set_option(tr, PLINTH_OPTION_TIMEOUT, 100);
    return error != 0 ? error : make_conflicts(tr, user);
}

/* It bounds all retries together. (TMO-1, ERRH-7) */
static void a_timeout_ends_the_loop_tmo1(void) {
    play p = {0, 1000000, 0, NULL};
    plinth_error error = plinth_run(db, limit_in_time, &p);
    CHECK(error == PLINTH_ERROR_TRANSACTION_TIMED_OUT);
}

static plinth_error answer_then_succeed(plinth_transaction *tr, void *user) {
    play *p = (play *)user;
    CHECK_OK(tr_set(tr, B("answered"), B("v")));
    return p->calls++ == 0 ? p->answer : 0;
}

/* As on_error has it. (ERRH-1) */
static void a_retryable_answer_calls_the_body_again_errh1(void) {
    static const plinth_error answers[] = {1007, 1009, 1020, 1021, 1042};
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        play p = {0, 0, 0, NULL};
        p.answer = answers[i];
        CHECK_OK(plinth_run(db, answer_then_succeed, &p));
        CHECK_INT(p.calls, 2);
    }
}

static void another_answer_is_returned_without_a_commit(void) {
    static const plinth_error answers[] = {1025, 1031, 2004, 2101, 4100, 9000, 12345, -1, -77, INT32_MIN};
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        play p = {0, 0, 0, NULL};
        plinth_transaction *tr;
        empty(db);
        p.answer = answers[i];
        CHECK_CODE(plinth_run(db, set_key, &p), answers[i]);
        CHECK_INT(p.calls, 1);
        check_stale(p.seen);
        tr = begin(db);
        CHECK_VALUE(tr, B("key"), ABSENT);
        destroy(tr);
    }
}

static plinth_error too_large(plinth_transaction *tr, void *user) {
    ((play *)user)->calls++;
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_SIZE_LIMIT, 32));
    return tr_set(tr, B("a key that is longer than the limit"), B("v"));
}

static void an_error_of_the_commit_is_returned(void) {
    play p = {0, 0, 0, NULL};
    CHECK_CODE(plinth_run(db, too_large, &p), PLINTH_ERROR_TRANSACTION_TOO_LARGE);
    CHECK_INT(p.calls, 1);
}

static void no_body_is_refused(void) {
    CHECK_CODE(plinth_run(db, NULL, NULL), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK_CODE(plinth_run(NULL, set_key, NULL), PLINTH_ERROR_INVALID_HANDLE);
}

/* ------------------------------------------------------------------ bodies that break the rules */

static plinth_error destroy_it(plinth_transaction *tr, void *user) {
    play *p = (play *)user;
    p->calls++;
    p->seen = tr;
    CHECK_OK(plinth_transaction_destroy(tr));
    CHECK_CODE(plinth_transaction_destroy(tr), PLINTH_ERROR_INVALID_HANDLE);
    return p->answer;
}

static void a_body_that_destroys_the_handle_harms_nobody(void) {
    plinth_metrics before, after;
    static const plinth_error answers[] = {0, -1, 2000};
    CHECK_OK(plinth_database_metrics(db, &before, sizeof before));
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        play p = {0, 0, 0, NULL};
        p.answer = answers[i];
        (void)plinth_run(db, destroy_it, &p);
        CHECK_INT(p.calls, 1);
        check_stale(p.seen);
    }
    CHECK_OK(plinth_database_metrics(db, &after, sizeof after));
    CHECK_INT(after.live_transactions, before.live_transactions);
}

static plinth_error commit_it(plinth_transaction *tr, void *user) {
    ((play *)user)->calls++;
    CHECK_OK(tr_set(tr, B("key"), B("value")));
    CHECK_OK(plinth_transaction_commit(tr));
    return 0;
}

/* The loop's own commit is a second one. (COM-3) */
static void a_body_that_commits_gets_2017_com3(void) {
    play p = {0, 0, 0, NULL};
    CHECK_CODE(plinth_run(db, commit_it, &p), PLINTH_ERROR_USED_DURING_COMMIT);
    CHECK_INT(p.calls, 1);
}

static plinth_error cancel_it(plinth_transaction *tr, void *user) {
    ((play *)user)->calls++;
    CHECK_OK(tr_set(tr, B("key"), B("value")));
    CHECK_OK(plinth_transaction_cancel(tr));
    return 0;
}

/* The loop ends. (RST-2, ERRH-4) */
static void a_body_that_cancels_gets_1025_rst2(void) {
    play p = {0, 0, 0, NULL};
    CHECK_CODE(plinth_run(db, cancel_it, &p), PLINTH_ERROR_TRANSACTION_CANCELLED);
    CHECK_INT(p.calls, 1);
}

static plinth_error run_inside(plinth_transaction *tr, void *user) {
    play *p = (play *)user, inner = {0, 0, 0, NULL};
    if (p->calls++ < 3) {
        /* The callback holds no lock of the library: it may call anything, itself included. */
        CHECK_OK(plinth_run(db, run_inside, p));
    }
    CHECK_OK(plinth_run(db, set_key, &inner));
    return tr_set(tr, B("outer"), B("v"));
}

static void a_body_may_run_and_begin_others(void) {
    play p = {0, 0, 0, NULL};
    CHECK_OK(plinth_run(db, run_inside, &p));
    CHECK_INT(p.calls, 4);
}

/* ------------------------------------------------------------------ many at once */

static plinth_error add_one(plinth_transaction *tr, void *user) {
    plinth_value value;
    char text[24];
    plinth_error error = plinth_transaction_get(tr, NULL, (const uint8_t *)"count", 5, &value);
    (void)user;
    if (error != 0) {
        return error;
    }
    snprintf(text, sizeof text, "%.*s", (int)value.len, value.data == NULL ? "0" : (const char *)value.data);
    plinth_value_free(&value);
    snprintf(text, sizeof text, "%ld", strtol(text, NULL, 10) + 1);
    return tr_set(tr, B("count"), bytes_of(text, strlen(text)));
}

static void run_many(long number, void *user) {
    long rounds = *(long *)user;
    (void)number;
    for (long i = 0; i < rounds; i++) {
        CHECK_OK(plinth_run(db, add_one, NULL));
    }
}

/* As if one after the other. (CONF-19, ERRH-1) */
static void runs_of_many_threads_lose_nothing_conf19(void) {
    long rounds = scaled(200);
    char want[24];
    plinth_transaction *tr;
    empty(db);
    in_threads(6, run_many, &rounds);
    tr = begin(db);
    snprintf(want, sizeof want, "%ld", 6 * rounds);
    CHECK_VALUE(tr, B("count"), bytes_of(want, strlen(want)));
    destroy(tr);
}

static void a_run_counts_as_a_live_transaction(void) {
    plinth_database_options options = database_options();
    plinth_database *small;
    plinth_transaction *tr;
    play p = {0, 0, 0, NULL};
    options.max_transactions = 1;
    small = open_with(":memory:", &options);
    tr = begin(small);
    CHECK_CODE(plinth_run(small, set_key, &p), PLINTH_ERROR_TOO_MANY_TRANSACTIONS);
    CHECK_INT(p.calls, 0);
    destroy(tr);
    CHECK_OK(plinth_run(small, set_key, &p));
    CHECK_OK(plinth_run(small, set_key, &p));
    CHECK_OK(plinth_database_close(small));
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    db = open_memory();
    RUN(a_body_that_returns_0_is_committed);
    RUN(a_read_only_body_succeeds_com1);
    RUN(a_conflict_calls_the_body_again_errh1);
    RUN(a_retry_limit_ends_the_loop_errh3);
    RUN(a_timeout_ends_the_loop_tmo1);
    RUN(a_retryable_answer_calls_the_body_again_errh1);
    RUN(another_answer_is_returned_without_a_commit);
    RUN(an_error_of_the_commit_is_returned);
    RUN(no_body_is_refused);
    RUN(a_body_that_destroys_the_handle_harms_nobody);
    RUN(a_body_that_commits_gets_2017_com3);
    RUN(a_body_that_cancels_gets_1025_rst2);
    RUN(a_body_may_run_and_begin_others);
    RUN(runs_of_many_threads_lose_nothing_conf19);
    RUN(a_run_counts_as_a_live_transaction);
    CHECK_OK(plinth_database_close(db));
    return harness_end();
}
