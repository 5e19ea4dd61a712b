/*
 * Purpose: coroutines that await each other, and ordinary code that waits for them. In 3FS folly's stand here.
 */
#ifndef THREEFS_TASK_H
#define THREEFS_TASK_H

#include <atomic>
#include <condition_variable>
#include <coroutine>
#include <exception>
#include <mutex>
#include <optional>
#include <utility>

/*
 * Where two meet, on one thread or on two: who has started something and is ready to be resumed,
 * and who has ended it. Whoever comes second goes on. So what ends before its starter has returned
 * does not resume it, but is found done, and nothing piles up on the stack however often that
 * happens in a row. Who came first must touch nothing that the other one may end.
 */
class Meeting {
public:
    bool came_second() noexcept { return met_.exchange(true, std::memory_order_acq_rel); }

private:
    std::atomic<bool> met_ = false;
};

/* A coroutine that starts when it is awaited, and has who awaits it go on when it ends. */
template <class T>
class [[nodiscard]] Task {
public:
    struct promise_type;
    using Handle = std::coroutine_handle<promise_type>;

    struct Ending {
        bool await_ready() noexcept { return false; }
        void await_suspend(Handle ended) noexcept
        {
            if (ended.promise().meeting.came_second())
                ended.promise().waiter.resume();
        }
        void await_resume() noexcept {}
    };

    struct promise_type {
        Meeting meeting;
        std::coroutine_handle<> waiter;
        std::optional<T> result;
        std::exception_ptr exception;

        Task get_return_object() { return Task(Handle::from_promise(*this)); }
        std::suspend_always initial_suspend() noexcept { return {}; }
        Ending final_suspend() noexcept { return {}; }
        void return_value(T value) { result.emplace(std::move(value)); }
        void unhandled_exception() { exception = std::current_exception(); }
    };

    Task(Task &&other) noexcept : handle_(std::exchange(other.handle_, {})) {}
    Task &operator=(Task &&) = delete;
    ~Task()
    {
        if (handle_)
            handle_.destroy();
    }

    bool await_ready() noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> waiter)
    {
        Handle started = handle_;
        started.promise().waiter = waiter;
        started.resume();
        return !started.promise().meeting.came_second();
    }
    T await_resume()
    {
        if (handle_.promise().exception)
            std::rethrow_exception(handle_.promise().exception);
        return std::move(*handle_.promise().result);
    }

private:
    explicit Task(Handle handle) : handle_(handle) {}
    Handle handle_;
};

/* Closed until somebody opens it, once. */
class Gate {
public:
    void open()
    {
        /* Told under the lock: the waiter may end the gate as soon as it can take it. */
        std::lock_guard lock(mutex_);
        open_ = true;
        changed_.notify_all();
    }
    void wait()
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return open_; });
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool open_ = false;
};

/* The outermost coroutine of a thread that waits: opens a gate at its end. */
class Root {
public:
    struct promise_type;
    using Handle = std::coroutine_handle<promise_type>;

    struct Ending {
        bool await_ready() noexcept { return false; }
        void await_suspend(Handle ended) noexcept { ended.promise().gate->open(); }
        void await_resume() noexcept {}
    };

    struct promise_type {
        Gate *gate = nullptr;
        Root get_return_object() { return Root(Handle::from_promise(*this)); }
        std::suspend_always initial_suspend() noexcept { return {}; }
        Ending final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() { std::terminate(); }
    };

    Root(Root &&other) noexcept : handle_(std::exchange(other.handle_, {})) {}
    Root &operator=(Root &&) = delete;
    ~Root()
    {
        if (handle_)
            handle_.destroy();
    }

    void run()
    {
        Gate gate;
        handle_.promise().gate = &gate;
        handle_.resume();
        gate.wait();
    }

private:
    explicit Root(Handle handle) : handle_(handle) {}
    Handle handle_;
};

/* Runs a task from ordinary code, and waits for it. */
template <class T>
T wait_for(Task<T> task)
{
    std::optional<T> result;
    auto outermost = [](Task<T> &inner, std::optional<T> &out) -> Root { out.emplace(co_await inner); };
    Root root = outermost(task, result);
    root.run();
    return std::move(*result);
}

#endif
