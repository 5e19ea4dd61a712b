/*
 * fsmeta: the metadata of a file system, kept in Plinth.
 *
 * Purpose: imports a real directory tree, lets a process of several threads change it, kills that
 * process, opens the database again and checks that everything that was acknowledged is there,
 * whole, and nothing else.
 *
 * Relies on: only one process having the database open at any time: the parent for the import and
 * for the checks, the load process in between. A cluster must be nobody else's for the time.
 */
#include "base.h"
#include "check.h"
#include "disk.h"
#include "image.h"
#include "import.h"
#include "inode.h"
#include "life.h"
#include "load.h"
#include "paths.h"
#include "replay.h"
#include "report.h"
#include "tree.h"

#include <stdio.h>
#include <stdlib.h>

/* Everything the parent holds over its lifetime. */
struct demo {
    struct options options;
    struct tree tree;
    struct manifest manifest;
    struct model model;
    struct diary diary;
    struct image image; /* of the last check */
    struct report report;
    struct findings findings;
    struct dice dice;
    int64_t newest; /* greatest commit version acknowledged so far */
};

static plinth_database *open_database(const struct demo *demo, bool create)
{
    char path[DATA_PATH];
    database_path(&demo->options, path);
    plinth_database_options options = options_database(&demo->options);
    /* A cluster is always there. */
    options.must_exist = !create;
    options.must_not_exist = create && demo->options.url == NULL;
    plinth_database *db = NULL;
    plinth_error error = plinth_database_open(path, &options, &db);
    if (error != 0)
        die_plinth("opening the database", error);
    return db;
}

static void close_database(plinth_database *db)
{
    plinth_error error = plinth_database_close(db);
    if (error != 0)
        die_plinth("closing the database", error);
}

/* Every key of the cluster belongs to the demonstration: before there is none, and after none is
 * left. */
static plinth_error clear_all(plinth_transaction *tr, void *unused)
{
    (void)unused;
    return plinth_transaction_clear_range(tr, NULL, NULL, 0, (const uint8_t *)"\xff", 1);
}

static plinth_error first_key(plinth_transaction *tr, void *taken)
{
    plinth_key_selector from = {NULL, 0, false, 1}, to = {(const uint8_t *)"\xff", 1, false, 1};
    plinth_range_options options = {.struct_size = sizeof options, .limit = 1};
    plinth_range range = {0};
    plinth_error error = plinth_transaction_get_range(tr, NULL, &from, &to, &options, &range);
    *(bool *)taken = range.count > 0;
    plinth_range_free(&range);
    return error;
}

static void refuse_taken(plinth_database *db, const char *url)
{
    bool taken = false;
    plinth_error error = plinth_run(db, first_key, &taken);
    if (error != 0)
        die_plinth("looking into the cluster", error);
    if (taken)
        die("%s holds keys already: the demonstration needs an empty cluster", url);
}

static void clear_cluster(const struct demo *demo)
{
    plinth_database *db = open_database(demo, false);
    plinth_error error = plinth_run(db, clear_all, NULL);
    if (error != 0)
        die_plinth("clearing the cluster", error);
    close_database(db);
}

static void import(struct demo *demo)
{
    char path[DATA_PATH];
    plinth_database *db = open_database(demo, true);
    if (demo->options.url != NULL)
        refuse_taken(db, demo->options.url);
    import_tree(db, &demo->tree, &demo->options, &demo->manifest, &demo->report.import);
    close_database(db);
    demo->newest = demo->manifest.last_version;
    manifest_model(&demo->manifest, &demo->model);
    data_path(demo->options.data, DATA_MANIFEST, path);
    manifest_save(&demo->manifest, path);
}

/* A cluster, or another process that hosts the directory, may still be committing what the killed
 * process has sent. Every operation reads its thread's marker, so that none of them can commit
 * behind this one. */
static plinth_error fence(plinth_transaction *tr, void *unused)
{
    (void)unused;
    struct key begin = key_marker(0), end = key_marker(THREAD_LIMIT);
    return plinth_transaction_add_write_conflict_range(tr, NULL, begin.data, begin.len, end.data,
                                                       end.len);
}

/* Opens the database after a kill; the time counts until the first read is answered. */
static plinth_database *recover(struct demo *demo, uint64_t markers[THREAD_LIMIT])
{
    uint64_t start = now_us();
    plinth_database *db = open_database(demo, false);
    struct txn txn = {0};
    struct inode root;
    plinth_error error = txn_begin(&txn, db, 0);
    if (error == 0)
        error = inode_peek(&txn, ROOT_INODE, &root);
    if (error != 0)
        finding(&demo->findings, "after opening, the root cannot be read (%d)", (int)error);
    report_recovery(&demo->report, now_us() - start);
    txn_free(&txn);
    error = plinth_run(db, fence, NULL);
    if (error != 0)
        die_plinth("ending what the killed process has sent", error);
    image_markers(db, markers);
    return db;
}

/* Holds everything in the database against everything that is known about it. */
static void check(struct demo *demo, plinth_database *db)
{
    image_free(&demo->image);
    image_load(&demo->image, db, &demo->model, &demo->findings);
    check_structure(&demo->image, &demo->findings);
    check_manifest(&demo->image, &demo->manifest, &demo->findings);
    demo->report.checked_keys = demo->image.keys;
}

/* When the kill comes: at any moment of a round; one of eight rounds counts from the start of
 * the process, so that some kills hit a database that is just being opened. */
static struct life plan_life(struct demo *demo, uint32_t number)
{
    uint64_t limit = demo->options.round_ms;
    struct life life = {.number = number, .kill = demo->options.kills > 0};
    life.run_ms = life.kill ? limit / 10 + dice_below(&demo->dice, limit - limit / 10) : limit;
    life.early = demo->options.kills > 1 && dice_below(&demo->dice, 8) == 0;
    if (life.early)
        life.run_ms = dice_below(&demo->dice, 100);
    return life;
}

static void one_life(struct demo *demo, uint32_t number)
{
    uint64_t markers[THREAD_LIMIT];
    struct life life = plan_life(demo, number);
    diary_begin(&demo->diary, demo->newest);
    life_run(&life, &demo->options, &demo->diary, &demo->report, &demo->findings);
    demo->newest = demo->diary.newest;
    plinth_database *db = recover(demo, markers);
    replay(&demo->diary, markers, &demo->model, &demo->report, &demo->findings);
    check(demo, db);
    close_database(db);
    fprintf(stderr, "life %u: ended after %llu ms%s, %llu keys checked, %zu violations\n",
            (unsigned)number, (unsigned long long)life.run_ms,
            life.early ? " (counted from its start)" : "",
            (unsigned long long)demo->report.checked_keys, demo->findings.count);
}

static void compare_with_disk(struct demo *demo)
{
    struct disk_result result = {0};
    disk_compare(&demo->tree, &demo->image, &demo->manifest, &result, &demo->findings);
    demo->report.on_disk = result.compared;
    demo->report.changed = result.changed;
}

static void demo_run(struct demo *demo)
{
    uint32_t rounds = demo->options.kills == 0 ? 1 : demo->options.kills;
    import(demo);
    plinth_database *db = open_database(demo, false);
    check(demo, db);
    close_database(db);
    /* After a violation the model is no measure any more: the first ones are what counts. */
    for (uint32_t i = 1; i <= rounds && demo->findings.count == 0; i++)
        one_life(demo, i);
    compare_with_disk(demo);
}

static void demo_free(struct demo *demo)
{
    tree_close(&demo->tree);
    manifest_free(&demo->manifest);
    model_free(&demo->model);
    diary_free(&demo->diary);
    image_free(&demo->image);
    findings_free(&demo->findings);
    free(demo);
}

static int demo_main(const struct options *options)
{
    struct demo *demo = must_realloc(NULL, sizeof *demo);
    *demo = (struct demo){.options = *options, .dice = {options->seed}};
    /* Before the directory is made: a wrong --tree should leave nothing behind. */
    tree_open(&demo->tree, options->tree);
    bool temporary;
    char *data = data_make(options->data, &temporary);
    tree_leave_out(&demo->tree, data);
    demo->options.data = data;
    fprintf(stderr, "fsmeta: seed %llu, data in %s\n", (unsigned long long)options->seed,
            options->url == NULL ? data : options->url);
    demo_run(demo);
    report_print(&demo->report, &demo->options, &demo->findings);
    bool good = demo->findings.count == 0;
    if (options->url != NULL && good && !options->keep)
        clear_cluster(demo);
    demo_free(demo);
    /* What went wrong is worth a look: it stays. */
    if (temporary && good && !options->keep)
        data_remove(data);
    free(data);
    return good ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct options options;
    options_parse(&options, argc, argv);
    if (plinth_abi_version() != PLINTH_ABI_VERSION)
        die("this program and the library do not fit together");
    return options.child_life != 0 ? load_main(&options) : demo_main(&options);
}
