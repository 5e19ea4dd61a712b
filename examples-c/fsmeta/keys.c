/*
 * Purpose: see keys.h.
 *
 * Relies on: callers having checked that a name has at most NAME_LIMIT bytes.
 */
#include "keys.h"

#include "base.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const PREFIXES[] = {"DENT", "INOD", "MARK", "META", "SESS"};

static struct key key_begin(enum key_kind kind)
{
    struct key key = {.len = KEY_PREFIX};
    memcpy(key.data, PREFIXES[kind], KEY_PREFIX);
    return key;
}

static void key_add_number(struct key *key, uint64_t number)
{
    for (size_t i = 0; i < KEY_NUMBER; i++)
        key->data[key->len + i] = (uint8_t)(number >> (8 * (KEY_NUMBER - 1 - i)));
    key->len += KEY_NUMBER;
}

static struct key key_of_number(enum key_kind kind, uint64_t number)
{
    struct key key = key_begin(kind);
    key_add_number(&key, number);
    return key;
}

struct key key_entry(uint64_t parent, struct name name)
{
    struct key key = key_of_number(KEY_ENTRY, parent);
    if (name.len > NAME_LIMIT)
        die("a name of %zu bytes reached the key encoding", name.len);
    memcpy(key.data + key.len, name.data, name.len);
    key.len += name.len;
    return key;
}

struct key key_inode(uint64_t inode)
{
    return key_of_number(KEY_INODE, inode);
}

struct key key_marker(uint32_t thread)
{
    return key_of_number(KEY_MARKER, thread);
}

struct key key_counter(uint32_t shard)
{
    return key_of_number(KEY_COUNTER, shard);
}

struct key key_session(uint64_t inode, uint64_t session)
{
    struct key key = key_of_number(KEY_SESSION, inode);
    key_add_number(&key, session);
    return key;
}

struct key key_entries_of(uint64_t parent)
{
    return key_of_number(KEY_ENTRY, parent);
}

struct key key_sessions_of(uint64_t inode)
{
    return key_of_number(KEY_SESSION, inode);
}

struct key key_sessions_begin(void)
{
    return key_begin(KEY_SESSION);
}

struct key key_sessions_end(void)
{
    struct key key = key_begin(KEY_SESSION);
    key.data[KEY_PREFIX - 1]++;
    return key;
}

enum key_kind key_kind(struct name key)
{
    if (key.len < KEY_PREFIX + KEY_NUMBER)
        return KEY_UNKNOWN;
    for (int kind = KEY_ENTRY; kind < KEY_UNKNOWN; kind++)
        if (memcmp(key.data, PREFIXES[kind], KEY_PREFIX) == 0)
            return (enum key_kind)kind;
    return KEY_UNKNOWN;
}

static uint64_t number_at(struct name key, size_t at)
{
    if (key.len < at + KEY_NUMBER)
        return 0;
    uint64_t number = 0;
    for (size_t i = 0; i < KEY_NUMBER; i++)
        number = number << 8 | key.data[at + i];
    return number;
}

uint64_t key_first_number(struct name key)
{
    return number_at(key, KEY_PREFIX);
}

uint64_t key_second_number(struct name key)
{
    return number_at(key, KEY_PREFIX + KEY_NUMBER);
}

struct name key_tail(struct name key)
{
    size_t head = KEY_PREFIX + KEY_NUMBER;
    if (key.len < head)
        return (struct name){key.data, 0};
    return (struct name){key.data + head, key.len - head};
}

static void append(char *out, size_t size, const char *text)
{
    size_t used = strlen(out);
    if (used + 1 < size)
        snprintf(out + used, size - used, "%s", text);
}

static void append_escaped(char *out, size_t size, struct name bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        char text[8];
        uint8_t byte = bytes.data[i];
        if (byte >= ' ' && byte < 127 && byte != '\\')
            snprintf(text, sizeof text, "%c", (int)byte);
        else
            snprintf(text, sizeof text, "\\x%02x", (unsigned)byte);
        append(out, size, text);
    }
}

void key_describe(struct name key, char *out, size_t size)
{
    char text[64];
    enum key_kind kind = key_kind(key);
    out[0] = '\0';
    if (kind == KEY_UNKNOWN) {
        append_escaped(out, size, key);
        return;
    }
    snprintf(text, sizeof text, "%s %" PRIu64, PREFIXES[kind], key_first_number(key));
    append(out, size, text);
    if (kind == KEY_SESSION) {
        snprintf(text, sizeof text, " session %" PRIx64, key_second_number(key));
        append(out, size, text);
    } else if (kind == KEY_ENTRY) {
        append(out, size, " \"");
        append_escaped(out, size, key_tail(key));
        append(out, size, "\"");
    }
}
