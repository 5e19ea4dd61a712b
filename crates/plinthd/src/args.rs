//! The command line. Relies on the engine to know the bounds of the options' values.

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use lexopt::{Arg, Parser, ValueExt};
use plinth_api::{DatabaseOptions, Durability, Preset};
use plinth_engine::log::Level;

/// What `--help` prints.
const HELP: &str = "\
plinthd [options] DIRECTORY

Hosts the Plinth database in DIRECTORY for the processes that open it, until SIGTERM or SIGINT.
The directory is made if it is missing. While another process hosts it, plinthd waits and takes
over when that one ends.

  --durability sync|buffered  of commits that do not choose their own; default sync
  --preset NAME               balanced, small-memory, read-heavy or write-heavy; default balanced
  --memory-budget BYTES       for caches and buffers; with k, m or g in KiB, MiB or GiB; default 512m,
                              or 64m with small-memory
  --window-ms N               how long a read version stays readable; default 5000
  --log-level LEVEL           error, warning, info, debug or off: what is written to the standard error; default
                              warning
  --log-keys                  with keys in it, escaped and cut
  --metrics [ADDRESS:]PORT    serve /metrics for Prometheus and /status as JSON, at 127.0.0.1 unless there
                              is an address; [::1]:PORT for IPv6
  --must-exist                fail if there is no database in DIRECTORY
  --no-wait                   fail if another process hosts it
  -h, --help                  print this
  -V, --version               print the version

SIGHUP prints counters to the standard error. Exit status: 0 after SIGTERM or SIGINT, 1 after a
failure, 2 for a wrong command line.
";

/// What the command line asks for.
pub enum Command {
    /// Host a directory.
    Serve(Args),
    /// Print this and end.
    Print(String),
}

/// The parsed command line.
#[derive(Debug)]
pub struct Args {
    /// The directory.
    pub directory: String,
    /// How it is opened.
    pub options: DatabaseOptions,
    /// Fail if another process hosts it.
    pub no_wait: bool,
    /// What is written of its work; `None`: nothing.
    pub log_level: Option<Level>,
    /// Whether keys may be in it.
    pub log_keys: bool,
    /// Where metrics are served.
    pub metrics: Option<SocketAddr>,
}

impl Args {
    /// Parses the arguments, of which the first is the program's name.
    pub fn parse(given: impl IntoIterator<Item = OsString>) -> Result<Command, lexopt::Error> {
        let mut parser = Parser::from_iter(given);
        let mut options = DatabaseOptions::default();
        let (mut directory, mut no_wait, mut budget) = (None, false, None);
        let (mut log_level, mut log_keys) = (Some(Level::Warning), false);
        let mut metrics = None;
        while let Some(arg) = parser.next()? {
            match arg {
                Arg::Long("durability") => options.durability = parser.value()?.parse_with(durability)?,
                Arg::Long("preset") => options.preset = parser.value()?.parse_with(preset)?,
                Arg::Long("memory-budget") => budget = Some(parser.value()?.parse_with(bytes)?),
                Arg::Long("window-ms") => options.window = Duration::from_millis(parser.value()?.parse()?),
                Arg::Long("log-level") => log_level = parser.value()?.parse_with(level)?,
                Arg::Long("log-keys") => log_keys = true,
                Arg::Long("metrics") => metrics = Some(parser.value()?.parse_with(address)?),
                Arg::Long("must-exist") => options.must_exist = true,
                Arg::Long("no-wait") => no_wait = true,
                Arg::Short('h') | Arg::Long("help") => return Ok(Command::Print(HELP.to_owned())),
                Arg::Short('V') | Arg::Long("version") => {
                    return Ok(Command::Print(format!("plinthd {}\n", env!("CARGO_PKG_VERSION"))));
                }
                Arg::Value(value) if directory.is_none() => directory = Some(value.string()?),
                other => return Err(other.unexpected()),
            }
        }
        options.memory_budget = budget.unwrap_or_else(|| options.preset.memory_budget());
        match directory.as_deref() {
            None | Some("") => Err("which DIRECTORY?".into()),
            Some(":memory:") => Err("a database in memory can't be shared".into()),
            Some(directory) => {
                let directory = directory.to_owned();
                Ok(Command::Serve(Self { directory, options, no_wait, metrics, log_level, log_keys }))
            }
        }
    }
}

fn durability(name: &str) -> Result<Durability, &'static str> {
    match name {
        "sync" => Ok(Durability::Sync),
        "buffered" => Ok(Durability::Buffered),
        _ => Err("neither sync nor buffered"),
    }
}

fn preset(name: &str) -> Result<Preset, &'static str> {
    Preset::of_name(name).ok_or("none of balanced, small-memory, read-heavy and write-heavy")
}

fn level(name: &str) -> Result<Option<Level>, &'static str> {
    match name {
        "off" => Ok(None),
        _ => Level::of_name(name).map(Some).ok_or("none of error, warning, info, debug and off"),
    }
}

/// An address with its port, or a port of this machine alone.
fn address(text: &str) -> Result<SocketAddr, &'static str> {
    match text.parse() {
        Ok(port) => Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port))),
        Err(_) => text.parse().map_err(|_| "neither a port nor an address with its port"),
    }
}

/// A number of bytes, perhaps with a unit.
fn bytes(text: &str) -> Result<usize, &'static str> {
    let (digits, unit) = match text.char_indices().last() {
        Some((at, 'k' | 'K')) => (&text[..at], 1 << 10),
        Some((at, 'm' | 'M')) => (&text[..at], 1 << 20),
        Some((at, 'g' | 'G')) => (&text[..at], 1 << 30),
        _ => (text, 1),
    };
    let number: usize = digits.parse().map_err(|_| "not a number of bytes")?;
    number.checked_mul(unit).ok_or("more bytes than can be counted")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(given: &[&str]) -> Result<Args, String> {
        match Args::parse(std::iter::once("plinthd").chain(given.iter().copied()).map(OsString::from)) {
            Ok(Command::Serve(args)) => Ok(args),
            Ok(Command::Print(text)) => Err(text),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn options_before_and_after_the_directory() {
        let args = parse(&["--durability=buffered", "--window-ms", "7000", "some/where", "--no-wait", "--must-exist"]);
        let args = args.unwrap();
        assert_eq!(args.directory, "some/where");
        assert_eq!(args.options.durability, Durability::Buffered);
        assert_eq!(args.options.window, Duration::from_secs(7));
        assert!(args.no_wait && args.options.must_exist && !args.options.exclusive);
        assert_eq!(parse(&["--", "--odd"]).unwrap().directory, "--odd");
    }

    #[test]
    fn a_preset_brings_its_memory_unless_it_is_given() {
        let options = |given: &[&str]| parse(given).unwrap().options;
        for (name, expected) in [
            ("balanced", Preset::Balanced),
            ("small-memory", Preset::SmallMemory),
            ("read-heavy", Preset::ReadHeavy),
            ("write-heavy", Preset::WriteHeavy),
        ] {
            let options = options(&["a", "--preset", name]);
            assert_eq!((options.preset, options.memory_budget), (expected, expected.memory_budget()));
        }
        assert_eq!(options(&["a", "--memory-budget", "32m", "--preset=small-memory"]).memory_budget, 32 << 20);
        assert!(parse(&["a", "--preset", "fast"]).is_err());
    }

    #[test]
    fn what_is_logged_is_chosen() {
        let chosen = |given: &[&str]| parse(given).map(|args| (args.log_level, args.log_keys));
        assert_eq!(chosen(&["a"]), Ok((Some(Level::Warning), false)));
        assert_eq!(chosen(&["a", "--log-level", "debug", "--log-keys"]), Ok((Some(Level::Debug), true)));
        assert_eq!(chosen(&["a", "--log-level=off"]), Ok((None, false)));
        assert!(chosen(&["a", "--log-level=loud"]).is_err());
    }

    #[test]
    fn metrics_are_for_this_machine_unless_an_address_is_given() {
        let address = |text| parse(&["a", "--metrics", text]).map(|args| args.metrics.unwrap().to_string());
        assert_eq!(address("9469").unwrap(), "127.0.0.1:9469");
        assert_eq!(address("0.0.0.0:1").unwrap(), "0.0.0.0:1");
        assert_eq!(address("[::1]:80").unwrap(), "[::1]:80");
        for wrong in ["", "localhost", "localhost:80", "65536", "-1", "1.2.3.4", "1.2.3.4:", ":80"] {
            assert!(address(wrong).is_err(), "{wrong}");
        }
        assert_eq!(parse(&["a"]).unwrap().metrics, None);
    }

    #[test]
    fn bytes_with_and_without_units() {
        let known = [("0", 0), ("17", 17), ("3k", 3 << 10), ("64M", 64 << 20), ("2g", 2 << 30)];
        for (text, expected) in known {
            assert_eq!(bytes(text), Ok(expected), "{text}");
        }
        for wrong in ["", "m", "1.5g", "-1", "64 m", "64mb", "99999999999999g", "\u{e9}"] {
            assert!(bytes(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_wrong_is_refused() {
        let wrong: [&[&str]; 9] = [
            &[],
            &[""],
            &[":memory:"],
            &["a", "b"],
            &["a", "--exclusive"],
            &["a", "--durability", "half"],
            &["a", "--memory-budget"],
            &["a", "--window-ms", "soon"],
            &["a", "--no-wait=yes"],
        ];
        for given in wrong {
            assert!(parse(given).is_err(), "{given:?}");
        }
    }

    #[test]
    fn help_names_every_option() {
        let help = parse(&["a", "--help"]).unwrap_err();
        for name in [
            "--durability",
            "--preset",
            "--metrics",
            "--memory-budget",
            "--window-ms",
            "--must-exist",
            "--no-wait",
            "--version",
            "--log-level",
            "--log-keys",
        ] {
            assert!(help.contains(name), "{name}");
        }
    }
}
