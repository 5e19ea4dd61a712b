/*
 * Purpose: the load process: threads that create, rename, remove, link, open and look things up,
 * all at once, until the process is killed or told to stop.
 *
 * Relies on: being the only process that has the database open, and on a parent that reads the
 * journal from the pipe and ends the process when it likes.
 */
#ifndef FSMETA_LOAD_H
#define FSMETA_LOAD_H

#include "options.h"

/* The main function of the load process; returns its exit code. */
int load_main(const struct options *options);

#endif
