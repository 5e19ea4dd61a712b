//! Finds the tests and the rules they cite.
//!
//! A test cites a rule in its name, in the comment directly above it, or in a comment inside it.
//! A comment at the top of a file cites a rule for the file: that points the reader somewhere, but
//! it does not say that anything in particular is tested.

use std::error::Error;
use std::fs;
use std::path::Path;

use super::comments::{is_word, split, Layers};
use super::ids::{self, Id};
use crate::file;

/// Where tests are, and what counts as one there.
const PLACES: [(&str, Kind); 4] =
    [("crates", Kind::Rust), ("src", Kind::Rust), ("ffi-tests", Kind::Claims), ("examples-c", Kind::Claims)];

/// This crate's tests are about made-up rules.
const SKIPPED: [&str; 2] = ["crates/xtask", "target"];

/// Words that look like ids.
const NO_SECTIONS: [&str; 1] = ["UTF"];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Functions with `#[test]`.
    Rust,
    /// Functions of C that `RUN(name)` runs, and of C++ that are in a table.
    Claims,
}

/// What all tests cite.
#[derive(Default)]
pub struct Citations {
    /// By tests.
    pub tests: Vec<Citation>,
    /// By the top of a file; `test` is empty.
    pub files: Vec<Citation>,
    /// Places that cannot be right.
    pub complaints: Vec<String>,
}

/// One rule that one test cites.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Citation {
    /// The rule.
    pub id: Id,
    /// The file.
    pub file: String,
    /// The test's name.
    pub test: String,
}

/// Reads all tests; `known` are all rules.
pub fn all(known: &[Id]) -> Result<Citations, Box<dyn Error>> {
    let mut found = Citations::default();
    for (directory, kind) in PLACES {
        let mut files = Vec::new();
        collect(Path::new(directory), kind, &mut files)?;
        files.sort();
        let (headers, sources): (Vec<String>, Vec<String>) = files.into_iter().partition(|path| path.ends_with(".h"));
        let headers = headers.iter().map(file::read).collect::<Result<Vec<_>, _>>()?.join("\n");
        for path in sources {
            read(&path, &file::read(&path)?, &headers, kind, known, &mut found);
        }
    }
    found.tests.sort();
    found.tests.dedup();
    found.files.sort();
    found.files.dedup();
    Ok(found)
}

fn collect(directory: &Path, kind: Kind, files: &mut Vec<String>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let name = path.display().to_string();
        if path.is_dir() && !SKIPPED.contains(&name.as_str()) {
            collect(&path, kind, files)?;
        }
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        let wanted = match kind {
            Kind::Rust => ending == "rs",
            Kind::Claims => matches!(ending, "c" | "cc" | "cpp" | "h"),
        };
        if wanted && path.is_file() {
            files.push(name);
        }
    }
    Ok(())
}

/// Adds what one file cites. Claims that several programs run are in headers.
fn read(path: &str, source: &str, headers: &str, kind: Kind, known: &[Id], found: &mut Citations) {
    let (layers, shared) = (split(source), split(headers));
    let text = Text::of(source, &layers);
    let mut tests = match kind {
        Kind::Rust => rust_tests(&text),
        Kind::Claims => claims(&text, &Text::of(headers, &shared), path, &mut found.complaints),
    };
    if path.ends_with(".cpp") {
        tests.extend(listed(&text));
    }
    let mut sections: Vec<&str> = known.iter().map(|id| id.section.as_str()).collect();
    sections.dedup();
    for test in &tests {
        let mut cited = ids::in_text(&test.comments);
        for id in cited.iter().filter(|id| !sections.contains(&id.section.as_str())) {
            if !NO_SECTIONS.contains(&id.section.as_str()) {
                found
                    .complaints
                    .push(format!("{path}: {} cites {id}, but there is no section {}", test.name, id.section));
            }
        }
        cited.extend(ids::in_name(&test.name, &sections));
        for id in cited.into_iter().filter(|id| sections.contains(&id.section.as_str())) {
            found.tests.push(Citation { id, file: path.to_owned(), test: test.name.clone() });
        }
    }
    // A file of sources may have tests of its own, but its top is about the sources.
    if !tests.is_empty() && !path.contains("/src/") {
        let cited = ids::in_text(&text.top()).into_iter().filter(|id| sections.contains(&id.section.as_str()));
        found.files.extend(cited.map(|id| Citation { id, file: path.to_owned(), test: String::new() }));
    }
    found.complaints.extend(unknown(path, &text, &tests, known, &sections));
}

/// Rules that are cited anywhere in a file and do not exist.
fn unknown(path: &str, text: &Text<'_>, tests: &[Test], known: &[Id], sections: &[&str]) -> Vec<String> {
    let mut cited = ids::in_text(&text.comments.join("\n"));
    cited.extend(tests.iter().flat_map(|test| ids::in_name(&test.name, sections)));
    cited.sort();
    cited.dedup();
    cited.retain(|id| sections.contains(&id.section.as_str()) && !known.contains(id));
    cited.into_iter().map(|id| format!("{path} cites {id}, which does not exist")).collect()
}

/// A test with its comments.
struct Test {
    name: String,
    comments: String,
}

/// A file by its lines.
struct Text<'a> {
    whole: Vec<&'a str>,
    code: Vec<&'a str>,
    comments: Vec<&'a str>,
}

impl<'a> Text<'a> {
    fn of(source: &'a str, layers: &'a Layers) -> Self {
        let lines = |text: &'a str| text.lines().collect();
        Self { whole: lines(source), code: lines(&layers.code), comments: lines(&layers.comments) }
    }

    /// Whether a line holds a comment and nothing else.
    fn is_comment(&self, line: usize) -> bool {
        self.code[line].trim().is_empty() && !self.whole[line].trim().is_empty()
    }

    /// The comment that the file begins with.
    fn top(&self) -> String {
        let end = (0..self.code.len()).find(|line| !self.is_comment(*line)).unwrap_or(self.code.len());
        self.comments[..end].join("\n")
    }

    /// The first line of the comments and attributes directly above a line.
    fn head(&self, line: usize) -> usize {
        let mut first = line;
        while first > 0 && (self.is_comment(first - 1) || self.code[first - 1].trim_start().starts_with("#[")) {
            first -= 1;
        }
        first
    }

    /// The last line of the block that opens on a line or after it.
    fn end(&self, line: usize) -> usize {
        let mut depth = 0;
        for (index, code) in self.code.iter().enumerate().skip(line) {
            for byte in code.bytes() {
                depth += i32::from(byte == b'{') - i32::from(byte == b'}');
                if byte == b'}' && depth == 0 {
                    return index;
                }
            }
        }
        self.code.len() - 1
    }

    /// The function of C of this name, if it is defined here.
    fn claim(&self, name: &str) -> Option<Test> {
        let head = format!("void {name}(void)");
        let line = self.code.iter().position(|line| line.contains(&head) && !line.contains(';'))?;
        Some(self.test(name, line))
    }

    fn test(&self, name: &str, line: usize) -> Test {
        let comments = self.comments[self.head(line)..=self.end(line)].join("\n");
        Test { name: name.to_owned(), comments }
    }
}

/// The functions under `#[test]`.
fn rust_tests(text: &Text<'_>) -> Vec<Test> {
    let marked = (0..text.code.len()).filter(|line| text.code[*line].trim() == "#[test]");
    marked
        .filter_map(|mark| {
            let line = (mark..text.code.len()).find(|line| text.code[*line].contains("fn "))?;
            let (_, rest) = text.code[line].split_once("fn ")?;
            Some(text.test(leading_word(rest), line))
        })
        .collect()
}

/// The functions that `RUN(name)` runs.
fn claims(text: &Text<'_>, headers: &Text<'_>, path: &str, complaints: &mut Vec<String>) -> Vec<Test> {
    let mut found = Vec::new();
    for code in &text.code {
        // Not the definition of the macro itself.
        let Some((_, rest)) = code.split_once("RUN(").filter(|_| !code.contains("#define")) else { continue };
        let name = leading_word(rest);
        match text.claim(name).or_else(|| headers.claim(name)) {
            Some(claim) => found.push(claim),
            None => complaints.push(format!("{path} runs {name}, but there is no `static void {name}(void)`")),
        }
    }
    found
}

/// The functions of C++ that a table of the program lists, as the last of their entry.
fn listed(text: &Text<'_>) -> Vec<Test> {
    let heads = text.code.iter().enumerate().filter_map(|(line, code)| Some((line, code.strip_prefix("void ")?)));
    let heads = heads.map(|(line, rest)| (line, leading_word(rest)));
    let in_table = |name: &str| text.code.iter().any(|code| code.contains(&format!(", {name}}}")));
    heads.filter(|(_, name)| in_table(name)).map(|(line, name)| text.test(name, line)).collect()
}

fn leading_word(text: &str) -> &str {
    let end = text.bytes().position(|byte| !is_word(byte)).unwrap_or(text.len());
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::{read, Citations, Id, Kind};

    fn scan(source: &str, kind: Kind) -> Citations {
        let known = ["COM-1", "COM-2", "COM-3", "RNG-1"].map(|id| id.parse::<Id>().unwrap());
        let mut found = Citations::default();
        read("file.cpp", source, HEADER, kind, &known, &mut found);
        found
    }

    fn cited(source: &str, kind: Kind) -> Vec<String> {
        scan(source, kind).tests.iter().map(|found| format!("{} {}", found.test, found.id)).collect()
    }

    const RUST: &str = "\
//! The top: COM-3.

/// Not a test: COM-2.
fn helper() {
    // RNG-1
}

/// COM-1 to
/// COM-2.
///
/// And more.
#[test]
#[ignore]
fn first() {
    let brace = \"}\"; // RNG-1
}

// A comment of nobody: COM-2.

#[test]
fn second_com3() {}
";

    #[test]
    fn rust_tests_cite_above_inside_and_by_name() {
        let expected = ["first COM-1", "first COM-2", "first RNG-1", "second_com3 COM-3"];
        assert_eq!(cited(RUST, Kind::Rust), expected);
    }

    #[test]
    fn the_top_of_a_file_is_kept_apart() {
        let found = scan(RUST, Kind::Rust);
        assert_eq!(found.files.iter().map(|found| found.id.to_string()).collect::<Vec<_>>(), ["COM-3"]);
        assert!(scan("//! COM-3.\nfn not_a_test() {}\n", Kind::Rust).files.is_empty());
    }

    const CLAIMS: &str = "\
/* The top: COM-3. */
#include \"harness.h\"

/* COM-2: above. */
static void one(void) {
    if (x == '}') {
        CHECK(\"RNG-1\"); /* COM-1 */
    }
}

static void two_rng1(void) {
}

/* Never run: COM-2. */
static void three_com3(void) {
}

int main(void) {
    RUN(one);
    RUN(two_rng1);
}
";

    const HEADER: &str = "\
/* COM-3: for several programs. */
static inline void shared(void) {
}
";

    #[test]
    fn claims_may_be_in_headers() {
        assert_eq!(cited("int main(void) { RUN(shared); }\n", Kind::Claims), ["shared COM-3"]);
    }

    #[test]
    fn claims_count_if_they_are_run() {
        assert_eq!(cited(CLAIMS, Kind::Claims), ["one COM-2", "one COM-1", "two_rng1 RNG-1"]);
    }

    #[test]
    fn sections_count_if_they_are_listed() {
        let source = "/* COM-1 */\nvoid one()\n{\n}\n/* COM-2 */\nvoid two()\n{\n}\n\
                      const struct row rows[] = {{\"a name\", one}};\n";
        assert_eq!(cited(source, Kind::Claims), ["one COM-1"]);
    }

    #[test]
    fn slips_are_complaints() {
        let complaints = |source: &str, kind| scan(source, kind).complaints.len();
        assert_eq!(complaints(RUST, Kind::Rust) + complaints(CLAIMS, Kind::Claims), 0);
        assert_eq!(complaints("#[test]\nfn a() {} // COM-9\n", Kind::Rust), 1);
        assert_eq!(complaints("#[test]\nfn a_com9() {}\n", Kind::Rust), 1);
        assert_eq!(complaints("#[test]\nfn a() {} // CMO-1, UTF-8\n", Kind::Rust), 1);
        assert_eq!(complaints("fn a() {} // COM-9\n", Kind::Rust), 1);
        assert_eq!(complaints("fn a() {} // CMO-9\n", Kind::Rust), 0);
        assert_eq!(complaints("int main(void) { RUN(gone); }\n", Kind::Claims), 1);
    }
}
