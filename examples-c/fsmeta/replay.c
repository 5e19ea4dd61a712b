/*
 * Purpose: see replay.h.
 *
 * Relies on: an operation writing each key at most once.
 */
#include "replay.h"

#include "base.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_TEXT = 400 };

struct replayer {
    const struct diary *diary;
    struct model *model;
    struct findings *findings;
    /* Committed, but nobody knows at which version; NULL once applied. At most one per thread was
     * in doubt; those acknowledged without a version are as rare as a failing disk. */
    const struct record **pending;
    size_t pending_count;
};

static bool same_name(struct name a, struct name b)
{
    return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

/* Whether the record leaves behind in `want->key` what `want` replaced. */
static bool provides(const struct replayer *replayer, const struct record *record,
                     const struct write *want)
{
    struct cursor writes = diary_writes(replayer->diary, record);
    struct write write;
    while (journal_next_write(&writes, &write))
        if (same_name(write.key, want->key))
            return want->replaced == (write.present ? record->op : 0);
    return false;
}

static void check_write(struct replayer *replayer, const struct record *record,
                        const struct write *write, const struct cell *cell)
{
    char key[KEY_TEXT], op[OP_TEXT], found[OP_TEXT], other[OP_TEXT];
    key_describe(write->key, key, sizeof key);
    op_text(record->op, op);
    uint64_t writer = cell_writer(cell);
    if (writer != write->replaced)
        finding(replayer->findings,
                "%s (%s, version %" PRId64 ") replaced %s, which %s had written; but the writer "
                "before it was %s: an update was lost or seen too early",
                op, op_kind_name(record->kind), record->version, key,
                op_text(write->replaced, found), op_text(writer, other));
    if (cell == NULL)
        return;
    if (record->version != 0 && record->version <= cell->version)
        finding(replayer->findings,
                "%s (%s) wrote %s at version %" PRId64 ", %s had written it at %" PRId64, op,
                op_kind_name(record->kind), key, record->version, op_text(writer, other),
                cell->version);
    if (write->present && write->replaced == 0 && key_kind(write->key) == KEY_INODE)
        finding(replayer->findings, "%s (%s) made %s, a number that was handed out before", op,
                op_kind_name(record->kind), key);
}

static void apply(struct replayer *replayer, const struct record *record);

/* Applies first the pending operation that wrote what this write replaced, if there is one. */
static void apply_provider(struct replayer *replayer, const struct write *want)
{
    for (size_t i = 0; i < replayer->pending_count; i++) {
        const struct record *record = replayer->pending[i];
        if (record == NULL || !provides(replayer, record, want))
            continue;
        replayer->pending[i] = NULL;
        apply(replayer, record);
        return;
    }
}

static void apply(struct replayer *replayer, const struct record *record)
{
    struct write write;
    struct cursor writes = diary_writes(replayer->diary, record);
    while (journal_next_write(&writes, &write))
        if (cell_writer(model_find(replayer->model, write.key)) != write.replaced)
            apply_provider(replayer, &write);
    writes = diary_writes(replayer->diary, record);
    while (journal_next_write(&writes, &write)) {
        check_write(replayer, record, &write, model_find(replayer->model, write.key));
        model_put(replayer->model, write.key, write.present ? write.value.data : NULL,
                  write.value.len, record->version);
    }
}

static int by_version(const void *left, const void *right)
{
    const struct record *a = *(const struct record *const *)left;
    const struct record *b = *(const struct record *const *)right;
    return a->version < b->version ? -1 : a->version > b->version;
}

/* Splits the diary: what has a version goes to `known`, the rest of what was committed waits. */
static size_t sort_out(struct replayer *replayer, const uint64_t *markers,
                       const struct record **known, struct report *report)
{
    size_t count = 0;
    for (size_t i = 0; i < replayer->diary->count; i++) {
        const struct record *record = &replayer->diary->records[i];
        bool doubt = record->state == RECORD_IN_DOUBT;
        bool committed = record->state == RECORD_COMMITTED ||
                         (doubt && markers[op_thread(record->op)] == record->op);
        report->doubts += doubt;
        report->applied += doubt && committed;
        if (committed && record->version != 0)
            known[count++] = record;
        else if (committed)
            replayer->pending[replayer->pending_count++] = record;
    }
    return count;
}

void replay(const struct diary *diary, const uint64_t markers[THREAD_LIMIT], struct model *model,
            struct report *report, struct findings *findings)
{
    struct replayer replayer = {.diary = diary, .model = model, .findings = findings};
    const struct record **known = must_realloc(NULL, diary->count * sizeof *known);
    replayer.pending = must_realloc(NULL, diary->count * sizeof *replayer.pending);
    size_t count = sort_out(&replayer, markers, known, report);
    qsort(known, count, sizeof *known, by_version);
    for (size_t i = 0; i < count; i++)
        apply(&replayer, known[i]);
    for (size_t i = 0; i < replayer.pending_count; i++) {
        const struct record *record = replayer.pending[i];
        replayer.pending[i] = NULL;
        if (record != NULL)
            apply(&replayer, record);
    }
    free(replayer.pending);
    free(known);
}
