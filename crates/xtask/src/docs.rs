//! Every public name of the header tells the reader of C what he must know.
//!
//! A function says what it does, what each parameter is, which threads may call it and which
//! errors it returns, or names the function whose parameters, threads and errors are the same.

use crate::outcome::{judge, Outcome};
use crate::parse::{self, Declaration};
use crate::{file, header, schema, Mode};

/// Checks the header's comments; there is nothing to write.
pub fn task(_: Mode) -> Outcome {
    let declared = parse::declarations(&file::read(header::PATH)?);
    let numbers: Vec<i32> = schema::load()?.iter().map(|row| row.number).collect();
    let complaints = declared.iter().flat_map(|found| complaints(found, &declared, &numbers)).collect();
    let note = format!("{} names", declared.len());
    judge(note, "gaps in the header's comments", complaints, "complete the comment in src/, then `cargo xtask header`")
}

fn complaints(found: &Declaration, declared: &[Declaration], numbers: &[i32]) -> Vec<String> {
    let mut gaps = Vec::new();
    let description = found.comment.lines().next().unwrap_or_default().trim();
    if description.is_empty() || description.starts_with('@') {
        gaps.push("has no description".to_owned());
    }
    for number in four_digits(&found.comment) {
        if !numbers.contains(&number) {
            gaps.push(format!(
                "mentions {number}, which schema/errors.toml does not know (write 1,000 for a quantity)"
            ));
        }
    }
    if let Some(parameters) = &found.parameters {
        gaps.extend(function_gaps(&found.comment, parameters, declared));
    }
    gaps.into_iter().map(|gap| format!("{} {gap}", found.name)).collect()
}

/// What a function's own comment leaves open.
fn function_gaps(comment: &str, parameters: &[String], declared: &[Declaration]) -> Vec<String> {
    let mut gaps = Vec::new();
    let shared = Shared::of(comment);
    let twin = shared.as_ref().map(|shared| shared.twin.as_str());
    let known =
        twin.map(|twin| declared.iter().find(|found| found.name == twin).and_then(|found| found.parameters.as_ref()));
    let known = match known {
        Some(None) => {
            gaps.push(format!("refers to {}(), which the header does not declare", twin.unwrap_or_default()));
            None
        }
        Some(Some(names)) => Some(names),
        None => None,
    };
    for parameter in parameters {
        let own = param_names(comment).any(|name| name == *parameter);
        if !own && !known.is_some_and(|names| names.contains(parameter)) {
            gaps.push(format!("does not describe its parameter `{parameter}`"));
        }
    }
    for name in param_names(comment).filter(|name| !parameters.iter().any(|parameter| parameter == name)) {
        gaps.push(format!("describes a parameter `{name}` that it does not have"));
    }
    for (title, said) in [
        ("Threads:", shared.as_ref().is_some_and(|shared| shared.threads)),
        ("Errors:", shared.as_ref().is_some_and(|shared| shared.errors)),
    ] {
        if !said && !comment.contains(title) {
            gaps.push(format!("has no `{title}`"));
        }
    }
    gaps
}

fn param_names(comment: &str) -> impl Iterator<Item = &str> {
    comment.lines().filter_map(|line| line.trim().strip_prefix("@param ")?.split_whitespace().next())
}

/// The sentence "Parameters, threads and errors as other_function()."
struct Shared {
    twin: String,
    threads: bool,
    errors: bool,
}

impl Shared {
    fn of(comment: &str) -> Option<Self> {
        let flat = comment.replace('\n', " ");
        let sentence = flat[flat.find("Parameters")?..].split('.').next()?;
        let (subjects, twin) = sentence.split_once(" as ")?;
        let twin = twin.split("()").next()?.trim().to_owned();
        Some(Self { twin, threads: subjects.contains("threads"), errors: subjects.contains("errors") })
    }
}

/// The numbers of exactly four digits that stand alone.
fn four_digits(text: &str) -> Vec<i32> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != ',' && c != '_');
    let words = words.map(|word| word.trim_matches(',')).filter(|word| word.len() == 4 && !word.starts_with('0'));
    words.filter_map(|word| word.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::{complaints, four_digits};
    use crate::parse::declarations;

    /// How many complaints there are about the last declaration of a header.
    fn count(header: &str) -> usize {
        let declared = declarations(header);
        declared.last().map_or(0, |last| complaints(last, &declared, &[1020]).len())
    }

    #[test]
    fn a_whole_comment_passes() {
        assert_eq!(
            count("/**\n * Does.\n *\n * @param a  it\n *\n * Threads: any. Errors: 1020.\n */\nint f(int a);\n"),
            0
        );
    }

    #[test]
    fn each_gap_is_found() {
        assert_eq!(count("int f(void);\n"), 3);
        assert_eq!(count("/**\n * Does.\n *\n * Threads: any. Errors: 1020.\n */\nint f(int a);\n"), 1);
        assert_eq!(count("/**\n * Does.\n *\n * @param a  it\n *\n * Errors: 1020.\n */\nint f(int a);\n"), 1);
        assert_eq!(count("/**\n * Does.\n *\n * @param a  it\n *\n * Threads: any.\n */\nint f(int a);\n"), 1);
        assert_eq!(
            count("/**\n * Does.\n *\n * @param b  it\n *\n * Threads: any. Errors: 1020.\n */\nint f(int a);\n"),
            2
        );
        assert_eq!(count("/**\n * Does.\n *\n * Threads: any. Errors: 1999.\n */\nint f(void);\n"), 1);
        assert_eq!(count("typedef struct x x;\n"), 1);
    }

    #[test]
    fn another_function_may_be_named_instead() {
        let first = "/**\n * Does.\n *\n * @param a  it\n *\n * Threads: any. Errors: 1020.\n */\nint f(int a);\n";
        let second = "/**\n * Too.\n *\n * Parameters, threads and errors as f().\n */\n";
        assert_eq!(count(&format!("{first}{second}int g(int a);\n")), 0);
        assert_eq!(count(&format!("{first}{second}int g(int b);\n")), 1);
        assert_eq!(count(&format!("{second}int g(int a);\n")), 2);
    }

    #[test]
    fn quantities_are_not_error_numbers() {
        assert_eq!(four_digits("fails with 1020, not 1,000 or 0700; 12345 and 9000."), [1020, 9000]);
    }
}
