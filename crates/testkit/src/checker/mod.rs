//! Proves of a recorded history that it is strictly serializable and that no conflict was made up.
//!
//! Committed transactions are applied to the model in the order of their versions; each
//! transaction, those that failed too, is made again on the model at its read version and must
//! be told the same. Then its conflict ranges are known, and with them which commits it may and
//! may not have survived.

mod order;
mod real_time;

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::sync::Arc;

use plinth_api::{Code, Database, DatabaseOptions};

use crate::call::{Answer, Call};
use crate::history::{Attempt, CommitRecord, History, Outcome};
use crate::model::{intersects, ModelDatabase, ModelTransaction, Span};
use order::{Footprints, Member};

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
    /// Reads that differ where the order inside a version could not be found out.
    pub undecided: usize,
}

/// A broken rule.
pub struct Violation {
    /// Its id.
    pub rule: &'static str,
    /// What happened.
    pub text: String,
}

type Checked<T> = std::result::Result<T, Violation>;

/// Checks a history.
pub fn check(history: &History) -> Checked<Summary> {
    no_errors(history)?;
    real_time::check(history)?;
    let mut replay = Replay::new(history);
    replay.commits()?;
    replay.others()?;
    Ok(replay.summary)
}

/// Nothing in a load is wrong, and nothing in it is too old.
fn no_errors(history: &History) -> Checked<()> {
    for attempt in &history.attempts {
        if let Some((call, answer)) = attempt.steps.iter().find(|(_, answer)| matches!(answer, Answer::Failed(_))) {
            return violation("ERRC", format!("{}: {call} gives {answer:?}", attempt.name));
        }
        if let Some(Outcome::Failed(code)) = attempt.commit.as_ref().map(|commit| commit.outcome) {
            if code != Code::NOT_COMMITTED {
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
    footprints: Footprints,
    /// Keys whose value after a shared version is not known for sure.
    undecided: HashSet<(usize, Vec<u8>, i64)>,
    applied: Vec<Applied>,
    summary: Summary,
}

impl<'a> Replay<'a> {
    fn new(history: &'a History) -> Self {
        let model = ModelDatabase::following(history.first_version, DatabaseOptions::default());
        let second = model.open_keyspace("second").map_or(1, |keyspace| keyspace.id);
        let footprints = Footprints::of(history);
        let summary = Summary { attempts: history.attempts.len(), ..Summary::default() };
        let (undecided, applied) = (HashSet::new(), Vec::new());
        Self { history, model, ids: vec![0, second], footprints, undecided, applied, summary }
    }

    /// Applies all commits in the order of their versions.
    fn commits(&mut self) -> Checked<()> {
        let mut groups: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
        for (index, attempt) in self.history.attempts.iter().enumerate() {
            if let Some(version) = attempt.committed() {
                groups.entry(version).or_default().push(index);
            }
        }
        groups.into_iter().try_for_each(|(version, members)| self.group(version, &members))
    }

    /// Applies the commits that share a version.
    fn group(&mut self, version: i64, indexes: &[usize]) -> Checked<()> {
        let mut members = Vec::new();
        for index in indexes {
            let attempt = &self.history.attempts[*index];
            let transaction = self.again(attempt)?;
            self.survived(attempt, &transaction)?;
            members.push(Member {
                index: *index,
                required: transaction.reads().required,
                spans: transaction.write_spans(),
                transaction,
            });
        }
        self.summary.shared_versions += usize::from(members.len() > 1);
        let order = self.footprints.order(version, &members);
        let Some(order) = order else {
            let names: Vec<&str> = indexes.iter().map(|index| &*self.history.attempts[*index].name).collect();
            return violation("CONF-14", format!("no order explains the commits {names:?} of version {version}"));
        };
        self.undecided.extend(self.footprints.undecided(version));
        order.into_iter().for_each(|at| self.apply(version, &members[at]));
        Ok(())
    }

    fn apply(&mut self, version: i64, member: &Member) {
        self.summary.commits += 1;
        self.model.apply(version, &member.transaction.writes(), member.spans.clone());
        let started = self.history.attempts[member.index].commit.as_ref().map_or(0, |commit| commit.started);
        self.applied.push(Applied { version, started, spans: member.spans.clone() });
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
        for attempt in self.history.attempts.iter().filter(|attempt| attempt.committed().is_none()) {
            let transaction = self.again(attempt)?;
            if let Some(commit) = &attempt.commit {
                if commit.outcome == Outcome::Failed(Code::NOT_COMMITTED) {
                    self.justified(attempt, commit, &transaction)?;
                }
            }
        }
        Ok(())
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
        later.any(|commit| intersects(&commit.spans, reads))
    }

    /// Makes the calls again on the model and compares what they read.
    fn again(&mut self, attempt: &Attempt) -> Checked<Arc<ModelTransaction>> {
        let version = attempt.read_version.unwrap_or_else(|| self.model.newest());
        let transaction = self.model.begin_at(version);
        for (call, answer) in &attempt.steps {
            let expected = call.perform(&*transaction, &self.ids);
            if expected == *answer {
                self.summary.reads += usize::from(call.is_read());
            } else if self.is_undecided(call, version) {
                self.summary.undecided += 1;
            } else {
                let text = format!("{}\nat {call} the model says {expected:?}", describe(attempt));
                return violation("VER-12", text);
            }
        }
        Ok(transaction)
    }

    fn is_undecided(&self, call: &Call, version: i64) -> bool {
        let keyspace = call.keyspace();
        let unknown = |key: &Vec<u8>| {
            let last = self.footprints.last_change(keyspace, key, version);
            last.is_some_and(|last| self.undecided.contains(&(keyspace, key.clone(), last)))
        };
        self.history.keys.iter().any(unknown)
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
    use plinth_api::KeySelector;

    use super::*;

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
        let commit = CommitRecord { started: 1, returned: 9, acknowledged: BEFORE, outcome };
        let read_version = Some(read_version);
        Attempt {
            name: name.into(),
            acknowledged: 0,
            read_version,
            by_hand: true,
            version_known: 0,
            steps,
            commit: Some(commit),
        }
    }

    fn history(attempts: Vec<Attempt>) -> History {
        History { keys: vec![key("a"), key("b")], first_version: BEFORE, attempts }
    }

    #[test]
    fn the_order_inside_a_version_is_deduced_from_what_was_read() {
        // CONF-14: who read b comes before who wrote it, although it stands second here.
        let writer = attempt("writer", BEFORE, vec![set("b", "1"), set("a", "1")], Outcome::Committed(SHARED));
        let reader = attempt("reader", BEFORE, vec![get("b", None), set("a", "2")], Outcome::Committed(SHARED));
        let look = attempt("look", SHARED, vec![get("a", Some("1"))], Outcome::Committed(-1));
        let summary = check(&history(vec![writer.clone(), reader.clone(), look])).expect("an order exists");
        assert_eq!((summary.shared_versions, summary.undecided), (1, 0));
        let look = attempt("look", SHARED, vec![get("a", Some("2"))], Outcome::Committed(-1));
        assert_eq!(check(&history(vec![writer, reader, look])).expect_err("the writer was seen first").rule, "CONF-14");
    }

    #[test]
    fn write_skew_inside_a_version_is_noticed() {
        let one = attempt("one", BEFORE, vec![get("a", None), set("b", "1")], Outcome::Committed(SHARED));
        let two = attempt("two", BEFORE, vec![get("b", None), set("a", "2")], Outcome::Committed(SHARED));
        assert_eq!(check(&history(vec![one, two])).expect_err("no order exists").rule, "CONF-14");
    }

    #[test]
    fn a_guess_about_an_unseen_order_accuses_nobody() {
        let one = attempt("one", BEFORE, vec![set("a", "1")], Outcome::Committed(SHARED));
        let two = attempt(
            "two",
            BEFORE,
            vec![(Call::Clear { keyspace: 0, key: key("a") }, Answer::Done)],
            Outcome::Committed(SHARED),
        );
        for found in ["a", "\u{7f}"] {
            let selector = KeySelector::first_greater_or_equal("");
            let answer = Answer::Key(if found == "a" { key("a") } else { b"\xff".to_vec() });
            let call = Call::GetKey { keyspace: 0, selector, snapshot: false };
            let look = attempt("look", SHARED, vec![(call, answer)], Outcome::Committed(-1));
            check(&history(vec![one.clone(), two.clone(), look])).expect("either order is right");
        }
    }

    #[test]
    fn a_conflict_within_one_version_may_be_the_reason_of_a_refusal() {
        let one = attempt("one", BEFORE, vec![set("a", "1")], Outcome::Committed(SHARED));
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
