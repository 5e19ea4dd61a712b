/*
 * Purpose: see entry.h.
 *
 * Relies on: paths without a leading, trailing or doubled slash.
 */
#include "entry.h"

#include "inode.h"

#include <errno.h>
#include <string.h>

static plinth_error entry_take(plinth_error error, plinth_value *value, struct entry *out)
{
    *out = (struct entry){0};
    if (error == 0 && value->data != NULL && !entry_decode(value->data, value->len, out))
        error = -EUCLEAN;
    plinth_value_free(value);
    return error;
}

plinth_error entry_get(struct txn *txn, uint64_t parent, struct name name, struct entry *out)
{
    struct key key = key_entry(parent, name);
    plinth_value value = {0};
    plinth_error error = txn_get(txn, &key, &value);
    return entry_take(error, &value, out);
}

plinth_error entry_peek(struct txn *txn, uint64_t parent, struct name name, struct entry *out)
{
    struct key key = key_entry(parent, name);
    plinth_value value = {0};
    plinth_error error = txn_peek(txn, &key, &value);
    return entry_take(error, &value, out);
}

plinth_error entry_store(struct txn *txn, uint64_t parent, struct name name, struct entry *entry)
{
    struct key key = key_entry(parent, name);
    uint64_t replaced = entry->writer;
    entry->writer = txn->op;
    txn->packed.len = 0;
    entry_encode(entry, &txn->packed);
    return txn_put_packed(txn, &key, replaced);
}

plinth_error entry_erase(struct txn *txn, uint64_t parent, struct name name,
                         const struct entry *entry)
{
    struct key key = key_entry(parent, name);
    return txn_clear(txn, &key, entry->writer);
}

plinth_error entry_none(struct txn *txn, uint64_t parent, bool *none)
{
    struct key begin = key_entries_of(parent);
    struct key end = key_entries_of(parent + 1);
    return txn_range_empty(txn, &begin, &end, none);
}

/* Follows every name of the path but the last. */
static plinth_error walk(struct txn *txn, const char *path, struct place *out)
{
    out->parent = ROOT_INODE;
    for (;;) {
        const char *slash = strchr(path, '/');
        size_t len = slash == NULL ? strlen(path) : (size_t)(slash - path);
        if (len > NAME_LIMIT)
            return -ENAMETOOLONG;
        out->name = (struct name){(const uint8_t *)path, len};
        if (slash == NULL)
            return 0;
        plinth_error error = entry_peek(txn, out->parent, out->name, &out->entry);
        if (error != 0)
            return error;
        if (out->entry.child == 0)
            return -ENOENT;
        if (out->entry.type != TYPE_DIRECTORY)
            return -ENOTDIR;
        out->parent = out->entry.child;
        path = slash + 1;
    }
}

/* The walk has just seen an entry that leads here, in the same snapshot: a directory that is not
 * there now was never there properly. */
static plinth_error parent_peek(struct txn *txn, uint64_t id)
{
    struct inode inode;
    plinth_error error = inode_peek(txn, id, &inode);
    if (error == -ENOENT || (error == 0 && inode.type != TYPE_DIRECTORY))
        error = -EUCLEAN;
    return error;
}

plinth_error place_claim(struct txn *txn, const char *path, struct place *out)
{
    plinth_error error = walk(txn, path, out);
    if (error == 0)
        error = parent_peek(txn, out->parent);
    /* Changes in one directory guard its inode but do not write it: they meet only if they
     * concern the same name, and all of them meet the removal of the directory. */
    if (error == 0)
        error = inode_guard(txn, out->parent);
    if (error == 0)
        error = entry_get(txn, out->parent, out->name, &out->entry);
    return error;
}

plinth_error place_peek(struct txn *txn, const char *path, struct place *out)
{
    plinth_error error = walk(txn, path, out);
    if (error == 0)
        error = entry_peek(txn, out->parent, out->name, &out->entry);
    if (error == 0 && out->entry.child == 0)
        error = -ENOENT;
    return error;
}
