//! P7.

use crate::stage::Stage;

/// The stages of P7.
pub fn stages() -> Vec<Stage> {
    Vec::new()
}
