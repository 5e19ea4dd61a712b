//! The host goes away, in one way or another, while everybody is at work.

use std::collections::BTreeMap;
use std::time::Duration;

use fastrand::Rng;
use plinth_testkit::clock::now;
use plinth_testkit::ledger::{check, retry, Final, Note, Summary};
use rustix::process::Signal;

use super::crew::Crew;
use super::figures::Figures;
use super::job::{Job, Place, Said};
use super::{alone, common, place, rounds, seed, Disk};

const COUNTERS: usize = 4;

/// What happens to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Blow {
    /// The host is killed.
    KillHost,
    /// The host closes.
    CloseHost,
    /// The host stands still for a moment.
    StopHost,
    /// A guest is killed, most likely in a commit.
    KillGuest,
}

const EVERY_BLOW: [Blow; 4] = [Blow::KillHost, Blow::CloseHost, Blow::StopHost, Blow::KillGuest];

/// A run.
pub struct Run {
    pub seed: u64,
    pub place: Place,
    pub workers: usize,
    pub blows: u64,
    /// What is chosen from.
    pub choice: Vec<Blow>,
}

/// What came of it.
#[derive(Default)]
pub struct Outcome {
    notes: Vec<Note>,
    /// When each blow was, and which.
    blows: Vec<(u64, Blow)>,
    opened: Figures,
}

struct State {
    crew: Crew,
    rng: Rng,
    host: Option<usize>,
    names: usize,
    outcome: Outcome,
}

/// Runs it.
pub fn run(run: &Run) -> Outcome {
    let rng = Rng::with_seed(run.seed);
    let mut state = State { crew: Crew::new(), rng, host: None, names: 0, outcome: Outcome::default() };
    (0..run.workers).for_each(|_| state.hire(&run.place));
    for _ in 0..run.blows {
        let enough = state.rng.usize(3..40);
        state.until_acknowledged(enough);
        let blow = run.choice[state.rng.usize(..run.choice.len())];
        state.strike(blow, &run.place);
    }
    state.until_acknowledged(20);
    let State { mut crew, mut outcome, .. } = state;
    crew.dismiss(|_, said| {
        if let Said::Note(note) = said {
            outcome.notes.push(note);
        }
    });
    outcome
}

impl State {
    fn hire(&mut self, place: &Place) {
        let name = format!("w{}", self.names);
        self.names += 1;
        let seed = self.rng.u64(..);
        self.crew.hire(Job::Raise { place: place.clone(), name, seed, counters: COUNTERS });
    }

    /// Hears everybody until so many commits that began after the last blow were acknowledged, and
    /// until it is known who is host.
    fn until_acknowledged(&mut self, enough: usize) {
        let since = self.outcome.blows.last().map_or(0, |(time, _)| *time);
        let mut count = 0;
        while count < enough || self.host.is_none() {
            let (number, said) = self.crew.next();
            match said {
                Some(Said::Note(note)) => {
                    count += usize::from(matches!(&note, Note::Ack(receipt) if receipt.start > since));
                    self.outcome.notes.push(note);
                }
                Some(Said::Host) => self.host = Some(number),
                Some(Said::Closing(time)) => self.closing(number, time),
                Some(Said::Opened { took, .. }) => self.outcome.opened.add(took),
                _ => {}
            }
        }
    }

    fn strike(&mut self, blow: Blow, place: &Place) {
        let Some(host) = self.host else { return };
        match blow {
            Blow::KillHost => self.kill(host, blow, place),
            Blow::CloseHost => {
                self.crew.tell(host, "close");
                // The time is what it says when it begins.
                while self.host.is_some() {
                    let (number, said) = self.crew.next();
                    match said {
                        Some(Said::Note(note)) => self.outcome.notes.push(note),
                        Some(Said::Closing(time)) => self.closing(number, time),
                        Some(Said::Host) => self.host = Some(number),
                        _ => {}
                    }
                }
            }
            Blow::StopHost => {
                self.outcome.blows.push((now(), blow));
                self.crew.signal(host, Signal::STOP);
                std::thread::sleep(Duration::from_millis(self.rng.u64(5..80)));
                self.crew.signal(host, Signal::CONT);
            }
            Blow::KillGuest => {
                let guests: Vec<usize> = self.crew.alive().into_iter().filter(|number| *number != host).collect();
                if let Some(guest) = self.rng.choice(guests) {
                    self.kill(guest, blow, place);
                }
            }
        }
    }

    fn kill(&mut self, number: usize, blow: Blow, place: &Place) {
        self.crew.kill(number);
        self.outcome.blows.push((now(), blow));
        if self.host == Some(number) {
            self.host = None;
        }
        self.hire(place);
    }

    fn closing(&mut self, number: usize, time: u64) {
        self.outcome.blows.push((time, Blow::CloseHost));
        if self.host == Some(number) {
            self.host = None;
        }
    }
}

impl Outcome {
    /// Proves that nothing was lost and nothing was done twice.
    pub fn check(&self, last: &Final) -> Result<Summary, String> {
        check(&self.notes, last)
    }

    /// For each kind of blow, how long it was until a commit was acknowledged that began after it.
    pub fn figures(&self) -> BTreeMap<Blow, Figures> {
        let mut acknowledged: Vec<(u64, u64)> = self.receipts().collect();
        acknowledged.sort_unstable();
        // The smallest end of it and all that began later.
        let mut first = u64::MAX;
        for (_, end) in acknowledged.iter_mut().rev() {
            first = first.min(*end);
            *end = first;
        }
        let mut figures: BTreeMap<Blow, Figures> = BTreeMap::new();
        for (time, blow) in &self.blows {
            let at = acknowledged.partition_point(|(start, _)| start <= time);
            if let Some((_, end)) = acknowledged.get(at) {
                figures.entry(*blow).or_default().add(end - time);
            }
        }
        figures
    }

    fn receipts(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.notes.iter().filter_map(|note| match note {
            Note::Ack(receipt) => Some((receipt.start, receipt.end)),
            _ => None,
        })
    }

    fn errors(&self) -> BTreeMap<i32, usize> {
        let mut errors = BTreeMap::new();
        for note in &self.notes {
            if let Note::Not(_, code) | Note::Resolved(_, code, _) = note {
                *errors.entry(*code).or_default() += 1;
            }
        }
        errors
    }
}

/// Runs, checks, prints; gives the figures as JSON.
fn prove(name: &str, setup: &Run, disk: &Disk) -> String {
    let outcome = run(setup);
    let last = Final::read(&*disk.open(), COUNTERS).unwrap();
    let summary = outcome.check(&last).unwrap_or_else(|wrong| panic!("{name}: {wrong}"));
    println!("{name}: {summary:?}, errors: {:?}", outcome.errors());
    let figures = outcome.figures();
    let lines: Vec<String> = figures.iter().map(|(blow, times)| format!("\"{blow:?}\": {}", times.json())).collect();
    let text = format!("{{\"name\": \"{name}\", \"workers\": {}, {}}}", setup.workers, lines.join(", "));
    println!("{text}");
    assert!(summary.acknowledged > 0 && outcome.blows.len() as u64 >= setup.blows);
    text
}

/// COM-7, COM-8, VER-4, VER-11, 3FS-6: what was acknowledged is there once, whoever was killed.
#[test]
fn hand_overs_lose_nothing_and_do_nothing_twice() {
    let _alone = alone();
    let seed = seed("hand-overs");
    let mut all = Vec::new();
    for (name, sync) in [("sync", true), ("buffered", false)] {
        let disk = Disk::new();
        let blows = rounds(15, |long| long);
        let choice = [&EVERY_BLOW[..], &[Blow::KillHost; 2]].concat();
        all.push(prove(name, &Run { seed, place: place(&disk, sync), workers: 4, blows, choice }, &disk));
    }
    if let Some(megabytes) = common::number("PLINTH_BALLAST") {
        let disk = Disk::new();
        fill(&disk, megabytes);
        let blows = rounds(10, |long| long / 10);
        let run = Run { seed, place: place(&disk, true), workers: 4, blows, choice: vec![Blow::KillHost] };
        all.push(prove(&format!("{megabytes} MB"), &run, &disk));
    }
    let build = concat!(env!("CARGO_MANIFEST_DIR"), "/../../build");
    std::fs::create_dir_all(build).unwrap();
    std::fs::write(format!("{build}/handover.json"), format!("[\n  {}\n]\n", all.join(",\n  "))).unwrap();
}

/// Puts so many megabytes into the database.
fn fill(disk: &Disk, megabytes: u64) {
    let database = disk.open_with(plinth_api::DatabaseOptions {
        durability: plinth_api::Durability::Buffered,
        ..plinth_api::DatabaseOptions::default()
    });
    let mut rng = Rng::with_seed(megabytes);
    for megabyte in 0..megabytes {
        let values: Vec<Vec<u8>> = (0..1_000).map(|_| (0..1_000).map(|_| rng.u8(..)).collect()).collect();
        let put = |transaction: &dyn plinth_api::Transaction| {
            for (number, value) in values.iter().enumerate() {
                transaction.set(0, format!("ballast/{megabyte:06}/{number:03}").as_bytes(), value)?;
            }
            transaction.commit()
        };
        retry(&*database, put).unwrap();
    }
    database.close().unwrap();
}
