//! Groups that are in the log and wait to be published, in their order.
//!
//! A group is published when everything before it is, and it is synced or asked for no sync.
//! So a reader never sees a commit that a power cut could take back while its writer still
//! waits for the sync. All of this is under one lock, taken after the sequencer's.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use plinth_api::Error;

use super::pace::{own_cycle, Pace};
use super::waiter::{Members, Refused, Waiter};
use super::Committed;
use crate::defects::{is_on, Defect};
use crate::version::{SharedSnapshot, Versions};
use crate::watch::Touched;

/// A group of commits with one version.
pub struct Group {
    /// Its version.
    pub version: i64,
    /// The state after it.
    pub snapshot: Arc<SharedSnapshot>,
    /// Its commits.
    pub members: Members,
    /// Whether it has to be on disk first.
    pub needs_sync: bool,
    /// A new lease that it carries.
    pub lease: Option<i64>,
    /// Watched keys that it wrote.
    pub touched: Touched,
    /// Those that lost to it, or to one before it. They are told with its members: who tries again then reads
    /// what it lost to.
    pub lost: Refused,
}

/// The groups not yet published.
pub struct PublishQueue {
    groups: VecDeque<Group>,
    /// The newest version ever added, and the newest lease.
    newest: (i64, i64),
    /// Groups ever added; the group at the front has number `added - groups.len()`.
    added: u64,
    /// Groups with a lower number are on disk.
    synced: u64,
    /// Whether a thread is syncing.
    pub syncing: bool,
    /// Whether a thread waits for that to end.
    pub wanted: bool,
    /// Commits that wait for a sync.
    pub waiting: usize,
    /// The rhythm of commits.
    pub pace: Pace,
}

impl PublishQueue {
    /// An empty queue.
    pub fn new() -> Self {
        Self {
            groups: VecDeque::new(),
            newest: (0, 0),
            added: 0,
            synced: 0,
            syncing: false,
            wanted: false,
            waiting: 0,
            pace: Pace::new(),
        }
    }

    /// Adds a group that was written at `now`, of the pipeline at `place`.
    pub fn add(&mut self, group: Group, now: Instant, place: usize) {
        if group.needs_sync {
            self.waiting += group.members.0.len();
            self.pace.came(now, group.members.0.len(), own_cycle(place));
        }
        self.newest = (group.version, group.lease.unwrap_or(self.newest.1));
        self.groups.push_back(group);
        self.added += 1;
    }

    /// Has commits that lost wait for the last group. Gives them back if there is none.
    pub fn hold(&mut self, lost: Refused) -> Option<Refused> {
        match self.groups.back_mut() {
            Some(group) => group.lost.append(lost),
            None => return Some(lost),
        }
        None
    }

    /// The number up to which a sync that starts now makes groups durable.
    pub fn sync_target(&mut self) -> u64 {
        self.waiting = 0;
        self.added
    }

    /// The newest version that such a sync makes durable, and the newest lease; 0 for none.
    pub fn newest(&self) -> (i64, i64) {
        self.newest
    }

    /// Notes that groups below `target` are on disk.
    pub fn synced_to(&mut self, target: u64) {
        self.synced = self.synced.max(target);
    }

    /// Publishes what can be published, and returns it to have its members told.
    /// `now` is what the clock says.
    pub fn publish(&mut self, versions: &Versions, now: i64) -> Vec<Group> {
        let mut published = Vec::new();
        while let Some(group) = self.groups.front() {
            let number = self.added - self.groups.len() as u64;
            if group.needs_sync && number >= self.synced {
                break;
            }
            versions.publish(group.version, Some(group.snapshot.clone()), now);
            published.extend(self.groups.pop_front());
        }
        published
    }

    /// Someone who waits for a sync and could lead it.
    pub fn next_leader(&self) -> Option<Arc<Waiter>> {
        self.groups.front().and_then(|group| group.members.0.first().cloned())
    }

    /// Whether every group is published.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// Takes every group out, to be told of a failure.
    pub fn give_up(&mut self) -> Vec<Group> {
        self.groups.drain(..).collect()
    }
}

impl Group {
    /// Tells the members that they are committed.
    pub fn succeed(mut self) -> usize {
        let members = std::mem::take(&mut self.members.0);
        for (order, member) in members.iter().enumerate() {
            let order = if is_on(Defect::ReusesStamps) { 0 } else { order as u16 };
            member.finish(Ok(Committed { version: self.version, order }));
        }
        members.len()
    }

    /// Tells the members of a failure.
    pub fn fail(mut self, error: impl Fn() -> Error) {
        for member in std::mem::take(&mut self.members.0) {
            member.finish(Err(error()));
        }
    }
}
