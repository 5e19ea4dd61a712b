// The awaitables of plinth.hpp, as C++20: outcomes inside the call, from the library's threads, and of what is
// cancelled meanwhile.
#include "plinth.hpp"

#include <coroutine>
#include <exception>
#include <latch>
#include <string>
#include <thread>
#include <vector>

#include "cxx_check.h"

using namespace plinth;

namespace {

// A coroutine that runs on its own; `done` is told at its end.
struct Detached {
    struct promise_type {
        Detached get_return_object() { return {}; }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() { std::terminate(); }
    };
};

template <class Body>
Detached start(Body &body, std::latch &done) {
    co_await body();
    done.count_down();
}

// What `start` awaits: a coroutine of its own, begun lazily.
struct Task {
    struct promise_type {
        std::coroutine_handle<> waiting;
        Task get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
        std::suspend_always initial_suspend() noexcept { return {}; }
        struct Final {
            bool await_ready() noexcept { return false; }
            std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> self) noexcept {
                return self.promise().waiting;
            }
            void await_resume() noexcept {}
        };
        Final final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() { std::terminate(); }
    };
    std::coroutine_handle<promise_type> handle;
    bool await_ready() const { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> waiting) {
        handle.promise().waiting = waiting;
        return handle;
    }
    void await_resume() { handle.destroy(); }
};

template <class Body>
void wait_for(Body body) {
    std::latch done(1);
    start(body, done);
    done.wait();
}

void fill(Database &db, int keys) {
    run(db, [&](Transaction &tr) {
        for (int i = 0; i < keys; i++)
            tr.set("key/" + std::to_string(i), std::to_string(i)).value();
    }).value();
}

void every_awaitable_gives_what_its_call_returns() {
    Database db = Database::open(":memory:").value();
    fill(db, 10);
    Keyspace other = db.keyspace("other").value();
    wait_for([&]() -> Task {
        Transaction tr = db.begin().value();
        CHECK((co_await co_get(tr, "key/" + std::to_string(3))).value()->view() == "3");
        CHECK(!(co_await co_get(tr, "key/3", other)).value().has_value());
        CHECK(!(co_await co_snapshot_get(tr, "absent")).value().has_value());
        const std::vector<std::string_view> keys = {"key/3", "absent"};
        const Result<Values> many = co_await co_get_many(tr, keys);
        CHECK(many.value()[0] == "3" && !many.value()[1]);
        CHECK((co_await co_get_key(tr, Selector::first_above("key/3"))).value().view() == "key/4");
        const Result<Range> range =
            co_await co_get_range(tr, Selector::first_at_or_above(""), Selector::first_at_or_above("\xff"));
        CHECK(range.value().size() == 10);
        CHECK((co_await co_get(tr, "\xff")).code() == PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
        tr.reset().value();
        tr.set("new", "").value();
        CHECK((co_await co_commit(tr)).ok());
        tr.reset().value();
        CHECK((co_await co_on_error(tr, PLINTH_ERROR_NOT_COMMITTED)).ok());
        CHECK((co_await co_on_error(tr, PLINTH_ERROR_KEY_TOO_LARGE)).code() == PLINTH_ERROR_KEY_TOO_LARGE);
    });
}

// Outcomes that come inside the call leave the stack as it is.
void outcomes_at_once_take_no_stack() {
    Database db = Database::open(":memory:").value();
    fill(db, 1);
    wait_for([&]() -> Task {
        Transaction tr = db.begin().value();
        int read = 0;
        for (int i = 0; i < 50000; i++)
            read += (co_await co_snapshot_get(tr, "key/0")).ok();
        CHECK(read == 50000);
    });
}

// ERRH-1: coroutines on several threads count without a loss, over conflicts.
void coroutines_on_many_threads_lose_nothing() {
    Database db = Database::open(":memory:").value();
    const auto count = [&]() -> Task {
        for (int i = 0; i < 50; i++) {
            Transaction tr = db.begin().value();
            for (;;) {
                const auto old = co_await co_get(tr, "count");
                const int next = old.value() ? std::stoi((*old)->str()) + 1 : 1;
                tr.set("count", std::to_string(next)).value();
                const Result<void> commit = co_await co_commit(tr);
                if (commit.ok())
                    break;
                CHECK((co_await co_on_error(tr, commit.code())).ok());
            }
        }
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; i++)
        threads.emplace_back([&] { wait_for(count); });
    for (std::thread &thread : threads)
        thread.join();
    CHECK(run(db, [](Transaction &tr) { return tr.get("count").value()->str(); }).value() == "200");
}

// TX-2, RST-2: a cancel at any moment ends what waits, and every coroutine goes on.
void a_cancel_ends_what_waits() {
    Database db = Database::open(":memory:").value();
    for (int round = 0; round < 100; round++) {
        Transaction tr = db.begin().value();
        std::thread cancel([&] { CHECK(tr.cancel().ok()); });
        wait_for([&]() -> Task {
            tr.set("key", "").ignore();
            const Result<void> commit = co_await co_commit(tr);
            CHECK(commit.ok() || commit.code() == PLINTH_ERROR_TRANSACTION_CANCELLED);
            const Result<void> again = co_await co_on_error(tr, PLINTH_ERROR_NOT_COMMITTED);
            CHECK(again.ok() || again.code() == PLINTH_ERROR_TRANSACTION_CANCELLED);
        });
        cancel.join();
    }
}

} // namespace

int main() {
    const Claim claims[] = {
        {"every awaitable gives what its call returns", every_awaitable_gives_what_its_call_returns},
        {"outcomes at once take no stack", outcomes_at_once_take_no_stack},
        {"coroutines on many threads lose nothing", coroutines_on_many_threads_lose_nothing},
        {"a cancel ends what waits", a_cancel_ends_what_waits}};
    return run_claims(claims);
}
