//! Versions: the clock they come from, and the states of the database they name.

mod clock;
mod keep;
mod retained;

pub use clock::Clock;
pub use keep::{Keep, Reader, Readers, Reason};
pub use retained::{ReadPoint, SharedSnapshot, Versions};
