//! Members of one group change the same keys by atomic operations, sets and clears: what is left is what they
//! make one after the other, in the order of their versionstamps (ATOM-2, COM-9, VST-1).

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::BTreeMap;
use std::sync::mpsc::channel;
use std::sync::Arc;

use common::{get, Disk, DEFAULT};
use plinth_api::{Mutation, Transaction};

const KEYS: u8 = 5;
const MEMBERS: usize = 60;
const ROUNDS: usize = 40;

type Model = BTreeMap<Vec<u8>, Vec<u8>>;

/// What a member does; the same key may come again.
#[derive(Clone, Copy)]
enum Step {
    Add(u8, u8),
    Append(u8, u8),
    Set(u8, u8),
    Clear(u8),
    ClearRange(u8, u8),
    Stamp(u8),
}

fn key(number: u8) -> Vec<u8> {
    vec![b'k', number]
}

impl Step {
    fn random(random: &mut fastrand::Rng) -> Self {
        let (key, value) = (random.u8(..KEYS), random.u8(..));
        match random.u8(..16) {
            0 => Self::Clear(key),
            1 => Self::ClearRange(key, key + random.u8(1..3)),
            2 | 3 => Self::Set(key, value),
            4 => Self::Stamp(key),
            5..10 => Self::Append(key, value),
            _ => Self::Add(key, value),
        }
    }

    fn call(self, transaction: &dyn Transaction) {
        let change = |mutation, key: u8, operand: &[u8]| {
            transaction.atomic_op(DEFAULT, mutation, &self::key(key), operand).unwrap();
        };
        match self {
            Self::Add(key, value) => change(Mutation::Add, key, &[value; 4]),
            Self::Append(key, value) => change(Mutation::AppendIfFits, key, &[value]),
            Self::Set(key, value) => transaction.set(DEFAULT, &self::key(key), &[value; 4]).unwrap(),
            Self::Clear(key) => transaction.clear(DEFAULT, &self::key(key)).unwrap(),
            Self::ClearRange(from, to) => {
                transaction.clear_range(DEFAULT, &self::key(from), &self::key(to)).unwrap();
            }
            Self::Stamp(key) => change(Mutation::SetVersionstampedValue, key, &[0; 14]),
        }
    }

    fn apply(self, model: &mut Model, stamp: [u8; 10]) {
        match self {
            Self::Add(key, value) => {
                let mut before = model.get(&self::key(key)).cloned().unwrap_or_default();
                before.resize(4, 0);
                let number = u32::from_le_bytes(before.try_into().unwrap());
                let sum = number.wrapping_add(u32::from_le_bytes([value; 4]));
                model.insert(self::key(key), sum.to_le_bytes().to_vec());
            }
            Self::Append(key, value) => model.entry(self::key(key)).or_default().push(value),
            Self::Set(key, value) => _ = model.insert(self::key(key), vec![value; 4]),
            Self::Clear(key) => _ = model.remove(&self::key(key)),
            Self::ClearRange(from, to) => model.retain(|key, _| *key < self::key(from) || self::key(to) <= *key),
            Self::Stamp(key) => _ = model.insert(self::key(key), stamp.to_vec()),
        }
    }
}

#[test]
fn members_of_a_group_leave_what_they_make_one_after_the_other() {
    let seed = fastrand::u64(..);
    eprintln!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let disk = Disk::new();
    let database = disk.open();
    let mut model = Model::new();
    for round in 0..ROUNDS {
        let (tell, told) = channel();
        let members: Vec<_> = (0..MEMBERS)
            .map(|_| {
                let steps: Vec<Step> = (0..random.usize(1..4)).map(|_| Step::random(&mut random)).collect();
                let transaction = database.begin().unwrap();
                steps.iter().for_each(|step| step.call(&*transaction));
                (transaction, steps)
            })
            .collect();
        for (transaction, _) in &members {
            let tell = tell.clone();
            Arc::clone(transaction).commit_async(Box::new(move |outcome| tell.send(outcome).unwrap()), true);
        }
        (0..MEMBERS).for_each(|_| told.recv().unwrap().unwrap());
        let stamped = members.iter().map(|(transaction, steps)| (transaction.versionstamp().unwrap(), steps));
        for (stamp, steps) in stamped.collect::<BTreeMap<_, _>>() {
            steps.iter().for_each(|step| step.apply(&mut model, stamp));
        }
        let reader = database.begin().unwrap();
        for number in 0..=KEYS {
            assert_eq!(get(&*reader, &key(number)), model.get(&key(number)).cloned(), "round {round}, seed {seed}");
        }
    }
    let metrics = database.metrics();
    assert_eq!(metrics.commits, (ROUNDS * MEMBERS) as u64);
    assert!(metrics.groups * 4 < metrics.commits, "{metrics:?}");
}
