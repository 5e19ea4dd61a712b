/*
 * Purpose: what the load process tells its parent through a pipe: what it is about to commit, and
 * what was acknowledged. The parent survives the kill, and so does everything in the pipe.
 *
 * Relies on: a thread announces every attempt before it commits, and reports the end of every
 * operation before it begins the next. So at any moment at most one operation per thread is in
 * doubt, and it is the one announced last. Frames are written under one lock; only the last one
 * can be cut short by a kill, and then it counts as never sent.
 */
#ifndef FSMETA_JOURNAL_H
#define FSMETA_JOURNAL_H

#include "bytes.h"
#include "txn.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum op_kind {
    OP_CREATE,
    OP_MKDIR,
    OP_RENAME,
    OP_UNLINK,
    OP_RMDIR,
    OP_LINK,
    OP_OPEN,
    OP_CLOSE,
    OP_LOOKUP,
    OP_READDIR,
    OP_ALLOCATE,
    OP_KINDS,
};

const char *op_kind_name(enum op_kind kind);

enum frame_kind {
    FRAME_READY,   /* the database is open */
    FRAME_INTENT,  /* this operation is about to commit these writes */
    FRAME_DONE,    /* this operation ended */
    FRAME_TROUBLE, /* something that must never happen; the text says what */
};

enum outcome {
    OUTCOME_COMMITTED, /* acknowledged */
    OUTCOME_READ,      /* a read-only operation ended well */
    OUTCOME_REFUSED,   /* no change: the file system forbids it, such as a name that exists */
};

/* The end of one operation. */
struct done {
    uint64_t op;
    enum op_kind kind;
    enum outcome outcome;
    int64_t version; /* of the commit; 0 if it is not known */
    uint32_t latency_us;
    uint32_t conflicts; /* attempts that ended with 1020 */
    uint32_t retries;   /* attempts that were repeated for any reason */
};

/* The writing side; the load process owns it. */
struct journal {
    int fd;
    pthread_mutex_t lock;
    struct bytes frame;
};

void journal_init(struct journal *journal, int fd);
void journal_free(struct journal *journal);
void journal_ready(struct journal *journal);
void journal_intent(struct journal *journal, const struct txn *txn, enum op_kind kind);
void journal_done(struct journal *journal, const struct done *done);
void journal_trouble(struct journal *journal, const char *text);

/* One frame, as the parent reads it. The cursors point into the parent's buffer. */
struct frame {
    enum frame_kind kind;
    uint64_t op;           /* intent */
    enum op_kind op_kind;  /* intent */
    struct cursor writes;  /* intent: see journal_next_write() */
    struct done done;      /* done */
    struct cursor trouble; /* trouble: the text */
};

/* Takes one complete frame from the cursor; false if there is none yet. A frame that makes no
 * sense ends the process: the pipe is ours alone. */
bool journal_next_frame(struct cursor *in, struct frame *out);

/* One write of an operation. */
struct write {
    struct name key;
    uint64_t replaced; /* the writer whose value was there; 0 for none */
    bool present;      /* false: the key was cleared */
    struct name value;
};

bool journal_next_write(struct cursor *writes, struct write *out);

#endif
