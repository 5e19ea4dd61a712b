/*
 * Stores without a network thread: who ends the last handle closes the store, whatever still holds on to
 * it. Rules NET-5, NET-7, FUT-8, FUT-13. The network is set up and never run, so each claim is a process
 * of its own: a hang is ended by its alarm.
 */
#include "harness.h"

#define VALUES 50
#define LENGTH 90000

static uint8_t large[LENGTH];

static FDBDatabase *opened(const char *where) {
    FDBDatabase *db = NULL;
    CHECK_OK(fdb_create_database(where, &db));
    return db;
}

static void set_up(void) {
    CHECK_OK(fdb_select_api_version(730));
    CHECK_OK(fdb_setup_network());
    unsetenv("PLINTH_DATA");
}

static bytes numbered(char *text, int number) {
    return bytes_of(text, snprintf(text, 16, "key%03d", number));
}

/* FUT-8, NET-5: a value outlives its database, and does not keep others from opening it again. */
static int value_role(const char *where) {
    char text[16];
    FDBDatabase *db = opened(where);
    FDBFuture *kept[VALUES];
    FDBTransaction *tr = begin(db);
    memset(large, 'v', sizeof large);
    for (int i = 0; i < VALUES; i++) {
        tr_set(tr, numbered(text, i), bytes_of(large, LENGTH));
    }
    CHECK_OK(commit(tr));
    destroy(tr);
    fdb_database_destroy(db);
    /* From here on the values are in table files, where they are pinned. */
    for (int i = 0; i < VALUES; i++) {
        db = opened(where);
        tr = begin(db);
        kept[i] = tr_get(tr, numbered(text, i));
        CHECK_OK(fdb_future_block_until_ready(kept[i]));
        destroy(tr);
        fdb_database_destroy(db);
    }
    for (int i = 0; i < VALUES; i++) {
        harness_value(kept[i], bytes_of(large, LENGTH), "a value", __FILE__, __LINE__);
    }
    return child_end();
}

/* NET-7: commits under way end while their store is closed by those who go, and others open it anew. */
static int turns_role(const char *first, const char *second) {
    for (long round = 0; round < scaled(60); round++) {
        FDBDatabase *a = opened(first), *b;
        FDBTransaction *tr = begin(a);
        FDBFuture *f;
        tr_set(tr, B("k"), B("v"));
        f = fdb_transaction_commit(tr);
        fdb_future_destroy(f);
        destroy(tr);
        fdb_database_destroy(a);
        b = opened(second);
        a = opened(first);
        fdb_database_destroy(a);
        fdb_database_destroy(b);
    }
    return child_end();
}

/* FUT-13, NET-7: what waits when the last handle goes lets the directory go too, when it ends. */
static int late_role(const char *where) {
    FDBDatabase *db = opened(where);
    FDBTransaction *tr = begin(db);
    FDBFuture *f = fdb_transaction_on_error(tr, 1020);
    fdb_database_destroy(db);
    destroy(tr);
    fdb_future_destroy(f);
    /* Another process gets it as soon as it is free; the guard ends this one if it never is. */
    while (wait_for(spawn_self("free", where, NULL)) != 0) {
        breathe();
    }
    return child_end();
}

static int free_role(const char *where) {
    FDBDatabase *db = NULL;
    fdb_error_t error = fdb_create_database(where, &db);
    fdb_database_destroy(db);
    return error != 0;
}

static path directory(void) {
    path made = temporary_path();
    CHECK(mkdir(made.text, 0700) == 0);
    return made;
}

/* FUT-8, NET-5: see value_role. */
static void a_value_outlives_its_store_fut8_net5(void) {
    path where = directory();
    CHECK_CHILD("value", where.text, NULL);
}

/* NET-7: see turns_role. */
static void stores_are_opened_and_closed_in_turns_net7(void) {
    path first = directory(), second = directory();
    CHECK_CHILD("turns", first.text, second.text);
}

/* FUT-13, NET-7: see late_role. */
static void what_waits_lets_go_when_it_ends_fut13_net7(void) {
    path where = directory();
    CHECK_CHILD("late", where.text, NULL);
}

static int play(char **argv, int argc) {
    set_up();
    setenv("PLINTH_QUIET", "1", 1);
    switch (argv[1][0]) {
    case 'v': return value_role(argv[2]);
    case 't': return turns_role(argv[2], argc > 3 ? argv[3] : "");
    case 'l': return late_role(argv[2]);
    default: return free_role(argv[2]);
    }
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    if (argc > 2) {
        return play(argv, argc);
    }
    RUN(a_value_outlives_its_store_fut8_net5);
    RUN(stores_are_opened_and_closed_in_turns_net7);
    RUN(what_waits_lets_go_when_it_ends_fut13_net7);
    return harness_end();
}
