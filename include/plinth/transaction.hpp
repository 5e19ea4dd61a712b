/*
 * Transactions and their watches.
 *
 * A key, value or operand is any bytes that a string_view can be made of; calls copy what they keep.
 */
#ifndef PLINTH_TRANSACTION_HPP
#define PLINTH_TRANSACTION_HPP

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "callback.hpp"
#include "keyspace.hpp"
#include "result.hpp"
#include "selector.hpp"
#include "value.hpp"

namespace plinth {

/* A watch. It ends with plinth_watch_destroy(), and its callback then hears 1101 if it had not run. */
class Watch {
public:
    Watch() noexcept = default;
    /* Takes over a handle. */
    explicit Watch(plinth_watch *taken) noexcept : handle_(taken) {}

    /* plinth_watch_cancel(); nothing where the watch ended before there was a handle. */
    Result<void> cancel() noexcept { return Result<void>::of(handle_ ? plinth_watch_cancel(handle_.get()) : 0); }

    /* NULL if it ended at once. */
    plinth_watch *handle() const noexcept { return handle_.get(); }

private:
    struct Destroy {
        void operator()(plinth_watch *watch) const noexcept { plinth_watch_destroy(watch); }
    };
    std::unique_ptr<plinth_watch, Destroy> handle_;
};

/* A range that is read in batches; a Scan goes through one pair by pair. Ends with plinth_stream_destroy(). */
class Stream {
public:
    /* Takes over a handle. */
    explicit Stream(plinth_stream *taken) noexcept : handle_(taken) {}

    plinth_stream *handle() const noexcept { return handle_.get(); }

    /* plinth_stream_next(): empty at the end. */
    Result<Range> next()
    {
        plinth_range range{};
        const plinth_error error = plinth_stream_next(handle(), &range);
        return detail::result(error, Range(range));
    }

private:
    struct Destroy {
        void operator()(plinth_stream *stream) const noexcept { plinth_stream_destroy(stream); }
    };
    std::unique_ptr<plinth_stream, Destroy> handle_;
};

/* Ten bytes, larger for each later commit. */
using Versionstamp = std::array<uint8_t, 10>;

/* A range that another commit wrote in: plinth_conflict, with its own bytes. */
struct Conflict {
    /* The first key of the range as it was read. */
    std::string begin;
    /* The end of the range, which is not in it. */
    std::string end;
    /* "" is the default keyspace if keyspace_id is 0, else unknown. */
    std::string keyspace;
    /* The number of the keyspace. */
    uint32_t keyspace_id;
    /* The version of the newest commit that wrote there. */
    int64_t version;
    /* The id of its transaction; "" if it is unknown. */
    std::string id;
};

/* A transaction. Ends with plinth_transaction_destroy(). */
class Transaction {
public:
    /* Takes over a handle. */
    explicit Transaction(plinth_transaction *taken) noexcept : handle_(taken) {}

    plinth_transaction *handle() const noexcept { return handle_.get(); }

    /* ------------------------------------------------------------ reads */

    /* plinth_transaction_get(): nothing if there is no such key. */
    Result<std::optional<Value>> get(std::string_view key, In in = {})
    {
        plinth_value value{};
        const plinth_error error = plinth_transaction_get(handle(), in.handle(), detail::data(key), key.size(), &value);
        return detail::result(error, Value::found(value));
    }

    /* plinth_transaction_snapshot_get() */
    Result<std::optional<Value>> snapshot_get(std::string_view key, In in = {})
    {
        plinth_value value{};
        const plinth_error error =
            plinth_transaction_snapshot_get(handle(), in.handle(), detail::data(key), key.size(), &value);
        return detail::result(error, Value::found(value));
    }

    /* plinth_transaction_get_many() */
    Result<Values> get_many(const std::vector<std::string_view> &keys, bool snapshot = false, In in = {})
    {
        plinth_values values{};
        const std::vector<plinth_slice> raw = detail::slices(keys);
        const plinth_error error =
            plinth_transaction_get_many(handle(), in.handle(), raw.data(), raw.size(), snapshot, &values);
        return detail::result(error, Values(values));
    }

    /* plinth_transaction_get_key() */
    Result<Value> get_key(const Selector &selector, bool snapshot = false, In in = {})
    {
        plinth_value value{};
        const plinth_key_selector raw = selector.get();
        const plinth_error error = plinth_transaction_get_key(handle(), in.handle(), &raw, snapshot, &value);
        return detail::result(error, Value(value));
    }

    /* plinth_transaction_get_range() */
    Result<Range> get_range(const Selector &begin, const Selector &end, const RangeOptions &options = {}, In in = {})
    {
        plinth_range range{};
        const plinth_key_selector from = begin.get(), to = end.get();
        const plinth_range_options how = options.get();
        const plinth_error error = plinth_transaction_get_range(handle(), in.handle(), &from, &to, &how, &range);
        return detail::result(error, Range(range));
    }

    /* The same from one key up to, not including, another. */
    Result<Range> get_range(std::string_view begin, std::string_view end, const RangeOptions &options = {}, In in = {})
    {
        return get_range(Selector::first_at_or_above(begin), Selector::first_at_or_above(end), options, in);
    }

    /* plinth_transaction_stream_range() */
    Result<Stream> stream_range(const Selector &begin, const Selector &end, const RangeOptions &options = {},
                                In in = {})
    {
        plinth_stream *stream = nullptr;
        const plinth_key_selector from = begin.get(), to = end.get();
        const plinth_range_options how = options.get();
        const plinth_error error =
            plinth_transaction_stream_range(handle(), in.handle(), &from, &to, &how, &stream);
        return detail::result(error, Stream(stream));
    }

    /* plinth_transaction_get_estimated_range_size() */
    Result<int64_t> estimated_range_size(std::string_view begin, std::string_view end, In in = {})
    {
        int64_t size = 0;
        const plinth_error error = plinth_transaction_get_estimated_range_size(
            handle(), in.handle(), detail::data(begin), begin.size(), detail::data(end), end.size(), &size);
        return detail::result(error, std::move(size));
    }

    /* plinth_transaction_get_range_split_points(): the keys are those of the pairs. */
    Result<Range> range_split_points(std::string_view begin, std::string_view end, int64_t chunk_size, In in = {})
    {
        plinth_range range{};
        const plinth_error error =
            plinth_transaction_get_range_split_points(handle(), in.handle(), detail::data(begin), begin.size(),
                                                      detail::data(end), end.size(), chunk_size, &range);
        return detail::result(error, Range(range));
    }

    /* ------------------------------------------------------------ writes */

    /* plinth_transaction_set() */
    Result<void> set(std::string_view key, std::string_view value, In in = {})
    {
        return Result<void>::of(plinth_transaction_set(handle(), in.handle(), detail::data(key), key.size(),
                                                       detail::data(value), value.size()));
    }

    /* plinth_transaction_clear() */
    Result<void> clear(std::string_view key, In in = {})
    {
        return Result<void>::of(plinth_transaction_clear(handle(), in.handle(), detail::data(key), key.size()));
    }

    /* plinth_transaction_clear_range() */
    Result<void> clear_range(std::string_view begin, std::string_view end, In in = {})
    {
        return Result<void>::of(plinth_transaction_clear_range(handle(), in.handle(), detail::data(begin), begin.size(),
                                                               detail::data(end), end.size()));
    }

    /* plinth_transaction_atomic_op(): `op` is one of PLINTH_MUTATION_*. */
    Result<void> atomic_op(plinth_mutation op, std::string_view key, std::string_view operand, In in = {})
    {
        return Result<void>::of(plinth_transaction_atomic_op(handle(), in.handle(), op, detail::data(key), key.size(),
                                                             detail::data(operand), operand.size()));
    }

    /* PLINTH_MUTATION_ADD of a number of eight bytes; a negative one takes away. */
    Result<void> add(std::string_view key, int64_t number, In in = {})
    {
        std::array<char, 8> operand{};
        auto rest = static_cast<uint64_t>(number);
        for (char &byte : operand) {
            byte = static_cast<char>(static_cast<unsigned char>(rest & 0xff));
            rest >>= 8;
        }
        return atomic_op(PLINTH_MUTATION_ADD, key, {operand.data(), operand.size()}, in);
    }

    /* plinth_transaction_set_versionstamped_key() */
    Result<void> set_versionstamped_key(std::string_view key, uint32_t offset, std::string_view value, In in = {})
    {
        return Result<void>::of(plinth_transaction_set_versionstamped_key(handle(), in.handle(), detail::data(key),
                                                                          key.size(), offset, detail::data(value),
                                                                          value.size()));
    }

    /* plinth_transaction_set_versionstamped_value() */
    Result<void> set_versionstamped_value(std::string_view key, std::string_view value, uint32_t offset, In in = {})
    {
        return Result<void>::of(plinth_transaction_set_versionstamped_value(handle(), in.handle(), detail::data(key),
                                                                            key.size(), detail::data(value),
                                                                            value.size(), offset));
    }

    /* ------------------------------------------------------------ conflicts */

    /* plinth_transaction_add_read_conflict() */
    Result<void> add_read_conflict(std::string_view key, In in = {})
    {
        return Result<void>::of(
            plinth_transaction_add_read_conflict(handle(), in.handle(), detail::data(key), key.size()));
    }

    /* plinth_transaction_add_read_conflict_range() */
    Result<void> add_read_conflict_range(std::string_view begin, std::string_view end, In in = {})
    {
        return Result<void>::of(plinth_transaction_add_read_conflict_range(
            handle(), in.handle(), detail::data(begin), begin.size(), detail::data(end), end.size()));
    }

    /* plinth_transaction_add_write_conflict_range() */
    Result<void> add_write_conflict_range(std::string_view begin, std::string_view end, In in = {})
    {
        return Result<void>::of(plinth_transaction_add_write_conflict_range(
            handle(), in.handle(), detail::data(begin), begin.size(), detail::data(end), end.size()));
    }

    /* ------------------------------------------------------------ life */

    /* plinth_transaction_commit() */
    Result<void> commit() { return Result<void>::of(plinth_transaction_commit(handle())); }

    /* plinth_transaction_on_error(): a success says to begin again at the first read. */
    Result<void> on_error(plinth_error error) { return Result<void>::of(plinth_transaction_on_error(handle(), error)); }
    /* The same for the error of a Result. */
    Result<void> on_error(const Error &error) { return on_error(error.number()); }

    /* plinth_transaction_reset() */
    Result<void> reset() { return Result<void>::of(plinth_transaction_reset(handle())); }

    /* plinth_transaction_cancel() */
    Result<void> cancel() { return Result<void>::of(plinth_transaction_cancel(handle())); }

    /* plinth_transaction_get_conflict() and plinth_conflict_free(): all that are told. */
    Result<std::vector<Conflict>> conflicts()
    {
        std::vector<Conflict> all;
        for (std::size_t index = 0;; index++) {
            plinth_conflict told{};
            const plinth_error error = plinth_transaction_get_conflict(handle(), index, &told);
            if (error != 0 || told.begin == nullptr)
                return detail::result(error, std::move(all));
            const auto text = [](const uint8_t *bytes, std::size_t size) {
                return std::string(reinterpret_cast<const char *>(bytes), size);
            };
            all.push_back({text(told.begin, told.begin_len), text(told.end, told.end_len),
                           told.keyspace == nullptr ? "" : told.keyspace, told.keyspace_id, told.version, told.id});
            plinth_conflict_free(&told);
        }
    }

    /* plinth_transaction_expire() */
    Result<void> expire() { return Result<void>::of(plinth_transaction_expire(handle())); }

    /* plinth_transaction_get_read_version() */
    Result<int64_t> read_version()
    {
        int64_t version = 0;
        return detail::result(plinth_transaction_get_read_version(handle(), &version), std::move(version));
    }

    /* plinth_transaction_set_read_version() */
    Result<void> set_read_version(int64_t version)
    {
        return Result<void>::of(plinth_transaction_set_read_version(handle(), version));
    }

    /* plinth_transaction_get_committed_version() */
    Result<int64_t> committed_version()
    {
        int64_t version = 0;
        return detail::result(plinth_transaction_get_committed_version(handle(), &version), std::move(version));
    }

    /* plinth_transaction_get_versionstamp() */
    Result<Versionstamp> versionstamp()
    {
        Versionstamp stamp{};
        return detail::result(plinth_transaction_get_versionstamp(handle(), stamp.data()), std::move(stamp));
    }

    /* plinth_transaction_get_approximate_size() */
    Result<int64_t> approximate_size()
    {
        int64_t size = 0;
        return detail::result(plinth_transaction_get_approximate_size(handle(), &size), std::move(size));
    }

    /* plinth_transaction_set_option(): `option` is one of PLINTH_OPTION_*. */
    Result<void> set_option(plinth_transaction_option option, int64_t value = 0)
    {
        return Result<void>::of(plinth_transaction_set_option(handle(), option, value));
    }

    /* plinth_transaction_id(): 36 characters. */
    Result<std::string> id()
    {
        std::array<char, 37> text{};
        const plinth_error error = plinth_transaction_id(handle(), text.data());
        return detail::result(error, std::string(text.data()));
    }

    /* ------------------------------------------------------------ without waiting */

    /*
     * The asynchronous calls: `then` receives what the call of the same name would have returned, once,
     * inside this call or on a thread of the library. What plinth_value_callback says of callbacks holds; an
     * exception out of one ends the process.
     */

    /* plinth_transaction_get_async(); then(Result<std::optional<Value>>) */
    template <class Then>
    void get_async(std::string_view key, Then &&then, In in = {})
    {
        auto box = detail::box(std::forward<Then>(then));
        using Box = decltype(box);
        plinth_transaction_get_async(handle(), in.handle(), detail::data(key), key.size(),
                                     &Box::template found<detail::FoundValue>, box.give(), &Box::finish);
    }

    /* plinth_transaction_snapshot_get_async(); then(Result<std::optional<Value>>) */
    template <class Then>
    void snapshot_get_async(std::string_view key, Then &&then, In in = {})
    {
        auto box = detail::box(std::forward<Then>(then));
        using Box = decltype(box);
        plinth_transaction_snapshot_get_async(handle(), in.handle(), detail::data(key), key.size(),
                                              &Box::template found<detail::FoundValue>, box.give(), &Box::finish);
    }

    /* plinth_transaction_get_many_async(); then(Result<Values>) */
    template <class Then>
    void get_many_async(const std::vector<std::string_view> &keys, Then &&then, bool snapshot = false, In in = {})
    {
        auto box = detail::box(std::forward<Then>(then));
        using Box = decltype(box);
        const std::vector<plinth_slice> raw = detail::slices(keys);
        plinth_transaction_get_many_async(handle(), in.handle(), raw.data(), raw.size(), snapshot,
                                          &Box::template found<detail::FoundValues>, box.give(), &Box::finish);
    }

    /* plinth_transaction_get_key_async(); then(Result<Value>) */
    template <class Then>
    void get_key_async(const Selector &selector, Then &&then, bool snapshot = false, In in = {})
    {
        auto box = detail::box(std::forward<Then>(then));
        using Box = decltype(box);
        const plinth_key_selector raw = selector.get();
        plinth_transaction_get_key_async(handle(), in.handle(), &raw, snapshot, &Box::template found<detail::FoundKey>,
                                         box.give(), &Box::finish);
    }

    /* plinth_transaction_get_range_async(); then(Result<Range>) */
    template <class Then>
    void get_range_async(const Selector &begin, const Selector &end, const RangeOptions &options, Then &&then,
                         In in = {})
    {
        auto box = detail::box(std::forward<Then>(then));
        using Box = decltype(box);
        const plinth_key_selector from = begin.get(), to = end.get();
        const plinth_range_options how = options.get();
        plinth_transaction_get_range_async(handle(), in.handle(), &from, &to, &how,
                                           &Box::template found<detail::FoundRange>, box.give(), &Box::finish);
    }

    /* plinth_transaction_commit_async(); then(Result<void>) */
    template <class Then>
    void commit_async(Then &&then)
    {
        auto box = detail::box(std::forward<Then>(then));
        using Box = decltype(box);
        plinth_transaction_commit_async(handle(), &Box::done, box.give(), &Box::finish);
    }

    /* plinth_transaction_on_error_async(); then(Result<void>) */
    template <class Then>
    void on_error_async(plinth_error error, Then &&then)
    {
        auto box = detail::box(std::forward<Then>(then));
        using Box = decltype(box);
        plinth_transaction_on_error_async(handle(), error, &Box::done, box.give(), &Box::finish);
    }

    /* plinth_transaction_watch(); then(Result<void>): a success when the key changed. Keep what is returned for
     * as long as the watch shall last. */
    template <class Then>
    [[nodiscard]] Watch watch(std::string_view key, Then &&then, In in = {})
    {
        auto box = detail::box(std::forward<Then>(then));
        using Box = decltype(box);
        plinth_watch *watch = nullptr;
        plinth_transaction_watch(handle(), in.handle(), detail::data(key), key.size(), &Box::done, box.give(),
                                 &Box::finish, &watch);
        return Watch(watch);
    }

private:
    struct Destroy {
        void operator()(plinth_transaction *transaction) const noexcept { plinth_transaction_destroy(transaction); }
    };
    std::unique_ptr<plinth_transaction, Destroy> handle_;
};

} // namespace plinth

#endif
