//! Damage in RocksDB's logs that its reader would never come to an end with.
//!
//! A log is a row of blocks, a block a row of records: checksum, length, type, bytes. The types of logs
//! that are used again have no place in ours, which never are. But where RocksDB finds one in the middle
//! of such a log it looks at the same record again and again, and the opening never returns. One flipped bit
//! makes one, and so do old bytes under the end of a log that a power cut left half written. Such a
//! record's type is made one that fails its checksum: the reader then does what it does with all damage.
//!
//! No whole record is changed. Blocks begin with a record, and records follow each other, so the walk
//! below sees what the reader sees, up to where that one gives a block up; what follows there it never
//! looks at.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use plinth_api::Result;

use crate::format::io_error;

const BLOCK: usize = 32 * 1024;
/// Checksum, length and type.
const HEADER: usize = 7;
const LENGTH_AT: usize = 4;
const TYPE_AT: usize = 6;
/// A type that is never written, so that it never has the right checksum.
const NONE: u8 = 0;

/// Makes the logs and manifests of a closed database readable, or unreadable in an ordinary way.
pub fn make_finite(directory: &Path) -> Result<()> {
    let entries = fs::read_dir(directory).map_err(|error| io_error(error, "listing", directory))?;
    for entry in entries {
        let entry = entry.map_err(|error| io_error(error, "listing", directory))?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("MANIFEST-") || name.ends_with(".log") {
            repair(&entry.path()).map_err(|error| io_error(error, "checking", &entry.path()))?;
        }
    }
    Ok(())
}

fn repair(path: &Path) -> io::Result<()> {
    let mut file = File::open(path)?;
    let mut block = Vec::with_capacity(BLOCK);
    let (mut offset, mut wrong) = (0, Vec::new());
    while read_block(&mut file, &mut block)? {
        wrong.extend(endless(&block).map(|at| offset + (at + TYPE_AT) as u64));
        offset += block.len() as u64;
    }
    if wrong.is_empty() {
        return Ok(());
    }
    let file = File::options().write(true).open(path)?;
    wrong.into_iter().try_for_each(|at| file.write_all_at(&[NONE], at))?;
    file.sync_data()
}

/// Whether there is one more.
fn read_block(file: &mut File, block: &mut Vec<u8>) -> io::Result<bool> {
    block.clear();
    file.take(BLOCK as u64).read_to_end(block)?;
    Ok(!block.is_empty())
}

/// Where in a block the record is that would be read for ever.
fn endless(block: &[u8]) -> Option<usize> {
    let mut at = 0;
    while let Some(header) = block.get(at..at + HEADER) {
        if is_of_used_logs(header[TYPE_AT]) {
            return Some(at);
        }
        let length = u16::from_le_bytes([header[LENGTH_AT], header[LENGTH_AT + 1]]);
        at += HEADER + usize::from(length);
    }
    None
}

/// RocksDB's record types of logs that are used again.
const fn is_of_used_logs(kind: u8) -> bool {
    matches!(kind, 5..=8 | 11 | 131)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u8, length: u16) -> Vec<u8> {
        let [low, high] = length.to_le_bytes();
        [&[1, 2, 3, 4, low, high, kind][..], &vec![6; usize::from(length)]].concat()
    }

    #[test]
    fn only_headers_are_looked_at() {
        let whole = [record(1, 20), record(10, 0), record(4, 300)].concat();
        assert_eq!(endless(&whole), None);
        let wrong = [whole.clone(), record(7, 9), record(5, 1)].concat();
        assert_eq!(endless(&wrong), Some(whole.len()));
        // The rest of a block that is too short for a header.
        assert_eq!(endless(&[whole, vec![5; HEADER - 1]].concat()), None);
    }

    #[test]
    fn every_block_is_repaired_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("000004.log");
        let first = [record(2, 1000), vec![0; BLOCK - 1000 - HEADER]].concat();
        let content = [first, record(5, 100), record(1, 5)].concat();
        fs::write(&path, &content).unwrap();
        fs::write(directory.path().join("000005.sst"), record(5, 100)).unwrap();
        make_finite(directory.path()).unwrap();
        let mut repaired = content;
        repaired[BLOCK + TYPE_AT] = NONE;
        assert!(fs::read(&path).unwrap() == repaired);
        assert_eq!(fs::read(directory.path().join("000005.sst")).unwrap(), record(5, 100));
    }
}
