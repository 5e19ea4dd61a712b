//! The connection against hosts of all manners.

use std::collections::BTreeMap;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{channel, Receiver};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use plinth_api::{Code, Result};

use super::fake::{limits, Fake, Heard, Manner, ABSURD, HELD, VERSION};
use super::outbox::Outbox;
use super::Link;
use crate::commit::{Outcome, Request};
use crate::overlay::Overlay;
use crate::store::{Range, Tier, NOT_IN_MEMORY};
use crate::upstream::{Upstream, LOST};
use crate::version::ReadPoint;
use crate::watch::{Watch, Watches};
use crate::wire::{put, Answer, Frames, Notice};

type Map = BTreeMap<Vec<u8>, Vec<u8>>;

/// A link, its host and its keeper. The test fails if they take longer than a minute.
struct Guest {
    link: Option<Arc<Link>>,
    fake: Fake,
    heard: Arc<Heard>,
    keeper: Option<JoinHandle<()>>,
    _watchdog: Watchdog,
}

/// Ends the process if the test hangs.
struct Watchdog(std::sync::mpsc::Sender<()>);

impl Watchdog {
    fn new() -> Self {
        let (sender, receiver) = channel::<()>();
        let test = std::thread::current().name().unwrap_or_default().to_owned();
        std::thread::spawn(move || {
            if receiver.recv_timeout(Duration::from_secs(60)) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                eprintln!("{test} hangs");
                std::process::abort();
            }
        });
        Self(sender)
    }
}

impl Guest {
    fn new(manner: Manner, map: Map) -> Self {
        Self::with_patience(manner, map, Duration::from_secs(30))
    }

    fn with_patience(manner: Manner, map: Map, quiet: Duration) -> Self {
        let (fake, stream) = Fake::start(manner, map);
        Self::of(fake, stream, quiet)
    }

    fn of(fake: Fake, stream: UnixStream, quiet: Duration) -> Self {
        let heard = Arc::new(Heard::default());
        let link = Link::with_patience(stream, Frames::default(), limits(), heard.clone(), quiet).unwrap();
        let keeper = Some(std::thread::spawn(link.runner()));
        Self { link: Some(link), fake, heard, keeper, _watchdog: Watchdog::new() }
    }

    fn link(&self) -> &Arc<Link> {
        self.link.as_ref().unwrap()
    }

    fn join_keeper(&mut self) {
        self.keeper.take().unwrap().join().unwrap();
    }
}

impl Drop for Guest {
    /// A dropped link ends its threads.
    fn drop(&mut self) {
        self.link = None;
        for thread in self.keeper.take().into_iter().chain(self.fake.thread.take()) {
            thread.join().unwrap();
        }
        let _ = self._watchdog.0.send(());
    }
}

fn numbered(count: usize) -> Map {
    (0..count).map(|number| (key(number), format!("value {number}").into_bytes())).collect()
}

fn key(number: usize) -> Vec<u8> {
    format!("key {number:06}").into_bytes()
}

fn at() -> Arc<ReadPoint> {
    ReadPoint::elsewhere(VERSION)
}

fn request(size: usize) -> Request {
    let mut overlay = Overlay::default();
    overlay.set(b"key", &vec![7; size]);
    Request { overlays: vec![(0, Arc::new(overlay))], read_version: i64::MAX, ..Request::default() }
}

fn code<T>(result: Result<T>) -> Option<Code> {
    result.err().map(|error| error.code())
}

fn commit_later(link: &Link, size: usize) -> Receiver<Outcome> {
    let (sender, receiver) = channel();
    link.commit_async(request(size), Box::new(move |outcome| sender.send(outcome).unwrap()));
    receiver
}

/// Waits for something that another thread does.
fn until(what: impl Fn() -> bool) {
    while !what() {
        std::thread::yield_now();
    }
}

fn scan(link: &Link, begin: &[u8], end: &[u8], reverse: bool, want: usize, stop: usize) -> Result<Vec<Vec<u8>>> {
    let mut keys = Vec::new();
    link.scan(&at(), Tier::Disk, Range { keyspace: 0, begin, end, reverse, want }, &mut |key, _| {
        keys.push(key.to_vec());
        keys.len() < stop
    })?;
    Ok(keys)
}

/// One call of any kind, with its answer checked.
fn any_call(link: &Link, random: &mut fastrand::Rng, map: &Map) -> Result<()> {
    let number = random.usize(0..map.len() + 10);
    let value = map.get(&key(number)).map(Vec::as_slice);
    match random.usize(0..10) {
        0 => assert_eq!(link.latest(Tier::Disk, false)?.version, VERSION),
        1 => assert_eq!(link.at(VERSION + number as i64, true)?.version, VERSION + number as i64),
        2 => assert_eq!(code(link.at(VERSION - 1, false)), Some(Code::TRANSACTION_TOO_OLD)),
        3 => {
            let (point, found) = link.get_latest(Tier::Disk, 0, &key(number))?;
            assert_eq!((point.version, found.as_deref()), (VERSION, value));
        }
        4 => {
            let (end, reverse) = (number + random.usize(0..300), random.bool());
            let mut keys: Vec<_> = map.range(key(number)..key(end)).map(|(key, _)| key.clone()).collect();
            if reverse {
                keys.reverse();
            }
            let (want, stop) = (random.usize(0..100), random.usize(1..200));
            keys.truncate(stop);
            assert_eq!(scan(link, &key(number), &key(end), reverse, want, stop)?, keys);
        }
        5 => assert_eq!(link.estimate(0, b"ab", b"b")?, 3),
        6 => drop(link.commit(request(number)).1?),
        7 => assert_eq!(link.keyspace(&"n".repeat(number % 100 + 1), true)?, Some((number % 100 + 1) as u32)),
        _ => assert_eq!(link.get(&at(), Tier::Disk, 0, &key(number))?.as_deref(), value),
    }
    Ok(())
}

#[test]
fn many_threads_get_their_own_answers() {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    for (awake, shuffled) in [(0, None), (50, Some(seed)), (0, Some(seed))] {
        let map = numbered(1_000);
        let manner = Manner { awake: Duration::from_micros(awake), shuffled, ..Manner::default() };
        let guest = Guest::new(manner, map.clone());
        std::thread::scope(|scope| {
            for thread in 0..16 {
                let (link, map) = (guest.link(), &map);
                scope.spawn(move || {
                    let mut random = fastrand::Rng::with_seed(seed ^ thread);
                    let mut commits = Vec::new();
                    for _ in 0..1_000 {
                        any_call(link, &mut random, map).unwrap();
                        if random.usize(0..20) == 0 {
                            commits.push(commit_later(link, 10));
                        }
                    }
                    commits.iter().for_each(|commit| assert!(commit.recv().unwrap().1.is_ok()));
                });
            }
        });
        assert_eq!(guest.link().counts().unwrap().commits, 7);
        assert_eq!(guest.link().keyspaces().unwrap(), ["".into(), "other".into()]);
        guest.link().sync().unwrap();
        guest.link().drop_keyspace("name").unwrap();
    }
}

/// Those that wait hand the reading on among themselves: here the keeper only sends, where a caller has
/// sent for others long enough.
#[test]
fn callers_need_no_keeper_to_read() {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    for shuffled in [None, Some(seed)] {
        let (fake, stream) = Fake::start(Manner { shuffled, ..Manner::default() }, numbered(100));
        let heard = Arc::new(Heard::default());
        let link = Some(Link::new(stream, Frames::default(), limits(), heard.clone()).unwrap());
        let guest = Guest { link, fake, heard, keeper: None, _watchdog: Watchdog::new() };
        let (map, left) = (numbered(100), AtomicUsize::new(24));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let line = guest.link().line();
                until(|| {
                    if line.outbox.take_over() {
                        line.flush(1);
                    }
                    left.load(Ordering::SeqCst) == 0
                });
            });
            for thread in 0..24 {
                let (link, map, left) = (guest.link(), &map, &left);
                scope.spawn(move || {
                    let mut random = fastrand::Rng::with_seed(seed ^ thread);
                    let failed = (0..1_000).find_map(|_| any_call(link, &mut random, map).err());
                    left.fetch_sub(1, Ordering::SeqCst);
                    assert!(failed.is_none(), "{failed:?}");
                });
            }
        });
    }
}

/// A caller that has its answer wakes another one, which is asleep, to read.
#[test]
fn a_reader_hands_the_reading_on() {
    let (fake, stream) = Fake::start(Manner::default(), Map::new());
    let heard = Arc::new(Heard::default());
    let link = Some(Link::new(stream, Frames::default(), limits(), heard.clone()).unwrap());
    let guest = Guest { link, fake, heard, keeper: None, _watchdog: Watchdog::new() };
    let (link, seen) = (guest.link(), &guest.fake.seen);
    std::thread::scope(|scope| {
        let calls: Vec<_> = (0..4)
            .map(|number| {
                let call = scope.spawn(|| link.get(&at(), Tier::Disk, 0, HELD));
                until(|| seen.asked.load(Ordering::SeqCst) == number + 1 && link.line().desk.sleepers() == number);
                call
            })
            .collect();
        for number in 1..5 {
            seen.let_go.store(number, Ordering::SeqCst);
            until(|| calls.iter().filter(|call| call.is_finished()).count() == number);
        }
    });
}

/// The desk lets nobody in by then, but who was let in before may come later than the last frame.
#[test]
fn nothing_follows_the_last_frame() {
    let outbox = Outbox::new(100);
    assert!(matches!(outbox.append(vec![1], None, true), Ok(true)));
    assert!(!outbox.append_last(vec![2]));
    assert!(outbox.append(vec![3], None, true).is_err());
    assert!(outbox.append(vec![3], None, false).is_err());
    assert!(!outbox.append_last(vec![4]));
    let sent = std::sync::Mutex::new(Vec::new());
    outbox.send(9, |bytes| {
        sent.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    });
    assert_eq!(*sent.lock().unwrap(), [1, 2]);
}

/// Two threads and a commit that nobody waits for, until the host dies. Returns the outcomes of commits.
fn until_death(guest: &Guest, map: &Map) -> Vec<Result<()>> {
    let later = commit_later(guest.link(), 5);
    let mut outcomes = Vec::new();
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| loop {
            let get = guest.link().get(&at(), Tier::Disk, 0, &key(3));
            let found = get.and_then(|_| scan(guest.link(), b"k", b"l", false, 0, usize::MAX));
            match found {
                Ok(keys) => assert_eq!(keys.len(), map.len()),
                Err(error) => return assert_eq!(error.code(), LOST),
            }
        });
        loop {
            let outcome = guest.link().commit(request(5)).1.map(drop);
            let ended = outcome.is_err();
            outcomes.push(outcome);
            if ended {
                break;
            }
        }
        reader.join().unwrap();
    });
    outcomes.push(later.recv().unwrap().1.map(drop));
    outcomes
}

fn dies(manner: Manner) {
    let map = numbered(100);
    let mut guest = Guest::new(manner, map.clone());
    let outcomes = until_death(&guest, &map);
    let acknowledged = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert!(acknowledged <= guest.fake.seen.commits.load(Ordering::SeqCst));
    for outcome in outcomes {
        let told = code(outcome);
        assert!([None, Some(LOST), Some(Code::COMMIT_UNKNOWN_RESULT)].contains(&told), "{told:?}");
    }
    assert_eq!(code(guest.link().latest(Tier::Disk, true)), Some(LOST));
    assert_eq!(code(guest.link().commit(request(1)).1), Some(LOST), "not a byte of it was sent");
    assert_eq!(code(guest.link().drop_keyspace("name")), Some(LOST));
    guest.join_keeper();
}

#[test]
fn a_host_may_die_at_any_byte() {
    for count in (0..400).chain((400..6_000).step_by(97)) {
        dies(Manner { writes: Some(count), ..Manner::default() });
        dies(Manner { reads: Some(count), ..Manner::default() });
    }
}

/// A host that reads nothing and goes: what was sent is unknown, what was not is lost.
#[test]
fn a_commit_is_lost_only_if_none_of_it_was_sent() {
    let (fake, stream) = Fake::start(Manner { writes: Some(0), ..Manner::default() }, Map::new());
    let (ours, theirs) = UnixStream::pair().unwrap();
    drop(stream);
    let mut guest = Guest::of(fake, ours, Duration::from_secs(30));
    let link = guest.link().clone();
    // The first one fills the socket, the second one has to wait behind it.
    let first = commit_later(&link, 5 << 20);
    let second = commit_later(&link, 10);
    let third = std::thread::scope(|scope| {
        let third = scope.spawn(|| link.commit(request(10)).1);
        let behind = || link.line().desk.under_way() == 3;
        until(behind);
        drop(theirs);
        third.join().unwrap()
    });
    assert_eq!(code(first.recv().unwrap().1), Some(Code::COMMIT_UNKNOWN_RESULT));
    assert_eq!(code(second.recv().unwrap().1), Some(LOST));
    assert_eq!(code(third), Some(LOST));
    drop(link);
    guest.join_keeper();
}

#[test]
fn a_host_that_leaves_answers_what_was_asked() {
    for after in [1, 2, 7, 100] {
        let manner = Manner { leaves: Some(after), ..Manner::default() };
        let mut guest = Guest::new(manner, numbered(10));
        let answered = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| loop {
                    match guest.link().get(&at(), Tier::Disk, 0, &key(3)) {
                        Ok(_) => answered.fetch_add(1, Ordering::SeqCst),
                        Err(error) => return assert_eq!(error.code(), LOST),
                    };
                });
            }
            scope.spawn(|| {
                while let Ok(outcome) = commit_later(guest.link(), 3).recv() {
                    match outcome.1 {
                        Ok(_) => answered.fetch_add(1, Ordering::SeqCst),
                        Err(error) => return assert_eq!(error.code(), LOST),
                    };
                }
            });
            until(|| guest.fake.seen.bye.load(Ordering::SeqCst) > 0);
            assert_eq!(code(guest.link().latest(Tier::Disk, true)), Some(LOST), "none comes in any more");
            guest.fake.seen.let_go.store(usize::MAX, Ordering::SeqCst);
        });
        guest.fake.join();
        guest.join_keeper();
        let seen = &guest.fake.seen;
        assert_eq!(seen.asked.load(Ordering::SeqCst), answered.load(Ordering::SeqCst));
        assert_eq!((seen.bye.load(Ordering::SeqCst), seen.after_bye.load(Ordering::SeqCst)), (1, 0));
    }
}

#[test]
fn a_guest_that_ends_waits_for_what_is_under_way() {
    let mut guest = Guest::new(Manner::default(), Map::new());
    let link = guest.link().clone();
    std::thread::scope(|scope| {
        let held = scope.spawn(|| link.get(&at(), Tier::Disk, 0, HELD));
        until(|| guest.fake.seen.asked.load(Ordering::SeqCst) == 1);
        let ended = scope.spawn(|| link.end(Duration::from_secs(50)));
        until(|| guest.fake.seen.bye.load(Ordering::SeqCst) == 1);
        assert_eq!(code(link.sync()), Some(LOST));
        guest.fake.seen.let_go.store(usize::MAX, Ordering::SeqCst);
        assert!(held.join().unwrap().unwrap().is_none());
        ended.join().unwrap();
    });
    drop(link);
    guest.join_keeper();

    let mut guest = Guest::new(Manner::default(), Map::new());
    let link = guest.link().clone();
    std::thread::scope(|scope| {
        let held = scope.spawn(|| link.get(&at(), Tier::Disk, 0, HELD));
        until(|| guest.fake.seen.asked.load(Ordering::SeqCst) == 1);
        link.end(Duration::from_millis(20));
        assert_eq!(code(held.join().unwrap()), Some(LOST));
    });
    drop(link);
    guest.join_keeper();
    guest.fake.seen.let_go.store(usize::MAX, Ordering::SeqCst);
}

#[test]
fn an_abandoned_link_fails_what_is_under_way() {
    let mut guest = Guest::new(Manner::default(), Map::new());
    let link = guest.link().clone();
    std::thread::scope(|scope| {
        let held: Vec<_> = (0..5).map(|_| scope.spawn(|| link.get(&at(), Tier::Disk, 0, HELD))).collect();
        until(|| guest.fake.seen.asked.load(Ordering::SeqCst) == 5);
        link.abandon();
        held.into_iter().for_each(|held| assert_eq!(code(held.join().unwrap()), Some(LOST)));
    });
    guest.fake.seen.let_go.store(usize::MAX, Ordering::SeqCst);
    guest.join_keeper();
}

#[test]
fn a_range_comes_in_pieces() {
    for count in [0, 1, 63, 64, 65, 10_000] {
        let map = numbered(count);
        let guest = Guest::new(Manner::default(), map.clone());
        for reverse in [false, true] {
            let mut keys: Vec<_> = map.keys().cloned().collect();
            if reverse {
                keys.reverse();
            }
            for want in [0, 1, 64, 1_000, 20_000] {
                for stop in [1, 2, 63, 64, 65, 320, 321, 9_999, usize::MAX] {
                    let found = scan(guest.link(), b"k", b"l", reverse, want, stop).unwrap();
                    assert!(found == keys[..stop.min(count)], "{count} {reverse} {want} {stop}");
                }
            }
            assert!(scan(guest.link(), b"l", b"k", reverse, 0, 9).unwrap().is_empty());
        }
        // Answers that nobody wanted any more have been thrown away.
        guest.link().sync().unwrap();
        until(|| guest.link().line().desk.under_way() == 0);
    }
}

#[test]
fn notices_and_watches_are_heard_while_nobody_calls() {
    let guest = Guest::new(Manner::default(), Map::new());
    let watches = Arc::new(Watches::new(100));
    let watch = |key: &[u8]| Watch::new(0, key, None, Box::new(|_| {}), watches.reserve().unwrap());
    let (quiet, fires, fails) = (watch(b"quiet"), watch(b"fires"), watch(b"too many"));
    [&quiet, &fires, &fails].into_iter().for_each(|watch| guest.link().watch(watch));
    until(|| guest.heard.fired.lock().unwrap().len() == 2);
    assert_eq!(*guest.heard.fired.lock().unwrap(), [(fires.number, 0), (fails.number, 1032)]);
    guest.link().unwatch(&quiet);
    until(|| !guest.fake.seen.watches.lock().unwrap().contains(&quiet.number));
    commit_later(guest.link(), 10).recv().unwrap().1.unwrap();
}

/// Answers with these bytes to a `get` or `scan`, whose number is 1.
fn absurdly(bytes: Vec<u8>, call: impl Fn(&Link) -> Result<()>) {
    let mut guest = Guest::new(Manner { absurd: bytes, ..Manner::default() }, Map::new());
    assert_eq!(code(call(guest.link())), Some(LOST));
    assert_eq!(code(guest.link().sync()), Some(LOST));
    guest.join_keeper();
}

fn framed(number: u64, message: &impl serde::Serialize) -> Vec<u8> {
    let mut out = Vec::new();
    put(&mut out, number, message, usize::MAX).unwrap();
    out
}

#[test]
fn a_host_that_answers_absurdly_is_left() {
    let get = |link: &Link| link.get(&at(), Tier::Disk, 0, ABSURD).map(drop);
    let value = |version| Answer::Value { version, value: Some(b"value") };
    absurdly(framed(1, &Answer::Done), get);
    absurdly(framed(1, &Answer::Version(1)), get);
    absurdly(framed(1, &value(VERSION + 1)), get);
    absurdly(framed(2, &value(VERSION)), get);
    absurdly(framed(0, &77u8), get);
    absurdly(framed(1, &77u8), get);
    absurdly([framed(1, &value(VERSION)).as_slice(), &framed(1, &value(VERSION))].concat(), |link| {
        get(link)?;
        link.sync()
    });
    absurdly(vec![0; 4], get);
    absurdly(vec![255; 12], get);
    absurdly(framed(0, &Notice::Welcome(limits())), get);

    let range = |reverse| move |link: &Link| scan(link, ABSURD, b"b", reverse, 0, 9).map(drop);
    let pairs = |version, text: &str, lengths: &[(u32, u32)], more| {
        let (mut pairs, mut rest) = (Vec::new(), text.as_bytes());
        for (key, value) in lengths {
            let (pair, after) = rest.split_at(rest.len().min((key.saturating_add(*value)) as usize));
            pairs.extend([key.to_le_bytes().as_slice(), &value.to_le_bytes(), pair].concat());
            rest = after;
        }
        pairs.extend(rest);
        framed(1, &Answer::Rows { version, more, pairs: &pairs })
    };
    absurdly(pairs(VERSION + 1, "agah", &[(2, 0), (2, 0)], false), range(false));
    absurdly(pairs(VERSION, "agahx", &[(2, 0), (2, 0)], false), range(false));
    absurdly(pairs(VERSION, "aga", &[(2, 0), (2, 0)], false), range(false));
    absurdly(pairs(VERSION, "aga", &[(2, 0), (u32::MAX, 2)], false), range(false));
    absurdly(pairs(VERSION, "ahag", &[(2, 0), (2, 0)], false), range(false));
    absurdly(pairs(VERSION, "agah", &[(2, 0), (2, 0)], false), range(true));
    absurdly(pairs(VERSION, "agag", &[(2, 0), (2, 0)], false), range(false));
    absurdly(pairs(VERSION, "aabb", &[(2, 2)], false), range(false));
    absurdly(pairs(VERSION, "b", &[(1, 0)], false), range(false));
    absurdly(pairs(VERSION, "", &[], true), range(false));
    absurdly(framed(1, &Answer::Size(3)), range(false));
}

#[test]
fn a_silent_host_is_left() {
    let quiet = Duration::from_millis(50);
    let mut guest = Guest::with_patience(Manner::default(), Map::new(), quiet);
    guest.link().sync().unwrap();
    let (link, began) = (guest.link().clone(), Instant::now());
    // The keeper alone waits for the first one.
    let held = std::thread::scope(|scope| {
        let held = scope.spawn(|| link.get(&at(), Tier::Disk, 0, HELD));
        held.join().unwrap()
    });
    assert_eq!(code(held), Some(Code::HOST_UNAVAILABLE));
    assert!(began.elapsed() >= quiet);
    assert_eq!(code(link.sync()), Some(LOST));
    guest.fake.seen.let_go.store(usize::MAX, Ordering::SeqCst);
    drop(link);
    guest.join_keeper();

    // A host that reads nothing at all.
    let (fake, stream) = Fake::start(Manner { writes: Some(0), ..Manner::default() }, Map::new());
    let (ours, theirs) = UnixStream::pair().unwrap();
    drop(stream);
    let mut guest = Guest::of(fake, ours, quiet);
    let later = commit_later(guest.link(), 10);
    assert_eq!(code(later.recv().unwrap().1), Some(Code::COMMIT_UNKNOWN_RESULT));
    guest.join_keeper();
    drop(theirs);
}

/// Both sockets are full most of the time, and the host does nothing but write while it writes.
#[test]
fn full_sockets_do_not_stop_each_other() {
    let mut map = numbered(10);
    map.insert(b"large".to_vec(), vec![1; 3 << 20]);
    let guest = Guest::new(Manner::default(), map);
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let link = guest.link();
            scope.spawn(move || {
                for round in 0..10 {
                    let later = commit_later(link, 2 << 20);
                    match (thread + round) % 2 {
                        0 => drop(link.commit(request(4 << 20)).1.unwrap()),
                        _ => assert_eq!(link.get(&at(), Tier::Disk, 0, b"large").unwrap().unwrap().len(), 3 << 20),
                    }
                    later.recv().unwrap().1.unwrap();
                }
            });
        }
    });
}

#[test]
fn calls_under_way_are_bounded() {
    let guest = Guest::new(Manner { chunk: Some(100), ..Manner::default() }, Map::new());
    std::thread::scope(|scope| {
        // The first one keeps the host from ending, and is among the bounded ones.
        let held = scope.spawn(|| guest.link().get(&at(), Tier::Disk, 0, HELD));
        let commits: Vec<_> = (0..6_000).map(|_| commit_later(guest.link(), 10)).collect();
        for number in 0..100 {
            assert!(guest.link().line().desk.under_way() <= super::desk::MOST_CALLS);
            guest.link().at(VERSION + number, false).unwrap();
        }
        commits.iter().for_each(|commit| assert!(commit.recv().unwrap().1.is_ok()));
        guest.fake.seen.let_go.store(usize::MAX, Ordering::SeqCst);
        held.join().unwrap().unwrap();
    });
    assert!(guest.fake.seen.most_under_way.load(Ordering::SeqCst) <= super::desk::MOST_CALLS);
}

#[test]
fn too_many_commits_are_refused() {
    let (fake, stream) = Fake::start(Manner { writes: Some(0), ..Manner::default() }, Map::new());
    let (ours, theirs) = UnixStream::pair().unwrap();
    drop(stream);
    let guest = Guest::of(fake, ours, Duration::from_secs(30));
    let commits: Vec<_> = (0..11_100).map(|_| commit_later(guest.link(), 1)).collect();
    let refused = |commit: &Receiver<Outcome>| commit.try_recv().is_ok_and(|outcome| outcome.1.is_err());
    assert_eq!(commits.iter().filter(|commit| refused(commit)).count(), 11_100 - 10_000 - super::desk::MOST_CALLS);
    drop(theirs);
    let lost = |commit: &Receiver<Outcome>| commit.recv().is_ok_and(|outcome| outcome.1.is_err());
    assert_eq!(commits.iter().filter(|commit| lost(commit)).count(), 10_000 + super::desk::MOST_CALLS);
}

#[test]
fn what_needs_no_host_is_answered_at_once() {
    let guest = Guest::new(Manner { reads: Some(0), ..Manner::default() }, Map::new());
    let link = guest.link();
    let memory = Some(NOT_IN_MEMORY);
    assert_eq!(code(link.latest(Tier::Memory, false)), memory);
    assert_eq!(code(link.get(&at(), Tier::Memory, 0, b"key")), memory);
    assert_eq!(code(link.get_latest(Tier::Memory, 0, b"key")), memory);
    let range = Range { keyspace: 0, begin: b"a", end: b"b", reverse: false, want: 0 };
    assert_eq!(code(link.scan(&at(), Tier::Memory, range, &mut |_, _| true)), memory);
    assert_eq!(code(link.commit(request(20 << 20)).1), Some(Code::TRANSACTION_TOO_LARGE));
    assert_eq!(code(commit_later(link, 20 << 20).recv().unwrap().1), Some(Code::TRANSACTION_TOO_LARGE));
}

/// What came with the greeting is not waited for.
#[test]
fn what_came_early_is_heard() {
    let (ours, _theirs) = UnixStream::pair().unwrap();
    let early = framed(0, &Notice::Dropped { keyspace: 9 });
    let mut frames = Frames::default();
    let fill = |room: &mut [u8]| {
        room[..early.len()].copy_from_slice(&early);
        Ok(early.len())
    };
    frames.fill(fill).unwrap();
    let heard = Arc::new(Heard::default());
    let link = Link::new(ours, frames, limits(), heard.clone()).unwrap();
    let keeper = std::thread::spawn(link.runner());
    until(|| heard.dropped.load(Ordering::SeqCst) == 9);
    link.abandon();
    keeper.join().unwrap();
}

/// How often the keeper woke up while `work` was done.
fn wakes(link: &Link, work: impl FnOnce()) -> u64 {
    let before = link.line().wakes.load(Ordering::Relaxed);
    work();
    link.line().wakes.load(Ordering::Relaxed) - before
}

#[test]
fn a_quiet_link_wakes_nobody() {
    let guest = Guest::new(Manner::default(), numbered(10));
    let link = guest.link();
    for _ in 0..100 {
        link.get(&at(), Tier::Disk, 0, &key(1)).unwrap();
    }
    until(|| link.line().desk.watches());
    assert_eq!(wakes(link, || std::thread::sleep(Duration::from_millis(1_200))), 0);
    // A call that takes long does not either, once it is known to.
    std::thread::scope(|scope| {
        let held = scope.spawn(|| link.get(&at(), Tier::Disk, 0, HELD));
        until(|| guest.fake.seen.asked.load(Ordering::SeqCst) == 101);
        commit_later(link, 3).recv().unwrap().1.unwrap();
        std::thread::sleep(Duration::from_millis(20));
        assert_eq!(wakes(link, || std::thread::sleep(Duration::from_millis(500))), 0);
        guest.fake.seen.let_go.store(usize::MAX, Ordering::SeqCst);
        held.join().unwrap().unwrap();
    });
}

/// Callers in quick succession are not disturbed, and what nobody waits for is read all the same.
#[test]
fn the_keeper_stays_away_from_busy_callers() {
    let guest = Guest::new(Manner { awake: Duration::from_micros(50), ..Manner::default() }, numbered(10));
    let link = guest.link();
    let began = Instant::now();
    let woken = wakes(link, || {
        for _ in 0..20_000 {
            link.get(&at(), Tier::Disk, 0, &key(1)).unwrap();
        }
    });
    let most = began.elapsed().as_millis() as u64 + 10;
    assert!(woken <= most, "{woken} wake-ups, {most} allowed");
    let mut slowest = Duration::ZERO;
    for _ in 0..200 {
        link.get(&at(), Tier::Disk, 0, &key(1)).unwrap();
        let began = Instant::now();
        commit_later(link, 3).recv().unwrap().1.unwrap();
        slowest = slowest.max(began.elapsed());
    }
    println!("slowest commit that nobody waits for: {slowest:?}");
    assert!(slowest < Duration::from_secs(1));
}

/// Round trips; run by hand, with --ignored --nocapture.
#[test]
#[ignore = "a measurement"]
fn round_trips() {
    for (name, awake) in [("blocks", 0), ("spins", 50)] {
        for threads in [1, 2, 16] {
            let manner = Manner { awake: Duration::from_micros(awake), ..Manner::default() };
            let guest = Guest::new(manner, numbered(1_000));
            let began = Instant::now();
            let mut times: Vec<Duration> = std::thread::scope(|scope| {
                let link = guest.link();
                let work = move |seed: u64| {
                    let mut random = fastrand::Rng::with_seed(seed);
                    let time = |_| {
                        let began = Instant::now();
                        link.get(&at(), Tier::Disk, 0, &key(random.usize(0..1_000))).unwrap();
                        began.elapsed()
                    };
                    (0..20_000).map(time).collect::<Vec<_>>()
                };
                let threads: Vec<_> = (0..threads).map(|seed| scope.spawn(move || work(seed))).collect();
                threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
            });
            let rate = times.len() as f64 / began.elapsed().as_secs_f64();
            times.sort_unstable();
            let at = |part: usize| times[times.len() * part / 1_000];
            let link = guest.link();
            let mut commits: Vec<Duration> = (0..1_000)
                .map(|_| {
                    link.get(&super::tests::at(), Tier::Disk, 0, &key(1)).unwrap();
                    let began = Instant::now();
                    commit_later(link, 3).recv().unwrap().1.unwrap();
                    began.elapsed()
                })
                .collect();
            commits.sort_unstable();
            println!("  a commit that nobody waits for, after a get: p50 {:?}, p99 {:?}", commits[500], commits[990]);
            println!("a host that {name}, {threads} threads: p50 {:?}, p99 {:?}, {rate:.0}/s", at(500), at(990));
        }
    }
}

/// What [`get_many`] finds: `None` for a key without a value.
fn values_of(link: &Link, keys: &[Vec<u8>]) -> Result<Vec<Option<Vec<u8>>>> {
    let keys: Vec<&[u8]> = keys.iter().map(Vec::as_slice).collect();
    let values = link.get_many(&at(), Tier::Disk, 0, &keys)?;
    Ok(values.into_iter().map(|value| value.map(|value| value.to_vec())).collect())
}

#[test]
fn many_keys_come_in_as_many_answers_as_it_takes() {
    let guest = Guest::new(Manner::default(), numbered(50));
    // In no order, some twice, and some that are not there.
    let asked: Vec<usize> = (0..300).map(|number| number * 37 % 80).collect();
    let keys: Vec<Vec<u8>> = asked.iter().map(|number| key(*number)).collect();
    let expected: Vec<_> = asked.iter().map(|n| (*n < 50).then(|| format!("value {n}").into_bytes())).collect();
    assert_eq!(values_of(guest.link(), &keys).unwrap(), expected);
    assert_eq!(values_of(guest.link(), &[]).unwrap(), Vec::<Option<Vec<u8>>>::new());
    // Keys that do not fit into one message.
    let long: Vec<Vec<u8>> = (0..30u8).map(|number| vec![number; 30_000]).collect();
    assert_eq!(values_of(guest.link(), &long).unwrap(), vec![None; 30]);
    let keys: Vec<&[u8]> = vec![b"k"];
    assert_eq!(code(guest.link().get_many(&at(), Tier::Memory, 0, &keys)), Some(NOT_IN_MEMORY));
}

#[test]
fn values_that_were_not_asked_for_end_the_connection() {
    let get = |link: &Link| values_of(link, &[ABSURD.to_vec()]).map(drop);
    let values = |version, values: &[u8]| framed(1, &Answer::Values { version, values });
    absurdly(values(VERSION, &[]), get);
    absurdly(values(VERSION, &[255; 8]), get);
    absurdly(values(VERSION + 1, &[255; 4]), get);
    absurdly(values(VERSION, &[1, 0, 0, 0]), get);
    absurdly(values(VERSION, &[0, 0, 0, 0, 9]), get);
    absurdly(framed(1, &Answer::Done), get);
}
