/*
 * Purpose: see journal.h.
 *
 * Relies on: txn.c for the packing of writes, which journal_next_write() undoes.
 */
#include "journal.h"

#include "base.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { LENGTH_SIZE = 4 };

const char *op_kind_name(enum op_kind kind)
{
    static const char *const names[OP_KINDS] = {"create", "mkdir", "rename", "unlink",
                                                "rmdir",  "link",  "open",   "close",
                                                "lookup", "readdir", "allocate"};
    return names[kind];
}

void journal_init(struct journal *journal, int fd)
{
    journal->fd = fd;
    journal->frame = (struct bytes){0};
    pthread_mutex_init(&journal->lock, NULL);
}

void journal_free(struct journal *journal)
{
    bytes_free(&journal->frame);
    pthread_mutex_destroy(&journal->lock);
}

static void frame_begin(struct journal *journal, enum frame_kind kind)
{
    pthread_mutex_lock(&journal->lock);
    journal->frame.len = 0;
    bytes_put_u32(&journal->frame, 0);
    bytes_put_u8(&journal->frame, (uint8_t)kind);
}

static void frame_send(struct journal *journal)
{
    struct bytes *frame = &journal->frame;
    bytes_patch_u32(frame, 0, (uint32_t)(frame->len - LENGTH_SIZE));
    size_t sent = 0;
    while (sent < frame->len) {
        ssize_t count = write(journal->fd, frame->data + sent, frame->len - sent);
        if (count < 0 && errno != EINTR)
            die("the journal pipe broke: %s", strerror(errno));
        if (count > 0)
            sent += (size_t)count;
    }
    pthread_mutex_unlock(&journal->lock);
}

void journal_ready(struct journal *journal)
{
    frame_begin(journal, FRAME_READY);
    frame_send(journal);
}

void journal_intent(struct journal *journal, const struct txn *txn, enum op_kind kind)
{
    frame_begin(journal, FRAME_INTENT);
    bytes_put_u64(&journal->frame, txn->op);
    bytes_put_u8(&journal->frame, (uint8_t)kind);
    bytes_put(&journal->frame, txn->log.data, txn->log.len);
    frame_send(journal);
}

void journal_done(struct journal *journal, const struct done *done)
{
    frame_begin(journal, FRAME_DONE);
    bytes_put_u64(&journal->frame, done->op);
    bytes_put_u8(&journal->frame, (uint8_t)done->kind);
    bytes_put_u8(&journal->frame, (uint8_t)done->outcome);
    bytes_put_u64(&journal->frame, (uint64_t)done->version);
    bytes_put_u32(&journal->frame, done->latency_us);
    bytes_put_u32(&journal->frame, done->conflicts);
    bytes_put_u32(&journal->frame, done->retries);
    frame_send(journal);
}

void journal_trouble(struct journal *journal, const char *text)
{
    frame_begin(journal, FRAME_TROUBLE);
    bytes_put(&journal->frame, text, strlen(text));
    frame_send(journal);
}

static struct done take_done(struct cursor *body)
{
    struct done done = {0};
    done.op = cursor_u64(body);
    done.kind = (enum op_kind)cursor_u8(body);
    done.outcome = (enum outcome)cursor_u8(body);
    done.version = (int64_t)cursor_u64(body);
    done.latency_us = cursor_u32(body);
    done.conflicts = cursor_u32(body);
    done.retries = cursor_u32(body);
    return done;
}

static void take_body(struct cursor body, struct frame *out)
{
    *out = (struct frame){.kind = (enum frame_kind)cursor_u8(&body)};
    if (out->kind == FRAME_INTENT) {
        out->op = cursor_u64(&body);
        out->op_kind = (enum op_kind)cursor_u8(&body);
        out->writes = body;
    } else if (out->kind == FRAME_DONE) {
        out->done = take_done(&body);
    } else if (out->kind == FRAME_TROUBLE) {
        out->trouble = body;
    }
    if (body.bad || out->kind > FRAME_TROUBLE || out->op_kind >= OP_KINDS ||
        out->done.kind >= OP_KINDS)
        die("a frame of the journal makes no sense");
}

bool journal_next_frame(struct cursor *in, struct frame *out)
{
    struct cursor ahead = *in;
    uint32_t len = cursor_u32(&ahead);
    const uint8_t *body = cursor_take(&ahead, len);
    if (ahead.bad)
        return false;
    take_body((struct cursor){body, len, false}, out);
    *in = ahead;
    return true;
}

static struct name take_name(struct cursor *in, size_t len)
{
    const uint8_t *data = cursor_take(in, len);
    return (struct name){data, data == NULL ? 0 : len};
}

bool journal_next_write(struct cursor *writes, struct write *out)
{
    if (writes->left == 0)
        return false;
    *out = (struct write){0};
    out->key = take_name(writes, cursor_u16(writes));
    out->replaced = cursor_u64(writes);
    out->present = cursor_u8(writes) != 0;
    if (out->present)
        out->value = take_name(writes, cursor_u32(writes));
    if (writes->bad)
        die("a write in the journal makes no sense");
    return true;
}
