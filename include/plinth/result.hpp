/*
 * The outcome of a call: a value, or an Error.
 */
#ifndef PLINTH_RESULT_HPP
#define PLINTH_RESULT_HPP

#include <optional>
#include <utility>
#include <variant>

#include "error.hpp"

namespace plinth {

/* A T, or why there is none. */
template <class T>
class [[nodiscard]] Result {
public:
    using value_type = T;

    /* A success. */
    Result(T value) : held_(std::in_place_index<0>, std::move(value)) {}
    /* A failure. */
    Result(Error error) : held_(std::in_place_index<1>, std::move(error)) {}

    bool ok() const noexcept { return held_.index() == 0; }
    explicit operator bool() const noexcept { return ok(); }

    /* 0 if there is a value. */
    plinth_error code() const noexcept { return ok() ? 0 : error().number(); }

    /* Only if there is no value. */
    const Error &error() const & noexcept { return *std::get_if<1>(&held_); }
    Error error() && { return std::move(*std::get_if<1>(&held_)); }

    /* Only if there is a value. */
    T &operator*() & noexcept { return *std::get_if<0>(&held_); }
    const T &operator*() const & noexcept { return *std::get_if<0>(&held_); }
    T operator*() && { return std::move(*std::get_if<0>(&held_)); }
    T *operator->() noexcept { return std::get_if<0>(&held_); }
    const T *operator->() const noexcept { return std::get_if<0>(&held_); }

#if PLINTH_HAS_EXCEPTIONS
    /* The value; throws Exception if there is none. */
    T &value() &
    {
        check();
        return **this;
    }
    const T &value() const &
    {
        check();
        return **this;
    }
    T value() &&
    {
        check();
        return std::move(**this);
    }
#endif

private:
#if PLINTH_HAS_EXCEPTIONS
    void check() const
    {
        if (!ok())
            throw Exception(error());
    }
#endif

    std::variant<T, Error> held_;
};

/* Success, or why not. */
template <>
class [[nodiscard]] Result<void> {
public:
    using value_type = void;

    Result() = default;
    /* A failure. */
    Result(Error error) : error_(std::move(error)) {}

    /* What a call on this thread just returned. */
    static Result of(plinth_error number) { return number == 0 ? Result() : Result(Error::last(number)); }

    bool ok() const noexcept { return !error_; }
    explicit operator bool() const noexcept { return ok(); }

    /* 0 for success. */
    plinth_error code() const noexcept { return ok() ? 0 : error_->number(); }

    /* Only if it is not a success. */
    const Error &error() const & noexcept { return *error_; }
    Error error() && { return std::move(*error_); }

    /* For a caller who does not mind. */
    void ignore() const noexcept {}

#if PLINTH_HAS_EXCEPTIONS
    /* Throws Exception if it is not a success. */
    void value() const
    {
        if (error_)
            throw Exception(*error_);
    }
#endif

private:
    std::optional<Error> error_;
};

namespace detail {

/* What a call that fills in a T came to. */
template <class T>
Result<T> result(plinth_error number, T &&value)
{
    if (number != 0)
        return Error::last(number);
    return Result<T>(std::forward<T>(value));
}

} // namespace detail

} // namespace plinth

#endif
