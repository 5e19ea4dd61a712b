/*
 * Purpose: 3FS's key-value interface (kv.h) by Plinth's native calls: `PlinthEngine` stands where its engine over
 * FoundationDB's client would. README.md says where 3FS has to be touched.
 *
 * Threads: as Plinth's own. A coroutine goes on where it is if the answer is in memory, else on a thread of the
 * library; 3FS schedules its tasks on executors of its own, so nothing of it runs there for long.
 */
#ifndef THREEFS_PLINTH_ENGINE_H
#define THREEFS_PLINTH_ENGINE_H

#include <plinth.hpp>

#include "kv.h"

/* The same number means something else when it comes out of a commit. */
enum class Where { Elsewhere, Commit };

inline TransactionCode code_of(plinth_error number, Where where)
{
    switch (number) {
    case 0:
        return TransactionCode::OK;
    case PLINTH_ERROR_NOT_COMMITTED:
        return TransactionCode::Conflict;
    case PLINTH_ERROR_TRANSACTION_TOO_OLD:
        return TransactionCode::TooOld;
    case PLINTH_ERROR_BATCH_TRANSACTION_THROTTLED:
    case PLINTH_ERROR_TAG_THROTTLED:
        return TransactionCode::Throttled;
    case PLINTH_ERROR_COMMIT_PROXY_MEMORY_LIMIT_EXCEEDED:
        return TransactionCode::ResourceConstrained;
    case PLINTH_ERROR_TRANSACTION_CANCELLED:
        return TransactionCode::Canceled;
    default:
        break;
    }
    if (where == Where::Commit && plinth_error_is_maybe_committed(number))
        return TransactionCode::MaybeCommitted;
    return plinth_error_is_retryable(number) ? TransactionCode::Retryable : TransactionCode::Failed;
}

/* What a call of the library came to, without its value. */
template <class T, class U>
Result<T> outcome_of(const plinth::Result<U> &result, Where where = Where::Elsewhere)
{
    if (result.ok())
        return {};
    return {code_of(result.code(), where), result.code(), result.error().story(), {}};
}

class PlinthTransaction final : public IReadWriteTransaction {
public:
    explicit PlinthTransaction(plinth::Transaction transaction) : tr_(std::move(transaction)) {}

    void setReadVersion(int64_t version) override
    {
        if (version >= 0)
            tr_.set_read_version(version).ignore();
    }

    CoTryTask<MaybeString> snapshotGet(std::string_view key) override
    {
        co_return value_of(co_await plinth::co_snapshot_get(tr_, key));
    }

    CoTryTask<MaybeString> get(std::string_view key) override { co_return value_of(co_await plinth::co_get(tr_, key)); }

    CoTryTask<GetRangeResult> snapshotGetRange(KeySelector begin, KeySelector end, int32_t limit) override
    {
        return range(begin, end, limit, true);
    }

    CoTryTask<GetRangeResult> getRange(KeySelector begin, KeySelector end, int32_t limit) override
    {
        return range(begin, end, limit, false);
    }

    CoTryTask<Nothing> cancel() override { co_return outcome_of<Nothing>(tr_.cancel()); }

    void reset() override { tr_.reset().ignore(); }

    CoTryTask<Nothing> addReadConflict(std::string_view key) override
    {
        co_return outcome_of<Nothing>(tr_.add_read_conflict(key));
    }

    CoTryTask<Nothing> addReadConflictRange(std::string_view begin, std::string_view end) override
    {
        co_return outcome_of<Nothing>(tr_.add_read_conflict_range(begin, end));
    }

    CoTryTask<Nothing> set(std::string_view key, std::string_view value) override
    {
        co_return outcome_of<Nothing>(tr_.set(key, value));
    }

    CoTryTask<Nothing> clear(std::string_view key) override { co_return outcome_of<Nothing>(tr_.clear(key)); }

    CoTryTask<Nothing> setVersionstampedKey(std::string_view key, uint32_t offset, std::string_view value) override
    {
        co_return outcome_of<Nothing>(tr_.set_versionstamped_key(key, offset, value));
    }

    CoTryTask<Nothing> setVersionstampedValue(std::string_view key, std::string_view value, uint32_t offset) override
    {
        co_return outcome_of<Nothing>(tr_.set_versionstamped_value(key, value, offset));
    }

    CoTryTask<Nothing> commit() override
    {
        co_return outcome_of<Nothing>(co_await plinth::co_commit(tr_), Where::Commit);
    }

    int64_t getCommittedVersion() override
    {
        const plinth::Result<int64_t> version = tr_.committed_version();
        return version.ok() ? *version : -1;
    }

    /* Beyond the interface: waits until it is worth trying again, unless it never will be. */
    CoTryTask<Nothing> onError(plinth_error error)
    {
        co_return outcome_of<Nothing>(co_await plinth::co_on_error(tr_, error));
    }

    /* For what the interface has no call for. */
    plinth::Transaction &plain() { return tr_; }

private:
    CoTryTask<GetRangeResult> range(KeySelector begin, KeySelector end, int32_t limit, bool snapshot)
    {
        plinth::RangeOptions options;
        options.limit = limit;
        options.snapshot = snapshot;
        co_return rows_of(co_await plinth::co_get_range(tr_, plinth::Selector(begin.key, !begin.inclusive, 1),
                                                        plinth::Selector(end.key, end.inclusive, 1), options));
    }

    static Result<MaybeString> value_of(const plinth::Result<std::optional<plinth::Value>> &read)
    {
        auto result = outcome_of<MaybeString>(read);
        if (read.ok() && *read)
            result.value = (*read)->str();
        return result;
    }

    static Result<GetRangeResult> rows_of(const plinth::Result<plinth::Range> &read)
    {
        auto result = outcome_of<GetRangeResult>(read);
        if (!read.ok())
            return result;
        for (const auto &[key, value] : *read)
            result.value.kvs.emplace_back(key, value);
        result.value.hasMore = read->more();
        return result;
    }

    plinth::Transaction tr_;
};

class PlinthEngine final : public IKVEngine {
public:
    explicit PlinthEngine(plinth::Database database) : db_(std::move(database)) {}

    std::unique_ptr<IReadOnlyTransaction> createReadonlyTransaction() override
    {
        return std::make_unique<PlinthTransaction>(begin());
    }

    std::unique_ptr<IReadWriteTransaction> createReadWriteTransaction() override
    {
        return std::make_unique<PlinthTransaction>(begin());
    }

    /* A transaction that could not be begun is one whose calls fail with 9000: the interface has no other way to say
     * it, and its users ask every call. */
    PlinthTransaction begin()
    {
        auto begun = db_.begin();
        return PlinthTransaction(begun.ok() ? *std::move(begun) : plinth::Transaction(nullptr));
    }

    plinth::Database &database() { return db_; }

private:
    plinth::Database db_;
};

/* Tries a body and its commit until they succeed, or fail for good. */
template <class Body>
CoTryTask<Nothing> retrying(PlinthTransaction &tr, Body body)
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
