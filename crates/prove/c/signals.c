/*
 * signals SEED SECONDS DIRECTORY: a timer sends a signal every millisecond, with a handler that restarts nothing,
 * while threads commit, read, watch and wait, in the host's process and as its guest in another one. Every call does
 * what it does without signals; handlers run on the program's own threads only; nothing of ours raises SIGPIPE. The
 * handler forks and execs now and then.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#include "world_plinth.h"

#define WORKERS 2

static _Thread_local bool is_mine;
static volatile sig_atomic_t taken, strangers, pipes, stop;
static plinth_database *db;
static long commits;

static void on_alarm(int signal) {
    int before = errno;
    (void)signal;
    taken++;
    if (!is_mine) {
        strangers++;
    }
    if (taken % 1000 == 0) {
        /* fork() may wait for a lock of malloc's that the interrupted thread has; this one may be called here. */
        pid_t pid = _Fork();
        if (pid == 0) {
            execl("/bin/true", "true", (char *)NULL);
            _exit(0);
        }
        if (pid > 0) {
            while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
            }
        }
    }
    errno = before;
}
static void on_pipe(int signal) {
    (void)signal;
    pipes++;
}

static void handle(int signal, void (*handler)(int)) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    if (sigaction(signal, &action, NULL) != 0) {
        die("sigaction");
    }
}

static void expect(plinth_error error, const char *what) {
    if (error != 0) {
        printf("finding %s gave %d under signals: %s\n", what, (int)error, plinth_last_error());
        fflush(stdout);
        _exit(1);
    }
}

/* A thread begins with the signal blocked, until it has said whose it is. */
static void let_alarms(int how) {
    sigset_t alarms;
    sigemptyset(&alarms);
    sigaddset(&alarms, SIGALRM);
    pthread_sigmask(how, &alarms, NULL);
}

static void *work(void *user) {
    uint8_t id = (uint8_t)(intptr_t)user;
    uint32_t number = 0;
    is_mine = true;
    let_alarms(SIG_UNBLOCK);
    while (!stop) {
        plinth_transaction *tr;
        plinth_watch *watch;
        plinth_value value;
        plinth_error error;
        uint8_t key[3] = {'s', id, (uint8_t)(number % 7)};
        number++;
        expect(plinth_transaction_begin(db, &tr), "begin");
        do {
            error = plinth_transaction_get(tr, NULL, key, 3, &value);
            plinth_value_free(&value);
            error = error != 0 ? error : plinth_transaction_set(tr, NULL, key, 3, (const uint8_t *)&number, sizeof number);
            error = error != 0 ? error : plinth_transaction_commit(tr);
        } while (error != 0 && plinth_transaction_on_error(tr, error) == 0);
        expect(error, "a transaction");
        expect(plinth_transaction_reset(tr), "reset");
        expect(plinth_transaction_get(tr, NULL, key, 3, &value), "get");
        if (value.len != sizeof number || memcmp(value.data, &number, sizeof number) != 0) {
            expect(-1, "a read of what was committed");
        }
        plinth_value_free(&value);
        expect(plinth_transaction_watch(tr, NULL, key, 3, on_done, NULL, on_finish, &watch), "watch");
        if (watch != NULL) {
            expect(plinth_watch_destroy(watch), "the end of a watch");
        }
        expect(plinth_transaction_destroy(tr), "destroy");
        __atomic_fetch_add(&commits, 1, __ATOMIC_RELAXED);
    }
    return NULL;
}

/* Threads of ours have everything blocked that is not a fault of theirs. Those of the program begin with its name. */
static void check_masks(void) {
    DIR *tasks = opendir("/proc/self/task");
    struct dirent *task;
    while (tasks != NULL && (task = readdir(tasks)) != NULL) {
        char path[300], line[256], name[64] = "";
        unsigned long long blocked = 0;
        FILE *file;
        snprintf(path, sizeof path, "/proc/self/task/%s/status", task->d_name);
        file = task->d_name[0] == '.' ? NULL : fopen(path, "r");
        while (file != NULL && fgets(line, sizeof line, file) != NULL) {
            (void)sscanf(line, "Name: %63[^\n]", name);
            (void)sscanf(line, "SigBlk: %llx", &blocked);
        }
        if (file != NULL) {
            fclose(file);
        }
        if (name[0] != 0 && strncmp(name, "signals", 7) != 0 && (blocked >> (SIGALRM - 1) & 1) == 0) {
            printf("finding the thread %s takes signals\n", name);
        }
    }
    closedir(tasks);
}

static int live(long seconds, const char *path) {
    pthread_t threads[WORKERS];
    struct itimerval every = {{0, 1000}, {0, 1000}}, never = {{0, 0}, {0, 0}};
    struct timespec until, now;
    is_mine = true;
    handle(SIGALRM, on_alarm);
    handle(SIGPIPE, on_pipe);
    setitimer(ITIMER_REAL, &every, NULL);
    need(plinth_database_open(path, NULL, &db), "open under signals");
    let_alarms(SIG_BLOCK);
    for (intptr_t i = 0; i < WORKERS; i++) {
        if (pthread_create(&threads[i], NULL, work, (void *)(i + (getpid() % 100) * 2)) != 0) {
            die("pthread_create");
        }
    }
    let_alarms(SIG_UNBLOCK);
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += seconds;
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR) {
        clock_gettime(CLOCK_MONOTONIC, &now);
    }
    check_masks();
    stop = 1;
    for (int i = 0; i < WORKERS; i++) {
        pthread_join(threads[i], NULL);
    }
    expect(plinth_database_close(db), "close");
    setitimer(ITIMER_REAL, &never, NULL);
    if (strangers > 0 || pipes > 0) {
        printf("finding %d handlers ran on threads of the library, %d SIGPIPE were raised\n", (int)strangers, (int)pipes);
        return 1;
    }
    printf("counts signals %ld commits_under_signals %ld\n", (long)taken, commits);
    return 0;
}

int main(int count, char **arguments) {
    long seconds = count > 2 ? atol(arguments[2]) : 2;
    int status, mine;
    pid_t pid;
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (count == 3) {
        return live(seconds, arguments[1]);
    }
    pid = fork();
    if (pid == 0) {
        execl(arguments[0], arguments[0], arguments[3], arguments[2], (char *)NULL);
        _exit(4);
    }
    mine = live(seconds, arguments[3]);
    if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        printf("finding the other process ended with status %#x\n", (unsigned)status);
        return 1;
    }
    return mine;
}
