/*
 * Makes calls of the system fail, one of a kind by its number or all from it on, in a process that is started with
 * this library in LD_PRELOAD. Only calls on files below one directory are counted. The environment says which:
 *
 *   FAULT_BELOW   the directory
 *   FAULT_KIND    write, fsync, open, ...: the names below; `change` for all that change files, `room` for those of them
 *                 that take room on a disk; without it calls are only counted
 *   FAULT_AT      the number of the first call of that kind that fails, from 1
 *   FAULT_COUNT   how many fail; 0 is for ever
 *   FAULT_ERRNO   what they fail with; 0 is a lie: nothing is done, and success is told
 *   FAULT_TORN    1: a write does its first half before it fails
 *   FAULT_NAME    only files whose name ends with this
 *   FAULT_KILL    1: instead of failing the call ends the process with SIGKILL
 *   FAULT_WAIT    1: nothing is counted before the program calls fault_begin()
 *   FAULT_TELL    a file to which "hit KIND NUMBER PATH" is added for each failed call, and "calls KIND COUNT" at the
 *                 end
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define KINDS(X)                                                                                                       \
    X(write) X(pwrite) X(writev) X(pwritev) X(fsync) X(fdatasync) X(sync_file_range) X(create) X(open) X(rename)         \
    X(ftruncate) X(fallocate) X(unlink) X(mkdir) X(link) X(read) X(pread) X(change) X(room)

enum kind {
#define X(name) KIND_##name,
    KINDS(X)
#undef X
    KIND_COUNT
};

static const char *const names[KIND_COUNT] = {
#define X(name) #name,
    KINDS(X)
#undef X
};

static char below[PATH_MAX];
static const char *ending;
static const char *tell;
static int chosen = -1;
static long first, how_many;
static int code;
static bool torn, kills;
static atomic_bool counting;
static atomic_long calls[KIND_COUNT];

static long number_of(const char *name) {
    const char *text = getenv(name);
    return text == NULL ? 0 : strtol(text, NULL, 10);
}

/* Straight to the kernel, so that it is not counted. */
static void say(const char *text, size_t length) {
    int file;
    if (tell == NULL) {
        return;
    }
    file = (int)syscall(SYS_openat, AT_FDCWD, tell, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file >= 0) {
        (void)!syscall(SYS_write, file, text, length);
        syscall(SYS_close, file);
    }
}

__attribute__((constructor)) static void begin(void) {
    const char *where = getenv("FAULT_BELOW"), *kind = getenv("FAULT_KIND");
    snprintf(below, sizeof below, "%s", where == NULL ? "/nowhere" : where);
    ending = getenv("FAULT_NAME");
    tell = getenv("FAULT_TELL");
    first = number_of("FAULT_AT");
    how_many = number_of("FAULT_COUNT");
    code = (int)number_of("FAULT_ERRNO");
    torn = number_of("FAULT_TORN") != 0;
    kills = number_of("FAULT_KILL") != 0;
    atomic_store(&counting, number_of("FAULT_WAIT") == 0);
    for (int i = 0; kind != NULL && i < KIND_COUNT; i++) {
        if (strcmp(kind, names[i]) == 0) {
            chosen = i;
        }
    }
}

void fault_begin(void) {
    atomic_store(&counting, true);
}

__attribute__((destructor)) static void end(void) {
    char text[128];
    for (int i = 0; i < KIND_COUNT; i++) {
        int length = snprintf(text, sizeof text, "calls %s %ld\n", names[i], atomic_load(&calls[i]));
        say(text, (size_t)length);
    }
}

static bool is_below(const char *path) {
    size_t length = strlen(below), all = strlen(path), last = ending == NULL ? 0 : strlen(ending);
    if (strncmp(path, below, length) != 0 || (path[length] != '\0' && path[length] != '/')) {
        return false;
    }
    return last <= all && (last == 0 || strcmp(path + all - last, ending) == 0);
}

/* Counts a call under every name that it goes by, and returns its number under the chosen one, or 0. */
static long count(enum kind kind) {
    static const bool changes[KIND_COUNT] = {
        [KIND_write] = true, [KIND_pwrite] = true, [KIND_writev] = true, [KIND_pwritev] = true, [KIND_fsync] = true,
        [KIND_fdatasync] = true, [KIND_create] = true, [KIND_rename] = true, [KIND_ftruncate] = true,
        [KIND_fallocate] = true, [KIND_unlink] = true, [KIND_mkdir] = true, [KIND_link] = true,
    };
    static const bool takes[KIND_COUNT] = {
        [KIND_write] = true, [KIND_pwrite] = true, [KIND_writev] = true, [KIND_pwritev] = true, [KIND_create] = true,
        [KIND_rename] = true, [KIND_fallocate] = true, [KIND_mkdir] = true, [KIND_link] = true,
    };
    long number = atomic_fetch_add(&calls[kind], 1) + 1;
    long change = changes[kind] ? atomic_fetch_add(&calls[KIND_change], 1) + 1 : 0;
    long room = takes[kind] ? atomic_fetch_add(&calls[KIND_room], 1) + 1 : 0;
    return chosen == KIND_change ? change : chosen == KIND_room ? room : chosen == (int)kind ? number : 0;
}

/* Whether this call is to fail. */
static bool hits(enum kind kind, const char *path) {
    char text[PATH_MAX + 64];
    long number;
    int length;
    if (!atomic_load(&counting) || !is_below(path)) {
        return false;
    }
    number = count(kind);
    if (number == 0 || number < first || (how_many > 0 && number >= first + how_many)) {
        return false;
    }
    if (kills) {
        kill(getpid(), SIGKILL);
    }
    length = snprintf(text, sizeof text, "hit %s %ld %s\n", names[kind], number, path);
    say(text, (size_t)length);
    return true;
}

static bool hits_file(enum kind kind, int file) {
    char link[64], path[PATH_MAX];
    ssize_t length;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    length = readlink(link, path, sizeof path - 1);
    if (length < 0) {
        return false;
    }
    path[length] = '\0';
    return hits(kind, path);
}

static int fail(void) {
    if (code == 0) {
        return 0;
    }
    errno = code;
    return -1;
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* A function that fails as a whole. */
#define FILE_CALL(name, kind, parameters, arguments)                                                                    \
    int name parameters {                                                                                              \
        return hits_file(kind, file) ? fail() : NEXT(name) arguments;                                                  \
    }

FILE_CALL(fsync, KIND_fsync, (int file), (file))
FILE_CALL(fdatasync, KIND_fdatasync, (int file), (file))
FILE_CALL(sync_file_range, KIND_sync_file_range, (int file, off64_t at, off64_t count, unsigned flags), (file, at, count, flags))
FILE_CALL(ftruncate, KIND_ftruncate, (int file, off_t length), (file, length))
FILE_CALL(ftruncate64, KIND_ftruncate, (int file, off64_t length), (file, length))
FILE_CALL(fallocate, KIND_fallocate, (int file, int mode, off_t at, off_t length), (file, mode, at, length))
FILE_CALL(fallocate64, KIND_fallocate, (int file, int mode, off64_t at, off64_t length), (file, mode, at, length))

int posix_fallocate(int file, off_t at, off_t length) {
    return hits_file(KIND_fallocate, file) ? code : NEXT(posix_fallocate)(file, at, length);
}

/* A failed write, of which the first half may have come through; a lie tells all of it. */
#define TORN(all, half)                                                                                                \
    if (code == 0) {                                                                                                   \
        return (ssize_t)(all);                                                                                         \
    }                                                                                                                  \
    if (torn) {                                                                                                        \
        (void)!(half);                                                                                                 \
    }                                                                                                                  \
    return fail();

ssize_t write(int file, const void *data, size_t length) {
    if (!hits_file(KIND_write, file)) {
        return NEXT(write)(file, data, length);
    }
    TORN(length, NEXT(write)(file, data, length / 2))
}

ssize_t pwrite(int file, const void *data, size_t length, off_t at) {
    if (!hits_file(KIND_pwrite, file)) {
        return NEXT(pwrite)(file, data, length, at);
    }
    TORN(length, NEXT(pwrite)(file, data, length / 2, at))
}

ssize_t pwrite64(int file, const void *data, size_t length, off64_t at) {
    return pwrite(file, data, length, at);
}

static size_t total(const struct iovec *parts, int count) {
    size_t sum = 0;
    for (int i = 0; i < count; i++) {
        sum += parts[i].iov_len;
    }
    return sum;
}

ssize_t writev(int file, const struct iovec *parts, int count) {
    if (!hits_file(KIND_writev, file)) {
        return NEXT(writev)(file, parts, count);
    }
    TORN(total(parts, count), NEXT(writev)(file, parts, count / 2))
}

ssize_t pwritev(int file, const struct iovec *parts, int count, off_t at) {
    if (!hits_file(KIND_pwritev, file)) {
        return NEXT(pwritev)(file, parts, count, at);
    }
    TORN(total(parts, count), NEXT(pwritev)(file, parts, count / 2, at))
}

ssize_t read(int file, void *data, size_t length) {
    return hits_file(KIND_read, file) ? fail() : NEXT(read)(file, data, length);
}

ssize_t pread(int file, void *data, size_t length, off_t at) {
    return hits_file(KIND_pread, file) ? fail() : NEXT(pread)(file, data, length, at);
}

ssize_t pread64(int file, void *data, size_t length, off64_t at) {
    return hits_file(KIND_pread, file) ? fail() : NEXT(pread64)(file, data, length, at);
}

/* A file that is made is another kind than one that is opened. A lie would have to return a file. */
#define OPEN_CALL(name, parameters, path, ...)                                                                          \
    int name parameters {                                                                                              \
        mode_t mode = 0;                                                                                               \
        if ((flags & (O_CREAT | O_TMPFILE)) != 0) {                                                                    \
            va_list more;                                                                                              \
            va_start(more, flags);                                                                                     \
            mode = va_arg(more, mode_t);                                                                               \
            va_end(more);                                                                                              \
        }                                                                                                              \
        if (hits((flags & O_CREAT) != 0 ? KIND_create : KIND_open, path)) {                                             \
            errno = code == 0 ? EIO : code;                                                                            \
            return -1;                                                                                                 \
        }                                                                                                              \
        return NEXT(name)(__VA_ARGS__, flags, mode);                                                                    \
    }

OPEN_CALL(open, (const char *path, int flags, ...), path, path)
OPEN_CALL(open64, (const char *path, int flags, ...), path, path)
OPEN_CALL(openat, (int at, const char *path, int flags, ...), path, at, path)
OPEN_CALL(openat64, (int at, const char *path, int flags, ...), path, at, path)

int rename(const char *from, const char *to) { return hits(KIND_rename, to) ? fail() : NEXT(rename)(from, to); }

int link(const char *from, const char *to) { return hits(KIND_link, to) ? fail() : NEXT(link)(from, to); }

int linkat(int at, const char *from, int to_at, const char *to, int flags) {
    return hits(KIND_link, to) ? fail() : NEXT(linkat)(at, from, to_at, to, flags);
}

int unlink(const char *path) { return hits(KIND_unlink, path) ? fail() : NEXT(unlink)(path); }

int unlinkat(int at, const char *path, int flags) {
    return hits(KIND_unlink, path) ? fail() : NEXT(unlinkat)(at, path, flags);
}

int mkdir(const char *path, mode_t mode) { return hits(KIND_mkdir, path) ? fail() : NEXT(mkdir)(path, mode); }
