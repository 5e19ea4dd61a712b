/*
 * Special keys (SPEC-1 to SPEC-10): the modules that tell a transaction's conflict ranges and
 * what it conflicted with, the ones that describe the database, what lies between modules,
 * writing, and "\xff/metadataVersion".
 */
#include "harness.h"
#include "words.h"

static plinth_database *db;

#define SPECIAL "\xff\xff"
#define TEN_ZEROS B("\0\0\0\0\0\0\0\0\0\0")

/* Rows between two special keys, without the prefix of the printed form. */
static const char *special_rows(plinth_transaction *tr, plinth_key_selector from, plinth_key_selector to, int32_t limit, bool reverse) {
    plinth_range_options options = range_options(limit, 0, false, reverse);
    return scan(tr, from, to, &options);
}

/* ------------------------------------------------------------------ the conflict ranges of the transaction */

/* SPEC-1, SPEC-4: pairs of begin and end; a key that is neither is absent and no error. (SPEC-1, SPEC-4, SPEC-5) */
static void read_conflict_ranges_are_pairs_of_ends(void) {
    plinth_transaction *tr = begin(db);
    CHECK_OK(tr_read_conflict(tr, B("a"), B("c")));
    CHECK_VALUE(tr, B(SPECIAL "/transaction/read_conflict_range/a"), B("1"));
    CHECK_VALUE(tr, B(SPECIAL "/transaction/read_conflict_range/b"), ABSENT);
    CHECK_VALUE(tr, B(SPECIAL "/transaction/read_conflict_range/c"), B("0"));
    CHECK_SNAPSHOT(tr, B(SPECIAL "/transaction/read_conflict_range/a"), B("1"));
    CHECK_VALUE(tr, B(SPECIAL "/transaction/read_conflict_range/"), ABSENT);
    CHECK_VALUE(tr, B(SPECIAL "/transaction/write_conflict_range/a"), ABSENT);
    CHECK_OK(tr_write_conflict(tr, B(""), B("c")));
    CHECK_VALUE(tr, B(SPECIAL "/transaction/write_conflict_range/"), B("1"));
    CHECK_VALUE(tr, B(SPECIAL "/transaction/write_conflict_range/c"), B("0"));
    destroy(tr);
}

/* Reading them adds no conflict, needs no permission and no read version. (SPEC-1, CONF-7) */
static void reading_special_keys_leaves_no_conflict(void) {
    plinth_transaction *tr = begin(db);
    CHECK_READ_CONFLICTS(tr, "");
    CHECK_OK(tr_touch(tr, B(SPECIAL "/status/json")));
    CHECK_OK(tr_touch(tr, B(SPECIAL "/transaction/read_conflict_range/x")));
    CHECK_READ_CONFLICTS(tr, "");
    /* No read version was needed: one can still be set. */
    CHECK_OK(plinth_transaction_set_read_version(tr, 1));
    CHECK_OK(tr_touch(tr, B(SPECIAL "/status/json")));
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_INT(committed_version_of(tr), -1);
    destroy(tr);
}

/* They work after the commit, where every other read is refused, and do not count as a use of it. (SPEC-1, COM-3) */
static void special_keys_are_read_after_the_commit_too(void) {
    plinth_transaction *tr = begin(db);
    int64_t version = 0;
    CHECK_OK(tr_touch(tr, B("r")));
    CHECK_OK(tr_set(tr, B("w"), B("v")));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_READ_CONFLICTS(tr, "[r,r\\x00)");
    CHECK_WRITE_CONFLICTS(tr, "[w,w\\x00)");
    CHECK_OK(tr_touch(tr, B(SPECIAL "/status/json")));
    CHECK_OK(plinth_transaction_get_read_version(tr, &version));
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_READ_CONFLICTS(tr, "");
    CHECK_WRITE_CONFLICTS(tr, "");
    destroy(tr);
}

/* SPEC-4: only pairs whose key lies in the range that was asked for. (SPEC-4) */
static void a_part_of_a_module_gives_the_pairs_in_it(void) {
    plinth_transaction *tr = begin(db);
    CHECK_OK(tr_read_conflict(tr, B("b"), B("d")));
    CHECK_OK(tr_read_conflict(tr, B("f"), B("h")));
#define AT(key) at_or_after(B(SPECIAL "/transaction/read_conflict_range/" key))
#define SHOWN(key, value) "\\xff\\xff/transaction/read_conflict_range/" key "=" value
    CHECK_TEXT(special_rows(tr, AT("c"), AT("g"), 0, false), SHOWN("d", "0") " " SHOWN("f", "1"));
    CHECK_TEXT(special_rows(tr, AT("b"), AT("d"), 0, false), SHOWN("b", "1"));
    CHECK_TEXT(special_rows(tr, AT("c"), AT("d"), 0, false), "");
    CHECK_TEXT(special_rows(tr, AT("z"), AT("\xff"), 0, false), "");
    CHECK_TEXT(special_rows(tr, AT("h"), AT("b"), 0, false), "");
    destroy(tr);
}

/* SPEC-2: limits, reverse and more as in ordinary ranges. (SPEC-2, RNG-3, RNG-8) */
static void special_ranges_have_limits_and_directions(void) {
    plinth_transaction *tr = begin(db);
    plinth_range_options bytes_limit = range_options(0, 1, false, false), bad = range_options(-2, 0, false, false);
    CHECK_OK(tr_read_conflict(tr, B("b"), B("d")));
    CHECK_TEXT(special_rows(tr, AT(""), AT("\xff"), 1, false), SHOWN("b", "1") " +");
    CHECK_TEXT(special_rows(tr, AT(""), AT("\xff"), 1, true), SHOWN("d", "0") " +");
    CHECK_TEXT(special_rows(tr, AT(""), AT("\xff"), 2, false), SHOWN("b", "1") " " SHOWN("d", "0") " +");
    CHECK_TEXT(special_rows(tr, AT(""), AT("\xff"), 3, true), SHOWN("d", "0") " " SHOWN("b", "1"));
    CHECK_TEXT(scan(tr, AT(""), AT("\xff"), &bytes_limit), SHOWN("b", "1") " +");
    CHECK_TEXT(scan(tr, AT(""), AT("\xff"), &bad), "error 2012");
    destroy(tr);
}

/* SPEC-2: selectors count pairs and stop at the bounds of the module. (SPEC-2) */
static void selectors_of_special_keys_stay_in_their_module(void) {
    plinth_transaction *tr = begin(db);
    bytes from = B(SPECIAL "/transaction/read_conflict_range/"), to = B(SPECIAL "/transaction/read_conflict_range0");
    CHECK_OK(tr_read_conflict(tr, B("b"), B("d")));
    CHECK_TEXT(special_rows(tr, selector(from, false, 2), at_or_after(to), 0, false), SHOWN("d", "0"));
    CHECK_TEXT(special_rows(tr, at_or_after(from), selector(from, false, 2), 0, false), SHOWN("b", "1"));
    CHECK_TEXT(special_rows(tr, selector(from, false, 1000), at_or_after(to), 0, false), "");
    CHECK_TEXT(special_rows(tr, selector(to, false, -1000), at_or_after(to), 0, false), SHOWN("b", "1") " " SHOWN("d", "0"));
    CHECK_TEXT(special_rows(tr, at_or_after(from), selector(from, false, 1000), 0, false), SHOWN("b", "1") " " SHOWN("d", "0"));
    destroy(tr);
}

/* SPEC-5: the three share one module, which is read as a whole. (SPEC-5, SPEC-2) */
static void the_transaction_module_is_one(void) {
    plinth_transaction *tr = begin(db);
    CHECK_OK(tr_read_conflict(tr, B("b"), B("d")));
    CHECK_OK(tr_write_conflict(tr, B("f"), B("h")));
    CHECK_TEXT(scan_keys(tr, B(SPECIAL "/transaction/"), B(SPECIAL "/transaction0")),
               SHOWN("b", "1") " " SHOWN("d", "0") " \\xff\\xff/transaction/write_conflict_range/f=1"
                               " \\xff\\xff/transaction/write_conflict_range/h=0");
    destroy(tr);
}

/* SPEC-4: a stamped key shows as everything it may become, and after the commit as what it became. (SPEC-4, RYW-8, CONF-1) */
static void a_stamped_key_shows_as_its_whole_range_until_the_commit(void) {
    plinth_transaction *tr = begin(db);
    stamp got, low = stamp_at(read_version_of(tr), 0), high;
    joined first, last;
    char want[400], texts[2][150];
    memset(&high, 0xff, sizeof high);
    for (int committed = 0; committed < 2; committed++) {
        if (committed == 0) {
            CHECK_OK(tr_stamped_key(tr, B("log/0123456789/x"), 4, B("v")));
            first = join(B("log/"), &low, B("/x"));
            last = join(B("log/"), &high, B("/x\0"));
        } else {
            CHECK_OK(plinth_transaction_commit(tr));
            got = stamp_of(tr);
            first = join(B("log/"), &got, B("/x"));
            last = join(B("log/"), &got, B("/x\0"));
        }
        bytes_print(texts[0], sizeof texts[0], first.data, first.len);
        bytes_print(texts[1], sizeof texts[1], last.data, last.len);
        snprintf(want, sizeof want, "[%s,%s)", texts[0], texts[1]);
        CHECK_WRITE_CONFLICTS(tr, want);
    }
    destroy(tr);
}

/* Conflict ranges are those of the keyspace that is asked. (SPEC-4) */
static void each_keyspace_tells_its_own_ranges(void) {
    plinth_keyspace *ks = NULL;
    plinth_transaction *tr = begin(db);
    CHECK_OK(plinth_keyspace_open(db, "second", &ks));
    CHECK_OK(tr_touch(tr, B("here")));
    CHECK_OK(tr_touch_in(tr, ks, B("there"), false));
    CHECK_OK(plinth_transaction_set(tr, ks, (const uint8_t *)"w", 1, (const uint8_t *)"v", 1));
    CHECK_READ_CONFLICTS(tr, "[here,here\\x00)");
    CHECK_WRITE_CONFLICTS(tr, "");
    CHECK_TEXT(ranges_in(tr, ks, READ_CONFLICTS), "[there,there\\x00)");
    CHECK_TEXT(ranges_in(tr, ks, WRITE_CONFLICTS), "[w,w\\x00)");
    destroy(tr);
    CHECK_OK(plinth_keyspace_close(ks));
}

/* ------------------------------------------------------------------ conflicting keys */

/* Reads some ranges, has a write to `hit` committed, and fails to commit. */
static void conflict_on(plinth_transaction *tr, bytes hit) {
    CHECK_OK(tr_touch(tr, B("b")));
    CHECK_TEXT(scan_keys(tr, B("n"), B("o")), "");
    CHECK_OK(tr_read_conflict(tr, B("t"), B("u")));
    CHECK_OK(tr_set(tr, B("own"), B("v")));
    {
        plinth_transaction *other = begin(db);
        CHECK_OK(tr_clear(other, hit));
        CHECK_OK(plinth_transaction_commit(other));
        destroy(other);
    }
    CHECK_CODE(plinth_transaction_commit(tr), PLINTH_ERROR_NOT_COMMITTED);
}

/* SPEC-6: the whole read range that was hit, not the part; it survives on_error and reset. (SPEC-4, SPEC-6, ERRH-6) */
static void conflicting_keys_tell_the_read_range_that_was_hit(void) {
    plinth_transaction *tr = begin(db);
    CHECK_CONFLICTING_KEYS(tr, "");
    CHECK_OK(tr_option(tr, PLINTH_OPTION_REPORT_CONFLICTING_KEYS));
    conflict_on(tr, B("n5"));
    CHECK_CONFLICTING_KEYS(tr, "[n,o)");
    CHECK_VALUE(tr, B(SPECIAL "/transaction/conflicting_keys/n"), B("1"));
    CHECK_VALUE(tr, B(SPECIAL "/transaction/conflicting_keys/o"), B("0"));
    CHECK_VALUE(tr, B(SPECIAL "/transaction/conflicting_keys/n5"), ABSENT);
    CHECK_OK(plinth_transaction_on_error(tr, PLINTH_ERROR_NOT_COMMITTED));
    CHECK_CONFLICTING_KEYS(tr, "[n,o)");
    CHECK_OK(tr_set(tr, B("mine"), B("v")));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_CONFLICTING_KEYS(tr, "[n,o)");
    destroy(tr);
}

/* The next conflict that reports replaces it; one that does not report leaves it. (SPEC-6) */
static void the_next_report_replaces_the_last_one(void) {
    plinth_transaction *tr = begin(db);
    CHECK_OK(tr_option(tr, PLINTH_OPTION_REPORT_CONFLICTING_KEYS));
    conflict_on(tr, B("b"));
    CHECK_CONFLICTING_KEYS(tr, "[b,b\\x00)");
    CHECK_OK(plinth_transaction_reset(tr));
    conflict_on(tr, B("t"));
    CHECK_CONFLICTING_KEYS(tr, "[b,b\\x00)");
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_OK(tr_option(tr, PLINTH_OPTION_REPORT_CONFLICTING_KEYS));
    conflict_on(tr, B("t5"));
    CHECK_CONFLICTING_KEYS(tr, "[t,u)");
    destroy(tr);
}

/* Without the option nothing is told. (SPEC-4) */
static void without_the_option_no_conflicting_keys_are_told(void) {
    plinth_transaction *tr = begin(db);
    conflict_on(tr, B("n5"));
    CHECK_CONFLICTING_KEYS(tr, "");
    destroy(tr);
}

/* At least one of several ranges that were hit is told, and no range that was not. (SPEC-6) */
static void of_several_hits_at_least_one_is_told(void) {
    plinth_transaction *tr = begin(db), *other = begin(db);
    const char *told;
    CHECK_OK(tr_option(tr, PLINTH_OPTION_REPORT_CONFLICTING_KEYS));
    CHECK_OK(tr_read_conflict(tr, B("a"), B("c")));
    CHECK_OK(tr_read_conflict(tr, B("e"), B("g")));
    CHECK_OK(tr_read_conflict(tr, B("i"), B("k")));
    CHECK(read_version_of(tr) > 0);
    CHECK_OK(tr_set(tr, B("mine"), B("v")));
    CHECK_OK(tr_clear_range(other, B("b"), B("f")));
    CHECK_OK(plinth_transaction_commit(other));
    CHECK_CODE(plinth_transaction_commit(tr), PLINTH_ERROR_NOT_COMMITTED);
    told = ranges_in(tr, NULL, CONFLICTING_KEYS);
    CHECK(strcmp(told, "[a,c) [e,g)") == 0 || strcmp(told, "[a,c)") == 0 || strcmp(told, "[e,g)") == 0);
    destroy(tr);
    destroy(other);
}

/* The database may switch it on for all. (SPEC-4, OPT-5) */
static void reporting_may_be_the_default_of_a_database(void) {
    plinth_database *memory = db;
    plinth_transaction *tr;
    db = open_memory();
    CHECK_OK(plinth_database_set_option(db, PLINTH_DATABASE_OPTION_TRANSACTION_REPORT_CONFLICTING_KEYS, 0));
    tr = begin(db);
    conflict_on(tr, B("n5"));
    CHECK_CONFLICTING_KEYS(tr, "[n,o)");
    destroy(tr);
    CHECK_OK(plinth_database_close(db));
    db = memory;
}

/* A conflict of another keyspace is told there. (SPEC-6) */
static void conflicting_keys_are_told_by_their_keyspace(void) {
    plinth_keyspace *ks = NULL;
    plinth_transaction *tr = begin(db);
    CHECK_OK(plinth_keyspace_open(db, "second", &ks));
    CHECK_OK(tr_option(tr, PLINTH_OPTION_REPORT_CONFLICTING_KEYS));
    CHECK_OK(tr_touch(tr, B("k")));
    CHECK_OK(tr_touch_in(tr, ks, B("k"), false));
    CHECK_OK(tr_set(tr, B("mine"), B("v")));
    put_in(db, ks, B("k"), B("changed"));
    CHECK_CODE(plinth_transaction_commit(tr), PLINTH_ERROR_NOT_COMMITTED);
    CHECK_CONFLICTING_KEYS(tr, "");
    CHECK_TEXT(ranges_in(tr, ks, CONFLICTING_KEYS), "[k,k\\x00)");
    destroy(tr);
    CHECK_OK(plinth_keyspace_close(ks));
}

/* ------------------------------------------------------------------ modules and what lies between */

/* SPEC-2: no module is 2113, several are 2112; with RELAXED both give what there is. (SPEC-2) */
static void keys_outside_of_modules_and_ranges_over_several_are_errors(void) {
    static const bytes unknown[] = {L(SPECIAL), L(SPECIAL "\0"), L(SPECIAL "/"), L(SPECIAL "/nothing"), L(SPECIAL "/transaction"),
                                    L(SPECIAL "/status/jso"), L(SPECIAL "/status/json\0"), L(SPECIAL "\xfe\xff\xff")};
    plinth_transaction *tr = begin(db);
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        CHECK_CODE(tr_touch(tr, unknown[i]), PLINTH_ERROR_SPECIAL_KEYS_NO_MODULE_FOUND);
        CHECK_CODE(tr_touch_in(tr, NULL, unknown[i], true), PLINTH_ERROR_SPECIAL_KEYS_NO_MODULE_FOUND);
    }
    CHECK_TEXT(scan_keys(tr, B(SPECIAL "/a"), B(SPECIAL "/b")), "error 2113");
    CHECK_TEXT(scan_keys(tr, B(SPECIAL "/status/json"), B(SPECIAL "/transaction0")), "error 2112");
    CHECK_TEXT(scan_keys(tr, B(SPECIAL), B(SPECIAL "\xff")), "error 2112");
    CHECK_OK(tr_option(tr, PLINTH_OPTION_SPECIAL_KEY_SPACE_RELAXED));
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        CHECK_VALUE(tr, unknown[i], ABSENT);
    }
    CHECK_TEXT(scan_keys(tr, B(SPECIAL "/a"), B(SPECIAL "/b")), "");
    /* None of these errors has touched the transaction. */
    CHECK_OK(tr_set(tr, B("x"), B("v")));
    CHECK_OK(plinth_transaction_commit(tr));
    destroy(tr);
}

/* With RELAXED one read goes over all modules, in the order of keys. (SPEC-2, SPEC-7) */
static void a_relaxed_read_goes_over_all_modules(void) {
    static const char *const want[] = {"/cluster_file_path", "/cluster_id", "/connection_string", "/status/json",
                                       "/transaction/read_conflict_range/b", "/transaction/read_conflict_range/d"};
    plinth_transaction *tr = begin(db);
    plinth_key_selector from = at_or_after(B(SPECIAL)), to = at_or_after(B(SPECIAL "\xff"));
    plinth_range range;
    size_t found = 0;
    CHECK_OK(tr_option(tr, PLINTH_OPTION_SPECIAL_KEY_SPACE_RELAXED));
    CHECK_OK(tr_read_conflict(tr, B("b"), B("d")));
    CHECK_OK(plinth_transaction_get_range(tr, NULL, &from, &to, NULL, &range));
    for (size_t i = 0; i < range.count; i++) {
        const plinth_key_value *pair = &range.items[i];
        CHECK(pair->key_len > 2 && memcmp(pair->key, SPECIAL, 2) == 0);
        found += found < 6 && pair->key_len == 2 + strlen(want[found]) && memcmp(pair->key + 2, want[found], pair->key_len - 2) == 0;
        if (i > 0) {
            size_t shorter = pair->key_len < pair[-1].key_len ? pair->key_len : pair[-1].key_len;
            int order = memcmp(pair[-1].key, pair->key, shorter);
            CHECK(order < 0 || (order == 0 && pair[-1].key_len < pair->key_len));
        }
    }
    CHECK_INT(found, 6);
    plinth_range_free(&range);
    destroy(tr);
}

/* SPEC-9: ordinary ranges and selectors never show special keys, nor are any stored. (SPEC-9, DATA-3, SEL-3) */
static void special_keys_never_appear_among_ordinary_ones(void) {
    plinth_transaction *tr = seeded(db);
    CHECK_OK(tr_option(tr, PLINTH_OPTION_READ_SYSTEM_KEYS));
    CHECK_TEXT(scan_keys(tr, B("a"), B(SPECIAL)), "b=2 d=4 f=6");
    CHECK_TEXT(key_of_selector(tr, B("z"), false, 1), "\\xff\\xff");
    CHECK_TEXT(scan_keys(tr, B("a"), B(SPECIAL "\xff")), "error 2004");
    CHECK_TEXT(key_of_selector(tr, B(SPECIAL "/"), false, 1), "error 2004");
    destroy(tr);
}

/* SPEC-7: modules that are there and empty. (SPEC-7) */
static void empty_modules_are_empty(void) {
    static const char *const modules[] = {"metrics", "worker_interfaces", "management", "configuration", "global_config", "tracing"};
    plinth_transaction *tr = begin(db);
    for (size_t i = 0; i < sizeof modules / sizeof modules[0]; i++) {
        char from[48], to[48], inside[48];
        size_t len = (size_t)snprintf(from, sizeof from, SPECIAL "/%s/", modules[i]);
        snprintf(to, sizeof to, SPECIAL "/%s0", modules[i]);
        snprintf(inside, sizeof inside, SPECIAL "/%s/x", modules[i]);
        CHECK_TEXT(scan_keys(tr, bytes_of(from, len), bytes_of(to, len)), "");
        CHECK_VALUE(tr, bytes_of(inside, len + 1), ABSENT);
    }
    CHECK_VALUE(tr, B(SPECIAL "/error_message"), ABSENT);
    destroy(tr);
}

/* ------------------------------------------------------------------ what the database says of itself */

static const char *skip_space(const char *at) {
    return at + strspn(at, " \t\r\n");
}

/* The end of the JSON string that begins at `at`, or NULL. */
static const char *json_string(const char *at) {
    if (*at++ != '"') {
        return NULL;
    }
    for (; *at != '"'; at++) {
        if ((unsigned char)*at < 0x20) {
            return NULL;
        }
        if (*at == '\\') {
            at++;
            if (*at == 'u') {
                if (strspn(at + 1, "0123456789abcdefABCDEF") < 4) {
                    return NULL;
                }
                at += 4;
            } else if (*at == 0 || strchr("\"\\/bfnrt", *at) == NULL) {
                return NULL;
            }
        }
    }
    return at + 1;
}

static const char *json_number(const char *at) {
    const char *digits;
    at += *at == '-';
    digits = at;
    at += strspn(at, "0123456789");
    if (at == digits || (*digits == '0' && at - digits > 1)) {
        return NULL;
    }
    if (*at == '.') {
        size_t count = strspn(at + 1, "0123456789");
        at = count == 0 ? NULL : at + 1 + count;
    }
    if (at != NULL && (*at == 'e' || *at == 'E')) {
        size_t count;
        at++;
        at += *at == '+' || *at == '-';
        count = strspn(at, "0123456789");
        at = count == 0 ? NULL : at + count;
    }
    return at;
}

/* The end of the JSON value that begins at `at`, or NULL if it is none. */
static const char *json_value(const char *at) {
    static const char *const words[] = {"true", "false", "null"};
    at = skip_space(at);
    if (*at == '{' || *at == '[') {
        char open = *at, close = open == '{' ? '}' : ']';
        at = skip_space(at + 1);
        while (*at != close) {
            if (open == '{') {
                at = json_string(at);
                at = at == NULL ? NULL : skip_space(at);
                if (at == NULL || *at++ != ':') {
                    return NULL;
                }
            }
            at = json_value(at);
            if (at == NULL) {
                return NULL;
            }
            at = skip_space(at);
            if (*at == ',') {
                at = skip_space(at + 1);
                if (*at == close) {
                    return NULL;
                }
            } else if (*at != close) {
                return NULL;
            }
        }
        return at + 1;
    }
    for (size_t i = 0; i < 3; i++) {
        if (strncmp(at, words[i], strlen(words[i])) == 0) {
            return at + strlen(words[i]);
        }
    }
    return *at == '"' ? json_string(at) : json_number(at);
}

static bool is_json(const char *text) {
    const char *end = json_value(text);
    return end != NULL && *skip_space(end) == 0;
}

/* The checker itself: it must be able to say no. (SPEC-7) */
static void the_json_checker_knows_json(void) {
    static const char *const good[] = {"{}", " [1, -2.5e+3, \"a\\u00e9\\n\", {\"k\": [true, false, null]}] ", "0", "\"\""};
    static const char *const bad[] = {"", "{", "{\"a\"}", "[1,]", "{\"a\":1,}", "01", "1.", "\"", "\"\\x\"", "{} {}", "nul", "[1 2]", "{a:1}", "1e"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        CHECK(is_json(good[i]));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK(!is_json(bad[i]));
    }
}

/* A special key's value as text. */
static void special_text(plinth_transaction *tr, bytes key, char *text, size_t size) {
    plinth_value value;
    CHECK_OK(plinth_transaction_get(tr, NULL, key.data, key.len, &value));
    text[0] = 0;
    if (CHECK(value.data != NULL && value.len < size && memchr(value.data, 0, value.len) == NULL)) {
        memcpy(text, value.data, value.len);
        text[value.len] = 0;
    }
    plinth_value_free(&value);
}

/* SPEC-7: the status is a JSON object with a client and a cluster in it. (SPEC-7, SPEC-1) */
static void the_status_is_json(void) {
    static char text[65536];
    plinth_transaction *tr = begin(db);
    special_text(tr, B(SPECIAL "/status/json"), text, sizeof text);
    CHECK(is_json(text));
    CHECK(text[0] == '{');
    CHECK(strstr(text, "\"client\"") != NULL);
    CHECK(strstr(text, "\"cluster\"") != NULL);
    CHECK(strncmp(scan_keys(tr, B(SPECIAL "/status/json"), B(SPECIAL "/status/json\0")), "\\xff\\xff/status/json={", 22) == 0);
    destroy(tr);
}

/* SPEC-7: an id of the store that survives reopening and differs between stores. (SPEC-7) */
static void the_cluster_id_belongs_to_the_store(void) {
    path where = temporary_path(), elsewhere = temporary_path();
    char ids[4][128];
    for (int i = 0; i < 4; i++) {
        plinth_database *store = i == 3 ? open_memory() : open_with(i == 2 ? elsewhere.text : where.text, NULL);
        plinth_transaction *tr = begin(store);
        special_text(tr, B(SPECIAL "/cluster_id"), ids[i], sizeof ids[i]);
        destroy(tr);
        CHECK_OK(plinth_database_close(store));
    }
    CHECK(strlen(ids[0]) > 8);
    CHECK_TEXT(ids[1], ids[0]);
    CHECK(strcmp(ids[2], ids[0]) != 0);
    CHECK(strcmp(ids[3], ids[0]) != 0);
}

/* SPEC-7: the path that the database was opened with. (SPEC-7) */
static void the_path_is_told(void) {
    path where = temporary_path();
    for (int memory = 0; memory < 2; memory++) {
        const char *given = memory ? ":memory:" : where.text;
        plinth_database *store = open_with(given, NULL);
        plinth_transaction *tr = begin(store);
        char text[400];
        special_text(tr, B(SPECIAL "/cluster_file_path"), text, sizeof text);
        CHECK_TEXT(text, given);
        special_text(tr, B(SPECIAL "/connection_string"), text, sizeof text);
        CHECK_TEXT(text, given);
        destroy(tr);
        CHECK_OK(plinth_database_close(store));
    }
}

/* ------------------------------------------------------------------ writing */

/* SPEC-3: 2114 without the option, 2115 with it, 2116 for a range over two modules; each changes nothing. (SPEC-3, SPEC-7) */
static void special_keys_are_not_written(void) {
    static const bytes keys[] = {L(SPECIAL "/transaction/read_conflict_range/a"), L(SPECIAL "/management/x"), L(SPECIAL "/metrics/x"),
                                 L(SPECIAL "/status/json"), L(SPECIAL "/worker_interfaces/x"), L(SPECIAL "/configuration/x"),
                                 L(SPECIAL "/global_config/x"), L(SPECIAL "/tracing/x")};
    plinth_transaction *tr = begin(db);
    for (int enabled = 0; enabled < 2; enabled++) {
        plinth_error want = enabled ? PLINTH_ERROR_SPECIAL_KEYS_NO_WRITE_MODULE_FOUND : PLINTH_ERROR_SPECIAL_KEYS_WRITE_DISABLED;
        if (enabled) {
            CHECK_OK(tr_option(tr, PLINTH_OPTION_SPECIAL_KEY_SPACE_ENABLE_WRITES));
        }
        for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
            CHECK_CODE(tr_set(tr, keys[i], B("v")), want);
            CHECK_CODE(tr_clear(tr, keys[i]), want);
        }
        CHECK_CODE(tr_clear_range(tr, B(SPECIAL "/management/a"), B(SPECIAL "/management/b")), want);
    }
    CHECK_CODE(tr_clear_range(tr, B(SPECIAL "/management/a"), B(SPECIAL "/metrics/b")), PLINTH_ERROR_SPECIAL_KEYS_CROSS_MODULE_CLEAR);
    CHECK_WRITE_CONFLICTS(tr, "");
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_INT(committed_version_of(tr), -1);
    /* Neither option is kept. */
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_CODE(tr_set(tr, keys[0], B("v")), PLINTH_ERROR_SPECIAL_KEYS_WRITE_DISABLED);
    destroy(tr);
}

/* ------------------------------------------------------------------ \xff/metadataVersion */

static stamp bump_metadata_version(void) {
    plinth_transaction *tr = begin(db);
    stamp got;
    CHECK_OK(tr_stamped_value(tr, METADATA_VERSION, TEN_ZEROS, 0));
    CHECK_OK(plinth_transaction_commit(tr));
    got = stamp_of(tr);
    destroy(tr);
    return got;
}

/* SPEC-10: read by get without an option, snapshot too; the stamp of the last commit that wrote it. (SPEC-10, DATA-5, VST-1) */
static void the_metadata_version_is_the_stamp_of_its_last_writer(void) {
    plinth_database *memory = db;
    plinth_transaction *tr;
    stamp first, second;
    db = open_memory();
    tr = begin(db);
    CHECK_VALUE(tr, METADATA_VERSION, ABSENT);
    CHECK_SNAPSHOT(tr, METADATA_VERSION, ABSENT);
    first = bump_metadata_version();
    CHECK_VALUE(tr, METADATA_VERSION, ABSENT);
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_VALUE(tr, METADATA_VERSION, bytes_of(first.data, 10));
    CHECK_SNAPSHOT(tr, METADATA_VERSION, bytes_of(first.data, 10));
    second = bump_metadata_version();
    CHECK(stamp_order(&second, &first) > 0);
    /* Part of the snapshot, like any key. */
    CHECK_VALUE(tr, METADATA_VERSION, bytes_of(first.data, 10));
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_VALUE(tr, METADATA_VERSION, bytes_of(second.data, 10));
    destroy(tr);
    CHECK_OK(plinth_database_close(db));
    db = memory;
}

/* FoundationDB's own form: exactly fourteen zero bytes. (SPEC-10, ATOM-7) */
static void fourteen_zero_bytes_are_the_only_legal_operand(void) {
    static const bytes wrong[] = {L(""), L("\0\0\0\0\0\0\0\0\0\0"), L("\0\0\0\0\0\0\0\0\0\0\0\0\0"), L("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
                                  L("x\0\0\0\0\0\0\0\0\0\0\0\0\0"), L("\0\0\0\0\0\0\0\0\0x\0\0\0\0"), L("\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0")};
    plinth_transaction *tr = begin(db);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        CHECK_CODE(tr_atomic(tr, PLINTH_MUTATION_SET_VERSIONSTAMPED_VALUE, METADATA_VERSION, wrong[i]), PLINTH_ERROR_CLIENT_INVALID_OPERATION);
    }
    CHECK_CODE(tr_stamped_value(tr, METADATA_VERSION, B("0123456789"), 0), PLINTH_ERROR_CLIENT_INVALID_OPERATION);
    CHECK_CODE(tr_stamped_value(tr, METADATA_VERSION, B("\0\0\0\0\0\0\0\0\0\0\0"), 1), PLINTH_ERROR_CLIENT_INVALID_OPERATION);
    CHECK_OK(tr_atomic(tr, PLINTH_MUTATION_SET_VERSIONSTAMPED_VALUE, METADATA_VERSION, B("\0\0\0\0\0\0\0\0\0\0\0\0\0\0")));
    CHECK_OK(plinth_transaction_commit(tr));
    {
        stamp got = stamp_of(tr);
        CHECK_OK(plinth_transaction_reset(tr));
        CHECK_VALUE(tr, METADATA_VERSION, bytes_of(got.data, 10));
    }
    destroy(tr);
}

/* A set is 2000 and a clear 2004; with system keys writable it may be cleared. (SPEC-10, DATA-4) */
static void the_metadata_version_is_not_set_or_cleared(void) {
    plinth_transaction *tr = begin(db);
    (void)bump_metadata_version();
    CHECK_CODE(tr_set(tr, METADATA_VERSION, B("v")), PLINTH_ERROR_CLIENT_INVALID_OPERATION);
    CHECK_CODE(tr_clear(tr, METADATA_VERSION), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
    CHECK_CODE(tr_clear_range(tr, METADATA_VERSION, B("\xff/metadataVersion\0")), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
    CHECK_OK(tr_option(tr, PLINTH_OPTION_ACCESS_SYSTEM_KEYS));
    CHECK_CODE(tr_set(tr, METADATA_VERSION, B("v")), PLINTH_ERROR_CLIENT_INVALID_OPERATION);
    CHECK_OK(tr_clear(tr, METADATA_VERSION));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_VALUE(tr, METADATA_VERSION, ABSENT);
    destroy(tr);
}

/* Ranges reach it only where system keys may be read; other keys beside it stay out of reach. (SPEC-10, DATA-5) */
static void the_metadata_version_is_in_ranges_of_system_keys_only(void) {
    plinth_transaction *tr = seeded(db);
    stamp got = bump_metadata_version();
    char want[200], shown[60];
    CHECK_TEXT(scan_keys(tr, METADATA_VERSION, B("\xff/metadataVersion\0")), "error 2004");
    CHECK_TEXT(scan_keys(tr, B("a"), B("\xff")), "b=2 d=4 f=6");
    CHECK_TEXT(key_of_selector(tr, B("g"), false, 1), "\\xff");
    CHECK_TEXT(key_in(tr, NULL, selector(METADATA_VERSION, false, 1), false), "error 2004");
    CHECK_CODE(tr_touch(tr, B("\xff/metadataVersion\0")), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
    CHECK_CODE(tr_touch(tr, B("\xff/metadataVersio")), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_OK(tr_option(tr, PLINTH_OPTION_READ_SYSTEM_KEYS));
    bytes_print(shown, sizeof shown, got.data, 10);
    snprintf(want, sizeof want, "f=6 \\xff/metadataVersion=%s", shown);
    CHECK_TEXT(scan_keys(tr, B("e"), B(SPECIAL)), want);
    destroy(tr);
}

/* Ordinary conflict rules: a get adds its range, the operation the write range. (SPEC-10, CONF-1, CONF-2, CONF-10) */
static void the_metadata_version_conflicts_like_any_key(void) {
    plinth_transaction *tr = begin(db), *reader = begin(db);
    CHECK_OK(tr_touch(reader, METADATA_VERSION));
    CHECK_READ_CONFLICTS(reader, "[\\xff/metadataVersion,\\xff/metadataVersion\\x00)");
    CHECK_OK(tr_set(reader, B("mine"), B("v")));
    CHECK_OK(tr_stamped_value(tr, METADATA_VERSION, TEN_ZEROS, 0));
    CHECK_WRITE_CONFLICTS(tr, "[\\xff/metadataVersion,\\xff/metadataVersion\\x00)");
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_CODE(plinth_transaction_commit(reader), PLINTH_ERROR_NOT_COMMITTED);
    CHECK_OK(plinth_transaction_reset(reader));
    CHECK_OK(tr_touch_in(reader, NULL, METADATA_VERSION, true));
    CHECK_READ_CONFLICTS(reader, "");
    /* The one range of system keys that may be added as a read conflict without an option. */
    CHECK_OK(tr_read_conflict(reader, METADATA_VERSION, B("\xff/metadataVersion\0")));
    CHECK_OK(plinth_transaction_add_read_conflict(reader, NULL, METADATA_VERSION.data, METADATA_VERSION.len));
    CHECK_CODE(tr_read_conflict(reader, METADATA_VERSION, B("\xff/metadataVersion\0\0")), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
    CHECK_CODE(tr_read_conflict(reader, B("\xff"), B("\xff/metadataVersion\0")), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
    CHECK_CODE(tr_write_conflict(reader, METADATA_VERSION, B("\xff/metadataVersion\0")), PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
    CHECK_READ_CONFLICTS(reader, "[\\xff/metadataVersion,\\xff/metadataVersion\\x00)");
    CHECK_OK(tr_set(reader, B("mine"), B("v")));
    (void)bump_metadata_version();
    CHECK_CODE(plinth_transaction_commit(reader), PLINTH_ERROR_NOT_COMMITTED);
    destroy(tr);
    destroy(reader);
}

/* After the operation it is unreadable, and reading it then fails the commit. (SPEC-10, RYW-8, COM-4) */
static void the_metadata_version_is_unreadable_after_the_operation(void) {
    plinth_transaction *tr = begin(db);
    CHECK_OK(tr_stamped_value(tr, METADATA_VERSION, TEN_ZEROS, 0));
    CHECK_CODE(tr_touch(tr, METADATA_VERSION), PLINTH_ERROR_ACCESSED_UNREADABLE);
    CHECK_CODE(plinth_transaction_commit(tr), PLINTH_ERROR_ACCESSED_UNREADABLE);
    destroy(tr);
}

/* Each keyspace has its own. (SPEC-10) */
static void each_keyspace_has_its_own_metadata_version(void) {
    plinth_keyspace *ks = NULL;
    plinth_transaction *tr = begin(db);
    stamp here = bump_metadata_version(), there;
    bytes key = METADATA_VERSION, zeros = TEN_ZEROS;
    CHECK_OK(plinth_keyspace_open(db, "own version", &ks));
    CHECK_VALUE_IN(tr, ks, key, ABSENT);
    CHECK_OK(plinth_transaction_set_versionstamped_value(tr, ks, key.data, key.len, zeros.data, zeros.len, 0));
    CHECK_OK(plinth_transaction_commit(tr));
    there = stamp_of(tr);
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_VALUE_IN(tr, ks, key, bytes_of(there.data, 10));
    CHECK_VALUE(tr, key, bytes_of(here.data, 10));
    destroy(tr);
    CHECK_OK(plinth_keyspace_close(ks));
}

/* It is one key of the store: there after a reopen, and never going back. (SPEC-10, VST-6, VER-11) */
static void the_metadata_version_survives_a_reopen(void) {
    path where = temporary_path();
    plinth_database *memory = db;
    plinth_transaction *tr;
    stamp first, second;
    db = open_with(where.text, NULL);
    first = bump_metadata_version();
    CHECK_OK(plinth_database_close(db));
    db = open_with(where.text, NULL);
    tr = begin(db);
    CHECK_VALUE(tr, METADATA_VERSION, bytes_of(first.data, 10));
    second = bump_metadata_version();
    CHECK(stamp_order(&second, &first) > 0);
    destroy(tr);
    CHECK_OK(plinth_database_close(db));
    db = memory;
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    db = open_memory();
    RUN(read_conflict_ranges_are_pairs_of_ends);
    RUN(reading_special_keys_leaves_no_conflict);
    RUN(special_keys_are_read_after_the_commit_too);
    RUN(a_part_of_a_module_gives_the_pairs_in_it);
    RUN(special_ranges_have_limits_and_directions);
    RUN(selectors_of_special_keys_stay_in_their_module);
    RUN(the_transaction_module_is_one);
    RUN(a_stamped_key_shows_as_its_whole_range_until_the_commit);
    RUN(each_keyspace_tells_its_own_ranges);
    RUN(conflicting_keys_tell_the_read_range_that_was_hit);
    RUN(the_next_report_replaces_the_last_one);
    RUN(without_the_option_no_conflicting_keys_are_told);
    RUN(of_several_hits_at_least_one_is_told);
    RUN(reporting_may_be_the_default_of_a_database);
    RUN(conflicting_keys_are_told_by_their_keyspace);
    RUN(keys_outside_of_modules_and_ranges_over_several_are_errors);
    RUN(a_relaxed_read_goes_over_all_modules);
    RUN(special_keys_never_appear_among_ordinary_ones);
    RUN(empty_modules_are_empty);
    RUN(the_json_checker_knows_json);
    RUN(the_status_is_json);
    RUN(the_cluster_id_belongs_to_the_store);
    RUN(the_path_is_told);
    RUN(special_keys_are_not_written);
    RUN(the_metadata_version_is_the_stamp_of_its_last_writer);
    RUN(fourteen_zero_bytes_are_the_only_legal_operand);
    RUN(the_metadata_version_is_not_set_or_cleared);
    RUN(the_metadata_version_is_in_ranges_of_system_keys_only);
    RUN(the_metadata_version_conflicts_like_any_key);
    RUN(the_metadata_version_is_unreadable_after_the_operation);
    RUN(each_keyspace_has_its_own_metadata_version);
    RUN(the_metadata_version_survives_a_reopen);
    CHECK_OK(plinth_database_close(db));
    return harness_end();
}
