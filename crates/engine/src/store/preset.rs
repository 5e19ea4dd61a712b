//! What each preset means for RocksDB. Sizes are parts of the memory budget; what is the same for all is in
//! `options.rs`, with all that safety rests on.
//!
//! Relies on this: every value is one that tables of any other preset can be read with, and rewritten by compactions.
//! docs/TUNING.md has the figures.

use plinth_api::Preset;
use rocksdb::DBCompressionType;

/// What differs between presets.
pub struct Tuning {
    /// One of so many parts of the memory budget may be memtables before they are flushed.
    pub write_buffers: usize,
    /// One of so many parts is for small values that were read.
    pub rows: usize,
    /// Largest memtable of one keyspace.
    pub largest_memtable: usize,
    /// Background threads at most, where there are as many cores.
    pub most_jobs: usize,
    /// Bytes of log that are kept for memtables; an open reads them.
    pub log: u64,
    /// How the lowest level is compressed, which holds nine tenths of a database.
    pub lowest: DBCompressionType,
    /// So many tables of the newest level begin a compaction, slow writers down and stop them.
    pub newest_tables: [i32; 3],
    /// Bytes of the level below.
    pub level_base: u64,
}

/// What a preset means.
pub fn tuning(preset: Preset) -> Tuning {
    let balanced = Tuning {
        write_buffers: 4,
        rows: 8,
        largest_memtable: 64 << 20,
        most_jobs: 8,
        // Bounds the logs that a rarely written keyspace keeps alive, and so the time of recovery.
        log: 256 << 20,
        lowest: DBCompressionType::Zstd,
        newest_tables: [4, 20, 36],
        level_base: 256 << 20,
    };
    match preset {
        Preset::Balanced => balanced,
        Preset::SmallMemory => {
            // Compactions need memory that is not in the budget, each of them.
            Tuning {
                write_buffers: 8,
                rows: 16,
                largest_memtable: 4 << 20,
                most_jobs: 2,
                log: 64 << 20,
                level_base: 64 << 20,
                ..balanced
            }
        }
        Preset::ReadHeavy => {
            // Every table of the newest level is one more that a read looks into.
            Tuning { write_buffers: 8, lowest: DBCompressionType::Lz4, newest_tables: [2, 20, 36], ..balanced }
        }
        Preset::WriteHeavy => Tuning {
            // More memtables, not larger ones, into which writes would take longer.
            write_buffers: 2,
            rows: 32,
            log: 512 << 20,
            lowest: DBCompressionType::Lz4,
            newest_tables: [8, 40, 60],
            level_base: 512 << 20,
            ..balanced
        },
    }
}
