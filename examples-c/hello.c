/*
 * Purpose: the first program: opens a database, changes it in a transaction, reads it back.
 *
 *     hello [DIRECTORY]
 *
 * Relies on: nothing. Without a directory the database lives in memory and is gone at the end.
 */
#include <plinth.h>
#include <stdio.h>
#include <string.h>

#define TEXT(text) (const uint8_t *)(text), strlen(text)

/* Runs again from the start if another transaction got in the way, so it only reads and writes. */
static plinth_error greet(plinth_transaction *tr, void *user)
{
    (void)user;
    plinth_error error = plinth_transaction_set(tr, NULL, TEXT("hello/moon"), TEXT("good night"));
    if (error == 0)
        error = plinth_transaction_set(tr, NULL, TEXT("hello/world"), TEXT("good morning"));
    return error;
}

static plinth_error print_greetings(plinth_transaction *tr, void *user)
{
    (void)user;
    plinth_value world = {0};
    plinth_error error = plinth_transaction_get(tr, NULL, TEXT("hello/world"), &world);
    if (error != 0)
        return error;
    if (world.data != NULL)
        printf("the world says: %.*s\n", (int)world.len, (const char *)world.data);
    plinth_value_free(&world);

    /* All keys that begin with "hello/"; '0' is the character after '/'. */
    plinth_key_selector begin = {TEXT("hello/"), false, 1};
    plinth_key_selector end = {TEXT("hello0"), false, 1};
    plinth_range range = {0};
    error = plinth_transaction_get_range(tr, NULL, &begin, &end, NULL, &range);
    for (size_t i = 0; i < range.count; i++)
        printf("%.*s = %.*s\n", (int)range.items[i].key_len, (const char *)range.items[i].key,
               (int)range.items[i].value_len, (const char *)range.items[i].value);
    plinth_range_free(&range);
    return error;
}

int main(int argc, char **argv)
{
    plinth_database *db = NULL;
    plinth_error error = plinth_database_open(argc > 1 ? argv[1] : ":memory:", NULL, &db);
    if (error == 0)
        error = plinth_run(db, greet, NULL);
    if (error == 0)
        error = plinth_run(db, print_greetings, NULL);
    if (error != 0)
        fprintf(stderr, "hello: %s\n", plinth_last_error());
    plinth_error closed = db == NULL ? 0 : plinth_database_close(db);
    if (closed != 0)
        fprintf(stderr, "hello: %s\n", plinth_last_error());
    return error == 0 && closed == 0 ? 0 : 1;
}
