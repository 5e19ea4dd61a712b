/*
 * Purpose: what the three programs begin and end with, and the one way in which they change the
 * database: an operation with a marker, reported to the driver when it is known to be applied.
 *
 * Relies on: a marker being written by the transaction that does the work, so it is there exactly
 * if the work is. An operation whose commit is in doubt reads its marker before it is tried again;
 * the read conflicts with the marker, so the work cannot be done twice. `ONCE` counts how often it
 * was done all the same.
 *
 *     MARK<id>  -> the versionstamp of the transaction, then the operation as words
 *     ONCE<id>  -> how often it was applied: 1
 *
 * What is told on standard output, one line in one write, times in microseconds of CLOCK_MONOTONIC:
 *
 *     ready <time>                                  the database is open and was read
 *     try <id> <time>                               before the first try
 *     ack <id> <stamp> <begin> <time>               committed; the last try began at <begin>
 *     found <id> <stamp> <begin> <time>             was in doubt, and its marker was found
 *     not <id>                                      there was nothing to do
 *     scan <inodes> <entries> <begin> <time>        everything was looked at, by admin
 *     bad <words>                                   what must not be
 */
#ifndef PROCESSES_SERVICE_H
#define PROCESSES_SERVICE_H

#include "../threefs/meta.h"

#include <atomic>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <ctime>
#include <unistd.h>

namespace service {

inline std::atomic<bool> ending = false;
inline Context context;
inline Database db;
/* The program and the number of its run, which no other process has: "metadata.7". */
inline std::string self;

inline int64_t now()
{
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return int64_t(time.tv_sec) * 1000000 + time.tv_nsec / 1000;
}

/* One line, in one write: a pipe takes it whole or not at all. */
[[gnu::format(printf, 1, 2)]] inline void say(const char *format, ...)
{
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    int size = std::vsnprintf(line, sizeof line - 1, format, arguments);
    va_end(arguments);
    size = size < int(sizeof line) - 1 ? size : int(sizeof line) - 2;
    line[size] = '\n';
    /* Without a driver there is nobody to work for. */
    if (write(STDOUT_FILENO, line, size_t(size) + 1) < 0)
        _exit(3);
}

inline std::string hex(std::string_view bytes)
{
    std::string text;
    for (unsigned char byte : bytes) {
        text += "0123456789abcdef"[byte >> 4];
        text += "0123456789abcdef"[byte & 15];
    }
    return text;
}

/* Whether it is worth going on after a failure; what the library does not call retryable is bad. */
inline Task<bool> again(Transaction &tr, const char *what, fdb_error_t error)
{
    if (!fdb_error_predicate(FDB_ERROR_PREDICATE_RETRYABLE, error)) {
        say("bad %s %s failed with %d, %s", self.c_str(), what, error, fdb_get_error(error));
        co_return false;
    }
    const Result<Nothing> waited = co_await tr.on_error(error);
    if (!waited.ok())
        say("bad %s on_error(%d) of %s gave %d", self.c_str(), error, what, waited.error);
    co_return waited.ok();
}

/* ---------------------------------------------------------------- operations with markers */

struct Marker {
    std::string stamp, words;
};

inline Task<Result<std::optional<Marker>>> marker(Transaction &tr, const std::string &id)
{
    const Result<MaybeString> found = co_await tr.get("MARK" + id);
    Result<std::optional<Marker>> result{found.code, found.error, {}};
    if (found.ok() && found.value && found.value->size() >= 10)
        result.value = Marker{found.value->substr(0, 10), found.value->substr(10)};
    co_return result;
}

inline void mark(Transaction &tr, const std::string &id, const std::string &words)
{
    tr.set_versionstamped_value("MARK" + id, std::string(10, '\0') + words, 0);
    tr.atomic_op(FDB_MUTATION_TYPE_ADD, "ONCE" + id, little_endian(uint64_t(1)));
}

inline Task<Result<std::string>> committed_stamp(Transaction &tr)
{
    const Future stamp(fdb_transaction_get_versionstamp(tr.handle()));
    const Result<Nothing> outcome = co_await tr.commit();
    if (!outcome.ok())
        co_return Result<std::string>::of(outcome);
    const fdb_error_t error = co_await stamp;
    const uint8_t *data = nullptr;
    int size = 0;
    if (error != 0 || fdb_future_get_key(stamp.get(), &data, &size) != 0 || size != 10)
        say("bad %s no versionstamp after a commit: %d", self.c_str(), error);
    co_return given(text_of(data, size));
}

/*
 * Does an operation, `Task<Result<std::string>>(Transaction &)`, until its fate is known. It gives
 * its words, or a code of the file system if there is nothing to do. The words of what was
 * committed, or none.
 */
template <class Handler>
Task<Result<std::string>> once(std::string id, Handler handler)
{
    Transaction tr(db);
    const char *how = "ack";
    say("try %s %lld", id.c_str(), static_cast<long long>(now()));
    for (bool in_doubt = false;;) {
        const long long began = now();
        Result<std::optional<Marker>> done{};
        if (in_doubt)
            done = co_await marker(tr, id);
        Result<std::string> words{done.code, done.error, {}}, stamp{};
        if (done.ok() && done.value) {
            how = "found";
            stamp.value = done.value->stamp;
            words.value = done.value->words;
        } else if (done.ok()) {
            words = co_await handler(tr);
            if (!words.ok() && words.error == 0) {
                say("not %s", id.c_str());
                co_return words;
            }
        }
        if (words.ok() && stamp.value.empty()) {
            mark(tr, id, words.value);
            stamp = co_await committed_stamp(tr);
        }
        if (words.ok() && stamp.ok()) {
            say("%s %s %s %lld %lld", how, id.c_str(), hex(stamp.value).c_str(), began, static_cast<long long>(now()));
            co_return words;
        }
        const fdb_error_t error = words.ok() ? stamp.error : words.error;
        in_doubt = in_doubt || error == error::maybe_committed;
        if (!co_await again(tr, "an operation", error))
            co_return Result<std::string>::of(outcome_of(error));
    }
}

/* Reads until it works: `Task<Result<Nothing>>(Transaction &)`. */
template <class Handler>
Task<Result<Nothing>> look(const char *what, Handler handler)
{
    Transaction tr(db);
    for (;;) {
        const Result<Nothing> outcome = co_await handler(tr);
        if (outcome.ok() || !co_await again(tr, what, outcome.error))
            co_return outcome;
    }
}

/* ---------------------------------------------------------------- a program's life */

inline void on_end(int) { ending = true; }

inline Task<Result<Nothing>> open_root(Transaction &tr)
{
    const Result<MaybeString> root = co_await tr.get(meta::inode_key(meta::root));
    co_return Result<Nothing>::of(root);
}

/* Opens, does the work until it is told to end, and closes in order. */
inline int run(const char *program, const char *number, void (*work)())
{
    self = std::string(program) + "." + number;
    std::signal(SIGTERM, on_end);
    if (const fdb_error_t error = context.start({})) {
        say("bad %s the network could not be started: %d", self.c_str(), error);
        return 1;
    }
    if (const fdb_error_t error = db.open(nullptr)) {
        say("bad %s the database could not be opened: %d", self.c_str(), error);
        return 1;
    }
    if (wait_for(look("the first read", open_root)).ok()) {
        say("ready %lld", static_cast<long long>(now()));
        work();
    }
    db = Database();
    if (const fdb_error_t error = context.stop())
        say("bad %s the network could not be stopped: %d", self.c_str(), error);
    return 0;
}

} // namespace service

#endif
