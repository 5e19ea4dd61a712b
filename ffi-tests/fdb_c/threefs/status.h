/*
 * Purpose: what became of a request: a status that a file system works with, made of an error
 * number of the client library.
 *
 * Relies on: the numbers of section 11 of the rules; the mapping is that of section 16.
 */
#ifndef THREEFS_STATUS_H
#define THREEFS_STATUS_H

#define FDB_API_VERSION 710
#include <foundationdb/fdb_c.h>

#include <utility>

enum class Code {
    OK,
    Conflict,
    TooOld,
    FutureVersion,
    Throttled,
    ResourceConstrained,
    ProcessBehind,
    Retryable,
    MaybeCommitted,
    NetworkError,
    Canceled,
    Failed,
    /* Those of the file system itself; no error number stands behind them. */
    Exists,
    NotFound,
    NotDirectory,
    NotEmpty,
    Loop,
    Stale,
};

/* The error numbers that this file system knows. */
namespace error {
inline constexpr fdb_error_t too_old = 1007, future_version = 1009, conflict = 1020, maybe_committed = 1021,
                             cancelled = 1025, connection_failed = 1026, timed_out = 1031, process_behind = 1037,
                             locked = 1038, cluster_changed = 1039, memory_limit = 1042, batch_throttled = 1051,
                             operation_cancelled = 1101, tag_throttled = 1213, used_during_commit = 2017,
                             on_network_thread = 2026, unsupported = 2108, unknown_tenant = 2137,
                             version_selected = 2201;
}

/* The same number means something else when it comes out of a commit. */
enum class Where { Elsewhere, Commit };

inline Code code_of(fdb_error_t number, Where where)
{
    switch (number) {
    case 0:
        return Code::OK;
    case error::conflict:
        return Code::Conflict;
    case error::too_old:
        return Code::TooOld;
    case error::future_version:
        return Code::FutureVersion;
    case error::batch_throttled:
    case error::tag_throttled:
        return Code::Throttled;
    case error::memory_limit:
        return Code::ResourceConstrained;
    case error::process_behind:
        return Code::ProcessBehind;
    case error::locked:
    case error::unknown_tenant:
        return Code::Retryable;
    case error::maybe_committed:
        return Code::MaybeCommitted;
    case error::cluster_changed:
        return where == Where::Commit ? Code::MaybeCommitted : Code::Retryable;
    case error::connection_failed:
    case error::on_network_thread:
        return Code::NetworkError;
    case error::cancelled:
        return Code::Canceled;
    default:
        return Code::Failed;
    }
}

struct Nothing {
};

/* A value, or what stands in its place. `error` is 0 if the status is not the library's. */
template <class T>
struct [[nodiscard]] Result {
    Code code = Code::OK;
    fdb_error_t error = 0;
    T value{};

    bool ok() const { return code == Code::OK; }
    /* The failure of something else, as this one's. */
    template <class U>
    static Result of(const Result<U> &other)
    {
        return {other.code, other.error, {}};
    }
};

inline Result<Nothing> done() { return {}; }

template <class T>
Result<T> given(T value)
{
    return {Code::OK, 0, std::move(value)};
}

inline Result<Nothing> failed(Code code) { return {code, 0, {}}; }

inline Result<Nothing> outcome_of(fdb_error_t number, Where where = Where::Elsewhere)
{
    return {code_of(number, where), number, {}};
}

#endif
