/*
 * Databases. Transactions, keyspaces and watches of one may outlive it: their calls then fail with 9003.
 */
#ifndef PLINTH_DATABASE_HPP
#define PLINTH_DATABASE_HPP

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "keyspace.hpp"
#include "result.hpp"
#include "transaction.hpp"
#include "upkeep.hpp"
#include "value.hpp"

namespace plinth {

/* As plinth_database_options, with struct_size filled in: all defaults, unless changed. */
struct DatabaseOptions : plinth_database_options {
    DatabaseOptions() noexcept : plinth_database_options{} { struct_size = sizeof(plinth_database_options); }
};

/* As plinth_load_options, with struct_size filled in. */
struct LoadOptions : plinth_load_options {
    LoadOptions() noexcept : plinth_load_options{} { struct_size = sizeof(plinth_load_options); }
};

/* The id of a lock. */
using LockId = std::array<uint8_t, 16>;

/* As plinth_move_options, with struct_size filled in. */
struct MoveOptions : plinth_move_options {
    MoveOptions() noexcept : plinth_move_options{} { struct_size = sizeof(plinth_move_options); }
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

    /* plinth_database_dump() */
    Result<plinth_dumped> dump(const std::string &path, plinth_progress_callback progress = nullptr, void *context = nullptr)
    {
        plinth_dumped dumped{};
        const plinth_error error = plinth_database_dump(handle(), path.c_str(), progress, context, &dumped, sizeof dumped);
        return detail::result(error, std::move(dumped));
    }

    /* plinth_database_dump_to() */
    Result<plinth_dumped> dump(plinth_write_callback write, void *to, plinth_progress_callback progress = nullptr,
                               void *context = nullptr)
    {
        plinth_dumped dumped{};
        const plinth_error error =
            plinth_database_dump_to(handle(), write, to, progress, context, &dumped, sizeof dumped);
        return detail::result(error, std::move(dumped));
    }

    /* plinth_database_load() */
    Result<plinth_dumped> load(const std::string &path, const LoadOptions &options = {},
                               plinth_progress_callback progress = nullptr, void *context = nullptr)
    {
        plinth_dumped dumped{};
        const plinth_error error =
            plinth_database_load(handle(), path.c_str(), &options, progress, context, &dumped, sizeof dumped);
        return detail::result(error, std::move(dumped));
    }

    /* plinth_database_load_from() */
    Result<plinth_dumped> load(plinth_read_callback read, void *from, const LoadOptions &options = {},
                               plinth_progress_callback progress = nullptr, void *context = nullptr)
    {
        plinth_dumped dumped{};
        const plinth_error error =
            plinth_database_load_from(handle(), read, from, &options, progress, context, &dumped, sizeof dumped);
        return detail::result(error, std::move(dumped));
    }

    /* plinth_dump_check(), for a file. */
    static Result<plinth_dumped> check_dump(const std::string &path, plinth_progress_callback progress = nullptr,
                                            void *context = nullptr)
    {
        plinth_dumped dumped{};
        const plinth_error error = plinth_dump_check(path.c_str(), progress, context, &dumped, sizeof dumped);
        return detail::result(error, std::move(dumped));
    }

    /* plinth_move() */
    Result<plinth_move_report> move_to(Database &to, const MoveOptions &options = {},
                                       plinth_progress_callback progress = nullptr, void *context = nullptr)
    {
        plinth_move_report report{};
        const plinth_error error = plinth_move(handle(), to.handle(), &options, progress, context, &report, sizeof report);
        return detail::result(error, std::move(report));
    }

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

    /* plinth_database_list_transactions(): the live ones of all handles and processes, the oldest first. */
    Result<std::vector<plinth_transaction_info>> transactions()
    {
        plinth_transaction_list list{};
        const plinth_error error = plinth_database_list_transactions(handle(), &list);
        if (error != 0)
            return Error::last(error);
        std::vector<plinth_transaction_info> found(list.items, list.items + list.count);
        plinth_transaction_list_free(&list);
        return found;
    }

    /* plinth_database_expire_transaction(): one of any handle and process. */
    Result<void> expire_transaction(const std::string &id)
    {
        return Result<void>::of(plinth_database_expire_transaction(handle(), id.c_str()));
    }

    /* plinth_database_expire(): how many versions went. */
    Result<uint64_t> expire(int64_t version)
    {
        uint64_t gone = 0;
        return detail::result(plinth_database_expire(handle(), version, &gone), std::move(gone));
    }

    /* plinth_database_lock() */
    Result<void> lock(const LockId &id)
    {
        return Result<void>::of(plinth_database_lock(handle(), id.data(), id.size()));
    }

    /* plinth_database_unlock() */
    Result<void> unlock(const LockId &id)
    {
        return Result<void>::of(plinth_database_unlock(handle(), id.data(), id.size()));
    }

    /* plinth_database_is_locked(): under which id, if it is. */
    Result<std::optional<LockId>> locked()
    {
        bool is_locked = false;
        LockId id{};
        const plinth_error error = plinth_database_is_locked(handle(), &is_locked, id.data());
        std::optional<LockId> found;
        if (is_locked)
            found = id;
        return detail::result(error, std::move(found));
    }

    /* plinth_database_metrics() */
    Result<plinth_metrics> metrics()
    {
        plinth_metrics metrics{};
        return detail::result(plinth_database_metrics(handle(), &metrics, sizeof metrics), std::move(metrics));
    }

    /* plinth_database_checkpoint(): returns the version. `progress` is a function object as upkeep.hpp says. */
    template <class Progress = NoProgress>
    Result<int64_t> checkpoint(const std::string &path, Progress &&progress = {})
    {
        detail::Listener<std::remove_reference_t<Progress>> listener(progress);
        int64_t version = 0;
        const plinth_error error =
            plinth_database_checkpoint(handle(), path.c_str(), listener.callback(), listener.context(), &version);
        return detail::result(error, std::move(version));
    }

    /* plinth_database_backup() */
    template <class Progress = NoProgress>
    Result<plinth_backup> backup(const std::string &path, Progress &&progress = {})
    {
        detail::Listener<std::remove_reference_t<Progress>> listener(progress);
        plinth_backup backup{};
        const plinth_error error = plinth_database_backup(handle(), path.c_str(), listener.callback(),
                                                          listener.context(), &backup, sizeof backup);
        return detail::result(error, std::move(backup));
    }

    /* plinth_database_verify() */
    template <class Progress = NoProgress>
    Result<plinth_verified> verify(Progress &&progress = {})
    {
        detail::Listener<std::remove_reference_t<Progress>> listener(progress);
        plinth_verified verified{};
        const plinth_error error =
            plinth_database_verify(handle(), listener.callback(), listener.context(), &verified, sizeof verified);
        return detail::result(error, std::move(verified));
    }

    /* plinth_database_compact(): all keyspaces. */
    template <class Progress = NoProgress>
    Result<void> compact(Progress &&progress = {})
    {
        detail::Listener<std::remove_reference_t<Progress>> listener(progress);
        return Result<void>::of(plinth_database_compact(handle(), nullptr, listener.callback(), listener.context()));
    }

    /* plinth_database_compact(): one keyspace. */
    template <class Progress = NoProgress>
    Result<void> compact_keyspace(const Keyspace &keyspace, Progress &&progress = {})
    {
        detail::Listener<std::remove_reference_t<Progress>> listener(progress);
        return Result<void>::of(
            plinth_database_compact(handle(), keyspace.handle(), listener.callback(), listener.context()));
    }

    /* plinth_database_metrics_text() */
    Result<std::string> metrics_text()
    {
        plinth_value value{};
        const plinth_error error = plinth_database_metrics_text(handle(), &value);
        return text(error, Value(value));
    }

    /* plinth_database_status_json() */
    Result<std::string> status_json()
    {
        plinth_value value{};
        const plinth_error error = plinth_database_status_json(handle(), &value);
        return text(error, Value(value));
    }

private:
    static Result<std::string> text(plinth_error error, const Value &value)
    {
        return detail::result(error, std::string(value.view()));
    }

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
