//! What Linux tells and does: processor time, memory, cores, disk. Relies on `/proc` and libc.

use std::fs;
use std::io::Write;
use std::mem;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::error::{Context, Error, Result};
use crate::statistics::median;

/// Processor time of this process so far, all threads.
pub fn cpu_time() -> Result<Duration> {
    // SAFETY: an all-zero rusage is valid, and the call only fills it.
    let usage = unsafe {
        let mut usage: libc::rusage = mem::zeroed();
        match libc::getrusage(libc::RUSAGE_SELF, &mut usage) {
            0 => usage,
            _ => return Err(std::io::Error::last_os_error()).context("getrusage"),
        }
    };
    let time = |time: libc::timeval| Duration::new(time.tv_sec as u64, time.tv_usec as u32 * 1_000);
    Ok(time(usage.ru_utime) + time(usage.ru_stime))
}

/// Processor time of another process and of its children so far. Linux counts it in hundredths of a
/// second.
pub fn cpu_time_of(process: u32) -> Result<Duration> {
    let mut ticks = 0;
    for entry in fs::read_dir("/proc").context("/proc")? {
        let name = entry.context("/proc")?.file_name();
        let Some(id) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        // Processes come and go.
        let Ok(text) = fs::read_to_string(format!("/proc/{id}/stat")) else { continue };
        // The name, in parentheses, may hold anything; the fourth field is the first but one after it.
        let fields: Vec<&str> = text.rsplit(')').next().unwrap_or("").split_whitespace().collect();
        let field = |number: usize| fields.get(number - 3).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
        if id == process {
            ticks += field(14) + field(15) + field(16) + field(17);
        } else if field(4) == u64::from(process) {
            ticks += field(14) + field(15);
        }
    }
    // SAFETY: no arguments that could be wrong.
    let each = unsafe { libc::sysconf(libc::_SC_CLK_TCK) }.max(1);
    Ok(Duration::from_secs_f64(ticks as f64 / each as f64))
}

/// Makes the peak begin at the present memory. Where that is not allowed the peak is that since
/// the process began.
pub fn reset_peak() {
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// Peak resident memory since `reset_peak`, in bytes.
pub fn peak_memory() -> Result<u64> {
    let status = fs::read_to_string("/proc/self/status").context("/proc/self/status")?;
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix("kB")?.trim().parse::<u64>().ok())
        .map(|kilobytes| kilobytes * 1024)
        .ok_or_else(|| Error::new("/proc/self/status has no VmHWM"))
}

/// Waits until background work has ended, as `busy` tells the processor time it took, and the disk has
/// what was written, so that the next engine's turn is its own.
pub fn settle(directory: &Path, busy: impl Fn() -> Result<Duration>) -> Result<()> {
    let end = Instant::now() + Duration::from_secs(30);
    while Instant::now() < end {
        let before = busy()?;
        std::thread::sleep(Duration::from_millis(20));
        if busy()?.saturating_sub(before) < Duration::from_millis(2) {
            break;
        }
    }
    let file = fs::File::open(directory).context(directory.display())?;
    // SAFETY: the descriptor is open.
    match unsafe { libc::syncfs(file.as_raw_fd()) } {
        0 => Ok(()),
        _ => Err(std::io::Error::last_os_error()).context("syncfs"),
    }
}

/// Waits until this process has no file in a directory open. An engine may keep a database that
/// was closed open for a while, in case it is opened again.
pub fn wait_until_closed(directory: &Path) -> Result<()> {
    let directory = directory.canonicalize().context(directory.display())?;
    let end = Instant::now() + Duration::from_secs(30);
    while has_open(&directory)? {
        if Instant::now() > end {
            return Err(Error::new(format!("{} is still open", directory.display())));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

fn has_open(directory: &Path) -> Result<bool> {
    for entry in fs::read_dir("/proc/self/fd").context("/proc/self/fd")? {
        let file = entry.context("/proc/self/fd")?.path();
        // The descriptor of this list itself is gone by now, or others were closed meanwhile.
        if fs::read_link(file).is_ok_and(|file| file.starts_with(directory)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// All threads of this process on one core, until dropped.
pub struct Pinned(libc::cpu_set_t);

impl Pinned {
    /// Takes the last core that the process may use. Threads made later inherit it.
    pub fn to_one_core() -> Result<Self> {
        // SAFETY: an all-zero set is valid and empty; its size is given.
        let before = unsafe {
            let mut set: libc::cpu_set_t = mem::zeroed();
            match libc::sched_getaffinity(0, mem::size_of_val(&set), &mut set) {
                0 => set,
                _ => return Err(std::io::Error::last_os_error()).context("sched_getaffinity"),
            }
        };
        // SAFETY: the index stays below the size of the set.
        let core = (0..libc::CPU_SETSIZE as usize).rev().find(|core| unsafe { libc::CPU_ISSET(*core, &before) });
        let core = core.ok_or_else(|| Error::new("the process may use no core"))?;
        // SAFETY: as above.
        let one = unsafe {
            let mut set: libc::cpu_set_t = mem::zeroed();
            libc::CPU_SET(core, &mut set);
            set
        };
        let pinned = Self(before);
        set_all(&one)?;
        Ok(pinned)
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        if let Err(error) = set_all(&self.0) {
            eprintln!("plinth-bench: the process stays on one core: {error}");
        }
    }
}

fn set_all(set: &libc::cpu_set_t) -> Result<()> {
    for task in fs::read_dir("/proc/self/task").context("/proc/self/task")? {
        let name = task.context("/proc/self/task")?.file_name();
        let Some(id) = name.to_str().and_then(|name| name.parse().ok()) else { continue };
        // SAFETY: the set is of the size given. A thread that has ended meanwhile is no error.
        let result = unsafe { libc::sched_setaffinity(id, mem::size_of_val(set), set) };
        let error = std::io::Error::last_os_error();
        if result != 0 && error.raw_os_error() != Some(libc::ESRCH) {
            return Err(error).context("sched_setaffinity");
        }
    }
    Ok(())
}

/// A directory of our own, removed with all in it when dropped.
pub struct Scratch(PathBuf);

impl Scratch {
    /// Makes it inside `parent`.
    pub fn create(parent: &Path) -> Result<Self> {
        let path = parent.join(format!("plinth-bench-{}", std::process::id()));
        fs::create_dir(&path).context(path.display())?;
        Ok(Self(path))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The machine in one line: cores, processor, and what one sync costs here.
pub fn describe(directory: &Path) -> Result<String> {
    let cores = std::thread::available_parallelism().context("cores")?;
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model =
        info.lines().find_map(|line| line.strip_prefix("model name")?.split(':').nth(1)).unwrap_or("unknown processor");
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load: f64 = load.split(' ').next().and_then(|load| load.parse().ok()).unwrap_or(0.0);
    let busy = if load > 0.5 {
        "\nWARNING: others use this machine; compare `cpu us`, which their work changes less than `per second`"
    } else {
        ""
    };
    let sync = sync_microseconds(directory)?;
    let memory =
        if in_memory(directory)? { "\nWARNING: this directory is in memory; a sync costs nothing here" } else { "" };
    Ok(format!(
        "{cores} cores, {}, load {load} at the start{busy}\n{}: a 4 KiB append with fdatasync takes {sync:.0} us (median of 200){memory}",
        model.trim(),
        directory.display(),
    ))
}

fn sync_microseconds(directory: &Path) -> Result<f64> {
    let path = directory.join("sync-test");
    let mut file = fs::File::create(&path).context(path.display())?;
    let mut times = Vec::with_capacity(200);
    for _ in 0..200 {
        let start = Instant::now();
        file.write_all(&[1; 4096]).and_then(|()| file.sync_data()).context(path.display())?;
        times.push(start.elapsed().as_secs_f64() * 1e6);
    }
    fs::remove_file(&path).context(path.display())?;
    Ok(median(times.into_iter()))
}

/// As in `linux/magic.h`.
const RAMFS_MAGIC: libc::c_long = 0x8584_58f6;

fn in_memory(directory: &Path) -> Result<bool> {
    let file = fs::File::open(directory).context(directory.display())?;
    // SAFETY: an all-zero statfs is valid; the descriptor is open; the call only fills it.
    let kind = unsafe {
        let mut found: libc::statfs = mem::zeroed();
        match libc::fstatfs(file.as_raw_fd(), &mut found) {
            0 => found.f_type,
            _ => return Err(std::io::Error::last_os_error()).context("fstatfs"),
        }
    };
    Ok(kind == libc::TMPFS_MAGIC || kind == RAMFS_MAGIC)
}
