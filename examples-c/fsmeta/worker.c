/*
 * Purpose: see worker.h.
 *
 * Relies on: ops.h for the operations. Names come from small pools, so that threads meet: they
 * find what others made, and they conflict.
 */
#include "worker.h"

#include "import.h"
#include "inode.h"
#include "ops.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { ID_BLOCK = 16, FILE_NAMES = 16, DIRECTORY_NAMES = 6, GROWTH = 1 << 20 };

/* How many imported directories are worked in, and how narrow and deep the knots are. */
enum { BASES = 32, KNOT_NAMES = 3, KNOT_DEPTH = 4 };

/* One operation with its arguments, chosen before the first attempt and kept over retries. */
struct request {
    enum op_kind kind;
    char from[PATH_ROOM];
    char to[PATH_ROOM];
    uint64_t id;      /* the new inode, or the inode of the session */
    uint64_t session; /* open, close */
    uint64_t amount;  /* close: growth of the file; allocate: first number of the block */
    uint64_t shard;   /* allocate */
};

static bool is_read(enum op_kind kind)
{
    return kind == OP_LOOKUP || kind == OP_READDIR;
}

static plinth_error run_body(struct worker *worker, struct request *request)
{
    struct txn *txn = &worker->txn;
    struct inode inode;
    size_t count;
    switch (request->kind) {
    case OP_CREATE:
        return fs_create(txn, request->from, TYPE_FILE, request->id);
    case OP_MKDIR:
        return fs_create(txn, request->from, TYPE_DIRECTORY, request->id);
    case OP_RENAME:
        return fs_rename(txn, request->from, request->to);
    case OP_UNLINK:
        return fs_unlink(txn, request->from);
    case OP_RMDIR:
        return fs_rmdir(txn, request->from);
    case OP_LINK:
        return fs_link(txn, request->from, request->to);
    case OP_OPEN:
        return fs_open(txn, request->from, txn->op, worker->index, &request->id);
    case OP_CLOSE:
        return fs_close(txn, request->id, request->session, request->amount);
    case OP_LOOKUP:
        return fs_lookup(txn, request->from, &inode);
    case OP_READDIR:
        return fs_readdir(txn, request->from, &count);
    case OP_ALLOCATE:
        return counter_take(txn, (uint32_t)request->shard, ID_BLOCK, &request->amount);
    case OP_KINDS:
        break;
    }
    return -EINVAL;
}

/* One attempt, the commit included. `*repeated`: the operation had been committed before, by an
 * attempt whose result was not known. */
static plinth_error attempt(struct worker *worker, struct request *request, bool *repeated)
{
    struct txn *txn = &worker->txn;
    plinth_error error = 0;
    *repeated = false;
    if (!is_read(request->kind))
        error = marker_set(txn, worker->index, repeated);
    if (error != 0 || *repeated)
        return error;
    error = run_body(worker, request);
    /* A transaction that only read needs no commit: what it saw was one snapshot. */
    if (error != 0 || is_read(request->kind))
        return error;
    journal_intent(&worker->load->journal, txn, request->kind);
    return plinth_transaction_commit(txn->tr);
}

static void report_trouble(struct worker *worker, const struct request *request,
                           plinth_error error)
{
    char text[PATH_ROOM];
    if (error == -EUCLEAN)
        snprintf(text, sizeof text, "%s of %.500s saw a broken file system",
                 op_kind_name(request->kind), request->from);
    else
        snprintf(text, sizeof text, "%s of %.500s failed: %s (%d): %s",
                 op_kind_name(request->kind), request->from, plinth_error_name(error),
                 (int)error, plinth_last_error());
    journal_trouble(&worker->load->journal, text);
    atomic_store(&worker->load->failed, true);
    atomic_store(&worker->load->stop, true);
}

/* Repeats attempts until one is committed (0), refused (below 0), or failed for good. */
static plinth_error run_attempts(struct worker *worker, struct request *request,
                                 struct done *done, bool *repeated)
{
    struct txn *txn = &worker->txn;
    plinth_error error = txn_begin(txn, worker->load->db, done->op);
    while (error == 0) {
        error = attempt(worker, request, repeated);
        if (error <= 0)
            return error;
        done->conflicts += error == PLINTH_ERROR_NOT_COMMITTED;
        done->retries++;
        error = plinth_transaction_on_error(txn->tr, error);
        txn_restart(txn);
    }
    return error;
}

/* Runs one operation to its end and reports it. True if it did what it should, also if that took
 * a commit whose result was not known at first: what the body left in the request is then from
 * the attempt that was committed. */
static bool run(struct worker *worker, struct request *request)
{
    struct done done = {.op = op_id(worker->load->life, worker->index, ++worker->count),
                        .kind = request->kind};
    uint64_t start = now_us();
    bool repeated = false;
    plinth_error error = run_attempts(worker, request, &done, &repeated);
    done.latency_us = (uint32_t)(now_us() - start);
    if (error > 0 || error == -EUCLEAN) {
        report_trouble(worker, request, error);
        txn_end(&worker->txn);
        return false;
    }
    done.outcome = error < 0               ? OUTCOME_REFUSED
                   : is_read(done.kind)    ? OUTCOME_READ
                                           : OUTCOME_COMMITTED;
    if (done.outcome == OUTCOME_COMMITTED && !repeated)
        plinth_transaction_get_committed_version(worker->txn.tr, &done.version);
    txn_end(&worker->txn);
    journal_done(&worker->load->journal, &done);
    request->session = done.op;
    return error == 0;
}

static void add_text(char *path, const char *text)
{
    size_t used = strlen(path);
    snprintf(path + used, PATH_ROOM - used, "%s%s", used > 0 ? "/" : "", text);
}

/* One of BASES imported directories, spread over the whole tree; few enough for threads to meet
 * in them. */
static const char *choose_imported(struct worker *worker)
{
    const struct load *load = worker->load;
    size_t at = (size_t)dice_below(&worker->dice, BASES) * load->directory_count / BASES;
    return load->directories[at];
}

/* The directory a random path begins at: one's own, the one all share, or an imported one. */
static void choose_base(struct worker *worker, char *path)
{
    uint64_t choice = dice_below(&worker->dice, 100);
    path[0] = '\0';
    if (choice < 20 && worker->load->directory_count > 0) {
        add_text(path, choose_imported(worker));
        return;
    }
    add_text(path, IMPORT_WORK);
    if (choice < 60) {
        add_text(path, IMPORT_HOT);
    } else {
        char name[16];
        snprintf(name, sizeof name, "t%u", (unsigned)worker->index);
        add_text(path, name);
    }
}

static void add_directory(struct worker *worker, char *path, uint64_t names)
{
    char name[16];
    snprintf(name, sizeof name, "d%u", (unsigned)dice_below(&worker->dice, names));
    add_text(path, name);
}

/* Mostly plain names; now and then the longest there can be, or one that is no text at all. */
static void add_file(struct worker *worker, char *path)
{
    char name[NAME_LIMIT + 1];
    unsigned number = (unsigned)dice_below(&worker->dice, FILE_NAMES);
    uint64_t choice = dice_below(&worker->dice, 40);
    if (choice == 0) {
        memset(name, 'x', NAME_LIMIT - 2);
        snprintf(name + NAME_LIMIT - 2, 3, "%02u", number);
    } else if (choice == 1) {
        snprintf(name, sizeof name, "\xff\x01 \n%u\xfe", number);
    } else {
        snprintf(name, sizeof name, "f%u", number);
    }
    add_text(path, name);
}

static void choose_path(struct worker *worker, char *path, bool directory)
{
    choose_base(worker, path);
    while (dice_below(&worker->dice, 3) == 0)
        add_directory(worker, path, DIRECTORY_NAMES);
    if (directory)
        add_directory(worker, path, DIRECTORY_NAMES);
    else
        add_file(worker, path);
}

/* Longer paths are just not remembered. */
static void remember_path(struct recent *recent, const char *path)
{
    if (strlen(path) < RECENT_ROOM)
        snprintf(recent->paths[recent->count++ % RECENT], RECENT_ROOM, "%s", path);
}

/* A path that is likely to be there: mostly one that this worker made. */
static void choose_existing(struct worker *worker, char *path, bool directory)
{
    const struct recent *recent = directory ? &worker->directories : &worker->files;
    size_t known = recent->count < RECENT ? recent->count : RECENT;
    if (known == 0 || dice_below(&worker->dice, 3) == 0)
        choose_path(worker, path, directory);
    else
        snprintf(path, PATH_ROOM, "%s", recent->paths[dice_below(&worker->dice, known)]);
}

/* A directory in a part of the shared tree with so few names that directories are moved below
 * each other all the time: two moves at once would tie a knot if nothing kept them apart. */
static void choose_knot(struct worker *worker, char *path)
{
    path[0] = '\0';
    add_text(path, IMPORT_WORK);
    add_text(path, IMPORT_HOT);
    add_text(path, "knot");
    for (uint64_t depth = dice_below(&worker->dice, KNOT_DEPTH); depth > 0; depth--)
        add_directory(worker, path, KNOT_NAMES);
}

/* What a link leads to: sometimes a file of the import, which then has links from outside. */
static void choose_source(struct worker *worker, char *path)
{
    struct load *load = worker->load;
    if (load->file_count > 0 && dice_below(&worker->dice, 4) == 0)
        snprintf(path, PATH_ROOM, "%s", load->files[dice_below(&worker->dice, load->file_count)]);
    else
        choose_existing(worker, path, false);
}

static enum op_kind choose_kind(struct worker *worker)
{
    static const struct {
        enum op_kind kind;
        uint32_t share;
    } mix[] = {{OP_CREATE, 18}, {OP_MKDIR, 10}, {OP_RENAME, 16}, {OP_UNLINK, 12}, {OP_RMDIR, 8},
               {OP_LINK, 8},    {OP_OPEN, 6},   {OP_CLOSE, 6},   {OP_LOOKUP, 10}, {OP_READDIR, 6}};
    uint64_t choice = dice_below(&worker->dice, 100);
    for (size_t i = 0; i < sizeof mix / sizeof mix[0]; i++) {
        if (choice < mix[i].share)
            return mix[i].kind;
        choice -= mix[i].share;
    }
    return OP_LOOKUP;
}

/* A number for a new inode. Numbers that were taken and not used are lost, never used twice. */
static bool take_id(struct worker *worker, uint64_t *id)
{
    if (worker->next_id == worker->last_id) {
        struct request request = {.kind = OP_ALLOCATE,
                                  .shard = dice_below(&worker->dice, SHARDS)};
        if (!run(worker, &request))
            return false;
        worker->shard = request.shard;
        worker->next_id = request.amount;
        worker->last_id = request.amount + ID_BLOCK;
    }
    *id = worker->next_id++ * SHARDS + worker->shard;
    return true;
}

static void do_create(struct worker *worker, struct request *request)
{
    if (request->kind == OP_MKDIR && dice_below(&worker->dice, 2) == 0)
        choose_knot(worker, request->from);
    else
        choose_path(worker, request->from, request->kind == OP_MKDIR);
    if (!take_id(worker, &request->id))
        return;
    if (run(worker, request))
        remember_path(request->kind == OP_MKDIR ? &worker->directories : &worker->files,
                      request->from);
    else
        worker->next_id--; /* refused, so the number is still new */
}

static void do_rename(struct worker *worker, struct request *request)
{
    uint64_t choice = dice_below(&worker->dice, 4);
    if (choice <= 1) {
        choose_knot(worker, request->from);
        choose_knot(worker, request->to);
    } else {
        choose_existing(worker, request->from, choice == 2);
        choose_path(worker, request->to, choice == 2);
    }
    if (run(worker, request) && choice > 1)
        remember_path(choice == 2 ? &worker->directories : &worker->files, request->to);
}

/* Often in the knot, where others are just about to make something in the same directory. */
static void do_rmdir(struct worker *worker, struct request *request)
{
    if (dice_below(&worker->dice, 2) == 0)
        choose_knot(worker, request->from);
    else
        choose_existing(worker, request->from, true);
    run(worker, request);
}

static void do_link(struct worker *worker, struct request *request)
{
    choose_source(worker, request->from);
    choose_path(worker, request->to, false);
    if (run(worker, request))
        remember_path(&worker->files, request->to);
}

static void do_open(struct worker *worker, struct request *request)
{
    if (worker->open_count == SESSION_LIMIT)
        return;
    choose_source(worker, request->from);
    if (run(worker, request))
        worker->open[worker->open_count++] = (struct open_file){request->id, request->session};
}

static void do_close(struct worker *worker, struct request *request)
{
    if (worker->open_count == 0)
        return;
    struct open_file *file = &worker->open[dice_below(&worker->dice, worker->open_count)];
    request->id = file->inode;
    request->session = file->session;
    request->amount = dice_below(&worker->dice, GROWTH);
    *file = worker->open[--worker->open_count];
    run(worker, request);
}

static void step(struct worker *worker)
{
    struct request request;
    request.kind = choose_kind(worker);
    request.from[0] = '\0';
    request.to[0] = '\0';
    switch (request.kind) {
    case OP_CREATE:
    case OP_MKDIR:
        do_create(worker, &request);
        break;
    case OP_RENAME:
        do_rename(worker, &request);
        break;
    case OP_LINK:
        do_link(worker, &request);
        break;
    case OP_OPEN:
        do_open(worker, &request);
        break;
    case OP_CLOSE:
        do_close(worker, &request);
        break;
    case OP_RMDIR:
        do_rmdir(worker, &request);
        break;
    default:
        choose_existing(worker, request.from, request.kind == OP_READDIR);
        run(worker, &request);
    }
}

static void adopt(struct worker *worker, const plinth_range *range)
{
    worker->open_count = 0;
    for (size_t i = 0; i < range->count && worker->open_count < SESSION_LIMIT; i++) {
        const plinth_key_value *item = &range->items[i];
        struct name key = {item->key, item->key_len};
        struct session session;
        if (session_decode(item->value, item->value_len, &session) &&
            session.thread == worker->index)
            worker->open[worker->open_count++] =
                (struct open_file){key_first_number(key), key_second_number(key)};
    }
}

/* Takes over the sessions that an earlier life left open, so that they are closed some day. */
static void adopt_sessions(struct worker *worker)
{
    struct key begin = key_sessions_begin();
    struct key end = key_sessions_end();
    plinth_key_selector from = {begin.data, begin.len, false, 1};
    plinth_key_selector to = {end.data, end.len, false, 1};
    plinth_range_options options = {.struct_size = sizeof options, .snapshot = true};
    plinth_error error = txn_begin(&worker->txn, worker->load->db, 0);
    while (error == 0) {
        plinth_range range = {0};
        error =
            plinth_transaction_get_range(worker->txn.tr, NULL, &from, &to, &options, &range);
        if (error == 0)
            adopt(worker, &range);
        plinth_range_free(&range);
        if (error == 0)
            break;
        error = plinth_transaction_on_error(worker->txn.tr, error);
    }
    txn_end(&worker->txn);
    if (error != 0) {
        struct request request = {.kind = OP_OPEN, .from = "(sessions of an earlier life)"};
        report_trouble(worker, &request, error);
    }
}

void *worker_run(void *user)
{
    struct worker *worker = user;
    adopt_sessions(worker);
    while (!atomic_load(&worker->load->stop))
        step(worker);
    txn_free(&worker->txn);
    return NULL;
}
