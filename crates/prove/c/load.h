/* What programs that load a database for long have in common: complaints, random numbers, keys of text. */
#ifndef PLINTH_PROVE_LOAD_H
#define PLINTH_PROVE_LOAD_H

#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>

#include "plinth.h"

/* Complaints so far; only the first are told. */
static atomic_uint_fast64_t wrong;

static void complain(const char *words, plinth_error error) {
    if (atomic_fetch_add(&wrong, 1) < 20) {
        printf("wrong %s: %d %s\n", words, error, plinth_last_error());
        fflush(stdout);
    }
}

static uint64_t next(uint64_t *state) {
    uint64_t mixed = *state += 0x9e3779b97f4a7c15u;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
    return mixed ^ (mixed >> 31);
}

static const uint8_t *bytes(const char *text) { return (const uint8_t *)text; }

#endif
