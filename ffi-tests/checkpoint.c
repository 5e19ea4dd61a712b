/*
 * Copies of a database at an exact version, while others write. (design D1, D12)
 */
#include "upkeep.h"

static void a_checkpoint_holds_the_commits_up_to_its_version_and_none_later(void) {
    path where = temporary_path(), copies[3];
    int64_t versions[3];
    plinth_database *db = open_buffered(where.text);
    counters_begin(db);
    for (int i = 0; i < 3; i++) {
        int64_t before;
        char suffix[16];
        breathe();
        before = put(db, B("key"), B("value"));
        snprintf(suffix, sizeof suffix, ".copy%d", i);
        copies[i] = beside(where, suffix);
        CHECK_OK(plinth_database_checkpoint(db, copies[i].text, NULL, NULL, &versions[i]));
        CHECK(versions[i] >= before);
    }
    counters_end();
    for (int i = 0; i < 3; i++) {
        check_counters(copies[i].text, versions[i]);
        remove_tree(copies[i].text);
    }
    counters_free();
    CHECK_OK(plinth_database_close(db));
}

static void a_cancelled_checkpoint_leaves_nothing(void) {
    path where = temporary_path(), copy = beside(where, ".copy"), partial = beside(where, ".copy.partial");
    plinth_database *db = open_buffered(where.text);
    put(db, B("key"), B("value"));
    for (long last = 0; last < 100; last++) {
        listener who = {0, last, 0, 0};
        int64_t version = 7;
        plinth_error error = plinth_database_checkpoint(db, copy.text, hear, &who, &version);
        CHECK(!exists(partial.text));
        if (error == 0) {
            CHECK(last >= 2 && version > 0 && who.done == who.total && who.total > 0);
            break;
        }
        CHECK_CODE(error, PLINTH_ERROR_OPERATION_CANCELLED);
        CHECK(version == 0 && !exists(copy.text));
    }
    remove_tree(copy.text);
    CHECK_OK(plinth_database_close(db));
}

static path origin, copy;

static void copy_it(long *steps) {
    int64_t version;
    plinth_database *db = open_buffered(origin.text);
    put(db, B("key"), B("value"));
    (void)plinth_database_checkpoint(db, copy.text, end_here, steps, &version);
}

static void a_killed_checkpoint_leaves_nothing_of_that_name_and_the_next_one_succeeds(void) {
    path partial;
    bool killed = true;
    origin = temporary_path();
    copy = beside(origin, ".copy");
    partial = beside(origin, ".copy.partial");
    for (long steps = 0; killed && steps < 100; steps++) {
        killed = killed_after(steps, copy_it);
        CHECK(exists(copy.text) == !killed && exists(partial.text) == killed);
    }
    remove_tree(copy.text);
    remove_tree(partial.text);
}

static void a_name_that_is_taken_is_refused(void) {
    path where = temporary_path(), other = temporary_path();
    plinth_database *db = open_buffered(where.text);
    int64_t version = 7;
    CHECK_CODE(plinth_database_checkpoint(db, where.text, NULL, NULL, &version), PLINTH_ERROR_TARGET_EXISTS);
    CHECK_INT(version, 0);
    CHECK(mkdir(other.text, 0700) == 0);
    CHECK_CODE(plinth_database_checkpoint(db, other.text, NULL, NULL, &version), PLINTH_ERROR_TARGET_EXISTS);
    CHECK(strstr(plinth_last_error(), other.text) != NULL);
    CHECK_OK(plinth_database_close(db));
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    /* First: its children have to be able to open databases. */
    RUN(a_killed_checkpoint_leaves_nothing_of_that_name_and_the_next_one_succeeds);
    RUN(a_checkpoint_holds_the_commits_up_to_its_version_and_none_later);
    RUN(a_cancelled_checkpoint_leaves_nothing);
    RUN(a_name_that_is_taken_is_refused);
    return harness_end();
}
