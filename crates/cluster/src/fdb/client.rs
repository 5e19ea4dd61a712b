//! The client library of this process: found, loaded, asked for an API version, and its network run.
//!
//! FoundationDB's network can be started once in the life of a process, so there is one client, which stays
//! until the process ends: its network thread starts with the first cluster that is opened and is ended by an
//! exit handler. The handler is registered after the library was loaded, so it runs before the library's own
//! destructors. A child of fork() has no network thread and never gets one.
//!
//! The library is loaded with its names private to its handle. It would still prefer `fdb_*` functions that the
//! program itself has in its global scope, such as those of Plinth's own `libfdb_c.so`, to its own; so, where
//! there are any, it is loaded with its own names first (`RTLD_DEEPBIND`). Otherwise not: an allocator that a
//! program puts before the C library's should serve the client too.

use std::ffi::{c_char, c_int, c_void, CStr, CString, OsString};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{sync_channel, Receiver};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use libloading::os::unix::Library;
use plinth_api::{Code, Error, Result};

use super::signals;
use super::symbols::{Functions, NEWEST, OLDEST};

/// The environment variable that names the library.
const VARIABLE: &str = "PLINTH_FDB_CLIENT";
/// What the loader is asked for without it.
const DEFAULT_NAME: &str = "libfdb_c.so";
/// How long the end of the process waits for the network thread.
const PATIENCE: Duration = Duration::from_secs(10);
/// The program has chosen an API version, or set the network up, in the same library by itself.
const VERSION_ALREADY_SET: c_int = 2201;
const NETWORK_ALREADY_SET_UP: c_int = 2009;

/// The library, in use.
pub struct Client {
    /// Its functions.
    pub(super) functions: Functions,
    /// The API version that it follows.
    version: c_int,
    /// Where it is.
    name: PathBuf,
    /// The process that loaded it.
    process: u32,
}

/// The one client, and how its network thread tells its end.
struct Slot {
    client: Option<&'static Client>,
    ended: Option<Receiver<()>>,
}

static SLOT: Mutex<Slot> = Mutex::new(Slot { client: None, ended: None });

/// A lock that a thread of the parent may have held when this process was forked off is not waited for.
fn lock() -> Result<MutexGuard<'static, Slot>> {
    Ok(SLOT.lock().unwrap_or_else(PoisonError::into_inner))
}

impl Client {
    /// The client of this process, which is loaded now if there is none. `wanted` names a library; the same one
    /// must be wanted each time.
    pub fn get(wanted: Option<&Path>) -> Result<&'static Self> {
        let (name, chosen) = place(wanted);
        let mut slot = lock()?;
        if let Some(client) = slot.client {
            return client.check(&name, chosen).map(|()| client);
        }
        let client = signals::without(|| Self::load(&name, chosen))
            .map_err(|error| error.context(format!("client library {}", name.display())))?;
        let client: &'static Self = Box::leak(Box::new(client));
        slot.ended = client.run_network()?;
        slot.client = Some(client);
        Ok(client)
    }

    /// Whether the client that there is will do.
    fn check(&self, name: &Path, chosen: bool) -> Result<()> {
        if self.process != std::process::id() {
            let text = "a child of fork() can't use a cluster that its parent has used; exec lifts this";
            return Err(Error::new(Code::FORKED).context(text));
        }
        if !chosen || same_file(&self.name, name) {
            return Ok(());
        }
        let text = format!("{} is in use; a process can use one client library", self.name.display());
        Err(Error::new(Code::CLUSTER_CLIENT_UNSUITABLE).context(text))
    }

    fn load(name: &Path, chosen: bool) -> Result<Self> {
        let library = open(name)?;
        if !chosen && is_plinth(&library) {
            let text = "it is Plinth's own, which keeps data in directories: open the directory, or name \
                        FoundationDB's library by PLINTH_FDB_CLIENT or the option fdb_client";
            return Err(Error::new(Code::CLUSTER_CLIENT_UNSUITABLE).context(text));
        }
        let version = choose_version(&library)?;
        let functions = Functions::find(&library, version)?;
        // It stays for ever: threads of its own run in it.
        std::mem::forget(library);
        Ok(Self { functions, version, name: name.to_owned(), process: std::process::id() })
    }

    /// Starts the network, unless the program has done so in the same library.
    fn run_network(&'static self) -> Result<Option<Receiver<()>>> {
        // SAFETY: the library is loaded and its version chosen.
        match unsafe { (self.functions.setup_network)() } {
            0 => {}
            NETWORK_ALREADY_SET_UP => return Ok(None),
            number => return Err(self.error(number).context("its network can't be set up")),
        }
        let (tell, ended) = sync_channel(1);
        let run = move || {
            // SAFETY: the network is set up, and no other thread runs it.
            unsafe { (self.functions.run_network)() };
            let _ = tell.send(());
        };
        let thread = std::thread::Builder::new().name("plinth-fdb".to_owned());
        signals::without(|| thread.spawn(run)).map_err(|error| {
            Error::new(Code::CLUSTER_CLIENT_UNSUITABLE).context("no thread for its network").caused_by(error)
        })?;
        // SAFETY: the function lives as long as the process: this library is never unloaded.
        unsafe { libc::atexit(at_exit) };
        Ok(Some(ended))
    }

    /// Whether functions and behaviour of this API version are there.
    pub fn has(&self, version: c_int) -> bool {
        self.version >= version
    }

    /// An error that the library told.
    pub fn error(&self, number: c_int) -> Error {
        let code = Code::from_number(number);
        if code.is_known() {
            return Error::new(code);
        }
        // SAFETY: it returns a static text for any number.
        let text = unsafe { (self.functions.get_error)(number) };
        if text.is_null() {
            return Error::new(code);
        }
        // SAFETY: not null, and NUL-terminated by its contract.
        let text = unsafe { CStr::from_ptr(text) };
        Error::new(code).context(format!("FoundationDB says: {}", text.to_string_lossy()))
    }

    /// The same as a result.
    pub(super) fn check_code(&self, number: c_int) -> Result<()> {
        match number {
            0 => Ok(()),
            _ => Err(self.error(number)),
        }
    }
}

/// Which library, and whether somebody chose it.
fn place(wanted: Option<&Path>) -> (PathBuf, bool) {
    let named = || std::env::var_os(VARIABLE).filter(|name: &OsString| !name.is_empty()).map(PathBuf::from);
    match wanted.map(Path::to_owned).or_else(named) {
        Some(name) => (name, true),
        None => (PathBuf::from(DEFAULT_NAME), false),
    }
}

fn same_file(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    one == other || real(one) == real(other)
}

fn open(name: &Path) -> Result<Library> {
    let own_first = if has_global(c"fdb_select_api_version_impl") && !is_sanitized() { libc::RTLD_DEEPBIND } else { 0 };
    // SAFETY: what the program's user named is run, as with any library; its initialisers are C++'s.
    let opened = unsafe { Library::open(Some(name), libc::RTLD_NOW | libc::RTLD_LOCAL | own_first) };
    opened.map_err(|error| {
        let text =
            "install FoundationDB's client package, or name the library by PLINTH_FDB_CLIENT or the option fdb_client";
        Error::new(Code::CLUSTER_CLIENT_MISSING).context(text).caused_by(error)
    })
}

/// Whether the program has a function of this name that every library can see.
fn has_global(name: &CStr) -> bool {
    // SAFETY: a look-up by name.
    !unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) }.is_null()
}

/// A sanitizer replaces functions for all libraries, and refuses those that look for their own first.
fn is_sanitized() -> bool {
    has_global(c"__asan_init") || has_global(c"__tsan_init")
}

/// Whether it is the library of that name that comes with Plinth.
fn is_plinth(library: &Library) -> bool {
    // SAFETY: FoundationDB's header declares it so; the text is static.
    unsafe {
        let Ok(version) = library.get::<unsafe extern "C" fn() -> *const c_char>(b"fdb_get_client_version\0") else {
            return false;
        };
        let text = version();
        !text.is_null() && CStr::from_ptr(text).to_string_lossy().contains(",plinth,")
    }
}

/// Chooses the newest API version that both sides know.
fn choose_version(library: &Library) -> Result<c_int> {
    let unsuitable = |text: String| Error::new(Code::CLUSTER_CLIENT_UNSUITABLE).context(text);
    // SAFETY: FoundationDB's header declares them so.
    unsafe {
        let newest = library.get::<unsafe extern "C" fn() -> c_int>(b"fdb_get_max_api_version\0");
        let select = library.get::<unsafe extern "C" fn(c_int, c_int) -> c_int>(b"fdb_select_api_version_impl\0");
        let (Ok(newest), Ok(select)) = (newest, select) else {
            return Err(unsuitable("it is not FoundationDB's client library".to_owned()));
        };
        let version = newest().min(NEWEST);
        if version < OLDEST {
            return Err(unsuitable(format!("it knows API version {version} at most, needed is {OLDEST}")));
        }
        match select(version, version) {
            0 | VERSION_ALREADY_SET => Ok(version),
            number => Err(unsuitable(format!("it refuses API version {version} with error {number}"))),
        }
    }
}

/// A path as the library takes it.
pub fn c_path(path: &Path) -> Result<CString> {
    use std::os::unix::ffi::OsStrExt as _;
    CString::new(path.as_os_str().as_bytes())
        .map_err(|error| Error::new(Code::INVALID_ARGUMENT).context("the path").caused_by(error))
}

/// Ends the network, so that its thread does not run while the library's destructors do.
extern "C" fn at_exit() {
    let Ok(mut slot) = SLOT.try_lock() else {
        return;
    };
    let (Some(client), Some(ended)) = (slot.client, slot.ended.take()) else {
        return;
    };
    if client.process != std::process::id() {
        return;
    }
    // SAFETY: the network is set up.
    unsafe { (client.functions.stop_network)() };
    let _ = ended.recv_timeout(PATIENCE);
}

/// What a callback is given back.
pub(super) type Context = *mut c_void;
