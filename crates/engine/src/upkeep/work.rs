//! How far an upkeep is, and whether it is to go on.

use std::cell::Cell;

use plinth_api::{Progress, Result, Steps};

use crate::local::Local;
use crate::service::Service;

/// The work of one call: of a database, which may be closed meanwhile, or of files alone.
pub struct Work<'a> {
    local: Option<&'a Local>,
    steps: Steps<'a>,
    done: Cell<u64>,
    total: Cell<u64>,
    /// What is done is not counted yet.
    preparing: Cell<bool>,
}

impl<'a> Work<'a> {
    /// Work on a database.
    pub fn new(local: &'a Local, progress: &'a dyn Progress) -> Self {
        Self { local: Some(local), ..Self::on_files(progress) }
    }

    /// Work on files that nobody has open.
    pub fn on_files(progress: &'a dyn Progress) -> Self {
        Self {
            local: None,
            steps: Steps::new(progress),
            done: Cell::new(0),
            total: Cell::new(0),
            preparing: Cell::new(false),
        }
    }

    /// Prepares what is to be done, which takes less time by far; how much it is is not known yet.
    pub fn prepare(&self) -> Result<()> {
        self.check()?;
        self.steps.tell(0, 0)?;
        self.preparing.set(true);
        Ok(())
    }

    /// What is done from here on counts.
    pub fn prepared(&self) {
        self.preparing.set(false);
    }

    /// Begins with so many bytes to do, 0 if that is not known.
    pub fn begin(&self, total: u64) -> Result<()> {
        self.check()?;
        if self.preparing.get() {
            return self.steps.step(0, 0);
        }
        self.done.set(0);
        self.total.set(total);
        self.steps.tell(0, total)
    }

    /// So many more bytes are done. Fails if it is cancelled, or the database is closed.
    pub fn did(&self, bytes: u64) -> Result<()> {
        self.check()?;
        if self.preparing.get() {
            return self.steps.step(0, 0);
        }
        self.done.set(self.done.get() + bytes);
        self.steps.step(self.done.get(), self.total.get().max(self.done.get()))
    }

    /// All is done but the last step, which can't be undone.
    pub fn end(&self) -> Result<()> {
        let total = self.total.get().max(self.done.get());
        self.check()?;
        self.steps.tell(total, total)
    }

    fn check(&self) -> Result<()> {
        self.local.map_or(Ok(()), Service::check_open)
    }
}
