//! P2.

use crate::stage::Stage;

/// The stages of P2.
pub fn stages() -> Vec<Stage> {
    Vec::new()
}
