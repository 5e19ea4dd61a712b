//! The child process of one engine, and the parent's side of it. They speak lines: the parent
//! sends `number-of-the-case seconds`, the child answers with a JSON object; the end of its input
//! ends the child. Relies on both being the same program, so that case numbers agree.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{json, Value};

use crate::args::Args;
use crate::data::Values;
use crate::engines::{self, Engine, Kind};
use crate::error::{Context, Error, Result};
use crate::machine;
use crate::measure::{measure, Sample};
use crate::work;
use crate::Program;

/// A child process, seen from the parent.
pub struct Worker {
    kind: Kind,
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    peak_bytes: u64,
}

impl Worker {
    /// Starts the child and waits until its database is loaded.
    pub fn start(kind: Kind, args: &Args, scratch: &Path) -> Result<Self> {
        let program = std::env::current_exe().context("this program's path")?;
        let keys = args.keys.to_string();
        let arguments: [&OsStr; 6] = [
            "--worker".as_ref(),
            kind.name().as_ref(),
            "--keys".as_ref(),
            keys.as_ref(),
            "--directory".as_ref(),
            scratch.as_ref(),
        ];
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("starting a child process")?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Error::new("a child process without pipes"));
        };
        let mut worker = Self { kind, child, input, output: BufReader::new(output), peak_bytes: 0 };
        worker.answer()?;
        Ok(worker)
    }

    /// The engine's name.
    pub fn name(&self) -> &'static str {
        self.kind.name()
    }

    /// Has one case measured.
    pub fn measure(&mut self, case: usize, seconds: f64) -> Result<Sample> {
        writeln!(self.input, "{case} {seconds}").context("asking the child process")?;
        let sample = Sample::from_json(&self.answer()?)?;
        self.peak_bytes = self.peak_bytes.max(sample.peak_bytes);
        Ok(sample)
    }

    /// The most memory it had resident in any measurement.
    pub fn peak(&self) -> (Kind, u64) {
        (self.kind, self.peak_bytes)
    }

    /// Ends the child.
    pub fn stop(self) -> Result<()> {
        let Self { kind, mut child, input, .. } = self;
        drop(input);
        let status = child.wait().context("waiting for the child process")?;
        match status.success() {
            true => Ok(()),
            false => Err(Error::new(format!("the child process of {} ended with {status}", kind.name()))),
        }
    }

    fn answer(&mut self) -> Result<Value> {
        let mut line = String::new();
        if self.output.read_line(&mut line).context("reading from the child process")? == 0 {
            return Err(Error::new("the child process ended early"));
        }
        let value: Value = serde_json::from_str(&line).context(&line)?;
        match value["error"].as_str() {
            Some(words) => Err(Error::new(words)),
            None => Ok(value),
        }
    }
}

/// The child's life: load, then measure what is asked for until the input ends.
pub fn serve(program: &Program, kind: Kind, args: &Args) -> Result<()> {
    let values = Values::new(1);
    let directory = args.directory.join(kind.name());
    let engine = match load(program, kind, &directory, args.keys, &values) {
        Ok(engine) => engine,
        Err(error) => return say(&json!({ "error": error.to_string() })),
    };
    say(&json!({}))?;
    let cases = work::cases();
    for line in std::io::stdin().lock().lines() {
        let line = line.context("reading from the parent process")?;
        let sample = parse(&line).and_then(|(case, seconds)| {
            let case = cases.get(case).ok_or_else(|| Error::new(format!("there is no case {case}")))?;
            let sample = measure(&*engine, case, args.keys, &values, seconds)?;
            settle(&*engine, &directory)?;
            Ok(sample)
        });
        say(&sample.map_or_else(|error| json!({ "error": error.to_string() }), |sample| sample.to_json()))?;
    }
    engine.close()
}

/// Fills the database, compacts it, and reads all of it once.
fn load(program: &Program, kind: Kind, directory: &Path, keys: u64, values: &Values) -> Result<Box<dyn Engine>> {
    // A guest's database is loaded like the others, before it has a host.
    let loader = if kind == Kind::Guest { Kind::Plinth } else { kind };
    let engine = (program.open)(loader, directory)?;
    {
        let mut session = engine.session(false)?;
        work::load(keys, values, |transaction| session.run(transaction).map(drop))?;
    }
    engine.close()?;
    if kind.is_rocksdb() {
        engines::compact(directory)?;
    }
    let engine = (program.open)(kind, directory)?;
    {
        let mut session = engine.session(false)?;
        let (mut ranges, count) = work::warm(keys, values);
        for _ in 0..count {
            session.run(&ranges.next())?;
        }
    }
    settle(&*engine, directory)?;
    Ok(engine)
}

/// Waits until the engine is idle, in this process and in others.
fn settle(engine: &dyn Engine, directory: &Path) -> Result<()> {
    machine::settle(directory, || Ok(machine::cpu_time()? + engine.servers_cpu()?))
}

fn parse(line: &str) -> Result<(usize, f64)> {
    let (case, seconds) = line.split_once(' ').ok_or_else(|| Error::new("a request without a space"))?;
    Ok((case.parse().context(case)?, seconds.parse().context(seconds)?))
}

fn say(value: &Value) -> Result<()> {
    println!("{value}");
    std::io::stdout().flush().context("answering the parent process")
}
