//! The names of everything that is told: a table, and nothing else.
//!
//! A name stays as long as programs may ask for it. A new one is a line here, a line where the page is put
//! together (`collect`), and a line in docs/METRICS.md, which a test compares with what is emitted.

/// What a number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only grows, from 0 at the opening.
    Counter,
    /// Now.
    Gauge,
    /// Counts of durations in seconds, which only grow.
    Histogram,
}

/// A name with all that is told under it.
pub struct Entry {
    /// The name.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// Its labels beside `database`.
    pub labels: &'static [&'static str],
    /// One sentence for people.
    pub help: &'static str,
}

macro_rules! families {
    ($($family:ident $name:literal $kind:ident [$($label:literal),*] $help:literal;)+) => {
        /// What is told.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u16)]
        pub enum Family { $(#[doc = $help] $family),+ }

        /// By family.
        pub const ENTRIES: &[Entry] = &[
            $(Entry { name: $name, kind: Kind::$kind, labels: &[$($label),*], help: $help }),+
        ];

        /// All of them.
        pub const ALL: &[Family] = &[$(Family::$family),+];
    };
}

families! {
    Info "plinth_info" Gauge ["version", "format", "uuid", "preset", "durability"]
        "Always 1. The labels tell the library's version, the directory's format and identity, and two options.";
    Up "plinth_healthy" Gauge []
        "1 while commits are taken; 0 after a failed write, on a database opened with read_only, or once closed.";
    Uptime "plinth_uptime_seconds" Gauge [] "Time since the host opened the directory.";
    HostPid "plinth_host_pid" Gauge [] "The process that hosts the directory.";
    Guests "plinth_guests" Gauge [] "Connections of other processes to the host.";
    Operations "plinth_operations_total" Counter ["caller", "operation"]
        "Operations of transactions. They are counted when the transaction commits, is reset or ends.";
    Seconds "plinth_operation_seconds" Histogram ["caller", "operation"]
        "How long operations took. Of begin, read_version, get, snapshot_get and get_key about one in 64 is timed.";
    Failures "plinth_failures_total" Counter ["caller", "operation", "code"]
        "Reads and commits that failed, by error number; code=\"other\" is all the rest.";
    Retries "plinth_retries_total" Counter ["caller", "code"]
        "Retries that on_error allowed, by the error that was retried.";
    ReadBytes "plinth_read_bytes_total" Counter ["caller"] "Bytes of keys and values that reads of keys and ranges found.";
    ReadPairs "plinth_read_pairs_total" Counter ["caller"] "Keys that reads of keys found, and pairs that ranges returned.";
    Commits "plinth_commits_total" Counter [] "Commits that wrote something and were acknowledged, of all processes.";
    Conflicts "plinth_commit_conflicts_total" Counter ["read"]
        "Commits refused with 1020, by what was written since: a key that was read, or one in a range that was read.";
    TooOld "plinth_commits_too_old_total" Counter ["cause"]
        "Commits refused with 1007: the read version left the window, or the conflict history was dropped.";
    Refused "plinth_commits_refused_total" Counter ["cause"]
        "Commits refused with 1042: the queue was full, or the disk did not keep up.";
    Forgotten "plinth_conflict_history_drops_total" Counter []
        "Times the conflict history was dropped because it had outgrown its share of the memory budget.";
    Groups "plinth_commit_groups_total" Counter [] "Groups of commits: writes to the log.";
    Syncs "plinth_syncs_total" Counter [] "Times the log was synced.";
    Stages "plinth_commit_stage_seconds" Histogram ["stage"] "How long groups of commits were in each stage of the pipeline.";
    CommittedBytes "plinth_written_bytes_total" Counter [] "Bytes of the batches that were written to the log.";
    Queued "plinth_queued_commits" Gauge [] "Commits that wait to be taken.";
    InFlight "plinth_running_commits" Gauge [] "Commits between their call and its return.";
    QueueLimit "plinth_queued_commits_limit" Gauge [] "Commits that may wait (the option max_queued_commits).";
    Jobs "plinth_queued_calls" Gauge [] "Asynchronous calls and callbacks that wait for a thread.";
    Timers "plinth_timers" Gauge [] "Back-offs, timeouts and other things that wait for their time.";
    Threads "plinth_threads" Gauge [] "Threads of the library for asynchronous calls.";
    Live "plinth_live_transactions" Gauge ["caller"] "Transactions that were begun and not destroyed.";
    LiveLimit "plinth_live_transactions_limit" Gauge [] "Transactions that may be alive (the option max_transactions).";
    Slow "plinth_slow_transactions_total" Counter ["caller"]
        "Transactions that took longer than the option slow_transaction_ms.";
    Watches "plinth_watches" Gauge ["caller"] "Watches that wait for a change.";
    LatestVersion "plinth_latest_version" Gauge [] "The newest version that can be read.";
    OldestVersion "plinth_oldest_version" Gauge [] "The oldest version that is retained.";
    OldestAge "plinth_oldest_version_age_seconds" Gauge [] "How old that is.";
    Window "plinth_window_seconds" Gauge [] "How old a read version may become (the option window_ms).";
    Retained "plinth_retained_versions" Gauge [] "Versions that are retained.";
    RetainedBytes "plinth_retained_bytes" Gauge [] "Bytes that were committed since the oldest version.";
    RetainedBy "plinth_retained_by" Gauge ["reason"] "1 for what took the newest version that is gone: why nothing older is kept.";
    LetGo "plinth_versions_let_go_total" Counter [] "Versions that went before the window would have let them go.";
    HeldStates "plinth_held_states" Gauge [] "States that are held beyond the window, such as for a dump.";
    Memory "plinth_memory_bytes" Gauge ["owner"]
        "Memory by owner. What is pinned in the cache is a part of block_cache, and so are the memtables.";
    MemoryLimit "plinth_memory_limit_bytes" Gauge ["owner"] "How much of it each owner may have, where there is a limit.";
    CacheSample "plinth_cache_sampled_reads_total" Counter ["result"]
        "Blocks that one in 64 reads of keys wanted: found in the block cache, or not; none counts reads that wanted no block, row those that were answered by the value of an earlier one.";
    StoredBytes "plinth_stored_bytes" Gauge [] "Bytes of the tables that hold the present state.";
    TableBytes "plinth_table_bytes" Gauge [] "Bytes of all tables on the disk, those that only old versions need included.";
    Keys "plinth_estimated_keys" Gauge [] "About how many keys there are.";
    Keyspaces "plinth_keyspaces" Gauge [] "How many keyspaces there are.";
    LevelFiles "plinth_level_files" Gauge ["level"] "Tables in each level, over all keyspaces.";
    PendingBytes "plinth_compaction_pending_bytes" Gauge [] "About how many bytes compactions have yet to rewrite.";
    Compactions "plinth_running_compactions" Gauge [] "Compactions that run.";
    Flushes "plinth_running_flushes" Gauge [] "Flushes that run.";
    Immutable "plinth_immutable_memtables" Gauge [] "Memtables that wait for their flush.";
    WriteStopped "plinth_write_stopped" Gauge [] "1 while RocksDB stops writes.";
    WriteRate "plinth_write_rate_limit_bytes" Gauge [] "Bytes a second to which RocksDB slows writes down; 0 for no limit.";
    BackgroundErrors "plinth_background_errors_total" Counter [] "Errors of flushes and compactions.";
    Snapshots "plinth_snapshots" Gauge [] "States of the store that are held for reads.";
    DiskFree "plinth_disk_available_bytes" Gauge [] "Room that the file system of the directory has left for its user.";
    DiskSize "plinth_disk_size_bytes" Gauge [] "Size of that file system.";
    DiskInodes "plinth_disk_available_inodes" Gauge [] "Files that may still be made there.";
}

impl Family {
    /// Its line of the table.
    pub fn entry(self) -> &'static Entry {
        &ENTRIES[self as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_prometheus_asks_for() {
        let mut names: Vec<&str> = ENTRIES.iter().map(|entry| entry.name).collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|two| two[0] != two[1]));
        for entry in ENTRIES {
            let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
            assert!(entry.name.starts_with("plinth_") && plain(entry.name), "{}", entry.name);
            assert_eq!(entry.kind == Kind::Counter, entry.name.ends_with("_total"), "{}", entry.name);
            assert!(entry.kind != Kind::Histogram || entry.name.ends_with("_seconds"), "{}", entry.name);
            assert!(entry.labels.iter().all(|label| plain(label) && *label != "database" && *label != "le"));
            assert!(entry.help.ends_with('.') && !entry.help.contains(['\n', '\\']), "{}", entry.name);
        }
    }
}
