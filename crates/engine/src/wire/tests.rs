//! Commits on their way: what is sent is what comes, and what is broken is refused or harmless.

use std::sync::Arc;
use std::time::Instant;

use plinth_api::{Code, DatabaseOptions, Mutation};

use super::frame::HEADER;
use super::item::Item;
use super::*;
use crate::atomic::{stamp_place, STAMP};
use crate::commit::{size, Request};
use crate::conflict::{ConflictSet, RangeRef};
use crate::overlay::{Entry, Overlay, Pending, StampedKey};
use crate::store::META;

/// Small, so that limits are met.
fn options() -> DatabaseOptions {
    let mut options = DatabaseOptions { key_size_limit: 40, value_size_limit: 60, ..DatabaseOptions::default() };
    options.transaction.size_limit = 20_000;
    options
}

fn encoded(request: &Request) -> Vec<u8> {
    postcard::to_allocvec(&Commit::of(request)).unwrap()
}

fn decoded(bytes: &[u8], options: &DatabaseOptions) -> plinth_api::Result<Request> {
    parse::<Commit<'_>>(bytes)?.request(options)
}

/// Few different keys, so that writes meet each other.
fn random_key(random: &mut fastrand::Rng) -> Vec<u8> {
    let length = if random.u8(..20) == 0 { random.usize(..=40) } else { random.usize(1..=2) };
    let mut key: Vec<u8> = (0..length).map(|_| random.u8(b'a'..=b'f')).collect();
    if random.u8(..20) == 0 {
        key.insert(0, 0xff);
    }
    key
}

fn random_bytes(random: &mut fastrand::Rng, most: usize) -> Vec<u8> {
    (0..random.usize(..=most)).map(|_| random.u8(..)).collect()
}

fn random_range(random: &mut fastrand::Rng) -> (Vec<u8>, Vec<u8>) {
    let (a, b) = (random_key(random), random_key(random));
    if a <= b {
        (a, b)
    } else {
        (b, a)
    }
}

/// Bytes with a place for a stamp, and the offset behind them.
fn random_operand(random: &mut fastrand::Rng, before: &[u8]) -> Vec<u8> {
    let mut bytes = before.to_vec();
    bytes.extend([b'.'; STAMP]);
    let tail = random_bytes(random, 5);
    bytes.extend(tail);
    bytes.extend((before.len() as u32).to_le_bytes());
    bytes
}

fn random_set(random: &mut fastrand::Rng) -> ConflictSet {
    let mut set = ConflictSet::default();
    for _ in 0..random.usize(..8) {
        let (begin, end) = random_range(random);
        match random.bool() {
            true => set.add_key(&begin),
            false => set.add_range(&begin, &end),
        }
    }
    set
}

/// One call of a transaction.
fn write(overlay: &mut Overlay, random: &mut fastrand::Rng) {
    let key = random_key(random);
    let conflicts = random.u8(..20) > 0;
    match random.u8(..12) {
        0..=3 => {
            overlay.note_conflict(RangeRef::Key(&key), conflicts);
            overlay.set(&key, &random_bytes(random, 60));
        }
        4 => {
            overlay.note_conflict(RangeRef::Key(&key), conflicts);
            overlay.clear(&key);
        }
        5 => {
            let (begin, end) = random_range(random);
            overlay.note_conflict(RangeRef::Range(&begin, &end), conflicts);
            overlay.clear_range(&begin, &end);
        }
        6 => {
            overlay.note_conflict(RangeRef::Key(&key), conflicts);
            overlay.set_stamped_value(&key, &random_operand(random, b"v"));
        }
        7 => {
            let short = &key[..key.len().min(10)];
            let operand = random_operand(random, short);
            let (template, offset) = stamp_place(&operand).unwrap();
            let key = StampedKey { template: template.to_vec(), offset, value: random_bytes(random, 60) };
            let range = key.range(random.i64(0..1 << 50), b"\xff");
            overlay.set_stamped_key(key, range);
        }
        _ => {
            let mutations: Vec<Mutation> = Mutation::ALL.into_iter().filter(|kind| !is_stamped(*kind)).collect();
            let mutation = mutations[random.usize(..mutations.len())];
            overlay.note_conflict(RangeRef::Key(&key), conflicts);
            overlay.atomic(mutation, &key, &random_bytes(random, 9), 60);
        }
    }
}

fn is_stamped(mutation: Mutation) -> bool {
    matches!(mutation, Mutation::SetVersionstampedKey | Mutation::SetVersionstampedValue)
}

/// Made as a transaction makes one.
fn random_request(random: &mut fastrand::Rng) -> Request {
    let read_version = if random.bool() { i64::MAX } else { random.i64(1..1 << 60) };
    let mut request = Request { read_version, sync: random.bool(), report: random.bool(), ..Request::default() };
    for keyspace in [0, 3, 1_000_000] {
        if random.bool() {
            request.reads.push((keyspace, random_set(random)));
        }
        if random.u8(..4) == 0 {
            request.writes.push((keyspace, random_set(random)));
        }
        if random.bool() {
            let mut overlay = Overlay::default();
            (0..random.usize(..30)).for_each(|_| write(&mut overlay, random));
            request.overlays.push((keyspace, Arc::new(overlay)));
        }
    }
    request
}

/// Everything that a host looks at.
fn seen(request: &Request) -> String {
    let sets = |sets: &[(u32, ConflictSet)]| {
        let set = |set: &ConflictSet| {
            let mut set = set.clone();
            set.tidy();
            format!("{:?}", set.iter().collect::<Vec<_>>())
        };
        sets.iter().map(|(id, ranges)| format!("{id}: {}\n", set(ranges))).collect::<String>()
    };
    let mut text = format!("{} {} {}\n", request.read_version, request.sync, request.report);
    text += &format!("reads {}writes {}", sets(&request.reads), sets(&request.writes));
    for (keyspace, overlay) in &request.overlays {
        let keys: Vec<_> = overlay.keys().collect();
        let (clears, unsettled): (Vec<_>, Vec<_>) = (overlay.clears().collect(), overlay.unsettled().collect());
        let mut ranges = ConflictSet::default();
        overlay.write_ranges(&mut |range| ranges.add(range));
        text += &format!("{keyspace}: {keys:?}\n{clears:?}\n{unsettled:?}\n{:?}\n", overlay.stamped_keys());
        text += &format!("{} {} {}", overlay.size(), overlay.has_quiet_writes(), sets(&[(*keyspace, ranges)]));
        let whole = |pending: &Pending| (format!("{:?}", pending.start()), pending.parts().collect::<Vec<_>>());
        text += &format!("{:?}\n", overlay.unsettled().map(|(_, pending)| whole(pending)).collect::<Vec<_>>());
        let mut open = Vec::new();
        overlay.unwritten(b"", b"\xff\xff", &mut |begin, end| open.push((begin.to_vec(), end.to_vec())));
        text += &format!("{open:?}\n");
    }
    text
}

/// What the pipeline relies on, whatever came.
fn check_invariants(request: &Request, options: &DatabaseOptions) {
    assert!(request.read_version > 0);
    assert!(request.clears.is_empty() && request.hits.is_empty());
    let numbers = [
        request.reads.iter().map(|(id, _)| *id).collect::<Vec<_>>(),
        request.writes.iter().map(|(id, _)| *id).collect(),
        request.overlays.iter().map(|(id, _)| *id).collect(),
    ];
    for mut list in numbers {
        let length = list.len();
        list.sort_unstable();
        list.dedup();
        assert!(list.len() == length && !list.contains(&META));
    }
    let check_set = |set: &ConflictSet, bounded: bool| {
        for range in set.iter() {
            let (begin, end) = match range {
                RangeRef::Key(key) => (key.to_vec(), plinth_api::key::successor(key)),
                RangeRef::Range(begin, end) => (begin.to_vec(), end.to_vec()),
            };
            assert!(begin < end);
            assert!(!bounded || begin.as_slice() <= b"\xff\xff");
        }
    };
    request.reads.iter().for_each(|(_, set)| check_set(set, false));
    request.writes.iter().for_each(|(_, set)| check_set(set, true));
    let longest = |key: &[u8]| if key.first() == Some(&0xff) { 30_000 } else { options.key_size_limit + 8 };
    for (_, overlay) in &request.overlays {
        let clears: Vec<_> = overlay.clears().collect();
        assert!(clears.iter().all(|(begin, end)| begin < end && *end <= &b"\xff\xff"[..]));
        assert!(clears.windows(2).all(|pair| pair[0].1 < pair[1].0));
        let keys: Vec<_> = overlay.keys().collect();
        assert!(keys.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for (key, entry) in keys {
            assert!(key < &b"\xff\xff"[..] && key.len() <= longest(key));
            match entry {
                Entry::Set(value) => assert!(value.len() <= options.value_size_limit),
                Entry::Cleared => {}
                Entry::Pending(pending) => {
                    assert!(pending.parts().count() > 0);
                    assert!(pending.parts().all(|part| part <= options.value_size_limit));
                    // A place for a stamp that leads outside would panic, or stay.
                    let settled = pending.settle(Some(b"stored"), Some(&[7; STAMP]), options.value_size_limit);
                    assert!(settled.is_none_or(|value| value.len() <= options.value_size_limit));
                    let cleared = clears.iter().any(|(begin, end)| *begin <= key && key < *end);
                    assert!(!(cleared && pending.is_dependent()));
                }
            }
        }
        for key in overlay.stamped_keys() {
            assert_eq!(key.key(&[7; STAMP]).len(), key.template.len());
            assert!(key.template.len() + 4 <= longest(&key.template) && key.value.len() <= options.value_size_limit);
        }
        overlay.conflicts().into_iter().for_each(|set| check_set(set, true));
        assert_eq!(overlay.unsettled().count() > 0, overlay.is_unsettled());
    }
    let limit = options.transaction.size_limit as usize;
    let writes = size::of_merged_writes(&request.writes, &request.overlays);
    assert!(size::of_mutations(&request.overlays) + writes <= limit);
    assert!(size::of_ranges(&request.reads) <= 4 * limit);
}

#[test]
fn a_commit_arrives_as_it_was_sent() {
    let seed = fastrand::u64(..);
    eprintln!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let options = options();
    for round in 0..3_000 {
        let request = random_request(&mut random);
        let bytes = encoded(&request);
        let came = decoded(&bytes, &options).unwrap_or_else(|error| panic!("seed {seed}, round {round}: {error}"));
        assert_eq!(seen(&request), seen(&came), "seed {seed}, round {round}");
        check_invariants(&came, &options);
        assert!(encoded(&came).len() <= bytes.len(), "seed {seed}, round {round}");
        // What came can be sent on.
        assert_eq!(seen(&decoded(&encoded(&came), &options).unwrap()), seen(&request));
    }
}

#[test]
fn a_commit_that_is_cut_off_is_refused_or_sound() {
    let seed = fastrand::u64(..);
    eprintln!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let options = options();
    for _ in 0..200 {
        let bytes = encoded(&random_request(&mut random));
        for length in 0..bytes.len() {
            // Its length went ahead, so it is noticed wherever it is cut.
            assert!(decoded(&bytes[..length], &options).is_err(), "seed {seed}");
        }
    }
}

/// One wrong byte, or several, or a piece of it elsewhere.
fn mutate(bytes: &mut Vec<u8>, random: &mut fastrand::Rng) {
    for _ in 0..random.usize(1..=4) {
        let at = random.usize(..bytes.len().max(1)).min(bytes.len().saturating_sub(1));
        match random.u8(..6) {
            _ if bytes.is_empty() => bytes.push(random.u8(..)),
            0 => bytes[at] = random.u8(..),
            1 => bytes[at] ^= 1 << random.u8(..8),
            2 => bytes[at] = bytes[at].wrapping_add(1),
            3 => bytes.insert(at, random.u8(..)),
            4 => {
                bytes.remove(at);
            }
            _ => {
                let end = (at + random.usize(1..30)).min(bytes.len());
                let piece = bytes[at..end].to_vec();
                let to = random.usize(..=bytes.len());
                bytes.splice(to..to, piece);
            }
        }
    }
}

/// The items of a commit inside a message whose outer lengths are right.
fn with_items(items: &[u8]) -> Vec<u8> {
    let mut bytes = postcard::to_allocvec(&(1i64, true, false, false, Some([7u8; 16]))).unwrap();
    bytes.extend(postcard::to_allocvec(serde_bytes::Bytes::new(items)).unwrap());
    bytes
}

#[test]
fn a_commit_with_wrong_bytes_is_refused_or_sound() {
    let seed = fastrand::u64(..);
    eprintln!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let options = options();
    let (mut taken, mut codes) = (0, std::collections::BTreeMap::new());
    for _ in 0..400 {
        let bytes = encoded(&random_request(&mut random));
        for _ in 0..250 {
            let mut message = bytes.clone();
            if random.bool() {
                mutate(&mut message, &mut random);
            } else {
                type Whole<'a> = (i64, bool, bool, bool, Option<[u8; 16]>, &'a serde_bytes::Bytes);
                let (.., items): Whole<'_> = postcard::from_bytes(&message).unwrap();
                let mut items = items.to_vec();
                mutate(&mut items, &mut random);
                message = with_items(&items);
            }
            match decoded(&message, &options) {
                Ok(request) => {
                    check_invariants(&request, &options);
                    taken += 1;
                }
                Err(error) => *codes.entry(error.code().number()).or_insert(0) += 1,
            }
        }
    }
    eprintln!("{taken} taken, refused: {codes:?}");
    assert!(codes.keys().all(|code| [9001, 2101, 2102, 2103].contains(code)), "seed {seed}: {codes:?}");
    assert!(taken > 100, "seed {seed}");
}

fn refused(items: &[Item<'_>]) -> Code {
    let bytes: Vec<u8> = items.iter().flat_map(|item| postcard::to_allocvec(item).unwrap()).collect();
    match decoded(&with_items(&bytes), &options()) {
        Ok(_) => Code::SUCCESS,
        Err(error) => error.code(),
    }
}

#[test]
fn what_no_transaction_makes_is_refused() {
    use Item::*;
    let broken = Code::INVALID_ARGUMENT;
    let (long, longer) = ([b'k'; 48], [b'k'; 49]);
    assert_eq!(refused(&[Overlay(0), Set(b"a", b""), Set(b"b", b"")]), Code::SUCCESS);
    assert_eq!(refused(&[Set(b"a", b"")]), broken);
    assert_eq!(refused(&[Overlay(META), Set(b"a", b"")]), broken);
    assert_eq!(refused(&[Overlay(1), Set(b"a", b""), Overlay(1)]), broken);
    assert_eq!(refused(&[Reads(1), Key(b"a"), Reads(1)]), broken);
    assert_eq!(refused(&[Reads(1), Range(b"b", b"a")]), broken);
    assert_eq!(refused(&[Overlay(0), Set(b"a", b""), Set(b"a", b"")]), broken);
    assert_eq!(refused(&[Overlay(0), Set(b"b", b""), Set(b"a", b"")]), broken);
    assert_eq!(refused(&[Overlay(0), Range(b"b", b"b")]), broken);
    assert_eq!(refused(&[Overlay(0), Range(b"a", b"b"), Range(b"b", b"c")]), broken);
    assert_eq!(refused(&[Overlay(0), Range(b"a", b"\xff\xff\0")]), broken);
    assert_eq!(refused(&[Overlay(0), Set(b"\xff\xff/a", b"")]), broken);
    assert_eq!(refused(&[Overlay(0), Set(plinth_api::key::METADATA_VERSION, b"")]), broken);
    assert_eq!(refused(&[Overlay(0), Stored(b"a", false)]), broken);
    assert_eq!(refused(&[Overlay(0), Stored(b"a", false), Atomic(99, b"")]), broken);
    assert_eq!(refused(&[Overlay(0), Stored(b"a", false), Atomic(15, b"..........\0\0\0\0")]), broken);
    assert_eq!(refused(&[Overlay(0), Range(b"a", b"b"), Stored(b"a", false), Atomic(2, b"")]), broken);
    assert_eq!(refused(&[Overlay(0), Stamp(b"a", b"..........\x01\0\0\0")]), broken);
    assert_eq!(refused(&[Overlay(0), Stamped(b"..........", 1, b"")]), broken);
    assert_eq!(refused(&[Overlay(0), Stamped(b"..........", u32::MAX, b"")]), broken);
    assert_eq!(refused(&[Overlay(0), Atomic(2, b"")]), broken);
    assert_eq!(refused(&[Overlay(0), Quiet, Set(b"a", b"")]), broken);
    assert_eq!(refused(&[Overlay(0), Set(&long, &[0; 60])]), Code::SUCCESS);
    assert_eq!(refused(&[Overlay(0), Set(&longer, &[0; 60])]), Code::KEY_TOO_LARGE);
    assert_eq!(refused(&[Overlay(0), Set(&long, &[0; 61])]), Code::VALUE_TOO_LARGE);
    assert_eq!(refused(&[Overlay(0), Cleared(&longer)]), Code::KEY_TOO_LARGE);
    assert_eq!(refused(&[Overlay(0), Range(b"a", &[b'k'; 50])]), Code::KEY_TOO_LARGE);
    assert_eq!(refused(&[Overlay(0), Stamped(&long[..45], 0, b"")]), Code::KEY_TOO_LARGE);
    assert_eq!(refused(&[Writes(0), Key(&[b'k'; 50])]), Code::KEY_TOO_LARGE);
    assert_eq!(refused(&[Overlay(0), Stored(b"a", false), Atomic(2, &[0; 61])]), Code::VALUE_TOO_LARGE);
    let numbers: Vec<_> = (0..=crate::limits::MOST_KEYSPACES as u32).map(Overlay).collect();
    assert_eq!(refused(&numbers), broken);
    assert_eq!(refused(&numbers[1..]), Code::SUCCESS);
    assert_eq!(
        decoded(&postcard::to_allocvec(&(0i64, true, true, "")).unwrap(), &options()).err().map(|e| e.code()),
        Some(broken)
    );
}

/// Rules LIM-4 to LIM-6: as a transaction counts, write ranges merged, and reads more generously.
#[test]
fn a_commit_has_a_largest_size() {
    let keys: Vec<[u8; 4]> = (0..1_000u32).map(u32::to_be_bytes).collect();
    let sets = |count| -> Vec<Item<'_>> {
        let head = [Item::Overlay(0)].into_iter();
        head.chain(keys[..count].iter().map(|key| Item::Set(key, &[0; 36]))).collect()
    };
    // Each is 28 + 4 + 36 bytes and a range of 24 + 2 * 4 + 1.
    let most = 20_000 / (68 + 33);
    assert_eq!(refused(&sets(most)), Code::SUCCESS);
    assert_eq!(refused(&sets(most + 1)), Code::TRANSACTION_TOO_LARGE);
    let ranges = |list, count: usize| -> Vec<Item<'_>> {
        [list].into_iter().chain((0..count).map(|at| Item::Key(&keys[at % 2]))).collect()
    };
    assert_eq!(refused(&ranges(Item::Writes(0), 80_000 / 33)), Code::SUCCESS);
    assert_eq!(refused(&ranges(Item::Writes(0), 80_000 / 33 + 1)), Code::TRANSACTION_TOO_LARGE);
    assert_eq!(refused(&ranges(Item::Reads(0), 80_000 / 33)), Code::SUCCESS);
    assert_eq!(refused(&ranges(Item::Reads(0), 80_000 / 33 + 1)), Code::TRANSACTION_TOO_LARGE);
    let apart: Vec<_> = [Item::Writes(0)].into_iter().chain(keys.iter().map(|key| Item::Range(key, &[1]))).collect();
    assert_eq!(refused(&apart), Code::SUCCESS);
}

#[test]
fn hits_go_there_and_back() {
    let seed = fastrand::u64(..);
    let mut random = fastrand::Rng::with_seed(seed);
    for _ in 0..1_000 {
        let mut sets: Vec<(u32, ConflictSet)> = [4, 0, 9].map(|id| (id, random_set(&mut random))).into();
        let bytes =
            postcard::to_allocvec(&Failure { code: 1020, story: "", hits: hits_of(&sets), winners: vec![] }).unwrap();
        let came = sets_of(&parse::<Failure<'_>>(&bytes).unwrap().hits).unwrap();
        sets.retain(|(_, set)| !set.is_empty());
        let text = |sets: Vec<(u32, ConflictSet)>| seen(&Request { reads: sets, ..Request::default() });
        assert_eq!(text(came), text(sets), "seed {seed}");
    }
    let key = serde_bytes::Bytes::new;
    assert!(sets_of(&[(0, key(b"b"), key(b"a"))]).is_err());
    assert!(sets_of(&[(0, key(b"a"), key(b"")), (1, key(b"a"), key(b"")), (0, key(b"a"), key(b""))]).is_err());
}

/// Prints what a small commit costs; run it with `--nocapture`.
#[test]
fn a_small_commit_takes_a_moment() {
    let mut overlay = Overlay::default();
    for number in 0..10u8 {
        overlay.set(&[number; 16], &[number; 100]);
    }
    let overlays = vec![(0, Arc::new(overlay))];
    let request = Request { read_version: i64::MAX, overlays, ..Request::default() };
    let options = DatabaseOptions::default();
    let (mut out, mut lengths) = (Vec::new(), 0);
    const ROUNDS: u32 = 20_000;
    let begin = Instant::now();
    for _ in 0..ROUNDS {
        out.clear();
        put(&mut out, 1, &Ask::Commit(Commit::of(&request)), 1 << 20).unwrap();
        lengths += out.len();
    }
    let encoding = begin.elapsed() / ROUNDS;
    let begin = Instant::now();
    for _ in 0..ROUNDS {
        let Ask::Commit(commit) = parse(&out[HEADER..]).unwrap() else { panic!("no commit") };
        lengths += commit.request(&options).unwrap().overlays.len();
    }
    let decoding = begin.elapsed() / ROUNDS;
    eprintln!("10 sets of 100 bytes: {} bytes, {encoding:?} to encode, {decoding:?} to decode", out.len());
    assert!(lengths > 0);
}
