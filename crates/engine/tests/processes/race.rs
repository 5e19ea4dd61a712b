//! Many processes open one directory at the same moment, again and again.

use std::collections::BTreeMap;
use std::fs::File;

use plinth_testkit::ledger::{check, Final, Note};

use super::crew::Crew;
use super::figures::Figures;
use super::job::{Job, Said};
use super::{alone, place, rounds, seed, Disk};

const PROCESSES: usize = 16;

/// Of those that come at the same time one is host, and the others share the database with it (3FS-6).
#[test]
fn racing_opens_have_one_host_at_a_time_and_lose_nothing() {
    let _alone = alone();
    seed("racing opens, whose order is chance");
    let rounds = rounds(100, |long| long) as usize;
    let disk = Disk::new();
    let place = place(&disk, false);
    let barriers = [disk.at("barrier 0"), disk.at("barrier 1")];
    let locks = barriers.clone().map(|path| File::create(path).unwrap());
    locks[0].lock().unwrap();
    let mut crew = Crew::new();
    for number in 0..PROCESSES {
        crew.hire(Job::Race { place: place.clone(), name: format!("racer {number}"), barriers: barriers.clone() });
    }
    let mut record = Record::default();
    record.hear_until_ready(&mut crew);
    for round in 0..rounds {
        // Now and then everybody closes as soon as it can, so that hosts go while others come.
        let hold = round % 8 != 7;
        record.hosts = 0;
        locks[(round + 1) % 2].lock().unwrap();
        (0..PROCESSES).for_each(|number| crew.tell(number, if hold { "go and hold" } else { "go" }));
        locks[round % 2].unlock().unwrap();
        record.hear_until_ready(&mut crew);
        assert!(if hold { record.hosts == 1 } else { record.hosts > 0 }, "round {round} had {} hosts", record.hosts);
        if hold {
            (0..PROCESSES).for_each(|number| crew.tell(number, "close"));
            record.hear_until_ready(&mut crew);
        }
    }
    crew.dismiss(|_, said| record.hear(said));
    let summary = record.check(&disk);
    assert_eq!(summary.acknowledged + summary.found, rounds * PROCESSES);
    record.tell(rounds);
}

#[derive(Default)]
struct Record {
    notes: Vec<Note>,
    opens: Figures,
    /// Processes that became host in this round.
    hosts: usize,
    /// The same in all rounds.
    all_hosts: usize,
}

impl Record {
    fn hear(&mut self, said: Said) {
        match said {
            Said::Note(note) => self.notes.push(note),
            Said::Opened { took, .. } => self.opens.add(took),
            Said::Host => {
                self.hosts += 1;
                self.all_hosts += 1;
            }
            _ => {}
        }
    }

    /// Hears everybody until all have ended the round.
    fn hear_until_ready(&mut self, crew: &mut Crew) {
        let mut ready = 0;
        while ready < PROCESSES {
            match crew.next() {
                (_, Some(Said::Ready)) => ready += 1,
                (_, Some(said)) => self.hear(said),
                (number, None) => crew.autopsy(&format!("racer {number} ended")),
            }
        }
    }

    fn check(&self, disk: &Disk) -> plinth_testkit::ledger::Summary {
        let last = Final::read(&*disk.open(), 1).unwrap();
        check(&self.notes, &last).unwrap_or_else(|wrong| panic!("{wrong}"))
    }

    fn tell(&self, rounds: usize) {
        let mut errors: BTreeMap<i32, usize> = BTreeMap::new();
        for note in &self.notes {
            if let Note::Not(_, code) | Note::Resolved(_, code, _) = note {
                *errors.entry(*code).or_default() += 1;
            }
        }
        println!("rounds: {rounds}, opens: {}, hosts: {}, errors: {errors:?}", self.opens.json(), self.all_hosts);
    }
}
