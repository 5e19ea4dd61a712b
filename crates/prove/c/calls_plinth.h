/* Generated from include/plinth.h by `cargo xtask misuse`; do not edit. */
#include <plinth.h>

#include "calls.h"

#undef plinth_version
extern const char * plinth_version(void);
static answer call_plinth_version(const argument *a) {
    (void)a;
    return (answer){.address = (const void *)plinth_version()};
}

#undef plinth_abi_version
extern uint32_t plinth_abi_version(void);
static answer call_plinth_abi_version(const argument *a) {
    (void)a;
    return (answer){.number = (int64_t)plinth_abi_version()};
}

#undef plinth_error_name
extern const char * plinth_error_name(plinth_error);
static answer call_plinth_error_name(const argument *a) {
    return (answer){.address = (const void *)plinth_error_name((plinth_error)a[0].number)};
}

#undef plinth_error_description
extern const char * plinth_error_description(plinth_error);
static answer call_plinth_error_description(const argument *a) {
    return (answer){.address = (const void *)plinth_error_description((plinth_error)a[0].number)};
}

#undef plinth_error_is_retryable
extern bool plinth_error_is_retryable(plinth_error);
static answer call_plinth_error_is_retryable(const argument *a) {
    return (answer){.number = (int64_t)plinth_error_is_retryable((plinth_error)a[0].number)};
}

#undef plinth_error_is_maybe_committed
extern bool plinth_error_is_maybe_committed(plinth_error);
static answer call_plinth_error_is_maybe_committed(const argument *a) {
    return (answer){.number = (int64_t)plinth_error_is_maybe_committed((plinth_error)a[0].number)};
}

#undef plinth_error_is_retryable_not_committed
extern bool plinth_error_is_retryable_not_committed(plinth_error);
static answer call_plinth_error_is_retryable_not_committed(const argument *a) {
    return (answer){.number = (int64_t)plinth_error_is_retryable_not_committed((plinth_error)a[0].number)};
}

#undef plinth_last_error
extern const char * plinth_last_error(void);
static answer call_plinth_last_error(const argument *a) {
    (void)a;
    return (answer){.address = (const void *)plinth_last_error()};
}

#undef plinth_value_free
extern void plinth_value_free(plinth_value *);
static answer call_plinth_value_free(const argument *a) {
    plinth_value_free((plinth_value *)a[0].address);
    return (answer){0};
}

#undef plinth_range_free
extern void plinth_range_free(plinth_range *);
static answer call_plinth_range_free(const argument *a) {
    plinth_range_free((plinth_range *)a[0].address);
    return (answer){0};
}

#undef plinth_database_open
extern plinth_error plinth_database_open(const char *, const plinth_database_options *, plinth_database * *);
static answer call_plinth_database_open(const argument *a) {
    return (answer){.number = (int64_t)plinth_database_open((const char *)a[0].address, (const plinth_database_options *)a[1].address, (plinth_database * *)a[2].address)};
}

#undef plinth_database_sync
extern plinth_error plinth_database_sync(plinth_database *);
static answer call_plinth_database_sync(const argument *a) {
    return (answer){.number = (int64_t)plinth_database_sync((plinth_database *)a[0].address)};
}

#undef plinth_database_close
extern plinth_error plinth_database_close(plinth_database *);
static answer call_plinth_database_close(const argument *a) {
    return (answer){.number = (int64_t)plinth_database_close((plinth_database *)a[0].address)};
}

#undef plinth_database_repair
extern plinth_error plinth_database_repair(const char *, plinth_repaired *, size_t);
static answer call_plinth_database_repair(const argument *a) {
    return (answer){.number = (int64_t)plinth_database_repair((const char *)a[0].address, (plinth_repaired *)a[1].address, (size_t)a[2].number)};
}

#undef plinth_database_checkpoint
extern plinth_error plinth_database_checkpoint(plinth_database *, const char *, plinth_progress_callback, void *, int64_t *);
static answer call_plinth_database_checkpoint(const argument *a) {
    return (answer){.number = (int64_t)plinth_database_checkpoint((plinth_database *)a[0].address, (const char *)a[1].address, (plinth_progress_callback)a[2].code, (void *)a[3].address, (int64_t *)a[4].address)};
}

#undef plinth_database_backup
extern plinth_error plinth_database_backup(plinth_database *, const char *, plinth_progress_callback, void *, plinth_backup *, size_t);
static answer call_plinth_database_backup(const argument *a) {
    return (answer){.number = (int64_t)plinth_database_backup((plinth_database *)a[0].address, (const char *)a[1].address, (plinth_progress_callback)a[2].code, (void *)a[3].address, (plinth_backup *)a[4].address, (size_t)a[5].number)};
}

#undef plinth_backup_list
extern plinth_error plinth_backup_list(const char *, plinth_backups *);
static answer call_plinth_backup_list(const argument *a) {
    return (answer){.number = (int64_t)plinth_backup_list((const char *)a[0].address, (plinth_backups *)a[1].address)};
}

#undef plinth_backups_free
extern void plinth_backups_free(plinth_backups *);
static answer call_plinth_backups_free(const argument *a) {
    plinth_backups_free((plinth_backups *)a[0].address);
    return (answer){0};
}

#undef plinth_backup_verify
extern plinth_error plinth_backup_verify(const char *, uint64_t, plinth_progress_callback, void *, plinth_backup *, size_t);
static answer call_plinth_backup_verify(const argument *a) {
    return (answer){.number = (int64_t)plinth_backup_verify((const char *)a[0].address, (uint64_t)a[1].number, (plinth_progress_callback)a[2].code, (void *)a[3].address, (plinth_backup *)a[4].address, (size_t)a[5].number)};
}

#undef plinth_backup_restore
extern plinth_error plinth_backup_restore(const char *, uint64_t, const char *, plinth_progress_callback, void *, plinth_backup *, size_t);
static answer call_plinth_backup_restore(const argument *a) {
    return (answer){.number = (int64_t)plinth_backup_restore((const char *)a[0].address, (uint64_t)a[1].number, (const char *)a[2].address, (plinth_progress_callback)a[3].code, (void *)a[4].address, (plinth_backup *)a[5].address, (size_t)a[6].number)};
}

#undef plinth_backup_delete
extern plinth_error plinth_backup_delete(const char *, uint64_t);
static answer call_plinth_backup_delete(const argument *a) {
    return (answer){.number = (int64_t)plinth_backup_delete((const char *)a[0].address, (uint64_t)a[1].number)};
}

#undef plinth_backup_keep
extern plinth_error plinth_backup_keep(const char *, uint64_t);
static answer call_plinth_backup_keep(const argument *a) {
    return (answer){.number = (int64_t)plinth_backup_keep((const char *)a[0].address, (uint64_t)a[1].number)};
}

#undef plinth_database_metrics
extern plinth_error plinth_database_metrics(plinth_database *, plinth_metrics *, size_t);
static answer call_plinth_database_metrics(const argument *a) {
    return (answer){.number = (int64_t)plinth_database_metrics((plinth_database *)a[0].address, (plinth_metrics *)a[1].address, (size_t)a[2].number)};
}

#undef plinth_database_metrics_text
extern plinth_error plinth_database_metrics_text(plinth_database *, plinth_value *);
static answer call_plinth_database_metrics_text(const argument *a) {
    return (answer){.number = (int64_t)plinth_database_metrics_text((plinth_database *)a[0].address, (plinth_value *)a[1].address)};
}

#undef plinth_database_status_json
extern plinth_error plinth_database_status_json(plinth_database *, plinth_value *);
static answer call_plinth_database_status_json(const argument *a) {
    return (answer){.number = (int64_t)plinth_database_status_json((plinth_database *)a[0].address, (plinth_value *)a[1].address)};
}

#undef plinth_keyspace_open
extern plinth_error plinth_keyspace_open(plinth_database *, const char *, plinth_keyspace * *);
static answer call_plinth_keyspace_open(const argument *a) {
    return (answer){.number = (int64_t)plinth_keyspace_open((plinth_database *)a[0].address, (const char *)a[1].address, (plinth_keyspace * *)a[2].address)};
}

#undef plinth_keyspace_close
extern plinth_error plinth_keyspace_close(plinth_keyspace *);
static answer call_plinth_keyspace_close(const argument *a) {
    return (answer){.number = (int64_t)plinth_keyspace_close((plinth_keyspace *)a[0].address)};
}

#undef plinth_keyspace_list
extern plinth_error plinth_keyspace_list(plinth_database *, plinth_range *);
static answer call_plinth_keyspace_list(const argument *a) {
    return (answer){.number = (int64_t)plinth_keyspace_list((plinth_database *)a[0].address, (plinth_range *)a[1].address)};
}

#undef plinth_keyspace_drop
extern plinth_error plinth_keyspace_drop(plinth_database *, const char *);
static answer call_plinth_keyspace_drop(const argument *a) {
    return (answer){.number = (int64_t)plinth_keyspace_drop((plinth_database *)a[0].address, (const char *)a[1].address)};
}

#undef plinth_database_verify
extern plinth_error plinth_database_verify(plinth_database *, plinth_progress_callback, void *, plinth_verified *, size_t);
static answer call_plinth_database_verify(const argument *a) {
    return (answer){.number = (int64_t)plinth_database_verify((plinth_database *)a[0].address, (plinth_progress_callback)a[1].code, (void *)a[2].address, (plinth_verified *)a[3].address, (size_t)a[4].number)};
}

#undef plinth_database_compact
extern plinth_error plinth_database_compact(plinth_database *, plinth_keyspace *, plinth_progress_callback, void *);
static answer call_plinth_database_compact(const argument *a) {
    return (answer){.number = (int64_t)plinth_database_compact((plinth_database *)a[0].address, (plinth_keyspace *)a[1].address, (plinth_progress_callback)a[2].code, (void *)a[3].address)};
}

#undef plinth_transaction_begin
extern plinth_error plinth_transaction_begin(plinth_database *, plinth_transaction * *);
static answer call_plinth_transaction_begin(const argument *a) {
    return (answer){.number = (int64_t)plinth_transaction_begin((plinth_database *)a[0].address, (plinth_transaction * *)a[1].address)};
}

#undef plinth_transaction_destroy
extern plinth_error plinth_transaction_destroy(plinth_transaction *);
static answer call_plinth_transaction_destroy(const argument *a) {
    return (answer){.number = (int64_t)plinth_transaction_destroy((plinth_transaction *)a[0].address)};
}

#undef plinth_transaction_get
extern plinth_error plinth_transaction_get(plinth_transaction *, plinth_keyspace *, const uint8_t *, size_t, plinth_value *);
static answer call_plinth_transaction_get(const argument *a) {
    return (answer){.number = (int64_t)plinth_transaction_get((plinth_transaction *)a[0].address, (plinth_keyspace *)a[1].address, (const uint8_t *)a[2].address, (size_t)a[3].number, (plinth_value *)a[4].address)};
}

#undef plinth_transaction_snapshot_get
extern plinth_error plinth_transaction_snapshot_get(plinth_transaction *, plinth_keyspace *, const uint8_t *, size_t, plinth_value *);
static answer call_plinth_transaction_snapshot_get(const argument *a) {
    return (answer){.number = (int64_t)plinth_transaction_snapshot_get((plinth_transaction *)a[0].address, (plinth_keyspace *)a[1].address, (const uint8_t *)a[2].address, (size_t)a[3].number, (plinth_value *)a[4].address)};
}

#undef plinth_transaction_get_key
extern plinth_error plinth_transaction_get_key(plinth_transaction *, plinth_keyspace *, const plinth_key_selector *, bool, plinth_value *);
static answer call_plinth_transaction_get_key(const argument *a) {
    return (answer){.number = (int64_t)plinth_transaction_get_key((plinth_transaction *)a[0].address, (plinth_keyspace *)a[1].address, (const plinth_key_selector *)a[2].address, (bool)a[3].number, (plinth_value *)a[4].address)};
}

#undef plinth_transaction_get_range
extern plinth_error plinth_transaction_get_range(plinth_transaction *, plinth_keyspace *, const plinth_key_selector *, const plinth_key_selector *, const plinth_range_options *, plinth_range *);
static answer call_plinth_transaction_get_range(const argument *a) {
    return (answer){.number = (int64_t)plinth_transaction_get_range((plinth_transaction *)a[0].address, (plinth_keyspace *)a[1].address, (const plinth_key_selector *)a[2].address, (const plinth_key_selector *)a[3].address, (const plinth_range_options *)a[4].address, (plinth_range *)a[5].address)};
}

#undef plinth_transaction_set
extern plinth_error plinth_transaction_set(plinth_transaction *, plinth_keyspace *, const uint8_t *, size_t, const uint8_t *, size_t);
static answer call_plinth_transaction_set(const argument *a) {
    return (answer){.number = (int64_t)plinth_transaction_set((plinth_transaction *)a[0].address, (plinth_keyspace *)a[1].address, (const uint8_t *)a[2].address, (size_t)a[3].number, (const uint8_t *)a[4].address, (size_t)a[5].number)};
}

#undef plinth_transaction_clear
extern plinth_error plinth_transaction_clear(plinth_transaction *, plinth_keyspace *, const uint8_t *, size_t);
static answer call_plinth_transaction_clear(const argument *a) {
    return (answer){.number = (int64_t)plinth_transaction_clear((plinth_transaction *)a[0].address, (plinth_keyspace *)a[1].address, (const uint8_t *)a[2].address, (size_t)a[3].number)};
}

#undef plinth_transaction_clear_range
extern plinth_error plinth_transaction_clear_range(plinth_transaction *, plinth_keyspace *, const uint8_t *, size_t, const uint8_t *, size_t);
static answer call_plinth_transaction_clear_range(const argument *a) {
    return (answer){.number = (int64_t)plinth_transaction_clear_range((plinth_transaction *)a[0].address, (plinth_keyspace *)a[1].address, (const uint8_t *)a[2].address, (size_t)a[3].number, (const uint8_t *)a[4].address, (size_t)a[5].number)};
}

#undef plinth_transaction_add_read_conflict
extern plinth_error plinth_transaction_add_read_conflict(plinth_transaction *, plinth_keyspace *, const uint8_t *, size_t);
static answer call_plinth_transaction_add_read_conflict(const argument *a) {
    return (answer){.number = (int64_t)plinth_transaction_add_read_conflict((plinth_transaction *)a[0].address, (plinth_keyspace *)a[1].address, (const uint8_t *)a[2].address, (size_t)a[3].number)};
}

#undef plinth_transaction_add_read_conflict_range
extern plinth_error plinth_transaction_add_read_conflict_range(plinth_transaction *, plinth_keyspace *, const uint8_t *, size_t, const uint8_t *, size_t);
static answer call_plinth_transaction_add_read_conflict_range(const argument *a) {
    return (answer){.number = (int64_t)plinth_transaction_add_read_conflict_range((plinth_transaction *)a[0].address, (plinth_keyspace *)a[1].address, (const uint8_t *)a[2].address, (size_t)a[3].number, (const uint8_t *)a[4].address, (size_t)a[5].number)};
}

#undef plinth_transaction_add_write_conflict_range
extern plinth_error plinth_transaction_add_write_conflict_range(plinth_transaction *, plinth_keyspace *, const uint8_t *, size_t, const uint8_t *, size_t);
static answer call_plinth_transaction_add_write_conflict_range(const argument *a) {
    return (answer){.number = (int64_t)plinth_transaction_add_write_conflict_range((plinth_transaction *)a[0].address, (plinth_keyspace *)a[1].address, (const uint8_t *)a[2].address, (size_t)a[3].number, (const uint8_t *)a[4].address, (size_t)a[5].number)};
}

#undef plinth_transaction_get_read_version
extern plinth_error plinth_transaction_get_read_version(plinth_transaction *, int64_t *);
static answer call_plinth_transaction_get_read_version(const argument *a) {
    return (answer){.number = (int64_t)plinth_transaction_get_read_version((plinth_transaction *)a[0].address, (int64_t *)a[1].address)};
}

#undef plinth_transaction_set_read_version
extern plinth_error plinth_transaction_set_read_version(plinth_transaction *, int64_t);
static answer call_plinth_transaction_set_read_version(const argument *a) {
    return (answer){.number = (int64_t)plinth_transaction_set_read_version((plinth_transaction *)a[0].address, (int64_t)a[1].number)};
}

#undef plinth_transaction_commit
extern plinth_error plinth_transaction_commit(plinth_transaction *);
static answer call_plinth_transaction_commit(const argument *a) {
    return (answer){.number = (int64_t)plinth_transaction_commit((plinth_transaction *)a[0].address)};
}

#undef plinth_transaction_get_committed_version
extern plinth_error plinth_transaction_get_committed_version(plinth_transaction *, int64_t *);
static answer call_plinth_transaction_get_committed_version(const argument *a) {
    return (answer){.number = (int64_t)plinth_transaction_get_committed_version((plinth_transaction *)a[0].address, (int64_t *)a[1].address)};
}

#undef plinth_transaction_on_error
extern plinth_error plinth_transaction_on_error(plinth_transaction *, plinth_error);
static answer call_plinth_transaction_on_error(const argument *a) {
    return (answer){.number = (int64_t)plinth_transaction_on_error((plinth_transaction *)a[0].address, (plinth_error)a[1].number)};
}

#undef plinth_transaction_reset
extern plinth_error plinth_transaction_reset(plinth_transaction *);
static answer call_plinth_transaction_reset(const argument *a) {
    return (answer){.number = (int64_t)plinth_transaction_reset((plinth_transaction *)a[0].address)};
}

#undef plinth_transaction_cancel
extern plinth_error plinth_transaction_cancel(plinth_transaction *);
static answer call_plinth_transaction_cancel(const argument *a) {
    return (answer){.number = (int64_t)plinth_transaction_cancel((plinth_transaction *)a[0].address)};
}

#undef plinth_transaction_id
extern plinth_error plinth_transaction_id(plinth_transaction *, char *);
static answer call_plinth_transaction_id(const argument *a) {
    return (answer){.number = (int64_t)plinth_transaction_id((plinth_transaction *)a[0].address, (char *)a[1].address)};
}

#undef plinth_transaction_find
extern plinth_error plinth_transaction_find(plinth_database *, const char *, plinth_transaction * *);
static answer call_plinth_transaction_find(const argument *a) {
    return (answer){.number = (int64_t)plinth_transaction_find((plinth_database *)a[0].address, (const char *)a[1].address, (plinth_transaction * *)a[2].address)};
}

#undef plinth_transaction_atomic_op
extern plinth_error plinth_transaction_atomic_op(plinth_transaction *, plinth_keyspace *, plinth_mutation, const uint8_t *, size_t, const uint8_t *, size_t);
static answer call_plinth_transaction_atomic_op(const argument *a) {
    return (answer){.number = (int64_t)plinth_transaction_atomic_op((plinth_transaction *)a[0].address, (plinth_keyspace *)a[1].address, (plinth_mutation)a[2].number, (const uint8_t *)a[3].address, (size_t)a[4].number, (const uint8_t *)a[5].address, (size_t)a[6].number)};
}

#undef plinth_transaction_set_versionstamped_key
extern plinth_error plinth_transaction_set_versionstamped_key(plinth_transaction *, plinth_keyspace *, const uint8_t *, size_t, uint32_t, const uint8_t *, size_t);
static answer call_plinth_transaction_set_versionstamped_key(const argument *a) {
    return (answer){.number = (int64_t)plinth_transaction_set_versionstamped_key((plinth_transaction *)a[0].address, (plinth_keyspace *)a[1].address, (const uint8_t *)a[2].address, (size_t)a[3].number, (uint32_t)a[4].number, (const uint8_t *)a[5].address, (size_t)a[6].number)};
}

#undef plinth_transaction_set_versionstamped_value
extern plinth_error plinth_transaction_set_versionstamped_value(plinth_transaction *, plinth_keyspace *, const uint8_t *, size_t, const uint8_t *, size_t, uint32_t);
static answer call_plinth_transaction_set_versionstamped_value(const argument *a) {
    return (answer){.number = (int64_t)plinth_transaction_set_versionstamped_value((plinth_transaction *)a[0].address, (plinth_keyspace *)a[1].address, (const uint8_t *)a[2].address, (size_t)a[3].number, (const uint8_t *)a[4].address, (size_t)a[5].number, (uint32_t)a[6].number)};
}

#undef plinth_transaction_get_versionstamp
extern plinth_error plinth_transaction_get_versionstamp(plinth_transaction *, uint8_t *);
static answer call_plinth_transaction_get_versionstamp(const argument *a) {
    return (answer){.number = (int64_t)plinth_transaction_get_versionstamp((plinth_transaction *)a[0].address, (uint8_t *)a[1].address)};
}

#undef plinth_transaction_get_approximate_size
extern plinth_error plinth_transaction_get_approximate_size(plinth_transaction *, int64_t *);
static answer call_plinth_transaction_get_approximate_size(const argument *a) {
    return (answer){.number = (int64_t)plinth_transaction_get_approximate_size((plinth_transaction *)a[0].address, (int64_t *)a[1].address)};
}

#undef plinth_transaction_get_estimated_range_size
extern plinth_error plinth_transaction_get_estimated_range_size(plinth_transaction *, plinth_keyspace *, const uint8_t *, size_t, const uint8_t *, size_t, int64_t *);
static answer call_plinth_transaction_get_estimated_range_size(const argument *a) {
    return (answer){.number = (int64_t)plinth_transaction_get_estimated_range_size((plinth_transaction *)a[0].address, (plinth_keyspace *)a[1].address, (const uint8_t *)a[2].address, (size_t)a[3].number, (const uint8_t *)a[4].address, (size_t)a[5].number, (int64_t *)a[6].address)};
}

#undef plinth_transaction_get_range_split_points
extern plinth_error plinth_transaction_get_range_split_points(plinth_transaction *, plinth_keyspace *, const uint8_t *, size_t, const uint8_t *, size_t, int64_t, plinth_range *);
static answer call_plinth_transaction_get_range_split_points(const argument *a) {
    return (answer){.number = (int64_t)plinth_transaction_get_range_split_points((plinth_transaction *)a[0].address, (plinth_keyspace *)a[1].address, (const uint8_t *)a[2].address, (size_t)a[3].number, (const uint8_t *)a[4].address, (size_t)a[5].number, (int64_t)a[6].number, (plinth_range *)a[7].address)};
}

#undef plinth_transaction_set_option
extern plinth_error plinth_transaction_set_option(plinth_transaction *, int32_t, int64_t);
static answer call_plinth_transaction_set_option(const argument *a) {
    return (answer){.number = (int64_t)plinth_transaction_set_option((plinth_transaction *)a[0].address, (int32_t)a[1].number, (int64_t)a[2].number)};
}

#undef plinth_database_set_option
extern plinth_error plinth_database_set_option(plinth_database *, int32_t, int64_t);
static answer call_plinth_database_set_option(const argument *a) {
    return (answer){.number = (int64_t)plinth_database_set_option((plinth_database *)a[0].address, (int32_t)a[1].number, (int64_t)a[2].number)};
}

#undef plinth_transaction_get_async
extern plinth_error plinth_transaction_get_async(plinth_transaction *, plinth_keyspace *, const uint8_t *, size_t, plinth_value_callback, void *, plinth_finaliser);
static answer call_plinth_transaction_get_async(const argument *a) {
    return (answer){.number = (int64_t)plinth_transaction_get_async((plinth_transaction *)a[0].address, (plinth_keyspace *)a[1].address, (const uint8_t *)a[2].address, (size_t)a[3].number, (plinth_value_callback)a[4].code, (void *)a[5].address, (plinth_finaliser)a[6].code)};
}

#undef plinth_transaction_snapshot_get_async
extern plinth_error plinth_transaction_snapshot_get_async(plinth_transaction *, plinth_keyspace *, const uint8_t *, size_t, plinth_value_callback, void *, plinth_finaliser);
static answer call_plinth_transaction_snapshot_get_async(const argument *a) {
    return (answer){.number = (int64_t)plinth_transaction_snapshot_get_async((plinth_transaction *)a[0].address, (plinth_keyspace *)a[1].address, (const uint8_t *)a[2].address, (size_t)a[3].number, (plinth_value_callback)a[4].code, (void *)a[5].address, (plinth_finaliser)a[6].code)};
}

#undef plinth_transaction_get_key_async
extern plinth_error plinth_transaction_get_key_async(plinth_transaction *, plinth_keyspace *, const plinth_key_selector *, bool, plinth_value_callback, void *, plinth_finaliser);
static answer call_plinth_transaction_get_key_async(const argument *a) {
    return (answer){.number = (int64_t)plinth_transaction_get_key_async((plinth_transaction *)a[0].address, (plinth_keyspace *)a[1].address, (const plinth_key_selector *)a[2].address, (bool)a[3].number, (plinth_value_callback)a[4].code, (void *)a[5].address, (plinth_finaliser)a[6].code)};
}

#undef plinth_transaction_get_range_async
extern plinth_error plinth_transaction_get_range_async(plinth_transaction *, plinth_keyspace *, const plinth_key_selector *, const plinth_key_selector *, const plinth_range_options *, plinth_range_callback, void *, plinth_finaliser);
static answer call_plinth_transaction_get_range_async(const argument *a) {
    return (answer){.number = (int64_t)plinth_transaction_get_range_async((plinth_transaction *)a[0].address, (plinth_keyspace *)a[1].address, (const plinth_key_selector *)a[2].address, (const plinth_key_selector *)a[3].address, (const plinth_range_options *)a[4].address, (plinth_range_callback)a[5].code, (void *)a[6].address, (plinth_finaliser)a[7].code)};
}

#undef plinth_transaction_commit_async
extern plinth_error plinth_transaction_commit_async(plinth_transaction *, plinth_done_callback, void *, plinth_finaliser);
static answer call_plinth_transaction_commit_async(const argument *a) {
    return (answer){.number = (int64_t)plinth_transaction_commit_async((plinth_transaction *)a[0].address, (plinth_done_callback)a[1].code, (void *)a[2].address, (plinth_finaliser)a[3].code)};
}

#undef plinth_transaction_on_error_async
extern plinth_error plinth_transaction_on_error_async(plinth_transaction *, plinth_error, plinth_done_callback, void *, plinth_finaliser);
static answer call_plinth_transaction_on_error_async(const argument *a) {
    return (answer){.number = (int64_t)plinth_transaction_on_error_async((plinth_transaction *)a[0].address, (plinth_error)a[1].number, (plinth_done_callback)a[2].code, (void *)a[3].address, (plinth_finaliser)a[4].code)};
}

#undef plinth_transaction_get_many
extern plinth_error plinth_transaction_get_many(plinth_transaction *, plinth_keyspace *, const plinth_slice *, size_t, bool, plinth_values *);
static answer call_plinth_transaction_get_many(const argument *a) {
    return (answer){.number = (int64_t)plinth_transaction_get_many((plinth_transaction *)a[0].address, (plinth_keyspace *)a[1].address, (const plinth_slice *)a[2].address, (size_t)a[3].number, (bool)a[4].number, (plinth_values *)a[5].address)};
}

#undef plinth_transaction_get_many_async
extern plinth_error plinth_transaction_get_many_async(plinth_transaction *, plinth_keyspace *, const plinth_slice *, size_t, bool, plinth_values_callback, void *, plinth_finaliser);
static answer call_plinth_transaction_get_many_async(const argument *a) {
    return (answer){.number = (int64_t)plinth_transaction_get_many_async((plinth_transaction *)a[0].address, (plinth_keyspace *)a[1].address, (const plinth_slice *)a[2].address, (size_t)a[3].number, (bool)a[4].number, (plinth_values_callback)a[5].code, (void *)a[6].address, (plinth_finaliser)a[7].code)};
}

#undef plinth_values_free
extern void plinth_values_free(plinth_values *);
static answer call_plinth_values_free(const argument *a) {
    plinth_values_free((plinth_values *)a[0].address);
    return (answer){0};
}

#undef plinth_transaction_stream_range
extern plinth_error plinth_transaction_stream_range(plinth_transaction *, plinth_keyspace *, const plinth_key_selector *, const plinth_key_selector *, const plinth_range_options *, plinth_stream * *);
static answer call_plinth_transaction_stream_range(const argument *a) {
    return (answer){.number = (int64_t)plinth_transaction_stream_range((plinth_transaction *)a[0].address, (plinth_keyspace *)a[1].address, (const plinth_key_selector *)a[2].address, (const plinth_key_selector *)a[3].address, (const plinth_range_options *)a[4].address, (plinth_stream * *)a[5].address)};
}

#undef plinth_stream_next
extern plinth_error plinth_stream_next(plinth_stream *, plinth_range *);
static answer call_plinth_stream_next(const argument *a) {
    return (answer){.number = (int64_t)plinth_stream_next((plinth_stream *)a[0].address, (plinth_range *)a[1].address)};
}

#undef plinth_stream_destroy
extern plinth_error plinth_stream_destroy(plinth_stream *);
static answer call_plinth_stream_destroy(const argument *a) {
    return (answer){.number = (int64_t)plinth_stream_destroy((plinth_stream *)a[0].address)};
}

#undef plinth_transaction_watch
extern plinth_error plinth_transaction_watch(plinth_transaction *, plinth_keyspace *, const uint8_t *, size_t, plinth_done_callback, void *, plinth_finaliser, plinth_watch * *);
static answer call_plinth_transaction_watch(const argument *a) {
    return (answer){.number = (int64_t)plinth_transaction_watch((plinth_transaction *)a[0].address, (plinth_keyspace *)a[1].address, (const uint8_t *)a[2].address, (size_t)a[3].number, (plinth_done_callback)a[4].code, (void *)a[5].address, (plinth_finaliser)a[6].code, (plinth_watch * *)a[7].address)};
}

#undef plinth_watch_cancel
extern plinth_error plinth_watch_cancel(plinth_watch *);
static answer call_plinth_watch_cancel(const argument *a) {
    return (answer){.number = (int64_t)plinth_watch_cancel((plinth_watch *)a[0].address)};
}

#undef plinth_watch_destroy
extern plinth_error plinth_watch_destroy(plinth_watch *);
static answer call_plinth_watch_destroy(const argument *a) {
    return (answer){.number = (int64_t)plinth_watch_destroy((plinth_watch *)a[0].address)};
}

#undef plinth_database_list_transactions
extern plinth_error plinth_database_list_transactions(plinth_database *, plinth_transaction_list *);
static answer call_plinth_database_list_transactions(const argument *a) {
    return (answer){.number = (int64_t)plinth_database_list_transactions((plinth_database *)a[0].address, (plinth_transaction_list *)a[1].address)};
}

#undef plinth_transaction_list_free
extern void plinth_transaction_list_free(plinth_transaction_list *);
static answer call_plinth_transaction_list_free(const argument *a) {
    plinth_transaction_list_free((plinth_transaction_list *)a[0].address);
    return (answer){0};
}

#undef plinth_transaction_expire
extern plinth_error plinth_transaction_expire(plinth_transaction *);
static answer call_plinth_transaction_expire(const argument *a) {
    return (answer){.number = (int64_t)plinth_transaction_expire((plinth_transaction *)a[0].address)};
}

#undef plinth_database_expire_transaction
extern plinth_error plinth_database_expire_transaction(plinth_database *, const char *);
static answer call_plinth_database_expire_transaction(const argument *a) {
    return (answer){.number = (int64_t)plinth_database_expire_transaction((plinth_database *)a[0].address, (const char *)a[1].address)};
}

#undef plinth_database_expire
extern plinth_error plinth_database_expire(plinth_database *, int64_t, uint64_t *);
static answer call_plinth_database_expire(const argument *a) {
    return (answer){.number = (int64_t)plinth_database_expire((plinth_database *)a[0].address, (int64_t)a[1].number, (uint64_t *)a[2].address)};
}

#undef plinth_transaction_get_conflict
extern plinth_error plinth_transaction_get_conflict(plinth_transaction *, size_t, plinth_conflict *);
static answer call_plinth_transaction_get_conflict(const argument *a) {
    return (answer){.number = (int64_t)plinth_transaction_get_conflict((plinth_transaction *)a[0].address, (size_t)a[1].number, (plinth_conflict *)a[2].address)};
}

#undef plinth_conflict_free
extern void plinth_conflict_free(plinth_conflict *);
static answer call_plinth_conflict_free(const argument *a) {
    plinth_conflict_free((plinth_conflict *)a[0].address);
    return (answer){0};
}

#undef plinth_database_lock
extern plinth_error plinth_database_lock(plinth_database *, const uint8_t *, size_t);
static answer call_plinth_database_lock(const argument *a) {
    return (answer){.number = (int64_t)plinth_database_lock((plinth_database *)a[0].address, (const uint8_t *)a[1].address, (size_t)a[2].number)};
}

#undef plinth_database_unlock
extern plinth_error plinth_database_unlock(plinth_database *, const uint8_t *, size_t);
static answer call_plinth_database_unlock(const argument *a) {
    return (answer){.number = (int64_t)plinth_database_unlock((plinth_database *)a[0].address, (const uint8_t *)a[1].address, (size_t)a[2].number)};
}

#undef plinth_database_is_locked
extern plinth_error plinth_database_is_locked(plinth_database *, bool *, uint8_t *);
static answer call_plinth_database_is_locked(const argument *a) {
    return (answer){.number = (int64_t)plinth_database_is_locked((plinth_database *)a[0].address, (bool *)a[1].address, (uint8_t *)a[2].address)};
}

#undef plinth_run
extern plinth_error plinth_run(plinth_database *, plinth_run_body, void *);
static answer call_plinth_run(const argument *a) {
    return (answer){.number = (int64_t)plinth_run((plinth_database *)a[0].address, (plinth_run_body)a[1].code, (void *)a[2].address)};
}

#undef plinth_set_log_callback
extern plinth_error plinth_set_log_callback(int32_t, plinth_log_callback, void *);
static answer call_plinth_set_log_callback(const argument *a) {
    return (answer){.number = (int64_t)plinth_set_log_callback((int32_t)a[0].number, (plinth_log_callback)a[1].code, (void *)a[2].address)};
}

#undef plinth_database_dump
extern plinth_error plinth_database_dump(plinth_database *, const char *, plinth_progress_callback, void *, plinth_dumped *, size_t);
static answer call_plinth_database_dump(const argument *a) {
    return (answer){.number = (int64_t)plinth_database_dump((plinth_database *)a[0].address, (const char *)a[1].address, (plinth_progress_callback)a[2].code, (void *)a[3].address, (plinth_dumped *)a[4].address, (size_t)a[5].number)};
}

#undef plinth_database_dump_to
extern plinth_error plinth_database_dump_to(plinth_database *, plinth_write_callback, void *, plinth_progress_callback, void *, plinth_dumped *, size_t);
static answer call_plinth_database_dump_to(const argument *a) {
    return (answer){.number = (int64_t)plinth_database_dump_to((plinth_database *)a[0].address, (plinth_write_callback)a[1].code, (void *)a[2].address, (plinth_progress_callback)a[3].code, (void *)a[4].address, (plinth_dumped *)a[5].address, (size_t)a[6].number)};
}

#undef plinth_database_load
extern plinth_error plinth_database_load(plinth_database *, const char *, const plinth_load_options *, plinth_progress_callback, void *, plinth_dumped *, size_t);
static answer call_plinth_database_load(const argument *a) {
    return (answer){.number = (int64_t)plinth_database_load((plinth_database *)a[0].address, (const char *)a[1].address, (const plinth_load_options *)a[2].address, (plinth_progress_callback)a[3].code, (void *)a[4].address, (plinth_dumped *)a[5].address, (size_t)a[6].number)};
}

#undef plinth_database_load_from
extern plinth_error plinth_database_load_from(plinth_database *, plinth_read_callback, void *, const plinth_load_options *, plinth_progress_callback, void *, plinth_dumped *, size_t);
static answer call_plinth_database_load_from(const argument *a) {
    return (answer){.number = (int64_t)plinth_database_load_from((plinth_database *)a[0].address, (plinth_read_callback)a[1].code, (void *)a[2].address, (const plinth_load_options *)a[3].address, (plinth_progress_callback)a[4].code, (void *)a[5].address, (plinth_dumped *)a[6].address, (size_t)a[7].number)};
}

#undef plinth_dump_check
extern plinth_error plinth_dump_check(const char *, plinth_progress_callback, void *, plinth_dumped *, size_t);
static answer call_plinth_dump_check(const argument *a) {
    return (answer){.number = (int64_t)plinth_dump_check((const char *)a[0].address, (plinth_progress_callback)a[1].code, (void *)a[2].address, (plinth_dumped *)a[3].address, (size_t)a[4].number)};
}

#undef plinth_move
extern plinth_error plinth_move(plinth_database *, plinth_database *, const plinth_move_options *, plinth_progress_callback, void *, plinth_move_report *, size_t);
static answer call_plinth_move(const argument *a) {
    return (answer){.number = (int64_t)plinth_move((plinth_database *)a[0].address, (plinth_database *)a[1].address, (const plinth_move_options *)a[2].address, (plinth_progress_callback)a[3].code, (void *)a[4].address, (plinth_move_report *)a[5].address, (size_t)a[6].number)};
}

static const function functions[] = {
    {"plinth_version", call_plinth_version, GIVES_TEXT, 0, {{NUMBER, 0, ""}}},
    {"plinth_abi_version", call_plinth_abi_version, GIVES_NUMBER, 0, {{NUMBER, 0, ""}}},
    {"plinth_error_name", call_plinth_error_name, GIVES_TEXT, 1, {{NUMBER, sizeof(plinth_error), "error"}}},
    {"plinth_error_description", call_plinth_error_description, GIVES_TEXT, 1, {{NUMBER, sizeof(plinth_error), "error"}}},
    {"plinth_error_is_retryable", call_plinth_error_is_retryable, GIVES_NUMBER, 1, {{NUMBER, sizeof(plinth_error), "error"}}},
    {"plinth_error_is_maybe_committed", call_plinth_error_is_maybe_committed, GIVES_NUMBER, 1, {{NUMBER, sizeof(plinth_error), "error"}}},
    {"plinth_error_is_retryable_not_committed", call_plinth_error_is_retryable_not_committed, GIVES_NUMBER, 1, {{NUMBER, sizeof(plinth_error), "error"}}},
    {"plinth_last_error", call_plinth_last_error, GIVES_TEXT, 0, {{NUMBER, 0, ""}}},
    {"plinth_value_free", call_plinth_value_free, GIVES_NOTHING, 1, {{FREED, sizeof(plinth_value), "value"}}},
    {"plinth_range_free", call_plinth_range_free, GIVES_NOTHING, 1, {{FREED, sizeof(plinth_range), "range"}}},
    {"plinth_database_open", call_plinth_database_open, GIVES_ERROR, 3, {{TEXT, 0, "path"}, {DATABASE_OPTIONS, 0, "options"}, {OUT, sizeof(plinth_database *), "out"}}},
    {"plinth_database_sync", call_plinth_database_sync, GIVES_ERROR, 1, {{DATABASE, 0, "db"}}},
    {"plinth_database_close", call_plinth_database_close, GIVES_ERROR, 1, {{DATABASE, 0, "db"}}},
    {"plinth_database_repair", call_plinth_database_repair, GIVES_ERROR, 3, {{TEXT, 0, "path"}, {OUT, sizeof(plinth_repaired), "out"}, {SIZE, sizeof(size_t), "out_size"}}},
    {"plinth_database_checkpoint", call_plinth_database_checkpoint, GIVES_ERROR, 5, {{DATABASE, 0, "db"}, {TEXT, 0, "path"}, {PROGRESS_CALLBACK, 0, "progress"}, {USER, 0, "context"}, {OUT, sizeof(int64_t), "out"}}},
    {"plinth_database_backup", call_plinth_database_backup, GIVES_ERROR, 6, {{DATABASE, 0, "db"}, {TEXT, 0, "path"}, {PROGRESS_CALLBACK, 0, "progress"}, {USER, 0, "context"}, {OUT, sizeof(plinth_backup), "out"}, {SIZE, sizeof(size_t), "out_size"}}},
    {"plinth_backup_list", call_plinth_backup_list, GIVES_ERROR, 2, {{TEXT, 0, "path"}, {OUT, sizeof(plinth_backups), "out"}}},
    {"plinth_backups_free", call_plinth_backups_free, GIVES_NOTHING, 1, {{FREED, sizeof(plinth_backups), "backups"}}},
    {"plinth_backup_verify", call_plinth_backup_verify, GIVES_ERROR, 6, {{TEXT, 0, "path"}, {NUMBER, sizeof(uint64_t), "number"}, {PROGRESS_CALLBACK, 0, "progress"}, {USER, 0, "context"}, {OUT, sizeof(plinth_backup), "out"}, {SIZE, sizeof(size_t), "out_size"}}},
    {"plinth_backup_restore", call_plinth_backup_restore, GIVES_ERROR, 7, {{TEXT, 0, "path"}, {NUMBER, sizeof(uint64_t), "number"}, {TEXT, 0, "to"}, {PROGRESS_CALLBACK, 0, "progress"}, {USER, 0, "context"}, {OUT, sizeof(plinth_backup), "out"}, {SIZE, sizeof(size_t), "out_size"}}},
    {"plinth_backup_delete", call_plinth_backup_delete, GIVES_ERROR, 2, {{TEXT, 0, "path"}, {NUMBER, sizeof(uint64_t), "number"}}},
    {"plinth_backup_keep", call_plinth_backup_keep, GIVES_ERROR, 2, {{TEXT, 0, "path"}, {NUMBER, sizeof(uint64_t), "newest"}}},
    {"plinth_database_metrics", call_plinth_database_metrics, GIVES_ERROR, 3, {{DATABASE, 0, "db"}, {OUT, sizeof(plinth_metrics), "out"}, {SIZE, sizeof(size_t), "out_size"}}},
    {"plinth_database_metrics_text", call_plinth_database_metrics_text, GIVES_ERROR, 2, {{DATABASE, 0, "db"}, {OUT, sizeof(plinth_value), "out"}}},
    {"plinth_database_status_json", call_plinth_database_status_json, GIVES_ERROR, 2, {{DATABASE, 0, "db"}, {OUT, sizeof(plinth_value), "out"}}},
    {"plinth_keyspace_open", call_plinth_keyspace_open, GIVES_ERROR, 3, {{DATABASE, 0, "db"}, {TEXT, 0, "name"}, {OUT, sizeof(plinth_keyspace *), "out"}}},
    {"plinth_keyspace_close", call_plinth_keyspace_close, GIVES_ERROR, 1, {{KEYSPACE, 0, "ks"}}},
    {"plinth_keyspace_list", call_plinth_keyspace_list, GIVES_ERROR, 2, {{DATABASE, 0, "db"}, {OUT, sizeof(plinth_range), "out"}}},
    {"plinth_keyspace_drop", call_plinth_keyspace_drop, GIVES_ERROR, 2, {{DATABASE, 0, "db"}, {TEXT, 0, "name"}}},
    {"plinth_database_verify", call_plinth_database_verify, GIVES_ERROR, 5, {{DATABASE, 0, "db"}, {PROGRESS_CALLBACK, 0, "progress"}, {USER, 0, "context"}, {OUT, sizeof(plinth_verified), "out"}, {SIZE, sizeof(size_t), "out_size"}}},
    {"plinth_database_compact", call_plinth_database_compact, GIVES_ERROR, 4, {{DATABASE, 0, "db"}, {KEYSPACE_OR_NULL, 0, "ks"}, {PROGRESS_CALLBACK, 0, "progress"}, {USER, 0, "context"}}},
    {"plinth_transaction_begin", call_plinth_transaction_begin, GIVES_ERROR, 2, {{DATABASE, 0, "db"}, {OUT, sizeof(plinth_transaction *), "out"}}},
    {"plinth_transaction_destroy", call_plinth_transaction_destroy, GIVES_ERROR, 1, {{TRANSACTION, 0, "tr"}}},
    {"plinth_transaction_get", call_plinth_transaction_get, GIVES_ERROR, 5, {{TRANSACTION, 0, "tr"}, {KEYSPACE_OR_NULL, 0, "ks"}, {BYTES, 0, "key"}, {LENGTH, sizeof(size_t), "key_len"}, {OUT, sizeof(plinth_value), "out"}}},
    {"plinth_transaction_snapshot_get", call_plinth_transaction_snapshot_get, GIVES_ERROR, 5, {{TRANSACTION, 0, "tr"}, {KEYSPACE_OR_NULL, 0, "ks"}, {BYTES, 0, "key"}, {LENGTH, sizeof(size_t), "key_len"}, {OUT, sizeof(plinth_value), "out"}}},
    {"plinth_transaction_get_key", call_plinth_transaction_get_key, GIVES_ERROR, 5, {{TRANSACTION, 0, "tr"}, {KEYSPACE_OR_NULL, 0, "ks"}, {SELECTOR, 0, "selector"}, {NUMBER, sizeof(bool), "snapshot"}, {OUT, sizeof(plinth_value), "out"}}},
    {"plinth_transaction_get_range", call_plinth_transaction_get_range, GIVES_ERROR, 6, {{TRANSACTION, 0, "tr"}, {KEYSPACE_OR_NULL, 0, "ks"}, {SELECTOR, 0, "begin"}, {SELECTOR, 0, "end"}, {RANGE_OPTIONS, 0, "options"}, {OUT, sizeof(plinth_range), "out"}}},
    {"plinth_transaction_set", call_plinth_transaction_set, GIVES_ERROR, 6, {{TRANSACTION, 0, "tr"}, {KEYSPACE_OR_NULL, 0, "ks"}, {BYTES, 0, "key"}, {LENGTH, sizeof(size_t), "key_len"}, {BYTES, 0, "value"}, {LENGTH, sizeof(size_t), "value_len"}}},
    {"plinth_transaction_clear", call_plinth_transaction_clear, GIVES_ERROR, 4, {{TRANSACTION, 0, "tr"}, {KEYSPACE_OR_NULL, 0, "ks"}, {BYTES, 0, "key"}, {LENGTH, sizeof(size_t), "key_len"}}},
    {"plinth_transaction_clear_range", call_plinth_transaction_clear_range, GIVES_ERROR, 6, {{TRANSACTION, 0, "tr"}, {KEYSPACE_OR_NULL, 0, "ks"}, {BYTES, 0, "begin"}, {LENGTH, sizeof(size_t), "begin_len"}, {BYTES, 0, "end"}, {LENGTH, sizeof(size_t), "end_len"}}},
    {"plinth_transaction_add_read_conflict", call_plinth_transaction_add_read_conflict, GIVES_ERROR, 4, {{TRANSACTION, 0, "tr"}, {KEYSPACE_OR_NULL, 0, "ks"}, {BYTES, 0, "key"}, {LENGTH, sizeof(size_t), "key_len"}}},
    {"plinth_transaction_add_read_conflict_range", call_plinth_transaction_add_read_conflict_range, GIVES_ERROR, 6, {{TRANSACTION, 0, "tr"}, {KEYSPACE_OR_NULL, 0, "ks"}, {BYTES, 0, "begin"}, {LENGTH, sizeof(size_t), "begin_len"}, {BYTES, 0, "end"}, {LENGTH, sizeof(size_t), "end_len"}}},
    {"plinth_transaction_add_write_conflict_range", call_plinth_transaction_add_write_conflict_range, GIVES_ERROR, 6, {{TRANSACTION, 0, "tr"}, {KEYSPACE_OR_NULL, 0, "ks"}, {BYTES, 0, "begin"}, {LENGTH, sizeof(size_t), "begin_len"}, {BYTES, 0, "end"}, {LENGTH, sizeof(size_t), "end_len"}}},
    {"plinth_transaction_get_read_version", call_plinth_transaction_get_read_version, GIVES_ERROR, 2, {{TRANSACTION, 0, "tr"}, {OUT, sizeof(int64_t), "out"}}},
    {"plinth_transaction_set_read_version", call_plinth_transaction_set_read_version, GIVES_ERROR, 2, {{TRANSACTION, 0, "tr"}, {NUMBER, sizeof(int64_t), "version"}}},
    {"plinth_transaction_commit", call_plinth_transaction_commit, GIVES_ERROR, 1, {{TRANSACTION, 0, "tr"}}},
    {"plinth_transaction_get_committed_version", call_plinth_transaction_get_committed_version, GIVES_ERROR, 2, {{TRANSACTION, 0, "tr"}, {OUT, sizeof(int64_t), "out"}}},
    {"plinth_transaction_on_error", call_plinth_transaction_on_error, GIVES_ERROR, 2, {{TRANSACTION, 0, "tr"}, {NUMBER, sizeof(plinth_error), "error"}}},
    {"plinth_transaction_reset", call_plinth_transaction_reset, GIVES_ERROR, 1, {{TRANSACTION, 0, "tr"}}},
    {"plinth_transaction_cancel", call_plinth_transaction_cancel, GIVES_ERROR, 1, {{TRANSACTION, 0, "tr"}}},
    {"plinth_transaction_id", call_plinth_transaction_id, GIVES_ERROR, 2, {{TRANSACTION, 0, "tr"}, {OUT_BYTES, 0, "out"}}},
    {"plinth_transaction_find", call_plinth_transaction_find, GIVES_ERROR, 3, {{DATABASE, 0, "db"}, {TEXT, 0, "id"}, {OUT, sizeof(plinth_transaction *), "out"}}},
    {"plinth_transaction_atomic_op", call_plinth_transaction_atomic_op, GIVES_ERROR, 7, {{TRANSACTION, 0, "tr"}, {KEYSPACE_OR_NULL, 0, "ks"}, {NUMBER, sizeof(plinth_mutation), "op"}, {BYTES, 0, "key"}, {LENGTH, sizeof(size_t), "key_len"}, {BYTES, 0, "operand"}, {LENGTH, sizeof(size_t), "operand_len"}}},
    {"plinth_transaction_set_versionstamped_key", call_plinth_transaction_set_versionstamped_key, GIVES_ERROR, 7, {{TRANSACTION, 0, "tr"}, {KEYSPACE_OR_NULL, 0, "ks"}, {BYTES, 0, "key"}, {LENGTH, sizeof(size_t), "key_len"}, {NUMBER, sizeof(uint32_t), "offset"}, {BYTES, 0, "value"}, {LENGTH, sizeof(size_t), "value_len"}}},
    {"plinth_transaction_set_versionstamped_value", call_plinth_transaction_set_versionstamped_value, GIVES_ERROR, 7, {{TRANSACTION, 0, "tr"}, {KEYSPACE_OR_NULL, 0, "ks"}, {BYTES, 0, "key"}, {LENGTH, sizeof(size_t), "key_len"}, {BYTES, 0, "value"}, {LENGTH, sizeof(size_t), "value_len"}, {NUMBER, sizeof(uint32_t), "offset"}}},
    {"plinth_transaction_get_versionstamp", call_plinth_transaction_get_versionstamp, GIVES_ERROR, 2, {{TRANSACTION, 0, "tr"}, {OUT_BYTES, 0, "out"}}},
    {"plinth_transaction_get_approximate_size", call_plinth_transaction_get_approximate_size, GIVES_ERROR, 2, {{TRANSACTION, 0, "tr"}, {OUT, sizeof(int64_t), "out"}}},
    {"plinth_transaction_get_estimated_range_size", call_plinth_transaction_get_estimated_range_size, GIVES_ERROR, 7, {{TRANSACTION, 0, "tr"}, {KEYSPACE_OR_NULL, 0, "ks"}, {BYTES, 0, "begin"}, {LENGTH, sizeof(size_t), "begin_len"}, {BYTES, 0, "end"}, {LENGTH, sizeof(size_t), "end_len"}, {OUT, sizeof(int64_t), "out"}}},
    {"plinth_transaction_get_range_split_points", call_plinth_transaction_get_range_split_points, GIVES_ERROR, 8, {{TRANSACTION, 0, "tr"}, {KEYSPACE_OR_NULL, 0, "ks"}, {BYTES, 0, "begin"}, {LENGTH, sizeof(size_t), "begin_len"}, {BYTES, 0, "end"}, {LENGTH, sizeof(size_t), "end_len"}, {NUMBER, sizeof(int64_t), "chunk_size"}, {OUT, sizeof(plinth_range), "out"}}},
    {"plinth_transaction_set_option", call_plinth_transaction_set_option, GIVES_ERROR, 3, {{TRANSACTION, 0, "tr"}, {NUMBER, sizeof(int32_t), "option"}, {NUMBER, sizeof(int64_t), "value"}}},
    {"plinth_database_set_option", call_plinth_database_set_option, GIVES_ERROR, 3, {{DATABASE, 0, "db"}, {NUMBER, sizeof(int32_t), "option"}, {NUMBER, sizeof(int64_t), "value"}}},
    {"plinth_transaction_get_async", call_plinth_transaction_get_async, GIVES_ERROR, 7, {{TRANSACTION, 0, "tr"}, {KEYSPACE_OR_NULL, 0, "ks"}, {BYTES, 0, "key"}, {LENGTH, sizeof(size_t), "key_len"}, {VALUE_CALLBACK, 0, "callback"}, {USER, 0, "user"}, {FINALISER, 0, "finaliser"}}},
    {"plinth_transaction_snapshot_get_async", call_plinth_transaction_snapshot_get_async, GIVES_ERROR, 7, {{TRANSACTION, 0, "tr"}, {KEYSPACE_OR_NULL, 0, "ks"}, {BYTES, 0, "key"}, {LENGTH, sizeof(size_t), "key_len"}, {VALUE_CALLBACK, 0, "callback"}, {USER, 0, "user"}, {FINALISER, 0, "finaliser"}}},
    {"plinth_transaction_get_key_async", call_plinth_transaction_get_key_async, GIVES_ERROR, 7, {{TRANSACTION, 0, "tr"}, {KEYSPACE_OR_NULL, 0, "ks"}, {SELECTOR, 0, "selector"}, {NUMBER, sizeof(bool), "snapshot"}, {VALUE_CALLBACK, 0, "callback"}, {USER, 0, "user"}, {FINALISER, 0, "finaliser"}}},
    {"plinth_transaction_get_range_async", call_plinth_transaction_get_range_async, GIVES_ERROR, 8, {{TRANSACTION, 0, "tr"}, {KEYSPACE_OR_NULL, 0, "ks"}, {SELECTOR, 0, "begin"}, {SELECTOR, 0, "end"}, {RANGE_OPTIONS, 0, "options"}, {RANGE_CALLBACK, 0, "callback"}, {USER, 0, "user"}, {FINALISER, 0, "finaliser"}}},
    {"plinth_transaction_commit_async", call_plinth_transaction_commit_async, GIVES_ERROR, 4, {{TRANSACTION, 0, "tr"}, {DONE_CALLBACK, 0, "callback"}, {USER, 0, "user"}, {FINALISER, 0, "finaliser"}}},
    {"plinth_transaction_on_error_async", call_plinth_transaction_on_error_async, GIVES_ERROR, 5, {{TRANSACTION, 0, "tr"}, {NUMBER, sizeof(plinth_error), "error"}, {DONE_CALLBACK, 0, "callback"}, {USER, 0, "user"}, {FINALISER, 0, "finaliser"}}},
    {"plinth_transaction_get_many", call_plinth_transaction_get_many, GIVES_ERROR, 6, {{TRANSACTION, 0, "tr"}, {KEYSPACE_OR_NULL, 0, "ks"}, {KEYS, 0, "keys"}, {COUNT_OF_KEYS, sizeof(size_t), "count"}, {NUMBER, sizeof(bool), "snapshot"}, {OUT, sizeof(plinth_values), "out"}}},
    {"plinth_transaction_get_many_async", call_plinth_transaction_get_many_async, GIVES_ERROR, 8, {{TRANSACTION, 0, "tr"}, {KEYSPACE_OR_NULL, 0, "ks"}, {KEYS, 0, "keys"}, {COUNT_OF_KEYS, sizeof(size_t), "count"}, {NUMBER, sizeof(bool), "snapshot"}, {VALUES_CALLBACK, 0, "callback"}, {USER, 0, "user"}, {FINALISER, 0, "finaliser"}}},
    {"plinth_values_free", call_plinth_values_free, GIVES_NOTHING, 1, {{FREED, sizeof(plinth_values), "values"}}},
    {"plinth_transaction_stream_range", call_plinth_transaction_stream_range, GIVES_ERROR, 6, {{TRANSACTION, 0, "tr"}, {KEYSPACE_OR_NULL, 0, "ks"}, {SELECTOR, 0, "begin"}, {SELECTOR, 0, "end"}, {RANGE_OPTIONS, 0, "options"}, {OUT, sizeof(plinth_stream *), "out"}}},
    {"plinth_stream_next", call_plinth_stream_next, GIVES_ERROR, 2, {{STREAM, 0, "stream"}, {OUT, sizeof(plinth_range), "out"}}},
    {"plinth_stream_destroy", call_plinth_stream_destroy, GIVES_ERROR, 1, {{STREAM, 0, "stream"}}},
    {"plinth_transaction_watch", call_plinth_transaction_watch, GIVES_ERROR, 8, {{TRANSACTION, 0, "tr"}, {KEYSPACE_OR_NULL, 0, "ks"}, {BYTES, 0, "key"}, {LENGTH, sizeof(size_t), "key_len"}, {DONE_CALLBACK, 0, "callback"}, {USER, 0, "user"}, {FINALISER, 0, "finaliser"}, {OUT, sizeof(plinth_watch *), "out"}}},
    {"plinth_watch_cancel", call_plinth_watch_cancel, GIVES_ERROR, 1, {{WATCH, 0, "watch"}}},
    {"plinth_watch_destroy", call_plinth_watch_destroy, GIVES_ERROR, 1, {{WATCH, 0, "watch"}}},
    {"plinth_database_list_transactions", call_plinth_database_list_transactions, GIVES_ERROR, 2, {{DATABASE, 0, "db"}, {OUT, sizeof(plinth_transaction_list), "out"}}},
    {"plinth_transaction_list_free", call_plinth_transaction_list_free, GIVES_NOTHING, 1, {{FREED, sizeof(plinth_transaction_list), "list"}}},
    {"plinth_transaction_expire", call_plinth_transaction_expire, GIVES_ERROR, 1, {{TRANSACTION, 0, "tr"}}},
    {"plinth_database_expire_transaction", call_plinth_database_expire_transaction, GIVES_ERROR, 2, {{DATABASE, 0, "db"}, {TEXT, 0, "id"}}},
    {"plinth_database_expire", call_plinth_database_expire, GIVES_ERROR, 3, {{DATABASE, 0, "db"}, {NUMBER, sizeof(int64_t), "version"}, {OUT, sizeof(uint64_t), "out"}}},
    {"plinth_transaction_get_conflict", call_plinth_transaction_get_conflict, GIVES_ERROR, 3, {{TRANSACTION, 0, "tr"}, {NUMBER, sizeof(size_t), "index"}, {OUT, sizeof(plinth_conflict), "out"}}},
    {"plinth_conflict_free", call_plinth_conflict_free, GIVES_NOTHING, 1, {{FREED, sizeof(plinth_conflict), "conflict"}}},
    {"plinth_database_lock", call_plinth_database_lock, GIVES_ERROR, 3, {{DATABASE, 0, "db"}, {BYTES, 0, "id"}, {LENGTH, sizeof(size_t), "id_len"}}},
    {"plinth_database_unlock", call_plinth_database_unlock, GIVES_ERROR, 3, {{DATABASE, 0, "db"}, {BYTES, 0, "id"}, {LENGTH, sizeof(size_t), "id_len"}}},
    {"plinth_database_is_locked", call_plinth_database_is_locked, GIVES_ERROR, 3, {{DATABASE, 0, "db"}, {OUT, sizeof(bool), "out"}, {OUT_BYTES, 0, "out_id"}}},
    {"plinth_run", call_plinth_run, GIVES_ERROR, 3, {{DATABASE, 0, "db"}, {BODY, 0, "body"}, {USER, 0, "user"}}},
    {"plinth_set_log_callback", call_plinth_set_log_callback, GIVES_ERROR, 3, {{NUMBER, sizeof(int32_t), "level"}, {LOG_CALLBACK, 0, "callback"}, {USER, 0, "context"}}},
    {"plinth_database_dump", call_plinth_database_dump, GIVES_ERROR, 6, {{DATABASE, 0, "db"}, {TEXT, 0, "path"}, {PROGRESS_CALLBACK, 0, "progress"}, {USER, 0, "context"}, {OUT, sizeof(plinth_dumped), "out"}, {SIZE, sizeof(size_t), "out_size"}}},
    {"plinth_database_dump_to", call_plinth_database_dump_to, GIVES_ERROR, 7, {{DATABASE, 0, "db"}, {WRITE_CALLBACK, 0, "write"}, {USER, 0, "to"}, {PROGRESS_CALLBACK, 0, "progress"}, {USER, 0, "context"}, {OUT, sizeof(plinth_dumped), "out"}, {SIZE, sizeof(size_t), "out_size"}}},
    {"plinth_database_load", call_plinth_database_load, GIVES_ERROR, 7, {{DATABASE, 0, "db"}, {TEXT, 0, "path"}, {LOAD_OPTIONS, 0, "options"}, {PROGRESS_CALLBACK, 0, "progress"}, {USER, 0, "context"}, {OUT, sizeof(plinth_dumped), "out"}, {SIZE, sizeof(size_t), "out_size"}}},
    {"plinth_database_load_from", call_plinth_database_load_from, GIVES_ERROR, 8, {{DATABASE, 0, "db"}, {READ_CALLBACK, 0, "read"}, {USER, 0, "from"}, {LOAD_OPTIONS, 0, "options"}, {PROGRESS_CALLBACK, 0, "progress"}, {USER, 0, "context"}, {OUT, sizeof(plinth_dumped), "out"}, {SIZE, sizeof(size_t), "out_size"}}},
    {"plinth_dump_check", call_plinth_dump_check, GIVES_ERROR, 5, {{TEXT, 0, "path"}, {PROGRESS_CALLBACK, 0, "progress"}, {USER, 0, "context"}, {OUT, sizeof(plinth_dumped), "out"}, {SIZE, sizeof(size_t), "out_size"}}},
    {"plinth_move", call_plinth_move, GIVES_ERROR, 7, {{DATABASE, 0, "from"}, {DATABASE, 0, "to"}, {MOVE_OPTIONS, 0, "options"}, {PROGRESS_CALLBACK, 0, "progress"}, {USER, 0, "context"}, {OUT, sizeof(plinth_move_report), "out"}, {SIZE, sizeof(size_t), "out_size"}}},
};
