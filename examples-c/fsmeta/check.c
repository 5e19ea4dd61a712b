/*
 * Purpose: see check.h.
 *
 * Relies on: check_entries() running first: the others use the links it counted.
 */
#include "check.h"

#include "base.h"

#include <inttypes.h>
#include <string.h>

enum { PLACE_TEXT = 400 };

enum { REACH_UNKNOWN, REACH_ON_THE_WAY, REACH_ROOT, REACH_NEVER };

static void describe_entry(const struct image *image, const struct image_entry *entry, char *out)
{
    struct key key = key_entry(entry->parent, image_name(image, entry));
    key_describe((struct name){key.data, key.len}, out, PLACE_TEXT);
}

static void check_entry(struct image *image, const struct image_entry *entry,
                        struct findings *findings)
{
    char place[PLACE_TEXT];
    const struct image_inode *parent = image_inode(image, entry->parent);
    struct image_inode *child = image_inode(image, entry->child);
    if (parent != NULL && parent->type == TYPE_DIRECTORY && child != NULL &&
        child->type == entry->type) {
        child->links++;
        child->linked_from = entry->parent;
        return;
    }
    describe_entry(image, entry, place);
    if (parent == NULL || parent->type != TYPE_DIRECTORY)
        finding(findings, "%s: its parent is no directory", place);
    if (child == NULL)
        finding(findings, "%s leads to inode %" PRIu64 ", which is not there", place,
                entry->child);
    else if (child->type != entry->type)
        finding(findings, "%s says type %d, inode %" PRIu64 " says %d", place, entry->type,
                entry->child, child->type);
}

static void check_inode(const struct image *image, const struct image_inode *inode,
                        struct findings *findings)
{
    uint64_t shard = inode->id % SHARDS;
    if (inode->id == ROOT_INODE) {
        if (inode->links != 0 || inode->type != TYPE_DIRECTORY)
            finding(findings, "the root has an entry, or is no directory");
        return;
    }
    if (inode->links == 0)
        finding(findings, "inode %" PRIu64 " is an orphan: no entry leads to it", inode->id);
    else if (inode->links != inode->nlink)
        finding(findings, "inode %" PRIu64 " has nlink %" PRIu32 ", but %" PRIu32 " entries",
                inode->id, inode->nlink, inode->links);
    if (inode->type == TYPE_DIRECTORY && inode->links > 1)
        finding(findings, "directory %" PRIu64 " has %" PRIu32 " entries", inode->id,
                inode->links);
    if (inode->type == TYPE_DIRECTORY && inode->links == 1 && inode->parent != inode->linked_from)
        finding(findings,
                "directory %" PRIu64 " says its parent is %" PRIu64 ", its entry is in %" PRIu64,
                inode->id, inode->parent, inode->linked_from);
    if (inode->id / SHARDS >= image->counters[shard])
        finding(findings, "inode %" PRIu64 " lies beyond shard %" PRIu64 " of the allocator",
                inode->id, shard);
}

/* Goes up from a directory until it meets the root or a directory whose fate is known, then tells
 * all on the way. Each directory is walked through only once or twice in all. */
static uint8_t reach_of(const struct image *image, struct image_inode *from)
{
    struct image_inode *inode = from;
    while (inode != NULL && inode->reach == REACH_UNKNOWN && inode->id != ROOT_INODE) {
        inode->reach = REACH_ON_THE_WAY;
        inode = image_inode(image, inode->parent);
    }
    uint8_t reach = REACH_NEVER; /* a dead end, or back on our own way: a cycle */
    if (inode != NULL && inode->id == ROOT_INODE)
        reach = REACH_ROOT;
    else if (inode != NULL && inode->reach != REACH_ON_THE_WAY)
        reach = inode->reach;
    for (inode = from; inode != NULL && inode->reach == REACH_ON_THE_WAY;
         inode = image_inode(image, inode->parent))
        inode->reach = reach;
    return reach;
}

static void check_reach(struct image *image, struct findings *findings)
{
    for (size_t i = 0; i < image->inode_count; i++) {
        struct image_inode *inode = &image->inodes[i];
        if (inode->type != TYPE_DIRECTORY || inode->id == ROOT_INODE)
            continue;
        if (inode->reach == REACH_UNKNOWN)
            reach_of(image, inode);
        if (inode->reach != REACH_ROOT)
            finding(findings, "directory %" PRIu64 " cannot be reached from the root: a cycle, "
                              "or below one", inode->id);
    }
}

static void check_sessions(const struct image *image, struct findings *findings)
{
    for (size_t i = 0; i < image->session_count; i++) {
        const struct image_session *session = &image->sessions[i];
        const struct image_inode *inode = image_inode(image, session->inode);
        if (inode == NULL || inode->type != TYPE_FILE)
            finding(findings, "session %" PRIx64 " is of inode %" PRIu64 ", which is no file",
                    session->session, session->inode);
    }
}

void check_structure(struct image *image, struct findings *findings)
{
    if (image_inode(image, ROOT_INODE) == NULL)
        finding(findings, "the root is not there");
    for (size_t i = 0; i < image->entry_count; i++)
        check_entry(image, &image->entries[i], findings);
    for (size_t i = 0; i < image->inode_count; i++)
        check_inode(image, &image->inodes[i], findings);
    check_reach(image, findings);
    check_sessions(image, findings);
}

bool check_same(const struct image *image, const struct image_inode *inode,
                const struct manifest *manifest, const struct manifest_entry *entry)
{
    struct name stored = image_target(image, inode);
    struct name target = manifest_target(manifest, entry);
    uint64_t parent = entry->type == TYPE_DIRECTORY ? entry->parent : 0;
    return inode->type == entry->type && inode->mode == entry->mode &&
           inode->uid == entry->uid && inode->gid == entry->gid && inode->size == entry->size &&
           inode->mtime_ns == entry->mtime_ns && inode->parent == parent &&
           inode->nlink >= entry->nlink && stored.len == target.len &&
           (target.len == 0 || memcmp(stored.data, target.data, target.len) == 0);
}

static void check_imported(const struct image *image, const struct manifest *manifest,
                           const struct manifest_entry *entry, struct bytes *path,
                           struct findings *findings)
{
    struct name name = manifest_name(manifest, entry);
    const struct image_inode *inode = image_inode(image, entry->id);
    const struct image_entry *found =
        entry->parent == 0 ? NULL : image_entry(image, entry->parent, name);
    bool placed = entry->parent == 0 || (found != NULL && found->child == entry->id);
    if (placed && inode != NULL && check_same(image, inode, manifest, entry))
        return;
    manifest_path(manifest, entry, path);
    finding(findings, "imported \"%.800s\" (inode %" PRIu64 ") %s", (const char *)path->data,
            entry->id,
            !placed         ? "is not in its place"
            : inode == NULL ? "has no inode"
                            : "has other attributes than were imported");
}

void check_manifest(const struct image *image, const struct manifest *manifest,
                    struct findings *findings)
{
    struct bytes path = {0};
    for (size_t i = 0; i < manifest->count; i++)
        check_imported(image, manifest, &manifest->entries[i], &path, findings);
    bytes_free(&path);
}
