//! Counters of a database.

use plinth_api::{Metrics, Value};
use plinth_boundary::{entry, slice};

use crate::handles::database;
use crate::{plinth_database, plinth_error, plinth_value};

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
    /// Transactions of this handle that were told as slow: PLINTH_DATABASE_OPTION_SLOW_TRANSACTION_MS.
    pub slow_transactions: u64,
    /// The oldest version that can be read.
    pub oldest_version: i64,
    /// Its age in milliseconds.
    pub oldest_age_ms: u64,
    /// Bytes that were committed since the oldest version: it keeps at most so much that nobody else needs.
    pub retained_bytes: u64,
    /// Why nothing older is kept: 0 the window, 1 retain_versions, 2 retain_bytes, 3 there were more versions than
    /// are ever kept, 4 plinth_database_expire().
    pub retained_by: u64,
    /// Versions that went for one of these reasons before the window would have let them go.
    pub versions_let_go: u64,
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
            slow_transactions: metrics.slow_transactions,
            oldest_version: metrics.oldest_version,
            oldest_age_ms: metrics.oldest_age_ms,
            retained_bytes: metrics.retained_bytes,
            retained_by: metrics.retained_by,
            versions_let_go: metrics.versions_let_go,
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

/// Everything that is counted of a database, as text for Prometheus.
///
/// The text is in Prometheus' exposition format 0.0.4 (`text/plain; version=0.0.4`), encoded in UTF-8: names,
/// sentences and types, counters, numbers of now, and histograms of how long operations took. Each number has
/// the label `database`, the path that it was opened with. docs/METRICS.md lists the names, which stay.
///
/// Where another process hosts the database, the numbers are the host's, beside those of this handle's own
/// transactions, which have the label `caller="guest"`. What a transaction did is counted when it commits, is reset
/// or is destroyed.
///
/// @param db   the database
/// @param out  receives the text, not terminated by a zero byte; zeroed on error. Free it with plinth_value_free().
///
/// It reads counters, and asks RocksDB for some numbers of each keyspace: some 100 us, and commits and reads go
/// on. With a host elsewhere it waits for the answer.
///
/// Threads: any. Errors: 9000 bad handle; 9001 NULL; 9003 closed; 9017 no host in time; 2108 a backend that
/// counts nothing; 9002 too many values; 4100 internal error.
///
/// # Safety
/// `out` is writable; `db` may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_database_metrics_text(
    db: *mut plinth_database,
    out: *mut plinth_value,
) -> plinth_error {
    entry::call("plinth_database_metrics_text", || {
        // SAFETY: this function's contract.
        let out = unsafe { slice::out(out, "out") }?;
        // Not under the guard: it may wait for another process.
        let database = database(db)?.clone();
        out.fill(Some(Value::Owned(database.metrics_text()?.into_bytes())))
    })
}

/// How a database is, as one JSON document.
///
/// Its members `client` and `cluster` are those of FoundationDB's status, as far as they mean something in one
/// process; the member `plinth` has the rest: identity, host and guests, options, what was done and how long it took,
/// commits by outcome, queues, versions, memory by owner, keyspaces, tables and disk. docs/METRICS.md describes
/// it; later versions add members and change none.
///
/// @param db   the database
/// @param out  receives the document in UTF-8, not terminated by a zero byte; zeroed on error. Free it with
///             plinth_value_free().
///
/// What is said of plinth_database_metrics_text() about hosts, time and counting holds here too. Paths and names of
/// keyspaces are in it, keys and values are not.
///
/// Threads: any. Errors: 9000 bad handle; 9001 NULL; 9003 closed; 9017 no host in time; 2108 a backend that has
/// no status; 9002 too many values; 4100 internal error.
///
/// # Safety
/// `out` is writable; `db` may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_database_status_json(db: *mut plinth_database, out: *mut plinth_value) -> plinth_error {
    entry::call("plinth_database_status_json", || {
        // SAFETY: this function's contract.
        let out = unsafe { slice::out(out, "out") }?;
        // Not under the guard: it may wait for another process.
        let database = database(db)?.clone();
        out.fill(Some(Value::Owned(database.status_json()?.into_bytes())))
    })
}
