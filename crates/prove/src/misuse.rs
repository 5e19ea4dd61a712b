//! P13.

use crate::stage::Stage;

/// The stages of P13.
pub fn stages() -> Vec<Stage> {
    Vec::new()
}
