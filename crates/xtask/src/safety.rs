//! Where `unsafe` code is: counted, and nowhere else than it may be. That each block has its reason is
//! clippy's affair (`undocumented_unsafe_blocks`).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::outcome::{judge, Outcome};
use crate::Mode;

/// Where it may be, and why.
const PLACES: [(&str, &str); 12] = [
    ("src", "pointers from C"),
    ("crates/boundary/src", "pointers from C, and fork"),
    ("crates/fdb-c/src", "pointers from C"),
    ("crates/cluster/src/fdb", "functions and memory of FoundationDB's client library"),
    ("crates/engine/src/store", "objects of RocksDB that live on their own"),
    ("crates/engine/src/signals.rs", "the signal mask of a thread"),
    ("crates/engine/src/version/clock.rs", "the coarse clock"),
    ("crates/plinthd/src/signals.rs", "what a signal may do"),
    ("crates/bench/src", "measures by the C functions"),
    ("crates/bench-embedded/src", "LMDB's file in memory"),
    ("crates/prove/src", "system calls that have no safe form"),
    ("crates/xtask/src/fdb", "writes code that has it"),
];

/// Counts; there is nothing to write.
pub fn task(_: Mode) -> Outcome {
    let mut files = Vec::new();
    collect(Path::new("src"), &mut files)?;
    collect(Path::new("crates"), &mut files)?;
    let (mut counts, mut complaints) = (BTreeMap::new(), Vec::new());
    for path in files {
        let blocks = blocks(&fs::read_to_string(&path)?);
        if blocks == 0 {
            continue;
        }
        match PLACES.iter().find(|(place, _)| path.starts_with(place)) {
            Some((place, _)) => *counts.entry(*place).or_insert(0) += blocks,
            None => complaints.push(format!("{}: {blocks}", path.display())),
        }
    }
    let counts: Vec<String> = counts.iter().map(|(place, blocks)| format!("{place} {blocks}")).collect();
    judge(counts.join(", "), "unsafe blocks out of place", complaints, "do it without, or name the place in safety.rs")
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

/// Blocks and implementations, not in comments. The word is written in halves so that this file passes.
fn blocks(text: &str) -> usize {
    let code = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    code.map(|line| {
        [concat!("uns", "afe {"), concat!("uns", "afe impl ")]
            .map(|word| line.matches(word).count())
            .iter()
            .sum::<usize>()
    })
    .sum()
}

#[cfg(test)]
mod tests {
    #[test]
    fn comments_do_not_count() {
        let text = format!(
            "let a = {0} {{ b() }};\n// {0} {{\n{0} impl Send for A {{}}\n{0} fn c() {{}}\n",
            concat!("uns", "afe")
        );
        assert_eq!(super::blocks(&text), 2);
    }
}
