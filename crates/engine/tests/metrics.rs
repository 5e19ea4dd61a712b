//! Every name of a page of metrics is in the manual, with its type and labels, and what dashboards and alerts ask for is
//! on the page.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use plinth_api::DatabaseOptions;

/// By name, the type and the labels.
type Families = BTreeMap<String, (String, BTreeSet<String>)>;

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// What a page has: that of a guest, which has all callers.
fn emitted() -> Families {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("database");
    let open = || plinth_engine::open(path.to_str().unwrap(), DatabaseOptions::default()).unwrap();
    let (host, guest) = (open(), open());
    let text = guest.metrics_text().unwrap();
    guest.close().unwrap();
    host.close().unwrap();
    let mut families = Families::new();
    for line in text.lines() {
        if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').unwrap();
            families.insert(name.to_owned(), (kind.to_owned(), BTreeSet::new()));
        } else if let Some((name, labels)) = line.split_once('{').filter(|_| !line.starts_with('#')) {
            let ends = ["", "_bucket", "_sum", "_count"];
            let plain = ends.iter().filter_map(|end| name.strip_suffix(end)).find(|name| families.contains_key(*name));
            let family = families.get_mut(plain.unwrap()).unwrap();
            // No value here has a comma but the path, which comes first.
            let labels = labels.split("\",").filter_map(|label| label.split_once("=\"")).map(|(label, _)| label);
            family.1.extend(labels.filter(|label| !["database", "le"].contains(label)).map(str::to_owned));
        }
    }
    families
}

fn documented() -> Families {
    let manual = std::fs::read_to_string(root().join("docs/METRICS.md")).unwrap();
    let rows = manual.lines().filter(|line| line.starts_with("| `plinth_"));
    let rows = rows.map(|line| line.split('|').map(str::trim).collect::<Vec<_>>());
    let labels = |cell: &str| cell.split(", ").filter(|label| !label.is_empty()).map(|l| l.replace('`', "")).collect();
    rows.map(|row| (row[1].replace('`', ""), (row[2].to_owned(), labels(row[3])))).collect()
}

#[test]
fn every_name_is_in_the_manual_and_every_name_of_the_manual_is_there() {
    let (emitted, documented) = (emitted(), documented());
    assert!(emitted.len() > 40, "{}", emitted.len());
    for (name, family) in &emitted {
        assert_eq!(documented.get(name), Some(family), "{name}");
    }
    for name in documented.keys() {
        assert!(emitted.contains_key(name), "{name} is not on the page");
    }
}

/// The names that a text asks for.
fn asked(text: &str) -> BTreeSet<&str> {
    let is_part = |byte: char| byte.is_ascii_lowercase() || byte == '_';
    let starts = text.match_indices("plinth_").filter(|(at, _)| !text[..*at].ends_with(is_part));
    starts.map(|(at, _)| text[at..].split(|byte| !is_part(byte)).next().unwrap()).collect()
}

#[test]
fn what_dashboards_and_alerts_ask_for_is_there() {
    let emitted = emitted();
    for file in ["packaging/grafana/plinth.json", "packaging/prometheus/plinth.rules.yml"] {
        let text = std::fs::read_to_string(root().join(file)).unwrap();
        let names = asked(&text);
        assert!(names.len() > 5, "{file}");
        for name in names {
            let plain = emitted.get(name).is_some_and(|(kind, _)| kind != "histogram");
            let parts = ["_bucket", "_sum", "_count"].iter().filter_map(|end| name.strip_suffix(end));
            let of_histogram = parts.filter_map(|name| emitted.get(name)).any(|(kind, _)| kind == "histogram");
            assert!(plain || of_histogram, "{file} asks for {name}");
        }
    }
}
