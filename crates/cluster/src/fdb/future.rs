//! A future of the client library as a value: waited for, asked, cancelled, and destroyed when it is dropped.
//! It stays valid whatever happens to its transaction (rule FUT-8), and so does what it holds.

use std::borrow::Borrow;
use std::ffi::c_int;
use std::sync::Arc;

use plinth_api::{Pinned, Result, Value};

use super::client::{Client, Context};
use super::symbols::{FdbFuture, FdbKey, FdbKeyValue};

/// Values up to this length are copied, which costs less than to keep their future.
const COPIED: usize = 1024;

/// A future.
pub struct Future {
    client: &'static Client,
    future: *mut FdbFuture,
}

// SAFETY: the functions of a future may be called from any thread, several at a time (rule TX-2).
unsafe impl Send for Future {}
// SAFETY: as above.
unsafe impl Sync for Future {}

/// A value that stays in its future.
struct InFuture {
    data: *const u8,
    length: usize,
    _future: Arc<Future>,
}

// SAFETY: the bytes are never written again, and live as long as the future beside them.
unsafe impl Send for InFuture {}
// SAFETY: as above.
unsafe impl Sync for InFuture {}

impl Pinned for InFuture {
    fn bytes(&self) -> &[u8] {
        // SAFETY: the library said so many bytes are there while the future lives.
        unsafe { std::slice::from_raw_parts(self.data, self.length) }
    }
}

/// The pairs of a range read, in the future that brought them.
pub struct Rows {
    pairs: *const FdbKeyValue,
    count: usize,
    /// Whether a limit was reached, or the library stopped early.
    pub more: bool,
    _future: Arc<Future>,
}

// SAFETY: as for a value: read only, and kept by the future beside it.
unsafe impl Send for Rows {}

impl Rows {
    /// The pairs, in the order asked for.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        (0..self.count).map(|index| {
            // SAFETY: the library said so many pairs are there while the future lives.
            let pair = unsafe { self.pairs.add(index).read_unaligned() };
            (slice(pair.key, pair.key_length), slice(pair.value, pair.value_length))
        })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.count
    }
}

impl Future {
    /// Takes a future that the library returned.
    pub(super) fn new(client: &'static Client, future: *mut FdbFuture) -> Self {
        Self { client, future }
    }

    /// Waits until it is ready.
    pub fn wait(&self) -> Result<()> {
        self.block()?;
        self.outcome()
    }

    /// Waits for its value, which is asked once: with it the library tells the error of the future too.
    pub fn wait_for_value(self) -> Result<Option<Value>> {
        self.block()?;
        Self::value(self)
    }

    fn block(&self) -> Result<()> {
        // SAFETY: the future lives, and the calling thread is none of the library's.
        self.client.check_code(unsafe { (self.client.functions.future_block_until_ready)(self.future) })
    }

    /// Whether it is ready.
    pub fn is_ready(&self) -> bool {
        // SAFETY: the future lives.
        unsafe { (self.client.functions.future_is_ready)(self.future) != 0 }
    }

    /// Ends it with 1101, unless it is ready.
    pub fn cancel(&self) {
        // SAFETY: the future lives.
        unsafe { (self.client.functions.future_cancel)(self.future) };
    }

    /// The error of a future that is ready.
    pub fn outcome(&self) -> Result<()> {
        // SAFETY: the future lives.
        self.client.check_code(unsafe { (self.client.functions.future_get_error)(self.future) })
    }

    /// Has `ready` called once when it is ready: at once on this thread, or on the network thread, where nothing
    /// may wait. `this` keeps the future alive until then.
    pub fn when_ready(this: &Arc<Self>, ready: Box<dyn FnOnce() + Send>) -> Result<()> {
        let context = Box::into_raw(Box::new((this.clone(), ready)));
        // SAFETY: the future lives, and the context belongs to the callback, which runs exactly once (FUT-6).
        let refused = unsafe {
            (this.client.functions.future_set_callback)(this.future, told, context.cast::<std::ffi::c_void>())
        };
        if refused != 0 {
            // SAFETY: a callback that was refused does not run, so the context is still ours.
            drop(unsafe { Box::from_raw(context) });
        }
        this.client.check_code(refused)
    }

    /// The number of a future that is ready.
    pub fn number(&self) -> Result<i64> {
        let mut number = 0;
        // SAFETY: the future lives and `number` is writable.
        self.client.check_code(unsafe { (self.client.functions.future_get_int64)(self.future, &mut number) })?;
        Ok(number)
    }

    /// Its key.
    pub fn key(&self) -> Result<Vec<u8>> {
        let (mut data, mut length) = (std::ptr::null(), 0);
        // SAFETY: the future lives and the outputs are writable.
        let code = unsafe { (self.client.functions.future_get_key)(self.future, &mut data, &mut length) };
        self.client.check_code(code)?;
        Ok(slice(data, length).to_vec())
    }

    /// Its value. Long ones stay where they are.
    pub fn value<H: Borrow<Self> + Into<Arc<Self>>>(this: H) -> Result<Option<Value>> {
        let future: &Self = this.borrow();
        let (mut present, mut data, mut length) = (0, std::ptr::null(), 0);
        // SAFETY: the future lives and the outputs are writable.
        future.client.check_code(unsafe {
            (future.client.functions.future_get_value)(future.future, &mut present, &mut data, &mut length)
        })?;
        if present == 0 {
            return Ok(None);
        }
        let bytes = slice(data, length);
        if bytes.len() <= COPIED {
            return Ok(Some(Value::Owned(bytes.to_vec())));
        }
        let length = bytes.len();
        Ok(Some(Value::Pinned(Arc::new(InFuture { data, length, _future: this.into() }))))
    }

    /// Whether there is a value.
    pub fn is_present(&self) -> Result<bool> {
        let (mut present, mut data, mut length) = (0, std::ptr::null(), 0);
        // SAFETY: the future lives and the outputs are writable.
        self.client.check_code(unsafe {
            (self.client.functions.future_get_value)(self.future, &mut present, &mut data, &mut length)
        })?;
        Ok(present != 0)
    }

    /// Its pairs.
    pub fn rows(this: Arc<Self>) -> Result<Rows> {
        let (mut pairs, mut count, mut more) = (std::ptr::null(), 0, 0);
        // SAFETY: the future lives and the outputs are writable.
        this.client.check_code(unsafe {
            (this.client.functions.future_get_keyvalue_array)(this.future, &mut pairs, &mut count, &mut more)
        })?;
        Ok(Rows { pairs, count: usize::try_from(count).unwrap_or(0), more: more != 0, _future: this })
    }

    /// Its keys.
    pub fn keys(&self) -> Result<Vec<Vec<u8>>> {
        let (mut keys, mut count) = (std::ptr::null::<FdbKey>(), 0);
        // SAFETY: the future lives and the outputs are writable; there are as many keys as it says.
        unsafe {
            self.client.check_code((self.client.functions.future_get_key_array)(self.future, &mut keys, &mut count))?;
            let keys = (0..usize::try_from(count).unwrap_or(0)).map(|index| keys.add(index).read_unaligned());
            Ok(keys.map(|key| slice(key.key, key.key_length).to_vec()).collect())
        }
    }
}

impl Drop for Future {
    fn drop(&mut self) {
        // SAFETY: it was returned to us, and nobody else has it.
        unsafe { (self.client.functions.future_destroy)(self.future) };
    }
}

/// Bytes of the library. A null pointer with a length of zero is an empty slice.
fn slice<'a>(data: *const u8, length: c_int) -> &'a [u8] {
    match usize::try_from(length) {
        // SAFETY: the library said so many bytes are there while their future lives, and the callers keep it.
        Ok(length) if length > 0 && !data.is_null() => unsafe { std::slice::from_raw_parts(data, length) },
        _ => &[],
    }
}

/// The callback of every future.
unsafe extern "C" fn told(_: *mut FdbFuture, context: Context) {
    // SAFETY: `when_ready` made it, and it comes back once.
    let (future, ready) = *unsafe { Box::from_raw(context.cast::<(Arc<Future>, Box<dyn FnOnce() + Send>)>()) };
    // Unwinding into the library would be undefined behaviour.
    let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(ready));
    drop(future);
}
