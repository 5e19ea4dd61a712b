/*
 * Purpose: 3FS's TransactionConflict: eight threads, a hundred transactions each, on one key, with
 * coroutines that the network thread resumes and with coroutines of a pool.
 *
 * Relies on: the data being on disk, so that commits take long enough to overlap; in memory the
 * claim that needs it says so and does not count conflicts.
 */
#include "program.h"

#include <barrier>

enum { THREADS = 8, ROUNDS = 100 };

enum class Way { GetAndSet, ConflictAndSet, SnapshotGetAndSet, BlindSet };

static const std::string shared = "shared";

struct Outcome {
    std::atomic<long> commits = 0, conflicts = 0;

    void count(const Result<Nothing> &outcome)
    {
        CHECK(outcome.ok() || outcome.error == error::conflict);
        CHECK(outcome.ok() || outcome.code == Code::Conflict);
        (outcome.ok() ? commits : conflicts)++;
    }
};

/* What comes before the commit. */
static Task<Result<Nothing>> prepare(Transaction &tr, Way way, std::string value)
{
    if (way == Way::GetAndSet) {
        const Result<MaybeString> found = co_await tr.get(shared);
        CHECK_EQ(found.error, 0);
    } else if (way == Way::SnapshotGetAndSet) {
        const Result<MaybeString> found = co_await tr.snapshot_get(shared);
        CHECK_EQ(found.error, 0);
    } else if (way == Way::ConflictAndSet) {
        CHECK_EQ(tr.add_read_conflict(shared), 0);
    }
    tr.set(shared, value);
    co_return done();
}

/* In each round all have prepared before the first commits, and all have committed before the next round. */
static void run_in_rounds(Way way, Outcome &outcome)
{
    const long rounds = check::scaled(ROUNDS);
    std::barrier meeting(THREADS);
    check::in_threads(THREADS, [&](int number) {
        for (long round = 0; round < rounds; round++) {
            Transaction tr(program::db);
            must(wait_for(prepare(tr, way, std::to_string(number))));
            meeting.arrive_and_wait();
            outcome.count(wait_for(tr.commit()));
            meeting.arrive_and_wait();
        }
    });
    std::printf("%ld commits, %ld conflicts\n", outcome.commits.load(), outcome.conflicts.load());
    CHECK_EQ(outcome.commits + outcome.conflicts, THREADS * rounds);
}

/* CONF-2, CONF-20: of those that read and wrote one key at one version, exactly one wins. */
static void one_of_those_that_get_and_set_wins(void)
{
    Outcome outcome;
    run_in_rounds(Way::GetAndSet, outcome);
    CHECK_EQ(outcome.commits.load(), check::scaled(ROUNDS));
}

/* 3FS-9: without a read the version is taken when commit is called, so those under way conflict. */
static void a_read_conflict_without_a_read_conflicts(void)
{
    Outcome outcome;
    run_in_rounds(Way::ConflictAndSet, outcome);
    CHECK(outcome.commits >= check::scaled(ROUNDS));
    if (check::on_disk())
        CHECK(outcome.conflicts > 0);
}

/* CONF-7: a snapshot read adds nothing to conflict with. */
static void snapshot_get_and_set_never_conflicts(void)
{
    Outcome outcome;
    run_in_rounds(Way::SnapshotGetAndSet, outcome);
    CHECK_EQ(outcome.conflicts.load(), 0);
}

/* CONF-17: writes alone never conflict. */
static void blind_sets_never_conflict(void)
{
    Outcome outcome;
    run_in_rounds(Way::BlindSet, outcome);
    CHECK_EQ(outcome.conflicts.load(), 0);
}

/* ---------------------------------------------------------------- on a pool, with nothing in step */

static Task<Result<Nothing>> run_on(Way way, long rounds, Outcome &outcome)
{
    for (long round = 0; round < rounds; round++) {
        Transaction tr(program::db);
        const Result<Nothing> prepared = co_await prepare(tr, way, std::to_string(round));
        must(prepared);
        const Result<Nothing> committed = co_await tr.commit();
        outcome.count(committed);
    }
    co_return done();
}

static void run_on_a_pool(Way way, Outcome &outcome)
{
    const long rounds = check::scaled(ROUNDS);
    Pool pool(THREADS);
    std::vector<Task<Result<Nothing>>> tasks;
    for (int number = 0; number < THREADS; number++)
        tasks.push_back(run_on(way, rounds, outcome));
    wait_for_all(pool, std::move(tasks));
    std::printf("%ld commits, %ld conflicts\n", outcome.commits.load(), outcome.conflicts.load());
    CHECK_EQ(outcome.commits + outcome.conflicts, THREADS * rounds);
    CHECK(outcome.commits > 0);
}

/* 3FS TransactionConflict on a pool: snapshot reads and blind writes never conflict. CONF-7, CONF-17. */
static void on_a_pool_only_what_conflicts_does(void)
{
    for (Way way : {Way::GetAndSet, Way::ConflictAndSet, Way::SnapshotGetAndSet, Way::BlindSet}) {
        Outcome outcome;
        run_on_a_pool(way, outcome);
        if (way == Way::SnapshotGetAndSet || way == Way::BlindSet)
            CHECK_EQ(outcome.conflicts.load(), 0);
    }
}

/* ---------------------------------------------------------------- with retries */

static Task<Result<Nothing>> add_one(Transaction &tr)
{
    const Result<MaybeString> found = co_await tr.get("count");
    if (!found.ok())
        co_return Result<Nothing>::of(found);
    tr.set("count", std::to_string(std::stol(found.value.value_or("0")) + 1));
    co_return done();
}

static Task<Result<Nothing>> add_often(long rounds)
{
    for (long round = 0; round < rounds; round++) {
        const Result<Nothing> added = co_await read_write<Nothing>(program::db, add_one);
        must(added);
    }
    co_return done();
}

/* CONF-19, ERRH-1: read, add, write, retry: as if one after the other. */
static void counting_with_retries_loses_nothing(void)
{
    empty();
    const long rounds = check::scaled(ROUNDS);
    Pool pool(THREADS);
    std::vector<Task<Result<Nothing>>> tasks;
    for (int number = 0; number < THREADS; number++)
        tasks.push_back(add_often(rounds));
    wait_for_all(pool, std::move(tasks));
    CHECK_EQ(stored("count"), std::to_string(THREADS * rounds));
}

/* CONF-10, CONF-3: an explicit read conflict range is as large as asked, and no larger. */
static void a_read_conflict_range_is_as_large_as_asked(void)
{
    for (const char *key : {"a", "b", "b9", "c"}) {
        Transaction tr(program::db);
        CHECK(wait_for(tr.get_read_version()).ok());
        CHECK_EQ(tr.add_read_conflict_range("b", "c"), 0);
        tr.set("mine", "1");
        put(key, "changed");
        const Result<Nothing> outcome = wait_for(tr.commit());
        CHECK_EQ(outcome.error, key[0] == 'b' ? error::conflict : 0);
    }
}

/* CONF-10: of one key, its successor is not part of it. */
static void a_read_conflict_of_one_key_is_that_key(void)
{
    const std::string key = "key", successor = key + '\0';
    for (const std::string &changed : {key, successor}) {
        Transaction tr(program::db);
        CHECK(!snapshot_get_now(tr, "nobody").has_value());
        CHECK_EQ(tr.add_read_conflict(key), 0);
        tr.set("mine", "1");
        put(changed, "changed");
        CHECK_EQ(wait_for(tr.commit()).error, changed == key ? error::conflict : 0);
    }
}

static void claims(void)
{
    RUN(one_of_those_that_get_and_set_wins);
    RUN(a_read_conflict_without_a_read_conflicts);
    RUN(snapshot_get_and_set_never_conflicts);
    RUN(blind_sets_never_conflict);
    RUN(on_a_pool_only_what_conflicts_does);
    RUN(counting_with_retries_loses_nothing);
    RUN(a_read_conflict_range_is_as_large_as_asked);
    RUN(a_read_conflict_of_one_key_is_that_key);
}

int main() { return program::run(claims); }
