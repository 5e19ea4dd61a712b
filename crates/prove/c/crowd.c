/*
 * Thousands of threads at once on one database.
 *
 *     crowd DIR SEED THREADS SECONDS
 *     crowd limits DIR
 *
 * Each thread does one thing after the other: it raises counters, by reading and by adding, reads ranges,
 * reads and commits without waiting, and waits for changes. Who ends nothing for PATIENCE seconds is
 * stuck: then the program says so and aborts, so that a core shows where. In the end the counters must be
 * what all threads were told, and nothing may be left open.
 *
 * Every line is a word and a number, or `wrong` and words. `limits` asks for one more of everything than
 * a database was opened for, and wants the error that the header names.
 */
#define _XOPEN_SOURCE 700

#include <inttypes.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "load.h"

enum { COUNTERS = 64, ROWS = 1000, PATIENCE = 90, BUDGET = 64 << 20 };

typedef struct {
    int number;
    uint64_t random;
    sem_t ended;             /* raised by callbacks */
    plinth_error error;      /* what the callback got */
    uint64_t raised, added;  /* acknowledged */
    char key[32];
    atomic_uint_fast64_t done;
} worker;

static plinth_database *database;
static atomic_bool stopping;

static uint64_t number_in(const plinth_value *value) {
    uint64_t number = 0;
    if (value->len == sizeof number) {
        memcpy(&number, value->data, sizeof number);
    }
    return number;
}

/* ---------------------------------------------------------------- what a thread does */

static plinth_error raise_one(plinth_transaction *tr, void *user) {
    worker *me = user;
    plinth_value value;
    plinth_error error = plinth_transaction_get(tr, NULL, bytes(me->key), strlen(me->key), &value);
    if (error != 0) {
        return error;
    }
    uint64_t number = number_in(&value) + 1;
    plinth_value_free(&value);
    return plinth_transaction_set(tr, NULL, bytes(me->key), strlen(me->key), (const uint8_t *)&number, sizeof number);
}

/* Reads a counter that few others have, and writes it. */
static void raise_counter(worker *me, int threads) {
    snprintf(me->key, sizeof me->key, "raised/%d", (int)(next(&me->random) % (uint64_t)(threads / 4 + 1)));
    plinth_error error = plinth_run(database, raise_one, me);
    if (error == 0) {
        me->raised++;
    } else {
        complain("a counter that is read and written", error);
    }
}

static void on_done(void *user, plinth_error error) {
    worker *me = user;
    me->error = error;
    sem_post(&me->ended);
}

static void wait_for(worker *me) {
    while (sem_wait(&me->ended) != 0) {
    }
}

/* Adds to a counter that all have, and commits without waiting. */
static void add_to_counter(worker *me) {
    plinth_transaction *tr;
    plinth_error error = plinth_transaction_begin(database, &tr);
    if (error != 0) {
        complain("begin", error);
        return;
    }
    uint64_t one = 1;
    snprintf(me->key, sizeof me->key, "added/%d", (int)(next(&me->random) % COUNTERS));
    for (;;) {
        plinth_transaction_set_option(tr, PLINTH_OPTION_DURABILITY,
                                      next(&me->random) % 8 == 0 ? PLINTH_DURABILITY_SYNC : PLINTH_DURABILITY_BUFFERED);
        plinth_transaction_atomic_op(tr, NULL, PLINTH_MUTATION_ADD, bytes(me->key), strlen(me->key), (const uint8_t *)&one, sizeof one);
        plinth_transaction_commit_async(tr, on_done, me, NULL);
        wait_for(me);
        if (me->error == 0) {
            me->added++;
            break;
        }
        /* 1042: the queue is full. */
        if (plinth_transaction_on_error(tr, me->error) != 0) {
            complain("a counter that is added to", me->error);
            break;
        }
    }
    plinth_transaction_destroy(tr);
}

static void on_value(void *user, plinth_error error, plinth_value *value) {
    worker *me = user;
    if (error == 0) {
        plinth_value_free(value);
    }
    me->error = error;
    sem_post(&me->ended);
}

/* Reads a range, and some keys without waiting. */
static void read_some(worker *me) {
    plinth_transaction *tr;
    plinth_error error = plinth_transaction_begin(database, &tr);
    if (error != 0) {
        complain("begin", error);
        return;
    }
    char begin[32];
    snprintf(begin, sizeof begin, "row/%04d", (int)(next(&me->random) % ROWS));
    plinth_key_selector from = {bytes(begin), strlen(begin), false, 1}, to = {bytes("row0"), 4, false, 1};
    plinth_range_options options = {.struct_size = sizeof options, .limit = 20, .snapshot = true};
    plinth_range range;
    error = plinth_transaction_get_range(tr, NULL, &from, &to, &options, &range);
    if (error == 0) {
        if (range.count == 0) {
            complain("rows are missing", 0);
        }
        plinth_range_free(&range);
    }
    for (int i = 0; i < 4 && error == 0; i++) {
        snprintf(begin, sizeof begin, "row/%04d", (int)(next(&me->random) % ROWS));
        plinth_transaction_get_async(tr, NULL, bytes(begin), strlen(begin), on_value, me, NULL);
        wait_for(me);
        error = me->error;
    }
    /* On a machine this full a transaction may outlive the window. */
    if (error != 0 && error != PLINTH_ERROR_TRANSACTION_TOO_OLD) {
        complain("a read", error);
    }
    plinth_transaction_destroy(tr);
}

static plinth_error set_own(plinth_transaction *tr, void *user) {
    worker *me = user;
    return plinth_transaction_set(tr, NULL, bytes(me->key), strlen(me->key), (const uint8_t *)&me->random, sizeof me->random);
}

/* Waits for a change that it makes itself. */
static void watch_own(worker *me) {
    plinth_transaction *tr;
    plinth_watch *watch = NULL;
    snprintf(me->key, sizeof me->key, "own/%d", me->number);
    plinth_error error = plinth_transaction_begin(database, &tr);
    if (error != 0) {
        complain("begin", error);
        return;
    }
    plinth_transaction_watch(tr, NULL, bytes(me->key), strlen(me->key), on_done, me, NULL, &watch);
    error = plinth_transaction_commit(tr);
    if (error == 0) {
        next(&me->random);
        error = plinth_run(database, set_own, me);
    }
    plinth_transaction_destroy(tr);
    wait_for(me);
    plinth_watch_destroy(watch);
    if (error == 0) {
        error = me->error;
    }
    if (error != 0 && error != PLINTH_ERROR_TRANSACTION_TOO_OLD) {
        complain("a watch", error);
    }
}

static int all_threads;

static void *work(void *argument) {
    worker *me = argument;
    while (!atomic_load(&stopping)) {
        switch (next(&me->random) % 4) {
            case 0: raise_counter(me, all_threads); break;
            case 1: add_to_counter(me); break;
            case 2: read_some(me); break;
            default: watch_own(me);
        }
        atomic_fetch_add(&me->done, 1);
    }
    return NULL;
}

/* ---------------------------------------------------------------- the whole */

static uint64_t resident_kb(void) {
    unsigned long size = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file != NULL) {
        if (fscanf(file, "%lu %lu", &size, &resident) != 2) {
            resident = 0;
        }
        fclose(file);
    }
    return resident * (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
}

static plinth_error fill(plinth_transaction *tr, void *user) {
    (void)user;
    for (int row = 0; row < ROWS; row++) {
        char key[32];
        uint8_t value[100] = {0};
        snprintf(key, sizeof key, "row/%04d", row);
        plinth_error error = plinth_transaction_set(tr, NULL, bytes(key), strlen(key), value, sizeof value);
        if (error != 0) {
            return error;
        }
    }
    return 0;
}

/* The sum of the numbers below a prefix, which ends with a slash. */
static uint64_t sum_of(const char *prefix) {
    char end[32];
    uint64_t sum = 0;
    plinth_transaction *tr;
    plinth_range range;
    snprintf(end, sizeof end, "%s", prefix);
    end[strlen(end) - 1] = '0';
    if (plinth_transaction_begin(database, &tr) != 0) {
        return 0;
    }
    plinth_key_selector from = {bytes(prefix), strlen(prefix), false, 1}, to = {bytes(end), strlen(end), false, 1};
    plinth_error error = plinth_transaction_get_range(tr, NULL, &from, &to, NULL, &range);
    if (error == 0) {
        for (size_t i = 0; i < range.count; i++) {
            uint64_t number;
            memcpy(&number, range.items[i].value, sizeof number);
            sum += number;
        }
        plinth_range_free(&range);
    } else {
        complain("the last read", error);
    }
    plinth_transaction_destroy(tr);
    return sum;
}

/* Looks at everybody once a second until the time is over; the largest resident size. */
static uint64_t oversee(worker *workers, int threads, int seconds) {
    uint64_t *seen = calloc((size_t)threads, sizeof *seen), most = 0;
    int *since = calloc((size_t)threads, sizeof *since);
    if (seen == NULL || since == NULL) {
        exit(2);
    }
    for (int second = 0; second < seconds; second++) {
        sleep(1);
        uint64_t resident = resident_kb();
        most = resident > most ? resident : most;
        for (int i = 0; i < threads; i++) {
            uint64_t done = atomic_load(&workers[i].done);
            if (done != seen[i]) {
                seen[i] = done;
                since[i] = second;
            } else if (second - since[i] > PATIENCE) {
                printf("wrong thread %d has ended nothing for %d s\n", i, PATIENCE);
                fflush(stdout);
                abort();
            }
        }
    }
    free(seen);
    free(since);
    return most;
}

static int crowd(const char *directory, uint64_t seed, int threads, int seconds) {
    plinth_database_options options = {.struct_size = sizeof options, .memory_budget = BUDGET, .durability = PLINTH_DURABILITY_BUFFERED};
    plinth_error error = plinth_database_open(directory, &options, &database);
    if (error != 0 || (error = plinth_run(database, fill, NULL)) != 0) {
        complain("open", error);
        return 1;
    }
    plinth_database_set_option(database, PLINTH_DATABASE_OPTION_MAX_WATCHES, 10000);
    all_threads = threads;
    worker *workers = calloc((size_t)threads, sizeof *workers);
    pthread_t *handles = calloc((size_t)threads, sizeof *handles);
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 256 << 10);
    int begun = 0;
    for (; workers != NULL && handles != NULL && begun < threads; begun++) {
        worker *me = &workers[begun];
        me->number = begun;
        me->random = seed + (uint64_t)begun * 0x2545f4914f6cdd1du;
        sem_init(&me->ended, 0, 0);
        if (pthread_create(&handles[begun], &small, work, me) != 0) {
            break;
        }
    }
    printf("threads %d\n", begun);
    fflush(stdout);
    uint64_t most = oversee(workers, begun, seconds);
    atomic_store(&stopping, true);
    uint64_t raised = 0, added = 0, operations = 0, least = UINT64_MAX;
    /* A thread that does not end keeps the program until whoever started it loses patience. */
    for (int i = 0; i < begun; i++) {
        pthread_join(handles[i], NULL);
        raised += workers[i].raised;
        added += workers[i].added;
        uint64_t done = atomic_load(&workers[i].done);
        operations += done;
        least = done < least ? done : least;
    }
    if (sum_of("raised/") != raised) {
        complain("the sum of the counters that were read and written", 0);
    }
    if (sum_of("added/") != added) {
        complain("the sum of the counters that were added to", 0);
    }
    plinth_metrics metrics;
    error = plinth_database_metrics(database, &metrics, sizeof metrics);
    if (error != 0 || metrics.live_transactions != 0 || metrics.watches != 0 || metrics.transaction_bytes != 0) {
        complain("something is left open", error);
    }
    printf("operations %" PRIu64 "\ncommits %" PRIu64 "\nconflicts %" PRIu64 "\nsyncs %" PRIu64 "\nleast %" PRIu64 "\nresident %" PRIu64 "\n",
           operations, metrics.commits, metrics.conflicts, metrics.syncs, least, most);
    error = plinth_database_close(database);
    if (error != 0) {
        complain("close", error);
    }
    return 0;
}

/* ---------------------------------------------------------------- limits */

enum { MOST_TRANSACTIONS = 500, MOST_WATCHES = 50, ASYNC = 400 };

static void want(const char *what, plinth_error is, plinth_error wanted) {
    if (is != wanted) {
        complain(what, is);
    }
}

static void too_many_transactions(void) {
    static plinth_transaction *all[MOST_TRANSACTIONS];
    plinth_transaction *more;
    for (int i = 0; i < MOST_TRANSACTIONS; i++) {
        want("a transaction within the limit", plinth_transaction_begin(database, &all[i]), 0);
    }
    want("one transaction too many", plinth_transaction_begin(database, &more), PLINTH_ERROR_TOO_MANY_TRANSACTIONS);
    plinth_transaction_destroy(all[0]);
    want("a transaction after one has gone", plinth_transaction_begin(database, &all[0]), 0);
    for (int i = 0; i < MOST_TRANSACTIONS; i++) {
        plinth_transaction_destroy(all[i]);
    }
}

static atomic_int fired, too_many, answered, full, other;

static void on_watch(void *user, plinth_error error) {
    (void)user;
    atomic_fetch_add(error == PLINTH_ERROR_TOO_MANY_WATCHES ? &too_many : &fired, 1);
}

static void too_many_watches(void) {
    plinth_transaction *tr;
    static plinth_watch *watches[MOST_WATCHES + 1];
    plinth_database_set_option(database, PLINTH_DATABASE_OPTION_MAX_WATCHES, MOST_WATCHES);
    want("begin", plinth_transaction_begin(database, &tr), 0);
    for (int i = 0; i <= MOST_WATCHES; i++) {
        plinth_transaction_watch(tr, NULL, bytes("watched"), 7, on_watch, NULL, NULL, &watches[i]);
    }
    want("the commit of watches", plinth_transaction_commit(tr), 0);
    plinth_transaction_destroy(tr);
    if (atomic_load(&too_many) != 1) {
        complain("one watch too many", atomic_load(&too_many));
    }
    for (int i = 0; i <= MOST_WATCHES; i++) {
        if (watches[i] != NULL) {
            plinth_watch_destroy(watches[i]);
        }
    }
}

static void on_commit(void *user, plinth_error error) {
    (void)user;
    if (error == PLINTH_ERROR_COMMIT_PROXY_MEMORY_LIMIT_EXCEEDED) {
        atomic_fetch_add(&full, 1);
    } else if (error != 0) {
        atomic_store(&other, error);
    }
    atomic_fetch_add(&answered, 1);
}

static void too_many_commits(void) {
    static plinth_transaction *all[ASYNC];
    for (int i = 0; i < ASYNC; i++) {
        want("begin", plinth_transaction_begin(database, &all[i]), 0);
        plinth_transaction_set(all[i], NULL, (const uint8_t *)&i, sizeof i, NULL, 0);
    }
    for (int i = 0; i < ASYNC; i++) {
        plinth_transaction_commit_async(all[i], on_commit, NULL, NULL);
    }
    want("close", plinth_database_close(database), 0);
    /* Their callbacks have run. */
    want("commits without an answer", ASYNC - atomic_load(&answered), 0);
    want("a commit that is neither done nor refused", atomic_load(&other), 0);
    printf("refused %d\n", atomic_load(&full));
    for (int i = 0; i < ASYNC; i++) {
        plinth_transaction_destroy(all[i]);
    }
}

static int limits(const char *directory) {
    plinth_database_options options = {
        .struct_size = sizeof options, .max_transactions = MOST_TRANSACTIONS, .max_queued_commits = 4, .memory_budget = BUDGET};
    plinth_error error = plinth_database_open(directory, &options, &database);
    if (error != 0) {
        complain("open", error);
        return 1;
    }
    too_many_transactions();
    too_many_watches();
    too_many_commits();
    return 0;
}

int main(int count, char **words) {
    int status = 2;
    if (count == 3 && strcmp(words[1], "limits") == 0) {
        status = limits(words[2]);
    } else if (count == 5) {
        status = crowd(words[1], strtoull(words[2], NULL, 10), atoi(words[3]), atoi(words[4]));
    }
    return status != 0 ? status : atomic_load(&wrong) != 0;
}
