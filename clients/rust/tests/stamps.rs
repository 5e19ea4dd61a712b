//! Atomic operations and versionstamps.
mod common;

use common::*;
use foundationdb::options::MutationType;
use foundationdb::tuple::{Subspace, Versionstamp};
use futures::prelude::*;

/// ATOM-2 to ATOM-5: operation, existing value, operand, result; an existing value may be absent.
#[test]
fn table_of_operations() {
    use MutationType::*;
    type Row = (MutationType, Option<&'static [u8]>, &'static [u8], Option<&'static [u8]>);
    let table: [Row; 16] = [
        (Add, Some(b"\xff"), b"\x01\x00", Some(b"\x00\x01")),
        (Add, Some(b"\xff\x01"), b"\x01", Some(b"\x00")),
        (Add, None, b"\x05", Some(b"\x05")),
        (BitAnd, Some(b"\xff\x0f"), b"\x0f", Some(b"\x0f")),
        (BitAnd, Some(b"\xf0"), b"\xff\xff", Some(b"\xf0\x00")),
        (BitAnd, None, b"\xff\xff", Some(b"\xff\xff")),
        (BitOr, Some(b"\x01"), b"\x00\x02", Some(b"\x01\x02")),
        (BitXor, Some(b"\xff"), b"\x0f\x01", Some(b"\xf0\x01")),
        (Max, Some(b"\x00\x01"), b"\xff\x00", Some(b"\x00\x01")),
        (Min, Some(b"\x05"), b"\x06\x00", Some(b"\x05\x00")),
        (Min, Some(b""), b"\x01\x00", Some(b"\x00\x00")),
        (ByteMin, Some(b"ab"), b"b", Some(b"ab")),
        (ByteMax, Some(b"ab"), b"a", Some(b"ab")),
        (AppendIfFits, Some(b"a"), b"x", Some(b"ax")),
        (CompareAndClear, Some(b"\x01"), b"\x01", None),
        (CompareAndClear, Some(b"\x01"), b"\x02", Some(b"\x01")),
    ];
    run(async {
        let at = space("operations");
        let existing = table.iter().enumerate().filter_map(|(i, row)| Some((at.pack(&i), row.1?.to_vec())));
        fill(&existing.collect()).await;
        let trx = begin();
        table.iter().enumerate().for_each(|(i, row)| trx.atomic_op(&at.pack(&i), row.2, row.0));
        // RYW-3: the transaction itself sees the same.
        for (i, row) in table.iter().enumerate() {
            assert_eq!(trx.get(&at.pack(&i), false).await.unwrap().as_deref(), row.3, "row {i}");
        }
        trx.commit().await.unwrap();
        for (i, row) in table.iter().enumerate() {
            assert_eq!(get(&at.pack(&i)).await.as_deref(), row.3, "row {i}");
        }
    });
}

/// ATOM-6: additions from many tasks add up and never conflict.
#[test]
fn additions_add_up() {
    run(async {
        let key = space("additions").pack(&"k");
        let add = |amount: i64| {
            let trx = begin();
            trx.atomic_op(&key, &amount.to_le_bytes(), MutationType::Add);
            trx.commit()
        };
        let amounts: Vec<i64> = (0..1000).map(|i| i * i - 1000).collect();
        future::try_join_all(amounts.iter().map(|amount| add(*amount))).await.unwrap();
        assert_eq!(number(get(&key).await.as_deref()), amounts.iter().sum::<i64>());
    });
}

/// VST-1: the future's stamp is in the key and in the value, and begins with the committed version.
#[test]
fn a_stamp_is_the_same_everywhere() {
    run(async {
        let at = space("stamp");
        let trx = begin();
        let key = at.pack_with_versionstamp(&(Versionstamp::incomplete(7), "end"));
        trx.atomic_op(&key, b"value", MutationType::SetVersionstampedKey);
        let operand = [&[0u8; 3][..], &[0; 10], b"tail", &3u32.to_le_bytes()].concat();
        trx.atomic_op(&at.pack(&"value"), &operand, MutationType::SetVersionstampedValue);
        let stamp = trx.get_versionstamp();
        let committed = trx.commit().await.unwrap().committed_version().unwrap();
        let stamp: [u8; 10] = stamp.await.unwrap()[..].try_into().unwrap();
        assert_eq!(stamp[..8], committed.to_be_bytes());
        let complete = at.pack(&(Versionstamp::complete(stamp, 7), "end"));
        assert_eq!(get(&complete).await, Some(b"value".to_vec()));
        assert_eq!(get(&at.pack(&"value")).await, Some([&[0u8; 3][..], &stamp, b"tail"].concat()));
    });
}

async fn append(at: &Subspace, value: i64) -> [u8; 10] {
    let trx = begin();
    let key = at.pack_with_versionstamp(&Versionstamp::incomplete(0));
    trx.atomic_op(&key, &value.to_le_bytes(), MutationType::SetVersionstampedKey);
    let stamp = trx.get_versionstamp();
    trx.commit().await.unwrap();
    stamp.await.unwrap()[..].try_into().unwrap()
}

/// VST-1, VST-6: one after the other, the keys are in the order of the commits.
#[test]
fn stamps_grow() {
    run(async {
        let at = space("log");
        let mut stamps = Vec::new();
        for i in 0..100 {
            stamps.push(append(&at, i).await);
        }
        assert!(stamps.is_sorted_by(|one, next| one < next));
        let got = rows(&begin(), (&at).into(), false).await.unwrap();
        assert!(got.iter().map(|row| number(Some(&row.1))).eq(0..100));
    });
}

/// VST-1: many at once have as many stamps.
#[test]
fn stamps_are_unique() {
    run(async {
        let at = space("crowd");
        let mut stamps = future::join_all((0..300).map(|i| append(&at, i))).await;
        stamps.sort();
        let got = rows(&begin(), (&at).into(), false).await.unwrap();
        let keys: Vec<_> = stamps.iter().map(|stamp| at.pack(&Versionstamp::complete(*stamp, 0))).collect();
        assert_eq!(got.iter().map(|row| row.0.clone()).collect::<Vec<_>>(), keys);
    });
}

/// RYW-8, COM-4: a stamped value cannot be read before the commit. RYW-9: a clear makes it readable.
#[test]
fn stamped_values_are_unreadable() {
    run(async {
        let key = space("unreadable").pack(&"k");
        let trx = begin();
        trx.atomic_op(&key, &[0; 14], MutationType::SetVersionstampedValue);
        assert_eq!(code(trx.get(&key, false).await), 1036);
        assert_eq!(code(trx.commit().await), 1036);
        let trx = begin();
        trx.atomic_op(&key, &[0; 14], MutationType::SetVersionstampedValue);
        trx.clear(&key);
        assert!(trx.get(&key, false).await.unwrap().is_none());
        trx.commit().await.unwrap();
    });
}

/// COM-12: no stamp without a write, for a refused commit, or after the transaction is gone.
#[test]
fn transactions_without_a_stamp() {
    run(async {
        let key = space("no stamp").pack(&"k");
        let trx = begin();
        let stamp = trx.get_versionstamp();
        trx.commit().await.unwrap();
        assert_eq!(code(stamp.await), 2021);
        let trx = begin();
        trx.get(&key, false).await.unwrap();
        trx.set(&key, b"");
        let stamp = trx.get_versionstamp();
        set(&key, b"overtaken").await;
        assert_eq!(code(trx.commit().await), 1020);
        assert_eq!(code(stamp.await), 2020);
        let trx = begin();
        let stamp = trx.get_versionstamp();
        drop(trx);
        assert_eq!(code(stamp.await), 1025);
    });
}

/// SPEC-10: the metadata version is that of the last commit that changed it.
#[test]
fn metadata_version() {
    run(async {
        for _ in 0..3 {
            let trx = begin();
            trx.update_metadata_version();
            let committed = trx.commit().await.unwrap().committed_version().unwrap();
            assert_eq!(begin().get_metadata_version(false).await.unwrap(), Some(committed));
        }
    });
}

/// VST-4: an offset outside the operand.
#[test]
fn bad_offsets() {
    run(async {
        for operand in [&[0u8; 3][..], &[0; 13], &[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]] {
            let trx = begin();
            trx.atomic_op(b"k", operand, MutationType::SetVersionstampedValue);
            assert_eq!(code(trx.commit().await), 2000);
        }
    });
}
