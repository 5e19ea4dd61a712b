//! P9.

use crate::stage::Stage;

/// The stages of P9.
pub fn stages() -> Vec<Stage> {
    Vec::new()
}
