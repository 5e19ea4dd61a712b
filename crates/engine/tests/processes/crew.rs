//! Worker processes, seen from the test: starts them, hears what they say, kills them.
//!
//! What a worker wrote to its pipe is heard even if the worker was killed right after. Nothing is
//! waited for without bound: who is silent for too long is looked into with a debugger, and the
//! test fails.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{channel, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use plinth_testkit::line;
use rustix::process::{kill_process, Pid, Signal};

use super::job::{Job, Said, JOB};

/// How long everybody may be silent.
const PATIENCE: Duration = Duration::from_secs(30);

/// The workers of a test. They are killed when it ends.
pub struct Crew {
    workers: Vec<Worker>,
    heard: Receiver<(usize, Option<Said>)>,
    ear: Sender<(usize, Option<Said>)>,
}

struct Worker {
    child: Child,
    input: ChildStdin,
    job: Job,
    /// Whether its process may still be there.
    alive: bool,
    /// Whether everything that it said was heard.
    silent: bool,
}

impl Crew {
    /// Nobody yet.
    pub fn new() -> Self {
        let (ear, heard) = channel();
        Self { workers: Vec::new(), heard, ear }
    }

    /// Starts a worker; gives its number.
    pub fn hire(&mut self, job: Job) -> usize {
        let program = std::env::current_exe().unwrap();
        let mut child = Command::new(program)
            .args(["--ignored", "--exact", "worker", "--nocapture", "--test-threads", "1"])
            .env(JOB, line::encode(&job))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let number = self.workers.len();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let ear = self.ear.clone();
        std::thread::spawn(move || {
            for text in BufReader::new(output).split(b'\n').map_while(Result::ok) {
                if let Some(said) = line::decode(&String::from_utf8_lossy(&text)) {
                    let _ = ear.send((number, Some(said)));
                }
            }
            let _ = ear.send((number, None));
        });
        self.workers.push(Worker { child, input, job, alive: true, silent: false });
        number
    }

    /// The next thing that a worker says. `None` for the end of a worker.
    pub fn next(&mut self) -> (usize, Option<Said>) {
        self.next_within(PATIENCE).unwrap_or_else(|| self.autopsy("nobody says anything"))
    }

    /// The same, if there is one in time.
    pub fn next_within(&mut self, time: Duration) -> Option<(usize, Option<Said>)> {
        match self.heard.recv_timeout(time) {
            Ok((number, Some(Said::Failed(text)))) => {
                self.autopsy(&format!("worker {number} (pid {}): {text}", self.pid(number)))
            }
            Ok((number, None)) => {
                self.ended(number);
                Some((number, None))
            }
            Ok(said) => Some(said),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => unreachable!("the crew has a sender itself"),
        }
    }

    /// Has a worker do something.
    pub fn tell(&mut self, number: usize, word: &str) {
        // A worker that was just killed hears nothing.
        let _ = self.workers[number].input.write_all(format!("{word}\n").as_bytes());
    }

    /// The workers that were not killed.
    pub fn alive(&self) -> Vec<usize> {
        (0..self.workers.len()).filter(|number| self.workers[*number].alive).collect()
    }

    /// Its process.
    pub fn pid(&self, number: usize) -> u32 {
        self.workers[number].child.id()
    }

    /// What it was hired for.
    pub fn job(&self, number: usize) -> Job {
        self.workers[number].job.clone()
    }

    /// Kills a worker: it does nothing more once this returned.
    pub fn kill(&mut self, number: usize) {
        self.workers[number].alive = false;
        let _ = self.workers[number].child.kill();
    }

    /// Sends a worker a signal.
    pub fn signal(&self, number: usize, signal: Signal) {
        if let Some(pid) = i32::try_from(self.pid(number)).ok().and_then(Pid::from_raw) {
            let _ = kill_process(pid, signal);
        }
    }

    /// Tells all to stop, and hears them out.
    pub fn dismiss(&mut self, mut hear: impl FnMut(usize, Said)) {
        for number in self.alive() {
            self.tell(number, "stop");
        }
        let until = Instant::now() + PATIENCE;
        while self.workers.iter().any(|worker| !worker.silent) {
            let left = until.saturating_duration_since(Instant::now());
            match self.next_within(left) {
                Some((number, Some(said))) => hear(number, said),
                Some((_, None)) => {}
                None => self.autopsy("a worker does not stop"),
            }
        }
    }

    /// Everything that a worker said was heard.
    fn ended(&mut self, number: usize) {
        let worker = &mut self.workers[number];
        worker.silent = true;
        let status = worker.child.wait().unwrap();
        assert!(status.success() || !worker.alive, "worker {number} ended with {status}");
        worker.alive = false;
    }

    /// Shows where everybody is, and fails.
    pub fn autopsy<T>(&mut self, why: &str) -> T {
        eprintln!("{why}");
        for number in self.alive() {
            let pid = self.pid(number);
            eprintln!("---- worker {number}, pid {pid}, {:?}", self.workers[number].job);
            let gdb = ["-p", &pid.to_string(), "-batch", "-nx", "-ex", "thread apply all bt 16"];
            let shown = Command::new("timeout").args(["60", "gdb"]).args(gdb).stderr(Stdio::null()).output();
            match shown {
                Ok(shown) if !shown.stdout.is_empty() => eprintln!("{}", String::from_utf8_lossy(&shown.stdout)),
                _ => eprintln!("{}", kernel_side(pid)),
            }
            self.signal(number, Signal::ABORT);
        }
        panic!("{why}");
    }
}

/// Where the threads of a process wait, if there is no debugger.
fn kernel_side(pid: u32) -> String {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let read = |path: std::path::PathBuf| std::fs::read_to_string(path).unwrap_or_default();
    let lines = tasks.map(|task| {
        let (name, place) = (read(task.path().join("comm")), read(task.path().join("wchan")));
        format!("{}: {} waits in {place}\n", task.file_name().to_string_lossy(), name.trim())
    });
    lines.collect()
}

impl Drop for Crew {
    fn drop(&mut self) {
        for worker in &mut self.workers {
            let _ = worker.child.kill();
            let _ = worker.child.wait();
        }
    }
}
