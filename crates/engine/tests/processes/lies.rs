//! The checkers notice what is wrong: a layer in one process tells a lie now and then.

use plinth_testkit::ledger::Final;
use plinth_testkit::Lie;

use super::hand_over::{run, Blow, Run};
use super::histories;
use super::job::Place;
use super::{alone, place, seed, Disk};

fn lying(disk: &Disk, lie: Lie) -> Place {
    Place { lie: Lie::ALL.iter().position(|known| *known == lie), ..place(disk, false) }
}

#[test]
fn every_lie_about_counters_is_noticed() {
    let _alone = alone();
    let seed = seed("lies about counters");
    for lie in Lie::ALL {
        let disk = Disk::new();
        let setup = Run { seed, place: lying(&disk, lie), workers: 3, blows: 6, choice: vec![Blow::KillHost] };
        let outcome = run(&setup);
        let last = Final::read(&*disk.open(), 4).unwrap();
        let wrong = outcome.check(&last).err().unwrap_or_else(|| panic!("{lie:?} was not noticed"));
        println!("{lie:?}: {wrong}");
    }
}

#[test]
fn every_lie_in_a_history_is_noticed() {
    let _alone = alone();
    let seed = seed("lies in histories");
    for lie in Lie::ALL {
        let disk = Disk::new();
        let violation = histories::run(&disk, &lying(&disk, lie), seed, 2, 2, 1, 150);
        let violation = violation.err().unwrap_or_else(|| panic!("{lie:?} was not noticed"));
        println!("{lie:?}: {}: {}", violation.rule, violation.text.lines().next().unwrap_or_default());
    }
}
