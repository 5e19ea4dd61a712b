//! P14.

use crate::stage::Stage;

/// The stages of P14.
pub fn stages() -> Vec<Stage> {
    Vec::new()
}
