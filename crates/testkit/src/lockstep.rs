//! A database and the model, step by step, with every answer compared.
//!
//! Where the rules leave a choice the comparison accepts all of them: a conflict inside a range
//! that is wider than needed (FREE-4), and any version numbers that keep the order.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use plinth_api::key::{END_OF_KEYS, END_OF_SYSTEM_KEYS, METADATA_VERSION};
use plinth_api::limits::{cluster, stamp_place, STAMP};
use plinth_api::{Code, Database, DatabaseOptions, Error, KeySelector, RangeOptions, Result, Transaction};
use plinth_api::{TransactionDefaults, TransactionOption};

use crate::call::{Answer, Call};
use crate::decoder;
use crate::generator::operations;
use crate::keys::LONGEST_READ;
use crate::model::{ModelDatabase, ModelTransaction, Verdict, READ_CONFLICTS, WRITE_CONFLICTS};
use crate::operation::{Action, Operation, VersionChoice};
use crate::shrink::shrink;

/// Opens the database under test, empty, with the options it is given.
pub type Opener<'a> = dyn Fn(DatabaseOptions) -> Result<Arc<dyn Database>> + 'a;

const KEYSPACES: [&str; 3] = ["default", "second", "third"];
const SLOTS: usize = 6;

/// What is not compared, for databases that the rules leave more to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Leeway {
    /// Sizes of transactions: keys are longer than they look where a keyspace is a prefix.
    pub sizes: bool,
    /// What the special keys say of read conflict ranges, which may be wider than needed (FREE-4): a range between
    /// selectors that count keys may conflict as a search for each of its ends does. That they decide commits as the
    /// model says is compared all the same.
    pub reads: bool,
}

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Operations made.
    pub operations: usize,
    /// Answers compared that were not errors.
    pub answers: usize,
    /// Errors compared.
    pub errors: usize,
    /// Write commits.
    pub commits: usize,
    /// Conflicts.
    pub conflicts: usize,
    /// Conflicts that only a range wider than needed explains.
    pub wide_conflicts: usize,
}

/// A run in which the database and the model differ.
pub struct Failure {
    /// The seed of the run.
    pub seed: u64,
    /// What differs in the shortened run.
    pub difference: String,
    /// The shortened run; its last operation is the one that differs.
    pub trace: Vec<Operation>,
}

/// Options for a run: nothing ages, and no wait in `on_error` is long.
pub fn options() -> DatabaseOptions {
    DatabaseOptions {
        window: Duration::from_secs(600),
        transaction: TransactionDefaults { max_retry_delay_ms: 1, ..TransactionDefaults::default() },
        ..DatabaseOptions::default()
    }
}

/// Runs `steps` random operations.
pub fn run(open: &Opener<'_>, seed: u64, steps: usize) -> std::result::Result<Report, Failure> {
    run_with(open, Leeway::default(), seed, steps)
}

/// The same with leeway.
pub fn run_with(open: &Opener<'_>, leeway: Leeway, seed: u64, steps: usize) -> std::result::Result<Report, Failure> {
    let operations = operations(seed, steps, SLOTS, KEYSPACES.len());
    let at = match replay_with(open, leeway, &operations) {
        Ok(report) => return Ok(report),
        Err((at, _)) => at,
    };
    let failing = operations[..operations.len().min(at + 1)].to_vec();
    let trace = shrink(failing, |operations| replay_with(open, leeway, operations).is_err());
    let again = replay_with(open, leeway, &trace).err();
    let difference = again.map_or_else(|| "it does not fail again".to_string(), |(_, difference)| difference);
    Err(Failure { seed, difference, trace })
}

/// Runs the operations that any bytes stand for.
pub fn run_bytes(open: &Opener<'_>, bytes: &[u8]) -> std::result::Result<Report, Failure> {
    let operations = decoder::operations(bytes, SLOTS, KEYSPACES.len());
    replay(open, &operations).map_err(|(at, difference)| {
        let trace = operations[..operations.len().min(at + 1)].to_vec();
        Failure { seed: 0, difference, trace }
    })
}

/// The first of these seeds whose run fails, and how many steps were executed in all until then.
pub fn steps_until_failure(open: &Opener<'_>, seeds: Range<u64>, steps: usize) -> Option<(u64, usize)> {
    let mut executed = 0;
    for seed in seeds {
        match replay(open, &operations(seed, steps, SLOTS, KEYSPACES.len())) {
            Ok(report) => executed += report.operations,
            Err((at, _)) => return Some((seed, executed + steps.min(at + 1))),
        }
    }
    None
}

/// Runs these operations on a fresh database. An error tells at which of them and what differs.
pub fn replay(open: &Opener<'_>, operations: &[Operation]) -> std::result::Result<Report, (usize, String)> {
    replay_with(open, Leeway::default(), operations)
}

/// The same with leeway.
pub fn replay_with(
    open: &Opener<'_>,
    leeway: Leeway,
    operations: &[Operation],
) -> std::result::Result<Report, (usize, String)> {
    let mut pair = Pair::open(open, leeway).map_err(|error| (0, format!("open: {error}")))?;
    for (index, operation) in operations.iter().enumerate() {
        pair.step(operation).map_err(|difference| (index, format!("{operation}: {difference}")))?;
    }
    pair.compare_everything().map_err(|difference| (operations.len(), difference))?;
    Ok(pair.report)
}

/// The database and the model that follows it.
struct Pair {
    leeway: Leeway,
    database: Arc<dyn Database>,
    model: ModelDatabase,
    ids: Vec<u32>,
    model_ids: Vec<u32>,
    slots: Vec<Option<Slot>>,
    /// Versions that may be read at, ascending.
    versions: Vec<i64>,
    report: Report,
}

/// The same transaction on both sides.
struct Slot {
    real: Arc<dyn Transaction>,
    model: Arc<ModelTransaction>,
    /// The read version the database gave.
    seen: Option<i64>,
    /// Whether its read version can't be read at.
    unreadable: bool,
    /// Whether its read version was obtained by the commit, unseen.
    unseen: bool,
    /// Whether it sees system keys, of which a cluster has some of its own.
    system: bool,
}

type Step = std::result::Result<(), String>;

impl Pair {
    fn open(open: &Opener<'_>, leeway: Leeway) -> Result<Self> {
        let database = open(options())?;
        let ids = KEYSPACES.iter().map(|name| Ok(database.open_keyspace(name)?.id)).collect::<Result<Vec<_>>>()?;
        let first = database.begin()?.read_version()?;
        let model = ModelDatabase::following(first, options());
        let model_ids = KEYSPACES.iter().map(|name| Ok(model.open_keyspace(name)?.id)).collect::<Result<Vec<_>>>()?;
        let slots = (0..SLOTS).map(|_| None).collect();
        Ok(Self { leeway, database, model, ids, model_ids, slots, versions: vec![first], report: Report::default() })
    }

    fn step(&mut self, operation: &Operation) -> Step {
        self.report.operations += 1;
        if operation.action == Action::Begin || self.slots[operation.slot].is_none() {
            if let Some(before) = self.slots[operation.slot].take() {
                // The next one may be the same, begun again.
                before.real.end();
            }
            self.slots[operation.slot] = Some(self.begin()?);
        }
        let Some(mut slot) = self.slots[operation.slot].take() else { return Ok(()) };
        let outcome = self.act(&mut slot, &operation.action);
        self.slots[operation.slot] = Some(slot);
        outcome
    }

    fn begin(&self) -> std::result::Result<Slot, String> {
        let real = self.database.begin().map_err(|error| format!("begin fails: {error}"))?;
        let model = self.model.begin_model();
        if self.leeway.reads {
            model.search_for_ends();
        }
        Ok(Slot { real, model, seen: None, unreadable: false, unseen: false, system: false })
    }

    fn act(&mut self, slot: &mut Slot, action: &Action) -> Step {
        match action {
            Action::Begin => Ok(()),
            Action::Call(call) => self.call(slot, call),
            Action::SetOption(option) => {
                let system = [TransactionOption::AccessSystemKeys, TransactionOption::ReadSystemKeys];
                slot.system |= system.contains(option);
                self.both(slot, |transaction| transaction.set_option(*option))
            }
            Action::SetDefault(option) => {
                let code = |result: Result<()>| result.err().map(|error| error.code());
                let real = code(self.database.set_option(*option));
                same(real, code(self.model.set_option(*option)), "option of the database")
            }
            Action::ReadVersion => self.read_version(slot),
            Action::SetReadVersion(choice) => self.set_read_version(slot, *choice),
            Action::Commit => self.commit(slot),
            Action::CommittedVersion => {
                let stamp = |transaction: &dyn Transaction| transaction.versionstamp().map_err(|error| error.code());
                same(stamp(&*slot.real), stamp(&*slot.model), "versionstamp")?;
                same(slot.real.committed_version(), slot.model.committed_version(), "committed version")
            }
            Action::Cancel => self.both(slot, |transaction| transaction.cancel()),
            Action::Reset => {
                slot.forget();
                self.both(slot, |transaction| transaction.reset())
            }
            Action::OnError(number) => {
                let error = || Error::new(Code::from_number(*number));
                let step = self.both(slot, |transaction| transaction.on_error(error()));
                slot.forget_if_reset();
                step
            }
        }
    }

    /// A call without a result on both sides.
    fn both(&mut self, slot: &Slot, call: impl Fn(&dyn Transaction) -> Result<()>) -> Step {
        let answer = |transaction: &dyn Transaction| match call(transaction) {
            Ok(()) => Answer::Done,
            Err(error) => Answer::Failed(error.code()),
        };
        self.compare(answer(&*slot.real), answer(&*slot.model))
    }

    fn compare(&mut self, real: Answer, model: Answer) -> Step {
        match model {
            Answer::Failed(_) => self.report.errors += 1,
            _ => self.report.answers += 1,
        }
        same(real, model, "answer")
    }

    fn call(&mut self, slot: &mut Slot, call: &Call) -> Step {
        let own_system_keys = slot.system && call.keyspace() == 0 && call.is_read();
        if self.leeway.reads && (own_system_keys || hides_all(call) || is_behind_the_keys(call)) {
            return Ok(());
        }
        if self.leeway.reads && is_counted(call) && slot.model.has_unreadable() {
            // Which of the keys that are passed on the way to an end are looked at is left open.
            return Ok(());
        }
        if self.leeway.sizes && is_long_for_a_prefix(call) {
            return Ok(());
        }
        if !slot.model.is_active() && call.is_inverted() {
            // Which of the two errors comes first is left open (CONF-10).
            return Ok(());
        }
        if call.is_read() && slot.model.is_active() {
            let at_an_end = needs_no_look(call) && !matches!(call, Call::Get { .. } | Call::GetMany { .. });
            if slot.unreadable && (at_an_end || slot.model.has_writes()) {
                // Whether a read is answered without its version is left open (VER-6).
                return Ok(());
            }
            let open_question = slot.model.has_writes() || needs_no_look(call);
            if slot.model.version().is_none() && open_question {
                self.read_version(slot)?;
            }
        }
        if call.hides_by_version() && slot.model.version().is_some() && slot.seen.is_none() {
            self.read_version(slot)?;
        }
        let real = call.perform(&*slot.real, &self.ids);
        let model = call.perform(&*slot.model, &self.model_ids);
        self.compare(real, model)?;
        if self.leeway.sizes {
            return Ok(());
        }
        slot.compare_sizes()
    }

    fn read_version(&mut self, slot: &mut Slot) -> Step {
        if slot.unreadable || slot.unseen {
            return Ok(());
        }
        match (slot.real.read_version(), slot.model.read_version()) {
            (Ok(real), Ok(model)) => self.compare_read_versions(slot, real, model),
            (real, model) => same(code(real.err()), code(model.err()), "error of read_version"),
        }
    }

    fn compare_read_versions(&mut self, slot: &mut Slot, real: i64, model: i64) -> Step {
        if let Some(seen) = slot.seen {
            return same(real, seen, "read version, which was told before (VER-4),");
        }
        slot.seen = Some(real);
        if real < model {
            return Err(format!("read version {real} misses the commit at {model} (VER-4)"));
        }
        if let Some(next) = self.model.first_after(model).filter(|next| *next <= real) {
            return Err(format!("read version {real} includes the later commit at {next} (VER-5)"));
        }
        self.model.note_version(real);
        slot.model.adopt_version(real);
        self.know(real);
        Ok(())
    }

    /// Remembers a version that may be read at.
    fn know(&mut self, version: i64) {
        if let Err(place) = self.versions.binary_search(&version) {
            self.versions.insert(place, version);
        }
    }

    fn set_read_version(&mut self, slot: &mut Slot, choice: VersionChoice) -> Step {
        let version = self.version(choice);
        if version <= 0 && slot.model.version().is_some() {
            return Ok(());
        }
        let takes = slot.model.is_active() && slot.model.version().is_none() && version > 0;
        if takes {
            slot.unreadable = version == 1;
            slot.seen = Some(version);
        }
        self.both(slot, |transaction| transaction.set_read_version(version))
    }

    fn version(&self, choice: VersionChoice) -> i64 {
        let nth = |back: usize| self.versions.len() - 1 - back.min(self.versions.len() - 1);
        match choice {
            VersionChoice::Zero => 0,
            VersionChoice::Negative => -1,
            VersionChoice::One => 1,
            VersionChoice::Recent(back) => self.versions[nth(back)],
            VersionChoice::AfterRecent(back) => {
                let newest = self.versions[nth(0)];
                newest.min(self.versions[nth(back)] + 1)
            }
        }
    }

    fn commit(&mut self, slot: &mut Slot) -> Step {
        if !slot.model.is_active() {
            return self.both(slot, |transaction| transaction.commit());
        }
        slot.unseen = slot.model.version().is_none();
        self.compare_conflict_ranges(slot)?;
        let verdict = slot.model.verdict();
        let real = code(slot.real.commit().err());
        match (verdict, real) {
            (Verdict::ReadOnly, None) => self.committed(slot, -1),
            (Verdict::Commit | Verdict::MayConflict, None) => self.committed_by_writing(slot),
            (Verdict::Conflict | Verdict::MayConflict, Some(Code::NOT_COMMITTED)) => {
                self.report.conflicts += 1;
                self.report.wide_conflicts += usize::from(verdict == Verdict::MayConflict);
                slot.model.follow(None);
                Ok(())
            }
            (Verdict::Fails(expected), Some(got)) if expected == got => {
                self.report.errors += 1;
                slot.model.follow(None);
                Ok(())
            }
            (verdict, got) => Err(format!("commit gives {got:?}, the model says {verdict:?}")),
        }
    }

    fn committed(&mut self, slot: &Slot, version: i64) -> Step {
        self.report.answers += 1;
        same(slot.real.committed_version(), version, "version of a read-only commit (COM-10)")?;
        slot.model.follow(Some(None));
        Ok(())
    }

    fn committed_by_writing(&mut self, slot: &Slot) -> Step {
        let version = slot.real.committed_version();
        let newest = self.versions[self.versions.len() - 1];
        if version <= newest {
            return Err(format!("commit version {version} is not above {newest}, handed out before (VER-5)"));
        }
        let stamp = slot.real.versionstamp().map_err(|error| format!("versionstamp fails: {error}"))?;
        same(&stamp[..8], &version.to_be_bytes()[..], "the version in the stamp (VST-1)")?;
        self.report.commits += 1;
        slot.model.follow(Some(Some((version, stamp))));
        self.know(version);
        self.compare_conflict_ranges(slot)
    }

    /// Compares what the special keys say of the conflict ranges (SPEC-4), where the rules leave no
    /// choice of them and the versions are known.
    fn compare_conflict_ranges(&self, slot: &Slot) -> Step {
        let reads = slot.model.reads();
        let exact = slot.model.version().is_none() || slot.seen.is_some();
        for prefix in [READ_CONFLICTS, WRITE_CONFLICTS] {
            let narrow = reads.required == reads.allowed && !self.leeway.reads;
            let comparable = if prefix == READ_CONFLICTS { narrow } else { exact };
            for keyspace in (0..KEYSPACES.len()).filter(|_| comparable) {
                let begin = KeySelector::first_greater_or_equal(prefix);
                let end = KeySelector::first_greater_or_equal([prefix, END_OF_SYSTEM_KEYS].concat());
                let call = Call::GetRange { keyspace, begin, end, options: RangeOptions::default() };
                let real = call.perform(&*slot.real, &self.ids);
                let model = call.perform(&*slot.model, &self.model_ids);
                // Where a bound is cut that is longer than any key is not told by anything but this.
                let cut =
                    matches!(&model, Answer::Rows(rows, _) if rows.iter().any(|(key, _)| key.len() > LONGEST_READ));
                if self.leeway.reads && cut {
                    continue;
                }
                same(real, model, &call.to_string())?;
            }
        }
        Ok(())
    }

    /// Compares all pairs of all keyspaces.
    fn compare_everything(&mut self) -> Step {
        let mut slot = self.begin()?;
        for keyspace in 0..KEYSPACES.len() {
            let begin = KeySelector::first_greater_or_equal("");
            let end = KeySelector::first_greater_or_equal(&b"\xff"[..]);
            let call = Call::GetRange { keyspace, begin, end, options: RangeOptions::default() };
            self.call(&mut slot, &call).map_err(|difference| format!("at the end, {call}: {difference}"))?;
        }
        Ok(())
    }
}

impl Slot {
    fn forget(&mut self) {
        self.seen = None;
        self.unreadable = false;
        self.unseen = false;
        self.system = false;
    }

    /// Compares the sizes, where the rules leave no choice of conflict ranges (FREE-4).
    fn compare_sizes(&self) -> Step {
        let reads = self.model.reads();
        if reads.required != reads.allowed {
            return Ok(());
        }
        let size = |transaction: &dyn Transaction| transaction.approximate_size().map_err(|error| error.code());
        same(size(&*self.real), size(&*self.model), "approximate size (LIM-7)")
    }

    fn forget_if_reset(&mut self) {
        if self.model.is_active() {
            self.forget();
        }
    }
}

/// Whether a call makes keys unreadable up to the end of its keyspace, behind which a cluster has others.
fn hides_all(call: &Call) -> bool {
    let Call::Atomic { key, .. } = call else { return false };
    let highest = stamp_place(key).map(|(template, place)| [&template[..place], &[0xff; STAMP]].concat());
    let behind = if call.keyspace() == 0 { cluster::RESERVED } else { END_OF_SYSTEM_KEYS };
    call.hides_by_version() && highest.is_some_and(|highest| *highest >= *behind)
}

/// Whether a call uses the metadata version of a keyspace that is a prefix, which lies behind its keys, where a
/// selector that runs off the end finds it.
fn is_behind_the_keys(call: &Call) -> bool {
    matches!(call, Call::Atomic { keyspace: 1.., key, .. } if key == METADATA_VERSION)
}

/// Whether a key leaves no room for the prefix.
fn is_long_for_a_prefix(call: &Call) -> bool {
    match call {
        Call::Set { keyspace: 1.., key, .. } | Call::Clear { keyspace: 1.., key, .. } => {
            cluster::check_length(key).is_err()
        }
        Call::Atomic { keyspace: 1.., key, .. } => cluster::check_length(key).is_err(),
        _ => false,
    }
}

/// Whether a call reads a range between selectors that are no plain bounds.
fn is_counted(call: &Call) -> bool {
    matches!(call, Call::GetRange { begin, end, .. } if begin.offset != 1 || end.offset != 1)
}

/// Whether a read can be answered without a look at the database, and so without its version: a
/// key that is too long to be there, or a selector at an end of the key space.
fn needs_no_look(call: &Call) -> bool {
    let at_an_end = |selector: &KeySelector| selector.key.is_empty() || *selector.key >= *END_OF_KEYS;
    match call {
        Call::Get { key, .. } => key.len() > LONGEST_READ,
        Call::GetMany { keys, .. } => keys.iter().any(|key| key.len() > LONGEST_READ),
        Call::GetKey { selector, .. } => at_an_end(selector),
        Call::GetRange { begin, end, .. } => at_an_end(begin) || at_an_end(end),
        _ => false,
    }
}

fn code(error: Option<Error>) -> Option<Code> {
    error.map(|error| error.code())
}

fn same<T: PartialEq + fmt::Debug>(real: T, model: T, what: &str) -> Step {
    if real == model {
        return Ok(());
    }
    Err(format!("{what} is {real:?}, the model says {model:?}"))
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {}: {}", self.seed, self.difference)?;
        self.trace.iter().try_for_each(|operation| writeln!(f, "  {operation}"))
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
