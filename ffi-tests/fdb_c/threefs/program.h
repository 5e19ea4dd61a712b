/*
 * Purpose: what each of these programs begins and ends with: the library's network, one database
 * handle for all claims, short words for what they do with it.
 *
 * Relies on: the network being started once for each process, and stopped after the last handle
 * is gone.
 */
#ifndef THREEFS_PROGRAM_H
#define THREEFS_PROGRAM_H

#include "check.h"
#include "retry.h"

namespace program {

inline Context context;
inline Database db;

/* Starts everything, runs the claims, stops everything. */
inline int run(void (*claims)())
{
    check::choose_data();
    if (!CHECK_EQ(context.start({}), 0) || !CHECK_EQ(db.open(nullptr), 0))
        return check::end();
    claims();
    db = Database();
    CHECK_EQ(context.stop(), 0);
    return check::end();
}

} // namespace program

/* ---------------------------------------------------------------- in ordinary code */

inline void must(const Result<Nothing> &outcome) { CHECK_EQ(outcome.error, 0) && CHECK(outcome.ok()); }

inline MaybeString get_now(Transaction &tr, std::string_view key)
{
    Result<MaybeString> found = wait_for(tr.get(key));
    CHECK_EQ(found.error, 0);
    return found.value;
}

inline MaybeString snapshot_get_now(Transaction &tr, std::string_view key)
{
    Result<MaybeString> found = wait_for(tr.snapshot_get(key));
    CHECK_EQ(found.error, 0);
    return found.value;
}

inline void commit_now(Transaction &tr) { must(wait_for(tr.commit())); }

/* Sets one key in a transaction of its own. */
inline void put(std::string_view key, std::string_view value)
{
    Transaction tr(program::db);
    tr.set(key, value);
    commit_now(tr);
}

/* The value of one key, "(none)" if it has none. */
inline std::string stored(std::string_view key)
{
    Transaction tr(program::db);
    return get_now(tr, key).value_or("(none)");
}

/* Clears everything but the system's keys. */
inline void empty()
{
    Transaction tr(program::db);
    tr.clear_range("", "\xff");
    commit_now(tr);
}

/* "prefix" and a number of four digits. */
inline std::string numbered(std::string_view prefix, long number)
{
    std::string digits = std::to_string(number);
    return std::string(prefix) + std::string(digits.size() < 4 ? 4 - digits.size() : 0, '0') + digits;
}

/* Rows as text: "key=value key=value", and " +" if there is more. */
inline std::string text_of(const Result<Range> &found)
{
    if (!found.ok())
        return "error " + std::to_string(found.error);
    std::string text;
    for (const KeyValue &row : found.value.rows)
        text += (text.empty() ? "" : " ") + row.key + "=" + row.value;
    return text + (found.value.more ? " +" : "");
}

#endif
