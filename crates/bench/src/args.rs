//! The command line. Relies on `work` for the names that `--only` is matched with.

use std::path::PathBuf;
use std::str::FromStr;

use crate::case::{Case, Group};
use crate::engines::{Kind, Settings, SCHEME};
use crate::error::{Context, Error, Result};
use crate::scene::{self, Scene};
use crate::Program;

/// What `--help` prints.
pub fn help(program: &Program) -> String {
    let groups: Vec<&str> = program.groups.iter().map(|group| group.name()).collect();
    HELP.replace("{program}", program.name)
        .replace("{engines}", &names(program.engines))
        .replace("{groups}", &groups.join(","))
}

fn names(engines: &[Kind]) -> String {
    engines.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(",")
}

const HELP: &str = "\
cargo run --release -p {program} -- [options]

  --quick           3 rounds of 0.2 s instead of 5 of 0.5 s
  --group LIST      of {groups}; default all
  --rounds N        rounds of each measurement; the medians are printed
  --seconds S       length of a round
  --keys N          keys in each database, from 10000 on; default 1000000
  --only TEXT       only measurements whose name (work/threads/durability) contains TEXT;
                    several texts are separated by commas
  --engines LIST    of {engines}; default all
  --directory PATH  where the databases are made, and removed at the end; default the
                    system's temporary directory. It should be on the disk to be measured.
  --url URL         a cluster, `fdb:` or `fdb:` and its file, in the place of what stands for it: only fdb_c and
                    cluster, over the client library that PLINTH_FDB_CLIENT names or the loader finds. The
                    cluster must be empty, and is emptied at the end.
  --output FILE     default bench-results.json
  --list            what would be measured, and on which engines

cargo run --release -p {program} -- --document FILE RESULTS...
                    writes the tables of results into FILE, between its markers, and the pictures beside
                    it in img/

cargo run --release -p {program} -- --instructions COUNT --engines ENGINE --only NAME
                    that many transactions of the first such case with one thread, for a tool that counts
                    instructions (scripts/bench-instructions.sh)
";

/// The parsed command line.
#[derive(Clone)]
pub struct Args {
    /// Print the help and nothing else.
    pub help: bool,
    /// Rounds of each measurement.
    pub rounds: usize,
    /// Length of a round in seconds.
    pub seconds: f64,
    /// Keys in each database.
    pub keys: u64,
    /// Parts of names; empty for all.
    pub only: Vec<String>,
    /// The engines, in the order of the table.
    pub engines: Vec<Kind>,
    /// Where the databases are made.
    pub directory: PathBuf,
    /// The cluster that is measured.
    pub url: Option<&'static str>,
    /// The JSON file.
    pub output: PathBuf,
    /// The groups of cases.
    pub groups: Vec<Group>,
    /// Where a worker is.
    pub scene: &'static Scene,
    /// Only say what would be measured.
    pub list: bool,
    /// What this process is.
    pub role: Role,
}

/// What a process of the program is.
#[derive(Clone)]
pub enum Role {
    /// The one that was started by hand.
    Parent,
    /// A child that measures this engine, in `directory`.
    Worker(Kind),
    /// A child of a child: the host of the database in `directory`.
    Host,
    /// Runs so many transactions and measures nothing.
    Counted(u64),
    /// Makes a document of results.
    Writer { document: PathBuf, results: Vec<PathBuf> },
}

impl Args {
    /// Parses the arguments after the program's name.
    pub fn parse(program: &Program, given: impl Iterator<Item = String>) -> Result<Self> {
        let mut args = Self {
            help: false,
            rounds: 5,
            seconds: 0.5,
            keys: 1_000_000,
            only: Vec::new(),
            engines: program.engines.to_vec(),
            directory: std::env::temp_dir(),
            url: None,
            output: PathBuf::from("bench-results.json"),
            groups: program.groups.to_vec(),
            scene: &scene::MAIN,
            list: false,
            role: Role::Parent,
        };
        let mut given = given;
        while let Some(name) = given.next() {
            let mut value = || given.next().ok_or_else(|| Error::new(format!("{name} needs a value")));
            match name.as_str() {
                "--help" | "-h" => args.help = true,
                "--quick" => (args.rounds, args.seconds) = (3, 0.2),
                "--rounds" => args.rounds = number(&name, &value()?)?,
                "--seconds" => args.seconds = number(&name, &value()?)?,
                "--keys" => args.keys = number(&name, &value()?)?,
                "--only" => args.only = value()?.split(',').map(String::from).collect(),
                "--engines" => args.engines = value()?.split(',').map(str::parse).collect::<Result<_>>()?,
                "--group" => args.groups = value()?.split(',').map(str::parse).collect::<Result<_>>()?,
                "--list" => args.list = true,
                "--scene" => {
                    let name = value()?;
                    args.scene = Scene::find(&name).ok_or_else(|| Error::new(format!("there is no scene {name}")))?;
                }
                "--instructions" => args.role = Role::Counted(number(&name, &value()?)?),
                "--document" => {
                    let document = value()?.into();
                    args.role = Role::Writer { document, results: given.by_ref().map(PathBuf::from).collect() };
                }
                "--directory" => args.directory = value()?.into(),
                // There is one in the life of a process.
                "--url" => args.url = Some(value()?.leak()),
                "--output" => args.output = value()?.into(),
                "--worker" => args.role = Role::Worker(value()?.parse()?),
                "--host" => args.role = Role::Host,
                _ => return Err(Error::new(format!("there is no option {name}; see --help"))),
            }
        }
        args.check(program)
    }

    fn check(mut self, program: &Program) -> Result<Self> {
        if let Some(url) = self.url {
            if !url.starts_with(SCHEME) {
                return Err(Error::new(format!("{url} does not begin with {SCHEME}")));
            }
            self.engines.retain(|kind| kind.takes_clusters());
        }
        if let Some(kind) = self.engines.iter().find(|kind| !program.engines.contains(kind)) {
            return Err(Error::new(format!("{} is not one of {}", kind.name(), names(program.engines))));
        }
        if let Some(group) = self.groups.iter().find(|group| !program.groups.contains(group)) {
            return Err(Error::new(format!("{} has no group {}; see --help", program.name, group.name())));
        }
        if self.rounds == 0 || self.seconds.is_nan() || self.seconds <= 0.0 {
            return Err(Error::new("--rounds and --seconds must be above 0"));
        }
        if self.keys < 10_000 {
            return Err(Error::new("--keys must be at least 10000"));
        }
        Ok(self)
    }

    /// How the databases of a scene are opened.
    pub fn settings(&self, scene: &Scene) -> Settings {
        Settings { url: self.url, ..scene.settings() }
    }

    /// Whether this case is asked for. One that a single engine of several is for shows nothing.
    pub fn wants(&self, case: &Case) -> bool {
        let label = case.label();
        let measured = self.engines.iter().filter(|kind| case.measures(**kind)).count();
        let alone = measured < self.engines.len().min(case.group.engines().len()).min(2);
        let named = self.only.is_empty() || self.only.iter().any(|part| label.contains(part.as_str()));
        let keys = case.scene.keys.unwrap_or(self.keys);
        !alone && named && self.groups.contains(&case.group) && case.work.fits(keys)
    }
}

fn number<T: FromStr>(name: &str, value: &str) -> Result<T>
where
    T::Err: std::fmt::Display,
{
    value.parse().context(format!("{name} {value}"))
}
