/*
 * Atomic operations (ATOM-1 to ATOM-7): every row of the tables, on every way for a value to be
 * there, at commit and seen through own reads; no conflict of their own (ATOM-6), what is known
 * to the transaction and what only to the commit (RYW-3 to RYW-5), limits, and a hot counter.
 */
#include "harness.h"
#include "words.h"

static plinth_database *db;

/* ------------------------------------------------------------------ the table */

static const struct row {
    plinth_mutation op;
    bytes existing, operand, result;
} rows[] = {
    {PLINTH_MUTATION_ADD, L("\xff"), L("\x01\0"), L("\0\x01")},
    {PLINTH_MUTATION_ADD, L("\xff\x01"), L("\x01"), L("\0")},
    {PLINTH_MUTATION_ADD, NO_BYTES, L("\x05"), L("\x05")},
    {PLINTH_MUTATION_ADD, L(""), L("\x05"), L("\x05")},
    {PLINTH_MUTATION_ADD, L("\x01"), L("\x02"), L("\x03")},
    {PLINTH_MUTATION_ADD, L("\xff\xff\0"), L("\x01\0\0"), L("\0\0\x01")},
    {PLINTH_MUTATION_ADD, L("\xff\xff\xff\xff\xff\xff\xff\xff"), L("\x01\0\0\0\0\0\0\0"), L("\0\0\0\0\0\0\0\0")},
    {PLINTH_MUTATION_ADD, L("\xff\xff\xff\xff\xff\xff\xff\xff"), L("\xff\xff\xff\xff\xff\xff\xff\xff"),
     L("\xfe\xff\xff\xff\xff\xff\xff\xff")},
    {PLINTH_MUTATION_ADD, L("\xff\xff\xff\xff\xff\xff\xff\xff\xff"), L("\x01\0\0\0\0\0\0\0\0\0"), L("\0\0\0\0\0\0\0\0\0\x01")},
    {PLINTH_MUTATION_ADD, L("\x80\x80\x80"), L("\x80\x80"), L("\0\x01")},
    {PLINTH_MUTATION_ADD, L("\x05"), L(""), L("")},
    {PLINTH_MUTATION_ADD, L(""), L(""), L("")},
    {PLINTH_MUTATION_ADD, NO_BYTES, L(""), L("")},
    {PLINTH_MUTATION_BIT_AND, L("\xff\x0f"), L("\x0f"), L("\x0f")},
    {PLINTH_MUTATION_BIT_AND, L("\xf0"), L("\xff\xff"), L("\xf0\0")},
    {PLINTH_MUTATION_BIT_AND, NO_BYTES, L("\xff\xff"), L("\xff\xff")},
    {PLINTH_MUTATION_BIT_AND, L(""), L("\xff\xff"), L("\0\0")},
    {PLINTH_MUTATION_BIT_AND, L("\x0f\xf0\x11"), L("\xff\x90"), L("\x0f\x90")},
    {PLINTH_MUTATION_BIT_AND, L("\xff"), L(""), L("")},
    {PLINTH_MUTATION_BIT_AND, NO_BYTES, L(""), L("")},
    {PLINTH_MUTATION_BIT_OR, L("\x01"), L("\0\x02"), L("\x01\x02")},
    {PLINTH_MUTATION_BIT_OR, NO_BYTES, L("\x0a"), L("\x0a")},
    {PLINTH_MUTATION_BIT_OR, L(""), L("\x0a"), L("\x0a")},
    {PLINTH_MUTATION_BIT_OR, L("\x0f\xff"), L("\xf0"), L("\xff")},
    {PLINTH_MUTATION_BIT_OR, L("\x0f"), L(""), L("")},
    {PLINTH_MUTATION_BIT_OR, NO_BYTES, L(""), L("")},
    {PLINTH_MUTATION_BIT_XOR, L("\xff"), L("\x0f\x01"), L("\xf0\x01")},
    {PLINTH_MUTATION_BIT_XOR, NO_BYTES, L("\x0a"), L("\x0a")},
    {PLINTH_MUTATION_BIT_XOR, L(""), L("\x0a"), L("\x0a")},
    {PLINTH_MUTATION_BIT_XOR, L("\xff\xff"), L("\xff"), L("\0")},
    {PLINTH_MUTATION_BIT_XOR, L("\xff"), L(""), L("")},
    {PLINTH_MUTATION_BIT_XOR, NO_BYTES, L(""), L("")},
    {PLINTH_MUTATION_MAX, L("\0\x01"), L("\xff\0"), L("\0\x01")},
    {PLINTH_MUTATION_MAX, L("\x05"), L("\x04\0"), L("\x05\0")},
    {PLINTH_MUTATION_MAX, L("\x01\x02\x03"), L("\x05"), L("\x05")},
    {PLINTH_MUTATION_MAX, L("\x07\x02\x03"), L("\x05"), L("\x07")},
    {PLINTH_MUTATION_MAX, L("\xff\xff\0"), L("\0\0\x01"), L("\0\0\x01")},
    {PLINTH_MUTATION_MAX, L("\x7f"), L("\x80"), L("\x80")},
    {PLINTH_MUTATION_MAX, L("\x05"), L("\x05"), L("\x05")},
    {PLINTH_MUTATION_MAX, L(""), L("\0\0"), L("\0\0")},
    {PLINTH_MUTATION_MAX, L(""), L("\x05\0"), L("\x05\0")},
    {PLINTH_MUTATION_MAX, NO_BYTES, L("\x05"), L("\x05")},
    {PLINTH_MUTATION_MAX, L("\x05"), L(""), L("")},
    {PLINTH_MUTATION_MAX, NO_BYTES, L(""), L("")},
    {PLINTH_MUTATION_MIN, L("\x05"), L("\x06\0"), L("\x05\0")},
    {PLINTH_MUTATION_MIN, L(""), L("\x01\0"), L("\0\0")},
    {PLINTH_MUTATION_MIN, NO_BYTES, L("\x01\0"), L("\x01\0")},
    {PLINTH_MUTATION_MIN, L("\0\x01"), L("\xff\0"), L("\xff\0")},
    {PLINTH_MUTATION_MIN, L("\x01\x02\x03"), L("\x05"), L("\x01")},
    {PLINTH_MUTATION_MIN, L("\x09"), L("\x05\0"), L("\x05\0")},
    {PLINTH_MUTATION_MIN, L("\x7f"), L("\x80"), L("\x7f")},
    {PLINTH_MUTATION_MIN, L("\x05"), L("\x05"), L("\x05")},
    {PLINTH_MUTATION_MIN, L("\x05"), L(""), L("")},
    {PLINTH_MUTATION_MIN, NO_BYTES, L(""), L("")},
    {PLINTH_MUTATION_APPEND_IF_FITS, NO_BYTES, L("x"), L("x")},
    {PLINTH_MUTATION_APPEND_IF_FITS, L(""), L("x"), L("x")},
    {PLINTH_MUTATION_APPEND_IF_FITS, L("ab"), L("cd"), L("abcd")},
    {PLINTH_MUTATION_APPEND_IF_FITS, L("ab"), L(""), L("ab")},
    {PLINTH_MUTATION_APPEND_IF_FITS, L(""), L(""), L("")},
    {PLINTH_MUTATION_APPEND_IF_FITS, NO_BYTES, L(""), L("")},
    {PLINTH_MUTATION_BYTE_MIN, L("ab"), L("b"), L("ab")},
    {PLINTH_MUTATION_BYTE_MIN, L("b"), L("ab"), L("ab")},
    {PLINTH_MUTATION_BYTE_MIN, L("a"), L("ab"), L("a")},
    {PLINTH_MUTATION_BYTE_MIN, L("ab"), L("a"), L("a")},
    {PLINTH_MUTATION_BYTE_MIN, L("\x80"), L("\x7f"), L("\x7f")},
    {PLINTH_MUTATION_BYTE_MIN, L("ab"), L("ab"), L("ab")},
    {PLINTH_MUTATION_BYTE_MIN, L(""), L("a"), L("")},
    {PLINTH_MUTATION_BYTE_MIN, L("a"), L(""), L("")},
    {PLINTH_MUTATION_BYTE_MIN, NO_BYTES, L("b"), L("b")},
    {PLINTH_MUTATION_BYTE_MIN, NO_BYTES, L(""), L("")},
    {PLINTH_MUTATION_BYTE_MAX, L("ab"), L("a"), L("ab")},
    {PLINTH_MUTATION_BYTE_MAX, L("a"), L("ab"), L("ab")},
    {PLINTH_MUTATION_BYTE_MAX, L("b"), L("ab"), L("b")},
    {PLINTH_MUTATION_BYTE_MAX, L("\x7f"), L("\x80"), L("\x80")},
    {PLINTH_MUTATION_BYTE_MAX, L("ab"), L("ab"), L("ab")},
    {PLINTH_MUTATION_BYTE_MAX, L(""), L("a"), L("a")},
    {PLINTH_MUTATION_BYTE_MAX, L("a"), L(""), L("a")},
    {PLINTH_MUTATION_BYTE_MAX, NO_BYTES, L("b"), L("b")},
    {PLINTH_MUTATION_BYTE_MAX, NO_BYTES, L(""), L("")},
    {PLINTH_MUTATION_COMPARE_AND_CLEAR, L("\x01"), L("\x01"), NO_BYTES},
    {PLINTH_MUTATION_COMPARE_AND_CLEAR, L("\x01"), L("\x02"), L("\x01")},
    {PLINTH_MUTATION_COMPARE_AND_CLEAR, L("\x01\0"), L("\x01"), L("\x01\0")},
    {PLINTH_MUTATION_COMPARE_AND_CLEAR, L("\x01"), L("\x01\0"), L("\x01")},
    {PLINTH_MUTATION_COMPARE_AND_CLEAR, L(""), L(""), NO_BYTES},
    {PLINTH_MUTATION_COMPARE_AND_CLEAR, L("\x01"), L(""), L("\x01")},
    {PLINTH_MUTATION_COMPARE_AND_CLEAR, L(""), L("\x01"), L("")},
    {PLINTH_MUTATION_COMPARE_AND_CLEAR, NO_BYTES, L("\x01"), NO_BYTES},
    {PLINTH_MUTATION_COMPARE_AND_CLEAR, NO_BYTES, L(""), NO_BYTES},
};
#define ROWS (sizeof rows / sizeof rows[0])
#define KEY B("k")

/* The row's key gets its value, or none, in one write of `tr`. */
static void write_existing(plinth_transaction *tr, plinth_keyspace *ks, bytes key, bytes existing) {
    if (existing.data == NULL) {
        CHECK_OK(plinth_transaction_clear(tr, ks, key.data, key.len));
    } else {
        CHECK_OK(plinth_transaction_set(tr, ks, key.data, key.len, existing.data, existing.len));
    }
}

static void store(plinth_keyspace *ks, bytes key, bytes existing) {
    plinth_transaction *tr = begin(db);
    write_existing(tr, ks, key, existing);
    CHECK_OK(plinth_transaction_commit(tr));
    destroy(tr);
}

static void apply(plinth_transaction *tr, plinth_keyspace *ks, bytes key, const struct row *row) {
    CHECK_OK(tr_atomic_in(tr, ks, row->op, key, row->operand));
}

static void expect_value(plinth_transaction *tr, plinth_keyspace *ks, bytes key, bool snapshot, const struct row *row,
                         const char *how) {
    char text[80];
    snprintf(text, sizeof text, "row %ld, operation %d, %s", (long)(row - rows), (int)row->op, how);
    harness_value(tr, ks, key, snapshot, row->result, text, __FILE__, __LINE__);
}

/* What a fresh transaction reads. */
static void expect_stored(plinth_keyspace *ks, bytes key, const struct row *row, const char *how) {
    plinth_transaction *tr = begin(db);
    expect_value(tr, ks, key, false, row, how);
    destroy(tr);
}

/* Every kind of read of the own operation; "z" is the next key. */
static void expect_in_every_read(plinth_transaction *tr, const struct row *row, const char *how) {
    char want[200] = "", value[100];
    plinth_key_selector from = at_or_after(KEY), to = at_or_after(B("k\0"));
    if (row->result.data != NULL) {
        bytes_print(value, sizeof value, row->result.data, row->result.len);
        snprintf(want, sizeof want, "k=%s", value);
    }
    for (int way = 0; way < 4; way++) {
        plinth_range_options options = range_options(0, 0, way % 2 == 1, way / 2 == 1);
        CHECK_TEXT(scan(tr, from, to, &options), want);
    }
    for (int snapshot = 0; snapshot < 2; snapshot++) {
        CHECK_TEXT(key_in(tr, NULL, from, snapshot == 1), row->result.data == NULL ? "z" : "k");
        CHECK_TEXT(key_in(tr, NULL, selector(B("z"), false, 0), snapshot == 1), row->result.data == NULL ? "" : "k");
        expect_value(tr, NULL, KEY, snapshot == 1, row, how);
    }
}

static void prepare_neighbours(void) {
    empty(db);
    put(db, B("z"), B("next"));
}

/* ATOM-2 to ATOM-5: every row on a stored value. (ATOM-2, ATOM-3, ATOM-4, ATOM-5) */
static void every_row_holds_on_a_stored_value(void) {
    for (size_t i = 0; i < ROWS; i++) {
        plinth_transaction *tr = begin(db);
        store(NULL, KEY, rows[i].existing);
        apply(tr, NULL, KEY, &rows[i]);
        CHECK_OK(plinth_transaction_commit(tr));
        CHECK(committed_version_of(tr) > 0);
        expect_stored(NULL, KEY, &rows[i], "stored");
        destroy(tr);
    }
}

/* Own reads see the operation applied to the value at the read version. (RYW-1, RYW-3, RYW-5) */
static void every_row_holds_in_own_reads_of_a_stored_value(void) {
    prepare_neighbours();
    for (size_t i = 0; i < ROWS; i++) {
        plinth_transaction *tr;
        store(NULL, KEY, rows[i].existing);
        tr = begin(db);
        apply(tr, NULL, KEY, &rows[i]);
        expect_in_every_read(tr, &rows[i], "own read");
        CHECK_OK(plinth_transaction_commit(tr));
        expect_stored(NULL, KEY, &rows[i], "stored after own read");
        destroy(tr);
    }
}

/* The same on a value that the transaction set or cleared itself. (RYW-4, COM-9) */
static void every_row_holds_on_an_own_write(void) {
    prepare_neighbours();
    for (size_t i = 0; i < ROWS; i++) {
        plinth_transaction *tr;
        store(NULL, KEY, B("\x33 something else"));
        tr = begin(db);
        write_existing(tr, NULL, KEY, rows[i].existing);
        apply(tr, NULL, KEY, &rows[i]);
        expect_in_every_read(tr, &rows[i], "on an own write");
        CHECK_OK(plinth_transaction_commit(tr));
        expect_stored(NULL, KEY, &rows[i], "stored on an own write");
        destroy(tr);
    }
}

/* A cleared range makes every key in it absent for what follows. (RYW-4, COM-9) */
static void every_row_on_nothing_holds_in_an_own_cleared_range(void) {
    prepare_neighbours();
    for (size_t i = 0; i < ROWS; i++) {
        plinth_transaction *tr;
        if (rows[i].existing.data != NULL) {
            continue;
        }
        store(NULL, KEY, B("\x33 something else"));
        tr = begin(db);
        CHECK_OK(tr_clear_range(tr, B("j"), B("l")));
        apply(tr, NULL, KEY, &rows[i]);
        expect_in_every_read(tr, &rows[i], "in a cleared range");
        CHECK_OK(plinth_transaction_commit(tr));
        expect_stored(NULL, KEY, &rows[i], "stored in a cleared range");
        destroy(tr);
    }
}

/* The commit takes the value of then, not the one at the read version. (COM-9, RYW-3) */
static void every_row_is_settled_on_the_value_at_the_commit(void) {
    for (size_t i = 0; i < ROWS; i++) {
        plinth_transaction *tr = begin(db);
        store(NULL, KEY, B("\x33 something else"));
        CHECK(read_version_of(tr) > 0);
        CHECK_SNAPSHOT(tr, KEY, B("\x33 something else"));
        apply(tr, NULL, KEY, &rows[i]);
        store(NULL, KEY, rows[i].existing);
        CHECK_OK(plinth_transaction_commit(tr));
        expect_stored(NULL, KEY, &rows[i], "settled at commit");
        destroy(tr);
    }
}

/* Rules about keys hold in each keyspace by itself. (ATOM-2, ATOM-3, ATOM-4, ATOM-5) */
static void every_row_holds_in_a_second_keyspace(void) {
    plinth_keyspace *ks = NULL;
    CHECK_OK(plinth_keyspace_open(db, "second", &ks));
    store(NULL, KEY, B("untouched"));
    for (size_t i = 0; i < ROWS; i++) {
        plinth_transaction *tr = begin(db);
        store(ks, KEY, rows[i].existing);
        apply(tr, ks, KEY, &rows[i]);
        expect_value(tr, ks, KEY, false, &rows[i], "own read in the second keyspace");
        CHECK_VALUE(tr, KEY, B("untouched"));
        CHECK_OK(plinth_transaction_commit(tr));
        expect_stored(ks, KEY, &rows[i], "stored in the second keyspace");
        destroy(tr);
    }
    CHECK_OK(plinth_keyspace_close(ks));
}

static bytes row_key(size_t i) {
    static char text[16];
    return bytes_of(text, (size_t)snprintf(text, sizeof text, "row%03zu", i));
}

/* All rows in one commit, and what a reopened database reads. (ATOM-2, ATOM-3, ATOM-4, ATOM-5, COM-8) */
static void every_row_survives_a_reopen(void) {
    path where = temporary_path();
    plinth_database *memory = db;
    plinth_transaction *tr;
    db = open_with(where.text, NULL);
    tr = begin(db);
    for (size_t i = 0; i < ROWS; i++) {
        write_existing(tr, NULL, row_key(i), rows[i].existing);
    }
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_reset(tr));
    for (size_t i = 0; i < ROWS; i++) {
        apply(tr, NULL, row_key(i), &rows[i]);
    }
    CHECK_OK(plinth_transaction_commit(tr));
    destroy(tr);
    CHECK_OK(plinth_database_close(db));
    db = open_with(where.text, NULL);
    for (size_t i = 0; i < ROWS; i++) {
        expect_stored(NULL, row_key(i), &rows[i], "after a reopen");
    }
    CHECK_OK(plinth_database_close(db));
    db = memory;
}

/* ------------------------------------------------------------------ several on one key */

/* Each operation works on what the ones before it left, in own reads and at commit. (ATOM-6, COM-9) */
static void several_operations_apply_in_call_order(void) {
    plinth_transaction *tr = begin(db);
    store(NULL, KEY, B("\x05"));
    CHECK_OK(tr_add(tr, KEY, B("\x01")));
    CHECK_OK(tr_atomic(tr, PLINTH_MUTATION_BIT_OR, KEY, B("\x80")));
    CHECK_OK(tr_add(tr, KEY, B("\x02")));
    CHECK_VALUE(tr, KEY, B("\x88"));
    CHECK_OK(tr_atomic(tr, PLINTH_MUTATION_APPEND_IF_FITS, KEY, B("x")));
    CHECK_OK(tr_atomic(tr, PLINTH_MUTATION_BIT_XOR, KEY, B("\x08\0\xff")));
    CHECK_VALUE(tr, KEY, B("\x80x\xff"));
    CHECK_OK(tr_atomic(tr, PLINTH_MUTATION_MAX, KEY, B("\xff\x01")));
    CHECK_VALUE(tr, KEY, B("\x80x"));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_VALUE(tr, KEY, B("\x80x"));
    destroy(tr);
}

/* The length of each operand counts, so that order matters even for sums. (ATOM-2, ATOM-6) */
static void sums_of_different_lengths_keep_their_order(void) {
    plinth_transaction *tr = begin(db);
    store(NULL, KEY, B("\xff\xff"));
    CHECK_OK(tr_add(tr, KEY, B("\x01")));
    CHECK_OK(tr_add(tr, KEY, B("\0\x01")));
    CHECK_VALUE(tr, KEY, B("\0\x01"));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_VALUE(tr, KEY, B("\0\x01"));
    store(NULL, KEY, B("\xff\xff"));
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_OK(tr_add(tr, KEY, B("\0\x01")));
    CHECK_OK(tr_add(tr, KEY, B("\x01")));
    CHECK_VALUE(tr, KEY, B("\0"));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_VALUE(tr, KEY, B("\0"));
    destroy(tr);
}

/* Sets and clears between them count too. (COM-9, RYW-4, RYW-5) */
static void sets_and_clears_between_operations_count(void) {
    plinth_transaction *tr = begin(db);
    store(NULL, KEY, B("\x05"));
    CHECK_OK(tr_add(tr, KEY, B("\x01")));
    CHECK_OK(tr_clear(tr, KEY));
    CHECK_OK(tr_add(tr, KEY, B("\x03")));
    CHECK_VALUE(tr, KEY, B("\x03"));
    CHECK_OK(tr_atomic(tr, PLINTH_MUTATION_COMPARE_AND_CLEAR, KEY, B("\x03")));
    CHECK_VALUE(tr, KEY, ABSENT);
    CHECK_OK(tr_add(tr, KEY, B("\x04")));
    CHECK_OK(tr_set(tr, KEY, B("\x10")));
    CHECK_OK(tr_add(tr, KEY, B("\x01")));
    CHECK_VALUE(tr, KEY, B("\x11"));
    CHECK_OK(tr_add(tr, B("gone"), B("\x01")));
    CHECK_OK(tr_clear_range(tr, B("g"), B("h")));
    CHECK_VALUE(tr, B("gone"), ABSENT);
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_VALUE(tr, KEY, B("\x11"));
    CHECK_VALUE(tr, B("gone"), ABSENT);
    destroy(tr);
}

/* A key that a COMPARE_AND_CLEAR made absent is so for every read, and gone after the commit. (RYW-5, ATOM-5) */
static void compare_and_clear_makes_a_key_absent_for_every_read(void) {
    plinth_transaction *tr = seeded(db);
    CHECK_OK(tr_atomic(tr, PLINTH_MUTATION_COMPARE_AND_CLEAR, B("d"), B("4")));
    CHECK_OK(tr_atomic(tr, PLINTH_MUTATION_COMPARE_AND_CLEAR, B("f"), B("other")));
    CHECK_VALUE(tr, B("d"), ABSENT);
    CHECK_SNAPSHOT(tr, B("d"), ABSENT);
    CHECK_TEXT(scan_keys(tr, B("a"), B("g")), "b=2 f=6");
    CHECK_TEXT(scan_back(tr, B("a"), B("g")), "f=6 b=2");
    CHECK_TEXT(key_of_selector(tr, B("b"), true, 1), "f");
    CHECK_TEXT(key_of_selector(tr, B("f"), false, 0), "b");
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_TEXT(scan_keys(tr, B("a"), B("g")), "b=2 f=6");
    destroy(tr);
}

/* ------------------------------------------------------------------ conflicts */

/* No read conflict, whatever others do to the key; a write conflict on it always. (ATOM-5, ATOM-6, CONF-1) */
static void an_operation_adds_a_write_and_no_read_conflict(void) {
    for (size_t i = 0; i < ROWS; i++) {
        plinth_transaction *tr = begin(db);
        CHECK(read_version_of(tr) > 0);
        apply(tr, NULL, KEY, &rows[i]);
        CHECK_READ_CONFLICTS(tr, "");
        CHECK_WRITE_CONFLICTS(tr, "[k,k\\x00)");
        put(db, KEY, B("changed"));
        CHECK_OK(plinth_transaction_commit(tr));
        destroy(tr);
    }
}

/* Who read the key conflicts with the operation, even with one that changed nothing. (ATOM-5, CONF-1, CONF-16) */
static void readers_conflict_with_an_operation(void) {
    static const plinth_mutation ops[] = {PLINTH_MUTATION_ADD, PLINTH_MUTATION_COMPARE_AND_CLEAR, PLINTH_MUTATION_BYTE_MAX};
    for (size_t i = 0; i < 3; i++) {
        plinth_transaction *reader = begin(db), *writer = begin(db);
        store(NULL, KEY, B("value"));
        CHECK_VALUE(reader, KEY, B("value"));
        CHECK_OK(tr_set(reader, B("mine"), B("1")));
        CHECK_OK(tr_atomic(writer, ops[i], KEY, i == 0 ? B("\0\0\0\0\0") : B("no")));
        CHECK_OK(plinth_transaction_commit(writer));
        CHECK_CODE(plinth_transaction_commit(reader), PLINTH_ERROR_NOT_COMMITTED);
        CHECK_OK(plinth_transaction_reset(reader));
        CHECK_VALUE(reader, KEY, B("value"));
        destroy(reader);
        destroy(writer);
    }
}

/* A read of a dependent operation is a read of the database, one of an independent operation is not. (RYW-3, RYW-4, CONF-3) */
static void only_dependent_operations_leave_a_read_conflict(void) {
    plinth_transaction *tr = seeded(db);
    CHECK_OK(tr_add(tr, B("d"), B("\x01")));
    CHECK_VALUE(tr, B("d"), B("5"));
    CHECK_READ_CONFLICTS(tr, "[d,d\\x00)");
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_OK(tr_set(tr, B("d"), B("7")));
    CHECK_OK(tr_add(tr, B("d"), B("\x01")));
    CHECK_OK(tr_clear(tr, B("b")));
    CHECK_OK(tr_add(tr, B("b"), B("\x21")));
    CHECK_OK(tr_clear_range(tr, B("m"), B("n")));
    CHECK_OK(tr_add(tr, B("m1"), B("\x21")));
    CHECK_VALUE(tr, B("d"), B("8"));
    CHECK_VALUE(tr, B("b"), B("!"));
    CHECK_VALUE(tr, B("m1"), B("!"));
    CHECK_READ_CONFLICTS(tr, "");
    CHECK_OK(tr_add(tr, B("f"), B("\x01")));
    CHECK_TEXT(scan_keys(tr, B("a"), B("z")), "b=! d=8 f=7 m1=!");
    CHECK_READ_CONFLICTS(tr, "[a,b) [b\\x00,d) [d\\x00,m) [n,z)");
    destroy(tr);
}

/* At a version that can't be read any more, only what is known without the database can be read. (RYW-4, VER-6) */
static void an_independent_operation_is_read_without_the_database(void) {
    plinth_transaction *tr = begin(db);
    CHECK_OK(plinth_transaction_set_read_version(tr, 1));
    CHECK_OK(tr_set(tr, KEY, B("\x05")));
    CHECK_OK(tr_add(tr, KEY, B("\x01")));
    CHECK_OK(tr_clear(tr, B("cleared")));
    CHECK_OK(tr_atomic(tr, PLINTH_MUTATION_APPEND_IF_FITS, B("cleared"), B("x")));
    CHECK_OK(tr_add(tr, B("dependent"), B("\x01")));
    CHECK_VALUE(tr, KEY, B("\x06"));
    CHECK_VALUE(tr, B("cleared"), B("x"));
    CHECK_CODE(tr_touch(tr, B("dependent")), PLINTH_ERROR_TRANSACTION_TOO_OLD);
    destroy(tr);
}

/* What was read and what is committed may differ, unless the read was an ordinary one. (RYW-3) */
static void the_read_value_may_differ_from_the_committed_one(void) {
    for (int snapshot = 0; snapshot < 2; snapshot++) {
        plinth_transaction *tr = begin(db);
        store(NULL, KEY, B("\x05"));
        CHECK_OK(tr_add(tr, KEY, B("\x01")));
        harness_value(tr, NULL, KEY, snapshot == 1, B("\x06"), "k", __FILE__, __LINE__);
        store(NULL, KEY, B("\x64"));
        CHECK_CODE(plinth_transaction_commit(tr), snapshot == 1 ? 0 : PLINTH_ERROR_NOT_COMMITTED);
        CHECK_OK(plinth_transaction_reset(tr));
        CHECK_VALUE(tr, KEY, snapshot == 1 ? B("\x65") : B("\x64"));
        destroy(tr);
    }
}

/* An operation settles after a concurrent range clear that committed first, in either order. (COM-9, CONF-17) */
static void operations_and_concurrent_range_clears_keep_commit_order(void) {
    for (int clear_first = 0; clear_first < 2; clear_first++) {
        plinth_transaction *adds = begin(db), *clears = begin(db);
        store(NULL, KEY, B("\x05"));
        CHECK(read_version_of(adds) > 0 && read_version_of(clears) > 0);
        CHECK_OK(tr_clear_range(clears, B("j"), B("l")));
        CHECK_OK(tr_add(adds, KEY, B("\x01")));
        CHECK_OK(plinth_transaction_commit(clear_first ? clears : adds));
        CHECK_OK(plinth_transaction_commit(clear_first ? adds : clears));
        CHECK_OK(plinth_transaction_reset(adds));
        CHECK_VALUE(adds, KEY, clear_first ? B("\x01") : ABSENT);
        destroy(adds);
        destroy(clears);
    }
}

/* Each commit version shows exactly the sum of then. (VER-9, ATOM-2) */
static void history_shows_every_intermediate_sum(void) {
    enum { SUMS = 50 };
    int64_t versions[SUMS];
    plinth_transaction *tr = begin(db);
    empty(db);
    for (int i = 0; i < SUMS; i++) {
        CHECK_OK(tr_add(tr, KEY, B("\x01")));
        CHECK_OK(plinth_transaction_commit(tr));
        versions[i] = committed_version_of(tr);
        CHECK_OK(plinth_transaction_reset(tr));
    }
    for (int i = SUMS - 1; i >= 0; i--) {
        uint8_t want = (uint8_t)(i + 1);
        CHECK_OK(plinth_transaction_set_read_version(tr, versions[i]));
        CHECK_VALUE(tr, KEY, bytes_of(&want, 1));
        CHECK_OK(plinth_transaction_reset(tr));
    }
    destroy(tr);
}

/* ------------------------------------------------------------------ what is refused */

static plinth_mutation const known_operations[] = {2, 6, 7, 8, 9, 12, 13, 14, 15, 16, 17, 18, 19, 20};

static bool is_operation(plinth_mutation number) {
    for (size_t i = 0; i < sizeof known_operations / sizeof known_operations[0]; i++) {
        if (known_operations[i] == number) {
            return true;
        }
    }
    return false;
}

/* ATOM-1: only the numbers of the table; a refused one changes nothing. (ATOM-1, COM-1) */
static void only_the_numbers_of_the_table_are_operations(void) {
    static const plinth_mutation far[] = {INT32_MIN, -1000, 100, 255, 256 + 2, 65536 + 2, INT32_MAX};
    plinth_transaction *tr = begin(db);
    for (plinth_mutation number = -20; number < 60; number++) {
        if (!is_operation(number)) {
            plinth_error got = tr_atomic(tr, number, KEY, B("\x01"));
            harness_count(got == PLINTH_ERROR_INVALID_MUTATION_TYPE, __FILE__, __LINE__, "operation %d gave %d", (int)number, (int)got);
        }
    }
    for (size_t i = 0; i < sizeof far / sizeof far[0]; i++) {
        CHECK_CODE(tr_atomic(tr, far[i], KEY, B("\x01")), PLINTH_ERROR_INVALID_MUTATION_TYPE);
    }
    CHECK_WRITE_CONFLICTS(tr, "");
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_INT(committed_version_of(tr), -1);
    destroy(tr);
}

/* ATOM-1: 18 and 19 are MIN and BIT_AND as they are since API version 510. (ATOM-1, AV-1) */
static void the_second_versions_have_numbers_of_their_own(void) {
    plinth_transaction *tr = begin(db);
    empty(db);
    CHECK_OK(tr_atomic(tr, 18, B("min"), B("\x01\0")));
    CHECK_OK(tr_atomic(tr, 19, B("and"), B("\xff\xff")));
    CHECK_TEXT(scan_keys(tr, B("a"), B("z")), "and=\\xff\\xff min=\\x01\\x00");
    CHECK_OK(tr_atomic(tr, 18, B("min"), B("\0\x01")));
    CHECK_OK(tr_atomic(tr, 19, B("and"), B("\x0f")));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_TEXT(scan_keys(tr, B("a"), B("z")), "and=\\x0f min=\\x01\\x00");
    destroy(tr);
}

static uint8_t block[100001];

static bytes block_of(size_t len, char first) {
    memset(block, 'v', sizeof block);
    block[0] = (uint8_t)first;
    return bytes_of(block, len);
}

/* Keys to 10,000 bytes, operands to 100,000, keys below \xff; a refused call changes nothing. (LIM-1, LIM-2, DATA-5) */
static void keys_and_operands_have_limits(void) {
    plinth_transaction *tr = begin(db);
    for (size_t i = 0; i < sizeof known_operations / sizeof known_operations[0]; i++) {
        plinth_mutation op = known_operations[i];
        if (op == PLINTH_MUTATION_SET_VERSIONSTAMPED_KEY || op == PLINTH_MUTATION_SET_VERSIONSTAMPED_VALUE) {
            continue;
        }
        CHECK_OK(tr_atomic(tr, op, block_of(10000, 'k'), B("1")));
        CHECK_CODE(tr_atomic(tr, op, block_of(10001, 'k'), B("1")), PLINTH_ERROR_KEY_TOO_LARGE);
        CHECK_OK(tr_atomic(tr, op, KEY, block_of(100000, 'v')));
        CHECK_CODE(tr_atomic(tr, op, KEY, block_of(100001, 'v')), PLINTH_ERROR_VALUE_TOO_LARGE);
        CHECK_CODE(tr_atomic(tr, op, B("\xff"), B("1")), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
        CHECK_CODE(tr_atomic(tr, op, B("\xff/key"), B("1")), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
    }
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_CODE(tr_add(tr, block_of(10001, 'k'), B("1")), PLINTH_ERROR_KEY_TOO_LARGE);
    CHECK_CODE(tr_add(tr, KEY, block_of(100001, 'v')), PLINTH_ERROR_VALUE_TOO_LARGE);
    CHECK_CODE(tr_add(tr, B("\xff"), B("1")), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_INT(committed_version_of(tr), -1);
    destroy(tr);
}

/* ATOM-3: up to 100,000 bytes; beyond, nothing happens and nothing fails. (ATOM-3) */
static void append_stops_at_100000_bytes(void) {
    static const struct {
        size_t existing, appended, result;
    } cases[] = {{100000, 1, 100000}, {99999, 1, 100000}, {99999, 2, 99999}, {1, 100000, 1}, {100000, 0, 100000}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        plinth_transaction *tr = begin(db);
        for (int stored = 0; stored < 2; stored++) {
            CHECK_OK(tr_set(tr, KEY, block_of(cases[i].existing, 'v')));
            if (stored) {
                CHECK_OK(plinth_transaction_commit(tr));
                CHECK_OK(plinth_transaction_reset(tr));
            }
            CHECK_OK(tr_atomic(tr, PLINTH_MUTATION_APPEND_IF_FITS, KEY, block_of(cases[i].appended, 'v')));
            CHECK_VALUE(tr, KEY, block_of(cases[i].result, 'v'));
            CHECK_OK(plinth_transaction_commit(tr));
            CHECK_OK(plinth_transaction_reset(tr));
            CHECK_VALUE(tr, KEY, block_of(cases[i].result, 'v'));
        }
        destroy(tr);
    }
}

/* On \xff/metadataVersion only the one form of rule SPEC-10 is legal. (ATOM-7, SPEC-10) */
static void the_metadata_version_takes_no_other_operation(void) {
    plinth_transaction *tr = begin(db);
    for (size_t i = 0; i < sizeof known_operations / sizeof known_operations[0]; i++) {
        if (known_operations[i] != PLINTH_MUTATION_SET_VERSIONSTAMPED_KEY) {
            CHECK_CODE(tr_atomic(tr, known_operations[i], METADATA_VERSION, B("\x01")), PLINTH_ERROR_CLIENT_INVALID_OPERATION);
        }
    }
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_INT(committed_version_of(tr), -1);
    destroy(tr);
}

/* ------------------------------------------------------------------ many threads */

enum { THREADS = 64 };

typedef struct {
    long rounds, conflicts, other_errors;
} crowd;

/* What the bytes mean as a little-endian number. */
static uint64_t number_of(plinth_transaction *tr, bytes key) {
    plinth_value value;
    uint64_t number = 0;
    CHECK_OK(plinth_transaction_get(tr, NULL, key.data, key.len, &value));
    for (size_t i = value.len; i > 0; i--) {
        number = number << 8 | value.data[i - 1];
    }
    plinth_value_free(&value);
    return number;
}

/* Each commit adds one to the counter, its bit to "bits", itself to "max" and "min", a byte to "text". */
static void count_in_every_way(long number, void *user) {
    crowd *c = (crowd *)user;
    plinth_transaction *tr = begin(db);
    for (long i = 0; i < c->rounds; i++) {
        uint8_t bit[8] = {0}, own[4] = {0};
        plinth_error error;
        bit[number / 8] = (uint8_t)(1 << number % 8);
        own[0] = (uint8_t)(number + 1);
        own[1] = (uint8_t)i;
        CHECK_OK(tr_add(tr, B("count"), B("\x01\0\0\0\0\0\0\0")));
        CHECK_OK(tr_atomic(tr, PLINTH_MUTATION_BIT_OR, B("bits"), bytes_of(bit, 8)));
        CHECK_OK(tr_atomic(tr, PLINTH_MUTATION_MAX, B("max"), bytes_of(own, 4)));
        CHECK_OK(tr_atomic(tr, PLINTH_MUTATION_MIN, B("min"), bytes_of(own, 4)));
        CHECK_OK(tr_atomic(tr, PLINTH_MUTATION_APPEND_IF_FITS, B("text"), B("+")));
        error = plinth_transaction_commit(tr);
        count_add(&c->conflicts, error == PLINTH_ERROR_NOT_COMMITTED);
        count_add(&c->other_errors, error != 0 && error != PLINTH_ERROR_NOT_COMMITTED);
        CHECK_OK(plinth_transaction_reset(tr));
    }
    destroy(tr);
}

static void check_counts(const crowd *c) {
    plinth_transaction *tr = begin(db);
    plinth_value text;
    CHECK_INT(c->conflicts, 0);
    CHECK_INT(c->other_errors, 0);
    CHECK_INT(number_of(tr, B("count")), THREADS * c->rounds);
    CHECK_INT(number_of(tr, B("bits")), -1);
    CHECK_INT(number_of(tr, B("max")), 256 * (c->rounds - 1) + THREADS);
    CHECK_INT(number_of(tr, B("min")), 1);
    CHECK_OK(plinth_transaction_get(tr, NULL, (const uint8_t *)"text", 4, &text));
    CHECK_INT(text.len, THREADS * c->rounds);
    plinth_value_free(&text);
    destroy(tr);
}

static void run_hot_counter(void) {
    crowd c = {scaled(60), 0, 0};
    plinth_metrics before, after;
    CHECK_OK(plinth_database_metrics(db, &before, sizeof before));
    in_threads(THREADS, count_in_every_way, &c);
    CHECK_OK(plinth_database_metrics(db, &after, sizeof after));
    CHECK_INT(after.conflicts - before.conflicts, 0);
    CHECK_INT(after.commits - before.commits, THREADS * c.rounds);
    check_counts(&c);
    printf("%ld commits in %ld groups\n", THREADS * c.rounds, (long)(after.groups - before.groups));
}

/* 64 threads on one counter: never a conflict, never a lost one. (ATOM-6, CONF-17, COM-9) */
static void a_hot_counter_in_memory_loses_nothing_and_never_conflicts(void) {
    empty(db);
    run_hot_counter();
}

/* The same on disk with a sync for each group, and after a reopen. (ATOM-6, CONF-17, COM-8) */
static void a_hot_counter_on_disk_loses_nothing_and_never_conflicts(void) {
    path where = temporary_path();
    plinth_database *memory = db;
    plinth_transaction *tr;
    long rounds = scaled(60);
    db = open_with(where.text, NULL);
    run_hot_counter();
    CHECK_OK(plinth_database_close(db));
    db = open_with(where.text, NULL);
    tr = begin(db);
    CHECK_INT(number_of(tr, B("count")), THREADS * rounds);
    destroy(tr);
    CHECK_OK(plinth_database_close(db));
    db = memory;
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    db = open_memory();
    RUN(every_row_holds_on_a_stored_value);
    RUN(every_row_holds_in_own_reads_of_a_stored_value);
    RUN(every_row_holds_on_an_own_write);
    RUN(every_row_on_nothing_holds_in_an_own_cleared_range);
    RUN(every_row_is_settled_on_the_value_at_the_commit);
    RUN(every_row_holds_in_a_second_keyspace);
    RUN(every_row_survives_a_reopen);
    RUN(several_operations_apply_in_call_order);
    RUN(sums_of_different_lengths_keep_their_order);
    RUN(sets_and_clears_between_operations_count);
    RUN(compare_and_clear_makes_a_key_absent_for_every_read);
    RUN(an_operation_adds_a_write_and_no_read_conflict);
    RUN(readers_conflict_with_an_operation);
    RUN(only_dependent_operations_leave_a_read_conflict);
    RUN(an_independent_operation_is_read_without_the_database);
    RUN(the_read_value_may_differ_from_the_committed_one);
    RUN(operations_and_concurrent_range_clears_keep_commit_order);
    RUN(history_shows_every_intermediate_sum);
    RUN(only_the_numbers_of_the_table_are_operations);
    RUN(the_second_versions_have_numbers_of_their_own);
    RUN(keys_and_operands_have_limits);
    RUN(append_stops_at_100000_bytes);
    RUN(the_metadata_version_takes_no_other_operation);
    RUN(a_hot_counter_in_memory_loses_nothing_and_never_conflicts);
    RUN(a_hot_counter_on_disk_loses_nothing_and_never_conflicts);
    CHECK_OK(plinth_database_close(db));
    return harness_end();
}
