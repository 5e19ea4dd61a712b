/*
 * What the C process does; see worker.py. There is neither a tuple layer nor a directory layer in C, so it
 * packs its rows by hand, and its directories are taken from the others. It prints a line of JSON for
 * each step, and goes on when it reads one.
 *
 *     worker NAMES      the names of those whose rows are to be counted, after a line was read
 */
#define _XOPEN_SOURCE 700
#define FDB_API_VERSION 730
#include <foundationdb/fdb_c.h>

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ADDITIONS = 25, ROWS = 20 };

static FDBDatabase *db;

static void must(fdb_error_t error, const char *what) {
    if (error != 0) {
        fprintf(stderr, "%s: %d %s\n", what, error, fdb_get_error(error));
        exit(1);
    }
}

static fdb_error_t finish(FDBFuture *future) {
    fdb_error_t error = fdb_future_block_until_ready(future);
    if (error == 0) {
        error = fdb_future_get_error(future);
    }
    fdb_future_destroy(future);
    return error;
}

/* Does `body` and commits, until both succeed. */
typedef fdb_error_t (*work)(FDBTransaction *tr, void *user);

static void transact(work body, void *user) {
    FDBTransaction *tr;
    must(fdb_database_create_transaction(db, &tr), "begin");
    for (;;) {
        fdb_error_t error = body(tr, user);
        if (error == 0) {
            error = finish(fdb_transaction_commit(tr));
        }
        if (error == 0) {
            break;
        }
        must(finish(fdb_transaction_on_error(tr, error)), "on_error");
    }
    fdb_transaction_destroy(tr);
}

static void set(FDBTransaction *tr, const void *key, int size, const void *value, int length) {
    fdb_transaction_set(tr, key, size, value, length);
}

static fdb_error_t add_one(FDBTransaction *tr, void *user) {
    static const uint8_t one[8] = {1};
    uint8_t sum[8] = {0};
    FDBFuture *future = fdb_transaction_get(tr, (const uint8_t *)"sum", 3, 0);
    fdb_bool_t present = 0;
    const uint8_t *value = NULL;
    int size = 0;
    fdb_error_t error = fdb_future_block_until_ready(future);
    (void)user;
    if (error == 0) {
        error = fdb_future_get_value(future, &present, &value, &size);
    }
    if (error == 0 && present && size == 8) {
        memcpy(sum, value, 8);
    }
    fdb_future_destroy(future);
    for (int i = 0; i < 8 && ++sum[i] == 0; i++) {
    }
    set(tr, "sum", 3, sum, 8);
    fdb_transaction_atomic_op(tr, (const uint8_t *)"atoms", 5, one, 8, FDB_MUTATION_TYPE_ADD);
    return error;
}

/* The tuple ("rows", name, i): strings begin with 2 and end with 0; a small number is 0x15 and a byte. */
static int pack(uint8_t *out, const char *name, int i) {
    int size = sprintf((char *)out, "\x02rows%c\x02%s%c", 0, name, 0);
    if (i > 0) {
        out[size++] = 0x15;
        out[size++] = (uint8_t)i;
    } else if (i == 0) {
        out[size++] = 0x14;
    }
    return size;
}

static fdb_error_t write_rows(FDBTransaction *tr, void *user) {
    (void)user;
    for (int i = 0; i < ROWS; i++) {
        uint8_t key[64];
        int size = pack(key, "c", i);
        set(tr, key, size, key, size);
    }
    return 0;
}

struct counted {
    const char *name;
    int rows;
};

/* Counts the rows of a name, each of which holds its key. */
static fdb_error_t count_rows(FDBTransaction *tr, void *user) {
    struct counted *counted = user;
    uint8_t begin[64], end[64];
    int size = pack(begin, counted->name, -1);
    const FDBKeyValue *rows = NULL;
    fdb_bool_t more = 0;
    fdb_error_t error;
    FDBFuture *future;
    memcpy(end, begin, (size_t)size);
    end[size] = 0xff;
    future = fdb_transaction_get_range(tr, FDB_KEYSEL_FIRST_GREATER_OR_EQUAL(begin, size),
                                       FDB_KEYSEL_FIRST_GREATER_OR_EQUAL(end, size + 1), 0, 0,
                                       FDB_STREAMING_MODE_WANT_ALL, 0, 0, 0);
    error = fdb_future_block_until_ready(future);
    if (error == 0) {
        error = fdb_future_get_keyvalue_array(future, &rows, &counted->rows, &more);
    }
    for (int i = 0; error == 0 && i < counted->rows; i++) {
        FDBKeyValue row = rows[i];
        if (row.key_length != row.value_length || memcmp(row.key, row.value, (size_t)row.key_length) != 0) {
            counted->rows = -1;
        }
    }
    fdb_future_destroy(future);
    return error;
}

static fdb_error_t register_process(FDBTransaction *tr, void *user) {
    uint8_t key[64];
    int size = sprintf((char *)key, "\x02process%c", 0);
    long pid = (long)getpid();
    (void)user;
    /* A number of four bytes: 0x18, then the highest first. */
    key[size++] = 0x18;
    for (int shift = 24; shift >= 0; shift -= 8) {
        key[size++] = (uint8_t)(pid >> shift);
    }
    set(tr, key, size, "c", 1);
    return 0;
}

static void *network(void *unused) {
    must(fdb_run_network(), "run_network");
    return unused;
}

int main(int argc, char **argv) {
    pthread_t thread;
    char line[65536];
    must(fdb_select_api_version(FDB_API_VERSION), "select_api_version");
    must(fdb_setup_network(), "setup_network");
    pthread_create(&thread, NULL, network, NULL);
    must(fdb_create_database(NULL, &db), "create_database");
    transact(register_process, NULL);
    for (int i = 0; i < ADDITIONS; i++) {
        transact(add_one, NULL);
    }
    printf("%d\n", ADDITIONS);
    transact(write_rows, NULL);
    printf("\"c\"\n");
    fflush(stdout);
    if (fgets(line, sizeof line, stdin) == NULL) {
        return 1;
    }
    printf("[");
    for (int i = 1; i < argc; i++) {
        struct counted counted = {argv[i], 0};
        transact(count_rows, &counted);
        printf("%s%d", i == 1 ? "" : ",", counted.rows);
    }
    printf("]\n");
    fdb_database_destroy(db);
    must(fdb_stop_network(), "stop_network");
    pthread_join(thread, NULL);
    return 0;
}
