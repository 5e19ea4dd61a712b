/*
 * Purpose: see records.h.
 *
 * Relies on: the field order below, which is the storage format; a change needs a new FORMAT.
 */
#include "records.h"

#include <string.h>

enum { FORMAT = 1 };

uint64_t op_id(uint32_t life, uint32_t thread, uint32_t count)
{
    return (uint64_t)(life & 0xffffU) << 48 | (uint64_t)(thread & 0xffffU) << 32 | count;
}

uint32_t op_life(uint64_t op)
{
    return (uint32_t)(op >> 48);
}

uint32_t op_thread(uint64_t op)
{
    return (uint32_t)(op >> 32) & 0xffffU;
}

uint32_t op_count(uint64_t op)
{
    return (uint32_t)op;
}

static void head_encode(uint64_t writer, struct bytes *out)
{
    bytes_put_u8(out, FORMAT);
    bytes_put_u64(out, writer);
}

static uint64_t head_decode(struct cursor *in)
{
    if (cursor_u8(in) != FORMAT)
        in->bad = true;
    return cursor_u64(in);
}

void inode_encode(const struct inode *inode, struct bytes *out)
{
    head_encode(inode->writer, out);
    bytes_put_u8(out, inode->type);
    bytes_put_u8(out, inode->flags);
    bytes_put_u32(out, inode->mode);
    bytes_put_u32(out, inode->uid);
    bytes_put_u32(out, inode->gid);
    bytes_put_u32(out, inode->nlink);
    bytes_put_u64(out, inode->size);
    bytes_put_u64(out, (uint64_t)inode->mtime_ns);
    bytes_put_u64(out, inode->parent);
    bytes_put_u16(out, inode->target_len);
    bytes_put(out, inode->target, inode->target_len);
}

bool inode_decode(const uint8_t *data, size_t len, struct inode *out)
{
    struct cursor in = {data, len, false};
    out->writer = head_decode(&in);
    out->type = cursor_u8(&in);
    out->flags = cursor_u8(&in);
    out->mode = cursor_u32(&in);
    out->uid = cursor_u32(&in);
    out->gid = cursor_u32(&in);
    out->nlink = cursor_u32(&in);
    out->size = cursor_u64(&in);
    out->mtime_ns = (int64_t)cursor_u64(&in);
    out->parent = cursor_u64(&in);
    out->target_len = cursor_u16(&in);
    if (out->target_len > TARGET_LIMIT)
        return false;
    const uint8_t *target = cursor_take(&in, out->target_len);
    if (!cursor_done(&in))
        return false;
    memcpy(out->target, target, out->target_len);
    return true;
}

void entry_encode(const struct entry *entry, struct bytes *out)
{
    head_encode(entry->writer, out);
    bytes_put_u64(out, entry->child);
    bytes_put_u8(out, entry->type);
}

bool entry_decode(const uint8_t *data, size_t len, struct entry *out)
{
    struct cursor in = {data, len, false};
    out->writer = head_decode(&in);
    out->child = cursor_u64(&in);
    out->type = cursor_u8(&in);
    return cursor_done(&in) && out->child != 0;
}

void session_encode(const struct session *session, struct bytes *out)
{
    head_encode(session->writer, out);
    bytes_put_u32(out, session->thread);
    bytes_put_u64(out, (uint64_t)session->opened_us);
}

bool session_decode(const uint8_t *data, size_t len, struct session *out)
{
    struct cursor in = {data, len, false};
    out->writer = head_decode(&in);
    out->thread = cursor_u32(&in);
    out->opened_us = (int64_t)cursor_u64(&in);
    return cursor_done(&in);
}

void counter_encode(const struct counter *counter, struct bytes *out)
{
    head_encode(counter->writer, out);
    bytes_put_u64(out, counter->next);
}

bool counter_decode(const uint8_t *data, size_t len, struct counter *out)
{
    struct cursor in = {data, len, false};
    out->writer = head_decode(&in);
    out->next = cursor_u64(&in);
    return cursor_done(&in);
}

void marker_encode(uint64_t writer, struct bytes *out)
{
    head_encode(writer, out);
}

uint64_t record_writer(const uint8_t *data, size_t len)
{
    struct cursor in = {data, len, false};
    if (data == NULL)
        return 0;
    return head_decode(&in);
}
