//! Handles are tokens: a type tag, a generation and an index into a table, in the bits of a
//! pointer that is never followed. A null, stale, doubly destroyed, foreign or wrong-type
//! handle is told apart here and never becomes a memory access.
//!
//! Life of a slot: `free -> live -> retired -> free`. Its one atomic word holds the generation
//! (upper 32 bits), the live bit, and the number of guards in use (lower 31 bits). Only the
//! transition to "not live and no guards" may touch the object, and exactly one thread makes
//! it: the remover if no guard is out, else the last guard to go. The generation grows before
//! the slot is used again; a slot whose generations are used up is never used again.
//!
//! A slot has a cache line of its own: what one thread does with its object is not felt by another with the next.
//! Where many threads use the same object all the time, a table has more such words for each slot, lanes, and a
//! thread counts its guards in one of them. Each goes through the life above; they become live before the first
//! lane does, which alone says that a handle can be removed, and the last of them that is "not live and no guards"
//! ends the object.
//!
//! A forked child has slots of its own, with indices above those that its parent had given out, and never
//! touches the parent's: a thread that is not there may have locked them. So a handle of the parent is told
//! by its index. The parent's objects, and guards that were out when it forked, are left as they are.
//!
//! Lock order: a shard's free list is a leaf; nothing is called while it is held.

use std::cell::{Cell, UnsafeCell};
use std::mem::{ManuallyDrop, MaybeUninit};
use std::ops::Deref;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use plinth_api::{Code, Error};

use crate::fork;

const LIVE: u64 = 1 << 31;
const GUARDS: u64 = LIVE - 1;
const INDEX_BITS: u32 = 28;
const MOST_INDICES: u32 = 1 << INDEX_BITS;
const GENERATION_BITS: u32 = 28;
const GENERATION_MASK: u64 = (1 << GENERATION_BITS) - 1;
const FIRST_CHUNK: usize = 64;
const CHUNKS: usize = 23;
/// Free lists. Up to that many threads share none.
const SHARDS: usize = 64;

/// Every tag sets the top bits, so that no address of user space looks like a handle.
const TAG_BASE: u64 = 0xA0;
const TAG_END: u64 = TAG_BASE + 16;

/// Aligned by `more`, be there none of them.
struct Slot<T, const MORE: usize> {
    /// The first lane.
    state: AtomicU64,
    /// Lanes that are not at their end, where there are more than one.
    left: AtomicUsize,
    object: UnsafeCell<MaybeUninit<T>>,
    more: [Lane; MORE],
}

/// A lane beside the first, on a cache line of its own.
#[repr(align(64))]
struct Lane(AtomicU64);

/// A table of the objects of one handle type, with so many more lanes for each than one.
pub struct Table<T, const MORE: usize = 0> {
    name: &'static str,
    tag: u64,
    /// In the process that loaded the library.
    first: Slots<T, MORE>,
    /// In a child, once it has used the table.
    later: AtomicPtr<Slots<T, MORE>>,
}

/// The slots of one process.
struct Slots<T, const MORE: usize> {
    era: u32,
    /// Indices below it were given out by a process that this one was forked from.
    base: u32,
    chunks: [OnceLock<Box<[Slot<T, MORE>]>>; CHUNKS],
    unused: AtomicU32,
    free: [Shard; SHARDS],
    /// Those of the process before: never freed, and reachable to tools that search for what is lost.
    _before: *const Slots<T, MORE>,
}

// SAFETY: objects are moved in by one thread, shared by reference between guards and dropped by
// whichever thread is last, which is what `Send + Sync` allows.
unsafe impl<T: Send + Sync, const MORE: usize> Sync for Table<T, MORE> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync, const MORE: usize> Send for Table<T, MORE> {}

/// A free list, on a cache line of its own. The count is looked at without the lock, so that a thread
/// whose list is empty does not stop at those of others that are empty too. One index lies beside the
/// list: a thread that makes and ends one object after the other needs no lock.
#[repr(align(64))]
struct Shard {
    /// One more than an index, or 0.
    ready: AtomicU32,
    count: AtomicUsize,
    list: Mutex<Vec<u32>>,
}

impl Shard {
    const fn new() -> Self {
        Self { ready: AtomicU32::new(0), count: AtomicUsize::new(0), list: Mutex::new(Vec::new()) }
    }

    fn pop(&self) -> Option<u32> {
        // Whoever swaps it out has it; what was done to its slot before it was put there is seen.
        if self.ready.load(Ordering::Relaxed) != 0 {
            if let Some(index) = self.ready.swap(0, Ordering::Acquire).checked_sub(1) {
                return Some(index);
            }
        }
        if self.count.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        let index = list.pop();
        self.count.store(list.len(), Ordering::Relaxed);
        index
    }

    fn push(&self, index: u32) {
        let is_free = self.ready.load(Ordering::Relaxed) == 0;
        if is_free && self.ready.compare_exchange(0, index + 1, Ordering::Release, Ordering::Relaxed).is_ok() {
            return;
        }
        let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        list.push(index);
        self.count.store(list.len(), Ordering::Relaxed);
    }
}

/// Where a handle leads: the slots of this process, the one that is meant, its index and its generation.
type Place<'a, T, const MORE: usize> = (&'a Slots<T, MORE>, &'a Slot<T, MORE>, u32, u64);

/// Keeps an object alive while a call uses it.
pub struct Guard<'a, T, const MORE: usize = 0> {
    slots: &'a Slots<T, MORE>,
    slot: &'a Slot<T, MORE>,
    index: u32,
    lane: u32,
}

impl<T, const MORE: usize> Slot<T, MORE> {
    fn new() -> Self {
        let state = || AtomicU64::new(1 << 32);
        let object = UnsafeCell::new(MaybeUninit::uninit());
        Self { state: state(), left: AtomicUsize::new(0), object, more: std::array::from_fn(|_| Lane(state())) }
    }

    #[inline]
    fn lane(&self, number: u32) -> &AtomicU64 {
        match number.checked_sub(1) {
            Some(more) => &self.more[more as usize].0,
            None => &self.state,
        }
    }

    /// Gives all lanes a state: the first one at last.
    fn set(&self, state: u64) {
        self.more.iter().for_each(|lane| lane.0.store(state, Ordering::Release));
        self.state.store(state, Ordering::Release);
    }

    /// Notes that a lane is at its end. Returns whether all of them are.
    #[inline]
    fn ended(&self) -> bool {
        MORE == 0 || self.left.fetch_sub(1, Ordering::AcqRel) == 1
    }

    /// Ends the lanes beside the first, which has ended. Returns whether that was the end of all.
    fn end_more(&self) -> bool {
        // Not all are asked at once: each has to be ended.
        self.more.iter().fold(false, |all, lane| {
            let before = lane.0.fetch_and(!LIVE, Ordering::AcqRel);
            (before & GUARDS == 0 && self.ended()) || all
        })
    }
}

impl<T, const MORE: usize> Table<T, MORE> {
    /// A table for handles called `name` in messages; `kind` (0..16) tells types apart.
    pub const fn new(name: &'static str, kind: u8) -> Self {
        Self { name, tag: TAG_BASE + kind as u64, first: Slots::new(0, 0, null()), later: AtomicPtr::new(null_mut()) }
    }

    /// Stores an object and returns its handle. Fails when the table is full.
    pub fn insert(&self, object: T) -> Result<usize, Error> {
        let slots = self.slots();
        let Some((index, slot)) = slots.take_index().and_then(|index| Some((index, slots.slot(index)?))) else {
            return Err(self.full());
        };
        // SAFETY: the index came from the free list, so this thread alone uses the slot, and a
        // free slot holds no object.
        unsafe { (*slot.object.get()).write(object) };
        let generation = slot.state.load(Ordering::Relaxed) >> 32;
        slot.left.store(MORE + 1, Ordering::Relaxed);
        slot.set((generation << 32) | LIVE);
        Ok(self.token(index, generation))
    }

    /// Looks a handle up and keeps its object alive while the guard lives.
    pub fn get(&self, handle: usize) -> Result<Guard<'_, T, MORE>, Error> {
        let (slots, slot, index, generation) = self.locate(handle)?;
        let lane = own_lane::<MORE>();
        let word = slot.lane(lane);
        let mut state = word.load(Ordering::Relaxed);
        loop {
            if state >> 32 != generation || state & LIVE == 0 {
                return Err(self.stale());
            }
            match word.compare_exchange_weak(state, state + 1, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => return Ok(Guard { slots, slot, index, lane }),
                Err(now) => state = now,
            }
        }
    }

    /// Ends a handle. Its object is dropped now, or when the last call using it returns.
    pub fn remove(&self, handle: usize) -> Result<(), Error> {
        let (slots, slot, index, generation) = self.locate(handle)?;
        let mut state = slot.state.load(Ordering::Relaxed);
        loop {
            if state >> 32 != generation || state & LIVE == 0 {
                return Err(self.stale());
            }
            match slot.state.compare_exchange_weak(state, state & !LIVE, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(before) => {
                    let first_has_ended = before & GUARDS == 0 && slot.ended();
                    if slot.end_more() || first_has_ended {
                        slots.retire(slot, index);
                    }
                    return Ok(());
                }
                Err(now) => state = now,
            }
        }
    }

    /// Calls `look` with every object that has a handle now.
    pub fn each(&self, mut look: impl FnMut(&T)) {
        self.each_handle(|_, object| look(object));
    }

    /// The same, with its handle.
    pub fn each_handle(&self, mut look: impl FnMut(usize, &T)) {
        let slots = self.slots();
        for index in slots.base..slots.end() {
            let Some(generation) = slots.slot(index).map(|slot| slot.state.load(Ordering::Relaxed) >> 32) else {
                continue;
            };
            let handle = self.token(index, generation);
            if let Ok(object) = self.get(handle) {
                look(handle, &object);
            }
        }
    }

    /// How many slots were ever used: the table's bound, for tests of leaks.
    pub fn slots_used(&self) -> u32 {
        self.slots().unused.load(Ordering::Relaxed)
    }

    /// Those of this process.
    #[inline]
    fn slots(&self) -> &Slots<T, MORE> {
        match fork::era() {
            0 => &self.first,
            era => self.slots_of_child(era),
        }
    }

    #[cold]
    fn slots_of_child(&self, era: u32) -> &Slots<T, MORE> {
        let before = self.later.load(Ordering::Acquire);
        // SAFETY: what was stored is never freed.
        match unsafe { before.as_ref() } {
            Some(slots) if slots.era == era => slots,
            Some(slots) => self.renew(era, before, slots),
            None => self.renew(era, before, &self.first),
        }
    }

    /// The slots of a child that uses the table for the first time, after those of `parent`.
    #[cold]
    fn renew(&self, era: u32, before: *mut Slots<T, MORE>, parent: &Slots<T, MORE>) -> &Slots<T, MORE> {
        let fresh = Box::into_raw(Box::new(Slots::new(era, parent.end(), parent)));
        let slots = match self.later.compare_exchange(before, fresh, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => fresh,
            Err(other) => {
                // SAFETY: it comes from the box above and nobody has seen it.
                drop(unsafe { Box::from_raw(fresh) });
                other
            }
        };
        // SAFETY: it was stored, so it is never freed; and in this era, by this or another thread.
        unsafe { &*slots }
    }

    #[inline]
    fn locate(&self, handle: usize) -> Result<Place<'_, T, MORE>, Error> {
        let bits = handle as u64;
        if bits >> (INDEX_BITS + GENERATION_BITS) != self.tag {
            return Err(self.foreign(handle));
        }
        let index = (bits & u64::from(MOST_INDICES - 1)) as u32;
        let generation = (bits >> INDEX_BITS) & GENERATION_MASK;
        let slots = self.slots();
        let Some(slot) = slots.slot(index) else {
            return Err(self.unknown(index < slots.base));
        };
        Ok((slots, slot, index, generation))
    }

    #[cold]
    fn foreign(&self, handle: usize) -> Error {
        let tag = handle as u64 >> (INDEX_BITS + GENERATION_BITS);
        let text = match tag {
            0 if handle == 0 => format!("the {} handle is NULL", self.name),
            TAG_BASE..TAG_END => format!("expected a {} handle and got a handle of another type", self.name),
            _ => format!("expected a {} handle and got not a handle", self.name),
        };
        Error::new(Code::INVALID_HANDLE).context(text)
    }

    #[cold]
    fn full(&self) -> Error {
        Error::new(Code::TOO_MANY_HANDLES).context(format!("there are too many {} handles", self.name))
    }

    #[cold]
    fn unknown(&self, inherited: bool) -> Error {
        match inherited {
            true => fork::inherited().context(format!("the {} handle is the parent's", self.name)),
            false => Error::new(Code::INVALID_HANDLE).context(format!("the {} handle was never given out", self.name)),
        }
    }

    #[cold]
    fn stale(&self) -> Error {
        Error::new(Code::INVALID_HANDLE).context(format!("the {} handle was already destroyed", self.name))
    }

    fn token(&self, index: u32, generation: u64) -> usize {
        ((self.tag << (INDEX_BITS + GENERATION_BITS)) | (generation << INDEX_BITS) | u64::from(index)) as usize
    }
}

impl<T, const MORE: usize> Slots<T, MORE> {
    const fn new(era: u32, base: u32, before: *const Self) -> Self {
        Self {
            era,
            base,
            chunks: [const { OnceLock::new() }; CHUNKS],
            unused: AtomicU32::new(0),
            free: [const { Shard::new() }; SHARDS],
            _before: before,
        }
    }

    /// One past the indices in use.
    fn end(&self) -> u32 {
        self.base + self.unused.load(Ordering::Relaxed)
    }

    /// Where a slot is. Chunk `c` holds `FIRST_CHUNK << c` slots, so a number maps to a chunk by its
    /// magnitude.
    #[inline]
    fn place(&self, index: u32) -> Option<(usize, usize)> {
        let position = index.checked_sub(self.base)? as usize + FIRST_CHUNK;
        let chunk = (position / FIRST_CHUNK).ilog2() as usize;
        Some((chunk, position - (FIRST_CHUNK << chunk)))
    }

    #[inline]
    fn slot(&self, index: u32) -> Option<&Slot<T, MORE>> {
        let (chunk, place) = self.place(index)?;
        self.chunks.get(chunk)?.get()?.get(place)
    }

    #[inline]
    fn take_index(&self) -> Option<u32> {
        let own = shard();
        self.free[own % SHARDS].pop().or_else(|| self.take_other(own))
    }

    /// One from the list of other threads, or a new one.
    #[cold]
    fn take_other(&self, own: usize) -> Option<u32> {
        let found = (1..SHARDS).find_map(|step| self.free[(own + step) % SHARDS].pop());
        found.or_else(|| self.grow())
    }

    fn grow(&self) -> Option<u32> {
        let next = |next| (self.base + next < MOST_INDICES).then_some(next + 1);
        let index = self.base + self.unused.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).ok()?;
        let (chunk, _) = self.place(index)?;
        self.chunks.get(chunk)?.get_or_init(|| (0..FIRST_CHUNK << chunk).map(|_| Slot::new()).collect());
        Some(index)
    }

    /// Drops the object and frees the slot. Called once per life of a slot, see the file's top.
    fn retire(&self, slot: &Slot<T, MORE>, index: u32) {
        if self.era != fork::era() {
            // The parent's: a guard that was out when it forked.
            return;
        }
        // SAFETY: not live and no guards: nobody else reaches the object, and it was written by
        // `insert` in this generation.
        let object = unsafe { (*slot.object.get()).assume_init_read() };
        let generation = (slot.state.load(Ordering::Acquire) >> 32) + 1;
        if generation <= GENERATION_MASK {
            slot.set(generation << 32);
            self.free[shard() % SHARDS].push(index);
        }
        // Last, and with no lock held: dropping an object may run long or call out.
        drop(object);
    }
}

impl<T, const MORE: usize> Deref for Guard<'_, T, MORE> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the guard is counted in a lane of the slot, so the object was written and is
        // not dropped before the guard is.
        unsafe { (*self.slot.object.get()).assume_init_ref() }
    }
}

impl<T> Guard<'_, T> {
    /// Ends the handle and the guard in one step. False if the handle has been ended by somebody else.
    pub fn remove(self) -> bool {
        let mut state = self.slot.state.load(Ordering::Relaxed);
        // Of this generation: the guard is counted in it.
        while state & LIVE != 0 {
            let ended = (state & !LIVE) - 1;
            match self.slot.state.compare_exchange_weak(state, ended, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => {
                    let guard = ManuallyDrop::new(self);
                    if ended & GUARDS == 0 && guard.slot.ended() {
                        guard.slots.retire(guard.slot, guard.index);
                    }
                    return true;
                }
                Err(now) => state = now,
            }
        }
        false
    }
}

impl<T, const MORE: usize> Drop for Guard<'_, T, MORE> {
    fn drop(&mut self) {
        let before = self.slot.lane(self.lane).fetch_sub(1, Ordering::AcqRel);
        if before & LIVE == 0 && before & GUARDS == 1 && self.slot.ended() {
            self.slots.retire(self.slot, self.index);
        }
    }
}

/// The lane of the calling thread.
#[inline]
fn own_lane<const MORE: usize>() -> u32 {
    match MORE {
        0 => 0,
        more => (shard() % (more + 1)) as u32,
    }
}

/// Spreads threads over the free lists and lanes. A plain cell: it leaves nothing behind with the thread.
#[inline]
fn shard() -> usize {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    thread_local! { static SHARD: Cell<u32> = const { Cell::new(u32::MAX) } }
    SHARD
        .try_with(|cell| {
            if cell.get() == u32::MAX {
                cell.set(NEXT.fetch_add(1, Ordering::Relaxed) % SHARDS as u32);
            }
            cell.get() as usize
        })
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn every_kind_of_bad_handle_is_an_error() {
        let table: Table<u32> = Table::new("thing", 1);
        let other: Table<u32> = Table::new("other", 2);
        let handle = table.insert(7).unwrap();
        assert_eq!(*table.get(handle).unwrap(), 7);
        assert!(other.get(handle).is_err(), "wrong type");
        assert!(table.get(0).is_err(), "null");
        assert!(table.get(&raw const table as usize).is_err(), "foreign");
        assert!(table.get(handle + 1).is_err(), "never given out");
        table.remove(handle).unwrap();
        assert!(table.remove(handle).is_err(), "destroyed twice");
        let again = table.insert(8).unwrap();
        assert_ne!(handle, again, "the same slot has another generation");
        assert!(table.get(handle).is_err(), "stale");
        table.remove(again).unwrap();
    }

    struct Counted(Arc<AtomicUsize>);
    impl Drop for Counted {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn an_object_in_use_outlives_its_handle() {
        let drops = Arc::new(AtomicUsize::new(0));
        let table: Table<Counted> = Table::new("thing", 1);
        let handle = table.insert(Counted(drops.clone())).unwrap();
        let guard = table.get(handle).unwrap();
        table.remove(handle).unwrap();
        assert_eq!(drops.load(Ordering::Relaxed), 0);
        assert!(table.get(handle).is_err());
        drop(guard);
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    }

    /// Threads take an object in their lanes while it is removed: it is dropped once, after the last of them.
    #[test]
    fn a_guard_ends_its_handle_once() {
        let table: Table<Arc<()>> = Table::new("thing", 1);
        let object = Arc::new(());
        let handle = table.insert(object.clone()).unwrap();
        let (first, second, third) =
            (table.get(handle).unwrap(), table.get(handle).unwrap(), table.get(handle).unwrap());
        assert!(first.remove());
        assert!(table.get(handle).is_err() && table.remove(handle).is_err());
        assert!(!second.remove(), "it has been ended");
        assert_eq!(Arc::strong_count(&object), 2, "a guard is out");
        drop(third);
        assert_eq!(Arc::strong_count(&object), 1);
        let handle = table.insert(object.clone()).unwrap();
        assert!(table.get(handle).unwrap().remove());
        assert_eq!((Arc::strong_count(&object), table.slots_used()), (1, 1), "the slot is used again");
    }

    #[test]
    fn an_object_with_lanes_is_dropped_after_its_last_guard() {
        struct Noted(Arc<AtomicUsize>, Arc<AtomicUsize>);
        impl Drop for Noted {
            fn drop(&mut self) {
                assert_eq!(self.0.load(Ordering::SeqCst), 0, "somebody uses it");
                self.1.fetch_add(1, Ordering::SeqCst);
            }
        }
        let (users, drops) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let table: Table<Noted, 3> = Table::new("thing", 1);
        for round in 0..500 {
            let handle = table.insert(Noted(users.clone(), drops.clone())).unwrap();
            let start = std::sync::Barrier::new(7);
            std::thread::scope(|scope| {
                for _ in 0..6 {
                    scope.spawn(|| {
                        start.wait();
                        while let Ok(guard) = table.get(handle) {
                            guard.0.fetch_add(1, Ordering::SeqCst);
                            std::hint::spin_loop();
                            guard.0.fetch_sub(1, Ordering::SeqCst);
                        }
                    });
                }
                start.wait();
                table.remove(handle).unwrap();
                assert!(table.remove(handle).is_err() && table.get(handle).is_err());
            });
            assert_eq!(drops.load(Ordering::SeqCst), round + 1);
        }
        assert_eq!(table.slots_used(), 1, "the slot is used again");
    }

    #[test]
    fn what_neighbours_do_is_not_felt() {
        assert_eq!((align_of::<Slot<u32, 0>>(), size_of::<Slot<usize, 0>>(), size_of::<Lane>()), (64, 64, 64));
    }

    #[test]
    fn racing_threads_drop_each_object_once_and_reuse_slots() {
        let drops = Arc::new(AtomicUsize::new(0));
        let table: Arc<Table<Counted>> = Arc::new(Table::new("thing", 1));
        let workers: Vec<_> = (0..8)
            .map(|_| {
                let (table, drops) = (table.clone(), drops.clone());
                std::thread::spawn(move || {
                    for _ in 0..2000 {
                        let handle = table.insert(Counted(drops.clone())).unwrap();
                        std::thread::scope(|scope| {
                            if handle % 64 == 0 {
                                scope.spawn(|| drop(table.get(handle)));
                            }
                            assert!(table.remove(handle).is_ok());
                        });
                    }
                })
            })
            .collect();
        for worker in workers {
            worker.join().unwrap();
        }
        assert_eq!(drops.load(Ordering::Relaxed), 8 * 2000);
        assert!(table.slots_used() < 256, "slots are reused: {}", table.slots_used());
    }

    #[test]
    fn tables_grow_past_their_first_chunk() {
        let table: Table<usize> = Table::new("thing", 1);
        let handles: Vec<_> = (0..1000).map(|number| table.insert(number).unwrap()).collect();
        for (number, handle) in handles.iter().enumerate() {
            assert_eq!(*table.get(*handle).unwrap(), number);
        }
        for handle in handles {
            table.remove(handle).unwrap();
        }
    }

    /// As if the table were first used in a child, and then in a child of that.
    #[test]
    fn a_child_has_slots_of_its_own_and_knows_those_of_its_parents() {
        let table: Table<u32> = Table::new("thing", 1);
        let handles = [10, 11, 12].map(|number| table.insert(number).unwrap());
        let child = table.slots_of_child(1);
        assert_eq!((child.era, child.base, child.end()), (1, 3, 3));
        assert!(std::ptr::eq(child, table.slots_of_child(1)));
        for handle in handles {
            let index = (handle & (MOST_INDICES as usize - 1)) as u32;
            assert!(index < child.base && child.slot(index).is_none());
        }
        assert_eq!((child.take_index(), child.take_index()), (Some(3), Some(4)));
        assert!(child.slot(3).is_some() && child.slot(2).is_none());
        assert_eq!(table.unknown(true).code(), Code::FORKED);
        let grandchild = table.slots_of_child(2);
        assert_eq!((grandchild.base, grandchild.take_index()), (5, Some(5)));
        assert!(grandchild.slot(4).is_none());
        handles.iter().for_each(|handle| table.remove(*handle).unwrap());
    }

    #[test]
    fn a_child_that_has_no_numbers_left_says_so() {
        let slots: Slots<u32, 0> = Slots::new(1, MOST_INDICES - 1, null());
        assert_eq!((slots.take_index(), slots.take_index()), (Some(MOST_INDICES - 1), None));
    }
}
