//! What Plinth is built with: licences, sources, unwanted crates and crates that are there twice, against
//! `schema/dependencies.toml`. Nothing is downloaded, so advisories are not looked up.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde::Deserialize;

use crate::file;
use crate::outcome::{judge, Outcome};
use crate::Mode;

const RULES: &str = "schema/dependencies.toml";

#[derive(Deserialize)]
struct Rules {
    source: String,
    licenses: Vec<String>,
    #[serde(default)]
    exception: Vec<Exception>,
    #[serde(default)]
    ban: Vec<Ban>,
    #[serde(default)]
    duplicate: Vec<Duplicate>,
}

#[derive(Deserialize)]
struct Exception {
    name: String,
    license: String,
}

#[derive(Deserialize)]
struct Ban {
    name: String,
    /// Crates that may use it all the same.
    #[serde(default, rename = "use")]
    users: Vec<String>,
}

#[derive(Deserialize)]
struct Duplicate {
    name: String,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    license: Option<String>,
    source: Option<String>,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
}

/// Compares; there is nothing to write.
pub fn task(_: Mode) -> Outcome {
    let rules: Rules = toml::from_str(&file::read(RULES)?)?;
    let output = Command::new("cargo").args(["metadata", "--locked", "--offline", "--format-version", "1"]).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned().into());
    }
    let metadata: Metadata = serde_json::from_slice(&output.stdout)?;
    let complaints = complaints(&rules, &metadata.packages);
    let repair = format!("choose another crate, or give the reason in {RULES}");
    judge(format!("{} crates", metadata.packages.len()), "unwanted crates", complaints, &repair)
}

fn complaints(rules: &Rules, packages: &[Package]) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for package in packages {
        versions.entry(&package.name).or_default().insert(&package.version);
        complaints.extend(of_package(rules, package).into_iter().map(|what| format!("{}: {what}", package.name)));
    }
    for (name, versions) in &versions {
        let expected = rules.duplicate.iter().any(|duplicate| duplicate.name == *name);
        match (versions.len() > 1, expected) {
            (true, false) => complaints.push(format!("{name}: several versions: {versions:?}")),
            (false, true) => complaints.push(format!("{name}: is there once, and need not be listed as a duplicate")),
            _ => {}
        }
    }
    complaints
}

fn of_package(rules: &Rules, package: &Package) -> Vec<String> {
    let mut complaints = Vec::new();
    for dependency in &package.dependencies {
        let ban = rules.ban.iter().find(|ban| ban.name == dependency.name);
        if ban.is_some_and(|ban| !ban.users.contains(&package.name)) {
            complaints.push(format!("may ask for {}", dependency.name));
        }
    }
    let Some(source) = &package.source else {
        return complaints;
    };
    if *source != rules.source {
        complaints.push(format!("is from {source}"));
    }
    let license = package.license.as_deref().unwrap_or("none");
    let excepted =
        rules.exception.iter().any(|exception| exception.name == package.name && exception.license == license);
    if !excepted && !is_allowed(license, &rules.licenses) {
        complaints.push(format!("has the licence {license}"));
    }
    complaints
}

/// Whether an expression of licences can be met: `OR` binds less than `AND`, and parentheses stand around
/// an `OR` inside an `AND`. A slash is an old form of `OR`.
fn is_allowed(expression: &str, allowed: &[String]) -> bool {
    let expression = expression.replace('/', " OR ");
    split(&expression, " OR ").iter().any(|choice| {
        split(choice, " AND ").iter().all(|part| {
            let part = part.trim();
            match part.strip_prefix('(').and_then(|part| part.strip_suffix(')')) {
                Some(inner) => is_allowed(inner, allowed),
                None => allowed.iter().any(|license| license == part),
            }
        })
    })
}

/// The parts between a word that is outside of parentheses.
fn split<'a>(text: &'a str, word: &str) -> Vec<&'a str> {
    let (mut parts, mut begin, mut depth) = (Vec::new(), 0, 0);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth -= 1,
            _ if depth == 0 && text[at..].starts_with(word) => {
                parts.push(&text[begin..at]);
                begin = at + word.len();
            }
            _ => {}
        }
    }
    parts.push(&text[begin..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> Rules {
        let text = "source = \"here\"\nlicenses = [\"A\", \"B\"]\n[[ban]]\nname = \"bad\"\nuse = [\"tool\"]\n[[duplicate]]\nname = \"old\"\n";
        toml::from_str(text).unwrap()
    }

    fn package(name: &str, version: &str, license: &str, source: &str, asks: &[&str]) -> Package {
        let dependencies = asks.iter().map(|name| Dependency { name: (*name).to_owned() }).collect();
        let (name, version) = (name.to_owned(), version.to_owned());
        Package { name, version, license: Some(license.to_owned()), source: Some(source.to_owned()), dependencies }
    }

    #[test]
    fn licences_are_met_or_not() {
        let allowed = ["A".to_owned(), "B".to_owned()];
        for (expression, met) in [
            ("A", true),
            ("C", false),
            ("C OR A", true),
            ("A AND C", false),
            ("C/B", true),
            ("(A OR C) AND B", true),
            ("(C OR D) AND B", false),
            ("none", false),
        ] {
            assert_eq!(is_allowed(expression, &allowed), met, "{expression}");
        }
    }

    #[test]
    fn every_kind_of_unwanted_crate_is_noticed() {
        let good = || package("good", "1", "A", "here", &[]);
        let once = package("old", "1", "A", "here", &[]);
        let twice = package("old", "2", "A", "here", &[]);
        let fine = [good(), package("old", "1", "A", "here", &[]), twice, package("tool", "1", "B", "here", &["bad"])];
        assert_eq!(complaints(&rules(), &fine), Vec::<String>::new());
        for bad in [
            vec![
                package("x", "1", "C", "here", &[]),
                package("old", "1", "A", "here", &[]),
                package("old", "2", "A", "here", &[]),
            ],
            vec![
                package("x", "1", "A", "elsewhere", &[]),
                package("old", "1", "A", "here", &[]),
                package("old", "2", "A", "here", &[]),
            ],
            vec![
                package("x", "1", "A", "here", &["bad"]),
                package("old", "1", "A", "here", &[]),
                package("old", "2", "A", "here", &[]),
            ],
            vec![
                good(),
                package("good", "2", "A", "here", &[]),
                package("old", "1", "A", "here", &[]),
                package("old", "2", "A", "here", &[]),
            ],
            vec![once],
        ] {
            assert_eq!(complaints(&rules(), &bad).len(), 1);
        }
    }
}
