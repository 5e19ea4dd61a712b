//! The two traits every backend implements.

use std::sync::Arc;
use std::time::Duration;

use crate::{
    lock, Backup, Changes, Code, DatabaseOption, Done, Durability, EntryMapper, Error, Held, KeySelector, MappedResult,
    Mutation, Pending, Progress, RangeOptions, RangeResult, Result, Soon, TransactionOption, Value, Verified,
};

/// Keys that [`Transaction::get_many`] takes, at most.
pub const MOST_KEYS_AT_ONCE: usize = 10_000;
/// Bytes of the values that it returns, at most.
pub const MOST_VALUES_AT_ONCE: usize = 100_000_000;

/// A keyspace of a database: an ordered map of its own, in the same transactions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyspace {
    /// The number it has while the database is open. A dropped keyspace's number is not reused.
    pub id: u32,
    /// Its name.
    pub name: Arc<str>,
}

/// An open database. All calls may come from any thread.
pub trait Database: Send + Sync {
    /// Begins a transaction. Nothing is read yet.
    fn begin(&self) -> Result<Arc<dyn Transaction>>;

    /// Opens a keyspace and creates it if it is missing.
    fn open_keyspace(&self, name: &str) -> Result<Keyspace>;

    /// Opens a keyspace if it is there.
    fn find_keyspace(&self, name: &str) -> Result<Option<Keyspace>> {
        match self.list_keyspaces()?.iter().any(|known| **known == *name) {
            true => self.open_keyspace(name).map(Some),
            false => Ok(None),
        }
    }

    /// The names of all keyspaces in order, the default one first.
    fn list_keyspaces(&self) -> Result<Vec<Arc<str>>>;

    /// Removes a keyspace with all its keys, at once and durably.
    fn drop_keyspace(&self, name: &str) -> Result<()>;

    /// Sets a default for transactions that begin or are reset later (rule OPT-5), or a limit.
    fn set_option(&self, option: DatabaseOption) -> Result<()>;

    /// Makes every acknowledged commit durable, buffered ones too.
    fn sync(&self) -> Result<()>;

    /// Counters since open. Those of the whole database are its host's.
    fn metrics(&self) -> Metrics;

    /// All numbers that are told of the database, as text in Prometheus' exposition format.
    fn metrics_text(&self) -> Result<String> {
        Err(Error::new(Code::UNSUPPORTED_OPERATION).context("this backend tells no metrics"))
    }

    /// How the database is, as a JSON document.
    fn status_json(&self) -> Result<String> {
        Err(Error::new(Code::UNSUPPORTED_OPERATION).context("this backend tells no status"))
    }

    /// Fails once the handle is closed.
    fn check_open(&self) -> Result<()> {
        Ok(())
    }

    /// Lets go of every version up to one but the newest: reads there fail with 1007. Returns how many they were.
    fn expire(&self, _version: i64) -> Result<u64> {
        Err(Error::new(Code::UNSUPPORTED_OPERATION))
    }

    /// Has the database find the live transactions of this handle, for [`Database::transactions`]. Once is enough.
    fn set_lister(&self, _lister: Lister) {}

    /// The live transactions of every handle of every process that has the database open, the oldest first, as far as
    /// they can be asked.
    fn transactions(&self) -> Result<Vec<TransactionInfo>> {
        Err(Error::new(Code::UNSUPPORTED_OPERATION).context("this backend knows no other handles"))
    }

    /// [`Transaction::expire`] for the one of an id, wherever it is.
    fn expire_transaction(&self, _id: &str) -> Result<()> {
        Err(Error::new(Code::UNSUPPORTED_OPERATION).context("this backend knows no other handles"))
    }

    /// Whether this handle hosts the database for others, or would.
    fn is_host(&self) -> bool {
        true
    }

    /// Makes `to`, which must not exist, a database of its own that holds this one's state, and returns the
    /// version of it: every commit up to that one is in it, those acknowledged before the call among them,
    /// and none later. Either all of it appears under that name, or nothing.
    fn checkpoint(&self, to: &str, progress: &dyn Progress) -> Result<i64> {
        let _ = (to, progress);
        Err(Error::new(Code::UNSUPPORTED_OPERATION))
    }

    /// Adds a generation to the directory of backups `to`, which is made if it is missing. Files that are in
    /// it already are not copied again.
    fn backup(&self, to: &str, progress: &dyn Progress) -> Result<Backup> {
        let _ = (to, progress);
        Err(Error::new(Code::UNSUPPORTED_OPERATION))
    }

    /// Reads everything that is stored and looks whether it is as it should be. What is not is the error.
    fn verify(&self, progress: &dyn Progress) -> Result<Verified> {
        let _ = progress;
        Err(Error::new(Code::UNSUPPORTED_OPERATION))
    }

    /// Compacts a keyspace, or all: what was overwritten or cleared takes no room any more.
    fn compact(&self, keyspace: Option<u32>, progress: &dyn Progress) -> Result<()> {
        let _ = (keyspace, progress);
        Err(Error::new(Code::UNSUPPORTED_OPERATION))
    }

    /// The id that it was created with; `None` if it has none.
    fn id(&self) -> Option<String> {
        None
    }

    /// Holds the newest state, which has every commit that was acknowledged, so that it can be read for as long
    /// as that takes. Fails with `too_many_held_states` above [`crate::MOST_HELD`].
    fn hold(&self) -> Result<Arc<dyn Held>> {
        Err(Error::new(Code::UNSUPPORTED_OPERATION).context("this database can't hold a state"))
    }

    /// Begins to note which keys commits write, in at most `most_ranges` ranges, or in two for each keyspace where
    /// that is more. A state that is held afterwards has at least every commit that is not noted. Fails with
    /// `too_many_trackers` above [`crate::MOST_TRACKERS`], with `invalid_argument` unless `most_ranges` is 1 to
    /// [`crate::MOST_CHANGED_RANGES`].
    fn track_changes(&self, most_ranges: usize) -> Result<Box<dyn Changes>> {
        let _ = most_ranges;
        Err(Error::new(Code::UNSUPPORTED_OPERATION).context("this database can't track changes"))
    }

    /// Locks the database, durably: once this has returned, every transaction fails with `database_locked`, at its
    /// commit and where it would obtain a read version, unless it set the option `LOCK_AWARE` (or
    /// `READ_LOCK_AWARE`, to read only). No commit of another is acknowledged or becomes part of the database
    /// afterwards. Commits that are under way end before, one way or the other. Locking it again under the same
    /// id does nothing; while it is locked under another one this fails with `database_locked`.
    fn lock(&self, id: &[u8; 16]) -> Result<()> {
        lock::lock(self, id)
    }

    /// Takes the lock away, durably. Does nothing if there is none; fails with `database_locked` if it has
    /// another id.
    fn unlock(&self, id: &[u8; 16]) -> Result<()> {
        lock::unlock(self, id)
    }

    /// The id under which it is locked; `None` if it is not.
    fn locked(&self) -> Result<Option<[u8; 16]>> {
        lock::locked(self)
    }

    /// Sees to it that every later version, and so every later versionstamp, is above `version`. Transactions
    /// that are under way may fail with `transaction_too_old`.
    fn raise_version(&self, version: i64) -> Result<()> {
        let _ = version;
        Err(Error::new(Code::UNSUPPORTED_OPERATION).context("this database can't raise its versions"))
    }

    /// Ends the database: waits for running calls, then releases the directory. Whatever is
    /// still open fails with `database_closed` from then on. Closing twice does nothing.
    fn close(&self) -> Result<()>;
}

/// A transaction. All calls may come from any thread, several at a time (rule TX-2).
///
/// `keyspace` is a [`Keyspace::id`]; the default keyspace is 0.
pub trait Transaction: Send + Sync {
    /// Reads a key; `snapshot` reads add no read conflict.
    fn get(&self, keyspace: u32, key: &[u8], snapshot: bool) -> Result<Option<Value>>;

    /// Reads keys, each as [`Transaction::get`] would, all of them at one moment. Returns their values in
    /// the order of the keys. Fails as a whole where one of them can't be read, and leaves no read conflict
    /// then; with `invalid_argument` above [`MOST_KEYS_AT_ONCE`], `memory_limit_exceeded` above
    /// [`MOST_VALUES_AT_ONCE`].
    fn get_many(&self, keyspace: u32, keys: &[&[u8]], snapshot: bool) -> Result<Vec<Option<Value>>>;

    /// Finds the key a selector names.
    fn get_key(&self, keyspace: u32, selector: KeySelector, snapshot: bool) -> Result<Vec<u8>>;

    /// Reads the pairs between two selectors.
    fn get_range(
        &self,
        keyspace: u32,
        begin: KeySelector,
        end: KeySelector,
        options: RangeOptions,
    ) -> Result<RangeResult>;

    /// Sets a key.
    fn set(&self, keyspace: u32, key: &[u8], value: &[u8]) -> Result<()>;

    /// Clears a key.
    fn clear(&self, keyspace: u32, key: &[u8]) -> Result<()>;

    /// Clears the keys in `[begin, end)`.
    fn clear_range(&self, keyspace: u32, begin: &[u8], end: &[u8]) -> Result<()>;

    /// Changes a key at commit, on the value it then has (section 7 of the rules). For the two
    /// versionstamped kinds the last four bytes of the key, or of the operand, are the stamp's
    /// place as a little-endian number.
    fn atomic_op(&self, keyspace: u32, mutation: Mutation, key: &[u8], operand: &[u8]) -> Result<()>;

    /// Counts a write that its caller refuses because of its arguments, and returns the error to
    /// tell: the state of the transaction goes before the arguments (rules COM-3 and CONF-11).
    fn refuse_write(&self, error: Error) -> Error {
        error
    }

    /// Adds `[begin, end)`, less what the transaction wrote itself, to its read conflicts.
    fn add_read_conflict_range(&self, keyspace: u32, begin: &[u8], end: &[u8]) -> Result<()>;

    /// Adds `[begin, end)` to its write conflicts.
    fn add_write_conflict_range(&self, keyspace: u32, begin: &[u8], end: &[u8]) -> Result<()>;

    /// The version the transaction reads at; obtained now if there is none yet.
    fn read_version(&self) -> Result<i64>;

    /// Sets the version to read at.
    fn set_read_version(&self, version: i64) -> Result<()>;

    /// Commits. Returns when the outcome is known and as durable as asked for.
    fn commit(&self) -> Result<()>;

    /// The version of the last commit; -1 before it and after a read-only one (rule COM-10).
    fn committed_version(&self) -> i64;

    /// The versionstamp of the last commit since reset: `no_commit_version` (2021) after a read-only
    /// one, `transaction_invalid_version` (2020) without a successful one (rules VST-1, COM-12).
    fn versionstamp(&self) -> Result<[u8; 10]>;

    /// Bytes of mutations and conflict ranges so far, as rule LIM-7 adds them up.
    fn approximate_size(&self) -> Result<i64>;

    /// About how many bytes are stored in `[begin, end)` (rule EST-1).
    fn estimated_range_size(&self, keyspace: u32, begin: &[u8], end: &[u8]) -> Result<i64>;

    /// Keys that cut `[begin, end)` into pieces of about `chunk_size` bytes, both ends included
    /// (rule EST-2).
    fn split_points(&self, keyspace: u32, begin: &[u8], end: &[u8], chunk_size: i64) -> Result<Vec<Vec<u8>>>;

    /// Decides whether to retry after `error`; waits out the back-off and resets if so.
    fn on_error(&self, error: Error) -> Result<()>;

    /// Back to a new transaction.
    fn reset(&self) -> Result<()>;

    /// Another number after each reset: what belongs to an earlier life is over.
    fn life(&self) -> u64 {
        0
    }

    /// [`Transaction::get_range`] in a life of the transaction: `transaction_cancelled` once it is over, and
    /// then the read leaves nothing behind in the life that follows.
    fn get_range_in(
        &self,
        life: u64,
        keyspace: u32,
        begin: KeySelector,
        end: KeySelector,
        options: RangeOptions,
    ) -> Result<RangeResult> {
        let same = || match self.life() == life {
            true => Ok(()),
            false => Err(Error::new(Code::TRANSACTION_CANCELLED).context("the transaction was reset meanwhile")),
        };
        same()?;
        let found = self.get_range(keyspace, begin, end, options)?;
        same().map(|()| found)
    }

    /// Makes every call fail with `transaction_cancelled` until `reset`.
    fn cancel(&self) -> Result<()>;

    /// Says that its owner has no further use for it: asynchronous calls under way and watches that
    /// wait for a commit end with `transaction_cancelled` (rule RST-3).
    fn abandon(&self) {}

    /// Ends it: its owner gives it up as by [`Transaction::abandon`].
    fn end(self: Arc<Self>) {
        self.abandon();
    }

    /// Takes its read version away: reads and its commit fail with 1007 until it is reset, as a retry does.
    fn expire(&self) -> Result<()> {
        Err(Error::new(Code::UNSUPPORTED_OPERATION))
    }

    /// A range that the last commit failed for that was to report them (rule SPEC-4), counted from 0 in order of
    /// keyspaces and keys; `None` if there are fewer.
    fn conflict(&self, _index: usize) -> Result<Option<Conflict>> {
        Err(Error::new(Code::UNSUPPORTED_OPERATION))
    }

    /// What there is to tell of it; makes its id if it has none.
    fn describe(&self) -> TransactionInfo {
        TransactionInfo { id: self.id().unwrap_or_default(), ..TransactionInfo::default() }
    }

    /// Sets an option.
    fn set_option(&self, option: TransactionOption) -> Result<()>;

    /// Calls `done` once the key's value differs from what the transaction sees now (section 8 of
    /// the rules), or with the error that ended the watch. It outlives a transaction that commits.
    fn watch(self: Arc<Self>, keyspace: u32, key: &[u8], done: Done<()>) -> Option<Arc<dyn Pending>>;

    /// Calls `done` with the versionstamp of the next commit when that has ended: with 2021 if it
    /// wrote nothing, 2020 if it failed (rule COM-12). Must be called before the commit.
    fn versionstamp_async(self: Arc<Self>, done: Done<[u8; 10]>) -> Option<Arc<dyn Pending>> {
        done(self.versionstamp());
        None
    }

    /// Fails as a read would that is not begun: with its mark, or as used during commit (rules TX-3,
    /// COM-3).
    fn check_usable(&self) -> Result<()> {
        Ok(())
    }

    /// Runs work that may wait, such as blocking calls of this transaction, on a thread of the
    /// backend; on the calling thread if none can be had.
    fn defer(&self, work: Box<dyn FnOnce() + Send>) {
        work();
    }

    /// [`Transaction::read_version`] that never waits on the calling thread, and tells a version set
    /// by hand without a look at the database (rule VER-7).
    fn read_version_async(self: Arc<Self>, done: Done<i64>) -> Option<Arc<dyn Pending>> {
        done(self.read_version());
        None
    }

    /// [`Transaction::get`] that never waits on the calling thread. This and the calls below return
    /// `None` if `done` was called before they returned. What the read sees is settled by the call
    /// (rule RYW-2).
    fn get_async(
        self: Arc<Self>,
        keyspace: u32,
        key: &[u8],
        snapshot: bool,
        done: Done<Option<Value>>,
    ) -> Option<Arc<dyn Pending>> {
        done(self.get(keyspace, key, snapshot));
        None
    }

    /// [`Transaction::get_async`] for a caller whose `done` has its price: it is made only if the outcome is not known
    /// when the call returns.
    fn get_soon(
        self: Arc<Self>,
        keyspace: u32,
        key: &[u8],
        snapshot: bool,
        done: &mut dyn FnMut() -> Done<Option<Value>>,
    ) -> Soon<Option<Value>> {
        Soon::Asked(self.get_async(keyspace, key, snapshot, done()))
    }

    /// [`Transaction::get_many`] that never waits on the calling thread.
    fn get_many_async(
        self: Arc<Self>,
        keyspace: u32,
        keys: &[&[u8]],
        snapshot: bool,
        done: Done<Vec<Option<Value>>>,
    ) -> Option<Arc<dyn Pending>> {
        done(self.get_many(keyspace, keys, snapshot));
        None
    }

    /// [`Transaction::get_key`] that never waits on the calling thread.
    fn get_key_async(
        self: Arc<Self>,
        keyspace: u32,
        selector: KeySelector,
        snapshot: bool,
        done: Done<Vec<u8>>,
    ) -> Option<Arc<dyn Pending>> {
        done(self.get_key(keyspace, selector, snapshot));
        None
    }

    /// [`Transaction::get_range`] that never waits on the calling thread.
    fn get_range_async(
        self: Arc<Self>,
        keyspace: u32,
        begin: KeySelector,
        end: KeySelector,
        options: RangeOptions,
        done: Done<RangeResult>,
    ) -> Option<Arc<dyn Pending>> {
        done(self.get_range(keyspace, begin, end, options));
        None
    }

    /// Reads the index entries between two selectors, and the range that each of them names (rule
    /// MAP-1). Never waits on the calling thread.
    fn get_mapped_range_async(
        self: Arc<Self>,
        keyspace: u32,
        begin: KeySelector,
        end: KeySelector,
        mapper: EntryMapper,
        options: RangeOptions,
        done: Done<MappedResult>,
    ) -> Option<Arc<dyn Pending>> {
        let _ = (keyspace, begin, end, mapper, options);
        done(Err(Error::new(Code::UNSUPPORTED_OPERATION)));
        None
    }

    /// [`Transaction::estimated_range_size`] that never waits on the calling thread.
    fn estimated_range_size_async(
        self: Arc<Self>,
        keyspace: u32,
        begin: &[u8],
        end: &[u8],
        done: Done<i64>,
    ) -> Option<Arc<dyn Pending>> {
        done(self.estimated_range_size(keyspace, begin, end));
        None
    }

    /// [`Transaction::split_points`] that never waits on the calling thread.
    fn split_points_async(
        self: Arc<Self>,
        keyspace: u32,
        begin: &[u8],
        end: &[u8],
        chunk_size: i64,
        done: Done<Vec<Vec<u8>>>,
    ) -> Option<Arc<dyn Pending>> {
        done(self.split_points(keyspace, begin, end, chunk_size));
        None
    }

    /// [`Transaction::commit`] that never waits on the calling thread. `brief` says that `done`
    /// returns at once, so that other commits may wait for it.
    fn commit_async(self: Arc<Self>, done: Done<()>, brief: bool) -> Option<Arc<dyn Pending>> {
        let _ = brief;
        done(self.commit());
        None
    }

    /// [`Transaction::on_error`] that never waits on the calling thread.
    fn on_error_async(self: Arc<Self>, error: Error, done: Done<()>) -> Option<Arc<dyn Pending>> {
        done(self.on_error(error));
        None
    }

    /// Its id as UUID text; made on the first call, kept over resets.
    fn id(&self) -> Result<String>;

    /// Its id if [`Transaction::id`] was ever called.
    fn known_id(&self) -> Option<String>;
}

/// What a repair of a database came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Repaired {
    /// The version of the newest commit that is there.
    pub version: i64,
    /// The newest that is known to have been there; 0 if nothing is known.
    pub acknowledged: i64,
    /// Whether files were left out, so that the state may be one that never was.
    pub rebuilt: bool,
    /// Files that were put aside.
    pub lost_files: u64,
    /// Bytes in them.
    pub lost_bytes: u64,
}

/// What a commit conflicted with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The keyspace's number.
    pub keyspace: u32,
    /// First key of the range that was read.
    pub begin: Vec<u8>,
    /// Its end.
    pub end: Vec<u8>,
    /// The version of the newest commit that wrote there.
    pub version: i64,
    /// Its transaction's id, if it has one and it is still known.
    pub id: Option<String>,
}

/// Visits the live transactions of a handle.
pub type Lister = Box<dyn Fn(&mut dyn FnMut(&dyn Transaction)) + Send + Sync>;

/// What there is to tell of a live transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TransactionInfo {
    /// Its id.
    pub id: String,
    /// The process that it is in.
    pub pid: u32,
    /// The version it reads at; 0 if it has not read.
    pub read_version: i64,
    /// Since when it is alive, or was reset.
    pub age: Duration,
    /// Bytes of its writes and conflict ranges, about.
    pub bytes: u64,
    /// How often it was tried again.
    pub retries: u64,
}

/// Counters of a database since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Metrics {
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
    /// Log writes; each carries a group of commits.
    pub groups: u64,
    /// Times the log was synced.
    pub syncs: u64,
    /// Watches that wait for a change.
    pub watches: u64,
    /// Bytes of conflict history.
    pub conflict_history_bytes: u64,
    /// Bytes of writes held by open transactions.
    pub transaction_bytes: u64,
    /// Read versions that can be read at now.
    pub retained_versions: u64,
    /// States that are held.
    pub held_states: u64,
    /// The newest version that can be read.
    pub latest_version: i64,
    /// Connections of other processes to the host now.
    pub guests: u64,
    /// Whether this handle hosts the database.
    pub is_host: bool,
    /// Durability of commits that do not choose their own.
    pub durability: Option<Durability>,
    /// Nanoseconds that groups waited in the queue, each from its first member's call on.
    pub queue_ns: u64,
    /// Nanoseconds in which groups were resolved.
    pub resolve_ns: u64,
    /// Nanoseconds in which groups were written to the log and to memory.
    pub write_ns: u64,
    /// Nanoseconds of syncs.
    pub sync_ns: u64,
    /// Nanoseconds in which groups were made readable.
    pub publish_ns: u64,
    /// Transactions of this handle that took longer than `slow_ms`.
    pub slow_transactions: u64,
    /// The oldest version that can be read.
    pub oldest_version: i64,
    /// Its age in milliseconds.
    pub oldest_age_ms: u64,
    /// Bytes that were committed since: at most so much is kept for those who read there.
    pub retained_bytes: u64,
    /// Why nothing older is there: 0 the window, 1 the bound of versions, 2 that of bytes, 3 there were too many, 4
    /// somebody expired it.
    pub retained_by: u64,
    /// Versions that went before the window would have let them go.
    pub versions_let_go: u64,
}
