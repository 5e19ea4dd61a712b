//! P17: libFuzzer on what takes bytes from elsewhere, and on calls beside the model.
//!
//! `scripts/fuzz.sh` builds the programs of `fuzz/`. Inputs that are worth keeping stay in `fuzz/corpus`,
//! and ordinary tests replay them; what a run finds on top is kept in `build/prove/fuzz` for the next.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::stage::{Must, Round, Stage, Tally, Trial, Trouble};
use crate::workshop::Workshop;

/// Seconds of a round.
const SECONDS: u64 = 60;
/// Rounds of a whole run; before a release it is a day.
const ROUNDS: u64 = 10;

/// The stages of P17.
pub fn stages() -> Vec<Stage> {
    let hold = |name, what, begin| Stage {
        name,
        obligation: "P17",
        what,
        rounds: "minutes",
        whole: ROUNDS,
        short: 0,
        must: Must::Hold,
        begin,
    };
    let found = |name, what, begin| Stage { whole: 5, must: Must::Break, ..hold(name, what, begin) };
    vec![
        hold("fuzz-model", "calls, ranges and selectors beside the model, one input a sequence", |workshop| {
            begin(workshop, "model", "model", "")
        }),
        hold("fuzz-frames", "streams of frames between processes", |workshop| begin(workshop, "bytes", "frames", "")),
        hold("fuzz-message", "messages of guests and hosts", |workshop| begin(workshop, "bytes", "message", "")),
        hold("fuzz-commit", "commits of guests, taken apart and put together again", |workshop| {
            begin(workshop, "bytes", "commit", "")
        }),
        hold("fuzz-greeting", "the lines that connections begin with", |workshop| {
            begin(workshop, "bytes", "greeting", "")
        }),
        hold("fuzz-files", "the text files of a directory", |workshop| begin(workshop, "bytes", "files", "")),
        hold("fuzz-keyspaces", "the records of keyspaces", |workshop| begin(workshop, "bytes", "keyspaces", "")),
        hold("fuzz-tuple", "tuples and mappers of the client library", |workshop| {
            begin(workshop, "bytes", "tuple", "")
        }),
        found("fuzz-planted", "a planted read past the end, behind five bytes", |workshop| {
            begin(workshop, "planted", "planted", "")
        }),
        found("fuzz-defect", "an engine whose reads do not see own atomic operations", |workshop| {
            begin(workshop, "model", "model", "SkipsOwnAtomics")
        }),
    ]
}

/// One of the programs, and what it is for.
struct Fuzzer {
    program: PathBuf,
    name: &'static str,
    defect: &'static str,
    /// Inputs of the sources, if there are any.
    kept: Option<PathBuf>,
    /// Inputs of earlier rounds.
    grown: PathBuf,
    artifacts: String,
}

fn begin(
    workshop: &Workshop,
    program: &str,
    name: &'static str,
    defect: &'static str,
) -> Result<Box<dyn Trial>, Trouble> {
    let built = workshop.run(&mut Command::new(workshop.root.join("scripts/fuzz.sh")), "fuzz-build")?;
    let programs = PathBuf::from(String::from_utf8_lossy(&built.stdout).trim());
    let place = workshop.build.join("fuzz").join(format!("{name}{defect}"));
    let grown = place.join("corpus");
    fs::create_dir_all(&grown)?;
    let kept = Some(workshop.root.join("fuzz/corpus").join(name)).filter(|kept| kept.exists());
    check_is_in(workshop, &programs.join(program))?;
    let artifacts = format!("{}/", place.display());
    Ok(Box::new(Fuzzer { program: programs.join(program), name, defect, kept, grown, artifacts }))
}

/// A program without them finds nothing.
fn check_is_in(workshop: &Workshop, program: &std::path::Path) -> Result<(), Trouble> {
    let symbols = workshop.run(Command::new("nm").arg(program), "fuzz-symbols")?;
    let symbols = String::from_utf8_lossy(&symbols.stdout).into_owned();
    for needed in ["__asan_report_load", "__sanitizer_cov_8bit_counters_init", "__sanitizer_cov_trace_const_cmp"] {
        if !symbols.contains(needed) {
            return Err(Trouble::Rig(format!("{} has no {needed}", program.display())));
        }
    }
    Ok(())
}

impl Trial for Fuzzer {
    fn round(&mut self, round: Round) -> Result<Tally, Trouble> {
        let mut fuzzer = Command::new(&self.program);
        // libFuzzer's seeds have 32 bits, and 0 is none.
        fuzzer.arg(format!("-max_total_time={SECONDS}")).arg(format!("-seed={}", round.seed as u32 | 1));
        fuzzer.args(["-print_final_stats=1", "-timeout=30", "-rss_limit_mb=4096", "-max_len=1000", "-len_control=0"]);
        if self.name == "model" {
            // The database stays open from input to input, which it takes for leaks, and looking for those takes
            // nearly all the time.
            fuzzer.arg("-detect_leaks=0");
        }
        fuzzer.arg(format!("-artifact_prefix={}", self.artifacts)).arg(&self.grown).args(&self.kept);
        fuzzer.env("PLINTH_FUZZ", self.name).env("PLINTH_FUZZ_DEFECT", self.defect);
        let output = fuzzer.stdin(std::process::Stdio::null()).output()?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let log = format!("{}log", self.artifacts);
        fs::write(&log, &said)?;
        if !output.status.success() {
            return Err(Trouble::Finding(format!("{}; see {log}", told(&said))));
        }
        let mut tally = Tally::default();
        tally.add("inputs", number_after(&said, "stat::number_of_executed_units:").unwrap_or(0));
        tally.largest("branches", said.lines().rev().find_map(|line| number_after(line, " cov: ")).unwrap_or(0));
        Ok(tally)
    }
}

/// The lines that tell what was found, and where the input is.
fn told(said: &str) -> String {
    let telling = |line: &&str| {
        ["panicked at", "ERROR: ", "Test unit written to", "difference"].iter().any(|word| line.contains(word))
    };
    said.lines().filter(telling).collect::<Vec<_>>().join("; ")
}

fn number_after(text: &str, words: &str) -> Option<u64> {
    text.split(words).nth(1)?.split_whitespace().next()?.parse().ok()
}
