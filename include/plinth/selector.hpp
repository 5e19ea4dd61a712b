/*
 * Key selectors, and what a range read is asked for. A selector views the bytes of its key, which have to
 * last until the call that it is given to has returned.
 */
#ifndef PLINTH_SELECTOR_HPP
#define PLINTH_SELECTOR_HPP

#include <string_view>

#include "value.hpp"

namespace plinth {

/* Names a key by its place; plinth_key_selector says how. */
class Selector {
public:
    /* As the fields of plinth_key_selector. */
    Selector(std::string_view key, bool or_equal, int32_t offset) noexcept
        : key_(key), or_equal_(or_equal), offset_(offset)
    {
    }

    /* The last key below `key`. */
    static Selector last_below(std::string_view key) noexcept { return {key, false, 0}; }
    /* The last key below `key`, or `key` itself if it is there. */
    static Selector last_at_or_below(std::string_view key) noexcept { return {key, true, 0}; }
    /* `key` itself if it is there, else the first one above. */
    static Selector first_at_or_above(std::string_view key) noexcept { return {key, false, 1}; }
    /* The first key above `key`. */
    static Selector first_above(std::string_view key) noexcept { return {key, true, 1}; }

    /* So many keys further. */
    Selector operator+(int32_t keys) const noexcept { return {key_, or_equal_, offset_ + keys}; }
    /* So many keys back. */
    Selector operator-(int32_t keys) const noexcept { return {key_, or_equal_, offset_ - keys}; }

    plinth_key_selector get() const noexcept { return {detail::data(key_), key_.size(), or_equal_, offset_}; }

private:
    std::string_view key_;
    bool or_equal_;
    int32_t offset_;
};

/* As plinth_range_options: no limits, forward, with conflicts, unless changed. */
struct RangeOptions {
    /* Pairs at most; 0 is no limit. */
    int32_t limit = 0;
    /* Bytes of keys and values after which the read ends; 0 is no limit. */
    int64_t target_bytes = 0;
    /* Without read conflicts. */
    bool snapshot = false;
    /* From the end on. */
    bool reverse = false;

    plinth_range_options get() const noexcept
    {
        plinth_range_options options{};
        options.struct_size = sizeof options;
        options.limit = limit;
        options.target_bytes = target_bytes;
        options.snapshot = snapshot;
        options.reverse = reverse;
        return options;
    }
};

} // namespace plinth

#endif
