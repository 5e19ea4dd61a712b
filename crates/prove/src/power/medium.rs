//! File systems whose power can be cut: on a disk of ours under a loop device, or shut down by the kernel.
//!
//! A run that is killed leaves its mounts, on a disk that fails, for the next one to unmount. They are not
//! in a mount namespace of this process: it would have to write to its own disk while it ends.

use std::fs::{self, File};
use std::io::Read as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Once;
use std::time::{Duration, Instant};

use fastrand::Rng;
use fuser::BackgroundSession;
use rustix::io::Errno;
use rustix::ioctl;
use rustix::mount::{mount, mount_change, unmount, MountFlags, MountPropagationFlags, UnmountFlags};
use rustix::thread::{unshare_unsafe, UnshareFlags};

use crate::power::fuse::{self, Shared};
use crate::power::image::{Disk, Image};
use crate::stage::{Tally, Trouble};
use crate::workshop::{need, Workshop};

/// Three of four cuts are in the middle of what is to be flushed: after one of these numbers of writes,
const WRITES: [usize; 8] = [1, 1, 2, 2, 3, 5, 10, 20];
/// if they come so soon.
const PATIENCE: Duration = Duration::from_millis(20);
/// Where the mounts of this stage are, in the sources.
const SCRATCH: &str = "build/prove/scratch";
/// Whoever else has a copy of our mounts lets go of them within this.
const LETS_GO: Duration = Duration::from_secs(60);
/// What was acknowledged is read within this.
const TELLING: Duration = Duration::from_millis(1);

/// A file system of the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileSystem {
    /// ext4, with data in order.
    Ext4,
    /// XFS.
    Xfs,
}

impl FileSystem {
    const fn name(self) -> &'static str {
        match self {
            Self::Ext4 => "ext4",
            Self::Xfs => "xfs",
        }
    }

    /// Bytes of a disk for it. mkfs.xfs makes none below 300 MB.
    const fn bytes(self) -> u64 {
        match self {
            Self::Ext4 => 192 << 20,
            Self::Xfs => 320 << 20,
        }
    }

    /// How it may be mounted. Not ext4 with `data=writeback`: a file may then end with what the disk held
    /// there before, which can be a part of a log that was whole. That is told at the opening (1522), or
    /// the part is taken for the log's end; but no promise can be made.
    const fn manners(self) -> &'static [&'static str] {
        match self {
            // The first is what everybody has. Without delayed allocation every sync writes other files too.
            Self::Ext4 => &["data=ordered", "data=ordered", "data=ordered,nodelalloc", "data=journal"],
            Self::Xfs => &["noquota"],
        }
    }

    /// What a disk writes as a whole. XFS takes a block of its metadata that begins with a new log sequence
    /// number for wholly new, and can't be mounted again if such a block was torn; so it gets a disk with
    /// sectors as large as these blocks.
    const fn sector(self) -> usize {
        match self {
            Self::Ext4 => 512,
            Self::Xfs => 4096,
        }
    }

    fn draw_manner(self, random: &mut Rng) -> &'static str {
        self.manners()[random.usize(..self.manners().len())]
    }

    /// An image with this file system and nothing in it.
    fn make(self, workshop: &Workshop) -> Result<Image, Trouble> {
        let (program, package) = match self {
            Self::Ext4 => ("mkfs.ext4", "e2fsprogs"),
            Self::Xfs => ("mkfs.xfs", "xfsprogs"),
        };
        need(program, package)?;
        let path = workshop.build.join(format!("template.{}", self.name()));
        File::create(&path)?.set_len(self.bytes())?;
        let mut command = Command::new(program);
        match self {
            Self::Ext4 => command
                .args(["-q", "-F", "-b", "4096", "-m", "0", "-N", "2048", "-J", "size=8", "-O", "^resize_inode"])
                .args(["-E", "nodiscard,lazy_itable_init=0,lazy_journal_init=0"]),
            Self::Xfs => command.args(["-q", "-f", "-K", "-s", "size=4096", "-b", "size=4096"]),
        };
        workshop.run(command.arg(&path), "power")?;
        let image = load(&path, self.bytes());
        fs::remove_file(&path)?;
        image
    }
}

fn load(path: &Path, bytes: u64) -> Result<Image, Trouble> {
    let mut image = Image::new(bytes as usize);
    let mut file = File::open(path)?;
    let mut buffer = vec![0; 1 << 20];
    let mut offset = 0;
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(image);
        }
        image.write(offset, &buffer[..read]);
        offset += read;
    }
}

/// Writes an image to a file, with holes where it is zero.
fn store(image: &Image, path: &Path) -> Result<(), Trouble> {
    let file = File::create(path)?;
    file.set_len(image.len() as u64)?;
    for (offset, bytes) in image.parts() {
        file.write_all_at(bytes, offset as u64)?;
    }
    Ok(())
}

/// From now on the mounts of this thread and of the processes it starts are theirs alone.
pub fn own_mounts() -> Result<(), Trouble> {
    static DONE: Once = Once::new();
    let mut result = Ok(());
    DONE.call_once(|| {
        // SAFETY: the table of open files stays shared; only the mounts are this thread's own.
        let unshared = unsafe { unshare_unsafe(UnshareFlags::NEWNS) };
        let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
        result = unshared.and_then(|()| mount_change("/", private));
        // Another run waits for its own mounts to end: no copy of them is kept here.
        let copies = mounts_below(&format!("/{SCRATCH}/")).ok().filter(|_| result.is_ok());
        for place in copies.into_iter().flatten() {
            let _ = unmount(&place, UnmountFlags::DETACH);
        }
    });
    result.map_err(|error| Trouble::Missing(format!("mounting needs root: {error}")))
}

/// Where there are mounts below a directory with this in its path, the newest first.
fn mounts_below(part: &str) -> Result<Vec<PathBuf>, Trouble> {
    let mounts = fs::read_to_string("/proc/self/mounts")?;
    let places = mounts.lines().rev().filter_map(|line| line.split(' ').nth(1));
    Ok(places.filter(|place| place.contains(part)).map(PathBuf::from).collect())
}

/// Unmounts what an earlier run left that was killed. Nobody else's mounts are below that directory, and
/// loop devices go with their mounts.
fn clear_mounts(workshop: &Workshop) -> Result<(), Trouble> {
    for place in mounts_below(&format!("{}/{SCRATCH}/", workshop.root.display()))? {
        workshop.output(Command::new("umount").arg("-l").arg(place), "power")?;
    }
    Ok(())
}

/// Mounts a file through a loop device, which goes when the mount goes.
fn mount_loop(system: FileSystem, manner: &str, file: &Path, place: &Path, workshop: &Workshop) -> Result<(), Trouble> {
    let mut command = Command::new("mount");
    command.args(["-t", system.name(), "-o", &format!("loop,noatime,{manner}")]).arg(file).arg(place);
    let output = workshop.output(&mut command, "power")?;
    match output.status.success() {
        true => Ok(()),
        false => {
            let words = String::from_utf8_lossy(&output.stderr).trim().replace('\n', " ");
            Err(Trouble::Rig(format!("mounting {}: {words}", system.name())))
        }
    }
}

/// Unmounts in a process of its own: if this one were killed while it waits for the disk that it serves
/// itself, neither would ever end. The file system has ended when its loop device is free; another mount
/// namespace that was made meanwhile can keep it.
fn unmount_loop(place: &Path, file: &Path, workshop: &Workshop) -> Result<(), Trouble> {
    workshop.run(Command::new("umount").arg(place), "power")?;
    let begun = Instant::now();
    while is_looped(file)? {
        if begun.elapsed() > LETS_GO {
            return Err(Trouble::Rig(format!("{} is still mounted somewhere", file.display())));
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    Ok(())
}

/// Whether a loop device has the file.
fn is_looped(file: &Path) -> Result<bool, Trouble> {
    for device in fs::read_dir("/sys/block")? {
        let backing = fs::read_to_string(device?.path().join("loop/backing_file")).unwrap_or_default();
        if Path::new(backing.trim_end()) == file {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Where the power can be cut.
pub trait Medium {
    /// An empty file system instead of the present one; it is not mounted.
    fn renew(&mut self, random: &mut Rng) -> Result<(), Trouble>;
    /// Mounts it.
    fn mount(&mut self) -> Result<(), Trouble>;
    /// Cuts the power. What runs on the file system may notice or not. `before` is called just before it.
    fn cut(&mut self, random: &mut Rng, before: &mut dyn FnMut()) -> Result<Tally, Trouble>;
    /// Unmounts it, with what the cut left.
    fn unmount(&mut self) -> Result<(), Trouble>;
    /// Where it is mounted.
    fn place(&self) -> &Path;
    /// Keeps what is on the disk in a file, to be looked at.
    fn keep(&self, path: &Path) -> Result<(), Trouble>;
}

/// A file system on a disk whose cache a cut empties.
pub struct Disked {
    workshop: Workshop,
    system: FileSystem,
    manner: &'static str,
    template: Image,
    disk: Shared,
    place: PathBuf,
    file: PathBuf,
    // What serves the file ends before its directory is removed.
    _session: BackgroundSession,
    _directory: tempfile::TempDir,
}

impl Disked {
    /// With an empty file system.
    pub fn new(workshop: &Workshop, system: FileSystem) -> Result<Self, Trouble> {
        need_devices(&["/dev/fuse", "/dev/loop-control"])?;
        clear_mounts(workshop)?;
        let template = system.make(workshop)?;
        let directory = workshop.scratch()?;
        let (served, place) = (directory.path().join("served"), directory.path().join("place"));
        fs::create_dir(&served)?;
        fs::create_dir(&place)?;
        let disk = Shared::new(Disk::new(template.clone()));
        let session = fuse::serve(&disk, &served)?;
        let file = served.join(fuse::NAME);
        let workshop = workshop.clone();
        let manner = system.manners()[0];
        Ok(Self { workshop, system, manner, template, disk, place, file, _session: session, _directory: directory })
    }
}

impl Drop for Disked {
    fn drop(&mut self) {
        let _ = self.workshop.output(Command::new("umount").arg("-l").arg(&self.place), "power");
    }
}

impl Medium for Disked {
    fn renew(&mut self, random: &mut Rng) -> Result<(), Trouble> {
        self.manner = self.system.draw_manner(random);
        *self.disk.lock() = Disk::new(self.template.clone());
        Ok(())
    }

    fn mount(&mut self) -> Result<(), Trouble> {
        mount_loop(self.system, self.manner, &self.file, &self.place, &self.workshop)
    }

    fn cut(&mut self, random: &mut Rng, before: &mut dyn FnMut()) -> Result<Tally, Trouble> {
        let mut disk = match random.u8(..4) {
            0 => self.disk.lock(),
            _ => self.disk.when_written(WRITES[random.usize(..WRITES.len())], PATIENCE),
        };
        // The disk stands still, but what it did before is told.
        std::thread::sleep(TELLING);
        before();
        let cut = disk.cut(random, self.system.sector());
        drop(disk);
        let mut tally = Tally::default();
        tally.add("flushes", cut.flushes);
        tally.add("sectors not flushed", cut.open);
        tally.add("of these lost", cut.open - cut.kept);
        tally.add("cuts that lost some", u64::from(cut.kept < cut.open));
        tally.add("cuts that tore", u64::from(0 < cut.kept && cut.kept < cut.open));
        Ok(tally)
    }

    fn unmount(&mut self) -> Result<(), Trouble> {
        unmount_loop(&self.place, &self.file, &self.workshop)?;
        self.disk.lock().restart();
        Ok(())
    }

    fn place(&self) -> &Path {
        &self.place
    }

    fn keep(&self, path: &Path) -> Result<(), Trouble> {
        let image = self.disk.lock().live().clone();
        store(&image, path)
    }
}

/// A file system that the kernel shuts down: what it did not write is gone.
pub struct Shut {
    workshop: Workshop,
    system: FileSystem,
    manner: &'static str,
    template: Image,
    place: PathBuf,
    file: PathBuf,
    // The memory that the file is in goes before its directory is removed.
    _memory: Mounted,
    _directory: tempfile::TempDir,
}

/// Unmounts when it is dropped.
struct Mounted(PathBuf);

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = unmount(&self.0, UnmountFlags::DETACH);
    }
}

impl Shut {
    /// With an empty file system.
    pub fn new(workshop: &Workshop, system: FileSystem) -> Result<Self, Trouble> {
        need_devices(&["/dev/loop-control"])?;
        clear_mounts(workshop)?;
        let template = system.make(workshop)?;
        let directory = workshop.scratch()?;
        let (memory, place) = (directory.path().join("memory"), directory.path().join("place"));
        fs::create_dir(&memory)?;
        fs::create_dir(&place)?;
        mount("plinth-prove", &memory, "tmpfs", MountFlags::empty(), None)
            .map_err(|error| Trouble::Missing(format!("mounting a tmpfs: {error}")))?;
        let file = memory.join(fuse::NAME);
        let memory = Mounted(memory);
        let workshop = workshop.clone();
        let manner = system.manners()[0];
        Ok(Self { workshop, system, manner, template, place, file, _memory: memory, _directory: directory })
    }
}

impl Drop for Shut {
    fn drop(&mut self) {
        let _ = self.workshop.output(Command::new("umount").arg("-l").arg(&self.place), "power");
    }
}

impl Medium for Shut {
    fn renew(&mut self, random: &mut Rng) -> Result<(), Trouble> {
        self.manner = self.system.draw_manner(random);
        store(&self.template, &self.file)
    }

    fn mount(&mut self) -> Result<(), Trouble> {
        mount_loop(self.system, self.manner, &self.file, &self.place, &self.workshop)
    }

    fn cut(&mut self, _: &mut Rng, before: &mut dyn FnMut()) -> Result<Tally, Trouble> {
        let root = File::open(&self.place)?;
        before();
        shut_down(&root).map_err(|error| match error {
            Errno::NOTTY | Errno::INVAL | Errno::OPNOTSUPP => {
                Trouble::Missing(format!("{} can't be shut down here: {error}", self.system.name()))
            }
            error => Trouble::Rig(format!("shutting {} down: {error}", self.system.name())),
        })?;
        Ok(Tally::default())
    }

    fn unmount(&mut self) -> Result<(), Trouble> {
        unmount_loop(&self.place, &self.file, &self.workshop)
    }

    fn place(&self) -> &Path {
        &self.place
    }

    fn keep(&self, path: &Path) -> Result<(), Trouble> {
        store(&load(&self.file, self.system.bytes())?, path)
    }
}

/// Shuts a file system down without writing its log.
fn shut_down(root: &File) -> rustix::io::Result<()> {
    /// `XFS_IOC_GOINGDOWN`, which ext4 has too.
    const SHUT_DOWN: ioctl::Opcode = ioctl::opcode::read::<u32>(b'X', 125);
    const WITHOUT_LOG: u32 = 2;
    // SAFETY: the number is that of a request which reads an u32 from where its argument points to; a
    // file system that does not know it fails.
    unsafe { ioctl::ioctl(root, ioctl::Setter::<SHUT_DOWN, u32>::new(WITHOUT_LOG)) }
}

fn need_devices(devices: &[&str]) -> Result<(), Trouble> {
    if let Some(device) = devices.iter().find(|device| !Path::new(device).exists()) {
        return Err(Trouble::Missing(format!("there is no {device}")));
    }
    match rustix::process::geteuid().is_root() {
        true => Ok(()),
        false => Err(Trouble::Missing("mounting needs root".to_owned())),
    }
}
