//! Slow transactions: what one did is counted while it runs, and told if it took too long.
//!
//! Only where the option asks for it; without, a transaction pays one look at an empty pointer for each read. The
//! counts are under the transaction's lock, as all of its state.

use std::sync::Arc;
use std::time::{Duration, Instant};

use plinth_api::Value;

use super::{State, Transaction};
use crate::overlay::Overlay;

/// What a transaction did since it began or was reset, over all its tries.
#[derive(Default)]
pub struct Work {
    /// Keys read.
    reads: u64,
    /// Ranges and selectors read.
    ranges: u64,
    /// Bytes of keys and values that were read.
    bytes_read: u64,
    /// Keys and ranges written, as they were sent.
    writes: u64,
    /// Bytes of these.
    bytes_written: u64,
    /// When the last commit was called.
    committing: Option<Instant>,
    /// How long the last commit took.
    commit: Duration,
    /// What that came to, an error number or 0, and when; nothing while the transaction goes on.
    ended: Option<(i32, Instant)>,
    /// Whether it was told.
    told: bool,
}

impl State {
    /// Notes that a key was read.
    pub fn note_read(&mut self, key: &[u8], value: &Option<Value>) {
        if let Some(work) = &mut self.work {
            work.reads += 1;
            work.bytes_read += (key.len() + value.as_ref().map_or(0, |value| value.len())) as u64;
        }
    }

    /// Notes that a range was read, with so many bytes in what was found.
    pub fn note_range(&mut self, bytes: impl FnOnce() -> usize) {
        if let Some(work) = &mut self.work {
            work.ranges += 1;
            work.bytes_read += bytes() as u64;
        }
    }

    /// Notes that a commit begins.
    pub fn note_commit(&mut self) {
        if let Some(work) = &mut self.work {
            work.committing = Some(Instant::now());
        }
    }

    /// Notes what a commit sends.
    pub fn note_writes(&mut self) {
        let Some(work) = &mut self.work else { return };
        let count =
            |overlay: &Arc<Overlay>| overlay.keys().count() + overlay.clears().count() + overlay.stamped_keys().len();
        work.writes += self.overlays.iter().map(|(_, overlay)| count(overlay) as u64).sum::<u64>();
        work.bytes_written += crate::commit::size::of_mutations(&self.overlays) as u64;
    }

    /// Notes that the transaction is tried again.
    pub fn go_on(&mut self) {
        if let Some(work) = &mut self.work {
            (work.ended, work.commit) = (None, Duration::ZERO);
        }
    }

    /// Begins to count, if the option says so.
    pub fn begin_work(&mut self) {
        self.work = (self.options.values.slow_ms > 0).then(Box::default);
    }
}

impl Transaction {
    /// Notes how a commit ended: one that went well is the end, and told if it was too slow. One that failed may be
    /// tried again, so it is told when the transaction ends.
    pub(super) fn end_work(&self, state: &mut State, code: i32) {
        let Some(work) = &mut state.work else { return };
        let now = Instant::now();
        work.commit = work.committing.take().map_or(Duration::ZERO, |began| now.saturating_duration_since(began));
        work.ended = Some((code, now));
        if code == 0 {
            self.tell_if_slow(state);
        }
    }

    /// Tells of the transaction if it took too long, once. Its id is made if it has none.
    pub(super) fn tell_if_slow(&self, state: &mut State) {
        let limit = Duration::from_millis(u64::try_from(state.options.values.slow_ms).unwrap_or(0));
        let (started, retries, committed_version) = (state.started, state.retries, state.committed);
        let read_version = state.read_point.as_ref().map_or(0, |point| point.version);
        let Some(work) = state.work.as_mut().filter(|work| !work.told) else {
            return;
        };
        let (outcome, code, end) = match work.ended {
            Some((0, end)) => ("committed", 0, end),
            Some((code, end)) => ("failed", code, end),
            None => ("abandoned", 0, Instant::now()),
        };
        let (age, commit) = (end.saturating_duration_since(started), work.commit);
        if limit.is_zero() || age.max(commit) < limit {
            return;
        }
        work.told = true;
        self.service.note_slow();
        let id = *self.id.get_or_init(uuid::Uuid::new_v4);
        tracing::warn!(
            target: "plinth::slow",
            database = self.service.identity().0,
            transaction = %id,
            age_ms = age.as_secs_f64() * 1e3,
            before_commit_ms = age.saturating_sub(commit).as_secs_f64() * 1e3,
            commit_ms = commit.as_secs_f64() * 1e3,
            outcome,
            code,
            retries,
            read_version,
            committed_version,
            reads = work.reads,
            ranges = work.ranges,
            bytes_read = work.bytes_read,
            writes = work.writes,
            bytes_written = work.bytes_written,
            "a transaction was slow",
        );
    }

    /// The same when the transaction is dropped.
    #[inline]
    pub(super) fn tell_slow_at_last(&mut self) {
        if self.state.get_mut().is_ok_and(|state| state.work.is_some()) {
            self.tell_if_slow(&mut self.lock());
        }
    }
}
