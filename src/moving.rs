//! Moving a database into another one while it is used.

use std::ffi::c_void;
use std::time::Duration;

use plinth_api::{Code, Error};
use plinth_boundary::{entry, slice};
use plinth_transfer::{MoveOptions, MoveProgress, Moved, Phase, Verify};

use crate::constants::CBool;
use crate::handles::database;
use crate::progress::{plinth_progress_callback, Listener};
use crate::{plinth_database, plinth_error};

/// What plinth_move() compares once more after it was copied, by checksums of ranges.
///
/// The type in structs is `int32_t`, so that a wrong number is an error and not undefined behaviour.
#[repr(C)]
#[derive(Clone, Copy)]
pub enum plinth_move_verify {
    /// Everything before the source is locked, and what changed last under the lock.
    PLINTH_MOVE_VERIFY_ALL = 0,
    /// What changed last, under the lock.
    PLINTH_MOVE_VERIFY_CHANGED = 1,
    /// Nothing.
    PLINTH_MOVE_VERIFY_NONE = 2,
}

/// What plinth_move() does.
#[repr(C)]
#[derive(Clone, Copy)]
pub enum plinth_move_phase {
    /// It looks at both sides.
    PLINTH_MOVE_PHASE_BEGIN = 0,
    /// It copies a state of the source, while writers go on.
    PLINTH_MOVE_PHASE_COPY = 1,
    /// It follows what changed since, while writers go on.
    PLINTH_MOVE_PHASE_FOLLOW = 2,
    /// It compares everything, while writers go on.
    PLINTH_MOVE_PHASE_VERIFY = 3,
    /// The source is locked; it makes the last changes equal.
    PLINTH_MOVE_PHASE_LOCKED = 4,
    /// Everything is equal; the last notes are made.
    PLINTH_MOVE_PHASE_FINISH = 5,
    /// The target is the database now.
    PLINTH_MOVE_PHASE_DONE = 6,
}

/// How a database is moved. Set struct_size to sizeof(plinth_move_options) and the rest to zero for the
/// defaults.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct plinth_move_options {
    /// sizeof(plinth_move_options).
    pub struct_size: u32,
    /// A plinth_move_verify.
    pub verify: i32,
    /// So many bytes of the source are read in a second at most, while writers go on; 0 for no limit.
    pub bytes_per_second: u64,
    /// The longest that writers may have to pause, in milliseconds, before the move gives up with 9052; 0 for no limit.
    pub max_pause_ms: u64,
    /// Move also where the versions of the target are below the source's and can't be raised: versionstamps that are
    /// made later may be below those that were moved. Default: fail with 9036. A directory's versions can
    /// always be raised, a cluster's with the right to write its system keys.
    pub any_versions: CBool,
    /// Zero.
    pub reserved: [u8; 7],
}

/// How far a move is, and what it came to.
#[derive(Clone, Copy, Default)]
#[repr(C)]
pub struct plinth_move_report {
    /// A plinth_move_phase.
    pub phase: u64,
    /// The version of the source that the target was made equal to last.
    pub version: i64,
    /// At the end: a version of the target, which is above all that the source had.
    pub target_version: i64,
    /// Keyspaces of that state, the default one among them.
    pub keyspaces: u64,
    /// Pairs that the copy went through.
    pub pairs: u64,
    /// Bytes of their keys and values.
    pub bytes: u64,
    /// Bytes that were read of the source, in all.
    pub read_bytes: u64,
    /// Bytes that were written into the target, in all.
    pub written_bytes: u64,
    /// The checksum of the content, as plinth_dumped has it, at the moment when everything was compared once more; 0
    /// where that was not done.
    pub checksum: u64,
    /// How often changes were followed.
    pub rounds: u64,
    /// 1: an earlier move was cut short, and this one goes on.
    pub resumed: u64,
    /// 1: an earlier move was finished already; everything is equal and nothing was done.
    pub already: u64,
    /// 1: the source tells what changes, so the pause is short. 0: everything is compared while writers pause.
    pub follows: u64,
    /// From the first round on: how long writers would have to pause if they had to now, in milliseconds.
    pub expected_pause_ms: u64,
    /// How long writers had to pause, in milliseconds.
    pub pause_ms: u64,
    /// How long the call has taken so far, in milliseconds.
    pub elapsed_ms: u64,
}

impl From<Moved> for plinth_move_report {
    fn from(moved: Moved) -> Self {
        Self {
            phase: phase(moved.phase) as u64,
            version: moved.version,
            target_version: moved.target_version,
            keyspaces: moved.keyspaces,
            pairs: moved.pairs,
            bytes: moved.bytes,
            read_bytes: moved.read_bytes,
            written_bytes: moved.written_bytes,
            checksum: moved.checksum,
            rounds: moved.rounds,
            resumed: moved.resumed.into(),
            already: moved.already.into(),
            follows: moved.follows.into(),
            expected_pause_ms: milliseconds(moved.expected_pause),
            pause_ms: milliseconds(moved.pause),
            elapsed_ms: milliseconds(moved.elapsed),
        }
    }
}

fn phase(phase: Phase) -> plinth_move_phase {
    match phase {
        Phase::Begin => plinth_move_phase::PLINTH_MOVE_PHASE_BEGIN,
        Phase::Copy => plinth_move_phase::PLINTH_MOVE_PHASE_COPY,
        Phase::Follow => plinth_move_phase::PLINTH_MOVE_PHASE_FOLLOW,
        Phase::Verify => plinth_move_phase::PLINTH_MOVE_PHASE_VERIFY,
        Phase::Locked => plinth_move_phase::PLINTH_MOVE_PHASE_LOCKED,
        Phase::Finish => plinth_move_phase::PLINTH_MOVE_PHASE_FINISH,
        Phase::Done => plinth_move_phase::PLINTH_MOVE_PHASE_DONE,
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Moves a database into another one, while it is written to: directory to directory, directory to cluster, or
/// cluster to directory. Afterwards the target is the database, and programs open it in the place of the source.
///
/// @param from      the database that is moved
/// @param to        the one that it goes to: empty, or the target of an earlier move of `from` that was cut short.
///                  Nobody else may write into it
/// @param options   NULL for the defaults
/// @param progress  is told how far a phase is, in bytes of keys and values, and may cancel; NULL is none. When it
///                  runs, `out` holds how far the move is, with the phase
/// @param context   passed to `progress` as it is
/// @param out       receives what the move came to; `out_size` bytes are written, zeros on error. It is also written
///                  before each call of `progress`, on the thread that made the call
/// @param out_size  sizeof(plinth_move_report)
///
/// All keyspaces and pairs are moved, but not keys that begin with 0xff. It copies a state of the source and
/// follows what changes, until a round of that takes half a second or less; it compares both sides by checksums; then it
/// locks the source, which from there on refuses every transaction with 1038, makes the last changes equal, and raises
/// the versions of the target above all of the source's, so that versionstamps go on growing. Every commit
/// that was acknowledged is in the target then, and on disk there.
///
/// The source stays locked at the end, so that whoever was left behind is told and writes nothing into a dead copy;
/// plinth_database_unlock() opens it again, with the id that plinth_database_is_locked() tells. Where the source is a cluster, which does not tell what changes, everything
/// is compared while writers pause; `expected_pause_ms` says before how long that takes, and `max_pause_ms` bounds it.
///
/// Until it is finished the target has a keyspace `plinth-move-unfinished`, and can be neither dumped nor loaded into.
/// When the call fails or is cancelled, the source is unlocked again and writers go on. When it failed, or the process
/// was killed at any moment, the same call goes on: what is equal already is read and not written again. After a
/// kill the source may be locked until then. To give a move up, unlock the source and remove the target. A move
/// that was finished is told as such if it is repeated (`already`).
///
/// Memory is constant. While it runs, what is overwritten or cleared in a directory takes room on its disk still.
///
/// Threads: any; of two moves into one target the later one goes on, and the other fails with 9050.
/// Errors: 9000 bad handle; 9001 bad argument, or both are the same database; 9003 closed; 1101 `progress` cancelled it;
/// 1038 somebody else has locked the source; 9034 the target is not empty; 9035 a load into one of them is not
/// finished; 9050 the source is the target of an unfinished move, or the target that of another source; 9051 what was
/// compared differs, because somebody writes into the target; 9052 as said above; 9036 versions as said above; 9030,
/// 9037 too many states are held, or changes followed; 9031, 9038 the source went over to another host, call again;
/// 2004, 2102, 2103, 2101 a key or value that the target does not take, plinth_last_error() names it; 9015 too many
/// keyspaces; 9022 the target is read-only; 2108 the source can't be locked; 9004 an earlier write failed; 1510, 1511 the
/// file system failed; 1522 damaged files; 4100 internal error; those of a cluster. Rule VST-1.
///
/// # Safety
/// `options` is null or a struct of the size it names; `progress` may be called with `context`; `out` points to
/// `out_size` writable bytes; `from` and `to` may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_move(
    from: *mut plinth_database,
    to: *mut plinth_database,
    options: *const plinth_move_options,
    progress: plinth_progress_callback,
    context: *mut c_void,
    out: *mut plinth_move_report,
    out_size: usize,
) -> plinth_error {
    entry::call("plinth_move", || {
        // SAFETY: the first number is writable by this function's contract.
        unsafe { slice::out(out.cast::<u64>(), "out") }?;
        let work = || {
            // No guard stays while the callback runs: it may do what it likes.
            let (from, to) = (database(from)?.clone(), database(to)?.clone());
            // SAFETY: this function's contract.
            let options = unsafe { move_options(options) }?;
            // SAFETY: this function's contract.
            let teller = Teller { listener: unsafe { Listener::new(progress, context) }, out, out_size };
            let moved = plinth_transfer::move_database(&*from, &*to, options, &teller);
            moved.inspect_err(|_| teller.clear()).map(Into::into)
        };
        // SAFETY: `out_size` bytes are writable by this function's contract.
        unsafe { slice::fill_sized(out, out_size, "out", work) }
    })
}

/// Writes how far the move is to where C reads it, and calls C.
struct Teller {
    listener: Listener,
    out: *mut plinth_move_report,
    out_size: usize,
}

// SAFETY: progress is told on the thread that made the call, which is where it is promised.
unsafe impl Sync for Teller {}

impl Teller {
    /// Nothing is left of what was told on the way.
    fn clear(&self) {
        // SAFETY: `out_size` bytes are writable by the contract of `plinth_move`.
        let _ = unsafe { slice::fill_sized(self.out, self.out_size, "out", || Ok(plinth_move_report::default())) };
    }
}

impl MoveProgress for Teller {
    fn step(&self, moved: &Moved, done: u64, total: u64) -> bool {
        // SAFETY: `out_size` bytes are writable by the contract of `plinth_move`.
        let _ = unsafe { slice::fill_sized(self.out, self.out_size, "out", || Ok((*moved).into())) };
        plinth_api::Progress::step(&self.listener, done, total)
    }
}

/// # Safety
/// `options` is null or a struct of the size it names.
unsafe fn move_options(options: *const plinth_move_options) -> Result<MoveOptions, Error> {
    // SAFETY: this function's contract; zero is valid for every field.
    let Some(options) = (unsafe { slice::sized(options, "options") })? else {
        return Ok(MoveOptions::default());
    };
    if options.reserved != [0; 7] {
        return Err(Error::new(Code::INVALID_ARGUMENT).context("options.reserved is not zero"));
    }
    Ok(MoveOptions {
        bytes_per_second: options.bytes_per_second,
        verify: match options.verify {
            0 => Verify::All,
            1 => Verify::Changed,
            2 => Verify::None,
            other => {
                let text = format!("options.verify: {other} is not a plinth_move_verify");
                return Err(Error::new(Code::INVALID_ARGUMENT).context(text));
            }
        },
        max_pause: Duration::from_millis(options.max_pause_ms),
        any_versions: options.any_versions.get(),
    })
}
