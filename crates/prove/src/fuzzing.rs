//! P17.

use crate::stage::Stage;

/// The stages of P17.
pub fn stages() -> Vec<Stage> {
    Vec::new()
}
