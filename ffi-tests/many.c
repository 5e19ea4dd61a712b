/*
 * Reads of many keys in one call: each as a read of its own would be, all at one moment. Rules GET-1, GET-2, CONF-2,
 * CONF-3, CONF-7, RYW-1, RYW-2, RYW-3, RYW-7, RYW-8, SPEC-1, LIM-7, COM-4.
 */
#include "harness.h"

static plinth_database *db;

enum { MOST = 12 };

/* The keys of a call, from a text: each letter is a key, '.' is the empty one. */
static size_t letters(const char *text, plinth_slice *keys) {
    size_t count = strlen(text);
    for (size_t i = 0; i < count; i++) {
        keys[i] = (plinth_slice){(const uint8_t *)text + i, text[i] == '.' ? 0 : 1};
    }
    return count;
}

/* Values as text: "2 absent 4", or "error 1007". Stays valid for seven more calls. */
static const char *values_text(plinth_error error, const plinth_values *values) {
    static char texts[8][512];
    static int next;
    char *text = texts[next++ % 8];
    size_t at = 0;
    text[0] = 0;
    if (error != 0) {
        CHECK(values->items == NULL && values->count == 0 && values->owner == NULL);
        snprintf(text, sizeof texts[0], "error %" PRId32, error);
        return text;
    }
    for (size_t i = 0; i < values->count; i++) {
        char shown[64];
        CHECK(values->items[i].data != NULL || values->items[i].len == 0);
        bytes_print(shown, sizeof shown, values->items[i].data, values->items[i].len);
        at += (size_t)snprintf(text + at, sizeof texts[0] - at, "%s%s", i == 0 ? "" : " ",
                               values->items[i].data == NULL ? "absent" : values->items[i].len == 0 ? "empty" : shown);
    }
    return text;
}

static const char *many_in(plinth_transaction *tr, plinth_keyspace *ks, const char *which, bool snapshot) {
    plinth_slice keys[MOST];
    plinth_values values;
    plinth_error error;
    const char *text;
    memset(&values, 0xab, sizeof values);
    error = plinth_transaction_get_many(tr, ks, keys, letters(which, keys), snapshot, &values);
    text = values_text(error, &values);
    plinth_values_free(&values);
    CHECK(values.items == NULL && values.owner == NULL);
    return text;
}

static const char *many(plinth_transaction *tr, const char *which) {
    return many_in(tr, NULL, which, false);
}

static const char *many_async(plinth_transaction *tr, const char *which, bool snapshot) {
    plinth_slice keys[MOST];
    const char *text;
    outcome o;
    outcome_begin(&o);
    CHECK_OK(plinth_transaction_get_many_async(tr, NULL, keys, letters(which, keys), snapshot, on_values, &o, on_finish));
    text = values_text(outcome_wait(&o), &o.values);
    outcome_end(&o);
    return text;
}

/* GET-1, GET-2: in any order, some twice, some absent. */
static void values_come_in_the_order_of_the_keys_get1_get2(void) {
    plinth_transaction *tr = seeded(db);
    CHECK_TEXT(many(tr, "bdf"), "2 4 6");
    CHECK_TEXT(many(tr, "fab.fcf"), "6 absent 2 absent 6 absent 6");
    CHECK_TEXT(many(tr, "a"), "absent");
    CHECK_TEXT(many(tr, ""), "");
    CHECK_TEXT(many_async(tr, "fab.f", false), "6 absent 2 absent 6");
    CHECK_TEXT(many_async(tr, "", true), "");
    CHECK_OK(tr_set(tr, B("e"), B("")));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_TEXT(many(tr, "ed"), "empty 4");
    destroy(tr);
}

/* RYW-1, RYW-3, RYW-13: sets, clears, and operations on what is stored and what is not. */
static void own_writes_are_seen_ryw1_ryw3(void) {
    plinth_transaction *tr = seeded(db);
    CHECK_OK(tr_set(tr, B("a"), B("own")));
    CHECK_OK(tr_clear(tr, B("b")));
    CHECK_OK(plinth_transaction_atomic_op(tr, NULL, PLINTH_MUTATION_APPEND_IF_FITS, (const uint8_t *)"d", 1, (const uint8_t *)"!", 1));
    CHECK_OK(plinth_transaction_atomic_op(tr, NULL, PLINTH_MUTATION_APPEND_IF_FITS, (const uint8_t *)"e", 1, (const uint8_t *)"!", 1));
    CHECK_TEXT(many(tr, "abdefd"), "own absent 4! ! 6 4!");
    CHECK_TEXT(many_in(tr, NULL, "abdef", true), "own absent 4! ! 6");
    CHECK_TEXT(many_async(tr, "abdef", false), "own absent 4! ! 6");
    destroy(tr);
}

/* RYW-7: nor without. */
static void without_read_your_writes_the_stored_values_are_seen_ryw7(void) {
    plinth_transaction *tr = seeded(db);
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_READ_YOUR_WRITES_DISABLE, 0));
    CHECK_OK(tr_set(tr, B("b"), B("own")));
    CHECK_TEXT(many(tr, "bd"), "2 4");
    destroy(tr);
}

/* RYW-8, COM-4: as a single read of that key would, and the others leave no conflict. */
static void an_unreadable_key_fails_the_call_ryw8_com4(void) {
    static const uint8_t stamp[10] = {0};
    plinth_transaction *tr = seeded(db);
    CHECK_OK(plinth_transaction_set_versionstamped_value(tr, NULL, (const uint8_t *)"d", 1, stamp, sizeof stamp, 0));
    CHECK_TEXT(many(tr, "bf"), "2 6");
    CHECK_TEXT(many(tr, "bdf"), "error 1036");
    CHECK_TEXT(many_async(tr, "fd", false), "error 1036");
    CHECK_CODE(plinth_transaction_commit(tr), PLINTH_ERROR_ACCESSED_UNREADABLE);
    destroy(tr);
}

/* Whether a transaction that read so commits when `key` was changed meanwhile. */
static plinth_error outcome_of(const char *which, bool snapshot, bytes own, const char *changed) {
    plinth_transaction *tr = seeded(db);
    plinth_error error;
    if (own.data != NULL) {
        CHECK_OK(tr_set(tr, own, B("own")));
    }
    (void)many_in(tr, NULL, which, snapshot);
    put(db, bytes_of(changed, 1), B("new"));
    CHECK_OK(tr_set(tr, B("x"), B("1")));
    error = plinth_transaction_commit(tr);
    destroy(tr);
    return error;
}

/* CONF-2, CONF-3, CONF-7: each key conflicts, and nothing between them. */
static void each_key_conflicts_conf2_conf3_conf7(void) {
    for (const char *changed = "bcf"; *changed != 0; changed++) {
        CHECK_CODE(outcome_of("fcb", false, ABSENT, changed), PLINTH_ERROR_NOT_COMMITTED);
        CHECK_CODE(outcome_of("fcb", true, ABSENT, changed), 0);
    }
    CHECK_CODE(outcome_of("fcb", false, ABSENT, "d"), 0);
    CHECK_CODE(outcome_of("fcb", false, ABSENT, "a"), 0);
    CHECK_CODE(outcome_of("fcb", false, B("c"), "c"), 0);
    CHECK_CODE(outcome_of("fcb", false, B("c"), "f"), PLINTH_ERROR_NOT_COMMITTED);
}

/* DATA-5: and the transaction is as before: nothing conflicts, and it can commit. */
static void a_key_that_is_not_legal_fails_the_call_data5(void) {
    plinth_slice keys[] = {{(const uint8_t *)"b", 1}, {(const uint8_t *)"\xff", 1}, {(const uint8_t *)"d", 1}};
    plinth_transaction *tr = seeded(db);
    plinth_values values;
    CHECK_CODE(plinth_transaction_get_many(tr, NULL, keys, 3, false, &values), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
    CHECK(values.items == NULL && values.count == 0);
    put(db, B("b"), B("new"));
    CHECK_OK(tr_set(tr, B("x"), B("1")));
    CHECK_OK(plinth_transaction_commit(tr));
    destroy(tr);
}

/* SPEC-1: a special key among the others. */
static void special_keys_are_computed_spec1(void) {
    plinth_slice keys[] = {{(const uint8_t *)"b", 1}, {(const uint8_t *)"\xff\xff/status/json", 14}, {(const uint8_t *)"d", 1}};
    plinth_slice wrong[] = {{(const uint8_t *)"b", 1}, {(const uint8_t *)"\xff\xff/no/such", 10}};
    plinth_transaction *tr = seeded(db);
    plinth_values values;
    CHECK_OK(plinth_transaction_get_many(tr, NULL, keys, 3, false, &values));
    if (CHECK_INT(values.count, 3)) {
        CHECK_BYTES(values.items[0].data, values.items[0].len, B("2"));
        CHECK(values.items[1].len > 2 && values.items[1].data[0] == '{');
        CHECK_BYTES(values.items[2].data, values.items[2].len, B("4"));
    }
    plinth_values_free(&values);
    CHECK_OK(plinth_transaction_get_many(tr, NULL, keys + 1, 1, false, &values));
    CHECK(values.count == 1 && values.items[0].len > 2);
    plinth_values_free(&values);
    CHECK_CODE(plinth_transaction_get_many(tr, NULL, wrong, 2, false, &values), PLINTH_ERROR_SPECIAL_KEYS_NO_MODULE_FOUND);
    destroy(tr);
}

static void keyspaces_are_apart(void) {
    plinth_transaction *tr = seeded(db);
    plinth_keyspace *ks;
    CHECK_OK(plinth_keyspace_open(db, "other", &ks));
    put_in(db, ks, B("d"), B("elsewhere"));
    CHECK_TEXT(many_in(tr, ks, "bd", false), "absent elsewhere");
    CHECK_TEXT(many(tr, "bd"), "2 4");
    CHECK_OK(plinth_keyspace_close(ks));
    CHECK_OK(plinth_keyspace_drop(db, "other"));
    destroy(tr);
}

/* A call that asks for too much is refused, and no read has failed. */
static void keys_and_bytes_are_limited(void) {
    enum { KEYS = 10001, LONG = 100000 };
    static plinth_slice keys[KEYS];
    plinth_database_options patient = database_options();
    plinth_database *own_db;
    plinth_transaction *tr;
    uint8_t *value = calloc(1, LONG);
    plinth_values values;
    patient.window_ms = 600000; /* so many values take a slow machine under Valgrind longer than five seconds */
    own_db = open_with(":memory:", &patient);
    tr = seeded(own_db);
    CHECK_OK(tr_set(tr, B("long"), bytes_of(value, LONG)));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_reset(tr));
    for (int i = 0; i < KEYS; i++) {
        keys[i] = (plinth_slice){(const uint8_t *)(i % 2 == 0 ? "b" : "c"), 1};
    }
    CHECK_CODE(plinth_transaction_get_many(tr, NULL, keys, KEYS, false, &values), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK_OK(plinth_transaction_get_many(tr, NULL, keys, KEYS - 1, true, &values));
    CHECK_INT(values.count, KEYS - 1);
    plinth_values_free(&values);
    for (int own = 0; own < 2; own++) {
        for (int i = 0; i < 1001; i++) {
            keys[i] = (plinth_slice){(const uint8_t *)"long", 4};
        }
        CHECK_CODE(plinth_transaction_get_many(tr, NULL, keys, 1001, false, &values), PLINTH_ERROR_MEMORY_LIMIT_EXCEEDED);
        CHECK(values.items == NULL);
        CHECK_OK(plinth_transaction_get_many(tr, NULL, keys, 1000, false, &values));
        CHECK(values.count == 1000 && values.items[999].len == LONG);
        plinth_values_free(&values);
        CHECK_OK(tr_set(tr, B("long"), bytes_of(value, LONG)));
    }
    CHECK_OK(plinth_transaction_commit(tr));
    free(value);
    destroy(tr);
    CHECK_OK(plinth_database_close(own_db));
}

static void values_outlive_transaction_and_database(void) {
    path place = temporary_path();
    plinth_database *own = open_buffered(place.text);
    static uint8_t large[5000];
    plinth_slice keys[] = {{(const uint8_t *)"large", 5}, {(const uint8_t *)"none", 4}, {(const uint8_t *)"small", 5}};
    plinth_transaction *tr;
    plinth_values values, copy;
    memset(large, 'x', sizeof large);
    put(own, B("large"), bytes_of(large, sizeof large));
    put(own, B("small"), B("value"));
    CHECK_OK(plinth_database_close(own));
    own = open_buffered(place.text);
    tr = begin(own);
    CHECK_OK(plinth_transaction_get_many(tr, NULL, keys, 3, false, &values));
    destroy(tr);
    CHECK_OK(plinth_database_close(own));
    CHECK_BYTES(values.items[0].data, values.items[0].len, bytes_of(large, sizeof large));
    CHECK(values.items[1].data == NULL);
    CHECK_BYTES(values.items[2].data, values.items[2].len, B("value"));
    copy = values;
    plinth_values_free(&values);
    plinth_values_free(&copy);
    plinth_values_free(&values);
    remove_tree(place.text);
}

/* What ended the transaction ends the call, before and while it is under way. */
static void an_ended_transaction_reads_nothing(void) {
    plinth_transaction *tr = seeded(db);
    CHECK_OK(plinth_transaction_cancel(tr));
    CHECK_TEXT(many(tr, "b"), "error 1025");
    CHECK_TEXT(many(tr, ""), "error 1025");
    CHECK_TEXT(many_async(tr, "b", false), "error 1025");
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_TEXT(many(tr, "b"), "error 2017");
    destroy(tr);
}

/* LIM-7, CONF-9: twins, one of which reads each key by itself, see the same and weigh the same after every step. */
static void the_call_is_the_same_as_so_many_single_reads_lim7(void) {
    for (int round = 0; round < scaled(300); round++) {
        plinth_transaction *single = seeded(db), *all = begin(db);
        bool hidden = random_below(4) == 0;
        if (hidden) {
            CHECK_OK(plinth_transaction_set_option(single, PLINTH_OPTION_READ_YOUR_WRITES_DISABLE, 0));
            CHECK_OK(plinth_transaction_set_option(all, PLINTH_OPTION_READ_YOUR_WRITES_DISABLE, 0));
        }
        for (int step = 0; step < 8; step++) {
            uint8_t key = (uint8_t)('a' + random_below(7)), operand = (uint8_t)('A' + random_below(20));
            bool snapshot = random_below(3) == 0;
            int64_t one = -1, other = -2;
            char which[MOST];
            plinth_slice keys[MOST];
            plinth_values values;
            size_t count = (size_t)random_below(MOST - 1);
            for (int twin = 0; twin < 2; twin++) {
                plinth_transaction *tr = twin == 0 ? single : all;
                switch (operand % 3) {
                case 0: CHECK_OK(plinth_transaction_set(tr, NULL, &key, 1, &operand, 1)); break;
                case 1: CHECK_OK(plinth_transaction_clear(tr, NULL, &key, 1)); break;
                default: CHECK_OK(plinth_transaction_atomic_op(tr, NULL, PLINTH_MUTATION_APPEND_IF_FITS, &key, 1, &operand, 1));
                }
            }
            for (size_t i = 0; i < count; i++) {
                which[i] = (char)('a' + random_below(7));
            }
            which[count] = 0;
            CHECK_OK(plinth_transaction_get_many(all, NULL, keys, letters(which, keys), snapshot, &values));
            for (size_t i = 0; i < count; i++) {
                bytes want = bytes_of(values.items[i].data, values.items[i].len);
                harness_value(single, NULL, bytes_of(keys[i].data, keys[i].len), snapshot, want, "a twin", __FILE__, __LINE__);
            }
            plinth_values_free(&values);
            CHECK_OK(plinth_transaction_get_approximate_size(single, &one));
            CHECK_OK(plinth_transaction_get_approximate_size(all, &other));
            CHECK_INT(one, other);
        }
        destroy(single);
        destroy(all);
    }
}

/* TX-2: a reader sees both halves of what each commit writes, or neither. */
static void one_writer(long number, void *user) {
    plinth_transaction *tr = begin(db);
    (void)number;
    for (int i = 0; i < scaled(300); i++) {
        char value[16];
        int length = snprintf(value, sizeof value, "%d", i);
        CHECK_OK(tr_set(tr, B("b"), bytes_of(value, (size_t)length)));
        CHECK_OK(tr_set(tr, B("f"), bytes_of(value, (size_t)length)));
        CHECK_OK(plinth_transaction_commit(tr));
        CHECK_OK(plinth_transaction_reset(tr));
    }
    count_add((long *)user, 1);
    destroy(tr);
}

static void all_keys_are_read_at_one_moment_tx2(void) {
    plinth_transaction *tr = seeded(db);
    thread writer;
    long done = 0, reads = 0;
    CHECK_OK(tr_set(tr, B("f"), B("2")));
    CHECK_OK(plinth_transaction_commit(tr));
    thread_start(&writer, one_writer, 0, &done);
    while (count_read(&done) == 0 || reads == 0) {
        plinth_slice keys[] = {{(const uint8_t *)"f", 1}, {(const uint8_t *)"b", 1}};
        plinth_values values;
        CHECK_OK(plinth_transaction_reset(tr));
        CHECK_OK(plinth_transaction_get_many(tr, NULL, keys, 2, true, &values));
        CHECK_BYTES(values.items[0].data, values.items[0].len, bytes_of(values.items[1].data, values.items[1].len));
        plinth_values_free(&values);
        reads++;
    }
    thread_join(&writer);
    destroy(tr);
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    db = open_memory();
    RUN(values_come_in_the_order_of_the_keys_get1_get2);
    RUN(own_writes_are_seen_ryw1_ryw3);
    RUN(without_read_your_writes_the_stored_values_are_seen_ryw7);
    RUN(an_unreadable_key_fails_the_call_ryw8_com4);
    RUN(each_key_conflicts_conf2_conf3_conf7);
    RUN(a_key_that_is_not_legal_fails_the_call_data5);
    RUN(special_keys_are_computed_spec1);
    RUN(keyspaces_are_apart);
    RUN(keys_and_bytes_are_limited);
    RUN(values_outlive_transaction_and_database);
    RUN(an_ended_transaction_reads_nothing);
    RUN(the_call_is_the_same_as_so_many_single_reads_lim7);
    RUN(all_keys_are_read_at_one_moment_tx2);
    CHECK_OK(plinth_database_close(db));
    return harness_end();
}
