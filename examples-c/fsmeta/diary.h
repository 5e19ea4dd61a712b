/*
 * Purpose: what one life of the load process announced and what of it was acknowledged, as the
 * parent keeps it, with the rules of time that can be told from the journal alone.
 *
 * Relies on: journal.h. Frames arrive in the order in which the load process wrote them. So if
 * the end of A stands before the announcement of B, then A's commit had returned before B's
 * began, and B's version must be greater. This covers threads among each other, the order inside
 * each thread, and lives: whatever an earlier life acknowledged is below.
 */
#ifndef FSMETA_DIARY_H
#define FSMETA_DIARY_H

#include "findings.h"
#include "journal.h"
#include "options.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum record_state {
    RECORD_IN_DOUBT,  /* announced, no end seen */
    RECORD_COMMITTED, /* acknowledged */
    RECORD_DROPPED,   /* announced, but refused at a later attempt */
};

struct record {
    uint64_t op;
    enum op_kind kind;
    enum record_state state;
    int64_t version;   /* 0: not known */
    int64_t above;     /* the version must be greater than this */
    size_t writes_at;  /* into `writes` */
    size_t writes_len;
};

struct diary {
    struct record *records;
    size_t count;
    size_t cap;
    struct bytes writes;
    size_t open[THREAD_LIMIT]; /* the record in doubt of each thread, plus one; 0 for none */
    int64_t newest;            /* greatest version acknowledged so far, earlier lives included */
};

/* Begins the diary of a life; `newest` is what the lives before it left. */
void diary_begin(struct diary *diary, int64_t newest);
void diary_free(struct diary *diary);

/* Takes in one intent or done frame. */
void diary_note(struct diary *diary, const struct frame *frame, struct findings *findings);

struct cursor diary_writes(const struct diary *diary, const struct record *record);

#endif
