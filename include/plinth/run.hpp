/*
 * The retry loop: as plinth_run(), with a body that may return something and may throw.
 */
#ifndef PLINTH_RUN_HPP
#define PLINTH_RUN_HPP

#include <type_traits>
#include <utility>

#include "database.hpp"

namespace plinth {
namespace detail {

template <class T>
struct Plain {
    using type = T;
};
template <class T>
struct Plain<Result<T>> {
    using type = T;
};

/* Calls the body and makes what it returned, or threw, a Result. */
template <class T, class Body>
Result<T> call(Body &body, Transaction &transaction)
{
    if constexpr (std::is_void_v<std::invoke_result_t<Body &, Transaction &>>) {
        body(transaction);
        return {};
    } else {
        return body(transaction);
    }
}

template <class T, class Body>
Result<T> attempt(Body &body, Transaction &transaction)
{
#if PLINTH_HAS_EXCEPTIONS
    try {
        return call<T>(body, transaction);
    } catch (const Exception &exception) {
        return exception.error();
    }
#else
    return call<T>(body, transaction);
#endif
}

/* One round: the body, and the commit. */
template <class T, class Body>
Result<T> round(Body &body, Transaction &transaction)
{
    Result<T> result = attempt<T>(body, transaction);
    if (!result.ok())
        return result;
    if (auto committed = transaction.commit(); !committed.ok())
        return std::move(committed).error();
    return result;
}

} // namespace detail

/*
 * Runs a transaction until it commits or fails for good. The body takes a Transaction & and returns a value,
 * a Result or nothing; run() returns that as a Result.
 *
 * The body has failed if it returns an error or throws plinth::Exception, as Result::value() does. After a
 * retryable error it is called again; any other is returned. An error of its own (a number below 0) gives
 * up without a commit. Another exception ends the transaction and goes on to the caller.
 *
 * As the body may run several times, its effects outside the database should be harmless to repeat; after
 * 1021 it runs again although the commit may have happened. It must not commit, reset or end the
 * transaction. Without PLINTH_OPTION_RETRY_LIMIT or PLINTH_OPTION_TIMEOUT the loop ends only with a commit
 * or another error, and with 1038 when more than `locked_tries` tries in a row have found the database locked.
 * Errors and threads are those of plinth_run().
 */
template <class Body>
auto run(Database &database, Body &&body, long locked_tries = 64)
{
    using T = typename detail::Plain<std::decay_t<std::invoke_result_t<Body &, Transaction &>>>::type;
    auto begun = database.begin();
    if (!begun.ok())
        return Result<T>(std::move(begun).error());
    for (long locked = 0;;) {
        Result<T> result = detail::round<T>(body, *begun);
        // A program's own error means nothing to the library.
        if (result.ok() || result.code() < 0)
            return result;
        locked = result.code() == PLINTH_ERROR_DATABASE_LOCKED ? locked + 1 : 0;
        if (locked > locked_tries)
            return result;
        if (auto again = begun->on_error(result.error()); !again.ok()) {
            // The first story tells more than that the error was given back.
            return again.code() == result.code() ? std::move(result) : Result<T>(std::move(again).error());
        }
    }
}

} // namespace plinth

#endif
