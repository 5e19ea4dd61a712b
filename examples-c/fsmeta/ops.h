/*
 * Purpose: the operations of the file system. Each is the body of one transaction: it reads and
 * writes, and neither commits nor retries.
 *
 * Relies on: txn.h for the meaning of the results. Entries that the import made are never
 * removed, renamed or replaced (-EPERM), so that the imported tree can be compared with the disk
 * at any time.
 */
#ifndef FSMETA_OPS_H
#define FSMETA_OPS_H

#include "records.h"
#include "txn.h"

/* Makes a file or a directory with an inode number that the allocator gave. */
plinth_error fs_create(struct txn *txn, const char *path, enum file_type type, uint64_t id);

plinth_error fs_unlink(struct txn *txn, const char *path);
plinth_error fs_rmdir(struct txn *txn, const char *path);
plinth_error fs_link(struct txn *txn, const char *from, const char *to);

/* Renames; replaces a file or an empty directory at `to`. -EINVAL if a directory would end up
 * below itself, -EALREADY if both are the same inode. */
plinth_error fs_rename(struct txn *txn, const char *from, const char *to);

/* Opens a file for writing; `*inode` receives its number. */
plinth_error fs_open(struct txn *txn, const char *path, uint64_t session, uint32_t thread,
                     uint64_t *inode);

/* Ends a session and settles the length of the file. */
plinth_error fs_close(struct txn *txn, uint64_t inode, uint64_t session, uint64_t grown);

plinth_error fs_lookup(struct txn *txn, const char *path, struct inode *out);

/* Lists a directory and looks at some of the inodes; `*count` receives the number of entries. */
plinth_error fs_readdir(struct txn *txn, const char *path, size_t *count);

#endif
