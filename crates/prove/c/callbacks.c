/*
 * callbacks ROUNDS: callbacks that block for long, that destroy their own handle, call back in, commit, close the
 * database they came from, and open another one: others go on, each callback comes once, and close ends.
 */
#include <time.h>

#include "world_plinth.h"

static plinth_database *db;
static long came, blocked_commits;
static int release_blocked;
/* The thread that lets the others go: a callback that is run inside one of its calls does not wait for it. */
static _Thread_local bool lets_go;

static void fail(const char *what, long number) {
    printf("finding %s: %ld\n", what, number);
    fflush(stdout);
    _exit(1);
}

static void arrive(void) {
    pthread_mutex_lock(&told.lock);
    came++;
    pthread_cond_broadcast(&told.changed);
    pthread_mutex_unlock(&told.lock);
}

static void await(long number) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 30;
    pthread_mutex_lock(&told.lock);
    while (came < number) {
        if (pthread_cond_timedwait(&told.changed, &told.lock, &until) != 0) {
            fail("callbacks that did not come", number - came);
        }
    }
    pthread_mutex_unlock(&told.lock);
}

/* Waits until it is let go. */
static void blocking(void *user, plinth_error error) {
    (void)user, (void)error;
    pthread_mutex_lock(&told.lock);
    while (!release_blocked && !lets_go) {
        pthread_cond_wait(&told.changed, &told.lock);
    }
    pthread_mutex_unlock(&told.lock);
    arrive();
}
static void destroys_its_own(void *user, plinth_error error) {
    (void)error;
    if (plinth_transaction_destroy(user) != 0) {
        fail("a callback cannot destroy its transaction", 0);
    }
    arrive();
}
static void calls_back_in(void *user, plinth_error error) {
    plinth_transaction *tr;
    plinth_value value;
    plinth_error got = plinth_transaction_begin(db, &tr);
    (void)user, (void)error;
    got = got != 0 ? got : plinth_transaction_get(tr, NULL, (const uint8_t *)"k", 1, &value);
    if (got == 0) {
        plinth_value_free(&value);
        got = plinth_transaction_set(tr, NULL, (const uint8_t *)"in", 2, (const uint8_t *)"x", 1);
    }
    got = got != 0 ? got : plinth_transaction_commit(tr);
    if (got != 0) {
        fail("a callback cannot commit", got);
    }
    (void)plinth_transaction_destroy(tr);
    arrive();
}
static void closes(void *user, plinth_error error) {
    plinth_database *other;
    (void)user, (void)error;
    if (plinth_database_close(db) != 0) {
        fail("a callback cannot close its database", 0);
    }
    if (plinth_database_open(":memory:", NULL, &other) != 0 || plinth_database_close(other) != 0) {
        fail("a callback cannot open a database", 0);
    }
    arrive();
}

static plinth_transaction *written(void) {
    plinth_transaction *tr;
    need(plinth_transaction_begin(db, &tr), "begin");
    need(plinth_transaction_set(tr, NULL, (const uint8_t *)"k", 1, (const uint8_t *)"v", 1), "set");
    return tr;
}

/* As many as the executor has threads at first, and then some: others still commit. */
static void blocked_ones_hold_nobody_up(void) {
    enum { MANY = 24 };
    plinth_transaction *trs[MANY];
    long before = came;
    release_blocked = 0;
    for (int i = 0; i < MANY; i++) {
        trs[i] = written();
        need(plinth_transaction_commit_async(trs[i], blocking, NULL, NULL), "commit_async");
    }
    for (int i = 0; i < 20; i++) {
        plinth_transaction *tr = written();
        need(plinth_transaction_commit(tr), "commit beside blocked callbacks");
        need(plinth_transaction_destroy(tr), "destroy");
        blocked_commits++;
    }
    pthread_mutex_lock(&told.lock);
    release_blocked = 1;
    pthread_cond_broadcast(&told.changed);
    pthread_mutex_unlock(&told.lock);
    await(before + MANY);
    for (int i = 0; i < MANY; i++) {
        need(plinth_transaction_destroy(trs[i]), "destroy");
    }
}

static void round_of(void) {
    plinth_transaction *tr;
    long before = came;
    need(plinth_database_open(":memory:", NULL, &db), "open");
    tr = written();
    need(plinth_transaction_commit_async(tr, destroys_its_own, tr, NULL), "commit_async");
    await(before + 1);
    tr = written();
    need(plinth_transaction_commit_async(tr, calls_back_in, NULL, NULL), "commit_async");
    await(before + 2);
    need(plinth_transaction_destroy(tr), "destroy");
    blocked_ones_hold_nobody_up();
    before = came;
    tr = written();
    need(plinth_transaction_commit_async(tr, closes, NULL, NULL), "commit_async");
    await(before + 1);
    need(plinth_transaction_destroy(tr), "destroy");
    if (plinth_database_close(db) != PLINTH_ERROR_INVALID_HANDLE) {
        fail("a database is closed twice", 0);
    }
}

int main(int count, char **arguments) {
    long rounds = count > 1 ? atol(arguments[1]) : 10;
    lets_go = true;
    for (long i = 0; i < rounds; i++) {
        round_of();
    }
    printf("counts callbacks_that_misbehave %ld commits_beside_blocked_ones %ld\n", came, blocked_commits);
    return 0;
}
