/*
 * Purpose: see findings.h.
 *
 * Relies on: nothing.
 */
#include "findings.h"

#include "base.h"
#include "records.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void findings_free(struct findings *findings)
{
    for (size_t i = 0; i < FINDINGS_SHOWN; i++)
        free(findings->shown[i]);
    *findings = (struct findings){0};
}

/* Names of files may hold anything, a terminal should not see all of it. */
static void make_printable(char *text)
{
    for (; *text != '\0'; text++)
        if (*text < ' ' || *text > '~')
            *text = '?';
}

void finding(struct findings *findings, const char *format, ...)
{
    if (findings->count < FINDINGS_SHOWN) {
        char text[1200];
        va_list args;
        va_start(args, format);
        vsnprintf(text, sizeof text, format, args);
        va_end(args);
        make_printable(text);
        findings->shown[findings->count] = must_copy(text, strlen(text));
    }
    findings->count++;
}

const char *op_text(uint64_t op, char *out)
{
    if (op == 0)
        snprintf(out, OP_TEXT, "nobody");
    else if (op == IMPORT_WRITER)
        snprintf(out, OP_TEXT, "the import");
    else
        snprintf(out, OP_TEXT, "life %u thread %u op %u", op_life(op), op_thread(op),
                 op_count(op));
    return out;
}
