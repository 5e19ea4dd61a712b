//! The newest commit that was acknowledged, kept beside the log, so that a log that ended early is found
//! out.
//!
//! Recovery stops at the first thing in the log that it can't read. After a kill or a power cut that is
//! right: what follows was never acknowledged. After damage it is not, and nothing in the log tells the
//! two apart, nor a log that is gone. So the file `WATERMARK` in the directory says how far it must go.
//!
//! - It is written when a commit is on disk and before anybody is told, and never synced itself. So after a
//!   kill it is exact, and after a power cut it is at most as new as the log, never newer.
//! - Commits that ask for no sync are noted too, but not each, which would cost them a twentieth of their
//!   time: at most one in a millisecond. That note counts only while nothing can have taken back what the
//!   operating system had: in the same boot, the same mount and the same file ([`place`]).
//! - There are two slots, each in a sector of its own and with a checksum, written in turn. One that is
//!   torn or damaged leaves the other, which is one write older. Two that are damaged say nothing: the
//!   file is a witness, and one that can't be read accuses nobody.
//! - A write of it that fails leaves an older mark, which asks for less. Commits do not fail because of it.
//!
//! A slot: `PLINTHWM`, then in big-endian the format (8 bytes), the number of the write, the newest version
//! on disk, the end of the versions reserved, the next keyspace number, the newest version written, the place
//! for which that counts (0 for none), the checksum of all that; each eight bytes.
//!
//! Locks: `state` is a leaf; one `pwrite` happens under it.

use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::fs::{statx, AtFlags, StatxFlags};

use crate::defects::{is_on, Defect};
use crate::inherited::Private;
use crate::private;

/// The file's name.
pub const WATERMARK: &str = "WATERMARK";
const MAGIC: &[u8; 8] = b"PLINTHWM";
const FORMAT: u64 = 1;
/// Bytes of a record, and where its checksum is.
const RECORD: usize = 72;
const CHECKED: usize = RECORD - 8;
/// Where the second slot begins: in another sector, also where they have 4 KiB.
const SLOT: u64 = 4096;
/// Versions, which are microseconds, between two notes of what was written.
const WRITTEN_EVERY: i64 = 1_000;
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";
/// `STATX_MNT_ID_UNIQUE`, of Linux 6.8: the number of a mount that no later one gets.
const MOUNT_ID_UNIQUE: u32 = 0x4000;

/// How far a database got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// The newest version whose commits were on disk.
    pub version: i64,
    /// Versions below this were reserved.
    pub lease: i64,
    /// The next free keyspace number.
    pub keyspaces: u32,
    /// The newest version whose commits the operating system had; at least `version`.
    pub written: i64,
}

/// The watermark of an open database; of one that has none, everything is done in vain.
#[derive(Default)]
pub struct Watermark {
    file: Option<Private<File>>,
    /// Where `written` counts.
    place: u64,
    /// Versions written are noted from this one on.
    next: AtomicI64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    marks: Marks,
    writes: u64,
}

impl Watermark {
    /// The watermark in a directory that this process has to itself, and what it says; nothing, if it is
    /// missing or damaged.
    pub fn open(directory: &Path) -> (Self, Option<Marks>) {
        let Ok(file) = open(directory) else {
            return (Self::default(), read(directory));
        };
        let place = place(&file);
        let found = newest(&file);
        let (writes, marks) = found.map_or((0, None), |found| (found.writes, Some(found.here(place))));
        let state = State { marks: marks.unwrap_or_default(), writes };
        (Self { file: Some(file), place, next: AtomicI64::default(), state: Mutex::new(state) }, marks)
    }

    /// Notes what is on disk. Marks only rise.
    pub fn synced(&self, version: i64, lease: i64) {
        self.change(|marks| {
            marks.version = marks.version.max(version);
            marks.lease = marks.lease.max(lease);
        });
    }

    /// Notes what the operating system has, now and then.
    pub fn written(&self, version: i64) {
        if version >= self.next.load(Ordering::Relaxed) && self.place != 0 {
            // Only one thread at a time writes.
            self.next.store(version.saturating_add(WRITTEN_EVERY), Ordering::Relaxed);
            self.change(|marks| marks.written = marks.written.max(version));
        }
    }

    /// A write or a sync failed, which was told: what the operating system had may be gone.
    pub fn doubt(&self) {
        self.next.store(i64::MAX, Ordering::Relaxed);
        self.change(|marks| marks.written = 0);
    }

    /// Notes the next free keyspace number, which is on disk.
    pub fn keyspaces(&self, next: u32) {
        self.change(|marks| marks.keyspaces = marks.keyspaces.max(next));
    }

    /// Makes it say this, and nothing of what it said before.
    pub fn replace(&self, marks: Marks) -> io::Result<()> {
        let file = self.file.as_ref().ok_or_else(|| io::Error::other("it can't be opened"))?;
        let mut state = self.state();
        state.marks = marks;
        for _ in 0..2 {
            let record = Record { writes: state.writes + 1, marks, place: self.place };
            file.write_all_at(&record.bytes(), record.writes % 2 * SLOT)?;
            state.writes = record.writes;
        }
        file.sync_all()
    }

    fn change(&self, change: impl FnOnce(&mut Marks)) {
        let Some(file) = &self.file else {
            return;
        };
        let mut state = self.state();
        let before = state.marks;
        change(&mut state.marks);
        state.marks.written = state.marks.written.max(state.marks.version);
        if state.marks == before {
            return;
        }
        let record = Record { writes: state.writes + 1, marks: state.marks, place: self.place };
        // After a failure the same slot is written again: the other one is whole.
        if file.write_all_at(&record.bytes(), record.writes % 2 * SLOT).is_ok() {
            state.writes = record.writes;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the watermark in a directory says, without a change to it.
pub fn read(directory: &Path) -> Option<Marks> {
    let file = Private::open(|| private::options().read(true).open(directory.join(WATERMARK))).ok()?;
    newest(&file).map(|found| found.here(place(&file)))
}

/// Opens the file, which is made so that later writes to it need no room.
fn open(directory: &Path) -> io::Result<Private<File>> {
    let mut options = private::options();
    options.read(true).write(true).create(true).truncate(false);
    let file = Private::open(|| options.open(directory.join(WATERMARK)))?;
    let size = 2 * SLOT;
    if file.metadata()?.len() < size {
        let missing = size - file.metadata()?.len();
        file.write_all_at(&vec![0; missing as usize], size - missing)?;
        file.sync_all()?;
        File::open(directory)?.sync_all()?;
    }
    Ok(file)
}

/// A slot's contents.
struct Record {
    writes: u64,
    marks: Marks,
    place: u64,
}

impl Record {
    fn bytes(&self) -> [u8; RECORD] {
        let Marks { version, lease, keyspaces, written } = self.marks;
        let numbers = [FORMAT, self.writes, version as u64, lease as u64, keyspaces.into(), written as u64, self.place];
        let mut bytes = [0; RECORD];
        bytes[..8].copy_from_slice(MAGIC);
        for (number, into) in numbers.iter().zip(bytes[8..].chunks_exact_mut(8)) {
            into.copy_from_slice(&number.to_be_bytes());
        }
        let sum = checksum(&bytes[..CHECKED]);
        bytes[CHECKED..].copy_from_slice(&sum.to_be_bytes());
        bytes
    }

    fn of(bytes: &[u8; RECORD]) -> Option<Self> {
        let number = |at: usize| bytes[8 * at..].first_chunk().map(|bytes| u64::from_be_bytes(*bytes));
        let whole = bytes.starts_with(MAGIC) && number(8)? == checksum(&bytes[..CHECKED]);
        if !whole || number(1)? != FORMAT {
            return None;
        }
        let marks = Marks {
            version: number(3)? as i64,
            lease: number(4)? as i64,
            keyspaces: number(5)? as u32,
            written: number(6)? as i64,
        };
        Some(Self { writes: number(2)?, marks, place: number(7)? })
    }

    /// What it says of a file at this place.
    fn here(&self, place: u64) -> Marks {
        let same = place != 0 && place == self.place;
        Marks { written: if same { self.marks.written } else { self.marks.version }, ..self.marks }
    }
}

/// The newer one of the slots that are whole.
fn newest(file: &File) -> Option<Record> {
    let slot = |at: u64| {
        let mut bytes = [0; RECORD];
        file.read_exact_at(&mut bytes, at * SLOT).ok()?;
        Record::of(&bytes)
    };
    let found = [slot(0), slot(1)].into_iter().flatten().max_by_key(|record| record.writes);
    // The others are there for what else notices them.
    let hidden = [Defect::IgnoresTheWatermark, Defect::ForgetsVersions, Defect::SkipsTheLog];
    found.filter(|_| !hidden.into_iter().any(is_on))
}

/// A number for this boot, the mount that the file is in, and the file: a copy of it, the same disk after a
/// power cut or behind a new mount is another place. 0 if that can't be told.
fn place(file: &File) -> u64 {
    let known = || {
        let boot = std::fs::read(BOOT_ID).ok().filter(|id| !id.is_empty())?;
        let mask = StatxFlags::from_bits_retain(MOUNT_ID_UNIQUE);
        let mount = statx(file, "", AtFlags::EMPTY_PATH, mask).ok()?;
        let unique = mount.stx_mask & MOUNT_ID_UNIQUE != 0;
        let metadata = file.metadata().ok().filter(|_| unique)?;
        let numbers = [mount.stx_mnt_id, metadata.dev(), metadata.ino()];
        let all = [boot, numbers.iter().flat_map(|number| number.to_be_bytes()).collect()].concat();
        Some(checksum(&all))
    };
    known().unwrap_or(0)
}

/// FNV-1a: enough to tell a record from one that is torn or damaged.
fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reopened(directory: &Path) -> Option<Marks> {
        Watermark::open(directory).1
    }

    #[test]
    fn marks_are_there_again_and_only_rise() {
        let directory = tempfile::tempdir().unwrap();
        let (watermark, found) = Watermark::open(directory.path());
        assert_eq!(found, None);
        watermark.synced(7, 100);
        watermark.keyspaces(3);
        watermark.synced(6, 90);
        let marks = Marks { version: 7, lease: 100, keyspaces: 3, written: 7 };
        assert_eq!(reopened(directory.path()), Some(marks));
        assert_eq!(read(directory.path()), Some(marks));
    }

    #[test]
    fn what_was_only_written_counts_at_the_same_place() {
        let directory = tempfile::tempdir().unwrap();
        let (watermark, _) = Watermark::open(directory.path());
        watermark.synced(7, 100);
        watermark.written(9);
        watermark.written(10);
        let exact = watermark.place != 0;
        assert_eq!(read(directory.path()).unwrap().written, if exact { 9 } else { 7 });
        let copy = tempfile::tempdir().unwrap();
        std::fs::copy(directory.path().join(WATERMARK), copy.path().join(WATERMARK)).unwrap();
        assert_eq!(read(copy.path()).unwrap().written, 7);
    }

    #[test]
    fn damage_to_one_slot_leaves_the_other_and_to_both_leaves_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(WATERMARK);
        let (watermark, _) = Watermark::open(directory.path());
        watermark.synced(7, 100);
        watermark.synced(8, 100);
        drop(watermark);
        let whole = std::fs::read(&path).unwrap();
        for bit in 0..RECORD * 8 {
            for (slot, left) in [(0, 7), (SLOT as usize, 8)] {
                let mut damaged = whole.clone();
                damaged[slot + bit / 8] ^= 1 << (bit % 8);
                std::fs::write(&path, &damaged).unwrap();
                assert_eq!(read(directory.path()).unwrap().version, left, "bit {bit} of the slot at {slot}");
            }
        }
        for damaged in [&b""[..], &b"PLINTHWM"[..], &[0; 2 * SLOT as usize][..]] {
            std::fs::write(&path, damaged).unwrap();
            assert_eq!(reopened(directory.path()), None);
        }
    }
}
