//! The text of docs/SEMANTICS.md.

use std::fmt::Write;

use super::scan::Citation;
use super::{Evidence, Rule, Schema, Section, Standing};

/// Tests of one rule that are named; the others are counted.
const NAMED: usize = 4;

const INTRODUCTION: &str = "\
# Semantics, rule by rule

FoundationDB's transactions are Plinth's specification. This page takes them apart into numbered
rules and says for each one what Plinth does, which file does it, and which tests show it. The
header, the code and the tests name rules by these ids.

What is described is `include/plinth.h`, the native interface, and `include/foundationdb/fdb_c.h`,
FoundationDB's own, which `libfdb_c.so` serves. Rules about futures, the network thread and the binary
interface are about the second only. `COMPAT.md` has its functions and options, one by one.

How to read the tables:

- *tested*: at least one test cites the rule in its name or in its comments.
- *combined*: the rule says nothing that other rules do not; tests cite all of those.
- *not applicable*: there is no test, and the reason is given.
- *open*: neither. The build fails while a rule is open.
- *The file as a whole* is a further file of tests, which names the rule at its top. That leads the
  reader there, but is not counted as a test.

";

/// The whole page.
pub fn text(schema: &Schema, evidence: &Evidence<'_>) -> Result<String, std::fmt::Error> {
    let mut out = "<!-- Generated from schema/semantics.toml and the tests by `cargo xtask semantics`; \
                   do not edit. -->\n\n"
        .to_owned();
    out.push_str(INTRODUCTION);
    differences(&mut out, schema)?;
    counts(&mut out, schema, evidence)?;
    let sections =
        schema.section.iter().map(|section| rules(schema, section, evidence)).collect::<Result<Vec<_>, _>>()?;
    out.push_str(&sections.join("\n"));
    Ok(out)
}

fn differences(out: &mut String, schema: &Schema) -> std::fmt::Result {
    out.push_str("## Deliberate differences\n\n");
    for rule in schema.rules() {
        if let Some(differs) = &rule.differs {
            writeln!(out, "- **{}** {differs}", rule.id)?;
        }
    }
    out.push('\n');
    Ok(())
}

fn counts(out: &mut String, schema: &Schema, evidence: &Evidence<'_>) -> std::fmt::Result {
    out.push_str("## Counts\n\n");
    out.push_str("| section | rules | tested | combined | not applicable | open |\n");
    out.push_str("| --- | ---: | ---: | ---: | ---: | ---: |\n");
    let mut total = [0; 5];
    for section in &schema.section {
        let standings: Vec<Standing> = section.rule.iter().map(|rule| evidence.standing(schema, rule)).collect();
        let count = |wanted| standings.iter().filter(|standing| **standing == wanted).count();
        let row = [
            standings.len(),
            count(Standing::Tested),
            count(Standing::Combined),
            count(Standing::Excused),
            count(Standing::Open),
        ];
        total.iter_mut().zip(row).for_each(|(total, count)| *total += count);
        count_row(out, &format!("{} {}", section.prefix, section.title), row)?;
    }
    count_row(out, "**total**", total)?;
    out.push('\n');
    Ok(())
}

fn count_row(out: &mut String, title: &str, row: [usize; 5]) -> std::fmt::Result {
    let [rules, tested, combined, excused, open] = row;
    writeln!(out, "| {title} | {rules} | {tested} | {combined} | {excused} | {open} |")
}

fn rules(schema: &Schema, section: &Section, evidence: &Evidence<'_>) -> Result<String, std::fmt::Error> {
    let mut out = format!("## {} {}\n\n", section.prefix, section.title);
    out.push_str("| rule | asks | Plinth | where | tests |\n| --- | --- | --- | --- | --- |\n");
    for rule in &section.rule {
        let place = rule.place.iter().map(|place| format!("`{place}`")).collect::<Vec<_>>().join(", ");
        let cells = [rule.id.clone(), rule.rule.clone(), rule.answer.clone(), place, tests(schema, rule, evidence)];
        writeln!(out, "| {} |", cells.map(|cell| cell.replace('|', "\\|")).join(" | "))?;
    }
    Ok(out)
}

/// The last cell of a rule.
fn tests(schema: &Schema, rule: &Rule, evidence: &Evidence<'_>) -> String {
    let mut parts = Vec::new();
    if evidence.standing(schema, rule) == Standing::Open {
        parts.push("**Open.**".to_owned());
    }
    if let Some(found) = evidence.tests.get(&rule.id) {
        parts.push(names(found));
    }
    if !rule.by.is_empty() {
        parts.push(format!("Those of {}.", rule.by.join(", ")));
    }
    let tested = evidence.tests.get(&rule.id).map(Vec::as_slice).unwrap_or_default();
    let files = evidence.files.get(&rule.id).map(Vec::as_slice).unwrap_or_default();
    let others = files.iter().filter(|found| !tested.iter().any(|test| test.file == found.file));
    let others: Vec<String> = others.map(|found| format!("`{}`", found.file)).collect();
    if !others.is_empty() {
        parts.push(format!("The file as a whole: {}.", others.join(", ")));
    }
    parts.extend(rule.reason.clone());
    parts.join(" ")
}

/// The first names, by file.
fn names(found: &[&Citation]) -> String {
    let mut text = String::new();
    let mut file = "";
    for citation in found.iter().take(NAMED) {
        let separator = match (text.is_empty(), citation.file == file) {
            (true, _) => "",
            (false, true) => ", ",
            (false, false) => "; ",
        };
        text.push_str(separator);
        if citation.file != file {
            file = &citation.file;
            let _ = write!(text, "`{file}`: ");
        }
        text.push_str(&citation.test);
    }
    if found.len() > NAMED {
        let _ = write!(text, "; and {} more", found.len() - NAMED);
    }
    text.push('.');
    text
}

#[cfg(test)]
mod tests {
    use super::{names, text, Citation, Evidence, Schema};

    fn citation(id: &str, file: &str, test: &str) -> Citation {
        Citation { id: id.parse().unwrap(), file: file.into(), test: test.into() }
    }

    #[test]
    fn long_lists_are_cut_and_files_named_once() {
        let all: Vec<Citation> = ["a/x", "a/y", "b/z"]
            .iter()
            .chain(&["b/p", "b/q", "c/r"])
            .map(|name| name.split_once('/').unwrap())
            .map(|(file, test)| citation("AB-1", file, test))
            .collect();
        let all: Vec<&Citation> = all.iter().collect();
        assert_eq!(names(&all[..3]), "`a`: x, y; `b`: z.");
        assert_eq!(names(&all), "`a`: x, y; `b`: z, p; and 2 more.");
    }

    #[test]
    fn the_page_counts_and_explains() {
        let schema: Schema = toml::from_str(
            r#"
            [[section]]
            prefix = "AB"
            title = "Letters"
            rule = [
                { id = "AB-1", rule = "a|b.", answer = "Yes.", place = ["f"], differs = "Not quite." },
                { id = "AB-2", rule = "c.", answer = "No.", reason = "It is not here." },
                { id = "AB-3", rule = "d.", answer = "Yes.", place = ["f"] },
                { id = "AB-4", rule = "e.", answer = "Yes.", by = ["AB-1"] },
            ]
            "#,
        )
        .unwrap();
        let tests = [citation("AB-1", "t", "one")];
        let files = [citation("AB-1", "t", ""), citation("AB-3", "t", "")];
        let page = text(&schema, &Evidence::of(&tests, &files)).unwrap();
        for line in [
            "- **AB-1** Not quite.",
            "| AB Letters | 4 | 1 | 1 | 1 | 1 |",
            "| **total** | 4 | 1 | 1 | 1 | 1 |",
            "| AB-1 | a\\|b. | Yes. | `f` | `t`: one. |",
            "| AB-2 | c. | No. |  | It is not here. |",
            "| AB-3 | d. | Yes. | `f` | **Open.** The file as a whole: `t`. |",
            "| AB-4 | e. | Yes. |  | Those of AB-1. |",
        ] {
            assert!(page.lines().any(|found| found == line), "{line}\n{page}");
        }
    }
}
