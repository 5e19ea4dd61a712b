/*
 * Purpose: every key of the database, and nothing else makes one.
 *
 *     "DENT" parent-id name      an entry of a directory
 *     "INOD" inode-id            an inode
 *     "MARK" thread              the newest operation of one load thread
 *     "META" shard               the next inode number of one allocator shard
 *     "SESS" inode-id session    a file that is open for writing
 *
 * Relies on: numbers in keys are big-endian, so that the keys of one kind sort by number and the
 * entries of one directory are one range. A name has 1 to 255 bytes of any value.
 */
#ifndef FSMETA_KEYS_H
#define FSMETA_KEYS_H

#include <stddef.h>
#include <stdint.h>

enum {
    KEY_PREFIX = 4,
    KEY_NUMBER = 8,
    NAME_LIMIT = 255,
    KEY_LIMIT = KEY_PREFIX + KEY_NUMBER + NAME_LIMIT,
};

/* The top of the tree; it has no directory entry. */
#define ROOT_INODE ((uint64_t)1)

enum { SHARDS = 16 };

/* Some bytes of somebody else: the name of an entry, or a key that was read. */
struct name {
    const uint8_t *data;
    size_t len;
};

struct key {
    size_t len;
    uint8_t data[KEY_LIMIT];
};

enum key_kind { KEY_ENTRY, KEY_INODE, KEY_MARKER, KEY_COUNTER, KEY_SESSION, KEY_UNKNOWN };

struct key key_entry(uint64_t parent, struct name name);
struct key key_inode(uint64_t inode);
struct key key_marker(uint32_t thread);
struct key key_counter(uint32_t shard);
struct key key_session(uint64_t inode, uint64_t session);

/* The first key of an inode's entries or sessions; those of `id + 1` begin where they end. */
struct key key_entries_of(uint64_t parent);
struct key key_sessions_of(uint64_t inode);

/* The first key of all sessions, and the one after the last. */
struct key key_sessions_begin(void);
struct key key_sessions_end(void);

enum key_kind key_kind(struct name key);

/* The numbers inside a key, in order; zero where it has none. */
uint64_t key_first_number(struct name key);
uint64_t key_second_number(struct name key);

/* What follows prefix and number: the name inside an entry's key. */
struct name key_tail(struct name key);

/* The key as readable text, cut if it does not fit. */
void key_describe(struct name key, char *out, size_t size);

#endif
