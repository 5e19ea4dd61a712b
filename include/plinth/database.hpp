/*
 * Databases. Transactions, keyspaces and watches of one may outlive it: their calls then fail with 9003.
 */
#ifndef PLINTH_DATABASE_HPP
#define PLINTH_DATABASE_HPP

#include <memory>
#include <string>
#include <vector>

#include "keyspace.hpp"
#include "result.hpp"
#include "transaction.hpp"
#include "value.hpp"

namespace plinth {

/* As plinth_database_options, with struct_size filled in: all defaults, unless changed. */
struct DatabaseOptions : plinth_database_options {
    DatabaseOptions() noexcept : plinth_database_options{} { struct_size = sizeof(plinth_database_options); }
};

/* An open database. Ends with plinth_database_close(), whose error only close() tells. */
class Database {
public:
    /* Takes over a handle. */
    explicit Database(plinth_database *taken) noexcept : handle_(taken) {}

    /* plinth_database_open() */
    static Result<Database> open(const std::string &path, const DatabaseOptions &options = {})
    {
        plinth_database *database = nullptr;
        const plinth_error error = plinth_database_open(path.c_str(), &options, &database);
        return detail::result(error, Database(database));
    }

    /* plinth_database_repair(), for a directory that nobody has open. */
    static Result<plinth_repaired> repair(const std::string &path)
    {
        plinth_repaired repaired{};
        return detail::result(plinth_database_repair(path.c_str(), &repaired, sizeof repaired), std::move(repaired));
    }

    plinth_database *handle() const noexcept { return handle_.get(); }

    /* plinth_database_close(): the handle is gone afterwards, also when an error is returned. */
    Result<void> close() { return Result<void>::of(plinth_database_close(handle_.release())); }

    /* plinth_transaction_begin() */
    Result<Transaction> begin()
    {
        plinth_transaction *transaction = nullptr;
        const plinth_error error = plinth_transaction_begin(handle(), &transaction);
        return detail::result(error, Transaction(transaction));
    }

    /* plinth_transaction_find(): a handle that somebody else owns. */
    Result<plinth_transaction *> find(const std::string &id)
    {
        plinth_transaction *transaction = nullptr;
        return detail::result(plinth_transaction_find(handle(), id.c_str(), &transaction), std::move(transaction));
    }

    /* plinth_database_sync() */
    Result<void> sync() { return Result<void>::of(plinth_database_sync(handle())); }

    /* plinth_keyspace_open() */
    Result<Keyspace> keyspace(const std::string &name)
    {
        plinth_keyspace *keyspace = nullptr;
        const plinth_error error = plinth_keyspace_open(handle(), name.c_str(), &keyspace);
        return detail::result(error, Keyspace(keyspace));
    }

    /* plinth_keyspace_list() */
    Result<std::vector<std::string>> keyspaces()
    {
        plinth_range range{};
        const plinth_error error = plinth_keyspace_list(handle(), &range);
        const Range names(range);
        if (error != 0)
            return Error::last(error);
        std::vector<std::string> list;
        for (const KeyValue &pair : names)
            list.emplace_back(pair.key);
        return list;
    }

    /* plinth_keyspace_drop() */
    Result<void> drop_keyspace(const std::string &name)
    {
        return Result<void>::of(plinth_keyspace_drop(handle(), name.c_str()));
    }

    /* plinth_database_set_option(): `option` is one of PLINTH_DATABASE_OPTION_*. */
    Result<void> set_option(plinth_database_option option, int64_t value = 0)
    {
        return Result<void>::of(plinth_database_set_option(handle(), option, value));
    }

    /* plinth_database_metrics() */
    Result<plinth_metrics> metrics()
    {
        plinth_metrics metrics{};
        return detail::result(plinth_database_metrics(handle(), &metrics, sizeof metrics), std::move(metrics));
    }

private:
    struct Close {
        void operator()(plinth_database *database) const noexcept { plinth_database_close(database); }
    };
    std::unique_ptr<plinth_database, Close> handle_;
};

/* plinth_version(): the library's, at run time. */
inline const char *version() noexcept { return plinth_version(); }

/* Whether the loaded library has the binary interface that this was compiled for (plinth_abi_version()). */
inline bool is_compatible() noexcept { return plinth_abi_version() == PLINTH_ABI_VERSION; }

} // namespace plinth

#endif
