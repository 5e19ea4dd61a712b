/*
 * Children of fork() in which a database was open: every call is refused, the child ends as it says,
 * and the parent and its data are unharmed. Design D8, D12; error 9016.
 */
#include "harness.h"

static plinth_database *db;
static plinth_transaction *tr;

/* What a child does; its result is how the child ends. */
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
    CHECK(child > 0);
    CHECK_INT(waitpid(child, &status, 0), child);
    return status;
}

static int nothing(void) { return 7; }

static int refused(plinth_error error) { return error == 9016; }

static int calls(void) {
    plinth_database *other;
    plinth_transaction *begun;
    plinth_value value;
    int64_t version;
    int good = 0;
    good += refused(plinth_transaction_begin(db, &begun));
    good += refused(plinth_transaction_get(tr, NULL, (const uint8_t *)"a", 1, &value));
    good += refused(tr_set(tr, B("a"), B("child")));
    good += refused(plinth_transaction_get_read_version(tr, &version));
    good += refused(plinth_transaction_commit(tr));
    good += refused(plinth_transaction_destroy(tr));
    good += refused(plinth_database_sync(db));
    good += refused(plinth_database_close(db));
    good += refused(plinth_database_open(":memory:", NULL, &other));
    good += strstr(plinth_last_error(), "forked") != NULL;
    return good;
}

/* P10: a child's calls fail; what it would have written is nowhere. */
static void a_child_is_refused_and_the_parent_goes_on(void) {
    path where = temporary_path();
    plinth_transaction *mine;
    int round;
    CHECK_OK(plinth_database_open(where.text, NULL, &db));
    tr = begin(db);
    CHECK_OK(tr_set(tr, B("a"), B("parent")));
    for (round = 0; round < 3; round++) {
        int status = in_child(nothing);
        CHECK(WIFEXITED(status));
        CHECK_INT(WEXITSTATUS(status), 7);
        status = in_child(calls);
        CHECK(WIFEXITED(status));
        CHECK_INT(WEXITSTATUS(status), 10);
        mine = begin(db);
        CHECK_OK(tr_set(mine, B("round"), bytes_of("012" + round, 1)));
        CHECK_OK(plinth_transaction_commit(mine));
        destroy(mine);
    }
    CHECK_OK(plinth_transaction_commit(tr));
    destroy(tr);
    CHECK_OK(plinth_database_close(db));
    CHECK_OK(plinth_database_open(where.text, NULL, &db));
    tr = begin(db);
    CHECK_VALUE(tr, B("a"), B("parent"));
    CHECK_VALUE(tr, B("round"), B("2"));
    destroy(tr);
    CHECK_OK(plinth_database_close(db));
}

/* What a child wrote to its streams before it ended is not lost. */
static int writer(void) {
    printf("child line, not flushed\n");
    return 0;
}

static void a_child_flushes_what_it_wrote(void) {
    path where = temporary_path();
    char line[64] = "";
    FILE *file;
    int saved, status;
    db = open_memory();
    fflush(stdout);
    saved = dup(STDOUT_FILENO);
    CHECK(freopen(where.text, "w", stdout) != NULL);
    status = in_child(writer);
    fflush(stdout);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    CHECK_INT(status, 0);
    file = fopen(where.text, "r");
    CHECK(file != NULL && fgets(line, sizeof line, file) != NULL);
    CHECK_TEXT(line, "child line, not flushed\n");
    if (file != NULL) {
        fclose(file);
    }
    CHECK_OK(plinth_database_close(db));
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    RUN(a_child_is_refused_and_the_parent_goes_on);
    RUN(a_child_flushes_what_it_wrote);
    return harness_end();
}
