/*
 * Purpose: see options.h.
 *
 * Relies on: nothing.
 */
#include "options.h"

#include "base.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char HELP[] =
    "fsmeta: file-system metadata in Plinth, with kills and a check of every promise\n"
    "\n"
    "  --tree DIR        the real tree to import                        (/usr)\n"
    "  --data DIR        where to keep the database                     (a new one in /tmp)\n"
    "  --url fdb:FILE    keep it in a FoundationDB cluster, which is empty;\n"
    "                    --data then has only what the check compares with\n"
    "  --threads N       threads of import and load, 1 to 64            (4)\n"
    "  --batch N         entries per import transaction, 1 to 1000      (80)\n"
    "  --seconds N       length of the load                             (10)\n"
    "  --kills N         how often the load is killed; 0: ends in order (1)\n"
    "  --round-ms N      longest time from start to kill                (seconds / kills)\n"
    "  --durability D    sync or buffered                               (sync)\n"
    "  --seed N          makes the random choices repeatable            (from the clock)\n"
    "  --keep            leave the temporary directory behind\n";

static uint64_t number(const char *name, const char *text, uint64_t low, uint64_t high)
{
    char *end;
    errno = 0;
    uint64_t value = strtoull(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < low || value > high)
        die("%s takes a number from %llu to %llu, not \"%s\"", name, (unsigned long long)low,
            (unsigned long long)high, text);
    return value;
}

static plinth_durability durability(const char *text)
{
    if (strcmp(text, "sync") == 0)
        return PLINTH_DURABILITY_SYNC;
    if (strcmp(text, "buffered") != 0)
        die("--durability takes sync or buffered, not \"%s\"", text);
    return PLINTH_DURABILITY_BUFFERED;
}

static const char *url(const char *text)
{
    if (strncmp(text, "fdb:", 4) != 0)
        die("--url takes fdb: and a cluster file, not \"%s\"; directories are --data", text);
    return text;
}

/* Takes an option that has a value; false if the name is none of these. */
static bool take(struct options *options, const char *name, const char *value)
{
    if (strcmp(name, "--tree") == 0)
        options->tree = value;
    else if (strcmp(name, "--data") == 0)
        options->data = value;
    else if (strcmp(name, "--url") == 0)
        options->url = url(value);
    else if (strcmp(name, "--threads") == 0)
        options->threads = (uint32_t)number(name, value, 1, THREAD_LIMIT);
    else if (strcmp(name, "--batch") == 0)
        options->batch = (uint32_t)number(name, value, 1, 1000);
    else if (strcmp(name, "--seconds") == 0)
        options->seconds = number(name, value, 1, 86400);
    else if (strcmp(name, "--kills") == 0)
        options->kills = (uint32_t)number(name, value, 0, 60000);
    else if (strcmp(name, "--round-ms") == 0)
        options->round_ms = number(name, value, 1, 86400000);
    else if (strcmp(name, "--seed") == 0)
        options->seed = number(name, value, 0, UINT64_MAX);
    else if (strcmp(name, "--durability") == 0)
        options->durability = durability(value);
    else if (strcmp(name, "--child") == 0)
        options->child_life = (uint32_t)number(name, value, 1, 65535);
    else if (strcmp(name, "--pipe") == 0)
        options->child_pipe = (int)number(name, value, 0, 65535);
    else
        return false;
    return true;
}

void options_parse(struct options *options, int argc, char **argv)
{
    *options = (struct options){
        .tree = "/usr",
        .threads = 4,
        .batch = 80,
        .kills = 1,
        .seconds = 10,
        .seed = now_us(),
        .durability = PLINTH_DURABILITY_SYNC,
    };
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            fputs(HELP, stdout);
            exit(0);
        } else if (strcmp(argv[i], "--keep") == 0) {
            options->keep = true;
        } else if (i + 1 < argc && take(options, argv[i], argv[i + 1])) {
            i++;
        } else {
            die("\"%s\" is not an option, or lacks its value; try --help", argv[i]);
        }
    }
    if (options->round_ms == 0)
        options->round_ms = options->seconds * 1000 / (options->kills == 0 ? 1 : options->kills);
}

plinth_database_options options_database(const struct options *options)
{
    return (plinth_database_options){
        .struct_size = sizeof(plinth_database_options),
        .durability = (int32_t)options->durability,
        /* Conflicts are expected here and over in a moment; long waits would only hide them. */
        .transaction_max_retry_delay_ms = 50,
    };
}
