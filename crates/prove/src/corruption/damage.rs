//! What is done to the files.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;

use fastrand::Rng;

use crate::stage::Trouble;

/// Files with their contents.
pub type Files = BTreeMap<String, Vec<u8>>;

/// The file that tells how far the log went.
pub const WATERMARK: &str = "WATERMARK";
/// Bytes of a page.
const PAGE: usize = 4096;

/// A way of damage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A bit is flipped.
    Bit,
    /// A file is shorter.
    Cut,
    /// A page, or a part of one, is zeros.
    Zeros,
    /// A page, or a part of one, is garbage.
    Garbage,
    /// A file is gone.
    Remove,
    /// Two files have each other's contents.
    Swap,
    /// A file is as it was some time before: a part of its end is zeros, as one that was never written.
    Older,
    /// Garbage behind the end of the newest log.
    Tail,
    /// A bit of a log is flipped, or it is cut short.
    Log,
}

/// Damage that was drawn: files with new contents, or none.
pub struct Damage {
    what: String,
    class: &'static str,
    changes: Vec<(String, Option<Vec<u8>>)>,
}

impl Damage {
    /// Draws where and how.
    pub fn draw(kind: Kind, files: &Files, random: &mut Rng) -> Self {
        let logs_only = matches!(kind, Kind::Tail | Kind::Log);
        let name = pick(files, random, |name| !logs_only || class(name) == "log");
        let before = &files[&name];
        let mut bytes = before.clone();
        let at = random.usize(..before.len().max(1));
        let mut changes = Vec::new();
        let mut what = format!("{kind:?} of {name} ({} bytes) at {at}", before.len());
        match kind {
            Kind::Bit => flip(&mut bytes, at, random),
            Kind::Cut => bytes.truncate(at),
            Kind::Zeros | Kind::Garbage => {
                let (begin, end) = part(before.len(), at, random);
                let byte = |random: &mut Rng| if kind == Kind::Zeros { 0 } else { random.u8(..) };
                bytes[begin..end].iter_mut().for_each(|into| *into = byte(random));
                what = format!("{what}, bytes {begin} to {end}");
            }
            Kind::Remove => changes.push((name.clone(), None)),
            Kind::Swap => {
                let of_class = |other: &str| class(other) == class(&name) && other != name;
                if files.keys().any(|other| of_class(other)) {
                    let other = pick(files, random, of_class);
                    what = format!("{what} with {other}");
                    bytes.clone_from(&files[&other]);
                    changes.push((other, Some(before.clone())));
                }
            }
            Kind::Older => bytes[at..].fill(0),
            Kind::Tail => bytes.extend((0..random.usize(1..2 * PAGE)).map(|_| random.u8(..))),
            Kind::Log if random.bool() => bytes.truncate(at),
            Kind::Log => flip(&mut bytes, at, random),
        }
        if changes.iter().all(|(changed, _)| *changed != name) {
            changes.push((name.clone(), Some(bytes)));
        }
        Self { what, class: class(&name), changes }
    }

    /// Does it.
    pub fn inflict(&self, directory: &Path) -> Result<(), Trouble> {
        for (name, bytes) in &self.changes {
            let path = directory.join(name);
            match bytes {
                Some(bytes) => fs::write(path, bytes)?,
                None => fs::remove_file(path)?,
            }
        }
        Ok(())
    }

    /// The kind of file.
    pub fn class(&self) -> &'static str {
        self.class
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

fn flip(bytes: &mut [u8], at: usize, random: &mut Rng) {
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= 1 << random.u8(..8);
    }
}

/// A part of the page that a place is in.
fn part(length: usize, at: usize, random: &mut Rng) -> (usize, usize) {
    let begin = at / PAGE * PAGE;
    let end = length.min(begin + PAGE);
    match random.u8(..3) {
        0 => (begin, end),
        1 => (at, end),
        _ => (at, end.min(at + random.usize(1..512))),
    }
}

/// A file: each class is as likely as any other, so that the small ones have their turn.
fn pick(files: &Files, random: &mut Rng, wanted: impl Fn(&str) -> bool) -> String {
    let mut classes: Vec<&'static str> = files.keys().filter(|name| wanted(name)).map(|name| class(name)).collect();
    classes.sort_unstable();
    classes.dedup();
    let chosen = classes[random.usize(..classes.len())];
    let of_class: Vec<_> = files.keys().filter(|name| wanted(name) && class(name) == chosen).collect();
    of_class[random.usize(..of_class.len())].clone()
}

/// What kind of file a name stands for.
fn class(name: &str) -> &'static str {
    match name {
        _ if name.ends_with(".sst") => "table",
        _ if name.ends_with(".log") => "log",
        _ if name.starts_with("MANIFEST") => "MANIFEST",
        _ if name.starts_with("OPTIONS") => "OPTIONS",
        "CURRENT" => "CURRENT",
        "PLINTH" => "PLINTH",
        WATERMARK => WATERMARK,
        "OWNER" => "OWNER",
        _ => "other",
    }
}
