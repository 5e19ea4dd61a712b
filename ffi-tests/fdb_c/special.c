/*
 * Special keys and the system keys that clients read: status, tracing, where the data is, conflicting keys,
 * and what the database tells of itself. Rules SPEC-1 to SPEC-9.
 */
#include "harness.h"
#include <foundationdb/fdb_c_internal.h>
#include "json.h"

#define STATUS B("\xff\xff/status/json")
#define TRACE_ID B("\xff\xff/tracing/transaction_id")
#define TRACE_TOKEN B("\xff\xff/tracing/token")

static FDBDatabase *db;

/* The value of a key as a text that the caller frees; NULL if it is absent or cannot be read. */
static char *text_at(FDBTransaction *tr, bytes key) {
    FDBFuture *f = tr_get(tr, key);
    fdb_bool_t present = 0;
    const uint8_t *data;
    int len;
    char *text = NULL;
    CHECK_OK(fdb_future_block_until_ready(f));
    CHECK_OK(fdb_future_get_value(f, &present, &data, &len));
    if (present) {
        text = malloc((size_t)len + 1);
        memcpy(text, data, (size_t)len);
        text[len] = 0;
    }
    fdb_future_destroy(f);
    return text;
}

/* ------------------------------------------------------------------ status */

/* SPEC-7: the status is JSON that says the database is there, with exactly one process. */
static void the_status_is_json_spec7(void) {
    FDBTransaction *tr = begin(db);
    char *status = text_at(tr, STATUS);
    const char *processes;
    if (CHECK(status != NULL && json_is_valid(status))) {
        CHECK(json_is_true(json_at(status, "client/database_status/available")));
        CHECK(json_is_true(json_at(status, "client/database_status/healthy")));
        CHECK(json_is_true(json_at(status, "cluster/database_available")));
        CHECK(json_number(json_at(status, "cluster/generation")) >= 1);
        processes = json_at(status, "cluster/processes");
        CHECK_INT(json_count(processes), 1);
        CHECK(json_at(json_first(processes), "address") != NULL);
    }
    free(status);
    destroy(tr);
}

static double generation(void) {
    FDBTransaction *tr = begin(db);
    char *status = text_at(tr, STATUS);
    double number = json_number(json_at(status, "cluster/generation"));
    free(status);
    destroy(tr);
    return number;
}

/* SPEC-7: reboot_worker succeeds at once, and the generation grows. */
static void a_reboot_raises_the_generation_spec7(void) {
    double before = generation();
    DONE(fdb_database_reboot_worker(db, (const uint8_t *)"127.0.0.1:4500", 14, 0, 0));
    CHECK(generation() > before);
}

/* AV-1: the client's status is JSON and healthy. */
static void the_client_status_is_healthy_av1(void) {
    FDBFuture *f = fdb_database_get_client_status(db);
    const uint8_t *data = NULL;
    int len = 0;
    char *text;
    CHECK_OK(fdb_future_block_until_ready(f));
    CHECK_OK(fdb_future_get_key(f, &data, &len));
    text = calloc(1, (size_t)len + 1);
    memcpy(text, data, (size_t)len);
    CHECK(json_is_valid(text) && json_is_true(json_at(text, "Healthy")));
    free(text);
    fdb_future_destroy(f);
}

/* ABI: the protocol version comes with any expectation; busyness is a part of one. */
static void the_database_tells_of_itself(void) {
    static const uint64_t expected[] = {0, 1, 0x0FDB00B073000000u, UINT64_MAX};
    uint64_t first = 0;
    double busy = fdb_database_get_main_thread_busyness(db);
    CHECK(busy >= 0.0 && busy <= 1.0);
    for (long i = 0; i < COUNT(expected); i++) {
        FDBFuture *f = fdb_database_get_server_protocol(db, expected[i]);
        uint64_t protocol = 0;
        CHECK_OK(fdb_future_block_until_ready(f));
        CHECK_OK(fdb_future_get_uint64(f, &protocol));
        CHECK(protocol >> 48 == 0x0FDB && (first == 0 || protocol == first));
        first = protocol;
        fdb_future_destroy(f);
    }
    /* There is no other client to agree with: nothing changes. */
    fdb_use_future_protocol_version();
    CHECK_OK(outcome(fdb_database_get_server_protocol(db, first)));
}

/* ------------------------------------------------------------------ where the data is */

/* SPEC-7: the file, the connection string and the coordinators; the last two agree. */
static void the_place_of_the_data_spec7(void) {
    FDBTransaction *tr = begin(db);
    char *file = text_at(tr, B("\xff\xff/cluster_file_path"));
    char *connection = text_at(tr, B("\xff\xff/connection_string")), *coordinators;
    CHECK_CODE(touch(tr, B("\xff/coordinators")), 2004);
    CHECK_OK(tr_option(tr, 302));
    coordinators = text_at(tr, B("\xff/coordinators"));
    CHECK(file != NULL);
    if (CHECK(connection != NULL && coordinators != NULL)) {
        CHECK_TEXT(coordinators, connection);
        CHECK(strchr(connection, ':') != NULL && strchr(connection, '@') > strchr(connection, ':'));
    }
    CHECK_VALUE(tr, B("\xff\xff/error_message"), ABSENT);
    free(file);
    free(connection);
    free(coordinators);
    destroy(tr);
}

/* SPEC-7: the id of the store is there and does not change. */
static void the_store_has_an_id_spec7(void) {
    FDBTransaction *tr = begin(db);
    char *first = text_at(tr, B("\xff\xff/cluster_id")), *second;
    fdb_transaction_reset(tr);
    second = text_at(tr, B("\xff\xff/cluster_id"));
    if (CHECK(first != NULL && second != NULL)) {
        CHECK_TEXT(second, first);
    }
    free(first);
    free(second);
    destroy(tr);
}

/* Clients turn times into versions with these rows. */
static void there_are_rows_of_time(void) {
    FDBTransaction *tr = begin(db);
    const FDBKeyValue *pairs = NULL;
    int count = 0;
    fdb_bool_t more;
    FDBFuture *f;
    CHECK_OK(tr_option(tr, 302));
    f = tr_range(tr, at_or_after(B("\xff\x02/timeKeeper/map/")), at_or_after(B("\xff\x02/timeKeeper/map0")), ALL_OF_IT);
    CHECK_OK(fdb_future_block_until_ready(f));
    CHECK_OK(fdb_future_get_keyvalue_array(f, &pairs, &count, &more));
    CHECK(count >= 1);
    for (int i = 0; i < count; i++) {
        CHECK(key_in(pairs, i).len > 20 && value_in(pairs, i).len > 0);
    }
    fdb_future_destroy(f);
    destroy(tr);
}

/* ------------------------------------------------------------------ tracing */

/* Tracing keys: 32 hexadecimal digits that are not all zero, a token of 0; exactly two rows. */
static void tracing_has_two_rows(void) {
    FDBTransaction *tr = begin(db);
    const FDBKeyValue *pairs = NULL;
    int count = 0;
    fdb_bool_t more;
    char *id = text_at(tr, TRACE_ID);
    FDBFuture *f = tr_range(tr, at_or_after(B("\xff\xff/tracing/")), at_or_after(B("\xff\xff/tracing0")), ALL_OF_IT);
    CHECK_OK(fdb_future_block_until_ready(f));
    CHECK_OK(fdb_future_get_keyvalue_array(f, &pairs, &count, &more));
    if (CHECK_INT(count, 2) && CHECK(id != NULL)) {
        CHECK_INT(strspn(id, "0123456789abcdef"), 32);
        CHECK(strlen(id) == 32 && strspn(id, "0") < 32);
        CHECK(same_bytes(key_in(pairs, 0), TRACE_TOKEN) && same_bytes(key_in(pairs, 1), TRACE_ID));
        CHECK_BYTES(value_in(pairs, 1).data, value_in(pairs, 1).len, bytes_of(id, 32));
    }
    free(id);
    fdb_future_destroy(f);
    destroy(tr);
}

/* SPEC-3: they are written with permission, and not without it. */
static void tracing_is_written_spec3(void) {
    FDBTransaction *tr = begin(db);
    tr_set(tr, TRACE_ID, B("0123456789abcdef0123456789abcdef"));
    CHECK_CODE(touch(tr, TRACE_ID), 2114);
    fdb_transaction_reset(tr);
    CHECK_OK(tr_option(tr, 714));
    tr_set(tr, TRACE_ID, B("0123456789abcdef0123456789abcdef"));
    CHECK_VALUE(tr, TRACE_ID, B("0123456789abcdef0123456789abcdef"));
    tr_set(tr, TRACE_TOKEN, B("false"));
    CHECK_VALUE(tr, TRACE_TOKEN, B("0"));
    CHECK_OK(commit(tr));
    destroy(tr);
}

/* ------------------------------------------------------------------ modules */

/* SPEC-2: a range lies in one module, unless the rules are relaxed. */
static void reads_stay_in_one_module_spec2(void) {
    FDBTransaction *tr = begin(db);
    CHECK_CODE(touch(tr, B("\xff\xff/no/such/key")), 2113);
    CHECK_TEXT(scan(tr, B("\xff\xff/no"), B("\xff\xff/nobody"), ALL_OF_IT), "error 2113");
    CHECK_TEXT(scan(tr, B("\xff\xff/status/json"), B("\xff\xff/transaction/z"), ALL_OF_IT), "error 2112");
    CHECK_OK(tr_option(tr, 713));
    CHECK_VALUE(tr, B("\xff\xff/no/such/key"), ABSENT);
    CHECK_TEXT(scan(tr, B("\xff\xff/no"), B("\xff\xff/nobody"), ALL_OF_IT), "");
    destroy(tr);
}

/* SPEC-3: what is written outside a writable module, and a clear over two modules. */
static void writes_need_a_module_spec3(void) {
    FDBTransaction *tr = begin(db);
    tr_clear(tr, B("\xff\xff/configuration/x"));
    CHECK_CODE(commit(tr), 2114);
    fdb_transaction_reset(tr);
    CHECK_OK(tr_option(tr, 714));
    tr_set(tr, B("\xff\xff/status/json"), B("v"));
    CHECK_CODE(commit(tr), 2115);
    fdb_transaction_reset(tr);
    CHECK_OK(tr_option(tr, 714));
    tr_clear_range(tr, B("\xff\xff/management/a"), B("\xff\xff/tracing/z"));
    CHECK_CODE(commit(tr), 2116);
    destroy(tr);
}

/* SPEC-1, SPEC-9, COM-3: special keys add no conflicts, are stored nowhere, and are read after the commit. */
static void special_reads_are_apart_spec1_spec9_com3(void) {
    FDBTransaction *tr = begin(db);
    CHECK_OK(touch(tr, STATUS));
    CHECK_OK(touch(tr, TRACE_ID));
    CHECK_TEXT(ranges_text(tr, READ_CONFLICTS), "");
    tr_set(tr, B("k"), B("v"));
    CHECK_OK(commit(tr));
    CHECK_OK(touch(tr, STATUS));
    CHECK_OK(touch(tr, TRACE_ID));
    CHECK_TEXT(ranges_text(tr, WRITE_CONFLICTS), "[k,k\\x00)");
    CHECK_OK(outcome(tr_range(tr, at_or_after(B("\xff\xff/management/tenant/map/")),
                              at_or_after(B("\xff\xff/management/tenant/map0")), ALL_OF_IT)));
    fdb_transaction_reset(tr);
    CHECK_OK(tr_option(tr, 302));
    CHECK_TEXT(key_text(tr, select_key(B("\xff\xff"), 0, 1), 0), "\\xff\\xff");
    destroy(tr);
}

/* SPEC-4, SPEC-5: selectors, limits and reverse work on conflict ranges. */
static void modules_are_ranges_spec4_spec5(void) {
    FDBTransaction *tr = seeded(db);
    how one = ALL_OF_IT, reverse = ALL_OF_IT;
    one.limit = 1;
    reverse.limit = 1;
    reverse.reverse = 1;
    CHECK_OK(tr_conflict(tr, B("a"), B("c"), 0));
    CHECK_OK(tr_conflict(tr, B("b"), B("e"), 0));
    CHECK_OK(tr_conflict(tr, B("x"), B("y"), 0));
    CHECK_TEXT(ranges_text(tr, READ_CONFLICTS), "[a,e) [x,y)");
    CHECK_TEXT(scan(tr, B(READ_CONFLICTS), B(READ_CONFLICTS "\xff\xff"), one),
               "\\xff\\xff/transaction/read_conflict_range/a=1 +");
    CHECK_TEXT(scan(tr, B(READ_CONFLICTS), B(READ_CONFLICTS "\xff\xff"), reverse),
               "\\xff\\xff/transaction/read_conflict_range/y=0 +");
    CHECK_VALUE(tr, B(READ_CONFLICTS "e"), B("0"));
    CHECK_VALUE(tr, B(READ_CONFLICTS "b"), ABSENT);
    destroy(tr);
}

static fdb_error_t conflicting_commit(FDBTransaction *tr, bytes key) {
    CHECK_OK(touch(tr, key));
    CHECK_OK(touch(tr, B("nobody writes this")));
    put(db, key, B("changed"));
    tr_set(tr, B("x"), B("1"));
    return commit(tr);
}

/* SPEC-4, SPEC-6: what conflicted, if it was asked for; it lasts over on_error and reset. */
static void conflicting_keys_are_told_spec4_spec6(void) {
    FDBTransaction *tr = begin(db);
    CHECK_CODE(conflicting_commit(tr, B("one")), 1020);
    CHECK_TEXT(ranges_text(tr, CONFLICTING_KEYS), "");
    fdb_transaction_reset(tr);
    CHECK_OK(tr_option(tr, 712));
    CHECK_CODE(conflicting_commit(tr, B("two")), 1020);
    CHECK_TEXT(ranges_text(tr, CONFLICTING_KEYS), "[two,two\\x00)");
    CHECK_OK(on_error(tr, 1020));
    CHECK_TEXT(ranges_text(tr, CONFLICTING_KEYS), "[two,two\\x00)");
    fdb_transaction_reset(tr);
    CHECK_TEXT(ranges_text(tr, CONFLICTING_KEYS), "[two,two\\x00)");
    CHECK_OK(tr_option(tr, 712));
    CHECK_CODE(conflicting_commit(tr, B("three")), 1020);
    CHECK_TEXT(ranges_text(tr, CONFLICTING_KEYS), "[three,three\\x00)");
    destroy(tr);
}

/* ABI-4: what only a cluster can do is refused with 2108. */
static void what_needs_a_cluster_is_refused_abi4(void) {
    const uint8_t *a = (const uint8_t *)"a", *b = (const uint8_t *)"b";
    CHECK_CODE(outcome(fdb_database_force_recovery_with_data_loss(db, a, 1)), 2108);
    CHECK_CODE(outcome(fdb_database_create_snapshot(db, a, 1, b, 1)), 2108);
    CHECK_CODE(outcome(fdb_database_purge_blob_granules(db, a, 1, b, 1, 1, 0)), 2108);
    CHECK_CODE(outcome(fdb_database_list_blobbified_ranges(db, a, 1, b, 1, 10)), 2108);
}

/* ABI-4: a result that was refused says so, and is destroyed as any other; once. */
static void refused_results_are_results_abi4(void) {
    const uint8_t file[] = "snapshot";
    FDBResult *r = fdb_readbg_parse_snapshot_file(file, (int)sizeof file, NULL, NULL);
    const FDBKeyValue *rows = NULL;
    int count = 0;
    fdb_bool_t more = 0;
    CHECK(r != NULL);
    CHECK_CODE(fdb_result_get_keyvalue_array(r, &rows, &count, &more), 2108);
    CHECK(rows == NULL && count == 0 && !more);
    fdb_result_destroy(r);
    fdb_result_destroy(r);
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    network_start(730);
    db = open_database();
    RUN(the_status_is_json_spec7);
    RUN(a_reboot_raises_the_generation_spec7);
    RUN(the_client_status_is_healthy_av1);
    RUN(the_database_tells_of_itself);
    RUN(the_place_of_the_data_spec7);
    RUN(the_store_has_an_id_spec7);
    RUN(there_are_rows_of_time);
    RUN(tracing_has_two_rows);
    RUN(tracing_is_written_spec3);
    RUN(reads_stay_in_one_module_spec2);
    RUN(writes_need_a_module_spec3);
    RUN(special_reads_are_apart_spec1_spec9_com3);
    RUN(modules_are_ranges_spec4_spec5);
    RUN(conflicting_keys_are_told_spec4_spec6);
    RUN(what_needs_a_cluster_is_refused_abi4);
    RUN(refused_results_are_results_abi4);
    fdb_database_destroy(db);
    network_finish();
    return harness_end();
}
