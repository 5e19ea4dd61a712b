//! Who reads in the past of a database, and taking it away.

use std::ffi::{c_char, c_void};
use std::ptr;
use std::sync::Arc;

use plinth_api::{Code, Database, Error, Transaction, TransactionInfo};
use plinth_boundary::{entry, slice};

use crate::handles::{database, transaction, Owner, IDS, OWNERS, TRANSACTIONS};
use crate::transaction::on_free;
use crate::value::free;
use crate::{plinth_database, plinth_error, plinth_transaction};

/// A live transaction, as plinth_database_list_transactions() tells of it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct plinth_transaction_info {
    /// What plinth_transaction_id() tells.
    pub id: [c_char; 37],
    /// The version it reads at; 0 if it has not read.
    pub read_version: i64,
    /// Milliseconds since it was begun or reset.
    pub age_ms: u64,
    /// Bytes of its writes and conflict ranges, about.
    pub bytes: u64,
    /// How often plinth_transaction_on_error() let it try again.
    pub retries: u64,
    /// The process that it is in.
    pub pid: u32,
}

/// Live transactions, the oldest first. Free it with plinth_transaction_list_free().
#[derive(Clone, Copy)]
#[repr(C)]
pub struct plinth_transaction_list {
    /// The transactions; NULL if there is none.
    pub items: *const plinth_transaction_info,
    /// How many there are.
    pub count: usize,
    /// Belongs to the library.
    pub owner: *mut c_void,
}

impl Default for plinth_transaction_list {
    fn default() -> Self {
        Self { items: ptr::null(), count: 0, owner: ptr::null_mut() }
    }
}

impl plinth_transaction_info {
    fn new(info: &TransactionInfo) -> Self {
        let mut id = [0; 37];
        for (place, letter) in id.iter_mut().zip(info.id.bytes().take(36)) {
            *place = letter as c_char;
        }
        Self {
            id,
            read_version: info.read_version,
            age_ms: u64::try_from(info.age.as_millis()).unwrap_or(u64::MAX),
            bytes: info.bytes,
            retries: info.retries,
            pid: info.pid,
        }
    }
}

/// Lists the live transactions of a database, the oldest first: who keeps what an old version reads, since when, and
/// how much each has written. All handles of all processes that have the database open are asked; one that does
/// not answer within a second is left out. Of each handle the 1,000 oldest are told, and 10,000 in all. Transactions of
/// libfdb_c and of the tool are not among them, and over a cluster only those of this handle are.
///
/// @param db   the database
/// @param out  receives the list, zeroed on error. The ids in it go into plinth_database_expire_transaction(), and
///             those of this handle into plinth_transaction_find().
///
/// Threads: any; no transaction is disturbed. Each is told as it is at some moment of the call.
/// Errors: 9000 bad handle; 9001 NULL; 9003 closed; 9017 nobody serves the directory, or eight calls ask at this
/// moment; 9002 too many handles; 4100 internal error.
///
/// # Safety
/// `out` is writable; `db` may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_database_list_transactions(
    db: *mut plinth_database,
    out: *mut plinth_transaction_list,
) -> plinth_error {
    entry::call("plinth_database_list_transactions", || {
        // SAFETY: this function's contract.
        let out = unsafe { slice::out(out, "out") }?;
        let database = database(db)?.clone();
        database.check_open()?;
        let found = match database.transactions() {
            Err(error) if error.code() == Code::UNSUPPORTED_OPERATION => own_transactions(db as usize),
            found => found?,
        };
        let items: Vec<_> = found.iter().map(plinth_transaction_info::new).collect();
        if items.is_empty() {
            return Ok(());
        }
        let (data, count) = (items.as_ptr(), items.len());
        let owner = OWNERS.insert(Owner::Transactions(items))?;
        *out = plinth_transaction_list { items: data, count, owner: owner as *mut c_void };
        Ok(())
    })
}

/// Has a database find the live transactions of a handle.
pub(crate) fn list_for(database: &Arc<dyn Database>, db: usize) {
    database.set_lister(Box::new(move |visit| visit_own(db, visit)));
}

/// Visits the live transactions of a handle, whose ids can be found then.
fn visit_own(db: usize, visit: &mut dyn FnMut(&dyn Transaction)) {
    TRANSACTIONS.each_handle(|handle, object| {
        if object.database == db {
            visit(&**object.transaction);
            if let Some(id) = object.transaction.known_id() {
                IDS.put(&id, handle);
            }
        }
    });
}

/// Those of a handle alone, the oldest first.
fn own_transactions(db: usize) -> Vec<TransactionInfo> {
    let mut found = Vec::new();
    visit_own(db, &mut |transaction| found.push(TransactionInfo { pid: std::process::id(), ..transaction.describe() }));
    found.sort_by_key(|info| std::cmp::Reverse(info.age));
    found
}

/// Frees a list and sets the struct to zero.
///
/// @param list  NULL, a zeroed struct, or one filled by this library. A struct that was freed before, or a
///              copy of one, is left alone.
///
/// Threads: any, but one struct must not be freed by two threads at once. Errors: none.
///
/// # Safety
/// `list` is null or points to a `plinth_transaction_list` that no other thread uses.
#[no_mangle]
pub unsafe extern "C" fn plinth_transaction_list_free(list: *mut plinth_transaction_list) {
    // SAFETY: checked for null and alignment inside; the caller's contract covers the rest.
    unsafe { free(list, |list| list.owner as usize) }
}

/// Takes a transaction's read version away from it: its reads and its commit fail with 1007 until it is reset,
/// which plinth_transaction_on_error() does for that error. Calls that it has under way end as they would.
///
/// @param tr  the transaction; plinth_transaction_find() finds one by an id of the log or of a list
///
/// Threads: any. Errors: 9000 bad handle; 2017 its commit was called; 4100 internal error. Rule VER-6.
///
/// # Safety
/// `tr` may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_transaction_expire(tr: *mut plinth_transaction) -> plinth_error {
    on_free("plinth_transaction_expire", tr, ptr::null_mut(), |tr, _| tr.expire())
}

/// Takes the read version away from a transaction by its id, as plinth_transaction_expire() does, in whatever handle
/// and process it is.
///
/// @param db  the database
/// @param id  36 characters and a NUL, such as the id of a list, or of the log
///
/// Threads: any. Errors: 9000 bad handle; 9001 NULL or not a UUID; 9003 closed; 9014 no live transaction has this id, or
/// its process did not answer within a second; 2017 its commit was called; 9017 nobody serves the directory, or eight
/// calls ask at this moment; 4100 internal error. Rule VER-6.
///
/// # Safety
/// `id` is a NUL-terminated string; `db` may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_database_expire_transaction(
    db: *mut plinth_database,
    id: *const c_char,
) -> plinth_error {
    entry::call("plinth_database_expire_transaction", || {
        let database = database(db)?.clone();
        // SAFETY: this function's contract.
        let id = unsafe { entry::text(id, "id") }?;
        match database.expire_transaction(id) {
            Err(error) if error.code() == Code::UNSUPPORTED_OPERATION => {
                transaction(IDS.find(id, db as usize)? as *mut plinth_transaction)?.transaction.expire()
            }
            outcome => outcome,
        }
    })
}

/// Lets go of old versions of the database, for every process that uses it, before its window ends: all up to
/// `version`, and those after it that name the same state, but never the newest state. A read there fails with
/// 1007 from now on. A commit that read there before is still checked and may succeed.
///
/// @param db       the database
/// @param version  the newest version to let go of, such as a read_version of a list; above 0
/// @param out      receives how many versions went; may be NULL
///
/// Threads: any. Errors: 9000 bad handle; 9001 a version below 1; 9003 closed; 9017 nobody serves the
/// directory; 4100 internal error. Rule VER-6.
///
/// # Safety
/// `out` is null or writable; `db` may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_database_expire(db: *mut plinth_database, version: i64, out: *mut u64) -> plinth_error {
    entry::call("plinth_database_expire", || {
        let out = match out.is_null() {
            true => None,
            // SAFETY: this function's contract.
            false => Some(unsafe { slice::out(out, "out") }?),
        };
        if version < 1 {
            return Err(Error::new(Code::INVALID_ARGUMENT).context(format!("version {version}")));
        }
        let gone = database(db)?.expire(version)?;
        if let Some(out) = out {
            *out = gone;
        }
        Ok(())
    })
}
