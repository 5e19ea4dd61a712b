//! What a database takes of a machine, as figures for docs/OPERATIONS.md: `plinth-capacity [DIRECTORY]`
//!
//! Bytes on the disk for each key, memory for each transaction, watch and guest, how long an open takes by keys and after a kill
//! by megabytes of log. Each figure comes from processes of its own, started as `plinth-capacity PART ...`, so that none holds
//! what another one left. Databases are made below DIRECTORY (by default the system's temporary one) and removed.

use std::error::Error;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use plinth_api::{Database, DatabaseOptions, Durability};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Keys of a database whose size on the disk is taken.
const KEYS: u64 = 500_000;
/// Handles whose memory is taken.
const HANDLES: usize = 10_000;
/// Guests whose memory is taken.
const GUESTS: usize = 64;
/// Keys that are written in one transaction.
const BATCH: u64 = 500;

/// A shape of data: the length of keys and values, and whether values compress as text does.
struct Shape {
    name: &'static str,
    key: usize,
    value: usize,
    text: bool,
}

const SHAPES: [Shape; 5] = [
    Shape { name: "counters: keys of 16, values of 8", key: 16, value: 8, text: false },
    Shape { name: "index entries: keys of 40 that end alike, no values", key: 40, value: 0, text: false },
    Shape { name: "records: keys of 16, text of 100", key: 16, value: 100, text: true },
    Shape { name: "records: keys of 16, random bytes of 100", key: 16, value: 100, text: false },
    Shape { name: "documents: keys of 16, text of 1,000", key: 16, value: 1_000, text: true },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments[..] {
        ["fill-and-die", directory, megabytes] => fill_and_die(directory, megabytes),
        ["memory", directory, kind] => memory(directory, kind),
        ["guest", directory] => guest(directory),
        [] => everything(&std::env::temp_dir()),
        [directory] => everything(Path::new(directory)),
        _ => Err("usage: plinth-capacity [DIRECTORY]".into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("plinth-capacity: {error}");
            ExitCode::FAILURE
        }
    }
}

fn everything(below: &Path) -> Outcome {
    let work = below.join(format!("plinth-capacity-{}", std::process::id()));
    fs::create_dir_all(&work)?;
    let outcome =
        sizes(&work).and_then(|()| opens(&work)).and_then(|()| recoveries(&work)).and_then(|()| memories(&work));
    fs::remove_dir_all(&work)?;
    outcome
}

fn options() -> DatabaseOptions {
    DatabaseOptions { durability: Durability::Buffered, ..DatabaseOptions::default() }
}

fn open(directory: &Path) -> Outcome<Arc<dyn Database>> {
    Ok(plinth_engine::open(&directory.display().to_string(), options())?)
}

/// The same numbers in the same order every time, spread evenly.
fn scattered(number: u64) -> u64 {
    let mixed = (number ^ (number >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 27)).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

fn key_of(number: u64, length: usize) -> Vec<u8> {
    let mut key = format!("{:016x}", scattered(number)).into_bytes();
    key.resize(length.max(16), b'k');
    key
}

fn value_of(number: u64, shape: &Shape) -> Vec<u8> {
    const WORDS: [&str; 8] = ["file ", "owner ", "mode 0644 ", "size ", "changed ", "link ", "inode ", "directory "];
    let mut value = Vec::with_capacity(shape.value + 16);
    let mut step = number;
    while value.len() < shape.value {
        step = scattered(step + 1);
        match shape.text {
            true => value.extend_from_slice(WORDS[(step % 8) as usize].as_bytes()),
            false => value.extend_from_slice(&step.to_le_bytes()),
        }
    }
    value.truncate(shape.value);
    value
}

/// Writes keys, not in their order.
fn fill(database: &dyn Database, keys: std::ops::Range<u64>, shape: &Shape) -> Outcome {
    let mut next = keys.start;
    while next < keys.end {
        let transaction = database.begin()?;
        let end = (next + BATCH).min(keys.end);
        for number in next..end {
            transaction.set(0, &key_of(number, shape.key), &value_of(number, shape))?;
        }
        transaction.commit()?;
        next = end;
    }
    Ok(())
}

/// Bytes and number of the files below a directory.
fn on_disk(directory: &Path) -> Outcome<(u64, usize)> {
    let mut total = (0, 0);
    for entry in fs::read_dir(directory)? {
        let found = entry?.metadata()?;
        total = (total.0 + found.len(), total.1 + 1);
    }
    Ok(total)
}

/// The size once nothing is left to be merged.
fn settled(directory: &Path) -> Outcome<(u64, usize)> {
    let mut last = on_disk(directory)?;
    loop {
        std::thread::sleep(Duration::from_secs(2));
        let now = on_disk(directory)?;
        if now == last {
            return Ok(now);
        }
        last = now;
    }
}

fn sizes(work: &Path) -> Outcome {
    println!("| data, {KEYS} keys | bytes a key as given | on the disk | files |\n| --- | --- | --- | --- |");
    for shape in &SHAPES {
        let directory = work.join("size");
        let database = open(&directory)?;
        fill(&*database, 0..KEYS, shape)?;
        database.close()?;
        // The next life writes what was in the log to tables.
        let database = open(&directory)?;
        settled(&directory)?;
        database.close()?;
        let (bytes, files) = on_disk(&directory)?;
        let given = shape.key.max(16) + shape.value;
        println!("| {} | {given} | {:.0} | {files} |", shape.name, bytes as f64 / KEYS as f64);
        fs::remove_dir_all(&directory)?;
    }
    println!();
    Ok(())
}

/// Processor time of this process so far, which other programs do not change; Linux counts it in hundredths of a second.
fn processor_time() -> Outcome<Duration> {
    let text = fs::read_to_string("/proc/self/stat")?;
    let fields = text.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: u64 = fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    Ok(Duration::from_millis(ticks * 10))
}

/// How long an opening took, and its processor time.
struct Opening {
    took: Duration,
    worked: Duration,
}

impl Opening {
    fn of(directory: &Path) -> Outcome<Self> {
        let (began, worked) = (Instant::now(), processor_time()?);
        let database = open(directory)?;
        let opening = Self { took: began.elapsed(), worked: processor_time()? - worked };
        database.close()?;
        Ok(opening)
    }
}

impl std::fmt::Display for Opening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ms | {} ms", self.took.as_millis(), self.worked.as_millis())
    }
}

/// The median of three openings of a closed database.
fn opening(directory: &Path) -> Outcome<Opening> {
    let mut openings = [Opening::of(directory)?, Opening::of(directory)?, Opening::of(directory)?];
    openings.sort_by_key(|opening| opening.took);
    let [_, middle, _] = openings;
    Ok(middle)
}

fn opens(work: &Path) -> Outcome {
    println!("| keys of 16 with text of 100 | open after a close | processor time |\n| --- | --- | --- |");
    let directory = work.join("open");
    let mut there = 0;
    for keys in [1_000, 100_000, 1_000_000, 3_000_000] {
        let database = open(&directory)?;
        fill(&*database, there..keys, &SHAPES[2])?;
        there = keys;
        database.close()?;
        let database = open(&directory)?;
        settled(&directory)?;
        database.close()?;
        println!("| {keys} | {} |", opening(&directory)?);
    }
    fs::remove_dir_all(&directory)?;
    println!();
    Ok(())
}

fn part(arguments: &[&str]) -> Outcome<Child> {
    let program = std::env::current_exe()?;
    Ok(Command::new(program).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?)
}

fn log_bytes(directory: &Path) -> Outcome<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "log") {
            bytes += fs::metadata(path)?.len();
        }
    }
    Ok(bytes)
}

/// Writes until the log is so long, says so, and waits to be killed.
fn fill_and_die(directory: &str, megabytes: &str) -> Outcome {
    let wanted = megabytes.parse::<u64>()? << 20;
    let database = open(Path::new(directory))?;
    let mut next = 0;
    while log_bytes(Path::new(directory))? < wanted {
        fill(&*database, next..next + 10_000, &SHAPES[3])?;
        next += 10_000;
    }
    println!("full");
    std::io::stdin().read_exact(&mut [0]).map_err(Into::into)
}

fn recoveries(work: &Path) -> Outcome {
    println!("| log, commits of {BATCH} keys | open after a kill | processor time | of it for each MB |\n| --- | --- | --- | --- |");
    for megabytes in ["16", "64", "200"] {
        let directory = work.join("recover");
        let mut child = part(&["fill-and-die", &directory.display().to_string(), megabytes])?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        child.kill()?;
        child.wait()?;
        let log = log_bytes(&directory)? as f64 / f64::from(1 << 20);
        let opening = Opening::of(&directory)?;
        println!("| {log:.0} MB | {opening} | {:.1} ms |", opening.worked.as_secs_f64() * 1e3 / log);
        fs::remove_dir_all(&directory)?;
    }
    println!();
    Ok(())
}

/// Memory of a process that is its own, in bytes.
fn resident(process: &str) -> Outcome<u64> {
    let text = fs::read_to_string(format!("/proc/{process}/smaps_rollup"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("Private_Dirty:")).ok_or("no Private_Dirty")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? << 10)
}

/// Makes handles of a kind and says how much memory each of them took.
fn memory(directory: &str, kind: &str) -> Outcome {
    let database = open(Path::new(directory))?;
    fill(&*database, 0..BATCH, &SHAPES[2])?;
    let before = resident("self")?;
    let mut held: Vec<Box<dyn std::any::Any>> = Vec::with_capacity(HANDLES);
    for number in 0..HANDLES as u64 {
        let transaction = database.begin()?;
        match kind {
            "begun" => drop(transaction.read_version()?),
            "read" => {
                for read in 0..10 {
                    transaction.get(0, &key_of(number % BATCH + read, 16), false)?;
                }
            }
            "written" => {
                for write in 0..10 {
                    transaction.set(0, &key_of(number * 10 + write, 16), &value_of(write, &SHAPES[2]))?;
                }
            }
            _ => {
                let watch = transaction.clone().watch(0, &key_of(number, 16), Box::new(|_| ()));
                transaction.commit()?;
                held.push(Box::new(watch));
                continue;
            }
        }
        held.push(Box::new(transaction));
    }
    println!("{}", resident("self")?.saturating_sub(before) / HANDLES as u64);
    drop(held);
    Ok(database.close()?)
}

/// Joins a host, reads, says so, and stays until it is told to end.
fn guest(directory: &str) -> Outcome {
    let database = open(Path::new(directory))?;
    database.begin()?.get(0, &key_of(0, 16), false)?;
    println!("{}", resident("self")?);
    std::io::stdout().flush()?;
    let _ = std::io::stdin().read(&mut [0]);
    Ok(database.close()?)
}

fn memories(work: &Path) -> Outcome {
    println!("| memory beside the budget's cache | bytes each |\n| --- | --- |");
    let kinds = [
        ("begun", "a transaction that has a read version"),
        ("read", "a transaction that has read ten keys of 16"),
        ("written", "a transaction that has set ten keys of 16 to values of 100"),
        ("watched", "a watch that waits"),
    ];
    for (kind, name) in kinds {
        let directory = work.join(kind);
        let output = part(&["memory", &directory.display().to_string(), kind])?.wait_with_output()?;
        println!("| {name} | {} |", String::from_utf8(output.stdout)?.trim());
        fs::remove_dir_all(&directory)?;
    }
    guests(&work.join("guests"))
}

fn guests(directory: &Path) -> Outcome {
    let database = open(directory)?;
    fill(&*database, 0..BATCH, &SHAPES[2])?;
    let (before, files) = (resident("self")?, fs::read_dir("/proc/self/fd")?.count());
    let mut children = Vec::new();
    let mut own = Vec::new();
    for _ in 0..GUESTS {
        let mut child = part(&["guest", &directory.display().to_string()])?;
        let mut line = String::new();
        // The pipes to the guests are open files of this process too: two each.
        let output = child.stdout.as_mut().ok_or("no output")?;
        BufReader::new(output).read_line(&mut line)?;
        own.push(line.trim().parse::<u64>()?);
        children.push(child);
    }
    own.sort_unstable();
    let host = resident("self")?.saturating_sub(before) / GUESTS as u64;
    let opened = (fs::read_dir("/proc/self/fd")?.count() - files) as f64 / GUESTS as f64 - 2.0;
    println!("| a guest, in its host | {host} |");
    println!("| a guest's own process, all of it | {} |", own[own.len() / 2]);
    println!("\n{opened:.1} open files of the host for a guest");
    for mut child in children {
        drop(child.stdin.take());
        child.wait()?;
    }
    Ok(database.close()?)
}
