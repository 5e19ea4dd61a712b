/*
 * Purpose: what lies where in the data directory.
 *
 * Relies on: the data directory being ours alone.
 */
#ifndef FSMETA_PATHS_H
#define FSMETA_PATHS_H

#include "options.h"

#include <stdbool.h>

enum { DATA_PATH = 4096 };

#define DATA_DATABASE "db"
#define DATA_MANIFEST "manifest"

/* The path of a part of the data directory; `out` has DATA_PATH bytes. */
void data_path(const char *data, const char *part, char *out);

/* What the database is opened by: a directory in the data directory, or the cluster's URL. */
void database_path(const struct options *options, char *out);

/* Makes the data directory if it is missing, or a temporary one if `wanted` is NULL. The caller
 * frees the path. */
char *data_make(const char *wanted, bool *temporary);

/* Removes the directory and everything in it. */
void data_remove(const char *data);

#endif
