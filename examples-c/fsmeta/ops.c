/*
 * Purpose: see ops.h.
 *
 * Relies on: entry.h and inode.h. Each operation leaves the file system whole by itself: every
 * entry leads to an inode, nlink is the number of entries, a directory has one entry and knows
 * its parent. check.c holds the same rules against the stored state.
 */
#include "ops.h"

#include "base.h"
#include "entry.h"
#include "inode.h"

#include <errno.h>

enum {
    LINK_LIMIT = 60000,
    DEPTH_LIMIT = 100000,
    PAGE = 200,
    PROBES = 8,
};

static bool is_imported(const struct entry *entry)
{
    return op_life(entry->writer) == 0;
}

/* An entry that was seen in this snapshot leads here: the inode must be there too. */
static plinth_error child_get(struct txn *txn, const struct entry *entry, struct inode *out)
{
    plinth_error error = inode_get(txn, entry->child, out);
    if (error == -ENOENT || (error == 0 && out->type != entry->type))
        error = -EUCLEAN;
    return error;
}

plinth_error fs_create(struct txn *txn, const char *path, enum file_type type, uint64_t id)
{
    struct place place;
    plinth_error error = place_claim(txn, path, &place);
    if (error != 0)
        return error;
    if (place.entry.child != 0)
        return -EEXIST;
    bool directory = type == TYPE_DIRECTORY;
    struct inode inode = {
        .id = id,
        .type = (uint8_t)type,
        .mode = directory ? 0755 : 0644,
        .nlink = 1,
        .mtime_ns = (int64_t)now_us() * 1000,
        .parent = directory ? place.parent : 0,
    };
    struct entry entry = {.writer = 0, .child = id, .type = (uint8_t)type};
    error = inode_store(txn, &inode);
    if (error == 0)
        error = entry_store(txn, place.parent, place.name, &entry);
    return error;
}

/* Takes one link from an inode; the last one takes the inode along. */
static plinth_error drop_link(struct txn *txn, const struct entry *entry)
{
    struct inode inode;
    plinth_error error = child_get(txn, entry, &inode);
    if (error != 0)
        return error;
    if (inode.nlink > 1) {
        inode.nlink--;
        return inode_store(txn, &inode);
    }
    bool unused;
    error = session_none(txn, inode.id, &unused);
    if (error == 0 && !unused)
        error = -EBUSY;
    if (error == 0)
        error = inode_erase(txn, &inode);
    return error;
}

static plinth_error drop_directory(struct txn *txn, const struct entry *entry)
{
    struct inode inode;
    bool empty;
    plinth_error error = entry_none(txn, entry->child, &empty);
    if (error == 0 && !empty)
        error = -ENOTEMPTY;
    if (error == 0)
        error = child_get(txn, entry, &inode);
    if (error == 0)
        error = inode_erase(txn, &inode);
    return error;
}

/* Whether the entry is one that may be taken away, and of the right kind. */
static plinth_error may_drop(const struct entry *entry, bool directory)
{
    if (entry->child == 0)
        return -ENOENT;
    if (is_imported(entry))
        return -EPERM;
    if (directory != (entry->type == TYPE_DIRECTORY))
        return directory ? -ENOTDIR : -EISDIR;
    return 0;
}

static plinth_error fs_remove(struct txn *txn, const char *path, bool directory)
{
    struct place place;
    plinth_error error = place_claim(txn, path, &place);
    if (error == 0)
        error = may_drop(&place.entry, directory);
    if (error == 0)
        error = directory ? drop_directory(txn, &place.entry) : drop_link(txn, &place.entry);
    if (error == 0)
        error = entry_erase(txn, place.parent, place.name, &place.entry);
    return error;
}

plinth_error fs_unlink(struct txn *txn, const char *path)
{
    return fs_remove(txn, path, false);
}

plinth_error fs_rmdir(struct txn *txn, const char *path)
{
    return fs_remove(txn, path, true);
}

plinth_error fs_link(struct txn *txn, const char *from, const char *to)
{
    struct place old, new;
    struct inode inode;
    /* The old name may go meanwhile; what counts is the inode, which child_get() guards. */
    plinth_error error = place_peek(txn, from, &old);
    if (error == 0 && old.entry.type == TYPE_DIRECTORY)
        error = -EPERM;
    if (error == 0)
        error = place_claim(txn, to, &new);
    if (error == 0 && new.entry.child != 0)
        error = -EEXIST;
    if (error == 0)
        error = child_get(txn, &old.entry, &inode);
    if (error == 0 && inode.nlink >= LINK_LIMIT)
        error = -EMLINK;
    if (error != 0)
        return error;
    struct entry entry = {.writer = 0, .child = inode.id, .type = inode.type};
    inode.nlink++;
    error = inode_store(txn, &inode);
    if (error == 0)
        error = entry_store(txn, new.parent, new.name, &entry);
    return error;
}

/* -EINVAL if `moved` is `directory` or above it. Every directory on the way is read with a
 * conflict: moving a directory writes its inode, so two moves that together would tie a knot
 * cannot both commit. */
static plinth_error check_ancestors(struct txn *txn, uint64_t moved, uint64_t directory)
{
    for (int depth = 0; directory != ROOT_INODE; depth++) {
        struct inode inode;
        if (directory == moved)
            return -EINVAL;
        if (depth == DEPTH_LIMIT)
            return -EUCLEAN;
        plinth_error error = inode_get(txn, directory, &inode);
        if (error == -ENOENT)
            error = -EUCLEAN;
        if (error != 0)
            return error;
        directory = inode.parent;
    }
    return 0;
}

/* Makes the target of a rename free. */
static plinth_error make_way(struct txn *txn, const struct place *from, const struct place *to)
{
    if (to->entry.child == 0)
        return 0;
    if (to->entry.child == from->entry.child)
        return -EALREADY;
    plinth_error error = may_drop(&to->entry, from->entry.type == TYPE_DIRECTORY);
    if (error != 0)
        return error;
    return to->entry.type == TYPE_DIRECTORY ? drop_directory(txn, &to->entry)
                                            : drop_link(txn, &to->entry);
}

/* Tells a directory about its new parent. */
static plinth_error move_directory(struct txn *txn, const struct place *from,
                                   const struct place *to)
{
    struct inode inode;
    if (from->entry.type != TYPE_DIRECTORY || from->parent == to->parent)
        return 0;
    plinth_error error = check_ancestors(txn, from->entry.child, to->parent);
    if (error == 0)
        error = child_get(txn, &from->entry, &inode);
    if (error != 0)
        return error;
    if (inode.parent != from->parent)
        return -EUCLEAN;
    inode.parent = to->parent;
    return inode_store(txn, &inode);
}

plinth_error fs_rename(struct txn *txn, const char *from, const char *to)
{
    struct place old, new;
    plinth_error error = place_claim(txn, from, &old);
    if (error == 0 && old.entry.child == 0)
        error = -ENOENT;
    if (error == 0 && is_imported(&old.entry))
        error = -EPERM;
    if (error == 0)
        error = place_claim(txn, to, &new);
    if (error == 0)
        error = make_way(txn, &old, &new);
    if (error == 0)
        error = move_directory(txn, &old, &new);
    if (error != 0)
        return error;
    struct entry entry = {new.entry.writer, old.entry.child, old.entry.type};
    error = entry_erase(txn, old.parent, old.name, &old.entry);
    if (error == 0)
        error = entry_store(txn, new.parent, new.name, &entry);
    return error;
}

plinth_error fs_open(struct txn *txn, const char *path, uint64_t session, uint32_t thread,
                     uint64_t *inode)
{
    struct place place;
    plinth_error error = place_peek(txn, path, &place);
    if (error == 0 && place.entry.type != TYPE_FILE)
        error = -EINVAL;
    if (error != 0)
        return error;
    /* A session must not outlive its inode: who removes the inode writes it, and conflicts with
     * this guard, or looks at the sessions later and finds this one. */
    error = inode_guard(txn, place.entry.child);
    if (error == 0)
        error = session_open(txn, place.entry.child, session, thread);
    *inode = place.entry.child;
    return error;
}

plinth_error fs_close(struct txn *txn, uint64_t id, uint64_t session, uint64_t grown)
{
    struct inode inode;
    plinth_error error = session_close(txn, id, session);
    if (error == 0)
        error = inode_get(txn, id, &inode);
    if (error == -ENOENT && txn->writes > 1)
        error = -EUCLEAN; /* an open session without its inode */
    if (error != 0 || (inode.flags & INODE_IMPORTED) != 0)
        return error;
    inode.size += grown;
    inode.mtime_ns = (int64_t)now_us() * 1000;
    return inode_store(txn, &inode);
}

plinth_error fs_lookup(struct txn *txn, const char *path, struct inode *out)
{
    struct place place;
    plinth_error error = place_peek(txn, path, &place);
    if (error != 0)
        return error;
    error = inode_peek(txn, place.entry.child, out);
    if (error == -ENOENT)
        return -EUCLEAN;
    if (error == 0 && (out->type != place.entry.type || out->nlink == 0))
        error = -EUCLEAN;
    return error;
}

/* Looks at the inodes of some entries: they are of one snapshot, so all must be there. */
static plinth_error probe_inodes(struct txn *txn, const plinth_range *range)
{
    for (size_t i = 0; i < range->count && i < PROBES; i++) {
        const plinth_key_value *item = &range->items[i];
        struct entry entry;
        struct inode inode;
        if (!entry_decode(item->value, item->value_len, &entry))
            return -EUCLEAN;
        plinth_error error = inode_peek(txn, entry.child, &inode);
        if (error == -ENOENT || (error == 0 && inode.type != entry.type))
            error = -EUCLEAN;
        if (error != 0)
            return error;
    }
    return 0;
}

static plinth_error list_entries(struct txn *txn, uint64_t id, size_t *count)
{
    struct key first = key_entries_of(id);
    struct key last = key_entries_of(id + 1);
    bool more = true;
    bool after = false;
    *count = 0;
    while (more) {
        plinth_key_selector from = {first.data, first.len, after, 1};
        plinth_key_selector to = {last.data, last.len, false, 1};
        plinth_range_options options = {
            .struct_size = sizeof options, .limit = PAGE, .snapshot = true};
        plinth_range range = {0};
        plinth_error error =
            plinth_transaction_get_range(txn->tr, NULL, &from, &to, &options, &range);
        if (error == 0)
            error = probe_inodes(txn, &range);
        *count += range.count;
        more = range.more && range.count > 0;
        after = true;
        if (more) {
            const plinth_key_value *end = &range.items[range.count - 1];
            first = key_entry(id, key_tail((struct name){end->key, end->key_len}));
        }
        plinth_range_free(&range);
        if (error != 0)
            return error;
    }
    return 0;
}

plinth_error fs_readdir(struct txn *txn, const char *path, size_t *count)
{
    struct place place;
    plinth_error error = place_peek(txn, path, &place);
    if (error == 0 && place.entry.type != TYPE_DIRECTORY)
        error = -ENOTDIR;
    if (error == 0)
        error = list_entries(txn, place.entry.child, count);
    return error;
}
