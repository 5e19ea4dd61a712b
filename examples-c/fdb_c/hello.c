/*
 * Purpose: the first program with FoundationDB's C API, on Plinth's libfdb_c.so.
 * Relies on: nothing. The data is where PLINTH_DATA says, or in the user's own directory.
 */
#define FDB_API_VERSION 730
#include <foundationdb/fdb_c.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(text) (const uint8_t *)(text), (int)strlen(text)

static void must(fdb_error_t error)
{
    if (error != 0) {
        fprintf(stderr, "hello: %s\n", fdb_get_error(error));
        exit(1);
    }
}

/* The library tells what has to wait on this thread; it runs until fdb_stop_network(). */
static void *run_network(void *unused)
{
    must(fdb_run_network());
    return unused;
}

static fdb_error_t wait_for(FDBFuture *future)
{
    fdb_error_t error = fdb_future_block_until_ready(future);
    return error != 0 ? error : fdb_future_get_error(future);
}

/* Waits for a future that has no value. */
static fdb_error_t finish(FDBFuture *future)
{
    fdb_error_t error = wait_for(future);
    fdb_future_destroy(future);
    return error;
}

/* May run again from the start if another transaction got in the way. */
static fdb_error_t greet(FDBTransaction *tr)
{
    fdb_transaction_set(tr, TEXT("hello/world"), TEXT("good morning"));
    FDBFuture *read = fdb_transaction_get(tr, TEXT("hello/world"), 0);
    const uint8_t *value = NULL;
    int length = 0;
    fdb_bool_t present = 0;
    fdb_error_t error = wait_for(read);
    if (error == 0)
        error = fdb_future_get_value(read, &present, &value, &length);
    if (error == 0 && present)
        printf("hello/world = %.*s\n", length, (const char *)value);
    fdb_future_destroy(read); /* and with it the value */
    return error != 0 ? error : finish(fdb_transaction_commit(tr));
}

int main(void)
{
    pthread_t network;
    FDBDatabase *db = NULL;
    FDBTransaction *tr = NULL;
    fdb_error_t error;
    must(fdb_select_api_version(FDB_API_VERSION));
    must(fdb_setup_network());
    must(pthread_create(&network, NULL, run_network, NULL));
    must(fdb_create_database(NULL, &db)); /* NULL: the default cluster file */
    must(fdb_database_create_transaction(db, &tr));
    while ((error = greet(tr)) != 0)
        must(finish(fdb_transaction_on_error(tr, error))); /* waits a little, or fails for good */
    fdb_transaction_destroy(tr);
    fdb_database_destroy(db);
    must(fdb_stop_network()); /* once, at the end: the network can't be started again */
    return pthread_join(network, NULL);
}
