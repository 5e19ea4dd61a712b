//! A large database there and back while it is written to, with a kill in the middle. Run by hand, for the figures of
//! docs/SCALING.md:
//! `PLINTH_MEGABYTES=1000 cargo test --release -p plinth-transfer --test moving -- large --ignored --nocapture`

use std::time::{Duration, Instant};

use fastrand::Rng;
use plinth_api::{key::successor, Database, Durability, KeySelector, RangeOptions, TransactionOption};

use crate::common::{assert_same, seed, Contents};
use crate::kills::{mover, Kill};
use crate::places::{open, Kind, Places};
use crate::writers::{read_from, Ends, Writers};
use crate::{closed, wait_for};

const VALUE: usize = 2_000;

fn fill(database: &dyn Database, rng: &mut Rng, megabytes: u32) {
    let transaction = database.begin().unwrap();
    let mut value = vec![0; VALUE];
    for megabyte in 0..megabytes {
        loop {
            let _ = transaction.set_option(TransactionOption::Durability(Durability::Buffered));
            for number in 0..500u32 {
                rng.fill(&mut value);
                let key = [b"bulk", &megabyte.to_be_bytes()[..], &number.to_be_bytes()].concat();
                transaction.set(0, &key, &value).unwrap();
            }
            match transaction.commit() {
                Ok(()) => break,
                Err(error) => transaction.on_error(error).unwrap(),
            }
        }
        transaction.reset().unwrap();
    }
}

/// A number of all that is in the default keyspace, in constant memory.
fn sum(database: &dyn Database) -> (u64, u64) {
    let transaction = database.begin().unwrap();
    let (mut begin, mut pairs, mut sum) = (Vec::new(), 0u64, 0u64);
    loop {
        transaction.reset().unwrap();
        transaction.set_option(TransactionOption::ReadLockAware).unwrap();
        let [from, to] = [&begin[..], b"\xff"].map(KeySelector::first_greater_or_equal);
        let options = RangeOptions { snapshot: true, target_bytes: 1 << 20, ..RangeOptions::default() };
        let found = transaction.get_range(0, from, to, options).unwrap();
        for (key, value) in found.iter() {
            let bytes = key.iter().chain(value);
            let hash = bytes
                .fold(0xcbf2_9ce4_8422_2325u64, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3));
            (pairs, sum) = (pairs + 1, sum.rotate_left(5) ^ hash);
        }
        match found.last().filter(|_| found.more) {
            Some((last, _)) => begin = successor(last),
            None => return (pairs, sum),
        }
    }
}

fn there(places: &Places, (from, to): ((Kind, &str), (Kind, &str)), expected: Contents, seed: u64) -> Contents {
    let (source_url, target_url) = (places.url(from.0, from.1), places.url(to.0, to.1));
    let source = open(&source_url);
    let writers = Writers::new(&source, expected, 2_000, false);
    let began = Instant::now();
    std::thread::scope(|scope| {
        let _ends = Ends(&writers);
        for writer in 0..3 {
            let writers = &writers;
            scope.spawn(move || writers.write(writer, seed));
        }
        wait_for(|| writers.commits.load(std::sync::atomic::Ordering::SeqCst) > 20);
        let kill = Kill { phase: 1, after: Duration::from_secs(3) };
        let killed = mover(&source_url, &target_url, Some(kill));
        println!("{:?} to {:?}: killed {:?} after {:.1} s", from.0, to.0, killed, began.elapsed().as_secs_f64());
        assert_eq!(killed, None, "it was too fast: more megabytes are needed");
        assert_eq!(mover(&source_url, &target_url, None), Some(0));
    });
    println!(
        "in all {:.1} s, {} commits meanwhile, {} refused by the lock",
        began.elapsed().as_secs_f64(),
        writers.commits.into_inner(),
        writers.refused.into_inner()
    );
    let target = open(&target_url);
    let expected = writers.expected.into_inner().unwrap();
    assert_same(&read_from(&*target, b"c"), &expected);
    assert_eq!(sum(&*source), sum(&*target));
    closed(&[&source, &target]);
    expected
}

#[test]
#[ignore = "takes minutes; run by hand"]
fn a_large_database_goes_to_a_cluster_and_back() {
    let megabytes = std::env::var("PLINTH_MEGABYTES").ok().and_then(|text| text.parse().ok()).unwrap_or(100);
    let seed = seed();
    let places = Places::new();
    let source = open(&places.url(Kind::Directory, "one"));
    fill(&*source, &mut Rng::with_seed(seed), megabytes);
    closed(&[&source]);
    let mut expected = Contents::new();
    expected.entry("default".to_owned()).or_default();
    let (first, second) = ((Kind::Directory, "one"), (Kind::Cluster, "two"));
    let expected = there(&places, (first, second), expected, seed);
    there(&places, (second, (Kind::Directory, "three")), expected, seed.wrapping_add(1));
}
