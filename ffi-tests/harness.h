/*
 * The test harness: checks that name their place, databases that remove themselves, threads
 * that are always joined. One program per file, one claim per function:
 *
 *     static void a_read_sees_the_own_set(void) { ... CHECK_OK(...); }
 *     int main(int argc, char **argv) {
 *         harness_begin(argc, argv);
 *         RUN(a_read_sees_the_own_set);
 *         return harness_end();
 *     }
 *
 * Include it first: it chooses the POSIX level for the system headers.
 *
 * Environment: PLINTH_TEST_SCALE=10 divides the numbers of rounds by ten (for Valgrind),
 * PLINTH_TEST_SEED repeats a run, PLINTH_TEST_ONLY=text runs only the claims that contain it,
 * TMPDIR says where database directories go. PLINTH_TEST_CLUSTER=directories has open_with() open
 * clusters of the library that PLINTH_FDB_CLIENT names, each over a directory of its own, and any other text is
 * the cluster file of the one cluster, which is emptied first; PLINTH_TEST_EXCEPT names the file of claims that do
 * not hold there, each line with the program, the claim and the reason.
 */
#ifndef PLINTH_TEST_HARNESS_H
#define PLINTH_TEST_HARNESS_H

#define _XOPEN_SOURCE 700

#include <errno.h>
#include <ftw.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "plinth.h"

/* ---------------------------------------------------------------- counting and reporting */

static struct {
    const char *self;
    const char *claim;
    long claims, failed_claims, checks, failures, excepted;
    uint64_t random;
    char root[256];
    int paths;
    pthread_mutex_t lock;
} harness = {NULL, "", 0, 0, 0, 0, 0, 0, "", 0, PTHREAD_MUTEX_INITIALIZER};

static inline void harness_count(bool passed, const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Counts one check; a failed one is printed with its place and the library's own story. */
static inline void harness_count(bool passed, const char *file, int line, const char *format, ...) {
    pthread_mutex_lock(&harness.lock);
    harness.checks++;
    if (!passed) {
        va_list arguments;
        harness.failures++;
        va_start(arguments, format);
        printf("FAILED %s:%d in %s: ", file, line, harness.claim);
        vprintf(format, arguments);
        printf("\n       last error on this thread: %s\n", plinth_last_error());
        fflush(stdout);
        va_end(arguments);
    }
    pthread_mutex_unlock(&harness.lock);
}

static inline bool harness_check(bool passed, const char *text, const char *file, int line) {
    harness_count(passed, file, line, "%s", text);
    return passed;
}

static inline bool harness_code(plinth_error got, plinth_error want, const char *text, const char *file, int line) {
    harness_count(got == want, file, line, "%s\n       gave %" PRId32 " (%s), expected %" PRId32 " (%s)", text, got,
                  plinth_error_name(got), want, plinth_error_name(want));
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
#define STATIC_ASSERT(condition, text) __extension__ _Static_assert(condition, text)

/* ---------------------------------------------------------------- bytes */

/* A byte string; B("a\0b") makes one from a literal, zero bytes and all. */
typedef struct {
    const uint8_t *data;
    size_t len;
} bytes;

#define B(literal) ((bytes){(const uint8_t *)(literal), sizeof(literal) - 1})

static inline bytes bytes_of(const void *data, size_t len) {
    bytes made = {(const uint8_t *)data, len};
    return made;
}

/* Writes bytes as people read them into `out`, cut to its size. */
static inline void bytes_print(char *out, size_t size, const uint8_t *data, size_t len) {
    size_t at = 0;
    for (size_t i = 0; i < len && at + 5 < size; i++) {
        int printed = data[i] >= 0x20 && data[i] < 0x7f ? snprintf(out + at, size - at, "%c", data[i])
                                                        : snprintf(out + at, size - at, "\\x%02x", data[i]);
        at += (size_t)printed;
    }
    out[at] = 0;
}

static inline bool harness_bytes(const uint8_t *data, size_t len, bytes want, const char *text, const char *file, int line) {
    char got_text[200], want_text[200];
    bool same = data != NULL && len == want.len && (len == 0 || memcmp(data, want.data, len) == 0);
    bytes_print(got_text, sizeof got_text, data, data == NULL ? 0 : len);
    bytes_print(want_text, sizeof want_text, want.data, want.len);
    harness_count(same, file, line, "%s\n       is %s\"%s\" (%zu bytes), expected \"%s\" (%zu bytes)", text,
                  data == NULL ? "NULL " : "", got_text, len, want_text, want.len);
    return same;
}

/* ---------------------------------------------------------------- time, scale, randomness */

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

/* Whether an output is as it is left where there is nothing to tell. */
static inline bool is_zero(const void *object, size_t size) {
    const uint8_t *at = (const uint8_t *)object;
    for (size_t i = 0; i < size; i++) {
        if (at[i] != 0) {
            return false;
        }
    }
    return true;
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
        snprintf(harness.root, sizeof harness.root, "%s/plinth-test-XXXXXX", parent == NULL ? "/tmp" : parent);
        if (mkdtemp(harness.root) == NULL) {
            perror("mkdtemp");
            exit(2);
        }
    }
    snprintf(made.text, sizeof made.text, "%s/%d", harness.root, harness.paths++);
    return made;
}

static inline void write_file(const char *directory, const char *name, const char *content) {
    char full[640];
    FILE *file;
    snprintf(full, sizeof full, "%s/%s", directory, name);
    file = fopen(full, "w");
    if (!CHECK(file != NULL)) {
        return;
    }
    fputs(content, file);
    fclose(file);
}

/* ---------------------------------------------------------------- running claims */

/* Why a claim is none for the backend that is tested, or NULL. */
static inline const char *harness_exception(const char *claim) {
    static char line[512];
    const char *name = getenv("PLINTH_TEST_EXCEPT"), *self = strrchr(harness.self, '/'), *found = NULL;
    FILE *file = name == NULL ? NULL : fopen(name, "r");
    self = self == NULL ? harness.self : self + 1;
    self = strncmp(self, "shared_", 7) == 0 ? self + 7 : self;
    while (file != NULL && found == NULL && fgets(line, sizeof line, file) != NULL) {
        char *rest = strchr(line, ' '), *reason = rest == NULL ? NULL : strchr(rest + 1, ' ');
        if (reason != NULL) {
            *rest = *reason = 0;
            found = strcmp(line, self) == 0 && strcmp(rest + 1, claim) == 0 ? reason + 1 : NULL;
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return found;
}

static inline void harness_begin(int argc, char **argv) {
    const char *seed = getenv("PLINTH_TEST_SEED");
    (void)argc;
    harness.self = argv[0];
    harness.random = seed == NULL ? (uint64_t)time(NULL) * 1000003u + (uint64_t)getpid() : strtoull(seed, NULL, 10);
    printf("%s: seed %" PRIu64 ", library %s\n", argv[0], harness.random, plinth_version());
    fflush(stdout);
}

static inline void harness_run(const char *claim, void (*body)(void)) {
    const char *only = getenv("PLINTH_TEST_ONLY");
    long before = harness.failures;
    if (only != NULL && strstr(claim, only) == NULL) {
        return;
    }
    if (harness_exception(claim) != NULL) {
        printf("except %s: %s", claim, harness_exception(claim));
        harness.excepted++;
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
    return harness.failures == 0 && harness.claims + harness.excepted > 0 ? 0 : 1;
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

/* ---------------------------------------------------------------- the library in short words */

static inline plinth_database_options database_options(void) {
    plinth_database_options options;
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    return options;
}

/* Leaves nothing of what an earlier program did in the one cluster. */
static inline void empty_cluster(plinth_database *db) {
    plinth_transaction *tr = NULL;
    plinth_range names;
    CHECK_OK(plinth_keyspace_list(db, &names));
    for (size_t i = 1; i < names.count; i++) {
        char name[256] = "";
        memcpy(name, names.items[i].key, names.items[i].key_len);
        CHECK_OK(plinth_keyspace_drop(db, name));
    }
    plinth_range_free(&names);
    CHECK_OK(plinth_transaction_begin(db, &tr));
    CHECK_OK(plinth_transaction_clear_range(tr, NULL, NULL, 0, (const uint8_t *)"\xff", 1));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_destroy(tr));
}

static inline plinth_database *open_with(const char *where, const plinth_database_options *options) {
    plinth_database *db = NULL;
    const char *cluster = getenv("PLINTH_TEST_CLUSTER");
    path url;
    if (cluster != NULL && strcmp(cluster, "directories") == 0) {
        path directory = temporary_path();
        const char *name = strcmp(where, ":memory:") == 0 ? directory.text : where;
        mkdir(name, 0700);
        snprintf(url.text, sizeof url.text, "fdb:%.300s", name);
        where = url.text;
    } else if (cluster != NULL) {
        snprintf(url.text, sizeof url.text, "fdb:%.300s", cluster);
        where = url.text;
    }
    if (!CHECK_OK(plinth_database_open(where, options, &db))) {
        printf("cannot go on without the database %s\n", where);
        exit(1);
    }
    if (cluster != NULL && strcmp(cluster, "directories") != 0) {
        empty_cluster(db);
    }
    return db;
}

static inline plinth_database *open_memory(void) {
    return open_with(":memory:", NULL);
}

/* On disk, but without waiting for it: for tests of behaviour that commit very often. */
static inline plinth_database *open_buffered(const char *where) {
    plinth_database_options options = database_options();
    options.durability = PLINTH_DURABILITY_BUFFERED;
    return open_with(where, &options);
}

static inline plinth_transaction *begin(plinth_database *db) {
    plinth_transaction *tr = NULL;
    CHECK_OK(plinth_transaction_begin(db, &tr));
    return tr;
}

static inline void destroy(plinth_transaction *tr) {
    CHECK_OK(plinth_transaction_destroy(tr));
}

static inline plinth_error tr_set(plinth_transaction *tr, bytes key, bytes value) {
    return plinth_transaction_set(tr, NULL, key.data, key.len, value.data, value.len);
}

static inline plinth_error tr_clear(plinth_transaction *tr, bytes key) {
    return plinth_transaction_clear(tr, NULL, key.data, key.len);
}

static inline plinth_error tr_clear_range(plinth_transaction *tr, bytes from, bytes to) {
    return plinth_transaction_clear_range(tr, NULL, from.data, from.len, to.data, to.len);
}

/* A transaction on a database that holds just b, d and f, as the vectors of section 19 do. */
static inline plinth_transaction *seeded(plinth_database *db) {
    plinth_transaction *tr = begin(db);
    CHECK_OK(tr_clear_range(tr, B(""), B("\xff")));
    CHECK_OK(tr_set(tr, B("b"), B("2")));
    CHECK_OK(tr_set(tr, B("d"), B("4")));
    CHECK_OK(tr_set(tr, B("f"), B("6")));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_reset(tr));
    return tr;
}

static inline plinth_error tr_read_conflict(plinth_transaction *tr, bytes from, bytes to) {
    return plinth_transaction_add_read_conflict_range(tr, NULL, from.data, from.len, to.data, to.len);
}

static inline plinth_error tr_write_conflict(plinth_transaction *tr, bytes from, bytes to) {
    return plinth_transaction_add_write_conflict_range(tr, NULL, from.data, from.len, to.data, to.len);
}

/* Reads a key and drops the value: for its effect or its error. */
static inline plinth_error tr_touch_in(plinth_transaction *tr, plinth_keyspace *ks, bytes key, bool snapshot) {
    plinth_value value;
    plinth_error error = snapshot ? plinth_transaction_snapshot_get(tr, ks, key.data, key.len, &value)
                                  : plinth_transaction_get(tr, ks, key.data, key.len, &value);
    plinth_value_free(&value);
    return error;
}

static inline plinth_error tr_touch(plinth_transaction *tr, bytes key) {
    return tr_touch_in(tr, NULL, key, false);
}

/* Whether a key reads as `want`; a `want` of {NULL, 0} is "absent". */
static inline bool harness_value(plinth_transaction *tr, plinth_keyspace *ks, bytes key, bool snapshot, bytes want,
                                 const char *text, const char *file, int line) {
    plinth_value value;
    bool same;
    plinth_error error = snapshot ? plinth_transaction_snapshot_get(tr, ks, key.data, key.len, &value)
                                  : plinth_transaction_get(tr, ks, key.data, key.len, &value);
    if (!harness_code(error, 0, text, file, line)) {
        return false;
    }
    if (want.data == NULL) {
        char shown[200];
        bytes_print(shown, sizeof shown, value.data, value.len);
        same = value.data == NULL;
        harness_count(same, file, line, "%s is \"%s\", expected absent", text, shown);
    } else {
        same = harness_bytes(value.data, value.len, want, text, file, line);
    }
    plinth_value_free(&value);
    return same;
}

#define ABSENT ((bytes){NULL, 0})
#define CHECK_VALUE(tr, key, want) harness_value((tr), NULL, (key), false, (want), #key, __FILE__, __LINE__)
#define CHECK_VALUE_IN(tr, ks, key, want) harness_value((tr), (ks), (key), false, (want), #key, __FILE__, __LINE__)
#define CHECK_SNAPSHOT(tr, key, want) harness_value((tr), NULL, (key), true, (want), #key, __FILE__, __LINE__)

/* One blind write, committed. Returns its version. */
static inline int64_t put_in(plinth_database *db, plinth_keyspace *ks, bytes key, bytes value) {
    plinth_transaction *tr = begin(db);
    int64_t version = -1;
    CHECK_OK(plinth_transaction_set(tr, ks, key.data, key.len, value.data, value.len));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_get_committed_version(tr, &version));
    destroy(tr);
    return version;
}

static inline int64_t put(plinth_database *db, bytes key, bytes value) {
    return put_in(db, NULL, key, value);
}

/* Empties the default keyspace. */
static inline void empty(plinth_database *db) {
    plinth_transaction *tr = begin(db);
    CHECK_OK(tr_clear_range(tr, B(""), B("\xff")));
    CHECK_OK(plinth_transaction_commit(tr));
    destroy(tr);
}

static inline plinth_key_selector selector(bytes key, bool or_equal, int32_t offset) {
    plinth_key_selector made = {key.data, key.len, or_equal, offset};
    return made;
}

static inline plinth_key_selector at_or_after(bytes key) {
    return selector(key, false, 1);
}

static inline plinth_range_options range_options(int32_t limit, int64_t target_bytes, bool snapshot, bool reverse) {
    plinth_range_options made;
    memset(&made, 0, sizeof made);
    made.struct_size = sizeof made;
    made.limit = limit;
    made.target_bytes = target_bytes;
    made.snapshot = snapshot;
    made.reverse = reverse;
    return made;
}

/*
 * A range as text: "b=1 d=2", with " +" at the end if `more` is set, or "error 1007".
 * The text stays valid for seven more calls. Not for several threads.
 */
static inline const char *range_text(plinth_error error, const plinth_range *range) {
    static char texts[8][1024];
    static int next;
    char *text = texts[next++ % 8];
    size_t at = 0;
    text[0] = 0;
    if (error != 0) {
        snprintf(text, sizeof texts[0], "error %" PRId32, error);
        return text;
    }
    for (size_t i = 0; i < range->count && at + 300 < sizeof texts[0]; i++) {
        char key[128], value[128];
        bytes_print(key, sizeof key, range->items[i].key, range->items[i].key_len);
        bytes_print(value, sizeof value, range->items[i].value, range->items[i].value_len);
        at += (size_t)snprintf(text + at, sizeof texts[0] - at, "%s%s=%s", i == 0 ? "" : " ", key, value);
    }
    if (range->more) {
        snprintf(text + at, sizeof texts[0] - at, " +");
    }
    return text;
}

/* A range read as text. */
static inline const char *scan_in(plinth_transaction *tr, plinth_keyspace *ks, plinth_key_selector from,
                                  plinth_key_selector to, const plinth_range_options *options) {
    plinth_range range;
    plinth_error error = plinth_transaction_get_range(tr, ks, &from, &to, options, &range);
    const char *text = range_text(error, &range);
    plinth_range_free(&range);
    return text;
}

static inline const char *scan(plinth_transaction *tr, plinth_key_selector from, plinth_key_selector to,
                               const plinth_range_options *options) {
    return scan_in(tr, NULL, from, to, options);
}

/* A plain forward read of [from, to) as text. */
static inline const char *scan_keys(plinth_transaction *tr, bytes from, bytes to) {
    return scan(tr, at_or_after(from), at_or_after(to), NULL);
}

/* ---------------------------------------------------------------- asynchronous calls */

/* Seconds after which a callback that did not come counts as lost. Valgrind is slow. */
enum { CALLBACK_SECONDS = 120 };

/*
 * Where one asynchronous call answers: pass `on_value`, `on_range` or `on_done`, then the outcome,
 * then `on_finish`. The callbacks check that each comes once and in this order.
 */
typedef struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    long calls, finished;
    plinth_error error;
    plinth_value value;
    plinth_range range;
    plinth_values values;
    pthread_t thread;
    char story[256];
} outcome;

static inline void outcome_begin(outcome *o) {
    pthread_condattr_t clock;
    memset(o, 0, sizeof *o);
    pthread_mutex_init(&o->lock, NULL);
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&o->changed, &clock);
    pthread_condattr_destroy(&clock);
}

static inline void outcome_told(outcome *o, plinth_error error, const plinth_value *value, const plinth_range *range) {
    pthread_mutex_lock(&o->lock);
    CHECK_INT(o->calls, 0);
    CHECK_INT(o->finished, 0);
    o->calls++;
    o->error = error;
    o->thread = pthread_self();
    if (value != NULL) {
        CHECK(error == 0 || (value->data == NULL && value->len == 0 && value->owner == NULL));
        o->value = *value;
    }
    if (range != NULL) {
        CHECK(error == 0 || (range->items == NULL && range->count == 0 && !range->more && range->owner == NULL));
        o->range = *range;
    }
    if (error != 0) {
        snprintf(o->story, sizeof o->story, "%s", plinth_last_error());
    }
    pthread_cond_broadcast(&o->changed);
    pthread_mutex_unlock(&o->lock);
}

static inline void on_value(void *user, plinth_error error, plinth_value *value) {
    outcome_told((outcome *)user, error, value, NULL);
}

static inline void on_range(void *user, plinth_error error, plinth_range *range) {
    outcome_told((outcome *)user, error, NULL, range);
}

static inline void on_values(void *user, plinth_error error, plinth_values *values) {
    CHECK(error == 0 || (values->items == NULL && values->count == 0 && values->owner == NULL));
    ((outcome *)user)->values = *values;
    outcome_told((outcome *)user, error, NULL, NULL);
}

static inline void on_done(void *user, plinth_error error) {
    outcome_told((outcome *)user, error, NULL, NULL);
}

static inline void on_finish(void *user) {
    outcome *o = (outcome *)user;
    pthread_mutex_lock(&o->lock);
    CHECK_INT(o->calls, 1);
    CHECK_INT(o->finished, 0);
    o->finished++;
    pthread_cond_broadcast(&o->changed);
    pthread_mutex_unlock(&o->lock);
}

static inline struct timespec callback_deadline(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += CALLBACK_SECONDS;
    return at;
}

/* Whether the callback has run by now. */
static inline bool outcome_known(outcome *o) {
    bool known;
    pthread_mutex_lock(&o->lock);
    known = o->calls > 0;
    pthread_mutex_unlock(&o->lock);
    return known;
}

/* Waits for the finaliser and returns what the callback was told. Without it the program ends: the
   outcome must not be left to a callback that may still come. */
static inline plinth_error outcome_wait(outcome *o) {
    struct timespec deadline = callback_deadline();
    int late = 0;
    pthread_mutex_lock(&o->lock);
    while (o->finished == 0 && late == 0) {
        late = pthread_cond_timedwait(&o->changed, &o->lock, &deadline);
    }
    pthread_mutex_unlock(&o->lock);
    if (!CHECK(late == 0)) {
        exit(1);
    }
    return o->error;
}

/* Waits, frees what came, and returns what the callback was told. */
static inline plinth_error outcome_end(outcome *o) {
    plinth_error error = outcome_wait(o);
    plinth_value_free(&o->value);
    plinth_range_free(&o->range);
    plinth_values_free(&o->values);
    pthread_cond_destroy(&o->changed);
    pthread_mutex_destroy(&o->lock);
    return error;
}

static inline plinth_error tr_commit_async(plinth_transaction *tr) {
    outcome o;
    outcome_begin(&o);
    CHECK_OK(plinth_transaction_commit_async(tr, on_done, &o, on_finish));
    return outcome_end(&o);
}

/* ---------------------------------------------------------------- other processes */

/* Starts this program again with the arguments given (NULL ends them). Returns the pid. */
static inline pid_t spawn_self(const char *role, const char *first, const char *second, int output) {
    pid_t pid;
    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        if (output >= 0) {
            dup2(output, STDOUT_FILENO);
        }
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

#endif
