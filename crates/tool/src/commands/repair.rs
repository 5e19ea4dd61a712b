//! Making a damaged directory a database again.

use serde_json::json;

use crate::call::Call;
use crate::context::Context;
use crate::failure::{Found, Outcome};
use crate::number::{grouped, size};
use crate::opening;
use crate::text::safe;

/// `repair DIRECTORY`
pub fn repair(context: &mut Context, place: &str, call: &Call) -> Outcome {
    call.at_most(0)?;
    opening::not_a_cluster(place, "repairs itself; this is for directories")?;
    let what = format!(
        "What can't be read in {} is taken out of the database, into its directory lost. Copy the directory first",
        safe(place)
    );
    context.confirm(&what, "repair")?;
    let repaired = plinth_engine::repair(place)?;
    let missing = repaired.acknowledged > repaired.version;
    if context.out.is_json() {
        context.out.value(&json!({
            "command": "repair",
            "directory": place,
            "version": repaired.version,
            "acknowledged_version": repaired.acknowledged,
            "commits_missing": missing,
            "rebuilt": repaired.rebuilt,
            "lost_files": repaired.lost_files,
            "lost_bytes": repaired.lost_bytes,
        }))?;
        return Ok(Found::Yes);
    }
    let out = &mut context.out;
    out.line(&format!("{} is a database again, at version {}", safe(place), repaired.version))?;
    if missing {
        out.line(&format!("Commits are missing: there were some up to version {}", repaired.acknowledged))?;
    }
    if repaired.rebuilt {
        out.line("Files were left out: keys may be missing, and keys that were cleared may be back")?;
    }
    if repaired.lost_files > 0 {
        let (files, bytes) = (grouped(repaired.lost_files), size(repaired.lost_bytes));
        out.line(&format!("{files} files with {bytes} were put into {}/lost", safe(place)))?;
    }
    Ok(Found::Yes)
}
