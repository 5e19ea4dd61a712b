/*
 * Purpose: the command line.
 *
 * Relies on: main() owning the struct for the life of the process; its strings are arguments or
 * belong to it.
 */
#ifndef FSMETA_OPTIONS_H
#define FSMETA_OPTIONS_H

#include <plinth.h>
#include <stdbool.h>
#include <stdint.h>

enum { THREAD_LIMIT = 64 };

struct options {
    const char *tree;
    const char *data; /* NULL: a temporary directory */
    const char *url;  /* a cluster for the database; NULL: a directory in `data` */
    uint32_t threads;
    uint32_t batch;
    uint32_t kills;
    uint64_t seconds;
    uint64_t round_ms; /* 0: the seconds, shared among the rounds */
    uint64_t seed;
    plinth_durability durability;
    bool keep;
    uint32_t child_life; /* 0: this is the parent */
    int child_pipe;
};

/* Ends the process with a message if the arguments are wrong. */
void options_parse(struct options *options, int argc, char **argv);

/* The options of the database that the durability asks for. */
plinth_database_options options_database(const struct options *options);

#endif
