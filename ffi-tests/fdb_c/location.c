/*
 * Where the data is: a directory, a cluster file, a connection string, nothing at all; what is refused; one
 * store for all handles of all processes. Rules NET-4 to NET-7, COM-8, VER-11.
 *
 * A name leads to one store or to an error. Each step is a process of its own, so that only files connect
 * them; the environment of each is made here.
 */
#include "harness.h"

#define CONNECTION "test:abc123@127.0.0.1:4500"

/* ------------------------------------------------------------------ steps, each a process */

/* The store of a path; "NULL" stands for no path, "connection ..." for a connection string. */
static FDBDatabase *open_named(const char *name) {
    static const char string[] = "connection ";
    FDBDatabase *db = NULL;
    if (strncmp(name, string, sizeof string - 1) == 0) {
        CHECK_OK(fdb_create_database_from_connection_string(name + sizeof string - 1, &db));
    } else {
        CHECK_OK(fdb_create_database(strcmp(name, "NULL") == 0 ? NULL : name, &db));
    }
    return db;
}

static bytes text(const char *of) {
    return bytes_of(of, (int)strlen(of));
}

static void write_role(const char *name, const char *value) {
    FDBDatabase *db = open_named(name);
    put(db, B("k"), text(value));
    fdb_database_destroy(db);
}

/* Dies at once after its commit was acknowledged. */
static void write_and_die_role(const char *name, const char *value) {
    put(open_named(name), B("k"), text(value));
    raise(SIGKILL);
}

/* Opens, and dies at once: whoever the directory goes to then. */
static void open_and_die_role(const char *name, const char *unused) {
    (void)unused;
    (void)open_named(name);
    if (harness.failures == 0) {
        raise(SIGKILL);
    }
}

static void read_role(const char *name, const char *value) {
    FDBDatabase *db = open_named(name);
    FDBTransaction *tr = begin(db);
    CHECK_VALUE(tr, B("k"), strcmp(value, "ABSENT") == 0 ? ABSENT : text(value));
    destroy(tr);
    fdb_database_destroy(db);
}

/* What is wrong with a store is told by its opening. */
static void not_created_role(const char *name, const char *code_text) {
    FDBDatabase *db = NULL;
    CHECK_CODE(fdb_create_database(name, &db), atoi(code_text));
}

/* NET-4: opening and beginning succeed; every operation gives the code. */
static void refused_role(const char *name, const char *code_text) {
    fdb_error_t code = atoi(code_text);
    FDBDatabase *db = open_named(name);
    FDBTransaction *tr = begin(db);
    CHECK_CODE(touch(tr, B("k")), code);
    fdb_transaction_reset(tr);
    CHECK_CODE(outcome(fdb_transaction_get_read_version(tr)), code);
    fdb_transaction_reset(tr);
    CHECK_CODE(outcome(tr_range(tr, at_or_after(B("a")), at_or_after(B("z")), ALL_OF_IT)), code);
    fdb_transaction_reset(tr);
    tr_set(tr, B("k"), B("v"));
    CHECK_CODE(commit(tr), code);
    CHECK_CODE(on_error(tr, code), code);
    destroy(tr);
    fdb_database_destroy(db);
}

/* What the special keys say of the place. */
static void told_role(const char *name, const char *want) {
    FDBDatabase *db = open_named(name);
    FDBTransaction *tr = begin(db);
    CHECK_VALUE(tr, B("\xff\xff/cluster_file_path"), text(want));
    CHECK_VALUE(tr, B("\xff\xff/connection_string"), B(CONNECTION));
    destroy(tr);
    fdb_database_destroy(db);
}

/* NET-6: the store is another process's, and is shared: this one reads what that one wrote, and answers. */
static void share_role(const char *name, const char *want) {
    FDBDatabase *db = open_named(name);
    FDBTransaction *tr = begin(db);
    CHECK_VALUE(tr, B("k"), text(want));
    destroy(tr);
    put(db, B("answer"), text(want));
    fdb_database_destroy(db);
}

/* NET-6: while this process has the store, another works on it too: both see it all, and conflict. */
static void hold_role(const char *name, const char *value) {
    FDBDatabase *db = open_named(name);
    FDBTransaction *tr = begin(db);
    FDBFuture *changed = tr_watch(tr, B("answer"));
    CHECK_OK(commit(tr));
    fdb_transaction_reset(tr);
    put(db, B("k"), text(value));
    CHECK_VALUE(tr, B("answer"), ABSENT);
    tr_set(tr, B("other"), B("1"));
    CHECK_CHILD("share", name, value);
    CHECK_OK(fdb_future_block_until_ready(changed));
    CHECK_OK(fdb_future_get_error(changed));
    fdb_future_destroy(changed);
    CHECK_CODE(commit(tr), 1020);
    fdb_transaction_reset(tr);
    CHECK_VALUE(tr, B("answer"), text(value));
    destroy(tr);
    fdb_database_destroy(db);
}

/* NET-5: all handles of one path, however it is spelt, are one store. */
static void two_handles_role(const char *name, const char *same) {
    FDBDatabase *first = open_named(name), *second = open_named(same);
    FDBTransaction *tr = begin(second), *other = begin(second);
    CHECK_VALUE(other, B("shared"), ABSENT);
    put(first, B("shared"), B("by the first"));
    CHECK_VALUE(tr, B("shared"), B("by the first"));
    tr_set(other, B("x"), B("1"));
    CHECK_CODE(commit(other), 1020);
    fdb_database_destroy(first);
    put(second, B("shared"), B("by the second"));
    destroy(other);
    destroy(tr);
    fdb_database_destroy(second);
}

/* NET-5: a handle for each transaction. */
static void many_handles_role(const char *name, const char *unused) {
    (void)unused;
    for (long i = 0; i < scaled(2000); i++) {
        FDBDatabase *db = open_named(name);
        FDBTransaction *tr = begin(db);
        char value[16];
        int len = snprintf(value, sizeof value, "%ld", i);
        if (i % 100 == 0) {
            tr_set(tr, B("k"), bytes_of(value, len));
            CHECK_OK(commit(tr));
        } else {
            len = snprintf(value, sizeof value, "%ld", i / 100 * 100);
            CHECK_VALUE(tr, B("k"), bytes_of(value, len));
        }
        fdb_database_destroy(db);
        destroy(tr);
    }
}

/* VER-11: versions and stamps go on from where an earlier process left them: the file keeps the largest. */
static void versions_role(const char *name, const char *notes) {
    FDBDatabase *db = open_named(name);
    FDBTransaction *tr = begin(db);
    long long before = 0;
    FILE *file = fopen(notes, "r");
    if (file != NULL) {
        CHECK_INT(fscanf(file, "%lld", &before), 1);
        fclose(file);
    }
    CHECK(read_version(tr) > before);
    destroy(tr);
    file = fopen(notes, "w");
    if (CHECK(file != NULL)) {
        tr = begin(db);
        put(db, B("k"), B("v"));
        fprintf(file, "%lld", (long long)read_version(tr));
        fclose(file);
        destroy(tr);
    }
    fdb_database_destroy(db);
}

static const struct {
    const char *name;
    void (*body)(const char *first, const char *second);
} roles[] = {
    {"write", write_role},
    {"write_and_die", write_and_die_role},
    {"open_and_die", open_and_die_role},
    {"read", read_role},
    {"refused", refused_role},
    {"not_created", not_created_role},
    {"share", share_role},
    {"told", told_role},
    {"hold", hold_role},
    {"versions", versions_role},
    {"two_handles", two_handles_role},
    {"many_handles", many_handles_role},
    /* The same under names that the Valgrind run leaves out: a store in memory is never closed. */
    {"write_in_memory", write_role},
    {"read_in_memory", read_role},
    {"two_handles_in_memory", two_handles_role},
};

static int play_role(char **argv) {
    for (long i = 0; i < COUNT(roles); i++) {
        if (strcmp(argv[1], roles[i].name) == 0) {
            network_start(730);
            roles[i].body(argv[2], argv[3]);
            network_finish();
            return child_end();
        }
    }
    return 2;
}

/* ------------------------------------------------------------------ surroundings */

/* The directory of the claim under way: home and current directory are in it. */
static path home;

/* Everything that decides where data is points into a new directory. */
static void new_surroundings(void) {
    home = temporary_path();
    CHECK_INT(mkdir(home.text, 0777), 0);
    CHECK_INT(chdir(home.text), 0);
    unsetenv("PLINTH_DATA");
    unsetenv("FDB_CLUSTER_FILE");
    unsetenv("XDG_DATA_HOME");
    setenv("HOME", home.text, 1);
}

static path in_home(const char *name) {
    path made;
    snprintf(made.text, sizeof made.text, "%.250s/%.60s", home.text, name);
    return made;
}

static bool exists(const char *name) {
    struct stat info;
    return lstat(name, &info) == 0;
}

/* With PLINTH_DATA unset a child would get memory from the harness: empty is as good as unset. */
static void no_override(void) {
    setenv("PLINTH_DATA", "", 1);
}

static void begin_claim(void) {
    new_surroundings();
    no_override();
}

/* Writes through one name and reads through another. */
static void same_store(const char *one, const char *other) {
    static int round;
    char value[16];
    snprintf(value, sizeof value, "round %d", round++);
    CHECK_CHILD("write", one, value);
    CHECK_CHILD("read", other, value);
    CHECK_CHILD("read", one, value);
}

/* ------------------------------------------------------------------ claims */

/* NET-4, NET-5: a cluster file by its name, by links, and relative; the data is beside it. */
static void a_cluster_file_names_a_store_net4_net5(void) {
    path file, link, directory, roundabout;
    begin_claim();
    file = in_home("my.cluster");
    link = in_home("link.cluster");
    directory = in_home("other");
    roundabout = in_home("other/../my.cluster");
    write_file(file.text, "# a comment\n\n" CONNECTION "\n");
    CHECK_INT(mkdir(directory.text, 0777), 0);
    CHECK_INT(symlink(file.text, link.text), 0);
    same_store(file.text, link.text);
    same_store(link.text, file.text);
    same_store("my.cluster", file.text);
    same_store("./my.cluster", "other/../link.cluster");
    same_store(roundabout.text, file.text);
    CHECK(exists(in_home("my.cluster.plinth").text));
    CHECK(!exists(in_home("link.cluster.plinth").text));
    CHECK_CHILD("told", file.text, file.text);
}

/* NET-5: a directory is the store itself; links and slashes do not matter. */
static void a_directory_is_a_store_net5(void) {
    path directory, slash, link;
    begin_claim();
    directory = in_home("data");
    slash = in_home("data/");
    link = in_home("link");
    CHECK_INT(mkdir(directory.text, 0777), 0);
    CHECK_INT(symlink("data", link.text), 0);
    same_store(directory.text, slash.text);
    same_store(link.text, directory.text);
    same_store("data", directory.text);
    same_store("./data/.", link.text);
}

/* A store opens with every preset of the environment, and not with another word. */
static void the_environment_names_a_preset(void) {
    static const char *const names[] = {"small-memory", "read-heavy", "write-heavy", "balanced", ""};
    path directory;
    begin_claim();
    directory = in_home("data");
    CHECK_INT(mkdir(directory.text, 0777), 0);
    CHECK_CHILD("write", directory.text, "before");
    for (int i = 0; i < (int)COUNT(names); i++) {
        setenv("PLINTH_PRESET", names[i], 1);
        CHECK_CHILD("read", directory.text, i == 0 ? "before" : names[i - 1]);
        CHECK_CHILD("write", directory.text, names[i]);
    }
    setenv("PLINTH_PRESET", "fast", 1);
    CHECK_CHILD("not_created", directory.text, "2006");
    unsetenv("PLINTH_PRESET");
    CHECK_CHILD("read", directory.text, "");
}

/* NET-5: two cluster files with one content are two stores. */
static void each_file_has_its_own_store_net5(void) {
    begin_claim();
    write_file("one.cluster", CONNECTION "\n");
    write_file("two.cluster", CONNECTION "\n");
    CHECK_CHILD("write", "one.cluster", "of one");
    CHECK_CHILD("read", "two.cluster", "ABSENT");
    CHECK_CHILD("write", "two.cluster", "of two");
    CHECK_CHILD("read", "one.cluster", "of one");
}

/* NET-5: without a path: the variable, then the file here, then the user's directory. */
static void without_a_path_the_default_is_taken_net5(void) {
    path named;
    begin_claim();
    named = in_home("named.cluster");
    if (!exists("/etc/foundationdb/fdb.cluster")) {
        same_store("NULL", "");
        CHECK(exists(in_home(".local/share/plinth/default").text));
        setenv("XDG_DATA_HOME", in_home("xdg").text, 1);
        CHECK_CHILD("read", "NULL", "ABSENT");
        same_store("NULL", "");
        CHECK(exists(in_home("xdg/plinth/default").text));
    }
    write_file("fdb.cluster", CONNECTION "\n");
    CHECK_CHILD("read", "NULL", "ABSENT");
    same_store("NULL", "fdb.cluster");
    write_file(named.text, CONNECTION "\n");
    setenv("FDB_CLUSTER_FILE", named.text, 1);
    CHECK_CHILD("read", "NULL", "ABSENT");
    same_store("NULL", named.text);
    same_store("", named.text);
}

/* NET-4: a variable that names no file is an error; the file here is not taken instead. */
static void a_chosen_file_is_not_given_up_net4(void) {
    begin_claim();
    write_file("fdb.cluster", CONNECTION "\n");
    setenv("FDB_CLUSTER_FILE", in_home("missing.cluster").text, 1);
    CHECK_CHILD("refused", "NULL", "1515");
    unsetenv("FDB_CLUSTER_FILE");
    write_file("fdb.cluster", "");
    CHECK_CHILD("refused", "NULL", "2104");
}

/* NET-4: what is no cluster file is an error of the first operation, and nothing is made. */
static void bad_files_are_told_by_the_first_operation_net4(void) {
    static const char *const bogus[] = {"",           "\n",          "# only a comment\n",   "no connection string",
                                        "a:b@",       "a:b@host",    "a-b:c@127.0.0.1:4500", ":b@127.0.0.1:4500",
                                        "a:@1.2.3.4:5", "a@1.2.3.4:5"};
    begin_claim();
    CHECK_CHILD("refused", "missing.cluster", "1515");
    CHECK_CHILD("refused", in_home("no/such/directory/x.cluster").text, "1515");
    CHECK_CHILD("refused", "/dev/null", "2104");
    for (long i = 0; i < COUNT(bogus); i++) {
        int status;
        write_file("bogus.cluster", bogus[i]);
        status = wait_for(spawn_self("refused", "bogus.cluster", "2104"));
        harness_count(status == 0, __FILE__, __LINE__, "\"%s\" was not refused", bogus[i]);
    }
    CHECK_INT(symlink("nowhere", "dangling.cluster"), 0);
    CHECK_CHILD("refused", "dangling.cluster", "1515");
    CHECK(!exists("missing.cluster") && !exists("missing.cluster.plinth") && !exists("bogus.cluster.plinth"));
    CHECK(!exists("nowhere") && !exists("nowhere.plinth"));
}

/* NET-5: PLINTH_DATA goes before everything; a directory is made, memory is forgotten. */
static void the_override_goes_before_everything_net5(void) {
    begin_claim();
    write_file("my.cluster", CONNECTION "\n");
    CHECK_CHILD("write", "my.cluster", "in the file's store");
    setenv("PLINTH_DATA", in_home("a/b/c").text, 1);
    CHECK_CHILD("read", "my.cluster", "ABSENT");
    same_store("my.cluster", "NULL");
    same_store("missing.cluster", "connection " CONNECTION);
    CHECK(exists(in_home("a/b/c").text));
    setenv("PLINTH_DATA", ":memory:", 1);
    CHECK_CHILD("write_in_memory", "my.cluster", "gone with its process");
    CHECK_CHILD("read_in_memory", "my.cluster", "ABSENT");
    CHECK_CHILD("two_handles_in_memory", "my.cluster", "NULL");
    no_override();
    CHECK_CHILD("read", "my.cluster", "in the file's store");
}

/* NET-5: a connection string names a store by its description and id. */
static void a_connection_string_names_a_store_net5(void) {
    begin_claim();
    same_store("connection " CONNECTION, "connection test:abc123@10.0.0.1:4500,10.0.0.2:4500");
    CHECK_CHILD("read", "connection test:other@127.0.0.1:4500", "ABSENT");
    CHECK_CHILD("read", "connection other:abc123@127.0.0.1:4500", "ABSENT");
    CHECK_CHILD("refused", "connection no connection string", "2104");
    CHECK_CHILD("refused", "connection ../x:abc123@127.0.0.1:4500", "2104");
}

/* NET-5: one path is one store in the process, however it is spelt. */
static void handles_of_one_path_share_a_store_net5(void) {
    begin_claim();
    write_file("my.cluster", CONNECTION "\n");
    CHECK_INT(symlink("my.cluster", "link.cluster"), 0);
    CHECK_CHILD("two_handles", "my.cluster", "link.cluster");
}

static void a_handle_for_each_transaction_net5_net7(void) {
    begin_claim();
    write_file("my.cluster", CONNECTION "\n");
    CHECK_CHILD("many_handles", "my.cluster", "");
}

/* NET-6: a second process shares the store, and the first goes on when it has left. */
static void a_store_is_shared_by_processes_net6(void) {
    begin_claim();
    write_file("my.cluster", CONNECTION "\n");
    CHECK_CHILD("hold", "my.cluster", "held");
    CHECK_CHILD("read", "my.cluster", "held");
}

/* COM-8: what was acknowledged is there after the process was killed. */
static void what_was_acknowledged_survives_a_kill_com8(void) {
    begin_claim();
    write_file("my.cluster", CONNECTION "\n");
    for (long i = 0; i < scaled(10); i++) {
        char value[16];
        int status;
        snprintf(value, sizeof value, "%ld", i);
        status = wait_for(spawn_self("write_and_die", "my.cluster", value));
        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        CHECK_CHILD("read", "my.cluster", value);
    }
}

/* NET-6: no open fails because those before it are killed, each of which may have had the directory. */
static void opens_go_well_while_others_are_killed_net6(void) {
    enum { AT_ONCE = 6 };
    pid_t running[AT_ONCE] = {0};
    long opens = scaled(10) * AT_ONCE;
    begin_claim();
    write_file("my.cluster", CONNECTION "\n");
    CHECK_CHILD("write", "my.cluster", "kept");
    for (long i = 0; i < opens + AT_ONCE; i++) {
        pid_t *next = &running[i % AT_ONCE];
        int status = i < AT_ONCE ? 0 : wait_for(*next);
        CHECK(i < AT_ONCE || (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
        *next = i < opens ? spawn_self("open_and_die", "my.cluster", "") : 0;
    }
    CHECK_CHILD("read", "my.cluster", "kept");
}

/* VER-11: versions go on over processes. */
static void versions_go_on_over_processes_ver11(void) {
    begin_claim();
    write_file("my.cluster", CONNECTION "\n");
    for (int i = 0; i < 3; i++) {
        CHECK_CHILD("versions", "my.cluster", "notes");
    }
}

int main(int argc, char **argv) {
    char self[PATH_MAX];
    unsetenv("PLINTH_TEST_ON_DISK");
    harness_begin(argc, argv);
    if (argc > 3) {
        return play_role(argv);
    }
    /* The claims change the current directory: the children need an absolute name. */
    if (realpath("/proc/self/exe", self) != NULL) {
        harness.self = self;
    }
    RUN(a_cluster_file_names_a_store_net4_net5);
    RUN(a_directory_is_a_store_net5);
    RUN(the_environment_names_a_preset);
    RUN(each_file_has_its_own_store_net5);
    RUN(without_a_path_the_default_is_taken_net5);
    RUN(a_chosen_file_is_not_given_up_net4);
    RUN(bad_files_are_told_by_the_first_operation_net4);
    RUN(the_override_goes_before_everything_net5);
    RUN(a_connection_string_names_a_store_net5);
    RUN(handles_of_one_path_share_a_store_net5);
    RUN(a_handle_for_each_transaction_net5_net7);
    RUN(a_store_is_shared_by_processes_net6);
    RUN(what_was_acknowledged_survives_a_kill_com8);
    RUN(opens_go_well_while_others_are_killed_net6);
    RUN(versions_go_on_over_processes_ver11);
    return harness_end();
}
