/*
 * Purpose: one thread of the load: picks operations at random and runs each as a transaction
 * until it is committed or refused.
 *
 * Relies on: the rules of journal.h: every attempt is announced, every end reported.
 */
#ifndef FSMETA_WORKER_H
#define FSMETA_WORKER_H

#include "base.h"
#include "journal.h"
#include "txn.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { PATH_ROOM = 4096, SESSION_LIMIT = 16, RECENT = 32, RECENT_ROOM = 512 };

/* What all workers share. */
struct load {
    plinth_database *db;
    struct journal journal;
    uint32_t life;
    char **directories; /* of the import */
    size_t directory_count;
    char **files; /* of the import */
    size_t file_count;
    atomic_bool stop;
    atomic_bool failed;
};

struct open_file {
    uint64_t inode;
    uint64_t session;
};

/* Paths that the worker made lately; they may be gone again. A ring. */
struct recent {
    char paths[RECENT][RECENT_ROOM];
    size_t count; /* ever added */
};

struct worker {
    struct load *load;
    uint32_t index;
    uint32_t count; /* operations so far */
    struct dice dice;
    struct txn txn;
    uint64_t next_id; /* the rest of a block of inode numbers: index in the shard */
    uint64_t last_id;
    uint64_t shard;
    struct open_file open[SESSION_LIMIT];
    size_t open_count;
    struct recent files;
    struct recent directories;
};

/* The body of a worker's thread; the argument is the struct worker. */
void *worker_run(void *worker);

#endif
