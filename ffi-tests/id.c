/*
 * Ids of transactions: what they look like, how long they last, and finding a transaction by one.
 */
#include "harness.h"

static plinth_database *db;

static void an_id_is_a_uuid_that_stays_the_same(void) {
    plinth_transaction *tr = begin(db), *other = begin(db);
    char first[37], again[37], different[37];
    CHECK_OK(plinth_transaction_id(tr, first));
    CHECK_INT(strlen(first), 36);
    CHECK(first[8] == '-' && first[13] == '-' && first[18] == '-' && first[23] == '-');
    CHECK_INT(strspn(first, "0123456789abcdef-"), 36);
    CHECK_OK(tr_set(tr, B("key"), B("value")));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_id(tr, again));
    CHECK_TEXT(again, first);
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_OK(plinth_transaction_id(tr, again));
    CHECK_TEXT(again, first);
    CHECK_OK(plinth_transaction_id(other, different));
    CHECK(strcmp(first, different) != 0);
    destroy(tr);
    destroy(other);
}

static void find_gives_the_same_handle_while_it_lives(void) {
    plinth_transaction *tr = begin(db), *found = NULL;
    plinth_database *elsewhere = open_memory();
    char id[37];
    CHECK_OK(plinth_transaction_id(tr, id));
    CHECK_OK(plinth_transaction_find(db, id, &found));
    CHECK(found == tr);
    CHECK_CODE(plinth_transaction_find(elsewhere, id, &found), PLINTH_ERROR_TRANSACTION_NOT_FOUND);
    CHECK(found == NULL);
    CHECK_OK(plinth_database_close(elsewhere));
    destroy(tr);
    found = (plinth_transaction *)1;
    CHECK_CODE(plinth_transaction_find(db, id, &found), PLINTH_ERROR_TRANSACTION_NOT_FOUND);
    CHECK(found == NULL);
}

static void find_of_no_uuid_is_an_error(void) {
    static const char *const texts[] = {"", "x", "not a uuid at all, not a uuid at all", "00000000-0000-0000-0000-00000000000"};
    plinth_transaction *found = (plinth_transaction *)1;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        CHECK_CODE(plinth_transaction_find(db, texts[i], &found), PLINTH_ERROR_INVALID_ARGUMENT);
        CHECK(found == NULL);
    }
    CHECK_CODE(plinth_transaction_find(db, "00000000-0000-4000-8000-000000000000", &found), PLINTH_ERROR_TRANSACTION_NOT_FOUND);
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    db = open_memory();
    RUN(an_id_is_a_uuid_that_stays_the_same);
    RUN(find_gives_the_same_handle_while_it_lives);
    RUN(find_of_no_uuid_is_an_error);
    CHECK_OK(plinth_database_close(db));
    return harness_end();
}
