/*
 * unloading LIBPLINTH LIBFDB_C ROUNDS: the libraries are loaded, used and unloaded again and again, by a thread that
 * ends: its thread-locals are taken down by code of a library that it has let go of. They stay loaded, which is
 * why that is harmless.
 */
#define FDB_API_VERSION 800
#include <dlfcn.h>
#include <plinth.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <foundationdb/fdb_c.h>

static const char *plinth_path, *fdb_path;

static void fail(const char *what, long number) {
    printf("finding %s: %ld\n", what, number);
    fflush(stdout);
    _exit(1);
}

/* ISO C has no cast from an object pointer to a function pointer; POSIX promises the same bits. */
#define FUNCTION(variable, library, name) \
    do { \
        void *found_ = dlsym(library, name); \
        memcpy(&variable, &found_, sizeof variable); \
    } while (0)

static void use_plinth(void *library) {
    plinth_error (*open_database)(const char *, const plinth_database_options *, plinth_database **);
    plinth_error (*begin)(plinth_database *, plinth_transaction **);
    plinth_error (*set)(plinth_transaction *, plinth_keyspace *, const uint8_t *, size_t, const uint8_t *, size_t);
    plinth_error (*commit)(plinth_transaction *);
    plinth_error (*destroy)(plinth_transaction *);
    plinth_error (*close_database)(plinth_database *);
    plinth_database *db;
    plinth_transaction *tr;
    FUNCTION(open_database, library, "plinth_database_open");
    FUNCTION(begin, library, "plinth_transaction_begin");
    FUNCTION(set, library, "plinth_transaction_set");
    FUNCTION(commit, library, "plinth_transaction_commit");
    FUNCTION(destroy, library, "plinth_transaction_destroy");
    FUNCTION(close_database, library, "plinth_database_close");
    if (open_database(":memory:", NULL, &db) != 0 || begin(db, &tr) != 0 ||
        set(tr, NULL, (const uint8_t *)"k", 1, (const uint8_t *)"v", 1) != 0 || commit(tr) != 0 || destroy(tr) != 0 ||
        begin(NULL, &tr) == 0 || close_database(db) != 0) {
        fail("libplinth does not work", 0);
    }
}

static void use_fdb(void *library) {
    fdb_error_t (*create)(const char *, FDBDatabase **);
    fdb_error_t (*begin)(FDBDatabase *, FDBTransaction **);
    FDBFuture *(*commit)(FDBTransaction *);
    void (*set)(FDBTransaction *, const uint8_t *, int, const uint8_t *, int);
    fdb_error_t (*block)(FDBFuture *);
    fdb_error_t (*error_of)(FDBFuture *);
    void (*destroy_future)(FDBFuture *), (*destroy_transaction)(FDBTransaction *), (*destroy_database)(FDBDatabase *);
    FDBDatabase *db;
    FDBTransaction *tr;
    FDBFuture *future;
    FUNCTION(create, library, "fdb_create_database");
    FUNCTION(begin, library, "fdb_database_create_transaction");
    FUNCTION(commit, library, "fdb_transaction_commit");
    FUNCTION(set, library, "fdb_transaction_set");
    FUNCTION(block, library, "fdb_future_block_until_ready");
    FUNCTION(error_of, library, "fdb_future_get_error");
    FUNCTION(destroy_future, library, "fdb_future_destroy");
    FUNCTION(destroy_transaction, library, "fdb_transaction_destroy");
    FUNCTION(destroy_database, library, "fdb_database_destroy");
    if (create(NULL, &db) != 0 || begin(db, &tr) != 0) {
        fail("libfdb_c does not work", 0);
    }
    set(tr, (const uint8_t *)"k", 1, (const uint8_t *)"v", 1);
    future = commit(tr);
    if (block(future) != 0 || error_of(future) != 0) {
        fail("libfdb_c does not commit", error_of(future));
    }
    destroy_future(future);
    destroy_transaction(tr);
    destroy_database(db);
}

static void *load_use_unload(void *user) {
    void *plinth = dlopen(plinth_path, RTLD_NOW | RTLD_LOCAL), *fdb = dlopen(fdb_path, RTLD_NOW | RTLD_LOCAL);
    if (plinth == NULL || fdb == NULL) {
        printf("broken %s\n", dlerror());
        fflush(stdout);
        _exit(2);
    }
    use_plinth(plinth);
    use_fdb(fdb);
    if (dlclose(plinth) != 0 || dlclose(fdb) != 0) {
        fail("dlclose fails", 0);
    }
    if (dlopen(plinth_path, RTLD_NOW | RTLD_NOLOAD) == NULL || dlopen(fdb_path, RTLD_NOW | RTLD_NOLOAD) == NULL) {
        fail("a library was unloaded, threads and all", 0);
    }
    return user;
}

int main(int count, char **arguments) {
    fdb_error_t (*select_version)(int, int), (*setup)(void);
    long rounds = count > 3 ? atol(arguments[3]) : 10;
    void *fdb;
    plinth_path = arguments[1], fdb_path = arguments[2];
    fdb = dlopen(fdb_path, RTLD_NOW);
    if (fdb == NULL) {
        fail("libfdb_c cannot be loaded", 0);
    }
    FUNCTION(select_version, fdb, "fdb_select_api_version_impl");
    FUNCTION(setup, fdb, "fdb_setup_network");
    if (select_version(800, 800) != 0 || setup() != 0 || dlclose(fdb) != 0) {
        fail("libfdb_c cannot be set up", 0);
    }
    for (long i = 0; i < rounds; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, load_use_unload, NULL) != 0) {
            fail("pthread_create", i);
        }
        pthread_join(thread, NULL);
    }
    printf("counts times_loaded_and_unloaded %ld\n", rounds);
    return 0;
}
