/*
 * More short words, for tests of atomic operations, versionstamps, options and special keys:
 * what harness.h has for plain reads and writes. Include it after harness.h.
 */
#ifndef PLINTH_TEST_WORDS_H
#define PLINTH_TEST_WORDS_H

#include "harness.h"

/* A byte string where a constant is needed, as in a table. */
#define L(literal) {(const uint8_t *)(literal), sizeof(literal) - 1}
#define NO_BYTES {NULL, 0}

#define METADATA_VERSION B("\xff/metadataVersion")
#define READ_CONFLICTS B("\xff\xff/transaction/read_conflict_range/")
#define WRITE_CONFLICTS B("\xff\xff/transaction/write_conflict_range/")
#define CONFLICTING_KEYS B("\xff\xff/transaction/conflicting_keys/")

/* ---------------------------------------------------------------- writes */

static inline plinth_error tr_atomic_in(plinth_transaction *tr, plinth_keyspace *ks, plinth_mutation op, bytes key,
                                        bytes operand) {
    return plinth_transaction_atomic_op(tr, ks, op, key.data, key.len, operand.data, operand.len);
}

static inline plinth_error tr_atomic(plinth_transaction *tr, plinth_mutation op, bytes key, bytes operand) {
    return tr_atomic_in(tr, NULL, op, key, operand);
}

static inline plinth_error tr_add(plinth_transaction *tr, bytes key, bytes operand) {
    return tr_atomic(tr, PLINTH_MUTATION_ADD, key, operand);
}

static inline plinth_error tr_stamped_key(plinth_transaction *tr, bytes key, uint32_t offset, bytes value) {
    return plinth_transaction_set_versionstamped_key(tr, NULL, key.data, key.len, offset, value.data, value.len);
}

static inline plinth_error tr_stamped_value(plinth_transaction *tr, bytes key, bytes value, uint32_t offset) {
    return plinth_transaction_set_versionstamped_value(tr, NULL, key.data, key.len, value.data, value.len, offset);
}

/* Switches on an option that has no value. */
static inline plinth_error tr_option(plinth_transaction *tr, int32_t option) {
    return plinth_transaction_set_option(tr, option, 0);
}

/* ---------------------------------------------------------------- facts about a transaction */

static inline int64_t read_version_of(plinth_transaction *tr) {
    int64_t version = 0;
    CHECK_OK(plinth_transaction_get_read_version(tr, &version));
    return version;
}

static inline int64_t committed_version_of(plinth_transaction *tr) {
    int64_t version = 0;
    CHECK_OK(plinth_transaction_get_committed_version(tr, &version));
    return version;
}

typedef struct {
    uint8_t data[10];
} stamp;

static inline stamp stamp_of(plinth_transaction *tr) {
    stamp made;
    memset(&made, 0xab, sizeof made);
    CHECK_OK(plinth_transaction_get_versionstamp(tr, made.data));
    return made;
}

/* The stamp of a version and a place in its batch. */
static inline stamp stamp_at(int64_t version, unsigned batch) {
    stamp made;
    for (int i = 0; i < 8; i++) {
        made.data[i] = (uint8_t)((uint64_t)version >> (56 - 8 * i));
    }
    made.data[8] = (uint8_t)(batch >> 8);
    made.data[9] = (uint8_t)batch;
    return made;
}

static inline int stamp_order(const stamp *a, const stamp *b) {
    return memcmp(a->data, b->data, sizeof a->data);
}

/* Bytes that are put together: before, ten bytes, after. */
typedef struct {
    uint8_t data[300];
    size_t len;
} joined;

static inline joined join(bytes before, const stamp *middle, bytes after) {
    joined made;
    memcpy(made.data, before.data, before.len);
    memcpy(made.data + before.len, middle->data, 10);
    memcpy(made.data + before.len + 10, after.data, after.len);
    made.len = before.len + 10 + after.len;
    return made;
}

static inline bytes joined_bytes(const joined *of) {
    return bytes_of(of->data, of->len);
}

/* `rest` with an offset behind it as FoundationDB's own form of versionstamped operations has it. */
static inline joined with_offset(bytes rest, uint32_t offset) {
    joined made;
    memcpy(made.data, rest.data, rest.len);
    for (int i = 0; i < 4; i++) {
        made.data[rest.len + (size_t)i] = (uint8_t)(offset >> (8 * i));
    }
    made.len = rest.len + 4;
    return made;
}

/* ---------------------------------------------------------------- reads as text */

/* The key that a selector names as text, or "error 1036". Valid for seven more calls. Not for several threads. */
static inline const char *key_in(plinth_transaction *tr, plinth_keyspace *ks, plinth_key_selector s, bool snapshot) {
    static char texts[8][256];
    static int next;
    char *text = texts[next++ % 8];
    plinth_value found;
    plinth_error error = plinth_transaction_get_key(tr, ks, &s, snapshot, &found);
    if (error != 0) {
        snprintf(text, sizeof texts[0], "error %" PRId32, error);
    } else {
        bytes_print(text, sizeof texts[0], found.data, found.len);
    }
    plinth_value_free(&found);
    return text;
}

static inline const char *key_of_selector(plinth_transaction *tr, bytes key, bool or_equal, int32_t offset) {
    return key_in(tr, NULL, selector(key, or_equal, offset), false);
}

/* [from, to) in descending order as text. */
static inline const char *scan_back(plinth_transaction *tr, bytes from, bytes to) {
    plinth_range_options options = range_options(0, 0, false, true);
    return scan(tr, at_or_after(from), at_or_after(to), &options);
}

/*
 * What a module of conflict ranges says, as text: "[a,c) [d\x00,g)". The pairs must come as rule
 * SPEC-4 has them; what does not fit is shown as it is. Valid for seven more calls. Not for several threads.
 */
static inline const char *ranges_in(plinth_transaction *tr, plinth_keyspace *ks, bytes module) {
    static char texts[8][1024];
    static int next;
    char *text = texts[next++ % 8];
    uint8_t last[64];
    size_t at = 0;
    plinth_key_selector from = at_or_after(module), to;
    plinth_range range;
    plinth_error error;
    memcpy(last, module.data, module.len);
    memset(last + module.len, 0xff, 2);
    to = at_or_after(bytes_of(last, module.len + 2));
    error = plinth_transaction_get_range(tr, ks, &from, &to, NULL, &range);
    text[0] = 0;
    if (error != 0) {
        snprintf(text, sizeof texts[0], "error %" PRId32, error);
        return text;
    }
    for (size_t i = 0; i < range.count && at + 300 < sizeof texts[0]; i++) {
        const plinth_key_value *pair = &range.items[i];
        bool begins = i % 2 == 0, fits = pair->key_len >= module.len && memcmp(pair->key, module.data, module.len) == 0;
        size_t skipped = fits ? module.len : 0;
        char key[200];
        bytes_print(key, sizeof key, pair->key + skipped, pair->key_len - skipped);
        fits = fits && pair->value_len == 1 && pair->value[0] == (begins ? '1' : '0');
        at += (size_t)snprintf(text + at, sizeof texts[0] - at, "%s%s%s%s", begins ? (i == 0 ? "[" : " [") : ",",
                               fits ? "" : "odd ", key, begins ? "" : ")");
    }
    if (range.more) {
        snprintf(text + at, sizeof texts[0] - at, " +");
    }
    plinth_range_free(&range);
    return text;
}

#define CHECK_READ_CONFLICTS(tr, want) CHECK_TEXT(ranges_in((tr), NULL, READ_CONFLICTS), (want))
#define CHECK_WRITE_CONFLICTS(tr, want) CHECK_TEXT(ranges_in((tr), NULL, WRITE_CONFLICTS), (want))
#define CHECK_CONFLICTING_KEYS(tr, want) CHECK_TEXT(ranges_in((tr), NULL, CONFLICTING_KEYS), (want))

#endif
