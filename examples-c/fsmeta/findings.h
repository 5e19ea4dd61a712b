/*
 * Purpose: the violations that were found: all are counted, the first ones described.
 *
 * Relies on: one thread at a time adding to it.
 */
#ifndef FSMETA_FINDINGS_H
#define FSMETA_FINDINGS_H

#include <stddef.h>
#include <stdint.h>

enum { FINDINGS_SHOWN = 20 };

struct findings {
    size_t count;
    char *shown[FINDINGS_SHOWN];
};

void findings_free(struct findings *findings);

void finding(struct findings *findings, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Room for an operation id as text, and the text. */
enum { OP_TEXT = 64 };
const char *op_text(uint64_t op, char *out);

#endif
