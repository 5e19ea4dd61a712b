//! A member as its user sees it.

use std::sync::{Arc, PoisonError};
use std::time::Instant;

use plinth_api::{
    Backup, Changed, Changes, Code, DatabaseOption, Error, Held, Keyspace, Lister, Metrics, Progress, RangeOptions,
    RangeResult, Result, TransactionInfo, Verified,
};

use super::Member;
use crate::metrics::{sampling, Facts, Operation};
use crate::roll::parse_id;
use crate::transaction::Transaction;
use crate::upkeep::task::{self, Finished, Task, Upkeeper};

/// The handle; the member is shared with its transactions.
pub struct Shared(pub Arc<Member>);

impl Shared {
    /// What the host tells, and what this handle knows of itself.
    fn facts(&self) -> Result<Facts> {
        self.0.front.check_open()?;
        let mut facts = self.0.ask(|upstream| upstream.facts())?;
        facts.add_guest(&self.0.front);
        Ok(facts)
    }

    fn keyspace(&self, name: &str, create: bool) -> Result<Option<Keyspace>> {
        self.0.front.check_open()?;
        let Some(id) = self.0.ask(|upstream| upstream.keyspace(name, create))? else {
            return Ok(None);
        };
        self.0.keyspaces.write().unwrap_or_else(PoisonError::into_inner).insert(id);
        Ok(Some(Keyspace { id, name: Arc::from(name) }))
    }
}

impl plinth_api::Database for Shared {
    fn begin(&self) -> Result<Arc<dyn plinth_api::Transaction>> {
        let began = sampling::is_due().then(Instant::now);
        self.0.front.admit()?;
        let transaction = Transaction::begin(&self.0);
        if let Some(began) = began {
            self.0.front.operations.took(Operation::Begin, began);
        }
        Ok(transaction)
    }

    fn open_keyspace(&self, name: &str) -> Result<Keyspace> {
        let missing = || Error::new(Code::INTERNAL_ERROR).context("a keyspace that was to be created is missing");
        self.keyspace(name, true)?.ok_or_else(missing)
    }

    fn find_keyspace(&self, name: &str) -> Result<Option<Keyspace>> {
        self.keyspace(name, false)
    }

    fn list_keyspaces(&self) -> Result<Vec<Arc<str>>> {
        self.0.front.check_open()?;
        self.0.ask(|upstream| upstream.keyspaces())
    }

    fn drop_keyspace(&self, name: &str) -> Result<()> {
        self.0.front.check_open()?;
        self.0.ask(|upstream| upstream.drop_keyspace(name))
    }

    fn set_option(&self, option: DatabaseOption) -> Result<()> {
        self.0.front.set_option(option)
    }

    fn sync(&self) -> Result<()> {
        self.0.front.check_open()?;
        self.0.ask(|upstream| upstream.sync())
    }

    fn id(&self) -> Option<String> {
        Some(self.0.front.identity.1.clone())
    }

    fn hold(&self) -> Result<Arc<dyn Held>> {
        self.0.front.check_open()?;
        let inner = self.0.ask(|upstream| upstream.clone().hold())?;
        Ok(Arc::new(HeldForMember { inner, member: self.0.clone() }))
    }

    fn track_changes(&self, most_ranges: usize) -> Result<Box<dyn Changes>> {
        self.0.front.check_open()?;
        let inner = self.0.ask(|upstream| upstream.clone().track_changes(most_ranges))?;
        Ok(Box::new(ChangesForMember { inner, member: self.0.clone() }))
    }

    fn raise_version(&self, version: i64) -> Result<()> {
        self.0.front.check_open()?;
        self.0.ask(|upstream| upstream.raise_version(version))
    }

    fn metrics(&self) -> Metrics {
        let counts = self.0.current.load_full().and_then(|connected| connected.upstream.counts().ok());
        let counts = counts.unwrap_or_default();
        let (front, is_host) = (&self.0.front, self.0.is_host());
        let watches = front.watches.count() as u64;
        Metrics { watches, guests: counts.guests, is_host, ..front.metrics(&counts) }
    }

    fn metrics_text(&self) -> Result<String> {
        Ok(self.facts()?.text())
    }

    fn status_json(&self) -> Result<String> {
        Ok(self.facts()?.status())
    }

    fn check_open(&self) -> Result<()> {
        self.0.front.check_open()
    }

    fn expire(&self, version: i64) -> Result<u64> {
        self.0.front.check_open()?;
        self.0.ask(|upstream| upstream.expire(version))
    }

    fn set_lister(&self, lister: Lister) {
        let _ = self.0.front.lister.set(lister);
    }

    fn transactions(&self) -> Result<Vec<TransactionInfo>> {
        self.0.front.check_open()?;
        Ok(self.0.ask(|upstream| upstream.roll(None))?.infos())
    }

    fn expire_transaction(&self, id: &str) -> Result<()> {
        let id = parse_id(id)?;
        self.0.front.check_open()?;
        self.0.ask(|upstream| upstream.roll(Some(id)))?.outcome(id)
    }

    fn is_host(&self) -> bool {
        self.0.is_host()
    }

    fn checkpoint(&self, to: &str, progress: &dyn Progress) -> Result<i64> {
        task::checkpoint(self, to, progress)
    }

    fn backup(&self, to: &str, progress: &dyn Progress) -> Result<Backup> {
        task::backup(self, to, progress)
    }

    fn verify(&self, progress: &dyn Progress) -> Result<Verified> {
        task::verify(self, progress)
    }

    fn compact(&self, keyspace: Option<u32>, progress: &dyn Progress) -> Result<()> {
        task::compact(self, keyspace, progress)
    }

    fn close(&self) -> Result<()> {
        self.0.end()
    }
}

impl Upkeeper for Shared {
    fn upkeep(&self, task: Task, progress: &dyn Progress) -> Result<Finished> {
        self.0.front.check_open()?;
        self.0.ask_once(|upstream| upstream.upkeep(&task, progress))
    }
}

/// A state that the host holds. It ends with this handle, and with the host.
struct HeldForMember {
    inner: Arc<dyn Held>,
    member: Arc<Member>,
}

impl Held for HeldForMember {
    fn version(&self) -> i64 {
        self.inner.version()
    }

    fn keyspaces(&self) -> &[Keyspace] {
        self.inner.keyspaces()
    }

    fn read(&self, keyspace: u32, begin: &[u8], end: &[u8], options: RangeOptions) -> Result<RangeResult> {
        self.member.front.check_open()?;
        let found = self.inner.read(keyspace, begin, end, options);
        // The handle may have been closed meanwhile.
        found.map_err(|error| self.member.front.check_open().err().unwrap_or(error))
    }
}

/// A tracker that the host has. It ends with this handle, and with the host.
struct ChangesForMember {
    inner: Box<dyn Changes>,
    member: Arc<Member>,
}

impl Changes for ChangesForMember {
    fn take(&mut self) -> Result<Changed> {
        self.member.front.check_open()?;
        let taken = self.inner.take();
        // The handle may have been closed meanwhile.
        taken.map_err(|error| self.member.front.check_open().err().unwrap_or(error))
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let _ = self.0.end();
    }
}
