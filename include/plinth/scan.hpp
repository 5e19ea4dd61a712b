/*
 * Ranges of any length in little memory: pairs are read in batches, each by a range read of its own, at the
 * transaction's read version and with the writes that it then has.
 */
#ifndef PLINTH_SCAN_HPP
#define PLINTH_SCAN_HPP

#include <cstddef>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include "transaction.hpp"

namespace plinth {

/* Goes through [begin, end). The transaction, and the keyspace, have to outlive it. */
class Scan {
public:
    /* Bytes of a batch, unless RangeOptions::target_bytes says otherwise. */
    static constexpr int64_t BATCH_BYTES = 64 << 10;

    Scan(Transaction &transaction, std::string_view begin, std::string_view end, const RangeOptions &options = {},
         In in = {})
        : transaction_(&transaction), begin_(begin), end_(end), options_(options), in_(in)
    {
        if (options_.target_bytes <= 0)
            options_.target_bytes = BATCH_BYTES;
    }

    /* The next pair, which stays valid until the next call; nothing at the end. Errors as
     * plinth_transaction_get_range(); after one, the same pair is tried again. */
    Result<std::optional<KeyValue>> next()
    {
        if (at_ == batch_.size() && !ended_) {
            if (auto read = read_on(); !read.ok())
                return std::move(read).error();
        }
        if (at_ == batch_.size())
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
    Result<void> read_on()
    {
        const bool on = read_any_ && !options_.reverse, back = read_any_ && options_.reverse;
        const auto from = on ? Selector::first_above(after_) : Selector::first_at_or_above(begin_);
        const auto to = Selector::first_at_or_above(back ? after_ : end_);
        auto read = transaction_->get_range(from, to, options_, in_);
        if (!read.ok())
            return std::move(read).error();
        batch_ = *std::move(read);
        at_ = 0;
        note_batch();
        return {};
    }

    /* Where the batch after this one begins. */
    void note_batch()
    {
        ended_ = !batch_.more();
        if (batch_.empty())
            return;
        read_any_ = true;
        after_ = batch_.back().key;
        if (options_.limit > 0) {
            options_.limit -= static_cast<int32_t>(batch_.size());
            ended_ = ended_ || options_.limit == 0;
        }
    }

    Transaction *transaction_;
    std::string begin_, end_;
    RangeOptions options_;
    In in_;
    Range batch_{plinth_range{}};
    size_t at_ = 0;
    /* The last key of the batch. */
    std::string after_;
    bool read_any_ = false, ended_ = false;
};

} // namespace plinth

#endif
