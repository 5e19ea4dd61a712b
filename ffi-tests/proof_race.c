/*
 * Races on purpose: ThreadSanitizer must notice. Two threads write one place without an order, in
 * this program itself, or with the argument "library" inside a call of the library.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "plinth.h"

#define ROUNDS 1000

static plinth_transaction *tr;
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
        plinth_transaction_get_committed_version(tr, &place);
    }
    return unused;
}

int main(int argc, char **argv) {
    void *(*body)(void *) = argc > 1 && strcmp(argv[1], "library") == 0 ? write_inside : write_here;
    plinth_database *db;
    pthread_t other;
    if (plinth_database_open(":memory:", NULL, &db) != 0 || plinth_transaction_begin(db, &tr) != 0 ||
        pthread_create(&other, NULL, body, NULL) != 0) {
        return 1;
    }
    body(NULL);
    pthread_join(other, NULL);
    printf("the last write was %d\n", (int)place);
    plinth_transaction_destroy(tr);
    plinth_database_close(db);
    return 0;
}
