/*
 * The option `portable`: a directory takes what a cluster takes, and no more.
 */
#include "harness.h"

static plinth_database *db;

static plinth_database_options portable(void) {
    plinth_database_options options = database_options();
    options.portable = true;
    return options;
}

static plinth_error opens(const plinth_database_options *options) {
    plinth_database *opened = NULL;
    plinth_error error = plinth_database_open(":memory:", options, &opened);
    if (error == 0) {
        CHECK_OK(plinth_database_close(opened));
    }
    return error;
}

/* (LIM-1, LIM-2, LIM-4, VER-6) */
static void no_limit_is_larger_than_a_clusters(void) {
#define WITH(field, value, code)                        \
    {                                                   \
        plinth_database_options options = portable();   \
        options.field = (value);                        \
        CHECK_CODE(opens(&options), (code));            \
        options.portable = false;                       \
        CHECK_OK(opens(&options));                      \
    }
    WITH(key_size_limit, 10000, 0);
    WITH(key_size_limit, 9000, 0);
    WITH(key_size_limit, 10001, PLINTH_ERROR_INVALID_OPTION_VALUE);
    WITH(value_size_limit, 100000, 0);
    WITH(value_size_limit, 100001, PLINTH_ERROR_INVALID_OPTION_VALUE);
    WITH(transaction_size_limit, 10000000, 0);
    WITH(transaction_size_limit, 10000001, PLINTH_ERROR_INVALID_OPTION_VALUE);
    WITH(window_ms, 5000, 0);
    WITH(window_ms, 5001, PLINTH_ERROR_INVALID_OPTION_VALUE);
#undef WITH
}

/* (DATA-5) */
static void keys_that_a_cluster_keeps_cant_be_written(void) {
    plinth_transaction *tr = begin(db);
    CHECK_CODE(tr_set(tr, B("\xfe\xff\xff"), B("v")), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
    CHECK(strstr(plinth_last_error(), "keyspaces of a cluster") != NULL);
    CHECK_CODE(tr_set(tr, B("\xfe\xff\xff\xff"), B("v")), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
    CHECK_OK(tr_set(tr, B("\xfe\xff\xfe\xff"), B("v")));
    CHECK_OK(tr_touch(tr, B("\xfe\xff\xff")));
    CHECK_OK(tr_clear(tr, B("\xfe\xff\xff")));
    CHECK_OK(plinth_transaction_commit(tr));
    destroy(tr);
}

/* In a keyspace the prefix needs its room. (LIM-1) */
static void long_keys_of_keyspaces_leave_room_for_the_prefix(void) {
    static uint8_t key[10008];
    plinth_keyspace *ks = NULL;
    plinth_transaction *tr = begin(db);
    memset(key, 'k', sizeof key);
    CHECK_OK(plinth_keyspace_open(db, "other", &ks));
    CHECK_OK(plinth_transaction_set(tr, ks, key, 10000, key, 1));
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_RAW_ACCESS, 0));
    CHECK_OK(plinth_transaction_set(tr, ks, key, 10001, key, 1));
    CHECK_CODE(plinth_transaction_set(tr, ks, key, 10002, key, 1), PLINTH_ERROR_KEY_TOO_LARGE);
    CHECK_OK(plinth_transaction_set(tr, NULL, key, 10008, key, 1));
    destroy(tr);
    CHECK_OK(plinth_keyspace_close(ks));
}

/* Writes `count` keys of 8 bytes without values, and commits. */
static plinth_error commits(plinth_database *in, uint32_t count) {
    plinth_transaction *tr = begin(in);
    plinth_error error;
    for (uint32_t i = 0; i < count; i++) {
        uint8_t key[8] = {0, 0, 0, 0, (uint8_t)(i >> 24), (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};
        CHECK_OK(plinth_transaction_set(tr, NULL, key, sizeof key, NULL, 0));
    }
    error = plinth_transaction_commit(tr);
    destroy(tr);
    return error;
}

/* A mutation of 7.3 has a header of 44 bytes, and a conflict range of its own: 44 + 8 + 24 + 8 + 9 = 93. (LIM-4, LIM-5) */
static void a_transaction_is_as_large_as_on_a_cluster(void) {
    plinth_database_options options = portable();
    plinth_database *strict, *plain;
    options.transaction_size_limit = 93000;
    strict = open_with(":memory:", &options);
    options.portable = false;
    plain = open_with(":memory:", &options);
    CHECK_OK(commits(strict, 1000));
    CHECK_CODE(commits(strict, 1001), PLINTH_ERROR_TRANSACTION_TOO_LARGE);
    CHECK_OK(commits(plain, 1001));
    CHECK_CODE(commits(plain, 1300), PLINTH_ERROR_TRANSACTION_TOO_LARGE);
    CHECK_OK(plinth_database_close(strict));
    CHECK_OK(plinth_database_close(plain));
}

/* Clusters are for the option fdb_client alone; what there is none of is told. */
static void paths_of_clusters_are_told_from_directories(void) {
    plinth_database_options options = database_options();
    plinth_database *opened = NULL;
    options.fdb_client = "/nowhere/libfdb_c.so";
    CHECK_CODE(plinth_database_open(":memory:", &options, &opened), PLINTH_ERROR_INVALID_OPTION_VALUE);
    CHECK_CODE(plinth_database_open("fdb:", &options, &opened), PLINTH_ERROR_CLUSTER_CLIENT_MISSING);
    CHECK(strstr(plinth_last_error(), "/nowhere/libfdb_c.so") != NULL);
    CHECK_CODE(plinth_database_open("fdb:/nowhere/fdb.cluster", NULL, &opened), PLINTH_ERROR_NO_CLUSTER_FILE_FOUND);
    CHECK(opened == NULL);
    options.fdb_client = NULL;
    options.exclusive = true;
    CHECK_CODE(plinth_database_open("fdb:", &options, &opened), PLINTH_ERROR_UNSUPPORTED_OPERATION);
    options.exclusive = false;
    options.window_ms = 6000;
    CHECK_CODE(plinth_database_open("fdb:", &options, &opened), PLINTH_ERROR_INVALID_OPTION_VALUE);
}

int main(int argc, char **argv) {
    plinth_database_options options = portable();
    harness_begin(argc, argv);
    db = open_with(":memory:", &options);
    RUN(no_limit_is_larger_than_a_clusters);
    RUN(keys_that_a_cluster_keeps_cant_be_written);
    RUN(long_keys_of_keyspaces_leave_room_for_the_prefix);
    RUN(a_transaction_is_as_large_as_on_a_cluster);
    RUN(paths_of_clusters_are_told_from_directories);
    CHECK_OK(plinth_database_close(db));
    return harness_end();
}
