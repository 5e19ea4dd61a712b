/*
 * Purpose: what the values of the database hold, and how they are packed.
 *
 * Relies on: every value begins with a format byte and the id of the operation that wrote it (its
 * writer). The writer makes each value unique, so that a check can tell whose value it sees, and
 * lets an operation say whose value it replaced. Records hold no pointers: they can be copied and
 * need no release.
 */
#ifndef FSMETA_RECORDS_H
#define FSMETA_RECORDS_H

#include "bytes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An operation: the life of the load process, the thread in it, and a count. Life 0 is the
 * import; writer 0 stands for "no value". */
uint64_t op_id(uint32_t life, uint32_t thread, uint32_t count);
uint32_t op_life(uint64_t op);
uint32_t op_thread(uint64_t op);
uint32_t op_count(uint64_t op);

#define IMPORT_WRITER ((uint64_t)1)

enum { TARGET_LIMIT = 4095 };

enum file_type { TYPE_FILE = 1, TYPE_DIRECTORY = 2, TYPE_SYMLINK = 3, TYPE_OTHER = 4 };

/* The inode came from the imported tree; its attributes are never changed by the load. */
enum { INODE_IMPORTED = 1 };

struct inode {
    uint64_t id;     /* in the key, not in the value */
    uint64_t writer; /* 0 for one that was not stored yet */
    uint8_t type;
    uint8_t flags;
    uint32_t mode;
    uint32_t uid;
    uint32_t gid;
    uint32_t nlink; /* number of entries; 1 for a directory */
    uint64_t size;
    int64_t mtime_ns;
    uint64_t parent; /* for directories, else 0 */
    uint16_t target_len;
    uint8_t target[TARGET_LIMIT]; /* of a symbolic link */
};

struct entry {
    uint64_t writer;
    uint64_t child; /* 0: there is no such entry */
    uint8_t type;
};

struct session {
    uint64_t writer;
    uint32_t thread;
    int64_t opened_us;
};

struct counter {
    uint64_t writer;
    uint64_t next;
};

/* Each encoder appends to `out`; each decoder says whether the value was well formed. */
void inode_encode(const struct inode *inode, struct bytes *out);
bool inode_decode(const uint8_t *data, size_t len, struct inode *out);
void entry_encode(const struct entry *entry, struct bytes *out);
bool entry_decode(const uint8_t *data, size_t len, struct entry *out);
void session_encode(const struct session *session, struct bytes *out);
bool session_decode(const uint8_t *data, size_t len, struct session *out);
void counter_encode(const struct counter *counter, struct bytes *out);
bool counter_decode(const uint8_t *data, size_t len, struct counter *out);
void marker_encode(uint64_t writer, struct bytes *out);

/* The writer of any value; 0 for NULL or one that is too short. */
uint64_t record_writer(const uint8_t *data, size_t len);

#endif
