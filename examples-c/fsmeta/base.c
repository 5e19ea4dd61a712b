/*
 * Purpose: see base.h.
 *
 * Relies on: nothing.
 */
#include "base.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("fsmeta: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    fflush(NULL);
    /* Not exit(): other threads may be inside the library. */
    _exit(2);
}

void die_plinth(const char *what, plinth_error error)
{
    die("%s: %s (%d): %s", what, plinth_error_name(error), (int)error, plinth_last_error());
}

void *must_realloc(void *old, size_t size)
{
    void *memory = realloc(old, size == 0 ? 1 : size);
    if (memory == NULL)
        die("out of memory (%zu bytes)", size);
    return memory;
}

char *must_copy(const void *data, size_t len)
{
    char *copy = must_realloc(NULL, len + 1);
    if (len > 0)
        memcpy(copy, data, len);
    copy[len] = '\0';
    return copy;
}

void *grow(void *items, size_t count, size_t *cap, size_t item_size)
{
    if (count < *cap)
        return items;
    *cap = *cap == 0 ? 16 : *cap * 2;
    return must_realloc(items, *cap * item_size);
}

uint64_t now_us(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000U + (uint64_t)time.tv_nsec / 1000U;
}

void sleep_ms(uint64_t ms)
{
    struct timespec time = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000L};
    nanosleep(&time, NULL);
}

uint64_t dice_next(struct dice *dice)
{
    /* A Weyl sequence, mixed: every seed is a good one, 0 as well. */
    dice->state += 0x9e3779b97f4a7c15U;
    uint64_t x = dice->state;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
    return x ^ (x >> 31);
}

uint64_t dice_below(struct dice *dice, uint64_t bound)
{
    return dice_next(dice) % bound;
}
