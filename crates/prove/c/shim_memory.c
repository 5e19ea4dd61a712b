/*
 * Makes the Nth allocation fail, or all from it on, in a process that is started with this library in LD_PRELOAD:
 *
 *   FAULT_AT      the number of the first allocation that fails, from 1; 0 none
 *   FAULT_COUNT   how many fail; 0 is for ever
 *   FAULT_LEAST   only allocations of at least so many bytes are counted
 *   FAULT_TELL    a file to which "hit NUMBER BYTES" is added for the first that fails, "refused BYTES" for every one
 *                 of a mebibyte or more, and "calls COUNT" at the end
 *
 * Operator new of C++ and Rust's allocator come through these functions.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LARGE (1UL << 20)

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static atomic_long calls;
static atomic_bool ready;
static long first, how_many;
static size_t least;
static const char *tell;

/* Nothing here may allocate. */
static char *add_number(char *end, unsigned long number) {
    char digits[24];
    int count = 0;
    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    while (count > 0) {
        *end++ = digits[--count];
    }
    return end;
}

static void say(const char *word, unsigned long number, unsigned long bytes) {
    char text[96], *end = text;
    int file;
    if (tell == NULL) {
        return;
    }
    for (; *word != '\0'; word++) {
        *end++ = *word;
    }
    *end++ = ' ';
    end = add_number(end, number);
    *end++ = ' ';
    end = add_number(end, bytes);
    *end++ = '\n';
    file = (int)syscall(SYS_openat, AT_FDCWD, tell, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file >= 0) {
        (void)!syscall(SYS_write, file, text, (size_t)(end - text));
        syscall(SYS_close, file);
    }
}

static long number_of(const char *name) {
    const char *text = getenv(name);
    return text == NULL ? 0 : strtol(text, NULL, 10);
}

__attribute__((constructor)) static void begin(void) {
    first = number_of("FAULT_AT");
    how_many = number_of("FAULT_COUNT");
    least = (size_t)number_of("FAULT_LEAST");
    tell = getenv("FAULT_TELL");
    atomic_store(&ready, true);
}

__attribute__((destructor)) static void end(void) { say("calls", (unsigned long)atomic_load(&calls), 0); }

static bool fails(size_t size) {
    long number;
    if (!atomic_load(&ready) || size < least) {
        return false;
    }
    number = atomic_fetch_add(&calls, 1) + 1;
    if (first == 0 || number < first || (how_many > 0 && number >= first + how_many)) {
        return false;
    }
    if (number == first) {
        say("hit", (unsigned long)number, size);
    }
    if (size >= LARGE) {
        say("refused", (unsigned long)number, size);
    }
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size) { return fails(size) ? NULL : __libc_malloc(size); }

void *calloc(size_t count, size_t size) { return fails(count * size) ? NULL : __libc_calloc(count, size); }

void *realloc(void *memory, size_t size) { return fails(size) ? NULL : __libc_realloc(memory, size); }

void *memalign(size_t alignment, size_t size) { return fails(size) ? NULL : __libc_memalign(alignment, size); }

void *aligned_alloc(size_t alignment, size_t size) { return fails(size) ? NULL : __libc_memalign(alignment, size); }

int posix_memalign(void **memory, size_t alignment, size_t size) {
    void *made = fails(size) ? NULL : __libc_memalign(alignment, size);
    if (made == NULL) {
        return ENOMEM;
    }
    *memory = made;
    return 0;
}
