/*
 * Purpose: the plain part of what 3FS's own tests demand of a client library (rules, section 16):
 * WaitFuture, GetRange, Version, the Get tests, SetValue, Clear, GetRangeSnapshot 2 and 3; and the
 * calls that its wrapper makes but its services hardly use.
 *
 * Relies on: nothing left by another claim; each begins with an empty database if that matters.
 */
#include "program.h"

#include <algorithm>

/* 3FS WaitFuture: the size of a fresh transaction can be asked for. */
static void the_approximate_size_of_a_fresh_transaction_is_known(void)
{
    Transaction tr(program::db);
    const Result<int64_t> fresh = wait_for(tr.get_approximate_size());
    CHECK_EQ(fresh.error, 0);
    const std::string value(1000, 'x');
    tr.set("size", value);
    const Result<int64_t> grown = wait_for(tr.get_approximate_size());
    CHECK(fresh.value >= 0 && grown.value >= fresh.value + 1000);
}

static void fill_a_hundred(void)
{
    Transaction tr(program::db);
    for (long i = 0; i < 100; i++)
        tr.set(numbered("range/", i), "a value of some forty bytes, more or less");
    commit_now(tr);
}

static void expect_rows(Transaction &tr, int limit, size_t rows, bool more)
{
    const Selector from{"range/", true}, to{"range0", false};
    for (bool snapshot : {false, true}) {
        auto reading = snapshot ? tr.snapshot_get_range(from, to, limit) : tr.get_range(from, to, limit);
        const Result<Range> found = wait_for(std::move(reading));
        CHECK_EQ(found.error, 0);
        CHECK_EQ(found.value.rows.size(), rows);
        CHECK_EQ(found.value.more, more);
        for (size_t i = 0; i < found.value.rows.size(); i++)
            CHECK_EQ(found.value.rows[i].key, numbered("range/", static_cast<long>(i)));
    }
}

/* 3FS GetRange. RNG-3: a limit of 0 or -1 is none. RNG-8: more means that a limit was reached. */
static void ten_of_a_hundred_rows_with_more_and_all_without(void)
{
    empty();
    fill_a_hundred();
    Transaction tr(program::db);
    expect_rows(tr, 10, 10, true);
    expect_rows(tr, 0, 100, false);
    expect_rows(tr, -1, 100, false);
    expect_rows(tr, 99, 99, true);
    expect_rows(tr, 101, 100, false);
}

/* 3FS Version. CONF-17: both clears commit. VER-9: what was committed can be read at. */
static void two_concurrent_blind_clears_both_commit(void)
{
    put("version", "value");
    Transaction one(program::db), two(program::db);
    one.clear("version");
    two.clear("version");
    CHECK_EQ(one.get_committed_version(), -1);
    Started<Result<Nothing>> first(one.commit()), second(two.commit());
    must(first.wait());
    must(second.wait());
    const int64_t version = one.get_committed_version();
    CHECK(version > 0 && two.get_committed_version() > 0);
    put("version", "again");
    Transaction then(program::db);
    then.set_read_version(version);
    CHECK_EQ(get_now(then, "version").value_or("(none)"), "(none)");
    CHECK_EQ(wait_for(then.get_read_version()).value, version);
    CHECK_EQ(stored("version"), "again");
}

/* VER-4: a negative version is never handed on, so a new one is fetched. */
static void a_negative_read_version_is_no_read_version(void)
{
    Transaction tr(program::db);
    tr.set_read_version(-1);
    const Result<int64_t> version = wait_for(tr.get_read_version());
    CHECK(version.ok() && version.value > 0);
}

/* 3FS Get, SnapshotGet, SetValue, Clear. GET-1, RYW-1: own writes are seen before the commit. */
static void values_are_set_read_and_cleared(void)
{
    empty();
    Transaction tr(program::db);
    CHECK(!get_now(tr, "key").has_value());
    CHECK(!snapshot_get_now(tr, "key").has_value());
    tr.set("key", "value");
    tr.set("empty", "");
    CHECK_EQ(get_now(tr, "key").value_or("(none)"), "value");
    CHECK_EQ(snapshot_get_now(tr, "key").value_or("(none)"), "value");
    CHECK_EQ(stored("key"), "(none)");
    commit_now(tr);
    CHECK_EQ(stored("key"), "value");
    CHECK_EQ(stored("empty"), "");
    tr.reset();
    tr.clear("key");
    CHECK(!get_now(tr, "key").has_value());
    tr.clear_range("empty", "empty0");
    commit_now(tr);
    CHECK_EQ(stored("key"), "(none)");
    CHECK_EQ(stored("empty"), "(none)");
}

/* RST-2: cancel after a commit is legal, and undoes nothing. RST-1: reset makes it usable again. */
static void cancel_after_a_commit_undoes_nothing(void)
{
    Transaction tr(program::db);
    tr.set("cancelled", "value");
    commit_now(tr);
    tr.cancel();
    CHECK_EQ(stored("cancelled"), "value");
    CHECK_EQ(wait_for(tr.get("cancelled")).code, Code::Canceled);
    tr.reset();
    CHECK_EQ(get_now(tr, "cancelled").value_or("(none)"), "value");
}

/* RST-2: what was cancelled before its commit never happens. */
static void cancel_before_the_commit_undoes_all(void)
{
    put("cancelled", "old");
    Transaction tr(program::db);
    tr.set("cancelled", "new");
    tr.cancel();
    const Result<Nothing> outcome = wait_for(tr.commit());
    CHECK_EQ(outcome.error, error::cancelled);
    CHECK_EQ(outcome.code, Code::Canceled);
    CHECK_EQ(stored("cancelled"), "old");
}

/* ---------------------------------------------------------------- bounds of ranges */

static std::string scan(Selector from, Selector to, int limit)
{
    Transaction tr(program::db);
    const std::string plain = text_of(wait_for(tr.get_range(from, to, limit)));
    CHECK_EQ(text_of(wait_for(tr.snapshot_get_range(from, to, limit))), plain);
    return plain;
}

static void fill_three(void)
{
    empty();
    put("g1", "1");
    put("g2", "2");
    put("g3", "3");
}

/* 3FS GetRangeSnapshot. SEL-2: the four forms of a bound. */
static void bounds_are_inclusive_or_exclusive_as_asked(void)
{
    fill_three();
    CHECK_EQ(scan({"g1", true}, {"g3", true}, -1), "g1=1 g2=2 g3=3");
    CHECK_EQ(scan({"g1", false}, {"g3", true}, -1), "g2=2 g3=3");
    CHECK_EQ(scan({"g1", true}, {"g3", false}, -1), "g1=1 g2=2");
    CHECK_EQ(scan({"g1", false}, {"g3", false}, -1), "g2=2");
    CHECK_EQ(scan({"g11", true}, {"g29", true}, -1), "g2=2");
    CHECK_EQ(scan({"g2", false}, {"g2", true}, -1), "");
}

/* 3FS GetRangeSnapshot2 and 3. RNG-8: three rows with a limit of two; then the rest, without more. */
static void a_limit_gives_more_and_the_rest_does_not(void)
{
    fill_three();
    CHECK_EQ(scan({"g1", true}, {"g3", true}, 2), "g1=1 g2=2 +");
    CHECK_EQ(scan({"g2", false}, {"g3", true}, 2), "g3=3");
    CHECK_EQ(scan({"g3", false}, {"g4", true}, 2), "");
}

/* RNG-8, RNG-9: pages, each after the last key of the one before, are all rows once. */
static void pages_of_any_size_give_all_rows_once(void)
{
    empty();
    fill_a_hundred();
    put("range", "before");
    put("range0", "after");
    Transaction tr(program::db);
    for (int limit : {1, 7, 50, 99, 100, 101, -1}) {
        const Result<Range> all = wait_for(list_by_prefix(tr, "range/", limit, limit % 2 == 0));
        CHECK_EQ(all.error, 0);
        CHECK_EQ(all.value.rows.size(), 100U);
        for (size_t i = 0; i < all.value.rows.size(); i++)
            CHECK_EQ(all.value.rows[i].key, numbered("range/", static_cast<long>(i)));
    }
}

/* 3FS-4: a scan resets its transaction between pages and goes on after the last key. RST-1. */
static void a_scan_goes_on_after_a_reset(void)
{
    empty();
    fill_a_hundred();
    Transaction tr(program::db);
    std::string after = "range/";
    size_t rows = 0;
    for (bool more = true; more; tr.reset()) {
        const Result<Range> page = wait_for(tr.snapshot_get_range({after, rows == 0}, {"range0", false}, 9));
        if (!CHECK(page.ok() && !page.value.rows.empty()))
            break;
        rows += page.value.rows.size();
        more = page.value.more;
        after = page.value.rows.back().key;
    }
    CHECK_EQ(rows, 100U);
}

/* ---------------------------------------------------------------- options */

/* OPT-2: 201, 502 and 1101 succeed, before and after an on_error, and change no result. */
static void the_options_of_requests_are_accepted(void)
{
    put("options", "value");
    Transaction tr(program::db);
    for (int round = 0; round < 2; round++) {
        CHECK_EQ(tr.set_option(FDB_TR_OPTION_MAX_RETRY_DELAY, 10), 0);
        CHECK_EQ(tr.set_option(FDB_TR_OPTION_PRIORITY_BATCH), 0);
        CHECK_EQ(tr.set_option(FDB_TR_OPTION_USE_GRV_CACHE), 0);
        CHECK_EQ(get_now(tr, "options").value_or("(none)"), "value");
        must(wait_for(tr.on_error(error::conflict)));
    }
    tr.set("options", "changed");
    commit_now(tr);
    /* VER-13: also a cached read version sees what was committed before it was asked for. */
    Transaction later(program::db);
    CHECK_EQ(later.set_option(FDB_TR_OPTION_USE_GRV_CACHE), 0);
    CHECK_EQ(get_now(later, "options").value_or("(none)"), "changed");
}

/* OPT-5, NET-5: database option 504 on one handle of several. */
static void the_causal_read_risky_option_of_a_handle_is_accepted(void)
{
    Database risky;
    CHECK_EQ(risky.open(nullptr, {.causal_read_risky = true}), 0);
    put("risky", "value");
    Transaction tr(risky);
    CHECK_EQ(get_now(tr, "risky").value_or("(none)"), "value");
}

/* ---------------------------------------------------------------- calls that are wrapped */

/* SEL-2: the four named selectors. */
static void get_key_resolves_selectors(void)
{
    fill_three();
    Transaction tr(program::db);
    CHECK_EQ(wait_for(tr.get_key("g2", false, 1)).value, "g2");
    CHECK_EQ(wait_for(tr.get_key("g2", true, 1)).value, "g3");
    CHECK_EQ(wait_for(tr.get_key("g2", true, 0)).value, "g2");
    CHECK_EQ(wait_for(tr.get_key("g2", false, 0)).value, "g1");
}

/* EST: sizes and split points of what is there. The points begin and end the range, in order. */
static void estimates_and_split_points_are_answered(void)
{
    empty();
    fill_a_hundred();
    Transaction tr(program::db);
    const Result<int64_t> size = wait_for(tr.get_estimated_size("range/", "range0"));
    CHECK(size.ok() && size.value >= 0);
    const Result<std::vector<std::string>> points = wait_for(tr.get_split_points("range/", "range0", 100000));
    CHECK_EQ(points.error, 0);
    if (CHECK(points.value.size() >= 2)) {
        CHECK_EQ(points.value.front(), "range/");
        CHECK_EQ(points.value.back(), "range0");
    }
    CHECK(std::is_sorted(points.value.begin(), points.value.end()));
}

/* Every key is somewhere. */
static void a_key_has_an_address(void)
{
    Transaction tr(program::db);
    const Result<std::vector<std::string>> addresses = wait_for(tr.get_addresses("g1"));
    CHECK_EQ(addresses.error, 0);
    CHECK(!addresses.value.empty() && !addresses.value.front().empty());
}

static Task<Result<Nothing>> watched(Future &watch) { co_return co_await settled(watch); }

/* A watch ends with the change it waits for. WATCH-5: it begins to count with the commit. */
static void a_watch_ends_with_the_change(void)
{
    put("watched", "old");
    Transaction tr(program::db);
    Future watch = tr.watch("watched");
    commit_now(tr);
    CHECK(!fdb_future_is_ready(watch.get()));
    put("watched", "new");
    must(wait_for(watched(watch)));
}

/* ABI: calls for the operator of a cluster complete; those that make no sense here fail with 2108. */
static void calls_for_operators_complete(void)
{
    put("operators", "value");
    FDBDatabase *db = program::db.get();
    const std::string id = "0123456789abcdef";
    Future recovery(fdb_database_force_recovery_with_data_loss(db, data_of(id), size_of(id)));
    Future snapshot(fdb_database_create_snapshot(db, data_of(id), size_of(id), data_of(id), size_of(id)));
    Future purge(fdb_database_purge_blob_granules(db, data_of("a"), 1, data_of("b"), 1, 1, false));
    Future purged(fdb_database_wait_purge_granules_complete(db, data_of("a"), 1));
    for (Future *future : {&recovery, &snapshot, &purge, &purged})
        CHECK_EQ(wait_for(watched(*future)).error, error::unsupported);
    /* A server to restart: the answer says whether there was one; nothing else happens. */
    Future reboot(fdb_database_reboot_worker(db, data_of(id), size_of(id), true, 0));
    const fdb_error_t outcome = wait_for(watched(reboot)).error;
    CHECK(outcome == 0 || outcome == error::unsupported);
    CHECK_EQ(stored("operators"), "value");
    const double busy = fdb_database_get_main_thread_busyness(db);
    CHECK(busy >= 0.0 && busy <= 1.0);
}

static void claims(void)
{
    RUN(the_approximate_size_of_a_fresh_transaction_is_known);
    RUN(ten_of_a_hundred_rows_with_more_and_all_without);
    RUN(two_concurrent_blind_clears_both_commit);
    RUN(a_negative_read_version_is_no_read_version);
    RUN(values_are_set_read_and_cleared);
    RUN(cancel_after_a_commit_undoes_nothing);
    RUN(cancel_before_the_commit_undoes_all);
    RUN(bounds_are_inclusive_or_exclusive_as_asked);
    RUN(a_limit_gives_more_and_the_rest_does_not);
    RUN(pages_of_any_size_give_all_rows_once);
    RUN(a_scan_goes_on_after_a_reset);
    RUN(the_options_of_requests_are_accepted);
    RUN(the_causal_read_risky_option_of_a_handle_is_accepted);
    RUN(get_key_resolves_selectors);
    RUN(estimates_and_split_points_are_answered);
    RUN(a_key_has_an_address);
    RUN(a_watch_ends_with_the_change);
    RUN(calls_for_operators_complete);
}

int main() { return program::run(claims); }
