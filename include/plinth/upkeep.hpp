/*
 * Backups, and how a function object hears the progress of a long call: it takes (done, total) in bytes and returns a bool,
 * false to cancel, or nothing. An exception out of it ends the process (std::terminate): it has nowhere to go.
 */
#ifndef PLINTH_UPKEEP_HPP
#define PLINTH_UPKEEP_HPP

#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "result.hpp"

namespace plinth {

/* For a call that nobody wants to hear of. */
struct NoProgress {};

namespace detail {

/* A function object as a C callback, for the length of one call. */
template <class Told>
class Listener {
public:
    explicit Listener(Told &told) noexcept : told_(&told) {}

    static constexpr plinth_progress_callback callback() noexcept
    {
        if constexpr (std::is_same_v<std::remove_const_t<Told>, NoProgress>)
            return nullptr;
        else
            return &Listener::hear;
    }

    void *context() noexcept { return this; }

private:
    static bool hear(void *context, std::uint64_t done, std::uint64_t total) noexcept
    {
        Told &told = *static_cast<Listener *>(context)->told_;
        if constexpr (std::is_void_v<std::invoke_result_t<Told &, std::uint64_t, std::uint64_t>>) {
            told(done, total);
            return true;
        } else {
            return static_cast<bool>(told(done, total));
        }
    }

    Told *told_;
};

} // namespace detail

/* plinth_backup_list(): the backups of a directory, oldest first. */
inline Result<std::vector<plinth_backup>> backups(const std::string &path)
{
    plinth_backups list{};
    const plinth_error error = plinth_backup_list(path.c_str(), &list);
    if (error != 0)
        return Error::last(error);
    std::vector<plinth_backup> found(list.items, list.items + list.count);
    plinth_backups_free(&list);
    return found;
}

/* plinth_backup_verify(): 0 is the newest. */
template <class Progress = NoProgress>
Result<plinth_backup> verify_backup(const std::string &path, uint64_t number = 0, Progress &&progress = {})
{
    detail::Listener<std::remove_reference_t<Progress>> listener(progress);
    plinth_backup backup{};
    const plinth_error error = plinth_backup_verify(path.c_str(), number, listener.callback(), listener.context(),
                                                    &backup, sizeof backup);
    return detail::result(error, std::move(backup));
}

/* plinth_backup_restore(): 0 is the newest. */
template <class Progress = NoProgress>
Result<plinth_backup> restore_backup(const std::string &path, uint64_t number, const std::string &to,
                                     Progress &&progress = {})
{
    detail::Listener<std::remove_reference_t<Progress>> listener(progress);
    plinth_backup backup{};
    const plinth_error error = plinth_backup_restore(path.c_str(), number, to.c_str(), listener.callback(),
                                                     listener.context(), &backup, sizeof backup);
    return detail::result(error, std::move(backup));
}

/* plinth_backup_delete() */
inline Result<void> delete_backup(const std::string &path, uint64_t number)
{
    return Result<void>::of(plinth_backup_delete(path.c_str(), number));
}

/* plinth_backup_keep() */
inline Result<void> keep_backups(const std::string &path, uint64_t newest)
{
    return Result<void>::of(plinth_backup_keep(path.c_str(), newest));
}

} // namespace plinth

#endif
