//! Kills at chosen system calls.
//!
//! strace counts the calls of one kind in each thread and sends SIGKILL when one thread makes its Nth. It
//! either starts the victim, and then the kill falls into opening, recovery, work or close; or it
//! attaches when the victim is open, and then it falls into commits, flushes and compactions, whose
//! threads make few calls that the opening made many of.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use fastrand::Rng;

use super::ground::{Ground, BUDGET, LONGEST};
use crate::stage::{Round, Tally, Trial, Trouble};
use crate::victim::{Event, Running, Work};
use crate::workshop::{need, Workshop};

/// Calls that change files, or tell others.
const CALLS: &str = "write,pwrite64,writev,pwritev,fsync,fdatasync,sync_file_range,rename,renameat,renameat2,unlink,\
unlinkat,openat,ftruncate,fallocate,mkdir,mkdirat,rmdir,link,symlink,close,flock,sendto,sendmsg,bind";
/// Lives of one directory.
const LIVES: u32 = 24;
/// Lives that may pass without the call being made so often; each asks for half as many.
const PATIENCE: u32 = 8;
/// Threads that commit, and commits of a life. Learned for each.
const SHAPES: [(u32, u64); 4] = [(1, 200), (3, 400), (8, 800), (16, 1_000)];

/// How strace comes to the victim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Form {
    /// It starts it.
    Whole,
    /// It attaches to it before the first commit.
    Working,
}

/// For each call, how often each thread made it.
type Counts = BTreeMap<String, Vec<u64>>;

struct AtCall {
    workshop: Workshop,
    program: PathBuf,
    trace: PathBuf,
    ground: Option<Ground>,
    /// By form, shape and whether the directory is new.
    learned: BTreeMap<(Form, usize, bool), Counts>,
}

/// Needs strace.
pub fn begin(workshop: &Workshop) -> Result<Box<dyn Trial>, Trouble> {
    need("strace", "strace")?;
    let program = workshop.c_program("victim")?;
    let trace = workshop.logs.join("calls");
    Ok(Box::new(AtCall { workshop: workshop.clone(), program, trace, ground: None, learned: BTreeMap::new() }))
}

impl Trial for AtCall {
    fn round(&mut self, round: Round) -> Result<Tally, Trouble> {
        let mut tally = Tally::default();
        let random = &mut Rng::with_seed(round.seed);
        let form = if random.bool() { Form::Whole } else { Form::Working };
        let shape = random.usize(..if self.workshop.short { 2 } else { SHAPES.len() });
        let mut ground = match self.ground.take() {
            Some(ground) => ground,
            None => Ground::new(&self.workshop, &self.program)?,
        };
        let counts = self.counts(form, shape, ground.lives() == 0)?;
        match one(&mut ground, form, shape, &counts, random, &mut tally) {
            Ok(()) => {
                self.ground = (ground.lives() < LIVES).then_some(ground);
                Ok(tally)
            }
            Err(trouble) => Err(ground.keep(trouble)),
        }
    }

    fn end(&mut self) -> Result<Tally, Trouble> {
        self.ground.take().map_or_else(|| Ok(Tally::default()), Ground::end)
    }
}

impl AtCall {
    /// How often which calls are made, from a life of a directory that is new, or was used once.
    fn counts(&mut self, form: Form, shape: usize, is_new: bool) -> Result<Counts, Trouble> {
        if let Some(counts) = self.learned.get(&(form, shape, is_new)) {
            return Ok(counts.clone());
        }
        let mut ground = Ground::new(&self.workshop, &self.program)?;
        if !is_new {
            let first = work(&mut ground, Form::Whole, shape, 0)?;
            ground.start(&first)?.rest(LONGEST)?;
        }
        let work = work(&mut ground, form, shape, 1)?;
        let words = ["-o".to_owned(), self.trace.display().to_string(), "-e".to_owned(), format!("trace={CALLS}")];
        Traced::start(&ground, &work, form, &words)?.end()?;
        let counts = count(&self.trace)?;
        if counts.is_empty() {
            return Err(Trouble::Missing("strace saw no system call".to_owned()));
        }
        self.learned.insert((form, shape, is_new), counts.clone());
        Ok(counts)
    }
}

fn work(ground: &mut Ground, form: Form, shape: usize, seed: u64) -> Result<Work, Trouble> {
    let (threads, commits) = SHAPES[shape];
    let wait = u64::from(form == Form::Working);
    let sync = [1, 4, 30][(seed % 3) as usize];
    let options =
        [("budget", BUDGET), ("value", 1_500), ("sync", sync), ("commits", commits), ("async", 10), ("wait", wait)];
    ground.work(seed, threads, &options)
}

/// Lives until one is killed, and perhaps a look at what is left.
fn one(
    ground: &mut Ground,
    form: Form,
    shape: usize,
    counts: &Counts,
    random: &mut Rng,
    tally: &mut Tally,
) -> Result<(), Trouble> {
    let (mut call, mut number) = choose(counts, random);
    for _ in 0..PATIENCE {
        let work = work(ground, form, shape, random.u64(..))?;
        let words = ["-o", "/dev/null", "-e", &format!("trace={call}"), "-e"].map(str::to_owned);
        let inject = format!("inject={call}:signal=SIGKILL:when={number}");
        let words: Vec<String> = words.into_iter().chain([inject]).collect();
        let (events, killed) = Traced::start(ground, &work, form, &words)?.end()?;
        ground.take(work.life, &events, tally)?;
        if ground.must_check() || ground.lives() >= LIVES || random.u8(..3) == 0 {
            ground.check(tally)?;
        }
        if killed {
            tally.add("kills", 1);
            tally.add(&format!("kills at {call}"), 1);
            return Ok(());
        }
        tally.add("lives without the call", 1);
        match number {
            1 => (call, number) = choose(counts, random),
            _ => number /= 2,
        }
    }
    tally.add("rounds without a kill", 1);
    Ok(())
}

/// A call, and which of them. Threads in the background make few: as likely as those of the busiest.
fn choose<'a>(counts: &'a Counts, random: &mut Rng) -> (&'a str, u64) {
    let calls: Vec<_> = counts.iter().collect();
    let Some((call, threads)) = random.choice(calls) else {
        return ("write", 1);
    };
    let most = random.choice(threads).map_or(1, |most| *most);
    (call, random.u64(1..=most))
}

/// A victim under strace.
struct Traced {
    victim: Running,
    /// The one that is attached.
    strace: Option<Child>,
}

impl Traced {
    fn start(ground: &Ground, work: &Work, form: Form, words: &[String]) -> Result<Self, Trouble> {
        let mut strace = Command::new("strace");
        match form {
            Form::Whole => {
                strace.args(["-f", "-qq", "--seccomp-bpf"]).args(words).args(work.words());
                Ok(Self { victim: Running::start(strace, ground.log())?, strace: None })
            }
            Form::Working => {
                let (victim, mut input) = Running::start_waiting(work.command(), ground.log())?;
                let mut events = Vec::new();
                while !matches!(events.last(), Some(Event::Open(_))) {
                    let event = victim.next(LONGEST);
                    events.push(event.ok_or_else(|| Trouble::Finding(format!("it did not open: {events:?}")))?);
                }
                strace.arg("-f").args(words).arg("-p").arg(victim.pid().to_string());
                let mut strace = strace.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
                attached(&mut strace)?;
                input.write_all(b".")?;
                let victim = victim.having_said(events);
                Ok(Self { victim, strace: Some(strace) })
            }
        }
    }

    /// What it said, and whether it was killed; anything but that or an orderly end is a finding.
    fn end(self) -> Result<(Vec<Event>, bool), Trouble> {
        let (events, status) = self.victim.rest(LONGEST)?;
        if let Some(mut strace) = self.strace {
            strace.wait()?;
        }
        let closed = matches!(events.last(), Some(Event::Closed(_)));
        match (status.signal(), status.code()) {
            (Some(9), _) => Ok((events, true)),
            (None, Some(0)) if closed => Ok((events, false)),
            _ => Err(Trouble::Finding(format!("the victim ended with {status}, last said {:?}", events.last()))),
        }
    }
}

/// Waits until strace has the victim, and goes on reading what it says, so that it never blocks.
fn attached(strace: &mut Child) -> Result<(), Trouble> {
    let Some(words) = strace.stderr.take() else {
        return Err(Trouble::Rig("strace has no standard error".to_owned()));
    };
    let mut words = BufReader::new(words);
    let mut line = String::new();
    while words.read_line(&mut line)? > 0 {
        if line.contains("attached") {
            std::thread::spawn(move || std::io::copy(&mut words, &mut std::io::sink()));
            return Ok(());
        }
    }
    Err(Trouble::Missing(format!("strace can't attach: {}", line.trim())))
}

/// Counts what a trace has: `PID CALL(...`.
fn count(trace: &Path) -> Result<Counts, Trouble> {
    let text = String::from_utf8_lossy(&fs::read(trace)?).into_owned();
    let mut threads: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for line in text.lines() {
        let mut words = line.split_whitespace();
        if let (Some(thread), Some((call, _))) = (words.next(), words.next().and_then(|word| word.split_once('('))) {
            *threads.entry((call, thread)).or_default() += 1;
        }
    }
    let mut counts = Counts::new();
    for ((call, _), number) in threads {
        counts.entry(call.to_owned()).or_default().push(number);
    }
    Ok(counts)
}
