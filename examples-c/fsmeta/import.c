/*
 * Purpose: see import.h.
 *
 * Relies on: everything marked "under lock" being touched only with `import.lock` held. Each
 * thread owns its batch; the queue owns the paths of its tasks until a thread takes one.
 */
#include "import.h"

#include "base.h"
#include "entry.h"
#include "inode.h"
#include "progress.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ID_BLOCK = 256 };

/* A directory whose items are still to be imported. */
struct task {
    uint64_t id;
    char *path;
};

struct import {
    plinth_database *db;
    const struct tree *tree;
    const struct options *options;
    struct manifest *manifest; /* under lock */

    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct task *queue; /* under lock, as the next four */
    size_t queued;
    size_t queue_cap;
    uint32_t busy; /* threads that may still add tasks */
    struct map links; /* device and number of a file with several links, to our inode */
    struct manifest later; /* further links, stored when all inodes are in; under lock */

    atomic_size_t entries;
    atomic_size_t skipped;
    atomic_uint_fast64_t transactions;
    atomic_uint_fast64_t conflicts;
    atomic_uint running;
};

struct importer {
    struct import *import;
    struct txn txn;
    struct manifest batch;
    struct task *found; /* directories of the batch; queued when it is stored */
    size_t found_count;
    size_t found_cap;
    const struct task *listing; /* the directory that is being listed */
    uint64_t next_id;           /* index in the block of the shard */
    uint64_t last_id;
    uint32_t shard;
    struct dice dice;
};

/* The body of an import transaction. */
typedef plinth_error (*import_body)(struct importer *importer, void *user);

/* Runs a body until it is committed. Any lasting error ends the process: an import that is not
 * whole is of no use. */
static void import_commit(struct importer *importer, import_body body, void *user)
{
    struct import *import = importer->import;
    struct txn *txn = &importer->txn;
    plinth_error error = txn_begin(txn, import->db, IMPORT_WRITER);
    while (error == 0) {
        error = body(importer, user);
        if (error < 0)
            die("the import met a state that cannot be: %s", strerror(-error));
        if (error == 0)
            error = plinth_transaction_commit(txn->tr);
        if (error == 0)
            break;
        atomic_fetch_add(&import->conflicts, error == PLINTH_ERROR_NOT_COMMITTED);
        error = plinth_transaction_on_error(txn->tr, error);
        txn_restart(txn);
    }
    if (error != 0)
        die_plinth("import", error);
    int64_t version = 0;
    plinth_transaction_get_committed_version(txn->tr, &version);
    txn_end(txn);
    atomic_fetch_add(&import->transactions, 1);
    pthread_mutex_lock(&import->lock);
    if (version > import->manifest->last_version)
        import->manifest->last_version = version;
    pthread_mutex_unlock(&import->lock);
}

static plinth_error body_ids(struct importer *importer, void *user)
{
    (void)user;
    importer->shard = (uint32_t)dice_below(&importer->dice, SHARDS);
    return counter_take(&importer->txn, importer->shard, ID_BLOCK, &importer->next_id);
}

static uint64_t take_id(struct importer *importer)
{
    if (importer->next_id == importer->last_id) {
        import_commit(importer, body_ids, NULL);
        importer->last_id = importer->next_id + ID_BLOCK;
        struct import *import = importer->import;
        pthread_mutex_lock(&import->lock);
        uint64_t *counter = &import->manifest->counters[importer->shard];
        if (*counter < importer->last_id)
            *counter = importer->last_id;
        pthread_mutex_unlock(&import->lock);
    }
    return importer->next_id++ * SHARDS + importer->shard;
}

/* The directory must be there, and still be there at the commit. */
static plinth_error claim_parent(struct txn *txn, uint64_t id)
{
    struct inode inode;
    plinth_error error = inode_peek(txn, id, &inode);
    if (error == 0)
        error = inode_guard(txn, id);
    return error;
}

/* Stores every entry of the batch with its inode. */
static plinth_error body_batch(struct importer *importer, void *user)
{
    struct txn *txn = &importer->txn;
    struct manifest *batch = user;
    uint64_t parent = 0;
    for (size_t i = 0; i < batch->count; i++) {
        const struct manifest_entry *item = &batch->entries[i];
        struct name name = manifest_name(batch, item);
        struct inode inode;
        struct entry entry;
        plinth_error error = 0;
        if (item->parent != parent && item->parent != 0)
            error = claim_parent(txn, item->parent);
        parent = item->parent;
        manifest_inode(batch, item, &inode);
        if (error == 0)
            error = inode_store(txn, &inode);
        if (error == 0 && parent != 0)
            error = entry_get(txn, parent, name, &entry);
        if (error == 0 && parent != 0 && entry.child != 0)
            error = -EEXIST;
        if (error == 0 && parent != 0) {
            entry = (struct entry){0, item->id, item->type};
            error = entry_store(txn, parent, name, &entry);
        }
        if (error != 0)
            return error;
    }
    return 0;
}

/* Stores entries whose inodes are there already, and counts them in the inodes. */
static plinth_error body_links(struct importer *importer, void *user)
{
    struct txn *txn = &importer->txn;
    struct manifest *batch = user;
    for (size_t i = 0; i < batch->count; i++) {
        const struct manifest_entry *item = &batch->entries[i];
        struct entry entry = {0, item->id, item->type};
        struct inode inode;
        plinth_error error = claim_parent(txn, item->parent);
        if (error == 0)
            error = inode_get(txn, item->id, &inode);
        inode.nlink++;
        if (error == 0)
            error = inode_store(txn, &inode);
        if (error == 0)
            error = entry_store(txn, item->parent, manifest_name(batch, item), &entry);
        if (error != 0)
            return error;
    }
    return 0;
}

static void queue_add(struct import *import, struct task task)
{
    import->queue = grow(import->queue, import->queued, &import->queue_cap, sizeof task);
    import->queue[import->queued++] = task;
}

/* Stores the batch, notes it in the manifest, and lets others list what is in it. */
static void flush(struct importer *importer, import_body body)
{
    struct import *import = importer->import;
    if (importer->batch.count == 0)
        return;
    import_commit(importer, body, &importer->batch);
    atomic_fetch_add(&import->entries, importer->batch.count);
    pthread_mutex_lock(&import->lock);
    manifest_append(import->manifest, &importer->batch);
    for (size_t i = 0; i < importer->found_count; i++)
        queue_add(import, importer->found[i]);
    pthread_cond_broadcast(&import->wake);
    pthread_mutex_unlock(&import->lock);
    importer->found_count = 0;
    manifest_clear(&importer->batch);
}

static struct manifest_entry entry_of(const struct stat *st, uint64_t id, uint64_t parent)
{
    return (struct manifest_entry){
        .id = id,
        .parent = parent,
        .size = (uint64_t)st->st_size,
        .mtime_ns = tree_mtime_ns(st),
        .mode = (uint32_t)st->st_mode,
        .uid = (uint32_t)st->st_uid,
        .gid = (uint32_t)st->st_gid,
        .nlink = 1,
        .type = (uint8_t)tree_type(st),
        .on_disk = true,
    };
}

/* Whether the item is a further link to an inode that is known; then it is put aside. Else the
 * inode becomes known under `id`. */
static bool put_link_aside(struct importer *importer, const struct tree_item *item, uint64_t id)
{
    struct import *import = importer->import;
    struct bytes text = {0};
    bytes_put_u64(&text, (uint64_t)item->st.st_dev);
    bytes_put_u64(&text, (uint64_t)item->st.st_ino);
    struct name key = {text.data, text.len};
    pthread_mutex_lock(&import->lock);
    const uint64_t *known = map_find(&import->links, key);
    bool aside = known != NULL;
    if (aside)
        manifest_add(&import->later, entry_of(&item->st, *known, importer->listing->id),
                     item->name, item->target);
    else
        map_add(&import->links, key, id);
    pthread_mutex_unlock(&import->lock);
    bytes_free(&text);
    return aside;
}

static char *join(const char *path, struct name name)
{
    size_t len = strlen(path);
    char *joined = must_realloc(NULL, len + name.len + 2);
    memcpy(joined, path, len);
    if (len > 0)
        joined[len++] = '/';
    memcpy(joined + len, name.data, name.len);
    joined[len + name.len] = '\0';
    return joined;
}

static void import_item(void *user, const struct tree_item *item)
{
    struct importer *importer = user;
    bool directory = S_ISDIR(item->st.st_mode);
    uint64_t id = take_id(importer);
    if (!directory && item->st.st_nlink > 1 && put_link_aside(importer, item, id)) {
        importer->next_id--; /* not used after all */
        return;
    }
    manifest_add(&importer->batch, entry_of(&item->st, id, importer->listing->id), item->name,
                 item->target);
    if (directory) {
        importer->found = grow(importer->found, importer->found_count, &importer->found_cap,
                               sizeof *importer->found);
        importer->found[importer->found_count++] =
            (struct task){id, join(importer->listing->path, item->name)};
    }
    if (importer->batch.count >= importer->import->options->batch)
        flush(importer, body_batch);
}

/* Takes a task. Waits for one only if the batch is stored: others may wait for what is in it. */
static bool take_task(struct importer *importer, struct task *out)
{
    struct import *import = importer->import;
    pthread_mutex_lock(&import->lock);
    if (import->queued == 0) {
        pthread_mutex_unlock(&import->lock);
        flush(importer, body_batch);
        pthread_mutex_lock(&import->lock);
    }
    import->busy--;
    while (import->queued == 0 && import->busy > 0)
        pthread_cond_wait(&import->wake, &import->lock);
    bool taken = import->queued > 0;
    if (taken) {
        *out = import->queue[--import->queued];
        import->busy++;
    } else {
        pthread_cond_broadcast(&import->wake); /* all is done: let the others end too */
    }
    pthread_mutex_unlock(&import->lock);
    return taken;
}

static void importer_free(struct importer *importer)
{
    txn_free(&importer->txn);
    manifest_free(&importer->batch);
    free(importer->found);
}

static void *import_thread(void *user)
{
    struct importer *importer = user;
    struct import *import = importer->import;
    struct task task;
    while (take_task(importer, &task)) {
        size_t skipped = 0;
        importer->listing = &task;
        if (!tree_list(import->tree, task.path, import_item, importer, &skipped))
            skipped++;
        atomic_fetch_add(&import->skipped, skipped);
        free(task.path);
    }
    importer_free(importer);
    atomic_fetch_sub(&import->running, 1);
    return NULL;
}

static uint64_t add_own(struct importer *importer, uint64_t parent, const char *name)
{
    struct manifest_entry entry = {
        .id = parent == 0 ? ROOT_INODE : take_id(importer),
        .parent = parent,
        .mode = S_IFDIR | 0755,
        .nlink = 1,
        .type = TYPE_DIRECTORY,
    };
    manifest_add(&importer->batch, entry, (struct name){(const uint8_t *)name, strlen(name)},
                 (struct name){(const uint8_t *)"", 0});
    return entry.id;
}

/* Makes the root, the top of the imported tree, and the directories the load works in. */
static void import_top(struct importer *importer)
{
    struct import *import = importer->import;
    const struct name tree = {(const uint8_t *)IMPORT_TREE, strlen(IMPORT_TREE)};
    add_own(importer, 0, "");
    uint64_t work = add_own(importer, ROOT_INODE, IMPORT_WORK);
    add_own(importer, work, IMPORT_HOT);
    for (uint32_t i = 0; i < import->options->threads; i++) {
        char name[16];
        snprintf(name, sizeof name, "t%u", (unsigned)i);
        add_own(importer, work, name);
    }
    uint64_t id = take_id(importer);
    manifest_add(&importer->batch, entry_of(&import->tree->root, id, ROOT_INODE), tree,
                 (struct name){tree.data, 0});
    importer->found = grow(NULL, 0, &importer->found_cap, sizeof *importer->found);
    importer->found[importer->found_count++] = (struct task){id, must_copy("", 0)};
    flush(importer, body_batch);
}

/* Stores the links that were put aside, batch by batch. */
static size_t import_links(struct importer *importer)
{
    struct manifest *later = &importer->import->later;
    for (size_t i = 0; i < later->count; i++) {
        const struct manifest_entry *entry = &later->entries[i];
        manifest_add(&importer->batch, *entry, manifest_name(later, entry),
                     manifest_target(later, entry));
        if (importer->batch.count >= importer->import->options->batch)
            flush(importer, body_links);
    }
    flush(importer, body_links);
    return later->count;
}

static void run_threads(struct import *import, uint64_t start)
{
    uint32_t count = import->options->threads;
    pthread_t *threads = must_realloc(NULL, count * sizeof *threads);
    struct importer *importers = must_realloc(NULL, count * sizeof *importers);
    struct progress progress = progress_begin("import", "entries", start);
    import->busy = count;
    atomic_store(&import->running, count);
    for (uint32_t i = 0; i < count; i++) {
        importers[i] = (struct importer){.import = import,
                                         .dice = {import->options->seed + 1000 + i}};
        if (pthread_create(&threads[i], NULL, import_thread, &importers[i]) != 0)
            die("cannot start a thread");
    }
    while (atomic_load(&import->running) > 0) {
        progress_show(&progress, atomic_load(&import->entries));
        sleep_ms(20);
    }
    for (uint32_t i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    progress_end(&progress, atomic_load(&import->entries));
    free(importers);
    free(threads);
}

static void import_free(struct import *import)
{
    free(import->queue);
    map_free(&import->links);
    manifest_free(&import->later);
    pthread_mutex_destroy(&import->lock);
    pthread_cond_destroy(&import->wake);
}

void import_tree(plinth_database *db, const struct tree *tree, const struct options *options,
                 struct manifest *manifest, struct import_result *result)
{
    struct import import = {.db = db, .tree = tree, .options = options, .manifest = manifest};
    struct importer importer = {.import = &import, .dice = {options->seed}};
    uint64_t start = now_us();
    pthread_mutex_init(&import.lock, NULL);
    pthread_cond_init(&import.wake, NULL);
    import_top(&importer);
    run_threads(&import, start);
    result->links = import_links(&importer);
    result->us = now_us() - start;
    result->entries = atomic_load(&import.entries);
    result->skipped = atomic_load(&import.skipped);
    result->transactions = atomic_load(&import.transactions);
    result->conflicts = atomic_load(&import.conflicts);
    importer_free(&importer);
    import_free(&import);
    manifest_seal(manifest);
}
