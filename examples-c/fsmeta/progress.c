/*
 * Purpose: see progress.h.
 *
 * Relies on: nothing.
 */
#include "progress.h"

#include "base.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

enum { TERMINAL_US = 100000, ELSEWHERE_US = 1000000 };

struct progress progress_begin(const char *what, const char *unit, uint64_t start_us)
{
    return (struct progress){what, unit, start_us, start_us, isatty(STDERR_FILENO) == 1};
}

static void print(struct progress *progress, uint64_t count, uint64_t now)
{
    double seconds = (double)(now - progress->start_us) / 1e6;
    double rate = seconds > 0 ? (double)count / seconds : 0;
    fprintf(stderr, "%s%s: %" PRIu64 " %s, %.0f/s%s", progress->terminal ? "\r" : "",
            progress->what, count, progress->unit, rate, progress->terminal ? "   " : "\n");
    progress->shown_us = now;
}

void progress_show(struct progress *progress, uint64_t count)
{
    uint64_t now = now_us();
    if (now - progress->shown_us >= (uint64_t)(progress->terminal ? TERMINAL_US : ELSEWHERE_US))
        print(progress, count, now);
}

void progress_leave(struct progress *progress)
{
    if (progress->terminal && progress->shown_us != progress->start_us)
        fputc('\n', stderr);
}

void progress_end(struct progress *progress, uint64_t count)
{
    print(progress, count, now_us());
    progress_leave(progress);
}
