//! Where the data of a cluster file is.
//!
//! There is no cluster, so the path or connection string that a program passes names a store on this
//! machine. The invariant: a name leads to one store or to an error, never to another store instead.
//! So links are followed and paths made absolute before anything is derived from them, a path that was
//! chosen is not given up for the next choice, and what exists but can't be used is an error.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use plinth_api::{Code, Error, Result};

/// Overrides where the data is: a directory, or [`MEMORY`].
const DATA: &str = "PLINTH_DATA";
/// The cluster file of programs that name none.
const CLUSTER_FILE: &str = "FDB_CLUSTER_FILE";
/// Where a user's data is.
const DATA_HOME: &str = "XDG_DATA_HOME";
/// The user's directory.
const HOME: &str = "HOME";
/// The variables of the environment that count here.
const VARIABLES: [&str; 4] = [DATA, CLUSTER_FILE, DATA_HOME, HOME];

/// The value of [`DATA`] that keeps all data in memory.
const MEMORY: &str = ":memory:";
/// The cluster file that is looked for in the current directory.
const LOCAL_FILE: &str = "fdb.cluster";
/// The cluster file of the machine.
const PLATFORM_FILE: &str = "/etc/foundationdb/fdb.cluster";
/// What is appended to the path of a cluster file: the directory of its data.
const BESIDE: &str = ".plinth";
/// A longer file is no cluster file.
const LONGEST_FILE: u64 = 1 << 20;

/// Where data is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In memory, shared by the whole process and lost with it.
    Memory,
    /// In this directory. The path is absolute and holds no links as far as it exists.
    Directory(PathBuf),
}

/// A store, and what clients are told about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// Where the data is.
    pub place: Place,
    /// Whether the directory is made if it is missing.
    pub create: bool,
    /// Whether missing parents of the directory are made too. Never those of a cluster file's.
    pub parents: bool,
    /// What `\xff\xff/cluster_file_path` says.
    pub file: String,
    /// What `\xff\xff/connection_string` and `\xff/coordinators` say.
    pub connection: String,
}

/// What a name means depends on this.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// The variables of the environment.
    pub environment: HashMap<&'static str, OsString>,
    /// The directory that relative paths begin in.
    pub directory: PathBuf,
    /// The cluster file of the machine, used if it exists.
    pub platform_file: PathBuf,
}

impl Surroundings {
    /// Those of this process, as they are now.
    pub fn of_process() -> Self {
        let variable = |name: &'static str| std::env::var_os(name).map(|value| (name, value));
        Self {
            environment: VARIABLES.into_iter().filter_map(variable).collect(),
            directory: std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")),
            platform_file: PathBuf::from(PLATFORM_FILE),
        }
    }

    /// A variable that is set and not empty.
    fn variable(&self, name: &str) -> Option<&OsStr> {
        self.environment.get(name).map(OsString::as_os_str).filter(|value| !value.is_empty())
    }

    /// A variable that holds an absolute path.
    fn absolute(&self, name: &str) -> Option<PathBuf> {
        self.variable(name).map(PathBuf::from).filter(|path| path.is_absolute())
    }
}

/// The store of a cluster file, or of a directory. `None` and `""` stand for the default.
///
/// # Errors
///
/// 1515 if there is no such file, 1513 if it can't be read, 2104 if it is no cluster file.
pub fn of_cluster_file(path: Option<&str>, around: &Surroundings) -> Result<Location> {
    if let Some(data) = around.variable(DATA) {
        return of_data(data, around);
    }
    if let Some(path) = path.filter(|path| !path.is_empty()) {
        return of_path(&around.directory.join(path));
    }
    if let Some(path) = around.variable(CLUSTER_FILE) {
        return of_path(&around.directory.join(path)).map_err(|error| error.context(CLUSTER_FILE));
    }
    for path in [around.directory.join(LOCAL_FILE), around.platform_file.clone()] {
        if is_there(&path) {
            return of_path(&path);
        }
    }
    of_directory(&per_user("default", around)?, true)
}

/// The store that a connection string names by its description and id.
///
/// # Errors
///
/// 2104 if it is no connection string, 1515 if the user has no place for data.
pub fn of_connection_string(text: &str, around: &Surroundings) -> Result<Location> {
    if let Some(data) = around.variable(DATA) {
        return of_data(data, around);
    }
    let connection = Connection::parse(text)?;
    // An id has no underscore, so the last one separates; and "default" has none at all.
    let name = format!("{}_{}", connection.description, connection.id);
    let location = of_directory(&per_user(&name, around)?, true)?;
    Ok(Location { file: connection.text.clone(), connection: connection.text, ..location })
}

/// What [`DATA`] names.
fn of_data(data: &OsStr, around: &Surroundings) -> Result<Location> {
    if data == MEMORY {
        let connection = made_up(0);
        return Ok(Location {
            place: Place::Memory,
            create: false,
            parents: false,
            file: MEMORY.to_owned(),
            connection,
        });
    }
    of_directory(&around.directory.join(data), true).map_err(|error| error.context(DATA))
}

/// What a path names: a directory itself, a cluster file the directory beside it.
fn of_path(path: &Path) -> Result<Location> {
    let path = &path.canonicalize().map_err(|error| unusable(path, error))?;
    let found = path.metadata().map_err(|error| unusable(path, error))?;
    if found.is_dir() {
        return of_directory(path, false);
    }
    if !found.is_file() {
        return Err(invalid("it is neither a file nor a directory").context(shown(path)));
    }
    let connection = read(path)?;
    let mut beside = path.clone().into_os_string();
    beside.push(BESIDE);
    let place = Place::Directory(PathBuf::from(beside));
    Ok(Location { place, create: true, parents: false, file: text_of(path)?, connection: connection.text })
}

/// The store in a directory, which may be made together with its parents if `create`.
fn of_directory(path: &Path, create: bool) -> Result<Location> {
    let path = resolve(path)?;
    let connection = made_up(hash(path.as_os_str().as_bytes()));
    Ok(Location { file: text_of(&path)?, place: Place::Directory(path), create, parents: create, connection })
}

/// A directory of this name among the user's data.
fn per_user(name: &str, around: &Surroundings) -> Result<PathBuf> {
    let base = around.absolute(DATA_HOME).or_else(|| Some(around.absolute(HOME)?.join(".local/share")));
    let base = base.ok_or_else(|| {
        let text = format!("none was named, and neither {DATA_HOME} nor {HOME} is an absolute path");
        Error::new(Code::NO_CLUSTER_FILE_FOUND).context(text)
    })?;
    Ok(base.join("plinth").join(name))
}

/// The connection string of a cluster file.
fn read(path: &Path) -> Result<Connection> {
    let failed = |error| unusable(path, error);
    let mut bytes = Vec::new();
    File::open(path).map_err(failed)?.take(LONGEST_FILE + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > LONGEST_FILE {
        return Err(invalid("it is too long for a cluster file").context(shown(path)));
    }
    let text = String::from_utf8(bytes).map_err(|_| invalid("it is not text").context(shown(path)))?;
    Connection::parse(&text).map_err(|error| error.context(shown(path)))
}

/// Whether something has this name, be it a link that leads nowhere.
fn is_there(path: &Path) -> bool {
    !matches!(path.symlink_metadata(), Err(error) if error.kind() == ErrorKind::NotFound)
}

/// A path without links and without `..`, of which the end need not exist.
fn resolve(path: &Path) -> Result<PathBuf> {
    for ancestor in path.ancestors() {
        match ancestor.canonicalize() {
            Ok(real) => return Ok(append(real, path.strip_prefix(ancestor).unwrap_or(Path::new("")))),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(unusable(path, error)),
        }
    }
    Ok(path.to_path_buf())
}

/// Appends what does not exist: it holds no links, so `..` can be taken literally.
fn append(mut real: PathBuf, rest: &Path) -> PathBuf {
    for part in rest.components() {
        match part {
            Component::Normal(name) => real.push(name),
            Component::ParentDir => drop(real.pop()),
            _ => {}
        }
    }
    real
}

/// Why a file can't be used.
fn unusable(path: &Path, error: std::io::Error) -> Error {
    let code = match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => Code::NO_CLUSTER_FILE_FOUND,
        _ => Code::FILE_NOT_READABLE,
    };
    Error::new(code).context(shown(path)).caused_by(error)
}

fn invalid(text: impl Into<String>) -> Error {
    Error::new(Code::CONNECTION_STRING_INVALID).context(text)
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn text_of(path: &Path) -> Result<String> {
    let text = path.to_str().map(str::to_owned);
    text.ok_or_else(|| Error::new(Code::FILE_NOT_READABLE).context(format!("{} is not UTF-8", path.display())))
}

/// A valid connection string for a store that came without one.
fn made_up(id: u64) -> String {
    format!("plinth:{id:016x}@127.0.0.1:4500")
}

/// FNV-1a. The result is part of what a store tells its clients, so it must never change.
fn hash(bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

/// A connection string: `description:id@address,address...`
#[derive(Debug, PartialEq, Eq)]
struct Connection {
    description: String,
    id: String,
    /// All of it, without white space and comments.
    text: String,
}

impl Connection {
    /// Reads one; comments go from `#` to the end of the line, and white space does not count.
    fn parse(text: &str) -> Result<Self> {
        let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default());
        let text: String = lines.flat_map(str::chars).filter(|char| !char.is_ascii_whitespace()).collect();
        let parts = text.split_once('@').and_then(|(key, rest)| Some((key.split_once(':')?, rest)));
        let ((description, id), coordinators) = match parts {
            Some(parts) => parts,
            None if text.is_empty() => return Err(invalid("there is no connection string")),
            None => return Err(invalid("it must read description:id@address:port,address:port...")),
        };
        if !is_word(description, b"_") || !is_word(id, b"") {
            return Err(invalid("its description or its id holds something else than letters and digits"));
        }
        check_coordinators(coordinators)?;
        Ok(Self { description: description.to_owned(), id: id.to_owned(), text })
    }
}

/// Whether a word is of letters, digits and these, and not empty.
fn is_word(word: &str, and: &[u8]) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || and.contains(&byte))
}

fn check_coordinators(list: &str) -> Result<()> {
    let mut seen = Vec::new();
    for address in list.split(',') {
        if !is_address(address) {
            return Err(invalid(format!("\"{address}\" is no address")));
        }
        if seen.contains(&address) {
            return Err(invalid(format!("{address} is there twice")));
        }
        seen.push(address);
    }
    Ok(())
}

/// Whether this is a host and a port, possibly followed by `:tls`.
fn is_address(address: &str) -> bool {
    let address = address.strip_suffix(":tls").unwrap_or(address);
    let Some((host, port)) = address.rsplit_once(':') else {
        return false;
    };
    let is_port = port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0);
    is_port && is_host(host)
}

fn is_host(host: &str) -> bool {
    if let Some(inner) = host.strip_prefix('[') {
        return inner.strip_suffix(']').is_some_and(|inner| inner.parse::<Ipv6Addr>().is_ok());
    }
    if host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return host.parse::<Ipv4Addr>().is_ok();
    }
    host.strip_suffix('.').unwrap_or(host).split('.').all(|label| is_word(label, b"-_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::fs;
    use std::os::unix::fs::{symlink, PermissionsExt};
    use std::os::unix::net::UnixListener;
    use std::sync::atomic::{AtomicU32, Ordering};

    const LINE: &str = "test_db:Ab12@127.0.0.1:4500";

    /// A directory of a test's own, removed at its end, and surroundings that know no other.
    struct Scratch {
        path: PathBuf,
        around: Surroundings,
    }

    impl Scratch {
        fn new() -> Self {
            static COUNT: AtomicU32 = AtomicU32::new(0);
            let name = format!("plinth-location-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
            let path = std::env::temp_dir().join(name);
            fs::create_dir(&path).unwrap();
            let path = path.canonicalize().unwrap();
            let around = Surroundings {
                environment: HashMap::from([(HOME, path.join("home").into_os_string())]),
                directory: path.clone(),
                platform_file: path.join("etc/fdb.cluster"),
            };
            Self { path, around }
        }

        fn set(mut self, name: &'static str, value: impl Into<OsString>) -> Self {
            self.around.environment.insert(name, value.into());
            self
        }

        fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
            let path = self.path.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            path
        }

        fn make(&self, name: &str) -> PathBuf {
            let path = self.path.join(name);
            fs::create_dir_all(&path).unwrap();
            path
        }

        fn find(&self, path: &str) -> Result<Location> {
            of_cluster_file(Some(path), &self.around)
        }

        fn find_default(&self) -> Result<Location> {
            of_cluster_file(None, &self.around)
        }

        fn place(&self, path: &str) -> PathBuf {
            directory(&self.find(path).unwrap())
        }

        fn default_place(&self) -> PathBuf {
            directory(&self.find_default().unwrap())
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.path);
        }
    }

    fn directory(location: &Location) -> PathBuf {
        match &location.place {
            Place::Directory(path) => path.clone(),
            Place::Memory => panic!("in memory"),
        }
    }

    fn number(result: Result<Location>) -> i32 {
        result.expect_err("there must be an error").code().number()
    }

    fn text(path: &Path) -> &str {
        path.to_str().unwrap()
    }

    #[test]
    fn a_directory_is_the_database_itself() {
        let scratch = Scratch::new();
        let data = scratch.make("data");
        let found = scratch.find("data").unwrap();
        assert_eq!(directory(&found), data);
        assert!(!found.create && !found.parents);
        assert_eq!(found.file, text(&data));
        assert!(Connection::parse(&found.connection).is_ok());
    }

    #[test]
    fn a_cluster_file_has_its_data_beside_it() {
        let scratch = Scratch::new();
        let file = scratch.write("a/fdb.cluster", format!("# made by hand\n\n  {LINE}  # the only one\n"));
        let found = scratch.find("a/fdb.cluster").unwrap();
        assert_eq!(directory(&found), scratch.path.join("a/fdb.cluster.plinth"));
        assert!(found.create && !found.parents, "only that one directory is made");
        assert_eq!((found.file.as_str(), found.connection.as_str()), (text(&file), LINE));
    }

    #[test]
    fn every_way_to_write_a_path_leads_to_the_same_store() {
        let scratch = Scratch::new();
        let file = scratch.write("a/fdb.cluster", LINE);
        scratch.make("b");
        symlink(&file, scratch.path.join("b/link")).unwrap();
        symlink(scratch.path.join("a"), scratch.path.join("c")).unwrap();
        let expected = scratch.place(text(&file));
        for path in
            ["a/fdb.cluster", "./a/fdb.cluster", "a//fdb.cluster", "b/../a/fdb.cluster", "b/link", "c/fdb.cluster"]
        {
            assert_eq!(scratch.place(path), expected, "{path}");
            assert_eq!(scratch.find(path).unwrap().file, text(&file), "{path}");
        }
        for path in ["a", "a/", "a/.", "./a", "b/../a", "c", "c/"] {
            assert_eq!(scratch.place(path), scratch.path.join("a"), "{path}");
        }
        let connections: Vec<String> = ["a", "c/"].map(|path| scratch.find(path).unwrap().connection).into();
        assert_eq!(connections[0], connections[1]);
    }

    #[test]
    fn a_missing_file_is_not_found_and_nothing_else_is_taken() {
        let scratch = Scratch::new();
        scratch.write("fdb.cluster", LINE);
        symlink("nowhere", scratch.path.join("dangling")).unwrap();
        for path in ["missing", "missing/fdb.cluster", "fdb.cluster/", "fdb.cluster/x", "dangling", ":memory:"] {
            assert_eq!(number(scratch.find(path)), 1515, "{path}");
        }
    }

    #[test]
    fn an_empty_or_bogus_file_is_no_connection_string() {
        let scratch = Scratch::new();
        for content in ["", "\n \n", "# only a comment\n", "bogus", "a:b@", "a:b@host", &format!("{LINE}\n{LINE}\n")] {
            scratch.write("f", content);
            assert_eq!(number(scratch.find("f")), 2104, "{content:?}");
        }
        scratch.write("f", b"a:b@127.0.0.1:4500\n# \xff");
        assert_eq!(number(scratch.find("f")), 2104, "not UTF-8");
        scratch.write("f", format!("{LINE}\n{}", "#".repeat(1 << 20)));
        assert_eq!(number(scratch.find("f")), 2104, "too long");
    }

    #[test]
    fn devices_and_sockets_are_no_cluster_files() {
        let scratch = Scratch::new();
        let _socket = UnixListener::bind(scratch.path.join("s")).unwrap();
        assert_eq!(number(scratch.find("s")), 2104);
        assert_eq!(number(scratch.find("/dev/null")), 2104);
    }

    #[test]
    fn a_file_that_cannot_be_reached_or_read_is_not_readable() {
        let scratch = Scratch::new();
        symlink("loop", scratch.path.join("loop")).unwrap();
        assert_eq!(number(scratch.find("loop")), 1513);
        assert_eq!(number(scratch.find(&"x".repeat(5000))), 1513);
        let file = scratch.write("secret", LINE);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o000)).unwrap();
        // The superuser reads it all the same.
        if File::open(&file).is_err() {
            assert_eq!(number(scratch.find("secret")), 1513);
        }
    }

    #[test]
    fn the_default_is_looked_for_in_order() {
        let scratch = Scratch::new();
        assert_eq!(scratch.default_place(), scratch.path.join("home/.local/share/plinth/default"));
        scratch.write("etc/fdb.cluster", LINE);
        assert_eq!(scratch.default_place(), scratch.path.join("etc/fdb.cluster.plinth"));
        scratch.write("fdb.cluster", LINE);
        assert_eq!(scratch.default_place(), scratch.path.join("fdb.cluster.plinth"));
        scratch.write("named", LINE);
        let scratch = scratch.set(CLUSTER_FILE, "named");
        assert_eq!(scratch.default_place(), scratch.path.join("named.plinth"));
        assert_eq!(scratch.place(""), scratch.path.join("named.plinth"), "an empty path is the default too");
        assert_eq!(scratch.place("fdb.cluster"), scratch.path.join("fdb.cluster.plinth"));
    }

    #[test]
    fn a_bad_choice_is_not_given_up_for_the_next_one() {
        let scratch = Scratch::new();
        scratch.write("etc/fdb.cluster", LINE);
        symlink("nowhere", scratch.path.join("fdb.cluster")).unwrap();
        assert_eq!(number(scratch.find_default()), 1515, "a dangling link");
        fs::remove_file(scratch.path.join("fdb.cluster")).unwrap();
        scratch.write("fdb.cluster", "");
        assert_eq!(number(scratch.find_default()), 2104, "an empty file");
        scratch.write("fdb.cluster", LINE);
        let scratch = scratch.set(CLUSTER_FILE, "missing");
        assert_eq!(number(scratch.find_default()), 1515, "a variable that names nothing");
        let scratch = scratch.set(CLUSTER_FILE, "");
        assert_eq!(scratch.default_place(), scratch.path.join("fdb.cluster.plinth"), "an empty variable is none");
    }

    #[test]
    fn the_users_data_is_made_with_its_parents() {
        let scratch = Scratch::new();
        let found = scratch.find_default().unwrap();
        assert!(found.create && found.parents);
        let scratch = scratch.set(DATA_HOME, "relative");
        assert_eq!(scratch.default_place(), directory(&found), "only an absolute path counts");
        let home = scratch.path.join("xdg");
        let scratch = scratch.set(DATA_HOME, home.clone());
        assert_eq!(scratch.default_place(), home.join("plinth/default"));
        let scratch = scratch.set(DATA_HOME, "").set(HOME, "");
        assert_eq!(number(scratch.find_default()), 1515);
    }

    #[test]
    fn plinth_data_overrides_everything() {
        let scratch = Scratch::new().set(CLUSTER_FILE, "missing").set(DATA, "x/../data");
        let expected = scratch.path.join("data");
        let ways = [
            scratch.find_default(),
            scratch.find("missing"),
            of_connection_string(LINE, &scratch.around),
            of_connection_string("bogus", &scratch.around),
        ];
        for found in ways.map(|found| found.unwrap()) {
            assert_eq!(directory(&found), expected);
            assert!(found.create && found.parents);
            assert_eq!(found.file, text(&expected));
        }
    }

    #[test]
    fn plinth_data_can_keep_everything_in_memory() {
        let scratch = Scratch::new().set(DATA, ":memory:");
        let found = scratch.find("missing").unwrap();
        assert_eq!((&found.place, found.create), (&Place::Memory, false));
        assert_eq!(found.connection, "plinth:0000000000000000@127.0.0.1:4500");
        assert_eq!(of_connection_string(LINE, &scratch.around).unwrap(), found);
    }

    #[test]
    fn what_is_made_up_stays_the_same_once_the_directory_exists() {
        let scratch = Scratch::new().set(DATA, "new/./x/../data/");
        let before = scratch.find_default().unwrap();
        assert_eq!(directory(&before), scratch.make("new/data"));
        assert_eq!(scratch.find_default().unwrap(), before);
        symlink(scratch.path.join("new"), scratch.path.join("link")).unwrap();
        assert_eq!(scratch.set(DATA, "link/data").find_default().unwrap(), before);
    }

    #[test]
    fn a_path_that_is_not_utf8_is_refused_and_not_bent() {
        use std::os::unix::ffi::OsStringExt;
        let scratch = Scratch::new().set(DATA, OsString::from_vec(b"d\xff".to_vec()));
        assert_eq!(number(scratch.find_default()), 1513);
    }

    #[test]
    fn made_up_connection_strings_are_valid_and_tell_directories_apart() {
        let scratch = Scratch::new();
        let [a, b] = ["a", "b"].map(|name| {
            scratch.make(name);
            scratch.find(name).unwrap().connection
        });
        assert_ne!(a, b);
        for made in [a, b, made_up(0), made_up(u64::MAX)] {
            let connection = Connection::parse(&made).unwrap();
            assert_eq!((connection.description.as_str(), connection.id.len()), ("plinth", 16));
            assert_eq!(connection.text, made);
        }
        // Published values of FNV-1a.
        assert_eq!((hash(b""), hash(b"a")), (0xcbf2_9ce4_8422_2325, 0xaf63_dc4c_8601_ec8c));
    }

    #[test]
    fn a_connection_string_names_a_store_by_description_and_id() {
        let scratch = Scratch::new();
        let find = |text: &str| of_connection_string(text, &scratch.around);
        let home = scratch.path.join("home/.local/share/plinth");
        let found = find(LINE).unwrap();
        assert_eq!(directory(&found), home.join("test_db_Ab12"));
        assert!(found.create && found.parents);
        assert_eq!((found.file.as_str(), found.connection.as_str()), (LINE, LINE));
        let other = find("test_db:Ab12@10.0.0.1:4500,10.0.0.2:4500").unwrap();
        assert_eq!(other.place, found.place, "the coordinators do not count");
        assert_ne!(find("test:dbAb12@127.0.0.1:4500").unwrap().place, found.place);
        for bad in ["", "default", "../x:y@127.0.0.1:4500", "a:b/c@127.0.0.1:4500"] {
            assert_eq!(number(find(bad)), 2104, "{bad}");
        }
    }

    #[test]
    fn connection_strings_are_taken_apart() {
        let good = [
            "a:b@127.0.0.1:4500",
            "A_9:9z@1.2.3.4:1,5.6.7.8:65535:tls",
            "a:b@[::1]:4500,[fe80::1]:4501:tls",
            "a:b@localhost:4500,db-1.example.com:4500:tls,under_score.:1",
            " a : b @\t127.0.0.1 : 4500\r\n",
            "#x:y@z\na:b@127.0.0.1:4500,# more\n127.0.0.2:4500",
        ];
        for text in good {
            let connection = Connection::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(Connection::parse(&connection.text).unwrap(), connection, "{text}");
        }
        let bad = [
            "a@127.0.0.1:4500",
            ":b@127.0.0.1:4500",
            "a:@127.0.0.1:4500",
            "a-b:c@127.0.0.1:4500",
            "a:b_c@127.0.0.1:4500",
            "a:b:c@127.0.0.1:4500",
            "a:b@127.0.0.1",
            "a:b@127.0.0.1:",
            "a:b@127.0.0.1:0",
            "a:b@127.0.0.1:65536",
            "a:b@127.0.0.1:+1",
            "a:b@127.0.0.1:4500:ssl",
            "a:b@127.0.0.1:4500:tls:tls",
            "a:b@256.0.0.1:4500",
            "a:b@1.2.3:4500",
            "a:b@::1:4500",
            "a:b@[::1:4500",
            "a:b@[127.0.0.1]:4500",
            "a:b@a..b:4500",
            "a:b@:4500",
            "a:b@127.0.0.1:4500,",
            "a:b@127.0.0.1:4500,127.0.0.1:4500",
            "a:b@127.0.0.1:4500@127.0.0.2:4500",
            "\u{e9}:b@127.0.0.1:4500",
        ];
        for text in bad {
            assert_eq!(Connection::parse(text).expect_err(text).code().number(), 2104, "{text}");
        }
    }

    #[test]
    fn surroundings_of_the_process_are_those_of_the_process() {
        let around = Surroundings::of_process();
        assert_eq!(around.directory, std::env::current_dir().unwrap());
        assert_eq!(around.platform_file, Path::new("/etc/foundationdb/fdb.cluster"));
        for name in VARIABLES {
            assert_eq!(around.environment.get(name).cloned(), std::env::var_os(name), "{name}");
        }
    }
}
