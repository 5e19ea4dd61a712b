/*
 * Damaged directories: commits that are missing are told, nothing is changed by that, what can be read is
 * read with read_only, and plinth_database_repair() makes a database of it again. (COM-8, VER-11)
 */
#include "harness.h"

#include <dirent.h>
#include <fcntl.h>

enum { KEYS = 100 };

static off_t length_of(path file) {
    struct stat told;
    CHECK(stat(file.text, &told) == 0);
    return told.st_size;
}

/* Of two files the one that is wanted. */
typedef bool better(path one, path other);

static bool is_higher(path one, path other) { return strcmp(one.text, other.text) > 0; }

static bool is_larger(path one, path other) { return length_of(one) > length_of(other); }

/* The path of the file with this beginning and this ending that is the best of all. */
static path best(const char *where, const char *begins, const char *ends, better *is_better) {
    path found = {""};
    DIR *directory = opendir(where);
    if (!CHECK(directory != NULL)) {
        return found;
    }
    for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
        size_t length = strlen(entry->d_name), end = strlen(ends);
        path here;
        if (strncmp(entry->d_name, begins, strlen(begins)) != 0 || length < end ||
            strcmp(entry->d_name + length - end, ends) != 0) {
            continue;
        }
        snprintf(here.text, sizeof here.text, "%s/%.60s", where, entry->d_name);
        if (found.text[0] == 0 || is_better(here, found)) {
            found = here;
        }
    }
    closedir(directory);
    CHECK(found.text[0] != 0);
    return found;
}

static path newest(const char *where, const char *begins, const char *ends) {
    return best(where, begins, ends, is_higher);
}

static void cut(path file, off_t by) {
    CHECK(truncate(file.text, length_of(file) - by) == 0);
}

static void flip(path file, off_t at) {
    uint8_t byte = 0;
    int fd = open(file.text, O_RDWR);
    CHECK(pread(fd, &byte, 1, at) == 1);
    byte ^= 1;
    CHECK(pwrite(fd, &byte, 1, at) == 1);
    CHECK(close(fd) == 0);
}

/* A closed database whose keys are all in the log; returns its last version. */
static int64_t make(path where) {
    int64_t last = 0;
    plinth_database *db = open_with(where.text, NULL);
    for (int i = 0; i < KEYS; i++) {
        char key[16];
        snprintf(key, sizeof key, "key%04d", i);
        last = put(db, bytes_of(key, strlen(key)), B("value"));
    }
    CHECK_OK(plinth_database_close(db));
    return last;
}

static int count(plinth_database *db) {
    int found = 0;
    plinth_transaction *tr = begin(db);
    for (int i = 0; i < KEYS; i++) {
        char key[16];
        plinth_value value = {0};
        snprintf(key, sizeof key, "key%04d", i);
        CHECK_OK(plinth_transaction_get(tr, NULL, (const uint8_t *)key, strlen(key), &value));
        found += value.data != NULL;
        plinth_value_free(&value);
    }
    destroy(tr);
    return found;
}

static plinth_database_options reading(void) {
    plinth_database_options options = {0};
    options.struct_size = sizeof options;
    options.read_only = true;
    return options;
}

static plinth_error opens(path where, const plinth_database_options *options) {
    plinth_database *db = NULL;
    plinth_error error = plinth_database_open(where.text, options, &db);
    if (error == 0) {
        CHECK_OK(plinth_database_close(db));
    }
    CHECK(error == 0 || db == NULL);
    return error;
}

static void commits_that_are_missing_are_told_and_the_rest_is_repaired(void) {
    path where = temporary_path();
    int64_t last = make(where);
    path log = newest(where.text, "", ".log");
    plinth_database_options options = reading();
    plinth_repaired repaired;
    plinth_database *db = NULL;
    off_t before;
    cut(log, 200);
    before = length_of(log);
    CHECK_CODE(opens(where, NULL), PLINTH_ERROR_COMMITS_LOST);
    CHECK(strstr(plinth_last_error(), where.text) != NULL);
    CHECK(strstr(plinth_last_error(), "nothing was changed") != NULL);
    CHECK(strstr(plinth_last_error(), "plinth_database_repair()") != NULL);
    CHECK_INT(length_of(log), before);
    CHECK_OK(plinth_database_open(where.text, &options, &db));
    CHECK(count(db) < KEYS && count(db) > KEYS / 2);
    CHECK_CODE(plinth_database_repair(where.text, &repaired, sizeof repaired), PLINTH_ERROR_LOCK_FILE_FAILURE);
    CHECK_OK(plinth_database_close(db));
    CHECK_INT(length_of(log), before);
    CHECK_OK(plinth_database_repair(where.text, &repaired, sizeof repaired));
    CHECK(repaired.version < last && repaired.acknowledged == last);
    CHECK(repaired.rebuilt == 0 && repaired.lost_files > 0 && repaired.lost_bytes >= (uint64_t)before);
    db = open_with(where.text, NULL);
    CHECK(count(db) < KEYS && count(db) > KEYS / 2);
    CHECK(put(db, B("more"), B("")) > last);
    CHECK_OK(plinth_database_close(db));
    CHECK_OK(opens(where, NULL));
}

static void a_flipped_bit_anywhere_in_the_log_is_told(void) {
    path where = temporary_path();
    path log;
    off_t length;
    make(where);
    log = newest(where.text, "", ".log");
    length = length_of(log);
    for (long i = 0; i < scaled(40); i++) {
        off_t at = (off_t)(length * i / scaled(40));
        plinth_error error;
        flip(log, at);
        error = opens(where, NULL);
        CHECK(error == PLINTH_ERROR_COMMITS_LOST || error == PLINTH_ERROR_FILE_CORRUPT);
        flip(log, at);
    }
    CHECK_OK(opens(where, NULL));
}

static void a_damaged_table_is_told_by_the_read_with_its_name(void) {
    path where = temporary_path();
    path table;
    plinth_database *db;
    plinth_transaction *tr;
    plinth_value value = {0};
    plinth_error error;
    make(where);
    /* Opening makes tables of the log: a small one of the engine's own keyspace, and the one that is meant. */
    CHECK_OK(opens(where, NULL));
    table = best(where.text, "", ".sst", is_larger);
    for (off_t at = 20; at < 400; at += 90) {
        flip(table, at);
    }
    db = open_with(where.text, NULL);
    tr = begin(db);
    error = plinth_transaction_get(tr, NULL, (const uint8_t *)"key0050", 7, &value);
    CHECK_CODE(error, PLINTH_ERROR_FILE_CORRUPT);
    CHECK(strstr(plinth_last_error(), ".sst") != NULL);
    plinth_value_free(&value);
    destroy(tr);
    plinth_database_close(db);
}

static void a_database_to_read_takes_no_commits(void) {
    path where = temporary_path();
    plinth_database_options options = reading();
    plinth_database *db = NULL, *writer = NULL;
    plinth_keyspace *ks = NULL;
    plinth_transaction *tr;
    CHECK_CODE(opens(where, &options), PLINTH_ERROR_DATABASE_MISSING);
    CHECK(access(where.text, F_OK) != 0);
    make(where);
    CHECK_OK(plinth_database_open(where.text, &options, &db));
    CHECK_OK(opens(where, &options));
    CHECK_INT(count(db), KEYS);
    tr = begin(db);
    CHECK_OK(plinth_transaction_set(tr, NULL, (const uint8_t *)"k", 1, (const uint8_t *)"v", 1));
    CHECK_CODE(plinth_transaction_commit(tr), PLINTH_ERROR_DATABASE_READ_ONLY);
    destroy(tr);
    tr = begin(db);
    CHECK_OK(plinth_transaction_commit(tr));
    destroy(tr);
    CHECK_CODE(plinth_keyspace_open(db, "new", &ks), PLINTH_ERROR_DATABASE_READ_ONLY);
    CHECK_OK(plinth_database_sync(db));
    CHECK_OK(plinth_database_close(db));
    writer = open_with(where.text, NULL);
    CHECK_CODE(opens(where, &options), PLINTH_ERROR_LOCK_FILE_FAILURE);
    CHECK_OK(plinth_database_close(writer));
}

static void a_repair_of_nothing_is_refused(void) {
    path where = temporary_path();
    plinth_repaired out;
    memset(&out, 0xab, sizeof out);
    CHECK_CODE(plinth_database_repair(where.text, &out, sizeof out), PLINTH_ERROR_DATABASE_MISSING);
    CHECK(out.version == 0 && out.rebuilt == 0 && out.lost_files == 0);
    make(where);
    CHECK_OK(plinth_database_repair(where.text, &out, sizeof out));
    CHECK(out.version == out.acknowledged && out.rebuilt == 0 && out.lost_files == 0);
    CHECK_OK(opens(where, NULL));
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    RUN(commits_that_are_missing_are_told_and_the_rest_is_repaired);
    RUN(a_flipped_bit_anywhere_in_the_log_is_told);
    RUN(a_damaged_table_is_told_by_the_read_with_its_name);
    RUN(a_database_to_read_takes_no_commits);
    RUN(a_repair_of_nothing_is_refused);
    return harness_end();
}
