//! Watches: calls that end when the value of a key is no longer what it was (section 8 of the
//! rules).
//!
//! A watch waits here once its transaction has committed. Commits that write a watched key say so
//! under the sequencer's lock; when they are published the key is read and compared. No change is
//! missed: `sequencing` stores the version of a group before the group looks for watched keys, and
//! `add` lists the key before it loads that version. So either the group sees the watch, or the
//! watch knows which version it has to look at once that is published.
//!
//! Lock order: a watch's `done`, then `all`. `waiting` and `all` are leaves; no watch is ended while
//! one of them is held.

use std::collections::BTreeMap;
use std::hash::{Hash as _, Hasher as _};
use std::ops::Bound;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use plinth_api::{Code, Done, Error, Result};
use serde::{Deserialize, Serialize};

use crate::atomic::Stamp;
use crate::commit::Request;

/// Watched keys that a group wrote, with their keyspaces.
pub type Touched = Vec<(u32, Vec<u8>)>;

/// The watches of a database.
pub struct Watches {
    limit: AtomicUsize,
    /// Watches that hold a slot.
    count: AtomicUsize,
    /// Keys in `waiting`, for a look without the lock.
    listed: AtomicUsize,
    /// Version of the newest group that was or is being sequenced.
    newest: AtomicI64,
    waiting: Mutex<Waiting>,
    /// Every watch that has not ended, also before its transaction commits, by number.
    all: Mutex<BTreeMap<u64, Weak<Watch>>>,
}

/// The number of the next watch. Watches of several databases may meet in one of them.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// By keyspace, key and number.
type Waiting = BTreeMap<u32, BTreeMap<Vec<u8>, BTreeMap<u64, Arc<Watch>>>>;

/// One watch.
pub struct Watch {
    /// The keyspace.
    pub keyspace: u32,
    /// The key.
    pub key: Vec<u8>,
    /// No other watch of the process has it.
    pub number: u64,
    /// What its transaction saw.
    pub seen: Seen,
    /// Taken by whoever ends it.
    done: Mutex<Option<(Done<()>, Slot)>>,
}

/// A value, to be compared with others. Of a long one only a digest is kept, so that many watches
/// of large values stay small.
///
/// It goes from process to process: the digest is the same in all of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen(Kept);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Kept {
    Absent,
    Value(Box<[u8]>),
    Digest(usize, [u64; 2]),
}

/// Longer values are kept as a digest.
const LONGEST_KEPT: usize = 64;

impl Seen {
    /// A value; `None` is absent.
    pub fn of(value: Option<&[u8]>) -> Self {
        Self(match value {
            None => Kept::Absent,
            Some(value) if value.len() <= LONGEST_KEPT => Kept::Value(value.into()),
            Some(value) => Kept::Digest(
                value.len(),
                [0u8, 1].map(|salt| {
                    let mut hasher = std::hash::DefaultHasher::new();
                    (salt, value).hash(&mut hasher);
                    hasher.finish()
                }),
            ),
        })
    }
}

/// One watch less that the database may have (rule WATCH-8).
pub struct Slot {
    watches: Arc<Watches>,
    number: u64,
}

impl Watch {
    /// A watch for a value other than the one `seen`.
    pub fn new(keyspace: u32, key: &[u8], seen: Option<&[u8]>, done: Done<()>, slot: Slot) -> Arc<Self> {
        Self::of_seen(keyspace, key, Seen::of(seen), done, slot)
    }

    /// The same for a value that was looked at before.
    pub fn of_seen(keyspace: u32, key: &[u8], seen: Seen, done: Done<()>, slot: Slot) -> Arc<Self> {
        let (watches, number) = (slot.watches.clone(), slot.number);
        let done = Mutex::new(Some((done, slot)));
        let watch = Arc::new(Self { keyspace, key: key.to_vec(), number, seen, done });
        watches.lock_all().insert(number, Arc::downgrade(&watch));
        watch
    }

    /// Whether a value is another one than was seen.
    pub fn differs(&self, value: Option<&[u8]>) -> bool {
        self.differs_from(&Seen::of(value))
    }

    /// The same for one that was looked at before.
    pub fn differs_from(&self, value: &Seen) -> bool {
        self.seen != *value
    }

    /// Whether it watches this key.
    pub fn is_on(&self, keyspace: u32, key: &[u8]) -> bool {
        self.keyspace == keyspace && *self.key == *key
    }

    /// Whether it watches a key in `[begin, end)`.
    pub fn is_in(&self, keyspace: u32, begin: &[u8], end: &[u8]) -> bool {
        self.keyspace == keyspace && *begin <= *self.key && *self.key < *end
    }

    /// Whether its outcome was taken.
    pub fn has_ended(&self) -> bool {
        self.done.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }

    /// Takes what is to be told when it ends, and gives up its room; `None` if it has ended.
    pub fn take(&self) -> Option<Done<()>> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner).take().map(|(done, _)| done)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.watches.lock_all().remove(&self.number);
        self.watches.count.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Watches {
    /// No watches, and at most `limit`.
    pub fn new(limit: usize) -> Self {
        Self {
            limit: AtomicUsize::new(limit),
            count: AtomicUsize::new(0),
            listed: AtomicUsize::new(0),
            newest: AtomicI64::new(0),
            waiting: Mutex::default(),
            all: Mutex::default(),
        }
    }

    /// How many there may be from now on. Those there are stay.
    pub fn set_limit(&self, limit: usize) {
        self.limit.store(limit, Ordering::Relaxed);
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Room for one more; `too_many_watches` (1032) if there is none.
    pub fn reserve(self: &Arc<Self>) -> Result<Slot> {
        let limit = self.limit.load(Ordering::Relaxed);
        let more = |count: usize| (count < limit).then_some(count + 1);
        match self.count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more) {
            Ok(_) => {
                let number = NEXT.fetch_add(1, Ordering::Relaxed);
                Ok(Slot { watches: self.clone(), number })
            }
            Err(count) => Err(Error::new(Code::TOO_MANY_WATCHES).context(format!("{count} wait, allowed are {limit}"))),
        }
    }

    /// Has a watch wait for a change. Returns the version that must be published before its key is
    /// compared for the first time.
    pub fn add(&self, watch: Arc<Watch>) -> i64 {
        let mut waiting = self.lock();
        let keys = waiting.entry(watch.keyspace).or_default();
        let watches = keys.entry(watch.key.clone()).or_default();
        if watches.is_empty() {
            self.listed.fetch_add(1, Ordering::SeqCst);
        }
        watches.insert(watch.number, watch);
        drop(waiting);
        self.newest.load(Ordering::SeqCst)
    }

    /// Notes that a group with this version is about to be sequenced.
    pub fn sequencing(&self, version: i64) {
        self.newest.store(version, Ordering::SeqCst);
    }

    /// Adds the watched keys that a commit writes. Any kind of write counts (rule WATCH-6).
    pub fn touched(&self, request: &Request, stamp: &Stamp, touched: &mut Touched) {
        if self.listed.load(Ordering::SeqCst) == 0 {
            return;
        }
        let waiting = self.lock();
        for (keyspace, overlay) in &request.overlays {
            let Some(keys) = waiting.get(keyspace) else {
                continue;
            };
            let mut touch = |key: &[u8]| touched.push((*keyspace, key.to_vec()));
            let is_watched = |key: &[u8]| keys.contains_key(key);
            overlay.keys().filter(|(key, _)| is_watched(key)).for_each(|(key, _)| touch(key));
            for (begin, end) in overlay.clears() {
                let inside = keys.range::<[u8], _>((Bound::Included(begin), Bound::Excluded(end)));
                inside.for_each(|(key, _)| touch(key));
            }
            let stamped = overlay.stamped_keys().iter().map(|key| key.key(stamp));
            stamped.filter(|key| is_watched(key)).for_each(|key| touch(&key));
        }
    }

    /// Whether somebody watches a key.
    pub fn is_watched(&self, keyspace: u32, key: &[u8]) -> bool {
        self.lock().get(&keyspace).is_some_and(|keys| keys.contains_key(key))
    }

    /// Takes out the watches of a key that fire.
    pub fn take_if(&self, keyspace: u32, key: &[u8], fires: impl Fn(&Watch) -> bool) -> Vec<Arc<Watch>> {
        let mut taken = Vec::new();
        self.change(keyspace, key, |watches| {
            let (ended, others): (BTreeMap<_, _>, _) =
                std::mem::take(watches).into_iter().partition(|(_, watch)| fires(watch));
            taken = ended.into_values().collect();
            *watches = others;
        });
        taken
    }

    /// Takes a watch out, if it waits here.
    pub fn remove(&self, watch: &Arc<Watch>) {
        self.change(watch.keyspace, &watch.key, |watches| {
            watches.remove(&watch.number);
        });
    }

    /// Changes the watches of a key, and forgets the key when it has none.
    fn change(&self, keyspace: u32, key: &[u8], change: impl FnOnce(&mut BTreeMap<u64, Arc<Watch>>)) {
        let mut waiting = self.lock();
        let Some(keys) = waiting.get_mut(&keyspace) else {
            return;
        };
        let Some(watches) = keys.get_mut(key) else {
            return;
        };
        change(watches);
        if watches.is_empty() {
            keys.remove(key);
            self.listed.fetch_sub(1, Ordering::SeqCst);
        }
    }

    /// Every watch there is, or those of one keyspace: those that wait here, which are taken out,
    /// and those whose transaction has not committed.
    pub fn take_all(&self, keyspace: Option<u32>) -> Vec<Arc<Watch>> {
        let mut waiting = self.lock();
        let taken = match keyspace {
            None => std::mem::take(&mut *waiting),
            Some(keyspace) => waiting.remove_entry(&keyspace).into_iter().collect(),
        };
        let keys: usize = taken.values().map(BTreeMap::len).sum();
        self.listed.fetch_sub(keys, Ordering::SeqCst);
        drop(waiting);
        let all: Vec<_> = self.lock_all().values().filter_map(Weak::upgrade).collect();
        all.into_iter().filter(|watch| keyspace.is_none_or(|keyspace| watch.keyspace == keyspace)).collect()
    }

    fn lock_all(&self) -> MutexGuard<'_, BTreeMap<u64, Weak<Watch>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::overlay::Overlay;

    fn watch(watches: &Arc<Watches>, key: &[u8]) -> Arc<Watch> {
        Watch::new(0, key, None, Box::new(|_| {}), watches.reserve().unwrap())
    }

    fn touched(watches: &Watches, write: impl Fn(&mut Overlay)) -> Vec<String> {
        let mut overlay = Overlay::default();
        write(&mut overlay);
        let request = Request { overlays: vec![(0, Arc::new(overlay))], ..Request::default() };
        let mut touched = Touched::new();
        watches.touched(&request, &[0; 10], &mut touched);
        touched.iter().map(|(_, key)| String::from_utf8_lossy(key).into_owned()).collect()
    }

    /// WATCH-6: every way to write a key is noticed.
    #[test]
    fn every_kind_of_write_touches_a_watched_key() {
        let watches = Arc::new(Watches::new(10));
        assert!(touched(&watches, |overlay| overlay.set(b"b", b"")).is_empty());
        watches.add(watch(&watches, b"b"));
        watches.add(watch(&watches, b"d"));
        assert_eq!(touched(&watches, |overlay| overlay.set(b"b", b"")), ["b"]);
        assert_eq!(touched(&watches, |overlay| overlay.clear(b"d")), ["d"]);
        assert_eq!(touched(&watches, |overlay| overlay.clear_range(b"a", b"c")), ["b"]);
        assert_eq!(touched(&watches, |overlay| overlay.clear_range(b"a", b"z")), ["b", "d"]);
        assert!(touched(&watches, |overlay| overlay.set(b"c", b"")).is_empty());
    }

    /// WATCH-8: the limit counts watches until they are gone.
    #[test]
    fn the_limit_counts_watches_until_they_are_gone() {
        let watches = Arc::new(Watches::new(2));
        let (first, second) = (watch(&watches, b"k"), watch(&watches, b"k"));
        assert_eq!(watches.reserve().err().map(|error| error.code()), Some(Code::TOO_MANY_WATCHES));
        watches.add(first.clone());
        watches.remove(&first);
        assert!(first.take().is_some() && first.take().is_none());
        assert_eq!(watches.count(), 1);
        assert!(watches.reserve().is_ok());
        watches.add(second.clone());
        assert_eq!(watches.take_all(Some(1)).len(), 0);
        assert_eq!(watches.take_all(None).len(), 1);
        assert!(second.take().is_some());
        assert_eq!((watches.count(), watches.listed.load(Ordering::SeqCst)), (0, 0));
    }

    /// WATCH-1: only another value counts, however long it is.
    #[test]
    fn values_are_compared_whatever_their_length() {
        let watches = Arc::new(Watches::new(10));
        for length in [0, 1, LONGEST_KEPT, LONGEST_KEPT + 1, 100_000] {
            let value = vec![7; length];
            let watch = Watch::new(0, b"k", Some(&value), Box::new(|_| {}), watches.reserve().unwrap());
            assert!(!watch.differs(Some(&value)));
            assert!(watch.differs(None));
            assert!(watch.differs(Some(&[value.as_slice(), b"x"].concat())));
            if length > 0 {
                let mut other = value.clone();
                other[length / 2] = 8;
                assert!(watch.differs(Some(&other)));
            }
        }
    }
}
