/*
 * Mapped range reads: index entries and, in one call, the rows they stand for. The tuples are encoded by
 * hand: 01 bytes 00, or 02 text 00. Rules MAP-1, RNG-3 to RNG-8, CONF-2.
 */
#include "harness.h"

static FDBDatabase *db;

#define ENTRIES 12

/* ------------------------------------------------------------------ tuples */

typedef struct {
    uint8_t data[200];
    int len;
} tuple;

/* A tuple of byte strings without zero bytes; NULL ends them. */
static tuple tuple_of(const char *first, const char *second, const char *third) {
    const char *parts[3] = {first, second, third};
    tuple made;
    made.len = 0;
    for (int i = 0; i < 3 && parts[i] != NULL; i++) {
        int len = (int)strlen(parts[i]);
        made.data[made.len++] = 1;
        memcpy(made.data + made.len, parts[i], (size_t)len);
        made.len += len;
        made.data[made.len++] = 0;
    }
    return made;
}

static bytes bytes_in(const tuple *t) {
    return bytes_of(t->data, t->len);
}

static void numbered(char *out, size_t size, const char *prefix, int i) {
    snprintf(out, size, "%s%02d", prefix, i);
}

static tuple index_key(int i) {
    char by[16], name[16];
    numbered(by, sizeof by, "by", i);
    numbered(name, sizeof name, "row", ENTRIES - i);
    return tuple_of("index", by, name);
}

static tuple index_value(int i) {
    char name[16];
    numbered(name, sizeof name, "row", ENTRIES - i);
    return tuple_of(name, "of the value", NULL);
}

static tuple row_key(int i, const char *field) {
    char name[16];
    numbered(name, sizeof name, "row", ENTRIES - i);
    return tuple_of("rows", name, field);
}

/* Entry i stands for row ENTRIES - i, which has as many fields as i modulo 4. */
static const char *const fields[] = {"a", "b", "c"};

static void write_index(void) {
    FDBTransaction *tr = begin(db);
    tr_clear_range(tr, B(""), B("\xff"));
    for (int i = 0; i < ENTRIES; i++) {
        tuple key = index_key(i), value = index_value(i);
        tr_set(tr, bytes_in(&key), bytes_in(&value));
        for (int f = 0; f < i % 4; f++) {
            tuple row = row_key(i, fields[f]);
            tr_set(tr, bytes_in(&row), B("field"));
        }
    }
    CHECK_OK(commit(tr));
    destroy(tr);
}

/* ------------------------------------------------------------------ reading */

static FDBFuture *mapped_in(FDBTransaction *tr, bytes from, bytes to, bytes mapper, how h) {
    return fdb_transaction_get_mapped_range(tr, from.data, from.len, 0, 1, to.data, to.len, 0, 1, mapper.data,
                                            mapper.len, h.limit, h.target_bytes, (FDBStreamingMode)h.mode,
                                            h.iteration, h.snapshot, h.reverse);
}

/* The whole index through a mapper. */
static FDBFuture *mapped(FDBTransaction *tr, tuple mapper, how h) {
    return mapped_in(tr, B("\1index\0"), B("\1index\1"), bytes_in(&mapper), h);
}

static bytes key_bytes(FDBKey key) {
    return bytes_of(key.key, key.key_length);
}

/* One entry with its rows, as the range form of the mapper gives them. */
static void check_entry(const FDBMappedKeyValue *at, int i) {
    FDBMappedKeyValue pair = *at;
    tuple key = index_key(i), value = index_value(i);
    CHECK(same_bytes(key_bytes(pair.key), bytes_in(&key)));
    CHECK(same_bytes(key_bytes(pair.value), bytes_in(&value)));
    if (CHECK_INT(pair.getRange.m_size, i % 4)) {
        for (int f = 0; f < i % 4; f++) {
            tuple row = row_key(i, fields[f]);
            CHECK(same_bytes(key_in(pair.getRange.data, f), bytes_in(&row)));
            CHECK(same_bytes(value_in(pair.getRange.data, f), B("field")));
        }
    }
}

static void check_entries(FDBFuture *f, int first, int step, int want, bool want_more) {
    const FDBMappedKeyValue *pairs = NULL;
    int count = -1;
    fdb_bool_t more = -1;
    CHECK_OK(fdb_future_block_until_ready(f));
    CHECK_OK(fdb_future_get_mappedkeyvalue_array(f, &pairs, &count, &more));
    CHECK_INT(count, want);
    CHECK_INT(more != 0, want_more);
    for (int i = 0; i < count && count == want; i++) {
        check_entry(&pairs[i], first + step * i);
    }
    fdb_future_destroy(f);
}

/* ------------------------------------------------------------------ claims */

/* MAP-1: each entry comes with the rows below the key that the mapper makes of it. */
static void each_entry_comes_with_its_rows_map1(void) {
    FDBTransaction *tr = begin(db);
    check_entries(mapped(tr, tuple_of("rows", "{K[2]}", "{...}"), ALL_OF_IT), 0, 1, ENTRIES, false);
    check_entries(mapped(tr, tuple_of("rows", "{V[0]}", "{...}"), ALL_OF_IT), 0, 1, ENTRIES, false);
    destroy(tr);
}

/* MAP-1, RNG-8: limits, more and reverse are those of the index. */
static void limits_count_entries_map1_rng8(void) {
    for (int limit = 1; limit <= ENTRIES + 1; limit++) {
        FDBTransaction *tr = begin(db);
        how h = ALL_OF_IT;
        int want = limit < ENTRIES ? limit : ENTRIES;
        h.limit = limit;
        check_entries(mapped(tr, tuple_of("rows", "{K[2]}", "{...}"), h), 0, 1, want, limit <= ENTRIES);
        h.reverse = 1;
        check_entries(mapped(tr, tuple_of("rows", "{K[2]}", "{...}"), h), ENTRIES - 1, -1, want, limit <= ENTRIES);
        destroy(tr);
    }
}

/* MAP-1: without {...} the mapper stands for one key, which may be absent. */
static void a_mapper_may_name_one_key_map1(void) {
    FDBTransaction *tr = begin(db);
    FDBFuture *f = mapped(tr, tuple_of("rows", "{K[2]}", "b"), ALL_OF_IT);
    const FDBMappedKeyValue *pairs = NULL;
    int count = 0;
    fdb_bool_t more;
    CHECK_OK(fdb_future_block_until_ready(f));
    CHECK_OK(fdb_future_get_mappedkeyvalue_array(f, &pairs, &count, &more));
    CHECK_INT(count, ENTRIES);
    for (int i = 0; i < count; i++) {
        FDBMappedKeyValue pair = pairs[i];
        tuple row = row_key(i, "b");
        if (CHECK_INT(pair.getRange.m_size, i % 4 >= 2) && pair.getRange.m_size == 1) {
            CHECK(same_bytes(key_in(pair.getRange.data, 0), bytes_in(&row)));
        }
    }
    fdb_future_destroy(f);
    destroy(tr);
}

/* MAP-1: what a mapper must be. 2043: no tuple; 2032: {...} not at the end; 2030: no such element. */
static void bad_mappers_are_refused_map1(void) {
    FDBTransaction *tr = begin(db);
    CHECK_CODE(outcome(mapped_in(tr, B("\1index\0"), B("\1index\1"), B("no tuple"), ALL_OF_IT)), 2043);
    fdb_transaction_reset(tr);
    CHECK_CODE(outcome(mapped(tr, tuple_of("{...}", "rows", NULL), ALL_OF_IT)), 2032);
    fdb_transaction_reset(tr);
    CHECK_CODE(outcome(mapped(tr, tuple_of("rows", "{K[9]}", "{...}"), ALL_OF_IT)), 2030);
    fdb_transaction_reset(tr);
    CHECK_CODE(outcome(mapped(tr, tuple_of("rows", "{V[2]}", "{...}"), ALL_OF_IT)), 2030);
    destroy(tr);
}

/* MAP-1: entries that are no tuples, if the mapper needs them. */
static void bad_entries_are_refused_map1(void) {
    FDBTransaction *tr = begin(db);
    tuple by_key = tuple_of("rows", "{K[0]}", "{...}"), by_value = tuple_of("rows", "{V[0]}", "{...}");
    put(db, B("text key"), B("text value"));
    CHECK_CODE(outcome(mapped_in(tr, B("text"), B("texu"), bytes_in(&by_key), ALL_OF_IT)), 2041);
    fdb_transaction_reset(tr);
    CHECK_CODE(outcome(mapped_in(tr, B("text"), B("texu"), bytes_in(&by_value), ALL_OF_IT)), 2042);
    destroy(tr);
}

/* MAP-1: not for snapshots, and not without own writes. */
static void snapshots_are_not_supported_map1(void) {
    FDBTransaction *tr = begin(db);
    how snapshot = ALL_OF_IT;
    snapshot.snapshot = 1;
    CHECK_CODE(outcome(mapped(tr, tuple_of("rows", "{K[2]}", "{...}"), snapshot)), 2108);
    fdb_transaction_reset(tr);
    CHECK_OK(tr_option(tr, 51));
    CHECK_CODE(outcome(mapped(tr, tuple_of("rows", "{K[2]}", "{...}"), ALL_OF_IT)), 2108);
    destroy(tr);
}

/* RNG-3, RNG-5: limits are judged as those of plain ranges. */
static void bad_limits_are_refused_rng3_rng5(void) {
    static const struct {
        how h;
        fdb_error_t code;
    } bad[] = {
        {{-2, 0, FDB_STREAMING_MODE_WANT_ALL, 0, 0, 0}, 2012},
        {{0, -2, FDB_STREAMING_MODE_WANT_ALL, 0, 0, 0}, 2012},
        {{0, 0, FDB_STREAMING_MODE_EXACT, 0, 0, 0}, 2210},
        {{0, 0, FDB_STREAMING_MODE_ITERATOR, 0, 0, 0}, 2000},
        {{0, 0, 9, 0, 0, 0}, 2000},
    };
    for (long i = 0; i < COUNT(bad); i++) {
        FDBTransaction *tr = begin(db);
        CHECK_CODE(outcome(mapped(tr, tuple_of("rows", "{K[2]}", "{...}"), bad[i].h)), bad[i].code);
        destroy(tr);
    }
}

/* CONF-2, MAP-1: a change of an entry or of a row that was read is a conflict; of another row it is none. */
static void entries_and_rows_conflict_conf2_map1(void) {
    tuple entry = index_key(3), row = row_key(3, "b"), elsewhere = tuple_of("other", "row", NULL);
    bytes changed[3];
    changed[0] = bytes_in(&entry);
    changed[1] = bytes_in(&row);
    changed[2] = bytes_in(&elsewhere);
    for (int i = 0; i < 3; i++) {
        FDBTransaction *tr;
        write_index();
        tr = begin(db);
        check_entries(mapped(tr, tuple_of("rows", "{K[2]}", "{...}"), ALL_OF_IT), 0, 1, ENTRIES, false);
        put(db, changed[i], B("changed"));
        tr_set(tr, B("x"), B("1"));
        CHECK_CODE(commit(tr), i < 2 ? 1020 : 0);
        destroy(tr);
    }
    write_index();
}

/* FUT-8: the arrays, and the arrays inside of them, outlive the transaction. */
static void memory_outlives_the_transaction_fut8(void) {
    FDBTransaction *tr = begin(db);
    FDBFuture *f = mapped(tr, tuple_of("rows", "{K[2]}", "{...}"), ALL_OF_IT);
    CHECK_OK(fdb_future_block_until_ready(f));
    destroy(tr);
    empty(db);
    check_entries(f, 0, 1, ENTRIES, false);
    write_index();
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    network_start(730);
    db = open_database();
    write_index();
    RUN(each_entry_comes_with_its_rows_map1);
    RUN(limits_count_entries_map1_rng8);
    RUN(a_mapper_may_name_one_key_map1);
    RUN(bad_mappers_are_refused_map1);
    RUN(bad_entries_are_refused_map1);
    RUN(snapshots_are_not_supported_map1);
    RUN(bad_limits_are_refused_rng3_rng5);
    RUN(entries_and_rows_conflict_conf2_map1);
    RUN(memory_outlives_the_transaction_fut8);
    fdb_database_destroy(db);
    network_finish();
    return harness_end();
}
