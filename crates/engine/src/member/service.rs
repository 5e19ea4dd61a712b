//! A member as its transactions see it.

use std::sync::{Arc, PoisonError};

use plinth_api::{Code, DatabaseOptions, Error, Result, TransactionDefaults, Value};

use super::{Member, Patience};
use crate::commit::{Outcome, Request};
use crate::executor::Executor;
use crate::metrics::Operations;
use crate::service::{AsyncCommit, Service};
use crate::store::{keyspace_gone, Range, Tier, Visit, NOT_IN_MEMORY};
use crate::transaction::Idle;
use crate::upstream::LOST;
use crate::version::ReadPoint;
use crate::watch::{Slot, Watch};

/// Who is told the outcome of a commit.
type Tell = Box<dyn FnOnce(Result<Option<Outcome>>) + Send>;

impl Member {
    /// Sends a commit on its way. It is sent again if it certainly came to nothing.
    fn send_commit(self: Arc<Self>, request: Request, done: Tell, brief: bool, mut patience: Patience) {
        let connected = match self.connected() {
            Ok(connected) => connected,
            Err(error) => return done(Err(error)),
        };
        let (me, through) = (self.clone(), connected.clone());
        let told = move |(request, result): Outcome| match result {
            Err(error) if error.code() == LOST => {
                let executor = me.front.executor.clone();
                executor.submit(Box::new(move || match me.lost_again(&through, &mut patience) {
                    Ok(()) => me.send_commit(request, done, brief, patience),
                    Err(error) => done(Ok(Some((request, Err(error))))),
                }));
            }
            result if brief => done(Ok(Some((request, result)))),
            result => me.front.executor.submit(Box::new(move || done(Ok(Some((request, result)))))),
        };
        connected.upstream.commit_async(request, Box::new(told));
    }

    fn newest(&self, tier: Tier, lock_aware: bool) -> Result<Arc<ReadPoint>> {
        if tier == Tier::Memory && self.current.load().is_none() {
            return Err(Error::new(NOT_IN_MEMORY));
        }
        self.ask(|upstream| upstream.latest(tier, lock_aware))
    }

    /// Tells the present host of a watch that waits, once.
    fn tell_watch(&self, number: u64) {
        let Some(connected) = self.current.load_full() else {
            // The next host is told of every watch.
            return;
        };
        let mut waiting = self.waiting();
        let Some((watch, told)) = waiting.get_mut(&number).filter(|(_, told)| *told < connected.life) else {
            return;
        };
        *told = connected.life;
        let watch = watch.clone();
        drop(waiting);
        connected.upstream.watch(&watch);
        if watch.has_ended() {
            connected.upstream.unwatch(&watch);
        }
    }

    /// Tells the present host of every watch.
    pub(super) fn tell_watches(&self) {
        let numbers: Vec<u64> = self.waiting().keys().copied().collect();
        numbers.into_iter().for_each(|number| self.tell_watch(number));
    }
}

impl Service for Member {
    fn options(&self) -> &DatabaseOptions {
        &self.front.options
    }

    fn defaults(&self) -> TransactionDefaults {
        self.front.defaults()
    }

    fn identity(&self) -> (&str, &str) {
        (&self.front.identity.0, &self.front.identity.1)
    }

    fn check_open(&self) -> Result<()> {
        self.front.check_open()
    }

    fn check_writable(&self) -> Result<()> {
        self.front.check_open()
    }

    fn check_keyspace(&self, keyspace: u32) -> Result<()> {
        if keyspace == 0 {
            return Ok(());
        }
        if !self.keyspaces.read().unwrap_or_else(PoisonError::into_inner).contains(&keyspace) {
            return Err(keyspace_gone(keyspace));
        }
        match &*self.current.load() {
            Some(connected) => connected.upstream.check_keyspace(keyspace),
            None => Ok(()),
        }
    }

    fn latest(&self, tier: Tier) -> Result<Arc<ReadPoint>> {
        self.newest(tier, true)
    }

    fn latest_unlocked(&self, tier: Tier) -> Result<Arc<ReadPoint>> {
        self.newest(tier, false)
    }

    fn at(&self, version: i64) -> Result<Arc<ReadPoint>> {
        self.ask(|upstream| self.front.executor.blocking(|| upstream.at(version, true)))
    }

    fn at_once(&self, version: i64) -> Result<Arc<ReadPoint>> {
        self.ask(|upstream| upstream.at(version, false))
    }

    fn get(&self, at: &ReadPoint, tier: Tier, keyspace: u32, key: &[u8]) -> Result<Option<Value>> {
        self.ask_at(|upstream| upstream.get(at, tier, keyspace, key))
    }

    fn get_many(&self, at: &ReadPoint, tier: Tier, keyspace: u32, keys: &[&[u8]]) -> Result<Vec<Option<Value>>> {
        self.ask_at(|upstream| upstream.get_many(at, tier, keyspace, keys))
    }

    fn get_latest(&self, keyspace: u32, key: &[u8]) -> Result<(Arc<ReadPoint>, Option<Value>)> {
        self.ask(|upstream| upstream.get_latest(Tier::Disk, keyspace, key))
    }

    fn scan(&self, at: &ReadPoint, tier: Tier, range: Range<'_>, visit: &mut Visit<'_>) -> Result<()> {
        self.ask_at(|upstream| upstream.scan(at, tier, range, visit))
    }

    fn estimate(&self, keyspace: u32, begin: &[u8], end: &[u8]) -> Result<u64> {
        self.ask(|upstream| upstream.estimate(keyspace, begin, end))
    }

    fn prepare(&self, _request: &mut Request) -> Result<()> {
        // The host does it.
        Ok(())
    }

    fn commit(&self, mut request: Request) -> Outcome {
        let mut patience = Patience::default();
        loop {
            let connected = match self.connected() {
                Ok(connected) => connected,
                Err(error) => return (request, Err(error)),
            };
            let outcome = connected.upstream.commit(request);
            match outcome {
                (again, Err(error)) if error.code() == LOST => match self.lost_again(&connected, &mut patience) {
                    Ok(()) => request = again,
                    Err(error) => return (again, Err(error)),
                },
                outcome => return outcome,
            }
        }
    }

    fn commit_async(&self, AsyncCommit { prepare, done, brief }: AsyncCommit) {
        let Some(me) = self.me.upgrade() else {
            return done(Err(Error::new(Code::DATABASE_CLOSED)));
        };
        // It may wait for a host.
        self.front.executor.submit(Box::new(move || match prepare() {
            Ok(Some(request)) => me.send_commit(request, done, brief, Patience::default()),
            Ok(None) => done(Ok(None)),
            Err(error) => done(Err(error)),
        }));
    }

    fn help_commits(&self) {
        if let Some(connected) = &*self.current.load() {
            connected.upstream.help_commits();
        }
    }

    fn commit_failed(&self, code: Code) {
        if let Some(connected) = &*self.current.load() {
            connected.upstream.commit_failed(code);
        }
    }

    fn executor(&self) -> &Arc<Executor> {
        &self.front.executor
    }

    fn idle(&self) -> &Idle {
        &self.front.idle
    }

    fn note_slow(&self) {
        self.front.slow.add(1);
    }

    fn reserve_watch(&self) -> Result<Slot> {
        self.front.reserve_watch()
    }

    fn activate(&self, watches: Vec<Arc<Watch>>) {
        let numbers: Vec<u64> = watches.iter().map(|watch| watch.number).collect();
        self.waiting().extend(watches.into_iter().map(|watch| (watch.number, (watch, 0))));
        numbers.iter().for_each(|number| self.tell_watch(*number));
        // Closing takes out what is listed; what came after that is taken out here. So is what was
        // cancelled between the transaction and here.
        let closed = self.front.check_open().is_err();
        for number in numbers {
            let mut waiting = self.waiting();
            let gone = waiting.get(&number).is_some_and(|(watch, _)| closed || watch.has_ended());
            let gone = if gone { waiting.remove(&number) } else { None };
            drop(waiting);
            if let Some((watch, _)) = gone {
                self.front.end_watch(&watch, Err(Error::new(Code::DATABASE_CLOSED)));
            }
        }
    }

    fn forget_watch(&self, watch: &Arc<Watch>) {
        let known = self.waiting().remove(&watch.number);
        let connected = self.current.load_full();
        if let (Some(_), Some(connected)) = (known, connected) {
            connected.upstream.unwatch(watch);
        }
    }

    fn reserve(&self, bytes: usize) -> Result<()> {
        self.front.reserve(bytes)
    }

    fn release(&self, bytes: usize) {
        self.front.release(bytes);
    }

    fn operations(&self) -> &Operations {
        &self.front.operations
    }

    fn ended(&self) {
        self.front.ended();
    }
}
