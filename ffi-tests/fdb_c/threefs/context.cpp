/*
 * Purpose: how 3FS starts and stops the client library: every network option it may set, handles
 * opened several times on one path, the order in which all of it ends.
 *
 *     context [plain]      with no options, or with all of them
 *
 * Relies on: this being the whole process: a network is started once.
 */
#include "program.h"

#include <fstream>

static Context context;
static std::string place;

static std::string read_from(const Database &db, std::string_view key)
{
    Transaction tr(db);
    return get_now(tr, key).value_or("(none)");
}

static void write_to(const Database &db, std::string_view key, std::string_view value)
{
    Transaction tr(db);
    tr.set(key, value);
    commit_now(tr);
}

/* A cluster file below the directory of this program; all of them say the same. */
static std::string path_of(const char *name)
{
    const std::string directory = check::root() + "/" + name;
    std::filesystem::create_directories(directory);
    const std::string file = directory + "/fdb.cluster";
    std::ofstream(file) << "threefs:abcdefgh@127.0.0.1:4500\n";
    return file;
}

/* NET-1, ABI-5, ABI-6, ABI-8: all that comes too early is refused, and may come again. */
static void nothing_works_before_its_turn(void)
{
    FDBDatabase *db = nullptr;
    CHECK_EQ(fdb_select_api_version_impl(FDB_API_VERSION + 1, FDB_API_VERSION), 2202);
    CHECK_EQ(fdb_select_api_version_impl(FDB_API_VERSION, 100000), 2203);
    CHECK_EQ(fdb_setup_network(), 2200);
    CHECK_EQ(fdb_select_api_version(FDB_API_VERSION), 0);
    CHECK_EQ(fdb_run_network(), 2008);
    CHECK_EQ(fdb_stop_network(), 2008);
    CHECK_EQ(fdb_create_database(nullptr, &db), 2008);
}

static void start(const ContextConfig &config) { CHECK_EQ(context.start(config), 0); }

/* ABI-5: the version was selected by who came first. NET-1: a second setup fails. */
static void a_second_start_is_refused(void)
{
    CHECK_EQ(fdb_select_api_version(FDB_API_VERSION), 2201);
    CHECK_EQ(fdb_setup_network(), 2009);
    CHECK(fdb_get_max_api_version() >= FDB_API_VERSION);
}

/* OPT-1, OPT-2: the checks that 3FS's options go through. */
static void bad_network_options_are_refused(void)
{
    CHECK_EQ(fdb_network_set_option(static_cast<FDBNetworkOption>(0), nullptr, 0), 2007);
    CHECK_EQ(fdb_network_set_option(FDB_NET_OPTION_TRACE_FORMAT, data_of("yaml"), 4), 2006);
    CHECK_EQ(fdb_network_set_option(FDB_NET_OPTION_KNOB, data_of("no value"), 8), 2006);
    CHECK_EQ(fdb_network_set_option(FDB_NET_OPTION_CLIENT_THREADS_PER_VERSION, data_of("1"), 1), 2006);
}

/* NET-5: several handles on one path are one store, also one made and ended for each transaction. */
static void several_handles_on_one_path_are_one_store(void)
{
    Database one, two, three;
    CHECK_EQ(one.open(place.c_str()), 0);
    CHECK_EQ(two.open(place.c_str(), {.causal_read_risky = true}), 0);
    write_to(one, "shared", "value");
    CHECK_EQ(read_from(two, "shared"), "value");
    for (long round = 0; round < check::scaled(50); round++) {
        Database brief;
        CHECK_EQ(brief.open(place.c_str()), 0);
        write_to(brief, "brief", std::to_string(round));
        CHECK_EQ(read_from(one, "brief"), std::to_string(round));
    }
    one = Database();
    CHECK_EQ(read_from(two, "shared"), "value");
}

/* NET-5, CONF-2: and transactions of different handles conflict. */
static void transactions_of_two_handles_conflict(void)
{
    Database one, two;
    CHECK_EQ(one.open(place.c_str()), 0);
    CHECK_EQ(two.open(place.c_str()), 0);
    Transaction slow(one), fast(two);
    get_now(slow, "conflict");
    slow.set("conflict", "slow");
    fast.set("conflict", "fast");
    commit_now(fast);
    CHECK_EQ(wait_for(slow.commit()).error, error::conflict);
}

/* A path never becomes a different store; another path is another one. */
static void another_path_is_another_store(void)
{
    Database here, there;
    const std::string other = path_of("there");
    CHECK_EQ(here.open(place.c_str()), 0);
    CHECK_EQ(there.open(other.c_str()), 0);
    write_to(here, "mine", "here");
    CHECK_EQ(read_from(there, "mine"), "(none)");
    write_to(there, "mine", "there");
    CHECK_EQ(read_from(here, "mine"), "here");
}

/* NET-4: a file that is not there is an error of the first operation, and no other store. */
static void a_missing_file_is_no_other_store(void)
{
    const std::string file = path_of("missing");
    std::filesystem::remove(file);
    Database db;
    CHECK_EQ(db.open(file.c_str()), 0);
    Transaction tr(db);
    tr.set("missing", "value");
    CHECK_EQ(wait_for(tr.commit()).error, 1515);
    Database here;
    CHECK_EQ(here.open(place.c_str()), 0);
    CHECK_EQ(read_from(here, "missing"), "(none)");
}

/* NET-7: a store whose last handle is gone has what was committed when it is opened again. */
static void what_was_committed_is_there_when_opened_again(void)
{
    for (const char *round : {"1", "2", "3"}) {
        Database db;
        CHECK_EQ(db.open(place.c_str()), 0);
        if (round[0] != '1')
            CHECK_EQ(read_from(db, "again"), std::string(1, static_cast<char>(round[0] - 1)));
        write_to(db, "again", round);
    }
}

/* NET-7: a handle may go while its transactions live on. */
static void a_transaction_outlives_its_database(void)
{
    std::optional<Transaction> tr;
    {
        Database db;
        CHECK_EQ(db.open(place.c_str()), 0);
        tr.emplace(db);
        tr->set("outlives", "value");
    }
    CHECK_EQ(get_now(*tr, "outlives").value_or("(none)"), "value");
    commit_now(*tr);
    tr.reset();
    Database db;
    CHECK_EQ(db.open(place.c_str()), 0);
    CHECK_EQ(read_from(db, "outlives"), "value");
}

/* Each handle opened and used by a thread of its own, as services and scans of one process do. */
static void many_threads_open_one_path(void)
{
    const long rounds = check::scaled(20);
    check::in_threads(8, [rounds](int number) {
        for (long round = 0; round < rounds; round++) {
            Database db;
            CHECK_EQ(db.open(place.c_str()), 0);
            const std::string key = numbered("opened/", number);
            write_to(db, key, std::to_string(round));
            CHECK_EQ(read_from(db, key), std::to_string(round));
        }
    });
}

static std::atomic<int> hooks = 0;

static void count_hook(void *expected)
{
    CHECK_EQ(hooks.load(), static_cast<int>(reinterpret_cast<intptr_t>(expected)));
    hooks++;
}

/* NET-2: the hooks run at the end, in order; a second run is refused. FUT-13: ending handles later is safe. */
static void stopping_ends_the_thread_and_runs_the_hooks(void)
{
    Database late;
    CHECK_EQ(late.open(place.c_str()), 0);
    std::optional<Transaction> tr(std::in_place, late);
    std::optional<Future> watch(tr->watch("nobody changes this"));
    commit_now(*tr);
    for (intptr_t number = 0; number < 3; number++)
        CHECK_EQ(fdb_add_network_thread_completion_hook(count_hook, reinterpret_cast<void *>(number)), 0);
    CHECK_EQ(context.stop(), 0);
    CHECK_EQ(hooks.load(), 3);
    CHECK_EQ(fdb_run_network(), 2025);
    watch.reset();
    tr.reset();
}

static ContextConfig all_options()
{
    ContextConfig config;
    config.trace_directory = check::root() + "/trace";
    std::filesystem::create_directories(config.trace_directory);
    config.trace_format = "json";
    config.knob = "DEFAULT_BACKOFF=1";
    config.callbacks_on_external_threads = true;
    config.external_library = place;
    config.external_directory = config.trace_directory;
    config.threads_per_version = 4;
    return config;
}

int main(int argc, char **argv)
{
    const bool plain = argc > 1 && std::string_view(argv[1]) == "plain";
    /* Paths are what is tested here. */
    unsetenv("PLINTH_DATA");
    place = path_of("here");
    RUN(nothing_works_before_its_turn);
    check::run(plain ? "starting_without_options" : "starting_with_all_options",
               [plain] { start(plain ? ContextConfig{} : all_options()); });
    RUN(a_second_start_is_refused);
    RUN(bad_network_options_are_refused);
    RUN(several_handles_on_one_path_are_one_store);
    RUN(transactions_of_two_handles_conflict);
    RUN(another_path_is_another_store);
    RUN(a_missing_file_is_no_other_store);
    RUN(what_was_committed_is_there_when_opened_again);
    RUN(a_transaction_outlives_its_database);
    RUN(many_threads_open_one_path);
    RUN(stopping_ends_the_thread_and_runs_the_hooks);
    return check::end();
}
