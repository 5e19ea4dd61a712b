//! A transaction's handle: what FoundationDB's interface adds to a transaction of the store.
//!
//! Calls that return nothing can't tell their error: the first one is kept in `deferred`, later such
//! calls are ignored, and every call that returns a future fails with it, until a reset or a
//! successful `on_error` (rule TX-4). Everything else about errors, marks and order is the store's.
//!
//! Lock order: `extra` is a leaf; the store is not called with it held.

use std::ffi::c_int;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use plinth_api::key::{is_special, is_special_range, METADATA_VERSION};
use plinth_api::{Code, Error, KeyRange, KeySelector, Mutation, Pending, RangeOptions, Result, Soon, Value};
use plinth_boundary::handle::Table;

use crate::database::{Database, WatchPlace};
use crate::future::{self, Future};
use crate::layout::FDBFuture;
use crate::mapper::{self, Mapped};
use crate::option::OfTransaction;
use crate::output::Output;
use crate::registry::Lease;
use crate::tenant::{self, Tenant};
use crate::{errors, special, texts, version};

/// All transactions that were not destroyed.
pub static TRANSACTIONS: Table<Arc<Transaction>> = Table::new("transaction", 10);

/// A key of the system: no commit gets a version below that in its value, 8 bytes, little-endian. FoundationDB's restore
/// and `advanceversion` of its `fdbcli` write it.
const LOWEST_COMMIT_VERSION: &[u8] = b"\xff/minRequiredCommitVersion";
/// A longer mapper could make no key that there may be.
const LONGEST_MAPPER: usize = 100_000;
/// Tags at most (option 800).
const MOST_TAGS: usize = 5;

/// What a call of the store is given back.
type Started = Result<Option<Arc<dyn Pending>>>;

/// What kind of call it is that needs the keyspace.
#[derive(PartialEq, Eq)]
enum Call {
    /// A read. The first one would have asked a cluster for a read version.
    Read,
    Other,
}

/// What few transactions have. All of it ends with a reset.
#[derive(Default)]
pub struct Extra {
    /// Grows with each reset and retry.
    epoch: u64,
    /// The tenant's keyspace, once it was looked up.
    keyspace: Option<u32>,
    ryw_disabled: bool,
    /// Special keys may be written.
    pub special_writes: bool,
    identifier: Option<Vec<u8>>,
    tags: usize,
    with_port: bool,
    /// Watches whose first read a cluster would not have answered yet: a cancel ends them, and only
    /// them (rule RST-2).
    early_watches: Vec<Weak<Future>>,
    /// Whether a commit was begun.
    pub committing: bool,
    committed: bool,
    /// What a committed transaction of an old version tells its read version from.
    next: Option<Arc<dyn plinth_api::Transaction>>,
    /// What the special keys of tracing say.
    pub trace: special::Trace,
    /// Tenants to be removed once the transaction has committed.
    pub deleted: Vec<i64>,
    /// What versions are raised above then.
    raise: Option<i64>,
}

/// See the file's top.
pub struct Transaction {
    database: Arc<Database>,
    tenant: Option<Arc<Tenant>>,
    inner: std::result::Result<Arc<dyn plinth_api::Transaction>, Code>,
    deferred: AtomicI32,
    /// Whether the read version was asked for.
    versioned: AtomicBool,
    calls: AtomicU64,
    /// Those that the store knows of.
    told: AtomicU64,
    extra: Mutex<Extra>,
}

impl Transaction {
    /// Begins one. A database without a store gives a transaction that fails.
    pub fn begin(database: Arc<Database>, tenant: Option<Arc<Tenant>>) -> Result<Self> {
        let inner = match database.store() {
            Ok(store) => Ok(store.begin()?),
            Err(error) => Err(error.code()),
        };
        if let Ok(inner) = &inner {
            database.apply_defaults(&**inner, false);
        }
        Ok(Self {
            database,
            tenant,
            inner,
            deferred: AtomicI32::new(0),
            versioned: AtomicBool::new(false),
            calls: AtomicU64::new(0),
            told: AtomicU64::new(0),
            extra: Mutex::new(Extra::default()),
        })
    }

    /// What few transactions have.
    pub fn extra(&self) -> MutexGuard<'_, Extra> {
        self.extra.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The store's transaction.
    pub fn inner(&self) -> Result<&Arc<dyn plinth_api::Transaction>> {
        self.inner.as_ref().map_err(|code| Error::new(*code))
    }

    /// The store.
    pub fn store(&self) -> Result<&Arc<Lease>> {
        self.database.store()
    }

    /// The keyspace that its keys are in. A tenant's is looked up by the first call.
    fn keyspace(&self) -> Result<u32> {
        let Some(tenant) = &self.tenant else {
            return Ok(0);
        };
        if let Some(keyspace) = self.extra().keyspace {
            return Ok(keyspace);
        }
        let store = self.store()?;
        let id = tenant::look_up(&**self.inner()?, store, &tenant.name)?;
        let keyspace = store.tenant(&tenant.name, id)?;
        self.extra().keyspace = Some(keyspace);
        Ok(keyspace)
    }

    /// Rule TX-4.
    fn check_deferred(&self) -> Result<()> {
        match self.deferred.load(Ordering::Acquire) {
            0 => Ok(()),
            code => Err(Error::new(Code::from_number(code))),
        }
    }

    /// Keeps an error that can't be told, unless there is one.
    pub fn defer(&self, error: &Error) {
        let _ = self.deferred.compare_exchange(0, errors::number(error), Ordering::AcqRel, Ordering::Relaxed);
    }

    /// A call that returns nothing.
    fn quietly(&self, call: impl FnOnce(&Arc<dyn plinth_api::Transaction>) -> Result<()>) {
        if self.check_deferred().is_err() {
            return;
        }
        self.count();
        if let Err(error) = self.inner().and_then(call) {
            self.defer(&error);
        }
    }

    /// The same for a call that needs the keyspace.
    fn writing(&self, call: impl FnOnce(&Arc<dyn plinth_api::Transaction>, u32) -> Result<()>) {
        self.quietly(|inner| call(inner, self.keyspace()?));
    }

    fn count(&self) {
        self.calls.fetch_add(1, Ordering::Relaxed);
    }

    /// Tells the store how many calls there were.
    fn settle_calls(&self) {
        let calls = self.calls.load(Ordering::Relaxed);
        let told = self.told.swap(calls, Ordering::Relaxed);
        if let Ok(store) = self.store() {
            store.add_calls(calls.saturating_sub(told));
        }
    }

    /// A call that returns a future.
    fn asking(
        self: &Arc<Self>,
        begin: impl FnOnce(&Arc<Future>, Arc<dyn plinth_api::Transaction>) -> Started,
    ) -> *mut FDBFuture {
        future::start(|future| begin(future, self.ready()?))
    }

    /// The same for a call that needs the keyspace.
    fn asking_in(
        self: &Arc<Self>,
        what: Call,
        begin: impl FnOnce(&Arc<Future>, Arc<dyn plinth_api::Transaction>, u32) -> Started,
    ) -> *mut FDBFuture {
        let arriving = what == Call::Read && self.asks_first();
        future::start_arriving(arriving, |future| {
            let inner = self.ready()?;
            begin(future, inner, self.keyspace()?)
        })
    }

    /// Whether this is the first call that needs a read version.
    fn asks_first(&self) -> bool {
        !self.versioned.load(Ordering::Relaxed) && !self.versioned.swap(true, Ordering::Relaxed)
    }

    fn ready(&self) -> Result<Arc<dyn plinth_api::Transaction>> {
        self.check_deferred()?;
        self.count();
        Ok(self.inner()?.clone())
    }

    /// A read of special keys, which works during and after the commit too (rule SPEC-1). Those of
    /// a tenant that was not looked up yet say nothing of its keys.
    pub fn special(
        self: &Arc<Self>,
        begin: impl FnOnce(&Arc<Future>, Arc<dyn plinth_api::Transaction>, u32) -> Started,
    ) -> *mut FDBFuture {
        let keyspace = self.extra().keyspace.unwrap_or(0);
        self.asking(|future, inner| begin(future, inner, keyspace))
    }
}

/// Reads.
impl Transaction {
    /// Rule GET-1.
    pub fn get(self: &Arc<Self>, key: &[u8], snapshot: bool) -> *mut FDBFuture {
        if is_special(key) {
            return special::get(self, key);
        }
        future::start_soon(self.asks_first(), |future| {
            let inner = self.ready()?;
            let keyspace = self.keyspace()?;
            let found = inner.get_soon(keyspace, key, snapshot, &mut || {
                let me = self.clone();
                future.get_or_insert_default().done(move |value| me.output(value))
            });
            Ok(match found {
                Soon::Known(outcome) => Soon::Known(outcome.map(|value| self.output(value))),
                Soon::Asked(pending) => Soon::Asked(pending),
            })
        })
    }

    /// A value, as a future has it.
    fn output(&self, value: Option<Value>) -> Output {
        Output::value(value, || self.store().ok().cloned())
    }

    /// Rules SEL-1 to SEL-6.
    pub fn get_key(self: &Arc<Self>, selector: KeySelector, snapshot: bool) -> *mut FDBFuture {
        self.asking_in(Call::Read, |future, inner, keyspace| {
            Ok(inner.get_key_async(keyspace, selector, snapshot, future.done(Output::Key)))
        })
    }

    /// Rules RNG-1 to RNG-11.
    pub fn get_range(
        self: &Arc<Self>,
        begin: KeySelector,
        end: KeySelector,
        options: Result<RangeOptions>,
    ) -> *mut FDBFuture {
        if is_special_range(&begin, &end) {
            return special::get_range(self, begin, end, options);
        }
        self.asking_in(Call::Read, |future, inner, keyspace| {
            Ok(inner.get_range_async(keyspace, begin, end, options?, future.done(Output::rows)))
        })
    }

    /// Rule MAP-1.
    pub fn get_mapped_range(
        self: &Arc<Self>,
        begin: KeySelector,
        end: KeySelector,
        mapper: &[u8],
        options: Result<RangeOptions>,
    ) -> *mut FDBFuture {
        self.asking_in(Call::Read, |future, inner, keyspace| {
            let options = options?;
            inner.check_usable()?;
            if options.snapshot || self.extra().ryw_disabled {
                let text = "a mapped range needs own writes and conflicts";
                return Err(Error::new(Code::UNSUPPORTED_OPERATION).context(text));
            }
            if mapper.len() > LONGEST_MAPPER {
                return Err(Error::new(Code::KEY_TOO_LARGE).context(format!("a mapper of {} bytes", mapper.len())));
            }
            let mapper = mapper::parse(mapper)?;
            let mapper = Box::new(move |key: &[u8], value: &[u8]| {
                mapper.map(key, value).map(|Mapped { begin, end, .. }| KeyRange { begin, end })
            });
            let done = future.done(Output::mapped);
            Ok(inner.get_mapped_range_async(keyspace, begin, end, mapper, options, done))
        })
    }

    /// Rule VER-4. Below version 700 a commit ends what the read version belongs to (rule COM-11).
    pub fn get_read_version(self: &Arc<Self>) -> *mut FDBFuture {
        future::start(|future| {
            let inner = self.ready()?;
            self.versioned.store(true, Ordering::Relaxed);
            let committed = version::selected() < 700 && self.extra().committed;
            let from = if committed { self.after_commit(&*inner)? } else { inner };
            Ok(from.read_version_async(future.done(Output::Int64)))
        })
    }

    /// Whose read version is told after a commit below version 700: the same one each time.
    fn after_commit(&self, inner: &dyn plinth_api::Transaction) -> Result<Arc<dyn plinth_api::Transaction>> {
        // It tells of a mark.
        inner.read_version()?;
        if let Some(next) = &self.extra().next {
            return Ok(next.clone());
        }
        let next = self.store()?.begin()?;
        Ok(self.extra().next.get_or_insert(next).clone())
    }

    /// Rule GET-3: there is one address, that of this process.
    pub fn get_addresses(self: &Arc<Self>) -> *mut FDBFuture {
        self.asking(|future, inner| {
            inner.check_usable()?;
            let with_port = version::selected() >= 630 || self.extra().with_port;
            let host = texts::ADDRESS.split(':').next().unwrap_or_default();
            let address = if with_port { texts::ADDRESS } else { host };
            future.complete(Ok(Output::strings(vec![address.to_owned()])));
            Ok(None)
        })
    }

    /// Rule EST-1.
    pub fn get_estimated_size(self: &Arc<Self>, begin: &[u8], end: &[u8]) -> *mut FDBFuture {
        self.asking_in(Call::Other, |future, inner, keyspace| {
            Ok(inner.estimated_range_size_async(keyspace, begin, end, future.done(Output::Int64)))
        })
    }

    /// Rule EST-2. `most` bounds the keys between the two ends.
    pub fn get_split_points(
        self: &Arc<Self>,
        begin: &[u8],
        end: &[u8],
        chunk_size: i64,
        most: Option<usize>,
    ) -> *mut FDBFuture {
        self.asking_in(Call::Other, |future, inner, keyspace| {
            let done = future.done(move |mut keys: Vec<Vec<u8>>| {
                // The first and the last are the ends of the range.
                if let Some(most) = most.filter(|most| keys.len() > most + 2) {
                    keys.drain(most + 1..keys.len() - 1);
                }
                Output::keys(keys)
            });
            Ok(inner.split_points_async(keyspace, begin, end, chunk_size, done))
        })
    }

    /// Rule LIM-7.
    pub fn get_approximate_size(self: &Arc<Self>) -> *mut FDBFuture {
        future::ready(|| self.ready()?.approximate_size().map(Output::Int64))
    }

    /// Rule EST-3: what was asked for, in pages.
    pub fn get_total_cost(self: &Arc<Self>) -> *mut FDBFuture {
        future::ready(|| {
            let calls = self.calls.load(Ordering::Relaxed);
            self.ready()?;
            Ok(Output::Int64(i64::try_from(calls).unwrap_or(i64::MAX)))
        })
    }

    /// Rule EST-3: nothing is throttled.
    pub fn get_throttled(self: &Arc<Self>) -> *mut FDBFuture {
        future::ready(|| self.ready().map(|_| Output::Double(0.0)))
    }

    /// The number of a tenant.
    pub fn get_tenant_id(self: &Arc<Self>, name: &[u8]) -> *mut FDBFuture {
        future::ready(|| tenant::look_up(&*self.ready()?, self.store()?, name).map(Output::Int64))
    }

    /// Section 8 of the rules. The store stays open while it waits (rule NET-7).
    pub fn watch(self: &Arc<Self>, key: &[u8]) -> *mut FDBFuture {
        self.asking_in(Call::Other, |future, inner, keyspace| {
            let Some(place) = WatchPlace::take(&self.database) else {
                inner.check_usable()?;
                return Err(Error::new(Code::TOO_MANY_WATCHES));
            };
            future.hold(place);
            if self.asks_first() {
                self.extra().early_watches.push(Arc::downgrade(future));
            }
            Ok(inner.watch(keyspace, key, future.done(|()| Output::Nothing)))
        })
    }
}

/// Writes.
impl Transaction {
    /// Rule COM-9.
    pub fn set(&self, key: &[u8], value: &[u8]) {
        if is_special(key) {
            return self.quietly(|_| special::set(self, key, value));
        }
        self.writing(|inner, keyspace| {
            inner.set(keyspace, key, value)?;
            if key == LOWEST_COMMIT_VERSION && keyspace == 0 {
                // A cluster recovers with versions from there on.
                self.extra().raise = value.try_into().ok().map(|lowest| i64::from_le_bytes(lowest).saturating_sub(1));
            }
            Ok(())
        });
    }

    /// Rule COM-9.
    pub fn clear(&self, key: &[u8]) {
        if is_special(key) {
            return self.quietly(|_| special::clear(self, key, &plinth_api::key::successor(key)));
        }
        self.writing(|inner, keyspace| inner.clear(keyspace, key));
    }

    /// Rule COM-9.
    pub fn clear_range(&self, begin: &[u8], end: &[u8]) {
        if is_special(begin) {
            return self.quietly(|_| special::clear(self, begin, end));
        }
        self.writing(|inner, keyspace| inner.clear_range(keyspace, begin, end));
    }

    /// Section 7 of the rules.
    pub fn atomic_op(&self, key: &[u8], operand: &[u8], kind: c_int) {
        self.writing(|inner, keyspace| {
            let mutation = Mutation::from_number(kind).map_err(|error| inner.refuse_write(error))?;
            if version::selected() >= 520 {
                return inner.atomic_op(keyspace, mutation, key, operand);
            }
            let (key, operand) = with_long_offset(mutation, key, operand).map_err(|error| inner.refuse_write(error))?;
            inner.atomic_op(keyspace, mutation, &key, &operand)
        });
    }

    /// Rule CONF-10.
    pub fn add_conflict_range(&self, begin: &[u8], end: &[u8], kind: c_int) -> Result<()> {
        if !(0..=1).contains(&kind) {
            return Err(Error::new(Code::CLIENT_INVALID_OPERATION).context(format!("conflict range type {kind}")));
        }
        if begin > end {
            return Err(Error::new(Code::INVERTED_RANGE));
        }
        self.writing(|inner, keyspace| match kind {
            0 => inner.add_read_conflict_range(keyspace, begin, end),
            _ => inner.add_write_conflict_range(keyspace, begin, end),
        });
        Ok(())
    }
}

/// What `on_error` answers where it does not retry (rule ERRH-1).
fn given_back(code: c_int) -> c_int {
    match code {
        0 => Code::CLIENT_INVALID_OPERATION.number(),
        1..=30_000 => code,
        _ => Code::UNKNOWN_ERROR.number(),
    }
}

/// Below version 520 the offset of a stamped key has two bytes, and that of a stamped value none.
fn with_long_offset(mutation: Mutation, key: &[u8], operand: &[u8]) -> Result<(Vec<u8>, Vec<u8>)> {
    let (mut key, mut operand) = (key.to_vec(), operand.to_vec());
    match mutation {
        // Its operand is the same at every version (rule SPEC-10).
        _ if key == METADATA_VERSION => {}
        Mutation::SetVersionstampedKey if key.len() < 2 => {
            return Err(Error::new(Code::CLIENT_INVALID_OPERATION).context("the key has no place for an offset"));
        }
        Mutation::SetVersionstampedKey => key.extend([0, 0]),
        Mutation::SetVersionstampedValue => operand.extend([0; 4]),
        _ => {}
    }
    Ok((key, operand))
}

/// Its life.
impl Transaction {
    /// Rule VER-7.
    pub fn set_read_version(&self, version: i64) {
        self.quietly(|inner| inner.set_read_version(version));
    }

    /// Rules COM-1 to COM-8.
    pub fn commit(self: &Arc<Self>) -> *mut FDBFuture {
        self.asking(|future, inner| {
            let mut extra = self.extra();
            extra.committing = true;
            extra.early_watches.clear();
            drop(extra);
            let (me, future) = (self.clone(), future.clone());
            let done = Box::new(move |outcome: Result<()>| {
                me.settle_calls();
                let raise = me.extra().raise.take();
                if outcome.is_ok() {
                    me.committed();
                    if let (Some(version), Ok(inner)) = (raise, me.inner.clone()) {
                        inner.defer(Box::new(move || me.raise_and_tell(version, &future)));
                        return;
                    }
                }
                // Who is told may end the last handle of the store.
                drop(me);
                future.complete(outcome.map(|()| Output::Nothing));
            });
            Ok(inner.commit_async(done, true))
        })
    }

    /// Raises the versions of the store, then tells of the commit. It may be that only the first took effect.
    fn raise_and_tell(self: Arc<Self>, version: i64, future: &Arc<Future>) {
        let raised = self.store().and_then(|store| store.raise_version(version));
        drop(self);
        future.complete(raised.map(|()| Output::Nothing).map_err(|_| Error::new(Code::COMMIT_UNKNOWN_RESULT)));
    }

    fn committed(&self) {
        let mut extra = self.extra();
        extra.committed = true;
        let deleted = std::mem::take(&mut extra.deleted);
        drop(extra);
        if let (false, Ok(store), Ok(inner)) = (deleted.is_empty(), self.store(), self.inner()) {
            let store = store.clone();
            inner.defer(Box::new(move || deleted.into_iter().for_each(|id| store.remove_tenant(id))));
        }
    }

    /// Rule COM-10; -1 before and without a commit.
    pub fn committed_version(&self) -> i64 {
        self.inner().map_or(-1, |inner| inner.committed_version())
    }

    /// Rule COM-12.
    pub fn get_versionstamp(self: &Arc<Self>) -> *mut FDBFuture {
        self.asking(|future, inner| {
            Ok(inner.versionstamp_async(future.done(|stamp: [u8; 10]| Output::Key(stamp.to_vec()))))
        })
    }

    /// Rules ERRH-1 to ERRH-7. It does not look at a deferred error, and takes it away if it
    /// succeeds.
    pub fn on_error(self: &Arc<Self>, code: c_int) -> *mut FDBFuture {
        future::start(|future| {
            let error = Error::new(Code::from_number(code));
            let Ok(inner) = self.inner() else {
                future.complete_as(Err(given_back(code)));
                return Ok(None);
            };
            let (me, future, epoch) = (self.clone(), future.clone(), self.extra().epoch);
            let done = Box::new(move |outcome: Result<()>| {
                match &outcome {
                    Ok(()) => me.begin_again(Some(epoch)),
                    // Rule ERRH-5, within the call. What ended the call later is the program's doing.
                    Err(error) if version::selected() < 610 && error.code().number() == code => me.reset(),
                    Err(_) => {}
                }
                drop(me);
                future.complete_as(match outcome {
                    Ok(()) => Ok(Output::Nothing),
                    // Rule ERRH-1: it comes back as it was given.
                    Err(error) if error.code().number() == code => Err(code),
                    Err(error) => Err(errors::number(&error)),
                });
            });
            Ok(inner.clone().on_error_async(error, done))
        })
    }

    /// Rule RST-1.
    pub fn reset(&self) {
        if let Ok(inner) = self.inner() {
            // It fails only when the store is gone, as everything else then does.
            let _ = inner.reset();
        }
        self.begin_again(None);
    }

    /// What ends with the transaction that was: everything, or but for what a retry keeps if this is
    /// the retry that `epoch` waited for. One that was overtaken by a reset ends nothing.
    fn begin_again(&self, epoch: Option<u64>) {
        self.settle_calls();
        let mut extra = self.extra();
        if epoch.is_some_and(|epoch| epoch != extra.epoch) {
            return;
        }
        let next = Extra { epoch: extra.epoch + 1, ..Extra::default() };
        let ended = std::mem::replace(&mut *extra, next);
        self.versioned.store(false, Ordering::Relaxed);
        self.deferred.store(0, Ordering::Release);
        drop(extra);
        drop(ended);
        if let Ok(inner) = self.inner() {
            self.database.apply_defaults(&**inner, epoch.is_some());
        }
    }

    /// Rule RST-2.
    pub fn cancel(&self) {
        if let Ok(inner) = self.inner() {
            let _ = inner.cancel();
        }
        let watches = std::mem::take(&mut self.extra().early_watches);
        for watch in watches.iter().filter_map(Weak::upgrade) {
            watch.end(Code::TRANSACTION_CANCELLED);
        }
    }

    /// Rule RST-3: its owner has no further use for it.
    pub fn abandon(&self) {
        if let Ok(inner) = self.inner() {
            inner.abandon();
        }
    }

    /// Sets an option that exists. What is wrong with its value is told later (rule TX-4).
    pub fn set_option(&self, option: OfTransaction, value: &[u8]) {
        if self.check_deferred().is_err() {
            return;
        }
        let set = option.option.and_then(|meaning| {
            self.note_option(option.code, value)?;
            match meaning {
                Some(meaning) => self.inner()?.set_option(meaning),
                None => Ok(()),
            }
        });
        if let Err(error) = set {
            self.defer(&error);
        }
    }

    /// What an option means beside the store.
    fn note_option(&self, code: c_int, value: &[u8]) -> Result<()> {
        let mut extra = self.extra();
        let refused = |code, text: &str| Err(Error::new(code).context(text));
        match code {
            23 => extra.with_port = true,
            51 => extra.ryw_disabled = true,
            301..=303 if self.tenant.is_some() => {
                return refused(Code::INVALID_OPTION, "a tenant's transaction stays in its tenant");
            }
            402 | 403 => match &extra.identifier {
                Some(known) if known != value => {
                    return refused(Code::CLIENT_INVALID_OPERATION, "the identifier can't be changed");
                }
                _ => extra.identifier = Some(value.to_vec()),
            },
            404 if extra.identifier.is_none() => {
                return refused(Code::CLIENT_INVALID_OPERATION, "logging needs an identifier");
            }
            714 => extra.special_writes = true,
            800 | 801 if extra.tags == MOST_TAGS => return refused(Code::TOO_MANY_TAGS, "five are allowed"),
            800 | 801 => extra.tags += 1,
            _ => {}
        }
        Ok(())
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        self.settle_calls();
        if let Ok(inner) = std::mem::replace(&mut self.inner, Err(Code::TRANSACTION_CANCELLED)) {
            inner.end();
        }
    }
}

impl Extra {
    /// Whether special keys may be written by a program of this version (rule SPEC-3).
    pub fn may_write_special(&self) -> Result<()> {
        match (version::selected() >= 700, self.special_writes) {
            (false, _) => Err(Error::new(Code::KEY_OUTSIDE_LEGAL_RANGE)),
            (true, false) => Err(Error::new(Code::SPECIAL_KEYS_WRITE_DISABLED)),
            (true, true) => Ok(()),
        }
    }
}
