//! P3.

use crate::stage::Stage;

/// The stages of P3.
pub fn stages() -> Vec<Stage> {
    Vec::new()
}
