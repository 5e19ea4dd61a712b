/*
 * To be preloaded: nothing is ever synced, and everybody is told that it was. What a power cut takes
 * then shows that the test would notice a sync that is missing.
 */
#define _GNU_SOURCE

#include <fcntl.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

int fsync(int file) {
    (void)file;
    return 0;
}

int fdatasync(int file) {
    (void)file;
    return 0;
}

int sync_file_range(int file, off64_t offset, off64_t bytes, unsigned int flags) {
    (void)file;
    (void)offset;
    (void)bytes;
    (void)flags;
    return 0;
}

int msync(void *address, size_t bytes, int flags) {
    (void)address;
    (void)bytes;
    (void)flags;
    return 0;
}

int syncfs(int file) {
    (void)file;
    return 0;
}

void sync(void) {
}
