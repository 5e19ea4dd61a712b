use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use plinth_api::{Code, DatabaseOptions};

use super::server::{Patience, Server};
use crate::commit::Request;
use crate::database::memory_for_tests;
use crate::local::Local;
use crate::overlay::Overlay;
use crate::service::Service;
use crate::socket::Listener;
use crate::store::Tier;
use crate::watch::Seen;
use crate::wire::{parse, put, put_part, Answer, Ask, Commit, Frames, Limits, Notice, Pairs, Parts, PROTOCOL};

mod changes;
mod held;

const LONG: Duration = Duration::from_secs(20);
const ANY: usize = u32::MAX as usize;

/// A host with an engine in memory.
struct Host {
    local: Arc<Local>,
    server: Arc<Server>,
    dir: tempfile::TempDir,
}

impl Host {
    fn new() -> Self {
        Self::with(Patience::default(), DatabaseOptions::default())
    }

    fn with(patience: Patience, options: DatabaseOptions) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let listener = Listener::bind(dir.path()).unwrap();
        let local = memory_for_tests(options);
        let server = Server::start_with(local.clone(), listener, patience).unwrap();
        let hear = Arc::downgrade(&server);
        let dropped = move |keyspace| _ = hear.upgrade().map(|server| server.dropped(keyspace));
        assert!(local.on_dropped.set(Box::new(dropped)).is_ok());
        Self { local, server, dir }
    }

    fn connect(&self) -> UnixStream {
        let socket = UnixStream::connect(self.dir.path().join("SOCKET")).unwrap();
        socket.set_read_timeout(Some(LONG)).unwrap();
        socket
    }

    fn guest(&self) -> Guest {
        Guest::greet(self.connect())
    }

    fn put(&self, key: &[u8], value: &[u8]) -> i64 {
        self.local.commit(set(key, value)).1.unwrap().version
    }

    fn value(&self, key: &[u8]) -> Option<Vec<u8>> {
        let point = self.local.latest(Tier::Disk).unwrap();
        self.local.get(&point, Tier::Disk, 0, key).unwrap().map(|value| value.to_vec())
    }
}

fn set(key: &[u8], value: &[u8]) -> Request {
    let mut overlay = Overlay::default();
    overlay.set(key, value);
    Request { read_version: i64::MAX, overlays: vec![(0, Arc::new(overlay))], ..Request::default() }
}

fn until(what: impl Fn() -> bool) {
    let end = Instant::now() + LONG;
    while !what() {
        assert!(Instant::now() < end, "it does not come");
        std::thread::yield_now();
    }
}

/// A guest that knows nothing but frames.
struct Guest {
    socket: UnixStream,
    frames: Frames,
    limits: Limits,
    next: u64,
    /// Spins this long before it sleeps.
    spin: Duration,
}

/// A message that outlives its frame.
type Owned = (u64, Vec<u8>);

impl Guest {
    fn greet(mut socket: UnixStream) -> Self {
        socket.write_all(format!("plinth {PROTOCOL} 0.1.0\n").as_bytes()).unwrap();
        assert!(line(&mut socket).starts_with(&format!("plinth {PROTOCOL} ")));
        let limits = Limits { key_size: 0, value_size: 0, transaction_size: 0, window: 0, frame: 0, pid: 0 };
        let mut guest = Self { socket, frames: Frames::default(), limits, next: 1, spin: Duration::ZERO };
        let (number, message) = guest.receive().unwrap();
        match parse(&message).unwrap() {
            Notice::Welcome(limits) => guest.limits = limits,
            other => panic!("{other:?}"),
        }
        assert_eq!((number, guest.limits.pid), (0, std::process::id()));
        guest
    }

    fn send(&mut self, asks: &[Ask<'_>]) -> Vec<u64> {
        let mut bytes = Vec::new();
        let mut numbers = Vec::new();
        for ask in asks {
            put(&mut bytes, self.next, ask, ANY).unwrap();
            numbers.push(self.next);
            self.next += 1;
        }
        self.socket.write_all(&bytes).unwrap();
        numbers
    }

    /// The next frame; `None` at the end.
    fn receive(&mut self) -> Option<Owned> {
        let mut until = None;
        loop {
            if let Some((number, message)) = self.frames.next(ANY).unwrap() {
                return Some((number, message.to_vec()));
            }
            let socket = &mut self.socket;
            let begin = *until.get_or_insert_with(Instant::now);
            let flags = match begin.elapsed() < self.spin {
                true => rustix::net::RecvFlags::DONTWAIT,
                false => rustix::net::RecvFlags::empty(),
            };
            match self.frames.fill(|buffer| Ok(rustix::net::recv(&*socket, buffer, flags)?.0)) {
                Ok(0) => return None,
                Ok(_) => {}
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock && !flags.is_empty() => {
                    std::thread::yield_now()
                }
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return None,
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// Asks one thing and looks at the answer.
    fn ask<T>(&mut self, ask: Ask<'_>, look: impl FnOnce(Answer<'_>) -> T) -> T {
        let number = self.send(&[ask])[0];
        let (answered, message) = self.receive().unwrap();
        assert_eq!(answered, number);
        look(parse(&message).unwrap())
    }

    fn code(&mut self, ask: Ask<'_>) -> i32 {
        self.ask(ask, |answer| code(&answer))
    }

    fn get(&mut self, key: &[u8]) -> Option<Vec<u8>> {
        self.ask(get(key), |answer| match answer {
            Answer::Value { value, .. } => value.map(<[u8]>::to_vec),
            other => panic!("{other:?}"),
        })
    }

    fn commit(&mut self, request: &Request) -> (i64, u16) {
        self.ask(Ask::Commit(Commit::of(request)), |answer| match answer {
            Answer::Committed { version, order } => (version, order),
            other => panic!("{other:?}"),
        })
    }

    fn is_at_its_end(&mut self) -> bool {
        while let Some((number, _)) = self.receive() {
            assert_eq!(number, 0);
        }
        true
    }
}

fn get(key: &[u8]) -> Ask<'_> {
    Ask::Get { version: None, keyspace: 0, key }
}

fn scan<'a>(begin: &'a [u8], end: &'a [u8], rows: u32, bytes: u32) -> Ask<'a> {
    Ask::Scan { version: None, keyspace: 0, begin, end, reverse: false, rows, bytes }
}

fn code(answer: &Answer<'_>) -> i32 {
    match answer {
        Answer::Failed(failure) => failure.code,
        _ => 0,
    }
}

fn line(socket: &mut UnixStream) -> String {
    let mut line = Vec::new();
    let mut byte = [0];
    while byte[0] != b'\n' && socket.read(&mut byte).unwrap() == 1 {
        line.push(byte[0]);
    }
    String::from_utf8(line).unwrap()
}

#[test]
fn reads_and_commits_go_through() {
    let host = Host::new();
    let mut guest = host.guest();
    assert_eq!(guest.get(b"a"), None);
    let (version, order) = guest.commit(&set(b"a", b"1"));
    assert_eq!((guest.get(b"a"), host.value(b"a"), order), (Some(b"1".to_vec()), Some(b"1".to_vec()), 0));
    guest.ask(Ask::Latest, |answer| assert!(matches!(answer, Answer::Version(latest) if latest >= version)));
    let at = Ask::At { version, wait: false };
    guest.ask(at, |answer| assert!(matches!(answer, Answer::Version(same) if same == version)));
    host.put(b"a", b"2");
    let old = Ask::Get { version: Some(version), keyspace: 0, key: b"a" };
    guest.ask(old, |answer| {
        assert!(matches!(answer, Answer::Value { version: same, value: Some(b"1") } if same == version));
    });
    guest.ask(Ask::Sync, |answer| assert!(matches!(answer, Answer::Done)));
    let all = Ask::Estimate { keyspace: 0, begin: b"", end: b"\xff" };
    guest.ask(all, |answer| assert!(matches!(answer, Answer::Size(_))));
    guest.ask(Ask::Count, |answer| {
        assert!(matches!(answer, Answer::Counts(counts) if counts.guests == 1 && counts.commits >= 2));
    });
}

#[test]
fn synced_commits_clears_and_atomic_operations() {
    let host = Host::new();
    let mut guest = host.guest();
    (0..10u8).for_each(|key| _ = host.put(&[key], b"x"));
    let mut overlay = Overlay::default();
    overlay.clear_range(&[2], &[8]);
    overlay.atomic(plinth_api::Mutation::Add, b"sum", &5u64.to_le_bytes(), 100_000);
    let request = |sync| Request {
        sync,
        overlays: vec![(0, Arc::new(overlay.clone()))],
        read_version: i64::MAX,
        ..Request::default()
    };
    guest.commit(&request(true));
    guest.commit(&request(false));
    assert_eq!(guest.get(b"sum"), Some(10u64.to_le_bytes().to_vec()));
    guest.ask(scan(b"", b"\x0a", 0, 0), |answer| match answer {
        Answer::Rows { pairs, more, .. } => {
            let keys: Vec<_> = Pairs::new(pairs).map(|(key, value)| [key, value].concat()).collect();
            assert_eq!(
                (keys, more),
                (vec![b"\x00x".to_vec(), b"\x01x".to_vec(), b"\x08x".to_vec(), b"\x09x".to_vec()], false)
            );
        }
        other => panic!("{other:?}"),
    });
}

#[test]
fn conflicts_are_told_with_what_was_hit() {
    let host = Host::new();
    let mut guest = host.guest();
    let before = host.put(b"k", b"1");
    host.put(b"k", b"2");
    let mut request = set(b"other", b"");
    let mut reads = crate::conflict::ConflictSet::default();
    reads.add_key(b"k");
    (request.reads, request.read_version, request.report) = (vec![(0, reads)], before, true);
    guest.ask(Ask::Commit(Commit::of(&request)), |answer| match answer {
        Answer::Failed(failure) => {
            assert_eq!((failure.code, failure.hits.len()), (Code::NOT_COMMITTED.number(), 1));
            assert_eq!(&failure.hits[0].1[..], b"k");
        }
        other => panic!("{other:?}"),
    });
    assert_eq!(host.local.counters.conflicts.get(), 1);
    assert_eq!(host.local.front.reserved(), 0);
}

#[test]
fn scans_end_at_their_bounds() {
    let host = Host::new();
    let mut guest = host.guest();
    (0..100u8).for_each(|key| _ = host.put(&[key], &[key; 100]));
    let mut rows = |ask| {
        guest.ask(ask, |answer| match answer {
            Answer::Rows { pairs, more, .. } => {
                let mut pairs = Pairs::new(pairs);
                let count = pairs.by_ref().count();
                assert_eq!(pairs.rest(), b"");
                (count, more)
            }
            other => panic!("{other:?}"),
        })
    };
    assert_eq!(rows(scan(b"", b"\xff", 7, 0)), (7, true));
    assert_eq!(rows(scan(b"", b"\xff", 0, 1)), (1, true));
    assert_eq!(rows(scan(b"", b"\xff", 0, 1010)), (10, true));
    assert_eq!(rows(scan(b"", b"\xff", 0, 0)), (100, false));
    assert_eq!(rows(scan(b"\x05", b"\x05", 0, 0)), (0, false));
    let back = Ask::Scan { version: None, keyspace: 0, begin: b"", end: b"\xff", reverse: true, rows: 1, bytes: 0 };
    guest.ask(back, |answer| assert!(matches!(answer, Answer::Rows { pairs: [1, 0, 0, 0, 100, 0, 0, 0, 99, ..], .. })));
}

fn parts(keys: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    keys.iter().for_each(|key| put_part(&mut bytes, Some(key)));
    bytes
}

#[test]
fn many_keys_are_answered_as_far_as_an_answer_goes() {
    let host = Host::new();
    let mut guest = host.guest();
    (0..100u8).for_each(|key| _ = host.put(&[key], &vec![key; 40_000]));
    let version = host.put(b"empty", b"");
    host.put(&[0], b"later");
    let mut values = |keys: &[&[u8]]| {
        guest.ask(Ask::GetMany { version, keyspace: 0, keys: &parts(keys) }, |answer| match answer {
            Answer::Values { version: at, values } if at == version => {
                let mut parts = Parts::new(values);
                let lengths: Vec<_> = parts.by_ref().map(|value| value.map(<[u8]>::len)).collect();
                assert_eq!(parts.rest(), b"");
                lengths
            }
            other => panic!("{other:?}"),
        })
    };
    let found = Some(40_000);
    assert_eq!(values(&[b"empty", b"none", &[0], &[7], &[0]]), [Some(0), None, found, found, found]);
    // 1 MiB and the value that reaches it.
    let all: Vec<[u8; 1]> = (0..100).map(|key| [key]).collect();
    let all: Vec<&[u8]> = all.iter().map(<[u8; 1]>::as_slice).collect();
    assert_eq!(values(&all), vec![found; 27]);
    for keys in [&b""[..], b"\x01", b"\x02\0\0\0k", &[255; 4]] {
        assert_eq!(guest.code(Ask::GetMany { version, keyspace: 0, keys }), 9001, "{keys:?}");
    }
    let long = vec![b'k'; 40_000];
    assert_eq!(guest.code(Ask::GetMany { version, keyspace: 0, keys: &parts(&[b"k", &long]) }), 2102);
    assert_eq!(guest.code(Ask::GetMany { version, keyspace: 77, keys: &parts(&[b"k"]) }), 9010);
    assert_eq!(guest.code(Ask::GetMany { version: -1, keyspace: 0, keys: &parts(&[b"k"]) }), 1007);
}

#[test]
fn absurd_calls_fail_and_harm_nothing() {
    let host = Host::new();
    let mut guest = host.guest();
    let long = vec![b'k'; 40_000];
    for version in [i64::MIN, -1, 0] {
        assert_eq!(guest.code(Ask::At { version, wait: true }), 1007);
        assert_eq!(guest.code(Ask::Get { version: Some(version), keyspace: 0, key: b"k" }), 1007);
    }
    assert_eq!(guest.code(Ask::Get { version: Some(i64::MAX), keyspace: 0, key: b"k" }), 1009);
    assert_eq!(guest.code(Ask::At { version: i64::MAX, wait: false }), 1009);
    for keyspace in [1, 77, u32::MAX - 1, u32::MAX] {
        assert_eq!(guest.code(Ask::Get { version: None, keyspace, key: b"k" }), 9010);
        assert_eq!(guest.code(Ask::Estimate { keyspace, begin: b"", end: b"k" }), 9010);
        let seen = Seen::of(None);
        assert_eq!(guest.code(Ask::Watch { watch: 1, keyspace, key: b"k", seen }), 9010);
        let mut request = set(b"k", b"");
        request.overlays[0].0 = keyspace;
        let refused = guest.code(Ask::Commit(Commit::of(&request)));
        assert_eq!(refused, if keyspace == u32::MAX { 9001 } else { 9010 });
    }
    assert_eq!(guest.code(get(&long)), 2102);
    assert_eq!(guest.code(scan(b"b", b"a", 0, 0)), 2005);
    assert_eq!(guest.code(scan(&long, &long, 0, 0)), 2102);
    assert_eq!(guest.code(Ask::Watch { watch: 1, keyspace: 0, key: &long, seen: Seen::of(None) }), 2102);
    assert_eq!(guest.code(Ask::Unwatch { watch: 99 }), 0);
    assert_ne!(guest.code(Ask::DropKeyspace { name: "no such" }), 0);
    let mut request = set(b"k", b"");
    for version in [i64::MIN, -1, i64::MAX - 1] {
        request.read_version = version;
        guest.send(&[Ask::Commit(Commit::of(&request))]);
        assert!(guest.receive().is_some());
    }
    assert_eq!(guest.get(b"none"), None);
    assert_eq!(host.guest().get(b"none"), None);
}

#[test]
fn a_version_that_is_not_there_yet_is_waited_for() {
    let host = Host::new();
    let mut guest = host.guest();
    let version = host.local.versions.clock.now() + 50_000;
    assert_eq!(guest.code(Ask::At { version, wait: true }), 0);
    assert!(host.local.versions.clock.now() >= version);
    let numbers = guest.send(&[Ask::At { version: i64::MAX, wait: true }, Ask::Latest]);
    assert_eq!(guest.receive().unwrap().0, numbers[1]);
    let (number, message) = guest.receive().unwrap();
    assert_eq!((number, code(&parse(&message).unwrap())), (numbers[0], 1009));
}

#[test]
fn a_thousand_calls_in_one_write_are_answered() {
    let host = Host::new();
    host.put(b"k", &[7; 500]);
    let mut guest = host.guest();
    for _ in 0..5 {
        let asks: Vec<_> = (0..1000).map(|_| get(b"k")).collect();
        let mut numbers: BTreeMap<u64, ()> = guest.send(&asks).into_iter().map(|number| (number, ())).collect();
        while !numbers.is_empty() {
            let (number, message) = guest.receive().unwrap();
            assert!(matches!(parse(&message).unwrap(), Answer::Value { value: Some(value), .. } if value == [7; 500]));
            assert!(numbers.remove(&number).is_some());
        }
    }
}

#[test]
fn many_commits_in_one_write_are_answered() {
    let host = Host::new();
    let mut guest = host.guest();
    let requests: Vec<_> = (0..3000u32).map(|key| set(&key.to_be_bytes(), b"v")).collect();
    let asks: Vec<_> = requests.iter().map(|request| Ask::Commit(Commit::of(request))).collect();
    let mut writer = guest.socket.try_clone().unwrap();
    let mut bytes = Vec::new();
    (1..).zip(&asks).for_each(|(number, ask)| put(&mut bytes, number, ask, ANY).unwrap());
    std::thread::scope(|scope| {
        scope.spawn(move || writer.write_all(&bytes).unwrap());
        for _ in 0..3000 {
            let (_, message) = guest.receive().unwrap();
            assert!(matches!(parse(&message).unwrap(), Answer::Committed { .. }));
        }
    });
    assert_eq!(host.value(&2999u32.to_be_bytes()), Some(b"v".to_vec()));
    assert_eq!(host.local.front.reserved(), 0);
}

#[test]
fn watches_fire_and_are_forgotten() {
    let host = Host::new();
    let mut guest = host.guest();
    let watch = |watch, key| Ask::Watch { watch, keyspace: 0, key, seen: Seen::of(None) };
    assert_eq!(guest.code(watch(5, b"a")), 0);
    assert_eq!(guest.code(watch(5, b"b")), 9001);
    assert_eq!(guest.code(watch(6, b"b")), 0);
    assert_eq!(host.server.watches(), 2);
    assert_eq!(guest.code(Ask::Unwatch { watch: 6 }), 0);
    host.put(b"b", b"1");
    host.put(b"a", b"1");
    let (number, message) = guest.receive().unwrap();
    assert!(matches!((number, parse(&message).unwrap()), (0, Notice::Fired { watch: 5, failure: None })));
    // One that would have fired before it came fires at once.
    let numbers = guest.send(&[watch(7, b"a")]);
    assert_eq!(guest.receive().unwrap().0, numbers[0]);
    let (_, message) = guest.receive().unwrap();
    assert!(matches!(parse(&message).unwrap(), Notice::Fired { watch: 7, failure: None }));
    until(|| host.server.watches() == 0);
}

#[test]
fn a_dead_guest_leaves_nothing_behind() {
    let host = Host::new();
    let mut guest = host.guest();
    for watch in 0..1000 {
        guest.send(&[Ask::Watch { watch, keyspace: 0, key: &watch.to_be_bytes(), seen: Seen::of(None) }]);
    }
    until(|| host.server.watches() == 1000);
    assert_eq!(host.server.guests(), 1);
    drop(guest);
    until(|| host.server.watches() == 0 && host.server.guests() == 0);
    assert!(!host.local.front.watches.is_watched(0, &5u64.to_be_bytes()));
}

#[test]
fn what_is_no_message_ends_the_connection() {
    let host = Host::new();
    for bytes in [&[3, 0, 0, 0, 1][..], &[0xff; 12], &[9, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 200]] {
        let mut guest = host.guest();
        guest.socket.write_all(bytes).unwrap();
        if bytes.len() == 13 {
            let (number, message) = guest.receive().unwrap();
            assert_eq!((number, code(&parse(&message).unwrap())), (1, 9001));
        }
        assert!(guest.is_at_its_end());
    }
    until(|| host.server.guests() == 0);
    assert_eq!(host.guest().get(b"k"), None);
}

#[test]
fn strangers_and_the_silent_are_sent_away() {
    let host =
        Host::with(Patience { greeting: Duration::from_millis(50), ..Patience::default() }, DatabaseOptions::default());
    for stranger in ["GET / HTTP/1.0\n", "plinth 99 9.9.9\n", &"x".repeat(64)] {
        let mut socket = host.connect();
        socket.write_all(stranger.as_bytes()).unwrap();
        assert!(line(&mut socket).starts_with("no 9018 "));
        assert_eq!(line(&mut socket), "");
    }
    assert_eq!(line(&mut host.connect()), "");
    let mut guest = host.guest();
    std::thread::sleep(Duration::from_millis(80));
    assert_eq!(guest.get(b"k"), None);
}

#[test]
fn who_does_not_read_is_paused_and_then_dropped() {
    let patience = Patience { reading: Duration::from_millis(200), ..Patience::default() };
    let host = Host::with(patience, DatabaseOptions::default());
    host.put(b"k", &[1; 100_000]);
    let mut guest = host.guest();
    let mut bytes = Vec::new();
    (1..2000).for_each(|number| put(&mut bytes, number, &get(b"k"), ANY).unwrap());
    guest.socket.write_all(&bytes).unwrap();
    // Another one is served meanwhile.
    assert_eq!(host.guest().get(b"k").map(|value| value.len()), Some(100_000));
    until(|| host.server.guests() == 0);
    let mut answers = 0;
    while guest.receive().is_some() {
        answers += 1;
    }
    assert!(answers < 100, "{answers}");
}

#[test]
fn who_reads_slowly_gets_everything() {
    let patience = Patience { reading: Duration::from_millis(200), ..Patience::default() };
    let host = Host::with(patience, DatabaseOptions::default());
    host.put(b"k", &[1; 100_000]);
    let mut guest = host.guest();
    let mut bytes = Vec::new();
    (1..200).for_each(|number| put(&mut bytes, number, &get(b"k"), ANY).unwrap());
    guest.socket.write_all(&bytes).unwrap();
    for number in 1..200 {
        if number % 20 == 0 {
            std::thread::sleep(Duration::from_millis(50));
        }
        assert_eq!(guest.receive().unwrap().0, number);
    }
}

#[test]
fn a_host_that_leaves_answers_what_was_asked() {
    let host = Host::new();
    let mut guest = host.guest();
    let version = host.local.versions.clock.now() + 100_000;
    guest.send(&[Ask::Watch { watch: 1, keyspace: 0, key: b"k", seen: Seen::of(None) }]);
    assert!(guest.receive().is_some());
    let mut silent = host.guest();
    std::thread::scope(|scope| {
        let leaving = scope.spawn(|| {
            let begin = Instant::now();
            host.server.leave(Duration::from_millis(500));
            begin.elapsed()
        });
        let (number, message) = guest.receive().unwrap();
        assert!(number == 0 && matches!(parse(&message).unwrap(), Notice::Leaving));
        // What was on its way when the host said so is answered too.
        let (request, at) = (set(b"k", b"v"), Ask::At { version, wait: true });
        let watch = Ask::Watch { watch: 2, keyspace: 0, key: b"k", seen: Seen::of(None) };
        let numbers = guest.send(&[Ask::Commit(Commit::of(&request)), at, watch, Ask::Sync, Ask::Bye]);
        let mut answered: Vec<_> = (0..4).map(|_| guest.receive().unwrap().0).collect();
        answered.sort_unstable();
        assert_eq!(answered, numbers[..4]);
        assert!(guest.receive().is_none());
        assert!(leaving.join().unwrap() >= Duration::from_millis(400));
    });
    assert!(silent.is_at_its_end());
    assert_eq!(host.server.guests(), 0);
    until(|| host.server.watches() == 0);
    assert!(UnixStream::connect(host.dir.path().join("SOCKET")).is_err());
    assert_eq!(host.value(b"k"), Some(b"v".to_vec()));
}

#[test]
fn leaving_does_not_wait_for_longer_than_it_must() {
    let host = Host::new();
    let mut guests = [host.guest(), host.guest()];
    std::thread::scope(|scope| {
        let leaving = scope.spawn(|| {
            let begin = Instant::now();
            host.server.leave(LONG);
            begin.elapsed()
        });
        for guest in &mut guests {
            assert!(guest.receive().is_some());
        }
        guests[0].send(&[Ask::Bye]);
        guests[1].socket.shutdown(std::net::Shutdown::Both).unwrap();
        assert!(leaving.join().unwrap() < LONG / 2);
    });
}

#[test]
fn a_server_that_is_dropped_ends_its_connections() {
    let host = Host::new();
    let mut guest = host.guest();
    let local = Arc::downgrade(&host.local);
    let Host { local: last, server, dir: _dir } = host;
    drop((last, server));
    assert!(guest.is_at_its_end());
    until(|| local.strong_count() == 0);
}

#[test]
fn keyspaces_come_and_go() {
    let host = Host::new();
    let (mut guest, mut other) = (host.guest(), host.guest());
    let number = |answer: Answer<'_>| match answer {
        Answer::Keyspace(number) => number,
        other => panic!("{other:?}"),
    };
    assert_eq!(guest.ask(Ask::Keyspace { name: "new", create: false }, number), None);
    let id = guest.ask(Ask::Keyspace { name: "new", create: true }, number).unwrap();
    assert_eq!(other.ask(Ask::Keyspace { name: "new", create: false }, number), Some(id));
    guest.ask(Ask::Keyspaces, |answer| assert!(matches!(answer, Answer::Keyspaces(all) if all == ["default", "new"])));
    assert_ne!(guest.code(Ask::Keyspace { name: "plinth.x", create: true }), 0);
    let get = Ask::Get { version: None, keyspace: id, key: b"k" };
    assert_eq!(guest.code(get), 0);
    assert_eq!(other.code(Ask::Watch { watch: 1, keyspace: id, key: b"k", seen: Seen::of(None) }), 0);
    guest.send(&[Ask::DropKeyspace { name: "new" }]);
    for guest in [&mut guest, &mut other] {
        let (number, message) = guest.receive().unwrap();
        assert_eq!(number, 0);
        assert!(matches!(parse(&message).unwrap(), Notice::Dropped { keyspace } if keyspace == id));
    }
    let (_, message) = guest.receive().unwrap();
    assert!(matches!(parse(&message).unwrap(), Answer::Done));
    assert_eq!(other.code(Ask::Get { version: None, keyspace: id, key: b"k" }), 9010);
    until(|| host.server.watches() == 0);
}

#[test]
fn who_asks_too_much_at_once_is_read_again_when_half_is_answered() {
    let host = Host::new();
    let mut guest = host.guest();
    let version = host.local.versions.clock.now() + 300_000;
    let mut asks: Vec<_> = (0..1500).map(|_| Ask::At { version, wait: true }).collect();
    asks.push(Ask::Latest);
    let numbers = guest.send(&asks);
    let answered: Vec<_> = (0..numbers.len()).map(|_| guest.receive().unwrap().0).collect();
    let last = answered.iter().position(|number| Some(number) == numbers.last()).unwrap();
    assert!(last >= 512, "{last}");
}

#[test]
fn there_is_a_limit_to_guests() {
    let limits = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    let raised = rustix::process::Rlimit { current: limits.maximum, ..limits };
    rustix::process::setrlimit(rustix::process::Resource::Nofile, raised).unwrap();
    let host = Host::new();
    let mut guest = host.guest();
    let mut others: Vec<_> = (0..1023).map(|_| host.connect()).collect();
    let mut refused = host.connect();
    let answer = line(&mut refused);
    assert!(answer.starts_with("no 9017 "), "{answer}");
    assert_eq!(guest.get(b"k"), None);
    others.pop();
    // A place is free a moment later.
    let end = Instant::now() + LONG;
    loop {
        let mut socket = host.connect();
        socket.write_all(format!("plinth {PROTOCOL} 0.1.0\n").as_bytes()).unwrap();
        if line(&mut socket).starts_with("plinth") {
            break;
        }
        assert!(Instant::now() < end);
    }
}

#[test]
fn guests_that_come_and_go_leave_nothing_behind() {
    let host = Host::new();
    let seed =
        std::env::var("PLINTH_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| fastrand::u64(..));
    println!("PLINTH_SEED={seed}");
    std::thread::scope(|scope| {
        for thread in 0..8u64 {
            let host = &host;
            scope.spawn(move || {
                let mut random = fastrand::Rng::with_seed(seed ^ thread);
                for round in 0..50u64 {
                    let mut guest = host.guest();
                    let request = set(&round.to_be_bytes(), &[0; 100]);
                    let mut bytes = Vec::new();
                    for number in 1..random.u64(2..100) {
                        let key = &number.to_be_bytes()[..];
                        let ask = match random.u8(0..5) {
                            0 => Ask::Commit(Commit::of(&request)),
                            1 => Ask::Watch { watch: number, keyspace: 0, key, seen: Seen::of(None) },
                            2 => Ask::At { version: i64::MAX, wait: true },
                            3 => scan(b"", b"\xff", 0, 0),
                            _ => get(key),
                        };
                        put(&mut bytes, number, &ask, ANY).unwrap();
                    }
                    // Some are cut short, and some have a wrong byte.
                    bytes.truncate(random.usize(bytes.len() / 2..=bytes.len()));
                    if random.bool() {
                        let at = random.usize(..bytes.len());
                        bytes[at] = random.u8(..);
                    }
                    // It may have been cut off.
                    let _ = guest.socket.write_all(&bytes);
                }
            });
        }
    });
    let left = || (host.server.guests(), host.server.watches(), host.local.front.reserved());
    let end = Instant::now() + LONG;
    while left() != (0, 0, 0) && Instant::now() < end {
        std::thread::yield_now();
    }
    assert_eq!(left(), (0, 0, 0), "guests, watches, bytes");
    assert_eq!(host.guest().get(b"none"), None);
    host.server.leave(LONG);
}

/// Not a test: `cargo test --release -p plinth-engine host::tests::measure -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
fn measure() {
    let host = Host::new();
    host.put(b"k", &[7; 100]);
    let spin = Duration::from_micros(50);
    let time = |guest: &mut Guest, rounds: usize, call: &dyn Fn(&mut Guest)| {
        let mut times: Vec<_> = (0..rounds)
            .map(|_| {
                let begin = Instant::now();
                call(guest);
                begin.elapsed()
            })
            .collect();
        times.sort_unstable();
        (times[rounds / 2], times[rounds * 99 / 100])
    };
    let request = set(b"w", &[1; 100]);
    type Timed<'a> = &'a (dyn Fn(&mut Guest) + Sync);
    let calls: [(&str, Timed<'_>); 3] = [
        ("get", &|guest| assert!(guest.get(b"k").is_some())),
        ("scan of 1", &|guest| assert_eq!(guest.code(scan(b"", b"\xff", 10, 0)), 0)),
        ("commit", &|guest| assert!(guest.commit(&request).0 > 0)),
    ];
    for (name, call) in calls {
        let mut guest = host.guest();
        guest.spin = spin;
        time(&mut guest, 1000, &call);
        println!("{name}: one guest, p50 and p99 {:?}", time(&mut guest, 20_000, &call));
        let begin = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| {
                    let mut guest = host.guest();
                    guest.spin = spin;
                    time(&mut guest, 5_000, &call);
                });
            }
        });
        println!("{name}: 16 guests, {:.0} a second", 80_000.0 / begin.elapsed().as_secs_f64());
    }
    let begin = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| (0..5000).for_each(|_| _ = host.local.commit(set(b"w", &[1; 100])).1.unwrap()));
        }
    });
    println!("commit: 16 threads in the process, {:.0} a second", 80_000.0 / begin.elapsed().as_secs_f64());
}
