//! Proves of a recorded history that it is strictly serializable and that no conflict was made up.
//!
//! Committed transactions are applied to the model in the order of their versionstamps; each
//! transaction, those that failed too, is made again on the model at its read version and must
//! be told the same. Then its conflict ranges are known, and with them which commits it may and
//! may not have survived.

mod parts;
mod real_time;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use plinth_api::{Code, Database, DatabaseOptions};

use crate::call::Answer;
use crate::history::{Attempt, CommitRecord, History, Outcome, KEYSPACES};
use crate::model::{intersects, ModelDatabase, ModelTransaction, Span};

/// What was proved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Transactions.
    pub attempts: usize,
    /// Reads that came out the same.
    pub reads: usize,
    /// Write commits.
    pub commits: usize,
    /// Versions that several commits share.
    pub shared_versions: usize,
    /// Conflicts, each with a commit that explains it.
    pub conflicts: usize,
    /// Conflicts that only a range wider than needed explains (FREE-4).
    pub wide_conflicts: usize,
}

/// A broken rule.
pub struct Violation {
    /// Its id.
    pub rule: &'static str,
    /// What happened.
    pub text: String,
}

pub use parts::merge;

/// What a check comes to.
pub type Checked<T> = std::result::Result<T, Violation>;

/// A versionstamp; in order like the commits.
type Stamp = [u8; 10];

/// Checks a history.
pub fn check(history: &History) -> Checked<Summary> {
    no_errors(history)?;
    real_time::check(history)?;
    let mut replay = Replay::new(history);
    replay.commits()?;
    replay.others()?;
    Ok(replay.summary)
}

/// Nothing in a load is wrong, and nothing in it is too old unless that is possible.
fn no_errors(history: &History) -> Checked<()> {
    for attempt in &history.attempts {
        if let Some((call, answer)) = attempt.steps.iter().find(|(_, answer)| matches!(answer, Answer::Failed(_))) {
            return violation("ERRC", format!("{}: {call} gives {answer:?}", attempt.name));
        }
        if let Some(Outcome::Failed(code)) = attempt.commit.as_ref().map(|commit| commit.outcome) {
            if code != Code::NOT_COMMITTED && !((history.in_parts || history.outlasts) && code.is_retryable()) {
                return violation("ERRC", format!("{}: commit gives {code:?}", attempt.name));
            }
        }
    }
    Ok(())
}

fn violation<T>(rule: &'static str, text: String) -> Checked<T> {
    Err(Violation { rule, text })
}

/// A commit that was applied.
struct Applied {
    version: i64,
    started: u64,
    spans: Vec<Span>,
}

struct Replay<'a> {
    history: &'a History,
    model: ModelDatabase,
    ids: Vec<u32>,
    applied: Vec<Applied>,
    /// Commits that were begun and did not happen; others may have been refused because of them.
    vain: Vec<(u64, Vec<Span>)>,
    summary: Summary,
}

impl<'a> Replay<'a> {
    fn new(history: &'a History) -> Self {
        let model = ModelDatabase::following(history.first_version, DatabaseOptions::default());
        let open = |name: &&str| model.open_keyspace(name).map_or(u32::MAX, |keyspace| keyspace.id);
        let ids = KEYSPACES.iter().map(open).collect();
        let summary = Summary { attempts: history.attempts.len(), ..Summary::default() };
        Self { history, model, ids, applied: Vec::new(), vain: Vec::new(), summary }
    }

    /// Applies all commits in the order of their versionstamps.
    fn commits(&mut self) -> Checked<()> {
        let mut groups: BTreeMap<i64, BTreeMap<Stamp, usize>> = BTreeMap::new();
        for (index, attempt) in self.history.attempts.iter().enumerate() {
            if let Some(version) = attempt.committed() {
                let stamp = stamp_of(attempt, version)?;
                if let Some(other) = groups.entry(version).or_default().insert(stamp, index) {
                    let (one, two) = (&self.history.attempts[other].name, &attempt.name);
                    return violation("VST-1", format!("{one} and {two} have the same versionstamp {stamp:?}"));
                }
            }
        }
        groups.into_iter().try_for_each(|(version, members)| self.group(version, members))
    }

    /// Applies the commits that share a version. Each was checked against those before it.
    fn group(&mut self, version: i64, members: BTreeMap<Stamp, usize>) -> Checked<()> {
        self.summary.shared_versions += usize::from(members.len() > 1);
        let mut earlier: Vec<Span> = Vec::new();
        let mut all = Vec::new();
        for (stamp, index) in members {
            let attempt = &self.history.attempts[index];
            let transaction = self.again(attempt)?;
            self.survived(attempt, &transaction)?;
            if intersects(&transaction.reads().required, &earlier) {
                let text = "committed, although what it read was changed by an earlier commit of its version";
                return violation("CONF-14", format!("{}\n{text}", describe(attempt)));
            }
            let (writes, spans) = transaction.settled(&stamp);
            earlier.extend(spans.iter().cloned());
            all.extend(writes);
            let started = attempt.commit.as_ref().map_or(0, |commit| commit.started);
            self.applied.push(Applied { version, started, spans });
            self.summary.commits += 1;
        }
        self.model.apply(version, &all, earlier);
        Ok(())
    }

    /// No commit between the read version and the commit version wrote what was read.
    fn survived(&self, attempt: &Attempt, transaction: &ModelTransaction) -> Checked<()> {
        let Some(read_version) = attempt.read_version else { return Ok(()) };
        match self.model.conflict_after(read_version, &transaction.reads().required) {
            None => Ok(()),
            Some(version) => violation(
                "CONF-14",
                format!("{}\ncommitted, although what it read was changed at {version}", describe(attempt)),
            ),
        }
    }

    /// Those that committed nothing: their reads, and the reason of their conflict.
    fn others(&mut self) -> Checked<()> {
        let mut refused = Vec::new();
        for attempt in self.history.attempts.iter().filter(|attempt| attempt.committed().is_none()) {
            let transaction = self.again(attempt)?;
            let Some(commit) = &attempt.commit else { continue };
            match commit.outcome {
                Outcome::Failed(Code::NOT_COMMITTED) => refused.push((attempt, commit, transaction)),
                Outcome::Failed(code) if code.is_maybe_committed() => {
                    self.vain.push((commit.started, transaction.write_spans()));
                }
                Outcome::Unknown => self.vain.push((commit.started, transaction.write_spans())),
                _ => {}
            }
        }
        refused.iter().try_for_each(|(attempt, commit, transaction)| self.justified(attempt, commit, transaction))
    }

    /// Someone who had begun to commit by then changed what was read (CONF-20).
    fn justified(&mut self, attempt: &Attempt, commit: &CommitRecord, transaction: &ModelTransaction) -> Checked<()> {
        self.summary.conflicts += 1;
        let reads = transaction.reads();
        let by = |spans: &[Span]| self.reason(attempt.read_version, commit.returned, spans);
        if by(&reads.required) {
            return Ok(());
        }
        if by(&reads.allowed) {
            self.summary.wide_conflicts += 1;
            return Ok(());
        }
        violation("CONF-20", format!("{}\nno commit explains its conflict", describe(attempt)))
    }

    fn reason(&self, read_version: Option<i64>, returned: u64, reads: &[Span]) -> bool {
        let Some(read_version) = read_version else { return false };
        let mut later = self.applied.iter().filter(|commit| commit.version > read_version && commit.started < returned);
        let mut vain = self.vain.iter().filter(|(started, _)| *started < returned);
        later.any(|commit| intersects(&commit.spans, reads)) || vain.any(|(_, spans)| intersects(spans, reads))
    }

    /// Makes the calls again on the model and compares what they read.
    fn again(&mut self, attempt: &Attempt) -> Checked<Arc<ModelTransaction>> {
        let version = attempt.read_version.unwrap_or_else(|| self.model.newest());
        let transaction = self.model.begin_at(version);
        for (call, answer) in &attempt.steps {
            let expected = call.perform(&*transaction, &self.ids);
            if expected == *answer {
                self.summary.reads += usize::from(call.is_read());
            } else {
                let text = format!("{}\nat {call} the model says {expected:?}", describe(attempt));
                return violation("VER-12", text);
            }
        }
        Ok(transaction)
    }
}

/// The versionstamp of a commit, which begins with its version (VST-1).
fn stamp_of(attempt: &Attempt, version: i64) -> Checked<Stamp> {
    match attempt.commit.as_ref().and_then(|commit| commit.stamp) {
        Some(stamp) if stamp[..8] == version.to_be_bytes() => Ok(stamp),
        stamp => {
            violation("VST-1", format!("{} commits at {version}, but its versionstamp is {stamp:?}", attempt.name))
        }
    }
}

/// A transaction's story.
fn describe(attempt: &Attempt) -> String {
    let mut text = format!("transaction {} at read version {:?}", attempt.name, attempt.read_version);
    for (call, answer) in &attempt.steps {
        text.push_str(&format!("\n  {call} -> {answer:?}"));
    }
    text.push_str(&format!("\n  {:?}", attempt.commit));
    text
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule, self.text)
    }
}

impl fmt::Debug for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
#[allow(clippy::expect_used)]
mod tests {
    use super::*;
    use crate::call::Call;

    const BEFORE: i64 = 100;
    const SHARED: i64 = 200;

    fn key(name: &str) -> Vec<u8> {
        name.as_bytes().to_vec()
    }

    fn set(name: &str, value: &str) -> (Call, Answer) {
        (Call::Set { keyspace: 0, key: key(name), value: key(value) }, Answer::Done)
    }

    fn get(name: &str, value: Option<&str>) -> (Call, Answer) {
        (Call::Get { keyspace: 0, key: key(name), snapshot: false }, Answer::Value(value.map(key)))
    }

    fn attempt(name: &str, read_version: i64, steps: Vec<(Call, Answer)>, outcome: Outcome) -> Attempt {
        let commit = CommitRecord { started: 1, returned: 9, acknowledged: BEFORE, outcome, stamp: None };
        let read_version = Some(read_version);
        Attempt {
            name: name.into(),
            acknowledged: 0,
            asked: 0,
            read_version,
            by_hand: true,
            version_known: 0,
            steps,
            commit: Some(commit),
        }
    }

    fn committed(name: &str, order: u8, steps: Vec<(Call, Answer)>) -> Attempt {
        let mut attempt = attempt(name, BEFORE, steps, Outcome::Committed(SHARED));
        let mut stamp = [0; 10];
        stamp[..8].copy_from_slice(&SHARED.to_be_bytes());
        stamp[9] = order;
        attempt.commit = attempt.commit.map(|commit| CommitRecord { stamp: Some(stamp), ..commit });
        attempt
    }

    fn history(attempts: Vec<Attempt>) -> History {
        History { first_version: BEFORE, attempts, in_parts: false, outlasts: false }
    }

    /// VST-1 and CONF-14: the stamps tell who of one version comes first.
    #[test]
    fn the_order_inside_a_version_is_that_of_the_stamps() {
        let run = |writer_order, reader_order, seen| {
            let writer = committed("writer", writer_order, vec![set("b", "1"), set("a", "1")]);
            let reader = committed("reader", reader_order, vec![get("b", None), set("a", "2")]);
            let look = attempt("look", SHARED, vec![get("a", Some(seen))], Outcome::Committed(-1));
            check(&history(vec![writer, reader, look])).map_err(|violation| violation.rule)
        };
        assert_eq!(run(1, 0, "1").map(|summary| summary.shared_versions), Ok(1));
        assert_eq!(run(1, 0, "2").err(), Some("VER-12"), "the writer came last");
        assert_eq!(run(0, 1, "2").err(), Some("CONF-14"), "the reader did not see what was written before it");
        assert_eq!(run(1, 1, "1").err(), Some("VST-1"), "one stamp for two commits");
    }

    /// CONF-14: no order of the two is serial.
    #[test]
    fn write_skew_inside_a_version_is_noticed() {
        for orders in [(0, 1), (1, 0)] {
            let one = committed("one", orders.0, vec![get("a", None), set("b", "1")]);
            let two = committed("two", orders.1, vec![get("b", None), set("a", "2")]);
            assert_eq!(check(&history(vec![one, two])).expect_err("no order exists").rule, "CONF-14");
        }
    }

    /// CONF-20: a refusal needs a commit that had begun by then.
    #[test]
    fn a_conflict_within_one_version_may_be_the_reason_of_a_refusal() {
        let one = committed("one", 0, vec![set("a", "1")]);
        let refused = |start| {
            let mut refused =
                attempt("two", BEFORE, vec![get("a", None), set("b", "2")], Outcome::Failed(Code::NOT_COMMITTED));
            refused.commit = refused.commit.map(|commit| CommitRecord { returned: start, ..commit });
            refused
        };
        check(&history(vec![one.clone(), refused(9)])).expect("justified");
        assert_eq!(check(&history(vec![one, refused(0)])).expect_err("too early").rule, "CONF-20");
    }
}
