/*
 * What the library says of its work: plinth_set_log_callback() with a function object.
 *
 * The function object is called on a thread of the library, one call at a time; it lives until the next set() or
 * off() has returned, or until the process ends.
 */
#ifndef PLINTH_LOG_HPP
#define PLINTH_LOG_HPP

#include <cstddef>
#include <memory>
#include <mutex>
#include <string_view>
#include <utility>

#include "result.hpp"

namespace plinth {

/* A plinth_log_record; valid during the call. */
class LogRecord {
public:
    /* Views what the callback was given. */
    explicit LogRecord(const plinth_log_record *raw) noexcept : raw_(raw) {}

    /* How much it matters. */
    plinth_log_level level() const noexcept { return static_cast<plinth_log_level>(raw_->level); }
    /* Microseconds since 1970. */
    int64_t time_us() const noexcept { return raw_->time_us; }
    /* Which part of the library speaks. */
    std::string_view module() const noexcept { return raw_->module; }
    /* What happened, in words. */
    std::string_view message() const noexcept { return raw_->message; }
    /* How many fields there are. */
    std::size_t size() const noexcept { return raw_->field_count; }
    /* A field's name and value. */
    std::pair<std::string_view, std::string_view> operator[](std::size_t at) const noexcept
    {
        return {raw_->fields[at].name, raw_->fields[at].value};
    }
    /* The value of a field; empty if there is none of that name. */
    std::string_view field(std::string_view name) const noexcept
    {
        for (std::size_t at = 0; at < size(); at++) {
            if ((*this)[at].first == name) return (*this)[at].second;
        }
        return {};
    }
    /* As plinth.h has it. */
    const plinth_log_record *raw() const noexcept { return raw_; }

private:
    const plinth_log_record *raw_;
};

namespace detail {

/* What is called at present. Whoever changes it has the lock; a call from within the function object would wait for
 * itself, so set() and off() are not for there. */
struct Listening {
    std::mutex lock;
    void *function = nullptr;
    void (*finish)(void *) = nullptr;

    void replace(void *with, void (*ended)(void *)) noexcept
    {
        if (finish != nullptr) finish(function);
        function = with;
        finish = ended;
    }
};

inline Listening &listening()
{
    /* Never ended: the library may call until the process has gone. */
    static Listening *one = new Listening;
    return *one;
}

} // namespace detail

namespace log {

/* plinth_set_log_callback(): has `hear(const LogRecord &)` called from now on. Not from within such a function
 * object. */
template <class Hear>
Result<void> set(int level, Hear hear)
{
    auto &now = detail::listening();
    std::lock_guard<std::mutex> guard(now.lock);
    auto kept = std::make_unique<Hear>(std::move(hear));
    auto call = [](void *context, const plinth_log_record *record) {
        (*static_cast<Hear *>(context))(LogRecord(record));
    };
    auto done = Result<void>::of(plinth_set_log_callback(level, call, kept.get()));
    if (done) now.replace(kept.release(), [](void *context) { delete static_cast<Hear *>(context); });
    return done;
}

/* Nobody hears any more. Not from within a function object that was set. */
inline Result<void> off()
{
    auto &now = detail::listening();
    std::lock_guard<std::mutex> guard(now.lock);
    auto done = Result<void>::of(plinth_set_log_callback(0, nullptr, nullptr));
    if (done) now.replace(nullptr, nullptr);
    return done;
}

} // namespace log
} // namespace plinth

#endif
