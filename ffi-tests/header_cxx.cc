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

int main() {
    if (std::strcmp(plinth_error_name(PLINTH_ERROR_NOT_COMMITTED), "not_committed") != 0) {
        return 1;
    }
    std::printf("library %s\n", plinth_version());
    return 0;
}
