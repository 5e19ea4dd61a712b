/*
 * Slow transactions: one that took longer than the limit is told once, by its id, with what it did; others
 * are not told. (Design D12)
 */
#include "harness.h"

#define MOST 64

typedef struct {
    char id[40], outcome[20];
    long code, retries, reads, ranges, bytes_read, writes, bytes_written;
    double age, commit;
} told;

static told all[MOST];
static long count;

static const char *field(const plinth_log_record *record, const char *name) {
    for (size_t i = 0; i < record->field_count; i++) {
        if (strcmp(record->fields[i].name, name) == 0) {
            return record->fields[i].value;
        }
    }
    return "none";
}

static long number(const plinth_log_record *record, const char *name) {
    return strtol(field(record, name), NULL, 10);
}

static void hear(void *context, const plinth_log_record *record) {
    told *to = &all[count < MOST ? count : MOST - 1];
    (void)context;
    if (strcmp(record->module, "slow") != 0) {
        return;
    }
    snprintf(to->id, sizeof to->id, "%s", field(record, "transaction"));
    snprintf(to->outcome, sizeof to->outcome, "%s", field(record, "outcome"));
    to->code = number(record, "code");
    to->retries = number(record, "retries");
    to->reads = number(record, "reads");
    to->ranges = number(record, "ranges");
    to->bytes_read = number(record, "bytes_read");
    to->writes = number(record, "writes");
    to->bytes_written = number(record, "bytes_written");
    to->age = strtod(field(record, "age_ms"), NULL);
    to->commit = strtod(field(record, "commit_ms"), NULL);
    count++;
}

static void listen_anew(void) {
    memset(all, 0, sizeof all);
    count = 0;
    CHECK_OK(plinth_set_log_callback(PLINTH_LOG_WARNING, hear, NULL));
}

/* Returns when everything that was said has been heard. */
static void off(void) {
    CHECK_OK(plinth_set_log_callback(0, NULL, NULL));
}

static plinth_database *open_limited(const char *where, uint32_t limit) {
    plinth_database_options options;
    plinth_database *db;
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    options.slow_transaction_ms = limit;
    CHECK_OK(plinth_database_open(where, &options, &db));
    return db;
}

static void set(plinth_transaction *tr, bytes key, bytes value) {
    CHECK_OK(plinth_transaction_set(tr, NULL, key.data, key.len, value.data, value.len));
}

static void get(plinth_transaction *tr, bytes key) {
    plinth_value value;
    CHECK_OK(plinth_transaction_get(tr, NULL, key.data, key.len, &value));
    plinth_value_free(&value);
}

static void spend(double ms) {
    double until = now_ms() + ms;
    while (now_ms() < until) {
        breathe();
    }
}

static uint64_t told_by_metrics(plinth_database *db) {
    plinth_metrics metrics;
    CHECK_OK(plinth_database_metrics(db, &metrics, sizeof metrics));
    return metrics.slow_transactions;
}

/* Every count is of what is done here. Returns how many were told before: the preparation may be slow as well. */
static uint64_t works(plinth_database *db, const char *where) {
    plinth_transaction *tr = begin(db);
    plinth_key_selector from = {(const uint8_t *)"a", 1, false, 1}, to = {(const uint8_t *)"z", 1, false, 1};
    plinth_range range;
    uint64_t before;
    char id[37];
    printf("  %s\n", where);
    CHECK_OK(tr_clear_range(tr, B("a"), B("z")));
    set(tr, B("a"), B("12345"));
    set(tr, B("b"), B("12345"));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_destroy(tr));
    before = told_by_metrics(db);
    listen_anew();
    tr = begin(db);
    get(tr, B("a"));
    get(tr, B("b"));
    get(tr, B("c"));
    CHECK_OK(plinth_transaction_get_range(tr, NULL, &from, &to, NULL, &range));
    CHECK_INT(range.count, 2);
    plinth_range_free(&range);
    set(tr, B("c"), B("1"));
    set(tr, B("d"), B("22"));
    CHECK_OK(plinth_transaction_clear_range(tr, NULL, (const uint8_t *)"x", 1, (const uint8_t *)"y", 1));
    spend(60);
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_id(tr, id));
    CHECK_OK(plinth_transaction_destroy(tr));
    off();
    CHECK_INT(count, 1);
    CHECK_TEXT(all[0].id, id);
    CHECK_TEXT(all[0].outcome, "committed");
    CHECK_INT(all[0].reads, 3);
    CHECK_INT(all[0].ranges, 1);
    CHECK_INT(all[0].bytes_read, 6 + 6 + 1 + 12);
    CHECK_INT(all[0].writes, 3);
    CHECK(all[0].bytes_written >= 2 + 3 + 2);
    CHECK(all[0].age >= 60 && all[0].commit >= 0 && all[0].commit <= all[0].age);
    return before;
}

static void a_slow_transaction_is_told_with_what_it_did(void) {
    path where = temporary_path();
    plinth_database *db = open_limited(where.text, 50), *guest = open_limited(where.text, 50);
    uint64_t before = works(db, "on the host");
    CHECK_INT(told_by_metrics(db), before + 1);
    (void)works(guest, "on a guest");
    CHECK_OK(plinth_database_close(guest));
    CHECK_OK(plinth_database_close(db));
}

static void a_quick_one_is_not_told_and_none_is_without_a_limit(void) {
    for (int limited = 0; limited < 2; limited++) {
        plinth_database *db = open_limited(":memory:", limited ? 600000 : 0);
        listen_anew();
        for (int i = 0; i < 20; i++) {
            plinth_transaction *tr = begin(db);
            get(tr, B("k"));
            set(tr, B("k"), B("v"));
            spend(limited ? 0 : 10);
            CHECK_OK(plinth_transaction_commit(tr));
            CHECK_OK(plinth_transaction_destroy(tr));
        }
        CHECK_INT(told_by_metrics(db), 0);
        CHECK_OK(plinth_database_close(db));
        off();
        CHECK_INT(count, 0);
    }
}

static void one_that_ends_without_a_commit_is_told_as_abandoned(void) {
    plinth_database *db = open_limited(":memory:", 20);
    plinth_transaction *tr = begin(db);
    listen_anew();
    get(tr, B("k"));
    spend(25);
    CHECK_OK(plinth_transaction_reset(tr));
    spend(25);
    CHECK_OK(plinth_transaction_destroy(tr));
    off();
    CHECK_INT(count, 2);
    CHECK_TEXT(all[0].outcome, "abandoned");
    CHECK_INT(all[0].reads, 1);
    /* A reset begins anew. */
    CHECK_INT(all[1].reads, 0);
    CHECK(all[0].age >= 25 && all[1].age >= 25);
    CHECK_OK(plinth_database_close(db));
}

/* A try that fails is no end: what counts is what came of it. */
static void tries_are_told_together_with_the_last_outcome(void) {
    plinth_database *db = open_limited(":memory:", 20);
    for (int again = 0; again < 2; again++) {
        plinth_transaction *tr = begin(db), *other = begin(db);
        plinth_error error;
        get(tr, B("k"));
        set(other, B("k"), B("other"));
        CHECK_OK(plinth_transaction_commit(other));
        /* On a loaded machine it may be slow as well: it is told before anyone listens. */
        CHECK_OK(plinth_transaction_destroy(other));
        listen_anew();
        set(tr, B("k"), B("mine"));
        spend(25);
        error = plinth_transaction_commit(tr);
        CHECK_CODE(error, PLINTH_ERROR_NOT_COMMITTED);
        if (again) {
            CHECK_OK(plinth_transaction_on_error(tr, error));
            get(tr, B("k"));
            set(tr, B("k"), B("mine"));
            CHECK_OK(plinth_transaction_commit(tr));
        }
        CHECK_OK(plinth_transaction_destroy(tr));
        off();
        CHECK_INT(count, 1);
        CHECK_TEXT(all[0].outcome, again ? "committed" : "failed");
        CHECK_INT(all[0].code, again ? 0 : PLINTH_ERROR_NOT_COMMITTED);
        CHECK_INT(all[0].retries, again);
        CHECK_INT(all[0].reads, again + 1);
        CHECK_INT(all[0].writes, again + 1);
    }
    CHECK_OK(plinth_database_close(db));
}

static void the_limit_can_be_changed_while_the_database_is_open(void) {
    plinth_database *db = open_limited(":memory:", 0);
    CHECK_CODE(plinth_database_set_option(db, PLINTH_DATABASE_OPTION_SLOW_TRANSACTION_MS, -1),
               PLINTH_ERROR_INVALID_OPTION_VALUE);
    CHECK_OK(plinth_database_set_option(db, PLINTH_DATABASE_OPTION_SLOW_TRANSACTION_MS, 1));
    plinth_transaction *tr = begin(db);
    listen_anew();
    spend(2);
    CHECK_OK(plinth_transaction_destroy(tr));
    CHECK_OK(plinth_database_set_option(db, PLINTH_DATABASE_OPTION_SLOW_TRANSACTION_MS, 0));
    tr = begin(db);
    spend(2);
    CHECK_OK(plinth_transaction_destroy(tr));
    off();
    CHECK_INT(count, 1);
    CHECK_INT(told_by_metrics(db), 1);
    CHECK_OK(plinth_database_close(db));
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    RUN(a_slow_transaction_is_told_with_what_it_did);
    RUN(a_quick_one_is_not_told_and_none_is_without_a_limit);
    RUN(one_that_ends_without_a_commit_is_told_as_abandoned);
    RUN(tries_are_told_together_with_the_last_outcome);
    RUN(the_limit_can_be_changed_while_the_database_is_open);
    return harness_end();
}
