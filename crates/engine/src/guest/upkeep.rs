//! Upkeep from another process than the host's: begun there, and asked for until it has ended.

use std::time::Duration;

use plinth_api::{Code, Error, Progress, Result};

use super::line::Line;
use super::reply::Reply;
use crate::upkeep::task::{Finished, Task};
use crate::wire::Ask;

/// The first pause between two questions, and the longest.
const FIRST: Duration = Duration::from_millis(2);
const LONGEST: Duration = Duration::from_millis(100);

/// How often a host is asked that was told to cancel, before it is given up.
const MOST_AFTER_CANCEL: u32 = 600;

/// Has the host do a task.
pub fn run(line: &Line, task: &Task, progress: &dyn Progress) -> Result<Finished> {
    match line.ask(&Ask::Upkeep { task: task.clone() })? {
        Reply::Done => {}
        Reply::Failed(failed) => return Err(failed.error),
        _ => return Err(line.garbage("an answer of the wrong kind")),
    }
    let (mut cancel, mut pause, mut after) = (false, FIRST, 0);
    loop {
        after += u32::from(cancel);
        if after > MOST_AFTER_CANCEL {
            return Err(Error::new(Code::HOST_UNAVAILABLE).context("it does not end what was cancelled"));
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(LONGEST);
        match line.ask(&Ask::UpkeepNow { cancel })? {
            Reply::Upkeep(done, total, finished) => {
                // Once it has ended nothing can be cancelled.
                let wanted = cancel || progress.step(done.min(total), total);
                match finished {
                    Some(finished) => return Ok(finished),
                    None => cancel = !wanted || cancel,
                }
            }
            Reply::Failed(failed) if cancel && failed.error.code() == Code::OPERATION_CANCELLED => {
                return Err(Error::new(Code::OPERATION_CANCELLED).context("the progress callback asked for it"));
            }
            Reply::Failed(failed) => return Err(failed.error),
            _ => return Err(line.garbage("an answer of the wrong kind")),
        }
    }
}
