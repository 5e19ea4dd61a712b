/*
 * What callbacks may do: anything, with the transaction they were called for, in any number and
 * order. And what they may rely on: each runs once, its finaliser once after it, however many
 * threads use, cancel, reset, destroy and close at the same time. Design D5, D12; rule RST-4.
 */
#include "harness.h"

static plinth_database *db;

/* ------------------------------------------------------------------ calls out of callbacks */

enum deed {
    GET_AGAIN,
    BLOCKING_GET,
    SET,
    COMMIT,
    COMMIT_ASYNC,
    ON_ERROR,
    ON_ERROR_ASYNC,
    CANCEL,
    RESET,
    DESTROY,
    CLOSE,
    DEEDS
};

/* A call whose callback does a deed with the same transaction. */
typedef struct {
    enum deed deed;
    plinth_database *db;
    plinth_transaction *tr;
    bool destroyed, closed;
    outcome first, second;
} actor;

static void do_deed(actor *a, plinth_error error) {
    switch (a->deed) {
    case GET_AGAIN:
        CHECK_OK(plinth_transaction_get_async(a->tr, NULL, (const uint8_t *)"d", 1, on_value, &a->second, on_finish));
        return;
    case COMMIT_ASYNC:
        CHECK_OK(plinth_transaction_commit_async(a->tr, on_done, &a->second, on_finish));
        return;
    case ON_ERROR_ASYNC:
        error = error == 0 ? PLINTH_ERROR_NOT_COMMITTED : error;
        CHECK_OK(plinth_transaction_on_error_async(a->tr, error, on_done, &a->second, on_finish));
        return;
    case BLOCKING_GET:
        error = plinth_transaction_get(a->tr, NULL, (const uint8_t *)"d", 1, &a->second.value);
        break;
    case SET:
        error = tr_set(a->tr, B("d"), B("5"));
        break;
    case COMMIT:
        error = plinth_transaction_commit(a->tr);
        break;
    case ON_ERROR:
        error = plinth_transaction_on_error(a->tr, error == 0 ? PLINTH_ERROR_NOT_COMMITTED : error);
        break;
    case CANCEL:
        error = plinth_transaction_cancel(a->tr);
        break;
    case RESET:
        error = plinth_transaction_reset(a->tr);
        break;
    case DESTROY:
        error = plinth_transaction_destroy(a->tr);
        CHECK_CODE(plinth_transaction_destroy(a->tr), PLINTH_ERROR_INVALID_HANDLE);
        a->destroyed = true;
        break;
    default:
        error = plinth_database_close(a->db);
        CHECK_CODE(plinth_transaction_commit(a->tr), PLINTH_ERROR_DATABASE_CLOSED);
        a->closed = true;
    }
    on_done(&a->second, error);
    on_finish(&a->second);
}

static void act_on_value(void *user, plinth_error error, plinth_value *value) {
    actor *a = (actor *)user;
    do_deed(a, error);
    on_value(&a->first, error, value);
}

static void act_on_range(void *user, plinth_error error, plinth_range *range) {
    actor *a = (actor *)user;
    do_deed(a, error);
    on_range(&a->first, error, range);
}

static void act_on_done(void *user, plinth_error error) {
    actor *a = (actor *)user;
    do_deed(a, error);
    on_done(&a->first, error);
}

static void finish_actor(void *user) {
    on_finish(&((actor *)user)->first);
}

static void actor_begin(actor *a, enum deed deed) {
    memset(a, 0, sizeof *a);
    a->deed = deed;
    a->db = open_memory();
    a->tr = seeded(a->db);
    outcome_begin(&a->first);
    outcome_begin(&a->second);
}

static plinth_error actor_end(actor *a, plinth_error want_first) {
    plinth_error second;
    CHECK_CODE(outcome_end(&a->first), want_first);
    second = outcome_end(&a->second);
    if (!a->destroyed) {
        destroy(a->tr);
    }
    if (!a->closed) {
        CHECK_OK(plinth_database_close(a->db));
    }
    return second;
}

/* RST-4 */
static void a_get_callback_may_call_anything_rst4(void) {
    for (int deed = 0; deed < DEEDS; deed++) {
        actor a;
        actor_begin(&a, (enum deed)deed);
        CHECK_OK(plinth_transaction_get_async(a.tr, NULL, (const uint8_t *)"b", 1, act_on_value, &a, finish_actor));
        CHECK_OK(actor_end(&a, 0));
    }
}

static void a_range_callback_may_call_anything(void) {
    for (int deed = 0; deed < DEEDS; deed++) {
        plinth_key_selector from = at_or_after(B("a")), to = at_or_after(B("z"));
        actor a;
        actor_begin(&a, (enum deed)deed);
        CHECK_OK(plinth_transaction_get_range_async(a.tr, NULL, &from, &to, NULL, act_on_range, &a, finish_actor));
        CHECK_OK(actor_end(&a, 0));
    }
}

/* COM-3: what may be called after a commit, in its callback too. */
static void a_commit_callback_may_call_anything_com3(void) {
    for (int deed = 0; deed < DEEDS; deed++) {
        bool refused = deed == GET_AGAIN || deed == BLOCKING_GET || deed == SET || deed == COMMIT || deed == COMMIT_ASYNC;
        actor a;
        actor_begin(&a, (enum deed)deed);
        CHECK_OK(tr_set(a.tr, B("x"), B("y")));
        CHECK_OK(plinth_transaction_commit_async(a.tr, act_on_done, &a, finish_actor));
        CHECK_CODE(actor_end(&a, 0), refused ? PLINTH_ERROR_USED_DURING_COMMIT : 0);
    }
}

/* The retry of a failed commit out of its callback. ERRH-1 */
static void a_failed_commit_may_be_retried_in_its_callback_errh1(void) {
    static const enum deed deeds[] = {ON_ERROR, ON_ERROR_ASYNC, RESET, CANCEL, DESTROY, CLOSE};
    for (size_t i = 0; i < sizeof deeds / sizeof deeds[0]; i++) {
        actor a;
        actor_begin(&a, deeds[i]);
        CHECK_OK(tr_touch(a.tr, B("b")));
        put(a.db, B("b"), B("3"));
        CHECK_OK(tr_set(a.tr, B("x"), B("y")));
        CHECK_OK(plinth_transaction_commit_async(a.tr, act_on_done, &a, finish_actor));
        CHECK_OK(actor_end(&a, PLINTH_ERROR_NOT_COMMITTED));
    }
}

static void an_on_error_callback_may_call_anything(void) {
    for (int deed = 0; deed < DEEDS; deed++) {
        actor a;
        actor_begin(&a, (enum deed)deed);
        CHECK_OK(plinth_transaction_on_error_async(a.tr, PLINTH_ERROR_NOT_COMMITTED, act_on_done, &a, finish_actor));
        CHECK_OK(actor_end(&a, 0));
    }
}

/* A finaliser may do what a callback may. */
static void destroy_in_finaliser(void *user) {
    actor *a = (actor *)user;
    do_deed(a, 0);
    on_finish(&a->first);
}

static void first_on_value(void *user, plinth_error error, plinth_value *value) {
    on_value(&((actor *)user)->first, error, value);
}

static void a_finaliser_may_call_anything(void) {
    for (int deed = 0; deed < DEEDS; deed++) {
        actor a;
        actor_begin(&a, (enum deed)deed);
        CHECK_OK(plinth_transaction_get_async(a.tr, NULL, (const uint8_t *)"b", 1, first_on_value, &a, destroy_in_finaliser));
        CHECK_OK(actor_end(&a, 0));
    }
}

/* ------------------------------------------------------------------ chains without recursion */

/*
 * A sequence of asynchronous steps. Each step starts one call; whoever comes second, its callback
 * or its return, starts the next one, so that answers inside the call do not pile up on the stack.
 */
typedef struct machine machine;
struct machine {
    bool (*step)(machine *self); /* starts one call; false if there is nothing left to do */
    int ball;
    outcome ended;
    long left;
    plinth_error error;
    plinth_value value;
    plinth_transaction *tr;
    int state;
};

enum { OUT, ANSWERED, RETURNED };

static void drive(machine *m) {
    do {
        m->ball = OUT;
        if (!m->step(m)) {
            on_done(&m->ended, m->error);
            on_finish(&m->ended);
            return;
        }
    } while (__atomic_exchange_n(&m->ball, RETURNED, __ATOMIC_ACQ_REL) == ANSWERED);
}

static void answered(machine *m) {
    if (__atomic_exchange_n(&m->ball, ANSWERED, __ATOMIC_ACQ_REL) == RETURNED) {
        drive(m);
    }
}

static void machine_on_value(void *user, plinth_error error, plinth_value *value) {
    machine *m = (machine *)user;
    m->error = error;
    m->value = *value;
    answered(m);
}

static void machine_on_done(void *user, plinth_error error) {
    machine *m = (machine *)user;
    m->error = error;
    answered(m);
}

static void machine_begin(machine *m, bool (*step)(machine *), long left) {
    memset(m, 0, sizeof *m);
    m->step = step;
    m->left = left;
    outcome_begin(&m->ended);
}

static bool read_one_more(machine *m) {
    plinth_value_free(&m->value);
    if (m->error != 0 || m->left-- == 0) {
        return false;
    }
    CHECK_OK(plinth_transaction_get_async(m->tr, NULL, (const uint8_t *)"b", 1, machine_on_value, m, NULL));
    return true;
}

static void a_chain_of_answers_inside_the_call_needs_no_stack_fut12(void) {
    machine m;
    machine_begin(&m, read_one_more, scaled(100000));
    m.tr = seeded(db);
    drive(&m);
    CHECK_OK(outcome_end(&m.ended));
    CHECK_INT(m.left, -1);
    destroy(m.tr);
}

/* ------------------------------------------------------------------ whole transactions by callbacks */

/* get, set, commit, and on_error where it failed: adds one to a counter `left` times. */
static bool add_one(machine *m) {
    char text[24];
    long count;
    switch (m->state) {
    case 0:
        if (m->left == 0) {
            return false;
        }
        m->state = 1;
        CHECK_OK(plinth_transaction_get_async(m->tr, NULL, (const uint8_t *)"count", 5, machine_on_value, m, NULL));
        return true;
    case 1:
        if (m->error == 0) {
            snprintf(text, sizeof text, "%.*s", (int)m->value.len, m->value.data == NULL ? "" : (const char *)m->value.data);
            count = strtol(text, NULL, 10);
            plinth_value_free(&m->value);
            snprintf(text, sizeof text, "%ld", count + 1);
            CHECK_OK(tr_set(m->tr, B("count"), bytes_of(text, strlen(text))));
            m->state = 2;
            CHECK_OK(plinth_transaction_commit_async(m->tr, machine_on_done, m, NULL));
            return true;
        }
        break;
    case 2:
        if (m->error == 0) {
            m->left--;
            m->state = 0;
            CHECK_OK(plinth_transaction_reset(m->tr));
            return add_one(m);
        }
        break;
    default:
        m->state = 0;
        return m->error == 0 && add_one(m);
    }
    m->state = 3;
    CHECK_OK(plinth_transaction_on_error_async(m->tr, m->error, machine_on_done, m, NULL));
    return true;
}

enum { MACHINES = 16 };

static void counting_by_callbacks_loses_nothing_conf19(void) {
    long rounds = scaled(200);
    machine machines[MACHINES];
    char want[24];
    plinth_transaction *tr;
    empty(db);
    for (int i = 0; i < MACHINES; i++) {
        machine_begin(&machines[i], add_one, rounds);
        machines[i].tr = begin(db);
        CHECK_OK(plinth_transaction_set_option(machines[i].tr, PLINTH_OPTION_MAX_RETRY_DELAY, 20));
    }
    for (int i = 0; i < MACHINES; i++) {
        drive(&machines[i]);
    }
    for (int i = 0; i < MACHINES; i++) {
        CHECK_OK(outcome_end(&machines[i].ended));
        destroy(machines[i].tr);
    }
    tr = begin(db);
    snprintf(want, sizeof want, "%ld", MACHINES * rounds);
    CHECK_VALUE(tr, B("count"), bytes_of(want, strlen(want)));
    destroy(tr);
}

/* ------------------------------------------------------------------ everything at once */

enum { SLOTS = 16, STORM_THREADS = 8 };

typedef struct {
    plinth_database *db;
    void *slots[SLOTS];
    pthread_mutex_t lock;
    pthread_cond_t changed;
    long issued, finished, wrong, told[10];
} storm;

/* The user pointer of one call; its finaliser frees it, so that a second one is seen. */
typedef struct {
    storm *storm;
    long calls;
} ticket;

static ticket *ticket_of(storm *s) {
    ticket *made = (ticket *)calloc(1, sizeof *made);
    made->storm = s;
    count_add(&s->issued, 1);
    return made;
}

static void ticket_told(void *user, plinth_error error) {
    static const plinth_error expected[] = {0, 1007, 1020, 1025, 1101, 1032, 2000, 2017, 9000, 9003};
    ticket *t = (ticket *)user;
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        if (error == expected[i]) {
            count_add(&t->storm->told[i], 1);
            error = -1;
        }
    }
    if (count_add(&t->calls, 1) != 1 || error != -1) {
        if (count_add(&t->storm->wrong, 1) <= 10) {
            printf("an unexpected answer: %d, call %ld: %s\n", (int)error, t->calls, plinth_last_error());
        }
    }
}

static void ticket_on_value(void *user, plinth_error error, plinth_value *value) {
    ticket_told(user, error);
    plinth_value_free(value);
}

static void ticket_on_range(void *user, plinth_error error, plinth_range *range) {
    ticket_told(user, error);
    plinth_range_free(range);
}

static void ticket_finish(void *user) {
    ticket *t = (ticket *)user;
    storm *s = t->storm;
    bool once = t->calls == 1;
    free(t);
    pthread_mutex_lock(&s->lock);
    s->finished++;
    s->wrong += !once;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
}

static void storm_begin(storm *s, plinth_database *of) {
    pthread_condattr_t clock;
    memset(s, 0, sizeof *s);
    s->db = of;
    pthread_mutex_init(&s->lock, NULL);
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&s->changed, &clock);
    pthread_condattr_destroy(&clock);
    for (int i = 0; i < SLOTS; i++) {
        s->slots[i] = begin(of);
    }
}

/* Waits until so many calls were answered. */
static bool storm_wait(storm *s, long count) {
    struct timespec deadline = callback_deadline();
    int late = 0;
    pthread_mutex_lock(&s->lock);
    while (s->finished < count && late == 0) {
        late = pthread_cond_timedwait(&s->changed, &s->lock, &deadline);
    }
    pthread_mutex_unlock(&s->lock);
    return late == 0;
}

/* Waits until every call that was issued was answered. */
static void storm_end(storm *s) {
    long issued = count_read(&s->issued);
    bool late = !storm_wait(s, issued);
    CHECK_INT(s->finished, issued);
    CHECK_INT(s->wrong, 0);
    printf("%ld calls; 0: %ld, 1007: %ld, 1020: %ld, 1025: %ld, 1101: %ld, 1032: %ld, 2000: %ld, 2017: %ld, 9000: %ld, 9003: %ld\n",
           issued, s->told[0], s->told[1], s->told[2], s->told[3], s->told[4], s->told[5], s->told[6], s->told[7], s->told[8],
           s->told[9]);
    if (late) {
        exit(1);
    }
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->lock);
}

static void storm_watch(storm *s, plinth_transaction *tr, bytes key, uint64_t chance) {
    plinth_watch *watch = NULL;
    bool with_handle = chance % 2 == 0;
    CHECK_OK(plinth_transaction_watch(tr, NULL, key.data, key.len, ticket_told, ticket_of(s), ticket_finish,
                                      with_handle ? &watch : NULL));
    if (watch != NULL) {
        if (chance % 3 == 0) {
            CHECK_OK(plinth_watch_cancel(watch));
        }
        CHECK_OK(plinth_watch_destroy(watch));
    }
}

/* One of the asynchronous calls, on a transaction that others may have ended already. */
static void storm_issue(storm *s, plinth_transaction *tr, bytes key, uint64_t chance) {
    plinth_key_selector from = at_or_after(key), to = at_or_after(B("\xff"));
    plinth_range_options options = range_options(5, 0, chance % 2 == 0, chance % 3 == 0);
    switch (chance % 16) {
    case 0:
    case 1:
        CHECK_OK(plinth_transaction_snapshot_get_async(tr, NULL, key.data, key.len, ticket_on_value, ticket_of(s), ticket_finish));
        break;
    case 2:
        CHECK_OK(plinth_transaction_get_key_async(tr, NULL, &from, chance % 2 == 0, ticket_on_value, ticket_of(s), ticket_finish));
        break;
    case 3:
        CHECK_OK(plinth_transaction_get_range_async(tr, NULL, &from, &to, &options, ticket_on_range, ticket_of(s), ticket_finish));
        break;
    case 4:
        CHECK_OK(plinth_transaction_commit_async(tr, ticket_told, ticket_of(s), ticket_finish));
        break;
    case 5:
        CHECK_OK(plinth_transaction_on_error_async(tr, chance % 2 == 0 ? 1007 : 2000, ticket_told, ticket_of(s), ticket_finish));
        break;
    case 6:
        storm_watch(s, tr, key, chance / 16);
        break;
    default:
        CHECK_OK(plinth_transaction_get_async(tr, NULL, key.data, key.len, ticket_on_value, ticket_of(s), ticket_finish));
    }
}

/* One of the calls that end or disturb others. */
static void storm_disturb(storm *s, long slot, plinth_transaction *tr, bytes key, uint64_t chance) {
    plinth_transaction *fresh = NULL;
    switch (chance % 8) {
    case 0:
        (void)plinth_transaction_cancel(tr);
        break;
    case 1:
    case 2:
        (void)plinth_transaction_reset(tr);
        break;
    case 3:
        if (plinth_transaction_begin(s->db, &fresh) == 0) {
            tr = (plinth_transaction *)__atomic_exchange_n(&s->slots[slot], (void *)fresh, __ATOMIC_ACQ_REL);
            CHECK_OK(plinth_transaction_destroy(tr));
        }
        break;
    case 4:
        (void)tr_clear(tr, key);
        break;
    default:
        (void)tr_set(tr, key, key);
    }
}

static void take_part(long number, void *user) {
    storm *s = (storm *)user;
    uint64_t state = harness.random + (uint64_t)number * 7919u;
    long rounds = scaled(60000);
    for (long i = 0; i < rounds; i++) {
        uint64_t chance = random_next(&state);
        long slot = (long)(chance % SLOTS);
        plinth_transaction *tr = (plinth_transaction *)__atomic_load_n(&s->slots[slot], __ATOMIC_ACQUIRE);
        char text[8];
        bytes key = bytes_of(text, (size_t)snprintf(text, sizeof text, "k%02u", (unsigned)(chance >> 20) % 50));
        if ((chance >> 40) % 8 == 0) {
            storm_disturb(s, slot, tr, key, chance >> 44);
        } else {
            storm_issue(s, tr, key, chance >> 44);
        }
    }
}

/* DIS-13: exactly one callback and one finaliser for each of some 400,000 calls. */
static void every_call_of_a_storm_is_answered_once_dis13(void) {
    storm s;
    storm_begin(&s, db);
    in_threads(STORM_THREADS, take_part, &s);
    /* Watches wait until their transactions end, or, if those are committed, for a change. */
    for (int i = 0; i < SLOTS; i++) {
        destroy((plinth_transaction *)s.slots[i]);
    }
    for (int i = 0; i < 50; i++) {
        char text[8];
        put(db, bytes_of(text, (size_t)snprintf(text, sizeof text, "k%02d", i)), B("last"));
    }
    storm_end(&s);
}

static void storm_then_close(long number, void *user) {
    storm *s = (storm *)user;
    if (number == 0) {
        /* In the middle of it, as far as one can tell. */
        CHECK(storm_wait(s, scaled(60000)));
        CHECK_OK(plinth_database_close(s->db));
    } else {
        take_part(number, s);
    }
}

/* Design D12: also where the database is closed in the middle. */
static void every_call_of_a_storm_is_answered_once_over_a_close(void) {
    storm s;
    storm_begin(&s, open_memory());
    in_threads(4, storm_then_close, &s);
    for (int i = 0; i < SLOTS; i++) {
        destroy((plinth_transaction *)s.slots[i]);
    }
    storm_end(&s);
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    db = open_memory();
    RUN(a_get_callback_may_call_anything_rst4);
    RUN(a_range_callback_may_call_anything);
    RUN(a_commit_callback_may_call_anything_com3);
    RUN(a_failed_commit_may_be_retried_in_its_callback_errh1);
    RUN(an_on_error_callback_may_call_anything);
    RUN(a_finaliser_may_call_anything);
    RUN(a_chain_of_answers_inside_the_call_needs_no_stack_fut12);
    RUN(counting_by_callbacks_loses_nothing_conf19);
    RUN(every_call_of_a_storm_is_answered_once_dis13);
    RUN(every_call_of_a_storm_is_answered_once_over_a_close);
    CHECK_OK(plinth_database_close(db));
    return harness_end();
}
