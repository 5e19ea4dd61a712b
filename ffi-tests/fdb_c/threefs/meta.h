/*
 * Purpose: the metadata of a file system: inodes and directory entries, created, renamed, listed
 * and removed, each in one transaction.
 *
 *     INOD<id>            -> "d <id of the parent>" or "f"
 *     DENT<parent><name>  -> "d <id>" or "f <id>"
 *     IDAL                -> the next free id
 *
 * Relies on: snapshot reads with explicit read conflicts on the keys that decide, as 3FS does
 * (3FS-2). What removes a directory clears its inode and conflicts with all of its entries; what
 * puts an entry into it conflicts with its inode. So one of two that contradict each other fails,
 * and two entries of one directory do not disturb each other.
 */
#ifndef THREEFS_META_H
#define THREEFS_META_H

#include "retry.h"

#include <charconv>

namespace meta {

inline constexpr uint64_t root = 1;

enum class Type : char { Directory = 'd', File = 'f' };

struct Entry {
    Type type = Type::File;
    uint64_t id = 0;
};

/* ---------------------------------------------------------------- keys and values */

inline std::string inode_key(uint64_t id) { return "INOD" + little_endian(id); }
inline std::string entries_of(uint64_t parent) { return "DENT" + little_endian(parent); }
inline std::string entry_key(uint64_t parent, std::string_view name) { return entries_of(parent) + std::string(name); }

inline std::string packed(Type type, uint64_t id)
{
    return std::string(1, static_cast<char>(type)) + " " + std::to_string(id);
}

inline Entry unpacked(std::string_view text)
{
    Entry entry{static_cast<Type>(text[0]), 0};
    if (text.size() > 2)
        std::from_chars(text.data() + 2, text.data() + text.size(), entry.id);
    return entry;
}

inline std::string inode_value(Type type, uint64_t parent)
{
    return type == Type::Directory ? packed(type, parent) : "f";
}

/* ---------------------------------------------------------------- reads that decide */

/* A value, read at the snapshot; that it stays as it is matters. */
inline Task<Result<Entry>> decisive(Transaction &tr, std::string key)
{
    const Result<MaybeString> found = co_await tr.snapshot_get(key);
    if (!found.ok())
        co_return Result<Entry>::of(found);
    if (const fdb_error_t number = tr.add_read_conflict(key))
        co_return Result<Entry>::of(outcome_of(number));
    if (!found.value)
        co_return Result<Entry>{Code::NotFound, 0, {}};
    co_return given(unpacked(*found.value));
}

/* A directory's inode; its entry's id is that of the parent. */
inline Task<Result<Entry>> directory(Transaction &tr, uint64_t id)
{
    Result<Entry> inode = co_await decisive(tr, inode_key(id));
    if (inode.ok() && inode.value.type != Type::Directory)
        inode.code = Code::NotDirectory;
    co_return inode;
}

/* Fails unless a directory is empty, and stays so. */
inline Task<Result<Nothing>> empty(Transaction &tr, uint64_t id)
{
    const std::string begin = entries_of(id), end = end_of_prefix(begin);
    const Selector from{begin, true}, to{end, false};
    const Result<Range> rows = co_await tr.snapshot_get_range(from, to, 1);
    if (!rows.ok())
        co_return Result<Nothing>::of(rows);
    if (const fdb_error_t number = tr.add_read_conflict_range(begin, end))
        co_return outcome_of(number);
    co_return rows.value.rows.empty() ? done() : failed(Code::NotEmpty);
}

/* Fails if `id` is `below` or above it. */
inline Task<Result<Nothing>> not_above(Transaction &tr, uint64_t id, uint64_t below)
{
    for (uint64_t at = below; at != root;) {
        if (at == id)
            co_return failed(Code::Loop);
        const Result<Entry> inode = co_await directory(tr, at);
        if (!inode.ok())
            co_return Result<Nothing>::of(inode);
        at = inode.value.id;
    }
    co_return done();
}

/* ---------------------------------------------------------------- operations */

inline Task<Result<Nothing>> make_root(Transaction &tr)
{
    tr.set(inode_key(root), inode_value(Type::Directory, root));
    co_return done();
}

/* As many ids as asked for, from the one returned on. */
inline Task<Result<uint64_t>> allocate(Transaction &tr, uint64_t count)
{
    const Result<MaybeString> next = co_await tr.snapshot_get("IDAL");
    if (!next.ok())
        co_return Result<uint64_t>::of(next);
    if (const fdb_error_t number = tr.add_read_conflict("IDAL"))
        co_return Result<uint64_t>::of(outcome_of(number));
    const uint64_t first = next.value ? std::stoull(*next.value) : root + 1;
    tr.set("IDAL", std::to_string(first + count));
    co_return given(first);
}

inline Task<Result<Nothing>> create(Transaction &tr, uint64_t parent, std::string name, Entry entry)
{
    const Result<Entry> above = co_await directory(tr, parent);
    if (!above.ok())
        co_return Result<Nothing>::of(above);
    const std::string key = entry_key(parent, name);
    const Result<Entry> there = co_await decisive(tr, key);
    if (there.code != Code::NotFound)
        co_return there.ok() ? failed(Code::Exists) : Result<Nothing>::of(there);
    tr.set(key, packed(entry.type, entry.id));
    tr.set(inode_key(entry.id), inode_value(entry.type, parent));
    co_return done();
}

/* What is there must be removable: a file, or a directory that is empty. */
inline Task<Result<Nothing>> drop(Transaction &tr, Entry entry)
{
    if (entry.type == Type::Directory) {
        const Result<Nothing> free = co_await empty(tr, entry.id);
        if (!free.ok())
            co_return free;
    }
    tr.clear(inode_key(entry.id));
    co_return done();
}

inline Task<Result<Entry>> remove(Transaction &tr, uint64_t parent, std::string name)
{
    const std::string key = entry_key(parent, name);
    const Result<Entry> there = co_await decisive(tr, key);
    if (!there.ok())
        co_return there;
    const Result<Nothing> dropped = co_await drop(tr, there.value);
    if (!dropped.ok())
        co_return Result<Entry>::of(dropped);
    tr.clear(key);
    co_return there;
}

struct Place {
    uint64_t parent;
    std::string name;
};

/* Moves an entry; what has the new name already goes. */
inline Task<Result<Nothing>> rename(Transaction &tr, Place from, Place to)
{
    const std::string source = entry_key(from.parent, from.name), target = entry_key(to.parent, to.name);
    const Result<Entry> moved = co_await decisive(tr, source);
    if (!moved.ok())
        co_return Result<Nothing>::of(moved);
    const Result<Entry> above = co_await directory(tr, to.parent);
    if (!above.ok())
        co_return Result<Nothing>::of(above);
    const Result<Entry> there = co_await decisive(tr, target);
    if (!there.ok() && there.code != Code::NotFound)
        co_return Result<Nothing>::of(there);
    if (source == target)
        co_return done();
    if (moved.value.type == Type::Directory) {
        const Result<Nothing> allowed = co_await not_above(tr, moved.value.id, to.parent);
        if (!allowed.ok())
            co_return allowed;
    }
    if (there.ok()) {
        if (there.value.type != moved.value.type)
            co_return failed(Code::Exists);
        const Result<Nothing> dropped = co_await drop(tr, there.value);
        if (!dropped.ok())
            co_return dropped;
    }
    tr.clear(source);
    tr.set(target, packed(moved.value.type, moved.value.id));
    tr.set(inode_key(moved.value.id), inode_value(moved.value.type, to.parent));
    co_return done();
}

inline Task<Result<Entry>> lookup(Transaction &tr, uint64_t parent, std::string name)
{
    const std::string key = entry_key(parent, name);
    const Result<MaybeString> found = co_await tr.snapshot_get(key);
    if (!found.ok())
        co_return Result<Entry>::of(found);
    if (!found.value)
        co_return Result<Entry>{Code::NotFound, 0, {}};
    co_return given(unpacked(*found.value));
}

struct Listed {
    std::string name;
    Entry entry;
};

struct Page {
    std::vector<Listed> entries;
    bool more = false;
};

/* Entries after a name, at most `limit` of them. */
inline Task<Result<Page>> readdir(Transaction &tr, uint64_t parent, std::string after, int limit)
{
    const std::string prefix = entries_of(parent), begin = prefix + after, end = end_of_prefix(prefix);
    const Selector from{begin, after.empty()}, to{end, false};
    const Result<Range> rows = co_await tr.snapshot_get_range(from, to, limit);
    Result<Page> page = Result<Page>::of(rows);
    for (const KeyValue &row : rows.value.rows)
        page.value.entries.push_back({row.key.substr(prefix.size()), unpacked(row.value)});
    page.value.more = rows.value.more;
    co_return page;
}

} // namespace meta

#endif
