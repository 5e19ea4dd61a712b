// plinth.hpp in a program without exceptions and run-time types: the calls that return results are all there.
#include "plinth.hpp"

#include <type_traits>

#include "cxx_check.h"

#if PLINTH_HAS_EXCEPTIONS
#error "compile this with -fno-exceptions"
#endif

using namespace plinth;

namespace {

template <class T, class = void>
struct HasValue : std::false_type {};
template <class T>
struct HasValue<T, std::void_t<decltype(std::declval<T &>().value())>> : std::true_type {};

static_assert(!HasValue<Result<int>>::value && !HasValue<Result<void>>::value);

void a_program_that_asks_each_result() {
    Result<Database> db = Database::open(":memory:");
    if (!CHECK(db.ok()))
        return;
    const Result<int> keys = run(*db, [](Transaction &tr) -> Result<int> {
        for (const char *key : {"a", "b", "c"})
            if (auto set = tr.set(key, "value"); !set)
                return std::move(set).error();
        return 3;
    });
    CHECK(keys.ok() && *keys == 3);
    Result<Transaction> tr = db->begin();
    CHECK(tr.ok() && tr->get("a").ok() && !*tr->get("d"));
    Scan scan(*tr, "a", "z");
    int seen = 0;
    for (auto pair = scan.next(); pair.ok() && pair->has_value(); pair = scan.next())
        seen++;
    CHECK(seen == 3);
    CHECK(tr->set("\xff", "").code() == PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE);
    CHECK(run(*db, [](Transaction &) -> Result<void> { return Error(-1); }).code() == -1);
    CHECK(db->close().ok());
}

void what_could_not_be_opened_is_an_error() {
    const Result<Database> db = Database::open("/nowhere/at/all");
    CHECK(!db.ok() && db.code() == db.error().number() && !db.error().story().empty());
}

} // namespace

int main() {
    const Claim claims[] = {{"a program that asks each result", a_program_that_asks_each_result},
                            {"what could not be opened is an error", what_could_not_be_opened_is_an_error}};
    return run_claims(claims);
}
