//! Keyspaces that one process opens, another drops, and a third makes again.

use super::crew::Crew;
use super::job::{Job, Place, Said};
use super::{alone, place, seed, Disk};

const NOT_FOUND: i32 = 9009;
const DROPPED: i32 = 9010;

pub(super) struct Stage {
    pub(super) crew: Crew,
    place: Place,
    pub(super) host: Option<usize>,
}

impl Stage {
    pub(super) fn new(place: Place, puppets: usize) -> Self {
        let mut stage = Self { crew: Crew::new(), place, host: None };
        for _ in 0..puppets {
            stage.hire();
        }
        stage
    }

    /// Adds a puppet that has the database open.
    fn hire(&mut self) -> usize {
        let number = self.crew.hire(Job::Puppet { place: self.place.clone() });
        assert_eq!(self.ask(number, "list").0, 0);
        number
    }

    /// Has a puppet do something.
    pub(super) fn ask(&mut self, number: usize, word: &str) -> (i32, String) {
        self.crew.tell(number, word);
        loop {
            match self.crew.next() {
                (from, Some(Said::Host)) => self.host = Some(from),
                (from, Some(Said::Answer(code, text))) if from == number => return (code, text),
                (from, None) if from == number => self.crew.autopsy(&format!("puppet {number} ended at {word}")),
                _ => {}
            }
        }
    }

    /// The same, which succeeds.
    pub(super) fn must(&mut self, number: usize, word: &str) -> String {
        let (code, text) = self.ask(number, word);
        if code != 0 {
            self.crew.autopsy::<()>(&format!("{word} by {number}: {text}"));
        }
        text
    }
}

/// All orders of who opens, drops and makes again, with the host in each place.
#[test]
fn a_dropped_keyspace_is_dropped_everywhere_and_never_another() {
    let _alone = alone();
    seed("keyspaces; nothing is random");
    let disk = Disk::new();
    let mut stage = Stage::new(place(&disk, false), 3);
    for (round, [one, two, three]) in [[0, 1, 2], [1, 0, 2], [2, 1, 0], [1, 2, 0]].into_iter().enumerate() {
        let name = format!("space{round}");
        let first = stage.must(one, &format!("open {name}"));
        assert_eq!(stage.must(two, &format!("open {name}")), first, "one number everywhere");
        stage.must(one, &format!("put {name} key old{round}"));
        assert_eq!(stage.must(two, &format!("get {name} key")), format!("old{round}"));
        for holder in [one, two] {
            stage.must(holder, "begin");
            stage.must(holder, &format!("tget {name} key"));
            stage.must(holder, &format!("tput {name} key late"));
        }
        stage.must(three, &format!("drop {name}"));
        for holder in [one, two] {
            assert_eq!(stage.ask(holder, &format!("tget {name} other")).0, DROPPED);
            assert_eq!(stage.ask(holder, "tcommit").0, DROPPED);
            assert_eq!(stage.ask(holder, &format!("get {name} key")).0, DROPPED);
            assert_eq!(stage.ask(holder, &format!("put {name} key late")).0, DROPPED);
            assert_eq!(stage.must(holder, &format!("find {name}")), "None");
            assert_eq!(stage.ask(holder, &format!("drop {name}")).0, NOT_FOUND);
        }
        let second = stage.must(three, &format!("open {name}"));
        assert_ne!(first, second, "a number is never used again");
        assert_eq!(stage.must(three, &format!("get {name} key")), "absent");
        stage.must(three, &format!("put {name} key new"));
        // They still have the old one.
        assert_eq!(stage.ask(one, &format!("get {name} key")).0, DROPPED);
        assert_eq!(stage.must(one, &format!("open {name}")), second);
        assert_eq!(stage.must(one, &format!("get {name} key")), "new");
    }
    stage.crew.dismiss(|_, _| {});
}

#[test]
fn a_keyspace_dropped_before_a_hand_over_stays_dropped() {
    let _alone = alone();
    seed("keyspaces over a hand-over; nothing is random");
    let disk = Disk::new();
    let mut stage = Stage::new(place(&disk, false), 3);
    for round in 0..4 {
        let host = stage.host.take().unwrap();
        let guests: Vec<usize> = stage.crew.alive().into_iter().filter(|number| *number != host).collect();
        let (one, two) = (guests[0], guests[1]);
        let name = format!("space{round}");
        let first = stage.must(one, &format!("open {name}"));
        stage.must(two, &format!("open {name}"));
        stage.must(one, &format!("put {name} key old"));
        stage.must(host, &format!("drop {name}"));
        stage.must(two, "begin");
        stage.crew.kill(host);
        assert_eq!(stage.ask(one, &format!("get {name} key")).0, DROPPED);
        assert_eq!(stage.ask(two, &format!("tget {name} key")).0, DROPPED);
        // Made after the hand-over: it must not get a number that someone holds.
        let second = stage.must(two, &format!("open {name}"));
        assert_ne!(first, second);
        stage.must(two, &format!("put {name} key new"));
        assert_eq!(stage.ask(one, &format!("get {name} key")).0, DROPPED);
        assert_eq!(stage.ask(one, &format!("put {name} key late")).0, DROPPED);
        assert_eq!(stage.must(two, &format!("get {name} key")), "new");
        stage.hire();
        stage.until_host();
    }
    stage.crew.dismiss(|_, _| {});
}

impl Stage {
    /// Asks around until it is known who is host.
    fn until_host(&mut self) {
        for number in self.crew.alive().into_iter().cycle().take(1_000) {
            if self.host.is_some() {
                return;
            }
            self.must(number, "list");
        }
        self.crew.autopsy("nobody is host")
    }
}
