/*
 * What differs between the API versions: the program starts itself once for each of them. Rules AV-1,
 * COM-11, ERRC-1 to ERRC-3, ERRH-5, SPEC-3, SPEC-8, VST-2, VST-3, ABI-8.
 *
 * It is compiled with the oldest header, which has the functions that were removed later.
 */
#define FDB_API_VERSION 510
#include "harness.h"

static const int versions[] = {510, 520, 600, 610, 620, 630, 700, 710, 720, 730, 740, 800};

static int version;
static FDBDatabase *db;

/* ------------------------------------------------------------------ one version */

/* VST-2, VST-3, AV-1: below 520 the offset of a stamped key has two bytes, and a value has none. */
static void offsets_of_stamps_vst2_vst3(void) {
    FDBTransaction *tr = begin(db);
    FDBFuture *f = fdb_transaction_get_versionstamp(tr);
    bool short_form = version < 520;
    const uint8_t *stamp = NULL;
    uint8_t key[14], value[14];
    int len = 0;
    memcpy(key, "ab0123456789yz", 14);
    memcpy(value, "0123456789wxyz", 14);
    tr_atomic(tr, 14, short_form ? B("ab0123456789yz\2\0") : B("ab0123456789yz\2\0\0\0"), B("of the key"));
    tr_atomic(tr, 15, B("of the value"), short_form ? B("0123456789wxyz") : B("0123456789wxyz\0\0\0\0"));
    CHECK_OK(commit(tr));
    CHECK_OK(fdb_future_block_until_ready(f));
    CHECK_OK(fdb_future_get_key(f, &stamp, &len));
    if (CHECK_INT(len, 10)) {
        memcpy(key + 2, stamp, 10);
        memcpy(value, stamp, 10);
    }
    fdb_future_destroy(f);
    fdb_transaction_reset(tr);
    CHECK_VALUE(tr, bytes_of(key, 14), B("of the key"));
    CHECK_VALUE(tr, B("of the value"), bytes_of(value, 14));
    tr_atomic(tr, 14, short_form ? B("0123456789\1\0") : B("0123456789\1\0\0\0"), B("v"));
    CHECK_CODE(commit(tr), 2000);
    destroy(tr);
}

/* ATOM-2: from 510 on AND and MIN of an absent key are the operand. */
static void and_and_min_of_an_absent_key_atom2(void) {
    static const int kinds[] = {6, 13};
    for (int i = 0; i < 2; i++) {
        FDBTransaction *tr = begin(db);
        tr_clear(tr, B("absent"));
        tr_atomic(tr, kinds[i], B("absent"), B("\x05\x06"));
        CHECK_OK(commit(tr));
        fdb_transaction_reset(tr);
        CHECK_VALUE(tr, B("absent"), B("\x05\x06"));
        destroy(tr);
    }
}

/* ERRH-5: from 610 on a failed on_error cancels the transaction; below it can be used again. */
static void a_failed_on_error_errh5(void) {
    FDBTransaction *tr = begin(db);
    CHECK_CODE(on_error(tr, 2000), 2000);
    CHECK_CODE(touch(tr, B("k")), version >= 610 ? 1025 : 0);
    destroy(tr);
}

/* COM-8, ERRH-5: an on_error that was given up does nothing to what the transaction does afterwards. */
static void an_abandoned_on_error_com8_errh5(void) {
    char text[16];
    FDBTransaction *tr = begin(db);
    for (int i = 0; i < 50; i++) {
        bytes key = bytes_of(text, snprintf(text, sizeof text, "late%02d", i));
        FDBFuture *f = fdb_transaction_on_error(tr, 1020);
        fdb_error_t ended;
        fdb_transaction_reset(tr);
        tr_set(tr, key, B("v"));
        ended = outcome(f);
        /* The back-off may be next to nothing, and over before the reset. */
        CHECK(ended == 1025 || ended == 0);
        CHECK_OK(commit(tr));
        fdb_transaction_reset(tr);
        CHECK_VALUE(tr, key, B("v"));
        fdb_transaction_reset(tr);
    }
    destroy(tr);
}

/* COM-11: from 700 on the commit keeps the read version; below it a new one is given. */
static void the_read_version_after_a_commit_com11(void) {
    FDBTransaction *tr = begin(db);
    int64_t first = read_version(tr), second;
    tr_set(tr, B("k"), B("v"));
    CHECK_OK(commit(tr));
    second = read_version(tr);
    if (version >= 700) {
        CHECK_INT(second, first);
    } else {
        CHECK(second >= committed_version(tr));
    }
    destroy(tr);
}

/* AV-1: fdb_future_get_version is there below 620, fdb_future_get_int64 always. */
static void versions_of_futures_av1(void) {
    FDBTransaction *tr = begin(db);
    FDBFuture *f = fdb_transaction_get_read_version(tr);
    int64_t as_version = -5, as_int64 = -5;
    fdb_error_t error;
    CHECK_OK(fdb_future_block_until_ready(f));
    error = fdb_future_get_version(f, &as_version);
    CHECK_OK(fdb_future_get_int64(f, &as_int64));
    CHECK(as_int64 > 0);
    if (version < 620) {
        CHECK_OK(error);
        CHECK_INT(as_version, as_int64);
    } else {
        CHECK_CODE(error, 2200);
    }
    fdb_future_destroy(f);
    destroy(tr);
}

/* ------------------------------------------------------------------ AV-1: clusters, below 610 */

static FDBCluster *open_cluster(void) {
    FDBFuture *f = fdb_create_cluster(NULL);
    FDBCluster *cluster = NULL;
    CHECK_OK(fdb_future_block_until_ready(f));
    CHECK_OK(fdb_future_get_cluster(f, &cluster));
    fdb_future_destroy(f);
    return cluster;
}

static void clusters_work(void) {
    FDBCluster *cluster = open_cluster();
    FDBDatabase *of_cluster = NULL;
    FDBTransaction *tr;
    FDBFuture *f = fdb_cluster_create_database(cluster, (const uint8_t *)"DB", 2);
    CHECK_OK(fdb_future_block_until_ready(f));
    CHECK_OK(fdb_future_get_database(f, &of_cluster));
    fdb_future_destroy(f);
    CHECK_FUTURE(fdb_cluster_create_database(cluster, (const uint8_t *)"XY", 2), 2013);
    CHECK_FUTURE(fdb_cluster_create_database(cluster, (const uint8_t *)"DBX", 3), 2013);
    CHECK_CODE(fdb_cluster_set_option(cluster, FDB_CLUSTER_OPTION_DUMMY_DO_NOT_USE, NULL, 0), 2007);
    fdb_cluster_destroy(cluster);
    put(of_cluster, B("k"), B("of the cluster"));
    tr = begin(db);
    CHECK_VALUE(tr, B("k"), B("of the cluster"));
    destroy(tr);
    fdb_database_destroy(of_cluster);
}

static void clusters_are_removed(void) {
    FDBCluster *cluster = NULL;
    FDBDatabase *of_cluster = NULL;
    FDBFuture *f = fdb_create_cluster(NULL);
    CHECK_OK(fdb_future_block_until_ready(f));
    CHECK(fdb_future_get_cluster(f, &cluster) != 0);
    CHECK(fdb_future_get_database(f, &of_cluster) != 0);
    CHECK_FUTURE(f, 2200);
    fdb_cluster_destroy(cluster);
}

/* AV-1, ABI-8: clusters below 610; later their functions fail, and nothing aborts. */
static void clusters_av1_abi8(void) {
    if (version < 610) {
        clusters_work();
    } else {
        clusters_are_removed();
    }
}

/* ------------------------------------------------------------------ special keys */

/* SPEC-1, SPEC-8: below 630 three special keys; from there on whole modules. */
static void special_keys_spec1_spec8(void) {
    FDBTransaction *tr = begin(db);
    CHECK_OK(touch(tr, B("\xff\xff/status/json")));
    CHECK_OK(touch(tr, B("\xff\xff/cluster_file_path")));
    CHECK_OK(touch(tr, B("\xff\xff/connection_string")));
    tr_set(tr, B("k"), B("v"));
    CHECK_OK(touch(tr, B("r")));
    CHECK_TEXT(ranges_text(tr, READ_CONFLICTS), version >= 630 ? "[r,r\\x00)" : "error 2004");
    CHECK_CODE(touch(tr, B("\xff\xff/transaction/read_conflict_range/r")), version >= 630 ? 0 : 2004);
    destroy(tr);
}

/* SPEC-3: from 700 on special keys can be written with permission. */
static void writing_special_keys_spec3(void) {
    FDBTransaction *tr = begin(db);
    tr_set(tr, B("\xff\xff/nothing/here"), B("v"));
    CHECK_CODE(commit(tr), version >= 700 ? 2114 : 2004);
    if (version >= 700) {
        fdb_transaction_reset(tr);
        CHECK_OK(tr_option(tr, 714));
        tr_set(tr, B("\xff\xff/nothing/here"), B("v"));
        CHECK_CODE(commit(tr), 2115);
    }
    destroy(tr);
}

/* OPT-1: the option of cached read versions is taken at every version. */
static void the_cache_of_read_versions_is_accepted_opt1(void) {
    FDBTransaction *tr = begin(db);
    CHECK_OK(tr_option(tr, 1101));
    CHECK_OK(touch(tr, B("k")));
    destroy(tr);
}

/* OPT-4: the persistent options are so at every version. */
static void the_retry_limit_is_persistent_opt4(void) {
    FDBTransaction *tr = begin(db);
    CHECK_OK(tr_option_int(tr, 501, 1));
    CHECK_OK(on_error(tr, 1007));
    CHECK_CODE(on_error(tr, 1007), 1007);
    destroy(tr);
}

/* GET-3: from 630 on an address has its port. */
static void addresses_get3(void) {
    FDBTransaction *tr = begin(db);
    FDBFuture *f = fdb_transaction_get_addresses_for_key(tr, (const uint8_t *)"k", 1);
    const char **addresses;
    int count = 0;
    CHECK_OK(fdb_future_block_until_ready(f));
    CHECK_OK(fdb_future_get_string_array(f, &addresses, &count));
    CHECK(count >= 1 && (version < 630 || strchr(addresses[0], ':') != NULL));
    fdb_future_destroy(f);
    destroy(tr);
}

/* ------------------------------------------------------------------ ERRC: texts and predicates */

static const int not_committed_710[] = {1007, 1009, 1020, 1037, 1038, 1042, 1051, 1213, 2137};
static const int not_committed_730[] = {1007, 1009, 1020, 1037, 1038, 1042, 1051, 1078, 1213, 1223};
static const int not_committed_800[] = {1007, 1009, 1020, 1037, 1038, 1042, 1051, 1078, 1213, 1235, 1242};

static bool is_in(const int *codes, long count, int code) {
    for (long i = 0; i < count; i++) {
        if (codes[i] == code) {
            return true;
        }
    }
    return false;
}

static bool is_not_committed(int code) {
    if (version >= 800) {
        return is_in(not_committed_800, COUNT(not_committed_800), code);
    }
    return version <= 710 ? is_in(not_committed_710, COUNT(not_committed_710), code)
                          : is_in(not_committed_730, COUNT(not_committed_730), code);
}

/* ERRC-2, ERRC-3: each predicate for each code. */
static void predicates_errc2_errc3(void) {
    long wrong = 0;
    for (int code = 0; code <= 9999; code++) {
        bool maybe = code == 1021 || code == 1039;
        bool not_committed = is_not_committed(code);
        bool right = (fdb_error_predicate(FDB_ERROR_PREDICATE_MAYBE_COMMITTED, code) != 0) == maybe &&
                     (fdb_error_predicate(FDB_ERROR_PREDICATE_RETRYABLE_NOT_COMMITTED, code) != 0) == not_committed &&
                     (fdb_error_predicate(FDB_ERROR_PREDICATE_RETRYABLE, code) != 0) == (maybe || not_committed);
        if (!right) {
            printf("       the predicates of %d are wrong\n", code);
            wrong++;
        }
    }
    CHECK_INT(wrong, 0);
    CHECK(!fdb_error_predicate(0, 1020) && !fdb_error_predicate(-1, 1020) && !fdb_error_predicate(50003, 1020));
}

/* ERRC-1: every number has a text, always the same one. */
static void texts_errc1(void) {
    const char *unknown = fdb_get_error(4000);
    for (int code = 0; code <= 9999; code++) {
        const char *text = fdb_get_error(code);
        if (!CHECK(text != NULL && text[0] != 0 && text == fdb_get_error(code))) {
            break;
        }
    }
    CHECK_TEXT(fdb_get_error(-1), unknown);
    CHECK_TEXT(fdb_get_error(INT_MIN), unknown);
    CHECK_TEXT(fdb_get_error(30001), unknown);
    CHECK_TEXT(fdb_get_error(INT_MAX), unknown);
    CHECK(strcmp(fdb_get_error(1020), fdb_get_error(1007)) != 0);
}

/* ABI-5: the library tells its own version and that of its interface. */
static void the_library_tells_its_version_abi5(void) {
    const char *text = fdb_get_client_version(), *comma = strchr(text, ',');
    CHECK_INT(fdb_get_max_api_version(), 800);
    CHECK(comma != NULL && strchr(comma + 1, ',') != NULL);
    CHECK(text == fdb_get_client_version());
}

static int play_version(void) {
    network_start(version);
    db = open_database();
    offsets_of_stamps_vst2_vst3();
    and_and_min_of_an_absent_key_atom2();
    a_failed_on_error_errh5();
    an_abandoned_on_error_com8_errh5();
    the_read_version_after_a_commit_com11();
    versions_of_futures_av1();
    clusters_av1_abi8();
    special_keys_spec1_spec8();
    writing_special_keys_spec3();
    the_cache_of_read_versions_is_accepted_opt1();
    the_retry_limit_is_persistent_opt4();
    addresses_get3();
    predicates_errc2_errc3();
    texts_errc1();
    the_library_tells_its_version_abi5();
    fdb_database_destroy(db);
    network_finish();
    return child_end();
}

/* AV-1, AV-2, SPEC-8: every version is as its row of the table says, special keys included. */
static void each_version_behaves_as_its_own_av1_av2(void) {
    long stride = (COUNT(versions) - 1) / scaled(COUNT(versions) - 1);
    for (long i = 0; i < COUNT(versions); i += stride) {
        char text[16];
        snprintf(text, sizeof text, "%d", versions[i]);
        CHECK_CHILD(text, NULL, NULL);
    }
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    if (argc > 1) {
        version = atoi(argv[1]);
        return play_version();
    }
    RUN(each_version_behaves_as_its_own_av1_av2);
    return harness_end();
}
