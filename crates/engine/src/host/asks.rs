//! What becomes of each thing that a guest asks.
//!
//! Reads are tried in memory on the thread that has the connection. What has to go to the disk, and
//! what may wait, is asked again on a thread of the executor, or by a timer.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use plinth_api::{Code, Error, Result};
use uuid::Uuid;

use super::call::Call;
use super::changes;
use super::commits::{self, Gathered};
use super::held;
use super::many;
use super::reply::Said;
use super::scan;
use super::server::Shared;
use super::session::Session;
use super::upkeep::Upkeep;
use super::watches::Guarded;
use crate::limits::{check_order, Bounds};
use crate::local::Local;
use crate::metrics::{sampling, Facts, Failing, Operation};
use crate::service::Service;
use crate::store::{Tier, NOT_IN_MEMORY};
use crate::version::ReadPoint;
use crate::wire::{self, broken, Answer, Ask, MOST_ASKED};

/// Versions that a connection remembers: those of the transactions that are reading.
const REMEMBERED: usize = 4;
/// How long a guest may wait for a version that does not exist yet (rule VER-8).
const FUTURE_PATIENCE: Duration = Duration::from_secs(1);
/// Bytes of what there is to tell, about, at most.
const LONGEST_FACTS: usize = 1 << 20;
/// Bytes of a message beside its keys.
const BESIDE_KEYS: usize = 1024;

/// The states that a connection read last.
#[derive(Default)]
pub struct Points(VecDeque<Arc<ReadPoint>>);

impl Points {
    /// The state at a version, or the newest one.
    fn find(&mut self, local: &Local, version: Option<i64>, tier: Tier) -> Result<Arc<ReadPoint>> {
        let known = |point: &&Arc<ReadPoint>| Some(point.version) == version;
        if let Some(point) = self.0.iter().find(known) {
            return Ok(point.clone());
        }
        let point = match version {
            None => local.latest_unlocked(tier)?,
            Some(version) => local.at_once(version)?,
        };
        if !self.0.iter().any(|known| known.version == point.version) {
            self.0.truncate(REMEMBERED - 1);
            self.0.push_front(point.clone());
        }
        Ok(point)
    }
}

/// Handles what is asked in a message; `busy` tells that more has come behind it. An error ends the
/// connection.
pub fn handle(
    session: &Arc<Session>,
    number: u64,
    message: &[u8],
    busy: bool,
    points: &mut Points,
    gathered: &mut Gathered,
) -> Result<()> {
    let ask = wire::parse(message).and_then(|ask| match (number, &ask) {
        (0, Ask::Bye) | (1.., _) => Ok(ask),
        (0, _) => Err(broken("a call with number 0".to_owned())),
    });
    let ask = match ask {
        Ok(ask) => ask,
        Err(error) => {
            session.fail(number, &error);
            return Err(error);
        }
    };
    let outcome = match ask {
        Ask::Commit(commit) => commits::ask(session, number, message.len(), commit, gathered),
        ask => check_length(session, message).and_then(|()| match ask {
            // These take long, and what came behind it can be answered meanwhile.
            Ask::Scan { .. } | Ask::GetMany { .. } if busy => {
                look_elsewhere(session, number, &ask, message);
                Ok(())
            }
            ask => handle_small(session, number, message, ask, points),
        }),
    };
    if let Err(error) = outcome {
        session.fail(number, &error);
    }
    Ok(())
}

/// Before anything is copied: no message but a commit is longer than its keys can be.
fn check_length(session: &Session, message: &[u8]) -> Result<()> {
    let longest = 2 * Bounds::new(session.host.local.options()).longest_asked() + MOST_ASKED + BESIDE_KEYS;
    if message.len() <= longest {
        return Ok(());
    }
    let text = format!("a message of {} bytes, allowed are {longest}", message.len());
    Err(Error::new(Code::KEY_TOO_LARGE).context(text))
}

fn handle_small(session: &Arc<Session>, number: u64, message: &[u8], ask: Ask<'_>, points: &mut Points) -> Result<()> {
    match ask {
        Ask::Bye => session.lock_flow().bye = true,
        Ask::Watch { watch, keyspace, key, seen } => {
            session.host.local.for_guests.count(Operation::Watch);
            check_key(&session.host.local, key)?;
            let watch = Guarded::add(session, watch, keyspace, key, seen)?;
            session.put(number, &Answer::Done);
            if let Some(watch) = watch {
                let local = session.host.local.clone();
                session.host.local.front.executor.submit(Box::new(move || Guarded::activate(&local, &watch)));
            }
        }
        Ask::Unwatch { watch } => {
            Guarded::remove(session, watch);
            session.put(number, &Answer::Done);
        }
        Ask::Sync => commits::sync(Call::begin(session, number, 0)),
        Ask::Hold | Ask::ReadHeld { .. } | Ask::GiveBack { .. } | Ask::RaiseVersion { .. } => {
            held::ask(session, number, &ask)?;
        }
        Ask::TrackChanges { .. } | Ask::TakeChanges { .. } | Ask::EndTracking { .. } => {
            changes::ask(session, number, &ask)?;
        }
        Ask::Upkeep { task } => {
            Upkeep::begin(session, task)?;
            session.put(number, &Answer::Done);
        }
        Ask::UpkeepNow { cancel } => session.put(number, &session.upkeep.look(cancel)?),
        Ask::Here { question, roll } => {
            session.host.rolls.answered(session, question, roll);
            session.put(number, &Answer::Done);
        }
        ask => {
            let outcome = look(&session.host, &ask, points, Tier::Memory, |said| session.say(number, said));
            match (outcome, &ask) {
                (Err(error), _) if error.code() == NOT_IN_MEMORY => {
                    look_elsewhere(session, number, &ask, message);
                }
                (Err(error), Ask::At { version, wait: true }) if error.code() == Code::FUTURE_VERSION => {
                    wait_for(Call::begin(session, number, 0), *version, Instant::now() + FUTURE_PATIENCE);
                }
                (outcome, _) => outcome?,
            }
        }
    }
    Ok(())
}

/// How many bytes an answer may have.
fn promised(host: &Shared, ask: &Ask<'_>) -> usize {
    match ask {
        Ask::Get { .. } => host.local.front.options.value_size_limit,
        Ask::Scan { bytes, .. } => scan::most_bytes(*bytes) + host.local.front.options.value_size_limit,
        Ask::GetMany { .. } => many::MOST_BYTES + host.local.front.options.value_size_limit,
        Ask::Inspect | Ask::Who { .. } => LONGEST_FACTS,
        _ => 0,
    }
}

/// Looks something up on a thread of the executor, on the disk too.
fn look_elsewhere(session: &Arc<Session>, number: u64, ask: &Ask<'_>, message: &[u8]) {
    let call = Call::begin(session, number, promised(&session.host, ask));
    let message = message.to_vec();
    let executor = call.session.host.local.front.executor.clone();
    let job = move || {
        let mut call = Some(call);
        let Some(host) = call.as_ref().map(|call| call.session.host.clone()) else {
            return;
        };
        let outcome = wire::parse(&message).and_then(|ask| {
            look(&host, &ask, &mut Points::default(), Tier::Disk, |said| {
                if let Some(call) = call.take() {
                    call.say(said);
                }
            })
        });
        if let (Err(error), Some(call)) = (outcome, call) {
            call.fail(&error);
        }
    };
    executor.submit(Box::new(job));
}

/// Waits for a version that does not exist yet; no thread sleeps meanwhile.
fn wait_for(call: Call, version: i64, until: Instant) {
    let local = call.session.host.local.clone();
    let ahead = version.saturating_sub(local.versions.clock.now()).clamp(500, 20_000);
    let again = Instant::now() + Duration::from_micros(ahead.unsigned_abs());
    let executor = local.front.executor.clone();
    let look = move || match local.at_once(version) {
        // An executor that is being closed runs its timers early, and at once.
        Err(error) if error.code() == Code::FUTURE_VERSION && (again..until).contains(&Instant::now()) => {
            wait_for(call, version, until);
        }
        found => call.answer(found.map(|point| Answer::Version(point.version))),
    };
    executor.at(again, Box::new(look));
}

/// What an ask counts as. The end of a watch's read and of a walk to a key is one of these, too.
fn operation(ask: &Ask<'_>) -> Option<Operation> {
    match ask {
        Ask::Latest | Ask::LatestEvenLocked | Ask::At { .. } => Some(Operation::ReadVersion),
        Ask::Get { .. } => Some(Operation::Get),
        Ask::GetMany { .. } => Some(Operation::GetMany),
        Ask::Scan { .. } => Some(Operation::GetRange),
        _ => None,
    }
}

/// Looks something up, tells the answer, and counts that.
fn look(host: &Shared, ask: &Ask<'_>, points: &mut Points, tier: Tier, say: impl FnOnce(Said<'_>)) -> Result<()> {
    let Some(operation) = operation(ask) else {
        return look_up(host, ask, points, tier, say);
    };
    let always = matches!(operation, Operation::GetMany | Operation::GetRange);
    let began = (always || sampling::is_due()).then(Instant::now);
    let outcome = look_up(host, ask, points, tier, say);
    let done = &host.local.for_guests;
    match &outcome {
        // It is asked again where it may wait.
        Err(error) if error.code() == NOT_IN_MEMORY => return outcome,
        Err(error) => done.failed(Failing::Read, error.code()),
        Ok(()) => {}
    }
    done.count(operation);
    if let Some(began) = began {
        done.took(operation, began);
    }
    outcome
}

/// Looks something up, and tells the answer. In memory, it fails with [`NOT_IN_MEMORY`] where it
/// would have to wait.
fn look_up(host: &Shared, ask: &Ask<'_>, points: &mut Points, tier: Tier, say: impl FnOnce(Said<'_>)) -> Result<()> {
    let local = &host.local;
    if let Ask::Scan { version, keyspace, begin, end, .. } = *ask {
        check_range(local, keyspace, begin, end)?;
        let point = points.find(local, version, tier)?;
        say(scan::scan(local, &point, tier, ask)?);
        return Ok(());
    }
    let tell = |answer: Answer<'_>| say(Said::Answer(answer));
    match *ask {
        Ask::Latest => tell(Answer::Version(points.find(local, None, tier)?.version)),
        Ask::LatestEvenLocked => tell(Answer::Version(local.latest(tier)?.version)),
        Ask::At { version, .. } => tell(Answer::Version(points.find(local, Some(version), tier)?.version)),
        Ask::Get { version, keyspace, key } => {
            local.check_keyspace(keyspace)?;
            check_key(local, key)?;
            let point = points.find(local, version, tier)?;
            let value = local.get(&point, tier, keyspace, key)?;
            tell(Answer::Value { version: point.version, value: value.as_deref() });
        }
        Ask::GetMany { version, keyspace, keys } => {
            local.check_keyspace(keyspace)?;
            let keys = many::keys(local, keys)?;
            let point = points.find(local, Some(version), tier)?;
            let values = many::values(local, &point, tier, keyspace, &keys)?;
            tell(Answer::Values { version: point.version, values: &values });
        }
        Ask::Count => tell(Answer::Counts(host.counts())),
        Ask::Expire { version } => tell(Answer::Size(local.expire(version)?)),
        _ if tier == Tier::Memory => return Err(Error::new(NOT_IN_MEMORY)),
        Ask::Inspect => tell(Answer::Facts(Box::new(Facts::of(local)))),
        Ask::Who { expire } => tell(Answer::Roll(local.roll(expire.map(Uuid::from_bytes))?)),
        Ask::Estimate { keyspace, begin, end } => {
            check_range(local, keyspace, begin, end)?;
            tell(Answer::Size(local.estimate(keyspace, begin, end)?));
        }
        Ask::Keyspace { name, create } => tell(Answer::Keyspace(number_of(local, name, create)?)),
        Ask::Keyspaces => {
            let names = local.list_keyspaces()?;
            tell(Answer::Keyspaces(names.iter().map(|name| &**name).collect()));
        }
        Ask::DropKeyspace { name } => {
            local.drop_keyspace(name)?;
            tell(Answer::Done);
        }
        // These are handled elsewhere.
        Ask::Scan { .. }
        | Ask::Commit(_)
        | Ask::Watch { .. }
        | Ask::Unwatch { .. }
        | Ask::Sync
        | Ask::Bye
        | Ask::Here { .. }
        | Ask::Hold
        | Ask::ReadHeld { .. }
        | Ask::GiveBack { .. }
        | Ask::RaiseVersion { .. }
        | Ask::TrackChanges { .. }
        | Ask::TakeChanges { .. }
        | Ask::EndTracking { .. }
        | Ask::Upkeep { .. }
        | Ask::UpkeepNow { .. } => {
            return Err(Error::new(Code::INTERNAL_ERROR).context("a call on the wrong way"));
        }
    }
    Ok(())
}

fn check_range(local: &Local, keyspace: u32, begin: &[u8], end: &[u8]) -> Result<()> {
    local.check_keyspace(keyspace)?;
    check_key(local, begin)?;
    check_key(local, end)?;
    check_order(begin, end)
}

pub(super) fn check_key(local: &Local, key: &[u8]) -> Result<()> {
    let longest = Bounds::new(local.options()).longest_asked();
    if key.len() <= longest {
        return Ok(());
    }
    let text = format!("it has {} bytes, allowed are {longest}", key.len());
    Err(Error::new(Code::KEY_TOO_LARGE).context(text))
}

fn number_of(local: &Local, name: &str, create: bool) -> Result<Option<u32>> {
    let found = match create {
        true => Some(local.open_keyspace(name)?),
        false => local.find_keyspace(name)?,
    };
    Ok(found.map(|keyspace| keyspace.id))
}
