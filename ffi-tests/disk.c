/*
 * A disk that refuses to take more: the limit on the size of files makes writes of the log fail as a full disk does.
 * What was acknowledged is there after the next open, what was not is told as unknown, and nothing is written in
 * between. (FREE-7, COM-7)
 */
#include "harness.h"

#include <sys/resource.h>

/* Bytes that a file of the database may have in the child. */
#define FILE_LIMIT (1 << 20)
#define VALUE_SIZE 10000
#define MOST_COMMITS 1000

static void limit_files(rlim_t size) {
    struct rlimit limit = {size, RLIM_INFINITY};
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

static plinth_error commit_number(plinth_database *db, int number) {
    static uint8_t value[VALUE_SIZE];
    char key[32];
    plinth_transaction *tr = begin(db);
    plinth_error error;
    snprintf(key, sizeof key, "key%06d", number);
    memset(value, number & 0xff, sizeof value);
    CHECK_OK(plinth_transaction_set(tr, NULL, (const uint8_t *)key, strlen(key), value, sizeof value));
    error = plinth_transaction_commit(tr);
    destroy(tr);
    return error;
}

static bool is_there(plinth_database *db, int number) {
    char key[32];
    plinth_value value;
    bool found;
    plinth_transaction *tr = begin(db);
    snprintf(key, sizeof key, "key%06d", number);
    CHECK_OK(plinth_transaction_get(tr, NULL, (const uint8_t *)key, strlen(key), &value));
    found = value.data != NULL && value.len == VALUE_SIZE && value.data[0] == (uint8_t)number;
    plinth_value_free(&value);
    destroy(tr);
    return found;
}

/* FREE-7, COM-7: a log that can't be written makes the commit's fate unknown, and refuses the commits after it; reads
 * go on, and the next open finds what was acknowledged. */
static void a_failed_log_write_is_never_a_success(void) {
    path where = temporary_path();
    plinth_database *db = open_buffered(where.text);
    plinth_error error = 0;
    int acknowledged = 0;
    limit_files(FILE_LIMIT);
    while (acknowledged < MOST_COMMITS) {
        error = commit_number(db, acknowledged);
        if (error != 0) {
            break;
        }
        acknowledged++;
    }
    CHECK(acknowledged > 10);
    CHECK_CODE(error, PLINTH_ERROR_COMMIT_UNKNOWN_RESULT);
    CHECK(plinth_error_is_maybe_committed(error));
    /* The words are the system's, and say what to do. */
    CHECK(strstr(plinth_last_error(), "File too large") != NULL && strstr(plinth_last_error(), "ulimit -f") != NULL);
    /* FREE-7: the disk could take writes again, but nobody knows what is on it. */
    limit_files(RLIM_INFINITY);
    CHECK_CODE(commit_number(db, MOST_COMMITS + 1), PLINTH_ERROR_DATABASE_FAILED);
    CHECK_CODE(plinth_database_sync(db), PLINTH_ERROR_DATABASE_FAILED);
    CHECK(is_there(db, 0) && is_there(db, acknowledged - 1));
    /* Nobody may take it that buffered commits are on disk. */
    CHECK_CODE(plinth_database_close(db), PLINTH_ERROR_DATABASE_FAILED);
    db = open_buffered(where.text);
    for (int number = 0; number < acknowledged; number++) {
        if (!CHECK(is_there(db, number))) {
            break;
        }
    }
    CHECK(!is_there(db, MOST_COMMITS + 1));
    CHECK_OK(commit_number(db, MOST_COMMITS + 2));
    CHECK_OK(plinth_database_close(db));
}

/* FREE-7: a database that can't be created says why. */
static void a_disk_that_takes_nothing_refuses_the_open(void) {
    path where = temporary_path();
    plinth_database *db = NULL;
    limit_files(0);
    CHECK_CODE(plinth_database_open(where.text, NULL, &db), PLINTH_ERROR_IO_ERROR);
    CHECK(db == NULL);
    limit_files(RLIM_INFINITY);
    db = open_buffered(where.text);
    CHECK_OK(commit_number(db, 1));
    CHECK_OK(plinth_database_close(db));
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    /* The limit is told as an error of the write, not as a signal. */
    signal(SIGXFSZ, SIG_IGN);
    RUN(a_failed_log_write_is_never_a_success);
    RUN(a_disk_that_takes_nothing_refuses_the_open);
    return harness_end();
}
