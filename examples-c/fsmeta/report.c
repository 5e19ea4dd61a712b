/*
 * Purpose: see report.h.
 *
 * Relies on: nothing.
 */
#include "report.h"

#include <inttypes.h>
#include <stdio.h>

/* Values below HISTOGRAM_STEPS have a bucket each; above, the top five bits choose it. */
static size_t bucket_of(uint32_t value)
{
    size_t power = 0;
    while (value >> power >= 2 * HISTOGRAM_STEPS)
        power++;
    if (value < HISTOGRAM_STEPS)
        return value;
    return (power + 1) * HISTOGRAM_STEPS + (value >> power) - HISTOGRAM_STEPS;
}

/* The greatest value of a bucket. */
static uint32_t bucket_end(size_t bucket)
{
    if (bucket < HISTOGRAM_STEPS)
        return (uint32_t)bucket;
    size_t power = bucket / HISTOGRAM_STEPS - 1;
    uint64_t top = bucket % HISTOGRAM_STEPS + HISTOGRAM_STEPS;
    return (uint32_t)(((top + 1) << power) - 1);
}

void histogram_add(struct histogram *histogram, uint32_t value)
{
    histogram->buckets[bucket_of(value)]++;
    histogram->total++;
}

uint32_t histogram_percentile(const struct histogram *histogram, double percent)
{
    double wanted = (double)histogram->total * percent / 100;
    uint64_t below = 0;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        below += histogram->buckets[i];
        if (below > 0 && (double)below >= wanted)
            return bucket_end(i);
    }
    return 0;
}

void report_done(struct report *report, const struct done *done)
{
    struct kind_report *kind = &report->kinds[done->kind];
    kind->conflicts += done->conflicts;
    kind->retries += done->retries;
    if (done->outcome == OUTCOME_REFUSED)
        kind->refused++;
    else
        histogram_add(&kind->latency, done->latency_us);
}

void report_recovery(struct report *report, uint64_t us)
{
    uint32_t value = us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
    histogram_add(&report->recovery_us, value);
    if (value > report->recovery_max_us)
        report->recovery_max_us = value;
}

uint64_t report_operations(const struct report *report)
{
    uint64_t sum = 0;
    for (int kind = 0; kind < OP_KINDS; kind++)
        sum += report->kinds[kind].latency.total;
    return sum;
}

static double per_second(uint64_t count, uint64_t us)
{
    return us == 0 ? 0 : (double)count * 1e6 / (double)us;
}

static void print_import(const struct import_result *import)
{
    printf("import\n");
    printf("  entries        %12zu   (%zu further hard links, %zu skipped)\n", import->entries,
           import->links, import->skipped);
    printf("  transactions   %12" PRIu64 "   (%" PRIu64 " conflicts)\n", import->transactions,
           import->conflicts);
    printf("  rate           %12.0f entries/s, %.0f transactions/s\n",
           per_second(import->entries, import->us), per_second(import->transactions, import->us));
}

static void print_kind(enum op_kind kind, const struct kind_report *report)
{
    printf("  %-10s %9" PRIu64 " %9" PRIu64 " %9" PRIu64 " %9" PRIu64 " %9.2f %9.2f\n",
           op_kind_name(kind), report->latency.total, report->refused, report->conflicts,
           report->retries, histogram_percentile(&report->latency, 50) / 1000.0,
           histogram_percentile(&report->latency, 99) / 1000.0);
}

static void print_load(const struct report *report)
{
    uint64_t done = 0, changes = 0, refused = 0, conflicts = 0, retries = 0;
    printf("load           done   refused conflicts   retries    p50 ms    p99 ms\n");
    for (int kind = 0; kind < OP_KINDS; kind++) {
        const struct kind_report *one = &report->kinds[kind];
        print_kind((enum op_kind)kind, one);
        done += one->latency.total;
        if (kind != OP_LOOKUP && kind != OP_READDIR)
            changes += one->latency.total;
        refused += one->refused;
        conflicts += one->conflicts;
        retries += one->retries;
    }
    printf("  %-10s %9" PRIu64 " %9" PRIu64 " %9" PRIu64 " %9" PRIu64 "\n", "all", done, refused,
           conflicts, retries);
    printf("  transactions/s %12.0f   (%.0f of them commits)\n",
           per_second(done + refused, report->load_us), per_second(changes, report->load_us));
}

static void print_lives(const struct report *report)
{
    /* The end of a bucket can lie above the greatest value in it. */
    uint32_t recovery = histogram_percentile(&report->recovery_us, 50);
    if (recovery > report->recovery_max_us)
        recovery = report->recovery_max_us;
    printf("lives\n");
    printf("  kills          %12" PRIu32 "   (in %" PRIu32 " rounds)\n", report->kills,
           report->rounds);
    printf("  in doubt       %12" PRIu32 "   (%" PRIu32 " of them had been committed)\n",
           report->doubts, report->applied);
    printf("  recovery p50   %12.1f ms, max %.1f ms\n", recovery / 1000.0,
           report->recovery_max_us / 1000.0);
    printf("check\n");
    printf("  keys           %12" PRIu64 "   (in the last check)\n", report->checked_keys);
    printf("  on disk        %12" PRIu64 "   (%" PRIu64 " changed on disk meanwhile)\n",
           report->on_disk, report->changed);
}

void report_print(const struct report *report, const struct options *options,
                  const struct findings *findings)
{
    printf("plinth %s, tree %s, %u threads, %s, seed %" PRIu64 "\n", plinth_version(),
           options->tree, (unsigned)options->threads,
           options->durability == PLINTH_DURABILITY_SYNC ? "sync" : "buffered", options->seed);
    print_import(&report->import);
    print_load(report);
    print_lives(report);
    printf("  violations     %12zu\n", findings->count);
    for (size_t i = 0; i < FINDINGS_SHOWN && i < findings->count; i++)
        printf("    %zu. %s\n", i + 1, findings->shown[i]);
    fflush(stdout);
}
