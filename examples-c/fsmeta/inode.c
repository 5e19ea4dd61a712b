/*
 * Purpose: see inode.h.
 *
 * Relies on: txn.h.
 */
#include "inode.h"

#include "base.h"

#include <errno.h>

static plinth_error inode_take(plinth_error error, plinth_value *value, uint64_t id,
                               struct inode *out)
{
    if (error == 0 && value->data == NULL)
        error = -ENOENT;
    else if (error == 0 && !inode_decode(value->data, value->len, out))
        error = -EUCLEAN;
    out->id = id;
    plinth_value_free(value);
    return error;
}

plinth_error inode_get(struct txn *txn, uint64_t id, struct inode *out)
{
    struct key key = key_inode(id);
    plinth_value value = {0};
    plinth_error error = txn_get(txn, &key, &value);
    return inode_take(error, &value, id, out);
}

plinth_error inode_peek(struct txn *txn, uint64_t id, struct inode *out)
{
    struct key key = key_inode(id);
    plinth_value value = {0};
    plinth_error error = txn_peek(txn, &key, &value);
    return inode_take(error, &value, id, out);
}

plinth_error inode_guard(struct txn *txn, uint64_t id)
{
    struct key key = key_inode(id);
    return txn_guard(txn, &key);
}

plinth_error inode_store(struct txn *txn, struct inode *inode)
{
    struct key key = key_inode(inode->id);
    uint64_t replaced = inode->writer;
    inode->writer = txn->op;
    txn->packed.len = 0;
    inode_encode(inode, &txn->packed);
    return txn_put_packed(txn, &key, replaced);
}

plinth_error inode_erase(struct txn *txn, const struct inode *inode)
{
    struct key key = key_inode(inode->id);
    return txn_clear(txn, &key, inode->writer);
}

plinth_error marker_set(struct txn *txn, uint32_t thread, bool *done)
{
    struct key key = key_marker(thread);
    plinth_value value = {0};
    plinth_error error = txn_get(txn, &key, &value);
    uint64_t last = record_writer(value.data, value.len);
    plinth_value_free(&value);
    *done = last == txn->op;
    if (error != 0 || *done)
        return error;
    txn->packed.len = 0;
    marker_encode(txn->op, &txn->packed);
    return txn_put_packed(txn, &key, last);
}

plinth_error counter_take(struct txn *txn, uint32_t shard, uint64_t count, uint64_t *first)
{
    struct key key = key_counter(shard);
    /* 1 and not 0: the numbers below SHARDS are left for the root. */
    struct counter counter = {.writer = 0, .next = 1};
    plinth_value value = {0};
    plinth_error error = txn_peek(txn, &key, &value);
    if (error == 0 && value.data != NULL && !counter_decode(value.data, value.len, &counter))
        error = -EUCLEAN;
    plinth_value_free(&value);
    /* The conflict is added only here: a reader who just looks would need none. */
    if (error == 0)
        error = txn_guard(txn, &key);
    if (error != 0)
        return error;
    uint64_t replaced = counter.writer;
    *first = counter.next;
    counter.next += count;
    counter.writer = txn->op;
    txn->packed.len = 0;
    counter_encode(&counter, &txn->packed);
    return txn_put_packed(txn, &key, replaced);
}

/* The writer of a session, 0 if there is none. */
static plinth_error session_get(struct txn *txn, const struct key *key, uint64_t *writer)
{
    plinth_value value = {0};
    struct session session = {0};
    plinth_error error = txn_get(txn, key, &value);
    if (error == 0 && value.data != NULL && !session_decode(value.data, value.len, &session))
        error = -EUCLEAN;
    *writer = session.writer;
    plinth_value_free(&value);
    return error;
}

plinth_error session_open(struct txn *txn, uint64_t inode, uint64_t session, uint32_t thread)
{
    struct key key = key_session(inode, session);
    uint64_t writer;
    plinth_error error = session_get(txn, &key, &writer);
    if (error == 0 && writer != 0)
        error = -EEXIST;
    if (error != 0)
        return error;
    struct session record = {txn->op, thread, (int64_t)now_us()};
    txn->packed.len = 0;
    session_encode(&record, &txn->packed);
    return txn_put_packed(txn, &key, 0);
}

plinth_error session_close(struct txn *txn, uint64_t inode, uint64_t session)
{
    struct key key = key_session(inode, session);
    uint64_t writer;
    plinth_error error = session_get(txn, &key, &writer);
    if (error == 0 && writer == 0)
        error = -ENOENT;
    if (error != 0)
        return error;
    return txn_clear(txn, &key, writer);
}

plinth_error session_none(struct txn *txn, uint64_t inode, bool *none)
{
    struct key begin = key_sessions_of(inode);
    struct key end = key_sessions_of(inode + 1);
    return txn_range_empty(txn, &begin, &end, none);
}
