//! One history of what several processes told, some of which were killed.
//!
//! Each transaction that writes sets a mark, a key with its name and its versionstamp. The last look
//! reads the marks, and so tells what became of every commit, whatever its process was told.

use std::collections::BTreeMap;

use super::{violation, Checked, Stamp};
use crate::call::{Answer, Call};
use crate::history::{Attempt, History, Outcome, MARKS};

/// Puts together what the processes told and what a last look saw. Fails if somebody was told something
/// else about a commit than became of it.
pub fn merge(first_version: i64, events: Vec<Attempt>, last_look: Attempt) -> Checked<History> {
    let mut marks = marks_of(&last_look);
    let mut attempts: BTreeMap<String, Attempt> = BTreeMap::new();
    for event in events {
        let before = attempts.insert(event.name.clone(), event);
        if before.is_some_and(|before| before.commit.is_none_or(|commit| commit.outcome != Outcome::Unknown)) {
            return violation("TEST", "a transaction ended twice".to_owned());
        }
    }
    let mut attempts: Vec<Attempt> = attempts.into_values().collect();
    for attempt in &mut attempts {
        let mark = marks.remove(&attempt.name);
        settle(attempt, mark)?;
    }
    if let Some((name, stamp)) = marks.pop_first() {
        return violation("COM-7", format!("{name} has a mark with the stamp {stamp:?}, but was never committed"));
    }
    attempts.push(last_look);
    know_acknowledged(&mut attempts);
    Ok(History { first_version, attempts, in_parts: true, outlasts: false })
}

/// The marks that are there: names and versionstamps.
fn marks_of(last_look: &Attempt) -> BTreeMap<String, Stamp> {
    let mut marks = BTreeMap::new();
    for (call, answer) in &last_look.steps {
        if let (Call::GetRange { keyspace: MARKS, .. }, Answer::Rows(rows, _)) = (call, answer) {
            let mark = |(key, value): &(Vec<u8>, Vec<u8>)| {
                (String::from_utf8_lossy(key).into_owned(), Stamp::try_from(&value[..]).unwrap_or_default())
            };
            marks.extend(rows.iter().map(mark));
        }
    }
    marks
}

/// Compares what was told with the mark, and replaces what was not known by what the mark tells.
fn settle(attempt: &mut Attempt, mark: Option<Stamp>) -> Checked<()> {
    let wrong =
        |what: &str, attempt: &Attempt| violation("COM-7", format!("{what}: {attempt:?}, its mark is {mark:?}"));
    let Some(commit) = &mut attempt.commit else {
        return mark.map_or(Ok(()), |_| wrong("committed, although nobody asked for it", attempt));
    };
    let in_doubt = match commit.outcome {
        Outcome::Unknown => true,
        Outcome::Failed(code) => code.is_maybe_committed(),
        Outcome::Committed(_) => false,
    };
    match (commit.outcome, mark) {
        (_, Some(stamp)) if in_doubt => {
            let mut version = [0; 8];
            version.copy_from_slice(&stamp[..8]);
            commit.outcome = Outcome::Committed(i64::from_be_bytes(version));
            commit.stamp = Some(stamp);
            Ok(())
        }
        (Outcome::Failed(_), Some(_)) => wrong("committed, although an error said that it is not", attempt),
        (Outcome::Committed(-1), Some(_)) => wrong("committed, although it was told that there was nothing", attempt),
        (Outcome::Committed(-1), None) => Ok(()),
        (Outcome::Committed(_), None) => wrong("acknowledged and lost", attempt),
        (Outcome::Committed(_), Some(stamp)) if commit.stamp != Some(stamp) => {
            wrong("acknowledged with one stamp, applied with another", attempt)
        }
        _ => Ok(()),
    }
}

/// What one process was told before another one asked, that one has to see. A commit of unknown fate
/// that happened had done so when its process was told (rule COM-7).
fn know_acknowledged(attempts: &mut [Attempt]) {
    let told = |attempt: &Attempt| Some((attempt.commit.as_ref()?.returned, attempt.committed()?));
    let mut told: Vec<(u64, i64)> = attempts.iter().filter_map(told).collect();
    told.sort_unstable();
    let mut newest = 0;
    for (_, version) in &mut told {
        newest = newest.max(*version);
        *version = newest;
    }
    let before = |time: u64| {
        let count = told.partition_point(|(returned, _)| *returned < time);
        count.checked_sub(1).map_or(0, |at| told[at].1)
    };
    for attempt in attempts {
        attempt.acknowledged = attempt.acknowledged.max(before(attempt.asked));
        if let Some(commit) = &mut attempt.commit {
            commit.acknowledged = commit.acknowledged.max(before(commit.started));
        }
    }
}
