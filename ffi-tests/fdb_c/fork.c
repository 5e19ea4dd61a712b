/*
 * Children of fork() in which databases were open and the network ran: each handle of the parent is
 * refused and left alone, new handles work, with a network thread of the library's own, and the child ends
 * as it says. The parent and its store are unharmed. A child that lives on does not keep the directory.
 * Rules ABI-4, NET-1, NET-2, NET-3, NET-6.
 */
#include "harness.h"

#include <setjmp.h>

/* What the functions here return for a handle of the parent: 9016 as programs know it. */
#define INHERITED 2000
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

/* What a parent has, and its children inherit. */
static FDBDatabase *db;
static FDBTransaction *tr;
static FDBTenant *tenant;
static FDBFuture *pending, *done;
static path where;

typedef int (*child_body)(void);

/* What only the parent's other threads knew of is lost in a child: LeakSanitizer need not say so there. */
static pid_t parent;
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void) {
    return getpid() != parent;
}

/* ------------------------------------------------------------------ checks of a child */

/* Tells on the error output, without stdio, what is wrong in a child, and ends it. */
static void fail(int line, const char *text, long got) {
    char story[512];
    int length = snprintf(story, sizeof story, "FAILED in a child, fork.c:%d: %s gave %ld\n", line, text, got);
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
        long got_ = (call);                      \
        if (got_ != (code)) {                    \
            fail(__LINE__, #call, got_);         \
        }                                        \
    } while (0)

#define REFUSED(call) EXPECT_CODE(call, INHERITED)

/* The error of a future, which is destroyed. */
static long error_of(FDBFuture *f) {
    fdb_error_t waited = fdb_future_block_until_ready(f);
    fdb_error_t error = waited != 0 ? waited : fdb_future_get_error(f);
    fdb_future_destroy(f);
    return error;
}

static void not_called(FDBFuture *f, void *user) {
    (void)f, (void)user;
    fail(__LINE__, "a callback of a handle of the parent ran", 0);
}

/* Every handle of the parent is refused by what takes one; twice, since nothing happens to it. */
static void inherited_handles_are_refused(void) {
    const uint8_t *k = (const uint8_t *)"k";
    eight most = eight_of(5);
    FDBTransaction *begun = tr;
    FDBTenant *opened = tenant;
    const uint8_t *data;
    int64_t number;
    int length;
    fdb_bool_t present;
    for (int time = 0; time < 2; time++) {
        REFUSED(fdb_database_create_transaction(db, &begun));
        REFUSED(fdb_database_open_tenant(db, k, 1, &opened));
        REFUSED(fdb_database_set_option(db, FDB_DB_OPTION_MAX_WATCHES, most.data, 8));
        REFUSED(error_of(fdb_database_get_client_status(db)));
        EXPECT(fdb_database_get_main_thread_busyness(db) == 0.0);
        REFUSED(fdb_tenant_create_transaction(tenant, &begun));
        EXPECT(begun == NULL && opened == NULL);
        REFUSED(fdb_transaction_set_option(tr, FDB_TR_OPTION_TIMEOUT, most.data, 8));
        REFUSED(fdb_transaction_get_committed_version(tr, &number));
        REFUSED(fdb_transaction_add_conflict_range(tr, k, 1, k + 1, 0, FDB_CONFLICT_RANGE_TYPE_READ));
        fdb_transaction_set(tr, k, 1, (const uint8_t *)"child", 5);
        fdb_transaction_clear(tr, k, 1);
        fdb_transaction_set_read_version(tr, 1);
        REFUSED(error_of(fdb_transaction_get(tr, k, 1, 0)));
        REFUSED(error_of(fdb_transaction_get_read_version(tr)));
        REFUSED(error_of(fdb_transaction_watch(tr, k, 1)));
        REFUSED(error_of(fdb_transaction_commit(tr)));
        REFUSED(error_of(fdb_transaction_on_error(tr, 1020)));
        REFUSED(fdb_future_block_until_ready(pending));
        REFUSED(fdb_future_get_error(pending));
        REFUSED(fdb_future_set_callback(pending, not_called, NULL));
        EXPECT(fdb_future_is_ready(pending));
        REFUSED(fdb_future_get_value(done, &present, &data, &length));
        fdb_future_cancel(pending);
        fdb_future_release_memory(done);
        /* Those that return nothing have no way to tell, and do nothing. */
        fdb_future_destroy(done);
        fdb_future_destroy(pending);
        fdb_transaction_cancel(tr);
        fdb_transaction_reset(tr);
        fdb_transaction_destroy(tr);
        fdb_tenant_destroy(tenant);
        fdb_database_destroy(db);
    }
    EXPECT(strcmp(fdb_get_error(1020), "") != 0);
}

/* ------------------------------------------------------------------ what a child does anew */

static struct {
    long called;
    pthread_t thread;
    fdb_error_t error;
} heard;

static void hear(FDBFuture *f, void *user) {
    (void)user;
    heard.thread = pthread_self();
    heard.error = fdb_future_get_error(f);
    count_add(&heard.called, 1);
}

/* Waits until `hear` was called `times` in all, last with `error`; where, if it is known. */
static void expect_heard(long times, fdb_error_t error, bool on_network) {
    double end = now_ms() + GUARD_SECONDS * 1e3;
    while (count_read(&heard.called) < times && now_ms() < end) {
        breathe();
    }
    EXPECT_CODE(count_read(&heard.called), times);
    EXPECT_CODE(heard.error, error);
    EXPECT(!on_network || !pthread_equal(heard.thread, pthread_self()));
}

static FDBTransaction *begun_on(FDBDatabase *own) {
    FDBTransaction *mine = NULL;
    EXPECT_CODE(fdb_database_create_transaction(own, &mine), 0);
    return mine;
}

/* Adds one to the number in a key. */
static void count_in(FDBDatabase *own, bytes key) {
    FDBTransaction *mine = begun_on(own);
    eight one = eight_of(1);
    long error;
    do {
        fdb_transaction_atomic_op(mine, key.data, key.len, one.data, 8, FDB_MUTATION_TYPE_ADD);
        error = error_of(fdb_transaction_commit(mine));
    } while (error != 0 && error_of(fdb_transaction_on_error(mine, (fdb_error_t)error)) == 0);
    EXPECT_CODE(error, 0);
    fdb_transaction_destroy(mine);
}

/* A read, a commit and a watch. What was not ready when its callback was set is heard of on the network
   thread. */
static void work_on(FDBDatabase *own) {
    FDBTransaction *mine = begun_on(own);
    FDBFuture *reading, *committing, *watching;
    heard.called = 0;
    reading = fdb_transaction_get(mine, (const uint8_t *)"none", 4, 0);
    EXPECT_CODE(fdb_future_set_callback(reading, hear, NULL), 0);
    expect_heard(1, 0, false);
    watching = fdb_transaction_watch(mine, (const uint8_t *)"watched", 7);
    fdb_transaction_set(mine, (const uint8_t *)"own", 3, (const uint8_t *)"v", 1);
    committing = fdb_transaction_commit(mine);
    EXPECT_CODE(fdb_future_set_callback(committing, hear, NULL), 0);
    expect_heard(2, 0, false);
    EXPECT_CODE(fdb_future_set_callback(watching, hear, NULL), 0);
    count_in(own, B("watched"));
    expect_heard(3, 0, true);
    fdb_future_destroy(reading);
    fdb_future_destroy(committing);
    fdb_future_destroy(watching);
    fdb_transaction_destroy(mine);
    count_in(own, B("children"));
}

/* A child of a process that had no store open itself may have any. */
static void a_child_opens_one_in_memory(void) {
    FDBDatabase *own = NULL;
    EXPECT(setenv("PLINTH_DATA", ":memory:", 1) == 0);
    EXPECT_CODE(fdb_create_database(NULL, &own), 0);
    work_on(own);
    fdb_database_destroy(own);
    EXPECT_CODE(fdb_create_database(NULL, &own), 0);
    work_on(own);
    /* It stays open: the end of the child closes it. */
}

/* That of a host is a guest. It leaves its handle to its end. */
static void a_child_opens_what_its_parent_has(void) {
    FDBDatabase *own = NULL;
    EXPECT(setenv("PLINTH_QUIET", "1", 1) == 0);
    EXPECT_CODE(fdb_create_database(NULL, &own), 0);
    work_on(own);
    EXPECT(setenv("PLINTH_DATA", ":memory:", 1) == 0);
    REFUSED(fdb_create_database(NULL, &own));
}

static void count_hook(void *user) {
    count_add((long *)user, 1);
}

/* The parent's choices stand; the network can be ended, once there is one. */
static void the_network_is_as_if_it_ran(void) {
    static long hooks;
    EXPECT_CODE(fdb_select_api_version_impl(730, FDB_API_VERSION), 2201);
    EXPECT_CODE(fdb_setup_network(), 2009);
    EXPECT_CODE(fdb_add_network_thread_completion_hook(count_hook, &hooks), 0);
    EXPECT_CODE(fdb_run_network(), 2025);
    EXPECT_CODE(fdb_stop_network(), 0);
    EXPECT_CODE(count_read(&hooks), 1);
    EXPECT_CODE(fdb_stop_network(), 0);
}

static int all_of_it(void) {
    inherited_handles_are_refused();
    a_child_opens_what_its_parent_has();
    inherited_handles_are_refused();
    the_network_is_as_if_it_ran();
    return 7;
}

static int all_of_it_in_memory(void) {
    inherited_handles_are_refused();
    a_child_opens_one_in_memory();
    inherited_handles_are_refused();
    the_network_is_as_if_it_ran();
    return 7;
}

/* ------------------------------------------------------------------ parents */

static int wait_for_child(pid_t child) {
    int status = -1;
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    return status;
}

/* Runs `body` in a child that ends through exit(), and returns the child's status. */
static int in_child(child_body body) {
    pid_t child;
    fflush(stdout);
    child = fork();
    if (child == 0) {
        alarm(GUARD_SECONDS);
        exit(body());
    }
    return wait_for_child(child);
}

static void CHECK_ENDS(int status, int code) {
    CHECK(WIFEXITED(status));
    CHECK_INT(WEXITSTATUS(status), code);
}

/* Opens a store in a directory and makes one handle of each kind. */
static void make_handles(void) {
    where = temporary_path();
    setenv("PLINTH_DATA", where.text, 1);
    db = open_database();
    put(db, B("k"), B("parent"));
    tr = begin(db);
    pending = tr_watch(tr, B("k"));
    done = tr_snapshot_get(tr, B("k"));
    CHECK_OK(fdb_future_block_until_ready(done));
    CHECK_OK(fdb_database_open_tenant(db, (const uint8_t *)"t", 1, &tenant));
}

static long number_in(bytes key) {
    FDBTransaction *mine = begin(db);
    FDBFuture *f = tr_get(mine, key);
    fdb_bool_t present = 0;
    const uint8_t *data = NULL;
    int len = 0;
    int64_t number = 0;
    CHECK_OK(fdb_future_block_until_ready(f));
    CHECK_OK(fdb_future_get_value(f, &present, &data, &len));
    if (present && CHECK_INT(len, 8)) {
        memcpy(&number, data, 8);
    }
    fdb_future_destroy(f);
    destroy(mine);
    return (long)number;
}

/* Ends them as if there had been no child. */
static void end_handles(void) {
    fdb_bool_t present = 0;
    const uint8_t *data = NULL;
    int len = 0;
    CHECK_OK(fdb_future_get_value(done, &present, &data, &len));
    CHECK(present && len == 6 && memcmp(data, "parent", 6) == 0);
    fdb_future_destroy(done);
    CHECK(!fdb_future_is_ready(pending));
    fdb_future_destroy(pending);
    fdb_tenant_destroy(tenant);
    destroy(tr);
    tr = begin(db);
    CHECK_VALUE(tr, B("k"), B("parent"));
    destroy(tr);
    fdb_database_destroy(db);
}

static int nothing(void) { return 8; }

/* ABI-4, NET-6: a child's calls fail, and what it would have written is nowhere. */
static void a_child_is_refused_and_the_parent_goes_on_abi4_net6(void) {
    make_handles();
    for (int round = 0; round < 3; round++) {
        CHECK_ENDS(in_child(nothing), 8);
        CHECK_ENDS(in_child(all_of_it), 7);
        put(db, B("round"), bytes_of("012" + round, 1));
    }
    CHECK_INT(number_in(B("children")), 3);
    end_handles();
}

/* ------------------------------------------------------------------ in the midst of everything */

static struct {
    long stop;
    long counted[HAMMERS];
} hammers;

static void hammer_heard(FDBFuture *f, void *user) {
    (void)f;
    count_add((long *)user, 1);
}

/* One of each kind of call, so that all locks are held at some time. Their errors are of no interest where
   there is no store. */
static void hammer_once(long number, long *calls) {
    char key[32];
    FDBTransaction *mine = NULL;
    FDBTenant *other = NULL;
    FDBDatabase *another = NULL;
    FDBFuture *reading, *watching;
    eight one = eight_of(1);
    snprintf(key, sizeof key, "hammer-%ld", number);
    if (fdb_database_create_transaction(db, &mine) == 0) {
        reading = fdb_transaction_get(mine, (const uint8_t *)"k", 1, 1);
        fdb_future_set_callback(reading, hammer_heard, calls);
        watching = fdb_transaction_watch(mine, (const uint8_t *)key, (int)strlen(key));
        fdb_future_set_callback(watching, hammer_heard, calls);
        fdb_transaction_atomic_op(mine, (const uint8_t *)key, (int)strlen(key), one.data, 8, FDB_MUTATION_TYPE_ADD);
        if (error_of(fdb_transaction_commit(mine)) == 0) {
            hammers.counted[number]++;
        }
        fdb_future_destroy(watching);
        fdb_future_block_until_ready(reading);
        fdb_future_destroy(reading);
        fdb_transaction_destroy(mine);
    }
    if (fdb_database_open_tenant(db, (const uint8_t *)"other", 5, &other) == 0) {
        fdb_tenant_destroy(other);
    }
    if (fdb_create_database("/nowhere/at/all", &another) == 0) {
        fdb_database_destroy(another);
    }
    fdb_get_error(1020);
}

static void hammer(long number, void *user) {
    static long calls[HAMMERS];
    (void)user;
    while (count_read(&hammers.stop) == 0) {
        hammer_once(number, &calls[number]);
    }
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

static void fork_among_hammers(long forks, child_body body) {
    thread threads[HAMMERS];
    memset(&hammers, 0, sizeof hammers);
    for (long number = 0; number < HAMMERS; number++) {
        thread_start(&threads[number], hammer, number, NULL);
    }
    fflush(stdout);
    for (long round = 0; round < forks; round++) {
        pid_t child = fork();
        if (child == 0) {
            alarm(GUARD_SECONDS);
            leave(round, body());
        }
        CHECK_ENDS(wait_for_child(child), 7);
    }
    count_add(&hammers.stop, 1);
    for (long number = 0; number < HAMMERS; number++) {
        thread_join(&threads[number]);
    }
}

static void children_of_a_busy_host_work_net6(void) {
    long forks = scaled(150);
    make_handles();
    fork_among_hammers(forks, all_of_it);
    for (long number = 0; number < HAMMERS; number++) {
        char key[32];
        snprintf(key, sizeof key, "hammer-%ld", number);
        CHECK_INT(number_in(bytes_of(key, (int)strlen(key))), hammers.counted[number]);
        CHECK(hammers.counted[number] > 0);
    }
    CHECK_INT(number_in(B("children")), forks);
    end_handles();
}

/* ------------------------------------------------------------------ parents without a store */

/* The network by a thread of the child's own, as in any process. */
static void *run_here(void *user) {
    *(fdb_error_t *)user = fdb_run_network();
    return NULL;
}

static int runs_the_network_itself(void) {
    FDBDatabase *own = NULL;
    fdb_error_t ended = -1;
    pthread_t runner;
    EXPECT(setenv("PLINTH_DATA", ":memory:", 1) == 0);
    EXPECT(pthread_create(&runner, NULL, run_here, &ended) == 0);
    EXPECT_CODE(fdb_create_database(NULL, &own), 0);
    work_on(own);
    fdb_database_destroy(own);
    EXPECT_CODE(fdb_stop_network(), 0);
    EXPECT(pthread_join(runner, NULL) == 0);
    /* Whoever comes first runs it. */
    EXPECT(ended == 0 || ended == 2025);
    return 7;
}

static int stops_it_first(void) {
    EXPECT_CODE(fdb_stop_network(), 0);
    EXPECT_CODE(fdb_run_network(), 2025);
    return 7;
}

static int has_a_child(void) {
    FDBDatabase *own = NULL;
    FDBTransaction *mine;
    FDBFuture *kept;
    pid_t child;
    int status = 0;
    inherited_handles_are_refused();
    EXPECT(setenv("PLINTH_DATA", ":memory:", 1) == 0);
    EXPECT_CODE(fdb_create_database(NULL, &own), 0);
    work_on(own);
    mine = begun_on(own);
    kept = fdb_transaction_watch(mine, (const uint8_t *)"a", 1);
    child = fork();
    if (child == 0) {
        alarm(GUARD_SECONDS);
        setenv("PLINTH_QUIET", "1", 1);
        inherited_handles_are_refused();
        db = own, tr = mine, pending = done = kept;
        inherited_handles_are_refused();
        REFUSED(fdb_create_database(NULL, &own));
        the_network_is_as_if_it_ran();
        exit(7);
    }
    EXPECT(waitpid(child, &status, 0) == child && WIFEXITED(status));
    EXPECT_CODE(WEXITSTATUS(status), 7);
    EXPECT(!fdb_future_is_ready(kept));
    work_on(own);
    return 7;
}

static struct {
    long done;
    int status;
} forked;

/* Forks on the network thread; the child works there and ends there. */
static void fork_here(FDBFuture *f, void *user) {
    pid_t child;
    (void)f;
    if (!on_network_thread()) {
        /* The future was ready at once. */
        count_add(&forked.done, 1);
        return;
    }
    child = fork();
    if (child == 0) {
        alarm(GUARD_SECONDS);
        exit(((child_body)(size_t)user)());
    }
    forked.status = wait_for_child(child);
    count_add(&forked.done, 1);
}

/* The child comes back to the network thread's caller. */
static bool child_returns;

static void fork_and_return(FDBFuture *f, void *user) {
    pid_t child;
    (void)f;
    if (pthread_equal(pthread_self(), *(pthread_t *)user)) {
        /* The future was ready at once. */
        count_add(&forked.done, 1);
        return;
    }
    child = fork();
    if (child == 0) {
        alarm(GUARD_SECONDS);
        child_returns = true;
        return;
    }
    forked.status = wait_for_child(child);
    count_add(&forked.done, 1);
}

static void *run_and_tell(void *user) {
    *(fdb_error_t *)user = fdb_run_network();
    if (child_returns) {
        REFUSED(*(fdb_error_t *)user);
        exit(all_of_it());
    }
    return NULL;
}

/* A parent with the network running and handles that lead to no store: RocksDB was never started. Its
   children may open what they like. */
static int storeless_role(void) {
    unsetenv("PLINTH_DATA");
    network_start(730);
    CHECK_OK(fdb_create_database("/nowhere/at/all", &db));
    CHECK_OK(fdb_database_create_transaction(db, &tr));
    CHECK_OK(fdb_database_open_tenant(db, (const uint8_t *)"t", 1, &tenant));
    pending = fdb_transaction_get(tr, (const uint8_t *)"k", 1, 0);
    done = fdb_transaction_get(tr, (const uint8_t *)"k", 1, 0);
    CHECK_ENDS(in_child(nothing), 8);
    CHECK_ENDS(in_child(all_of_it_in_memory), 7);
    CHECK_ENDS(in_child(runs_the_network_itself), 7);
    CHECK_ENDS(in_child(stops_it_first), 7);
    CHECK_ENDS(in_child(has_a_child), 7);
    if (ALLOCATOR_FORKS) {
        fork_among_hammers(scaled(60), all_of_it_in_memory);
    }
    CHECK(fdb_future_get_error(pending) != 0);
    fdb_future_destroy(pending);
    fdb_future_destroy(done);
    fdb_tenant_destroy(tenant);
    fdb_transaction_destroy(tr);
    fdb_database_destroy(db);
    network_finish();
    return child_end();
}

static void children_of_a_busy_process_without_a_store_may_host_net6(void) {
    CHECK_CHILD("storeless", NULL, NULL);
}

/* NET-3: on the network thread a child can be made, and can use the library. */
static void the_network_thread_may_fork_net3(void) {
    int forks = 0;
    make_handles();
    for (int round = 0; round < 1000 && forks < 3; round++) {
        FDBTransaction *mine = begin(db);
        FDBFuture *f = tr_get(mine, B("k"));
        forked.status = -1;
        CHECK_OK(fdb_future_set_callback(f, fork_here, (void *)(size_t)all_of_it));
        wait_until(&forked.done, round + 1);
        if (forked.status != -1) {
            CHECK_ENDS(forked.status, 7);
            forks++;
        }
        fdb_future_destroy(f);
        destroy(mine);
    }
    CHECK_INT(forks, 3);
    end_handles();
}

/* NET-2, NET-3: a child that returns from a callback on the network thread is back where that was run. */
static int returner_role(void) {
    fdb_error_t ended = -1;
    pthread_t runner, here = pthread_self();
    CHECK_OK(fdb_select_api_version_impl(730, FDB_API_VERSION));
    CHECK_OK(fdb_setup_network());
    make_handles();
    CHECK(pthread_create(&runner, NULL, run_and_tell, &ended) == 0);
    forked.status = -1;
    for (int round = 0; round < 10000 && forked.status == -1; round++) {
        FDBTransaction *mine = begin(db);
        FDBFuture *f = tr_get(mine, B("k"));
        CHECK_OK(fdb_future_set_callback(f, fork_and_return, &here));
        wait_until(&forked.done, round + 1);
        fdb_future_destroy(f);
        destroy(mine);
    }
    CHECK_ENDS(forked.status, 7);
    end_handles();
    CHECK_OK(fdb_stop_network());
    CHECK(pthread_join(runner, NULL) == 0);
    CHECK_OK(ended);
    return child_end();
}

static void a_child_returns_to_the_caller_of_run_net2_net3(void) {
    CHECK_CHILD("returner", NULL, NULL);
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
    pid_t dying;
    int status;
    where = temporary_path();
    dying = spawn_self("orphan", where.text, NULL);
    CHECK(waitpid(dying, &status, 0) == dying && WIFSIGNALED(status));
    CHECK_INT(wait_for(spawn_self("heir", where.text, NULL)), 0);
    kill(-dying, SIGKILL);
}

int main(int argc, char **argv) {
    int ended = setjmp(home);
    if (ended != 0) {
        return ended;
    }
    parent = getpid();
    harness_begin(argc, argv);
    if (argc > 1) {
        if (argc > 2) {
            setenv("PLINTH_DATA", argv[2], 1);
        }
        return strcmp(argv[1], "orphan") == 0      ? orphan_role()
               : strcmp(argv[1], "heir") == 0      ? heir_role()
               : strcmp(argv[1], "storeless") == 0 ? storeless_role()
                                                   : returner_role();
    }
    RUN(an_orphan_does_not_keep_the_directory_net6);
    RUN(children_of_a_busy_process_without_a_store_may_host_net6);
    RUN(a_child_returns_to_the_caller_of_run_net2_net3);
    network_start(730);
    RUN(a_child_is_refused_and_the_parent_goes_on_abi4_net6);
    if (ALLOCATOR_FORKS) {
        RUN(children_of_a_busy_host_work_net6);
        RUN(the_network_thread_may_fork_net3);
    }
    network_finish();
    return harness_end();
}
