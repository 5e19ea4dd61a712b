/*
 * What went wrong: an error number with its story. Relies on plinth_last_error(), which belongs to the
 * thread, being asked before any other call of the library.
 */
#ifndef PLINTH_ERROR_HPP
#define PLINTH_ERROR_HPP

#include <exception>
#include <new>
#include <string>
#include <utility>

#include "../plinth.h"

/* Whether the program is compiled with exceptions; without them what throws is not declared. */
#if defined(__cpp_exceptions)
#define PLINTH_HAS_EXCEPTIONS 1
#else
#define PLINTH_HAS_EXCEPTIONS 0
#endif

namespace plinth {

/* An error: its number, one of PLINTH_ERROR_* or a program's own (below 0), and what happened. */
class [[nodiscard]] Error {
public:
    /* A program's own error, or one of the library's without its story. */
    explicit Error(plinth_error number, std::string story = {}) : number_(number), story_(std::move(story)) {}

    /* What a call on this thread just returned, with plinth_last_error(). */
    static Error last(plinth_error number)
    {
#if PLINTH_HAS_EXCEPTIONS
        try {
            return Error(number, plinth_last_error());
        } catch (const std::bad_alloc &) {
            // The number is what matters, and a callback has nowhere to throw to.
            return Error(number);
        }
#else
        return Error(number, plinth_last_error());
#endif
    }

    /* Never 0. */
    plinth_error number() const noexcept { return number_; }

    /* Which call failed, on which key, and what the system said; may be empty. */
    const std::string &story() const noexcept { return story_; }

    /* plinth_error_name() */
    const char *name() const noexcept { return plinth_error_name(number_); }

    /* plinth_error_description() */
    const char *description() const noexcept { return plinth_error_description(number_); }

    /* plinth_error_is_retryable() */
    bool is_retryable() const noexcept { return plinth_error_is_retryable(number_); }

    /* plinth_error_is_maybe_committed() */
    bool is_maybe_committed() const noexcept { return plinth_error_is_maybe_committed(number_); }

    /* plinth_error_is_retryable_not_committed() */
    bool is_retryable_not_committed() const noexcept { return plinth_error_is_retryable_not_committed(number_); }

private:
    plinth_error number_;
    std::string story_;
};

/* What Result::value() throws. */
class Exception : public std::exception {
public:
    /* Takes over the error. */
    explicit Exception(Error error) : error_(std::move(error)) {}

    /* The error that it was thrown for. */
    const Error &error() const noexcept { return error_; }

    /* The error's story, or its description if it has none. */
    const char *what() const noexcept override
    {
        return error_.story().empty() ? error_.description() : error_.story().c_str();
    }

private:
    Error error_;
};

} // namespace plinth

#endif
