//! Random transactions on threads of several processes, some of which are killed, have a serial
//! explanation.

use fastrand::Rng;
use plinth_testkit::checker::{check, merge, Checked, Summary};
use plinth_testkit::history::{last_look, Attempt, Outcome};
use plinth_testkit::ledger::retry;

use super::crew::Crew;
use super::job::{Job, Place, Said};
use super::{alone, place, rounds, seed, Disk};

/// Runs it: so many processes with so many threads each, and so many kills, with about so many
/// transactions between them.
pub fn run(
    disk: &Disk,
    place: &Place,
    seed: u64,
    processes: usize,
    threads: usize,
    kills: usize,
    pace: usize,
) -> Checked<Summary> {
    let mut rng = Rng::with_seed(seed);
    let first_version = {
        let database = disk.open();
        last_look(&*database).unwrap();
        retry(&*database, |transaction| transaction.read_version()).unwrap()
    };
    let mut crew = Crew::new();
    let hire = |crew: &mut Crew, rng: &mut Rng, number: usize| {
        crew.hire(Job::History { place: place.clone(), name: format!("p{number}"), seed: rng.u64(..1 << 40), threads })
    };
    (0..processes).for_each(|number| {
        hire(&mut crew, &mut rng, number);
    });
    let mut events: Vec<Attempt> = Vec::new();
    let mut host = None;
    for kill in 0..=kills {
        let until = events.len() + rng.usize(pace / 2..pace * 2);
        while events.len() < until || host.is_none() {
            match crew.next() {
                (_, Some(Said::Event(event))) => events.push(event),
                (number, Some(Said::Host)) => host = Some(number),
                _ => {}
            }
        }
        if kill == kills {
            break;
        }
        // The host more often than not.
        let alive = crew.alive();
        let victim = if rng.u8(..3) < 2 { host } else { rng.choice(alive) };
        crew.kill(victim.unwrap());
        host = host.filter(|host| Some(*host) != victim);
        hire(&mut crew, &mut rng, processes + kill);
    }
    crew.dismiss(|_, said| {
        if let Said::Event(event) = said {
            events.push(event);
        }
    });
    let unknown = |event: &&Attempt| event.commit.as_ref().is_some_and(|commit| commit.outcome == Outcome::Unknown);
    let begun = events.iter().filter(unknown).count();
    let last = last_look(&*disk.open()).unwrap();
    let history = merge(first_version, events, last)?;
    let left = history.attempts.iter().filter(unknown).count();
    println!("attempts: {}, commits begun: {begun}, of unknown fate and vain: {left}", history.attempts.len());
    check(&history)
}

fn prove(seed: u64, processes: usize, threads: usize, kills: usize, pace: usize) {
    let disk = Disk::new();
    println!("{processes} processes, {threads} threads each, {kills} kills");
    let summary = run(&disk, &place(&disk, false), seed, processes, threads, kills, pace);
    let summary = summary.unwrap_or_else(|violation| panic!("seed {seed}: {violation}"));
    println!("{summary:?}");
    assert!(summary.commits > summary.attempts / 20, "too few commits to prove anything: {summary:?}");
    assert!(summary.conflicts > summary.attempts / 200, "too few conflicts to prove anything: {summary:?}");
}

/// VER-4, VER-5, VER-12, CONF-14, CONF-19, CONF-20, over processes and hand-overs.
#[test]
fn histories_of_several_processes_are_strictly_serializable() {
    let _alone = alone();
    let seed = seed("histories of several processes");
    let mut rng = Rng::with_seed(seed);
    for _ in 0..2 {
        prove(rng.u64(..1 << 32), 4, 2, 2, 500);
    }
    for _ in 0..rounds(0, |long| long / 10) {
        let processes = rng.usize(2..=16);
        prove(rng.u64(..1 << 32), processes, rng.usize(1..=4), rng.usize(1..=6), 600);
    }
}
