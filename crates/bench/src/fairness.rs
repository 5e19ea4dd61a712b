//! Proof that the engines run with the same RocksDB options: compares what RocksDB itself wrote
//! into each database's newest OPTIONS file. Relies on that file's format (INI).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::engines::Kind;
use crate::error::{Context, Error, Result};

/// Section and option name to its value; of the column families only that with the data.
type Options = BTreeMap<(String, String), String>;

/// The differences from the first engine, in words.
pub fn compare(scratch: &Path, engines: &[Kind]) -> Result<String> {
    let all: Vec<(Kind, Options)> =
        engines.iter().map(|kind| Ok((*kind, read(&newest(&scratch.join(kind.name()))?)?))).collect::<Result<_>>()?;
    let Some(((first, expected), others)) = all.split_first() else { return Ok(String::new()) };
    let mut text = String::new();
    for (kind, options) in others {
        for (name, value) in options {
            if expected.get(name).is_some_and(|expected| expected != value) {
                let (section, option) = name;
                let expected = &expected[name];
                text += &format!("  {section}.{option}: {} {expected}, {} {value}\n", first.name(), kind.name());
            }
        }
    }
    Ok(match text.as_str() {
        "" => String::from("RocksDB options: the same in every engine\n"),
        _ => format!("RocksDB options that differ:\n{text}"),
    })
}

/// The newest OPTIONS file of the database in or right below `directory`.
fn newest(directory: &Path) -> Result<PathBuf> {
    let database = database(directory)?;
    let mut found: Vec<(u64, PathBuf)> = Vec::new();
    for entry in fs::read_dir(&database).context(database.display())? {
        let path = entry.context(database.display())?.path();
        let number = path.file_name().and_then(|name| name.to_str()?.strip_prefix("OPTIONS-")?.parse().ok());
        found.extend(number.map(|number| (number, path)));
    }
    let newest = found.into_iter().max().ok_or_else(|| Error::new("no OPTIONS file"));
    newest.context(database.display()).map(|(_, path)| path)
}

/// The directory, in or right below the one given, that holds a RocksDB database.
pub fn database(directory: &Path) -> Result<PathBuf> {
    if directory.join("CURRENT").exists() {
        return Ok(directory.to_path_buf());
    }
    for entry in fs::read_dir(directory).context(directory.display())? {
        let path = entry.context(directory.display())?.path();
        if path.join("CURRENT").exists() {
            return Ok(path);
        }
    }
    Err(Error::new(format!("{}: no RocksDB database here", directory.display())))
}

fn read(path: &Path) -> Result<Options> {
    Ok(parse(&fs::read_to_string(path).context(path.display())?))
}

fn parse(text: &str) -> Options {
    let mut options = Options::new();
    let mut section = String::new();
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            section = name.to_string();
        } else if let Some((name, value)) = line.split_once('=') {
            // Paths name the engine's own directory.
            if !section.starts_with("Version") && !name.contains("dir") && !line.starts_with('#') {
                options.insert((section.clone(), name.to_string()), value.to_string());
            }
        }
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_by_section() {
        let options = parse("# text\n[DBOptions]\n  a=1\n  wal_dir=/x\n\n[CFOptions \"default\"]\n  a=2\n");
        let get = |section: &str| options.get(&(section.to_string(), "a".to_string())).cloned();
        assert_eq!(get("DBOptions").as_deref(), Some("1"));
        assert_eq!(get("CFOptions \"default\"").as_deref(), Some("2"));
        assert_eq!(options.len(), 2);
    }
}
