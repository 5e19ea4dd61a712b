//! Directories, and clusters that are stood in for by Plinth's own `libfdb_c.so`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use plinth_api::{Database, DatabaseOptions, Preset};
use plinth_cluster::Settings;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Directory,
    Cluster,
}

/// Where the databases of a test are; removed at its end.
pub struct Places(tempfile::TempDir);

impl Places {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// What a process is told.
    pub fn url(&self, kind: Kind, name: &str) -> String {
        let path = self.0.path().join(name);
        match kind {
            Kind::Directory => path.display().to_string(),
            Kind::Cluster => {
                std::fs::create_dir_all(&path).unwrap();
                format!("fdb:{}", path.display())
            }
        }
    }

    pub fn open(&self, kind: Kind, name: &str) -> Arc<dyn Database> {
        open(&self.url(kind, name))
    }
}

/// Opens what a URL names.
pub fn open(url: &str) -> Arc<dyn Database> {
    if !url.starts_with("fdb:") {
        let preset = Preset::SmallMemory;
        let options = DatabaseOptions { preset, memory_budget: preset.memory_budget(), ..DatabaseOptions::default() };
        return plinth_engine::open(url, options).unwrap();
    }
    let library = library();
    assert!(library.exists(), "{} is missing: cargo build --release -p plinth-fdb-c", library.display());
    plinth_cluster::open(url, DatabaseOptions::default(), &Settings { client: Some(library) }).unwrap()
}

/// The library, as it was built last.
fn library() -> PathBuf {
    let built = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/release/libfdb_c.so");
    std::env::var_os("FDB_C_LIBRARY").map_or_else(built, PathBuf::from)
}
