//! P1.

use crate::stage::Stage;

/// The stages of P1.
pub fn stages() -> Vec<Stage> {
    Vec::new()
}
