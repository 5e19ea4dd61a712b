//! Reading ranges, of any length in little memory: a batch is written before the next one is read, all of them
//! by one transaction.

use plinth_api::{KeySelector, RangeOptions, RangeResult};
use serde_json::json;

use crate::call::Call;
use crate::failure::{Failure, Found, Outcome};
use crate::session::Session;
use crate::text::{escaped, quoted};

/// Pairs that are shown if nobody says how many: fdbcli's number.
const LIMIT: usize = 25;
/// Bytes of a batch, about.
const BATCH: usize = 1 << 20;

/// `getrange BEGIN [END] [LIMIT|all] [reverse]`
pub fn getrange(session: &mut Session<'_>, call: &Call) -> Outcome {
    let asked = Asked::of(call)?;
    walk(session, &asked, Some(&|key: &[u8], value: &[u8]| format!("`{}' is `{}'", escaped(key), escaped(value))))
}

/// `getrangekeys BEGIN [END] [LIMIT|all] [reverse]`
pub fn getrangekeys(session: &mut Session<'_>, call: &Call) -> Outcome {
    let asked = Asked::of(call)?;
    walk(session, &asked, None)
}

/// A range as it was asked for.
struct Asked {
    begin: Vec<u8>,
    end: Vec<u8>,
    limit: Option<usize>,
    reverse: bool,
}

impl Asked {
    fn of(call: &Call) -> Result<Self, Failure> {
        let begin = call.needed(0, "BEGIN")?.to_vec();
        let mut words = &call.words[1..];
        let mut reverse = false;
        if let [rest @ .., last] = words {
            if last == b"reverse" {
                (reverse, words) = (true, rest);
            }
        }
        let (end, limit) = match words {
            [] => (None, None),
            [end] => (Some(end.clone()), None),
            [end, limit] => (Some(end.clone()), Some(limit.as_slice())),
            [_, _, word, ..] => return Err(Failure::usage(format!("{} is one word too many", quoted(word)))),
        };
        let limit = match limit {
            None => Some(LIMIT),
            Some(b"all") => None,
            Some(word) => Some(count(word)?),
        };
        let end = end.unwrap_or_else(|| end_of(&begin));
        Ok(Self { begin, end, limit, reverse })
    }
}

fn count(word: &[u8]) -> Result<usize, Failure> {
    let number = std::str::from_utf8(word).ok().and_then(|text| text.parse().ok()).filter(|number| *number > 0);
    number.ok_or_else(|| Failure::usage(format!("LIMIT: {} is neither a positive number nor all", quoted(word))))
}

/// Where the keys that begin with a prefix end: all ordinary keys do if it is empty.
pub fn end_of(prefix: &[u8]) -> Vec<u8> {
    let Some(last) = prefix.iter().rposition(|byte| *byte != 0xff) else {
        return if prefix.is_empty() { vec![0xff] } else { b"\xff\xff".to_vec() };
    };
    let mut end = prefix[..=last].to_vec();
    end[last] += 1;
    end
}

type Line<'a> = &'a dyn Fn(&[u8], &[u8]) -> String;

/// Writes what there is, batch by batch.
fn walk(session: &mut Session<'_>, asked: &Asked, line: Option<Line<'_>>) -> Outcome {
    let json = session.context.out.is_json();
    let command = if line.is_some() { "getrange" } else { "getrangekeys" };
    let transaction = session.reading()?;
    let (mut begin, mut end) = (asked.begin.clone(), asked.end.clone());
    let mut left = asked.limit;
    let mut count = 0_u64;
    let mut begun = false;
    let more = loop {
        let options =
            RangeOptions { limit: left.unwrap_or(0), target_bytes: BATCH, snapshot: false, reverse: asked.reverse };
        let keyspace = session.keyspace.id;
        let selector = |key: &[u8]| KeySelector::first_greater_or_equal(key);
        let batch = match transaction.get_range(keyspace, selector(&begin), selector(&end), options) {
            Ok(batch) => batch,
            // Nothing was written yet, so that it may be tried again.
            Err(error) if session.transaction.is_none() && !begun => {
                session.again(&*transaction, error)?;
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        let first = !std::mem::replace(&mut begun, true);
        if json && first {
            let name = serde_json::Value::from(&*session.keyspace.name);
            session
                .context
                .out
                .bytes(format!("{{\"command\":\"{command}\",\"keyspace\":{name},\"rows\":[").as_bytes())?;
        }
        write(session, &batch, line, &mut count)?;
        left = left.map(|left| left - batch.len());
        let Some((last, _)) = batch.last().filter(|_| batch.more) else {
            break false;
        };
        match asked.reverse {
            true => end = last.to_vec(),
            false => begin = plinth_api::key::successor(last),
        }
        if left == Some(0) {
            break true;
        }
        if crate::interrupt::seen() {
            return Err(Failure::Interrupted);
        }
    };
    if json {
        session.context.out.line(&format!("],\"count\":{count},\"more\":{more}}}"))?;
    } else if more && !session.context.settings.raw {
        session
            .context
            .say(&format!("There may be more than these {count}; a LIMIT, or all, after the END shows others."))?;
    }
    Ok(Found::Yes)
}

fn write(
    session: &mut Session<'_>,
    batch: &RangeResult,
    line: Option<Line<'_>>,
    count: &mut u64,
) -> Result<(), Failure> {
    let out = &mut session.context.out;
    for (key, value) in batch.iter() {
        if out.is_json() {
            let comma = if *count > 0 { "," } else { "" };
            let row = match line {
                Some(_) => json!({ "key": escaped(key), "value": escaped(value) }),
                None => json!({ "key": escaped(key) }),
            };
            out.bytes(format!("{comma}{row}").as_bytes())?;
        } else {
            match line {
                Some(line) => out.line(&line(key, value))?,
                None => out.line(&format!("`{}'", escaped(key)))?,
            }
        }
        *count += 1;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_ends_before_the_next_one() {
        assert_eq!(end_of(b"a"), b"b");
        assert_eq!(end_of(b"a\xff\xff"), b"b");
        assert_eq!(end_of(b""), b"\xff");
        assert_eq!(end_of(b"\xff"), b"\xff\xff");
    }
}
