//! Versions: the clock they come from, and the states of the database they name.

mod clock;
mod keep;
mod newest;
mod retained;
mod shared;

pub use clock::Clock;
pub use keep::{Keep, Reader, Readers, Reason};
pub use retained::{ReadPoint, Versions};
pub use shared::SharedSnapshot;
