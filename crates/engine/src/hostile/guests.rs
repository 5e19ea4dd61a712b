//! Guests that harm nobody but themselves: a host in a process of its own, an honest guest in this one
//! that counts, and beside it connections that say anything.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::Shutdown;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::Arc;
use std::thread::JoinHandle;

use plinth_api::{Database, DatabaseOptions, KeySelector, RangeOptions};

use super::*;
use crate::commit::Request;
use crate::conflict::ConflictSet;
use crate::overlay::Overlay;
use crate::roll::Roll;
use crate::watch::Seen;
use crate::wire::{hello, parse, put, Answer, Ask, Commit, Frames, Notice, PROTOCOL};

/// The honest guest's counters.
const COUNTERS: u8 = 10;
/// How much the host may grow by an attack.
const GROWTH: usize = 400 << 20;
/// The directory that a child of these tests hosts.
const HOST_OF: &str = "PLINTH_TEST_HOST_OF";

/// A host in a process of its own.
struct Host {
    child: Child,
    path: PathBuf,
    _root: tempfile::TempDir,
}

/// Not a test by itself: the host's process runs it.
#[test]
fn host() {
    let Ok(path) = std::env::var(HOST_OF) else {
        return;
    };
    let database = crate::open(&path, DatabaseOptions::default()).unwrap();
    assert!(database.is_host());
    println!("\nhosting");
    // Until the parent goes.
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    database.close().unwrap();
    println!("closed");
}

impl Host {
    fn new() -> Self {
        let (root, path) = place();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "hostile::guests::host", "--nocapture"])
            .env(HOST_OF, &path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap() == "hosting"), "the host did not begin");
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, path, _root: root }
    }

    /// Bytes of memory that it has.
    fn memory(&self) -> usize {
        let text = std::fs::read_to_string(format!("/proc/{}/statm", self.child.id())).unwrap();
        text.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
    }

    /// Files and sockets that it has open.
    fn open_files(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.child.id())).unwrap().count()
    }

    /// Hundredths of seconds that its threads have run.
    fn ticks(&self) -> u64 {
        let text = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        text.split(' ').skip(13).take(2).map(|ticks| ticks.parse::<u64>().unwrap()).sum()
    }

    fn check_alive(&mut self) {
        let ended = self.child.try_wait().unwrap();
        assert!(ended.is_none(), "the host ended: {ended:?}");
    }

    /// Ends it in order.
    fn end(mut self) {
        drop(self.child.stdin.take());
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}");
    }
}

/// A guest that counts, and checks what it counts.
struct Honest {
    database: Arc<dyn Database>,
    keyspace: u32,
    counted: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Honest {
    fn new(path: &Path, seed: u64) -> Self {
        let database = crate::open(path.to_str().unwrap(), DatabaseOptions::default()).unwrap();
        assert!(!database.is_host());
        let keyspace = database.open_keyspace("honest").unwrap().id;
        let (counted, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let thread = {
            let (database, counted, stop) = (database.clone(), counted.clone(), stop.clone());
            std::thread::spawn(move || {
                let mut random = fastrand::Rng::with_seed(seed);
                while !stop.load(Ordering::SeqCst) {
                    count(&*database, keyspace, &[random.u8(..COUNTERS)], &stop);
                    let count = counted.fetch_add(1, Ordering::SeqCst) + 1;
                    if count.is_multiple_of(50) {
                        assert_eq!(sum(&*database, keyspace), count, "the counters are wrong");
                    }
                }
            })
        };
        Self { database, keyspace, counted, stop, thread: Some(thread) }
    }

    fn counted(&self) -> u64 {
        assert!(!self.thread.as_ref().unwrap().is_finished(), "the honest guest has failed");
        self.counted.load(Ordering::SeqCst)
    }

    /// Waits until it has counted so many more.
    fn expect_progress(&self, more: u64) {
        let begin = self.counted();
        until("the honest guest's work", || (self.counted() >= begin + more).then_some(()));
    }

    fn end(mut self) {
        self.stop.store(true, Ordering::SeqCst);
        self.thread.take().unwrap().join().unwrap();
        assert_eq!(sum(&*self.database, self.keyspace), self.counted.load(Ordering::SeqCst));
        self.database.close().unwrap();
    }
}

/// Adds one to a counter.
fn count(database: &dyn Database, keyspace: u32, key: &[u8], stop: &AtomicBool) {
    let transaction = database.begin().unwrap();
    loop {
        let outcome = transaction.get(keyspace, key, false).and_then(|value| {
            let number = value.map_or(0, |value| u64::from_le_bytes((&*value).try_into().unwrap()));
            transaction.set(keyspace, key, &(number + 1).to_le_bytes())?;
            transaction.commit()
        });
        match outcome {
            Ok(()) => return,
            // The host never goes, so nothing is ever unknown.
            Err(error) if error.code() == plinth_api::Code::COMMIT_UNKNOWN_RESULT => panic!("{error}"),
            Err(error) => {
                assert!(!stop.load(Ordering::SeqCst), "{error}");
                transaction.on_error(error).unwrap();
            }
        }
    }
}

fn sum(database: &dyn Database, keyspace: u32) -> u64 {
    loop {
        let transaction = database.begin().unwrap();
        let (begin, end) = (KeySelector::first_greater_or_equal(""), KeySelector::first_greater_or_equal([0xfe]));
        match transaction.get_range(keyspace, begin, end, RangeOptions::default()) {
            Ok(rows) => return rows.iter().map(|(_, value)| u64::from_le_bytes(value.try_into().unwrap())).sum(),
            Err(error) => transaction.on_error(error).unwrap(),
        }
    }
}

/// A connection that has said who it is, but for what it does next.
struct Guest {
    stream: UnixStream,
    frames: Frames,
}

impl Guest {
    fn new(path: &Path) -> Self {
        let stream = connect(path);
        let (_, frames) = until("a welcome", || socket::greet(&stream, LONG).unwrap());
        stream.set_nonblocking(true).unwrap();
        Self { stream, frames }
    }

    /// Sends as much as goes. Returns whether the connection is there still, and how much went.
    fn send(&mut self, bytes: &[u8]) -> (bool, usize) {
        match self.stream.write(bytes) {
            Ok(count) => (true, count),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => (true, 0),
            Err(_) => (false, 0),
        }
    }

    /// Sends all of it, and reads what comes meanwhile.
    fn send_all(&mut self, mut bytes: &[u8]) -> bool {
        let end = Instant::now() + LONG;
        while !bytes.is_empty() {
            let (there, count) = self.send(bytes);
            bytes = &bytes[count..];
            if !there || !self.drain() {
                return false;
            }
            assert!(Instant::now() < end, "the host takes nothing");
        }
        true
    }

    /// Throws away what has come. Returns whether the connection is there still.
    fn drain(&mut self) -> bool {
        let mut stream = &self.stream;
        loop {
            match self.frames.fill(|room| stream.read(room)) {
                Ok(0) => return false,
                Ok(_) => while self.frames.next(64 << 20).unwrap().is_some() {},
                Err(error) => return error.kind() == std::io::ErrorKind::WouldBlock,
            }
        }
    }

    /// Asks, and waits for the answer's bytes.
    fn ask(&mut self, number: u64, ask: &Ask<'_>) -> Vec<u8> {
        assert!(self.stream.write_all(&frame(number, ask)).is_ok());
        let end = Instant::now() + LONG;
        loop {
            while let Some((got, message)) = self.frames.next(64 << 20).unwrap() {
                if got == number {
                    return message.to_vec();
                }
                // Answers to what was asked before are no matter.
                assert!(got > 0 || parse::<Notice<'_>>(&message).is_ok());
            }
            let mut stream = &self.stream;
            match self.frames.fill(|room| stream.read(room)) {
                Ok(0) => panic!("the host has ended an honest connection"),
                Ok(_) => {}
                Err(_) => std::thread::yield_now(),
            }
            assert!(Instant::now() < end, "no answer");
        }
    }
}

fn frame(number: u64, ask: &Ask<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    put(&mut bytes, number, ask, 64 << 20).unwrap();
    bytes
}

/// A commit of a few keys beside the counters.
fn random_commit(random: &mut fastrand::Rng, keyspace: u32) -> Request {
    let mut overlay = Overlay::default();
    for _ in 0..random.usize(..6) {
        let key = random_bytes(random, 8);
        match random.u8(..3) {
            0 => overlay.set(&key, &random_bytes(random, 200)),
            1 => overlay.atomic(plinth_api::Mutation::Add, &key, &[1], 100),
            _ => overlay.clear_range(&key, &random_bytes(random, 8)),
        }
    }
    let mut reads = ConflictSet::default();
    reads.add_key(b"read");
    let overlays = vec![(keyspace, Arc::new(overlay))];
    Request { read_version: i64::MAX, reads: vec![(keyspace, reads)], overlays, ..Request::default() }
}

/// A frame of any kind.
fn random_frame(random: &mut fastrand::Rng, number: u64) -> Vec<u8> {
    let (key, end) = (random_bytes(random, 20), random_bytes(random, 20));
    let version = random.bool().then(|| random.i64(..));
    let (rows, bytes) = (random.u32(..), random.u32(..));
    let request = random_commit(random, 0);
    let keys = random_bytes(random, 60);
    frame(
        number,
        &match random.u8(..26) {
            0 => Ask::Latest,
            1 => Ask::At { version: random.i64(..), wait: random.bool() },
            2 => Ask::Get { version, keyspace: 0, key: &key },
            3 => Ask::Scan { version, keyspace: 0, begin: &key, end: &end, reverse: random.bool(), rows, bytes },
            4 => Ask::Estimate { keyspace: 0, begin: &key, end: &end },
            5..=7 => Ask::Commit(Commit::of(&request)),
            8 => Ask::Watch { watch: random.u64(..), keyspace: 0, key: &key, seen: Seen::of(Some(&end)) },
            9 => Ask::Unwatch { watch: random.u64(..) },
            10 => Ask::Keyspace { name: "things", create: true },
            11 => Ask::Keyspaces,
            12 => Ask::Count,
            14 => Ask::Inspect,
            15 => Ask::Hold,
            16 => Ask::ReadHeld {
                held: random.u64(..4),
                keyspace: 0,
                begin: &key,
                end: &end,
                reverse: random.bool(),
                rows,
                bytes,
            },
            17 => Ask::GiveBack { held: random.u64(..4) },
            18 => Ask::RaiseVersion { above: random.i64(..1 << 40) },
            19 => Ask::TrackChanges { most_ranges: random.u64(..9) },
            20 => Ask::TakeChanges { tracker: random.u64(..4), go_on: random.bool() },
            21 => Ask::EndTracking { tracker: random.u64(..4) },
            22 => Ask::LatestEvenLocked,
            23 => Ask::Who { expire: random.bool().then_some([7; 16]) },
            24 => Ask::Here { question: random.u64(..4), roll: Roll::default() },
            13 => Ask::GetMany { version: random.i64(..), keyspace: 0, keys: &keys },
            _ => Ask::Sync,
        },
    )
}

/// Whether a frame would take part in the honest guest's work, as any guest of this user may.
fn meddles(bytes: &[u8], honest: u32) -> bool {
    let mut frames = Frames::default();
    let fill = |room: &mut [u8]| {
        room[..bytes.len()].copy_from_slice(bytes);
        Ok(bytes.len())
    };
    frames.fill(fill).unwrap();
    while let Ok(Some((_, message))) = frames.next(64 << 20) {
        let meddles = match parse::<Ask<'_>>(&message) {
            Ok(Ask::Commit(commit)) => commit.request(&DatabaseOptions::default()).is_ok_and(|request| {
                let numbers =
                    request.overlays.iter().map(|(id, _)| *id).chain(request.writes.iter().map(|(id, _)| *id));
                numbers.into_iter().any(|id| id == honest)
            }),
            Ok(Ask::DropKeyspace { .. }) => true,
            Ok(Ask::RaiseVersion { above }) => above > 0,
            _ => false,
        };
        if meddles {
            return true;
        }
    }
    false
}

/// What all attacks share.
struct Scene<'a> {
    path: &'a Path,
    honest: u32,
    random: fastrand::Rng,
}

type Attack = (&'static str, fn(&mut Scene<'_>));

const ATTACKS: [Attack; 12] = [
    ("no greeting", |scene| {
        for _ in 0..300 {
            let mut stream = connect(scene.path);
            let _ = stream.write_all(&random_bytes(&mut scene.random, 2_000));
        }
    }),
    ("greetings of others", |scene| {
        let newer = format!("plinth {} 9.9\n", PROTOCOL + 1);
        for line in [newer.as_str(), "GET / HTTP/1.1\r\n", "plinth\n", "\n", "no 1 x\n"] {
            let mut stream = connect(scene.path);
            let _ = stream.write_all(line.as_bytes());
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer);
            let told = hello::check(&answer, hello::Side::Host).unwrap_err();
            assert_eq!(told.code(), plinth_api::Code::PROTOCOL_NOT_SUPPORTED, "{line:?}: {told}");
        }
    }),
    ("garbage after the greeting", |scene| {
        for _ in 0..300 {
            let mut guest = Guest::new(scene.path);
            let bytes = random_bytes(&mut scene.random, 2_000);
            if !meddles(&bytes, scene.honest) {
                guest.send_all(&bytes);
            }
        }
    }),
    ("frames that are cut off", |scene| {
        for number in 0..300 {
            let bytes = random_frame(&mut scene.random, number + 1);
            let length = scene.random.usize(..bytes.len());
            Guest::new(scene.path).send_all(&bytes[..length]);
        }
    }),
    ("absurd lengths", |scene| {
        for length in [0, 1, 7, 1 << 25, 1 << 30, u32::MAX - 1, u32::MAX] {
            let mut guest = Guest::new(scene.path);
            guest.send_all(&[&length.to_le_bytes()[..], &[1; 100]].concat());
            until("the end of the connection", || match (guest.drain(), length) {
                (false, _) | (true, 8..=0x0400_0000) => Some(()),
                _ => None,
            });
        }
    }),
    ("wrong bytes in frames", |scene| {
        let mut guest = Guest::new(scene.path);
        for number in 1..6_000 {
            let mut bytes = random_frame(&mut scene.random, number);
            let mut message = bytes.split_off(4);
            mutate(&mut message, &mut scene.random);
            bytes = [&(message.len() as u32).to_le_bytes()[..], &message].concat();
            if !meddles(&bytes, scene.honest) && !guest.send_all(&bytes) {
                guest = Guest::new(scene.path);
            }
        }
    }),
    ("answers that nobody takes", |scene| {
        let flood =
            |rows| Ask::Scan { version: None, keyspace: 0, begin: b"", end: b"\xff", reverse: false, rows, bytes: 0 };
        let bytes: Vec<u8> = (1..500).flat_map(|number| frame(number, &flood(0))).collect();
        let mut guests: Vec<Guest> = (0..16).map(|_| Guest::new(scene.path)).collect();
        let end = Instant::now() + Duration::from_secs(3);
        while Instant::now() < end {
            // Half a frame may be left behind: then it goes on somewhere in it.
            guests.iter_mut().for_each(|guest| {
                let _ = guest.send(&bytes);
            });
            std::thread::sleep(Duration::from_millis(1));
        }
    }),
    ("silence", |scene| {
        let mut guests: Vec<Guest> = (0..50).map(|_| Guest::new(scene.path)).collect();
        guests.iter_mut().for_each(|guest| {
            let _ = guest.send(&(20u32 << 20).to_le_bytes());
        });
        for guest in &mut guests[..4] {
            guest.send_all(&vec![7; 4 << 20]);
        }
        let strangers: Vec<UnixStream> = (0..50).map(|_| connect(scene.path)).collect();
        std::thread::sleep(Duration::from_secs(1));
        drop((guests, strangers));
    }),
    ("thousands of connections", |scene| {
        for _ in 0..5_000 {
            drop(connect(scene.path));
        }
        let kept: Vec<UnixStream> = (0..1_500).map(|_| connect(scene.path)).collect();
        std::thread::sleep(Duration::from_millis(300));
        drop(kept);
    }),
    ("watches without end", |scene| {
        let mut guest = Guest::new(scene.path);
        let ask = |number: u64, seen| Ask::Watch { watch: number, keyspace: 0, key: &[7; 300], seen };
        for number in 1..120_000 {
            assert!(guest.send_all(&frame(number, &ask(number, Seen::of(None)))));
        }
        // The first one's number, again.
        let again = guest.ask(1 << 40, &ask(1, Seen::of(None)));
        assert!(matches!(parse(&again).unwrap(), Answer::Failed(_)));
    }),
    ("the same number again", |scene| {
        let mut guest = Guest::new(scene.path);
        for _ in 0..5_000 {
            assert!(guest.send_all(&frame(7, &Ask::Get { version: None, keyspace: 0, key: b"k" })));
        }
        for watch in 0..1_000 {
            guest.send_all(&frame(7, &Ask::Watch { watch: watch % 3, keyspace: 0, key: b"k", seen: Seen::of(None) }));
            guest.send_all(&frame(7, &Ask::At { version: i64::MAX, wait: true }));
        }
    }),
    ("absurd commits", |scene| {
        let mut guest = Guest::new(scene.path);
        let mut answered = 0;
        for number in 1..6_000 {
            let keyspace = if scene.random.u8(..10) == 0 { scene.random.u32(..) } else { 0 };
            let request = random_commit(&mut scene.random, keyspace);
            let mut bytes = frame(number, &Ask::Commit(Commit::of(&request)));
            let mut body = bytes.split_off(16);
            mutate(&mut body, &mut scene.random);
            bytes.extend(body);
            let length = (bytes.len() - 4) as u32;
            bytes[..4].copy_from_slice(&length.to_le_bytes());
            if meddles(&bytes, scene.honest) {
                continue;
            }
            answered += 1;
            if !guest.send_all(&bytes) {
                guest = Guest::new(scene.path);
            }
        }
        assert!(answered > 1_000);
    }),
];

/// Enough that a scan of everything fills its answer.
fn fill(database: &dyn Database) {
    for part in 0..5u8 {
        let transaction = database.begin().unwrap();
        for number in 0..60u8 {
            transaction.set(0, &[b's', part, number], &[number; 20_000]).unwrap();
        }
        transaction.commit().unwrap();
    }
}

#[test]
fn hostile_guests_harm_only_themselves() {
    let mut random = seeded("guests");
    let mut host = Host::new();
    let honest = Honest::new(&host.path, random.u64(..));
    fill(&*honest.database);
    honest.expect_progress(100);
    for (name, attack) in ATTACKS {
        let (memory, files, counted, begin) = (host.memory(), host.open_files(), honest.counted(), Instant::now());
        let (path, ticks) = (host.path.clone(), host.ticks());
        let mut scene = Scene { path: &path, honest: honest.keyspace, random: random.fork() };
        attack(&mut scene);
        let (during, took) = (honest.counted() - counted, begin.elapsed());
        host.check_alive();
        honest.expect_progress(50);
        // What the hostile ones had is freed. RocksDB may have opened a file or two meanwhile.
        until("the end of connections", || (host.open_files() <= files + 20).then_some(()));
        let grown = host.memory().saturating_sub(memory);
        let ticks = host.ticks() - ticks;
        eprintln!("{name}: {took:?}, {during} counted meanwhile, {ticks} ticks, memory {} MiB more", grown >> 20);
        assert!(during > 0 || took < Duration::from_secs(1), "{name}: the honest guest stood still");
        assert!(grown < GROWTH, "{name}: the host has grown by {grown} bytes");
        until("the end of watches", || (honest.database.metrics().watches == 0).then_some(()));
    }
    let late = connect(&host.path);
    assert!(socket::greet(&late, LONG).unwrap().is_some(), "a new guest gets in");
    late.shutdown(Shutdown::Both).unwrap();
    honest.end();
    host.end();
}
