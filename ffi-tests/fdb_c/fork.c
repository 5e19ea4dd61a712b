/*
 * Children of fork() in which a database was open: every call fails, nothing of the child gets into the
 * store, and the child ends as it says. One that lives on does not keep the directory. Rules ABI-4, NET-6.
 */
#include "harness.h"

static FDBDatabase *db;
static FDBTransaction *tr;
static FDBFuture *pending;

typedef int (*child_body)(void);

/* Runs `body` in a child that ends through exit(), and returns the child's status. */
static int in_child(child_body body) {
    int status = -1;
    pid_t child;
    fflush(stdout);
    child = fork();
    if (child == 0) {
        alarm(60); /* a child that hangs is killed */
        exit(body());
    }
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    return status;
}

static int nothing(void) { return 7; }

static int refused(fdb_error_t error) { return error == 2000; }

static int calls(void) {
    FDBDatabase *other;
    FDBTransaction *begun;
    int64_t number;
    int good = 0;
    good += refused(fdb_database_create_transaction(db, &begun));
    good += refused(fdb_create_database(NULL, &other));
    good += refused(fdb_future_block_until_ready(pending));
    good += refused(fdb_future_get_error(pending));
    good += refused(fdb_transaction_get_committed_version(tr, &number));
    good += refused(fdb_database_set_option(db, FDB_DB_OPTION_MAX_WATCHES, (const uint8_t *)"\1\0\0\0\0\0\0", 8));
    good += refused(fdb_stop_network());
    /* Those that return a future or nothing have no way to tell, and do nothing. */
    fdb_transaction_set(tr, (const uint8_t *)"k", 1, (const uint8_t *)"child", 5);
    fdb_future_destroy(fdb_transaction_commit(tr));
    fdb_future_destroy(pending);
    fdb_transaction_destroy(tr);
    fdb_database_destroy(db);
    return good;
}

/* ABI-4, NET-6: a child's calls fail, and what it would have written is nowhere. */
static void a_child_is_refused_and_the_parent_goes_on_abi4_net6(void) {
    db = open_database();
    put(db, B("k"), B("parent"));
    tr = begin(db);
    pending = tr_watch(tr, B("k"));
    for (int round = 0; round < 3; round++) {
        int status = in_child(nothing);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
        status = in_child(calls);
        CHECK(WIFEXITED(status));
        CHECK_INT(WEXITSTATUS(status), 7);
        put(db, B("round"), bytes_of("012" + round, 1));
    }
    CHECK(!fdb_future_is_ready(pending));
    fdb_future_destroy(pending);
    CHECK_VALUE(tr, B("k"), B("parent"));
    destroy(tr);
    tr = begin(db);
    CHECK_VALUE(tr, B("round"), B("2"));
    destroy(tr);
    fdb_database_destroy(db);
}

/* ------------------------------------------------------------------ a child that outlives its parent */

/* Opens the store, leaves a child behind that tells its pid and waits, and dies. */
static int orphan_role(void) {
    int ends[2];
    char go;
    setpgid(0, 0);
    network_start(730);
    put(open_database(), B("k"), B("v"));
    CHECK(pipe(ends) == 0);
    if (fork() == 0) {
        ssize_t written = write(ends[1], "x", 1);
        for (;;) {
            pause();
        }
        exit((int)written);
    }
    CHECK(read(ends[0], &go, 1) == 1);
    raise(SIGKILL);
    return 1;
}

/* Opens the store and reads what the dead parent wrote. */
static int heir_role(void) {
    network_start(730);
    db = open_database();
    tr = begin(db);
    CHECK_VALUE(tr, B("k"), B("v"));
    destroy(tr);
    fdb_database_destroy(db);
    network_finish();
    return child_end();
}

/* NET-6: a directory is open in processes that have opened it, not in those that were forked from one. */
static void an_orphan_does_not_keep_the_directory_net6(void) {
    path where = temporary_path();
    pid_t dying;
    int status;
    dying = spawn_self("orphan", where.text, NULL);
    CHECK(waitpid(dying, &status, 0) == dying && WIFSIGNALED(status));
    CHECK_INT(wait_for(spawn_self("heir", where.text, NULL)), 0);
    kill(-dying, SIGKILL);
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    if (argc > 2) {
        setenv("PLINTH_DATA", argv[2], 1);
        return strcmp(argv[1], "orphan") == 0 ? orphan_role() : heir_role();
    }
    RUN(an_orphan_does_not_keep_the_directory_net6);
    network_start(730);
    RUN(a_child_is_refused_and_the_parent_goes_on_abi4_net6);
    network_finish();
    return harness_end();
}
