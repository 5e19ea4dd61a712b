//! Measures Plinth by every way into it, plain RocksDB and RocksDB's two transaction layers side by side in one
//! run, and Plinth as a guest of another process. Relies on the library of this crate for all of it.

use std::process::ExitCode;

use plinth_bench::engines::{self, Kind};
use plinth_bench::{Group, Program};

fn main() -> ExitCode {
    let engines = &[
        Kind::Plinth,
        Kind::Rust,
        Kind::Guest,
        Kind::PlinthSo,
        Kind::FdbC,
        Kind::Cluster,
        Kind::Rocksdb,
        Kind::Optimistic,
        Kind::Pessimistic,
    ];
    let groups = &[
        Group::Reads,
        Group::Writes,
        Group::Fdb,
        Group::Structures,
        Group::Processes,
        Group::Memory,
        Group::History,
        Group::Growth,
    ];
    plinth_bench::main(&Program { name: "plinth-bench", engines, groups, open: engines::open, missing: |_| None })
}
