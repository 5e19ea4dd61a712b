//! Makes a failing run short.

use std::time::{Duration, Instant};

/// A long wait for a shorter run is not worth it.
const PATIENCE: Duration = Duration::from_secs(30);

/// Drops pieces of `items`, large ones first, as long as what is left still fails.
pub(crate) fn shrink<T: Clone>(mut items: Vec<T>, fails: impl Fn(&[T]) -> bool) -> Vec<T> {
    let start = Instant::now();
    let mut piece = items.len().div_ceil(2).max(1);
    loop {
        let before = items.len();
        items = without_pieces(items, piece, start, &fails);
        if start.elapsed() > PATIENCE || (piece == 1 && items.len() == before) {
            return items;
        }
        piece = (piece / 2).max(1);
    }
}

fn without_pieces<T: Clone>(mut items: Vec<T>, piece: usize, start: Instant, fails: &impl Fn(&[T]) -> bool) -> Vec<T> {
    let mut from = 0;
    while from < items.len() && start.elapsed() <= PATIENCE {
        let to = items.len().min(from + piece);
        let mut fewer = items[..from].to_vec();
        fewer.extend_from_slice(&items[to..]);
        if fails(&fewer) {
            items = fewer;
        } else {
            from = to;
        }
    }
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_matters_is_left() {
        let items: Vec<u32> = (0..1000).collect();
        let short = shrink(items, |items| items.contains(&17) && items.contains(&800));
        assert_eq!(short, [17, 800]);
    }
}
