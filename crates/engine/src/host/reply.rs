//! Answers as they are sent.

use plinth_api::Error;
use uuid::Uuid;

use crate::commit::Request;
use crate::conflict::Winner;
use crate::wire::{hello, hits_of, Answer, Failure, PairsFrame};

/// Longer stories are cut.
const LONGEST_STORY: usize = 16 << 10;

/// What is said to a call.
pub enum Said<'a> {
    /// Anything but pairs.
    Answer(Answer<'a>),
    /// Pairs, which are in their frame already.
    Pairs {
        /// The pairs.
        pairs: PairsFrame,
        /// The version they were read at.
        version: i64,
        /// Whether there may be more.
        more: bool,
    },
}

/// The answer that tells an error.
pub fn failed<'a>(error: &Error, story: &'a str) -> Answer<'a> {
    Answer::Failed(Failure {
        code: error.code().number(),
        story: hello::cut(story, LONGEST_STORY),
        hits: Vec::new(),
        winners: Vec::new(),
    })
}

/// The same for a commit, with what it conflicted with.
pub fn conflict<'a>(error: &Error, story: &'a str, request: &'a Request) -> Answer<'a> {
    let hits = if request.report { hits_of(&request.hits) } else { Vec::new() };
    let winner = |winner: &Winner| (winner.version, winner.id.map(Uuid::into_bytes));
    let winners = if request.report { request.winners.iter().map(winner).collect() } else { Vec::new() };
    Answer::Failed(Failure { code: error.code().number(), story: hello::cut(story, LONGEST_STORY), hits, winners })
}
