//! The disk as a file of a small FUSE file system, which a loop device makes a block device of.
//!
//! The loop device passes flushes on as `fsync` of its file, and the file is opened for direct I/O, so that
//! nothing between the block layer and this keeps a write back.

use std::ffi::OsStr;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use fuser::{
    BackgroundSession, Config, Errno, FileAttr, FileHandle, FileType, Filesystem, FopenFlags, Generation, INodeNo,
    LockOwner, MountOption, OpenFlags, ReplyAttr, ReplyData, ReplyEmpty, ReplyEntry, ReplyOpen, ReplyWrite, Request,
    Session, WriteFlags,
};

use crate::power::image::Disk;
use crate::stage::Trouble;

/// The name of the file.
pub const NAME: &str = "disk";
const FILE: INodeNo = INodeNo(2);
/// Nothing about the file changes.
const LASTS: Duration = Duration::from_secs(3600);

/// A disk that the kernel and the rig share.
#[derive(Clone)]
pub struct Shared(Arc<(Mutex<Disk>, Condvar)>);

impl Shared {
    /// Of a disk.
    pub fn new(disk: Disk) -> Self {
        Self(Arc::new((Mutex::new(disk), Condvar::new())))
    }

    /// Nothing is written while this is held.
    pub fn lock(&self) -> MutexGuard<'_, Disk> {
        self.0 .0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same at a moment at which so many writes are not flushed, or when that took longer.
    pub fn when_written(&self, writes: usize, longest: Duration) -> MutexGuard<'_, Disk> {
        let waited = self.0 .1.wait_timeout_while(self.lock(), longest, |disk| disk.writes() < writes);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

/// Serves the disk as `disk` in the directory, until what is returned is dropped.
pub fn serve(disk: &Shared, directory: &Path) -> Result<BackgroundSession, Trouble> {
    let mut config = Config::default();
    config.mount_options = vec![MountOption::FSName("plinth-prove".to_owned())];
    let files = Files { size: disk.lock().live().len() as u64, disk: disk.clone() };
    let session = Session::new(files, directory, &config).and_then(Session::spawn);
    session.map_err(|error| Trouble::Missing(format!("mounting a FUSE file system: {error}")))
}

struct Files {
    disk: Shared,
    size: u64,
}

impl Files {
    fn attributes(&self, of: INodeNo) -> FileAttr {
        let (kind, size) = match of == FILE {
            true => (FileType::RegularFile, self.size),
            false => (FileType::Directory, 0),
        };
        FileAttr {
            ino: of,
            size,
            blocks: size / 512,
            atime: SystemTime::UNIX_EPOCH,
            mtime: SystemTime::UNIX_EPOCH,
            ctime: SystemTime::UNIX_EPOCH,
            crtime: SystemTime::UNIX_EPOCH,
            kind,
            perm: 0o700,
            nlink: 1,
            uid: 0,
            gid: 0,
            rdev: 0,
            blksize: 4096,
            flags: 0,
        }
    }
}

impl Filesystem for Files {
    fn lookup(&self, _: &Request, _: INodeNo, name: &OsStr, reply: ReplyEntry) {
        match name == NAME {
            true => reply.entry(&LASTS, &self.attributes(FILE), Generation(0)),
            false => reply.error(Errno::ENOENT),
        }
    }

    fn getattr(&self, _: &Request, of: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        reply.attr(&LASTS, &self.attributes(of));
    }

    fn open(&self, _: &Request, _: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        reply.opened(FileHandle(0), FopenFlags::FOPEN_DIRECT_IO);
    }

    fn read(
        &self,
        _: &Request,
        _: INodeNo,
        _: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        let mut bytes = vec![0; self.size.saturating_sub(offset).min(u64::from(size)) as usize];
        self.disk.lock().live().read(offset as usize, &mut bytes);
        reply.data(&bytes);
    }

    fn write(
        &self,
        _: &Request,
        _: INodeNo,
        _: FileHandle,
        offset: u64,
        bytes: &[u8],
        _: WriteFlags,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        let mut disk = self.disk.lock();
        if !disk.live().has(offset as usize, bytes.len()) {
            return reply.error(Errno::ENOSPC);
        }
        disk.write(offset as usize, bytes);
        drop(disk);
        self.disk.0 .1.notify_one();
        reply.written(bytes.len() as u32);
    }

    fn fsync(&self, _: &Request, _: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        self.disk.lock().flush();
        reply.ok();
    }

    fn flush(&self, _: &Request, _: INodeNo, _: FileHandle, _: LockOwner, reply: ReplyEmpty) {
        // A file descriptor was closed, which promises nothing.
        reply.ok();
    }

    fn fallocate(&self, _: &Request, _: INodeNo, _: FileHandle, _: u64, _: u64, _: i32, reply: ReplyEmpty) {
        reply.error(Errno::EOPNOTSUPP);
    }
}
