/*
 * Purpose: brings the model from the end of one life to the end of the next, by applying what was
 * acknowledged, and finds what could not have happened in any order.
 *
 * Relies on: txn.h: every write names the writer it replaced, and has read it with a conflict.
 * Acknowledged operations are applied by version; for each key the replaced writer must then be
 * the one the model has. An operation in doubt has no version. Its thread's marker tells whether
 * it was committed; its place in the order is where somebody replaced what it wrote, or the end.
 */
#ifndef FSMETA_REPLAY_H
#define FSMETA_REPLAY_H

#include "diary.h"
#include "findings.h"
#include "model.h"
#include "report.h"

/* `markers` holds, for each thread, the operation that the database says was its last. */
void replay(const struct diary *diary, const uint64_t markers[THREAD_LIMIT], struct model *model,
            struct report *report, struct findings *findings);

#endif
