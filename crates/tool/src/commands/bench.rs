//! A quick look at what a machine gives: reads and commits, in a keyspace or a directory that is there for it only.
//!
//! What was made is removed, whatever happened, except by a kill: then its name, which begins with `plinth-bench-`,
//! tells what it is.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};

use plinth_api::{
    lock::Patience, Database, DatabaseOptions, Durability, KeySelector, RangeOptions, Transaction, TransactionOption,
};
use serde_json::{json, Value};

use crate::call::Call;
use crate::context::Context;
use crate::failure::{Failure, Found, Outcome};
use crate::number::{grouped, seconds};
use crate::opening;
use crate::progress::Bar;
use crate::text::safe;

/// Keys that one transaction of the loading writes.
const BATCH: u64 = 500;
/// Bytes of a key.
const KEY: u64 = 16;
/// Pairs of a range read.
const PAIRS: usize = 100;

/// What is asked for.
struct Plan {
    time: Duration,
    threads: u64,
    keys: u64,
    value: Vec<u8>,
}

/// `bench DIRECTORY [--scratch] [--seconds N] [--threads N] [--keys N] [--value BYTES]`
pub fn bench(context: &mut Context, place: &str, call: &Call) -> Outcome {
    call.at_most(0)?;
    let plan = Plan {
        time: Duration::from_secs(call.number("seconds", 1, 1..=3_600)?),
        threads: call.number("threads", 4, 1..=256)?,
        keys: call.number("keys", 10_000, 100..=10_000_000)?,
        // Bytes that don't compress to nothing.
        value: noise(call.number("value", 100, 1..=100_000)?),
    };
    if call.has("scratch") {
        opening::not_a_cluster(place, "has no directory for --scratch; without it a keyspace is made for the time")?;
        let directory = Scratch::make(Path::new(place))?;
        let text = directory.0.to_str().ok_or_else(|| Failure::usage("the path of the DIRECTORY is not text"))?;
        let options = DatabaseOptions { must_not_exist: true, ..context.settings.options.clone() };
        let database = plinth_engine::open(text, options)?;
        let measured = measure(context, &database, 0, &plan, place);
        let closed = database.close();
        directory.remove()?;
        closed?;
        return measured;
    }
    let database = opening::open(place, &context.settings)?;
    let name = format!("plinth-bench-{}", std::process::id());
    let keyspace = database.open_keyspace(&name)?;
    let measured = measure(context, &database, keyspace.id, &plan, place);
    let dropped = database.drop_keyspace(&name);
    let closed = database.close();
    let found = measured?;
    dropped?;
    closed?;
    Ok(found)
}

/// A directory that goes when it is no longer used.
struct Scratch(PathBuf);

impl Scratch {
    fn make(parent: &Path) -> Result<Self, Failure> {
        let path = parent.join(format!("plinth-bench-{}", std::process::id()));
        let doing = || format!("making {}", path.display());
        std::fs::create_dir(&path).map_err(|error| Failure::Io(doing(), error))?;
        Ok(Self(path))
    }

    fn remove(self) -> Result<(), Failure> {
        let doing = || format!("removing {}", self.0.display());
        std::fs::remove_dir_all(&self.0).map_err(|error| Failure::Io(doing(), error))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn noise(length: u64) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    (0..length).map(|_| (next(&mut state) >> 56) as u8).collect()
}

/// The next number of a sequence without order (xorshift).
fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

fn key(number: u64) -> [u8; 16] {
    let mut key = *b"bench/0000000000";
    let mut rest = number;
    for digit in key[6..].iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    key
}

/// One call of the work that is measured.
type Work = fn(&dyn Transaction, u32, &Plan, u64) -> plinth_api::Result<()>;

fn measure(context: &mut Context, database: &Arc<dyn Database>, keyspace: u32, plan: &Plan, place: &str) -> Outcome {
    let stages: [(&str, &str, u64, Option<Durability>, Work); 6] = [
        ("read", "point reads", plan.threads, None, read),
        ("range", "ranges of 100 pairs", plan.threads, None, range),
        ("commit_sync_1", "commits, sync, 1 thread", 1, Some(Durability::Sync), write),
        ("commit_sync", "commits, sync", plan.threads, Some(Durability::Sync), write),
        ("commit_buffered", "commits, buffered", plan.threads, Some(Durability::Buffered), write),
        ("read_write", "read and write, buffered", plan.threads, Some(Durability::Buffered), read_write),
    ];
    let bar = Bar::new(context, "loading");
    let loaded = load(&**database, keyspace, plan, &bar);
    bar.end();
    loaded?;
    if !context.out.is_json() {
        let (keys, value) = (grouped(plan.keys), plan.value.len());
        let line = format!("{}: {keys} keys, values of {value} bytes, {} threads", safe(place), plan.threads);
        context.out.line(&line)?;
        let heading = format!("{:28}{:>12}{:>12}{:>12}{:>12}", "", "a second", "p50", "p99", "longest");
        let heading = context.out.strong(&heading);
        context.out.line(&heading)?;
        context.out.flush()?;
    }
    let mut documents = serde_json::Map::new();
    for (name, title, threads, durability, work) in stages {
        let times = run(database, keyspace, plan, threads, durability, work)?;
        documents.insert(name.to_owned(), times.document(plan.time));
        if !context.out.is_json() {
            context.out.line(&times.row(title, plan.time))?;
            context.out.flush()?;
        }
    }
    if context.out.is_json() {
        let value = json!({
            "command": "bench", "directory": place, "keys": plan.keys, "value_bytes": plan.value.len(),
            "threads": plan.threads, "seconds": plan.time.as_secs(), "results": documents,
        });
        context.out.value(&value)?;
    }
    Ok(Found::Yes)
}

fn load(database: &dyn Database, keyspace: u32, plan: &Plan, bar: &Bar) -> Result<(), Failure> {
    let mut first = 0;
    while first < plan.keys {
        let transaction = database.begin()?;
        transaction.set_option(TransactionOption::Durability(Durability::Buffered))?;
        let mut patience = Patience::default();
        loop {
            let outcome = (first..plan.keys.min(first + BATCH))
                .try_for_each(|number| transaction.set(keyspace, &key(number), &plan.value))
                .and_then(|()| transaction.commit());
            match outcome {
                Ok(()) => break,
                Err(error) => transaction.on_error(patience.bear(error)?)?,
            }
        }
        first = plan.keys.min(first + BATCH);
        let pair = KEY + plan.value.len() as u64;
        if !bar.at(first * pair, plan.keys * pair) {
            return Err(Failure::Interrupted);
        }
    }
    Ok(())
}

fn read(transaction: &dyn Transaction, keyspace: u32, plan: &Plan, random: u64) -> plinth_api::Result<()> {
    transaction.get(keyspace, &key(random % plan.keys), false).map(drop)
}

fn range(transaction: &dyn Transaction, keyspace: u32, plan: &Plan, random: u64) -> plinth_api::Result<()> {
    let begin = KeySelector::first_greater_or_equal(key(random % plan.keys));
    let end = KeySelector::first_greater_or_equal(key(plan.keys));
    let options = RangeOptions { limit: PAIRS, ..RangeOptions::default() };
    transaction.get_range(keyspace, begin, end, options).map(drop)
}

fn write(transaction: &dyn Transaction, keyspace: u32, plan: &Plan, random: u64) -> plinth_api::Result<()> {
    transaction.set(keyspace, &key(random % plan.keys), &plan.value)?;
    transaction.commit()
}

fn read_write(transaction: &dyn Transaction, keyspace: u32, plan: &Plan, random: u64) -> plinth_api::Result<()> {
    transaction.get(keyspace, &key(random % plan.keys), false)?;
    write(transaction, keyspace, plan, random)
}

/// Does the work on so many threads for the time of the plan.
fn run(
    database: &Arc<dyn Database>,
    keyspace: u32,
    plan: &Plan,
    threads: u64,
    durability: Option<Durability>,
    work: Work,
) -> Result<Times, Failure> {
    let stop = AtomicBool::new(false);
    let results: Vec<_> = std::thread::scope(|scope| {
        let handles: Vec<_> = (1..=threads)
            .map(|seed| {
                let stop = &stop;
                scope.spawn(move || one_thread(&**database, keyspace, plan, seed, durability, work, stop))
            })
            .collect();
        let until = Instant::now() + plan.time;
        while Instant::now() < until && !crate::interrupt::seen() {
            std::thread::sleep(until.saturating_duration_since(Instant::now()).min(Duration::from_millis(20)));
        }
        stop.store(true, Ordering::Relaxed);
        handles.into_iter().map(|handle| handle.join()).collect()
    });
    if crate::interrupt::seen() {
        return Err(Failure::Interrupted);
    }
    let mut all = Times::default();
    for result in results {
        let times = result.map_err(|_| Failure::Damaged("a thread of the measurement panicked".to_owned()))?;
        all.add(&times?);
    }
    Ok(all)
}

fn one_thread(
    database: &dyn Database,
    keyspace: u32,
    plan: &Plan,
    seed: u64,
    durability: Option<Durability>,
    work: Work,
    stop: &AtomicBool,
) -> Result<Times, Failure> {
    let (mut times, mut random) = (Times::default(), seed.wrapping_mul(0x2545_f491_4f6c_dd1d));
    while !stop.load(Ordering::Relaxed) {
        let began = Instant::now();
        let transaction = database.begin()?;
        if let Some(durability) = durability {
            transaction.set_option(TransactionOption::Durability(durability))?;
        }
        let random = next(&mut random);
        let mut patience = Patience::default();
        while let Err(error) = work(&*transaction, keyspace, plan, random) {
            times.retries += 1;
            transaction.on_error(patience.bear(error)?)?;
        }
        times.note(began.elapsed());
    }
    Ok(times)
}

/// Times of calls, by size: each bucket is a sixteenth wider than the one before.
struct Times {
    buckets: Vec<u64>,
    count: u64,
    longest: Duration,
    retries: u64,
}

const BUCKETS: usize = 420;
const WIDER: f64 = 1.0625;

impl Default for Times {
    fn default() -> Self {
        Self { buckets: vec![0; BUCKETS], count: 0, longest: Duration::ZERO, retries: 0 }
    }
}

impl Times {
    fn note(&mut self, time: Duration) {
        let bucket = ((time.as_nanos().max(1) as f64).ln() / WIDER.ln()) as usize;
        self.buckets[bucket.min(BUCKETS - 1)] += 1;
        self.count += 1;
        self.longest = self.longest.max(time);
    }

    fn add(&mut self, other: &Self) {
        for (mine, others) in self.buckets.iter_mut().zip(&other.buckets) {
            *mine += others;
        }
        self.count += other.count;
        self.retries += other.retries;
        self.longest = self.longest.max(other.longest);
    }

    /// The time in seconds below which this part of the calls was.
    fn below(&self, part: f64) -> f64 {
        let wanted = (self.count as f64 * part).ceil() as u64;
        let mut sum = 0;
        for (bucket, count) in self.buckets.iter().enumerate() {
            sum += count;
            if sum >= wanted {
                return (WIDER.powf(bucket as f64 + 0.5) / 1e9).min(self.longest.as_secs_f64());
            }
        }
        self.longest.as_secs_f64()
    }

    fn row(&self, title: &str, time: Duration) -> String {
        format!(
            "{title:28}{:>12}{:>12}{:>12}{:>12}",
            grouped((self.count as f64 / time.as_secs_f64()) as u64),
            seconds(self.below(0.5)),
            seconds(self.below(0.99)),
            seconds(self.longest.as_secs_f64()),
        )
    }

    fn document(&self, time: Duration) -> Value {
        json!({
            "per_second": self.count as f64 / time.as_secs_f64(),
            "count": self.count,
            "retries": self.retries,
            "p50_seconds": self.below(0.5),
            "p99_seconds": self.below(0.99),
            "longest_seconds": self.longest.as_secs_f64(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_times_are_right_to_a_sixteenth() {
        let mut times = Times::default();
        for micros in 1..=1_000 {
            times.note(Duration::from_micros(micros));
        }
        for (part, expected) in [(0.5, 500e-6), (0.99, 990e-6)] {
            let off = times.below(part) / expected;
            assert!((0.93..1.07).contains(&off), "{part}: {off}");
        }
        assert!(times.below(1.0) <= 1e-3);
    }

    #[test]
    fn keys_are_in_order() {
        assert_eq!(&key(12_345), b"bench/0000012345");
        assert!(key(9) < key(10));
    }
}
