//! What the test files share: the network and one database for the process, and keys of one's own.
//! Invariant: each test writes only below its own subspace, since the tests of a file run side by side.
#![allow(dead_code)]

use foundationdb::tuple::Subspace;
use foundationdb::{Database, FdbError, FdbResult, KeySelector, RangeOption, Transaction};
use futures::prelude::*;
use std::sync::OnceLock;
use std::time::Duration;

/// A guard against hanging, not a measurement.
const GUARD: Duration = Duration::from_secs(120);

pub type Rows = Vec<(Vec<u8>, Vec<u8>)>;

/// The database of the process; the first call starts the network, which nothing stops.
pub fn database() -> &'static Database {
    static DATABASE: OnceLock<Database> = OnceLock::new();
    DATABASE.get_or_init(|| {
        std::mem::forget(unsafe { foundationdb::boot() });
        Database::default().expect("a database")
    })
}

pub fn begin() -> Transaction {
    database().create_trx().expect("a transaction")
}

/// Runs a test that waits, on several threads, and ends it if it hangs.
pub fn run<T>(body: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    let result = runtime.block_on(async { tokio::time::timeout(GUARD, body).await });
    result.expect("hangs")
}

/// The keys of one test.
pub fn space(name: &str) -> Subspace {
    Subspace::all().subspace(&("plinth", name))
}

/// The code of the error that this must be.
pub fn code<T, E: Into<FdbError>>(result: Result<T, E>) -> i32 {
    match result {
        Ok(_) => 0,
        Err(err) => err.into().code(),
    }
}

pub async fn set(key: &[u8], value: &[u8]) {
    let trx = begin();
    trx.set(key, value);
    trx.commit().await.expect("a commit");
}

pub async fn get(key: &[u8]) -> Option<Vec<u8>> {
    begin().get(key, false).await.expect("a read").map(|value| value.to_vec())
}

/// Writes the rows, in as many transactions as their size needs.
pub async fn fill(rows: &Rows) {
    for part in rows.chunks(1000) {
        let trx = begin();
        for (key, value) in part {
            trx.set(key, value);
        }
        trx.commit().await.expect("a commit");
    }
}

/// All rows of a range, by the crate's own iteration.
pub async fn rows(trx: &Transaction, option: RangeOption<'_>, snapshot: bool) -> FdbResult<Rows> {
    let pairs = trx.get_ranges_keyvalues(option, snapshot);
    pairs.map_ok(|pair| (pair.key().to_vec(), pair.value().to_vec())).try_collect().await
}

pub fn between(begin: &[u8], end: &[u8]) -> RangeOption<'static> {
    RangeOption::from((
        KeySelector::first_greater_or_equal(begin.to_vec()),
        KeySelector::first_greater_or_equal(end.to_vec()),
    ))
}

pub fn number(value: Option<&[u8]>) -> i64 {
    value.map_or(0, |bytes| i64::from_le_bytes(bytes.try_into().expect("eight bytes")))
}

/// Pseudo-random numbers, the same in every run.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(2).wrapping_add(1))
    }

    pub fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % n
    }
}
