/*
 * Tenants: named key spaces that are made and deleted through special keys, and do not see each other.
 * Rules TEN-1, CONF-13, COM-3.
 */
#include "harness.h"
#include "json.h"

#define MAP "\xff\xff/management/tenant/map/"

static FDBDatabase *db;

/* ------------------------------------------------------------------ words */

typedef struct {
    uint8_t data[300];
    int len;
} joined;

static joined map_key(const char *name) {
    joined made;
    made.len = snprintf((char *)made.data, sizeof made.data, "%s%s", MAP, name);
    return made;
}

/* Creates or deletes a tenant, and returns what the commit says. */
static fdb_error_t change_map(const char *name, bool create) {
    FDBTransaction *tr = begin(db);
    joined key = map_key(name);
    fdb_error_t error;
    CHECK_OK(tr_option(tr, 714));
    if (create) {
        tr_set(tr, bytes_of(key.data, key.len), B(""));
    } else {
        tr_clear(tr, bytes_of(key.data, key.len));
    }
    error = commit(tr);
    destroy(tr);
    return error;
}

static FDBTenant *tenant_of(const char *name) {
    FDBTenant *tenant = NULL;
    CHECK_OK(fdb_database_open_tenant(db, (const uint8_t *)name, (int)strlen(name), &tenant));
    return tenant;
}

static FDBTransaction *begin_in(FDBTenant *tenant) {
    FDBTransaction *tr = NULL;
    CHECK_OK(fdb_tenant_create_transaction(tenant, &tr));
    return tr;
}

static FDBTransaction *begin_named(const char *name) {
    FDBTenant *tenant = tenant_of(name);
    FDBTransaction *tr = begin_in(tenant);
    fdb_tenant_destroy(tenant);
    return tr;
}

static void put_in(const char *name, bytes key, bytes value) {
    FDBTransaction *tr = begin_named(name);
    tr_set(tr, key, value);
    CHECK_OK(commit(tr));
    destroy(tr);
}

static void check_in(const char *name, bytes key, bytes want) {
    FDBTransaction *tr = begin_named(name);
    CHECK_VALUE(tr, key, want);
    destroy(tr);
}

static void clear_in(const char *name) {
    FDBTransaction *tr = begin_named(name);
    tr_clear_range(tr, B(""), B("\xff"));
    CHECK_OK(commit(tr));
    destroy(tr);
}

/* The number of names in the map, and whether they ascend. */
static int count_tenants(void) {
    FDBTransaction *tr = begin(db);
    const FDBKeyValue *pairs = NULL;
    int count = -1;
    fdb_bool_t more;
    FDBFuture *f = tr_range(tr, at_or_after(B(MAP)), at_or_after(B("\xff\xff/management/tenant/map0")), ALL_OF_IT);
    CHECK_OK(fdb_future_block_until_ready(f));
    CHECK_OK(fdb_future_get_keyvalue_array(f, &pairs, &count, &more));
    for (int i = 0; i < count; i++) {
        CHECK(key_in(pairs, i).len > (int)strlen(MAP) && memcmp(key_in(pairs, i).data, MAP, strlen(MAP)) == 0);
    }
    fdb_future_destroy(f);
    destroy(tr);
    return count;
}

/* ------------------------------------------------------------------ claims */

/* TEN-1: one key has a value of its own in each tenant and outside of them. */
static void each_tenant_has_its_own_keys_ten1(void) {
    FDBTransaction *tr;
    put(db, B("k"), B("outside"));
    put_in("one", B("k"), B("in one"));
    put_in("two", B("k"), B("in two"));
    check_in("one", B("k"), B("in one"));
    check_in("two", B("k"), B("in two"));
    check_in("one", B("other"), ABSENT);
    tr = begin(db);
    CHECK_VALUE(tr, B("k"), B("outside"));
    CHECK_TEXT(scan(tr, B(""), B("\xff"), ALL_OF_IT), "k=outside");
    destroy(tr);
}

/* TEN-1, SEL-3: reads of ranges and selectors end where the tenant does. */
static void reads_end_with_the_tenant_ten1_sel3(void) {
    FDBTransaction *tr = begin_named("one");
    how reverse = ALL_OF_IT;
    reverse.reverse = 1;
    tr_clear_range(tr, B(""), B("\xff"));
    tr_set(tr, B(""), B("first"));
    tr_set(tr, B("b"), B("2"));
    tr_set(tr, B("\xfe\xff"), B("last"));
    CHECK_OK(commit(tr));
    fdb_transaction_reset(tr);
    CHECK_TEXT(scan(tr, B(""), B("\xff"), ALL_OF_IT), "=first b=2 \\xfe\\xff=last");
    CHECK_TEXT(scan(tr, B(""), B("\xff"), reverse), "\\xfe\\xff=last b=2 =first");
    CHECK_TEXT(key_text(tr, select_key(B("b"), 0, -5), 0), "");
    CHECK_TEXT(key_text(tr, select_key(B("b"), 0, 5), 0), "\\xff");
    CHECK_TEXT(key_text(tr, select_key(B("b"), 1, 1), 0), "\\xfe\\xff");
    CHECK_CODE(touch(tr, B("\xff")), 2004);
    destroy(tr);
    clear_in("one");
    check_in("two", B("k"), B("in two"));
}

/* CONF-13: transactions of two tenants never conflict; those of one do. */
static void conflicts_never_cross_tenants_conf13(void) {
    static const char *const others[] = {"two", "one", NULL};
    for (int i = 0; i < 3; i++) {
        FDBTransaction *tr = begin_named("one");
        CHECK_OK(touch(tr, B("k")));
        CHECK_TEXT(scan(tr, B("a"), B("z"), ALL_OF_IT), i == 2 ? "k=changed" : "");
        if (others[i] != NULL) {
            put_in(others[i], B("k"), B("changed"));
        } else {
            put(db, B("k"), B("changed"));
        }
        tr_set(tr, B("x"), B("1"));
        CHECK_CODE(commit(tr), i == 1 ? 1020 : 0);
        destroy(tr);
        tr = begin_named("one");
        tr_clear(tr, B("x"));
        CHECK_OK(commit(tr));
        destroy(tr);
    }
    clear_in("one");
}

/* TEN-1: every kind of write, versionstamps and watches work inside a tenant. */
static void a_tenant_is_a_whole_database_ten1(void) {
    FDBTransaction *tr = begin_named("one");
    FDBFuture *stamp = fdb_transaction_get_versionstamp(tr), *watch;
    const uint8_t *data = NULL;
    uint8_t key[11];
    int len = 0;
    tr_atomic(tr, FDB_MUTATION_TYPE_ADD, B("n"), B("\x05"));
    tr_atomic(tr, FDB_MUTATION_TYPE_SET_VERSIONSTAMPED_KEY, B("s0123456789\1\0\0\0"), B("stamped"));
    CHECK_OK(commit(tr));
    CHECK_OK(fdb_future_block_until_ready(stamp));
    CHECK_OK(fdb_future_get_key(stamp, &data, &len));
    key[0] = 's';
    memcpy(key + 1, data, 10);
    fdb_future_destroy(stamp);
    fdb_transaction_reset(tr);
    CHECK_VALUE(tr, B("n"), B("\x05"));
    CHECK_VALUE(tr, bytes_of(key, 11), B("stamped"));
    watch = tr_watch(tr, B("watched"));
    CHECK_OK(commit(tr));
    put_in("two", B("watched"), B("not this one"));
    put(db, B("watched"), B("nor this one"));
    CHECK(!fdb_future_is_ready(watch));
    put_in("one", B("watched"), B("this one"));
    CHECK_FUTURE(watch, 0);
    destroy(tr);
    clear_in("one");
}

/* TEN-2: a tenant that does not exist is told by the first operation. */
static void a_missing_tenant_is_2131_ten1(void) {
    FDBTenant *tenant = tenant_of("nobody");
    FDBTransaction *tr = begin_in(tenant);
    CHECK_CODE(touch(tr, B("k")), 2131);
    fdb_transaction_reset(tr);
    CHECK_CODE(outcome(tr_range(tr, at_or_after(B("a")), at_or_after(B("b")), ALL_OF_IT)), 2131);
    fdb_transaction_reset(tr);
    tr_set(tr, B("k"), B("v"));
    CHECK_CODE(commit(tr), 2131);
    CHECK_CODE(on_error(tr, 2131), 2131);
    CHECK_CODE(outcome(fdb_tenant_get_id(tenant)), 2131);
    destroy(tr);
    fdb_tenant_destroy(tenant);
}

/* TEN-3: a name is not empty and does not begin with 0xff. */
static void bad_names_are_2134_ten1(void) {
    static const bytes bad[] = {L(""), L("\xff"), L("\xff/system")};
    for (long i = 0; i < COUNT(bad); i++) {
        FDBTenant *tenant = (FDBTenant *)&bad;
        CHECK_CODE(fdb_database_open_tenant(db, bad[i].data, bad[i].len, &tenant), 2134);
        CHECK(tenant == NULL);
    }
    CHECK_CODE(change_map("\xff", true), 2134);
}

/* TEN-1: tenants are listed in order, each with its number. */
static void tenants_are_listed_ten1(void) {
    FDBTransaction *tr = begin(db);
    int before = count_tenants();
    char *end, text[1000];
    fdb_bool_t present = 0;
    const uint8_t *data = NULL;
    int len = 0;
    FDBTenant *tenant = tenant_of("listed");
    FDBFuture *f;
    CHECK_OK(change_map("listed", true));
    CHECK_INT(count_tenants(), before + 1);
    f = tr_get(tr, B(MAP "listed"));
    CHECK_OK(fdb_future_block_until_ready(f));
    CHECK_OK(fdb_future_get_value(f, &present, &data, &len));
    if (CHECK(present && len < (int)sizeof text)) {
        memcpy(text, data, (size_t)len);
        text[len] = 0;
        CHECK(json_is_valid(text) && json_at(text, "prefix") != NULL);
        CHECK_INT(strtoll(json_at(text, "id"), &end, 10), int64_of(fdb_tenant_get_id(tenant)));
    }
    fdb_future_destroy(f);
    fdb_tenant_destroy(tenant);
    destroy(tr);
    CHECK_OK(change_map("listed", false));
    CHECK_INT(count_tenants(), before);
}

/* TEN-1: a tenant that holds something is not deleted; an empty one is, and its number is not given again. */
static void only_an_empty_tenant_is_deleted_ten1(void) {
    FDBTenant *tenant = tenant_of("short-lived");
    int64_t first;
    CHECK_OK(change_map("short-lived", true));
    first = int64_of(fdb_tenant_get_id(tenant));
    put_in("short-lived", B("k"), B("v"));
    CHECK_CODE(change_map("short-lived", false), 2133);
    check_in("short-lived", B("k"), B("v"));
    clear_in("short-lived");
    CHECK_OK(change_map("short-lived", false));
    CHECK_CODE(outcome(fdb_tenant_get_id(tenant)), 2131);
    CHECK_OK(change_map("short-lived", true));
    CHECK(int64_of(fdb_tenant_get_id(tenant)) > first);
    check_in("short-lived", B("k"), ABSENT);
    CHECK_OK(change_map("short-lived", false));
    fdb_tenant_destroy(tenant);
}

/* TEN-1: nothing is committed into a tenant that was deleted meanwhile. */
static void a_deleted_tenant_takes_no_commit_ten1(void) {
    FDBTransaction *tr;
    fdb_error_t error;
    CHECK_OK(change_map("leaving", true));
    tr = begin_named("leaving");
    CHECK_OK(touch(tr, B("k")));
    CHECK_OK(change_map("leaving", false));
    tr_set(tr, B("k"), B("v"));
    error = commit(tr);
    CHECK(error == 1020 || error == 2131);
    destroy(tr);
    CHECK_OK(change_map("leaving", true));
    check_in("leaving", B("k"), ABSENT);
    CHECK_OK(change_map("leaving", false));
}

/* VER-12, TEN-2: at a read version from before its deletion a tenant is as it was, or is told to be gone. */
static void a_deleted_tenant_is_not_empty_before_ver12_ten2(void) {
    FDBTransaction *tr;
    FDBFuture *f;
    fdb_bool_t present = 0;
    const uint8_t *data;
    int len;
    fdb_error_t error;
    CHECK_OK(change_map("former", true));
    put_in("former", B("k"), B("v"));
    tr = begin_named("former");
    CHECK(read_version(tr) > 0);
    clear_in("former");
    CHECK_OK(change_map("former", false));
    f = tr_get(tr, B("k"));
    CHECK_OK(fdb_future_block_until_ready(f));
    error = fdb_future_get_value(f, &present, &data, &len);
    CHECK(error == 2131 || (error == 0 && present));
    fdb_future_destroy(f);
    destroy(tr);
}

/* VER-7, LIM-7: a tenant's transaction takes a read version as any other; an inverted clear of the map is 2005. */
static void a_tenant_takes_a_read_version_ver7(void) {
    FDBTransaction *other = begin(db), *tr;
    int64_t at = read_version(other);
    CHECK_OK(change_map("dated", true));
    destroy(other);
    other = begin(db);
    at = read_version(other);
    destroy(other);
    tr = begin_named("dated");
    fdb_transaction_set_read_version(tr, at);
    CHECK_VALUE(tr, B("k"), ABSENT);
    CHECK_INT(read_version(tr), at);
    destroy(tr);
    tr = begin(db);
    CHECK_OK(tr_option(tr, 714));
    tr_clear_range(tr, B(MAP), B("\xff\xff/a"));
    CHECK_CODE(commit(tr), 2005);
    destroy(tr);
    check_in("dated", B("k"), ABSENT);
    CHECK_OK(change_map("dated", false));
}

/* SPEC-3: the map is written with permission only. */
static void the_map_needs_permission_spec3(void) {
    FDBTransaction *tr = begin(db);
    tr_set(tr, B(MAP "forbidden"), B(""));
    CHECK_CODE(commit(tr), 2114);
    destroy(tr);
}

/* TEN-1, TX-2: a transaction outlives its tenant's handle; a handle serves many transactions. */
static void handles_are_independent_ten1(void) {
    FDBTenant *tenant = tenant_of("one");
    FDBTransaction *first = begin_in(tenant), *second = begin_in(tenant);
    fdb_tenant_destroy(tenant);
    tr_set(first, B("k"), B("v"));
    CHECK_OK(commit(first));
    CHECK_VALUE(second, B("k"), B("v"));
    destroy(first);
    destroy(second);
    clear_in("one");
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    network_start(730);
    db = open_database();
    CHECK_OK(change_map("one", true));
    CHECK_OK(change_map("two", true));
    RUN(each_tenant_has_its_own_keys_ten1);
    RUN(reads_end_with_the_tenant_ten1_sel3);
    RUN(conflicts_never_cross_tenants_conf13);
    RUN(a_tenant_is_a_whole_database_ten1);
    RUN(a_missing_tenant_is_2131_ten1);
    RUN(bad_names_are_2134_ten1);
    RUN(tenants_are_listed_ten1);
    RUN(only_an_empty_tenant_is_deleted_ten1);
    RUN(a_deleted_tenant_takes_no_commit_ten1);
    RUN(a_deleted_tenant_is_not_empty_before_ver12_ten2);
    RUN(a_tenant_takes_a_read_version_ver7);
    RUN(the_map_needs_permission_spec3);
    RUN(handles_are_independent_ten1);
    fdb_database_destroy(db);
    network_finish();
    return harness_end();
}
