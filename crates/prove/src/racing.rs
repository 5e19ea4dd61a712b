//! P11.

use crate::stage::Stage;

/// The stages of P11.
pub fn stages() -> Vec<Stage> {
    Vec::new()
}
