//! The status: one JSON document of what a page of metrics has and what numbers can't say.
//!
//! Its parts `client` and `cluster` are those of FoundationDB and are made in `plinth_api::status`; the part
//! `plinth` is made here. docs/METRICS.md and schema/status.schema.json describe both: members are added, and
//! none is taken away or changes its type.

use plinth_api::status::{array, object, status_and, string, StatusFacts, Work};

use super::histogram::Durations;
use super::operations::Operation;
use super::{Facts, Family, Page};

impl Facts {
    /// The document.
    pub fn status(&self) -> String {
        status_and(&self.cluster(), &[("plinth", self.plinth())])
    }

    fn cluster(&self) -> StatusFacts {
        let whole = |family| u64::try_from(self.page.get(family, &[])).unwrap_or(0);
        StatusFacts {
            file: self.path.clone(),
            address: "localhost:0".to_owned(),
            identity: self.uuid.clone(),
            release: self.version.clone(),
            available: self.failure.is_none(),
            lock: self.locked,
            in_memory: self.in_memory(),
            timestamp: i64::try_from(self.now).unwrap_or(i64::MAX),
            uptime_seconds: self.uptime / 1_000_000,
            clients: 1 + whole(Family::Guests),
            latest_version: self.page.get(Family::LatestVersion, &[]),
            committed: whole(Family::Commits),
            conflicted: self.page.sum(Family::Conflicts),
            started: Some(self.done(&[Operation::Begin])),
            trouble: self.failure.as_ref().map(|(code, story)| format!("error {code}: {story}")),
            work: Some(self.work()),
            ..StatusFacts::default()
        }
    }

    fn in_memory(&self) -> bool {
        self.path == ":memory:"
    }

    fn work(&self) -> Work {
        let whole = |family| u64::try_from(self.page.get(family, &[])).unwrap_or(0);
        use Operation as Op;
        let reads = [Op::Get, Op::SnapshotGet, Op::GetMany, Op::GetKey, Op::GetRange, Op::GetMappedRange];
        Work {
            reads: self.done(&reads),
            keys_read: self.page.sum(Family::ReadPairs),
            bytes_read: self.page.sum(Family::ReadBytes),
            writes: self.done(&[Op::Set, Op::Clear, Op::ClearRange, Op::AtomicOp]),
            bytes_written: whole(Family::CommittedBytes),
            start_seconds: self.median(&[Op::ReadVersion]),
            read_seconds: self.median(&[Op::Get, Op::SnapshotGet]),
            commit_seconds: self.median(&[Op::CommitSync, Op::CommitBuffered]),
            stored_bytes: whole(Family::StoredBytes),
            used_bytes: whole(Family::TableBytes),
            free_bytes: whole(Family::DiskFree),
            total_bytes: whole(Family::DiskSize),
            is_slowed: whole(Family::WriteStopped) + whole(Family::WriteRate) > 0,
        }
    }

    /// How often these were done, for all callers.
    fn done(&self, operations: &[Operation]) -> u64 {
        let counts = self.page.of(Family::Operations);
        counts.filter(|(labels, _)| is_one_of(labels, operations)).map(|(_, count)| count as u64).sum()
    }

    /// The median of what these took, for all callers.
    fn median(&self, operations: &[Operation]) -> f64 {
        let mut all = Durations::default();
        let times = self.page.all_durations(Family::Seconds);
        times.filter(|(labels, _)| is_one_of(labels, operations)).for_each(|(_, times)| all.add(times));
        all.quantile(0.5)
    }

    fn plinth(&self) -> String {
        let page = &self.page;
        let commits = object(&[
            ("committed", number(page, Family::Commits)),
            ("conflicts", by_label(page, Family::Conflicts)),
            ("groups", number(page, Family::Groups)),
            ("refused", by_label(page, Family::Refused)),
            ("syncs", number(page, Family::Syncs)),
            ("too_old", by_label(page, Family::TooOld)),
            ("stages", stages(page)),
        ]);
        let failure = self.failure.as_ref().map_or_else(
            || "null".to_owned(),
            |(code, story)| object(&[("code", code.to_string()), ("description", string(story))]),
        );
        object(&[
            ("path", string(&self.path)),
            ("uuid", string(&self.uuid)),
            ("library_version", string(&self.version)),
            ("format", crate::format::FORMAT.to_string()),
            ("healthy", self.failure.is_none().to_string()),
            ("failure", failure),
            ("host", object(&[("pid", self.pid.to_string()), ("uptime_seconds", real(self.uptime as f64 / 1e6))])),
            ("guests", array(self.guests.iter().map(|pid| object(&[("pid", pid.to_string())])))),
            ("options", self.told_options()),
            ("callers", callers(page)),
            ("commits", commits),
            ("queues", queues(page)),
            ("versions", versions(page)),
            ("memory", memory(page)),
            ("keyspaces", self.told_keyspaces()),
            ("store", store(page)),
            ("disk", self.disk()),
        ])
    }

    fn told_options(&self) -> String {
        let options = &self.options;
        object(&[
            ("durability", string(&options.durability)),
            ("preset", string(&options.preset)),
            ("exclusive", options.exclusive.to_string()),
            ("read_only", options.read_only.to_string()),
            ("memory_budget", options.memory_budget.to_string()),
            ("max_transactions", options.max_transactions.to_string()),
            ("max_queued_commits", options.max_queued_commits.to_string()),
            ("window_ms", options.window_ms.to_string()),
            ("key_size_limit", options.key_size_limit.to_string()),
            ("value_size_limit", options.value_size_limit.to_string()),
            ("transaction_size_limit", options.transaction_size_limit.to_string()),
            ("transaction_timeout_ms", options.transaction_timeout_ms.to_string()),
            ("transaction_retry_limit", options.transaction_retry_limit.to_string()),
            ("transaction_max_retry_delay_ms", options.transaction_max_retry_delay_ms.to_string()),
            ("slow_transaction_ms", options.slow_transaction_ms.to_string()),
        ])
    }

    fn told_keyspaces(&self) -> String {
        let told =
            |(name, bytes): &(String, u64)| object(&[("name", string(name)), ("estimated_bytes", bytes.to_string())]);
        let count = self.page.get(Family::Keyspaces, &[]);
        object(&[("count", count.to_string()), ("list", array(self.keyspaces.iter().map(told)))])
    }

    fn disk(&self) -> String {
        if self.page.of(Family::DiskSize).next().is_none() {
            return "null".to_owned();
        }
        let page = &self.page;
        object(&[
            ("available_bytes", number(page, Family::DiskFree)),
            ("size_bytes", number(page, Family::DiskSize)),
            ("available_inodes", number(page, Family::DiskInodes)),
        ])
    }
}

fn is_one_of(labels: &[String], operations: &[Operation]) -> bool {
    labels.get(1).is_some_and(|name| operations.iter().any(|operation| operation.name() == name))
}

fn number(page: &Page, family: Family) -> String {
    page.get(family, &[]).to_string()
}

/// A number with a point; JSON knows no others than finite ones.
fn real(number: f64) -> String {
    if number.is_finite() { number } else { 0.0 }.to_string()
}

/// The first number of a family, which need not be whole.
fn first(page: &Page, family: Family) -> String {
    real(page.of(family).next().map_or(0.0, |(_, number)| number))
}

/// The numbers of a family by its only label.
fn by_label(page: &Page, family: Family) -> String {
    let members = page.of(family).filter_map(|(labels, count)| Some((labels.first()?.as_str(), count.to_string())));
    object(&members.collect::<Vec<_>>())
}

/// Quantiles of durations.
fn durations(times: &Durations) -> String {
    object(&[
        ("count", times.count().to_string()),
        ("total_seconds", real(times.sum as f64 / 1e9)),
        ("p50_seconds", real(times.quantile(0.5))),
        ("p95_seconds", real(times.quantile(0.95))),
        ("p99_seconds", real(times.quantile(0.99))),
    ])
}

fn stages(page: &Page) -> String {
    let stages = page.all_durations(Family::Stages);
    let members = stages.filter_map(|(labels, times)| Some((labels.first()?.as_str(), durations(times))));
    object(&members.collect::<Vec<_>>())
}

/// What each caller did.
fn callers(page: &Page) -> String {
    let callers: Vec<&String> = page.of(Family::ReadBytes).filter_map(|(labels, _)| labels.first()).collect();
    let members = callers.iter().map(|caller| (caller.as_str(), told_caller(page, caller)));
    object(&members.collect::<Vec<_>>())
}

fn told_caller(page: &Page, caller: &str) -> String {
    let own = |labels: &[String]| labels.first().is_some_and(|label| label == caller);
    let counts = page.of(Family::Operations).filter(|(labels, _)| own(labels));
    let counts: Vec<_> =
        counts.filter_map(|(labels, count)| Some((labels.get(1)?.as_str(), count.to_string()))).collect();
    let times = page.all_durations(Family::Seconds).filter(|(labels, _)| own(labels));
    let times: Vec<_> = times.filter_map(|(labels, times)| Some((labels.get(1)?.as_str(), durations(times)))).collect();
    let retries = page.of(Family::Retries).filter(|(labels, count)| own(labels) && *count > 0.0);
    let retries: Vec<_> =
        retries.filter_map(|(labels, count)| Some((labels.get(1)?.as_str(), count.to_string()))).collect();
    let failed = |what: &str| {
        let failures = page
            .of(Family::Failures)
            .filter(|(labels, count)| own(labels) && labels.get(1).is_some_and(|label| label == what) && *count > 0.0);
        let failures = failures.filter_map(|(labels, count)| Some((labels.get(2)?.as_str(), count.to_string())));
        object(&failures.collect::<Vec<_>>())
    };
    let mut members = vec![
        ("operations", object(&counts)),
        ("latency", object(&times)),
        ("failed_reads", failed("read")),
        ("failed_commits", failed("commit")),
        ("retries", object(&retries)),
        ("read_bytes", page.get(Family::ReadBytes, &[caller]).to_string()),
        ("read_pairs", page.get(Family::ReadPairs, &[caller]).to_string()),
        ("watches", page.get(Family::Watches, &[caller]).to_string()),
    ];
    if page.of(Family::Live).any(|(labels, _)| own(labels)) {
        members.push(("live_transactions", page.get(Family::Live, &[caller]).to_string()));
        members.push(("slow_transactions", page.get(Family::Slow, &[caller]).to_string()));
    }
    object(&members)
}

fn queues(page: &Page) -> String {
    object(&[
        ("queued_commits", number(page, Family::Queued)),
        ("running_commits", number(page, Family::InFlight)),
        ("queued_calls", number(page, Family::Jobs)),
        ("timers", number(page, Family::Timers)),
        ("threads", number(page, Family::Threads)),
    ])
}

fn versions(page: &Page) -> String {
    object(&[
        ("latest", number(page, Family::LatestVersion)),
        ("oldest_retained", number(page, Family::OldestVersion)),
        ("oldest_retained_age_seconds", first(page, Family::OldestAge)),
        ("retained", number(page, Family::Retained)),
        ("retained_bytes", number(page, Family::RetainedBytes)),
        ("retained_by", string(retained_by(page))),
        ("let_go", number(page, Family::LetGo)),
        ("window_seconds", first(page, Family::Window)),
    ])
}

/// Why nothing older is kept.
fn retained_by(page: &Page) -> &str {
    let reason = page.of(Family::RetainedBy).find(|(_, holds)| *holds > 0.0);
    reason.and_then(|(labels, _)| labels.first()).map_or("", String::as_str)
}

fn memory(page: &Page) -> String {
    object(&[("bytes", by_label(page, Family::Memory)), ("limits", by_label(page, Family::MemoryLimit))])
}

fn store(page: &Page) -> String {
    object(&[
        ("stored_bytes", number(page, Family::StoredBytes)),
        ("table_bytes", number(page, Family::TableBytes)),
        ("written_bytes", number(page, Family::CommittedBytes)),
        ("estimated_keys", number(page, Family::Keys)),
        ("level_files", array(page.of(Family::LevelFiles).map(|(_, files)| files.to_string()))),
        ("compaction_pending_bytes", number(page, Family::PendingBytes)),
        ("running_compactions", number(page, Family::Compactions)),
        ("running_flushes", number(page, Family::Flushes)),
        ("immutable_memtables", number(page, Family::Immutable)),
        ("write_stopped", (page.get(Family::WriteStopped, &[]) > 0).to_string()),
        ("write_rate_limit_bytes", number(page, Family::WriteRate)),
        ("background_errors", number(page, Family::BackgroundErrors)),
        ("snapshots", number(page, Family::Snapshots)),
        ("cache_sample", by_label(page, Family::CacheSample)),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A host may be of another mind than its guests think.
    #[test]
    fn a_page_that_makes_no_sense_is_told_nevertheless() {
        for labels in 0..4 {
            let facts = Facts { page: Page::odd(labels), ..Facts::default() };
            assert!(facts.status().starts_with("{\"client\":"));
            assert!(facts.text().lines().all(|line| line.starts_with("# ") || line.starts_with("plinth_")));
        }
    }
}
