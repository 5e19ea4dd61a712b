/*
 * Purpose: brings a real directory tree into the database, with several threads.
 *
 * Relies on: the database being empty. A directory is listed only after the transaction that
 * created it was acknowledged, so at any moment what is stored is a whole tree.
 */
#ifndef FSMETA_IMPORT_H
#define FSMETA_IMPORT_H

#include "manifest.h"
#include "options.h"
#include "tree.h"

struct import_result {
    size_t entries;
    size_t links;   /* entries that are further links to an inode */
    size_t skipped; /* what could not be read */
    uint64_t transactions;
    uint64_t conflicts;
    uint64_t us;
};

/* The names under the root of the database. */
#define IMPORT_TREE "tree"
#define IMPORT_WORK "work"
#define IMPORT_HOT "hot"

/* Imports everything; `manifest` is sealed afterwards. Any error ends the process. */
void import_tree(plinth_database *db, const struct tree *tree, const struct options *options,
                 struct manifest *manifest, struct import_result *result);

#endif
