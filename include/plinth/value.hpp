/*
 * What reads return: bytes that stay valid as long as their owner lives, whatever becomes of the
 * transaction and the database. While a value lives the database's directory may stay in use.
 */
#ifndef PLINTH_VALUE_HPP
#define PLINTH_VALUE_HPP

#include <cstddef>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../plinth.h"

namespace plinth {

namespace detail {

inline const uint8_t *data(std::string_view bytes) noexcept
{
    return reinterpret_cast<const uint8_t *>(bytes.data() == nullptr ? "" : bytes.data());
}

inline std::string_view view(const uint8_t *data, size_t len) noexcept
{
    return {reinterpret_cast<const char *>(data), len};
}

inline std::vector<plinth_slice> slices(const std::vector<std::string_view> &all)
{
    std::vector<plinth_slice> slices;
    slices.reserve(all.size());
    for (const std::string_view one : all)
        slices.push_back({data(one), one.size()});
    return slices;
}

} // namespace detail

/* A value, or a key that a selector found. Ends with plinth_value_free(). */
class Value {
public:
    /* Takes over what a call filled in. */
    explicit Value(plinth_value taken) noexcept : value_(taken) {}
    Value(Value &&other) noexcept : value_(std::exchange(other.value_, plinth_value{})) {}
    Value &operator=(Value &&other) noexcept
    {
        std::swap(value_, other.value_);
        return *this;
    }
    Value(const Value &) = delete;
    Value &operator=(const Value &) = delete;
    ~Value() { plinth_value_free(&value_); }

    /* Valid while this lives. */
    std::string_view view() const noexcept { return detail::view(value_.data, value_.len); }
    operator std::string_view() const noexcept { return view(); }

    /* A copy. */
    std::string str() const { return std::string(view()); }

    /* What a read of a key filled in: nothing if there is no such key. */
    static std::optional<Value> found(plinth_value taken) noexcept
    {
        return taken.data == nullptr ? std::nullopt : std::optional<Value>(Value(taken));
    }

private:
    plinth_value value_;
};

/* A key and its value, as views of what a Range or a Scan owns. */
struct KeyValue {
    /* The key. */
    std::string_view key;
    /* Its value. */
    std::string_view value;
};

/* The pairs of a range read. Ends with plinth_range_free(). */
class Range {
public:
    /* Takes over what a call filled in. */
    explicit Range(plinth_range taken) noexcept : range_(taken) {}
    Range(Range &&other) noexcept : range_(std::exchange(other.range_, plinth_range{})) {}
    Range &operator=(Range &&other) noexcept
    {
        std::swap(range_, other.range_);
        return *this;
    }
    Range(const Range &) = delete;
    Range &operator=(const Range &) = delete;
    ~Range() { plinth_range_free(&range_); }

    size_t size() const noexcept { return range_.count; }
    bool empty() const noexcept { return range_.count == 0; }

    /* Whether a limit was reached, so that there may be more pairs. */
    bool more() const noexcept { return range_.more; }

    /* Pair `at`, below size(). */
    KeyValue operator[](size_t at) const noexcept
    {
        const plinth_key_value &item = range_.items[at];
        return {detail::view(item.key, item.key_len), detail::view(item.value, item.value_len)};
    }
    /* The last pair; only if there is one. */
    KeyValue back() const noexcept { return (*this)[size() - 1]; }

    /* Goes through the pairs. */
    class Iterator {
    public:
        using iterator_category = std::input_iterator_tag;
        using value_type = KeyValue;
        using difference_type = std::ptrdiff_t;
        using pointer = void;
        using reference = KeyValue;

        Iterator(const Range &range, size_t at) noexcept : range_(&range), at_(at) {}
        KeyValue operator*() const noexcept { return (*range_)[at_]; }
        Iterator &operator++() noexcept
        {
            ++at_;
            return *this;
        }
        Iterator operator++(int) noexcept { return Iterator(*range_, at_++); }
        bool operator==(const Iterator &other) const noexcept { return at_ == other.at_; }
        bool operator!=(const Iterator &other) const noexcept { return at_ != other.at_; }

    private:
        const Range *range_;
        size_t at_;
    };

    Iterator begin() const noexcept { return {*this, 0}; }
    Iterator end() const noexcept { return {*this, size()}; }

private:
    plinth_range range_;
};

/* The values of a read of many keys. Ends with plinth_values_free(). */
class Values {
public:
    /* Takes over what a call filled in. */
    explicit Values(plinth_values taken) noexcept : values_(taken) {}
    Values(Values &&other) noexcept : values_(std::exchange(other.values_, plinth_values{})) {}
    Values &operator=(Values &&other) noexcept
    {
        std::swap(values_, other.values_);
        return *this;
    }
    Values(const Values &) = delete;
    Values &operator=(const Values &) = delete;
    ~Values() { plinth_values_free(&values_); }

    /* As many as there were keys. */
    size_t size() const noexcept { return values_.count; }
    bool empty() const noexcept { return values_.count == 0; }

    /* The value of key `at`, below size(): nothing if there is no such key. Valid while this lives. */
    std::optional<std::string_view> operator[](size_t at) const noexcept
    {
        const plinth_slice &item = values_.items[at];
        return item.data == nullptr ? std::nullopt : std::optional(detail::view(item.data, item.len));
    }

private:
    plinth_values values_;
};

} // namespace plinth

#endif
