//! Single keys: what is stored, what a transaction sees, versions, limits, errors.
mod common;

use common::*;
use foundationdb::options::{MutationType, TransactionOption};
use foundationdb::{Database, FdbError, KeySelector};

/// GET-1: a key that was never set is absent, a set one has its value. DATA-2: an empty value is present.
#[test]
fn values_come_back() {
    run(async {
        let at = space("values");
        let key = at.pack(&"k");
        assert_eq!(get(&key).await, None);
        for size in [0, 1, 15, 16, 255, 4096, 65536, 100_000] {
            let value: Vec<u8> = (0..size).map(|i| (i * 31 % 251) as u8).collect();
            set(&key, &value).await;
            assert_eq!(get(&key).await, Some(value));
        }
        let trx = begin();
        trx.clear(&key);
        trx.commit().await.unwrap();
        assert_eq!(get(&key).await, None);
    });
}

/// RYW-1: a transaction reads its own writes, others read them after the commit.
#[test]
fn own_writes_are_read() {
    run(async {
        let at = space("own");
        let (a, b, c) = (at.pack(&"a"), at.pack(&"b"), at.pack(&"c"));
        set(&b, b"old").await;
        let trx = begin();
        trx.set(&a, b"mine");
        trx.clear(&b);
        trx.atomic_op(&c, &[5], MutationType::Add);
        assert_eq!(trx.get(&a, false).await.unwrap().as_deref(), Some(&b"mine"[..]));
        assert!(trx.get(&b, false).await.unwrap().is_none());
        assert_eq!(trx.get(&c, false).await.unwrap().as_deref(), Some(&[5][..]));
        assert_eq!((get(&a).await, get(&b).await), (None, Some(b"old".to_vec())));
        trx.commit().await.unwrap();
        assert_eq!((get(&a).await, get(&b).await, get(&c).await), (Some(b"mine".to_vec()), None, Some(vec![5])));
    });
}

/// VER-12: all reads of a transaction see one moment.
#[test]
fn reads_see_one_moment() {
    run(async {
        let at = space("moment");
        let keys: Vec<_> = (0..50).map(|i| at.pack(&i)).collect();
        for round in [b"old", b"new"] {
            let trx = begin();
            trx.get_read_version().await.unwrap();
            let other = begin();
            keys.iter().for_each(|key| other.set(key, round));
            other.commit().await.unwrap();
            let before = if round == b"old" { None } else { Some(b"old".to_vec()) };
            for key in &keys {
                assert_eq!(trx.get(key, false).await.unwrap().map(|v| v.to_vec()), before);
            }
            assert_eq!(get(&keys[0]).await, Some(round.to_vec()));
        }
    });
}

/// VER-4, VER-5, VER-9, COM-10: read versions, commit versions, and reading at one given.
#[test]
fn versions_are_in_order() {
    run(async {
        let key = space("versions").pack(&"k");
        let mut history = Vec::new();
        for i in 0..20i64 {
            let trx = begin();
            let read = trx.get_read_version().await.unwrap();
            assert_eq!(trx.get_read_version().await.unwrap(), read);
            trx.set(&key, &i.to_le_bytes());
            let committed = trx.commit().await.unwrap().committed_version().unwrap();
            assert!(committed > read && history.last().is_none_or(|last| read >= *last));
            history.push(committed);
        }
        for (i, version) in history.iter().enumerate() {
            let trx = begin();
            trx.set_read_version(*version);
            assert_eq!(number(trx.get(&key, false).await.unwrap().as_deref()), i as i64);
        }
    });
}

/// COM-1: a transaction that wrote nothing has the committed version -1.
#[test]
fn a_read_only_commit_has_no_version() {
    run(async {
        let trx = begin();
        trx.get(b"nothing", false).await.unwrap();
        assert_eq!(trx.commit().await.unwrap().committed_version().unwrap(), -1);
    });
}

/// VER-7, VER-8: read versions that cannot be.
#[test]
fn impossible_read_versions() {
    run(async {
        for (version, expected) in [(0, 2011), (-7, 2011), (1, 1007), (1 << 62, 1009)] {
            let trx = begin();
            trx.set_read_version(version);
            assert_eq!(code(trx.get(b"k", false).await), expected, "version {version}");
        }
    });
}

/// LIM-1, LIM-2, LIM-4: limits of keys, values and transactions.
#[test]
fn limits() {
    run(async {
        let at = space("limits");
        let commit = |key: Vec<u8>, value: Vec<u8>| async move {
            let trx = begin();
            trx.set(&key, &value);
            code(trx.commit().await)
        };
        let longest = |len: usize| [at.bytes().to_vec(), vec![b'k'; len - at.bytes().len()]].concat();
        assert_eq!(commit(longest(10_000), vec![]).await, 0);
        assert_eq!(commit(longest(10_001), vec![]).await, 2102);
        assert_eq!(commit(at.pack(&1), vec![0; 100_000]).await, 0);
        assert_eq!(commit(at.pack(&1), vec![0; 100_001]).await, 2103);
        let trx = begin();
        (0..101).for_each(|i| trx.set(&at.pack(&i), &[0; 100_000]));
        assert_eq!(code(trx.commit().await), 2101);
        let trx = begin();
        trx.set_option(TransactionOption::SizeLimit(1000)).unwrap();
        trx.set(&at.pack(&1), &[0; 2000]);
        assert_eq!(code(trx.commit().await), 2101);
    });
}

/// TX-4: a bad value of an option shows with the commit. OPT-1: an unknown option shows at once.
#[test]
fn bad_options() {
    run(async {
        let trx = begin();
        trx.set_option(TransactionOption::SizeLimit(31)).unwrap();
        trx.set(b"k", b"v");
        assert_eq!(code(trx.commit().await), 2006);
        for option in [0, 3, 987_654] {
            assert_eq!(code(begin().set_raw_option(option, None)), 2007);
        }
    });
}

/// DATA-5: system keys are out of reach without permission.
#[test]
fn system_keys() {
    run(async {
        assert_eq!(code(begin().get(b"\xff", false).await), 2004);
        let trx = begin();
        trx.set(b"\xff/plinth", b"v");
        assert_eq!(code(trx.commit().await), 2004);
        let trx = begin();
        trx.set_option(TransactionOption::AccessSystemKeys).unwrap();
        trx.set(b"\xff/plinth", b"v");
        trx.commit().await.unwrap();
        let trx = begin();
        trx.set_option(TransactionOption::ReadSystemKeys).unwrap();
        assert_eq!(trx.get(b"\xff/plinth", false).await.unwrap().as_deref(), Some(&b"v"[..]));
    });
}

/// SEL-1 to SEL-3: selectors, computed from the keys there are.
#[test]
fn selectors() {
    run(async {
        let at = space("selectors");
        let keys: Vec<_> = ["b", "d", "f"].iter().map(|k| at.pack(k)).collect();
        fill(&keys.iter().map(|key| (key.clone(), vec![])).collect()).await;
        let trx = begin();
        for (i, key) in keys.iter().enumerate() {
            let all = [
                (KeySelector::last_less_or_equal(&key[..]), i as i64),
                (KeySelector::first_greater_or_equal(&key[..]), i as i64),
                (KeySelector::last_less_than(&key[..]), i as i64 - 1),
                (KeySelector::first_greater_than(&key[..]), i as i64 + 1),
            ];
            for (selector, position) in all {
                let Some(expected) = usize::try_from(position).ok().and_then(|p| keys.get(p)) else { continue };
                assert_eq!(&trx.get_key(&selector, false).await.unwrap()[..], &expected[..]);
            }
        }
        let end = trx.get_key(&KeySelector::first_greater_than(&b"\xfe\xff\xff"[..]), true).await.unwrap();
        assert_eq!(&end[..], b"\xff");
    });
}

/// LIM-7: the approximate size grows by what each write holds.
#[test]
fn approximate_size() {
    run(async {
        let trx = begin();
        assert_eq!(trx.get_approximate_size().await.unwrap(), 0);
        let mut sizes = Vec::new();
        for (key, value) in [(&b"aa"[..], 10), (b"bb", 110), (b"cccc", 110)] {
            trx.set(key, &vec![0; value]);
            sizes.push(trx.get_approximate_size().await.unwrap());
        }
        assert_eq!((sizes[1] - sizes[0]) - sizes[0], 100);
        assert_eq!((sizes[2] - sizes[1]) - (sizes[1] - sizes[0]), 3 * 2);
    });
}

/// GET-3: a key has an address, with a port.
#[test]
fn addresses() {
    run(async {
        let addresses = begin().get_addresses_for_key(b"k").await.unwrap();
        let list: Vec<_> = addresses.iter().map(|a| a.to_str().unwrap().to_string()).collect();
        assert!(!list.is_empty() && list.iter().all(|a| a.contains(':')), "{list:?}");
    });
}

/// NET-5: many handles are one database; one may be opened for each transaction.
#[test]
fn many_handles() {
    run(async {
        let at = space("handles");
        database();
        for i in 0..100 {
            let db = Database::new_compat(None).await.unwrap();
            let trx = db.create_trx().unwrap();
            trx.set(&at.pack(&i), b"v");
            trx.commit().await.unwrap();
        }
        assert_eq!(rows(&begin(), (&at).into(), false).await.unwrap().len(), 100);
    });
}

/// RST-1, TX-3: reset forgets what was written; a cancelled transaction works again after it.
#[test]
fn reset_and_cancel() {
    run(async {
        let key = space("reset").pack(&"k");
        let mut trx = begin();
        trx.set(&key, b"forgotten");
        trx.reset();
        assert!(trx.get(&key, false).await.unwrap().is_none());
        trx.set(&key, b"cancelled");
        let pending = trx.get(b"other", false);
        let trx = trx.cancel().reset();
        let _ = pending.await;
        assert!(trx.get(&key, false).await.unwrap().is_none());
        trx.set(&key, b"kept");
        let trx = trx.commit().await.unwrap().reset();
        assert_eq!(trx.get(&key, false).await.unwrap().as_deref(), Some(&b"kept"[..]));
    });
}

/// TMO-1, TMO-2: a timeout ends everything the transaction does.
#[test]
fn timeout() {
    run(async {
        let trx = begin();
        trx.set_option(TransactionOption::Timeout(30)).unwrap();
        let mut i = 0i32;
        // The guard of the test ends this if the timeout does not.
        while trx.get(&i.to_be_bytes(), false).await.is_ok() {
            i += 1;
        }
        assert_eq!(code(trx.get(b"k", false).await), 1031);
        assert_eq!(code(trx.on_error(FdbError::from_code(1031)).await), 1031);
    });
}

/// ERRC-1, ERRC-2: errors have words, and the predicates tell which can be retried.
#[test]
fn errors() {
    database();
    let is = |code: i32| FdbError::from_code(code);
    for retryable in [1007, 1009, 1020, 1037, 1038, 1042] {
        assert!(is(retryable).is_retryable() && is(retryable).is_retryable_not_committed(), "{retryable}");
    }
    assert!(is(1021).is_retryable() && is(1021).is_maybe_committed() && !is(1021).is_retryable_not_committed());
    for other in [0, 1025, 1031, 2000, 2004, 2101, 4000] {
        assert!(!is(other).is_retryable() && !is(other).is_maybe_committed(), "{other}");
    }
    assert!((0..7000).all(|code| !is(code).message().is_empty()));
    let words = [0, 1007, 1009, 1020, 1021, 1025, 1031, 2004, 2017, 2101].map(|code| is(code).message());
    assert!((1..words.len()).all(|i| !words[..i].contains(&words[i])));
}
