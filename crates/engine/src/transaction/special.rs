//! What the special keys say about a transaction and its database (rules SPEC-1 to SPEC-7).
//!
//! They can be read during and after the commit too: what it sent is kept for them.

use plinth_api::key::successor;
use plinth_api::{KeySelector, RangeOptions, RangeResult, Result, Value};

use super::{Phase, Stamped, State, Transaction};
use crate::conflict::{ConflictSet, RangeRef};
use crate::overlay::Overlay;
use crate::special::{encode, modules, Kind, Module, Rows, CONFLICTING_KEYS, READ_CONFLICTS, WRITE_CONFLICTS};

impl Transaction {
    pub(super) fn special_get(&self, keyspace: u32, key: &[u8]) -> Result<Option<Value>> {
        let rows = self.special_rows(keyspace, key, &successor(key))?;
        Ok(rows.into_iter().find(|(found, _)| found == key).map(|(_, value)| Value::Owned(value)))
    }

    pub(super) fn special_range(
        &self,
        keyspace: u32,
        begin: KeySelector,
        end: KeySelector,
        options: RangeOptions,
    ) -> Result<RangeResult> {
        let rows = self.special_rows(keyspace, &begin.key, &end.key)?;
        Ok(RangeResult::select(&rows, begin, end, options))
    }

    /// The rows of the modules that a read may see.
    fn special_rows(&self, keyspace: u32, begin: &[u8], end: &[u8]) -> Result<Rows> {
        self.service.check_open()?;
        self.service.check_keyspace(keyspace)?;
        let mut state = self.lock();
        state.check_mark()?;
        let modules = modules(begin, end, state.options.special_relaxed)?;
        if modules.iter().any(|module| module.kind == Kind::Transaction) && state.phase == Phase::Active {
            // Reads that are running may still add to the read conflict ranges.
            state = self.wait_for_reads(state);
        }
        let mut rows = Rows::new();
        for module in modules {
            match module.kind {
                Kind::Empty => {}
                Kind::Transaction => add_conflicts(&mut rows, &state, keyspace),
                Kind::Place => add(&mut rows, module, self.service.identity().0),
                Kind::Id => add(&mut rows, module, self.service.identity().1),
                Kind::Status => add(&mut rows, module, &self.status()),
            }
        }
        Ok(rows)
    }

    /// The state of the database in the shape that monitors of a cluster look for.
    fn status(&self) -> String {
        let (place, id) = self.service.identity();
        let (place, id) = (json_text(place), json_text(id));
        let available = self.service.check_writable().is_ok();
        format!(
            "{{\"client\":{{\"cluster_file\":{{\"path\":{place},\"up_to_date\":true}},\
             \"database_status\":{{\"available\":{available},\"healthy\":{available}}}}},\
             \"cluster\":{{\"cluster_id\":{id},\"database_available\":{available},\"generation\":1}}}}"
        )
    }
}

fn add(rows: &mut Rows, module: &Module, text: &str) {
    rows.push((module.begin.to_vec(), text.as_bytes().to_vec()));
}

/// The three modules of conflict ranges, in the order of their keys.
fn add_conflicts(rows: &mut Rows, state: &State, keyspace: u32) {
    let (reads, writes, overlays) = match &state.sent {
        Some(sent) => (of_keyspace(&sent.reads, keyspace), &sent.writes, &sent.overlays),
        None => (state.all_reads(keyspace), &state.writes, &state.overlays),
    };
    let mut written = of_keyspace(writes, keyspace);
    if let Some((_, overlay)) = overlays.iter().find(|(id, _)| *id == keyspace) {
        overlay.write_ranges(&mut |range| written.add(range));
        add_stamped(&mut written, overlay, state);
    }
    encode_set(rows, CONFLICTING_KEYS, of_keyspace(state.hits(), keyspace));
    encode_set(rows, READ_CONFLICTS, reads);
    encode_set(rows, WRITE_CONFLICTS, written);
}

/// A versionstamped key shows as its whole possible range until the commit fixes it (rule SPEC-4).
fn add_stamped(written: &mut ConflictSet, overlay: &Overlay, state: &State) {
    let version = state.read_point.as_ref().map(|point| point.version).or(state.wanted_version);
    for key in overlay.stamped_keys() {
        match state.stamped {
            Stamped::Yes(stamp) => written.add_key(&key.key(&stamp)),
            _ => {
                let (begin, end) = key.range(version.unwrap_or(0), state.options.bounds.max_read);
                written.add_range(&begin, &end);
            }
        }
    }
}

fn of_keyspace(sets: &[(u32, ConflictSet)], keyspace: u32) -> ConflictSet {
    sets.iter().find(|(id, _)| *id == keyspace).map(|(_, set)| set.clone()).unwrap_or_default()
}

fn encode_set(rows: &mut Rows, prefix: &[u8], mut set: ConflictSet) {
    set.tidy();
    let ranges = set.iter().map(|range| match range {
        RangeRef::Key(key) => (key.to_vec(), successor(key)),
        RangeRef::Range(begin, end) => (begin.to_vec(), end.to_vec()),
    });
    encode(rows, prefix, ranges);
}

/// A JSON string.
fn json_text(text: &str) -> String {
    let mut json = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => json.extend(['\\', letter]),
            '\0'..='\x1f' => json.push_str(&format!("\\u{:04x}", u32::from(letter))),
            _ => json.push(letter),
        }
    }
    json.push('"');
    json
}

#[cfg(test)]
mod tests {
    use super::json_text;

    #[test]
    fn json_strings_are_escaped() {
        assert_eq!(json_text("a\"b\\c\nd"), "\"a\\\"b\\\\c\\u000ad\"");
    }
}
