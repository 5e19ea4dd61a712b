// plinth.hpp as C++17: owners, results, exceptions, retry loops, scans, callbacks. The header comes first and
// twice, so it compiles alone.
#include "plinth.hpp"
#include "plinth.hpp"

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <set>
#include <thread>
#include <type_traits>
#include <unistd.h>
#include <vector>

#include "cxx_check.h"

using namespace plinth;
using namespace std::string_literals;

namespace {

Database fresh() { return Database::open(":memory:").value(); }

std::string numbered(int number) {
    std::string text = std::to_string(number);
    return "key/" + std::string(5 - text.size(), '0') + text;
}

void fill(Database &db, int keys) {
    run(db, [&](Transaction &tr) {
        for (int i = 0; i < keys; i++)
            tr.set(numbered(i), "value " + std::to_string(i)).value();
    }).value();
}

uint64_t live(Database &db) { return db.metrics().value().live_transactions; }

// Waits until something was told, for the tests' own threads.
template <class T>
class Told {
public:
    void tell(T value) {
        const std::lock_guard<std::mutex> lock(mutex_);
        told_.push_back(std::move(value));
        changed_.notify_all();
    }
    T wait() {
        std::unique_lock<std::mutex> lock(mutex_);
        changed_.wait(lock, [&] { return !told_.empty(); });
        T first = std::move(told_.front());
        told_.erase(told_.begin());
        return first;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<T> told_;
};

static_assert(std::is_move_constructible_v<Database> && !std::is_copy_constructible_v<Database>);
static_assert(std::is_move_assignable_v<Transaction> && !std::is_copy_assignable_v<Transaction>);
static_assert(std::is_nothrow_move_constructible_v<Value> && std::is_nothrow_move_constructible_v<Range>);
template <class Body>
using ResultOf = decltype(run(std::declval<Database &>(), std::declval<Body>()));
static_assert(std::is_same_v<ResultOf<void (*)(Transaction &)>, Result<void>>);
static_assert(std::is_same_v<ResultOf<int (*)(Transaction &)>, Result<int>>);
static_assert(std::is_same_v<ResultOf<Result<int> (*)(Transaction &)>, Result<int>>);

// GET-1, RYW-1: absent, empty and present are three things.
void a_value_is_absent_empty_or_there() {
    Database db = fresh();
    Transaction tr = db.begin().value();
    CHECK(!tr.get("absent").value().has_value());
    tr.set("empty", "").value();
    tr.set("nul", "a\0b"s).value();
    CHECK(tr.get("empty").value().value().view().empty());
    CHECK(tr.snapshot_get("nul").value()->str() == "a\0b"s);
    const Values many = tr.get_many({"nul", "absent", "empty", "nul"}).value();
    CHECK(many.size() == 4 && many[0] == "a\0b"s && !many[1] && many[2] == "" && many[3] == many[0]);
    CHECK(tr.get_many({}).value().empty());
    CHECK(tr.get_many({"nul", "\xff"}).code() == PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
    CHECK(tr.commit().ok());
    Transaction later = db.begin().value();
    auto kept = later.get("nul").value();
    later = db.begin().value();
    db.close().value();
    CHECK(kept->view() == "a\0b"s);
}

// An error carries its number, name and story, and value() throws it.
void an_error_tells_its_story() {
    Database db = fresh();
    Transaction tr = db.begin().value();
    const Result<void> refused = tr.set("\xff/system", "");
    CHECK(!refused.ok() && refused.code() == PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
    CHECK(refused.error().name() == "key_outside_legal_range"s && !refused.error().is_retryable());
    CHECK(refused.error().story().find("plinth_transaction_set") != std::string::npos);
    try {
        (void)tr.get_range("b", "a", RangeOptions{-2}).value();
        CHECK(false);
    } catch (const Exception &exception) {
        CHECK(exception.error().number() == PLINTH_ERROR_RANGE_LIMITS_INVALID);
        CHECK(exception.what() == exception.error().story() && *exception.what() != '\0');
    }
    CHECK(Exception(Error(1020)).what() == std::string(plinth_error_description(1020)));
    CHECK(Error(1020).is_retryable() && Error(1021).is_maybe_committed() && !Error(1021).is_retryable_not_committed());
    CHECK(Database::open("/nowhere/at/all").code() != 0);
    CHECK(Database::repair("/nowhere/at/all").code() != 0);
}

// Whatever is moved from owns nothing, and what is owned ends once.
void owners_end_what_they_own_once() {
    Database db = fresh();
    {
        Transaction one = db.begin().value();
        Transaction two = std::move(one);
        CHECK(one.handle() == nullptr && two.handle() != nullptr && live(db) == 1);
        CHECK(one.get("key").code() == PLINTH_ERROR_INVALID_HANDLE);
        two = db.begin().value();
        CHECK(live(db) == 1);
    }
    CHECK(live(db) == 0);
    fill(db, 3);
    Transaction tr = db.begin().value();
    Range range = tr.get_range("", "\xff").value();
    Range other = std::move(range);
    CHECK(range.empty() && other.size() == 3);
    range = std::move(other);
    CHECK(range.size() == 3 && range[2].value == "value 2" && range.back().key == numbered(2));
    CHECK(db.close().ok() && db.close().code() == PLINTH_ERROR_INVALID_HANDLE);
}

// SEL-1, SEL-2, RNG-3, RNG-8: selectors, limits and directions as in C.
void selectors_and_ranges() {
    Database db = fresh();
    fill(db, 100);
    Transaction tr = db.begin().value();
    CHECK(tr.get_key(Selector::first_at_or_above(numbered(5))).value().view() == numbered(5));
    CHECK(tr.get_key(Selector::first_above(numbered(5))).value().view() == numbered(6));
    CHECK(tr.get_key(Selector::last_below(numbered(5))).value().view() == numbered(4));
    CHECK(tr.get_key(Selector::last_at_or_below(numbered(5)) + 10, true).value().view() == numbered(15));
    CHECK(tr.get_key(Selector::first_at_or_above(numbered(5)) - 2).value().view() == numbered(3));
    RangeOptions some;
    some.limit = 10;
    some.reverse = some.snapshot = true;
    const Range range = tr.get_range("key/", "key0", some).value();
    CHECK(range.size() == 10 && range.more());
    int expected = 99;
    for (const KeyValue &pair : range)
        CHECK(pair.key == numbered(expected--));
    CHECK(tr.estimated_range_size("", "\xff").ok());
    const Range points = tr.range_split_points("", "\xff", 1000).value();
    CHECK(points.size() >= 2 && points.back().key == "\xff");
}

// ATOM-1, VST-1 to VST-3: counters and versionstamps.
void atomic_operations_and_versionstamps() {
    Database db = fresh();
    for (const int64_t number : {300, -50, 6})
        run(db, [&](Transaction &tr) { tr.add("count", number).value(); }).value();
    Transaction reader = db.begin().value();
    CHECK(reader.get("count").value()->view() == "\x00\x01\0\0\0\0\0\0"s);
    Transaction tr = db.begin().value();
    tr.set_versionstamped_key("log/" + std::string(10, '\0'), 4, "entry").value();
    tr.set_versionstamped_value("last", std::string(10, '\0'), 0).value();
    tr.atomic_op(PLINTH_MUTATION_BYTE_MAX, "largest", "m").value();
    CHECK(tr.versionstamp().code() != 0);
    tr.commit().value();
    const Versionstamp stamp = tr.versionstamp().value();
    const std::string text(stamp.begin(), stamp.end());
    Transaction after = db.begin().value();
    CHECK(after.get("log/" + text).value()->view() == "entry" && after.get("last").value()->view() == text);
    CHECK(tr.committed_version().value() > 0 && after.read_version().value() >= tr.committed_version().value());
}

// CONF-2, CONF-10: conflicts are 1020, which on_error() takes.
void conflicts_are_told_and_retried() {
    Database db = fresh();
    fill(db, 1);
    const auto conflicting = [&](auto prepare) {
        Transaction one = db.begin().value();
        one.read_version().value();
        prepare(one);
        run(db, [](Transaction &tr) { tr.clear(numbered(0)).value(); }).value();
        one.set("other", "").value();
        const Result<void> commit = one.commit();
        if (!commit.ok()) {
            CHECK(one.on_error(commit.error()).ok());
            CHECK(one.get("other").ok());
        }
        return commit.code();
    };
    CHECK(conflicting([](Transaction &tr) { (void)tr.get(numbered(0)).value(); }) == PLINTH_ERROR_NOT_COMMITTED);
    CHECK(conflicting([](Transaction &tr) { (void)tr.snapshot_get(numbered(0)).value(); }) == 0);
    CHECK(conflicting([](Transaction &tr) { tr.add_read_conflict(numbered(0)).value(); }) == PLINTH_ERROR_NOT_COMMITTED);
    CHECK(conflicting([](Transaction &tr) { tr.add_read_conflict_range("k", "l").value(); }) == PLINTH_ERROR_NOT_COMMITTED);
    CHECK(conflicting([](Transaction &tr) { tr.add_write_conflict_range("k", "l").value(); }) == 0);
    Transaction one = db.begin().value(), other = db.begin().value();
    one.set_option(PLINTH_OPTION_REPORT_CONFLICTING_KEYS).value();
    (void)one.get("a").value();
    (void)one.get("c").value();
    const std::string id = other.id().value();
    other.clear_range("a", "z").value();
    other.commit().value();
    one.set("other", "").value();
    CHECK(one.commit().code() == PLINTH_ERROR_NOT_COMMITTED);
    const std::vector<Conflict> conflicts = one.conflicts().value();
    CHECK(conflicts.size() == 2 && conflicts[0].begin == "a" && conflicts[0].end == "a\0"s && conflicts[1].begin == "c");
    CHECK(conflicts[1].id == id && conflicts[1].version == other.committed_version().value() && conflicts[1].keyspace_id == 0);
}

// ERRH-1: nothing is lost, whichever way the body fails.
void run_retries_what_can_be_retried() {
    Database db = fresh();
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; thread++)
        threads.emplace_back([&, thread] {
            for (int i = 0; i < 50; i++) {
                const Result<long> next = run(db, [&](Transaction &tr) -> Result<long> {
                    auto old = tr.get("count");
                    if (!old)
                        return std::move(old).error();
                    const long sum = (*old ? std::stol((*old)->str()) : 0) + 1;
                    if (thread % 2 == 0)
                        tr.set("count", std::to_string(sum)).value();
                    else if (auto set = tr.set("count", std::to_string(sum)); !set)
                        return std::move(set).error();
                    return sum;
                });
                CHECK(next.ok());
            }
        });
    for (std::thread &thread : threads)
        thread.join();
    CHECK(run(db, [](Transaction &tr) { return tr.get("count").value()->str(); }).value() == "200");
    CHECK(live(db) == 0);
}

void run_gives_up_when_it_should() {
    Database db = fresh();
    int calls = 0;
    const Result<int> own = run(db, [&](Transaction &tr) -> Result<int> {
        calls++;
        tr.set("key", "").value();
        return Error(-7, "not today");
    });
    CHECK(own.code() == -7 && own.error().story() == "not today" && calls == 1);
    const Result<void> thrown = run(db, [](Transaction &tr) { tr.set("\xff", "").value(); });
    CHECK(thrown.code() == PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE && !thrown.error().story().empty());
    const Result<void> limited = run(db, [](Transaction &tr) -> Result<void> {
        tr.set_option(PLINTH_OPTION_RETRY_LIMIT, 2).value();
        return Error(PLINTH_ERROR_NOT_COMMITTED);
    });
    CHECK(limited.code() == PLINTH_ERROR_NOT_COMMITTED);
    try {
        (void)run(db, [](Transaction &tr) {
            tr.set("key", "").value();
            throw std::string("other");
        });
        CHECK(false);
    } catch (const std::string &other) {
        CHECK(other == "other");
    }
    CHECK(live(db) == 0 && !run(db, [](Transaction &tr) { return tr.get("key").value().has_value(); }).value());
    db.close().value();
    CHECK(run(db, [](Transaction &) {}).code() == PLINTH_ERROR_INVALID_HANDLE);
}

// RNG-8, RNG-9: a scan in small batches is the range, both ways, with and without a limit.
void a_scan_is_the_range() {
    Database db = fresh();
    fill(db, 1000);
    for (const bool reverse : {false, true})
        for (const int limit : {0, 1, 7, 999, 1000, 1001})
            for (const int64_t bytes : {1, 100, 4096, 0}) {
                Transaction tr = db.begin().value();
                RangeOptions options;
                options.reverse = reverse;
                options.limit = limit;
                const Range whole = tr.get_range("key/", "key0", options).value();
                options.target_bytes = bytes;
                size_t at = 0;
                bool same = true;
                for (auto [key, value] : Scan(tr, "key/", "key0", options)) {
                    same = same && at < whole.size() && whole[at].key == key && whole[at].value == value;
                    at++;
                }
                CHECK(same && at == whole.size());
                const auto from = Selector::first_at_or_above("key/"), to = Selector::first_at_or_above("key0");
                Stream stream = tr.stream_range(from, to, options).value();
                at = 0;
                for (Range batch = stream.next().value(); !batch.empty(); batch = stream.next().value())
                    for (auto [key, value] : batch)
                        same = same && at < whole.size() && whole[at++].key == key;
                CHECK(same && at == whole.size());
            }
}

// RYW-1, RNG-1: own writes made meanwhile are seen by the batches after them; errors come out of next().
void a_scan_sees_own_writes_and_tells_errors() {
    Database db = fresh();
    fill(db, 10);
    Transaction tr = db.begin().value();
    RangeOptions single;
    single.target_bytes = 1;
    Scan scan(tr, "key/", "key0", single);
    CHECK(scan.next().value()->key == numbered(0));
    tr.set(numbered(0) + "5", "new").value();
    CHECK(scan.next().value()->key == numbered(0) + "5");
    tr.cancel().value();
    CHECK(scan.next().code() == PLINTH_ERROR_TRANSACTION_CANCELLED);
    bool thrown = false;
    try {
        for (const KeyValue &pair : scan)
            CHECK(pair.key.empty());
    } catch (const Exception &) {
        thrown = true;
    }
    CHECK(thrown);
    Transaction other = db.begin().value();
    CHECK(!Scan(other, "a", "b").next().value().has_value());
}

void what_is_counted_is_a_text() {
    Database db = fresh();
    const std::string page = db.metrics_text().value();
    CHECK(page.find("plinth_healthy{database=\":memory:\"} 1\n") != std::string::npos);
    CHECK(db.status_json().value().find("\"plinth\":{\"path\":\":memory:\"") != std::string::npos);
    db.close().value();
    CHECK(db.metrics_text().code() == PLINTH_ERROR_INVALID_HANDLE);
}

// Design D9: keyspaces are apart, and one that was given is used by every call.
void keyspaces() {
    Database db = fresh();
    Keyspace other = db.keyspace("other").value();
    CHECK((db.keyspaces().value() == std::vector<std::string>{"default", "other"}));
    run(db, [&](Transaction &tr) {
        tr.set("key", "there", other).value();
        tr.set("gone", "", other).value();
        tr.clear_range("gone", "gonf", other).value();
        tr.add("count", 1, other).value();
    }).value();
    Transaction tr = db.begin().value();
    CHECK(!tr.get("key").value() && tr.get("key", other).value()->view() == "there" && tr.snapshot_get("count", other).value());
    CHECK(tr.get_range("", "\xff", {}, other).value().size() == 2 && tr.get_range("", "\xff").value().empty());
    CHECK(tr.get_key(Selector::first_above("d"), false, other).value().view() == "key");
    size_t pairs = 0;
    for (const KeyValue &pair : Scan(tr, "", "\xff", {}, other))
        pairs += !pair.key.empty();
    CHECK(pairs == 2);
    db.drop_keyspace("other").value();
    CHECK(tr.get("key", other).code() == PLINTH_ERROR_KEYSPACE_DROPPED);
}

void what_is_asked_of_a_transaction() {
    Database db = fresh();
    CHECK(is_compatible() && *version() != '\0');
    Transaction tr = db.begin().value();
    CHECK(tr.approximate_size().value() == 0);
    const std::string id = tr.id().value();
    CHECK(id.size() == 36 && db.find(id).value() == tr.handle() && db.find("no id").code() != 0);
    tr.set("key", "value").value();
    CHECK(tr.approximate_size().value() > 0);
    tr.reset().value();
    CHECK(tr.approximate_size().value() == 0);
    const int64_t read_at = tr.read_version().value();
    Transaction same = db.begin().value();
    same.set_read_version(read_at).value();
    CHECK(same.read_version().value() == read_at);
    CHECK(db.set_option(PLINTH_DATABASE_OPTION_TRANSACTION_RETRY_LIMIT, 3).ok());
    CHECK(tr.set_option(PLINTH_OPTION_TIMEOUT, -5).code() == PLINTH_ERROR_INVALID_OPTION_VALUE);
    CHECK(db.sync().ok());
    const LockId mine{1, 2, 3}, other{};
    CHECK(!db.locked().value() && db.unlock(mine).ok() && db.lock(mine).ok());
    CHECK(db.locked().value() == mine && db.unlock(other).code() == PLINTH_ERROR_DATABASE_LOCKED);
    // A loop ends although 1038 is retryable.
    long calls = 0;
    const auto visit = [&](Transaction &own) -> Result<void> {
        calls++;
        own.set_option(PLINTH_OPTION_MAX_RETRY_DELAY, 1).value();
        own.set_option(PLINTH_OPTION_RETRY_LIMIT, -1).value();
        return own.set("key", "value");
    };
    CHECK(run(db, visit, 3).code() == PLINTH_ERROR_DATABASE_LOCKED && calls == 4);
    CHECK(run(db, visit).code() == PLINTH_ERROR_DATABASE_LOCKED && calls == 4 + 65);
    CHECK(db.unlock(mine).ok() && !db.locked().value());
    DatabaseOptions options;
    options.must_exist = true;
    CHECK(Database::open("/nowhere/at/all", options).code() != 0);
}

// The asynchronous calls bring what the others return, once, and let go of what they were given.
void callbacks_bring_what_calls_return() {
    Database db = fresh();
    fill(db, 10);
    Transaction tr = db.begin().value();
    auto given = std::make_shared<int>(0);
    Told<std::string> told;
    tr.get_async(numbered(3), [&, given](Result<std::optional<Value>> value) { told.tell(value.value()->str()); });
    CHECK(told.wait() == "value 3");
    tr.snapshot_get_async("absent", [&, given](auto value) { told.tell(value.value() ? "there" : "absent"); });
    CHECK(told.wait() == "absent");
    const std::vector<std::string_view> keys = {"absent", "key/none"};
    tr.get_many_async(keys, [&, given](Result<Values> all) { told.tell(std::to_string(all.value().size())); });
    CHECK(told.wait() == "2");
    tr.get_key_async(Selector::first_above(numbered(3)), [&, given](auto key) { told.tell(key.value().str()); });
    CHECK(told.wait() == numbered(4));
    tr.get_range_async(Selector::first_at_or_above(""), Selector::first_at_or_above("\xff"), {},
                       [&, given](auto range) { told.tell(std::to_string(range.value().size())); });
    CHECK(told.wait() == "10");
    tr.set("new", "").value();
    tr.commit_async([&, given](Result<void> commit) { told.tell(commit.ok() ? "committed" : commit.error().name()); });
    CHECK(told.wait() == "committed");
    tr.on_error_async(PLINTH_ERROR_NOT_COMMITTED, [&, given](Result<void> again) { told.tell(again.ok() ? "again" : "no"); });
    told.wait();
    tr.reset().value();
    tr.get_async("\xff\xff\xff", [&, given](auto value) { told.tell(std::string(value.error().name())); });
    CHECK(told.wait() != "");
    while (given.use_count() > 1)
        std::this_thread::yield();
    CHECK(given.use_count() == 1);
}

// WATCH-1, WATCH-9: a change, a cancel and an end are told, each once.
void copies_and_looks_are_told_of() {
    const std::string root = std::filesystem::temp_directory_path() / ("plinth-cxx-" + std::to_string(getpid()));
    Database db = Database::open(root).value();
    fill(db, 100);
    uint64_t last = 0;
    const int64_t version = db.checkpoint(root + ".copy", [&](uint64_t done, uint64_t) { last = done; }).value();
    CHECK(version > 0 && last > 0);
    CHECK(db.checkpoint(root + ".copy").code() == PLINTH_ERROR_TARGET_EXISTS);
    CHECK(db.verify([](uint64_t, uint64_t) { return false; }).code() == PLINTH_ERROR_OPERATION_CANCELLED);
    CHECK(db.verify().value().keys == 100);
    CHECK(db.compact().ok() && db.compact_keyspace(db.keyspace("second").value()).ok());
    CHECK(Database::open(root + ".copy").value().verify().value().keys == 100);
    const plinth_backup backup = db.backup(root + ".backups").value();
    CHECK(backups(root + ".backups").value().size() == 1 && verify_backup(root + ".backups").value().version == backup.version);
    CHECK(restore_backup(root + ".backups", 1, root + ".restored", [&](uint64_t done, uint64_t) { last = done; }).ok());
    CHECK(Database::open(root + ".restored").value().verify().value().keys == 100);
    CHECK(keep_backups(root + ".backups", 1).ok() && delete_backup(root + ".backups", 1).ok());
    CHECK(backups(root + ".backups").value().empty());
    db.close().value();
    std::filesystem::remove_all(root + ".backups");
    std::filesystem::remove_all(root + ".restored");
    std::filesystem::remove_all(root);
    std::filesystem::remove_all(root + ".copy");
}

void watches_tell_of_changes() {
    Database db = fresh();
    Told<plinth_error> told;
    const auto watching = [&](std::string_view key) {
        Transaction tr = db.begin().value();
        Watch watch = tr.watch(key, [&](Result<void> change) { told.tell(change.code()); });
        tr.commit().value();
        return watch;
    };
    Watch changed = watching("changed");
    run(db, [](Transaction &tr) { tr.set("changed", "now").value(); }).value();
    CHECK(told.wait() == 0);
    Watch cancelled = watching("cancelled");
    CHECK(cancelled.cancel().ok() && told.wait() == PLINTH_ERROR_OPERATION_CANCELLED);
    {
        const Watch ended = watching("ended");
    }
    CHECK(told.wait() == PLINTH_ERROR_OPERATION_CANCELLED);
    Transaction outside = db.begin().value();
    Watch refused = outside.watch("\xff", [&](Result<void> change) { told.tell(change.code()); });
    CHECK(refused.handle() == nullptr && told.wait() == PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE && refused.cancel().ok());
}

void the_log_is_heard_until_it_is_off() {
    std::vector<std::string> heard;
    plinth::log::set(PLINTH_LOG_INFO, [&heard](const plinth::LogRecord &record) {
        heard.push_back(std::string(record.module()) + " " + std::string(record.field("database")));
    }).value();
    plinth::Database::open(":memory:").value();
    plinth::log::off().value();
    plinth::Database::open(":memory:").value();
    CHECK(heard == (std::vector<std::string>{"open :memory:", "open :memory:"}));
    CHECK(plinth::log::set(99, [](const plinth::LogRecord &) {}).code() == 2006);
}

} // namespace

int main() {
    return run_claims(std::vector<Claim>{
        {"a value is absent, empty or there", a_value_is_absent_empty_or_there},
        {"an error tells its story", an_error_tells_its_story},
        {"owners end what they own once", owners_end_what_they_own_once},
        {"selectors and ranges", selectors_and_ranges},
        {"atomic operations and versionstamps", atomic_operations_and_versionstamps},
        {"conflicts are told and retried", conflicts_are_told_and_retried},
        {"run retries what can be retried", run_retries_what_can_be_retried},
        {"run gives up when it should", run_gives_up_when_it_should},
        {"a scan is the range", a_scan_is_the_range},
        {"a scan sees own writes and tells errors", a_scan_sees_own_writes_and_tells_errors},
        {"what is counted is a text", what_is_counted_is_a_text},
        {"keyspaces", keyspaces},
        {"what is asked of a transaction", what_is_asked_of_a_transaction},
        {"callbacks bring what calls return", callbacks_bring_what_calls_return},
        {"copies and looks are told of", copies_and_looks_are_told_of},
        {"watches tell of changes", watches_tell_of_changes},
        {"the log is heard until it is off", the_log_is_heard_until_it_is_off},
    });
}
