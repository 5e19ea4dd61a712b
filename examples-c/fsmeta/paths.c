/*
 * Purpose: see paths.h.
 *
 * Relies on: nothing.
 */
#include "paths.h"

#include "base.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void data_path(const char *data, const char *part, char *out)
{
    if (snprintf(out, DATA_PATH, "%s/%s", data, part) >= DATA_PATH)
        die("the path %s is too long", data);
}

void database_path(const struct options *options, char *out)
{
    if (options->url == NULL)
        data_path(options->data, DATA_DATABASE, out);
    else if (snprintf(out, DATA_PATH, "%s", options->url) >= DATA_PATH)
        die("the path %s is too long", options->url);
}

char *data_make(const char *wanted, bool *temporary)
{
    char template[] = "/tmp/fsmeta-XXXXXX";
    *temporary = wanted == NULL;
    if (wanted == NULL && mkdtemp(template) == NULL)
        die("cannot make a directory in /tmp: %s", strerror(errno));
    if (wanted != NULL && mkdir(wanted, 0700) != 0 && errno != EEXIST)
        die("cannot make %s: %s", wanted, strerror(errno));
    const char *path = wanted == NULL ? template : wanted;
    return must_copy(path, strlen(path));
}

static int remove_item(const char *path, const struct stat *st, int kind, struct FTW *place)
{
    (void)st;
    (void)kind;
    (void)place;
    return remove(path);
}

void data_remove(const char *data)
{
    if (nftw(data, remove_item, 16, FTW_DEPTH | FTW_PHYS) != 0)
        fprintf(stderr, "fsmeta: %s could not be removed: %s\n", data, strerror(errno));
}
