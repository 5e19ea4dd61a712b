/*
 * Purpose: 3FS's VersionstampedKey and VersionstampedValue: a hundred stamped keys read back in
 * commit order, stamped values that name their commits.
 *
 * Relies on: the place of a stamp being a number of four bytes, the lowest first, behind the key
 * or the value (VST-2 to VST-4).
 */
#include "program.h"

#include <algorithm>

static const std::string blank(10, '\0');

/* A stamp that was promised before the commit, and is there after it. */
static std::string commit_with_stamp(Transaction &tr)
{
    Started<Result<std::string>> promised(tr.get_versionstamp());
    commit_now(tr);
    const Result<std::string> stamp = promised.wait();
    CHECK_EQ(stamp.error, 0);
    CHECK_EQ(stamp.value.size(), 10U);
    return stamp.value;
}

/* 3FS VersionstampedKey. VST-1, VST-2: keys sort as their commits came. */
static void a_hundred_stamped_keys_are_read_back_in_commit_order(void)
{
    empty();
    const long keys = 100;
    std::vector<std::string> stamps;
    for (long i = 0; i < keys; i++) {
        Transaction tr(program::db);
        tr.set_versionstamped_key("stamped/" + blank, 8, std::to_string(i));
        stamps.push_back(commit_with_stamp(tr));
    }
    CHECK(std::is_sorted(stamps.begin(), stamps.end()));
    Transaction tr(program::db);
    const Result<Range> all = wait_for(list_by_prefix(tr, "stamped/", 30, true));
    if (!CHECK_EQ(all.value.rows.size(), size_t{keys}))
        return;
    for (size_t i = 0; i < keys; i++) {
        CHECK_EQ(all.value.rows[i].key, "stamped/" + stamps[i]);
        CHECK_EQ(all.value.rows[i].value, std::to_string(i));
    }
}

/* VST-2: the stamp may stand in the middle, and what is around it stays. */
static void a_stamp_may_stand_anywhere_in_a_key(void)
{
    empty();
    Transaction tr(program::db);
    tr.set_versionstamped_key("a" + blank + "z", 1, "value");
    const std::string stamp = commit_with_stamp(tr);
    CHECK_EQ(stored("a" + stamp + "z"), "value");
}

/* 3FS VersionstampedValue. VST-3: the value has the stamp of the commit, which names its version. */
static void a_stamped_value_has_the_stamp_of_its_commit(void)
{
    for (uint32_t offset : {0U, 3U, 10U}) {
        Transaction tr(program::db);
        const std::string before(offset, '<'), after = ">";
        tr.set_versionstamped_value("value", before + blank + after, offset);
        const std::string stamp = commit_with_stamp(tr);
        CHECK_EQ(stored("value"), before + stamp + after);
        /* VST-1: its first eight bytes are the commit version, the highest first. */
        uint64_t version = 0;
        for (int i = 0; i < 8; i++)
            version = version << 8 | static_cast<uint8_t>(stamp[static_cast<size_t>(i)]);
        CHECK_EQ(static_cast<int64_t>(version), tr.get_committed_version());
    }
}

/* VST-1: all stamps of one transaction are the same one. */
static void a_transaction_has_one_stamp(void)
{
    Transaction tr(program::db);
    tr.set_versionstamped_value("one", blank, 0);
    tr.set_versionstamped_value("two", blank, 0);
    const std::string stamp = commit_with_stamp(tr);
    CHECK_EQ(stored("one"), stamp);
    CHECK_EQ(stored("two"), stamp);
}

static Task<Result<Nothing>> stamp_often(long writer, long rounds)
{
    for (long round = 0; round < rounds; round++) {
        const std::string value = std::to_string(writer) + " " + std::to_string(round);
        auto stamp = [&value](Transaction &tr) -> Task<Result<Nothing>> {
            tr.set_versionstamped_key("log/" + blank, 4, value);
            co_return done();
        };
        const Result<Nothing> stamped = co_await read_write<Nothing>(program::db, stamp);
        must(stamped);
    }
    co_return done();
}

/* VST-1: stamps of many threads differ, and those of one thread grow with its commits. */
static void a_log_of_many_writers_keeps_the_order_of_each(void)
{
    empty();
    const long writers = 8, rounds = check::scaled(50);
    Pool pool(static_cast<int>(writers));
    std::vector<Task<Result<Nothing>>> tasks;
    for (long writer = 0; writer < writers; writer++)
        tasks.push_back(stamp_often(writer, rounds));
    wait_for_all(pool, std::move(tasks));
    Transaction tr(program::db);
    const Result<Range> log = wait_for(list_by_prefix(tr, "log/", 64, true));
    CHECK_EQ(log.value.rows.size(), static_cast<size_t>(writers * rounds));
    std::vector<long> next(static_cast<size_t>(writers), 0);
    for (const KeyValue &row : log.value.rows) {
        const size_t writer = std::stoul(row.value);
        CHECK_EQ(row.value, std::to_string(writer) + " " + std::to_string(next[writer]));
        next[writer]++;
    }
}

/* COM-12: what only reads has no stamp. */
static void what_only_reads_has_no_stamp(void)
{
    Transaction tr(program::db);
    Future stamp(fdb_transaction_get_versionstamp(tr.handle()));
    commit_now(tr);
    CHECK_EQ(fdb_future_block_until_ready(stamp.get()), 0);
    CHECK_EQ(fdb_future_get_error(stamp.get()), 2021);
    CHECK_EQ(tr.get_committed_version(), -1);
}

static void claims(void)
{
    RUN(a_hundred_stamped_keys_are_read_back_in_commit_order);
    RUN(a_stamp_may_stand_anywhere_in_a_key);
    RUN(a_stamped_value_has_the_stamp_of_its_commit);
    RUN(a_transaction_has_one_stamp);
    RUN(a_log_of_many_writers_keeps_the_order_of_each);
    RUN(what_only_reads_has_no_stamp);
}

int main() { return program::run(claims); }
