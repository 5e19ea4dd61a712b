//! Entrances for the fuzzers in `fuzz/`: each takes any bytes to what has to stand bytes from
//! elsewhere, and panics if something is not as it should be.
//!
//! Only tests and builds with the feature `fuzzing` have them, which no library is made with.

use std::collections::BTreeMap;
use std::sync::Arc;

use plinth_api::{Code, DatabaseOptions, Result, Value};
use serde::Serialize;

use crate::commit::Request;
use crate::format::{self, KEYSPACES, NEXT_KEYSPACE_KEY};
use crate::guest::Reply;
use crate::numbers::{Keyspaces, DEFAULT_NAME};
use crate::store::{Batch, Range, Skipped, Snapshot, Tier, Visit, META};
use crate::wire::hello::{self, Side};
use crate::wire::{parse, put, Answer, Ask, Commit, Frames, Notice};

/// The longest frame.
const LONGEST: usize = 1 << 20;

/// A stream of frames that comes in pieces, as long as the first byte says.
pub fn frames(data: &[u8]) {
    let Some((length, mut rest)) = data.split_first() else {
        return;
    };
    let mut frames = Frames::default();
    while !rest.is_empty() {
        let filled = frames.fill(|room| {
            let (piece, left) = rest.split_at(rest.len().min(usize::from(*length) + 1).min(room.len()));
            room[..piece.len()].copy_from_slice(piece);
            rest = left;
            Ok(piece.len())
        });
        assert!(filled.is_ok());
        loop {
            match frames.next(LONGEST) {
                Ok(Some((_, bytes))) => {
                    parts(&bytes);
                    let _ = Reply::of(bytes);
                }
                Ok(None) => break,
                Err(error) => return assert_eq!(error.code(), Code::INVALID_ARGUMENT),
            }
        }
        assert!(frames.waiting() <= data.len());
    }
}

/// One message, whoever says it, in a frame of its own.
pub fn message(data: &[u8]) {
    let frame = [&(data.len() as u32 + 8).to_le_bytes()[..], &[7; 8], data].concat();
    let lengths = [&[255][..], &frame].concat();
    frames(&lengths);
}

fn parts(data: &[u8]) {
    if let Ok(ask) = parse::<Ask<'_>>(data) {
        if !matches!(ask, Ask::Commit(_)) {
            check_again(&ask, |bytes| {
                parse::<Ask<'_>>(bytes).is_ok_and(|again| format!("{again:?}") == format!("{ask:?}"))
            });
        }
        if let Ask::Commit(commit) = ask {
            check_commit(commit);
        }
    }
    if let Ok(answer) = parse::<Answer<'_>>(data) {
        check_again(&answer, |bytes| {
            parse::<Answer<'_>>(bytes).is_ok_and(|again| format!("{again:?}") == format!("{answer:?}"))
        });
    }
    if let Ok(notice) = parse::<Notice<'_>>(data) {
        check_again(&notice, |bytes| {
            parse::<Notice<'_>>(bytes).is_ok_and(|again| format!("{again:?}") == format!("{notice:?}"))
        });
    }
}

/// What was understood is understood in the same way when it is sent on.
fn check_again(message: &impl Serialize, is_same: impl FnOnce(&[u8]) -> bool) {
    let mut bytes = Vec::new();
    assert!(put(&mut bytes, 7, message, usize::MAX).is_ok());
    assert!(bytes.get(12..).is_some_and(is_same));
}

/// The pieces of a commit, as they follow each other in a message.
pub fn commit(data: &[u8]) {
    // The read version, two flags, and the length of what follows.
    let Ok(mut message) = postcard::to_allocvec(&(2_i64, true, false, data.len())) else {
        return;
    };
    message.extend_from_slice(data);
    if let Ok(commit) = parse::<Commit<'_>>(&message) {
        check_commit(commit);
    }
}

/// A commit that is accepted is accepted again as this process would send it, and is then the same.
fn check_commit(commit: Commit<'_>) {
    let options = options();
    let Ok(request) = commit.request(&options) else {
        return;
    };
    let sent = encoded(&request);
    let again = decoded(&sent, &options);
    assert!(again.is_ok(), "{:?}", again.err());
    let again = again.map(|request| encoded(&request));
    assert!(again.is_ok_and(|again| again == sent), "it has changed on its way");
}

/// Small, so that limits are met.
fn options() -> DatabaseOptions {
    let mut options = DatabaseOptions { key_size_limit: 40, value_size_limit: 60, ..DatabaseOptions::default() };
    options.transaction.size_limit = 2_000;
    options
}

fn encoded(request: &Request) -> Vec<u8> {
    postcard::to_allocvec(&Commit::of(request)).unwrap_or_default()
}

fn decoded(bytes: &[u8], options: &DatabaseOptions) -> Result<Request> {
    parse::<Commit<'_>>(bytes)?.request(options)
}

/// The lines that a connection begins with.
pub fn greeting(data: &[u8]) {
    for (side, most) in [(Side::Guest, hello::LONGEST), (Side::Host, hello::LONGEST_ANSWER)] {
        let Ok(Some(end)) = hello::end(data, most, side) else {
            continue;
        };
        assert!(end <= most && data.get(end - 1) == Some(&b'\n'));
        let Err(error) = hello::check(&data[..end], side) else {
            continue;
        };
        assert!(!error.story().contains('\n') || side == Side::Guest);
        let refusal = hello::refusal(&error);
        assert!(refusal.len() <= hello::LONGEST_ANSWER && refusal.ends_with('\n'));
        let heard = hello::check(refusal.as_bytes(), Side::Host);
        assert_eq!(heard.err().map(|error| error.code()), Some(error.code()));
    }
}

/// The text files of a directory.
pub fn files(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let _ = (format::format_in(&text), format::uuid_in(&text), format::pid_in(&text));
}

/// What is recorded of the keyspaces, and the column families that there are.
pub fn keyspaces(data: &[u8]) {
    let mut records = Records::default();
    let mut families = Vec::new();
    let mut rest = data;
    // Each piece: what it is, the lengths of two parts, and the parts.
    while let Some((&[kind, first, second], after)) = rest.split_first_chunk::<3>() {
        let (key, after) = after.split_at(after.len().min(usize::from(first)));
        let (value, after) = after.split_at(after.len().min(usize::from(second)));
        rest = after;
        match kind % 3 {
            0 => records.put(KEYSPACES, key, value),
            1 => records.put(NEXT_KEYSPACE_KEY, b"", value),
            _ => families.extend(std::str::from_utf8(key).map(str::to_owned)),
        }
    }
    families.retain(|name| name != DEFAULT_NAME);
    let Ok(keyspaces) = Keyspaces::read(&records, &families, &mut Nowhere) else {
        return;
    };
    let mut numbers: Vec<u32> = keyspaces.names.values().copied().collect();
    numbers.sort_unstable();
    assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "{keyspaces:?}");
    assert!(numbers.iter().all(|number| *number < keyspaces.next), "{keyspaces:?}");
    assert_eq!(keyspaces.names.get(DEFAULT_NAME), Some(&0));
    assert!(families.iter().all(|name| keyspaces.names.contains_key(name.as_str())), "{keyspaces:?}");
}

/// What a store has in the engine's own keyspace.
#[derive(Default)]
struct Records(BTreeMap<Vec<u8>, Vec<u8>>);

impl Records {
    fn put(&mut self, prefix: &[u8], key: &[u8], value: &[u8]) {
        self.0.insert([prefix, key].concat(), value.to_vec());
    }
}

impl Snapshot for Records {
    fn get(&self, _: Tier, keyspace: u32, key: &[u8]) -> Result<Option<Value>> {
        assert_eq!(keyspace, META);
        Ok(self.0.get(key).map(|value| Value::Shared(Arc::from(value.as_slice()))))
    }

    fn get_many(&self, tier: Tier, keyspace: u32, keys: &[&[u8]]) -> Result<Vec<Option<Value>>> {
        keys.iter().map(|key| self.get(tier, keyspace, key)).collect()
    }

    fn scan(&self, _: Tier, range: Range<'_>, visit: &mut Visit<'_>) -> Result<Skipped> {
        let mut inside = self.0.iter().filter(|(key, _)| *range.begin <= ***key && ***key < *range.end);
        let _ = inside.all(|(key, value)| visit(key, value));
        Ok(Skipped::default())
    }
}

/// A batch that is never written.
struct Nowhere;

impl Batch for Nowhere {
    fn put(&mut self, _: u32, _: &[u8], _: &[u8]) -> Result<()> {
        Ok(())
    }

    fn delete(&mut self, _: u32, _: &[u8]) -> Result<()> {
        Ok(())
    }

    fn delete_range(&mut self, _: u32, _: &[u8], _: &[u8]) -> Result<()> {
        Ok(())
    }

    fn write(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every input that is kept, through the entrance it was made for.
    #[test]
    fn inputs_that_are_kept_do_no_harm() {
        type Entrance = fn(&[u8]);
        let entrances: [(&str, Entrance); 6] = [
            ("frames", frames),
            ("message", message),
            ("commit", commit),
            ("greeting", greeting),
            ("files", files),
            ("keyspaces", keyspaces),
        ];
        for (name, entrance) in entrances {
            let place = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(name);
            let inputs = std::fs::read_dir(&place).unwrap().map(|entry| entry.unwrap().path());
            let count = inputs.map(|path| entrance(&std::fs::read(path).unwrap())).count();
            assert!(count > 0, "{} is empty", place.display());
        }
    }
}
