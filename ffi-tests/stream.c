/*
 * Range reads in batches: the pairs of a range read, in memory that does not grow with the range. Each batch is a
 * range read of its own. Rules RNG-1, RNG-3, RNG-4, RNG-9, RYW-1, RYW-2, VER-4, CONF-5, CONF-7, SEL-1, RST-1, TX-2,
 * TX-3.
 */
#include "harness.h"

#if defined(__GLIBC__)
#include <malloc.h>
#endif

static plinth_database *db;

enum { PAIRS = 3000, VALUE = 40 };

static bytes numbered(char *room, int number) {
    snprintf(room, 16, "%08d", number);
    return bytes_of(room, 8);
}

/* A database that holds PAIRS pairs of 8 and VALUE bytes. */
static void fill(void) {
    plinth_transaction *tr = begin(db);
    char key[16], value[VALUE];
    CHECK_OK(tr_clear_range(tr, B(""), B("\xff")));
    for (int i = 0; i < PAIRS; i++) {
        memset(value, 'a' + i % 26, sizeof value);
        CHECK_OK(tr_set(tr, numbered(key, i), bytes_of(value, sizeof value)));
    }
    CHECK_OK(plinth_transaction_commit(tr));
    destroy(tr);
}

static plinth_stream *stream_of(plinth_transaction *tr, plinth_key_selector from, plinth_key_selector to,
                                const plinth_range_options *options) {
    plinth_stream *stream = NULL;
    CHECK_OK(plinth_transaction_stream_range(tr, NULL, &from, &to, options, &stream));
    return stream;
}

static plinth_stream *stream_all(plinth_transaction *tr, const plinth_range_options *options) {
    return stream_of(tr, at_or_after(B("")), at_or_after(B("\xff")), options);
}

/* The number of pairs of the next batch, or minus the error. */
static long next_count(plinth_stream *stream) {
    plinth_range range;
    plinth_error error = plinth_stream_next(stream, &range);
    long count = error == 0 ? (long)range.count : -(long)error;
    plinth_range_free(&range);
    return count;
}

/* RNG-1, RNG-3, SEL-1: whatever the ends, the limit, the direction and the size of batches. */
static void a_stream_has_the_pairs_of_the_range_read_rng1_rng3_sel1(void) {
    plinth_transaction *tr = begin(db);
    for (int round = 0; round < scaled(120); round++) {
        char low[16], high[16];
        bytes first = numbered(low, (int)random_below(PAIRS)), last = numbered(high, (int)random_below(PAIRS + 10));
        int32_t limits[] = {0, -1, 1, 7, 500, 100000}, limit = limits[random_below(6)];
        int64_t targets[] = {0, -1, 1, 300, 5000, INT64_MAX}, target = targets[random_below(6)];
        bool reverse = random_below(2) == 1, snapshot = random_below(2) == 1;
        plinth_key_selector from = selector(first, random_below(2) == 1, (int32_t)random_below(7) - 3);
        plinth_key_selector to = selector(last, random_below(2) == 1, (int32_t)random_below(7) - 3);
        plinth_range_options whole = range_options(limit, 0, snapshot, reverse);
        plinth_range_options batches = range_options(limit, target, snapshot, reverse);
        plinth_stream *stream = stream_of(tr, from, to, &batches);
        plinth_range want, got;
        size_t at = 0;
        CHECK_OK(plinth_transaction_get_range(tr, NULL, &from, &to, &whole, &want));
        for (bool more = true; more;) {
            CHECK_OK(plinth_stream_next(stream, &got));
            for (size_t i = 0; i < got.count && CHECK(at < want.count); i++, at++) {
                const plinth_key_value *a = &got.items[i], *b = &want.items[at];
                CHECK(a->key_len == b->key_len && memcmp(a->key, b->key, a->key_len) == 0);
                CHECK(a->value_len == b->value_len && memcmp(a->value, b->value, a->value_len) == 0);
            }
            more = got.count > 0;
            CHECK(more || !got.more);
            plinth_range_free(&got);
        }
        CHECK_INT(at, want.count);
        CHECK_INT(next_count(stream), 0);
        plinth_range_free(&want);
        CHECK_OK(plinth_stream_destroy(stream));
    }
    destroy(tr);
}

/* RNG-4, RNG-9: a batch has the bytes asked for, and one pair at least; the first ones are smaller. */
static void a_batch_ends_at_its_bytes_rng4_rng9(void) {
    plinth_range_options options = range_options(0, 560, false, false);
    plinth_transaction *tr = begin(db);
    plinth_stream *stream = stream_all(tr, &options);
    CHECK_INT(next_count(stream), 10);
    CHECK_INT(next_count(stream), 10);
    CHECK_OK(plinth_stream_destroy(stream));
    options.target_bytes = 1;
    stream = stream_all(tr, &options);
    CHECK_INT(next_count(stream), 1);
    CHECK_INT(next_count(stream), 1);
    CHECK_OK(plinth_stream_destroy(stream));
    stream = stream_all(tr, NULL);
    CHECK_INT(next_count(stream), (16384 + 55) / 56);
    CHECK_INT(next_count(stream), (65536 + 55) / 56);
    CHECK_OK(plinth_stream_destroy(stream));
    destroy(tr);
}

/* RNG-3, RNG-4: what is no number of pairs or bytes. */
static void limits_below_minus_one_are_2012_rng3_rng4(void) {
    plinth_key_selector from = at_or_after(B("a")), to = at_or_after(B("g"));
    plinth_range_options pairs = range_options(-2, 0, false, false), sizes = range_options(0, -2, false, false);
    plinth_transaction *tr = begin(db);
    plinth_stream *stream;
    CHECK_CODE(plinth_transaction_stream_range(tr, NULL, &from, &to, &pairs, &stream), PLINTH_ERROR_RANGE_LIMITS_INVALID);
    CHECK(stream == NULL);
    CHECK_CODE(plinth_transaction_stream_range(tr, NULL, &from, &to, &sizes, &stream), PLINTH_ERROR_RANGE_LIMITS_INVALID);
    CHECK_CODE(plinth_transaction_stream_range(tr, NULL, NULL, &to, NULL, &stream), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK(stream == NULL);
    destroy(tr);
}

/* Ten pairs a batch, of which one was read. */
static plinth_stream *begun(plinth_transaction *tr, bool reverse) {
    plinth_range_options options = range_options(0, 560, false, reverse);
    plinth_stream *stream = stream_all(tr, &options);
    CHECK_INT(next_count(stream), 10);
    return stream;
}

/* RYW-1, RYW-2, VER-4: own writes of meanwhile are seen behind the last pair, those of others never. */
static void each_batch_sees_the_own_writes_before_it_ryw1_ryw2_ver4(void) {
    for (int reverse = 0; reverse < 2; reverse++) {
        plinth_transaction *tr = begin(db);
        plinth_stream *stream = begun(tr, reverse != 0);
        plinth_range range;
        char key[16];
        long count = 10;
        put(db, bytes_of("00000100x", 9), B("other"));
        CHECK_OK(tr_set(tr, bytes_of("00000005x", 9), B("own")));
        CHECK_OK(tr_set(tr, bytes_of("00001000x", 9), B("own")));
        CHECK_OK(tr_set(tr, bytes_of("00002995x", 9), B("own")));
        CHECK_OK(tr_clear(tr, numbered(key, 2000)));
        CHECK_OK(tr_clear(tr, numbered(key, 2001)));
        for (bool more = true; more;) {
            CHECK_OK(plinth_stream_next(stream, &range));
            for (size_t i = 0; i < range.count; i++) {
                const plinth_key_value *pair = &range.items[i];
                CHECK(pair->key_len == 8 || (pair->value_len == 3 && memcmp(pair->value, "own", 3) == 0));
            }
            count += (long)range.count;
            more = range.count > 0;
            plinth_range_free(&range);
        }
        /* One of the two at the ends lies behind. */
        CHECK_INT(count, PAIRS - 2 + 2);
        CHECK_OK(plinth_stream_destroy(stream));
        destroy(tr);
        tr = begin(db);
        CHECK_OK(tr_clear(tr, bytes_of("00000100x", 9)));
        CHECK_OK(plinth_transaction_commit(tr));
        destroy(tr);
    }
}

/* Whether a transaction commits that read `batches` batches when `changed` was set meanwhile. */
static plinth_error after_a_change(int batches, bool snapshot, bool reverse, bytes changed) {
    plinth_range_options options = range_options(0, 560, snapshot, reverse);
    plinth_transaction *tr = begin(db);
    plinth_stream *stream = stream_all(tr, &options);
    plinth_error error;
    for (int i = 0; i < batches; i++) {
        CHECK_INT(next_count(stream), 10);
    }
    put(db, changed, B("new"));
    CHECK_OK(tr_set(tr, B("x"), B("1")));
    error = plinth_transaction_commit(tr);
    CHECK_OK(plinth_stream_destroy(stream));
    destroy(tr);
    fill();
    return error;
}

/* CONF-5, CONF-7: the conflict is what was handed out, gaps included. */
static void what_was_handed_out_conflicts_conf5_conf7(void) {
    CHECK_CODE(after_a_change(2, false, false, bytes_of("00000000", 8)), PLINTH_ERROR_NOT_COMMITTED);
    CHECK_CODE(after_a_change(2, false, false, bytes_of("00000009x", 9)), PLINTH_ERROR_NOT_COMMITTED);
    CHECK_CODE(after_a_change(2, false, false, bytes_of("00000019", 8)), PLINTH_ERROR_NOT_COMMITTED);
    CHECK_CODE(after_a_change(2, false, false, bytes_of("00000019x", 9)), 0);
    CHECK_CODE(after_a_change(0, false, false, bytes_of("00000000", 8)), 0);
    CHECK_CODE(after_a_change(2, true, false, bytes_of("00000000", 8)), 0);
    CHECK_CODE(after_a_change(2, false, true, bytes_of("00002980", 8)), PLINTH_ERROR_NOT_COMMITTED);
    CHECK_CODE(after_a_change(2, false, true, bytes_of("00002979x", 9)), 0);
}

/* TX-3, RST-1: whatever ends the transaction ends its streams, and nothing else does. */
static void what_ends_the_transaction_ends_the_stream_tx3_rst1(void) {
    plinth_transaction *tr = begin(db);
    plinth_stream *stream = begun(tr, false), *other;
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_INT(next_count(stream), -PLINTH_ERROR_TRANSACTION_CANCELLED);
    CHECK_INT(next_count(stream), -PLINTH_ERROR_TRANSACTION_CANCELLED);
    other = begun(tr, true);
    CHECK_OK(plinth_transaction_on_error(tr, PLINTH_ERROR_NOT_COMMITTED));
    CHECK_INT(next_count(other), -PLINTH_ERROR_TRANSACTION_CANCELLED);
    CHECK_OK(plinth_stream_destroy(other));
    CHECK_OK(plinth_stream_destroy(stream));
    stream = begun(tr, false);
    CHECK_OK(plinth_transaction_cancel(tr));
    CHECK_INT(next_count(stream), -PLINTH_ERROR_TRANSACTION_CANCELLED);
    CHECK_OK(plinth_stream_destroy(stream));
    CHECK_OK(plinth_transaction_reset(tr));
    stream = begun(tr, false);
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_INT(next_count(stream), -PLINTH_ERROR_USED_DURING_COMMIT);
    CHECK_OK(plinth_stream_destroy(stream));
    CHECK_OK(plinth_transaction_reset(tr));
    stream = begun(tr, false);
    destroy(tr);
    CHECK_INT(next_count(stream), -PLINTH_ERROR_INVALID_HANDLE);
    CHECK_OK(plinth_stream_destroy(stream));
    CHECK_CODE(plinth_stream_destroy(stream), PLINTH_ERROR_INVALID_HANDLE);
    CHECK_INT(next_count(stream), -PLINTH_ERROR_INVALID_HANDLE);
}

static void a_stream_outlives_a_closed_database_without_harm(void) {
    plinth_database *own = open_memory();
    plinth_transaction *tr;
    plinth_stream *stream;
    put(own, B("a"), B("1"));
    tr = begin(own);
    stream = stream_all(tr, NULL);
    CHECK_OK(plinth_database_close(own));
    CHECK_INT(next_count(stream), -PLINTH_ERROR_DATABASE_CLOSED);
    CHECK_OK(plinth_stream_destroy(stream));
    destroy(tr);
}

/* The pairs of a batch stay when the stream and its transaction are gone; and the end stays the end. */
static void pairs_outlive_the_stream_and_the_end_stays(void) {
    plinth_transaction *tr = begin(db);
    plinth_range_options last = range_options(5, 0, false, true);
    plinth_stream *stream = stream_all(tr, &last);
    plinth_range range;
    CHECK_OK(plinth_stream_next(stream, &range));
    CHECK_INT(next_count(stream), 0);
    CHECK_OK(tr_set(tr, B("00000000a"), B("later")));
    CHECK_INT(next_count(stream), 0);
    CHECK_OK(plinth_stream_destroy(stream));
    destroy(tr);
    if (CHECK_INT(range.count, 5)) {
        CHECK_BYTES(range.items[4].key, range.items[4].key_len, bytes_of("00002995", 8));
    }
    plinth_range_free(&range);
}

typedef struct {
    plinth_stream *stream;
    long seen[PAIRS];
    long disorder;
} shared_stream;

static void take_batches(long number, void *user) {
    shared_stream *shared = (shared_stream *)user;
    int before = -1;
    (void)number;
    for (bool more = true; more;) {
        plinth_range range;
        CHECK_OK(plinth_stream_next(shared->stream, &range));
        for (size_t i = 0; i < range.count; i++) {
            char text[9] = {0};
            int which;
            memcpy(text, range.items[i].key, 8);
            which = atoi(text);
            count_add(&shared->disorder, which <= before ? 1 : 0);
            before = which;
            count_add(&shared->seen[which], 1);
        }
        more = range.count > 0;
        plinth_range_free(&range);
    }
}

/* TX-2: several threads on one stream get each pair once, and each thread its pairs in order. */
static void threads_share_a_stream_tx2(void) {
    static shared_stream shared;
    plinth_range_options options = range_options(0, 560, true, false);
    plinth_transaction *tr = begin(db);
    memset(&shared, 0, sizeof shared);
    shared.stream = stream_all(tr, &options);
    in_threads(4, take_batches, &shared);
    for (int i = 0; i < PAIRS; i++) {
        CHECK_INT(shared.seen[i], 1);
    }
    CHECK_INT(shared.disorder, 0);
    CHECK_OK(plinth_stream_destroy(shared.stream));
    destroy(tr);
}

static void end_it(long number, void *user) {
    shared_stream *shared = (shared_stream *)user;
    (void)number;
    breathe();
    CHECK_OK(plinth_stream_destroy(shared->stream));
}

static void take_until_it_ends(long number, void *user) {
    if (number == 0) {
        end_it(number, user);
        return;
    }
    for (long got = 1; got > 0;) {
        got = next_count(((shared_stream *)user)->stream);
        CHECK(got >= 0 || got == -PLINTH_ERROR_INVALID_HANDLE);
    }
}

/* A destroy under way of other threads' batches. */
static void a_stream_is_destroyed_while_it_is_read(void) {
    for (int round = 0; round < scaled(50); round++) {
        plinth_range_options options = range_options(0, 100, true, false);
        plinth_transaction *tr = begin(db);
        shared_stream *shared = calloc(1, sizeof *shared);
        shared->stream = stream_all(tr, &options);
        in_threads(3, take_until_it_ends, shared);
        free(shared);
        destroy(tr);
    }
}

#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
/* Bytes of the process in memory. */
static long resident(void) {
    long pages = 0, in_memory = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!CHECK(file != NULL && fscanf(file, "%ld %ld", &pages, &in_memory) == 2)) {
        return 0;
    }
    fclose(file);
    return in_memory * sysconf(_SC_PAGESIZE);
}

/* A stream over 200 MB takes a bounded part of that: the cache of the database, and a few batches. */
static void memory_does_not_grow_with_the_range(void) {
    enum { BUDGET = 16 << 20, LONG = 50000, COUNT = 4000, SLACK = 24 << 20 };
    static uint8_t value[LONG];
    path place = temporary_path();
    plinth_database_options options = database_options();
    plinth_database *own;
    plinth_transaction *tr;
    plinth_stream *stream;
    long before, most = 0, count = 0, bytes_seen = 0;
    if (getenv("PLINTH_TEST_SCALE") != NULL) {
        return;
    }
    options.durability = PLINTH_DURABILITY_BUFFERED;
    options.memory_budget = BUDGET;
    own = open_with(place.text, &options);
    for (int i = 0; i < COUNT; i++) {
        char key[16];
        for (size_t at = 0; at + 8 <= sizeof value; at += 8) {
            uint64_t noise = random_next(&harness.random);
            memcpy(value + at, &noise, 8);
        }
        put(own, numbered(key, i), bytes_of(value, sizeof value));
    }
    CHECK_OK(plinth_database_close(own));
    own = open_with(place.text, &options);
    tr = begin(own);
    stream = stream_all(tr, NULL);
#if defined(__GLIBC__)
    /* What the filling has left would hide what the stream takes. */
    malloc_trim(0);
#endif
    before = resident();
    for (bool more = true; more;) {
        plinth_range range;
        long now;
        CHECK_OK(plinth_stream_next(stream, &range));
        for (size_t i = 0; i < range.count; i++) {
            bytes_seen += (long)range.items[i].value_len;
        }
        count += (long)range.count;
        more = range.count > 0;
        plinth_range_free(&range);
        now = resident();
        most = now > most ? now : most;
    }
    CHECK_INT(count, COUNT);
    CHECK_INT(bytes_seen, (long)COUNT * LONG);
    printf("streamed %ld MB, resident size grew by %ld KB\n", bytes_seen / 1000000, (most - before) / 1024);
    CHECK(most - before < BUDGET + SLACK);
    CHECK_OK(plinth_stream_destroy(stream));
    destroy(tr);
    CHECK_OK(plinth_database_close(own));
    remove_tree(place.text);
}
#else
static void memory_does_not_grow_with_the_range(void) {
}
#endif

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    db = open_memory();
    fill();
    RUN(a_stream_has_the_pairs_of_the_range_read_rng1_rng3_sel1);
    RUN(a_batch_ends_at_its_bytes_rng4_rng9);
    RUN(limits_below_minus_one_are_2012_rng3_rng4);
    RUN(each_batch_sees_the_own_writes_before_it_ryw1_ryw2_ver4);
    RUN(what_was_handed_out_conflicts_conf5_conf7);
    RUN(what_ends_the_transaction_ends_the_stream_tx3_rst1);
    RUN(a_stream_outlives_a_closed_database_without_harm);
    RUN(pairs_outlive_the_stream_and_the_end_stays);
    RUN(threads_share_a_stream_tx2);
    RUN(a_stream_is_destroyed_while_it_is_read);
    RUN(memory_does_not_grow_with_the_range);
    CHECK_OK(plinth_database_close(db));
    return harness_end();
}
