/*
 * What an acknowledged commit survives: a child process commits and reports each acknowledgement
 * through a pipe; the parent kills it at a random moment, reopens the database and looks for
 * everything that was acknowledged, for nothing halfway, and for versions that only grow. D2, D4, VER-11.
 */
#include "harness.h"

/* One report of the child: the number it committed, and the version. */
typedef struct {
    int64_t number, version;
} report;

static void number_text(int64_t number, char *text) {
    snprintf(text, 24, "%012" PRId64, number);
}

/*
 * Each commit writes the number to two keyspaces and a counter to a third place, and clears what
 * is a hundred numbers old: all of it or nothing must survive.
 */
static plinth_error commit_number(plinth_transaction *tr, plinth_keyspace *ks, int64_t number) {
    char text[24], old[24];
    plinth_error error;
    number_text(number, text);
    number_text(number - 100, old);
    error = tr_set(tr, bytes_of(text, 12), bytes_of(text, 12));
    if (error == 0) {
        error = plinth_transaction_set(tr, ks, (const uint8_t *)text, 12, (const uint8_t *)text, 12);
    }
    if (error == 0) {
        error = tr_set(tr, B("counter"), bytes_of(text, 12));
    }
    if (error == 0 && number > 100) {
        error = tr_clear(tr, bytes_of(old, 12));
    }
    return error == 0 ? plinth_transaction_commit(tr) : error;
}

/* The child: commits from the number after the stored one until it is killed. */
static int commit_until_killed(const char *where, const char *durability) {
    plinth_database_options options = database_options();
    plinth_database *db;
    plinth_keyspace *ks;
    plinth_transaction *tr;
    plinth_value value;
    report r = {0, 0};
    options.durability = (int32_t)strtol(durability, NULL, 10);
    if (plinth_database_open(where, &options, &db) != 0 || plinth_keyspace_open(db, "second", &ks) != 0 ||
        plinth_transaction_begin(db, &tr) != 0 || plinth_transaction_get(tr, NULL, (const uint8_t *)"counter", 7, &value) != 0) {
        fprintf(stderr, "child: %s\n", plinth_last_error());
        return 3;
    }
    if (value.data != NULL) {
        char text[24];
        snprintf(text, sizeof text, "%.*s", (int)value.len, (const char *)value.data);
        r.number = strtoll(text, NULL, 10);
    }
    plinth_value_free(&value);
    for (;;) {
        r.number++;
        if (plinth_transaction_reset(tr) != 0 || commit_number(tr, ks, r.number) != 0 ||
            plinth_transaction_get_committed_version(tr, &r.version) != 0) {
            fprintf(stderr, "child: %s\n", plinth_last_error());
            return 4;
        }
        if (write(STDOUT_FILENO, &r, sizeof r) != (ssize_t)sizeof r) {
            return 5;
        }
    }
}

/* Reads reports until `count` have come, kills the child, and returns its last report. */
static report last_acknowledged(pid_t child, int input, long count) {
    report last = {0, 0}, next;
    for (long seen = 0; read(input, &next, sizeof next) == (ssize_t)sizeof next;) {
        last = next;
        if (++seen == count) {
            CHECK_INT(kill(child, SIGKILL), 0);
        }
    }
    return last;
}

static report run_child(const char *where, int durability, long count) {
    int ends[2], status;
    char text[8];
    pid_t child;
    report last;
    snprintf(text, sizeof text, "%d", durability);
    CHECK_INT(pipe(ends), 0);
    child = spawn_self("commit-until-killed", where, text, ends[1]);
    close(ends[1]);
    last = last_acknowledged(child, ends[0], count);
    close(ends[0]);
    status = wait_for(child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    return last;
}

/* Checks what is stored after the crash against the last acknowledged commit. Returns the newest version. */
static int64_t check_survivors(const char *where, report acknowledged) {
    plinth_database *db = open_with(where, NULL);
    plinth_keyspace *ks = NULL;
    plinth_transaction *tr = begin(db);
    plinth_value value;
    char text[24] = "0";
    int64_t counter, version = 0;
    CHECK_OK(plinth_keyspace_open(db, "second", &ks));
    CHECK_OK(plinth_transaction_get_read_version(tr, &version));
    CHECK(version > acknowledged.version);
    CHECK_OK(plinth_transaction_get(tr, NULL, (const uint8_t *)"counter", 7, &value));
    snprintf(text, sizeof text, "%.*s", (int)value.len, value.data == NULL ? "0" : (const char *)value.data);
    plinth_value_free(&value);
    counter = strtoll(text, NULL, 10);
    CHECK(counter >= acknowledged.number);
    /* At most one commit can have been in flight. */
    CHECK(counter <= acknowledged.number + 1);
    for (int64_t number = 1; number <= counter; number++) {
        number_text(number, text);
        CHECK_VALUE_IN(tr, ks, bytes_of(text, 12), bytes_of(text, 12));
        CHECK_VALUE(tr, bytes_of(text, 12), number > counter - 100 ? bytes_of(text, 12) : ABSENT);
    }
    number_text(counter + 1, text);
    CHECK_VALUE(tr, bytes_of(text, 12), ABSENT);
    CHECK_VALUE_IN(tr, ks, bytes_of(text, 12), ABSENT);
    destroy(tr);
    CHECK_OK(plinth_keyspace_close(ks));
    CHECK_OK(plinth_database_close(db));
    return version;
}

static void survive_kills(int durability, long rounds) {
    path where = temporary_path();
    int64_t newest = 0, commits = 0;
    for (long round = 0; round < rounds; round++) {
        report last = run_child(where.text, durability, 1 + random_below(60));
        CHECK(last.version > newest);
        newest = check_survivors(where.text, last);
        commits = last.number;
    }
    printf("%ld kills, %" PRId64 " commits\n", rounds, commits);
}

/* Acknowledged is durable, whole transactions only, and versions grow. (COM-8, VER-11) */
static void synced_commits_survive_a_kill_d4(void) {
    survive_kills(PLINTH_DURABILITY_SYNC, scaled(20));
}

/* The end of a process is no loss for them either. (COM-8, VER-11, FREE-6) */
static void buffered_commits_survive_a_kill_d4(void) {
    survive_kills(PLINTH_DURABILITY_BUFFERED, scaled(20));
}

/* ------------------------------------------------------------------ a crash right after changes of structure */

static int change_and_die(const char *where, const char *step) {
    plinth_database *db;
    plinth_keyspace *ks;
    if (plinth_database_open(where, NULL, &db) != 0) {
        return 3;
    }
    if (strcmp(step, "create") == 0 && plinth_keyspace_open(db, "kept", &ks) != 0) {
        return 4;
    }
    if (strcmp(step, "drop") == 0 && plinth_keyspace_drop(db, "kept") != 0) {
        return 5;
    }
    kill(getpid(), SIGKILL);
    return 6;
}

static void expect_keyspaces(const char *where, size_t count) {
    plinth_database *db = open_with(where, NULL);
    plinth_range names;
    CHECK_OK(plinth_keyspace_list(db, &names));
    CHECK_INT(names.count, count);
    plinth_range_free(&names);
    CHECK_OK(plinth_database_close(db));
}

static void keyspaces_are_created_and_dropped_durably_d9(void) {
    static const struct {
        const char *step;
        size_t keyspaces;
    } steps[] = {{"nothing", 1}, {"create", 2}, {"nothing", 2}, {"drop", 1}, {"nothing", 1}};
    path where = temporary_path();
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        int status = wait_for(spawn_self("change-and-die", where.text, steps[i].step, -1));
        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        expect_keyspaces(where.text, steps[i].keyspaces);
    }
}

static void the_lock_dies_with_its_process(void) {
    path where = temporary_path();
    long rounds = scaled(5);
    for (long i = 0; i < rounds; i++) {
        int status = wait_for(spawn_self("change-and-die", where.text, "nothing", -1));
        CHECK(WIFSIGNALED(status));
        CHECK_OK(plinth_database_close(open_with(where.text, NULL)));
    }
}

int main(int argc, char **argv) {
    if (argc == 4 && strcmp(argv[1], "commit-until-killed") == 0) {
        return commit_until_killed(argv[2], argv[3]);
    }
    if (argc == 4 && strcmp(argv[1], "change-and-die") == 0) {
        return change_and_die(argv[2], argv[3]);
    }
    harness_begin(argc, argv);
    RUN(synced_commits_survive_a_kill_d4);
    RUN(buffered_commits_survive_a_kill_d4);
    RUN(keyspaces_are_created_and_dropped_durably_d9);
    RUN(the_lock_dies_with_its_process);
    return harness_end();
}
