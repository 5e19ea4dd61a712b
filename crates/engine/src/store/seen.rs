//! What RocksDB tells of itself, and what samples of reads tell of its cache.
//!
//! RocksDB's own statistics stay off: they would cost every read, see docs/METRICS.md. Its properties are read
//! when somebody asks; most of them take its lock for a moment. One read of a key in 64 is watched closely.

use rocksdb::perf::{set_perf_stats, PerfContext, PerfMetric, PerfStatsLevel};

use super::pins::Pins;
use super::rocks::{Family, Rocks};
use crate::metrics::sampling::Sampler;
use crate::metrics::Counter;

/// Levels that are told.
pub const LEVELS: usize = 7;

/// How a store is.
#[derive(Clone, Debug, Default)]
pub struct StoreFacts {
    /// Bytes of small values that were read.
    pub row_bytes: u64,
    /// Bytes in the block cache, memtables included, and of them those that are pinned.
    pub cache: u64,
    pub pinned: u64,
    /// Bytes of memtables.
    pub memtables: u64,
    /// Bytes that tables hold outside the cache.
    pub readers: u64,
    /// Bytes of tables: of the present state, and all.
    pub live_bytes: u64,
    pub table_bytes: u64,
    /// About how many keys there are.
    pub keys: u64,
    /// Tables in each level.
    pub levels: [u64; LEVELS],
    /// Bytes that compactions have yet to rewrite.
    pub pending: u64,
    pub compactions: u64,
    pub flushes: u64,
    pub immutable: u64,
    pub stopped: bool,
    /// Bytes a second to which writes are slowed down; 0 for no limit.
    pub write_rate: u64,
    pub errors: u64,
    pub snapshots: u64,
    /// Bytes of batches.
    pub written: u64,
    /// Of sampled reads: blocks that were in the cache, those that were not, reads that needed none, and reads that
    /// found a row.
    pub hits: u64,
    pub misses: u64,
    pub no_block: u64,
    pub rows: u64,
    /// Bytes of each keyspace, by number.
    pub keyspaces: Vec<(u32, u64)>,
}

/// What is counted beside RocksDB.
#[derive(Default)]
pub struct Seen {
    /// Bytes of batches.
    pub written: Counter,
    hits: Counter,
    misses: Counter,
    no_block: Counter,
    rows: Counter,
}

impl Seen {
    /// Notes that a read found a row, if it is watched.
    #[inline]
    pub fn row(&self) {
        if READS.with(Sampler::is_due) {
            self.rows.add(1);
        }
    }
}

thread_local! {
    static READS: Sampler = const { Sampler::new() };
}

/// A read that is watched.
pub struct Sample<'a> {
    seen: &'a Seen,
    counters: PerfContext,
    before: [u64; 2],
}

impl<'a> Sample<'a> {
    /// Begins to watch a read, if it is its turn.
    #[inline]
    pub fn begin(seen: &'a Seen) -> Option<Self> {
        if READS.with(Sampler::is_due) {
            set_perf_stats(PerfStatsLevel::EnableCount);
            let counters = PerfContext::default();
            let before = look(&counters);
            return Some(Self { seen, counters, before });
        }
        // What RocksDB would count on the way costs a twelfth of the read.
        set_perf_stats(PerfStatsLevel::Disable);
        None
    }

    /// Notes what the read did.
    #[cold]
    pub fn end(self) {
        let [hits, misses] = look(&self.counters);
        let (hits, misses) = (hits.saturating_sub(self.before[0]), misses.saturating_sub(self.before[1]));
        self.seen.hits.add(hits);
        self.seen.misses.add(misses);
        self.seen.no_block.add(u64::from(hits + misses == 0));
    }
}

/// Blocks found in the cache, and blocks read from files.
fn look(counters: &PerfContext) -> [u64; 2] {
    [PerfMetric::BlockCacheHitCount, PerfMetric::BlockReadCount].map(|metric| counters.metric(metric))
}

impl Rocks {
    /// How it is.
    pub(super) fn look(&self) -> StoreFacts {
        let whole = |name: &str| self.db.property_int_value(name).ok().flatten().unwrap_or(0);
        let mut facts = StoreFacts {
            row_bytes: self.rows.memory(),
            cache: self.options.cache.get_usage() as u64,
            pinned: self.options.pins.as_ref().map_or(0, |pins: &Pins| pins.bytes() as u64),
            compactions: whole("rocksdb.num-running-compactions"),
            flushes: whole("rocksdb.num-running-flushes"),
            stopped: whole("rocksdb.is-write-stopped") > 0,
            write_rate: whole("rocksdb.actual-delayed-write-rate"),
            errors: whole("rocksdb.background-errors"),
            snapshots: whole("rocksdb.num-snapshots"),
            written: self.seen.written.get(),
            hits: self.seen.hits.get(),
            misses: self.seen.misses.get(),
            no_block: self.seen.no_block.get(),
            rows: self.seen.rows.get(),
            ..StoreFacts::default()
        };
        let families = self.families.load();
        let users = families.iter().map(|(keyspace, family)| (*keyspace, family));
        for (keyspace, family) in std::iter::once((0, &self.default)).chain(users) {
            let bytes = self.look_at(family, &mut facts);
            facts.keyspaces.push((keyspace, bytes));
        }
        self.look_at(&self.meta, &mut facts);
        facts
    }

    /// Adds what a column family has. Returns its bytes.
    fn look_at(&self, family: &Family, facts: &mut StoreFacts) -> u64 {
        let whole = |name: &str| self.db.property_int_value_cf(family, name).ok().flatten().unwrap_or(0);
        let memtables = whole("rocksdb.cur-size-all-mem-tables");
        let live = whole("rocksdb.live-sst-files-size");
        facts.memtables += memtables;
        facts.live_bytes += live;
        facts.table_bytes += whole("rocksdb.total-sst-files-size");
        facts.readers += whole("rocksdb.estimate-table-readers-mem");
        facts.keys += whole("rocksdb.estimate-num-keys");
        facts.pending += whole("rocksdb.estimate-pending-compaction-bytes");
        facts.immutable += whole("rocksdb.num-immutable-mem-table");
        for (level, files) in facts.levels.iter_mut().enumerate() {
            let name = format!("rocksdb.num-files-at-level{level}");
            let count = self.db.property_value_cf(family, &name).ok().flatten();
            *files += count.and_then(|count| count.trim().parse::<u64>().ok()).unwrap_or(0);
        }
        live + whole("rocksdb.cur-size-active-mem-table")
    }
}
