/*
 * Purpose: the management service: a lease that is extended by compare-and-set, and heartbeats
 * whose keys are versionstamps. Each extension of the lease moves \xff/metadataVersion on, as
 * 3FS's distributor does, and nobody may see that go back.
 *
 *     management <number of the run> <seed>
 *
 *     LEAS          -> "<epoch> <holder>"
 *     BEAT<stamp>   -> the id of the operation
 *
 * Relies on: service.h for what is reported.
 */
#include "service.h"

using Words = Result<std::string>;

static const std::string metadata_version = "\xff/metadataVersion";

/* Extends the lease: one epoch after the one that it was read to have. */
static Task<Words> extend(Transaction &tr)
{
    const Result<MaybeString> held = co_await tr.get("LEAS");
    if (!held.ok())
        co_return Words::of(held);
    const uint64_t epoch = held.value ? std::stoull(*held.value) + 1 : 1;
    tr.set("LEAS", std::to_string(epoch) + " " + service::self);
    tr.set_versionstamped_value(metadata_version, std::string(10, '\0'), 0);
    co_return given("lease " + std::to_string(epoch));
}

static Task<Words> beat(Transaction &tr, std::string id)
{
    tr.set_versionstamped_key("BEAT" + std::string(10, '\0'), 4, id);
    co_return given(std::string("beat"));
}

/* What this process has seen never goes back. (VER-11) */
static Task<Result<Nothing>> see_version(Transaction &tr, std::string &seen)
{
    const Result<MaybeString> found = co_await tr.get(metadata_version);
    if (found.ok() && found.value.value_or("") < seen)
        service::say("bad %s metadataVersion went back from %s to %s", service::self.c_str(),
                     service::hex(seen).c_str(), service::hex(found.value.value_or("")).c_str());
    if (found.ok())
        seen = found.value.value_or("");
    co_return Result<Nothing>::of(found);
}

static Task<Result<Nothing>> lead(int number)
{
    std::string seen;
    for (long i = 0; !service::ending; i++) {
        const std::string id = service::self + "." + std::to_string(number) + "." + std::to_string(i);
        Words words;
        if (number == 0)
            words = co_await service::once(id, extend);
        else
            words = co_await service::once(id, [&id](Transaction &tr) { return beat(tr, id); });
        if (!words.ok())
            co_return Result<Nothing>::of(words);
        auto see = [&seen](Transaction &tr) { return see_version(tr, seen); };
        (void)co_await service::look("metadataVersion", see);
    }
    co_return done();
}

static void work()
{
    Pool pool(2);
    std::vector<Task<Result<Nothing>>> workers;
    for (int number = 0; number < 2; number++)
        workers.push_back(lead(number));
    (void)wait_for_all(pool, std::move(workers));
}

int main(int argc, char **argv)
{
    return argc == 3 ? service::run("management", argv[1], work) : 2;
}
