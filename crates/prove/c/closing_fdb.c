/*
 * closing_fdb SEED ROUNDS [DIRECTORY]: handles of libfdb_c end while others use them: a database is destroyed while
 * threads begin transactions on it, transactions while their futures are under way, futures while they become ready,
 * are cancelled and have callbacks set. Each callback comes once, nobody waits for ever, and nothing is left: no memory,
 * no thread, no descriptor.
 */
#include <dirent.h>
#include <sched.h>
#include <time.h>

#include "world_fdb.h"

#define WORKERS 3
#define PLACES 16

static FDBDatabase *db;
static long promised, came, calls;
static int running;
static bool over;
/* Futures that one thread made and another one ends. */
static FDBFuture *places[PLACES];

static void fail(const char *what, long number) {
    printf("finding %s: %ld\n", what, number);
    fflush(stdout);
    _exit(1);
}

static void arrived(FDBFuture *future, void *user) {
    (void)user;
    /* Ready, whatever ended it. */
    if (fdb_future_get_error(future) == 2012) {
        fail("a callback of a future that is not ready", 0);
    }
    __atomic_fetch_add(&came, 1, __ATOMIC_SEQ_CST);
}

static FDBFuture *make(FDBTransaction *tr, uint64_t dice) {
    const uint8_t key[2] = {'k', (uint8_t)(dice >> 8)};
    FDBFuture *future;
    __atomic_fetch_add(&calls, 1, __ATOMIC_RELAXED);
    switch (dice % 8) {
    case 0: future = fdb_transaction_get(tr, key, 2, 0); break;
    case 1: future = fdb_transaction_get_range(tr, (const uint8_t *)"", 0, 0, 1, (const uint8_t *)"\xff", 1, 0, 1, 10, 0, FDB_STREAMING_MODE_WANT_ALL, 0, 0, 0); break;
    case 2: future = fdb_transaction_get_read_version(tr); break;
    case 3: future = fdb_transaction_get_versionstamp(tr); break;
    case 4: future = fdb_transaction_on_error(tr, 1020); break;
    case 5: future = fdb_transaction_watch(tr, key, 2); break;
    default:
        fdb_transaction_set(tr, key, 2, key, 2);
        future = fdb_transaction_commit(tr);
    }
    for (uint64_t i = dice >> 16 & 3; i > 0; i--) {
        __atomic_fetch_add(&promised, 1, __ATOMIC_SEQ_CST);
        need(fdb_future_set_callback(future, arrived, NULL), "set_callback");
    }
    return future;
}

static void end_future(FDBFuture *future, uint64_t dice) {
    if (future == NULL) {
        return;
    }
    if (dice & 1) {
        fdb_future_cancel(future);
    }
    if (dice & 2) {
        /* It is ready, now or soon: by its own end, or by that of its transaction. A watch may wait for long. */
        (void)fdb_future_is_ready(future);
    }
    fdb_future_destroy(future);
}

static FDBFuture *exchange(uint64_t place, FDBFuture *future) {
    return __atomic_exchange_n(&places[place % PLACES], future, __ATOMIC_SEQ_CST);
}

/* Until the database is gone. Futures are left to whoever comes by. */
static void *work(void *user) {
    uint64_t seed = *(uint64_t *)user;
    __atomic_fetch_add(&running, 1, __ATOMIC_SEQ_CST);
    for (;;) {
        FDBTransaction *tr;
        uint64_t dice = next_random(&seed);
        if (fdb_database_create_transaction(db, &tr) != 0) {
            return NULL;
        }
        for (uint64_t i = dice % 8; i > 0; i--) {
            uint64_t one = next_random(&seed);
            end_future(exchange(one >> 32, make(tr, one)), one >> 24);
        }
        if (dice & 1024) {
            /* One that is waited for while its transaction may be ended. */
            FDBFuture *future = fdb_transaction_commit(tr);
            need(fdb_future_block_until_ready(future), "block_until_ready");
            fdb_future_destroy(future);
        }
        switch (dice >> 12 & 3) {
        case 0: fdb_transaction_cancel(tr); break;
        case 1: fdb_transaction_reset(tr); break;
        default: break;
        }
        fdb_transaction_destroy(tr);
    }
}

/* Ends what others began. */
static void *reap(void *user) {
    uint64_t seed = *(uint64_t *)user;
    while (!__atomic_load_n(&over, __ATOMIC_SEQ_CST)) {
        uint64_t dice = next_random(&seed);
        end_future(exchange(dice, NULL), dice >> 8);
        if (dice >> 16 & 1) {
            sched_yield();
        }
    }
    return NULL;
}

static void begin_thread(pthread_t *thread, void *(*body)(void *), uint64_t *seed) {
    if (pthread_create(thread, NULL, body, seed) != 0) {
        die("pthread_create");
    }
}

static void round_of(uint64_t *seed) {
    pthread_t threads[WORKERS], reaper;
    uint64_t seeds[WORKERS + 1];
    struct timespec wait = {0, (long)(next_random(seed) % 2000000)}, soon = {0, 100000};
    running = 0, over = false;
    need(fdb_create_database(NULL, &db), "create_database");
    for (int i = 0; i <= WORKERS; i++) {
        seeds[i] = next_random(seed);
        begin_thread(i < WORKERS ? &threads[i] : &reaper, i < WORKERS ? work : reap, &seeds[i]);
    }
    while (__atomic_load_n(&running, __ATOMIC_SEQ_CST) == 0) {
        sched_yield();
    }
    nanosleep(&wait, NULL);
    fdb_database_destroy(db);
    for (int i = 0; i < WORKERS; i++) {
        pthread_join(threads[i], NULL);
    }
    __atomic_store_n(&over, true, __ATOMIC_SEQ_CST);
    pthread_join(reaper, NULL);
    for (int i = 0; i < PLACES; i++) {
        end_future(exchange((uint64_t)i, NULL), next_random(seed));
    }
    /* The network thread has some to run still; the program is ended when it never does. */
    while (__atomic_load_n(&came, __ATOMIC_SEQ_CST) < promised) {
        nanosleep(&soon, NULL);
    }
    if (came != promised) {
        fail("callbacks that came more than once", came - promised);
    }
}

static long entries(const char *directory) {
    DIR *opened = opendir(directory);
    long count = 0;
    while (opened != NULL && readdir(opened) != NULL) {
        count++;
    }
    closedir(opened);
    return count;
}

static long resident_kilobytes(void) {
    FILE *file = fopen("/proc/self/statm", "r");
    long total = 0, resident = 0;
    if (file == NULL || fscanf(file, "%ld %ld", &total, &resident) != 2) {
        die("statm");
    }
    fclose(file);
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static void on(const char *where) {
    if (setenv("PLINTH_DATA", where, 1) != 0) {
        die("setenv");
    }
}

/* Stores that nobody uses are closed a second later, and threads without work end in ten. */
static void settle(const char *what, const char *directory, long most) {
    struct timespec pause = {0, 20000000};
    for (int i = 0; i < 1500 && entries(directory) > most; i++) {
        nanosleep(&pause, NULL);
    }
    if (entries(directory) > most) {
        fail(what, entries(directory) - most);
    }
}

int main(int count, char **arguments) {
    uint64_t seed = count > 1 ? strtoull(arguments[1], NULL, 10) : 1;
    long rounds = count > 2 ? atol(arguments[2]) : 100, warm = rounds / 4 + 20, resident = 0, threads = 0, files = 0;
    network_begin();
    for (long i = 0; i < rounds + warm; i++) {
        /* The store in memory stays open; those in the directory come and go. */
        on(count > 3 && i > warm && i % 20 == 0 ? arguments[3] : ":memory:");
        round_of(&seed);
        if (i == warm) {
            resident = resident_kilobytes(), threads = entries("/proc/self/task"), files = entries("/proc/self/fd");
        }
    }
    settle("threads are left", "/proc/self/task", threads);
    settle("descriptors are left", "/proc/self/fd", files);
#if !defined(__SANITIZE_ADDRESS__)
    /* 4 kB each would be seen from some thousand rounds on; the allocator's own noise, and what RocksDB keeps of a first
       directory, is some MB. */
    if (resident_kilobytes() - resident > 24 * 1024 + rounds * 2) {
        fail("kilobytes of memory are left", resident_kilobytes() - resident);
    }
#endif
    printf("counts databases_destroyed_in_use %ld calls %ld callbacks %ld\nmost kilobytes_grown %ld\n", rounds + warm, calls,
           came, resident_kilobytes() > resident ? resident_kilobytes() - resident : 0);
    network_end();
    return 0;
}
