//! One call after the other, each with the clock set in its middle.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread::sleep;
use std::time::{Duration, Instant};

use fastrand::Rng;
use tempfile::TempDir;

use super::faked::Faked;
use crate::defective;
use crate::stage::{Round, Tally, Trial, Trouble};
use crate::workshop::Workshop;

/// Nothing takes so long.
const LONGEST: Duration = Duration::from_secs(30);
/// Calls of a life.
const CALLS: u32 = 5;
/// A machine that has much else to do may take so much longer.
const SLACK: Duration = Duration::from_secs(3);
/// Read versions are at most this much older than the clock, doubled (rule VER-2).
const STALE: i64 = 200_000;

struct Calls {
    program: PathBuf,
    log: PathBuf,
    place: TempDir,
    defect: Option<&'static str>,
    /// The highest version that was seen.
    highest: i64,
}

/// Compiles the program, for the library with this defect if there is one.
pub fn begin(workshop: &Workshop, defect: Option<&'static str>) -> Result<Box<dyn Trial>, Trouble> {
    let (log, place) = (workshop.log("clock"), workshop.scratch()?);
    Faked::new(place.path(), false)?;
    let library = match defect {
        Some(_) => defective::library(workshop)?,
        None => workshop.release.join("libplinth.so"),
    };
    let program = workshop.c_program_with("clock", &library, &[])?;
    Ok(Box::new(Calls { program, log, place, defect, highest: 0 }))
}

impl Trial for Calls {
    fn round(&mut self, round: Round) -> Result<Tally, Trouble> {
        let mut tally = Tally::default();
        let random = &mut Rng::with_seed(round.seed);
        let monotonic = random.u8(..3) == 0;
        let faked = Faked::new(self.place.path(), monotonic)?;
        let offset = faked.jump(random)?;
        let mut life = Life::open(self, faked, monotonic)?;
        life.story.push(format!("opened at {offset}"));
        let done = (0..CALLS).try_for_each(|_| life.call(random, &mut self.highest, &mut tally));
        let done = done.and_then(|()| life.version(&mut self.highest)).and_then(|()| life.close());
        match done {
            Ok(()) => Ok(tally),
            Err(Trouble::Finding(what)) => Err(Trouble::Finding(format!("{what}, after: {}", life.story.join(", ")))),
            Err(trouble) => Err(trouble),
        }
    }
}

/// The program, from open to close.
struct Life {
    child: Child,
    input: ChildStdin,
    output: Receiver<String>,
    faked: Faked,
    monotonic: bool,
    /// A version, and when at the earliest and at the latest it was so.
    seen: Option<(i64, Instant, Instant)>,
    story: Vec<String>,
}

impl Life {
    fn open(calls: &Calls, faked: Faked, monotonic: bool) -> Result<Self, Trouble> {
        let log = File::options().create(true).append(true).open(&calls.log)?;
        let mut command = Command::new(&calls.program);
        command.arg(calls.place.path().join("db"));
        command.envs(calls.defect.map(|defect| (defective::SWITCH, defect)));
        faked.apply(&mut command);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log).spawn()?;
        let (Some(input), Some(lines)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Trouble::Rig("no pipes".to_owned()));
        };
        let (told, output) = mpsc::channel();
        std::thread::spawn(move || {
            BufReader::new(lines).lines().map_while(Result::ok).try_for_each(|line| told.send(line))
        });
        let life = Self { child, input, output, faked, monotonic, seen: None, story: Vec::new() };
        life.expect("open")?;
        Ok(life)
    }

    fn say(&mut self, line: &str) -> Result<(), Trouble> {
        self.story.push(line.to_owned());
        Ok(writeln!(self.input, "{line}")?)
    }

    fn hear(&self) -> Result<String, Trouble> {
        self.output.recv_timeout(LONGEST).map_err(|_| Trouble::Finding("no answer in half a minute".to_owned()))
    }

    fn expect(&self, line: &str) -> Result<(), Trouble> {
        match self.hear()? {
            heard if heard == line => Ok(()),
            heard => Err(Trouble::Finding(format!("answered {heard}, expected {line}"))),
        }
    }

    fn jump(&mut self, random: &mut Rng) -> Result<(), Trouble> {
        let offset = self.faked.jump(random)?;
        self.story.push(offset.to_owned());
        Ok(())
    }

    /// Something that takes time, with a jump in it.
    fn call(&mut self, random: &mut Rng, highest: &mut i64, tally: &mut Tally) -> Result<(), Trouble> {
        self.version(highest)?;
        // Where the monotonic clock jumps, nobody can say what is soon.
        let what = if self.monotonic { random.u8(3..5) } else { random.u8(..5) };
        match what {
            0 => self.time_out(random)?,
            1 => self.grow_old(random)?,
            2 => self.retry(random)?,
            3 => self.watch(random)?,
            _ => self.commits(random, highest)?,
        }
        let name = ["timeouts", "transactions that grew old", "retries", "watches", "commits"][usize::from(what)];
        tally.add(name, 1);
        tally.add(if self.monotonic { "jumps of the monotonic clock too" } else { "jumps of the time of day" }, 1);
        Ok(())
    }

    fn time_out(&mut self, random: &mut Rng) -> Result<(), Trouble> {
        let time = Duration::from_millis(random.u64(200..600));
        let asked = Instant::now();
        self.say(&format!("timeout {}", time.as_millis()))?;
        self.expect("began")?;
        let begun = Instant::now();
        sleep(time / 3);
        self.jump(random)?;
        self.expect("timeout 1031")?;
        // It began between the two moments.
        is_within("the timeout", asked.elapsed(), begun.elapsed(), time, time + SLACK)
    }

    fn grow_old(&mut self, random: &mut Rng) -> Result<(), Trouble> {
        self.say("old")?;
        self.expect("began")?;
        self.jump(random)?;
        sleep(Duration::from_millis(100));
        self.say("go on")?;
        self.expect("old 0")
    }

    fn retry(&mut self, random: &mut Rng) -> Result<(), Trouble> {
        let asked = Instant::now();
        self.say("retry 8")?;
        sleep(Duration::from_millis(random.u64(..100)));
        self.jump(random)?;
        self.expect("retry 0")?;
        // Eight waits of a second at most.
        let took = asked.elapsed();
        is_within("eight retries", took, took, Duration::ZERO, Duration::from_secs(8) + SLACK)
    }

    fn watch(&mut self, random: &mut Rng) -> Result<(), Trouble> {
        self.say("watch")?;
        self.expect("began")?;
        self.jump(random)?;
        let asked = Instant::now();
        self.say("change")?;
        self.expect("watch 0")?;
        let took = asked.elapsed();
        is_within("the watch", took, took, Duration::ZERO, SLACK)
    }

    fn commits(&mut self, random: &mut Rng, highest: &mut i64) -> Result<(), Trouble> {
        for _ in 0..10 {
            self.jump(random)?;
            self.say("commit")?;
            let heard = self.hear()?;
            let version = heard.strip_prefix("commit 0 ").and_then(|version| version.parse::<i64>().ok());
            match version {
                Some(version) if version > *highest => *highest = version,
                _ => return Err(Trouble::Finding(format!("answered {heard}, {highest} was seen before"))),
            }
        }
        Ok(())
    }

    /// The read version is not below any before, and goes with the real clock.
    fn version(&mut self, highest: &mut i64) -> Result<(), Trouble> {
        let asked = Instant::now();
        self.say("version")?;
        let heard = self.hear()?;
        let heard_at = Instant::now();
        let version = heard.strip_prefix("version ").and_then(|version| version.parse::<i64>().ok());
        let Some(version) = version.filter(|version| *version >= *highest) else {
            return Err(Trouble::Finding(format!("answered {heard}, {highest} was seen before")));
        };
        *highest = version;
        if let Some((before, earliest, latest)) = self.seen.filter(|_| !self.monotonic) {
            let micros = |time: Duration| i64::try_from(time.as_micros()).unwrap_or(i64::MAX);
            let (least, most) = (micros(asked - latest) - STALE, micros(heard_at - earliest) + STALE);
            if !(least..=most).contains(&(version - before)) {
                let grown = version - before;
                return Err(Trouble::Finding(format!("versions grew by {grown}, expected {least} to {most}")));
            }
        }
        self.seen = Some((version, asked, heard_at));
        Ok(())
    }

    fn close(&mut self) -> Result<(), Trouble> {
        self.say("end")?;
        self.expect("closed 0")
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether something that took between `least_took` and `took` took as long as it must.
fn is_within(what: &str, took: Duration, least_took: Duration, least: Duration, most: Duration) -> Result<(), Trouble> {
    match took >= least && least_took <= most {
        true => Ok(()),
        false => Err(Trouble::Finding(format!("{what} took {took:?}, expected {least:?} to {most:?}"))),
    }
}
