/*
 * Purpose: see image.h.
 *
 * Relies on: the key layout of keys.h for the order.
 */
#include "image.h"

#include "base.h"
#include "keys.h"

#include <stdlib.h>
#include <string.h>

enum { PAGE = 2000, KEY_TEXT = 400 };

struct loader {
    struct image *image;
    struct model *model;
    struct findings *findings;
    struct bytes last; /* the last key that was read */
};

void image_free(struct image *image)
{
    free(image->inodes);
    free(image->entries);
    free(image->sessions);
    bytes_free(&image->text);
    *image = (struct image){0};
}

static size_t add_text(struct image *image, const void *data, size_t len)
{
    size_t at = image->text.len;
    bytes_put(&image->text, data, len);
    return at;
}

static bool take_inode(struct image *image, struct name key, struct name value)
{
    struct inode inode;
    if (!inode_decode(value.data, value.len, &inode))
        return false;
    image->inodes =
        grow(image->inodes, image->inode_count, &image->inode_cap, sizeof *image->inodes);
    image->inodes[image->inode_count++] = (struct image_inode){
        .id = key_first_number(key),
        .parent = inode.parent,
        .size = inode.size,
        .mtime_ns = inode.mtime_ns,
        .mode = inode.mode,
        .uid = inode.uid,
        .gid = inode.gid,
        .nlink = inode.nlink,
        .type = inode.type,
        .target_len = inode.target_len,
        .target_at = add_text(image, inode.target, inode.target_len),
    };
    return true;
}

static bool take_entry(struct image *image, struct name key, struct name value)
{
    struct entry entry;
    struct name name = key_tail(key);
    if (!entry_decode(value.data, value.len, &entry) || name.len == 0 || name.len > NAME_LIMIT)
        return false;
    image->entries =
        grow(image->entries, image->entry_count, &image->entry_cap, sizeof *image->entries);
    image->entries[image->entry_count++] = (struct image_entry){
        .parent = key_first_number(key),
        .child = entry.child,
        .name_at = add_text(image, name.data, name.len),
        .name_len = (uint16_t)name.len,
        .type = entry.type,
    };
    return true;
}

static bool take_session(struct image *image, struct name key, struct name value)
{
    struct session session;
    if (!session_decode(value.data, value.len, &session))
        return false;
    image->sessions =
        grow(image->sessions, image->session_count, &image->session_cap, sizeof *image->sessions);
    image->sessions[image->session_count++] =
        (struct image_session){key_first_number(key), key_second_number(key)};
    return true;
}

static bool take_counter(struct image *image, struct name key, struct name value)
{
    struct counter counter;
    uint64_t shard = key_first_number(key);
    if (!counter_decode(value.data, value.len, &counter) || shard >= SHARDS)
        return false;
    image->counters[shard] = counter.next;
    return true;
}

static bool take_pair(struct image *image, struct name key, struct name value)
{
    switch (key_kind(key)) {
    case KEY_INODE:
        return take_inode(image, key, value);
    case KEY_ENTRY:
        return take_entry(image, key, value);
    case KEY_SESSION:
        return take_session(image, key, value);
    case KEY_COUNTER:
        return take_counter(image, key, value);
    case KEY_MARKER:
        return record_writer(value.data, value.len) != 0;
    case KEY_UNKNOWN:
        break;
    }
    return false;
}

/* Compares a pair that was read with the model. */
static void compare(struct loader *loader, struct name key, struct name value)
{
    char text[KEY_TEXT], found[OP_TEXT], expected[OP_TEXT];
    struct cell *cell = model_find(loader->model, key);
    bool known = cell != NULL && cell->value != NULL;
    if (known)
        cell->seen = loader->model->scan;
    if (known && cell->len == value.len && memcmp(cell->value, value.data, value.len) == 0)
        return;
    key_describe(key, text, sizeof text);
    op_text(record_writer(value.data, value.len), found);
    op_text(cell_writer(cell), expected);
    if (known)
        finding(loader->findings, "%s holds what %s wrote (%zu bytes); it must be what %s wrote",
                text, found, value.len, expected);
    else
        finding(loader->findings, "%s is there, written by %s; it must be absent", text, found);
}

static void take_range(struct loader *loader, const plinth_range *range)
{
    for (size_t i = 0; i < range->count; i++) {
        const plinth_key_value *item = &range->items[i];
        struct name key = {item->key, item->key_len};
        struct name value = {item->value, item->value_len};
        compare(loader, key, value);
        if (!take_pair(loader->image, key, value)) {
            char text[KEY_TEXT];
            key_describe(key, text, sizeof text);
            finding(loader->findings, "%s holds a value of %zu bytes that is no record", text,
                    value.len);
        }
    }
    loader->image->keys += range->count;
    if (range->count > 0) {
        const plinth_key_value *last = &range->items[range->count - 1];
        loader->last.len = 0;
        bytes_put(&loader->last, last->key, last->key_len);
    }
}

/* Reads the next page; `*more` tells whether there is another. */
static plinth_error read_page(struct loader *loader, plinth_transaction *tr, bool *more)
{
    static const uint8_t nothing[1];
    static const uint8_t top[1] = {0xff};
    bool first = loader->last.len == 0;
    plinth_key_selector from = {first ? nothing : loader->last.data, loader->last.len, !first, 1};
    plinth_key_selector to = {top, sizeof top, false, 1};
    plinth_range_options options = {
        .struct_size = sizeof options, .limit = PAGE, .snapshot = true};
    plinth_range range = {0};
    plinth_error error = plinth_transaction_get_range(tr, NULL, &from, &to, &options, &range);
    if (error == 0)
        take_range(loader, &range);
    *more = range.more;
    plinth_range_free(&range);
    return error;
}

static void report_missing(const struct loader *loader)
{
    const struct map *index = &loader->model->index;
    for (size_t i = 0; i < index->size; i++) {
        const struct map_slot *slot = &index->slots[i];
        if (!slot->used)
            continue;
        const struct cell *cell = &loader->model->cells[slot->number];
        if (cell->value == NULL || cell->seen == loader->model->scan)
            continue;
        char text[KEY_TEXT], writer[OP_TEXT];
        key_describe(map_key(index, slot), text, sizeof text);
        finding(loader->findings, "%s is missing; %s wrote it, at version %lld or later", text,
                op_text(cell_writer(cell), writer), (long long)cell->version);
    }
}

void image_load(struct image *image, plinth_database *db, struct model *model,
                struct findings *findings)
{
    struct loader loader = {image, model, findings, {0}};
    plinth_transaction *tr = NULL;
    model->scan++;
    plinth_error error = plinth_transaction_begin(db, &tr);
    bool more = true;
    while (error == 0 && more) {
        error = read_page(&loader, tr, &more);
        if (error != 0) {
            /* A long scan outlives its read version; nothing changes, so a new one goes on. */
            error = plinth_transaction_on_error(tr, error);
            more = true;
        }
    }
    if (error != 0)
        finding(findings, "reading the whole database failed: %s (%d): %s",
                plinth_error_name(error), (int)error, plinth_last_error());
    else
        report_missing(&loader);
    plinth_transaction_destroy(tr);
    bytes_free(&loader.last);
}

void image_markers(plinth_database *db, uint64_t markers[THREAD_LIMIT])
{
    plinth_transaction *tr = NULL;
    plinth_error error = plinth_transaction_begin(db, &tr);
    for (uint32_t thread = 0; error == 0 && thread < THREAD_LIMIT; thread++) {
        struct key key = key_marker(thread);
        plinth_value value = {0};
        error = plinth_transaction_snapshot_get(tr, NULL, key.data, key.len, &value);
        markers[thread] = record_writer(value.data, value.len);
        plinth_value_free(&value);
    }
    if (error != 0)
        die_plinth("reading the markers", error);
    plinth_transaction_destroy(tr);
}

struct name image_name(const struct image *image, const struct image_entry *entry)
{
    return (struct name){image->text.data + entry->name_at, entry->name_len};
}

struct name image_target(const struct image *image, const struct image_inode *inode)
{
    return (struct name){image->text.data + inode->target_at, inode->target_len};
}

struct image_inode *image_inode(const struct image *image, uint64_t id)
{
    size_t low = 0;
    size_t high = image->inode_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (image->inodes[middle].id == id)
            return &image->inodes[middle];
        if (image->inodes[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static int compare_place(const struct image *image, const struct image_entry *entry,
                         uint64_t parent, struct name name)
{
    if (entry->parent != parent)
        return entry->parent < parent ? -1 : 1;
    size_t shorter = entry->name_len < name.len ? entry->name_len : name.len;
    int order = memcmp(image->text.data + entry->name_at, name.data, shorter);
    if (order != 0 || entry->name_len == name.len)
        return order;
    return entry->name_len < name.len ? -1 : 1;
}

const struct image_entry *image_entry(const struct image *image, uint64_t parent,
                                      struct name name)
{
    size_t low = 0;
    size_t high = image->entry_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_place(image, &image->entries[middle], parent, name);
        if (order == 0)
            return &image->entries[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}
