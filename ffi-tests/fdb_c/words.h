/*
 * The calls of libfdb_c in short words. Part of harness.h, which includes it.
 *
 * Every word that takes a future also destroys it.
 */
#ifndef FDB_C_TEST_WORDS_H
#define FDB_C_TEST_WORDS_H

/* ---------------------------------------------------------------- futures */

/* Waits for a future, destroys it and returns its error. */
static inline fdb_error_t outcome(FDBFuture *f) {
    fdb_error_t waited, error;
    if (!CHECK(f != NULL)) {
        return -1;
    }
    waited = fdb_future_block_until_ready(f);
    error = waited != 0 ? waited : fdb_future_get_error(f);
    fdb_future_destroy(f);
    return error;
}

static inline int64_t int64_of(FDBFuture *f) {
    int64_t value = INT64_MIN;
    CHECK_OK(fdb_future_block_until_ready(f));
    CHECK_OK(fdb_future_get_int64(f, &value));
    fdb_future_destroy(f);
    return value;
}

/* What the callbacks of one future were told. */
typedef struct {
    long calls, on_network;
    fdb_error_t error;
} told;

static inline void tell(FDBFuture *f, void *user) {
    told *to = (told *)user;
    to->error = fdb_future_get_error(f);
    if (on_network_thread()) {
        count_add(&to->on_network, 1);
    }
    count_add(&to->calls, 1);
}

/* ---------------------------------------------------------------- databases and transactions */

static inline FDBDatabase *open_database(void) {
    FDBDatabase *db = NULL;
    if (!CHECK_OK(fdb_create_database(NULL, &db))) {
        exit(1);
    }
    return db;
}

static inline FDBTransaction *begin(FDBDatabase *db) {
    FDBTransaction *tr = NULL;
    CHECK_OK(fdb_database_create_transaction(db, &tr));
    return tr;
}

static inline void destroy(FDBTransaction *tr) {
    fdb_transaction_destroy(tr);
}

static inline fdb_error_t commit(FDBTransaction *tr) {
    return outcome(fdb_transaction_commit(tr));
}

static inline fdb_error_t on_error(FDBTransaction *tr, fdb_error_t code) {
    return outcome(fdb_transaction_on_error(tr, code));
}

static inline int64_t read_version(FDBTransaction *tr) {
    return int64_of(fdb_transaction_get_read_version(tr));
}

static inline int64_t committed_version(FDBTransaction *tr) {
    int64_t version = INT64_MIN;
    CHECK_OK(fdb_transaction_get_committed_version(tr, &version));
    return version;
}

static inline fdb_error_t tr_option(FDBTransaction *tr, int option) {
    return fdb_transaction_set_option(tr, (FDBTransactionOption)option, NULL, 0);
}

static inline fdb_error_t tr_option_bytes(FDBTransaction *tr, int option, bytes value) {
    return fdb_transaction_set_option(tr, (FDBTransactionOption)option, value.data, value.len);
}

static inline fdb_error_t tr_option_int(FDBTransaction *tr, int option, int64_t value) {
    eight n = eight_of(value);
    return fdb_transaction_set_option(tr, (FDBTransactionOption)option, n.data, 8);
}

static inline fdb_error_t db_option(FDBDatabase *db, int option) {
    return fdb_database_set_option(db, (FDBDatabaseOption)option, NULL, 0);
}

static inline fdb_error_t db_option_int(FDBDatabase *db, int option, int64_t value) {
    eight n = eight_of(value);
    return fdb_database_set_option(db, (FDBDatabaseOption)option, n.data, 8);
}

/* ---------------------------------------------------------------- writes */

static inline void tr_set(FDBTransaction *tr, bytes key, bytes value) {
    fdb_transaction_set(tr, key.data, key.len, value.data, value.len);
}

static inline void tr_clear(FDBTransaction *tr, bytes key) {
    fdb_transaction_clear(tr, key.data, key.len);
}

static inline void tr_clear_range(FDBTransaction *tr, bytes from, bytes to) {
    fdb_transaction_clear_range(tr, from.data, from.len, to.data, to.len);
}

static inline void tr_atomic(FDBTransaction *tr, int op, bytes key, bytes operand) {
    fdb_transaction_atomic_op(tr, key.data, key.len, operand.data, operand.len, (FDBMutationType)op);
}

static inline fdb_error_t tr_conflict(FDBTransaction *tr, bytes from, bytes to, int type) {
    return fdb_transaction_add_conflict_range(tr, from.data, from.len, to.data, to.len, (FDBConflictRangeType)type);
}

/* One blind write, committed. Returns its version. */
static inline int64_t put(FDBDatabase *db, bytes key, bytes value) {
    FDBTransaction *tr = begin(db);
    int64_t version;
    tr_set(tr, key, value);
    CHECK_OK(commit(tr));
    version = committed_version(tr);
    destroy(tr);
    return version;
}

/* Empties the database. */
static inline void empty(FDBDatabase *db) {
    FDBTransaction *tr = begin(db);
    tr_clear_range(tr, B(""), B("\xff"));
    CHECK_OK(commit(tr));
    destroy(tr);
}

/* A transaction on a database that holds just b, d and f, as the vectors of the rules do. */
static inline FDBTransaction *seeded(FDBDatabase *db) {
    FDBTransaction *tr = begin(db);
    tr_clear_range(tr, B(""), B("\xff"));
    tr_set(tr, B("b"), B("2"));
    tr_set(tr, B("d"), B("4"));
    tr_set(tr, B("f"), B("6"));
    CHECK_OK(commit(tr));
    fdb_transaction_reset(tr);
    return tr;
}

/* ---------------------------------------------------------------- reads */

static inline FDBFuture *tr_get(FDBTransaction *tr, bytes key) {
    return fdb_transaction_get(tr, key.data, key.len, 0);
}

static inline FDBFuture *tr_snapshot_get(FDBTransaction *tr, bytes key) {
    return fdb_transaction_get(tr, key.data, key.len, 1);
}

static inline FDBFuture *tr_watch(FDBTransaction *tr, bytes key) {
    return fdb_transaction_watch(tr, key.data, key.len);
}

/* Reads a key for its effect or its error. */
static inline fdb_error_t touch(FDBTransaction *tr, bytes key) {
    return outcome(tr_get(tr, key));
}

/* Whether the future of a get holds `want`; ABSENT is "no such key". */
static inline bool harness_value(FDBFuture *f, bytes want, const char *text, const char *file, int line) {
    fdb_bool_t present = 0;
    const uint8_t *data = NULL;
    int len = 0;
    bool same = false;
    fdb_error_t error = fdb_future_block_until_ready(f);
    if (error == 0) {
        error = fdb_future_get_value(f, &present, &data, &len);
    }
    if (harness_code(error, 0, text, file, line)) {
        harness_count((present != 0) == (want.data != NULL), file, line, "%s is %s", text,
                      present ? "there" : "absent");
        same = present == 0 || harness_bytes(data, len, want, text, file, line);
    }
    fdb_future_destroy(f);
    return same;
}

#define CHECK_VALUE(tr, key, want) harness_value(tr_get((tr), (key)), (want), #key, __FILE__, __LINE__)
#define CHECK_SNAPSHOT(tr, key, want) harness_value(tr_snapshot_get((tr), (key)), (want), #key, __FILE__, __LINE__)

typedef struct {
    bytes key;
    int or_equal, offset;
} selector;

static inline selector select_key(bytes key, int or_equal, int offset) {
    selector made = {key, or_equal, offset};
    return made;
}

static inline selector at_or_after(bytes key) {
    return select_key(key, 0, 1);
}

static inline FDBFuture *tr_get_key(FDBTransaction *tr, selector s, int snapshot) {
    return fdb_transaction_get_key(tr, s.key.data, s.key.len, s.or_equal, s.offset, snapshot);
}

/* How a range is read; zeroed it is a plain one with mode WANT_ALL. */
typedef struct {
    int limit, target_bytes, mode, iteration, snapshot, reverse;
} how;

#define ALL_OF_IT ((how){0, 0, FDB_STREAMING_MODE_WANT_ALL, 0, 0, 0})

static inline FDBFuture *tr_range(FDBTransaction *tr, selector from, selector to, how h) {
    return fdb_transaction_get_range(tr, from.key.data, from.key.len, from.or_equal, from.offset, to.key.data,
                                     to.key.len, to.or_equal, to.offset, h.limit, h.target_bytes,
                                     (FDBStreamingMode)h.mode, h.iteration, h.snapshot, h.reverse);
}

/* Eight texts in turn, so that a few calls can be in one expression. Not for several threads. */
static inline char *next_text(size_t *size) {
    static char texts[8][4096];
    static int next;
    *size = sizeof texts[0];
    return texts[next++ % 8];
}

/* The key that a selector names as text, or "error 1036". */
static inline const char *key_text(FDBTransaction *tr, selector s, int snapshot) {
    size_t size;
    char *text = next_text(&size);
    const uint8_t *data = NULL;
    int len = 0;
    FDBFuture *f = tr_get_key(tr, s, snapshot);
    fdb_error_t error = fdb_future_block_until_ready(f);
    if (error == 0) {
        error = fdb_future_get_key(f, &data, &len);
    }
    if (error != 0) {
        snprintf(text, size, "error %d", error);
    } else {
        bytes_print(text, size, data, len);
    }
    fdb_future_destroy(f);
    return text;
}

/* A pair of an array; copied, because the array is packed. */
static inline bytes key_in(const FDBKeyValue *pairs, int at) {
    FDBKeyValue pair = pairs[at];
    return bytes_of(pair.key, pair.key_length);
}

static inline bytes value_in(const FDBKeyValue *pairs, int at) {
    FDBKeyValue pair = pairs[at];
    return bytes_of(pair.value, pair.value_length);
}

/* The pairs of a range future as text: "b=2 d=4 +", with + for more, or "error 2004". */
static inline const char *pairs_text(FDBFuture *f) {
    size_t size, at = 0;
    char *text = next_text(&size);
    const FDBKeyValue *pairs = NULL;
    int count = 0;
    fdb_bool_t more = 0;
    fdb_error_t error = fdb_future_block_until_ready(f);
    text[0] = 0;
    if (error == 0) {
        error = fdb_future_get_keyvalue_array(f, &pairs, &count, &more);
    }
    if (error != 0) {
        snprintf(text, size, "error %d", error);
    }
    for (int i = 0; error == 0 && i < count && at + 300 < size; i++) {
        char key[120], value[120];
        bytes_print(key, sizeof key, key_in(pairs, i).data, key_in(pairs, i).len);
        bytes_print(value, sizeof value, value_in(pairs, i).data, value_in(pairs, i).len);
        at += (size_t)snprintf(text + at, size - at, "%s%s=%s", i == 0 ? "" : " ", key, value);
    }
    if (more) {
        snprintf(text + at, size - at, " +");
    }
    fdb_future_destroy(f);
    return text;
}

static inline const char *scan(FDBTransaction *tr, bytes from, bytes to, how h) {
    return pairs_text(tr_range(tr, at_or_after(from), at_or_after(to), h));
}

/* ---------------------------------------------------------------- conflict ranges as the special keys tell them */

#define READ_CONFLICTS "\xff\xff/transaction/read_conflict_range/"
#define WRITE_CONFLICTS "\xff\xff/transaction/write_conflict_range/"
#define CONFLICTING_KEYS "\xff\xff/transaction/conflicting_keys/"

/* A module of conflict ranges as text, "[a,c) [d\x00,g)"; an odd pair is shown as it is. */
static inline const char *ranges_text(FDBTransaction *tr, const char *module) {
    size_t size, at = 0, skipped = strlen(module);
    char *text = next_text(&size), last[80];
    const FDBKeyValue *pairs = NULL;
    int count = 0;
    fdb_bool_t more = 0;
    FDBFuture *f;
    fdb_error_t error;
    snprintf(last, sizeof last, "%s\xff\xff", module);
    f = tr_range(tr, at_or_after(bytes_of(module, (int)skipped)), at_or_after(bytes_of(last, (int)skipped + 2)),
                 ALL_OF_IT);
    error = fdb_future_block_until_ready(f);
    text[0] = 0;
    if (error == 0) {
        error = fdb_future_get_keyvalue_array(f, &pairs, &count, &more);
    }
    if (error != 0) {
        snprintf(text, size, "error %d", error);
    }
    for (int i = 0; error == 0 && i < count && at + 300 < size; i++) {
        bytes key = key_in(pairs, i), value = value_in(pairs, i);
        bool begins = i % 2 == 0;
        bool fits = key.len >= (int)skipped && value.len == 1 && value.data[0] == (begins ? '1' : '0');
        char shown[200];
        bytes_print(shown, sizeof shown, key.data + skipped, key.len - (int)skipped);
        at += (size_t)snprintf(text + at, size - at, "%s%s%s%s", begins ? (i == 0 ? "[" : " [") : ",",
                               fits ? "" : "odd ", shown, begins ? "" : ")");
    }
    fdb_future_destroy(f);
    return text;
}

#endif
