//! Tells the comments of a Rust, C or C++ source from its code.

/// A source in two layers of equal shape: what is not of a layer's kind is blank there.
/// Line breaks are in both, so that line N of one is line N of the other.
pub struct Layers {
    /// The code, with strings emptied: a brace in it is a brace.
    pub code: String,
    /// The comments, without their marks.
    pub comments: String,
}

/// What the scanner is in the middle of.
enum Inside {
    Code,
    LineComment,
    BlockComment,
    Text,
    RawText(usize),
}

/// Splits a source.
pub fn split(source: &str) -> Layers {
    let mut splitter = Splitter { bytes: source.as_bytes(), at: 0, code: Vec::new(), comments: Vec::new() };
    let mut inside = Inside::Code;
    while splitter.at < splitter.bytes.len() {
        inside = splitter.step(inside);
    }
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Layers { code: text(splitter.code), comments: text(splitter.comments) }
}

struct Splitter<'a> {
    bytes: &'a [u8],
    at: usize,
    code: Vec<u8>,
    comments: Vec<u8>,
}

impl Splitter<'_> {
    fn step(&mut self, inside: Inside) -> Inside {
        match inside {
            Inside::Code => self.code_step(),
            Inside::LineComment => self.line_comment_step(),
            Inside::BlockComment if self.starts("*/") => self.skip(2, Inside::Code),
            Inside::BlockComment => {
                self.comment_byte();
                Inside::BlockComment
            }
            Inside::Text if self.starts("\\") => self.skip(2, Inside::Text),
            Inside::Text if self.starts("\"") => self.skip(1, Inside::Code),
            Inside::Text => self.skip(1, Inside::Text),
            Inside::RawText(hashes) if self.ends_raw(hashes) => self.skip(1 + hashes, Inside::Code),
            Inside::RawText(hashes) => self.skip(1, Inside::RawText(hashes)),
        }
    }

    fn code_step(&mut self) -> Inside {
        if self.starts("//") {
            return self.skip(2, Inside::LineComment);
        }
        if self.starts("/*") {
            return self.skip(2, Inside::BlockComment);
        }
        if let Some((length, hashes)) = self.raw_opening() {
            return self.skip(length, Inside::RawText(hashes));
        }
        if self.starts("\"") {
            return self.skip(1, Inside::Text);
        }
        if let Some(length) = self.character() {
            return self.skip(length, Inside::Code);
        }
        let byte = self.bytes[self.at];
        self.put(byte, blank(byte));
        Inside::Code
    }

    fn line_comment_step(&mut self) -> Inside {
        let ends = self.bytes[self.at] == b'\n';
        self.comment_byte();
        if ends {
            Inside::Code
        } else {
            Inside::LineComment
        }
    }

    fn comment_byte(&mut self) {
        let byte = self.bytes[self.at];
        // The marks of doc comments and the stars of block comments are no text.
        let shown = if matches!(byte, b'/' | b'!' | b'*') { b' ' } else { byte };
        self.put(blank(byte), shown);
    }

    fn put(&mut self, code: u8, comment: u8) {
        // Plain ASCII can be cut anywhere.
        self.code.push(if code.is_ascii() { code } else { b' ' });
        self.comments.push(if comment.is_ascii() { comment } else { b' ' });
        self.at += 1;
    }

    /// Passes over bytes that are in neither layer.
    fn skip(&mut self, count: usize, next: Inside) -> Inside {
        for _ in 0..count.min(self.bytes.len() - self.at) {
            let nothing = blank(self.bytes[self.at]);
            self.put(nothing, nothing);
        }
        next
    }

    fn starts(&self, text: &str) -> bool {
        self.bytes[self.at..].starts_with(text.as_bytes())
    }

    /// Whether the byte before belongs to a word, so that what follows does not begin one.
    fn in_word(&self) -> bool {
        self.at > 0 && is_word(self.bytes[self.at - 1])
    }

    /// The length and the hashes of `r"`, `r#"`, `br"` and so on.
    fn raw_opening(&self) -> Option<(usize, usize)> {
        let rest = &self.bytes[self.at..];
        let letters = if rest.starts_with(b"br") { 2 } else { usize::from(rest.starts_with(b"r")) };
        if letters == 0 || self.in_word() {
            return None;
        }
        let hashes = rest[letters..].iter().take_while(|byte| **byte == b'#').count();
        (rest.get(letters + hashes) == Some(&b'"')).then_some((letters + hashes + 1, hashes))
    }

    fn ends_raw(&self, hashes: usize) -> bool {
        let rest = &self.bytes[self.at..];
        rest.first() == Some(&b'"') && rest[1..].iter().take(hashes).filter(|byte| **byte == b'#').count() == hashes
    }

    /// The length of a character such as `'x'` or `'\''`; a lifetime is none.
    fn character(&self) -> Option<usize> {
        let rest = &self.bytes[self.at..];
        if rest.first() != Some(&b'\'') {
            return None;
        }
        if rest.get(1) == Some(&b'\\') {
            return rest.iter().skip(3).position(|byte| *byte == b'\'').map(|found| found + 4);
        }
        (rest.get(2) == Some(&b'\'')).then_some(3)
    }
}

/// Whether a byte can be part of a name.
pub fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn blank(byte: u8) -> u8 {
    if byte == b'\n' {
        b'\n'
    } else {
        b' '
    }
}

#[cfg(test)]
mod tests {
    use super::split;

    fn code(source: &str) -> String {
        split(source).code.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn comments(source: &str) -> String {
        split(source).comments.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn comments_of_both_kinds_are_found_without_their_marks() {
        let source = "/* one\n * two */ a(); // three\n/// four\nb();\n//! five\n";
        assert_eq!(comments(source), "one two three four five");
        assert_eq!(code(source), "a(); b();");
    }

    #[test]
    fn texts_are_neither() {
        assert_eq!(code(r#"f("{ // no \" } ", x);"#), "f( , x);");
        assert_eq!(comments(r#"f("/* no */"); // yes"#), "yes");
        assert_eq!(code("f(r#\"{\" // \"#, br\"{\", bar\"{\");"), "f( , , bar );");
    }

    #[test]
    fn characters_are_told_from_lifetimes() {
        assert_eq!(code(r"f('{', '\'', '\x7b', b'}');"), "f( , , , b );");
        assert_eq!(code("fn f<'a>(x: &'a str) -> &'a str { x } // {"), "fn f<'a>(x: &'a str) -> &'a str { x }");
        assert_eq!(code("'\"' // \"\na"), "a");
    }

    #[test]
    fn both_layers_keep_their_lines() {
        let source = "a /* x\ny */ b \"p\nq\" // z\nc\n";
        let layers = split(source);
        assert_eq!(layers.code.lines().count(), source.lines().count());
        assert_eq!(layers.comments.lines().count(), source.lines().count());
        assert_eq!(layers.code.lines().last(), Some("c"));
    }
}
