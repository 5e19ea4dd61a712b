//! P5.

use crate::stage::Stage;

/// The stages of P5.
pub fn stages() -> Vec<Stage> {
    Vec::new()
}
