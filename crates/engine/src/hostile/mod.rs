//! Peers that do what no peer should: guests against a real host, hosts against a real guest.

mod guests;
mod hosts;

use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::socket;

/// Longer than anything may take.
const LONG: Duration = Duration::from_secs(60);

/// A random generator whose seed is printed.
fn seeded(what: &str) -> fastrand::Rng {
    let seed =
        std::env::var("PLINTH_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| fastrand::u64(..));
    eprintln!("{what}: seed {seed}");
    fastrand::Rng::with_seed(seed)
}

/// A place for a database; removed in the end.
fn place() -> (tempfile::TempDir, PathBuf) {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("database");
    (root, path)
}

/// Looks again and again until `found` finds something.
fn until<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + LONG;
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(Instant::now() < end, "{what} takes too long");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// A connection to whoever listens there.
fn connect(path: &std::path::Path) -> UnixStream {
    until("a connection", || socket::connect(path).unwrap()).try_clone().unwrap()
}

/// A few wrong bytes, missing ones, or ones too many.
fn mutate(bytes: &mut Vec<u8>, random: &mut fastrand::Rng) {
    for _ in 0..random.usize(1..=3) {
        if bytes.is_empty() {
            return bytes.push(random.u8(..));
        }
        let at = random.usize(..bytes.len());
        match random.u8(..5) {
            0 => bytes[at] = random.u8(..),
            1 => bytes[at] ^= 1 << random.u8(..8),
            2 => bytes.insert(at, random.u8(..)),
            3 => drop(bytes.remove(at)),
            _ => bytes.truncate(at),
        }
    }
}

fn random_bytes(random: &mut fastrand::Rng, most: usize) -> Vec<u8> {
    (0..random.usize(..=most)).map(|_| random.u8(..)).collect()
}
