//! P8.

use crate::stage::Stage;

/// The stages of P8.
pub fn stages() -> Vec<Stage> {
    Vec::new()
}
