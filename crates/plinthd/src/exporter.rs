//! What Prometheus reads: a small HTTP server with two pages, `/metrics` and `/status`.
//!
//! It is for a monitor on the same machine or behind a proxy: no names, no encryption, nothing is changed by it.
//! Everything is bounded: a few threads take one connection each, a request is short and comes soon, and every
//! connection ends with its answer. More connections wait in the kernel's queue.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use plinth_api::{Code, Database, Error, Result};

use crate::process;

/// Connections that are answered at a time.
const THREADS: usize = 4;
/// Bytes that a request may have.
const LONGEST: usize = 8 << 10;
/// How long a request may take to come.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long nothing of an answer may be taken.
const STALLED: Duration = Duration::from_secs(5);
/// How long a thread rests when no connection can be taken.
const REST: Duration = Duration::from_millis(100);

/// A server that has its address, and no database yet.
pub struct Exporter {
    listener: Arc<TcpListener>,
    database: Arc<OnceLock<Arc<dyn Database>>>,
}

/// What is answered.
struct Answer {
    status: &'static str,
    kind: &'static str,
    body: String,
}

impl Exporter {
    /// Takes the address, so that a wrong one is told before anything is opened.
    pub fn bind(address: SocketAddr) -> Result<Self> {
        let failed = |error: io::Error| {
            Error::new(Code::IO_ERROR).context(format!("serving metrics at {address}")).caused_by(error)
        };
        let listener = TcpListener::bind(address).map_err(failed)?;
        let bound = listener.local_addr().map_err(failed)?;
        let exporter = Self { listener: Arc::new(listener), database: Arc::default() };
        for number in 0..THREADS {
            let (listener, database) = (exporter.listener.clone(), exporter.database.clone());
            let serve = move || serve(&listener, &database);
            std::thread::Builder::new().name(format!("metrics-{number}")).spawn(serve).map_err(failed)?;
        }
        eprintln!("plinthd: metrics at http://{bound}/metrics");
        Ok(exporter)
    }

    /// Tells of this database from now on.
    pub fn tell_of(&self, database: &Arc<dyn Database>) {
        // Set once, when it is open.
        let _ = self.database.set(database.clone());
    }
}

fn serve(listener: &TcpListener, database: &OnceLock<Arc<dyn Database>>) {
    loop {
        match listener.accept() {
            // Who goes away before the answer needs none.
            Ok((stream, _)) => drop(converse(stream, database.get().map(|database| &**database))),
            Err(_) => std::thread::sleep(REST),
        }
    }
}

fn converse(mut stream: TcpStream, database: Option<&dyn Database>) -> io::Result<()> {
    let answer = match read_request(&mut stream)? {
        Some(head) => answer(&head, database),
        None => refusal("400 Bad Request", "not a request that is understood here\n"),
    };
    let (is_head, Answer { status, kind, body }) = answer;
    stream.set_write_timeout(Some(STALLED))?;
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}; charset=utf-8\r\nContent-Length: {}\r\nCache-Control: no-store\r\n\
         X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    if !is_head {
        stream.write_all(body.as_bytes())?;
    }
    stream.flush()
}

/// The head of a request; `None` if it is too long.
fn read_request(stream: &mut TcpStream) -> io::Result<Option<String>> {
    let until = Instant::now() + PATIENCE;
    let (mut head, mut piece) = (Vec::new(), [0; 1024]);
    loop {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut piece)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => head.extend_from_slice(&piece[..count]),
        }
        if head.windows(4).any(|end| end == b"\r\n\r\n") {
            return Ok(String::from_utf8(head).ok());
        }
        if head.len() > LONGEST {
            return Ok(None);
        }
    }
}

/// The answer, and whether only its head is wanted.
fn answer(head: &str, database: Option<&dyn Database>) -> (bool, Answer) {
    let mut words = head.lines().next().unwrap_or_default().split(' ');
    let (method, target, protocol) = (words.next(), words.next(), words.next());
    let (Some(method), Some(target), Some("HTTP/1.0" | "HTTP/1.1")) = (method, target, protocol) else {
        return refusal("400 Bad Request", "not a request that is understood here\n");
    };
    if !matches!(method, "GET" | "HEAD") {
        return refusal("405 Method Not Allowed", "there is only something to read here\n");
    }
    let path = target.split('?').next().unwrap_or_default();
    let page = match (path, database) {
        ("/", _) => Ok(("text/plain", "/metrics for Prometheus, /status as JSON\n".to_owned())),
        ("/metrics" | "/status", None) => Err(Error::new(Code::HOST_UNAVAILABLE).context("it is not open yet")),
        ("/metrics", Some(database)) => {
            database.metrics_text().map(|text| ("text/plain; version=0.0.4", text + &process::metrics()))
        }
        ("/status", Some(database)) => database.status_json().map(|text| ("application/json", text)),
        _ => return refusal("404 Not Found", "there are /metrics and /status\n"),
    };
    let answer = match page {
        Ok((kind, body)) => Answer { status: "200 OK", kind, body },
        Err(error) => Answer { status: "503 Service Unavailable", kind: "text/plain", body: format!("{error}\n") },
    };
    (method == "HEAD", answer)
}

fn refusal(status: &'static str, text: &str) -> (bool, Answer) {
    (false, Answer { status, kind: "text/plain", body: text.to_owned() })
}
