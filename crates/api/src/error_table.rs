//! Generated from `schema/errors.toml` by `cargo xtask codegen`; do not edit.

use crate::error::Code;

/// Whether a retry loop may try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// Not retryable.
    No,
    /// Retryable, certainly not committed.
    Yes,
    /// Retryable, may have been committed.
    Maybe,
}

/// How `on_error` waits before it lets the caller try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnError {
    /// It does not retry.
    None,
    /// Jittered, doubling up to the maximum retry delay.
    Backoff,
    /// Jittered, doubling up to 30 seconds.
    Memory,
    /// A fixed 10 milliseconds.
    Short,
    /// Not at all.
    Now,
}

/// A row of the table.
pub struct Entry {
    /// The number C sees.
    pub number: i32,
    /// Its name.
    pub name: &'static str,
    /// One sentence.
    pub text: &'static str,
    /// See [`Retry`].
    pub retry: Retry,
    /// See [`OnError`].
    pub on_error: OnError,
}

impl Code {
    /// Success.
    pub const SUCCESS: Code = Code(0);
    /// End of stream.
    pub const END_OF_STREAM: Code = Code(1);
    /// Operation failed.
    pub const OPERATION_FAILED: Code = Code(1000);
    /// Operation timed out.
    pub const TIMED_OUT: Code = Code(1004);
    /// The transaction is too old to read or to commit.
    pub const TRANSACTION_TOO_OLD: Code = Code(1007);
    /// The read version is newer than the newest commit.
    pub const FUTURE_VERSION: Code = Code(1009);
    /// A key that the transaction read was changed by a concurrent commit.
    pub const NOT_COMMITTED: Code = Code(1020);
    /// The commit may or may not have happened, and is no longer in flight.
    pub const COMMIT_UNKNOWN_RESULT: Code = Code(1021);
    /// The commit may or may not have happened and its idempotency id may have expired.
    pub const COMMIT_UNKNOWN_RESULT_FATAL: Code = Code(1022);
    /// The transaction was cancelled.
    pub const TRANSACTION_CANCELLED: Code = Code(1025);
    /// A network connection failed.
    pub const CONNECTION_FAILED: Code = Code(1026);
    /// The watch was cancelled.
    pub const WATCH_CANCELLED: Code = Code(1029);
    /// The transaction ran out of its time limit.
    pub const TRANSACTION_TIMED_OUT: Code = Code(1031);
    /// There are too many watches.
    pub const TOO_MANY_WATCHES: Code = Code(1032);
    /// Locality information is not available.
    pub const LOCALITY_INFORMATION_UNAVAILABLE: Code = Code(1033);
    /// Watches need read-your-writes.
    pub const WATCHES_DISABLED: Code = Code(1034);
    /// The transaction read a key whose value is known only after its commit.
    pub const ACCESSED_UNREADABLE: Code = Code(1036);
    /// Storage is behind.
    pub const PROCESS_BEHIND: Code = Code(1037);
    /// The database is locked.
    pub const DATABASE_LOCKED: Code = Code(1038);
    /// The protocol version of the cluster changed.
    pub const CLUSTER_VERSION_CHANGED: Code = Code(1039);
    /// An external client is already loaded.
    pub const EXTERNAL_CLIENT_ALREADY_LOADED: Code = Code(1040);
    /// The commit was refused because too much work is queued.
    pub const COMMIT_PROXY_MEMORY_LIMIT_EXCEEDED: Code = Code(1042);
    /// Not possible while shutting down.
    pub const SHUTDOWN_IN_PROGRESS: Code = Code(1043);
    /// Batch transactions are throttled.
    pub const BATCH_TRANSACTION_THROTTLED: Code = Code(1051);
    /// Read versions were refused because too much work is queued.
    pub const GRV_PROXY_MEMORY_LIMIT_EXCEEDED: Code = Code(1078);
    /// A blob granule request failed.
    pub const BLOB_GRANULE_REQUEST_FAILED: Code = Code(1079);
    /// An internal answer never came.
    pub const BROKEN_PROMISE: Code = Code(1100);
    /// The asynchronous operation was cancelled.
    pub const OPERATION_CANCELLED: Code = Code(1101);
    /// The memory of the future was released.
    pub const FUTURE_RELEASED: Code = Code(1102);
    /// The transaction tag is throttled.
    pub const TAG_THROTTLED: Code = Code(1213);
    /// The transaction tag is throttled by a proxy.
    pub const PROXY_TAG_THROTTLED: Code = Code(1223);
    /// The transaction was throttled because of a hot range of keys.
    pub const TRANSACTION_THROTTLED_HOT_SHARD: Code = Code(1235);
    /// The request for a read version was rejected because the queue was too long.
    pub const TRANSACTION_GRV_QUEUE_REJECTED: Code = Code(1242);
    /// The operating system reported an error.
    pub const PLATFORM_ERROR: Code = Code(1500);
    /// A large allocation failed.
    pub const LARGE_ALLOC_FAILED: Code = Code(1501);
    /// Reading or writing the disk failed.
    pub const IO_ERROR: Code = Code(1510);
    /// The file does not exist.
    pub const FILE_NOT_FOUND: Code = Code(1511);
    /// The file cannot be read.
    pub const FILE_NOT_READABLE: Code = Code(1513);
    /// The file cannot be written.
    pub const FILE_NOT_WRITABLE: Code = Code(1514);
    /// No cluster file was found.
    pub const NO_CLUSTER_FILE_FOUND: Code = Code(1515);
    /// A checksum does not match.
    pub const CHECKSUM_FAILED: Code = Code(1520);
    /// A file of the database is damaged.
    pub const FILE_CORRUPT: Code = Code(1522);
    /// The database directory is in use.
    pub const LOCK_FILE_FAILURE: Code = Code(1529);
    /// The call is not valid here.
    pub const CLIENT_INVALID_OPERATION: Code = Code(2000);
    /// Commit with incomplete reads.
    pub const COMMIT_READ_INCOMPLETE: Code = Code(2002);
    /// The key lies outside the legal range.
    pub const KEY_OUTSIDE_LEGAL_RANGE: Code = Code(2004);
    /// The range begins after its end.
    pub const INVERTED_RANGE: Code = Code(2005);
    /// The value of the option is not valid.
    pub const INVALID_OPTION_VALUE: Code = Code(2006);
    /// The option does not exist.
    pub const INVALID_OPTION: Code = Code(2007);
    /// The network is not set up.
    pub const NETWORK_NOT_SETUP: Code = Code(2008);
    /// The network is already set up.
    pub const NETWORK_ALREADY_SETUP: Code = Code(2009);
    /// The transaction already has a read version.
    pub const READ_VERSION_ALREADY_SET: Code = Code(2010);
    /// The version is not valid.
    pub const VERSION_INVALID: Code = Code(2011);
    /// The limits of the range read are not valid.
    pub const RANGE_LIMITS_INVALID: Code = Code(2012);
    /// The database name is not valid.
    pub const INVALID_DATABASE_NAME: Code = Code(2013);
    /// The attribute does not exist.
    pub const ATTRIBUTE_NOT_FOUND: Code = Code(2014);
    /// The future is not ready.
    pub const FUTURE_NOT_SET: Code = Code(2015);
    /// The future is not an error.
    pub const FUTURE_NOT_ERROR: Code = Code(2016);
    /// The transaction was used after its commit had started.
    pub const USED_DURING_COMMIT: Code = Code(2017);
    /// The mutation type does not exist.
    pub const INVALID_MUTATION_TYPE: Code = Code(2018);
    /// The transaction has no valid commit version.
    pub const TRANSACTION_INVALID_VERSION: Code = Code(2020);
    /// A read-only transaction has no commit version.
    pub const NO_COMMIT_VERSION: Code = Code(2021);
    /// A network option in the environment is not valid.
    pub const ENVIRONMENT_VARIABLE_NETWORK_OPTION_FAILED: Code = Code(2022);
    /// The transaction may only read.
    pub const TRANSACTION_READ_ONLY: Code = Code(2023);
    /// The network cannot be started twice.
    pub const NETWORK_CANNOT_BE_RESTARTED: Code = Code(2025);
    /// Waiting on the network thread would never end.
    pub const BLOCKED_FROM_NETWORK_THREAD: Code = Code(2026);
    /// The mapper names an element that the index entry does not have.
    pub const MAPPER_BAD_INDEX: Code = Code(2030);
    /// The mapper names a key that there is not.
    pub const MAPPER_NO_SUCH_KEY: Code = Code(2031);
    /// The mapper's range mark is not its last element.
    pub const MAPPER_BAD_RANGE_DESCRIPTOR: Code = Code(2032);
    /// The second range has more pairs than can be returned.
    pub const QUICK_GET_KEY_VALUES_HAS_MORE: Code = Code(2033);
    /// The value that an index entry leads to is elsewhere.
    pub const QUICK_GET_VALUE_MISS: Code = Code(2034);
    /// The range that an index entry leads to is elsewhere.
    pub const QUICK_GET_KEY_VALUES_MISS: Code = Code(2035);
    /// Blob granules can only be read without own writes.
    pub const BLOB_GRANULE_NO_RYW: Code = Code(2036);
    /// A blob granule was not made.
    pub const BLOB_GRANULE_NOT_MATERIALIZED: Code = Code(2037);
    /// The mapped range has more pairs than can be returned.
    pub const GET_MAPPED_KEY_VALUES_HAS_MORE: Code = Code(2038);
    /// A mapped range can't be read over own writes.
    pub const GET_MAPPED_RANGE_READS_YOUR_WRITES: Code = Code(2039);
    /// The key of the index entry is not a tuple.
    pub const KEY_NOT_TUPLE: Code = Code(2041);
    /// The value of the index entry is not a tuple.
    pub const VALUE_NOT_TUPLE: Code = Code(2042);
    /// The mapper is not a tuple.
    pub const MAPPER_NOT_TUPLE: Code = Code(2043);
    /// The protocol versions do not match.
    pub const INCOMPATIBLE_PROTOCOL_VERSION: Code = Code(2100);
    /// The transaction is larger than its size limit.
    pub const TRANSACTION_TOO_LARGE: Code = Code(2101);
    /// The key is longer than allowed.
    pub const KEY_TOO_LARGE: Code = Code(2102);
    /// The value is longer than allowed.
    pub const VALUE_TOO_LARGE: Code = Code(2103);
    /// The connection string is not valid.
    pub const CONNECTION_STRING_INVALID: Code = Code(2104);
    /// The operation is not supported.
    pub const UNSUPPORTED_OPERATION: Code = Code(2108);
    /// The transaction has too many tags.
    pub const TOO_MANY_TAGS: Code = Code(2109);
    /// The transaction tag is too long.
    pub const TAG_TOO_LONG: Code = Code(2110);
    /// There are too many tag throttles.
    pub const TOO_MANY_TAG_THROTTLES: Code = Code(2111);
    /// The special-key read crosses modules.
    pub const SPECIAL_KEYS_CROSS_MODULE_READ: Code = Code(2112);
    /// No module answers for this special key.
    pub const SPECIAL_KEYS_NO_MODULE_FOUND: Code = Code(2113);
    /// Special-key writes are not enabled.
    pub const SPECIAL_KEYS_WRITE_DISABLED: Code = Code(2114);
    /// No module takes writes to this special key.
    pub const SPECIAL_KEYS_NO_WRITE_MODULE_FOUND: Code = Code(2115);
    /// The special-key clear crosses modules.
    pub const SPECIAL_KEYS_CROSS_MODULE_CLEAR: Code = Code(2116);
    /// The special-key call failed.
    pub const SPECIAL_KEYS_API_FAILURE: Code = Code(2117);
    /// A tenant name is required.
    pub const TENANT_NAME_REQUIRED: Code = Code(2130);
    /// The tenant does not exist.
    pub const TENANT_NOT_FOUND: Code = Code(2131);
    /// The tenant exists already.
    pub const TENANT_ALREADY_EXISTS: Code = Code(2132);
    /// The tenant is not empty.
    pub const TENANT_NOT_EMPTY: Code = Code(2133);
    /// The tenant name is not valid.
    pub const INVALID_TENANT_NAME: Code = Code(2134);
    /// The tenant prefix is taken.
    pub const TENANT_PREFIX_ALLOCATOR_CONFLICT: Code = Code(2135);
    /// Tenants are not enabled.
    pub const TENANTS_DISABLED: Code = Code(2136);
    /// The tenant is not known yet.
    pub const UNKNOWN_TENANT: Code = Code(2137);
    /// The tenant may not be used here.
    pub const ILLEGAL_TENANT_ACCESS: Code = Code(2138);
    /// No API version was selected.
    pub const API_VERSION_UNSET: Code = Code(2200);
    /// The API version was selected before.
    pub const API_VERSION_ALREADY_SET: Code = Code(2201);
    /// The API version is not valid.
    pub const API_VERSION_INVALID: Code = Code(2202);
    /// The API version is not supported.
    pub const API_VERSION_NOT_SUPPORTED: Code = Code(2203);
    /// EXACT mode needs a limit.
    pub const EXACT_MODE_WITHOUT_LIMITS: Code = Code(2210);
    /// An unknown error occurred.
    pub const UNKNOWN_ERROR: Code = Code(4000);
    /// An internal error occurred.
    pub const INTERNAL_ERROR: Code = Code(4100);
    /// Permission denied.
    pub const PERMISSION_DENIED: Code = Code(6000);
    /// The attempt is not authorised.
    pub const UNAUTHORIZED_ATTEMPT: Code = Code(6001);
    /// The handle is NULL, destroyed, or of another kind.
    pub const INVALID_HANDLE: Code = Code(9000);
    /// An argument is not valid.
    pub const INVALID_ARGUMENT: Code = Code(9001);
    /// There are too many live handles.
    pub const TOO_MANY_HANDLES: Code = Code(9002);
    /// The database was closed.
    pub const DATABASE_CLOSED: Code = Code(9003);
    /// An earlier write failed; the database takes no commits until it is reopened.
    pub const DATABASE_FAILED: Code = Code(9004);
    /// The database exists already.
    pub const DATABASE_EXISTS: Code = Code(9005);
    /// There is no database here.
    pub const DATABASE_MISSING: Code = Code(9006);
    /// The directory holds something else than a Plinth database.
    pub const NOT_A_DATABASE: Code = Code(9007);
    /// The database was written by a newer version of the library.
    pub const FORMAT_NOT_SUPPORTED: Code = Code(9008);
    /// The keyspace does not exist.
    pub const KEYSPACE_NOT_FOUND: Code = Code(9009);
    /// The keyspace was dropped.
    pub const KEYSPACE_DROPPED: Code = Code(9010);
    /// The keyspace name is not valid.
    pub const INVALID_KEYSPACE_NAME: Code = Code(9011);
    /// There are too many live transactions.
    pub const TOO_MANY_TRANSACTIONS: Code = Code(9012);
    /// The memory budget of the database is used up.
    pub const MEMORY_LIMIT_EXCEEDED: Code = Code(9013);
    /// No live transaction has this id.
    pub const TRANSACTION_NOT_FOUND: Code = Code(9014);
    /// There are too many keyspaces.
    pub const TOO_MANY_KEYSPACES: Code = Code(9015);
    /// The handle was made before this process was forked; open the database again in the child.
    pub const FORKED: Code = Code(9016);
    /// The process that serves the database directory does not answer.
    pub const HOST_UNAVAILABLE: Code = Code(9017);
    /// The process that serves the database directory has a library that does not understand this one.
    pub const PROTOCOL_NOT_SUPPORTED: Code = Code(9018);
    /// The process at the other end of the socket belongs to another user.
    pub const PEER_NOT_PERMITTED: Code = Code(9019);
    /// The directory is on a file system where locks or sockets do not work between processes.
    pub const FILE_SYSTEM_NOT_SUITABLE: Code = Code(9020);
    /// Commits that were acknowledged are missing; the log ended early.
    pub const COMMITS_LOST: Code = Code(9021);
    /// The database was opened for reading only.
    pub const DATABASE_READ_ONLY: Code = Code(9022);
    /// Another checkpoint, backup, verification or compaction is under way.
    pub const UPKEEP_UNDER_WAY: Code = Code(9023);
    /// What was to be made exists already.
    pub const TARGET_EXISTS: Code = Code(9024);
    /// The directory holds no backups of Plinth.
    pub const NOT_A_BACKUP_DIRECTORY: Code = Code(9025);
    /// The backup does not exist.
    pub const BACKUP_NOT_FOUND: Code = Code(9026);
    /// A file of the backup is missing or damaged.
    pub const BACKUP_DAMAGED: Code = Code(9027);
    /// Too many states of the database are held at a time.
    pub const TOO_MANY_HELD_STATES: Code = Code(9030);
    /// The state that was held is gone, because the database has another host now; begin again with a new one.
    pub const HELD_STATE_LOST: Code = Code(9031);
    /// This is not a dump of a database.
    pub const NOT_A_DUMP: Code = Code(9032);
    /// The dump is damaged or cut short.
    pub const DUMP_DAMAGED: Code = Code(9033);
    /// There is something already where it was to go.
    pub const TARGET_NOT_EMPTY: Code = Code(9034);
    /// A load into the database was begun and is not finished.
    pub const LOAD_UNFINISHED: Code = Code(9035);
    /// The versions of the database are below those of what was to go there, and can't be raised.
    pub const VERSIONS_BEHIND: Code = Code(9036);
    /// Too many trackers follow the changes of the database at a time.
    pub const TOO_MANY_TRACKERS: Code = Code(9037);
    /// What changed is not known, because the database has another host now; begin again with a copy of all.
    pub const CHANGES_LOST: Code = Code(9038);
    /// FoundationDB's client library was not found, or can't be loaded.
    pub const CLUSTER_CLIENT_MISSING: Code = Code(9040);
    /// The client library of FoundationDB that was found can't be used.
    pub const CLUSTER_CLIENT_UNSUITABLE: Code = Code(9041);
    /// The keys of the cluster in which keyspaces are kept hold something else.
    pub const CLUSTER_RANGE_IN_USE: Code = Code(9042);
    /// This build of the library has no part for such a place.
    pub const BACKEND_MISSING: Code = Code(9043);
    /// A move into the database was begun and is not finished.
    pub const MOVE_UNFINISHED: Code = Code(9050);
    /// What was moved is not equal on both sides.
    pub const MOVE_DIFFERS: Code = Code(9051);
    /// Writers would have to pause for longer than was allowed.
    pub const MOVE_PAUSE_TOO_LONG: Code = Code(9052);
}

/// Every known error, by number.
#[rustfmt::skip]
pub const TABLE: &[Entry] = &[
    Entry { number: 0, name: "success", text: "Success", retry: Retry::No, on_error: OnError::None },
    Entry { number: 1, name: "end_of_stream", text: "End of stream", retry: Retry::No, on_error: OnError::None },
    Entry { number: 1000, name: "operation_failed", text: "Operation failed", retry: Retry::No, on_error: OnError::None },
    Entry { number: 1004, name: "timed_out", text: "Operation timed out", retry: Retry::No, on_error: OnError::None },
    Entry { number: 1007, name: "transaction_too_old", text: "The transaction is too old to read or to commit", retry: Retry::Yes, on_error: OnError::Short },
    Entry { number: 1009, name: "future_version", text: "The read version is newer than the newest commit", retry: Retry::Yes, on_error: OnError::Short },
    Entry { number: 1020, name: "not_committed", text: "A key that the transaction read was changed by a concurrent commit", retry: Retry::Yes, on_error: OnError::Backoff },
    Entry { number: 1021, name: "commit_unknown_result", text: "The commit may or may not have happened, and is no longer in flight", retry: Retry::Maybe, on_error: OnError::Backoff },
    Entry { number: 1022, name: "commit_unknown_result_fatal", text: "The commit may or may not have happened and its idempotency id may have expired", retry: Retry::No, on_error: OnError::None },
    Entry { number: 1025, name: "transaction_cancelled", text: "The transaction was cancelled", retry: Retry::No, on_error: OnError::None },
    Entry { number: 1026, name: "connection_failed", text: "A network connection failed", retry: Retry::No, on_error: OnError::None },
    Entry { number: 1029, name: "watch_cancelled", text: "The watch was cancelled", retry: Retry::No, on_error: OnError::None },
    Entry { number: 1031, name: "transaction_timed_out", text: "The transaction ran out of its time limit", retry: Retry::No, on_error: OnError::None },
    Entry { number: 1032, name: "too_many_watches", text: "There are too many watches", retry: Retry::No, on_error: OnError::None },
    Entry { number: 1033, name: "locality_information_unavailable", text: "Locality information is not available", retry: Retry::No, on_error: OnError::None },
    Entry { number: 1034, name: "watches_disabled", text: "Watches need read-your-writes", retry: Retry::No, on_error: OnError::None },
    Entry { number: 1036, name: "accessed_unreadable", text: "The transaction read a key whose value is known only after its commit", retry: Retry::No, on_error: OnError::None },
    Entry { number: 1037, name: "process_behind", text: "Storage is behind", retry: Retry::Yes, on_error: OnError::Backoff },
    Entry { number: 1038, name: "database_locked", text: "The database is locked", retry: Retry::Yes, on_error: OnError::Backoff },
    Entry { number: 1039, name: "cluster_version_changed", text: "The protocol version of the cluster changed", retry: Retry::Maybe, on_error: OnError::Now },
    Entry { number: 1040, name: "external_client_already_loaded", text: "An external client is already loaded", retry: Retry::No, on_error: OnError::None },
    Entry { number: 1042, name: "commit_proxy_memory_limit_exceeded", text: "The commit was refused because too much work is queued", retry: Retry::Yes, on_error: OnError::Memory },
    Entry { number: 1043, name: "shutdown_in_progress", text: "Not possible while shutting down", retry: Retry::No, on_error: OnError::None },
    Entry { number: 1051, name: "batch_transaction_throttled", text: "Batch transactions are throttled", retry: Retry::Yes, on_error: OnError::Backoff },
    Entry { number: 1078, name: "grv_proxy_memory_limit_exceeded", text: "Read versions were refused because too much work is queued", retry: Retry::Yes, on_error: OnError::Memory },
    Entry { number: 1079, name: "blob_granule_request_failed", text: "A blob granule request failed", retry: Retry::No, on_error: OnError::Backoff },
    Entry { number: 1100, name: "broken_promise", text: "An internal answer never came", retry: Retry::No, on_error: OnError::None },
    Entry { number: 1101, name: "operation_cancelled", text: "The asynchronous operation was cancelled", retry: Retry::No, on_error: OnError::None },
    Entry { number: 1102, name: "future_released", text: "The memory of the future was released", retry: Retry::No, on_error: OnError::None },
    Entry { number: 1213, name: "tag_throttled", text: "The transaction tag is throttled", retry: Retry::Yes, on_error: OnError::Backoff },
    Entry { number: 1223, name: "proxy_tag_throttled", text: "The transaction tag is throttled by a proxy", retry: Retry::Yes, on_error: OnError::Backoff },
    Entry { number: 1235, name: "transaction_throttled_hot_shard", text: "The transaction was throttled because of a hot range of keys", retry: Retry::No, on_error: OnError::None },
    Entry { number: 1242, name: "transaction_grv_queue_rejected", text: "The request for a read version was rejected because the queue was too long", retry: Retry::No, on_error: OnError::None },
    Entry { number: 1500, name: "platform_error", text: "The operating system reported an error", retry: Retry::No, on_error: OnError::None },
    Entry { number: 1501, name: "large_alloc_failed", text: "A large allocation failed", retry: Retry::No, on_error: OnError::None },
    Entry { number: 1510, name: "io_error", text: "Reading or writing the disk failed", retry: Retry::No, on_error: OnError::None },
    Entry { number: 1511, name: "file_not_found", text: "The file does not exist", retry: Retry::No, on_error: OnError::None },
    Entry { number: 1513, name: "file_not_readable", text: "The file cannot be read", retry: Retry::No, on_error: OnError::None },
    Entry { number: 1514, name: "file_not_writable", text: "The file cannot be written", retry: Retry::No, on_error: OnError::None },
    Entry { number: 1515, name: "no_cluster_file_found", text: "No cluster file was found", retry: Retry::No, on_error: OnError::None },
    Entry { number: 1520, name: "checksum_failed", text: "A checksum does not match", retry: Retry::No, on_error: OnError::None },
    Entry { number: 1522, name: "file_corrupt", text: "A file of the database is damaged", retry: Retry::No, on_error: OnError::None },
    Entry { number: 1529, name: "lock_file_failure", text: "The database directory is in use", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2000, name: "client_invalid_operation", text: "The call is not valid here", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2002, name: "commit_read_incomplete", text: "Commit with incomplete reads", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2004, name: "key_outside_legal_range", text: "The key lies outside the legal range", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2005, name: "inverted_range", text: "The range begins after its end", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2006, name: "invalid_option_value", text: "The value of the option is not valid", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2007, name: "invalid_option", text: "The option does not exist", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2008, name: "network_not_setup", text: "The network is not set up", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2009, name: "network_already_setup", text: "The network is already set up", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2010, name: "read_version_already_set", text: "The transaction already has a read version", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2011, name: "version_invalid", text: "The version is not valid", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2012, name: "range_limits_invalid", text: "The limits of the range read are not valid", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2013, name: "invalid_database_name", text: "The database name is not valid", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2014, name: "attribute_not_found", text: "The attribute does not exist", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2015, name: "future_not_set", text: "The future is not ready", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2016, name: "future_not_error", text: "The future is not an error", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2017, name: "used_during_commit", text: "The transaction was used after its commit had started", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2018, name: "invalid_mutation_type", text: "The mutation type does not exist", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2020, name: "transaction_invalid_version", text: "The transaction has no valid commit version", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2021, name: "no_commit_version", text: "A read-only transaction has no commit version", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2022, name: "environment_variable_network_option_failed", text: "A network option in the environment is not valid", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2023, name: "transaction_read_only", text: "The transaction may only read", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2025, name: "network_cannot_be_restarted", text: "The network cannot be started twice", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2026, name: "blocked_from_network_thread", text: "Waiting on the network thread would never end", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2030, name: "mapper_bad_index", text: "The mapper names an element that the index entry does not have", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2031, name: "mapper_no_such_key", text: "The mapper names a key that there is not", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2032, name: "mapper_bad_range_descriptor", text: "The mapper's range mark is not its last element", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2033, name: "quick_get_key_values_has_more", text: "The second range has more pairs than can be returned", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2034, name: "quick_get_value_miss", text: "The value that an index entry leads to is elsewhere", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2035, name: "quick_get_key_values_miss", text: "The range that an index entry leads to is elsewhere", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2036, name: "blob_granule_no_ryw", text: "Blob granules can only be read without own writes", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2037, name: "blob_granule_not_materialized", text: "A blob granule was not made", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2038, name: "get_mapped_key_values_has_more", text: "The mapped range has more pairs than can be returned", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2039, name: "get_mapped_range_reads_your_writes", text: "A mapped range can't be read over own writes", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2041, name: "key_not_tuple", text: "The key of the index entry is not a tuple", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2042, name: "value_not_tuple", text: "The value of the index entry is not a tuple", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2043, name: "mapper_not_tuple", text: "The mapper is not a tuple", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2100, name: "incompatible_protocol_version", text: "The protocol versions do not match", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2101, name: "transaction_too_large", text: "The transaction is larger than its size limit", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2102, name: "key_too_large", text: "The key is longer than allowed", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2103, name: "value_too_large", text: "The value is longer than allowed", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2104, name: "connection_string_invalid", text: "The connection string is not valid", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2108, name: "unsupported_operation", text: "The operation is not supported", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2109, name: "too_many_tags", text: "The transaction has too many tags", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2110, name: "tag_too_long", text: "The transaction tag is too long", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2111, name: "too_many_tag_throttles", text: "There are too many tag throttles", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2112, name: "special_keys_cross_module_read", text: "The special-key read crosses modules", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2113, name: "special_keys_no_module_found", text: "No module answers for this special key", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2114, name: "special_keys_write_disabled", text: "Special-key writes are not enabled", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2115, name: "special_keys_no_write_module_found", text: "No module takes writes to this special key", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2116, name: "special_keys_cross_module_clear", text: "The special-key clear crosses modules", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2117, name: "special_keys_api_failure", text: "The special-key call failed", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2130, name: "tenant_name_required", text: "A tenant name is required", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2131, name: "tenant_not_found", text: "The tenant does not exist", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2132, name: "tenant_already_exists", text: "The tenant exists already", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2133, name: "tenant_not_empty", text: "The tenant is not empty", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2134, name: "invalid_tenant_name", text: "The tenant name is not valid", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2135, name: "tenant_prefix_allocator_conflict", text: "The tenant prefix is taken", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2136, name: "tenants_disabled", text: "Tenants are not enabled", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2137, name: "unknown_tenant", text: "The tenant is not known yet", retry: Retry::Yes, on_error: OnError::Short },
    Entry { number: 2138, name: "illegal_tenant_access", text: "The tenant may not be used here", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2200, name: "api_version_unset", text: "No API version was selected", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2201, name: "api_version_already_set", text: "The API version was selected before", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2202, name: "api_version_invalid", text: "The API version is not valid", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2203, name: "api_version_not_supported", text: "The API version is not supported", retry: Retry::No, on_error: OnError::None },
    Entry { number: 2210, name: "exact_mode_without_limits", text: "EXACT mode needs a limit", retry: Retry::No, on_error: OnError::None },
    Entry { number: 4000, name: "unknown_error", text: "An unknown error occurred", retry: Retry::No, on_error: OnError::None },
    Entry { number: 4100, name: "internal_error", text: "An internal error occurred", retry: Retry::No, on_error: OnError::None },
    Entry { number: 6000, name: "permission_denied", text: "Permission denied", retry: Retry::No, on_error: OnError::None },
    Entry { number: 6001, name: "unauthorized_attempt", text: "The attempt is not authorised", retry: Retry::No, on_error: OnError::None },
    Entry { number: 9000, name: "invalid_handle", text: "The handle is NULL, destroyed, or of another kind", retry: Retry::No, on_error: OnError::None },
    Entry { number: 9001, name: "invalid_argument", text: "An argument is not valid", retry: Retry::No, on_error: OnError::None },
    Entry { number: 9002, name: "too_many_handles", text: "There are too many live handles", retry: Retry::No, on_error: OnError::None },
    Entry { number: 9003, name: "database_closed", text: "The database was closed", retry: Retry::No, on_error: OnError::None },
    Entry { number: 9004, name: "database_failed", text: "An earlier write failed; the database takes no commits until it is reopened", retry: Retry::No, on_error: OnError::None },
    Entry { number: 9005, name: "database_exists", text: "The database exists already", retry: Retry::No, on_error: OnError::None },
    Entry { number: 9006, name: "database_missing", text: "There is no database here", retry: Retry::No, on_error: OnError::None },
    Entry { number: 9007, name: "not_a_database", text: "The directory holds something else than a Plinth database", retry: Retry::No, on_error: OnError::None },
    Entry { number: 9008, name: "format_not_supported", text: "The database was written by a newer version of the library", retry: Retry::No, on_error: OnError::None },
    Entry { number: 9009, name: "keyspace_not_found", text: "The keyspace does not exist", retry: Retry::No, on_error: OnError::None },
    Entry { number: 9010, name: "keyspace_dropped", text: "The keyspace was dropped", retry: Retry::No, on_error: OnError::None },
    Entry { number: 9011, name: "invalid_keyspace_name", text: "The keyspace name is not valid", retry: Retry::No, on_error: OnError::None },
    Entry { number: 9012, name: "too_many_transactions", text: "There are too many live transactions", retry: Retry::No, on_error: OnError::None },
    Entry { number: 9013, name: "memory_limit_exceeded", text: "The memory budget of the database is used up", retry: Retry::No, on_error: OnError::None },
    Entry { number: 9014, name: "transaction_not_found", text: "No live transaction has this id", retry: Retry::No, on_error: OnError::None },
    Entry { number: 9015, name: "too_many_keyspaces", text: "There are too many keyspaces", retry: Retry::No, on_error: OnError::None },
    Entry { number: 9016, name: "forked", text: "The handle was made before this process was forked; open the database again in the child", retry: Retry::No, on_error: OnError::None },
    Entry { number: 9017, name: "host_unavailable", text: "The process that serves the database directory does not answer", retry: Retry::Yes, on_error: OnError::Backoff },
    Entry { number: 9018, name: "protocol_not_supported", text: "The process that serves the database directory has a library that does not understand this one", retry: Retry::No, on_error: OnError::None },
    Entry { number: 9019, name: "peer_not_permitted", text: "The process at the other end of the socket belongs to another user", retry: Retry::No, on_error: OnError::None },
    Entry { number: 9020, name: "file_system_not_suitable", text: "The directory is on a file system where locks or sockets do not work between processes", retry: Retry::No, on_error: OnError::None },
    Entry { number: 9021, name: "commits_lost", text: "Commits that were acknowledged are missing; the log ended early", retry: Retry::No, on_error: OnError::None },
    Entry { number: 9022, name: "database_read_only", text: "The database was opened for reading only", retry: Retry::No, on_error: OnError::None },
    Entry { number: 9023, name: "upkeep_under_way", text: "Another checkpoint, backup, verification or compaction is under way", retry: Retry::No, on_error: OnError::None },
    Entry { number: 9024, name: "target_exists", text: "What was to be made exists already", retry: Retry::No, on_error: OnError::None },
    Entry { number: 9025, name: "not_a_backup_directory", text: "The directory holds no backups of Plinth", retry: Retry::No, on_error: OnError::None },
    Entry { number: 9026, name: "backup_not_found", text: "The backup does not exist", retry: Retry::No, on_error: OnError::None },
    Entry { number: 9027, name: "backup_damaged", text: "A file of the backup is missing or damaged", retry: Retry::No, on_error: OnError::None },
    Entry { number: 9030, name: "too_many_held_states", text: "Too many states of the database are held at a time", retry: Retry::No, on_error: OnError::None },
    Entry { number: 9031, name: "held_state_lost", text: "The state that was held is gone, because the database has another host now; begin again with a new one", retry: Retry::Yes, on_error: OnError::Backoff },
    Entry { number: 9032, name: "not_a_dump", text: "This is not a dump of a database", retry: Retry::No, on_error: OnError::None },
    Entry { number: 9033, name: "dump_damaged", text: "The dump is damaged or cut short", retry: Retry::No, on_error: OnError::None },
    Entry { number: 9034, name: "target_not_empty", text: "There is something already where it was to go", retry: Retry::No, on_error: OnError::None },
    Entry { number: 9035, name: "load_unfinished", text: "A load into the database was begun and is not finished", retry: Retry::No, on_error: OnError::None },
    Entry { number: 9036, name: "versions_behind", text: "The versions of the database are below those of what was to go there, and can't be raised", retry: Retry::No, on_error: OnError::None },
    Entry { number: 9037, name: "too_many_trackers", text: "Too many trackers follow the changes of the database at a time", retry: Retry::No, on_error: OnError::None },
    Entry { number: 9038, name: "changes_lost", text: "What changed is not known, because the database has another host now; begin again with a copy of all", retry: Retry::No, on_error: OnError::None },
    Entry { number: 9040, name: "cluster_client_missing", text: "FoundationDB's client library was not found, or can't be loaded", retry: Retry::No, on_error: OnError::None },
    Entry { number: 9041, name: "cluster_client_unsuitable", text: "The client library of FoundationDB that was found can't be used", retry: Retry::No, on_error: OnError::None },
    Entry { number: 9042, name: "cluster_range_in_use", text: "The keys of the cluster in which keyspaces are kept hold something else", retry: Retry::No, on_error: OnError::None },
    Entry { number: 9043, name: "backend_missing", text: "This build of the library has no part for such a place", retry: Retry::No, on_error: OnError::None },
    Entry { number: 9050, name: "move_unfinished", text: "A move into the database was begun and is not finished", retry: Retry::No, on_error: OnError::None },
    Entry { number: 9051, name: "move_differs", text: "What was moved is not equal on both sides", retry: Retry::No, on_error: OnError::None },
    Entry { number: 9052, name: "move_pause_too_long", text: "Writers would have to pause for longer than was allowed", retry: Retry::No, on_error: OnError::None },
];
