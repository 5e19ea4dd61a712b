/*
 * Purpose: the whole content of the database, read once, compared key by key with the model, and
 * unpacked for the checks that look at it as a file system.
 *
 * Relies on: nobody writing meanwhile. Keys arrive in order, so entries are sorted by directory
 * and name, and inodes by number.
 */
#ifndef FSMETA_IMAGE_H
#define FSMETA_IMAGE_H

#include "findings.h"
#include "model.h"
#include "options.h"
#include "records.h"

#include <stddef.h>
#include <stdint.h>

struct image_inode {
    uint64_t id;
    uint64_t parent;
    uint64_t size;
    int64_t mtime_ns;
    uint32_t mode;
    uint32_t uid;
    uint32_t gid;
    uint32_t nlink;
    uint8_t type;
    uint8_t reach;        /* used by the check for cycles */
    uint16_t target_len;
    size_t target_at;     /* into `text` */
    uint32_t links;       /* entries that lead here; counted by the check */
    uint64_t linked_from; /* the directory of one of them */
};

struct image_entry {
    uint64_t parent;
    uint64_t child;
    size_t name_at; /* into `text` */
    uint16_t name_len;
    uint8_t type;
};

struct image_session {
    uint64_t inode;
    uint64_t session;
};

/* An image of zeroes is empty. */
struct image {
    struct image_inode *inodes;
    size_t inode_count;
    size_t inode_cap;
    struct image_entry *entries;
    size_t entry_count;
    size_t entry_cap;
    struct image_session *sessions;
    size_t session_count;
    size_t session_cap;
    uint64_t counters[SHARDS];
    struct bytes text;
    uint64_t keys;
};

void image_free(struct image *image);

/* Reads the markers of all threads; 0 for one that has none. */
void image_markers(plinth_database *db, uint64_t markers[THREAD_LIMIT]);

/* Reads everything into an empty image; every difference from the model is a finding. */
void image_load(struct image *image, plinth_database *db, struct model *model,
                struct findings *findings);

struct name image_name(const struct image *image, const struct image_entry *entry);
struct name image_target(const struct image *image, const struct image_inode *inode);

/* The inode, or NULL. */
struct image_inode *image_inode(const struct image *image, uint64_t id);

/* The entry, or NULL. */
const struct image_entry *image_entry(const struct image *image, uint64_t parent,
                                      struct name name);

#endif
