/*
 * How much of the past is kept: bounds of versions and bytes, who reads there, and taking it away. What can be
 * read is exactly what was; everything else is 1007. (VER-6, VER-4; designs D3, D12)
 */
#include "harness.h"
#include "page.h"

#include <sched.h>

static plinth_database *open_keeping(const char *where, uint32_t versions, uint64_t bytes_kept) {
    plinth_database_options options = database_options();
    options.durability = PLINTH_DURABILITY_BUFFERED;
    options.retain_versions = versions;
    options.retain_bytes = bytes_kept;
    options.value_size_limit = 1 << 20;
    return open_with(where, &options);
}

static plinth_metrics metrics_of(plinth_database *db) {
    plinth_metrics metrics;
    CHECK_OK(plinth_database_metrics(db, &metrics, sizeof metrics));
    return metrics;
}

/* Commits a number under a key, in a value of some length; its version. */
static int64_t write_number(plinth_database *db, const char *key, long number, size_t length) {
    static __thread uint8_t value[1 << 17];
    plinth_transaction *tr = begin(db);
    int64_t version = 0;
    memset(value, 0, length);
    memcpy(value, &number, sizeof number);
    CHECK_OK(plinth_transaction_set(tr, NULL, (const uint8_t *)key, strlen(key), value, length));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_get_committed_version(tr, &version));
    destroy(tr);
    return version;
}

/* What a key holds; -1 if it is not there. */
static plinth_error read_number(plinth_transaction *tr, const char *key, long *out) {
    plinth_value value;
    plinth_error error = plinth_transaction_get(tr, NULL, (const uint8_t *)key, strlen(key), &value);
    *out = -1;
    if (error == 0 && value.data != NULL && CHECK(value.len >= sizeof *out)) {
        memcpy(out, value.data, sizeof *out);
    }
    plinth_value_free(&value);
    return error;
}

static plinth_error read_number_at(plinth_database *db, int64_t version, const char *key, long *out) {
    plinth_transaction *tr = begin(db);
    CHECK_OK(plinth_transaction_set_read_version(tr, version));
    plinth_error error = read_number(tr, key, out);
    destroy(tr);
    return error;
}

/* ------------------------------------------------------------------ bounds */

#define ROUNDS 400

/* What the page of metrics tells of the past is what plinth_database_metrics() tells. */
static void page_tells_the_same(plinth_database *db, uint64_t reason) {
    static const char *const names[] = {"window", "retain_versions", "retain_bytes", "too_many", "expired"};
    page *all = page_read(db);
    plinth_metrics metrics = metrics_of(db);
    char key[64];
    CHECK_INT(page_get(all, "plinth_versions_let_go_total"), metrics.versions_let_go);
    CHECK(page_get(all, "plinth_retained_versions") >= 1 && page_get(all, "plinth_retained_bytes") <= metrics.retained_bytes);
    for (uint64_t i = 0; i < 5; i++) {
        snprintf(key, sizeof key, "plinth_retained_by{reason=%s}", names[i]);
        CHECK_INT(page_get(all, key), i == reason);
    }
    page_free(all);
}

/* Of `kept` commits the last can be read at, give or take what is published while nobody commits. */
static void keeps_the_last(plinth_database *db, long kept, size_t length, uint64_t reason) {
    static int64_t versions[ROUNDS];
    long rounds = scaled(ROUNDS) < 3 * kept ? 3 * kept : scaled(ROUNDS), number;
    for (long i = 0; i < rounds; i++) {
        versions[i] = write_number(db, "k", i, length);
    }
    for (long i = 0; i < rounds; i++) {
        plinth_error error = read_number_at(db, versions[i], "k", &number);
        if (i < rounds - kept) {
            CHECK_CODE(error, PLINTH_ERROR_TRANSACTION_TOO_OLD);
        } else if (i >= rounds - kept / 2) {
            CHECK_OK(error);
        }
        CHECK(error == PLINTH_ERROR_TRANSACTION_TOO_OLD || (error == 0 && number == i));
    }
    CHECK_INT(metrics_of(db).retained_by, reason);
    CHECK((long)metrics_of(db).versions_let_go >= rounds - kept);
    page_tells_the_same(db, reason);
}

static void no_more_versions_are_kept_than_the_bound(void) {
    plinth_database *db = open_keeping(":memory:", 40, 0);
    for (long i = 0; i < 200; i++) {
        write_number(db, "k", i, 100);
        plinth_metrics metrics = metrics_of(db);
        CHECK(metrics.retained_versions <= 40);
        CHECK(i < 50 || metrics.retained_versions == 40);
        CHECK(metrics.oldest_version <= metrics.latest_version);
    }
    keeps_the_last(db, 40, 100, 1);
    CHECK_OK(plinth_database_close(db));
}

static void no_more_bytes_are_kept_than_the_bound(void) {
    const uint64_t bound = 1 << 20;
    plinth_database *db = open_keeping(":memory:", 0, bound);
    uint64_t most = 0;
    for (long i = 0; i < 100; i++) {
        write_number(db, "k", i, 1 << 16);
        uint64_t now = metrics_of(db).retained_bytes;
        CHECK(now <= bound);
        most = now > most ? now : most;
    }
    /* Each commit has 64 KiB and a little more: 15 of them fit. */
    CHECK(most > 14 * ((uint64_t)1 << 16));
    keeps_the_last(db, 17, 1 << 16, 2);
    CHECK_OK(plinth_database_close(db));
}

static void without_a_bound_the_window_keeps_everything(void) {
    plinth_database *db = open_keeping(":memory:", 0, 0);
    static int64_t versions[ROUNDS];
    long number;
    double began = now_ms();
    for (long i = 0; i < ROUNDS; i++) {
        versions[i] = write_number(db, "k", i, 100);
    }
    for (long i = 0; i < ROUNDS; i++) {
        plinth_error error = read_number_at(db, versions[i], "k", &number);
        CHECK((error == 0 && number == i) || now_ms() - began > 4000);
    }
    CHECK(metrics_of(db).versions_let_go == 0 && metrics_of(db).retained_by == 0);
    CHECK(metrics_of(db).retained_bytes >= ROUNDS * 100 || now_ms() - began > 4000);
    CHECK_OK(plinth_database_close(db));
}

/* ------------------------------------------------------------------ exact under a busy writer */

typedef struct {
    plinth_database *db;
    long stop, read, old, torn;
} busy;

static void *writes_pairs(void *context) {
    busy *all = context;
    for (long i = 1; !__atomic_load_n(&all->stop, __ATOMIC_SEQ_CST); i++) {
        plinth_transaction *tr = begin(all->db);
        CHECK_OK(tr_set(tr, B("first"), bytes_of(&i, sizeof i)));
        CHECK_OK(tr_set(tr, B("second"), bytes_of(&i, sizeof i)));
        CHECK_OK(plinth_transaction_commit(tr));
        destroy(tr);
    }
    return NULL;
}

/* Both keys always hold the same number, and a transaction sees one of it. */
static void *reads_pairs(void *context) {
    busy *all = context;
    for (long i = 0; i < scaled(4000); i++) {
        plinth_transaction *tr = begin(all->db);
        long first, second, again;
        plinth_error errors[3];
        errors[0] = read_number(tr, "first", &first);
        for (long pause = 0; pause < i % 7; pause++) {
            sched_yield();
        }
        errors[1] = read_number(tr, "second", &second);
        errors[2] = read_number(tr, "first", &again);
        for (int j = 0; j < 3; j++) {
            CHECK(errors[j] == 0 || errors[j] == PLINTH_ERROR_TRANSACTION_TOO_OLD);
        }
        bool old = errors[0] != 0 || errors[1] != 0;
        __atomic_add_fetch(old ? &all->old : &all->read, 1, __ATOMIC_SEQ_CST);
        __atomic_add_fetch(&all->torn, !old && first != second, __ATOMIC_SEQ_CST);
        __atomic_add_fetch(&all->torn, errors[0] == 0 && errors[2] == 0 && first != again, __ATOMIC_SEQ_CST);
        destroy(tr);
    }
    return NULL;
}

static void a_reader_sees_one_state_or_none(void) {
    path where = temporary_path();
    for (int guest = 0; guest < 2; guest++) {
        plinth_database *db = open_keeping(where.text, 3, 0), *other = NULL;
        pthread_t writer, readers[2];
        busy all = {db, 0, 0, 0, 0}, reading;
        if (guest) {
            other = open_keeping(where.text, 3, 0);
        }
        long none = 0;
        plinth_transaction *tr = begin(db);
        CHECK_OK(tr_set(tr, B("first"), bytes_of(&none, sizeof none)));
        CHECK_OK(tr_set(tr, B("second"), bytes_of(&none, sizeof none)));
        CHECK_OK(plinth_transaction_commit(tr));
        destroy(tr);
        reading = all;
        reading.db = guest ? other : db;
        CHECK(pthread_create(&writer, NULL, writes_pairs, &all) == 0);
        for (int i = 0; i < 2; i++) {
            CHECK(pthread_create(&readers[i], NULL, reads_pairs, &reading) == 0);
        }
        for (int i = 0; i < 2; i++) {
            CHECK(pthread_join(readers[i], NULL) == 0);
        }
        __atomic_store_n(&all.stop, 1, __ATOMIC_SEQ_CST);
        CHECK(pthread_join(writer, NULL) == 0);
        CHECK_INT(reading.torn, 0);
        CHECK(reading.read > 0);
        printf("  %ld saw one state, %ld were too old\n", reading.read, reading.old);
        if (guest) {
            CHECK_OK(plinth_database_close(other));
        }
        CHECK_OK(plinth_database_close(db));
    }
}

/* ------------------------------------------------------------------ taking it away */

static void expired_versions_are_too_old_and_the_newest_is_not(void) {
    plinth_database *db = open_keeping(":memory:", 0, 0);
    int64_t first = write_number(db, "k", 1, 100), second = write_number(db, "k", 2, 100);
    int64_t third = write_number(db, "k", 3, 100), last = 0;
    uint64_t gone = 0;
    long number;
    plinth_transaction *old = begin(db), *newest = begin(db);
    CHECK_OK(plinth_transaction_set_read_version(old, first));
    CHECK_OK(read_number(old, "k", &number));
    CHECK_INT(number, 1);
    CHECK_OK(read_number(newest, "k", &number));
    CHECK_CODE(plinth_database_expire(db, 0, &gone), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK_OK(plinth_database_expire(db, second, &gone));
    CHECK(gone >= 2);
    CHECK_CODE(read_number(old, "other", &number), PLINTH_ERROR_TRANSACTION_TOO_OLD);
    CHECK_CODE(read_number_at(db, first, "k", &number), PLINTH_ERROR_TRANSACTION_TOO_OLD);
    CHECK_CODE(read_number_at(db, second, "k", &number), PLINTH_ERROR_TRANSACTION_TOO_OLD);
    CHECK_OK(read_number_at(db, third, "k", &number));
    CHECK_INT(number, 3);
    CHECK_INT(metrics_of(db).retained_by, 4);
    CHECK_OK(plinth_database_expire(db, INT64_MAX, NULL));
    /* Whoever reads in the newest state goes on. */
    CHECK_OK(read_number(newest, "k", &number));
    CHECK_INT(number, 3);
    destroy(old);
    destroy(newest);
    newest = begin(db);
    CHECK_OK(plinth_transaction_get_read_version(newest, &last));
    CHECK(last >= third);
    CHECK_OK(read_number(newest, "k", &number));
    CHECK_INT(number, 3);
    destroy(newest);
    CHECK_OK(plinth_database_close(db));
    CHECK(plinth_database_expire(db, 1, NULL) == PLINTH_ERROR_INVALID_HANDLE);
}

/* A guest in another process: it tells when it has read, and is told when that is expired. */
static int guest_of(const char *where, int told, int tell) {
    plinth_database *db;
    plinth_transaction *tr;
    long number;
    char word;
    if (read(told, &word, 1) != 1 || plinth_database_open(where, NULL, &db) != 0 ||
        plinth_transaction_begin(db, &tr) != 0 || read_number(tr, "k", &number) != 0 || number != 7) {
        return 1;
    }
    if (write(tell, "r", 1) != 1 || read(told, &word, 1) != 1) {
        return 2;
    }
    if (read_number(tr, "other", &number) != PLINTH_ERROR_TRANSACTION_TOO_OLD) {
        return 3;
    }
    if (plinth_transaction_on_error(tr, PLINTH_ERROR_TRANSACTION_TOO_OLD) != 0 || read_number(tr, "k", &number) != 0 ||
        number != 8) {
        return 4;
    }
    /* A guest may expire, too, and so may its own transaction be. */
    if (plinth_database_expire(db, 1, NULL) != 0 || plinth_transaction_expire(tr) != 0 ||
        read_number(tr, "k", &number) != PLINTH_ERROR_TRANSACTION_TOO_OLD) {
        return 5;
    }
    plinth_transaction_destroy(tr);
    return plinth_database_close(db) == 0 ? 0 : 6;
}

static void a_guest_of_another_process_is_told_1007(void) {
    path where = temporary_path();
    int down[2], up[2], status = -1;
    char word;
    CHECK(pipe(down) == 0 && pipe(up) == 0);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        _exit(guest_of(where.text, down[0], up[1]));
    }
    plinth_database *db = open_keeping(where.text, 0, 0);
    write_number(db, "k", 7, 100);
    CHECK(write(down[1], "o", 1) == 1 && read(up[0], &word, 1) == 1);
    write_number(db, "k", 8, 100);
    CHECK_OK(plinth_database_expire(db, metrics_of(db).latest_version - 1, NULL));
    CHECK(write(down[1], "e", 1) == 1);
    CHECK(waitpid(child, &status, 0) == child);
    CHECK_INT(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 0);
    CHECK_OK(plinth_database_close(db));
    for (int i = 0; i < 2; i++) {
        close(down[i]);
        close(up[i]);
    }
}

static void an_expired_transaction_fails_until_it_is_tried_again(void) {
    plinth_database *db = open_keeping(":memory:", 0, 0);
    plinth_transaction *tr = begin(db);
    long number;
    write_number(db, "k", 1, 100);
    CHECK_OK(read_number(tr, "k", &number));
    CHECK_OK(tr_set(tr, B("mine"), B("x")));
    CHECK_OK(plinth_transaction_expire(tr));
    CHECK_OK(plinth_transaction_expire(tr));
    CHECK_CODE(read_number(tr, "k", &number), PLINTH_ERROR_TRANSACTION_TOO_OLD);
    CHECK_CODE(tr_set(tr, B("mine"), B("y")), PLINTH_ERROR_TRANSACTION_TOO_OLD);
    CHECK_CODE(plinth_transaction_commit(tr), PLINTH_ERROR_TRANSACTION_TOO_OLD);
    CHECK_OK(plinth_transaction_on_error(tr, PLINTH_ERROR_TRANSACTION_TOO_OLD));
    CHECK_OK(read_number(tr, "k", &number));
    CHECK_INT(number, 1);
    CHECK_OK(tr_set(tr, B("mine"), B("z")));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_CODE(plinth_transaction_expire(tr), PLINTH_ERROR_USED_DURING_COMMIT);
    destroy(tr);
    CHECK_OK(plinth_database_close(db));
}

/* ------------------------------------------------------------------ who reads there */

static void live_transactions_are_listed_with_what_they_are_at(void) {
    plinth_database *db = open_keeping(":memory:", 0, 0), *strange = open_memory();
    plinth_transaction *idle = begin(db), *reader, *writer, *other = begin(strange), *found;
    plinth_transaction_list list;
    char id[37];
    int64_t version;
    long number;
    breathe();
    breathe();
    reader = begin(db);
    CHECK_OK(read_number(reader, "k", &number));
    CHECK_OK(plinth_transaction_get_read_version(reader, &version));
    writer = begin(db);
    CHECK_OK(tr_set(writer, B("key"), B("0123456789")));
    CHECK_OK(plinth_database_list_transactions(db, &list));
    CHECK_INT(list.count, 3);
    /* The oldest first. */
    CHECK_OK(plinth_transaction_id(idle, id));
    CHECK_TEXT(list.items[0].id, id);
    CHECK(list.items[0].read_version == 0 && list.items[0].age_ms >= 1 && list.items[0].age_ms < 600000);
    for (size_t i = 0; i < list.count; i++) {
        CHECK_OK(plinth_transaction_find(db, list.items[i].id, &found));
        CHECK(found == idle || found == reader || found == writer);
        CHECK_INT(list.items[i].read_version, found == reader ? version : 0);
        CHECK(found == writer ? list.items[i].bytes >= 13 : list.items[i].bytes < 1000);
        CHECK_INT(list.items[i].retries, 0);
    }
    plinth_transaction_list copy = list;
    plinth_transaction_list_free(&list);
    CHECK(list.items == NULL && list.count == 0 && list.owner == NULL);
    plinth_transaction_list_free(&copy);
    plinth_transaction_list_free(NULL);
    destroy(idle);
    destroy(reader);
    destroy(writer);
    CHECK_OK(plinth_database_list_transactions(db, &list));
    CHECK(list.count == 0 && list.items == NULL);
    plinth_transaction_list_free(&list);
    destroy(other);
    CHECK_OK(plinth_database_close(strange));
    CHECK_OK(plinth_database_close(db));
}

static char let_go[800];

static void hear(void *context, const plinth_log_record *record) {
    (void)context;
    if (strcmp(record->module, "versions") != 0 || let_go[0] != 0) {
        return;
    }
    for (size_t i = 0; i < record->field_count; i++) {
        size_t at = strlen(let_go);
        snprintf(let_go + at, sizeof let_go - at, "%s=%s;", record->fields[i].name, record->fields[i].value);
    }
}

static void who_loses_a_version_to_a_bound_is_named_in_the_log(void) {
    plinth_database *db = open_keeping(":memory:", 20, 0);
    plinth_transaction *tr;
    char id[37], want[100];
    int64_t version;
    long number;
    let_go[0] = 0;
    write_number(db, "k", 0, 100);
    tr = begin(db);
    CHECK_OK(read_number(tr, "k", &number));
    CHECK_OK(plinth_transaction_get_read_version(tr, &version));
    CHECK_OK(plinth_transaction_id(tr, id));
    CHECK_OK(plinth_set_log_callback(PLINTH_LOG_WARNING, hear, NULL));
    for (long i = 0; i < 40; i++) {
        write_number(db, "k", i, 100);
    }
    CHECK_OK(plinth_set_log_callback(0, NULL, NULL));
    CHECK_CODE(read_number(tr, "other", &number), PLINTH_ERROR_TRANSACTION_TOO_OLD);
    snprintf(want, sizeof want, "transactions=%s;", id);
    CHECK(strstr(let_go, want) != NULL);
    snprintf(want, sizeof want, "version=%" PRId64 ";", version);
    CHECK(strstr(let_go, want) != NULL);
    CHECK(strstr(let_go, "reason=Versions;") != NULL && strstr(let_go, "age_ms=") != NULL);
    destroy(tr);
    CHECK_OK(plinth_database_close(db));
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    RUN(a_guest_of_another_process_is_told_1007);
    RUN(no_more_versions_are_kept_than_the_bound);
    RUN(no_more_bytes_are_kept_than_the_bound);
    RUN(without_a_bound_the_window_keeps_everything);
    RUN(a_reader_sees_one_state_or_none);
    RUN(expired_versions_are_too_old_and_the_newest_is_not);
    RUN(an_expired_transaction_fails_until_it_is_tried_again);
    RUN(live_transactions_are_listed_with_what_they_are_at);
    RUN(who_loses_a_version_to_a_bound_is_named_in_the_log);
    return harness_end();
}
