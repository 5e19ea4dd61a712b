/*
 * Purpose: many threads move money between accounts while an auditor adds it all up, again and
 * again. However they meet, the sum must never change.
 *
 *     bank [DIRECTORY|:memory: [THREADS [ACCOUNTS [SECONDS]]]]
 *
 * Relies on: each transfer being one transaction that reads both balances, and the audit being
 * one transaction that reads all of them: it sees the database as of one moment.
 */
#define _XOPEN_SOURCE 700

#include <inttypes.h>
#include <plinth.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { KEY_SIZE = 16, BALANCE_SIZE = 8, OPENING_BALANCE = 1000, FILL_BATCH = 1000 };

struct bank {
    plinth_database *db;
    uint64_t accounts;
    atomic_bool stop;
    atomic_bool failed;
    atomic_uint_fast64_t transfers;
    atomic_uint_fast64_t conflicts;
    atomic_uint_fast64_t retries;
    atomic_uint_fast64_t audits;
};

struct teller {
    struct bank *bank;
    pthread_t thread;
    uint64_t chance; /* state of the random numbers */
    uint64_t from;
    uint64_t to;
    int64_t amount;
};

/* The body of a transaction; may run several times. */
typedef plinth_error (*work)(plinth_transaction *tr, void *user);

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void account_key(uint64_t account, uint8_t key[KEY_SIZE])
{
    memcpy(key, "account/", 8);
    for (int i = 0; i < 8; i++)
        key[8 + i] = (uint8_t)(account >> (56 - 8 * i));
}

/* Adds up to `*sum`; false if the value is no balance. */
static bool add_balance(const uint8_t *value, size_t len, int64_t *sum)
{
    int64_t balance;
    if (value == NULL || len != BALANCE_SIZE)
        return false;
    memcpy(&balance, value, BALANCE_SIZE);
    *sum += balance;
    return true;
}

static plinth_error read_balance(plinth_transaction *tr, uint64_t account, int64_t *balance)
{
    uint8_t key[KEY_SIZE];
    plinth_value value = {0};
    account_key(account, key);
    plinth_error error = plinth_transaction_get(tr, NULL, key, sizeof key, &value);
    *balance = 0;
    if (error == 0 && !add_balance(value.data, value.len, balance))
        error = PLINTH_ERROR_INTERNAL_ERROR;
    plinth_value_free(&value);
    return error;
}

static plinth_error write_balance(plinth_transaction *tr, uint64_t account, int64_t balance)
{
    uint8_t key[KEY_SIZE];
    uint8_t value[BALANCE_SIZE];
    account_key(account, key);
    memcpy(value, &balance, sizeof value);
    return plinth_transaction_set(tr, NULL, key, sizeof key, value, sizeof value);
}

/* The retry loop, written out: what plinth_run() does, but with counters. */
static plinth_error retry(struct bank *bank, work body, void *user)
{
    plinth_transaction *tr = NULL;
    plinth_error error = plinth_transaction_begin(bank->db, &tr);
    while (error == 0) {
        error = body(tr, user);
        if (error == 0)
            error = plinth_transaction_commit(tr);
        if (error == 0)
            break;
        atomic_fetch_add(&bank->conflicts, error == PLINTH_ERROR_NOT_COMMITTED);
        atomic_fetch_add(&bank->retries, 1);
        error = plinth_transaction_on_error(tr, error);
    }
    if (error != 0) {
        fprintf(stderr, "bank: %s (%d): %s\n", plinth_error_name(error), (int)error,
                plinth_last_error());
        atomic_store(&bank->failed, true);
        atomic_store(&bank->stop, true);
    }
    if (tr != NULL)
        plinth_transaction_destroy(tr);
    return error;
}

/* Moving money twice keeps the sum, so a repetition after an unknown result does no harm here. */
static plinth_error transfer(plinth_transaction *tr, void *user)
{
    const struct teller *teller = user;
    int64_t from, to;
    plinth_error error = read_balance(tr, teller->from, &from);
    if (error == 0)
        error = read_balance(tr, teller->to, &to);
    if (error == 0)
        error = write_balance(tr, teller->from, from - teller->amount);
    if (error == 0)
        error = write_balance(tr, teller->to, to + teller->amount);
    return error;
}

static void *teller_run(void *user)
{
    struct teller *teller = user;
    struct bank *bank = teller->bank;
    while (!atomic_load(&bank->stop)) {
        teller->from = next_random(&teller->chance) % bank->accounts;
        teller->to = (teller->from + 1 + next_random(&teller->chance) % (bank->accounts - 1)) %
                     bank->accounts;
        teller->amount = (int64_t)(next_random(&teller->chance) % 100);
        if (retry(bank, transfer, teller) == 0)
            atomic_fetch_add(&bank->transfers, 1);
    }
    return NULL;
}

struct audit {
    uint64_t accounts;
    int64_t sum;
    bool damaged;
};

static plinth_error add_all(plinth_transaction *tr, void *user)
{
    struct audit *audit = user;
    plinth_key_selector begin = {(const uint8_t *)"account/", 8, false, 1};
    plinth_key_selector end = {(const uint8_t *)"account0", 8, false, 1};
    plinth_range range = {0};
    *audit = (struct audit){0};
    plinth_error error = plinth_transaction_get_range(tr, NULL, &begin, &end, NULL, &range);
    for (size_t i = 0; i < range.count; i++)
        if (!add_balance(range.items[i].value, range.items[i].value_len, &audit->sum))
            audit->damaged = true;
    audit->accounts = range.count;
    plinth_range_free(&range);
    return error;
}

/* Whether every account is there and the sum is what it was at the start. */
static bool audit_once(struct bank *bank, int64_t *sum)
{
    struct audit audit = {0};
    if (retry(bank, add_all, &audit) != 0)
        return false;
    *sum = audit.sum;
    bool right = !audit.damaged && audit.accounts == bank->accounts &&
                 audit.sum == (int64_t)bank->accounts * OPENING_BALANCE;
    if (!right)
        fprintf(stderr, "bank: %" PRIu64 " accounts hold %" PRId64 "; it must be %" PRIu64
                        " with %" PRId64 "\n",
                audit.accounts, audit.sum, bank->accounts,
                (int64_t)bank->accounts * OPENING_BALANCE);
    atomic_fetch_add(&bank->audits, 1);
    return right;
}

static void *auditor_run(void *user)
{
    struct bank *bank = user;
    int64_t sum;
    while (!atomic_load(&bank->stop))
        if (!audit_once(bank, &sum)) {
            atomic_store(&bank->failed, true);
            atomic_store(&bank->stop, true);
        }
    return NULL;
}

struct fill {
    uint64_t first;
    uint64_t end;
};

static plinth_error fill_some(plinth_transaction *tr, void *user)
{
    const struct fill *fill = user;
    plinth_error error = 0;
    for (uint64_t account = fill->first; error == 0 && account < fill->end; account++)
        error = write_balance(tr, account, OPENING_BALANCE);
    return error;
}

static plinth_error clear_all(plinth_transaction *tr, void *user)
{
    (void)user;
    return plinth_transaction_clear_range(tr, NULL, (const uint8_t *)"account/", 8,
                                          (const uint8_t *)"account0", 8);
}

static plinth_error open_accounts(struct bank *bank)
{
    plinth_error error = retry(bank, clear_all, NULL);
    for (uint64_t first = 0; error == 0 && first < bank->accounts; first += FILL_BATCH) {
        uint64_t left = bank->accounts - first;
        struct fill fill = {first, first + (left < FILL_BATCH ? left : FILL_BATCH)};
        error = retry(bank, fill_some, &fill);
    }
    return error;
}

static void wait_seconds(struct bank *bank, uint64_t seconds)
{
    struct timespec tick = {0, 10000000};
    for (uint64_t i = 0; i < seconds * 100 && !atomic_load(&bank->stop); i++)
        nanosleep(&tick, NULL);
    atomic_store(&bank->stop, true);
}

/* Runs all threads for the given time; false if one could not be started. */
static bool run_threads(struct bank *bank, struct teller *tellers, uint64_t count,
                        uint64_t seconds)
{
    pthread_t auditor;
    bool audited = pthread_create(&auditor, NULL, auditor_run, bank) == 0;
    uint64_t started = 0;
    while (audited && started < count) {
        struct teller *teller = &tellers[started];
        *teller = (struct teller){.bank = bank, .chance = started * 7919 + 1};
        if (pthread_create(&teller->thread, NULL, teller_run, teller) != 0)
            break;
        started++;
    }
    if (started == count)
        wait_seconds(bank, seconds);
    atomic_store(&bank->stop, true);
    for (uint64_t i = 0; i < started; i++)
        pthread_join(tellers[i].thread, NULL);
    if (audited)
        pthread_join(auditor, NULL);
    return audited && started == count;
}

static bool run_bank(struct bank *bank, uint64_t threads, uint64_t seconds)
{
    int64_t sum = 0;
    struct teller *tellers = calloc(threads, sizeof *tellers);
    bool good = tellers != NULL && open_accounts(bank) == 0 &&
                run_threads(bank, tellers, threads, seconds);
    free(tellers);
    good = audit_once(bank, &sum) && good && !atomic_load(&bank->failed);
    uint64_t transfers = atomic_load(&bank->transfers);
    printf("%" PRIu64 " transfers, %.0f transfers/s, %" PRIuFAST64 " conflicts, %" PRIuFAST64
           " retries, %" PRIuFAST64 " audits\n",
           transfers, (double)transfers / (double)seconds, atomic_load(&bank->conflicts),
           atomic_load(&bank->retries), atomic_load(&bank->audits));
    printf("sum %" PRId64 ": %s\n", sum, good ? "never changed" : "WRONG");
    return good;
}

static uint64_t number(int argc, char **argv, int at, uint64_t low, uint64_t otherwise)
{
    if (at >= argc)
        return otherwise;
    char *end;
    uint64_t value = strtoull(argv[at], &end, 10);
    if (*end != '\0' || value < low || value > 1000000) {
        fprintf(stderr, "bank: \"%s\" is not a number from %" PRIu64 " to 1000000\n", argv[at],
                low);
        exit(2);
    }
    return value;
}

int main(int argc, char **argv)
{
    uint64_t threads = number(argc, argv, 2, 1, 4);
    uint64_t accounts = number(argc, argv, 3, 2, 1000);
    uint64_t seconds = number(argc, argv, 4, 1, 5);
    struct bank bank = {.accounts = accounts};
    plinth_error error =
        plinth_database_open(argc > 1 ? argv[1] : ":memory:", NULL, &bank.db);
    if (error != 0) {
        fprintf(stderr, "bank: %s\n", plinth_last_error());
        return 1;
    }
    bool good = run_bank(&bank, threads, seconds);
    if (plinth_database_close(bank.db) != 0) {
        fprintf(stderr, "bank: %s\n", plinth_last_error());
        good = false;
    }
    return good ? 0 : 1;
}
