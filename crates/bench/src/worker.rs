//! The child process of one engine, and the parent's side of it. They speak lines: the parent
//! sends `number-of-the-case seconds`, the child answers with a JSON object; the end of its input
//! ends the child. Relies on both being the same program, so that case numbers agree.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use serde_json::{json, Value};

use crate::args::Args;
use crate::case::{self, Case};
use crate::data::Values;
use crate::engines::{self, Engine, Kind, Settings};
use crate::error::{Context, Error, Result};
use crate::generator::{self, Generator};
use crate::machine;
use crate::measure::{measure, measure_opening, Sample};
use crate::scene::Scene;
use crate::work::Action;
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
    pub fn start(kind: Kind, scene: &Scene, args: &Args, scratch: &Path) -> Result<Self> {
        let program = std::env::current_exe().context("this program's path")?;
        let keys = args.keys.to_string();
        let mut arguments: Vec<&OsStr> = vec![
            "--worker".as_ref(),
            kind.name().as_ref(),
            "--scene".as_ref(),
            scene.name.as_ref(),
            "--keys".as_ref(),
            keys.as_ref(),
            "--directory".as_ref(),
            scratch.as_ref(),
        ];
        arguments.extend(args.url.iter().flat_map(|url| ["--url".as_ref(), OsStr::new(url)]));
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

    /// The engine.
    pub fn kind(&self) -> Kind {
        self.kind
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
    let (values, cases) = (Values::new(1), case::cases());
    let mut stage = match Stage::load(program, kind, args, &values) {
        Ok(stage) => stage,
        Err(error) => return say(&json!({ "error": error.to_string() })),
    };
    say(&json!({}))?;
    for line in std::io::stdin().lock().lines() {
        let line = line.context("reading from the parent process")?;
        let sample = parse(&line).and_then(|(case, seconds)| {
            let case = cases.get(case).ok_or_else(|| Error::new(format!("there is no case {case}")))?;
            let sample = stage.measure(case, seconds)?;
            settle(stage.engine()?, &stage.directory)?;
            Ok(sample)
        });
        say(&sample.map_or_else(|error| json!({ "error": error.to_string() }), |sample| sample.to_json()))?;
    }
    stage.engine.map_or(Ok(()), Engine::close)
}

/// The database of this process.
struct Stage<'a> {
    program: &'a Program,
    kind: Kind,
    directory: PathBuf,
    keys: u64,
    values: &'a Values,
    settings: Settings,
    /// None only while it is opened again.
    engine: Option<Box<dyn Engine>>,
    /// What was prepared in it.
    prepared: Vec<String>,
}

impl<'a> Stage<'a> {
    /// Fills the database, compacts it, and reads much of it once.
    fn load(program: &'a Program, kind: Kind, args: &Args, values: &'a Values) -> Result<Self> {
        let keys = args.scene.keys.unwrap_or(args.keys);
        let directory = args.directory.join(kind.name());
        let settings = args.settings(args.scene);
        if settings.url.is_some() {
            // Nothing is in it; what is on the disk beside it is synced between the turns.
            std::fs::create_dir(&directory).context(directory.display())?;
        }
        let mut stage = Self { program, kind, directory, keys, values, settings, engine: None, prepared: Vec::new() };
        // A guest's database is loaded like the others, before it has a host.
        let loader = if kind == Kind::Guest { Kind::Plinth } else { kind };
        let engine = (program.open)(loader, &stage.directory, &settings)?;
        generator::load(keys, values, &mut *engine.session(false)?)?;
        engine.close()?;
        if kind.is_rocksdb() && settings.url.is_none() {
            engines::compact(&stage.directory)?;
        }
        stage.engine = Some(stage.open()?);
        {
            let mut session = stage.engine()?.session(false)?;
            let (mut ranges, count) = generator::warm(keys, values);
            for _ in 0..count {
                session.run(&ranges.next())?;
            }
        }
        settle(stage.engine()?, &stage.directory)?;
        Ok(stage)
    }

    fn open(&self) -> Result<Box<dyn Engine>> {
        (self.program.open)(self.kind, &self.directory, &self.settings)
    }

    fn engine(&self) -> Result<&dyn Engine> {
        self.engine.as_deref().ok_or_else(|| Error::new("the database was not opened again"))
    }

    fn measure(&mut self, case: &Case, seconds: f64) -> Result<Sample> {
        self.prepare(case)?;
        match case.work.action {
            Action::Open => self.measure_opening(case, seconds),
            _ => measure(self.engine()?, case, self.keys, self.values, seconds),
        }
    }

    /// What the case needs to be there: most of it once, some before each round.
    fn prepare(&mut self, case: &Case) -> Result<()> {
        let needs = generator::needs(case.work);
        if let Some(name) = needs.filter(|name| !self.prepared.iter().any(|prepared| prepared == name)) {
            generator::prepare(case.work, self.values, &mut *self.engine()?.session(false)?)?;
            settle(self.engine()?, &self.directory)?;
            self.prepared.push(name.to_owned());
        }
        generator::refill(case.work, self.values, &mut *self.engine()?.session(false)?)
    }

    fn measure_opening(&mut self, case: &Case, seconds: f64) -> Result<Sample> {
        let mut generator = Generator::new(case.work, self.keys, self.values, 1);
        measure_opening(seconds, || {
            self.engine.take().map_or(Ok(()), Engine::close)?;
            machine::wait_until_closed(&self.directory)?;
            let began = Instant::now();
            let engine = self.open()?;
            engine.session(false)?.run(&generator.next())?;
            let time = began.elapsed();
            self.engine = Some(engine);
            Ok(time)
        })
    }
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
