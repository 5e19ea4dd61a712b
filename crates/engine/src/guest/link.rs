//! The link: what a member holds of a connection to a host in another process.
//!
//! A dropped link ends its connection; the keeper's thread, which shares only the inner part, returns
//! then.

use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

use plinth_api::{Changes, Code, Error, Held, Progress, Result, Value};
use uuid::Uuid;

use super::call::Owner;
use super::changes;
use super::held::hold;
use super::line::Line;
use super::many::get_many;
use super::reply::Reply;
use super::scan::scan;
use super::slot::{Mark, Slot};
use super::upkeep;
use crate::commit::{Outcome, Request};
use crate::inherited::Private;
use crate::metrics::Facts;
use crate::roll::Roll;
use crate::store::{Range, Tier, Visit, NOT_IN_MEMORY};
use crate::upkeep::task::{Finished, Task};
use crate::upstream::{Events, Upstream};
use crate::version::ReadPoint;
use crate::watch::Watch;
use crate::wire::{Ask, Commit, Counts, Frames, Limits};

/// How long nothing may come from the host while a call waits.
const QUIET: Duration = Duration::from_secs(30);
/// What is said of calls whose fate nobody knows.
const GONE: &str = "the host of the directory went away";

/// A connection to a host in another process.
pub struct Link(Arc<Line>);

impl Link {
    /// A connection that was greeted. `frames` may hold what came after the greeting.
    pub fn new(
        stream: impl Into<Private<UnixStream>>,
        frames: Frames,
        limits: Limits,
        events: Arc<dyn Events>,
    ) -> Result<Arc<Self>> {
        Self::with_patience(stream, frames, limits, events, QUIET)
    }

    /// The same with another time for which the host may stay silent.
    pub fn with_patience(
        stream: impl Into<Private<UnixStream>>,
        frames: Frames,
        limits: Limits,
        events: Arc<dyn Events>,
        quiet: Duration,
    ) -> Result<Arc<Self>> {
        Ok(Arc::new(Self(Arc::new(Line::new(stream.into(), frames, limits, events, quiet)?))))
    }

    /// The keeper's work: returns when the connection has ended and every call was told.
    pub fn run(&self) {
        self.0.keep();
    }

    /// The same for a thread that is not to keep the link from being dropped.
    #[cfg(test)]
    pub fn runner(&self) -> impl FnOnce() + Send + 'static {
        let line = self.0.clone();
        move || line.keep()
    }

    /// Ends the connection in order: lets no new call in, and waits for those under way.
    pub fn end(&self, patience: Duration) {
        self.0.leave();
        self.0.desk.wait_idle(patience);
        self.0.lose();
    }

    /// Ends the connection at once.
    pub fn abandon(&self) {
        self.0.lose();
    }

    /// The connection itself, for tests.
    #[cfg(test)]
    pub fn line(&self) -> &Arc<Line> {
        &self.0
    }

    fn value(&self, version: Option<i64>, keyspace: u32, key: &[u8]) -> Result<(i64, Option<Value>)> {
        match self.0.ask(&Ask::Get { version, keyspace, key })? {
            Reply::Value(at, value) if version.is_none_or(|version| version == at) => Ok((at, value)),
            other => Err(self.other(other)),
        }
    }

    /// The error of an answer that is not the one that was hoped for.
    fn other(&self, reply: Reply) -> Error {
        match reply {
            Reply::Failed(failed) => failed.error,
            _ => self.0.garbage("an answer of the wrong kind"),
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.abandon();
    }
}

impl Upstream for Link {
    fn latest(&self, tier: Tier, lock_aware: bool) -> Result<Arc<ReadPoint>> {
        check_tier(tier)?;
        match self.0.ask(&if lock_aware { Ask::LatestEvenLocked } else { Ask::Latest })? {
            Reply::Version(version) => Ok(ReadPoint::elsewhere(version)),
            other => Err(self.other(other)),
        }
    }

    fn at(&self, version: i64, wait: bool) -> Result<Arc<ReadPoint>> {
        match self.0.ask(&Ask::At { version, wait })? {
            Reply::Version(at) if at == version => Ok(ReadPoint::elsewhere(version)),
            other => Err(self.other(other)),
        }
    }

    fn get(&self, at: &ReadPoint, tier: Tier, keyspace: u32, key: &[u8]) -> Result<Option<Value>> {
        check_tier(tier)?;
        Ok(self.value(Some(at.version), keyspace, key)?.1)
    }

    fn get_latest(&self, tier: Tier, keyspace: u32, key: &[u8]) -> Result<(Arc<ReadPoint>, Option<Value>)> {
        check_tier(tier)?;
        let (version, value) = self.value(None, keyspace, key)?;
        Ok((ReadPoint::elsewhere(version), value))
    }

    fn get_many(&self, at: &ReadPoint, tier: Tier, keyspace: u32, keys: &[&[u8]]) -> Result<Vec<Option<Value>>> {
        check_tier(tier)?;
        get_many(&self.0, at.version, keyspace, keys)
    }

    fn scan(&self, at: &ReadPoint, tier: Tier, range: Range<'_>, visit: &mut Visit<'_>) -> Result<()> {
        check_tier(tier)?;
        scan(&self.0, at.version, range, range.want, visit)
    }

    fn estimate(&self, keyspace: u32, begin: &[u8], end: &[u8]) -> Result<u64> {
        match self.0.ask(&Ask::Estimate { keyspace, begin, end })? {
            Reply::Size(bytes) => Ok(bytes),
            other => Err(self.other(other)),
        }
    }

    fn commit(&self, request: Request) -> Outcome {
        let slot = Slot::new();
        let frame = self.0.frame(&Ask::Commit(Commit::of(&request)));
        let sent = frame.and_then(|(number, frame)| self.0.send(number, frame, &slot));
        let answer = sent.and_then(|call| call.wait());
        outcome(&self.0, request, answer, &slot.mark)
    }

    fn commit_async(&self, request: Request, done: Box<dyn FnOnce(Outcome) + Send>) {
        let (number, frame) = match self.0.frame(&Ask::Commit(Commit::of(&request))) {
            Ok(frame) => frame,
            Err(error) => return done((request, Err(error))),
        };
        let mark = Arc::new(Mark::default());
        let begin = mark.clone();
        let tell = move |line: &Line, answer| done(outcome(line, request, answer, &begin));
        self.0.post(number, frame, Owner::Commit(Box::new(tell)), mark);
    }

    fn watch(&self, watch: &Arc<Watch>) {
        let (keyspace, key, seen) = (watch.keyspace, &*watch.key, watch.seen.clone());
        match self.0.frame(&Ask::Watch { watch: watch.number, keyspace, key, seen }) {
            Ok((number, frame)) => self.0.post(number, frame, Owner::Watch(watch.number), Arc::default()),
            Err(error) => self.0.events.fired(watch.number, Err(error)),
        }
    }

    fn unwatch(&self, watch: &Arc<Watch>) {
        if let Ok((number, frame)) = self.0.frame(&Ask::Unwatch { watch: watch.number }) {
            self.0.post(number, frame, Owner::Nobody, Arc::default());
        }
    }

    fn keyspace(&self, name: &str, create: bool) -> Result<Option<u32>> {
        match self.0.ask(&Ask::Keyspace { name, create })? {
            Reply::Keyspace(None) if create => Err(self.0.garbage("a keyspace that was not created")),
            Reply::Keyspace(id) => Ok(id),
            other => Err(self.other(other)),
        }
    }

    fn keyspaces(&self) -> Result<Vec<Arc<str>>> {
        match self.0.ask(&Ask::Keyspaces)? {
            Reply::Keyspaces(names) => Ok(names),
            other => Err(self.other(other)),
        }
    }

    fn drop_keyspace(&self, name: &str) -> Result<()> {
        let slot = Slot::new();
        let (number, frame) = self.0.frame(&Ask::DropKeyspace { name })?;
        match self.0.send(number, frame, &slot).and_then(|call| call.wait()) {
            Ok(Reply::Done) => Ok(()),
            Ok(Reply::Failed(failed)) => Err(failed.error),
            Ok(_) => Err(unknown(&self.0.garbage("an answer of the wrong kind"))),
            Err(error) => Err(fate(&self.0, error, &slot.mark)),
        }
    }

    fn sync(&self) -> Result<()> {
        match self.0.ask(&Ask::Sync)? {
            Reply::Done => Ok(()),
            other => Err(self.other(other)),
        }
    }

    fn upkeep(&self, task: &Task, progress: &dyn Progress) -> Result<Finished> {
        upkeep::run(&self.0, task, progress)
    }

    fn facts(&self) -> Result<Facts> {
        match self.0.ask(&Ask::Inspect)? {
            Reply::Facts(facts) => Ok(*facts),
            other => Err(self.other(other)),
        }
    }

    fn hold(self: Arc<Self>) -> Result<Arc<dyn Held>> {
        hold(&self.0)
    }

    fn track_changes(self: Arc<Self>, most_ranges: usize) -> Result<Box<dyn Changes>> {
        changes::track(&self.0, most_ranges)
    }

    fn raise_version(&self, above: i64) -> Result<()> {
        match self.0.ask(&Ask::RaiseVersion { above })? {
            Reply::Done => Ok(()),
            other => Err(self.other(other)),
        }
    }

    fn expire(&self, version: i64) -> Result<u64> {
        match self.0.ask(&Ask::Expire { version })? {
            Reply::Size(gone) => Ok(gone),
            other => Err(self.other(other)),
        }
    }

    fn roll(&self, expire: Option<Uuid>) -> Result<Roll> {
        match self.0.ask(&Ask::Who { expire: expire.map(Uuid::into_bytes) })? {
            Reply::Roll(roll) => Ok(roll),
            other => Err(self.other(other)),
        }
    }

    fn here(&self, question: u64, roll: Roll) {
        if let Ok((number, frame)) = self.0.frame(&Ask::Here { question, roll }) {
            self.0.post(number, frame, Owner::Nobody, Arc::default());
        }
    }

    fn counts(&self) -> Result<Counts> {
        match self.0.ask(&Ask::Count)? {
            Reply::Counts(counts) => Ok(*counts),
            other => Err(self.other(other)),
        }
    }
}

/// Every call asks the host.
fn check_tier(tier: Tier) -> Result<()> {
    match tier {
        Tier::Disk => Ok(()),
        Tier::Memory => Err(Error::new(NOT_IN_MEMORY)),
    }
}

/// What became of a commit.
fn outcome(line: &Line, mut request: Request, answer: Result<Reply>, mark: &Mark) -> Outcome {
    let result = match answer {
        Ok(Reply::Committed(committed)) => Ok(committed),
        Ok(Reply::Failed(failed)) => {
            (request.hits, request.winners) = (failed.hits, failed.winners);
            Err(failed.error)
        }
        Ok(_) => Err(unknown(&line.garbage("an answer to a commit of the wrong kind"))),
        Err(error) => Err(fate(line, error, mark)),
    };
    (request, result)
}

/// The error of a call that the end of the link cut short and that must not be made twice.
fn fate(line: &Line, error: Error, mark: &Mark) -> Error {
    match line.outbox.was_sent(mark) {
        true => unknown(&error),
        false => error,
    }
}

fn unknown(error: &Error) -> Error {
    let text = match error.circumstances() {
        why if why.is_empty() => GONE.to_owned(),
        why => format!("{GONE}: {why}"),
    };
    Error::new(Code::COMMIT_UNKNOWN_RESULT).context(text)
}
