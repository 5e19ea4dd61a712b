/*
 * Purpose: one process with three RocksDBs of two versions: the one in libplinth.so, the one in
 * libfdb_c.so, and the system's own, which this program is linked with. All three work at the same
 * time, and none calls into another one.
 *
 *     both_libraries LIBPLINTH LIBFDB_C
 *
 * Relies on: both libraries being loaded with RTLD_GLOBAL, the worst case: whatever they let out or
 * take from others would be bound across them. Each RocksDB names its version in its own log.
 */
#include "../threefs/check.h"

#define FDB_API_VERSION 730
#include <foundationdb/fdb_c.h>
#include <plinth.h>
#include <rocksdb/c.h>
#include <rocksdb/version.h>

#include <barrier>
#include <fstream>
#include <memory>

#include <dlfcn.h>

enum { ROUNDS = 12, ROWS = 2000, SHARED_ROWS = 50 };

static void *plinth_library, *fdb_library;

/* The function of a library; the type is that of the header. */
#define FUNCTION(library, name) const auto name##_ = reinterpret_cast<decltype(&name)>(dlsym(library, #name))

/* ---------------------------------------------------------------- rows */

static std::string key_of(long row)
{
    const std::string digits = std::to_string(row);
    return "row/" + std::string(8 - digits.size(), '0') + digits;
}

/* Another one in each round and each store, long enough to fill files. */
static std::string value_of(std::string_view store, long row, long round)
{
    std::string value = std::string(store) + " " + std::to_string(row) + " " + std::to_string(round) + " ";
    check::Random random(static_cast<uint64_t>(row * ROUNDS + round));
    while (value.size() < 300)
        value += static_cast<char>('a' + random.below(26));
    return value;
}

/* In every round every third row goes, and the others change. */
static bool is_gone(long row, long round) { return (row + round) % 3 == 0; }

static const uint8_t *bytes(std::string_view text) { return reinterpret_cast<const uint8_t *>(text.data()); }

/* ---------------------------------------------------------------- three stores */

class Store {
public:
    Store(std::string given, std::string path) : name(std::move(given)), directory(std::move(path)) {}
    Store(const Store &) = delete;
    virtual ~Store() = default;

    virtual void open() = 0;
    virtual void close() = 0;
    /* Writes the rows [from, to) of a round, atomically. */
    virtual void write(long from, long to, long round) = 0;
    virtual std::string read(const std::string &key) = 0;
    virtual size_t count() = 0;
    virtual void compact() = 0;

    const std::string name, directory;
};

class System final : public Store {
public:
    using Store::Store;

    void open() override
    {
        options_ = rocksdb_options_create();
        rocksdb_options_set_create_if_missing(options_, 1);
        rocksdb_options_set_write_buffer_size(options_, 256 << 10);
        rocksdb_options_set_compression(options_, rocksdb_lz4_compression);
        write_ = rocksdb_writeoptions_create();
        read_ = rocksdb_readoptions_create();
        char *error = nullptr;
        db_ = rocksdb_open(options_, directory.c_str(), &error);
        must(error);
    }

    void close() override
    {
        rocksdb_close(db_);
        rocksdb_readoptions_destroy(read_);
        rocksdb_writeoptions_destroy(write_);
        rocksdb_options_destroy(options_);
    }

    void write(long from, long to, long round) override
    {
        rocksdb_writebatch_t *batch = rocksdb_writebatch_create();
        for (long row = from; row < to; row++) {
            const std::string key = key_of(row), value = value_of(name, row, round);
            if (is_gone(row, round))
                rocksdb_writebatch_delete(batch, key.data(), key.size());
            else
                rocksdb_writebatch_put(batch, key.data(), key.size(), value.data(), value.size());
        }
        char *error = nullptr;
        rocksdb_write(db_, write_, batch, &error);
        must(error);
        rocksdb_writebatch_destroy(batch);
    }

    std::string read(const std::string &key) override
    {
        size_t size = 0;
        char *error = nullptr;
        char *value = rocksdb_get(db_, read_, key.data(), key.size(), &size, &error);
        must(error);
        std::string found = value == nullptr ? "" : std::string(value, size);
        rocksdb_free(value);
        return found;
    }

    size_t count() override
    {
        size_t rows = 0;
        rocksdb_iterator_t *at = rocksdb_create_iterator(db_, read_);
        for (rocksdb_iter_seek_to_first(at); rocksdb_iter_valid(at); rocksdb_iter_next(at))
            rows++;
        rocksdb_iter_destroy(at);
        return rows;
    }

    void compact() override { rocksdb_compact_range(db_, nullptr, 0, nullptr, 0); }

private:
    static void must(char *error)
    {
        CHECK_EQ(std::string(error == nullptr ? "" : error), "");
        rocksdb_free(error);
    }

    rocksdb_options_t *options_ = nullptr;
    rocksdb_writeoptions_t *write_ = nullptr;
    rocksdb_readoptions_t *read_ = nullptr;
    rocksdb_t *db_ = nullptr;
};

class Native final : public Store {
public:
    using Store::Store;

    void open() override
    {
        FUNCTION(plinth_library, plinth_database_open);
        CHECK_EQ(plinth_database_open_(directory.c_str(), nullptr, &db_), 0);
    }

    void close() override
    {
        FUNCTION(plinth_library, plinth_database_close);
        CHECK_EQ(plinth_database_close_(db_), 0);
    }

    void write(long from, long to, long round) override
    {
        FUNCTION(plinth_library, plinth_transaction_set);
        FUNCTION(plinth_library, plinth_transaction_clear);
        FUNCTION(plinth_library, plinth_transaction_commit);
        plinth_transaction *tr = begin();
        for (long row = from; row < to; row++) {
            const std::string key = key_of(row), value = value_of(name, row, round);
            if (is_gone(row, round))
                CHECK_EQ(plinth_transaction_clear_(tr, nullptr, bytes(key), key.size()), 0);
            else
                CHECK_EQ(plinth_transaction_set_(tr, nullptr, bytes(key), key.size(), bytes(value), value.size()), 0);
        }
        CHECK_EQ(plinth_transaction_commit_(tr), 0);
        end(tr);
    }

    std::string read(const std::string &key) override
    {
        FUNCTION(plinth_library, plinth_transaction_get);
        FUNCTION(plinth_library, plinth_value_free);
        plinth_transaction *tr = begin();
        plinth_value value{};
        CHECK_EQ(plinth_transaction_get_(tr, nullptr, bytes(key), key.size(), &value), 0);
        const std::string found(reinterpret_cast<const char *>(value.data), value.len);
        plinth_value_free_(&value);
        end(tr);
        return found;
    }

    size_t count() override
    {
        FUNCTION(plinth_library, plinth_transaction_get_range);
        FUNCTION(plinth_library, plinth_range_free);
        plinth_transaction *tr = begin();
        const plinth_key_selector from{bytes("row/"), 4, false, 1}, to{bytes("row0"), 4, false, 1};
        plinth_range range{};
        CHECK_EQ(plinth_transaction_get_range_(tr, nullptr, &from, &to, nullptr, &range), 0);
        CHECK(!range.more);
        const size_t rows = range.count;
        plinth_range_free_(&range);
        end(tr);
        return rows;
    }

    /* It compacts by itself; opening it again writes what is in memory to files. */
    void compact() override
    {
        close();
        open();
    }

private:
    plinth_transaction *begin()
    {
        FUNCTION(plinth_library, plinth_transaction_begin);
        plinth_transaction *tr = nullptr;
        CHECK_EQ(plinth_transaction_begin_(db_, &tr), 0);
        return tr;
    }
    void end(plinth_transaction *tr)
    {
        FUNCTION(plinth_library, plinth_transaction_destroy);
        CHECK_EQ(plinth_transaction_destroy_(tr), 0);
    }

    plinth_database *db_ = nullptr;
};

class Client final : public Store {
public:
    using Store::Store;

    void open() override
    {
        FUNCTION(fdb_library, fdb_create_database);
        CHECK_EQ(fdb_create_database_(nullptr, &db_), 0);
    }

    void close() override
    {
        FUNCTION(fdb_library, fdb_database_destroy);
        fdb_database_destroy_(db_);
    }

    void write(long from, long to, long round) override
    {
        FUNCTION(fdb_library, fdb_transaction_set);
        FUNCTION(fdb_library, fdb_transaction_clear);
        FUNCTION(fdb_library, fdb_transaction_commit);
        FDBTransaction *tr = begin();
        for (long row = from; row < to; row++) {
            const std::string key = key_of(row), value = value_of(name, row, round);
            const int size = static_cast<int>(key.size());
            if (is_gone(row, round))
                fdb_transaction_clear_(tr, bytes(key), size);
            else
                fdb_transaction_set_(tr, bytes(key), size, bytes(value), static_cast<int>(value.size()));
        }
        finish(fdb_transaction_commit_(tr));
        end(tr);
    }

    std::string read(const std::string &key) override
    {
        FUNCTION(fdb_library, fdb_transaction_get);
        FUNCTION(fdb_library, fdb_future_get_value);
        FUNCTION(fdb_library, fdb_future_destroy);
        FDBTransaction *tr = begin();
        FDBFuture *future = fdb_transaction_get_(tr, bytes(key), static_cast<int>(key.size()), false);
        wait(future);
        fdb_bool_t present = 0;
        const uint8_t *value = nullptr;
        int size = 0;
        CHECK_EQ(fdb_future_get_value_(future, &present, &value, &size), 0);
        std::string found;
        if (present)
            found.assign(reinterpret_cast<const char *>(value), static_cast<size_t>(size));
        fdb_future_destroy_(future);
        end(tr);
        return found;
    }

    size_t count() override
    {
        FUNCTION(fdb_library, fdb_transaction_get_range);
        FUNCTION(fdb_library, fdb_future_get_keyvalue_array);
        FUNCTION(fdb_library, fdb_future_destroy);
        FDBTransaction *tr = begin();
        FDBFuture *future = fdb_transaction_get_range_(tr, bytes("row/"), 4, false, 1, bytes("row0"), 4, false, 1,
                                                       ROWS + 1, 0, FDB_STREAMING_MODE_EXACT, 1, false, false);
        wait(future);
        const FDBKeyValue *rows = nullptr;
        int count = 0;
        fdb_bool_t more = 0;
        CHECK_EQ(fdb_future_get_keyvalue_array_(future, &rows, &count, &more), 0);
        CHECK(!more);
        fdb_future_destroy_(future);
        end(tr);
        return static_cast<size_t>(count);
    }

    /* It compacts by itself. Its store stays open for a moment without a handle, and is found again. */
    void compact() override
    {
        close();
        open();
    }

private:
    FDBTransaction *begin()
    {
        FUNCTION(fdb_library, fdb_database_create_transaction);
        FDBTransaction *tr = nullptr;
        CHECK_EQ(fdb_database_create_transaction_(db_, &tr), 0);
        return tr;
    }
    void end(FDBTransaction *tr)
    {
        FUNCTION(fdb_library, fdb_transaction_destroy);
        fdb_transaction_destroy_(tr);
    }
    void wait(FDBFuture *future)
    {
        FUNCTION(fdb_library, fdb_future_block_until_ready);
        CHECK_EQ(fdb_future_block_until_ready_(future), 0);
    }
    void finish(FDBFuture *future)
    {
        FUNCTION(fdb_library, fdb_future_get_error);
        FUNCTION(fdb_library, fdb_future_destroy);
        wait(future);
        CHECK_EQ(fdb_future_get_error_(future), 0);
        fdb_future_destroy_(future);
    }

    FDBDatabase *db_ = nullptr;
};

static std::vector<std::unique_ptr<Store>> stores;

/* ---------------------------------------------------------------- claims */

static void work(Store &store, long round)
{
    const long batch = 250;
    for (long from = 0; from < ROWS; from += batch)
        store.write(from, from + batch, round);
    store.compact();
    size_t rows = 0;
    for (long row = 0; row < ROWS; row++) {
        const std::string expected = is_gone(row, round) ? "" : value_of(store.name, row, round);
        rows += !expected.empty();
        CHECK_EQ(store.read(key_of(row)), expected);
    }
    CHECK_EQ(store.count(), rows);
}

/* Each store is written, compacted and read while the others are. */
static void all_work_at_the_same_time(void)
{
    const long rounds = check::scaled(ROUNDS);
    std::barrier together(static_cast<std::ptrdiff_t>(stores.size()));
    check::in_threads(static_cast<int>(stores.size()), [&](int number) {
        Store &store = *stores[static_cast<size_t>(number)];
        for (long round = 0; round < rounds; round++) {
            together.arrive_and_wait();
            work(store, round);
        }
    });
}

/* What one has written is there after all were closed and opened again. */
static void all_keep_what_they_have(void)
{
    const long last = check::scaled(ROUNDS) - 1;
    for (const auto &store : stores)
        store->close();
    for (const auto &store : stores)
        store->open();
    for (const auto &store : stores)
        for (long row = 0; row < ROWS; row += 7)
            CHECK_EQ(store->read(key_of(row)), is_gone(row, last) ? "" : value_of(store->name, row, last));
}

/* The version that a RocksDB wrote beside its options in or below a directory; empty if there is none. */
static std::string version_in(const std::string &directory)
{
    const std::string words = "rocksdb_version=";
    for (const auto &entry : std::filesystem::recursive_directory_iterator(directory)) {
        if (entry.path().filename().string().rfind("OPTIONS-", 0) != 0)
            continue;
        std::ifstream options(entry.path());
        for (std::string line; std::getline(options, line);)
            if (const size_t at = line.find(words); at != std::string::npos)
                return line.substr(at + words.size());
    }
    return "";
}

/* Each store was written by its own RocksDB, and the system's is another version. */
static void versions_differ(void)
{
    const std::string ours = version_in(stores[0]->directory), theirs = version_in(stores[2]->directory);
    std::printf("libplinth.so and libfdb_c.so have RocksDB %s, the system %s\n", ours.c_str(), theirs.c_str());
    CHECK(!ours.empty() && !theirs.empty());
    CHECK_EQ(version_in(stores[1]->directory), ours);
    CHECK(ours != theirs);
    CHECK_EQ(theirs, rocksdb::GetRocksVersionAsString());
}

/* Each of two that have one directory open sees at once what the other has written. */
static void check_shared(Store &one, Store &two, long round)
{
    for (Store *writer : {&one, &two}) {
        Store &reader = writer == &one ? two : one;
        writer->write(0, SHARED_ROWS, ++round);
        for (long row = 0; row < SHARED_ROWS; row++) {
            const std::string expected = is_gone(row, round) ? "" : value_of(writer->name, row, round);
            CHECK_EQ(reader.read(key_of(row)), expected);
        }
    }
}

/* Opens for the time of a claim, with PLINTH_DATA naming the directory. */
template <class Kind>
static void share(Store &store, long round)
{
    const std::string data = std::getenv("PLINTH_DATA");
    setenv("PLINTH_DATA", store.directory.c_str(), 1);
    Kind guest(store.name, store.directory);
    guest.open();
    setenv("PLINTH_DATA", data.c_str(), 1);
    check_shared(store, guest, round);
    guest.close();
    store.write(0, SHARED_ROWS, round);
    CHECK_EQ(store.read(key_of(1)), is_gone(1, round) ? "" : value_of(store.name, 1, round));
}

/* NET-6: a directory that one library has open is shared by the other, in the same process too. */
static void one_directory_is_shared_by_both_libraries(void)
{
    share<Native>(*stores[1], 100);
    share<Client>(*stores[0], 200);
    share<Native>(*stores[0], 300);
}

/* NET-6: unless it is to be had alone. */
static void alone_is_alone_for_both_libraries(void)
{
    FUNCTION(plinth_library, plinth_database_open);
    FUNCTION(plinth_library, plinth_database_close);
    FUNCTION(fdb_library, fdb_create_database);
    plinth_database_options options{};
    options.struct_size = sizeof options;
    options.exclusive = true;
    plinth_database *alone = nullptr;
    FDBDatabase *other = nullptr;
    CHECK_EQ(plinth_database_open_(stores[1]->directory.c_str(), &options, &alone), PLINTH_ERROR_LOCK_FILE_FAILURE);

    const std::string data = std::getenv("PLINTH_DATA"), directory = check::root() + "/alone";
    CHECK_EQ(plinth_database_open_(directory.c_str(), &options, &alone), 0);
    setenv("PLINTH_DATA", directory.c_str(), 1);
    setenv("PLINTH_QUIET", "1", 1);
    CHECK_EQ(fdb_create_database_(nullptr, &other), PLINTH_ERROR_LOCK_FILE_FAILURE);
    CHECK_EQ(plinth_database_close_(alone), 0);
    Client after("after", directory);
    after.open();
    after.write(0, SHARED_ROWS, 1);
    after.close();
    setenv("PLINTH_DATA", data.c_str(), 1);
}

/* The RocksDB inside the libraries cannot be seen, so nothing can be bound to it. ABI-2 */
static void nothing_of_the_inside_is_seen(void)
{
    for (void *library : {plinth_library, fdb_library}) {
        Dl_info found{}, own{};
        CHECK(dladdr(dlsym(library, library == fdb_library ? "fdb_get_error" : "plinth_version"), &own) != 0);
        for (const char *name : {"rocksdb_open", "rocksdb_get", "_ZN7rocksdb23GetRocksVersionAsStringB5cxx11Eb"}) {
            void *address = dlsym(library, name);
            CHECK(address == nullptr || (dladdr(address, &found) != 0 && found.dli_fbase != own.dli_fbase));
        }
    }
    Dl_info used{};
    CHECK(dladdr(reinterpret_cast<void *>(&rocksdb_open), &used) != 0);
    std::printf("this program's rocksdb_open is in %s\n", used.dli_fname);
}

static void *load(const char *path)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
    if (!CHECK(library != nullptr)) {
        std::printf("%s\n", dlerror());
        std::exit(check::end());
    }
    return library;
}

static void start_network(std::thread &network)
{
    FUNCTION(fdb_library, fdb_select_api_version_impl);
    FUNCTION(fdb_library, fdb_setup_network);
    FUNCTION(fdb_library, fdb_run_network);
    CHECK_EQ(fdb_select_api_version_impl_(FDB_API_VERSION, FDB_API_VERSION), 0);
    CHECK_EQ(fdb_setup_network_(), 0);
    network = std::thread([fdb_run_network_] { CHECK_EQ(fdb_run_network_(), 0); });
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        std::fprintf(stderr, "usage: both_libraries LIBPLINTH LIBFDB_C\n");
        return 2;
    }
    const std::string root = check::root();
    setenv("PLINTH_DATA", (root + "/client").c_str(), 1);
    plinth_library = load(argv[1]);
    fdb_library = load(argv[2]);
    std::thread network;
    start_network(network);
    stores.push_back(std::make_unique<Native>("native", root + "/native"));
    stores.push_back(std::make_unique<Client>("client", root + "/client"));
    stores.push_back(std::make_unique<System>("system", root + "/system"));
    for (const auto &store : stores)
        store->open();
    RUN(all_work_at_the_same_time);
    RUN(all_keep_what_they_have);
    RUN(versions_differ);
    RUN(nothing_of_the_inside_is_seen);
    RUN(one_directory_is_shared_by_both_libraries);
    RUN(alone_is_alone_for_both_libraries);
    for (const auto &store : stores)
        store->close();
    FUNCTION(fdb_library, fdb_stop_network);
    CHECK_EQ(fdb_stop_network_(), 0);
    network.join();
    return check::end();
}
