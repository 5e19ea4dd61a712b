//! Databases (rules NET-4 to NET-7).

use std::ffi::{c_char, c_int, CStr};
use std::sync::Arc;

use plinth_api::status;
use plinth_api::{Code, Error, Result};

use super::{asking, bytes, call, ending, quietly, write};
use crate::database::{database, Database, DATABASES};
use crate::future::ready;
use crate::layout::{fdb_bool_t, fdb_error_t, FDBDatabase, FDBFuture, FDBTenant, FDBTransaction};
use crate::location::{self, Location, Surroundings};
use crate::output::Output;
use crate::tenant::{check_name, Tenant, TENANTS};
use crate::transaction::{Transaction, TRANSACTIONS};
use crate::{network, texts, version};

/// Opens the database of a cluster file.
///
/// # Safety
/// `cluster_file_path` is null or NUL-terminated; `out_database` is null or writable.
#[no_mangle]
pub unsafe extern "C" fn fdb_create_database(
    cluster_file_path: *const c_char,
    out_database: *mut *mut FDBDatabase,
) -> fdb_error_t {
    call(|| {
        // SAFETY: this function's contract.
        let path = unsafe { text(cluster_file_path) };
        // SAFETY: this function's contract.
        unsafe { open(out_database, || location::of_cluster_file(path?, &Surroundings::of_process())) }
    })
}

/// Opens the database that a connection string names.
///
/// # Safety
/// `connection_string` is null or NUL-terminated; `out_database` is null or writable.
#[no_mangle]
pub unsafe extern "C" fn fdb_create_database_from_connection_string(
    connection_string: *const c_char,
    out_database: *mut *mut FDBDatabase,
) -> fdb_error_t {
    call(|| {
        // SAFETY: this function's contract.
        let text = unsafe { text(connection_string) };
        let locate = || location::of_connection_string(text?.unwrap_or_default(), &Surroundings::of_process());
        // SAFETY: this function's contract.
        unsafe { open(out_database, locate) }
    })
}

/// A text argument, which may be NULL.
///
/// # Safety
/// `text` is null or NUL-terminated, and stays unchanged while the result is used.
unsafe fn text<'a>(text: *const c_char) -> Result<Option<&'a str>> {
    if text.is_null() {
        return Ok(None);
    }
    // SAFETY: this function's contract.
    let text = unsafe { CStr::from_ptr(text) }.to_str();
    text.map(Some).map_err(|_| Error::new(Code::NO_CLUSTER_FILE_FOUND).context("the path is not UTF-8"))
}

/// Opens the database of a location.
///
/// # Safety
/// `out` is null or writable.
unsafe fn open(out: *mut *mut FDBDatabase, locate: impl FnOnce() -> Result<Location>) -> Result<()> {
    // SAFETY: this function's contract.
    unsafe { write(out, std::ptr::null_mut()) }?;
    version::check_selected()?;
    network::check_set_up()?;
    let handle = open_handle(locate)?;
    // SAFETY: as above.
    unsafe { write(out, handle as *mut FDBDatabase) }
}

/// The handle of the database of a location.
pub fn open_handle(locate: impl FnOnce() -> Result<Location>) -> Result<usize> {
    DATABASES.insert(Arc::new(Database::open(locate())?))
}

/// Ends a database's handle (rule NET-7).
///
/// # Safety
/// `d` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_database_destroy(d: *mut FDBDatabase) {
    ending(|| DATABASES.remove(d as usize));
}

/// Sets an option of a database's handle (rules OPT-1, OPT-2, OPT-5).
///
/// # Safety
/// `value` is readable for `value_length` bytes; `d` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_database_set_option(
    d: *mut FDBDatabase,
    option: c_int,
    value: *const u8,
    value_length: c_int,
) -> fdb_error_t {
    call(|| {
        let database = database(d)?;
        // SAFETY: this function's contract.
        database.set_option(option, unsafe { bytes(value, value_length) }?)
    })
}

/// Opens a tenant (rules TEN-1 to TEN-3). Whether there is one is told by its transactions.
///
/// # Safety
/// `tenant_name` is readable for its length; `out_tenant` is null or writable; `d` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_database_open_tenant(
    d: *mut FDBDatabase,
    tenant_name: *const u8,
    tenant_name_length: c_int,
    out_tenant: *mut *mut FDBTenant,
) -> fdb_error_t {
    call(|| {
        // SAFETY: this function's contract.
        unsafe { write(out_tenant, std::ptr::null_mut()) }?;
        let database = database(d)?;
        // SAFETY: this function's contract.
        let name = unsafe { bytes(tenant_name, tenant_name_length) }?;
        check_name(name)?;
        let handle = TENANTS.insert(Arc::new(Tenant { database, name: name.to_vec() }))?;
        // SAFETY: this function's contract.
        unsafe { write(out_tenant, handle as *mut FDBTenant) }
    })
}

/// Begins a transaction (rule TX-1).
///
/// # Safety
/// `out_transaction` is null or writable; `d` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_database_create_transaction(
    d: *mut FDBDatabase,
    out_transaction: *mut *mut FDBTransaction,
) -> fdb_error_t {
    call(|| {
        // SAFETY: this function's contract.
        unsafe { write(out_transaction, std::ptr::null_mut()) }?;
        let transaction = Transaction::begin(database(d)?, None)?;
        let handle = TRANSACTIONS.insert(Arc::new(transaction))?;
        // SAFETY: this function's contract.
        unsafe { write(out_transaction, handle as *mut FDBTransaction) }
    })
}

/// Accepted: there is no worker, but the generation that the status tells grows.
///
/// # Safety
/// `address` is readable for its length; `db` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_database_reboot_worker(
    db: *mut FDBDatabase,
    address: *const u8,
    address_length: c_int,
    _check: fdb_bool_t,
    _duration: c_int,
) -> *mut FDBFuture {
    asking(|| {
        // SAFETY: this function's contract.
        unsafe { bytes(address, address_length) }?;
        let database = database(db)?;
        Ok(ready(|| {
            database.store()?.restarted();
            Ok(Output::Int64(1))
        }))
    })
}

/// How busy the library is with this database, 0 to 1.
///
/// # Safety
/// `db` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_database_get_main_thread_busyness(db: *mut FDBDatabase) -> f64 {
    let mut share = 0.0;
    quietly(|| {
        share = database(db)?.store()?.busyness();
        Ok(())
    });
    share
}

/// The protocol version of the release that the program was made for, whatever it expects.
///
/// # Safety
/// `db` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_database_get_server_protocol(
    db: *mut FDBDatabase,
    _expected_version: u64,
) -> *mut FDBFuture {
    asking(|| {
        let database = database(db)?;
        Ok(ready(|| database.store().map(|_| Output::Uint64(texts::protocol()))))
    })
}

/// The state of the client, as JSON.
///
/// # Safety
/// `db` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_database_get_client_status(db: *mut FDBDatabase) -> *mut FDBFuture {
    asking(|| {
        let database = database(db)?;
        Ok(ready(|| Ok(Output::Key(status::client_status_json(&database.client()).into_bytes()))))
    })
}
