//! Sequences of calls of every function, on several threads: what libFuzzer finds, random ones, and the ones
//! that are kept.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::built;
use crate::program;
use crate::stage::{Must, Round, Stage, Tally, Trial, Trouble};
use crate::workshop::Workshop;

/// Calls of one round, to each library.
const CALLS: u64 = 100_000;
/// So long libFuzzer looks for a planted error.
const SECONDS_FOR_TWIN: u64 = 120;
/// So long libFuzzer runs for a round, with each library.
const SECONDS: u64 = 60;

const LIBRARIES: [&str; 2] = ["plinth", "fdb"];

/// The stages.
pub fn stages() -> Vec<Stage> {
    let stage = Stage {
        name: "calls-kept",
        obligation: "P13",
        what: "the kept sequences of calls, on several threads",
        rounds: "plays of the corpus",
        whole: 10,
        short: 1,
        must: Must::Hold,
        begin: |workshop| Plain::begin(workshop, true),
    };
    vec![
        Stage {
            name: "calls-random",
            what: "random sequences of calls with valid, stale and absurd arguments, on several threads",
            rounds: "times 100,000 calls to each library",
            whole: 100,
            short: 0,
            begin: |workshop| Plain::begin(workshop, false),
            ..stage
        },
        Stage {
            name: "calls-fuzz",
            what: "the same, looked for by libFuzzer under AddressSanitizer",
            rounds: "minutes for each library",
            whole: 30,
            short: 0,
            begin: |workshop| Fuzz::begin(workshop, ""),
            ..stage
        },
        Stage {
            name: "calls-fuzz-crash",
            what: "the same with a planted memory error behind a few calls",
            rounds: "tries",
            whole: 1,
            short: 0,
            must: Must::Break,
            begin: |workshop| Fuzz::begin(workshop, "_crash"),
            ..stage
        },
        stage,
    ]
}

fn corpus(root: &Path, library: &str) -> PathBuf {
    root.join("fuzz/corpus").join(format!("calls_{library}"))
}

/// Without a fuzzer, with the libraries as they are shipped.
struct Plain {
    workshop: Workshop,
    programs: Vec<PathBuf>,
    is_kept: bool,
}

impl Plain {
    fn begin(workshop: &Workshop, is_kept: bool) -> Result<Box<dyn Trial>, Trouble> {
        let mut programs = Vec::new();
        for (library, file) in LIBRARIES.iter().zip(["libplinth.so", "libfdb_c.so"]) {
            let program = workshop.build.join(format!("calls_{library}"));
            let mut cc = Command::new("cc");
            cc.args(["-std=c11", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-pthread", "-DPLINTH_FUZZ_PLAIN"]);
            cc.arg("-I").arg(workshop.root.join("include")).arg("-I").arg(workshop.root.join("crates/prove/c"));
            cc.arg(workshop.root.join(format!("fuzz/calls_{library}.c"))).arg("-o").arg(&program);
            cc.arg(workshop.release.join(file)).arg(format!("-Wl,-rpath,{}", workshop.release.display()));
            workshop.run(&mut cc, "compile")?;
            programs.push(program);
        }
        let workshop = workshop.clone();
        Ok(Box::new(Self { workshop, programs, is_kept }))
    }
}

impl Trial for Plain {
    fn round(&mut self, round: Round) -> Result<Tally, Trouble> {
        let mut tally = Tally::default();
        let place = self.workshop.scratch()?;
        for (library, program) in LIBRARIES.iter().zip(&self.programs) {
            let mut command = program::command(program, 300);
            command.env("TMPDIR", place.path());
            if self.is_kept {
                let mut files: Vec<_> = fs::read_dir(corpus(&self.workshop.root, library))?.flatten().collect();
                files.sort_by_key(fs::DirEntry::file_name);
                command.args(files.iter().map(fs::DirEntry::path));
            } else {
                command.arg("--random").arg(round.seed.to_string()).arg(CALLS.to_string());
            }
            tally.merge(&program::run(&self.workshop, &mut command, "calls")?);
        }
        Ok(tally)
    }
}

/// With libFuzzer, which looks for sequences that reach more of the library.
struct Fuzz {
    workshop: Workshop,
    programs: PathBuf,
    twin: &'static str,
}

impl Fuzz {
    fn begin(workshop: &Workshop, twin: &'static str) -> Result<Box<dyn Trial>, Trouble> {
        let programs = built(workshop, "fuzz/calls_build.sh", &[], "calls-fuzz-build")?;
        Ok(Box::new(Self { workshop: workshop.clone(), programs, twin }))
    }
}

impl Trial for Fuzz {
    fn round(&mut self, round: Round) -> Result<Tally, Trouble> {
        let mut tally = Tally::default();
        let seconds = if self.twin.is_empty() { SECONDS } else { SECONDS_FOR_TWIN };
        let place = self.workshop.scratch()?;
        for library in LIBRARIES {
            // What is found beyond the kept inputs lasts as long as the build directory; a crash leaves its input there.
            let found = self.workshop.build.join(format!("calls_{library}{}", self.twin)).with_extension("found");
            fs::create_dir_all(&found)?;
            let mut command =
                program::command(&self.programs.join(format!("calls_{library}{}", self.twin)), seconds + 120);
            command.arg(&found).arg(corpus(&self.workshop.root, library));
            command.arg(format!("-max_total_time={seconds}")).arg(format!("-seed={}", round.seed as u32));
            command.args([
                "-max_len=4096",
                "-len_control=0",
                "-timeout=60",
                "-rss_limit_mb=6000",
                "-print_final_stats=1",
            ]);
            command.arg(format!("-artifact_prefix={}/", found.display())).env("TMPDIR", place.path());
            // Leaks are looked for where threads have ended: closing, and the C tests under AddressSanitizer.
            command.arg("-detect_leaks=0").env("ASAN_OPTIONS", "detect_leaks=0:allocator_may_return_null=1");
            tally.merge(&program::run(&self.workshop, &mut command, "calls-fuzz")?);
        }
        Ok(tally)
    }
}
