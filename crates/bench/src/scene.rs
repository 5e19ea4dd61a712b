//! What a database holds and how it is opened while it is measured. All engines of a scene have the same data;
//! one scene comes after the other. Relies on nothing.

use crate::engines::{Kind, Settings};

/// One scene.
#[derive(Debug)]
pub struct Scene {
    /// Its name in the table and the JSON file.
    pub name: &'static str,
    /// Keys, where that is not what `--keys` says.
    pub keys: Option<u64>,
    /// Plinth's memory budget, where that is not the default.
    pub memory: Option<usize>,
    /// Files are read past the operating system's cache.
    pub direct: bool,
    /// Plinth's window, where that is not the default.
    pub window_ms: Option<u32>,
    /// What it is, for a reader.
    pub note: &'static str,
}

const PLAIN: Scene = Scene { name: "", keys: None, memory: None, direct: false, window_ms: None, note: "" };

/// All in the cache, options as by default.
pub const MAIN: Scene = Scene { name: "main", note: "all data in the engine's cache, default options", ..PLAIN };
/// Data of four times the cache.
pub const COLD: Scene = Scene {
    name: "cold",
    keys: Some(1_000_000),
    memory: Some(48 << 20),
    note: "data of four times the engine's cache (a budget of 48 MiB), the files in the operating system's cache",
    ..PLAIN
};
/// The same, read from the disk.
pub const DIRECT: Scene = Scene {
    name: "cold-direct",
    direct: true,
    note: "the same with direct I/O: what is not in the engine's cache comes from the disk",
    ..COLD
};
/// Plenty of memory, as a service would have it.
pub const GIGABYTE: Scene = Scene { name: "1-GiB", memory: Some(1 << 30), note: "a memory budget of 1 GiB", ..PLAIN };
/// A window of a minute, so that history stays.
pub const HISTORY: Scene = Scene {
    name: "history",
    keys: Some(100_000),
    memory: Some(4 << 30),
    window_ms: Some(60_000),
    note: "a window of a minute, so that what was written recently stays in the history of conflicts",
    ..PLAIN
};
/// Small, usual and large.
pub const GROWTH: [Scene; 3] = [
    Scene { name: "10k-keys", keys: Some(10_000), note: "10,000 keys", ..PLAIN },
    Scene { name: "1M-keys", keys: Some(1_000_000), note: "1,000,000 keys", ..PLAIN },
    Scene { name: "10M-keys", keys: Some(10_000_000), note: "10,000,000 keys, more than the cache holds", ..PLAIN },
];

/// All of them, in the order in which they are measured.
pub const ALL: [&Scene; 8] = [&MAIN, &COLD, &DIRECT, &GIGABYTE, &HISTORY, &GROWTH[0], &GROWTH[1], &GROWTH[2]];

impl Scene {
    /// The scene of this name.
    pub fn find(name: &str) -> Option<&'static Self> {
        ALL.into_iter().find(|scene| scene.name == name)
    }

    /// How its databases are opened.
    pub fn settings(&self) -> Settings {
        Settings { memory: self.memory, direct: self.direct, window_ms: self.window_ms, url: None }
    }

    /// Whether an engine can be opened as it says.
    pub fn suits(&self, kind: Kind) -> bool {
        let plinth = matches!(kind, Kind::Plinth | Kind::PlinthSo | Kind::Rust);
        let changed = self.memory.is_some() || self.window_ms.is_some();
        (!self.direct || kind.is_bare()) && (!changed || plinth || kind.is_bare())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_find_scenes_and_only_what_can_be_set_is_asked_for() {
        for scene in ALL {
            assert_eq!(Scene::find(scene.name).unwrap().note, scene.note);
        }
        assert!(!DIRECT.suits(Kind::Plinth) && DIRECT.suits(Kind::Rocksdb));
        assert!(!COLD.suits(Kind::Lmdb) && MAIN.suits(Kind::Lmdb));
    }
}
