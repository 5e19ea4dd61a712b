//! P16.

use crate::stage::Stage;

/// The stages of P16.
pub fn stages() -> Vec<Stage> {
    Vec::new()
}
