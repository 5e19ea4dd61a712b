//! P6.

use crate::stage::Stage;

/// The stages of P6.
pub fn stages() -> Vec<Stage> {
    Vec::new()
}
