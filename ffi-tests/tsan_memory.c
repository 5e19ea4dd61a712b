/*
 * Three functions that Rust's compiler calls in instrumented code and that older run times of
 * ThreadSanitizer lack, gcc's up to 14 for one. The C library's functions are the sanitizer's own
 * when a program runs under it: they look at the memory just the same.
 *
 * This file is compiled without the sanitizer, so that it does not call itself.
 */
#include <stddef.h>
#include <string.h>

void *__tsan_memcpy(void *to, const void *from, size_t count);
void *__tsan_memmove(void *to, const void *from, size_t count);
void *__tsan_memset(void *to, int byte, size_t count);

void *__tsan_memcpy(void *to, const void *from, size_t count) {
    return memcpy(to, from, count);
}

void *__tsan_memmove(void *to, const void *from, size_t count) {
    return memmove(to, from, count);
}

void *__tsan_memset(void *to, int byte, size_t count) {
    return memset(to, byte, count);
}
