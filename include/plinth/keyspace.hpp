/*
 * Keyspaces. A call that takes one takes the default keyspace if none is given.
 */
#ifndef PLINTH_KEYSPACE_HPP
#define PLINTH_KEYSPACE_HPP

#include <memory>

#include "../plinth.h"

namespace plinth {

/* An open keyspace. Ends with plinth_keyspace_close(); the keyspace and its keys stay. */
class Keyspace {
public:
    /* Takes over a handle. */
    explicit Keyspace(plinth_keyspace *taken) noexcept : handle_(taken) {}

    plinth_keyspace *handle() const noexcept { return handle_.get(); }

private:
    struct Close {
        void operator()(plinth_keyspace *keyspace) const noexcept { plinth_keyspace_close(keyspace); }
    };
    std::unique_ptr<plinth_keyspace, Close> handle_;
};

/* Which keyspace a call is for: pass a Keyspace, or nothing for the default one. */
class In {
public:
    In() noexcept = default;
    /* This keyspace, which has to live as long as the call. */
    In(const Keyspace &keyspace) noexcept : handle_(keyspace.handle()) {}
    /* The keyspace of a handle; NULL is the default one. */
    explicit In(plinth_keyspace *handle) noexcept : handle_(handle) {}

    plinth_keyspace *handle() const noexcept { return handle_; }

private:
    plinth_keyspace *handle_ = nullptr;
};

} // namespace plinth

#endif
