/* Sequences of calls of libplinth; see calls_play.h. */
#define _GNU_SOURCE
#include "world_plinth.h"

static long promised, opened;

static void library_begin(void) {
    world_begin();
    told.calls = 0;
    promised = 0;
}

#include "calls_play.h"

static bool is_left_out(const function *f, uint8_t byte) {
    /* An open costs a thousand other calls; a few for each input. */
    return is_called(f, "plinth_database_open") && (byte % 4 != 0 || __atomic_fetch_add(&opened, 1, __ATOMIC_RELAXED) >= 3);
}

static const char *path_of(uint8_t byte) {
    static const char *const texts[] = {":memory:", "space", "other", "on-disk", "a/missing/place"};
    return texts[byte % COUNT(texts)];
}

static void keep(kind what, int at, uint8_t slot) {
    if (handle_in(at) != NULL) {
        note_made(what, handle_in(at), slot);
    }
}

/* PLINTH_FUZZ_CRASH plants a memory error behind a few calls in the right order, which has to be found. */
static void planted_error(const function *f, int64_t error) {
#ifdef PLINTH_FUZZ_CRASH
    if (is_called(f, "plinth_transaction_get_committed_version") && error == 0) {
        char *freed = malloc(16);
        free(freed);
        *(volatile char *)freed = 1;
    }
#else
    (void)f, (void)error;
#endif
}

static void play_call(const function *f, argument *a, uint8_t slot) {
    int last = f->count - 1;
    int64_t error;
    bool later = is_told_later(f);
    if (later) {
        __atomic_fetch_add(&promised, 1, __ATOMIC_SEQ_CST);
    }
    error = f->call(a).number;
    if (later && error != 0) {
        __atomic_fetch_sub(&promised, 1, __ATOMIC_SEQ_CST);
    }
    planted_error(f, error);
    if (f->result == GIVES_ERROR && error == PLINTH_ERROR_INTERNAL_ERROR) {
        printf("finding %s: %s\n", f->name, plinth_last_error());
        fflush(stdout);
        abort();
    }
    if (error != 0 || f->result != GIVES_ERROR || last < 0 || f->parameters[last].what != OUT || a[last].address != outs[last]) {
        return;
    }
    if (is_called(f, "plinth_database_open")) {
        keep(DATABASE, last, slot);
        (void)plinth_database_set_option((plinth_database *)handle_in(last), PLINTH_DATABASE_OPTION_TRANSACTION_MAX_RETRY_DELAY, 1);
    } else if (is_called(f, "plinth_keyspace_open")) {
        keep(KEYSPACE, last, slot);
    } else if (is_called(f, "plinth_transaction_begin")) {
        keep(TRANSACTION, last, slot);
    } else if (is_called(f, "plinth_transaction_watch")) {
        keep(WATCH, last, slot);
    } else if (is_called(f, "plinth_transaction_stream_range")) {
        keep(STREAM, last, slot);
    } else {
        give_back(f, a);
    }
}

static void destroy_made(kind what, const void *handle) {
    switch (what) {
    case STREAM: (void)plinth_stream_destroy((plinth_stream *)handle); break;
    case WATCH: (void)plinth_watch_destroy((plinth_watch *)handle); break;
    case TRANSACTION: (void)plinth_transaction_destroy((plinth_transaction *)handle); break;
    case KEYSPACE: (void)plinth_keyspace_close((plinth_keyspace *)handle); break;
    default: (void)plinth_database_close((plinth_database *)handle); break;
    }
}

/* Each callback that was promised comes, now that nothing is there any more that it could wait for. Those of the
   world's own watches are not counted. */
static void settle_input(void) {
    struct timespec until;
    opened = 0;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 20;
    /* What the choices of the world itself began. */
    world_end();
    pthread_mutex_lock(&told.lock);
    while (told.calls < __atomic_load_n(&promised, __ATOMIC_SEQ_CST)) {
        if (pthread_cond_timedwait(&told.changed, &told.lock, &until) != 0) {
            printf("finding %ld callbacks were promised, %ld came\n", promised, told.calls);
            fflush(stdout);
            abort();
        }
    }
    told.calls = 0;
    pthread_mutex_unlock(&told.lock);
    promised = 0;
    good[A_TRANSACTION] = NULL;
    world_begin();
    for (int i = 0; i < SLOTS; i += 2) {
        slots[DATABASE][i] = good[A_DATABASE];
        slots[KEYSPACE][i] = good[A_KEYSPACE];
        slots[TRANSACTION][i] = good[A_TRANSACTION];
        slots[WATCH][i] = good[A_WATCH];
        slots[STREAM][i] = good[A_STREAM];
    }
}
