//! What the engine tells of its work, and who hears it.
//!
//! The engine says what happens through `tracing`, with targets that begin with `plinth::`. Nothing on the way of
//! a read or of a commit that succeeds says anything. While nobody listens a statement costs one look at a number.
//!
//! Who listens is called on a thread of its own (`channel`), because what happens is said where locks are
//! held, RocksDB's among them. So a listener may call anything, may take its time, and may never return: then
//! what comes later is counted and left out.
//!
//! No value is ever told. Keys are told, escaped and cut, only to a listener that asks for them.

mod channel;
mod subscriber;

use std::sync::OnceLock;

use arc_swap::ArcSwapOption;
use plinth_api::{key::printable, Code, Error, Result};

use crate::inherited;
pub(crate) use channel::now_us;
use channel::Channel;

/// How much a listener wants to hear, and how much something matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Something failed, and somebody has to do something.
    Error = 1,
    /// It goes on, but not as it should.
    Warning = 2,
    /// What an operator wants to find in a journal: seldom.
    Info = 3,
    /// Everything else.
    Debug = 4,
}

impl Level {
    /// The level of a name.
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::Error, Self::Warning, Self::Info, Self::Debug].into_iter().find(|level| level.name() == name)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
            Self::Debug => "debug",
        }
    }
}

/// Something that happened. No text in it has control characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// How much it matters.
    pub level: Level,
    /// The part of the engine that says it.
    pub module: &'static str,
    /// When, in microseconds since 1970.
    pub time_us: i64,
    /// What, as a sentence.
    pub message: String,
    /// With what: names and values.
    pub fields: Vec<(&'static str, String)>,
}

/// Who listens.
pub type Sink = Box<dyn FnMut(&Record) + Send>;

/// The present listener.
static CURRENT: ArcSwapOption<Channel> = ArcSwapOption::const_empty();
/// Whether what `tracing` hears comes here.
static INSTALLED: OnceLock<bool> = OnceLock::new();

/// Longest key that is told, before it is escaped.
const LONGEST_KEY: usize = 64;

/// Has `sink` hear what happens from now on, in place of who did before; `None`: nobody. What was said before is
/// told to the one before, whose last call has returned when this returns. From within such a call it
/// returns at once, and that call is the last.
pub fn set(level: Level, keys: bool, sink: Option<Sink>) -> Result<()> {
    let channel = match sink {
        Some(sink) if install() => Some(Channel::begin(level, keys, sink)?),
        Some(_) => {
            let text = "the program has a global subscriber of `tracing`, which hears what Plinth says";
            return Err(Error::new(Code::UNSUPPORTED_OPERATION).context(text));
        }
        None => None,
    };
    if let Some(before) = CURRENT.swap(channel) {
        match before.is_of_this_process() {
            true => before.end(),
            // Its thread and its locks are the parent's.
            false => std::mem::forget(before),
        }
    }
    Ok(())
}

/// The process ends: the present listener hears what was said, if it does not take long, and then nothing more.
pub fn end() {
    let before = CURRENT.swap(None).filter(|channel| channel.is_of_this_process());
    if let Some(before) = before {
        before.end_soon();
    }
}

/// Has `tracing` tell what happens here. It can be had once in a process.
fn install() -> bool {
    // In the middle of it no fork can happen, which would leave it locked in the child.
    inherited::undisturbed(|| {
        *INSTALLED.get_or_init(|| tracing::subscriber::set_global_default(subscriber::Forward).is_ok())
    })
}

fn with_current<T>(look: impl FnOnce(&Channel) -> T) -> Option<T> {
    CURRENT.load().as_deref().filter(|channel| channel.is_of_this_process()).map(look)
}

/// A key for a record: escaped and cut, or nothing if the listener does not ask for keys.
pub fn key(key: &[u8]) -> Option<String> {
    let asked = with_current(|channel| channel.keys).unwrap_or(false);
    asked.then(|| match key.len() > LONGEST_KEY {
        true => format!("{}...", printable(&key[..LONGEST_KEY])),
        false => printable(key),
    })
}

/// Whether a listener wants to hear something of a level.
pub fn is_heard(level: Level) -> bool {
    with_current(|channel| level <= channel.level).unwrap_or(false)
}

/// Tells the listener.
fn tell(record: Record) {
    with_current(|channel| channel.tell(record));
}
