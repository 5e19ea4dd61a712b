/*
 * Databases: open, close, reopen, options, what else a directory may hold, memory
 * databases, sync and metrics. Design D8, D10, D11, D12 and the comments of the header.
 */
#include "harness.h"

static plinth_error try_open(const char *where, const plinth_database_options *options) {
    plinth_database *db = (plinth_database *)1;
    plinth_error error = plinth_database_open(where, options, &db);
    if (error != 0) {
        CHECK(db == NULL);
    } else {
        CHECK_OK(plinth_database_close(db));
    }
    return error;
}

static bool last_error_has(const char *text) {
    bool found = strstr(plinth_last_error(), text) != NULL;
    harness_count(found, __FILE__, __LINE__, "the story does not mention \"%s\"", text);
    return found;
}

/* ------------------------------------------------------------------ open and reopen */

static void a_missing_directory_is_created_with_mode_0700(void) {
    path where = temporary_path();
    struct stat info;
    CHECK_OK(try_open(where.text, NULL));
    CHECK_INT(stat(where.text, &info), 0);
    CHECK(S_ISDIR(info.st_mode));
    CHECK_INT(info.st_mode & 0777, 0700);
}

static void the_identity_file_names_the_format(void) {
    path where = temporary_path();
    char full[512], line[64] = "";
    FILE *file;
    CHECK_OK(try_open(where.text, NULL));
    snprintf(full, sizeof full, "%s/PLINTH", where.text);
    file = fopen(full, "r");
    if (CHECK(file != NULL)) {
        CHECK(fgets(line, sizeof line, file) != NULL);
        CHECK_TEXT(line, "plinth format 1\n");
        fclose(file);
    }
}

/* The empty key and the empty value are there too, which is not the same as absent. (COM-8, DATA-2, GET-1) */
static void what_was_committed_is_there_after_a_reopen(void) {
    path where = temporary_path();
    plinth_database *db = open_with(where.text, NULL);
    plinth_transaction *tr;
    put(db, B("key"), B("val\0ue"));
    put(db, B(""), B(""));
    CHECK_OK(plinth_database_close(db));
    db = open_with(where.text, NULL);
    tr = begin(db);
    CHECK_VALUE(tr, B("key"), B("val\0ue"));
    CHECK_VALUE(tr, B(""), B(""));
    destroy(tr);
    CHECK_OK(plinth_database_close(db));
}

/* Nothing happens before the commit. (COM-8, RST-3) */
static void what_was_not_committed_is_gone_after_a_reopen(void) {
    path where = temporary_path();
    plinth_database *db = open_with(where.text, NULL);
    plinth_transaction *tr = begin(db);
    CHECK_OK(tr_set(tr, B("key"), B("value")));
    CHECK_OK(plinth_database_close(db));
    destroy(tr);
    db = open_with(where.text, NULL);
    tr = begin(db);
    CHECK_VALUE(tr, B("key"), ABSENT);
    destroy(tr);
    CHECK_OK(plinth_database_close(db));
}

static void an_empty_directory_becomes_a_database(void) {
    path where = temporary_path();
    CHECK_INT(mkdir(where.text, 0755), 0);
    CHECK_OK(try_open(where.text, NULL));
    CHECK_OK(try_open(where.text, NULL));
}

static void opening_and_closing_repeats(void) {
    path where = temporary_path();
    long rounds = scaled(30);
    for (long i = 0; i < rounds; i++) {
        CHECK_OK(try_open(where.text, NULL));
    }
}

/* ------------------------------------------------------------------ bad paths */

static void a_missing_parent_is_an_error(void) {
    path where = temporary_path();
    char deep[512];
    plinth_error error;
    snprintf(deep, sizeof deep, "%s/missing/db", where.text);
    error = try_open(deep, NULL);
    CHECK(error == PLINTH_ERROR_FILE_NOT_FOUND || error == PLINTH_ERROR_IO_ERROR);
    last_error_has("missing/db");
}

static void a_file_in_place_of_the_directory_is_an_error(void) {
    path where = temporary_path();
    plinth_error error;
    CHECK_INT(mkdir(where.text, 0700), 0);
    write_file(where.text, "file", "text");
    strcat(where.text, "/file");
    error = try_open(where.text, NULL);
    CHECK(error == PLINTH_ERROR_NOT_A_DATABASE || error == PLINTH_ERROR_IO_ERROR);
    strcat(where.text, "/below");
    CHECK(try_open(where.text, NULL) != 0);
}

static void an_empty_path_is_an_error(void) {
    CHECK(try_open("", NULL) != 0);
}

static void a_path_that_is_not_utf8_is_an_error(void) {
    CHECK_CODE(try_open("/tmp/\xff\xfe", NULL), PLINTH_ERROR_INVALID_ARGUMENT);
}

static void a_directory_that_cannot_be_written_is_an_error(void) {
    plinth_error error;
    path where = temporary_path();
    if (geteuid() == 0) {
        /* The superuser writes anywhere; /proc takes no directories even from it. */
        CHECK(try_open("/proc/plinth-test", NULL) != 0);
        return;
    }
    CHECK_INT(mkdir(where.text, 0500), 0);
    error = try_open(where.text, NULL);
    CHECK(error == PLINTH_ERROR_FILE_NOT_WRITABLE || error == PLINTH_ERROR_IO_ERROR);
    CHECK_INT(chmod(where.text, 0700), 0);
}

/* ------------------------------------------------------------------ not a database */

static void a_directory_of_foreign_files_is_not_a_database(void) {
    path where = temporary_path();
    struct stat info;
    char full[512];
    CHECK_INT(mkdir(where.text, 0755), 0);
    write_file(where.text, "holiday.txt", "do not touch");
    CHECK_CODE(try_open(where.text, NULL), PLINTH_ERROR_NOT_A_DATABASE);
    snprintf(full, sizeof full, "%s/PLINTH", where.text);
    CHECK_INT(stat(full, &info), -1);
    snprintf(full, sizeof full, "%s/CURRENT", where.text);
    CHECK_INT(stat(full, &info), -1);
}

static void a_plain_rocksdb_directory_is_not_a_database(void) {
    path where = temporary_path();
    CHECK_INT(mkdir(where.text, 0755), 0);
    write_file(where.text, "CURRENT", "MANIFEST-000001\n");
    write_file(where.text, "MANIFEST-000001", "");
    write_file(where.text, "000004.log", "");
    CHECK_CODE(try_open(where.text, NULL), PLINTH_ERROR_NOT_A_DATABASE);
}

static void a_newer_format_is_refused(void) {
    path where = temporary_path();
    CHECK_OK(try_open(where.text, NULL));
    write_file(where.text, "PLINTH", "plinth format 99\n");
    CHECK_CODE(try_open(where.text, NULL), PLINTH_ERROR_FORMAT_NOT_SUPPORTED);
    last_error_has("99");
}

static void an_identity_file_of_something_else_is_refused(void) {
    static const char *const contents[] = {"", "plinth", "plinth format\n", "plinth format one\n", "another format 1\n"};
    for (size_t i = 0; i < sizeof contents / sizeof contents[0]; i++) {
        path where = temporary_path();
        plinth_error error;
        CHECK_OK(try_open(where.text, NULL));
        write_file(where.text, "PLINTH", contents[i]);
        error = try_open(where.text, NULL);
        CHECK(error == PLINTH_ERROR_NOT_A_DATABASE || error == PLINTH_ERROR_FILE_CORRUPT);
    }
}

/* ------------------------------------------------------------------ must_exist, must_not_exist */

static void must_exist_and_must_not_exist_are_obeyed(void) {
    path where = temporary_path();
    struct stat info;
    plinth_database_options exist = database_options(), not_exist = database_options();
    exist.must_exist = true;
    not_exist.must_not_exist = true;
    CHECK_CODE(try_open(where.text, &exist), PLINTH_ERROR_DATABASE_MISSING);
    CHECK_INT(stat(where.text, &info), -1);
    CHECK_OK(try_open(where.text, &not_exist));
    CHECK_CODE(try_open(where.text, &not_exist), PLINTH_ERROR_DATABASE_EXISTS);
    CHECK_OK(try_open(where.text, &exist));
}

static void must_exist_of_an_empty_directory_fails(void) {
    path where = temporary_path();
    plinth_database_options exist = database_options();
    exist.must_exist = true;
    CHECK_INT(mkdir(where.text, 0700), 0);
    CHECK_CODE(try_open(where.text, &exist), PLINTH_ERROR_DATABASE_MISSING);
}

static void a_failed_open_leaves_the_directory_free(void) {
    path where = temporary_path();
    plinth_database_options options = database_options();
    CHECK_OK(try_open(where.text, NULL));
    options.must_not_exist = true;
    CHECK_CODE(try_open(where.text, &options), PLINTH_ERROR_DATABASE_EXISTS);
    CHECK_OK(try_open(where.text, NULL));
}

/* ------------------------------------------------------------------ memory databases */

static void memory_databases_are_independent(void) {
    plinth_database *one = open_memory(), *two = open_memory();
    plinth_transaction *tr;
    struct stat info;
    put(one, B("key"), B("one"));
    put(two, B("other"), B("two"));
    tr = begin(one);
    CHECK_TEXT(scan_keys(tr, B(""), B("\xff")), "key=one");
    destroy(tr);
    tr = begin(two);
    CHECK_TEXT(scan_keys(tr, B(""), B("\xff")), "other=two");
    destroy(tr);
    CHECK_OK(plinth_database_close(one));
    tr = begin(two);
    CHECK_VALUE(tr, B("other"), B("two"));
    destroy(tr);
    CHECK_OK(plinth_database_close(two));
    CHECK_INT(stat(":memory:", &info), -1);
}

static void a_memory_database_is_forgotten_on_close(void) {
    plinth_database *db = open_memory();
    plinth_transaction *tr;
    put(db, B("key"), B("value"));
    CHECK_OK(plinth_database_close(db));
    db = open_memory();
    tr = begin(db);
    CHECK_VALUE(tr, B("key"), ABSENT);
    destroy(tr);
    CHECK_OK(plinth_database_close(db));
}

static void a_memory_database_never_exists_before(void) {
    plinth_database_options options = database_options();
    options.must_not_exist = true;
    CHECK_OK(try_open(":memory:", &options));
    options = database_options();
    options.must_exist = true;
    CHECK_CODE(try_open(":memory:", &options), PLINTH_ERROR_DATABASE_MISSING);
}

/* ------------------------------------------------------------------ options */

static void a_zeroed_option_struct_means_the_defaults(void) {
    plinth_database_options options = database_options();
    CHECK_OK(try_open(":memory:", &options));
    CHECK_OK(try_open(":memory:", NULL));
}

static void the_option_struct_may_grow_and_shrink(void) {
    union {
        plinth_database_options options;
        uint8_t bytes[4096];
    } given;
    static const uint32_t bad_sizes[] = {0, 1, 3, 4097, UINT32_MAX};
    memset(&given, 0, sizeof given);
    /* A caller compiled against an older header has fewer fields. */
    given.options.struct_size = 8;
    given.options.durability = PLINTH_DURABILITY_BUFFERED;
    given.options.must_exist = true;
    CHECK_OK(try_open(":memory:", &given.options));
    given.options.struct_size = 4;
    given.options.durability = 77;
    CHECK_OK(try_open(":memory:", &given.options));
    given.options.struct_size = 8;
    CHECK_CODE(try_open(":memory:", &given.options), PLINTH_ERROR_INVALID_OPTION_VALUE);
    /* One compiled against a newer header has more; only zero is known to mean nothing. */
    memset(&given, 0, sizeof given);
    given.options.struct_size = sizeof given;
    CHECK_OK(try_open(":memory:", &given.options));
    given.bytes[sizeof(plinth_database_options)] = 1;
    CHECK_CODE(try_open(":memory:", &given.options), PLINTH_ERROR_INVALID_ARGUMENT);
    given.bytes[sizeof(plinth_database_options)] = 0;
    given.bytes[4095] = 1;
    CHECK_CODE(try_open(":memory:", &given.options), PLINTH_ERROR_INVALID_ARGUMENT);
    given.bytes[4095] = 0;
    for (size_t i = 0; i < sizeof bad_sizes / sizeof bad_sizes[0]; i++) {
        given.options.struct_size = bad_sizes[i];
        CHECK_CODE(try_open(":memory:", &given.options), PLINTH_ERROR_INVALID_ARGUMENT);
    }
}

/* Opens with one field of the options set, and closes again. */
#define WITH(field, value, code)                                     \
    do {                                                             \
        plinth_database_options options = database_options();        \
        options.field = (value);                                     \
        CHECK_CODE(try_open(":memory:", &options), (code));          \
    } while (0)

static void options_at_their_bounds_are_taken(void) {
    WITH(durability, PLINTH_DURABILITY_SYNC, 0);
    WITH(durability, PLINTH_DURABILITY_BUFFERED, 0);
    WITH(preset, PLINTH_PRESET_DEFAULT, 0);
    WITH(preset, PLINTH_PRESET_BALANCED, 0);
    WITH(preset, PLINTH_PRESET_WRITE_HEAVY, 0);
    WITH(window_ms, 5000, 0);
    WITH(window_ms, 600000, 0);
    WITH(memory_budget, UINT64_C(16) << 20, 0);
    WITH(max_transactions, 1, 0);
    WITH(max_queued_commits, 1, 0);
    WITH(key_size_limit, 1u << 20, 0);
    WITH(value_size_limit, 256u << 20, 0);
    WITH(transaction_size_limit, 32, 0);
    WITH(transaction_size_limit, UINT64_C(1) << 30, 0);
    WITH(transaction_timeout_ms, INT32_MAX, 0);
    WITH(transaction_retry_limit_plus_one, 1, 0);
    WITH(transaction_max_retry_delay_ms, INT32_MAX, 0);
}

static void options_past_their_bounds_are_refused(void) {
    WITH(durability, -1, PLINTH_ERROR_INVALID_OPTION_VALUE);
    WITH(durability, 3, PLINTH_ERROR_INVALID_OPTION_VALUE);
    WITH(durability, INT32_MIN, PLINTH_ERROR_INVALID_OPTION_VALUE);
    WITH(preset, -1, PLINTH_ERROR_INVALID_OPTION_VALUE);
    WITH(preset, PLINTH_PRESET_WRITE_HEAVY + 1, PLINTH_ERROR_INVALID_OPTION_VALUE);
    WITH(preset, INT32_MAX, PLINTH_ERROR_INVALID_OPTION_VALUE);
    WITH(window_ms, 4999, PLINTH_ERROR_INVALID_OPTION_VALUE);
    WITH(window_ms, 1, PLINTH_ERROR_INVALID_OPTION_VALUE);
    WITH(window_ms, 600001, PLINTH_ERROR_INVALID_OPTION_VALUE);
    WITH(memory_budget, (UINT64_C(16) << 20) - 1, PLINTH_ERROR_INVALID_OPTION_VALUE);
    WITH(memory_budget, 1, PLINTH_ERROR_INVALID_OPTION_VALUE);
    /* No machine has that: an error, and not the end of the process. */
    WITH(memory_budget, UINT64_MAX, PLINTH_ERROR_LARGE_ALLOC_FAILED);
    WITH(memory_budget, UINT64_C(1) << 56, PLINTH_ERROR_LARGE_ALLOC_FAILED);
    WITH(key_size_limit, (1u << 20) + 1, PLINTH_ERROR_INVALID_OPTION_VALUE);
    WITH(value_size_limit, (256u << 20) + 1, PLINTH_ERROR_INVALID_OPTION_VALUE);
    WITH(transaction_size_limit, 31, PLINTH_ERROR_INVALID_OPTION_VALUE);
    WITH(transaction_size_limit, (UINT64_C(1) << 30) + 1, PLINTH_ERROR_INVALID_OPTION_VALUE);
    WITH(transaction_size_limit, UINT64_MAX, PLINTH_ERROR_INVALID_OPTION_VALUE);
    WITH(transaction_timeout_ms, (uint32_t)INT32_MAX + 1, PLINTH_ERROR_INVALID_OPTION_VALUE);
    WITH(transaction_timeout_ms, UINT32_MAX, PLINTH_ERROR_INVALID_OPTION_VALUE);
    WITH(transaction_max_retry_delay_ms, UINT32_MAX, PLINTH_ERROR_INVALID_OPTION_VALUE);
    WITH(transaction_retry_limit_plus_one, UINT32_MAX, PLINTH_ERROR_INVALID_OPTION_VALUE);
}

/* What one preset wrote all others read and go on with, with their own memory and with the least. (COM-8) */
static void a_database_of_one_preset_opens_with_every_other(void) {
    path where = temporary_path();
    for (int round = 0; round < 10; round++) {
        plinth_database_options options = database_options();
        plinth_database *db;
        plinth_transaction *tr;
        char value[2000], key[16];
        options.preset = round % 5;
        options.memory_budget = round < 5 ? 0 : UINT64_C(16) << 20;
        db = open_with(where.text, &options);
        memset(value, 'a' + round, sizeof value);
        tr = begin(db);
        for (int i = 0; i < 1000; i++) {
            snprintf(key, sizeof key, "%d.%03d", round, i);
            CHECK_OK(tr_set(tr, bytes_of(key, strlen(key)), bytes_of(value, sizeof value)));
        }
        CHECK_OK(plinth_transaction_commit(tr));
        destroy(tr);
        tr = begin(db);
        for (int before = 0; before <= round; before++) {
            memset(value, 'a' + before, sizeof value);
            snprintf(key, sizeof key, "%d.%03d", before, 77 * round);
            CHECK_VALUE(tr, bytes_of(key, strlen(key)), bytes_of(value, sizeof value));
        }
        destroy(tr);
        CHECK_OK(plinth_database_close(db));
    }
}

static void the_limit_of_live_transactions_is_obeyed(void) {
    plinth_database_options options = database_options();
    plinth_database *db;
    plinth_transaction *trs[4], *refused = (plinth_transaction *)1;
    options.max_transactions = 3;
    db = open_with(":memory:", &options);
    for (int i = 0; i < 3; i++) {
        trs[i] = begin(db);
    }
    CHECK_CODE(plinth_transaction_begin(db, &refused), PLINTH_ERROR_TOO_MANY_TRANSACTIONS);
    CHECK(refused == NULL);
    destroy(trs[1]);
    trs[1] = begin(db);
    for (int i = 0; i < 3; i++) {
        destroy(trs[i]);
    }
    CHECK_OK(plinth_database_close(db));
}

/* Also after a reset. (OPT-5, ERRH-3, LIM-4, TMO-3) */
static void defaults_of_transactions_come_from_the_database(void) {
    plinth_database_options options = database_options();
    plinth_database *db;
    plinth_transaction *tr;
    options.transaction_retry_limit_plus_one = 1; /* a limit of 0: never retry */
    options.transaction_size_limit = 100;
    db = open_with(":memory:", &options);
    tr = begin(db);
    CHECK_CODE(plinth_transaction_on_error(tr, PLINTH_ERROR_NOT_COMMITTED), PLINTH_ERROR_NOT_COMMITTED);
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_OK(tr_set(tr, B("key"), B("0123456789012345678901234567890123456789")));
    CHECK_CODE(plinth_transaction_commit(tr), PLINTH_ERROR_TRANSACTION_TOO_LARGE);
    CHECK_OK(plinth_transaction_reset(tr));
    /* A transaction may set its own, but not above the database's. */
    CHECK_CODE(plinth_transaction_set_option(tr, PLINTH_OPTION_SIZE_LIMIT, 101), PLINTH_ERROR_INVALID_OPTION_VALUE);
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_RETRY_LIMIT, 1));
    CHECK_OK(plinth_transaction_on_error(tr, PLINTH_ERROR_NOT_COMMITTED));
    destroy(tr);
    CHECK_OK(plinth_database_close(db));
}

/* A timeout that the transaction did not set. (OPT-5, TMO-1) */
static void a_default_timeout_ends_transactions(void) {
    plinth_database_options options = database_options();
    plinth_database *db;
    plinth_transaction *tr;
    plinth_error error;
    double deadline = now_ms() + 60000;
    options.transaction_timeout_ms = 20;
    db = open_with(":memory:", &options);
    tr = begin(db);
    do {
        error = tr_touch(tr, B("key"));
        breathe();
    } while (error == 0 && now_ms() < deadline);
    CHECK_CODE(error, PLINTH_ERROR_TRANSACTION_TIMED_OUT);
    destroy(tr);
    CHECK_OK(plinth_database_close(db));
}

/* ------------------------------------------------------------------ sync and metrics */

static void sync_makes_buffered_commits_durable(void) {
    path where = temporary_path();
    plinth_database *db = open_buffered(where.text);
    CHECK_OK(plinth_database_sync(db));
    put(db, B("key"), B("value"));
    CHECK_OK(plinth_database_sync(db));
    CHECK_OK(plinth_database_sync(db));
    CHECK_OK(plinth_database_close(db));
    CHECK_CODE(plinth_database_sync(db), PLINTH_ERROR_INVALID_HANDLE);
}

static void metrics_count_what_happened(void) {
    plinth_database *db = open_memory();
    plinth_metrics before, after;
    plinth_transaction *tr = begin(db), *read_only = begin(db);
    int64_t version;
    CHECK_OK(plinth_database_metrics(db, &before, sizeof before));
    CHECK_INT(before.live_transactions, 2);
    CHECK_OK(tr_touch(tr, B("key")));
    version = put(db, B("key"), B("value"));
    CHECK_OK(tr_set(tr, B("other"), B("value")));
    CHECK_CODE(plinth_transaction_commit(tr), PLINTH_ERROR_NOT_COMMITTED);
    CHECK_OK(tr_touch(read_only, B("key")));
    CHECK_OK(plinth_transaction_commit(read_only));
    CHECK_OK(plinth_database_metrics(db, &after, sizeof after));
    CHECK_INT(after.commits - before.commits, 1);
    CHECK_INT(after.conflicts - before.conflicts, 1);
    CHECK_INT(after.too_old, 0);
    CHECK_INT(after.refused, 0);
    CHECK(after.groups > before.groups);
    CHECK(after.queue_ns > before.queue_ns);
    CHECK(after.resolve_ns > before.resolve_ns);
    CHECK(after.write_ns > before.write_ns);
    CHECK(after.publish_ns > before.publish_ns);
    CHECK(after.latest_version >= version);
    CHECK(after.retained_versions >= 1);
    destroy(tr);
    destroy(read_only);
    CHECK_OK(plinth_database_metrics(db, &after, sizeof after));
    CHECK_INT(after.live_transactions, 0);
    CHECK_INT(after.transaction_bytes, 0);
    CHECK_OK(plinth_database_close(db));
}

static void metrics_see_the_bytes_of_open_transactions(void) {
    plinth_database *db = open_memory();
    plinth_transaction *tr = begin(db);
    plinth_metrics metrics;
    static uint8_t value[50000];
    for (int i = 0; i < 4; i++) {
        char key[16];
        snprintf(key, sizeof key, "key%d", i);
        CHECK_OK(tr_set(tr, bytes_of(key, strlen(key)), bytes_of(value, sizeof value)));
    }
    CHECK_OK(plinth_database_metrics(db, &metrics, sizeof metrics));
    CHECK(metrics.transaction_bytes >= 4 * sizeof value);
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_OK(plinth_database_metrics(db, &metrics, sizeof metrics));
    CHECK(metrics.transaction_bytes < sizeof value);
    destroy(tr);
    CHECK_OK(plinth_database_close(db));
}

static void metrics_fit_older_and_newer_callers(void) {
    plinth_database *db = open_memory();
    uint64_t room[32];
    put(db, B("key"), B("value"));
    memset(room, 0xab, sizeof room);
    CHECK_OK(plinth_database_metrics(db, (plinth_metrics *)(void *)room, 16));
    CHECK_INT(room[1], 1);
    CHECK(room[2] == UINT64_C(0xabababababababab));
    memset(room, 0xab, sizeof room);
    CHECK_OK(plinth_database_metrics(db, (plinth_metrics *)(void *)room, sizeof room));
    CHECK_INT(room[sizeof(plinth_metrics) / 8], 0);
    CHECK_INT(room[31], 0);
    CHECK_CODE(plinth_database_metrics(db, (plinth_metrics *)(void *)room, 7), PLINTH_ERROR_INVALID_ARGUMENT);
    CHECK_OK(plinth_database_close(db));
}

/* Weaker durability only where asked for. (COM-8, FREE-6) */
static void synced_commits_sync_and_buffered_ones_need_not(void) {
    path where = temporary_path();
    plinth_database *db = open_with(where.text, NULL);
    plinth_metrics before, after;
    plinth_transaction *tr;
    CHECK_OK(plinth_database_metrics(db, &before, sizeof before));
    put(db, B("key"), B("value"));
    CHECK_OK(plinth_database_metrics(db, &after, sizeof after));
    CHECK(after.syncs > before.syncs);
    CHECK(after.sync_ns > before.sync_ns);
    tr = begin(db);
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_DURABILITY, PLINTH_DURABILITY_BUFFERED));
    CHECK_OK(tr_set(tr, B("key"), B("value")));
    before = after;
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_database_metrics(db, &after, sizeof after));
    CHECK_INT(after.commits - before.commits, 1);
    CHECK_INT(after.syncs, before.syncs);
    destroy(tr);
    CHECK_OK(plinth_database_close(db));
}

static void the_library_tells_its_versions(void) {
    CHECK_INT(plinth_abi_version(), PLINTH_ABI_VERSION);
    CHECK(plinth_version()[0] >= '0' && plinth_version()[0] <= '9');
    CHECK(strchr(plinth_version(), '.') != NULL);
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    RUN(a_missing_directory_is_created_with_mode_0700);
    RUN(the_identity_file_names_the_format);
    RUN(what_was_committed_is_there_after_a_reopen);
    RUN(what_was_not_committed_is_gone_after_a_reopen);
    RUN(an_empty_directory_becomes_a_database);
    RUN(opening_and_closing_repeats);
    RUN(a_missing_parent_is_an_error);
    RUN(a_file_in_place_of_the_directory_is_an_error);
    RUN(an_empty_path_is_an_error);
    RUN(a_path_that_is_not_utf8_is_an_error);
    RUN(a_directory_that_cannot_be_written_is_an_error);
    RUN(a_directory_of_foreign_files_is_not_a_database);
    RUN(a_plain_rocksdb_directory_is_not_a_database);
    RUN(a_newer_format_is_refused);
    RUN(an_identity_file_of_something_else_is_refused);
    RUN(must_exist_and_must_not_exist_are_obeyed);
    RUN(must_exist_of_an_empty_directory_fails);
    RUN(a_failed_open_leaves_the_directory_free);
    RUN(memory_databases_are_independent);
    RUN(a_memory_database_is_forgotten_on_close);
    RUN(a_memory_database_never_exists_before);
    RUN(a_zeroed_option_struct_means_the_defaults);
    RUN(the_option_struct_may_grow_and_shrink);
    RUN(options_at_their_bounds_are_taken);
    RUN(options_past_their_bounds_are_refused);
    RUN(a_database_of_one_preset_opens_with_every_other);
    RUN(the_limit_of_live_transactions_is_obeyed);
    RUN(defaults_of_transactions_come_from_the_database);
    RUN(a_default_timeout_ends_transactions);
    RUN(sync_makes_buffered_commits_durable);
    RUN(metrics_count_what_happened);
    RUN(metrics_see_the_bytes_of_open_transactions);
    RUN(metrics_fit_older_and_newer_callers);
    RUN(synced_commits_sync_and_buffered_ones_need_not);
    RUN(the_library_tells_its_versions);
    return harness_end();
}
