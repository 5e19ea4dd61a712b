//! Looking after a database while it is used: copies of it, a look at all of it, compaction.
//!
//! One of these runs at a time in a database (`gate`), on the thread that asked for it. None holds a lock of the
//! database while it works or tells its progress. What makes a directory makes it under another name, as
//! [`Partial`]; so a kill at any moment leaves all of it or nothing.

mod backup;
mod checkpoint;
mod compact;
mod file;
mod gate;
mod partial;
pub mod task;
mod verify;
mod work;

use std::path::{Path, PathBuf};

use plinth_api::{Backup, Code, Error, Progress, Result};

use crate::local::Local;
use crate::service::Service;

pub use gate::Gate;
use task::{Finished, Task};
use work::Work;

/// Where in the directory of a database files of its own state are gathered.
const GATHERED: &str = "UPKEEP";

/// Removes from a directory that this process has to itself what an upkeep left that was cut short.
pub fn remove_leftovers(directory: &Path) {
    // What cannot be removed takes room and harms nobody.
    let _ = std::fs::remove_dir_all(directory.join(GATHERED));
}

impl Local {
    /// Has a task done on the calling thread, which hears the progress.
    pub fn upkeep(&self, task: &Task, progress: &dyn Progress) -> Result<Finished> {
        let _inside = self.begin_upkeep()?;
        let work = Work::new(self, progress);
        match task {
            Task::Checkpoint { to } => {
                self.pipeline.check_failure()?;
                checkpoint::make(self, Path::new(to), &work).map(Finished::Checkpoint)
            }
            Task::Verify => verify::run(self, &work).map(Finished::from),
            Task::Compact { keyspace } => {
                self.pipeline.check_failure()?;
                compact::run(self, *keyspace, &work).map(|()| Finished::Compacted)
            }
            Task::Backup { to } => {
                self.pipeline.check_failure()?;
                backup::create(self, Path::new(to), &work).map(Finished::from)
            }
        }
    }

    fn begin_upkeep(&self) -> Result<gate::Inside<'_>> {
        let inside = self.upkeep.enter()?;
        // Whoever closes it waits for those who are inside, and sees them only from here on.
        self.check_open()?;
        Ok(inside)
    }

    /// Where its files are.
    fn directory(&self) -> Result<PathBuf> {
        let (name, _) = self.identity();
        match name == crate::database::IN_MEMORY || name.is_empty() {
            true => Err(crate::store::no_files()),
            false => Ok(PathBuf::from(name)),
        }
    }
}

/// A path that means the same whatever the working directory of the one who uses it is.
pub fn absolute(path: &str) -> Result<String> {
    let bad = |why: &str| Error::new(Code::INVALID_ARGUMENT).context(format!("the path \"{path}\" {why}"));
    if path.is_empty() || path == crate::database::IN_MEMORY {
        return Err(bad("names no directory"));
    }
    let whole = std::path::absolute(path).map_err(|error| bad("can't be made absolute").caused_by(error))?;
    whole.into_os_string().into_string().map_err(|_| bad("is in a directory whose name is not UTF-8"))
}

/// The generations in a directory of backups, in order.
pub fn backups(path: &str) -> Result<Vec<Backup>> {
    backup::list(Path::new(&absolute(path)?))
}

/// Computes the checksums of a generation of backups; 0 is the newest. Returns what it is.
pub fn verify_backup(path: &str, number: u64, progress: &dyn Progress) -> Result<Backup> {
    #[cfg(feature = "defects")]
    crate::defects::from_environment();
    backup::verify(Path::new(&absolute(path)?), number, progress)
}

/// Makes `to`, which must not exist, the database that a generation holds; 0 is the newest. Returns what it is.
pub fn restore_backup(path: &str, number: u64, to: &str, progress: &dyn Progress) -> Result<Backup> {
    #[cfg(feature = "defects")]
    crate::defects::from_environment();
    backup::restore(Path::new(&absolute(path)?), number, Path::new(&absolute(to)?), progress)
}

/// Removes a generation, and the files that no other one has.
pub fn delete_backup(path: &str, number: u64) -> Result<()> {
    backup::delete(Path::new(&absolute(path)?), number)
}

/// Removes all generations but the newest so many.
pub fn keep_backups(path: &str, newest: u64) -> Result<()> {
    backup::keep(Path::new(&absolute(path)?), newest)
}
