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
#include <string>
#include <string_view>
#include <vector>

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
    explicit PlinthTransaction(plinth::Database &db) : tr_(db.begin().value()) {}

    Task<Result<MaybeString>> snapshotGet(std::string_view key) override
    {
        co_return value_of(co_await plinth::co_snapshot_get(tr_, key));
    }

    Task<Result<MaybeString>> get(std::string_view key) override
    {
        co_return value_of(co_await plinth::co_get(tr_, key));
    }

    Task<Result<GetRangeResult>> snapshotGetRange(KeySelector begin, KeySelector end, int32_t limit) override
    {
        return range(begin, end, limit, true);
    }

    Task<Result<GetRangeResult>> getRange(KeySelector begin, KeySelector end, int32_t limit) override
    {
        return range(begin, end, limit, false);
    }

    plinth_error addReadConflict(std::string_view key) override { return tr_.add_read_conflict(key).code(); }

    plinth_error addReadConflictRange(std::string_view begin, std::string_view end) override
    {
        return tr_.add_read_conflict_range(begin, end).code();
    }

    plinth_error set(std::string_view key, std::string_view value) override { return tr_.set(key, value).code(); }

    plinth_error clear(std::string_view key) override { return tr_.clear(key).code(); }

    plinth_error setVersionstampedKey(std::string_view key, uint32_t offset, std::string_view value) override
    {
        return tr_.set_versionstamped_key(key, offset, value).code();
    }

    plinth_error setVersionstampedValue(std::string_view key, std::string_view value, uint32_t offset) override
    {
        return tr_.set_versionstamped_value(key, value, offset).code();
    }

    Task<Result<Nothing>> commit() override
    {
        co_return Result<Nothing>{(co_await plinth::co_commit(tr_)).code(), {}};
    }

    Task<Result<Nothing>> onError(plinth_error error) override
    {
        co_return Result<Nothing>{(co_await plinth::co_on_error(tr_, error)).code(), {}};
    }

    int64_t getCommittedVersion() override
    {
        const plinth::Result<int64_t> version = tr_.committed_version();
        return version.ok() ? *version : -1;
    }

    void setReadVersion(int64_t version) override
    {
        if (version >= 0)
            tr_.set_read_version(version).ignore();
    }

    void cancel() override { tr_.cancel().ignore(); }
    void reset() override { tr_.reset().ignore(); }

    /* Beyond the interface. */
    plinth::Transaction &plain() { return tr_; }

private:
    Task<Result<GetRangeResult>> range(KeySelector begin, KeySelector end, int32_t limit, bool snapshot)
    {
        plinth::RangeOptions options;
        options.limit = limit;
        options.snapshot = snapshot;
        co_return rows_of(co_await plinth::co_get_range(tr_, plinth::Selector(begin.key, !begin.inclusive, 1),
                                                        plinth::Selector(end.key, end.inclusive, 1), options));
    }

    static Result<MaybeString> value_of(const plinth::Result<std::optional<plinth::Value>> &read)
    {
        Result<MaybeString> result{read.code(), {}};
        if (read.ok() && *read)
            result.value = (*read)->str();
        return result;
    }

    static Result<GetRangeResult> rows_of(const plinth::Result<plinth::Range> &read)
    {
        Result<GetRangeResult> result{read.code(), {}};
        if (!read.ok())
            return result;
        for (const auto &[key, value] : *read)
            result.value.kvs.emplace_back(key, value);
        result.value.hasMore = read->more();
        return result;
    }

    plinth::Transaction tr_;
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
