//! P4.

use crate::stage::Stage;

/// The stages of P4.
pub fn stages() -> Vec<Stage> {
    Vec::new()
}
