/*
 * A queue that clears what it reads: pushed at the end, popped from the front, each pop a
 * transaction of its own. The order must hold for every item. The cleared keys pile up in front
 * of the queue, so the cost of a pop is printed for the first and the last tenth; it is never
 * checked, since it depends on the machine.
 */
#include "harness.h"

enum { ITEMS = 50000, BATCH = 100 };

static plinth_database *db;

/* `key` holds 32 bytes. */
static void item_key(long number, char *key) {
    snprintf(key, 32, "queue/%010ld", number);
}

static void push(long from, long to) {
    plinth_transaction *tr = begin(db);
    for (long i = from; i < to; i++) {
        char key[32];
        item_key(i, key);
        CHECK_OK(tr_set(tr, bytes_of(key, 16), bytes_of(key + 6, 10)));
    }
    CHECK_OK(plinth_transaction_commit(tr));
    destroy(tr);
}

/* Takes the first item and returns its number, or -1 if there is none. */
static long pop(plinth_transaction *tr) {
    plinth_key_selector from = at_or_after(B("queue/")), to = at_or_after(B("queue0"));
    plinth_range_options options = range_options(1, 0, false, false);
    plinth_range range;
    char text[24];
    CHECK_OK(plinth_transaction_reset(tr));
    CHECK_OK(plinth_transaction_get_range(tr, NULL, &from, &to, &options, &range));
    if (range.count == 0) {
        return -1;
    }
    snprintf(text, sizeof text, "%.*s", (int)range.items[0].value_len, (const char *)range.items[0].value);
    CHECK_OK(tr_clear(tr, bytes_of(range.items[0].key, range.items[0].key_len)));
    plinth_range_free(&range);
    CHECK_OK(plinth_transaction_commit(tr));
    return strtol(text, NULL, 10);
}

static void a_queue_gives_every_item_once_and_in_order(void) {
    path where = temporary_path();
    long items = scaled(ITEMS), tenth = items / 10 > 0 ? items / 10 : 1;
    plinth_transaction *tr;
    double start, first_tenth = 0, last_tenth;
    db = open_buffered(where.text);
    for (long i = 0; i < items; i += BATCH) {
        push(i, i + BATCH < items ? i + BATCH : items);
    }
    tr = begin(db);
    start = now_ms();
    for (long i = 0; i < items; i++) {
        if (i == tenth) {
            first_tenth = now_ms() - start;
        }
        if (i == items - tenth) {
            start = now_ms();
        }
        CHECK_INT(pop(tr), i);
    }
    last_tenth = now_ms() - start;
    CHECK_INT(pop(tr), -1);
    printf("%ld pops: %.1f us each in the first tenth, %.1f us each in the last\n", items, first_tenth * 1000 / (double)tenth,
           last_tenth * 1000 / (double)tenth);
    destroy(tr);
    CHECK_OK(plinth_database_close(db));
}

static void a_queue_that_is_pushed_while_popped_keeps_its_order(void) {
    long items = scaled(5000), next = 0;
    plinth_transaction *tr;
    db = open_memory();
    tr = begin(db);
    for (long i = 0; i < items; i++) {
        push(i, i + 1);
        if (i % 3 != 0) {
            CHECK_INT(pop(tr), next);
            next++;
        }
    }
    while (next < items) {
        CHECK_INT(pop(tr), next);
        next++;
    }
    CHECK_INT(pop(tr), -1);
    destroy(tr);
    CHECK_OK(plinth_database_close(db));
}

/* ------------------------------------------------------------------ several consumers */

static long taken[ITEMS];

static void consume(long number, void *user) {
    plinth_transaction *tr = begin(db);
    plinth_key_selector from = at_or_after(B("queue/")), to = at_or_after(B("queue0"));
    plinth_range_options options = range_options(1, 0, false, false);
    plinth_error error = 0;
    (void)number, (void)user;
    for (;;) {
        plinth_range range;
        char text[24];
        CHECK_OK(error == 0 ? plinth_transaction_reset(tr) : plinth_transaction_on_error(tr, error));
        CHECK_OK(plinth_transaction_set_option(tr, PLINTH_OPTION_MAX_RETRY_DELAY, 2));
        CHECK_OK(plinth_transaction_get_range(tr, NULL, &from, &to, &options, &range));
        if (range.count == 0) {
            break;
        }
        snprintf(text, sizeof text, "%.*s", (int)range.items[0].value_len, (const char *)range.items[0].value);
        CHECK_OK(tr_clear(tr, bytes_of(range.items[0].key, range.items[0].key_len)));
        plinth_range_free(&range);
        error = plinth_transaction_commit(tr);
        CHECK(error == 0 || error == PLINTH_ERROR_NOT_COMMITTED);
        if (error == 0) {
            count_add(&taken[strtol(text, NULL, 10)], 1);
        }
    }
    destroy(tr);
}

static void several_consumers_take_every_item_once(void) {
    long items = scaled(2000);
    db = open_memory();
    memset(taken, 0, sizeof taken);
    push(0, items);
    in_threads(4, consume, NULL);
    for (long i = 0; i < items; i++) {
        CHECK_INT(taken[i], 1);
    }
    CHECK_OK(plinth_database_close(db));
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    RUN(a_queue_gives_every_item_once_and_in_order);
    RUN(a_queue_that_is_pushed_while_popped_keeps_its_order);
    RUN(several_consumers_take_every_item_once);
    return harness_end();
}
