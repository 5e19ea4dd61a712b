/*
 * Several processes on one directory: children raise a counter and report each acknowledged commit
 * through a pipe; the parent kills whichever of them is host, again and again. In the end everything
 * that was acknowledged is there once, and the counter agrees. COM-7, COM-8, VER-11.
 */
#include "words.h"

#include <poll.h>

#define WORKERS 3

/* A commit that a child made: its name, and what it was told. */
typedef struct {
    char name[32];
    int64_t version;
    uint8_t stamp[10];
    bool told; /* not, if only its mark says that it happened */
} report;

static bytes mark_of(const char *name, char *text, size_t size) {
    snprintf(text, size, "mark/%s", name);
    return bytes_of(text, strlen(text));
}

/* Whether a commit of unknown fate happened, by its mark; an error that can't be retried ends the child. */
static bool is_marked(plinth_database *db, const char *name) {
    plinth_transaction *tr;
    plinth_value value = {0};
    plinth_error error;
    char text[64];
    bytes key = mark_of(name, text, sizeof text);
    bool there = false;
    if (plinth_transaction_begin(db, &tr) != 0) {
        exit(6);
    }
    while ((error = plinth_transaction_get(tr, NULL, key.data, key.len, &value)) != 0) {
        if (plinth_transaction_on_error(tr, error) != 0) {
            fprintf(stderr, "child, looking for a mark: %s\n", plinth_last_error());
            exit(6);
        }
    }
    there = value.data != NULL;
    plinth_value_free(&value);
    plinth_transaction_destroy(tr);
    return there;
}

static int64_t counter_of(const plinth_value *value) {
    int64_t number = 0;
    if (value->data != NULL && value->len == sizeof number) {
        memcpy(&number, value->data, sizeof number);
    }
    return number;
}

/* One attempt: reads the counter, sets it one higher, adds one to the sum, marks, commits. */
static plinth_error raise_once(plinth_transaction *tr, report *made) {
    plinth_value value = {0};
    char text[64];
    bytes key = mark_of(made->name, text, sizeof text);
    plinth_error error = plinth_transaction_get(tr, NULL, (const uint8_t *)"counter", 7, &value);
    int64_t number = error == 0 ? counter_of(&value) + 1 : 0;
    plinth_value_free(&value);
    if (error == 0) {
        error = tr_set(tr, B("counter"), bytes_of(&number, sizeof number));
    }
    if (error == 0) {
        error = tr_add(tr, B("sum"), B("\1\0\0\0\0\0\0\0"));
    }
    if (error == 0) {
        error = tr_stamped_value(tr, key, B("\0\0\0\0\0\0\0\0\0\0"), 0);
    }
    if (error == 0) {
        error = plinth_transaction_commit(tr);
    }
    if (error == 0) {
        error = plinth_transaction_get_committed_version(tr, &made->version);
    }
    return error == 0 ? plinth_transaction_get_versionstamp(tr, made->stamp) : error;
}

/* The child: raises the counter until there is a file beside the directory, then closes. */
static int raise_until_told(const char *where) {
    plinth_database *db;
    plinth_transaction *tr;
    char stop[640];
    snprintf(stop, sizeof stop, "%s.stop", where);
    if (plinth_database_open(where, NULL, &db) != 0 || plinth_transaction_begin(db, &tr) != 0) {
        fprintf(stderr, "child: %s\n", plinth_last_error());
        return 3;
    }
    for (long count = 0; access(stop, F_OK) != 0; count++) {
        report made = {0};
        plinth_error error;
        snprintf(made.name, sizeof made.name, "%ld.%ld", (long)getpid(), count);
        error = raise_once(tr, &made);
        made.told = error == 0;
        if ((error == 0 || (plinth_error_is_maybe_committed(error) && is_marked(db, made.name))) &&
            write(STDOUT_FILENO, &made, sizeof made) != (ssize_t)sizeof made) {
            return 5;
        }
        if (error == 0 ? plinth_transaction_reset(tr) != 0 : plinth_transaction_on_error(tr, error) != 0) {
            fprintf(stderr, "child: error %" PRId32 ", then %s\n", error, plinth_last_error());
            return 4;
        }
    }
    plinth_transaction_destroy(tr);
    return plinth_database_close(db) == 0 ? 0 : 7;
}

/* Which of the children is host, as the directory says; -1 if that is none of them at present. */
static int host_of(const char *where, const pid_t *children) {
    char name[640];
    long pid = 0;
    FILE *file;
    snprintf(name, sizeof name, "%s/OWNER", where);
    file = fopen(name, "r");
    if (file == NULL) {
        return -1;
    }
    if (fscanf(file, "pid %ld", &pid) != 1) {
        pid = 0;
    }
    fclose(file);
    for (int i = 0; i < WORKERS; i++) {
        if (children[i] == (pid_t)pid) {
            return i;
        }
    }
    return -1;
}

/* Everything that the children reported. */
typedef struct {
    report *list;
    long count, room;
} reports;

/* Hears the next report, if there is one in time. */
static bool hear(reports *all, int input) {
    struct pollfd ready = {input, POLLIN, 0};
    if (!CHECK(poll(&ready, 1, 30000) == 1)) {
        return false;
    }
    if (all->count == all->room) {
        report *more;
        all->room = all->room * 2 + 64;
        more = realloc(all->list, (size_t)all->room * sizeof *more);
        if (more == NULL) {
            abort();
        }
        all->list = more;
    }
    if (read(input, &all->list[all->count], sizeof *all->list) != (ssize_t)sizeof *all->list) {
        return false;
    }
    all->count++;
    return true;
}

/* Checks the reports against what is there. */
static void check_reports(const char *where, const reports *all) {
    plinth_database *db = open_with(where, NULL);
    plinth_transaction *tr = begin(db);
    plinth_value value = {0};
    plinth_range range = {0};
    plinth_key_selector first = at_or_after(B("mark/")), last = at_or_after(B("mark0"));
    plinth_range_options options = range_options(0, 0, false, false);
    CHECK_OK(plinth_transaction_get(tr, NULL, (const uint8_t *)"counter", 7, &value));
    CHECK_OK(plinth_transaction_get_range(tr, NULL, &first, &last, &options, &range));
    /* Every mark is a commit, and none was made twice. */
    CHECK_INT(counter_of(&value), range.count);
    plinth_value_free(&value);
    CHECK_OK(plinth_transaction_get(tr, NULL, (const uint8_t *)"sum", 3, &value));
    CHECK_INT(counter_of(&value), range.count);
    CHECK((long)range.count >= all->count);
    printf("%zu commits, %ld of them reported\n", range.count, all->count);
    plinth_value_free(&value);
    plinth_range_free(&range);
    for (long i = 0; i < all->count; i++) {
        const report *made = &all->list[i];
        char text[64];
        bytes key = mark_of(made->name, text, sizeof text);
        CHECK_OK(plinth_transaction_get(tr, NULL, key.data, key.len, &value));
        CHECK(value.data != NULL);
        if (made->told) {
            CHECK_BYTES(value.data, value.len, bytes_of(made->stamp, sizeof made->stamp));
        }
        plinth_value_free(&value);
    }
    destroy(tr);
    CHECK_OK(plinth_database_close(db));
}

/* Kills the host so often, and has the others go on. */
static void kills(const char *where, pid_t *children, int ends[2], reports *all, long count) {
    for (long killed = 0; killed < count;) {
        int host;
        long until = all->count + 1 + random_below(20);
        while (all->count < until) {
            if (!hear(all, ends[0])) {
                return;
            }
        }
        host = host_of(where, children);
        if (host < 0) {
            continue;
        }
        CHECK_INT(kill(children[host], SIGKILL), 0);
        wait_for(children[host]);
        children[host] = spawn_self("raise", where, NULL, ends[1]);
        killed++;
    }
}

static void no_commit_is_lost_or_made_twice_when_hosts_are_killed_3fs6_com7(void) {
    path where = temporary_path();
    char stop[640];
    pid_t children[WORKERS];
    reports all = {NULL, 0, 0};
    int ends[2];
    alarm(600); /* a hang fails */
    CHECK_INT(pipe(ends), 0);
    for (int i = 0; i < WORKERS; i++) {
        children[i] = spawn_self("raise", where.text, NULL, ends[1]);
    }
    kills(where.text, children, ends, &all, scaled(20));
    snprintf(stop, sizeof stop, "%s.stop", where.text);
    fclose(fopen(stop, "w"));
    close(ends[1]);
    while (hear(&all, ends[0])) {
    }
    for (int i = 0; i < WORKERS; i++) {
        int status = wait_for(children[i]);
        CHECK(WIFEXITED(status));
        CHECK_INT(WEXITSTATUS(status), 0);
    }
    close(ends[0]);
    check_reports(where.text, &all);
    free(all.list);
    alarm(0);
}

int main(int argc, char **argv) {
    if (argc > 2 && strcmp(argv[1], "raise") == 0) {
        return raise_until_told(argv[2]);
    }
    harness_begin(argc, argv);
    RUN(no_commit_is_lost_or_made_twice_when_hosts_are_killed_3fs6_com7);
    return harness_end();
}
