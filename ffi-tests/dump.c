/*
 * Dumps and loads: what goes in comes out, through files and through callbacks, while others write; what is cut short
 * goes on; what is damaged is refused. (VST-1, VER-11)
 */
#include "harness.h"

enum { KEYS = 3000 };

typedef struct {
    uint8_t *data;
    size_t size, at;
    /* So many bytes, and no more. */
    size_t most;
    long calls;
} buffer;

static bool into_buffer(void *context, const uint8_t *piece, size_t size) {
    buffer *to = context;
    to->calls++;
    if (to->size + size > to->most) {
        return false;
    }
    to->data = realloc(to->data, to->size + size);
    memcpy(to->data + to->size, piece, size);
    to->size += size;
    return true;
}

static int64_t out_of_buffer(void *context, uint8_t *piece, size_t size) {
    buffer *from = context;
    size_t left = from->size - from->at;
    size_t count = left < size ? left : size;
    from->calls++;
    if (from->at + count > from->most) {
        return -1;
    }
    memcpy(piece, from->data + from->at, count);
    from->at += count;
    return (int64_t)count;
}

static int64_t more_than_there_is(void *context, uint8_t *piece, size_t size) {
    (void)context, (void)piece;
    return (int64_t)size + 1;
}

typedef struct {
    long calls;
    uint64_t done, total;
    /* Cancels at this call; 0 never does. */
    long until;
} listener;

static bool listen_to(void *context, uint64_t done, uint64_t total) {
    listener *mine = context;
    mine->calls++;
    mine->done = done;
    mine->total = total;
    return mine->calls != mine->until;
}

static path dump_of(const char *name) {
    path file = temporary_path(), dump;
    snprintf(dump.text, sizeof dump.text, "%.150s-%.40s", file.text, name);
    return dump;
}

static void put_numbers(plinth_database *db, plinth_keyspace *ks, int from, int to) {
    plinth_transaction *tr;
    CHECK_OK(plinth_transaction_begin(db, &tr));
    for (int number = from; number < to; number++) {
        uint8_t key[4] = {(uint8_t)(number >> 8), (uint8_t)number, 0, 0xff};
        uint8_t value[300];
        memset(value, number, sizeof value);
        CHECK_OK(plinth_transaction_set(tr, ks, key, 4, value, (size_t)(number % 300)));
        if (number % 500 == 499 || number + 1 == to) {
            CHECK_OK(plinth_transaction_commit(tr));
            CHECK_OK(plinth_transaction_reset(tr));
        }
    }
    CHECK_OK(plinth_transaction_destroy(tr));
}

static plinth_database *filled(void) {
    plinth_database *db = open_memory();
    plinth_keyspace *ks = NULL;
    CHECK_OK(plinth_keyspace_open(db, "things", &ks));
    put_numbers(db, NULL, 0, 10);
    put_numbers(db, ks, 0, KEYS);
    CHECK_OK(plinth_keyspace_close(ks));
    return db;
}

/* A commit that leaves nothing. */
static void tick(plinth_database *db) {
    plinth_transaction *tr = begin(db);
    CHECK_OK(tr_clear(tr, B("nothing")));
    CHECK_OK(plinth_transaction_commit(tr));
    destroy(tr);
}

/* A filled database, and an empty one. Versions of a cluster can't be raised: there the empty one is ahead. */
static plinth_database *filled_and(plinth_database **empty) {
    plinth_database *db;
    if (getenv("PLINTH_TEST_CLUSTER") == NULL) {
        db = filled();
        *empty = open_memory();
        return db;
    }
    *empty = open_memory();
    tick(*empty);
    db = filled();
    tick(*empty);
    return db;
}

static void a_dump_is_loaded_with_all_that_was_there_vst1(void) {
    plinth_database *to, *from = filled_and(&to);
    plinth_dumped dumped, checked, loaded, again;
    listener heard = {0};
    path file = dump_of("whole");
    plinth_transaction *tr;
    plinth_keyspace *ks;
    plinth_value value;
    uint8_t key[4] = {KEYS >> 8, (uint8_t)KEYS, 0, 0xff};
    int64_t version;
    key[1]--;
    CHECK_OK(plinth_database_dump(from, file.text, listen_to, &heard, &dumped, sizeof dumped));
    /* A cluster holds no state: it is read as it goes on. */
    CHECK_INT(dumped.exact, getenv("PLINTH_TEST_CLUSTER") == NULL);
    CHECK_INT(dumped.keyspaces, 2);
    CHECK_INT(dumped.pairs, KEYS + 10);
    CHECK(dumped.version > 0 && dumped.stream_bytes > dumped.bytes && dumped.found == 0);
    CHECK(heard.calls >= 1 && heard.done == dumped.bytes);
    CHECK_OK(plinth_dump_check(file.text, NULL, NULL, &checked, sizeof checked));
    CHECK(memcmp(&checked, &dumped, sizeof dumped) == 0);
    heard.calls = 0;
    CHECK_OK(plinth_database_load(to, file.text, NULL, listen_to, &heard, &loaded, sizeof loaded));
    CHECK(memcmp(&loaded, &dumped, sizeof dumped) == 0);
    CHECK(heard.calls >= 1 && heard.done == dumped.stream_bytes && heard.total == dumped.stream_bytes);
    CHECK_OK(plinth_keyspace_open(to, "things", &ks));
    CHECK_OK(plinth_transaction_begin(to, &tr));
    CHECK_OK(plinth_transaction_get(tr, ks, key, 4, &value));
    CHECK(value.data != NULL && value.len == (KEYS - 1) % 300 && value.data[0] == (uint8_t)(KEYS - 1));
    plinth_value_free(&value);
    CHECK_OK(plinth_transaction_get_read_version(tr, &version));
    CHECK(version > dumped.version);
    CHECK_OK(plinth_transaction_destroy(tr));
    CHECK_OK(plinth_keyspace_close(ks));
    CHECK_OK(plinth_database_dump(to, file.text, NULL, NULL, &again, sizeof again));
    CHECK(again.checksum == dumped.checksum && again.bytes == dumped.bytes && again.version > dumped.version);
    unlink(file.text);
    CHECK_OK(plinth_database_close(from));
    CHECK_OK(plinth_database_close(to));
}

static void callbacks_are_as_good_as_files(void) {
    plinth_database *to, *from = filled_and(&to);
    plinth_dumped dumped, loaded;
    buffer stream = {.most = SIZE_MAX};
    listener heard = {0};
    CHECK_OK(plinth_database_dump_to(from, into_buffer, &stream, listen_to, &heard, &dumped, sizeof dumped));
    CHECK_INT(stream.size, dumped.stream_bytes);
    CHECK_OK(plinth_database_load_from(to, out_of_buffer, &stream, NULL, listen_to, &heard, &loaded, sizeof loaded));
    CHECK(memcmp(&loaded, &dumped, sizeof dumped) == 0);
    CHECK_INT(heard.done, dumped.stream_bytes);
    /* Those that fail. */
    buffer small = {.most = 1000};
    CHECK_CODE(plinth_database_dump_to(from, into_buffer, &small, NULL, NULL, &dumped, sizeof dumped), PLINTH_ERROR_IO_ERROR);
    CHECK(strstr(plinth_last_error(), "the write callback refused") != NULL);
    CHECK(is_zero(&dumped, sizeof dumped));
    plinth_database *other = open_memory();
    stream.at = 0;
    stream.most = 1000;
    CHECK_CODE(plinth_database_load_from(other, out_of_buffer, &stream, NULL, NULL, NULL, &loaded, sizeof loaded), PLINTH_ERROR_IO_ERROR);
    CHECK_CODE(plinth_database_load_from(other, more_than_there_is, NULL, NULL, NULL, NULL, &loaded, sizeof loaded), PLINTH_ERROR_IO_ERROR);
    free(small.data);
    free(stream.data);
    CHECK_OK(plinth_database_close(from));
    CHECK_OK(plinth_database_close(to));
    CHECK_OK(plinth_database_close(other));
}

static void what_is_cancelled_or_damaged_goes_on_when_it_is_whole(void) {
    plinth_database *to, *from = filled_and(&to);
    plinth_dumped dumped, loaded;
    buffer stream = {.most = SIZE_MAX};
    listener one = {.until = 1}, two = {.until = 2};
    path file = dump_of("cancelled");
    CHECK_CODE(plinth_database_dump(from, file.text, listen_to, &one, &dumped, sizeof dumped), PLINTH_ERROR_OPERATION_CANCELLED);
    CHECK_INT(access(file.text, F_OK), -1);
    CHECK_OK(plinth_database_dump_to(from, into_buffer, &stream, NULL, NULL, &dumped, sizeof dumped));
    CHECK_CODE(plinth_database_load_from(to, out_of_buffer, &stream, NULL, listen_to, &two, &loaded, sizeof loaded), PLINTH_ERROR_OPERATION_CANCELLED);
    /* A bit of the last frame. */
    stream.at = 0;
    stream.data[stream.size - 20] ^= 4;
    CHECK_CODE(plinth_database_load_from(to, out_of_buffer, &stream, NULL, NULL, NULL, &loaded, sizeof loaded), PLINTH_ERROR_DUMP_DAMAGED);
    CHECK(strstr(plinth_last_error(), "at byte") != NULL);
    CHECK(is_zero(&loaded, sizeof loaded));
    CHECK_CODE(plinth_database_dump(to, file.text, NULL, NULL, &loaded, sizeof loaded), PLINTH_ERROR_LOAD_UNFINISHED);
    stream.at = 0;
    stream.data[stream.size - 20] ^= 4;
    CHECK_OK(plinth_database_load_from(to, out_of_buffer, &stream, NULL, NULL, NULL, &loaded, sizeof loaded));
    CHECK_INT(loaded.checksum, dumped.checksum);
    /* Again: all of it is there. */
    stream.at = 0;
    CHECK_OK(plinth_database_load_from(to, out_of_buffer, &stream, NULL, NULL, NULL, &loaded, sizeof loaded));
    CHECK(loaded.checksum == dumped.checksum && loaded.found == dumped.pairs);
    /* But not if something was changed since. */
    put_numbers(to, NULL, 5000, 5010);
    stream.at = 0;
    CHECK_CODE(plinth_database_load_from(to, out_of_buffer, &stream, NULL, NULL, NULL, &loaded, sizeof loaded), PLINTH_ERROR_TARGET_NOT_EMPTY);
    plinth_load_options options = {.struct_size = sizeof options, .overwrite = true};
    stream.at = 0;
    CHECK_OK(plinth_database_load_from(to, out_of_buffer, &stream, &options, NULL, NULL, &loaded, sizeof loaded));
    CHECK_OK(plinth_database_dump(to, file.text, NULL, NULL, &loaded, sizeof loaded));
    CHECK_INT(loaded.checksum, dumped.checksum);
    /* A newer format, and something else. */
    stream.at = 0;
    stream.data[8]++;
    CHECK_CODE(plinth_database_load_from(to, out_of_buffer, &stream, &options, NULL, NULL, &loaded, sizeof loaded), PLINTH_ERROR_FORMAT_NOT_SUPPORTED);
    stream.at = 8;
    CHECK_CODE(plinth_database_load_from(to, out_of_buffer, &stream, &options, NULL, NULL, &loaded, sizeof loaded), PLINTH_ERROR_NOT_A_DUMP);
    unlink(file.text);
    free(stream.data);
    CHECK_OK(plinth_database_close(from));
    CHECK_OK(plinth_database_close(to));
}

typedef struct {
    plinth_database *db;
    bool written;
} meddler;

/* Uses the database in the middle of its own dump. */
static bool write_meanwhile(void *context, const uint8_t *piece, size_t size) {
    meddler *mine = context;
    (void)piece, (void)size;
    put_numbers(mine->db, NULL, 6000, 6010);
    mine->written = true;
    return true;
}

static void a_callback_may_use_the_database(void) {
    plinth_database *db = filled();
    plinth_dumped dumped;
    meddler mine = {db, false};
    CHECK_OK(plinth_database_dump_to(db, write_meanwhile, &mine, NULL, NULL, &dumped, sizeof dumped));
    CHECK(mine.written);
    CHECK_INT(dumped.pairs, KEYS + 10);
    CHECK_OK(plinth_database_close(db));
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    RUN(a_dump_is_loaded_with_all_that_was_there_vst1);
    RUN(callbacks_are_as_good_as_files);
    RUN(what_is_cancelled_or_damaged_goes_on_when_it_is_whole);
    RUN(a_callback_may_use_the_database);
    return harness_end();
}
