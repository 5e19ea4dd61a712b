//! Every link of the built book leads to a file of it, and every fragment to a place in that file.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use crate::links;
use crate::outcome::{judge, Outcome};

/// Pages that are made to be served from anywhere, with absolute links.
const SKIPPED: [&str; 1] = ["404.html"];

/// Checks the pages below a directory.
pub fn check(directory: &str) -> Outcome {
    let mut paths = Vec::new();
    collect(Path::new(directory), &mut paths)?;
    let mut pages = BTreeMap::new();
    for path in &paths {
        if path.extension().is_some_and(|extension| extension == "html") {
            let page = Page::of(&fs::read_to_string(path)?);
            pages.insert(path.strip_prefix(directory)?.to_path_buf(), page);
        }
    }
    let files: Result<BTreeSet<_>, _> =
        paths.iter().map(|path| path.strip_prefix(directory).map(Path::to_path_buf)).collect();
    let site = Site { pages, files: files? };
    let (count, complaints) = site.complaints();
    judge(format!("{count} links of {} pages", site.pages.len()), "links that lead nowhere", complaints, "`make docs`")
}

fn collect(directory: &Path, paths: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), paths)?;
        } else {
            paths.push(entry.path());
        }
    }
    Ok(())
}

/// What a page links to, and what can be linked to in it.
struct Page {
    targets: BTreeSet<String>,
    places: BTreeSet<String>,
}

impl Page {
    fn of(html: &str) -> Self {
        let mut page = Self { targets: BTreeSet::new(), places: BTreeSet::new() };
        let mut rest = html;
        while let Some(at) = rest.find('<') {
            rest = &rest[at + 1..];
            page.take(rest.split('>').next().unwrap_or_default());
            for (skipped, end) in [("script", "</script"), ("style", "</style"), ("!--", "-->")] {
                if rest.starts_with(skipped) {
                    rest = rest.find(end).map_or("", |at| &rest[at + 1..]);
                }
            }
        }
        page
    }

    /// Notes the attributes of a tag; a comment has none.
    fn take(&mut self, tag: &str) {
        if tag.starts_with("!--") {
            return;
        }
        for name in ["href", "src"] {
            self.targets.extend(attribute(tag, name).map(|target| target.replace("&amp;", "&")));
        }
        for name in ["id", "name"] {
            self.places.extend(attribute(tag, name).map(str::to_owned));
        }
    }
}

/// The value of an attribute.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let mut from = 0;
    while let Some(at) = tag[from..].find(name) {
        let at = from + at;
        let after = tag[at + name.len()..].strip_prefix("=\"");
        if let Some(value) = after.filter(|_| tag[..at].ends_with(char::is_whitespace)) {
            return value.split('"').next();
        }
        from = at + name.len();
    }
    None
}

struct Site {
    pages: BTreeMap<PathBuf, Page>,
    files: BTreeSet<PathBuf>,
}

impl Site {
    fn complaints(&self) -> (usize, Vec<String>) {
        let mut count = 0;
        let mut complaints = Vec::new();
        for (path, page) in &self.pages {
            if SKIPPED.iter().any(|skipped| Path::new(skipped) == path) {
                continue;
            }
            for target in page.targets.iter().filter(|target| !links::is_external(target) && !target.starts_with("//"))
            {
                count += 1;
                if let Some(what) = self.complaint(path, page, target) {
                    complaints.push(format!("{}: `{target}` {what}", path.display()));
                }
            }
        }
        (count, complaints)
    }

    fn complaint(&self, from: &Path, page: &Page, target: &str) -> Option<String> {
        let (path, fragment) = links::split(target);
        let path = path.split('?').next().unwrap_or_default();
        let Some(to) = links::resolve(from, &decoded(path)) else { return Some("leads out of the book".to_owned()) };
        let linked = if path.is_empty() {
            Some(page)
        } else if self.files.contains(&to) {
            self.pages.get(&to)
        } else {
            return Some("is not there".to_owned());
        };
        let fragment = decoded(fragment.filter(|fragment| !fragment.is_empty())?);
        match linked {
            Some(page) if !page.places.contains(&fragment) => Some("has no such place".to_owned()),
            _ => None,
        }
    }
}

/// An address without its percent signs.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let code = tail
            .get(..2)
            .and_then(|two| std::str::from_utf8(two).ok())
            .and_then(|two| u8::from_str_radix(two, 16).ok());
        match code {
            Some(code) if *first == b'%' => {
                bytes.push(code);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{decoded, Page, Site};
    use std::path::PathBuf;

    fn complaints(pages: &[(&str, &str)]) -> Vec<String> {
        let site = Site {
            pages: pages.iter().map(|(path, html)| (PathBuf::from(path), Page::of(html))).collect(),
            files: pages.iter().map(|(path, _)| PathBuf::from(path)).collect(),
        };
        site.complaints().1
    }

    #[test]
    fn links_that_lead_somewhere_pass() {
        let there = ("a/b.html", "<h1 id=\"x y\">t</h1><a href=\"../c.html\">c</a><a href=\"#x%20y\">x</a>");
        let here = ("c.html", "<a class=\"k\" href=\"a/b.html?v=1#x%20y\">b</a><a href=\"https://example.org\">e</a>");
        assert!(complaints(&[there, here]).is_empty());
    }

    #[test]
    fn links_that_lead_nowhere_are_found() {
        assert_eq!(complaints(&[("a.html", "<a href=\"b.html\">b</a>")]).len(), 1);
        assert_eq!(complaints(&[("a.html", "<a href=\"#b\">b</a>")]).len(), 1);
        assert_eq!(complaints(&[("a.html", "<img src=\"../b.png\"/>")]).len(), 1);
        assert_eq!(complaints(&[("a.html", "<script src=\"gone.js\"></script>")]).len(), 1);
    }

    #[test]
    fn scripts_and_comments_have_no_links() {
        assert!(complaints(&[("a.html", "<script>x = '<a href=\"b\">'</script><!-- <a href=\"b\"> -->")]).is_empty());
        assert_eq!(decoded("a%20b%2Fc%"), "a b/c%");
    }
}
