/*
 * Purpose: the list of what was imported, kept outside the database, so that the database can be
 * held against it.
 *
 * Relies on: entries being added only after the transaction that stored them was acknowledged. One
 * inode with several hard links has one entry here for each of them.
 */
#ifndef FSMETA_MANIFEST_H
#define FSMETA_MANIFEST_H

#include "bytes.h"
#include "map.h"
#include "model.h"
#include "records.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct manifest_entry {
    uint64_t id;
    uint64_t parent; /* 0 for the root */
    uint64_t size;
    int64_t mtime_ns;
    uint32_t mode;
    uint32_t uid;
    uint32_t gid;
    uint32_t nlink; /* links inside the imported tree; 1 until manifest_seal() counted them */
    uint8_t type;
    bool on_disk; /* false: one of our own directories, such as "work" */
    bool seen;    /* used by the comparison with the disk */
    uint16_t name_len;
    uint16_t target_len;
    size_t name_at; /* into `text`, as `target_at` */
    size_t target_at;
};

/* A manifest of zeroes is empty. */
struct manifest {
    struct manifest_entry *entries;
    size_t count;
    size_t cap;
    struct bytes text;
    struct map by_place;       /* key_entry() to index; after manifest_seal() */
    uint64_t counters[SHARDS]; /* the allocator after the import; 0 if never used */
    int64_t last_version;      /* greatest commit version of the import */
};

void manifest_free(struct manifest *manifest);

/* Forgets the entries but keeps the memory. */
void manifest_clear(struct manifest *manifest);

/* Adds an entry; name and target are copied and their places in `entry` are filled in. */
void manifest_add(struct manifest *manifest, struct manifest_entry entry, struct name name,
                  struct name target);

/* Adds all entries of another one. */
void manifest_append(struct manifest *manifest, const struct manifest *other);

/* Sorts by id, counts links, builds the index. Nothing is added afterwards. */
void manifest_seal(struct manifest *manifest);

struct name manifest_name(const struct manifest *manifest, const struct manifest_entry *entry);
struct name manifest_target(const struct manifest *manifest, const struct manifest_entry *entry);

/* The first entry of an inode, or NULL. */
const struct manifest_entry *manifest_find(const struct manifest *manifest, uint64_t id);

/* The entry of that name in a directory, or NULL. */
struct manifest_entry *manifest_at(const struct manifest *manifest, uint64_t parent,
                                   struct name name);

/* The inode as the import stores it. */
void manifest_inode(const struct manifest *manifest, const struct manifest_entry *entry,
                    struct inode *out);

/* The path from the root of the database, NUL-terminated, replacing what is in `out`. */
void manifest_path(const struct manifest *manifest, const struct manifest_entry *entry,
                   struct bytes *out);

/* Puts everything into an empty model. */
void manifest_model(const struct manifest *manifest, struct model *model);

/* Writes all entries to a file, one NUL-terminated line each, and syncs it. */
void manifest_save(const struct manifest *manifest, const char *path);

/* Reads from such a file the paths of what has the given type, shorter than `limit` bytes each
 * and not more than `most` of them. The caller frees each and the array. */
char **manifest_load_paths(const char *path, enum file_type type, size_t limit, size_t most,
                           size_t *count);

#endif
