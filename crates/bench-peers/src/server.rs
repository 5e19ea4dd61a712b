//! A server process: started, waited for, ended. Relies on `setpriv` of util-linux, which runs it as another
//! user and has the kernel end it if this process dies.

use std::ffi::OsStr;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use plinth_bench::error::{Context, Error, Result};

/// A running server.
pub struct Server(Child);

impl Server {
    /// Starts it.
    pub fn start(command: &mut Command) -> Result<Self> {
        let words = format!("{command:?}");
        command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().context(words).map(Self)
    }

    /// Tries to connect until the server answers.
    pub fn connect<T, E: std::fmt::Display>(&mut self, connect: impl Fn() -> std::result::Result<T, E>) -> Result<T> {
        let end = Instant::now() + Duration::from_secs(60);
        loop {
            match connect() {
                Ok(connection) => return Ok(connection),
                Err(error) if Instant::now() > end => return Err(error).context("connecting to the server"),
                Err(_) => {}
            }
            if let Some(status) = self.0.try_wait().context("the server")? {
                return Err(Error::new(format!("the server ended with {status}")));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// Waits for its end, after it was asked to.
    pub fn ended(mut self) -> Result<ExitStatus> {
        self.0.wait().context("waiting for the server")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A command that ends with this process, run by the owner of a directory.
pub fn command(program: &Path, directory: &Path) -> Result<Command> {
    let owner = std::fs::metadata(directory).context(directory.display())?;
    let own = std::fs::metadata("/proc/self").context("/proc/self")?;
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL"]);
    if owner.uid() != own.uid() {
        let (user, group) = (format!("--reuid={}", owner.uid()), format!("--regid={}", owner.gid()));
        command.args([user, group, String::from("--clear-groups")]);
    }
    command.arg("--").arg(program).current_dir(directory);
    Ok(command)
}

/// Runs a command to its end.
pub fn run(command: &mut Command) -> Result<()> {
    let words = format!("{command:?}");
    let output = command.stdin(Stdio::null()).output().context(&words)?;
    match output.status.success() {
        true => Ok(()),
        false => Err(Error::new(format!("{words}: {}", String::from_utf8_lossy(&output.stderr).trim()))),
    }
}

/// The program of this name in `PATH` or one of these directories.
pub fn find(name: &str, more: impl IntoIterator<Item = PathBuf>) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let places: Vec<PathBuf> = std::env::split_paths::<OsStr>(&path).chain(more).collect();
    places.into_iter().map(|place| place.join(name)).find(|program| program.is_file())
}
