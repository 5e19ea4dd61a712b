/*
 * Lengths, limits and sizes that a caller gives and that nobody can have: each call is answered, and nothing is
 * allocated or read for it.
 *
 *     lengths refuse DIR         every call with lengths up to the largest. Lengths that are none point to a page that
 *                                can't be read, and the one who starts this sees to it that no large allocation succeeds
 *     lengths fill DIR BYTES     writes values as long as can be with so many bytes of address space, until an error;
 *                                `acknowledged N` for each commit
 *     lengths check DIR N        what was acknowledged must be there
 *
 * The last line is `done CALLS ERRORS`.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "plinth.h"

static unsigned long calls, errors;
static plinth_database *db;
static plinth_transaction *tr;
/* As much as the largest length that is taken for one, and 16 bytes before a page that can't be read. */
static const uint8_t *readable, *before_end;
#define READABLE ((size_t)1 << 31)
static plinth_value value;
static plinth_range range;

static const size_t lengths[] = {
    100001, (size_t)1 << 20, ((size_t)1 << 20) + 1, (size_t)1 << 28, ((size_t)1 << 28) + 1, INT32_MAX,
    (size_t)INT32_MAX + 1, UINT32_MAX, (size_t)UINT32_MAX + 1, (size_t)1 << 40, (size_t)1 << 46, (size_t)1 << 47,
    INT64_MAX - 32, INT64_MAX, (size_t)INT64_MAX + 1, SIZE_MAX - 32, SIZE_MAX - 8, SIZE_MAX - 1, SIZE_MAX,
};
static const int64_t numbers[] = {
    0, -1, 1, INT32_MAX, (int64_t)INT32_MAX + 1, UINT32_MAX, (int64_t)1 << 40, INT64_MAX - 1, INT64_MAX, INT64_MIN,
};
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void note(plinth_error error) {
    calls++;
    errors += error != 0;
    plinth_value_free(&value);
    plinth_range_free(&range);
}

static void complain(const char *what, plinth_error error) {
    printf("bad %s: %" PRId32 " %s\n", what, error, plinth_last_error());
    fflush(stdout);
}

static void expect(const char *what, plinth_error error) {
    if (error != 0) {
        complain(what, error);
        exit(3);
    }
}

/* A write whose length nothing can have must be refused. */
static void refused(const char *what, plinth_error error) {
    note(error);
    if (error == 0) {
        complain(what, error);
    }
}

static void never(void *user, plinth_error error) {
    (void)user;
    (void)error;
}

static void with_length(size_t n) {
    const uint8_t *edge = n <= READABLE ? readable : before_end, *key = (const uint8_t *)"key";
    plinth_key_selector from = {edge, n, false, 1}, to = {(const uint8_t *)"z", 1, false, 1};
    plinth_watch *watch = NULL;
    int64_t size;
    note(plinth_transaction_get(tr, NULL, edge, n, &value));
    note(plinth_transaction_snapshot_get(tr, NULL, edge, n, &value));
    note(plinth_transaction_get_key(tr, NULL, &from, false, &value));
    note(plinth_transaction_get_range(tr, NULL, &from, &to, NULL, &range));
    note(plinth_transaction_get_range(tr, NULL, &to, &from, NULL, &range));
    note(plinth_transaction_clear(tr, NULL, edge, n));
    note(plinth_transaction_clear_range(tr, NULL, edge, n, edge, n));
    note(plinth_transaction_clear_range(tr, NULL, (const uint8_t *)"a", 1, edge, n));
    note(plinth_transaction_add_read_conflict(tr, NULL, edge, n));
    note(plinth_transaction_add_read_conflict_range(tr, NULL, edge, n, edge, n));
    note(plinth_transaction_add_write_conflict_range(tr, NULL, edge, n, edge, n));
    note(plinth_transaction_get_estimated_range_size(tr, NULL, edge, n, edge, n, &size));
    note(plinth_transaction_get_range_split_points(tr, NULL, edge, n, edge, n, 1000, &range));
    note(plinth_transaction_watch(tr, NULL, edge, n, never, NULL, NULL, &watch));
    if (watch != NULL) {
        plinth_watch_destroy(watch);
    }
    refused("set, key", plinth_transaction_set(tr, NULL, edge, n, key, 3));
    refused("set_versionstamped_key", plinth_transaction_set_versionstamped_key(tr, NULL, edge, n, 0, key, 3));
    refused("set_versionstamped_key, end", plinth_transaction_set_versionstamped_key(tr, NULL, edge, n, UINT32_MAX, key, 3));
    for (int32_t op = 0; op < 24; op++) {
        note(plinth_transaction_atomic_op(tr, NULL, (plinth_mutation)op, edge, n, key, 3));
    }
    if (n <= 100000) {
        return;
    }
    refused("set, value", plinth_transaction_set(tr, NULL, key, 3, edge, n));
    refused("set_versionstamped_value", plinth_transaction_set_versionstamped_value(tr, NULL, key, 3, edge, n, 0));
    for (int32_t op = 0; op < 24; op++) {
        refused("atomic_op, operand", plinth_transaction_atomic_op(tr, NULL, (plinth_mutation)op, key, 3, edge, n));
    }
}

static void with_number(int64_t n) {
    plinth_key_selector from = {(const uint8_t *)"a", 1, false, (int32_t)n}, to = {(const uint8_t *)"z", 1, true, (int32_t)-n};
    const uint8_t *a = (const uint8_t *)"a", *z = (const uint8_t *)"z";
    for (int way = 0; way < 16; way++) {
        plinth_range_options options = {.struct_size = sizeof options};
        options.limit = (way & 1) != 0 ? (__typeof__(options.limit))n : 0;
        options.target_bytes = (way & 2) != 0 ? (__typeof__(options.target_bytes))n : 0;
        options.reverse = (way & 4) != 0;
        options.snapshot = (way & 8) != 0;
        note(plinth_transaction_get_range(tr, NULL, &from, &to, &options, &range));
        from.offset = 1;
        to.offset = 1;
    }
    note(plinth_transaction_get_range_split_points(tr, NULL, a, 1, z, 1, n, &range));
    for (int32_t option = 0; option < 1200; option++) {
        plinth_transaction *other = NULL;
        note(plinth_transaction_begin(db, &other));
        note(plinth_transaction_set_option(other, option, n));
        note(plinth_transaction_get(other, NULL, a, 1, &value));
        plinth_transaction_destroy(other);
    }
}

static void with_options(const char *directory) {
    static const uint64_t budgets[] = {
        UINT64_C(1) << 36, UINT64_C(1) << 40, UINT64_C(1) << 44, UINT64_C(1) << 48, UINT64_C(1) << 56, INT64_MAX, UINT64_MAX,
    };
    char *name = malloc(1 << 22);
    memset(name, 'n', (1 << 22) - 1);
    name[(1 << 22) - 1] = '\0';
    for (size_t i = 0; i < COUNT(budgets); i++) {
        plinth_database_options options = {.struct_size = sizeof options, .memory_budget = budgets[i]};
        plinth_database *other = NULL;
        note(plinth_database_open(":memory:", &options, &other));
        if (other != NULL) {
            plinth_database_close(other);
        }
    }
    for (int way = 0; way < 3; way++) {
        plinth_database_options options = {.struct_size = sizeof options, .memory_budget = 16 << 20};
        plinth_database *other = NULL;
        options.max_transactions = UINT32_MAX;
        options.max_queued_commits = UINT32_MAX;
        note(plinth_database_open(way == 0 ? ":memory:" : way == 1 ? name : directory, &options, &other));
        if (other != NULL) {
            plinth_database_close(other);
        }
    }
    plinth_keyspace *ks = NULL;
    refused("keyspace_open", plinth_keyspace_open(db, name, &ks));
    refused("keyspace_drop", plinth_keyspace_drop(db, name));
    plinth_transaction *other = NULL;
    refused("find", plinth_transaction_find(db, name, &other));
    free(name);
}

static const uint8_t *make_edge(void) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint8_t *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED || mprotect(pages + page, page, PROT_NONE) != 0) {
        exit(4);
    }
    memset(pages, 'k', page);
    return pages + page - 16;
}

static void refuse(const char *directory) {
    plinth_database_options options = {.struct_size = sizeof options, .memory_budget = 16 << 20};
    before_end = make_edge();
    readable = mmap(NULL, READABLE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (readable == MAP_FAILED) {
        exit(4);
    }
    expect("open", plinth_database_open(directory, &options, &db));
    expect("begin", plinth_transaction_begin(db, &tr));
    for (int i = 0; i < 2000; i++) {
        char key[16];
        int length = snprintf(key, sizeof key, "k%06d", i);
        expect("set", plinth_transaction_set(tr, NULL, (const uint8_t *)key, (size_t)length, (const uint8_t *)key, 7));
    }
    expect("commit", plinth_transaction_commit(tr));
    plinth_transaction_destroy(tr);
    expect("begin", plinth_transaction_begin(db, &tr));
    for (size_t i = 0; i < COUNT(lengths); i++) {
        with_length(lengths[i]);
    }
    for (size_t i = 0; i < COUNT(numbers); i++) {
        with_number(numbers[i]);
    }
    with_options(directory);
    plinth_transaction_destroy(tr);
    /* It still works. */
    expect("begin", plinth_transaction_begin(db, &tr));
    expect("set", plinth_transaction_set(tr, NULL, (const uint8_t *)"a", 1, (const uint8_t *)"b", 1));
    expect("commit", plinth_transaction_commit(tr));
    plinth_transaction_destroy(tr);
    expect("close", plinth_database_close(db));
}

/* What commit `n` wrote. */
static uint8_t *filling(unsigned long n, size_t length) {
    uint8_t *bytes = malloc(length);
    if (bytes != NULL) {
        memset(bytes, (int)(n % 251) + 1, length);
    }
    return bytes;
}

#define FILL_LENGTH ((size_t)24 << 20)

static void fill(const char *directory, unsigned long bytes) {
    plinth_database_options options = {.struct_size = sizeof options, .memory_budget = 1 << 30};
    struct rlimit limit = {bytes, bytes};
    options.value_size_limit = 256 << 20;
    options.transaction_size_limit = 1 << 30;
    expect("open", plinth_database_open(directory, &options, &db));
    setrlimit(RLIMIT_AS, &limit);
    for (unsigned long n = 1; n <= 40; n++) {
        char key[32];
        plinth_error error = plinth_transaction_begin(db, &tr);
        int length = snprintf(key, sizeof key, "f%06lu", n);
        uint8_t *data = filling(n, FILL_LENGTH);
        if (data == NULL || error != 0) {
            break;
        }
        calls++;
        for (unsigned long more = 0; error == 0 && more < n; more++) {
            key[0] = (char)('f' + more % 8);
            error = plinth_transaction_set(tr, NULL, (const uint8_t *)key, (size_t)length, data, FILL_LENGTH);
        }
        if (error == 0) {
            error = plinth_transaction_commit(tr);
        }
        errors += error != 0;
        if (error == 0) {
            printf("acknowledged %lu\n", n);
            fflush(stdout);
        }
        plinth_transaction_destroy(tr);
        free(data);
        if (error != 0) {
            break;
        }
    }
    plinth_database_close(db);
}

static void check(const char *directory, unsigned long count) {
    plinth_database_options options = {.struct_size = sizeof options, .memory_budget = 1 << 30};
    options.value_size_limit = 256 << 20;
    options.transaction_size_limit = 1 << 30;
    expect("open", plinth_database_open(directory, &options, &db));
    expect("begin", plinth_transaction_begin(db, &tr));
    for (unsigned long n = 1; n <= count; n++) {
        char key[32];
        int length = snprintf(key, sizeof key, "f%06lu", n);
        expect("get", plinth_transaction_get(tr, NULL, (const uint8_t *)key, (size_t)length, &value));
        if (value.data == NULL || value.len != FILL_LENGTH || value.data[0] != n % 251 + 1 ||
            value.data[FILL_LENGTH - 1] != n % 251 + 1) {
            complain("an acknowledged value is not there", 0);
        }
        note(0);
    }
    plinth_transaction_destroy(tr);
    expect("close", plinth_database_close(db));
}

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "refuse") == 0) {
        refuse(argv[2]);
    } else if (argc == 4 && strcmp(argv[1], "fill") == 0) {
        fill(argv[2], strtoul(argv[3], NULL, 10));
    } else if (argc == 4 && strcmp(argv[1], "check") == 0) {
        check(argv[2], strtoul(argv[3], NULL, 10));
    } else {
        return 2;
    }
    printf("done %lu %lu\n", calls, errors);
    return 0;
}
