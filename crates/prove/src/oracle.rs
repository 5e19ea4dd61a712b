//! What a directory must hold after all that its victims were told, and whether it does.
//!
//! ```text
//! begin(life) -> take(event)... -> (killed, no power) -> check(dump) -> begin(next life) ...
//! ```
//! A dump settles the lives before it: what it shows was recovered and, since the dump closes the database
//! in order, is synced from then on; what it does not show is gone and must never come back. Up to
//! [`KEPT`] - 1 lives may pass between two dumps. Lives that a later one cleared are forgotten, but for
//! how many commits they had, so that the oracle stays small however long a directory lives.

use std::collections::{BTreeMap, BTreeSet};

use crate::stage::Trouble;
use crate::victim::{Commit, Dump, Event, Stamp, KEYSPACES};

/// A life clears what lives left that began this many lives before; as in `c/victim.c`.
pub const KEPT: u32 = 4;
/// Keys that all fight for; as in `c/victim.c`.
const SLOTS: u64 = 16;
/// A record in every keyspace.
const EVERYWHERE: u8 = (1 << KEYSPACES) - 1;
/// Commits that a message names.
const NAMED: usize = 4;

/// What may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Nothing that was acknowledged: a process was killed.
    None,
    /// Of what was not synced, the newest: power was cut.
    Tail,
}

/// What was told of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Acknowledged { stamp: Stamp, synced: bool },
    Unknown,
    Failed,
}

/// What is known of a life.
#[derive(Clone, Debug, Default)]
struct Life {
    threads: u32,
    /// Whether another process may have the directory open already.
    beside: bool,
    opened: Option<i64>,
    told: BTreeMap<Commit, Told>,
    /// The last number of each thread, and its last version.
    last: BTreeMap<u32, (u64, i64)>,
    /// From the first dump after it on: every commit that happened.
    settled: Option<BTreeMap<Commit, Stamp>>,
}

/// What a dump showed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Commits acknowledged since the last dump.
    pub acknowledged: u64,
    /// Synced ones among them.
    pub synced: u64,
    /// Acknowledged ones that are missing, as they may.
    pub lost: u64,
    /// Those there whose outcome nobody was told.
    pub unknown: u64,
}

/// What is known of a directory.
#[derive(Clone, Debug)]
pub struct Oracle {
    window: u64,
    lives: BTreeMap<u32, Life>,
    /// Every version that anyone saw is at or below this.
    highest: i64,
    /// Commits of lives that are forgotten.
    forgotten: u64,
    /// Lives below this are forgotten.
    first: u32,
    /// Who wrote the keys that all fight for, at the last dump.
    hot: BTreeMap<u8, (Stamp, Commit)>,
}

/// What a dump has to be compared with.
struct Expected {
    /// Lives up to this one are cleared.
    cleared: Option<u32>,
    /// Commits that happened, of lives that are not.
    present: BTreeMap<Commit, Stamp>,
    checked: Checked,
}

impl Oracle {
    /// Of an empty directory, for victims with `window=` this; without that option it is 16.
    pub fn new(window: u64) -> Self {
        Self { window, lives: BTreeMap::new(), highest: 0, forgotten: 0, first: 0, hot: BTreeMap::new() }
    }

    /// A life begins, alone: its versions are above all that were seen.
    pub fn begin(&mut self, life: u32, threads: u32) -> Result<(), Trouble> {
        self.add(life, threads, false)
    }

    /// A life begins that may share the directory with others: all have one order of versions.
    pub fn begin_beside(&mut self, life: u32, threads: u32) -> Result<(), Trouble> {
        self.add(life, threads, true)
    }

    fn add(&mut self, life: u32, threads: u32, beside: bool) -> Result<(), Trouble> {
        let open = self.lives.values().filter(|life| life.settled.is_none()).count();
        let next = self.lives.keys().next_back().is_none_or(|last| *last < life) && life >= self.first;
        if open + 1 >= KEPT as usize || !next {
            return Err(Trouble::Rig(format!("life {life} with {open} lives since the last dump")));
        }
        self.lives.insert(life, Life { threads, beside, ..Life::default() });
        Ok(())
    }

    /// What a victim told. Errors of opens and reads are for the caller to judge.
    pub fn take(&mut self, life: u32, event: &Event) -> Result<(), Trouble> {
        let highest = self.highest;
        let Some(known) = self.lives.get_mut(&life).filter(|life| life.settled.is_none()) else {
            return Err(Trouble::Rig(format!("life {life} is over or never began")));
        };
        let version = match *event {
            Event::Open(version) if version < highest + i64::from(!known.beside) => {
                return finding(format!("life {life} opened at version {version}, {highest} was seen before"));
            }
            Event::Open(version) => {
                known.opened = Some(version);
                version
            }
            Event::Acknowledged { thread, number, stamp, synced } => {
                known.tell(Commit { life, thread, number }, Told::Acknowledged { stamp, synced })?;
                stamp.0
            }
            Event::Unknown { thread, number, .. } => {
                known.tell(Commit { life, thread, number }, Told::Unknown)?;
                0
            }
            Event::Failed { thread, number, .. } => {
                known.tell(Commit { life, thread, number }, Told::Failed)?;
                0
            }
            Event::Error { .. } | Event::Read | Event::Closed(_) => 0,
        };
        self.highest = highest.max(version);
        Ok(())
    }

    /// Compares a dump of a process of its own with what was told, and settles it.
    pub fn check(&mut self, dump: &Dump, loss: Loss) -> Result<Checked, Trouble> {
        if let Some(bad) = dump.bad.first() {
            return finding(format!("{} times something that must not be: {bad}", dump.bad.len()));
        }
        let expected = self.expect(dump, loss)?;
        self.check_versions(dump, &expected)?;
        self.check_records(dump, &expected)?;
        self.check_counters(dump, &expected)?;
        let hot = self.check_hot(dump, &expected)?;
        self.settle(dump, expected, hot)
    }

    /// What a copy of the directory at a version must hold: all that it knows up to there, and nothing later. Only
    /// while nothing of it was cleared.
    pub fn at(&self, version: i64) -> Self {
        let mut past = self.clone();
        for life in past.lives.values_mut() {
            if let Some(settled) = &mut life.settled {
                settled.retain(|_, stamp| stamp.0 <= version);
            }
            let later = |told: &&mut Told| matches!(told, Told::Acknowledged { stamp, .. } if stamp.0 > version);
            life.told.values_mut().filter(later).for_each(|told| *told = Told::Failed);
        }
        // Those who wrote these keys are among the commits that are found.
        past.hot.clear();
        past.highest = version;
        past
    }

    /// The highest version that anyone saw.
    pub fn highest(&self) -> i64 {
        self.highest
    }

    /// Which commits happened, by their versionstamps: all that must, and none that must not.
    fn expect(&self, dump: &Dump, loss: Loss) -> Result<Expected, Trouble> {
        let present = dump.stamps.clone();
        let cleared = present.keys().filter(|commit| commit.thread == 0).filter_map(|c| c.life.checked_sub(KEPT)).max();
        let mut checked = Checked::default();
        for (commit, stamp) in &present {
            let life = self.lives.get(&commit.life).filter(|_| Some(commit.life) > cleared);
            let Some(life) = life else {
                return finding(format!("{commit:?} is there, of a life that was cleared or never was"));
            };
            checked.unknown += u64::from(life.may_be(commit, *stamp)?);
        }
        let mut missing: BTreeSet<Stamp> = BTreeSet::new();
        let mut lost = Vec::new();
        for (number, life) in self.lives.iter().filter(|(number, _)| Some(**number) > cleared) {
            for (commit, stamp, synced) in life.must_be() {
                let is_new = life.settled.is_none();
                checked.acknowledged += u64::from(is_new);
                checked.synced += u64::from(is_new && synced);
                if !present.contains_key(&commit) {
                    missing.insert(stamp);
                    lost.push((commit, synced));
                }
            }
            let gone = life.settled.is_some() && lost.iter().any(|(commit, _)| commit.life == *number);
            if gone {
                return finding(format!("commits of life {number} that an earlier dump showed are lost"));
            }
        }
        checked.lost = lost.len() as u64;
        may_be_lost(&lost, loss)?;
        // A version is one batch: it is there or not.
        if let Some(first) = missing.first() {
            if let Some((commit, stamp)) = present.iter().find(|(_, stamp)| stamp.0 >= first.0) {
                return finding(format!("{first:?} is lost, but {commit:?} at {stamp:?} is there"));
            }
        }
        Ok(Expected { cleared, present, checked })
    }

    fn check_versions(&self, dump: &Dump, expected: &Expected) -> Result<(), Trouble> {
        if dump.version <= self.highest {
            return finding(format!("opened at version {}, {} was seen before", dump.version, self.highest));
        }
        let mut seen: BTreeMap<Stamp, Commit> = BTreeMap::new();
        let lost = self.lives.values().filter(|life| life.settled.is_none()).flat_map(Life::must_be);
        let lost = lost.filter(|(commit, ..)| !expected.present.contains_key(commit));
        let stamps = expected.present.iter().map(|(commit, stamp)| (*commit, *stamp));
        for (commit, stamp) in stamps.chain(lost.map(|(commit, stamp, _)| (commit, stamp))) {
            if let Some(other) = seen.insert(stamp, commit) {
                return finding(format!("{commit:?} and {other:?} have the same versionstamp {stamp:?}"));
            }
        }
        match seen.last_key_value() {
            Some((stamp, commit)) if stamp.0 > dump.version => {
                finding(format!("{commit:?} is there at {stamp:?}, above the read version {}", dump.version))
            }
            _ => Ok(()),
        }
    }

    /// Each commit's records are in all keyspaces, until its thread cleared them, which is a commit too.
    fn check_records(&self, dump: &Dump, expected: &Expected) -> Result<(), Trouble> {
        for commit in expected.present.keys() {
            let later = Commit { number: commit.number + self.window, ..*commit };
            let want = if expected.present.contains_key(&later) { 0 } else { EVERYWHERE };
            let found = dump.records.get(commit).copied().unwrap_or(0);
            if found != want {
                return finding(format!("half applied: {commit:?} has records in {found:04b}, expected {want:04b}"));
            }
        }
        match dump.records.keys().find(|commit| !expected.present.contains_key(commit)) {
            Some(commit) => finding(format!("half applied: {commit:?} has records and no versionstamp")),
            None => Ok(()),
        }
    }

    fn check_counters(&self, dump: &Dump, expected: &Expected) -> Result<(), Trouble> {
        let mut lives: BTreeMap<u32, u64> = BTreeMap::new();
        expected.present.keys().for_each(|commit| *lives.entry(commit.life).or_default() += 1);
        if lives != dump.lives {
            return finding(format!("counters of lives are {:?}, expected {lives:?}", dump.lives));
        }
        let all = self.forgotten + lives.values().sum::<u64>() + self.before(expected);
        match dump.all == all {
            true => Ok(()),
            false => finding(format!("the counter of all commits is {}, expected {all}", dump.all)),
        }
    }

    /// Commits of lives that are known here but cleared in the dump.
    fn before(&self, expected: &Expected) -> u64 {
        let cleared = self.lives.iter().filter(|(number, _)| Some(**number) <= expected.cleared);
        cleared.filter_map(|(_, life)| life.settled.as_ref()).map(|settled| settled.len() as u64).sum()
    }

    /// Each key that all fight for has the value of the last that wrote it.
    fn check_hot(&self, dump: &Dump, expected: &Expected) -> Result<BTreeMap<u8, (Stamp, Commit)>, Trouble> {
        let mut hot = self.hot.clone();
        for (commit, stamp) in &expected.present {
            let mine = (*stamp, *commit);
            let slot = hot.entry((commit.number % SLOTS) as u8).or_insert(mine);
            *slot = mine.max(*slot);
        }
        let owners: BTreeMap<u8, Commit> = hot.iter().map(|(slot, (_, commit))| (*slot, *commit)).collect();
        if owners == dump.hot {
            return Ok(hot);
        }
        let wrong = (0..SLOTS as u8).find(|slot| owners.get(slot) != dump.hot.get(slot)).unwrap_or_default();
        finding(format!("key {wrong} was written by {:?}, expected {:?}", dump.hot.get(&wrong), owners.get(&wrong)))
    }

    fn settle(
        &mut self,
        dump: &Dump,
        expected: Expected,
        hot: BTreeMap<u8, (Stamp, Commit)>,
    ) -> Result<Checked, Trouble> {
        self.forgotten += self.before(&expected);
        self.lives.retain(|number, _| Some(*number) > expected.cleared);
        self.first = expected.cleared.map_or(self.first, |cleared| self.first.max(cleared + 1));
        for (number, life) in &mut self.lives {
            let of_life = expected.present.iter().filter(|(commit, _)| commit.life == *number);
            *life = Life {
                threads: life.threads,
                settled: Some(of_life.map(|(commit, stamp)| (*commit, *stamp)).collect()),
                ..Life::default()
            };
        }
        self.hot = hot;
        self.highest = dump.version;
        Ok(expected.checked)
    }
}

impl Life {
    fn tell(&mut self, commit: Commit, told: Told) -> Result<(), Trouble> {
        let last = self.last.entry(commit.thread).or_default();
        if commit.number != last.0 + 1 || commit.thread > self.threads {
            return Err(Trouble::Rig(format!("{commit:?} after number {} of {} threads", last.0, self.threads)));
        }
        last.0 = commit.number;
        if let Told::Acknowledged { stamp: (version, _), .. } = told {
            let before = last.1.max(self.opened.unwrap_or(0));
            if version <= before {
                return finding(format!("{commit:?} has version {version}, its thread saw {before} before"));
            }
            last.1 = version;
        }
        self.told.insert(commit, told);
        Ok(())
    }

    /// Fails unless the commit may be there, at that stamp. Returns whether nobody was told that it is.
    fn may_be(&self, commit: &Commit, stamp: Stamp) -> Result<bool, Trouble> {
        if let Some(settled) = &self.settled {
            return match settled.get(commit) {
                Some(before) if *before == stamp => Ok(false),
                other => finding(format!("{commit:?} is there at {stamp:?}, at an earlier dump: {other:?}")),
            };
        }
        match self.told.get(commit) {
            Some(Told::Acknowledged { stamp: told, .. }) if *told == stamp => Ok(false),
            Some(Told::Acknowledged { stamp: told, .. }) => {
                finding(format!("{commit:?} is there at {stamp:?}, acknowledged at {told:?}"))
            }
            Some(Told::Failed) => finding(format!("{commit:?} is there, and had failed")),
            told => {
                let tried = self.last.get(&commit.thread).map_or(0, |last| last.0) + 1;
                match (told.is_some() || commit.number == tried) && commit.thread <= self.threads {
                    // Before it opened there was no version to compare with.
                    true if self.opened.is_none_or(|opened| stamp.0 > opened) => Ok(true),
                    true => finding(format!("{commit:?} is there at {stamp:?}, before its life opened")),
                    false => finding(format!("{commit:?} is there, and was never tried")),
                }
            }
        }
    }

    /// What was acknowledged or shown: commit, stamp, and whether it was synced.
    fn must_be(&self) -> Vec<(Commit, Stamp, bool)> {
        if let Some(settled) = &self.settled {
            return settled.iter().map(|(commit, stamp)| (*commit, *stamp, true)).collect();
        }
        let acknowledged = |(commit, told): (&Commit, &Told)| match told {
            Told::Acknowledged { stamp, synced } => Some((*commit, *stamp, *synced)),
            _ => None,
        };
        self.told.iter().filter_map(acknowledged).collect()
    }
}

fn may_be_lost(lost: &[(Commit, bool)], loss: Loss) -> Result<(), Trouble> {
    let wrongly = |(_, synced): &&(Commit, bool)| loss == Loss::None || *synced;
    let wrong: Vec<_> = lost.iter().filter(wrongly).collect();
    if wrong.is_empty() {
        return Ok(());
    }
    let synced = wrong.iter().filter(|(_, synced)| *synced).count();
    let names: Vec<_> = wrong.iter().take(NAMED).map(|(commit, _)| commit).collect();
    finding(format!("{} acknowledged commits are lost, {synced} of them synced: {names:?}", wrong.len()))
}

fn finding<T>(what: String) -> Result<T, Trouble> {
    Err(Trouble::Finding(what))
}

#[cfg(test)]
mod tests;
