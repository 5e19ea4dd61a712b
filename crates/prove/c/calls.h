/*
 * Every C function as a row of a table, so that a program can call all of them with arguments of its choice.
 * The tables are calls_plinth.h and calls_fdb.h, generated from the headers.
 */
#ifndef PLINTH_CALLS_H
#define PLINTH_CALLS_H

#include <stddef.h>
#include <stdint.h>

/* What a parameter is for, and so what can be wrong with it. */
typedef enum {
    /* Handles. */
    DATABASE,
    KEYSPACE,
    KEYSPACE_OR_NULL,
    TRANSACTION,
    WATCH,
    STREAM,
    FUTURE,
    RESULT,
    CLUSTER,
    TENANT,
    CONSUMER,
    /* What is read. */
    BYTES,
    LENGTH,
    KEYS,
    COUNT_OF_KEYS,
    TEXT,
    SELECTOR,
    RANGE_OPTIONS,
    DATABASE_OPTIONS,
    LOAD_OPTIONS,
    MOVE_OPTIONS,
    NUMBER,
    SIZE,
    /* Never looked at by a function that only refuses. */
    UNREAD,
    CONTEXT,
    /* What is written. */
    OUT,
    OUT_BYTES,
    FREED,
    /* What is called. */
    VALUE_CALLBACK,
    RANGE_CALLBACK,
    VALUES_CALLBACK,
    DONE_CALLBACK,
    CALLBACK,
    HOOK,
    PROGRESS_CALLBACK,
    WRITE_CALLBACK,
    READ_CALLBACK,
    FINALISER,
    LOG_CALLBACK,
    BODY,
    /* Handed on as it is. */
    USER,
    KINDS
} kind;

typedef void (*any_code)(void);

typedef union {
    const void *address;
    int64_t number;
    any_code code;
} argument;

typedef union {
    const void *address;
    int64_t number;
} answer;

typedef enum { GIVES_ERROR, GIVES_FUTURE, GIVES_RESULT, GIVES_NOTHING, GIVES_TEXT, GIVES_NUMBER } gives;

typedef struct {
    kind what;
    size_t size;
    const char *name;
} parameter;

#define MOST_PARAMETERS 18

typedef struct {
    const char *name;
    answer (*call)(const argument *arguments);
    gives result;
    int count;
    parameter parameters[MOST_PARAMETERS];
} function;

#endif
