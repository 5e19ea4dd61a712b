//! An open database, and what the commands before this one have set.
//!
//! Without `begin` each command is a transaction of its own, which is tried again as long as FoundationDB's rules
//! say that it may; Ctrl-C ends that.

use std::sync::Arc;

use plinth_api::{Code, Database, Keyspace, Transaction, TransactionOption};

use crate::context::Context;
use crate::failure::Failure;

/// The state of the shell or of a script.
pub struct Session<'a> {
    /// Output and settings.
    pub context: &'a mut Context,
    /// The database.
    pub database: Arc<dyn Database>,
    /// Where it is.
    pub place: String,
    /// Where keys are read and written.
    pub keyspace: Keyspace,
    /// The transaction that `begin` began.
    pub transaction: Option<Arc<dyn Transaction>>,
    /// Whether `writemode` is on.
    pub writes: bool,
    /// Options that transactions begin with, by name.
    pub options: Vec<(&'static str, TransactionOption)>,
}

impl<'a> Session<'a> {
    /// Begins with an open database.
    pub fn new(context: &'a mut Context, database: Arc<dyn Database>, place: &str) -> Result<Self, Failure> {
        let keyspace = match context.settings.keyspace.clone() {
            None => Keyspace { id: 0, name: Arc::from("default") },
            Some(name) => find(&*database, &name)?,
        };
        let writes = context.settings.writes;
        let place = crate::opening::whole(place);
        Ok(Self { context, database, place, keyspace, transaction: None, writes, options: Vec::new() })
    }

    /// Fails unless writes are allowed.
    pub fn check_writes(&self) -> Result<(), Failure> {
        match self.writes {
            true => Ok(()),
            false => Err(Failure::usage("writes are off; writemode on allows them, and so does plinth --write")),
        }
    }

    /// A transaction with the options of this session.
    pub fn fresh(&self) -> Result<Arc<dyn Transaction>, Failure> {
        let transaction = self.database.begin()?;
        self.set_options(&*transaction)?;
        Ok(transaction)
    }

    /// Sets the options of this session, which a reset takes away.
    pub fn set_options(&self, transaction: &dyn Transaction) -> Result<(), Failure> {
        for (_, option) in &self.options {
            transaction.set_option(*option)?;
        }
        Ok(())
    }

    /// The transaction of `begin`, or a new one for this command only.
    pub fn reading(&self) -> Result<Arc<dyn Transaction>, Failure> {
        match &self.transaction {
            Some(transaction) => Ok(transaction.clone()),
            None => self.fresh(),
        }
    }

    /// Reads in the transaction of `begin`, or in one of its own.
    pub fn read<T>(&self, mut body: impl FnMut(&dyn Transaction, u32) -> plinth_api::Result<T>) -> Result<T, Failure> {
        let transaction = self.reading()?;
        loop {
            match body(&*transaction, self.keyspace.id) {
                Ok(found) => return Ok(found),
                Err(error) if self.transaction.is_some() => return Err(error.into()),
                Err(error) => self.again(&*transaction, error)?,
            }
        }
    }

    /// Writes in the transaction of `begin`, or in one of its own, of which it returns the version.
    /// `repeatable` says that it does no harm to do it twice.
    pub fn write(
        &self,
        repeatable: bool,
        mut body: impl FnMut(&dyn Transaction, u32) -> plinth_api::Result<()>,
    ) -> Result<Option<i64>, Failure> {
        self.check_writes()?;
        if let Some(transaction) = &self.transaction {
            body(&**transaction, self.keyspace.id)?;
            return Ok(None);
        }
        let transaction = self.fresh()?;
        loop {
            let error = match body(&*transaction, self.keyspace.id).and_then(|()| transaction.commit()) {
                Ok(()) => return Ok(Some(transaction.committed_version())),
                Err(error) => error,
            };
            if error.code().is_maybe_committed() && !repeatable {
                return Err(error.into());
            }
            self.again(&*transaction, error)?;
        }
    }

    /// Waits before a transaction is tried again, or fails if it must not be.
    pub fn again(&self, transaction: &dyn Transaction, error: plinth_api::Error) -> Result<(), Failure> {
        if crate::interrupt::seen() {
            return Err(Failure::Interrupted);
        }
        if error.code() == Code::DATABASE_LOCKED {
            // That may be so for days.
            return Err(error.context("option on LOCK_AWARE works in spite of it").into());
        }
        transaction.on_error(error)?;
        self.set_options(transaction)
    }

    /// The keyspace of this name, which must be there.
    pub fn find(&self, name: &str) -> Result<Keyspace, Failure> {
        find(&*self.database, name)
    }
}

fn find(database: &dyn Database, name: &str) -> Result<Keyspace, Failure> {
    database.find_keyspace(name)?.ok_or_else(|| {
        plinth_api::Error::new(Code::KEYSPACE_NOT_FOUND)
            .context(format!("keyspace \"{}\"", crate::text::safe(name)))
            .into()
    })
}
