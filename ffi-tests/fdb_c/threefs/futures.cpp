/*
 * Purpose: what coroutines do with futures: 3FS's CancellationSafety, callbacks that run exactly
 * once, one transaction that several coroutines read at once on different threads (3FS-1).
 *
 * Relies on: the request's own flag deciding whether it was cancelled, not what the future got
 * first (3FS-10).
 */
#include "program.h"

static Task<Result<Nothing>> wait_on(Future &future) { co_return co_await settled(future); }

/* The number that a future ended with, whatever became of its request. */
static fdb_error_t number_of(Future &future)
{
    CHECK(fdb_future_is_ready(future.get()));
    return fdb_future_get_error(future.get());
}

/* A future that is pending until its key changes. */
static Future pending_watch(Transaction &tr, std::string_view key)
{
    Future watch = tr.watch(key);
    commit_now(tr);
    CHECK(!fdb_future_is_ready(watch.get()));
    return watch;
}

/* ---------------------------------------------------------------- cancellation */

static Task<Result<Nothing>> read_with_a_sign(Transaction &tr, std::atomic<bool> &under_way)
{
    under_way = true;
    under_way.notify_one();
    const Result<MaybeString> found = co_await tr.get("cancel");
    if (found.ok())
        CHECK_EQ(found.value.value_or("(none)"), "value");
    /* Cancelled in time, or it was read; nothing else can come of it. FUT-6 */
    CHECK(found.code == Code::OK || found.code == Code::Canceled);
    CHECK(found.error == 0 || found.error == error::operation_cancelled);
    co_return Result<Nothing>::of(found);
}

/* 3FS CancellationSafety. FUT-6, 3FS-10: a cancel while a read runs on another thread loses no callback. */
static void a_cancel_while_a_read_runs_is_safe(void)
{
    put("cancel", "value");
    const long rounds = check::scaled(1000);
    long cancelled = 0;
    Pool pool(2);
    for (long round = 0; round < rounds; round++) {
        std::stop_source request;
        Transaction tr(program::db, request.get_token());
        std::atomic<bool> under_way = false;
        std::jthread canceller([&] {
            under_way.wait(false);
            request.request_stop();
        });
        std::vector<Task<Result<Nothing>>> one;
        one.push_back(read_with_a_sign(tr, under_way));
        cancelled += wait_for_all(pool, std::move(one)).front().code == Code::Canceled;
    }
    std::printf("%ld of %ld reads were cancelled\n", cancelled, rounds);
}

/* 3FS-10: a request that was cancelled before its read is cancelled, however fast the read is. */
static void a_request_that_was_cancelled_before_gives_cancelled(void)
{
    put("cancel", "value");
    for (long round = 0; round < check::scaled(100); round++) {
        std::stop_source request;
        Transaction tr(program::db, request.get_token());
        request.request_stop();
        CHECK_EQ(wait_for(tr.get("cancel")).code, Code::Canceled);
        /* Only the future was cancelled, not the transaction. COM-4 */
        FDBFuture *again = fdb_transaction_get(tr.handle(), data_of("cancel"), 6, false);
        CHECK_EQ(fdb_future_block_until_ready(again), 0);
        CHECK_EQ(fdb_future_get_error(again), 0);
        fdb_future_destroy(again);
    }
}

/* FUT-6: cancelling what is pending ends it with 1101, and its coroutine goes on. */
static void cancelling_a_pending_future_wakes_its_coroutine(void)
{
    for (long round = 0; round < check::scaled(100); round++) {
        std::stop_source request;
        Transaction tr(program::db);
        Future plain = pending_watch(tr, "nobody changes this");
        FDBFuture *same = plain.get();
        std::jthread canceller([&request, same] {
            request.request_stop();
            fdb_future_cancel(same);
        });
        CHECK_EQ(wait_for(wait_on(plain)).error, error::operation_cancelled);
        CHECK_EQ(number_of(plain), error::operation_cancelled);
        fdb_future_cancel(same);
        CHECK_EQ(number_of(plain), error::operation_cancelled);
    }
}

struct Count {
    std::atomic<int> calls = 0;
    std::atomic<fdb_error_t> number = -1;
    Gate gate;
};

static void counted(FDBFuture *future, void *argument)
{
    auto *count = static_cast<Count *>(argument);
    count->number = fdb_future_get_error(future);
    count->calls++;
    count->gate.open();
}

/* FUT-6: destroying what is pending runs its callback once, with 1101. */
static void destroying_a_pending_future_runs_its_callback(void)
{
    Transaction tr(program::db);
    Count count;
    {
        Future watch = pending_watch(tr, "nobody changes this");
        CHECK_EQ(fdb_future_set_callback(watch.get(), counted, &count), 0);
        CHECK_EQ(count.calls.load(), 0);
    }
    count.gate.wait();
    CHECK_EQ(count.calls.load(), 1);
    CHECK_EQ(count.number.load(), error::operation_cancelled);
}

/* RST-3: a watch of a transaction that never committed ends with it; the future outlives it. */
static void a_future_outlives_its_transaction(void)
{
    Count count;
    std::optional<Transaction> tr(std::in_place, program::db);
    Future watch = tr->watch("nobody changes this");
    CHECK_EQ(fdb_future_set_callback(watch.get(), counted, &count), 0);
    tr.reset();
    count.gate.wait();
    CHECK_EQ(count.calls.load(), 1);
    CHECK_EQ(count.number.load(), error::cancelled);
    CHECK_EQ(number_of(watch), error::cancelled);
}

/* FUT-8: what a future gave stays where it is when its transaction is reset, committed and gone. */
static void memory_of_a_future_outlives_its_transaction(void)
{
    put("kept", "value");
    FDBFuture *future = nullptr;
    const uint8_t *data = nullptr;
    int size = 0;
    fdb_bool_t present = 0;
    {
        Transaction tr(program::db);
        future = fdb_transaction_get(tr.handle(), data_of("kept"), 4, false);
        CHECK_EQ(fdb_future_block_until_ready(future), 0);
        CHECK_EQ(fdb_future_get_value(future, &present, &data, &size), 0);
        tr.set("kept", "changed");
        commit_now(tr);
        tr.reset();
    }
    CHECK(present);
    CHECK_EQ(text_of(data, size), "value");
    fdb_future_destroy(future);
}

/* ERRH-7: the pause of on_error can be cancelled; the transaction lives on after a reset. */
static void the_pause_of_on_error_can_be_cancelled(void)
{
    std::stop_source request;
    Transaction tr(program::db);
    /* Pauses grow until one is too long to end before it is cancelled. */
    CHECK_EQ(tr.set_option(FDB_TR_OPTION_MAX_RETRY_DELAY, 1 << 30), 0);
    FDBFuture *pause = nullptr;
    for (int i = 0; i < 40; i++) {
        pause = fdb_transaction_on_error(tr.handle(), error::conflict);
        if (i >= 5 && !fdb_future_is_ready(pause))
            break;
        CHECK_EQ(fdb_future_block_until_ready(pause), 0);
        fdb_future_destroy(std::exchange(pause, nullptr));
    }
    if (!CHECK(pause != nullptr))
        return;
    Future waiting(pause, request.get_token());
    request.request_stop();
    CHECK_EQ(wait_for(wait_on(waiting)).code, Code::Canceled);
    CHECK(number_of(waiting) == error::operation_cancelled || number_of(waiting) == 0);
    tr.reset();
    CHECK(wait_for(tr.get_read_version()).ok());
}

/* ---------------------------------------------------------------- where callbacks run */

static Task<Result<Nothing>> look_around(Future &future, std::thread::id &where, fdb_error_t &blocking)
{
    const Result<Nothing> outcome = co_await settled(future);
    where = std::this_thread::get_id();
    Transaction tr(program::db);
    Future pending = tr.watch("nobody changes this");
    blocking = fdb_future_block_until_ready(pending.get());
    co_return outcome;
}

/* NET-3: the callback of a future that was pending runs on the network thread. FUT-9: which must not block. */
static void a_pending_future_ends_on_the_network_thread(void)
{
    put("where", "old");
    Transaction tr(program::db);
    Future watch = pending_watch(tr, "where");
    std::thread::id where;
    fdb_error_t blocking = 0;
    Started<Result<Nothing>> looking(look_around(watch, where, blocking));
    put("where", "new");
    must(looking.wait());
    CHECK(where == program::context.network_thread());
    CHECK_EQ(blocking, error::on_network_thread);
}

/* FUT-4: several callbacks of one future each run once, also those that are set when it is ready. */
static void each_of_several_callbacks_runs_once(void)
{
    put("several", "old");
    Transaction tr(program::db);
    Future watch = pending_watch(tr, "several");
    Count before[3], after;
    for (Count &count : before)
        CHECK_EQ(fdb_future_set_callback(watch.get(), counted, &count), 0);
    put("several", "new");
    for (Count &count : before)
        count.gate.wait();
    CHECK_EQ(fdb_future_set_callback(watch.get(), counted, &after), 0);
    after.gate.wait();
    for (Count &count : before)
        CHECK(count.calls == 1 && count.number == 0);
    CHECK(after.calls == 1 && after.number == 0);
}

/* ---------------------------------------------------------------- one transaction, many threads */

enum { READERS = 8, KEYS = 50 };

static Task<Result<Nothing>> read_all(Transaction &tr, long reader, bool snapshot)
{
    for (long i = 0; i < KEYS; i++) {
        const std::string key = numbered("one/", (reader * 7 + i) % KEYS);
        Result<MaybeString> found;
        if (snapshot)
            found = co_await tr.snapshot_get(key);
        else
            found = co_await tr.get(key);
        CHECK_EQ(found.error, 0);
        CHECK_EQ(found.value.value_or("(none)"), "of " + key);
        if (i % 10 == 0) {
            const Result<Range> rows = co_await list_by_prefix(tr, "one/", 20, snapshot);
            CHECK(rows.ok() && rows.value.rows.size() == KEYS);
        }
    }
    co_return done();
}

static void fill_the_one(void)
{
    empty();
    Transaction tr(program::db);
    for (long i = 0; i < KEYS; i++)
        tr.set(numbered("one/", i), "of " + numbered("one/", i));
    commit_now(tr);
}

static void read_by_all(Pool &pool, Transaction &tr, bool snapshot)
{
    std::vector<Task<Result<Nothing>>> readers;
    for (long reader = 0; reader < READERS; reader++)
        readers.push_back(read_all(tr, reader, snapshot));
    for (const Result<Nothing> &outcome : wait_for_all(pool, std::move(readers)))
        must(outcome);
}

/* 3FS-1, TX-2: coroutines of one request on different threads read right through one transaction. */
static void many_coroutines_read_one_transaction_at_once(void)
{
    fill_the_one();
    Pool pool(READERS);
    for (long round = 0; round < check::scaled(20); round++)
        for (bool snapshot : {false, true}) {
            Transaction tr(program::db);
            read_by_all(pool, tr, snapshot);
        }
}

/* 3FS-1, CONF-2: and all of their reads count. */
static void the_reads_of_all_coroutines_count(void)
{
    fill_the_one();
    Pool pool(READERS);
    for (bool snapshot : {false, true}) {
        Transaction tr(program::db);
        read_by_all(pool, tr, snapshot);
        put(numbered("one/", 5), "of " + numbered("one/", 5));
        tr.set("mine", "1");
        CHECK_EQ(wait_for(tr.commit()).error, snapshot ? 0 : error::conflict);
    }
}

static Task<Result<Nothing>> write_some(Transaction &tr, long writer)
{
    for (long i = 0; i < KEYS; i++) {
        const std::string key = numbered("w" + std::to_string(writer) + "/", i);
        tr.set(key, "value");
        const Result<MaybeString> own = co_await tr.get(key);
        CHECK_EQ(own.value.value_or("(none)"), "value");
    }
    co_return done();
}

/* TX-2, RYW-1: writers of one transaction on different threads each see their own, and all is committed. */
static void many_coroutines_write_one_transaction_at_once(void)
{
    empty();
    Pool pool(READERS);
    Transaction tr(program::db);
    std::vector<Task<Result<Nothing>>> writers;
    for (long writer = 0; writer < READERS; writer++)
        writers.push_back(write_some(tr, writer));
    wait_for_all(pool, std::move(writers));
    commit_now(tr);
    tr.reset();
    CHECK_EQ(wait_for(list_by_prefix(tr, "w", 100, true)).value.rows.size(), size_t{READERS * KEYS});
}

/* Cancelling a request cancels all that it awaits, on all threads. FUT-6, 3FS-10. */
static void cancelling_a_request_ends_all_its_reads(void)
{
    fill_the_one();
    Pool pool(READERS);
    for (long round = 0; round < check::scaled(50); round++) {
        std::stop_source request;
        Transaction tr(program::db, request.get_token());
        std::vector<Task<Result<Range>>> readers;
        for (long reader = 0; reader < READERS; reader++)
            readers.push_back(list_by_prefix(tr, "one/", 1, reader % 2 == 0));
        std::jthread canceller([&request] { request.request_stop(); });
        for (const Result<Range> &outcome : wait_for_all(pool, std::move(readers)))
            CHECK(outcome.code == Code::Canceled || outcome.value.rows.size() == KEYS);
    }
}

static void claims(void)
{
    RUN(a_cancel_while_a_read_runs_is_safe);
    RUN(a_request_that_was_cancelled_before_gives_cancelled);
    RUN(cancelling_a_pending_future_wakes_its_coroutine);
    RUN(destroying_a_pending_future_runs_its_callback);
    RUN(a_future_outlives_its_transaction);
    RUN(memory_of_a_future_outlives_its_transaction);
    RUN(the_pause_of_on_error_can_be_cancelled);
    RUN(a_pending_future_ends_on_the_network_thread);
    RUN(each_of_several_callbacks_runs_once);
    RUN(many_coroutines_read_one_transaction_at_once);
    RUN(the_reads_of_all_coroutines_count);
    RUN(many_coroutines_write_one_transaction_at_once);
    RUN(cancelling_a_request_ends_all_its_reads);
}

int main() { return program::run(claims); }
