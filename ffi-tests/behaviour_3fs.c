/*
 * What 3FS's own tests demand of a FoundationDB client (section 16 of the rules: Version, GetRange,
 * GetRangeSnapshot, TransactionConflict, 3FS-9), through this ABI: eight threads, a hundred
 * transactions each, on shared keys.
 */
#include "harness.h"

enum { THREADS = 8, ROUNDS = 100 };

static plinth_database *db;
static pthread_barrier_t barrier;

/* ------------------------------------------------------------------ conflicts under threads */

enum way { GET_AND_SET, CONFLICT_AND_SET, SNAPSHOT_GET_AND_SET, BLIND_SET };

typedef struct {
    enum way way;
    long rounds;
    long commits, conflicts;
} crowd;

static const bytes shared_key = {(const uint8_t *)"shared", 6};

/* What each thread does before its commit. */
static void prepare(plinth_transaction *tr, enum way way, long number) {
    char text[24];
    switch (way) {
    case GET_AND_SET:
        CHECK_OK(tr_touch(tr, shared_key));
        break;
    case CONFLICT_AND_SET:
        /* No read at all: the read version is fixed when commit is called. 3FS-9 */
        CHECK_OK(plinth_transaction_add_read_conflict(tr, NULL, shared_key.data, shared_key.len));
        break;
    case SNAPSHOT_GET_AND_SET:
        CHECK_OK(tr_touch_in(tr, NULL, shared_key, true));
        break;
    default:
        break;
    }
    snprintf(text, sizeof text, "%ld", number);
    CHECK_OK(tr_set(tr, shared_key, bytes_of(text, strlen(text))));
}

static void take_part(long number, void *user) {
    crowd *c = (crowd *)user;
    for (long round = 0; round < c->rounds; round++) {
        plinth_transaction *tr = begin(db);
        plinth_error error;
        prepare(tr, c->way, number);
        /* All have read before the first one commits. */
        pthread_barrier_wait(&barrier);
        error = plinth_transaction_commit(tr);
        CHECK(error == 0 || error == PLINTH_ERROR_NOT_COMMITTED);
        count_add(error == 0 ? &c->commits : &c->conflicts, 1);
        destroy(tr);
        /* And all have committed before the first one reads again. */
        pthread_barrier_wait(&barrier);
    }
}

static crowd run_crowd(enum way way) {
    crowd c = {way, scaled(ROUNDS), 0, 0};
    in_threads(THREADS, take_part, &c);
    printf("%ld commits, %ld conflicts\n", c.commits, c.conflicts);
    CHECK_INT(c.commits + c.conflicts, THREADS * c.rounds);
    return c;
}

/* Of those that read and wrote one key at one version, one wins. (CONF-2, CONF-14, CONF-20) */
static void get_and_set_conflicts_conf2(void) {
    crowd c = run_crowd(GET_AND_SET);
    /* In each round all read the same state: exactly one can win. CONF-20 */
    CHECK_INT(c.commits, c.rounds);
}

/* The version of a transaction that never read is taken when its commit is called. (CONF-10, VER-4, COM-5) */
static void add_read_conflict_and_set_without_a_read_conflicts_3fs9(void) {
    crowd c = run_crowd(CONFLICT_AND_SET);
    CHECK(c.commits >= c.rounds);
    CHECK(c.conflicts > 0);
}

/* Snapshot reads add nothing to conflict with. (CONF-7, GET-2, VER-13) */
static void snapshot_get_and_set_never_conflicts_conf7(void) {
    CHECK_INT(run_crowd(SNAPSHOT_GET_AND_SET).conflicts, 0);
}

/* Writes alone never conflict. (CONF-17, COM-6) */
static void blind_sets_never_conflict_conf17(void) {
    CHECK_INT(run_crowd(BLIND_SET).conflicts, 0);
}

/* ------------------------------------------------------------------ the same with retries */

static void add_one(long number, void *user) {
    long rounds = *(long *)user;
    (void)number;
    for (long round = 0; round < rounds; round++) {
        plinth_transaction *tr = begin(db);
        plinth_error error;
        do {
            plinth_value value;
            char text[24];
            long count;
            error = plinth_transaction_get(tr, NULL, (const uint8_t *)"count", 5, &value);
            CHECK_OK(error);
            snprintf(text, sizeof text, "%.*s", (int)value.len, value.data == NULL ? "" : (const char *)value.data);
            count = strtol(text, NULL, 10);
            plinth_value_free(&value);
            snprintf(text, sizeof text, "%ld", count + 1);
            CHECK_OK(tr_set(tr, B("count"), bytes_of(text, strlen(text))));
            error = plinth_transaction_commit(tr);
        } while (error != 0 && plinth_transaction_on_error(tr, error) == 0);
        CHECK_OK(error);
        destroy(tr);
    }
}

/* Read, add, write, retry: as if one after the other. (CONF-19, ERRH-1) */
static void counting_with_retries_loses_nothing_conf19(void) {
    long rounds = scaled(ROUNDS);
    char want[24];
    plinth_transaction *tr;
    empty(db);
    in_threads(THREADS, add_one, &rounds);
    tr = begin(db);
    snprintf(want, sizeof want, "%ld", THREADS * rounds);
    CHECK_VALUE(tr, B("count"), bytes_of(want, strlen(want)));
    destroy(tr);
}

/* ------------------------------------------------------------------ versions */

/* Both commit, each at a version that can be read at. (CONF-17, VER-3, VER-9, COM-10) */
static void two_concurrent_blind_clears_both_commit_conf17(void) {
    plinth_transaction *one = begin(db), *two = begin(db), *reader;
    int64_t first = 0, second = 0;
    put(db, B("key"), B("value"));
    CHECK_OK(tr_clear(one, B("key")));
    CHECK_OK(tr_clear(two, B("key")));
    CHECK_OK(plinth_transaction_commit(one));
    CHECK_OK(plinth_transaction_commit(two));
    CHECK_OK(plinth_transaction_get_committed_version(one, &first));
    CHECK_OK(plinth_transaction_get_committed_version(two, &second));
    CHECK(first > 0 && second >= first);
    put(db, B("key"), B("again"));
    reader = begin(db);
    CHECK_OK(plinth_transaction_set_read_version(reader, first));
    CHECK_VALUE(reader, B("key"), ABSENT);
    destroy(reader);
    destroy(one);
    destroy(two);
}

static void watch_versions(long number, void *user) {
    long rounds = *(long *)user;
    int64_t last_read = 0, last_commit = 0;
    char key[16];
    snprintf(key, sizeof key, "v%ld", number);
    for (long round = 0; round < rounds; round++) {
        plinth_transaction *tr = begin(db);
        int64_t read = 0, committed = 0;
        CHECK_OK(plinth_transaction_get_read_version(tr, &read));
        CHECK_OK(tr_set(tr, bytes_of(key, strlen(key)), B("v")));
        CHECK_OK(plinth_transaction_commit(tr));
        CHECK_OK(plinth_transaction_get_committed_version(tr, &committed));
        CHECK(read >= last_read && read >= last_commit);
        CHECK(committed > last_commit && committed > read);
        last_read = read;
        last_commit = committed;
        destroy(tr);
    }
}

/* What each thread sees of versions only grows. (VER-4, VER-5) */
static void versions_only_grow_ver5(void) {
    long rounds = scaled(ROUNDS);
    in_threads(THREADS, watch_versions, &rounds);
}

/* After a commit, in any order. (RST-1, RST-2) */
static void cancel_and_reset_after_a_commit_are_legal_rst2(void) {
    plinth_transaction *tr = begin(db);
    CHECK_OK(tr_set(tr, B("key"), B("value")));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_cancel(tr));
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_VALUE(tr, B("key"), B("value"));
    CHECK_OK(tr_clear(tr, B("key")));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_VALUE(tr, B("key"), ABSENT);
    destroy(tr);
}

/* ------------------------------------------------------------------ ranges */

static void expect_rows(plinth_transaction *tr, int32_t limit, size_t count, bool more) {
    plinth_range_options options = range_options(limit, -1, false, false);
    plinth_key_selector from = at_or_after(B("range/")), to = at_or_after(B("range0"));
    plinth_range range;
    CHECK_OK(plinth_transaction_get_range(tr, NULL, &from, &to, &options, &range));
    CHECK_INT(range.count, count);
    CHECK_INT(range.more, more);
    plinth_range_free(&range);
}

/* A row limit sets more, 0 and -1 are none. (RNG-3, RNG-8) */
static void ten_of_a_hundred_rows_with_more_and_all_without_rng8(void) {
    plinth_transaction *tr = begin(db);
    for (int i = 0; i < 100; i++) {
        char key[24];
        snprintf(key, sizeof key, "range/%04d", i);
        CHECK_OK(tr_set(tr, bytes_of(key, strlen(key)), B("a value of some forty bytes, more or less")));
    }
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_reset(tr));
    expect_rows(tr, 10, 10, true);
    expect_rows(tr, 0, 100, false);
    expect_rows(tr, -1, 100, false);
    destroy(tr);
}

/* The four named forms as bounds. (SEL-2, RNG-1, RNG-8) */
static void bounds_are_inclusive_or_exclusive_as_asked_sel2(void) {
    plinth_transaction *tr = begin(db);
    plinth_range_options two = range_options(2, -1, true, false), all = range_options(-1, -1, true, false);
    plinth_key_selector from_1 = selector(B("g1"), false, 1), after_1 = selector(B("g1"), true, 1);
    plinth_key_selector to_3 = selector(B("g3"), true, 1), before_3 = selector(B("g3"), false, 1);
    empty(db);
    put(db, B("g1"), B("1"));
    put(db, B("g2"), B("2"));
    put(db, B("g3"), B("3"));
    CHECK_TEXT(scan(tr, from_1, to_3, &all), "g1=1 g2=2 g3=3");
    CHECK_TEXT(scan(tr, after_1, to_3, &all), "g2=2 g3=3");
    CHECK_TEXT(scan(tr, from_1, before_3, &all), "g1=1 g2=2");
    CHECK_TEXT(scan(tr, after_1, before_3, &all), "g2=2");
    CHECK_TEXT(scan(tr, from_1, to_3, &two), "g1=1 g2=2 +");
    CHECK_TEXT(scan(tr, selector(B("g2"), true, 1), to_3, &two), "g3=3");
    destroy(tr);
}

/* ------------------------------------------------------------------ one transaction, many threads */

static void read_through_one_transaction(long number, void *user) {
    plinth_transaction *tr = (plinth_transaction *)user;
    for (int i = 0; i < 50; i++) {
        char key[16];
        plinth_value value;
        snprintf(key, sizeof key, "one/%ld", number);
        CHECK_OK(plinth_transaction_get(tr, NULL, (const uint8_t *)key, strlen(key), &value));
        CHECK_BYTES(value.data, value.len, B("value"));
        plinth_value_free(&value);
    }
}

/* And all of their reads count. (TX-2, CONF-2) */
static void several_threads_read_through_one_transaction_3fs1(void) {
    plinth_transaction *tr = begin(db);
    for (int i = 0; i < THREADS; i++) {
        char key[16];
        snprintf(key, sizeof key, "one/%d", i);
        put(db, bytes_of(key, strlen(key)), B("value"));
    }
    in_threads(THREADS, read_through_one_transaction, tr);
    /* All their reads count: a write to any of them conflicts. */
    put(db, B("one/5"), B("changed"));
    CHECK_OK(tr_set(tr, B("mine"), B("1")));
    CHECK_CODE(plinth_transaction_commit(tr), PLINTH_ERROR_NOT_COMMITTED);
    destroy(tr);
}

int main(int argc, char **argv) {
    path where;
    harness_begin(argc, argv);
    where = temporary_path();
    /* On disk and synced: commits take long enough to overlap. */
    db = open_with(where.text, NULL);
    pthread_barrier_init(&barrier, NULL, THREADS);
    RUN(get_and_set_conflicts_conf2);
    RUN(add_read_conflict_and_set_without_a_read_conflicts_3fs9);
    RUN(snapshot_get_and_set_never_conflicts_conf7);
    RUN(blind_sets_never_conflict_conf17);
    RUN(counting_with_retries_loses_nothing_conf19);
    RUN(two_concurrent_blind_clears_both_commit_conf17);
    RUN(versions_only_grow_ver5);
    RUN(cancel_and_reset_after_a_commit_are_legal_rst2);
    RUN(ten_of_a_hundred_rows_with_more_and_all_without_rng8);
    RUN(bounds_are_inclusive_or_exclusive_as_asked_sel2);
    RUN(several_threads_read_through_one_transaction_3fs1);
    pthread_barrier_destroy(&barrier);
    CHECK_OK(plinth_database_close(db));
    return harness_end();
}
