//! P18.

use crate::stage::Stage;

/// The stages of P18.
pub fn stages() -> Vec<Stage> {
    Vec::new()
}
