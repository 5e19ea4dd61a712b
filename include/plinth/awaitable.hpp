/*
 * The asynchronous calls for C++20 coroutines: `auto value = co_await plinth::co_get(tr, "key");`
 *
 * A coroutine goes on where it is if the outcome comes at once, and else on the thread of the library that
 * brings it: move it to a thread of your own before it waits for long. It goes on exactly once, also
 * when the transaction is cancelled (1025) or the database is closed (9003); it must not be destroyed while it
 * waits. Keys, selectors and options last for the full expression of the co_await, and that is enough.
 */
#ifndef PLINTH_AWAITABLE_HPP
#define PLINTH_AWAITABLE_HPP

#if defined(__cpp_impl_coroutine)

#include <atomic>
#include <coroutine>
#include <optional>
#include <utility>

#include "transaction.hpp"

namespace plinth {

/* An asynchronous call that begins when it is awaited, and gives a Result<T>. */
template <class T, class Begin>
class [[nodiscard]] Awaitable {
public:
    /* A call that `begin` will begin; the co_ functions make them. */
    explicit Awaitable(Begin begin) : begin_(std::move(begin)) {}
    Awaitable(const Awaitable &) = delete;
    Awaitable &operator=(const Awaitable &) = delete;

    /* Never: the call has not begun. */
    bool await_ready() const noexcept { return false; }

    /* Whoever of this call and the callback comes second sees to it that the coroutine goes on: so an outcome that
     * comes inside the call takes no stack. */
    bool await_suspend(std::coroutine_handle<> waiting)
    {
        begin_([this, waiting](Result<T> result) {
            result_.emplace(std::move(result));
            if (met_.exchange(true, std::memory_order_acq_rel))
                waiting.resume();
        });
        return !met_.exchange(true, std::memory_order_acq_rel);
    }

    /* What the call came to. */
    Result<T> await_resume() { return std::move(*result_); }

private:
    Begin begin_;
    std::optional<Result<T>> result_;
    std::atomic<bool> met_ = false;
};

namespace detail {

template <class T, class Begin>
Awaitable<T, Begin> awaitable(Begin begin)
{
    return Awaitable<T, Begin>(std::move(begin));
}

} // namespace detail

/* Transaction::get_async() */
inline auto co_get(Transaction &transaction, std::string_view key, In in = {})
{
    return detail::awaitable<std::optional<Value>>(
        [&transaction, key, in](auto then) { transaction.get_async(key, std::move(then), in); });
}

/* Transaction::snapshot_get_async() */
inline auto co_snapshot_get(Transaction &transaction, std::string_view key, In in = {})
{
    return detail::awaitable<std::optional<Value>>(
        [&transaction, key, in](auto then) { transaction.snapshot_get_async(key, std::move(then), in); });
}

/* Transaction::get_many_async() */
inline auto co_get_many(Transaction &transaction, const std::vector<std::string_view> &keys, bool snapshot = false,
                        In in = {})
{
    return detail::awaitable<Values>([&transaction, &keys, snapshot, in](auto then) {
        transaction.get_many_async(keys, std::move(then), snapshot, in);
    });
}

/* Transaction::get_key_async() */
inline auto co_get_key(Transaction &transaction, Selector selector, bool snapshot = false, In in = {})
{
    return detail::awaitable<Value>([&transaction, selector, snapshot, in](auto then) {
        transaction.get_key_async(selector, std::move(then), snapshot, in);
    });
}

/* Transaction::get_range_async() */
inline auto co_get_range(Transaction &transaction, Selector begin, Selector end, RangeOptions options = {}, In in = {})
{
    return detail::awaitable<Range>([&transaction, begin, end, options, in](auto then) {
        transaction.get_range_async(begin, end, options, std::move(then), in);
    });
}

/* Transaction::commit_async() */
inline auto co_commit(Transaction &transaction)
{
    return detail::awaitable<void>([&transaction](auto then) { transaction.commit_async(std::move(then)); });
}

/* Transaction::on_error_async() */
inline auto co_on_error(Transaction &transaction, plinth_error error)
{
    return detail::awaitable<void>(
        [&transaction, error](auto then) { transaction.on_error_async(error, std::move(then)); });
}

} // namespace plinth

#endif

#endif
