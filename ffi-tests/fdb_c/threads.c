/*
 * Many threads: short-lived ones leave nothing behind, long-lived ones share a counter and futures.
 * Rules TX-2, FUT-10, CONF-19, CONF-20.
 */
#include "harness.h"

static FDBDatabase *db;

/* ------------------------------------------------------------------ short-lived threads */

static void one_call(long number, void *user) {
    FDBTransaction *tr;
    (void)user;
    switch (number % 4) {
    case 0:
        tr = begin(db);
        CHECK_OK(touch(tr, B("k")));
        destroy(tr);
        break;
    case 1: put(db, B("k"), B("v")); break;
    case 2: CHECK(fdb_get_error(1020) != NULL); break;
    default:
        tr = begin(db);
        fdb_future_destroy(fdb_transaction_get_read_version(tr));
        destroy(tr);
    }
}

/* A line of the process's own account, as "VmRSS:" or "Threads:". */
static long account(const char *name) {
    FILE *file = fopen("/proc/self/status", "r");
    char line[256];
    long found = -1;
    while (file != NULL && found < 0 && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, name, strlen(name)) == 0) {
            found = strtol(line + strlen(name), NULL, 10);
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return found;
}

/* Threads of a store that work at a time, at most. */
#define POOL 16

static void short_threads(long count) {
    for (long i = 0; i < count; i += 8) {
        in_threads(8, one_call, NULL);
    }
}

/* Threads that call once and end leave no thread and no memory: the same again takes no more of it. */
static void short_lived_threads_leave_nothing_behind(void) {
    long threads, memory, grown;
    short_threads(scaled(10000));
    threads = account("Threads:");
    memory = account("VmRSS:");
    short_threads(scaled(50000));
    grown = account("VmRSS:") - memory;
    /* The pool of the store may have grown to its bound meanwhile (FREE-2), and by no thread more. */
    CHECK(account("Threads:") <= threads + POOL);
    CHECK(threads > 0 && memory > 0);
    /* Sanitizers keep what was freed for a while. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    /* A kilobyte left behind by each would be fifty megabytes; conflict history and memtables breathe. */
    if (!CHECK(grown < 40 * 1024)) {
        printf("       grown by %ld kB\n", grown);
    }
#else
    (void)grown;
#endif
}

/* ------------------------------------------------------------------ a counter */

#define COUNTERS 16

static void count_up(long number, void *user) {
    long *retries = (long *)user;
    (void)number;
    for (long i = 0; i < scaled(100); i++) {
        FDBTransaction *tr = begin(db);
        fdb_error_t error;
        do {
            FDBFuture *f = tr_get(tr, B("counter"));
            fdb_bool_t present = 0;
            const uint8_t *data;
            int len;
            int64_t value = 0;
            eight next;
            CHECK_OK(fdb_future_block_until_ready(f));
            error = fdb_future_get_value(f, &present, &data, &len);
            if (error == 0) {
                for (int b = 7; present && b >= 0; b--) {
                    value = value << 8 | data[b];
                }
                next = eight_of(value + 1);
                tr_set(tr, B("counter"), bytes_of(next.data, 8));
                error = commit(tr);
            }
            fdb_future_destroy(f);
            if (error != 0) {
                count_add(retries, 1);
                CHECK_OK(on_error(tr, error));
            }
        } while (error != 0);
        destroy(tr);
    }
}

/* CONF-19, CONF-20: sixteen threads read and write one counter: no step is lost. */
static void no_step_of_a_counter_is_lost_conf19_conf20(void) {
    long retries = 0;
    FDBTransaction *tr = begin(db);
    eight want = eight_of(COUNTERS * scaled(100));
    in_threads(COUNTERS, count_up, &retries);
    CHECK_VALUE(tr, B("counter"), bytes_of(want.data, 8));
    printf("       %ld retries\n", retries);
    destroy(tr);
}

/* ------------------------------------------------------------------ the tests that 3FS has of conflicts */

enum kind { GET_AND_SET, CONFLICT_AND_SET, SNAPSHOT_AND_SET };

typedef struct {
    enum kind kind;
    long conflicts;
    pthread_barrier_t start;
} contest;

static void contend(long number, void *user) {
    contest *c = (contest *)user;
    (void)number;
    for (long i = 0; i < scaled(100); i++) {
        FDBTransaction *tr = begin(db);
        fdb_error_t error;
        (void)read_version(tr);
        pthread_barrier_wait(&c->start);
        if (c->kind == GET_AND_SET) {
            CHECK_OK(touch(tr, B("contested")));
        } else if (c->kind == CONFLICT_AND_SET) {
            CHECK_OK(tr_conflict(tr, B("contested"), B("contested\0"), 0));
        } else {
            CHECK_OK(outcome(tr_snapshot_get(tr, B("contested"))));
        }
        tr_set(tr, B("contested"), B("v"));
        error = commit(tr);
        CHECK(error == 0 || error == 1020);
        count_add(&c->conflicts, error == 1020);
        destroy(tr);
    }
}

/* CONF-2, CONF-7, CONF-10, CONF-17: of eight that read at one version one commits; snapshots never conflict. */
static void conflicts_are_exact_conf2_conf7_conf10_conf17(void) {
    for (int kind = GET_AND_SET; kind <= SNAPSHOT_AND_SET; kind++) {
        contest c;
        memset(&c, 0, sizeof c);
        c.kind = (enum kind)kind;
        pthread_barrier_init(&c.start, NULL, 8);
        in_threads(8, contend, &c);
        pthread_barrier_destroy(&c.start);
        if (kind == SNAPSHOT_AND_SET) {
            CHECK_INT(c.conflicts, 0);
        } else {
            CHECK(c.conflicts > 0);
        }
    }
}

/* ------------------------------------------------------------------ shared futures */

#define SHARED 64

static void read_all(long number, void *user) {
    FDBFuture **futures = (FDBFuture **)user;
    for (long i = 0; i < SHARED; i++) {
        FDBFuture *f = futures[(i + number * 7) % SHARED];
        fdb_bool_t present = 0;
        const uint8_t *data = NULL;
        int len = 0;
        CHECK_OK(fdb_future_block_until_ready(f));
        CHECK_OK(fdb_future_get_value(f, &present, &data, &len));
        CHECK(present);
        CHECK_BYTES(data, len, B("shared"));
    }
}

/* FUT-10, TX-2: futures of one transaction are read by eight threads each. */
static void futures_are_shared_by_threads_fut10_tx2(void) {
    put(db, B("k"), B("shared"));
    for (long round = 0; round < scaled(50); round++) {
        FDBTransaction *tr = begin(db);
        FDBFuture *futures[SHARED];
        for (int i = 0; i < SHARED; i++) {
            futures[i] = tr_get(tr, B("k"));
        }
        in_threads(8, read_all, futures);
        for (int i = 0; i < SHARED; i++) {
            fdb_future_destroy(futures[i]);
        }
        destroy(tr);
    }
}

/* NET-5: a handle of the database for each transaction, in eight threads. */
static void own_handle(long number, void *user) {
    (void)number, (void)user;
    for (long i = 0; i < scaled(250); i++) {
        FDBDatabase *own = open_database();
        put(own, B("k"), B("shared"));
        fdb_database_destroy(own);
    }
}

static void handles_come_and_go_in_threads_net5(void) {
    in_threads(8, own_handle, NULL);
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    network_start(730);
    db = open_database();
    RUN(short_lived_threads_leave_nothing_behind);
    RUN(no_step_of_a_counter_is_lost_conf19_conf20);
    RUN(conflicts_are_exact_conf2_conf7_conf10_conf17);
    RUN(futures_are_shared_by_threads_fut10_tx2);
    RUN(handles_come_and_go_in_threads_net5);
    fdb_database_destroy(db);
    network_finish();
    return harness_end();
}
