//! The states that are held for one guest, by numbers that the host gives them.
//!
//! They end with the guest's connection. Holding one and reading in it may go to the disk, so that is done on a
//! thread of the executor. The list is a leaf.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use plinth_api::{Code, Error, Held as _, RangeOptions, Result};

use super::call::Call;
use super::reply::Said;
use super::scan::most_bytes;
use super::session::Session;
use crate::held::Hold;
use crate::limits::check_order;
use crate::service::Service;
use crate::store::Range;
use crate::wire::{Answer, Ask, PairsFrame};

/// The states of a guest.
#[derive(Default)]
pub struct Holds(Mutex<List>);

#[derive(Default)]
struct List {
    holds: BTreeMap<u64, Arc<Hold>>,
    last: u64,
    /// Whether no more are taken.
    closed: bool,
}

impl Holds {
    /// Gives all back: the guest has gone.
    pub fn give_up(&self) {
        let mut list = self.lock();
        list.closed = true;
        let holds = std::mem::take(&mut list.holds);
        drop(list);
        drop(holds);
    }

    fn add(&self, hold: &Arc<Hold>) -> Result<u64> {
        let mut list = self.lock();
        if list.closed {
            return Err(lost());
        }
        list.last += 1;
        let number = list.last;
        list.holds.insert(number, hold.clone());
        Ok(number)
    }

    fn find(&self, number: u64) -> Result<Arc<Hold>> {
        self.lock().holds.get(&number).cloned().ok_or_else(lost)
    }

    fn remove(&self, number: u64) {
        let hold = self.lock().holds.remove(&number);
        drop(hold);
    }

    fn lock(&self) -> MutexGuard<'_, List> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Does what a guest asks about a state that is held, on a thread of the executor. The keys were checked.
pub fn ask(session: &Arc<Session>, number: u64, ask: &Ask<'_>) -> Result<()> {
    match *ask {
        Ask::Hold => later(session, number, 0, hold),
        Ask::GiveBack { held } => later(session, number, 0, move |call| {
            call.session.holds.remove(held);
            call.answer(Ok(Answer::Done));
        }),
        Ask::RaiseVersion { above } => later(session, number, 0, move |call| {
            let raised = call.session.host.local.raise_version(above);
            call.answer(raised.map(|()| Answer::Done));
        }),
        Ask::ReadHeld { held, keyspace, begin, end, reverse, rows, bytes } => {
            let hold = session.holds.find(held)?;
            check_order(begin, end)?;
            let (begin, end) = (begin.to_vec(), end.to_vec());
            let most = most_bytes(bytes);
            let promised = most + session.host.local.options().value_size_limit;
            let options = RangeOptions { limit: rows as usize, target_bytes: most, reverse, snapshot: true };
            later(session, number, promised, move |call| {
                let range = Range { keyspace, begin: &begin, end: &end, reverse, want: 0 };
                let mut pairs = PairsFrame::new(most);
                match hold.scan(range, options, |key, value| pairs.push(key, value)) {
                    Ok(more) => call.say(Said::Pairs { pairs, version: hold.version(), more }),
                    Err(error) => call.fail(&error),
                }
            });
        }
        _ => return Err(Error::new(Code::INTERNAL_ERROR).context("a call on the wrong way")),
    }
    Ok(())
}

pub(super) fn later(session: &Arc<Session>, number: u64, promised: usize, work: impl FnOnce(Call) + Send + 'static) {
    let call = Call::begin(session, number, promised);
    let executor = session.host.local.front.executor.clone();
    executor.submit(Box::new(move || work(call)));
}

fn hold(call: Call) {
    let hold = match Hold::new(&call.session.host.local) {
        Ok(hold) => Arc::new(hold),
        Err(error) => return call.fail(&error),
    };
    let held = match call.session.holds.add(&hold) {
        Ok(held) => held,
        Err(error) => return call.fail(&error),
    };
    let keyspaces = hold.keyspaces().iter().map(|known| (known.id, &*known.name)).collect();
    call.answer(Ok(Answer::Held { held, version: hold.version(), keyspaces }));
}

fn lost() -> Error {
    Error::new(Code::HELD_STATE_LOST)
}
