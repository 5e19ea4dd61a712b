//! Watches while hosts go away: no change is missed that somebody waits for.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use fastrand::Rng;

use super::crew::Crew;
use super::figures::Figures;
use super::job::{Job, Place, Said};
use super::{alone, place, rounds, seed, Disk};

const WATCHERS: usize = 4;
const KEY: &str = "watched";
/// How long a change may take to be noticed, hand-over and all.
const BOUND: Duration = Duration::from_secs(20);

struct Scene {
    crew: Crew,
    place: Place,
    host: Option<usize>,
    /// For each watcher what it saw last, and what it waits to change.
    watchers: BTreeMap<usize, (u64, u64)>,
    writer: usize,
    /// Whether the writer owes an answer.
    writing: bool,
}

/// WATCH-1, WATCH-5.
#[test]
fn no_watched_change_is_missed_when_hosts_go_away() {
    let _alone = alone();
    let seed = seed("watches over hand-overs");
    let mut rng = Rng::with_seed(seed);
    let disk = Disk::new();
    let mut scene = Scene::new(place(&disk, false));
    let mut noticed = Figures::default();
    let mut kills = 0;
    for value in 1..=rounds(30, |long| long / 2) {
        if rng.u8(..3) > 0 {
            scene.until(|scene| scene.watchers.values().all(|(_, armed)| *armed + 1 == value));
        }
        // Before the change, at the same time, after it, or not at all.
        let when = rng.u8(..4);
        if when == 0 {
            scene.strike(&mut rng);
        }
        let began = Instant::now();
        scene.write(value);
        if when == 1 {
            scene.strike(&mut rng);
        }
        scene.until(|scene| !scene.writing);
        if when == 2 {
            scene.strike(&mut rng);
        }
        kills += u64::from(when < 3);
        scene.until(|scene| scene.watchers.values().all(|(seen, _)| *seen == value));
        noticed.add(began.elapsed().as_nanos() as u64);
    }
    let watchers: Vec<usize> = scene.watchers.keys().copied().collect();
    // They wait for ever.
    watchers.into_iter().for_each(|number| scene.crew.kill(number));
    scene.crew.dismiss(|_, _| {});
    println!("changes: {}, hosts struck: {kills}, noticed by {WATCHERS}: {}", noticed.count(), noticed.json());
}

impl Scene {
    fn new(place: Place) -> Self {
        let mut crew = Crew::new();
        let writer = crew.hire(Job::Puppet { place: place.clone() });
        crew.hire(Job::Idle { place: place.clone() });
        crew.tell(writer, "open default");
        let mut scene = Self { crew, place, host: None, watchers: BTreeMap::new(), writer, writing: true };
        (0..WATCHERS).for_each(|_| scene.add_watcher());
        scene.until(|scene| !scene.writing && scene.watchers.values().all(|(_, armed)| *armed == 0));
        scene
    }

    fn add_watcher(&mut self) {
        let number = self.crew.hire(Job::Watch { place: self.place.clone(), key: KEY.into() });
        self.watchers.insert(number, (u64::MAX, u64::MAX));
    }

    fn write(&mut self, value: u64) {
        self.writing = true;
        self.crew.tell(self.writer, &format!("number default {KEY} {value}"));
    }

    /// Hears everybody until it is so.
    fn until(&mut self, so: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + BOUND;
        while !so(self) {
            let left = deadline.saturating_duration_since(Instant::now());
            let Some((number, said)) = self.crew.next_within(left) else {
                let watchers = format!("{:?}", self.watchers);
                return self.crew.autopsy(&format!("a change was missed; seen and waited for: {watchers}"));
            };
            self.hear(number, said);
        }
    }

    fn hear(&mut self, number: usize, said: Option<Said>) {
        match said {
            Some(Said::Host) => self.host = Some(number),
            Some(Said::Answer(0, _)) => self.writing = false,
            Some(Said::Answer(code, text)) => self.crew.autopsy(&format!("the writer failed with {code}: {text}")),
            Some(Said::Seen(value)) => {
                if let Some(watcher) = self.watchers.get_mut(&number) {
                    watcher.0 = value;
                }
            }
            Some(Said::Armed(value)) => {
                if let Some(watcher) = self.watchers.get_mut(&number) {
                    watcher.1 = value;
                }
            }
            _ => {}
        }
    }

    /// Kills the host, or has it close; the writer is spared, and a watcher is replaced.
    fn strike(&mut self, rng: &mut Rng) {
        let deadline = Instant::now() + BOUND;
        while self.host.is_none() {
            match self.crew.next_within(deadline.saturating_duration_since(Instant::now())) {
                Some((number, said)) => self.hear(number, said),
                None => return self.crew.autopsy("nobody is host"),
            }
        }
        let Some(host) = self.host.take() else { return };
        if host == self.writer {
            // Whoever is next is a better victim.
            self.writer = self.crew.hire(Job::Puppet { place: self.place.clone() });
            self.crew.tell(self.writer, "open default");
            self.crew.tell(host, "stop");
            self.until(|scene| !scene.writing);
            self.writing = true;
            return self.until(|scene| !scene.writing);
        }
        if matches!(self.crew.job(host), Job::Idle { .. }) && rng.bool() {
            return self.crew.tell(host, "close");
        }
        self.crew.kill(host);
        if self.watchers.remove(&host).is_some() {
            return self.add_watcher();
        }
        self.crew.hire(Job::Idle { place: self.place.clone() });
    }
}
