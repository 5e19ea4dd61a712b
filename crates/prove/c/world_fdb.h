/* Good objects of libfdb_c, stale ones, and the choices of arguments made of them. */
#ifndef PLINTH_WORLD_H
#define PLINTH_WORLD_H

#include "calls_fdb.h"
#include "choices.h"

/* In the order in which they are chosen. Results and consumers there are none of. */
enum { A_FUTURE, A_CLUSTER, A_DATABASE, A_TENANT, A_TRANSACTION, KINDS_OF_HANDLES };

static const void *good[KINDS_OF_HANDLES], *stale[KINDS_OF_HANDLES];
static const char *world_path = "fdb.cluster";
/* The version that is asked for. Clusters are no more from 610 on. */
static int world_version = 800;

#define GOOD_DB ((FDBDatabase *)good[A_DATABASE])
#define GOOD_TR ((FDBTransaction *)good[A_TRANSACTION])
#define GOOD_FUTURE ((FDBFuture *)good[A_FUTURE])

#define UNKNOWN_FUTURE (-7)

/* ------------------------------------------------------------------ callbacks */

static long told;

static inline void on_future(FDBFuture *future, void *user) {
    (void)future, (void)user;
    __atomic_fetch_add(&told, 1, __ATOMIC_RELAXED);
}
static inline void on_stop(void *user) {
    (void)user;
    __atomic_fetch_add(&told, 1, __ATOMIC_RELAXED);
}

/* ------------------------------------------------------------------ objects */

static inline void need(fdb_error_t error, const char *what) {
    if (error != 0) {
        printf("broken %s gave %d: %s\n", what, (int)error, fdb_get_error(error));
        fflush(stdout);
        _exit(2);
    }
}

static inline fdb_error_t wait_for(FDBFuture *future) {
    fdb_error_t error = fdb_future_block_until_ready(future);
    error = error != 0 ? error : fdb_future_get_error(future);
    fdb_future_destroy(future);
    return error;
}

static pthread_t network_thread;

static inline void *run_network(void *user) {
    need(fdb_run_network(), "run_network");
    return user;
}

static inline void network_begin(void) {
    need(fdb_select_api_version_impl(world_version, 800), "select_api_version");
    need(fdb_setup_network(), "setup_network");
    if (pthread_create(&network_thread, NULL, run_network, NULL) != 0) {
        die("pthread_create");
    }
}

static inline void network_end(void) {
    need(fdb_stop_network(), "stop_network");
    pthread_join(network_thread, NULL);
}

static inline void new_transaction(void) {
    FDBTransaction *tr;
    if (good[A_TRANSACTION] != NULL) {
        fdb_transaction_destroy(GOOD_TR);
        stale[A_TRANSACTION] = good[A_TRANSACTION];
    }
    need(fdb_database_create_transaction(GOOD_DB, &tr), "create_transaction");
    good[A_TRANSACTION] = tr;
}

static inline void new_future(void) {
    FDBFuture *future;
    if (good[A_FUTURE] != NULL) {
        fdb_future_destroy(GOOD_FUTURE);
        stale[A_FUTURE] = good[A_FUTURE];
    }
    future = fdb_transaction_get(GOOD_TR, (const uint8_t *)"keykeykeykey", 12, 0);
    need(fdb_future_block_until_ready(future), "get");
    good[A_FUTURE] = future;
}

static inline FDBCluster *new_cluster(void) {
    FDBFuture *future;
    FDBCluster *cluster;
    if (world_version >= 610) {
        return NULL;
    }
    future = fdb_create_cluster(world_path);
    need(fdb_future_block_until_ready(future), "create_cluster");
    need(fdb_future_get_cluster(future, &cluster), "get_cluster");
    fdb_future_destroy(future);
    return cluster;
}

#define TENANT_KEY "\xff\xff/management/tenant/map/tenant"

static inline void need_tenant(void) {
    uint8_t one = 1;
    FDBTransaction *tr;
    fdb_error_t error;
    (void)one;
    need(fdb_database_create_transaction(GOOD_DB, &tr), "create_transaction");
    do {
        need(fdb_transaction_set_option(tr, FDB_TR_OPTION_SPECIAL_KEY_SPACE_ENABLE_WRITES, NULL, 0), "option");
        fdb_transaction_set(tr, (const uint8_t *)TENANT_KEY, sizeof TENANT_KEY - 1, (const uint8_t *)"", 0);
        error = wait_for(fdb_transaction_commit(tr));
    } while (error != 0 && error != 2132 && wait_for(fdb_transaction_on_error(tr, error)) == 0);
    fdb_transaction_destroy(tr);
}

static inline void world_begin(void) {
    FDBDatabase *db, *closed;
    FDBTenant *tenant, *closed_tenant;
    FDBCluster *closed_cluster = new_cluster();
    memset(good, 0, sizeof good);
    need(fdb_create_database(world_path, &db), "create_database");
    need(fdb_create_database(world_path, &closed), "create_database");
    good[A_DATABASE] = db, stale[A_DATABASE] = closed;
    fdb_database_destroy(closed);
    good[A_CLUSTER] = new_cluster(), stale[A_CLUSTER] = closed_cluster;
    fdb_cluster_destroy(closed_cluster);
    need_tenant();
    need(fdb_database_open_tenant(db, (const uint8_t *)"tenant", 6, &tenant), "open_tenant");
    need(fdb_database_open_tenant(db, (const uint8_t *)"tenant", 6, &closed_tenant), "open_tenant");
    fdb_tenant_destroy(closed_tenant);
    good[A_TENANT] = tenant, stale[A_TENANT] = closed_tenant;
    new_transaction();
    fdb_transaction_set(GOOD_TR, (const uint8_t *)"keykeykeykey", 12, (const uint8_t *)"value", 5);
    need(wait_for(fdb_transaction_commit(GOOD_TR)), "commit");
    new_transaction();
    new_future();
    new_future();
}

static inline void world_end(void) {
    fdb_future_destroy(GOOD_FUTURE);
    fdb_transaction_destroy(GOOD_TR);
    fdb_tenant_destroy((FDBTenant *)good[A_TENANT]);
    fdb_cluster_destroy((FDBCluster *)good[A_CLUSTER]);
    fdb_database_destroy(GOOD_DB);
}

static inline bool world_works(void) {
    fdb_error_t error;
    new_transaction();
    fdb_transaction_set(GOOD_TR, (const uint8_t *)"k", 1, (const uint8_t *)"v", 1);
    error = wait_for(fdb_transaction_commit(GOOD_TR));
    new_transaction();
    return error == 0;
}

static inline bool changes_world(const function *f) {
    return ends_with(f->name, "_destroy") || ends_with(f->name, "_cancel") || is_called(f, "fdb_future_release_memory") ||
           is_called(f, "fdb_database_set_option");
}

/* Those that begin and end the network: they are called at their time, and not in between. */
static inline bool is_of_the_network(const function *f) {
    return is_called(f, "fdb_stop_network") || is_called(f, "fdb_run_network") || is_called(f, "fdb_setup_network");
}

/* ------------------------------------------------------------------ choices */

static inline void choose_handle(choices *list, int kind) {
    bool is_any = kind < KINDS_OF_HANDLES && good[kind] != NULL;
    const void *of_kind = is_any ? good[kind] : from_bits(UINTPTR_MAX / 3);
    add_address(list, is_any ? GOOD : BAD, of_kind);
    add_address(list, BAD, NULL);
    for (int i = 0; i < KINDS_OF_HANDLES; i++) {
        add_address(list, BAD, stale[i]);
        if (i != kind) {
            add_address(list, BAD, good[i]);
        }
    }
    choose_bits(list, of_kind);
}

static inline void choose_text(choices *list) {
    static char *endless;
    if (endless == NULL) {
        endless = malloc(1 << 20);
        memset(endless, 'n', (1 << 20) - 1);
        endless[(1 << 20) - 1] = 0;
    }
    add_address(list, GOOD, world_path);
    add_address(list, ODD, NULL);
    add_address(list, ODD, at_the_edge("\xe9\xff", 3));
    add_address(list, ODD, "");
    add_address(list, ODD, endless);
}

static inline int64_t good_number(const function *f, const parameter *p) {
    if (is_called(f, "fdb_transaction_set_option")) {
        return FDB_TR_OPTION_DEBUG_TRANSACTION_IDENTIFIER;
    }
    if (is_called(f, "fdb_database_set_option")) {
        return FDB_DB_OPTION_MACHINE_ID;
    }
    if (is_called(f, "fdb_network_set_option")) {
        return FDB_NET_OPTION_TRACE_LOG_GROUP;
    }
    return strcmp(p->name, "type") == 0 && is_called(f, "fdb_transaction_atomic_op") ? FDB_MUTATION_TYPE_ADD
           : strcmp(p->name, "code") == 0                                         ? 1020
           : strcmp(p->name, "mode") == 0                                         ? FDB_STREAMING_MODE_ITERATOR
           : strstr(p->name, "offset") != NULL || strcmp(p->name, "iteration") == 0 ? 1
           : strcmp(p->name, "chunk_size") == 0                                     ? 1000
                                                                                    : 0;
}

/* What can be given there; the first is good. A bad address of what a future holds is odd: the future may hold
   something else, which is told before. */
static inline int choose(const function *f, int at, choice *out) {
    const parameter *p = &f->parameters[at];
    choices list = {out, 0};
    static long unread[64];
    switch (p->what) {
    case FUTURE: choose_handle(&list, A_FUTURE); break;
    case CLUSTER: choose_handle(&list, A_CLUSTER); break;
    case DATABASE: choose_handle(&list, A_DATABASE); break;
    case TENANT: choose_handle(&list, A_TENANT); break;
    case TRANSACTION: choose_handle(&list, A_TRANSACTION); break;
    case RESULT:
    case CONSUMER: choose_handle(&list, KINDS_OF_HANDLES); break;
    case BYTES: choose_bytes(&list); break;
    case LENGTH: choose_length(&list, p->size); break;
    case TEXT: choose_text(&list); break;
    case NUMBER: choose_number(&list, good_number(f, p)); break;
    case UNREAD:
        add_address(&list, GOOD, unread);
        add_address(&list, ODD, NULL);
        add_address(&list, ODD, from_bits(1));
        break;
    case CONTEXT: add_address(&list, GOOD, NULL); break;
    case OUT:
        add_address(&list, GOOD, outs[at]);
        add_address(&list, ODD, NULL);
        add_address(&list, ODD, outs[at] + 1);
        break;
    case CALLBACK: add_code(&list, GOOD, (any_code)on_future); add_code(&list, BAD, NULL); break;
    case HOOK: add_code(&list, GOOD, (any_code)on_stop); add_code(&list, BAD, NULL); break;
    case USER:
        add_address(&list, GOOD, NULL);
        add_address(&list, ODD, from_bits(1));
        add_address(&list, ODD, from_bits(UINTPTR_MAX));
        break;
    default: die("a kind that libfdb_c does not have");
    }
    return list.count;
}

/* The error of what was called; UNKNOWN_FUTURE for a future that waits for something. */
static inline int64_t error_of(const function *f, answer given) {
    const FDBKeyValue *rows;
    int count;
    fdb_bool_t more;
    int64_t error;
    switch (f->result) {
    case GIVES_ERROR: return given.number;
    case GIVES_RESULT:
        if (given.address == NULL) {
            return 0;
        }
        error = fdb_result_get_keyvalue_array((FDBResult *)given.address, &rows, &count, &more);
        fdb_result_destroy((FDBResult *)given.address);
        return error;
    case GIVES_FUTURE:
        if (given.address == NULL) {
            return 0;
        }
        if (is_called(f, "fdb_transaction_watch") || is_called(f, "fdb_transaction_get_versionstamp")) {
            fdb_future_cancel((FDBFuture *)given.address);
            error = fdb_future_get_error((FDBFuture *)given.address);
            fdb_future_destroy((FDBFuture *)given.address);
            return error == 1101 ? UNKNOWN_FUTURE : error;
        }
        return wait_for((FDBFuture *)given.address);
    default: return UNKNOWN_FUTURE;
    }
}

/* Gives back what a call that went well has made. */
static inline void give_back(const function *f, const argument *a) {
    int last = f->count - 1;
    if (f->result != GIVES_ERROR || last < 0 || f->parameters[last].what != OUT || a[last].address == NULL) {
        return;
    }
    if (a[last].address != outs[last]) {
        memmove(outs[last], a[last].address, sizeof(void *));
    }
    if (strcmp(f->parameters[last].name, "out_database") == 0) {
        fdb_database_destroy((FDBDatabase *)handle_in(last));
    } else if (strcmp(f->parameters[last].name, "out_tenant") == 0) {
        fdb_tenant_destroy((FDBTenant *)handle_in(last));
    } else if (strcmp(f->parameters[last].name, "out_transaction") == 0) {
        fdb_transaction_destroy((FDBTransaction *)handle_in(last));
    }
}

#endif
