/*
 * A library with the names of FoundationDB's client library that is neither that nor Plinth's: it answers every read
 * with "foreign". It calls its own functions by name, as the real one does, so that it notices when another library's
 * are called in their place.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct future {
    int error;
} future;
typedef struct {
    int unused;
} thing;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int stopped;

int foreign_calls;

const char *fdb_get_client_version(void) { return "7.3.0,foreign,fdb00b073000000"; }
int fdb_get_max_api_version(void) { return 730; }
int fdb_select_api_version_impl(int runtime, int header) { return runtime == 730 && header == 730 ? 0 : 2203; }
const char *fdb_get_error(int code) { return code == 0 ? "Foreign" : "Foreign error"; }
int fdb_setup_network(void) { return 0; }
int fdb_run_network(void) {
    pthread_mutex_lock(&lock);
    while (!stopped) {
        pthread_cond_wait(&changed, &lock);
    }
    pthread_mutex_unlock(&lock);
    return 0;
}
int fdb_stop_network(void) {
    pthread_mutex_lock(&lock);
    stopped = 1;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    return 0;
}

/* By its name, so through the loader: whose function answers? */
static future *made(int error) {
    future *f = malloc(sizeof *f);
    if (f != NULL) {
        f->error = strncmp(fdb_get_error(0), "Foreign", 7) == 0 ? error : 4100;
    }
    foreign_calls++;
    return f;
}

int fdb_create_database(const char *path, thing **out) {
    (void)path;
    *out = calloc(1, sizeof **out);
    return 0;
}
void fdb_database_destroy(thing *d) { free(d); }
int fdb_database_set_option(thing *d, int o, const uint8_t *v, int n) { return (void)d, (void)o, (void)v, (void)n, 0; }
int fdb_database_create_transaction(thing *d, thing **out) {
    (void)d;
    *out = calloc(1, sizeof **out);
    return 0;
}
void fdb_transaction_destroy(thing *t) { free(t); }
void fdb_transaction_cancel(thing *t) { (void)t; }
void fdb_transaction_reset(thing *t) { (void)t; }
int fdb_transaction_set_option(thing *t, int o, const uint8_t *v, int n) { return (void)t, (void)o, (void)v, (void)n, 0; }
void fdb_transaction_set_read_version(thing *t, int64_t v) { (void)t, (void)v; }
future *fdb_transaction_get(thing *t, const uint8_t *k, int n, int s) { return (void)t, (void)k, (void)n, (void)s, made(0); }
void fdb_transaction_set(thing *t, const uint8_t *k, int n, const uint8_t *v, int m) { (void)t, (void)k, (void)n, (void)v, (void)m; }
void fdb_transaction_atomic_op(thing *t, const uint8_t *k, int n, const uint8_t *v, int m, int o) {
    (void)t, (void)k, (void)n, (void)v, (void)m, (void)o;
}
void fdb_transaction_clear(thing *t, const uint8_t *k, int n) { (void)t, (void)k, (void)n; }
void fdb_transaction_clear_range(thing *t, const uint8_t *k, int n, const uint8_t *e, int m) { (void)t, (void)k, (void)n, (void)e, (void)m; }
int fdb_transaction_get_committed_version(thing *t, int64_t *out) { return (void)t, *out = 77, 0; }
int fdb_transaction_add_conflict_range(thing *t, const uint8_t *k, int n, const uint8_t *e, int m, int o) {
    return (void)t, (void)k, (void)n, (void)e, (void)m, (void)o, 0;
}
/* The program does not call what follows with arguments that matter. */
future *fdb_transaction_get_read_version(thing *t) { return (void)t, made(0); }
future *fdb_transaction_get_key(thing *t) { return (void)t, made(2000); }
future *fdb_transaction_get_range(thing *t) { return (void)t, made(2000); }
future *fdb_transaction_watch(thing *t) { return (void)t, made(2000); }
future *fdb_transaction_commit(thing *t) { return (void)t, made(0); }
future *fdb_transaction_get_versionstamp(thing *t) { return (void)t, made(2021); }
future *fdb_transaction_on_error(thing *t) { return (void)t, made(2000); }
future *fdb_transaction_get_approximate_size(thing *t) { return (void)t, made(0); }
future *fdb_transaction_get_estimated_range_size_bytes(thing *t) { return (void)t, made(0); }
future *fdb_transaction_get_range_split_points(thing *t) { return (void)t, made(2000); }

void fdb_future_destroy(future *f) { free(f); }
void fdb_future_cancel(future *f) { (void)f; }
int fdb_future_block_until_ready(future *f) { return (void)f, 0; }
int fdb_future_is_ready(future *f) { return (void)f, 1; }
int fdb_future_set_callback(future *f, void (*call)(future *, void *), void *user) { return call(f, user), 0; }
int fdb_future_get_error(future *f) { return f->error; }
int fdb_future_get_int64(future *f, int64_t *out) { return (void)f, *out = 77, 0; }
int fdb_future_get_key(future *f) { return (void)f, 2000; }
int fdb_future_get_value(future *f, int *present, const uint8_t **value, int *length) {
    (void)f;
    *present = 1;
    *value = (const uint8_t *)"foreign";
    *length = 7;
    return 0;
}
int fdb_future_get_keyvalue_array(future *f) { return (void)f, 2000; }
int fdb_future_get_key_array(future *f) { return (void)f, 2000; }
