/*
 * A database directory is its owner's alone, whatever the umask: the directory and Plinth's own files have no right
 * for anybody else, and RocksDB's none to write.
 */
#include "harness.h"

#include <dirent.h>
#include <sys/stat.h>

#define VALUE_SIZE 50000
#define COMMITS 60
#define LEAST_FILES 11

/* The rights of a file in a directory; 0 if it went away. */
static unsigned rights(const char *directory, const char *name) {
    struct stat found;
    char place[1024];
    snprintf(place, sizeof place, "%s/%s", directory, name);
    return lstat(place, &found) == 0 ? (unsigned)(found.st_mode & 07777) : 0;
}

static bool is_ours(const char *name) {
    return strcmp(name, "PLINTH") == 0 || strcmp(name, "OWNER") == 0 || strcmp(name, "LOCK") == 0 ||
           strcmp(name, "SOCKET") == 0;
}

/* Looks at every file there is, and returns how many there are. */
static int check_files(const char *directory, mode_t mask) {
    int files = 0;
    struct dirent *entry;
    DIR *open = opendir(directory);
    CHECK(open != NULL);
    CHECK(rights(directory, ".") == 0700);
    while (open != NULL && (entry = readdir(open)) != NULL) {
        unsigned found = rights(directory, entry->d_name);
        if (entry->d_name[0] == '.' || found == 0) {
            continue;
        }
        files++;
        if (is_ours(entry->d_name)) {
            CHECK(found == 0600);
        } else {
            CHECK((found & ~0644u) == 0);
            CHECK((found & mask) == 0);
        }
    }
    if (open != NULL) {
        closedir(open);
    }
    return files;
}

static void fill(plinth_database *db, plinth_keyspace *ks) {
    static uint8_t value[VALUE_SIZE];
    for (int number = 0; number < COMMITS; number++) {
        plinth_transaction *tr = begin(db);
        char key[16];
        snprintf(key, sizeof key, "%06d", number);
        memset(value, number, sizeof value);
        CHECK_OK(plinth_transaction_set(tr, ks, (const uint8_t *)key, strlen(key), value, sizeof value));
        CHECK_OK(plinth_transaction_commit(tr));
        destroy(tr);
    }
}

static void check_life(const char *where, mode_t mask) {
    plinth_database *db = open_buffered(where);
    plinth_keyspace *ks = NULL;
    CHECK_OK(plinth_keyspace_open(db, "private", &ks));
    fill(db, ks);
    CHECK(rights(where, "SOCKET") == 0600);
    CHECK(check_files(where, mask) >= LEAST_FILES);
    CHECK_OK(plinth_keyspace_close(ks));
    CHECK_OK(plinth_database_close(db));
    CHECK(check_files(where, mask) >= LEAST_FILES - 1);
}

static void check_under(mode_t mask) {
    path where = temporary_path();
    mode_t before = umask(mask);
    /* The second life writes tables from the log of the first. */
    check_life(where.text, mask);
    check_life(where.text, mask);
    umask(before);
}

static void no_file_is_for_others_under_umask_000(void) {
    check_under(0);
}

static void no_file_is_for_others_under_umask_022(void) {
    check_under(022);
}

static void no_file_is_for_others_under_umask_077(void) {
    check_under(077);
}

/* A directory that was there and let everybody in. */
static void an_empty_directory_becomes_its_owners(void) {
    path where = temporary_path();
    mode_t before = umask(0);
    CHECK(mkdir(where.text, 0777) == 0);
    check_life(where.text, 0);
    umask(before);
}

/* A link that was planted leads nowhere, and the error names it. */
static void a_planted_link_is_refused(void) {
    path where = temporary_path();
    char link[1024];
    plinth_database *db = open_buffered(where.text);
    CHECK_OK(plinth_database_close(db));
    snprintf(link, sizeof link, "%s/000999.log", where.text);
    CHECK(symlink("/nowhere", link) == 0);
    db = NULL;
    CHECK_CODE(plinth_database_open(where.text, NULL, &db), PLINTH_ERROR_NOT_A_DATABASE);
    CHECK(strstr(plinth_last_error(), "000999.log is a symbolic link") != NULL);
    CHECK(unlink(link) == 0);
    db = open_buffered(where.text);
    CHECK_OK(plinth_database_close(db));
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    RUN(no_file_is_for_others_under_umask_000);
    RUN(no_file_is_for_others_under_umask_022);
    RUN(no_file_is_for_others_under_umask_077);
    RUN(an_empty_directory_becomes_its_owners);
    RUN(a_planted_link_is_refused);
    return harness_end();
}
