//! Ctrl-C: a flag that long calls look at.
//!
//! The first one sets the flag; a second one before the command has ended ends the process at once, which leaves
//! the database as after a crash. Relies on line editing, during which the terminal sends no signal, to do its own.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use signal_hook::consts::SIGINT;

static FLAG: OnceLock<Arc<AtomicBool>> = OnceLock::new();

fn flag() -> &'static Arc<AtomicBool> {
    FLAG.get_or_init(Arc::default)
}

/// Catches SIGINT from now on.
pub fn catch() -> io::Result<()> {
    signal_hook::flag::register_conditional_default(SIGINT, flag().clone())?;
    signal_hook::flag::register(SIGINT, flag().clone())?;
    Ok(())
}

/// Whether it came since the command began.
pub fn seen() -> bool {
    flag().load(Ordering::Relaxed)
}

/// A new command begins.
pub fn forget() {
    flag().store(false, Ordering::Relaxed);
}
