/*
 * Purpose: inodes, and the other records that are found by number (markers, allocator shards,
 * sessions), as a transaction reads and writes them.
 *
 * Relies on: txn.h. Storing or erasing a record requires that it was read with inode_get() (not
 * inode_peek()) in the same transaction, or is known to be new.
 */
#ifndef FSMETA_INODE_H
#define FSMETA_INODE_H

#include "records.h"
#include "txn.h"

/* Reads an inode, with a conflict. -ENOENT if there is none. */
plinth_error inode_get(struct txn *txn, uint64_t id, struct inode *out);

/* Reads an inode without a conflict. */
plinth_error inode_peek(struct txn *txn, uint64_t id, struct inode *out);

/* Makes the commit fail if the inode changes or goes. */
plinth_error inode_guard(struct txn *txn, uint64_t id);

plinth_error inode_store(struct txn *txn, struct inode *inode);
plinth_error inode_erase(struct txn *txn, const struct inode *inode);

/* Notes in the thread's marker that this operation happened; `*done` tells that it had happened
 * before, so that this is a repetition after a commit with an unknown result. */
plinth_error marker_set(struct txn *txn, uint32_t thread, bool *done);

/* Takes `count` numbers from a shard of the allocator. They are
 * `(first + i) * SHARDS + shard`: no two shards ever give the same. */
plinth_error counter_take(struct txn *txn, uint32_t shard, uint64_t count, uint64_t *first);

/* -EEXIST or -ENOENT if the session is or isn't there. */
plinth_error session_open(struct txn *txn, uint64_t inode, uint64_t session, uint32_t thread);
plinth_error session_close(struct txn *txn, uint64_t inode, uint64_t session);

/* Whether nobody has the inode open; the commit fails if that changes. */
plinth_error session_none(struct txn *txn, uint64_t inode, bool *none);

#endif
