//! Asking the guests who is there. Each question has a number, under which the guests answer; whoever goes or does not
//! answer in time is left out.
//!
//! Lock: `asked` is a leaf.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use plinth_api::{Code, Error, Result};
use uuid::Uuid;

use super::server::Shared;
use super::session::Session;
use crate::roll::{Roll, MOST_QUESTIONS};
use crate::wire::Notice;

/// How long guests have to answer.
const PATIENCE: Duration = Duration::from_secs(1);

/// The questions that wait for answers.
#[derive(Default)]
pub struct Rolls {
    asked: Mutex<Questions>,
    /// Signalled when an answer has come.
    changed: Condvar,
}

#[derive(Default)]
struct Questions {
    last: u64,
    open: BTreeMap<u64, Question>,
}

struct Question {
    /// Sessions that have not answered.
    missing: BTreeSet<u64>,
    roll: Roll,
}

impl Shared {
    /// Asks all guests.
    pub fn ask_guests(&self, expire: Option<Uuid>) -> Result<Roll> {
        let guests = self.welcome();
        if guests.is_empty() {
            return Ok(Roll::default());
        }
        let number = self.rolls.begin(guests.iter().map(|guest| guest.number).collect())?;
        for guest in &guests {
            guest.put(0, &Notice::Who { question: number, expire: expire.map(Uuid::into_bytes) });
            guest.flush();
        }
        Ok(self.local.front.executor.blocking(|| self.rolls.wait(number)))
    }
}

impl Rolls {
    fn begin(&self, missing: BTreeSet<u64>) -> Result<u64> {
        let mut asked = self.lock();
        if asked.open.len() >= MOST_QUESTIONS {
            let text = format!("{MOST_QUESTIONS} calls ask at this moment which transactions there are");
            return Err(Error::new(Code::HOST_UNAVAILABLE).context(text));
        }
        asked.last += 1;
        let number = asked.last;
        asked.open.insert(number, Question { missing, roll: Roll::default() });
        Ok(number)
    }

    fn wait(&self, number: u64) -> Roll {
        let until = Instant::now() + PATIENCE;
        let mut asked = self.lock();
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || asked.open.get(&number).is_none_or(|question| question.missing.is_empty()) {
                return asked.open.remove(&number).map(|question| question.roll).unwrap_or_default();
            }
            asked = self.changed.wait_timeout(asked, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// A guest has answered. What nobody waits for any more is dropped.
    pub fn answered(&self, guest: &Session, number: u64, mut roll: Roll) {
        roll.rows.truncate(crate::roll::MOST_OF_HANDLE);
        // Whose they are is known better here.
        roll.rows.iter_mut().for_each(|row| row.pid = guest.pid);
        let mut asked = self.lock();
        if let Some(question) = asked.open.get_mut(&number) {
            if question.missing.remove(&guest.number) {
                question.roll.add(roll);
                self.changed.notify_all();
            }
        }
    }

    /// A guest has gone.
    pub fn left(&self, guest: u64) {
        let mut asked = self.lock();
        for question in asked.open.values_mut() {
            question.missing.remove(&guest);
        }
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Questions> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
