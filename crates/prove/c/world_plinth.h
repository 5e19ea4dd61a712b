/* Good objects of libplinth, stale ones, and the choices of arguments made of them. */
#ifndef PLINTH_WORLD_H
#define PLINTH_WORLD_H

#include "calls_plinth.h"
#include "choices.h"

static const char *world_path = ":memory:";

/* In the order of the kinds: DATABASE, KEYSPACE, TRANSACTION, WATCH, STREAM. */
enum { A_DATABASE, A_KEYSPACE, A_TRANSACTION, A_WATCH, A_STREAM, KINDS_OF_HANDLES };

static const void *good[KINDS_OF_HANDLES], *stale[KINDS_OF_HANDLES], *foreign_keyspace;
static plinth_database *other_database;
static plinth_value some_value;
static char some_id[40];

#define GOOD_DB ((plinth_database *)good[A_DATABASE])
#define GOOD_TR ((plinth_transaction *)good[A_TRANSACTION])

/* ------------------------------------------------------------------ callbacks */

/* What callbacks were told. They look at nothing that they are passed: that may be rubbish. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    long calls, finished;
    plinth_error code;
} told = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, 0};

static inline void tell(plinth_error code) {
    pthread_mutex_lock(&told.lock);
    told.calls++;
    told.code = code;
    pthread_cond_broadcast(&told.changed);
    pthread_mutex_unlock(&told.lock);
}
static inline void on_value(void *user, plinth_error error, plinth_value *value) {
    (void)user, (void)value;
    tell(error);
}
static inline void on_range(void *user, plinth_error error, plinth_range *range) {
    (void)user, (void)range;
    tell(error);
}
static inline void on_values(void *user, plinth_error error, plinth_values *values) {
    (void)user, (void)values;
    tell(error);
}
static inline void on_record(void *user, const plinth_log_record *record) {
    (void)user;
    if (record->module == NULL || record->message == NULL || (record->field_count > 0 && record->fields == NULL)) {
        die("a record without its texts");
    }
}

static inline bool on_progress(void *context, uint64_t done, uint64_t total) {
    (void)context, (void)done, (void)total;
    return true;
}
static inline bool on_write(void *context, const uint8_t *bytes, size_t size) {
    (void)context;
    return bytes != NULL && size > 0;
}
static inline int64_t on_read(void *context, uint8_t *buffer, size_t size) {
    (void)context, (void)buffer;
    return size > 0 ? 0 : -1;
}
static inline void on_done(void *user, plinth_error error) {
    (void)user;
    tell(error);
}
/* Of the world's own watches, which end when they are replaced: at any moment of a later call. */
static inline void on_own_watch(void *user, plinth_error error) {
    (void)user, (void)error;
}
static inline void on_finish(void *user) {
    (void)user;
    pthread_mutex_lock(&told.lock);
    told.finished++;
    pthread_cond_broadcast(&told.changed);
    pthread_mutex_unlock(&told.lock);
}
/* Twice at most, or a retryable error would keep it running. */
static inline plinth_error run_body(plinth_transaction *tr, void *user) {
    static _Thread_local int times;
    (void)user;
    (void)plinth_transaction_set(tr, NULL, (const uint8_t *)"run", 3, (const uint8_t *)"x", 1);
    return ++times % 2 == 0 ? 0 : -1;
}

/* ------------------------------------------------------------------ objects */

static inline void need(plinth_error error, const char *what) {
    if (error != 0) {
        printf("broken %s gave %d: %s\n", what, (int)error, plinth_last_error());
        fflush(stdout);
        _exit(2);
    }
}

/* A stream of the good transaction. */
static inline plinth_stream *a_stream(void) {
    static const plinth_key_selector all[] = {{NULL, 0, false, 1}, {(const uint8_t *)"\xff", 1, false, 1}};
    plinth_stream *stream;
    need(plinth_transaction_stream_range(GOOD_TR, NULL, &all[0], &all[1], NULL, &stream), "stream");
    return stream;
}

static inline void new_transaction(void) {
    plinth_transaction *tr;
    if (good[A_TRANSACTION] != NULL) {
        (void)plinth_stream_destroy((plinth_stream *)good[A_STREAM]);
        (void)plinth_transaction_destroy(GOOD_TR);
        stale[A_TRANSACTION] = good[A_TRANSACTION];
        stale[A_STREAM] = good[A_STREAM];
    }
    need(plinth_transaction_begin(GOOD_DB, &tr), "begin");
    good[A_TRANSACTION] = tr;
    good[A_STREAM] = a_stream();
}

static inline void new_watch(void) {
    plinth_watch *watch;
    need(plinth_transaction_watch(GOOD_TR, NULL, (const uint8_t *)"watched", 7, on_own_watch, NULL, NULL, &watch), "watch");
    need(plinth_transaction_commit(GOOD_TR), "commit of the watch");
    good[A_WATCH] = watch;
}

/* A database that is closed, and another one with a keyspace: they last as long as the program. */
static inline void open_others(void) {
    plinth_database *closed;
    plinth_keyspace *foreign;
    if (other_database != NULL) {
        return;
    }
    need(plinth_database_open(":memory:", NULL, &closed), "open");
    need(plinth_database_open(":memory:", NULL, &other_database), "open");
    need(plinth_keyspace_open(other_database, "space", &foreign), "keyspace");
    need(plinth_database_close(closed), "close");
    stale[A_DATABASE] = closed, foreign_keyspace = foreign;
}

/* Everything anew: nothing of before is used again. */
static inline void world_begin(void) {
    plinth_database *db;
    plinth_keyspace *ks, *closed_ks;
    plinth_transaction *tr;
    plinth_watch *watch;
    open_others();
    need(plinth_database_open(world_path, NULL, &db), "open");
    /* The wait of on_error is not what is tried here. */
    need(plinth_database_set_option(db, PLINTH_DATABASE_OPTION_TRANSACTION_MAX_RETRY_DELAY, 1), "option");
    need(plinth_keyspace_open(db, "space", &ks), "keyspace");
    need(plinth_keyspace_open(db, "space", &closed_ks), "keyspace");
    need(plinth_keyspace_close(closed_ks), "close");
    good[A_DATABASE] = db, good[A_KEYSPACE] = ks, good[A_TRANSACTION] = NULL;
    stale[A_KEYSPACE] = closed_ks;
    need(plinth_transaction_begin(db, &tr), "begin");
    need(plinth_transaction_set(tr, NULL, (const uint8_t *)"keykeykeykey", 12, (const uint8_t *)"value", 5), "set");
    need(plinth_transaction_commit(tr), "commit");
    need(plinth_transaction_destroy(tr), "destroy");
    stale[A_TRANSACTION] = tr;
    new_transaction();
    stale[A_STREAM] = a_stream();
    need(plinth_stream_destroy((plinth_stream *)stale[A_STREAM]), "destroy");
    need(plinth_transaction_watch(GOOD_TR, NULL, (const uint8_t *)"k", 1, on_own_watch, NULL, NULL, &watch), "watch");
    need(plinth_watch_destroy(watch), "destroy");
    stale[A_WATCH] = watch;
    new_watch();
    new_transaction();
    need(plinth_transaction_get(GOOD_TR, NULL, (const uint8_t *)"keykeykeykey", 12, &some_value), "get");
    need(plinth_transaction_id(GOOD_TR, some_id), "id");
}

static inline void world_end(void) {
    plinth_value_free(&some_value);
    (void)plinth_watch_destroy((plinth_watch *)good[A_WATCH]);
    (void)plinth_stream_destroy((plinth_stream *)good[A_STREAM]);
    (void)plinth_transaction_destroy(GOOD_TR);
    (void)plinth_keyspace_close((plinth_keyspace *)good[A_KEYSPACE]);
    (void)plinth_database_close(GOOD_DB);
}

/* Whether the good objects still do what they should. */
static inline bool world_works(void) {
    plinth_value value;
    plinth_error error;
    new_transaction();
    error = plinth_transaction_get(GOOD_TR, NULL, (const uint8_t *)"untouched", 9, &value);
    error = error != 0 ? error : plinth_transaction_set(GOOD_TR, (plinth_keyspace *)good[A_KEYSPACE], (const uint8_t *)"k", 1, (const uint8_t *)"v", 1);
    error = error != 0 ? error : plinth_transaction_commit(GOOD_TR);
    plinth_value_free(&value);
    new_transaction();
    return error == 0;
}

/* Whether a good call of it may leave the objects in another state, so that they are made anew. */
static inline bool changes_world(const function *f) {
    return ends_with(f->name, "_close") || ends_with(f->name, "_destroy") || ends_with(f->name, "_drop") ||
           is_called(f, "plinth_database_set_option") || is_called(f, "plinth_watch_cancel") ||
           is_called(f, "plinth_transaction_expire");
}

/* ------------------------------------------------------------------ choices */

static inline void choose_handle(choices *list, int kind, bool or_null) {
    add_address(list, GOOD, good[kind]);
    add_address(list, or_null ? ODD : BAD, NULL);
    for (int i = 0; i < KINDS_OF_HANDLES; i++) {
        add_address(list, BAD, stale[i]);
        if (i != kind) {
            add_address(list, BAD, good[i]);
        }
    }
    add_address(list, BAD, some_value.owner);
    if (or_null) {
        add_address(list, BAD, foreign_keyspace);
    }
    choose_bits(list, good[kind]);
    /* A bit more or less may be the handle of the other database. */
    for (int i = 1; i < list->count; i++) {
        if (list->at[i].is.address == other_database) {
            list->at[i--] = list->at[--list->count];
        }
    }
}

static inline void choose_text(choices *list, const char *name) {
    static char *edge, *latin, *endless;
    if (edge == NULL) {
        edge = (char *)at_the_edge("x", 2);
        latin = (char *)at_the_edge("\xe9\xff", 3);
        endless = malloc(1 << 20);
        memset(endless, 'n', (1 << 20) - 1);
        endless[(1 << 20) - 1] = 0;
    }
    add_address(list, GOOD, strcmp(name, "path") == 0 ? ":memory:" : strcmp(name, "id") == 0 ? some_id : "space");
    add_address(list, BAD, NULL);
    add_address(list, BAD, latin);
    /* A directory of that name would be made. */
    add_address(list, ODD, strcmp(name, "path") == 0 ? ":memory:" : edge);
    add_address(list, BAD, "");
    add_address(list, BAD, endless);
}

static plinth_key_selector selectors[] = {
    {(const uint8_t *)"keykeykeykey", 12, false, 1}, {NULL, 5, false, 1}, {(const uint8_t *)"k", SIZE_MAX, false, 1},
    {NULL, (size_t)LONGEST, false, 1}, {NULL, 0, true, INT32_MIN}, {NULL, 0, true, INT32_MAX}, {(const uint8_t *)"\xff\xff", 2, true, 100}};

static inline void choose_selector(choices *list) {
    add_address(list, GOOD, &selectors[0]);
    add_address(list, BAD, NULL);
    add_address(list, BAD, &selectors[1]);
    add_address(list, BAD, &selectors[2]);
    add_address(list, BAD, (const char *)&selectors[0] + 1);
    selectors[3].key = zeros();
    for (int i = 3; i < COUNT(selectors); i++) {
        add_address(list, ODD, &selectors[i]);
    }
}

/* Lists of keys, each of which ends where it says. */
static inline void choose_keys(choices *list) {
    static const plinth_slice good_keys[] = {{(const uint8_t *)"keykeykeykey", 12}, {NULL, 0}};
    static const plinth_slice without[] = {{(const uint8_t *)"keykeykeykey", 12}, {NULL, 5}};
    static const plinth_slice endless[] = {{(const uint8_t *)"k", SIZE_MAX}, {NULL, 0}};
    static const plinth_slice strange[] = {{(const uint8_t *)"\xff\xff/status/json", 14}, {(const uint8_t *)"\xff", 1}};
    static uint8_t *lists[4];
    if (lists[0] == NULL) {
        lists[0] = at_the_edge(good_keys, sizeof good_keys);
        lists[1] = at_the_edge(without, sizeof without);
        lists[2] = at_the_edge(endless, sizeof endless);
        lists[3] = at_the_edge(strange, sizeof strange);
    }
    add_address(list, GOOD, lists[0]);
    add_address(list, BAD, NULL);
    add_address(list, BAD, lists[1]);
    add_address(list, BAD, lists[2]);
    add_address(list, BAD, lists[0] - 1);
    add_address(list, ODD, lists[3]);
}

static inline void choose_count_of_keys(choices *list) {
    static const int64_t absurd[] = {10001, -1, INT64_MIN, INT64_MAX, INT_MAX};
    add_number(list, GOOD, 2);
    add_number(list, ODD, 0);
    add_number(list, ODD, 1);
    for (int i = 0; i < COUNT(absurd); i++) {
        add_number(list, BAD, absurd[i]);
    }
}

/* Sizes that no structure has, and bytes behind it that this version does not know. */
static uint64_t sizes_wrong[][600] = {{0}, {3}, {5000}, {UINT32_MAX}, {4096}};

static inline void choose_sized(choices *list) {
    sizes_wrong[4][500] = 1;
    add_address(list, ODD, NULL);
    for (int i = 0; i < COUNT(sizes_wrong); i++) {
        add_address(list, BAD, sizes_wrong[i]);
    }
    add_address(list, BAD, (const char *)sizes_wrong[0] + 1);
}

static plinth_range_options range_options[] = {{sizeof(plinth_range_options), 3, 1000, true, false},
                                               {sizeof(plinth_range_options), INT32_MIN, INT64_MIN, false, true},
                                               {sizeof(plinth_range_options), INT32_MAX, INT64_MAX, true, true},
                                               {4, 0, 0, false, false}};

/* Of the greatest numbers that the fields hold, and with numbers that are none. */
static plinth_database_options database_options[4];

static inline void choose_database_options(choices *list) {
    for (int i = 0; i < COUNT(database_options); i++) {
        memset(&database_options[i], i == 1 ? 0xff : 0, sizeof database_options[i]);
        database_options[i].struct_size = sizeof database_options[i];
        database_options[i].must_exist = i == 2, database_options[i].must_not_exist = i == 2;
        database_options[i].exclusive = false;
    }
    database_options[1].must_exist = database_options[1].must_not_exist = false;
    /* A pointer that is not NULL points to a text. */
    database_options[1].fdb_client = NULL;
    database_options[3].durability = INT32_MIN;
    database_options[3].memory_budget = 1;
    for (int i = 0; i < COUNT(database_options); i++) {
        add_address(list, i == 0 ? GOOD : i == 3 ? BAD : ODD, &database_options[i]);
    }
}

/* NULL, the defaults, with all that there is, with a field that there is not. */
static plinth_move_options move_options[] = {
    {0}, {sizeof(plinth_move_options), 2, 1000, 1, true, {0}}, {sizeof(plinth_move_options), -1, 0, 0, false, {0}}, {sizeof(plinth_move_options), 0, 0, 0, false, {0, 1}}};
static plinth_load_options load_options[] = {
    {0}, {sizeof(plinth_load_options), false, false, 0}, {sizeof(plinth_load_options), true, true, 1}, {1, false, false, 0}};

static plinth_value values[5];

static inline void choose_freed(choices *list) {
    memset(values, 0, sizeof values);
    values[1].owner = (void *)good[A_DATABASE];
    values[2].owner = (void *)stale[A_TRANSACTION];
    memset(&values[3], 0xab, sizeof values[3]);
    add_address(list, GOOD, &values[0]);
    add_address(list, ODD, NULL);
    for (int i = 1; i < 3; i++) {
        add_address(list, ODD, &values[i]);
    }
    add_address(list, ODD, (const char *)&values[3] + 1);
}

static inline int64_t good_number(const function *f, const parameter *p) {
    if (is_called(f, "plinth_transaction_set_option")) {
        return strcmp(p->name, "option") == 0 ? PLINTH_OPTION_TIMEOUT : 100000;
    }
    if (is_called(f, "plinth_database_set_option")) {
        return strcmp(p->name, "option") == 0 ? PLINTH_DATABASE_OPTION_MAX_WATCHES : 100;
    }
    return strcmp(p->name, "op") == 0      ? PLINTH_MUTATION_ADD
           : strcmp(p->name, "level") == 0 ? PLINTH_LOG_INFO
           : strcmp(p->name, "error") == 0 ? PLINTH_ERROR_NOT_COMMITTED
           : strcmp(p->name, "offset") == 0 || strcmp(p->name, "snapshot") == 0 ? 0 : 1000;
}

/* What can be given there; the first is good. */
static inline int choose(const function *f, int at, choice *out) {
    const parameter *p = &f->parameters[at];
    choices list = {out, 0};
    switch (p->what) {
    case DATABASE: choose_handle(&list, A_DATABASE, false); break;
    case KEYSPACE: choose_handle(&list, A_KEYSPACE, false); break;
    case KEYSPACE_OR_NULL: choose_handle(&list, A_KEYSPACE, true); break;
    case TRANSACTION: choose_handle(&list, A_TRANSACTION, false); break;
    case WATCH: choose_handle(&list, A_WATCH, false); break;
    case STREAM: choose_handle(&list, A_STREAM, false); break;
    case BYTES: choose_bytes(&list); break;
    case LENGTH: choose_length(&list, p->size); break;
    case TEXT: choose_text(&list, p->name); break;
    case KEYS: choose_keys(&list); break;
    case COUNT_OF_KEYS: choose_count_of_keys(&list); break;
    case SELECTOR: choose_selector(&list); break;
    case RANGE_OPTIONS:
        for (int i = 0; i < COUNT(range_options); i++) {
            add_address(&list, i == 0 ? GOOD : ODD, &range_options[i]);
        }
        choose_sized(&list);
        break;
    case DATABASE_OPTIONS:
        choose_database_options(&list);
        choose_sized(&list);
        break;
    case LOAD_OPTIONS:
        for (int i = 0; i < COUNT(load_options); i++) {
            add_address(&list, i < 2 ? GOOD : i == 3 ? BAD : ODD, i == 0 ? NULL : &load_options[i]);
        }
        choose_sized(&list);
        break;
    case MOVE_OPTIONS:
        for (int i = 0; i < COUNT(move_options); i++) {
            add_address(&list, i < 2 ? GOOD : BAD, i == 0 ? NULL : &move_options[i]);
        }
        choose_sized(&list);
        break;
    case NUMBER: choose_number(&list, good_number(f, p)); break;
    case SIZE:
        add_number(&list, GOOD, (int64_t)sizeof(plinth_metrics));
        add_number(&list, ODD, 4096);
        add_number(&list, ODD, 8);
        for (int64_t wrong = -1; wrong < 8; wrong++) {
            add_number(&list, BAD, wrong);
        }
        add_number(&list, BAD, INT64_MIN);
        add_number(&list, BAD, 4097);
        break;
    case OUT:
        add_address(&list, GOOD, outs[at]);
        add_address(&list, is_called(f, "plinth_transaction_watch") || is_called(f, "plinth_database_expire") ? ODD : BAD, NULL);
        /* A byte is aligned everywhere. */
        add_address(&list, p->size > 1 ? BAD : ODD, outs[at] + 1);
        break;
    case OUT_BYTES:
        add_address(&list, GOOD, outs[at] + 1);
        add_address(&list, is_called(f, "plinth_database_is_locked") ? ODD : BAD, NULL);
        break;
    case FREED: choose_freed(&list); break;
    case VALUE_CALLBACK: add_code(&list, GOOD, (any_code)on_value); add_code(&list, BAD, NULL); break;
    case VALUES_CALLBACK: add_code(&list, GOOD, (any_code)on_values); add_code(&list, BAD, NULL); break;
    case RANGE_CALLBACK: add_code(&list, GOOD, (any_code)on_range); add_code(&list, BAD, NULL); break;
    case DONE_CALLBACK: add_code(&list, GOOD, (any_code)on_done); add_code(&list, BAD, NULL); break;
    case LOG_CALLBACK: add_code(&list, GOOD, (any_code)on_record); add_code(&list, ODD, NULL); break;
    case FINALISER: add_code(&list, GOOD, (any_code)on_finish); add_code(&list, ODD, NULL); break;
    case PROGRESS_CALLBACK: add_code(&list, GOOD, (any_code)on_progress); add_code(&list, ODD, NULL); break;
    case WRITE_CALLBACK: add_code(&list, GOOD, (any_code)on_write); add_code(&list, BAD, NULL); break;
    case READ_CALLBACK: add_code(&list, GOOD, (any_code)on_read); add_code(&list, BAD, NULL); break;
    case BODY: add_code(&list, GOOD, (any_code)run_body); add_code(&list, BAD, NULL); break;
    case USER:
        add_address(&list, GOOD, NULL);
        add_address(&list, ODD, from_bits(1));
        add_address(&list, ODD, from_bits(UINTPTR_MAX));
        break;
    default: die("a kind that libplinth does not have");
    }
    return list.count;
}

/* Whether it tells of its errors through a callback. */
static inline bool is_told_later(const function *f) {
    for (int i = 0; i < f->count; i++) {
        if (f->parameters[i].what >= VALUE_CALLBACK && f->parameters[i].what <= DONE_CALLBACK) {
            return true;
        }
    }
    return false;
}

/* Gives back what a call that went well has made. */
static inline void give_back(const function *f, const argument *a) {
    int last = f->count - 1;
    if (last < 0 || f->parameters[last].what != OUT || a[last].address != outs[last]) {
        return;
    }
    if (is_called(f, "plinth_database_open")) {
        (void)plinth_database_close((plinth_database *)handle_in(last));
    } else if (is_called(f, "plinth_keyspace_open")) {
        (void)plinth_keyspace_close((plinth_keyspace *)handle_in(last));
    } else if (is_called(f, "plinth_transaction_begin")) {
        (void)plinth_transaction_destroy((plinth_transaction *)handle_in(last));
    } else if (is_called(f, "plinth_transaction_watch")) {
        (void)plinth_watch_destroy((plinth_watch *)handle_in(last));
    } else if (is_called(f, "plinth_transaction_stream_range")) {
        (void)plinth_stream_destroy((plinth_stream *)handle_in(last));
    } else if (is_called(f, "plinth_transaction_get_many")) {
        plinth_values_free((plinth_values *)(void *)outs[last]);
    } else if (f->parameters[last].size == sizeof(plinth_value)) {
        plinth_value_free((plinth_value *)(void *)outs[last]);
    } else if (f->parameters[last].size == sizeof(plinth_range)) {
        plinth_range_free((plinth_range *)(void *)outs[last]);
    }
}

#endif
