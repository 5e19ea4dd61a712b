//! Reads include/plinth.h: what it declares, and the comment before each declaration.
//!
//! It understands the layout that cbindgen writes, not C at large.

/// A declaration with its comment.
pub struct Declaration {
    /// Its name; a member carries its type's name before a dot.
    pub name: String,
    /// Its comment without decoration; empty if there is none.
    pub comment: String,
    /// Its parameters, if it is a function.
    pub parameters: Option<Vec<String>>,
}

/// Every declaration of a header in order.
pub fn declarations(header: &str) -> Vec<Declaration> {
    let mut parser = Parser::default();
    for line in header.lines() {
        parser.line(line.trim());
    }
    parser.found
}

/// The names of the functions a header declares, sorted.
pub fn functions(header: &str) -> Vec<String> {
    let declared = declarations(header).into_iter().filter(|found| found.parameters.is_some());
    let mut names: Vec<String> = declared.map(|found| found.name).collect();
    names.sort();
    names
}

#[derive(Default)]
struct Parser {
    found: Vec<Declaration>,
    comment: String,
    in_comment: bool,
    /// The comment of the type whose members are being read, and those members.
    block: Option<(String, Vec<Declaration>)>,
    /// A declaration that goes over several lines.
    pending: String,
}

impl Parser {
    fn line(&mut self, line: &str) {
        if self.in_comment {
            self.in_comment = !line.ends_with("*/");
            let text = line.trim_end_matches("*/").trim_start_matches('*');
            self.comment.push_str(text.strip_prefix(' ').unwrap_or(text));
            self.comment.push('\n');
        } else if line.starts_with("/**") {
            self.in_comment = !line.ends_with("*/");
            self.comment = line.trim_start_matches("/**").trim_end_matches("*/").trim().to_owned();
        } else if let Some(macro_text) = line.strip_prefix("#define ") {
            // The include guard has no value and needs no comment.
            if let Some((name, _)) = macro_text.split_once(' ') {
                self.declare(name.to_owned(), None);
            }
        } else if line.starts_with('#') || line.starts_with("/*") || line.is_empty() || line.starts_with("extern \"C\"")
        {
        } else {
            self.code(line);
        }
    }

    fn code(&mut self, line: &str) {
        if line.starts_with("typedef") && line.ends_with('{') {
            self.block = Some((std::mem::take(&mut self.comment), Vec::new()));
        } else if let Some(name) = line.strip_prefix('}') {
            self.end_block(name.trim_matches([' ', ';']));
        } else if self.block.is_some() {
            self.member(line);
        } else {
            self.pending.push_str(line);
            self.pending.push(' ');
            if line.ends_with(';') {
                let text = std::mem::take(&mut self.pending);
                self.statement(text.trim());
            }
        }
    }

    fn end_block(&mut self, name: &str) {
        let Some((comment, members)) = self.block.take() else { return };
        self.found.push(Declaration { name: name.to_owned(), comment, parameters: None });
        self.found.extend(
            members.into_iter().map(|member| Declaration { name: format!("{name}.{}", member.name), ..member }),
        );
    }

    fn member(&mut self, line: &str) {
        let declared = line.split('=').next().unwrap_or(line).trim_matches([' ', ';', ',']);
        let name = last_word(declared);
        let comment = std::mem::take(&mut self.comment);
        if let Some((_, members)) = &mut self.block {
            members.push(Declaration { name, comment, parameters: None });
        }
    }

    /// A type without a body, or a function.
    fn statement(&mut self, text: &str) {
        if let Some((_, rest)) = text.split_once("(*") {
            let name = rest.split(')').next().unwrap_or(rest);
            return self.declare(name.to_owned(), None);
        }
        let text = text.trim_end_matches(';');
        match text.split_once('(') {
            Some((head, rest)) if !text.starts_with("typedef") => {
                let list = rest.trim_end_matches(')');
                let parameters = list.split(',').map(last_word).filter(|name| !name.is_empty() && name != "void");
                self.declare(last_word(head), Some(parameters.collect()));
            }
            _ => self.declare(last_word(text), None),
        }
    }

    fn declare(&mut self, name: String, parameters: Option<Vec<String>>) {
        let comment = std::mem::take(&mut self.comment);
        self.found.push(Declaration { name, comment, parameters });
    }
}

/// The name at the end of `const uint8_t *name` and of `char name[37]`.
fn last_word(text: &str) -> String {
    let text = text.split('[').next().unwrap_or(text).trim();
    let start = text.rfind(|c: char| !c.is_alphanumeric() && c != '_').map_or(0, |at| at + 1);
    text[start..].to_owned()
}

#[cfg(test)]
mod tests {
    use super::{declarations, functions};

    const HEADER: &str = "\
#ifndef X_H
#define X_H

/**
 * A number.
 */
#define X_N 1

/**
 * A struct.
 */
typedef struct {
    /**
     * A field.
     */
    const uint8_t *data;
    size_t len;
} x_value;

/**
 * A callback.
 */
typedef int (*x_body)(void *a, void *b);

typedef struct x_y x_y;

/**
 * Does it.
 */
int x_do(x_y *y,
         const uint8_t *key,
         char out[37]);

int x_none(void);
#endif
";

    #[test]
    fn names_comments_and_parameters_are_found() {
        let found = declarations(HEADER);
        let names: Vec<&str> = found.iter().map(|found| found.name.as_str()).collect();
        assert_eq!(names, ["X_N", "x_value", "x_value.data", "x_value.len", "x_body", "x_y", "x_do", "x_none"]);
        let documented: Vec<bool> = found.iter().map(|found| !found.comment.is_empty()).collect();
        assert_eq!(documented, [true, true, true, false, true, false, true, false]);
        assert_eq!(found[6].parameters.as_deref().unwrap_or_default(), ["y", "key", "out"]);
        assert_eq!(found[7].parameters.as_deref().unwrap_or(&["?".to_owned()]).len(), 0);
        assert_eq!(functions(HEADER), ["x_do", "x_none"]);
    }
}
