/* Sequences of calls of libfdb_c; see calls_play.h. */
#define _GNU_SOURCE
#include "world_fdb.h"
#include <sched.h>

/* In directories of its own every eighth time, by process. */
static void library_begin(void) {
    world_version = getpid() % 2 == 0 ? 800 : 600;
    if (getpid() % 8 != 0) {
        setenv("PLINTH_DATA", ":memory:", 1);
    }
    setenv("PLINTH_QUIET", "1", 1);
    setenv("HOME", ".", 1);
    setenv("XDG_DATA_HOME", ".", 1);
    FILE *cluster = fopen(world_path, "w");
    if (cluster == NULL || fprintf(cluster, "calls:calls@127.0.0.1:4500\n") < 0 || fclose(cluster) != 0) {
        die("fdb.cluster");
    }
    network_begin();
    world_begin();
}

#include "calls_play.h"

static bool is_left_out(const function *f, uint8_t byte) {
    (void)byte;
    return is_of_the_network(f);
}

static const char *path_of(uint8_t byte) {
    static const char *const texts[] = {"fdb.cluster", "calls:calls@127.0.0.1:4500", "missing"};
    return texts[byte % COUNT(texts)];
}

/* A future may wait for what never comes, a watch say: it is given a moment, and cancelled. */
static void block(const void *handle) {
    FDBFuture *future = (FDBFuture *)handle;
    for (int i = 0; i < 200 && !fdb_future_is_ready(future); i++) {
        sched_yield();
    }
    if (!fdb_future_is_ready(future)) {
        fdb_future_cancel(future);
    }
    (void)fdb_future_block_until_ready(future);
}

static void keep(kind what, int at, uint8_t slot) {
    if (handle_in(at) != NULL) {
        note_made(what, handle_in(at), slot);
    }
}

static void planted_error(const function *f, int64_t error) {
#ifdef PLINTH_FUZZ_CRASH
    if (is_called(f, "fdb_future_get_value") && error == 0) {
        char *freed = malloc(16);
        free(freed);
        *(volatile char *)freed = 1;
    }
#else
    (void)f, (void)error;
#endif
}

static void play_call(const function *f, argument *a, uint8_t slot) {
    int last = f->count - 1;
    answer given;
    if (is_called(f, "fdb_future_block_until_ready")) {
        block(a[0].address);
        return;
    }
    given = f->call(a);
    planted_error(f, given.number);
    if (f->result == GIVES_FUTURE || f->result == GIVES_RESULT) {
        if (given.address == NULL) {
            printf("finding %s gave NULL\n", f->name);
            fflush(stdout);
            abort();
        }
        note_made(f->result == GIVES_FUTURE ? FUTURE : RESULT, given.address, slot);
        return;
    }
    if (f->result != GIVES_ERROR || given.number != 0 || last < 0 || f->parameters[last].what != OUT || a[last].address != outs[last]) {
        return;
    }
    if (strcmp(f->parameters[last].name, "out_database") == 0) {
        keep(DATABASE, last, slot);
    } else if (strcmp(f->parameters[last].name, "out_tenant") == 0) {
        keep(TENANT, last, slot);
    } else if (strcmp(f->parameters[last].name, "out_transaction") == 0) {
        keep(TRANSACTION, last, slot);
    } else if (strcmp(f->parameters[last].name, "out_cluster") == 0) {
        keep(CLUSTER, last, slot);
    }
}

static void destroy_made(kind what, const void *handle) {
    switch (what) {
    case FUTURE: fdb_future_destroy((FDBFuture *)handle); break;
    case RESULT: fdb_result_destroy((FDBResult *)handle); break;
    case TENANT: fdb_tenant_destroy((FDBTenant *)handle); break;
    case TRANSACTION: fdb_transaction_destroy((FDBTransaction *)handle); break;
    case CLUSTER: fdb_cluster_destroy((FDBCluster *)handle); break;
    default: fdb_database_destroy((FDBDatabase *)handle); break;
    }
}

static void settle_input(void) {
    world_end();
    world_begin();
    for (int i = 0; i < SLOTS; i += 2) {
        slots[DATABASE][i] = good[A_DATABASE];
        slots[CLUSTER][i] = good[A_CLUSTER];
        slots[TENANT][i] = good[A_TENANT];
        slots[TRANSACTION][i] = good[A_TRANSACTION];
        slots[FUTURE][i] = good[A_FUTURE];
    }
}
