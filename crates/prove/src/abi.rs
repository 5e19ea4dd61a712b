//! P19: the libraries against the description of their interface in `abi/`, and changes of that
//! description, each of which must be noticed.
//!
//! The description is what `abidw` reads from the debug information of a release library
//! (`scripts/abi.sh` writes it), so the types are those that were compiled, not those of a header.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::stage::{Must, Round, Stage, Tally, Trial, Trouble};
use crate::workshop::{need, Workshop};

/// The libraries, as files in `abi/` name them.
const LIBRARIES: [&str; 2] = ["plinth", "fdb_c"];
/// How a function begins in a description.
const FUNCTION: &str = "<function-decl ";
const END_OF_FUNCTION: &str = "</function-decl>";
const PARAMETER: &str = "<parameter type-id='";
const RETURN: &str = "<return type-id='";
const FIELD: &str = "<data-member access='public' layout-offset-in-bits='";
const ALIAS: &str = " alias='";
const BASIC_TYPE: &str = "<type-decl name='";

/// The stages of P19.
pub fn stages() -> Vec<Stage> {
    vec![
        Stage {
            name: "abi",
            obligation: "P19",
            what: "exported names and abidiff against the committed description",
            rounds: "libraries",
            whole: 2,
            short: 2,
            must: Must::Hold,
            begin: |workshop| begin(workshop, compare),
        },
        Stage {
            name: "abi-changes",
            obligation: "P19",
            what: "descriptions changed in one parameter, return value, field or function; each is noticed",
            rounds: "changes",
            whole: 500,
            short: 4,
            must: Must::Hold,
            begin: |workshop| begin(workshop, change),
        },
        Stage {
            name: "abi-broken",
            obligation: "P19",
            what: "a library whose function takes one parameter more than the description says",
            rounds: "libraries",
            whole: 1,
            short: 1,
            must: Must::Break,
            begin: |workshop| begin(workshop, broken),
        },
    ]
}

/// A round of one of the stages.
type Do = fn(&Interface, Round) -> Result<Tally, Trouble>;

fn begin(workshop: &Workshop, act: Do) -> Result<Box<dyn Trial>, Trouble> {
    need("abidiff", "abigail-tools")?;
    need("nm", "binutils")?;
    let scratch = workshop.scratch()?;
    Ok(Box::new(Interface { root: workshop.root.clone(), release: workshop.release.clone(), scratch, act }))
}

struct Interface {
    root: PathBuf,
    release: PathBuf,
    scratch: tempfile::TempDir,
    act: Do,
}

impl Trial for Interface {
    fn round(&mut self, round: Round) -> Result<Tally, Trouble> {
        (self.act)(self, round)
    }
}

impl Interface {
    fn library(&self, name: &str) -> PathBuf {
        self.release.join(format!("lib{name}.so"))
    }

    fn description(&self, name: &str) -> PathBuf {
        self.root.join(format!("abi/{name}.abi"))
    }

    /// What `abidiff` says of a library that should be as described; nothing if it is.
    fn difference(&self, description: &Path, library: &Path) -> Result<Option<String>, Trouble> {
        let mut abidiff = Command::new("abidiff");
        abidiff.arg("--no-added-syms").arg(description).arg(library);
        let output = abidiff.output()?;
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        // 1 and 2 are its own errors, 4 a difference, 8 one that breaks programs.
        match output.status.code() {
            Some(0) => Ok(None),
            Some(code) if code & 3 == 0 => Ok(Some(text)),
            _ => Err(Trouble::Rig(format!("{abidiff:?}: {}", String::from_utf8_lossy(&output.stderr)))),
        }
    }
}

/// How many names stand beside another one's: `alias='one,two'`.
fn aliases(description: &str) -> usize {
    let lists = description.split(ALIAS).skip(1).filter_map(|rest| rest.split('\'').next());
    lists.map(|list| list.split(',').count()).sum()
}

/// A library, as it is, against what is committed.
fn compare(interface: &Interface, round: Round) -> Result<Tally, Trouble> {
    let name = LIBRARIES[round.number as usize % LIBRARIES.len()];
    let library = interface.library(name);
    let listed = fs::read_to_string(interface.root.join(format!("abi/{name}.symbols")))?;
    let exported = exported(&library)?;
    if exported != listed {
        return Err(Trouble::Finding(format!("lib{name}.so exports other names than abi/{name}.symbols has")));
    }
    let description = fs::read_to_string(interface.description(name))?;
    if let Some(difference) = interface.difference(&interface.description(name), &library)? {
        return Err(Trouble::Finding(format!(
            "lib{name}.so is not what abi/{name}.abi describes; scripts/abi.sh if that is meant: {difference}"
        )));
    }
    // Functions of the same types and the same code may have become one.
    let described = functions(&description).len() + aliases(&description);
    if described < listed.lines().count() {
        let text = format!("abi/{name}.abi describes {described} functions of {}", listed.lines().count());
        return Err(Trouble::Finding(text));
    }
    let mut tally = Tally::default();
    tally.add("functions", described as u64);
    tally.add("parameters", description.matches(PARAMETER).count() as u64);
    Ok(tally)
}

/// The defined dynamic symbols of a library, one a line.
fn exported(library: &Path) -> Result<String, Trouble> {
    let output = Command::new("nm").args(["-D", "--defined-only", "--format=posix"]).arg(library).output()?;
    if !output.status.success() {
        return Err(Trouble::Rig(format!("nm {}: {}", library.display(), output.status)));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let mut names: Vec<&str> = text.lines().filter_map(|line| line.split(' ').next()).collect();
    names.sort_unstable();
    Ok(names.iter().map(|name| format!("{name}\n")).collect())
}

/// A description that differs in one place.
fn change(interface: &Interface, round: Round) -> Result<Tally, Trouble> {
    let mut random = fastrand::Rng::with_seed(round.seed);
    let name = LIBRARIES[random.usize(..LIBRARIES.len())];
    let description = fs::read_to_string(interface.description(name))?;
    let (what, changed) = changed(&description, &mut random)
        .ok_or_else(|| Trouble::Rig(format!("abi/{name}.abi has no place to change; seed {}", round.seed)))?;
    let path = interface.scratch.path().join("changed.abi");
    fs::write(&path, changed)?;
    match interface.difference(&path, &interface.library(name))? {
        Some(_) => {
            let mut tally = Tally::default();
            tally.add(what, 1);
            Ok(tally)
        }
        None => Err(Trouble::Finding(format!("lib{name}.so: a change is not noticed: {what}"))),
    }
}

/// Where the functions of a description are.
fn functions(description: &str) -> Vec<(usize, usize)> {
    let begins = description.match_indices(FUNCTION).map(|(at, _)| at);
    begins.filter_map(|at| Some((at, at + description[at..].find(END_OF_FUNCTION)?))).collect()
}

/// Changes one place: what kind of place it is, and the description.
fn changed(description: &str, random: &mut fastrand::Rng) -> Option<(&'static str, String)> {
    for _ in 0..100 {
        let functions = functions(description);
        let (begin, end) = *functions.get(random.usize(..functions.len().max(1)))?;
        let function = &description[begin..end];
        let replace = |new: String| [&description[..begin], &new, &description[end..]].concat();
        let done = match random.u8(..6) {
            0 => without_parameter(function, random).map(|new| ("parameter less", replace(new))),
            1 => Some((
                "parameter more",
                replace(format!("{function}{PARAMETER}{}'/>", basic_type(description, random)?)),
            )),
            2 => other_type(function, PARAMETER, &basic_type(description, random)?, random)
                .map(|new| ("type of a parameter", replace(new))),
            3 => other_type(function, RETURN, &basic_type(description, random)?, random)
                .map(|new| ("type of a result", replace(new))),
            4 => moved_field(description, random).map(|new| ("place of a field", new)),
            _ => renamed(description, function).map(|new| ("function less", new)),
        };
        if done.is_some() {
            return done;
        }
    }
    None
}

/// One of the places where a text has a pattern: where what follows the pattern begins.
fn place(text: &str, pattern: &str, random: &mut fastrand::Rng) -> Option<usize> {
    let places: Vec<usize> = text.match_indices(pattern).map(|(at, _)| at + pattern.len()).collect();
    random.choice(places)
}

/// What stands between a place and the next quotation mark.
fn quoted(text: &str, at: usize) -> Option<&str> {
    text[at..].split('\'').next()
}

fn without_parameter(function: &str, random: &mut fastrand::Rng) -> Option<String> {
    let at = place(function, PARAMETER, random)? - PARAMETER.len();
    let end = at + function[at..].find("/>")? + 2;
    Some([&function[..at], &function[end..]].concat())
}

fn other_type(function: &str, pattern: &str, other: &str, random: &mut fastrand::Rng) -> Option<String> {
    let at = place(function, pattern, random)?;
    let was = quoted(function, at)?;
    (was != other).then(|| [&function[..at], other, &function[at + was.len()..]].concat())
}

/// A number's or a truth value's type.
fn basic_type(description: &str, random: &mut fastrand::Rng) -> Option<String> {
    let at = place(description, BASIC_TYPE, random)?;
    let name = quoted(description, at)?;
    let line = description[at..].lines().next()?;
    let id = line.split("id='").nth(1)?.split('\'').next()?;
    let is_ordinary = ["i32", "i64", "u32", "u64", "u8"].contains(&name);
    if is_ordinary {
        Some(id.to_owned())
    } else {
        basic_type(description, random)
    }
}

/// A field of a structure that C programs fill in or read, eight bits further on.
fn moved_field(description: &str, random: &mut fastrand::Rng) -> Option<String> {
    let begins: Vec<usize> = ["<class-decl name='plinth_", "<class-decl name='FDB"]
        .iter()
        .flat_map(|begin| description.match_indices(begin).map(|(at, _)| at))
        .collect();
    let begin = random.choice(begins)?;
    let structure = &description[begin..begin + description[begin..].find("</class-decl>")?];
    let at = begin + place(structure, FIELD, random)?;
    let was = quoted(description, at)?;
    let moved = was.parse::<u64>().ok()? + 8;
    Some([&description[..at], &moved.to_string(), &description[at + was.len()..]].concat())
}

/// A function under another name, which the library does not have.
fn renamed(description: &str, function: &str) -> Option<String> {
    let name = quoted(function, function.find("name='")? + "name='".len())?;
    Some(description.replace(&format!("'{name}'"), &format!("'{name}_of_before'")))
}

const BEFORE: &str = "int plinth_set(void *tr, const char *key) { return tr == 0 || key == 0; }\n";
const AFTER: &str = "int plinth_set(void *tr, const char *key, int how) { return tr == 0 || key == 0 || how; }\n";

/// Two libraries in C with the same name and one function that takes more in the second.
fn broken(interface: &Interface, _: Round) -> Result<Tally, Trouble> {
    let build = |name: &str, source: &str| -> Result<PathBuf, Trouble> {
        let (code, library) =
            (interface.scratch.path().join(name), interface.scratch.path().join(format!("{name}.so")));
        fs::write(code.with_extension("c"), source)?;
        let mut cc = Command::new("cc");
        cc.args(["-g", "-shared", "-fPIC", "-Wl,-soname,libplinth.so.1", "-o"]).arg(&library);
        match cc.arg(code.with_extension("c")).status()?.success() {
            true => Ok(library),
            false => Err(Trouble::Rig(format!("{cc:?} failed"))),
        }
    };
    let (before, after) = (build("before", BEFORE)?, build("after", AFTER)?);
    match interface.difference(&before, &after)? {
        Some(difference) => Err(Trouble::Finding(difference.lines().next().unwrap_or_default().to_owned())),
        None => Ok(Tally::default()),
    }
}
