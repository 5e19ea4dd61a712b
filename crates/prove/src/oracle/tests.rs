//! The oracle says yes to what is right, and notices each thing that may be wrong.

use super::{Checked, Loss, Oracle, EVERYWHERE, SLOTS};
use crate::stage::Trouble;
use crate::victim::{Commit, Dump, Event, Stamp};

const WINDOW: u64 = 3;

/// A directory as it would be, and the oracle that was told of it.
struct World {
    oracle: Oracle,
    done: Vec<(Commit, Stamp)>,
    cleared: Option<u32>,
    version: i64,
}

impl World {
    fn new() -> Self {
        Self { oracle: Oracle::new(WINDOW), done: Vec::new(), cleared: None, version: 0 }
    }

    fn begin(&mut self, life: u32) {
        self.version += 1000;
        self.oracle.begin(life, 2).unwrap();
        self.oracle.take(life, &Event::Open(self.version)).unwrap();
        self.commit(life, 0, 1, true);
    }

    /// Happens, and is acknowledged.
    fn commit(&mut self, life: u32, thread: u32, number: u64, synced: bool) {
        self.happen(life, thread, number);
        let stamp = (self.version, 0);
        self.oracle.take(life, &Event::Acknowledged { thread, number, stamp, synced }).unwrap();
    }

    /// Happens, and nobody is told.
    fn happen(&mut self, life: u32, thread: u32, number: u64) {
        self.version += 10;
        self.done.push((Commit { life, thread, number }, (self.version, 0)));
        if thread == 0 && life >= super::KEPT {
            self.cleared = Some(life - super::KEPT);
        }
    }

    fn dump(&self) -> Dump {
        let mut dump = Dump { version: self.version + 500, all: self.done.len() as u64, ..Dump::default() };
        for (commit, stamp) in &self.done {
            dump.hot.insert((commit.number % SLOTS) as u8, *commit);
            if Some(commit.life) <= self.cleared {
                continue;
            }
            dump.stamps.insert(*commit, *stamp);
            *dump.lives.entry(commit.life).or_default() += 1;
            let later = Commit { number: commit.number + WINDOW, ..*commit };
            if !self.done.iter().any(|(other, _)| *other == later) {
                dump.records.insert(*commit, EVERYWHERE);
            }
        }
        dump
    }

    /// Takes a commit back, as a fault would.
    fn lose(&mut self, life: u32, thread: u32, number: u64) {
        self.done.retain(|(commit, _)| *commit != Commit { life, thread, number });
    }

    fn check(&mut self, loss: Loss) -> Result<Checked, String> {
        let dump = self.dump();
        self.check_with(&dump, loss)
    }

    fn check_with(&mut self, dump: &Dump, loss: Loss) -> Result<Checked, String> {
        let checked = self.oracle.check(dump, loss).map_err(|trouble| match trouble {
            Trouble::Finding(what) => what,
            other => panic!("{other}"),
        })?;
        self.version = dump.version;
        Ok(checked)
    }

    /// Five synced and five buffered commits of each of two threads.
    fn with_commits(life: u32) -> Self {
        let mut world = Self::new();
        world.begin(life);
        for number in 1..=5 {
            world.commit(life, 1, number, true);
            world.commit(life, 2, number, true);
        }
        for number in 6..=10 {
            world.commit(life, 1, number, false);
            world.commit(life, 2, number, false);
        }
        world
    }
}

#[track_caller]
fn found(result: Result<Checked, String>, words: &str) {
    let what = result.expect_err("nothing was found");
    assert!(what.contains(words), "found: {what}");
}

const A: Commit = Commit { life: 1, thread: 1, number: 9 };

#[test]
fn what_is_right_is_right() {
    let mut world = World::new();
    for life in 0..20 {
        world.begin(life);
        for number in 1..=7 {
            world.commit(life, 1, number, number % 2 == 0);
            world.commit(life, 2, number, false);
        }
        // In flight when it was killed: there in every other life.
        if life % 2 == 0 {
            world.happen(life, 1, 8);
        }
        if life % 3 != 0 {
            let checked = world.check(Loss::None).unwrap();
            assert!(checked.acknowledged >= 15 && checked.unknown <= 2, "{checked:?}");
        }
    }
    assert!(world.oracle.lives.len() <= 5, "lives that were cleared are forgotten");
}

#[test]
fn a_tail_of_buffered_commits_may_be_lost_with_the_power_only() {
    let cut = || {
        let mut world = World::with_commits(1);
        world.lose(1, 2, 10);
        world.lose(1, 1, 10);
        world
    };
    let checked = cut().check(Loss::Tail).unwrap();
    assert_eq!((checked.acknowledged, checked.synced, checked.lost), (21, 11, 2));
    found(cut().check(Loss::None), "2 acknowledged commits are lost, 0 of them synced");
}

#[test]
fn a_lost_synced_commit_is_noticed() {
    for loss in [Loss::None, Loss::Tail] {
        let mut world = World::with_commits(1);
        world.lose(1, 1, 3);
        found(world.check(loss), "1 of them synced");
    }
    let mut world = World::with_commits(1);
    world.done.clear();
    found(world.check(Loss::Tail), "acknowledged commits are lost, 11 of them synced");
}

#[test]
fn a_hole_in_the_middle_of_buffered_commits_is_noticed() {
    let mut world = World::with_commits(1);
    world.lose(1, 2, 8);
    found(world.check(Loss::Tail), "is lost, but");
}

#[test]
fn half_a_batch_is_noticed() {
    let mut world = World::with_commits(1);
    let last = world.done.len() - 1;
    let version = world.done[last].1 .0;
    let stamp = (version, 1);
    world.done.push((Commit { life: 1, thread: 1, number: 11 }, stamp));
    world.oracle.take(1, &Event::Acknowledged { thread: 1, number: 11, stamp, synced: false }).unwrap();
    assert!(World { oracle: world.oracle.clone(), done: world.done.clone(), ..world }.check(Loss::Tail).is_ok());
    world.lose(1, 1, 11);
    found(world.check(Loss::Tail), "is lost, but");
}

#[test]
fn a_half_applied_commit_is_noticed() {
    let mut world = World::with_commits(1);
    let mut dump = world.dump();
    dump.records.insert(A, 0b0111);
    found(world.check_with(&dump, Loss::Tail), "half applied");
    // Its versionstamped key alone.
    dump.records.remove(&A);
    found(world.check_with(&dump, Loss::Tail), "half applied");
    // What it cleared is still there.
    let mut dump = world.dump();
    dump.records.insert(Commit { number: 2, ..A }, EVERYWHERE);
    found(world.check_with(&dump, Loss::Tail), "half applied");
    // All but its versionstamped key, of a commit in flight.
    let mut dump = world.dump();
    dump.records.insert(Commit { number: 11, ..A }, EVERYWHERE);
    found(world.check_with(&dump, Loss::None), "half applied");
}

#[test]
fn a_wrong_counter_is_noticed() {
    let mut world = World::with_commits(1);
    let mut dump = world.dump();
    dump.all -= 1;
    found(world.check_with(&dump, Loss::None), "counter of all");
    let mut dump = world.dump();
    dump.lives.insert(1, 20);
    found(world.check_with(&dump, Loss::None), "counters of lives");
}

#[test]
fn a_reused_version_is_noticed() {
    let mut world = World::with_commits(1);
    let mut dump = world.dump();
    dump.version = world.version;
    found(world.check_with(&dump, Loss::None), "was seen before");

    world.check(Loss::None).unwrap();
    let seen = world.version;
    world.oracle.begin(2, 1).unwrap();
    assert!(world.oracle.clone().take(2, &Event::Open(seen)).is_err(), "a new life above all that was seen");
    world.oracle.take(2, &Event::Open(seen + 5)).unwrap();
    let again = Event::Acknowledged { thread: 1, number: 1, stamp: (seen + 5, 0), synced: true };
    assert!(world.oracle.take(2, &again).is_err(), "a commit above the version at opening");

    let mut world = World::with_commits(1);
    let stamp = world.done[4].1;
    world.done.push((Commit { life: 1, thread: 1, number: 11 }, stamp));
    found(world.check(Loss::None), "the same versionstamp");
}

#[test]
fn a_life_beside_another_shares_its_versions() {
    let mut world = World::with_commits(1);
    world.oracle.begin_beside(2, 1).unwrap();
    world.oracle.take(2, &Event::Open(world.version)).unwrap();
    world.commit(2, 1, 1, true);
    world.commit(1, 1, 11, true);
    world.check(Loss::None).unwrap();
}

#[test]
fn a_commit_of_two_threads_at_one_stamp_is_noticed() {
    let mut world = World::new();
    world.begin(1);
    world.commit(1, 1, 1, true);
    let stamp = (world.version, 0);
    world.done.push((Commit { life: 1, thread: 2, number: 1 }, stamp));
    world.oracle.take(1, &Event::Acknowledged { thread: 2, number: 1, stamp, synced: true }).unwrap();
    found(world.check(Loss::None), "the same versionstamp");
}

#[test]
fn another_versionstamp_than_told_is_noticed() {
    let mut world = World::with_commits(1);
    let mut dump = world.dump();
    dump.stamps.insert(A, (world.version - 1, 0));
    found(world.check_with(&dump, Loss::None), "acknowledged at");
}

#[test]
fn what_was_never_tried_is_noticed() {
    for (commit, words) in [
        (Commit { number: 12, ..A }, "never tried"),
        (Commit { thread: 3, number: 1, ..A }, "never tried"),
        (Commit { life: 2, thread: 1, number: 1 }, "never was"),
        (Commit { life: 0, thread: 1, number: 1 }, "never was"),
    ] {
        let mut world = World::with_commits(1);
        world.happen(commit.life, commit.thread, commit.number);
        found(world.check(Loss::Tail), words);
    }
}

#[test]
fn a_failed_commit_that_happened_is_noticed() {
    let mut world = World::with_commits(1);
    world.oracle.take(1, &Event::Failed { thread: 1, number: 11, code: 9004 }).unwrap();
    world.happen(1, 1, 11);
    found(world.check(Loss::None), "had failed");
    let mut world = World::with_commits(1);
    world.oracle.take(1, &Event::Unknown { thread: 1, number: 11, code: 1021 }).unwrap();
    world.happen(1, 1, 11);
    assert_eq!(world.check(Loss::None).unwrap().unknown, 1);
}

#[test]
fn what_a_dump_settled_stays() {
    // It was there once.
    let mut world = World::with_commits(1);
    world.check(Loss::Tail).unwrap();
    world.lose(1, 2, 10);
    found(world.check(Loss::Tail), "an earlier dump showed");
    // It was not there once.
    let mut world = World::with_commits(1);
    world.lose(1, 2, 10);
    world.check(Loss::Tail).unwrap();
    world.happen(1, 2, 10);
    found(world.check(Loss::Tail), "at an earlier dump");
}

#[test]
fn an_older_value_over_a_newer_one_is_noticed() {
    let mut world = World::with_commits(1);
    let mut dump = world.dump();
    dump.hot.insert(10, Commit { number: 10, ..A });
    found(world.check_with(&dump, Loss::None), "was written by");
}

#[test]
fn what_was_cleared_with_its_life_stays_cleared() {
    let mut world = World::with_commits(1);
    world.check(Loss::None).unwrap();
    world.begin(5);
    let mut dump = world.dump();
    dump.stamps.insert(A, (world.done[0].1 .0, 0));
    found(world.check_with(&dump, Loss::None), "a life that was cleared");
    world.check(Loss::None).unwrap();
    world.begin(6);
    world.check(Loss::None).unwrap();
}

#[test]
fn a_value_that_is_not_whole_is_noticed() {
    let text = "version 7\nbad not a value of ours\nend\n";
    let dump = Dump::parse(text).unwrap();
    found(World::new().check_with(&dump, Loss::None), "must not be");
    assert!(Dump::parse("version 7\n").is_err(), "a dump that ends early");
    assert!(Dump::parse("version 7\nx 1510 read: no\nend\n").is_err(), "a read that failed");
    assert!(Dump::parse("version 7\nk 4\nend\n").is_err(), "a line cut off");
}

#[test]
fn lines_are_what_they_say() {
    let line = |line| Event::parse(line).unwrap();
    let acknowledged = Event::Acknowledged { thread: 1, number: 2, stamp: (3, 4), synced: true };
    assert_eq!(line("a 1 2 3 4 s"), acknowledged);
    assert_eq!(line("u 1 2 1021"), Event::Unknown { thread: 1, number: 2, code: 1021 });
    assert_eq!(line("x 1510 open: the disk"), Event::Error { code: 1510, words: "open: the disk".to_owned() });
    assert_eq!(line("closed 0"), Event::Closed(0));
    assert_eq!(Event::parse("a 1 2 3 4"), None);
    assert_eq!(Event::parse("closed 0 0"), None);
}
