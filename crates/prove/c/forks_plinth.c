/*
 * forks_plinth SEED FORKS: children that are forked while other threads of the parent work. In each child every
 * function is called with the parent's handles: those that take one say 9016 and do nothing, and none hangs or
 * crashes. The parent goes on, and has everything that it committed.
 */
#include <signal.h>
#include <sys/wait.h>

#include "world_plinth.h"

static volatile int stop;
static long commits;

/* A child has this long: one that hangs is ended by SIGALRM. */
#define CHILD_SECONDS 20

static int child_complains(const function *f, int64_t got) {
    printf("finding %s in a child gave %lld: %s\n", f->name, (long long)got, plinth_last_error());
    fflush(stdout);
    return 1;
}

static int child_calls(void) {
    static choice of[MOST_CHOICES];
    argument a[MOST_PARAMETERS];
    for (int i = 0; i < COUNT(functions); i++) {
        const function *f = &functions[i];
        bool has_handle = false;
        int64_t got;
        for (int at = 0; at < f->count; at++) {
            choose(f, at, of);
            a[at] = of[0].is;
            has_handle = has_handle || f->parameters[at].what <= CONSUMER;
        }
        told.code = 0;
        got = f->call(a).number;
        got = f->result == GIVES_ERROR && got == 0 && is_told_later(f) ? told.code : got;
        if (has_handle && got != PLINTH_ERROR_FORKED) {
            return child_complains(f, got);
        }
    }
    return 0;
}

/* A child may open databases of its own, where RocksDB can be begun; it may refuse, but not hang. */
static int child(void) {
    plinth_database *db;
    plinth_error error;
    alarm(CHILD_SECONDS);
    if (child_calls() != 0) {
        return 1;
    }
    error = plinth_database_open(":memory:", NULL, &db);
    if (error == 0 && plinth_database_close(db) != 0) {
        printf("finding a child cannot close what it opened\n");
        fflush(stdout);
        return 1;
    }
    return 0;
}

static void *work(void *user) {
    long number = 0;
    long id = *(long *)user;
    while (!stop) {
        plinth_transaction *tr;
        uint8_t key[2] = {'w', (uint8_t)('0' + id)};
        need(plinth_transaction_begin(GOOD_DB, &tr), "begin");
        number++;
        need(plinth_transaction_set(tr, NULL, key, 2, (const uint8_t *)&number, sizeof number), "set");
        need(plinth_transaction_commit(tr), "commit");
        need(plinth_transaction_destroy(tr), "destroy");
        __atomic_fetch_add(&commits, 1, __ATOMIC_RELAXED);
    }
    *(long *)user = number;
    return NULL;
}

static void check_work(int id, long number) {
    plinth_value value;
    uint8_t key[2] = {'w', (uint8_t)('0' + id)};
    new_transaction();
    need(plinth_transaction_get(GOOD_TR, NULL, key, 2, &value), "get");
    if (value.len != sizeof number || memcmp(value.data, &number, sizeof number) != 0) {
        printf("finding the parent lost a commit of thread %d\n", id);
    }
    plinth_value_free(&value);
}

int main(int count, char **arguments) {
    long forks = count > 2 ? atol(arguments[2]) : 10, ids[2] = {0, 1};
    uint64_t seed = count > 1 ? strtoull(arguments[1], NULL, 10) : 1;
    pthread_t threads[2];
    world_path = count > 3 ? arguments[3] : world_path;
    world_begin();
    fflush(stdout);
    for (int i = 0; i < 2; i++) {
        if (pthread_create(&threads[i], NULL, work, &ids[i]) != 0) {
            die("pthread_create");
        }
    }
    for (long i = 0; i < forks; i++) {
        int status = 0;
        pid_t pid;
        for (uint64_t spin = next_random(&seed) % 20000; spin > 0; spin--) {
            __asm__ volatile("" ::: "memory");
        }
        pid = fork();
        if (pid == 0) {
            int code = child();
            /* Half of them leave by the front door, where handlers of the library run. */
            if (i % 2 == 0) {
                exit(code);
            }
            _exit(code);
        }
        if (pid < 0 || waitpid(pid, &status, 0) != pid) {
            die("fork");
        }
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
            printf("finding child %ld ended with status %#x%s\n", i, (unsigned)status,
                   WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM ? ": it hangs" : "");
            return 1;
        }
        if (!world_works()) {
            printf("finding the parent is harmed\n");
            return 1;
        }
    }
    stop = 1;
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        check_work(i, ids[i]);
    }
    world_end();
    printf("counts forks %ld calls_in_children %ld commits_of_the_parent %ld\n", forks, forks * COUNT(functions), commits);
    return 0;
}
