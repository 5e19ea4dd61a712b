/*
 * Races on purpose: ThreadSanitizer must notice. Two threads write one place without an order, in
 * this program itself, or with the argument "library" inside a call of the library.
 */
#define FDB_API_VERSION 740
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <foundationdb/fdb_c.h>

#define ROUNDS 1000

static FDBTransaction *tr;
static int64_t place;

static void *write_here(void *unused) {
    for (int i = 0; i < ROUNDS; i++) {
        place = i;
    }
    return unused;
}

/* One output for two calls at once: each call is right, only this use of them is not. */
static void *write_inside(void *unused) {
    for (int i = 0; i < ROUNDS; i++) {
        if (fdb_transaction_get_committed_version(tr, &place) != 0) {
            break;
        }
    }
    return unused;
}

int main(int argc, char **argv) {
    void *(*body)(void *) = argc > 1 && strcmp(argv[1], "library") == 0 ? write_inside : write_here;
    FDBDatabase *db;
    pthread_t other;
    if (fdb_select_api_version(730) != 0 || fdb_setup_network() != 0 || fdb_create_database(NULL, &db) != 0 ||
        fdb_database_create_transaction(db, &tr) != 0 || pthread_create(&other, NULL, body, NULL) != 0) {
        return 1;
    }
    body(NULL);
    pthread_join(other, NULL);
    printf("the last write was %d\n", (int)place);
    fdb_transaction_destroy(tr);
    fdb_database_destroy(db);
    return 0;
}
