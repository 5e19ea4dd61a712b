//! Moves: a database into another one, while it is used.

use std::io::Write as _;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use plinth_transfer::{move_database, MoveOptions, MoveProgress, Moved, Phase, Verify};
use serde_json::{json, Value};

use crate::call::Call;
use crate::context::{Context, Settings};
use crate::failure::{Failure, Found, Outcome};
use crate::number::{grouped, seconds, size};
use crate::opening;
use crate::progress::Bar;
use crate::text::safe;

/// A day: nobody waits longer for writers.
const LONGEST_PAUSE: u64 = 86_400;

/// `move FROM TO [OPTION...]`
pub fn run(context: &mut Context, from: &str, call: &Call) -> Outcome {
    call.at_most(1)?;
    let to = opening::directory(call.word(0)).map_err(|_| Failure::usage("into which database?"))?;
    let options = options(call)?;
    let mut settings = settings_of(context, from);
    let source = opening::open(from, &settings)?;
    settings = settings_of(context, to);
    // A directory that is missing is made; one that is not empty is refused.
    settings.create = true;
    let target = match opening::open(to, &settings) {
        Ok(target) => target,
        Err(failure) => {
            source.close()?;
            return Err(failure);
        }
    };
    let teller =
        Teller { bar: Bar::new(context, name(Phase::Begin)), json: context.settings.json, phase: Mutex::default() };
    let moved = move_database(&*source, &*target, options, &teller);
    teller.bar.end();
    // The target first: what is told below is on disk then.
    let closed = [target.close(), source.close()];
    let moved = moved?;
    closed.into_iter().collect::<Result<(), _>>()?;
    context.out.either(|| document(from, to, &moved), || text(from, to, &moved))?;
    Ok(Found::Yes)
}

/// What was chosen, as far as it is about a place of this kind.
fn settings_of(context: &Context, place: &str) -> Settings {
    let mut settings = context.settings.clone();
    settings.client = settings.client.filter(|_| opening::is_cluster(place));
    settings
}

fn options(call: &Call) -> Result<MoveOptions, Failure> {
    let verify = match call.value("verify") {
        None | Some("all") => Verify::All,
        Some("changed") => Verify::Changed,
        Some("none") => Verify::None,
        Some(other) => return Err(Failure::usage(format!("--verify is all, changed or none, not {}", safe(other)))),
    };
    Ok(MoveOptions {
        bytes_per_second: call.number("throttle", 0, 1..=u64::MAX)?,
        verify,
        max_pause: Duration::from_secs(call.number("max-pause", 0, 1..=LONGEST_PAUSE)?),
        any_versions: call.has("any-versions"),
    })
}

/// Shows a bar for each phase, and says when writers have to pause.
struct Teller {
    bar: Bar,
    json: bool,
    phase: Mutex<Phase>,
}

impl MoveProgress for Teller {
    fn step(&self, moved: &Moved, done: u64, total: u64) -> bool {
        let mut phase = self.phase.lock().unwrap_or_else(PoisonError::into_inner);
        if *phase != moved.phase {
            *phase = moved.phase;
            self.bar.go_on(name(moved.phase));
            if moved.phase == Phase::Locked && !moved.follows {
                self.say_pause(moved);
            }
        }
        self.bar.at(done, total)
    }
}

impl Teller {
    /// Where changes are not told, everything is compared while writers wait. That is said before.
    fn say_pause(&self, moved: &Moved) {
        let expected = moved.expected_pause;
        let mut stderr = std::io::stderr().lock();
        // Nobody may be reading.
        let _ = match self.json {
            true => writeln!(stderr, "{}", json!({ "pause": { "expected_ms": milliseconds(expected) } })),
            false => {
                let text = "the source does not tell what changes, so writers must pause now, while all is compared";
                writeln!(stderr, "plinth: {text}: for about {}", seconds(expected.as_secs_f64()))
            }
        };
    }
}

fn name(phase: Phase) -> &'static str {
    match phase {
        Phase::Begin => "begin",
        Phase::Copy => "copy",
        Phase::Follow => "follow",
        Phase::Verify => "verify",
        Phase::Locked => "locked",
        Phase::Finish | Phase::Done => "finish",
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn document(from: &str, to: &str, moved: &Moved) -> Value {
    json!({
        "command": "move", "from": from, "to": to, "version": moved.version, "target_version": moved.target_version,
        "keyspaces": moved.keyspaces, "pairs": moved.pairs, "bytes": moved.bytes, "read_bytes": moved.read_bytes,
        "written_bytes": moved.written_bytes, "rounds": moved.rounds, "resumed": moved.resumed,
        "already": moved.already, "follows": moved.follows,
        "checksum": (moved.checksum != 0).then(|| format!("{:016x}", moved.checksum)),
        "pause_ms": milliseconds(moved.pause), "elapsed_ms": milliseconds(moved.elapsed),
    })
}

fn text(from: &str, to: &str, moved: &Moved) -> String {
    let locked = format!("{} is locked (status tells the id); open {} in its place", safe(from), safe(to));
    if moved.already {
        return format!("Moved before: everything is equal in {} keyspaces. {locked}", grouped(moved.keyspaces));
    }
    format!(
        "Moved {} pairs with {} in {} keyspaces in {}; writers paused for {}. {locked}",
        grouped(moved.pairs),
        size(moved.bytes),
        grouped(moved.keyspaces),
        seconds(moved.elapsed.as_secs_f64()),
        seconds(moved.pause.as_secs_f64()),
    )
}
