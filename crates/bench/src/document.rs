//! The tables and pictures of `docs/PERFORMANCE.md`, made of the results of runs. What is between the markers
//! is replaced, the rest is written by hand. Relies on `row` for the results and on `target` for the limits.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::case::Group;
use crate::chart::short;
use crate::engines::Kind;
use crate::error::{Context, Error, Result};
use crate::pictures;
use crate::row::{Place, Results, Row};
use crate::scene::Scene;
use crate::target::targets;

const BEGIN: &str = "<!-- figures: begin -->";
const END: &str = "<!-- figures: end -->";

/// Instructions of one transaction, counted.
struct Counted {
    work: String,
    engine: String,
    each: f64,
}

/// All that a document is made of.
#[derive(Default)]
struct Material {
    about: Vec<String>,
    rows: Vec<Row>,
    counted: Vec<Counted>,
}

/// Replaces the figures of a document, and the pictures beside it. A file of results that is not there is
/// said and left out.
pub fn write(document: &Path, results: &[PathBuf]) -> Result<()> {
    let mut material = Material::default();
    for path in results {
        match std::fs::read_to_string(path) {
            Ok(text) => material.add(&text).context(path.display())?,
            Err(error) => eprintln!("{}: left out: {error}", path.display()),
        }
    }
    if material.rows.is_empty() {
        return Err(Error::new("no results"));
    }
    let directory = document.with_file_name("img");
    std::fs::create_dir_all(&directory).context(directory.display())?;
    let mut shown = String::new();
    for (name, chart) in pictures::pictures(&material.rows) {
        let path = directory.join(name);
        std::fs::write(&path, chart.svg()).context(path.display())?;
        let _ = writeln!(shown, "![{}](img/{name})\n", chart.title);
    }
    let text = std::fs::read_to_string(document).context(document.display())?;
    let text = replaced(&text, &material.text(&shown))?;
    std::fs::write(document, text).context(document.display())
}

fn replaced(text: &str, figures: &str) -> Result<String> {
    let lacks = || Error::new(format!("the document lacks a line {BEGIN} and a line {END} behind it"));
    let (before, rest) = text.split_once(BEGIN).ok_or_else(lacks)?;
    let (_, after) = rest.split_once(END).ok_or_else(lacks)?;
    Ok(format!("{before}{BEGIN}\n\n{}\n\n{END}{after}", figures.trim()))
}

impl Material {
    fn add(&mut self, text: &str) -> Result<()> {
        let all: Value = serde_json::from_str(text).context("results")?;
        let Some(counted) = all["instructions"].as_array() else {
            let Results { about, rows } = Results::read(text)?;
            self.about.push(about);
            self.rows.extend(rows);
            return Ok(());
        };
        for one in counted {
            let text = |name: &str| one[name].as_str().unwrap_or_default().to_owned();
            let each = one["each"].as_f64().unwrap_or_default();
            self.counted.push(Counted { work: text("work"), engine: text("engine"), each });
        }
        Ok(())
    }

    fn text(&self, pictures: &str) -> String {
        let mut text = format!("{}{}\n## Pictures\n\n{pictures}", self.machine(), self.limits());
        for group in Group::ALL {
            text += &self.group(group);
        }
        text + &self.published() + &self.instructions() + &self.memory()
    }

    fn machine(&self) -> String {
        let mut text = String::from("## Machine\n");
        for about in &self.about {
            // The engines follow, which are said elsewhere.
            let lines: Vec<&str> = about.lines().take_while(|line| !is_note(line)).collect();
            let _ = write!(text, "\n```\n{}\n```\n", lines.join("\n"));
        }
        text
    }

    /// Every limit, also one that was missed or not measured.
    fn limits(&self) -> String {
        let mut lines = String::new();
        let (mut met, mut missed) = (0, 0);
        for target in targets() {
            let Some(outcome) = target.judge(&self.rows) else {
                let _ = writeln!(lines, "| `{}` | | | | not measured |", target.label());
                continue;
            };
            let mark = if outcome.met { "met" } else { "**missed**" };
            *(if outcome.met { &mut met } else { &mut missed }) += 1;
            let (label, engine, against, asked) =
                (&outcome.label, outcome.engine.name(), &outcome.against, &outcome.asked);
            let _ = writeln!(lines, "| `{label}` {engine} | {against} | {asked} | {:.2} | {mark} |", outcome.got);
        }
        format!(
            "\n## Limits: {met} met, {missed} missed\n\n\
             | work/threads/durability | against | asked | measured | |\n| --- | --- | --- | --- | --- |\n{lines}"
        )
    }

    fn group(&self, group: Group) -> String {
        let rows: Vec<&Row> = self.rows.iter().filter(|row| row.place.group == group.name()).collect();
        let engines: Vec<Kind> =
            Kind::ALL.into_iter().filter(|kind| rows.iter().any(|row| row.engine == *kind)).collect();
        if engines.is_empty() {
            return String::new();
        }
        let mut places: Vec<&Place> = Vec::new();
        for row in &rows {
            if !places.contains(&&row.place) {
                places.push(&row.place);
            }
        }
        let find =
            |place: &Place, kind: Kind| rows.iter().find(|row| row.place == *place && row.engine == kind).copied();
        let table = |cell: &dyn Fn(&Row) -> String| {
            let names: Vec<&str> = engines.iter().map(|kind| kind.name()).collect();
            let mut text = format!("| | {} |\n| --- |{}\n", names.join(" | "), " --- |".repeat(names.len()));
            for place in &places {
                let cells = engines.iter().map(|kind| find(place, *kind).map_or(String::new(), cell));
                let _ = writeln!(text, "| `{}` | {} |", place.label(), cells.collect::<Vec<_>>().join(" | "));
            }
            text
        };
        let ratio = |row: &Row| {
            let ratio = row.plinth_ratio(&self.rows).map_or(String::new(), |ratio| format!(" ({ratio:.2})"));
            let retries =
                if row.conflicts > 0 { format!(", {} retries", short(row.conflicts as f64)) } else { String::new() };
            format!("{}{ratio}{retries}", short(row.per_second))
        };
        let times = |row: &Row| format!("{} / {}", short(row.p50_us), short(row.p99_us));
        let cpu = |row: &Row| short(row.cpu_us);
        let mut text = format!("\n## {}\n", heading(group));
        let mut scenes: Vec<&str> = places.iter().map(|place| place.scene.as_str()).collect();
        scenes.dedup();
        for scene in scenes.iter().filter_map(|name| Scene::find(name)) {
            let _ = write!(text, "\n`{}`: {}.\n", scene.name, scene.note);
        }
        let _ =
            write!(text, "\nTransactions a second; in parentheses Plinth's over this engine's:\n\n{}", table(&ratio));
        let _ = write!(text, "\nMicroseconds of a transaction, median / 99th percentile:\n\n{}", table(&times));
        let _ = write!(text, "\nProcessor time of a transaction in microseconds:\n\n{}", table(&cpu));
        text
    }

    fn published(&self) -> String {
        let tests: Vec<&Row> =
            self.rows.iter().filter(|row| row.published.is_some() && row.engine == Kind::Plinth).collect();
        let mut lines = String::new();
        for row in tests {
            let (Some((figure, unit)), Some(own)) = (&row.published, row.operations) else { continue };
            let future = self.rows.iter().find(|other| other.place == row.place && other.engine == Kind::FdbC);
            let future = future.and_then(|row| row.operations).map_or(String::new(), short);
            let _ = writeln!(
                lines,
                "| `{}`, {unit} | {} | {future} | {} |",
                row.place.work,
                short(own),
                short(*figure as f64)
            );
        }
        match lines.as_str() {
            "" => lines,
            _ => format!(
                "\n## FoundationDB's published single-core tests\n\nOperations a second. Here the whole process, clients \
                 and engine, is on one core. FoundationDB's figures are those it published: an older machine (E3-1240, \
                 SATA SSD), the server alone on one core, values of 8 to 100 bytes.\n\n\
                 | test | plinth | fdb_c | FoundationDB |\n| --- | --- | --- | --- |\n{lines}"
            ),
        }
    }

    fn instructions(&self) -> String {
        let mut lines = String::new();
        for Counted { work, engine, each } in &self.counted {
            let _ = writeln!(lines, "| `{work}` | {engine} | {each:.0} |");
        }
        match lines.as_str() {
            "" => lines,
            _ => format!(
                "\n## Instructions\n\nOf one transaction, counted by callgrind: no noise, but no waiting either.\n\n\
                 | work | engine | instructions |\n| --- | --- | --- |\n{lines}"
            ),
        }
    }

    fn memory(&self) -> String {
        let mut lines = String::new();
        for kind in Kind::ALL {
            let of = |scene: &str| {
                let rows = self.rows.iter().filter(|row| row.engine == kind && row.place.scene == scene);
                rows.map(|row| row.peak_bytes).max().map_or(String::new(), |bytes| format!("{}", bytes >> 20))
            };
            let (main, cold, gigabyte) = (of("main"), of("cold"), of("1-GiB"));
            if !main.is_empty() {
                let _ = writeln!(lines, "| {} | {main} | {cold} | {gigabyte} |", kind.name());
            }
        }
        format!(
            "\n## Memory\n\nPeak resident MiB of the engine's process in any measurement of a scene; LMDB's and \
             SQLite's hold pages of the file; of guest, redis and postgres only the clients' side.\n\n\
             | engine | main | cold (budget 48 MiB) | 1-GiB |\n| --- | --- | --- | --- |\n{lines}"
        )
    }
}

fn is_note(line: &str) -> bool {
    Kind::ALL.iter().any(|kind| line.starts_with(&format!("{:<12}{}", kind.name(), kind.note())))
}

fn heading(group: Group) -> &'static str {
    match group {
        Group::Reads => "Reads",
        Group::Writes => "Writes",
        Group::Fdb => "The tests that FoundationDB published",
        Group::Structures => "Counter, queue, large values, files",
        Group::Processes => "From another process",
        Group::Peers => "Beside LMDB, redb, fjall and SQLite",
        Group::Memory => "Little memory, and plenty",
        Group::History => "After many recent writes",
        Group::Growth => "Growth",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::tests::row;

    fn material() -> Material {
        let label = "read-write-5+5/16/sync";
        let rows = vec![
            row("writes", label, Kind::Plinth, &[80_000.0]),
            row("writes", label, Kind::Rocksdb, &[100_000.0]),
            row("writes", label, Kind::Optimistic, &[20_000.0]),
        ];
        let about = format!("a machine\n{:<12}{}", "rocksdb", Kind::Rocksdb.note());
        let mut material = Material::default();
        material.add(&Results { about, rows }.write().unwrap()).unwrap();
        material.add(r#"{"instructions": [{"work": "read-1", "engine": "plinth", "each": 1234.4}]}"#).unwrap();
        material
    }

    #[test]
    fn what_is_missed_or_not_measured_stays_in_the_table() {
        let text = material().text("");
        assert!(text.contains("| `read-write-5+5/16/sync` plinth | rocksdb | >= 0.95 | 0.80 | **missed** |"));
        assert!(text.contains("| `read-write-5+5/16/sync` plinth | optimistic | >= 1.7 | 4.00 | met |"));
        assert!(text.contains("| `begin+destroy/1/none` | | | | not measured |"));
        assert!(text.contains("1 met, 1 missed"));
    }

    #[test]
    fn a_table_has_a_column_for_each_engine_that_was_measured() {
        let text = material().text("");
        assert!(text.contains("| | plinth | rocksdb | optimistic |\n"));
        assert!(text.contains("| 80 k, 1 retries | 100 k (0.80), 1 retries |"));
        assert!(text.contains("| `read-1` | plinth | 1234 |"));
        assert!(text.contains("a machine\n```") && !text.contains("the limit)"));
    }

    #[test]
    fn only_what_is_between_the_markers_changes() {
        let text = format!("# Title\n{BEGIN}\nold\n{END}\nby hand\n");
        let new = replaced(&text, "new").unwrap();
        assert_eq!(new, format!("# Title\n{BEGIN}\n\nnew\n\n{END}\nby hand\n"));
        assert_eq!(replaced(&new, "new").unwrap(), new);
        assert!(replaced("# Title\n", "new").is_err());
    }
}
