/*
 * Purpose: the test harness of these programs: claims, checks that name their place, a data
 * directory that is gone at the end, threads.
 *
 * Relies on: one claim running at a time; its checks may come from any thread.
 *
 * Environment: PLINTH_DATA says where the data lives (a directory of this program's own if it is
 * not set), PLINTH_TEST_SCALE divides the numbers of rounds, PLINTH_TEST_ONLY=text runs only the
 * claims whose name contains it, TMPDIR says where directories go.
 */
#ifndef THREEFS_CHECK_H
#define THREEFS_CHECK_H

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <mutex>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <unistd.h>

namespace check {

struct State {
    std::mutex lock;
    std::string claim;
    std::string root;
    long claims = 0, failed_claims = 0, checks = 0, failures = 0;
};

inline State state;

/* Bytes as people read them. */
inline std::string printed(std::string_view bytes)
{
    std::string text = "\"";
    for (unsigned char c : bytes) {
        char code[8];
        std::snprintf(code, sizeof code, c >= 0x20 && c < 0x7f ? "%c" : "\\x%02x", c);
        text += code;
    }
    return text + "\"";
}

template <class T>
std::string shown(const T &value)
{
    if constexpr (std::is_convertible_v<T, std::string_view>) {
        return printed(value);
    } else if constexpr (std::is_enum_v<T>) {
        return std::to_string(static_cast<long>(value));
    } else {
        std::ostringstream text;
        text << value;
        return text.str();
    }
}

inline bool count(bool passed, const std::string &words, const char *file, int line)
{
    std::lock_guard hold(state.lock);
    state.checks++;
    if (!passed) {
        state.failures++;
        std::printf("FAILED %s:%d in %s: %s\n", file, line, state.claim.c_str(), words.c_str());
        std::fflush(stdout);
    }
    return passed;
}

template <class A, class B>
bool equal(const A &got, const B &want, const char *text, const char *file, int line)
{
    const bool same = got == want;
    const std::string values = same ? "" : "\n       is " + shown(got) + ", expected " + shown(want);
    return count(same, text + values, file, line);
}

/* Rounds divided by PLINTH_TEST_SCALE, at least one. */
inline long scaled(long rounds)
{
    const char *text = std::getenv("PLINTH_TEST_SCALE");
    const long scale = text == nullptr ? 1 : std::strtol(text, nullptr, 10);
    const long result = scale > 1 ? rounds / scale : rounds;
    return result > 0 ? result : 1;
}

/* A directory of this program's own; made when first asked for, removed by end(). */
inline const std::string &root()
{
    if (state.root.empty()) {
        const char *parent = std::getenv("TMPDIR");
        std::string pattern = std::string(parent == nullptr ? "/tmp" : parent) + "/plinth-test-XXXXXX";
        if (mkdtemp(pattern.data()) == nullptr) {
            std::perror("mkdtemp");
            std::exit(2);
        }
        state.root = pattern;
    }
    return state.root;
}

/* Where the data goes unless somebody else has said so. */
inline void choose_data()
{
    setenv("PLINTH_DATA", (root() + "/data").c_str(), 0);
    std::printf("data in %s\n", std::getenv("PLINTH_DATA"));
}

/* Whether the data is on disk, so that commits take long enough to overlap. */
inline bool on_disk()
{
    const char *data = std::getenv("PLINTH_DATA");
    return data == nullptr || std::string_view(data) != ":memory:";
}

inline void run(const char *claim, const std::function<void()> &body)
{
    const char *only = std::getenv("PLINTH_TEST_ONLY");
    if (only != nullptr && std::string_view(claim).find(only) == std::string_view::npos)
        return;
    const long before = state.failures;
    state.claim = claim;
    state.claims++;
    body();
    const bool passed = state.failures == before;
    state.failed_claims += !passed;
    std::printf("%s %s\n", passed ? "ok" : "not ok", claim);
    std::fflush(stdout);
}

inline int end()
{
    if (!state.root.empty())
        std::filesystem::remove_all(state.root);
    std::printf("%ld claims, %ld failed; %ld checks, %ld failed\n", state.claims, state.failed_claims, state.checks,
                state.failures);
    return state.failures == 0 && state.claims > 0 ? 0 : 1;
}

/* Runs a body in so many threads, which it is given the numbers of, and waits for all. */
inline void in_threads(int threads, const std::function<void(int)> &body)
{
    std::vector<std::jthread> running;
    for (int number = 0; number < threads; number++)
        running.emplace_back([&body, number] { body(number); });
}

/* A sequence that the seed repeats. */
class Random {
public:
    explicit Random(uint64_t seed) : state_(seed) {}
    uint64_t next()
    {
        uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
    }
    uint64_t below(uint64_t bound) { return next() % bound; }

private:
    uint64_t state_;
};

} // namespace check

#define CHECK(condition) check::count((condition), #condition, __FILE__, __LINE__)
#define CHECK_EQ(got, want) check::equal((got), (want), #got, __FILE__, __LINE__)
#define RUN(claim) check::run(#claim, claim)

#endif
