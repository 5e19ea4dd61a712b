//! The log of the library, for C.
//!
//! The engine calls on a thread of its own with nothing held; here its texts become C strings.

use std::ffi::{c_char, c_void, CString};

use plinth_api::{Code, Error};
use plinth_boundary::entry;

use crate::backend::log::{self, Level, Record, Sink};
use crate::plinth_error;

/// How much something matters, and how much a listener wants to hear: a level and all above it.
#[repr(C)]
#[derive(Clone, Copy)]
pub enum plinth_log_level {
    /// Something failed, and somebody has to do something: a failed write, an open that failed.
    PLINTH_LOG_ERROR = 1,
    /// It goes on, but not as it should: commits are held back, a transaction was slow.
    PLINTH_LOG_WARNING = 2,
    /// Seldom, and of use in a journal: opened, closed, a directory was taken over.
    PLINTH_LOG_INFO = 3,
    /// Everything else: guests, conflicts, what RocksDB says of flushes and compactions.
    PLINTH_LOG_DEBUG = 4,
    /// Added to a level: keys are told too, escaped and cut to 64 bytes. Values never are.
    PLINTH_LOG_WITH_KEYS = 256,
}

/// A name and a value of a plinth_log_record.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct plinth_log_field {
    /// The name, in ASCII.
    pub name: *const c_char,
    /// The value, in UTF-8 and without control characters.
    pub value: *const c_char,
}

/// Something that happened. All of it is valid until the callback returns, and no text in it has control
/// characters.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct plinth_log_record {
    /// sizeof(plinth_log_record) as the library knows it: later ones are longer.
    pub struct_size: u32,
    /// A plinth_log_level.
    pub level: i32,
    /// When, in microseconds of Unix time.
    pub time_us: i64,
    /// The part of the library that says it, such as "open", "commit", "host" or "rocksdb".
    pub module: *const c_char,
    /// What happened, as a sentence for people, of at most a KiB. Programs go by module and fields.
    pub message: *const c_char,
    /// What is known of it. Most records name the database in a field "database".
    pub fields: *const plinth_log_field,
    /// How many fields there are.
    pub field_count: usize,
}

/// Receives what happens; see plinth_set_log_callback().
pub type plinth_log_callback = Option<unsafe extern "C" fn(context: *mut c_void, record: *const plinth_log_record)>;

/// What C passed as the context.
struct Context(*mut c_void);

// SAFETY: the header says that the callback runs on a thread of the library, so the context may go there.
unsafe impl Send for Context {}

/// Has a function of the program hear what happens in the library: openings and recoveries, failed writes,
/// commits that are held back, changes of host, repairs, and RocksDB's own words. There is one
/// for the whole process, for all databases; another one takes its place.
///
/// The callback runs on a thread of the library's own, one call at a time, with no lock held. It may call
/// anything, this function too, and may take its time: nothing else waits for it. At most 1,024
/// records wait for it, and each module may tell 200 at once and 20 more each second; how many were left
/// out is told in a record with a field "left_out".
///
/// When this function returns, the callback before has heard what was said until then, its last call has returned,
/// and no other will come. Called from within the callback it returns at once, and that call is the last.
/// So do not hold a lock here that the callback takes, and do not set another one for a callback that
/// never returns. A child of fork() begins without a callback. At the end of the process the callback
/// has a second for what waits.
///
/// Values are never told, and keys only with PLINTH_LOG_WITH_KEYS.
///
/// @param level     a plinth_log_level, perhaps with PLINTH_LOG_WITH_KEYS added; not looked at if callback is NULL
/// @param callback  receives each record; NULL: nobody. It must return normally: an exception or longjmp out
///                  of it is undefined behaviour.
/// @param context   passed to the callback as it is
///
/// Threads: any. Errors: 2006 no such level; 1510 no thread could be started; 2108 the program is
/// written in Rust and has a global subscriber of `tracing`, which then hears all this; 4100 internal error.
///
/// # Safety
/// `callback` is null or a function of that signature, which may be called with `context` on any thread until
/// another one is set.
#[no_mangle]
pub unsafe extern "C" fn plinth_set_log_callback(
    level: i32,
    callback: plinth_log_callback,
    context: *mut c_void,
) -> plinth_error {
    entry::call("plinth_set_log_callback", || {
        let Some(callback) = callback else {
            return log::set(Level::Error, false, None);
        };
        crate::database::prepare();
        let (level, keys) = level_of(level)?;
        let context = Context(context);
        let sink: Sink = Box::new(move |record| {
            // The whole of it, or only the pointer in it would be captured.
            let context = &context;
            // SAFETY: this function's contract.
            with_record(record, |record| unsafe { callback(context.0, record) });
        });
        log::set(level, keys, Some(sink))
    })
}

/// A level of C, and whether keys are asked for.
fn level_of(number: i32) -> Result<(Level, bool), Error> {
    let keys = plinth_log_level::PLINTH_LOG_WITH_KEYS as i32;
    let level = match number & !keys {
        1 => Level::Error,
        2 => Level::Warning,
        3 => Level::Info,
        4 => Level::Debug,
        _ => {
            let text = format!("{number} is not a plinth_log_level");
            return Err(Error::new(Code::INVALID_OPTION_VALUE).context(text));
        }
    };
    Ok((level, number & keys != 0))
}

/// Calls with the C form of a record.
fn with_record(record: &Record, call: impl FnOnce(&plinth_log_record)) {
    let text = |text: &str| CString::new(text).unwrap_or_default();
    let (module, message) = (text(record.module), text(&record.message));
    let texts: Vec<_> = record.fields.iter().map(|(name, value)| (text(name), text(value))).collect();
    let field = |(name, value): &(CString, CString)| plinth_log_field { name: name.as_ptr(), value: value.as_ptr() };
    let fields: Vec<_> = texts.iter().map(field).collect();
    call(&plinth_log_record {
        struct_size: size_of::<plinth_log_record>() as u32,
        level: record.level as i32,
        time_us: record.time_us,
        module: module.as_ptr(),
        message: message.as_ptr(),
        fields: fields.as_ptr(),
        field_count: fields.len(),
    });
}
