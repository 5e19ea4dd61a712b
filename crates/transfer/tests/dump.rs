//! Dumps and loads: what goes in comes out, and what is damaged does not.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::io::Read;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use common::{assert_same, code, contents, fill, memory, random, seed, Contents};
use fastrand::Rng;
use plinth_api::{Code, Database, DatabaseOptions, Progress, Result};
use plinth_transfer::{check, check_file, dump, dump_to_file, load, load_from_file};
use plinth_transfer::{DumpOptions, Dumped, LoadOptions, LOCK_WAIT, UNFINISHED};

const OVERWRITE: LoadOptions = LoadOptions { overwrite: true, any_versions: false, lock_wait: LOCK_WAIT };

fn dumped(database: &dyn Database) -> (Vec<u8>, Dumped) {
    let mut stream = Vec::new();
    let dumped = dump(database, &mut stream, DumpOptions::default(), &()).unwrap();
    assert_eq!(dumped.stream_bytes, stream.len() as u64);
    (stream, dumped)
}

fn loaded(database: &dyn Database, mut stream: &[u8]) -> Result<plinth_transfer::Loaded> {
    let length = stream.len() as u64;
    load(database, &mut stream, length, LoadOptions::default(), &())
}

fn checked(mut stream: &[u8]) -> Result<Dumped> {
    check(&mut stream, 0, &())
}

/// Some contents, always the same.
fn fixed() -> Contents {
    let mut contents = Contents::new();
    let pairs = contents.entry("default".to_owned()).or_default();
    pairs.insert(Vec::new(), b"the empty key".to_vec());
    pairs.insert(vec![0], Vec::new());
    pairs.insert(b"key".to_vec(), b"value".to_vec());
    pairs.insert(vec![0xfe, 0xff, 0xff], vec![0, 0xff]);
    contents.entry("empty".to_owned()).or_default();
    let pairs = contents.entry("things".to_owned()).or_default();
    (0..40u8).for_each(|number| _ = pairs.insert(vec![number, 0, number], vec![number; usize::from(number)]));
    contents
}

#[test]
fn what_is_loaded_is_what_was_dumped() {
    let seed = seed();
    for round in 0..12 {
        let mut rng = Rng::with_seed(seed.wrapping_add(round));
        let (from, to) = (memory(), memory());
        let mut expected = random(&mut rng);
        fill(&*from, &expected);
        expected.entry("default".to_owned()).or_default();
        let (stream, dumped) = dumped(&*from);
        assert!(dumped.exact);
        assert_eq!(dumped.pairs, expected.values().map(|pairs| pairs.len() as u64).sum::<u64>());
        assert_eq!(checked(&stream).unwrap(), dumped);
        let loaded = loaded(&*to, &stream).unwrap();
        assert_eq!((loaded.dumped, loaded.found), (dumped, 0));
        assert_same(&contents(&*to), &expected);
        let (_, again) = self::dumped(&*to);
        assert_eq!((again.pairs, again.bytes, again.checksum), (dumped.pairs, dumped.bytes, dumped.checksum));
        assert!(again.version > dumped.version, "versions go on above those of the dump");
    }
}

/// Other content, other checksum: also where only a name, or the place of a boundary, is another one.
#[test]
fn the_checksum_tells_contents_apart() {
    let of = |keyspace: &str, key: &[u8], value: &[u8]| {
        let database = memory();
        let keyspace = database.open_keyspace(keyspace).unwrap().id;
        let transaction = database.begin().unwrap();
        transaction.set(keyspace, key, value).unwrap();
        transaction.commit().unwrap();
        dumped(&*database).1.checksum
    };
    let first = of("a", b"key", b"value");
    assert_eq!(of("a", b"key", b"value"), first);
    for other in [of("b", b"key", b"value"), of("a", b"keyv", b"alue"), of("a", b"key", b"valud")] {
        assert_ne!(other, first);
    }
}

/// Takes a dump, and lets others commit between its parts.
struct Among<'a> {
    stream: Vec<u8>,
    commits: &'a AtomicU64,
}

impl std::io::Write for Among<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.stream.extend_from_slice(bytes);
        let seen = self.commits.load(Ordering::SeqCst);
        while self.commits.load(Ordering::SeqCst) <= seen {
            std::thread::yield_now();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_dump_is_of_its_version_while_writers_go_on() {
    type Op = (Vec<u8>, Option<Vec<u8>>);
    type Logged = ([u8; 10], i64, Vec<Op>);
    let seed = seed();
    let database = memory();
    fill(&*database, &fixed());
    let things = database.open_keyspace("things").unwrap().id;
    let log: Mutex<Vec<Logged>> = Mutex::default();
    let (done, commits) = (AtomicBool::new(false), AtomicU64::new(0));
    let mut dumps = Vec::new();
    std::thread::scope(|scope| {
        for thread in 0..3u64 {
            let (database, log, done, commits) = (&database, &log, &done, &commits);
            scope.spawn(move || {
                let mut rng = Rng::with_seed(seed.wrapping_add(thread));
                while !done.load(Ordering::SeqCst) {
                    let transaction = database.begin().unwrap();
                    let mut ops = Vec::new();
                    for _ in 0..rng.usize(1..5) {
                        let key = vec![rng.u8(..40), 0, rng.u8(..40)];
                        let value = rng.bool().then(|| common::bytes(&mut rng, 20_000));
                        match &value {
                            Some(value) => transaction.set(things, &key, value).unwrap(),
                            None => transaction.clear(things, &key).unwrap(),
                        }
                        ops.push((key, value));
                    }
                    transaction.commit().unwrap();
                    let stamp = transaction.versionstamp().unwrap();
                    log.lock().unwrap().push((stamp, transaction.committed_version(), ops));
                    commits.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        for dump in 1..=8 {
            while commits.load(Ordering::SeqCst) < dump * 200 {
                std::thread::yield_now();
            }
            let mut among = Among { stream: Vec::new(), commits: &commits };
            let dumped = plinth_transfer::dump(&*database, &mut among, DumpOptions::default(), &()).unwrap();
            dumps.push((among.stream, dumped));
        }
        done.store(true, Ordering::SeqCst);
    });
    let mut log = log.into_inner().unwrap();
    log.sort();
    for (stream, dumped) in dumps {
        let mut expected = fixed();
        let things = expected.get_mut("things").unwrap();
        for (key, value) in log.iter().filter(|(_, version, _)| *version <= dumped.version).flat_map(|(_, _, ops)| ops)
        {
            match value {
                Some(value) => things.insert(key.clone(), value.clone()),
                None => things.remove(key),
            };
        }
        let to = memory();
        loaded(&*to, &stream).unwrap();
        assert_same(&contents(&*to), &expected);
    }
}

#[test]
fn a_flipped_bit_is_refused_wherever_it_is() {
    let from = memory();
    fill(&*from, &fixed());
    let (stream, _) = dumped(&*from);
    let mut rng = Rng::with_seed(seed());
    for at in 0..stream.len() {
        let mut damaged = stream.clone();
        damaged[at] ^= 1 << rng.u8(..8);
        let error = checked(&damaged).unwrap_err();
        let expected: &[Code] = match at {
            0..8 => &[Code::NOT_A_DUMP],
            8..12 => &[Code::FORMAT_NOT_SUPPORTED, Code::DUMP_DAMAGED],
            _ => &[Code::DUMP_DAMAGED],
        };
        assert!(expected.contains(&error.code()), "byte {at}: {}", error.story());
        assert!(at < 12 || error.story().contains("at byte"), "{}", error.story());
    }
    for length in 0..stream.len() {
        let error = checked(&stream[..length]).unwrap_err();
        let expected = if length < 8 { Code::NOT_A_DUMP } else { Code::DUMP_DAMAGED };
        assert_eq!(error.code(), expected, "{length} bytes: {}", error.story());
    }
    assert_eq!(code(checked(&[&stream[..], b"x"].concat())), Code::DUMP_DAMAGED);
}

/// Frames that are whole, and in each other's place, or twice, or not there.
#[test]
fn frames_in_a_wrong_place_are_refused() {
    let from = memory();
    let transaction = from.begin().unwrap();
    (0..30u8).for_each(|number| transaction.set(0, &[number], &[number; 90_000]).unwrap());
    transaction.commit().unwrap();
    let (stream, _) = dumped(&*from);
    let mut frames = Vec::new();
    let mut at = 12;
    while at < stream.len() {
        let length = u32::from_le_bytes(stream[at + 1..at + 5].try_into().unwrap()) as usize;
        frames.push(&stream[at..at + 9 + length + 8]);
        at += 9 + length + 8;
    }
    assert!(frames.len() > 5);
    let put_together = |frames: &[&[u8]]| [&stream[..12], &frames.concat()].concat();
    assert!(checked(&put_together(&frames)).is_ok());
    let mut swapped = frames.clone();
    swapped.swap(2, 3);
    let mut twice = frames.clone();
    twice.insert(2, frames[2]);
    let mut missing = frames.clone();
    missing.remove(2);
    let mut headless = frames.clone();
    headless.remove(0);
    for wrong in [swapped, twice, missing, headless] {
        assert_eq!(code(checked(&put_together(&wrong))), Code::DUMP_DAMAGED);
    }
}

#[test]
fn a_damaged_dump_leaves_a_load_that_is_marked() {
    let from = memory();
    let transaction = from.begin().unwrap();
    (0..80u8).for_each(|number| transaction.set(0, &[number], &[number; 90_000]).unwrap());
    transaction.commit().unwrap();
    let (stream, dumped) = dumped(&*from);
    let to = memory();
    let mut damaged = stream.clone();
    damaged[4_000_000] ^= 1;
    for wrong in [&damaged[..], &stream[..5_000_000]] {
        assert_eq!(code(loaded(&*to, wrong)), Code::DUMP_DAMAGED);
        assert!(to.find_keyspace(UNFINISHED).unwrap().is_some());
        // Neither a whole dump can be made of that, nor another one be loaded into it.
        assert_eq!(code(dump(&*to, &mut Vec::new(), DumpOptions::default(), &())), Code::LOAD_UNFINISHED);
        let (other, _) = self::dumped(&*memory());
        assert_eq!(code(loaded(&*to, &other)), Code::LOAD_UNFINISHED);
    }
    let loaded = loaded(&*to, &stream).unwrap();
    assert!(loaded.found > 0 && loaded.found < dumped.pairs, "{loaded:?}");
    assert!(to.find_keyspace(UNFINISHED).unwrap().is_none());
    assert_eq!(self::dumped(&*to).1.checksum, dumped.checksum);
}

#[test]
fn what_is_there_is_not_overwritten_unless_asked_for() {
    let (from, to) = (memory(), memory());
    fill(&*from, &fixed());
    let (stream, dumped) = dumped(&*from);
    let things = to.open_keyspace("things").unwrap().id;
    let mine = to.open_keyspace("mine").unwrap().id;
    let transaction = to.begin().unwrap();
    [things, mine].iter().for_each(|id| transaction.set(*id, b"older", b"value").unwrap());
    transaction.commit().unwrap();
    let before = contents(&*to);
    assert_eq!(code(loaded(&*to, &stream)), Code::TARGET_NOT_EMPTY);
    assert_same(&contents(&*to), &before);
    let loaded = load(&*to, &mut &stream[..], 0, OVERWRITE, &()).unwrap();
    assert_eq!(loaded.dumped, dumped);
    let mut expected = fixed();
    expected.insert("mine".to_owned(), before["mine"].clone());
    assert_same(&contents(&*to), &expected);
}

/// Its caller was not told, since the process was ended in that moment.
#[test]
fn a_load_that_was_finished_is_found_to_be_so_unless_something_was_changed_since() {
    let (from, to) = (memory(), memory());
    let mut rng = Rng::with_seed(seed());
    let mut all = fixed();
    // Several pieces of each side, that begin at other keys.
    let many = (0..3_000_u32).map(|number| (number.to_be_bytes().to_vec(), common::bytes(&mut rng, 3_000)));
    all.insert("many".to_owned(), many.collect());
    fill(&*from, &all);
    let (stream, dumped) = dumped(&*from);
    assert_eq!(loaded(&*to, &stream).unwrap().found, 0);
    for database in [&to, &from] {
        let again = loaded(&**database, &stream).unwrap();
        assert_eq!((again.dumped, again.found), (dumped, dumped.pairs));
    }
    assert_same(&contents(&*to), &all);
    // Keyspaces that it has besides are its own affair.
    let change = |name: &str, key: &[u8], value: Option<&[u8]>| {
        let (id, transaction) = (to.open_keyspace(name).unwrap().id, to.begin().unwrap());
        match value {
            Some(value) => transaction.set(id, key, value).unwrap(),
            None => transaction.clear(id, key).unwrap(),
        }
        transaction.commit().unwrap();
    };
    change("mine", b"key", Some(b"value"));
    assert_eq!(loaded(&*to, &stream).unwrap().found, dumped.pairs);
    for (name, pairs) in &all {
        let keys: Vec<_> = pairs.keys().collect();
        for key in [keys.first(), keys.last(), rng.choice(&keys)].into_iter().flatten() {
            let value = &pairs[*key];
            for other in [None, Some([&value[..], b"!"].concat())] {
                change(name, key, other.as_deref());
                assert_eq!(code(loaded(&*to, &stream)), Code::TARGET_NOT_EMPTY, "{name} {key:?}");
                change(name, key, Some(value));
            }
            let more = [&key[..], b"\0"].concat();
            if !pairs.contains_key(&more) {
                change(name, &more, Some(b""));
                assert_eq!(code(loaded(&*to, &stream)), Code::TARGET_NOT_EMPTY, "{name} {key:?} and one more");
                change(name, &more, None);
            }
        }
    }
    assert_eq!(loaded(&*to, &stream).unwrap().found, dumped.pairs);
    to.drop_keyspace("many").unwrap();
    assert_eq!(code(loaded(&*to, &stream)), Code::TARGET_NOT_EMPTY);
}

/// Cancels at its n-th step.
struct Patience(AtomicU64);

impl Progress for Patience {
    fn step(&self, _done: u64, _total: u64) -> bool {
        self.0.fetch_sub(1, Ordering::SeqCst) > 0
    }
}

/// Reads slowly enough that a load is told of.
struct Slow<'a>(&'a [u8]);

impl Read for Slow<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let most = buffer.len().min(20_000);
        self.0.read(&mut buffer[..most])
    }
}

#[test]
fn whoever_is_cancelled_can_go_on() {
    let from = memory();
    let mut rng = Rng::with_seed(seed());
    for chunk in 0..30u8 {
        let transaction = from.begin().unwrap();
        (0..100u8).for_each(|number| transaction.set(0, &[chunk, number], &vec![rng.u8(..); 9_000]).unwrap());
        transaction.commit().unwrap();
    }
    assert_eq!(
        code(dump(&*from, &mut Vec::new(), DumpOptions::default(), &Patience(AtomicU64::new(0)))),
        Code::OPERATION_CANCELLED
    );
    let (stream, dumped) = dumped(&*from);
    let to = memory();
    let cancelled = load(&*to, &mut Slow(&stream), 0, LoadOptions::default(), &Patience(AtomicU64::new(1)));
    // A machine that loads all of it in a tenth of a second is asked twice only.
    assert_eq!(code(cancelled), Code::OPERATION_CANCELLED);
    assert!(to.find_keyspace(UNFINISHED).unwrap().is_some());
    let loaded = loaded(&*to, &stream).unwrap();
    assert_eq!(loaded.dumped, dumped);
    assert_eq!(self::dumped(&*to).1.checksum, dumped.checksum);
}

#[test]
fn small_transactions_take_a_dump_too() {
    let from = memory();
    let mut expected = Contents::new();
    let mut rng = Rng::with_seed(seed());
    let pairs = expected.entry("default".to_owned()).or_default();
    (0..2_000u32).for_each(|number| _ = pairs.insert(number.to_be_bytes().to_vec(), common::bytes(&mut rng, 3_000)));
    fill(&*from, &expected);
    let (stream, _) = dumped(&*from);
    let mut options = DatabaseOptions::default();
    options.transaction.size_limit = 100_000;
    let to = plinth_engine::open(":memory:", options.clone()).unwrap();
    loaded(&*to, &stream).unwrap();
    assert_same(&contents(&*to), &expected);
    // One that takes no pair at all says so.
    options.transaction.size_limit = 1_000;
    let to = plinth_engine::open(":memory:", options).unwrap();
    assert_eq!(code(loaded(&*to, &stream)), Code::TRANSACTION_TOO_LARGE);
    let short = DatabaseOptions { key_size_limit: 3, ..DatabaseOptions::default() };
    let to = plinth_engine::open(":memory:", short).unwrap();
    assert_eq!(code(loaded(&*to, &stream)), Code::KEY_TOO_LARGE);
}

/// VST-1: what is stamped after a load sorts behind what was stamped before the dump.
#[test]
fn versionstamps_keep_growing() {
    let (from, to) = (memory(), memory());
    from.raise_version(7_000_000_000_000).unwrap();
    let stamped = |database: &dyn Database| {
        let transaction = database.begin().unwrap();
        let key = [&[0; 10][..], &0u32.to_le_bytes()].concat();
        transaction.atomic_op(0, plinth_api::Mutation::SetVersionstampedKey, &key, b"").unwrap();
        transaction.commit().unwrap();
        transaction.versionstamp().unwrap()
    };
    let before = stamped(&*from);
    assert!(stamped(&*to) < before);
    let (stream, dumped) = dumped(&*from);
    load(&*to, &mut &stream[..], 0, OVERWRITE, &()).unwrap();
    let after = stamped(&*to);
    assert!(after > before && i64::from_be_bytes(after[..8].try_into().unwrap()) > dumped.version);
}

/// The model holds no state and raises no version.
#[test]
fn a_backend_without_held_states_is_read_in_transactions() {
    let from = plinth_testkit::ModelDatabase::new(DatabaseOptions::default());
    fill(&from, &fixed());
    let (stream, dumped) = dumped(&from);
    assert!(!dumped.exact);
    let to = memory();
    loaded(&*to, &stream).unwrap();
    assert_same(&contents(&*to), &fixed());
    // What it was read at is lower than what a database of ours has; the other way it must be said.
    let back = plinth_testkit::ModelDatabase::new(DatabaseOptions::default());
    to.raise_version(i64::MAX / 4).unwrap();
    let (stream, _) = self::dumped(&*to);
    assert_eq!(code(load(&back, &mut &stream[..], 0, LoadOptions::default(), &())), Code::VERSIONS_BEHIND);
    let any = LoadOptions { any_versions: true, ..LoadOptions::default() };
    load(&back, &mut &stream[..], 0, any, &()).unwrap();
    assert_eq!(self::dumped(&back).1.checksum, dumped.checksum);
}

/// A dump that the library wrote when format 1 was new. See `write_the_file_of_today`.
#[test]
fn a_dump_of_format_1_is_loaded() {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/format-1.dump"));
    let dumped = check_file(path, &()).unwrap();
    assert_eq!((dumped.pairs, dumped.keyspaces, dumped.exact), (44, 3, true));
    let to = memory();
    assert_eq!(load_from_file(&*to, path, LoadOptions::default(), &()).unwrap().dumped, dumped);
    assert_same(&contents(&*to), &fixed());
    // What is written today has the same checksum, and the same length: the id of a database has always one.
    let mut stream = Vec::new();
    let again = dump(&*to, &mut stream, DumpOptions::default(), &()).unwrap();
    assert_eq!((again.checksum, again.stream_bytes), (dumped.checksum, dumped.stream_bytes));
}

#[test]
#[ignore = "writes tests/data/format-1.dump anew"]
fn write_the_file_of_today() {
    let database = memory();
    fill(&*database, &fixed());
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/format-1.dump"));
    dump_to_file(&*database, path, DumpOptions::default(), &()).unwrap();
}

#[test]
fn a_newer_format_and_another_file_are_refused() {
    let database = memory();
    let (mut stream, _) = dumped(&*database);
    stream[8] = 2;
    let error = loaded(&*memory(), &stream).unwrap_err();
    assert_eq!(error.code(), Code::FORMAT_NOT_SUPPORTED);
    assert!(error.story().contains("format 2; this library reads formats up to 1"), "{}", error.story());
    assert_eq!(code(loaded(&*memory(), b"PLINTH")), Code::NOT_A_DUMP);
    assert_eq!(code(loaded(&*memory(), b"")), Code::NOT_A_DUMP);
}

#[test]
fn a_file_appears_when_it_is_whole() {
    let dir = tempfile::tempdir().unwrap();
    let (path, partial) = (dir.path().join("db.dump"), dir.path().join("db.dump.partial"));
    let database: Arc<dyn Database> = memory();
    fill(&*database, &fixed());
    let seen = Mutex::new(Vec::new());
    let watch = |_: u64, _: u64| {
        seen.lock().unwrap().push((path.exists(), partial.exists()));
        true
    };
    let dumped = dump_to_file(&*database, &path, DumpOptions::default(), &watch).unwrap();
    assert!(!seen.lock().unwrap().is_empty() && seen.lock().unwrap().iter().all(|seen| *seen == (false, true)));
    assert!(path.exists() && !partial.exists());
    assert_eq!(check_file(&path, &()).unwrap(), dumped);
    // What a killed dump left is overwritten, and an older dump is replaced; a failed one leaves it.
    std::fs::write(&partial, vec![7; 1_000_000]).unwrap();
    assert_eq!(code(dump_to_file(&*database, &path, DumpOptions::default(), &|_, _| false)), Code::OPERATION_CANCELLED);
    assert!(check_file(&path, &()).is_ok() && !partial.exists());
    let again = dump_to_file(&*database, &path, DumpOptions::default(), &()).unwrap();
    assert_eq!(check_file(&path, &()).unwrap(), again);
    // Two at a time would write into each other.
    let meanwhile = Mutex::new(None);
    let second = |_: u64, _: u64| {
        *meanwhile.lock().unwrap() = Some(code(dump_to_file(&*database, &path, DumpOptions::default(), &())));
        true
    };
    dump_to_file(&*database, &path, DumpOptions::default(), &second).unwrap();
    assert_eq!(meanwhile.into_inner().unwrap(), Some(Code::LOCK_FILE_FAILURE));
    // What is no dump stays.
    let other = dir.path().join("precious");
    std::fs::write(&other, "text").unwrap();
    for refused in [&other, &dir.path().to_path_buf()] {
        assert_eq!(code(dump_to_file(&*database, refused, DumpOptions::default(), &())), Code::TARGET_NOT_EMPTY);
    }
    assert_eq!(std::fs::read(&other).unwrap(), b"text");
    let nowhere = dir.path().join("missing").join("db.dump");
    assert_eq!(code(dump_to_file(&*database, &nowhere, DumpOptions::default(), &())), Code::FILE_NOT_FOUND);
    assert_eq!(code(load_from_file(&*database, &nowhere, LoadOptions::default(), &())), Code::FILE_NOT_FOUND);
}

/// A writer that fails is told with its own words.
#[test]
fn a_writer_that_fails_ends_the_dump() {
    struct Full(usize);
    impl std::io::Write for Full {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 = self.0.checked_sub(bytes.len()).ok_or_else(|| std::io::Error::other("the tape is full"))?;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let database = memory();
    fill(&*database, &fixed());
    let error = dump(&*database, &mut Full(100), DumpOptions::default(), &()).unwrap_err();
    assert_eq!(error.code(), Code::IO_ERROR);
    assert!(error.story().contains("the tape is full"), "{}", error.story());
    assert_eq!(database.metrics().held_states, 0);
}
