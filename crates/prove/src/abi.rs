//! P19.

use crate::stage::Stage;

/// The stages of P19.
pub fn stages() -> Vec<Stage> {
    Vec::new()
}
