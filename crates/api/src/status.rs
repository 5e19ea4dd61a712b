//! The documents that tell how a database is: the status, and the client's status.
//!
//! `\xff\xff/status/json` of libfdb_c and `plinth_database_status_json` are made here.
//!
//! They have the members that monitors and clients of FoundationDB look for, as a cluster of one
//! process would tell them. The invariant: every number is true. What nobody counts is left out, and
//! what can't be otherwise in one process (nothing moves, nothing is missing) is said so.

use std::fmt::Write as _;

use crate::lock::text_of;

/// What the roles of a cluster's processes are called; the one process here has them all.
const ROLES: [&str; 10] = [
    "coordinator",
    "cluster_controller",
    "master",
    "grv_proxy",
    "commit_proxy",
    "resolver",
    "log",
    "storage",
    "data_distributor",
    "ratekeeper",
];

/// What `\xff\xff/status/json` is made of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StatusFacts {
    /// The path of the cluster file.
    pub file: String,
    /// The connection string.
    pub connection: String,
    /// The address of the process, with its port.
    pub address: String,
    /// What tells this process from others.
    pub identity: String,
    /// The release, such as 7.3.0.
    pub release: String,
    /// The protocol version.
    pub protocol: u64,
    /// Whether the database can be read and written.
    pub available: bool,
    /// The id under which it is locked.
    pub lock: Option<[u8; 16]>,
    /// Whether the data is in memory only.
    pub in_memory: bool,
    /// Grows when somebody asks for a restart.
    pub generation: i64,
    /// Seconds since 1970.
    pub timestamp: i64,
    /// Seconds since the database was opened.
    pub uptime_seconds: u64,
    /// How many clients there are.
    pub clients: u64,
    /// The newest version that can be read.
    pub latest_version: i64,
    /// Write commits acknowledged.
    pub committed: u64,
    /// Commits refused because of a conflict.
    pub conflicted: u64,
    /// Transactions begun, if they are counted.
    pub started: Option<u64>,
    /// What is wrong, in a sentence for people.
    pub trouble: Option<String>,
    /// What else is counted, if it is.
    pub work: Option<Work>,
}

/// What a database did, and what it has.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Work {
    /// Calls that read.
    pub reads: u64,
    /// Keys that they found.
    pub keys_read: u64,
    /// Bytes that they found.
    pub bytes_read: u64,
    /// Calls that wrote.
    pub writes: u64,
    /// Bytes that reached the log.
    pub bytes_written: u64,
    /// Median of what a read version takes.
    pub start_seconds: f64,
    /// Median of what the read of a key takes.
    pub read_seconds: f64,
    /// Median of what a commit takes.
    pub commit_seconds: f64,
    /// Bytes of the present data.
    pub stored_bytes: u64,
    /// Bytes of all tables.
    pub used_bytes: u64,
    /// Room on the disk.
    pub free_bytes: u64,
    /// Size of the disk; 0 without one.
    pub total_bytes: u64,
    /// Whether the disk does not keep up with what is written.
    pub is_slowed: bool,
}

/// What the client's status is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientFacts {
    /// The connection string, or the path of the cluster file that holds none.
    pub connection: String,
    /// The address of the process, with its port.
    pub address: String,
    /// What tells this database from others.
    pub identity: String,
    /// The release, such as 7.3.0.
    pub release: String,
    /// The protocol version.
    pub protocol: u64,
    /// Seconds since the database was opened.
    pub uptime_seconds: u64,
    /// The number of the error with which every operation fails, if one does.
    pub error: Option<i32>,
}

/// The document of `\xff\xff/status/json`.
pub fn status_json(facts: &StatusFacts) -> String {
    status_and(facts, &[])
}

/// The same with further members, whose values are JSON.
pub fn status_and(facts: &StatusFacts, further: &[(&str, String)]) -> String {
    let members = [("client", client(facts)), ("cluster", cluster(facts))];
    object(&members.iter().chain(further).map(|(name, value)| (*name, value.clone())).collect::<Vec<_>>())
}

/// The document of `fdb_database_get_client_status`.
///
/// Programs with one client library read the database's members at the top, programs with several read
/// them inside `DatabaseStatus`. So they are in both places.
pub fn client_status_json(facts: &ClientFacts) -> String {
    let version = string(&format!("{:x}", facts.protocol));
    let library = object(&[("ProtocolVersion", version.clone()), ("ReleaseVersion", string(&facts.release))]);
    let mut members = vec![("ConnectionRecord", string(&facts.connection)), ("AvailableClients", array([library]))];
    if let Some(error) = facts.error {
        members.push(("Healthy", false.to_string()));
        members.push(("InitializationState", string("initialization_failed")));
        members.push(("InitializationError", error.to_string()));
        return object(&members);
    }
    let database = database_members(facts);
    members.push(("InitializationState", string("created")));
    members.push(("ProtocolVersion", version));
    members.push(("DatabaseStatus", object(&database)));
    members.extend(database);
    object(&members)
}

/// What a client knows about its database.
fn database_members(facts: &ClientFacts) -> Vec<(&'static str, String)> {
    let address = || string(&facts.address);
    let coordinators: Vec<String> = coordinators(&facts.connection).map(string).collect();
    let server = object(&[("Address", address()), ("SSID", string(&facts.identity))]);
    vec![
        ("Healthy", true.to_string()),
        ("ClusterID", string(&facts.identity)),
        ("CurrentCoordinator", coordinators.first().cloned().unwrap_or_else(address)),
        ("Coordinators", array(coordinators)),
        ("GrvProxies", array([address()])),
        ("CommitProxies", array([address()])),
        ("StorageServers", array([server])),
        ("Connections", array([link(facts)])),
        ("NumConnectionsFailed", 0.to_string()),
    ]
}

/// The connection to the one process. Nothing goes over a wire, so nothing is counted.
fn link(facts: &ClientFacts) -> String {
    let mut members = vec![
        ("Address", string(&facts.address)),
        ("Status", string("connected")),
        ("Compatible", true.to_string()),
        ("ProtocolVersion", string(&format!("{:x}", facts.protocol))),
        ("LastConnectTime", facts.uptime_seconds.to_string()),
        ("BytesSampleTime", facts.uptime_seconds.to_string()),
    ];
    let zeros = ["BytesReceived", "BytesSent", "ConnectFailedCount", "PingCount", "PingTimeoutCount"];
    members.extend(zeros.map(|name| (name, 0.to_string())));
    object(&members)
}

/// The client's part of the status.
fn client(facts: &StatusFacts) -> String {
    let coordinator = |address| object(&[("address", string(address)), ("reachable", true.to_string())]);
    let coordinators = object(&[
        ("coordinators", array(coordinators(&facts.connection).map(coordinator))),
        ("quorum_reachable", true.to_string()),
    ]);
    let available = facts.available.to_string();
    object(&[
        ("cluster_file", object(&[("path", string(&facts.file)), ("up_to_date", true.to_string())])),
        ("coordinators", coordinators),
        ("database_status", object(&[("available", available.clone()), ("healthy", available)])),
        ("messages", array([])),
        ("timestamp", facts.timestamp.to_string()),
    ])
}

/// Whether it is locked, and under which id.
fn lock_state(lock: Option<&[u8; 16]>) -> String {
    match lock {
        None => object(&[("locked", false.to_string())]),
        Some(id) => object(&[("lock_uid", string(&text_of(id))), ("locked", true.to_string())]),
    }
}

/// The cluster's part of the status.
fn cluster(facts: &StatusFacts) -> String {
    let available = facts.available.to_string();
    object(&[
        ("clients", object(&[("count", facts.clients.to_string())])),
        ("cluster_controller_timestamp", facts.timestamp.to_string()),
        ("configuration", configuration(facts)),
        ("connection_string", string(&facts.connection)),
        ("data", data(facts)),
        ("database_available", available.clone()),
        ("database_lock_state", lock_state(facts.lock.as_ref())),
        ("database_locked", facts.lock.is_some().to_string()),
        ("degraded_processes", 0.to_string()),
        ("full_replication", available),
        ("generation", facts.generation.to_string()),
        ("incompatible_connections", array([])),
        ("latency_probe", latencies(facts)),
        ("layers", object(&[("_valid", true.to_string())])),
        ("machines", object(&[(&facts.identity, machine(facts))])),
        ("messages", messages(facts)),
        ("processes", object(&[(&facts.identity, process(facts))])),
        ("protocol_version", string(&format!("{:x}", facts.protocol))),
        ("qos", qos(facts)),
        ("recovery_state", recovery(facts)),
        ("workload", workload(facts)),
    ])
}

fn configuration(facts: &StatusFacts) -> String {
    let engine = if facts.in_memory { "memory" } else { "ssd-rocksdb-v1" };
    object(&[
        ("coordinators_count", coordinators(&facts.connection).count().to_string()),
        ("excluded_servers", array([])),
        ("logs", 1.to_string()),
        ("redundancy_mode", string("single")),
        ("resolvers", 1.to_string()),
        ("storage_engine", string(engine)),
        ("usable_regions", 1.to_string()),
    ])
}

fn data(facts: &StatusFacts) -> String {
    let name = if facts.available { "healthy" } else { "initializing" };
    let nothing = ["highest_priority", "in_flight_bytes", "in_queue_bytes", "total_written_bytes"];
    let mut members = vec![
        ("moving_data", object(&nothing.map(|name| (name, 0.to_string())))),
        ("state", object(&[("healthy", facts.available.to_string()), ("name", string(name))])),
    ];
    if let Some(work) = &facts.work {
        members.push(("total_disk_used_bytes", work.used_bytes.to_string()));
        members.push(("total_kv_size_bytes", work.stored_bytes.to_string()));
    }
    object(&members)
}

fn recovery(facts: &StatusFacts) -> String {
    let name = if facts.available { "fully_recovered" } else { "recruiting_transaction_servers" };
    object(&[("name", string(name))])
}

fn latencies(facts: &StatusFacts) -> String {
    let members = facts.work.as_ref().map_or_else(Vec::new, |work| {
        vec![
            ("commit_seconds", work.commit_seconds.to_string()),
            ("read_seconds", work.read_seconds.to_string()),
            ("transaction_start_seconds", work.start_seconds.to_string()),
        ]
    });
    object(&members)
}

fn messages(facts: &StatusFacts) -> String {
    let message = |text: &String| object(&[("description", string(text)), ("name", string("commits_refused"))]);
    array(facts.trouble.as_ref().map(message))
}

fn qos(facts: &StatusFacts) -> String {
    let limit = match facts.work.as_ref().is_some_and(|work| work.is_slowed) {
        true => [
            ("description", "The disk does not keep up with flushes and compactions."),
            ("name", "storage_server_write_queue_size"),
        ],
        false => [("description", "The database is not limited by anything but its work."), ("name", "workload")],
    };
    object(&[("performance_limited_by", object(&limit.map(|(name, text)| (name, string(text)))))])
}

fn workload(facts: &StatusFacts) -> String {
    let counter = |count: u64| object(&[("counter", count.to_string())]);
    let mut transactions = vec![("committed", counter(facts.committed)), ("conflicted", counter(facts.conflicted))];
    transactions.extend(facts.started.map(|started| ("started", counter(started))));
    let mut members = vec![("transactions", object(&transactions))];
    if let Some(work) = &facts.work {
        members
            .push(("bytes", object(&[("read", counter(work.bytes_read)), ("written", counter(work.bytes_written))])));
        members.push(("keys", object(&[("read", counter(work.keys_read))])));
        members.push(("operations", object(&[("reads", counter(work.reads)), ("writes", counter(work.writes))])));
    }
    object(&members)
}

fn locality(facts: &StatusFacts) -> String {
    object(&["machineid", "processid", "zoneid"].map(|name| (name, string(&facts.identity))))
}

fn machine(facts: &StatusFacts) -> String {
    let host = facts.address.rsplit_once(':').map_or(facts.address.as_str(), |(host, _)| host);
    object(&[
        ("address", string(host)),
        ("contributing_workers", 1.to_string()),
        ("excluded", false.to_string()),
        ("locality", locality(facts)),
        ("machine_id", string(&facts.identity)),
    ])
}

fn process(facts: &StatusFacts) -> String {
    let role = |name| match name {
        "storage" => object(&storage(facts)),
        _ => object(&[("role", string(name))]),
    };
    let mut members = vec![
        ("address", string(&facts.address)),
        ("class_source", string("command_line")),
        ("class_type", string("unset")),
        ("excluded", false.to_string()),
        ("fault_domain", string(&facts.identity)),
        ("locality", locality(facts)),
        ("machine_id", string(&facts.identity)),
        ("messages", array([])),
        ("roles", array(ROLES.map(role))),
        ("uptime_seconds", facts.uptime_seconds.to_string()),
        ("version", string(&facts.release)),
    ];
    if let Some(work) = facts.work.as_ref().filter(|work| work.total_bytes > 0) {
        let disk = [("free_bytes", work.free_bytes.to_string()), ("total_bytes", work.total_bytes.to_string())];
        members.push(("disk", object(&disk)));
    }
    object(&members)
}

/// What the role of a storage server tells.
fn storage(facts: &StatusFacts) -> Vec<(&'static str, String)> {
    let mut members = vec![("data_version", facts.latest_version.to_string()), ("role", string("storage"))];
    if let Some(work) = &facts.work {
        members.push(("kvstore_used_bytes", work.used_bytes.to_string()));
        members.push(("stored_bytes", work.stored_bytes.to_string()));
    }
    members
}

/// The addresses of a connection string.
fn coordinators(connection: &str) -> impl Iterator<Item = &str> {
    let list = connection.split_once('@').map_or("", |(_, list)| list);
    list.split(',').filter(|address| !address.is_empty())
}

/// Members, whose values are JSON already, as a JSON object.
pub fn object(members: &[(&str, String)]) -> String {
    let members: Vec<String> = members.iter().map(|(name, value)| format!("{}:{value}", string(name))).collect();
    format!("{{{}}}", members.join(","))
}

/// Items, which are JSON already, as a JSON array.
pub fn array(items: impl IntoIterator<Item = String>) -> String {
    format!("[{}]", items.into_iter().collect::<Vec<_>>().join(","))
}

/// A text as a JSON string.
pub fn string(text: &str) -> String {
    let mut json = String::with_capacity(text.len() + 2);
    json.push('"');
    for char in text.chars() {
        match char {
            '"' | '\\' => json.extend(['\\', char]),
            '\0'..='\x1f' | '\x7f' => drop(write!(json, "\\u{:04x}", u32::from(char))),
            _ => json.push(char),
        }
    }
    json.push('"');
    json
}

/// Bytes in base 64, with padding.
pub fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits =
            group.iter().enumerate().fold(0_usize, |bits, (at, byte)| bits | usize::from(*byte) << (16 - 8 * at));
        for digit in 0..4 {
            let known = digit <= group.len();
            text.push(if known { char::from(DIGITS[bits >> (18 - 6 * digit) & 63]) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// JSON, read back.
    #[derive(Clone, Debug, PartialEq)]
    enum Value {
        Bool(bool),
        Number(f64),
        Text(String),
        Array(Vec<Value>),
        Object(Vec<(String, Value)>),
    }

    use Value::{Array, Bool, Number, Object, Text};

    impl Value {
        /// The member at a path of names, separated by dots.
        fn at(&self, path: &str) -> &Value {
            path.split('.').fold(self, |value, name| match value {
                Object(members) => {
                    let found = members.iter().find(|(member, _)| member == name);
                    &found.unwrap_or_else(|| panic!("{path}: there is no {name}")).1
                }
                _ => panic!("{path}: {name} is no member of an object"),
            })
        }

        fn names(&self) -> Vec<&str> {
            match self {
                Object(members) => members.iter().map(|(name, _)| name.as_str()).collect(),
                _ => panic!("no object"),
            }
        }

        fn items(&self) -> &[Value] {
            match self {
                Array(items) => items,
                _ => panic!("no array"),
            }
        }
    }

    /// Reads a document strictly: no white space, no member twice, nothing behind it.
    fn read(text: &str) -> Value {
        let mut rest = text;
        let value = read_value(&mut rest);
        assert_eq!(rest, "", "behind the document");
        value
    }

    fn take(rest: &mut &str, expected: &str) -> bool {
        let after = rest.strip_prefix(expected);
        *rest = after.unwrap_or(rest);
        after.is_some()
    }

    fn read_value(rest: &mut &str) -> Value {
        if take(rest, "{") {
            let members: Vec<_> = read_list(rest, "}", |rest| {
                assert!(take(rest, "\""), "a name at {rest}");
                let name = read_string(rest);
                assert!(take(rest, ":"), "a colon at {rest}");
                (name, read_value(rest))
            });
            let twice = |name: &String| members.iter().filter(|(other, _)| other == name).count() > 1;
            assert!(!members.iter().any(|(name, _)| twice(name)), "a member twice in {:?}", members);
            return Object(members);
        }
        if take(rest, "[") {
            return Array(read_list(rest, "]", read_value));
        }
        if take(rest, "\"") {
            return Text(read_string(rest));
        }
        if take(rest, "true") {
            return Bool(true);
        }
        if take(rest, "false") {
            return Bool(false);
        }
        let end = rest.find([',', '}', ']']).unwrap_or(rest.len());
        let (number, after) = rest.split_at(end);
        *rest = after;
        Number(number.parse().unwrap_or_else(|_| panic!("a number: {number}")))
    }

    fn read_list<T>(rest: &mut &str, end: &str, item: impl Fn(&mut &str) -> T) -> Vec<T> {
        let mut items = Vec::new();
        while !take(rest, end) {
            assert!(items.is_empty() || take(rest, ","), "a comma at {rest}");
            items.push(item(rest));
        }
        items
    }

    fn read_string(rest: &mut &str) -> String {
        let mut text = String::new();
        loop {
            let char = rest.chars().next().expect("the end of a string");
            *rest = &rest[char.len_utf8()..];
            match char {
                '"' => return text,
                '\\' if take(rest, "u") => {
                    let code = u32::from_str_radix(&rest[..4], 16).unwrap();
                    *rest = &rest[4..];
                    text.push(char::from_u32(code).unwrap());
                }
                '\\' => {
                    text.push(rest.chars().next().filter(|char| ['"', '\\'].contains(char)).expect("an escape"));
                    *rest = &rest[1..];
                }
                '\0'..='\x1f' => panic!("a control character as it is"),
                _ => text.push(char),
            }
        }
    }

    fn text(text: &str) -> Value {
        Text(text.to_owned())
    }

    fn facts() -> StatusFacts {
        StatusFacts {
            file: "/a \"quoted\" \\ path".to_owned(),
            connection: "plinth:00ff@127.0.0.1:4500,[::1]:4501:tls".to_owned(),
            address: "127.0.0.1:4500".to_owned(),
            identity: "a1b2".to_owned(),
            release: "7.4.0".to_owned(),
            protocol: 0x0fdb_00b0_7400_0000,
            available: true,
            in_memory: false,
            generation: 3,
            timestamp: 1_700_000_000,
            uptime_seconds: 12,
            clients: 1,
            latest_version: 5_000_002,
            committed: 7,
            conflicted: 2,
            started: None,
            trouble: None,
            work: None,
            lock: None,
        }
    }

    fn client_facts() -> ClientFacts {
        ClientFacts {
            connection: "plinth:00ff@127.0.0.1:4500".to_owned(),
            address: "127.0.0.1:4500".to_owned(),
            identity: "a1b2".to_owned(),
            release: "7.4.0".to_owned(),
            protocol: 0x0fdb_00b0_7400_0000,
            uptime_seconds: 12,
            error: None,
        }
    }

    /// SPEC-7: the status is valid JSON, and says what monitors look for.
    #[test]
    fn the_status_says_what_monitors_look_for() {
        let status = read(&status_json(&facts()));
        assert_eq!(status.names(), ["client", "cluster"]);
        for (path, expected) in [
            ("client.cluster_file.path", text(&facts().file)),
            ("client.cluster_file.up_to_date", Bool(true)),
            ("client.coordinators.quorum_reachable", Bool(true)),
            ("client.database_status.available", Bool(true)),
            ("client.database_status.healthy", Bool(true)),
            ("client.timestamp", Number(1.7e9)),
            ("cluster.cluster_controller_timestamp", Number(1.7e9)),
            ("cluster.clients.count", Number(1.0)),
            ("cluster.configuration.coordinators_count", Number(2.0)),
            ("cluster.configuration.storage_engine", text("ssd-rocksdb-v1")),
            ("cluster.connection_string", text(&facts().connection)),
            ("cluster.data.state.healthy", Bool(true)),
            ("cluster.data.state.name", text("healthy")),
            ("cluster.database_available", Bool(true)),
            ("cluster.generation", Number(3.0)),
            ("cluster.protocol_version", text("fdb00b074000000")),
            ("cluster.recovery_state.name", text("fully_recovered")),
            ("cluster.qos.performance_limited_by.name", text("workload")),
            ("cluster.workload.transactions.committed.counter", Number(7.0)),
            ("cluster.workload.transactions.conflicted.counter", Number(2.0)),
        ] {
            assert_eq!(status.at(path), &expected, "{path}");
        }
    }

    /// SPEC-7: whoever waits for a locked database is told under which id it is.
    #[test]
    fn a_lock_is_told_with_its_id() {
        let open = read(&status_json(&facts()));
        assert_eq!(open.at("cluster.database_lock_state.locked"), &Bool(false));
        let locked = read(&status_json(&StatusFacts { lock: Some([0xa5; 16]), ..facts() }));
        assert_eq!(locked.at("cluster.database_lock_state.locked"), &Bool(true));
        assert_eq!(locked.at("cluster.database_lock_state.lock_uid"), &text(&"a5".repeat(16)));
        assert_eq!(locked.at("cluster.database_locked"), &Bool(true));
    }

    /// SPEC-7: a program that looks for processes finds exactly one, with an address.
    #[test]
    fn there_is_exactly_one_process_on_one_machine() {
        let status = read(&status_json(&facts()));
        assert_eq!(status.at("cluster.processes").names(), ["a1b2"]);
        assert_eq!(status.at("cluster.machines").names(), ["a1b2"]);
        let process = status.at("cluster.processes.a1b2");
        assert_eq!(process.at("address"), &text("127.0.0.1:4500"));
        assert_eq!(process.at("class_type"), &text("unset"));
        assert_eq!(process.at("version"), &text("7.4.0"));
        assert_eq!(process.at("uptime_seconds"), &Number(12.0));
        let roles: Vec<&Value> = process.at("roles").items().iter().map(|role| role.at("role")).collect();
        assert_eq!(roles, ROLES.map(text).iter().collect::<Vec<_>>());
        let storage = process.at("roles").items().iter().find(|role| role.at("role") == &text("storage")).unwrap();
        assert_eq!(storage.at("data_version"), &Number(5_000_002.0));
        assert_eq!(status.at("cluster.machines.a1b2.address"), &text("127.0.0.1"));
    }

    #[test]
    fn a_database_that_cannot_be_used_is_neither_available_nor_healthy() {
        let status = read(&status_json(&StatusFacts { available: false, ..facts() }));
        for path in ["client.database_status.available", "client.database_status.healthy", "cluster.database_available"]
        {
            assert_eq!(status.at(path), &Bool(false), "{path}");
        }
        assert_eq!(status.at("cluster.data.state.healthy"), &Bool(false));
        assert_ne!(status.at("cluster.data.state.name"), &text("healthy"));
    }

    #[test]
    fn what_nobody_counts_is_left_out() {
        let names = |facts| read(&status_json(&facts)).at("cluster.workload.transactions").names().join(" ");
        assert_eq!(names(facts()), "committed conflicted");
        assert_eq!(names(StatusFacts { started: Some(9), ..facts() }), "committed conflicted started");
    }

    #[test]
    fn the_engine_and_the_coordinators_are_those_of_the_store() {
        let other = StatusFacts { in_memory: true, connection: String::new(), ..facts() };
        let status = read(&status_json(&other));
        assert_eq!(status.at("cluster.configuration.storage_engine"), &text("memory"));
        assert_eq!(status.at("client.coordinators.coordinators").items(), []);
        let status = read(&status_json(&facts()));
        let addresses = status.at("client.coordinators.coordinators").items().iter().map(|item| item.at("address"));
        assert_eq!(addresses.collect::<Vec<_>>(), [&text("127.0.0.1:4500"), &text("[::1]:4501:tls")]);
    }

    #[test]
    fn the_status_of_a_client_reads_the_same_with_one_library_and_with_several() {
        let status = read(&client_status_json(&client_facts()));
        assert_eq!(status.at("Healthy"), &Bool(true));
        assert_eq!(status.at("InitializationState"), &text("created"));
        assert_eq!(status.at("ConnectionRecord"), &text("plinth:00ff@127.0.0.1:4500"));
        let database = status.at("DatabaseStatus");
        let mut names = database.names();
        names.sort_unstable();
        let expected = "ClusterID CommitProxies Connections Coordinators CurrentCoordinator GrvProxies Healthy \
                        NumConnectionsFailed StorageServers";
        assert_eq!(names.join(" "), expected);
        for name in names {
            assert_eq!(status.at(name), database.at(name), "{name}");
        }
        for name in ["CommitProxies", "Connections", "Coordinators", "GrvProxies", "StorageServers"] {
            assert_eq!(database.at(name).items().len(), 1, "{name}");
        }
    }

    #[test]
    fn exactly_one_library_of_a_client_speaks_the_protocol_in_use() {
        let status = read(&client_status_json(&client_facts()));
        let libraries = status.at("AvailableClients").items();
        assert_eq!(libraries.len(), 1);
        assert_eq!(libraries[0].at("ReleaseVersion"), &text("7.4.0"));
        assert_eq!(libraries[0].at("ProtocolVersion"), status.at("ProtocolVersion"));
        let connection = &status.at("Connections").items()[0];
        assert_eq!(connection.at("ProtocolVersion"), status.at("ProtocolVersion"));
        assert_eq!((connection.at("Status"), connection.at("Compatible")), (&text("connected"), &Bool(true)));
    }

    #[test]
    fn a_client_without_a_database_is_not_healthy_and_says_why() {
        let status = read(&client_status_json(&ClientFacts { error: Some(2104), ..client_facts() }));
        assert_eq!(status.at("Healthy"), &Bool(false));
        assert_eq!(status.at("InitializationState"), &text("initialization_failed"));
        assert_eq!(status.at("InitializationError"), &Number(2104.0));
        assert!(!status.names().contains(&"ProtocolVersion") && !status.names().contains(&"DatabaseStatus"));
        assert_eq!(status.at("AvailableClients").items().len(), 1);
    }

    #[test]
    fn every_text_comes_back_from_a_json_string() {
        let all: String =
            (0..0x250).filter_map(char::from_u32).chain(['\u{2028}', '\u{1f600}', '\u{10ffff}']).collect();
        assert_eq!(read(&string(&all)), Text(all.clone()));
        assert_eq!(string("a\"b\\c\nd\u{7f}"), r#""a\"b\\c\u000ad\u007f""#);
        let odd = StatusFacts { file: all.clone(), identity: all.clone(), release: all.clone(), ..facts() };
        assert_eq!(read(&status_json(&odd)).at("client.cluster_file.path"), &Text(all));
    }

    /// The vectors of RFC 4648, and the digits at the end of the alphabet.
    #[test]
    fn base64_is_that_of_the_standard() {
        for (bytes, expected) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(bytes.as_bytes()), expected);
        }
        assert_eq!(base64(&[0xfb, 0xff, 0xbf]), "+/+/");
    }
}
