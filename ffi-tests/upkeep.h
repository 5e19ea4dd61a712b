/*
 * What the tests of checkpoints, backups, verification and compaction share: threads that count their commits, and
 * what a copy must hold of that. Each thread sets its own key to how many commits it has made, so a copy at a
 * version holds for each thread exactly the number of its last commit up to that version.
 */
#ifndef PLINTH_TEST_UPKEEP_H
#define PLINTH_TEST_UPKEEP_H

#include "harness.h"

#define COUNTERS 4
#define MOST_COUNTED 200000

static struct {
    plinth_database *db;
    long stop;
    /* The version of each commit. */
    int64_t *versions[COUNTERS];
    long counts[COUNTERS];
    thread threads[COUNTERS];
} counting;

static inline void count_commits(long number, void *user) {
    char key[32];
    (void)user;
    snprintf(key, sizeof key, "counter %ld", number);
    while (count_read(&counting.stop) == 0 && counting.counts[number] < MOST_COUNTED) {
        int64_t next = counting.counts[number] + 1;
        bytes value = {(const uint8_t *)&next, sizeof next};
        counting.versions[number][counting.counts[number]] = put(counting.db, bytes_of(key, strlen(key)), value);
        counting.counts[number]++;
    }
}

static inline void counters_begin(plinth_database *db) {
    counting.db = db;
    counting.stop = 0;
    for (long i = 0; i < COUNTERS; i++) {
        counting.versions[i] = malloc(MOST_COUNTED * sizeof(int64_t));
        counting.counts[i] = 0;
        thread_start(&counting.threads[i], count_commits, i, NULL);
    }
}

static inline void counters_end(void) {
    count_add(&counting.stop, 1);
    for (long i = 0; i < COUNTERS; i++) {
        thread_join(&counting.threads[i]);
    }
}

static inline void counters_free(void) {
    for (long i = 0; i < COUNTERS; i++) {
        free(counting.versions[i]);
    }
}

/* Fails unless the database at `where` holds what the counters had at `version`. */
static inline void check_counters(const char *where, int64_t version) {
    plinth_database_options options = database_options();
    plinth_database *db;
    options.must_exist = true;
    db = open_with(where, &options);
    for (long i = 0; i < COUNTERS; i++) {
        char key[32];
        plinth_value value;
        int64_t want = 0, got = 0;
        plinth_transaction *tr = begin(db);
        while (want < counting.counts[i] && counting.versions[i][want] <= version) {
            want++;
        }
        snprintf(key, sizeof key, "counter %ld", i);
        CHECK_OK(plinth_transaction_get(tr, NULL, (const uint8_t *)key, strlen(key), &value));
        if (value.data != NULL && CHECK_INT(value.len, sizeof got)) {
            memcpy(&got, value.data, sizeof got);
        }
        CHECK_INT(got, want);
        plinth_value_free(&value);
        destroy(tr);
    }
    CHECK_OK(plinth_database_close(db));
}

/* A callback that counts how often it was told, and cancels after `last` times; below 0 never. */
typedef struct {
    long told, last;
    uint64_t done, total;
} listener;

static inline bool hear(void *context, uint64_t done, uint64_t total) {
    listener *who = context;
    CHECK(total == 0 || done <= total);
    who->told++;
    who->done = done;
    who->total = total;
    return who->last < 0 || who->told <= who->last;
}

/* A callback that kills its process once it was told as often as `context` says. */
static inline bool end_here(void *context, uint64_t done, uint64_t total) {
    long *left = context;
    (void)done, (void)total;
    if ((*left)-- == 0) {
        kill(getpid(), SIGKILL);
    }
    return true;
}

/* What a child does that is killed at a step; it gives them to end_here(). */
typedef void (*killed_work)(long *steps);

/* Has a child do this, which has so many steps. Returns whether it was killed, and did not come to its end. */
static inline bool killed_after(long steps, killed_work work) {
    int status;
    pid_t child = fork();
    if (child == 0) {
        work(&steps);
        _exit(0);
    }
    CHECK(waitpid(child, &status, 0) == child);
    return WIFSIGNALED(status);
}

static inline bool exists(const char *name) {
    struct stat found;
    return lstat(name, &found) == 0;
}

/* Another name beside a path. */
static inline path beside(path where, const char *suffix) {
    path made;
    snprintf(made.text, sizeof made.text, "%.200s%s", where.text, suffix);
    return made;
}

#endif
