/*
 * leaving SEED ROUNDS DIRECTORY: processes that end by exit, quick_exit, _exit, a return from main or the end of the
 * main thread, while their threads commit. None crashes or hangs, and what they told as committed is there.
 *
 * leaving work WAY SEED DIRECTORY is one of them.
 */
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "world_plinth.h"

#define WORKERS 3
#define WAYS 5

static plinth_database *db;
static long last_thread_commits;

static void done_late(void *user, plinth_error error, plinth_value *value) {
    (void)user, (void)error;
    plinth_value_free(value);
}

/* Tells each commit in one write, after it was acknowledged. */
static void *commit_for_ever(void *user) {
    uint32_t told_as[2] = {(uint32_t)(intptr_t)user, 0};
    for (;;) {
        plinth_transaction *tr;
        uint8_t key[2] = {'t', (uint8_t)('0' + told_as[0])};
        plinth_error error = plinth_transaction_begin(db, &tr);
        told_as[1]++;
        error = error != 0 ? error : plinth_transaction_get_async(tr, NULL, key, 2, done_late, NULL, NULL);
        error = error != 0 ? error : plinth_transaction_set(tr, NULL, key, 2, (const uint8_t *)&told_as[1], sizeof told_as[1]);
        error = error != 0 ? error : plinth_transaction_commit(tr);
        if (error == PLINTH_ERROR_DATABASE_CLOSED || error == PLINTH_ERROR_INVALID_HANDLE || error == PLINTH_ERROR_COMMIT_UNKNOWN_RESULT) {
            /* The process is ending. */
            for (;;) {
                pause();
            }
        }
        need(error, "commit");
        if (write(1, told_as, sizeof told_as) != (ssize_t)sizeof told_as) {
            _exit(3);
        }
        (void)plinth_transaction_destroy(tr);
        if (last_thread_commits > 0 && told_as[0] == 0 && told_as[1] >= (uint32_t)last_thread_commits) {
            exit(0);
        }
    }
    return NULL;
}

static int work(int way, uint64_t seed, const char *path) {
    pthread_t thread;
    struct timespec wait = {0, (long)(next_random(&seed) % 30000000)};
    last_thread_commits = way == 4 ? 1 + (long)(next_random(&seed) % 50) : 0;
    need(plinth_database_open(path, NULL, &db), "open");
    for (intptr_t i = 0; i < WORKERS; i++) {
        if (pthread_create(&thread, NULL, commit_for_ever, (void *)i) != 0) {
            die("pthread_create");
        }
    }
    nanosleep(&wait, NULL);
    switch (way) {
    case 0: exit(0);
    case 1: quick_exit(0);
    case 2: _exit(0);
    case 4: pthread_exit(NULL);
    default: return 0;
    }
}

static void finding(const char *what, long number, int way) {
    static const char *const names[WAYS] = {"exit", "quick_exit", "_exit", "a return from main", "the end of the main thread"};
    printf("finding %s: %ld, after %s\n", what, number, names[way]);
    fflush(stdout);
    _exit(1);
}

static long one(const char *program, int way, uint64_t seed, const char *path) {
    uint32_t told_as[2], last[WORKERS] = {0};
    char way_text[8], seed_text[32];
    long acknowledged = 0;
    int ends[2], status;
    plinth_transaction *tr;
    pid_t pid;
    ssize_t got;
    snprintf(way_text, sizeof way_text, "%d", way);
    snprintf(seed_text, sizeof seed_text, "%llu", (unsigned long long)seed);
    if (pipe(ends) != 0 || (pid = fork()) < 0) {
        die("fork");
    }
    if (pid == 0) {
        dup2(ends[1], 1);
        close(ends[0]);
        close(ends[1]);
        alarm(30);
        execl(program, program, "work", way_text, seed_text, path, (char *)NULL);
        _exit(4);
    }
    close(ends[1]);
    while ((got = read(ends[0], told_as, sizeof told_as)) == (ssize_t)sizeof told_as && told_as[0] < WORKERS) {
        last[told_as[0]] = told_as[1];
        acknowledged++;
    }
    close(ends[0]);
    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        finding("a process ended with status", status, way);
    }
    need(plinth_database_open(path, NULL, &db), "open after a process has left");
    need(plinth_transaction_begin(db, &tr), "begin");
    for (int i = 0; i < WORKERS; i++) {
        uint8_t key[2] = {'t', (uint8_t)('0' + i)};
        plinth_value value;
        uint32_t there = 0;
        need(plinth_transaction_get(tr, NULL, key, 2, &value), "get");
        if (value.len == sizeof there) {
            memcpy(&there, value.data, sizeof there);
        }
        plinth_value_free(&value);
        /* One more may have been committed and not told. Threads that committed nothing have what was there before. */
        if (last[i] > 0 && there != last[i] && there != last[i] + 1) {
            finding("an acknowledged commit is not there", (long)last[i], way);
        }
    }
    need(plinth_transaction_destroy(tr), "destroy");
    need(plinth_database_close(db), "close");
    return acknowledged;
}

int main(int count, char **arguments) {
    uint64_t seed;
    long rounds, acknowledged = 0;
    if (count > 4 && strcmp(arguments[1], "work") == 0) {
        return work(atoi(arguments[2]), strtoull(arguments[3], NULL, 10), arguments[4]);
    }
    if (count < 4) {
        die("arguments");
    }
    seed = strtoull(arguments[1], NULL, 10), rounds = atol(arguments[2]);
    for (long i = 0; i < rounds; i++) {
        acknowledged += one(arguments[0], (int)(i % WAYS), next_random(&seed), arguments[3]);
    }
    printf("counts processes_that_left %ld commits_acknowledged %ld\n", rounds, acknowledged);
    return 0;
}
