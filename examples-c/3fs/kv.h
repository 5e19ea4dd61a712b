/*
 * Purpose: the key-value interface that 3FS's services are written against, as small as the adapter needs it: an
 * engine that makes transactions, and transactions whose calls are awaited. In 3FS it is
 * src/common/kv/IKVEngine.h and ITransaction.h; the names are the same, the words are ours.
 *
 * Keys and values are views: what they point to must live until the call they are passed to was awaited.
 */
#ifndef THREEFS_KV_H
#define THREEFS_KV_H

#include "task.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/* What a service does about a failure. */
enum class TransactionCode {
    OK,
    Conflict,
    TooOld,
    Throttled,
    ResourceConstrained,
    /* May be tried again, for another reason. */
    Retryable,
    /* The commit may have happened. */
    MaybeCommitted,
    Canceled,
    Failed,
};

struct Nothing {
};

/* A value, or why there is none: the library's number, with its story, and what it means to a service. */
template <class T>
struct Result {
    TransactionCode code = TransactionCode::OK;
    int32_t error = 0;
    std::string story{};
    T value{};

    bool ok() const { return code == TransactionCode::OK; }
};

template <class T>
using CoTryTask = Task<Result<T>>;

using MaybeString = std::optional<std::string>;

class IReadOnlyTransaction {
public:
    struct KeySelector {
        std::string_view key;
        bool inclusive;
    };

    struct GetRangeResult {
        std::vector<std::pair<std::string, std::string>> kvs{};
        bool hasMore = false;
    };

    virtual ~IReadOnlyTransaction() = default;

    /* A negative version leaves the choice to the engine. */
    virtual void setReadVersion(int64_t version) = 0;

    virtual CoTryTask<MaybeString> snapshotGet(std::string_view key) = 0;
    virtual CoTryTask<MaybeString> get(std::string_view key) = 0;
    /* A limit of 0 or -1 is none. */
    virtual CoTryTask<GetRangeResult> snapshotGetRange(KeySelector begin, KeySelector end, int32_t limit) = 0;
    virtual CoTryTask<GetRangeResult> getRange(KeySelector begin, KeySelector end, int32_t limit) = 0;

    virtual CoTryTask<Nothing> cancel() = 0;
    virtual void reset() = 0;
};

class IReadWriteTransaction : public IReadOnlyTransaction {
public:
    virtual CoTryTask<Nothing> addReadConflict(std::string_view key) = 0;
    virtual CoTryTask<Nothing> addReadConflictRange(std::string_view begin, std::string_view end) = 0;
    virtual CoTryTask<Nothing> set(std::string_view key, std::string_view value) = 0;
    virtual CoTryTask<Nothing> clear(std::string_view key) = 0;
    virtual CoTryTask<Nothing> setVersionstampedKey(std::string_view key, uint32_t offset, std::string_view value) = 0;
    virtual CoTryTask<Nothing> setVersionstampedValue(std::string_view key, std::string_view value, uint32_t offset) = 0;

    virtual CoTryTask<Nothing> commit() = 0;
    /* -1 before a commit of writes. */
    virtual int64_t getCommittedVersion() = 0;
};

class IKVEngine {
public:
    virtual ~IKVEngine() = default;

    virtual std::unique_ptr<IReadOnlyTransaction> createReadonlyTransaction() = 0;
    virtual std::unique_ptr<IReadWriteTransaction> createReadWriteTransaction() = 0;
};

#endif
