/*
 * A locked database: who is refused, who waits and how long, that nothing is committed behind the lock, and that it
 * outlives a kill. (COM-5, ERRH-1)
 */
#include "harness.h"

#include <sched.h>
#include <signal.h>

#define WRITERS 16

static const uint8_t mine[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
static const uint8_t other[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 17};

static plinth_transaction *begin_with(plinth_database *db, int32_t option) {
    plinth_transaction *tr = begin(db);
    CHECK_OK(plinth_transaction_set_option(tr, option, 0));
    return tr;
}

static plinth_error set_and_commit(plinth_transaction *tr, const char *key) {
    plinth_error error = plinth_transaction_set(tr, NULL, (const uint8_t *)key, strlen(key), (const uint8_t *)"v", 1);
    return error != 0 ? error : plinth_transaction_commit(tr);
}

/* A blind write in a transaction of its own. */
static plinth_error write_once(plinth_database *db, const char *key) {
    plinth_transaction *tr = begin(db);
    plinth_error error = set_and_commit(tr, key);
    destroy(tr);
    return error;
}

static plinth_error read_once(plinth_transaction *tr) {
    plinth_value value;
    plinth_error error = plinth_transaction_get(tr, NULL, (const uint8_t *)"k", 1, &value);
    plinth_value_free(&value);
    return error;
}

static void check_locked(plinth_database *db, const uint8_t *by) {
    bool locked = by == NULL;
    uint8_t id[16], zeros[16] = {0};
    memset(id, 0xab, sizeof id);
    CHECK_OK(plinth_database_is_locked(db, &locked, id));
    CHECK(locked == (by != NULL) && memcmp(id, by == NULL ? zeros : by, sizeof id) == 0);
    CHECK_OK(plinth_database_is_locked(db, &locked, NULL));
    CHECK(locked == (by != NULL));
}

static void a_locked_database_refuses_who_does_not_know_com5(void) {
    path where = temporary_path();
    plinth_database *db = open_with(where.text, NULL);
    plinth_transaction *early = begin(db), *late = begin(db);
    CHECK_OK(write_once(db, "k"));
    check_locked(db, NULL);
    CHECK_OK(read_once(early));
    CHECK_OK(plinth_database_lock(db, mine, 16));
    check_locked(db, mine);
    CHECK_OK(plinth_database_lock(db, mine, 16));
    CHECK_CODE(plinth_database_lock(db, other, 16), PLINTH_ERROR_DATABASE_LOCKED);
    CHECK_CODE(plinth_database_unlock(db, other, 16), PLINTH_ERROR_DATABASE_LOCKED);
    check_locked(db, mine);
    CHECK_CODE(read_once(late), PLINTH_ERROR_DATABASE_LOCKED);
    CHECK_OK(read_once(early));
    CHECK_CODE(set_and_commit(early, "k"), PLINTH_ERROR_DATABASE_LOCKED);
    CHECK_CODE(write_once(db, "k"), PLINTH_ERROR_DATABASE_LOCKED);
    plinth_transaction *reads = begin_with(db, PLINTH_OPTION_READ_LOCK_AWARE);
    CHECK_OK(read_once(reads));
    CHECK_CODE(set_and_commit(reads, "k"), PLINTH_ERROR_TRANSACTION_READ_ONLY);
    plinth_transaction *knows = begin_with(db, PLINTH_OPTION_LOCK_AWARE);
    CHECK_OK(read_once(knows));
    CHECK_OK(set_and_commit(knows, "k"));
    /* A loop waits for the end of it. */
    CHECK_OK(plinth_transaction_on_error(late, PLINTH_ERROR_DATABASE_LOCKED));
    CHECK_CODE(read_once(late), PLINTH_ERROR_DATABASE_LOCKED);
    CHECK_OK(plinth_database_unlock(db, mine, 16));
    CHECK_OK(plinth_database_unlock(db, other, 16));
    check_locked(db, NULL);
    CHECK_OK(plinth_transaction_on_error(late, PLINTH_ERROR_DATABASE_LOCKED));
    CHECK_OK(read_once(late));
    CHECK_OK(set_and_commit(late, "k"));
    plinth_transaction *all[] = {early, late, reads, knows};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        destroy(all[i]);
    }
    CHECK_OK(plinth_database_close(db));
}

static void an_id_has_sixteen_bytes(void) {
    plinth_database *db = open_with(":memory:", NULL);
    bool locked = true;
    CHECK_CODE(plinth_database_lock(db, NULL, 16), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK_CODE(plinth_database_unlock(db, NULL, 16), PLINTH_ERROR_INVALID_ARGUMENT);
    for (size_t length = 0; length < 40; length++) {
        if (length != 16) {
            CHECK_CODE(plinth_database_lock(db, mine, length), PLINTH_ERROR_INVALID_ARGUMENT);
            CHECK_CODE(plinth_database_unlock(db, mine, length), PLINTH_ERROR_INVALID_ARGUMENT);
        }
    }
    CHECK_CODE(plinth_database_lock(db, mine, SIZE_MAX), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK_CODE(plinth_database_is_locked(db, NULL, NULL), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK_OK(plinth_database_is_locked(db, &locked, NULL));
    CHECK(!locked);
    CHECK_OK(plinth_database_close(db));
    CHECK_CODE(plinth_database_lock(db, mine, 16), PLINTH_ERROR_INVALID_HANDLE);
    locked = true;
    CHECK_CODE(plinth_database_is_locked(db, &locked, NULL), PLINTH_ERROR_INVALID_HANDLE);
    CHECK(!locked);
}

/* ------------------------------------------------------------------ who reads or writes all of it */

typedef struct {
    uint8_t data[4096];
    size_t size, at;
} stream;

static bool into_stream(void *context, const uint8_t *piece, size_t size) {
    stream *to = context;
    bool fits = to->size + size <= sizeof to->data;
    if (fits) {
        memcpy(to->data + to->size, piece, size);
        to->size += size;
    }
    return fits;
}

static int64_t out_of_stream(void *context, uint8_t *piece, size_t size) {
    stream *from = context;
    size_t left = from->size - from->at, count = left < size ? left : size;
    memcpy(piece, from->data + from->at, count);
    from->at += count;
    return (int64_t)count;
}

static plinth_error dump_it(plinth_database *db, stream *to, plinth_dumped *dumped) {
    to->size = to->at = 0;
    return plinth_database_dump_to(db, into_stream, to, NULL, NULL, dumped, sizeof *dumped);
}

/* As its readers are. */
static void a_locked_database_is_not_dumped_com5(void) {
    path where = temporary_path(), file = temporary_path();
    plinth_database *db = open_with(where.text, NULL);
    plinth_dumped before, dumped;
    stream held;
    CHECK_OK(write_once(db, "k"));
    CHECK_OK(dump_it(db, &held, &before));
    CHECK_OK(plinth_database_lock(db, mine, 16));
    CHECK_CODE(dump_it(db, &held, &dumped), PLINTH_ERROR_DATABASE_LOCKED);
    CHECK(held.size == 0 && is_zero(&dumped, sizeof dumped));
    CHECK_CODE(plinth_database_dump(db, file.text, NULL, NULL, &dumped, sizeof dumped), PLINTH_ERROR_DATABASE_LOCKED);
    CHECK_INT(access(file.text, F_OK), -1);
    CHECK_OK(plinth_database_unlock(db, mine, 16));
    CHECK_OK(dump_it(db, &held, &dumped));
    CHECK(dumped.checksum == before.checksum && dumped.pairs == 1);
    CHECK_OK(plinth_database_close(db));
}

/* A load waits for as long as it is told, and leaves nothing that keeps the next one from it. */
static void a_load_waits_for_a_lock_so_long_and_no_longer_com5(void) {
    path one = temporary_path(), two = temporary_path();
    plinth_database *to = open_with(two.text, NULL), *from;
    plinth_load_options options = {.struct_size = sizeof options, .lock_wait_s = 1, .any_versions = true};
    plinth_dumped dumped, loaded;
    stream held;
    from = open_with(one.text, NULL);
    CHECK_OK(write_once(from, "k"));
    CHECK_OK(dump_it(from, &held, &dumped));
    CHECK_OK(plinth_database_lock(to, mine, 16));
    CHECK_CODE(plinth_database_load_from(to, out_of_stream, &held, &options, NULL, NULL, &loaded, sizeof loaded),
               PLINTH_ERROR_DATABASE_LOCKED);
    CHECK(strstr(plinth_last_error(), "no longer waited for") != NULL);
    CHECK_OK(plinth_database_unlock(to, mine, 16));
    held.at = 0;
    CHECK_OK(plinth_database_load_from(to, out_of_stream, &held, &options, NULL, NULL, &loaded, sizeof loaded));
    CHECK(loaded.checksum == dumped.checksum && loaded.found == 0);
    CHECK_OK(plinth_database_close(from));
    CHECK_OK(plinth_database_close(to));
}

typedef struct {
    plinth_database *db;
    long calls, unlock_at;
} visitor;

static plinth_error visit(plinth_transaction *tr, void *context) {
    visitor *mine_too = context;
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_MAX_RETRY_DELAY, 1));
    if (++mine_too->calls == mine_too->unlock_at) {
        CHECK_OK(plinth_database_unlock(mine_too->db, mine, 16));
    }
    return plinth_transaction_set(tr, NULL, (const uint8_t *)"k", 1, (const uint8_t *)"v", 1);
}

/* plinth_run() tries again, but not for ever. */
static void a_loop_ends_when_a_lock_stays_errh1(void) {
    path where = temporary_path();
    plinth_database *db = open_with(where.text, NULL);
    visitor stays = {.db = db}, ends = {.db = db, .unlock_at = 60};
    CHECK_OK(plinth_database_lock(db, mine, 16));
    CHECK_CODE(plinth_run(db, visit, &stays), PLINTH_ERROR_DATABASE_LOCKED);
    CHECK_INT(stays.calls, 65);
    CHECK(strstr(plinth_last_error(), "no longer waited for") != NULL);
    CHECK_OK(plinth_run(db, visit, &ends));
    CHECK_INT(ends.calls, 60);
    CHECK_OK(plinth_database_close(db));
}

/* ------------------------------------------------------------------ who writes while it is locked */

typedef struct {
    plinth_database *db;
    int64_t last;
    plinth_error ended;
    char key[8];
    bool reads;
    volatile int *begun;
} writer;

static void *write_on(void *context) {
    writer *w = (writer *)context;
    for (int round = 0; w->ended == 0; round++) {
        plinth_transaction *tr = begin(w->db);
        if (w->reads) {
            w->ended = read_once(tr);
        }
        if (w->ended == 0) {
            w->ended = set_and_commit(tr, w->key);
        }
        if (w->ended == 0) {
            CHECK_OK(plinth_transaction_get_committed_version(tr, &w->last));
        }
        destroy(tr);
        if (round == 0) {
            __sync_fetch_and_add(w->begun, 1);
        }
    }
    return NULL;
}

static void nothing_is_committed_behind_the_lock(void) {
    path where = temporary_path();
    plinth_database *db = open_with(where.text, NULL), *guest = open_with(where.text, NULL);
    writer writers[WRITERS];
    pthread_t threads[WRITERS];
    volatile int begun = 0;
    int64_t locked_at = 0;
    memset(writers, 0, sizeof writers);
    for (int i = 0; i < WRITERS; i++) {
        writers[i].db = i % 2 == 0 ? db : guest, writers[i].reads = i % 3 == 0, writers[i].begun = &begun;
        snprintf(writers[i].key, sizeof writers[i].key, "w%d", i);
        CHECK(pthread_create(&threads[i], NULL, write_on, &writers[i]) == 0);
    }
    while (__sync_fetch_and_add(&begun, 0) < WRITERS) {
        sched_yield();
    }
    CHECK_OK(plinth_database_lock(guest, mine, 16));
    plinth_transaction *tr = begin_with(db, PLINTH_OPTION_LOCK_AWARE);
    CHECK_OK(plinth_transaction_get_read_version(tr, &locked_at));
    for (int i = 0; i < WRITERS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
        CHECK_INT(writers[i].ended, PLINTH_ERROR_DATABASE_LOCKED);
        CHECK(writers[i].last > 0 && writers[i].last <= locked_at);
    }
    destroy(tr);
    CHECK_OK(plinth_database_close(guest));
    CHECK_OK(plinth_database_close(db));
}

/* ------------------------------------------------------------------ other processes */

/* Locks what it hosts, tells so, and waits for the end that it is given. */
static int lock_and_wait(const char *where, int tell) {
    plinth_database *db = open_with(where, NULL);
    if (write_once(db, "k") != 0 || plinth_database_lock(db, mine, 16) != 0 || write(tell, "l", 1) != 1) {
        return 1;
    }
    for (;;) {
        pause();
    }
}

static void the_lock_outlives_the_kill_of_its_host(void) {
    path where = temporary_path();
    int pipes[2], status = 0;
    char word;
    CHECK(pipe(pipes) == 0);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        _exit(lock_and_wait(where.text, pipes[1]));
    }
    CHECK(read(pipes[0], &word, 1) == 1);
    /* A guest of the other process first, and its heir afterwards. */
    plinth_database *db = open_with(where.text, NULL);
    plinth_transaction *tr = begin(db);
    check_locked(db, mine);
    CHECK_CODE(read_once(tr), PLINTH_ERROR_DATABASE_LOCKED);
    CHECK_CODE(write_once(db, "k"), PLINTH_ERROR_DATABASE_LOCKED);
    CHECK(kill(child, SIGKILL) == 0 && waitpid(child, &status, 0) == child && WIFSIGNALED(status));
    check_locked(db, mine);
    CHECK_CODE(read_once(tr), PLINTH_ERROR_DATABASE_LOCKED);
    CHECK_CODE(write_once(db, "k"), PLINTH_ERROR_DATABASE_LOCKED);
    destroy(tr);
    CHECK_OK(plinth_database_close(db));
    db = open_with(where.text, NULL);
    check_locked(db, mine);
    CHECK_OK(plinth_database_unlock(db, mine, 16));
    CHECK_OK(write_once(db, "k"));
    CHECK_OK(plinth_database_close(db));
    db = open_with(where.text, NULL);
    check_locked(db, NULL);
    CHECK_OK(write_once(db, "k"));
    CHECK_OK(plinth_database_close(db));
    for (int i = 0; i < 2; i++) {
        close(pipes[i]);
    }
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    RUN(the_lock_outlives_the_kill_of_its_host);
    RUN(a_locked_database_refuses_who_does_not_know_com5);
    RUN(an_id_has_sixteen_bytes);
    RUN(a_locked_database_is_not_dumped_com5);
    RUN(a_load_waits_for_a_lock_so_long_and_no_longer_com5);
    RUN(a_loop_ends_when_a_lock_stays_errh1);
    RUN(nothing_is_committed_behind_the_lock);
    return harness_end();
}
