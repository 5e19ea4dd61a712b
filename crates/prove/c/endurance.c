/*
 * A program that runs for long: mixed transactions, slow readers that hold old versions, a hot key,
 * large values, a range that is filled and cleared, a queue that is filled and drained.
 *
 *     endurance DIR SEED SECONDS [window=MS] [budget=BYTES]
 *
 * Works for ever and tells a line every SECONDS seconds, from the end of the warm-up on, which is as long:
 *     figures rss_kb N files_kb N commits N conflicts N too_old N refused N retained N history_kb N queued N
 * and p50, p99 and max in microseconds of commits, gets, scans and reads of the queue's head in these
 * seconds; `all_` before a p99 is that of everything since the warm-up. `wrong` and words say what must not
 * happen.
 */
#define _XOPEN_SOURCE 700

#include <dirent.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "load.h"

enum { KEYS = 100000, LARGE = 200, LARGE_BYTES = 100000, SCANNED = 1000, WRITERS = 4, CLEARED = 20000 };

static plinth_database *database;
static atomic_uint_fast64_t too_old, pushed, popped;

static uint64_t now_us(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000;
}

static void rest_us(uint64_t us) {
    struct timespec time = {(time_t)(us / 1000000), (long)(us % 1000000) * 1000};
    nanosleep(&time, NULL);
}

/* ---------------------------------------------------------------- times */

/* Eight steps for each doubling: a step is 9 % wide. */
enum { STEPS = 8, BUCKETS = 32 * STEPS };

typedef struct {
    atomic_uint_fast64_t now[BUCKETS], all[BUCKETS], longest;
} times;

/* Scans twice: as long as they took, and without the time that their thread waited for a processor, which
 * is not Plinth's where others keep the machine busy. */
static times commit_times, get_times, scan_times, scan_net_times, queue_times;

static int bucket_of(uint64_t us) {
    int doublings = 0;
    while (us >> (doublings + 1) >= STEPS && doublings < 27) {
        doublings++;
    }
    uint64_t step = us >> doublings;
    int bucket = doublings * STEPS + (int)step;
    return bucket < BUCKETS ? bucket : BUCKETS - 1;
}

/* The upper end of a bucket, so that a figure is rather too large. */
static uint64_t end_of(int bucket) {
    int doublings = bucket < 2 * STEPS ? 0 : bucket / STEPS - 1;
    return (uint64_t)(bucket - doublings * STEPS + 1) << doublings;
}

static void note_us(times *to, uint64_t us) {
    atomic_fetch_add(&to->now[bucket_of(us)], 1);
    uint64_t longest = atomic_load(&to->longest);
    while (us > longest && !atomic_compare_exchange_weak(&to->longest, &longest, us)) {
    }
}

static void note(times *to, uint64_t began) { note_us(to, now_us() - began); }

/* Microseconds that this thread was ready to run and did not; 0 if the kernel does not tell. */
static uint64_t waited_us(FILE *schedule) {
    unsigned long long ran = 0, waited = 0;
    if (schedule == NULL || fseek(schedule, 0, SEEK_SET) != 0 || fscanf(schedule, "%llu %llu", &ran, &waited) != 2) {
        return 0;
    }
    return waited / 1000;
}

static uint64_t at(const uint64_t *counts, int per_mille) {
    uint64_t sum = 0, below = 0;
    for (int i = 0; i < BUCKETS; i++) {
        sum += counts[i];
    }
    for (int i = 0; i < BUCKETS; i++) {
        below += counts[i];
        if (below * 1000 >= sum * (uint64_t)per_mille && below > 0) {
            return end_of(i);
        }
    }
    return 0;
}

/* Tells them and begins anew; the warm-up is forgotten altogether. */
static void tell_times(const char *name, times *from, bool warm) {
    uint64_t now[BUCKETS], all[BUCKETS];
    for (int i = 0; i < BUCKETS; i++) {
        now[i] = atomic_exchange(&from->now[i], 0);
        all[i] = warm ? atomic_fetch_add(&from->all[i], now[i]) + now[i] : 0;
    }
    uint64_t longest = atomic_exchange(&from->longest, 0);
    if (warm) {
        printf(" %s_p50_us %" PRIu64 " %s_p99_us %" PRIu64 " %s_max_us %" PRIu64 " all_%s_p99_us %" PRIu64, name, at(now, 500), name,
               at(now, 990), name, longest, name, at(all, 990));
    }
}

/* ---------------------------------------------------------------- transactions */

/* Tries a body until it is committed; the time is that of the last commit alone. */
static void run(const char *what, plinth_run_body body, void *user) {
    plinth_transaction *tr;
    plinth_error error = plinth_transaction_begin(database, &tr);
    while (error == 0) {
        error = body(tr, user);
        if (error == 0) {
            uint64_t began = now_us();
            error = plinth_transaction_commit(tr);
            if (error == 0) {
                note(&commit_times, began);
                break;
            }
        }
        if (error == PLINTH_ERROR_TRANSACTION_TOO_OLD) {
            atomic_fetch_add(&too_old, 1);
        }
        if (plinth_transaction_on_error(tr, error) != 0) {
            break;
        }
        error = 0;
    }
    if (error != 0) {
        complain(what, error);
    }
    plinth_transaction_destroy(tr);
}

static plinth_error set(plinth_transaction *tr, const char *key, const void *value, size_t length) {
    return plinth_transaction_set(tr, NULL, bytes(key), strlen(key), value, length);
}

typedef struct {
    uint64_t random;
    uint64_t count;
    uint8_t *value;
} worker;

static plinth_error read_and_write(plinth_transaction *tr, void *user) {
    worker *me = user;
    char key[32];
    plinth_value value;
    snprintf(key, sizeof key, "row/%06d", (int)(next(&me->random) % KEYS));
    uint64_t began = now_us();
    plinth_error error = plinth_transaction_get(tr, NULL, bytes(key), strlen(key), &value);
    if (error != 0) {
        return error;
    }
    note(&get_times, began);
    if (value.data == NULL) {
        complain("a row is missing", 0);
    }
    plinth_value_free(&value);
    if (next(&me->random) % 5 == 0) {
        plinth_transaction_set_option(tr, PLINTH_OPTION_DURABILITY, PLINTH_DURABILITY_SYNC);
    }
    return set(tr, key, me->value, 100 + next(&me->random) % 900);
}

static void *mix(void *user) {
    worker *me = user;
    for (;;) {
        run("a row", read_and_write, me);
        rest_us(1000);
    }
    return NULL;
}

static plinth_error write_hot(plinth_transaction *tr, void *user) {
    worker *me = user;
    me->count++;
    return set(tr, "hot", &me->count, sizeof me->count);
}

static void *heat(void *user) {
    for (;;) {
        run("the hot key", write_hot, user);
        rest_us(300);
    }
    return NULL;
}

static plinth_error write_large(plinth_transaction *tr, void *user) {
    worker *me = user;
    char key[32];
    snprintf(key, sizeof key, "large/%03d", (int)(next(&me->random) % LARGE));
    memcpy(me->value, &me->random, sizeof me->random);
    return set(tr, key, me->value, LARGE_BYTES);
}

static void *write_large_ones(void *user) {
    for (;;) {
        run("a large value", write_large, user);
        rest_us(40000);
    }
    return NULL;
}

static plinth_error fill_range(plinth_transaction *tr, void *user) {
    worker *me = user;
    plinth_error error = 0;
    for (int i = 0; i < 1000 && error == 0; i++) {
        char key[32];
        snprintf(key, sizeof key, "cleared/%06" PRIu64, me->count + (uint64_t)i);
        error = set(tr, key, me->value, 100);
    }
    return error;
}

static plinth_error clear_range(plinth_transaction *tr, void *user) {
    (void)user;
    return plinth_transaction_clear_range(tr, NULL, bytes("cleared/"), 8, bytes("cleared0"), 8);
}

static void *fill_and_clear(void *user) {
    worker *me = user;
    for (;;) {
        for (me->count = 0; me->count < CLEARED; me->count += 1000) {
            run("filling a range", fill_range, me);
            rest_us(200000);
        }
        run("clearing a range", clear_range, me);
        rest_us(2000000);
    }
    return NULL;
}

/* ---------------------------------------------------------------- the queue */

static plinth_error push(plinth_transaction *tr, void *user) {
    worker *me = user;
    plinth_error error = 0;
    for (int i = 0; i < 20 && error == 0; i++) {
        char key[32];
        snprintf(key, sizeof key, "queue/%012" PRIu64, me->count + (uint64_t)i);
        error = set(tr, key, me->value, 100);
    }
    return error;
}

static void *fill_queue(void *user) {
    worker *me = user;
    for (;;) {
        run("a push", push, me);
        me->count += 20;
        atomic_fetch_add(&pushed, 20);
        rest_us(15000);
    }
    return NULL;
}

static plinth_error pop(plinth_transaction *tr, void *user) {
    worker *me = user;
    plinth_key_selector from = {bytes("queue/"), 6, false, 1}, to = {bytes("queue0"), 6, false, 1};
    plinth_range_options options = {.struct_size = sizeof options, .limit = 100};
    plinth_range range;
    uint64_t began = now_us();
    plinth_error error = plinth_transaction_get_range(tr, NULL, &from, &to, &options, &range);
    if (error != 0) {
        return error;
    }
    note(&queue_times, began);
    me->count = range.count;
    for (size_t i = 0; i < range.count && error == 0; i++) {
        error = plinth_transaction_clear(tr, NULL, range.items[i].key, range.items[i].key_len);
    }
    plinth_range_free(&range);
    return error;
}

/* Entries in the queue; those that were taken out may be counted first. */
static uint64_t waiting(void) {
    uint64_t out = atomic_load(&popped), in = atomic_load(&pushed);
    return in > out ? in - out : 0;
}

static void *drain_queue(void *user) {
    worker *me = user;
    for (;;) {
        run("a pop", pop, me);
        atomic_fetch_add(&popped, me->count);
        if (me->count < 100) {
            rest_us(10000);
        }
    }
    return NULL;
}

/* ---------------------------------------------------------------- readers */

static plinth_error scan(plinth_transaction *tr, uint64_t *random, plinth_range *range) {
    char key[32];
    snprintf(key, sizeof key, "row/%06d", (int)(next(random) % (KEYS - SCANNED)));
    plinth_key_selector from = {bytes(key), strlen(key), false, 1}, to = {bytes("row0"), 4, false, 1};
    plinth_range_options options = {.struct_size = sizeof options, .limit = SCANNED, .snapshot = true};
    return plinth_transaction_get_range(tr, NULL, &from, &to, &options, range);
}

static void *scan_often(void *user) {
    worker *me = user;
    FILE *schedule = fopen("/proc/thread-self/schedstat", "r");
    if (schedule != NULL) {
        /* So that each look is a new read. */
        setvbuf(schedule, NULL, _IONBF, 0);
    }
    for (;;) {
        plinth_transaction *tr;
        plinth_range range;
        plinth_error error = plinth_transaction_begin(database, &tr);
        if (error == 0) {
            uint64_t waited = waited_us(schedule), began = now_us();
            error = scan(tr, &me->random, &range);
            uint64_t took = now_us() - began;
            if (error == 0) {
                waited = waited_us(schedule) - waited;
                note_us(&scan_times, took);
                note_us(&scan_net_times, waited < took ? took - waited : 0);
                if (range.count != SCANNED) {
                    complain("a scan lost rows", (plinth_error)range.count);
                }
                plinth_range_free(&range);
            }
            plinth_transaction_destroy(tr);
        }
        if (error != 0) {
            complain("a scan", error);
        }
        rest_us(20000);
    }
    return NULL;
}

/* The bytes of what a scan found, as one number. */
static uint64_t digest(const plinth_range *range) {
    uint64_t sum = range->count;
    for (size_t i = 0; i < range->count; i++) {
        for (size_t j = 0; j < range->items[i].value_len; j++) {
            sum = sum * 31 + range->items[i].value[j];
        }
    }
    return sum;
}

/* Reads one range again and again at an old version, until that is too old: it is always the same. */
static void *read_slowly(void *user) {
    worker *me = user;
    for (;;) {
        plinth_transaction *tr;
        plinth_error error = plinth_transaction_begin(database, &tr);
        if (error != 0) {
            complain("begin", error);
            rest_us(100000);
            continue;
        }
        uint64_t place = me->random, first = 0;
        for (int look = 0; look < 100 && error == 0; look++) {
            uint64_t random = place;
            plinth_range range;
            error = scan(tr, &random, &range);
            if (error == 0) {
                uint64_t seen = digest(&range);
                if (look > 0 && seen != first) {
                    complain("an old version changed", 0);
                }
                first = seen;
                plinth_range_free(&range);
                rest_us(500000);
            }
        }
        if (error != 0 && error != PLINTH_ERROR_TRANSACTION_TOO_OLD) {
            complain("a slow reader", error);
        }
        plinth_transaction_destroy(tr);
        next(&me->random);
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

static uint64_t files_kb(const char *directory) {
    uint64_t sum = 0;
    DIR *open = opendir(directory);
    struct dirent *entry;
    while (open != NULL && (entry = readdir(open)) != NULL) {
        char path[4096];
        struct stat about;
        snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        if (stat(path, &about) == 0 && S_ISREG(about.st_mode)) {
            sum += (uint64_t)about.st_blocks / 2;
        }
    }
    if (open != NULL) {
        closedir(open);
    }
    return sum;
}

static uint64_t first_row;

static plinth_error fill_rows(plinth_transaction *tr, void *user) {
    worker *me = user;
    plinth_error error = 0;
    for (uint64_t i = 0; i < 1000 && error == 0; i++) {
        char key[32];
        snprintf(key, sizeof key, "row/%06d", (int)(first_row + i));
        error = set(tr, key, me->value, 500);
    }
    return error;
}

static void tell(const char *directory, bool warm) {
    plinth_metrics metrics;
    plinth_error error = plinth_database_metrics(database, &metrics, sizeof metrics);
    if (error != 0) {
        complain("metrics", error);
        return;
    }
    if (warm) {
        printf("figures rss_kb %" PRIu64 " files_kb %" PRIu64 " commits %" PRIu64 " conflicts %" PRIu64 " too_old %" PRIu64
               " refused %" PRIu64 " retained %" PRIu64 " history_kb %" PRIu64 " queued %" PRIu64,
               resident_kb(), files_kb(directory), metrics.commits, metrics.conflicts, (uint64_t)atomic_load(&too_old), metrics.refused,
               metrics.retained_versions, metrics.conflict_history_bytes / 1024,
               waiting());
    }
    tell_times("commit", &commit_times, warm);
    tell_times("get", &get_times, warm);
    tell_times("scan", &scan_times, warm);
    tell_times("scan_net", &scan_net_times, warm);
    tell_times("queue", &queue_times, warm);
    if (warm) {
        printf("\n");
        fflush(stdout);
    }
}

static void start(void *(*body)(void *), uint64_t seed) {
    static uint64_t number;
    worker *me = calloc(1, sizeof *me);
    pthread_t handle;
    if (me == NULL || (me->value = malloc(LARGE_BYTES)) == NULL) {
        exit(2);
    }
    me->random = seed + ++number * 0x2545f4914f6cdd1du;
    for (int i = 0; i < LARGE_BYTES; i++) {
        me->value[i] = (uint8_t)next(&me->random);
    }
    if (pthread_create(&handle, NULL, body, me) != 0) {
        exit(2);
    }
}

int main(int count, char **words) {
    plinth_database_options options = {.struct_size = sizeof options, .durability = PLINTH_DURABILITY_BUFFERED};
    if (count < 4) {
        return 2;
    }
    for (int i = 4; i < count; i++) {
        unsigned long long number;
        if (sscanf(words[i], "window=%llu", &number) == 1) {
            options.window_ms = (uint32_t)number;
        } else if (sscanf(words[i], "budget=%llu", &number) == 1) {
            options.memory_budget = number;
        } else {
            return 2;
        }
    }
    plinth_error error = plinth_database_open(words[1], &options, &database);
    if (error != 0) {
        complain("open", error);
        return 1;
    }
    uint64_t seed = strtoull(words[2], NULL, 10);
    worker filler = {seed, 0, calloc(1, LARGE_BYTES)};
    for (first_row = 0; first_row < KEYS; first_row += 1000) {
        run("filling", fill_rows, &filler);
    }
    for (int i = 0; i < WRITERS; i++) {
        start(mix, seed);
    }
    void *(*const others[])(void *) = {heat, write_large_ones, fill_and_clear, fill_queue, drain_queue, scan_often, read_slowly, read_slowly};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        start(others[i], seed);
    }
    for (bool warm = false;; warm = true) {
        sleep((unsigned)atoi(words[3]));
        tell(words[1], warm);
    }
}
