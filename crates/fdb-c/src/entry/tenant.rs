//! Tenants (rules TEN-1 to TEN-4).

use std::sync::Arc;

use super::{asking, call, ending, write};
use crate::layout::{fdb_error_t, FDBFuture, FDBTenant, FDBTransaction};
use crate::tenant::{tenant, TENANTS};
use crate::transaction::{Transaction, TRANSACTIONS};

/// Begins a transaction of a tenant.
///
/// # Safety
/// `out_transaction` is null or writable; `tenant` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_tenant_create_transaction(
    tenant: *mut FDBTenant,
    out_transaction: *mut *mut FDBTransaction,
) -> fdb_error_t {
    call(|| {
        // SAFETY: this function's contract.
        unsafe { write(out_transaction, std::ptr::null_mut()) }?;
        let tenant = self::tenant(tenant)?;
        let transaction = Transaction::begin(tenant.database.clone(), Some(tenant))?;
        let handle = TRANSACTIONS.insert(Arc::new(transaction))?;
        // SAFETY: this function's contract.
        unsafe { write(out_transaction, handle as *mut FDBTransaction) }
    })
}

/// Ends a tenant's handle.
///
/// # Safety
/// `tenant` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_tenant_destroy(tenant: *mut FDBTenant) {
    ending(|| TENANTS.remove(tenant as usize));
}

/// The number of a tenant; the future fails with 2131 if there is none of its name.
///
/// # Safety
/// `tenant` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_tenant_get_id(tenant: *mut FDBTenant) -> *mut FDBFuture {
    asking(|| {
        let tenant = self::tenant(tenant)?;
        Ok(Arc::new(Transaction::begin(tenant.database.clone(), None)?).get_tenant_id(&tenant.name))
    })
}
