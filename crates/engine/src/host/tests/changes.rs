//! Changes that are followed by guests, and a lock that they meet.

use plinth_api::{lock, Database as _, MOST_CHANGED_RANGES, MOST_TRACKERS};

use super::*;
use crate::database::Database;

const TAKE: fn(u64, bool) -> Ask<'static> = |tracker, go_on| Ask::TakeChanges { tracker, go_on };

/// The begins of the ranges of a take or a piece of it, and whether there is more.
fn begins(answer: Answer<'_>) -> (Vec<Vec<u8>>, bool) {
    match answer {
        Answer::Changed { more, ranges, catalogue: false, .. } => {
            (ranges.iter().map(|(_, begin, _)| begin.to_vec()).collect(), more)
        }
        other => panic!("{other:?}"),
    }
}

fn tracker(answer: Answer<'_>) -> u64 {
    match answer {
        Answer::Tracking { tracker } => tracker,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_a_guest_does_not_fetch_of_a_take_is_in_the_next_one() {
    let host = Host::new();
    let mut guest = host.guest();
    let track = |most_ranges| Ask::TrackChanges { most_ranges };
    for most in [0, MOST_CHANGED_RANGES as u64 + 1, u64::MAX] {
        assert_eq!(guest.code(track(most)), Code::INVALID_ARGUMENT.number());
    }
    let number = guest.ask(track(MOST_CHANGED_RANGES as u64), tracker);
    // Some three pieces.
    let key = |at: u32| [at.to_be_bytes().as_slice(), &[0; 5_000]].concat();
    (0..300).for_each(|at| _ = host.put(&key(at), b""));
    let (first, more) = guest.ask(TAKE(number, false), begins);
    assert!(more && !first.is_empty());
    let (second, _) = guest.ask(TAKE(number, true), begins);
    assert!(first.last() < second.first() && !second.is_empty());
    host.put(b"later", b"");
    // It begins anew, and goes on to the end.
    let (mut all, mut more) = guest.ask(TAKE(number, false), begins);
    assert!(all[0] > second[0]);
    while more {
        let (piece, goes_on) = guest.ask(TAKE(number, true), begins);
        all.extend(piece);
        more = goes_on;
    }
    let expected = (0..300).map(key).filter(|key| *key > second[second.len() - 1]);
    assert_eq!(all, expected.chain([b"later".to_vec()]).collect::<Vec<_>>());
    assert_eq!(guest.ask(TAKE(number, false), begins), (vec![], false));
    assert_eq!(guest.code(TAKE(number + 1, false)), Code::CHANGES_LOST.number());
    // It ends by the guest's word, or with the guest.
    assert_eq!(guest.code(Ask::EndTracking { tracker: number }), 0);
    assert_eq!(guest.code(TAKE(number, false)), Code::CHANGES_LOST.number());
    for at in 0..MOST_TRACKERS as u64 {
        assert_eq!(guest.ask(track(1), tracker), number + 1 + at);
    }
    assert_eq!(guest.code(track(1)), Code::TOO_MANY_TRACKERS.number());
    drop(guest);
    until(|| host.local.trackers.load(std::sync::atomic::Ordering::SeqCst) == 0);
}

#[test]
fn a_guest_meets_the_lock() {
    let host = Host::new();
    let mut guest = host.guest();
    host.put(b"k", b"1");
    let database = Database::of(host.local.clone());
    lock::lock(&database, &[7; 16]).unwrap();
    assert_eq!(database.locked().unwrap(), Some([7; 16]));
    let locked = Code::DATABASE_LOCKED.number();
    assert_eq!(guest.code(Ask::Latest), locked);
    assert_eq!(guest.code(Ask::Get { version: None, keyspace: 0, key: b"k" }), locked);
    let version = guest.ask(Ask::LatestEvenLocked, |answer| match answer {
        Answer::Version(version) => version,
        other => panic!("{other:?}"),
    });
    assert_eq!(guest.code(Ask::Get { version: Some(version), keyspace: 0, key: b"k" }), 0);
    let mut request = set(b"k", b"2");
    assert_eq!(guest.code(Ask::Commit(Commit::of(&request))), locked);
    request.lock_aware = true;
    assert_eq!(guest.code(Ask::Commit(Commit::of(&request))), 0);
    assert_eq!(guest.code(Ask::Sync), 0);
    assert_eq!(guest.code(Ask::DropKeyspace { name: "nothing" }), Code::KEYSPACE_NOT_FOUND.number());
    assert_eq!(guest.code(Ask::Keyspace { name: "new", create: true }), locked);
    lock::unlock(&database, &[7; 16]).unwrap();
    assert_eq!(guest.code(Ask::Latest), 0);
}
