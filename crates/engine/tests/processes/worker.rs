//! Worker processes, seen from within.

use std::fs::File;
use std::io::{BufRead, Write};
use std::sync::mpsc::{channel, Receiver, TryRecvError};
use std::sync::Arc;
use std::time::{Duration, Instant};

use fastrand::Rng;
use plinth_api::{Database, DatabaseOptions, Durability, Error};
use plinth_testkit::clock::now;
use plinth_testkit::ledger::{retry, Hand};
use plinth_testkit::{line, Lie, LyingDatabase};

use super::job::{Job, Place, Said};
use super::puppet;

/// How long a watch may wait. Its change comes long before.
const LONGEST_WATCH: Duration = Duration::from_secs(60);

/// Says something to the parent. What was written is heard, whatever becomes of this process.
pub fn say(said: &Said) {
    let text = format!("\n{}\n", line::encode(said));
    let mut output = std::io::stdout().lock();
    // A parent that has gone is noticed by the thread that hears it.
    let _ = output.write_all(text.as_bytes()).and_then(|()| output.flush());
}

/// Says that something is wrong, and ends the process.
pub fn fail(text: String) -> ! {
    say(&Said::Failed(text));
    // The parent looks at the other threads meanwhile, and aborts this process.
    std::thread::sleep(Duration::from_secs(90));
    std::process::exit(3);
}

/// The result, if there is one.
fn need<T>(doing: &str, result: plinth_api::Result<T>) -> T {
    result.unwrap_or_else(|error: Error| fail(format!("{doing}: {}", error.story())))
}

/// Does a job to its end.
pub fn work(job: Job) {
    let words = words();
    match job {
        Job::Race { place, name, barriers } => race(&place, &name, &barriers, &words),
        Job::Raise { place, name, seed, counters } => raise(&place, &name, seed, counters, &words),
        Job::Idle { place } => idle(&place, &words),
        Job::Watch { place, key } => watch(&place, &key),
        Job::Puppet { place } => puppet::work(Session::open(&place), &words),
        Job::History { place, name, seed, threads } => history(&place, &name, seed, threads, &words),
    }
}

/// What the parent says. The process ends with the parent.
fn words() -> Receiver<String> {
    let (sender, words) = channel();
    std::thread::spawn(move || {
        for word in std::io::stdin().lock().lines().map_while(Result::ok) {
            let _ = sender.send(word);
        }
        std::process::exit(4);
    });
    words
}

/// The database, open.
pub struct Session {
    place: Place,
    /// The database.
    pub database: Arc<dyn Database>,
    /// The lock of whoever is host.
    host: Option<File>,
}

impl Session {
    /// Opens it. Errors that ask for another try get one.
    pub fn open(place: &Place) -> Self {
        let durability = if place.sync { Durability::Sync } else { Durability::Buffered };
        let began = now();
        let until = Instant::now() + Duration::from_secs(20);
        let database = loop {
            match plinth_engine::open(&place.path, DatabaseOptions { durability, ..DatabaseOptions::default() }) {
                Ok(database) => break database,
                Err(error) if error.code().is_retryable() && Instant::now() < until => {
                    std::thread::sleep(Duration::from_millis(1))
                }
                Err(error) => fail(format!("open: {}", error.story())),
            }
        };
        let took = now() - began;
        let database = match place.lie {
            Some(lie) => Arc::new(LyingDatabase::new(database, Lie::ALL[lie])),
            None => database,
        };
        let mut session = Self { place: place.clone(), database, host: None };
        let host = session.database.is_host();
        session.look();
        say(&Said::Opened { host, took });
        session
    }

    /// Notices that this process has become the host, and that no other one is.
    pub fn look(&mut self) {
        if self.host.is_some() || !self.database.is_host() {
            return;
        }
        let file = File::options().create(true).append(true).open(&self.place.hosts).unwrap();
        // A host that was killed may hold it for as long as its process takes to end.
        let until = Instant::now() + Duration::from_secs(2);
        while file.try_lock().is_err() {
            if Instant::now() > until {
                fail("this process is host, and so is another".to_owned());
            }
            std::thread::yield_now();
        }
        self.host = Some(file);
        say(&Said::Host);
    }

    /// Closes the database.
    pub fn close(mut self) {
        self.look();
        // The next host may be there before the close returns.
        drop(self.host.take());
        say(&Said::Closing(now()));
        need("close", self.database.close());
        say(&Said::Closed);
    }
}

fn race(place: &Place, name: &str, barriers: &[String; 2], words: &Receiver<String>) {
    let mut next = 0;
    for round in 0.. {
        say(&Said::Ready);
        let hold = match words.recv().as_deref() {
            Ok("go") => false,
            Ok("go and hold") => true,
            _ => return,
        };
        let barrier = File::open(&barriers[round % 2]).unwrap();
        barrier.lock_shared().unwrap();
        drop(barrier);
        let mut session = Session::open(place);
        next = raise_once(&session, name, next, 0);
        session.look();
        if hold {
            say(&Said::Ready);
            let _ = words.recv();
        }
        session.close();
    }
}

fn raise_once(session: &Session, name: &str, next: u64, counter: usize) -> u64 {
    let mut hand = Hand { database: &*session.database, name, next, say: &|note| say(&Said::Note(note)) };
    need("raise", hand.raise(counter));
    hand.next
}

fn raise(place: &Place, name: &str, seed: u64, counters: usize, words: &Receiver<String>) {
    let mut rng = Rng::with_seed(seed);
    let mut session = Session::open(place);
    let mut next = 0;
    loop {
        match words.try_recv().as_deref() {
            Ok("close") => {
                session.close();
                session = Session::open(place);
            }
            Ok(_) | Err(TryRecvError::Disconnected) => return session.close(),
            Err(TryRecvError::Empty) => {}
        }
        next = raise_once(&session, name, next, rng.usize(..counters));
        if rng.u8(..8) == 0 {
            let hand = Hand { database: &*session.database, name, next, say: &|note| say(&Said::Note(note)) };
            need("look", hand.look(counters));
        }
        session.look();
    }
}

fn idle(place: &Place, words: &Receiver<String>) {
    let mut session = Session::open(place);
    loop {
        match words.recv_timeout(Duration::from_millis(5)).as_deref() {
            Ok("close") => {
                session.close();
                session = Session::open(place);
            }
            Ok(_) => return session.close(),
            Err(_) => session.look(),
        }
    }
}

/// Reads, waits for a change, reads, without end; tells every value that it sees.
fn watch(place: &Place, key: &str) {
    let mut session = Session::open(place);
    let mut before = None;
    loop {
        let (sender, fired) = channel();
        let transaction = need("begin", session.database.begin());
        let value = loop {
            let armed = (|| {
                let value = transaction.get(0, key.as_bytes(), false)?;
                let value = value.map_or(0, |value| u64::from_be_bytes((*value).try_into().unwrap_or_default()));
                let sender = sender.clone();
                transaction.clone().watch(0, key.as_bytes(), Box::new(move |outcome| drop(sender.send(outcome))));
                transaction.commit()?;
                Ok(value)
            })();
            match armed {
                Ok(value) => break value,
                Err(error) => need("watch", transaction.on_error(error)),
            }
            // What the watch of the attempt that failed says is of no use.
            while fired.try_recv().is_ok() {}
        };
        if before.replace(value) != Some(value) {
            say(&Said::Seen(value));
        }
        say(&Said::Armed(value));
        let until = Instant::now() + LONGEST_WATCH;
        let outcome = loop {
            session.look();
            match fired.recv_timeout(Duration::from_millis(20)) {
                Ok(outcome) => break outcome,
                Err(_) if Instant::now() < until => {}
                Err(_) => fail(format!("the watch of {key} at {value} never ended")),
            }
        };
        if let Err(error) = outcome {
            need("wait", transaction.on_error(error));
        }
    }
}

/// Sets a key.
pub fn set(session: &Session, keyspace: u32, key: &str, value: &[u8]) -> plinth_api::Result<()> {
    retry(&*session.database, |transaction| {
        transaction.set(keyspace, key.as_bytes(), value)?;
        transaction.commit()
    })
}

fn history(place: &Place, name: &str, seed: u64, threads: usize, words: &Receiver<String>) {
    use plinth_testkit::history::{take_part, Load};
    use std::sync::atomic::{AtomicBool, Ordering};
    let mut session = Session::open(place);
    let database = session.database.clone();
    let stop = AtomicBool::new(false);
    let load = Load { mixed_durability: true, ..Load::new(seed, threads, usize::MAX, 24) };
    std::thread::scope(|scope| {
        let part = scope.spawn(|| take_part(&*database, &load, name, &stop, &|event| say(&Said::Event(event))));
        while let Err(std::sync::mpsc::RecvTimeoutError::Timeout) = words.recv_timeout(Duration::from_millis(2)) {
            session.look();
        }
        stop.store(true, Ordering::Relaxed);
        need("history", part.join().unwrap());
    });
    session.close();
}
