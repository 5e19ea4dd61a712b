//! Opening the database that a command is about.

use std::path::Path;
use std::sync::Arc;

use plinth_api::{Code, Database, DatabaseOptions, Error};
use plinth_cluster::SCHEME;

use crate::context::Settings;
use crate::failure::Failure;

/// Opens the directory or the cluster as the user chose. A directory that is mistyped must not become a database.
pub fn open(place: &str, settings: &Settings) -> Result<Arc<dyn Database>, Failure> {
    if is_cluster(place) {
        let cluster = plinth_cluster::Settings { client: settings.client.clone() };
        return Ok(plinth_cluster::open(place, settings.options.clone(), &cluster)?);
    }
    if settings.client.is_some() {
        return Err(Failure::usage("--fdb-client is for clusters, whose names begin with fdb:"));
    }
    let in_memory = place == ":memory:";
    let must_exist = !settings.create && !in_memory;
    let options = DatabaseOptions { must_exist, ..settings.options.clone() };
    Ok(plinth_engine::open(place, options)?)
}

/// Whether it is a cluster, and no directory.
pub fn is_cluster(place: &str) -> bool {
    place.starts_with(SCHEME)
}

/// Refuses a cluster where only a directory will do. `what` is the end of a sentence that says why.
pub fn not_a_cluster(place: &str, what: &str) -> Result<(), Failure> {
    match is_cluster(place) {
        true => Err(Error::new(Code::UNSUPPORTED_OPERATION).context(format!("a cluster {what}")).into()),
        false => Ok(()),
    }
}

/// The directory of a command, as text.
pub fn directory(word: Option<&[u8]>) -> Result<&str, Failure> {
    let word = word.ok_or_else(|| Failure::usage("which DIRECTORY?"))?;
    match std::str::from_utf8(word) {
        Ok("") => Err(Failure::usage("which DIRECTORY? It is empty")),
        Ok(place) => Ok(place),
        Err(_) => Err(Failure::usage("the path of the DIRECTORY is not text")),
    }
}

/// The whole path of a place, for people.
pub fn whole(place: &str) -> String {
    match place {
        _ if place == ":memory:" || is_cluster(place) => place.to_owned(),
        _ => std::path::absolute(Path::new(place)).map_or_else(|_| place.to_owned(), |path| path.display().to_string()),
    }
}
