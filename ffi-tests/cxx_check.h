// Checks for the tests of plinth.hpp: each claim is a function; the program's exit code is 1 if any failed.
#ifndef PLINTH_TEST_CXX_CHECK_H
#define PLINTH_TEST_CXX_CHECK_H

#include <atomic>
#include <cstdio>

inline std::atomic<long> checks = 0, failures = 0;

inline bool check(bool passed, const char *what, const char *file, int line) {
    checks++;
    if (!passed) {
        failures++;
        std::printf("FAILED %s:%d: %s\n", file, line, what);
    }
    return passed;
}

#define CHECK(condition) check((condition), #condition, __FILE__, __LINE__)

struct Claim {
    const char *name;
    void (*run)();
};

template <class Claims>
int run_claims(const Claims &claims) {
    for (const Claim &claim : claims) {
        const long before = failures;
        claim.run();
        std::printf("%s %s\n", failures == before ? "ok    " : "FAILED", claim.name);
    }
    std::printf("%ld checks, %ld failed\n", checks.load(), failures.load());
    return failures == 0 && checks > 0 ? 0 : 1;
}

#endif
