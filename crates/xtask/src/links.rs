//! Every link of every Markdown page leads somewhere: to a file or a directory of the tree, to a heading of a page. Links to
//! other sites are only looked at for their form; nothing is fetched.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::markdown::{self, Link};
use crate::outcome::{judge, Outcome};
use crate::Mode;

/// Directories whose pages are not ours.
const SKIPPED: [&str; 5] = [".git", "target", "build", "node_modules", "corpus"];

/// Checks the links; there is nothing to write.
pub fn task(_: Mode) -> Outcome {
    let mut pages = BTreeMap::new();
    collect(Path::new(""), &mut pages)?;
    let mut count = 0;
    let mut complaints = Vec::new();
    for (path, text) in &pages {
        for link in markdown::links(text) {
            count += 1;
            if let Some(what) = complaint(path, &link, &pages, |path| Path::new(".").join(path).exists()) {
                complaints.push(format!("{}:{}: {what}", path.display(), link.line));
            }
        }
    }
    judge(
        format!("{count} links of {} pages", pages.len()),
        "links that lead nowhere",
        complaints,
        "mend the links named",
    )
}

fn collect(directory: &Path, pages: &mut BTreeMap<PathBuf, String>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(Path::new(".").join(directory))? {
        let entry = entry?;
        let path = directory.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            if !SKIPPED.iter().any(|skipped| entry.file_name() == *skipped) {
                collect(&path, pages)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "md") {
            pages.insert(path.clone(), fs::read_to_string(entry.path())?);
        }
    }
    Ok(())
}

/// What is wrong with a link of the page `from`.
fn complaint(
    from: &Path,
    link: &Link,
    pages: &BTreeMap<PathBuf, String>,
    exists: impl Fn(&Path) -> bool,
) -> Option<String> {
    let target = link.target.as_str();
    if is_external(target) {
        return (!is_well_formed(target)).then(|| format!("`{target}` is no address"));
    }
    let (path, fragment) = split(target);
    let Some(to) = resolve(from, path) else {
        return Some(format!("`{target}` leads out of the tree"));
    };
    if !pages.contains_key(&to) && !exists(&to) {
        return Some(format!("`{target}`: there is no {}", to.display()));
    }
    let fragment = fragment?;
    match pages.get(&to) {
        Some(text) if markdown::anchors(text).iter().any(|anchor| anchor == fragment) => None,
        Some(_) => Some(format!("`{target}`: {} has no heading `#{fragment}`", to.display())),
        None => Some(format!("`{target}`: only pages have headings")),
    }
}

/// Whether a target has a scheme.
pub fn is_external(target: &str) -> bool {
    target.split_once(':').is_some_and(|(scheme, _)| {
        !scheme.is_empty() && scheme.chars().all(|c| c.is_ascii_alphanumeric() || c == '+' || c == '-')
    })
}

/// Whether an address could be one: https, a host with a dot, no space.
fn is_well_formed(target: &str) -> bool {
    let Some(rest) = target.strip_prefix("https://").or_else(|| target.strip_prefix("http://")) else {
        return target.strip_prefix("mailto:").is_some_and(|address| address.contains('@'));
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    host.contains('.') && !host.starts_with('.') && !host.ends_with('.') && !target.contains(char::is_whitespace)
}

/// The path and the fragment of a target.
pub fn split(target: &str) -> (&str, Option<&str>) {
    match target.split_once('#') {
        Some((path, fragment)) => (path, Some(fragment)),
        None => (target, None),
    }
}

/// Where `path`, as the page `from` writes it, is in the tree; nothing if that is outside.
pub fn resolve(from: &Path, path: &str) -> Option<PathBuf> {
    if path.is_empty() {
        return Some(from.to_path_buf());
    }
    let mut resolved = from.parent().map(Path::to_path_buf).unwrap_or_default();
    for part in Path::new(path).components() {
        match part {
            Component::Normal(name) => resolved.push(name),
            Component::CurDir => {}
            Component::ParentDir if resolved.pop() => {}
            _ => return None,
        }
    }
    Some(resolved)
}

#[cfg(test)]
mod tests {
    use super::{complaint, is_external, is_well_formed, resolve};
    use crate::markdown::Link;
    use std::collections::BTreeMap;
    use std::path::{Path, PathBuf};

    fn check(target: &str) -> Option<String> {
        let pages = [("Cargo.md", "# Here\n"), ("src/page.md", "## There is\n")];
        let pages: BTreeMap<PathBuf, String> =
            pages.into_iter().map(|(path, text)| (PathBuf::from(path), text.to_owned())).collect();
        let link = Link { line: 1, target: target.to_owned() };
        complaint(Path::new("src/page.md"), &link, &pages, |path| path == Path::new("src/main.rs"))
    }

    #[test]
    fn what_is_there_passes() {
        assert_eq!(check("#there-is"), None);
        assert_eq!(check("main.rs"), None);
        assert_eq!(check("../Cargo.md"), None);
        assert_eq!(check("https://example.org/a#b"), None);
    }

    #[test]
    fn what_is_not_there_is_found() {
        assert!(check("#there").is_some_and(|what| what.contains("no heading")));
        assert!(check("gone.rs").is_some_and(|what| what.contains("there is no src/gone.rs")));
        assert!(check("main.rs#x").is_some_and(|what| what.contains("only pages")));
        assert!(check("../../etc/passwd").is_some_and(|what| what.contains("out of the tree")));
        assert!(check("/etc/passwd").is_some_and(|what| what.contains("out of the tree")));
        assert!(check("https://nowhere").is_some_and(|what| what.contains("no address")));
    }

    #[test]
    fn paths_and_addresses_are_told_apart() {
        assert!(is_external("https://example.org") && is_external("mailto:a@b.org") && !is_external("a/b.md#c:d"));
        assert!(is_well_formed("https://example.org/x") && !is_well_formed("https:///x") && !is_well_formed("ftp:x"));
        assert_eq!(resolve(Path::new("docs/A.md"), "../src/./b.rs"), Some(PathBuf::from("src/b.rs")));
    }
}
