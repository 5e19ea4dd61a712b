/*
 * Moves: what is in one database when it ends is in the other, whoever writes meanwhile; one that is cancelled leaves a
 * source that goes on and a target that says what it is; the next one goes on. (VST-1)
 */
#include "harness.h"

#include <stdatomic.h>

enum { KEYS = 2000, WRITERS = 3, COUNTERS = 8 };

static void put_numbers(plinth_database *db, plinth_keyspace *ks, int from, int to) {
    plinth_transaction *tr;
    CHECK_OK(plinth_transaction_begin(db, &tr));
    for (int number = from; number < to; number++) {
        uint8_t key[3] = {'n', (uint8_t)(number >> 8), (uint8_t)number};
        uint8_t value[300];
        memset(value, number, sizeof value);
        CHECK_OK(plinth_transaction_set(tr, ks, key, sizeof key, value, (size_t)(number % 300)));
        if (number % 500 == 499 || number + 1 == to) {
            CHECK_OK(plinth_transaction_commit(tr));
            CHECK_OK(plinth_transaction_reset(tr));
        }
    }
    CHECK_OK(plinth_transaction_destroy(tr));
}

static plinth_database *nothing_in_it(void) {
    return open_memory();
}

/* Whether the source is a cluster, which does not tell what changes. */
static bool is_compared(void) {
    return getenv("PLINTH_TEST_CLUSTER") != NULL;
}

static plinth_database *filled(void) {
    plinth_database *db = nothing_in_it();
    plinth_keyspace *ks = NULL;
    CHECK_OK(plinth_keyspace_open(db, "things", &ks));
    put_numbers(db, NULL, 0, 10);
    put_numbers(db, ks, 0, KEYS);
    CHECK_OK(plinth_keyspace_close(ks));
    return db;
}

/* Adds one to a counter, once. */
static plinth_error add_one(plinth_database *db, int counter) {
    static const uint8_t one[8] = {1};
    uint8_t key[2] = {'c', (uint8_t)counter};
    plinth_transaction *tr;
    plinth_error error;
    CHECK_OK(plinth_transaction_begin(db, &tr));
    error = plinth_transaction_atomic_op(tr, NULL, PLINTH_MUTATION_ADD, key, sizeof key, one, sizeof one);
    error = error != 0 ? error : plinth_transaction_commit(tr);
    CHECK_OK(plinth_transaction_destroy(tr));
    return error;
}

static uint64_t sum_of_counters(plinth_database *db) {
    uint64_t sum = 0;
    plinth_transaction *tr;
    CHECK_OK(plinth_transaction_begin(db, &tr));
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_READ_LOCK_AWARE, 0));
    for (int counter = 0; counter < COUNTERS; counter++) {
        uint8_t key[2] = {'c', (uint8_t)counter};
        uint64_t number = 0;
        plinth_value value;
        CHECK_OK(plinth_transaction_get(tr, NULL, key, sizeof key, &value));
        CHECK(value.data == NULL || value.len == sizeof number);
        if (value.data != NULL) {
            memcpy(&number, value.data, sizeof number);
        }
        plinth_value_free(&value);
        sum += number;
    }
    CHECK_OK(plinth_transaction_destroy(tr));
    return sum;
}

typedef struct {
    plinth_database *db;
    int number;
    atomic_long *acknowledged;
} writer;

/* Writes until the database is locked. */
static void *write_on(void *context) {
    writer *mine = context;
    for (;;) {
        plinth_error error = add_one(mine->db, rand() % COUNTERS);
        if (error == PLINTH_ERROR_DATABASE_LOCKED) {
            return NULL;
        }
        CHECK_OK(error);
        atomic_fetch_add(mine->acknowledged, 1);
    }
}

typedef struct {
    const plinth_move_report *report;
    long calls;
    uint64_t phases, last;
    /* Cancels in this phase; 0 never does. */
    uint64_t until;
} listener;

static bool listen_to(void *context, uint64_t done, uint64_t total) {
    listener *mine = context;
    mine->calls++;
    mine->phases |= UINT64_C(1) << mine->report->phase;
    mine->last = mine->report->phase;
    CHECK(total == 0 || done <= total);
    return mine->until == 0 || mine->report->phase < mine->until;
}

static void everything_is_moved_while_others_write_vst1(void) {
    plinth_database *from = filled(), *to = nothing_in_it();
    plinth_move_report report;
    plinth_move_options options = {.struct_size = sizeof options, .verify = PLINTH_MOVE_VERIFY_ALL};
    listener heard = {.report = &report};
    atomic_long acknowledged = 0;
    writer writers[WRITERS];
    pthread_t threads[WRITERS];
    plinth_transaction *tr;
    int64_t version;
    for (int number = 0; number < WRITERS; number++) {
        writers[number] = (writer){from, number, &acknowledged};
        CHECK_INT(pthread_create(&threads[number], NULL, write_on, &writers[number]), 0);
    }
    while (atomic_load(&acknowledged) < 10) {
        sched_yield();
    }
    CHECK_OK(plinth_move(from, to, &options, listen_to, &heard, &report, sizeof report));
    for (int number = 0; number < WRITERS; number++) {
        CHECK_INT(pthread_join(threads[number], NULL), 0);
    }
    CHECK_INT(report.phase, PLINTH_MOVE_PHASE_DONE);
    CHECK(report.pairs >= KEYS + 10 && report.bytes > 0 && report.rounds > 0);
    /* A checksum is what verifying comes to. */
    CHECK_INT(report.checksum != 0, !is_compared());
    CHECK(report.keyspaces == 2 && report.resumed == 0 && report.already == 0);
    CHECK_INT(report.follows, !is_compared());
    CHECK(report.target_version > report.version && report.version > 0);
    /* Begin, copy, follow, verify, locked and finish; where all is compared in each round, nothing is verified apart. */
    CHECK_INT(heard.phases | (is_compared() ? UINT64_C(1) << PLINTH_MOVE_PHASE_VERIFY : 0), 63);
    CHECK_INT(sum_of_counters(to), (uint64_t)atomic_load(&acknowledged));
    CHECK_INT(sum_of_counters(from), (uint64_t)atomic_load(&acknowledged));
    /* The old one is locked, the new one goes on. */
    CHECK_CODE(add_one(from, 0), PLINTH_ERROR_DATABASE_LOCKED);
    CHECK_OK(add_one(to, 0));
    CHECK_OK(plinth_transaction_begin(to, &tr));
    CHECK_OK(plinth_transaction_get_read_version(tr, &version));
    CHECK(version > report.version);
    CHECK_OK(plinth_transaction_destroy(tr));
    CHECK_OK(plinth_database_close(from));
    CHECK_OK(plinth_database_close(to));
}

static void what_is_cancelled_goes_on(void) {
    plinth_database *from = filled(), *to = nothing_in_it(), *other = filled();
    plinth_move_report report;
    plinth_dumped one, two;
    listener heard = {.report = &report};
    path file = temporary_path();
    uint8_t id[16];
    bool locked = false;
    for (uint64_t phase = PLINTH_MOVE_PHASE_COPY; phase <= PLINTH_MOVE_PHASE_FINISH; phase++) {
        heard.until = phase;
        memset(&report, 0xff, sizeof report);
        CHECK_CODE(plinth_move(from, to, NULL, listen_to, &heard, &report, sizeof report), PLINTH_ERROR_OPERATION_CANCELLED);
        /* Where nothing is verified apart it is the next phase. */
        CHECK(heard.last == phase || (is_compared() && heard.last == phase + 1));
        CHECK(is_zero(&report, sizeof report));
        CHECK_OK(add_one(from, (int)phase));
        CHECK_CODE(plinth_database_dump(to, file.text, NULL, NULL, &one, sizeof one), PLINTH_ERROR_MOVE_UNFINISHED);
        if (!is_compared()) {
            /* Clusters have no id to tell one from another by. */
            CHECK_CODE(plinth_move(other, to, NULL, NULL, NULL, &report, sizeof report), PLINTH_ERROR_MOVE_UNFINISHED);
        }
    }
    CHECK_OK(plinth_move(from, to, NULL, NULL, NULL, &report, sizeof report));
    CHECK(report.resumed == 1 && report.written_bytes < report.bytes);
    CHECK_OK(plinth_database_dump(to, file.text, NULL, NULL, &one, sizeof one));
    /* The source stays locked, and is dumped when it is not. */
    CHECK_CODE(plinth_database_dump(from, file.text, NULL, NULL, &two, sizeof two), PLINTH_ERROR_DATABASE_LOCKED);
    CHECK_OK(plinth_database_is_locked(from, &locked, id));
    CHECK_OK(plinth_database_unlock(from, id, sizeof id));
    CHECK_OK(plinth_database_dump(from, file.text, NULL, NULL, &two, sizeof two));
    CHECK_OK(plinth_database_lock(from, id, sizeof id));
    CHECK(one.checksum == two.checksum && (is_compared() || one.checksum == report.checksum));
    /* Once more: it is done. */
    CHECK_OK(plinth_move(from, to, NULL, NULL, NULL, &report, sizeof report));
    CHECK_INT(report.already, 1);
    CHECK_CODE(plinth_move(to, other, NULL, NULL, NULL, &report, sizeof report), PLINTH_ERROR_TARGET_NOT_EMPTY);
    unlink(file.text);
    CHECK_OK(plinth_database_close(from));
    CHECK_OK(plinth_database_close(to));
    CHECK_OK(plinth_database_close(other));
}

/* Uses both sides in the middle of the move. */
static bool meddle(void *context, uint64_t done, uint64_t total) {
    plinth_database **both = context;
    (void)done, (void)total;
    if (sum_of_counters(both[0]) < 20) {
        plinth_error error = add_one(both[0], 1);
        CHECK(error == 0 || error == PLINTH_ERROR_DATABASE_LOCKED);
    }
    (void)sum_of_counters(both[1]);
    return true;
}

static void a_callback_may_use_both_sides(void) {
    plinth_database *both[2] = {filled(), nothing_in_it()};
    plinth_move_report report;
    CHECK_OK(plinth_move(both[0], both[1], NULL, meddle, both, &report, sizeof report));
    CHECK(sum_of_counters(both[1]) > 0);
    CHECK_INT(sum_of_counters(both[1]), sum_of_counters(both[0]));
    CHECK_OK(plinth_database_close(both[0]));
    CHECK_OK(plinth_database_close(both[1]));
}

/* An older program knows fewer fields. */
static void a_shorter_report_is_filled_as_far_as_it_goes(void) {
    plinth_database *from = filled(), *to = nothing_in_it();
    uint64_t report[3] = {7, 7, 7};
    CHECK_OK(plinth_move(from, to, NULL, NULL, NULL, (plinth_move_report *)report, 16));
    CHECK(report[0] == PLINTH_MOVE_PHASE_DONE && report[1] > 0 && report[2] == 7);
    CHECK_OK(plinth_database_close(from));
    CHECK_OK(plinth_database_close(to));
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    RUN(everything_is_moved_while_others_write_vst1);
    RUN(what_is_cancelled_goes_on);
    RUN(a_callback_may_use_both_sides);
    RUN(a_shorter_report_is_filled_as_far_as_it_goes);
    return harness_end();
}
