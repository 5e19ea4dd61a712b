/*
 * The live transactions of a database, in whatever handle and process, seen from the host and from guests, and the end
 * of one of them from anywhere. (VER-6, NET-6; design D12)
 *
 * A second process is this program with a role: it begins a transaction, says its id, and does what it is told by
 * lines on its standard input.
 */
#include "harness.h"

#include <fcntl.h>

typedef struct {
    char text[37];
} name;

static name id_of(plinth_transaction *tr) {
    name id = {""};
    CHECK_OK(plinth_transaction_id(tr, id.text));
    return id;
}

/* A transaction that reads. */
static plinth_transaction *reading(plinth_database *db) {
    plinth_transaction *tr = begin(db);
    CHECK_OK(tr_touch(tr, B("k")));
    return tr;
}

/* Whether a database tells of a transaction, and whether what it tells is right. */
static bool tells(plinth_database *db, name id, pid_t pid) {
    plinth_transaction_list list;
    bool found = false;
    CHECK_OK(plinth_database_list_transactions(db, &list));
    for (size_t i = 0; i < list.count; i++) {
        CHECK(i == 0 || list.items[i - 1].age_ms >= list.items[i].age_ms);
        if (strcmp(list.items[i].id, id.text) == 0) {
            CHECK(!found);
            found = true;
            CHECK_INT(list.items[i].pid, pid);
            /* A cluster tells the version only to who asks for it. */
            CHECK((list.items[i].read_version > 0 || getenv("PLINTH_TEST_CLUSTER") != NULL) && list.items[i].age_ms < 600000);
        }
    }
    plinth_transaction_list_free(&list);
    return found;
}

static size_t count_told(plinth_database *db) {
    plinth_transaction_list list;
    CHECK_OK(plinth_database_list_transactions(db, &list));
    size_t count = list.count;
    plinth_transaction_list_free(&list);
    return count;
}

/* ------------------------------------------------------------------ another process */

/* Begins two transactions, says who they are, and does what it is told. */
static void role_guest(const char *where) {
    plinth_database *db = open_buffered(where);
    plinth_transaction *first = reading(db), *second = reading(db);
    char line[64];
    printf("%s %s\n", id_of(first).text, id_of(second).text);
    fflush(stdout);
    while (fgets(line, sizeof line, stdin) != NULL && strncmp(line, "leave", 5) != 0) {
        name id = {""};
        if (strncmp(line, "read", 4) == 0) {
            printf("%d %d\n", (int)tr_touch(first, B("other")), (int)tr_touch(second, B("other")));
        } else if (strncmp(line, "again", 5) == 0) {
            CHECK_OK(plinth_transaction_on_error(first, PLINTH_ERROR_TRANSACTION_TOO_OLD));
            printf("%d\n", (int)tr_touch(first, B("k")));
        } else if (sscanf(line, "expire %36s", id.text) == 1) {
            printf("%d\n", (int)plinth_database_expire_transaction(db, id.text));
        } else if (sscanf(line, "find %36s", id.text) == 1) {
            printf("%d\n", (int)tells(db, id, getppid()));
        } else {
            printf("%zu\n", count_told(db));
        }
        fflush(stdout);
    }
    destroy(first);
    destroy(second);
    CHECK_OK(plinth_database_close(db));
}

typedef struct {
    pid_t pid;
    FILE *to, *from;
    name first, second;
} guest;

static guest start(const char *where) {
    int down[2], up[2];
    guest made = {-1, NULL, NULL, {""}, {""}};
    if (!CHECK(pipe(down) == 0 && pipe(up) == 0)) {
        exit(1);
    }
    fflush(stdout);
    made.pid = fork();
    if (made.pid == 0) {
        dup2(down[0], STDIN_FILENO);
        dup2(up[1], STDOUT_FILENO);
        close(down[1]);
        close(up[0]);
        execl(harness.self, harness.self, "guest", where, (char *)NULL);
        _exit(127);
    }
    close(down[0]);
    close(up[1]);
    fcntl(down[1], F_SETFD, FD_CLOEXEC);
    fcntl(up[0], F_SETFD, FD_CLOEXEC);
    made.to = fdopen(down[1], "w");
    made.from = fdopen(up[0], "r");
    CHECK_INT(fscanf(made.from, "%36s %36s", made.first.text, made.second.text), 2);
    return made;
}

static void tell(guest *to, const char *what, const char *id) {
    fprintf(to->to, "%s %s\n", what, id);
    fflush(to->to);
}

static int told(guest *by, const char *what, const char *id) {
    int number = -1;
    tell(by, what, id);
    CHECK_INT(fscanf(by->from, "%d", &number), 1);
    return number;
}

static void leave(guest *one) {
    tell(one, "leave", "");
    CHECK_INT(wait_for(one->pid), 0);
    fclose(one->to);
    fclose(one->from);
}

/* ------------------------------------------------------------------ claims */

static void what_is_live_is_told_and_no_more(void) {
    plinth_database *db = open_memory();
    plinth_transaction *one = reading(db), *two = reading(db);
    name gone = id_of(one);
    CHECK(tells(db, gone, getpid()) && tells(db, id_of(two), getpid()));
    CHECK_INT((int64_t)count_told(db), 2);
    destroy(one);
    CHECK(!tells(db, gone, getpid()) && tells(db, id_of(two), getpid()));
    destroy(two);
    CHECK_INT((int64_t)count_told(db), 0);
    CHECK_OK(plinth_database_close(db));
}

static void all_handles_of_a_process_are_asked(void) {
    path where = temporary_path();
    plinth_database *host = open_buffered(where.text), *member = open_buffered(where.text), *other = open_memory(), *back[2];
    plinth_transaction *one = reading(host), *two = reading(member), *strange = reading(other), *found;
    back[0] = host, back[1] = member;
    for (int i = 0; i < 2; i++) {
        CHECK(tells(back[i], id_of(one), getpid()) && tells(back[i], id_of(two), getpid()));
        CHECK_INT((int64_t)count_told(back[i]), 2);
    }
    CHECK_INT((int64_t)count_told(other), 1);
    /* Handles are those of the database they came from. */
    CHECK_OK(plinth_transaction_find(host, id_of(one).text, &found));
    CHECK(found == one);
    CHECK_CODE(plinth_transaction_find(host, id_of(two).text, &found), PLINTH_ERROR_TRANSACTION_NOT_FOUND);
    CHECK_OK(plinth_database_expire_transaction(host, id_of(two).text));
    CHECK_OK(plinth_database_expire_transaction(member, id_of(one).text));
    CHECK_CODE(plinth_database_expire_transaction(host, id_of(strange).text), PLINTH_ERROR_TRANSACTION_NOT_FOUND);
    CHECK_CODE(tr_touch(one, B("other")), PLINTH_ERROR_TRANSACTION_TOO_OLD);
    CHECK_CODE(tr_touch(two, B("other")), PLINTH_ERROR_TRANSACTION_TOO_OLD);
    CHECK_OK(tr_touch(strange, B("other")));
    destroy(one);
    destroy(two);
    CHECK_INT((int64_t)count_told(host), 0);
    destroy(strange);
    CHECK_OK(plinth_database_close(member));
    CHECK_OK(plinth_database_close(host));
    CHECK_OK(plinth_database_close(other));
}

static void the_transactions_of_all_processes_are_told_everywhere_net6(void) {
    path where = temporary_path();
    plinth_database *host = open_buffered(where.text);
    plinth_transaction *own = reading(host);
    guest a = start(where.text), b = start(where.text);
    CHECK(tells(host, id_of(own), getpid()));
    CHECK(tells(host, a.first, a.pid) && tells(host, a.second, a.pid) && tells(host, b.first, b.pid) && tells(host, b.second, b.pid));
    CHECK_INT((int64_t)count_told(host), 5);
    CHECK_INT(told(&a, "count", ""), 5);
    CHECK_INT(told(&a, "find", id_of(own).text), 1);
    /* What is gone is not told. */
    leave(&b);
    CHECK_INT((int64_t)count_told(host), 3);
    CHECK_INT(told(&a, "count", ""), 3);
    leave(&a);
    CHECK_INT((int64_t)count_told(host), 1);
    destroy(own);
    CHECK_OK(plinth_database_close(host));
}

static void a_transaction_is_expired_from_anywhere_ver6(void) {
    path where = temporary_path();
    plinth_database *host = open_buffered(where.text);
    plinth_transaction *own = reading(host);
    guest a = start(where.text), b = start(where.text);
    int first = -1, second = -1;
    /* The host ends one of a guest; the other is left alone. */
    CHECK_OK(plinth_database_expire_transaction(host, a.first.text));
    tell(&a, "read", "");
    CHECK_INT(fscanf(a.from, "%d %d", &first, &second), 2);
    CHECK_INT(first, PLINTH_ERROR_TRANSACTION_TOO_OLD);
    CHECK_INT(second, 0);
    CHECK_INT(told(&a, "again", ""), 0);
    /* A guest ends one of another guest, and one of the host. */
    CHECK_INT(told(&a, "expire", b.first.text), 0);
    tell(&b, "read", "");
    CHECK_INT(fscanf(b.from, "%d %d", &first, &second), 2);
    CHECK_INT(first, PLINTH_ERROR_TRANSACTION_TOO_OLD);
    CHECK_INT(second, 0);
    CHECK_INT(told(&b, "expire", id_of(own).text), 0);
    CHECK_CODE(tr_touch(own, B("other")), PLINTH_ERROR_TRANSACTION_TOO_OLD);
    destroy(own);
    /* Nobody has these. */
    CHECK_INT(told(&b, "expire", "5b1d3c1e-7a51-4c86-9d0b-7d7be0a6a9a1"), PLINTH_ERROR_TRANSACTION_NOT_FOUND);
    CHECK_CODE(plinth_database_expire_transaction(host, "5b1d3c1e-7a51-4c86-9d0b-7d7be0a6a9a1"), PLINTH_ERROR_TRANSACTION_NOT_FOUND);
    CHECK_CODE(plinth_database_expire_transaction(host, "nobody"), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK_CODE(plinth_database_expire_transaction(host, NULL), PLINTH_ERROR_INVALID_ARGUMENT);
    leave(&a);
    leave(&b);
    CHECK_OK(plinth_database_close(host));
}

/* One whose commit was called has nothing that could be taken away. */
static void a_transaction_that_committed_is_not_expired(void) {
    plinth_database *db = open_memory();
    plinth_transaction *tr = reading(db);
    name id = id_of(tr);
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_CODE(plinth_database_expire_transaction(db, id.text), PLINTH_ERROR_USED_DURING_COMMIT);
    destroy(tr);
    CHECK_CODE(plinth_database_expire_transaction(db, id.text), PLINTH_ERROR_TRANSACTION_NOT_FOUND);
    CHECK_OK(plinth_database_close(db));
}

/* A process that is stopped is left out, and the others are told. */
static void who_does_not_answer_is_left_out(void) {
    path where = temporary_path();
    plinth_database *host = open_buffered(where.text);
    guest a = start(where.text), b = start(where.text);
    CHECK(kill(a.pid, SIGSTOP) == 0);
    CHECK(!tells(host, a.first, a.pid) && tells(host, b.first, b.pid));
    CHECK(kill(a.pid, SIGCONT) == 0);
    CHECK_INT(told(&a, "count", ""), 4);
    CHECK(kill(a.pid, SIGKILL) == 0);
    CHECK(WIFSIGNALED(wait_for(a.pid)));
    fclose(a.to);
    fclose(a.from);
    while (count_told(host) != 2) {
        breathe();
    }
    leave(&b);
    CHECK_OK(plinth_database_close(host));
}

/* The next host asks as the last one did. */
static void it_goes_on_after_a_hand_over(void) {
    path where = temporary_path();
    plinth_database *host = open_buffered(where.text);
    guest a = start(where.text), b = start(where.text);
    CHECK_OK(plinth_database_close(host));
    /* Both have to find it first. */
    while (told(&a, "count", "") != 4 || told(&b, "count", "") != 4) {
        breathe();
    }
    CHECK_INT(told(&b, "expire", a.first.text), 0);
    leave(&a);
    while (told(&b, "count", "") != 2) {
        breathe();
    }
    leave(&b);
}

/* Of each handle the thousand oldest are told. */
static void a_long_list_is_cut(void) {
    plinth_database *db = open_memory();
    static plinth_transaction *all[1100];
    for (int i = 0; i < 1100; i++) {
        all[i] = begin(db);
    }
    CHECK_INT((int64_t)count_told(db), 1000);
    for (int i = 0; i < 1100; i++) {
        destroy(all[i]);
    }
    CHECK_OK(plinth_database_close(db));
}

/* Those who ask at the same time do not disturb each other, nor those who begin and end. */
static void ask_often(long number, void *user) {
    plinth_database *db = user;
    for (long i = 0; i < scaled(200); i++) {
        if (number == 0) {
            plinth_transaction *tr = reading(db);
            CHECK(tells(db, id_of(tr), getpid()));
            destroy(tr);
        } else {
            CHECK(count_told(db) >= 2);
        }
    }
}

static void many_ask_at_once(void) {
    path where = temporary_path();
    plinth_database *host = open_buffered(where.text);
    guest a = start(where.text);
    in_threads(4, ask_often, host);
    leave(&a);
    CHECK_OK(plinth_database_close(host));
}

int main(int argc, char **argv) {
    if (argc > 2) {
        /* Without the line that a test begins with: what is said goes to the parent. */
        role_guest(argv[2]);
        return harness.failures > 0;
    }
    signal(SIGPIPE, SIG_IGN);
    harness_begin(argc, argv);
    RUN(what_is_live_is_told_and_no_more);
    RUN(all_handles_of_a_process_are_asked);
    RUN(the_transactions_of_all_processes_are_told_everywhere_net6);
    RUN(a_transaction_is_expired_from_anywhere_ver6);
    RUN(a_transaction_that_committed_is_not_expired);
    RUN(who_does_not_answer_is_left_out);
    RUN(it_goes_on_after_a_hand_over);
    RUN(a_long_list_is_cut);
    RUN(many_ask_at_once);
    return harness_end();
}
