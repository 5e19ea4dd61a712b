//! P16: an hour of mixed load in a gigabyte: resident size, files and latency stay as they are.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use crate::stage::{Must, Round, Stage, Tally, Trial, Trouble};
use crate::workshop::Workshop;

/// The limit of memory, in bytes.
const LIMIT: u64 = 1 << 30;
/// Bytes of files at most: those of the data, twice, and the longest log.
const MOST_FILES_KB: u64 = 1_500_000;
/// A scan of a thousand keys and a commit, in microseconds.
const SCAN_US: u64 = 10_000;
const COMMIT_US: u64 = 100_000;
/// Growth of the resident size in kilobytes a minute, above which it is not flat: 60 MB an hour.
const SLOPE: f64 = 1_000.0;
/// Figures in the second half of a run from which on a slope means something: seven minutes and a half.
const ENOUGH: usize = 45;
/// Seconds between two lines of figures.
const PERIOD: usize = 10;
const SHORT_PERIOD: usize = 2;

/// The stages of P16.
pub fn stages() -> Vec<Stage> {
    let stage = |name, what, whole, short, begin| Stage {
        name,
        obligation: "P16",
        what,
        rounds: "rounds",
        whole,
        short,
        must: Must::Hold,
        begin,
    };
    vec![
        stage("endurance", "mixed load, slow readers, a queue and cleared ranges in 1 GB", 60, 1, endurance),
        stage("long-window", "the same with a window of ten minutes", 30, 0, long_window),
    ]
}

struct Endurance {
    workshop: Workshop,
    program: PathBuf,
    options: Vec<String>,
    running: Option<Running>,
    /// Resident sizes since the warm-up.
    sizes: Vec<u64>,
    last: BTreeMap<String, u64>,
}

struct Running {
    child: Child,
    lines: Receiver<String>,
    limit: &'static str,
    group: Option<PathBuf>,
    _scratch: tempfile::TempDir,
}

fn endurance(workshop: &Workshop) -> Result<Box<dyn Trial>, Trouble> {
    begin(workshop, &[])
}

fn long_window(workshop: &Workshop) -> Result<Box<dyn Trial>, Trouble> {
    begin(workshop, &["window=600000"])
}

fn begin(workshop: &Workshop, options: &[&str]) -> Result<Box<dyn Trial>, Trouble> {
    let program = workshop.c_program("endurance")?;
    let options = options.iter().map(ToString::to_string).collect();
    let (sizes, last) = (Vec::new(), BTreeMap::new());
    Ok(Box::new(Endurance { workshop: workshop.clone(), program, options, running: None, sizes, last }))
}

impl Trial for Endurance {
    fn round(&mut self, round: Round) -> Result<Tally, Trouble> {
        let mut running = match self.running.take() {
            Some(running) => running,
            None => self.start(round.seed)?,
        };
        let mut tally = Tally::default();
        // A round is a minute.
        let (lines, period) = if self.workshop.short { (2, SHORT_PERIOD) } else { (60 / PERIOD, PERIOD) };
        for _ in 0..lines {
            let figures = running.figures()?;
            self.count(&figures, &mut tally)?;
        }
        tally.add(running.limit, (lines * period) as u64);
        self.running = Some(running);
        Ok(tally)
    }

    fn end(&mut self) -> Result<Tally, Trouble> {
        self.running = None;
        let mut tally = Tally::default();
        for name in ["all_commit_p99_us", "all_get_p99_us", "all_scan_p99_us", "all_scan_net_p99_us"] {
            tally.largest(name, self.last.get(name).copied().unwrap_or(0));
        }
        let half = self.sizes.get(self.sizes.len() / 2..).unwrap_or_default();
        let slope = slope(half) * (60 / PERIOD) as f64;
        if half.len() >= ENOUGH {
            tally.largest("kB of growth a minute", slope.max(0.0) as u64);
        }
        let last = |name| self.last.get(name).copied().unwrap_or(0);
        // On a machine that does other things too, a scan is judged by what it took of the processor's time.
        let scan = last("all_scan_p99_us").min(last("all_scan_net_p99_us"));
        let commit = last("all_commit_p99_us");
        let finding = match () {
            () if self.workshop.short => None,
            () if scan > SCAN_US => Some(format!("the p99 of scans is {scan} us")),
            () if commit > COMMIT_US => Some(format!("the p99 of commits is {commit} us")),
            () if half.len() >= ENOUGH && slope > SLOPE => {
                Some(format!("the resident size grows by {slope:.0} kB a minute"))
            }
            () => None,
        };
        finding.map_or(Ok(tally), |what| Err(Trouble::Finding(what)))
    }
}

impl Endurance {
    fn start(&mut self, seed: u64) -> Result<Running, Trouble> {
        self.sizes.clear();
        let scratch = self.workshop.scratch()?;
        let period = if self.workshop.short { SHORT_PERIOD } else { PERIOD };
        let directory = scratch.path().join("database").display().to_string();
        let mut arguments = vec![directory, seed.to_string(), period.to_string()];
        arguments.extend(self.options.iter().cloned());
        let group = memory_group(&scratch);
        let (mut command, limit) = limited(&self.program, &arguments, group.as_deref());
        let log = fs::File::options().create(true).append(true).open(self.workshop.log("endurance"))?;
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn()?;
        let Some(output) = child.stdout.take() else {
            return Err(Trouble::Rig("no standard output".to_owned()));
        };
        let (told, lines) = mpsc::channel();
        std::thread::spawn(move || {
            BufReader::new(output)
                .lines()
                .map_while(Result::ok)
                .take_while(|line| told.send(line.clone()).is_ok())
                .last()
        });
        Ok(Running { child, lines, limit, group, _scratch: scratch })
    }

    /// Takes what counts from a line of figures.
    fn count(&mut self, figures: &BTreeMap<String, u64>, tally: &mut Tally) -> Result<(), Trouble> {
        let get = |name: &str| figures.get(name).copied().unwrap_or(0);
        self.sizes.push(get("rss_kb"));
        let before = self.last.get("commits").copied().unwrap_or(0);
        tally.add("commits", get("commits").saturating_sub(before));
        let names =
            ["rss_kb", "files_kb", "commit_p99_us", "get_p99_us", "scan_p99_us", "scan_net_p99_us", "scan_max_us"];
        names.iter().for_each(|name| tally.largest(name, get(name)));
        ["queue_p99_us", "retained", "queued"].iter().for_each(|name| tally.largest(name, get(name)));
        self.last.clone_from(figures);
        match get("files_kb") {
            files if files > MOST_FILES_KB => Err(Trouble::Finding(format!("{files} kB of files"))),
            _ => Ok(()),
        }
    }
}

impl Running {
    /// The next line of figures; its absence is a finding.
    fn figures(&mut self) -> Result<BTreeMap<String, u64>, Trouble> {
        match self.lines.recv_timeout(Duration::from_secs(300)) {
            Ok(line) => match line.strip_prefix("figures ") {
                Some(figures) => Ok(pairs(figures)),
                None => Err(Trouble::Finding(line)),
            },
            Err(mpsc::RecvTimeoutError::Timeout) => Err(Trouble::Finding("it hangs".to_owned())),
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                Err(Trouble::Finding(format!("it ended with {}, {}", self.child.wait()?, self.limit)))
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(group) = &self.group {
            let _ = fs::remove_dir(group);
        }
    }
}

/// Words and numbers in turn.
fn pairs(text: &str) -> BTreeMap<String, u64> {
    let words: Vec<&str> = text.split(' ').collect();
    words.chunks_exact(2).filter_map(|pair| Some((pair[0].to_owned(), pair[1].parse().ok()?))).collect()
}

/// A control group of its own with the limit, if this machine lets us make one.
fn memory_group(scratch: &tempfile::TempDir) -> Option<PathBuf> {
    let name = scratch.path().file_name()?;
    let places = [("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max")];
    places.iter().find_map(|(place, file)| {
        let group = Path::new(place).join(name);
        fs::create_dir(&group).ok()?;
        match fs::write(group.join(file), LIMIT.to_string()) {
            Ok(()) => Some(group),
            Err(_) => fs::remove_dir(&group).ok().and(None),
        }
    })
}

/// The program in that group, or else with a limited address space; and which it is.
fn limited(program: &Path, arguments: &[String], group: Option<&Path>) -> (Command, &'static str) {
    let mut command = Command::new("sh");
    let (script, limit) = match group {
        Some(_) => ("echo $$ >\"$0/cgroup.procs\" && exec \"$@\"", "seconds in a control group of 1 GB"),
        // Each arena of malloc would take 64 MB of addresses.
        None => ("ulimit -v 1048576 && MALLOC_ARENA_MAX=2 exec \"$@\"", "seconds with 1 GB of addresses"),
    };
    command.args(["-c", script]).arg(group.unwrap_or(Path::new("sh"))).arg(program).args(arguments);
    (command, limit)
}

/// The slope of a line through the numbers, by the least squares.
fn slope(numbers: &[u64]) -> f64 {
    let count = numbers.len() as f64;
    let middle = (count - 1.0) / 2.0;
    let mean = numbers.iter().sum::<u64>() as f64 / count.max(1.0);
    let places = || (0..numbers.len()).map(|at| at as f64 - middle);
    let rise: f64 = places().zip(numbers).map(|(place, number)| place * (*number as f64 - mean)).sum();
    let run: f64 = places().map(|place| place * place).sum();
    if run > 0.0 {
        rise / run
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slope_of_a_line_is_found() {
        assert_eq!(slope(&[5, 7, 9, 11]), 2.0);
        assert_eq!((slope(&[3, 3, 3]), slope(&[]), slope(&[1])), (0.0, 0.0, 0.0));
    }

    #[test]
    fn figures_are_words_and_numbers() {
        let figures = pairs("rss_kb 12 files_kb 7 odd");
        assert_eq!(figures.get("rss_kb").zip(figures.get("files_kb")), Some((&12, &7)));
    }
}
