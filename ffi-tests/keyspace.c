/*
 * Keyspaces: open, list, drop, names; transactions that span them; conflicts that do not.
 * Design D9 and the comments of the header.
 */
#include "harness.h"
#include "words.h"

static plinth_keyspace *keyspace(plinth_database *db, const char *name) {
    plinth_keyspace *ks = NULL;
    CHECK_OK(plinth_keyspace_open(db, name, &ks));
    return ks;
}

/* The names as one text, separated by spaces. */
static const char *names(plinth_database *db) {
    static char text[2048];
    size_t at = 0;
    plinth_range range;
    text[0] = 0;
    CHECK_OK(plinth_keyspace_list(db, &range));
    for (size_t i = 0; i < range.count; i++) {
        CHECK(range.items[i].value != NULL && range.items[i].value_len == 0);
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%.*s", i == 0 ? "" : " ", (int)range.items[i].key_len,
                               (const char *)range.items[i].key);
    }
    plinth_range_free(&range);
    return text;
}

static plinth_error set_in(plinth_transaction *tr, plinth_keyspace *ks, bytes key, bytes value) {
    return plinth_transaction_set(tr, ks, key.data, key.len, value.data, value.len);
}

/* Each keyspace is an ordered map of its own. (DATA-1) */
static void the_same_key_has_a_value_in_each_keyspace(void) {
    plinth_database *db = open_memory();
    plinth_keyspace *a = keyspace(db, "a"), *b = keyspace(db, "b");
    plinth_transaction *tr;
    put(db, B("key"), B("default"));
    put_in(db, a, B("key"), B("in a"));
    tr = begin(db);
    CHECK_VALUE(tr, B("key"), B("default"));
    CHECK_VALUE_IN(tr, a, B("key"), B("in a"));
    CHECK_VALUE_IN(tr, b, B("key"), ABSENT);
    CHECK_TEXT(scan_in(tr, a, at_or_after(B("")), at_or_after(B("\xff")), NULL), "key=in a");
    CHECK_TEXT(scan_in(tr, b, at_or_after(B("")), at_or_after(B("\xff")), NULL), "");
    destroy(tr);
    CHECK_OK(plinth_keyspace_close(a));
    CHECK_OK(plinth_keyspace_close(b));
    CHECK_OK(plinth_database_close(db));
}

static void own_writes_stay_in_their_keyspace(void) {
    plinth_database *db = open_memory();
    plinth_keyspace *a = keyspace(db, "a");
    plinth_transaction *tr = begin(db);
    CHECK_OK(set_in(tr, a, B("key"), B("in a")));
    CHECK_VALUE(tr, B("key"), ABSENT);
    CHECK_VALUE_IN(tr, a, B("key"), B("in a"));
    CHECK_OK(tr_clear_range(tr, B(""), B("\xff")));
    CHECK_VALUE_IN(tr, a, B("key"), B("in a"));
    destroy(tr);
    CHECK_OK(plinth_keyspace_close(a));
    CHECK_OK(plinth_database_close(db));
}

static void default_is_the_name_of_the_null_keyspace(void) {
    plinth_database *db = open_memory();
    plinth_keyspace *ks = keyspace(db, "default");
    plinth_transaction *tr;
    put_in(db, ks, B("key"), B("value"));
    tr = begin(db);
    CHECK_VALUE(tr, B("key"), B("value"));
    CHECK_OK(tr_set(tr, B("own"), B("write")));
    CHECK_VALUE_IN(tr, ks, B("own"), B("write"));
    destroy(tr);
    CHECK_OK(plinth_keyspace_close(ks));
    CHECK_OK(plinth_database_close(db));
}

static void two_handles_of_one_name_are_one_keyspace(void) {
    plinth_database *db = open_memory();
    plinth_keyspace *one = keyspace(db, "a"), *two = keyspace(db, "a");
    plinth_transaction *tr;
    CHECK(one != two);
    put_in(db, one, B("key"), B("value"));
    CHECK_OK(plinth_keyspace_close(one));
    tr = begin(db);
    CHECK_VALUE_IN(tr, two, B("key"), B("value"));
    CHECK_CODE(tr_touch_in(tr, one, B("key"), false), PLINTH_ERROR_INVALID_HANDLE);
    destroy(tr);
    CHECK_OK(plinth_keyspace_close(two));
    CHECK_OK(plinth_database_close(db));
}

static void a_list_has_the_default_first_and_the_rest_in_byte_order(void) {
    plinth_database *db = open_memory();
    static const char *const created[] = {"zebra", "Ape", "ape", "a\xc3\xa9", "b"};
    CHECK_TEXT(names(db), "default");
    for (size_t i = 0; i < sizeof created / sizeof created[0]; i++) {
        CHECK_OK(plinth_keyspace_close(keyspace(db, created[i])));
    }
    CHECK_TEXT(names(db), "default Ape ape a\xc3\xa9 b zebra");
    CHECK_OK(plinth_database_close(db));
}

/* One transaction, one commit. (COM-7, COM-8) */
static void a_commit_across_keyspaces_is_all_or_nothing(void) {
    plinth_database *db = open_memory();
    plinth_keyspace *a = keyspace(db, "a"), *b = keyspace(db, "b");
    plinth_transaction *tr = begin(db), *reader;
    CHECK_OK(tr_touch_in(tr, a, B("guard"), false));
    CHECK_OK(set_in(tr, a, B("key"), B("1")));
    CHECK_OK(set_in(tr, b, B("key"), B("1")));
    put_in(db, a, B("guard"), B("changed"));
    CHECK_CODE(plinth_transaction_commit(tr), PLINTH_ERROR_NOT_COMMITTED);
    reader = begin(db);
    CHECK_VALUE_IN(reader, a, B("key"), ABSENT);
    CHECK_VALUE_IN(reader, b, B("key"), ABSENT);
    destroy(reader);
    CHECK_OK(plinth_transaction_reset(tr));
    reader = begin(db);
    CHECK_VALUE_IN(reader, a, B("key"), ABSENT);
    CHECK_OK(set_in(tr, a, B("key"), B("2")));
    CHECK_OK(set_in(tr, b, B("key"), B("2")));
    CHECK_OK(tr_set(tr, B("key"), B("2")));
    CHECK_OK(plinth_transaction_commit(tr));
    /* The older reader sees none of the three, a new one all. */
    CHECK_VALUE_IN(reader, b, B("key"), ABSENT);
    CHECK_VALUE(reader, B("key"), ABSENT);
    destroy(reader);
    reader = begin(db);
    CHECK_VALUE_IN(reader, a, B("key"), B("2"));
    CHECK_VALUE_IN(reader, b, B("key"), B("2"));
    CHECK_VALUE(reader, B("key"), B("2"));
    destroy(reader);
    destroy(tr);
    CHECK_OK(plinth_keyspace_close(a));
    CHECK_OK(plinth_keyspace_close(b));
    CHECK_OK(plinth_database_close(db));
}

typedef struct {
    plinth_database *db;
    plinth_keyspace *a, *b;
    long done;
} mover;

static void check_equal(long number, void *user) {
    mover *m = (mover *)user;
    (void)number;
    while (count_read(&m->done) == 0) {
        plinth_transaction *tr = begin(m->db);
        plinth_value one, two;
        CHECK_OK(plinth_transaction_get(tr, m->a, (const uint8_t *)"n", 1, &one));
        CHECK_OK(plinth_transaction_get(tr, m->b, (const uint8_t *)"n", 1, &two));
        CHECK_BYTES(one.data, one.len, bytes_of(two.data, two.len));
        plinth_value_free(&one);
        plinth_value_free(&two);
        destroy(tr);
    }
}

/* All at one version. (COM-8, VER-12) */
static void readers_never_see_half_of_a_commit_across_keyspaces(void) {
    mover m = {open_memory(), NULL, NULL, 0};
    thread readers[2];
    long rounds = scaled(3000);
    m.a = keyspace(m.db, "a");
    m.b = keyspace(m.db, "b");
    for (long i = 0; i <= rounds; i++) {
        char text[24];
        plinth_transaction *tr = begin(m.db);
        snprintf(text, sizeof text, "%ld", i);
        CHECK_OK(set_in(tr, m.a, B("n"), bytes_of(text, strlen(text))));
        CHECK_OK(set_in(tr, m.b, B("n"), bytes_of(text, strlen(text))));
        CHECK_OK(plinth_transaction_commit(tr));
        destroy(tr);
        if (i == 0) {
            thread_start(&readers[0], check_equal, 0, &m);
            thread_start(&readers[1], check_equal, 1, &m);
        }
    }
    count_add(&m.done, 1);
    thread_join(&readers[0]);
    thread_join(&readers[1]);
    CHECK_OK(plinth_keyspace_close(m.a));
    CHECK_OK(plinth_keyspace_close(m.b));
    CHECK_OK(plinth_database_close(m.db));
}

static void conflicts_never_cross_keyspaces(void) {
    plinth_database *db = open_memory();
    plinth_keyspace *a = keyspace(db, "a"), *b = keyspace(db, "b");
    plinth_transaction *tr = begin(db);
    CHECK_OK(tr_touch_in(tr, a, B("key"), false));
    CHECK_TEXT(scan_in(tr, a, at_or_after(B("")), at_or_after(B("\xff")), NULL), "");
    CHECK_OK(set_in(tr, a, B("mine"), B("1")));
    put(db, B("key"), B("other keyspace"));
    put_in(db, b, B("key"), B("other keyspace"));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_OK(tr_touch_in(tr, a, B("key"), false));
    CHECK_OK(set_in(tr, a, B("mine"), B("1")));
    put_in(db, a, B("key"), B("same keyspace"));
    CHECK_CODE(plinth_transaction_commit(tr), PLINTH_ERROR_NOT_COMMITTED);
    destroy(tr);
    CHECK_OK(plinth_keyspace_close(a));
    CHECK_OK(plinth_keyspace_close(b));
    CHECK_OK(plinth_database_close(db));
}

static void explicit_conflict_ranges_stay_in_their_keyspace(void) {
    plinth_database *db = open_memory();
    plinth_keyspace *a = keyspace(db, "a");
    plinth_transaction *tr = begin(db), *other = begin(db);
    int64_t version;
    CHECK_OK(plinth_transaction_get_read_version(tr, &version));
    CHECK_OK(plinth_transaction_add_read_conflict(tr, a, (const uint8_t *)"k", 1));
    CHECK_OK(tr_set(tr, B("out"), B("1")));
    CHECK_OK(plinth_transaction_add_write_conflict_range(other, NULL, (const uint8_t *)"a", 1, (const uint8_t *)"z", 1));
    CHECK_OK(plinth_transaction_commit(other));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_OK(plinth_transaction_reset(other));
    CHECK_OK(plinth_transaction_get_read_version(tr, &version));
    CHECK_OK(plinth_transaction_add_read_conflict(tr, a, (const uint8_t *)"k", 1));
    CHECK_OK(tr_set(tr, B("out"), B("1")));
    CHECK_OK(plinth_transaction_add_write_conflict_range(other, a, (const uint8_t *)"a", 1, (const uint8_t *)"z", 1));
    CHECK_OK(plinth_transaction_commit(other));
    CHECK_CODE(plinth_transaction_commit(tr), PLINTH_ERROR_NOT_COMMITTED);
    destroy(tr);
    destroy(other);
    CHECK_OK(plinth_keyspace_close(a));
    CHECK_OK(plinth_database_close(db));
}

static void a_dropped_keyspace_fails_every_call(void) {
    plinth_database *db = open_memory();
    plinth_keyspace *ks = keyspace(db, "gone");
    plinth_transaction *user = begin(db), *fresh, *bystander = begin(db);
    plinth_value value;
    plinth_range range;
    plinth_key_selector s = at_or_after(B("a")), e = at_or_after(B("z"));
    int64_t size;
    put_in(db, ks, B("key"), B("value"));
    CHECK_OK(set_in(user, ks, B("key"), B("mine")));
    CHECK_OK(tr_set(bystander, B("by"), B("stander")));
    CHECK_OK(plinth_keyspace_drop(db, "gone"));
    fresh = begin(db);
    CHECK_CODE(plinth_transaction_get(fresh, ks, (const uint8_t *)"k", 1, &value), PLINTH_ERROR_KEYSPACE_DROPPED);
    CHECK(value.data == NULL && value.owner == NULL);
    CHECK_CODE(plinth_transaction_snapshot_get(fresh, ks, (const uint8_t *)"k", 1, &value), PLINTH_ERROR_KEYSPACE_DROPPED);
    CHECK_CODE(plinth_transaction_get_key(fresh, ks, &s, false, &value), PLINTH_ERROR_KEYSPACE_DROPPED);
    CHECK_CODE(plinth_transaction_get_range(fresh, ks, &s, &e, NULL, &range), PLINTH_ERROR_KEYSPACE_DROPPED);
    CHECK(range.items == NULL && range.count == 0 && !range.more);
    CHECK_CODE(set_in(fresh, ks, B("k"), B("v")), PLINTH_ERROR_KEYSPACE_DROPPED);
    CHECK_CODE(plinth_transaction_clear(fresh, ks, (const uint8_t *)"k", 1), PLINTH_ERROR_KEYSPACE_DROPPED);
    CHECK_CODE(plinth_transaction_clear_range(fresh, ks, (const uint8_t *)"k", 1, (const uint8_t *)"l", 1),
               PLINTH_ERROR_KEYSPACE_DROPPED);
    CHECK_CODE(tr_atomic_in(fresh, ks, PLINTH_MUTATION_ADD, B("k"), B("1")), PLINTH_ERROR_KEYSPACE_DROPPED);
    CHECK_CODE(plinth_transaction_set_versionstamped_key(fresh, ks, (const uint8_t *)"0123456789", 10, 0, (const uint8_t *)"v", 1),
               PLINTH_ERROR_KEYSPACE_DROPPED);
    CHECK_CODE(plinth_transaction_set_versionstamped_value(fresh, ks, (const uint8_t *)"k", 1, (const uint8_t *)"0123456789", 10, 0),
               PLINTH_ERROR_KEYSPACE_DROPPED);
    CHECK_CODE(plinth_transaction_get_estimated_range_size(fresh, ks, (const uint8_t *)"k", 1, (const uint8_t *)"l", 1, &size),
               PLINTH_ERROR_KEYSPACE_DROPPED);
    CHECK_CODE(plinth_transaction_get_range_split_points(fresh, ks, (const uint8_t *)"k", 1, (const uint8_t *)"l", 1, 1000, &range),
               PLINTH_ERROR_KEYSPACE_DROPPED);
    CHECK_CODE(plinth_transaction_add_read_conflict(fresh, ks, (const uint8_t *)"k", 1), PLINTH_ERROR_KEYSPACE_DROPPED);
    CHECK_CODE(plinth_transaction_add_read_conflict_range(fresh, ks, (const uint8_t *)"k", 1, (const uint8_t *)"l", 1),
               PLINTH_ERROR_KEYSPACE_DROPPED);
    CHECK_CODE(plinth_transaction_add_write_conflict_range(fresh, ks, (const uint8_t *)"k", 1, (const uint8_t *)"l", 1),
               PLINTH_ERROR_KEYSPACE_DROPPED);
    /* Who wrote to it cannot commit any more; who did not is not disturbed. */
    CHECK_CODE(plinth_transaction_commit(user), PLINTH_ERROR_KEYSPACE_DROPPED);
    CHECK_OK(plinth_transaction_commit(bystander));
    CHECK_TEXT(names(db), "default");
    destroy(user);
    destroy(fresh);
    destroy(bystander);
    CHECK_OK(plinth_keyspace_close(ks));
    CHECK_OK(plinth_database_close(db));
}

static void a_keyspace_of_a_dropped_name_is_new_and_empty(void) {
    plinth_database *db = open_memory();
    plinth_keyspace *old = keyspace(db, "name"), *new_one;
    plinth_transaction *tr, *user = begin(db);
    put_in(db, old, B("key"), B("old"));
    CHECK_OK(tr_touch_in(user, old, B("key"), false));
    CHECK_OK(set_in(user, old, B("key"), B("from before")));
    CHECK_OK(plinth_keyspace_drop(db, "name"));
    new_one = keyspace(db, "name");
    tr = begin(db);
    CHECK_VALUE_IN(tr, new_one, B("key"), ABSENT);
    CHECK_CODE(tr_touch_in(tr, old, B("key"), false), PLINTH_ERROR_KEYSPACE_DROPPED);
    destroy(tr);
    CHECK_CODE(plinth_transaction_commit(user), PLINTH_ERROR_KEYSPACE_DROPPED);
    destroy(user);
    put_in(db, new_one, B("key"), B("new"));
    tr = begin(db);
    CHECK_VALUE_IN(tr, new_one, B("key"), B("new"));
    destroy(tr);
    CHECK_OK(plinth_keyspace_close(old));
    CHECK_OK(plinth_keyspace_close(new_one));
    CHECK_OK(plinth_database_close(db));
}

static void keyspaces_and_their_keys_survive_a_reopen(void) {
    path where = temporary_path();
    plinth_database *db = open_with(where.text, NULL);
    plinth_keyspace *ks = keyspace(db, "kept");
    plinth_transaction *tr;
    put_in(db, ks, B("key"), B("value"));
    CHECK_OK(plinth_keyspace_close(ks));
    CHECK_OK(plinth_keyspace_close(keyspace(db, "empty")));
    CHECK_OK(plinth_keyspace_close(keyspace(db, "dropped")));
    CHECK_OK(plinth_keyspace_drop(db, "dropped"));
    CHECK_OK(plinth_database_close(db));
    db = open_with(where.text, NULL);
    CHECK_TEXT(names(db), "default empty kept");
    ks = keyspace(db, "kept");
    tr = begin(db);
    CHECK_VALUE_IN(tr, ks, B("key"), B("value"));
    CHECK_VALUE(tr, B("key"), ABSENT);
    destroy(tr);
    CHECK_OK(plinth_keyspace_close(ks));
    CHECK_OK(plinth_database_close(db));
}

static void a_dropped_name_is_empty_after_a_reopen_too(void) {
    path where = temporary_path();
    plinth_database *db = open_with(where.text, NULL);
    plinth_keyspace *ks = keyspace(db, "name");
    plinth_transaction *tr;
    put_in(db, ks, B("key"), B("old"));
    CHECK_OK(plinth_keyspace_close(ks));
    CHECK_OK(plinth_keyspace_drop(db, "name"));
    CHECK_OK(plinth_keyspace_close(keyspace(db, "name")));
    CHECK_OK(plinth_database_close(db));
    db = open_with(where.text, NULL);
    ks = keyspace(db, "name");
    tr = begin(db);
    CHECK_VALUE_IN(tr, ks, B("key"), ABSENT);
    destroy(tr);
    CHECK_OK(plinth_keyspace_close(ks));
    CHECK_OK(plinth_database_close(db));
}

static void bad_names_are_refused(void) {
    plinth_database *db = open_memory();
    plinth_keyspace *ks = (plinth_keyspace *)1;
    char name[300];
    CHECK_CODE(plinth_keyspace_open(db, "", &ks), PLINTH_ERROR_INVALID_KEYSPACE_NAME);
    CHECK(ks == NULL);
    CHECK_CODE(plinth_keyspace_open(db, "plinth.", &ks), PLINTH_ERROR_INVALID_KEYSPACE_NAME);
    CHECK_CODE(plinth_keyspace_open(db, "plinth.system", &ks), PLINTH_ERROR_INVALID_KEYSPACE_NAME);
    CHECK(plinth_keyspace_open(db, "\xff\xfe", &ks) != 0);
    memset(name, 'n', sizeof name);
    name[256] = 0;
    CHECK_CODE(plinth_keyspace_open(db, name, &ks), PLINTH_ERROR_INVALID_KEYSPACE_NAME);
    CHECK_TEXT(names(db), "default");
    name[255] = 0;
    CHECK_OK(plinth_keyspace_open(db, name, &ks));
    CHECK_OK(plinth_keyspace_close(ks));
    CHECK_OK(plinth_keyspace_open(db, "plinth", &ks));
    CHECK_OK(plinth_keyspace_close(ks));
    CHECK_OK(plinth_keyspace_open(db, "x", &ks));
    CHECK_OK(plinth_keyspace_close(ks));
    CHECK_OK(plinth_database_close(db));
}

static void drops_that_cannot_be_are_refused(void) {
    plinth_database *db = open_memory();
    CHECK_CODE(plinth_keyspace_drop(db, "default"), PLINTH_ERROR_INVALID_KEYSPACE_NAME);
    CHECK_CODE(plinth_keyspace_drop(db, "never"), PLINTH_ERROR_KEYSPACE_NOT_FOUND);
    CHECK_OK(plinth_keyspace_close(keyspace(db, "once")));
    CHECK_OK(plinth_keyspace_drop(db, "once"));
    CHECK_CODE(plinth_keyspace_drop(db, "once"), PLINTH_ERROR_KEYSPACE_NOT_FOUND);
    put(db, B("default"), B("unharmed"));
    CHECK_OK(plinth_database_close(db));
}

static void a_keyspace_of_another_database_is_refused(void) {
    plinth_database *one = open_memory(), *two = open_memory();
    plinth_keyspace *ks = keyspace(one, "a"), *same_name = keyspace(two, "a");
    plinth_transaction *tr = begin(two);
    CHECK_CODE(set_in(tr, ks, B("key"), B("value")), PLINTH_ERROR_INVALID_HANDLE);
    CHECK_CODE(tr_touch_in(tr, ks, B("key"), false), PLINTH_ERROR_INVALID_HANDLE);
    CHECK_OK(set_in(tr, same_name, B("key"), B("value")));
    destroy(tr);
    CHECK_OK(plinth_keyspace_close(ks));
    CHECK_OK(plinth_keyspace_close(same_name));
    CHECK_OK(plinth_database_close(one));
    CHECK_OK(plinth_database_close(two));
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    RUN(the_same_key_has_a_value_in_each_keyspace);
    RUN(own_writes_stay_in_their_keyspace);
    RUN(default_is_the_name_of_the_null_keyspace);
    RUN(two_handles_of_one_name_are_one_keyspace);
    RUN(a_list_has_the_default_first_and_the_rest_in_byte_order);
    RUN(a_commit_across_keyspaces_is_all_or_nothing);
    RUN(readers_never_see_half_of_a_commit_across_keyspaces);
    RUN(conflicts_never_cross_keyspaces);
    RUN(explicit_conflict_ranges_stay_in_their_keyspace);
    RUN(a_dropped_keyspace_fails_every_call);
    RUN(a_keyspace_of_a_dropped_name_is_new_and_empty);
    RUN(keyspaces_and_their_keys_survive_a_reopen);
    RUN(a_dropped_name_is_empty_after_a_reopen_too);
    RUN(bad_names_are_refused);
    RUN(drops_that_cannot_be_are_refused);
    RUN(a_keyspace_of_another_database_is_refused);
    return harness_end();
}
