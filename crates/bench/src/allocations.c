/*
 * Purpose: counts what a ready future allocates, and what a native read does: calls of malloc,
 * calloc, realloc and their like by the thread that asks.
 *
 *     allocations LIBFDB_C LIBPLINTH
 *
 * Relies on: glibc. The functions here stand before those of the C library for everything that is
 * loaded, and call them by the names that glibc keeps for this. Threads of the library count for
 * themselves, so what they do meanwhile is not seen.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <pthread.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *block);

static __thread long allocations;

void *malloc(size_t size) { allocations++; return __libc_malloc(size); }
void *calloc(size_t count, size_t size) { allocations++; return __libc_calloc(count, size); }
void *realloc(void *block, size_t size) { allocations++; return __libc_realloc(block, size); }
void *memalign(size_t alignment, size_t size) { allocations++; return __libc_memalign(alignment, size); }
void *aligned_alloc(size_t alignment, size_t size) { allocations++; return __libc_memalign(alignment, size); }
void free(void *block) { __libc_free(block); }

int posix_memalign(void **out, size_t alignment, size_t size)
{
    allocations++;
    *out = __libc_memalign(alignment, size);
    return *out == NULL ? ENOMEM : 0;
}

enum { ROUNDS = 10000, WARM = 1000 };

static const uint8_t key[] = "a hot key", value[100];

static void fail(const char *words)
{
    fprintf(stderr, "%s\n", words);
    exit(1);
}

static void *function(void *library, const char *name)
{
    void *found = dlsym(library, name);
    if (found == NULL)
        fail(dlerror());
    return found;
}

static void *load(const char *path)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL)
        fail(dlerror());
    return library;
}

static void must(int error)
{
    if (error != 0) {
        fprintf(stderr, "error %d\n", error);
        exit(1);
    }
}

/* Runs a step often; what one run of it allocates. */
static double per_round(void (*step)(void))
{
    long before;
    int i;
    for (i = 0; i < WARM; i++)
        step();
    before = allocations;
    for (i = 0; i < ROUNDS; i++)
        step();
    return (double)(allocations - before) / ROUNDS;
}

/* ---------------------------------------------------------------- libfdb_c.so */

static struct {
    int (*select_version)(int, int), (*setup)(void), (*run)(void), (*create_database)(const char *, void **);
    int (*create_transaction)(void *, void **), (*block)(void *), (*error)(void *);
    int (*get_value)(void *, int *, const uint8_t **, int *), (*get_int64)(void *, int64_t *);
    void *(*get)(void *, const uint8_t *, int, int), *(*commit)(void *), *(*size)(void *);
    void (*set)(void *, const uint8_t *, int, const uint8_t *, int), (*destroy)(void *), (*end)(void *);
} fdb;

static void *fdb_tr;

static void *network(void *unused)
{
    fdb.run();
    return unused;
}

static void fdb_start(const char *path)
{
    void *library = load(path), *db = NULL, *writer = NULL, *future;
    pthread_t thread;
    *(void **)&fdb.select_version = function(library, "fdb_select_api_version_impl");
    *(void **)&fdb.setup = function(library, "fdb_setup_network");
    *(void **)&fdb.run = function(library, "fdb_run_network");
    *(void **)&fdb.create_database = function(library, "fdb_create_database");
    *(void **)&fdb.create_transaction = function(library, "fdb_database_create_transaction");
    *(void **)&fdb.block = function(library, "fdb_future_block_until_ready");
    *(void **)&fdb.error = function(library, "fdb_future_get_error");
    *(void **)&fdb.get_value = function(library, "fdb_future_get_value");
    *(void **)&fdb.get_int64 = function(library, "fdb_future_get_int64");
    *(void **)&fdb.get = function(library, "fdb_transaction_get");
    *(void **)&fdb.commit = function(library, "fdb_transaction_commit");
    *(void **)&fdb.size = function(library, "fdb_transaction_get_approximate_size");
    *(void **)&fdb.set = function(library, "fdb_transaction_set");
    *(void **)&fdb.destroy = function(library, "fdb_future_destroy");
    *(void **)&fdb.end = function(library, "fdb_transaction_destroy");
    must(fdb.select_version(730, 730));
    must(fdb.setup());
    must(pthread_create(&thread, NULL, network, NULL));
    must(fdb.create_database(NULL, &db));
    must(fdb.create_transaction(db, &writer));
    fdb.set(writer, key, sizeof key, value, sizeof value);
    future = fdb.commit(writer);
    must(fdb.block(future));
    must(fdb.error(future));
    fdb.destroy(future);
    fdb.end(writer);
    must(fdb.create_transaction(db, &fdb_tr));
}

static void fdb_read(void)
{
    const uint8_t *data = NULL;
    int present = 0, length = 0;
    void *future = fdb.get(fdb_tr, key, sizeof key, 0);
    must(fdb.block(future));
    must(fdb.get_value(future, &present, &data, &length));
    if (!present || length != (int)sizeof value)
        fail("the key is missing");
    fdb.destroy(future);
}

static void fdb_size(void)
{
    int64_t size = 0;
    void *future = fdb.size(fdb_tr);
    must(fdb.block(future));
    must(fdb.get_int64(future, &size));
    fdb.destroy(future);
}

/* ---------------------------------------------------------------- libplinth.so */

struct plinth_value {
    const uint8_t *data;
    size_t len;
    void *owner;
};

static struct {
    int (*open)(const char *, const void *, void **), (*begin)(void *, void **), (*commit)(void *);
    int (*set)(void *, void *, const uint8_t *, size_t, const uint8_t *, size_t);
    int (*get)(void *, void *, const uint8_t *, size_t, struct plinth_value *);
    void (*value_free)(struct plinth_value *);
} plinth;

static void *plinth_tr;

static void plinth_start(const char *path)
{
    void *library = load(path), *db = NULL, *writer = NULL;
    *(void **)&plinth.open = function(library, "plinth_database_open");
    *(void **)&plinth.begin = function(library, "plinth_transaction_begin");
    *(void **)&plinth.commit = function(library, "plinth_transaction_commit");
    *(void **)&plinth.set = function(library, "plinth_transaction_set");
    *(void **)&plinth.get = function(library, "plinth_transaction_get");
    *(void **)&plinth.value_free = function(library, "plinth_value_free");
    must(plinth.open(":memory:", NULL, &db));
    must(plinth.begin(db, &writer));
    must(plinth.set(writer, NULL, key, sizeof key, value, sizeof value));
    must(plinth.commit(writer));
    must(plinth.begin(db, &plinth_tr));
}

static void plinth_read(void)
{
    struct plinth_value found = {NULL, 0, NULL};
    must(plinth.get(plinth_tr, NULL, key, sizeof key, &found));
    if (found.data == NULL || found.len != sizeof value)
        fail("the key is missing");
    plinth.value_free(&found);
}

/* ---------------------------------------------------------------- the counter itself */

/* Volatile, or the compiler leaves both calls out. */
static void *volatile block;

static void one_of_each(void)
{
    block = malloc(1);
    block = realloc(block, 2);
    free(block);
    block = calloc(1, 1);
    free(block);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        fail("usage: allocations LIBFDB_C LIBPLINTH");
    if (per_round(one_of_each) != 3)
        fail("allocations are not counted here");
    fdb_start(argv[1]);
    plinth_start(argv[2]);
    printf("%.2f %.2f %.2f\n", per_round(fdb_read), per_round(fdb_size), per_round(plinth_read));
    fflush(stdout);
    /* The libraries' threads are left as they are. */
    _Exit(0);
}
