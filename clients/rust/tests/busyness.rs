//! How busy the network thread is. It is alone in its process, which must have done nothing before.
mod common;

use common::*;

/// NET-3: exactly 0 at the start, and more than 0 after some work.
#[test]
fn busyness() {
    run(async {
        let busyness = || database().get_main_thread_busyness();
        assert_eq!(busyness().await.unwrap(), 0.0);
        // The guard of the test ends the work if it never shows.
        let mut i = 0u64;
        while busyness().await.unwrap() <= 0.0 {
            set(&i.to_be_bytes(), b"work").await;
            i += 1;
        }
    });
}
