//! Progress of long calls, on the standard error: a bar at a terminal, a line now and then elsewhere if asked for.
//!
//! Ctrl-C makes the call end with `operation_cancelled`.

use std::io::{IsTerminal as _, Write as _};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use plinth_api::Progress;

use crate::context::Context;
use crate::number;

/// Width of the bar.
const WIDTH: usize = 30;
/// How often a bar is drawn anew, and how often a line is written.
const REDRAW: Duration = Duration::from_millis(100);
const LINE: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    Quiet,
    Bar,
    Lines,
}

/// The progress of one call.
pub struct Bar {
    style: Style,
    json: bool,
    state: Mutex<State>,
}

struct State {
    what: &'static str,
    began: Instant,
    drawn: Option<Instant>,
    seen: (u64, u64),
}

impl Bar {
    /// Begins.
    pub fn new(context: &Context, what: &'static str) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let style = match context.settings.progress {
            Some(false) => Style::Quiet,
            None if !terminal => Style::Quiet,
            _ if terminal && !context.settings.json => Style::Bar,
            _ => Style::Lines,
        };
        let state = State { what, began: Instant::now(), drawn: None, seen: (0, 0) };
        Self { style, json: context.settings.json, state: Mutex::new(state) }
    }

    /// Something else begins, with a bar of its own.
    pub fn go_on(&self, what: &'static str) {
        self.end();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        *state = State { what, began: Instant::now(), drawn: None, seen: (0, 0) };
    }

    /// Tells how far the call is; `false` if it is to end.
    pub fn at(&self, done: u64, total: u64) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.seen = (done, total);
        let pause = if self.style == Style::Bar { REDRAW } else { LINE };
        let due = state.drawn.is_none_or(|drawn| drawn.elapsed() >= pause);
        if due && self.style != Style::Quiet {
            state.drawn = Some(Instant::now());
            self.draw(&state, false);
        }
        !crate::interrupt::seen()
    }

    /// The call has ended.
    pub fn end(&self) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.drawn.is_some() {
            self.draw(&state, true);
        }
    }

    fn draw(&self, state: &State, last: bool) {
        let ((done, total), what, took) = (state.seen, state.what, state.began.elapsed());
        let mut stderr = std::io::stderr().lock();
        // Nobody may be reading.
        let _ = match self.style {
            Style::Quiet => Ok(()),
            Style::Bar => {
                let end = if last { "\n" } else { "" };
                write!(stderr, "\r\x1b[K{}{end}", bar(what, done, total, took)).and_then(|()| stderr.flush())
            }
            Style::Lines if self.json => {
                let told = serde_json::json!({ "progress": { "what": what, "done": done, "total": total } });
                writeln!(stderr, "{told}")
            }
            Style::Lines => writeln!(stderr, "{}", bar(what, done, total, took)),
        };
    }
}

impl Progress for Bar {
    fn step(&self, done: u64, total: u64) -> bool {
        self.at(done, total)
    }
}

/// The bar as text.
fn bar(what: &str, done: u64, total: u64, time: Duration) -> String {
    let rate = done as f64 / time.as_secs_f64().max(0.001);
    let speed = format!("{}/s", number::size(rate as u64));
    if total == 0 {
        return format!("{what}  {}  {speed}  {}", number::size(done), number::seconds(time.as_secs_f64()));
    }
    let part = (done as f64 / total as f64).clamp(0.0, 1.0);
    let full = (part * WIDTH as f64) as usize;
    let left = match done {
        0 => String::new(),
        _ if done >= total => number::seconds(time.as_secs_f64()),
        _ => format!("{} left", number::seconds((total - done) as f64 / rate)),
    };
    format!(
        "{what}  [{}{}] {:3.0} %  {} of {}  {speed}  {left}",
        "#".repeat(full),
        "-".repeat(WIDTH - full),
        (part * 100.0).floor(),
        number::size(done),
        number::size(total),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_says_how_far_and_how_long() {
        let time = Duration::from_secs(2);
        let half = bar("dump", 512, 1024, time);
        assert!(half.starts_with("dump  [###############---------------]  50 %"), "{half}");
        assert!(half.contains("2.0 s left"), "{half}");
        assert!(bar("dump", 1024, 1024, time).contains("100 %"));
        assert!(!bar("load", 10, 0, time).contains('%'));
        assert!(bar("odd", 9, 3, time).contains("100 %"), "more than there is");
    }
}
