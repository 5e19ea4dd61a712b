//! File systems of a known size, which can be filled and made read-only.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::power::own_mounts;
use crate::stage::Trouble;
use crate::workshop::{need, Workshop};

/// A file system that is mounted, and gone when this is dropped.
pub struct Mounted {
    workshop: Workshop,
    place: PathBuf,
    image: Option<PathBuf>,
    _scratch: tempfile::TempDir,
}

impl Mounted {
    /// One in memory, with options of the kernel such as `size=64m`.
    pub fn tmpfs(workshop: &Workshop, options: &str) -> Result<Self, Trouble> {
        let mounted = Self::begin(workshop, None)?;
        mounted.mount(&["-t", "tmpfs", "-o", options, "plinth-prove"])?;
        Ok(mounted)
    }

    /// ext4 in a file through a loop device.
    pub fn ext4(workshop: &Workshop, bytes: u64, options: &[&str]) -> Result<Self, Trouble> {
        need("mkfs.ext4", "e2fsprogs")?;
        if !Path::new("/dev/loop-control").exists() {
            return Err(Trouble::Missing("there are no loop devices".to_owned()));
        }
        let mut mounted = Self::begin(workshop, None)?;
        let image = mounted._scratch.path().join("image");
        File::create(&image)?.set_len(bytes)?;
        let mut make = Command::new("mkfs.ext4");
        make.args(["-q", "-F", "-m", "0", "-b", "4096"]).args(options).arg(&image);
        workshop.run(&mut make, "mounts")?;
        mounted.image = Some(image);
        mounted.mount_image()?;
        Ok(mounted)
    }

    fn begin(workshop: &Workshop, image: Option<PathBuf>) -> Result<Self, Trouble> {
        own_mounts()?;
        let scratch = workshop.quick_scratch()?;
        let place = scratch.path().join("mounted");
        fs::create_dir(&place)?;
        Ok(Self { workshop: workshop.clone(), place, image, _scratch: scratch })
    }

    fn mount_image(&self) -> Result<(), Trouble> {
        let image = self.image.as_ref().map(|image| image.display().to_string()).unwrap_or_default();
        self.mount(&["-t", "ext4", "-o", "loop", &image])
    }

    fn mount(&self, words: &[&str]) -> Result<(), Trouble> {
        let output = self.workshop.output(Command::new("mount").args(words).arg(&self.place), "mounts")?;
        match output.status.success() {
            true => Ok(()),
            false => Err(Trouble::Missing(format!("mount: {}", String::from_utf8_lossy(&output.stderr).trim()))),
        }
    }

    /// Changes how it is mounted: `ro`, `rw`, or `abort`, after which ext4 takes no writes.
    pub fn remount(&self, how: &str) -> Result<(), Trouble> {
        self.mount(&["-o", &format!("remount,{how}")])
    }

    /// Takes it away and mounts it again, as after a restart of the machine.
    pub fn restart(&self) -> Result<(), Trouble> {
        self.workshop.run(Command::new("umount").arg(&self.place), "mounts")?;
        self.mount_image()
    }

    /// Where it is.
    pub fn place(&self) -> &Path {
        &self.place
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        // What was mounted over it too; then what cannot be taken away fails, and that ends it.
        while Command::new("umount").arg("-l").arg(&self.place).output().is_ok_and(|output| output.status.success()) {}
    }
}
