/*
 * Versions: one order (VER-2, VER-4, VER-5), versions set by hand (VER-7, VER-8, VER-10), exact
 * history inside the window (VER-9), the end of the window (VER-6), reopening (VER-11).
 */
#include "harness.h"

static plinth_database *db;

static int64_t read_version(plinth_transaction *tr) {
    int64_t version = 0;
    CHECK_OK(plinth_transaction_get_read_version(tr, &version));
    return version;
}

static plinth_transaction *begin_at(int64_t version) {
    plinth_transaction *tr = begin(db);
    CHECK_OK(plinth_transaction_set_read_version(tr, version));
    return tr;
}

static void put_number(bytes key, long number) {
    char text[24];
    snprintf(text, sizeof text, "%ld", number);
    put(db, key, bytes_of(text, strlen(text)));
}

/* ------------------------------------------------------------------ order */

/* Version 1 is too old from the start. (VER-1, VER-8) */
static void the_first_versions_leave_room_below_ver8(void) {
    plinth_database *other = open_memory();
    plinth_transaction *tr = begin(other);
    CHECK(read_version(tr) > 5000001);
    CHECK(put(other, B("k"), B("v")) > 5000001);
    destroy(tr);
    CHECK_OK(plinth_database_close(other));
}

/* One version for all reads. (VER-4, RST-1) */
static void the_read_version_stays_the_same_until_reset_ver4(void) {
    plinth_transaction *tr = begin(db);
    int64_t first = read_version(tr), newest = put(db, B("k"), B("v"));
    CHECK(newest > first);
    CHECK_OK(tr_touch(tr, B("k")));
    CHECK_INT(read_version(tr), first);
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK(read_version(tr) >= newest);
    destroy(tr);
}

/* Not by begin. (VER-4) */
static void the_read_version_is_obtained_by_the_first_read_ver4(void) {
    plinth_transaction *tr = begin(db);
    int64_t newest = put(db, B("k"), B("after begin"));
    CHECK_VALUE(tr, B("k"), B("after begin"));
    CHECK(read_version(tr) >= newest);
    destroy(tr);
}

/* About a million a second. (VER-2) */
static void versions_advance_with_time_ver2(void) {
    double outer = now_ms(), inner, elapsed;
    int64_t before = put(db, B("k"), B("v")), after;
    inner = now_ms();
    while (now_ms() - inner < 300) {
        breathe();
    }
    after = put(db, B("k"), B("v"));
    elapsed = now_ms() - outer;
    /* About a million a second: between a half and the double of it, and at least 150,000 here. */
    CHECK(after - before >= 150000);
    CHECK((double)(after - before) <= 2000 * elapsed + 1000000);
}

typedef struct {
    long newest_read, newest_commit;
    long rounds;
} race;

static void commit_and_compare(long number, void *user) {
    race *r = (race *)user;
    char key[8];
    snprintf(key, sizeof key, "t%ld", number);
    for (long i = 0; i < r->rounds; i++) {
        long read = count_read(&r->newest_read), previous = count_read(&r->newest_commit);
        int64_t version = put(db, bytes_of(key, 2), B("v"));
        /* Above every read version and every commit version known before. VER-5 */
        CHECK(version > read);
        CHECK(version > previous);
        __atomic_store_n(&r->newest_commit, (long)version, __ATOMIC_SEQ_CST);
    }
}

static void read_and_compare(long number, void *user) {
    race *r = (race *)user;
    (void)number;
    for (long i = 0; i < r->rounds; i++) {
        long committed = count_read(&r->newest_commit);
        plinth_transaction *tr = begin(db);
        int64_t version = read_version(tr);
        /* At least every version that was reported before. VER-4 */
        CHECK(version >= committed);
        __atomic_store_n(&r->newest_read, (long)version, __ATOMIC_SEQ_CST);
        destroy(tr);
    }
}

/* Between threads. (VER-4, VER-5) */
static void reads_and_commits_share_one_order_ver4_ver5(void) {
    race r = {0, 0, 0};
    thread committer, reader;
    r.rounds = scaled(5000);
    thread_start(&committer, commit_and_compare, 0, &r);
    thread_start(&reader, read_and_compare, 0, &r);
    thread_join(&committer);
    thread_join(&reader);
}

/* ------------------------------------------------------------------ set by hand */

/* 2011 from the call itself. (VER-1, VER-7) */
static void a_version_must_be_above_zero_ver7(void) {
    static const int64_t bad[] = {0, -1, -2, INT64_MIN};
    plinth_transaction *tr = begin(db);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_CODE(plinth_transaction_set_read_version(tr, bad[i]), PLINTH_ERROR_VERSION_INVALID);
    }
    CHECK_OK(tr_touch(tr, B("k")));
    destroy(tr);
}

/* 2010 once it is set or was obtained. (VER-7) */
static void a_version_is_set_once_ver7(void) {
    plinth_transaction *tr = begin(db);
    int64_t version = put(db, B("k"), B("v"));
    CHECK_OK(plinth_transaction_set_read_version(tr, version));
    CHECK_CODE(plinth_transaction_set_read_version(tr, version), PLINTH_ERROR_READ_VERSION_ALREADY_SET);
    CHECK_INT(read_version(tr), version);
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_OK(tr_touch(tr, B("k")));
    CHECK_CODE(plinth_transaction_set_read_version(tr, version), PLINTH_ERROR_READ_VERSION_ALREADY_SET);
    CHECK_OK(plinth_transaction_reset(tr));
    (void)read_version(tr);
    CHECK_CODE(plinth_transaction_set_read_version(tr, version), PLINTH_ERROR_READ_VERSION_ALREADY_SET);
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_OK(plinth_transaction_set_read_version(tr, version));
    destroy(tr);
}

/* After the wait; the commit fails alike. (VER-8, COM-4) */
static void a_version_of_the_future_is_1009_ver8(void) {
    plinth_transaction *tr = begin_at(INT64_C(1) << 62);
    CHECK_CODE(tr_touch(tr, B("k")), PLINTH_ERROR_FUTURE_VERSION);
    /* The read had started, so its failure is the commit's. COM-4 */
    CHECK_OK(tr_set(tr, B("k"), B("v")));
    CHECK_CODE(plinth_transaction_commit(tr), PLINTH_ERROR_FUTURE_VERSION);
    CHECK_OK(plinth_transaction_on_error(tr, PLINTH_ERROR_FUTURE_VERSION));
    CHECK_OK(tr_touch(tr, B("k")));
    destroy(tr);
}

/* Even without a read. (VER-10) */
static void a_commit_at_a_version_of_the_future_is_1009_ver10(void) {
    plinth_transaction *tr = begin_at(INT64_C(1) << 62);
    CHECK_OK(tr_set(tr, B("future"), B("v")));
    CHECK_CODE(plinth_transaction_commit(tr), PLINTH_ERROR_FUTURE_VERSION);
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_VALUE(tr, B("future"), ABSENT);
    destroy(tr);
}

/* Time alone gets there. (VER-8, VER-2) */
static void a_read_waits_for_a_version_about_to_come_ver8(void) {
    plinth_transaction *tr = begin(db);
    int64_t soon = read_version(tr) + 200000;
    destroy(tr);
    /* A fifth of a second ahead: within the second that a read waits, versions get there by themselves. */
    tr = begin_at(soon);
    CHECK_OK(tr_touch(tr, B("k")));
    CHECK_INT(read_version(tr), soon);
    destroy(tr);
}

/* For every read, and for the commit. (VER-6, VER-8, COM-4, CONF-7) */
static void an_ancient_version_is_1007_ver6(void) {
    plinth_transaction *tr = begin_at(1);
    plinth_key_selector s = at_or_after(B("k"));
    plinth_value found;
    CHECK_CODE(tr_touch(tr, B("k")), PLINTH_ERROR_TRANSACTION_TOO_OLD);
    CHECK_CODE(tr_touch_in(tr, NULL, B("k"), true), PLINTH_ERROR_TRANSACTION_TOO_OLD);
    CHECK_CODE(plinth_transaction_get_key(tr, NULL, &s, false, &found), PLINTH_ERROR_TRANSACTION_TOO_OLD);
    CHECK_TEXT(scan_keys(tr, B("a"), B("z")), "error 1007");
    CHECK_OK(tr_set(tr, B("x"), B("1")));
    CHECK_CODE(plinth_transaction_commit(tr), PLINTH_ERROR_TRANSACTION_TOO_OLD);
    CHECK_OK(plinth_transaction_on_error(tr, PLINTH_ERROR_TRANSACTION_TOO_OLD));
    CHECK_VALUE(tr, B("x"), ABSENT);
    destroy(tr);
}

/* It used a version. (COM-6, VER-6) */
static void a_blind_write_at_an_ancient_version_is_1007_com6(void) {
    plinth_transaction *tr = begin_at(1);
    plinth_metrics before, after;
    CHECK_OK(plinth_database_metrics(db, &before, sizeof before));
    CHECK_OK(tr_set(tr, B("x"), B("1")));
    CHECK_CODE(plinth_transaction_commit(tr), PLINTH_ERROR_TRANSACTION_TOO_OLD);
    CHECK_OK(plinth_database_metrics(db, &after, sizeof after));
    CHECK_INT(after.too_old - before.too_old, 1);
    destroy(tr);
}

/* They need no database. (VER-6, RYW-4) */
static void own_writes_are_read_without_a_version_ver6(void) {
    plinth_transaction *tr = begin_at(1);
    CHECK_OK(tr_set(tr, B("x"), B("own")));
    CHECK_VALUE(tr, B("x"), B("own"));
    destroy(tr);
}

/* ------------------------------------------------------------------ history */

/*
 * At a version that was given out after `known`, the database must read as `want`. Only if the
 * machine was so slow that the five seconds are over may the version be gone. Says whether it was there.
 */
static bool expect_at(int64_t version, double known, const char *want) {
    plinth_transaction *tr = begin_at(version);
    const char *got = scan_keys(tr, B("even"), B("n\0"));
    bool gone = strcmp(got, "error 1007") == 0 && now_ms() - known >= 5000;
    if (!gone) {
        CHECK_TEXT(got, want);
    }
    destroy(tr);
    return !gone;
}

/* And one below it the state before. (VER-9) */
static void each_commit_version_shows_exactly_its_state_ver9(void) {
    enum { STATES = 300 };
    static int64_t versions[STATES];
    long states = scaled(STATES);
    double start = now_ms();
    empty(db);
    for (long i = 0; i < states; i++) {
        char text[24];
        plinth_transaction *tr = begin(db);
        snprintf(text, sizeof text, "%ld", i);
        CHECK_OK(tr_set(tr, B("n"), bytes_of(text, strlen(text))));
        CHECK_OK(i % 2 == 0 ? tr_set(tr, B("even"), B("1")) : tr_clear(tr, B("even")));
        CHECK_OK(plinth_transaction_commit(tr));
        CHECK_OK(plinth_transaction_get_committed_version(tr, &versions[i]));
        destroy(tr);
    }
    for (long i = states - 1; i > 0; i--) {
        char want[64];
        snprintf(want, sizeof want, "%sn=%ld", i % 2 == 0 ? "even=1 " : "", i);
        expect_at(versions[i], start, want);
        /* One below shows the state before it. */
        snprintf(want, sizeof want, "%sn=%ld", i % 2 == 1 ? "even=1 " : "", i - 1);
        expect_at(versions[i] - 1, start, want);
    }
}

/* The window is as good for commits. (VER-9, CONF-14) */
static void a_historical_read_conflicts_with_what_came_later_ver9(void) {
    int64_t version = put(db, B("k"), B("1"));
    plinth_transaction *tr = begin_at(version);
    CHECK_VALUE(tr, B("k"), B("1"));
    CHECK_OK(tr_set(tr, B("x"), B("1")));
    put(db, B("k"), B("2"));
    CHECK_CODE(plinth_transaction_commit(tr), PLINTH_ERROR_NOT_COMMITTED);
    destroy(tr);
}

typedef struct {
    long stop, commits;
} noise;

static void make_noise(long number, void *user) {
    noise *n = (noise *)user;
    char key[8];
    snprintf(key, sizeof key, "x%ld", number % 10);
    while (count_read(&n->stop) == 0) {
        put(db, bytes_of(key, 2), B("v"));
        count_add(&n->commits, 1);
    }
}

/* Whatever was committed since. (VER-9) */
static void history_is_exact_while_thousands_of_commits_happen_ver9(void) {
    enum { STATES = 1000 };
    static struct {
        int64_t version;
        double known;
    } states[STATES];
    noise n = {0, 0};
    thread threads[3];
    long count = scaled(STATES), checked = 0;
    empty(db);
    for (long i = 0; i < 3; i++) {
        thread_start(&threads[i], make_noise, i, &n);
    }
    for (long i = 0; i < count; i++) {
        long back = random_below(i + 1);
        char want[32];
        snprintf(want, sizeof want, "%ld", i);
        states[i].known = now_ms();
        states[i].version = put(db, B("n"), bytes_of(want, strlen(want)));
        snprintf(want, sizeof want, "n=%ld", back);
        checked += expect_at(states[back].version, states[back].known, want);
    }
    count_add(&n.stop, 1);
    for (int i = 0; i < 3; i++) {
        thread_join(&threads[i]);
    }
    printf("%ld historical reads during %ld other commits\n", checked, count_read(&n.commits));
    CHECK(checked > 0);
}

/* ------------------------------------------------------------------ the end of the window */

/* Tries to read a key at a version. */
static plinth_error read_at(int64_t version) {
    plinth_transaction *tr = begin_at(version);
    plinth_error error = tr_touch(tr, B("n"));
    destroy(tr);
    return error;
}

/* For reads and commits alike; too old goes before a conflict. (VER-6, VER-2, LIM-8, CONF-15, CONF-18, FREE-3) */
static void the_window_lasts_five_seconds_and_ends_ver6(void) {
    plinth_database_options options = database_options();
    plinth_database *patient;
    plinth_transaction *reader = begin(db), *writer = begin(db), *old;
    double start = now_ms(), age;
    int64_t version;
    plinth_error error;
    options.window_ms = 600000;
    patient = open_with(":memory:", &options);
    old = begin(patient);
    CHECK_OK(tr_touch(old, B("n")));
    put(patient, B("n"), B("changed"));
    put_number(B("n"), 7);
    version = read_version(reader);
    CHECK_OK(tr_touch(writer, B("n")));
    CHECK_OK(tr_set(writer, B("late"), B("1")));
    /* A conflict too, which nobody asks about any more once the writer is too old. */
    put_number(B("n"), 8);
    do {
        error = read_at(version);
        /* Taken after the read, from before the version existed: below five seconds is really too early. */
        age = now_ms() - start;
        breathe();
    } while (error == 0 && age < 60000);
    CHECK_CODE(error, PLINTH_ERROR_TRANSACTION_TOO_OLD);
    CHECK(age >= 5000);
    printf("the version was readable for %.0f ms\n", age);
    /* Whoever held that version meets the same. */
    CHECK_CODE(tr_touch(reader, B("other")), PLINTH_ERROR_TRANSACTION_TOO_OLD);
    CHECK_CODE(plinth_transaction_commit(writer), PLINTH_ERROR_TRANSACTION_TOO_OLD);
    CHECK_OK(plinth_transaction_on_error(writer, PLINTH_ERROR_TRANSACTION_TOO_OLD));
    CHECK_VALUE(writer, B("late"), ABSENT);
    /* With a longer window the other database still reads as it was then. */
    CHECK_VALUE(old, B("other"), ABSENT);
    CHECK_TEXT(scan_keys(old, B("a"), B("z")), "");
    destroy(old);
    CHECK_OK(plinth_database_close(patient));
    destroy(reader);
    destroy(writer);
}

/* From the transaction's own memory. (RYW-12, VER-6) */
static void what_was_read_before_reads_the_same_after_the_window_ryw12(void) {
    plinth_transaction *tr = begin(db);
    double start = now_ms();
    int64_t version;
    put_number(B("n"), 8);
    version = read_version(tr);
    CHECK_VALUE(tr, B("n"), B("8"));
    CHECK_VALUE(tr, B("absent"), ABSENT);
    put_number(B("range/a"), 1);
    put_number(B("range/b"), 2);
    CHECK_OK(plinth_transaction_reset(tr));
    version = read_version(tr);
    CHECK_VALUE(tr, B("n"), B("8"));
    CHECK_VALUE(tr, B("absent"), ABSENT);
    CHECK_TEXT(scan_keys(tr, B("range/"), B("range0")), "range/a=1 range/b=2");
    put_number(B("n"), 9);
    put_number(B("range/a"), 9);
    while (read_at(version) == 0 && now_ms() - start < 60000) {
        breathe();
    }
    CHECK_VALUE(tr, B("n"), B("8"));
    CHECK_VALUE(tr, B("absent"), ABSENT);
    CHECK_TEXT(scan_keys(tr, B("range/"), B("range0")), "range/a=1 range/b=2");
    CHECK_TEXT(scan(tr, at_or_after(B("range/")), at_or_after(B("range/b")), NULL), "range/a=1");
    CHECK_OK(tr_set(tr, B("range/aa"), B("own")));
    CHECK_TEXT(scan_keys(tr, B("range/"), B("range0")), "range/a=1 range/aa=own range/b=2");
    destroy(tr);
    tr = begin(db);
    CHECK_OK(plinth_transaction_set_read_version(tr, version));
    CHECK_TEXT(scan_keys(tr, B("range/"), B("range0")), "error 1007");
    destroy(tr);
}

/* ------------------------------------------------------------------ reopening */

/* Above all of earlier lives. (VER-11) */
static void versions_grow_over_a_reopen_ver11(void) {
    path where = temporary_path();
    int64_t newest = 0;
    for (int life = 0; life < 4; life++) {
        plinth_database *disk = open_with(where.text, NULL);
        plinth_transaction *tr = begin(disk);
        CHECK(read_version(tr) > newest);
        newest = read_version(tr);
        destroy(tr);
        for (int i = 0; i < 5; i++) {
            int64_t version = put(disk, B("k"), B("v"));
            CHECK(version > newest);
            newest = version;
        }
        tr = begin(disk);
        newest = read_version(tr) > newest ? read_version(tr) : newest;
        destroy(tr);
        CHECK_OK(plinth_database_close(disk));
    }
}

/* A wrong state is never shown. (VER-11, VER-6) */
static void versions_of_an_earlier_life_are_too_old_ver11(void) {
    path where = temporary_path();
    plinth_database *disk = open_with(where.text, NULL);
    int64_t version = put(disk, B("k"), B("old"));
    plinth_transaction *tr;
    plinth_error error;
    plinth_value value;
    put(disk, B("k"), B("new"));
    CHECK_OK(plinth_database_close(disk));
    disk = open_with(where.text, NULL);
    tr = begin(disk);
    CHECK_OK(plinth_transaction_set_read_version(tr, version));
    /* The old state may be kept, but a wrong state must never be shown. */
    error = plinth_transaction_get(tr, NULL, (const uint8_t *)"k", 1, &value);
    if (error == 0) {
        CHECK_BYTES(value.data, value.len, B("old"));
    } else {
        CHECK_CODE(error, PLINTH_ERROR_TRANSACTION_TOO_OLD);
    }
    plinth_value_free(&value);
    destroy(tr);
    CHECK_OK(plinth_database_close(disk));
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    db = open_memory();
    RUN(the_first_versions_leave_room_below_ver8);
    RUN(the_read_version_stays_the_same_until_reset_ver4);
    RUN(the_read_version_is_obtained_by_the_first_read_ver4);
    RUN(versions_advance_with_time_ver2);
    RUN(reads_and_commits_share_one_order_ver4_ver5);
    RUN(a_version_must_be_above_zero_ver7);
    RUN(a_version_is_set_once_ver7);
    RUN(a_version_of_the_future_is_1009_ver8);
    RUN(a_commit_at_a_version_of_the_future_is_1009_ver10);
    RUN(a_read_waits_for_a_version_about_to_come_ver8);
    RUN(an_ancient_version_is_1007_ver6);
    RUN(a_blind_write_at_an_ancient_version_is_1007_com6);
    RUN(own_writes_are_read_without_a_version_ver6);
    RUN(each_commit_version_shows_exactly_its_state_ver9);
    RUN(a_historical_read_conflicts_with_what_came_later_ver9);
    RUN(history_is_exact_while_thousands_of_commits_happen_ver9);
    RUN(the_window_lasts_five_seconds_and_ends_ver6);
    RUN(what_was_read_before_reads_the_same_after_the_window_ryw12);
    RUN(versions_grow_over_a_reopen_ver11);
    RUN(versions_of_an_earlier_life_are_too_old_ver11);
    CHECK_OK(plinth_database_close(db));
    return harness_end();
}
