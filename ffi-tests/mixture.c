/*
 * Random transactions that mix every kind of write and of read over a dozen keys, compared with
 * a small model: values, limits and `more`, selectors, unreadable keys, read and write conflict
 * ranges as the special keys tell them, and what the commit stores. Then blind writes of many
 * threads, which must have happened in the order of their stamps. Sections 4 to 7 of the rules.
 */
#include "harness.h"
#include "words.h"

static plinth_database *db;

/*
 * The key space in pieces: everything below the first key, then each key alone and the gap above
 * it, then "\xff" alone, which a selector may find. A boundary is the begin of the piece.
 */
enum { KEYS = 12, PIECES = 2 * KEYS + 2 };

typedef struct {
    bool own; /* set or cleared: reads need no database */
    bool unreadable, present;
    uint8_t value[10];
    size_t len;
} cell;

typedef struct {
    cell cells[KEYS];
    bool own[PIECES], read[PIECES], written[PIECES];
    bool next_is_quiet, no_own_writes, no_own_writes_in_snapshots, failed;
} model;

static cell stored[KEYS];

/* Stands for a stamp in the model; the first byte of a real one is zero too. */
static const uint8_t placeholder[10] = {0, 'a', ' ', 's', 't', 'a', 'm', 'p', ' ', ' '};

static bytes key_at(int number) {
    static char texts[KEYS][8];
    snprintf(texts[number], sizeof texts[number], "k%02d", number);
    return bytes_of(texts[number], 3);
}

static int key_boundary(int number) {
    return 2 * number + 1;
}

/* A boundary as bytes_print() shows the key. */
static void boundary_text(int boundary, char *text, size_t size) {
    if (boundary == 0) {
        text[0] = 0;
    } else if (boundary >= PIECES - 1) {
        snprintf(text, size, "\\xff%s", boundary == PIECES ? "\\x00" : "");
    } else {
        snprintf(text, size, "k%02d%s", (boundary - 1) / 2, boundary % 2 == 0 ? "\\x00" : "");
    }
}

static void pieces_text(const bool *pieces, char *text, size_t size) {
    size_t at = 0;
    text[0] = 0;
    for (int from = 0; from < PIECES; from++) {
        char first[16], last[16];
        int to = from;
        while (to < PIECES && pieces[to]) {
            to++;
        }
        if (to > from) {
            boundary_text(from, first, sizeof first);
            boundary_text(to, last, sizeof last);
            at += (size_t)snprintf(text + at, size - at, "%s[%s,%s)", at == 0 ? "" : " ", first, last);
            from = to;
        }
    }
}

/* ------------------------------------------------------------------ writes */

static void wrote(model *m, int from, int to) {
    for (int piece = from; piece < to && !m->next_is_quiet; piece++) {
        m->written[piece] = true;
    }
    m->next_is_quiet = false;
}

static void owns(model *m, int from, int to) {
    for (int piece = from; piece < to; piece++) {
        m->own[piece] = true;
    }
}

static void cell_becomes(cell *c, bool present, const void *value, size_t len) {
    c->present = present;
    c->len = len;
    memcpy(c->value, value, len);
}

static void cell_is_cleared(cell *c) {
    cell_becomes(c, false, "", 0);
    c->unreadable = false;
    c->own = true;
}

/* Applies a mutation to a cell; operands are one digit. ATOM-2 to ATOM-5, on values of at most ten bytes. */
static void cell_changes(cell *c, plinth_mutation op, uint8_t operand) {
    uint8_t old = c->len > 0 ? c->value[0] : 0, result = operand;
    bool number = true;
    switch (op) {
    case PLINTH_MUTATION_ADD:
        result = (uint8_t)(old + operand);
        break;
    case PLINTH_MUTATION_MAX:
        result = old > operand ? old : operand;
        break;
    case PLINTH_MUTATION_BIT_XOR:
        result = old ^ operand;
        break;
    case PLINTH_MUTATION_BYTE_MIN:
        number = !c->present || c->len == 0 ? !c->present : old >= operand;
        break;
    case PLINTH_MUTATION_COMPARE_AND_CLEAR:
        if (c->present && c->len == 1 && old == operand) {
            cell_becomes(c, false, "", 0);
        }
        return;
    default:
        break;
    }
    if (number) {
        cell_becomes(c, true, c->present ? &result : &operand, 1);
    }
}

static void random_write(plinth_transaction *tr, model *m, bool stamps) {
    static const plinth_mutation ops[] = {PLINTH_MUTATION_ADD, PLINTH_MUTATION_MAX, PLINTH_MUTATION_BIT_XOR, PLINTH_MUTATION_BYTE_MIN,
                                          PLINTH_MUTATION_COMPARE_AND_CLEAR};
    int number = (int)random_below(KEYS), to = number + (int)random_below(5), boundary = key_boundary(number);
    cell *c = &m->cells[number];
    uint8_t operand = (uint8_t)('0' + random_below(3));
    plinth_mutation op = ops[random_below(5)];
    if (random_below(6) == 0) {
        CHECK_OK(tr_option(tr, PLINTH_OPTION_NEXT_WRITE_NO_WRITE_CONFLICT_RANGE));
        m->next_is_quiet = true;
    }
    switch (random_below(stamps ? 7 : 6)) {
    case 0:
        CHECK_OK(tr_set(tr, key_at(number), bytes_of(&operand, 1)));
        cell_becomes(c, true, &operand, 1);
        c->own = true;
        owns(m, boundary, boundary + 1);
        break;
    case 1:
        CHECK_OK(tr_clear(tr, key_at(number)));
        cell_is_cleared(c);
        owns(m, boundary, boundary + 1);
        break;
    case 2:
        to = to < KEYS ? to : KEYS - 1;
        CHECK_OK(tr_clear_range(tr, key_at(number), key_at(to)));
        for (int i = number; i < to; i++) {
            cell_is_cleared(&m->cells[i]);
        }
        owns(m, boundary, key_boundary(to));
        wrote(m, boundary, key_boundary(to));
        return;
    case 6:
        CHECK_OK(tr_stamped_value(tr, key_at(number), B("0123456789"), 0));
        cell_becomes(c, true, placeholder, 10);
        c->unreadable = true;
        break;
    default:
        CHECK_OK(tr_atomic(tr, op, key_at(number), bytes_of(&operand, 1)));
        cell_changes(c, op, operand);
    }
    wrote(m, boundary, boundary + 1);
}

/* ------------------------------------------------------------------ reads */

/* What a read looks at: the transaction's view, or what is stored. */
static const cell *seen_by(const model *m, bool snapshot) {
    return m->no_own_writes || (snapshot && m->no_own_writes_in_snapshots) ? stored : m->cells;
}

static void was_read(model *m, int from, int to) {
    for (int piece = from; piece < to; piece++) {
        m->read[piece] = m->read[piece] || m->no_own_writes || !m->own[piece];
    }
}

static void expect_failure(model *m, char *text, size_t size) {
    snprintf(text, size, "error 1036");
    m->failed = true;
}

static void random_get(plinth_transaction *tr, model *m) {
    int number = (int)random_below(KEYS);
    bool snapshot = random_below(2) == 0;
    const cell *c = &seen_by(m, snapshot)[number];
    if (c->unreadable) {
        CHECK_CODE(tr_touch_in(tr, NULL, key_at(number), snapshot), PLINTH_ERROR_ACCESSED_UNREADABLE);
        m->failed = true;
        if (m->no_own_writes) {
            was_read(m, key_boundary(number), key_boundary(number) + 1);
        }
        return;
    }
    harness_value(tr, NULL, key_at(number), snapshot, c->present ? bytes_of(c->value, c->len) : ABSENT, "get", __FILE__, __LINE__);
    if (!snapshot) {
        was_read(m, key_boundary(number), key_boundary(number) + 1);
    }
}

static void random_range(plinth_transaction *tr, model *m) {
    int from = (int)random_below(KEYS), to = from + 1 + (int)random_below(6), rows = 0, last = -1, limit = (int)random_below(4);
    int64_t target = random_below(3) == 0 ? 1 + random_below(50) : 0, size = 0;
    bool snapshot = random_below(2) == 0, reverse = random_below(2) == 0, more = false;
    const cell *cells = seen_by(m, snapshot);
    plinth_range_options options = range_options(limit, target, snapshot, reverse);
    char want[512] = "";
    size_t at = 0;
    to = to < KEYS ? to : KEYS - 1;
    for (int step = 0; step < to - from && !more; step++) {
        int i = reverse ? to - 1 - step : from + step;
        char value[64];
        if (cells[i].unreadable) {
            expect_failure(m, want, sizeof want);
            break;
        }
        if (cells[i].present) {
            bytes_print(value, sizeof value, cells[i].value, cells[i].len);
            at += (size_t)snprintf(want + at, sizeof want - at, "%sk%02d=%s", rows == 0 ? "" : " ", i, value);
            last = i;
            size += 8 + 3 + (int64_t)cells[i].len;
            more = ++rows == limit || (target > 0 && size >= target);
        }
    }
    if (more) {
        snprintf(want + at, sizeof want - at, " +");
    }
    CHECK_TEXT(scan(tr, at_or_after(key_at(from)), at_or_after(key_at(to)), &options), want);
    if (!snapshot && strncmp(want, "error", 5) != 0 && from < to) {
        was_read(m, more && reverse ? key_boundary(last) : key_boundary(from), more && !reverse ? key_boundary(last) + 1 : key_boundary(to));
    }
}

static void random_selector(plinth_transaction *tr, model *m) {
    int number = (int)random_below(KEYS), found = -1;
    int32_t offset = (int32_t)random_below(7) - 3, left = offset > 0 ? offset : 1 - offset;
    bool snapshot = random_below(2) == 0, or_equal = random_below(2) == 0, forward = offset > 0;
    const cell *cells = seen_by(m, snapshot);
    int start = key_boundary(number) + or_equal, result = forward ? PIECES - 1 : 0;
    int first = forward ? (or_equal ? number + 1 : number) : (or_equal ? number : number - 1);
    char want[32];
    for (int i = first; i >= 0 && i < KEYS && found < 0; i += forward ? 1 : -1) {
        if (cells[i].unreadable) {
            expect_failure(m, want, sizeof want);
            CHECK_TEXT(key_in(tr, NULL, selector(key_at(number), or_equal, offset), snapshot), want);
            return;
        }
        if (cells[i].present && --left == 0) {
            found = i;
        }
    }
    result = found >= 0 ? key_boundary(found) : result;
    boundary_text(result, want, sizeof want);
    CHECK_TEXT(key_in(tr, NULL, selector(key_at(number), or_equal, offset), snapshot), want);
    if (!snapshot) {
        was_read(m, forward ? start : result, forward ? result + 1 : start);
    }
}

/* The index of the key that a selector names: -1 and KEYS are off the ends. */
static int resolve(const cell *cells, int number, bool or_equal, int32_t offset) {
    bool forward = offset > 0;
    int32_t left = forward ? offset : 1 - offset;
    for (int i = number + (forward ? or_equal : or_equal - 1); i >= 0 && i < KEYS; i += forward ? 1 : -1) {
        if (cells[i].present && --left == 0) {
            return i;
        }
    }
    return forward ? KEYS : -1;
}

/* A range between any two selectors, as a snapshot read, where no key is unreadable. */
static void random_general_range(plinth_transaction *tr, const model *m) {
    int first = (int)random_below(KEYS), second = (int)random_below(KEYS), rows = 0, limit = (int)random_below(4);
    bool first_equal = random_below(2) == 0, second_equal = random_below(2) == 0, reverse = random_below(2) == 0, more = false;
    int32_t first_offset = (int32_t)random_below(7) - 3, second_offset = (int32_t)random_below(7) - 3;
    const cell *cells = seen_by(m, true);
    plinth_range_options options = range_options(limit, 0, true, reverse);
    int from, to;
    char want[512] = "";
    size_t at = 0;
    for (int i = 0; i < KEYS; i++) {
        if (cells[i].unreadable) {
            return;
        }
    }
    from = resolve(cells, first, first_equal, first_offset);
    to = resolve(cells, second, second_equal, second_offset);
    from = from < 0 ? 0 : from;
    for (int step = 0; step < to - from && !more; step++) {
        int i = reverse ? to - 1 - step : from + step;
        if (cells[i].present) {
            char value[64];
            bytes_print(value, sizeof value, cells[i].value, cells[i].len);
            at += (size_t)snprintf(want + at, sizeof want - at, "%sk%02d=%s", rows == 0 ? "" : " ", i, value);
            more = ++rows == limit;
        }
    }
    if (more) {
        snprintf(want + at, sizeof want - at, " +");
    }
    CHECK_TEXT(scan(tr, selector(key_at(first), first_equal, first_offset), selector(key_at(second), second_equal, second_offset), &options),
               want);
}

static void random_conflict(plinth_transaction *tr, model *m) {
    int from = (int)random_below(KEYS - 1), to = from + 1 + (int)random_below(KEYS - from - 1);
    if (random_below(2) == 0) {
        CHECK_OK(tr_write_conflict(tr, key_at(from), key_at(to)));
        for (int piece = key_boundary(from); piece < key_boundary(to); piece++) {
            m->written[piece] = true;
        }
    } else {
        for (int i = from; i < to; i++) {
            if (m->cells[i].unreadable) {
                return; /* whether a stamped value is cut out is nowhere said */
            }
        }
        CHECK_OK(tr_read_conflict(tr, key_at(from), key_at(to)));
        was_read(m, key_boundary(from), key_boundary(to));
    }
}

/* ------------------------------------------------------------------ transactions */

static void check_conflicts(plinth_transaction *tr, const model *m) {
    char want[1024];
    pieces_text(m->read, want, sizeof want);
    CHECK_READ_CONFLICTS(tr, want);
    pieces_text(m->written, want, sizeof want);
    CHECK_WRITE_CONFLICTS(tr, want);
}

static void random_step(plinth_transaction *tr, model *m, bool stamps) {
    switch (random_below(9)) {
    case 8:
        random_general_range(tr, m);
        break;
    case 0:
        random_get(tr, m);
        break;
    case 1:
        random_range(tr, m);
        break;
    case 2:
        random_selector(tr, m);
        break;
    case 3:
        random_conflict(tr, m);
        break;
    default:
        random_write(tr, m, stamps);
    }
}

/* Puts the stamp where the model has its placeholder, and takes the cells over as what is stored. */
static void settle(plinth_transaction *tr, model *m) {
    stamp got;
    bool any_write = false;
    memset(&got, 0, sizeof got);
    for (int i = 0; i < KEYS; i++) {
        cell *c = &m->cells[i];
        if (c->present && c->len == 10) {
            if (memcmp(c->value, placeholder, 10) == 0) {
                got = stamp_of(tr);
                memcpy(c->value, got.data, 10);
            }
        }
        c->own = c->unreadable = false;
        any_write = any_write || memcmp(c, &stored[i], sizeof *c) != 0;
        stored[i] = *c;
    }
    CHECK(!any_write || committed_version_of(tr) > 0);
}

static void check_stored(plinth_transaction *tr) {
    for (int i = 0; i < KEYS; i++) {
        harness_value(tr, NULL, key_at(i), true, stored[i].present ? bytes_of(stored[i].value, stored[i].len) : ABSENT, "stored", __FILE__,
                      __LINE__);
    }
}

static void run_transaction(plinth_transaction *tr, int mode, bool stamps) {
    model m;
    memset(&m, 0, sizeof m);
    memcpy(m.cells, stored, sizeof stored);
    if (mode == 1) {
        CHECK_OK(tr_option(tr, PLINTH_OPTION_READ_YOUR_WRITES_DISABLE));
        m.no_own_writes = true;
    } else if (mode == 2) {
        CHECK_OK(tr_option(tr, PLINTH_OPTION_SNAPSHOT_RYW_DISABLE));
        m.no_own_writes_in_snapshots = true;
    }
    for (long steps = 3 + random_below(15); steps > 0; steps--) {
        random_step(tr, &m, stamps);
        check_conflicts(tr, &m);
    }
    if (m.failed) {
        CHECK_CODE(plinth_transaction_commit(tr), PLINTH_ERROR_ACCESSED_UNREADABLE);
    } else if (random_below(3) != 0) {
        CHECK_OK(plinth_transaction_commit(tr));
        check_conflicts(tr, &m);
        settle(tr, &m);
    }
    CHECK_OK(plinth_transaction_reset(tr));
    check_stored(tr);
    CHECK_OK(plinth_transaction_reset(tr));
}

/* Stamped values are left out of some, since most reads fail soon where there are any. */
static void run_transactions(int mode) {
    long rounds = scaled(4000);
    plinth_transaction *tr = begin(db);
    long before = harness.failures;
    empty(db);
    memset(stored, 0, sizeof stored);
    for (long round = 0; round < rounds && harness.failures == before; round++) {
        run_transaction(tr, mode, round % 3 == 0);
    }
    destroy(tr);
}

/* (RYW-1, RYW-3, RYW-4, RYW-5, RYW-8, RYW-9, COM-4, COM-9, CONF-1, CONF-3, CONF-4, CONF-5, CONF-10, CONF-11, RNG-8, RNG-10, SEL-1, SEL-5, ATOM-6) */
static void mixed_transactions_agree_with_the_model(void) {
    run_transactions(0);
}

/* Reads of the database beside the same writes. (RYW-7, RYW-10, CONF-9, COM-9) */
static void mixed_transactions_that_do_not_read_their_writes_agree_with_the_model(void) {
    run_transactions(1);
}

/* Snapshot reads of the database beside ordinary reads. (RYW-6, RYW-10, CONF-7) */
static void mixed_transactions_with_snapshots_of_the_database_agree_with_the_model(void) {
    run_transactions(2);
}

/* ------------------------------------------------------------------ many threads */

enum { THREADS = 8, MOST_COMMITS = 400, MOST_WRITES = 4 };

/* One committed transaction: its stamp and its writes. */
typedef struct {
    stamp at;
    int64_t version;
    int count;
    struct {
        int kind, number, to;
        plinth_mutation op;
        uint8_t operand;
    } writes[MOST_WRITES];
} record;

typedef struct {
    record records[THREADS * MOST_COMMITS];
    long rounds;
    uint64_t seed;
} journal;

static void random_record(record *r, uint64_t *random) {
    static const plinth_mutation ops[] = {PLINTH_MUTATION_ADD, PLINTH_MUTATION_MAX, PLINTH_MUTATION_BIT_XOR, PLINTH_MUTATION_BYTE_MIN,
                                          PLINTH_MUTATION_COMPARE_AND_CLEAR};
    r->count = 1 + (int)(random_next(random) % MOST_WRITES);
    for (int i = 0; i < r->count; i++) {
        r->writes[i].kind = (int)(random_next(random) % 10);
        /* No empty range: it would be no write. */
        r->writes[i].number = (int)(random_next(random) % (KEYS - 1));
        r->writes[i].to = r->writes[i].number + 1 + (int)(random_next(random) % 4);
        r->writes[i].to = r->writes[i].to < KEYS ? r->writes[i].to : KEYS - 1;
        r->writes[i].op = ops[random_next(random) % 5];
        r->writes[i].operand = (uint8_t)('0' + random_next(random) % 3);
    }
}

static void write_record(plinth_transaction *tr, const record *r, bytes *keys) {
    for (int i = 0; i < r->count; i++) {
        bytes key = keys[r->writes[i].number], operand = bytes_of(&r->writes[i].operand, 1);
        if (r->writes[i].kind % 2 == 0) {
            CHECK_OK(tr_option(tr, PLINTH_OPTION_NEXT_WRITE_NO_WRITE_CONFLICT_RANGE));
        }
        switch (r->writes[i].kind) {
        case 0:
            CHECK_OK(tr_set(tr, key, operand));
            break;
        case 1:
            CHECK_OK(tr_clear(tr, key));
            break;
        case 2:
        case 3:
            CHECK_OK(tr_clear_range(tr, key, keys[r->writes[i].to]));
            break;
        case 4:
            CHECK_OK(tr_stamped_value(tr, key, B("0123456789"), 0));
            break;
        default:
            CHECK_OK(tr_atomic(tr, r->writes[i].op, key, operand));
        }
    }
}

/* What the record makes of the cells. */
static void replay(cell *cells, const record *r) {
    for (int i = 0; i < r->count; i++) {
        cell *c = &cells[r->writes[i].number];
        switch (r->writes[i].kind) {
        case 0:
            cell_becomes(c, true, &r->writes[i].operand, 1);
            break;
        case 1:
            cell_is_cleared(c);
            break;
        case 2:
        case 3:
            for (int k = r->writes[i].number; k < r->writes[i].to; k++) {
                cell_is_cleared(&cells[k]);
            }
            break;
        case 4:
            cell_becomes(c, true, r->at.data, 10);
            break;
        default:
            cell_changes(c, r->writes[i].op, r->writes[i].operand);
        }
    }
}

static void write_and_record(long number, void *user) {
    journal *j = (journal *)user;
    uint64_t random = j->seed + (uint64_t)number;
    plinth_transaction *tr = begin(db);
    bytes keys[KEYS];
    char texts[KEYS][8];
    for (int i = 0; i < KEYS; i++) {
        keys[i] = bytes_of(texts[i], (size_t)snprintf(texts[i], sizeof texts[i], "k%02d", i));
    }
    for (long i = 0; i < j->rounds; i++) {
        record *r = &j->records[number * j->rounds + i];
        random_record(r, &random);
        write_record(tr, r, keys);
        CHECK_OK(plinth_transaction_commit(tr));
        r->at = stamp_of(tr);
        r->version = committed_version_of(tr);
        CHECK_OK(plinth_transaction_reset(tr));
    }
    destroy(tr);
}

static int record_order(const void *a, const void *b) {
    return stamp_order(&((const record *)a)->at, &((const record *)b)->at);
}

static void cells_text(const cell *cells, char *text, size_t size) {
    size_t at = 0;
    text[0] = 0;
    for (int i = 0; i < KEYS; i++) {
        if (cells[i].present) {
            char value[64];
            bytes_print(value, sizeof value, cells[i].value, cells[i].len);
            at += (size_t)snprintf(text + at, size - at, "%sk%02d=%s", at == 0 ? "" : " ", i, value);
        }
    }
}

/* Replays all in the order of stamps and compares: at some versions on the way, and at the end. */
static void check_journal(journal *j, double start) {
    static cell cells[KEYS];
    long count = THREADS * j->rounds, looked = 0;
    plinth_transaction *tr = begin(db);
    char want[1024];
    memset(cells, 0, sizeof cells);
    qsort(j->records, (size_t)count, sizeof j->records[0], record_order);
    for (long i = 0; i < count; i++) {
        replay(cells, &j->records[i]);
        CHECK(i == 0 || stamp_order(&j->records[i - 1].at, &j->records[i].at) < 0);
        if (i + 1 < count && (i % 20 != 0 || j->records[i].version == j->records[i + 1].version)) {
            continue;
        }
        cells_text(cells, want, sizeof want);
        if (i + 1 < count) {
            const char *got;
            CHECK_OK(plinth_transaction_set_read_version(tr, j->records[i].version));
            got = scan_keys(tr, B("k"), B("l"));
            /* On a slow machine a version may be gone by now. */
            if (strcmp(got, "error 1007") != 0 || now_ms() - start < 5000) {
                CHECK_TEXT(got, want);
                looked++;
            }
        } else {
            CHECK_TEXT(scan_keys(tr, B("k"), B("l")), want);
        }
        CHECK_OK(plinth_transaction_reset(tr));
    }
    destroy(tr);
    printf("%ld commits, %ld states in between looked at\n", count, looked);
}

/* As if one after the other in the order of their stamps, at each version and at the end, in memory and on disk. (COM-9, CONF-12, CONF-17, VST-1, VER-9, ATOM-6) */
static void blind_writes_of_many_threads_happen_in_the_order_of_their_stamps(void) {
    static journal j;
    path where = temporary_path();
    plinth_database *memory = db;
    for (int disk = 0; disk < 2; disk++) {
        double start = now_ms();
        empty(db);
        j.rounds = scaled(MOST_COMMITS);
        j.seed = random_next(&harness.random);
        in_threads(THREADS, write_and_record, &j);
        check_journal(&j, start);
        if (disk == 0) {
            db = open_with(where.text, NULL);
        }
    }
    CHECK_OK(plinth_database_close(db));
    db = open_with(where.text, NULL);
    check_journal(&j, now_ms() - 10000);
    CHECK_OK(plinth_database_close(db));
    db = memory;
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    db = open_memory();
    RUN(mixed_transactions_agree_with_the_model);
    RUN(mixed_transactions_that_do_not_read_their_writes_agree_with_the_model);
    RUN(mixed_transactions_with_snapshots_of_the_database_agree_with_the_model);
    RUN(blind_writes_of_many_threads_happen_in_the_order_of_their_stamps);
    CHECK_OK(plinth_database_close(db));
    return harness_end();
}
