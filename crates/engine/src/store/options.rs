//! How RocksDB is set up, each choice with its reason.

use plinth_api::{Code, DatabaseOptions, Error, Preset, Result};
use rocksdb::{
    AsRawPtr, BlockBasedIndexType, BlockBasedOptions, BlockBasedTablePinningTier, Cache, DBCompressionType,
    DBRecoveryMode, DataBlockIndexType, MemtableFactory, Options, WriteBufferManager,
};

use super::pins::Pins;
use super::preset::{tuning, Tuning};
use crate::inherited;

/// RocksDB options of a database, and of each of its column families. What they share (cache,
/// write buffer manager) lives as long as they do.
pub struct StoreOptions {
    /// For the database.
    pub database: Options,
    /// For the default column family.
    pub family: Options,
    /// For every other one.
    pub others: Options,
    /// The cache of both: pinned values are in it.
    pub cache: Cache,
    /// What tables may pin in it, if they may.
    pub(super) pins: Option<Pins>,
    /// Bytes for small values that were read.
    pub(super) rows: usize,
}

impl StoreOptions {
    /// Tables that are opened from now on pin nothing.
    pub(super) fn unpin(&mut self) {
        self.pins = None;
        let table = table(&self.cache);
        self.family.set_block_based_table_factory(&table);
        self.others.set_block_based_table_factory(&table);
    }
}

/// Range tombstones slow every read of a memtable down, so a memtable with this many is flushed.
const RANGE_TOMBSTONES_PER_MEMTABLE: u32 = 1_000;

/// A file in which this many of so many entries in a row are tombstones is compacted soon, so
/// that a queue that clears what it reads does not slow down for ever.
const TOMBSTONE_WINDOW: usize = 8_192;
const TOMBSTONES_IN_WINDOW: usize = 4_096;

/// Part of a memtable that is a filter of its keys.
const MEMTABLE_FILTER: f64 = 0.02;

/// Bytes of cache for a look at the engine's own keyspace.
const LOOK_AHEAD_CACHE: usize = 1 << 20;

/// The options for a database opened with `options`.
pub fn store_options(options: &DatabaseOptions) -> StoreOptions {
    // These are the first things of RocksDB that there are.
    inherited::rocks_starts();
    let tuning = tuning(options.preset);
    let write_buffers = options.memory_budget / tuning.write_buffers;
    let cache = Cache::new_hyper_clock_cache(cache_size(options), 0);
    let buffers = buffers(write_buffers, &cache);
    let mut family = family(&tuning, write_buffers, &cache);
    let mut table = table(&cache);
    table.set_unpartitioned_pinning_tier(BlockBasedTablePinningTier::All);
    family.set_block_based_table_factory(&table);
    let others = family.clone();
    // Else a read steps through each memtable before it comes to the tables: in one that is half full that costs
    // three times the rest of the read. Not for other keyspaces: a memtable has all of its filter from the beginning,
    // and there may be a thousand of them.
    family.set_memtable_whole_key_filtering(true);
    family.set_memtable_prefix_bloom_ratio(MEMTABLE_FILTER);
    let database = database(&tuning, &buffers);
    let pins = Some(Pins::new(cache.clone(), buffers, cache_size(options)));
    StoreOptions { database, family, others, cache, pins, rows: shares(options).rows }
}

/// Memtables are charged to the cache: one budget for both. Writers are never stalled by it; admission before the
/// pipeline does that, with an error instead of a wait without end.
fn buffers(size: usize, cache: &Cache) -> WriteBufferManager {
    WriteBufferManager::new_write_buffer_manager_with_cache(size, false, cache.clone())
}

/// No process has so many addresses.
const ADDRESSES: usize = 1 << 46;

/// Fails if the process can't have what the cache begins with: RocksDB then ends the process. That is a table
/// for all that may ever be in it, less than a quarter of its size, in addresses more than in memory.
pub fn check_room(options: &DatabaseOptions) -> Result<()> {
    let table = cache_size(options) / 4;
    let mut room = Vec::<u8>::new();
    let is_there = table <= ADDRESSES && room.try_reserve_exact(table).is_ok();
    // Or the compiler would see that it is not used.
    std::hint::black_box(&room);
    if is_there {
        return Ok(());
    }
    let text = format!(
        "a memory budget of {} bytes begins with a table of {table}, which this process can't have (ulimit -v)",
        options.memory_budget
    );
    Err(Error::new(Code::LARGE_ALLOC_FAILED).context(text))
}

/// What the store has of the memory budget. One eighth of that is the conflict history, two the open transactions.
pub struct Shares {
    /// Bytes of the cache with the write buffers in it.
    pub cache: usize,
    /// Bytes for small values that were read.
    pub rows: usize,
}

/// The shares of a database.
pub fn shares(options: &DatabaseOptions) -> Shares {
    let rows = options.memory_budget / tuning(options.preset).rows;
    Shares { cache: options.memory_budget / 8 * 5 - rows, rows }
}

fn cache_size(options: &DatabaseOptions) -> usize {
    shares(options).cache
}

/// Bytes for a database that is opened only to read its log to the end.
const SETTLE_MEMORY: usize = 16 << 20;

/// Options for that: little memory, and no table is merged with others, so that those that are shared with
/// another directory stay so.
pub fn options_to_settle() -> StoreOptions {
    let small = DatabaseOptions { memory_budget: SETTLE_MEMORY, preset: Preset::SmallMemory, ..Default::default() };
    let mut options = store_options(&small);
    options.family.set_disable_auto_compactions(true);
    options.others.set_disable_auto_compactions(true);
    options.rows = 0;
    options
}

/// Options to see in the engine's own keyspace how far the log goes.
pub struct LookAhead {
    /// Of the database, and of that keyspace.
    pub store: StoreOptions,
    /// Of the default keyspace, which RocksDB opens too: what the log holds for it is taken in as fast as
    /// can be, and never looked at.
    pub skipped: Options,
}

/// Those options.
pub fn options_to_look_ahead() -> LookAhead {
    inherited::rocks_starts();
    let cache = Cache::new_lru_cache(LOOK_AHEAD_CACHE);
    let tuning = tuning(Preset::Balanced);
    let mut database = database(&tuning, &buffers(LOOK_AHEAD_CACHE, &cache));
    // Only the engine's own few tables are needed.
    database.set_max_open_files(32);
    database.set_allow_concurrent_memtable_write(false);
    let mut skipped = family(&tuning, LOOK_AHEAD_CACHE, &cache);
    skipped.set_memtable_factory(MemtableFactory::Vector);
    let family = family(&tuning, LOOK_AHEAD_CACHE, &cache);
    let others = family.clone();
    LookAhead { store: StoreOptions { database, family, others, cache, pins: None, rows: 0 }, skipped }
}

fn database(tuning: &Tuning, buffers: &WriteBufferManager) -> Options {
    let mut db = Options::default();
    db.create_if_missing(true);
    // The engine's own column family comes with the first open.
    db.create_missing_column_families(true);
    db.set_write_buffer_manager(buffers);
    // A log that ends early is a crash; `wal_bytes_per_sync` would leave holes in it and stays
    // unset, and the manifest knows how long each synced log has to be.
    db.set_wal_recovery_mode(DBRecoveryMode::PointInTime);
    db.set_track_and_verify_wals_in_manifest(true);
    // What can't be read is an error, at open and later, and never passed over.
    db.set_paranoid_checks(true);
    db.set_bytes_per_sync(1 << 20);
    db.set_avoid_unnecessary_blocking_io(true);
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    db.set_max_background_jobs(cores.clamp(2, tuning.most_jobs) as i32);
    db.set_max_total_wal_size(tuning.log);
    db.set_stats_dump_period_sec(0);
    db.set_stats_persist_period_sec(0);
    db
}

fn family(tuning: &Tuning, write_buffers: usize, cache: &Cache) -> Options {
    let mut family = Options::default();
    family.set_write_buffer_size((write_buffers / 2).clamp(4 << 20, tuning.largest_memtable));
    family.set_max_write_buffer_number(6);
    family.set_level_compaction_dynamic_level_bytes(true);
    family.set_compression_type(DBCompressionType::Lz4);
    family.set_bottommost_compression_type(tuning.lowest);
    let [compact, slow, stop] = tuning.newest_tables;
    family.set_level_zero_file_num_compaction_trigger(compact);
    family.set_level_zero_slowdown_writes_trigger(slow);
    family.set_level_zero_stop_writes_trigger(stop);
    family.set_max_bytes_for_level_base(tuning.level_base);
    family.add_compact_on_deletion_collector_factory(TOMBSTONE_WINDOW, TOMBSTONES_IN_WINDOW, 0.5);
    family.set_block_based_table_factory(&table(cache));
    // SAFETY: the pointer is valid while `family` lives; the call only stores a number in it.
    #[allow(unsafe_code, reason = "the option exists in RocksDB's C API but not in the safe wrapper")]
    unsafe {
        librocksdb_sys::rocksdb_options_set_memtable_max_range_deletions(
            family.as_raw_ptr(),
            RANGE_TOMBSTONES_PER_MEMTABLE,
        );
    }
    family
}

fn table(cache: &Cache) -> BlockBasedOptions {
    let mut table = BlockBasedOptions::default();
    table.set_block_cache(cache);
    // Beside 4 KiB: scans cost less, as do reads of what is cached; reads from the disk no more.
    table.set_block_size(8 << 10);
    // Of the keys behind the one that the block's hash index finds, half are stepped over. Beside 16: an eighth less
    // for a read; fewer still make scans slower and blocks of long keys larger.
    table.set_block_restart_interval(8);
    table.set_bloom_filter(10.0, false);
    table.set_data_block_index_type(DataBlockIndexType::BinaryAndHash);
    table.set_data_block_hash_ratio(0.75);
    table.set_index_type(BlockBasedIndexType::BinarySearch);
    // Index and filters count against the budget too.
    table.set_cache_index_and_filter_blocks(true);
    table.set_unpartitioned_pinning_tier(BlockBasedTablePinningTier::None);
    table
}
