/*
 * Purpose: the administrator's tool: looks at all of the file system in snapshot ranges and says
 * what is wrong; repairs nothing. At the end it prints everything, for the driver to compare.
 *
 *     admin <number of the run> scan       until it is told to end
 *     admin <number of the run> dump       every row, one line each, and one scan
 *     admin <number of the run> remove     damages: an entry is removed, and no more
 *     admin <number of the run> repeat     damages: a marker says that it was applied twice
 *
 * Relies on: one transaction seeing one state, so that what it finds wrong in one scan is wrong.
 */
#include "service.h"
#include "tree.h"

#include <map>

using meta::Entry;
using meta::Type;

enum { PAGE = 200 };

static uint64_t number_at(std::string_view bytes)
{
    uint64_t number = 0;
    for (size_t i = 0; i < 8 && i < bytes.size(); i++)
        number |= uint64_t(uint8_t(bytes[i])) << (8 * i);
    return number;
}

static uint64_t id_of(std::string_view key) { return number_at(key.substr(4)); }

/* ---------------------------------------------------------------- the state of one moment */

struct State {
    std::map<uint64_t, Entry> inodes;
    std::multimap<uint64_t, std::pair<uint64_t, Entry>> entries; /* by the id that they lead to */
    std::map<uint64_t, uint64_t> allocated;
    uint64_t counted = 0;
    std::string metadata_version;
};

static Task<Result<Nothing>> read_rest(Transaction &tr, State &state)
{
    const Result<Range> allocated = co_await list_by_prefix(tr, "IDAL", PAGE, true);
    const Result<MaybeString> counted = co_await tr.snapshot_get("STAT");
    const Result<MaybeString> version = co_await tr.snapshot_get("\xff/metadataVersion");
    if (!allocated.ok() || !counted.ok())
        co_return allocated.ok() ? Result<Nothing>::of(counted) : Result<Nothing>::of(allocated);
    for (const KeyValue &row : allocated.value.rows)
        state.allocated[std::stoull(row.key.substr(4))] = std::stoull(row.value);
    state.counted = number_at(counted.value.value_or(""));
    state.metadata_version = version.value.value_or("");
    co_return Result<Nothing>::of(version);
}

static Task<Result<Nothing>> read_state(Transaction &tr, State &state)
{
    state = State();
    const Result<Range> inodes = co_await list_by_prefix(tr, "INOD", PAGE, true);
    if (!inodes.ok())
        co_return Result<Nothing>::of(inodes);
    const Result<Range> entries = co_await list_by_prefix(tr, "DENT", PAGE, true);
    if (!entries.ok())
        co_return Result<Nothing>::of(entries);
    for (const KeyValue &row : inodes.value.rows)
        state.inodes[id_of(row.key)] = meta::unpacked(row.value);
    for (const KeyValue &row : entries.value.rows) {
        const Entry entry = meta::unpacked(row.value);
        state.entries.emplace(entry.id, std::pair(id_of(row.key), entry));
    }
    co_return co_await read_rest(tr, state);
}

/* ---------------------------------------------------------------- what must be so */

static void wrong(const char *what, uint64_t id)
{
    service::say("bad %s found: %s, inode %llu", service::self.c_str(), what, static_cast<unsigned long long>(id));
}

/* Every entry has its inode, of its type, below a directory. */
static void check_entries(const State &state)
{
    for (const auto &[id, place] : state.entries) {
        const auto &[parent, entry] = place;
        const auto inode = state.inodes.find(id), above = state.inodes.find(parent);
        if (inode == state.inodes.end() || inode->second.type != entry.type)
            wrong("an entry without its inode", id);
        if (above == state.inodes.end() || above->second.type != Type::Directory)
            wrong("an entry below what is no directory", parent);
    }
}

/* Files have as many entries as links; directories one, in the parent that they name. */
static void check_inodes(const State &state)
{
    for (const auto &[id, inode] : state.inodes) {
        const size_t names = state.entries.count(id);
        if (id == meta::root)
            continue;
        if (inode.type == Type::File && names != inode.id)
            wrong("a file with another number of entries than links", id);
        if (inode.type == Type::Directory && names != 1)
            wrong("a directory with another number of entries than one", id);
        if (inode.type == Type::Directory && names == 1 && state.entries.find(id)->second.first != inode.id)
            wrong("a directory that names another parent", id);
        const auto shard = state.allocated.find(tree::shard_of(id));
        if (shard == state.allocated.end() || tree::number_of(id) >= shard->second)
            wrong("an id that was not handed out", id);
    }
    if (state.counted != state.inodes.size())
        wrong("another number of inodes than was counted", state.counted);
}

/* Every directory leads up to the root: in no more steps than there are inodes. */
static void check_paths(const State &state)
{
    for (const auto &[id, inode] : state.inodes) {
        uint64_t at = id, steps = 0;
        while (inode.type == Type::Directory && at != meta::root && steps++ <= state.inodes.size()) {
            const auto up = state.inodes.find(at);
            at = up == state.inodes.end() ? at : up->second.id;
        }
        if (inode.type == Type::Directory && at != meta::root)
            wrong("a directory that does not hang from the root", id);
    }
}

static void scan(std::string &version)
{
    const long long began = service::now();
    State state;
    auto read = [&state](Transaction &tr) { return read_state(tr, state); };
    if (!wait_for(service::look("a scan", read)).ok())
        return;
    check_entries(state);
    check_inodes(state);
    check_paths(state);
    if (state.metadata_version < version)
        wrong("metadataVersion went back", 0);
    version = state.metadata_version;
    service::say("scan %zu %zu %lld %lld", state.inodes.size(), state.entries.size(), began,
                 static_cast<long long>(service::now()));
}

static void work_scan()
{
    for (std::string version; !service::ending;)
        scan(version);
}

/* ---------------------------------------------------------------- everything, for the driver */

static void print_row(const KeyValue &row)
{
    const std::string prefix = row.key.substr(0, 4), rest = row.key.substr(4);
    if (prefix == "MARK" && row.value.size() >= 10)
        service::say("row MARK %s %s %s", rest.c_str(), service::hex(row.value.substr(0, 10)).c_str(),
                     row.value.substr(10).c_str());
    else if (prefix == "ONCE")
        service::say("row ONCE %s %llu", rest.c_str(), static_cast<unsigned long long>(number_at(row.value)));
    else if (prefix == "BEAT")
        service::say("row BEAT %s %s", service::hex(rest).c_str(), row.value.c_str());
    else if (prefix == "INOD")
        service::say("row INOD %llu %s", static_cast<unsigned long long>(id_of(row.key)), row.value.c_str());
    else if (prefix == "DENT" && rest.size() > 8)
        service::say("row DENT %llu %s %s", static_cast<unsigned long long>(id_of(row.key)), rest.substr(8).c_str(),
                     row.value.c_str());
    else if (prefix == "STAT")
        service::say("row STAT - %llu", static_cast<unsigned long long>(number_at(row.value)));
    else
        service::say("row %s %s %s", prefix.c_str(), rest.empty() ? "-" : rest.c_str(), row.value.c_str());
}

/* Page by page, each of its own transaction: nobody else is there. */
static void work_dump()
{
    std::string after;
    for (bool more = true; more;) {
        Range page;
        auto read = [&](Transaction &tr) -> Task<Result<Nothing>> {
            const Selector from{after, after.empty()}, to{"\xff", false};
            Result<Range> rows = co_await tr.snapshot_get_range(from, to, 1000);
            page = std::move(rows.value);
            co_return Result<Nothing>{rows.code, rows.error, {}};
        };
        if (!wait_for(service::look("a page", read)).ok())
            return;
        for (const KeyValue &row : page.rows)
            print_row(row);
        more = page.more;
        after = page.rows.empty() ? after : page.rows.back().key;
    }
    std::string version;
    scan(version);
    service::say("row META - %s", service::hex(version).c_str());
}

/* ---------------------------------------------------------------- damage, to be noticed */

/* The first row of a prefix. */
static Task<Result<Range>> first_row(Transaction &tr, std::string prefix)
{
    const std::string end = end_of_prefix(prefix);
    const Selector from{prefix, true}, to{end, false};
    co_return co_await tr.snapshot_get_range(from, to, 1);
}

static Task<Result<Nothing>> damage(Transaction &tr, bool remove)
{
    const Result<Range> found = co_await first_row(tr, remove ? "DENT" : "ONCE");
    if (!found.ok() || found.value.rows.empty())
        co_return Result<Nothing>::of(found);
    const std::string key = found.value.rows[0].key;
    if (remove)
        tr.clear(key);
    else
        tr.atomic_op(FDB_MUTATION_TYPE_ADD, key, little_endian(uint64_t(1)));
    co_return co_await tr.commit();
}

static void work_remove()
{
    (void)wait_for(service::look("damage", [](Transaction &tr) { return damage(tr, true); }));
}

static void work_repeat()
{
    (void)wait_for(service::look("damage", [](Transaction &tr) { return damage(tr, false); }));
}

int main(int argc, char **argv)
{
    const std::map<std::string, void (*)()> works = {
        {"scan", work_scan}, {"dump", work_dump}, {"remove", work_remove}, {"repeat", work_repeat}};
    const auto work = works.find(argc == 3 ? argv[2] : "");
    return work == works.end() ? 2 : service::run("admin", argv[1], work->second);
}
