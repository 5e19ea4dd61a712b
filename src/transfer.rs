//! Dumps and loads.

use std::ffi::{c_char, c_void};
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::Duration;

use plinth_api::{Code, Error};
use plinth_boundary::{entry, fork, slice};
use plinth_transfer::{DumpOptions, Dumped, LoadOptions, Loaded};

use crate::constants::CBool;
use crate::handles::database;
use crate::progress::{plinth_progress_callback, Listener};
use crate::{plinth_database, plinth_error};

/// What a dump holds.
#[derive(Clone, Copy, Default)]
#[repr(C)]
pub struct plinth_dumped {
    /// The version it is of.
    pub version: i64,
    /// 1: it is the state at that version. 0: it was read in transactions, one after the other, because the
    /// backend can't hold a state; what was committed meanwhile may be in it in part.
    pub exact: u64,
    /// Keyspaces, the default one among them.
    pub keyspaces: u64,
    /// Pairs.
    pub pairs: u64,
    /// Bytes of their keys and values.
    pub bytes: u64,
    /// A checksum of the content: of the names of the keyspaces and of all pairs. Databases of equal content have
    /// the same, whatever their versions.
    pub checksum: u64,
    /// Bytes of the dump itself.
    pub stream_bytes: u64,
    /// After a load: pairs that were there, from an earlier load that was cut short or was not told that it was
    /// done. Otherwise 0.
    pub found: u64,
}

/// How a dump is loaded. Set struct_size to sizeof(plinth_load_options) and the rest to zero for the
/// defaults.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct plinth_load_options {
    /// sizeof(plinth_load_options).
    pub struct_size: u32,
    /// Clear what is in the keyspaces that the dump has. Default: fail with 9034 if there is something else than
    /// what the dump has.
    pub overwrite: CBool,
    /// Load also where the versions of the database are below the dump's and can't be raised: versionstamps that
    /// are made later may be below those that are in the dump. Default: fail with 9036. A
    /// directory's versions can always be raised.
    pub any_versions: CBool,
    /// Seconds for which a database that is locked is waited for, before the load fails with 1038. 0: ten.
    pub lock_wait_s: u16,
}

/// Takes the next bytes of a dump. Returns false if it can't: the dump then fails with 1510.
///
/// It runs on the thread that made the call, inside it; no lock of the library is held. It may use the database,
/// but not close it, and must return: an exception or longjmp out of it is undefined behaviour.
pub type plinth_write_callback =
    Option<unsafe extern "C" fn(context: *mut c_void, bytes: *const u8, size: usize) -> CBool>;

/// Gives the next bytes of a dump: puts up to `size` of them into `buffer`, and returns how many; 0 at the end, a
/// negative number if it can't: the load then fails with 1510.
///
/// It runs as plinth_write_callback() does.
pub type plinth_read_callback = Option<unsafe extern "C" fn(context: *mut c_void, buffer: *mut u8, size: usize) -> i64>;

impl From<Dumped> for plinth_dumped {
    fn from(dumped: Dumped) -> Self {
        Self {
            version: dumped.version,
            exact: dumped.exact.into(),
            keyspaces: dumped.keyspaces,
            pairs: dumped.pairs,
            bytes: dumped.bytes,
            checksum: dumped.checksum,
            stream_bytes: dumped.stream_bytes,
            found: 0,
        }
    }
}

impl From<Loaded> for plinth_dumped {
    fn from(loaded: Loaded) -> Self {
        Self { found: loaded.found, ..loaded.dumped.into() }
    }
}

/// Dumps a database into a file.
///
/// @param db        the database
/// @param path      the file; it appears when it is whole and on disk. An older dump of that name is
///                  replaced then, anything else fails with 9034.
/// @param progress  is told how far it is, in bytes of keys and values, and may cancel; NULL is none
/// @param context   passed to `progress` as it is
/// @param out       receives what the dump holds; `out_size` bytes are written, zeros on error
/// @param out_size  sizeof(plinth_dumped)
///
/// It holds the state of the whole database at one version, which every commit is in that was acknowledged before
/// the call: its keyspaces and all their pairs, but not keys that begin with 0xff. Writers go on meanwhile.
/// Memory is constant, and the block cache stays as it is. While it runs, what is overwritten or cleared takes room
/// on the disk still; there are 16 such states of a database at most, in all processes.
///
/// Until it is whole it is written to the same name with `.partial` behind it, which another dump to that path
/// overwrites. A dump that fails is begun anew, of a later version. The format is the library's own, with checksums
/// in every part of it; every later version of the library loads it. It is not compressed: what compresses
/// streams can do that, see plinth_database_dump_to().
///
/// Threads: any.
/// Errors: 9000 bad handle; 9001 bad argument; 9003 closed; 1101 `progress` cancelled it; 1038 the database is
/// locked, which is not waited for; 9030 too many states are held; 9031 the database went over to another host, begin
/// again; 9034 as said above; 9035 a load into the database is not finished; 1529 another dump is being written to
/// that path; 1510, 1511, 1514 the file system failed; 1522 damaged files; 4100 internal error.
///
/// # Safety
/// `path` is a NUL-terminated string; `progress` may be called with `context`; `out` points to `out_size`
/// writable bytes; `db` may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_database_dump(
    db: *mut plinth_database,
    path: *const c_char,
    progress: plinth_progress_callback,
    context: *mut c_void,
    out: *mut plinth_dumped,
    out_size: usize,
) -> plinth_error {
    entry::call("plinth_database_dump", || {
        // SAFETY: this function's contract.
        unsafe {
            answer(out, out_size, || {
                // No guard stays while the callback runs: it may do what it likes.
                let database = database(db)?.clone();
                let path = path_of(path)?;
                let listener = Listener::new(progress, context);
                Ok(plinth_transfer::dump_to_file(&*database, path, DumpOptions::default(), &listener)?.into())
            })
        }
    })
}

/// Dumps a database into a callback, such as one that writes to a pipe.
///
/// @param db        the database
/// @param write     takes the bytes of the dump, one piece after the other
/// @param to        passed to `write` as it is
/// @param progress  as for plinth_database_dump()
/// @param context   passed to `progress` as it is
/// @param out       receives what the dump holds; `out_size` bytes are written, zeros on error
/// @param out_size  sizeof(plinth_dumped)
///
/// What it is for plinth_database_dump(). The dump is whole when the call has returned 0; whoever reads one that is
/// not will find that out.
///
/// Threads: any.
/// Errors: 9000 bad handle; 9001 bad argument; 9003 closed; 1101 `progress` cancelled it; 1038 the database is
/// locked; 1510 `write` refused, or the disk failed; 9030 too many states are held; 9031 the database went over to
/// another host, begin again; 9035 a load into the database is not finished; 1522 damaged files; 4100 internal error.
///
/// # Safety
/// `write` may be called with `to` and `progress` with `context`; `out` points to `out_size` writable bytes;
/// `db` may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_database_dump_to(
    db: *mut plinth_database,
    write: plinth_write_callback,
    to: *mut c_void,
    progress: plinth_progress_callback,
    context: *mut c_void,
    out: *mut plinth_dumped,
    out_size: usize,
) -> plinth_error {
    entry::call("plinth_database_dump_to", || {
        // SAFETY: this function's contract.
        unsafe {
            answer(out, out_size, || {
                let database = database(db)?.clone();
                let write = write.ok_or_else(|| Error::new(Code::INVALID_ARGUMENT).context("write is NULL"))?;
                let listener = Listener::new(progress, context);
                let mut sink = io::BufWriter::with_capacity(ROOM, Sink { write, to });
                Ok(plinth_transfer::dump(&*database, &mut sink, DumpOptions::default(), &listener)?.into())
            })
        }
    })
}

/// Loads a file that plinth_database_dump() made into a database.
///
/// @param db        the database
/// @param path      the file
/// @param options   NULL for the defaults
/// @param progress  is told how far it is, in bytes of the file, and may cancel; NULL is none
/// @param context   passed to `progress` as it is
/// @param out       receives what the dump held, all of which is in the database now; `out_size` bytes are
///                  written, zeros on error
/// @param out_size  sizeof(plinth_dumped)
///
/// The keyspaces that the dump has are made where they are missing, and must be empty; others stay as they are.
/// Every checksum is looked at before anything is used. Afterwards everything is on disk, and all versions of the
/// database are above those of the dump, so that versionstamps go on growing.
///
/// It takes many transactions. Until it is finished the database has a keyspace `plinth-load-unfinished`, and
/// readers may see what is there of it. When it fails, is cancelled, or the process is killed at any moment, the
/// same call goes on where it was, also with `overwrite`: what is there of the dump is passed over. Keyspaces that are
/// not empty and hold exactly what the dump has are taken for loaded, and stay as they are: so the call can be
/// repeated too if the process ended after all was done and before the call returned. `found` is all of it then.
///
/// Threads: any; not two loads into one database at a time, of which one fails.
/// Errors: 9000 bad handle; 9001 bad argument; 9003 closed; 1101 `progress` cancelled it; 9032 it is no dump; 9008 a
/// newer version of the library wrote it; 9033 it is damaged or cut short, plinth_last_error() says at which byte;
/// 9034 a keyspace is not empty, and not what the dump has; 9030 one is not empty, and too many states are held to
/// compare it; 1038 the database is locked, longer than is waited for; 9035 a load of another dump was begun and is
/// not finished, or goes on at the same time; 9036 versions as said above; 2102, 2103, 2101 a key, a value or every
/// transaction is longer than the database allows; 9015 too many keyspaces; 9022 the database is read-only; 9004 an
/// earlier write failed; 1510, 1511, 1514 the file system failed; 4100 internal error.
/// Rule VST-1.
///
/// # Safety
/// `path` is a NUL-terminated string; `options` is null or a struct of the size it names; `progress` may be called
/// with `context`; `out` points to `out_size` writable bytes; `db` may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_database_load(
    db: *mut plinth_database,
    path: *const c_char,
    options: *const plinth_load_options,
    progress: plinth_progress_callback,
    context: *mut c_void,
    out: *mut plinth_dumped,
    out_size: usize,
) -> plinth_error {
    entry::call("plinth_database_load", || {
        // SAFETY: this function's contract.
        unsafe {
            answer(out, out_size, || {
                let database = database(db)?.clone();
                let (path, options) = (path_of(path)?, load_options(options)?);
                let listener = Listener::new(progress, context);
                Ok(plinth_transfer::load_from_file(&*database, path, options, &listener)?.into())
            })
        }
    })
}

/// Loads a dump from a callback, such as one that reads from a pipe.
///
/// @param db        the database
/// @param read      gives the bytes of the dump
/// @param from      passed to `read` as it is
/// @param options   NULL for the defaults
/// @param progress  as for plinth_database_load(), with a total of 0
/// @param context   passed to `progress` as it is
/// @param out       receives what the dump held, all of which is in the database now; `out_size` bytes are
///                  written, zeros on error
/// @param out_size  sizeof(plinth_dumped)
///
/// What it is for plinth_database_load(). To go on after a failure, give the same dump from its beginning.
///
/// Threads: any; not two loads into one database at a time, of which one fails.
/// Errors: those of plinth_database_load(); 1510 also when `read` could not. Rule VST-1.
///
/// # Safety
/// `read` may be called with `from` and `progress` with `context`; `options` is null or a struct of the size it
/// names; `out` points to `out_size` writable bytes; `db` may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_database_load_from(
    db: *mut plinth_database,
    read: plinth_read_callback,
    from: *mut c_void,
    options: *const plinth_load_options,
    progress: plinth_progress_callback,
    context: *mut c_void,
    out: *mut plinth_dumped,
    out_size: usize,
) -> plinth_error {
    entry::call("plinth_database_load_from", || {
        // SAFETY: this function's contract.
        unsafe {
            answer(out, out_size, || {
                let database = database(db)?.clone();
                let read = read.ok_or_else(|| Error::new(Code::INVALID_ARGUMENT).context("read is NULL"))?;
                let options = load_options(options)?;
                let listener = Listener::new(progress, context);
                let mut source = io::BufReader::with_capacity(ROOM, Source { read, from });
                Ok(plinth_transfer::load(&*database, &mut source, 0, options, &listener)?.into())
            })
        }
    })
}

/// Reads a dump to its end and checks all of it, without a database.
///
/// @param path      the file
/// @param progress  is told how far it is, in bytes of the file, and may cancel; NULL is none
/// @param context   passed to `progress` as it is
/// @param out       receives what the dump holds; `out_size` bytes are written, zeros on error
/// @param out_size  sizeof(plinth_dumped)
///
/// Threads: any.
/// Errors: 9001 bad argument; 1101 `progress` cancelled it; 9032 it is no dump; 9008 a newer version of the
/// library wrote it; 9033 it is damaged or cut short; 1510, 1511, 1514 the file system failed; 4100 internal error.
///
/// # Safety
/// `path` is a NUL-terminated string; `progress` may be called with `context`; `out` points to `out_size`
/// writable bytes.
#[no_mangle]
pub unsafe extern "C" fn plinth_dump_check(
    path: *const c_char,
    progress: plinth_progress_callback,
    context: *mut c_void,
    out: *mut plinth_dumped,
    out_size: usize,
) -> plinth_error {
    entry::call("plinth_dump_check", || {
        // SAFETY: this function's contract.
        unsafe {
            answer(out, out_size, || {
                let path = path_of(path)?;
                let listener = Listener::new(progress, context);
                Ok(plinth_transfer::check_file(path, &listener)?.into())
            })
        }
    })
}

/// Bytes of a piece that goes through a callback, about.
const ROOM: usize = 256 << 10;

/// Writes the answer.
///
/// # Safety
/// `out` points to `out_size` writable bytes.
unsafe fn answer(
    out: *mut plinth_dumped,
    out_size: usize,
    work: impl FnOnce() -> Result<plinth_dumped, Error>,
) -> Result<(), Error> {
    // SAFETY: the first number is writable by this function's contract.
    unsafe { slice::out(out.cast::<u64>(), "out") }?;
    // SAFETY: `out_size` bytes are writable by this function's contract.
    unsafe { slice::fill_sized(out, out_size, "out", work) }
}

/// The path of a dump.
///
/// # Safety
/// `path` is null or a NUL-terminated string.
unsafe fn path_of<'a>(path: *const c_char) -> Result<&'a Path, Error> {
    // SAFETY: this function's contract.
    match unsafe { entry::text(path, "path") }? {
        "" => Err(Error::new(Code::INVALID_ARGUMENT).context("the path is empty")),
        // Else it would be a file of that name.
        ":memory:" => Err(Error::new(Code::INVALID_ARGUMENT).context("a dump can't be in memory")),
        path => Ok(Path::new(path)),
    }
}

/// # Safety
/// `options` is null or a struct of the size it names.
unsafe fn load_options(options: *const plinth_load_options) -> Result<LoadOptions, Error> {
    // SAFETY: this function's contract; zero is valid for every field.
    let options = unsafe { slice::sized(options, "options") }?;
    let mut chosen = LoadOptions::default();
    if let Some(options) = options {
        (chosen.overwrite, chosen.any_versions) = (options.overwrite.get(), options.any_versions.get());
        if options.lock_wait_s != 0 {
            chosen.lock_wait = Duration::from_secs(options.lock_wait_s.into());
        }
    }
    Ok(chosen)
}

/// Bytes that go to C.
struct Sink {
    write: unsafe extern "C" fn(*mut c_void, *const u8, usize) -> CBool,
    to: *mut c_void,
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let era = fork::era();
        // SAFETY: the contract of the function that was given the callback.
        let taken = entry::outside(|| unsafe { (self.write)(self.to, bytes.as_ptr(), bytes.len()) });
        fork::end_if_forked_since(era);
        match taken.get() {
            true => Ok(bytes.len()),
            false => Err(io::Error::other("the write callback refused")),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Bytes that come from C.
struct Source {
    read: unsafe extern "C" fn(*mut c_void, *mut u8, usize) -> i64,
    from: *mut c_void,
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let era = fork::era();
        // SAFETY: the contract of the function that was given the callback; the buffer is as long as is said.
        let read = entry::outside(|| unsafe { (self.read)(self.from, buffer.as_mut_ptr(), buffer.len()) });
        fork::end_if_forked_since(era);
        match usize::try_from(read) {
            Ok(read) if read <= buffer.len() => Ok(read),
            Ok(read) => Err(io::Error::other(format!("the read callback says {read} of {} bytes", buffer.len()))),
            Err(_) => Err(io::Error::other("the read callback failed")),
        }
    }
}
