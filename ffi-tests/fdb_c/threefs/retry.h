/*
 * Purpose: requests that are tried again: when, how often, and with what in between.
 *
 * Relies on: the client library's own judgement of an error (its predicates) and its own pause
 * (`fdb_transaction_on_error`). An error that the file system made itself has neither: the
 * transaction is reset, and the request goes to the end of its pool's queue. (3FS-7)
 */
#ifndef THREEFS_RETRY_H
#define THREEFS_RETRY_H

#include "fdb.h"

struct RetryConfig {
    int64_t max_delay_ms = 1000;
    int max_tries = 10;
    bool retry_maybe_committed = true;
};

/* Lets the others of the pool go first. */
struct Yield {
    bool await_ready() noexcept { return Pool::current() == nullptr; }
    void await_suspend(std::coroutine_handle<> handle) { Pool::current()->add(handle); }
    void await_resume() noexcept {}
};

class RetryStrategy {
public:
    explicit RetryStrategy(RetryConfig config = {}) : config_(config) {}

    /* Before the first try. Anything but 0 fails the request. */
    fdb_error_t init(Transaction &tr)
    {
        return tr.set_option(FDB_TR_OPTION_MAX_RETRY_DELAY, config_.max_delay_ms);
    }

    int failures() const { return failures_; }

    /* Success if it is worth trying again; else the failure that was given. */
    Task<Result<Nothing>> on_error(Transaction &tr, Result<Nothing> failure)
    {
        failures_++;
        if (failures_ >= config_.max_tries)
            co_return failure;
        if (failure.error == 0) {
            if (failure.code != Code::TooOld && failure.code != Code::Retryable)
                co_return failure;
            tr.reset();
            co_await Yield{};
            co_return init(tr) == 0 ? done() : failure;
        }
        if (!fdb_error_predicate(predicate(), failure.error))
            co_return failure;
        const Result<Nothing> again = co_await tr.on_error(failure.error);
        co_return again.ok() ? done() : failure;
    }

private:
    FDBErrorPredicate predicate() const
    {
        return config_.retry_maybe_committed ? FDB_ERROR_PREDICATE_RETRYABLE
                                             : FDB_ERROR_PREDICATE_RETRYABLE_NOT_COMMITTED;
    }

    RetryConfig config_;
    int failures_ = 0;
};

enum class Access { ReadOnly, ReadWrite };

/*
 * Runs a handler, `Task<Result<T>>(Transaction &)`, and commits what it did, until both succeed or
 * there is no point in going on. What only reads is never committed. (3FS-3)
 */
template <class T, class Handler>
Task<Result<T>> with_retry(const Database &db, Access access, RetryStrategy &strategy, Handler handler,
                           std::stop_token token = {})
{
    Transaction tr(db, token);
    fdb_error_t number = tr.created() != 0 ? tr.created() : strategy.init(tr);
    if (number != 0)
        co_return Result<T>{code_of(number, Where::Elsewhere), number, {}};
    for (;;) {
        Result<T> result = co_await handler(tr);
        Result<Nothing> outcome{result.code, result.error, {}};
        if (outcome.ok() && access == Access::ReadWrite)
            outcome = co_await tr.commit();
        if (outcome.ok())
            co_return result;
        const Result<Nothing> again = co_await strategy.on_error(tr, outcome);
        if (!again.ok())
            co_return Result<T>::of(again);
    }
}

template <class T, class Handler>
Task<Result<T>> read_write(const Database &db, Handler handler)
{
    RetryStrategy strategy(RetryConfig{.max_delay_ms = 20, .max_tries = 200, .retry_maybe_committed = true});
    co_return co_await with_retry<T>(db, Access::ReadWrite, strategy, std::move(handler));
}

template <class T, class Handler>
Task<Result<T>> read_only(const Database &db, Handler handler)
{
    RetryStrategy strategy;
    co_return co_await with_retry<T>(db, Access::ReadOnly, strategy, std::move(handler));
}

/* The end of all keys that begin with a prefix. */
inline std::string end_of_prefix(std::string prefix)
{
    while (!prefix.empty() && prefix.back() == '\xff')
        prefix.pop_back();
    if (prefix.empty())
        return "\xff";
    prefix.back() = static_cast<char>(prefix.back() + 1);
    return prefix;
}

/*
 * All rows below a prefix, page by page; each page begins after the last key of the one before.
 * What says that there is more has rows. (RNG-8, RNG-9)
 */
inline Task<Result<Range>> list_by_prefix(Transaction &tr, std::string prefix, int limit, bool snapshot)
{
    std::string after = prefix;
    const std::string end = end_of_prefix(prefix);
    Result<Range> all;
    for (bool first = true;; first = false) {
        const Selector from{after, first}, to{end, false};
        Result<Range> page;
        if (snapshot)
            page = co_await tr.snapshot_get_range(from, to, limit);
        else
            page = co_await tr.get_range(from, to, limit);
        if (!page.ok())
            co_return page;
        if (page.value.more && page.value.rows.empty())
            co_return Result<Range>{Code::Failed, 0, {}};
        for (KeyValue &row : page.value.rows)
            all.value.rows.push_back(std::move(row));
        if (!page.value.more)
            co_return all;
        after = all.value.rows.back().key;
    }
}

#endif
