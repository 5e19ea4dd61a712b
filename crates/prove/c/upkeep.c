/*
 * Looks after a database that others write to: the program that is killed, finds its disk full and loses its power in
 * the middle of a copy.
 *
 *     upkeep [wait] checkpoint|backup|dump|load DB TO     TO is what is made, or the dump that is loaded
 *     upkeep [wait] compact|verify DB
 *     upkeep [wait] restore BACKUPS NUMBER TO
 *     upkeep delete|keep|check-backup BACKUPS NUMBER
 *     upkeep list BACKUPS
 *     upkeep check DUMP
 *     upkeep many DB OUT SEED                             backups, checkpoints and dumps below OUT without end
 *
 * It says, one line and one write each:
 *     open                          it has the database open; with `wait` it begins when a byte comes
 *     begun                         the call is about to be made
 *     done VERSION NUMBER           it was made; NUMBER is that of a backup, or pairs
 *     x CODE WORDS                  it failed
 *     wrote CODE                    then: what a synced commit of its own returned
 *     a NUMBER                      while it loads: such a commit was acknowledged; `number NUMBER` is the last one
 *                                   that is there when it begins
 *     backup NUMBER VERSION         of a list; VERSION is 0 for a damaged one
 *     ? WHAT NAME, made WHAT NAME VERSION      of `many`: about to make it, and made
 */
#define _GNU_SOURCE

#include <dlfcn.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plinth.h"

static plinth_database *database;
static plinth_keyspace *beside;
static atomic_bool over;

__attribute__((format(printf, 1, 2))) static void tell(const char *format, ...) {
    char line[1000];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line - 1, format, arguments);
    va_end(arguments);
    length = length > (int)sizeof line - 2 ? (int)sizeof line - 2 : length;
    for (int at = 0; at < length; at++) {
        line[at] = line[at] == '\n' ? ' ' : line[at];
    }
    line[length++] = '\n';
    if (write(STDOUT_FILENO, line, (size_t)length) != length) {
        _exit(4);
    }
}

static int complain(plinth_error code) {
    tell("x %" PRId32 " %s", code, plinth_last_error());
    return 3;
}

/* A commit of our own, in a keyspace that nobody else looks at. */
static plinth_error put_number(uint64_t number) {
    plinth_transaction *tr = NULL;
    plinth_error code = plinth_transaction_begin(database, &tr);
    while (code == 0) {
        code = plinth_transaction_set(tr, beside, (const uint8_t *)"number", 6, (const uint8_t *)&number, sizeof number);
        code = code != 0 ? code : plinth_transaction_commit(tr);
        if (code == 0 || plinth_transaction_on_error(tr, code) != 0) {
            break;
        }
        code = 0;
    }
    plinth_transaction_destroy(tr);
    return code;
}

/* The keyspace of our own is not in the dump that is loaded. */
static plinth_error open_database(const char *path, const char *own) {
    plinth_database_options options;
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    options.memory_budget = 16 << 20;
    plinth_error code = plinth_database_open(path, &options, &database);
    return code != 0 ? code : plinth_keyspace_open(database, own, &beside);
}

static void *write_meanwhile(void *unused) {
    for (uint64_t number = 1; !atomic_load(&over); number++) {
        if (put_number(number) != 0) {
            break;
        }
        tell("a %" PRIu64, number);
    }
    return unused;
}

/* What was written beside the load before. */
static void tell_number(void) {
    plinth_transaction *tr = NULL;
    plinth_value value = {0};
    uint64_t number = 0;
    if (plinth_transaction_begin(database, &tr) == 0 &&
        plinth_transaction_get(tr, beside, (const uint8_t *)"number", 6, &value) == 0 && value.len == sizeof number) {
        memcpy(&number, value.data, sizeof number);
    }
    plinth_value_free(&value);
    plinth_transaction_destroy(tr);
    tell("number %" PRIu64, number);
}

/* From here on the calls of this process are counted, if a library that does so is preloaded. */
static void begin(bool wait) {
    char byte;
    if (wait && read(STDIN_FILENO, &byte, 1) != 1) {
        _exit(4);
    }
    tell("begun");
    void (*counted)(void);
    *(void **)&counted = dlsym(RTLD_DEFAULT, "fault_begin");
    if (counted != NULL) {
        counted();
    }
}

static plinth_error of_database(const char *what, const char *to, int64_t *version, uint64_t *number) {
    plinth_backup backup = {0};
    plinth_dumped dumped = {0};
    plinth_verified verified = {0};
    plinth_error code = 9001;
    if (strcmp(what, "checkpoint") == 0) {
        return plinth_database_checkpoint(database, to, NULL, NULL, version);
    } else if (strcmp(what, "backup") == 0) {
        code = plinth_database_backup(database, to, NULL, NULL, &backup, sizeof backup);
    } else if (strcmp(what, "dump") == 0) {
        code = plinth_database_dump(database, to, NULL, NULL, &dumped, sizeof dumped);
    } else if (strcmp(what, "load") == 0) {
        code = plinth_database_load(database, to, NULL, NULL, NULL, &dumped, sizeof dumped);
    } else if (strcmp(what, "compact") == 0) {
        code = plinth_database_compact(database, NULL, NULL, NULL);
    } else if (strcmp(what, "verify") == 0) {
        code = plinth_database_verify(database, NULL, NULL, &verified, sizeof verified);
    }
    *version = backup.version + dumped.version + verified.version;
    *number = backup.number + dumped.pairs;
    return code;
}

static int on_database(const char *what, const char *path, const char *to, bool wait) {
    int64_t version = 0;
    uint64_t number = 0;
    pthread_t writer;
    bool is_load = strcmp(what, "load") == 0;
    plinth_error code = open_database(path, is_load ? "meanwhile" : "beside");
    if (code != 0) {
        return complain(code);
    }
    tell("open");
    if (is_load) {
        tell_number();
    }
    begin(wait);
    if (is_load && pthread_create(&writer, NULL, write_meanwhile, NULL) != 0) {
        return 4;
    }
    code = of_database(what, to, &version, &number);
    if (code != 0) {
        complain(code);
    } else {
        tell("done %" PRId64 " %" PRIu64, version, number);
    }
    if (is_load) {
        atomic_store(&over, true);
        pthread_join(writer, NULL);
    } else {
        tell("wrote %" PRId32, put_number(1));
    }
    plinth_keyspace_close(beside);
    plinth_error closed = plinth_database_close(database);
    return code == 0 && closed != 0 ? complain(closed) : code == 0 ? 0 : 3;
}

static int on_backups(const char *what, const char *path, uint64_t which, const char *to, bool wait) {
    plinth_backup backup = {0};
    plinth_error code = 9001;
    begin(wait);
    if (strcmp(what, "restore") == 0) {
        code = plinth_backup_restore(path, which, to, NULL, NULL, &backup, sizeof backup);
    } else if (strcmp(what, "check-backup") == 0) {
        code = plinth_backup_verify(path, which, NULL, NULL, &backup, sizeof backup);
    } else if (strcmp(what, "delete") == 0) {
        code = plinth_backup_delete(path, which);
    } else if (strcmp(what, "keep") == 0) {
        code = plinth_backup_keep(path, which);
    }
    if (code != 0) {
        return complain(code);
    }
    tell("done %" PRId64 " %" PRIu64, backup.version, backup.number);
    return 0;
}

static int list(const char *path) {
    plinth_backups backups = {0};
    plinth_error code = plinth_backup_list(path, &backups);
    if (code != 0) {
        return complain(code);
    }
    for (size_t i = 0; i < backups.count; i++) {
        const plinth_backup *one = &backups.items[i];
        tell("backup %" PRIu64 " %" PRId64, one->number, one->damaged ? 0 : one->version);
    }
    plinth_backups_free(&backups);
    tell("done 0 0");
    return 0;
}

static int check(const char *path) {
    plinth_dumped dumped;
    plinth_error code = plinth_dump_check(path, NULL, NULL, &dumped, sizeof dumped);
    if (code != 0) {
        return complain(code);
    }
    tell("done %" PRId64 " %" PRIu64, dumped.version, dumped.pairs);
    return 0;
}

static int many(const char *path, const char *out, uint64_t seed) {
    static const char *const whats[3] = {"backup", "checkpoint", "dump"};
    plinth_error code = open_database(path, "beside");
    if (code != 0) {
        return complain(code);
    }
    tell("open");
    for (int made = 0;; made++) {
        char to[600];
        int64_t version = 0;
        uint64_t number = 0;
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        const char *what = whats[(seed >> 33) % 3];
        /* One directory of backups, and one dump that is replaced again and again beside others. */
        if (what[0] == 'b' || (what[0] == 'd' && made % 2 == 0)) {
            snprintf(to, sizeof to, "%s/%s", out, what[0] == 'b' ? "backups" : what);
        } else {
            snprintf(to, sizeof to, "%s/%s-%d", out, what, made);
        }
        tell("? %s %s", what, to);
        code = of_database(what, to, &version, &number);
        if (code != 0) {
            return complain(code);
        }
        tell("made %s %s %" PRId64, what, to, version);
    }
}

int main(int count, char **words) {
    bool wait = count > 1 && strcmp(words[1], "wait") == 0;
    const char *what = wait && count > 2 ? words[2] : count > 1 ? words[1] : "";
    char **rest = words + 2 + wait;
    count -= 2 + wait;
    if (count == 3 && strcmp(what, "many") == 0) {
        return many(rest[0], rest[1], strtoull(rest[2], NULL, 10));
    }
    if (count == 3 && strcmp(what, "restore") == 0) {
        return on_backups(what, rest[0], strtoull(rest[1], NULL, 10), rest[2], wait);
    }
    if (count == 1 && (strcmp(what, "compact") == 0 || strcmp(what, "verify") == 0)) {
        return on_database(what, rest[0], "", wait);
    }
    if (count == 1 && strcmp(what, "list") == 0) {
        return list(rest[0]);
    }
    if (count == 1 && strcmp(what, "check") == 0) {
        return check(rest[0]);
    }
    if (count == 2 && strchr("dk", what[0]) != NULL && strcmp(what, "dump") != 0) {
        return on_backups(what, rest[0], strtoull(rest[1], NULL, 10), "", wait);
    }
    if (count == 2 && strcmp(what, "check-backup") == 0) {
        return on_backups(what, rest[0], strtoull(rest[1], NULL, 10), "", wait);
    }
    if (count == 2) {
        return on_database(what, rest[0], rest[1], wait);
    }
    fprintf(stderr, "usage: see the top of upkeep.c\n");
    return 2;
}
