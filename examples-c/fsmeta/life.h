/*
 * Purpose: one life of the load process, seen from its parent: starts it, reads its journal,
 * kills it.
 *
 * Relies on: the process being this program itself, started anew: no handle, lock or thread of
 * the parent lives on in it.
 */
#ifndef FSMETA_LIFE_H
#define FSMETA_LIFE_H

#include "base.h"
#include "diary.h"
#include "options.h"
#include "report.h"

struct life {
    uint32_t number; /* 1 for the first */
    bool kill;       /* false: is asked to end in order */
    uint64_t run_ms; /* from the moment the database is open */
    bool early;      /* the time counts from the start: the kill may hit the opening */
};

/* Runs it to its end; everything it told is in `diary`, `report` and `findings`. */
void life_run(const struct life *life, const struct options *options, struct diary *diary,
              struct report *report, struct findings *findings);

#endif
