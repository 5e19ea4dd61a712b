/*
 * Purpose: an interface of the kind that a program with FoundationDB's client hides it behind, by
 * Plinth: reads and the commit are awaited, the rest is plain.
 *
 * Keys are views: what they point to must live until the call they are passed to was awaited.
 */
#ifndef COROUTINE_TRANSACTION_H
#define COROUTINE_TRANSACTION_H

#include "task.h"

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

inline const uint8_t *data_of(std::string_view text)
{
    return reinterpret_cast<const uint8_t *>(text.data());
}

inline std::string text_of(const uint8_t *data, size_t len)
{
    return std::string(reinterpret_cast<const char *>(data), len);
}

/* ---------------------------------------------------------------- the interface */

struct KeySelector {
    std::string_view key;
    bool inclusive;
};

struct GetRangeResult {
    std::vector<std::pair<std::string, std::string>> kvs;
    bool hasMore = false;
};

using MaybeString = std::optional<std::string>;

/* What the rest of a program sees of its key-value store. */
class ITransaction {
public:
    virtual ~ITransaction() = default;

    virtual Task<Result<MaybeString>> snapshotGet(std::string_view key) = 0;
    virtual Task<Result<MaybeString>> get(std::string_view key) = 0;
    virtual Task<Result<GetRangeResult>> snapshotGetRange(KeySelector begin, KeySelector end, int32_t limit) = 0;
    virtual Task<Result<GetRangeResult>> getRange(KeySelector begin, KeySelector end, int32_t limit) = 0;

    virtual plinth_error addReadConflict(std::string_view key) = 0;
    virtual plinth_error addReadConflictRange(std::string_view begin, std::string_view end) = 0;
    virtual plinth_error set(std::string_view key, std::string_view value) = 0;
    virtual plinth_error clear(std::string_view key) = 0;
    virtual plinth_error setVersionstampedKey(std::string_view key, uint32_t offset, std::string_view value) = 0;
    virtual plinth_error setVersionstampedValue(std::string_view key, std::string_view value, uint32_t offset) = 0;

    virtual Task<Result<Nothing>> commit() = 0;
    /* Waits until it is worth trying again; an error says that it never will be. */
    virtual Task<Result<Nothing>> onError(plinth_error error) = 0;
    virtual int64_t getCommittedVersion() = 0;
    virtual void setReadVersion(int64_t version) = 0;
    virtual void cancel() = 0;
    virtual void reset() = 0;
};

/* The same by Plinth. */
class PlinthTransaction final : public ITransaction {
public:
    explicit PlinthTransaction(plinth_database *db)
    {
        if (plinth_transaction_begin(db, &tr_) != 0)
            std::fprintf(stderr, "%s\n", plinth_last_error());
    }
    PlinthTransaction(const PlinthTransaction &) = delete;
    PlinthTransaction &operator=(const PlinthTransaction &) = delete;
    ~PlinthTransaction() override { plinth_transaction_destroy(tr_); }

    Task<Result<MaybeString>> snapshotGet(std::string_view key) override
    {
        auto read = call<plinth_value>([this, key](auto *self) {
            return plinth_transaction_snapshot_get_async(tr_, nullptr, data_of(key), key.size(), self->told, self, nullptr);
        });
        co_return value_of(co_await read);
    }

    Task<Result<MaybeString>> get(std::string_view key) override
    {
        auto read = call<plinth_value>([this, key](auto *self) {
            return plinth_transaction_get_async(tr_, nullptr, data_of(key), key.size(), self->told, self, nullptr);
        });
        co_return value_of(co_await read);
    }

    Task<Result<GetRangeResult>> snapshotGetRange(KeySelector begin, KeySelector end, int32_t limit) override
    {
        return range(begin, end, limit, true);
    }

    Task<Result<GetRangeResult>> getRange(KeySelector begin, KeySelector end, int32_t limit) override
    {
        return range(begin, end, limit, false);
    }

    plinth_error addReadConflict(std::string_view key) override
    {
        return plinth_transaction_add_read_conflict(tr_, nullptr, data_of(key), key.size());
    }

    plinth_error addReadConflictRange(std::string_view begin, std::string_view end) override
    {
        return plinth_transaction_add_read_conflict_range(tr_, nullptr, data_of(begin), begin.size(), data_of(end), end.size());
    }

    plinth_error set(std::string_view key, std::string_view value) override
    {
        return plinth_transaction_set(tr_, nullptr, data_of(key), key.size(), data_of(value), value.size());
    }

    plinth_error clear(std::string_view key) override
    {
        return plinth_transaction_clear(tr_, nullptr, data_of(key), key.size());
    }

    plinth_error setVersionstampedKey(std::string_view key, uint32_t offset, std::string_view value) override
    {
        return plinth_transaction_set_versionstamped_key(tr_, nullptr, data_of(key), key.size(), offset, data_of(value),
                                                         value.size());
    }

    plinth_error setVersionstampedValue(std::string_view key, std::string_view value, uint32_t offset) override
    {
        return plinth_transaction_set_versionstamped_value(tr_, nullptr, data_of(key), key.size(), data_of(value),
                                                           value.size(), offset);
    }

    Task<Result<Nothing>> commit() override
    {
        auto done = call<Nothing>([this](auto *self) {
            return plinth_transaction_commit_async(tr_, self->done, self, nullptr);
        });
        co_return co_await done;
    }

    Task<Result<Nothing>> onError(plinth_error error) override
    {
        auto done = call<Nothing>([this, error](auto *self) {
            return plinth_transaction_on_error_async(tr_, error, self->done, self, nullptr);
        });
        co_return co_await done;
    }

    int64_t getCommittedVersion() override
    {
        int64_t version = -1;
        return plinth_transaction_get_committed_version(tr_, &version) == 0 ? version : -1;
    }

    void setReadVersion(int64_t version) override
    {
        if (version >= 0)
            plinth_transaction_set_read_version(tr_, version);
    }

    void cancel() override { plinth_transaction_cancel(tr_); }
    void reset() override { plinth_transaction_reset(tr_); }

    /* Beyond the interface. */
    plinth_transaction *handle() { return tr_; }

private:
    Task<Result<GetRangeResult>> range(KeySelector begin, KeySelector end, int32_t limit, bool snapshot)
    {
        plinth_key_selector from{data_of(begin.key), begin.key.size(), !begin.inclusive, 1};
        plinth_key_selector to{data_of(end.key), end.key.size(), end.inclusive, 1};
        plinth_range_options options{};
        options.struct_size = sizeof options;
        options.limit = limit;
        options.snapshot = snapshot;
        auto read = call<plinth_range>([this, from, to, options](auto *self) {
            return plinth_transaction_get_range_async(tr_, nullptr, &from, &to, &options, self->told, self, nullptr);
        });
        co_return rows_of(co_await read);
    }

    static Result<MaybeString> value_of(Result<plinth_value> read)
    {
        Result<MaybeString> result{read.error, {}};
        if (read.value.data != nullptr)
            result.value = text_of(read.value.data, read.value.len);
        plinth_value_free(&read.value);
        return result;
    }

    static Result<GetRangeResult> rows_of(Result<plinth_range> read)
    {
        Result<GetRangeResult> result{read.error, {}};
        for (size_t i = 0; i < read.value.count; i++) {
            const plinth_key_value &item = read.value.items[i];
            result.value.kvs.emplace_back(text_of(item.key, item.key_len), text_of(item.value, item.value_len));
        }
        result.value.hasMore = read.value.more;
        plinth_range_free(&read.value);
        return result;
    }

    plinth_transaction *tr_ = nullptr;
};

/* Tries a body and its commit until they succeed, or fail for good. */
template <class Body>
Task<Result<Nothing>> retrying(ITransaction &tr, Body body)
{
    for (;;) {
        Result<Nothing> outcome = co_await body(tr);
        if (outcome.ok())
            outcome = co_await tr.commit();
        if (outcome.ok())
            co_return outcome;
        const Result<Nothing> again = co_await tr.onError(outcome.error);
        if (!again.ok())
            co_return again;
    }
}

#endif
