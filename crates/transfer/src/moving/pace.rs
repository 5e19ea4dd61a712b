//! How fast a move goes, whom it tells, and when it has to end.

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use plinth_api::{Code, Error, Result};

use super::report::{MoveOptions, MoveProgress, Moved, Phase};

/// Shortest time between two tellings.
const TELL: Duration = Duration::from_millis(100);
/// Longest nap of a move that is held back: so soon it hears that it is cancelled.
const NAP: Duration = Duration::from_millis(50);

/// The pace of one move.
pub struct Pace<'a> {
    progress: &'a dyn MoveProgress,
    options: MoveOptions,
    began: Instant,
    told: Cell<Option<Instant>>,
    /// When the bytes that were read so far may have been read.
    due: Cell<Option<Instant>>,
    locked: Cell<Option<Instant>>,
    napped: Cell<Duration>,
    done: Cell<u64>,
    total: Cell<u64>,
    /// What there is to tell.
    pub moved: RefCell<Moved>,
}

impl<'a> Pace<'a> {
    /// Of a move that begins.
    pub fn new(progress: &'a dyn MoveProgress, options: MoveOptions) -> Self {
        Self {
            progress,
            options,
            began: Instant::now(),
            told: Cell::default(),
            due: Cell::default(),
            locked: Cell::default(),
            napped: Cell::default(),
            done: Cell::default(),
            total: Cell::default(),
            moved: RefCell::default(),
        }
    }

    /// A phase begins, of so many bytes.
    pub fn phase(&self, phase: Phase, total: u64) -> Result<()> {
        self.done.set(0);
        self.total.set(total);
        self.moved.borrow_mut().phase = phase;
        self.tell()
    }

    /// Bytes of the source were read. Waits if that was too fast, and fails if the move is to end.
    pub fn read(&self, bytes: u64) -> Result<()> {
        self.moved.borrow_mut().read_bytes += bytes;
        self.done.set(self.done.get() + bytes);
        self.step()?;
        self.hold_back(bytes)
    }

    /// Bytes were written into the target.
    pub fn wrote(&self, bytes: u64) -> Result<()> {
        self.moved.borrow_mut().written_bytes += bytes;
        self.step()
    }

    /// How long it was held back, in all.
    pub fn napped(&self) -> Duration {
        self.napped.get()
    }

    /// The source is locked from now on: nothing is held back any more, and time is short.
    pub fn lock(&self) {
        self.locked.set(Some(Instant::now()));
    }

    /// The source is no longer locked, or for good.
    pub fn unlock(&self) {
        if let Some(locked) = self.locked.take() {
            self.moved.borrow_mut().pause = locked.elapsed();
        }
    }

    /// Fails if the move is cancelled, or the source was locked for too long.
    pub fn step(&self) -> Result<()> {
        self.check_pause()?;
        match self.told.get() {
            Some(told) if told.elapsed() < TELL => Ok(()),
            _ => self.tell(),
        }
    }

    /// Fails if the source was locked for too long.
    fn check_pause(&self) -> Result<()> {
        let most = self.options.max_pause;
        match self.locked.get().map(|locked| locked.elapsed()) {
            Some(pause) if !most.is_zero() && pause > most => {
                let text = format!("it was locked for {} ms; nothing is lost, writers go on there", pause.as_millis());
                Err(Error::new(Code::MOVE_PAUSE_TOO_LONG).context(text))
            }
            _ => Ok(()),
        }
    }

    /// Tells how far it is, in any case.
    pub fn tell(&self) -> Result<()> {
        let moved = self.now();
        let (done, total) = (self.done.get(), self.total.get());
        let wanted = self.progress.step(&moved, done, if total == 0 { 0 } else { total.max(done) });
        self.told.set(Some(Instant::now()));
        match wanted {
            true => Ok(()),
            false => Err(Error::new(Code::OPERATION_CANCELLED).context("the progress callback asked for it")),
        }
    }

    /// What there is to tell at the moment.
    pub fn now(&self) -> Moved {
        let mut moved = self.moved.borrow_mut();
        moved.elapsed = self.began.elapsed();
        if let Some(locked) = self.locked.get() {
            moved.pause = locked.elapsed();
        }
        *moved
    }

    fn hold_back(&self, bytes: u64) -> Result<()> {
        let most = self.options.bytes_per_second;
        if most == 0 || self.locked.get().is_some() {
            return Ok(());
        }
        let now = Instant::now();
        // What was not used is gone: a pause is not made up for by haste.
        let due = self.due.get().unwrap_or(now).max(now) + Duration::from_secs_f64(bytes as f64 / most as f64);
        self.due.set(Some(due));
        loop {
            let left = due.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            std::thread::sleep(left.min(NAP));
            self.napped.set(self.napped.get() + left.min(NAP));
            self.step()?;
        }
    }
}
