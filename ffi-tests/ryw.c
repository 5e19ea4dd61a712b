/*
 * Read your writes (RYW-1, 2, 6, 12, 13) for set, clear and clear_range, seen by every kind of
 * read, and a random comparison with a plain array.
 */
#include "harness.h"

static plinth_database *db;

/* Seeds {b, d, f} and begins a transaction. */

static const char *all(plinth_transaction *tr) {
    return scan_keys(tr, B(""), B("\xff"));
}

static const char *all_reverse(plinth_transaction *tr) {
    plinth_range_options options = range_options(0, 0, false, true);
    return scan(tr, at_or_after(B("")), at_or_after(B("\xff")), &options);
}

static const char *all_snapshot(plinth_transaction *tr) {
    plinth_range_options options = range_options(0, 0, true, false);
    return scan(tr, at_or_after(B("")), at_or_after(B("\xff")), &options);
}

/* In every kind of read. (RYW-1, GET-1) */
static void every_read_sees_an_own_set_ryw1(void) {
    plinth_transaction *tr = seeded(db);
    CHECK_OK(tr_set(tr, B("a"), B("own")));
    CHECK_OK(tr_set(tr, B("d"), B("own")));
    CHECK_OK(tr_set(tr, B("z"), B("")));
    CHECK_VALUE(tr, B("a"), B("own"));
    CHECK_VALUE(tr, B("d"), B("own"));
    CHECK_VALUE(tr, B("z"), B(""));
    CHECK_VALUE(tr, B("b"), B("2"));
    CHECK_TEXT(all(tr), "a=own b=2 d=own f=6 z=");
    CHECK_TEXT(all_reverse(tr), "z= f=6 d=own b=2 a=own");
    destroy(tr);
}

/* Also of a key that was never there. (RYW-1) */
static void every_read_sees_an_own_clear_ryw1(void) {
    plinth_transaction *tr = seeded(db);
    CHECK_OK(tr_clear(tr, B("d")));
    CHECK_OK(tr_clear(tr, B("never there")));
    CHECK_VALUE(tr, B("d"), ABSENT);
    CHECK_TEXT(all(tr), "b=2 f=6");
    CHECK_TEXT(all_reverse(tr), "f=6 b=2");
    destroy(tr);
}

/* Absent inside, untouched outside. (RYW-1, RYW-13) */
static void every_read_sees_an_own_clear_range_ryw1(void) {
    plinth_transaction *tr = seeded(db);
    CHECK_OK(tr_clear_range(tr, B("b"), B("f")));
    CHECK_VALUE(tr, B("b"), ABSENT);
    CHECK_VALUE(tr, B("c"), ABSENT);
    CHECK_VALUE(tr, B("d"), ABSENT);
    CHECK_VALUE(tr, B("f"), B("6"));
    CHECK_TEXT(all(tr), "f=6");
    CHECK_TEXT(all_reverse(tr), "f=6");
    CHECK_OK(tr_clear_range(tr, B(""), B("\xff")));
    CHECK_TEXT(all(tr), "");
    destroy(tr);
}

/* The end is left. (RYW-1) */
static void a_clear_range_is_half_open_ryw1(void) {
    plinth_transaction *tr = seeded(db);
    CHECK_OK(tr_clear_range(tr, B("b\0"), B("d")));
    CHECK_TEXT(all(tr), "b=2 d=4 f=6");
    CHECK_OK(tr_clear_range(tr, B("b"), B("b\0")));
    CHECK_TEXT(all(tr), "d=4 f=6");
    CHECK_OK(tr_clear_range(tr, B("f"), B("f")));
    CHECK_TEXT(all(tr), "d=4 f=6");
    destroy(tr);
}

/* In call order, before and after the commit. (COM-9, RYW-1) */
static void later_writes_win_over_earlier_ones_com9(void) {
    plinth_transaction *tr = seeded(db);
    CHECK_OK(tr_set(tr, B("d"), B("1")));
    CHECK_OK(tr_set(tr, B("d"), B("2")));
    CHECK_VALUE(tr, B("d"), B("2"));
    CHECK_OK(tr_clear(tr, B("d")));
    CHECK_VALUE(tr, B("d"), ABSENT);
    CHECK_OK(tr_set(tr, B("d"), B("3")));
    CHECK_VALUE(tr, B("d"), B("3"));
    CHECK_OK(tr_clear_range(tr, B("c"), B("e")));
    CHECK_VALUE(tr, B("d"), ABSENT);
    CHECK_OK(tr_set(tr, B("c"), B("4")));
    CHECK_OK(tr_set(tr, B("e"), B("5")));
    CHECK_TEXT(all(tr), "b=2 c=4 e=5 f=6");
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_TEXT(all(tr), "b=2 c=4 e=5 f=6");
    destroy(tr);
}

/* And a later set shows again. (RYW-1, COM-9) */
static void overlapping_clears_join_ryw1(void) {
    plinth_transaction *tr = seeded(db);
    CHECK_OK(tr_set(tr, B("c"), B("3")));
    CHECK_OK(tr_clear_range(tr, B("a"), B("c")));
    CHECK_OK(tr_clear_range(tr, B("e"), B("g")));
    CHECK_TEXT(all(tr), "c=3 d=4");
    CHECK_OK(tr_clear_range(tr, B("b"), B("f")));
    CHECK_TEXT(all(tr), "");
    CHECK_OK(tr_set(tr, B("c"), B("again")));
    CHECK_TEXT(all(tr), "c=again");
    destroy(tr);
}

/* What it sees is fixed when it is called. (RYW-2, TX-2) */
static void a_read_does_not_see_a_later_write_ryw2(void) {
    plinth_transaction *tr = seeded(db);
    plinth_value before;
    plinth_range range;
    plinth_key_selector from = at_or_after(B("")), to = at_or_after(B("\xff"));
    CHECK_OK(plinth_transaction_get(tr, NULL, (const uint8_t *)"d", 1, &before));
    CHECK_OK(plinth_transaction_get_range(tr, NULL, &from, &to, NULL, &range));
    CHECK_OK(tr_set(tr, B("d"), B("later")));
    CHECK_OK(tr_clear_range(tr, B("b"), B("c")));
    CHECK_BYTES(before.data, before.len, B("4"));
    CHECK_INT(range.count, 3);
    CHECK_BYTES(range.items[0].key, range.items[0].key_len, B("b"));
    CHECK_BYTES(range.items[1].value, range.items[1].value_len, B("4"));
    plinth_value_free(&before);
    plinth_range_free(&range);
    destroy(tr);
}

/* Results do not change. (RYW-2) */
static void a_value_read_from_an_own_write_outlives_its_overwriting_ryw2(void) {
    plinth_transaction *tr = seeded(db);
    plinth_value own;
    CHECK_OK(tr_set(tr, B("x"), B("first")));
    CHECK_OK(plinth_transaction_get(tr, NULL, (const uint8_t *)"x", 1, &own));
    CHECK_OK(tr_set(tr, B("x"), B("second")));
    CHECK_OK(tr_clear(tr, B("x")));
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_BYTES(own.data, own.len, B("first"));
    destroy(tr);
    CHECK_BYTES(own.data, own.len, B("first"));
    plinth_value_free(&own);
}

/* As long as nothing else is asked for. (RYW-6, AV-1) */
static void snapshot_reads_see_own_writes_ryw6(void) {
    plinth_transaction *tr = seeded(db);
    plinth_key_selector s = selector(B("b"), true, 1);
    plinth_value found;
    CHECK_OK(tr_set(tr, B("c"), B("own")));
    CHECK_OK(tr_clear(tr, B("d")));
    CHECK_SNAPSHOT(tr, B("c"), B("own"));
    CHECK_SNAPSHOT(tr, B("d"), ABSENT);
    CHECK_TEXT(all_snapshot(tr), "b=2 c=own f=6");
    CHECK_OK(plinth_transaction_get_key(tr, NULL, &s, true, &found));
    CHECK_BYTES(found.data, found.len, B("c"));
    plinth_value_free(&found);
    destroy(tr);
}

/* Before the commit nothing is visible. (VER-12) */
static void others_do_not_see_uncommitted_writes_ver12(void) {
    plinth_transaction *tr = seeded(db), *other;
    CHECK_OK(tr_set(tr, B("b"), B("uncommitted")));
    CHECK_OK(tr_clear_range(tr, B("d"), B("z")));
    other = begin(db);
    CHECK_TEXT(all(other), "b=2 d=4 f=6");
    destroy(other);
    destroy(tr);
}

/* One snapshot for the whole transaction. (RYW-12, VER-12) */
static void repeated_reads_give_the_same_ryw12(void) {
    plinth_transaction *tr = seeded(db);
    CHECK_VALUE(tr, B("d"), B("4"));
    CHECK_VALUE(tr, B("e"), ABSENT);
    CHECK_TEXT(all(tr), "b=2 d=4 f=6");
    put(db, B("d"), B("changed"));
    put(db, B("e"), B("new"));
    CHECK_VALUE(tr, B("d"), B("4"));
    CHECK_SNAPSHOT(tr, B("e"), ABSENT);
    CHECK_TEXT(all(tr), "b=2 d=4 f=6");
    CHECK_TEXT(all_reverse(tr), "f=6 d=4 b=2");
    destroy(tr);
}

/* Own sets count, own clears do not. (RNG-10) */
static void limits_count_visible_pairs_rng10(void) {
    plinth_transaction *tr = seeded(db);
    plinth_range_options two = range_options(2, 0, false, false), two_reverse = range_options(2, 0, false, true);
    CHECK_OK(tr_clear(tr, B("b")));
    CHECK_OK(tr_set(tr, B("c"), B("own")));
    CHECK_OK(tr_set(tr, B("e"), B("own")));
    CHECK_TEXT(scan(tr, at_or_after(B("a")), at_or_after(B("z")), &two), "c=own d=4 +");
    CHECK_TEXT(scan(tr, at_or_after(B("a")), at_or_after(B("z")), &two_reverse), "f=6 e=own +");
    destroy(tr);
}

/* For every operation. (DATA-2) */
static void the_empty_key_is_a_key_like_others_data2(void) {
    plinth_transaction *tr = seeded(db);
    CHECK_VALUE(tr, B(""), ABSENT);
    CHECK_OK(tr_set(tr, B(""), B("empty")));
    CHECK_VALUE(tr, B(""), B("empty"));
    CHECK_TEXT(all(tr), "=empty b=2 d=4 f=6");
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_VALUE(tr, B(""), B("empty"));
    CHECK_OK(tr_clear(tr, B("")));
    CHECK_TEXT(all(tr), "b=2 d=4 f=6");
    destroy(tr);
}

/* A prefix comes first. (DATA-1) */
static void keys_are_ordered_as_unsigned_bytes_data1(void) {
    plinth_transaction *tr = seeded(db);
    CHECK_OK(tr_clear_range(tr, B(""), B("\xff")));
    CHECK_OK(tr_set(tr, B("\x80"), B("4")));
    CHECK_OK(tr_set(tr, B("a\0"), B("2")));
    CHECK_OK(tr_set(tr, B("\x7f"), B("3")));
    CHECK_OK(tr_set(tr, B("\0"), B("0")));
    CHECK_OK(tr_set(tr, B("a"), B("1")));
    CHECK_OK(tr_set(tr, B("\xfe\xff\xff"), B("5")));
    CHECK_TEXT(all(tr), "\\x00=0 a=1 a\\x00=2 \\x7f=3 \\x80=4 \\xfe\\xff\\xff=5");
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_TEXT(all(tr), "\\x00=0 a=1 a\\x00=2 \\x7f=3 \\x80=4 \\xfe\\xff\\xff=5");
    destroy(tr);
}

/* ------------------------------------------------------------------ random comparison */

#define KEYS 40

/* What the transaction should see: for each key its value, or -1. */
typedef struct {
    int values[KEYS];
} model;

static void key_of(int number, char *text) {
    snprintf(text, 8, "k%02d", number);
}

static void random_write(plinth_transaction *tr, model *m) {
    char from[8], to[8], value[16];
    int a = (int)random_below(KEYS), b = (int)random_below(KEYS);
    key_of(a, from);
    switch (random_below(4)) {
    case 0:
    case 1:
        snprintf(value, sizeof value, "%d", b);
        CHECK_OK(tr_set(tr, bytes_of(from, 3), bytes_of(value, strlen(value))));
        m->values[a] = b;
        break;
    case 2:
        CHECK_OK(tr_clear(tr, bytes_of(from, 3)));
        m->values[a] = -1;
        break;
    default:
        b = a + (int)random_below(8);
        b = b > KEYS - 1 ? KEYS - 1 : b;
        key_of(b, to);
        CHECK_OK(tr_clear_range(tr, bytes_of(from, 3), bytes_of(to, 3)));
        for (int i = a; i < b; i++) {
            m->values[i] = -1;
        }
    }
}

/* The text that scan() must give for a part of the model. */
static void expected(const model *m, int from, int to, int limit, bool reverse, char *text, size_t size) {
    int rows = 0;
    size_t at = 0;
    text[0] = 0;
    for (int step = 0; step < to - from; step++) {
        int i = reverse ? to - 1 - step : from + step;
        char key[8];
        if (m->values[i] < 0) {
            continue;
        }
        key_of(i, key);
        at += (size_t)snprintf(text + at, size - at, "%s%s=%d", rows == 0 ? "" : " ", key, m->values[i]);
        if (++rows == limit) {
            snprintf(text + at, size - at, " +");
            return;
        }
    }
}

static void random_read(plinth_transaction *tr, const model *m) {
    char from[8], to[8], want[1024];
    int a = (int)random_below(KEYS), b = a + (int)random_below(12);
    plinth_range_options options =
        range_options((int32_t)random_below(5), 0, random_below(2) == 0, random_below(2) == 0);
    b = b > KEYS - 1 ? KEYS - 1 : b;
    key_of(a, from);
    key_of(b, to);
    expected(m, a, b, options.limit, options.reverse, want, sizeof want);
    CHECK_TEXT(scan(tr, at_or_after(bytes_of(from, 3)), at_or_after(bytes_of(to, 3)), &options), want);
    if (m->values[a] < 0) {
        CHECK_VALUE(tr, bytes_of(from, 3), ABSENT);
    } else {
        char value[16];
        snprintf(value, sizeof value, "%d", m->values[a]);
        CHECK_VALUE(tr, bytes_of(from, 3), bytes_of(value, strlen(value)));
    }
}

/* Sets, clears and ranges against an array. (RYW-1, RNG-1, RNG-8, RNG-10) */
static void random_transactions_agree_with_a_plain_array_ryw1(void) {
    long rounds = scaled(300);
    model stored, seen;
    plinth_transaction *tr = begin(db);
    empty(db);
    for (int i = 0; i < KEYS; i++) {
        stored.values[i] = -1;
    }
    for (long round = 0; round < rounds; round++) {
        seen = stored;
        for (int step = 0; step < 20; step++) {
            random_write(tr, &seen);
            random_read(tr, &seen);
        }
        if (random_below(4) != 0) {
            CHECK_OK(plinth_transaction_commit(tr));
            stored = seen;
        }
        CHECK_OK(plinth_transaction_reset(tr));
        random_read(tr, &stored);
    }
    destroy(tr);
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    db = open_memory();
    RUN(every_read_sees_an_own_set_ryw1);
    RUN(every_read_sees_an_own_clear_ryw1);
    RUN(every_read_sees_an_own_clear_range_ryw1);
    RUN(a_clear_range_is_half_open_ryw1);
    RUN(later_writes_win_over_earlier_ones_com9);
    RUN(overlapping_clears_join_ryw1);
    RUN(a_read_does_not_see_a_later_write_ryw2);
    RUN(a_value_read_from_an_own_write_outlives_its_overwriting_ryw2);
    RUN(snapshot_reads_see_own_writes_ryw6);
    RUN(others_do_not_see_uncommitted_writes_ver12);
    RUN(repeated_reads_give_the_same_ryw12);
    RUN(limits_count_visible_pairs_rng10);
    RUN(the_empty_key_is_a_key_like_others_data2);
    RUN(keys_are_ordered_as_unsigned_bytes_data1);
    RUN(random_transactions_agree_with_a_plain_array_ryw1);
    CHECK_OK(plinth_database_close(db));
    return harness_end();
}
