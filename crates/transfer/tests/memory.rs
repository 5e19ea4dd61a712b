//! What a dump and a load take of memory. Alone in its program, because it looks at the whole process.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;
use std::sync::Arc;

use plinth_api::{Database, DatabaseOptions, Preset};
use plinth_transfer::{dump_to_file, load_from_file, DumpOptions, LoadOptions};

/// So much may be added, beyond the database's own memory.
const MOST: u64 = 64 << 20;
const MEGABYTES: u32 = 250;

/// A figure of the process, in bytes.
fn figure(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() << 10
}

/// The most that the process has had since.
fn forget_the_peak() {
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
}

fn open(path: &Path) -> Arc<dyn Database> {
    let options = DatabaseOptions {
        preset: Preset::SmallMemory,
        memory_budget: Preset::SmallMemory.memory_budget(),
        ..DatabaseOptions::default()
    };
    plinth_engine::open(path.to_str().unwrap(), options).unwrap()
}

#[test]
fn a_dump_and_a_load_take_little_memory() {
    let dir = tempfile::tempdir().unwrap();
    let from = open(&dir.path().join("from"));
    let mut rng = fastrand::Rng::with_seed(1);
    for megabyte in 0..MEGABYTES {
        let transaction = from.begin().unwrap();
        for number in 0..100u32 {
            let mut value = vec![0; 10_400];
            rng.fill(&mut value);
            transaction.set(0, &[megabyte.to_be_bytes(), number.to_be_bytes()].concat(), &value).unwrap();
        }
        transaction.commit().unwrap();
    }
    let dump = dir.path().join("dump");
    forget_the_peak();
    let before = figure("VmRSS");
    let dumped = dump_to_file(&*from, &dump, DumpOptions::default(), &()).unwrap();
    let added = figure("VmHWM").saturating_sub(before);
    println!("a dump of {} MB added {} MB", dumped.bytes >> 20, added >> 20);
    assert!(dumped.bytes > 240 << 20 && added < MOST, "{added}");
    drop(from);
    let to = open(&dir.path().join("to"));
    // The cache and the write buffers of the database itself are allowed for: they fill up.
    let budget = Preset::SmallMemory.memory_budget() as u64;
    forget_the_peak();
    let before = figure("VmRSS");
    let loaded = load_from_file(&*to, &dump, LoadOptions::default(), &()).unwrap();
    let added = figure("VmHWM").saturating_sub(before);
    println!("a load added {} MB to a budget of {} MB", added >> 20, budget >> 20);
    assert_eq!(loaded.dumped, dumped);
    assert!(added < MOST + budget, "{added}");
}
