/*
 * Three libraries with overlapping names in one process: libplinth.so and Plinth's libfdb_c.so, which the program is
 * linked with, and a foreign libfdb_c, which libplinth.so loads to reach a cluster. Each answers for itself.
 */
#include "../harness.h"

#define FDB_API_VERSION 730
#include <foundationdb/fdb_c.h>

static const char *foreign;

static void each_library_answers_for_itself(void) {
    plinth_database_options options = database_options();
    plinth_database *cluster, *memory;
    plinth_transaction *tr;
    options.fdb_client = foreign;
    cluster = open_with("fdb:", &options);
    memory = open_with(":memory:", NULL);
    tr = begin(cluster);
    {
        plinth_value value;
        CHECK_OK(plinth_transaction_get(tr, NULL, (const uint8_t *)"k", 1, &value));
        CHECK_BYTES(value.data, value.len, B("foreign"));
        plinth_value_free(&value);
    }
    CHECK_OK(tr_set(tr, B("k"), B("v")));
    CHECK_OK(plinth_transaction_commit(tr));
    destroy(tr);
    tr = begin(memory);
    CHECK_OK(tr_touch(tr, B("k")));
    CHECK_OK(tr_set(tr, B("k"), B("v")));
    CHECK_OK(plinth_transaction_commit(tr));
    destroy(tr);
    /* The program's own calls by these names are Plinth's. */
    CHECK(strncmp(fdb_get_error(0), "Foreign", 7) != 0);
    CHECK(strstr(fdb_get_client_version(), ",plinth,") != NULL);
    CHECK_OK(plinth_database_close(cluster));
    CHECK_OK(plinth_database_close(memory));
}

static void a_process_has_one_client_library(void) {
    plinth_database_options options = database_options();
    plinth_database *opened = NULL;
    options.fdb_client = "/nowhere/libfdb_c.so";
    CHECK_CODE(plinth_database_open("fdb:", &options, &opened), PLINTH_ERROR_CLUSTER_CLIENT_UNSUITABLE);
    CHECK(strstr(plinth_last_error(), "a process can use one client library") != NULL);
    CHECK_OK(plinth_database_open("fdb:", NULL, &opened));
    CHECK_OK(plinth_database_close(opened));
}

int main(int argc, char **argv) {
    foreign = argv[1];
    harness_begin(argc, argv);
    if (argc != 2) {
        return 2;
    }
    RUN(each_library_answers_for_itself);
    RUN(a_process_has_one_client_library);
    return harness_end();
}
