//! docs/SEMANTICS.md: each rule of the semantics, what Plinth does, and the tests that show it.
//!
//! The rules are in schema/semantics.toml. A rule without a test needs a reason, and a test cannot
//! cite a rule that does not exist.

mod comments;
mod ids;
mod page;
mod scan;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;

use crate::outcome::{judge, Outcome};
use crate::{file, Mode};
use ids::Id;
use scan::Citation;

const SCHEMA: &str = "schema/semantics.toml";
const PAGE: &str = "docs/SEMANTICS.md";

/// The whole file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Schema {
    section: Vec<Section>,
}

/// The rules whose ids begin alike.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    /// The letters of the ids.
    prefix: String,
    title: String,
    rule: Vec<Rule>,
}

/// One rule.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    id: String,
    /// What it asks.
    rule: String,
    /// What Plinth does.
    answer: String,
    /// The files that do it.
    #[serde(default)]
    place: Vec<String>,
    /// Why no test is needed.
    reason: Option<String>,
    /// How Plinth differs from FoundationDB on purpose.
    differs: Option<String>,
    /// The rules that this one only combines: their tests are its tests.
    #[serde(default)]
    by: Vec<String>,
}

/// Whether a rule is shown to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// A test cites it.
    Tested,
    /// Tests cite the rules that it combines.
    Combined,
    /// There is a reason why it needs none.
    Excused,
    /// Nothing shows it.
    Open,
}

/// Writes or checks the page; fails if a rule is open, or if a test cites what does not exist.
pub fn task(mode: Mode) -> Outcome {
    let schema: Schema = toml::from_str(&file::read(SCHEMA)?).map_err(|error| format!("{SCHEMA}: {error}"))?;
    let slips = slips(&schema, |place| Path::new(place).is_file());
    judge(String::new(), "slips in schema/semantics.toml", slips, "correct the places named")?;
    let known = schema.rules().map(|rule| rule.id.parse()).collect::<Result<Vec<Id>, _>>()?;
    let cited = scan::all(&known)?;
    let evidence = Evidence::of(&cited.tests, &cited.files);
    let page = page::text(&schema, &evidence)?;
    let settled = file::settle(PAGE, &page, mode, "cargo xtask semantics");
    judge(String::new(), "tests cite what does not exist", cited.complaints, "correct the places named")?;
    let open: Vec<String> =
        schema.rules().filter(|rule| evidence.standing(&schema, rule) == Standing::Open).map(open).collect();
    let repair = "write a test that cites the rule (CONTRIBUTING.md), or give the reason in schema/semantics.toml";
    judge(String::new(), "rules without a test and without a reason", open, repair)?;
    settled?;
    Ok(format!("{} rules, {} citations by tests", known.len(), cited.tests.len()))
}

fn open(rule: &Rule) -> String {
    format!("{}: {}", rule.id, rule.rule)
}

impl Schema {
    fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.section.iter().flat_map(|section| &section.rule)
    }

    fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules().find(|rule| rule.id == id)
    }
}

/// What is wrong with the file itself.
fn slips(schema: &Schema, exists: impl Fn(&str) -> bool) -> Vec<String> {
    let mut slips = Vec::new();
    let mut seen = BTreeSet::new();
    for section in &schema.section {
        let mut last = 0;
        if !seen.insert(section.prefix.clone()) {
            slips.push(format!("section {} is there twice", section.prefix));
        }
        for rule in &section.rule {
            let number = rule.id.parse::<Id>().ok().filter(|id| id.section == section.prefix).map(|id| id.number);
            if number != Some(last + 1) {
                slips.push(format!("{} does not follow {}-{last}", rule.id, section.prefix));
            }
            last = number.unwrap_or(last);
            slips.extend(rule_slips(schema, rule, &exists).into_iter().map(|slip| format!("{}: {slip}", rule.id)));
        }
    }
    slips
}

fn rule_slips(schema: &Schema, rule: &Rule, exists: impl Fn(&str) -> bool) -> Vec<String> {
    let mut slips = Vec::new();
    let texts = [Some(&rule.rule), Some(&rule.answer), rule.reason.as_ref(), rule.differs.as_ref()];
    if texts.into_iter().flatten().any(|text| !text.ends_with('.') || text.contains('\n')) {
        slips.push("each text is one line of whole sentences".to_owned());
    }
    if rule.place.is_empty() && rule.reason.is_none() && rule.by.is_empty() {
        slips.push("it needs a place, a reason, or rules that it combines".to_owned());
    }
    slips.extend(rule.place.iter().filter(|place| !exists(place)).map(|place| format!("there is no file {place}")));
    for other in &rule.by {
        // One step only, so that nothing goes in circles.
        match schema.rule(other).filter(|other| other.by.is_empty()) {
            Some(_) => {}
            None => slips.push(format!("{other} does not exist or combines others itself")),
        }
    }
    slips
}

/// What the tests say, by rule.
struct Evidence<'a> {
    tests: BTreeMap<String, Vec<&'a Citation>>,
    files: BTreeMap<String, Vec<&'a Citation>>,
}

impl<'a> Evidence<'a> {
    fn of(tests: &'a [Citation], files: &'a [Citation]) -> Self {
        let group = |list: &'a [Citation]| {
            let mut map: BTreeMap<String, Vec<&Citation>> = BTreeMap::new();
            for citation in list {
                map.entry(citation.id.to_string()).or_default().push(citation);
            }
            map
        };
        Self { tests: group(tests), files: group(files) }
    }

    fn standing(&self, schema: &Schema, rule: &Rule) -> Standing {
        // A part that needs no test needs none here either.
        let shown = |part: &String| {
            self.tests.contains_key(part) || schema.rule(part).is_some_and(|part| part.reason.is_some())
        };
        if self.tests.contains_key(&rule.id) {
            Standing::Tested
        } else if rule.by.iter().any(|part| self.tests.contains_key(part)) && rule.by.iter().all(shown) {
            Standing::Combined
        } else if rule.reason.is_some() {
            Standing::Excused
        } else {
            Standing::Open
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{slips, Citation, Evidence, Schema, Standing};

    const GOOD: &str = r#"
        [[section]]
        prefix = "AB"
        title = "Letters"
        rule = [
            { id = "AB-1", rule = "It is.", answer = "It is.", place = ["a.rs"] },
            { id = "AB-2", rule = "It is.", answer = "It is.", place = ["a.rs"], differs = "A bit." },
            { id = "AB-3", rule = "Both.", answer = "As the rules.", by = ["AB-1", "AB-2"] },
            { id = "AB-4", rule = "It is.", answer = "Nothing.", reason = "It is not here." },
        ]
    "#;

    fn schema(text: &str) -> Schema {
        toml::from_str(text).unwrap()
    }

    fn slips_of(from: &str, to: &str) -> Vec<String> {
        assert!(GOOD.contains(from));
        slips(&schema(&GOOD.replacen(from, to, 1)), |place| place == "a.rs")
    }

    #[test]
    fn a_good_schema_has_no_slips() {
        assert_eq!(slips_of("AB-1", "AB-1"), [""; 0]);
    }

    #[test]
    fn each_slip_is_found() {
        assert_eq!(slips_of("\"AB-2\"", "\"AB-5\"").len(), 3, "the order, and AB-3 needs AB-2");
        assert_eq!(slips_of("id = \"AB-4\"", "id = \"CD-4\""), ["CD-4 does not follow AB-3"]);
        assert_eq!(slips_of("It is.", "It is"), ["AB-1: each text is one line of whole sentences"]);
        assert_eq!(slips_of("a.rs", "b.rs"), ["AB-1: there is no file b.rs"]);
        assert_eq!(slips_of(", place = [\"a.rs\"]", "").len(), 1);
        assert_eq!(slips_of("[\"AB-1\", \"AB-2\"]", "[\"AB-3\"]").len(), 1);
        assert_eq!(slips_of("[\"AB-1\", \"AB-2\"]", "[\"AB-9\"]").len(), 1);
    }

    fn standings(cited: &[&str]) -> Vec<Standing> {
        let citation = |id: &&str| Citation { id: id.parse().unwrap(), file: "f".into(), test: "t".into() };
        let tests: Vec<Citation> = cited.iter().map(citation).collect();
        let files = [citation(&"AB-1")];
        let schema = schema(GOOD);
        let evidence = Evidence::of(&tests, &files);
        schema.rules().map(|rule| evidence.standing(&schema, rule)).collect()
    }

    #[test]
    fn only_tests_and_reasons_close_a_rule() {
        use Standing::{Combined, Excused, Open, Tested};
        assert_eq!(standings(&[]), [Open, Open, Open, Excused]);
        assert_eq!(standings(&["AB-1"]), [Tested, Open, Open, Excused]);
        assert_eq!(standings(&["AB-1", "AB-2"]), [Tested, Tested, Combined, Excused]);
        assert_eq!(standings(&["AB-3", "AB-4"]), [Open, Open, Tested, Tested]);
    }
}
