/*
 * Purpose: a Plinth transaction that remembers what it writes, for the journal.
 *
 * Relies on (and makes the whole check possible): every key that is written was first read with a
 * conflict in the same transaction, and the writer that was seen there is passed along as
 * `replaced`. Of two operations that write one key the later one has therefore read the earlier
 * one's value, or it would not have committed: for each key the order is known exactly, even
 * among transactions that share a commit version.
 *
 * Errors: 0 is success; a number above 0 is Plinth's and belongs into the retry loop; one below 0
 * is a negated errno value: the request was refused. -EUCLEAN means that the transaction saw a
 * file system that is broken in itself.
 */
#ifndef FSMETA_TXN_H
#define FSMETA_TXN_H

#include "bytes.h"
#include "keys.h"

#include <plinth.h>
#include <stdbool.h>
#include <stdint.h>

struct txn {
    plinth_transaction *tr;
    uint64_t op;         /* the writer of everything this transaction stores */
    uint32_t writes;     /* number of writes in `log` */
    struct bytes log;    /* the writes, packed for the journal */
    struct bytes packed; /* room for the value that is being encoded */
};

/* Begins a transaction in a zeroed or ended struct. */
plinth_error txn_begin(struct txn *txn, plinth_database *db, uint64_t op);

/* Forgets the writes that were remembered: the next attempt begins. */
void txn_restart(struct txn *txn);

/* Ends the transaction; the struct keeps its buffers and may begin again. */
void txn_end(struct txn *txn);

/* Ends it if it runs, and frees the buffers. */
void txn_free(struct txn *txn);

/* Reads a key; the commit fails if it changes meanwhile. */
plinth_error txn_get(struct txn *txn, const struct key *key, plinth_value *out);

/* Reads a key without a conflict. */
plinth_error txn_peek(struct txn *txn, const struct key *key, plinth_value *out);

/* Makes the commit fail if the key changes: for keys that were only peeked at, and matter. */
plinth_error txn_guard(struct txn *txn, const struct key *key);

/* Whether there is no key from `begin` up to `end`; the commit fails if that changes. */
plinth_error txn_range_empty(struct txn *txn, const struct key *begin, const struct key *end,
                             bool *empty);

/* Stores what is in `txn->packed`. */
plinth_error txn_put_packed(struct txn *txn, const struct key *key, uint64_t replaced);
plinth_error txn_clear(struct txn *txn, const struct key *key, uint64_t replaced);

#endif
