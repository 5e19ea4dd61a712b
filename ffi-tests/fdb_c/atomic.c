/*
 * Atomic operations and versionstamps: every kind against a model, as own writes and at commit.
 * Rules ATOM-1 to ATOM-7, VST-1 to VST-6, SPEC-10, RYW-3 to RYW-5.
 */
#include "harness.h"

#define ADD FDB_MUTATION_TYPE_ADD
#define STAMPED_KEY FDB_MUTATION_TYPE_SET_VERSIONSTAMPED_KEY
#define STAMPED_VALUE FDB_MUTATION_TYPE_SET_VERSIONSTAMPED_VALUE
#define METADATA_VERSION B("\xff/metadataVersion")

static FDBDatabase *db;

/* ------------------------------------------------------------------ the model */

typedef struct {
    bool present;
    uint8_t data[64];
    int len;
} value;

static value value_from(bytes b) {
    value v;
    memset(&v, 0, sizeof v);
    v.present = b.data != NULL;
    v.len = b.len;
    if (b.len > 0) {
        memcpy(v.data, b.data, (size_t)b.len);
    }
    return v;
}

static bytes bytes_in(const value *v) {
    return v->present ? bytes_of(v->data, v->len) : ABSENT;
}

/* Unsigned little-endian order of two numbers of `len` bytes. */
static int number_order(const uint8_t *a, const uint8_t *b, int len) {
    for (int i = len - 1; i >= 0; i--) {
        if (a[i] != b[i]) {
            return a[i] < b[i] ? -1 : 1;
        }
    }
    return 0;
}

static int text_order(const value *a, bytes b) {
    int shorter = a->len < b.len ? a->len : b.len;
    int order = shorter == 0 ? 0 : memcmp(a->data, b.data, (size_t)shorter);
    return order != 0 ? order : a->len - b.len;
}

/* ATOM-2: operations on numbers of the operand's length. `x` has been cut or extended to it. */
static void on_numbers(int op, const uint8_t *x, bytes p, uint8_t *out) {
    unsigned carry = 0;
    bool first = number_order(x, p.data, p.len) > 0;
    for (int i = 0; i < p.len; i++) {
        switch (op) {
        case 2:
            carry += (unsigned)x[i] + p.data[i];
            out[i] = (uint8_t)carry;
            carry >>= 8;
            break;
        case 6: out[i] = x[i] & p.data[i]; break;
        case 7: out[i] = x[i] | p.data[i]; break;
        case 8: out[i] = x[i] ^ p.data[i]; break;
        case 12: out[i] = first ? x[i] : p.data[i]; break;
        default: out[i] = first ? p.data[i] : x[i];
        }
    }
}

/* ATOM-2 to ATOM-5: what an operation makes of a value. */
static value applied(int op, value x, bytes p) {
    value made = value_from(p);
    made.present = true;
    if (op == 20) {
        if (x.present && text_order(&x, p) == 0) {
            x.present = false;
        }
        return x;
    }
    if (!x.present) {
        return made;
    }
    if (op == 9) {
        memcpy(x.data + x.len, p.data, (size_t)p.len);
        x.len += p.len;
        return x;
    }
    if (op == 16 || op == 17) {
        bool keep = op == 16 ? text_order(&x, p) < 0 : text_order(&x, p) > 0;
        return keep ? x : made;
    }
    memset(x.data + x.len, 0, sizeof x.data - (size_t)x.len);
    on_numbers(op, x.data, p, made.data);
    return made;
}

/* ------------------------------------------------------------------ ATOM */

static const int kinds[] = {2, 6, 7, 8, 9, 12, 13, 16, 17, 20};

static const bytes values[] = {{NULL, 0}, L(""), L("\0"), L("\1"), L("\xff"), L("\xff\xff"), L("\0\1"), L("\1\0"),
                               L("\x0f\xf0"), L("abc"), L("abd"), L("ab"), L("\xff\xff\xff\xff\xff\xff\xff\xff"),
                               L("\1\0\0\0\0\0\0\0"), L("\0\0\0\0\0\0\0\x80")};

static void put_or_clear(bytes v) {
    FDBTransaction *tr = begin(db);
    if (v.data == NULL) {
        tr_clear(tr, B("k"));
    } else {
        tr_set(tr, B("k"), v);
    }
    CHECK_OK(commit(tr));
    destroy(tr);
}

/* One operation on one value: read before the commit, read after it; on a stored and on an own value. */
static void check_operation(int op, bytes stored, bytes operand, bool own) {
    FDBTransaction *tr = begin(db);
    value want = applied(op, value_from(stored), operand);
    put_or_clear(own ? B("other") : stored);
    if (own) {
        tr_clear(tr, B("k"));
        if (stored.data != NULL) {
            tr_set(tr, B("k"), stored);
        }
    }
    tr_atomic(tr, op, B("k"), operand);
    CHECK_VALUE(tr, B("k"), bytes_in(&want));
    CHECK_OK(commit(tr));
    fdb_transaction_reset(tr);
    if (!CHECK_VALUE(tr, B("k"), bytes_in(&want))) {
        printf("       operation %d, value of %d bytes, operand of %d bytes\n", op, stored.len, operand.len);
    }
    destroy(tr);
}

/* ATOM-2 to ATOM-6, RYW-3 to RYW-5: every kind on every pair of values. */
static void each_kind_computes_its_value_atom2_atom3_atom4_atom5_ryw3_ryw4_ryw5(void) {
    long stride = 10 / scaled(10), at = 0;
    for (long op = 0; op < COUNT(kinds); op++) {
        for (long x = 0; x < COUNT(values); x++) {
            for (long p = 1; p < COUNT(values); p++) {
                if (at++ % stride == 0) {
                    check_operation(kinds[op], values[x], values[p], false);
                    check_operation(kinds[op], values[x], values[p], true);
                }
            }
        }
    }
}

/* ATOM-1: the codes without a public name, and those that are no operation. */
static void codes_of_operations_atom1(void) {
    for (int op = -1; op <= 40; op++) {
        FDBTransaction *tr = begin(db);
        bool known = op == 18 || op == 19 || op == 14 || op == 15;
        for (long i = 0; i < COUNT(kinds); i++) {
            known = known || kinds[i] == op;
        }
        tr_atomic(tr, op, B("k0123456789\1\0\0\0"), B("0123456789\0\0\0\0"));
        CHECK_CODE(commit(tr), known ? 0 : 2018);
        destroy(tr);
    }
}

/* ATOM-3: what does not fit is not appended. */
static void what_does_not_fit_is_not_appended_atom3(void) {
    uint8_t *large = calloc(1, 100000);
    FDBTransaction *tr = begin(db);
    tr_set(tr, B("k"), bytes_of(large, 99999));
    CHECK_OK(commit(tr));
    fdb_transaction_reset(tr);
    tr_atomic(tr, 9, B("k"), B("\0"));
    tr_atomic(tr, 9, B("k"), B("x"));
    CHECK_OK(commit(tr));
    fdb_transaction_reset(tr);
    CHECK_VALUE(tr, B("k"), bytes_of(large, 100000));
    destroy(tr);
    free(large);
}

static void add_many(long number, void *user) {
    (void)number;
    for (long i = 0; i < scaled(200); i++) {
        FDBTransaction *tr = begin((FDBDatabase *)user);
        tr_atomic(tr, ADD, B("sum"), B("\1\0\0\0\0\0\0\0"));
        CHECK_OK(commit(tr));
        destroy(tr);
    }
}

/* ATOM-6: additions never conflict, and none is lost. */
static void additions_do_not_conflict_atom6(void) {
    FDBTransaction *tr = begin(db);
    eight want = eight_of(8 * scaled(200));
    in_threads(8, add_many, db);
    CHECK_VALUE(tr, B("sum"), bytes_of(want.data, 8));
    destroy(tr);
}

/* ------------------------------------------------------------------ VST */

typedef struct {
    uint8_t data[10];
} stamp;

static stamp stamp_in(FDBFuture *f) {
    stamp made;
    const uint8_t *data = NULL;
    int len = 0;
    memset(&made, 0, sizeof made);
    CHECK_OK(fdb_future_block_until_ready(f));
    CHECK_OK(fdb_future_get_key(f, &data, &len));
    if (CHECK_INT(len, 10)) {
        memcpy(made.data, data, 10);
    }
    fdb_future_destroy(f);
    return made;
}

/* VST-1 to VST-3: key and value get the stamp that the future tells, at their offsets. */
static void keys_and_values_get_the_stamp_vst1_vst2_vst3(void) {
    for (int offset = 0; offset <= 5; offset++) {
        FDBTransaction *tr = begin(db);
        FDBFuture *f = fdb_transaction_get_versionstamp(tr);
        uint8_t template[19], stamped[15];
        stamp s;
        memcpy(template, "abcde0123456789", 15);
        memcpy(stamped, template, 15);
        memset(template + 15, 0, 4);
        template[15] = (uint8_t)offset;
        empty(db);
        tr_atomic(tr, STAMPED_KEY, bytes_of(template, 19), B("of the key"));
        tr_atomic(tr, STAMPED_VALUE, B("of the value"), bytes_of(template, 19));
        CHECK_OK(commit(tr));
        s = stamp_in(f);
        memcpy(stamped + offset, s.data, 10);
        fdb_transaction_reset(tr);
        CHECK_VALUE(tr, bytes_of(stamped, 15), B("of the key"));
        CHECK_VALUE(tr, B("of the value"), bytes_of(stamped, 15));
        destroy(tr);
    }
}

/* VST-4: an offset that does not fit is 2000, with the next future. */
static void a_stamp_must_fit_vst4(void) {
    static const bytes bad[] = {L(""),
                                L("abc"),
                                L("012345678\0\0\0\0"),
                                L("0123456789\1\0\0\0"),
                                L("0123456789\xff\xff\xff\xff"),
                                L("0123456789\0\0\0\x80"),
                                L("0123456789\0\1\0\0")};
    for (long i = 0; i < COUNT(bad); i++) {
        FDBTransaction *tr = begin(db);
        tr_atomic(tr, STAMPED_VALUE, B("k"), bad[i]);
        CHECK_CODE(commit(tr), 2000);
        fdb_transaction_reset(tr);
        tr_atomic(tr, STAMPED_KEY, bad[i], B("v"));
        CHECK_CODE(commit(tr), 2000);
        destroy(tr);
    }
}

/* VST-1, 3FS: keys stamped one after the other read back in the order of their commits. */
static void stamps_ascend_vst1(void) {
    stamp last;
    FDBTransaction *tr = begin(db);
    const FDBKeyValue *pairs = NULL;
    int count = 0;
    fdb_bool_t more;
    FDBFuture *f;
    memset(&last, 0, sizeof last);
    empty(db);
    for (int i = 0; i < 100; i++) {
        stamp s;
        char text[16];
        int len = snprintf(text, sizeof text, "%d", i);
        f = fdb_transaction_get_versionstamp(tr);
        tr_atomic(tr, STAMPED_KEY, B("p0123456789\1\0\0\0"), bytes_of(text, len));
        CHECK_OK(commit(tr));
        s = stamp_in(f);
        CHECK(memcmp(s.data, last.data, 10) > 0);
        last = s;
        fdb_transaction_reset(tr);
    }
    f = tr_range(tr, at_or_after(B("p")), at_or_after(B("q")), ALL_OF_IT);
    CHECK_OK(fdb_future_block_until_ready(f));
    CHECK_OK(fdb_future_get_keyvalue_array(f, &pairs, &count, &more));
    CHECK_INT(count, 100);
    for (int i = 0; i < count; i++) {
        char text[16];
        int len = snprintf(text, sizeof text, "%d", i);
        CHECK_BYTES(value_in(pairs, i).data, value_in(pairs, i).len, bytes_of(text, len));
    }
    fdb_future_destroy(f);
    destroy(tr);
}

/* SPEC-10, ATOM-7: the metadata version takes one mutation, and holds the stamp of the commit. */
static void the_metadata_version_is_a_stamp_spec10_atom7(void) {
    static const uint8_t zeros[14];
    FDBTransaction *tr = begin(db);
    FDBFuture *f = fdb_transaction_get_versionstamp(tr);
    stamp s;
    tr_atomic(tr, STAMPED_VALUE, METADATA_VERSION, bytes_of(zeros, 14));
    CHECK_CODE(touch(tr, METADATA_VERSION), 1036);
    fdb_transaction_reset(tr);
    CHECK_FUTURE(f, 1025);
    f = fdb_transaction_get_versionstamp(tr);
    tr_atomic(tr, STAMPED_VALUE, METADATA_VERSION, bytes_of(zeros, 14));
    tr_set(tr, B("beside"), B("it"));
    CHECK_OK(commit(tr));
    s = stamp_in(f);
    fdb_transaction_reset(tr);
    CHECK_VALUE(tr, METADATA_VERSION, bytes_of(s.data, 10));
    CHECK_SNAPSHOT(tr, METADATA_VERSION, bytes_of(s.data, 10));
    CHECK_CODE(outcome(tr_range(tr, at_or_after(METADATA_VERSION), at_or_after(B("\xff/z")), ALL_OF_IT)), 2004);
    tr_atomic(tr, STAMPED_VALUE, METADATA_VERSION, B("0123456789\0\0\0\0"));
    CHECK_CODE(commit(tr), 2000);
    fdb_transaction_reset(tr);
    tr_atomic(tr, ADD, METADATA_VERSION, B("\1"));
    CHECK_CODE(commit(tr), 2000);
    fdb_transaction_reset(tr);
    tr_clear(tr, METADATA_VERSION);
    CHECK_CODE(commit(tr), 2004);
    destroy(tr);
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    network_start(730);
    db = open_database();
    RUN(each_kind_computes_its_value_atom2_atom3_atom4_atom5_ryw3_ryw4_ryw5);
    RUN(codes_of_operations_atom1);
    RUN(what_does_not_fit_is_not_appended_atom3);
    RUN(additions_do_not_conflict_atom6);
    RUN(keys_and_values_get_the_stamp_vst1_vst2_vst3);
    RUN(a_stamp_must_fit_vst4);
    RUN(stamps_ascend_vst1);
    RUN(the_metadata_version_is_a_stamp_spec10_atom7);
    fdb_database_destroy(db);
    network_finish();
    return harness_end();
}
