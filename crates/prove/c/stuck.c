/*
 * stuck SEED ROUNDS DIRECTORY: callbacks that do not return. Each round is a process in which some of them are of
 * commits, timers and watches, and some run inside the call they were given to. Meanwhile:
 *
 * - with fewer of them than the database has threads everything goes on, asynchronous calls too;
 * - with more, blocking calls go on, and everything of another database, its close too;
 * - close waits for those on the library's threads and for no others, and refuses calls at once;
 * - a process that exits instead ends all the same, and what it committed is there.
 */
#include <sched.h>
#include <sys/wait.h>
#include <time.h>

#include "world_plinth.h"

#define MOST 40

static plinth_database *db, *other;
/* Callbacks that got stuck, and those that have returned since; of these, those inside the call they were given to. */
static long entered, returned, entered_inside, returned_inside, ordinary;
/* Threads whose call has returned, or has a callback stuck inside. */
static long under_way;
static bool let_go;
/* A thread of this program: a callback that runs on it runs inside a call. */
static _Thread_local bool is_ours, is_counted;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static void finding(const char *what, long number) {
    printf("finding %s: %ld\n", what, number);
    fflush(stdout);
    _exit(1);
}

/* With the lock. */
static void count_under_way(void) {
    under_way += is_ours && !is_counted;
    is_counted = true;
    pthread_cond_broadcast(&changed);
}

static void must(plinth_error error, const char *what) {
    if (error != 0) {
        printf("finding %s gave %d beside callbacks that do not return: %s\n", what, (int)error, plinth_last_error());
        fflush(stdout);
        _exit(1);
    }
}

/* Does not return until it is let go, which may be never. */
static void stuck(void *user, plinth_error error) {
    (void)user, (void)error;
    pthread_mutex_lock(&lock);
    entered++;
    entered_inside += is_ours;
    count_under_way();
    while (!let_go) {
        pthread_cond_wait(&changed, &lock);
    }
    returned++;
    returned_inside += is_ours;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static void stuck_value(void *user, plinth_error error, plinth_value *value) {
    plinth_value_free(value);
    stuck(user, error);
}

static void returns(void *user, plinth_error error) {
    pthread_mutex_lock(&lock);
    ordinary++;
    *(plinth_error *)user = error;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

/* The alarm of the process ends a wait that has no end. */
static void await(const long *counter, long number) {
    pthread_mutex_lock(&lock);
    while (*counter < number) {
        pthread_cond_wait(&changed, &lock);
    }
    pthread_mutex_unlock(&lock);
}

static void release_all(void) {
    pthread_mutex_lock(&lock);
    let_go = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

/* No value is written twice, in no round: a watch would not hear of it. */
static uint64_t fresh;

static plinth_transaction *written(plinth_database *of, const char *key) {
    uint64_t value = __atomic_add_fetch(&fresh, 1, __ATOMIC_RELAXED);
    plinth_transaction *tr;
    must(plinth_transaction_begin(of, &tr), "begin");
    must(plinth_transaction_set(tr, NULL, (const uint8_t *)key, strlen(key), (const uint8_t *)&value, sizeof value), "set");
    return tr;
}

/* ------------------------------------------------------------------ callbacks get stuck */

static plinth_transaction *held[MOST];
static plinth_watch *watches[MOST];

/* Of a commit, of the wait of on_error, of a watch, or of a value that is in memory: its callback comes inside the
   call. The others do so sometimes. */
enum { OF_A_COMMIT, OF_A_WAIT, OF_A_WATCH, OF_A_VALUE };

typedef struct {
    int number, what;
    pthread_t thread;
} victim;

static victim victims[MOST];

static void *get_stuck(void *user) {
    const victim *me = user;
    plinth_transaction *tr, *changer;
    char key[24];
    is_ours = true;
    snprintf(key, sizeof key, "watched %d", me->number);
    tr = held[me->number] = written(db, "stuck");
    switch (me->what) {
    case OF_A_COMMIT: must(plinth_transaction_commit_async(tr, stuck, NULL, NULL), "commit_async"); break;
    case OF_A_WAIT: must(plinth_transaction_on_error_async(tr, PLINTH_ERROR_NOT_COMMITTED, stuck, NULL, NULL), "on_error_async"); break;
    case OF_A_VALUE: must(plinth_transaction_get_async(tr, NULL, (const uint8_t *)"k", 1, stuck_value, NULL, NULL), "get_async"); break;
    default:
        must(plinth_transaction_watch(tr, NULL, (const uint8_t *)key, strlen(key), stuck, NULL, NULL, &watches[me->number]), "watch");
        must(plinth_transaction_commit(tr), "commit of a watch");
        changer = written(db, key);
        must(plinth_transaction_commit(changer), "commit of a change");
        must(plinth_transaction_destroy(changer), "destroy");
    }
    pthread_mutex_lock(&lock);
    count_under_way();
    pthread_mutex_unlock(&lock);
    return NULL;
}

static void start(int number, int what) {
    victims[number] = (victim){.number = number, .what = what};
    if (pthread_create(&victims[number].thread, NULL, get_stuck, &victims[number]) != 0) {
        die("pthread_create");
    }
}

/* ------------------------------------------------------------------ and the others go on */

static void *use_blocking_calls(void *user) {
    plinth_key_selector from = {(const uint8_t *)"", 0, false, 1}, to = {(const uint8_t *)"\xff", 1, false, 1};
    plinth_database *of = user;
    for (int i = 0; i < 5; i++) {
        plinth_transaction *tr = written(of, "k");
        plinth_value value;
        plinth_range range;
        must(plinth_transaction_get(tr, NULL, (const uint8_t *)"other", 5, &value), "get");
        plinth_value_free(&value);
        must(plinth_transaction_get_range(tr, NULL, &from, &to, NULL, &range), "get_range");
        plinth_range_free(&range);
        plinth_error error = plinth_transaction_commit(tr);
        if (error != 0) {
            must(plinth_transaction_on_error(tr, error), "on_error");
        }
        must(plinth_transaction_destroy(tr), "destroy");
    }
    must(plinth_database_sync(of), "sync");
    return NULL;
}

static void use_asynchronous_calls(plinth_database *of) {
    plinth_error ends[3] = {-1, -1, -1};
    long before = ordinary;
    plinth_watch *watch;
    plinth_transaction *tr = written(of, "async"), *second = written(of, "watched"), *third;
    must(plinth_transaction_watch(tr, NULL, (const uint8_t *)"watched", 7, returns, &ends[0], NULL, &watch), "watch");
    must(plinth_transaction_commit_async(tr, returns, &ends[1], NULL), "commit_async");
    await(&ordinary, before + 1);
    must(plinth_transaction_commit(second), "commit");
    must(plinth_transaction_begin(of, &third), "begin");
    must(plinth_transaction_on_error_async(third, PLINTH_ERROR_NOT_COMMITTED, returns, &ends[2], NULL), "on_error_async");
    await(&ordinary, before + 3);
    for (int i = 0; i < 3; i++) {
        must(ends[i], "an asynchronous call");
    }
    must(plinth_watch_destroy(watch), "destroy");
    must(plinth_transaction_destroy(tr), "destroy");
    must(plinth_transaction_destroy(second), "destroy");
    must(plinth_transaction_destroy(third), "destroy");
}

static void *close_it(void *user) {
    plinth_error error = plinth_database_close(db);
    pthread_mutex_lock(&lock);
    /* On threads of the library none is inside any more. */
    *(long *)user = error != 0 ? -error : (entered - entered_inside) - (returned - returned_inside);
    pthread_mutex_unlock(&lock);
    return NULL;
}

/* Waits until calls are refused. Then close ends, or the callbacks are let go. */
static void close_while_stuck(bool all_inside) {
    pthread_t closer;
    long left = -1;
    plinth_transaction *tr;
    plinth_error error;
    if (pthread_create(&closer, NULL, close_it, &left) != 0) {
        die("pthread_create");
    }
    while ((error = plinth_transaction_begin(db, &tr)) == 0) {
        must(plinth_transaction_destroy(tr), "destroy");
        sched_yield();
    }
    if (error != PLINTH_ERROR_DATABASE_CLOSED && error != PLINTH_ERROR_INVALID_HANDLE) {
        finding("begin beside a close gave", error);
    }
    use_asynchronous_calls(other);
    if (!all_inside) {
        release_all();
    }
    pthread_join(closer, NULL);
    release_all();
    if (left != 0) {
        finding("close gave an error, or did not wait for callbacks on the library's threads", left);
    }
}

static long threads_of_a_database(void) {
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count < 4 ? 4 : count > 16 ? 16 : count;
}

/* Fewer than the database has threads, or as many and more. Returns how many. */
static int get_some_stuck(uint64_t *seed, bool few) {
    int threads = (int)threads_of_a_database(), count = 0;
    if (few) {
        int most = (int)(next_random(seed) % (uint64_t)threads);
        while (count < most) {
            start(count++, (int)(next_random(seed) % 4));
        }
        await(&entered, count);
        return count;
    }
    while (count < threads) {
        start(count++, OF_A_COMMIT);
    }
    await(&entered, count);
    for (int more = (int)(next_random(seed) % 8); more > 0; more--) {
        start(count++, (int)(next_random(seed) % 4));
    }
    await(&under_way, count);
    return count;
}

static void use_everything(bool few) {
    pthread_t users[3];
    for (int i = 0; i < 3; i++) {
        if (pthread_create(&users[i], NULL, use_blocking_calls, i < 2 ? db : other) != 0) {
            die("pthread_create");
        }
    }
    for (int i = 0; i < 3; i++) {
        pthread_join(users[i], NULL);
    }
    use_asynchronous_calls(other);
    if (few) {
        use_asynchronous_calls(db);
    }
}

static void scenario(uint64_t seed, const char *path, bool leave) {
    bool few = next_random(&seed) % 2 == 0;
    plinth_database *third;
    int count;
    is_ours = true;
    fresh = next_random(&seed);
    need(plinth_database_open(path, NULL, &db), "open");
    need(plinth_database_open(":memory:", NULL, &other), "open");
    need(plinth_database_open(":memory:", NULL, &third), "open");
    need(plinth_transaction_commit(written(db, "k")), "commit");
    count = get_some_stuck(&seed, few);
    use_everything(few);
    must(plinth_database_close(third), "close of another database");
    if (leave) {
        need(plinth_transaction_commit(written(db, "left")), "commit");
        exit(0);
    }
    close_while_stuck(few && entered == entered_inside);
    for (int i = 0; i < count; i++) {
        pthread_join(victims[i].thread, NULL);
    }
    await(&returned, count);
    if (entered != count) {
        finding("callbacks that came more than once", entered - count);
    }
    for (int i = 0; i < count; i++) {
        must(plinth_transaction_destroy(held[i]), "destroy");
        if (watches[i] != NULL) {
            must(plinth_watch_destroy(watches[i]), "destroy");
        }
    }
    must(plinth_database_close(other), "close");
    _exit(0);
}

/* What a process committed that exited with callbacks stuck. */
static void look_whether_it_is_there(const char *path) {
    plinth_transaction *tr;
    plinth_value value;
    need(plinth_database_open(path, NULL, &db), "open after a process has left");
    need(plinth_transaction_begin(db, &tr), "begin");
    need(plinth_transaction_get(tr, NULL, (const uint8_t *)"left", 4, &value), "get");
    if (value.data == NULL) {
        finding("an acknowledged commit is not there", 0);
    }
    plinth_value_free(&value);
    need(plinth_transaction_destroy(tr), "destroy");
    need(plinth_database_close(db), "close");
    _exit(0);
}

/* In a process of its own, which is ended when it takes too long. */
static void in_a_process(uint64_t seed, const char *path, int what) {
    int status;
    pid_t pid = fork();
    if (pid < 0) {
        die("fork");
    }
    if (pid == 0) {
        alarm(90);
        what == 2 ? look_whether_it_is_there(path) : scenario(seed, path, what == 1);
    }
    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) == 2) {
        finding(what == 1 ? "a process that exits hangs or ends with status" : "a process hangs or ends with status", status);
    }
    if (WEXITSTATUS(status) != 0) {
        exit(1);
    }
}

int main(int count, char **arguments) {
    uint64_t seed = count > 1 ? strtoull(arguments[1], NULL, 10) : 1;
    long rounds = count > 2 ? atol(arguments[2]) : 10;
    if (count < 4) {
        die("arguments");
    }
    for (long i = 0; i < rounds; i++) {
        /* The exit takes its patience, so it is tried seldom. */
        bool leave = i % 10 == 9, on_disk = leave || next_random(&seed) % 2 == 0;
        in_a_process(next_random(&seed), on_disk ? arguments[3] : ":memory:", leave);
        if (leave) {
            in_a_process(0, arguments[3], 2);
        }
    }
    printf("counts processes_with_stuck_callbacks %ld of_these_that_exited %ld\n", rounds, rounds / 10);
    return 0;
}
