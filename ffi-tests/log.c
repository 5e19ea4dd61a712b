/*
 * The log callback: what is told, to whom, and until when. A callback may do anything, and one that
 * never returns stops nobody. (Designs D7, D12)
 */
#include "harness.h"

/* ------------------------------------------------------------------ what was heard */

#define MOST 4096

typedef struct {
    pthread_mutex_t lock;
    long calls, running, at_once;
    char texts[MOST][400];
} heard;

static heard all = {PTHREAD_MUTEX_INITIALIZER, 0, 0, 0, {{0}}};

/* Writes a record as "module level field=value...". */
static void write_down(char *out, size_t size, const plinth_log_record *record) {
    size_t at = (size_t)snprintf(out, size, "%s %d %s", record->module, (int)record->level, record->message);
    for (size_t i = 0; i < record->field_count && at < size; i++) {
        at += (size_t)snprintf(out + at, size - at, " %s=%s", record->fields[i].name, record->fields[i].value);
    }
}

static void hear(void *context, const plinth_log_record *record) {
    heard *to = context;
    pthread_mutex_lock(&to->lock);
    to->running++;
    to->at_once += to->running > 1;
    if (to->calls < MOST) {
        write_down(to->texts[to->calls], sizeof to->texts[0], record);
    }
    to->calls++;
    to->running--;
    pthread_mutex_unlock(&to->lock);
}

static long count_of(const char *text) {
    long found = 0;
    pthread_mutex_lock(&all.lock);
    for (long i = 0; i < all.calls && i < MOST; i++) {
        found += strstr(all.texts[i], text) != NULL;
    }
    pthread_mutex_unlock(&all.lock);
    return found;
}

static void forget(void) {
    pthread_mutex_lock(&all.lock);
    all.calls = 0;
    pthread_mutex_unlock(&all.lock);
}

static void off(void) {
    CHECK_OK(plinth_set_log_callback(0, NULL, NULL));
}

/* ------------------------------------------------------------------ claims */

static void an_open_and_a_close_are_told_with_their_fields(void) {
    plinth_database *db;
    path where = temporary_path();
    char name[400];
    forget();
    CHECK_OK(plinth_set_log_callback(PLINTH_LOG_INFO, hear, &all));
    CHECK_OK(plinth_database_open(where.text, NULL, &db));
    CHECK_OK(plinth_database_close(db));
    /* What was said is heard before the callback is gone. */
    off();
    snprintf(name, sizeof name, "database=%s", where.text);
    CHECK_INT(count_of(name), 2);
    CHECK_INT(count_of("open 3 the database is open"), 1);
    CHECK_INT(count_of("open 3 the database is closed"), 1);
    CHECK_INT(count_of("took_ms="), 2);
    CHECK_INT(count_of("log_bytes=0"), 1);
    CHECK_INT(all.at_once, 0);
}

static void an_open_that_fails_is_told_as_an_error(void) {
    plinth_database *db;
    plinth_database_options options;
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    options.must_exist = true;
    path where = temporary_path();
    CHECK_OK(plinth_database_open(where.text, NULL, &db));
    CHECK_OK(plinth_database_close(db));
    char damaged[400];
    snprintf(damaged, sizeof damaged, "%s/CURRENT", where.text);
    FILE *file = fopen(damaged, "w");
    CHECK(file != NULL && fputs("rubbish\n", file) >= 0 && fclose(file) == 0);
    forget();
    CHECK_OK(plinth_set_log_callback(PLINTH_LOG_ERROR, hear, &all));
    CHECK(plinth_database_open(where.text, &options, &db) != 0);
    off();
    CHECK_INT(count_of("open 1 the database can't be opened"), 1);
    CHECK(count_of(" code=") >= 1);
}

static void nothing_below_the_level_is_told(void) {
    plinth_database *db;
    forget();
    CHECK_OK(plinth_set_log_callback(PLINTH_LOG_WARNING, hear, &all));
    CHECK_OK(plinth_database_open(":memory:", NULL, &db));
    CHECK_OK(plinth_database_close(db));
    off();
    CHECK_TEXT(all.calls == 0 ? "" : all.texts[0], "");
}

static void rocksdb_is_heard_at_debug(void) {
    plinth_database *db;
    plinth_transaction *tr;
    path where = temporary_path();
    forget();
    CHECK_OK(plinth_set_log_callback(PLINTH_LOG_DEBUG, hear, &all));
    CHECK_OK(plinth_database_open(where.text, NULL, &db));
    CHECK_OK(plinth_transaction_begin(db, &tr));
    CHECK_OK(plinth_transaction_set(tr, NULL, (const uint8_t *)"very-secret-key", 15, (const uint8_t *)"very-secret-value", 17));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_destroy(tr));
    CHECK_OK(plinth_database_close(db));
    /* The log is replayed, and flushed to a table. */
    CHECK_OK(plinth_database_open(where.text, NULL, &db));
    CHECK_OK(plinth_database_close(db));
    off();
    CHECK(count_of("rocksdb 4 ") > 0);
    CHECK_INT(count_of("very-secret"), 0);
}

static void a_level_that_does_not_exist_is_refused(void) {
    const int32_t wrong[] = {0, 5, -1, 255, 256, 512 + 3, INT32_MIN, INT32_MAX};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        CHECK_CODE(plinth_set_log_callback(wrong[i], hear, &all), PLINTH_ERROR_INVALID_OPTION_VALUE);
    }
    CHECK_OK(plinth_set_log_callback(PLINTH_LOG_INFO + PLINTH_LOG_WITH_KEYS, hear, &all));
    off();
    off();
}

/* ------------------------------------------------------------------ a callback that calls */

static long inner_opens;

static void calls_back(void *context, const plinth_log_record *record) {
    plinth_database *db;
    (void)record;
    if (__atomic_add_fetch(&inner_opens, 1, __ATOMIC_SEQ_CST) <= 3) {
        /* What this says is heard later, never inside this call. */
        CHECK_OK(plinth_database_open(":memory:", NULL, &db));
        CHECK_OK(plinth_database_close(db));
    }
    if (__atomic_load_n(&inner_opens, __ATOMIC_SEQ_CST) == 8) {
        /* Takes itself away: this call is the last. */
        CHECK_OK(plinth_set_log_callback(0, NULL, NULL));
        __atomic_store_n((long *)context, 1, __ATOMIC_SEQ_CST);
    }
}

static void a_callback_may_open_databases_and_take_itself_away(void) {
    plinth_database *db;
    long gone = 0;
    double until = now_ms() + 20000;
    inner_opens = 0;
    CHECK_OK(plinth_set_log_callback(PLINTH_LOG_INFO, calls_back, &gone));
    CHECK_OK(plinth_database_open(":memory:", NULL, &db));
    CHECK_OK(plinth_database_close(db));
    while (!__atomic_load_n(&gone, __ATOMIC_SEQ_CST) && now_ms() < until) {
        breathe();
    }
    CHECK_INT(gone, 1);
    CHECK_OK(plinth_database_open(":memory:", NULL, &db));
    CHECK_OK(plinth_database_close(db));
    off();
    CHECK_INT(inner_opens, 8);
}

/* ------------------------------------------------------------------ a callback that does not return */

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static long stuck;

static void sticks(void *context, const plinth_log_record *record) {
    (void)context, (void)record;
    __atomic_add_fetch(&stuck, 1, __ATOMIC_SEQ_CST);
    pthread_mutex_lock(&gate);
    pthread_mutex_unlock(&gate);
}

static void a_callback_that_does_not_return_stops_nobody(void) {
    plinth_database *db;
    plinth_transaction *tr;
    double until = now_ms() + 20000;
    pthread_mutex_lock(&gate);
    CHECK_OK(plinth_set_log_callback(PLINTH_LOG_DEBUG, sticks, NULL));
    CHECK_OK(plinth_database_open(":memory:", NULL, &db));
    while (__atomic_load_n(&stuck, __ATOMIC_SEQ_CST) == 0 && now_ms() < until) {
        breathe();
    }
    CHECK_INT(stuck, 1);
    for (long i = 0; i < scaled(300); i++) {
        plinth_database *other;
        CHECK_OK(plinth_transaction_begin(db, &tr));
        CHECK_OK(plinth_transaction_set(tr, NULL, (const uint8_t *)"key", 3, (const uint8_t *)&i, sizeof i));
        CHECK_OK(plinth_transaction_commit(tr));
        CHECK_OK(plinth_transaction_destroy(tr));
        if (i % 50 == 0) {
            CHECK_OK(plinth_database_open(":memory:", NULL, &other));
            CHECK_OK(plinth_database_close(other));
        }
    }
    CHECK_OK(plinth_database_close(db));
    pthread_mutex_unlock(&gate);
    off();
}

/* ------------------------------------------------------------------ set and taken away by many */

typedef struct {
    long dead, late, calls;
} listener;

static void listens(void *context, const plinth_log_record *record) {
    listener *me = context;
    (void)record;
    __atomic_add_fetch(&me->calls, 1, __ATOMIC_SEQ_CST);
    __atomic_add_fetch(&me->late, __atomic_load_n(&me->dead, __ATOMIC_SEQ_CST), __ATOMIC_SEQ_CST);
}

static long stop;

static void *talks(void *unused) {
    (void)unused;
    while (!__atomic_load_n(&stop, __ATOMIC_SEQ_CST)) {
        plinth_database *db;
        CHECK_OK(plinth_database_open(":memory:", NULL, &db));
        CHECK_OK(plinth_database_close(db));
    }
    return NULL;
}

/* The only one that sets: once the next one is set, the one before is dead, and its memory is freed. */
static void no_call_comes_after_another_callback_was_set(void) {
    pthread_t talkers[2];
    listener *before = NULL;
    long late = 0, calls = 0;
    double until = now_ms() + 2000;
    stop = 0;
    for (int i = 0; i < 2; i++) {
        CHECK(pthread_create(&talkers[i], NULL, talks, NULL) == 0);
    }
    for (long round = 0; round < scaled(2000) || now_ms() < until; round++) {
        listener *next = calloc(1, sizeof *next);
        CHECK_OK(plinth_set_log_callback(PLINTH_LOG_DEBUG, round % 3 == 2 ? NULL : listens, next));
        if (before != NULL) {
            __atomic_store_n(&before->dead, 1, __ATOMIC_SEQ_CST);
            late += __atomic_load_n(&before->late, __ATOMIC_SEQ_CST);
            calls += __atomic_load_n(&before->calls, __ATOMIC_SEQ_CST);
            free(before);
        }
        before = next;
        if (now_ms() > until + 10000) {
            break;
        }
    }
    off();
    free(before);
    __atomic_store_n(&stop, 1, __ATOMIC_SEQ_CST);
    for (int i = 0; i < 2; i++) {
        CHECK(pthread_join(talkers[i], NULL) == 0);
    }
    CHECK_INT(late, 0);
    CHECK(calls > 0);
}

static void *sets(void *context) {
    for (long i = 0; i < scaled(300); i++) {
        CHECK_OK(plinth_set_log_callback(PLINTH_LOG_DEBUG, i % 2 == 0 ? hear : NULL, context));
    }
    return NULL;
}

static void many_threads_may_set_at_once(void) {
    pthread_t setters[4], talker;
    stop = 0;
    CHECK(pthread_create(&talker, NULL, talks, NULL) == 0);
    for (int i = 0; i < 4; i++) {
        CHECK(pthread_create(&setters[i], NULL, sets, &all) == 0);
    }
    for (int i = 0; i < 4; i++) {
        CHECK(pthread_join(setters[i], NULL) == 0);
    }
    __atomic_store_n(&stop, 1, __ATOMIC_SEQ_CST);
    CHECK(pthread_join(talker, NULL) == 0);
    off();
}

/* ------------------------------------------------------------------ too much */

/* RocksDB says a hundred things about each keyspace when a database is opened. */
static void too_much_is_cut_and_counted(void) {
    enum { KEYSPACES = 20, AT_ONCE = 200, EACH_SECOND = 20 };
    path where = temporary_path();
    plinth_database *db;
    CHECK_OK(plinth_database_open(where.text, NULL, &db));
    for (int i = 0; i < KEYSPACES; i++) {
        char name[16];
        plinth_keyspace *ks;
        snprintf(name, sizeof name, "ks%d", i);
        CHECK_OK(plinth_keyspace_open(db, name, &ks));
        CHECK_OK(plinth_keyspace_close(ks));
    }
    CHECK_OK(plinth_database_close(db));

    forget();
    double began = now_ms();
    CHECK_OK(plinth_set_log_callback(PLINTH_LOG_DEBUG, hear, &all));
    CHECK_OK(plinth_database_open(where.text, NULL, &db));
    CHECK_OK(plinth_database_close(db));
    off();
    long seconds = (long)((now_ms() - began) / 1000);
    CHECK(count_of("rocksdb 4 ") > 0 && count_of("rocksdb 4 ") <= AT_ONCE + EACH_SECOND * (seconds + 1));
    CHECK(count_of("rocksdb 2 ") > 0 && count_of(" left_out=") > 0);
    CHECK_INT(count_of("open 3 the database is open"), 1);
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    RUN(an_open_and_a_close_are_told_with_their_fields);
    RUN(an_open_that_fails_is_told_as_an_error);
    RUN(nothing_below_the_level_is_told);
    RUN(rocksdb_is_heard_at_debug);
    RUN(a_level_that_does_not_exist_is_refused);
    RUN(a_callback_may_open_databases_and_take_itself_away);
    RUN(a_callback_that_does_not_return_stops_nobody);
    RUN(no_call_comes_after_another_callback_was_set);
    RUN(many_threads_may_set_at_once);
    RUN(too_much_is_cut_and_counted);
    return harness_end();
}
