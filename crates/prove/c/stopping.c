/*
 * stopping SEED ROUNDS DIRECTORY [stuck]: fdb_stop_network() at some moment while other threads commit, read, watch,
 * wait, set callbacks, cancel and destroy. Each round is a process of its own. fdb_run_network() returns, no callback
 * runs twice, on a thread that may not, or after that; nobody waits for ever, calls that wait go on working, and what
 * was acknowledged is there for the next process, however this one ended.
 *
 * With `stuck` a callback on the network thread does not return: blocking calls of the other threads go on,
 * fdb_stop_network() returns all the same, and fdb_run_network() when the callback does; a process that
 * exits instead ends.
 */
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#include "world_fdb.h"

#define WORKERS 4
#define KEPT 8

/* What each worker was told is committed, for the next process. */
static uint64_t *acknowledged;
static FDBDatabase *db;
static bool over, enough, let_go, leaving;
static long callbacks_set, callbacks_run, blocking_calls[WORKERS], inside;
/* Callbacks may also run inside the call that sets them. */
static _Thread_local bool setting;

static void finding(const char *what, long number) {
    printf("finding %s: %ld\n", what, number);
    fflush(stdout);
    _exit(1);
}

static bool is_set(const bool *flag) { return __atomic_load_n(flag, __ATOMIC_SEQ_CST); }
static void set(bool *flag) { __atomic_store_n(flag, true, __ATOMIC_SEQ_CST); }

static bool is_on_network_thread(void) { return pthread_equal(pthread_self(), network_thread); }

static void told_once(FDBFuture *future, void *user) {
    (void)future;
    if (__atomic_fetch_add((int *)user, 1, __ATOMIC_SEQ_CST) != 0) {
        finding("a callback runs twice", 0);
    }
    if (!setting && !is_on_network_thread()) {
        finding("a callback runs on a thread of its own", 0);
    }
    if (!setting && is_set(&over)) {
        finding("a callback runs after fdb_run_network() has returned", 0);
    }
    __atomic_fetch_add(&callbacks_run, 1, __ATOMIC_RELAXED);
}

static void with_callback(FDBFuture *future, FDBCallback callback, void *user) {
    setting = true;
    need(fdb_future_set_callback(future, callback, user), "set_callback");
    setting = false;
}

static FDBFuture *told_of(FDBFuture *future) {
    /* Whoever may still run it finds the count: it is never freed. */
    int *times = calloc(1, sizeof *times);
    if (times == NULL) {
        die("calloc");
    }
    __atomic_fetch_add(&callbacks_set, 1, __ATOMIC_RELAXED);
    with_callback(future, told_once, times);
    return future;
}

static FDBTransaction *begun(void) {
    FDBTransaction *tr;
    fdb_error_t error = fdb_database_create_transaction(db, &tr);
    while (error != 0 && is_set(&leaving)) {
        /* The process ends. */
        pause();
    }
    need(error, "create_transaction");
    return tr;
}

/* One commit that is waited for. */
static void count_up(long worker) {
    uint8_t key[2] = {'w', (uint8_t)('0' + worker)};
    uint64_t number = acknowledged[worker] + 1;
    FDBTransaction *tr = begun();
    fdb_transaction_set(tr, key, 2, (const uint8_t *)&number, sizeof number);
    if (wait_for(fdb_transaction_commit(tr)) == 0) {
        acknowledged[worker] = number;
    }
    fdb_transaction_destroy(tr);
    __atomic_fetch_add(&blocking_calls[worker], 1, __ATOMIC_SEQ_CST);
}

static FDBFuture *something(FDBTransaction *tr, uint64_t dice) {
    const uint8_t key[2] = {'k', (uint8_t)(dice >> 16)};
    switch (dice % 5) {
    case 0: fdb_transaction_set(tr, key, 2, key, 2); return fdb_transaction_commit(tr);
    case 1: return fdb_transaction_watch(tr, key, 2);
    case 2: return fdb_transaction_get(tr, key, 2, 0);
    case 3: return fdb_transaction_on_error(tr, 1020);
    default: return fdb_transaction_get_read_version(tr);
    }
}

static void *work(void *user) {
    long worker = *(long *)user;
    uint64_t seed = (uint64_t)(worker + 1) * acknowledged[WORKERS];
    FDBFuture *kept[KEPT] = {NULL};
    while (!is_set(&enough)) {
        uint64_t dice = next_random(&seed);
        FDBFuture **place = &kept[(dice >> 32) % KEPT], *ended;
        FDBTransaction *tr = begun();
        count_up(worker);
        if (*place != NULL) {
            if (dice & 64) {
                fdb_future_cancel(*place);
            }
            fdb_future_destroy(*place);
        }
        *place = something(tr, dice >> 8);
        if (dice & 128) {
            told_of(*place);
        }
        if (dice & 32) {
            ended = something(tr, dice >> 24);
            told_of(ended);
            fdb_future_destroy(ended);
        }
        if ((dice & 0x700000) == 0) {
            wait_for(fdb_transaction_commit(tr));
        }
        fdb_transaction_destroy(tr);
    }
    for (int i = 0; i < KEPT; i++) {
        if (kept[i] != NULL) {
            fdb_future_destroy(kept[i]);
        }
    }
    return NULL;
}

/* ------------------------------------------------------------------ the stop */

static void *stop(void *user) {
    need(fdb_stop_network(), "stop_network");
    return user;
}

static void stop_in_a_callback(FDBFuture *future, void *user) {
    (void)future, (void)user;
    need(fdb_stop_network(), "stop_network in a callback");
}

/* A future that nobody but the network thread tells of. */
static FDBFuture *pending(FDBTransaction *tr) {
    fdb_transaction_set(tr, (const uint8_t *)"p", 1, (const uint8_t *)&inside, sizeof inside);
    return fdb_transaction_commit(tr);
}

static void stop_somehow(uint64_t dice) {
    pthread_t others[3];
    FDBTransaction *tr = begun();
    FDBFuture *future;
    switch (dice % 3) {
    case 0: need(fdb_stop_network(), "stop_network"); break;
    case 1:
        for (int i = 0; i < 3; i++) {
            if (pthread_create(&others[i], NULL, stop, NULL) != 0) {
                die("pthread_create");
            }
        }
        for (int i = 0; i < 3; i++) {
            pthread_join(others[i], NULL);
        }
        break;
    default:
        future = pending(tr);
        with_callback(future, stop_in_a_callback, NULL);
        pthread_join(network_thread, NULL);
        fdb_future_destroy(future);
    }
    if (dice % 3 != 2) {
        pthread_join(network_thread, NULL);
    }
    set(&over);
    fdb_transaction_destroy(tr);
}

/* ------------------------------------------------------------------ a callback that does not return */

static void stuck(FDBFuture *future, void *user) {
    (void)future, (void)user;
    __atomic_fetch_add(&inside, 1, __ATOMIC_SEQ_CST);
    while (!is_set(&let_go)) {
        struct timespec pause = {0, 1000000};
        nanosleep(&pause, NULL);
    }
}

static void await_progress(long more) {
    for (int i = 0; i < WORKERS; i++) {
        long until = __atomic_load_n(&blocking_calls[i], __ATOMIC_SEQ_CST) + more;
        while (__atomic_load_n(&blocking_calls[i], __ATOMIC_SEQ_CST) < until) {
            sched_yield();
        }
    }
}

static void *run_and_tell(void *user) {
    run_network(user);
    set(&over);
    return NULL;
}

static void stop_while_stuck(bool leave) {
    FDBTransaction *tr = begun();
    FDBFuture *future;
    do {
        /* It may be known before the callback is set, which then runs here. */
        future = fdb_transaction_on_error(tr, 1020);
        if (!fdb_future_is_ready(future)) {
            break;
        }
        fdb_future_destroy(future);
    } while (true);
    with_callback(future, stuck, NULL);
    while (__atomic_load_n(&inside, __ATOMIC_SEQ_CST) == 0) {
        sched_yield();
    }
    await_progress(10);
    need(fdb_stop_network(), "stop_network beside a callback that does not return");
    await_progress(10);
    if (is_set(&over)) {
        finding("fdb_run_network() has returned while a callback runs", 0);
    }
    if (leave) {
        set(&leaving);
        exit(0);
    }
    set(&let_go);
    pthread_join(network_thread, NULL);
    fdb_future_destroy(future);
    fdb_transaction_destroy(tr);
}

/* ------------------------------------------------------------------ a process */

static void look_whether_it_is_there(void) {
    FDBTransaction *tr = begun();
    for (long i = 0; i < WORKERS; i++) {
        uint8_t key[2] = {'w', (uint8_t)('0' + i)};
        FDBFuture *future = fdb_transaction_get(tr, key, 2, 0);
        const uint8_t *value;
        fdb_bool_t present;
        uint64_t number = 0;
        int len;
        need(fdb_future_block_until_ready(future), "get");
        need(fdb_future_get_value(future, &present, &value, &len), "get_value");
        if (present && len == sizeof number) {
            memcpy(&number, value, sizeof number);
        }
        fdb_future_destroy(future);
        /* One more may have been committed by a process that ended before it heard of it. */
        if (number < acknowledged[i] || number > acknowledged[i] + 1) {
            finding("an acknowledged commit is not there", (long)acknowledged[i] - (long)number);
        }
        acknowledged[i] = number;
    }
    fdb_transaction_destroy(tr);
}

static void begin_network(void) {
    need(fdb_select_api_version_impl(world_version, 800), "select_api_version");
    need(fdb_setup_network(), "setup_network");
}

static void process(uint64_t seed, bool with_stuck, bool on_disk) {
    pthread_t workers[WORKERS];
    long numbers[WORKERS];
    uint64_t way = next_random(&seed);
    struct timespec before = {0, (long)(next_random(&seed) % 8000000)}, after = {0, (long)(next_random(&seed) % 2000000)};
    begin_network();
    if (pthread_create(&network_thread, NULL, with_stuck ? run_and_tell : run_network, NULL) != 0) {
        die("pthread_create");
    }
    need(fdb_create_database(NULL, &db), "create_database");
    if (on_disk) {
        look_whether_it_is_there();
    } else {
        memset(acknowledged, 0, WORKERS * sizeof *acknowledged);
    }
    acknowledged[WORKERS] = next_random(&seed);
    for (long i = 0; i < WORKERS; i++) {
        numbers[i] = i;
        if (pthread_create(&workers[i], NULL, work, &numbers[i]) != 0) {
            die("pthread_create");
        }
    }
    nanosleep(&before, NULL);
    with_stuck ? stop_while_stuck(way % 4 == 0) : stop_somehow(way >> 8);
    nanosleep(&after, NULL);
    if (way % 4 == 1) {
        set(&leaving);
    }
    switch (way % 4) {
    case 1: exit(0);
    case 2: _exit(0);
    default: break;
    }
    /* Without a network what waits goes on. */
    await_progress(2);
    set(&enough);
    for (int i = 0; i < WORKERS; i++) {
        pthread_join(workers[i], NULL);
    }
    look_whether_it_is_there();
    fdb_database_destroy(db);
    if (callbacks_run > callbacks_set) {
        finding("callbacks that were not set", callbacks_run - callbacks_set);
    }
    exit(0);
}

static void in_a_process(uint64_t seed, bool with_stuck, bool on_disk) {
    int status;
    pid_t pid = fork();
    if (pid < 0) {
        die("fork");
    }
    if (pid == 0) {
        alarm(60);
        process(seed, with_stuck, on_disk);
    }
    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status)) {
        finding("a process hangs or ends with status", status);
    }
    if (WEXITSTATUS(status) != 0) {
        exit(1);
    }
}

int main(int count, char **arguments) {
    uint64_t seed = count > 1 ? strtoull(arguments[1], NULL, 10) : 1;
    long rounds = count > 2 ? atol(arguments[2]) : 10;
    bool with_stuck = count > 4 && strcmp(arguments[4], "stuck") == 0;
    size_t length = (WORKERS + 1) * sizeof *acknowledged;
    uint64_t of_disk[WORKERS] = {0};
    if (count < 4) {
        die("arguments");
    }
    acknowledged = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (acknowledged == MAP_FAILED) {
        die("mmap");
    }
    for (long i = 0; i < rounds; i++) {
        bool on_disk = next_random(&seed) % 2 == 0;
        if (setenv("PLINTH_DATA", on_disk ? arguments[3] : ":memory:", 1) != 0) {
            die("setenv");
        }
        if (on_disk) {
            memcpy(acknowledged, of_disk, sizeof of_disk);
        }
        in_a_process(next_random(&seed), with_stuck, on_disk);
        if (on_disk) {
            memcpy(of_disk, acknowledged, sizeof of_disk);
        }
    }
    printf("counts processes_that_stopped_the_network %ld\n", rounds);
    return 0;
}
