/*
 * Plinth for C++17: the functions of plinth.h with owners for its handles, string_view for its keys, and
 * results that can't be overlooked. Header only; link what plinth.h needs.
 *
 *     plinth::Database db = plinth::Database::open("/srv/data").value();
 *     long count = plinth::run(db, [](plinth::Transaction &tr) -> plinth::Result<long> {
 *         auto old = tr.get("count");
 *         if (!old) return old.error();
 *         long next = *old ? std::stol((*old)->str()) + 1 : 1;
 *         tr.set("count", std::to_string(next)).value();
 *         return next;
 *     }).value();
 *
 * Errors: nothing here throws on its own but Result::value(). A call returns a Result: ask it with ok(),
 * code() and error(), or call value(), which throws plinth::Exception. So each call site chooses. With
 * -fno-exceptions there is no value() and no iterator of a Scan, and everything else is as before.
 *
 * What a function does, its limits, its errors and its threads are those of the function of plinth.h that
 * its comment names, whose documentation holds. Every pointer that a class owns can be had with handle(),
 * for a call of plinth.h that something is missing for here.
 *
 * Threads: as in plinth.h for what is behind an object; moving an object, assigning to it or ending it
 * while another thread uses it is a race, as with any C++ object.
 */
#ifndef PLINTH_HPP
#define PLINTH_HPP

#include "plinth/awaitable.hpp"
#include "plinth/database.hpp"
#include "plinth/error.hpp"
#include "plinth/keyspace.hpp"
#include "plinth/log.hpp"
#include "plinth/result.hpp"
#include "plinth/run.hpp"
#include "plinth/scan.hpp"
#include "plinth/selector.hpp"
#include "plinth/transaction.hpp"
#include "plinth/value.hpp"

#endif
