/*
 * Purpose: the numbers of a run, and the table at its end.
 *
 * Relies on: one thread using it.
 */
#ifndef FSMETA_REPORT_H
#define FSMETA_REPORT_H

#include "findings.h"
#include "import.h"
#include "journal.h"
#include "options.h"

#include <stdint.h>

/* Counts of latencies in buckets: 16 for each power of two, so a percentile is right to 7%. */
enum { HISTOGRAM_STEPS = 16, HISTOGRAM_BUCKETS = 33 * HISTOGRAM_STEPS };

struct histogram {
    uint64_t total;
    uint64_t buckets[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *histogram, uint32_t value);

/* The value that `percent` of all are at or below. */
uint32_t histogram_percentile(const struct histogram *histogram, double percent);

struct kind_report {
    struct histogram latency; /* of what was committed or read */
    uint64_t refused;
    uint64_t conflicts;
    uint64_t retries;
};

struct report {
    struct import_result import;
    struct kind_report kinds[OP_KINDS];
    uint64_t load_us;
    uint32_t rounds;
    uint32_t kills;
    uint32_t doubts;  /* operations that were in doubt after a kill */
    uint32_t applied; /* of them, those that had been committed */
    struct histogram recovery_us;
    uint32_t recovery_max_us;
    uint64_t checked_keys; /* of the last check */
    uint64_t on_disk;      /* entries that were compared with the real tree */
    uint64_t changed;      /* of them, those that changed on disk meanwhile */
};

void report_done(struct report *report, const struct done *done);
void report_recovery(struct report *report, uint64_t us);

/* Operations that ended well so far. */
uint64_t report_operations(const struct report *report);

void report_print(const struct report *report, const struct options *options,
                  const struct findings *findings);

#endif
