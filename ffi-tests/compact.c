/*
 * Compaction on request. (design D1, D12)
 */
#include "upkeep.h"

static void what_can_be_read_stays_the_same_while_threads_write(void) {
    path where = temporary_path(), copy = beside(where, ".copy");
    plinth_database *db = open_buffered(where.text);
    listener who = {0, -1, 0, 0};
    int64_t version;
    counters_begin(db);
    for (int i = 0; i < 3; i++) {
        breathe();
        CHECK_OK(plinth_database_compact(db, NULL, hear, &who));
    }
    counters_end();
    CHECK(who.told >= 6 && who.done == who.total);
    CHECK_OK(plinth_database_checkpoint(db, copy.text, NULL, NULL, &version));
    check_counters(copy.text, version);
    counters_free();
    remove_tree(copy.text);
    CHECK_OK(plinth_database_close(db));
}

static void a_keyspace_is_one_of_this_database(void) {
    path where = temporary_path();
    plinth_database *db = open_buffered(where.text), *other = open_memory();
    plinth_keyspace *mine, *theirs;
    CHECK_OK(plinth_keyspace_open(db, "mine", &mine));
    CHECK_OK(plinth_keyspace_open(other, "theirs", &theirs));
    CHECK_OK(plinth_database_compact(db, mine, NULL, NULL));
    CHECK_CODE(plinth_database_compact(db, theirs, NULL, NULL), PLINTH_ERROR_INVALID_HANDLE);
    CHECK_OK(plinth_keyspace_drop(db, "mine"));
    CHECK_CODE(plinth_database_compact(db, mine, NULL, NULL), PLINTH_ERROR_KEYSPACE_DROPPED);
    CHECK_OK(plinth_keyspace_close(mine));
    CHECK_OK(plinth_keyspace_close(theirs));
    CHECK_OK(plinth_database_close(other));
    CHECK_OK(plinth_database_close(db));
}

static void it_can_be_cancelled_and_made_again(void) {
    path where = temporary_path();
    plinth_database *db = open_buffered(where.text);
    listener who = {0, 0, 0, 0};
    put(db, B("key"), B("value"));
    CHECK_CODE(plinth_database_compact(db, NULL, hear, &who), PLINTH_ERROR_OPERATION_CANCELLED);
    CHECK_OK(plinth_database_compact(db, NULL, NULL, NULL));
    CHECK_OK(plinth_database_close(db));
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    RUN(what_can_be_read_stays_the_same_while_threads_write);
    RUN(a_keyspace_is_one_of_this_database);
    RUN(it_can_be_cancelled_and_made_again);
    return harness_end();
}
