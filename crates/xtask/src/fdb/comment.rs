//! Comments of generated files: wrapped, in the form of each language.

/// The longest line of a generated file.
pub const WIDTH: usize = 110;

/// A text in lines of at most `width` bytes.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last().map_or(0, String::len);
        if line > 0 && line + 1 + word.len() > width {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

/// A comment of C from paragraphs.
pub fn c(paragraphs: &[String], indent: &str) -> String {
    let lines: Vec<String> =
        paragraphs.iter().flat_map(|paragraph| wrap(paragraph, WIDTH - indent.len() - 3)).collect();
    if let [line] = &lines[..] {
        if line.len() + indent.len() + 6 <= WIDTH {
            return format!("{indent}/* {line} */\n");
        }
    }
    let mut text = format!("{indent}/*\n");
    for line in lines {
        text.push_str(format!("{indent} * {line}").trim_end());
        text.push('\n');
    }
    text + indent + " */\n"
}

/// A comment of Rust with the given mark.
pub fn rust(mark: &str, text: &str) -> String {
    wrap(text, WIDTH - mark.len() - 1).iter().map(|line| format!("{mark} {line}\n")).collect()
}

/// What stands at the top of a generated file.
pub fn origin(source: &str) -> String {
    format!("Generated from {source} by `cargo xtask fdb`; do not edit.")
}

#[cfg(test)]
mod tests {
    use super::{c, rust, wrap};

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrap("aa bb cc", 5), ["aa bb", "cc"]);
        assert_eq!(wrap("aaaaaaaa b", 3), ["aaaaaaaa", "b"]);
    }

    #[test]
    fn comments_have_the_form_of_their_language() {
        assert_eq!(c(&["One.".to_owned()], "  "), "  /* One. */\n");
        assert_eq!(c(&["One.".to_owned(), "Two.".to_owned()], ""), "/*\n * One.\n * Two.\n */\n");
        assert_eq!(rust("///", "One."), "/// One.\n");
    }
}
