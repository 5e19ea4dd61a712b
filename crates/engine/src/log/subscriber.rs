//! What `tracing` hears from the engine, as records. It is the process's one global subscriber, so a change of
//! who listens needs no word to `tracing`: it asks here each time.

use std::fmt::{Debug, Write as _};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber};

use super::channel::now_us;
use super::{is_heard, tell, Level, Record};

/// What the targets of the engine begin with.
const OURS: &str = "plinth::";
/// Longest text of a message and of a value, in bytes.
const LONGEST: usize = 1_024;

/// See the file's top.
pub struct Forward;

impl Subscriber for Forward {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        match metadata.is_event() && metadata.target().starts_with(OURS) {
            true => Interest::sometimes(),
            false => Interest::never(),
        }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && metadata.target().starts_with(OURS) && is_heard(level(metadata))
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        // No span is enabled; it has to be some number.
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let metadata = event.metadata();
        let mut texts = Texts::default();
        event.record(&mut texts);
        let module = metadata.target().strip_prefix(OURS).unwrap_or_default();
        let Texts { message, fields } = texts;
        tell(Record { level: level(metadata), module, time_us: now_us(), message, fields });
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

fn level(metadata: &Metadata<'_>) -> Level {
    match *metadata.level() {
        tracing::Level::ERROR => Level::Error,
        tracing::Level::WARN => Level::Warning,
        tracing::Level::INFO => Level::Info,
        _ => Level::Debug,
    }
}

/// The texts of an event.
#[derive(Default)]
struct Texts {
    message: String,
    fields: Vec<(&'static str, String)>,
}

impl Visit for Texts {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let mut text = String::new();
        let _ = write!(text, "{value:?}");
        self.add(field, &text);
    }
}

impl Texts {
    fn add(&mut self, field: &Field, text: &str) {
        let text = on_one_line(text);
        match field.name() {
            "message" => self.message = text,
            name => self.fields.push((name, text)),
        }
    }
}

/// A text that is no longer than it may be and can't be taken for more than one line of a journal.
fn on_one_line(text: &str) -> String {
    let mut end = text.len().min(LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let cut = text[..end].trim_end();
    let mut clean: String = cut.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    if end < text.len() {
        clean.push_str("...");
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_at_a_whole_letter_and_has_no_second_line() {
        assert_eq!(on_one_line("one\ntwo\tthree\u{1b}[31m\0\n"), "one two three [31m ");
        let long = on_one_line(&"\u{fc}".repeat(LONGEST));
        assert!(long.ends_with("\u{fc}...") && long.len() <= LONGEST + 3);
        assert_eq!(on_one_line(""), "");
    }
}
