/*
 * Plays sequences of calls that bytes tell, on several threads at once: included by calls_plinth.c and
 * calls_fdb.c, which say what is special to their library.
 *
 * An input is the number of threads and a stream for each, of equal lengths. A step of a stream is the number of
 * a function and a byte for each parameter; handles come from slots that all threads share, where live and stale
 * ones lie, or from the choices of the misuse tests. At the end everything that was made is destroyed, and each
 * callback that was promised must have come.
 *
 * With PLINTH_FUZZ_PLAIN it has a main of its own, without libFuzzer:
 *   calls FILE...             plays these inputs
 *   calls --random SEED CALLS plays random inputs until so many calls were made
 */
#include <sys/stat.h>
#include <time.h>

#define SLOTS 8
#define MOST_MADE 65536
#define MOST_THREADS 3

static const void *slots[KINDS][SLOTS];

/* Everything that was made in this input, to be destroyed at its end. */
static struct {
    const void *handle;
    kind what;
} made[MOST_MADE];
static int made_count;
static long calls_made, inputs_played;

static void note_made(kind what, const void *handle, uint8_t slot) {
    int at = __atomic_fetch_add(&made_count, 1, __ATOMIC_RELAXED);
    if (at >= MOST_MADE) {
        die("more handles than an input can make");
    }
    made[at].what = what;
    made[at].handle = handle;
    __atomic_store_n(&slots[what][slot % SLOTS], handle, __ATOMIC_RELEASE);
}

/* What the library's file defines. */
static bool is_left_out(const function *f, uint8_t byte);
static void play_call(const function *f, argument *a, uint8_t slot);
static void destroy_made(kind what, const void *handle);
static void settle_input(void);
static const char *path_of(uint8_t byte);

static const uint8_t contents[64] = {'k', 'e', 'y', 'k', 'e', 'y', 0, 0, 0, 0, 'a', 'b', 1, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, '/', 't',
                                     'r', 'a', 'n', 's', 0x7f, 'z'};

static argument choose_argument(const function *f, int at, uint8_t byte) {
    static _Thread_local choice of[MOST_CHOICES];
    const parameter *p = &f->parameters[at];
    kind what = p->what == KEYSPACE_OR_NULL ? KEYSPACE : p->what;
    int count;
    if (what <= CONSUMER && byte < 200) {
        return (argument){.address = __atomic_load_n(&slots[what][byte % SLOTS], __ATOMIC_ACQUIRE)};
    }
    if (what == BYTES && byte < 200) {
        return (argument){.address = contents + byte % 32};
    }
    if (what == LENGTH && byte < 200) {
        return (argument){.number = byte % 13};
    }
    if (what == TEXT && byte < 200) {
        return (argument){.address = path_of(byte)};
    }
    count = choose(f, at, of);
    return of[byte % count].is;
}

typedef struct {
    const uint8_t *at;
    size_t left;
} stream;

static uint8_t next_byte(stream *s) {
    uint8_t byte = s->left == 0 ? 0 : *s->at;
    s->at += s->left == 0 ? 0 : 1;
    s->left -= s->left == 0 ? 0 : 1;
    return byte;
}

static void *play_stream(void *user) {
    stream *s = user;
    while (s->left > 0) {
        const function *f = &functions[next_byte(s) % COUNT(functions)];
        argument a[MOST_PARAMETERS] = {{NULL}};
        uint8_t slot = 0;
        for (int at = 0; at < f->count; at++) {
            slot = next_byte(s);
            a[at] = choose_argument(f, at, slot);
        }
        if (!is_left_out(f, slot)) {
            spoil_outputs(f);
            fit_lengths(f, a);
            play_call(f, a, slot);
            __atomic_fetch_add(&calls_made, 1, __ATOMIC_RELAXED);
        }
    }
    return NULL;
}

static void tell_calls(void) {
    printf("counts calls %ld inputs %ld\n", calls_made, inputs_played);
    fflush(stdout);
}

static void play_input(const uint8_t *data, size_t size) {
    stream streams[MOST_THREADS];
    pthread_t threads[MOST_THREADS];
    size_t count = size == 0 ? 1 : data[0] % MOST_THREADS + 1, share = size == 0 ? 0 : (size - 1) / count;
    inputs_played++;
    for (size_t i = 0; i < count; i++) {
        streams[i] = (stream){data + 1 + i * share, share};
        if (i > 0 && pthread_create(&threads[i], NULL, play_stream, &streams[i]) != 0) {
            die("pthread_create");
        }
    }
    play_stream(&streams[0]);
    for (size_t i = 1; i < count; i++) {
        pthread_join(threads[i], NULL);
    }
    for (int i = made_count - 1; i >= 0; i--) {
        destroy_made(made[i].what, made[i].handle);
    }
    made_count = 0;
    settle_input();
}

/* A directory of this process's own for what lies on disk. */
static char scratch[256];

static void scratch_begin(void) {
    const char *place = getenv("TMPDIR");
    snprintf(scratch, sizeof scratch, "%s/plinth-calls-%ld", place == NULL ? "/tmp" : place, (long)getpid());
    if (mkdir(scratch, 0700) != 0 || chdir(scratch) != 0) {
        die("mkdir");
    }
}

static void scratch_end(void) {
    char command[300];
    snprintf(command, sizeof command, "rm -rf '%s'", scratch);
    if (system(command) != 0) {
        printf("left %s\n", scratch);
    }
    tell_calls();
}

static void begin_once(void) {
    static bool begun;
    if (!begun) {
        begun = true;
        scratch_begin();
        if (atexit(scratch_end) != 0) {
            die("atexit");
        }
        library_begin();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    begin_once();
    play_input(data, size);
    return 0;
}

#ifdef PLINTH_FUZZ_PLAIN
static void play_random(uint64_t seed, long calls) {
    static uint8_t data[4096];
    while (calls_made < calls) {
        size_t size = 512 + next_random(&seed) % (sizeof data - 512);
        for (size_t i = 0; i < size; i++) {
            data[i] = (uint8_t)next_random(&seed);
        }
        play_input(data, size);
    }
}

/* Files are read before the scratch directory becomes the one that names are looked up in. */
int main(int count, char **arguments) {
    static uint8_t data[1 << 16];
    int *files = calloc((size_t)count, sizeof *files);
    for (int i = 1; i < count; i++) {
        files[i] = open(arguments[i], O_RDONLY);
    }
    begin_once();
    if (count == 4 && strcmp(arguments[1], "--random") == 0) {
        play_random(strtoull(arguments[2], NULL, 10), atol(arguments[3]));
    } else {
        for (int i = 1; i < count; i++) {
            ssize_t size = files[i] < 0 ? -1 : read(files[i], data, sizeof data);
            if (size < 0) {
                die(arguments[i]);
            }
            play_input(data, (size_t)size);
        }
    }
    free(files);
    return 0;
}
#endif
