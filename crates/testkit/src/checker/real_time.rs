//! What happened later has the greater version.

use super::{violation, Checked};
use crate::history::{Attempt, History};

/// Checks VER-4 and VER-5 on every transaction.
pub(super) fn check(history: &History) -> Checked<()> {
    let later = LaterCommits::of(history);
    for attempt in &history.attempts {
        read_version(attempt, &later)?;
        commit_version(attempt)?;
    }
    Ok(())
}

fn read_version(attempt: &Attempt, later: &LaterCommits) -> Checked<()> {
    let Some(version) = attempt.read_version.filter(|_| !attempt.by_hand) else { return Ok(()) };
    if version < attempt.acknowledged {
        return violation(
            "VER-4",
            format!("{} reads at {version}, but {} was acknowledged before", attempt.name, attempt.acknowledged),
        );
    }
    match later.smallest_after(attempt.version_known) {
        Some(commit) if commit <= version => {
            violation("VER-5", format!("{} reads at {version}; a commit called later got {commit}", attempt.name))
        }
        _ => Ok(()),
    }
}

fn commit_version(attempt: &Attempt) -> Checked<()> {
    let (Some(commit), Some(version)) = (&attempt.commit, attempt.committed()) else { return Ok(()) };
    if version <= commit.acknowledged {
        let before = commit.acknowledged;
        return violation("VER-5", format!("{} commits at {version}, after {before} was acknowledged", attempt.name));
    }
    match attempt.read_version {
        Some(read) if read >= version => {
            violation("VER-5", format!("{} reads at {read} and commits at {version}", attempt.name))
        }
        _ => Ok(()),
    }
}

/// For each call of `commit`, the smallest version of it and all that were called after it.
struct LaterCommits(Vec<(u64, i64)>);

impl LaterCommits {
    fn of(history: &History) -> Self {
        let commit = |attempt: &Attempt| Some((attempt.commit.as_ref()?.started, attempt.committed()?));
        let mut commits: Vec<(u64, i64)> = history.attempts.iter().filter_map(commit).collect();
        commits.sort_unstable();
        let mut smallest = i64::MAX;
        for (_, version) in commits.iter_mut().rev() {
            smallest = smallest.min(*version);
            *version = smallest;
        }
        Self(commits)
    }

    fn smallest_after(&self, tick: u64) -> Option<i64> {
        let first = self.0.partition_point(|(started, _)| *started <= tick);
        self.0.get(first).map(|(_, version)| *version)
    }
}
