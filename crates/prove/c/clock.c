/*
 * Does things that depend on time, one after the other as it is told, while somebody sets the clock.
 *
 *     clock DIR
 *
 * It says `open` once. Then, for each line on standard input:
 *     version     the read version:                       `version VERSION`
 *     commit      a commit of a new value:                `commit CODE VERSION`
 *     timeout MS  reads until the transaction times out:  `began`, later `timeout CODE`
 *     old         a transaction that is read again and committed after a second line: `began`, later `old CODE`
 *     watch       a key that changes after a second line: `began`, later `watch CODE`
 *     retry N     on_error() N times:                     `retry CODE`
 *     end         closes the database:                    `closed CODE`
 */
#define _XOPEN_SOURCE 700

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plinth.h"

static plinth_database *database;
static char line[100];

static bool next_line(void) {
    return fgets(line, sizeof line, stdin) != NULL;
}

static plinth_transaction *begin(void) {
    plinth_transaction *tr = NULL;
    plinth_error code = plinth_transaction_begin(database, &tr);
    if (code != 0) {
        printf("x %" PRId32 " %s\n", code, plinth_last_error());
        exit(3);
    }
    return tr;
}

static plinth_error read_key(plinth_transaction *tr, const char *key) {
    plinth_value value = {0};
    plinth_error code = plinth_transaction_get(tr, NULL, (const uint8_t *)key, strlen(key), &value);
    plinth_value_free(&value);
    return code;
}

static plinth_error set_key(plinth_transaction *tr, const char *key) {
    /* Another value in every life too: a watch does not see the same one again. */
    static uint64_t number;
    number += (uint64_t)getpid() << 32 | 1;
    return plinth_transaction_set(tr, NULL, (const uint8_t *)key, strlen(key), (const uint8_t *)&number, sizeof number);
}

static void tell_version(void) {
    plinth_transaction *tr = begin();
    int64_t version = 0;
    plinth_error code = plinth_transaction_get_read_version(tr, &version);
    if (code == 0) {
        printf("version %" PRId64 "\n", version);
    } else {
        printf("x %" PRId32 " %s\n", code, plinth_last_error());
    }
    plinth_transaction_destroy(tr);
}

static void commit(void) {
    plinth_transaction *tr = begin();
    int64_t version = 0;
    plinth_error code = set_key(tr, "commit");
    if (code == 0) {
        code = plinth_transaction_commit(tr);
    }
    if (code == 0) {
        code = plinth_transaction_get_committed_version(tr, &version);
    }
    printf("commit %" PRId32 " %" PRId64 "\n", code, version);
    plinth_transaction_destroy(tr);
}

static void time_out(int ms) {
    plinth_transaction *tr = begin();
    plinth_error code = plinth_transaction_set_option(tr, PLINTH_OPTION_TIMEOUT, ms);
    puts("began");
    while (code == 0) {
        code = read_key(tr, "timeout");
    }
    printf("timeout %" PRId32 "\n", code);
    plinth_transaction_destroy(tr);
}

static void grow_old(void) {
    plinth_transaction *tr = begin();
    plinth_error code = read_key(tr, "old");
    puts("began");
    if (!next_line()) {
        return;
    }
    if (code == 0) {
        code = read_key(tr, "older");
    }
    if (code == 0) {
        code = set_key(tr, "old");
    }
    if (code == 0) {
        code = plinth_transaction_commit(tr);
    }
    printf("old %" PRId32 "\n", code);
    plinth_transaction_destroy(tr);
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool is_changed;
static plinth_error outcome;

static void on_change(void *user, plinth_error code) {
    (void)user;
    pthread_mutex_lock(&lock);
    is_changed = true;
    outcome = code;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
}

static void watch(void) {
    plinth_transaction *tr = begin();
    plinth_watch *watch = NULL;
    is_changed = false;
    plinth_error code = plinth_transaction_watch(tr, NULL, (const uint8_t *)"watch", 5, on_change, NULL, NULL, &watch);
    if (code == 0) {
        code = plinth_transaction_commit(tr);
    }
    plinth_transaction_destroy(tr);
    puts("began");
    if (!next_line()) {
        return;
    }
    tr = begin();
    if (code == 0) {
        code = set_key(tr, "watch");
    }
    if (code == 0) {
        code = plinth_transaction_commit(tr);
    }
    plinth_transaction_destroy(tr);
    if (code == 0) {
        pthread_mutex_lock(&lock);
        while (!is_changed) {
            pthread_cond_wait(&changed, &lock);
        }
        code = outcome;
        pthread_mutex_unlock(&lock);
    }
    if (watch != NULL) {
        plinth_watch_destroy(watch);
    }
    printf("watch %" PRId32 "\n", code);
}

static void retry(int times) {
    plinth_transaction *tr = begin();
    plinth_error code = 0;
    for (int i = 0; code == 0 && i < times; i++) {
        code = plinth_transaction_on_error(tr, PLINTH_ERROR_NOT_COMMITTED);
    }
    printf("retry %" PRId32 "\n", code);
    plinth_transaction_destroy(tr);
}

int main(int argc, char **argv) {
    plinth_database_options options = {.struct_size = sizeof options, .durability = PLINTH_DURABILITY_BUFFERED};
    if (argc != 2) {
        fprintf(stderr, "usage: clock DIR\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    plinth_error code = plinth_database_open(argv[1], &options, &database);
    if (code != 0) {
        printf("x %" PRId32 " %s\n", code, plinth_last_error());
        return 3;
    }
    puts("open");
    while (next_line()) {
        if (strncmp(line, "version", 7) == 0) {
            tell_version();
        } else if (strncmp(line, "commit", 6) == 0) {
            commit();
        } else if (strncmp(line, "timeout ", 8) == 0) {
            time_out(atoi(line + 8));
        } else if (strncmp(line, "old", 3) == 0) {
            grow_old();
        } else if (strncmp(line, "watch", 5) == 0) {
            watch();
        } else if (strncmp(line, "retry ", 6) == 0) {
            retry(atoi(line + 6));
        } else {
            break;
        }
    }
    code = plinth_database_close(database);
    printf("closed %" PRId32 "\n", code);
    return code == 0 ? 0 : 3;
}
