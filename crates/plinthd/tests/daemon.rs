//! plinthd from outside: what it prints, tells systemd, answers to signals and returns.
//!
//! Whether it still hosts is seen by opening the directory: while it does, this process is its guest.

// What the tests share may panic as they may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::sync::Arc;
use std::time::Duration;

use plinth_api::{Database, DatabaseOptions};
use rustix::process::{kill_process, Pid, Signal};

/// Longer than anything here takes, on a busy machine too.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running plinthd; killed if a test fails before it has ended.
struct Daemon {
    child: Child,
    output: BufReader<ChildStdout>,
    errors: BufReader<ChildStderr>,
}

impl Daemon {
    fn start(arguments: &[&str]) -> Self {
        Self::start_with(Command::new(env!("CARGO_BIN_EXE_plinthd")).args(arguments))
    }

    fn start_with(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let errors = BufReader::new(child.stderr.take().unwrap());
        Self { child, output, errors }
    }

    /// One that serves: the line that says so was right.
    fn serving(directory: &Path, options: &[&str]) -> Self {
        let mut daemon = Self::start(&[&[text(directory)], options].concat());
        daemon.expect_serving(directory);
        daemon
    }

    fn expect_serving(&mut self, directory: &Path) {
        let expected = format!("plinthd: serving {} (pid {})\n", directory.display(), self.child.id());
        assert_eq!(patiently(|| line(&mut self.output)), expected, "{}", self.story());
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Ends it, and returns how.
    fn stop(mut self, signal: Signal) -> ExitStatus {
        self.signal(signal);
        self.ended().0
    }

    /// Waits for its end: its status, and the rest of its words on the standard error.
    fn ended(&mut self) -> (ExitStatus, String) {
        let mut words = String::new();
        patiently(|| self.errors.read_to_string(&mut words)).unwrap();
        (self.child.wait().unwrap(), words)
    }

    /// Why it did not do what was expected; only for a message.
    fn story(&mut self) -> String {
        match self.child.try_wait() {
            Ok(Some(status)) => format!("{status}: {}", self.ended().1),
            _ => String::from("it runs"),
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Ends the whole test if `work` hangs.
fn patiently<T>(work: impl FnOnce() -> T) -> T {
    let (done, waiting) = mpsc::channel::<()>();
    let guard = std::thread::spawn(move || {
        if waiting.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
            eprintln!("nothing happened for {PATIENCE:?}");
            std::process::exit(1);
        }
    });
    let result = work();
    drop(done);
    guard.join().unwrap();
    result
}

fn line(from: &mut impl BufRead) -> String {
    let mut line = String::new();
    from.read_line(&mut line).unwrap();
    line
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn database_path() -> (tempfile::TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("db");
    (parent, path)
}

fn open(path: &Path) -> plinth_api::Result<Arc<dyn Database>> {
    plinth_engine::open(text(path), DatabaseOptions::default())
}

fn put(database: &dyn Database, key: &[u8], value: &[u8]) {
    let transaction = database.begin().unwrap();
    transaction.set(0, key, value).unwrap();
    transaction.commit().unwrap();
}

fn get(database: &dyn Database, key: &[u8]) -> Option<Vec<u8>> {
    database.begin().unwrap().get(0, key, false).unwrap().map(|value| value.to_vec())
}

/// Opens the directory while plinthd hosts it, and writes a pair.
fn put_as_guest(path: &Path, key: &[u8], value: &[u8]) {
    let guest = open(path).unwrap();
    assert!(!guest.is_host());
    put(&*guest, key, value);
    guest.close().unwrap();
}

/// A socket that listens as systemd does.
fn notify_socket(parent: &Path) -> (PathBuf, UnixDatagram) {
    let path = parent.join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    (path, socket)
}

/// The next thing that systemd is told.
fn told(systemd: &UnixDatagram) -> String {
    let mut bytes = [0; 4096];
    let length = systemd.recv(&mut bytes).unwrap();
    String::from_utf8(bytes[..length].to_vec()).unwrap()
}

#[test]
fn it_creates_serves_closes_and_leaves_the_data() {
    for signal in [Signal::TERM, Signal::INT] {
        let (_parent, path) = database_path();
        let daemon = Daemon::serving(&path, &[]);
        put_as_guest(&path, b"guest", b"1");
        assert!(daemon.stop(signal).success());

        let database = open(&path).unwrap();
        assert!(database.is_host());
        assert_eq!(get(&*database, b"guest").as_deref(), Some(&b"1"[..]));
        put(&*database, b"own", b"2");
        database.close().unwrap();

        let daemon = Daemon::serving(&path, &["--must-exist", "--durability", "buffered", "--memory-budget", "64m"]);
        put_as_guest(&path, b"later", b"3");
        assert!(daemon.stop(signal).success());
        let database = open(&path).unwrap();
        assert_eq!(get(&*database, b"own").as_deref(), Some(&b"2"[..]));
        assert_eq!(get(&*database, b"later").as_deref(), Some(&b"3"[..]));
    }
}

#[test]
fn its_options_reach_the_database() {
    for (options, expected) in [(&["--durability=buffered"][..], "buffered"), (&[], "sync")] {
        let (_parent, path) = database_path();
        let mut daemon = Daemon::serving(&path, options);
        daemon.signal(Signal::HUP);
        let words = patiently(|| line(&mut daemon.errors));
        assert!(words.trim_end().ends_with(&format!(" durability={expected}")), "{words}");
        assert!(daemon.stop(Signal::TERM).success());
    }
}

#[test]
fn systemd_is_told_in_order() {
    let (parent, path) = database_path();
    let (socket, systemd) = notify_socket(parent.path());
    let mut command = Command::new(env!("CARGO_BIN_EXE_plinthd"));
    let mut daemon = Daemon::start_with(command.arg(&path).env("NOTIFY_SOCKET", &socket));
    assert_eq!(told(&systemd), format!("READY=1\nSTATUS=Serving {}", path.display()));
    daemon.expect_serving(&path);
    assert!(daemon.stop(Signal::TERM).success());
    assert!(told(&systemd).starts_with("STOPPING=1"));
}

#[test]
fn systemd_may_listen_outside_the_file_system() {
    use std::os::linux::net::SocketAddrExt as _;
    let (_parent, path) = database_path();
    let name = format!("plinthd-test-{}", std::process::id());
    let address = std::os::unix::net::SocketAddr::from_abstract_name(&name).unwrap();
    let systemd = UnixDatagram::bind_addr(&address).unwrap();
    systemd.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_plinthd"));
    let daemon = Daemon::start_with(command.arg(&path).env("NOTIFY_SOCKET", format!("@{name}")));
    let mut bytes = [0; 7];
    systemd.recv(&mut bytes).unwrap();
    assert_eq!(&bytes, b"READY=1");
    assert!(daemon.stop(Signal::TERM).success());
}

#[test]
fn a_lost_notify_socket_does_not_stop_it() {
    let (parent, path) = database_path();
    let mut command = Command::new(env!("CARGO_BIN_EXE_plinthd"));
    let mut daemon = Daemon::start_with(command.arg(&path).env("NOTIFY_SOCKET", parent.path().join("nobody")));
    daemon.expect_serving(&path);
    daemon.signal(Signal::TERM);
    let (status, words) = daemon.ended();
    assert!(status.success());
    assert!(words.contains("telling systemd"), "{words}");
}

#[test]
fn the_counters_are_printed_on_sighup() {
    let (_parent, path) = database_path();
    let mut daemon = Daemon::serving(&path, &[]);
    put_as_guest(&path, b"key", b"value");
    for _ in 0..2 {
        daemon.signal(Signal::HUP);
        let words = patiently(|| line(&mut daemon.errors));
        assert!(words.starts_with("plinthd: live_transactions=0 "), "{words}");
        assert!(words.contains(" commits=1 "), "{words}");
    }
    assert!(daemon.stop(Signal::TERM).success());
}

#[test]
fn a_second_one_fails_if_it_must_not_wait() {
    let (_parent, path) = database_path();
    let first = Daemon::serving(&path, &[]);
    let mut second = Daemon::start(&["--no-wait", text(&path)]);
    let (status, words) = second.ended();
    assert_eq!(status.code(), Some(1), "{words}");
    assert!(words.contains(&format!("pid {}", first.child.id())), "{words}");
    assert_eq!(line(&mut second.output), "");
    assert!(first.stop(Signal::TERM).success());
}

#[test]
fn a_second_one_waits_and_takes_over() {
    for signal in [Signal::TERM, Signal::KILL] {
        let (parent, path) = database_path();
        let first = Daemon::serving(&path, &[]);
        let (socket, systemd) = notify_socket(parent.path());
        let mut command = Command::new(env!("CARGO_BIN_EXE_plinthd"));
        let mut second = Daemon::start_with(command.arg(&path).env("NOTIFY_SOCKET", &socket));
        let words = patiently(|| line(&mut second.errors));
        assert!(words.contains(&format!("pid {}", first.child.id())) && words.contains("waiting"), "{words}");
        // It is not ready before it serves.
        assert!(told(&systemd).starts_with("STATUS=Waiting"));
        assert_eq!(first.stop(signal).success(), signal == Signal::TERM);
        assert!(told(&systemd).starts_with("READY=1"));
        second.expect_serving(&path);
        assert!(second.stop(Signal::TERM).success());
    }
}

/// A guest that runs takes over when plinthd ends, and the next plinthd waits for it.
#[test]
fn it_hands_over_to_a_guest() {
    for signal in [Signal::TERM, Signal::KILL] {
        let (_parent, path) = database_path();
        let first = Daemon::serving(&path, &[]);
        let guest = open(&path).unwrap();
        put(&*guest, b"key", b"value");
        assert_eq!(first.stop(signal).success(), signal == Signal::TERM);
        assert_eq!(get(&*guest, b"key").as_deref(), Some(&b"value"[..]));
        assert!(guest.is_host());

        let mut second = Daemon::start(&[text(&path)]);
        let words = patiently(|| line(&mut second.errors));
        assert!(words.contains(&format!("pid {}", std::process::id())), "{words}");
        put(&*guest, b"last", b"1");
        guest.close().unwrap();
        second.expect_serving(&path);
        assert!(second.stop(Signal::TERM).success());
        assert_eq!(get(&*open(&path).unwrap(), b"last").as_deref(), Some(&b"1"[..]));
    }
}

#[test]
fn one_that_waits_can_be_stopped() {
    let (_parent, path) = database_path();
    let first = Daemon::serving(&path, &[]);
    let mut second = Daemon::start(&[text(&path)]);
    assert!(patiently(|| line(&mut second.errors)).contains("waiting"));
    assert!(second.stop(Signal::TERM).success());
    assert!(first.stop(Signal::TERM).success());
}

#[test]
fn failures_have_a_story_and_status_1() {
    let (parent, path) = database_path();
    let file = parent.path().join("file");
    std::fs::write(&file, "not a directory").unwrap();
    for (arguments, expected) in [
        (vec!["--must-exist", text(&path)], text(&path)),
        (vec![text(&file)], "is not a directory"),
        (vec![text(parent.path())], "other files"),
    ] {
        let (status, words) = Daemon::start(&arguments).ended();
        assert_eq!(status.code(), Some(1), "{words}");
        assert!(words.starts_with("plinthd: ") && words.contains(expected), "{words}");
    }
    assert!(!path.exists());
}

#[test]
fn a_wrong_command_line_has_status_2() {
    let (_parent, path) = database_path();
    let path_text = text(&path);
    let wrong: [&[&str]; 7] = [
        &[],
        &[path_text, path_text],
        &[path_text, "--exclusive"],
        &[path_text, "--durability", "none"],
        &[path_text, "--memory-budget", "1k"],
        &[path_text, "--memory-budget", "much"],
        &[path_text, "--window-ms", "1"],
    ];
    for arguments in wrong {
        let (status, words) = Daemon::start(arguments).ended();
        assert_eq!(status.code(), Some(2), "{arguments:?}: {words}");
        assert!(words.starts_with("plinthd: "), "{words}");
    }
    assert!(!path.exists());
}

#[test]
fn help_and_version_need_no_directory() {
    for (option, expected) in [("--help", "DIRECTORY"), ("--version", env!("CARGO_PKG_VERSION"))] {
        let mut daemon = Daemon::start(&[option]);
        let mut words = String::new();
        daemon.output.read_to_string(&mut words).unwrap();
        assert!(daemon.ended().0.success());
        assert!(words.contains(expected), "{words}");
    }
}

/// One that serves its pages too, and their address.
fn with_pages(path: &Path) -> (Daemon, String) {
    let mut daemon = Daemon::start(&[text(path), "--metrics", "0"]);
    let first = patiently(|| line(&mut daemon.errors));
    let address = first.strip_prefix("plinthd: metrics at http://").and_then(|rest| rest.strip_suffix("/metrics\n"));
    let address = address.unwrap_or_else(|| panic!("{first}")).to_owned();
    daemon.expect_serving(path);
    (daemon, address)
}

/// What comes back: the first line, and what follows the head.
fn ask(address: &str, request: &[u8]) -> (String, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(request).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer}"));
    (head.lines().next().unwrap().to_owned(), body.to_owned())
}

fn page(address: &str, path: &str) -> String {
    let (status, body) = ask(address, format!("GET {path} HTTP/1.1\r\nHost: here\r\n\r\n").as_bytes());
    assert_eq!(status, "HTTP/1.1 200 OK", "{body}");
    body
}

#[test]
fn its_pages_tell_what_guests_do() {
    let (_parent, path) = database_path();
    let (daemon, address) = with_pages(&path);
    let guest = open(&path).unwrap();
    for key in [b"a", b"b", b"c"] {
        put(&*guest, key, b"value");
    }
    assert!(get(&*guest, b"b").is_some());
    // A value that was read is written by somebody else before the commit.
    let loser = guest.begin().unwrap();
    loser.get(0, b"a", false).unwrap();
    put(&*guest, b"a", b"other");
    loser.set(0, b"d", b"never").unwrap();
    loser.commit().unwrap_err();
    let metrics = page(&address, "/metrics");
    let number = |name: &str, labels: &str| {
        let start = format!("{name}{{database=\"{}\"{labels}}} ", text(&path));
        let found = metrics.lines().find_map(|line| line.strip_prefix(&start));
        found.unwrap_or_else(|| panic!("no {start}")).parse::<f64>().unwrap()
    };
    assert_eq!(number("plinth_guests", ""), 1.0);
    assert_eq!(number("plinth_commits_total", ""), 4.0);
    assert_eq!(number("plinth_commit_conflicts_total", ",read=\"point\""), 1.0);
    assert_eq!(number("plinth_operations_total", ",caller=\"guests\",operation=\"commit_sync\""), 5.0);
    assert_eq!(number("plinth_operation_seconds_count", ",caller=\"guests\",operation=\"commit_sync\""), 5.0);
    assert_eq!(number("plinth_operations_total", ",caller=\"guests\",operation=\"get\""), 2.0);
    assert_eq!(number("plinth_failures_total", ",caller=\"guests\",operation=\"commit\",code=\"1020\""), 1.0);
    assert_eq!(number("plinth_operations_total", ",caller=\"host\",operation=\"set\""), 0.0);
    assert_eq!(number("plinth_host_pid", ""), f64::from(daemon.child.id()));
    assert!(metrics.contains("\nprocess_resident_memory_bytes "), "{metrics}");
    let status = page(&address, "/status");
    assert!(status.contains(&format!("\"guests\":[{{\"pid\":{}}}]", std::process::id())), "{status}");
    // The guest's page has the host's numbers, and its own.
    let own = guest.metrics_text().unwrap();
    for line in [
        format!("plinth_host_pid{{database=\"{}\"}} {}", text(&path), daemon.child.id()),
        format!("plinth_operations_total{{database=\"{}\",caller=\"guest\",operation=\"set\"}} 5", text(&path)),
        format!("plinth_commits_total{{database=\"{}\"}} 4", text(&path)),
    ] {
        // What the loser did is handed in, though it was not destroyed: its commit has ended.
        assert!(own.lines().any(|found| found == line), "{line}");
    }
    guest.close().unwrap();
    assert!(daemon.stop(Signal::TERM).success());
}

#[test]
fn what_is_no_request_for_a_page_gets_none() {
    let (_parent, path) = database_path();
    let (daemon, address) = with_pages(&path);
    for (request, expected) in [
        (&b"GET /else HTTP/1.1\r\n\r\n"[..], "HTTP/1.1 404 Not Found"),
        (b"POST /metrics HTTP/1.1\r\n\r\n", "HTTP/1.1 405 Method Not Allowed"),
        (b"GET /metrics\r\n\r\n", "HTTP/1.1 400 Bad Request"),
        (b"\xff\xfe\r\n\r\n", "HTTP/1.1 400 Bad Request"),
        (b"GET /metrics SPDY/9\r\n\r\n", "HTTP/1.1 400 Bad Request"),
        (&[b'x'; 8 * 1024 + 512], "HTTP/1.1 400 Bad Request"),
    ] {
        assert_eq!(ask(&address, request).0, expected);
    }
    let (status, body) = ask(&address, b"HEAD /metrics HTTP/1.0\r\n\r\n");
    assert_eq!((status.as_str(), body.as_str()), ("HTTP/1.1 200 OK", ""));
    assert!(page(&address, "/metrics?x=y").starts_with("# HELP plinth_info "));
    // More of those that say nothing than there are threads: they are given up one after the other.
    let silent: Vec<_> = (0..6).map(|_| TcpStream::connect(&address).unwrap()).collect();
    assert!(page(&address, "/").contains("/metrics"));
    drop(silent);
    assert!(daemon.stop(Signal::TERM).success());
}

#[test]
fn an_address_that_is_taken_is_told_before_anything_is_opened() {
    let (_parent, path) = database_path();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let mut daemon = Daemon::start(&[text(&path), "--metrics", &address]);
    let (status, words) = daemon.ended();
    assert_eq!(status.code(), Some(1));
    assert!(words.contains(&address), "{words}");
    assert!(!path.exists());
}
