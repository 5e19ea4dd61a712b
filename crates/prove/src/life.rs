//! A life of the victim in which things may fail, and what it may say of them (FREE-7, COM-7).
//!
//! A commit whose write failed is told as unknown; every later one of the same thread is refused with
//! 9004; reads go on; the close says that something is not on disk; and nothing ends the process.

use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::time::Duration;

use crate::oracle::{Loss, Oracle};
use crate::stage::{Tally, Trouble};
use crate::victim::{Dump, Event, Running, Work};

/// Longer than this nothing may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// Commits after which nobody knows, and those that are refused because of them.
const UNKNOWN: i32 = 1021;
const REFUSED: i32 = 9004;
/// The disk does not keep up.
const HELD_BACK: i32 = 1042;
/// Errors of files, which say what the system said.
const OF_FILES: [i32; 5] = [1510, 1511, 1513, 1514, 1522];

/// What may fail in a life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fails {
    /// Nothing: it is as if all were well.
    Nothing,
    /// Whatever writes.
    Writes,
    /// The same in the host of this life. Its close leaves the log to the host.
    Elsewhere,
    /// Reads too, and with them commits, cleanly.
    Reads,
}

/// What a life said.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Whether it got as far as open.
    pub opened: bool,
    /// Commits that were acknowledged.
    pub acknowledged: u64,
    /// Commits whose fate is unknown.
    pub unknown: u64,
    /// Commits that were refused.
    pub refused: u64,
    /// Reads that went well after a failure.
    pub reads: u64,
    /// Reads that did not.
    pub failed_reads: u64,
    /// The first error of an open or a read, in words.
    pub words: Option<String>,
    /// What the close said, if it came to that.
    pub closed: Option<i32>,
}

/// Has a victim live, started as the command says, and judges it.
pub fn live(
    oracle: &mut Oracle,
    work: &Work,
    command: Command,
    fails: Fails,
    log: &Path,
) -> Result<(Seen, Vec<Event>), Trouble> {
    oracle.begin(work.life, work.threads)?;
    let running = Running::start(command, log)?;
    let (events, status) = running.rest(PATIENCE)?;
    for event in &events {
        oracle.take(work.life, event)?;
    }
    Ok((judge(&events, status, fails)?, events))
}

/// The same where what was not synced may be gone: a look before anything is added to it.
pub fn look_after_loss(oracle: &mut Oracle, work: &Work, log: &Path, tally: &mut Tally) -> Result<(), Trouble> {
    compare(oracle, work, log, tally, Loss::Tail)?;
    look(oracle, work, log, tally)
}

/// Opens what a life has left, commits a little, and compares all that is stored with what was acknowledged.
pub fn look(oracle: &mut Oracle, work: &Work, log: &Path, tally: &mut Tally) -> Result<(), Trouble> {
    let (seen, _) = live(oracle, work, work.command(), Fails::Nothing, log)?;
    if !seen.opened || seen.acknowledged == 0 {
        return finding(format!("it does not work again: {seen:?}"));
    }
    compare(oracle, work, log, tally, Loss::None)
}

fn compare(oracle: &mut Oracle, work: &Work, log: &Path, tally: &mut Tally, loss: Loss) -> Result<(), Trouble> {
    let dump = Dump::take(&work.program, &work.directory, &[], log)?;
    let checked = oracle.check(&dump, loss)?;
    tally.add("acknowledged commits", checked.acknowledged);
    tally.add("buffered ones that are lost", checked.lost);
    tally.add("unknown commits that are there", checked.unknown);
    Ok(())
}

/// Whether a life went as it may.
pub fn judge(events: &[Event], status: ExitStatus, fails: Fails) -> Result<Seen, Trouble> {
    let mut seen = Seen::default();
    let mut failed = BTreeSet::new();
    for event in events {
        take(&mut seen, &mut failed, event, fails)?;
    }
    if let Some(signal) = status.signal() {
        return finding(format!("the process was ended by signal {signal} after {:?}", events.last()));
    }
    if events.is_empty() {
        return finding(format!("the process said nothing and ended with {status}"));
    }
    match (seen.opened, seen.closed) {
        (true, None) => finding(format!("the process ended with {status} and did not close")),
        (true, Some(0)) if !failed.is_empty() && fails != Fails::Elsewhere => {
            finding("the close said that all is well, after a failed write".to_owned())
        }
        (true, Some(code)) if code != 0 && (fails == Fails::Nothing || ![1510, REFUSED].contains(&code)) => {
            finding(format!("the close failed with {code}"))
        }
        (false, _) if fails == Fails::Nothing => finding(format!("it does not open: {:?}", seen.words)),
        _ => Ok(seen),
    }
}

fn take(seen: &mut Seen, failed: &mut BTreeSet<u32>, event: &Event, fails: Fails) -> Result<(), Trouble> {
    match event {
        Event::Open(_) => seen.opened = true,
        Event::Acknowledged { thread, number, .. } if failed.contains(thread) => {
            return finding(format!("commit {number} of thread {thread} was acknowledged after a failed write"));
        }
        Event::Acknowledged { .. } => seen.acknowledged += 1,
        Event::Unknown { thread, code: UNKNOWN, .. } if fails != Fails::Nothing && !failed.contains(thread) => {
            failed.insert(*thread);
            seen.unknown += 1;
        }
        Event::Failed { thread, code: REFUSED, .. } if fails != Fails::Nothing => {
            failed.insert(*thread);
            seen.refused += 1;
        }
        Event::Failed { thread, code: HELD_BACK, .. } if fails != Fails::Nothing && !failed.contains(thread) => {}
        Event::Failed { thread, code, .. }
            if fails == Fails::Reads && OF_FILES.contains(code) && !failed.contains(thread) => {}
        Event::Unknown { .. } | Event::Failed { .. } => {
            return finding(format!("{event:?}; threads that had failed: {failed:?}"));
        }
        Event::Error { code, words } => {
            let may = if seen.opened { fails == Fails::Reads } else { fails != Fails::Nothing };
            if !may || !(OF_FILES.contains(code) || *code == REFUSED) || !is_clear(words) {
                return finding(format!("error {code}: {words}"));
            }
            seen.failed_reads += u64::from(seen.opened);
            seen.words.get_or_insert_with(|| words.clone());
        }
        Event::Read => seen.reads += 1,
        Event::Closed(code) => seen.closed = Some(*code),
    }
    Ok(())
}

/// Whether an error has the system's words, and ours where one can do something.
pub fn is_clear(words: &str) -> bool {
    let advice = [
        ("No space left on device", "free some"),
        ("Read-only file system", "mount it writable"),
        ("Too many open files", "ulimit -n"),
        ("File too large", "ulimit -f"),
        ("Permission denied", "needs to read and write"),
    ];
    let missing = advice.iter().any(|(theirs, ours)| words.contains(theirs) && !words.contains(ours));
    !missing && words.len() > 40
}

/// A finding.
pub fn finding<T>(what: String) -> Result<T, Trouble> {
    Err(Trouble::Finding(what))
}

/// What was counted in a life.
pub fn count(tally: &mut Tally, seen: &Seen) {
    tally.add("opens that failed", u64::from(!seen.opened));
    tally.add("commits 1021", seen.unknown);
    tally.add("commits 9004", seen.refused);
    tally.add("reads after a failure", seen.reads);
}
