//! The store over RocksDB: one column family a keyspace, the default one for number 0.
//!
//! RocksDB's safe wrapper ties snapshots, pinned values and column family handles to a borrow of
//! the database. Here they have to live on their own, so each is kept beside an `Arc` of the
//! database, or for values of its cache, that is dropped after it: a struct's fields are dropped in
//! the order they are declared. That is the only reason for the unsafe code in this file.
#![allow(unsafe_code, reason = "self-owned RocksDB objects, see above")]

use std::collections::BTreeMap;
use std::mem::transmute;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwap;
use plinth_api::{Code, DatabaseOptions, Error, Pinned, Result, Value};
use rocksdb::perf::{set_perf_stats, PerfContext, PerfMetric, PerfStatsLevel};
use rocksdb::{
    AsColumnFamilyRef, AsRawPtr, BoundColumnFamily, Cache, ColumnFamilyDescriptor, DBPinnableSlice, DBWithThreadMode,
    Env, ErrorKind, MultiThreaded, Options, ReadOptions, ReadTier, SnapshotWithThreadMode, WriteOptions,
};

use crate::advice::advised;
use crate::format::OpenDirectory;
use crate::numbers::DEFAULT_NAME;

use super::batch::RocksBatch;
use super::dropped::{Dropped, Wanted};
use super::logs::{self, Sound};
use super::memory::opening;
use super::options::{options_to_look_ahead, store_options};
use super::pins::{Pins, UNPIN};
use super::rows::Rows;
use super::seen::{Sample, Seen};
use super::words::listener;
use super::{
    keyspace_gone, no_files, Batch, LiveFiles, Piece, Range, Skipped, Snapshot, Store, StoreFacts, StoreOptions, Tier,
    Unsound, Visit, META, NOT_IN_MEMORY,
};
use crate::inherited;
use crate::signals;
use crate::vacant::WORTH_NOTING;

pub(super) type Db = DBWithThreadMode<MultiThreaded>;
pub(super) type Family = Arc<BoundColumnFamily<'static>>;

/// The column family of the engine's own keyspace; users can't open a name like it.
pub(super) const META_NAME: &str = "plinth.meta";
/// Up to this size a copy costs no more than pinning, and lets go of the cached block at once.
const COPY_UP_TO: usize = 1024;

/// Bytes that a walk through everything reads at once.
const READ_AHEAD: usize = 1 << 20;

/// Memtables and files, but not blob files, which are not used.
const SIZES_OF_ALL: u8 = 3;

/// An open RocksDB.
pub struct Rocks {
    pub(super) default: Family,
    pub(super) meta: Family,
    /// Column families of the keyspaces from 1 on; replaced as a whole when one comes or goes.
    pub(super) families: ArcSwap<BTreeMap<u32, Family>>,
    /// Those of keyspaces that were dropped while states are held.
    pub(super) dropped: Dropped,
    pub(super) write_options: WriteOptions,
    /// For reads of the newest state.
    read_options: ReadOptions,
    /// Small values that were read.
    pub(super) rows: Rows,
    pub(super) db: Db,
    /// Outlives the database, which keeps pointers into them.
    pub(super) options: StoreOptions,
    memory: Option<Env>,
    pub(super) seen: Seen,
    /// Last: the directory is free when everything else is gone.
    _directory: Option<OpenDirectory>,
}

impl Rocks {
    /// Opens the database in a directory, or without one a throw-away database in memory, with
    /// the keyspaces it has.
    /// Returns the names of all but the default one; they have no numbers yet. Fails in a forked child of
    /// a process that has started RocksDB.
    pub fn open(
        path: &Path,
        mut options: StoreOptions,
        directory: Option<OpenDirectory>,
    ) -> Result<(Arc<Self>, Vec<String>)> {
        inherited::check_may_host()?;
        let env = if directory.is_none() {
            Some(Env::mem_env().map_err(|error| translate(&error, "opening"))?)
        } else {
            None
        };
        match &env {
            Some(env) => {
                options.database.set_env(env);
                options.database.set_info_logger(listener(path, ":memory:", false));
            }
            None => {
                options.database.set_info_logger(listener(path, &path.display().to_string(), true));
                logs::check_manifest(path)?;
            }
        }
        let mut names = match env.is_none() && path.join("CURRENT").exists() {
            true => opening(|| Db::list_cf(&options.database, path))
                .map_err(|error| translate(&error, "listing the keyspaces"))?,
            false => Vec::new(),
        };
        names.retain(|name| name != DEFAULT_NAME && name != META_NAME);
        let opened = pinned(&mut options, env.is_none().then_some(path), |options| {
            let families = families(&names, options);
            signals::without(|| opening(|| Db::open_cf_descriptors(&options.database, path, families)))
        });
        let db = opened.map_err(|error| translate(&error, "opening"))?;
        Ok((Self::of(db, options, env, directory)?, names))
    }

    /// Opens the database in a directory without any change to it: the log is read into memory, as far
    /// as it can be.
    pub fn open_to_read(
        path: &Path,
        mut options: StoreOptions,
        directory: Option<OpenDirectory>,
    ) -> Result<(Arc<Self>, Vec<String>)> {
        inherited::check_may_host()?;
        logs::check_manifest(path)?;
        options.database.set_info_logger(listener(path, &path.display().to_string(), false));
        let _sound = read_sound_logs(path, &Unsound::find(path)?, &mut options.database)?;
        let mut names = opening(|| Db::list_cf(&options.database, path))
            .map_err(|error| translate(&error, "listing the keyspaces"))?;
        names.retain(|name| name != DEFAULT_NAME && name != META_NAME);
        let opened = pinned(&mut options, Some(path), |options| {
            let families = families(&names, options);
            opening(|| Db::open_cf_descriptors_read_only(&options.database, path, families, false))
        });
        let db = opened.map_err(|error| translate(&error, "opening for reading only"))?;
        Ok((Self::of(db, options, None, directory)?, names))
    }

    /// The engine's own keyspace as an opening would find it, without any change to the directory.
    pub fn look_ahead(path: &Path, unsound: &Unsound) -> Result<Arc<Self>> {
        inherited::check_may_host()?;
        logs::check_manifest(path)?;
        let mut options = options_to_look_ahead();
        options.store.database.set_info_logger(listener(path, &path.display().to_string(), false));
        let _sound = read_sound_logs(path, unsound, &mut options.store.database)?;
        let descriptors = [(DEFAULT_NAME, &options.skipped), (META_NAME, &options.store.family)];
        let descriptors = descriptors.map(|(name, family)| ColumnFamilyDescriptor::new(name, family.clone()));
        let db = opening(|| Db::open_cf_descriptors_read_only(&options.store.database, path, descriptors, false))
            .map_err(|error| translate(&error, "reading the log"))?;
        Self::of(db, options.store, None, None)
    }

    /// Reads all that there is, and fails where that can't be done.
    pub fn read_everything(&self, names: &[String]) -> Result<()> {
        for name in names.iter().map(String::as_str).chain([DEFAULT_NAME, META_NAME]) {
            let mut options = ReadOptions::default();
            options.fill_cache(false);
            options.set_verify_checksums(true);
            let mut cursor = self.db.raw_iterator_cf_opt(&family(&self.db, name)?, options);
            cursor.seek_to_first();
            while cursor.valid() {
                cursor.next();
            }
            cursor.status().map_err(|error| translate(&error, "reading everything"))?;
        }
        Ok(())
    }

    /// Makes a database of the tables and logs in a directory that can be read.
    pub fn rebuild(path: &Path) -> Result<()> {
        let options = store_options(&DatabaseOptions::default());
        let mut both = options.family;
        // What the database has beside its keyspaces is not kept.
        both.create_if_missing(true);
        both.set_info_logger(listener(path, &path.display().to_string(), true));
        opening(|| Db::repair(&both, path)).map_err(|error| translate(&error, "rebuilding"))
    }

    fn of(db: Db, options: StoreOptions, memory: Option<Env>, directory: Option<OpenDirectory>) -> Result<Arc<Self>> {
        inherited::rocks_has_started();
        let (default, meta) = (family(&db, DEFAULT_NAME)?, family(&db, META_NAME)?);
        Ok(Arc::new(Self {
            default,
            meta,
            families: ArcSwap::default(),
            dropped: Dropped::default(),
            write_options: WriteOptions::default(),
            read_options: ReadOptions::default(),
            rows: Rows::new(options.rows),
            db,
            options,
            memory,
            seen: Seen::default(),
            _directory: directory,
        }))
    }

    pub(super) fn with_family<T>(&self, keyspace: u32, use_it: impl FnOnce(&Family) -> Result<T>) -> Result<T> {
        match keyspace {
            0 => use_it(&self.default),
            META => use_it(&self.meta),
            _ => use_it(self.families.load().get(&keyspace).ok_or_else(|| keyspace_gone(keyspace))?),
        }
    }

    /// Reads a key.
    fn read(&self, keyspace: u32, key: &[u8], options: &ReadOptions) -> Result<Option<Value>> {
        let sample = Sample::begin(&self.seen);
        let found = self.with_family(keyspace, |family| {
            let found = self.db.get_pinned_cf_opt(family, key, options);
            let found = found.map_err(|error| translate(&error, "reading a key"))?;
            // SAFETY: lengthened to leave the closure; it is copied from below, or stored beside the
            // cache, which is all it needs: what it pins is a block of the cache or memory of its
            // own (RocksDB's Get gives its hold on the tables back before it returns).
            Ok(found.map(|slice| unsafe { transmute::<DBPinnableSlice<'_>, DBPinnableSlice<'static>>(slice) }))
        })?;
        if let Some(sample) = sample {
            sample.end();
        }
        Ok(found.map(|slice| self.value(slice)))
    }

    /// Reads keys in one call, which looks up what lies together at once.
    fn read_many(&self, keyspace: u32, keys: &[&[u8]], options: &ReadOptions) -> Result<Vec<Option<Value>>> {
        // What RocksDB would count on the way costs a twelfth of the read, and nobody looks at it.
        set_perf_stats(PerfStatsLevel::Disable);
        // RocksDB sorts them otherwise, and takes duplicates either way.
        let sorted = keys.is_sorted();
        self.with_family(keyspace, |family| {
            let found = self.db.batched_multi_get_cf_opt(family, keys.iter().copied(), sorted, options);
            let mut values = Vec::with_capacity(keys.len());
            for found in found {
                let found = found.map_err(|error| translate(&error, "reading keys"))?;
                // SAFETY: as in `read`. What several values pin together is counted by each of them.
                let found =
                    found.map(|slice| unsafe { transmute::<DBPinnableSlice<'_>, DBPinnableSlice<'static>>(slice) });
                values.push(found.map(|slice| self.value(slice)));
            }
            Ok(values)
        })
    }

    /// A value that was read: small ones are copied.
    fn value(&self, slice: DBPinnableSlice<'static>) -> Value {
        match slice.len() {
            0..=COPY_UP_TO => Value::Owned(slice.to_vec()),
            _ => Value::Pinned(Arc::new(PinnedSlice { slice, _cache: self.options.cache.clone() })),
        }
    }

    /// Notes that so much was written. If too much of the cache is pinned by now, one keyspace lets go: no more,
    /// because a commit waits for it.
    pub(super) fn wrote(&self, bytes: usize) {
        let Some(pins) = &self.options.pins else {
            return;
        };
        let Some(next) = pins.wrote(bytes) else {
            return;
        };
        let families = self.families.load();
        let (keyspace, family) = match families.range(next..).next() {
            _ if next == 0 => (0, &self.default),
            Some((keyspace, family)) => (*keyspace, family),
            None => return,
        };
        // It fails where the new options can't be written down, and holds nevertheless: they are set at each open.
        let _ = self.db.set_options_cf(family, &[UNPIN]);
        pins.unpinned(keyspace);
    }

    /// The family of a keyspace, also of a dropped one that is wanted.
    fn family_held(&self, keyspace: u32) -> Result<Family> {
        match self.with_family(keyspace, |family| Ok(family.clone())) {
            Err(gone) if gone.code() == Code::KEYSPACE_DROPPED => self.dropped.find(keyspace).ok_or(gone),
            found => found,
        }
    }

    fn change_families(&self, change: impl FnOnce(&mut BTreeMap<u32, Family>)) {
        // Only called under the sequencer's lock, or while the database is opened, so no change is lost between load and store.
        let mut families = BTreeMap::clone(&self.families.load());
        change(&mut families);
        self.families.store(Arc::new(families));
    }
}

/// A RocksDB snapshot that keeps its database alive.
struct RocksSnapshot {
    /// Made by the first read: many snapshots are never read.
    read: OnceLock<ReadOptions>,
    /// For reads that may not go to the disk; apart, because a snapshot is kept for every group of
    /// commits in the window.
    read_memory: OnceLock<Box<ReadOptions>>,
    snapshot: SnapshotWithThreadMode<'static, Db>,
    /// What rows call this state.
    state: u64,
    rocks: Arc<Rocks>,
}

impl RocksSnapshot {
    /// The options of reads of keys.
    fn kept_options(&self, tier: Tier) -> &ReadOptions {
        match tier {
            Tier::Disk => self.read.get_or_init(|| self.read_options(tier)),
            Tier::Memory => self.read_memory.get_or_init(|| Box::new(self.read_options(tier))),
        }
    }

    /// What a key is known to hold. Batches do not tell which of the engine's own they write.
    fn row(&self, keyspace: u32, key: &[u8]) -> Option<Option<Value>> {
        if keyspace == META {
            return None;
        }
        self.rocks.rows.find(self.state, keyspace, key).map(|found| found.map(Value::Owned))
    }

    /// Notes what a key was found to hold.
    fn keep(&self, keyspace: u32, key: &[u8], value: &Option<Value>) {
        if keyspace != META {
            self.rocks.rows.keep(self.state, keyspace, key, value.as_deref());
        }
    }

    fn read_options(&self, tier: Tier) -> ReadOptions {
        let mut options = ReadOptions::default();
        options.set_snapshot(&self.snapshot);
        if tier == Tier::Memory {
            options.set_read_tier(ReadTier::BlockCache);
        }
        options
    }
}

impl Snapshot for RocksSnapshot {
    fn get(&self, tier: Tier, keyspace: u32, key: &[u8]) -> Result<Option<Value>> {
        if let Some(found) = self.row(keyspace, key) {
            self.rocks.seen.row();
            return Ok(found);
        }
        let found = self.rocks.read(keyspace, key, self.kept_options(tier))?;
        self.keep(keyspace, key, &found);
        Ok(found)
    }

    fn get_many(&self, tier: Tier, keyspace: u32, keys: &[&[u8]]) -> Result<Vec<Option<Value>>> {
        let (mut values, mut asked, mut places) = (Vec::with_capacity(keys.len()), Vec::new(), Vec::new());
        for (place, key) in keys.iter().enumerate() {
            let found = self.row(keyspace, key);
            if found.is_none() {
                asked.push(*key);
                places.push(place);
            }
            values.push(found.flatten());
        }
        if asked.is_empty() {
            return Ok(values);
        }
        let found = self.rocks.read_many(keyspace, &asked, self.kept_options(tier))?;
        for ((place, key), value) in places.into_iter().zip(asked).zip(found) {
            self.keep(keyspace, key, &value);
            values[place] = value;
        }
        Ok(values)
    }

    fn scan(&self, tier: Tier, range: Range<'_>, visit: &mut Visit<'_>) -> Result<Skipped> {
        let Range { keyspace, begin, end, reverse, .. } = range;
        if begin >= end {
            return Ok(Skipped::default());
        }
        // A read of a key may have switched it off on this thread.
        set_perf_stats(PerfStatsLevel::EnableCount);
        let counters = PerfContext::default();
        let tombstones = || counters.metric(PerfMetric::InternalDeleteSkippedCount);
        let before = tombstones();
        let mut options = self.read_options(tier);
        // Tight bounds keep the iterator from walking over tombstones next to the range.
        options.set_iterate_lower_bound(begin);
        options.set_iterate_upper_bound(end);
        self.rocks.with_family(keyspace, |family| {
            let mut cursor = self.rocks.db.raw_iterator_cf_opt(family, options);
            if reverse {
                cursor.seek_to_last();
            } else {
                cursor.seek_to_first();
            }
            let mut skipped = Skipped { tombstones: tombstones().saturating_sub(before), first: None };
            // The rest is not looked at, and costs a tenth of a long scan.
            set_perf_stats(PerfStatsLevel::Disable);
            if skipped.tombstones >= WORTH_NOTING {
                skipped.first = cursor.key().map(<[u8]>::to_vec);
            }
            while let Some((key, value)) = cursor.item() {
                if !visit(key, value) {
                    break;
                }
                if reverse {
                    cursor.prev();
                } else {
                    cursor.next();
                }
            }
            cursor.status().map_err(|error| translate(&error, "scanning a range"))?;
            Ok(skipped)
        })
    }

    fn scan_held(&self, range: Range<'_>, visit: &mut Visit<'_>) -> Result<()> {
        let Range { keyspace, begin, end, reverse, .. } = range;
        if begin >= end {
            return Ok(());
        }
        set_perf_stats(PerfStatsLevel::Disable);
        let mut options = self.read_options(Tier::Disk);
        options.fill_cache(false);
        options.set_iterate_lower_bound(begin);
        options.set_iterate_upper_bound(end);
        let family = self.rocks.family_held(keyspace)?;
        let mut cursor = self.rocks.db.raw_iterator_cf_opt(&family, options);
        if reverse {
            cursor.seek_to_last();
        } else {
            cursor.seek_to_first();
        }
        while let Some((key, value)) = cursor.item() {
            if !visit(key, value) {
                break;
            }
            if reverse {
                cursor.prev();
            } else {
                cursor.next();
            }
        }
        cursor.status().map_err(|error| translate(&error, "reading a state that is held"))
    }
}

/// A value pinned in RocksDB's memory: in a block of the cache, in a block of its own that is not
/// cached, or in a copy, where it came from a memtable. None of them needs the database, which may be
/// closed, and its directory taken over by another process, while the value lives.
struct PinnedSlice {
    slice: DBPinnableSlice<'static>,
    _cache: Cache,
}

impl Pinned for PinnedSlice {
    fn bytes(&self) -> &[u8] {
        &self.slice
    }
}

impl Store for Rocks {
    fn snapshot(self: Arc<Self>) -> Box<dyn Snapshot> {
        // First: a snapshot may hold more than its number says, and never less.
        let state = self.rows.state();
        let snapshot = self.db.snapshot();
        // SAFETY: stored beside an `Arc` of the database, declared before it and so dropped
        // before it; the database does not move inside its `Arc`.
        let snapshot =
            unsafe { transmute::<SnapshotWithThreadMode<'_, Db>, SnapshotWithThreadMode<'static, Db>>(snapshot) };
        Box::new(RocksSnapshot { read: OnceLock::new(), read_memory: OnceLock::new(), snapshot, state, rocks: self })
    }

    fn get(self: Arc<Self>, keyspace: u32, key: &[u8]) -> Result<Option<Value>> {
        self.read(keyspace, key, &self.read_options)
    }

    fn estimate(&self, keyspace: u32, begin: &[u8], end: &[u8]) -> Result<u64> {
        let (begin_key, end_key) = (begin.as_ptr().cast(), end.as_ptr().cast());
        let mut size = 0;
        let mut words = std::ptr::null_mut();
        self.with_family(keyspace, |family| {
            // SAFETY: one range of two keys, each with its length; the family belongs to the
            // database, which lives while `self` does.
            unsafe {
                librocksdb_sys::rocksdb_approximate_sizes_cf_with_flags(
                    self.db.as_raw_ptr(),
                    family.inner(),
                    1,
                    &begin_key,
                    &begin.len(),
                    &end_key,
                    &end.len(),
                    SIZES_OF_ALL,
                    &mut size,
                    &mut words,
                );
            }
            Ok(())
        })?;
        if words.is_null() {
            return Ok(size);
        }
        // SAFETY: RocksDB made the text with malloc and leaves it to us.
        let text = unsafe {
            let text = std::ffi::CStr::from_ptr(words).to_string_lossy().into_owned();
            librocksdb_sys::rocksdb_free(words.cast());
            text
        };
        Err(Error::new(Code::IO_ERROR).context(format!("estimating a size: {text}")))
    }

    fn batch(self: Arc<Self>) -> Box<dyn Batch> {
        Box::new(RocksBatch::of(self))
    }

    fn sync(&self) -> Result<()> {
        if self.memory.is_some() {
            // Memory has no disk to sync to, and its log files refuse to try.
            return Ok(());
        }
        self.db.flush_wal(true).map_err(|error| translate(&error, "syncing the log"))
    }

    fn is_under_pressure(&self) -> bool {
        let property = |name: &str| self.db.property_int_value(name).ok().flatten().unwrap_or(0);
        property("rocksdb.is-write-stopped") > 0 || property("rocksdb.actual-delayed-write-rate") > 0
    }

    fn number_keyspaces(&self, numbers: &[(u32, &str)]) -> Result<()> {
        let found = numbers.iter().map(|(id, name)| family(&self.db, name).map(|family| (*id, family)));
        let found: Vec<_> = found.collect::<Result<_>>()?;
        self.change_families(|families| families.extend(found));
        Ok(())
    }

    fn create_keyspace(&self, id: u32, name: &str) -> Result<()> {
        let created = self.db.create_cf(name, &self.options.others);
        created.map_err(|error| translate(&error, "creating a keyspace"))?;
        self.number_keyspaces(&[(id, name)])
    }

    fn drop_keyspace(&self, id: u32, name: &str) -> Result<()> {
        self.db.drop_cf(name).map_err(|error| translate(&error, "dropping a keyspace"))?;
        // Kept before it goes, so that whoever reads in a state that is held finds it in one of the two places.
        if let Some(family) = self.families.load().get(&id) {
            self.dropped.keep(id, family.clone());
        }
        self.change_families(|families| _ = families.remove(&id));
        Ok(())
    }

    fn live_files(self: Arc<Self>) -> Result<LiveFiles> {
        match self.memory {
            Some(_) => Err(no_files()),
            None => LiveFiles::of(self),
        }
    }

    fn tables(&self) -> Result<Vec<(PathBuf, u64)>> {
        match self.memory {
            Some(_) => Err(no_files()),
            None => self.table_files(),
        }
    }

    fn walk(&self, keyspace: u32, from: &[u8], visit: &mut Visit<'_>) -> Result<()> {
        let mut options = ReadOptions::default();
        options.fill_cache(false);
        options.set_verify_checksums(true);
        options.set_readahead_size(READ_AHEAD);
        self.with_family(keyspace, |family| {
            let mut cursor = self.db.raw_iterator_cf_opt(family, options);
            cursor.seek(from);
            while let Some((key, value)) = cursor.item() {
                if !visit(key, value) {
                    return Ok(());
                }
                cursor.next();
            }
            cursor.status().map_err(|error| translate(&error, "reading everything"))
        })
    }

    fn pieces(&self, keyspace: u32, name: &str) -> Result<Vec<Piece>> {
        self.pieces_of(Self::family_name(keyspace, name))
    }

    fn compact(self: Arc<Self>, keyspace: u32, piece: &Piece, go_on: &mut dyn FnMut() -> Result<()>) -> Result<()> {
        self.compact_piece(keyspace, piece, go_on)
    }

    fn facts(&self) -> StoreFacts {
        self.look()
    }

    fn keep_dropped(self: Arc<Self>) -> Box<dyn Send + Sync> {
        Box::new(Wanted::of(&self))
    }

    fn stop(&self) {
        self.db.cancel_all_background_work(true);
    }
}

/// All column families of a database that has these keyspaces.
fn families<'a>(names: &'a [String], options: &'a StoreOptions) -> impl Iterator<Item = ColumnFamilyDescriptor> + 'a {
    let others = names.iter().map(String::as_str).chain([META_NAME]);
    let others = others.map(|name| ColumnFamilyDescriptor::new(name, options.others.clone()));
    others.chain([ColumnFamilyDescriptor::new(DEFAULT_NAME, options.family.clone())])
}

/// Opens a database with what its tables need pinned, or if that is too much, without.
fn pinned(
    options: &mut StoreOptions,
    path: Option<&Path>,
    open: impl Fn(&StoreOptions) -> std::result::Result<Db, rocksdb::Error>,
) -> std::result::Result<Db, rocksdb::Error> {
    if options.pins.as_ref().is_some_and(|pins| path.is_none_or(|path| pins.may_fit(path))) {
        let db = open(options)?;
        if !options.pins.as_ref().is_some_and(Pins::are_too_many) {
            return Ok(db);
        }
        // Its tables keep their pins as long as it is open.
        drop(db);
    }
    options.unpin();
    open(options)
}

/// Has logs that are not sound read from copies, which have to last until RocksDB is open.
fn read_sound_logs(path: &Path, unsound: &Unsound, options: &mut Options) -> Result<Option<Sound>> {
    if unsound.is_empty() {
        return Ok(None);
    }
    let sound = unsound.copy(path)?;
    options.set_wal_dir(sound.path());
    Ok(Some(sound))
}

/// A column family by its name, to be kept in the same struct as its database.
fn family(db: &Db, name: &str) -> Result<Family> {
    let missing = || Error::new(Code::INTERNAL_ERROR).context(format!("column family \"{name}\" is missing"));
    let family = db.cf_handle(name).ok_or_else(missing)?;
    // SAFETY: the handle is stored in the same struct as the database, declared before it and so
    // dropped before it.
    Ok(unsafe { transmute::<Arc<BoundColumnFamily<'_>>, Family>(family) })
}

/// Whether an error is about a file that belongs to the database and is not there.
fn is_missing(words: &str) -> bool {
    let ours = [".sst", ".log", "MANIFEST", "CURRENT"];
    words.contains("No such file") && ours.iter().any(|name| words.contains(name))
}

/// Gives RocksDB's error the number FoundationDB has for it, and keeps its words.
pub(super) fn translate(error: &rocksdb::Error, doing: &str) -> Error {
    number(error.to_string(), error.kind(), doing)
}

/// The error that a function of RocksDB's C API left.
///
/// # Safety
/// `error` is a NUL-terminated text that RocksDB made, and nobody else frees.
pub(super) unsafe fn failed(error: *mut std::ffi::c_char, doing: &str) -> Error {
    // SAFETY: the caller's contract.
    let words = unsafe {
        let words = std::ffi::CStr::from_ptr(error).to_string_lossy().into_owned();
        librocksdb_sys::rocksdb_free(error.cast());
        words
    };
    number_of(words, doing)
}

/// The error that these words of RocksDB's tell.
pub(super) fn number_of(words: String, doing: &str) -> Error {
    let kind = match words.split(':').next() {
        Some("Corruption") => ErrorKind::Corruption,
        Some("NotFound") => ErrorKind::NotFound,
        _ => ErrorKind::IOError,
    };
    number(words, kind, doing)
}

fn number(words: String, kind: ErrorKind, doing: &str) -> Error {
    let code = match kind {
        _ if words.contains("lock hold by current process") || words.contains("While lock file") => {
            Code::LOCK_FILE_FAILURE
        }
        ErrorKind::Corruption => Code::FILE_CORRUPT,
        ErrorKind::IOError | ErrorKind::NotFound if is_missing(&words) => Code::FILE_CORRUPT,
        ErrorKind::IOError => Code::IO_ERROR,
        ErrorKind::Incomplete => NOT_IN_MEMORY,
        ErrorKind::NotFound => Code::FILE_NOT_FOUND,
        ErrorKind::InvalidArgument if words.contains("does not exist") => Code::FILE_CORRUPT,
        _ => Code::IO_ERROR,
    };
    Error::new(code).context(format!("{doing}: {}", advised(words)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CACHE: usize = 10 << 20;

    fn open(path: &Path, memory_budget: usize) -> Arc<Rocks> {
        let options = DatabaseOptions { memory_budget, ..DatabaseOptions::default() };
        let claimed = crate::format::claim(path, &options).unwrap();
        Rocks::open(path, store_options(&options), Some(claimed)).unwrap().0
    }

    /// Keys whose index is as large as what is stored.
    fn fill(rocks: &Arc<Rocks>, from: usize, to: usize) {
        let long = "k".repeat(9_000);
        for number in from..to {
            let mut batch = rocks.clone().batch();
            batch.put(0, format!("{long}{number:09}").as_bytes(), b"value").unwrap();
            batch.write().unwrap();
        }
        rocks.db.flush().unwrap();
    }

    fn pinned_bytes(rocks: &Rocks) -> usize {
        rocks.options.pins.as_ref().map_or_else(|| rocks.options.cache.get_pinned_usage(), Pins::bytes)
    }

    fn check(rocks: &Arc<Rocks>, number: usize) {
        let key = format!("{}{number:09}", "k".repeat(9_000));
        assert_eq!(&*rocks.clone().get(0, key.as_bytes()).unwrap().unwrap(), b"value");
    }

    #[test]
    fn tables_pin_their_index_while_it_is_small_and_no_longer_when_it_is_not() {
        let root = tempfile::tempdir().unwrap();
        let rocks = open(root.path(), CACHE * 2);
        fill(&rocks, 0, 300);
        assert!((2 << 20..CACHE / 2).contains(&pinned_bytes(&rocks)), "{} bytes", pinned_bytes(&rocks));
        fill(&rocks, 300, 6_000);
        rocks.db.compact_range(None::<&[u8]>, None::<&[u8]>);
        assert!(pinned_bytes(&rocks) < CACHE / 2, "{} bytes are pinned", pinned_bytes(&rocks));
        check(&rocks, 4_321);
    }

    #[test]
    fn every_preset_keeps_to_its_cache_and_reads_what_others_wrote() {
        use plinth_api::Preset::{Balanced, ReadHeavy, SmallMemory, WriteHeavy};
        let root = tempfile::tempdir().unwrap();
        for (round, preset) in [Balanced, SmallMemory, ReadHeavy, WriteHeavy, Balanced].into_iter().enumerate() {
            // With the rows.
            let options = DatabaseOptions { preset, memory_budget: CACHE / 5 * 8, ..DatabaseOptions::default() };
            let claimed = crate::format::claim(root.path(), &options).unwrap();
            let rocks = Rocks::open(root.path(), store_options(&options), Some(claimed)).unwrap().0;
            for number in 0..10_000u32 {
                let mut batch = rocks.clone().batch();
                batch.put(0, format!("{round} {number}").as_bytes(), &number.to_be_bytes().repeat(256)).unwrap();
                batch.write().unwrap();
            }
            rocks.db.flush().unwrap();
            for (before, number) in (0..=round).flat_map(|before| (0..10_000u32).map(move |number| (before, number))) {
                let value = rocks.clone().get(0, format!("{before} {number}").as_bytes()).unwrap().unwrap();
                assert_eq!(&value[1_020..], &number.to_be_bytes(), "{preset:?}");
            }
            let held = rocks.options.cache.get_usage();
            assert!(held <= CACHE + CACHE / 20, "{preset:?} holds {held} bytes");
        }
    }

    #[test]
    fn an_open_that_would_pin_too_much_pins_nothing() {
        let root = tempfile::tempdir().unwrap();
        let rocks = open(root.path(), 512 << 20);
        fill(&rocks, 0, 2_000);
        assert!(pinned_bytes(&rocks) > CACHE, "{} bytes are pinned", pinned_bytes(&rocks));
        drop(rocks);
        let rocks = open(root.path(), CACHE * 2);
        assert!(rocks.options.pins.is_none());
        assert!(pinned_bytes(&rocks) < CACHE / 2, "{} bytes are pinned", pinned_bytes(&rocks));
        check(&rocks, 1_234);
    }
}
