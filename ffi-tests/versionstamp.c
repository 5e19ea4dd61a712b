/*
 * Versionstamps (VST-1 to VST-6, COM-12): what a stamp is, where it goes in keys and values, which
 * places are refused, and that stamps are unique and grow: over threads, over reopening, and over
 * a process that is killed with commits that were not synced.
 */
#include "harness.h"
#include "words.h"

static plinth_database *db;

#define TEN B("0123456789")
#define NOTHING B("")

/* The transaction's stamp, after a commit that must succeed. */
static stamp commit_stamp(plinth_transaction *tr) {
    CHECK_OK(plinth_transaction_commit(tr));
    return stamp_of(tr);
}

/* ------------------------------------------------------------------ what a stamp is */

/* VST-1: the commit version in eight big-endian bytes, then two for the place in a batch. (VST-1, VER-3) */
static void a_stamp_is_the_committed_version_and_a_place_in_its_batch(void) {
    plinth_transaction *tr = begin(db);
    stamp last = stamp_at(0, 0);
    for (int i = 0; i < 20; i++) {
        stamp got, low, high;
        CHECK_OK(tr_set(tr, B("key"), B("value")));
        got = commit_stamp(tr);
        low = stamp_at(committed_version_of(tr), 0);
        high = stamp_at(committed_version_of(tr), 32767);
        CHECK(stamp_order(&got, &low) >= 0 && stamp_order(&got, &high) <= 0);
        CHECK(stamp_order(&got, &last) > 0);
        last = got;
        CHECK_OK(plinth_transaction_reset(tr));
    }
    destroy(tr);
}

/* What get_versionstamp says is what keys and values got, all the same one. (VST-1, VST-2, VST-3) */
static void all_stamped_operations_of_a_transaction_get_its_one_stamp(void) {
    plinth_transaction *tr = begin(db);
    stamp got;
    joined a, b, c, value;
    empty(db);
    CHECK_OK(tr_stamped_key(tr, B("a/0123456789"), 2, B("1")));
    CHECK_OK(tr_stamped_key(tr, B("b/0123456789/z"), 2, B("2")));
    CHECK_OK(tr_stamped_key(tr, B("c0123456789"), 1, B("")));
    CHECK_OK(tr_stamped_value(tr, B("x"), TEN, 0));
    CHECK_OK(tr_stamped_value(tr, B("y"), B("<0123456789>"), 1));
    got = commit_stamp(tr);
    CHECK_OK(plinth_transaction_reset(tr));
    a = join(B("a/"), &got, NOTHING);
    b = join(B("b/"), &got, B("/z"));
    c = join(B("c"), &got, NOTHING);
    value = join(B("<"), &got, B(">"));
    CHECK_VALUE(tr, joined_bytes(&a), B("1"));
    CHECK_VALUE(tr, joined_bytes(&b), B("2"));
    CHECK_VALUE(tr, joined_bytes(&c), B(""));
    CHECK_VALUE(tr, B("x"), bytes_of(got.data, 10));
    CHECK_VALUE(tr, B("y"), joined_bytes(&value));
    /* The placeholders themselves are not there. */
    CHECK_VALUE(tr, B("a/0123456789"), ABSENT);
    CHECK_VALUE(tr, B("c0123456789"), ABSENT);
    destroy(tr);
}

/* COM-12 as a call: 2020 without a successful commit, 2021 after a read-only one, and then zeroed. (COM-12, COM-1) */
static void a_stamp_is_there_after_a_write_commit_only(void) {
    plinth_transaction *tr = begin(db);
    stamp got = stamp_at(1, 1);
    CHECK_CODE(plinth_transaction_get_versionstamp(tr, got.data), PLINTH_ERROR_TRANSACTION_INVALID_VERSION);
    CHECK(is_zero(&got, sizeof got));
    CHECK_OK(tr_stamped_value(tr, B("key"), TEN, 0));
    CHECK_CODE(plinth_transaction_get_versionstamp(tr, got.data), PLINTH_ERROR_TRANSACTION_INVALID_VERSION);
    got = commit_stamp(tr);
    CHECK(!is_zero(&got, sizeof got));
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_CODE(plinth_transaction_get_versionstamp(tr, got.data), PLINTH_ERROR_TRANSACTION_INVALID_VERSION);
    CHECK_OK(tr_touch(tr, B("key")));
    CHECK_OK(plinth_transaction_commit(tr));
    got = stamp_at(1, 1);
    CHECK_CODE(plinth_transaction_get_versionstamp(tr, got.data), PLINTH_ERROR_NO_COMMIT_VERSION);
    CHECK(is_zero(&got, sizeof got));
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_CODE(plinth_transaction_get_versionstamp(tr, got.data), PLINTH_ERROR_TRANSACTION_INVALID_VERSION);
    destroy(tr);
}

/* A commit that failed, and an on_error, leave no stamp; a bare write conflict range gives one. (COM-12, COM-2) */
static void a_failed_commit_leaves_no_stamp(void) {
    plinth_transaction *tr = begin(db);
    stamp got, low;
    CHECK_OK(tr_touch(tr, B("guard")));
    CHECK_OK(tr_stamped_value(tr, B("doomed"), TEN, 0));
    put(db, B("guard"), B("changed"));
    CHECK_CODE(plinth_transaction_commit(tr), PLINTH_ERROR_NOT_COMMITTED);
    CHECK_CODE(plinth_transaction_get_versionstamp(tr, got.data), PLINTH_ERROR_TRANSACTION_INVALID_VERSION);
    CHECK_OK(plinth_transaction_on_error(tr, PLINTH_ERROR_NOT_COMMITTED));
    CHECK_CODE(plinth_transaction_get_versionstamp(tr, got.data), PLINTH_ERROR_TRANSACTION_INVALID_VERSION);
    CHECK_VALUE(tr, B("doomed"), ABSENT);
    CHECK_OK(tr_write_conflict(tr, B("a"), B("b")));
    got = commit_stamp(tr);
    low = stamp_at(committed_version_of(tr), 0);
    CHECK(stamp_order(&got, &low) >= 0);
    CHECK_OK(plinth_transaction_on_error(tr, PLINTH_ERROR_NOT_COMMITTED));
    CHECK_CODE(plinth_transaction_get_versionstamp(tr, got.data), PLINTH_ERROR_TRANSACTION_INVALID_VERSION);
    destroy(tr);
}

/* ------------------------------------------------------------------ where it goes */

static const struct {
    bytes before, after;
} places[] = {{L(""), L("")},       {L(""), L("end")},   {L("begin"), L("")},     {L("begin"), L("end")},
              {L("\0\xfe"), L("")}, {L("a"), L("\xff")}, {L("ten bytes!"), L("")}};
#define PLACES (sizeof places / sizeof places[0])

/* Key and value with the stamp at one place, in this ABI's form or in FoundationDB's own one. */
static void set_at_place(plinth_transaction *tr, size_t i, bool own_form) {
    stamp placeholder = stamp_at(0, 0);
    joined text = join(places[i].before, &placeholder, places[i].after);
    uint32_t offset = (uint32_t)places[i].before.len;
    joined suffixed = with_offset(joined_bytes(&text), offset);
    if (own_form) {
        CHECK_OK(tr_atomic(tr, PLINTH_MUTATION_SET_VERSIONSTAMPED_KEY, joined_bytes(&suffixed), B("value")));
        CHECK_OK(tr_atomic(tr, PLINTH_MUTATION_SET_VERSIONSTAMPED_VALUE, B("\xfe key"), joined_bytes(&suffixed)));
    } else {
        CHECK_OK(tr_stamped_key(tr, joined_bytes(&text), offset, B("value")));
        CHECK_OK(tr_stamped_value(tr, B("\xfe key"), joined_bytes(&text), offset));
    }
}

static void check_places(bool own_form) {
    for (size_t i = 0; i < PLACES; i++) {
        plinth_transaction *tr = begin(db);
        plinth_key_selector from = at_or_after(B("")), to = at_or_after(B("\xff"));
        plinth_range range;
        stamp got;
        joined text;
        empty(db);
        set_at_place(tr, i, own_form);
        got = commit_stamp(tr);
        text = join(places[i].before, &got, places[i].after);
        CHECK_OK(plinth_transaction_reset(tr));
        CHECK_OK(plinth_transaction_get_range(tr, NULL, &from, &to, NULL, &range));
        if (CHECK_INT(range.count, 2)) {
            CHECK_BYTES(range.items[0].key, range.items[0].key_len, joined_bytes(&text));
            CHECK_BYTES(range.items[0].value, range.items[0].value_len, B("value"));
            CHECK_BYTES(range.items[1].key, range.items[1].key_len, B("\xfe key"));
            CHECK_BYTES(range.items[1].value, range.items[1].value_len, joined_bytes(&text));
        }
        plinth_range_free(&range);
        destroy(tr);
    }
}

/* At the begin, in the middle, at the end, alone. (VST-2, VST-3) */
static void the_stamp_goes_to_any_place(void) {
    check_places(false);
}

/* Operations 14 and 15 with the offset in the last four bytes are the same. (VST-2, VST-3, ATOM-1, AV-1) */
static void foundationdbs_own_form_does_the_same(void) {
    check_places(true);
}

/* VST-4: each is 2000 and changes nothing. (VST-4, COM-1) */
static void wrong_offsets_are_refused_and_change_nothing(void) {
    static const struct {
        bytes text;
        uint32_t offset;
    } wrong[] = {{L("0123456789"), 1},          {L("foo0123456789"), 4},          {L("foo0123456789"), 13},
                 {L("foo0123456789"), 14},      {L("012345678"), 0},              {L(""), 0},
                 {L("0123456789"), UINT32_MAX}, {L("0123456789"), UINT32_C(1) << 31}, {L("0123456789"), INT32_MAX},
                 {L("0123456789"), UINT32_MAX - 9}, {L("0123456789"), UINT32_C(256)}};
    plinth_transaction *tr = begin(db);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        joined own_form = with_offset(wrong[i].text, wrong[i].offset);
        CHECK_CODE(tr_stamped_key(tr, wrong[i].text, wrong[i].offset, B("v")), PLINTH_ERROR_CLIENT_INVALID_OPERATION);
        CHECK_CODE(tr_stamped_value(tr, B("k"), wrong[i].text, wrong[i].offset), PLINTH_ERROR_CLIENT_INVALID_OPERATION);
        CHECK_CODE(tr_atomic(tr, PLINTH_MUTATION_SET_VERSIONSTAMPED_KEY, joined_bytes(&own_form), B("v")),
                   PLINTH_ERROR_CLIENT_INVALID_OPERATION);
        CHECK_CODE(tr_atomic(tr, PLINTH_MUTATION_SET_VERSIONSTAMPED_VALUE, B("k"), joined_bytes(&own_form)),
                   PLINTH_ERROR_CLIENT_INVALID_OPERATION);
    }
    CHECK_VALUE(tr, B("k"), ABSENT);
    CHECK_WRITE_CONFLICTS(tr, "");
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_INT(committed_version_of(tr), -1);
    destroy(tr);
}

/* Fewer than the four bytes of the offset. (VST-4) */
static void operations_without_an_offset_are_refused(void) {
    static const bytes texts[] = {L(""), L("\0"), L("\0\0"), L("\0\0\0"), L("\0\0\0\0"), L("01234567890\0\0")};
    plinth_transaction *tr = begin(db);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        CHECK_CODE(tr_atomic(tr, PLINTH_MUTATION_SET_VERSIONSTAMPED_KEY, texts[i], B("v")), PLINTH_ERROR_CLIENT_INVALID_OPERATION);
        CHECK_CODE(tr_atomic(tr, PLINTH_MUTATION_SET_VERSIONSTAMPED_VALUE, B("k"), texts[i]), PLINTH_ERROR_CLIENT_INVALID_OPERATION);
    }
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_INT(committed_version_of(tr), -1);
    destroy(tr);
}

static uint8_t block[100002];

/* The offset's four bytes count towards the limits of keys and operands. (LIM-1, LIM-2) */
static void keys_and_values_have_limits(void) {
    plinth_transaction *tr = begin(db);
    memset(block, 'k', sizeof block);
    CHECK_OK(tr_stamped_key(tr, bytes_of(block, 9996), 9986, B("v")));
    CHECK_CODE(tr_stamped_key(tr, bytes_of(block, 9997), 9986, B("v")), PLINTH_ERROR_KEY_TOO_LARGE);
    CHECK_OK(tr_stamped_key(tr, bytes_of(block, 100), 3, bytes_of(block, 100000)));
    CHECK_CODE(tr_stamped_key(tr, bytes_of(block, 100), 3, bytes_of(block, 100001)), PLINTH_ERROR_VALUE_TOO_LARGE);
    CHECK_OK(tr_stamped_value(tr, bytes_of(block, 10000), bytes_of(block, 99996), 99986));
    CHECK_CODE(tr_stamped_value(tr, B("k"), bytes_of(block, 99997), 0), PLINTH_ERROR_VALUE_TOO_LARGE);
    CHECK_CODE(tr_stamped_value(tr, bytes_of(block, 10001), TEN, 0), PLINTH_ERROR_KEY_TOO_LARGE);
    CHECK_CODE(tr_stamped_value(tr, B("\xff"), TEN, 0), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
    CHECK_CODE(tr_stamped_key(tr, B("\xff/0123456789"), 2, B("v")), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
    memset(block + 9996, 0, 4);
    CHECK_OK(tr_atomic(tr, PLINTH_MUTATION_SET_VERSIONSTAMPED_KEY, bytes_of(block, 10000), B("v")));
    memset(block + 9997, 0, 4);
    CHECK_CODE(tr_atomic(tr, PLINTH_MUTATION_SET_VERSIONSTAMPED_KEY, bytes_of(block, 10001), B("v")), PLINTH_ERROR_KEY_TOO_LARGE);
    CHECK_OK(plinth_transaction_commit(tr));
    destroy(tr);
}

/* Stamps go to the keyspace that was asked for. (VST-2, VST-3) */
static void stamped_keys_and_values_in_a_second_keyspace(void) {
    plinth_keyspace *ks = NULL;
    plinth_transaction *tr = begin(db);
    stamp got;
    joined key;
    empty(db);
    CHECK_OK(plinth_keyspace_open(db, "second", &ks));
    CHECK_OK(plinth_transaction_set_versionstamped_key(tr, ks, (const uint8_t *)"k0123456789", 11, 1, (const uint8_t *)"v", 1));
    CHECK_OK(plinth_transaction_set_versionstamped_value(tr, ks, (const uint8_t *)"x", 1, (const uint8_t *)"0123456789", 10, 0));
    got = commit_stamp(tr);
    key = join(B("k"), &got, NOTHING);
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_VALUE_IN(tr, ks, joined_bytes(&key), B("v"));
    CHECK_VALUE_IN(tr, ks, B("x"), bytes_of(got.data, 10));
    CHECK_TEXT(scan_keys(tr, B(""), B("\xff")), "");
    destroy(tr);
    CHECK_OK(plinth_keyspace_close(ks));
}

/* ------------------------------------------------------------------ order with other writes */

/* Later operations work on what the stamp left; a set wins over it. (VST-5, COM-9) */
static void later_writes_apply_after_the_stamp(void) {
    plinth_transaction *tr = begin(db);
    stamp got;
    joined appended;
    CHECK_OK(tr_stamped_value(tr, B("appended"), TEN, 0));
    CHECK_OK(tr_atomic(tr, PLINTH_MUTATION_APPEND_IF_FITS, B("appended"), B("x")));
    CHECK_OK(tr_stamped_value(tr, B("kept"), TEN, 0));
    CHECK_OK(tr_atomic(tr, PLINTH_MUTATION_COMPARE_AND_CLEAR, B("kept"), TEN));
    CHECK_OK(tr_stamped_value(tr, B("set"), TEN, 0));
    CHECK_OK(tr_set(tr, B("set"), B("plain")));
    CHECK_OK(tr_stamped_value(tr, B("cleared"), TEN, 0));
    CHECK_OK(tr_clear(tr, B("cleared")));
    CHECK_OK(tr_set(tr, B("stamped"), B("plain")));
    CHECK_OK(tr_stamped_value(tr, B("stamped"), TEN, 0));
    got = commit_stamp(tr);
    appended = join(NOTHING, &got, B("x"));
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_VALUE(tr, B("appended"), joined_bytes(&appended));
    CHECK_VALUE(tr, B("kept"), bytes_of(got.data, 10));
    CHECK_VALUE(tr, B("set"), B("plain"));
    CHECK_VALUE(tr, B("cleared"), ABSENT);
    CHECK_VALUE(tr, B("stamped"), bytes_of(got.data, 10));
    destroy(tr);
}

/* A clear of the whole range that the stamped key may fall into drops it; one elsewhere does not. (VST-5) */
static void a_later_clear_drops_a_stamped_key(void) {
    plinth_transaction *tr = begin(db);
    stamp got;
    joined kept;
    empty(db);
    CHECK_OK(tr_stamped_key(tr, B("drop/0123456789"), 5, B("1")));
    CHECK_OK(tr_stamped_key(tr, B("keep/0123456789"), 5, B("2")));
    CHECK_OK(tr_clear_range(tr, B("drop/"), B("drop0")));
    CHECK_OK(tr_clear_range(tr, B("l"), B("z")));
    CHECK_TEXT(scan_keys(tr, B("drop/"), B("drop0")), "");
    got = commit_stamp(tr);
    kept = join(B("keep/"), &got, NOTHING);
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_TEXT(scan_keys(tr, B("drop/"), B("drop0")), "");
    CHECK_VALUE(tr, joined_bytes(&kept), B("2"));
    destroy(tr);
}

/* A clear before it does not. (VST-5, COM-9) */
static void an_earlier_clear_leaves_a_stamped_key(void) {
    plinth_transaction *tr = begin(db);
    stamp got;
    joined kept;
    empty(db);
    CHECK_OK(tr_clear_range(tr, B(""), B("\xff")));
    CHECK_OK(tr_stamped_key(tr, B("keep/0123456789"), 5, B("2")));
    got = commit_stamp(tr);
    kept = join(B("keep/"), &got, NOTHING);
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_VALUE(tr, joined_bytes(&kept), B("2"));
    destroy(tr);
}

/* Readers conflict with the key that came to be, not with its placeholder. (VST-5, CONF-1, VER-12) */
static void readers_conflict_with_the_final_key(void) {
    plinth_transaction *range_reader = begin(db), *point_reader = begin(db), *tr = begin(db);
    empty(db);
    CHECK_TEXT(scan_keys(range_reader, B("log/"), B("log0")), "");
    CHECK_VALUE(point_reader, B("log/\0\0\0\0\0\0\0\0\0\0"), ABSENT);
    CHECK_OK(tr_set(range_reader, B("mine"), B("1")));
    CHECK_OK(tr_set(point_reader, B("mine"), B("1")));
    CHECK_OK(tr_stamped_key(tr, B("log/\0\0\0\0\0\0\0\0\0\0"), 4, B("v")));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_commit(point_reader));
    CHECK_CODE(plinth_transaction_commit(range_reader), PLINTH_ERROR_NOT_COMMITTED);
    destroy(range_reader);
    destroy(point_reader);
    destroy(tr);
}

/* Blind stamped writes of many never conflict, and one version earlier the key is not there. (CONF-17, VER-9) */
static void a_stamped_key_is_visible_from_its_version_on(void) {
    plinth_transaction *tr = begin(db), *other = begin(db), *reader = begin(db);
    stamp got;
    joined key;
    int64_t version;
    CHECK(read_version_of(tr) > 0 && read_version_of(other) > 0);
    CHECK_OK(tr_stamped_key(tr, B("log/0123456789"), 4, B("v")));
    CHECK_OK(tr_stamped_key(other, B("log/0123456789"), 4, B("w")));
    CHECK_OK(plinth_transaction_commit(other));
    got = commit_stamp(tr);
    version = committed_version_of(tr);
    key = join(B("log/"), &got, NOTHING);
    CHECK_OK(plinth_transaction_set_read_version(reader, version));
    CHECK_VALUE(reader, joined_bytes(&key), B("v"));
    CHECK_OK(plinth_transaction_reset(reader));
    CHECK_OK(plinth_transaction_set_read_version(reader, version - 1));
    CHECK_VALUE(reader, joined_bytes(&key), ABSENT);
    destroy(tr);
    destroy(other);
    destroy(reader);
}

/* ------------------------------------------------------------------ order and uniqueness */

/* A hundred stamped keys come back in the order of their commits. (VST-1, VER-5) */
static void stamped_keys_read_back_in_commit_order(void) {
    enum { KEYS = 100 };
    plinth_transaction *tr = begin(db);
    plinth_key_selector from = at_or_after(B("")), to = at_or_after(B("\xff"));
    plinth_range range;
    empty(db);
    for (int i = 0; i < KEYS; i++) {
        char text[8];
        size_t len = (size_t)snprintf(text, sizeof text, "%d", i);
        CHECK_OK(tr_stamped_key(tr, TEN, 0, bytes_of(text, len)));
        CHECK_OK(plinth_transaction_commit(tr));
        CHECK_OK(plinth_transaction_reset(tr));
    }
    CHECK_OK(plinth_transaction_get_range(tr, NULL, &from, &to, NULL, &range));
    CHECK_INT(range.count, KEYS);
    for (size_t i = 0; i < range.count; i++) {
        char text[8];
        size_t len = (size_t)snprintf(text, sizeof text, "%zu", i);
        CHECK_BYTES(range.items[i].value, range.items[i].value_len, bytes_of(text, len));
    }
    plinth_range_free(&range);
    destroy(tr);
}

typedef struct {
    pthread_mutex_t lock;
    stamp newest;
    long rounds;
} race;

static stamp newest_known(race *r) {
    stamp copy;
    pthread_mutex_lock(&r->lock);
    copy = r->newest;
    pthread_mutex_unlock(&r->lock);
    return copy;
}

static void make_known(race *r, const stamp *s) {
    pthread_mutex_lock(&r->lock);
    if (stamp_order(s, &r->newest) > 0) {
        r->newest = *s;
    }
    pthread_mutex_unlock(&r->lock);
}

/* Each commit must get a stamp above every one that was known before it began. */
static void stamp_and_compare(long number, void *user) {
    race *r = (race *)user;
    plinth_transaction *tr = begin(db);
    for (long i = 0; i < r->rounds; i++) {
        stamp before = newest_known(r), got;
        uint8_t who = (uint8_t)number;
        CHECK_OK(tr_stamped_key(tr, TEN, 0, bytes_of(&who, 1)));
        got = commit_stamp(tr);
        CHECK(stamp_order(&got, &before) > 0);
        make_known(r, &got);
        CHECK_OK(plinth_transaction_reset(tr));
    }
    destroy(tr);
}

static long count_all_keys(void) {
    plinth_transaction *tr = begin(db);
    plinth_key_selector from = at_or_after(B("")), to = at_or_after(B("\xff"));
    plinth_range range;
    long count;
    CHECK_OK(plinth_transaction_get_range(tr, NULL, &from, &to, NULL, &range));
    count = (long)range.count;
    plinth_range_free(&range);
    destroy(tr);
    return count;
}

static void race_for_stamps(void) {
    enum { THREADS = 8 };
    race r = {PTHREAD_MUTEX_INITIALIZER, {{0}}, scaled(400)};
    in_threads(THREADS, stamp_and_compare, &r);
    /* Equal stamps would have been equal keys. */
    CHECK_INT(count_all_keys(), THREADS * r.rounds);
}

/* Unique, and in the order of real time, in memory and on disk. (VST-1, VER-4, CONF-19) */
static void stamps_of_many_threads_are_unique_and_grow(void) {
    path where = temporary_path();
    plinth_database *memory = db;
    empty(db);
    race_for_stamps();
    db = open_with(where.text, NULL);
    race_for_stamps();
    CHECK_OK(plinth_database_close(db));
    db = memory;
}

/* ------------------------------------------------------------------ over lives of the database */

static stamp newest_stored(plinth_database *where) {
    plinth_transaction *tr = begin(where);
    plinth_key_selector last = selector(B("\xff"), false, 0);
    plinth_value key;
    stamp found = stamp_at(0, 0);
    CHECK_OK(plinth_transaction_get_key(tr, NULL, &last, false, &key));
    if (CHECK_INT(key.len, 10)) {
        memcpy(found.data, key.data, 10);
    }
    plinth_value_free(&key);
    destroy(tr);
    return found;
}

/* VST-6: no stamp of an earlier life is reached again. (VST-6, VER-11) */
static void stamps_grow_over_a_reopen(void) {
    path where = temporary_path();
    stamp newest = stamp_at(0, 0);
    for (int life = 0; life < 5; life++) {
        plinth_database *disk = open_with(where.text, NULL);
        plinth_transaction *tr = begin(disk);
        if (life > 0) {
            stamp stored = newest_stored(disk);
            CHECK_INT(stamp_order(&stored, &newest), 0);
        }
        for (int i = 0; i < 5; i++) {
            stamp got;
            CHECK_OK(tr_stamped_key(tr, TEN, 0, B("v")));
            got = commit_stamp(tr);
            CHECK(stamp_order(&got, &newest) > 0);
            newest = got;
            CHECK_OK(plinth_transaction_reset(tr));
        }
        destroy(tr);
        CHECK_OK(plinth_database_close(disk));
    }
}

/* The child: commits stamped keys and counts them, not synced, and reports each stamp, until it is killed. */
static int stamp_until_killed(const char *where) {
    plinth_database_options options = database_options();
    plinth_database *disk;
    plinth_transaction *tr;
    options.durability = PLINTH_DURABILITY_BUFFERED;
    if (plinth_database_open(where, &options, &disk) != 0 || plinth_transaction_begin(disk, &tr) != 0) {
        fprintf(stderr, "child: %s\n", plinth_last_error());
        return 3;
    }
    for (;;) {
        stamp got;
        if (plinth_transaction_reset(tr) != 0 || tr_stamped_key(tr, TEN, 0, B("v")) != 0 || tr_add(tr, B(""), B("\x01\0\0\0")) != 0 ||
            plinth_transaction_commit(tr) != 0 || plinth_transaction_get_versionstamp(tr, got.data) != 0) {
            fprintf(stderr, "child: %s\n", plinth_last_error());
            return 4;
        }
        if (write(STDOUT_FILENO, got.data, 10) != 10) {
            return 5;
        }
    }
}

/* Starts the child, kills it after some reports, returns its last one; all must grow from `newest` on. */
static stamp last_of_child(const char *where, long count, stamp newest) {
    int ends[2], status;
    pid_t child;
    stamp next;
    CHECK_INT(pipe(ends), 0);
    child = spawn_self("stamp-until-killed", where, NULL, ends[1]);
    close(ends[1]);
    for (long seen = 0; read(ends[0], next.data, 10) == 10;) {
        CHECK(stamp_order(&next, &newest) > 0);
        newest = next;
        if (++seen == count) {
            CHECK_INT(kill(child, SIGKILL), 0);
        }
    }
    close(ends[0]);
    status = wait_for(child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    return newest;
}

/* The counter must be the number of stamped keys that there are. */
static void check_counter(plinth_database *where) {
    plinth_transaction *tr = begin(where);
    plinth_key_selector from = at_or_after(B("\0")), to = at_or_after(B("\xff"));
    plinth_range range;
    CHECK_OK(plinth_transaction_get_range(tr, NULL, &from, &to, NULL, &range));
    {
        uint8_t want[4] = {(uint8_t)range.count, (uint8_t)(range.count >> 8), 0, 0};
        CHECK_VALUE(tr, B(""), bytes_of(want, 4));
    }
    plinth_range_free(&range);
    destroy(tr);
}

/* Every stamp after a kill is above every stamp before it, acknowledged, stored or both; each counted once. (VST-6, VER-11, VST-1, COM-8) */
static void stamps_grow_over_a_killed_process(void) {
    path where = temporary_path();
    long rounds = scaled(12);
    stamp newest = stamp_at(0, 0);
    for (long round = 0; round < rounds; round++) {
        plinth_database *disk;
        plinth_transaction *tr;
        stamp stored, got;
        newest = last_of_child(where.text, 1 + random_below(60), newest);
        disk = open_buffered(where.text);
        stored = newest_stored(disk);
        /* What was acknowledged survives the end of a process; one more may have been in flight. */
        CHECK(stamp_order(&stored, &newest) >= 0);
        newest = stored;
        check_counter(disk);
        tr = begin(disk);
        CHECK_OK(tr_stamped_key(tr, TEN, 0, B("v")));
        CHECK_OK(tr_add(tr, B(""), B("\x01\0\0\0")));
        got = commit_stamp(tr);
        CHECK(stamp_order(&got, &newest) > 0);
        newest = got;
        destroy(tr);
        CHECK_OK(plinth_database_close(disk));
    }
}

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "stamp-until-killed") == 0) {
        return stamp_until_killed(argv[2]);
    }
    harness_begin(argc, argv);
    db = open_memory();
    RUN(a_stamp_is_the_committed_version_and_a_place_in_its_batch);
    RUN(all_stamped_operations_of_a_transaction_get_its_one_stamp);
    RUN(a_stamp_is_there_after_a_write_commit_only);
    RUN(a_failed_commit_leaves_no_stamp);
    RUN(the_stamp_goes_to_any_place);
    RUN(foundationdbs_own_form_does_the_same);
    RUN(wrong_offsets_are_refused_and_change_nothing);
    RUN(operations_without_an_offset_are_refused);
    RUN(keys_and_values_have_limits);
    RUN(stamped_keys_and_values_in_a_second_keyspace);
    RUN(later_writes_apply_after_the_stamp);
    RUN(a_later_clear_drops_a_stamped_key);
    RUN(an_earlier_clear_leaves_a_stamped_key);
    RUN(readers_conflict_with_the_final_key);
    RUN(a_stamped_key_is_visible_from_its_version_on);
    RUN(stamped_keys_read_back_in_commit_order);
    RUN(stamps_of_many_threads_are_unique_and_grow);
    RUN(stamps_grow_over_a_reopen);
    RUN(stamps_grow_over_a_killed_process);
    CHECK_OK(plinth_database_close(db));
    return harness_end();
}
