//! Copies on a disk whose power is cut: what was reported as made is whole afterwards, and nothing else is there.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use fastrand::Rng;

use super::helper::Helper;
use super::yard::{Copy, Yard};
use super::Tools;
use crate::crash::{first_commit, LONGEST};
use crate::oracle::Loss;
use crate::power::{after_cut, disk, no_sync, Medium};
use crate::stage::{Round, Tally, Trial, Trouble};
use crate::victim::Dump;
use crate::workshop::Workshop;

/// A disk is cut within so many milliseconds after the first copy was begun.
const WORKING: u64 = 700;

struct Cuts {
    workshop: Workshop,
    tools: Tools,
    medium: Box<dyn Medium>,
    /// Preloaded into what makes the copies.
    broken: Option<PathBuf>,
}

/// On a disk with ext4. With `broken` nothing of the copies is synced.
pub fn begin(workshop: &Workshop, broken: bool) -> Result<Box<dyn Trial>, Trouble> {
    let medium = disk(workshop)?;
    let broken = match broken {
        true => Some(no_sync(workshop)?),
        false => None,
    };
    Ok(Box::new(Cuts { workshop: workshop.clone(), tools: Tools::whole(workshop)?, medium, broken }))
}

impl Trial for Cuts {
    fn round(&mut self, round: Round) -> Result<Tally, Trouble> {
        let random = &mut Rng::with_seed(round.seed);
        self.medium.renew(random)?;
        self.medium.mount()?;
        let result = self.cut(random);
        if let (Err(Trouble::Finding(_)), None) = (&result, &self.broken) {
            self.medium.keep(&self.workshop.build.join("upkeep-power.image"))?;
        }
        let unmounted = self.medium.unmount();
        result.and_then(|tally| unmounted.map(|()| tally))
    }
}

impl Cuts {
    fn cut(&mut self, random: &mut Rng) -> Result<Tally, Trouble> {
        let place = self.medium.place().to_owned();
        let (directory, out) = (place.join("db"), place.join("out"));
        let mut yard = Yard::new(&self.workshop, &self.tools, Some(directory.clone()), Some(out.clone()), random)?;
        // It is closed, and on the disk.
        yard.copies.clear();
        let work = yard.work(random, 0)?;
        let mut command = Command::new(&self.tools.upkeep);
        command.arg("many").arg(&directory).arg(&out).arg(random.u32(..).to_string());
        command.envs(self.broken.as_ref().map(|library| ("LD_PRELOAD", library)));
        let mut helper = Helper::spawn(command, &self.workshop.log("upkeep-power"))?;
        helper.wait_for("open")?;
        let victim = &mut yard.ground.start(&work)?;
        let mut told = first_commit(victim)?;
        std::thread::sleep(Duration::from_millis(random.u64(..WORKING)));
        // What was told by then was told before the cut.
        let mut made = Vec::new();
        let cut = self.medium.cut(random, &mut || {
            made = helper.listen().to_vec();
            told.extend(std::iter::from_fn(|| victim.next(Duration::ZERO)));
        });
        helper.kill()?;
        victim.kill()?;
        // What is told later may have been told after it.
        told.extend(std::iter::from_fn(|| victim.next(LONGEST)).filter_map(after_cut));
        drop(helper);
        let mut tally = cut?;
        self.medium.unmount()?;
        self.medium.mount()?;
        if let Some(error) = made.iter().find(|line| line.starts_with("x ")) {
            return Err(Trouble::Finding(format!("before the cut: {error}")));
        }
        yard.take(work.life, &told, &mut tally)?;
        // A copy may hold what was not synced, and what the database has lost: it is compared with what was told.
        let oracle = yard.ground.oracle().clone();
        if self.broken.is_none() {
            let dump = Dump::take(&self.tools.victim, &directory, &[], &self.workshop.log("upkeep-power"))?;
            let checked = oracle.clone().check(&dump, Loss::Tail)?;
            tally.add("acknowledged commits", checked.acknowledged);
        }
        let listed: BTreeMap<i64, u64> = yard.list()?.into_iter().map(|(number, version)| (version, number)).collect();
        expect(&mut yard, &made, &listed, &mut tally)?;
        yard.check_copies(&oracle, &mut tally)?;
        Ok(tally)
    }
}

/// What was told as made before the cut is there.
fn expect(yard: &mut Yard, made: &[String], listed: &BTreeMap<i64, u64>, tally: &mut Tally) -> Result<(), Trouble> {
    let mut dumps: BTreeMap<PathBuf, (Option<i64>, bool)> = BTreeMap::new();
    for line in made {
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["made", "backup", _, version] => {
                let version: i64 = version.parse().unwrap_or_default();
                if !listed.contains_key(&version) {
                    return Err(Trouble::Finding(format!(
                        "the backup of version {version} was made, and is gone: there is {listed:?}"
                    )));
                }
                tally.add("backups made before the cut", 1);
            }
            ["made", "checkpoint", path, version] => {
                yard.copies.push(Copy::Database(path.into(), version.parse().ok()));
                tally.add("checkpoints made before the cut", 1);
            }
            ["made", "dump", path, version] => {
                dumps.insert(path.into(), (version.parse().ok(), true));
                tally.add("dumps made before the cut", 1);
            }
            // A later one of that name may be there instead.
            ["?", "dump", path] => dumps.entry(path.into()).or_default().0 = None,
            _ => {}
        }
    }
    for (path, (version, made)) in dumps {
        match (made, path.exists()) {
            (true, false) => return Err(Trouble::Finding(format!("{} was made, and is gone", path.display()))),
            (_, true) => yard.copies.push(Copy::Dump(path, version)),
            _ => {}
        }
    }
    // Those that were not made before are not there, or whole.
    for entry in fs::read_dir(&yard.out)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let known = yard.copies.iter().any(|copy| matches!(copy, Copy::Database(known, _) if *known == path));
        if name.starts_with("checkpoint-") && !name.ends_with(".partial") && !known {
            yard.copies.push(Copy::Database(path, None));
        }
    }
    Ok(())
}
