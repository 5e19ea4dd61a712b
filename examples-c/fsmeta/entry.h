/*
 * Purpose: directory entries as a transaction reads and writes them, and the way from a path to
 * an entry.
 *
 * Relies on: txn.h. A path is looked up with snapshot reads: a directory that is renamed high
 * above needs to disturb nobody. What the change depends on is then guarded explicitly: that the
 * parent directory still exists, and that the entry is as it was seen.
 */
#ifndef FSMETA_ENTRY_H
#define FSMETA_ENTRY_H

#include "records.h"
#include "txn.h"

/* Reads an entry with a conflict; `out->child` is 0 if there is none. */
plinth_error entry_get(struct txn *txn, uint64_t parent, struct name name, struct entry *out);

/* Reads an entry without a conflict. */
plinth_error entry_peek(struct txn *txn, uint64_t parent, struct name name, struct entry *out);

plinth_error entry_store(struct txn *txn, uint64_t parent, struct name name, struct entry *entry);
plinth_error entry_erase(struct txn *txn, uint64_t parent, struct name name,
                         const struct entry *entry);

/* Whether a directory is empty; the commit fails if that changes. */
plinth_error entry_none(struct txn *txn, uint64_t parent, bool *none);

/* Where a path leads to: the directory, the last name, and the entry if there is one. The name
 * points into the path. */
struct place {
    uint64_t parent;
    struct name name;
    struct entry entry;
};

/* Finds a place that is going to be changed, with the conflicts that takes. */
plinth_error place_claim(struct txn *txn, const char *path, struct place *out);

/* Finds a place without any conflict. */
plinth_error place_peek(struct txn *txn, const char *path, struct place *out);

#endif
