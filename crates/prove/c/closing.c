/*
 * closing SEED ROUNDS [DIRECTORY]: a database is closed, by one thread or by two, while others use transactions,
 * ranges, watches and asynchronous calls. Each callback that was promised comes before close returns, every call
 * ends, and nothing is left: no memory, no thread, no descriptor.
 */
#include <dirent.h>
#include <sched.h>
#include <time.h>

#include "world_plinth.h"

#define WORKERS 3

static plinth_database *db;
static long promised, came, calls;
static int running;

static void done(void *user, plinth_error error) {
    (void)user, (void)error;
    __atomic_fetch_add(&came, 1, __ATOMIC_SEQ_CST);
}
static void value_done(void *user, plinth_error error, plinth_value *value) {
    plinth_value_free(value);
    done(user, error);
}
static void range_done(void *user, plinth_error error, plinth_range *range) {
    plinth_range_free(range);
    done(user, error);
}
static void promise(plinth_error error) {
    __atomic_fetch_add(&promised, error == 0 ? 1 : 0, __ATOMIC_SEQ_CST);
}

static plinth_error use(plinth_transaction *tr, plinth_watch **watch, uint64_t dice) {
    const uint8_t key[2] = {'k', (uint8_t)(dice >> 8)};
    plinth_key_selector from = {(const uint8_t *)"", 0, false, 1}, to = {(const uint8_t *)"\xff", 1, false, 1};
    plinth_value value;
    plinth_range range;
    plinth_error error = 0;
    __atomic_fetch_add(&calls, 1, __ATOMIC_RELAXED);
    switch (dice % 9) {
    case 0: error = plinth_transaction_get(tr, NULL, key, 2, &value); plinth_value_free(&value); break;
    case 1: error = plinth_transaction_get_range(tr, NULL, &from, &to, NULL, &range); plinth_range_free(&range); break;
    case 2: error = plinth_transaction_set(tr, NULL, key, 2, key, 2); break;
    case 3: error = plinth_transaction_commit(tr); error = error != 0 ? error : plinth_transaction_reset(tr); break;
    case 4: promise(plinth_transaction_get_async(tr, NULL, key, 2, value_done, NULL, NULL)); break;
    case 5: promise(plinth_transaction_get_range_async(tr, NULL, &from, &to, NULL, range_done, NULL, NULL)); break;
    case 6: promise(plinth_transaction_commit_async(tr, done, NULL, NULL)); break;
    case 7: promise(plinth_transaction_on_error_async(tr, 1020, done, NULL, NULL)); break;
    default:
        if (*watch != NULL) {
            (void)plinth_watch_destroy(*watch);
        }
        promise(plinth_transaction_watch(tr, NULL, key, 2, done, NULL, NULL, watch));
    }
    return error;
}

/* Goes on until the database is gone; what it made it leaves to the end of the round, or destroys itself. */
static void *work(void *user) {
    uint64_t seed = *(uint64_t *)user;
    plinth_transaction *tr;
    plinth_watch *watch = NULL;
    bool gone = false;
    __atomic_fetch_add(&running, 1, __ATOMIC_SEQ_CST);
    while (!gone) {
        plinth_error error = plinth_transaction_begin(db, &tr);
        if (error == PLINTH_ERROR_DATABASE_CLOSED || error == PLINTH_ERROR_INVALID_HANDLE) {
            break;
        }
        if (error != 0) {
            printf("finding begin gave %d\n", (int)error);
            break;
        }
        for (int i = 0; i < 12 && !gone; i++) {
            gone = use(tr, &watch, next_random(&seed)) == PLINTH_ERROR_DATABASE_CLOSED;
        }
        (void)plinth_transaction_destroy(tr);
    }
    if (watch != NULL) {
        (void)plinth_watch_destroy(watch);
    }
    return NULL;
}

static void *close_too(void *user) {
    *(plinth_error *)user = plinth_database_close(db);
    return NULL;
}

static void fail(const char *what, long number) {
    printf("finding %s: %ld\n", what, number);
    fflush(stdout);
    _exit(1);
}

static void round_of(uint64_t *seed, const char *path) {
    pthread_t threads[WORKERS], other;
    uint64_t seeds[WORKERS];
    plinth_error first, second = PLINTH_ERROR_INVALID_HANDLE;
    bool twice = next_random(seed) % 4 == 0;
    struct timespec wait = {0, (long)(next_random(seed) % 3000000)};
    promised = came = running = 0;
    need(plinth_database_open(path, NULL, &db), "open");
    for (int i = 0; i < WORKERS; i++) {
        seeds[i] = next_random(seed);
        if (pthread_create(&threads[i], NULL, work, &seeds[i]) != 0) {
            die("pthread_create");
        }
    }
    while (__atomic_load_n(&running, __ATOMIC_SEQ_CST) == 0) {
        sched_yield();
    }
    nanosleep(&wait, NULL);
    if (twice && pthread_create(&other, NULL, close_too, &second) != 0) {
        die("pthread_create");
    }
    first = plinth_database_close(db);
    if (twice) {
        pthread_join(other, NULL);
    }
    if (!((first == 0 && second == PLINTH_ERROR_INVALID_HANDLE) || (second == 0 && first == PLINTH_ERROR_INVALID_HANDLE))) {
        fail("close gave", first);
    }
    for (int i = 0; i < WORKERS; i++) {
        pthread_join(threads[i], NULL);
    }
    if (promised != came) {
        fail("callbacks that did not come", promised - came);
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

int main(int count, char **arguments) {
    uint64_t seed = count > 1 ? strtoull(arguments[1], NULL, 10) : 1;
    long rounds = count > 2 ? atol(arguments[2]) : 100, warm = rounds / 4 + 20, resident = 0, threads = 0, files = 0;
    for (long i = 0; i < rounds + warm; i++) {
        if (i == warm) {
            resident = resident_kilobytes(), threads = entries("/proc/self/task"), files = entries("/proc/self/fd");
        }
        round_of(&seed, count > 3 && i % 50 == 0 ? arguments[3] : ":memory:");
    }
    if (entries("/proc/self/task") > threads) {
        fail("threads are left", entries("/proc/self/task") - threads);
    }
    if (entries("/proc/self/fd") > files) {
        fail("descriptors are left", entries("/proc/self/fd") - files);
    }
#if !defined(__SANITIZE_ADDRESS__)
    /* 4 kB each would be seen from some thousand rounds on; the allocator's own noise is some MB. */
    if (resident_kilobytes() - resident > 16 * 1024 + rounds * 2) {
        fail("kilobytes of memory are left", resident_kilobytes() - resident);
    }
#endif
    printf("counts closed_with_work_in_flight %ld calls %ld\nmost kilobytes_grown %ld\n", rounds + warm, calls,
           resident_kilobytes() > resident ? resident_kilobytes() - resident : 0);
    return 0;
}
