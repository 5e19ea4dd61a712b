//! Mapped ranges: an index and the records it points to, read in one call.
mod common;

use common::*;
use foundationdb::options::{StreamingMode, TransactionOption};
use foundationdb::tuple::{Subspace, pack};
use foundationdb::{FdbResult, RangeOption, Transaction};
use futures::prelude::*;

const RECORDS: i64 = 900;
const COLOURS: [&str; 3] = ["blue", "brown", "green"];

/// An index entry with its value, and the rows of its record.
type Entry = (Vec<u8>, Vec<u8>, Rows);

fn colour(id: i64) -> &'static str {
    COLOURS[(id % 3) as usize]
}

fn record(at: &Subspace, id: i64) -> Rows {
    (0..1 + id % 4).map(|field| (at.pack(&("data", id, field)), vec![id as u8; field as usize])).collect()
}

async fn stored(name: &str) -> Subspace {
    let at = space(name);
    for id in 0..RECORDS {
        let index = (at.pack(&("index", colour(id), id)), pack(&(id,)));
        fill(&record(&at, id).into_iter().chain([index]).collect()).await;
    }
    at
}

fn expected(at: &Subspace, wanted: &str, reverse: bool) -> Vec<Entry> {
    let ids = (0..RECORDS).filter(|id| colour(*id) == wanted);
    let entry = |id| (at.pack(&("index", wanted, id)), pack(&(id,)), record(at, id));
    if reverse { ids.rev().map(entry).collect() } else { ids.map(entry).collect() }
}

fn index(at: &Subspace, wanted: &str) -> RangeOption<'static> {
    let (begin, end) = at.subspace(&("index", wanted)).range();
    between(&begin, &end)
}

/// The keys are ("plinth", name, "index", colour, id); the fifth element is the record's.
fn mapper(name: &str, element: &str) -> Vec<u8> {
    pack(&("plinth", name, "data", element, "{...}"))
}

async fn read(trx: &Transaction, option: RangeOption<'_>, mapper: &[u8]) -> FdbResult<Vec<Entry>> {
    let pages = trx.get_mapped_ranges(option, mapper, false).try_collect::<Vec<_>>().await?;
    let mut entries = Vec::new();
    for entry in pages.iter().flatten() {
        let rows = entry.key_values().iter().map(|kv| (kv.key().to_vec(), kv.value().to_vec())).collect();
        entries.push((entry.parent_key().to_vec(), entry.parent_value().to_vec(), rows));
    }
    Ok(entries)
}

/// MAP-1: each index entry comes with the rows of its record, found by its key or by its value.
#[test]
fn entries_come_with_their_records() {
    run(async {
        let at = stored("mapped").await;
        for element in ["{K[4]}", "{V[0]}"] {
            for wanted in COLOURS {
                for reverse in [false, true] {
                    let option = RangeOption { reverse, ..index(&at, wanted) };
                    let got = read(&begin(), option, &mapper("mapped", element)).await.unwrap();
                    assert_eq!(got, expected(&at, wanted, reverse), "{element} {wanted}");
                }
            }
        }
    });
}

/// MAP-1: a limit counts index entries.
#[test]
fn a_limit_counts_entries() {
    run(async {
        let at = stored("mapped limit").await;
        for mode in [StreamingMode::WantAll, StreamingMode::Small, StreamingMode::Iterator] {
            let option = RangeOption { limit: Some(40), mode, ..index(&at, "brown") };
            let got = read(&begin(), option, &mapper("mapped limit", "{K[4]}")).await.unwrap();
            assert_eq!(got, expected(&at, "brown", false)[..40]);
        }
        let option = RangeOption { limit: Some(1), mode: StreamingMode::Exact, ..index(&at, "green") };
        let page = begin().get_mapped_range(&option, &mapper("mapped limit", "{K[4]}"), 1, false).await.unwrap();
        assert_eq!((page.len(), page.more()), (1, true));
    });
}

/// MAP-1: an entry without a record has no rows, and an index without entries no result.
#[test]
fn missing_records() {
    run(async {
        let at = space("mapped missing");
        fill(&vec![(at.pack(&("index", "blue", 1i64)), vec![])]).await;
        let mapper = mapper("mapped missing", "{K[4]}");
        let got = read(&begin(), index(&at, "blue"), &mapper).await.unwrap();
        assert_eq!(got, [(at.pack(&("index", "blue", 1i64)), vec![], vec![])]);
        assert!(read(&begin(), index(&at, "green"), &mapper).await.unwrap().is_empty());
    });
}

/// MAP-1: what cannot be mapped is an error, snapshot reads and reads without own writes among it.
#[test]
fn what_cannot_be_mapped() {
    run(async {
        let at = stored("mapped errors").await;
        let read = async |trx: Transaction, mapper: &[u8], snapshot| {
            code(trx.get_mapped_range(&index(&at, "blue"), mapper, 1, snapshot).await)
        };
        let good = mapper("mapped errors", "{K[4]}");
        assert_eq!(read(begin(), &good, false).await, 0);
        assert_eq!(read(begin(), &good, true).await, 2108);
        let without = begin();
        without.set_option(TransactionOption::ReadYourWritesDisable).unwrap();
        assert_eq!(read(without, &good, false).await, 2108);
        assert_eq!(read(begin(), b"\xfa not a tuple", false).await, 2043);
        assert_eq!(read(begin(), &mapper("mapped errors", "{K[99]}"), false).await, 2030);
        assert_eq!(read(begin(), &pack(&("data", "{...}", "{K[4]}")), false).await, 2032);
    });
}

/// CONF-5: a mapped range conflicts with a change of the index and with one of a record it read.
#[test]
fn mapped_ranges_conflict() {
    run(async {
        let at = stored("mapped conflicts").await;
        let (entry, row) = (at.pack(&("index", "blue", 1_000i64)), at.pack(&("data", 0i64, 0i64)));
        let elsewhere = at.pack(&("data", 1i64, 0i64));
        for (key, expected) in [(entry, 1020), (row, 1020), (elsewhere, 0)] {
            let trx = begin();
            read(&trx, index(&at, "blue"), &mapper("mapped conflicts", "{K[4]}")).await.unwrap();
            trx.set(&at.pack(&"written"), b"");
            set(&key, b"changed").await;
            assert_eq!(code(trx.commit().await), expected);
        }
    });
}
