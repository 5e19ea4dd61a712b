//! Versions: the clock they come from, and the states of the database they name.

mod clock;
mod retained;

pub use clock::Clock;
pub use retained::{ReadPoint, SharedSnapshot, Versions};
