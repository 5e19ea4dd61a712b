/*
 * A program that loads the library at run time and unloads it while its network runs: the library
 * stays, as ABI-2 says. The argument is the library's file. The program is not linked against it.
 */
#define _XOPEN_SOURCE 700
#define FDB_API_VERSION 740
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <foundationdb/fdb_c.h>

static void *library;

/* The function of a name; without it the program ends. */
static void *symbol(const char *name) {
    void *found = dlsym(library, name);
    if (found == NULL) {
        printf("no %s: %s\n", name, dlerror());
        exit(1);
    }
    return found;
}

/* ISO C has no cast from an object pointer to a function pointer; POSIX promises the same bits. */
#define FUNCTION(variable, name) \
    do { \
        void *found_ = symbol(name); \
        memcpy(&variable, &found_, sizeof variable); \
    } while (0)

static fdb_error_t (*select_version)(int, int);
static fdb_error_t (*setup)(void);
static fdb_error_t (*run)(void);
static fdb_error_t (*stop)(void);
static fdb_error_t (*create)(const char *, FDBDatabase **);
static void (*destroy_database)(FDBDatabase *);
static fdb_error_t (*begin)(FDBDatabase *, FDBTransaction **);
static void (*set)(FDBTransaction *, const uint8_t *, int, const uint8_t *, int);
static FDBFuture *(*commit)(FDBTransaction *);
static fdb_error_t (*block)(FDBFuture *);
static fdb_error_t (*error_of)(FDBFuture *);
static void (*destroy_future)(FDBFuture *);
static void (*destroy_transaction)(FDBTransaction *);

static void find_functions(void) {
    FUNCTION(select_version, "fdb_select_api_version_impl");
    FUNCTION(setup, "fdb_setup_network");
    FUNCTION(run, "fdb_run_network");
    FUNCTION(stop, "fdb_stop_network");
    FUNCTION(create, "fdb_create_database");
    FUNCTION(destroy_database, "fdb_database_destroy");
    FUNCTION(begin, "fdb_database_create_transaction");
    FUNCTION(set, "fdb_transaction_set");
    FUNCTION(commit, "fdb_transaction_commit");
    FUNCTION(block, "fdb_future_block_until_ready");
    FUNCTION(error_of, "fdb_future_get_error");
    FUNCTION(destroy_future, "fdb_future_destroy");
    FUNCTION(destroy_transaction, "fdb_transaction_destroy");
}

static void *network_thread(void *unused) {
    return run() == 0 ? unused : library;
}

static int failures;

static void check(int passed, const char *what) {
    if (!passed) {
        printf("FAILED: %s\n", what);
        failures++;
    }
}

static void write_once(FDBDatabase *db) {
    FDBTransaction *tr;
    FDBFuture *f;
    check(begin(db, &tr) == 0, "a transaction begins");
    set(tr, (const uint8_t *)"k", 1, (const uint8_t *)"v", 1);
    f = commit(tr);
    check(block(f) == 0 && error_of(f) == 0, "a commit succeeds");
    destroy_future(f);
    destroy_transaction(tr);
}

int main(int argc, char **argv) {
    FDBDatabase *db;
    pthread_t thread;
    void *result = NULL;
    library = argc > 1 ? dlopen(argv[1], RTLD_NOW) : NULL;
    if (library == NULL) {
        printf("cannot load the library: %s\n", argc > 1 ? dlerror() : "no argument");
        return 1;
    }
    find_functions();
    check(select_version(730, 740) == 0 && setup() == 0, "the network is set up");
    check(pthread_create(&thread, NULL, network_thread, NULL) == 0, "a thread starts");
    check(create(NULL, &db) == 0, "a database is there");
    write_once(db);
    check(dlclose(library) == 0, "the library is unloaded");
    /* ABI-2: it is not: it is still loaded, and its functions and threads go on. */
    check(dlopen(argv[1], RTLD_NOW | RTLD_NOLOAD) != NULL, "ABI-2: the library is still loaded");
    write_once(db);
    destroy_database(db);
    check(stop() == 0, "the network stops");
    pthread_join(thread, &result);
    check(result == NULL, "run returned 0");
    check(dlclose(library) == 0, "the library is unloaded again");
    printf("%s\n", failures == 0 ? "ok the_library_stays_abi2" : "not ok the_library_stays_abi2");
    return failures == 0 ? 0 : 1;
}
