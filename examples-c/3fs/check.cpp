/*
 * Purpose: checks of the adapter, and of what 3FS relies on in the engine behind its interface.
 *
 *     threefs [DIRECTORY|:memory:]
 *
 * Each section is named for what it checks; the exit code is 1 if anything is not as it should be.
 */
#include "plinth_engine.h"

#include <algorithm>
#include <array>
#include <barrier>
#include <cstdlib>
#include <functional>
#include <memory>
#include <thread>

namespace {

/* ---------------------------------------------------------------- checks */

std::atomic<long> checks = 0, failures = 0;

/* The first few failures are told. */
bool check(bool passed, const char *what, int line)
{
    checks++;
    if (!passed && failures++ < 20)
        std::printf("    FAILED in line %d: %s\n", line, what);
    return passed;
}

#define CHECK(condition) check((condition), #condition, __LINE__)

PlinthEngine *engine;

bool done(CoTryTask<Nothing> task) { return wait_for(std::move(task)).ok(); }

plinth_error error_of(CoTryTask<Nothing> task) { return wait_for(std::move(task)).error; }

std::string numbered(std::string_view prefix, int number)
{
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), "%05d", number);
    return std::string(prefix) + text.data();
}

/* Commits what a function writes. Returns the version. */
int64_t commit_of(const std::function<void(IReadWriteTransaction &)> &writes)
{
    PlinthTransaction tr = engine->begin();
    writes(tr);
    CHECK(done(tr.commit()));
    return tr.getCommittedVersion();
}

void clear_all()
{
    PlinthTransaction tr = engine->begin();
    CHECK(tr.plain().clear_range("", "\xff").ok());
    CHECK(done(tr.commit()));
}

MaybeString read(std::string_view key)
{
    PlinthTransaction tr = engine->begin();
    const Result<MaybeString> result = wait_for(tr.snapshotGet(key));
    CHECK(result.ok());
    return result.value;
}

void approximate_size()
{
    PlinthTransaction tr = engine->begin();
    CHECK(tr.plain().approximate_size().value() == 0);
}

/* RNG-3, RNG-8 */
void get_range()
{
    clear_all();
    commit_of([](IReadWriteTransaction &tr) {
        for (int i = 0; i < 100; i++)
            CHECK(done(tr.set(numbered("range/", i), numbered("a value of about this size ", i))));
    });
    for (const int32_t limit : {10, 0, -1}) {
        for (const bool snapshot : {false, true}) {
            PlinthTransaction tr = engine->begin();
            const IReadOnlyTransaction::KeySelector begin{"range/", true}, end{"range0", false};
            auto rows = wait_for(snapshot ? tr.snapshotGetRange(begin, end, limit) : tr.getRange(begin, end, limit));
            CHECK(rows.ok());
            CHECK(rows.value.kvs.size() == (limit == 10 ? 10u : 100u));
            CHECK(rows.value.hasMore == (limit == 10));
            CHECK(rows.value.kvs.back().first == numbered("range/", limit == 10 ? 9 : 99));
        }
    }
}

/* CONF-17, VER-3, VER-9 */
void version()
{
    const int64_t before = commit_of([](IReadWriteTransaction &tr) { CHECK(done(tr.set("version", "first"))); });
    PlinthTransaction one = engine->begin(), two = engine->begin();
    CHECK(done(one.clear("version")) && done(two.clear("version")));
    CHECK(wait_for(one.commit()).ok() && wait_for(two.commit()).ok());
    CHECK(one.getCommittedVersion() > before && two.getCommittedVersion() >= one.getCommittedVersion());
    const int64_t after = commit_of([](IReadWriteTransaction &tr) { CHECK(done(tr.set("version", "last"))); });
    const std::pair<int64_t, MaybeString> states[] = {
        {before, "first"}, {one.getCommittedVersion(), std::nullopt}, {after, "last"}};
    for (const auto &[at, want] : states) {
        PlinthTransaction past = engine->begin();
        past.setReadVersion(at);
        CHECK(wait_for(past.get("version")).value == want);
        CHECK(wait_for(past.snapshotGet("version")).value == want);
    }
}

/* GET-1, RYW-1, CONF-1; cancel after a commit: RST-2 */
void get_set_clear()
{
    clear_all();
    PlinthTransaction tr = engine->begin();
    CHECK(wait_for(tr.get("key")).value == std::nullopt);
    CHECK(done(tr.set("key", "value")) && done(tr.set("empty", "")));
    CHECK(wait_for(tr.get("key")).value == "value");
    CHECK(wait_for(tr.snapshotGet("empty")).value == "");
    CHECK(done(tr.commit()));
    CHECK(tr.getCommittedVersion() > 0);
    CHECK(done(tr.cancel()));
    CHECK(wait_for(tr.get("key")).error == PLINTH_ERROR_TRANSACTION_CANCELLED);
    tr.reset();
    CHECK(wait_for(tr.get("key")).value == "value");
    CHECK(done(tr.clear("key")));
    CHECK(done(tr.commit()));
    CHECK(read("key") == std::nullopt && read("empty") == "");
}

/* SEL-2: bounds as this interface has them. */
void get_range_snapshot()
{
    clear_all();
    commit_of([](IReadWriteTransaction &tr) {
        for (const char *key : {"a", "b", "c"})
            CHECK(done(tr.set(key, key)));
    });
    const struct {
        IReadOnlyTransaction::KeySelector begin, end;
        int32_t limit;
        const char *keys;
        bool more;
    } cases[] = {{{"a", true}, {"c", true}, 0, "abc", false},   {{"a", false}, {"c", true}, 0, "bc", false},
                 {{"a", true}, {"c", false}, 0, "ab", false},   {{"a", false}, {"c", false}, 0, "b", false},
                 {{"a", true}, {"c", true}, 2, "ab", true},     {{"b", false}, {"c", true}, 2, "c", false},
                 {{"a", true}, {"c", true}, 4, "abc", false},   {{"d", true}, {"z", true}, 2, "", false},
                 {{"b", true}, {"b", true}, -1, "b", false},    {{"c", true}, {"a", true}, 0, "", false}};
    for (const auto &c : cases) {
        PlinthTransaction tr = engine->begin();
        const auto rows = wait_for(tr.snapshotGetRange(c.begin, c.end, c.limit));
        std::string keys;
        for (const auto &[key, value] : rows.value.kvs)
            keys += key;
        CHECK(rows.ok() && keys == c.keys && rows.value.hasMore == c.more);
    }
}

/* ---------------------------------------------------------------- conflicts */

constexpr int THREADS = 8, ROUNDS = 100;

void in_threads(const std::function<void(int)> &body)
{
    std::vector<std::thread> threads;
    for (int i = 0; i < THREADS; i++)
        threads.emplace_back(body, i);
    for (auto &thread : threads)
        thread.join();
}

enum class Way { GET, CONFLICT_ONLY, SNAPSHOT_GET };

CoTryTask<Nothing> prepare(IReadWriteTransaction &tr, Way way, int round)
{
    const std::string key = numbered("shared/", round % 3);
    plinth_error error = 0;
    if (way == Way::GET)
        error = (co_await tr.get(key)).error;
    else if (way == Way::SNAPSHOT_GET)
        error = (co_await tr.snapshotGet(key)).error;
    else
        error = (co_await tr.addReadConflict(key)).error;
    CHECK(error == 0);
    co_return co_await tr.set(key, "changed");
}

/* All have read before the first one commits, so that what must conflict does. CONF-2, 3FS-9, CONF-7 */
long conflicts_of(Way way)
{
    std::atomic<long> conflicts = 0;
    std::barrier round_begins(THREADS);
    in_threads([&](int) {
        for (int round = 0; round < ROUNDS; round++) {
            PlinthTransaction tr = engine->begin();
            CHECK(wait_for(prepare(tr, way, round)).ok());
            round_begins.arrive_and_wait();
            const plinth_error error = wait_for(tr.commit()).error;
            CHECK(error == 0 || error == PLINTH_ERROR_NOT_COMMITTED);
            conflicts += error != 0;
            round_begins.arrive_and_wait();
        }
    });
    return conflicts;
}

void transaction_conflict()
{
    const long with_get = conflicts_of(Way::GET), with_conflict = conflicts_of(Way::CONFLICT_ONLY);
    const long with_snapshot = conflicts_of(Way::SNAPSHOT_GET);
    std::printf("    of %d commits: %ld, %ld and %ld conflicts\n", THREADS * ROUNDS, with_get, with_conflict, with_snapshot);
    CHECK(with_get > 0 && with_conflict > 0 && with_snapshot == 0);
}

/* CONF-10: a range that only one of two conflicts with. */
void read_conflict_range()
{
    PlinthTransaction inside = engine->begin(), outside = engine->begin();
    CHECK(wait_for(inside.snapshotGet("m")).ok() && wait_for(outside.snapshotGet("m")).ok());
    CHECK(done(inside.addReadConflictRange("m", "n")) && done(outside.addReadConflictRange("n", "o")));
    CHECK(done(inside.set("x", "1")) && done(outside.set("y", "1")));
    commit_of([](IReadWriteTransaction &tr) { CHECK(done(tr.set("mm", "changed"))); });
    CHECK(wait_for(inside.commit()).error == PLINTH_ERROR_NOT_COMMITTED);
    CHECK(wait_for(outside.commit()).ok());
}

/* ERRH-1: nothing is lost, however often it takes. */
void retries()
{
    commit_of([](IReadWriteTransaction &tr) { CHECK(done(tr.set("count", "0"))); });
    in_threads([](int) {
        for (int round = 0; round < ROUNDS / 4; round++) {
            PlinthTransaction tr = engine->begin();
            const auto add_one = [](IReadWriteTransaction &in) -> CoTryTask<Nothing> {
                const Result<MaybeString> count = co_await in.get("count");
                if (!count.ok())
                    co_return Result<Nothing>{count.code, count.error, count.story, {}};
                co_return co_await in.set("count", std::to_string(std::stol(count.value.value_or("0")) + 1));
            };
            CHECK(wait_for(retrying(tr, add_one)).ok());
        }
    });
    CHECK(read("count") == std::to_string(THREADS * ROUNDS / 4));
    PlinthTransaction tr = engine->begin();
    const auto outside = [](IReadWriteTransaction &in) -> CoTryTask<Nothing> { co_return co_await in.set("\xff", ""); };
    CHECK(wait_for(retrying(tr, outside)).error == PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
}

/* ---------------------------------------------------------------- cancellation */

/* The outcome of a task, unless it was cancelled before or while it ran: then 1025, in any case. */
template <class T>
Task<Result<T>> unless(const std::atomic<bool> &cancelled, Task<Result<T>> task)
{
    Result<T> result = co_await task;
    if (cancelled)
        co_return Result<T>{TransactionCode::Canceled, PLINTH_ERROR_TRANSACTION_CANCELLED, {}, {}};
    co_return result;
}

/* FUT-6, 3FS-10: a cancel at any moment of a read; then everything it used goes away. */
void cancellation_safety()
{
    commit_of([](IReadWriteTransaction &tr) { CHECK(done(tr.set("key", "value"))); });
    long cancelled_reads = 0;
    for (int round = 0; round < ROUNDS; round++) {
        auto tr = engine->createReadWriteTransaction();
        std::atomic<bool> cancelled = round % 2 == 0;
        Result<MaybeString> result;
        std::thread reader([&] { result = wait_for(unless(cancelled, tr->get("key"))); });
        cancelled = true;
        CHECK(done(tr->cancel()));
        reader.join();
        CHECK(result.error == PLINTH_ERROR_TRANSACTION_CANCELLED || (round % 2 != 0 && result.value == "value"));
        cancelled_reads += result.error != 0;
        CHECK(wait_for(tr->commit()).error == PLINTH_ERROR_TRANSACTION_CANCELLED);
    }
    std::printf("    %ld of %d reads were cancelled\n", cancelled_reads, ROUNDS);
    CHECK(cancelled_reads >= ROUNDS / 2);
}

/* Section 16 of the rules: what a service does about a failure, by where it comes from. */
void status_codes()
{
    CHECK(code_of(0, Where::Commit) == TransactionCode::OK);
    CHECK(code_of(PLINTH_ERROR_NOT_COMMITTED, Where::Commit) == TransactionCode::Conflict);
    CHECK(code_of(PLINTH_ERROR_COMMIT_UNKNOWN_RESULT, Where::Commit) == TransactionCode::MaybeCommitted);
    CHECK(code_of(PLINTH_ERROR_CLUSTER_VERSION_CHANGED, Where::Commit) == TransactionCode::MaybeCommitted);
    CHECK(code_of(PLINTH_ERROR_CLUSTER_VERSION_CHANGED, Where::Elsewhere) == TransactionCode::Retryable);
    CHECK(code_of(PLINTH_ERROR_TRANSACTION_CANCELLED, Where::Elsewhere) == TransactionCode::Canceled);
    CHECK(code_of(PLINTH_ERROR_KEY_TOO_LARGE, Where::Elsewhere) == TransactionCode::Failed);
    PlinthTransaction tr = engine->begin();
    const Result<Nothing> refused = wait_for(tr.set("\xff", ""));
    CHECK(refused.code == TransactionCode::Failed && refused.story.find("plinth_transaction_set") != std::string::npos);
    PlinthTransaction none{plinth::Transaction(nullptr)};
    CHECK(wait_for(none.get("key")).error == PLINTH_ERROR_INVALID_HANDLE);
    CHECK(engine->createReadonlyTransaction() != nullptr);
}

/* ERRC-2, for every number there may be. */
void error_codes()
{
    const std::vector<plinth_error> sure = {1007, 1009, 1020, 1037, 1038, 1042, 1051, 1078, 1213, 1223, 2137, 9017, 9031};
    for (plinth_error code = 0; code < 10000; code++) {
        const bool is_sure = std::find(sure.begin(), sure.end(), code) != sure.end();
        const bool is_maybe = code == 1021 || code == 1039;
        CHECK(plinth_error_is_retryable_not_committed(code) == is_sure);
        CHECK(plinth_error_is_maybe_committed(code) == is_maybe);
        CHECK(plinth_error_is_retryable(code) == (is_sure || is_maybe));
    }
}

/* ---------------------------------------------------------------- versionstamps */

std::string stamp_of(PlinthTransaction &tr)
{
    const plinth::Versionstamp stamp = tr.plain().versionstamp().value();
    return std::string(stamp.begin(), stamp.end());
}

/* VST-1, VST-2: keys in the order of their commits. */
void versionstamped_key()
{
    clear_all();
    std::vector<std::string> stamps;
    for (int i = 0; i < 100; i++) {
        PlinthTransaction tr = engine->begin();
        CHECK(done(tr.setVersionstampedKey(std::string("stamp/") + std::string(10, '\0') + "/end", 6, std::to_string(i))));
        CHECK(error_of(tr.setVersionstampedKey("short", 0, "")) == PLINTH_ERROR_CLIENT_INVALID_OPERATION);
        CHECK(done(tr.commit()));
        stamps.push_back(stamp_of(tr));
    }
    PlinthTransaction tr = engine->begin();
    const auto rows = wait_for(tr.getRange({"stamp/", true}, {"stamp0", false}, 0));
    CHECK(rows.ok() && rows.value.kvs.size() == stamps.size());
    for (size_t i = 0; i < rows.value.kvs.size(); i++) {
        CHECK(rows.value.kvs[i].first == "stamp/" + stamps[i] + "/end");
        CHECK(rows.value.kvs[i].second == std::to_string(i));
    }
}

/* VST-1, VST-3, RYW-8 */
void versionstamped_value()
{
    clear_all();
    std::string last;
    for (int i = 0; i < 100; i++) {
        PlinthTransaction tr = engine->begin();
        CHECK(done(tr.setVersionstampedValue("stamped", "[" + std::string(10, '\0') + "]", 1)));
        CHECK(done(tr.commit()));
        const std::string value = read("stamped").value_or("");
        CHECK(value == "[" + stamp_of(tr) + "]" && value > last);
        last = value;
    }
    PlinthTransaction tr = engine->begin();
    CHECK(done(tr.setVersionstampedValue("stamped", std::string(10, '\0'), 0)));
    CHECK(wait_for(tr.get("stamped")).error == PLINTH_ERROR_ACCESSED_UNREADABLE);
}

/* ---------------------------------------------------------------- the coroutines themselves */

CoTryTask<Nothing> read_often(IReadWriteTransaction &tr, int times)
{
    for (int i = 0; i < times; i++) {
        const Result<MaybeString> value = co_await tr.get("key");
        if (!value.ok() || value.value != "value")
            co_return Result<Nothing>{TransactionCode::Failed, value.error, value.story, {}};
    }
    co_return Result<Nothing>{};
}

/* Answers that come inside the call leave the stack as it is. */
void no_recursion()
{
    commit_of([](IReadWriteTransaction &tr) { CHECK(done(tr.set("key", "value"))); });
    PlinthTransaction tr = engine->begin();
    CHECK(wait_for(read_often(tr, 100000)).ok());
}

/* 3FS-1: many coroutines read through one transaction. */
void one_transaction_many_readers()
{
    PlinthTransaction tr = engine->begin();
    in_threads([&](int) { CHECK(wait_for(read_often(tr, 1000)).ok()); });
    CHECK(done(tr.commit()));
}

} // namespace

int main(int argc, char **argv)
{
    const struct {
        const char *name;
        void (*run)();
    } sections[] = {{"approximate size of a fresh transaction", approximate_size},
                    {"GetRange: limits 10, 0 and -1", get_range},
                    {"Version: blind clears, committed versions, reads in the past", version},
                    {"Get, SetValue, Clear, cancel after commit", get_set_clear},
                    {"GetRangeSnapshot: bounds and limits", get_range_snapshot},
                    {"TransactionConflict: 8 threads, 100 transactions each, three ways", transaction_conflict},
                    {"read conflict ranges", read_conflict_range},
                    {"retry loops", retries},
                    {"CancellationSafety", cancellation_safety},
                    {"error codes", error_codes},
                    {"what a service does about an error", status_codes},
                    {"VersionstampedKey: 100 keys in commit order", versionstamped_key},
                    {"VersionstampedValue", versionstamped_value},
                    {"100,000 answers inside the call", no_recursion},
                    {"one transaction, many readers", one_transaction_many_readers}};
    const char *path = argc > 1 ? argv[1] : ":memory:";
    auto opened = plinth::Database::open(path);
    if (!opened) {
        std::fprintf(stderr, "%s\n", opened.error().story().c_str());
        return 1;
    }
    PlinthEngine on_path(*std::move(opened));
    engine = &on_path;
    for (const auto &section : sections) {
        const long before = failures;
        std::printf("%s\n", section.name);
        section.run();
        std::printf("    %s\n", failures == before ? "ok" : "NOT OK");
    }
    CHECK(engine->database().close().ok());
    std::printf("%ld checks, %ld failed\n", checks.load(), failures.load());
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
