/*
 * Each anomaly that weaker isolation allows, under the name that the literature has for it, and that it does not
 * happen: VER-12 and CONF-19. First in schedules that would show it, then with threads.
 *
 * The stage `anomalies-noticed` of crates/prove runs each claim against a library with a planted defect that lets its
 * anomaly through, and wants it to fail.
 */
#include "harness.h"

static plinth_database *db;

/* Two transactions that have their read versions before either commits. */
typedef struct {
    plinth_transaction *one, *two;
} pair;

static pair two_at_once(void) {
    int64_t version;
    pair both;
    both.one = begin(db);
    both.two = begin(db);
    CHECK_OK(plinth_transaction_get_read_version(both.one, &version));
    CHECK_OK(plinth_transaction_get_read_version(both.two, &version));
    return both;
}

static void destroy_both(pair both) {
    destroy(both.one);
    destroy(both.two);
}

static void look(bytes key, bytes want) {
    plinth_transaction *tr = begin(db);
    CHECK_VALUE(tr, key, want);
    destroy(tr);
}

/* ------------------------------------------------------------------ what would be lost or broken */

/* Lost update (P4): both read the balance, both write it. (CONF-2, CONF-19, VER-12) */
static void lost_update_the_second_of_two_read_modify_writes_fails_conf2_conf19_ver12(void) {
    pair both;
    put(db, B("balance"), B("10"));
    both = two_at_once();
    CHECK_VALUE(both.one, B("balance"), B("10"));
    CHECK_VALUE(both.two, B("balance"), B("10"));
    CHECK_OK(tr_set(both.one, B("balance"), B("11")));
    CHECK_OK(tr_set(both.two, B("balance"), B("12")));
    CHECK_OK(plinth_transaction_commit(both.one));
    CHECK_CODE(plinth_transaction_commit(both.two), PLINTH_ERROR_NOT_COMMITTED);
    look(B("balance"), B("11"));
    destroy_both(both);
}

/* Lost update, when the two meet in the conflict on a limited range: the row it ended at counts. (CONF-5, CONF-19) */
static void lost_update_the_last_row_of_a_limited_read_counts_conf5_conf19(void) {
    plinth_range_options first_two = range_options(2, 0, false, false);
    pair both;
    put(db, B("queue/1"), B("a"));
    put(db, B("queue/2"), B("b"));
    put(db, B("queue/3"), B("c"));
    both = two_at_once();
    CHECK_TEXT(scan(both.one, at_or_after(B("queue/")), at_or_after(B("queue0")), &first_two), "queue/1=a queue/2=b +");
    CHECK_OK(tr_set(both.one, B("taken by one"), B("1 and 2")));
    CHECK_OK(tr_clear(both.two, B("queue/2")));
    CHECK_OK(plinth_transaction_commit(both.two));
    CHECK_CODE(plinth_transaction_commit(both.one), PLINTH_ERROR_NOT_COMMITTED);
    destroy_both(both);
}

/* Write skew (A5B, G2-item): each of two goes off call because the other is on. (CONF-2, CONF-19, VER-12) */
static void write_skew_two_doctors_do_not_both_go_conf2_conf19_ver12(void) {
    pair both;
    put(db, B("alice"), B("on call"));
    put(db, B("bob"), B("on call"));
    both = two_at_once();
    CHECK_VALUE(both.one, B("bob"), B("on call"));
    CHECK_VALUE(both.two, B("alice"), B("on call"));
    CHECK_OK(tr_clear(both.one, B("alice")));
    CHECK_OK(tr_clear(both.two, B("bob")));
    CHECK_OK(plinth_transaction_commit(both.one));
    CHECK_CODE(plinth_transaction_commit(both.two), PLINTH_ERROR_NOT_COMMITTED);
    look(B("bob"), B("on call"));
    destroy_both(both);
}

static void touch_in(plinth_transaction *tr, plinth_keyspace *ks, bytes key) {
    CHECK_OK(tr_touch_in(tr, ks, key, false));
}

/* Write skew over two keyspaces, of which only the second tells: a transaction is one over all. (CONF-2, CONF-19) */
static void write_skew_over_keyspaces_is_a_conflict_conf2_conf19(void) {
    plinth_keyspace *first, *second;
    pair both;
    CHECK_OK(plinth_keyspace_open(db, "first", &first));
    CHECK_OK(plinth_keyspace_open(db, "second", &second));
    both = two_at_once();
    touch_in(both.one, first, B("unchanged"));
    touch_in(both.one, second, B("k"));
    touch_in(both.two, first, B("k"));
    CHECK_OK(plinth_transaction_set(both.one, first, B("k").data, 1, B("1").data, 1));
    CHECK_OK(plinth_transaction_set(both.two, second, B("k").data, 1, B("1").data, 1));
    CHECK_OK(plinth_transaction_commit(both.two));
    CHECK_CODE(plinth_transaction_commit(both.one), PLINTH_ERROR_NOT_COMMITTED);
    destroy_both(both);
    CHECK_OK(plinth_keyspace_close(first));
    CHECK_OK(plinth_keyspace_close(second));
}

/* Weaker only where it is asked for. (VER-13, CONF-7) */
static void write_skew_is_had_by_asking_for_it_with_snapshot_reads_ver13_conf7(void) {
    pair both = two_at_once();
    CHECK_OK(tr_touch_in(both.one, NULL, B("y"), true));
    CHECK_OK(tr_touch_in(both.two, NULL, B("x"), true));
    CHECK_OK(tr_set(both.one, B("x"), B("1")));
    CHECK_OK(tr_set(both.two, B("y"), B("1")));
    CHECK_OK(plinth_transaction_commit(both.one));
    CHECK_OK(plinth_transaction_commit(both.two));
    destroy_both(both);
}

/* Read skew (A5A): money that moves between two accounts is in one of them. (VER-12, VER-4, COM-1) */
static void read_skew_both_reads_see_one_moment_ver12_ver4_com1(void) {
    plinth_transaction *reader, *mover;
    put(db, B("from"), B("100"));
    put(db, B("to"), B("0"));
    reader = begin(db);
    CHECK_VALUE(reader, B("from"), B("100"));
    mover = begin(db);
    CHECK_OK(tr_set(mover, B("from"), B("0")));
    CHECK_OK(tr_set(mover, B("to"), B("100")));
    CHECK_OK(plinth_transaction_commit(mover));
    CHECK_VALUE(reader, B("to"), B("0"));
    CHECK_VALUE(reader, B("from"), B("100"));
    CHECK_OK(plinth_transaction_commit(reader));
    destroy(mover);
    destroy(reader);
}

/* Phantom (P3, A3): a row appears in a range that was read. (CONF-5, CONF-19, VER-12) */
static void phantom_a_row_that_appears_is_not_seen_and_a_conflict_conf5_conf19_ver12(void) {
    plinth_transaction *reader;
    put(db, B("task/1"), B("a"));
    reader = begin(db);
    CHECK_TEXT(scan_keys(reader, B("task/"), B("task0")), "task/1=a");
    put(db, B("task/2"), B("b"));
    CHECK_TEXT(scan_keys(reader, B("task/"), B("task0")), "task/1=a");
    CHECK_OK(tr_set(reader, B("count"), B("1")));
    CHECK_CODE(plinth_transaction_commit(reader), PLINTH_ERROR_NOT_COMMITTED);
    destroy(reader);
}

/* Phantom: a row goes from it. (CONF-5, CONF-1, CONF-19) */
static void phantom_a_row_that_goes_is_a_conflict_conf5_conf19(void) {
    plinth_transaction *reader, *other;
    put(db, B("task/1"), B("a"));
    reader = begin(db);
    CHECK_TEXT(scan_keys(reader, B("task/"), B("task0")), "task/1=a");
    other = begin(db);
    CHECK_OK(tr_clear_range(other, B("a"), B("z")));
    CHECK_OK(plinth_transaction_commit(other));
    CHECK_OK(tr_set(reader, B("z/count"), B("1")));
    CHECK_CODE(plinth_transaction_commit(reader), PLINTH_ERROR_NOT_COMMITTED);
    destroy(other);
    destroy(reader);
}

/* G2: two that count a range and add to it, so that the limit of one is exceeded. (CONF-5, CONF-19) */
static void g2_two_that_book_the_last_seat_do_not_both_get_it_conf5_conf19(void) {
    pair both = two_at_once();
    CHECK_TEXT(scan_keys(both.one, B("seat/"), B("seat0")), "");
    CHECK_TEXT(scan_keys(both.two, B("seat/"), B("seat0")), "");
    CHECK_OK(tr_set(both.one, B("seat/1"), B("one")));
    CHECK_OK(tr_set(both.two, B("seat/2"), B("two")));
    CHECK_OK(plinth_transaction_commit(both.two));
    CHECK_CODE(plinth_transaction_commit(both.one), PLINTH_ERROR_NOT_COMMITTED);
    CHECK_OK(plinth_transaction_on_error(both.one, PLINTH_ERROR_NOT_COMMITTED));
    CHECK_TEXT(scan_keys(both.one, B("seat/"), B("seat0")), "seat/2=two");
    destroy_both(both);
}

/* G2-item: three that each write what the next one read. One has to go. (CONF-2, CONF-19, CONF-20) */
static void g2_item_a_cycle_of_three_is_broken_conf2_conf19_conf20(void) {
    const bytes keys[] = {B("b"), B("d"), B("f")};
    plinth_transaction *ring[3];
    int committed = 0;
    for (int i = 0; i < 3; i++) {
        ring[i] = begin(db);
        CHECK_OK(tr_touch(ring[i], keys[i]));
        CHECK_OK(tr_set(ring[i], keys[(i + 1) % 3], B("v")));
    }
    for (int i = 0; i < 3; i++) {
        plinth_error error = plinth_transaction_commit(ring[i]);
        CHECK(error == 0 || error == PLINTH_ERROR_NOT_COMMITTED);
        committed += error == 0;
        destroy(ring[i]);
    }
    /* 0 writes what 1 read; 2 read what nobody who committed wrote. */
    CHECK_INT(committed, 2);
}

/* ------------------------------------------------------------------ what would be seen too early or in pieces */

/* G0, dirty write (P0): blind writes of two keys are not mixed. (CONF-17, CONF-19) */
static void g0_blind_writes_take_effect_one_after_the_other_conf17_conf19(void) {
    int64_t version_of_one, version_of_two;
    pair both = two_at_once();
    plinth_transaction *reader;
    CHECK_OK(tr_set(both.one, B("x"), B("one")));
    CHECK_OK(tr_set(both.two, B("x"), B("two")));
    CHECK_OK(tr_set(both.two, B("y"), B("two")));
    CHECK_OK(tr_set(both.one, B("y"), B("one")));
    CHECK_OK(plinth_transaction_commit(both.two));
    CHECK_OK(plinth_transaction_commit(both.one));
    CHECK_OK(plinth_transaction_get_committed_version(both.one, &version_of_one));
    CHECK_OK(plinth_transaction_get_committed_version(both.two, &version_of_two));
    CHECK(version_of_one > version_of_two);
    reader = begin(db);
    CHECK_VALUE(reader, B("x"), B("one"));
    CHECK_VALUE(reader, B("y"), B("one"));
    destroy(reader);
    destroy_both(both);
}

/* G0 inside one transaction: a clear and a set of one key are applied as they were called. (RYW-1, CONF-19) */
static void g0_a_transaction_writes_in_the_order_of_its_calls_ryw1_conf19(void) {
    plinth_transaction *tr = begin(db), *reader;
    put(db, B("k"), B("old"));
    CHECK_OK(tr_clear_range(tr, B("a"), B("z")));
    CHECK_OK(tr_set(tr, B("k"), B("new")));
    CHECK_OK(plinth_transaction_commit(tr));
    reader = begin(db);
    CHECK_VALUE(reader, B("k"), B("new"));
    destroy(reader);
    destroy(tr);
}

/* G1a, aborted read (P1): what was given up or refused was never there. (VER-12, CONF-15, RST-2) */
static void g1a_what_did_not_commit_is_never_seen_ver12_conf15_rst2(void) {
    plinth_transaction *open = begin(db), *refused = begin(db);
    put(db, B("x"), B("old"));
    CHECK_OK(tr_set(open, B("x"), B("open")));
    look(B("x"), B("old"));
    CHECK_OK(plinth_transaction_cancel(open));
    look(B("x"), B("old"));
    CHECK_OK(tr_touch(refused, B("y")));
    CHECK_OK(tr_set(refused, B("x"), B("refused")));
    put(db, B("y"), B("1"));
    CHECK_CODE(plinth_transaction_commit(refused), PLINTH_ERROR_NOT_COMMITTED);
    look(B("x"), B("old"));
    destroy(refused);
    destroy(open);
}

/* G1b, intermediate read: only the last write of a transaction is seen. (VER-12) */
static void g1b_what_a_transaction_wrote_over_is_never_seen_ver12(void) {
    plinth_transaction *writer = begin(db);
    CHECK_OK(tr_set(writer, B("x"), B("first")));
    look(B("x"), ABSENT);
    CHECK_OK(tr_set(writer, B("x"), B("last")));
    look(B("x"), ABSENT);
    CHECK_OK(plinth_transaction_commit(writer));
    look(B("x"), B("last"));
    destroy(writer);
}

/* G1c, circular flow of information: of two that commit at most one saw the other. (VER-12, CONF-2, CONF-19) */
static void g1c_two_do_not_see_each_other_ver12_conf2_conf19(void) {
    pair both = two_at_once();
    CHECK_OK(tr_set(both.one, B("x"), B("one")));
    CHECK_OK(tr_set(both.two, B("y"), B("two")));
    CHECK_VALUE(both.one, B("y"), ABSENT);
    CHECK_VALUE(both.two, B("x"), ABSENT);
    CHECK_OK(plinth_transaction_commit(both.one));
    CHECK_CODE(plinth_transaction_commit(both.two), PLINTH_ERROR_NOT_COMMITTED);
    destroy_both(both);
}

/* Long fork: readers of different moments agree about the order of two commits. (VER-4, VER-12, CONF-19) */
static void long_fork_readers_see_two_commits_in_one_order_ver4_ver12_conf19(void) {
    plinth_transaction *early = begin(db), *middle, *late;
    int64_t version;
    CHECK_OK(plinth_transaction_get_read_version(early, &version));
    put(db, B("x"), B("new"));
    middle = begin(db);
    CHECK_OK(plinth_transaction_get_read_version(middle, &version));
    put(db, B("y"), B("new"));
    late = begin(db);
    CHECK_VALUE(late, B("x"), B("new"));
    CHECK_VALUE(late, B("y"), B("new"));
    CHECK_VALUE(middle, B("x"), B("new"));
    CHECK_VALUE(middle, B("y"), ABSENT);
    CHECK_VALUE(early, B("x"), ABSENT);
    CHECK_VALUE(early, B("y"), ABSENT);
    destroy(late);
    destroy(middle);
    destroy(early);
}

/* ------------------------------------------------------------------ with threads */

#define READERS 2
#define SIGHTS 20000

/* What a reader saw: how often x and y had been written. */
typedef struct {
    long x, y;
} sight;

static sight sights[READERS][SIGHTS];
static long seen[READERS];
static bool writers_done;

static void write_number(const char *key, long number) {
    char text[24];
    int len = snprintf(text, sizeof text, "%ld", number);
    put(db, bytes_of(key, strlen(key)), bytes_of(text, (size_t)len));
}

static long read_number(plinth_transaction *tr, const char *key) {
    plinth_value value;
    char text[24] = "0";
    CHECK_OK(plinth_transaction_get(tr, NULL, (const uint8_t *)key, strlen(key), &value));
    if (value.data != NULL && value.len < sizeof text) {
        memcpy(text, value.data, value.len);
        text[value.len] = 0;
    }
    plinth_value_free(&value);
    return strtol(text, NULL, 10);
}

/* Reads y before x, each time in a new transaction, until the writers are done. */
static void read_both(long number, void *user) {
    (void)user;
    while (!__atomic_load_n(&writers_done, __ATOMIC_SEQ_CST) && seen[number] < SIGHTS) {
        plinth_transaction *tr = begin(db);
        sight *now = &sights[number][seen[number]++];
        now->y = read_number(tr, "y");
        now->x = read_number(tr, "x");
        destroy(tr);
    }
}

static void beside_readers(thread_body writer, long writers, long numbers) {
    thread readers[READERS];
    empty(db);
    memset(seen, 0, sizeof seen);
    __atomic_store_n(&writers_done, false, __ATOMIC_SEQ_CST);
    for (long i = 0; i < READERS; i++) {
        thread_start(&readers[i], read_both, i, NULL);
    }
    in_threads(writers, writer, &numbers);
    __atomic_store_n(&writers_done, true, __ATOMIC_SEQ_CST);
    for (long i = 0; i < READERS; i++) {
        thread_join(&readers[i]);
    }
}

static int by_x_then_y(const void *a, const void *b) {
    const sight *one = (const sight *)a, *two = (const sight *)b;
    return one->x != two->x ? (one->x > two->x) - (one->x < two->x) : (one->y > two->y) - (one->y < two->y);
}

static void count_up_own_key(long number, void *user) {
    for (long i = 1; i <= *(long *)user; i++) {
        write_number(number == 0 ? "x" : "y", i);
    }
}

/* Long fork: of any two sights one saw at least as much of both keys as the other. (VER-4, VER-12, CONF-19) */
static void long_fork_does_not_happen_under_threads_ver4_ver12_conf19(void) {
    static sight all[READERS * SIGHTS];
    long count = 0, forks = 0;
    beside_readers(count_up_own_key, 2, scaled(2000));
    for (int r = 0; r < READERS; r++) {
        memcpy(&all[count], sights[r], (size_t)seen[r] * sizeof all[0]);
        count += seen[r];
    }
    qsort(all, (size_t)count, sizeof all[0], by_x_then_y);
    for (long i = 1; i < count; i++) {
        forks += all[i].y < all[i - 1].y;
    }
    CHECK_INT(forks, 0);
}

static void x_then_y(long number, void *user) {
    (void)number;
    for (long i = 1; i <= *(long *)user; i++) {
        write_number("x", i);
        write_number("y", i);
    }
}

/* Causal reversal: y is written when the write of x was acknowledged; who sees y sees x. (VER-4, CONF-19) */
static void causal_reversal_who_sees_the_later_commit_sees_the_earlier_ver4_conf19(void) {
    long reversed = 0;
    beside_readers(x_then_y, 1, scaled(1000));
    for (int r = 0; r < READERS; r++) {
        for (long i = 0; i < seen[r]; i++) {
            reversed += sights[r][i].x != sights[r][i].y && sights[r][i].x != sights[r][i].y + 1;
        }
    }
    CHECK_INT(reversed, 0);
}

/* Causal reversal in one thread: what was acknowledged is read at once. (VER-4) */
static void causal_reversal_an_acknowledged_write_is_read_ver4(void) {
    for (long i = 1; i <= scaled(500); i++) {
        plinth_transaction *tr;
        write_number("own", i);
        tr = begin(db);
        CHECK_INT(read_number(tr, "own"), i);
        destroy(tr);
    }
}

static void add_one_to_x(long number, void *user) {
    (void)number;
    for (long i = 0; i < *(long *)user; i++) {
        plinth_transaction *tr = begin(db);
        plinth_error error;
        do {
            char text[24];
            int len = snprintf(text, sizeof text, "%ld", read_number(tr, "x") + 1);
            CHECK_OK(tr_set(tr, B("x"), bytes_of(text, (size_t)len)));
            error = plinth_transaction_commit(tr);
        } while (error != 0 && CHECK_OK(plinth_transaction_on_error(tr, error)));
        destroy(tr);
    }
}

/* Lost update: threads that count with retries. (CONF-2, CONF-19, ERRH-1) */
static void lost_update_threads_that_count_lose_nothing_conf2_conf19_errh1(void) {
    enum { THREADS = 4 };
    long each = scaled(300);
    plinth_transaction *tr;
    empty(db);
    in_threads(THREADS, add_one_to_x, &each);
    tr = begin(db);
    CHECK_INT(read_number(tr, "x"), THREADS * each);
    destroy(tr);
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    db = open_memory();
    empty(db);
    RUN(lost_update_the_second_of_two_read_modify_writes_fails_conf2_conf19_ver12);
    empty(db);
    RUN(lost_update_the_last_row_of_a_limited_read_counts_conf5_conf19);
    empty(db);
    RUN(write_skew_two_doctors_do_not_both_go_conf2_conf19_ver12);
    empty(db);
    RUN(write_skew_over_keyspaces_is_a_conflict_conf2_conf19);
    empty(db);
    RUN(write_skew_is_had_by_asking_for_it_with_snapshot_reads_ver13_conf7);
    empty(db);
    RUN(read_skew_both_reads_see_one_moment_ver12_ver4_com1);
    empty(db);
    RUN(phantom_a_row_that_appears_is_not_seen_and_a_conflict_conf5_conf19_ver12);
    empty(db);
    RUN(phantom_a_row_that_goes_is_a_conflict_conf5_conf19);
    empty(db);
    RUN(g2_two_that_book_the_last_seat_do_not_both_get_it_conf5_conf19);
    empty(db);
    RUN(g2_item_a_cycle_of_three_is_broken_conf2_conf19_conf20);
    empty(db);
    RUN(g0_blind_writes_take_effect_one_after_the_other_conf17_conf19);
    empty(db);
    RUN(g0_a_transaction_writes_in_the_order_of_its_calls_ryw1_conf19);
    empty(db);
    RUN(g1a_what_did_not_commit_is_never_seen_ver12_conf15_rst2);
    empty(db);
    RUN(g1b_what_a_transaction_wrote_over_is_never_seen_ver12);
    empty(db);
    RUN(g1c_two_do_not_see_each_other_ver12_conf2_conf19);
    empty(db);
    RUN(long_fork_readers_see_two_commits_in_one_order_ver4_ver12_conf19);
    empty(db);
    RUN(long_fork_does_not_happen_under_threads_ver4_ver12_conf19);
    empty(db);
    RUN(causal_reversal_who_sees_the_later_commit_sees_the_earlier_ver4_conf19);
    empty(db);
    RUN(causal_reversal_an_acknowledged_write_is_read_ver4);
    empty(db);
    RUN(lost_update_threads_that_count_lose_nothing_conf2_conf19_errh1);
    CHECK_OK(plinth_database_close(db));
    return harness_end();
}
