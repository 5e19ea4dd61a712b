/*
 * How a function object becomes a callback with its `user` pointer: it lives in a box of its own, which the
 * finaliser ends. So it is run at most once and ended exactly once, also where the call it was given to fails.
 *
 * An exception out of a callback has nowhere to go: it ends the process (std::terminate).
 */
#ifndef PLINTH_CALLBACK_HPP
#define PLINTH_CALLBACK_HPP

#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "result.hpp"
#include "value.hpp"

namespace plinth {
namespace detail {

/* How the outcome of an asynchronous call reaches C++. */
struct FoundValue {
    using type = std::optional<Value>;
    using raw = plinth_value *;
    static type take(raw value) noexcept { return Value::found(std::exchange(*value, plinth_value{})); }
};

struct FoundKey {
    using type = Value;
    using raw = plinth_value *;
    static type take(raw value) noexcept { return Value(std::exchange(*value, plinth_value{})); }
};

struct FoundRange {
    using type = Range;
    using raw = plinth_range *;
    static type take(raw range) noexcept { return Range(std::exchange(*range, plinth_range{})); }
};

struct FoundValues {
    using type = Values;
    using raw = plinth_values *;
    static type take(raw values) noexcept { return Values(std::exchange(*values, plinth_values{})); }
};

/* A function object on its way through C. */
template <class Then>
class Box {
public:
    explicit Box(Then then) : then_(std::make_unique<Then>(std::move(then))) {}

    /* For a call that gets finish() too, whatever it returns. */
    void *give() noexcept { return then_.release(); }

    static void finish(void *user) noexcept { delete static_cast<Then *>(user); }

    static void done(void *user, plinth_error error) noexcept { (*static_cast<Then *>(user))(Result<void>::of(error)); }

    template <class Found>
    static void found(void *user, plinth_error error, typename Found::raw raw) noexcept
    {
        Then &then = *static_cast<Then *>(user);
        if (error != 0)
            then(Result<typename Found::type>(Error::last(error)));
        else
            then(Result<typename Found::type>(Found::take(raw)));
    }

private:
    std::unique_ptr<Then> then_;
};

template <class Then>
Box<std::decay_t<Then>> box(Then &&then)
{
    return Box<std::decay_t<Then>>(std::forward<Then>(then));
}

} // namespace detail
} // namespace plinth

#endif
