/*
 * The status. It is read by a real parser: here documents are written down with what must be in them, in the
 * directory that PLINTH_TEST_STATUS names, and check_status.py compares both.
 */
#include "harness.h"

static FILE *expected;

/* Begins a document: the status as it is now. What is expected of it follows. */
static void document(const char *name, plinth_database *db) {
    const char *directory = getenv("PLINTH_TEST_STATUS");
    char file_name[1024];
    plinth_value status;
    FILE *file;
    CHECK_OK(plinth_database_status_json(db, &status));
    CHECK(status.len > 2 && status.data[0] == '{' && status.data[status.len - 1] == '}');
    CHECK(memchr(status.data, 0, status.len) == NULL);
    if (directory == NULL) {
        static path own;
        own = temporary_path();
        directory = own.text;
    }
    (void)mkdir(directory, 0700);
    snprintf(file_name, sizeof file_name, "%s/%s.json", directory, name);
    file = fopen(file_name, "w");
    CHECK(file != NULL && fwrite(status.data, 1, status.len, file) == status.len && fclose(file) == 0);
    plinth_value_free(&status);
    snprintf(file_name, sizeof file_name, "%s/%s.expect", directory, name);
    expected = fopen(file_name, "w");
    CHECK(expected != NULL);
}

static void expect(const char *place, const char *json) {
    fprintf(expected, "%s\t%s\n", place, json);
}

static void expect_number(const char *place, int64_t number) {
    fprintf(expected, "%s\t%" PRId64 "\n", place, number);
}

static void done(void) {
    CHECK_INT(fclose(expected), 0);
}

static void known_work_is_told(void) {
    enum { COMMITS = 4 };
    plinth_database_options options = database_options();
    plinth_database *db;
    plinth_keyspace *ks;
    plinth_transaction *tr, *open;
    options.window_ms = 7000;
    options.memory_budget = 64 << 20;
    db = open_with(":memory:", &options);
    CHECK_OK(plinth_keyspace_open(db, "na\"me", &ks));
    for (int i = 0; i < COMMITS; i++) {
        put_in(db, ks, B("key"), B("value"));
    }
    tr = begin(db);
    CHECK_VALUE_IN(tr, ks, B("key"), B("value"));
    put_in(db, ks, B("key"), B("other"));
    CHECK_OK(tr_set(tr, B("a"), B("")));
    CHECK_CODE(plinth_transaction_commit(tr), PLINTH_ERROR_NOT_COMMITTED);
    CHECK_OK(plinth_transaction_on_error(tr, PLINTH_ERROR_NOT_COMMITTED));
    destroy(tr);
    open = begin(db);
    document("work", db);
    expect("client cluster_file path", "\":memory:\"");
    expect("cluster database_available", "true");
    expect("cluster data state healthy", "true");
    expect("cluster configuration storage_engine", "\"memory\"");
    expect("cluster qos performance_limited_by name", "\"workload\"");
    expect_number("cluster workload transactions committed counter", COMMITS + 1);
    expect_number("cluster workload transactions conflicted counter", 1);
    expect_number("cluster workload transactions started counter", COMMITS + 2);
    expect_number("cluster workload operations writes counter", COMMITS + 2);
    expect_number("cluster workload operations reads counter", 1);
    expect_number("cluster workload keys read counter", 1);
    expect_number("cluster workload bytes read counter", 8);
    expect("cluster messages", "[]");
    expect("plinth healthy", "true");
    expect("plinth failure", "null");
    expect("plinth disk", "null");
    expect("plinth guests", "[]");
    expect_number("plinth host pid", getpid());
    expect_number("plinth options window_ms", 7000);
    expect_number("plinth options memory_budget", 64 << 20);
    expect("plinth options durability", "\"sync\"");
    expect_number("plinth options transaction_retry_limit", -1);
    expect_number("plinth commits committed", COMMITS + 1);
    expect("plinth commits conflicts", "{\"point\": 1, \"range\": 0}");
    expect_number("plinth commits groups", COMMITS + 1);
    expect_number("plinth commits stages write count", COMMITS + 1);
    expect_number("plinth callers host operations get", 1);
    expect_number("plinth callers host operations commit_sync", COMMITS + 2);
    expect_number("plinth callers host latency commit_sync count", COMMITS + 2);
    expect("plinth callers host failed_commits", "{\"1020\": 1}");
    expect("plinth callers host failed_reads", "{}");
    expect("plinth callers host retries", "{\"1020\": 1}");
    expect_number("plinth callers host live_transactions", 1);
    expect_number("plinth memory limits transactions", 16 << 20);
    expect_number("plinth versions window_seconds", 7);
    expect_number("plinth keyspaces count", 2);
    expect("plinth keyspaces list 0 name", "\"default\"");
    expect("plinth keyspaces list 1 name", "\"na\\\"me\"");
    expect("plinth store level_files", "[0, 0, 0, 0, 0, 0, 0]");
    done();
    destroy(open);
    CHECK_OK(plinth_keyspace_close(ks));
    CHECK_OK(plinth_database_close(db));
}

/* A path may have every character; the document is JSON nevertheless. */
static void a_directory_and_its_guest_are_told(void) {
    char where[600];
    plinth_database *host, *guest;
    path root = temporary_path();
    CHECK_INT(mkdir(root.text, 0700), 0);
    snprintf(where, sizeof where, "%s/a \"b\" \\ \n\t\x01 \xc3\xa9", root.text);
    CHECK_OK(plinth_database_open(where, NULL, &host));
    CHECK_OK(plinth_database_open(where, NULL, &guest));
    put(guest, B("a"), B("1"));
    document("guest", guest);
    expect("cluster configuration storage_engine", "\"ssd-rocksdb-v1\"");
    expect_number("plinth callers guest operations set", 1);
    expect_number("plinth callers guest operations commit_sync", 1);
    expect_number("plinth callers host operations set", 0);
    expect_number("plinth commits committed", 1);
    done();
    CHECK_OK(plinth_database_close(guest));
    put(host, B("a"), B("2"));
    document("host", host);
    expect_number("plinth commits committed", 2);
    expect_number("plinth callers host operations set", 1);
    done();
    CHECK_OK(plinth_database_close(host));
}

static void a_database_that_takes_no_commits_says_why(void) {
    plinth_database_options options = database_options();
    plinth_database *db;
    path where = temporary_path();
    db = open_with(where.text, NULL);
    put(db, B("a"), B("1"));
    CHECK_OK(plinth_database_close(db));
    options.read_only = true;
    db = open_with(where.text, &options);
    document("read_only", db);
    expect("cluster database_available", "false");
    expect("cluster data state healthy", "false");
    expect("cluster messages 0 name", "\"commits_refused\"");
    expect("plinth healthy", "false");
    expect_number("plinth failure code", 9022);
    expect("plinth options read_only", "true");
    done();
    CHECK_OK(plinth_database_close(db));
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    RUN(known_work_is_told);
    RUN(a_directory_and_its_guest_are_told);
    RUN(a_database_that_takes_no_commits_says_why);
    return harness_end();
}
