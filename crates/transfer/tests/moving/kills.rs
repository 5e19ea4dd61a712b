//! A mover that is killed, in every phase and at random moments, and begun again while writers go on.

use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use fastrand::Rng;
use plinth_api::Code;
use plinth_transfer::{move_database, MoveOptions, Moved, Phase, MOVE_UNFINISHED};
use rustix::process::{getpid, kill_process, Signal};

use crate::common::{assert_same, seed};
use crate::places::{open, Kind, Places};
use crate::writers::{read, Ends, Writers};
use crate::{closed, filled, wait_for, Told};

const JOB: &str = "PLINTH_MOVE_JOB";
const PHASES: [Phase; 6] = [Phase::Begin, Phase::Copy, Phase::Follow, Phase::Verify, Phase::Locked, Phase::Finish];

/// When a mover is killed: so long after a phase has begun.
#[derive(Clone, Copy, Debug)]
pub struct Kill {
    pub phase: usize,
    pub after: Duration,
}

/// Moves in a process of its own. `None` if it was killed.
pub fn mover(from: &str, to: &str, kill: Option<Kill>) -> Option<i32> {
    let kill = kill.map_or_else(String::new, |kill| format!("{} {}", kill.phase, kill.after.as_micros()));
    let mut worker = Command::new(std::env::current_exe().unwrap());
    worker.args(["--ignored", "--exact", "kills::worker", "--nocapture", "--test-threads", "1"]);
    let ended = worker.env(JOB, format!("{from}\n{to}\n{kill}")).env("PLINTH_PRESET", "small-memory").output().unwrap();
    let told = String::from_utf8_lossy(&ended.stdout);
    told.lines().filter(|line| line.contains("Moved {")).for_each(|line| println!("{line}"));
    if ended.status.code().is_some_and(|code| code != 0) {
        panic!("{}", String::from_utf8_lossy(&ended.stdout));
    }
    ended.status.code()
}

#[test]
#[ignore = "what the other tests run as processes"]
fn worker() {
    let Ok(job) = std::env::var(JOB) else { return };
    let parts: Vec<&str> = job.split('\n').collect();
    let kill = parts[2].split_once(' ').map(|(phase, after)| (phase.parse().unwrap(), after.parse().unwrap()));
    let begun = AtomicBool::new(false);
    let told = |moved: &Moved| {
        let Some((phase, after)) = kill else { return };
        let phase: usize = phase;
        if moved.phase < PHASES[phase] || begun.swap(true, Ordering::SeqCst) {
            return;
        }
        // Another thread, so that it is in the middle of whatever is done then.
        std::thread::spawn(move || {
            let until = Instant::now() + Duration::from_micros(after);
            while Instant::now() < until {
                std::thread::yield_now();
            }
            let _ = kill_process(getpid(), Signal::KILL);
        });
        if after == 0 {
            std::thread::sleep(Duration::from_secs(10));
        }
    };
    let (from, to) = (open(parts[0]), open(parts[1]));
    let before = figure("VmRSS");
    let moved = move_database(&*from, &*to, MoveOptions::default(), &Told(&told));
    match &moved {
        Ok(moved) => println!("{moved:?}, memory grew by {} MB", figure("VmHWM").saturating_sub(before) >> 20),
        Err(error) => println!("{}", error.story()),
    }
    closed(&[&from, &to]);
    moved.unwrap();
}

/// A figure of the process, in bytes.
fn figure(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() << 10
}

/// Moves with kills until one move comes to its end. Every phase is met; the rest is random.
pub fn killed(from: Kind, to: Kind, kills: usize, pieces: usize) {
    let seed = seed();
    let mut rng = Rng::with_seed(seed);
    let places = Places::new();
    let (source_url, target_url) = (places.url(from, "from"), places.url(to, "to"));
    let source = open(&source_url);
    let writers = Writers::new(&source, filled(&*source, &mut rng, pieces), 2_000, true);
    let (mut killed, mut met_locked, mut unfinished) = (0, 0, 0);
    std::thread::scope(|scope| {
        let _ends = Ends(&writers);
        for writer in 0..3 {
            let writers = &writers;
            scope.spawn(move || writers.write(writer, seed));
        }
        for number in 0.. {
            assert!(number < 10 * kills, "it never comes to its end");
            let phase = if number < PHASES.len() { number } else { rng.usize(..PHASES.len()) };
            let longest = [2_000, 60_000, 30_000, 30_000, 10_000, 4_000][phase];
            // Each phase once at its very beginning, so that it is met; then anywhere.
            let after = Duration::from_micros(if number < PHASES.len() { 0 } else { rng.u64(1..longest) });
            let ended = mover(&source_url, &target_url, (number < kills).then_some(Kill { phase, after }));
            let is_locked = source.locked().unwrap().is_some();
            if ended == Some(0) {
                break;
            }
            assert!(ended.is_none());
            killed += 1;
            if is_locked {
                met_locked += 1;
            } else {
                // Writers go on. A lock that the mover asked for last may arrive behind its end.
                let before = writers.commits.load(Ordering::SeqCst);
                let go_on = || writers.commits.load(Ordering::SeqCst) > before + 5;
                wait_for(|| go_on() || source.locked().unwrap().is_some());
            }
            let target = open(&target_url);
            unfinished += usize::from(target.find_keyspace(MOVE_UNFINISHED).unwrap().is_some());
            closed(&[&target]);
        }
    });
    println!("{killed} kills, {met_locked} with a locked source, {unfinished} left a mark");
    let expected = writers.expected.lock().unwrap();
    assert!(source.locked().unwrap().is_some());
    let target = open(&target_url);
    assert_same(&read(&*source), &expected);
    assert_same(&read(&*target), &expected);
    assert!(killed >= PHASES.len() && unfinished >= PHASES.len() - 1 && met_locked >= 1, "no kill was in the middle");
    let transaction = source.begin().unwrap();
    transaction.set(0, b"behind", b"").unwrap();
    assert_eq!(transaction.commit().unwrap_err().code(), Code::DATABASE_LOCKED);
    closed(&[&source, &target]);
}

#[test]
fn a_mover_of_directories_is_killed() {
    killed(Kind::Directory, Kind::Directory, 14, 3_000);
}

#[test]
fn a_mover_into_a_cluster_is_killed() {
    killed(Kind::Directory, Kind::Cluster, 12, 1_500);
}

#[test]
fn a_mover_between_clusters_is_killed() {
    killed(Kind::Cluster, Kind::Cluster, 10, 1_000);
}

#[test]
fn a_mover_out_of_a_cluster_is_killed() {
    killed(Kind::Cluster, Kind::Directory, 12, 1_500);
}
