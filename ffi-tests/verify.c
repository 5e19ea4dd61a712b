/*
 * A look at everything that a database has stored. (design D1, D12)
 */
#include "upkeep.h"

#include <dirent.h>
#include <fcntl.h>

/* Flips a bit of the largest table; returns whether there was one. */
static bool flip_in_a_table(const char *directory) {
    char largest[700] = "";
    off_t size = 0;
    uint8_t byte = 0;
    int file;
    bool flipped;
    struct dirent *entry;
    DIR *all = opendir(directory);
    CHECK(all != NULL);
    while ((entry = readdir(all)) != NULL) {
        size_t length = strlen(entry->d_name);
        char name[700];
        struct stat found;
        snprintf(name, sizeof name, "%s/%s", directory, entry->d_name);
        if (length > 4 && strcmp(entry->d_name + length - 4, ".sst") == 0 && stat(name, &found) == 0 &&
            found.st_size > size) {
            size = found.st_size;
            memcpy(largest, name, sizeof name);
        }
    }
    closedir(all);
    file = open(largest, O_RDWR);
    flipped = file >= 0 && pread(file, &byte, 1, size / 3) == 1;
    byte ^= 4;
    flipped = flipped && pwrite(file, &byte, 1, size / 3) == 1;
    close(file);
    return flipped;
}

static void what_is_whole_is_counted_while_threads_write(void) {
    path where = temporary_path();
    plinth_database *db = open_buffered(where.text);
    plinth_verified found;
    listener who = {0, -1, 0, 0};
    put(db, B("key"), B("value"));
    counters_begin(db);
    breathe();
    CHECK_OK(plinth_database_verify(db, hear, &who, &found, sizeof found));
    counters_end();
    CHECK(who.told >= 2 && who.done == who.total);
    CHECK(found.version > 0 && found.keyspaces == 1 && found.keys >= 1 && found.files >= 1 && found.file_bytes > 0);
    counters_free();
    CHECK_OK(plinth_database_close(db));
}

static void a_flipped_bit_is_found_in_an_open_and_in_a_closed_database(void) {
    path where = temporary_path();
    plinth_database *db = open_buffered(where.text);
    plinth_database_options options = database_options();
    plinth_verified found;
    for (int i = 0; i < 100; i++) {
        char key[16];
        snprintf(key, sizeof key, "key %03d", i);
        put(db, bytes_of(key, strlen(key)), B("a value that is long enough to be something"));
    }
    /* It writes what is in memory to a table. */
    CHECK_OK(plinth_database_verify(db, NULL, NULL, &found, sizeof found));
    CHECK_INT(found.keys, 100);
    CHECK(flip_in_a_table(where.text));
    CHECK_CODE(plinth_database_verify(db, NULL, NULL, &found, sizeof found), PLINTH_ERROR_FILE_CORRUPT);
    CHECK(strstr(plinth_last_error(), ".sst") != NULL);
    CHECK_INT(found.keys, 0);
    CHECK_OK(plinth_database_close(db));
    options.read_only = true;
    db = open_with(where.text, &options);
    CHECK_CODE(plinth_database_verify(db, NULL, NULL, &found, sizeof found), PLINTH_ERROR_FILE_CORRUPT);
    CHECK_OK(plinth_database_close(db));
}

static void it_can_be_cancelled(void) {
    path where = temporary_path();
    plinth_database *db = open_buffered(where.text);
    plinth_verified found;
    listener who = {0, 0, 0, 0};
    put(db, B("key"), B("value"));
    CHECK_CODE(plinth_database_verify(db, hear, &who, &found, sizeof found), PLINTH_ERROR_OPERATION_CANCELLED);
    CHECK_INT(who.told, 1);
    CHECK_OK(plinth_database_verify(db, NULL, NULL, &found, 8));
    CHECK_OK(plinth_database_close(db));
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    RUN(what_is_whole_is_counted_while_threads_write);
    RUN(a_flipped_bit_is_found_in_an_open_and_in_a_closed_database);
    RUN(it_can_be_cancelled);
    return harness_end();
}
