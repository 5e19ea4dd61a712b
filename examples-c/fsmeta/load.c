/*
 * Purpose: see load.h.
 *
 * Relies on: the parent having written the manifest file before.
 */
#include "load.h"

#include "import.h"
#include "paths.h"
#include "worker.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { IMPORTED_FILES = 20000, IMPORTED_DIRECTORIES = 20000, IMPORTED_PATH = 2000 };

static void load_open(struct load *load, const struct options *options)
{
    char path[DATA_PATH];
    database_path(options, path);
    plinth_database_options database = options_database(options);
    database.must_exist = true;
    plinth_error error = plinth_database_open(path, &database, &load->db);
    if (error != 0) {
        char text[2000];
        snprintf(text, sizeof text, "the database does not open: %s (%d): %s",
                 plinth_error_name(error), (int)error, plinth_last_error());
        journal_trouble(&load->journal, text);
        _exit(1);
    }
    data_path(options->data, DATA_MANIFEST, path);
    load->directories = manifest_load_paths(path, TYPE_DIRECTORY, IMPORTED_PATH,
                                            IMPORTED_DIRECTORIES, &load->directory_count);
    load->files = manifest_load_paths(path, TYPE_FILE, IMPORTED_PATH, IMPORTED_FILES,
                                      &load->file_count);
}

static void free_paths(char **paths, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(paths[i]);
    free(paths);
}

static void load_close(struct load *load)
{
    plinth_error error = plinth_database_close(load->db);
    if (error != 0) {
        journal_trouble(&load->journal, plinth_last_error());
        atomic_store(&load->failed, true);
    }
    free_paths(load->directories, load->directory_count);
    free_paths(load->files, load->file_count);
    journal_free(&load->journal);
}

/* Waits for SIGTERM, or for a worker that failed. */
static void wait_for_end(struct load *load, const sigset_t *signals)
{
    struct timespec tick = {0, 20000000};
    while (!atomic_load(&load->stop))
        if (sigtimedwait(signals, NULL, &tick) == SIGTERM)
            atomic_store(&load->stop, true);
}

static void run_workers(struct load *load, const struct options *options,
                        const sigset_t *signals)
{
    pthread_t threads[THREAD_LIMIT];
    struct worker *workers = must_realloc(NULL, options->threads * sizeof *workers);
    for (uint32_t i = 0; i < options->threads; i++) {
        workers[i] = (struct worker){.load = load, .index = i};
        workers[i].dice.state = options->seed ^ op_id(load->life, i, 0);
        if (pthread_create(&threads[i], NULL, worker_run, &workers[i]) != 0)
            die("cannot start a thread");
    }
    wait_for_end(load, signals);
    for (uint32_t i = 0; i < options->threads; i++)
        pthread_join(threads[i], NULL);
    free(workers);
}

int load_main(const struct options *options)
{
    struct load load = {.life = options->child_life};
    sigset_t signals;
    /* A load without a parent would go on for ever. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGPIPE, SIG_IGN);
    /* Blocked before the first thread starts, so that every thread inherits it. */
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    journal_init(&load.journal, options->child_pipe);
    load_open(&load, options);
    journal_ready(&load.journal);
    run_workers(&load, options, &signals);
    bool failed = atomic_load(&load.failed);
    load_close(&load);
    return failed || atomic_load(&load.failed) ? 1 : 0;
}
