/*
 * Every function of libfdb_c with every class of bad argument, one at a time and then several at once:
 * misuse_fdb SEED MIXTURES [FUNCTION]. As misuse_plinth.
 */
#include "world_fdb.h"

static long calls, refusals, wrong;

static void complain(const function *f, const argument *a, const char *what, int64_t got) {
    wrong++;
    printf("finding %s: %s %lld; arguments", f->name, what, (long long)got);
    for (int i = 0; a != NULL && i < f->count; i++) {
        printf(" %s=%#llx", f->parameters[i].name, (unsigned long long)a[i].number);
    }
    printf("\n");
}

static void play(const function *f, argument *a, bool bad) {
    answer given;
    int64_t got;
    spoil_outputs(f);
    fit_lengths(f, a);
    calls++;
    given = f->call(a);
    if ((f->result == GIVES_FUTURE || f->result == GIVES_RESULT || f->result == GIVES_TEXT) && given.address == NULL) {
        complain(f, a, "NULL", 0);
    }
    got = error_of(f, given);
    if (bad && f->result <= GIVES_RESULT) {
        refusals++;
        if (got == 0 || got == UNKNOWN_FUTURE) {
            complain(f, a, "expected a refusal, got", got);
        }
    }
    if (got == 4100) {
        complain(f, a, "an internal error", got);
    }
    if (got == 0) {
        give_back(f, a);
    }
    if (changes_world(f) && !bad) {
        world_end();
        world_begin();
    }
    new_transaction();
}

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
            play(f, a, of[which].worth == BAD);
        }
    }
    if (f->count == 0) {
        play(f, a, false);
    }
}

static void mixed(const function *f, uint64_t *seed) {
    static choice of[MOST_CHOICES];
    argument a[MOST_PARAMETERS];
    bool bad = false;
    for (int i = 0; i < f->count; i++) {
        int count = choose(f, i, of), which = next_random(seed) % 2 == 0 ? 0 : (int)(next_random(seed) % (uint64_t)count);
        a[i] = of[which].is;
        bad = bad || (of[which].worth == BAD && !(f->parameters[i].what == BYTES && of[which].is.address == NULL));
    }
    play(f, a, bad);
}

static void once_more_without_a_network(void) {
    argument none[1] = {{NULL}};
    for (int i = 0; i < COUNT(functions); i++) {
        if (is_of_the_network(&functions[i])) {
            calls++;
            (void)functions[i].call(none);
        }
    }
}

int main(int count, char **arguments) {
    uint64_t seed = count > 1 ? strtoull(arguments[1], NULL, 10) : 1;
    long mixtures = count > 2 ? atol(arguments[2]) : 100;
    world_version = seed % 2 == 0 ? 800 : 600;
    leave_little_memory();
    setvbuf(stdout, NULL, _IOLBF, 0);
    network_begin();
    world_begin();
    for (int i = 0; i < COUNT(functions); i++) {
        if (!is_of_the_network(&functions[i]) && (count < 4 || is_called(&functions[i], arguments[3]))) {
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
    network_end();
    once_more_without_a_network();
    printf("counts functions %d calls %ld refusals %ld\n", COUNT(functions), calls, refusals);
    return wrong == 0 ? 0 : 1;
}
