//! The stages of a move, and what is undone when one fails.

use std::cell::Cell;
use std::time::Duration;

use plinth_api::{Code, Database, Error, Result, TransactionOption};

use super::equal::Found;
use super::follow::{Follower, Round};
use super::mark::{self, Session, UNFINISHED};
use super::origin::View;
use super::pace::Pace;
use super::report::{MoveOptions, MoveProgress, Moved, Phase, Verify};
use super::target::Target;
use crate::load::again;
use crate::mark::check_whole;

/// A round that took no longer is short: so long the source will be locked, about.
const SHORT: Duration = Duration::from_millis(500);
/// Rounds until the source is locked, at most: they do not become shorter if the source is written to as fast as
/// the target can be.
const MOST_ROUNDS: usize = 20;
/// The same where each of them compares everything.
const MOST_PASSES: usize = 4;
/// Versions that the target is put ahead of the source, so that it stays ahead while it is copied.
const AHEAD: i64 = 100_000_000;

/// Moves everything that is in `from` into `to`, which must be empty or the target of an earlier move of `from` that
/// was cut short, in constant memory, while others go on with `from`. Keys that begin with 0xff are not moved.
///
/// When it returns, `to` is the database: it has every commit that was acknowledged, its versions are above those of
/// `from`, and `from` is locked. When it fails, or is cancelled, `from` is not locked, and the next move goes on. When
/// the process is killed, `from` may be locked until the next move begins, or somebody unlocks it.
pub fn move_database(
    from: &dyn Database,
    to: &dyn Database,
    options: MoveOptions,
    progress: &dyn MoveProgress,
) -> Result<Moved> {
    let pace = Pace::new(progress, options);
    pace.phase(Phase::Begin, 0)?;
    let (source, goal) = (from.id(), to.id());
    if std::ptr::addr_eq(from, to) || source.is_some() && source == goal {
        return Err(the_same());
    }
    let (source, goal) = (source.unwrap_or_default(), goal.unwrap_or_default());
    check_whole(from.list_keyspaces()?.iter().map(|name| &**name)).map_err(|error| error.context("the source"))?;
    let locked = from.locked().map_err(|error| error.context("the source of a move"))?;
    let ours = locked.filter(|id| mark::is_of(id, &source, &goal));
    if locked.is_some() && ours.is_none() {
        return Err(
            Error::new(Code::DATABASE_LOCKED).context("the source was locked by somebody else; unlock it first")
        );
    }
    let session = mark::session(&source, &goal);
    let target = match Target::begin(to, session, &source) {
        Err(error) if error.code() == Code::TARGET_NOT_EMPTY && ours.is_some() => {
            return finished_before(from, to, &pace, error);
        }
        target => target?,
    };
    if from.find_keyspace(UNFINISHED)?.is_some() {
        // Two handles of one cluster, which has no id: its mark is seen in the source.
        target.give_up();
        return Err(the_same());
    }
    take_over(from, &target, ours)?;
    pace.moved.borrow_mut().resumed = target.before.is_some();
    let mover = Mover { from, target: &target, pace: &pace, options, session, locked: Cell::new(false) };
    let done = mover.run();
    mover.end(done)
}

fn the_same() -> Error {
    Error::new(Code::INVALID_ARGUMENT).context("both are the same database")
}

/// Takes away the lock of an earlier run: the source goes on until this one is as far.
fn take_over(from: &dyn Database, target: &Target<'_>, locked: Option<Session>) -> Result<()> {
    match (locked, target.before) {
        (None, _) => Ok(()),
        (Some(id), Some(_)) => from.unlock(&id),
        (Some(_), None) => {
            target.give_up();
            let text = "a move has locked the source, and its target is not this one; unlock it first";
            Err(Error::new(Code::DATABASE_LOCKED).context(text))
        }
    }
}

/// The source is locked by a move to here, of which there is no mark: if it was finished everything is equal.
fn finished_before(from: &dyn Database, to: &dyn Database, pace: &Pace<'_>, error: Error) -> Result<Moved> {
    pace.phase(Phase::Verify, 0)?;
    let view = match View::hold(from) {
        Err(error) if error.code() == Code::UNSUPPORTED_OPERATION => View::running(from)?,
        view => view?,
    };
    let target = Target::unmarked(to);
    match super::follow::verify_unmarked(&view, &target, pace) {
        Ok(checksum) => {
            let mut moved = pace.now();
            (moved.already, moved.checksum, moved.version) = (true, checksum, view.version());
            (moved.phase, moved.keyspaces) = (Phase::Done, view.keyspaces().len() as u64);
            Ok(moved)
        }
        Err(other) if other.code() == Code::MOVE_DIFFERS => {
            let text = "a move into it was finished, and it has changed since; the source is locked still";
            Err(error.context(text))
        }
        Err(other) => Err(other),
    }
}

/// A move that has its target.
struct Mover<'a> {
    from: &'a dyn Database,
    target: &'a Target<'a>,
    pace: &'a Pace<'a>,
    options: MoveOptions,
    session: Session,
    /// Whether the source may be locked, and is to be unlocked if something fails.
    locked: Cell<bool>,
}

impl Mover<'_> {
    fn run(&self) -> Result<()> {
        // Early, because it takes a cluster some seconds.
        let ahead = present(self.from)?.saturating_add(AHEAD);
        self.raise(ahead)?;
        let mut follower = Follower::copy(self.from, self.target, self.pace)?;
        let last = self.rounds(&mut follower)?;
        let last = match self.options.verify == Verify::All && follower.follows() {
            true => {
                self.pace.phase(Phase::Verify, self.pace.now().bytes)?;
                let checksum = follower.verify_all()?;
                self.pace.moved.borrow_mut().checksum = checksum;
                self.rounds(&mut follower)?
            }
            false => last,
        };
        self.check_pause(last)?;
        self.lock(&follower)?;
        let found = if self.options.verify == Verify::None { Found::Something } else { Found::Checked };
        follower.round(found)?;
        if self.options.verify != Verify::None {
            follower.verify_changed()?;
        }
        self.pace.phase(Phase::Finish, 0)?;
        self.raise(follower.version())?;
        self.finish()?;
        self.pace.unlock();
        self.pace.moved.borrow_mut().target_version = present(self.target.database)?;
        Ok(())
    }

    /// Follows until a round is short, or they become no shorter.
    fn rounds(&self, follower: &mut Follower<'_>) -> Result<Round> {
        let all = if follower.follows() { 0 } else { self.pace.now().bytes };
        let mut rounds = 0;
        loop {
            self.pace.phase(Phase::Follow, all)?;
            let round = follower.round(Found::Something)?;
            self.pace.moved.borrow_mut().expected_pause = round.took;
            rounds += 1;
            let enough = match follower.follows() {
                true => round.took <= SHORT || rounds >= MOST_ROUNDS,
                false => round.wrote <= round.read / 10 || rounds >= MOST_PASSES,
            };
            if enough {
                return Ok(round);
            }
        }
    }

    /// Fails if the source would be locked for longer than is wanted.
    fn check_pause(&self, last: Round) -> Result<()> {
        self.pace.tell()?;
        let most = self.options.max_pause;
        if most.is_zero() || last.took <= most {
            return Ok(());
        }
        let text = format!(
            "writers would have to pause for about {} ms, and {} ms are allowed; nothing is lost, writers go on",
            last.took.as_millis(),
            most.as_millis()
        );
        Err(Error::new(Code::MOVE_PAUSE_TOO_LONG).context(text))
    }

    fn lock(&self, follower: &Follower<'_>) -> Result<()> {
        let all = if follower.follows() { 0 } else { self.pace.now().bytes };
        // Once more a chance to cancel while nobody waits.
        self.pace.phase(Phase::Locked, all)?;
        self.locked.set(true);
        self.pace.lock();
        self.from.lock(&self.session)
    }

    /// Sees to it that later versions of the target are above one.
    fn raise(&self, version: i64) -> Result<()> {
        let to = self.target.database;
        if present(to)? > version {
            return Ok(());
        }
        match to.raise_version(version) {
            Err(error) if error.code() == Code::UNSUPPORTED_OPERATION => {}
            raised => return raised,
        }
        let present = present(to)?;
        if self.options.any_versions {
            return Ok(());
        }
        let text = format!("it is at version {present}, the source at {version}");
        Err(Error::new(Code::VERSIONS_BEHIND).context(text))
    }

    /// From here on the target may be in use, so the source is not unlocked any more, unless another run has the target.
    fn finish(&self) -> Result<()> {
        let kept = |error: Error| error.context("at the last step of a move; the source stays locked, move once more");
        match self.target.mark_finished() {
            Err(error) if error.code() == Code::MOVE_UNFINISHED => return Err(error),
            marked => {
                self.locked.set(false);
                marked.map_err(kept)?;
            }
        }
        Target::drop_mark(self.target.database).map_err(kept)
    }

    /// Undoes what must not stay when it failed.
    fn end(&self, done: Result<()>) -> Result<Moved> {
        if self.locked.get() {
            // If it is not locked, or by another run, this changes nothing.
            let unlocked = self.from.unlock(&self.session);
            self.pace.unlock();
            if let (Err(error), Err(_)) = (&done, &unlocked) {
                let text = format!("and the source could not be unlocked; unlock it yourself: {}", error.story());
                return Err(Error::new(error.code()).context(text));
            }
        }
        done?;
        self.pace.moved.borrow_mut().phase = Phase::Done;
        Ok(self.pace.now())
    }
}

/// A read version of a database, locked or not.
fn present(database: &dyn Database) -> Result<i64> {
    let transaction = database.begin()?;
    again(&*transaction, || {
        transaction.set_option(TransactionOption::ReadLockAware)?;
        transaction.read_version()
    })
}
