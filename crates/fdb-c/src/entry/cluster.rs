//! Clusters, which stood between a program and its databases below version 610.

use std::ffi::{c_char, c_int, CStr};

use plinth_api::{Code, Error};
use plinth_boundary::handle::Table;

use super::{asking, bytes, call, quietly};
use crate::future::ready;
use crate::layout::{fdb_error_t, FDBCluster, FDBFuture};
use crate::location::{self, Surroundings};
use crate::output::Output;
use crate::{network, version};

/// The cluster files of the clusters that were not destroyed.
static CLUSTERS: Table<Option<String>> = Table::new("cluster", 13);

fn destroy_database(handle: usize) {
    let _ = crate::database::DATABASES.remove(handle);
}

fn destroy_cluster(handle: usize) {
    let _ = CLUSTERS.remove(handle);
}

/// A future that holds a cluster.
///
/// # Safety
/// `cluster_file_path` is null or NUL-terminated.
#[no_mangle]
pub unsafe extern "C" fn fdb_create_cluster(cluster_file_path: *const c_char) -> *mut FDBFuture {
    asking(|| {
        version::check_below(610)?;
        network::check_set_up()?;
        let path = match cluster_file_path.is_null() {
            true => None,
            // SAFETY: not null, and NUL-terminated by this function's contract.
            false => Some(unsafe { CStr::from_ptr(cluster_file_path) }.to_str().map(str::to_owned)),
        };
        let path = path.transpose().map_err(|_| Error::new(Code::NO_CLUSTER_FILE_FOUND).context("not UTF-8"))?;
        Ok(ready(|| Ok(Output::handle(CLUSTERS.insert(path)?, destroy_cluster))))
    })
}

/// Ends a cluster's handle.
///
/// # Safety
/// `c` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_cluster_destroy(c: *mut FDBCluster) {
    quietly(|| CLUSTERS.remove(c as usize));
}

/// There never was an option of a cluster: 2007.
///
/// # Safety
/// `value` is readable for its length; `c` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_cluster_set_option(
    c: *mut FDBCluster,
    option: c_int,
    _value: *const u8,
    _value_length: c_int,
) -> fdb_error_t {
    call(|| {
        version::check_below(610)?;
        CLUSTERS.get(c as usize)?;
        Err(Error::new(Code::INVALID_OPTION).context(format!("cluster option {option}")))
    })
}

/// A future that holds the database `DB` of a cluster; 2013 for any other name.
///
/// # Safety
/// `db_name` is readable for its length; `c` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_cluster_create_database(
    c: *mut FDBCluster,
    db_name: *const u8,
    db_name_length: c_int,
) -> *mut FDBFuture {
    asking(|| {
        version::check_below(610)?;
        let path = CLUSTERS.get(c as usize)?.clone();
        // SAFETY: this function's contract.
        if unsafe { bytes(db_name, db_name_length) }? != b"DB" {
            return Err(Error::new(Code::INVALID_DATABASE_NAME));
        }
        let locate = || location::of_cluster_file(path.as_deref(), &Surroundings::of_process());
        let handle = super::database::open_handle(locate)?;
        Ok(ready(|| Ok(Output::handle(handle, destroy_database))))
    })
}
