/*
 * Purpose: see txn.h.
 *
 * Relies on: journal.h describing the same packing of writes (replay.c reads it).
 */
#include "txn.h"

plinth_error txn_begin(struct txn *txn, plinth_database *db, uint64_t op)
{
    txn->op = op;
    txn_restart(txn);
    return plinth_transaction_begin(db, &txn->tr);
}

void txn_restart(struct txn *txn)
{
    txn->writes = 0;
    txn->log.len = 0;
}

void txn_end(struct txn *txn)
{
    if (txn->tr != NULL)
        plinth_transaction_destroy(txn->tr);
    txn->tr = NULL;
}

void txn_free(struct txn *txn)
{
    txn_end(txn);
    bytes_free(&txn->log);
    bytes_free(&txn->packed);
}

plinth_error txn_get(struct txn *txn, const struct key *key, plinth_value *out)
{
    return plinth_transaction_get(txn->tr, NULL, key->data, key->len, out);
}

plinth_error txn_peek(struct txn *txn, const struct key *key, plinth_value *out)
{
    return plinth_transaction_snapshot_get(txn->tr, NULL, key->data, key->len, out);
}

plinth_error txn_guard(struct txn *txn, const struct key *key)
{
    return plinth_transaction_add_read_conflict(txn->tr, NULL, key->data, key->len);
}

plinth_error txn_range_empty(struct txn *txn, const struct key *begin, const struct key *end,
                             bool *empty)
{
    plinth_key_selector from = {begin->data, begin->len, false, 1};
    plinth_key_selector to = {end->data, end->len, false, 1};
    plinth_range_options options = {.struct_size = sizeof options, .limit = 1};
    plinth_range range = {0};
    plinth_error error =
        plinth_transaction_get_range(txn->tr, NULL, &from, &to, &options, &range);
    *empty = range.count == 0;
    plinth_range_free(&range);
    return error;
}

static void remember(struct txn *txn, const struct key *key, uint64_t replaced, bool present)
{
    bytes_put_u16(&txn->log, (uint16_t)key->len);
    bytes_put(&txn->log, key->data, key->len);
    bytes_put_u64(&txn->log, replaced);
    bytes_put_u8(&txn->log, present);
    if (present) {
        bytes_put_u32(&txn->log, (uint32_t)txn->packed.len);
        bytes_put(&txn->log, txn->packed.data, txn->packed.len);
    }
    txn->writes++;
}

plinth_error txn_put_packed(struct txn *txn, const struct key *key, uint64_t replaced)
{
    remember(txn, key, replaced, true);
    return plinth_transaction_set(txn->tr, NULL, key->data, key->len, txn->packed.data,
                                  txn->packed.len);
}

plinth_error txn_clear(struct txn *txn, const struct key *key, uint64_t replaced)
{
    remember(txn, key, replaced, false);
    return plinth_transaction_clear(txn->tr, NULL, key->data, key->len);
}
