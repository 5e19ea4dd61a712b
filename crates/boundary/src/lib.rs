//! The kernel both C faces share: it exports no symbol of its own.
//!
//! - [`entry`]: every exported function runs inside [`entry::call`], which turns errors and
//!   panics into codes and keeps the story of the last error of the thread.
//! - [`handle`]: opaque pointers are tokens into tables, never addresses.
//! - [`fork`]: a forked child has everything anew, and leaves alone what its parent had.
//! - [`mod@slice`]: pointer and length in, checked before anything is touched.

pub mod entry;
pub mod fork;
pub mod handle;
pub mod slice;
