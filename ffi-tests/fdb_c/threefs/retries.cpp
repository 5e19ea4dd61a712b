/*
 * Purpose: the strategy that requests are tried again with: what it retries, how often, what the
 * transaction looks like afterwards (3FS-7, 3FS-3).
 *
 * Relies on: `fdb_transaction_on_error` being told any error number, whether it happened or not.
 */
#include "program.h"

static const fdb_error_t retried[] = {1007, 1009, 1020, 1021, 1037, 1038, 1042, 1051, 1213, 2137};
static const fdb_error_t not_retried[] = {1025, 1031, 1036, 1101, 2000, 2017, 2101, 2102, 2103, 4000};

/* ERRH-1, 3FS-7: what is retryable makes the transaction as new. ERRH-6: own writes are gone. */
static void what_is_retryable_is_retried(void)
{
    empty();
    for (fdb_error_t number : retried) {
        Transaction tr(program::db);
        RetryStrategy strategy(RetryConfig{.max_delay_ms = 10});
        CHECK_EQ(strategy.init(tr), 0);
        tr.set("retried", "never");
        const Result<Nothing> again = wait_for(strategy.on_error(tr, outcome_of(number)));
        CHECK(again.ok());
        CHECK(!get_now(tr, "retried").has_value());
        commit_now(tr);
    }
    CHECK_EQ(stored("retried"), "(none)");
}

/* ERRC-4, 3FS-7: the rest gives back the failure as it was, without a pause or a reset. */
static void what_is_not_retryable_fails_as_it_was(void)
{
    empty();
    for (fdb_error_t number : not_retried) {
        Transaction tr(program::db);
        RetryStrategy strategy;
        CHECK_EQ(strategy.init(tr), 0);
        tr.set("failed", "kept");
        const Result<Nothing> again = wait_for(strategy.on_error(tr, outcome_of(number)));
        CHECK_EQ(again.error, number);
        CHECK_EQ(get_now(tr, "failed").value_or("(none)"), "kept");
    }
}

/* ERRC-2: what may have committed is retried only by who allows it. */
static void what_may_have_committed_is_retried_only_if_allowed(void)
{
    Transaction tr(program::db);
    RetryStrategy careful(RetryConfig{.retry_maybe_committed = false}), bold;
    CHECK_EQ(wait_for(careful.on_error(tr, outcome_of(error::maybe_committed, Where::Commit))).code,
             Code::MaybeCommitted);
    CHECK(wait_for(careful.on_error(tr, outcome_of(error::conflict, Where::Commit))).ok());
    CHECK(wait_for(bold.on_error(tr, outcome_of(error::maybe_committed, Where::Commit))).ok());
}

/* ERRH-5: if on_error itself fails, the first failure is given back, and only a reset helps. */
static void a_failed_on_error_cancels_the_transaction(void)
{
    Transaction tr(program::db);
    must(wait_for(tr.on_error(error::conflict)));
    const Result<Nothing> refused = wait_for(tr.on_error(2000));
    CHECK_EQ(refused.error, 2000);
    CHECK_EQ(wait_for(tr.get("key")).error, error::cancelled);
    tr.reset();
    CHECK(wait_for(tr.get("key")).ok());
}

/* ERRH-3, 3FS-7: a conflict that never ends is tried as often as the strategy says, then given back. */
static void a_conflict_without_end_is_tried_so_often(void)
{
    put("busy", "0");
    long tries = 0;
    auto always_late = [&tries](Transaction &tr) -> Task<Result<Nothing>> {
        const Result<MaybeString> found = co_await tr.get("busy");
        tries++;
        /* Somebody else is always faster. The handler runs on a thread of this program's own. */
        std::jthread([&tries] { put("busy", std::to_string(tries)); }).join();
        tr.set("busy", "mine");
        co_return Result<Nothing>::of(found);
    };
    RetryStrategy strategy(RetryConfig{.max_delay_ms = 1, .max_tries = 5});
    Pool pool(1);
    std::vector<Task<Result<Nothing>>> one;
    one.push_back(with_retry<Nothing>(program::db, Access::ReadWrite, strategy, always_late));
    const Result<Nothing> outcome = wait_for_all(pool, std::move(one)).front();
    CHECK_EQ(outcome.code, Code::Conflict);
    CHECK_EQ(tries, 5);
    CHECK_EQ(strategy.failures(), 5);
    CHECK_EQ(stored("busy"), "5");
}

/* 3FS-7: an error of the file system's own is retried by a reset; others of it are given back. */
static void own_errors_are_retried_by_a_reset(void)
{
    empty();
    long tries = 0;
    auto stale_twice = [&tries](Transaction &tr) -> Task<Result<long>> {
        tr.set(numbered("try/", tries), "1");
        if (++tries < 3)
            co_return Result<long>{Code::TooOld, 0, 0};
        co_return given(tries);
    };
    RetryStrategy strategy;
    const Result<long> third = wait_for(with_retry<long>(program::db, Access::ReadWrite, strategy, stale_twice));
    CHECK_EQ(third.value, 3);
    Transaction tr(program::db);
    CHECK_EQ(text_of(wait_for(list_by_prefix(tr, "try/", -1, true))), "try/0002=1");

    auto missing = [](Transaction &) -> Task<Result<Nothing>> { co_return failed(Code::NotFound); };
    RetryStrategy other;
    CHECK_EQ(wait_for(with_retry<Nothing>(program::db, Access::ReadWrite, other, missing)).code, Code::NotFound);
    CHECK_EQ(other.failures(), 1);
}

/* 3FS-3: what only reads is dropped without a commit; a writer that changed nothing commits. COM-1. */
static void reads_are_dropped_and_empty_writes_are_committed(void)
{
    put("read", "value");
    int64_t version = 0;
    auto read = [&version](Transaction &tr) -> Task<Result<MaybeString>> {
        const Result<MaybeString> found = co_await tr.get("read");
        version = tr.get_committed_version();
        co_return found;
    };
    for (Access access : {Access::ReadOnly, Access::ReadWrite}) {
        RetryStrategy strategy;
        const Result<MaybeString> found = wait_for(with_retry<MaybeString>(program::db, access, strategy, read));
        CHECK_EQ(found.value.value_or("(none)"), "value");
        CHECK_EQ(strategy.failures(), 0);
        CHECK_EQ(version, -1);
    }
}

/* COM-3: a read after the commit is a use of what is finished, until a reset. COM-10: its version stays. */
static void a_committed_transaction_is_used_again_after_a_reset(void)
{
    Transaction tr(program::db);
    RetryStrategy strategy;
    CHECK_EQ(strategy.init(tr), 0);
    tr.set("again", "1");
    commit_now(tr);
    const int64_t version = tr.get_committed_version();
    CHECK(version > 0);
    CHECK_EQ(wait_for(tr.get("again")).error, error::used_during_commit);
    CHECK_EQ(tr.get_committed_version(), version);
    tr.reset();
    CHECK_EQ(get_now(tr, "again").value_or("(none)"), "1");
    tr.set("again", "2");
    commit_now(tr);
    CHECK(tr.get_committed_version() > version);
    CHECK_EQ(stored("again"), "2");
}

static void claims(void)
{
    RUN(what_is_retryable_is_retried);
    RUN(what_is_not_retryable_fails_as_it_was);
    RUN(what_may_have_committed_is_retried_only_if_allowed);
    RUN(a_failed_on_error_cancels_the_transaction);
    RUN(a_conflict_without_end_is_tried_so_often);
    RUN(own_errors_are_retried_by_a_reset);
    RUN(reads_are_dropped_and_empty_writes_are_committed);
    RUN(a_committed_transaction_is_used_again_after_a_reset);
}

int main() { return program::run(claims); }
