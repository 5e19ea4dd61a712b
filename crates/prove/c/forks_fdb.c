/* forks_fdb SEED FORKS: as forks_plinth. Functions that take a handle fail with 2000, or their future does. */
#include <signal.h>
#include <sys/wait.h>

#include "world_fdb.h"

static volatile int stop;
static long commits;

#define CHILD_SECONDS 20

static int child_calls(void) {
    static choice of[MOST_CHOICES];
    argument a[MOST_PARAMETERS];
    for (int i = 0; i < COUNT(functions); i++) {
        const function *f = &functions[i];
        bool has_handle = false;
        int64_t got;
        if (is_of_the_network(f)) {
            continue;
        }
        for (int at = 0; at < f->count; at++) {
            choose(f, at, of);
            a[at] = of[0].is;
            has_handle = has_handle || f->parameters[at].what <= CONSUMER;
        }
        got = error_of(f, f->call(a));
        if (has_handle && f->result <= GIVES_RESULT && (got == 0 || got == UNKNOWN_FUTURE || got == 4100)) {
            printf("finding %s in a child gave %lld\n", f->name, (long long)got);
            fflush(stdout);
            return 1;
        }
    }
    return 0;
}

static int child(void) {
    FDBDatabase *db;
    alarm(CHILD_SECONDS);
    if (child_calls() != 0) {
        return 1;
    }
    if (fdb_create_database(world_path, &db) == 0) {
        fdb_database_destroy(db);
    }
    return 0;
}

static void *work(void *user) {
    long number = 0, id = *(long *)user;
    while (!stop) {
        FDBTransaction *tr;
        uint8_t key[2] = {'w', (uint8_t)('0' + id)};
        need(fdb_database_create_transaction(GOOD_DB, &tr), "create_transaction");
        number++;
        fdb_transaction_set(tr, key, 2, (const uint8_t *)&number, sizeof number);
        need(wait_for(fdb_transaction_commit(tr)), "commit");
        fdb_transaction_destroy(tr);
        __atomic_fetch_add(&commits, 1, __ATOMIC_RELAXED);
    }
    *(long *)user = number;
    return NULL;
}

static void check_work(int id, long number) {
    uint8_t key[2] = {'w', (uint8_t)('0' + id)};
    const uint8_t *value;
    fdb_bool_t present;
    int length;
    FDBFuture *future;
    new_transaction();
    future = fdb_transaction_get(GOOD_TR, key, 2, 0);
    need(fdb_future_block_until_ready(future), "get");
    need(fdb_future_get_value(future, &present, &value, &length), "get");
    if (length != (int)sizeof number || memcmp(value, &number, sizeof number) != 0) {
        printf("finding the parent lost a commit of thread %d\n", id);
    }
    fdb_future_destroy(future);
}

int main(int count, char **arguments) {
    long forks = count > 2 ? atol(arguments[2]) : 10, ids[2] = {0, 1};
    uint64_t seed = count > 1 ? strtoull(arguments[1], NULL, 10) : 1;
    pthread_t threads[2];
    world_version = seed % 2 == 0 ? 800 : 600;
    network_begin();
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
    network_end();
    printf("counts forks %ld calls_in_children %ld commits_of_the_parent %ld\n", forks, forks * (COUNT(functions) - 3), commits);
    return 0;
}
