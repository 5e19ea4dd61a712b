/*
 * Purpose: the metadata service: several threads that create, link, rename and remove, with ids
 * that are allocated in batches.
 *
 *     metadata <number of the run> <seed>
 *
 * Relies on: service.h for what is reported; nothing that another run of it knew.
 */
#include "service.h"
#include "tree.h"

#include "../threefs/check.h"

#include <deque>

using tree::Entry;
using tree::Place;
using tree::Type;
using tree::Words;

enum { WORKERS = 8, THREADS = 4, NAMES = 24, DEPTH = 3 };

static uint64_t seed;

struct Worker {
    explicit Worker(int given) : number(given), random(seed * 1000003 + uint64_t(given)) {}

    std::string next_id() { return service::self + "." + std::to_string(number) + "." + std::to_string(operations++); }
    std::string name() { return "n" + std::to_string(random.below(NAMES)); }

    int number;
    check::Random random;
    long operations = 0;
    std::deque<uint64_t> ids;
};

/* Some directory, at the snapshot. It may be gone when it is used, as for any other client. */
static Task<Result<uint64_t>> wander(Transaction &tr, Worker &me)
{
    uint64_t at = meta::root;
    for (int depth = 0; depth < DEPTH && me.random.below(3) != 0; depth++) {
        const Result<meta::Page> page = co_await meta::readdir(tr, at, me.name(), 5);
        if (!page.ok())
            co_return Result<uint64_t>::of(page);
        for (const meta::Listed &listed : page.value.entries)
            if (listed.entry.type == Type::Directory)
                at = listed.entry.id;
    }
    co_return given(at);
}

static Task<Result<Place>> some_place(Transaction &tr, Worker &me)
{
    const Result<uint64_t> parent = co_await wander(tr, me);
    Result<Place> place = Result<Place>::of(parent);
    place.value = {parent.value, me.name()};
    co_return place;
}

/* What is at some place, if anything. */
static Task<Result<Entry>> some_entry(Transaction &tr, Worker &me, Place &place)
{
    const Result<Place> found = co_await some_place(tr, me);
    if (!found.ok())
        co_return Result<Entry>::of(found);
    place = found.value;
    co_return co_await meta::lookup(tr, place.parent, place.name);
}

static Task<Words> operate(Transaction &tr, Worker &me, uint64_t kind)
{
    const Result<Place> to = co_await some_place(tr, me);
    if (!to.ok())
        co_return Words::of(to);
    if (kind < 4) {
        const Type type = kind == 0 ? Type::Directory : Type::File;
        co_return co_await tree::create(tr, to.value, {type, me.ids.front()});
    }
    if (kind < 7)
        co_return co_await tree::unlink(tr, to.value);
    Place from;
    const Result<Entry> entry = co_await some_entry(tr, me, from);
    if (!entry.ok())
        co_return Words::of(entry);
    if (kind == 7)
        co_return co_await tree::link(tr, entry.value.id, to.value);
    co_return co_await tree::rename(tr, from, to.value);
}

/* As 3FS does it: a batch of ids from a shard that is chosen at random. */
static Task<Result<Nothing>> refill(Worker &me)
{
    auto allocate = [&](Transaction &tr) { return tree::allocate(tr, me.random.below(tree::shards)); };
    const Words words = co_await service::once(me.next_id(), allocate);
    unsigned long long shard = 0, number = 0;
    if (words.ok() && std::sscanf(words.value.c_str(), "ids %llu %llu", &shard, &number) == 2)
        for (uint64_t i = 0; i < tree::batch; i++)
            me.ids.push_back(tree::first_id(shard, number) + i);
    co_return Result<Nothing>::of(words);
}

/* Until the process is to end, or an operation failed as none may. */
static Task<Result<Nothing>> serve(int number)
{
    Worker me(number);
    while (!service::ending) {
        if (me.ids.empty()) {
            const Result<Nothing> refilled = co_await refill(me);
            if (refilled.error != 0)
                co_return refilled;
        }
        const uint64_t kind = me.random.below(10);
        auto operation = [&](Transaction &tr) { return operate(tr, me, kind); };
        const Words words = co_await service::once(me.next_id(), operation);
        if (words.error != 0)
            co_return Result<Nothing>::of(words);
        if (kind < 4)
            me.ids.pop_front();
    }
    co_return done();
}

static void work()
{
    (void)wait_for(service::once(service::self + ".root.0", tree::make_root));
    Pool pool(THREADS);
    std::vector<Task<Result<Nothing>>> workers;
    for (int number = 0; number < WORKERS; number++)
        workers.push_back(serve(number));
    (void)wait_for_all(pool, std::move(workers));
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    seed = std::stoull(argv[2]);
    return service::run("metadata", argv[1], work);
}
