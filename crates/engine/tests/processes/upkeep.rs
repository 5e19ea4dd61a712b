//! Checkpoints, backups, verification and compaction that guests ask for.

use std::path::Path;

use plinth_api::DatabaseOptions;

use super::keyspaces::Stage;
use super::{alone, place, seed, Disk};
use crate::common::look;

#[test]
fn a_guest_has_its_host_do_what_it_asks_for() {
    let _alone = alone();
    seed("upkeep; nothing is random");
    let disk = Disk::new();
    let mut stage = Stage::new(place(&disk, false), 2);
    for (number, name) in [(0, "zero"), (1, "one")] {
        // One of the two is a guest.
        stage.must(number, &format!("open {name}"));
        stage.must(number, &format!("put {name} key {name}"));
        let (copy, backups, target) = (disk.at(&format!("copy {number}")), disk.at("backups"), disk.at("target"));
        let (copy, target) = (copy.replace(' ', "-"), target.replace(' ', "-"));
        let version: i64 = stage.must(number, &format!("checkpoint {copy}")).parse().unwrap();
        assert!(version > 0);
        let database = plinth_engine::open(&copy, DatabaseOptions::default()).unwrap();
        let keyspace = database.open_keyspace(name).unwrap().id;
        let transaction = database.begin().unwrap();
        assert_eq!(transaction.get(keyspace, b"key", true).unwrap().as_deref(), Some(name.as_bytes()));
        assert!(look(&*database, b"key").is_none());
        assert_eq!(stage.ask(number, &format!("checkpoint {copy}")).0, 9024, "it is there");
        assert_eq!(stage.ask(number, &format!("cancelled {target}")).0, 1101);
        assert!(!Path::new(&target).exists() && !Path::new(&format!("{target}.partial")).exists());
        stage.must(number, &format!("backup {backups}"));
        assert_eq!(stage.must(number, "verify"), (number + 1).to_string());
        stage.must(number, "compact");
    }
    let made = plinth_engine::backups(&disk.at("backups")).unwrap();
    assert_eq!(made.len(), 2);
    plinth_engine::verify_backup(&disk.at("backups"), 0, &()).unwrap();
}
