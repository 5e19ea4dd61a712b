/*
 * The page of metrics: every line of it is read, and after known work every number that this work moves has moved by
 * what was done, and the others have not.
 */
#include "page.h"

enum { OWN = 7, CONFLICTS = 3 };

static plinth_database *db;

#define GREW(key, by) CHECK_INT(grown(before, after, key), by)

static void a_page_has_every_number_once(void) {
    page *all = page_read(db);
    CHECK_TEXT(all->database, ":memory:");
    CHECK_INT(page_get(all, "plinth_healthy"), 1);
    CHECK_INT(page_get(all, "plinth_host_pid"), getpid());
    CHECK_INT(page_get(all, "plinth_guests"), 0);
    CHECK_INT(page_get(all, "plinth_window_seconds"), 5);
    CHECK_INT(page_get(all, "plinth_memory_limit_bytes{owner=transactions}"), 128 << 20);
    CHECK(page_get(all, "plinth_latest_version") > 0);
    CHECK(page_get(all, "plinth_uptime_seconds") >= 0);
    CHECK(page_get(all, "plinth_retained_versions") >= 1);
    /* A database in memory has no disk. */
    CHECK_INT(page_get(all, "plinth_disk_size_bytes"), -1);
    page_free(all);
}

static void operations_are_counted_when_the_transaction_ends(void) {
    page *before = page_read(db), *during, *after;
    plinth_transaction *tr = begin(db);
    plinth_value value;
    plinth_slice keys[2] = {{(const uint8_t *)"a", 1}, {(const uint8_t *)"none", 4}};
    plinth_values values;
    plinth_key_selector first = at_or_after(B("a"));
    int64_t version;
    CHECK_OK(plinth_transaction_get_read_version(tr, &version));
    for (int i = 0; i < OWN; i++) {
        CHECK_OK(plinth_transaction_get(tr, NULL, (const uint8_t *)"absent", 6, &value));
    }
    CHECK_OK(plinth_transaction_snapshot_get(tr, NULL, (const uint8_t *)"absent", 6, &value));
    CHECK_OK(plinth_transaction_get_many(tr, NULL, keys, 2, false, &values));
    plinth_values_free(&values);
    CHECK_OK(plinth_transaction_get_key(tr, NULL, &first, false, &value));
    plinth_value_free(&value);
    (void)scan_keys(tr, B("a"), B("z"));
    CHECK_OK(tr_set(tr, B("a"), B("1")));
    CHECK_OK(tr_set(tr, B("b"), B("2")));
    CHECK_OK(tr_clear(tr, B("c")));
    CHECK_OK(tr_clear_range(tr, B("d"), B("e")));
    CHECK_OK(plinth_transaction_atomic_op(tr, NULL, PLINTH_MUTATION_ADD, (const uint8_t *)"n", 1, (const uint8_t *)"\1", 1));
    during = page_read(db);
    CHECK_INT(grown(before, during, "plinth_live_transactions{caller=host}"), 1);
    CHECK_OK(plinth_transaction_commit(tr));
    after = page_read(db);
    GREW("plinth_operations_total{caller=host,operation=begin}", 1);
    GREW("plinth_operations_total{caller=host,operation=read_version}", 1);
    GREW("plinth_operations_total{caller=host,operation=get}", OWN);
    GREW("plinth_operations_total{caller=host,operation=snapshot_get}", 1);
    GREW("plinth_operations_total{caller=host,operation=get_many}", 1);
    GREW("plinth_operations_total{caller=host,operation=get_key}", 1);
    GREW("plinth_operations_total{caller=host,operation=get_range}", 1);
    GREW("plinth_operations_total{caller=host,operation=set}", 2);
    GREW("plinth_operations_total{caller=host,operation=clear}", 1);
    GREW("plinth_operations_total{caller=host,operation=clear_range}", 1);
    GREW("plinth_operations_total{caller=host,operation=atomic_op}", 1);
    GREW("plinth_operations_total{caller=host,operation=commit_sync}", 1);
    GREW("plinth_operations_total{caller=host,operation=commit_buffered}", 0);
    GREW("plinth_operation_seconds_count{caller=host,operation=get_range}", 1);
    GREW("plinth_operation_seconds_count{caller=host,operation=get_many}", 1);
    GREW("plinth_operation_seconds_count{caller=host,operation=commit_sync}", 1);
    GREW("plinth_commits_total", 1);
    GREW("plinth_commit_groups_total", 1);
    GREW("plinth_syncs_total", 1);
    GREW("plinth_commit_stage_seconds_count{stage=queue}", 1);
    GREW("plinth_commit_stage_seconds_count{stage=sync}", 1);
    CHECK(grown(before, after, "plinth_commit_stage_seconds_sum{stage=write}") > 0);
    CHECK(grown(before, after, "plinth_written_bytes_total") > 0);
    CHECK(grown(before, after, "plinth_latest_version") > 0);
    GREW("plinth_read_pairs_total{caller=host}", 0);
    destroy(tr);
    page_free(after);
    after = page_read(db);
    GREW("plinth_live_transactions{caller=host}", 0);
    page_free(before);
    before = after;
    tr = begin(db);
    CHECK_VALUE(tr, B("a"), B("1"));
    CHECK_TEXT(scan_keys(tr, B("a"), B("c")), "a=1 b=2");
    CHECK_OK(plinth_transaction_commit(tr));
    destroy(tr);
    after = page_read(db);
    GREW("plinth_operations_total{caller=host,operation=commit_read_only}", 1);
    GREW("plinth_read_pairs_total{caller=host}", 3);
    GREW("plinth_read_bytes_total{caller=host}", 6);
    GREW("plinth_commits_total", 0);
    page_free(before);
    page_free(during);
    page_free(after);
}

/* Commits a transaction that read so after somebody has written the key that it read. */
static void conflict(bool range) {
    plinth_transaction *tr = begin(db);
    if (range) {
        (void)scan_keys(tr, B("p"), B("q"));
    } else {
        plinth_value value;
        CHECK_OK(plinth_transaction_get(tr, NULL, (const uint8_t *)"pp", 2, &value));
        plinth_value_free(&value);
    }
    put(db, B("pp"), B("other"));
    CHECK_OK(tr_set(tr, B("mine"), B("")));
    CHECK_CODE(plinth_transaction_commit(tr), PLINTH_ERROR_NOT_COMMITTED);
    CHECK_OK(plinth_transaction_on_error(tr, PLINTH_ERROR_NOT_COMMITTED));
    destroy(tr);
}

static void failures_are_counted_by_cause(void) {
    page *before = page_read(db), *after;
    plinth_transaction *tr;
    for (int i = 0; i < CONFLICTS; i++) {
        conflict(false);
    }
    conflict(true);
    /* A version of the window that is long past. */
    tr = begin(db);
    CHECK_OK(plinth_transaction_set_read_version(tr, 1));
    CHECK_OK(tr_read_conflict(tr, B("a"), B("b")));
    CHECK_OK(tr_set(tr, B("mine"), B("")));
    CHECK_CODE(plinth_transaction_commit(tr), PLINTH_ERROR_TRANSACTION_TOO_OLD);
    destroy(tr);
    tr = begin(db);
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_SIZE_LIMIT, 32));
    CHECK_OK(tr_set(tr, B("much"), B("too much for such a limit")));
    CHECK_CODE(plinth_transaction_commit(tr), PLINTH_ERROR_TRANSACTION_TOO_LARGE);
    destroy(tr);
    after = page_read(db);
    GREW("plinth_commit_conflicts_total{read=point}", CONFLICTS);
    GREW("plinth_commit_conflicts_total{read=range}", 1);
    GREW("plinth_failures_total{caller=host,operation=commit,code=1020}", CONFLICTS + 1);
    GREW("plinth_failures_total{caller=host,operation=commit,code=1007}", 1);
    GREW("plinth_failures_total{caller=host,operation=commit,code=2101}", 1);
    GREW("plinth_failures_total{caller=host,operation=commit,code=1021}", 0);
    GREW("plinth_retries_total{caller=host,code=1020}", CONFLICTS + 1);
    GREW("plinth_operations_total{caller=host,operation=on_error}", CONFLICTS + 1);
    GREW("plinth_operation_seconds_count{caller=host,operation=on_error}", CONFLICTS + 1);
    GREW("plinth_commits_total", CONFLICTS + 1);
    GREW("plinth_commits_refused_total{cause=queue}", 0);
    page_free(before);
    page_free(after);
}

/* Several times as many as are needed for one in 64 to be timed. */
static void about_one_read_in_64_is_timed(void) {
    enum { READS = 64 * 64 };
    page *before = page_read(db), *after;
    double timed;
    plinth_transaction *tr = begin(db);
    for (int i = 0; i < READS; i++) {
        CHECK_VALUE(tr, B("pp"), B("other"));
    }
    destroy(tr);
    after = page_read(db);
    GREW("plinth_operations_total{caller=host,operation=get}", READS);
    timed = grown(before, after, "plinth_operation_seconds_count{caller=host,operation=get}");
    CHECK(timed >= READS / 128 && timed <= READS / 32);
    CHECK(grown(before, after, "plinth_operation_seconds_sum{caller=host,operation=get}") > 0);
    timed = grown(before, after, "plinth_cache_sampled_reads_total{result=none}") +
            grown(before, after, "plinth_cache_sampled_reads_total{result=hit}") +
            grown(before, after, "plinth_cache_sampled_reads_total{result=miss}") +
            grown(before, after, "plinth_cache_sampled_reads_total{result=row}");
    CHECK(timed >= READS / 128);
    page_free(before);
    page_free(after);
}

static void asynchronous_calls_count_too(void) {
    page *before = page_read(db), *after;
    plinth_transaction *tr = begin(db);
    plinth_key_selector from = at_or_after(B("a")), to = at_or_after(B("z"));
    outcome o;
    outcome_begin(&o);
    CHECK_OK(plinth_transaction_get_range_async(tr, NULL, &from, &to, NULL, on_range, &o, on_finish));
    CHECK_OK(outcome_wait(&o));
    CHECK_OK(outcome_end(&o));
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_DURABILITY, PLINTH_DURABILITY_BUFFERED));
    CHECK_OK(tr_set(tr, B("a"), B("1")));
    CHECK_OK(tr_commit_async(tr));
    destroy(tr);
    after = page_read(db);
    GREW("plinth_operations_total{caller=host,operation=get_range}", 1);
    GREW("plinth_operation_seconds_count{caller=host,operation=get_range}", 1);
    GREW("plinth_operations_total{caller=host,operation=commit_buffered}", 1);
    GREW("plinth_operation_seconds_count{caller=host,operation=commit_buffered}", 1);
    page_free(before);
    page_free(after);
}

static void work(long number, void *user) {
    (void)user;
    for (int i = 0; i < 50; i++) {
        char key[32];
        plinth_transaction *tr = begin(db);
        int length = snprintf(key, sizeof key, "%ld %d", number, i);
        CHECK_OK(tr_set(tr, bytes_of(key, (size_t)length), B("value")));
        CHECK_OK(plinth_transaction_commit(tr));
        destroy(tr);
        if (i % 10 == 0) {
            page_free(page_read(db));
        }
    }
}

static void a_page_can_be_read_while_threads_work(void) {
    page *before = page_read(db), *after;
    in_threads(4, work, NULL);
    after = page_read(db);
    GREW("plinth_operations_total{caller=host,operation=set}", 200);
    GREW("plinth_operations_total{caller=host,operation=begin}", 200);
    GREW("plinth_commits_total", 200);
    GREW("plinth_commit_stage_seconds_count{stage=write}", grown(before, after, "plinth_commit_groups_total"));
    page_free(before);
    page_free(after);
}

static void a_path_is_a_label_with_its_escapes(void) {
    char where[512];
    page *all;
    plinth_database *other;
    path root = temporary_path();
    CHECK_INT(mkdir(root.text, 0700), 0);
    snprintf(where, sizeof where, "%s/a \"b\" \\c\nd", root.text);
    CHECK_OK(plinth_database_open(where, NULL, &other));
    put(other, B("key"), B("value"));
    all = page_read(other);
    CHECK_TEXT(all->database, where);
    CHECK(page_get(all, "plinth_disk_size_bytes") > page_get(all, "plinth_disk_available_bytes"));
    page_free(all);
    CHECK_OK(plinth_database_close(other));
}

/* Another handle of the directory is a guest: the host's numbers, and its own beside them. */
static void a_guest_tells_the_hosts_numbers_and_its_own(void) {
    path where = temporary_path();
    plinth_database *host, *guest;
    page *before, *after;
    CHECK_OK(plinth_database_open(where.text, NULL, &host));
    CHECK_OK(plinth_database_open(where.text, NULL, &guest));
    before = page_read(guest);
    put(guest, B("a"), B("1"));
    put(host, B("b"), B("1"));
    put(host, B("b"), B("2"));
    after = page_read(guest);
    GREW("plinth_commits_total", 3);
    GREW("plinth_operations_total{caller=guest,operation=set}", 1);
    GREW("plinth_operations_total{caller=host,operation=set}", 2);
    GREW("plinth_live_transactions{caller=guest}", 0);
    CHECK_INT(page_get(after, "plinth_host_pid"), getpid());
    page_free(before);
    page_free(after);
    before = page_read(host);
    CHECK_INT(page_get(before, "plinth_operations_total{caller=guest,operation=set}"), -1);
    page_free(before);
    CHECK_OK(plinth_database_close(guest));
    CHECK_OK(plinth_database_close(host));
}

/* The name of every number stands in a file, once for each: what compares it with the manual reads that. */
static void names_are_written_down(void) {
    const char *where = getenv("PLINTH_TEST_NAMES");
    page *all = page_read(db);
    if (where != NULL) {
        FILE *file = fopen(where, "w");
        CHECK(file != NULL);
        fprintf(file, "%s\n", all->seen);
        fclose(file);
    }
    page_free(all);
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    db = open_memory();
    RUN(a_page_has_every_number_once);
    RUN(operations_are_counted_when_the_transaction_ends);
    RUN(failures_are_counted_by_cause);
    RUN(about_one_read_in_64_is_timed);
    RUN(asynchronous_calls_count_too);
    RUN(a_page_can_be_read_while_threads_work);
    RUN(a_path_is_a_label_with_its_escapes);
    RUN(a_guest_tells_the_hosts_numbers_and_its_own);
    RUN(names_are_written_down);
    CHECK_OK(plinth_database_close(db));
    return harness_end();
}
