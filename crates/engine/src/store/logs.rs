//! Logs that RocksDB's reader would never come to the end of.
//!
//! Its log format has record types for logs that are used again, which ours never are. Where such a type
//! stands behind a good record, because a bit is another one or because garbage follows the last commit,
//! the reader goes round in circles. In a log it is the end of what can be read, as any other damage is, and in a
//! manifest it is damage. So both are looked through before RocksDB sees them: only at the heads of
//! records, because damage before such a place ends the log there.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Read as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use plinth_api::{Code, Error, Result};
use uuid::Uuid;

use crate::format::io_error;

/// Records do not go across blocks of this size.
const BLOCK: usize = 32 << 10;
/// Checksum, length in two bytes, type.
const HEAD: usize = 7;
/// Types of records in logs that are used again.
const USED_AGAIN: [u8; 6] = [5, 6, 7, 8, 11, 131];

/// What the names of directories with copies begin with.
const COPIES: &str = "sound-logs-";

/// Logs of which only a part is sound, with the bytes of that part.
#[derive(Debug, Default)]
pub struct Unsound(Vec<(PathBuf, u64)>);

/// A directory with the logs as far as they are sound; removed when this is dropped.
#[derive(Debug)]
pub struct Sound(PathBuf);

impl Unsound {
    /// Looks through the logs in a directory.
    pub fn find(directory: &Path) -> Result<Self> {
        let mut found = Vec::new();
        for log in logs(directory)? {
            let end = sound_part(&log).map_err(|error| io_error(error, "reading", &log))?;
            found.extend(end.map(|end| (log, end)));
        }
        Ok(Self(found))
    }

    /// Whether all logs are sound.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Cuts them to the part that is sound.
    pub fn cut(&self) -> Result<()> {
        for (log, end) in &self.0 {
            let cut = || {
                let file = File::options().write(true).open(log)?;
                file.set_len(*end)?;
                file.sync_all()
            };
            cut().map_err(|error| io_error(error, "cutting", log))?;
        }
        Ok(())
    }

    /// Copies all logs of the directory, cut, to a place beside them, or where temporary files go if that
    /// can't be written.
    pub fn copy(&self, directory: &Path) -> Result<Sound> {
        let name = format!("{COPIES}{}", Uuid::new_v4());
        let mut builder = DirBuilder::new();
        builder.mode(0o700);
        let beside = directory.join(&name);
        let place = match builder.create(&beside) {
            Ok(()) => beside,
            Err(_) => {
                let elsewhere = std::env::temp_dir().join(&name);
                builder.create(&elsewhere).map_err(|error| io_error(error, "creating", &elsewhere))?;
                elsewhere
            }
        };
        let sound = Sound(place);
        for log in logs(directory)? {
            let to = sound.0.join(log.file_name().unwrap_or_default());
            let copy = || {
                fs::copy(&log, &to)?;
                match self.0.iter().find(|(unsound, _)| *unsound == log) {
                    Some((_, end)) => File::options().write(true).open(&to)?.set_len(*end),
                    None => Ok(()),
                }
            };
            copy().map_err(|error| io_error(error, "copying", &log))?;
        }
        Ok(sound)
    }
}

impl Sound {
    /// Where they are.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Sound {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Removes copies that are there because a process ended in the middle of an opening. For whoever has the
/// directory to itself: nobody reads them.
pub fn remove_copies(directory: &Path) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let id = name.to_str().and_then(|name| name.strip_prefix(COPIES)).map(Uuid::try_parse);
        if matches!(id, Some(Ok(_))) && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            // What cannot be removed takes room and harms nobody.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Fails if the manifest that CURRENT names is unsound.
pub fn check_manifest(directory: &Path) -> Result<()> {
    // What else may be wrong with either RocksDB tells itself.
    let Ok(name) = fs::read_to_string(directory.join("CURRENT")) else {
        return Ok(());
    };
    let manifest = directory.join(name.trim_end());
    match sound_part(&manifest) {
        Ok(Some(end)) => Err(Error::new(Code::FILE_CORRUPT)
            .context(format!("{}: no record of a manifest begins at byte {end}", manifest.display()))),
        _ => Ok(()),
    }
}

/// Fails unless the first `size` bytes of a log, or of a manifest, are whole records.
pub fn check_log(path: &Path, size: u64) -> Result<()> {
    let failed = |error| io_error(error, "reading", path);
    let mut file = File::open(path).map_err(failed)?;
    let mut block = vec![0; BLOCK];
    let mut begin = 0;
    while begin < size {
        let length = fill(&mut file, &mut block).map_err(failed)?.min((size - begin) as usize);
        if let Err(at) = check_block(&block[..length]) {
            let text = format!("{}: the record at byte {} is damaged", path.display(), begin + at as u64);
            return Err(Error::new(Code::FILE_CORRUPT).context(text));
        }
        begin += length as u64;
        if length < BLOCK && begin < size {
            let text = format!("{} ends after {begin} bytes, but has {size}", path.display());
            return Err(Error::new(Code::FILE_CORRUPT).context(text));
        }
    }
    Ok(())
}

/// Checks the records of a block; fails with the place of the first that is damaged.
fn check_block(block: &[u8]) -> std::result::Result<(), usize> {
    let mut at = 0;
    // Where no head fits any more there are zeros.
    while block.len() - at >= HEAD {
        let head = &block[at..at + HEAD];
        let length = usize::from(u16::from_le_bytes([head[4], head[5]]));
        let sum = u32::from_le_bytes([head[0], head[1], head[2], head[3]]);
        if head[6] == 0 && length == 0 {
            return Ok(());
        }
        let end = at + HEAD + length;
        let whole = end <= block.len() && !USED_AGAIN.contains(&head[6]) && masked(&block[at + 6..end]) == sum;
        if !whole {
            return Err(at);
        }
        at = end;
    }
    Ok(())
}

/// The checksum of a record, as it is stored: CRC-32C, turned and shifted, so that a record that holds checksums
/// is none of its own.
fn masked(bytes: &[u8]) -> u32 {
    let sum = !bytes.iter().fold(!0, |sum: u32, byte| CRC[usize::from(sum as u8 ^ byte)] ^ (sum >> 8));
    sum.rotate_right(15).wrapping_add(0xa282_ead8)
}

/// CRC-32C of each byte.
const CRC: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let (mut sum, mut bit) = (byte as u32, 0);
        while bit < 8 {
            sum = if sum & 1 == 1 { (sum >> 1) ^ 0x82f6_3b78 } else { sum >> 1 };
            bit += 1;
        }
        table[byte] = sum;
        byte += 1;
    }
    table
};

fn logs(directory: &Path) -> Result<Vec<PathBuf>> {
    let failed = |error| io_error(error, "listing", directory);
    let mut logs = Vec::new();
    for entry in fs::read_dir(directory).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|extension| extension == "log") {
            logs.push(path);
        }
    }
    Ok(logs)
}

/// The bytes before the first record of a type that is not ours; nothing, if there is none.
fn sound_part(path: &Path) -> io::Result<Option<u64>> {
    let mut file = File::open(path)?;
    let mut block = vec![0; BLOCK];
    let mut begin = 0;
    loop {
        let length = fill(&mut file, &mut block)?;
        // The first record may be of any type without harm.
        if let Some(at) = unsound(&block[..length]).filter(|at| begin + at > 0) {
            return Ok(Some((begin + at) as u64));
        }
        if length < BLOCK {
            return Ok(None);
        }
        begin += length;
    }
}

fn fill(file: &mut File, block: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < block.len() {
        match file.read(&mut block[length..])? {
            0 => break,
            read => length += read,
        }
    }
    Ok(length)
}

/// Where in a block such a record begins.
fn unsound(block: &[u8]) -> Option<usize> {
    let mut at = 0;
    while let Some(&[_, _, _, _, low, high, kind]) = block.get(at..at + HEAD) {
        let length = usize::from(u16::from_le_bytes([low, high]));
        if USED_AGAIN.contains(&kind) {
            return Some(at);
        }
        if kind == 0 && length == 0 {
            return None;
        }
        at += HEAD + length;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u8, length: u16) -> Vec<u8> {
        let [low, high] = length.to_le_bytes();
        [&[1, 2, 3, 4, low, high, kind][..], &vec![6; length.into()]].concat()
    }

    #[test]
    fn the_first_record_of_a_foreign_type_is_found_where_the_reader_would_look() {
        let good = [record(1, 100), record(1, 0)].concat();
        assert_eq!(unsound(&good), None);
        assert_eq!(unsound(&[&good[..], &record(5, 3)].concat()), Some(good.len()));
        // Within a record, behind zeros, and in too short a rest it is none.
        assert_eq!(unsound(&[&record(1, 20)[..], &[0; 7], &record(5, 3)].concat()), None);
        assert_eq!(unsound(&[&good[..], &record(5, 3)[..6]].concat()), None);
        assert_eq!(unsound(&[&good[..], &record(2, 9)[..8], &record(5, 3)].concat()), None);
    }

    #[test]
    fn every_block_is_looked_through_and_a_copy_is_cut() {
        let directory = tempfile::tempdir().unwrap();
        let log = directory.path().join("000004.log");
        let first = record(1, (BLOCK - HEAD) as u16);
        fs::write(&log, [&first[..], &record(131, 9)].concat()).unwrap();
        fs::write(directory.path().join("000005.log"), record(8, 9)).unwrap();
        let unsound = Unsound::find(directory.path()).unwrap();
        assert_eq!(unsound.0, [(log.clone(), BLOCK as u64)]);
        let copy = unsound.copy(directory.path()).unwrap();
        let place = copy.path().to_owned();
        assert_eq!(fs::read(place.join("000004.log")).unwrap(), first);
        assert_eq!(fs::read(place.join("000005.log")).unwrap(), record(8, 9));
        drop(copy);
        assert!(!place.exists() && fs::metadata(&log).unwrap().len() > BLOCK as u64);
        // As if the process had ended before it removed them.
        let left = unsound.copy(directory.path()).unwrap();
        let place = left.path().to_owned();
        std::mem::forget(left);
        let other = directory.path().join("sound-logs-of-mine");
        fs::create_dir(&other).unwrap();
        remove_copies(directory.path());
        assert!(!place.exists() && other.exists() && log.exists());
        unsound.cut().unwrap();
        assert!(Unsound::find(directory.path()).unwrap().is_empty());
    }
}
