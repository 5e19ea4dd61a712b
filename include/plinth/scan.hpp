/*
 * Ranges of any length in little memory, pair by pair: over a Stream, whose batches it takes apart.
 */
#ifndef PLINTH_SCAN_HPP
#define PLINTH_SCAN_HPP

#include <cstddef>
#include <iterator>
#include <optional>
#include <string_view>

#include "transaction.hpp"

namespace plinth {

/* Goes through [begin, end). What plinth_transaction_stream_range() says of own writes and of conflicts holds. */
class Scan {
public:
    /* From the key `begin` to the key before `end`. */
    Scan(Transaction &transaction, std::string_view begin, std::string_view end, const RangeOptions &options = {},
         In in = {})
        : Scan(transaction, Selector::first_at_or_above(begin), Selector::first_at_or_above(end), options, in)
    {
    }

    /* From the key that `begin` finds to the one before what `end` finds. */
    Scan(Transaction &transaction, const Selector &begin, const Selector &end, const RangeOptions &options = {},
         In in = {})
        : stream_(transaction.stream_range(begin, end, options, in))
    {
    }

    /* The next pair, which stays valid until the next call; nothing at the end. Errors as plinth_stream_next(); after
     * one, the same pair is tried again. */
    Result<std::optional<KeyValue>> next()
    {
        if (!stream_.ok())
            return stream_.error();
        if (at_ == batch_.size()) {
            auto read = stream_->next();
            if (!read.ok())
                return std::move(read).error();
            batch_ = *std::move(read);
            at_ = 0;
        }
        if (batch_.empty())
            return std::optional<KeyValue>();
        return std::optional<KeyValue>(batch_[at_++]);
    }

#if PLINTH_HAS_EXCEPTIONS
    /* Goes through the pairs once: `for (auto [key, value] : scan)`. Throws what next() would return. */
    class Iterator {
    public:
        using iterator_category = std::input_iterator_tag;
        using value_type = KeyValue;
        using difference_type = std::ptrdiff_t;
        using pointer = const KeyValue *;
        using reference = const KeyValue &;

        Iterator() noexcept = default;
        /* Stands at the next pair. */
        explicit Iterator(Scan &scan) : scan_(&scan), pair_(scan.next().value()) {}
        const KeyValue &operator*() const noexcept { return *pair_; }
        const KeyValue *operator->() const noexcept { return &*pair_; }
        Iterator &operator++()
        {
            pair_ = scan_->next().value();
            return *this;
        }
        void operator++(int) { ++*this; }
        /* Only the end is equal to the end. */
        bool operator==(const Iterator &other) const noexcept { return pair_.has_value() == other.pair_.has_value(); }
        bool operator!=(const Iterator &other) const noexcept { return !(*this == other); }

    private:
        Scan *scan_ = nullptr;
        std::optional<KeyValue> pair_;
    };

    Iterator begin() { return Iterator(*this); }
    Iterator end() const noexcept { return Iterator(); }
#endif

private:
    Result<Stream> stream_;
    Range batch_{plinth_range{}};
    size_t at_ = 0;
};

} // namespace plinth

#endif
