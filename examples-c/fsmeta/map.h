/*
 * Purpose: a hash map from byte strings to numbers, usually indexes into an array of the caller.
 *
 * Relies on: nothing is ever removed; what is gone is marked in the caller's array. The map owns
 * copies of the keys.
 */
#ifndef FSMETA_MAP_H
#define FSMETA_MAP_H

#include "bytes.h"
#include "keys.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map_slot {
    uint64_t hash;
    size_t key_at; /* into `keys` */
    uint32_t key_len;
    bool used;
    uint64_t number;
};

/* A map of zeroes is empty. */
struct map {
    struct map_slot *slots;
    size_t size;
    size_t count;
    struct bytes keys;
};

void map_free(struct map *map);

/* The number of a key, or NULL. It stays valid until the next map_add(). */
uint64_t *map_find(const struct map *map, struct name key);

/* Adds a key that is not there yet. */
void map_add(struct map *map, struct name key, uint64_t number);

/* The key of a slot that is used. */
struct name map_key(const struct map *map, const struct map_slot *slot);

#endif
