/*
 * Purpose: see manifest.h.
 *
 * Relies on: manifest_seal() having been called before any look-up.
 */
#include "manifest.h"

#include "base.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void manifest_free(struct manifest *manifest)
{
    free(manifest->entries);
    bytes_free(&manifest->text);
    map_free(&manifest->by_place);
    *manifest = (struct manifest){0};
}

void manifest_clear(struct manifest *manifest)
{
    manifest->count = 0;
    manifest->text.len = 0;
}

void manifest_add(struct manifest *manifest, struct manifest_entry entry, struct name name,
                  struct name target)
{
    entry.name_at = manifest->text.len;
    entry.name_len = (uint16_t)name.len;
    bytes_put(&manifest->text, name.data, name.len);
    entry.target_at = manifest->text.len;
    entry.target_len = (uint16_t)target.len;
    bytes_put(&manifest->text, target.data, target.len);
    manifest->entries =
        grow(manifest->entries, manifest->count, &manifest->cap, sizeof *manifest->entries);
    manifest->entries[manifest->count++] = entry;
}

struct name manifest_name(const struct manifest *manifest, const struct manifest_entry *entry)
{
    return (struct name){manifest->text.data + entry->name_at, entry->name_len};
}

struct name manifest_target(const struct manifest *manifest, const struct manifest_entry *entry)
{
    return (struct name){manifest->text.data + entry->target_at, entry->target_len};
}

void manifest_append(struct manifest *manifest, const struct manifest *other)
{
    for (size_t i = 0; i < other->count; i++) {
        const struct manifest_entry *entry = &other->entries[i];
        manifest_add(manifest, *entry, manifest_name(other, entry),
                     manifest_target(other, entry));
    }
}

static int by_id(const void *left, const void *right)
{
    uint64_t a = ((const struct manifest_entry *)left)->id;
    uint64_t b = ((const struct manifest_entry *)right)->id;
    return a < b ? -1 : a > b;
}

/* Entries of one inode stand side by side once sorted: their number is the inode's nlink. */
static void count_links(struct manifest *manifest)
{
    size_t first = 0;
    while (first < manifest->count) {
        size_t end = first + 1;
        while (end < manifest->count && manifest->entries[end].id == manifest->entries[first].id)
            end++;
        for (size_t i = first; i < end; i++)
            manifest->entries[i].nlink = (uint32_t)(end - first);
        first = end;
    }
}

void manifest_seal(struct manifest *manifest)
{
    qsort(manifest->entries, manifest->count, sizeof *manifest->entries, by_id);
    count_links(manifest);
    for (size_t i = 0; i < manifest->count; i++) {
        struct manifest_entry *entry = &manifest->entries[i];
        struct key key = key_entry(entry->parent, manifest_name(manifest, entry));
        map_add(&manifest->by_place, (struct name){key.data, key.len}, i);
    }
}

const struct manifest_entry *manifest_find(const struct manifest *manifest, uint64_t id)
{
    size_t low = 0;
    size_t high = manifest->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (manifest->entries[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == manifest->count || manifest->entries[low].id != id)
        return NULL;
    return &manifest->entries[low];
}

struct manifest_entry *manifest_at(const struct manifest *manifest, uint64_t parent,
                                   struct name name)
{
    if (name.len > NAME_LIMIT)
        return NULL;
    struct key key = key_entry(parent, name);
    uint64_t *at = map_find(&manifest->by_place, (struct name){key.data, key.len});
    return at == NULL ? NULL : &manifest->entries[*at];
}

void manifest_inode(const struct manifest *manifest, const struct manifest_entry *entry,
                    struct inode *out)
{
    struct name target = manifest_target(manifest, entry);
    out->id = entry->id;
    out->writer = 0;
    out->type = entry->type;
    out->flags = INODE_IMPORTED;
    out->mode = entry->mode;
    out->uid = entry->uid;
    out->gid = entry->gid;
    out->nlink = entry->nlink;
    out->size = entry->size;
    out->mtime_ns = entry->mtime_ns;
    out->parent = entry->type == TYPE_DIRECTORY ? entry->parent : 0;
    out->target_len = (uint16_t)target.len;
    memcpy(out->target, target.data, target.len);
}

/* Writes the path backwards, from the entry up to the root; reversed at the end. */
void manifest_path(const struct manifest *manifest, const struct manifest_entry *entry,
                   struct bytes *out)
{
    out->len = 0;
    while (entry != NULL && entry->parent != 0) {
        struct name name = manifest_name(manifest, entry);
        if (out->len > 0)
            bytes_put_u8(out, '/');
        for (size_t i = name.len; i > 0; i--)
            bytes_put_u8(out, name.data[i - 1]);
        entry = manifest_find(manifest, entry->parent);
    }
    for (size_t i = 0; i < out->len / 2; i++) {
        uint8_t swapped = out->data[i];
        out->data[i] = out->data[out->len - 1 - i];
        out->data[out->len - 1 - i] = swapped;
    }
    bytes_put_u8(out, '\0');
}

static void model_inode(const struct manifest *manifest, const struct manifest_entry *entry,
                        struct model *model, struct bytes *packed)
{
    struct inode inode;
    struct key key = key_inode(entry->id);
    manifest_inode(manifest, entry, &inode);
    inode.writer = IMPORT_WRITER;
    packed->len = 0;
    inode_encode(&inode, packed);
    model_put(model, (struct name){key.data, key.len}, packed->data, packed->len,
              manifest->last_version);
}

static void model_entry(const struct manifest *manifest, const struct manifest_entry *entry,
                        struct model *model, struct bytes *packed)
{
    struct key key = key_entry(entry->parent, manifest_name(manifest, entry));
    struct entry record = {IMPORT_WRITER, entry->id, entry->type};
    packed->len = 0;
    entry_encode(&record, packed);
    model_put(model, (struct name){key.data, key.len}, packed->data, packed->len,
              manifest->last_version);
}

static void model_counter(const struct manifest *manifest, uint32_t shard, struct model *model,
                          struct bytes *packed)
{
    struct key key = key_counter(shard);
    struct counter record = {IMPORT_WRITER, manifest->counters[shard]};
    packed->len = 0;
    counter_encode(&record, packed);
    model_put(model, (struct name){key.data, key.len}, packed->data, packed->len,
              manifest->last_version);
}

void manifest_model(const struct manifest *manifest, struct model *model)
{
    struct bytes packed = {0};
    for (size_t i = 0; i < manifest->count; i++) {
        const struct manifest_entry *entry = &manifest->entries[i];
        if (i == 0 || entry[-1].id != entry->id)
            model_inode(manifest, entry, model, &packed);
        if (entry->parent != 0)
            model_entry(manifest, entry, model, &packed);
    }
    for (uint32_t shard = 0; shard < SHARDS; shard++)
        if (manifest->counters[shard] != 0)
            model_counter(manifest, shard, model, &packed);
    bytes_free(&packed);
}

static char type_letter(uint8_t type)
{
    return type == TYPE_DIRECTORY ? 'd' : type == TYPE_FILE ? 'f' : type == TYPE_SYMLINK ? 'l'
                                                                                         : 'o';
}

void manifest_save(const struct manifest *manifest, const char *path)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL)
        die("cannot write %s: %s", path, strerror(errno));
    struct bytes text = {0};
    for (size_t i = 0; i < manifest->count; i++) {
        const struct manifest_entry *entry = &manifest->entries[i];
        manifest_path(manifest, entry, &text);
        fprintf(file, "%c %" PRIo32 " %" PRIu32 " %" PRIu32 " %" PRIu64 " %" PRId64 " %" PRIu64
                      " ",
                type_letter(entry->type), entry->mode, entry->uid, entry->gid, entry->size,
                entry->mtime_ns, entry->id);
        fwrite(text.data, 1, text.len, file);
    }
    bytes_free(&text);
    bool written = ferror(file) == 0 && fflush(file) == 0 && fsync(fileno(file)) == 0;
    if (fclose(file) != 0 || !written)
        die("cannot write %s: %s", path, strerror(errno));
}

/* The path in a line of the file: all that follows the seventh blank. */
static const char *path_of_line(const char *line)
{
    for (int blanks = 0; blanks < 7 && line != NULL; blanks++) {
        line = strchr(line, ' ');
        if (line != NULL)
            line++;
    }
    return line;
}

char **manifest_load_paths(const char *path, enum file_type type, size_t limit, size_t most,
                           size_t *count)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        die("cannot read %s: %s", path, strerror(errno));
    char **paths = NULL;
    char *line = NULL;
    size_t cap = 0;
    size_t room = 0;
    *count = 0;
    while (*count < most && getdelim(&line, &room, '\0', file) > 0) {
        const char *found = path_of_line(line);
        if (line[0] != type_letter((uint8_t)type) || found == NULL || *found == '\0' ||
            strlen(found) >= limit)
            continue;
        paths = grow(paths, *count, &cap, sizeof *paths);
        paths[(*count)++] = must_copy(found, strlen(found));
    }
    free(line);
    fclose(file);
    return paths;
}
