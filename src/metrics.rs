//! Counters of a database.

use plinth_api::Metrics;
use plinth_boundary::{entry, slice};

use crate::handles::database;
use crate::{plinth_database, plinth_error};

/// Counters of a database since it was opened.
#[derive(Clone, Copy, Default)]
#[repr(C)]
pub struct plinth_metrics {
    /// Transactions alive now.
    pub live_transactions: u64,
    /// Write commits acknowledged.
    pub commits: u64,
    /// Commits refused with 1020.
    pub conflicts: u64,
    /// Commits refused with 1007.
    pub too_old: u64,
    /// Commits refused with 1042.
    pub refused: u64,
    /// Writes to the log; each carries a group of commits.
    pub groups: u64,
    /// Times the log was synced; far below `commits` when many commit at once.
    pub syncs: u64,
    /// Bytes of conflict history.
    pub conflict_history_bytes: u64,
    /// Bytes of writes held by open transactions.
    pub transaction_bytes: u64,
    /// Read versions that can be read at now.
    pub retained_versions: u64,
    /// The newest version that can be read.
    pub latest_version: i64,
    /// Watches that wait for a change now.
    pub watches: u64,
    /// Connections of other processes to the one that hosts the directory now.
    pub guests: u64,
    /// 1 if this handle hosts the directory, else 0: then the counters, but for its own transactions and
    /// watches, are those of the host.
    pub is_host: u64,
    /// Nanoseconds that groups of commits waited in the queue, each from its first commit's call until it was
    /// taken. Divide this and the next ones by what `groups` grew by, and `sync_ns` by what `syncs` grew by.
    pub queue_ns: u64,
    /// Nanoseconds in which groups were checked for conflicts and put together.
    pub resolve_ns: u64,
    /// Nanoseconds in which groups were written to the log and to memory, without a sync.
    pub write_ns: u64,
    /// Nanoseconds of syncs of the log. Later groups are in the other stages meanwhile.
    pub sync_ns: u64,
    /// Nanoseconds in which groups were made readable.
    pub publish_ns: u64,
}

impl From<Metrics> for plinth_metrics {
    fn from(metrics: Metrics) -> Self {
        Self {
            live_transactions: metrics.live_transactions,
            commits: metrics.commits,
            conflicts: metrics.conflicts,
            too_old: metrics.too_old,
            refused: metrics.refused,
            groups: metrics.groups,
            syncs: metrics.syncs,
            conflict_history_bytes: metrics.conflict_history_bytes,
            transaction_bytes: metrics.transaction_bytes,
            retained_versions: metrics.retained_versions,
            latest_version: metrics.latest_version,
            watches: metrics.watches,
            guests: metrics.guests,
            is_host: metrics.is_host.into(),
            queue_ns: metrics.queue_ns,
            resolve_ns: metrics.resolve_ns,
            write_ns: metrics.write_ns,
            sync_ns: metrics.sync_ns,
            publish_ns: metrics.publish_ns,
        }
    }
}

/// Reads the counters of a database.
///
/// @param db        the database
/// @param out       receives the counters; `out_size` bytes are written
/// @param out_size  sizeof(plinth_metrics). A program compiled against an older header gets the
///                  counters it knows.
///
/// Threads: any. Errors: 9000 bad handle; 9001 NULL or a size below 8; 4100 internal error.
///
/// # Safety
/// `out` points to `out_size` writable bytes; `db` may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_database_metrics(
    db: *mut plinth_database,
    out: *mut plinth_metrics,
    out_size: usize,
) -> plinth_error {
    entry::call("plinth_database_metrics", || {
        // SAFETY: the first counter is writable by this function's contract.
        unsafe { slice::out(out.cast::<u64>(), "out") }?;
        // SAFETY: `out_size` bytes are writable by this function's contract.
        unsafe { slice::fill_sized(out, out_size, "out", || Ok(database(db)?.metrics().into())) }
    })
}
