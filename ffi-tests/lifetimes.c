/*
 * Who may outlive whom: handles that are stale, results that outlive their transaction and
 * database, copies of result structs, close with everything still open, calls that run while
 * their object is destroyed, and nothing left behind after tens of thousands. Design D7, D12.
 */
#include "harness.h"

#if defined(__SANITIZE_ADDRESS__)
#define UNDER_ADDRESS_SANITIZER
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNDER_ADDRESS_SANITIZER
#endif
#endif

static plinth_value read_value(plinth_transaction *tr, bytes key) {
    plinth_value value;
    CHECK_OK(plinth_transaction_get(tr, NULL, key.data, key.len, &value));
    return value;
}

static plinth_range read_all(plinth_transaction *tr) {
    plinth_key_selector from = at_or_after(B("")), to = at_or_after(B("\xff"));
    plinth_range range;
    CHECK_OK(plinth_transaction_get_range(tr, NULL, &from, &to, NULL, &range));
    return range;
}

/* ------------------------------------------------------------------ results */

/* What was handed out stays valid. (RST-3) */
static void results_outlive_reset_destroy_and_close(void) {
    path where = temporary_path();
    plinth_database *db = open_with(where.text, NULL);
    plinth_transaction *tr = begin(db);
    plinth_value stored, own, key;
    plinth_range range;
    plinth_key_selector s = at_or_after(B("a"));
    put(db, B("stored"), B("on disk"));
    CHECK_OK(tr_set(tr, B("own"), B("not yet")));
    stored = read_value(tr, B("stored"));
    own = read_value(tr, B("own"));
    range = read_all(tr);
    CHECK_OK(plinth_transaction_get_key(tr, NULL, &s, false, &key));
    CHECK_OK(plinth_transaction_reset(tr));
    put(db, B("stored"), B("changed meanwhile"));
    CHECK_BYTES(stored.data, stored.len, B("on disk"));
    destroy(tr);
    CHECK_BYTES(own.data, own.len, B("not yet"));
    CHECK_OK(plinth_database_close(db));
    CHECK_BYTES(stored.data, stored.len, B("on disk"));
    CHECK_BYTES(own.data, own.len, B("not yet"));
    CHECK_BYTES(key.data, key.len, B("own"));
    if (CHECK_INT(range.count, 2)) {
        CHECK_BYTES(range.items[0].key, range.items[0].key_len, B("own"));
        CHECK_BYTES(range.items[1].value, range.items[1].value_len, B("on disk"));
    }
    plinth_value_free(&stored);
    plinth_value_free(&own);
    plinth_value_free(&key);
    plinth_range_free(&range);
    CHECK(stored.data == NULL && stored.len == 0 && stored.owner == NULL);
    CHECK(range.items == NULL && range.count == 0 && !range.more && range.owner == NULL);
    /* With the last result gone, the directory is free for certain. */
    db = open_with(where.text, NULL);
    tr = begin(db);
    CHECK_VALUE(tr, B("stored"), B("changed meanwhile"));
    destroy(tr);
    CHECK_OK(plinth_database_close(db));
}

/* The directory is free when the database is closed, whatever values are still there: another process may
   take it over at once. Some of the values are in files by then, and so in the cache, and some are not. */
static void a_value_outlives_its_database_and_does_not_keep_the_directory(void) {
    enum { KEYS = 300, HELD = 30 };
    path where = temporary_path();
    static uint8_t large[90000];
    plinth_database_options options = {.struct_size = sizeof options, .memory_budget = 16 << 20};
    plinth_database *db = open_with(where.text, &options);
    plinth_transaction *tr;
    plinth_value values[HELD];
    uint8_t key[2];
    for (int i = 0; i < KEYS; i++) {
        memset(large, i, sizeof large);
        key[0] = (uint8_t)(i / 256);
        key[1] = (uint8_t)i;
        put(db, bytes_of(key, 2), bytes_of(large, sizeof large));
    }
    tr = begin(db);
    for (int i = 0; i < HELD; i++) {
        int number = i * KEYS / HELD;
        key[0] = (uint8_t)(number / 256);
        key[1] = (uint8_t)number;
        values[i] = read_value(tr, bytes_of(key, 2));
    }
    CHECK_OK(plinth_database_close(db));
    destroy(tr);
    for (int round = 0; round < 2; round++) {
        options.exclusive = true;
        db = open_with(where.text, &options);
        for (int i = 0; i < HELD && round == 1; i++) {
            memset(large, i * KEYS / HELD, sizeof large);
            CHECK_BYTES(values[i].data, values[i].len, bytes_of(large, sizeof large));
            plinth_value_free(&values[i]);
        }
        CHECK_OK(plinth_database_close(db));
    }
}

static void a_copy_of_a_freed_struct_is_left_alone(void) {
    plinth_database *db = open_memory();
    plinth_transaction *tr;
    plinth_value value, value_copy, other;
    plinth_range range, range_copy, other_range;
    put(db, B("key"), B("value"));
    tr = begin(db);
    value = read_value(tr, B("key"));
    range = read_all(tr);
    value_copy = value;
    range_copy = range;
    plinth_value_free(&value);
    plinth_range_free(&range);
    /* New results may take the freed places; the copies must not reach them. */
    other = read_value(tr, B("key"));
    other_range = read_all(tr);
    plinth_value_free(&value_copy);
    plinth_range_free(&range_copy);
    plinth_value_free(&value);
    plinth_range_free(&range);
    CHECK(value_copy.data == NULL && value_copy.owner == NULL);
    CHECK(range_copy.items == NULL && range_copy.owner == NULL);
    CHECK_BYTES(other.data, other.len, B("value"));
    CHECK_BYTES(other_range.items[0].key, other_range.items[0].key_len, B("key"));
    plinth_value_free(&other);
    plinth_range_free(&other_range);
    destroy(tr);
    CHECK_OK(plinth_database_close(db));
}

/* Absent is a success without bytes. (GET-1) */
static void an_absent_value_needs_no_free_but_takes_one(void) {
    plinth_database *db = open_memory();
    plinth_transaction *tr = begin(db);
    plinth_value value = read_value(tr, B("absent"));
    plinth_range range = read_all(tr);
    CHECK(value.data == NULL && value.len == 0 && value.owner == NULL);
    CHECK(range.items == NULL && range.count == 0 && range.owner == NULL);
    plinth_value_free(&value);
    plinth_range_free(&range);
    destroy(tr);
    CHECK_OK(plinth_database_close(db));
}

static void free_in_another_thread(long number, void *user) {
    (void)number;
    plinth_value_free((plinth_value *)user);
}

static void a_value_may_be_freed_by_another_thread(void) {
    plinth_database *db = open_memory();
    plinth_transaction *tr;
    plinth_value value;
    thread t;
    put(db, B("key"), B("value"));
    tr = begin(db);
    value = read_value(tr, B("key"));
    thread_start(&t, free_in_another_thread, 0, &value);
    thread_join(&t);
    CHECK(value.data == NULL);
    destroy(tr);
    CHECK_OK(plinth_database_close(db));
}

/* ------------------------------------------------------------------ close with everything open */

static plinth_error closed_calls(plinth_transaction *tr, plinth_keyspace *ks, int which) {
    plinth_key_selector from = at_or_after(B("a")), to = at_or_after(B("z"));
    plinth_value value;
    plinth_range range;
    int64_t version;
    switch (which) {
    case 0:
        return plinth_transaction_get(tr, ks, (const uint8_t *)"k", 1, &value);
    case 1:
        return plinth_transaction_snapshot_get(tr, ks, (const uint8_t *)"k", 1, &value);
    case 2:
        return plinth_transaction_get_key(tr, ks, &from, false, &value);
    case 3:
        return plinth_transaction_get_range(tr, ks, &from, &to, NULL, &range);
    case 4:
        return plinth_transaction_set(tr, ks, (const uint8_t *)"k", 1, (const uint8_t *)"v", 1);
    case 5:
        return plinth_transaction_clear(tr, ks, (const uint8_t *)"k", 1);
    case 6:
        return plinth_transaction_clear_range(tr, ks, (const uint8_t *)"a", 1, (const uint8_t *)"b", 1);
    case 7:
        return plinth_transaction_add_read_conflict(tr, ks, (const uint8_t *)"k", 1);
    case 8:
        return plinth_transaction_add_read_conflict_range(tr, ks, (const uint8_t *)"a", 1, (const uint8_t *)"b", 1);
    case 9:
        return plinth_transaction_add_write_conflict_range(tr, ks, (const uint8_t *)"a", 1, (const uint8_t *)"b", 1);
    case 10:
        return plinth_transaction_get_read_version(tr, &version);
    case 11:
        return plinth_transaction_commit(tr);
    case 12:
        return plinth_transaction_atomic_op(tr, ks, PLINTH_MUTATION_ADD, (const uint8_t *)"k", 1, (const uint8_t *)"v", 1);
    case 13:
        return plinth_transaction_set_versionstamped_key(tr, ks, (const uint8_t *)"0123456789", 10, 0, (const uint8_t *)"v", 1);
    case 14:
        return plinth_transaction_set_versionstamped_value(tr, ks, (const uint8_t *)"k", 1, (const uint8_t *)"0123456789", 10, 0);
    case 15:
        return plinth_transaction_get_estimated_range_size(tr, ks, (const uint8_t *)"a", 1, (const uint8_t *)"b", 1, &version);
    case 16:
        return plinth_transaction_get_range_split_points(tr, ks, (const uint8_t *)"a", 1, (const uint8_t *)"b", 1, 1000, &range);
    default:
        return plinth_transaction_on_error(tr, PLINTH_ERROR_NOT_COMMITTED);
    }
}

/* Opens a database with transactions in every state and a keyspace, closes it, and uses them. */
static void everything_still_open_at_close_fails_with_9003(void) {
    plinth_database *db = open_memory();
    plinth_keyspace *ks;
    plinth_transaction *fresh = begin(db), *reading, *writing = begin(db), *committed = begin(db);
    plinth_transaction *none = (plinth_transaction *)1;
    plinth_metrics metrics;
    plinth_range names;
    put(db, B("k"), B("v"));
    reading = begin(db);
    CHECK_OK(plinth_keyspace_open(db, "space", &ks));
    CHECK_VALUE(reading, B("k"), B("v"));
    CHECK_OK(tr_set(writing, B("k"), B("lost")));
    CHECK_OK(tr_set(committed, B("c"), B("v")));
    CHECK_OK(plinth_transaction_commit(committed));
    CHECK_OK(plinth_database_close(db));
    for (int which = 0; which <= 17; which++) {
        CHECK_CODE(closed_calls(fresh, NULL, which), PLINTH_ERROR_DATABASE_CLOSED);
        CHECK_CODE(closed_calls(reading, ks, which), PLINTH_ERROR_DATABASE_CLOSED);
        CHECK_CODE(closed_calls(writing, NULL, which), PLINTH_ERROR_DATABASE_CLOSED);
    }
    CHECK_CODE(plinth_transaction_reset(reading), PLINTH_ERROR_DATABASE_CLOSED);
    /* The database's own handle is stale at once. */
    CHECK_CODE(plinth_transaction_begin(db, &none), PLINTH_ERROR_INVALID_HANDLE);
    CHECK_CODE(plinth_database_close(db), PLINTH_ERROR_INVALID_HANDLE);
    CHECK_CODE(plinth_database_metrics(db, &metrics, sizeof metrics), PLINTH_ERROR_INVALID_HANDLE);
    CHECK_CODE(plinth_keyspace_list(db, &names), PLINTH_ERROR_INVALID_HANDLE);
    destroy(fresh);
    destroy(reading);
    destroy(writing);
    destroy(committed);
    CHECK_CODE(plinth_transaction_destroy(writing), PLINTH_ERROR_INVALID_HANDLE);
    CHECK_OK(plinth_keyspace_close(ks));
    CHECK_CODE(plinth_keyspace_close(ks), PLINTH_ERROR_INVALID_HANDLE);
}

static void old_handles_do_not_reach_a_reopened_database(void) {
    path where = temporary_path();
    plinth_database *db = open_with(where.text, NULL), *again;
    plinth_transaction *old = begin(db), *tr, *found = (plinth_transaction *)1;
    plinth_keyspace *ks;
    char id[37];
    CHECK_OK(plinth_transaction_id(old, id));
    CHECK_OK(plinth_keyspace_open(db, "space", &ks));
    CHECK_OK(tr_set(old, B("k"), B("from the old life")));
    CHECK_OK(plinth_database_close(db));
    again = open_with(where.text, NULL);
    CHECK(again != db);
    CHECK_CODE(plinth_transaction_commit(old), PLINTH_ERROR_DATABASE_CLOSED);
    CHECK_CODE(tr_touch(old, B("k")), PLINTH_ERROR_DATABASE_CLOSED);
    CHECK_CODE(plinth_database_sync(db), PLINTH_ERROR_INVALID_HANDLE);
    tr = begin(again);
    CHECK_VALUE(tr, B("k"), ABSENT);
    CHECK_CODE(tr_touch_in(tr, ks, B("k"), false), PLINTH_ERROR_INVALID_HANDLE);
    CHECK_CODE(plinth_transaction_find(again, id, &found), PLINTH_ERROR_TRANSACTION_NOT_FOUND);
    CHECK(found == NULL);
    destroy(tr);
    destroy(old);
    CHECK_OK(plinth_keyspace_close(ks));
    CHECK_OK(plinth_database_close(again));
}

static void keyspaces_may_be_closed_before_and_after_their_users(void) {
    plinth_database *db = open_memory();
    plinth_keyspace *ks;
    plinth_transaction *tr = begin(db);
    CHECK_OK(plinth_keyspace_open(db, "space", &ks));
    CHECK_OK(plinth_transaction_set(tr, ks, (const uint8_t *)"k", 1, (const uint8_t *)"v", 1));
    CHECK_OK(plinth_keyspace_close(ks));
    /* The write is in the transaction; it needs the handle no more. */
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_OK(plinth_keyspace_open(db, "space", &ks));
    CHECK_VALUE_IN(tr, ks, B("k"), B("v"));
    destroy(tr);
    CHECK_OK(plinth_keyspace_close(ks));
    CHECK_OK(plinth_database_close(db));
}

/* ------------------------------------------------------------------ destroy during a call */

typedef struct {
    plinth_transaction *tr;
    pthread_barrier_t barrier;
    plinth_error result;
} caller;

static void wait_in_on_error(long number, void *user) {
    caller *c = (caller *)user;
    (void)number;
    pthread_barrier_wait(&c->barrier);
    do {
        c->result = plinth_transaction_on_error(c->tr, PLINTH_ERROR_NOT_COMMITTED);
    } while (c->result == 0);
}

static void a_destroy_during_a_wait_ends_it(void) {
    plinth_database *db = open_memory();
    for (int i = 0; i < 5; i++) {
        caller c;
        thread t;
        c.tr = begin(db);
        pthread_barrier_init(&c.barrier, NULL, 2);
        thread_start(&t, wait_in_on_error, 0, &c);
        pthread_barrier_wait(&c.barrier);
        CHECK_OK(plinth_transaction_destroy(c.tr));
        thread_join(&t);
        /* Whether the call had begun or not: its handle is gone, or its transaction is. */
        CHECK(c.result == PLINTH_ERROR_INVALID_HANDLE || c.result == PLINTH_ERROR_TRANSACTION_CANCELLED);
        pthread_barrier_destroy(&c.barrier);
    }
    CHECK_OK(plinth_database_close(db));
}

static void read_until_stale(long number, void *user) {
    caller *c = (caller *)user;
    plinth_error error;
    (void)number;
    pthread_barrier_wait(&c->barrier);
    do {
        plinth_value value;
        error = plinth_transaction_get(c->tr, NULL, (const uint8_t *)"k", 1, &value);
        if (error == 0) {
            CHECK_BYTES(value.data, value.len, B("v"));
        } else {
            CHECK(value.data == NULL && value.owner == NULL);
        }
        plinth_value_free(&value);
    } while (error == 0);
    CHECK(error == PLINTH_ERROR_INVALID_HANDLE || error == PLINTH_ERROR_TRANSACTION_CANCELLED);
}

/* A destroy while others use the transaction. (RST-3, TX-2) */
static void calls_in_progress_end_undisturbed_by_a_destroy(void) {
    plinth_database *db = open_memory();
    long rounds = scaled(100);
    put(db, B("k"), B("v"));
    for (long i = 0; i < rounds; i++) {
        caller c;
        thread threads[3];
        c.tr = begin(db);
        pthread_barrier_init(&c.barrier, NULL, 4);
        for (int n = 0; n < 3; n++) {
            thread_start(&threads[n], read_until_stale, n, &c);
        }
        pthread_barrier_wait(&c.barrier);
        CHECK_OK(plinth_transaction_destroy(c.tr));
        for (int n = 0; n < 3; n++) {
            thread_join(&threads[n]);
        }
        pthread_barrier_destroy(&c.barrier);
    }
    CHECK_OK(plinth_database_close(db));
}

/* ------------------------------------------------------------------ nothing left behind */

static long resident_kilobytes(void) {
    FILE *file = fopen("/proc/self/statm", "r");
    long total = 0, resident = 0;
    if (file != NULL) {
        if (fscanf(file, "%ld %ld", &total, &resident) != 2) {
            resident = 0;
        }
        fclose(file);
    }
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static void many_transactions(plinth_database *db, long count) {
    for (long i = 0; i < count; i++) {
        plinth_transaction *tr = begin(db);
        char id[37];
        plinth_value value;
        if (i % 3 == 0) {
            CHECK_OK(plinth_transaction_id(tr, id));
        }
        if (i % 2 == 0) {
            value = read_value(tr, B("k"));
            plinth_value_free(&value);
        }
        if (i % 5 == 0) {
            CHECK_OK(tr_set(tr, B("k"), B("0123456789012345678901234567890123456789")));
        }
        destroy(tr);
    }
}

static void tens_of_thousands_of_transactions_leave_nothing_behind(void) {
    plinth_database *db = open_memory();
    plinth_metrics metrics;
    long before, after;
    put(db, B("k"), B("v"));
    many_transactions(db, scaled(20000));
    before = resident_kilobytes();
    many_transactions(db, scaled(60000));
    after = resident_kilobytes();
    CHECK_OK(plinth_database_metrics(db, &metrics, sizeof metrics));
    CHECK_INT(metrics.live_transactions, 0);
    CHECK_INT(metrics.transaction_bytes, 0);
    printf("resident memory: %ld kB before, %ld kB after 60,000 more transactions\n", before, after);
#ifndef UNDER_ADDRESS_SANITIZER
    /* A leak of only 300 bytes each would show as 18 MB. (AddressSanitizer keeps freed memory in quarantine, and
       looks for leaks itself.) */
    CHECK(after - before < 16 * 1024);
#endif
    CHECK_OK(plinth_database_close(db));
}

static void many_transactions_may_live_at_once(void) {
    enum { MANY = 20000 };
    static plinth_transaction *trs[MANY];
    plinth_database *db = open_memory();
    plinth_metrics metrics;
    long count = scaled(MANY);
    put(db, B("k"), B("v"));
    for (long i = 0; i < count; i++) {
        trs[i] = begin(db);
    }
    CHECK_OK(plinth_database_metrics(db, &metrics, sizeof metrics));
    CHECK_INT(metrics.live_transactions, count);
    for (long i = 0; i < count; i += 97) {
        CHECK_VALUE(trs[i], B("k"), B("v"));
    }
    for (long i = 0; i < count; i++) {
        destroy(trs[(i * 7919) % count]);
        trs[(i * 7919) % count] = NULL;
    }
    CHECK_OK(plinth_database_metrics(db, &metrics, sizeof metrics));
    CHECK_INT(metrics.live_transactions, 0);
    CHECK_OK(plinth_database_close(db));
}

static void a_reused_slot_does_not_revive_an_old_handle(void) {
    plinth_database *db = open_memory();
    plinth_transaction *old = begin(db);
    long rounds = scaled(20000);
    destroy(old);
    for (long i = 0; i < rounds; i++) {
        plinth_transaction *tr = begin(db);
        CHECK(tr != old);
        if (i % 100 == 0) {
            CHECK_CODE(plinth_transaction_cancel(old), PLINTH_ERROR_INVALID_HANDLE);
            CHECK_OK(tr_touch(tr, B("k")));
        }
        destroy(tr);
    }
    CHECK_OK(plinth_database_close(db));
}

/* ------------------------------------------------------------------ one after the other */

static void it_wrote(plinth_database *db, plinth_transaction *tr) {
    CHECK_OK(tr_set(tr, B("left"), B("behind")));
    CHECK_OK(tr_clear_range(tr, B("k"), B("l")));
    CHECK_OK(tr_write_conflict(tr, B("a"), B("z")));
    CHECK_OK(plinth_transaction_set_versionstamped_value(tr, NULL, (const uint8_t *)"left/stamp", 10,
                                                         (const uint8_t *)"0123456789", 10, 0));
    (void)db;
}

static void it_committed(plinth_database *db, plinth_transaction *tr) {
    CHECK_OK(tr_touch(tr, B("k")));
    CHECK_OK(tr_set(tr, B("committed"), B("by one before")));
    CHECK_OK(plinth_transaction_commit(tr));
    (void)db;
}

static void it_had_a_conflict(plinth_database *db, plinth_transaction *tr) {
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_REPORT_CONFLICTING_KEYS, 0));
    CHECK_OK(tr_touch(tr, B("k")));
    put(db, B("k"), B("changed"));
    CHECK_OK(tr_set(tr, B("lost"), B("")));
    CHECK_CODE(plinth_transaction_commit(tr), PLINTH_ERROR_NOT_COMMITTED);
}

static void it_had_options(plinth_database *db, plinth_transaction *tr) {
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_READ_YOUR_WRITES_DISABLE, 0));
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_SNAPSHOT_RYW_DISABLE, 0));
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_READ_SYSTEM_KEYS, 0));
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_SIZE_LIMIT, 40));
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_RETRY_LIMIT, 0));
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_NEXT_WRITE_NO_WRITE_CONFLICT_RANGE, 0));
    (void)db;
}

static void it_was_cancelled(plinth_database *db, plinth_transaction *tr) {
    CHECK_OK(plinth_transaction_cancel(tr));
    CHECK_CODE(tr_touch(tr, B("k")), PLINTH_ERROR_TRANSACTION_CANCELLED);
    (void)db;
}

static void it_timed_out(plinth_database *db, plinth_transaction *tr) {
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_TIMEOUT, 1));
    while (tr_touch(tr, B("k")) != PLINTH_ERROR_TRANSACTION_TIMED_OUT) {
        breathe();
    }
    (void)db;
}

static void it_failed_to_read(plinth_database *db, plinth_transaction *tr) {
    CHECK_OK(plinth_transaction_set_read_version(tr, 1));
    CHECK_CODE(tr_touch(tr, B("k")), PLINTH_ERROR_TRANSACTION_TOO_OLD);
    (void)db;
}

static void it_read_and_wrote_much(plinth_database *db, plinth_transaction *tr) {
    static uint8_t large[50000];
    uint8_t key[2] = {'m', 0};
    for (int i = 0; i < 100; i++) {
        key[1] = (uint8_t)i;
        CHECK_OK(tr_set(tr, bytes_of(key, 2), bytes_of(large, sizeof large)));
        CHECK_OK(tr_touch(tr, bytes_of(key, 2)));
    }
    (void)db;
}

/* What nobody has done anything with yet, however the one before ended. (TX-1, RST-3) */
static void check_is_new(plinth_database *db, const char *id_before) {
    plinth_transaction *tr = begin(db);
    plinth_conflict conflict;
    char id[37];
    uint8_t stamp[10];
    int64_t number;
    CHECK_OK(plinth_transaction_get_approximate_size(tr, &number));
    CHECK_INT(number, 0);
    CHECK_OK(plinth_transaction_get_committed_version(tr, &number));
    CHECK_INT(number, -1);
    CHECK_CODE(plinth_transaction_get_versionstamp(tr, stamp), PLINTH_ERROR_TRANSACTION_INVALID_VERSION);
    CHECK_OK(plinth_transaction_get_conflict(tr, 0, &conflict));
    CHECK(conflict.begin == NULL);
    CHECK_OK(plinth_transaction_id(tr, id));
    CHECK(strcmp(id, id_before) != 0);
    /* It reads what is newest, and nothing that another had written; its own writes, in snapshots too. */
    put(db, B("k"), bytes_of(id, 36));
    CHECK_VALUE(tr, B("k"), bytes_of(id, 36));
    CHECK_OK(tr_touch(tr, B("left")));
    CHECK_OK(tr_touch(tr, B("left/stamp")));
    CHECK_CODE(tr_touch(tr, B("\xff/system")), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
    CHECK_OK(tr_set(tr, B("own"), bytes_of(id, 36)));
    CHECK_VALUE(tr, B("own"), bytes_of(id, 36));
    CHECK_SNAPSHOT(tr, B("own"), bytes_of(id, 36));
    /* It commits, is in the way of those who read what it writes, and of no others. */
    plinth_transaction *loser = begin(db), *winner = begin(db);
    CHECK_OK(tr_touch(loser, B("own")));
    CHECK_OK(tr_set(loser, B("loser"), B("")));
    CHECK_OK(tr_touch(winner, B("kk")));
    CHECK_OK(tr_set(winner, B("winner"), B("")));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_CODE(plinth_transaction_commit(loser), PLINTH_ERROR_NOT_COMMITTED);
    CHECK_OK(plinth_transaction_commit(winner));
    CHECK_OK(plinth_transaction_on_error(loser, PLINTH_ERROR_NOT_COMMITTED));
    destroy(winner);
    destroy(loser);
    destroy(tr);
}

static void destroys(long number, void *tr) {
    destroy((plinth_transaction *)tr);
    (void)number;
}

static void a_transaction_has_nothing_of_those_before(void) {
    void (*const lives[])(plinth_database *, plinth_transaction *) = {
        it_wrote, it_committed, it_had_a_conflict, it_had_options, it_was_cancelled, it_timed_out, it_failed_to_read,
        it_read_and_wrote_much,
    };
    plinth_database *db = open_memory();
    put(db, B("k"), B("value"));
    for (size_t i = 0; i < 2 * sizeof lives / sizeof *lives; i++) {
        plinth_transaction *tr = begin(db);
        char id[37];
        CHECK_OK(plinth_transaction_id(tr, id));
        lives[i / 2](db, tr);
        if (i % 2 == 0) {
            destroy(tr);
        } else {
            in_threads(1, destroys, tr);
        }
        check_is_new(db, id);
    }
    CHECK_OK(plinth_database_close(db));
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    RUN(results_outlive_reset_destroy_and_close);
    RUN(a_value_outlives_its_database_and_does_not_keep_the_directory);
    RUN(a_copy_of_a_freed_struct_is_left_alone);
    RUN(an_absent_value_needs_no_free_but_takes_one);
    RUN(a_value_may_be_freed_by_another_thread);
    RUN(everything_still_open_at_close_fails_with_9003);
    RUN(old_handles_do_not_reach_a_reopened_database);
    RUN(keyspaces_may_be_closed_before_and_after_their_users);
    RUN(a_destroy_during_a_wait_ends_it);
    RUN(calls_in_progress_end_undisturbed_by_a_destroy);
    RUN(tens_of_thousands_of_transactions_leave_nothing_behind);
    RUN(many_transactions_may_live_at_once);
    RUN(a_reused_slot_does_not_revive_an_old_handle);
    RUN(a_transaction_has_nothing_of_those_before);
    return harness_end();
}
