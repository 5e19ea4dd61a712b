//! A stand-in for a cluster: Plinth's own `libfdb_c.so`, loaded as FoundationDB's client library would be, with a
//! directory in place of a cluster file.

#![allow(dead_code, reason = "each test uses its part")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use plinth_api::{Database, DatabaseOptions, Result};
use plinth_cluster::Settings;

/// The library, as it was built last.
pub fn library() -> PathBuf {
    let built = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/release/libfdb_c.so");
    std::env::var_os("FDB_C_LIBRARY").map_or_else(built, PathBuf::from)
}

/// A place for stand-ins, removed at its end.
pub struct Place(tempfile::TempDir);

impl Place {
    /// A new one.
    pub fn new() -> Self {
        let library = library();
        assert!(library.exists(), "{} is missing: cargo build --release -p plinth-fdb-c", library.display());
        Self(tempfile::tempdir().unwrap())
    }

    /// The URL of a cluster that begins empty.
    pub fn url(&self, name: &str) -> String {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(&path).unwrap();
        format!("fdb:{}", path.display())
    }

    /// Opens it.
    pub fn open(&self, name: &str) -> Arc<dyn Database> {
        self.open_with(name, DatabaseOptions::default()).unwrap()
    }

    /// Opens it with options.
    pub fn open_with(&self, name: &str, options: DatabaseOptions) -> Result<Arc<dyn Database>> {
        plinth_cluster::open(&self.url(name), options, &Settings { client: Some(library()) })
    }
}
