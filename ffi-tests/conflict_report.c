/*
 * What a commit conflicted with: which range, at which version, and by which transaction. It is told exactly or not at
 * all; what is told of ranges is what the special keys tell. (SPEC-4, SPEC-6, CONF-2, CONF-7, CONF-12, NET-6; design D12)
 *
 * A second process is this program with a role. A cluster tells no winners: version 0 and no id.
 */
#include "harness.h"

static plinth_database *db;

/* ------------------------------------------------------------------ short words */

typedef struct {
    char text[37];
} name;

static const name nobody = {""};

static name id_of(plinth_transaction *tr) {
    name id = {""};
    CHECK_OK(plinth_transaction_id(tr, id.text));
    return id;
}

static plinth_transaction *reporting(plinth_database *of) {
    plinth_transaction *tr = begin(of);
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_REPORT_CONFLICTING_KEYS, 0));
    return tr;
}

static int64_t committed(plinth_transaction *tr) {
    int64_t version = 0;
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_get_committed_version(tr, &version));
    destroy(tr);
    return version;
}

/* Writes a key in a transaction that has an id. */
static name won(plinth_database *of, plinth_keyspace *ks, bytes key, int64_t *version) {
    plinth_transaction *tr = begin(of);
    name id = id_of(tr);
    CHECK_OK(plinth_transaction_set(tr, ks, key.data, key.len, (const uint8_t *)"w", 1));
    *version = committed(tr);
    return id;
}

/* Makes the transaction one that writes, and expects a conflict. */
static void lose(plinth_transaction *tr) {
    CHECK_OK(tr_set(tr, B("mine"), B("v")));
    CHECK_CODE(plinth_transaction_commit(tr), PLINTH_ERROR_NOT_COMMITTED);
}

/* The conflict of an index is this one. */
#define TOLD(tr, index, ks, from, to, version, id) told(__LINE__, tr, index, ks, from, to, version, id)

static void told(int line, plinth_transaction *tr, size_t index, const char *ks, bytes from, bytes to, int64_t version, name id) {
    plinth_conflict conflict;
    bool cluster = getenv("PLINTH_TEST_CLUSTER") != NULL;
    memset(&conflict, 0xee, sizeof conflict);
    if (!CHECK_OK(plinth_transaction_get_conflict(tr, index, &conflict)) || !CHECK(conflict.begin != NULL)) {
        printf("  of line %d\n", line);
        return;
    }
    bool same = CHECK_BYTES(conflict.begin, conflict.begin_len, from) && CHECK_BYTES(conflict.end, conflict.end_len, to) &&
                CHECK_INT(conflict.version, cluster ? 0 : version) && CHECK_TEXT(conflict.id, cluster ? "" : id.text) &&
                CHECK_TEXT(conflict.keyspace == NULL ? "" : conflict.keyspace, ks) && CHECK_INT(conflict.keyspace_id == 0, *ks == 0);
    if (!same) {
        printf("  of line %d\n", line);
    }
    plinth_conflict_free(&conflict);
}

static size_t count_told(plinth_transaction *tr) {
    for (size_t count = 0;; count++) {
        plinth_conflict conflict;
        CHECK_OK(plinth_transaction_get_conflict(tr, count, &conflict));
        if (conflict.begin == NULL) {
            CHECK(conflict.end == NULL && conflict.keyspace == NULL && conflict.owner == NULL && conflict.id[0] == 0);
            CHECK(conflict.begin_len == 0 && conflict.end_len == 0 && conflict.version == 0 && conflict.keyspace_id == 0);
            return count;
        }
        plinth_conflict_free(&conflict);
    }
}

/* ------------------------------------------------------------------ one process */

static void a_key_its_version_and_its_transaction_are_told_spec6(void) {
    plinth_transaction *tr = reporting(db);
    int64_t version;
    char text[64];
    CHECK_INT((int64_t)count_told(tr), 0);
    CHECK_OK(tr_touch(tr, B("k\0")));
    CHECK_OK(tr_touch(tr, B("other")));
    name id = won(db, NULL, B("k\0"), &version);
    CHECK_OK(tr_set(tr, B("mine"), B("v")));
    CHECK_CODE(plinth_transaction_commit(tr), PLINTH_ERROR_NOT_COMMITTED);
    if (getenv("PLINTH_TEST_CLUSTER") == NULL) {
        const char *story = plinth_last_error();
        snprintf(text, sizeof text, "at version %" PRId64, version);
        CHECK(strstr(story, "key \"k\\x00\"") != NULL && strstr(story, text) != NULL && strstr(story, id.text) != NULL);
    }
    TOLD(tr, 0, "", B("k\0"), B("k\0\0"), version, id);
    CHECK_INT((int64_t)count_told(tr), 1);
    destroy(tr);
}

/* The newest commit that wrote there, of whatever kind it was; ranges are told whole. CONF-12. */
static void a_range_is_told_whole_with_who_wrote_there_last_conf12(void) {
    int64_t version;
    for (int kind = 0; kind < 4; kind++) {
        plinth_transaction *tr = reporting(db);
        CHECK_TEXT(scan_keys(tr, B("r"), B("s")), "");
        (void)won(db, NULL, B("r1"), &version);
        plinth_transaction *last = begin(db);
        name id = id_of(last);
        switch (kind) {
        case 0: CHECK_OK(tr_clear_range(last, B("a"), B("r5"))); break;
        case 1: CHECK_OK(tr_write_conflict(last, B("r7"), B("z"))); break;
        case 2: CHECK_OK(plinth_transaction_atomic_op(last, NULL, PLINTH_MUTATION_ADD, (const uint8_t *)"r2", 2, (const uint8_t *)"\1", 1)); break;
        default:
            CHECK_OK(plinth_transaction_set_versionstamped_key(last, NULL, (const uint8_t *)"r0123456789", 11, 1, (const uint8_t *)"v", 1));
        }
        version = committed(last);
        put(db, B("q"), B("below"));
        put(db, B("s"), B("behind"));
        lose(tr);
        TOLD(tr, 0, "", B("r"), B("s"), version, id);
        CHECK_INT((int64_t)count_told(tr), 1);
        destroy(tr);
        empty(db);
    }
}

static void several_are_told_in_order_of_keyspaces_and_keys(void) {
    plinth_keyspace *ks;
    int64_t versions[3], unused;
    name ids[3];
    CHECK_OK(plinth_keyspace_open(db, "second", &ks));
    plinth_transaction *tr = reporting(db);
    CHECK_OK(tr_touch_in(tr, ks, B("b"), false));
    CHECK_OK(tr_touch(tr, B("z")));
    CHECK_OK(tr_touch(tr, B("m")));
    CHECK_OK(tr_read_conflict(tr, B("c"), B("e")));
    CHECK_OK(tr_read_conflict(tr, B("e"), B("f")));
    CHECK_OK(tr_touch_in(tr, ks, B("z"), false));
    ids[2] = won(db, ks, B("b"), &versions[2]);
    ids[1] = won(db, NULL, B("z"), &versions[1]);
    ids[0] = won(db, NULL, B("e2"), &versions[0]);
    /* The same key of another keyspace is none. */
    (void)won(db, ks, B("m"), &unused);
    (void)won(db, NULL, B("b"), &unused);
    lose(tr);
    TOLD(tr, 0, "", B("c"), B("f"), versions[0], ids[0]);
    TOLD(tr, 1, "", B("z"), B("z\0"), versions[1], ids[1]);
    TOLD(tr, 2, "second", B("b"), B("b\0"), versions[2], ids[2]);
    CHECK_INT((int64_t)count_told(tr), 3);
    destroy(tr);
    CHECK_OK(plinth_keyspace_close(ks));
}

/* What conflicts with nothing is not told. CONF-7, CONF-1. */
static void snapshot_reads_and_blind_writes_have_none_conf7(void) {
    plinth_transaction *tr = reporting(db);
    int64_t version;
    CHECK_OK(tr_touch_in(tr, NULL, B("snapshot"), true));
    CHECK_OK(tr_touch(tr, B("read")));
    CHECK_OK(tr_set(tr, B("blind"), B("v")));
    (void)won(db, NULL, B("snapshot"), &version);
    (void)won(db, NULL, B("blind"), &version);
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_INT((int64_t)count_told(tr), 0);
    destroy(tr);
    tr = reporting(db);
    CHECK_OK(tr_touch_in(tr, NULL, B("snapshot"), true));
    CHECK_OK(tr_touch(tr, B("read")));
    (void)won(db, NULL, B("snapshot"), &version);
    name id = won(db, NULL, B("read"), &version);
    lose(tr);
    TOLD(tr, 0, "", B("read"), B("read\0"), version, id);
    CHECK_INT((int64_t)count_told(tr), 1);
    destroy(tr);
}

static void without_the_option_nothing_is_told_spec4(void) {
    plinth_transaction *tr = begin(db);
    int64_t version;
    CHECK_OK(tr_touch(tr, B("k")));
    (void)won(db, NULL, B("k"), &version);
    lose(tr);
    CHECK(strstr(plinth_last_error(), "at version") == NULL);
    CHECK_INT((int64_t)count_told(tr), 0);
    destroy(tr);
}

/* It stays until the next one, through on_error, reset and a commit that succeeds. ERRH-6. */
static void it_stays_until_another_is_told_errh6(void) {
    plinth_transaction *tr = reporting(db);
    int64_t first, second;
    CHECK_OK(tr_touch(tr, B("k")));
    name id = won(db, NULL, B("k"), &first);
    lose(tr);
    CHECK_OK(plinth_transaction_on_error(tr, PLINTH_ERROR_NOT_COMMITTED));
    TOLD(tr, 0, "", B("k"), B("k\0"), first, id);
    CHECK_OK(tr_set(tr, B("mine"), B("v")));
    CHECK_OK(plinth_transaction_commit(tr));
    CHECK_OK(plinth_transaction_reset(tr));
    TOLD(tr, 0, "", B("k"), B("k\0"), first, id);
    CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_REPORT_CONFLICTING_KEYS, 0));
    CHECK_OK(tr_touch(tr, B("l")));
    id = won(db, NULL, B("l"), &second);
    CHECK_OK(tr_set(tr, B("mine"), B("v")));
    CHECK_CODE(tr_commit_async(tr), PLINTH_ERROR_NOT_COMMITTED);
    TOLD(tr, 0, "", B("l"), B("l\0"), second, id);
    CHECK_INT((int64_t)count_told(tr), 1);
    destroy(tr);
}

/* Who asks for reports is told in those of others; who has no id is not. */
static void a_winner_has_an_id_if_it_asked_for_one_or_reports_itself(void) {
    for (int kind = 0; kind < 2; kind++) {
        plinth_transaction *tr = reporting(db), *other = kind == 0 ? begin(db) : reporting(db);
        int64_t version;
        CHECK_OK(tr_touch(tr, B("k")));
        CHECK_OK(tr_set(other, B("k"), B("v")));
        CHECK_OK(plinth_transaction_commit(other));
        CHECK_OK(plinth_transaction_get_committed_version(other, &version));
        lose(tr);
        TOLD(tr, 0, "", B("k"), B("k\0"), version, kind == 0 ? nobody : id_of(other));
        destroy(tr);
        destroy(other);
    }
}

/* ------------------------------------------------------------------ many */

#define TOGETHER 64

/* Commits that share a version are told apart by what they wrote. */
static void commits_of_one_version_are_told_apart(void) {
    bool shared = false;
    for (int round = 0; round < 100 && !shared; round++) {
        plinth_transaction *reader = reporting(db), *writers[TOGETHER];
        outcome outcomes[TOGETHER];
        int64_t versions[TOGETHER];
        name ids[TOGETHER];
        uint8_t key[2] = {'k', 0};
        for (int i = 0; i < TOGETHER; i++) {
            key[1] = (uint8_t)(2 * i);
            CHECK_OK(tr_touch(reader, bytes_of(key, 2)));
            writers[i] = begin(db);
            ids[i] = id_of(writers[i]);
            CHECK_OK(tr_set(writers[i], bytes_of(key, 2), B("v")));
        }
        for (int i = 0; i < TOGETHER; i++) {
            outcome_begin(&outcomes[i]);
            CHECK_OK(plinth_transaction_commit_async(writers[i], on_done, &outcomes[i], on_finish));
        }
        for (int i = 0; i < TOGETHER; i++) {
            CHECK_OK(outcome_end(&outcomes[i]));
            CHECK_OK(plinth_transaction_get_committed_version(writers[i], &versions[i]));
            shared |= i > 0 && versions[i] == versions[i - 1];
            destroy(writers[i]);
        }
        lose(reader);
        for (int i = 0; i < TOGETHER; i++) {
            uint8_t end[3] = {'k', (uint8_t)(2 * i), 0};
            TOLD(reader, (size_t)i, "", bytes_of(end, 2), bytes_of(end, 3), versions[i], ids[i]);
        }
        destroy(reader);
    }
    CHECK(shared);
}

/* A winner that is long past is not known any more, but for its version; the 1,024 after it are. */
static void a_winner_of_long_ago_is_told_without_its_name(void) {
    plinth_transaction *tr = reporting(db);
    int64_t first, second, version;
    CHECK_OK(tr_touch(tr, B("k")));
    CHECK_OK(tr_touch(tr, B("l")));
    (void)won(db, NULL, B("k"), &first);
    name id = won(db, NULL, B("l"), &second);
    for (int i = 0; i < 1023; i++) {
        (void)won(db, NULL, B("x"), &version);
    }
    lose(tr);
    TOLD(tr, 0, "", B("k"), B("k\0"), first, nobody);
    TOLD(tr, 1, "", B("l"), B("l\0"), second, id);
    destroy(tr);
}

/* Of thousands the first are told, and the special keys have all of them. */
static void a_long_report_ends_after_1024(void) {
    plinth_transaction *tr = reporting(db), *other = begin(db);
    plinth_range found;
    plinth_range_options options = range_options(0, 0, false, false);
    uint8_t key[2], first[3], last[3];
    for (int i = 0; i < 1500; i++) {
        key[0] = (uint8_t)(i >> 7), key[1] = (uint8_t)(2 * (i & 127));
        CHECK_OK(tr_touch(tr, bytes_of(key, 2)));
        CHECK_OK(tr_set(other, bytes_of(key, 2), B("v")));
    }
    name id = id_of(other);
    int64_t version = committed(other);
    lose(tr);
    if (getenv("PLINTH_TEST_CLUSTER") == NULL) {
        CHECK_INT((int64_t)count_told(tr), 1024);
    }
    memcpy(first, "\0\0", 3);
    last[0] = 1023 >> 7, last[1] = 2 * (1023 & 127), last[2] = 0;
    TOLD(tr, 0, "", bytes_of(first, 2), bytes_of(first, 3), version, id);
    TOLD(tr, 1023, "", bytes_of(last, 2), bytes_of(last, 3), version, id);
    plinth_key_selector from = at_or_after(B("\xff\xff/transaction/conflicting_keys/"));
    plinth_key_selector to = at_or_after(B("\xff\xff/transaction/conflicting_keys/\xff"));
    CHECK_OK(plinth_transaction_get_range(tr, NULL, &from, &to, &options, &found));
    CHECK_INT((int64_t)found.count, 3000);
    plinth_range_free(&found);
    destroy(tr);
}

static void a_conflict_is_freed_once(void) {
    plinth_transaction *tr = reporting(db);
    plinth_conflict conflict, copy;
    int64_t version;
    CHECK_OK(tr_touch(tr, B("k")));
    (void)won(db, NULL, B("k"), &version);
    lose(tr);
    CHECK_OK(plinth_transaction_get_conflict(tr, 0, &conflict));
    destroy(tr);
    CHECK_BYTES(conflict.begin, conflict.begin_len, B("k"));
    copy = conflict;
    plinth_conflict_free(&conflict);
    CHECK(conflict.begin == NULL && conflict.owner == NULL && conflict.id[0] == 0);
    plinth_conflict_free(&copy);
    plinth_conflict_free(&conflict);
    plinth_conflict_free(NULL);
}

/* ------------------------------------------------------------------ the log */

typedef struct {
    pthread_mutex_t lock;
    char text[800];
} heard;

static void hear(void *context, const plinth_log_record *record) {
    heard *to = context;
    size_t at;
    if (strcmp(record->module, "plinth::conflict") != 0 && strcmp(record->module, "conflict") != 0) {
        return;
    }
    pthread_mutex_lock(&to->lock);
    at = (size_t)snprintf(to->text, sizeof to->text, "%d", (int)record->level);
    for (size_t i = 0; i < record->field_count && at < sizeof to->text; i++) {
        at += (size_t)snprintf(to->text + at, sizeof to->text - at, " %s=%s", record->fields[i].name, record->fields[i].value);
    }
    pthread_mutex_unlock(&to->lock);
}

static void the_log_has_it_at_level_debug(void) {
    heard all = {PTHREAD_MUTEX_INITIALIZER, ""};
    plinth_transaction *tr = reporting(db);
    name own = id_of(tr);
    int64_t version;
    char text[64];
    CHECK_OK(tr_touch(tr, B("k")));
    name id = won(db, NULL, B("k"), &version);
    CHECK_OK(plinth_set_log_callback(PLINTH_LOG_DEBUG, hear, &all));
    lose(tr);
    CHECK_OK(plinth_set_log_callback(0, NULL, NULL));
    CHECK(strncmp(all.text, "4 ", 2) == 0 && strstr(all.text, own.text) != NULL);
    snprintf(text, sizeof text, "by=%s", id.text);
    CHECK(strstr(all.text, text) != NULL);
    snprintf(text, sizeof text, "version=%" PRId64, version);
    CHECK(strstr(all.text, text) != NULL);
    /* No keys, unless they were asked for. */
    CHECK(strstr(all.text, "key=not asked for") != NULL);
    destroy(tr);
}

/* ------------------------------------------------------------------ several processes */

/* A guest writes the key, and says who it is. */
static void role_writer(const char *where) {
    plinth_database *guest = open_buffered(where);
    int64_t version;
    name id = won(guest, NULL, B("k"), &version);
    printf("%s %" PRId64 "\n", id.text, version);
    fflush(stdout);
    CHECK_OK(plinth_database_close(guest));
}

/* A guest reads the key, and says who wrote it meanwhile. */
static void role_reader(const char *where) {
    plinth_database *guest = open_buffered(where);
    plinth_transaction *tr = reporting(guest);
    plinth_conflict conflict;
    bool go = false;
    CHECK_OK(tr_touch(tr, B("k")));
    CHECK_TEXT(scan_keys(tr, B("r"), B("s")), "");
    printf("ready\n");
    fflush(stdout);
    while (!go) {
        plinth_transaction *look = begin(guest);
        plinth_value value;
        CHECK_OK(plinth_transaction_get(look, NULL, (const uint8_t *)"go", 2, &value));
        go = value.data != NULL;
        plinth_value_free(&value);
        destroy(look);
        breathe();
    }
    lose(tr);
    CHECK(strstr(plinth_last_error(), "at version") != NULL);
    for (size_t i = 0; i < 2; i++) {
        CHECK_OK(plinth_transaction_get_conflict(tr, i, &conflict));
        printf("%.*s %s %" PRId64 "\n", (int)conflict.begin_len, (const char *)conflict.begin, conflict.id, conflict.version);
        plinth_conflict_free(&conflict);
    }
    CHECK_INT((int64_t)count_told(tr), 2);
    destroy(tr);
    fflush(stdout);
    CHECK_OK(plinth_database_close(guest));
}

typedef struct {
    pid_t pid;
    FILE *says;
} other;

static other start(const char *role, const char *where) {
    int ends[2];
    other made = {-1, NULL};
    if (CHECK(pipe(ends) == 0)) {
        made.pid = spawn_self(role, where, NULL, ends[1]);
        close(ends[1]);
        made.says = fdopen(ends[0], "r");
    }
    return made;
}

static void heard_line(other *process, char *line, size_t size) {
    line[0] = 0;
    CHECK(fgets(line, (int)size, process->says) != NULL);
    line[strcspn(line, "\n")] = 0;
}

static void ended(other *process) {
    CHECK_INT(wait_for(process->pid), 0);
    fclose(process->says);
}

static void guests_and_hosts_tell_of_each_other_net6(void) {
    path where = temporary_path();
    plinth_database *host = open_buffered(where.text);
    plinth_transaction *tr = reporting(host);
    char line[200], want[200];
    int64_t version, ranged;
    name id;
    /* A guest wins over the host. */
    CHECK_OK(tr_touch(tr, B("k")));
    other guest = start("writer", where.text);
    heard_line(&guest, line, sizeof line);
    CHECK_INT(sscanf(line, "%36s %" SCNd64, id.text, &version), 2);
    ended(&guest);
    lose(tr);
    TOLD(tr, 0, "", B("k"), B("k\0"), version, id);
    destroy(tr);
    /* The host wins over a guest, and so does another guest. */
    guest = start("reader", where.text);
    heard_line(&guest, line, sizeof line);
    CHECK_TEXT(line, "ready");
    other second = start("writer", where.text);
    heard_line(&second, want + 2, sizeof want - 2);
    memcpy(want, "k ", 2);
    ended(&second);
    id = won(host, NULL, B("r5"), &ranged);
    put(host, B("go"), B("on"));
    heard_line(&guest, line, sizeof line);
    CHECK_TEXT(line, want);
    heard_line(&guest, line, sizeof line);
    snprintf(want, sizeof want, "r %s %" PRId64, id.text, ranged);
    CHECK_TEXT(line, want);
    ended(&guest);
    CHECK_OK(plinth_database_close(host));
}

int main(int argc, char **argv) {
    if (argc > 2) {
        /* Without the line that a test begins with: what is said goes to the parent. */
        strcmp(argv[1], "writer") == 0 ? role_writer(argv[2]) : role_reader(argv[2]);
        return harness.failures > 0;
    }
    harness_begin(argc, argv);
    db = open_memory();
    RUN(a_key_its_version_and_its_transaction_are_told_spec6);
    empty(db);
    RUN(a_range_is_told_whole_with_who_wrote_there_last_conf12);
    RUN(several_are_told_in_order_of_keyspaces_and_keys);
    RUN(snapshot_reads_and_blind_writes_have_none_conf7);
    RUN(without_the_option_nothing_is_told_spec4);
    RUN(it_stays_until_another_is_told_errh6);
    RUN(a_winner_has_an_id_if_it_asked_for_one_or_reports_itself);
    RUN(commits_of_one_version_are_told_apart);
    RUN(a_winner_of_long_ago_is_told_without_its_name);
    RUN(a_long_report_ends_after_1024);
    RUN(a_conflict_is_freed_once);
    RUN(the_log_has_it_at_level_debug);
    CHECK_OK(plinth_database_close(db));
    RUN(guests_and_hosts_tell_of_each_other_net6);
    return harness_end();
}
