/*
 * What can be given for a parameter: good arguments, odd ones that a function may take or refuse, and bad ones
 * that it has to refuse. Shared by the worlds of both libraries.
 */
#ifndef PLINTH_CHOICES_H
#define PLINTH_CHOICES_H

#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

typedef enum { GOOD, ODD, BAD } worth;

typedef struct {
    argument is;
    worth worth;
} choice;

#define MOST_CHOICES 140

/* A list of choices that grows. */
typedef struct {
    choice *at;
    int count;
} choices;

static inline void add(choices *list, worth worth, argument is) {
    if (list->count < MOST_CHOICES) {
        list->at[list->count].worth = worth;
        list->at[list->count++].is = is;
    }
}
static inline void add_address(choices *list, worth worth, const void *address) {
    add(list, worth, (argument){.address = address});
}
static inline void add_number(choices *list, worth worth, int64_t number) {
    add(list, worth, (argument){.number = number});
}
static inline void add_code(choices *list, worth worth, any_code code) {
    add(list, worth, (argument){.code = code});
}

static inline const void *from_bits(uintptr_t bits) {
    const void *address;
    memcpy(&address, &bits, sizeof address);
    return address;
}

static inline void die(const char *what) {
    printf("broken %s\n", what);
    fflush(stdout);
    _exit(2);
}

/* ------------------------------------------------------------------ memory that ends where it says */

/* `size` bytes, the last one just before a page that nobody may touch: what reads further crashes. */
static inline uint8_t *at_the_edge(const void *bytes, size_t size) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE), room = (size + page - 1) / page * page;
    uint8_t *memory = mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED || mprotect(memory + room, page, PROT_NONE) != 0) {
        die("mmap");
    }
    memcpy(memory + room - size, bytes, size);
    return memory + room - size;
}

#define LONGEST ((int64_t)1 << 31)

/* So many zeros as the longest length there is. */
static inline const uint8_t *zeros(void) {
    static const uint8_t *memory;
    if (memory == NULL) {
        int file = open("/dev/zero", O_RDONLY);
        void *made = mmap(NULL, (size_t)LONGEST, PROT_READ, MAP_PRIVATE, file, 0);
        close(file);
        memory = made == MAP_FAILED ? NULL : made;
    }
    return memory;
}

/* Nobody can copy the zeros then: a length that is not checked before memory is asked for ends the process. */
static inline void leave_little_memory(void) {
#if !defined(__SANITIZE_ADDRESS__)
    struct rlimit limit = {(rlim_t)LONGEST * 9 / 4, (rlim_t)LONGEST * 9 / 4};
    if (zeros() == NULL || setrlimit(RLIMIT_AS, &limit) != 0) {
        die("setrlimit");
    }
#endif
}

/* Lengths that need more memory than a key has get the zeros. */
static inline void fit_lengths(const function *f, argument *a) {
    for (int i = 1; i < f->count; i++) {
        int64_t length = a[i].number;
        if (f->parameters[i].what == LENGTH && length > 12 && length <= LONGEST && a[i - 1].address != NULL) {
            a[i - 1].address = zeros();
        }
    }
}

#define GOOD_LENGTH 12

/* What a key, a value, an operand is. */
static inline void choose_bytes(choices *list) {
    static uint8_t *key, *other, *system;
    if (key == NULL) {
        key = at_the_edge("keykeykeykey", 12);
        other = at_the_edge("\0\0\0\0\0\0\0\0\0\0\0\0", 12);
        system = at_the_edge("\xff\xff/status\xff\xff\xff", 12);
    }
    add_address(list, GOOD, key);
    add_address(list, BAD, NULL);
    add_address(list, ODD, other);
    add_address(list, ODD, system);
}

static inline void choose_length(choices *list, size_t size) {
    static const int64_t large[] = {13, 10000, 10001, 30001, 100000, 100001, INT_MAX};
    add_number(list, GOOD, GOOD_LENGTH);
    add_number(list, ODD, 0);
    add_number(list, ODD, 1);
    for (int i = 0; i < COUNT(large); i++) {
        add_number(list, ODD, large[i]);
    }
    if (size == sizeof(int)) {
        add_number(list, BAD, -1);
        add_number(list, BAD, INT_MIN);
    } else {
        add_number(list, BAD, -1);
        add_number(list, BAD, INT64_MIN);
        add_number(list, BAD, LONGEST + 1);
        add_number(list, BAD, INT64_MAX);
    }
}

static inline void choose_number(choices *list, int64_t good) {
    static const int64_t strange[] = {0, 1, 2, 3, 5, -1, -2, -3, 30, 99, 500, 701, 1020, 1021, 9000, 30001, INT_MAX, INT_MIN,
                                      UINT32_MAX, INT64_MAX, INT64_MIN, INT64_MAX - 1};
    add_number(list, GOOD, good);
    for (int i = 0; i < COUNT(strange); i++) {
        add_number(list, ODD, strange[i]);
    }
}

/* Everything that is no handle. */
static inline void choose_bits(choices *list, const void *good) {
    static const uintptr_t numbers[] = {1, 2, 7, 8, 64, 4095, 4096, UINT32_MAX, UINTPTR_MAX, UINTPTR_MAX - 1, UINTPTR_MAX / 2};
    static long local[8];
    static void *heap;
    uintptr_t bits;
    if (heap == NULL) {
        heap = calloc(1, 64);
    }
    add_address(list, BAD, local);
    add_address(list, BAD, heap);
    for (int i = 0; i < COUNT(numbers); i++) {
        add_address(list, BAD, from_bits(numbers[i]));
    }
    memcpy(&bits, &good, sizeof bits);
    for (unsigned bit = 0; bit < sizeof bits * 8; bit++) {
        add_address(list, BAD, from_bits(bits ^ ((uintptr_t)1 << bit)));
    }
}

/* ------------------------------------------------------------------ outputs */

#define OUT_ROOM 8192
static _Thread_local _Alignas(64) uint8_t outs[MOST_PARAMETERS][OUT_ROOM];

static inline void spoil_outputs(const function *f) {
    for (int i = 0; i < f->count; i++) {
        if (f->parameters[i].what == OUT || f->parameters[i].what == OUT_BYTES) {
            memset(outs[i], 0xab, 64);
        }
    }
}

static inline bool is_spoiled(int at) {
    static const uint8_t rubbish[8] = {0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab};
    return memcmp(outs[at], rubbish, sizeof rubbish) == 0;
}

static inline void *handle_in(int at) {
    void *handle;
    memcpy(&handle, outs[at], sizeof handle);
    return handle;
}

static inline bool is_called(const function *f, const char *name) {
    return strcmp(f->name, name) == 0;
}

static inline bool ends_with(const char *text, const char *end) {
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

/* ------------------------------------------------------------------ chance */

static inline uint64_t next_random(uint64_t *state) {
    uint64_t z = (*state += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

#endif
