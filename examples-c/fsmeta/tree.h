/*
 * Purpose: reads directories of the real tree, for the import and for the comparison afterwards.
 *
 * Relies on: a tree being one file system: what is mounted inside it is left out, and so is the
 * directory the database lives in. Both uses leave out the same.
 */
#ifndef FSMETA_TREE_H
#define FSMETA_TREE_H

#include "keys.h"
#include "records.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

struct tree {
    int fd;
    struct stat root;
    struct stat left_out; /* the directory of the database */
};

/* One item of a directory. All pointers end with the visit. */
struct tree_item {
    struct name name;
    struct stat st;
    struct name target;
};

typedef void (*tree_visit)(void *user, const struct tree_item *item);

/* Opens the tree; ends the process if it can't. */
void tree_open(struct tree *tree, const char *path);

/* Names the directory that is left out. */
void tree_leave_out(struct tree *tree, const char *path);
void tree_close(struct tree *tree);

/* Visits every item of a directory. `path` begins at the root of the tree; "" is the root itself.
 * Adds what could not be looked at to `*skipped`. False if the directory cannot be read. */
bool tree_list(const struct tree *tree, const char *path, tree_visit visit, void *user,
               size_t *skipped);

enum file_type tree_type(const struct stat *st);
int64_t tree_mtime_ns(const struct stat *st);

#endif
