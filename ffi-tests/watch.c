/*
 * Watches: what fires them, what ends them, and that each answers once. Rules WATCH-1 to WATCH-10,
 * CONF-8, RST-1, RST-2.
 *
 * That a watch does not fire is checked against a second one, which is fired afterwards: what the
 * first one should not have noticed was over by then.
 */
#include "harness.h"

static plinth_database *db;

/* A watch with where it answers. */
typedef struct {
    outcome o;
    plinth_watch *handle;
} guard;

static void guard_key(guard *g, plinth_transaction *tr, bytes key) {
    outcome_begin(&g->o);
    g->handle = NULL;
    CHECK_OK(plinth_transaction_watch(tr, NULL, key.data, key.len, on_done, &g->o, on_finish, &g->handle));
}

static plinth_error guard_end(guard *g) {
    plinth_error error = outcome_end(&g->o);
    if (g->handle != NULL) {
        CHECK_OK(plinth_watch_destroy(g->handle));
    }
    return error;
}

/* A watch on a key as it is committed now. */
static void guard_committed(guard *g, plinth_database *of, bytes key) {
    plinth_transaction *tr = begin(of);
    guard_key(g, tr, key);
    CHECK_OK(plinth_transaction_commit(tr));
    destroy(tr);
}

/* Whether a watch has not fired by the time that another one, on "sentinel", has. */
static bool still_waits(guard *g, plinth_database *of) {
    static long round;
    char text[24];
    guard sentinel;
    guard_committed(&sentinel, of, B("sentinel"));
    put(of, B("sentinel"), bytes_of(text, (size_t)snprintf(text, sizeof text, "%ld", ++round)));
    CHECK_OK(guard_end(&sentinel));
    return !outcome_known(&g->o);
}

static plinth_error watch_error(plinth_transaction *tr, bytes key) {
    guard g;
    guard_key(&g, tr, key);
    return guard_end(&g);
}

/* ------------------------------------------------------------------ what fires a watch */

typedef plinth_error (*change)(plinth_transaction *tr);

static plinth_error change_set(plinth_transaction *tr) {
    return tr_set(tr, B("d"), B("5"));
}
static plinth_error change_clear(plinth_transaction *tr) {
    return tr_clear(tr, B("d"));
}
static plinth_error change_clear_range(plinth_transaction *tr) {
    return tr_clear_range(tr, B("c"), B("e"));
}
static plinth_error change_atomic(plinth_transaction *tr) {
    return plinth_transaction_atomic_op(tr, NULL, PLINTH_MUTATION_ADD, (const uint8_t *)"d", 1, (const uint8_t *)"\1", 1);
}
static plinth_error change_stamped(plinth_transaction *tr) {
    uint8_t stamp[10] = {0};
    return plinth_transaction_set_versionstamped_value(tr, NULL, (const uint8_t *)"d", 1, stamp, sizeof stamp, 0);
}
static plinth_error change_compare_and_clear(plinth_transaction *tr) {
    return plinth_transaction_atomic_op(tr, NULL, PLINTH_MUTATION_COMPARE_AND_CLEAR, (const uint8_t *)"d", 1,
                                        (const uint8_t *)"4", 1);
}

/* WATCH-1, WATCH-6: every way to change the value of a key. */
static void every_kind_of_change_fires_watch6(void) {
    static const change changes[] = {change_set,    change_clear,   change_clear_range,
                                     change_atomic, change_stamped, change_compare_and_clear};
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        plinth_transaction *tr = seeded(db);
        guard g;
        guard_committed(&g, db, B("d"));
        CHECK(still_waits(&g, db));
        CHECK_OK(changes[i](tr));
        CHECK(still_waits(&g, db));
        CHECK_OK(plinth_transaction_commit(tr));
        CHECK_OK(guard_end(&g));
        destroy(tr);
    }
}

/* A key that does not exist is watched for coming to be, with an empty value too. */
static void a_key_that_appears_fires_watch1(void) {
    guard g;
    empty(db);
    guard_committed(&g, db, B("d"));
    put(db, B("c"), B("1"));
    put(db, B("d0"), B("1"));
    CHECK(still_waits(&g, db));
    put(db, B("d"), B(""));
    CHECK_OK(guard_end(&g));
}

/* WATCH-6: an equal value is no change, however it is written. */
static void an_equal_value_does_not_fire_watch6(void) {
    plinth_transaction *tr = seeded(db);
    guard g;
    guard_committed(&g, db, B("d"));
    put(db, B("d"), B("4"));
    CHECK_OK(tr_clear_range(tr, B("a"), B("z")));
    CHECK_OK(tr_set(tr, B("d"), B("4")));
    CHECK_OK(plinth_transaction_atomic_op(tr, NULL, PLINTH_MUTATION_ADD, (const uint8_t *)"d", 1, (const uint8_t *)"\0", 1));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK(still_waits(&g, db));
    put(db, B("d"), B("5"));
    CHECK_OK(guard_end(&g));
    destroy(tr);
}

/* Design D9: the same key in another keyspace is another key. */
static void a_watch_minds_its_keyspace(void) {
    plinth_transaction *tr = begin(db);
    plinth_keyspace *ks;
    guard here, there;
    empty(db);
    CHECK_OK(plinth_keyspace_open(db, "watched", &ks));
    guard_committed(&here, db, B("d"));
    outcome_begin(&there.o);
    CHECK_OK(plinth_transaction_watch(tr, ks, (const uint8_t *)"d", 1, on_done, &there.o, on_finish, &there.handle));
    CHECK_OK(plinth_transaction_commit(tr));
    put_in(db, ks, B("d"), B("there"));
    CHECK_OK(guard_end(&there));
    CHECK(still_waits(&here, db));
    put(db, B("d"), B("here"));
    CHECK_OK(guard_end(&here));
    CHECK_OK(plinth_keyspace_close(ks));
    CHECK_OK(plinth_keyspace_drop(db, "watched"));
    destroy(tr);
}

/* SPEC-10: the key that every client may watch. */
static void the_metadata_version_can_be_watched_spec10(void) {
    static const uint8_t stamp[10] = {0};
    bytes key = B("\xff/metadataVersion");
    plinth_transaction *tr = begin(db);
    guard g;
    guard_committed(&g, db, key);
    CHECK_OK(plinth_transaction_set_versionstamped_value(tr, NULL, key.data, key.len, stamp, sizeof stamp, 0));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(guard_end(&g));
    destroy(tr);
}

/* ------------------------------------------------------------------ own writes */

/* WATCH-4: the watched value is what the transaction sees, its own writes included. */
static void an_own_write_before_is_part_of_the_watched_value_watch4(void) {
    plinth_transaction *tr = seeded(db);
    guard g;
    CHECK_OK(tr_set(tr, B("d"), B("own")));
    guard_key(&g, tr, B("d"));
    CHECK_OK(plinth_transaction_commit(tr));
    destroy(tr);
    CHECK(still_waits(&g, db));
    put(db, B("d"), B("own"));
    CHECK(still_waits(&g, db));
    put(db, B("d"), B("4"));
    CHECK_OK(guard_end(&g));
}

/* WATCH-3: fired at once, before any commit, and only by another value. */
static void an_own_write_after_fires_if_it_differs_watch3(void) {
    plinth_transaction *tr = seeded(db);
    guard set, cleared;
    guard_key(&set, tr, B("b"));
    guard_key(&cleared, tr, B("d"));
    CHECK_OK(tr_set(tr, B("b"), B("2")));
    CHECK_OK(tr_clear(tr, B("c")));
    CHECK(still_waits(&set, db) && still_waits(&cleared, db));
    CHECK_OK(tr_set(tr, B("b"), B("3")));
    CHECK_OK(guard_end(&set));
    CHECK_OK(tr_clear(tr, B("d")));
    CHECK_OK(guard_end(&cleared));
    destroy(tr);
}

/* WATCH-3: an own atomic operation fires without a look at the value. */
static void an_own_atomic_operation_fires_watch3(void) {
    plinth_transaction *tr = seeded(db);
    guard g;
    guard_key(&g, tr, B("d"));
    CHECK_OK(plinth_transaction_atomic_op(tr, NULL, PLINTH_MUTATION_ADD, (const uint8_t *)"d", 1, (const uint8_t *)"\0", 1));
    CHECK_OK(guard_end(&g));
    destroy(tr);
}

/* ------------------------------------------------------------------ the commit */

/* WATCH-5: before the commit a watch does not look at the database; a read-only one is enough, and
   a change since the read version counts. */
static void a_watch_looks_from_the_commit_on_watch5(void) {
    plinth_transaction *tr = seeded(db);
    guard g;
    guard_key(&g, tr, B("d"));
    put(db, B("d"), B("5"));
    CHECK(still_waits(&g, db));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(guard_end(&g));
    destroy(tr);
}

/* CONF-8, WATCH-7: the watch conflicts like a read, and gets the error of its commit. */
static void a_watch_conflicts_and_gets_the_error_of_the_commit_watch7(void) {
    plinth_transaction *tr = seeded(db);
    guard g;
    guard_key(&g, tr, B("d"));
    put(db, B("d"), B("5"));
    CHECK_OK(tr_set(tr, B("x"), B("y")));
    CHECK_CODE(plinth_transaction_commit(tr), PLINTH_ERROR_NOT_COMMITTED);
    CHECK_CODE(guard_end(&g), PLINTH_ERROR_NOT_COMMITTED);
    destroy(tr);
}

/* WATCH-7, LIM-4 */
static void a_commit_that_is_refused_ends_the_watch_watch7(void) {
    plinth_transaction *tr = seeded(db);
    guard g;
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_SIZE_LIMIT, 32));
    guard_key(&g, tr, B("d"));
    CHECK_OK(tr_set(tr, B("x"), B("y")));
    CHECK_CODE(plinth_transaction_commit(tr), PLINTH_ERROR_TRANSACTION_TOO_LARGE);
    CHECK_CODE(guard_end(&g), PLINTH_ERROR_TRANSACTION_TOO_LARGE);
    destroy(tr);
}

/* WATCH-7, RST-1, RST-3 */
static void the_end_of_an_uncommitted_transaction_ends_its_watches_watch7(void) {
    plinth_transaction *tr = seeded(db), *brief = begin(db);
    guard reset, retried, destroyed;
    guard_key(&reset, tr, B("b"));
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_CODE(guard_end(&reset), PLINTH_ERROR_TRANSACTION_CANCELLED);
    guard_key(&retried, tr, B("b"));
    CHECK_OK(plinth_transaction_on_error(tr, PLINTH_ERROR_NOT_COMMITTED));
    CHECK_CODE(guard_end(&retried), PLINTH_ERROR_TRANSACTION_CANCELLED);
    guard_key(&destroyed, brief, B("b"));
    destroy(brief);
    CHECK_CODE(guard_end(&destroyed), PLINTH_ERROR_TRANSACTION_CANCELLED);
    destroy(tr);
}

/* WATCH-7: once committed it lives on its own. */
static void a_committed_watch_outlives_its_transaction_watch7(void) {
    for (int way = 0; way < 4; way++) {
        plinth_transaction *tr = seeded(db);
        guard g;
        guard_key(&g, tr, B("d"));
        if (way % 2 == 0) {
            CHECK_OK(tr_set(tr, B("x"), B("y")));
        }
        CHECK_OK(plinth_transaction_commit(tr));
        CHECK_OK(way < 2 ? plinth_transaction_reset(tr) : plinth_transaction_cancel(tr));
        CHECK(still_waits(&g, db));
        destroy(tr);
        CHECK(still_waits(&g, db));
        put(db, B("d"), B("5"));
        CHECK_OK(guard_end(&g));
    }
}

/* RST-2: a cancelled transaction keeps its watches until it is reset. */
static void a_cancel_leaves_watches_to_the_reset_rst2(void) {
    plinth_transaction *tr = seeded(db);
    guard g;
    guard_key(&g, tr, B("d"));
    CHECK_OK(plinth_transaction_cancel(tr));
    CHECK(still_waits(&g, db));
    CHECK_CODE(watch_error(tr, B("b")), PLINTH_ERROR_TRANSACTION_CANCELLED);
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_CODE(guard_end(&g), PLINTH_ERROR_TRANSACTION_CANCELLED);
    destroy(tr);
}

/* WATCH-10: a timeout ends with the commit. */
static void no_timeout_applies_after_the_commit_watch10(void) {
    plinth_transaction *tr = seeded(db), *clock = begin(db);
    double deadline = now_ms() + CALLBACK_SECONDS * 1e3;
    plinth_error error = 0;
    guard g;
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_TIMEOUT, 200));
    guard_key(&g, tr, B("d"));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_set_option(clock, PLINTH_OPTION_TIMEOUT, 250));
    while (error == 0 && now_ms() < deadline) {
        error = tr_touch(clock, B("d"));
        breathe();
    }
    CHECK_CODE(error, PLINTH_ERROR_TRANSACTION_TIMED_OUT);
    CHECK(still_waits(&g, db));
    put(db, B("d"), B("5"));
    CHECK_OK(guard_end(&g));
    destroy(clock);
    destroy(tr);
}

/* ------------------------------------------------------------------ refusals and limits */

/* WATCH-2, WATCH-10, DATA-5, LIM-1: such a watch ends at once, and has no handle. */
static void what_cannot_be_watched_is_told_to_the_callback_watch10(void) {
    static uint8_t key[10001];
    plinth_transaction *tr = begin(db);
    memset(key, 'k', sizeof key);
    CHECK_CODE(watch_error(tr, bytes_of(key, sizeof key)), PLINTH_ERROR_KEY_TOO_LARGE);
    CHECK_CODE(watch_error(tr, B("\xff")), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
    CHECK_CODE(watch_error(tr, B("\xff\xff/x")), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
    CHECK_CODE(watch_error(NULL, B("k")), PLINTH_ERROR_INVALID_HANDLE);
    /* None of it poisons the commit. */
    CHECK_OK(tr_set(tr, B("x"), B("y")));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_CODE(watch_error(tr, B("k")), PLINTH_ERROR_USED_DURING_COMMIT);
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_READ_YOUR_WRITES_DISABLE, 0));
    CHECK_CODE(watch_error(tr, B("k")), PLINTH_ERROR_WATCHES_DISABLED);
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_OK(plinth_transaction_set_read_version(tr, 1));
    CHECK_CODE(watch_error(tr, B("k")), PLINTH_ERROR_TRANSACTION_TOO_OLD);
    destroy(tr);
}

static int64_t watches_of(plinth_database *of) {
    plinth_metrics metrics;
    CHECK_OK(plinth_database_metrics(of, &metrics, sizeof metrics));
    return (int64_t)metrics.watches;
}

/* WATCH-8: the limit, what counts for it, and what frees a place. */
static void watches_have_a_limit_watch8(void) {
    plinth_database *own = open_memory();
    plinth_transaction *tr = seeded(own);
    guard first, second, third;
    CHECK_OK(plinth_database_set_option(own, PLINTH_DATABASE_OPTION_MAX_WATCHES, 2));
    guard_key(&first, tr, B("b"));
    guard_key(&second, tr, B("d"));
    CHECK_INT(watches_of(own), 2);
    CHECK_CODE(watch_error(tr, B("f")), PLINTH_ERROR_TOO_MANY_WATCHES);
    CHECK_OK(plinth_watch_cancel(second.handle));
    CHECK_CODE(guard_end(&second), PLINTH_ERROR_OPERATION_CANCELLED);
    CHECK_INT(watches_of(own), 1);
    guard_key(&third, tr, B("f"));
    CHECK_CODE(watch_error(tr, B("b")), PLINTH_ERROR_TOO_MANY_WATCHES);
    /* The commit does not mind, and a lower limit ends none. */
    CHECK_OK(tr_set(tr, B("x"), B("y")));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_database_set_option(own, PLINTH_DATABASE_OPTION_MAX_WATCHES, 0));
    CHECK_INT(watches_of(own), 2);
    put(own, B("b"), B("3"));
    CHECK_OK(guard_end(&first));
    put(own, B("f"), B("7"));
    CHECK_OK(guard_end(&third));
    CHECK_INT(watches_of(own), 0);
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_CODE(watch_error(tr, B("f")), PLINTH_ERROR_TOO_MANY_WATCHES);
    CHECK_CODE(plinth_database_set_option(own, PLINTH_DATABASE_OPTION_MAX_WATCHES, -1), PLINTH_ERROR_INVALID_OPTION_VALUE);
    CHECK_CODE(plinth_database_set_option(own, PLINTH_DATABASE_OPTION_MAX_WATCHES, 1000001), PLINTH_ERROR_INVALID_OPTION_VALUE);
    destroy(tr);
    CHECK_OK(plinth_database_close(own));
}

/* WATCH-8: the default. */
static void ten_thousand_watches_are_allowed_watch8(void) {
    enum { MOST = 10000 };
    plinth_database *own = open_memory();
    guard *guards = (guard *)malloc(MOST * sizeof *guards);
    plinth_transaction *tr = begin(own);
    put(own, B("many/09999"), B("last"));
    for (int i = 0; i < MOST; i++) {
        char text[16];
        guard_key(&guards[i], tr, bytes_of(text, (size_t)snprintf(text, sizeof text, "many/%05d", i)));
    }
    CHECK_CODE(watch_error(tr, B("d")), PLINTH_ERROR_TOO_MANY_WATCHES);
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_INT(watches_of(own), MOST);
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_OK(tr_clear_range(tr, B("many/"), B("many0")));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(guard_end(&guards[MOST - 1]));
    CHECK_INT(watches_of(own), MOST - 1);
    destroy(tr);
    CHECK_OK(plinth_database_close(own));
    for (int i = 0; i < MOST - 1; i++) {
        CHECK_CODE(guard_end(&guards[i]), PLINTH_ERROR_DATABASE_CLOSED);
    }
    free(guards);
}

/* ------------------------------------------------------------------ cancel and destroy */

/* WATCH-9: once, and whatever happens to the key. */
static void a_cancelled_watch_does_not_fire_watch9(void) {
    for (int committed = 0; committed < 2; committed++) {
        plinth_transaction *tr = seeded(db);
        guard g;
        guard_key(&g, tr, B("d"));
        if (committed != 0) {
            CHECK_OK(plinth_transaction_commit(tr));
        }
        CHECK_OK(plinth_watch_cancel(g.handle));
        CHECK_OK(plinth_watch_cancel(g.handle));
        put(db, B("d"), B("5"));
        if (committed == 0) {
            CHECK_OK(plinth_transaction_commit(tr));
        }
        CHECK_CODE(guard_end(&g), PLINTH_ERROR_OPERATION_CANCELLED);
        CHECK_CODE(plinth_watch_cancel(g.handle), PLINTH_ERROR_INVALID_HANDLE);
        CHECK_CODE(plinth_watch_destroy(g.handle), PLINTH_ERROR_INVALID_HANDLE);
        destroy(tr);
    }
}

static void a_destroy_cancels_watch9(void) {
    guard g;
    put(db, B("d"), B("4"));
    guard_committed(&g, db, B("d"));
    CHECK_OK(plinth_watch_destroy(g.handle));
    g.handle = NULL;
    CHECK_CODE(guard_end(&g), PLINTH_ERROR_OPERATION_CANCELLED);
}

/* A watch that nobody holds works the same. */
static void a_watch_needs_no_handle(void) {
    plinth_transaction *tr = seeded(db);
    outcome o;
    outcome_begin(&o);
    CHECK_OK(plinth_transaction_watch(tr, NULL, (const uint8_t *)"d", 1, on_done, &o, on_finish, NULL));
    CHECK_OK(plinth_transaction_commit(tr));
    destroy(tr);
    put(db, B("d"), B("5"));
    CHECK_OK(outcome_end(&o));
}

/* WATCH-9 */
static void many_watches_on_one_key_are_independent_watch9(void) {
    enum { MANY = 100 };
    guard guards[MANY];
    put(db, B("d"), B("4"));
    for (int i = 0; i < MANY; i++) {
        guard_committed(&guards[i], db, B("d"));
    }
    for (int i = 0; i < MANY; i += 3) {
        CHECK_OK(plinth_watch_cancel(guards[i].handle));
    }
    CHECK(still_waits(&guards[1], db));
    put(db, B("d"), B("5"));
    for (int i = 0; i < MANY; i++) {
        CHECK_CODE(guard_end(&guards[i]), i % 3 == 0 ? PLINTH_ERROR_OPERATION_CANCELLED : 0);
    }
}

/* Design D12 */
static void a_close_ends_watches(void) {
    plinth_database *own = open_memory();
    plinth_transaction *tr = seeded(own);
    guard uncommitted, committed;
    guard_committed(&committed, own, B("d"));
    guard_key(&uncommitted, tr, B("d"));
    CHECK_OK(plinth_database_close(own));
    CHECK(outcome_known(&committed.o));
    CHECK_CODE(guard_end(&committed), PLINTH_ERROR_DATABASE_CLOSED);
    CHECK_CODE(guard_end(&uncommitted), PLINTH_ERROR_DATABASE_CLOSED);
    CHECK_CODE(watch_error(tr, B("d")), PLINTH_ERROR_DATABASE_CLOSED);
    destroy(tr);
}

/* Design D9 */
static void a_drop_of_the_keyspace_ends_watches(void) {
    plinth_transaction *tr = begin(db);
    plinth_keyspace *ks;
    guard g;
    CHECK_OK(plinth_keyspace_open(db, "dropped", &ks));
    outcome_begin(&g.o);
    CHECK_OK(plinth_transaction_watch(tr, ks, (const uint8_t *)"d", 1, on_done, &g.o, on_finish, &g.handle));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_keyspace_drop(db, "dropped"));
    CHECK_CODE(guard_end(&g), PLINTH_ERROR_KEYSPACE_DROPPED);
    CHECK_OK(plinth_keyspace_close(ks));
    destroy(tr);
}

/* ------------------------------------------------------------------ calls out of the callback */

enum deed { DESTROY_WATCH, DESTROY_TRANSACTION, RESET, SET, WATCH_AGAIN, CLOSE, DEEDS };

typedef struct {
    enum deed deed;
    plinth_database *db;
    plinth_transaction *tr;
    guard first, second;
} actor;

static void act(void *user, plinth_error error) {
    actor *a = (actor *)user;
    plinth_transaction *tr;
    switch (a->deed) {
    case DESTROY_WATCH:
        CHECK_OK(plinth_watch_destroy(a->first.handle));
        a->first.handle = NULL;
        break;
    case DESTROY_TRANSACTION:
        destroy(a->tr);
        break;
    case RESET:
        CHECK_OK(plinth_transaction_reset(a->tr));
        break;
    case SET:
        put(a->db, B("d"), B("in the callback"));
        break;
    case WATCH_AGAIN:
        tr = begin(a->db);
        guard_key(&a->second, tr, B("d"));
        CHECK_OK(plinth_transaction_commit(tr));
        destroy(tr);
        break;
    default:
        CHECK_OK(plinth_database_close(a->db));
    }
    on_done(&a->first.o, error);
}

static void finish_act(void *user) {
    on_finish(&((actor *)user)->first.o);
}

enum way { FIRED_BY_COMMIT, FIRED_BY_OWN_SET, ENDED_BY_RESET, ENDED_BY_CANCEL, WAYS };

static void a_watch_callback_may_call_anything_in(enum way way, enum deed deed) {
    actor a;
    memset(&a, 0, sizeof a);
    a.deed = deed;
    a.db = open_memory();
    a.tr = seeded(a.db);
    outcome_begin(&a.first.o);
    CHECK_OK(plinth_transaction_watch(a.tr, NULL, (const uint8_t *)"d", 1, act, &a, finish_act, &a.first.handle));
    if (way == FIRED_BY_COMMIT) {
        CHECK_OK(plinth_transaction_commit(a.tr));
        put(a.db, B("d"), B("5"));
    } else if (way == FIRED_BY_OWN_SET) {
        CHECK_OK(tr_set(a.tr, B("d"), B("5")));
    } else if (way == ENDED_BY_RESET) {
        CHECK_OK(plinth_transaction_reset(a.tr));
    } else {
        CHECK_OK(plinth_watch_cancel(a.first.handle));
    }
    CHECK_CODE(guard_end(&a.first), way == ENDED_BY_RESET    ? PLINTH_ERROR_TRANSACTION_CANCELLED
                                    : way == ENDED_BY_CANCEL ? PLINTH_ERROR_OPERATION_CANCELLED
                                                             : 0);
    if (deed == WATCH_AGAIN) {
        put(a.db, B("d"), B("6"));
        CHECK_OK(guard_end(&a.second));
    }
    if (deed != DESTROY_TRANSACTION) {
        destroy(a.tr);
    }
    if (deed != CLOSE) {
        CHECK_OK(plinth_database_close(a.db));
    }
}

static void a_watch_callback_may_call_anything(void) {
    for (int way = 0; way < WAYS; way++) {
        for (int deed = 0; deed < DEEDS; deed++) {
            a_watch_callback_may_call_anything_in((enum way)way, (enum deed)deed);
        }
    }
}

/* ------------------------------------------------------------------ threads */

typedef struct {
    long writers, rounds, wakes;
} crowd;

static long number_of(plinth_transaction *tr) {
    plinth_value value;
    int64_t number = 0;
    CHECK_OK(plinth_transaction_get(tr, NULL, (const uint8_t *)"sum", 3, &value));
    memcpy(&number, value.data, value.len < sizeof number ? value.len : sizeof number);
    plinth_value_free(&value);
    return (long)number;
}

static void add_to_sum(const crowd *c) {
    static const uint8_t one[8] = {1};
    for (long i = 0; i < c->rounds; i++) {
        plinth_transaction *tr = begin(db);
        CHECK_OK(plinth_transaction_atomic_op(tr, NULL, PLINTH_MUTATION_ADD, (const uint8_t *)"sum", 3, one, sizeof one));
        CHECK_OK(plinth_transaction_commit(tr));
        destroy(tr);
    }
}

/* Waits, change by change, until the sum is complete. A change that was missed is waited for in vain. */
static void watch_the_sum(crowd *c) {
    for (;;) {
        plinth_transaction *tr = begin(db);
        guard g;
        if (number_of(tr) == c->writers * c->rounds) {
            destroy(tr);
            return;
        }
        guard_key(&g, tr, B("sum"));
        CHECK_OK(plinth_transaction_commit(tr));
        destroy(tr);
        if (!CHECK_OK(guard_end(&g))) {
            return;
        }
        count_add(&c->wakes, 1);
    }
}

static void write_or_watch(long number, void *user) {
    crowd *c = (crowd *)user;
    if (number < c->writers) {
        add_to_sum(c);
    } else {
        watch_the_sum(c);
    }
}

static void no_change_is_missed_by_threads_watch5(void) {
    crowd c = {4, scaled(2000), 0};
    put(db, B("sum"), B("\0\0\0\0\0\0\0\0"));
    in_threads(12, write_or_watch, &c);
    printf("%ld changes, %ld wakes\n", c.writers * c.rounds, c.wakes);
}

typedef struct {
    pthread_barrier_t start;
    guard g;
    long rounds, fired;
} rivals;

static void cancel_or_change(long number, void *user) {
    rivals *r = (rivals *)user;
    for (long i = 0; i < r->rounds; i++) {
        plinth_error error;
        if (number == 0) {
            put(db, B("raced"), B("before"));
            guard_committed(&r->g, db, B("raced"));
        }
        pthread_barrier_wait(&r->start);
        if (number == 1) {
            CHECK_OK(plinth_watch_cancel(r->g.handle));
        } else if (number == 2) {
            put(db, B("raced"), B("after"));
        }
        pthread_barrier_wait(&r->start);
        if (number == 0) {
            error = guard_end(&r->g);
            CHECK(error == 0 || error == PLINTH_ERROR_OPERATION_CANCELLED);
            r->fired += error == 0;
        }
    }
}

static void watch_or_change(long number, void *user) {
    rivals *r = (rivals *)user;
    for (long i = 0; i < r->rounds; i++) {
        plinth_transaction *tr = begin(db);
        guard g;
        if (number == 0) {
            guard_key(&g, tr, B("once"));
        }
        pthread_barrier_wait(&r->start);
        if (number == 0) {
            CHECK_OK(plinth_transaction_commit(tr));
            CHECK_OK(guard_end(&g));
        } else {
            put(db, B("once"), i % 2 == 0 ? B("this") : B("that"));
        }
        destroy(tr);
        pthread_barrier_wait(&r->start);
    }
}

/* One change, while the watch's transaction commits: no later one makes good for it if it is missed. */
static void the_only_change_is_not_missed_watch5(void) {
    rivals r;
    memset(&r, 0, sizeof r);
    r.rounds = scaled(50000);
    pthread_barrier_init(&r.start, NULL, 2);
    in_threads(2, watch_or_change, &r);
    pthread_barrier_destroy(&r.start);
}

/* A cancel and a change at the same time: one of them wins. */
static void a_race_of_cancel_and_change_has_one_answer_watch9(void) {
    rivals r;
    memset(&r, 0, sizeof r);
    r.rounds = scaled(5000);
    pthread_barrier_init(&r.start, NULL, 3);
    in_threads(3, cancel_or_change, &r);
    pthread_barrier_destroy(&r.start);
    printf("%ld of %ld fired\n", r.fired, r.rounds);
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    db = open_memory();
    RUN(every_kind_of_change_fires_watch6);
    RUN(a_key_that_appears_fires_watch1);
    RUN(an_equal_value_does_not_fire_watch6);
    RUN(a_watch_minds_its_keyspace);
    RUN(the_metadata_version_can_be_watched_spec10);
    RUN(an_own_write_before_is_part_of_the_watched_value_watch4);
    RUN(an_own_write_after_fires_if_it_differs_watch3);
    RUN(an_own_atomic_operation_fires_watch3);
    RUN(a_watch_looks_from_the_commit_on_watch5);
    RUN(a_watch_conflicts_and_gets_the_error_of_the_commit_watch7);
    RUN(a_commit_that_is_refused_ends_the_watch_watch7);
    RUN(the_end_of_an_uncommitted_transaction_ends_its_watches_watch7);
    RUN(a_committed_watch_outlives_its_transaction_watch7);
    RUN(a_cancel_leaves_watches_to_the_reset_rst2);
    RUN(no_timeout_applies_after_the_commit_watch10);
    RUN(what_cannot_be_watched_is_told_to_the_callback_watch10);
    RUN(watches_have_a_limit_watch8);
    RUN(ten_thousand_watches_are_allowed_watch8);
    RUN(a_cancelled_watch_does_not_fire_watch9);
    RUN(a_destroy_cancels_watch9);
    RUN(a_watch_needs_no_handle);
    RUN(many_watches_on_one_key_are_independent_watch9);
    RUN(a_close_ends_watches);
    RUN(a_drop_of_the_keyspace_ends_watches);
    RUN(a_watch_callback_may_call_anything);
    RUN(no_change_is_missed_by_threads_watch5);
    RUN(the_only_change_is_not_missed_watch5);
    RUN(a_race_of_cancel_and_change_has_one_answer_watch9);
    CHECK_OK(plinth_database_close(db));
    return harness_end();
}
