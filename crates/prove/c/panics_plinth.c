/*
 * panics_plinth [DIRECTORY]: on a library with defects, panics that are planted in every exported function, in a
 * read, in a thread of the executor, and in the commit pipeline. Each becomes 4100 with its message and place; a
 * panic in the pipeline ends the commits of that database, and any other one at most what it happened in. The
 * process lives, and close works. With a directory, panics in the threads of hosts and guests as well.
 */
#include <sched.h>
#include <time.h>

#include "world_plinth.h"

static long exports, places;

static void plant(const char *place) {
    if (setenv("PLINTH_PANIC", place, 1) != 0) {
        die("setenv");
    }
}

static void expect(bool kept, const char *what, plinth_error got) {
    if (!kept) {
        printf("finding %s: %d, %s\n", what, (int)got, plinth_last_error());
        fflush(stdout);
        _exit(1);
    }
}

/* These need no object and return words or nothing: the fallback of what they return. */
static bool tells_nothing(const function *f) {
    return f->result != GIVES_ERROR;
}

static void every_export(void) {
    static choice of[MOST_CHOICES];
    argument a[MOST_PARAMETERS];
    for (int i = 0; i < COUNT(functions); i++) {
        const function *f = &functions[i];
        int64_t got;
        bool later = is_told_later(f);
        for (int at = 0; at < f->count; at++) {
            choose(f, at, of);
            a[at] = of[0].is;
        }
        told.code = 0;
        plant("export");
        got = f->call(a).number;
        plant("nowhere");
        exports++;
        if (tells_nothing(f)) {
            continue;
        }
        got = later && got == 0 ? told.code : got;
        expect(got == PLINTH_ERROR_INTERNAL_ERROR, f->name, (plinth_error)got);
        if (!later) {
            expect(strstr(plinth_last_error(), "planted in the export") != NULL, "no message of the panic", 0);
            expect(strstr(plinth_last_error(), "entry.rs:") != NULL, "no place of the panic", 0);
        }
        expect(world_works(), "the objects are harmed after a panic in an export", 0);
    }
}

static void in_a_read(void) {
    plinth_value value;
    plinth_error error;
    plant("read");
    error = plinth_transaction_get(GOOD_TR, NULL, (const uint8_t *)"keykeykeykey", 12, &value);
    plant("nowhere");
    places++;
    expect(error == PLINTH_ERROR_INTERNAL_ERROR, "a panic in a read", error);
    expect(world_works(), "others are harmed after a panic in a read", 0);
}

static void wait_for_call(long before) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 20;
    pthread_mutex_lock(&told.lock);
    while (told.calls == before) {
        if (pthread_cond_timedwait(&told.changed, &told.lock, &until) != 0) {
            printf("finding a callback never came after a panic\n");
            fflush(stdout);
            _exit(1);
        }
    }
    pthread_mutex_unlock(&told.lock);
}

/* The job is lost, and its callback is told so. */
static void in_the_executor(void) {
    long before = told.calls;
    need(plinth_transaction_set(GOOD_TR, NULL, (const uint8_t *)"a", 1, (const uint8_t *)"b", 1), "set");
    plant("executor");
    need(plinth_transaction_commit_async(GOOD_TR, on_done, NULL, NULL), "commit_async");
    /* What a thread began is lost with the job; to be ended, the call needs its transaction's end. */
    sched_yield();
    usleep(200000);
    plant("nowhere");
    need(plinth_transaction_destroy(GOOD_TR), "destroy");
    good[A_TRANSACTION] = NULL;
    wait_for_call(before);
    places++;
    new_transaction();
    expect(world_works(), "others are harmed after a panic in the executor", 0);
}

static void in_the_pipeline(void) {
    plinth_transaction *tr;
    plinth_value value;
    plinth_error error;
    need(plinth_transaction_set(GOOD_TR, NULL, (const uint8_t *)"a", 1, (const uint8_t *)"b", 1), "set");
    plant("pipeline");
    error = plinth_transaction_commit(GOOD_TR);
    plant("nowhere");
    places++;
    expect(error == PLINTH_ERROR_INTERNAL_ERROR || error == PLINTH_ERROR_COMMIT_UNKNOWN_RESULT, "a panic in the pipeline", error);
    need(plinth_transaction_begin(GOOD_DB, &tr), "begin");
    need(plinth_transaction_get(tr, NULL, (const uint8_t *)"keykeykeykey", 12, &value), "get after a panic in the pipeline");
    plinth_value_free(&value);
    need(plinth_transaction_set(tr, NULL, (const uint8_t *)"a", 1, (const uint8_t *)"c", 1), "set");
    error = plinth_transaction_commit(tr);
    expect(error == PLINTH_ERROR_DATABASE_FAILED, "a commit after a panic in the pipeline", error);
    need(plinth_transaction_destroy(tr), "destroy");
    error = plinth_database_close(GOOD_DB);
    expect(error == 0 || error == PLINTH_ERROR_DATABASE_FAILED, "close after a panic in the pipeline", error);
}

/* The commit is told of, with no end of its transaction. */
static void in_the_pipeline_of_commits_that_nobody_waits_for(void) {
    plinth_database *db;
    plinth_transaction *tr;
    long before = told.calls;
    need(plinth_database_open(":memory:", NULL, &db), "open");
    need(plinth_transaction_begin(db, &tr), "begin");
    need(plinth_transaction_set(tr, NULL, (const uint8_t *)"a", 1, (const uint8_t *)"b", 1), "set");
    plant("pipeline");
    need(plinth_transaction_commit_async(tr, on_done, NULL, NULL), "commit_async");
    wait_for_call(before);
    plant("nowhere");
    places++;
    expect(told.code == PLINTH_ERROR_INTERNAL_ERROR || told.code == PLINTH_ERROR_COMMIT_UNKNOWN_RESULT,
           "a panic in the pipeline below an asynchronous commit", told.code);
    need(plinth_transaction_destroy(tr), "destroy");
    (void)plinth_database_close(db);
}

int main(int count, char **arguments) {
    alarm(60);
    world_path = count > 1 ? arguments[1] : world_path;
    plant("nowhere");
    world_begin();
    every_export();
    in_a_read();
    in_the_executor();
    in_the_pipeline_of_commits_that_nobody_waits_for();
    in_the_pipeline();
    if (count > 1) {
        /* What was acknowledged is there. */
        world_begin();
        world_end();
    }
    printf("counts exports %ld other_places %ld\n", exports, places);
    return 0;
}
