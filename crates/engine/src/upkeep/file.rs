//! Files that are read and copied piece by piece, with their checksums.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use plinth_api::{Code, Error, Result};
use xxhash_rust::xxh3::Xxh3;

use super::work::Work;
use crate::format::io_error;
use crate::private;

/// Bytes read at a time: all the memory that a copy takes.
const PIECE: usize = 1 << 20;

/// What was read of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contents {
    /// How many bytes.
    pub bytes: u64,
    /// Their checksum, XXH3 with 128 bits.
    pub sum: u128,
}

/// Makes `to` a copy of the first `size` bytes of `from`, on disk when this returns.
pub fn copy(from: &Path, to: &Path, size: u64, work: &Work<'_>) -> Result<Contents> {
    let failed = |error| io_error(error, "writing", to);
    let mut target = private::options().write(true).create(true).truncate(true).open(to).map_err(failed)?;
    let contents = read(from, size, work, |piece| target.write_all(piece).map_err(failed))?;
    target.sync_all().map_err(failed)?;
    Ok(contents)
}

/// Writes a file, on disk when this returns.
pub fn write(to: &Path, bytes: &[u8]) -> Result<()> {
    let write = || {
        let mut file = private::options().write(true).create(true).truncate(true).open(to)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(|error| io_error(error, "writing", to))
}

/// Reads the first `size` bytes of a file and adds them up; fails with 1522 if it has fewer.
pub fn read(from: &Path, size: u64, work: &Work<'_>, mut take: impl FnMut(&[u8]) -> Result<()>) -> Result<Contents> {
    let failed = |error: io::Error| io_error(error, "reading", from);
    let mut file = File::open(from).map_err(failed)?.take(size);
    let mut piece = vec![0; PIECE];
    let (mut bytes, mut sum) = (0, Xxh3::new());
    loop {
        match file.read(&mut piece) {
            Ok(0) => break,
            Ok(count) => {
                sum.update(&piece[..count]);
                take(&piece[..count])?;
                bytes += count as u64;
                work.did(count as u64)?;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(failed(error)),
        }
    }
    if bytes < size {
        let text = format!("{} ends after {bytes} bytes, but has {size}", from.display());
        return Err(Error::new(Code::FILE_CORRUPT).context(text));
    }
    Ok(Contents { bytes, sum: sum.digest128() })
}

/// Makes `to` another name of `from`. Returns false where that can't be done, as on another file system.
pub fn link(from: &Path, to: &Path) -> Result<bool> {
    use io::ErrorKind::{CrossesDevices, PermissionDenied, TooManyLinks, Unsupported};
    match std::fs::hard_link(from, to) {
        Ok(()) => Ok(true),
        Err(error) if matches!(error.kind(), CrossesDevices | PermissionDenied | TooManyLinks | Unsupported) => {
            Ok(false)
        }
        Err(error) => Err(io_error(error, "linking", to)),
    }
}
