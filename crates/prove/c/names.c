/*
 * Creates a database, and keyspaces that come and go, and tells what was acknowledged.
 *
 *     names work DIR SEED OPERATIONS
 *     names look DIR
 *
 * `work` creates the database or opens it, and says for each operation what it is about to do, and that
 * it was done; one line and one write each, nothing at the same time:
 *     ? open                 DIR is about to become a database, or to be opened
 *     ? create NAME          a keyspace is created, which does not exist
 *     ? put NAME NUMBER      a number that no other put has is committed in it, with a sync
 *     ? drop NAME            it is dropped
 *     done                   the last of these was done
 *     x CODE WORDS           something failed, and this ends
 * `look` opens what must exist, and prints it:
 *     k NAME NUMBER          a keyspace, and the number in it, 0 if there is none
 *     end                    that was all
 */
#define _POSIX_C_SOURCE 200809L

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plinth.h"

enum { NAMES = 6 };

static plinth_database *database;

static void tell(const char *line) {
    char whole[600];
    int length = snprintf(whole, sizeof whole, "%s\n", line);
    if (length < 0 || length >= (int)sizeof whole || write(STDOUT_FILENO, whole, (size_t)length) != length) {
        _exit(4);
    }
}

static void check(plinth_error error, const char *doing) {
    if (error != 0) {
        char line[560];
        snprintf(line, sizeof line, "x %d %s: %.400s", error, doing, plinth_last_error());
        for (char *at = line; *at != '\0'; at++) {
            if (*at == '\n') {
                *at = ' ';
            }
        }
        tell(line);
        _exit(3);
    }
}

static void open_database(const char *directory, bool must_exist) {
    plinth_database_options options;
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    options.must_exist = must_exist;
    check(plinth_database_open(directory, &options, &database), "opening");
}

static uint64_t draw(uint64_t *state, uint64_t below) {
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (*state >> 33) % below;
}

static void about_to(const char *what, const char *name) {
    char line[64];
    snprintf(line, sizeof line, "? %s%s%s", what, name[0] != '\0' ? " " : "", name);
    tell(line);
}

static uint64_t number_in(const char *name) {
    plinth_keyspace *keyspace = NULL;
    plinth_transaction *transaction = NULL;
    plinth_value value = {0};
    uint64_t number = 0;
    check(plinth_keyspace_open(database, name, &keyspace), "opening a keyspace");
    check(plinth_transaction_begin(database, &transaction), "beginning");
    check(plinth_transaction_get(transaction, keyspace, (const uint8_t *)"number", 6, &value), "reading");
    if (value.len == sizeof number) {
        memcpy(&number, value.data, sizeof number);
    } else if (value.data != NULL) {
        tell("x 0 a number of another length");
        _exit(3);
    }
    plinth_value_free(&value);
    check(plinth_transaction_destroy(transaction), "destroying");
    check(plinth_keyspace_close(keyspace), "closing a keyspace");
    return number;
}

/* Which of the names exist. */
static void list(bool exists[NAMES]) {
    plinth_range names = {0};
    check(plinth_keyspace_list(database, &names), "listing");
    for (size_t i = 0; i < names.count; i++) {
        if (names.items[i].key_len == 1 && names.items[i].key[0] >= 'a' &&
            names.items[i].key[0] < 'a' + NAMES) {
            exists[names.items[i].key[0] - 'a'] = true;
        }
    }
    plinth_range_free(&names);
}

static void put(const char *name, uint64_t number) {
    char what[64];
    plinth_keyspace *keyspace = NULL;
    plinth_transaction *transaction = NULL;
    snprintf(what, sizeof what, "%s %" PRIu64, name, number);
    about_to("put", what);
    check(plinth_keyspace_open(database, name, &keyspace), "opening a keyspace");
    check(plinth_transaction_begin(database, &transaction), "beginning");
    check(plinth_transaction_set(transaction, keyspace, (const uint8_t *)"number", 6, (const uint8_t *)&number,
                                 sizeof number),
          "setting");
    check(plinth_transaction_commit(transaction), "committing");
    tell("done");
    check(plinth_transaction_destroy(transaction), "destroying");
    check(plinth_keyspace_close(keyspace), "closing a keyspace");
}

static void operate(uint64_t *state, bool exists[NAMES]) {
    uint64_t which = draw(state, NAMES);
    const char name[2] = {(char)('a' + which), '\0'};
    if (!exists[which]) {
        plinth_keyspace *keyspace = NULL;
        about_to("create", name);
        check(plinth_keyspace_open(database, name, &keyspace), "creating a keyspace");
        tell("done");
        check(plinth_keyspace_close(keyspace), "closing a keyspace");
        exists[which] = true;
    } else if (draw(state, 3) == 0) {
        about_to("drop", name);
        check(plinth_keyspace_drop(database, name), "dropping a keyspace");
        tell("done");
        exists[which] = false;
    } else {
        put(name, draw(state, UINT64_C(1) << 30) + 1);
    }
}

static _Noreturn void work(const char *directory, uint64_t seed, long operations) {
    bool exists[NAMES] = {false};
    about_to("open", "");
    open_database(directory, false);
    tell("done");
    list(exists);
    while (operations-- > 0) {
        operate(&seed, exists);
    }
    /* The end comes from outside. */
    while (true) {
        pause();
    }
}

static int look(const char *directory) {
    bool exists[NAMES] = {false};
    open_database(directory, true);
    list(exists);
    for (int i = 0; i < NAMES; i++) {
        const char name[2] = {(char)('a' + i), '\0'};
        if (exists[i]) {
            char line[64];
            snprintf(line, sizeof line, "k %s %" PRIu64, name, number_in(name));
            tell(line);
        }
    }
    check(plinth_database_close(database), "closing");
    tell("end");
    return 0;
}

int main(int count, char **words) {
    if (count == 5 && strcmp(words[1], "work") == 0) {
        work(words[2], strtoull(words[3], NULL, 10), strtol(words[4], NULL, 10));
    }
    if (count == 3 && strcmp(words[1], "look") == 0) {
        return look(words[2]);
    }
    fprintf(stderr, "usage: names work DIR SEED OPERATIONS | names look DIR\n");
    return 2;
}
