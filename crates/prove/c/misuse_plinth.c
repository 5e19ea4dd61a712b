/*
 * Every function of libplinth with every class of bad argument, one at a time and then several at once:
 * misuse_plinth SEED MIXTURES [FUNCTION]. Prints a line for each promise that was not kept, and the counts at the
 * end; a crash prints neither. The functions and their parameters are those of the header.
 */
#include "world_plinth.h"

static long calls, refusals, wrong;

static void complain(const function *f, const argument *a, const char *what, int64_t got) {
    wrong++;
    printf("finding %s: %s %lld; arguments", f->name, what, (long long)got);
    for (int i = 0; a != NULL && i < f->count; i++) {
        printf(" %s=%#llx", f->parameters[i].name, (unsigned long long)a[i].number);
    }
    printf("\n");
}

/* What the call says in the end: itself, or to its callback. */
static int64_t outcome(const function *f, const argument *a) {
    long before;
    int64_t error;
    pthread_mutex_lock(&told.lock);
    before = told.calls;
    pthread_mutex_unlock(&told.lock);
    error = f->call(a).number;
    if (!is_told_later(f) || error != 0) {
        return error;
    }
    /* A watch that waits is ended, so that its callback runs. */
    give_back(f, a);
    if (is_called(f, "plinth_transaction_watch")) {
        new_transaction();
    }
    pthread_mutex_lock(&told.lock);
    while (told.calls == before) {
        pthread_cond_wait(&told.changed, &told.lock);
    }
    error = told.code;
    pthread_mutex_unlock(&told.lock);
    return error;
}

static void play(const function *f, argument *a, bool bad, bool bad_handle) {
    int64_t got;
    spoil_outputs(f);
    fit_lengths(f, a);
    calls++;
    if (f->result != GIVES_ERROR) {
        answer given = f->call(a);
        if (f->result == GIVES_TEXT && (given.address == NULL || strlen(given.address) > 4096)) {
            complain(f, a, "a text that is none", 0);
        }
        return;
    }
    got = outcome(f, a);
    if (bad) {
        refusals++;
        if (got == 0 || (bad_handle && got != PLINTH_ERROR_INVALID_HANDLE)) {
            complain(f, a, "expected a refusal, got", got);
        }
    }
    if (got == PLINTH_ERROR_INTERNAL_ERROR) {
        complain(f, a, plinth_last_error(), got);
    }
    for (int i = 0; i < f->count && got != 0; i++) {
        if (f->parameters[i].what == OUT && a[i].address == outs[i] && f->parameters[i].size != sizeof(plinth_metrics) && is_spoiled(i)) {
            complain(f, a, "an output was left as it was with error", got);
        }
    }
    if (got == 0) {
        if (!is_told_later(f)) {
            give_back(f, a);
        }
        if (changes_world(f)) {
            world_end();
            world_begin();
        }
    }
    new_transaction();
}

static bool is_handle(kind what) {
    return what <= CONSUMER;
}

/* The choices may name objects that are made anew after a call: they are made for each. */
static void one_at_a_time(const function *f) {
    static choice of[MOST_CHOICES], plain[MOST_CHOICES];
    argument a[MOST_PARAMETERS];
    for (int at = 0; at < f->count; at++) {
        int count = choose(f, at, of);
        for (int which = 0; which < count; which++) {
            for (int i = 0; i < f->count; i++) {
                choose(f, i, plain);
                a[i] = plain[0].is;
            }
            choose(f, at, of);
            a[at] = of[which].is;
            play(f, a, of[which].worth == BAD, of[which].worth == BAD && is_handle(f->parameters[at].what));
        }
    }
    if (f->count == 0) {
        play(f, a, false, false);
    }
    if (!world_works()) {
        complain(f, a, "the good objects are harmed", 0);
    }
}

static void mixed(const function *f, uint64_t *seed) {
    static choice of[MOST_CHOICES];
    argument a[MOST_PARAMETERS];
    bool bad = false;
    for (int i = 0; i < f->count; i++) {
        int count = choose(f, i, of), which = next_random(seed) % 2 == 0 ? 0 : (int)(next_random(seed) % (uint64_t)count);
        a[i] = of[which].is;
        /* Without a length the address does not matter, and of a list without keys nothing. */
        bad = bad || (of[which].worth == BAD && !(f->parameters[i].what == BYTES && of[which].is.address == NULL) &&
                      f->parameters[i].what != KEYS);
    }
    play(f, a, bad, false);
}

int main(int count, char **arguments) {
    uint64_t seed = count > 1 ? strtoull(arguments[1], NULL, 10) : 1;
    long mixtures = count > 2 ? atol(arguments[2]) : 100;
    leave_little_memory();
    setvbuf(stdout, NULL, _IOLBF, 0);
    world_begin();
    for (int i = 0; i < COUNT(functions); i++) {
        if (count < 4 || is_called(&functions[i], arguments[3])) {
            one_at_a_time(&functions[i]);
            for (long m = 0; m < mixtures; m++) {
                mixed(&functions[i], &seed);
            }
            if (!world_works()) {
                complain(&functions[i], NULL, "the good objects are harmed", 0);
            }
        }
    }
    world_end();
    printf("counts functions %d calls %ld refusals %ld\n", COUNT(functions), calls, refusals);
    return wrong == 0 ? 0 : 1;
}
