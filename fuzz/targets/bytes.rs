//! What takes bytes from elsewhere. The name under which the program is started, or `PLINTH_FUZZ`, says
//! which entrance: one binary instead of seven, which are linked in minutes.
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use plinth_engine::fuzz;

// The client library is no library for Rust; these two files stand alone.
#[path = "../../crates/fdb-c/src/mapper.rs"]
#[allow(dead_code)]
mod mapper;
#[path = "../../crates/fdb-c/src/tuple.rs"]
#[allow(dead_code)]
mod tuple;

type Entrance = fn(&[u8]);

const ENTRANCES: [(&str, Entrance); 7] = [
    ("frames", fuzz::frames),
    ("message", fuzz::message),
    ("commit", fuzz::commit),
    ("greeting", fuzz::greeting),
    ("files", fuzz::files),
    ("keyspaces", fuzz::keyspaces),
    ("tuple", tuples),
];

static ENTRANCE: OnceLock<Entrance> = OnceLock::new();

fuzz_target!(|data: &[u8]| ENTRANCE.get_or_init(chosen)(data));

fn chosen() -> Entrance {
    let name = std::env::var("PLINTH_FUZZ").unwrap_or_default();
    let found = ENTRANCES.iter().find(|(entrance, _)| *entrance == name);
    found.unwrap_or_else(|| panic!("PLINTH_FUZZ is none of the entrances: {name}")).1
}

/// A mapper, and the key and value of an index entry, each after its length.
fn tuples(data: &[u8]) {
    let Some((&[first, second], rest)) = data.split_first_chunk::<2>() else {
        return;
    };
    let (text, rest) = rest.split_at(rest.len().min(usize::from(first)));
    let (key, value) = rest.split_at(rest.len().min(usize::from(second)));
    for bytes in [text, key, value] {
        let Some(elements) = tuple::split(bytes) else {
            continue;
        };
        assert_eq!(elements.concat(), bytes);
        for element in elements {
            assert_eq!(tuple::split(element).map(|same| same.len()), Some(1));
            if let Some(content) = tuple::content(element) {
                assert_eq!(tuple::content(&tuple::bytes(&content)), Some(content));
            }
        }
    }
    if let Ok(mapper) = mapper::parse(text) {
        if let Ok(mapped) = mapper.map(key, value) {
            assert!(mapped.begin <= mapped.end);
        }
    }
}
