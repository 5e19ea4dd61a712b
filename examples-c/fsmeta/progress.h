/*
 * Purpose: a line on stderr that tells how far things are.
 *
 * Relies on: one thread using it. On a terminal the line is rewritten in place; elsewhere a new
 * one is written now and then.
 */
#ifndef FSMETA_PROGRESS_H
#define FSMETA_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    const char *what;
    const char *unit;
    uint64_t start_us;
    uint64_t shown_us;
    bool terminal;
};

struct progress progress_begin(const char *what, const char *unit, uint64_t start_us);

/* Shows the count if it is time to. */
void progress_show(struct progress *progress, uint64_t count);

/* Ends the line, if one was begun. */
void progress_leave(struct progress *progress);

/* Shows the last count and ends the line. */
void progress_end(struct progress *progress, uint64_t count);

#endif
