//! The way from where something is said to who listens: a queue of bounded length and a thread.
//!
//! `queue` is a leaf lock, held for a few instructions: things are said under any other lock. The listener is
//! called with nothing held. Each part of the engine has an allowance that grows with time; what goes beyond
//! it, or does not fit into the queue, is counted, and the count is told once there is room again.

use std::collections::VecDeque;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle, ThreadId};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use plinth_api::{Code, Error, Result};

use super::{Level, Record, Sink};
use crate::{inherited, signals};

/// Records that wait at most.
const LONGEST_QUEUE: usize = 1_024;
/// Records of one module at once, and how many more it may tell each second.
const BURST: u32 = 200;
const EACH_SECOND: u32 = 20;
/// How long the end of the process waits for a listener.
const FAREWELL: Duration = Duration::from_secs(1);

/// A listener with its thread.
pub struct Channel {
    pub level: Level,
    /// Whether it asks for keys.
    pub keys: bool,
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
    id: ThreadId,
    era: u32,
}

struct Shared {
    queue: Mutex<Queue>,
    /// Signalled when there is something to do.
    filled: Condvar,
    /// Signalled when the thread has ended.
    ended: Condvar,
}

struct Queue {
    records: VecDeque<Record>,
    allowances: Vec<Allowance>,
    ending: Ending,
    has_ended: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    No,
    /// What waits is still told.
    Drain,
    /// Nothing more is told.
    AtOnce,
}

/// What a module may still tell.
struct Allowance {
    module: &'static str,
    left: u32,
    since: Instant,
    left_out: u64,
}

impl Channel {
    /// Begins to listen.
    pub fn begin(level: Level, keys: bool, sink: Sink) -> Result<Arc<Self>> {
        let queue = Queue { records: VecDeque::new(), allowances: Vec::new(), ending: Ending::No, has_ended: false };
        let shared = Arc::new(Shared { queue: Mutex::new(queue), filled: Condvar::new(), ended: Condvar::new() });
        let mine = shared.clone();
        let builder = Builder::new().name("plinth-log".to_owned());
        let thread = signals::without(|| builder.spawn(move || mine.run(sink)));
        let thread =
            thread.map_err(|error| Error::new(Code::IO_ERROR).context("starting a thread").caused_by(error))?;
        let (id, era) = (thread.thread().id(), inherited::era());
        Ok(Arc::new(Self { level, keys, shared, thread: Mutex::new(Some(thread)), id, era }))
    }

    /// Whether its thread is in this process and not in one that this one was forked from.
    pub fn is_of_this_process(&self) -> bool {
        self.era == inherited::era()
    }

    /// Queues a record.
    pub fn tell(&self, record: Record) {
        let mut queue = self.shared.lock();
        if queue.ending != Ending::No {
            return;
        }
        let full = queue.records.len() >= LONGEST_QUEUE;
        if queue.allowance(record.module).take(Instant::now(), full) {
            queue.records.push_back(record);
            self.shared.filled.notify_one();
        }
    }

    /// Has the listener hear what waits, and returns when its last call has; at once from within a call.
    pub fn end(&self) {
        let within = std::thread::current().id() == self.id;
        self.shared.begin_end(if within { Ending::AtOnce } else { Ending::Drain });
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread.filter(|_| !within) {
            let _ = thread.join();
        }
    }

    /// The same, but for a listener that takes long.
    pub fn end_soon(&self) {
        self.shared.begin_end(Ending::Drain);
        let until = Instant::now() + FAREWELL;
        let mut queue = self.shared.lock();
        while !queue.has_ended && std::thread::current().id() != self.id {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                queue.ending = Ending::AtOnce;
                return;
            }
            queue = self.shared.ended.wait_timeout(queue, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin_end(&self, ending: Ending) {
        self.lock().ending = ending;
        self.filled.notify_one();
    }

    fn run(&self, mut sink: Sink) {
        while let Some(record) = self.next() {
            // A listener in Rust may panic; it is called again.
            let _ = catch_unwind(AssertUnwindSafe(|| sink(&record)));
        }
        self.lock().has_ended = true;
        self.ended.notify_all();
    }

    /// Waits for the next record; `None` when the listener is to hear no more.
    fn next(&self) -> Option<Record> {
        let mut queue = self.lock();
        loop {
            if queue.ending == Ending::AtOnce {
                return None;
            }
            if let Some(record) = queue.records.pop_front().or_else(|| queue.left_out()) {
                return Some(record);
            }
            if queue.ending == Ending::Drain {
                return None;
            }
            let owes = queue.allowances.iter().any(|allowance| allowance.left_out > 0);
            queue = match owes {
                true => {
                    let again = self.filled.wait_timeout(queue, Duration::from_millis(100));
                    again.unwrap_or_else(PoisonError::into_inner).0
                }
                false => self.filled.wait(queue).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }
}

impl Queue {
    /// The allowance of a module; there are as many as the engine has modules that say something.
    fn allowance(&mut self, module: &'static str) -> &mut Allowance {
        let known = self.allowances.iter().position(|allowance| allowance.module == module);
        let at = known.unwrap_or_else(|| {
            self.allowances.push(Allowance { module, left: BURST, since: Instant::now(), left_out: 0 });
            self.allowances.len() - 1
        });
        &mut self.allowances[at]
    }

    /// What is to be said of records that were left out.
    fn left_out(&mut self) -> Option<Record> {
        let (now, ends) = (Instant::now(), self.ending != Ending::No);
        let owes = |allowance: &mut Allowance| allowance.left_out > 0 && (ends || allowance.refill(now));
        let at = self.allowances.iter_mut().position(owes)?;
        let allowance = &mut self.allowances[at];
        let left_out = std::mem::take(&mut allowance.left_out);
        Some(Record {
            level: Level::Warning,
            module: allowance.module,
            time_us: now_us(),
            message: "more was said than is told; the rest was left out".to_owned(),
            fields: vec![("left_out", left_out.to_string())],
        })
    }
}

impl Allowance {
    /// Whether one more may be told.
    fn take(&mut self, now: Instant, full: bool) -> bool {
        if full || !self.refill(now) {
            self.left_out += 1;
            return false;
        }
        self.left -= 1;
        true
    }

    /// Lets it grow with time. Whether there is any.
    fn refill(&mut self, now: Instant) -> bool {
        let seconds = now.saturating_duration_since(self.since).as_secs();
        if seconds > 0 {
            self.since += Duration::from_secs(seconds);
            let more = u32::try_from(seconds).unwrap_or(u32::MAX).saturating_mul(EACH_SECOND);
            self.left = self.left.saturating_add(more).min(BURST);
        }
        self.left > 0
    }
}

/// The time of day.
pub fn now_us() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn record(module: &'static str, number: usize) -> Record {
        Record { level: Level::Info, module, time_us: 0, message: number.to_string(), fields: Vec::new() }
    }

    #[test]
    fn a_module_that_says_too_much_is_cut_and_the_rest_counted() {
        let (tell, hear) = mpsc::channel();
        let channel = Channel::begin(Level::Info, false, Box::new(move |record| tell.send(record.clone()).unwrap()));
        let channel = channel.unwrap();
        (0..1_000).for_each(|number| channel.tell(record("much", number)));
        (0..10).for_each(|number| channel.tell(record("little", number)));
        channel.end();
        channel.tell(record("late", 0));
        let heard: Vec<Record> = hear.iter().collect();
        let of = |module| heard.iter().filter(|record| record.module == module).collect::<Vec<_>>();
        let (much, little, late) = (of("much"), of("little"), of("late"));
        let left_out: usize =
            much.iter().flat_map(|record| &record.fields).map(|(_, n)| n.parse::<usize>().unwrap()).sum();
        let told = much.iter().filter(|record| record.fields.is_empty()).count();
        assert!(told >= BURST as usize && told < 400, "{told} were told");
        assert_eq!((told + left_out, little.len(), late.len()), (1_000, 10, 0));
    }

    #[test]
    fn who_never_returns_holds_up_nobody_but_who_waits_for_it() {
        let (release, held) = mpsc::channel::<()>();
        let never_returns: Sink = Box::new(move |_| {
            let _ = held.recv();
        });
        let channel = Channel::begin(Level::Info, false, never_returns).unwrap();
        let began = Instant::now();
        for number in 0..20 * LONGEST_QUEUE {
            channel.tell(record(["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"][number % 10], number));
        }
        assert!(channel.shared.lock().records.len() <= LONGEST_QUEUE);
        channel.end_soon();
        assert!(began.elapsed() < FAREWELL * 10);
        drop(release);
        channel.end();
    }

    #[test]
    fn an_allowance_grows_with_time_up_to_a_bound() {
        let began = Instant::now();
        let mut allowance = Allowance { module: "m", left: BURST, since: began, left_out: 0 };
        assert!((0..BURST).all(|_| allowance.take(began, false)));
        assert!(!allowance.take(began, false) && !allowance.take(began + Duration::from_millis(999), false));
        let later = began + Duration::from_secs(1);
        assert!((0..EACH_SECOND).all(|_| allowance.take(later, false)) && !allowance.take(later, false));
        let much_later = began + Duration::from_secs(100_000);
        assert!((0..BURST).all(|_| allowance.take(much_later, false)) && !allowance.take(much_later, false));
        assert_eq!(allowance.left_out, 4);
    }
}
