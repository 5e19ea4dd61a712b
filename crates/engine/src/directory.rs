//! A database directory, and one attempt to get in: as its host if nobody has it, else as a guest of
//! whoever has.

use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use plinth_api::{Code, DatabaseOptions, Error, Result};

use crate::hosting::{find_here, Hosting};
use crate::inherited::Private;
use crate::local::Local;
use crate::wire::{Frames, Limits};
use crate::{database, format, inherited, socket};

/// How long a host has to say its first words.
const PATIENCE: Duration = Duration::from_secs(10);

/// See the file's top.
pub struct Directory {
    path: PathBuf,
    options: DatabaseOptions,
}

/// How one got in.
pub enum Entrance {
    /// Nobody had it: it is open here now, and served.
    Host(Hosting),
    /// Another handle of this process hosts it.
    Here(Arc<Local>),
    /// Another process hosts it: the connection, the host's limits, and what came after them.
    Elsewhere(Private<UnixStream>, Limits, Frames),
}

impl Directory {
    /// A directory, made if it is missing and may be. Fails if it can't be shared as the options ask.
    pub fn new(path: &str, options: DatabaseOptions) -> Result<Self> {
        let path = PathBuf::from(path);
        format::make_directory(&path, &options)?;
        if !options.exclusive {
            socket::check_file_system(&path)?;
        }
        Ok(Self { path, options })
    }

    /// The same directory for later: it exists now, and must not be made again.
    pub fn entered(mut self) -> Self {
        (self.options.must_exist, self.options.must_not_exist) = (true, false);
        self
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How it is opened here.
    pub fn options(&self) -> &DatabaseOptions {
        &self.options
    }

    /// The error of whoever has waited long enough for a host.
    pub fn unavailable(&self) -> Error {
        if format::is_read(&self.path) {
            let text = format!("{} is open elsewhere with read_only", self.path.display());
            return Error::new(Code::LOCK_FILE_FAILURE).context(text);
        }
        let owner = format::owner(&self.path);
        match inherited::check_may_host() {
            Ok(()) => Error::new(Code::HOST_UNAVAILABLE).context(owner),
            Err(error) => error.context(self.path.display().to_string()),
        }
    }

    /// One attempt. Nothing, if whoever has the directory does not serve it yet, or any more.
    pub fn enter(&self) -> Result<Option<Entrance>> {
        if let Some(local) = find_here(&self.path).filter(|_| !self.options.exclusive) {
            return self.as_guest(Entrance::Here(local)).map(Some);
        }
        if inherited::check_may_host().is_err() {
            return self.knock();
        }
        match format::claim(&self.path, &self.options) {
            Ok(claimed) => database::host(&self.path, &self.options, claimed).map(|host| Some(Entrance::Host(host))),
            Err(error) if error.code() != Code::LOCK_FILE_FAILURE => Err(error),
            Err(error) if self.options.exclusive => Err(error),
            Err(error) if format::is_exclusive(&self.path) => Err(error.context("it is shared with nobody")),
            Err(_) => self.knock(),
        }
    }

    fn knock(&self) -> Result<Option<Entrance>> {
        let Some(stream) = socket::connect(&self.path)? else {
            return Ok(None);
        };
        let Some((limits, frames)) = socket::greet(&stream, PATIENCE)? else {
            return Ok(None);
        };
        self.as_guest(Entrance::Elsewhere(stream, limits, frames)).map(Some)
    }

    /// A database that somebody serves exists.
    fn as_guest(&self, entrance: Entrance) -> Result<Entrance> {
        match self.options.must_not_exist {
            true => Err(Error::new(Code::DATABASE_EXISTS).context(self.path.display().to_string())),
            false => Ok(entrance),
        }
    }
}
