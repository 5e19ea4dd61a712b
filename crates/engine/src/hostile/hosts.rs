//! Hosts that answer an honest guest with whatever comes to their mind.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use plinth_api::key::successor;
use plinth_api::{Database, DatabaseOptions, Error, KeySelector, Mutation, RangeOptions, Result};

use serde_bytes::Bytes;

use super::*;
use crate::format::OpenDirectory;
use crate::roll::Roll;
use crate::socket::Listener;
use crate::upkeep::task::Finished;
use crate::wire::{hello, parse, put, put_pair, put_part, Answer, Ask, Counts, Failure, Frames, Limits, Notice, Parts};

/// What a host does to one answer in three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    Honest,
    Garbage,
    Mutated,
    Unasked,
    OtherKind,
    WrongRows,
    Backwards,
    AbsurdErrors,
    Flood,
    Leaving,
    Dies,
    HugeFrame,
    SecondWelcome,
}

const MANNERS: [Manner; 13] = [
    Manner::Honest,
    Manner::Garbage,
    Manner::Mutated,
    Manner::Unasked,
    Manner::OtherKind,
    Manner::WrongRows,
    Manner::Backwards,
    Manner::AbsurdErrors,
    Manner::Flood,
    Manner::Leaving,
    Manner::Dies,
    Manner::HugeFrame,
    Manner::SecondWelcome,
];

/// What a guest may be told: success, what is retried, what a host may say that is not itself, and
/// what a call with such an answer comes to.
const DOCUMENTED: [i32; 12] = [0, 1000, 1007, 1009, 1020, 1021, 1031, 1036, 1042, 2011, 9017, 9018];

/// A directory whose host is not what it seems.
struct Host {
    path: PathBuf,
    stop: Arc<AtomicBool>,
    streams: Arc<Mutex<Vec<UnixStream>>>,
    thread: Option<JoinHandle<()>>,
    _locked: OpenDirectory,
    _root: tempfile::TempDir,
}

impl Host {
    fn new(manner: Manner, seed: u64, share: u32) -> Self {
        let (root, path) = place();
        crate::open(path.to_str().unwrap(), DatabaseOptions::default()).unwrap().close().unwrap();
        let locked = crate::format::claim(&path, &DatabaseOptions::default()).unwrap();
        let listener = Listener::bind(&path).unwrap();
        let (stop, streams) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
        let (stopped, list) = (stop.clone(), streams.clone());
        let thread = std::thread::spawn(move || {
            let versions = Arc::new(AtomicI64::new(1 << 40));
            let mut sessions = Vec::new();
            while !stopped.load(Ordering::SeqCst) {
                let Some(stream) = listener.accept().unwrap() else {
                    std::thread::sleep(Duration::from_micros(200));
                    continue;
                };
                stream.set_nonblocking(false).unwrap();
                list.lock().unwrap().push(stream.try_clone().unwrap());
                let random = fastrand::Rng::with_seed(seed + sessions.len() as u64);
                let stream = stream.try_clone().unwrap();
                let session = Session { stream, manner, random, share, versions: versions.clone() };
                let stream = session.stream.try_clone().unwrap();
                sessions.push(std::thread::spawn(move || {
                    let _ = session.serve();
                    // The list has it still, so it would stay open.
                    let _ = stream.shutdown(Shutdown::Both);
                }));
            }
            list.lock().unwrap().iter().for_each(|stream| drop(stream.shutdown(Shutdown::Both)));
            sessions.into_iter().for_each(|session| session.join().unwrap());
        });
        Self { path, stop, streams, thread: Some(thread), _locked: locked, _root: root }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        self.streams.lock().unwrap().iter().for_each(|stream| drop(stream.shutdown(Shutdown::Both)));
        self.thread.take().unwrap().join().unwrap();
    }
}

struct Session {
    stream: UnixStream,
    manner: Manner,
    random: fastrand::Rng,
    /// One answer in so many is bad.
    share: u32,
    versions: Arc<AtomicI64>,
}

impl Session {
    fn serve(mut self) -> std::io::Result<()> {
        let mut line = Vec::new();
        while !line.ends_with(b"\n") {
            let mut byte = [0];
            self.stream.read_exact(&mut byte)?;
            line.extend(byte);
        }
        hello::check(&line, hello::Side::Guest).unwrap();
        let limits = Limits {
            key_size: 10_000,
            value_size: 100_000,
            transaction_size: 10_000_000,
            window: 5_000_000,
            frame: 32 << 20,
            pid: std::process::id(),
        };
        let mut out = hello::line().into_bytes();
        put(&mut out, 0, &Notice::Welcome(limits), 1 << 20).unwrap();
        self.stream.write_all(&out)?;
        let mut frames = Frames::default();
        loop {
            while let Some((number, message)) = frames.next(64 << 20).unwrap() {
                let ask = parse::<Ask<'_>>(&message).unwrap();
                if matches!(ask, Ask::Bye) {
                    return Ok(());
                }
                let mut out = Vec::new();
                let go_on = self.answer(number, &ask, &mut out);
                self.stream.write_all(&out)?;
                if !go_on {
                    return Ok(());
                }
            }
            let mut stream = &self.stream;
            if frames.fill(|room| stream.read(room))? == 0 {
                return Ok(());
            }
        }
    }

    fn version(&self) -> i64 {
        self.versions.fetch_add(1, Ordering::SeqCst)
    }

    /// Appends the answer. Returns whether to go on.
    fn answer(&mut self, number: u64, ask: &Ask<'_>, out: &mut Vec<u8>) -> bool {
        if self.manner == Manner::Honest || self.random.u32(..self.share) > 0 {
            self.honest(number, ask, out);
            return true;
        }
        match self.manner {
            Manner::Honest => {}
            Manner::Garbage => {
                // Of a length that is noticed; else the guest waits for the rest of it.
                out.extend([self.random.u8(..), self.random.u8(..), self.random.u8(..), 0xff]);
                out.extend(random_bytes(&mut self.random, 300));
            }
            Manner::Mutated => {
                self.honest(number, ask, out);
                // Its length is right, for else the guest waits for what never comes.
                let mut message = out.split_off(4);
                mutate(&mut message, &mut self.random);
                *out = (message.len() as u32).to_le_bytes().to_vec();
                out.extend(message);
            }
            Manner::Unasked => {
                self.honest(number.wrapping_add(1_000_000), ask, out);
                self.honest(number, ask, out);
            }
            Manner::OtherKind => self.other_kind(number, out),
            Manner::WrongRows => self.wrong_rows(number, ask, out),
            Manner::Backwards => self.backwards(number, ask, out),
            Manner::AbsurdErrors => {
                let code = [0, -1, -2, -3, 1, 99_999, i32::MIN][self.random.usize(..7)];
                let story = "x".repeat(self.random.usize(..100_000));
                say(out, number, &Answer::Failed(Failure { code, story: &story, hits: vec![], winners: vec![] }));
            }
            Manner::Flood => {
                tell(out, &Notice::Who { question: 1, expire: None });
                for _ in 0..20_000 {
                    let watch = self.random.u64(..);
                    tell(out, &Notice::Fired { watch, failure: None });
                    tell(out, &Notice::Dropped { keyspace: self.random.u32(1..) });
                }
                self.honest(number, ask, out);
            }
            Manner::Leaving => {
                (0..10).for_each(|_| tell(out, &Notice::Leaving));
                self.honest(number, ask, out);
            }
            Manner::Dies => {
                self.honest(number, ask, out);
                out.truncate(self.random.usize(..out.len()));
                return false;
            }
            Manner::HugeFrame => {
                let length = [0, 1, 7, 1 << 27, u32::MAX][self.random.usize(..5)];
                out.extend(length.to_le_bytes());
                out.extend([0; 64]);
            }
            Manner::SecondWelcome => {
                let limits = Limits { key_size: 0, value_size: 0, transaction_size: 0, window: 0, frame: 0, pid: 0 };
                tell(out, &Notice::Welcome(limits));
            }
        }
        true
    }

    fn honest(&mut self, number: u64, ask: &Ask<'_>, out: &mut Vec<u8>) {
        let at = |version: &Option<i64>| version.unwrap_or_else(|| self.version());
        let answer = match ask {
            Ask::Latest | Ask::LatestEvenLocked => Answer::Version(self.version()),
            Ask::At { version, .. } => Answer::Version(*version),
            Ask::Get { version, .. } => Answer::Value { version: at(version), value: Some(b"value") },
            Ask::GetMany { version, keys, .. } => {
                let mut values = Vec::new();
                Parts::new(keys).for_each(|_| put_part(&mut values, Some(b"value")));
                return say(out, number, &Answer::Values { version: *version, values: &values });
            }
            Ask::Hold => Answer::Held { held: 1, version: self.version(), keyspaces: vec![(0, "default")] },
            Ask::ReadHeld { .. } => Answer::Rows { version: self.version(), more: false, pairs: b"" },
            Ask::Scan { version, begin, .. } => {
                let mut pairs = Vec::new();
                put_pair(&mut pairs, &successor(begin), &[7]);
                return say(out, number, &Answer::Rows { version: at(version), more: false, pairs: &pairs });
            }
            Ask::Estimate { .. } => Answer::Size(5),
            Ask::Commit(_) => Answer::Committed { version: self.version(), order: 0 },
            Ask::Expire { .. } => Answer::Size(1),
            Ask::Watch { .. } | Ask::Unwatch { .. } | Ask::DropKeyspace { .. } | Ask::Sync | Ask::Bye => Answer::Done,
            Ask::GiveBack { .. } | Ask::RaiseVersion { .. } => Answer::Done,
            Ask::Keyspace { .. } => Answer::Keyspace(Some(1)),
            Ask::Keyspaces => Answer::Keyspaces(vec!["", "things"]),
            Ask::Inspect => Answer::Facts(Box::default()),
            Ask::TrackChanges { .. } => Answer::Tracking { tracker: 1 },
            Ask::TakeChanges { .. } => {
                let version = self.version();
                Answer::Changed { version, catalogue: false, more: false, ranges: vec![] }
            }
            Ask::EndTracking { .. } => Answer::Done,
            Ask::Who { .. } => Answer::Roll(Roll::default()),
            Ask::Here { .. } => Answer::Done,
            Ask::Upkeep { .. } => Answer::Done,
            Ask::UpkeepNow { .. } => Answer::Upkeep { done: 1, total: 1, finished: Some(Finished::Compacted) },
            Ask::Count => Answer::Counts(Counts::default()),
        };
        say(out, number, &answer);
    }

    fn other_kind(&mut self, number: u64, out: &mut Vec<u8>) {
        let answers = [
            Answer::Done,
            Answer::Version(5),
            Answer::Value { version: 5, value: None },
            Answer::Rows { version: 5, more: true, pairs: b"" },
            Answer::Values { version: 5, values: b"" },
            Answer::Size(u64::MAX),
            Answer::Committed { version: -5, order: 9 },
            Answer::Keyspace(None),
            Answer::Keyspaces(vec![]),
            Answer::Facts(Box::default()),
            Answer::Held { held: 0, version: -1, keyspaces: vec![] },
            Answer::Tracking { tracker: u64::MAX },
            Answer::Changed {
                version: 5,
                catalogue: true,
                more: true,
                ranges: vec![(1, Bytes::new(b"b"), Bytes::new(b"a"))],
            },
            Answer::Changed { version: 5, catalogue: false, more: true, ranges: vec![] },
            Answer::Counts(Counts { latest_version: i64::MIN, guests: u64::MAX, ..Counts::default() }),
        ];
        say(out, number, &answers[self.random.usize(..answers.len())]);
    }

    fn wrong_rows(&mut self, number: u64, ask: &Ask<'_>, out: &mut Vec<u8>) {
        if let Ask::GetMany { version, keys, .. } = ask {
            return self.wrong_values(number, *version, keys, out);
        }
        let Ask::Scan { version, begin, .. } = ask else {
            return self.honest(number, ask, out);
        };
        let version = version.unwrap_or(1) + i64::from(self.random.u8(..4) == 0);
        let (key, mut pairs) = (successor(begin), Vec::new());
        let row = |key: u32, value: u32| [key.to_le_bytes(), value.to_le_bytes()].concat();
        match self.random.u8(..7) {
            0 => pairs = [row(u32::MAX, u32::MAX), row(u32::MAX, 2), key].concat(),
            1 => pairs = [row(key.len() as u32, 1), key].concat(),
            2 => pairs = [row(key.len() as u32, 1), key, vec![1, 2, 3]].concat(),
            3 => (0..2).for_each(|_| put_pair(&mut pairs, &key, b"")),
            4 => put_pair(&mut pairs, b"\xff\xff\xff", b""),
            5 => pairs = row(0, 0).repeat(100_000),
            _ => {}
        }
        say(out, number, &Answer::Rows { version, more: true, pairs: &pairs });
    }

    fn wrong_values(&mut self, number: u64, version: i64, keys: &[u8], out: &mut Vec<u8>) {
        let version = version + i64::from(self.random.u8(..4) == 0);
        let mut values = Vec::new();
        match self.random.u8(..5) {
            0 => values = [7, 0, 0, 0, 1].to_vec(),
            1 => values = (u32::MAX - 1).to_le_bytes().to_vec(),
            2 => (0..=Parts::new(keys).count()).for_each(|_| put_part(&mut values, None)),
            3 => (0..100_000).for_each(|_| put_part(&mut values, Some(b""))),
            _ => {}
        }
        say(out, number, &Answer::Values { version, values: &values });
    }

    fn backwards(&mut self, number: u64, ask: &Ask<'_>, out: &mut Vec<u8>) {
        let version = [0, -1, i64::MIN, i64::MAX, 1, self.version() - 1_000_000][self.random.usize(..6)];
        match ask {
            Ask::Latest | Ask::LatestEvenLocked | Ask::At { .. } => say(out, number, &Answer::Version(version)),
            Ask::Get { .. } => say(out, number, &Answer::Value { version, value: Some(b"old") }),
            Ask::GetMany { .. } => say(out, number, &Answer::Values { version, values: &[255; 4] }),
            Ask::Commit(_) => say(out, number, &Answer::Committed { version, order: u16::MAX }),
            ask => self.honest(number, ask, out),
        }
    }
}

fn say(out: &mut Vec<u8>, number: u64, answer: &Answer<'_>) {
    put(out, number, answer, u32::MAX as usize).unwrap();
}

fn tell(out: &mut Vec<u8>, notice: &Notice<'_>) {
    put(out, 0, notice, u32::MAX as usize).unwrap();
}

/// Some calls of everything that a guest asks; what each came to, and how long the longest took.
fn work(database: &Arc<dyn Database>, rounds: usize) -> (Vec<i32>, Duration) {
    let mut codes = Vec::new();
    let mut longest = Duration::ZERO;
    let mut note = |call: &mut dyn FnMut() -> Result<()>| {
        let begin = Instant::now();
        codes.push(call().err().map_or(0, |error: Error| error.code().number()));
        longest = longest.max(begin.elapsed());
    };
    for round in 0..rounds {
        let Ok(transaction) = database.begin() else {
            note(&mut || database.begin().map(|_| ()));
            continue;
        };
        note(&mut || transaction.get(0, b"key", false).map(|_| ()));
        note(&mut || {
            let (begin, end) = (KeySelector::first_greater_or_equal("a"), KeySelector::first_greater_or_equal("b"));
            transaction.get_range(0, begin, end, RangeOptions::default()).map(|_| ())
        });
        let (sent, heard) = channel();
        let pending = transaction.clone().watch(0, b"watched", Box::new(move |outcome| drop(sent.send(outcome))));
        note(&mut || {
            transaction.set(0, b"key", b"value")?;
            transaction.atomic_op(0, Mutation::Add, b"sum", b"\x01")?;
            transaction.commit()
        });
        if let Some(pending) = pending {
            pending.cancel();
            note(&mut || heard.recv_timeout(LONG).unwrap().map(|_| ()).or(Ok(())));
        }
        match round % 4 {
            0 => note(&mut || database.list_keyspaces().map(|_| ())),
            1 => note(&mut || database.sync()),
            2 => note(&mut || database.begin()?.estimated_range_size(0, b"a", b"b").map(|_| ())),
            _ => {
                let _ = database.metrics();
            }
        }
    }
    (codes, longest)
}

/// Does it on a thread of its own, so that a call without an end is noticed.
fn guest_of(
    host: &Host,
    work: impl FnOnce(&Arc<dyn Database>) -> (Vec<i32>, Duration) + Send + 'static,
) -> (Vec<i32>, Duration) {
    let (sent, heard) = channel();
    let path = host.path.to_str().unwrap().to_owned();
    let thread = std::thread::spawn(move || {
        let opened = crate::open(&path, DatabaseOptions::default());
        let outcome = match opened {
            Ok(database) => {
                assert!(!database.is_host());
                let outcome = work(&database);
                let _ = database.close();
                outcome
            }
            Err(error) => (vec![error.code().number()], Duration::ZERO),
        };
        let _ = sent.send(outcome);
    });
    let outcome = heard.recv_timeout(LONG);
    let outcome = outcome.unwrap_or_else(|_| panic!("a call of the guest has no end, or panicked"));
    thread.join().unwrap();
    outcome
}

#[test]
fn a_guest_survives_whatever_its_host_says() {
    let mut random = seeded("hosts");
    for manner in MANNERS {
        let host = Host::new(manner, random.u64(..u64::MAX / 2), 3);
        let (codes, longest) = guest_of(&host, |database| work(database, 40));
        drop(host);
        let mut counts = std::collections::BTreeMap::new();
        codes.iter().for_each(|code| *counts.entry(*code).or_insert(0) += 1);
        eprintln!("{manner:?}: {counts:?}, longest {longest:?}");
        if manner == Manner::Honest {
            assert!(counts.keys().all(|code| *code == 0), "{counts:?}");
        }
        assert!(longest < Duration::from_secs(25), "{manner:?}");
        // A mutated or absurd error can be any that there is.
        let known = |code: i32| code == 0 || plinth_api::Code::from_number(code).is_known();
        let told = matches!(manner, Manner::Mutated | Manner::AbsurdErrors);
        let documented = |code: i32| DOCUMENTED.contains(&code) || (told && known(code));
        assert!(counts.keys().all(|code| documented(*code)), "{manner:?}: {counts:?}");
    }
}

/// Every answer is garbage, always, and the host is always there again.
#[test]
fn a_guest_gives_up_a_host_that_never_answers_well() {
    let mut random = seeded("garbage for ever");
    for manner in [Manner::Garbage, Manner::OtherKind, Manner::Dies] {
        let host = Host::new(manner, random.u64(..u64::MAX / 2), 1);
        let begin = Instant::now();
        let (codes, longest) = guest_of(&host, |database| {
            let begin = Instant::now();
            let outcome = database.begin().unwrap().get(0, b"key", false).map(|_| ());
            (vec![outcome.err().map_or(0, |error| error.code().number())], begin.elapsed())
        });
        eprintln!("{manner:?}: {codes:?}, longest {longest:?}, all {:?}", begin.elapsed());
        assert!(longest < Duration::from_secs(25));
        assert!(codes.iter().all(|code| DOCUMENTED.contains(code)), "{codes:?}");
    }
}
