/*
 * Does what it is told to a database, one transaction at a time, and says what it read.
 *
 *     million DIR BUDGET
 *
 * It says `open` once. Then each transaction comes as lines, keys and values in hexadecimal, `.` for
 * an empty one, keyspaces by number:
 *     g KS KEY                           get
 *     k KS KEY OR_EQUAL OFFSET           the key that a selector names
 *     r KS BEGIN END LIMIT REVERSE       a range
 *     s KS KEY VALUE                     set
 *     c KS KEY                           clear
 *     C KS BEGIN END                     clear a range
 *     a OPERATION KS KEY OPERAND         an atomic operation
 *     e SYNC                             commit: 1 synced, 0 buffered
 * and is answered in order: `v VALUE` or `-` for g, `v KEY` for k, `p KEY VALUE...` with a last word `+`
 * if there is more for r, and at last `ok`, `u CODE` if nobody knows whether it was committed, or `f CODE`
 * if it was not. After the first error nothing more is answered.
 */
#define _XOPEN_SOURCE 700

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plinth.h"

enum { KEYSPACES = 3, LINES = 256 };

static const char *const names[KEYSPACES] = {"default", "left", "right"};
static plinth_database *database;
static plinth_keyspace *keyspaces[KEYSPACES];

static void print_hex(const uint8_t *bytes, size_t length) {
    static const char digits[] = "0123456789abcdef";
    putchar(' ');
    if (length == 0) {
        putchar('.');
    }
    for (size_t i = 0; i < length; i++) {
        putchar(digits[bytes[i] >> 4]);
        putchar(digits[bytes[i] & 15]);
    }
}

static int digit(char c) {
    return c <= '9' ? c - '0' : c - 'a' + 10;
}

/* The next word of the line, taken from hexadecimal in place. */
static uint8_t *hex(char **rest, size_t *length) {
    char *word = strtok_r(NULL, " ", rest);
    if (word == NULL || strcmp(word, ".") == 0) {
        *length = 0;
        return (uint8_t *)"";
    }
    *length = strlen(word) / 2;
    for (size_t i = 0; i < *length; i++) {
        word[i] = (char)(digit(word[2 * i]) << 4 | digit(word[2 * i + 1]));
    }
    return (uint8_t *)word;
}

static int number(char **rest) {
    char *word = strtok_r(NULL, " ", rest);
    return word == NULL ? 0 : atoi(word);
}

static plinth_error answer_value(plinth_error code, plinth_value *value) {
    if (code == 0 && value->data == NULL) {
        puts("-");
    } else if (code == 0) {
        putchar('v');
        print_hex(value->data, value->len);
        putchar('\n');
    }
    plinth_value_free(value);
    return code;
}

static plinth_error read_range(plinth_transaction *tr, plinth_keyspace *ks, char **rest) {
    size_t begin_len, end_len;
    uint8_t *begin = hex(rest, &begin_len), *end = hex(rest, &end_len);
    plinth_range_options options = {.struct_size = sizeof options, .limit = number(rest)};
    options.reverse = number(rest) != 0;
    plinth_key_selector first = {begin, begin_len, false, 1}, last = {end, end_len, false, 1};
    plinth_range range = {0};
    plinth_error code = plinth_transaction_get_range(tr, ks, &first, &last, &options, &range);
    if (code != 0) {
        return code;
    }
    putchar('p');
    for (size_t i = 0; i < range.count; i++) {
        print_hex(range.items[i].key, range.items[i].key_len);
        print_hex(range.items[i].value, range.items[i].value_len);
    }
    puts(range.more ? " +" : "");
    plinth_range_free(&range);
    return 0;
}

static plinth_error read_key(plinth_transaction *tr, plinth_keyspace *ks, char **rest) {
    size_t length;
    plinth_value value = {0};
    plinth_key_selector selector = {0};
    selector.key = hex(rest, &length);
    selector.key_len = length;
    selector.or_equal = number(rest) != 0;
    selector.offset = number(rest);
    return answer_value(plinth_transaction_get_key(tr, ks, &selector, false, &value), &value);
}

static plinth_error run(plinth_transaction *tr, char *line) {
    char *rest = NULL, *word = strtok_r(line, " \n", &rest);
    char what = word == NULL ? '?' : *word;
    if (what == 'e') {
        int durability = number(&rest) ? PLINTH_DURABILITY_SYNC : PLINTH_DURABILITY_BUFFERED;
        plinth_error code = plinth_transaction_set_option(tr, PLINTH_OPTION_DURABILITY, durability);
        return code == 0 ? plinth_transaction_commit(tr) : code;
    }
    plinth_mutation operation = what == 'a' ? number(&rest) : 0;
    plinth_keyspace *ks = keyspaces[(unsigned)number(&rest) % KEYSPACES];
    if (what == 'r') {
        return read_range(tr, ks, &rest);
    }
    if (what == 'k') {
        return read_key(tr, ks, &rest);
    }
    size_t key_len, other_len;
    uint8_t *key = hex(&rest, &key_len);
    plinth_value value = {0};
    if (what == 'g') {
        return answer_value(plinth_transaction_get(tr, ks, key, key_len, &value), &value);
    }
    uint8_t *other = hex(&rest, &other_len);
    switch (what) {
        case 's':
            return plinth_transaction_set(tr, ks, key, key_len, other, other_len);
        case 'c':
            return plinth_transaction_clear(tr, ks, key, key_len);
        case 'C':
            return plinth_transaction_clear_range(tr, ks, key, key_len, other, other_len);
        case 'a':
            return plinth_transaction_atomic_op(tr, ks, operation, key, key_len, other, other_len);
        default:
            return PLINTH_ERROR_INVALID_ARGUMENT;
    }
}

static void transaction(char **lines, int count) {
    plinth_transaction *tr = NULL;
    plinth_error code = plinth_transaction_begin(database, &tr);
    for (int i = 0; code == 0 && i < count; i++) {
        code = run(tr, lines[i]);
    }
    if (tr != NULL) {
        plinth_transaction_destroy(tr);
    }
    if (code == 0) {
        puts("ok");
    } else {
        printf("%c %" PRId32 "\n", plinth_error_is_maybe_committed(code) ? 'u' : 'f', code);
    }
    fflush(stdout);
}

int main(int argc, char **argv) {
    plinth_database_options options = {.struct_size = sizeof options};
    if (argc != 3) {
        fprintf(stderr, "usage: million DIR BUDGET\n");
        return 2;
    }
    options.memory_budget = strtoull(argv[2], NULL, 10);
    plinth_error code = plinth_database_open(argv[1], &options, &database);
    for (int i = 1; code == 0 && i < KEYSPACES; i++) {
        code = plinth_keyspace_open(database, names[i], &keyspaces[i]);
    }
    if (code != 0) {
        printf("x %" PRId32 " %s\n", code, plinth_last_error());
        return 3;
    }
    puts("open");
    fflush(stdout);
    /* All lines of a transaction are read before the first is answered, so that neither side waits for the other. */
    static char *lines[LINES];
    static size_t sizes[LINES];
    int count = 0;
    for (ssize_t length; (length = getline(&lines[count], &sizes[count], stdin)) > 0;) {
        lines[count][length - 1] = 0;
        bool is_last = lines[count][0] == 'e';
        count++;
        if (is_last) {
            transaction(lines, count);
            count = 0;
        } else if (count == LINES) {
            return 2;
        }
    }
    for (int i = 1; i < KEYSPACES; i++) {
        plinth_keyspace_close(keyspaces[i]);
    }
    code = plinth_database_close(database);
    printf("closed %" PRId32 "\n", code);
    return code == 0 ? 0 : 3;
}
