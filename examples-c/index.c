/*
 * Purpose: secondary indexes that never disagree with the data, to be taken over into other programs.
 *
 *     index DIRECTORY [THREADS [SECONDS [KILLS]]]
 *
 * People have an id, a mail address, a city and an age. One index finds them by address and lets no two have
 * the same; the other finds them by city and age, in that order. Threads add, change and remove people while
 * the second index is still being built. The process that does this is killed KILLS times; after each kill,
 * and at the end, every record is looked for in the indexes and every entry in the records.
 *
 * The rules that make it right:
 *
 * - Whoever writes a record changes all entries in the same transaction. It reads the old record first, as the
 *   entries of what it was have to go, and that read makes two writers of one person conflict.
 * - An address is taken by reading its entry before setting it. Two that take the same one conflict on it,
 *   although neither wrote a record of the other.
 * - Whoever writes also reads what state an index is in. So a change of that state conflicts with all who
 *   still go by the old one, and there is no moment at which an entry could be missed.
 * - An index is built in batches, each a transaction that reads some records, sets their entries and notes how
 *   far it has come. A record that is changed meanwhile makes that batch conflict and be done again.
 */
#define _GNU_SOURCE
#include <plinth.h>

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PEOPLE = 5000, CITIES = 50, BATCH = 100, TEXT = 32 };

/* The program gives up a body with this. */
enum { ADDRESS_TAKEN = -1 };

/* ---------------------------------------------------------------- records and keys */

typedef struct {
    char mail[TEXT], city[TEXT];
    uint32_t age;
} person;

typedef struct {
    uint8_t bytes[96];
    size_t len;
} key;

/* r/ID: the record. m/ADDRESS: the id. c/CITY\0AGE ID: nothing. Numbers are big-endian, so that their order is that of
 * the keys; a city has no NUL, so that none is the beginning of another one's keys. */
static void put_number(key *k, uint64_t number, int bytes)
{
    for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8)
        k->bytes[k->len++] = (uint8_t)(number >> shift);
}

static key begin_key(const char *prefix, const char *text, size_t len)
{
    key k = {.len = 0};
    memcpy(k.bytes, prefix, 2);
    memcpy(k.bytes + 2, text, len);
    k.len = 2 + len;
    return k;
}

static key record_key(uint64_t id)
{
    key k = begin_key("r/", "", 0);
    put_number(&k, id, 8);
    return k;
}

static key mail_key(const person *p) { return begin_key("m/", p->mail, strlen(p->mail)); }

static key city_key(const person *p, uint64_t id)
{
    key k = begin_key("c/", p->city, strlen(p->city) + 1);
    put_number(&k, p->age, 4);
    put_number(&k, id, 8);
    return k;
}

static uint64_t number_in(const uint8_t *bytes, size_t len)
{
    uint64_t number = 0;
    for (size_t i = 0; i < len; i++)
        number = number << 8 | bytes[i];
    return number;
}

/* What state the index by city is in: absent, "b" while it is built, "r" when it can be read. */
static const uint8_t STATE[] = "i/city", PROGRESS[] = "i/city/progress";
#define KEY_OF(text) (text), sizeof(text) - 1

/* ---------------------------------------------------------------- reading and writing people */

static plinth_error get_person(plinth_transaction *tr, uint64_t id, person *p, bool *found)
{
    const key k = record_key(id);
    plinth_value value;
    const plinth_error error = plinth_transaction_get(tr, NULL, k.bytes, k.len, &value);
    if (error == 0) {
        *found = value.len == sizeof *p;
        if (*found)
            memcpy(p, value.data, sizeof *p);
        plinth_value_free(&value);
    }
    return error;
}

static plinth_error is_indexed(plinth_transaction *tr, bool *indexed)
{
    plinth_value state;
    const plinth_error error = plinth_transaction_get(tr, NULL, KEY_OF(STATE), &state);
    if (error == 0) {
        *indexed = state.data != NULL;
        plinth_value_free(&state);
    }
    return error;
}

/* Lets an address be that of one person only. */
static plinth_error take_address(plinth_transaction *tr, uint64_t id, const person *p)
{
    const key k = mail_key(p);
    plinth_value owner;
    plinth_error error = plinth_transaction_get(tr, NULL, k.bytes, k.len, &owner);
    if (error != 0)
        return error;
    const bool taken = owner.data != NULL && number_in(owner.data, owner.len) != id;
    plinth_value_free(&owner);
    if (taken)
        return ADDRESS_TAKEN;
    key value = {.len = 0};
    put_number(&value, id, 8);
    return plinth_transaction_set(tr, NULL, k.bytes, k.len, value.bytes, value.len);
}

/* Writes a person, or removes one if `p` is NULL, with all entries. */
static plinth_error put_person(plinth_transaction *tr, uint64_t id, const person *p)
{
    person old;
    bool existed = false, indexed = false;
    plinth_error error = get_person(tr, id, &old, &existed);
    if (error == 0)
        error = is_indexed(tr, &indexed);
    if (error == 0 && existed) {
        const key mail = mail_key(&old), city = city_key(&old, id);
        error = plinth_transaction_clear(tr, NULL, mail.bytes, mail.len);
        if (error == 0 && indexed)
            error = plinth_transaction_clear(tr, NULL, city.bytes, city.len);
    }
    const key record = record_key(id);
    if (error != 0 || p == NULL)
        return error != 0 ? error : plinth_transaction_clear(tr, NULL, record.bytes, record.len);
    error = take_address(tr, id, p);
    if (error == 0)
        error = plinth_transaction_set(tr, NULL, record.bytes, record.len, (const uint8_t *)p, sizeof *p);
    if (error == 0 && indexed) {
        const key city = city_key(p, id);
        error = plinth_transaction_set(tr, NULL, city.bytes, city.len, NULL, 0);
    }
    return error;
}

/* ---------------------------------------------------------------- building an index while others write */

typedef struct {
    long indexed;
    bool done;
} build;

/* Sets the entries of the records after the last ones. The first batch says that there is an index: from then on writers
 * keep it, and the builder sees to all that was there before. */
static plinth_error build_batch(plinth_transaction *tr, void *user)
{
    build *step = user;
    plinth_value progress;
    plinth_error error = plinth_transaction_get(tr, NULL, KEY_OF(PROGRESS), &progress);
    if (error != 0)
        return error;
    const bool begun = progress.data != NULL;
    const key from = record_key(begun ? number_in(progress.data, progress.len) + 1 : 0);
    plinth_value_free(&progress);
    if (!begun)
        error = plinth_transaction_set(tr, NULL, KEY_OF(STATE), (const uint8_t *)"b", 1);
    const plinth_key_selector begin = {from.bytes, from.len, false, 1}, end = {(const uint8_t *)"r0", 2, false, 1};
    const plinth_range_options options = {.struct_size = sizeof options, .limit = BATCH};
    plinth_range records = {.count = 0};
    if (error == 0)
        error = plinth_transaction_get_range(tr, NULL, &begin, &end, &options, &records);
    uint64_t last = begun ? number_in(from.bytes + 2, 8) - 1 : 0;
    for (size_t i = 0; error == 0 && i < records.count; i++) {
        person p;
        memcpy(&p, records.items[i].value, sizeof p);
        last = number_in(records.items[i].key + 2, 8);
        const key city = city_key(&p, last);
        error = plinth_transaction_set(tr, NULL, city.bytes, city.len, NULL, 0);
    }
    step->indexed = (long)records.count;
    step->done = !records.more;
    plinth_range_free(&records);
    key value = {.len = 0};
    put_number(&value, last, 8);
    if (error == 0)
        error = plinth_transaction_set(tr, NULL, KEY_OF(PROGRESS), value.bytes, value.len);
    if (error == 0 && step->done)
        error = plinth_transaction_set(tr, NULL, KEY_OF(STATE), (const uint8_t *)"r", 1);
    return error;
}

static plinth_error is_ready(plinth_transaction *tr, void *user)
{
    plinth_value state;
    const plinth_error error = plinth_transaction_get(tr, NULL, KEY_OF(STATE), &state);
    if (error == 0) {
        *(bool *)user = state.len == 1 && state.data[0] == 'r';
        plinth_value_free(&state);
    }
    return error;
}

/* Begins, or goes on where an earlier life was killed. */
static plinth_error build_index(plinth_database *db)
{
    build step = {0, false};
    long total = 0;
    plinth_error error = plinth_run(db, is_ready, &step.done);
    while (error == 0 && !step.done) {
        error = plinth_run(db, build_batch, &step);
        total += step.indexed;
        if (error == 0 && (step.done || total % (BATCH * 10) == 0))
            printf("    index by city: %ld records%s\n", total, step.done ? ", complete" : "");
    }
    return error;
}

/* ---------------------------------------------------------------- checking */

typedef struct {
    long records, wrong;
    bool ready;
} findings;

static void complain(findings *found, const char *words, uint64_t id)
{
    if (found->wrong++ < 20)
        printf("    WRONG: %s, id %" PRIu64 "\n", words, id);
}

/* Reads a prefix in pieces and gives each pair to `look`. All pieces are of one version. */
static plinth_error each(plinth_transaction *tr, const char *prefix, findings *found,
                         plinth_error (*look)(plinth_transaction *, const plinth_key_value *, findings *))
{
    const uint8_t stop[] = {(uint8_t)prefix[0], (uint8_t)(prefix[1] + 1)};
    const plinth_key_selector end = {stop, 2, false, 1};
    const plinth_range_options options = {.struct_size = sizeof options, .limit = 1000, .snapshot = true};
    key from = begin_key(prefix, "", 0);
    for (bool more = true, first = true; more; first = false) {
        const plinth_key_selector begin = {from.bytes, from.len, !first, 1};
        plinth_range range;
        plinth_error error = plinth_transaction_get_range(tr, NULL, &begin, &end, &options, &range);
        for (size_t i = 0; error == 0 && i < range.count; i++)
            error = look(tr, &range.items[i], found);
        if (error == 0 && range.count > 0) {
            const plinth_key_value *last = &range.items[range.count - 1];
            memcpy(from.bytes, last->key, last->key_len);
            from.len = last->key_len;
        }
        more = range.more;
        plinth_range_free(&range);
        if (error != 0)
            return error;
    }
    return 0;
}

static plinth_error look_at_record(plinth_transaction *tr, const plinth_key_value *pair, findings *found)
{
    const uint64_t id = number_in(pair->key + 2, 8);
    person p;
    memcpy(&p, pair->value, sizeof p);
    const key mail = mail_key(&p), city = city_key(&p, id);
    plinth_value by_mail, by_city;
    plinth_error error = plinth_transaction_snapshot_get(tr, NULL, mail.bytes, mail.len, &by_mail);
    if (error != 0)
        return error;
    if (by_mail.data == NULL || number_in(by_mail.data, by_mail.len) != id)
        complain(found, "a record has no entry by address", id);
    plinth_value_free(&by_mail);
    error = plinth_transaction_snapshot_get(tr, NULL, city.bytes, city.len, &by_city);
    if (error == 0 && found->ready && by_city.data == NULL)
        complain(found, "a record has no entry by city", id);
    plinth_value_free(&by_city);
    found->records++;
    return error;
}

static plinth_error look_at_entry(plinth_transaction *tr, const plinth_key_value *pair, findings *found)
{
    const bool is_mail = pair->key[0] == 'm';
    const uint64_t id = is_mail ? number_in(pair->value, pair->value_len) : number_in(pair->key + pair->key_len - 8, 8);
    person p;
    bool exists;
    const plinth_error error = get_person(tr, id, &p, &exists);
    if (error != 0)
        return error;
    const key expected = is_mail ? mail_key(&p) : city_key(&p, id);
    if (!exists || expected.len != pair->key_len || memcmp(expected.bytes, pair->key, pair->key_len) != 0)
        complain(found, is_mail ? "an entry by address leads nowhere" : "an entry by city leads nowhere", id);
    return 0;
}

static plinth_error check(plinth_transaction *tr, void *user)
{
    findings *found = user;
    found->records = found->wrong = 0;
    plinth_error error = is_ready(tr, &found->ready);
    if (error == 0)
        error = each(tr, "r/", found, look_at_record);
    if (error == 0)
        error = each(tr, "m/", found, look_at_entry);
    return error != 0 ? error : each(tr, "c/", found, look_at_entry);
}

/* ---------------------------------------------------------------- the process that is killed */

typedef struct {
    plinth_database *db;
    uint64_t random;
    atomic_bool *stop;
    long written, refused;
    plinth_error error;
} writer;

typedef struct {
    uint64_t id;
    bool remove;
    person p;
} change;

static uint64_t next(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

static plinth_error apply(plinth_transaction *tr, void *user)
{
    const change *c = user;
    return put_person(tr, c->id, c->remove ? NULL : &c->p);
}

/* Addresses are few, so that many are taken already. */
static change any_change(uint64_t *random)
{
    change c = {.id = 1 + next(random) % PEOPLE, .remove = next(random) % 10 == 0};
    snprintf(c.p.mail, TEXT, "person%d@example.org", (int)(next(random) % (PEOPLE * 2)));
    snprintf(c.p.city, TEXT, "city %d", (int)(next(random) % CITIES));
    c.p.age = (uint32_t)(next(random) % 100);
    return c;
}

static void *write_people(void *user)
{
    writer *w = user;
    while (w->error == 0 && !atomic_load(w->stop)) {
        change c = any_change(&w->random);
        const plinth_error error = plinth_run(w->db, apply, &c);
        if (error == ADDRESS_TAKEN)
            w->refused++;
        else if (error != 0)
            w->error = error;
        else
            w->written++;
    }
    if (w->error != 0)
        fprintf(stderr, "%s\n", plinth_last_error());
    return NULL;
}

static plinth_database *open_database(const char *path)
{
    plinth_database_options options = {.struct_size = sizeof options, .durability = PLINTH_DURABILITY_BUFFERED};
    plinth_database *db;
    if (plinth_database_open(path, &options, &db) != 0) {
        fprintf(stderr, "%s\n", plinth_last_error());
        exit(1);
    }
    return db;
}

/* Writes for some seconds, and builds the index once there is something to index. */
static int live(const char *path, int threads, double seconds, uint64_t seed)
{
    plinth_database *db = open_database(path);
    atomic_bool stop = false;
    writer *writers = calloc((size_t)threads, sizeof *writers);
    pthread_t *ids = calloc((size_t)threads, sizeof *ids);
    for (int i = 0; i < threads; i++) {
        writers[i] = (writer){.db = db, .random = seed * 1000 + (uint64_t)i, .stop = &stop};
        pthread_create(&ids[i], NULL, write_people, &writers[i]);
    }
    const struct timespec half = {(time_t)(seconds / 2), (long)((seconds / 2 - (double)(time_t)(seconds / 2)) * 1e9)};
    nanosleep(&half, NULL);
    plinth_error error = build_index(db);
    nanosleep(&half, NULL);
    atomic_store(&stop, true);
    long written = 0, refused = 0;
    for (int i = 0; i < threads; i++) {
        pthread_join(ids[i], NULL);
        written += writers[i].written;
        refused += writers[i].refused;
        error = error != 0 ? error : writers[i].error;
    }
    printf("    %ld changes, %ld refused because the address was taken\n", written, refused);
    free(writers);
    free(ids);
    const plinth_error closed = plinth_database_close(db);
    return error != 0 || closed != 0;
}

/* ---------------------------------------------------------------- the process that kills and checks */

static pid_t start_life(const char *path, int threads, double seconds, uint64_t seed)
{
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        char texts[3][32];
        snprintf(texts[0], 32, "%d", threads);
        snprintf(texts[1], 32, "%f", seconds);
        snprintf(texts[2], 32, "%" PRIu64, seed);
        execl("/proc/self/exe", "index", "--life", path, texts[0], texts[1], texts[2], (char *)NULL);
        _exit(127);
    }
    return child;
}

/* Returns whether data and indexes agree. */
static bool check_all(const char *path, const char *when, bool must_be_ready)
{
    plinth_database *db = open_database(path);
    findings found = {0, 0, false};
    const plinth_error error = plinth_run(db, check, &found);
    if (error != 0)
        fprintf(stderr, "%s\n", plinth_last_error());
    printf("%s: %ld records, index by city %s, %ld disagree\n", when, found.records,
           found.ready ? "complete" : "not complete", found.wrong);
    plinth_database_close(db);
    return error == 0 && found.wrong == 0 && (found.ready || !must_be_ready);
}

int main(int argc, char **argv)
{
    /* What a killed process has said is not lost with it. */
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc == 6 && strcmp(argv[1], "--life") == 0)
        return live(argv[2], atoi(argv[3]), atof(argv[4]), strtoull(argv[5], NULL, 10));
    if (argc < 2 || argc > 5) {
        fprintf(stderr, "usage: index DIRECTORY [THREADS [SECONDS [KILLS]]]\n");
        return 2;
    }
    const int threads = argc > 2 ? atoi(argv[2]) : 4, kills = argc > 4 ? atoi(argv[4]) : 5;
    const double seconds = argc > 3 ? atof(argv[3]) : 2;
    uint64_t random = (uint64_t)time(NULL);
    bool right = true;
    for (int kill_number = 1; right && kill_number <= kills; kill_number++) {
        const pid_t child = start_life(argv[1], threads, seconds, next(&random));
        const long wait_us = 50000 + (long)(next(&random) % (uint64_t)(seconds * 1e6));
        const struct timespec moment = {wait_us / 1000000, wait_us % 1000000 * 1000};
        nanosleep(&moment, NULL);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        char when[32];
        snprintf(when, sizeof when, "kill %d", kill_number);
        right = check_all(argv[1], when, false);
    }
    int status = 0;
    waitpid(start_life(argv[1], threads, seconds, next(&random)), &status, 0);
    right = check_all(argv[1], "at the end", true) && right && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    printf(right ? "indexes and data agree\n" : "NOT OK\n");
    return right ? 0 : 1;
}
