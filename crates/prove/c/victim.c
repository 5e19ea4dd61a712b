/*
 * The program that is killed, loses power and has its files fail: commits without end, and tells
 * what was acknowledged.
 *
 *     victim work DIR LIFE SEED THREADS [key=value...]
 *     victim dump DIR [key=value...]
 *     victim repair DIR
 *
 * A commit is known by its life, its thread and its number in that thread. In one transaction it
 *   - sets a record in each of four keyspaces, with its name in the key and in the checked value,
 *   - sets a key with its versionstamp, which stays for some lives,
 *   - adds one to a counter of all lives and to one of its life, in two keyspaces,
 *   - overwrites a key that all threads fight for,
 *   - clears the four records of its thread's commit WINDOW numbers ago;
 * and thread 0, which begins every life alone, also clears the ranges of lives that are KEPT lives ago.
 * So whatever is half applied, lost, doubled or out of order is visible in what is stored.
 *
 * Events of `work`, one line and one write each:
 *     open VERSION                                    the read version at opening
 *     a THREAD NUMBER VERSION ORDER DURABILITY        acknowledged; `s` synced or `b` buffered
 *     u THREAD NUMBER CODE                            committed or not, nobody knows
 *     f THREAD NUMBER CODE                            surely not committed
 *     x CODE WORDS                                    an open or a read failed
 *     r                                               with reads=1: a read went well after a failure
 *     closed CODE                                     the last line
 * SIGTERM ends the work in order. Options of `work`:
 *     budget=BYTES     memory budget of the database
 *     sync=PERCENT     share of synced commits, 50
 *     async=PERCENT    share of asynchronous commits, 10
 *     commits=N        commits to try in all before closing; 0, the default, for ever
 *     value=BYTES      length of a value at most, 600
 *     window=N         records that a thread leaves, 16
 *     exclusive=1      shares the directory with nobody
 *     reads=1          reads a record back after each failure
 *     pause=MS         waits after a failure, 5
 *     failures=N       failures in all before closing; 0, the default, for ever
 *     wait=1           begins to commit when a byte comes on standard input
 *
 * `dump` prints everything that is stored, then closes the database:
 *     version VERSION
 *     k KEYSPACE LIFE THREAD NUMBER                   a record
 *     t LIFE VERSION ORDER THREAD NUMBER              a versionstamped key
 *     h SLOT LIFE THREAD NUMBER                       who wrote a key that all fight for
 *     counter all|LIFE VALUE
 *     bad WORDS                                       whatever should not be so
 * With read_only=1 it changes nothing. `repair` prints `repaired VERSION ACKNOWLEDGED rebuilt|kept FILES BYTES`.
 *     end                                             it was all read, and the database closed in order
 */
#define _XOPEN_SOURCE 700

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "plinth.h"

enum { KEYSPACES = 4, KEPT = 4, SLOTS = 16, MOST_THREADS = 4096 };
enum { HEAD = 19, CHECKSUM = 8, LEAST_VALUE = HEAD + CHECKSUM, MOST_VALUE = 100000 };

static const char *const names[KEYSPACES] = {"default", "a", "b", "c"};

static struct {
    const char *directory;
    uint32_t life;
    uint64_t seed;
    int threads;
    uint64_t budget, sync, async, commits, value, window, exclusive, reads, pause, failures, wait, read_only;
} given = {.sync = 50, .async = 10, .value = 600, .window = 16, .pause = 5};

static plinth_database *database;
static plinth_keyspace *keyspaces[KEYSPACES];
static atomic_bool stopping;
static atomic_uint_fast64_t tried, failed;

/* ---------------------------------------------------------------- lines */

static void tell(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Writes one line with one call. Nobody reads any more: the end. */
static void tell(const char *format, ...) {
    char line[1000];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line - 1, format, arguments);
    va_end(arguments);
    if (length > (int)sizeof line - 2) {
        length = sizeof line - 2;
    }
    for (int at = 0; at < length; at++) {
        if (line[at] == '\n') {
            line[at] = ' ';
        }
    }
    line[length++] = '\n';
    ssize_t written;
    do {
        written = write(STDOUT_FILENO, line, (size_t)length);
    } while (written < 0 && errno == EINTR);
    if (written != length) {
        _exit(4);
    }
}

/* ---------------------------------------------------------------- bytes */

static uint8_t *big(uint8_t *at, uint64_t number, int bytes) {
    for (int i = bytes - 1; i >= 0; i--) {
        *at++ = (uint8_t)(number >> (8 * i));
    }
    return at;
}

static uint64_t from_big(const uint8_t *at, int bytes) {
    uint64_t number = 0;
    for (int i = 0; i < bytes; i++) {
        number = number << 8 | at[i];
    }
    return number;
}

static uint64_t mix(uint64_t x) {
    x ^= x >> 30;
    x *= UINT64_C(0xbf58476d1ce4e5b9);
    x ^= x >> 27;
    x *= UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static uint64_t checksum(const uint8_t *bytes, size_t length) {
    uint64_t sum = mix(length + 1), word;
    for (; length >= 8; bytes += 8, length -= 8) {
        memcpy(&word, bytes, 8);
        sum = mix(sum ^ word) + UINT64_C(0x9e3779b97f4a7c15);
    }
    word = 0;
    memcpy(&word, bytes, length);
    return mix(sum ^ word);
}

/* The name of a commit. */
typedef struct {
    uint32_t life, thread;
    uint64_t number;
} commit;

static size_t record_key(uint8_t *key, commit c) {
    uint8_t *at = key;
    *at++ = 'r';
    at = big(at, c.life, 4);
    at = big(at, c.thread, 2);
    return (size_t)(big(at, c.number, 8) - key);
}

/* `kind`, then the life: what is under it is cleared as one range. */
static size_t life_key(uint8_t *key, char kind, uint32_t life) {
    key[0] = (uint8_t)kind;
    return (size_t)(big(key + 1, life, 4) - key);
}

/* Name, place, length, then filling and a checksum of it all. Returns the length. */
static size_t make_value(uint8_t *value, commit c, int place, size_t length) {
    uint8_t *at = big(value, c.life, 4);
    at = big(at, c.thread, 2);
    at = big(at, c.number, 8);
    at = big(at, (uint64_t)place, 1);
    at = big(at, length, 4);
    uint64_t filling = mix(c.number ^ (uint64_t)c.life << 40 ^ (uint64_t)c.thread << 20 ^ (uint64_t)place);
    for (uint8_t *end = value + length - CHECKSUM; at < end; at++) {
        /* Half of it can be compressed. */
        filling = filling * 6364136223846793005u + 1442695040888963407u;
        *at = (at - value) & 1 ? (uint8_t)(filling >> 56) : 'p';
    }
    big(at, checksum(value, length - CHECKSUM), CHECKSUM);
    return length;
}

/* Whether a value is whole, and of this place. */
static bool read_value(const uint8_t *value, size_t length, int place, commit *out) {
    if (length < LEAST_VALUE || from_big(value + 15, 4) != length || value[14] != place) {
        return false;
    }
    *out = (commit){(uint32_t)from_big(value, 4), (uint32_t)from_big(value + 4, 2), from_big(value + 6, 8)};
    return from_big(value + length - CHECKSUM, CHECKSUM) == checksum(value, length - CHECKSUM);
}

enum { PLACE_STAMP = 100, PLACE_HOT = 101 };

/* ---------------------------------------------------------------- opening and closing */

static void fill_options(plinth_database_options *options) {
    memset(options, 0, sizeof *options);
    options->struct_size = sizeof *options;
    options->memory_budget = given.budget;
    options->exclusive = given.exclusive != 0;
    options->read_only = given.read_only != 0;
}

static void complain(plinth_error code, const char *what) {
    const char *story = plinth_last_error();
    /* A dump's lines are buffered, and end where the buffer does. */
    fflush(stdout);
    tell("x %" PRId32 " %s: %s", code, what, story == NULL ? "" : story);
}

static plinth_error open_all(void) {
    plinth_database_options options;
    fill_options(&options);
    plinth_error code = plinth_database_open(given.directory, &options, &database);
    for (int i = 1; code == 0 && i < KEYSPACES; i++) {
        code = plinth_keyspace_open(database, names[i], &keyspaces[i]);
    }
    if (code != 0) {
        complain(code, "open");
    }
    return code;
}

static plinth_error close_all(void) {
    for (int i = 1; i < KEYSPACES; i++) {
        if (keyspaces[i] != NULL) {
            plinth_keyspace_close(keyspaces[i]);
        }
    }
    return plinth_database_close(database);
}

static bool tell_version(const char *word) {
    plinth_transaction *tr = NULL;
    int64_t version = 0;
    plinth_error code = plinth_transaction_begin(database, &tr);
    if (code == 0) {
        code = plinth_transaction_get_read_version(tr, &version);
    }
    if (code != 0) {
        complain(code, "read version");
    } else {
        tell("%s %" PRId64, word, version);
    }
    if (tr != NULL) {
        plinth_transaction_destroy(tr);
    }
    return code == 0;
}

/* ---------------------------------------------------------------- commits */

typedef struct {
    uint32_t thread;
    uint64_t random;
    uint64_t number;
    /* The newest commit whose record was acknowledged. */
    uint64_t acknowledged;
    uint8_t *value;
    pthread_mutex_t lock;
    pthread_cond_t done;
    bool is_done;
    plinth_error outcome;
} worker;

static uint64_t draw(worker *w) {
    w->random += UINT64_C(0x9e3779b97f4a7c15);
    return mix(w->random);
}

static plinth_error put_records(plinth_transaction *tr, worker *w, commit c) {
    uint8_t key[64];
    plinth_error code = 0;
    for (int i = 0; code == 0 && i < KEYSPACES; i++) {
        size_t length = LEAST_VALUE + draw(w) % (given.value > LEAST_VALUE ? given.value - LEAST_VALUE + 1 : 1);
        make_value(w->value, c, i, length);
        code = plinth_transaction_set(tr, keyspaces[i], key, record_key(key, c), w->value, length);
    }
    if (c.number <= given.window) {
        return code;
    }
    commit old = c;
    old.number -= given.window;
    for (int i = 0; code == 0 && i < KEYSPACES; i++) {
        code = plinth_transaction_clear(tr, keyspaces[i], key, record_key(key, old));
    }
    return code;
}

static plinth_error put_marks(plinth_transaction *tr, worker *w, commit c) {
    static const uint8_t one[8] = {1};
    uint8_t key[64];
    size_t length = life_key(key, 's', c.life);
    memset(key + length, 0, 10);
    big(big(key + length + 10, c.thread, 2), c.number, 8);
    size_t value = make_value(w->value, c, PLACE_STAMP, LEAST_VALUE);
    plinth_error code = plinth_transaction_set_versionstamped_key(tr, keyspaces[1], key, length + 20, (uint32_t)length,
                                                                  w->value, value);
    if (code == 0) {
        code = plinth_transaction_atomic_op(tr, NULL, PLINTH_MUTATION_ADD, (const uint8_t *)"nall", 4, one, 8);
    }
    if (code == 0) {
        length = life_key(key, 'n', c.life);
        code = plinth_transaction_atomic_op(tr, keyspaces[2], PLINTH_MUTATION_ADD, key, length, one, 8);
    }
    if (code == 0) {
        uint8_t hot[2] = {'h', (uint8_t)(c.number % SLOTS)};
        value = make_value(w->value, c, PLACE_HOT, LEAST_VALUE);
        code = plinth_transaction_set(tr, keyspaces[3], hot, 2, w->value, value);
    }
    return code;
}

/* Clears what was left by lives that are long over. */
static plinth_error clear_old(plinth_transaction *tr) {
    uint8_t begin[8], end[8];
    plinth_error code = 0;
    if (given.life < KEPT) {
        return 0;
    }
    for (int i = 0; code == 0 && i < KEYSPACES; i++) {
        for (const char *kind = "rsn"; code == 0 && *kind != 0; kind++) {
            size_t length = life_key(begin, *kind, 0);
            life_key(end, *kind, given.life - KEPT + 1);
            code = plinth_transaction_clear_range(tr, keyspaces[i], begin, length, end, length);
        }
    }
    return code;
}

static void when_done(void *user, plinth_error outcome) {
    worker *w = user;
    pthread_mutex_lock(&w->lock);
    w->outcome = outcome;
    w->is_done = true;
    pthread_cond_signal(&w->done);
    pthread_mutex_unlock(&w->lock);
}

static plinth_error commit_now(plinth_transaction *tr, worker *w) {
    if (draw(w) % 100 >= given.async) {
        return plinth_transaction_commit(tr);
    }
    w->is_done = false;
    plinth_error code = plinth_transaction_commit_async(tr, when_done, w, NULL);
    if (code != 0) {
        return code;
    }
    pthread_mutex_lock(&w->lock);
    while (!w->is_done) {
        pthread_cond_wait(&w->done, &w->lock);
    }
    pthread_mutex_unlock(&w->lock);
    return w->outcome;
}

static void read_back(worker *w) {
    plinth_transaction *tr = NULL;
    plinth_value value = {0};
    uint8_t key[64];
    commit c = {given.life, w->thread, w->acknowledged}, found = {0};
    plinth_error code = plinth_transaction_begin(database, &tr);
    if (code == 0) {
        code = plinth_transaction_get(tr, NULL, key, record_key(key, c), &value);
    }
    if (code != 0) {
        complain(code, "read");
    } else if (w->acknowledged == 0) {
        tell("r");
    } else if (value.data == NULL || !read_value(value.data, value.len, 0, &found) || found.number != c.number) {
        tell("x 0 an acknowledged record is not as it was written");
    } else {
        tell("r");
    }
    plinth_value_free(&value);
    if (tr != NULL) {
        plinth_transaction_destroy(tr);
    }
}

static void after_failure(worker *w) {
    if (atomic_fetch_add(&failed, 1) + 1 >= given.failures && given.failures != 0) {
        atomic_store(&stopping, true);
    }
    if (given.reads != 0) {
        read_back(w);
    }
    struct timespec pause = {(time_t)(given.pause / 1000), (long)(given.pause % 1000) * 1000000};
    nanosleep(&pause, NULL);
}

/* Tells what became of a commit. Returns whether it was acknowledged. */
static bool tell_outcome(plinth_transaction *tr, worker *w, plinth_error code, bool sync) {
    if (code == 0) {
        int64_t version = 0;
        uint8_t stamp[10] = {0};
        plinth_error asked = plinth_transaction_get_committed_version(tr, &version);
        if (asked == 0) {
            asked = plinth_transaction_get_versionstamp(tr, stamp);
        }
        if (asked != 0) {
            complain(asked, "committed version");
        }
        if (from_big(stamp, 8) != (uint64_t)version) {
            tell("x 0 versionstamp %" PRIu64 " of a commit at version %" PRId64, from_big(stamp, 8), version);
        }
        tell("a %" PRIu32 " %" PRIu64 " %" PRId64 " %" PRIu64 " %c", w->thread, w->number, version,
             from_big(stamp + 8, 2), sync ? 's' : 'b');
        w->acknowledged = w->number;
        return true;
    }
    tell("%c %" PRIu32 " %" PRIu64 " %" PRId32, plinth_error_is_maybe_committed(code) ? 'u' : 'f', w->thread,
         w->number, code);
    return false;
}

/* Tries one commit. Returns whether it was acknowledged. */
static bool try_one(worker *w) {
    plinth_transaction *tr = NULL;
    commit c = {given.life, w->thread, ++w->number};
    bool sync = draw(w) % 100 < given.sync;
    plinth_error code = plinth_transaction_begin(database, &tr);
    if (code == 0) {
        code = plinth_transaction_set_option(tr, PLINTH_OPTION_DURABILITY,
                                             sync ? PLINTH_DURABILITY_SYNC : PLINTH_DURABILITY_BUFFERED);
    }
    if (code == 0 && w->thread == 0) {
        code = clear_old(tr);
    }
    if (code == 0) {
        code = put_records(tr, w, c);
    }
    if (code == 0) {
        code = put_marks(tr, w, c);
    }
    /* What failed before the commit did not begin one. */
    bool acknowledged = false;
    if (code != 0) {
        tell("f %" PRIu32 " %" PRIu64 " %" PRId32, w->thread, w->number, code);
    } else {
        code = commit_now(tr, w);
        acknowledged = tell_outcome(tr, w, code, sync);
    }
    if (tr != NULL) {
        plinth_transaction_destroy(tr);
    }
    if (!acknowledged) {
        after_failure(w);
    }
    return acknowledged;
}

static bool may_go_on(void) {
    return !atomic_load(&stopping) && (given.commits == 0 || atomic_fetch_add(&tried, 1) < given.commits);
}

static bool worker_begin(worker *w, uint32_t thread) {
    memset(w, 0, sizeof *w);
    w->thread = thread;
    w->random = mix(given.seed ^ (uint64_t)given.life << 32 ^ thread);
    w->value = malloc(given.value > LEAST_VALUE ? given.value : LEAST_VALUE);
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->done, NULL);
    return w->value != NULL;
}

static void *work(void *argument) {
    worker *w = argument;
    while (may_go_on()) {
        try_one(w);
    }
    return NULL;
}

static void stop(int number) {
    (void)number;
    atomic_store(&stopping, true);
}

static int work_and_tell(void) {
    static worker workers[MOST_THREADS + 1];
    static pthread_t threads[MOST_THREADS + 1];
    struct sigaction action = {.sa_handler = stop};
    sigaction(SIGTERM, &action, NULL);
    if (open_all() != 0 || !tell_version("open")) {
        return 3;
    }
    if (!worker_begin(&workers[0], 0)) {
        return 4;
    }
    char byte;
    if (given.wait != 0 && read(STDIN_FILENO, &byte, 1) != 1) {
        return 4;
    }
    /* The old is cleared before anything new is written. */
    while (may_go_on() && !try_one(&workers[0])) {
    }
    int started = 0;
    for (int i = 1; i <= given.threads; i++) {
        if (!worker_begin(&workers[i], (uint32_t)i) || pthread_create(&threads[i], NULL, work, &workers[i]) != 0) {
            tell("x 0 no memory or no thread");
            break;
        }
        started = i;
    }
    for (int i = 1; i <= started; i++) {
        pthread_join(threads[i], NULL);
    }
    plinth_error code = close_all();
    tell("closed %" PRId32, code);
    return code == 0 ? 0 : 3;
}

/* ---------------------------------------------------------------- dump */

static uint64_t records;

static void bad(int place, const plinth_key_value *pair, const char *why) {
    char key[2 * 30 + 1] = "";
    for (size_t i = 0; i < pair->key_len && i < 30; i++) {
        snprintf(key + 2 * i, 3, "%02x", pair->key[i]);
    }
    printf("bad %s: keyspace %s, key %s, value of %zu bytes\n", why, names[place], key, pair->value_len);
}

static bool same(commit a, commit b) {
    return a.life == b.life && a.thread == b.thread && a.number == b.number;
}

/* A read of one key must say what the read of the range said. */
static bool read_one(plinth_transaction *tr, int place, const plinth_key_value *pair) {
    plinth_value value = {0};
    plinth_error code = plinth_transaction_get(tr, keyspaces[place], pair->key, pair->key_len, &value);
    if (code != 0) {
        complain(code, "read");
        return false;
    }
    if (value.data == NULL || value.len != pair->value_len || memcmp(value.data, pair->value, value.len) != 0) {
        bad(place, pair, "read alone it is different");
    }
    plinth_value_free(&value);
    return true;
}

static void print_pair(int place, const plinth_key_value *pair) {
    const uint8_t *key = pair->key, *value = pair->value;
    size_t key_len = pair->key_len;
    char kind = key_len == 0 ? 0 : (char)key[0];
    commit c = {0}, of_key = {0};
    if (kind == 'n' && pair->value_len == 8 && (place == 0 || key_len == 5)) {
        uint64_t count = 0;
        for (int i = 7; i >= 0; i--) {
            count = count << 8 | value[i];
        }
        if (place == 0 && key_len == 4 && memcmp(key, "nall", 4) == 0) {
            printf("counter all %" PRIu64 "\n", count);
            return;
        }
        if (place == 2) {
            printf("counter %" PRIu64 " %" PRIu64 "\n", from_big(key + 1, 4), count);
            return;
        }
    }
    int shape = kind == 's' ? PLACE_STAMP : kind == 'h' ? PLACE_HOT : place;
    if (!read_value(value, pair->value_len, shape, &c)) {
        bad(place, pair, "not a value of ours, or changed");
    } else if (kind == 'r' && key_len == 15) {
        of_key = (commit){(uint32_t)from_big(key + 1, 4), (uint32_t)from_big(key + 5, 2), from_big(key + 7, 8)};
        if (!same(c, of_key)) {
            bad(place, pair, "a value of another key");
        } else {
            printf("k %d %" PRIu32 " %" PRIu32 " %" PRIu64 "\n", place, c.life, c.thread, c.number);
        }
    } else if (kind == 's' && key_len == 25 && place == 1) {
        of_key = (commit){(uint32_t)from_big(key + 1, 4), (uint32_t)from_big(key + 15, 2), from_big(key + 17, 8)};
        if (!same(c, of_key)) {
            bad(place, pair, "a value of another key");
        } else {
            printf("t %" PRIu32 " %" PRIu64 " %" PRIu64 " %" PRIu32 " %" PRIu64 "\n", c.life, from_big(key + 5, 8),
                   from_big(key + 13, 2), c.thread, c.number);
        }
    } else if (kind == 'h' && key_len == 2 && place == 3 && key[1] == c.number % SLOTS) {
        printf("h %u %" PRIu32 " %" PRIu32 " %" PRIu64 "\n", key[1], c.life, c.thread, c.number);
    } else {
        bad(place, pair, "not a key of ours");
    }
}

static plinth_error dump_keyspace(plinth_transaction *tr, int place) {
    plinth_range_options options = {.struct_size = sizeof options, .target_bytes = 1 << 20, .snapshot = true};
    plinth_key_selector begin = {(const uint8_t *)"", 0, false, 1}, end = {(const uint8_t *)"\xff", 1, false, 1};
    static uint8_t last[10000];
    for (bool more = true; more;) {
        plinth_range range = {0};
        plinth_error code = plinth_transaction_get_range(tr, keyspaces[place], &begin, &end, &options, &range);
        if (code != 0) {
            complain(code, "read");
            return code;
        }
        for (size_t i = 0; i < range.count; i++) {
            print_pair(place, &range.items[i]);
            if (++records % 8 == 0 && !read_one(tr, place, &range.items[i])) {
                return 1;
            }
        }
        more = range.more && range.count > 0;
        if (more) {
            const plinth_key_value *pair = &range.items[range.count - 1];
            memcpy(last, pair->key, pair->key_len);
            begin = (plinth_key_selector){last, pair->key_len, true, 1};
        }
        plinth_range_free(&range);
    }
    return 0;
}

/* Opens the keyspaces that there are, and makes none. */
static plinth_error open_what_is_there(bool *is_there) {
    plinth_range list = {0};
    plinth_error code = plinth_keyspace_list(database, &list);
    is_there[0] = true;
    for (int i = 1; code == 0 && i < KEYSPACES; i++) {
        for (size_t at = 0; at < list.count && !is_there[i]; at++) {
            const plinth_key_value *item = &list.items[at];
            is_there[i] = item->key_len == strlen(names[i]) && memcmp(item->key, names[i], item->key_len) == 0;
        }
        if (is_there[i]) {
            code = plinth_keyspace_open(database, names[i], &keyspaces[i]);
        }
    }
    plinth_range_free(&list);
    return code;
}

static int dump(void) {
    plinth_database_options options;
    bool is_there[KEYSPACES] = {0};
    fill_options(&options);
    options.window_ms = 600000;
    setvbuf(stdout, NULL, _IOFBF, 1 << 16);
    plinth_error code = plinth_database_open(given.directory, &options, &database);
    if (code == 0) {
        code = open_what_is_there(is_there);
    }
    if (code != 0) {
        complain(code, "open");
        return 3;
    }
    plinth_transaction *tr = NULL;
    int64_t version = 0;
    code = plinth_transaction_begin(database, &tr);
    if (code == 0) {
        code = plinth_transaction_get_read_version(tr, &version);
    }
    if (code != 0) {
        complain(code, "read version");
        return 3;
    }
    printf("version %" PRId64 "\n", version);
    for (int i = 0; code == 0 && i < KEYSPACES; i++) {
        code = is_there[i] ? dump_keyspace(tr, i) : 0;
    }
    fflush(stdout);
    plinth_transaction_destroy(tr);
    plinth_error closed = close_all();
    if (closed != 0) {
        complain(closed, "close");
    }
    if (code == 0 && closed == 0) {
        puts("end");
        fflush(stdout);
    }
    return code == 0 && closed == 0 ? 0 : 3;
}

static int repair(void) {
    plinth_repaired out;
    plinth_error code = plinth_database_repair(given.directory, &out, sizeof out);
    if (code != 0) {
        complain(code, "repair");
        return 3;
    }
    printf("repaired %" PRId64 " %" PRId64 " %s %" PRIu64 " %" PRIu64 "\n", out.version, out.acknowledged,
           out.rebuilt != 0 ? "rebuilt" : "kept", out.lost_files, out.lost_bytes);
    return 0;
}

/* ---------------------------------------------------------------- arguments */

static bool take_option(const char *text) {
    const struct {
        const char *name;
        uint64_t *place;
    } all[] = {
        {"budget", &given.budget},       {"sync", &given.sync},     {"async", &given.async},
        {"commits", &given.commits},     {"value", &given.value},   {"window", &given.window},
        {"exclusive", &given.exclusive}, {"reads", &given.reads},   {"pause", &given.pause},
        {"failures", &given.failures},   {"wait", &given.wait},
        {"read_only", &given.read_only},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        size_t length = strlen(all[i].name);
        if (strncmp(text, all[i].name, length) == 0 && text[length] == '=') {
            char *end;
            *all[i].place = strtoull(text + length + 1, &end, 10);
            return *end == 0;
        }
    }
    return false;
}

int main(int argc, char **argv) {
    bool is_dump = argc >= 3 && strcmp(argv[1], "dump") == 0;
    bool is_work = argc >= 6 && strcmp(argv[1], "work") == 0;
    bool is_repair = argc >= 3 && strcmp(argv[1], "repair") == 0;
    bool is_good = is_dump || is_work || is_repair;
    if (is_work) {
        given.life = (uint32_t)strtoul(argv[3], NULL, 10);
        given.seed = strtoull(argv[4], NULL, 10);
        given.threads = atoi(argv[5]);
    }
    for (int i = is_work ? 6 : 3; is_good && i < argc; i++) {
        is_good = take_option(argv[i]);
    }
    if (!is_good || given.threads < 0 || given.threads > MOST_THREADS || given.value > MOST_VALUE ||
        given.window == 0) {
        fprintf(stderr, "usage: victim work DIR LIFE SEED THREADS [key=value...]"
                        " | victim dump DIR [key=value...] | victim repair DIR\n");
        return 2;
    }
    given.directory = argv[2];
    return is_repair ? repair() : is_dump ? dump() : work_and_tell();
}
