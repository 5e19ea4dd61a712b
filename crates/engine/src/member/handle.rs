//! A member as its user sees it.

use std::sync::{Arc, PoisonError};

use plinth_api::{Code, DatabaseOption, Error, Keyspace, Metrics, Result};

use super::Member;
use crate::transaction::Transaction;

/// The handle; the member is shared with its transactions.
pub struct Shared(pub Arc<Member>);

impl Shared {
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
        self.0.front.admit()?;
        Ok(Arc::new(Transaction::new(self.0.clone())))
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

    fn metrics(&self) -> Metrics {
        let counts = self.0.current.load_full().and_then(|connected| connected.upstream.counts().ok());
        let counts = counts.unwrap_or_default();
        let (front, is_host) = (&self.0.front, self.0.is_host());
        let watches = front.watches.count() as u64;
        Metrics { watches, guests: counts.guests, is_host, ..front.metrics(&counts) }
    }

    fn is_host(&self) -> bool {
        self.0.is_host()
    }

    fn close(&self) -> Result<()> {
        self.0.end()
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let _ = self.0.end();
    }
}
