//! Measures Plinth, plain RocksDB and RocksDB's two transaction layers side by side in one run, and
//! Plinth as a guest of another process. Relies on the library of this crate for all of it.

use std::process::ExitCode;

use plinth_bench::engines::{self, Kind};
use plinth_bench::Program;

fn main() -> ExitCode {
    let engines =
        &[Kind::Plinth, Kind::Guest, Kind::PlinthSo, Kind::FdbC, Kind::Rocksdb, Kind::Optimistic, Kind::Pessimistic];
    plinth_bench::main(&Program { name: "plinth-bench", engines, open: engines::open, missing: |_| None })
}
