//! P15.

use crate::stage::Stage;

/// The stages of P15.
pub fn stages() -> Vec<Stage> {
    Vec::new()
}
