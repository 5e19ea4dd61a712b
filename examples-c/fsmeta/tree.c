/*
 * Purpose: see tree.h.
 *
 * Relies on: nothing being known about a name but that it has no slash and no NUL.
 */
#include "tree.h"

#include "base.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { OPEN_FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, CHUNK = 2048 };

void tree_open(struct tree *tree, const char *path)
{
    tree->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (tree->fd < 0 || fstat(tree->fd, &tree->root) != 0)
        die("cannot read the tree %s: %s", path, strerror(errno));
}

void tree_leave_out(struct tree *tree, const char *path)
{
    if (stat(path, &tree->left_out) != 0)
        die("cannot find %s: %s", path, strerror(errno));
}

void tree_close(struct tree *tree)
{
    close(tree->fd);
    tree->fd = -1;
}

enum file_type tree_type(const struct stat *st)
{
    if (S_ISREG(st->st_mode))
        return TYPE_FILE;
    if (S_ISDIR(st->st_mode))
        return TYPE_DIRECTORY;
    return S_ISLNK(st->st_mode) ? TYPE_SYMLINK : TYPE_OTHER;
}

int64_t tree_mtime_ns(const struct stat *st)
{
    return (int64_t)st->st_mtim.tv_sec * 1000000000 + (int64_t)st->st_mtim.tv_nsec;
}

/* The length of the longest beginning of `path` that ends before a slash and fits a chunk. */
static size_t chunk_length(const char *path)
{
    size_t len = strlen(path);
    if (len < CHUNK)
        return len;
    for (len = CHUNK; len > 0 && path[len] != '/'; len--)
        ;
    return len;
}

/* Opens a directory however long its path is: the system takes no path beyond 4096 bytes, so a
 * longer one is walked in pieces. */
static int open_directory(const struct tree *tree, const char *path)
{
    int at = openat(tree->fd, ".", OPEN_FLAGS);
    while (at >= 0 && *path != '\0') {
        char chunk[CHUNK + 1];
        size_t len = chunk_length(path);
        memcpy(chunk, path, len);
        chunk[len] = '\0';
        int next = openat(at, chunk, OPEN_FLAGS);
        close(at);
        at = next;
        path += len;
        path += *path == '/';
    }
    return at;
}

static bool is_left_out(const struct tree *tree, const struct stat *st)
{
    if (st->st_dev != tree->root.st_dev)
        return true;
    return st->st_dev == tree->left_out.st_dev && st->st_ino == tree->left_out.st_ino;
}

/* Looks at one item; false if it can't be taken. */
static bool visit_item(const struct tree *tree, int directory, const char *name,
                       tree_visit visit, void *user)
{
    uint8_t target[TARGET_LIMIT + 1];
    struct tree_item item = {.name = {(const uint8_t *)name, strlen(name)},
                             .target = {target, 0}};
    if (item.name.len > NAME_LIMIT || fstatat(directory, name, &item.st, AT_SYMLINK_NOFOLLOW) != 0)
        return false;
    if (is_left_out(tree, &item.st))
        return false;
    if (S_ISLNK(item.st.st_mode)) {
        ssize_t len = readlinkat(directory, name, (char *)target, sizeof target);
        if (len < 0 || len > TARGET_LIMIT)
            return false;
        item.target.len = (size_t)len;
    }
    visit(user, &item);
    return true;
}

bool tree_list(const struct tree *tree, const char *path, tree_visit visit, void *user,
               size_t *skipped)
{
    int fd = open_directory(tree, path);
    DIR *stream = fd < 0 ? NULL : fdopendir(fd);
    if (stream == NULL) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    const struct dirent *item;
    while ((item = readdir(stream)) != NULL) {
        if (strcmp(item->d_name, ".") == 0 || strcmp(item->d_name, "..") == 0)
            continue;
        if (!visit_item(tree, fd, item->d_name, visit, user))
            ++*skipped;
    }
    closedir(stream);
    return true;
}
