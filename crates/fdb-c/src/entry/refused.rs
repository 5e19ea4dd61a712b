//! Functions of FoundationDB's interface that are refused, each in the way in which its callers see errors.
//!
//! Generated from `schema/fdb_c.toml` by `cargo xtask fdb`; do not edit.

use std::ffi::{c_char, c_int, c_void};

use crate::layout::{
    fdb_bool_t, fdb_error_t, FDBBGEncryptionCtx, FDBBGFileDescription, FDBBGMutation, FDBBGTenantPrefix,
    FDBCdcConsumer, FDBCdcStreamInfo, FDBCdcVersionedMutations, FDBDatabase, FDBFuture, FDBGranuleSummary, FDBKey,
    FDBKeyRange, FDBKeyValue, FDBReadBlobGranuleContext, FDBResult, FDBTenant, FDBTransaction,
};

/// Returns the state that two copies of a client library share. Here there is one copy, so no future holds
/// one.
///
/// # Safety
/// Each `out_` parameter is NULL or may be written; no other is looked at.
#[no_mangle]
pub unsafe extern "C" fn fdb_future_get_shared_state(
    _future: *mut FDBFuture,
    out_state: *mut *mut c_void,
) -> fdb_error_t {
    // SAFETY: the caller's duty.
    unsafe {
        super::refuse::clear(out_state);
    }
    super::refuse::error("fdb_future_get_shared_state")
}

/// Tells whether a future has an error, for programs of a version before 2.3. Those versions are not served;
/// use fdb_future_get_error().
///
/// # Safety
/// None of the arguments is looked at.
#[no_mangle]
pub unsafe extern "C" fn fdb_future_is_error(_future: *mut FDBFuture) -> fdb_bool_t {
    super::refuse::error("fdb_future_is_error")
}

/// Returns the rows of a result. Every result of this library is an error, so there are none.
///
/// # Safety
/// Each `out_` parameter is NULL or may be written; no other is looked at.
#[no_mangle]
pub unsafe extern "C" fn fdb_result_get_keyvalue_array(
    _result: *mut FDBResult,
    out_rows: *mut *const FDBKeyValue,
    out_count: *mut c_int,
    out_more: *mut fdb_bool_t,
) -> fdb_error_t {
    // SAFETY: the caller's duty.
    unsafe {
        super::refuse::clear(out_rows);
        super::refuse::clear(out_count);
        super::refuse::clear(out_more);
    }
    super::refuse::error("fdb_result_get_keyvalue_array")
}

/// Returns the changes of a result. Every result of this library is an error, so there are none.
///
/// # Safety
/// Each `out_` parameter is NULL or may be written; no other is looked at.
#[no_mangle]
pub unsafe extern "C" fn fdb_result_get_bg_mutations_array(
    _result: *mut FDBResult,
    out_mutations: *mut *const FDBBGMutation,
    out_count: *mut c_int,
) -> fdb_error_t {
    // SAFETY: the caller's duty.
    unsafe {
        super::refuse::clear(out_mutations);
        super::refuse::clear(out_count);
    }
    super::refuse::error("fdb_result_get_bg_mutations_array")
}

/// Would make a cluster go on without a lost data centre. There is no other data centre.
///
/// # Safety
/// None of the arguments is looked at.
#[no_mangle]
pub unsafe extern "C" fn fdb_database_force_recovery_with_data_loss(
    _database: *mut FDBDatabase,
    _datacenter: *const u8,
    _datacenter_length: c_int,
) -> *mut FDBFuture {
    super::refuse::future("fdb_database_force_recovery_with_data_loss")
}

/// Would run a command on the machines of a cluster that takes a snapshot of their disks.
///
/// # Safety
/// None of the arguments is looked at.
#[no_mangle]
pub unsafe extern "C" fn fdb_database_create_snapshot(
    _database: *mut FDBDatabase,
    _uid: *const u8,
    _uid_length: c_int,
    _command: *const u8,
    _command_length: c_int,
) -> *mut FDBFuture {
    super::refuse::future("fdb_database_create_snapshot")
}

/// Would give the state that two copies of a client library share. Here there is one copy.
///
/// # Safety
/// None of the arguments is looked at.
#[no_mangle]
pub unsafe extern "C" fn fdb_database_create_shared_state(_database: *mut FDBDatabase) -> *mut FDBFuture {
    super::refuse::future("fdb_database_create_shared_state")
}

/// Would take the state that two copies of a client library share. It changes nothing.
///
/// # Safety
/// None of the arguments is looked at.
#[no_mangle]
pub unsafe extern "C" fn fdb_database_set_shared_state(_database: *mut FDBDatabase, _state: *mut c_void) {
    super::refuse::nothing("fdb_database_set_shared_state");
}

/// Was the mapped range read of version 700, which gave its rows in one flat list. Use
/// fdb_transaction_get_mapped_range().
///
/// # Safety
/// None of the arguments is looked at.
#[allow(clippy::too_many_arguments, reason = "the signature is FoundationDB's")]
#[no_mangle]
pub unsafe extern "C" fn fdb_transaction_get_range_and_flat_map(
    _transaction: *mut FDBTransaction,
    _begin: *const u8,
    _begin_length: c_int,
    _begin_or_equal: fdb_bool_t,
    _begin_offset: c_int,
    _end: *const u8,
    _end_length: c_int,
    _end_or_equal: fdb_bool_t,
    _end_offset: c_int,
    _mapper: *const u8,
    _mapper_length: c_int,
    _limit: c_int,
    _target_bytes: c_int,
    _mode: c_int,
    _iteration: c_int,
    _snapshot: fdb_bool_t,
    _reverse: fdb_bool_t,
) -> *mut FDBFuture {
    super::refuse::future("fdb_transaction_get_range_and_flat_map")
}

/// Was the range read between selectors before version 14. Those versions are not served; use
/// fdb_transaction_get_range().
///
/// # Safety
/// None of the arguments is looked at.
#[allow(clippy::too_many_arguments, reason = "the signature is FoundationDB's")]
#[no_mangle]
pub unsafe extern "C" fn fdb_transaction_get_range_selector(
    _transaction: *mut FDBTransaction,
    _begin: *const u8,
    _begin_length: c_int,
    _begin_or_equal: fdb_bool_t,
    _begin_offset: c_int,
    _end: *const u8,
    _end_length: c_int,
    _end_or_equal: fdb_bool_t,
    _end_offset: c_int,
    _limit: c_int,
) -> *mut FDBFuture {
    super::refuse::future("fdb_transaction_get_range_selector")
}

/// Would remove the blob granules of a range that are older than a version.
///
/// # Safety
/// None of the arguments is looked at.
#[no_mangle]
pub unsafe extern "C" fn fdb_database_purge_blob_granules(
    _database: *mut FDBDatabase,
    _begin: *const u8,
    _begin_length: c_int,
    _end: *const u8,
    _end_length: c_int,
    _purge_version: i64,
    _force: fdb_bool_t,
) -> *mut FDBFuture {
    super::refuse::future("fdb_database_purge_blob_granules")
}

/// Would wait for the end of a purge of blob granules.
///
/// # Safety
/// None of the arguments is looked at.
#[no_mangle]
pub unsafe extern "C" fn fdb_database_wait_purge_granules_complete(
    _database: *mut FDBDatabase,
    _purge_key: *const u8,
    _purge_key_length: c_int,
) -> *mut FDBFuture {
    super::refuse::future("fdb_database_wait_purge_granules_complete")
}

/// Would begin to keep a range in blob granules.
///
/// # Safety
/// None of the arguments is looked at.
#[no_mangle]
pub unsafe extern "C" fn fdb_database_blobbify_range(
    _database: *mut FDBDatabase,
    _begin: *const u8,
    _begin_length: c_int,
    _end: *const u8,
    _end_length: c_int,
) -> *mut FDBFuture {
    super::refuse::future("fdb_database_blobbify_range")
}

/// Would begin to keep a range in blob granules and wait until they can be read.
///
/// # Safety
/// None of the arguments is looked at.
#[no_mangle]
pub unsafe extern "C" fn fdb_database_blobbify_range_blocking(
    _database: *mut FDBDatabase,
    _begin: *const u8,
    _begin_length: c_int,
    _end: *const u8,
    _end_length: c_int,
) -> *mut FDBFuture {
    super::refuse::future("fdb_database_blobbify_range_blocking")
}

/// Would end to keep a range in blob granules.
///
/// # Safety
/// None of the arguments is looked at.
#[no_mangle]
pub unsafe extern "C" fn fdb_database_unblobbify_range(
    _database: *mut FDBDatabase,
    _begin: *const u8,
    _begin_length: c_int,
    _end: *const u8,
    _end_length: c_int,
) -> *mut FDBFuture {
    super::refuse::future("fdb_database_unblobbify_range")
}

/// Would list the ranges that are kept in blob granules.
///
/// # Safety
/// None of the arguments is looked at.
#[no_mangle]
pub unsafe extern "C" fn fdb_database_list_blobbified_ranges(
    _database: *mut FDBDatabase,
    _begin: *const u8,
    _begin_length: c_int,
    _end: *const u8,
    _end_length: c_int,
    _limit: c_int,
) -> *mut FDBFuture {
    super::refuse::future("fdb_database_list_blobbified_ranges")
}

/// Would check that a range can be read from blob granules at a version.
///
/// # Safety
/// None of the arguments is looked at.
#[no_mangle]
pub unsafe extern "C" fn fdb_database_verify_blob_range(
    _database: *mut FDBDatabase,
    _begin: *const u8,
    _begin_length: c_int,
    _end: *const u8,
    _end_length: c_int,
    _version: i64,
) -> *mut FDBFuture {
    super::refuse::future("fdb_database_verify_blob_range")
}

/// Would write the newest changes of a range into blob granules.
///
/// # Safety
/// None of the arguments is looked at.
#[no_mangle]
pub unsafe extern "C" fn fdb_database_flush_blob_range(
    _database: *mut FDBDatabase,
    _begin: *const u8,
    _begin_length: c_int,
    _end: *const u8,
    _end_length: c_int,
    _compact: fdb_bool_t,
    _version: i64,
) -> *mut FDBFuture {
    super::refuse::future("fdb_database_flush_blob_range")
}

/// Would remove the blob granules of a range of a tenant that are older than a version.
///
/// # Safety
/// None of the arguments is looked at.
#[no_mangle]
pub unsafe extern "C" fn fdb_tenant_purge_blob_granules(
    _tenant: *mut FDBTenant,
    _begin: *const u8,
    _begin_length: c_int,
    _end: *const u8,
    _end_length: c_int,
    _purge_version: i64,
    _force: fdb_bool_t,
) -> *mut FDBFuture {
    super::refuse::future("fdb_tenant_purge_blob_granules")
}

/// Would wait for the end of a purge of blob granules of a tenant.
///
/// # Safety
/// None of the arguments is looked at.
#[no_mangle]
pub unsafe extern "C" fn fdb_tenant_wait_purge_granules_complete(
    _tenant: *mut FDBTenant,
    _purge_key: *const u8,
    _purge_key_length: c_int,
) -> *mut FDBFuture {
    super::refuse::future("fdb_tenant_wait_purge_granules_complete")
}

/// Would begin to keep a range of a tenant in blob granules.
///
/// # Safety
/// None of the arguments is looked at.
#[no_mangle]
pub unsafe extern "C" fn fdb_tenant_blobbify_range(
    _tenant: *mut FDBTenant,
    _begin: *const u8,
    _begin_length: c_int,
    _end: *const u8,
    _end_length: c_int,
) -> *mut FDBFuture {
    super::refuse::future("fdb_tenant_blobbify_range")
}

/// Would begin to keep a range of a tenant in blob granules and wait until they can be read.
///
/// # Safety
/// None of the arguments is looked at.
#[no_mangle]
pub unsafe extern "C" fn fdb_tenant_blobbify_range_blocking(
    _tenant: *mut FDBTenant,
    _begin: *const u8,
    _begin_length: c_int,
    _end: *const u8,
    _end_length: c_int,
) -> *mut FDBFuture {
    super::refuse::future("fdb_tenant_blobbify_range_blocking")
}

/// Would end to keep a range of a tenant in blob granules.
///
/// # Safety
/// None of the arguments is looked at.
#[no_mangle]
pub unsafe extern "C" fn fdb_tenant_unblobbify_range(
    _tenant: *mut FDBTenant,
    _begin: *const u8,
    _begin_length: c_int,
    _end: *const u8,
    _end_length: c_int,
) -> *mut FDBFuture {
    super::refuse::future("fdb_tenant_unblobbify_range")
}

/// Would list the ranges of a tenant that are kept in blob granules.
///
/// # Safety
/// None of the arguments is looked at.
#[no_mangle]
pub unsafe extern "C" fn fdb_tenant_list_blobbified_ranges(
    _tenant: *mut FDBTenant,
    _begin: *const u8,
    _begin_length: c_int,
    _end: *const u8,
    _end_length: c_int,
    _limit: c_int,
) -> *mut FDBFuture {
    super::refuse::future("fdb_tenant_list_blobbified_ranges")
}

/// Would check that a range of a tenant can be read from blob granules at a version.
///
/// # Safety
/// None of the arguments is looked at.
#[no_mangle]
pub unsafe extern "C" fn fdb_tenant_verify_blob_range(
    _tenant: *mut FDBTenant,
    _begin: *const u8,
    _begin_length: c_int,
    _end: *const u8,
    _end_length: c_int,
    _version: i64,
) -> *mut FDBFuture {
    super::refuse::future("fdb_tenant_verify_blob_range")
}

/// Would write the newest changes of a range of a tenant into blob granules.
///
/// # Safety
/// None of the arguments is looked at.
#[no_mangle]
pub unsafe extern "C" fn fdb_tenant_flush_blob_range(
    _tenant: *mut FDBTenant,
    _begin: *const u8,
    _begin_length: c_int,
    _end: *const u8,
    _end_length: c_int,
    _compact: fdb_bool_t,
    _version: i64,
) -> *mut FDBFuture {
    super::refuse::future("fdb_tenant_flush_blob_range")
}

/// Would list the blob granules of a range. In version 710 the limit was not there; the call is refused
/// without looking at it.
///
/// # Safety
/// None of the arguments is looked at.
#[no_mangle]
pub unsafe extern "C" fn fdb_transaction_get_blob_granule_ranges(
    _transaction: *mut FDBTransaction,
    _begin: *const u8,
    _begin_length: c_int,
    _end: *const u8,
    _end_length: c_int,
    _limit: c_int,
) -> *mut FDBFuture {
    super::refuse::future("fdb_transaction_get_blob_granule_ranges")
}

/// Would read a range from blob granules with the caller's own functions for files.
///
/// # Safety
/// None of the arguments is looked at.
#[allow(clippy::too_many_arguments, reason = "the signature is FoundationDB's")]
#[no_mangle]
pub unsafe extern "C" fn fdb_transaction_read_blob_granules(
    _transaction: *mut FDBTransaction,
    _begin: *const u8,
    _begin_length: c_int,
    _end: *const u8,
    _end_length: c_int,
    _begin_version: i64,
    _read_version: i64,
    _context: FDBReadBlobGranuleContext,
) -> *mut FDBResult {
    super::refuse::result("fdb_transaction_read_blob_granules")
}

/// Would begin a read from blob granules on the network thread.
///
/// # Safety
/// Each `out_` parameter is NULL or may be written; no other is looked at.
#[allow(clippy::too_many_arguments, reason = "the signature is FoundationDB's")]
#[no_mangle]
pub unsafe extern "C" fn fdb_transaction_read_blob_granules_start(
    _transaction: *mut FDBTransaction,
    _begin: *const u8,
    _begin_length: c_int,
    _end: *const u8,
    _end_length: c_int,
    _begin_version: i64,
    _read_version: i64,
    out_read_version: *mut i64,
) -> *mut FDBFuture {
    // SAFETY: the caller's duty.
    unsafe {
        super::refuse::clear(out_read_version);
    }
    super::refuse::future("fdb_transaction_read_blob_granules_start")
}

/// Would end a read from blob granules on the caller's thread.
///
/// # Safety
/// None of the arguments is looked at.
#[allow(clippy::too_many_arguments, reason = "the signature is FoundationDB's")]
#[no_mangle]
pub unsafe extern "C" fn fdb_transaction_read_blob_granules_finish(
    _transaction: *mut FDBTransaction,
    _future: *mut FDBFuture,
    _begin: *const u8,
    _begin_length: c_int,
    _end: *const u8,
    _end_length: c_int,
    _begin_version: i64,
    _read_version: i64,
    _context: *mut FDBReadBlobGranuleContext,
) -> *mut FDBResult {
    super::refuse::result("fdb_transaction_read_blob_granules_finish")
}

/// Would describe the files that a read from blob granules needs.
///
/// # Safety
/// Each `out_` parameter is NULL or may be written; no other is looked at.
#[allow(clippy::too_many_arguments, reason = "the signature is FoundationDB's")]
#[no_mangle]
pub unsafe extern "C" fn fdb_transaction_read_blob_granules_description(
    _transaction: *mut FDBTransaction,
    _begin: *const u8,
    _begin_length: c_int,
    _end: *const u8,
    _end_length: c_int,
    _begin_version: i64,
    _read_version: i64,
    out_read_version: *mut i64,
) -> *mut FDBFuture {
    // SAFETY: the caller's duty.
    unsafe {
        super::refuse::clear(out_read_version);
    }
    super::refuse::future("fdb_transaction_read_blob_granules_description")
}

/// Would tell how much the blob granules of a range hold.
///
/// # Safety
/// None of the arguments is looked at.
#[no_mangle]
pub unsafe extern "C" fn fdb_transaction_summarize_blob_granules(
    _transaction: *mut FDBTransaction,
    _begin: *const u8,
    _begin_length: c_int,
    _end: *const u8,
    _end_length: c_int,
    _summary_version: i64,
    _limit: c_int,
) -> *mut FDBFuture {
    super::refuse::future("fdb_transaction_summarize_blob_granules")
}

/// Returns summaries of blob granules. No future of this library holds any.
///
/// # Safety
/// Each `out_` parameter is NULL or may be written; no other is looked at.
#[no_mangle]
pub unsafe extern "C" fn fdb_future_get_granule_summary_array(
    _future: *mut FDBFuture,
    out_summaries: *mut *const FDBGranuleSummary,
    out_count: *mut c_int,
) -> fdb_error_t {
    // SAFETY: the caller's duty.
    unsafe {
        super::refuse::clear(out_summaries);
        super::refuse::clear(out_count);
    }
    super::refuse::error("fdb_future_get_granule_summary_array")
}

/// Returns descriptions of blob granules. No future of this library holds any.
///
/// # Safety
/// Each `out_` parameter is NULL or may be written; no other is looked at.
#[no_mangle]
pub unsafe extern "C" fn fdb_future_readbg_get_descriptions(
    _future: *mut FDBFuture,
    out_descriptions: *mut *mut FDBBGFileDescription,
    out_count: *mut c_int,
) -> fdb_error_t {
    // SAFETY: the caller's duty.
    unsafe {
        super::refuse::clear(out_descriptions);
        super::refuse::clear(out_count);
    }
    super::refuse::error("fdb_future_readbg_get_descriptions")
}

/// Would read the rows of a blob granule's snapshot from memory.
///
/// # Safety
/// None of the arguments is looked at.
#[no_mangle]
pub unsafe extern "C" fn fdb_readbg_parse_snapshot_file(
    _file: *const u8,
    _file_length: c_int,
    _tenant_prefix: *const FDBBGTenantPrefix,
    _encryption: *const FDBBGEncryptionCtx,
) -> *mut FDBResult {
    super::refuse::result("fdb_readbg_parse_snapshot_file")
}

/// Would read the rows of a blob granule's file of changes from memory.
///
/// # Safety
/// None of the arguments is looked at.
#[no_mangle]
pub unsafe extern "C" fn fdb_readbg_parse_delta_file(
    _file: *const u8,
    _file_length: c_int,
    _tenant_prefix: *const FDBBGTenantPrefix,
    _encryption: *const FDBBGEncryptionCtx,
) -> *mut FDBResult {
    super::refuse::result("fdb_readbg_parse_delta_file")
}

/// Would register a stream of the changes of some ranges.
///
/// # Safety
/// None of the arguments is looked at.
#[no_mangle]
pub unsafe extern "C" fn fdb_database_register_cdc_stream(
    _database: *mut FDBDatabase,
    _name: *const u8,
    _name_length: c_int,
    _ranges: *const FDBKeyRange,
    _range_count: c_int,
) -> *mut FDBFuture {
    super::refuse::future("fdb_database_register_cdc_stream")
}

/// Would register a stream that is divided at some keys and gives its changes in order.
///
/// # Safety
/// None of the arguments is looked at.
#[no_mangle]
pub unsafe extern "C" fn fdb_database_register_cdc_ordered_stream(
    _database: *mut FDBDatabase,
    _name: *const u8,
    _name_length: c_int,
    _ranges: *const FDBKeyRange,
    _range_count: c_int,
    _keys: *const FDBKey,
    _key_count: c_int,
) -> *mut FDBFuture {
    super::refuse::future("fdb_database_register_cdc_ordered_stream")
}

/// Would remove a stream of changes.
///
/// # Safety
/// None of the arguments is looked at.
#[no_mangle]
pub unsafe extern "C" fn fdb_database_remove_cdc_stream(
    _database: *mut FDBDatabase,
    _name: *const u8,
    _name_length: c_int,
) -> *mut FDBFuture {
    super::refuse::future("fdb_database_remove_cdc_stream")
}

/// Would list the streams of changes.
///
/// # Safety
/// None of the arguments is looked at.
#[no_mangle]
pub unsafe extern "C" fn fdb_database_list_cdc_streams(_database: *mut FDBDatabase) -> *mut FDBFuture {
    super::refuse::future("fdb_database_list_cdc_streams")
}

/// Would make a consumer of a stream from its beginning.
///
/// # Safety
/// None of the arguments is looked at.
#[no_mangle]
pub unsafe extern "C" fn fdb_database_create_cdc_consumer(
    _database: *mut FDBDatabase,
    _name: *const u8,
    _name_length: c_int,
) -> *mut FDBFuture {
    super::refuse::future("fdb_database_create_cdc_consumer")
}

/// Would make a consumer that goes on at a place of a stream.
///
/// # Safety
/// None of the arguments is looked at.
#[no_mangle]
pub unsafe extern "C" fn fdb_database_resume_cdc_consumer(
    _database: *mut FDBDatabase,
    _stream_id: u64,
    _version: i64,
) -> *mut FDBFuture {
    super::refuse::future("fdb_database_resume_cdc_consumer")
}

/// Would free a consumer. There is none, so it does nothing.
///
/// # Safety
/// None of the arguments is looked at.
#[no_mangle]
pub unsafe extern "C" fn fdb_cdc_consumer_destroy(_consumer: *mut FDBCdcConsumer) {
    super::refuse::nothing("fdb_cdc_consumer_destroy");
}

/// Would wait for the next changes of a stream.
///
/// # Safety
/// None of the arguments is looked at.
#[no_mangle]
pub unsafe extern "C" fn fdb_cdc_consumer_consume(_consumer: *mut FDBCdcConsumer) -> *mut FDBFuture {
    super::refuse::future("fdb_cdc_consumer_consume")
}

/// Would tell a stream that its changes up to here are no longer needed.
///
/// # Safety
/// None of the arguments is looked at.
#[no_mangle]
pub unsafe extern "C" fn fdb_cdc_consumer_acknowledge(_consumer: *mut FDBCdcConsumer) -> *mut FDBFuture {
    super::refuse::future("fdb_cdc_consumer_acknowledge")
}

/// Would tell the place of a consumer in its stream.
///
/// # Safety
/// Each `out_` parameter is NULL or may be written; no other is looked at.
#[no_mangle]
pub unsafe extern "C" fn fdb_cdc_consumer_get_position(
    _consumer: *mut FDBCdcConsumer,
    out_stream_id: *mut u64,
    out_version: *mut i64,
) -> fdb_error_t {
    // SAFETY: the caller's duty.
    unsafe {
        super::refuse::clear(out_stream_id);
        super::refuse::clear(out_version);
    }
    super::refuse::error("fdb_cdc_consumer_get_position")
}

/// Returns descriptions of streams. No future of this library holds any.
///
/// # Safety
/// Each `out_` parameter is NULL or may be written; no other is looked at.
#[no_mangle]
pub unsafe extern "C" fn fdb_future_get_cdc_stream_info_array(
    _future: *mut FDBFuture,
    out_streams: *mut *const FDBCdcStreamInfo,
    out_count: *mut c_int,
) -> fdb_error_t {
    // SAFETY: the caller's duty.
    unsafe {
        super::refuse::clear(out_streams);
        super::refuse::clear(out_count);
    }
    super::refuse::error("fdb_future_get_cdc_stream_info_array")
}

/// Takes a consumer out of a future. No future of this library holds one.
///
/// # Safety
/// Each `out_` parameter is NULL or may be written; no other is looked at.
#[no_mangle]
pub unsafe extern "C" fn fdb_future_get_cdc_consumer(
    _future: *mut FDBFuture,
    out_consumer: *mut *mut FDBCdcConsumer,
) -> fdb_error_t {
    // SAFETY: the caller's duty.
    unsafe {
        super::refuse::clear(out_consumer);
    }
    super::refuse::error("fdb_future_get_cdc_consumer")
}

/// Returns changes, grouped by version. No future of this library holds any.
///
/// # Safety
/// Each `out_` parameter is NULL or may be written; no other is looked at.
#[no_mangle]
pub unsafe extern "C" fn fdb_future_get_cdc_versioned_mutations(
    _future: *mut FDBFuture,
    out_groups: *mut *const FDBCdcVersionedMutations,
    out_count: *mut c_int,
    out_last_version: *mut i64,
) -> fdb_error_t {
    // SAFETY: the caller's duty.
    unsafe {
        super::refuse::clear(out_groups);
        super::refuse::clear(out_count);
        super::refuse::clear(out_last_version);
    }
    super::refuse::error("fdb_future_get_cdc_versioned_mutations")
}

/// Would tell a stand-in for the library where the real one is. This is the library itself, so it does
/// nothing.
///
/// # Safety
/// None of the arguments is looked at.
#[no_mangle]
pub unsafe extern "C" fn fdb_shim_set_local_client_library_path(_path: *const c_char) {
    super::refuse::nothing("fdb_shim_set_local_client_library_path");
}
