/*
 * Purpose: see disk.h.
 *
 * Relies on: tree.h leaving out the same as at the import.
 */
#include "disk.h"

#include "base.h"
#include "check.h"
#include "import.h"

#include <string.h>

struct comparison {
    const struct image *image;
    struct manifest *manifest;
    struct disk_result *result;
    struct findings *findings;
    const struct manifest_entry *directory;
};

/* Whether the item on disk has what the other side, given by its fields, has. */
static bool same_as_image(const struct comparison *comparison, const struct tree_item *item,
                          const struct image_inode *inode)
{
    struct name target = image_target(comparison->image, inode);
    return inode->type == tree_type(&item->st) && inode->mode == item->st.st_mode &&
           inode->uid == item->st.st_uid && inode->gid == item->st.st_gid &&
           inode->size == (uint64_t)item->st.st_size &&
           inode->mtime_ns == tree_mtime_ns(&item->st) && target.len == item->target.len &&
           (target.len == 0 || memcmp(target.data, item->target.data, target.len) == 0);
}

static bool same_as_manifest(const struct comparison *comparison, const struct tree_item *item,
                             const struct manifest_entry *entry)
{
    struct name target = manifest_target(comparison->manifest, entry);
    return entry->type == tree_type(&item->st) && entry->mode == item->st.st_mode &&
           entry->uid == item->st.st_uid && entry->gid == item->st.st_gid &&
           entry->size == (uint64_t)item->st.st_size &&
           entry->mtime_ns == tree_mtime_ns(&item->st) && target.len == item->target.len &&
           (target.len == 0 || memcmp(target.data, item->target.data, target.len) == 0);
}

static void compare_item(void *user, const struct tree_item *item)
{
    struct comparison *comparison = user;
    const struct image *image = comparison->image;
    struct manifest_entry *known =
        manifest_at(comparison->manifest, comparison->directory->id, item->name);
    comparison->result->compared++;
    if (known == NULL) {
        comparison->result->changed++; /* it appeared since */
        return;
    }
    known->seen = true;
    const struct image_entry *entry = image_entry(image, comparison->directory->id, item->name);
    const struct image_inode *inode = entry == NULL ? NULL : image_inode(image, entry->child);
    if (inode != NULL && same_as_image(comparison, item, inode))
        return;
    if (!same_as_manifest(comparison, item, known)) {
        comparison->result->changed++;
        return;
    }
    struct bytes path = {0};
    manifest_path(comparison->manifest, known, &path);
    finding(comparison->findings, "\"%.800s\" differs from the disk, which did not change",
            (const char *)path.data);
    bytes_free(&path);
}

/* The path inside the real tree: what follows the name of the tree's top. */
static const char *path_on_disk(const struct bytes *path)
{
    const char *text = (const char *)path->data + strlen(IMPORT_TREE);
    return *text == '/' ? text + 1 : text;
}

void disk_compare(const struct tree *tree, const struct image *image, struct manifest *manifest,
                  struct disk_result *result, struct findings *findings)
{
    struct comparison comparison = {image, manifest, result, findings, NULL};
    struct bytes path = {0};
    size_t skipped = 0;
    for (size_t i = 0; i < manifest->count; i++) {
        const struct manifest_entry *entry = &manifest->entries[i];
        if (!entry->on_disk || entry->type != TYPE_DIRECTORY)
            continue;
        manifest_path(manifest, entry, &path);
        comparison.directory = entry;
        tree_list(tree, path_on_disk(&path), compare_item, &comparison, &skipped);
    }
    for (size_t i = 0; i < manifest->count; i++) {
        const struct manifest_entry *entry = &manifest->entries[i];
        /* The top of the tree is in no directory that was listed. */
        if (entry->on_disk && !entry->seen && entry->parent != ROOT_INODE)
            result->changed++;
    }
    bytes_free(&path);
}
