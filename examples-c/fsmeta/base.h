/*
 * Purpose: the few things every file of fsmeta needs: fatal errors, memory, time, chance.
 *
 * Relies on: nothing. A program of this kind cannot go on without memory, so allocation never
 * returns NULL: it ends the process with a message.
 */
#ifndef FSMETA_BASE_H
#define FSMETA_BASE_H

#include <plinth.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Prints the message to stderr and ends the process with exit code 2. */
_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Ends the process like die(), telling what Plinth said last on this thread. */
_Noreturn void die_plinth(const char *what, plinth_error error);

/* Like realloc(), but never returns NULL. */
void *must_realloc(void *old, size_t size);

/* A copy of `len` bytes and a NUL after them; the caller frees it. */
char *must_copy(const void *data, size_t len);

/* Makes room for one more item in an array that grows by doubling. */
void *grow(void *items, size_t count, size_t *cap, size_t item_size);

/* Microseconds of the monotonic clock. */
uint64_t now_us(void);

void sleep_ms(uint64_t ms);

/* A small generator of random numbers. One thread owns each. */
struct dice {
    uint64_t state;
};

uint64_t dice_next(struct dice *dice);

/* A number from 0 up to, not including, `bound`, which is above 0. */
uint64_t dice_below(struct dice *dice, uint64_t bound);

#endif
