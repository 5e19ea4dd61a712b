/*
 * The decision table of own writes (section 5 of the rules), whole: every stored state times every
 * sequence of one to three own operations times every kind of read, computed by a small function
 * here and compared with what the library reads, with the conflict ranges that are left, and with
 * what the commit stores.
 */
#include "harness.h"
#include "words.h"

static plinth_database *db;

/*
 * One key, m, with "a" and "x" stored around it, and nothing between l and o but m. The cleared
 * range is [l, o); range reads are of [h, t).
 */
#define KEY B("m")

enum operation { SET, CLEAR, CLEAR_RANGE, ADD, COMPARE_AND_CLEAR, STAMPED_VALUE, SET_WITHOUT_CONFLICT, OPERATIONS };
static const char *const operation_names[] = {"set", "clear", "clear_range", "add", "compare_and_clear", "stamped", "quiet set"};

enum { LONGEST = 3, SEQUENCES = OPERATIONS + OPERATIONS * OPERATIONS + OPERATIONS * OPERATIONS * OPERATIONS };

/* What is stored: nothing, a value, and the value that COMPARE_AND_CLEAR looks for, which is also the one of sets. */
static const bytes stored_states[] = {NO_BYTES, L("5"), L("6")};
enum { STATES = 3 };

/* ------------------------------------------------------------------ the expected value */

typedef struct {
    bool known;      /* without the database: set, cleared, or operations on top of that */
    bool unreadable; /* holds a stamp that only the commit knows */
    bool cleared_range, write_range;
    bool present;
    uint8_t value[10];
    size_t len;
} view;

static view view_of(bytes stored) {
    view v;
    memset(&v, 0, sizeof v);
    v.present = stored.data != NULL;
    v.len = stored.len;
    if (v.present) {
        memcpy(v.value, stored.data, stored.len);
    }
    return v;
}

static void becomes(view *v, bool present, const void *value, size_t len) {
    v->present = present;
    v->len = len;
    memcpy(v->value, value, len);
}

/* RYW-3 to RYW-5, RYW-8, RYW-9, CONF-1, CONF-11: what one operation does to the view. */
static void step(view *v, enum operation operation, const stamp *commit) {
    switch (operation) {
    case CLEAR_RANGE:
        v->cleared_range = true;
        /* fall through */
    case CLEAR:
        becomes(v, false, "", 0);
        v->unreadable = false;
        v->known = true;
        break;
    case SET:
    case SET_WITHOUT_CONFLICT:
        becomes(v, true, "6", 1);
        v->known = true;
        break;
    case ADD:
        v->value[0] = (uint8_t)(v->present && v->len > 0 ? v->value[0] + 1 : 1);
        v->present = true;
        v->len = 1;
        break;
    case COMPARE_AND_CLEAR:
        v->present = v->present && !(v->len == 1 && v->value[0] == '6');
        v->len = v->present ? v->len : 0;
        break;
    default:
        becomes(v, true, commit->data, 10);
        v->unreadable = true;
        v->known = true;
    }
    v->write_range = v->write_range || operation != SET_WITHOUT_CONFLICT;
}

/* ------------------------------------------------------------------ sequences */

typedef struct {
    enum operation operations[LONGEST];
    int length;
    char name[80];
} sequence;

/* The sequence of this number: first those of one operation, then of two, then of three. */
static sequence sequence_of(int number) {
    sequence made;
    int count = OPERATIONS;
    size_t at = 0;
    made.length = 1;
    while (number >= count) {
        number -= count;
        count *= OPERATIONS;
        made.length++;
    }
    for (int i = 0; i < made.length; i++) {
        made.operations[i] = (enum operation)(number % OPERATIONS);
        number /= OPERATIONS;
        at += (size_t)snprintf(made.name + at, sizeof made.name - at, "%s%s", i == 0 ? "" : ", ", operation_names[made.operations[i]]);
    }
    return made;
}

static view view_after(const sequence *s, bytes stored, const stamp *commit) {
    view v = view_of(stored);
    for (int i = 0; i < s->length; i++) {
        step(&v, s->operations[i], commit);
    }
    return v;
}

static void perform(plinth_transaction *tr, const sequence *s) {
    for (int i = 0; i < s->length; i++) {
        switch (s->operations[i]) {
        case SET_WITHOUT_CONFLICT:
            CHECK_OK(tr_option(tr, PLINTH_OPTION_NEXT_WRITE_NO_WRITE_CONFLICT_RANGE));
            CHECK_OK(tr_set(tr, KEY, B("6")));
            break;
        case SET:
            CHECK_OK(tr_set(tr, KEY, B("6")));
            break;
        case CLEAR:
            CHECK_OK(tr_clear(tr, KEY));
            break;
        case CLEAR_RANGE:
            CHECK_OK(tr_clear_range(tr, B("l"), B("o")));
            break;
        case ADD:
            CHECK_OK(tr_add(tr, KEY, B("\x01")));
            break;
        case COMPARE_AND_CLEAR:
            CHECK_OK(tr_atomic(tr, PLINTH_MUTATION_COMPARE_AND_CLEAR, KEY, B("6")));
            break;
        default:
            CHECK_OK(tr_stamped_value(tr, KEY, B("0123456789"), 0));
        }
    }
}

/* How many sequences to step on from one to the next: one, unless the scale asks for less. */
static int stride(void) {
    long wanted = scaled(SEQUENCES);
    return (int)((SEQUENCES + wanted - 1) / wanted);
}

static void store(bytes value) {
    if (value.data == NULL) {
        plinth_transaction *tr = begin(db);
        CHECK_OK(tr_clear(tr, KEY));
        CHECK_OK(plinth_transaction_commit(tr));
        destroy(tr);
    } else {
        put(db, KEY, value);
    }
}

/* ------------------------------------------------------------------ the kinds of read */

enum kind { GET, SNAPSHOT_GET, GET_RANGE, REVERSE_RANGE, SNAPSHOT_RANGE, GET_KEY, SNAPSHOT_GET_KEY, SNAPSHOT_OF_DATABASE, GET_OF_DATABASE, KINDS };
static const char *const kind_names[] = {"get",     "snapshot get",     "get_range",           "reverse get_range", "snapshot get_range",
                                         "get_key", "snapshot get_key", "snapshot of database", "get of database"};

static const char *value_text(plinth_transaction *tr, bool snapshot) {
    static char text[64];
    plinth_value value;
    plinth_error error = snapshot ? plinth_transaction_snapshot_get(tr, NULL, (const uint8_t *)"m", 1, &value)
                                  : plinth_transaction_get(tr, NULL, (const uint8_t *)"m", 1, &value);
    if (error != 0) {
        snprintf(text, sizeof text, "error %" PRId32, error);
    } else if (value.data == NULL) {
        snprintf(text, sizeof text, "absent");
    } else {
        bytes_print(text, sizeof text, value.data, value.len);
    }
    plinth_value_free(&value);
    return text;
}

static const char *read_kind(plinth_transaction *tr, enum kind kind) {
    plinth_range_options options = range_options(0, 0, kind == SNAPSHOT_RANGE, kind == REVERSE_RANGE);
    switch (kind) {
    case GET:
    case GET_OF_DATABASE:
        return value_text(tr, false);
    case SNAPSHOT_GET:
    case SNAPSHOT_OF_DATABASE:
        return value_text(tr, true);
    case GET_RANGE:
    case REVERSE_RANGE:
    case SNAPSHOT_RANGE:
        return scan(tr, at_or_after(B("h")), at_or_after(B("t")), &options);
    default:
        return key_in(tr, NULL, at_or_after(B("h")), kind == SNAPSHOT_GET_KEY);
    }
}

/* What that read must give. */
static void expected_text(const view *seen, enum kind kind, char *text, size_t size) {
    char value[64];
    bytes_print(value, sizeof value, seen->value, seen->len);
    if (seen->unreadable) {
        snprintf(text, size, "error 1036");
    } else if (kind == GET_KEY || kind == SNAPSHOT_GET_KEY) {
        snprintf(text, size, "%s", seen->present ? "m" : "x");
    } else if (kind == GET_RANGE || kind == REVERSE_RANGE || kind == SNAPSHOT_RANGE) {
        snprintf(text, size, "%s%s", seen->present ? "m=" : "", seen->present ? value : "");
    } else {
        snprintf(text, size, "%s", seen->present ? value : "absent");
    }
}

/* CONF-2 to CONF-5 and CONF-9: the read conflict ranges that it must leave. */
static const char *expected_conflicts(const view *seen, enum kind kind) {
    bool range = kind == GET_RANGE || kind == REVERSE_RANGE;
    if (kind == GET_OF_DATABASE) {
        return "[m,m\\x00)";
    }
    if (seen->unreadable || kind == SNAPSHOT_GET || kind == SNAPSHOT_RANGE || kind == SNAPSHOT_GET_KEY || kind == SNAPSHOT_OF_DATABASE) {
        return "";
    }
    if (kind == GET) {
        return seen->known ? "" : "[m,m\\x00)";
    }
    if (seen->cleared_range) {
        return range ? "[h,l) [o,t)" : seen->present ? "[h,l)" : "[h,l) [o,x\\x00)";
    }
    if (seen->known) {
        return range ? "[h,m) [m\\x00,t)" : seen->present ? "[h,m)" : "[h,m) [m\\x00,x\\x00)";
    }
    return range ? "[h,t)" : seen->present ? "[h,m\\x00)" : "[h,x\\x00)";
}

static const char *expected_write_ranges(const view *v) {
    return v->cleared_range ? "[l,o)" : v->write_range ? "[m,m\\x00)" : "";
}

/* Compares two texts and says in which cell of the table they differ. */
static void check_cell(const char *got, const char *want, const char *what, int state, const sequence *s, enum kind kind) {
    harness_count(strcmp(got, want) == 0, __FILE__, __LINE__, "%s after (%s) on stored state %d, %s: is \"%s\", expected \"%s\"",
                  kind_names[kind], s->name, state, what, got, want);
}

static void check_read(int state, const sequence *s, enum kind kind) {
    stamp unknown = stamp_at(0, 0);
    view own = view_after(s, stored_states[state], &unknown), seen = own;
    plinth_transaction *tr = begin(db);
    char want[128];
    if (kind == SNAPSHOT_OF_DATABASE) {
        CHECK_OK(tr_option(tr, PLINTH_OPTION_SNAPSHOT_RYW_DISABLE));
        seen = view_of(stored_states[state]);
    } else if (kind == GET_OF_DATABASE) {
        CHECK_OK(tr_option(tr, PLINTH_OPTION_READ_YOUR_WRITES_DISABLE));
        seen = view_of(stored_states[state]);
    }
    perform(tr, s);
    expected_text(&seen, kind, want, sizeof want);
    check_cell(read_kind(tr, kind), want, "value", state, s, kind);
    check_cell(ranges_in(tr, NULL, READ_CONFLICTS), expected_conflicts(&seen, kind), "read conflicts", state, s, kind);
    check_cell(ranges_in(tr, NULL, WRITE_CONFLICTS), expected_write_ranges(&own), "write conflicts", state, s, kind);
    destroy(tr);
}

static void check_kinds(enum kind first, enum kind last) {
    for (int state = 0; state < STATES; state++) {
        store(stored_states[state]);
        for (int number = 0; number < SEQUENCES; number += stride()) {
            sequence s = sequence_of(number);
            for (int kind = (int)first; kind <= (int)last; kind++) {
                check_read(state, &s, (enum kind)kind);
            }
        }
    }
}

/* get and snapshot get: own sets, clears and operations in call order. (RYW-1, RYW-3, RYW-4, RYW-5, RYW-8, RYW-9, RYW-13, CONF-2, CONF-3, CONF-7) */
static void single_keys_read_as_the_table_says(void) {
    check_kinds(GET, SNAPSHOT_GET);
}

/* Ranges in both directions. (RYW-1, RYW-3, RYW-4, RYW-5, RYW-8, RYW-9, RNG-10, CONF-3, CONF-5, CONF-7) */
static void ranges_read_as_the_table_says(void) {
    check_kinds(GET_RANGE, SNAPSHOT_RANGE);
}

/* Selectors. (RYW-1, RYW-5, RYW-8, RYW-9, SEL-5, SEL-6, CONF-3, CONF-4, CONF-7) */
static void selectors_read_as_the_table_says(void) {
    check_kinds(GET_KEY, SNAPSHOT_GET_KEY);
}

/* Reads that leave the own writes out. (RYW-6, RYW-7, RYW-10, CONF-7, CONF-9) */
static void reads_of_the_database_do_not_see_own_writes(void) {
    check_kinds(SNAPSHOT_OF_DATABASE, GET_OF_DATABASE);
}

/* ------------------------------------------------------------------ the commit */

/* The value at commit: computed on `then`, with the stamp that the commit got. */
static void check_commit(int now, int then, const sequence *s) {
    plinth_transaction *tr = begin(db);
    stamp got;
    view want;
    store(stored_states[now]);
    CHECK(read_version_of(tr) > 0);
    perform(tr, s);
    if (now != then) {
        store(stored_states[then]);
    }
    CHECK_OK(plinth_transaction_commit(tr));
    got = stamp_of(tr);
    want = view_after(s, stored_states[then], &got);
    CHECK_OK(plinth_transaction_reset(tr));
    harness_value(tr, NULL, KEY, false, want.present ? bytes_of(want.value, want.len) : ABSENT, s->name, __FILE__, __LINE__);
    CHECK_TEXT(key_of_selector(tr, B("m\0"), false, 1), "x");
    destroy(tr);
}

/* In call order, on the value that is there at the commit and not at the read version. (COM-9, ATOM-6, RYW-3, VST-5, CONF-12) */
static void the_commit_stores_what_the_table_says(void) {
    for (int now = 0; now < STATES; now++) {
        for (int then = 0; then < STATES; then++) {
            for (int number = 0; number < SEQUENCES; number += stride()) {
                sequence s = sequence_of(number);
                check_commit(now, then, &s);
            }
        }
    }
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    db = open_memory();
    put(db, B("a"), B("before"));
    put(db, B("x"), B("after"));
    RUN(single_keys_read_as_the_table_says);
    RUN(ranges_read_as_the_table_says);
    RUN(selectors_read_as_the_table_says);
    RUN(reads_of_the_database_do_not_see_own_writes);
    RUN(the_commit_stores_what_the_table_says);
    CHECK_OK(plinth_database_close(db));
    return harness_end();
}
