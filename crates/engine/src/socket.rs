//! The socket in a database directory: whoever holds the directory's lock listens there, and others
//! connect to it.
//!
//! A socket's path has room for 107 bytes, so the directory is named through a descriptor of it. The
//! file is only ever made and removed by the holder of the lock.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use plinth_api::{Code, Error, Result};
use rustix::event::{poll, PollFd, PollFlags, Timespec};
use rustix::fs::{self, AtFlags, Mode, OFlags};
use rustix::io::Errno;
use rustix::net::{self, AddressFamily, RecvFlags, SendFlags, SocketAddrUnix, SocketFlags, SocketType};

use crate::format::io_error;
use crate::inherited::Private;
use crate::limits::{LARGEST_KEY, LARGEST_TRANSACTION, LARGEST_VALUE};
use crate::private;
use crate::wire::hello::{self, Side};
use crate::wire::{parse, Frames, Limits, Notice};

/// The socket's name.
pub const NAME: &str = "SOCKET";
/// Guests that may wait to be taken.
const BACKLOG: i32 = 128;
/// The longest first frame of a host.
const LONGEST_WELCOME: usize = 4 << 10;
/// A host takes frames of at least this length.
const SHORTEST_FRAME: u64 = 64 << 10;
/// The longest window that a database can have, in microseconds.
const LONGEST_WINDOW: u64 = 600_000_000;

/// Where guests come in.
pub struct Listener {
    socket: Private<OwnedFd>,
    directory: OwnedFd,
    /// Device and number of the file.
    file: (u64, u64),
}

impl Listener {
    /// Listens in a directory, whose lock the caller holds.
    pub fn bind(directory: &Path) -> Result<Self> {
        let name = directory.join(NAME);
        let failed = |errno: Errno| failure(errno.into(), "listening at", &name);
        let opened = open_directory(directory)?;
        match fs::unlinkat(&opened, NAME, AtFlags::empty()) {
            // The holder of the lock before did not remove it.
            Ok(()) | Err(Errno::NOENT) => {}
            Err(errno) => return Err(io_error(errno.into(), "removing", &name)),
        }
        let socket = Private::open(new_socket).map_err(failed)?;
        // The file is made with the mode of the socket, less the umask: nobody else ever gets in.
        fs::fchmod(&socket, Mode::RUSR | Mode::WUSR).map_err(failed)?;
        net::bind(&socket, &address(directory, &opened)?).map_err(failed)?;
        fs::chmodat(&opened, NAME, Mode::RUSR | Mode::WUSR, AtFlags::empty()).map_err(failed)?;
        let file = file_of(&opened).map_err(failed)?;
        let listener = Self { socket, directory: opened, file };
        net::listen(&listener.socket, BACKLOG).map_err(failed)?;
        Ok(listener)
    }

    /// Takes a guest that waits; its stream does not block. An error stays until something else is
    /// closed, most likely: too many files are open.
    pub fn accept(&self) -> Result<Option<Private<UnixStream>>> {
        loop {
            let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
            match Private::open(|| net::accept_with(&self.socket, flags).map(UnixStream::from)) {
                Ok(stream) => return Ok(Some(stream)),
                Err(Errno::AGAIN) => return Ok(None),
                // It went away again.
                Err(Errno::INTR | Errno::CONNABORTED) => {}
                Err(errno) => return Err(Error::new(Code::IO_ERROR).context("taking a guest").caused_by(errno)),
            }
        }
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if file_of(&self.directory) == Ok(self.file) {
            // If it stays, the next holder of the lock removes it.
            let _ = fs::unlinkat(&self.directory, NAME, AtFlags::empty());
        }
    }
}

/// Connects to whoever listens in a directory. `None` if nobody does, or too many others wait there: a
/// moment later that may be different.
pub fn connect(directory: &Path) -> Result<Option<Private<UnixStream>>> {
    let name = directory.join(NAME);
    let failed = |errno: Errno| io_error(errno.into(), "connecting to", &name);
    let opened = open_directory(directory)?;
    // Through a symbolic link one would come to another database, or to whoever planted it.
    private::check(directory)?;
    let stream = Private::open(|| new_socket().map(UnixStream::from)).map_err(failed)?;
    match net::connect(&stream, &address(directory, &opened)?) {
        Ok(()) => {}
        Err(Errno::NOENT | Errno::CONNREFUSED | Errno::AGAIN | Errno::INTR) => return Ok(None),
        Err(errno) => return Err(failed(errno)),
    }
    stream.set_nonblocking(false).map_err(|error| io_error(error, "connecting to", &name))?;
    Ok(Some(stream))
}

/// The process on the other side, if it runs as this user or as root; else 9019.
pub fn check_peer(stream: &UnixStream) -> Result<u32> {
    let peer = net::sockopt::socket_peercred(stream);
    let peer = peer.map_err(|errno| Error::new(Code::IO_ERROR).context("asking who is there").caused_by(errno))?;
    check_user(peer.uid.as_raw(), rustix::process::geteuid().as_raw())?;
    Ok(peer.pid.as_raw_nonzero().get().unsigned_abs())
}

fn check_user(theirs: u32, ours: u32) -> Result<()> {
    if theirs == ours || theirs == 0 {
        return Ok(());
    }
    let text = format!("the other process runs as user {theirs}, this one as user {ours}");
    Err(Error::new(Code::PEER_NOT_PERMITTED).context(text))
}

/// Introduces this process to the host at the other end, and hears what holds there. `None` if the host
/// is gone. 9017 if it says nothing for so long. What has come after its first message stays in the
/// frames.
pub fn greet(stream: &UnixStream, patience: Duration) -> Result<Option<(Limits, Frames)>> {
    let pid = check_peer(stream)?;
    let until = Instant::now() + patience;
    let greeting = Greeting { stream, pid, patience, until };
    greeting.send(hello::line().as_bytes())?;
    let Some(mut frames) = greeting.hear_line()? else {
        return Ok(None);
    };
    loop {
        match frames.next(LONGEST_WELCOME).map_err(strange)? {
            Some((0, message)) => match parse(&message).map_err(strange)? {
                Notice::Welcome(limits) => return check_limits(&limits).map(|()| Some((limits, frames))),
                _ => return Err(hello::stranger(Side::Host)),
            },
            Some(_) => return Err(hello::stranger(Side::Host)),
            None => {}
        }
        if frames.fill(|room| greeting.receive(room)).map_err(|error| greeting.failed(error))? == 0 {
            return Ok(None);
        }
    }
}

/// The guest's side of an introduction.
struct Greeting<'a> {
    stream: &'a UnixStream,
    /// The host's process.
    pid: u32,
    patience: Duration,
    until: Instant,
}

impl Greeting<'_> {
    /// Sends a few bytes, for which a new connection has room. A host that is gone may have said why.
    fn send(&self, bytes: &[u8]) -> Result<()> {
        match net::send(self.stream, bytes, SendFlags::NOSIGNAL | SendFlags::DONTWAIT) {
            Ok(sent) if sent == bytes.len() => Ok(()),
            Err(Errno::PIPE | Errno::CONNRESET) => Ok(()),
            Ok(_) => Err(self.failed(io::ErrorKind::WriteZero.into())),
            Err(errno) => Err(self.failed(errno.into())),
        }
    }

    /// Hears the host's line. What followed it is in the frames. `None` if nobody is there.
    fn hear_line(&self) -> Result<Option<Frames>> {
        let mut heard = Vec::new();
        loop {
            let mut room = [0; hello::LONGEST_ANSWER];
            let count = self.receive(&mut room).map_err(|error| self.failed(error))?;
            if count == 0 {
                return Ok(None);
            }
            heard.extend_from_slice(&room[..count]);
            let Some(end) = hello::end(&heard, hello::LONGEST_ANSWER, Side::Host)? else {
                continue;
            };
            let (line, rest) = heard.split_at(end);
            hello::check(line, Side::Host)?;
            let mut frames = Frames::default();
            let fill = |room: &mut [u8]| {
                room[..rest.len()].copy_from_slice(rest);
                Ok(rest.len())
            };
            frames.fill(fill).map_err(|error| self.failed(error))?;
            return Ok(Some(frames));
        }
    }

    /// Receives what comes in time; 0 is the end of the stream.
    fn receive(&self, room: &mut [u8]) -> io::Result<usize> {
        loop {
            match net::recv(self.stream, &mut *room, RecvFlags::DONTWAIT) {
                Ok((count, _)) => return Ok(count),
                // It ended with something from us unread.
                Err(Errno::CONNRESET) => return Ok(0),
                Err(Errno::AGAIN) => self.wait()?,
                Err(Errno::INTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
    }

    fn wait(&self) -> io::Result<()> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        let timeout = Timespec::try_from(left).map_err(|_| io::ErrorKind::InvalidInput)?;
        match poll(&mut [PollFd::new(self.stream, PollFlags::IN)], Some(&timeout)) {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(errno) => Err(errno.into()),
        }
    }

    fn failed(&self, error: io::Error) -> Error {
        let Self { pid, patience, .. } = self;
        if error.kind() == io::ErrorKind::TimedOut {
            let text = format!("the process with pid {pid} said nothing for {patience:?}");
            return Error::new(Code::HOST_UNAVAILABLE).context(text);
        }
        Error::new(Code::IO_ERROR).context(format!("talking to the process with pid {pid}")).caused_by(error)
    }
}

/// The error of what is no host's first message.
fn strange(error: Error) -> Error {
    hello::stranger(Side::Host).caused_by(error)
}

/// Limits that no database can have would lead to trouble later.
fn check_limits(limits: &Limits) -> Result<()> {
    let bounds = [
        ("key_size", limits.key_size, 1, LARGEST_KEY as u64),
        ("value_size", limits.value_size, 1, LARGEST_VALUE as u64),
        ("transaction_size", limits.transaction_size, 1, LARGEST_TRANSACTION as u64),
        ("window", limits.window, 1, LONGEST_WINDOW),
        ("frame", limits.frame, SHORTEST_FRAME, u64::from(u32::MAX)),
        ("pid", u64::from(limits.pid), 1, i32::MAX as u64),
    ];
    match bounds.iter().find(|(_, value, least, most)| !(least..=most).contains(&value)) {
        None => Ok(()),
        Some((name, value, least, most)) => {
            let text = format!("its {name} is {value}, which is not between {least} and {most}");
            Err(hello::stranger(Side::Host).context(text))
        }
    }
}

/// Network file systems, by their magic numbers: a lock may hold on one machine only there, and a
/// socket leads nowhere from the others.
const NETWORKED: [(u32, &str); 19] = [
    (0x0000_6969, "NFS"),
    (0x0000_517b, "SMB"),
    (0xfe53_4d42, "SMB"),
    (0xff53_4d42, "CIFS"),
    (0x5346_414f, "AFS"),
    (0x6b41_4653, "AFS"),
    (0x7375_7245, "Coda"),
    (0x0000_564c, "NCP"),
    (0x00c3_6400, "Ceph"),
    (0x0102_1997, "9P"),
    (0x0bd0_0bd0, "Lustre"),
    (0x4750_4653, "GPFS"),
    (0x1983_0326, "BeeGFS"),
    (0x2003_0528, "OrangeFS"),
    (0xaad7_aaea, "PanFS"),
    (0x7461_636f, "OCFS2"),
    (0x0116_1970, "GFS2"),
    (0x786f_4256, "a shared folder of VirtualBox"),
    (0xbacb_acbc, "a shared folder of VMware"),
];

/// Fails with 9020 if a directory lies where several processes can't share it.
pub fn check_file_system(directory: &Path) -> Result<()> {
    let found = fs::statfs(directory).map_err(|errno| io_error(errno.into(), "looking at", directory))?;
    // The type of the number is another one on other machines; what is above 32 bits is the sign.
    match network(found.f_type as u32) {
        Some(name) => Err(not_suitable(directory, &format!("it is on a network file system ({name})"))),
        None => Ok(()),
    }
}

fn network(magic: u32) -> Option<&'static str> {
    NETWORKED.iter().find(|(number, _)| *number == magic).map(|(_, name)| *name)
}

/// The error of a lock or a socket that could not be had: 9020 if the file system has no such thing.
pub fn failure(error: io::Error, doing: &str, path: &Path) -> Error {
    match Errno::from_io_error(&error) {
        Some(Errno::NOLCK | Errno::OPNOTSUPP | Errno::NOSYS | Errno::PERM) => {
            not_suitable(path, &format!("its file system does not have what {doing} it takes")).caused_by(error)
        }
        _ => io_error(error, doing, path),
    }
}

fn not_suitable(path: &Path, why: &str) -> Error {
    let text = format!("{}: {why}; processes can't share a database there", path.display());
    Error::new(Code::FILE_SYSTEM_NOT_SUITABLE).context(text)
}

fn new_socket() -> std::result::Result<OwnedFd, Errno> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)
}

fn open_directory(directory: &Path) -> Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    fs::open(directory, flags, Mode::empty()).map_err(|errno| io_error(errno.into(), "opening", directory))
}

/// The socket's address: through the descriptor of its directory, or by its path where `/proc` is missing.
fn address(directory: &Path, opened: &OwnedFd) -> Result<SocketAddrUnix> {
    use std::os::fd::AsRawFd as _;
    let through = PathBuf::from(format!("/proc/self/fd/{}", opened.as_raw_fd()));
    let name = match fs::stat(&through) {
        Ok(_) => through.join(NAME),
        Err(_) => directory.join(NAME),
    };
    SocketAddrUnix::new(&name).map_err(|errno| io_error(errno.into(), "naming", &name))
}

/// Which file has the socket's name.
fn file_of(directory: &OwnedFd) -> std::result::Result<(u64, u64), Errno> {
    let stat = fs::statat(directory, OsStr::new(NAME), AtFlags::SYMLINK_NOFOLLOW)?;
    Ok((stat.st_dev, stat.st_ino))
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};

    use super::*;
    use crate::wire::{put, PROTOCOL};

    const PATIENCE: Duration = Duration::from_secs(10);
    const LIMITS: Limits = Limits {
        key_size: 10_000,
        value_size: 100_000,
        transaction_size: 10_000_000,
        window: 5_000_000,
        frame: 64 << 20,
        pid: 7,
    };

    /// The listener's next guest.
    fn guest(listener: &Listener) -> UnixStream {
        poll(&mut [PollFd::new(listener, PollFlags::IN)], None).unwrap();
        listener.accept().unwrap().unwrap().try_clone().unwrap()
    }

    fn welcome(limits: Limits) -> Vec<u8> {
        let mut bytes = hello::line().into_bytes();
        put(&mut bytes, 0, &Notice::Welcome(limits), 1 << 20).unwrap();
        bytes
    }

    fn directory_of(length: usize) -> (tempfile::TempDir, PathBuf) {
        let root = tempfile::tempdir().unwrap();
        let mut path = root.path().to_owned();
        while path.as_os_str().len() + 101 < length {
            path.push("d".repeat(100));
        }
        path.push("e".repeat(length.saturating_sub(path.as_os_str().len() + 1).max(1)));
        std::fs::create_dir_all(&path).unwrap();
        (root, path)
    }

    /// What a guest makes of a host that says just this, and then stays there, or goes.
    fn greeted(bytes: &[u8], stays: bool, patience: Duration) -> Result<Option<(Limits, Frames)>> {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        theirs.write_all(bytes).unwrap();
        let theirs = stays.then_some(theirs);
        let result = greet(&ours, patience);
        drop(theirs);
        result
    }

    fn code(result: Result<Option<(Limits, Frames)>>) -> i32 {
        result.err().map_or(0, |error| error.code().number())
    }

    #[test]
    fn guests_reach_whoever_listens_however_long_the_path_is() {
        for length in [60, 107, 108, 300] {
            let (_root, path) = directory_of(length);
            assert!(path.as_os_str().len() >= length);
            assert!(connect(&path).unwrap().is_none());
            let listener = Listener::bind(&path).unwrap();
            assert!(listener.accept().unwrap().is_none());
            let ours = connect(&path).unwrap().unwrap();
            let mut theirs = guest(&listener);
            assert_eq!(check_peer(&ours).unwrap(), std::process::id());
            assert_eq!(check_peer(&theirs).unwrap(), std::process::id());
            theirs.write_all(b"hello").unwrap();
            let mut heard = [0; 5];
            (&*ours).read_exact(&mut heard).unwrap();
            assert_eq!(&heard, b"hello");
            // It does not block.
            assert_eq!(theirs.read(&mut heard).unwrap_err().kind(), io::ErrorKind::WouldBlock);
        }
    }

    #[test]
    fn only_this_user_gets_in() {
        let (_root, path) = directory_of(60);
        let listener = Listener::bind(&path).unwrap();
        let found = std::fs::symlink_metadata(path.join(NAME)).unwrap();
        assert!(found.file_type().is_socket());
        assert_eq!(found.permissions().mode() & 0o7777, 0o600);
        assert_eq!((found.dev(), found.ino()), listener.file);
        assert!(check_user(5, 5).is_ok() && check_user(0, 5).is_ok());
        let error = check_user(5, 0).unwrap_err();
        assert_eq!(error.code(), Code::PEER_NOT_PERMITTED);
        assert!(error.story().contains("user 5") && error.story().contains("user 0"), "{}", error.story());
    }

    #[test]
    fn what_an_earlier_listener_left_is_replaced() {
        let (_root, path) = directory_of(60);
        std::mem::forget(Listener::bind(&path).unwrap());
        let listener = Listener::bind(&path).unwrap();
        assert!(connect(&path).unwrap().is_some());
        // The end of one that was replaced does not remove the new one's file.
        let mut other = Listener::bind(&path).unwrap();
        drop(listener);
        assert!(connect(&path).unwrap().is_some());
        other.file.1 += 1;
        drop(other);
        // Left behind, with nobody there.
        assert!(path.join(NAME).exists() && connect(&path).unwrap().is_none());
        drop(Listener::bind(&path).unwrap());
        assert!(!path.join(NAME).exists() && connect(&path).unwrap().is_none());
        std::fs::write(path.join(NAME), "no socket").unwrap();
        assert!(connect(&path).unwrap().is_none());
        assert!(Listener::bind(&path).is_ok());
        assert!(connect(&path.join("missing")).is_err());
    }

    #[test]
    fn a_listener_with_many_guests_waiting_is_busy() {
        let (_root, path) = directory_of(60);
        let listener = Listener::bind(&path).unwrap();
        let mut waiting = Vec::new();
        while let Some(stream) = connect(&path).unwrap() {
            waiting.push(stream);
            assert!(waiting.len() <= 2 * BACKLOG as usize);
        }
        assert!(waiting.len() >= BACKLOG as usize);
        assert!(listener.accept().unwrap().is_some());
        assert!(connect(&path).unwrap().is_some());
    }

    #[test]
    fn a_guest_hears_what_holds_here() {
        let (_root, path) = directory_of(60);
        let listener = Listener::bind(&path).unwrap();
        let ours = connect(&path).unwrap().unwrap();
        let host = std::thread::spawn(move || {
            let mut theirs = guest(&listener);
            theirs.set_nonblocking(false).unwrap();
            let mut line = vec![0; hello::line().len()];
            theirs.read_exact(&mut line).unwrap();
            hello::check(&line, Side::Guest).unwrap();
            let mut bytes = welcome(LIMITS);
            put(&mut bytes, 0, &Notice::Leaving, 1 << 20).unwrap();
            // In small pieces.
            bytes.chunks(3).for_each(|piece| theirs.write_all(piece).unwrap());
        });
        let (limits, mut frames) = greet(&ours, PATIENCE).unwrap().unwrap();
        assert_eq!(limits, LIMITS);
        host.join().unwrap();
        // The rest is there, here or in the socket.
        let read = |room: &mut [u8]| (&*ours).read(room);
        while frames.next(100).unwrap().is_none() {
            assert!(frames.fill(read).unwrap() > 0);
        }
        assert_eq!(frames.waiting(), 0);
        assert!(greeted(&welcome(LIMITS), false, PATIENCE).unwrap().is_some());
    }

    #[test]
    fn a_host_that_goes_is_gone() {
        assert!(greeted(b"", false, PATIENCE).unwrap().is_none());
        let welcome = welcome(LIMITS);
        for length in 0..welcome.len() {
            assert!(greeted(&welcome[..length], false, PATIENCE).unwrap().is_none());
        }
    }

    #[test]
    fn a_silent_host_is_not_waited_for_long() {
        let patience = Duration::from_millis(20);
        let welcome = welcome(LIMITS);
        for bytes in [&b""[..], b"plinth", hello::line().as_bytes(), &welcome[..welcome.len() - 1]] {
            let Err(error) = greeted(bytes, true, patience) else { panic!("it said nothing") };
            assert_eq!(error.code(), Code::HOST_UNAVAILABLE);
            assert!(error.story().contains(&std::process::id().to_string()), "{}", error.story());
        }
    }

    #[test]
    fn a_host_that_says_something_else_is_no_host() {
        let other = format!("plinth {} 9.9.9\n", PROTOCOL + 1);
        let Err(error) = greeted(other.as_bytes(), true, PATIENCE) else { panic!("another protocol") };
        assert_eq!(error.code(), Code::PROTOCOL_NOT_SUPPORTED);
        assert!(error.story().contains("9.9.9") && error.story().contains(env!("CARGO_PKG_VERSION")));
        for stays in [true, false] {
            assert_eq!(code(greeted(b"no 9019 it is not yours\n", stays, PATIENCE)), 9019);
        }
        let mut random = fastrand::Rng::new();
        eprintln!("seed {}", random.get_seed());
        for _ in 0..200 {
            let garbage: Vec<u8> = (0..2_000).map(|_| random.u8(..)).collect();
            assert_eq!(code(greeted(&garbage, true, PATIENCE)), 9018);
        }
        assert_eq!(code(greeted(&b"x".repeat(100_000), true, PATIENCE)), 9018);
        let first = |number, notice: &Notice<'_>| {
            let mut bytes = hello::line().into_bytes();
            put(&mut bytes, number, notice, 1 << 20).unwrap();
            code(greeted(&bytes, true, PATIENCE))
        };
        assert_eq!(first(0, &Notice::Welcome(LIMITS)), 0);
        assert_eq!(first(1, &Notice::Welcome(LIMITS)), 9018);
        assert_eq!(first(0, &Notice::Leaving), 9018);
        let long = [hello::line().as_bytes(), &u32::MAX.to_le_bytes(), &[0; 100]].concat();
        assert_eq!(code(greeted(&long, true, PATIENCE)), 9018);
        for wrong in [
            Limits { key_size: 0, ..LIMITS },
            Limits { value_size: u64::MAX, ..LIMITS },
            Limits { transaction_size: 0, ..LIMITS },
            Limits { window: 0, ..LIMITS },
            Limits { frame: 100, ..LIMITS },
            Limits { frame: 1 << 32, ..LIMITS },
            Limits { pid: 0, ..LIMITS },
        ] {
            assert_eq!(first(0, &Notice::Welcome(wrong)), 9018, "{wrong:?}");
        }
    }

    #[test]
    fn file_systems_of_networks_are_told_from_others() {
        let root = tempfile::tempdir().unwrap();
        assert!(check_file_system(root.path()).is_ok());
        assert!(check_file_system(&root.path().join("missing")).is_err());
        assert_eq!(network(0x6969), Some("NFS"));
        // ext4, tmpfs, overlayfs, btrfs, xfs
        assert!([0xef53, 0x0102_1994, 0x794c_7630, 0x9123_683e, 0x5846_5342]
            .iter()
            .all(|magic| network(*magic).is_none()));
        let code = |errno: Errno| failure(errno.into(), "locking", root.path()).code();
        assert_eq!(code(Errno::NOLCK), Code::FILE_SYSTEM_NOT_SUITABLE);
        assert_eq!(code(Errno::OPNOTSUPP), Code::FILE_SYSTEM_NOT_SUITABLE);
        assert_eq!(code(Errno::IO), Code::IO_ERROR);
        assert_eq!(code(Errno::ACCESS), Code::FILE_NOT_WRITABLE);
    }
}
