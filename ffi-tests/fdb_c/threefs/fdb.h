/*
 * Purpose: the client library in C++: its network thread, database handles, futures that
 * coroutines await, transactions with all calls that the file system makes.
 *
 * Relies on: a future's callback running exactly once, also after a cancel (FUT-6): a coroutine
 * that has cancelled what it awaits still waits for the callback, and only then ends the future.
 */
#ifndef THREEFS_FDB_H
#define THREEFS_FDB_H

#include "status.h"
#include "task.h"

#include <cstdint>
#include <cstring>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

inline const uint8_t *data_of(std::string_view text) { return reinterpret_cast<const uint8_t *>(text.data()); }
inline int size_of(std::string_view text) { return static_cast<int>(text.size()); }

inline std::string text_of(const uint8_t *data, int size)
{
    return std::string(reinterpret_cast<const char *>(data), static_cast<size_t>(size));
}

/* A number as bytes, the lowest first: options and offsets. */
template <class T>
std::string little_endian(T number)
{
    std::string bytes;
    for (size_t i = 0; i < sizeof number; i++)
        bytes += static_cast<char>(static_cast<uint64_t>(number) >> (8 * i));
    return bytes;
}

/* ---------------------------------------------------------------- the network thread */

struct ContextConfig {
    std::string trace_directory;
    std::string trace_format;
    std::string knob;
    bool callbacks_on_external_threads = false;
    std::string external_library;
    std::string external_directory;
    int64_t threads_per_version = 0;
};

/* The library's network in this process: started once, stopped once. */
class Context {
public:
    Context() = default;
    Context(const Context &) = delete;
    ~Context() { stop(); }

    fdb_error_t start(const ContextConfig &config)
    {
        /* Another part of the program may have selected it before, as 3FS's scans do. */
        const fdb_error_t selected = fdb_select_api_version(FDB_API_VERSION);
        if (selected != 0 && selected != error::version_selected)
            return selected;
        if (fdb_error_t e = set_options(config))
            return e;
        if (fdb_error_t e = fdb_setup_network())
            return e;
        network_ = std::thread([this] { run_error_ = fdb_run_network(); });
        return 0;
    }

    /* The first error of stopping or of the network thread. All databases are gone before. */
    fdb_error_t stop()
    {
        if (!network_.joinable())
            return 0;
        const fdb_error_t stopped = fdb_stop_network();
        network_.join();
        return stopped != 0 ? stopped : run_error_;
    }

    std::thread::id network_thread() const { return network_.get_id(); }

private:
    static fdb_error_t set_options(const ContextConfig &config)
    {
        auto text = [](FDBNetworkOption option, const std::string &value) {
            return value.empty() ? 0 : fdb_network_set_option(option, data_of(value), size_of(value));
        };
        if (fdb_error_t e = text(FDB_NET_OPTION_TRACE_ENABLE, config.trace_directory))
            return e;
        if (fdb_error_t e = text(FDB_NET_OPTION_TRACE_FORMAT, config.trace_format))
            return e;
        if (fdb_error_t e = text(FDB_NET_OPTION_KNOB, config.knob))
            return e;
        if (config.callbacks_on_external_threads)
            if (fdb_error_t e = fdb_network_set_option(FDB_NET_OPTION_CALLBACKS_ON_EXTERNAL_THREADS, nullptr, 0))
                return e;
        if (fdb_error_t e = text(FDB_NET_OPTION_EXTERNAL_CLIENT_LIBRARY, config.external_library))
            return e;
        if (fdb_error_t e = text(FDB_NET_OPTION_EXTERNAL_CLIENT_DIRECTORY, config.external_directory))
            return e;
        const std::string threads = little_endian(config.threads_per_version);
        return text(FDB_NET_OPTION_CLIENT_THREADS_PER_VERSION, config.threads_per_version == 0 ? "" : threads);
    }

    std::thread network_;
    fdb_error_t run_error_ = 0;
};

/* ---------------------------------------------------------------- futures */

/* Owns a future, and is awaited: the result is the future's error number. */
class Future {
public:
    explicit Future(FDBFuture *future, std::stop_token token = {}) : future_(future), token_(std::move(token)) {}
    Future(Future &&other) noexcept : future_(std::exchange(other.future_, nullptr)), token_(std::move(other.token_)) {}
    Future &operator=(Future &&) = delete;
    ~Future()
    {
        if (future_ != nullptr)
            fdb_future_destroy(future_);
    }

    FDBFuture *get() const { return future_; }
    bool stop_requested() const { return token_.stop_requested(); }

    /* Registers the coroutine, and a cancel for when the request is stopped. */
    class Waiting {
    public:
        explicit Waiting(const Future &future) : future_(future) {}
        Waiting(const Waiting &) = delete;

        bool await_ready() noexcept { return false; }
        bool await_suspend(std::coroutine_handle<> handle)
        {
            waiter_.wait_here(handle);
            stop_.emplace(future_.token_, Cancel{future_.future_});
            refused_ = fdb_future_set_callback(future_.future_, told, this);
            if (refused_ != 0)
                return false;
            return !meeting_.came_second();
        }
        fdb_error_t await_resume()
        {
            /* Waits for a cancel under way on another thread: it still uses the future. */
            stop_.reset();
            return refused_ != 0 ? refused_ : fdb_future_get_error(future_.future_);
        }

    private:
        struct Cancel {
            FDBFuture *future;
            void operator()() const { fdb_future_cancel(future); }
        };

        static void told(FDBFuture *, void *argument)
        {
            auto *self = static_cast<Waiting *>(argument);
            if (self->meeting_.came_second())
                self->waiter_.wake();
        }

        const Future &future_;
        Waiter waiter_;
        Meeting meeting_;
        fdb_error_t refused_ = 0;
        std::optional<std::stop_callback<Cancel>> stop_;
    };

    Waiting operator co_await() const { return Waiting(*this); }

private:
    FDBFuture *future_;
    std::stop_token token_;
};

/* Waits for a future; what a stopped request got does not count, whatever it is. */
inline Task<Result<Nothing>> settled(const Future &future, Where where = Where::Elsewhere)
{
    const fdb_error_t number = co_await future;
    if (future.stop_requested())
        co_return Result<Nothing>{Code::Canceled, number, {}};
    co_return outcome_of(number, where);
}

/* ---------------------------------------------------------------- databases */

struct DatabaseConfig {
    bool causal_read_risky = false;
};

class Database {
public:
    Database() = default;
    Database(Database &&other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
    Database &operator=(Database &&other) noexcept
    {
        std::swap(database_, other.database_);
        return *this;
    }
    ~Database()
    {
        if (database_ != nullptr)
            fdb_database_destroy(database_);
    }

    /* Null stands for the default place. */
    fdb_error_t open(const char *path, DatabaseConfig config = {})
    {
        if (fdb_error_t e = fdb_create_database(path, &database_))
            return e;
        if (!config.causal_read_risky)
            return 0;
        return fdb_database_set_option(database_, FDB_DB_OPTION_TRANSACTION_CAUSAL_READ_RISKY, nullptr, 0);
    }

    FDBDatabase *get() const { return database_; }

private:
    FDBDatabase *database_ = nullptr;
};

/* ---------------------------------------------------------------- transactions */

using MaybeString = std::optional<std::string>;

struct KeyValue {
    std::string key, value;
    bool operator==(const KeyValue &) const = default;
};

struct Range {
    std::vector<KeyValue> rows;
    bool more = false;
};

struct Selector {
    std::string_view key;
    bool inclusive = true;
};

/*
 * One transaction of one request. Keys are views: what they point to lives until the call was
 * awaited. Several coroutines may use it at once (3FS-1).
 */
class Transaction {
public:
    explicit Transaction(const Database &db, std::stop_token token = {}) : token_(std::move(token))
    {
        created_ = fdb_database_create_transaction(db.get(), &tr_);
    }
    Transaction(const Transaction &) = delete;
    ~Transaction()
    {
        if (tr_ != nullptr)
            fdb_transaction_destroy(tr_);
    }

    fdb_error_t created() const { return created_; }
    FDBTransaction *handle() const { return tr_; }
    bool stop_requested() const { return token_.stop_requested(); }

    fdb_error_t set_option(FDBTransactionOption option) { return fdb_transaction_set_option(tr_, option, nullptr, 0); }
    fdb_error_t set_option(FDBTransactionOption option, int64_t number)
    {
        const std::string bytes = little_endian(number);
        return fdb_transaction_set_option(tr_, option, data_of(bytes), size_of(bytes));
    }

    Task<Result<MaybeString>> get(std::string_view key) { return value(key, false); }
    Task<Result<MaybeString>> snapshot_get(std::string_view key) { return value(key, true); }

    Task<Result<Range>> get_range(Selector begin, Selector end, int limit) { return range(begin, end, limit, false); }
    Task<Result<Range>> snapshot_get_range(Selector begin, Selector end, int limit)
    {
        return range(begin, end, limit, true);
    }

    Task<Result<std::string>> get_key(std::string_view key, bool or_equal, int offset)
    {
        Future future = mine(fdb_transaction_get_key(tr_, data_of(key), size_of(key), or_equal, offset, false));
        co_return co_await key_of(future);
    }

    Task<Result<std::string>> get_versionstamp()
    {
        Future future = mine(fdb_transaction_get_versionstamp(tr_));
        co_return co_await key_of(future);
    }

    Task<Result<int64_t>> get_read_version()
    {
        Future future = mine(fdb_transaction_get_read_version(tr_));
        co_return co_await number_of(future);
    }

    Task<Result<int64_t>> get_approximate_size()
    {
        Future future = mine(fdb_transaction_get_approximate_size(tr_));
        co_return co_await number_of(future);
    }

    Task<Result<int64_t>> get_estimated_size(std::string_view begin, std::string_view end)
    {
        Future future = mine(fdb_transaction_get_estimated_range_size_bytes(tr_, data_of(begin), size_of(begin),
                                                                            data_of(end), size_of(end)));
        co_return co_await number_of(future);
    }

    Task<Result<std::vector<std::string>>> get_split_points(std::string_view begin, std::string_view end, int64_t chunk)
    {
        Future future = mine(fdb_transaction_get_range_split_points(tr_, data_of(begin), size_of(begin), data_of(end),
                                                                    size_of(end), chunk));
        const Result<Nothing> outcome = co_await settled(future);
        Result<std::vector<std::string>> result{outcome.code, outcome.error, {}};
        const FDBKey *keys = nullptr;
        int count = 0;
        if (outcome.ok() && fdb_future_get_key_array(future.get(), &keys, &count) == 0)
            for (int i = 0; i < count; i++)
                result.value.push_back(text_of(static_cast<const uint8_t *>(keys[i].key), keys[i].key_length));
        co_return result;
    }

    Task<Result<std::vector<std::string>>> get_addresses(std::string_view key)
    {
        Future future = mine(fdb_transaction_get_addresses_for_key(tr_, data_of(key), size_of(key)));
        const Result<Nothing> outcome = co_await settled(future);
        Result<std::vector<std::string>> result{outcome.code, outcome.error, {}};
        const char **texts = nullptr;
        int count = 0;
        if (outcome.ok() && fdb_future_get_string_array(future.get(), &texts, &count) == 0)
            result.value.assign(texts, texts + count);
        co_return result;
    }

    /* Ready when the value differs from what this transaction saw of it. */
    Future watch(std::string_view key) { return mine(fdb_transaction_watch(tr_, data_of(key), size_of(key))); }

    fdb_error_t add_read_conflict(std::string_view key)
    {
        const std::string end = std::string(key) + '\0';
        return add_read_conflict_range(key, end);
    }

    fdb_error_t add_read_conflict_range(std::string_view begin, std::string_view end)
    {
        return fdb_transaction_add_conflict_range(tr_, data_of(begin), size_of(begin), data_of(end), size_of(end),
                                                  FDB_CONFLICT_RANGE_TYPE_READ);
    }

    void set(std::string_view key, std::string_view value)
    {
        fdb_transaction_set(tr_, data_of(key), size_of(key), data_of(value), size_of(value));
    }

    void clear(std::string_view key) { fdb_transaction_clear(tr_, data_of(key), size_of(key)); }

    void clear_range(std::string_view begin, std::string_view end)
    {
        fdb_transaction_clear_range(tr_, data_of(begin), size_of(begin), data_of(end), size_of(end));
    }

    void atomic_op(FDBMutationType type, std::string_view key, std::string_view operand)
    {
        fdb_transaction_atomic_op(tr_, data_of(key), size_of(key), data_of(operand), size_of(operand), type);
    }

    void set_versionstamped_key(std::string_view key, uint32_t offset, std::string_view value)
    {
        atomic_op(FDB_MUTATION_TYPE_SET_VERSIONSTAMPED_KEY, std::string(key) + little_endian(offset), value);
    }

    void set_versionstamped_value(std::string_view key, std::string_view value, uint32_t offset)
    {
        atomic_op(FDB_MUTATION_TYPE_SET_VERSIONSTAMPED_VALUE, key, std::string(value) + little_endian(offset));
    }

    Task<Result<Nothing>> commit()
    {
        Future future = mine(fdb_transaction_commit(tr_));
        co_return co_await settled(future, Where::Commit);
    }

    Task<Result<Nothing>> on_error(fdb_error_t number)
    {
        Future future = mine(fdb_transaction_on_error(tr_, number));
        co_return co_await settled(future);
    }

    int64_t get_committed_version() const
    {
        int64_t version = -1;
        return fdb_transaction_get_committed_version(tr_, &version) == 0 ? version : -1;
    }

    void set_read_version(int64_t version)
    {
        if (version >= 0)
            fdb_transaction_set_read_version(tr_, version);
    }

    void cancel() { fdb_transaction_cancel(tr_); }
    void reset() { fdb_transaction_reset(tr_); }

private:
    Future mine(FDBFuture *future) const { return Future(future, token_); }

    Task<Result<MaybeString>> value(std::string_view key, bool snapshot)
    {
        Future future = mine(fdb_transaction_get(tr_, data_of(key), size_of(key), snapshot));
        const Result<Nothing> outcome = co_await settled(future);
        Result<MaybeString> result{outcome.code, outcome.error, {}};
        fdb_bool_t present = 0;
        const uint8_t *data = nullptr;
        int size = 0;
        if (outcome.ok() && fdb_future_get_value(future.get(), &present, &data, &size) == 0 && present)
            result.value = text_of(data, size);
        co_return result;
    }

    Task<Result<Range>> range(Selector begin, Selector end, int limit, bool snapshot)
    {
        const int unlimited = -1;
        Future future = mine(fdb_transaction_get_range(tr_, data_of(begin.key), size_of(begin.key), !begin.inclusive, 1,
                                                       data_of(end.key), size_of(end.key), end.inclusive, 1, limit,
                                                       unlimited, FDB_STREAMING_MODE_SERIAL, 0, snapshot, false));
        const Result<Nothing> outcome = co_await settled(future);
        Result<Range> result{outcome.code, outcome.error, {}};
        const FDBKeyValue *rows = nullptr;
        int count = 0;
        fdb_bool_t more = 0;
        if (outcome.ok() && fdb_future_get_keyvalue_array(future.get(), &rows, &count, &more) == 0) {
            for (int i = 0; i < count; i++)
                result.value.rows.push_back({text_of(rows[i].key, rows[i].key_length),
                                             text_of(rows[i].value, rows[i].value_length)});
            result.value.more = more;
        }
        co_return result;
    }

    static Task<Result<std::string>> key_of(const Future &future)
    {
        const Result<Nothing> outcome = co_await settled(future);
        Result<std::string> result{outcome.code, outcome.error, {}};
        const uint8_t *data = nullptr;
        int size = 0;
        if (outcome.ok() && fdb_future_get_key(future.get(), &data, &size) == 0)
            result.value = text_of(data, size);
        co_return result;
    }

    static Task<Result<int64_t>> number_of(const Future &future)
    {
        const Result<Nothing> outcome = co_await settled(future);
        Result<int64_t> result{outcome.code, outcome.error, -1};
        if (outcome.ok() && fdb_future_get_int64(future.get(), &result.value) != 0)
            result.code = Code::Failed;
        co_return result;
    }

    FDBTransaction *tr_ = nullptr;
    fdb_error_t created_ = 0;
    std::stop_token token_;
};

#endif
