/*
 * Purpose: the rules of a file system, held against an image of the database, and the imported
 * part of it held against the manifest.
 *
 * Relies on: nothing but the image and the manifest: what the load was told is the model's matter,
 * and was compared when the image was read.
 */
#ifndef FSMETA_CHECK_H
#define FSMETA_CHECK_H

#include "findings.h"
#include "image.h"
#include "manifest.h"

/* Entries lead to inodes, nlink is right, one parent per directory, no cycles, no orphans, no
 * session without an inode, no inode number beyond the allocator. */
void check_structure(struct image *image, struct findings *findings);

/* Every imported entry is in its place and its inode unchanged. */
void check_manifest(const struct image *image, const struct manifest *manifest,
                    struct findings *findings);

/* Whether the inode has the attributes that the manifest has. */
bool check_same(const struct image *image, const struct image_inode *inode,
                const struct manifest *manifest, const struct manifest_entry *entry);

#endif
