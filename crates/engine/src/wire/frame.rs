//! Frames: a length, the number of a call, and a message.
//!
//! The length counts what comes after it. Numbers are the caller's; the answer to a call has the
//! call's number. Number 0 is nobody's: it carries what a host tells unasked.

use std::borrow::Cow;
use std::io;

use plinth_api::{Code, Error, Result};
use serde::{Deserialize, Serialize};

/// Bytes before the message: its length (four bytes, little-endian) and its number (eight).
pub const HEADER: usize = LENGTH + NUMBER;
/// Bytes of a frame's number.
const NUMBER: usize = 8;
/// Bytes of a frame's length.
pub const LENGTH: usize = 4;
/// Read at a time.
const CHUNK: usize = 64 << 10;
/// A frame this long is read into bytes of its own.
const LONG: usize = 32 << 10;

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
    /// A long frame that has not come whole. Meanwhile nothing else is there.
    long: Option<Long>,
}

/// A long frame, without its length.
struct Long {
    bytes: Vec<u8>,
    filled: usize,
    length: usize,
}

impl Frames {
    /// Lets `read` put more bytes in, once. Returns how many came; 0 is the end of the stream.
    pub fn fill(&mut self, read: impl FnOnce(&mut [u8]) -> io::Result<usize>) -> io::Result<usize> {
        if let Some(long) = &mut self.long {
            return long.fill(read);
        }
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
    pub fn next(&mut self, most: usize) -> Result<Option<(u64, Message<'_>)>> {
        if let Some(long) = self.long.take_if(|long| long.filled == long.length) {
            return Ok(split(Cow::Owned(long.bytes)));
        }
        let rest = &self.bytes[self.used..self.end];
        let Some((length, rest)) = rest.split_first_chunk::<LENGTH>() else {
            return Ok(None);
        };
        let length = u32::from_le_bytes(*length) as usize;
        if length < HEADER - LENGTH || length > most {
            return Err(broken(format!("a frame of {length} bytes, allowed are {} to {most}", HEADER - LENGTH)));
        }
        let Some((frame, _)) = rest.split_at_checked(length) else {
            if length >= LONG {
                self.long = Some(Long { bytes: rest.to_vec(), filled: rest.len(), length });
                self.used = self.end;
            }
            return Ok(None);
        };
        self.used += LENGTH + length;
        Ok(split(Cow::Borrowed(frame)))
    }

    /// Bytes that have come and were not taken out.
    pub fn waiting(&self) -> usize {
        self.end - self.used + self.long.as_ref().map_or(0, |long| long.filled)
    }
}

impl Long {
    fn fill(&mut self, read: impl FnOnce(&mut [u8]) -> io::Result<usize>) -> io::Result<usize> {
        // It grows with the bytes that have come, never with the length it claims.
        let room = self.filled.saturating_add(CHUNK.max(self.filled)).min(self.length);
        self.bytes.resize(room, 0);
        let read = read(&mut self.bytes[self.filled..])?;
        self.filled = room.min(self.filled + read);
        Ok(read)
    }
}

/// A message as it came, with the number of its call before it.
pub struct Message<'a>(Cow<'a, [u8]>);

impl Message<'_> {
    /// What of it begins so many bytes before its end, without a copy if it was read into bytes of its own.
    pub fn into_tail(self, length: usize) -> Tail {
        let bytes = self.0.into_owned();
        Tail { begin: bytes.len().saturating_sub(length), bytes }
    }
}

impl std::ops::Deref for Message<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.0.get(NUMBER..).unwrap_or_default()
    }
}

/// The end of a message that has left the frames.
pub struct Tail {
    bytes: Vec<u8>,
    begin: usize,
}

impl std::ops::Deref for Tail {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[self.begin..]
    }
}

fn split(frame: Cow<'_, [u8]>) -> Option<(u64, Message<'_>)> {
    let number = u64::from_le_bytes(*frame.first_chunk::<NUMBER>()?);
    Some((number, Message(frame)))
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Lets a stream come in pieces of random lengths, and returns the messages.
    fn received(stream: &[u8], random: &mut fastrand::Rng, most: usize) -> Vec<(u64, Vec<u8>)> {
        let (mut frames, mut rest, mut messages) = (Frames::default(), stream, Vec::new());
        loop {
            while let Some((number, message)) = frames.next(most).unwrap() {
                messages.push((number, message.to_vec()));
            }
            let give = |room: &mut [u8]| {
                let count = room.len().min(rest.len()).min(random.usize(1..200_000));
                room[..count].copy_from_slice(&rest[..count]);
                rest = &rest[count..];
                Ok(count)
            };
            if frames.fill(give).unwrap() == 0 {
                assert_eq!(frames.waiting(), 0);
                return messages;
            }
        }
    }

    #[test]
    fn frames_of_any_length_come_whole_and_in_order() {
        let seed = fastrand::u64(..);
        println!("seed {seed}");
        let mut random = fastrand::Rng::with_seed(seed);
        for _ in 0..200 {
            let (mut stream, mut sent) = (Vec::new(), Vec::new());
            for number in 0..random.u64(1..20) {
                let length =
                    [random.usize(..100), random.usize(..2 * LONG), random.usize(..1_000_000)][random.usize(..3)];
                let message = vec![number as u8; length];
                stream.extend_from_slice(&((length + NUMBER) as u32).to_le_bytes());
                stream.extend_from_slice(&number.to_le_bytes());
                stream.extend_from_slice(&message);
                sent.push((number, message));
            }
            assert!(received(&stream, &mut random, 2_000_000) == sent);
        }
    }

    #[test]
    fn a_long_frame_takes_no_room_for_what_has_not_come() {
        let mut frames = Frames::default();
        let length = 1_000_000_000_u32.to_le_bytes();
        frames
            .fill(|room| {
                room[..4].copy_from_slice(&length);
                room[4..100].fill(1);
                Ok(100)
            })
            .unwrap();
        assert!(frames.next(usize::MAX).unwrap().is_none());
        let mut largest = 0;
        frames
            .fill(|room| {
                largest = room.len();
                Ok(1)
            })
            .unwrap();
        assert!(largest <= CHUNK, "{largest}");
        assert_eq!(frames.waiting(), 97);
    }
}
