//! P12.

use crate::stage::Stage;

/// The stages of P12.
pub fn stages() -> Vec<Stage> {
    Vec::new()
}
