/*
 * The test harness of libfdb_c: checks that name their place, a network thread, futures that are
 * waited for and destroyed. One program per file, one claim per function:
 *
 *     static void a_read_sees_the_own_set(void) { ... CHECK_OK(...); }
 *     int main(int argc, char **argv) {
 *         harness_begin(argc, argv);
 *         network_start(730);
 *         RUN(a_read_sees_the_own_set);
 *         network_finish();
 *         return harness_end();
 *     }
 *
 * Include it first: it chooses the POSIX level for the system headers and the header version.
 *
 * The data is in memory, unless PLINTH_DATA says otherwise: all handles of a process share it.
 * Environment: PLINTH_TEST_SCALE=10 divides the numbers of rounds by ten (for Valgrind),
 * PLINTH_TEST_SEED repeats a run, PLINTH_TEST_ONLY=text runs only the claims that contain it,
 * TMPDIR says where directories go; PLINTH_TEST_ON_DISK=1 gives each process a directory instead of
 * memory (for Valgrind: a store in memory stays open until the process ends).
 */
#ifndef FDB_C_TEST_HARNESS_H
#define FDB_C_TEST_HARNESS_H

#define _XOPEN_SOURCE 700

#ifndef FDB_API_VERSION
#define FDB_API_VERSION 740
#endif

#include <errno.h>
#include <ftw.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <foundationdb/fdb_c.h>

/* ---------------------------------------------------------------- counting and reporting */

static struct {
    const char *self;
    const char *claim;
    long claims, failed_claims, checks, failures;
    uint64_t random;
    char root[256];
    int paths;
    pthread_mutex_t lock;
} harness = {NULL, "", 0, 0, 0, 0, 0, "", 0, PTHREAD_MUTEX_INITIALIZER};

static inline void harness_count(bool passed, const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Counts one check; a failed one is printed with its place. */
static inline void harness_count(bool passed, const char *file, int line, const char *format, ...) {
    pthread_mutex_lock(&harness.lock);
    harness.checks++;
    if (!passed) {
        va_list arguments;
        harness.failures++;
        va_start(arguments, format);
        printf("FAILED %s:%d in %s: ", file, line, harness.claim);
        vprintf(format, arguments);
        printf("\n");
        fflush(stdout);
        va_end(arguments);
    }
    pthread_mutex_unlock(&harness.lock);
}

static inline bool harness_check(bool passed, const char *text, const char *file, int line) {
    harness_count(passed, file, line, "%s", text);
    return passed;
}

static inline bool harness_code(fdb_error_t got, fdb_error_t want, const char *text, const char *file, int line) {
    harness_count(got == want, file, line, "%s\n       gave %d (%s), expected %d (%s)", text, got, fdb_get_error(got),
                  want, fdb_get_error(want));
    return got == want;
}

static inline bool harness_int(int64_t got, int64_t want, const char *text, const char *file, int line) {
    harness_count(got == want, file, line, "%s\n       is %" PRId64 ", expected %" PRId64, text, got, want);
    return got == want;
}

static inline bool harness_text(const char *got, const char *want, const char *text, const char *file, int line) {
    bool same = strcmp(got, want) == 0;
    harness_count(same, file, line, "%s\n       is       \"%s\"\n       expected \"%s\"", text, got, want);
    return same;
}

#define CHECK(condition) harness_check((condition), #condition, __FILE__, __LINE__)
#define CHECK_OK(call) harness_code((call), 0, #call, __FILE__, __LINE__)
#define CHECK_CODE(call, code) harness_code((call), (code), #call, __FILE__, __LINE__)
#define CHECK_INT(got, want) harness_int((int64_t)(got), (int64_t)(want), #got, __FILE__, __LINE__)
#define CHECK_TEXT(got, want) harness_text((got), (want), #got, __FILE__, __LINE__)
#define CHECK_BYTES(data, len, want) harness_bytes((data), (len), (want), #data, __FILE__, __LINE__)
/* A future: waited for, judged by its error, destroyed. */
#define CHECK_FUTURE(future, code) harness_code(outcome(future), (code), #future, __FILE__, __LINE__)
#define DONE(future) CHECK_FUTURE(future, 0)
#define COUNT(array) ((long)(sizeof(array) / sizeof((array)[0])))

/* ---------------------------------------------------------------- bytes */

/* A byte string with a length as this interface has it; B("a\0b") makes one from a literal. */
typedef struct {
    const uint8_t *data;
    int len;
} bytes;

#define B(literal) ((bytes){(const uint8_t *)(literal), (int)sizeof(literal) - 1})
/* The same where a constant is needed, as in a table. */
#define L(literal) {(const uint8_t *)(literal), (int)sizeof(literal) - 1}
#define ABSENT ((bytes){NULL, 0})

static inline bytes bytes_of(const void *data, int len) {
    bytes made = {(const uint8_t *)data, len};
    return made;
}

/* Writes bytes as people read them into `out`, cut to its size. */
static inline void bytes_print(char *out, size_t size, const uint8_t *data, int len) {
    size_t at = 0;
    for (int i = 0; i < len && at + 5 < size; i++) {
        int printed = data[i] >= 0x20 && data[i] < 0x7f ? snprintf(out + at, size - at, "%c", data[i])
                                                        : snprintf(out + at, size - at, "\\x%02x", data[i]);
        at += (size_t)printed;
    }
    out[at] = 0;
}

static inline bool same_bytes(bytes a, bytes b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, (size_t)a.len) == 0);
}

static inline bool harness_bytes(const uint8_t *data, int len, bytes want, const char *text, const char *file,
                                 int line) {
    char got_text[200], want_text[200];
    bool same = same_bytes(bytes_of(data, len), want);
    bytes_print(got_text, sizeof got_text, data, data == NULL ? 0 : len);
    bytes_print(want_text, sizeof want_text, want.data, want.len);
    harness_count(same, file, line, "%s\n       is \"%s\" (%d bytes), expected \"%s\" (%d bytes)", text, got_text, len,
                  want_text, want.len);
    return same;
}

/* Eight bytes of a number, the least significant one first, as options want them. */
typedef struct {
    uint8_t data[8];
} eight;

static inline eight eight_of(int64_t value) {
    eight made;
    for (int i = 0; i < 8; i++) {
        made.data[i] = (uint8_t)((uint64_t)value >> (8 * i));
    }
    return made;
}

/* ---------------------------------------------------------------- time, scale, randomness */

/* How long a wait may take before the test calls it a hang. */
#define GUARD_SECONDS 120

/* A number of rounds divided by PLINTH_TEST_SCALE, at least one. */
static inline long scaled(long rounds) {
    const char *text = getenv("PLINTH_TEST_SCALE");
    long scale = text == NULL ? 1 : strtol(text, NULL, 10);
    long result = scale > 1 ? rounds / scale : rounds;
    return result > 0 ? result : 1;
}

/* Milliseconds of a clock that never goes back. */
static inline double now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* Gives other threads the processor inside a loop that watches a condition until a deadline. */
static inline void breathe(void) {
    struct timespec pause = {0, 1000000};
    nanosleep(&pause, NULL);
}

/* The next number of a sequence that the printed seed repeats. Not for several threads. */
static inline uint64_t random_next(uint64_t *state) {
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static inline long random_below(long bound) {
    return (long)(random_next(&harness.random) % (uint64_t)bound);
}

/* ---------------------------------------------------------------- directories */

typedef struct {
    char text[320];
} path;

static inline int harness_remove_one(const char *name, const struct stat *info, int kind, struct FTW *ftw) {
    (void)info, (void)kind, (void)ftw;
    return remove(name);
}

static inline void remove_tree(const char *name) {
    nftw(name, harness_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* A path that does not exist yet, inside a directory that the end of the program removes. */
static inline path temporary_path(void) {
    path made;
    if (harness.root[0] == 0) {
        const char *parent = getenv("TMPDIR");
        snprintf(harness.root, sizeof harness.root, "%s/fdb-c-test-XXXXXX", parent == NULL ? "/tmp" : parent);
        if (mkdtemp(harness.root) == NULL) {
            perror("mkdtemp");
            exit(2);
        }
    }
    snprintf(made.text, sizeof made.text, "%s/%d", harness.root, harness.paths++);
    return made;
}

static inline void write_file(const char *name, const char *content) {
    FILE *file = fopen(name, "w");
    if (CHECK(file != NULL)) {
        fputs(content, file);
        fclose(file);
    }
}

/* ---------------------------------------------------------------- running claims */

/* The data is in memory, or in a directory of this process. */
static inline void harness_place_data(void) {
    if (getenv("PLINTH_TEST_ON_DISK") != NULL) {
        setenv("PLINTH_DATA", temporary_path().text, 1);
    } else {
        setenv("PLINTH_DATA", ":memory:", 0);
    }
}

static inline void harness_begin(int argc, char **argv) {
    const char *seed = getenv("PLINTH_TEST_SEED");
    harness.self = argv[0];
    harness.claim = argc > 1 ? argv[1] : "";
    harness.random = seed == NULL ? (uint64_t)time(NULL) * 1000003u + (uint64_t)getpid() : strtoull(seed, NULL, 10);
    harness_place_data();
    if (argc <= 1) {
        printf("%s: seed %" PRIu64 ", library %s\n", argv[0], harness.random, fdb_get_client_version());
        fflush(stdout);
    }
}

static inline void harness_run(const char *claim, void (*body)(void)) {
    const char *only = getenv("PLINTH_TEST_ONLY");
    long before = harness.failures;
    if (only != NULL && strstr(claim, only) == NULL) {
        return;
    }
    harness.claim = claim;
    harness.claims++;
    body();
    if (harness.failures != before) {
        harness.failed_claims++;
        printf("not ok %s\n", claim);
    } else {
        printf("ok %s\n", claim);
    }
    fflush(stdout);
}

#define RUN(claim) harness_run(#claim, claim)

static inline int harness_end(void) {
    if (harness.root[0] != 0) {
        remove_tree(harness.root);
    }
    printf("%ld claims, %ld failed; %ld checks, %ld failed\n", harness.claims, harness.failed_claims, harness.checks,
           harness.failures);
    return harness.failures == 0 && harness.claims > 0 ? 0 : 1;
}

/* ---------------------------------------------------------------- threads */

typedef void (*thread_body)(long number, void *user);

typedef struct {
    pthread_t id;
    thread_body body;
    long number;
    void *user;
} thread;

static inline void *thread_main(void *argument) {
    thread *self = (thread *)argument;
    self->body(self->number, self->user);
    return NULL;
}

static inline void thread_start(thread *self, thread_body body, long number, void *user) {
    self->body = body;
    self->number = number;
    self->user = user;
    if (pthread_create(&self->id, NULL, thread_main, self) != 0) {
        perror("pthread_create");
        abort();
    }
}

static inline void thread_join(thread *self) {
    pthread_join(self->id, NULL);
}

/* Runs `body` in `count` (at most 128) threads and waits for all of them. */
static inline void in_threads(long count, thread_body body, void *user) {
    thread threads[128];
    for (long i = 0; i < count; i++) {
        thread_start(&threads[i], body, i, user);
    }
    for (long i = 0; i < count; i++) {
        thread_join(&threads[i]);
    }
}

/* Numbers that several threads change. */
static inline long count_add(long *counter, long by) {
    return __atomic_add_fetch(counter, by, __ATOMIC_SEQ_CST);
}

static inline long count_read(const long *counter) {
    return __atomic_load_n(counter, __ATOMIC_SEQ_CST);
}

/* Watches a number until it has reached `want`. Without that the program ends: what it waits for
   may still come and must find its memory. */
static inline void wait_until(const long *counter, long want) {
    double end = now_ms() + GUARD_SECONDS * 1e3;
    while (count_read(counter) < want && now_ms() < end) {
        breathe();
    }
    if (!CHECK(count_read(counter) >= want)) {
        printf("%ld came, %ld were expected\n", count_read(counter), want);
        fflush(stdout);
        _exit(1);
    }
}

/* ---------------------------------------------------------------- other processes */

/* Starts this program again with the arguments given (NULL ends them). Returns the pid. */
static inline pid_t spawn_self(const char *role, const char *first, const char *second) {
    pid_t pid;
    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        alarm(GUARD_SECONDS * 2);
        execl(harness.self, harness.self, role, first, second, (char *)NULL);
        _exit(127);
    }
    return pid;
}

static inline int wait_for(pid_t pid) {
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

/* What a child process ends with: 0 only if all its checks passed. */
static inline int child_end(void) {
    if (harness.root[0] != 0) {
        remove_tree(harness.root);
    }
    fflush(stdout);
    return harness.failures == 0 ? 0 : 1;
}

/* Runs a role of this program in its own process and expects it to end well. */
#define CHECK_CHILD(role, first, second) CHECK_INT(wait_for(spawn_self((role), (first), (second))), 0)

/* ---------------------------------------------------------------- the network */

static struct {
    thread thread;
    fdb_error_t code;
} network;

static inline void network_body(long number, void *user) {
    (void)number, (void)user;
    network.code = fdb_run_network();
}

/* Selects a version, also one above this header's, sets up and runs the network on its own thread. */
static inline void network_start(int version) {
    int header = version > FDB_API_VERSION ? version : FDB_API_VERSION;
    if (!CHECK_OK(fdb_select_api_version_impl(version, header)) || !CHECK_OK(fdb_setup_network())) {
        exit(1);
    }
    thread_start(&network.thread, network_body, 0, NULL);
}

static inline void network_finish(void) {
    CHECK_OK(fdb_stop_network());
    thread_join(&network.thread);
    CHECK_OK(network.code);
}

/* Whether this is the thread that runs the network. */
static inline bool on_network_thread(void) {
    return pthread_equal(pthread_self(), network.thread.id) != 0;
}

#include "words.h"

#endif
