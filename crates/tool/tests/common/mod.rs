//! What the tests of the tool share: directories, runs of the real program, and terminals.

// What tests share may panic as they may, and not every test uses all of it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, dead_code)]

use std::io::{Read as _, Write as _};
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use rustix::process::{kill_process, Pid, Signal};
use serde_json::Value;

/// Longer than anything here takes, on a busy machine too.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a run of the program came to.
#[derive(Debug)]
pub struct Run {
    pub status: Option<i32>,
    pub out: Vec<u8>,
    pub err: String,
}

impl Run {
    /// The standard output, which must be text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.out).unwrap()
    }

    /// Its documents, one in each line.
    pub fn documents(&self) -> Vec<Value> {
        self.text().lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect()
    }

    /// Its only document.
    pub fn document(&self) -> Value {
        let mut documents = self.documents();
        assert_eq!(documents.len(), 1, "{self:?}");
        documents.remove(0)
    }

    /// Fails unless it returned this.
    pub fn returned(self, status: i32) -> Self {
        assert_eq!(self.status, Some(status), "{self:?}");
        self
    }
}

/// A place for databases and files, which goes with it.
pub struct Place(pub tempfile::TempDir);

impl Place {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// A place with a database in it.
    pub fn with_database() -> Self {
        let place = Self::new();
        place.run(&["--create", &place.path("db"), "getversion"]).returned(0);
        place
    }

    pub fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    /// Runs the program.
    pub fn run(&self, arguments: &[&str]) -> Run {
        self.run_with(arguments, b"")
    }

    /// Runs it with this on its standard input.
    pub fn run_with(&self, arguments: &[&str], input: &[u8]) -> Run {
        let mut child = Running::start(self.command(arguments).stdin(Stdio::piped()));
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        let writer = std::thread::spawn(move || {
            let _ = stdin.write_all(&input);
        });
        let run = ended(child);
        writer.join().unwrap();
        run
    }

    /// Runs it on the database `db`, with the directory before the arguments.
    pub fn db(&self, arguments: &[&str]) -> Run {
        let path = self.path("db");
        self.run(&[&[path.as_str()], arguments].concat())
    }

    /// The program with these arguments, its output to be read.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_plinth"));
        command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.env("XDG_STATE_HOME", self.0.path().join("state")).env_remove("NO_COLOR");
        command.env("TERM", "xterm");
        command
    }

    pub fn history(&self) -> PathBuf {
        self.0.path().join("state/plinth/history")
    }
}

/// A run of the program that goes on; it is killed when this is dropped, as by a test that fails.
pub struct Running(Option<Child>);

impl Running {
    pub fn start(command: &mut Command) -> Self {
        Self(Some(command.spawn().unwrap()))
    }
}

impl Deref for Running {
    type Target = Child;

    fn deref(&self) -> &Child {
        self.0.as_ref().unwrap()
    }
}

impl DerefMut for Running {
    fn deref_mut(&mut self) -> &mut Child {
        self.0.as_mut().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Waits for the end of a program; one that does not end is killed, and the test fails.
pub fn ended(mut child: Running) -> Run {
    let child = child.0.take().unwrap();
    let (done, waiting) = mpsc::channel::<()>();
    let id = Pid::from_child(&child);
    let guard = std::thread::spawn(move || {
        let hangs = waiting.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout);
        if hangs {
            // It has not been waited for, so its number is still its own.
            let _ = kill_process(id, Signal::KILL);
        }
        hangs
    });
    let output = child.wait_with_output().unwrap();
    drop(done);
    let run = Run {
        status: output.status.code(),
        out: output.stdout,
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    };
    assert!(!guard.join().unwrap(), "the program did not end in {PATIENCE:?}: {run:?}");
    run
}

/// Waits until something holds.
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "waited for: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The program at a terminal, which script(1) makes.
pub struct Terminal {
    child: Child,
    screen: Receiver<Vec<u8>>,
    seen: Vec<u8>,
    /// How much of it was looked at.
    at: usize,
}

impl Terminal {
    pub fn open(place: &Place, arguments: &[&str]) -> Self {
        let quote = |word: &str| format!("'{}'", word.replace('\'', "'\\''"));
        let words: Vec<String> = arguments.iter().map(|word| quote(word)).collect();
        let line = format!("exec {} {}", quote(env!("CARGO_BIN_EXE_plinth")), words.join(" "));
        let mut command = Command::new("script");
        command.args(["-q", "-f", "-e", "-c", &line, "/dev/null"]);
        command.env("XDG_STATE_HOME", place.0.path().join("state")).env("TERM", "xterm").env_remove("NO_COLOR");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.spawn().unwrap();
        let mut stdout = child.stdout.take().unwrap();
        let (send, screen) = mpsc::channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = stdout.read(&mut buffer) {
                if send.send(buffer[..length].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self { child, screen, seen: Vec::new(), at: 0 }
    }

    pub fn keys(&mut self, keys: &str) {
        let stdin = self.child.stdin.as_mut().unwrap();
        stdin.write_all(keys.as_bytes()).and_then(|()| stdin.flush()).unwrap();
    }

    /// Waits until this is on the screen, after what was waited for before.
    pub fn expect(&mut self, text: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let rest = String::from_utf8_lossy(&self.seen[self.at..]).into_owned();
            if let Some(found) = rest.find(text) {
                self.at += found + text.len();
                return;
            }
            match self.screen.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(bytes) => self.seen.extend(bytes),
                Err(_) => panic!("{text:?} did not come; the rest of the screen: {rest:?}"),
            }
        }
    }

    /// What is on the screen.
    pub fn screen(&self) -> String {
        String::from_utf8_lossy(&self.seen).into_owned()
    }

    /// Waits for the end.
    pub fn status(mut self) -> Option<i32> {
        let deadline = Instant::now() + PATIENCE;
        // The pipe stays open: script(1) would send an end of file else.
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(Instant::now() < deadline, "it did not end: {}", self.screen());
            while let Ok(bytes) = self.screen.recv_timeout(Duration::from_millis(5)) {
                self.seen.extend(bytes);
            }
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a database has, read by this process.
pub fn value(path: &Path, key: &[u8]) -> Option<Vec<u8>> {
    let database = plinth_engine::open(path.to_str().unwrap(), plinth_api::DatabaseOptions::default()).unwrap();
    let value = database.begin().unwrap().get(0, key, false).unwrap().map(|value| value.to_vec());
    database.close().unwrap();
    value
}
