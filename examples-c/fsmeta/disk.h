/*
 * Purpose: holds the imported entries of the database against the real tree, read a second time.
 *
 * Relies on: the real tree being in use by others. So an entry that differs from the disk is a
 * violation only if the disk still says what it said at the import; otherwise it is counted as
 * changed.
 */
#ifndef FSMETA_DISK_H
#define FSMETA_DISK_H

#include "findings.h"
#include "image.h"
#include "manifest.h"
#include "tree.h"

struct disk_result {
    uint64_t compared;
    uint64_t changed;
};

void disk_compare(const struct tree *tree, const struct image *image, struct manifest *manifest,
                  struct disk_result *result, struct findings *findings);

#endif
