/*
 * Children of fork() in which a database was open: each handle of the parent is 9016 and left alone,
 * new handles work, the child ends as it says, and the parent and its data are unharmed. Design D8, D12;
 * error 9016.
 */
#include "harness.h"

#include <dirent.h>
#include <setjmp.h>

/* Not in this level of POSIX any more, but programs use it. */
extern pid_t vfork(void);

/* Seconds after which a child that hangs is killed. */
#define WATCHDOG 120
#define HAMMERS 8

/* The allocator of AddressSanitizer may stay locked in a child of a process whose threads allocate. */
#if defined(__SANITIZE_ADDRESS__)
#define ALLOCATOR_FORKS false
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ALLOCATOR_FORKS false
#endif
#endif
#ifndef ALLOCATOR_FORKS
#define ALLOCATOR_FORKS true
#endif

/* What only the parent's other threads knew of is lost in a child: LeakSanitizer need not say so there. */
static pid_t parent;
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void) {
    return getpid() != parent;
}

/* What a parent has, and its children inherit. */
static path where;
static plinth_database *db;
static plinth_transaction *tr, *reader;
static plinth_keyspace *ks;
static plinth_watch *watching;
static plinth_value value;
static plinth_range range;
static char id[64];
static char *large;

/* What a child does; its result is how the child ends. */
typedef int (*child_body)(void);

/* ------------------------------------------------------------------ checks of a child */

/* Tells on the error output, without stdio, what is wrong in a child, and ends it. */
static void fail(int line, const char *text, long got) {
    char story[512];
    int length = snprintf(story, sizeof story, "FAILED in a child, fork.c:%d: %s gave %ld\n  last error: %s\n", line,
                          text, got, plinth_last_error());
    ssize_t written = write(STDERR_FILENO, story, (size_t)length < sizeof story ? (size_t)length : sizeof story - 1);
    _exit(written > 0 ? 99 : 98);
}

#define EXPECT(condition)                        \
    do {                                         \
        if (!(condition)) {                      \
            fail(__LINE__, #condition, 0);       \
        }                                        \
    } while (0)

#define EXPECT_CODE(call, code)                  \
    do {                                         \
        plinth_error got_ = (call);              \
        if (got_ != (code)) {                    \
            fail(__LINE__, #call, got_);         \
        }                                        \
    } while (0)

#define FORKED(call) EXPECT_CODE(call, 9016)

static void told_forked(void *user, plinth_error error) {
    *(plinth_error *)user = error;
}

static void value_told(void *user, plinth_error error, plinth_value *given) {
    plinth_value_free(given);
    *(plinth_error *)user = error;
}

static void range_told(void *user, plinth_error error, plinth_range *given) {
    plinth_range_free(given);
    *(plinth_error *)user = error;
}

/* Asynchronous calls tell their callback, at once. */
static void async_calls_are_refused(void) {
    plinth_key_selector from = at_or_after(B("a")), to = at_or_after(B("b"));
    plinth_watch *new_watch = NULL;
    plinth_error told = 0;
    EXPECT_CODE(plinth_transaction_get_async(tr, NULL, (const uint8_t *)"a", 1, value_told, &told, NULL), 0);
    FORKED(told);
    told = 0;
    EXPECT_CODE(plinth_transaction_get_range_async(tr, ks, &from, &to, NULL, range_told, &told, NULL), 0);
    FORKED(told);
    told = 0;
    EXPECT_CODE(plinth_transaction_commit_async(tr, told_forked, &told, NULL), 0);
    FORKED(told);
    told = 0;
    EXPECT_CODE(plinth_transaction_on_error_async(tr, 1020, told_forked, &told, NULL), 0);
    FORKED(told);
    told = 0;
    EXPECT_CODE(plinth_transaction_watch(tr, NULL, (const uint8_t *)"a", 1, told_forked, &told, NULL, &new_watch), 0);
    FORKED(told);
    EXPECT(new_watch == NULL);
}

static plinth_error body_is_not_called(plinth_transaction *mine, void *user) {
    (void)mine, (void)user;
    fail(__LINE__, "the body of a plinth_run() was called", 0);
    return -1;
}

/* Every handle of the parent is refused by what takes one; twice, since nothing happens to it. */
static void inherited_handles_are_refused(void) {
    static bool freed;
    plinth_key_selector from = at_or_after(B("a")), to = at_or_after(B("b"));
    plinth_transaction *begun = tr;
    plinth_keyspace *opened = NULL;
    plinth_value read = {0};
    plinth_range rows = {0};
    plinth_metrics metrics;
    int64_t number;
    char text[64];
    for (int time = 0; time < 2; time++) {
        FORKED(plinth_transaction_begin(db, &begun));
        EXPECT(begun == NULL);
        FORKED(plinth_database_sync(db));
        FORKED(plinth_database_set_option(db, PLINTH_DATABASE_OPTION_MAX_WATCHES, 5));
        FORKED(plinth_database_metrics(db, &metrics, sizeof metrics));
        FORKED(plinth_keyspace_open(db, "other", &opened));
        FORKED(plinth_keyspace_drop(db, "ks"));
        FORKED(plinth_keyspace_list(db, &rows));
        FORKED(plinth_transaction_find(db, id, &begun));
        FORKED(plinth_run(db, body_is_not_called, NULL));
        FORKED(plinth_database_close(db));
        FORKED(plinth_transaction_get(tr, NULL, (const uint8_t *)"a", 1, &read));
        FORKED(plinth_transaction_get(tr, ks, (const uint8_t *)"a", 1, &read));
        FORKED(plinth_transaction_get_key(tr, NULL, &from, false, &read));
        FORKED(plinth_transaction_get_range(tr, NULL, &from, &to, NULL, &rows));
        FORKED(tr_set(tr, B("a"), B("child")));
        FORKED(tr_clear_range(tr, B("a"), B("b")));
        FORKED(tr_read_conflict(tr, B("a"), B("b")));
        FORKED(plinth_transaction_get_read_version(tr, &number));
        FORKED(plinth_transaction_get_committed_version(tr, &number));
        FORKED(plinth_transaction_get_approximate_size(tr, &number));
        FORKED(plinth_transaction_set_option(tr, PLINTH_OPTION_TIMEOUT, 100));
        FORKED(plinth_transaction_id(tr, text));
        FORKED(plinth_transaction_commit(tr));
        FORKED(plinth_transaction_on_error(tr, 1020));
        FORKED(plinth_transaction_cancel(tr));
        FORKED(plinth_transaction_reset(tr));
        FORKED(plinth_transaction_destroy(tr));
        FORKED(plinth_transaction_destroy(reader));
        EXPECT(strstr(plinth_last_error(), "forked") != NULL);
        FORKED(plinth_keyspace_close(ks));
        FORKED(plinth_watch_cancel(watching));
        FORKED(plinth_watch_destroy(watching));
        async_calls_are_refused();
    }
    /* The parent's bytes stay readable, until and after the child lets go of them. */
    if (!freed) {
        EXPECT(value.len == 100000 && memcmp(value.data, large, value.len) == 0);
        plinth_value_free(&value);
        plinth_range_free(&range);
        freed = true;
    }
    EXPECT(strcmp(plinth_error_name(9016), "forked") == 0);
}

/* No descriptor of a lock or a connection is left. */
static void the_parents_descriptors_are_closed(void) {
    char name[300], target[400];
    struct dirent *entry;
    DIR *all = opendir("/proc/self/fd");
    while (all != NULL && (entry = readdir(all)) != NULL) {
        ssize_t length;
        snprintf(name, sizeof name, "/proc/self/fd/%.200s", entry->d_name);
        length = readlink(name, target, sizeof target - 1);
        target[length > 0 ? length : 0] = 0;
        EXPECT(strstr(target, "/OWNER") == NULL && strstr(target, "socket:") == NULL);
    }
    EXPECT(all != NULL && closedir(all) == 0);
}

/* What a child does with a database of its own: counts in a key, and reads it back. */
static void work_on(plinth_database *mine, const char *key) {
    plinth_transaction *own;
    plinth_value read;
    char text[40];
    long count;
    EXPECT_CODE(plinth_transaction_begin(mine, &own), 0);
    do {
        EXPECT_CODE(plinth_transaction_get(own, NULL, (const uint8_t *)key, strlen(key), &read), 0);
        count = read.data == NULL ? 0 : strtol((const char *)read.data, NULL, 10);
        plinth_value_free(&read);
        snprintf(text, sizeof text, "%ld", count + 1);
        EXPECT_CODE(tr_set(own, bytes_of(key, strlen(key)), bytes_of(text, strlen(text) + 1)), 0);
    } while (plinth_transaction_on_error(own, plinth_transaction_commit(own)) == 0);
    EXPECT_CODE(plinth_transaction_destroy(own), 0);
}

/* How often it was counted. */
static long count_of(const char *key) {
    plinth_transaction *own = begin(db);
    plinth_value read;
    long count;
    CHECK_OK(plinth_transaction_get(own, NULL, (const uint8_t *)key, strlen(key), &read));
    count = read.data == NULL ? 0 : strtol((const char *)read.data, NULL, 10);
    plinth_value_free(&read);
    destroy(own);
    return count;
}

static void a_child_opens_what_it_may(void) {
    plinth_database *own = NULL;
    EXPECT_CODE(plinth_database_open(":memory:", NULL, &own), 9016);
    EXPECT(own == NULL && strstr(plinth_last_error(), "forked") != NULL);
    EXPECT_CODE(plinth_database_open(where.text, NULL, &own), 0);
    EXPECT(own != db);
    work_on(own, "children");
    EXPECT_CODE(plinth_database_close(own), 0);
    EXPECT_CODE(plinth_database_close(own), 9000);
    /* One that stays open is closed by the end of the child. */
    EXPECT_CODE(plinth_database_open(where.text, NULL, &own), 0);
}

static int all_of_it(void) {
    inherited_handles_are_refused();
    the_parents_descriptors_are_closed();
    a_child_opens_what_it_may();
    inherited_handles_are_refused();
    return 7;
}

/* ------------------------------------------------------------------ parents */

static int wait_for_child(pid_t child) {
    int status = -1;
    CHECK(child > 0);
    CHECK_INT(waitpid(child, &status, 0), child);
    return status;
}

/* Runs `body` in a child that ends through exit(), and returns the child's status. */
static int in_child(child_body body) {
    pid_t child;
    fflush(stdout);
    child = fork();
    if (child == 0) {
        alarm(WATCHDOG);
        exit(body());
    }
    return wait_for_child(child);
}

static void CHECK_ENDS(int status, int code) {
    CHECK(WIFEXITED(status));
    CHECK_INT(WEXITSTATUS(status), code);
}

static void ignore(void *user, plinth_error error) {
    (void)user, (void)error;
}

/* Opens a database and makes one handle of each kind. */
static void make_handles(void) {
    plinth_database *second = NULL;
    plinth_key_selector from = at_or_after(B("")), to = at_or_after(B("\xff"));
    plinth_range_options snapshot = range_options(0, 0, true, false);
    plinth_database_options options = database_options();
    options.durability = PLINTH_DURABILITY_BUFFERED;
    where = temporary_path();
    db = open_with(where.text, &options);
    CHECK_OK(plinth_database_open(where.text, NULL, &second));
    CHECK_OK(plinth_database_close(second));
    large = (char *)malloc(100000);
    memset(large, 'x', 100000);
    put(db, B("large"), bytes_of(large, 100000));
    CHECK_OK(plinth_keyspace_open(db, "ks", &ks));
    tr = begin(db);
    CHECK_OK(tr_set(tr, B("a"), B("parent")));
    CHECK_OK(plinth_transaction_id(tr, id));
    /* It has a read version, and can't be committed for long; the other one has none. */
    reader = begin(db);
    CHECK_OK(plinth_transaction_snapshot_get(reader, NULL, (const uint8_t *)"large", 5, &value));
    CHECK_OK(plinth_transaction_get_range(reader, NULL, &from, &to, &snapshot, &range));
    CHECK_OK(plinth_transaction_watch(reader, ks, (const uint8_t *)"w", 1, ignore, NULL, NULL, &watching));
}

/* Ends them as if there had been no child. */
static void end_handles(void) {
    CHECK(value.len == 100000 && memcmp(value.data, large, value.len) == 0);
    plinth_value_free(&value);
    plinth_range_free(&range);
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_VALUE(tr, B("a"), B("parent"));
    destroy(tr);
    CHECK_OK(plinth_watch_destroy(watching));
    destroy(reader);
    CHECK_OK(plinth_keyspace_close(ks));
    CHECK_OK(plinth_database_close(db));
    db = open_with(where.text, NULL);
    tr = begin(db);
    CHECK_VALUE(tr, B("a"), B("parent"));
    destroy(tr);
    CHECK_OK(plinth_database_close(db));
    free(large);
}

static int nothing(void) { return 8; }

/* P10: a child's calls with the parent's handles fail; what it would have written is nowhere. */
static void a_child_is_refused_the_parents_handles(void) {
    make_handles();
    for (int round = 0; round < 3; round++) {
        CHECK_ENDS(in_child(nothing), 8);
        CHECK_ENDS(in_child(all_of_it), 7);
        put(db, B("round"), bytes_of("012" + round, 1));
    }
    CHECK_INT(count_of("children"), 3);
    end_handles();
}

/* ------------------------------------------------------------------ children of children */

static plinth_database *of_child;

static int grandchild(void) {
    FORKED(plinth_database_sync(of_child));
    FORKED(plinth_database_close(of_child));
    return all_of_it();
}

static int child_with_child(void) {
    pid_t child;
    int status = 0;
    inherited_handles_are_refused();
    EXPECT_CODE(plinth_database_open(where.text, NULL, &of_child), 0);
    work_on(of_child, "children");
    child = fork();
    if (child == 0) {
        alarm(WATCHDOG);
        exit(grandchild());
    }
    EXPECT(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 7);
    work_on(of_child, "children");
    EXPECT_CODE(plinth_database_close(of_child), 0);
    return all_of_it();
}

/* The number of forks does not matter. */
static int chain(void) {
    for (int depth = 0; depth < 20; depth++) {
        pid_t child = fork();
        if (child != 0) {
            int status = 0;
            EXPECT(waitpid(child, &status, 0) == child && WIFEXITED(status));
            return WEXITSTATUS(status);
        }
        alarm(WATCHDOG);
        FORKED(plinth_database_sync(db));
    }
    return all_of_it();
}

static void a_child_of_a_child_is_a_child(void) {
    make_handles();
    CHECK_ENDS(in_child(child_with_child), 7);
    CHECK_INT(count_of("children"), 4);
    CHECK_ENDS(in_child(chain), 7);
    end_handles();
}

/* ------------------------------------------------------------------ in the midst of everything */

static struct {
    long stop, failures;
    long counted[HAMMERS], told[HAMMERS];
} hammers;

static void hammer_expect(plinth_error error) {
    if (error != 0) {
        count_add(&hammers.failures, 1);
    }
}

static void count_told(void *user, plinth_error error) {
    (void)error;
    count_add((long *)user, 1);
}

static void count_value(void *user, plinth_error error, plinth_value *given) {
    hammer_expect(error);
    plinth_value_free(given);
    count_add((long *)user, 1);
}

/* One of each kind of call, so that all locks are held at some time. Counts in a key of its own. */
static void hammer_once(long number, long *told) {
    char key[32], text[40], name[64];
    plinth_transaction *mine, *found;
    plinth_keyspace *space;
    plinth_watch *watch = NULL;
    plinth_value read;
    plinth_database *bad;
    snprintf(key, sizeof key, "hammer-%ld", number);
    hammer_expect(plinth_transaction_begin(db, &mine));
    hammer_expect(plinth_transaction_id(mine, name));
    hammer_expect(plinth_transaction_find(db, name, &found));
    hammer_expect(plinth_transaction_get(mine, NULL, (const uint8_t *)"large", 5, &read));
    plinth_value_free(&read);
    hammer_expect(plinth_transaction_get_async(mine, NULL, (const uint8_t *)key, strlen(key), count_value, told, NULL));
    hammer_expect(plinth_keyspace_open(db, "ks", &space));
    hammer_expect(plinth_transaction_watch(mine, space, (const uint8_t *)key, strlen(key), count_told, told, NULL,
                                           &watch));
    snprintf(text, sizeof text, "%ld", hammers.counted[number] + 1);
    hammer_expect(tr_set(mine, bytes_of(key, strlen(key)), bytes_of(text, strlen(text) + 1)));
    hammer_expect(plinth_transaction_commit(mine));
    hammers.counted[number]++;
    hammer_expect(plinth_watch_cancel(watch));
    hammer_expect(plinth_watch_destroy(watch));
    hammer_expect(plinth_keyspace_close(space));
    hammer_expect(plinth_transaction_destroy(mine));
    hammer_expect(plinth_database_open("", NULL, &bad) == 9001 ? 0 : 1);
    hammer_expect(plinth_error_name(1020)[0] == 'n' ? 0 : 1);
}

static void hammer(long number, void *user) {
    long *told = &hammers.told[number], made = 0;
    double end;
    (void)user;
    while (count_read(&hammers.stop) == 0) {
        hammer_once(number, told);
        made += 2;
    }
    end = now_ms() + WATCHDOG * 1e3;
    while (count_read(told) < made && now_ms() < end) {
        breathe();
    }
    hammer_expect(count_read(told) == made ? 0 : 1);
}

static jmp_buf home;

/* A child's way out: exit(), _exit(), or a return from main(). */
static void leave(long way, int code) {
    switch (way % 3) {
    case 0:
        exit(code);
    case 1:
        _exit(code);
    default:
        longjmp(home, code);
    }
}

static void children_of_a_busy_parent_work(void) {
    thread threads[HAMMERS];
    long forks = scaled(150), children = 0;
    memset(&hammers, 0, sizeof hammers);
    make_handles();
    for (long number = 0; number < HAMMERS; number++) {
        thread_start(&threads[number], hammer, number, NULL);
    }
    fflush(stdout);
    for (long round = 0; round < forks; round++) {
        pid_t child = fork();
        if (child == 0) {
            alarm(WATCHDOG);
            leave(round, all_of_it());
        }
        CHECK_ENDS(wait_for_child(child), 7);
        children++;
    }
    count_add(&hammers.stop, 1);
    for (long number = 0; number < HAMMERS; number++) {
        char key[32];
        thread_join(&threads[number]);
        snprintf(key, sizeof key, "hammer-%ld", number);
        CHECK_INT(count_of(key), hammers.counted[number]);
        CHECK(hammers.counted[number] > 0);
    }
    CHECK_INT(count_read(&hammers.failures), 0);
    CHECK_INT(count_of("children"), children);
    end_handles();
}

/* Several threads fork at the same time. */
static void fork_some(long number, void *user) {
    long rounds = scaled(50);
    (void)number, (void)user;
    for (long round = 0; round < rounds; round++) {
        pid_t child = fork();
        if (child == 0) {
            alarm(WATCHDOG);
            leave(round % 2, all_of_it());
        }
        CHECK_ENDS(wait_for_child(child), 7);
    }
}

static void threads_may_fork_at_the_same_time(void) {
    make_handles();
    fflush(stdout);
    in_threads(4, fork_some, NULL);
    end_handles();
}

/* ------------------------------------------------------------------ in callbacks */

static struct {
    long done, in_thread;
    int status;
    pthread_t caller;
} forked;

/* Whether a thread of the library runs the callback. If the call itself does, it is of no interest. */
static bool in_thread(plinth_error error) {
    bool is = error == 0 && !pthread_equal(forked.caller, pthread_self());
    if (is) {
        count_add(&forked.in_thread, 1);
    } else {
        count_add(&forked.done, 1);
    }
    return is;
}

/* Forks where it is called; the child works there and ends there. */
static void fork_here(void *user, plinth_error error) {
    pid_t child;
    (void)user;
    if (!in_thread(error)) {
        return;
    }
    child = fork();
    if (child == 0) {
        alarm(WATCHDOG);
        exit(all_of_it());
    }
    forked.status = wait_for_child(child);
    count_add(&forked.done, 1);
}

/* The child comes back, to where only its parent can go on. */
static void fork_and_return(void *user, plinth_error error) {
    pid_t child;
    (void)user;
    if (!in_thread(error)) {
        return;
    }
    child = fork();
    if (child == 0) {
        alarm(WATCHDOG);
        if (freopen("/dev/null", "w", stderr) == NULL) {
            _exit(97);
        }
        (void)all_of_it();
        return;
    }
    forked.status = wait_for_child(child);
    count_add(&forked.done, 1);
}

/* Commits until a thread of the library runs the callback, and returns how its child ended. */
static int commit_with(plinth_done_callback callback) {
    forked.caller = pthread_self();
    forked.in_thread = 0;
    for (int round = 0; round < 1000 && forked.in_thread == 0; round++) {
        plinth_transaction *mine = begin(db);
        long before = count_read(&forked.done);
        double end = now_ms() + WATCHDOG * 1e3;
        CHECK_OK(plinth_transaction_set_option(mine, PLINTH_OPTION_DURABILITY, PLINTH_DURABILITY_SYNC));
        CHECK_OK(tr_set(mine, B("callback"), B("1")));
        CHECK_OK(plinth_transaction_commit_async(mine, callback, NULL, NULL));
        while (count_read(&forked.done) == before && now_ms() < end) {
            breathe();
        }
        CHECK_INT(count_read(&forked.done), before + 1);
        destroy(mine);
    }
    CHECK_INT(forked.in_thread, 1);
    return forked.status;
}

static plinth_error fork_in_body(plinth_transaction *mine, void *user) {
    pid_t child;
    CHECK_OK(tr_set(mine, B("body"), B("1")));
    child = fork();
    *(pid_t *)user = child;
    if (child == 0) {
        alarm(WATCHDOG);
        FORKED(plinth_transaction_commit(mine));
        return 0;
    }
    return 0;
}

static void a_callback_may_fork(void) {
    pid_t child = -1;
    plinth_error ended;
    make_handles();
    CHECK_ENDS(commit_with(fork_here), 7);
    CHECK_ENDS(commit_with(fork_and_return), 1);
    fflush(stdout);
    ended = plinth_run(db, fork_in_body, &child);
    if (child == 0) {
        FORKED(ended);
        exit(all_of_it());
    }
    CHECK_OK(ended);
    CHECK_ENDS(wait_for_child(child), 7);
    end_handles();
}

/* ------------------------------------------------------------------ ends of children */

/* What a child wrote to its streams before it ended is not lost. */
static int writer(void) {
    printf("child line, not flushed\n");
    return 0;
}

static void a_child_flushes_what_it_wrote(void) {
    path file_name = temporary_path();
    char line[64] = "";
    FILE *file;
    int saved, status;
    db = open_memory();
    fflush(stdout);
    saved = dup(STDOUT_FILENO);
    CHECK(freopen(file_name.text, "w", stdout) != NULL);
    status = in_child(writer);
    fflush(stdout);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    CHECK_INT(status, 0);
    file = fopen(file_name.text, "r");
    CHECK(file != NULL && fgets(line, sizeof line, file) != NULL);
    CHECK_TEXT(line, "child line, not flushed\n");
    if (file != NULL) {
        fclose(file);
    }
    CHECK_OK(plinth_database_close(db));
}

static int exit_pipe[2] = {-1, -1};

static void tell_of_the_end(void) {
    ssize_t written = exit_pipe[1] < 0 ? 0 : write(exit_pipe[1], "e", 1);
    (void)written;
}

static int with_handler(void) {
    atexit(tell_of_the_end);
    return 0;
}

/* Exit handlers of a child run, those of its parent too if they came after its first database. */
static void exit_handlers_run_in_a_child(void) {
    char ends[3] = "";
    db = open_memory();
    atexit(tell_of_the_end);
    CHECK_INT(pipe(exit_pipe), 0);
    CHECK_INT(in_child(with_handler), 0);
    CHECK_INT(read(exit_pipe[0], ends, 2), 2);
    close(exit_pipe[0]);
    close(exit_pipe[1]);
    exit_pipe[1] = -1;
    CHECK_OK(plinth_database_close(db));
}

/* A process that is started in the child's place has nothing to do with all this. */
static void a_started_process_has_no_parent(void) {
    char *arguments[] = {(char *)harness.self, (char *)"started", NULL};
    pid_t child;
    make_handles();
    fflush(stdout);
    child = vfork();
    if (child == 0) {
        execv(harness.self, arguments);
        _exit(127);
    }
    CHECK_INT(wait_for_child(child), 0);
    end_handles();
}

static int started(void) {
    plinth_transaction *mine;
    db = open_memory();
    mine = begin(db);
    CHECK_OK(tr_set(mine, B("a"), B("b")));
    CHECK_OK(plinth_transaction_commit(mine));
    destroy(mine);
    CHECK_OK(plinth_database_close(db));
    return harness.failures == 0 ? 0 : 1;
}

static int opens_in_memory(void) { return started() == 0 ? 5 : 6; }

/* Before the first database is open a fork is of no importance: each process may be a host. */
static void a_child_of_a_process_without_a_database_may_host(void) {
    plinth_database *bad;
    CHECK_CODE(plinth_database_open("", NULL, &bad), 9001);
    CHECK_ENDS(in_child(opens_in_memory), 5);
    CHECK_INT(started(), 0);
}

/* ------------------------------------------------------------------ children of guests */

static void gone_file(char *name, size_t size, const char *directory) {
    snprintf(name, size, "%s.gone", directory);
}

/* Works as a guest, and as the host when all others have gone. */
static int child_of_guest(const char *directory) {
    plinth_database *own = NULL;
    double end = now_ms() + WATCHDOG * 1e3;
    char gone[400];
    FORKED(plinth_database_sync(db));
    the_parents_descriptors_are_closed();
    EXPECT_CODE(plinth_database_open(":memory:", NULL, &own), 0);
    work_on(own, "memory");
    EXPECT_CODE(plinth_database_close(own), 0);
    EXPECT_CODE(plinth_database_open(directory, NULL, &own), 0);
    work_on(own, "child of a guest");
    EXPECT(write(STDOUT_FILENO, "r", 1) == 1);
    gone_file(gone, sizeof gone, directory);
    while (access(gone, F_OK) != 0 && now_ms() < end) {
        breathe();
    }
    work_on(own, "child of a guest");
    return 7;
}

/* Opens what another process has, and leaves it to a child. */
static int guest(const char *directory) {
    pid_t child;
    int status = 0;
    db = open_with(directory, NULL);
    child = fork();
    if (child == 0) {
        alarm(WATCHDOG);
        exit(child_of_guest(directory));
    }
    CHECK_OK(plinth_database_close(db));
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 7);
    return harness.failures == 0 ? 0 : 1;
}

/* Its parent has not started RocksDB: such a child can be the host, too. */
static void a_child_of_a_guest_may_host(void) {
    path directory = temporary_path();
    char gone[400], line[200] = "";
    int ends[2];
    pid_t child;
    FILE *file, *mark;
    db = open_with(directory.text, NULL);
    CHECK_INT(pipe(ends), 0);
    child = spawn_self("guest", directory.text, NULL, ends[1]);
    close(ends[1]);
    /* The line of the harness comes first. */
    file = fdopen(ends[0], "r");
    CHECK(file != NULL && fgets(line, sizeof line, file) != NULL && fgetc(file) == 'r');
    CHECK_OK(plinth_database_close(db));
    gone_file(gone, sizeof gone, directory.text);
    mark = fopen(gone, "w");
    CHECK(mark != NULL && fclose(mark) == 0);
    CHECK_INT(wait_for(child), 0);
    fclose(file);
    db = open_with(directory.text, NULL);
    CHECK_INT(count_of("child of a guest"), 2);
    CHECK_OK(plinth_database_close(db));
}

static long records;

static void count_record(void *context, const plinth_log_record *record) {
    (void)context, (void)record;
    __atomic_add_fetch(&records, 1, __ATOMIC_SEQ_CST);
}

static int has_a_log_of_its_own(void) {
    plinth_database *own;
    long before = records;
    /* It fails, because the parent has RocksDB, which the parent's callback would hear of. */
    (void)plinth_database_open(":memory:", NULL, &own);
    if (plinth_set_log_callback(PLINTH_LOG_DEBUG, count_record, NULL) != 0) {
        fail(__LINE__, "setting a callback", 1);
    }
    if (plinth_set_log_callback(0, NULL, NULL) != 0) {
        fail(__LINE__, "taking it away", 1);
    }
    return records == before ? 0 : 1;
}

/* Its thread is the parent's; the child has none, and may have one. */
static void a_child_begins_without_a_log_callback(void) {
    plinth_database *own;
    long before;
    CHECK_OK(plinth_database_open(":memory:", NULL, &own));
    CHECK_OK(plinth_set_log_callback(PLINTH_LOG_INFO, count_record, NULL));
    fflush(stdout);
    before = records;
    pid_t child = fork();
    if (child == 0) {
        _exit(has_a_log_of_its_own());
    }
    CHECK(child > 0);
    CHECK_INT(wait_for_child(child), 0);
    CHECK_OK(plinth_database_close(own));
    CHECK_OK(plinth_set_log_callback(0, NULL, NULL));
    CHECK_INT(records, before + 1);
}

int main(int argc, char **argv) {
    parent = getpid();
    int ended = setjmp(home);
    if (ended != 0) {
        return ended;
    }
    harness_begin(argc, argv);
    if (argc > 1) {
        alarm(WATCHDOG);
        return argc > 2 ? guest(argv[2]) : started();
    }
    RUN(a_child_of_a_process_without_a_database_may_host);
    RUN(a_child_is_refused_the_parents_handles);
    RUN(a_child_of_a_child_is_a_child);
    if (ALLOCATOR_FORKS) {
        RUN(children_of_a_busy_parent_work);
        RUN(threads_may_fork_at_the_same_time);
        RUN(a_callback_may_fork);
    }
    RUN(a_child_begins_without_a_log_callback);
    RUN(a_child_flushes_what_it_wrote);
    RUN(exit_handlers_run_in_a_child);
    RUN(a_started_process_has_no_parent);
    RUN(a_child_of_a_guest_may_host);
    return harness_end();
}
