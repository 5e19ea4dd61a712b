//! Frames: a length, the number of a call, and a message.
//!
//! The length counts what comes after it. Numbers are the caller's; the answer to a call has the
//! call's number. Number 0 is nobody's: it carries what a host tells unasked.

use std::io;

use plinth_api::{Code, Error, Result};
use serde::{Deserialize, Serialize};

/// Bytes before the message: its length (four bytes, little-endian) and its number (eight).
pub const HEADER: usize = 12;
/// Bytes of a frame's length.
const LENGTH: usize = 4;
/// Read at a time.
const CHUNK: usize = 64 << 10;

/// Appends a frame. One longer than `most` bytes is not appended, and fails with 2101.
pub fn put(out: &mut Vec<u8>, number: u64, message: &impl Serialize, most: usize) -> Result<()> {
    let begin = out.len();
    out.extend_from_slice(&[0; LENGTH]);
    out.extend_from_slice(&number.to_le_bytes());
    let bytes = std::mem::take(out);
    match postcard::to_extend(message, bytes) {
        Ok(bytes) => *out = bytes,
        // A vector takes everything, and messages hold nothing that has no form.
        Err(error) => return Err(Error::new(Code::INTERNAL_ERROR).context("encoding a message").caused_by(error)),
    }
    let length = out.len() - begin - LENGTH;
    if length > most {
        out.truncate(begin);
        let text = format!("a message of {length} bytes, allowed are {most}");
        return Err(Error::new(Code::TRANSACTION_TOO_LARGE).context(text));
    }
    out[begin..begin + LENGTH].copy_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
    Ok(())
}

/// Cuts a stream of bytes into frames.
#[derive(Default)]
pub struct Frames {
    /// Room, part of which is filled. It is kept, so that a read need not clear it again.
    bytes: Vec<u8>,
    /// What was taken out already.
    used: usize,
    /// What has come.
    end: usize,
}

impl Frames {
    /// Lets `read` put more bytes in, once. Returns how many came; 0 is the end of the stream.
    pub fn fill(&mut self, read: impl FnOnce(&mut [u8]) -> io::Result<usize>) -> io::Result<usize> {
        if self.used > 0 {
            self.bytes.copy_within(self.used..self.end, 0);
            self.end -= self.used;
            self.used = 0;
        }
        // A long frame grows with the bytes that have come, never with the length it claims.
        let room = CHUNK.max(self.end);
        if self.bytes.len() < self.end + room || self.bytes.len() > 4 * (self.end + room) {
            self.bytes.resize(self.end + room, 0);
            self.bytes.shrink_to(self.end + room);
        }
        let read = read(&mut self.bytes[self.end..])?;
        self.end = self.bytes.len().min(self.end + read);
        Ok(read)
    }

    /// Takes out the next frame, if it is complete: its number and its message. Fails with 9001 if its
    /// length is absurd, or above `most`; then the stream is of no further use.
    pub fn next(&mut self, most: usize) -> Result<Option<(u64, &[u8])>> {
        let rest = &self.bytes[self.used..self.end];
        let Some((length, rest)) = rest.split_first_chunk::<LENGTH>() else {
            return Ok(None);
        };
        let length = u32::from_le_bytes(*length) as usize;
        if length < HEADER - LENGTH || length > most {
            return Err(broken(format!("a frame of {length} bytes, allowed are {} to {most}", HEADER - LENGTH)));
        }
        let Some((frame, _)) = rest.split_at_checked(length) else {
            return Ok(None);
        };
        let Some((number, message)) = frame.split_first_chunk::<8>() else {
            return Ok(None);
        };
        self.used += LENGTH + length;
        Ok(Some((u64::from_le_bytes(*number), message)))
    }

    /// Bytes that have come and were not taken out.
    pub fn waiting(&self) -> usize {
        self.end - self.used
    }
}

/// Takes a message apart. Fails with 9001 if it is none, or if something follows it.
pub fn parse<'a, T: Deserialize<'a>>(message: &'a [u8]) -> Result<T> {
    match postcard::take_from_bytes(message) {
        Ok((message, [])) => Ok(message),
        Ok((_, rest)) => Err(broken(format!("{} bytes after a message", rest.len()))),
        Err(error) => Err(broken("a message that can't be read".to_owned()).caused_by(error)),
    }
}

/// The error of what is no message.
pub fn broken(what: String) -> Error {
    Error::new(Code::INVALID_ARGUMENT).context(what)
}
