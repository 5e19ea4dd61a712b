/* panics_fdb: panics in every function of a libfdb_c with defects; as panics_plinth. */
#include "world_fdb.h"

static long exports;

static void plant(const char *place) {
    if (setenv("PLINTH_PANIC", place, 1) != 0) {
        die("setenv");
    }
}

/* Whether it runs with a panic planted; those of a constant answer do not. */
static void every_export(void) {
    static choice of[MOST_CHOICES];
    argument a[MOST_PARAMETERS];
    for (int i = 0; i < COUNT(functions); i++) {
        const function *f = &functions[i];
        answer given;
        int64_t got;
        if (is_of_the_network(f)) {
            continue;
        }
        for (int at = 0; at < f->count; at++) {
            choose(f, at, of);
            a[at] = of[0].is;
        }
        plant("export");
        given = f->call(a);
        plant("nowhere");
        exports++;
        if (f->result > GIVES_RESULT) {
            continue;
        }
        got = error_of(f, given);
        /* Futures, and errors of the functions that are served: what is refused has an error of its own. */
        if (got != 4100 && got != 2108) {
            printf("finding %s gave %lld after a panic\n", f->name, (long long)got);
            fflush(stdout);
            _exit(1);
        }
        if (!world_works()) {
            printf("finding the objects are harmed after a panic in %s\n", f->name);
            fflush(stdout);
            _exit(1);
        }
    }
}

static void in_the_pipeline(void) {
    fdb_error_t error;
    fdb_transaction_set(GOOD_TR, (const uint8_t *)"a", 1, (const uint8_t *)"b", 1);
    plant("pipeline");
    error = wait_for(fdb_transaction_commit(GOOD_TR));
    plant("nowhere");
    if (error == 0 || world_works()) {
        printf("finding a commit gave %d after a panic in the pipeline, and the next one is like it\n", error);
        fflush(stdout);
        _exit(1);
    }
}

int main(void) {
    alarm(60);
    plant("nowhere");
    network_begin();
    world_begin();
    every_export();
    in_the_pipeline();
    world_end();
    network_end();
    printf("counts exports %ld other_places 1\n", exports);
    return 0;
}
