//! What was typed into the shell, kept from one time to the next: at most a thousand lines, for the user's eyes.

use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// Lines that are kept.
pub const LINES: usize = 1_000;

/// Where they are; `None` if there is no place for them.
pub fn path() -> Option<PathBuf> {
    // The specification says that a relative path is to be ignored.
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")))?;
    Some(state.join("plinth").join("history"))
}

/// Makes the file if it is missing, and takes it from everybody else.
pub fn prepare(path: &Path) -> std::io::Result<()> {
    if let Some(parent) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(parent)?;
    }
    OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
    fs::set_permissions(path, Permissions::from_mode(0o600))
}
