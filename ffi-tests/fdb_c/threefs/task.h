/*
 * Purpose: coroutines and the threads they run on: a task that is awaited, a pool of threads, a
 * way to wait for a task from ordinary code and one to run many tasks at once.
 *
 * Relies on: nothing of any library. A coroutine that was started on a pool is always resumed on
 * it; one that was started elsewhere goes on where it is woken, which may be the network thread.
 */
#ifndef THREEFS_TASK_H
#define THREEFS_TASK_H

#include <atomic>
#include <condition_variable>
#include <coroutine>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

/* The second one to come goes on; the first one must touch nothing any more. */
class Meeting {
public:
    bool came_second() noexcept { return met_.exchange(true, std::memory_order_acq_rel); }

private:
    std::atomic<bool> met_ = false;
};

/* Threads that resume what is given to them. */
class Pool {
public:
    explicit Pool(int threads)
    {
        for (int i = 0; i < threads; i++)
            threads_.emplace_back([this] { serve(); });
    }
    Pool(const Pool &) = delete;
    ~Pool()
    {
        std::unique_lock lock(mutex_);
        closed_ = true;
        changed_.notify_all();
    }

    void add(std::coroutine_handle<> work)
    {
        std::lock_guard lock(mutex_);
        queue_.push_back(work);
        changed_.notify_one();
    }

    /* The pool that the calling thread belongs to, or null. */
    static Pool *current() { return current_; }

private:
    void serve()
    {
        current_ = this;
        std::unique_lock lock(mutex_);
        for (;;) {
            changed_.wait(lock, [this] { return closed_ || !queue_.empty(); });
            if (queue_.empty())
                return;
            std::coroutine_handle<> work = queue_.front();
            queue_.pop_front();
            lock.unlock();
            work.resume();
            lock.lock();
        }
    }

    static inline thread_local Pool *current_ = nullptr;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::coroutine_handle<>> queue_;
    bool closed_ = false;
    /* Last, so that its threads have ended before the rest goes. */
    std::vector<std::jthread> threads_;
};

/* Who waits for something, and where it wants to go on. */
class Waiter {
public:
    void wait_here(std::coroutine_handle<> handle)
    {
        handle_ = handle;
        pool_ = Pool::current();
    }
    void wake()
    {
        if (pool_ != nullptr && pool_ != Pool::current())
            pool_->add(handle_);
        else
            handle_.resume();
    }

private:
    std::coroutine_handle<> handle_;
    Pool *pool_ = nullptr;
};

/* A coroutine that starts when it is awaited; who awaits it goes on when it ends. */
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

/* Closed until it was opened as often as it was made for. */
class Gate {
public:
    explicit Gate(size_t left = 1) : left_(left) {}
    void open()
    {
        /* Told under the lock: the waiter may end the gate as soon as it can take it. */
        std::lock_guard lock(mutex_);
        if (--left_ == 0)
            changed_.notify_all();
    }
    void wait()
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return left_ == 0; });
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    size_t left_;
};

/* The outermost coroutine: opens a gate at its end. */
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

    Handle opens(Gate &gate)
    {
        handle_.promise().gate = &gate;
        return handle_;
    }

private:
    explicit Root(Handle handle) : handle_(handle) {}
    Handle handle_;
};

template <class T>
Root outermost(Task<T> &inner, std::optional<T> &out)
{
    out.emplace(co_await inner);
}

/* A task that was started on the calling thread, and is waited for later. */
template <class T>
class Started {
public:
    explicit Started(Task<T> task) : task_(std::move(task)), root_(outermost(task_, result_))
    {
        root_.opens(gate_).resume();
    }
    Started(const Started &) = delete;

    T wait()
    {
        gate_.wait();
        return std::move(*result_);
    }

private:
    Task<T> task_;
    std::optional<T> result_;
    Gate gate_;
    Root root_;
};

/* Runs a task on the calling thread until it has to wait; it ends wherever it is woken. */
template <class T>
T wait_for(Task<T> task)
{
    return Started<T>(std::move(task)).wait();
}

/* Runs all tasks on the pool at once; their results in the same order. */
template <class T>
std::vector<T> wait_for_all(Pool &pool, std::vector<Task<T>> tasks)
{
    std::vector<std::optional<T>> results(tasks.size());
    std::vector<Root> roots;
    Gate gate(tasks.size());
    for (size_t i = 0; i < tasks.size(); i++)
        roots.push_back(outermost(tasks[i], results[i]));
    for (Root &root : roots)
        pool.add(root.opens(gate));
    gate.wait();
    std::vector<T> all;
    for (std::optional<T> &result : results)
        all.push_back(std::move(*result));
    return all;
}

#endif
