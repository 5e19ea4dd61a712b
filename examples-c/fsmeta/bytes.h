/*
 * Purpose: a byte string that grows, and a cursor that reads one without ever leaving it. Both
 * records and the journal are packed with them, all numbers little-endian.
 *
 * Relies on: nothing. A `struct bytes` of zeroes is empty; whoever declared it frees it.
 */
#ifndef FSMETA_BYTES_H
#define FSMETA_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
    uint8_t *data;
    size_t len;
    size_t cap;
};

void bytes_free(struct bytes *bytes);
void bytes_put(struct bytes *bytes, const void *data, size_t len);
void bytes_put_u8(struct bytes *bytes, uint8_t value);
void bytes_put_u16(struct bytes *bytes, uint16_t value);
void bytes_put_u32(struct bytes *bytes, uint32_t value);
void bytes_put_u64(struct bytes *bytes, uint64_t value);

/* Overwrites four bytes that were put before. */
void bytes_patch_u32(struct bytes *bytes, size_t at, uint32_t value);

/* Reads what bytes_put_*() wrote. After reading past the end `bad` is set and every further read
 * gives zero, so that a decoder need check only once, at its end. */
struct cursor {
    const uint8_t *at;
    size_t left;
    bool bad;
};

/* The next `len` bytes, or NULL if there are fewer. */
const uint8_t *cursor_take(struct cursor *cursor, size_t len);
uint8_t cursor_u8(struct cursor *cursor);
uint16_t cursor_u16(struct cursor *cursor);
uint32_t cursor_u32(struct cursor *cursor);
uint64_t cursor_u64(struct cursor *cursor);

/* Whether everything was read, and nothing beyond. */
bool cursor_done(const struct cursor *cursor);

#endif
