//! Range reads and the crate's streams over them, against a model; mapped ranges in `mapped.rs`.
mod common;

use common::*;
use foundationdb::options::StreamingMode;
use foundationdb::tuple::Subspace;
use foundationdb::{KeySelector, RangeOption};
use futures::prelude::*;
use std::collections::BTreeMap;

type Model = BTreeMap<Vec<u8>, Vec<u8>>;

const ROWS: usize = 4000;

const MODES: [StreamingMode; 6] = [
    StreamingMode::WantAll,
    StreamingMode::Iterator,
    StreamingMode::Small,
    StreamingMode::Medium,
    StreamingMode::Large,
    StreamingMode::Serial,
];

fn key(at: &Subspace, i: usize) -> Vec<u8> {
    at.pack(&(i as i64))
}

async fn stored(name: &str) -> (Subspace, Model) {
    let at = space(name);
    let rows: Rows = (0..ROWS).map(|i| (key(&at, 2 * i), vec![i as u8; 10 + i % 90])).collect();
    fill(&rows).await;
    (at, rows.into_iter().collect())
}

fn expected(model: &Model, begin: &[u8], end: &[u8], reverse: bool, limit: Option<usize>) -> Rows {
    if begin > end {
        return Vec::new();
    }
    let found = model.range(begin.to_vec()..end.to_vec()).map(|(k, v)| (k.clone(), v.clone()));
    let found: Rows = if reverse { found.rev().collect() } else { found.collect() };
    found.into_iter().take(limit.unwrap_or(usize::MAX)).collect()
}

/// RNG-1, RNG-3, RNG-9: random ranges in every mode are the rows of the model.
#[test]
fn streams_match_the_model() {
    run(async {
        let (at, model) = stored("streams").await;
        let mut random = Random::new(1);
        for round in 0..90 {
            let (b, e) = (key(&at, random.below(2 * ROWS)), key(&at, random.below(2 * ROWS)));
            let reverse = random.below(2) == 1;
            let limit = [None, Some(1), Some(3), Some(200), Some(1500)][random.below(5)];
            let option = RangeOption { mode: MODES[round % 6], limit, reverse, ..between(&b, &e) };
            let snapshot = random.below(2) == 1;
            let got = rows(&begin(), option, snapshot).await.unwrap();
            assert_eq!(got, expected(&model, &b, &e, reverse, limit), "round {round}");
        }
    });
}

/// RNG-10: streams hold what the transaction wrote, and not what it cleared.
#[test]
fn streams_see_own_writes() {
    run(async {
        let (at, stored) = stored("own writes").await;
        let mut random = Random::new(2);
        for round in 0..15 {
            let (trx, mut model) = (begin(), stored.clone());
            for i in 0..80 {
                let (k, other) = (key(&at, random.below(2 * ROWS)), key(&at, random.below(2 * ROWS)));
                match random.below(8) {
                    0 if k < other => {
                        trx.clear_range(&k, &other);
                        model.retain(|key, _| *key < k || *key >= other);
                    }
                    1 | 2 => {
                        trx.clear(&k);
                        model.remove(&k);
                    }
                    _ => {
                        trx.set(&k, &[i]);
                        model.insert(k, vec![i]);
                    }
                }
            }
            let (b, e) = (key(&at, random.below(ROWS)), key(&at, ROWS + random.below(ROWS)));
            let reverse = random.below(2) == 1;
            let got = rows(&trx, RangeOption { reverse, ..between(&b, &e) }, false).await.unwrap();
            assert_eq!(got, expected(&model, &b, &e, reverse, None), "round {round}");
        }
    });
}

/// RNG-4, RNG-6: a call ends with the row that reaches the byte limit of its mode.
#[test]
fn byte_limits_of_the_modes() {
    run(async {
        let (at, _) = stored("bytes").await;
        let (b, e) = at.range();
        let modes = [
            (256, StreamingMode::Small),
            (1000, StreamingMode::Medium),
            (4096, StreamingMode::Large),
            (80_000, StreamingMode::Serial),
            (80_000, StreamingMode::WantAll),
            (9216, StreamingMode::Iterator),
        ];
        for (limit, mode) in modes {
            for reverse in [false, true] {
                let option = RangeOption { mode, reverse, ..between(&b, &e) };
                let values = begin().get_range(&option, 3, false).await.unwrap();
                let costs: Vec<_> = values.iter().map(|kv| 8 + kv.key().len() + kv.value().len()).collect();
                let sum: usize = costs.iter().sum();
                assert!(values.more() && sum >= limit && sum - costs[costs.len() - 1] < limit, "{mode:?}: {sum}");
            }
        }
    });
}

/// RNG-8: `more` says that a limit was reached, also with the last row. RNG-7: EXACT brings all asked for.
#[test]
fn more_and_exact() {
    run(async {
        let (at, model) = stored("exact").await;
        let (b, e) = at.range();
        for (limit, more) in [(ROWS - 1, true), (ROWS, true), (ROWS + 1, false)] {
            let option = RangeOption { mode: StreamingMode::Exact, limit: Some(limit), ..between(&b, &e) };
            let values = begin().get_range(&option, 1, false).await.unwrap();
            assert_eq!((values.len(), values.more()), (limit.min(ROWS), more));
        }
        let option = RangeOption { mode: StreamingMode::Exact, ..between(&b, &e) };
        assert_eq!(code(begin().get_range(&option, 1, false).await), 2210);
        assert_eq!(code(begin().get_range(&between(&b, &e), 0, false).await), 2000);
        let all = begin().get_ranges(between(&b, &e), false).map_ok(|v| v.len()).try_collect::<Vec<_>>().await;
        let all = all.unwrap();
        assert!(all.len() > 1 && all.iter().sum::<usize>() == model.len());
    });
}

/// FUT-8: rows live on after the transaction that read them.
#[test]
fn rows_outlive_the_transaction() {
    run(async {
        let (at, model) = stored("outlive").await;
        let (b, e) = at.range();
        let trx = begin();
        let values = trx.get_range(&RangeOption { mode: StreamingMode::Serial, ..between(&b, &e) }, 1, false);
        let values = values.await.unwrap();
        let value = trx.get(&key(&at, 0), false).await.unwrap().unwrap();
        drop(trx);
        let other = begin();
        other.clear_range(&b, &e);
        other.commit().await.unwrap();
        let got: Rows = values.iter().map(|kv| (kv.key().to_vec(), kv.value().to_vec())).collect();
        assert_eq!(got, expected(&model, &b, &e, false, Some(values.len())));
        assert_eq!(value.to_vec(), model[&key(&at, 0)]);
        assert!(rows(&begin(), between(&b, &e), false).await.unwrap().is_empty());
    });
}

/// SEL-2: ranges between selectors. RNG-2: none when they are the wrong way round.
#[test]
fn selectors_as_bounds() {
    run(async {
        let (at, _) = stored("bounds").await;
        let k = |i: usize| key(&at, i);
        let cases = [
            (KeySelector::first_greater_than(k(10)), KeySelector::first_greater_or_equal(k(16)), vec![12, 14]),
            (KeySelector::last_less_than(k(10)), KeySelector::first_greater_than(k(10)), vec![8, 10]),
            (KeySelector::last_less_or_equal(k(11)), KeySelector::first_greater_or_equal(k(13)), vec![10, 12]),
            (KeySelector::first_greater_or_equal(k(10)), KeySelector::first_greater_or_equal(k(10)), vec![]),
            (KeySelector::first_greater_than(k(20)), KeySelector::last_less_than(k(10)), vec![]),
        ];
        let trx = begin();
        for (b, e, expected) in cases {
            let got = rows(&trx, RangeOption::from((b, e)), false).await.unwrap();
            let expected: Vec<_> = expected.into_iter().map(k).collect();
            assert_eq!(got.into_iter().map(|row| row.0).collect::<Vec<_>>(), expected);
        }
    });
}

/// EST-1, EST-2: estimates and split points.
#[test]
fn estimates_and_split_points() {
    run(async {
        let (at, _) = stored("split").await;
        let (b, e) = at.range();
        assert!(begin().get_estimated_range_size_bytes(&b, &e).await.unwrap() >= 0);
        let points = begin().get_range_split_points(&b, &e, 20_000).await.unwrap();
        let points: Vec<_> = points.iter().map(|point| point.key().to_vec()).collect();
        assert_eq!((&points[0], &points[points.len() - 1]), (&b, &e));
        assert!(points.is_sorted_by(|one, next| one < next));
        assert_eq!(code(begin().get_range_split_points(&e, &b, 20_000).await), 2005);
    });
}
