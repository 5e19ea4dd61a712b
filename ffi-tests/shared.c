/*
 * One directory, several handles: in this process, and in two processes. Reads see each other's
 * commits at once, conflicts, watches and keyspaces are those of one database, and whoever goes
 * leaves the others what they have. With the option `exclusive` nobody else is let in. Rule NET-6.
 *
 * A second process is this program with a role. It says on its standard output when it has the
 * directory open, and leaves when the key "leave" is there.
 */
#include "harness.h"

/* ------------------------------------------------------------------ short words */

static plinth_error try_open(const char *where, const plinth_database_options *options) {
    plinth_database *db = (plinth_database *)1;
    plinth_error error = plinth_database_open(where, options, &db);
    if (error != 0) {
        CHECK(db == NULL);
    } else {
        CHECK_OK(plinth_database_close(db));
    }
    return error;
}

static plinth_database_options exclusively(void) {
    plinth_database_options options = database_options();
    options.exclusive = true;
    return options;
}

/* An open that is refused, and names the process that has the directory. */
static void refused(const char *where, const plinth_database_options *options, pid_t owner) {
    char pid[32];
    CHECK_CODE(try_open(where, options), PLINTH_ERROR_LOCK_FILE_FAILURE);
    snprintf(pid, sizeof pid, "%ld", (long)owner);
    harness_count(strstr(plinth_last_error(), pid) != NULL, __FILE__, __LINE__, "the owner is not named: %s", pid);
}

/* The value of a key, as a transaction that begins now sees it. */
static void check_stored(plinth_database *db, bytes key, bytes want) {
    plinth_transaction *tr = begin(db);
    CHECK_VALUE(tr, key, want);
    destroy(tr);
}

typedef struct {
    bytes key, value;
} pair;

static plinth_error set_pair(plinth_transaction *tr, void *user) {
    const pair *given = (const pair *)user;
    return tr_set(tr, given->key, given->value);
}

/* Writes in the retry loop, as programs do: the host may be about to change. */
static void put_again(plinth_database *db, bytes key, bytes value) {
    pair given = {key, value};
    CHECK_OK(plinth_run(db, set_pair, &given));
}

typedef struct {
    bytes key;
    char text[64];
} looked;

static plinth_error look_body(plinth_transaction *tr, void *user) {
    looked *into = (looked *)user;
    plinth_value value;
    plinth_error error = plinth_transaction_get(tr, NULL, into->key.data, into->key.len, &value);
    if (error == 0) {
        snprintf(into->text, sizeof into->text, "%.*s", (int)value.len, value.data == NULL ? "" : (const char *)value.data);
        plinth_value_free(&value);
    }
    return error;
}

/* Reads in the retry loop; an absent key is "". Valid until the next call. */
static const char *look_again(plinth_database *db, bytes key) {
    static looked into;
    memset(&into, 0, sizeof into);
    into.key = key;
    CHECK_OK(plinth_run(db, look_body, &into));
    return into.text;
}

/* ------------------------------------------------------------------ watches */

typedef struct {
    outcome o;
    plinth_watch *handle;
} guard;

/* A watch on a key as it is committed now. */
static void guard_key(guard *g, plinth_database *db, bytes key) {
    plinth_transaction *tr = begin(db);
    outcome_begin(&g->o);
    g->handle = NULL;
    CHECK_OK(plinth_transaction_watch(tr, NULL, key.data, key.len, on_done, &g->o, on_finish, &g->handle));
    CHECK_OK(plinth_transaction_commit(tr));
    destroy(tr);
}

static plinth_error guard_end(guard *g) {
    plinth_error error = outcome_end(&g->o);
    CHECK_OK(plinth_watch_destroy(g->handle));
    return error;
}

/* ------------------------------------------------------------------ another process */

typedef struct {
    pid_t pid;
    int said; /* what it says */
} partner;

/* Waits for the word that it has the directory open. */
static bool partner_is_there(partner *p) {
    char byte = 0;
    ssize_t got;
    while ((got = read(p->said, &byte, 1)) == 1 && byte != '!') {
    }
    return CHECK(got == 1);
}

static partner start(const char *role, const char *where, const char *second) {
    partner p = {0, -1};
    int ends[2];
    if (CHECK(pipe(ends) == 0)) {
        p.pid = spawn_self(role, where, second, ends[1]);
        p.said = ends[0];
        close(ends[1]);
    }
    return p;
}

static int partner_end(partner *p) {
    close(p->said);
    return wait_for(p->pid);
}

static void say_there(void) {
    printf("!");
    fflush(stdout);
}

/* Has the directory open until it is told to leave. */
static int stay_role(const char *where, const char *how) {
    plinth_database_options options = database_options();
    plinth_database *db;
    options.exclusive = strcmp(how, "exclusive") == 0;
    db = open_with(where, &options);
    put_again(db, B("stays"), B("yes"));
    say_there();
    while (look_again(db, B("leave"))[0] == 0) {
        guard g;
        guard_key(&g, db, B("leave"));
        /* It may have come in between, and then nothing more does. */
        if (look_again(db, B("leave"))[0] != 0) {
            CHECK_OK(plinth_watch_cancel(g.handle));
            (void)guard_end(&g);
        } else {
            CHECK_OK(guard_end(&g));
        }
    }
    CHECK_OK(plinth_database_close(db));
    return harness.failures != 0;
}

/* Writes one value in this process, and leaves. */
static int put_role(const char *where, const char *value) {
    plinth_database *db = open_with(where, NULL);
    put_again(db, B("key"), bytes_of(value, strlen(value)));
    CHECK_OK(plinth_database_close(db));
    return harness.failures != 0;
}

enum { GUESTS_PAIRS = 3000, GUESTS_VALUE = 2000 };

/* Reads what the host has put there, in more than one message to it: in one call, and as a stream. */
static int read_role(const char *where) {
    enum { KEYS = 8000 };
    static plinth_slice keys[KEYS];
    static char names[KEYS][9];
    plinth_key_selector from = at_or_after(B("")), to = at_or_after(B("\xff"));
    plinth_database *db = open_with(where, NULL);
    plinth_transaction *tr = begin(db);
    plinth_metrics metrics;
    plinth_stream *stream;
    plinth_values values;
    int streamed = 0;
    CHECK_OK(plinth_database_metrics(db, &metrics, sizeof metrics));
    CHECK(!metrics.is_host);
    CHECK_OK(tr_set(tr, B("00000007"), B("own")));
    for (int i = 0; i < KEYS; i++) {
        snprintf(names[i], sizeof names[i], "%08ld", random_below(GUESTS_PAIRS + 100));
        keys[i] = (plinth_slice){(const uint8_t *)names[i], 8};
    }
    CHECK_OK(plinth_transaction_get_many(tr, NULL, keys, KEYS, false, &values));
    for (int i = 0; i < KEYS && CHECK(values.count == KEYS); i++) {
        int number = atoi(names[i]);
        size_t want = number == 7 ? 3 : number < GUESTS_PAIRS ? GUESTS_VALUE : 0;
        CHECK(values.items[i].len == want && (values.items[i].data == NULL) == (want == 0));
        CHECK(want != GUESTS_VALUE || (values.items[i].data[0] == number % 251 && values.items[i].data[want - 1] == number % 251));
    }
    plinth_values_free(&values);
    CHECK_OK(plinth_transaction_stream_range(tr, NULL, &from, &to, NULL, &stream));
    for (bool more = true; more;) {
        plinth_range range;
        CHECK_OK(plinth_stream_next(stream, &range));
        for (size_t i = 0; i < range.count; i++, streamed++) {
            char name[16];
            snprintf(name, sizeof name, "%08d", streamed);
            CHECK(memcmp(range.items[i].key, name, 8) == 0);
            CHECK_INT(range.items[i].value_len, streamed == 7 ? 3 : GUESTS_VALUE);
        }
        more = range.count > 0;
        plinth_range_free(&range);
    }
    CHECK_INT(streamed, GUESTS_PAIRS);
    CHECK_OK(plinth_stream_destroy(stream));
    destroy(tr);
    CHECK_OK(plinth_database_close(db));
    return harness.failures == 0 ? 0 : 1;
}

/* Is refused, and told who has it. */
static int refused_role(const char *where, const char *owner) {
    plinth_database_options options = exclusively();
    refused(where, NULL, (pid_t)strtol(owner, NULL, 10));
    refused(where, &options, (pid_t)strtol(owner, NULL, 10));
    return harness.failures != 0;
}

/* Is refused only if it wants the directory for itself. */
static int refused_alone_role(const char *where, const char *owner) {
    plinth_database_options options = exclusively();
    refused(where, &options, (pid_t)strtol(owner, NULL, 10));
    CHECK_OK(try_open(where, NULL));
    return harness.failures != 0;
}

/* ------------------------------------------------------------------ two handles here */

static void handles_see_each_others_commits_at_once_net6(void) {
    path where = temporary_path(), link = temporary_path();
    char other[400];
    plinth_database *one = open_with(where.text, NULL), *two, *three;
    CHECK_INT(symlink(where.text, link.text), 0);
    snprintf(other, sizeof other, "%s/.", where.text);
    two = open_with(link.text, NULL);
    three = open_with(other, NULL);
    for (long i = 0; i < scaled(200); i++) {
        char text[16];
        bytes value = bytes_of(text, (size_t)snprintf(text, sizeof text, "%ld", i));
        put(one, B("one"), value);
        check_stored(two, B("one"), value);
        check_stored(three, B("one"), value);
        put(two, B("two"), value);
        check_stored(one, B("two"), value);
    }
    CHECK_OK(plinth_database_close(one));
    CHECK_OK(plinth_database_close(two));
    CHECK_OK(plinth_database_close(three));
}

static void versions_of_all_handles_are_in_one_order_net6_ver11(void) {
    path where = temporary_path();
    plinth_database *one = open_with(where.text, NULL), *two = open_with(where.text, NULL);
    int64_t last = 0;
    for (long i = 0; i < scaled(100); i++) {
        int64_t version = put(i % 2 == 0 ? one : two, B("key"), B("value"));
        CHECK(version > last);
        last = version;
    }
    CHECK_OK(plinth_database_close(two));
    CHECK_OK(plinth_database_close(one));
}

static void handles_conflict_with_each_other_net6(void) {
    path where = temporary_path();
    plinth_database *one = open_with(where.text, NULL), *two = open_with(where.text, NULL);
    for (int first = 0; first < 2; first++) {
        plinth_transaction *a = begin(first == 0 ? one : two), *b = begin(first == 0 ? two : one);
        CHECK_OK(tr_touch(a, B("shared")));
        CHECK_OK(tr_touch(b, B("shared")));
        CHECK_OK(tr_set(a, B("shared"), B("a")));
        CHECK_OK(tr_set(b, B("other"), B("b")));
        CHECK_OK(plinth_transaction_commit(a));
        CHECK_CODE(plinth_transaction_commit(b), PLINTH_ERROR_NOT_COMMITTED);
        CHECK_OK(plinth_transaction_on_error(b, PLINTH_ERROR_NOT_COMMITTED));
        CHECK_VALUE(b, B("shared"), B("a"));
        CHECK_VALUE(b, B("other"), ABSENT);
        destroy(a);
        destroy(b);
    }
    CHECK_OK(plinth_database_close(one));
    CHECK_OK(plinth_database_close(two));
}

static void a_watch_fires_for_a_commit_of_the_other_handle_net6(void) {
    path where = temporary_path();
    plinth_database *one = open_with(where.text, NULL), *two = open_with(where.text, NULL);
    guard here, there;
    guard_key(&here, one, B("key"));
    guard_key(&there, two, B("key"));
    put(two, B("key"), B("new"));
    CHECK_OK(guard_end(&here));
    CHECK_OK(guard_end(&there));
    guard_key(&there, two, B("key"));
    put(one, B("key"), B("newer"));
    CHECK_OK(guard_end(&there));
    CHECK_OK(plinth_database_close(one));
    CHECK_OK(plinth_database_close(two));
}

static void keyspaces_are_those_of_the_directory_net6(void) {
    path where = temporary_path();
    plinth_database *one = open_with(where.text, NULL), *two = open_with(where.text, NULL);
    plinth_keyspace *here = NULL, *there = NULL;
    plinth_transaction *tr;
    CHECK_OK(plinth_keyspace_open(one, "inodes", &here));
    CHECK_OK(plinth_keyspace_open(two, "inodes", &there));
    put_in(one, here, B("key"), B("value"));
    tr = begin(two);
    CHECK_VALUE_IN(tr, there, B("key"), B("value"));
    CHECK_VALUE(tr, B("key"), ABSENT);
    destroy(tr);
    CHECK_OK(plinth_keyspace_close(there));
    CHECK_OK(plinth_keyspace_drop(two, "inodes"));
    tr = begin(one);
    CHECK_CODE(plinth_transaction_set(tr, here, (const uint8_t *)"key", 3, (const uint8_t *)"v", 1),
               PLINTH_ERROR_KEYSPACE_DROPPED);
    destroy(tr);
    CHECK_OK(plinth_keyspace_close(here));
    CHECK_OK(plinth_keyspace_open(one, "inodes", &here));
    tr = begin(one);
    CHECK_VALUE_IN(tr, here, B("key"), ABSENT);
    destroy(tr);
    CHECK_OK(plinth_keyspace_close(here));
    CHECK_OK(plinth_database_close(one));
    CHECK_OK(plinth_database_close(two));
}

/* Whoever goes first: what the others do goes on. */
static void the_others_go_on_when_one_is_closed_net6(void) {
    for (int goes = 0; goes < 3; goes++) {
        path where = temporary_path();
        plinth_database *handles[3];
        guard g;
        int stays = (goes + 1) % 3, last = (goes + 2) % 3;
        for (int i = 0; i < 3; i++) {
            handles[i] = open_with(where.text, NULL);
        }
        put(handles[goes], B("key"), B("before"));
        guard_key(&g, handles[stays], B("key"));
        CHECK_OK(plinth_database_close(handles[goes]));
        CHECK_TEXT(look_again(handles[stays], B("key")), "before");
        put_again(handles[last], B("key"), B("after"));
        CHECK_OK(guard_end(&g));
        CHECK_TEXT(look_again(handles[stays], B("key")), "after");
        CHECK_OK(plinth_database_close(handles[stays]));
        CHECK_TEXT(look_again(handles[last], B("key")), "after");
        CHECK_OK(plinth_database_close(handles[last]));
        CHECK_OK(try_open(where.text, NULL));
    }
}

static void adders_body(long number, void *user) {
    plinth_database **handles = (plinth_database **)user;
    const uint8_t one[8] = {1};
    for (long i = 0; i < scaled(200); i++) {
        plinth_transaction *tr = begin(handles[number % 2]);
        plinth_error error;
        do {
            CHECK_OK(plinth_transaction_atomic_op(tr, NULL, PLINTH_MUTATION_ADD, (const uint8_t *)"sum", 3, one, sizeof one));
            error = plinth_transaction_commit(tr);
        } while (error != 0 && plinth_transaction_on_error(tr, error) == 0);
        CHECK_INT(error, 0);
        destroy(tr);
    }
}

static void many_threads_on_two_handles_lose_nothing_net6(void) {
    path where = temporary_path();
    plinth_database *handles[2] = {open_with(where.text, NULL), open_with(where.text, NULL)};
    plinth_transaction *tr;
    uint8_t sum[8] = {0};
    in_threads(8, adders_body, handles);
    for (int i = 0; i < 8; i++) {
        sum[i] = (uint8_t)((uint64_t)(8 * scaled(200)) >> (8 * i));
    }
    tr = begin(handles[1]);
    CHECK_VALUE(tr, B("sum"), bytes_of(sum, sizeof sum));
    destroy(tr);
    CHECK_OK(plinth_database_close(handles[0]));
    CHECK_OK(plinth_database_close(handles[1]));
}

/* The options say what a second open must find, too. */
static void must_exist_and_must_not_exist_hold_for_guests_net6(void) {
    path where = temporary_path();
    plinth_database_options exist = database_options(), not_exist = database_options();
    plinth_database *db = open_with(where.text, NULL);
    exist.must_exist = true;
    not_exist.must_not_exist = true;
    CHECK_OK(try_open(where.text, &exist));
    CHECK_CODE(try_open(where.text, &not_exist), PLINTH_ERROR_DATABASE_EXISTS);
    CHECK_OK(plinth_database_close(db));
}

/* ------------------------------------------------------------------ two processes */

/* 3FS-6: services are processes of their own, on one database. */
static void a_guest_in_another_process_commits_net6(void) {
    path where = temporary_path();
    plinth_database *db = open_with(where.text, NULL);
    plinth_transaction *tr;
    guard g;
    put(db, B("key"), B("mine"));
    guard_key(&g, db, B("key"));
    tr = begin(db);
    CHECK_VALUE(tr, B("key"), B("mine"));
    CHECK_INT(wait_for(spawn_self("put", where.text, "theirs", -1)), 0);
    CHECK_OK(guard_end(&g));
    check_stored(db, B("key"), B("theirs"));
    /* What this one read is not so any more. */
    CHECK_OK(tr_set(tr, B("other"), B("x")));
    CHECK_CODE(plinth_transaction_commit(tr), PLINTH_ERROR_NOT_COMMITTED);
    destroy(tr);
    CHECK_OK(plinth_database_close(db));
}

/* Reads, writes, conflicts and watches of this process, with the host in another one. */
static void a_host_in_another_process_serves_net6(void) {
    path where = temporary_path();
    partner host = start("stay", where.text, "shared");
    plinth_database *db, *second;
    plinth_transaction *a, *b;
    guard g;
    if (!partner_is_there(&host)) {
        return;
    }
    db = open_with(where.text, NULL);
    second = open_with(where.text, NULL);
    check_stored(db, B("stays"), B("yes"));
    guard_key(&g, second, B("key"));
    a = begin(db);
    b = begin(second);
    CHECK_OK(tr_touch(a, B("key")));
    CHECK_OK(tr_touch(b, B("key")));
    CHECK_OK(tr_set(a, B("key"), B("a")));
    CHECK_OK(tr_set(b, B("key"), B("b")));
    CHECK_VALUE(b, B("key"), B("b"));
    CHECK_OK(plinth_transaction_commit(a));
    CHECK_CODE(plinth_transaction_commit(b), PLINTH_ERROR_NOT_COMMITTED);
    CHECK_OK(guard_end(&g));
    destroy(a);
    destroy(b);
    CHECK_INT(wait_for(spawn_self("put", where.text, "third", -1)), 0);
    check_stored(second, B("key"), B("third"));
    put(db, B("leave"), B("now"));
    CHECK_INT(partner_end(&host), 0);
    /* This process goes on without it. */
    CHECK_TEXT(look_again(db, B("key")), "third");
    put_again(second, B("key"), B("ours"));
    CHECK_TEXT(look_again(db, B("key")), "ours");
    CHECK_OK(plinth_database_close(db));
    CHECK_TEXT(look_again(second, B("key")), "ours");
    CHECK_OK(plinth_database_close(second));
}

/* COM-8: what the host acknowledged is there when it was killed, and the guest goes on. */
static void a_host_that_is_killed_is_followed_net6_com8(void) {
    for (long round = 0; round < scaled(10); round++) {
        path where = temporary_path();
        partner host = start("stay", where.text, "shared");
        plinth_database *db;
        guard g;
        if (!partner_is_there(&host)) {
            return;
        }
        db = open_with(where.text, NULL);
        put(db, B("key"), B("acknowledged"));
        guard_key(&g, db, B("later"));
        kill(host.pid, SIGKILL);
        CHECK(WIFSIGNALED(partner_end(&host)));
        CHECK_TEXT(look_again(db, B("key")), "acknowledged");
        CHECK_TEXT(look_again(db, B("stays")), "yes");
        put_again(db, B("later"), B("fires"));
        CHECK_OK(guard_end(&g));
        CHECK_OK(plinth_database_close(db));
    }
}

/* ------------------------------------------------------------------ for one alone */

static void an_exclusive_open_fails_while_others_have_it_net6(void) {
    path where = temporary_path();
    plinth_database_options options = exclusively();
    plinth_database *one = open_with(where.text, NULL), *two = open_with(where.text, NULL);
    char pid[32];
    snprintf(pid, sizeof pid, "%ld", (long)getpid());
    refused(where.text, &options, getpid());
    CHECK_INT(wait_for(spawn_self("refused-alone", where.text, pid, -1)), 0);
    put(two, B("still"), B("shared"));
    CHECK_OK(plinth_database_close(one));
    CHECK_TEXT(look_again(two, B("still")), "shared");
    refused(where.text, &options, getpid());
    CHECK_OK(plinth_database_close(two));
    CHECK_OK(try_open(where.text, &options));
}

static void nobody_is_let_in_beside_an_exclusive_open_net6(void) {
    path where = temporary_path(), link = temporary_path();
    plinth_database_options options = exclusively();
    plinth_database *db = open_with(where.text, &options);
    char pid[32];
    snprintf(pid, sizeof pid, "%ld", (long)getpid());
    CHECK_INT(symlink(where.text, link.text), 0);
    refused(where.text, NULL, getpid());
    refused(link.text, NULL, getpid());
    refused(where.text, &options, getpid());
    CHECK_INT(wait_for(spawn_self("refused", where.text, pid, -1)), 0);
    /* A refused open in this process does not let go of the lock. */
    CHECK_INT(wait_for(spawn_self("refused", where.text, pid, -1)), 0);
    put(db, B("still"), B("usable"));
    CHECK_OK(plinth_database_close(db));
    CHECK_OK(try_open(where.text, NULL));
    CHECK_OK(try_open(where.text, &options));
}

/* The same with the process that has it being another one. */
static void another_process_can_have_it_alone_net6(void) {
    path where = temporary_path();
    plinth_database_options options = exclusively();
    partner owner = start("stay", where.text, "exclusive");
    if (!partner_is_there(&owner)) {
        return;
    }
    refused(where.text, NULL, owner.pid);
    refused(where.text, &options, owner.pid);
    kill(owner.pid, SIGKILL);
    CHECK(WIFSIGNALED(partner_end(&owner)));
    CHECK_OK(try_open(where.text, &options));
    owner = start("stay", where.text, "shared");
    if (partner_is_there(&owner)) {
        refused(where.text, &options, owner.pid);
        CHECK_INT(wait_for(spawn_self("put", where.text, "beside", -1)), 0);
    }
    kill(owner.pid, SIGKILL);
    CHECK(WIFSIGNALED(partner_end(&owner)));
}

/* RNG-9, GET-1: in another process too. */
static void a_guest_reads_many_keys_and_streams_net6_get1_rng9(void) {
    path where = temporary_path();
    plinth_database *db = open_buffered(where.text);
    plinth_transaction *tr = begin(db);
    uint8_t value[GUESTS_VALUE];
    for (int i = 0; i < GUESTS_PAIRS; i++) {
        char key[16];
        snprintf(key, sizeof key, "%08d", i);
        memset(value, i % 251, sizeof value);
        CHECK_OK(tr_set(tr, bytes_of(key, 8), bytes_of(value, sizeof value)));
    }
    CHECK_OK(plinth_transaction_commit(tr));
    destroy(tr);
    CHECK_INT(wait_for(spawn_self("read", where.text, "all", -1)), 0);
    CHECK_OK(plinth_database_close(db));
}

/* A database in memory is its handle's alone anyway. */
static void in_memory_exclusive_means_nothing_net6(void) {
    plinth_database_options options = exclusively();
    plinth_database *one = open_with(":memory:", &options);
    CHECK_OK(try_open(":memory:", &options));
    CHECK_OK(plinth_database_close(one));
}

static int play(char **argv) {
    if (strcmp(argv[1], "stay") == 0) {
        return stay_role(argv[2], argv[3]);
    }
    if (strcmp(argv[1], "put") == 0) {
        return put_role(argv[2], argv[3]);
    }
    if (strcmp(argv[1], "read") == 0) {
        return read_role(argv[2]);
    }
    if (strcmp(argv[1], "refused-alone") == 0) {
        return refused_alone_role(argv[2], argv[3]);
    }
    return refused_role(argv[2], argv[3]);
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    if (argc > 3) {
        return play(argv);
    }
    RUN(handles_see_each_others_commits_at_once_net6);
    RUN(versions_of_all_handles_are_in_one_order_net6_ver11);
    RUN(handles_conflict_with_each_other_net6);
    RUN(a_watch_fires_for_a_commit_of_the_other_handle_net6);
    RUN(keyspaces_are_those_of_the_directory_net6);
    RUN(the_others_go_on_when_one_is_closed_net6);
    RUN(many_threads_on_two_handles_lose_nothing_net6);
    RUN(must_exist_and_must_not_exist_hold_for_guests_net6);
    RUN(a_guest_in_another_process_commits_net6);
    RUN(a_host_in_another_process_serves_net6);
    RUN(a_host_that_is_killed_is_followed_net6_com8);
    RUN(an_exclusive_open_fails_while_others_have_it_net6);
    RUN(nobody_is_let_in_beside_an_exclusive_open_net6);
    RUN(another_process_can_have_it_alone_net6);
    RUN(a_guest_reads_many_keys_and_streams_net6_get1_rng9);
    RUN(in_memory_exclusive_means_nothing_net6);
    return harness_end();
}
