/*
 * Backups: made while others write, verified, restored, and removed. (design D1, D12)
 */
#include "upkeep.h"

#include <sys/resource.h>

static void each_backup_restores_to_its_version(void) {
    path where = temporary_path(), to = beside(where, ".backups");
    plinth_backup made[3], again;
    plinth_backups list;
    plinth_database *db = open_buffered(where.text);
    counters_begin(db);
    for (int i = 0; i < 3; i++) {
        int64_t before;
        breathe();
        before = put(db, B("key"), B("value"));
        CHECK_OK(plinth_database_backup(db, to.text, NULL, NULL, &made[i], sizeof made[i]));
        CHECK(made[i].version >= before && made[i].number == (uint64_t)i + 1 && made[i].damaged == 0);
        CHECK(made[i].time > 1700000000 && made[i].bytes > 0 && made[i].files > 0);
    }
    counters_end();
    CHECK_OK(plinth_backup_list(to.text, &list));
    CHECK_INT(list.count, 3);
    for (size_t i = 0; i < list.count; i++) {
        path restored = beside(where, ".restored");
        listener who = {0, -1, 0, 0};
        CHECK(memcmp(&list.items[i], &made[i], sizeof made[i]) == 0);
        CHECK_OK(plinth_backup_verify(to.text, list.items[i].number, hear, &who, &again, sizeof again));
        CHECK(memcmp(&again, &made[i], sizeof again) == 0 && who.done == who.total && who.total == again.bytes);
        CHECK_OK(plinth_backup_restore(to.text, list.items[i].number, restored.text, hear, &who, &again, sizeof again));
        check_counters(restored.text, made[i].version);
        remove_tree(restored.text);
    }
    plinth_backups_free(&list);
    CHECK(list.items == NULL && list.count == 0);
    CHECK_OK(plinth_backup_keep(to.text, 1));
    CHECK_CODE(plinth_backup_verify(to.text, 1, NULL, NULL, &again, sizeof again), PLINTH_ERROR_BACKUP_NOT_FOUND);
    CHECK_OK(plinth_backup_verify(to.text, 0, NULL, NULL, &again, sizeof again));
    CHECK_OK(plinth_backup_delete(to.text, 3));
    CHECK_OK(plinth_backup_list(to.text, &list));
    CHECK(list.items == NULL && list.count == 0);
    counters_free();
    remove_tree(to.text);
    CHECK_OK(plinth_database_close(db));
}

static path origin, backups, target;

static void back_it_up(long *steps) {
    plinth_backup found;
    plinth_database *db = open_buffered(origin.text);
    put(db, B("key"), B("value"));
    (void)plinth_database_backup(db, backups.text, end_here, steps, &found, sizeof found);
}

static void restore_it(long *steps) {
    plinth_backup found;
    (void)plinth_backup_restore(backups.text, 0, target.text, end_here, steps, &found, sizeof found);
}

static void a_kill_at_any_step_harms_no_backup_and_leaves_no_half_database(void) {
    bool killed = true;
    plinth_backups list;
    plinth_backup found;
    size_t before = 0;
    origin = temporary_path();
    backups = beside(origin, ".backups");
    target = beside(origin, ".restored");
    for (long steps = 0; killed && steps < 100; steps++) {
        killed = killed_after(steps, back_it_up);
        if (plinth_backup_list(backups.text, &list) == 0) {
            CHECK_INT(list.count, before + (killed ? 0 : 1));
            plinth_backups_free(&list);
        }
    }
    CHECK_OK(plinth_backup_verify(backups.text, 0, NULL, NULL, &found, sizeof found));
    killed = true;
    for (long steps = 0; killed && steps < 100; steps++) {
        killed = killed_after(steps, restore_it);
        CHECK(exists(target.text) == !killed);
    }
    {
        plinth_database *db = open_buffered(target.text);
        plinth_transaction *tr = begin(db);
        CHECK(harness_value(tr, NULL, B("key"), true, B("value"), "key", __FILE__, __LINE__));
        destroy(tr);
        CHECK_OK(plinth_database_close(db));
    }
    remove_tree(target.text);
    remove_tree(beside(origin, ".restored.partial").text);
    remove_tree(backups.text);
}

static void a_disk_without_room_is_an_error_that_leaves_nothing(void) {
    path where = temporary_path(), to = beside(where, ".backups"), restored = beside(where, ".restored");
    path partial = beside(where, ".restored.partial");
    plinth_database *db = open_buffered(where.text);
    struct rlimit limit = {100000, RLIM_INFINITY};
    plinth_backup found;
    uint8_t *value = malloc(90000);
    uint64_t seed = 7;
    for (int i = 0; i < 20; i++) {
        char key[16];
        for (size_t at = 0; at < 90000; at++) {
            value[at] = (uint8_t)random_next(&seed);
        }
        snprintf(key, sizeof key, "key %02d", i);
        put(db, bytes_of(key, strlen(key)), bytes_of(value, 90000));
    }
    CHECK_OK(plinth_database_backup(db, to.text, NULL, NULL, &found, sizeof found));
    signal(SIGXFSZ, SIG_IGN);
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    CHECK_CODE(plinth_backup_restore(to.text, 0, restored.text, NULL, NULL, &found, sizeof found), PLINTH_ERROR_IO_ERROR);
    CHECK(!exists(restored.text) && !exists(partial.text));
    CHECK_CODE(plinth_database_backup(db, restored.text, NULL, NULL, &found, sizeof found), PLINTH_ERROR_IO_ERROR);
    limit.rlim_cur = RLIM_INFINITY;
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    CHECK_OK(plinth_backup_verify(to.text, 0, NULL, NULL, &found, sizeof found));
    remove_tree(restored.text);
    CHECK_OK(plinth_backup_restore(to.text, 0, restored.text, NULL, NULL, &found, sizeof found));
    free(value);
    remove_tree(restored.text);
    remove_tree(to.text);
    CHECK_OK(plinth_database_close(db));
}

int main(int argc, char **argv) {
    harness_begin(argc, argv);
    /* First: its children have to be able to open databases. */
    RUN(a_kill_at_any_step_harms_no_backup_and_leaves_no_half_database);
    RUN(each_backup_restores_to_its_version);
    RUN(a_disk_without_room_is_an_error_that_leaves_nothing);
    return harness_end();
}
