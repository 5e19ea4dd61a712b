/*
 * Purpose: see diary.h.
 *
 * Relies on: a thread having at most one operation under way.
 */
#include "diary.h"

#include "base.h"
#include "records.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void diary_begin(struct diary *diary, int64_t newest)
{
    diary->count = 0;
    diary->writes.len = 0;
    diary->newest = newest;
    memset(diary->open, 0, sizeof diary->open);
}

void diary_free(struct diary *diary)
{
    free(diary->records);
    bytes_free(&diary->writes);
    *diary = (struct diary){0};
}

struct cursor diary_writes(const struct diary *diary, const struct record *record)
{
    return (struct cursor){diary->writes.data + record->writes_at, record->writes_len, false};
}

/* The place where a thread's open record is kept. */
static size_t *open_of(struct diary *diary, uint64_t op)
{
    if (op_thread(op) >= THREAD_LIMIT)
        die("the journal names a thread that cannot be");
    return &diary->open[op_thread(op)];
}

/* A further attempt replaces the one before, which is known not to have been committed. */
static void note_intent(struct diary *diary, const struct frame *frame)
{
    size_t *open = open_of(diary, frame->op);
    if (*open == 0) {
        diary->records =
            grow(diary->records, diary->count, &diary->cap, sizeof *diary->records);
        *open = ++diary->count;
    } else if (diary->records[*open - 1].op != frame->op) {
        die("a thread announced an operation before it ended another");
    }
    diary->records[*open - 1] = (struct record){
        .op = frame->op,
        .kind = frame->op_kind,
        .state = RECORD_IN_DOUBT,
        .above = diary->newest,
        .writes_at = diary->writes.len,
        .writes_len = frame->writes.left,
    };
    bytes_put(&diary->writes, frame->writes.at, frame->writes.left);
}

static void note_version(struct diary *diary, struct record *record, int64_t version,
                         struct findings *findings)
{
    char text[OP_TEXT];
    record->version = version;
    if (version != 0 && version <= record->above)
        finding(findings,
                "%s (%s) was committed at version %" PRId64
                ", though version %" PRId64 " had been acknowledged before it began to commit",
                op_text(record->op, text), op_kind_name(record->kind), version, record->above);
    if (version > diary->newest)
        diary->newest = version;
}

static void note_done(struct diary *diary, const struct done *done, struct findings *findings)
{
    size_t *open = open_of(diary, done->op);
    if (done->outcome == OUTCOME_READ || (*open == 0 && done->outcome == OUTCOME_REFUSED))
        return;
    if (*open == 0 || diary->records[*open - 1].op != done->op)
        die("an operation ended that was not announced");
    struct record *record = &diary->records[*open - 1];
    *open = 0;
    if (done->outcome == OUTCOME_REFUSED) {
        record->state = RECORD_DROPPED;
        return;
    }
    record->state = RECORD_COMMITTED;
    note_version(diary, record, done->version, findings);
}

void diary_note(struct diary *diary, const struct frame *frame, struct findings *findings)
{
    if (frame->kind == FRAME_INTENT)
        note_intent(diary, frame);
    else if (frame->kind == FRAME_DONE)
        note_done(diary, &frame->done, findings);
}
