//! What the tests of dumps share.

#![allow(dead_code)]

use std::collections::BTreeMap;
use std::sync::Arc;

use fastrand::Rng;
use plinth_api::{key::successor, Code, Database, DatabaseOptions, RangeOptions, Result};

/// Keyspaces by name, each with its pairs.
pub type Contents = BTreeMap<String, BTreeMap<Vec<u8>, Vec<u8>>>;

/// A database in memory.
pub fn memory() -> Arc<dyn Database> {
    plinth_engine::open(":memory:", DatabaseOptions::default()).unwrap()
}

/// The number of a result's error.
pub fn code<T>(result: Result<T>) -> Code {
    result.err().map_or(Code::SUCCESS, |error| error.code())
}

/// The seed of a random test: from the environment, or a new one. It is printed.
pub fn seed() -> u64 {
    let seed =
        std::env::var("PLINTH_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| fastrand::u64(..));
    println!("seed {seed}");
    seed
}

/// Bytes that are likely to be awkward.
pub fn bytes(rng: &mut Rng, longest: usize) -> Vec<u8> {
    let length = match rng.u8(..10) {
        0 => 0,
        1..8 => rng.usize(..=longest.min(20)),
        _ => rng.usize(..=longest),
    };
    let few = rng.bool();
    (0..length).map(|_| if few { [0, 1, 0x7f, 0xfe][rng.usize(..4)] } else { rng.u8(..) }).collect()
}

/// Random contents: keyspaces that are empty, small or larger than a frame.
pub fn random(rng: &mut Rng) -> Contents {
    let mut contents = Contents::new();
    for name in ["default", "a", "things with spaces", "\u{e4}\u{f6}\u{fc}"].iter().take(rng.usize(1..=4)) {
        let pairs = contents.entry((*name).to_owned()).or_default();
        for _ in 0..[0, 1, 50, 3_000][rng.usize(..4)] {
            let mut key = bytes(rng, 300);
            if key.first() == Some(&0xff) {
                key[0] = 0xfe;
            }
            let longest = if rng.u8(..100) == 0 { 100_000 } else { 200 };
            pairs.insert(key, bytes(rng, longest));
        }
    }
    contents
}

/// Puts contents into a database.
pub fn fill(database: &dyn Database, contents: &Contents) {
    for (name, pairs) in contents {
        let keyspace = database.open_keyspace(name).unwrap().id;
        let all: Vec<_> = pairs.iter().collect();
        for some in all.chunks(20) {
            let transaction = database.begin().unwrap();
            some.iter().for_each(|(key, value)| transaction.set(keyspace, key, value).unwrap());
            transaction.commit().unwrap();
        }
    }
}

/// All that is in a database.
pub fn contents(database: &dyn Database) -> Contents {
    let held = database.hold().unwrap();
    let mut contents = Contents::new();
    for known in held.keyspaces() {
        let pairs = contents.entry(known.name.to_string()).or_default();
        let mut begin = Vec::new();
        loop {
            let found = held.read(known.id, &begin, b"\xff", RangeOptions::default()).unwrap();
            pairs.extend(found.iter().map(|(key, value)| (key.to_vec(), value.to_vec())));
            match found.last().filter(|_| found.more) {
                Some((last, _)) => begin = successor(last),
                None => break,
            }
        }
    }
    contents
}

/// Says what differs, and not all that is the same.
pub fn assert_same(found: &Contents, expected: &Contents) {
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (name, pairs) in expected {
        assert_eq!(found[name].len(), pairs.len(), "pairs in {name}");
        for (key, value) in pairs {
            assert!(found[name].get(key) == Some(value), "{name}: {key:02x?}");
        }
    }
}
