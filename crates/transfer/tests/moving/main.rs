//! Moves: what is on the one side when it ends is on the other, whoever wrote meanwhile and whatever was killed.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../common/mod.rs"]
mod common;
mod kills;
mod large;
mod places;
mod refused;
mod writers;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};

use common::{assert_same, code, fill, random, seed, Contents};
use fastrand::Rng;
use places::{Kind, Places};
use plinth_api::{Code, Database};
use plinth_transfer::{move_database, MoveOptions, MoveProgress, Moved, Phase, Verify};
use writers::{read, Ends, Writers};

/// Fills a database with random contents and some megabytes.
pub fn filled(database: &dyn Database, rng: &mut Rng, pieces: usize) -> Contents {
    let mut contents = random(rng);
    contents.entry("default".to_owned()).or_default();
    let pairs = contents.entry("much".to_owned()).or_default();
    for _ in 0..pieces {
        let mut value = vec![0; rng.usize(..6_000)];
        rng.fill(&mut value);
        pairs.insert(rng.u64(..u64::MAX >> 1).to_be_bytes().to_vec(), value);
    }
    fill(database, &contents);
    contents
}

fn moved_under_load(from: Kind, to: Kind, options: MoveOptions) {
    let seed = seed();
    let mut rng = Rng::with_seed(seed);
    let places = Places::new();
    let (source, target) = (places.open(from, "from"), places.open(to, "to"));
    let writers = Writers::new(&source, filled(&*source, &mut rng, 2_000), 500, true);
    let (phases, expected) = (std::sync::Mutex::new(Vec::new()), &writers.expected);
    let told = |moved: &Moved| phases.lock().unwrap().push(moved.phase);
    let moved = std::thread::scope(|scope| {
        let _ends = Ends(&writers);
        for writer in 0..3 {
            let writers = &writers;
            scope.spawn(move || writers.write(writer, seed));
        }
        let before = writers.commits.load(Ordering::SeqCst);
        wait_for(|| writers.commits.load(Ordering::SeqCst) > before + 20);
        let moved = move_database(&*source, &*target, options, &Told(&told));
        // Every writer meets the lock.
        let refused = writers.refused.load(Ordering::SeqCst);
        if moved.is_ok() {
            wait_for(|| writers.refused.load(Ordering::SeqCst) > refused + 3);
        }
        moved
    });
    let moved = moved.unwrap();
    println!("{moved:?}, {} commits", writers.commits.load(Ordering::SeqCst));
    let expected = expected.lock().unwrap();
    assert_same(&read(&*source), &expected);
    assert_same(&read(&*target), &expected);
    assert_eq!((moved.phase, moved.resumed, moved.already), (Phase::Done, false, false));
    assert_eq!(moved.follows, from == Kind::Directory);
    assert_eq!(moved.checksum != 0, options.verify == Verify::All && moved.follows);
    let phases = phases.into_inner().unwrap();
    assert!(
        phases.is_sorted_by_key(|phase| if *phase == Phase::Verify { Phase::Follow } else { *phase }),
        "{phases:?}"
    );
    assert!(phases.contains(&Phase::Copy) && phases.contains(&Phase::Locked));
    // The source is locked, the target is not, and its stamps are above.
    let newest = newest_stamp(&expected);
    assert!(source.locked().unwrap().is_some());
    assert!(target.locked().unwrap().is_none());
    let stamp = stamped(&*target);
    assert!(newest.as_ref().is_none_or(|newest| *newest < stamp), "{newest:?} {stamp:?}");
}

/// The highest stamp that writers were told.
fn newest_stamp(contents: &Contents) -> Option<Vec<u8>> {
    let stamps = contents["default"].iter().filter(|(_, value)| **value == b"stamped");
    stamps.map(|(key, _)| key[key.len() - 10..].to_vec()).max()
}

fn stamped(database: &dyn Database) -> Vec<u8> {
    let transaction = database.begin().unwrap();
    transaction.set(0, b"one more", b"").unwrap();
    transaction.commit().unwrap();
    transaction.versionstamp().unwrap().to_vec()
}

pub fn wait_for(mut done: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(60);
    while !done() {
        assert!(Instant::now() < until, "it never came");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Notes what is told.
pub struct Told<'a>(pub &'a (dyn Fn(&Moved) + Sync));

impl MoveProgress for Told<'_> {
    fn step(&self, moved: &Moved, _done: u64, _total: u64) -> bool {
        (self.0)(moved);
        true
    }
}

/// VST-1: stamps keep growing.
#[test]
fn a_directory_is_moved_while_it_is_written_to() {
    for verify in [Verify::All, Verify::Changed, Verify::None] {
        moved_under_load(Kind::Directory, Kind::Directory, MoveOptions { verify, ..MoveOptions::default() });
    }
}

#[test]
fn a_move_keeps_to_its_bytes_a_second() {
    let places = Places::new();
    let (source, target) = (places.open(Kind::Directory, "from"), places.open(Kind::Directory, "to"));
    filled(&*source, &mut Rng::with_seed(seed()), 1_000);
    let options = MoveOptions { bytes_per_second: 4 << 20, ..MoveOptions::default() };
    let moved = move_database(&*source, &*target, options, &()).unwrap();
    // Copied once, and read once more to compare it.
    let least = moved.bytes as f64 / (4 << 20) as f64;
    assert!(moved.elapsed.as_secs_f64() > 1.8 * least, "{moved:?}");
    assert!(moved.pause < moved.elapsed / 2, "nothing is held back while writers wait: {moved:?}");
}

/// Cancels at its n-th step, or when a phase is reached.
struct Patience {
    steps: AtomicU64,
    phase: Phase,
}

impl MoveProgress for Patience {
    fn step(&self, moved: &Moved, _done: u64, _total: u64) -> bool {
        moved.phase < self.phase && self.steps.fetch_sub(1, Ordering::SeqCst) > 0
    }
}

fn cancelled(from: Kind, to: Kind) {
    let seed = seed();
    let places = Places::new();
    let (source, target) = (places.open(from, "from"), places.open(to, "to"));
    let mut expected = filled(&*source, &mut Rng::with_seed(seed), 1_500);
    let last = [Phase::Copy, Phase::Follow, Phase::Locked, Phase::Finish];
    for phase in last {
        let patience = Patience { steps: AtomicU64::new(u64::MAX), phase };
        let cancelled = move_database(&*source, &*target, MoveOptions::default(), &patience);
        assert_eq!(code(cancelled), Code::OPERATION_CANCELLED, "{phase:?}");
        assert!(source.locked().unwrap().is_none(), "{phase:?}: writers go on");
        let transaction = source.begin().unwrap();
        transaction.set(0, format!("{phase:?}").as_bytes(), b"written").unwrap();
        transaction.commit().unwrap();
        expected.get_mut("default").unwrap().insert(format!("{phase:?}").into_bytes(), b"written".to_vec());
        let marked = target.find_keyspace(plinth_transfer::MOVE_UNFINISHED).unwrap().is_some();
        assert!(marked, "{phase:?}: it is not whole, and says so");
    }
    let moved = move_database(&*source, &*target, MoveOptions::default(), &()).unwrap();
    assert!(moved.resumed && moved.written_bytes < moved.bytes / 4, "most was there: {moved:?}");
    assert_same(&read(&*target), &expected);
}

#[test]
fn a_move_that_is_cancelled_unlocks_the_source_and_goes_on_later() {
    cancelled(Kind::Directory, Kind::Directory);
}

/// Clusters tell no changes, and can't hold a state; so everything is compared while writers pause.
#[test]
fn a_cluster_is_moved_into_a_directory_while_it_is_written_to() {
    moved_under_load(Kind::Cluster, Kind::Directory, MoveOptions::default());
}

#[test]
fn a_directory_is_moved_into_a_cluster_while_it_is_written_to() {
    moved_under_load(Kind::Directory, Kind::Cluster, MoveOptions::default());
}

#[test]
fn a_move_between_kinds_that_is_cancelled_goes_on_later() {
    cancelled(Kind::Directory, Kind::Cluster);
    cancelled(Kind::Cluster, Kind::Directory);
}

/// The databases of one test are closed in order.
pub fn closed(databases: &[&Arc<dyn Database>]) {
    databases.iter().for_each(|database| database.close().unwrap());
}
