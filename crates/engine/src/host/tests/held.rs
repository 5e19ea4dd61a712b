//! States that are held for guests.

use plinth_api::MOST_HELD;

use super::*;

#[test]
fn what_is_held_for_a_guest_outlives_the_window_and_ends_with_the_guest() {
    let host = Host::new();
    let mut guest = host.guest();
    host.put(b"key", b"1");
    let hold = |answer: Answer<'_>| match answer {
        Answer::Held { held, version, keyspaces } => {
            assert_eq!(keyspaces, [(0, "default")]);
            (held, version)
        }
        other => panic!("{other:?}"),
    };
    let (held, version) = guest.ask(Ask::Hold, hold);
    let newest = host.put(b"key", b"2");
    // Long after the window.
    assert_eq!(guest.code(Ask::RaiseVersion { above: newest + 60_000_000 }), 0);
    assert!(host.put(b"other", b"") > newest + 60_000_000);
    let end: &[u8] = b"\xff";
    let read = |held, begin, end| Ask::ReadHeld { held, keyspace: 0, begin, end, reverse: false, rows: 0, bytes: 0 };
    guest.ask(read(held, b"", end), |answer| match answer {
        Answer::Rows { version: at, more: false, pairs } => {
            assert_eq!(at, version);
            assert_eq!(Pairs::new(pairs).collect::<Vec<_>>(), [(&b"key"[..], &b"1"[..])]);
        }
        other => panic!("{other:?}"),
    });
    assert_eq!(guest.code(scan_at(version)), Code::TRANSACTION_TOO_OLD.number());
    assert_eq!(guest.code(read(held + 1, b"", end)), Code::HELD_STATE_LOST.number());
    assert_eq!(guest.code(read(held, end, b"")), Code::INVERTED_RANGE.number());
    let other_keyspace = Ask::ReadHeld { held, keyspace: 7, begin: b"", end, reverse: true, rows: 1, bytes: 1 };
    assert_eq!(guest.code(other_keyspace), Code::KEYSPACE_DROPPED.number());
    assert_eq!(guest.code(Ask::RaiseVersion { above: i64::MAX }), Code::VERSION_INVALID.number());
    // It is given back, by the guest or by its end.
    assert_eq!(guest.code(Ask::GiveBack { held }), 0);
    assert_eq!(guest.code(read(held, b"", end)), Code::HELD_STATE_LOST.number());
    assert_eq!(host.local.versions.held(), 0);
    for number in 0..MOST_HELD as u64 {
        assert_eq!(guest.ask(Ask::Hold, hold).0, held + 1 + number);
    }
    assert_eq!(guest.code(Ask::Hold), Code::TOO_MANY_HELD_STATES.number());
    drop(guest);
    until(|| host.local.versions.held() == 0);
}

fn scan_at(version: i64) -> Ask<'static> {
    Ask::Get { version: Some(version), keyspace: 0, key: b"key" }
}
