/*
 * Purpose: see bytes.h.
 *
 * Relies on: must_realloc() never returning NULL.
 */
#include "bytes.h"

#include "base.h"

#include <stdlib.h>
#include <string.h>

void bytes_free(struct bytes *bytes)
{
    free(bytes->data);
    *bytes = (struct bytes){0};
}

void bytes_put(struct bytes *bytes, const void *data, size_t len)
{
    if (bytes->cap - bytes->len < len) {
        size_t cap = bytes->cap == 0 ? 64 : bytes->cap;
        while (cap - bytes->len < len)
            cap *= 2;
        bytes->data = must_realloc(bytes->data, cap);
        bytes->cap = cap;
    }
    if (len > 0)
        memcpy(bytes->data + bytes->len, data, len);
    bytes->len += len;
}

static void put_little(struct bytes *bytes, uint64_t value, size_t len)
{
    uint8_t packed[8];
    for (size_t i = 0; i < len; i++)
        packed[i] = (uint8_t)(value >> (8 * i));
    bytes_put(bytes, packed, len);
}

void bytes_put_u8(struct bytes *bytes, uint8_t value)
{
    put_little(bytes, value, 1);
}

void bytes_put_u16(struct bytes *bytes, uint16_t value)
{
    put_little(bytes, value, 2);
}

void bytes_put_u32(struct bytes *bytes, uint32_t value)
{
    put_little(bytes, value, 4);
}

void bytes_put_u64(struct bytes *bytes, uint64_t value)
{
    put_little(bytes, value, 8);
}

void bytes_patch_u32(struct bytes *bytes, size_t at, uint32_t value)
{
    for (size_t i = 0; i < 4; i++)
        bytes->data[at + i] = (uint8_t)(value >> (8 * i));
}

const uint8_t *cursor_take(struct cursor *cursor, size_t len)
{
    if (cursor->bad || cursor->left < len) {
        cursor->bad = true;
        return NULL;
    }
    const uint8_t *taken = cursor->at;
    cursor->at += len;
    cursor->left -= len;
    return taken;
}

static uint64_t take_little(struct cursor *cursor, size_t len)
{
    const uint8_t *packed = cursor_take(cursor, len);
    uint64_t value = 0;
    for (size_t i = 0; packed != NULL && i < len; i++)
        value |= (uint64_t)packed[i] << (8 * i);
    return value;
}

uint8_t cursor_u8(struct cursor *cursor)
{
    return (uint8_t)take_little(cursor, 1);
}

uint16_t cursor_u16(struct cursor *cursor)
{
    return (uint16_t)take_little(cursor, 2);
}

uint32_t cursor_u32(struct cursor *cursor)
{
    return (uint32_t)take_little(cursor, 4);
}

uint64_t cursor_u64(struct cursor *cursor)
{
    return take_little(cursor, 8);
}

bool cursor_done(const struct cursor *cursor)
{
    return !cursor->bad && cursor->left == 0;
}
