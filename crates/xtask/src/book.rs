//! The book: the pages that docs/SUMMARY.md lists, laid out for mdbook below build/docs/stage.
//!
//! Pages keep their places, so that links between them need no change. A link to anything else of the tree is made one to the
//! header reference or to a copy, and a page that is linked but not listed is an error: the book has no dead ends.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use crate::outcome::{judge, Outcome};
use crate::{file, links, markdown, Mode};

const SUMMARY: &str = "docs/SUMMARY.md";
const STAGE: &str = "build/docs/stage";

/// Pages of the tree that the book leaves out, each with the reason.
const LEFT_OUT: [(&str, &str); 4] = [
    ("docs/SUMMARY.md", "is the book's contents"),
    ("ffi-tests/README.md", "for those who change the tests"),
    ("clients/python/README.md", "for those who change the tests"),
    ("fuzz/README.calls.md", "for those who change the tests"),
];

/// Where the header reference has a header.
const REFERENCE: [(&str, &str); 2] =
    [("include/plinth.h", "reference/plinth_8h.html"), ("include/plinth.hpp", "reference/plinth_8hpp.html")];

/// Lays the pages out, or only checks that they can be.
pub fn task(mode: Mode) -> Outcome {
    let summary = file::read(SUMMARY)?;
    let mut book = Book { pages: BTreeSet::new(), copies: BTreeSet::new(), complaints: Vec::new() };
    book.pages = markdown::links(&summary)
        .iter()
        .filter(|link| !links::is_external(&link.target))
        .filter_map(|link| links::resolve(Path::new(SUMMARY), &link.target))
        .collect();
    book.miss_none()?;
    let contents = markdown::with_targets(&summary, from_root);
    let mut texts = vec![(PathBuf::from("SUMMARY.md"), contents)];
    for page in book.pages.clone() {
        let text = file::read(&page)?;
        texts.push((page.clone(), markdown::with_targets(&text, |target| book.target(&page, target))));
    }
    if mode == Mode::Write && book.complaints.is_empty() {
        lay_out(&texts, &book.copies)?;
    }
    let note = format!("{} pages, {} files that they link to", book.pages.len(), book.copies.len());
    judge(note, "links that the book can't follow", book.complaints, "list the page in docs/SUMMARY.md, or link a page")
}

/// A target of the summary, as seen from the root.
fn from_root(target: &str) -> String {
    let resolved = links::resolve(Path::new(SUMMARY), target).unwrap_or_default();
    resolved.display().to_string()
}

struct Book {
    pages: BTreeSet<PathBuf>,
    copies: BTreeSet<PathBuf>,
    complaints: Vec<String>,
}

impl Book {
    /// Every page for readers is in the book.
    fn miss_none(&mut self) -> Result<(), Box<dyn Error>> {
        for directory in [".", "docs"] {
            for entry in fs::read_dir(directory)? {
                let path = entry?.path();
                let path = path.strip_prefix("./").unwrap_or(&path);
                let is_page = path.extension().is_some_and(|extension| extension == "md");
                let left_out = LEFT_OUT.iter().any(|(known, _)| Path::new(known) == path);
                if is_page && !left_out && !self.pages.contains(path) {
                    self.complaints.push(format!("{} is not in {SUMMARY}", path.display()));
                }
            }
        }
        Ok(())
    }

    /// What a link of a page is in the book.
    fn target(&mut self, page: &Path, target: &str) -> String {
        let (path, fragment) = links::split(target);
        if links::is_external(target) || path.is_empty() {
            return target.to_owned();
        }
        let fragment = fragment.map(|fragment| format!("#{fragment}")).unwrap_or_default();
        let Some(to) = links::resolve(page, path) else {
            self.complaints.push(format!("{}: `{target}` leads out of the tree", page.display()));
            return target.to_owned();
        };
        let up = "../".repeat(page.components().count() - 1);
        if let Some((_, reference)) = REFERENCE.iter().find(|(header, _)| Path::new(header) == to) {
            return format!("{up}{reference}{fragment}");
        }
        if self.pages.contains(&to) && !to.ends_with("README.md") {
            return target.to_owned();
        }
        // mdbook makes of each README.md the index of its directory, and leaves the links to it as they are.
        let readme = if to.ends_with("README.md") { to.clone() } else { to.join("README.md") };
        if self.pages.contains(&readme) {
            return format!("{up}{}{fragment}", readme.with_file_name("index.html").display());
        }
        let is_page = to.extension().is_some_and(|extension| extension == "md");
        if is_page || !to.is_file() {
            self.complaints.push(format!("{}: `{target}` is not in the book", page.display()));
        } else {
            self.copies.insert(to);
        }
        target.to_owned()
    }
}

/// Writes the pages, the copies and mdbook's settings, and nothing that was there before.
fn lay_out(texts: &[(PathBuf, String)], copies: &BTreeSet<PathBuf>) -> Result<(), Box<dyn Error>> {
    if Path::new(STAGE).exists() {
        fs::remove_dir_all(STAGE)?;
    }
    let root = Path::new(STAGE).join("src");
    for (path, text) in texts {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap_or(&root))?;
        fs::write(path, text)?;
    }
    for path in copies {
        let to = root.join(path);
        fs::create_dir_all(to.parent().unwrap_or(&root))?;
        fs::copy(path, to)?;
    }
    fs::copy("docs/book.toml", Path::new(STAGE).join("book.toml"))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Book;
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};

    fn book() -> Book {
        let pages = ["README.md", "docs/A.md", "examples/README.md"].map(PathBuf::from);
        Book { pages: BTreeSet::from(pages), copies: BTreeSet::new(), complaints: Vec::new() }
    }

    #[test]
    fn links_between_pages_stay() {
        let mut book = book();
        assert_eq!(book.target(Path::new("README.md"), "docs/A.md#x"), "docs/A.md#x");
        assert_eq!(book.target(Path::new("docs/A.md"), "../README.md#x"), "../index.html#x");
        assert_eq!(book.target(Path::new("docs/A.md"), "https://example.org"), "https://example.org");
        assert!(book.complaints.is_empty() && book.copies.is_empty());
    }

    #[test]
    fn what_is_no_page_is_found_elsewhere() {
        let mut book = book();
        assert_eq!(book.target(Path::new("docs/A.md"), "../include/plinth.h"), "../reference/plinth_8h.html");
        assert_eq!(book.target(Path::new("docs/A.md"), "../examples"), "../examples/index.html");
        assert_eq!(book.target(Path::new("docs/A.md"), "../Cargo.toml"), "../Cargo.toml");
        assert!(book.complaints.is_empty());
        book.target(Path::new("docs/A.md"), "B.md");
        book.target(Path::new("docs/A.md"), "../src");
        assert_eq!(book.complaints.len(), 2);
    }
}
