/*
 * Purpose: see map.h.
 *
 * Relies on: at most half of the slots being used, so that every search meets an empty one.
 */
#include "map.h"

#include "base.h"

#include <stdlib.h>
#include <string.h>

void map_free(struct map *map)
{
    free(map->slots);
    bytes_free(&map->keys);
    *map = (struct map){0};
}

static uint64_t hash_of(struct name key)
{
    uint64_t hash = 0xcbf29ce484222325U;
    for (size_t i = 0; i < key.len; i++)
        hash = (hash ^ key.data[i]) * 0x100000001b3U;
    /* The low bits choose the slot; let the high ones have their say. */
    return hash ^ hash >> 29;
}

struct name map_key(const struct map *map, const struct map_slot *slot)
{
    return (struct name){map->keys.data + slot->key_at, slot->key_len};
}

/* The slot of the key, or the empty one where it belongs. */
static struct map_slot *slot_of(const struct map *map, struct name key, uint64_t hash)
{
    for (size_t i = hash & (map->size - 1);; i = (i + 1) & (map->size - 1)) {
        struct map_slot *slot = &map->slots[i];
        if (!slot->used)
            return slot;
        if (slot->hash == hash && slot->key_len == key.len &&
            memcmp(map->keys.data + slot->key_at, key.data, key.len) == 0)
            return slot;
    }
}

uint64_t *map_find(const struct map *map, struct name key)
{
    if (map->size == 0)
        return NULL;
    struct map_slot *slot = slot_of(map, key, hash_of(key));
    return slot->used ? &slot->number : NULL;
}

static void map_enlarge(struct map *map)
{
    struct map_slot *old = map->slots;
    size_t old_size = map->size;
    map->size = old_size == 0 ? 64 : old_size * 2;
    map->slots = must_realloc(NULL, map->size * sizeof *map->slots);
    memset(map->slots, 0, map->size * sizeof *map->slots);
    for (size_t i = 0; i < old_size; i++)
        if (old[i].used)
            *slot_of(map, map_key(map, &old[i]), old[i].hash) = old[i];
    free(old);
}

void map_add(struct map *map, struct name key, uint64_t number)
{
    if (map->count * 2 >= map->size)
        map_enlarge(map);
    uint64_t hash = hash_of(key);
    struct map_slot *slot = slot_of(map, key, hash);
    *slot = (struct map_slot){hash, map->keys.len, (uint32_t)key.len, true, number};
    bytes_put(&map->keys, key.data, key.len);
    map->count++;
}
