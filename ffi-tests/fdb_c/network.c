/*
 * What a process does once: choosing the API version, setting up, running and stopping the network,
 * its options, and every way to leave. Rules ABI-5, ABI-8, NET-1 to NET-3, FUT-13, section OPT.
 *
 * Each role is a process of its own: the program starts itself with the role's name.
 */
#include "harness.h"

#define NEWEST 800
#define OLDEST 510

static const int versions[] = {INT_MIN, -1, 0, 1, 12, 13, 22, 23, 500, 509, 510, 511, 520, 600, 609, 610, 615, 620, 630,
                               700, 710, 720, 730, 740, 799, 800, 801, 900, 100000, INT_MAX};

/* ------------------------------------------------------------------ ABI-5: the API version */

/* What the rules say of a first selection. */
static fdb_error_t expected_selection(int runtime, int header) {
    return runtime > header ? 2202 : header > NEWEST || runtime < OLDEST ? 2203 : 0;
}

/* Every pair that must fail, then one that must not, then every pair again. */
static void select_role(const char *runtime_text, const char *header_text) {
    int runtime = atoi(runtime_text), header = atoi(header_text);
    CHECK_INT(fdb_get_max_api_version(), NEWEST);
    for (long r = 0; r < COUNT(versions); r++) {
        for (long h = 0; h < COUNT(versions); h++) {
            fdb_error_t want = expected_selection(versions[r], versions[h]);
            if (want != 0) {
                CHECK_CODE(fdb_select_api_version_impl(versions[r], versions[h]), want);
            }
        }
    }
    CHECK_OK(fdb_select_api_version_impl(runtime, header));
    for (long r = 0; r < COUNT(versions); r++) {
        for (long h = 0; h < COUNT(versions); h++) {
            CHECK_CODE(fdb_select_api_version_impl(versions[r], versions[h]), 2201);
        }
    }
    CHECK_CODE(fdb_select_api_version_impl(runtime, header), 2201);
}

static void select_in_child(int runtime, int header) {
    char first[16], second[16];
    snprintf(first, sizeof first, "%d", runtime);
    snprintf(second, sizeof second, "%d", header);
    CHECK_CHILD("select", first, second);
}

/* ABI-5: every pair of a runtime and a header version, each in a process of its own. */
static void each_pair_of_versions_is_judged_abi5(void) {
    long at = 0, stride = COUNT(versions) / scaled(COUNT(versions));
    for (long r = 0; r < COUNT(versions); r++) {
        for (long h = 0; h < COUNT(versions); h++) {
            if (expected_selection(versions[r], versions[h]) == 0 && at++ % stride == 0) {
                select_in_child(versions[r], versions[h]);
            }
        }
    }
    CHECK(at > 50);
}

/* ABI-5: every number from 510 to 800 is a version. */
static void select_one_role(const char *runtime_text, const char *unused) {
    (void)unused;
    CHECK_OK(fdb_select_api_version_impl(atoi(runtime_text), NEWEST));
    CHECK_OK(fdb_setup_network());
}

static void each_number_is_a_version_abi5(void) {
    long stride = (NEWEST - OLDEST) / scaled(NEWEST - OLDEST);
    for (int version = OLDEST; version <= NEWEST; version += (int)stride) {
        char text[16];
        snprintf(text, sizeof text, "%d", version);
        CHECK_CHILD("select_one", text, NULL);
    }
}

/* ABI-8: without a version nothing is set up, and nothing aborts. */
static void unselected_role(const char *first, const char *second) {
    (void)first, (void)second;
    CHECK_CODE(fdb_setup_network(), 2200);
    CHECK(fdb_get_error(2200) != NULL);
    CHECK(fdb_get_client_version() != NULL);
    CHECK_OK(fdb_select_api_version(730));
    CHECK_OK(fdb_setup_network());
}

static void a_version_comes_first_abi8(void) {
    CHECK_CHILD("unselected", NULL, NULL);
}

/* ------------------------------------------------------------------ NET-1, NET-2: set up, run, stop */

static long hooks_called, hooks_out_of_order;
static long hook_numbers[5] = {0, 1, 2, 3, 4};
static bool hooks_elsewhere;
static pthread_t hook_thread;

static void hook(void *user) {
    if (*(long *)user != hooks_called) {
        hooks_out_of_order++;
    }
    hook_thread = pthread_self();
    hooks_elsewhere = hooks_elsewhere || !on_network_thread();
    hooks_called++;
}

static void add_hooks(void) {
    for (int i = 0; i < 5; i++) {
        CHECK_OK(fdb_add_network_thread_completion_hook(hook, &hook_numbers[i]));
    }
}

static void before_setup_role(const char *first, const char *second) {
    FDBDatabase *db = (FDBDatabase *)&db;
    (void)first, (void)second;
    CHECK_OK(fdb_select_api_version(730));
    CHECK_CODE(fdb_run_network(), 2008);
    CHECK_CODE(fdb_stop_network(), 2008);
    CHECK_CODE(fdb_add_network_thread_completion_hook(hook, NULL), 2008);
    CHECK_CODE(fdb_create_database(NULL, &db), 2008);
    CHECK_CODE(fdb_create_database("", &db), 2008);
    CHECK_OK(fdb_setup_network());
    CHECK_CODE(fdb_setup_network(), 2009);
    CHECK_CODE(fdb_setup_network(), 2009);
    CHECK_OK(fdb_create_database(NULL, &db));
    fdb_database_destroy(db);
}

/* NET-1: before the set-up 2008, a second set-up 2009. */
static void the_network_is_set_up_first_and_once_net1(void) {
    CHECK_CHILD("before_setup", NULL, NULL);
}

static void life_role(const char *first, const char *second) {
    FDBDatabase *db;
    (void)first, (void)second;
    network_start(730);
    add_hooks();
    db = open_database();
    put(db, B("k"), B("v"));
    CHECK_INT(hooks_called, 0);
    CHECK_CODE(fdb_run_network(), 2025);
    fdb_database_destroy(db);
    network_finish();
    CHECK_INT(hooks_called, 5);
    CHECK_INT(hooks_out_of_order, 0);
    CHECK(!hooks_elsewhere);
    CHECK_CODE(fdb_run_network(), 2025);
    CHECK_CODE(fdb_setup_network(), 2009);
    CHECK_INT(hooks_called, 5);
}

/* NET-2: hooks run in order on the network thread when it ends; it runs once. */
static void the_network_runs_once_and_ends_with_its_hooks_net2(void) {
    CHECK_CHILD("life", NULL, NULL);
}

static void stop_first_role(const char *first, const char *second) {
    (void)first, (void)second;
    CHECK_OK(fdb_select_api_version(730));
    CHECK_OK(fdb_setup_network());
    add_hooks();
    CHECK_OK(fdb_stop_network());
    network.thread.id = pthread_self();
    CHECK_OK(fdb_run_network());
    CHECK_INT(hooks_called, 5);
    CHECK_INT(hooks_out_of_order, 0);
    CHECK(pthread_equal(hook_thread, pthread_self()));
    CHECK_CODE(fdb_run_network(), 2025);
}

/* NET-2: stopped before it ran, the network returns at once, with its hooks. */
static void stop_may_come_before_run_net2(void) {
    CHECK_CHILD("stop_first", NULL, NULL);
}

static void stop_from(long number, void *user) {
    FDBDatabase *db = open_database();
    (void)number, (void)user;
    put(db, B("k"), B("v"));
    fdb_database_destroy(db);
    CHECK_OK(fdb_stop_network());
}

static void run_on_main_role(const char *first, const char *second) {
    thread other;
    (void)first, (void)second;
    CHECK_OK(fdb_select_api_version(730));
    CHECK_OK(fdb_setup_network());
    thread_start(&other, stop_from, 0, NULL);
    CHECK_OK(fdb_run_network());
    thread_join(&other);
}

/* NET-2: the network may run on the first thread of the program and be stopped from another. */
static void any_thread_may_run_it_and_any_may_stop_it_net2(void) {
    CHECK_CHILD("run_on_main", NULL, NULL);
}

static void run_code(long number, void *user) {
    ((fdb_error_t *)user)[number] = fdb_run_network();
}

static void run_by_many_role(const char *first, const char *second) {
    thread runners[4];
    fdb_error_t codes[4];
    int ran = 0, refused = 0;
    (void)first, (void)second;
    CHECK_OK(fdb_select_api_version(730));
    CHECK_OK(fdb_setup_network());
    for (long i = 0; i < 4; i++) {
        thread_start(&runners[i], run_code, i, codes);
    }
    CHECK_OK(fdb_stop_network());
    for (int i = 0; i < 4; i++) {
        thread_join(&runners[i]);
        ran += codes[i] == 0;
        refused += codes[i] == 2025;
    }
    CHECK_INT(ran, 1);
    CHECK_INT(refused, 3);
}

/* NET-2, NET-3: of four threads that run the network at once one does. */
static void one_thread_only_runs_it_net2_net3(void) {
    CHECK_CHILD("run_by_many", NULL, NULL);
}

/* ------------------------------------------------------------------ FUT-13: after the network has stopped */

static void after_stop_role(const char *first, const char *second) {
    FDBDatabase *db, *with_data;
    FDBTransaction *tr[3];
    FDBFuture *futures[9];
    told t = {0, 0, 0};
    (void)first, (void)second;
    network_start(730);
    db = open_database();
    with_data = open_database();
    for (int i = 0; i < 3; i++) {
        tr[i] = begin(db);
        tr_set(tr[i], B("k"), B("v"));
        futures[3 * i] = tr_watch(tr[i], B("k"));
        futures[3 * i + 1] = fdb_transaction_get_versionstamp(tr[i]);
        futures[3 * i + 2] = tr_get(tr[i], B("k"));
        CHECK_OK(fdb_future_set_callback(futures[3 * i], tell, &t));
    }
    network_finish();
    for (int i = 0; i < 9; i++) {
        if (i % 2 == 0) {
            fdb_future_cancel(futures[i]);
        }
        if (i < 6) {
            fdb_future_destroy(futures[i]);
        }
    }
    fdb_database_destroy(db);
    for (int i = 0; i < 3; i++) {
        fdb_transaction_destroy(tr[i]);
    }
    for (int i = 6; i < 9; i++) {
        fdb_future_destroy(futures[i]);
    }
    fdb_database_destroy(with_data);
}

/* FUT-13: what is left is destroyed after the stop without a wait and without harm. */
static void what_is_left_after_the_stop_is_destroyed_fut13(void) {
    CHECK_CHILD("after_stop", NULL, NULL);
}

/* ------------------------------------------------------------------ leaving */

static long rounds_done;

/* Commits until the end of the process, whatever the answers are. */
static void work_for_ever(long number, void *user) {
    FDBDatabase *db = (FDBDatabase *)user;
    for (;;) {
        FDBTransaction *tr;
        FDBFuture *f;
        char value[32];
        int len = snprintf(value, sizeof value, "%ld", number);
        if (fdb_database_create_transaction(db, &tr) != 0) {
            return;
        }
        tr_set(tr, B("k"), bytes_of(value, len));
        f = fdb_transaction_commit(tr);
        if (fdb_future_block_until_ready(f) != 0) {
            return;
        }
        fdb_future_destroy(f);
        fdb_transaction_destroy(tr);
        count_add(&rounds_done, 1);
    }
}

static thread workers[4];
static told leave_told;

static void leave_with_work(void) {
    FDBDatabase *db;
    FDBTransaction *tr;
    FDBFuture *f;
    network_start(730);
    db = open_database();
    for (long i = 0; i < 4; i++) {
        thread_start(&workers[i], work_for_ever, i, db);
    }
    tr = begin(db);
    f = tr_watch(tr, B("never"));
    CHECK_OK(commit(tr));
    CHECK_OK(fdb_future_set_callback(f, tell, &leave_told));
    wait_until(&rounds_done, scaled(200));
    fflush(stdout);
}

static void quick_exit_role(const char *first, const char *second) {
    (void)first, (void)second;
    leave_with_work();
    _exit(child_end());
}

static void exit_role(const char *first, const char *second) {
    (void)first, (void)second;
    leave_with_work();
    exit(child_end());
}

/* Returns to main, which returns. */
static void return_role(const char *first, const char *second) {
    (void)first, (void)second;
    leave_with_work();
}

/* NET-2: a process may leave at any moment, with work in flight, without stopping anything. */
static void a_process_may_leave_with_quick_exit(void) {
    for (long i = 0; i < scaled(10); i++) {
        CHECK_CHILD("quick_exit", NULL, NULL);
    }
}

static void a_process_may_leave_with_exit(void) {
    for (long i = 0; i < scaled(10); i++) {
        CHECK_CHILD("exit", NULL, NULL);
    }
}

static void a_process_may_leave_by_returning_from_main(void) {
    for (long i = 0; i < scaled(10); i++) {
        CHECK_CHILD("return", NULL, NULL);
    }
}

/* ------------------------------------------------------------------ NET-3: the network thread */

static void callback_thread_role(const char *first, const char *second) {
    FDBDatabase *db;
    told t = {0, 0, 0};
    (void)first, (void)second;
    network_start(730);
    db = open_database();
    for (int i = 0; i < 50; i++) {
        FDBTransaction *tr = begin(db);
        FDBFuture *f = tr_watch(tr, B("k"));
        char value[16];
        int len = snprintf(value, sizeof value, "%d", i);
        CHECK_OK(commit(tr));
        CHECK_OK(fdb_future_set_callback(f, tell, &t));
        put(db, B("k"), bytes_of(value, len));
        wait_until(&t.calls, i + 1);
        CHECK_INT(count_read(&t.on_network), i + 1);
        CHECK_OK(outcome(f));
        destroy(tr);
    }
    fdb_database_destroy(db);
    network_finish();
}

/* NET-3: callbacks of pending futures run on the thread that runs the network. */
static void callbacks_run_on_the_network_thread_net3(void) {
    CHECK_CHILD("callback_thread", NULL, NULL);
}

/* ------------------------------------------------------------------ network options */

enum form { FLAG, TEXT, INT };

typedef struct {
    int code;
    enum form form;
    int64_t min, max;
    const char *good, *bad;
} net_option;

/* Section OPT of the rules, network scope. `bad` is a text that must be refused with 2006. */
static const net_option net_options[] = {
    {10, TEXT, 0, 0, "127.0.0.1:4000", NULL},
    {20, TEXT, 0, 0, "fdb.cluster", NULL},
    {30, TEXT, 0, 0, "/tmp", NULL},
    {31, INT, 0, INT64_MAX, NULL, NULL},
    {32, INT, 0, INT64_MAX, NULL, NULL},
    {33, TEXT, 0, 0, "group", NULL},
    {34, TEXT, 0, 0, "json", "yaml"},
    {34, TEXT, 0, 0, "xml", "JSON"},
    {35, TEXT, 0, 0, "now", "later"},
    {35, TEXT, 0, 0, "realtime", "real"},
    {36, TEXT, 0, 0, "Name_7", "name-7"},
    {37, FLAG, 0, 0, NULL, NULL},
    {38, FLAG, 0, 0, NULL, NULL},
    {39, TEXT, 0, 0, ".part", NULL},
    {40, TEXT, 0, 0, "default_backoff=0.1", "default_backoff"},
    {41, TEXT, 0, 0, "plugin", NULL},
    {42, TEXT, 0, 0, "certificate", NULL},
    {43, TEXT, 0, 0, "certificate.pem", NULL},
    {45, TEXT, 0, 0, "key", NULL},
    {46, TEXT, 0, 0, "key.pem", NULL},
    {47, TEXT, 0, 0, "Check.Valid=1", NULL},
    {48, FLAG, 0, 0, NULL, NULL},
    {49, FLAG, 0, 0, NULL, NULL},
    {50, INT, 0, 100, NULL, NULL},
    {51, INT, 0, 100, NULL, NULL},
    {52, TEXT, 0, 0, "authorities", NULL},
    {53, TEXT, 0, 0, "authorities.pem", NULL},
    {54, TEXT, 0, 0, "secret", NULL},
    {60, FLAG, 0, 0, NULL, NULL},
    {61, FLAG, 0, 0, NULL, NULL},
    {62, TEXT, 0, 0, "/proc/self/exe", NULL},
    {63, TEXT, 0, 0, "/usr/lib/fdb", NULL},
    {64, FLAG, 0, 0, NULL, NULL},
    {65, INT, 1, 1024, NULL, NULL},
    {66, TEXT, 0, 0, "/usr/lib/libfdb_c_new.so", NULL},
    {67, FLAG, 0, 0, NULL, NULL},
    {68, FLAG, 0, 0, NULL, NULL},
    {69, FLAG, 0, 0, NULL, NULL},
    {70, FLAG, 0, 0, NULL, NULL},
    {71, FLAG, 0, 0, NULL, NULL},
    {72, FLAG, 0, 0, NULL, NULL},
    {80, FLAG, 0, 0, NULL, NULL},
    {81, FLAG, 0, 0, NULL, NULL},
    {82, INT, 0, 100, NULL, NULL},
    {83, INT, 0, 100, NULL, NULL},
    {90, TEXT, 0, 0, "none", "some"},
    {90, TEXT, 0, 0, "log_file", "log"},
    {90, TEXT, 0, 0, "network_lossy", "network"},
    {91, TEXT, 0, 0, "/tmp", NULL},
};

static fdb_error_t set_net(int code, const void *value, int len) {
    return fdb_network_set_option((FDBNetworkOption)code, (const uint8_t *)value, len);
}

static fdb_error_t set_net_int(int code, int64_t value) {
    eight n = eight_of(value);
    return set_net(code, n.data, 8);
}

/* A failed check names the option, not only the line. */
#define CHECK_OPTION(code, call, want) \
    do { \
        fdb_error_t given_ = (call); \
        harness_count(given_ == (want), __FILE__, __LINE__, "option %d: %s gave %d, expected %d", (code), #call, \
                      given_, (want)); \
    } while (0)

static void check_int_option(const net_option *o) {
    eight n = eight_of(o->min);
    CHECK_OPTION(o->code, set_net(o->code, NULL, 0), 2006);
    CHECK_OPTION(o->code, set_net(o->code, n.data, 4), 2006);
    CHECK_OPTION(o->code, set_net(o->code, n.data, 7), 2006);
    CHECK_OPTION(o->code, set_net_int(o->code, o->min), 0);
    CHECK_OPTION(o->code, set_net_int(o->code, o->max), 0);
    /* Where the rules give no bound, none is tested. */
    if (o->code != 50 && o->code != 51) {
        CHECK_OPTION(o->code, set_net_int(o->code, o->min - 1), 2006);
        if (o->max != INT64_MAX) {
            CHECK_OPTION(o->code, set_net_int(o->code, o->max + 1), 2006);
        }
    }
}

static void check_net_option(const net_option *o) {
    if (o->form == FLAG) {
        CHECK_OPTION(o->code, set_net(o->code, NULL, 0), 0);
        CHECK_OPTION(o->code, set_net(o->code, "", 0), 0);
        CHECK_OPTION(o->code, set_net(o->code, "x", 1), 2006);
    } else if (o->form == TEXT) {
        CHECK_OPTION(o->code, set_net(o->code, o->good, (int)strlen(o->good)), 0);
        if (o->bad != NULL) {
            CHECK_OPTION(o->code, set_net(o->code, o->bad, (int)strlen(o->bad)), 2006);
        }
    } else {
        check_int_option(o);
    }
}

static const int unknown_options[] = {-1, 0,  1,  9,  11, 29,  44,  55,   59,      73,
                                      79, 84, 85, 92, 100, 999, 1003, INT_MAX, INT_MIN};

static void options_role(const char *first, const char *second) {
    (void)first, (void)second;
    CHECK_OK(fdb_select_api_version(730));
    for (long i = 0; i < COUNT(net_options); i++) {
        check_net_option(&net_options[i]);
    }
    CHECK_OPTION(30, set_net(30, NULL, 0), 0);
    CHECK_OPTION(62, set_net(62, "no/such/library.so", 18), 1511);
    for (long i = 0; i < COUNT(unknown_options); i++) {
        CHECK_OPTION(unknown_options[i], set_net(unknown_options[i], NULL, 0), 2007);
    }
    CHECK_OK(fdb_setup_network());
    CHECK_OPTION(60, set_net(60, NULL, 0), 2007);
    CHECK_OPTION(61, set_net(61, NULL, 0), 2007);
    CHECK_OPTION(0, set_net(0, NULL, 0), 2007);
}

/* OPT-1, OPT-2, OPT-3: each network option in its good forms and bad ones, then unknown ones. */
static void each_network_option_is_checked_opt1_opt2_opt3(void) {
    CHECK_CHILD("options", NULL, NULL);
}

static void environment_role(const char *first, const char *second) {
    (void)first, (void)second;
    setenv("FDB_NETWORK_OPTION_TRACE_FORMAT", "no such format", 1);
    CHECK_OK(fdb_select_api_version(730));
    CHECK_OK(fdb_setup_network());
}

/* OPT-7: options in the environment are not read. */
static void options_in_the_environment_are_not_read_opt7(void) {
    CHECK_CHILD("environment", NULL, NULL);
}

/* ------------------------------------------------------------------ the roles */

static const struct {
    const char *name;
    void (*body)(const char *first, const char *second);
} roles[] = {
    {"select", select_role},
    {"select_one", select_one_role},
    {"unselected", unselected_role},
    {"before_setup", before_setup_role},
    {"life", life_role},
    {"stop_first", stop_first_role},
    {"run_on_main", run_on_main_role},
    {"run_by_many", run_by_many_role},
    {"after_stop", after_stop_role},
    {"quick_exit", quick_exit_role},
    {"exit", exit_role},
    {"return", return_role},
    {"callback_thread", callback_thread_role},
    {"options", options_role},
    {"environment", environment_role},
};

static int play_role(int argc, char **argv) {
    for (long i = 0; i < COUNT(roles); i++) {
        if (strcmp(argv[1], roles[i].name) == 0) {
            roles[i].body(argc > 2 ? argv[2] : NULL, argc > 3 ? argv[3] : NULL);
            return child_end();
        }
    }
    return 2;
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    if (argc > 1) {
        return play_role(argc, argv);
    }
    RUN(each_pair_of_versions_is_judged_abi5);
    RUN(each_number_is_a_version_abi5);
    RUN(a_version_comes_first_abi8);
    RUN(the_network_is_set_up_first_and_once_net1);
    RUN(the_network_runs_once_and_ends_with_its_hooks_net2);
    RUN(stop_may_come_before_run_net2);
    RUN(any_thread_may_run_it_and_any_may_stop_it_net2);
    RUN(one_thread_only_runs_it_net2_net3);
    RUN(what_is_left_after_the_stop_is_destroyed_fut13);
    RUN(a_process_may_leave_with_quick_exit);
    RUN(a_process_may_leave_with_exit);
    RUN(a_process_may_leave_by_returning_from_main);
    RUN(callbacks_run_on_the_network_thread_net3);
    RUN(each_network_option_is_checked_opt1_opt2_opt3);
    RUN(options_in_the_environment_are_not_read_opt7);
    return harness_end();
}
