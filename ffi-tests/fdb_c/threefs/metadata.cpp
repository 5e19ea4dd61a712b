/*
 * Purpose: the metadata of a file system as 3FS keeps it: what single operations do, what happens
 * to two that contradict each other, and that the tree stays a tree when many work on it.
 *
 * Relies on: `sound` below: every entry has its inode, every inode but the root its one entry,
 * every directory knows its parent, and everything hangs from the root.
 */
#include "meta.h"
#include "program.h"

#include <map>
#include <set>

using meta::Entry;
using meta::Place;
using meta::Type;

enum { WORKERS = 8 };

/* ---------------------------------------------------------------- in ordinary code */

static uint64_t new_id()
{
    auto one = [](Transaction &tr) { return meta::allocate(tr, 1); };
    const Result<uint64_t> id = wait_for(read_write<uint64_t>(program::db, one));
    CHECK(id.ok());
    return id.value;
}

static void format(void)
{
    empty();
    must(wait_for(read_write<Nothing>(program::db, meta::make_root)));
}

static Task<Result<Nothing>> create_at(uint64_t parent, std::string name, Entry entry)
{
    auto create = [&](Transaction &tr) { return meta::create(tr, parent, name, entry); };
    co_return co_await read_write<Nothing>(program::db, create);
}

static Task<Result<Entry>> remove_at(uint64_t parent, std::string name)
{
    auto remove = [&](Transaction &tr) { return meta::remove(tr, parent, name); };
    co_return co_await read_write<Entry>(program::db, remove);
}

static Task<Result<Nothing>> rename_at(Place from, Place to)
{
    auto rename = [&](Transaction &tr) { return meta::rename(tr, from, to); };
    co_return co_await read_write<Nothing>(program::db, rename);
}

static Task<Result<Entry>> look_up(uint64_t parent, std::string name)
{
    auto lookup = [&](Transaction &tr) { return meta::lookup(tr, parent, name); };
    co_return co_await read_only<Entry>(program::db, lookup);
}

static uint64_t make(uint64_t parent, const std::string &name, Type type)
{
    const uint64_t id = new_id();
    must(wait_for(create_at(parent, name, {type, id})));
    return id;
}

static uint64_t make_directory(uint64_t parent, const std::string &name) { return make(parent, name, Type::Directory); }
static uint64_t make_file(uint64_t parent, const std::string &name) { return make(parent, name, Type::File); }

/* ---------------------------------------------------------------- soundness */

/* Ids of directories that hang from the root, by their entries alone. */
static std::set<uint64_t> reachable(const std::multimap<uint64_t, Entry> &entries)
{
    std::set<uint64_t> seen = {meta::root};
    std::vector<uint64_t> left = {meta::root};
    while (!left.empty()) {
        const uint64_t at = left.back();
        left.pop_back();
        for (auto [entry, end] = entries.equal_range(at); entry != end; ++entry)
            if (entry->second.type == Type::Directory && seen.insert(entry->second.id).second)
                left.push_back(entry->second.id);
    }
    return seen;
}

static uint64_t id_of(std::string_view key)
{
    uint64_t id = 0;
    for (size_t i = 0; i < 8; i++)
        id |= static_cast<uint64_t>(static_cast<uint8_t>(key[4 + i])) << (8 * i);
    return id;
}

/* Looks at all of the tree as one transaction sees it; the number of its inodes. */
static Task<Result<size_t>> sound(Transaction &tr)
{
    const Result<Range> inodes = co_await list_by_prefix(tr, "INOD", 50, true);
    const Result<Range> dents = co_await list_by_prefix(tr, "DENT", 50, true);
    if (!inodes.ok() || !dents.ok())
        co_return Result<size_t>::of(inodes.ok() ? dents : inodes);
    std::map<uint64_t, Entry> by_id;
    for (const KeyValue &row : inodes.value.rows)
        by_id[id_of(row.key)] = meta::unpacked(row.value);
    std::multimap<uint64_t, Entry> entries;
    std::set<uint64_t> named;
    for (const KeyValue &row : dents.value.rows) {
        const Entry entry = meta::unpacked(row.value);
        const uint64_t parent = id_of(row.key);
        entries.emplace(parent, entry);
        CHECK(named.insert(entry.id).second);
        CHECK(by_id.contains(entry.id) && by_id[entry.id].type == entry.type);
        CHECK(entry.type == Type::File || by_id[entry.id].id == parent);
    }
    CHECK_EQ(named.size() + 1, by_id.size());
    const std::set<uint64_t> hanging = reachable(entries);
    for (const auto &[parent, entry] : entries)
        CHECK(hanging.contains(parent));
    co_return given(by_id.size());
}

static size_t check_sound()
{
    const Result<size_t> inodes = wait_for(read_only<size_t>(program::db, sound));
    CHECK_EQ(inodes.error, 0);
    return inodes.value;
}

/* ---------------------------------------------------------------- one at a time */

/* 3FS-5: what is created is found, what is removed is not, and what cannot be is refused. */
static void operations_do_what_they_say(void)
{
    format();
    const uint64_t home = make_directory(meta::root, "home");
    const uint64_t file = make_file(home, "file");
    CHECK_EQ(wait_for(look_up(home, "file")).value.id, file);
    CHECK_EQ(wait_for(create_at(home, "file", {Type::File, new_id()})).code, Code::Exists);
    CHECK_EQ(wait_for(create_at(file, "below", {Type::File, new_id()})).code, Code::NotDirectory);
    CHECK_EQ(wait_for(create_at(999999, "below", {Type::File, new_id()})).code, Code::NotFound);
    CHECK_EQ(wait_for(remove_at(meta::root, "home")).code, Code::NotEmpty);
    CHECK_EQ(wait_for(remove_at(home, "nothing")).code, Code::NotFound);
    CHECK_EQ(check_sound(), 3U);
    must(wait_for(rename_at({home, "file"}, {meta::root, "moved"})));
    CHECK_EQ(wait_for(look_up(meta::root, "moved")).value.id, file);
    CHECK_EQ(wait_for(look_up(home, "file")).code, Code::NotFound);
    CHECK_EQ(wait_for(remove_at(meta::root, "home")).value.id, home);
    CHECK_EQ(wait_for(remove_at(meta::root, "moved")).value.id, file);
    CHECK_EQ(check_sound(), 1U);
}

/* A rename replaces what may be replaced, and makes no directory its own ancestor. */
static void renames_replace_and_make_no_loops(void)
{
    format();
    const uint64_t a = make_directory(meta::root, "a"), b = make_directory(a, "b"), c = make_directory(b, "c");
    CHECK_EQ(wait_for(rename_at({meta::root, "a"}, {c, "d"})).code, Code::Loop);
    CHECK_EQ(wait_for(rename_at({meta::root, "a"}, {a, "d"})).code, Code::Loop);
    make_file(meta::root, "old");
    const uint64_t fresh = make_file(c, "new");
    CHECK_EQ(wait_for(rename_at({c, "new"}, {meta::root, "a"})).code, Code::Exists);
    must(wait_for(rename_at({c, "new"}, {meta::root, "old"})));
    CHECK_EQ(wait_for(look_up(meta::root, "old")).value.id, fresh);
    must(wait_for(rename_at({meta::root, "old"}, {meta::root, "old"})));
    must(wait_for(rename_at({b, "c"}, {meta::root, "c"})));
    CHECK_EQ(check_sound(), 5U);
}

/* RNG-8, RNG-9, 3FS-4: pages of a directory, each of its own transaction, are all entries once. */
static void a_directory_is_listed_page_by_page(void)
{
    format();
    const uint64_t home = make_directory(meta::root, "home"), other = make_directory(meta::root, "other");
    for (long i = 0; i < 100; i++)
        make_file(home, numbered("file", i));
    make_file(other, "file");
    for (int limit : {1, 7, 100, 1000}) {
        std::string after;
        long seen = 0;
        for (bool more = true; more;) {
            auto list = [&](Transaction &tr) { return meta::readdir(tr, home, after, limit); };
            const Result<meta::Page> page = wait_for(read_only<meta::Page>(program::db, list));
            more = page.value.more;
            /* A limit that was reached exactly at the end says more, and the last page is empty. */
            if (!CHECK(page.ok() && !(more && page.value.entries.empty())) || page.value.entries.empty())
                break;
            for (const meta::Listed &listed : page.value.entries)
                CHECK_EQ(listed.name, numbered("file", seen++));
            after = page.value.entries.back().name;
        }
        CHECK_EQ(seen, 100);
    }
}

/* ---------------------------------------------------------------- two that meet */

/* Both do their work before either commits; what became of the second commit. */
template <class First, class Second>
static fdb_error_t meet(First first, Second second)
{
    Transaction one(program::db), two(program::db);
    CHECK(wait_for(first(one)).ok());
    CHECK(wait_for(second(two)).ok());
    commit_now(one);
    const Result<Nothing> outcome = wait_for(two.commit());
    CHECK(outcome.ok() || outcome.code == Code::Conflict);
    return outcome.error;
}

/* CONF-2, CONF-10: of two crossing moves that would make a loop, one conflicts, and then sees the loop. */
static void crossing_moves_make_no_loop(void)
{
    format();
    const uint64_t a = make_directory(meta::root, "a"), b = make_directory(meta::root, "b");
    auto a_into_b = [=](Transaction &tr) { return meta::rename(tr, {meta::root, "a"}, {b, "a"}); };
    auto b_into_a = [=](Transaction &tr) { return meta::rename(tr, {meta::root, "b"}, {a, "b"}); };
    CHECK_EQ(meet(a_into_b, b_into_a), error::conflict);
    CHECK_EQ(wait_for(rename_at({meta::root, "b"}, {a, "b"})).code, Code::Loop);
    CHECK_EQ(check_sound(), 3U);
}

/* CONF-10: an entry into a directory that is removed meanwhile, in either order. */
static void no_entry_is_made_in_a_removed_directory(void)
{
    for (bool removed_first : {true, false}) {
        format();
        const uint64_t home = make_directory(meta::root, "home"), file = new_id();
        auto create = [=](Transaction &tr) { return meta::create(tr, home, "file", {Type::File, file}); };
        auto remove = [](Transaction &tr) { return meta::remove(tr, meta::root, "home"); };
        CHECK_EQ(removed_first ? meet(remove, create) : meet(create, remove), error::conflict);
        CHECK_EQ(check_sound(), removed_first ? 1U : 3U);
    }
}

/* CONF-2: two that move one entry to two places: one does. */
static void one_entry_is_moved_once(void)
{
    format();
    make_file(meta::root, "file");
    auto left = [](Transaction &tr) { return meta::rename(tr, {meta::root, "file"}, {meta::root, "left"}); };
    auto right = [](Transaction &tr) { return meta::rename(tr, {meta::root, "file"}, {meta::root, "right"}); };
    CHECK_EQ(meet(left, right), error::conflict);
    CHECK_EQ(check_sound(), 2U);
}

/* 3FS-2: and what does not contradict does not conflict: the ranges are not too large either. */
static void what_does_not_contradict_does_not_conflict(void)
{
    format();
    const uint64_t a = make_directory(meta::root, "a"), b = make_directory(meta::root, "b");
    const uint64_t one = new_id(), two = new_id();
    auto here = [=](Transaction &tr) { return meta::create(tr, a, "one", {Type::File, one}); };
    auto beside = [=](Transaction &tr) { return meta::create(tr, a, "two", {Type::File, two}); };
    CHECK_EQ(meet(here, beside), 0);
    auto out = [=](Transaction &tr) { return meta::rename(tr, {a, "one"}, {b, "one"}); };
    auto away = [=](Transaction &tr) { return meta::remove(tr, a, "two"); };
    CHECK_EQ(meet(out, away), 0);
    /* A listing at the snapshot does not mind what comes. */
    auto list = [=](Transaction &tr) -> Task<Result<meta::Page>> {
        tr.set("listed", "1");
        co_return co_await meta::readdir(tr, b, "", 10);
    };
    auto again = [=](Transaction &tr) { return meta::rename(tr, {b, "one"}, {b, "1"}); };
    CHECK_EQ(meet(again, list), 0);
    CHECK_EQ(check_sound(), 4U);
}

/* ---------------------------------------------------------------- many at once */

static Task<Result<Nothing>> create_one(uint64_t parent, std::string name, uint64_t id)
{
    co_return co_await create_at(parent, name, {Type::File, id});
}

/* CONF-19: of eight that create one name, one does, and the others find that it exists. */
static void one_of_many_that_create_a_name_does(void)
{
    format();
    Pool pool(WORKERS);
    for (long round = 0; round < check::scaled(25); round++) {
        std::vector<Task<Result<Nothing>>> creators;
        for (int worker = 0; worker < WORKERS; worker++)
            creators.push_back(create_one(meta::root, numbered("name", round), new_id()));
        long created = 0;
        for (const Result<Nothing> &outcome : wait_for_all(pool, std::move(creators))) {
            CHECK(outcome.ok() || outcome.code == Code::Exists);
            created += outcome.ok();
        }
        CHECK_EQ(created, 1);
        CHECK_EQ(check_sound(), static_cast<size_t>(round + 2));
    }
}

/* What one worker of the storm does; the number of inodes that it has added. */
static Task<Result<long>> storm(std::vector<uint64_t> homes, uint64_t seed, long rounds)
{
    check::Random random(seed);
    long added = 0;
    for (long round = 0; round < rounds; round++) {
        const auto home = [&] { return homes[random.below(homes.size())]; };
        const auto name = [&] { return numbered("n", static_cast<long>(random.below(6))); };
        const Place from{home(), name()}, to{home(), name()};
        const Type type = random.below(3) == 0 ? Type::Directory : Type::File;
        const uint64_t choice = random.below(10), id = 1000000 * seed + static_cast<uint64_t>(round);
        if (choice < 4) {
            const Result<Nothing> outcome = co_await create_at(from.parent, from.name, {type, id});
            CHECK(outcome.ok() || outcome.error == 0);
            added += outcome.ok();
        } else if (choice < 6) {
            const Result<Entry> outcome = co_await remove_at(from.parent, from.name);
            CHECK(outcome.ok() || outcome.error == 0);
            added -= outcome.ok();
        } else if (choice < 9) {
            auto counted = [&](Transaction &tr) -> Task<Result<bool>> {
                const Result<Entry> before = co_await meta::lookup(tr, to.parent, to.name);
                const Result<Nothing> moved = co_await meta::rename(tr, from, to);
                if (!moved.ok())
                    co_return Result<bool>::of(moved);
                const bool itself = from.parent == to.parent && from.name == to.name;
                co_return given(before.ok() && !itself);
            };
            const Result<bool> replaced = co_await read_write<bool>(program::db, counted);
            CHECK(replaced.ok() || replaced.error == 0);
            added -= replaced.ok() && replaced.value;
        } else {
            const Result<size_t> inodes = co_await read_only<size_t>(program::db, sound);
            CHECK_EQ(inodes.error, 0);
        }
    }
    co_return given(added);
}

/* VER-12, CONF-19: whatever many do to a tree at once, every snapshot of it is a tree. */
static void the_tree_stays_a_tree_in_a_storm(void)
{
    format();
    const uint64_t seed = static_cast<uint64_t>(getpid()) + 1;
    std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
    std::vector<uint64_t> homes = {meta::root, make_directory(meta::root, "a")};
    homes.push_back(make_directory(homes.back(), "b"));
    homes.push_back(make_directory(homes.back(), "c"));
    Pool pool(WORKERS);
    std::vector<Task<Result<long>>> workers;
    for (uint64_t worker = 0; worker < WORKERS; worker++)
        workers.push_back(storm(homes, seed * WORKERS + worker, check::scaled(150)));
    long expected = static_cast<long>(homes.size());
    for (const Result<long> &outcome : wait_for_all(pool, std::move(workers)))
        expected += outcome.value;
    CHECK_EQ(static_cast<long>(check_sound()), expected);
}

/* ---------------------------------------------------------------- collecting what was removed */

/* Removes a page of a directory with low priority, set anew in every try; how many there were. */
static Task<Result<long>> collect(Transaction &tr, uint64_t trash)
{
    if (const fdb_error_t number = tr.set_option(FDB_TR_OPTION_PRIORITY_BATCH))
        co_return Result<long>::of(outcome_of(number));
    const Result<meta::Page> page = co_await meta::readdir(tr, trash, "", 5);
    if (!page.ok())
        co_return Result<long>::of(page);
    for (const meta::Listed &listed : page.value.entries) {
        const Result<Entry> removed = co_await meta::remove(tr, trash, listed.name);
        if (!removed.ok())
            co_return Result<long>::of(removed);
    }
    co_return given(static_cast<long>(page.value.entries.size()));
}

static Task<Result<long>> collect_all(uint64_t trash)
{
    long removed = 0;
    for (;;) {
        auto some = [trash](Transaction &tr) { return collect(tr, trash); };
        const Result<long> page = co_await read_write<long>(program::db, some);
        CHECK_EQ(page.error, 0);
        removed += page.value;
        if (page.value == 0)
            co_return given(removed);
    }
}

/* OPT-4, CONF-19: collectors that compete remove each entry once, with option 201 in every try. */
static void competing_collectors_remove_each_entry_once(void)
{
    format();
    const uint64_t trash = make_directory(meta::root, "trash");
    const long files = check::scaled(60);
    for (long i = 0; i < files; i++)
        make_file(trash, numbered("file", i));
    Pool pool(4);
    std::vector<Task<Result<long>>> collectors;
    for (int i = 0; i < 4; i++)
        collectors.push_back(collect_all(trash));
    long removed = 0;
    for (const Result<long> &outcome : wait_for_all(pool, std::move(collectors)))
        removed += outcome.value;
    CHECK_EQ(removed, files);
    CHECK_EQ(check_sound(), 2U);
}

static void claims(void)
{
    RUN(operations_do_what_they_say);
    RUN(renames_replace_and_make_no_loops);
    RUN(a_directory_is_listed_page_by_page);
    RUN(crossing_moves_make_no_loop);
    RUN(no_entry_is_made_in_a_removed_directory);
    RUN(one_entry_is_moved_once);
    RUN(what_does_not_contradict_does_not_conflict);
    RUN(one_of_many_that_create_a_name_does);
    RUN(the_tree_stays_a_tree_in_a_storm);
    RUN(competing_collectors_remove_each_entry_once);
}

int main() { return program::run(claims); }
