//! P10.

use crate::stage::Stage;

/// The stages of P10.
pub fn stages() -> Vec<Stage> {
    Vec::new()
}
