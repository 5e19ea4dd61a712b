//! One measurement: threads that run transactions until the time is over. Relies on the engines
//! for the transactions and on `machine` for processor time, memory and the choice of core.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Barrier, OnceLock};
use std::time::{Duration, Instant};

use serde_json::{json, Value};

use crate::case::{Case, Durability};
use crate::data::Values;
use crate::engines::Engine;
use crate::error::{Context, Error, Result};
use crate::generator::Generator;
use crate::histogram::Histogram;
use crate::machine;

/// Rounds so far in this process. Seeds are made of it: no two rounds have the same transactions,
/// but every engine has the same ones in the same round.
static ROUND: AtomicU64 = AtomicU64::new(1);

/// What one round gave.
#[derive(Clone)]
pub struct Sample {
    /// Transactions that ended in success, a second.
    pub per_second: f64,
    /// Median time of a transaction with its retries, in microseconds.
    pub p50_us: f64,
    /// The same for 90 of 100.
    pub p90_us: f64,
    /// For 99 of 100.
    pub p99_us: f64,
    /// For 999 of 1,000.
    pub p999_us: f64,
    /// Processor time of the whole process, and of its servers, for each transaction, in microseconds.
    pub cpu_us: f64,
    /// Times a transaction had to be tried again.
    pub conflicts: u64,
    /// Commits, as the engine counts them; 0 if it does not.
    pub commits: u64,
    /// Syncs of the log, likewise.
    pub syncs: u64,
    /// Peak resident memory of the process during the round.
    pub peak_bytes: u64,
}

/// What one thread did.
struct Share {
    histogram: Histogram,
    counted: u64,
    transactions: u64,
    conflicts: u64,
}

/// Runs one case for so many seconds.
pub fn measure(engine: &dyn Engine, case: &Case, keys: u64, values: &Values, seconds: f64) -> Result<Sample> {
    let _pinned = case.work.one_core.then(machine::Pinned::to_one_core).transpose()?;
    machine::reset_peak();
    let before = engine.counters()?;
    let cpu = machine::cpu_time()? + engine.servers_cpu()?;
    let shares = run_threads(engine, case, keys, values, seconds)?;
    let cpu = (machine::cpu_time()? + engine.servers_cpu()?).saturating_sub(cpu);
    let after = engine.counters()?;

    let mut all = Histogram::new();
    shares.iter().for_each(|share| all.merge(&share.histogram));
    let transactions: u64 = shares.iter().map(|share| share.transactions).sum();
    Ok(Sample {
        per_second: shares.iter().map(|share| share.counted).sum::<u64>() as f64 / (seconds * (1.0 - LEAD_IN)),
        p50_us: all.percentile(0.5) as f64 / 1e3,
        p90_us: all.percentile(0.9) as f64 / 1e3,
        p99_us: all.percentile(0.99) as f64 / 1e3,
        p999_us: all.percentile(0.999) as f64 / 1e3,
        cpu_us: cpu.as_secs_f64() * 1e6 / transactions.max(1) as f64,
        conflicts: shares.iter().map(|share| share.conflicts).sum(),
        commits: after.commits - before.commits,
        syncs: after.syncs - before.syncs,
        peak_bytes: machine::peak_memory()?,
    })
}

/// Has an engine opened again and again, by `open`, which also closes it, and tells the time that this took.
pub fn measure_opening(seconds: f64, mut open: impl FnMut() -> Result<Duration>) -> Result<Sample> {
    machine::reset_peak();
    let cpu = machine::cpu_time()?;
    let (began, mut times, mut total) = (Instant::now(), Histogram::new(), Duration::ZERO);
    let mut count = 0u64;
    while count == 0 || began.elapsed().as_secs_f64() < seconds {
        let time = open()?;
        times.record(time.as_nanos() as u64, 1);
        (total, count) = (total + time, count + 1);
    }
    let percentile = |share| times.percentile(share) as f64 / 1e3;
    Ok(Sample {
        per_second: count as f64 / total.as_secs_f64(),
        p50_us: percentile(0.5),
        p90_us: percentile(0.9),
        p99_us: percentile(0.99),
        p999_us: percentile(0.999),
        cpu_us: (machine::cpu_time()? - cpu).as_secs_f64() * 1e6 / count as f64,
        conflicts: 0,
        commits: 0,
        syncs: 0,
        peak_bytes: machine::peak_memory()?,
    })
}

fn run_threads(engine: &dyn Engine, case: &Case, keys: u64, values: &Values, seconds: f64) -> Result<Vec<Share>> {
    let start = (Barrier::new(case.threads), OnceLock::new());
    let seed = 1_000 * ROUND.fetch_add(1, Ordering::Relaxed);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..case.threads)
            .map(|number| {
                let start = &start;
                scope.spawn(move || {
                    one_thread(
                        engine,
                        case,
                        Generator::new(case.work, keys, values, seed + number as u64),
                        seconds,
                        start,
                    )
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| Err(Error::new("a measuring thread panicked"))))
            .collect()
    })
}

/// The part of a round that is not counted: it warms the processor's caches again after another
/// engine's turn, and all threads are under way when it ends.
const LEAD_IN: f64 = 0.05;

/// Counts what ends between the lead-in and the end, which are the same moments for all threads.
fn one_thread(
    engine: &dyn Engine,
    case: &Case,
    mut generator: Generator<'_>,
    seconds: f64,
    start: &(Barrier, OnceLock<Instant>),
) -> Result<Share> {
    let session = engine.session(case.durability == Durability::Sync);
    let mut share = Share { histogram: Histogram::new(), counted: 0, transactions: 0, conflicts: 0 };
    let repeat = case.work.repeat();
    // Even a thread that failed must come to the barrier, or the others wait for ever.
    start.0.wait();
    let mut session = session?;
    let began = *start.1.get_or_init(Instant::now);
    let (from, until) = (began + Duration::from_secs_f64(seconds * LEAD_IN), began + Duration::from_secs_f64(seconds));
    loop {
        let transaction = generator.next();
        let before = Instant::now();
        for _ in 0..repeat {
            share.conflicts += session.run(&transaction)?;
        }
        let after = Instant::now();
        share.transactions += repeat;
        if after >= until {
            return Ok(share);
        }
        if after >= from {
            share.histogram.record((after - before).as_nanos() as u64 / repeat, repeat);
            share.counted += repeat;
        }
    }
}

impl Sample {
    /// As a line for the parent process.
    pub fn to_json(&self) -> Value {
        json!({
            "per_second": self.per_second, "p50_us": self.p50_us, "p90_us": self.p90_us, "p99_us": self.p99_us,
            "p999_us": self.p999_us, "cpu_us": self.cpu_us,
            "conflicts": self.conflicts, "commits": self.commits, "syncs": self.syncs, "peak_bytes": self.peak_bytes,
        })
    }

    /// From such a line.
    pub fn from_json(value: &Value) -> Result<Self> {
        let real = |name: &str| value[name].as_f64().ok_or(name).context("a sample lacks a number");
        let whole = |name: &str| value[name].as_u64().ok_or(name).context("a sample lacks a number");
        Ok(Self {
            per_second: real("per_second")?,
            p50_us: real("p50_us")?,
            p90_us: real("p90_us")?,
            p99_us: real("p99_us")?,
            p999_us: real("p999_us")?,
            cpu_us: real("cpu_us")?,
            conflicts: whole("conflicts")?,
            commits: whole("commits")?,
            syncs: whole("syncs")?,
            peak_bytes: whole("peak_bytes")?,
        })
    }
}
