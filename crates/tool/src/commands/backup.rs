//! Backups: generations in a directory of their own, made from an open database, restored into a new one.

use plinth_api::Backup;
use serde_json::{json, Value};

use crate::call::{self, Call};
use crate::context::Context;
use crate::failure::{Failure, Found, Outcome};
use crate::number::{grouped, size};
use crate::opening;
use crate::progress::Bar;
use crate::text::safe;

/// Why not of a cluster.
const NO_BACKUPS: &str = "is backed up by FoundationDB's own fdbbackup; plinth dump writes its data to a file";

/// `backup DIRECTORY create BACKUPS`, `backup BACKUPS list | verify [NUMBER] | delete NUMBER | keep COUNT`
pub fn backup(context: &mut Context, place: &str, call: &Call) -> Outcome {
    opening::not_a_cluster(place, NO_BACKUPS)?;
    match call.text(0)? {
        Some("create") => create(context, place, call),
        Some("list") => list(context, place, call),
        Some("verify") => verify(context, place, call),
        Some("delete") => delete(context, place, call),
        Some("keep") => keep(context, place, call),
        Some(other) => Err(Failure::usage(format!("{} is none of create, list, verify, delete and keep", safe(other)))),
        None => Err(Failure::usage("create, list, verify, delete or keep?")),
    }
}

fn create(context: &mut Context, place: &str, call: &Call) -> Outcome {
    call.at_most(2)?;
    let to = opening::directory(call.word(1)).map_err(|_| Failure::usage("into which directory of backups?"))?;
    let database = opening::open(place, &context.settings)?;
    let bar = Bar::new(context, "backup");
    let made = database.backup(to, &bar);
    bar.end();
    let closed = database.close();
    let backup = made?;
    closed?;
    tell(context, "backup", "create", to, &backup)
}

fn list(context: &mut Context, place: &str, call: &Call) -> Outcome {
    call.at_most(1)?;
    let backups = plinth_engine::backups(place)?;
    let out = &mut context.out;
    if out.is_json() {
        let backups: Vec<Value> = backups.iter().map(document).collect();
        out.value(&json!({ "command": "backup", "action": "list", "directory": place, "backups": backups }))?;
        return Ok(Found::Yes);
    }
    for backup in &backups {
        out.line(&line(backup))?;
    }
    Ok(Found::Yes)
}

fn verify(context: &mut Context, place: &str, call: &Call) -> Outcome {
    call.at_most(2)?;
    let number = number(call, 1)?;
    let bar = Bar::new(context, "verify");
    let verified = plinth_engine::verify_backup(place, number, &bar);
    bar.end();
    tell(context, "backup", "verify", place, &verified?)
}

fn delete(context: &mut Context, place: &str, call: &Call) -> Outcome {
    call.at_most(2)?;
    call.needed(1, "NUMBER")?;
    let number = number(call, 1)?;
    context.confirm(&format!("Backup {number} in {} is removed for good", safe(place)), "delete")?;
    plinth_engine::delete_backup(place, number)?;
    let document = || json!({ "command": "backup", "action": "delete", "directory": place, "number": number });
    context.out.either(document, || format!("Backup {number} removed"))?;
    Ok(Found::Yes)
}

fn keep(context: &mut Context, place: &str, call: &Call) -> Outcome {
    call.at_most(2)?;
    call.needed(1, "COUNT")?;
    let count = number(call, 1)?;
    context
        .confirm(&format!("All backups in {} but the newest {count} are removed for good", safe(place)), "delete")?;
    plinth_engine::keep_backups(place, count)?;
    let left = plinth_engine::backups(place)?.len();
    let document = || json!({ "command": "backup", "action": "keep", "directory": place, "left": left });
    context.out.either(document, || format!("There are {left} backups"))?;
    Ok(Found::Yes)
}

/// `restore BACKUPS TO [NUMBER]`
pub fn restore(context: &mut Context, place: &str, call: &Call) -> Outcome {
    call.at_most(2)?;
    let to = opening::directory(call.word(0)).map_err(|_| Failure::usage("into which new directory?"))?;
    opening::not_a_cluster(place, NO_BACKUPS)?;
    opening::not_a_cluster(to, "can't be restored into; restore into a directory, and load a dump of that")?;
    let number = number(call, 1)?;
    let bar = Bar::new(context, "restore");
    let restored = plinth_engine::restore_backup(place, number, to, &bar);
    bar.end();
    let backup = restored?;
    let value = || {
        let mut value = document(&backup);
        value["command"] = "restore".into();
        value["directory"] = to.into();
        value
    };
    context
        .out
        .either(value, || format!("{} holds version {}, as backup {}", safe(to), backup.version, backup.number))?;
    Ok(Found::Yes)
}

/// A number of a backup; 0, the newest, where there is none.
fn number(call: &Call, at: usize) -> Result<u64, Failure> {
    let Some(word) = call.word(at) else {
        return Ok(0);
    };
    let number = call::number(word, "NUMBER")?;
    u64::try_from(number).ok().filter(|number| *number > 0).ok_or_else(|| Failure::usage("NUMBER: from 1 on"))
}

fn tell(context: &mut Context, command: &str, action: &str, place: &str, backup: &Backup) -> Outcome {
    let value = || {
        let mut value = document(backup);
        value["command"] = command.into();
        value["action"] = action.into();
        value["directory"] = place.into();
        value
    };
    let verified = if action == "verify" { "; in order" } else { "" };
    context.out.either(value, || format!("{}{verified}", line(backup)))?;
    Ok(Found::Yes)
}

fn document(backup: &Backup) -> Value {
    json!({
        "number": backup.number,
        "version": backup.version,
        "time": backup.time,
        "bytes": backup.bytes,
        "files": backup.files,
        "damaged": backup.damaged,
    })
}

fn line(backup: &Backup) -> String {
    if backup.damaged {
        return format!("{:>6}  damaged", backup.number);
    }
    let (files, bytes) = (grouped(backup.files), size(backup.bytes));
    format!("{:>6}  {}  version {}, {bytes} in {files} files", backup.number, date(backup.time), backup.version)
}

/// Seconds since 1970 as a date of UTC.
fn date(seconds: i64) -> String {
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Years that begin in March have the leap day at their end.
    let shifted = days + 719_468;
    let (era, day) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march = (5 * day + 2) / 153;
    let (month, day) = (if march < 10 { march + 3 } else { march - 9 }, day - (153 * march + 2) / 5 + 1);
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3600, rest / 60 % 60, rest % 60)
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn dates() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_772_323_199, "2026-02-28T23:59:59Z"),
            (1_772_323_200, "2026-03-01T00:00:00Z"),
            (4_107_542_399, "2100-02-28T23:59:59Z"),
        ] {
            assert_eq!(date(seconds), text);
        }
    }
}
