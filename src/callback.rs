//! Callbacks: how the outcome of an asynchronous call gets to C, exactly once.
//!
//! A call is `starting` until the function that starts it has left the backend, then `waiting`,
//! then answered. What is known while it is starting is kept and answered by that function itself,
//! when it is out of the panic guard and holds nothing: a backend that answers at once never has
//! C's code above its own frames, and a panic in it is known to the one answer there is. What
//! comes later is answered where it comes.

use std::ffi::c_void;
use std::sync::{Arc, Mutex, PoisonError};

use plinth_api::{Code, Done, Error, RangeResult, Value};
use plinth_boundary::{entry, fork};

use crate::{plinth_error, plinth_range, plinth_value};

/// Receives the outcome of a read of one value.
///
/// `error` is 0 or what went wrong, of which plinth_last_error() tells the story on this thread.
/// `value` is never NULL; what is in it belongs to the callback: free it with plinth_value_free(),
/// at once or later from a copy of the struct. It is zeroed on error.
///
/// Callbacks of all kinds run exactly once: inside the call they were given to, inside another
/// call that ends the operation (such as a reset, or a write that a watch waits for), or on a
/// thread of the library. The library holds no lock meanwhile, so they may call anything: use,
/// commit or destroy the same transaction, or close the database. Do not hold a lock that the
/// callback takes while calling into the library. They should not wait for long, and must return:
/// an exception or longjmp out of one is undefined behaviour. One that does not return keeps its
/// thread, and plinth_database_close() waits for it if that thread is the library's. Up to 60 of
/// these in a database hold up nothing else there; with more, timeouts and calls that wait for an
/// asynchronous one may wait until some return. A process that ends waits for them for 10 s.
///
/// A callback that starts the next operation may find itself called again before that call has
/// returned. A program that chains many should start the next one from a loop instead.
pub type plinth_value_callback =
    Option<unsafe extern "C" fn(user: *mut c_void, error: plinth_error, value: *mut plinth_value)>;

/// Receives the outcome of a range read, to be freed with plinth_range_free(). Otherwise as
/// plinth_value_callback.
pub type plinth_range_callback =
    Option<unsafe extern "C" fn(user: *mut c_void, error: plinth_error, range: *mut plinth_range)>;

/// Receives the outcome of a call that has no result. Otherwise as plinth_value_callback.
pub type plinth_done_callback = Option<unsafe extern "C" fn(user: *mut c_void, error: plinth_error)>;

/// Ends the use of `user`, usually by freeing it: runs exactly once, when the callback has
/// returned. It may do what a callback may.
pub type plinth_finaliser = Option<unsafe extern "C" fn(user: *mut c_void)>;

/// A callback that is not NULL.
pub(crate) trait Callback: Copy + Send + 'static {
    /// What the backend answers.
    type Outcome: Send + 'static;
    /// The C struct that is made of it, zeroed by default.
    type Given: Default;

    /// Makes the C struct.
    fn fill(given: &mut Self::Given, outcome: Self::Outcome) -> Result<(), Error>;

    /// Runs the callback.
    ///
    /// # Safety
    /// `self` may be called with `user`, as its giver promised.
    unsafe fn run(self, user: *mut c_void, error: plinth_error, given: &mut Self::Given);
}

impl Callback for unsafe extern "C" fn(*mut c_void, plinth_error, *mut plinth_value) {
    type Outcome = Option<Value>;
    type Given = plinth_value;

    fn fill(given: &mut plinth_value, outcome: Option<Value>) -> Result<(), Error> {
        given.fill(outcome)
    }

    unsafe fn run(self, user: *mut c_void, error: plinth_error, given: &mut plinth_value) {
        // SAFETY: the caller's contract.
        unsafe { self(user, error, given) }
    }
}

impl Callback for unsafe extern "C" fn(*mut c_void, plinth_error, *mut plinth_range) {
    type Outcome = RangeResult;
    type Given = plinth_range;

    fn fill(given: &mut plinth_range, outcome: RangeResult) -> Result<(), Error> {
        given.fill(outcome)
    }

    unsafe fn run(self, user: *mut c_void, error: plinth_error, given: &mut plinth_range) {
        // SAFETY: the caller's contract.
        unsafe { self(user, error, given) }
    }
}

impl Callback for unsafe extern "C" fn(*mut c_void, plinth_error) {
    type Outcome = ();
    type Given = ();

    fn fill((): &mut (), (): ()) -> Result<(), Error> {
        Ok(())
    }

    unsafe fn run(self, user: *mut c_void, error: plinth_error, (): &mut ()) {
        // SAFETY: the caller's contract.
        unsafe { self(user, error) }
    }
}

/// Where an outcome goes: the callback with its argument.
pub(crate) struct Receiver<C> {
    name: &'static str,
    callback: C,
    user: *mut c_void,
    finaliser: plinth_finaliser,
}

// SAFETY: the header says that both functions run on any thread, so `user` may go there.
unsafe impl<C: Callback> Send for Receiver<C> {}

impl<C: Callback> Receiver<C> {
    /// What C passed to the function `name`. Without a callback there is just the finaliser to run.
    ///
    /// # Safety
    /// `callback` and `finaliser` may be called with `user`, once each, on any thread.
    pub(crate) unsafe fn new(
        name: &'static str,
        callback: Option<C>,
        user: *mut c_void,
        finaliser: plinth_finaliser,
    ) -> Result<Self, Error> {
        if let Some(callback) = callback {
            return Ok(Self { name, callback, user, finaliser });
        }
        // SAFETY: this function's contract.
        unsafe { finish(finaliser, user) };
        Err(Error::new(Code::INVALID_ARGUMENT).context("callback is NULL"))
    }

    fn answer(self, outcome: Result<C::Outcome, Error>) {
        let mut given = C::Given::default();
        let code = entry::call(self.name, || C::fill(&mut given, outcome?));
        crate::backend::outside(|| {
            // SAFETY: the contract of `new`; `self` is used up, so that this happens once.
            entry::outside(|| unsafe { self.callback.run(self.user, code, &mut given) });
            // SAFETY: as above.
            unsafe { finish(self.finaliser, self.user) };
        });
    }
}

/// Runs a finaliser.
///
/// # Safety
/// It may be called with `user`.
unsafe fn finish(finaliser: plinth_finaliser, user: *mut c_void) {
    if let Some(finaliser) = finaliser {
        // SAFETY: this function's contract.
        entry::outside(|| unsafe { finaliser(user) });
    }
}

enum State<C: Callback> {
    Starting(Receiver<C>, Option<Result<C::Outcome, Error>>),
    Waiting(Receiver<C>),
    Answered,
}

/// A call and its way to the answer. The lock is a leaf: it is free when C's code runs.
struct Call<C: Callback>(Mutex<State<C>>);

impl<C: Callback> Call<C> {
    /// Changes the state, and answers if it is time to. Once answered, nothing more happens.
    fn step(&self, next: impl FnOnce(State<C>) -> Step<C>) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match next(std::mem::replace(&mut state, State::Answered)) {
            Step::To(next) => *state = next,
            Step::Answer(receiver, outcome) => {
                drop(state);
                receiver.answer(outcome);
            }
        }
    }

    /// The backend knows the outcome. The first one counts. A child that is forked by a callback can't go
    /// on in the backend of its parent.
    fn settle(&self, outcome: Result<C::Outcome, Error>) {
        let era = fork::era();
        self.step(|state| match state {
            State::Starting(receiver, None) => Step::To(State::Starting(receiver, Some(outcome))),
            State::Waiting(receiver) => Step::Answer(receiver, outcome),
            settled => Step::To(settled),
        });
        fork::end_if_forked_since(era);
    }

    /// The function that starts the call is done with it; its own failure goes before all else.
    fn started(&self, result: Result<(), Error>) {
        self.step(|state| match (state, result) {
            (State::Starting(receiver, _), Err(error)) => Step::Answer(receiver, Err(error)),
            (State::Starting(receiver, Some(outcome)), Ok(())) => Step::Answer(receiver, outcome),
            (State::Starting(receiver, None), Ok(())) => Step::To(State::Waiting(receiver)),
            (state, _) => Step::To(state),
        });
    }
}

enum Step<C: Callback> {
    To(State<C>),
    Answer(Receiver<C>, Result<C::Outcome, Error>),
}

/// The backend's end of a call. Dropped without an outcome it answers `broken_promise` (1100), or
/// `internal_error` (4100) where a panic dropped it.
pub(crate) struct Promise<C: Callback>(Option<Arc<Call<C>>>);

impl<C: Callback> Promise<C> {
    /// In the form the backend takes; `convert` makes the outcome of its answer.
    pub(crate) fn done<T>(mut self, convert: impl FnOnce(T) -> C::Outcome + Send + 'static) -> Done<T> {
        Box::new(move |answer| {
            if let Some(call) = self.0.take() {
                call.settle(answer.map(convert));
            }
        })
    }
}

impl<C: Callback> Drop for Promise<C> {
    fn drop(&mut self) {
        if let Some(call) = self.0.take() {
            let code = if std::thread::panicking() { Code::INTERNAL_ERROR } else { Code::BROKEN_PROMISE };
            call.settle(Err(Error::new(code).context("the call was dropped without an answer")));
        }
    }
}

/// Starts an asynchronous call. Whatever goes wrong in `begin`, the callback is told.
pub(crate) fn start<C: Callback>(
    receiver: Result<Receiver<C>, Error>,
    name: &'static str,
    begin: impl FnOnce(Promise<C>) -> Result<(), Error>,
) -> plinth_error {
    let receiver = match receiver {
        Ok(receiver) => receiver,
        Err(error) => return entry::call(name, || Err(error)),
    };
    let call = Arc::new(Call(Mutex::new(State::Starting(receiver, None))));
    let promise = Promise(Some(call.clone()));
    let result = entry::guarded(|| begin(promise));
    call.started(result);
    0
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::CStr;

    #[derive(Default)]
    struct Seen {
        codes: Vec<i32>,
        story: String,
        finished: usize,
    }

    unsafe extern "C" fn note(user: *mut c_void, error: plinth_error) {
        // SAFETY: every test passes its own `Seen`, and the story belongs to this thread.
        let (seen, story) = unsafe { (&mut *user.cast::<Seen>(), CStr::from_ptr(entry::last_error())) };
        assert_eq!(seen.finished, 0, "the finaliser comes last");
        seen.codes.push(error);
        seen.story = story.to_string_lossy().into_owned();
    }

    unsafe extern "C" fn finish(user: *mut c_void) {
        // SAFETY: as above.
        unsafe { (*user.cast::<Seen>()).finished += 1 };
    }

    type DoneCallback = unsafe extern "C" fn(*mut c_void, plinth_error);

    fn run(seen: &mut Seen, begin: impl FnOnce(Promise<DoneCallback>) -> Result<(), Error>) -> i32 {
        // SAFETY: the functions above take a `Seen`.
        let receiver =
            unsafe { Receiver::new("test", Some(note as DoneCallback), (&raw mut *seen).cast(), Some(finish)) };
        start(receiver, "test", begin)
    }

    fn codes_of(begin: impl FnOnce(Promise<DoneCallback>) -> Result<(), Error>) -> Seen {
        let mut seen = Seen::default();
        assert_eq!(run(&mut seen, begin), 0);
        assert_eq!(seen.finished, 1);
        seen
    }

    #[test]
    fn an_outcome_known_at_once_is_told_when_the_backend_is_left() {
        let seen = codes_of(|promise| {
            promise.done(|()| ())(Ok(()));
            Ok(())
        });
        assert_eq!(seen.codes, [0]);
    }

    #[test]
    fn an_outcome_known_later_is_told_then() {
        let mut seen = Seen::default();
        let mut later = None;
        let code = run(&mut seen, |promise| {
            later = Some(promise.done(|()| ()));
            Ok(())
        });
        assert_eq!((code, seen.codes.len(), seen.finished), (0, 0, 0));
        later.unwrap()(Err(Code::NOT_COMMITTED.into()));
        assert_eq!((&seen.codes[..], seen.finished), (&[1020][..], 1));
    }

    #[test]
    fn a_failure_to_start_is_told_to_the_callback() {
        let seen = codes_of(|_| Err(Error::new(Code::INVALID_HANDLE).context("the reason")));
        assert_eq!(seen.codes, [9000]);
        assert!(seen.story.starts_with("test: ") && seen.story.contains("the reason"), "{}", seen.story);
    }

    #[test]
    fn a_promise_that_is_dropped_is_broken() {
        let seen = codes_of(|promise| {
            drop(promise);
            Ok(())
        });
        assert_eq!(seen.codes, [1100]);
        let seen = codes_of(|promise| {
            drop(promise.done(|()| ()));
            Ok(())
        });
        assert_eq!(seen.codes, [1100]);
    }

    #[test]
    fn a_promise_that_a_later_panic_drops_is_an_internal_error() {
        let mut seen = Seen::default();
        let mut later = None;
        run(&mut seen, |promise| {
            later = Some(promise);
            Ok(())
        });
        let result = entry::guarded::<()>(|| {
            let _promise = later.take();
            panic!("the reason")
        });
        assert!(result.is_err());
        assert_eq!((&seen.codes[..], seen.finished), (&[4100][..], 1));
    }

    #[test]
    fn a_panic_is_told_once_before_and_after_the_outcome() {
        let seen = codes_of(|_promise| panic!("the reason"));
        assert_eq!(seen.codes, [4100]);
        assert!(seen.story.contains("the reason"), "{}", seen.story);
        let seen = codes_of(|promise| {
            promise.done(|()| ())(Ok(()));
            panic!("the reason")
        });
        assert_eq!(seen.codes, [4100]);
    }

    #[test]
    fn without_a_callback_only_the_finaliser_runs() {
        let mut seen = Seen::default();
        // SAFETY: the finaliser takes a `Seen`.
        let receiver = unsafe { Receiver::<DoneCallback>::new("test", None, (&raw mut seen).cast(), Some(finish)) };
        assert_eq!(start(receiver, "test", |_| unreachable!()), 9001);
        assert_eq!((seen.codes.len(), seen.finished), (0, 1));
    }
}
