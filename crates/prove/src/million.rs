//! P20.

use crate::stage::Stage;

/// The stages of P20.
pub fn stages() -> Vec<Stage> {
    Vec::new()
}
