/*
 * Purpose: what the database must hold: every key with its value, in memory, made from the import
 * and from what the load acknowledged.
 *
 * Relies on: a key that was cleared stays in the model as an absent cell, so that it is known
 * that an inode number was used before.
 */
#ifndef FSMETA_MODEL_H
#define FSMETA_MODEL_H

#include "journal.h"
#include "map.h"

#include <stdbool.h>
#include <stdint.h>

struct cell {
    uint8_t *value; /* NULL: the key is absent */
    uint32_t len;
    uint32_t seen;   /* the last scan that met the key */
    int64_t version; /* of the commit that wrote it last; of an earlier one if not known */
};

struct model {
    struct map index; /* key to cell */
    struct cell *cells;
    size_t count;
    size_t cap;
    uint32_t scan;
};

void model_free(struct model *model);

/* The cell of a key, or NULL if the key never was. Valid until the next model_put(). */
struct cell *model_find(const struct model *model, struct name key);

/* Sets a key, or clears it if `value` is NULL. `version` 0 keeps the one before. */
void model_put(struct model *model, struct name key, const uint8_t *value, size_t len,
               int64_t version);

/* The writer of a cell; 0 for an absent one and for NULL. */
uint64_t cell_writer(const struct cell *cell);

#endif
