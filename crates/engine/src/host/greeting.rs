//! What comes before the first frame: one line from each side.

use std::io;
use std::os::unix::net::UnixStream;

use plinth_api::{Error, Result};
use rustix::net::{send, SendFlags};

use crate::wire::hello::{self, Side};

/// What has come of the guest's line.
#[derive(Default)]
pub struct Greeting {
    line: Vec<u8>,
    over: bool,
}

impl Greeting {
    /// Whether the line has come.
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// Lets `read` put more bytes in, once. Returns how many came.
    pub fn fill(&mut self, read: impl FnOnce(&mut [u8]) -> io::Result<usize>) -> io::Result<usize> {
        let mut room = [0; hello::LONGEST];
        let count = read(&mut room)?.min(room.len());
        self.line.extend_from_slice(&room[..count]);
        Ok(count)
    }

    /// Looks at what has come. Once the line has, returns what followed it, which is not longer than a
    /// line. Fails with 9018 if it is not a guest's of this protocol.
    pub fn hear(&mut self) -> Result<Option<Vec<u8>>> {
        let end = hello::end(&self.line, hello::LONGEST, Side::Guest);
        self.over = !matches!(end, Ok(None));
        let Some(end) = end? else {
            return Ok(None);
        };
        let rest = self.line.split_off(end);
        hello::check(&std::mem::take(&mut self.line), Side::Guest)?;
        Ok(Some(rest))
    }
}

/// Tells a connection that is not served why.
pub fn turn_away(socket: &UnixStream, error: &Error) {
    let line = hello::refusal(error);
    // It is gone, or will see the end of the stream.
    let _ = send(socket, line.as_bytes(), SendFlags::DONTWAIT | SendFlags::NOSIGNAL);
}
