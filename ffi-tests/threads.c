/*
 * Threads: one transaction used by many at once (TX-2), many transactions at once, commits of 64
 * threads, thousands of short-lived threads, close racing with everything. Invariants are checked
 * at the end, never timing.
 */
#include "harness.h"

static plinth_database *db;

/* ------------------------------------------------------------------ one transaction, many threads */

static void write_own_keys(long number, void *user) {
    plinth_transaction *tr = (plinth_transaction *)user;
    for (int i = 0; i < 100; i++) {
        char key[24];
        size_t len = (size_t)snprintf(key, sizeof key, "t%02ld/%03d", number, i);
        CHECK_OK(tr_set(tr, bytes_of(key, len), bytes_of(key, len)));
        /* A read issued after a write by the same thread sees it. */
        CHECK_VALUE(tr, bytes_of(key, len), bytes_of(key, len));
        if (i % 10 == 9) {
            CHECK_OK(tr_clear(tr, bytes_of(key, len)));
            CHECK_VALUE(tr, bytes_of(key, len), ABSENT);
        }
    }
}

static long count_keys(void) {
    plinth_transaction *tr = begin(db);
    plinth_key_selector from = at_or_after(B("")), to = at_or_after(B("\xff"));
    plinth_range range;
    long count;
    CHECK_OK(plinth_transaction_get_range(tr, NULL, &from, &to, NULL, &range));
    count = (long)range.count;
    plinth_range_free(&range);
    destroy(tr);
    return count;
}

/* A thread sees its own writes. (TX-2) */
static void one_transaction_takes_writes_and_reads_of_many_threads_tx2(void) {
    plinth_transaction *tr = begin(db);
    empty(db);
    in_threads(8, write_own_keys, tr);
    CHECK_OK(plinth_transaction_commit(tr));
    destroy(tr);
    CHECK_INT(count_keys(), 8 * 90);
}

static void use_in_every_way(long number, void *user) {
    plinth_transaction *tr = (plinth_transaction *)user;
    long rounds = scaled(300);
    for (long i = 0; i < rounds; i++) {
        plinth_key_selector from = at_or_after(B("a")), to = at_or_after(B("z"));
        plinth_range range;
        plinth_value value;
        int64_t version;
        char id[37];
        /* Any result is fine here; what counts is that nothing breaks. */
        switch ((number + i) % 10) {
        case 0:
            (void)plinth_transaction_commit(tr);
            break;
        case 1:
            (void)plinth_transaction_reset(tr);
            break;
        case 2:
            (void)tr_set(tr, B("key"), B("value"));
            break;
        case 3:
            (void)tr_clear_range(tr, B("a"), B("b"));
            break;
        case 4:
            (void)plinth_transaction_get_read_version(tr, &version);
            break;
        case 5:
            (void)plinth_transaction_get_committed_version(tr, &version);
            break;
        case 6:
            if (plinth_transaction_get_range(tr, NULL, &from, &to, NULL, &range) == 0) {
                plinth_range_free(&range);
            }
            break;
        case 7:
            (void)plinth_transaction_id(tr, id);
            break;
        case 8:
            (void)plinth_transaction_set_option(tr, PLINTH_OPTION_RETRY_LIMIT, 3);
            break;
        default:
            (void)plinth_transaction_get_key(tr, NULL, &from, false, &value);
            plinth_value_free(&value);
        }
    }
}

/* All calls are legal from any thread. (TX-2) */
static void one_transaction_survives_every_call_at_once_tx2(void) {
    plinth_transaction *tr = begin(db);
    in_threads(8, use_in_every_way, tr);
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_OK(tr_set(tr, B("key"), B("at last")));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_VALUE(tr, B("key"), B("at last"));
    destroy(tr);
}

typedef struct {
    plinth_transaction *tr;
    pthread_barrier_t barrier;
    long succeeded, used;
} rivals;

static void commit_the_same(long number, void *user) {
    rivals *r = (rivals *)user;
    plinth_error error;
    (void)number;
    pthread_barrier_wait(&r->barrier);
    error = plinth_transaction_commit(r->tr);
    CHECK(error == 0 || error == PLINTH_ERROR_USED_DURING_COMMIT);
    count_add(error == 0 ? &r->succeeded : &r->used, 1);
}

/* The others are a use during commit. (COM-3, TX-3) */
static void of_many_commits_of_one_transaction_at_most_one_succeeds_com3(void) {
    long rounds = scaled(100);
    for (long i = 0; i < rounds; i++) {
        rivals r;
        memset(&r, 0, sizeof r);
        r.tr = begin(db);
        pthread_barrier_init(&r.barrier, NULL, 8);
        CHECK_OK(tr_set(r.tr, B("key"), B("value")));
        in_threads(8, commit_the_same, &r);
        CHECK(r.succeeded <= 1);
        CHECK_INT(r.succeeded + r.used, 8);
        CHECK_CODE(tr_touch(r.tr, B("key")), PLINTH_ERROR_USED_DURING_COMMIT);
        CHECK_OK(plinth_transaction_reset(r.tr));
        CHECK_VALUE(r.tr, B("key"), B("value"));
        destroy(r.tr);
        pthread_barrier_destroy(&r.barrier);
    }
}

/* ------------------------------------------------------------------ many transactions at once */

static long balance(plinth_value *value) {
    char text[24];
    snprintf(text, sizeof text, "%.*s", (int)value->len, value->data == NULL ? "0" : (const char *)value->data);
    plinth_value_free(value);
    return strtol(text, NULL, 10);
}

enum { ACCOUNTS = 10, EACH = 100 };

static void account_name(long number, char *text) {
    snprintf(text, 8, "acc%02ld", number % ACCOUNTS);
}

/* Moves an amount between two accounts; returns what the calls return. */
static plinth_error transfer(plinth_transaction *tr, long from, long to, long amount) {
    char names[2][8], text[24];
    plinth_value value;
    long balances[2];
    plinth_error error;
    account_name(from, names[0]);
    account_name(to, names[1]);
    for (int i = 0; i < 2; i++) {
        error = plinth_transaction_get(tr, NULL, (const uint8_t *)names[i], 5, &value);
        if (error != 0) {
            return error;
        }
        balances[i] = balance(&value);
    }
    if (balances[0] < amount || from % ACCOUNTS == to % ACCOUNTS) {
        return 0;
    }
    balances[0] -= amount;
    balances[1] += amount;
    for (int i = 0; i < 2; i++) {
        snprintf(text, sizeof text, "%ld", balances[i]);
        error = tr_set(tr, bytes_of(names[i], 5), bytes_of(text, strlen(text)));
        if (error != 0) {
            return error;
        }
    }
    return plinth_transaction_commit(tr);
}

static long total(plinth_transaction *tr) {
    long sum = 0;
    for (long i = 0; i < ACCOUNTS; i++) {
        char name[8];
        plinth_value value;
        account_name(i, name);
        CHECK_OK(plinth_transaction_get(tr, NULL, (const uint8_t *)name, 5, &value));
        sum += balance(&value);
    }
    return sum;
}

static void transfer_again_and_again(long number, void *user) {
    uint64_t random = *(uint64_t *)user + (uint64_t)number;
    long rounds = scaled(300);
    plinth_transaction *tr = begin(db);
    for (long i = 0; i < rounds; i++) {
        long from = (long)(random_next(&random) % ACCOUNTS), to = (long)(random_next(&random) % ACCOUNTS);
        plinth_error error;
        CHECK_OK(plinth_transaction_reset(tr));
        CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_MAX_RETRY_DELAY, 5));
        if (i % 10 == 0) {
            CHECK_INT(total(tr), ACCOUNTS * EACH);
            continue;
        }
        while ((error = transfer(tr, from, to, (long)(random_next(&random) % 30))) != 0) {
            CHECK_CODE(error, PLINTH_ERROR_NOT_COMMITTED);
            if (plinth_transaction_on_error(tr, error) != 0) {
                break;
            }
        }
    }
    destroy(tr);
}

/* Readers see it too. (CONF-19, VER-12) */
static void concurrent_transfers_keep_the_total_conf19(void) {
    plinth_transaction *tr = begin(db);
    for (long i = 0; i < ACCOUNTS; i++) {
        char name[8];
        account_name(i, name);
        put(db, bytes_of(name, 5), B("100"));
    }
    in_threads(8, transfer_again_and_again, &harness.random);
    CHECK_INT(total(tr), ACCOUNTS * EACH);
    destroy(tr);
}

static void commit_own_key(long number, void *user) {
    long rounds = *(long *)user;
    for (long i = 0; i < rounds; i++) {
        char key[24];
        size_t len = (size_t)snprintf(key, sizeof key, "c%02ld/%04ld", number, i);
        put(db, bytes_of(key, len), B("v"));
    }
}

/* None of them conflicts, none is lost. (CONF-17, COM-8) */
static void commits_of_64_threads_all_arrive(void) {
    long rounds = scaled(50);
    plinth_metrics before, after;
    empty(db);
    CHECK_OK(plinth_database_metrics(db, &before, sizeof before));
    in_threads(64, commit_own_key, &rounds);
    CHECK_OK(plinth_database_metrics(db, &after, sizeof after));
    CHECK_INT(after.commits - before.commits, 64 * rounds);
    CHECK_INT(count_keys(), 64 * rounds);
    printf("%ld commits in %ld groups with %ld syncs\n", 64 * rounds, (long)(after.groups - before.groups),
           (long)(after.syncs - before.syncs));
}

typedef struct {
    plinth_database *db;
    long rounds, committed, refused;
} crowd;

static void commit_into_a_short_queue(long number, void *user) {
    crowd *c = (crowd *)user;
    for (long i = 0; i < c->rounds; i++) {
        plinth_transaction *tr = begin(c->db);
        plinth_error error;
        char key[24];
        size_t len = (size_t)snprintf(key, sizeof key, "q%02ld/%04ld", number, i);
        CHECK_OK(tr_set(tr, bytes_of(key, len), B("v")));
        error = plinth_transaction_commit(tr);
        CHECK(error == 0 || error == PLINTH_ERROR_COMMIT_PROXY_MEMORY_LIMIT_EXCEEDED);
        count_add(error == 0 ? &c->committed : &c->refused, 1);
        if (error != 0) {
            CHECK_OK(plinth_transaction_on_error(tr, error));
            CHECK_VALUE(tr, bytes_of(key, len), ABSENT);
        }
        destroy(tr);
    }
}

/* Refused is not committed, and may be retried. (FREE-5, ERRH-1) */
static void commits_beyond_the_queue_limit_are_refused_with_1042_d12(void) {
    path where = temporary_path();
    plinth_database_options options = database_options();
    plinth_database *before = db;
    plinth_metrics metrics;
    crowd c;
    memset(&c, 0, sizeof c);
    options.max_queued_commits = 1;
    c.rounds = scaled(30);
    c.db = db = open_with(where.text, &options);
    in_threads(16, commit_into_a_short_queue, &c);
    CHECK_INT(c.committed + c.refused, 16 * c.rounds);
    CHECK(c.committed > 0);
    CHECK_INT(count_keys(), c.committed);
    CHECK_OK(plinth_database_metrics(c.db, &metrics, sizeof metrics));
    CHECK_INT(metrics.refused, c.refused);
    printf("%ld committed, %ld refused\n", c.committed, c.refused);
    CHECK_OK(plinth_database_close(c.db));
    db = before;
}

static void begin_and_destroy(long number, void *user) {
    plinth_transaction *tr = begin(db);
    (void)user;
    if (number % 4 == 0) {
        CHECK_OK(tr_touch(tr, B("k")));
        CHECK_CODE(tr_set(tr, B("\xff"), B("")), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
    }
    destroy(tr);
}

static void thousands_of_short_lived_threads_leave_nothing_behind(void) {
    long groups = scaled(160);
    plinth_metrics metrics;
    for (long i = 0; i < groups; i++) {
        in_threads(32, begin_and_destroy, NULL);
    }
    CHECK_OK(plinth_database_metrics(db, &metrics, sizeof metrics));
    CHECK_INT(metrics.live_transactions, 0);
}

static void finish_others_transaction(long number, void *user) {
    plinth_transaction **trs = (plinth_transaction **)user;
    CHECK_OK(tr_set(trs[number], B("handed over"), B("v")));
    CHECK_OK(plinth_transaction_commit(trs[number]));
    destroy(trs[number]);
}

/* Handed over between calls. (TX-2) */
static void a_transaction_may_end_in_another_thread_tx2(void) {
    plinth_transaction *trs[8];
    for (int i = 0; i < 8; i++) {
        trs[i] = begin(db);
    }
    in_threads(8, finish_others_transaction, trs);
}

static void destroy_the_same(long number, void *user) {
    rivals *r = (rivals *)user;
    plinth_error error;
    (void)number;
    pthread_barrier_wait(&r->barrier);
    error = plinth_transaction_destroy(r->tr);
    CHECK(error == 0 || error == PLINTH_ERROR_INVALID_HANDLE);
    count_add(error == 0 ? &r->succeeded : &r->used, 1);
}

static void of_many_destroys_exactly_one_succeeds(void) {
    long rounds = scaled(200);
    for (long i = 0; i < rounds; i++) {
        rivals r;
        memset(&r, 0, sizeof r);
        r.tr = begin(db);
        pthread_barrier_init(&r.barrier, NULL, 4);
        in_threads(4, destroy_the_same, &r);
        CHECK_INT(r.succeeded, 1);
        pthread_barrier_destroy(&r.barrier);
    }
}

/* ------------------------------------------------------------------ close races */

typedef struct {
    plinth_database *db;
    pthread_barrier_t barrier;
    long acknowledged;
} closing;

static bool is_end(plinth_error error) {
    return error == PLINTH_ERROR_INVALID_HANDLE || error == PLINTH_ERROR_DATABASE_CLOSED;
}

static void begin_until_closed(closing *c) {
    plinth_error error;
    do {
        plinth_transaction *tr;
        error = plinth_transaction_begin(c->db, &tr);
        if (error == 0) {
            destroy(tr);
        }
    } while (error == 0);
    CHECK(is_end(error));
}

static void read_until_closed(closing *c) {
    plinth_error error = 0;
    while (error == 0) {
        plinth_transaction *tr;
        error = plinth_transaction_begin(c->db, &tr);
        if (error == 0) {
            error = tr_touch(tr, B("key"));
            destroy(tr);
        }
    }
    CHECK(is_end(error));
}

static void commit_until_closed(closing *c, long number) {
    plinth_error error = 0;
    for (long i = 0; error == 0; i++) {
        plinth_transaction *tr;
        error = plinth_transaction_begin(c->db, &tr);
        if (error == 0) {
            char key[32];
            size_t len = (size_t)snprintf(key, sizeof key, "w%ld/%06ld", number, i);
            error = tr_set(tr, bytes_of(key, len), B("v"));
            error = error == 0 ? plinth_transaction_commit(tr) : error;
            if (error == 0) {
                count_add(&c->acknowledged, 1);
            }
            destroy(tr);
        }
    }
    CHECK(is_end(error));
}

static void use_until_closed(long number, void *user) {
    closing *c = (closing *)user;
    pthread_barrier_wait(&c->barrier);
    switch (number % 3) {
    case 0:
        begin_until_closed(c);
        break;
    case 1:
        read_until_closed(c);
        break;
    default:
        commit_until_closed(c, number);
    }
}

static void close_it(long number, void *user) {
    closing *c = (closing *)user;
    (void)number;
    pthread_barrier_wait(&c->barrier);
    /* Let some commits through, so that close meets them running. */
    while (count_read(&c->acknowledged) < 20) {
        breathe();
    }
    CHECK_OK(plinth_database_close(c->db));
}

/* Success means durable. (COM-8) */
static void close_during_everything_keeps_what_was_acknowledged(void) {
    long rounds = scaled(10);
    for (long i = 0; i < rounds; i++) {
        path where = temporary_path();
        closing c;
        thread users[9], closer;
        memset(&c, 0, sizeof c);
        c.db = open_buffered(where.text);
        pthread_barrier_init(&c.barrier, NULL, 10);
        for (int n = 0; n < 9; n++) {
            thread_start(&users[n], use_until_closed, n, &c);
        }
        thread_start(&closer, close_it, 0, &c);
        for (int n = 0; n < 9; n++) {
            thread_join(&users[n]);
        }
        thread_join(&closer);
        pthread_barrier_destroy(&c.barrier);
        {
            plinth_database *before = db;
            db = open_buffered(where.text);
            CHECK(count_keys() >= c.acknowledged);
            CHECK_OK(plinth_database_close(db));
            db = before;
        }
    }
}

static void close_the_same(long number, void *user) {
    closing *c = (closing *)user;
    plinth_error error;
    (void)number;
    pthread_barrier_wait(&c->barrier);
    error = plinth_database_close(c->db);
    CHECK(error == 0 || error == PLINTH_ERROR_INVALID_HANDLE);
    if (error == 0) {
        count_add(&c->acknowledged, 1);
    }
}

static void of_many_closes_exactly_one_succeeds(void) {
    long rounds = scaled(20);
    for (long i = 0; i < rounds; i++) {
        closing c;
        memset(&c, 0, sizeof c);
        c.db = open_memory();
        pthread_barrier_init(&c.barrier, NULL, 4);
        in_threads(4, close_the_same, &c);
        CHECK_INT(c.acknowledged, 1);
        pthread_barrier_destroy(&c.barrier);
    }
}

static void keyspaces_come_and_go(long number, void *user) {
    long rounds = *(long *)user;
    char name[16];
    snprintf(name, sizeof name, "space%ld", number % 3);
    for (long i = 0; i < rounds; i++) {
        plinth_keyspace *ks;
        plinth_transaction *tr = begin(db);
        plinth_error error;
        CHECK_OK(plinth_keyspace_open(db, name, &ks));
        error = plinth_transaction_set(tr, ks, (const uint8_t *)"k", 1, (const uint8_t *)"v", 1);
        error = error == 0 ? plinth_transaction_commit(tr) : error;
        CHECK(error == 0 || error == PLINTH_ERROR_KEYSPACE_DROPPED);
        if (number % 2 == 0) {
            error = plinth_keyspace_drop(db, name);
            CHECK(error == 0 || error == PLINTH_ERROR_KEYSPACE_NOT_FOUND);
        }
        CHECK_OK(plinth_keyspace_close(ks));
        destroy(tr);
    }
}

static void keyspaces_are_opened_and_dropped_while_others_write(void) {
    long rounds = scaled(30);
    in_threads(6, keyspaces_come_and_go, &rounds);
    put(db, B("k"), B("the database still works"));
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    db = open_memory();
    RUN(one_transaction_takes_writes_and_reads_of_many_threads_tx2);
    RUN(one_transaction_survives_every_call_at_once_tx2);
    RUN(of_many_commits_of_one_transaction_at_most_one_succeeds_com3);
    RUN(concurrent_transfers_keep_the_total_conf19);
    RUN(commits_of_64_threads_all_arrive);
    RUN(commits_beyond_the_queue_limit_are_refused_with_1042_d12);
    RUN(thousands_of_short_lived_threads_leave_nothing_behind);
    RUN(a_transaction_may_end_in_another_thread_tx2);
    RUN(of_many_destroys_exactly_one_succeeds);
    RUN(close_during_everything_keeps_what_was_acknowledged);
    RUN(of_many_closes_exactly_one_succeeds);
    RUN(keyspaces_are_opened_and_dropped_while_others_write);
    CHECK_OK(plinth_database_close(db));
    return harness_end();
}
