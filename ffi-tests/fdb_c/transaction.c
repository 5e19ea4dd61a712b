/*
 * Transactions: deferred errors, commit and what follows it, reset, cancel, on_error, timeout, and
 * conflict ranges. Rules TX, COM, RST, ERRH, TMO, CONF-10, DATA-5, LIM as this interface shows them.
 */
#include "harness.h"

static FDBDatabase *db;
static uint8_t long_bytes[100001];

/* ------------------------------------------------------------------ TX-4: deferred errors */

static void set_long_key(FDBTransaction *tr) { tr_set(tr, bytes_of(long_bytes, 10001), B("v")); }
static void set_long_value(FDBTransaction *tr) { tr_set(tr, B("k"), bytes_of(long_bytes, 100001)); }
static void set_system_key(FDBTransaction *tr) { tr_set(tr, B("\xff"), B("v")); }
static void set_metadata(FDBTransaction *tr) { tr_set(tr, B("\xff/metadataVersion"), B("v")); }
static void set_special_key(FDBTransaction *tr) { tr_set(tr, B("\xff\xff/x"), B("v")); }
static void clear_system_key(FDBTransaction *tr) { tr_clear(tr, B("\xff")); }
static void clear_past_the_end(FDBTransaction *tr) { tr_clear_range(tr, B("a"), B("\xff\x01")); }
static void clear_inverted(FDBTransaction *tr) { tr_clear_range(tr, B("b"), B("a")); }
static void atomic_long_key(FDBTransaction *tr) { tr_atomic(tr, 2, bytes_of(long_bytes, 10001), B("1")); }
static void atomic_long_operand(FDBTransaction *tr) { tr_atomic(tr, 2, B("k"), bytes_of(long_bytes, 100001)); }
static void atomic_system_key(FDBTransaction *tr) { tr_atomic(tr, 2, B("\xff"), B("1")); }
static void atomic_no_such_type(FDBTransaction *tr) { tr_atomic(tr, 3, B("k"), B("1")); }
static void stamp_without_offset(FDBTransaction *tr) { tr_atomic(tr, 14, B("k"), B("1")); }
static void stamp_past_the_end(FDBTransaction *tr) { tr_atomic(tr, 15, B("k"), B("0123456789\1\0\0\0")); }
static void version_zero(FDBTransaction *tr) { fdb_transaction_set_read_version(tr, 0); }
static void version_negative(FDBTransaction *tr) { fdb_transaction_set_read_version(tr, -1); }
static void version_twice(FDBTransaction *tr) {
    fdb_transaction_set_read_version(tr, 1000);
    fdb_transaction_set_read_version(tr, 1000);
}
static void size_limit_31(FDBTransaction *tr) { CHECK_OK(tr_option_int(tr, 503, 31)); }
static void timeout_without_value(FDBTransaction *tr) { CHECK_OK(tr_option(tr, 500)); }
static void flag_with_value(FDBTransaction *tr) { CHECK_OK(tr_option_bytes(tr, 600, B("x"))); }
static void conflict_past_the_end(FDBTransaction *tr) { CHECK_OK(tr_conflict(tr, B("a"), B("\xff\x01"), 1)); }
static void read_conflict_past_the_end(FDBTransaction *tr) { CHECK_OK(tr_conflict(tr, B("a"), B("\xff\x01"), 0)); }

static const struct {
    const char *name;
    void (*make)(FDBTransaction *);
    fdb_error_t code;
} deferred[] = {
    {"LIM-1: set of a long key", set_long_key, 2102},
    {"LIM-2: set of a long value", set_long_value, 2103},
    {"DATA-5: set of a system key", set_system_key, 2004},
    {"SPEC-10: set of the metadata version", set_metadata, 2000},
    {"SPEC-3: set of a special key", set_special_key, 2114},
    {"DATA-5: clear of a system key", clear_system_key, 2004},
    {"DATA-5: clear_range past the end", clear_past_the_end, 2004},
    {"TX-4: clear_range upside down", clear_inverted, 2005},
    {"LIM-1: atomic_op on a long key", atomic_long_key, 2102},
    {"LIM-2: atomic_op with a long operand", atomic_long_operand, 2103},
    {"DATA-5: atomic_op on a system key", atomic_system_key, 2004},
    {"ATOM-1: no such mutation", atomic_no_such_type, 2018},
    {"VST-4: versionstamped key without offset", stamp_without_offset, 2000},
    {"VST-4: versionstamp past the end", stamp_past_the_end, 2000},
    {"VER-7: read version 0", version_zero, 2011},
    {"VER-7: read version -1", version_negative, 2011},
    {"VER-7: read version twice", version_twice, 2010},
    {"OPT-2: size limit 31", size_limit_31, 2006},
    {"OPT-2: timeout without a value", timeout_without_value, 2006},
    {"OPT-3: flag with a value", flag_with_value, 2006},
    {"DATA-5: write conflict range past the end", conflict_past_the_end, 2004},
    {"DATA-5: read conflict range past the end", read_conflict_past_the_end, 2004},
};

/* Every call that returns a future but on_error. The commit is the last one: it changes the state. */
#define FUTURE_CALLS 14
static FDBFuture *future_call(FDBTransaction *tr, int which) {
    const uint8_t *a = (const uint8_t *)"a", *b = (const uint8_t *)"b";
    switch (which) {
    case 0: return tr_get(tr, B("a"));
    case 1: return tr_snapshot_get(tr, B("a"));
    case 2: return tr_get_key(tr, at_or_after(B("a")), 0);
    case 3: return tr_get_key(tr, at_or_after(B("a")), 1);
    case 4: return tr_range(tr, at_or_after(B("a")), at_or_after(B("b")), ALL_OF_IT);
    case 5: return tr_watch(tr, B("a"));
    case 6: return fdb_transaction_get_read_version(tr);
    case 7: return fdb_transaction_get_versionstamp(tr);
    case 8: return fdb_transaction_get_estimated_range_size_bytes(tr, a, 1, b, 1);
    case 9: return fdb_transaction_get_range_split_points(tr, a, 1, b, 1, 100);
    case 10: return fdb_transaction_get_addresses_for_key(tr, a, 1);
    case 11:
        return fdb_transaction_get_mapped_range(tr, a, 1, 0, 1, b, 1, 0, 1, a, 1, 0, 0, FDB_STREAMING_MODE_WANT_ALL, 0,
                                                0, 0);
    case 12: return fdb_transaction_get_approximate_size(tr);
    default: return fdb_transaction_commit(tr);
    }
}

/* TX-4, TX-5: the first deferred error is what every future gives, and only they. */
static void a_deferred_error_comes_with_every_future_tx4_tx5(void) {
    for (long i = 0; i < COUNT(deferred); i++) {
        FDBTransaction *tr = begin(db);
        deferred[i].make(tr);
        for (int call = 0; call < FUTURE_CALLS; call++) {
            fdb_error_t error = outcome(future_call(tr, call));
            harness_count(error == deferred[i].code, __FILE__, __LINE__, "%s: call %d gave %d, expected %d",
                          deferred[i].name, call, error, deferred[i].code);
        }
        CHECK_INT(committed_version(tr), -1);
        destroy(tr);
    }
}

/* TX-4: after the first one no other error replaces it, and no write is done. */
static void the_first_deferred_error_stays_tx4(void) {
    for (long i = 0; i < COUNT(deferred); i++) {
        for (long j = 0; j < COUNT(deferred); j++) {
            FDBTransaction *tr = begin(db);
            deferred[i].make(tr);
            deferred[j].make(tr);
            CHECK_CODE(touch(tr, B("a")), deferred[i].code);
            destroy(tr);
        }
    }
}

/* TX-4: reset clears it, and so does an on_error that retries; one that does not leaves it in front. */
static void a_deferred_error_goes_with_reset_and_on_error_tx4(void) {
    for (long i = 0; i < COUNT(deferred); i++) {
        FDBTransaction *tr = begin(db);
        deferred[i].make(tr);
        CHECK_CODE(touch(tr, B("a")), deferred[i].code);
        fdb_transaction_reset(tr);
        CHECK_OK(touch(tr, B("a")));
        fdb_transaction_reset(tr);
        deferred[i].make(tr);
        CHECK_OK(on_error(tr, 1007));
        CHECK_OK(touch(tr, B("a")));
        fdb_transaction_reset(tr);
        deferred[i].make(tr);
        CHECK_CODE(on_error(tr, deferred[i].code), deferred[i].code);
        CHECK_CODE(touch(tr, B("a")), deferred[i].code);
        fdb_transaction_cancel(tr);
        CHECK_CODE(touch(tr, B("a")), deferred[i].code);
        destroy(tr);
    }
}

/* VER-7: setting a read version after a read is 2010. */
static void a_read_version_is_set_before_the_first_read_ver7(void) {
    FDBTransaction *tr = begin(db);
    int64_t version = read_version(tr);
    fdb_transaction_set_read_version(tr, version);
    CHECK_CODE(touch(tr, B("a")), 2010);
    destroy(tr);
}

/* DATA-5, DATA-6: what a read refuses is on its own future, and the commit does not mind. */
static void a_refused_read_is_its_own_error_data5_data6(void) {
    FDBTransaction *tr = begin(db);
    CHECK_CODE(touch(tr, B("\xff")), 2004);
    CHECK_OK(touch(tr, B("\xff/metadataVersion")));
    CHECK_CODE(outcome(tr_get_key(tr, at_or_after(B("\xff\x01")), 0)), 2004);
    CHECK_OK(outcome(tr_get_key(tr, at_or_after(B("\xff")), 0)));
    CHECK_TEXT(scan(tr, B("a"), B("\xff\x01"), ALL_OF_IT), "error 2004");
    CHECK_TEXT(scan(tr, B("\xff"), B("\xff"), ALL_OF_IT), "");
    CHECK_CODE(outcome(tr_watch(tr, B("\xff"))), 2004);
    CHECK_CODE(outcome(tr_watch(tr, B("\xff\xff"))), 2004);
    tr_clear_range(tr, B("a"), B("\xff"));
    CHECK_OK(commit(tr));
    destroy(tr);
}

/* DATA-4: the options open the system keys. */
static void options_open_the_system_keys_data4(void) {
    FDBTransaction *tr = begin(db);
    CHECK_OK(tr_option(tr, 301));
    tr_set(tr, B("\xff/mine"), B("v"));
    CHECK_VALUE(tr, B("\xff/mine"), B("v"));
    CHECK_OK(commit(tr));
    fdb_transaction_reset(tr);
    CHECK_CODE(touch(tr, B("\xff/mine")), 2004);
    CHECK_OK(tr_option(tr, 302));
    CHECK_VALUE(tr, B("\xff/mine"), B("v"));
    tr_set(tr, B("\xff/mine"), B("w"));
    CHECK_CODE(commit(tr), 2004);
    destroy(tr);
}

/* ------------------------------------------------------------------ COM: commit */

/* COM-1, COM-10: nothing to write: no version, no conflict, though what was read has changed. */
static void a_read_only_commit_succeeds_com1_com10(void) {
    FDBTransaction *tr = begin(db);
    FDBFuture *stamp = fdb_transaction_get_versionstamp(tr);
    CHECK_OK(touch(tr, B("a")));
    CHECK_OK(tr_conflict(tr, B("x"), B("y"), 0));
    put(db, B("a"), B("changed"));
    CHECK_INT(committed_version(tr), -1);
    CHECK_OK(commit(tr));
    CHECK_INT(committed_version(tr), -1);
    CHECK_FUTURE(stamp, 2021);
    destroy(tr);
}

/* COM-2: a write conflict range alone is a write. */
static void a_write_conflict_range_is_a_write_com2(void) {
    FDBTransaction *tr = begin(db);
    CHECK_OK(tr_conflict(tr, B("x"), B("y"), 1));
    CHECK_OK(commit(tr));
    CHECK(committed_version(tr) > 0);
    destroy(tr);
}

/* COM-3: during and after a commit every other call is 2017, also the writes' successors. */
static void a_use_after_commit_is_2017_com3(void) {
    for (int call = 0; call < FUTURE_CALLS; call++) {
        FDBTransaction *tr = begin(db);
        fdb_error_t want = call == 6 || call == 12 ? 0 : 2017;
        tr_set(tr, B("a"), B("1"));
        CHECK_OK(commit(tr));
        if (call != 10) {
            CHECK_CODE(outcome(future_call(tr, call)), want);
            CHECK_CODE(outcome(fdb_transaction_get_read_version(tr)), want);
            CHECK_CODE(on_error(tr, 1020), want);
        }
        CHECK(committed_version(tr) > 0);
        fdb_transaction_reset(tr);
        CHECK_OK(touch(tr, B("a")));
        destroy(tr);
    }
}

/* COM-3, option 701: the call fails all the same, but nothing else does. */
static void without_protection_only_the_call_fails_com3(void) {
    FDBTransaction *tr = begin(db);
    CHECK_OK(tr_option(tr, 701));
    tr_set(tr, B("a"), B("1"));
    CHECK_OK(commit(tr));
    CHECK_CODE(touch(tr, B("a")), 2017);
    CHECK_OK(outcome(fdb_transaction_get_read_version(tr)));
    CHECK_OK(on_error(tr, 1020));
    CHECK_OK(touch(tr, B("a")));
    destroy(tr);
}

/* COM-4: a read that failed makes the commit fail with its code; one that was refused does not. */
static void a_failed_read_fails_the_commit_com4(void) {
    FDBTransaction *tr = begin(db);
    fdb_transaction_set_read_version(tr, 1);
    CHECK_CODE(touch(tr, B("a")), 1007);
    tr_set(tr, B("a"), B("1"));
    CHECK_CODE(commit(tr), 1007);
    destroy(tr);
}

/* COM-5: reading a locked database is not writing to it. */
static void a_read_only_transaction_may_not_write_com5(void) {
    FDBTransaction *tr = begin(db);
    CHECK_OK(tr_option(tr, 702));
    tr_set(tr, B("a"), B("1"));
    CHECK_CODE(commit(tr), 2023);
    fdb_transaction_reset(tr);
    CHECK_OK(tr_option(tr, 702));
    CHECK_OK(tr_option(tr, 700));
    tr_set(tr, B("a"), B("1"));
    CHECK_OK(commit(tr));
    destroy(tr);
}

/* COM-6: a blind write at a version that is too old, with and without the option. */
static void a_blind_write_may_be_too_old_com6(void) {
    FDBTransaction *tr = begin(db);
    fdb_transaction_set_read_version(tr, 1);
    tr_set(tr, B("a"), B("1"));
    CHECK_CODE(commit(tr), 1007);
    fdb_transaction_reset(tr);
    fdb_transaction_set_read_version(tr, 1);
    CHECK_OK(tr_option(tr, 10));
    tr_set(tr, B("a"), B("1"));
    CHECK_OK(commit(tr));
    destroy(tr);
}

/* COM-7, CONF-14: what was read has changed. */
static void a_conflict_is_1020_and_writes_nothing_com7_conf14(void) {
    FDBTransaction *tr = seeded(db);
    CHECK_VALUE(tr, B("d"), B("4"));
    put(db, B("d"), B("other"));
    tr_set(tr, B("b"), B("mine"));
    CHECK_CODE(commit(tr), 1020);
    CHECK_INT(committed_version(tr), committed_version(tr));
    CHECK_OK(on_error(tr, 1020));
    CHECK_VALUE(tr, B("b"), B("2"));
    CHECK_VALUE(tr, B("d"), B("other"));
    destroy(tr);
}

/* COM-8, COM-9: mutations apply in call order, all at once. */
static void mutations_apply_in_order_com8_com9(void) {
    FDBTransaction *tr = seeded(db);
    tr_clear_range(tr, B("a"), B("e"));
    tr_set(tr, B("d"), B("new"));
    tr_set(tr, B("x"), B("1"));
    tr_clear(tr, B("x"));
    tr_atomic(tr, FDB_MUTATION_TYPE_APPEND_IF_FITS, B("f"), B("+"));
    tr_set(tr, B("g"), B("0"));
    tr_atomic(tr, FDB_MUTATION_TYPE_APPEND_IF_FITS, B("g"), B("1"));
    CHECK_OK(commit(tr));
    fdb_transaction_reset(tr);
    CHECK_TEXT(scan(tr, B(""), B("\xff"), ALL_OF_IT), "d=new f=6+ g=01");
    destroy(tr);
}

/* COM-10, COM-11, VER-4: after the commit both versions are there, the newer one is the commit's. */
static void versions_stay_after_the_commit_com10_com11(void) {
    FDBTransaction *tr = begin(db);
    int64_t version = read_version(tr), committed;
    tr_set(tr, B("a"), B("1"));
    CHECK_OK(commit(tr));
    committed = committed_version(tr);
    CHECK(committed > version);
    CHECK_INT(read_version(tr), version);
    fdb_transaction_reset(tr);
    CHECK_INT(committed_version(tr), committed);
    CHECK(read_version(tr) >= committed);
    destroy(tr);
}

/* COM-12, VST-1: the versionstamp future in every way that a commit ends. */
static void the_stamp_future_ends_with_the_commit_com12_vst1(void) {
    FDBTransaction *tr = begin(db);
    FDBFuture *stamp = fdb_transaction_get_versionstamp(tr);
    const uint8_t *data;
    int len;
    int64_t version = 0;
    tr_set(tr, B("a"), B("1"));
    CHECK_OK(commit(tr));
    CHECK_OK(fdb_future_block_until_ready(stamp));
    CHECK_OK(fdb_future_get_key(stamp, &data, &len));
    if (CHECK(len == 10)) {
        for (int i = 0; i < 8; i++) {
            version = version << 8 | data[i];
        }
        CHECK_INT(version, committed_version(tr));
    }
    fdb_future_destroy(stamp);
    CHECK_CODE(outcome(fdb_transaction_get_versionstamp(tr)), 2017);
    fdb_transaction_reset(tr);
    stamp = fdb_transaction_get_versionstamp(tr);
    fdb_transaction_reset(tr);
    CHECK_FUTURE(stamp, 1025);
    CHECK_OK(touch(tr, B("a")));
    stamp = fdb_transaction_get_versionstamp(tr);
    put(db, B("a"), B("2"));
    tr_set(tr, B("b"), B("2"));
    CHECK_CODE(commit(tr), 1020);
    CHECK_FUTURE(stamp, 2020);
    destroy(tr);
}

/* VER-8: reading ahead fails with 1009, reading far behind with 1007. */
static void versions_far_away_cannot_be_read_ver8(void) {
    FDBTransaction *tr = begin(db);
    fdb_transaction_set_read_version(tr, (int64_t)1 << 62);
    CHECK_CODE(touch(tr, B("a")), 1009);
    fdb_transaction_reset(tr);
    fdb_transaction_set_read_version(tr, 1);
    CHECK_CODE(touch(tr, B("a")), 1007);
    destroy(tr);
}

/* VER-9: a commit's version reads exactly what it left, whatever came since. */
static void an_old_version_reads_the_old_state_ver9(void) {
    FDBTransaction *tr = begin(db);
    int64_t first = put(db, B("h"), B("1")), second = put(db, B("h"), B("2"));
    put(db, B("h"), B("3"));
    fdb_transaction_set_read_version(tr, first);
    CHECK_VALUE(tr, B("h"), B("1"));
    fdb_transaction_reset(tr);
    fdb_transaction_set_read_version(tr, second);
    CHECK_VALUE(tr, B("h"), B("2"));
    fdb_transaction_reset(tr);
    CHECK_VALUE(tr, B("h"), B("3"));
    destroy(tr);
}

/* ------------------------------------------------------------------ RST: reset, cancel, destroy */

/* RST-2, TX-3: a cancelled transaction fails every call with 1025 until it is reset. */
static void a_cancelled_transaction_fails_rst2_tx3(void) {
    for (int call = 0; call < FUTURE_CALLS; call++) {
        FDBTransaction *tr = begin(db);
        fdb_transaction_cancel(tr);
        fdb_transaction_cancel(tr);
        CHECK_CODE(outcome(future_call(tr, call)), call == 12 ? 0 : 1025);
        CHECK_CODE(on_error(tr, 1020), 1025);
        CHECK_INT(committed_version(tr), -1);
        fdb_transaction_reset(tr);
        CHECK_OK(touch(tr, B("a")));
        destroy(tr);
    }
}

/* RST-1, RST-3: pending futures fail with 1025. */
static void pending_futures_fail_when_the_transaction_ends_rst1_rst2_rst3(void) {
    for (int way = 0; way < 3; way++) {
        FDBTransaction *tr = begin(db);
        FDBFuture *stamp = fdb_transaction_get_versionstamp(tr), *get, *range;
        fdb_transaction_set_read_version(tr, put(db, B("a"), B("1")) + 900000);
        get = tr_get(tr, B("a"));
        range = tr_range(tr, at_or_after(B("a")), at_or_after(B("b")), ALL_OF_IT);
        if (way == 0) {
            fdb_transaction_reset(tr);
        } else if (way == 1) {
            fdb_transaction_cancel(tr);
        } else {
            destroy(tr);
        }
        CHECK_FUTURE(get, 1025);
        CHECK_FUTURE(range, 1025);
        if (way == 1) {
            destroy(tr);
        }
        CHECK_FUTURE(stamp, 1025);
        if (way == 0) {
            destroy(tr);
        }
    }
}

/* RST-1: reset forgets writes, conflicts and all options. */
static void reset_forgets_everything_rst1(void) {
    FDBTransaction *tr = begin(db);
    CHECK_OK(tr_option_int(tr, 503, 100));
    CHECK_OK(tr_option_int(tr, 501, 0));
    CHECK_OK(touch(tr, B("a")));
    tr_set(tr, B("gone"), B("1"));
    fdb_transaction_reset(tr);
    CHECK_INT(int64_of(fdb_transaction_get_approximate_size(tr)), 0);
    put(db, B("a"), B("changed"));
    CHECK_VALUE(tr, B("gone"), ABSENT);
    tr_set(tr, B("big"), bytes_of(long_bytes, 1000));
    CHECK_OK(commit(tr));
    CHECK_OK(on_error(tr, 1020));
    destroy(tr);
}

/* RST-2: cancelling after the commit is legal; what was committed stays. */
static void cancel_after_commit_is_harmless_rst2(void) {
    FDBTransaction *tr = begin(db);
    tr_set(tr, B("kept"), B("1"));
    CHECK_OK(commit(tr));
    fdb_transaction_cancel(tr);
    CHECK(committed_version(tr) > 0);
    fdb_transaction_reset(tr);
    CHECK_VALUE(tr, B("kept"), B("1"));
    destroy(tr);
}

/* ------------------------------------------------------------------ ERRH: on_error */

/* The last one is Plinth's own, which programs are told as 1037. */
static const int retried[] = {1007, 1009, 1020, 1021, 1037, 1038, 1039, 1042, 1051, 1078, 1079, 1213, 1223, 2137, 9017, 9031};

static bool is_retried(int code) {
    for (long i = 0; i < COUNT(retried); i++) {
        if (retried[i] == code) {
            return true;
        }
    }
    return false;
}

/* ERRH-1, ERRC-4: these are retried: the transaction is as new. */
static void errors_that_pass_are_retried_errh1_errh6(void) {
    for (long i = 0; i < COUNT(retried); i++) {
        FDBTransaction *tr = begin(db);
        tr_set(tr, B("never"), B("1"));
        CHECK_OK(on_error(tr, retried[i]));
        CHECK_VALUE(tr, B("never"), ABSENT);
        CHECK_INT(int64_of(fdb_transaction_get_approximate_size(tr)) < 200, 1);
        destroy(tr);
    }
}

/* ERRH-1, ERRH-5: all others come back unchanged, and the transaction is cancelled. */
static void other_errors_come_back_errh1_errh5(void) {
    int stride = (int)(50 / scaled(50));
    FDBTransaction *tr = begin(db);
    for (int code = 1; code <= 9999; code += stride) {
        if (is_retried(code)) {
            continue;
        }
        CHECK_CODE(on_error(tr, code), code);
        CHECK_CODE(touch(tr, B("a")), 1025);
        fdb_transaction_reset(tr);
    }
    CHECK_CODE(on_error(tr, 0), 2000);
    fdb_transaction_reset(tr);
    CHECK_CODE(on_error(tr, -1), 4000);
    fdb_transaction_reset(tr);
    CHECK_CODE(on_error(tr, 30001), 4000);
    destroy(tr);
}

/* ERRH-3: the retry limit counts all calls of on_error. */
static void the_retry_limit_ends_the_retries_errh3_errh5(void) {
    FDBTransaction *tr = begin(db);
    CHECK_OK(tr_option_int(tr, 501, 2));
    CHECK_OK(on_error(tr, 1007));
    CHECK_OK(on_error(tr, 1020));
    CHECK_CODE(on_error(tr, 1020), 1020);
    CHECK_CODE(touch(tr, B("a")), 1025);
    destroy(tr);
}

/* ERRH-6, OPT-4: four options stay over on_error, the others do not. */
static void persistent_options_stay_over_on_error_errh6_opt4(void) {
    FDBTransaction *tr = begin(db);
    CHECK_OK(tr_option_int(tr, 501, 1));
    CHECK_OK(tr_option_int(tr, 503, 100));
    CHECK_OK(tr_option(tr, 301));
    CHECK_OK(on_error(tr, 1007));
    CHECK_CODE(touch(tr, B("\xff/x")), 2004);
    tr_set(tr, B("big"), bytes_of(long_bytes, 1000));
    CHECK_OK(commit(tr));
    CHECK_CODE(on_error(tr, 1020), 1020);
    destroy(tr);
}

/* ERRH-4, TX-3: the mark of a terminal error goes before the code. */
static void a_mark_goes_before_the_code_errh4(void) {
    FDBTransaction *tr = begin(db);
    fdb_transaction_cancel(tr);
    CHECK_CODE(on_error(tr, 1020), 1025);
    CHECK_CODE(on_error(tr, 2000), 1025);
    destroy(tr);
}

/* ------------------------------------------------------------------ TMO: timeout */

/* TMO-1, TMO-2: when the time is over pending and later calls fail with 1031, until a reset. */
static void a_timeout_ends_the_transaction_tmo1_tmo2(void) {
    FDBTransaction *tr = begin(db);
    FDBFuture *stamp = fdb_transaction_get_versionstamp(tr);
    CHECK_OK(tr_option_int(tr, 500, 20));
    CHECK_FUTURE(stamp, 1031);
    CHECK_CODE(touch(tr, B("a")), 1031);
    CHECK_CODE(commit(tr), 1031);
    CHECK_CODE(on_error(tr, 1031), 1031);
    CHECK_CODE(on_error(tr, 1020), 1031);
    fdb_transaction_reset(tr);
    CHECK_OK(touch(tr, B("a")));
    destroy(tr);
}

/* TMO-1, ERRH-7: the timeout bounds all retries together. */
static void the_timeout_bounds_all_retries_tmo1_errh7(void) {
    FDBTransaction *tr = begin(db);
    fdb_error_t error = 0;
    CHECK_OK(tr_option_int(tr, 500, 50));
    for (int i = 0; i < 100 && error == 0; i++) {
        error = on_error(tr, 1007);
    }
    CHECK_CODE(error, 1031);
    destroy(tr);
}

/* ------------------------------------------------------------------ CONF-10, LIM, EST and the rest */

/* CONF-10: what add_conflict_range says itself, and what it adds. */
static void conflict_ranges_are_added_conf10(void) {
    FDBTransaction *tr = seeded(db);
    CHECK_CODE(tr_conflict(tr, B("b"), B("a"), 0), 2005);
    CHECK_CODE(tr_conflict(tr, B("b"), B("a"), 1), 2005);
    CHECK_CODE(tr_conflict(tr, B("a"), B("b"), 2), 2000);
    CHECK_CODE(tr_conflict(tr, B("a"), B("b"), -1), 2000);
    CHECK_OK(tr_conflict(tr, B("a"), B("a"), 0));
    CHECK_OK(tr_conflict(tr, B("a"), B("a"), 1));
    CHECK_TEXT(ranges_text(tr, READ_CONFLICTS), "");
    CHECK_TEXT(ranges_text(tr, WRITE_CONFLICTS), "");
    tr_set(tr, B("d"), B("own"));
    CHECK_OK(tr_conflict(tr, B("c"), B("e"), 0));
    CHECK_OK(tr_conflict(tr, B("x"), B("z"), 1));
    CHECK_TEXT(ranges_text(tr, READ_CONFLICTS), "[c,d) [d\\x00,e)");
    CHECK_TEXT(ranges_text(tr, WRITE_CONFLICTS), "[d,d\\x00) [x,z)");
    destroy(tr);
}

/* CONF-2, CONF-3, CONF-7, CONF-8: what reads add. */
static void reads_add_their_conflict_ranges_conf2_conf3_conf7_conf8(void) {
    FDBTransaction *tr = seeded(db);
    FDBFuture *watch;
    CHECK_OK(outcome(tr_snapshot_get(tr, B("b"))));
    CHECK_TEXT(ranges_text(tr, READ_CONFLICTS), "");
    CHECK_OK(touch(tr, B("c")));
    CHECK_TEXT(ranges_text(tr, READ_CONFLICTS), "[c,c\\x00)");
    watch = tr_watch(tr, B("x"));
    CHECK_TEXT(ranges_text(tr, READ_CONFLICTS), "[c,c\\x00) [x,x\\x00)");
    fdb_future_destroy(watch);
    destroy(tr);
}

/* CONF-11: the next write adds no conflict range. */
static void one_write_may_be_without_conflict_conf11(void) {
    FDBTransaction *tr = begin(db);
    CHECK_OK(tr_option(tr, 30));
    tr_set(tr, B("a"), B("1"));
    tr_set(tr, B("c"), B("1"));
    CHECK_TEXT(ranges_text(tr, WRITE_CONFLICTS), "[c,c\\x00)");
    destroy(tr);
}

/* LIM-1, LIM-2, LIM-3: the longest key and value, and longer keys in reads. */
static void the_longest_key_and_value_lim1_lim2_lim3(void) {
    FDBTransaction *tr = begin(db);
    tr_set(tr, bytes_of(long_bytes, 10000), bytes_of(long_bytes, 100000));
    CHECK_OK(commit(tr));
    fdb_transaction_reset(tr);
    CHECK_VALUE(tr, bytes_of(long_bytes, 10000), bytes_of(long_bytes, 100000));
    CHECK_VALUE(tr, bytes_of(long_bytes, 20000), ABSENT);
    tr_clear(tr, bytes_of(long_bytes, 20000));
    CHECK_CODE(outcome(tr_watch(tr, bytes_of(long_bytes, 10001))), 2102);
    CHECK_OK(commit(tr));
    destroy(tr);
}

/* LIM-4: a transaction above its limit does not commit; the limit itself is in reach. */
static void a_transaction_has_a_size_limit_lim4(void) {
    FDBTransaction *tr = begin(db);
    int64_t size;
    tr_set(tr, B("k"), bytes_of(long_bytes, 1000));
    size = int64_of(fdb_transaction_get_approximate_size(tr));
    CHECK(size > 1000 && size < 1200);
    CHECK_OK(tr_option_int(tr, 503, size));
    CHECK_OK(commit(tr));
    fdb_transaction_reset(tr);
    CHECK_OK(tr_option_int(tr, 503, 1000));
    tr_set(tr, B("k"), bytes_of(long_bytes, 1000));
    CHECK_CODE(commit(tr), 2101);
    destroy(tr);
}

/* LIM-7: the running sum is never reduced by overwriting, and is there after the commit. */
static void the_approximate_size_only_grows_lim7(void) {
    FDBTransaction *tr = begin(db);
    int64_t last = 0, size = 0;
    CHECK_INT(int64_of(fdb_transaction_get_approximate_size(tr)), 0);
    for (int i = 0; i < 10; i++) {
        tr_set(tr, B("k"), bytes_of(long_bytes, 100));
        size = int64_of(fdb_transaction_get_approximate_size(tr));
        CHECK(size > last + 100);
        last = size;
    }
    CHECK_OK(commit(tr));
    CHECK_INT(int64_of(fdb_transaction_get_approximate_size(tr)), size);
    fdb_transaction_reset(tr);
    CHECK_INT(int64_of(fdb_transaction_get_approximate_size(tr)), 0);
    destroy(tr);
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    network_start(730);
    memset(long_bytes, 'k', sizeof long_bytes);
    db = open_database();
    RUN(a_deferred_error_comes_with_every_future_tx4_tx5);
    RUN(the_first_deferred_error_stays_tx4);
    RUN(a_deferred_error_goes_with_reset_and_on_error_tx4);
    RUN(a_read_version_is_set_before_the_first_read_ver7);
    RUN(a_refused_read_is_its_own_error_data5_data6);
    RUN(options_open_the_system_keys_data4);
    RUN(a_read_only_commit_succeeds_com1_com10);
    RUN(a_write_conflict_range_is_a_write_com2);
    RUN(a_use_after_commit_is_2017_com3);
    RUN(without_protection_only_the_call_fails_com3);
    RUN(a_failed_read_fails_the_commit_com4);
    RUN(a_read_only_transaction_may_not_write_com5);
    RUN(a_blind_write_may_be_too_old_com6);
    RUN(a_conflict_is_1020_and_writes_nothing_com7_conf14);
    RUN(mutations_apply_in_order_com8_com9);
    RUN(versions_stay_after_the_commit_com10_com11);
    RUN(the_stamp_future_ends_with_the_commit_com12_vst1);
    RUN(versions_far_away_cannot_be_read_ver8);
    RUN(an_old_version_reads_the_old_state_ver9);
    RUN(a_cancelled_transaction_fails_rst2_tx3);
    RUN(pending_futures_fail_when_the_transaction_ends_rst1_rst2_rst3);
    RUN(reset_forgets_everything_rst1);
    RUN(cancel_after_commit_is_harmless_rst2);
    RUN(errors_that_pass_are_retried_errh1_errh6);
    RUN(other_errors_come_back_errh1_errh5);
    RUN(the_retry_limit_ends_the_retries_errh3_errh5);
    RUN(persistent_options_stay_over_on_error_errh6_opt4);
    RUN(a_mark_goes_before_the_code_errh4);
    RUN(a_timeout_ends_the_transaction_tmo1_tmo2);
    RUN(the_timeout_bounds_all_retries_tmo1_errh7);
    RUN(conflict_ranges_are_added_conf10);
    RUN(reads_add_their_conflict_ranges_conf2_conf3_conf7_conf8);
    RUN(one_write_may_be_without_conflict_conf11);
    RUN(the_longest_key_and_value_lim1_lim2_lim3);
    RUN(a_transaction_has_a_size_limit_lim4);
    RUN(the_approximate_size_only_grows_lim7);
    fdb_database_destroy(db);
    network_finish();
    return harness_end();
}
