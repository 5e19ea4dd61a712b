//! Calls whose outcome comes later.

use std::sync::Arc;

use crate::Result;

/// Receives the outcome of a call, exactly once, with no lock of the backend held: on the calling
/// thread before the call returns, or on one of the backend's own threads.
pub type Done<T> = Box<dyn FnOnce(Result<T>) + Send>;

/// What a call came to that asks for its [`Done`] only if it needs one.
pub enum Soon<T> {
    /// Its outcome was known at once.
    Known(Result<T>),
    /// It asked for a `done`, which was called already if this is `None`.
    Asked(Option<Arc<dyn Pending>>),
}

/// A call that is under way.
pub trait Pending: Send + Sync {
    /// Ends it with `operation_cancelled` (1101), unless its outcome is known already (rule
    /// FUT-6). What it was doing inside may go on.
    fn cancel(&self);

    /// Does what nobody has begun yet on the calling thread, if it can: for a caller that would
    /// only wait. Returns when there is nothing more to do but wait.
    fn help(&self) {}
}
