/*
 * Purpose: 3FS's TestErrorcode: what the predicates say of every error number at API version 710,
 * and that the numbers 3FS knows become the statuses it expects.
 *
 * Relies on: the list being 3FS's own, of the 7.1 line, typed here once more. (ERRC-2, ERRC-3)
 */
#include "program.h"

#include <set>

static const std::set<fdb_error_t> retryable_not_committed = {1007, 1009, 1020, 1037, 1038, 1042, 1051, 1213, 2137};

/* ERRC-2, ERRC-3: retryable and certainly not committed, for every number but 1039. */
static void the_predicates_are_those_of_the_7_1_line(void)
{
    for (fdb_error_t number = 1; number <= 9999; number++) {
        if (number == error::cluster_changed)
            continue;
        const bool not_committed = retryable_not_committed.contains(number);
        const bool maybe = number == error::maybe_committed;
        CHECK_EQ(fdb_error_predicate(FDB_ERROR_PREDICATE_RETRYABLE_NOT_COMMITTED, number) != 0, not_committed) ||
            std::printf("       at %d\n", number);
        CHECK_EQ(fdb_error_predicate(FDB_ERROR_PREDICATE_MAYBE_COMMITTED, number) != 0, maybe) ||
            std::printf("       at %d\n", number);
        CHECK_EQ(fdb_error_predicate(FDB_ERROR_PREDICATE_RETRYABLE, number) != 0, not_committed || maybe) ||
            std::printf("       at %d\n", number);
    }
}

/* ERRC-2: no error, numbers out of the table and predicates that do not exist: all false. */
static void what_is_no_error_has_no_predicate(void)
{
    for (fdb_error_t number : {0, -1, 30001, 1 << 30})
        for (int predicate : {50000, 50001, 50002})
            CHECK(!fdb_error_predicate(predicate, number));
    for (int predicate : {0, -1, 49999, 50003})
        CHECK(!fdb_error_predicate(predicate, error::conflict));
}

/* ERRC-1: a text for every number, whatever it is; the same one each time. */
static void every_number_has_a_text(void)
{
    for (fdb_error_t number = -1; number <= 9999; number++) {
        const char *text = fdb_get_error(number);
        CHECK(text != nullptr && text[0] != '\0');
        CHECK(fdb_get_error(number) == text);
    }
    CHECK(std::string(fdb_get_error(error::conflict)) != fdb_get_error(error::too_old));
}

/* What 3FS retries is what the library calls retryable. 1039 counts as retryable there: DIS-16. */
static void what_is_retried_is_what_the_library_calls_retryable(void)
{
    const std::set<Code> retried = {Code::Conflict,           Code::TooOld,        Code::FutureVersion,
                                    Code::Throttled,          Code::ProcessBehind, Code::Retryable,
                                    Code::ResourceConstrained, Code::MaybeCommitted};
    for (fdb_error_t number = 1; number <= 9999; number++)
        CHECK_EQ(fdb_error_predicate(FDB_ERROR_PREDICATE_RETRYABLE, number) != 0,
                 retried.contains(code_of(number, Where::Commit)));
}

static void claims(void)
{
    RUN(the_predicates_are_those_of_the_7_1_line);
    RUN(what_is_no_error_has_no_predicate);
    RUN(every_number_has_a_text);
    RUN(what_is_retried_is_what_the_library_calls_retryable);
}

int main() { return program::run(claims); }
