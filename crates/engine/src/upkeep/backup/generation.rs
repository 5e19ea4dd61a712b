//! What a generation consists of, as text: a line for each fact and for each file, and a checksum of all of them.
//!
//! ```text
//! plinth backup format 1
//! number 7
//! version 1000123456
//! time 1795300000
//! database 5f0c...
//! file LENGTH CHECKSUM STORED NAME
//! sum CHECKSUM
//! ```

use std::fs::{self, File};
use std::io::Read as _;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use plinth_api::{Backup, Code, Error, Result};
use xxhash_rust::xxh3::xxh3_128;

use super::super::file::Contents;
use crate::format::io_error;

/// The format that is written, and the newest that is read.
const FORMAT: u32 = 1;
/// The end of a table has its properties, among them which opening of which database made it as its how manieth
/// table. No two tables have the same.
const TELLING: u64 = 64 << 10;
/// Files of a database that are made anew for each.
const OWN: [&str; 6] = ["PLINTH", "WATERMARK", "OWNER", "SOCKET", "LOCK", "LOG"];
/// A description is no longer: some millions of tables.
const LONGEST: u64 = 1 << 30;

/// A generation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generation {
    /// Its number.
    pub number: u64,
    /// The version that it holds.
    pub version: i64,
    /// When it was made, in seconds since 1970.
    pub time: i64,
    /// The id of the database.
    pub database: String,
    /// Its files.
    pub entries: Vec<Entry>,
}

/// A file of a generation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name in the database.
    pub name: String,
    /// Its name among the files of all generations.
    pub stored: String,
    /// What is in it.
    pub contents: Contents,
}

impl Generation {
    /// What is told of it.
    pub fn summary(&self) -> Backup {
        let bytes = self.entries.iter().map(|entry| entry.contents.bytes).sum();
        let Self { number, version, time, .. } = *self;
        Backup { number, version, time, bytes, files: self.entries.len() as u64, damaged: false }
    }

    /// The text.
    pub fn text(&self) -> String {
        let Self { number, version, time, database, .. } = self;
        let mut text = format!(
            "plinth backup format {FORMAT}\nnumber {number}\nversion {version}\ntime {time}\ndatabase {database}\n"
        );
        for Entry { name, stored, contents } in &self.entries {
            text.push_str(&format!("file {} {:032x} {stored} {name}\n", contents.bytes, contents.sum));
        }
        sealed(text)
    }

    /// What a file describes.
    pub fn read(path: &Path) -> Result<Self> {
        let mut text = String::new();
        let read = File::open(path).and_then(|file| file.take(LONGEST).read_to_string(&mut text));
        match read {
            Err(error) if error.kind() == std::io::ErrorKind::InvalidData => Err(damaged(path)),
            Err(error) => Err(io_error(error, "reading", path)),
            Ok(_) => Self::parse(&text, path),
        }
    }

    fn parse(text: &str, path: &Path) -> Result<Self> {
        check_format(text, "plinth backup format ", path)?;
        let lines = opened(text).ok_or_else(|| damaged(path))?;
        Self::of(lines).ok_or_else(|| damaged(path))
    }

    fn of(lines: &str) -> Option<Self> {
        let mut lines = lines.lines().skip(1);
        let mut fact = |name: &str| lines.next()?.strip_prefix(name)?.strip_prefix(' ').map(str::to_owned);
        let number = fact("number")?.parse().ok()?;
        let version = fact("version")?.parse().ok()?;
        let time = fact("time")?.parse().ok()?;
        let database = fact("database")?;
        let entries = lines.map(Entry::of).collect::<Option<_>>()?;
        Some(Self { number, version, time, database, entries })
    }
}

impl Entry {
    fn of(line: &str) -> Option<Self> {
        let words: Vec<&str> = line.split(' ').collect();
        let ["file", bytes, sum, stored, name] = words[..] else {
            return None;
        };
        // A name never leads out of its directory.
        let plain = |name: &str| !name.is_empty() && !name.starts_with('.') && !name.contains('/');
        let contents = Contents { bytes: bytes.parse().ok()?, sum: u128::from_str_radix(sum, 16).ok()? };
        (plain(stored) && plain(name)).then(|| Self { name: name.to_owned(), stored: stored.to_owned(), contents })
    }
}

/// Puts a checksum behind a text.
pub fn sealed(text: String) -> String {
    let sum = xxh3_128(text.as_bytes());
    format!("{text}sum {sum:032x}\n")
}

/// The text that a checksum was put behind, if both are whole.
pub fn opened(text: &str) -> Option<&str> {
    let at = text.rfind("sum ")?;
    let (lines, sum) = text.split_at(at);
    (sum == format!("sum {:032x}\n", xxh3_128(lines.as_bytes()))).then_some(lines)
}

/// Fails if the first line names a newer format.
pub fn check_format(text: &str, begin: &str, path: &Path) -> Result<()> {
    let format = text.lines().next().and_then(|line| line.strip_prefix(begin)).and_then(|it| it.parse::<u32>().ok());
    match format {
        Some(format) if format > FORMAT => Err(Error::new(Code::FORMAT_NOT_SUPPORTED)
            .context(format!("{} has format {format}; this library reads formats up to {FORMAT}", path.display()))),
        Some(FORMAT) => Ok(()),
        _ => Err(damaged(path)),
    }
}

/// The error of a description that can't be read.
pub fn damaged(path: &Path) -> Error {
    Error::new(Code::BACKUP_DAMAGED).context(format!("{} is damaged", path.display()))
}

/// The files of a closed database that belong into a backup, with their lengths.
pub fn files(directory: &Path) -> Result<Vec<(String, u64)>> {
    let failed = |error| io_error(error, "listing", directory);
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let metadata = entry.metadata().map_err(failed)?;
        if metadata.is_file() && !OWN.contains(&name.as_str()) {
            files.push((name, metadata.len()));
        }
    }
    files.sort();
    Ok(files)
}

/// The name that a file has among those of all generations: that of a table tells what is in it, so that it is
/// the same in each generation that has it, and in no other.
pub fn stored_name(path: &Path, name: &str, bytes: u64, generation: u64) -> Result<String> {
    let Some(number) = name.strip_suffix(".sst") else {
        return Ok(format!("{generation}-{name}"));
    };
    let telling = || {
        let begin = bytes.saturating_sub(TELLING);
        let mut end = vec![0; (bytes - begin) as usize];
        File::open(path)?.read_exact_at(&mut end, begin)?;
        Ok(xxh3_128(&end))
    };
    let sum = telling().map_err(|error| io_error(error, "reading", path))?;
    Ok(format!("{number}-{bytes}-{sum:032x}.sst"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As it was written when this was the newest format.
    const TEXT: &str = "plinth backup format 1\nnumber 7\nversion 1000123456\ntime 1795300000\n\
        database 3f1f5c4e-6a0c-4a57-9d0e-111111111111\n\
        file 1234 0000000000000000000000000000abcd 000007-1234-ff.sst 000007.sst\n\
        sum 642840aea3bb1d3bf98092902a37caf8\n";

    fn example() -> Generation {
        let contents = Contents { bytes: 1234, sum: 0xabcd };
        let entry = Entry { name: "000007.sst".into(), stored: "000007-1234-ff.sst".into(), contents };
        Generation {
            number: 7,
            version: 1_000_123_456,
            time: 1_795_300_000,
            database: "3f1f5c4e-6a0c-4a57-9d0e-111111111111".into(),
            entries: vec![entry],
        }
    }

    #[test]
    fn todays_text_is_written_and_read() {
        assert_eq!(example().text(), TEXT);
        assert_eq!(Generation::parse(TEXT, Path::new("x")).unwrap(), example());
    }

    #[test]
    fn every_flipped_bit_is_found_and_a_newer_format_is_told() {
        for bit in 0..TEXT.len() * 8 {
            let mut bytes = TEXT.as_bytes().to_vec();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let read = String::from_utf8(bytes).map(|text| Generation::parse(&text, Path::new("x")));
            assert!(!matches!(read, Ok(Ok(_))), "bit {bit}");
        }
        let newer = Generation::parse(&TEXT.replace("format 1", "format 2"), Path::new("x")).unwrap_err();
        assert_eq!(newer.code(), Code::FORMAT_NOT_SUPPORTED);
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        for name in ["../evil", "/evil", ".", "", "a/b"] {
            assert!(Entry::of(&format!("file 1 0 {name} ok")).is_none(), "{name}");
            assert!(Entry::of(&format!("file 1 0 ok {name}")).is_none(), "{name}");
        }
    }
}
