//! Generated from `schema/errors.toml` by `cargo xtask codegen`; do not edit.

/// Every error number. FoundationDB's are as FoundationDB has them; those from 9000 on are
/// Plinth's own.
#[repr(C)]
#[derive(Clone, Copy)]
pub enum plinth_error_number {
    /// Success.
    PLINTH_ERROR_SUCCESS = 0,
    /// End of stream.
    PLINTH_ERROR_END_OF_STREAM = 1,
    /// Operation failed.
    PLINTH_ERROR_OPERATION_FAILED = 1000,
    /// Operation timed out.
    PLINTH_ERROR_TIMED_OUT = 1004,
    /// The transaction is too old to read or to commit.
    PLINTH_ERROR_TRANSACTION_TOO_OLD = 1007,
    /// The read version is newer than the newest commit.
    PLINTH_ERROR_FUTURE_VERSION = 1009,
    /// A key that the transaction read was changed by a concurrent commit.
    PLINTH_ERROR_NOT_COMMITTED = 1020,
    /// The commit may or may not have happened, and is no longer in flight.
    PLINTH_ERROR_COMMIT_UNKNOWN_RESULT = 1021,
    /// The commit may or may not have happened and its idempotency id may have expired.
    PLINTH_ERROR_COMMIT_UNKNOWN_RESULT_FATAL = 1022,
    /// The transaction was cancelled.
    PLINTH_ERROR_TRANSACTION_CANCELLED = 1025,
    /// A network connection failed.
    PLINTH_ERROR_CONNECTION_FAILED = 1026,
    /// The watch was cancelled.
    PLINTH_ERROR_WATCH_CANCELLED = 1029,
    /// The transaction ran out of its time limit.
    PLINTH_ERROR_TRANSACTION_TIMED_OUT = 1031,
    /// There are too many watches.
    PLINTH_ERROR_TOO_MANY_WATCHES = 1032,
    /// Locality information is not available.
    PLINTH_ERROR_LOCALITY_INFORMATION_UNAVAILABLE = 1033,
    /// Watches need read-your-writes.
    PLINTH_ERROR_WATCHES_DISABLED = 1034,
    /// The transaction read a key whose value is known only after its commit.
    PLINTH_ERROR_ACCESSED_UNREADABLE = 1036,
    /// Storage is behind.
    PLINTH_ERROR_PROCESS_BEHIND = 1037,
    /// The database is locked.
    PLINTH_ERROR_DATABASE_LOCKED = 1038,
    /// The protocol version of the cluster changed.
    PLINTH_ERROR_CLUSTER_VERSION_CHANGED = 1039,
    /// An external client is already loaded.
    PLINTH_ERROR_EXTERNAL_CLIENT_ALREADY_LOADED = 1040,
    /// The commit was refused because too much work is queued.
    PLINTH_ERROR_COMMIT_PROXY_MEMORY_LIMIT_EXCEEDED = 1042,
    /// Not possible while shutting down.
    PLINTH_ERROR_SHUTDOWN_IN_PROGRESS = 1043,
    /// Batch transactions are throttled.
    PLINTH_ERROR_BATCH_TRANSACTION_THROTTLED = 1051,
    /// Read versions were refused because too much work is queued.
    PLINTH_ERROR_GRV_PROXY_MEMORY_LIMIT_EXCEEDED = 1078,
    /// A blob granule request failed.
    PLINTH_ERROR_BLOB_GRANULE_REQUEST_FAILED = 1079,
    /// An internal answer never came.
    PLINTH_ERROR_BROKEN_PROMISE = 1100,
    /// The asynchronous operation was cancelled.
    PLINTH_ERROR_OPERATION_CANCELLED = 1101,
    /// The memory of the future was released.
    PLINTH_ERROR_FUTURE_RELEASED = 1102,
    /// The transaction tag is throttled.
    PLINTH_ERROR_TAG_THROTTLED = 1213,
    /// The transaction tag is throttled by a proxy.
    PLINTH_ERROR_PROXY_TAG_THROTTLED = 1223,
    /// The transaction was throttled because of a hot range of keys.
    PLINTH_ERROR_TRANSACTION_THROTTLED_HOT_SHARD = 1235,
    /// The request for a read version was rejected because the queue was too long.
    PLINTH_ERROR_TRANSACTION_GRV_QUEUE_REJECTED = 1242,
    /// The operating system reported an error.
    PLINTH_ERROR_PLATFORM_ERROR = 1500,
    /// A large allocation failed.
    PLINTH_ERROR_LARGE_ALLOC_FAILED = 1501,
    /// Reading or writing the disk failed.
    PLINTH_ERROR_IO_ERROR = 1510,
    /// The file does not exist.
    PLINTH_ERROR_FILE_NOT_FOUND = 1511,
    /// The file cannot be read.
    PLINTH_ERROR_FILE_NOT_READABLE = 1513,
    /// The file cannot be written.
    PLINTH_ERROR_FILE_NOT_WRITABLE = 1514,
    /// No cluster file was found.
    PLINTH_ERROR_NO_CLUSTER_FILE_FOUND = 1515,
    /// A checksum does not match.
    PLINTH_ERROR_CHECKSUM_FAILED = 1520,
    /// A file of the database is damaged.
    PLINTH_ERROR_FILE_CORRUPT = 1522,
    /// The database directory is in use.
    PLINTH_ERROR_LOCK_FILE_FAILURE = 1529,
    /// The call is not valid here.
    PLINTH_ERROR_CLIENT_INVALID_OPERATION = 2000,
    /// Commit with incomplete reads.
    PLINTH_ERROR_COMMIT_READ_INCOMPLETE = 2002,
    /// The key lies outside the legal range.
    PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE = 2004,
    /// The range begins after its end.
    PLINTH_ERROR_INVERTED_RANGE = 2005,
    /// The value of the option is not valid.
    PLINTH_ERROR_INVALID_OPTION_VALUE = 2006,
    /// The option does not exist.
    PLINTH_ERROR_INVALID_OPTION = 2007,
    /// The network is not set up.
    PLINTH_ERROR_NETWORK_NOT_SETUP = 2008,
    /// The network is already set up.
    PLINTH_ERROR_NETWORK_ALREADY_SETUP = 2009,
    /// The transaction already has a read version.
    PLINTH_ERROR_READ_VERSION_ALREADY_SET = 2010,
    /// The version is not valid.
    PLINTH_ERROR_VERSION_INVALID = 2011,
    /// The limits of the range read are not valid.
    PLINTH_ERROR_RANGE_LIMITS_INVALID = 2012,
    /// The database name is not valid.
    PLINTH_ERROR_INVALID_DATABASE_NAME = 2013,
    /// The attribute does not exist.
    PLINTH_ERROR_ATTRIBUTE_NOT_FOUND = 2014,
    /// The future is not ready.
    PLINTH_ERROR_FUTURE_NOT_SET = 2015,
    /// The future is not an error.
    PLINTH_ERROR_FUTURE_NOT_ERROR = 2016,
    /// The transaction was used after its commit had started.
    PLINTH_ERROR_USED_DURING_COMMIT = 2017,
    /// The mutation type does not exist.
    PLINTH_ERROR_INVALID_MUTATION_TYPE = 2018,
    /// The transaction has no valid commit version.
    PLINTH_ERROR_TRANSACTION_INVALID_VERSION = 2020,
    /// A read-only transaction has no commit version.
    PLINTH_ERROR_NO_COMMIT_VERSION = 2021,
    /// A network option in the environment is not valid.
    PLINTH_ERROR_ENVIRONMENT_VARIABLE_NETWORK_OPTION_FAILED = 2022,
    /// The transaction may only read.
    PLINTH_ERROR_TRANSACTION_READ_ONLY = 2023,
    /// The network cannot be started twice.
    PLINTH_ERROR_NETWORK_CANNOT_BE_RESTARTED = 2025,
    /// Waiting on the network thread would never end.
    PLINTH_ERROR_BLOCKED_FROM_NETWORK_THREAD = 2026,
    /// The mapper names an element that the index entry does not have.
    PLINTH_ERROR_MAPPER_BAD_INDEX = 2030,
    /// The mapper names a key that there is not.
    PLINTH_ERROR_MAPPER_NO_SUCH_KEY = 2031,
    /// The mapper's range mark is not its last element.
    PLINTH_ERROR_MAPPER_BAD_RANGE_DESCRIPTOR = 2032,
    /// The second range has more pairs than can be returned.
    PLINTH_ERROR_QUICK_GET_KEY_VALUES_HAS_MORE = 2033,
    /// The value that an index entry leads to is elsewhere.
    PLINTH_ERROR_QUICK_GET_VALUE_MISS = 2034,
    /// The range that an index entry leads to is elsewhere.
    PLINTH_ERROR_QUICK_GET_KEY_VALUES_MISS = 2035,
    /// Blob granules can only be read without own writes.
    PLINTH_ERROR_BLOB_GRANULE_NO_RYW = 2036,
    /// A blob granule was not made.
    PLINTH_ERROR_BLOB_GRANULE_NOT_MATERIALIZED = 2037,
    /// The mapped range has more pairs than can be returned.
    PLINTH_ERROR_GET_MAPPED_KEY_VALUES_HAS_MORE = 2038,
    /// A mapped range can't be read over own writes.
    PLINTH_ERROR_GET_MAPPED_RANGE_READS_YOUR_WRITES = 2039,
    /// The key of the index entry is not a tuple.
    PLINTH_ERROR_KEY_NOT_TUPLE = 2041,
    /// The value of the index entry is not a tuple.
    PLINTH_ERROR_VALUE_NOT_TUPLE = 2042,
    /// The mapper is not a tuple.
    PLINTH_ERROR_MAPPER_NOT_TUPLE = 2043,
    /// The protocol versions do not match.
    PLINTH_ERROR_INCOMPATIBLE_PROTOCOL_VERSION = 2100,
    /// The transaction is larger than its size limit.
    PLINTH_ERROR_TRANSACTION_TOO_LARGE = 2101,
    /// The key is longer than allowed.
    PLINTH_ERROR_KEY_TOO_LARGE = 2102,
    /// The value is longer than allowed.
    PLINTH_ERROR_VALUE_TOO_LARGE = 2103,
    /// The connection string is not valid.
    PLINTH_ERROR_CONNECTION_STRING_INVALID = 2104,
    /// The operation is not supported.
    PLINTH_ERROR_UNSUPPORTED_OPERATION = 2108,
    /// The transaction has too many tags.
    PLINTH_ERROR_TOO_MANY_TAGS = 2109,
    /// The transaction tag is too long.
    PLINTH_ERROR_TAG_TOO_LONG = 2110,
    /// There are too many tag throttles.
    PLINTH_ERROR_TOO_MANY_TAG_THROTTLES = 2111,
    /// The special-key read crosses modules.
    PLINTH_ERROR_SPECIAL_KEYS_CROSS_MODULE_READ = 2112,
    /// No module answers for this special key.
    PLINTH_ERROR_SPECIAL_KEYS_NO_MODULE_FOUND = 2113,
    /// Special-key writes are not enabled.
    PLINTH_ERROR_SPECIAL_KEYS_WRITE_DISABLED = 2114,
    /// No module takes writes to this special key.
    PLINTH_ERROR_SPECIAL_KEYS_NO_WRITE_MODULE_FOUND = 2115,
    /// The special-key clear crosses modules.
    PLINTH_ERROR_SPECIAL_KEYS_CROSS_MODULE_CLEAR = 2116,
    /// The special-key call failed.
    PLINTH_ERROR_SPECIAL_KEYS_API_FAILURE = 2117,
    /// A tenant name is required.
    PLINTH_ERROR_TENANT_NAME_REQUIRED = 2130,
    /// The tenant does not exist.
    PLINTH_ERROR_TENANT_NOT_FOUND = 2131,
    /// The tenant exists already.
    PLINTH_ERROR_TENANT_ALREADY_EXISTS = 2132,
    /// The tenant is not empty.
    PLINTH_ERROR_TENANT_NOT_EMPTY = 2133,
    /// The tenant name is not valid.
    PLINTH_ERROR_INVALID_TENANT_NAME = 2134,
    /// The tenant prefix is taken.
    PLINTH_ERROR_TENANT_PREFIX_ALLOCATOR_CONFLICT = 2135,
    /// Tenants are not enabled.
    PLINTH_ERROR_TENANTS_DISABLED = 2136,
    /// The tenant is not known yet.
    PLINTH_ERROR_UNKNOWN_TENANT = 2137,
    /// The tenant may not be used here.
    PLINTH_ERROR_ILLEGAL_TENANT_ACCESS = 2138,
    /// No API version was selected.
    PLINTH_ERROR_API_VERSION_UNSET = 2200,
    /// The API version was selected before.
    PLINTH_ERROR_API_VERSION_ALREADY_SET = 2201,
    /// The API version is not valid.
    PLINTH_ERROR_API_VERSION_INVALID = 2202,
    /// The API version is not supported.
    PLINTH_ERROR_API_VERSION_NOT_SUPPORTED = 2203,
    /// EXACT mode needs a limit.
    PLINTH_ERROR_EXACT_MODE_WITHOUT_LIMITS = 2210,
    /// An unknown error occurred.
    PLINTH_ERROR_UNKNOWN_ERROR = 4000,
    /// An internal error occurred.
    PLINTH_ERROR_INTERNAL_ERROR = 4100,
    /// Permission denied.
    PLINTH_ERROR_PERMISSION_DENIED = 6000,
    /// The attempt is not authorised.
    PLINTH_ERROR_UNAUTHORIZED_ATTEMPT = 6001,
    /// The handle is NULL, destroyed, or of another kind.
    PLINTH_ERROR_INVALID_HANDLE = 9000,
    /// An argument is not valid.
    PLINTH_ERROR_INVALID_ARGUMENT = 9001,
    /// There are too many live handles.
    PLINTH_ERROR_TOO_MANY_HANDLES = 9002,
    /// The database was closed.
    PLINTH_ERROR_DATABASE_CLOSED = 9003,
    /// An earlier write failed; the database takes no commits until it is reopened.
    PLINTH_ERROR_DATABASE_FAILED = 9004,
    /// The database exists already.
    PLINTH_ERROR_DATABASE_EXISTS = 9005,
    /// There is no database here.
    PLINTH_ERROR_DATABASE_MISSING = 9006,
    /// The directory holds something else than a Plinth database.
    PLINTH_ERROR_NOT_A_DATABASE = 9007,
    /// The database was written by a newer version of the library.
    PLINTH_ERROR_FORMAT_NOT_SUPPORTED = 9008,
    /// The keyspace does not exist.
    PLINTH_ERROR_KEYSPACE_NOT_FOUND = 9009,
    /// The keyspace was dropped.
    PLINTH_ERROR_KEYSPACE_DROPPED = 9010,
    /// The keyspace name is not valid.
    PLINTH_ERROR_INVALID_KEYSPACE_NAME = 9011,
    /// There are too many live transactions.
    PLINTH_ERROR_TOO_MANY_TRANSACTIONS = 9012,
    /// The memory budget of the database is used up.
    PLINTH_ERROR_MEMORY_LIMIT_EXCEEDED = 9013,
    /// No live transaction has this id.
    PLINTH_ERROR_TRANSACTION_NOT_FOUND = 9014,
    /// There are too many keyspaces.
    PLINTH_ERROR_TOO_MANY_KEYSPACES = 9015,
    /// The handle was made before this process was forked; open the database again in the child.
    PLINTH_ERROR_FORKED = 9016,
    /// The process that serves the database directory does not answer.
    PLINTH_ERROR_HOST_UNAVAILABLE = 9017,
    /// The process that serves the database directory has a library that does not understand this one.
    PLINTH_ERROR_PROTOCOL_NOT_SUPPORTED = 9018,
    /// The process at the other end of the socket belongs to another user.
    PLINTH_ERROR_PEER_NOT_PERMITTED = 9019,
    /// The directory is on a file system where locks or sockets do not work between processes.
    PLINTH_ERROR_FILE_SYSTEM_NOT_SUITABLE = 9020,
    /// Commits that were acknowledged are missing; the log ended early.
    PLINTH_ERROR_COMMITS_LOST = 9021,
    /// The database was opened for reading only.
    PLINTH_ERROR_DATABASE_READ_ONLY = 9022,
    /// Another checkpoint, backup, verification or compaction is under way.
    PLINTH_ERROR_UPKEEP_UNDER_WAY = 9023,
    /// What was to be made exists already.
    PLINTH_ERROR_TARGET_EXISTS = 9024,
    /// The directory holds no backups of Plinth.
    PLINTH_ERROR_NOT_A_BACKUP_DIRECTORY = 9025,
    /// The backup does not exist.
    PLINTH_ERROR_BACKUP_NOT_FOUND = 9026,
    /// A file of the backup is missing or damaged.
    PLINTH_ERROR_BACKUP_DAMAGED = 9027,
    /// Too many states of the database are held at a time.
    PLINTH_ERROR_TOO_MANY_HELD_STATES = 9030,
    /// The state that was held is gone, because the database has another host now; begin again with a new one.
    PLINTH_ERROR_HELD_STATE_LOST = 9031,
    /// This is not a dump of a database.
    PLINTH_ERROR_NOT_A_DUMP = 9032,
    /// The dump is damaged or cut short.
    PLINTH_ERROR_DUMP_DAMAGED = 9033,
    /// There is something already where it was to go.
    PLINTH_ERROR_TARGET_NOT_EMPTY = 9034,
    /// A load into the database was begun and is not finished.
    PLINTH_ERROR_LOAD_UNFINISHED = 9035,
    /// The versions of the database are below those of what was to go there, and can't be raised.
    PLINTH_ERROR_VERSIONS_BEHIND = 9036,
    /// Too many trackers follow the changes of the database at a time.
    PLINTH_ERROR_TOO_MANY_TRACKERS = 9037,
    /// What changed is not known, because the database has another host now; begin again with a copy of all.
    PLINTH_ERROR_CHANGES_LOST = 9038,
    /// FoundationDB's client library was not found, or can't be loaded.
    PLINTH_ERROR_CLUSTER_CLIENT_MISSING = 9040,
    /// The client library of FoundationDB that was found can't be used.
    PLINTH_ERROR_CLUSTER_CLIENT_UNSUITABLE = 9041,
    /// The keys of the cluster in which keyspaces are kept hold something else.
    PLINTH_ERROR_CLUSTER_RANGE_IN_USE = 9042,
    /// This build of the library has no part for such a place.
    PLINTH_ERROR_BACKEND_MISSING = 9043,
    /// A move into the database was begun and is not finished.
    PLINTH_ERROR_MOVE_UNFINISHED = 9050,
    /// What was moved is not equal on both sides.
    PLINTH_ERROR_MOVE_DIFFERS = 9051,
    /// Writers would have to pause for longer than was allowed.
    PLINTH_ERROR_MOVE_PAUSE_TOO_LONG = 9052,
}
