//! Damage to the files of backups and of dumps: it is told, and never restored.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use fastrand::Rng;

use super::operation::Operation;
use super::yard::{Copy, Yard};
use super::Tools;
use crate::corruption::{Damage, Files, Kind};
use crate::stage::{Round, Tally, Trial, Trouble};
use crate::workshop::Workshop;

/// What is done to one of the files.
const KINDS: [Kind; 8] =
    [Kind::Bit, Kind::Bit, Kind::Bit, Kind::Cut, Kind::Zeros, Kind::Garbage, Kind::Remove, Kind::Swap];
/// What may be told of a damaged backup: its directory is none, or of a newer version; it is gone; it is damaged.
const OF_BACKUPS: [i32; 4] = [9025, 9008, 9026, 9027];
/// And of a dump: it is none, or of a newer version; it is damaged; the file is gone.
const OF_DUMPS: [i32; 4] = [9032, 9008, 9033, 1511];

struct Damages {
    yard: Yard,
    backups: Files,
    dump: PathBuf,
    dumped: Vec<u8>,
    dumped_at: Option<i64>,
    /// For each backup its version and the names of its files.
    generations: BTreeMap<u64, (i64, Vec<String>)>,
}

/// With these programs.
pub fn begin(workshop: &Workshop, tools: Tools) -> Result<Box<dyn Trial>, Trouble> {
    let mut yard = Yard::new(workshop, &tools, None, None, &mut Rng::with_seed(1))?;
    let work = yard.work(&mut Rng::with_seed(2), 150)?;
    let (events, _) = yard.ground.start(&work)?.rest(crate::crash::LONGEST)?;
    yard.take(work.life, &events, &mut Tally::default())?;
    yard.made(&Operation::Backup, &mut Tally::default())?;
    yard.ground.check(&mut Tally::default())?;
    let taken = yard.copies.pop();
    let Some(Copy::Dump(dump, dumped_at)) = taken else {
        return Err(Trouble::Rig("there is no dump".to_owned()));
    };
    let mut backups = Files::new();
    read(&yard.backups(), "", &mut backups)?;
    let mut generations = BTreeMap::new();
    for (number, version) in yard.list()? {
        let text = String::from_utf8_lossy(&backups[&format!("generation-{number:08}")]).into_owned();
        let stored = text.lines().filter(|line| line.starts_with("file ")).filter_map(|line| line.split(' ').nth(3));
        generations.insert(number, (version, stored.map(|name| format!("files/{name}")).collect()));
    }
    let dumped = fs::read(&dump)?;
    Ok(Box::new(Damages { yard, backups, dump, dumped, dumped_at, generations }))
}

impl Trial for Damages {
    fn round(&mut self, round: Round) -> Result<Tally, Trouble> {
        let random = &mut Rng::with_seed(round.seed);
        let kind = KINDS[random.usize(..KINDS.len())];
        let mut tally = Tally::default();
        let result = match random.u8(..4) {
            0 => self.dump(if kind == Kind::Swap { Kind::Bit } else { kind }, random, &mut tally),
            _ => self.backups(kind, random, &mut tally),
        };
        result.map(|()| tally)
    }
}

impl Damages {
    fn backups(&mut self, kind: Kind, random: &mut Rng, tally: &mut Tally) -> Result<(), Trouble> {
        let place = self.yard.backups();
        let _ = fs::remove_dir_all(&place);
        fs::create_dir_all(place.join("files"))?;
        for (name, bytes) in &self.backups {
            fs::write(place.join(name), bytes)?;
        }
        let damage = Damage::draw(kind, &self.backups, random);
        damage.inflict(&place)?;
        let changed = |name: &String| fs::read(place.join(name)).ok().as_ref() != self.backups.get(name);
        let told = |what: String| Trouble::Finding(format!("{damage}: {what}"));
        for (number, (version, files)) in &self.generations {
            let description = format!("generation-{number:08}");
            let is_hit = [description, "PLINTH-BACKUPS".to_owned()].iter().chain(files).any(changed);
            let to = self.yard.out.join("restored");
            let which = number.to_string();
            let verified = self.yard.try_to(&["check-backup".into(), place.clone().into(), which.clone().into()])?;
            let words = ["restore".into(), place.clone().into(), which.into(), to.clone().into()];
            let restored = self.yard.try_to(&words)?;
            for outcome in [&verified, &restored] {
                match &outcome.error {
                    None if is_hit => {
                        return Err(told(format!("backup {number} is told as whole: {:?}", outcome.said)))
                    }
                    Some((code, words)) if !is_hit || !OF_BACKUPS.contains(code) => {
                        return Err(told(format!("backup {number} fails with {code}: {words}")));
                    }
                    _ => {}
                }
            }
            if is_hit && (to.exists() || self.yard.out.join("restored.partial").exists()) {
                return Err(told(format!("backup {number} leaves something")));
            }
            if !is_hit {
                self.yard.holds(&to, Some(*version), self.yard.ground.oracle())?;
                fs::remove_dir_all(&to)?;
            }
            tally.add(if is_hit { "damaged backups told" } else { "whole backups restored" }, 1);
        }
        Ok(())
    }

    fn dump(&mut self, kind: Kind, random: &mut Rng, tally: &mut Tally) -> Result<(), Trouble> {
        let name = "dump".to_owned();
        let files = Files::from([(name.clone(), self.dumped.clone())]);
        let damage = Damage::draw(kind, &files, random);
        let place = self.yard.out.join("damaged");
        fs::create_dir_all(&place)?;
        let path = place.join(&name);
        fs::write(&path, &self.dumped)?;
        damage.inflict(&place)?;
        let is_hit = fs::read(&path).ok().as_ref() != Some(&self.dumped);
        let to = self.yard.out.join("loaded");
        let told = |what: String| Trouble::Finding(format!("{damage}: {what}"));
        let checked = self.yard.try_to(&["check".into(), path.clone().into()])?;
        let loaded = self.yard.try_to(&["load".into(), to.clone().into(), path.into()])?;
        for outcome in [&checked, &loaded] {
            match &outcome.error {
                None if is_hit => return Err(told(format!("it is told as whole: {:?}", outcome.said))),
                Some((code, words)) if !is_hit || !OF_DUMPS.contains(code) => {
                    return Err(told(format!("it fails with {code}: {words}")));
                }
                _ => {}
            }
        }
        if is_hit {
            // The whole one finishes what the damaged one began.
            self.yard.ask(&["load".into(), to.clone().into(), self.dump.clone().into()])?;
        }
        self.yard.holds(&to, self.dumped_at, self.yard.ground.oracle())?;
        fs::remove_dir_all(&to)?;
        tally.add(if is_hit { "damaged dumps told" } else { "whole dumps loaded" }, 1);
        Ok(())
    }
}

/// The files below a directory, but for its lock.
fn read(place: &Path, before: &str, files: &mut Files) -> Result<(), Trouble> {
    for entry in fs::read_dir(place)? {
        let entry = entry?;
        let name = format!("{before}{}", entry.file_name().to_string_lossy());
        match entry.file_type()?.is_dir() {
            true => read(&entry.path(), &format!("{name}/"), files)?,
            false if name == "LOCK" => {}
            false => drop(files.insert(name, fs::read(entry.path())?)),
        }
    }
    Ok(())
}
