/*
 * Purpose: the file system of these programs: that of threefs/meta.h with hard links, a count of
 * its inodes and an allocator that hands out ids in batches. Each operation gives its words, from
 * which the driver can do it again.
 *
 *     INOD<id>            -> "d <id of the parent>" or "f <links>"
 *     DENT<parent><name>  -> "d <id>" or "f <id>"
 *     IDAL<shard>         -> how many batches the shard has handed out
 *     STAT                -> the number of inodes, added to
 *
 * Relies on: what threefs/meta.h relies on.
 */
#ifndef PROCESSES_TREE_H
#define PROCESSES_TREE_H

#include "../threefs/meta.h"

namespace tree {

using meta::Entry;
using meta::Place;
using meta::Type;
using Words = Result<std::string>;

inline constexpr uint64_t shards = 4, batch = 32;

inline std::string allocator_key(uint64_t shard) { return "IDAL" + std::to_string(shard); }
/* The first id of a shard's batch. */
inline uint64_t first_id(uint64_t shard, uint64_t number) { return meta::root + 1 + (number * shards + shard) * batch; }
/* The shard, and the number of its batch, that an id comes from. */
inline uint64_t shard_of(uint64_t id) { return (id - meta::root - 1) / batch % shards; }
inline uint64_t number_of(uint64_t id) { return (id - meta::root - 1) / batch / shards; }

inline Words refused(Code code) { return {code, 0, {}}; }

inline std::string text(std::initializer_list<std::string> words)
{
    std::string joined;
    for (const std::string &word : words)
        joined += (joined.empty() ? "" : " ") + word;
    return joined;
}

inline std::string text(const Place &place) { return std::to_string(place.parent) + " " + place.name; }

inline void count(Transaction &tr, int64_t more) { tr.atomic_op(FDB_MUTATION_TYPE_ADD, "STAT", little_endian(more)); }

inline void set_links(Transaction &tr, uint64_t id, uint64_t links)
{
    tr.set(meta::inode_key(id), meta::packed(Type::File, links));
}

/* The root, where there is none. */
inline Task<Words> make_root(Transaction &tr)
{
    const Result<Entry> there = co_await meta::decisive(tr, meta::inode_key(meta::root));
    if (there.code != Code::NotFound)
        co_return there.ok() ? refused(Code::Exists) : Words::of(there);
    tr.set(meta::inode_key(meta::root), meta::inode_value(Type::Directory, meta::root));
    count(tr, 1);
    co_return given(std::string("root"));
}

/* The next batch of a shard: "ids <shard> <number>". */
inline Task<Words> allocate(Transaction &tr, uint64_t shard)
{
    const std::string key = allocator_key(shard);
    const Result<MaybeString> found = co_await tr.snapshot_get(key);
    if (!found.ok())
        co_return Words::of(found);
    if (const fdb_error_t number = tr.add_read_conflict(key))
        co_return Words::of(outcome_of(number));
    const uint64_t number = found.value ? std::stoull(*found.value) : 0;
    tr.set(key, std::to_string(number + 1));
    co_return given(text({"ids", std::to_string(shard), std::to_string(number)}));
}

/* Succeeds if a name may be put into a directory. */
inline Task<Result<Nothing>> free_place(Transaction &tr, const Place &place)
{
    const Result<Entry> above = co_await meta::directory(tr, place.parent);
    if (!above.ok())
        co_return Result<Nothing>::of(above);
    const Result<Entry> there = co_await meta::decisive(tr, meta::entry_key(place.parent, place.name));
    if (there.code == Code::NotFound)
        co_return done();
    co_return there.ok() ? failed(Code::Exists) : Result<Nothing>::of(there);
}

inline Task<Words> create(Transaction &tr, Place place, Entry entry)
{
    const Result<Nothing> free = co_await free_place(tr, place);
    if (!free.ok())
        co_return Words::of(free);
    tr.set(meta::entry_key(place.parent, place.name), meta::packed(entry.type, entry.id));
    tr.set(meta::inode_key(entry.id), meta::packed(entry.type, entry.type == Type::Directory ? place.parent : 1));
    count(tr, 1);
    const std::string type(1, static_cast<char>(entry.type));
    co_return given(text({"create", text(place), std::to_string(entry.id), type}));
}

/* One more name for a file. */
inline Task<Words> link(Transaction &tr, uint64_t id, Place place)
{
    const Result<Entry> inode = co_await meta::decisive(tr, meta::inode_key(id));
    if (!inode.ok())
        co_return Words::of(inode);
    if (inode.value.type == Type::Directory)
        co_return refused(Code::NotDirectory);
    const Result<Nothing> free = co_await free_place(tr, place);
    if (!free.ok())
        co_return Words::of(free);
    tr.set(meta::entry_key(place.parent, place.name), meta::packed(Type::File, id));
    set_links(tr, id, inode.value.id + 1);
    co_return given(text({"link", text(place), std::to_string(id)}));
}

/* What an entry leads to loses that name, and goes with the last one. */
inline Task<Result<Nothing>> give_up_name(Transaction &tr, Entry entry)
{
    const Result<Entry> inode = co_await meta::decisive(tr, meta::inode_key(entry.id));
    if (!inode.ok())
        co_return Result<Nothing>::of(inode);
    if (entry.type == Type::Directory) {
        const Result<Nothing> free = co_await meta::empty(tr, entry.id);
        if (!free.ok())
            co_return free;
    } else if (inode.value.id > 1) {
        set_links(tr, entry.id, inode.value.id - 1);
        co_return done();
    }
    tr.clear(meta::inode_key(entry.id));
    count(tr, -1);
    co_return done();
}

inline Task<Words> unlink(Transaction &tr, Place place)
{
    const std::string key = meta::entry_key(place.parent, place.name);
    const Result<Entry> there = co_await meta::decisive(tr, key);
    if (!there.ok())
        co_return Words::of(there);
    const Result<Nothing> dropped = co_await give_up_name(tr, there.value);
    if (!dropped.ok())
        co_return Words::of(dropped);
    tr.clear(key);
    co_return given(text({"unlink", text(place), std::to_string(there.value.id)}));
}

/* What must be so before an entry can go to a place. */
inline Task<Result<Nothing>> may_move(Transaction &tr, Entry moved, const Place &to)
{
    const Result<Entry> above = co_await meta::directory(tr, to.parent);
    if (!above.ok() || moved.type == Type::File)
        co_return Result<Nothing>::of(above);
    co_return co_await meta::not_above(tr, moved.id, to.parent);
}

/* Moves an entry; what has the new name already loses it. */
inline Task<Words> rename(Transaction &tr, Place from, Place to)
{
    const std::string source = meta::entry_key(from.parent, from.name), target = meta::entry_key(to.parent, to.name);
    const Result<Entry> moved = co_await meta::decisive(tr, source);
    if (!moved.ok())
        co_return Words::of(moved);
    const Result<Nothing> allowed = co_await may_move(tr, moved.value, to);
    if (!allowed.ok())
        co_return Words::of(allowed);
    const Result<Entry> there = co_await meta::decisive(tr, target);
    if (!there.ok() && there.code != Code::NotFound)
        co_return Words::of(there);
    if (there.ok()) {
        if (there.value.type != moved.value.type || there.value.id == moved.value.id)
            co_return refused(Code::Exists);
        const Result<Nothing> dropped = co_await give_up_name(tr, there.value);
        if (!dropped.ok())
            co_return Words::of(dropped);
    }
    tr.clear(source);
    tr.set(target, meta::packed(moved.value.type, moved.value.id));
    if (moved.value.type == Type::Directory)
        tr.set(meta::inode_key(moved.value.id), meta::packed(Type::Directory, to.parent));
    const std::string replaced = std::to_string(there.ok() ? there.value.id : 0);
    co_return given(text({"rename", text(from), text(to), std::to_string(moved.value.id), replaced}));
}

} // namespace tree

#endif
