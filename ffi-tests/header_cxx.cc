// The header compiles alone, first, and twice, as C++17, and its functions link from there.
#include "plinth.h"
#include "plinth.h"

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <type_traits>

static_assert(std::is_same_v<plinth_error, std::int32_t>);
static_assert(std::is_trivial_v<plinth_value> && std::is_standard_layout_v<plinth_value>);
static_assert(std::is_trivial_v<plinth_range> && std::is_standard_layout_v<plinth_range>);
static_assert(std::is_same_v<decltype(&plinth_transaction_commit), plinth_error (*)(plinth_transaction *)>);
static_assert(std::is_same_v<plinth_mutation, std::int32_t>);
static_assert(std::is_same_v<plinth_value_callback, void (*)(void *, plinth_error, plinth_value *)>);
static_assert(std::is_same_v<plinth_range_callback, void (*)(void *, plinth_error, plinth_range *)>);
static_assert(std::is_same_v<plinth_done_callback, void (*)(void *, plinth_error)>);
static_assert(std::is_same_v<plinth_finaliser, void (*)(void *)>);
static_assert(std::is_same_v<decltype(&plinth_transaction_commit_async),
                             plinth_error (*)(plinth_transaction *, plinth_done_callback, void *, plinth_finaliser)>);

// A lambda without captures is a callback.
static int answer_of_a_lambda() {
    int told = -1;
    const plinth_error returned = plinth_transaction_commit_async(
        nullptr, [](void *user, plinth_error error) { *static_cast<int *>(user) = error; }, &told, nullptr);
    return returned == 0 ? told : -1;
}

int main() {
    if (std::strcmp(plinth_error_name(PLINTH_ERROR_NOT_COMMITTED), "not_committed") != 0) {
        return 1;
    }
    if (answer_of_a_lambda() != PLINTH_ERROR_INVALID_HANDLE) {
        return 1;
    }
    std::printf("library %s\n", plinth_version());
    return 0;
}
