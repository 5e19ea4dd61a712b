//! A host for tests: one thread that answers from a map, as well or as badly as it is told to.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::ops::Bound;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::event::{poll, PollFd, PollFlags};
use rustix::net::{recv, send, RecvFlags, SendFlags};

use crate::roll::Roll;
use crate::upkeep::task::Finished;
use crate::upstream::Events;
use crate::wire::{parse, put, put_pair, put_part, Answer, Ask, Counts, Failure, Frames, Limits, Notice, Parts};

/// The version of everything in the map.
pub const VERSION: i64 = 1_000;
/// A key whose answer is held back until the host is told.
pub const HELD: &[u8] = b"held";
/// Values of one answer.
const FEW: usize = 7;
/// A key that is answered with something absurd.
pub const ABSURD: &[u8] = b"absurd";

/// Limits as a host has them.
pub fn limits() -> Limits {
    let (key_size, value_size, transaction_size) = (10_000, 10 << 20, 10 << 20);
    Limits { key_size, value_size, transaction_size, window: 5_000_000, frame: 12 << 20, pid: 1 }
}

/// How a host behaves.
#[derive(Clone, Default)]
pub struct Manner {
    /// How long it looks for more before it sleeps.
    pub awake: Duration,
    /// Answers what came together in another order, from this seed.
    pub shuffled: Option<u64>,
    /// Dies when it has read so many bytes.
    pub reads: Option<usize>,
    /// Dies when it has written so many bytes.
    pub writes: Option<usize>,
    /// Answers [`ABSURD`] with these bytes.
    pub absurd: Vec<u8>,
    /// Reads so many bytes at a time.
    pub chunk: Option<usize>,
    /// Says that it leaves after so many calls, which it answers a little later.
    pub leaves: Option<usize>,
}

/// What a host was asked and what it holds.
#[derive(Default)]
pub struct Seen {
    pub map: Mutex<BTreeMap<Vec<u8>, Vec<u8>>>,
    pub commits: AtomicUsize,
    pub asked: AtomicUsize,
    pub answered: AtomicUsize,
    pub watches: Mutex<Vec<u64>>,
    pub most_under_way: AtomicUsize,
    pub bye: AtomicUsize,
    pub after_bye: AtomicUsize,
    pub read: AtomicUsize,
    pub written: AtomicUsize,
    /// How many of the held answers are given.
    pub let_go: AtomicUsize,
}

/// A host.
pub struct Fake {
    pub seen: Arc<Seen>,
    pub thread: Option<JoinHandle<()>>,
}

struct Host {
    stream: UnixStream,
    manner: Manner,
    seen: Arc<Seen>,
    frames: Frames,
    /// Answers that wait.
    held: VecDeque<Vec<u8>>,
    released: usize,
    left: bool,
}

impl Fake {
    /// A host, and the guest's end of the connection.
    pub fn start(manner: Manner, map: BTreeMap<Vec<u8>, Vec<u8>>) -> (Self, UnixStream) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let seen = Arc::new(Seen { map: Mutex::new(map), ..Seen::default() });
        let mut host = Host {
            stream: theirs,
            manner,
            seen: seen.clone(),
            frames: Frames::default(),
            held: VecDeque::new(),
            released: 0,
            left: false,
        };
        let thread = std::thread::spawn(move || {
            let _ = host.serve();
        });
        (Self { seen, thread: Some(thread) }, ours)
    }

    /// Waits for its end.
    pub fn join(&mut self) {
        self.thread.take().unwrap().join().unwrap();
    }
}

impl Host {
    fn serve(&mut self) -> io::Result<()> {
        let mut random = self.manner.shuffled.map(fastrand::Rng::with_seed);
        loop {
            let more = self.read()?;
            let mut answers = self.take_asks();
            if let Some(random) = &mut random {
                random.shuffle(&mut answers);
            }
            let free = self.seen.let_go.load(Ordering::SeqCst).saturating_sub(self.released).min(self.held.len());
            self.released += free;
            answers.extend(self.held.drain(..free));
            for some in answers.chunks(32) {
                self.seen.answered.fetch_add(some.len(), Ordering::SeqCst);
                self.write(&some.concat())?;
            }
            let ended = self.seen.bye.load(Ordering::SeqCst) > 0 && self.held.is_empty();
            if !more || ended {
                return Ok(());
            }
        }
    }

    /// Reads once, or not at all while answers are held back. Returns false at the end.
    fn read(&mut self) -> io::Result<bool> {
        let until = Instant::now() + self.manner.awake;
        loop {
            let room = self.manner.chunk.unwrap_or(usize::MAX);
            let left = self.manner.reads.map_or(room, |most| room.min(most - self.seen.read.load(Ordering::SeqCst)));
            if left == 0 {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            let stream = &self.stream;
            let fill = |room: &mut [u8]| {
                let most = room.len().min(left);
                Ok(recv(stream, &mut room[..most], RecvFlags::DONTWAIT)?.0)
            };
            match self.frames.fill(fill) {
                Ok(count) => {
                    self.seen.read.fetch_add(count, Ordering::SeqCst);
                    return Ok(count > 0);
                }
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error),
                Err(_) if Instant::now() < until => std::thread::yield_now(),
                Err(_) => {
                    let brief = Duration::from_millis(1).try_into().unwrap();
                    let timeout = (!self.held.is_empty()).then_some(brief);
                    if poll(&mut [PollFd::new(&self.stream, PollFlags::IN)], timeout.as_ref())? == 0 {
                        return Ok(true);
                    }
                }
            }
        }
    }

    fn write(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let most = self.manner.writes.map_or(usize::MAX, |most| most - self.seen.written.load(Ordering::SeqCst));
            if most == 0 {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            let count = send(&self.stream, &bytes[..bytes.len().min(most)], SendFlags::NOSIGNAL)?;
            self.seen.written.fetch_add(count, Ordering::SeqCst);
            bytes = &bytes[count..];
        }
        Ok(())
    }

    /// Answers everything that has come.
    fn take_asks(&mut self) -> Vec<Vec<u8>> {
        let mut answers = Vec::new();
        let mut frames = std::mem::take(&mut self.frames);
        while let Some((number, message)) = frames.next(usize::MAX).unwrap() {
            let ask = parse::<Ask<'_>>(&message).unwrap();
            let seen = &self.seen;
            seen.after_bye.fetch_add(seen.bye.load(Ordering::SeqCst), Ordering::SeqCst);
            if matches!(ask, Ask::Bye) {
                seen.bye.fetch_add(1, Ordering::SeqCst);
                continue;
            }
            let asked = seen.asked.fetch_add(1, Ordering::SeqCst) + 1;
            let under_way = asked - seen.answered.load(Ordering::SeqCst);
            seen.most_under_way.fetch_max(under_way, Ordering::SeqCst);
            let mut out = Vec::new();
            self.answer(number, &ask, &mut out);
            let leaves = self.manner.leaves.is_some_and(|after| asked >= after);
            if leaves && !std::mem::replace(&mut self.left, true) {
                let mut notice = Vec::new();
                put(&mut notice, 0, &Notice::Leaving, usize::MAX).unwrap();
                self.write(&notice).unwrap();
            }
            let hold = matches!(ask, Ask::Get { key: HELD, .. }) || self.left;
            match hold {
                true => self.held.push_back(out),
                false => answers.push(out),
            }
        }
        self.frames = frames;
        answers
    }

    fn answer(&self, number: u64, ask: &Ask<'_>, out: &mut Vec<u8>) {
        let map = self.seen.map.lock().unwrap();
        let answer = match ask {
            Ask::Latest | Ask::LatestEvenLocked => Answer::Version(VERSION),
            Ask::At { version, .. } if *version < VERSION => {
                Answer::Failed(Failure { code: 1007, story: "that one", hits: vec![], winners: vec![] })
            }
            Ask::At { version, .. } => Answer::Version(*version),
            Ask::Get { key: ABSURD, .. } | Ask::Scan { begin: ABSURD, .. } => {
                return out.extend_from_slice(&self.manner.absurd);
            }
            Ask::Get { version, key, .. } => {
                let value = map.get(*key).map(Vec::as_slice);
                let answer = Answer::Value { version: version.unwrap_or(VERSION), value };
                return put(out, number, &answer, usize::MAX).unwrap();
            }
            Ask::GetMany { version, keys, .. } => {
                // A few at a time: the guest asks again.
                let keys = Parts::new(keys).map(|key| key.unwrap());
                if keys.clone().any(|key| key == ABSURD) {
                    return out.extend_from_slice(&self.manner.absurd);
                }
                let mut values = Vec::new();
                keys.take(FEW).for_each(|key| put_part(&mut values, map.get(key).map(Vec::as_slice)));
                return put(out, number, &Answer::Values { version: *version, values: &values }, usize::MAX).unwrap();
            }
            Ask::Scan { .. } => return put(out, number, &rows(&map, ask, &mut Vec::new()), usize::MAX).unwrap(),
            Ask::Estimate { begin, end, .. } => Answer::Size((begin.len() + end.len()) as u64),
            Ask::Commit(_) => {
                let order = self.seen.commits.fetch_add(1, Ordering::SeqCst);
                Answer::Committed { version: VERSION + order as i64, order: order as u16 }
            }
            Ask::Watch { watch, key, .. } => {
                self.seen.watches.lock().unwrap().push(*watch);
                let failure = Failure { code: 1032, story: "", hits: vec![], winners: vec![] };
                match *key {
                    b"too many" => Answer::Failed(failure),
                    b"fires" => {
                        put(out, 0, &Notice::Fired { watch: *watch, failure: None }, usize::MAX).unwrap();
                        Answer::Done
                    }
                    _ => Answer::Done,
                }
            }
            Ask::Unwatch { watch } => {
                self.seen.watches.lock().unwrap().retain(|number| number != watch);
                Answer::Done
            }
            Ask::Keyspace { name, create } => Answer::Keyspace(create.then_some(name.len() as u32)),
            Ask::Keyspaces => Answer::Keyspaces(vec!["", "other"]),
            Ask::Expire { .. } => Answer::Size(1),
            Ask::DropKeyspace { .. } | Ask::Sync | Ask::Bye => Answer::Done,
            Ask::Inspect => Answer::Facts(Box::default()),
            Ask::Who { .. } => Answer::Roll(Roll::default()),
            Ask::Here { .. } => Answer::Done,
            Ask::GiveBack { .. } | Ask::RaiseVersion { .. } => Answer::Done,
            Ask::Hold => Answer::Held { held: 1, version: VERSION, keyspaces: vec![(0, "default")] },
            Ask::ReadHeld { .. } => Answer::Rows { version: VERSION, more: false, pairs: b"" },
            Ask::TrackChanges { .. } => Answer::Tracking { tracker: 1 },
            Ask::TakeChanges { .. } => {
                let version = VERSION;
                Answer::Changed { version, catalogue: false, more: false, ranges: vec![] }
            }
            Ask::EndTracking { .. } => Answer::Done,
            Ask::Upkeep { .. } => Answer::Done,
            Ask::UpkeepNow { .. } => Answer::Upkeep { done: 1, total: 1, finished: Some(Finished::Compacted) },
            Ask::Count => Answer::Counts(Counts { commits: 7, ..Counts::default() }),
        };
        put(out, number, &answer, usize::MAX).unwrap();
    }
}

fn rows<'a>(map: &BTreeMap<Vec<u8>, Vec<u8>>, ask: &Ask<'_>, out: &'a mut Vec<u8>) -> Answer<'a> {
    let Ask::Scan { version, begin, end, reverse, rows: most, bytes, .. } = ask else { unreachable!() };
    let range = (Bound::Included(begin.to_vec()), Bound::Excluded(end.to_vec()));
    let mut pairs = map.range(range);
    let mut rows = 0;
    let mut more = false;
    while let Some((key, value)) = if *reverse { pairs.next_back() } else { pairs.next() } {
        if rows >= *most || out.len() >= *bytes as usize {
            more = true;
            break;
        }
        put_pair(out, key, value);
        rows += 1;
    }
    Answer::Rows { version: version.unwrap_or(VERSION), more, pairs: out }
}

/// Hears notices.
#[derive(Default)]
pub struct Heard {
    pub fired: Mutex<Vec<(u64, i32)>>,
    pub dropped: AtomicU64,
}

impl Events for Heard {
    fn fired(&self, watch: u64, outcome: plinth_api::Result<()>) {
        let code = outcome.err().map_or(0, |error| error.code().number());
        self.fired.lock().unwrap().push((watch, code));
    }

    fn dropped(&self, keyspace: u32) {
        self.dropped.store(keyspace.into(), Ordering::SeqCst);
    }

    fn who(&self, _question: u64, _expire: Option<uuid::Uuid>) {}
}
