/*
 * Purpose: servers that share a map: whoever changes it stamps `\xff/metadataVersion` in the same
 * transaction, and whoever uses it reloads it when that stamp has grown.
 *
 * Relies on: the stamp being part of every snapshot like any other value, read without an option
 * and changed by one kind of mutation only (SPEC-10).
 */
#include "program.h"

#include <map>
#include <memory>

static const std::string version_key = "\xff/metadataVersion";
static const std::string blank(10, '\0');
/* Stamped by every change of the map, like the version: both must always be the same. */
static const std::string twin_key = "DIST";
static const std::string map_prefix = "DIST/";

static void stamp(Transaction &tr)
{
    tr.set_versionstamped_value(version_key, blank, 0);
    tr.set_versionstamped_value(twin_key, blank, 0);
}

static std::string bump()
{
    Transaction tr(program::db);
    Started<Result<std::string>> promised(tr.get_versionstamp());
    stamp(tr);
    commit_now(tr);
    const Result<std::string> given = promised.wait();
    CHECK_EQ(given.error, 0);
    return given.value;
}

/* ---------------------------------------------------------------- the key alone */

/* SPEC-10: without any option, plain and at the snapshot; after a commit it is that commit's stamp. */
static void the_version_is_the_stamp_of_its_commit(void)
{
    std::string last;
    for (long round = 0; round < 20; round++) {
        const std::string given = bump();
        CHECK(given > last);
        Transaction tr(program::db);
        CHECK_EQ(get_now(tr, version_key).value_or("(none)"), given);
        CHECK_EQ(snapshot_get_now(tr, version_key).value_or("(none)"), given);
        last = given;
    }
}

static fdb_error_t commit_of(void (*change)(Transaction &))
{
    Transaction tr(program::db);
    change(tr);
    return wait_for(tr.commit()).error;
}

/* SPEC-10, TX-4: no other mutation of it is legal, and the commit tells. */
static void no_other_change_of_it_is_legal(void)
{
    const std::string before = bump();
    CHECK_EQ(commit_of([](Transaction &tr) { tr.set(version_key, blank); }), 2000);
    CHECK_EQ(commit_of([](Transaction &tr) { tr.set_versionstamped_value(version_key, blank + "x", 0); }), 2000);
    CHECK_EQ(commit_of([](Transaction &tr) { tr.atomic_op(FDB_MUTATION_TYPE_ADD, version_key, blank); }), 2000);
    CHECK_EQ(commit_of([](Transaction &tr) { tr.clear(version_key); }), 2004);
    CHECK_EQ(stored(version_key), before);
}

/* SPEC-10: ranges do not reach it without an option. */
static void ranges_do_not_reach_it(void)
{
    bump();
    Transaction tr(program::db);
    CHECK_EQ(wait_for(tr.get_range({"\xff/", true}, {"\xff/z", false}, 10)).error, 2004);
    tr.reset();
    const Result<Range> all = wait_for(tr.snapshot_get_range({"\xfe", true}, {"\xff", false}, -1));
    CHECK(all.ok() && all.value.rows.empty());
}

/* SPEC-10, RYW-8: what was stamped cannot be read in the same transaction. */
static void it_cannot_be_read_after_it_was_stamped(void)
{
    Transaction tr(program::db);
    stamp(tr);
    CHECK_EQ(wait_for(tr.get(version_key)).error, 1036);
}

/* SPEC-10, CONF-2, CONF-7: a plain read of it conflicts with a stamp, a snapshot read does not. */
static void a_plain_read_of_it_conflicts(void)
{
    for (bool snapshot : {false, true}) {
        Transaction tr(program::db);
        if (snapshot)
            snapshot_get_now(tr, version_key);
        else
            get_now(tr, version_key);
        tr.set("mine", "1");
        bump();
        CHECK_EQ(wait_for(tr.commit()).error, snapshot ? 0 : error::conflict);
    }
}

/* CONF-17: two that only stamp it both commit. */
static void two_stamps_do_not_conflict(void)
{
    Transaction one(program::db), two(program::db);
    stamp(one);
    stamp(two);
    Started<Result<Nothing>> first(one.commit()), second(two.commit());
    must(first.wait());
    must(second.wait());
}

/* ---------------------------------------------------------------- servers */

using Map = std::map<std::string, std::string>;

/* One server's copy of the map, used by several coroutines. */
class Server {
public:
    explicit Server(std::string name) : name_(std::move(name)) {}

    /* The map as this transaction sees it. A version older than the copy's is stale: try again. */
    Task<Result<Map>> load(Transaction &tr)
    {
        const Result<MaybeString> version = co_await tr.get(version_key);
        if (!version.ok())
            co_return Result<Map>::of(version);
        const std::string now = version.value.value_or("");
        {
            std::lock_guard hold(lock_);
            if (now < version_)
                co_return Result<Map>{Code::TooOld, 0, {}};
            if (now == version_)
                co_return given(map_);
        }
        const Result<Range> rows = co_await list_by_prefix(tr, map_prefix, 3, true);
        const Result<MaybeString> twin = co_await tr.snapshot_get(twin_key);
        const Result<MaybeString> again = co_await tr.snapshot_get(version_key);
        if (!rows.ok())
            co_return Result<Map>::of(rows);
        if (!twin.ok() || !again.ok())
            co_return Result<Map>::of(twin.ok() ? again : twin);
        /* One snapshot: the version has not moved, and the map is of that version. */
        CHECK_EQ(again.value.value_or(""), now);
        CHECK_EQ(twin.value.value_or(""), now);
        Map map;
        for (const KeyValue &row : rows.value.rows)
            map[row.key.substr(map_prefix.size())] = row.value;
        co_return given(keep(now, std::move(map)));
    }

    /* Counts this server's own entry in the map up by one. */
    Task<Result<Nothing>> beat(Transaction &tr)
    {
        const Result<Map> map = co_await load(tr);
        if (!map.ok())
            co_return Result<Nothing>::of(map);
        const auto own = map.value.find(name_);
        const long count = own == map.value.end() ? 0 : std::stol(own->second);
        tr.set(map_prefix + name_, std::to_string(count + 1));
        stamp(tr);
        co_return done();
    }

private:
    Map keep(const std::string &version, Map map)
    {
        std::lock_guard hold(lock_);
        if (version > version_) {
            version_ = version;
            map_ = map;
        }
        return map;
    }

    std::string name_;
    std::mutex lock_;
    std::string version_;
    Map map_;
};

enum { SERVERS = 4, LIVES = 2 };

static Task<Result<Nothing>> live(Server &server, long rounds)
{
    for (long round = 0; round < rounds; round++) {
        auto beat = [&server](Transaction &tr) { return server.beat(tr); };
        const Result<Nothing> beaten = co_await read_write<Nothing>(program::db, beat);
        must(beaten);
        auto load = [&server](Transaction &tr) { return server.load(tr); };
        const Result<Map> map = co_await read_only<Map>(program::db, load);
        CHECK(map.ok() && !map.value.empty());
    }
    co_return done();
}

/* VER-12, SPEC-10: every server always has the map that belongs to the version; no beat is lost. */
static void servers_always_have_the_map_of_the_version(void)
{
    empty();
    bump();
    const long rounds = check::scaled(40);
    std::vector<std::unique_ptr<Server>> servers;
    std::vector<Task<Result<Nothing>>> lives;
    for (int i = 0; i < SERVERS; i++) {
        servers.push_back(std::make_unique<Server>("server" + std::to_string(i)));
        for (int j = 0; j < LIVES; j++)
            lives.push_back(live(*servers.back(), rounds));
    }
    Pool pool(SERVERS * LIVES);
    wait_for_all(pool, std::move(lives));
    Transaction tr(program::db);
    const Result<Map> map = wait_for(servers.front()->load(tr));
    CHECK_EQ(map.value.size(), size_t{SERVERS});
    for (const auto &[name, count] : map.value)
        CHECK_EQ(count, std::to_string(LIVES * rounds));
}

/* VER-5, VER-11: the stamp grows also over a close of the store, or servers would see an older one. */
static void the_version_grows_over_a_close_of_the_store(void)
{
    if (!check::on_disk())
        return;
    std::string last = bump();
    for (int round = 0; round < 3; round++) {
        program::db = Database();
        CHECK_EQ(program::db.open(nullptr), 0);
        CHECK_EQ(stored(version_key), last);
        const std::string next = bump();
        CHECK(next > last);
        last = next;
    }
}

static void claims(void)
{
    RUN(the_version_is_the_stamp_of_its_commit);
    RUN(no_other_change_of_it_is_legal);
    RUN(ranges_do_not_reach_it);
    RUN(it_cannot_be_read_after_it_was_stamped);
    RUN(a_plain_read_of_it_conflicts);
    RUN(two_stamps_do_not_conflict);
    RUN(servers_always_have_the_map_of_the_version);
    RUN(the_version_grows_over_a_close_of_the_store);
}

int main() { return program::run(claims); }
