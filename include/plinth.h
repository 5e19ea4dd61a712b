#ifndef PLINTH_H
#define PLINTH_H

/* Generated from src/ by `cargo xtask header`; do not edit. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * The number of the binary interface. It changes only when a program compiled against an older
 * header would no longer work; additions do not change it.
 */
#define PLINTH_ABI_VERSION 1

/**
 * What an acknowledged commit has survived.
 *
 * The type in structs and calls is `int32_t`, so that a wrong number is an error and not
 * undefined behaviour.
 */
typedef enum {
    /**
     * What the database was opened with; for a database, PLINTH_DURABILITY_SYNC.
     */
    PLINTH_DURABILITY_DEFAULT = 0,
    /**
     * On disk: the machine may lose power.
     */
    PLINTH_DURABILITY_SYNC = 1,
    /**
     * With the operating system: the process may be killed, but a machine that fails may lose
     * the newest commits. Never a part of one, and never one without all after it.
     */
    PLINTH_DURABILITY_BUFFERED = 2,
} plinth_durability;

/**
 * What a database spends memory and processor time on. It says nothing about what is stored: any database
 * opens with any of them, and its tables change over as they are compacted. Safety is the same with all.
 *
 * The type in structs is `int32_t`, so that a wrong number is an error and not undefined behaviour.
 */
typedef enum {
    /**
     * PLINTH_PRESET_BALANCED.
     */
    PLINTH_PRESET_DEFAULT = 0,
    /**
     * For reads and writes alike.
     */
    PLINTH_PRESET_BALANCED = 1,
    /**
     * For programs with little memory to give: a memory budget of 64 MiB unless another is given, small write
     * buffers and at most two background threads. Long loads take more processor time.
     */
    PLINTH_PRESET_SMALL_MEMORY = 2,
    /**
     * For programs that mostly read: more of the memory budget is cache, new tables are merged
     * sooner, and what is stored is compressed lightly. Reads from the disk take less processor time;
     * files are larger and writes cost more.
     */
    PLINTH_PRESET_READ_HEAVY = 3,
    /**
     * For loads and for programs that change much: up to half of the memory budget is write buffers, tables
     * are merged later and compressed lightly. Writes take less processor time; files are larger, reads look into
     * more of them, and an open after a crash has twice as much log to read.
     */
    PLINTH_PRESET_WRITE_HEAVY = 4,
} plinth_preset;

/**
 * How much something matters, and how much a listener wants to hear: a level and all above it.
 */
typedef enum {
    /**
     * Something failed, and somebody has to do something: a failed write, an open that failed.
     */
    PLINTH_LOG_ERROR = 1,
    /**
     * It goes on, but not as it should: commits are held back, a transaction was slow.
     */
    PLINTH_LOG_WARNING = 2,
    /**
     * Seldom, and of use in a journal: opened, closed, a directory was taken over.
     */
    PLINTH_LOG_INFO = 3,
    /**
     * Everything else: guests, conflicts, what RocksDB says of flushes and compactions.
     */
    PLINTH_LOG_DEBUG = 4,
    /**
     * Added to a level: keys are told too, escaped and cut to 64 bytes. Values never are.
     */
    PLINTH_LOG_WITH_KEYS = 256,
} plinth_log_level;

/**
 * Options of an open database, for plinth_database_set_option(). The numbers are FoundationDB's.
 */
typedef enum {
    /**
     * Watches that wait at most, 0 to 1,000,000; at first 10,000. Lowering it ends none.
     * Rule WATCH-8.
     */
    PLINTH_DATABASE_OPTION_MAX_WATCHES = 20,
    /**
     * Adds one to where the count of PLINTH_OPTION_SNAPSHOT_RYW_ENABLE begins. No value.
     */
    PLINTH_DATABASE_OPTION_SNAPSHOT_RYW_ENABLE = 26,
    /**
     * Takes one from it. No value.
     */
    PLINTH_DATABASE_OPTION_SNAPSHOT_RYW_DISABLE = 27,
    /**
     * Default of PLINTH_OPTION_TIMEOUT.
     */
    PLINTH_DATABASE_OPTION_TRANSACTION_TIMEOUT = 500,
    /**
     * Default of PLINTH_OPTION_RETRY_LIMIT.
     */
    PLINTH_DATABASE_OPTION_TRANSACTION_RETRY_LIMIT = 501,
    /**
     * Default of PLINTH_OPTION_MAX_RETRY_DELAY.
     */
    PLINTH_DATABASE_OPTION_TRANSACTION_MAX_RETRY_DELAY = 502,
    /**
     * Default of PLINTH_OPTION_SIZE_LIMIT.
     */
    PLINTH_DATABASE_OPTION_TRANSACTION_SIZE_LIMIT = 503,
    /**
     * Every transaction has PLINTH_OPTION_BYPASS_UNREADABLE. No value.
     */
    PLINTH_DATABASE_OPTION_TRANSACTION_BYPASS_UNREADABLE = 700,
    /**
     * Every transaction has PLINTH_OPTION_USED_DURING_COMMIT_PROTECTION_DISABLE. No value.
     */
    PLINTH_DATABASE_OPTION_TRANSACTION_USED_DURING_COMMIT_PROTECTION_DISABLE = 701,
    /**
     * Every transaction has PLINTH_OPTION_REPORT_CONFLICTING_KEYS. No value.
     */
    PLINTH_DATABASE_OPTION_TRANSACTION_REPORT_CONFLICTING_KEYS = 702,
    /**
     * Milliseconds above which a transaction, from its begin or reset to its end, or its commit alone, is
     * told as slow: a record of module "slow" in the log, with its id and what it did. 0 for never.
     */
    PLINTH_DATABASE_OPTION_SLOW_TRANSACTION_MS = 9001,
} plinth_database_option;

/**
 * Options of one transaction, for plinth_transaction_set_option(). The numbers are
 * FoundationDB's where it has the option.
 *
 * Those marked "no value" are switched on by setting them to 0, and stay on until the transaction
 * is reset or went through plinth_transaction_on_error().
 */
typedef enum {
    /**
     * Lets a transaction without read conflicts commit at a read version older than the window.
     * No value. Rule COM-6.
     */
    PLINTH_OPTION_CAUSAL_WRITE_RISKY = 10,
    /**
     * The next write makes nobody conflict. No value. Rule CONF-11.
     */
    PLINTH_OPTION_NEXT_WRITE_NO_WRITE_CONFLICT_RANGE = 30,
    /**
     * Reads do not see the transaction's own writes, and watches fail with 1034. It must come
     * before every read and write, else 2000. No value. Rule RYW-7.
     */
    PLINTH_OPTION_READ_YOUR_WRITES_DISABLE = 51,
    /**
     * System keys may be read and written. No value. Rule DATA-4.
     */
    PLINTH_OPTION_ACCESS_SYSTEM_KEYS = 301,
    /**
     * System keys may be read. No value. Rule DATA-4.
     */
    PLINTH_OPTION_READ_SYSTEM_KEYS = 302,
    /**
     * Keys may be eight bytes longer. No value. Rule LIM-1.
     */
    PLINTH_OPTION_RAW_ACCESS = 303,
    /**
     * Milliseconds from begin or reset after which every call fails with 1031; 0 for none.
     * Kept by plinth_transaction_on_error(). Rule TMO-1.
     */
    PLINTH_OPTION_TIMEOUT = 500,
    /**
     * How often plinth_transaction_on_error() lets the caller try again; -1 for ever. Kept by
     * plinth_transaction_on_error(). Rule ERRH-3.
     */
    PLINTH_OPTION_RETRY_LIMIT = 501,
    /**
     * Upper bound in milliseconds of the wait in plinth_transaction_on_error(). Kept by it.
     * Rule ERRH-2.
     */
    PLINTH_OPTION_MAX_RETRY_DELAY = 502,
    /**
     * Largest size of the transaction in bytes, from 32 on. Rule LIM-4.
     */
    PLINTH_OPTION_SIZE_LIMIT = 503,
    /**
     * Adds one to the count that lets snapshot reads see own writes while it is above zero. It
     * begins at one. No value. Rule RYW-6.
     */
    PLINTH_OPTION_SNAPSHOT_RYW_ENABLE = 600,
    /**
     * Takes one from that count. No value. Rule RYW-6.
     */
    PLINTH_OPTION_SNAPSHOT_RYW_DISABLE = 601,
    /**
     * Reads and writes a database that is locked; see plinth_database_lock(). Undoes PLINTH_OPTION_READ_LOCK_AWARE's
     * ban on writing. No value. Rule COM-5.
     */
    PLINTH_OPTION_LOCK_AWARE = 700,
    /**
     * A call after the commit started fails with 2017, but does not make the commit fail too.
     * No value. Rule COM-3.
     */
    PLINTH_OPTION_USED_DURING_COMMIT_PROTECTION_DISABLE = 701,
    /**
     * Reads a database that is locked. A commit of writes fails with 2023, unless PLINTH_OPTION_LOCK_AWARE is set.
     * No value. Rule COM-5.
     */
    PLINTH_OPTION_READ_LOCK_AWARE = 702,
    /**
     * After a conflict the special keys "\xff\xff/transaction/conflicting_keys/" tell which reads
     * were hit. No value. Rules SPEC-4, SPEC-6.
     */
    PLINTH_OPTION_REPORT_CONFLICTING_KEYS = 712,
    /**
     * A range read of special keys may span modules. No value. Rule SPEC-2.
     */
    PLINTH_OPTION_SPECIAL_KEY_SPACE_RELAXED = 713,
    /**
     * A write of a special key fails with 2115 and not with 2114. No value. Rule SPEC-3.
     */
    PLINTH_OPTION_SPECIAL_KEY_SPACE_ENABLE_WRITES = 714,
    /**
     * A get of a key that the transaction gave a versionstamped value returns the value as it was
     * passed and not 1036. No value. Rule RYW-11.
     */
    PLINTH_OPTION_BYPASS_UNREADABLE = 1100,
    /**
     * A plinth_durability for this transaction's commit.
     */
    PLINTH_OPTION_DURABILITY = 9000,
} plinth_transaction_option;

/**
 * The atomic operations. The numbers are FoundationDB's.
 *
 * "The value" is the one the key has when the transaction commits, not when it reads. ADD, the
 * BIT operations, MAX and MIN first cut it, or extend it with zero bytes, to the operand's
 * length, which is the length of the result. A key that does not exist gets the operand, unless
 * said otherwise. Rules ATOM-1 to ATOM-5.
 */
typedef enum {
    /**
     * Sum of value and operand as little-endian numbers; what overflows is lost.
     */
    PLINTH_MUTATION_ADD = 2,
    /**
     * Bitwise and.
     */
    PLINTH_MUTATION_BIT_AND = 6,
    /**
     * Bitwise or.
     */
    PLINTH_MUTATION_BIT_OR = 7,
    /**
     * Bitwise exclusive or.
     */
    PLINTH_MUTATION_BIT_XOR = 8,
    /**
     * The operand is appended; nothing happens if the value would be longer than 100,000 bytes.
     */
    PLINTH_MUTATION_APPEND_IF_FITS = 9,
    /**
     * The larger one of value and operand as little-endian unsigned numbers.
     */
    PLINTH_MUTATION_MAX = 12,
    /**
     * The smaller one, likewise.
     */
    PLINTH_MUTATION_MIN = 13,
    /**
     * Sets a key that holds the commit's versionstamp; the operand is its value. The last four
     * bytes of the key given are not part of it: they say, as a little-endian number, which ten
     * bytes of the rest the stamp replaces. plinth_transaction_set_versionstamped_key() appends
     * them. Rule VST-2.
     */
    PLINTH_MUTATION_SET_VERSIONSTAMPED_KEY = 14,
    /**
     * Sets the key to a value that holds the commit's versionstamp; the last four bytes of the
     * operand say where. plinth_transaction_set_versionstamped_value() appends them. Rule VST-3.
     */
    PLINTH_MUTATION_SET_VERSIONSTAMPED_VALUE = 15,
    /**
     * The smaller one of value and operand as byte strings.
     */
    PLINTH_MUTATION_BYTE_MIN = 16,
    /**
     * The larger one, likewise.
     */
    PLINTH_MUTATION_BYTE_MAX = 17,
    /**
     * Clears the key if its value equals the operand; a key that does not exist stays so.
     */
    PLINTH_MUTATION_COMPARE_AND_CLEAR = 20,
} plinth_mutation_number;

/**
 * Every error number. FoundationDB's are as FoundationDB has them; those from 9000 on are
 * Plinth's own.
 */
typedef enum {
    /**
     * Success.
     */
    PLINTH_ERROR_SUCCESS = 0,
    /**
     * End of stream.
     */
    PLINTH_ERROR_END_OF_STREAM = 1,
    /**
     * Operation failed.
     */
    PLINTH_ERROR_OPERATION_FAILED = 1000,
    /**
     * Operation timed out.
     */
    PLINTH_ERROR_TIMED_OUT = 1004,
    /**
     * The transaction is too old to read or to commit.
     */
    PLINTH_ERROR_TRANSACTION_TOO_OLD = 1007,
    /**
     * The read version is newer than the newest commit.
     */
    PLINTH_ERROR_FUTURE_VERSION = 1009,
    /**
     * A key that the transaction read was changed by a concurrent commit.
     */
    PLINTH_ERROR_NOT_COMMITTED = 1020,
    /**
     * The commit may or may not have happened, and is no longer in flight.
     */
    PLINTH_ERROR_COMMIT_UNKNOWN_RESULT = 1021,
    /**
     * The commit may or may not have happened and its idempotency id may have expired.
     */
    PLINTH_ERROR_COMMIT_UNKNOWN_RESULT_FATAL = 1022,
    /**
     * The transaction was cancelled.
     */
    PLINTH_ERROR_TRANSACTION_CANCELLED = 1025,
    /**
     * A network connection failed.
     */
    PLINTH_ERROR_CONNECTION_FAILED = 1026,
    /**
     * The watch was cancelled.
     */
    PLINTH_ERROR_WATCH_CANCELLED = 1029,
    /**
     * The transaction ran out of its time limit.
     */
    PLINTH_ERROR_TRANSACTION_TIMED_OUT = 1031,
    /**
     * There are too many watches.
     */
    PLINTH_ERROR_TOO_MANY_WATCHES = 1032,
    /**
     * Locality information is not available.
     */
    PLINTH_ERROR_LOCALITY_INFORMATION_UNAVAILABLE = 1033,
    /**
     * Watches need read-your-writes.
     */
    PLINTH_ERROR_WATCHES_DISABLED = 1034,
    /**
     * The transaction read a key whose value is known only after its commit.
     */
    PLINTH_ERROR_ACCESSED_UNREADABLE = 1036,
    /**
     * Storage is behind.
     */
    PLINTH_ERROR_PROCESS_BEHIND = 1037,
    /**
     * The database is locked.
     */
    PLINTH_ERROR_DATABASE_LOCKED = 1038,
    /**
     * The protocol version of the cluster changed.
     */
    PLINTH_ERROR_CLUSTER_VERSION_CHANGED = 1039,
    /**
     * An external client is already loaded.
     */
    PLINTH_ERROR_EXTERNAL_CLIENT_ALREADY_LOADED = 1040,
    /**
     * The commit was refused because too much work is queued.
     */
    PLINTH_ERROR_COMMIT_PROXY_MEMORY_LIMIT_EXCEEDED = 1042,
    /**
     * Not possible while shutting down.
     */
    PLINTH_ERROR_SHUTDOWN_IN_PROGRESS = 1043,
    /**
     * Batch transactions are throttled.
     */
    PLINTH_ERROR_BATCH_TRANSACTION_THROTTLED = 1051,
    /**
     * Read versions were refused because too much work is queued.
     */
    PLINTH_ERROR_GRV_PROXY_MEMORY_LIMIT_EXCEEDED = 1078,
    /**
     * A blob granule request failed.
     */
    PLINTH_ERROR_BLOB_GRANULE_REQUEST_FAILED = 1079,
    /**
     * An internal answer never came.
     */
    PLINTH_ERROR_BROKEN_PROMISE = 1100,
    /**
     * The asynchronous operation was cancelled.
     */
    PLINTH_ERROR_OPERATION_CANCELLED = 1101,
    /**
     * The memory of the future was released.
     */
    PLINTH_ERROR_FUTURE_RELEASED = 1102,
    /**
     * The transaction tag is throttled.
     */
    PLINTH_ERROR_TAG_THROTTLED = 1213,
    /**
     * The transaction tag is throttled by a proxy.
     */
    PLINTH_ERROR_PROXY_TAG_THROTTLED = 1223,
    /**
     * The transaction was throttled because of a hot range of keys.
     */
    PLINTH_ERROR_TRANSACTION_THROTTLED_HOT_SHARD = 1235,
    /**
     * The request for a read version was rejected because the queue was too long.
     */
    PLINTH_ERROR_TRANSACTION_GRV_QUEUE_REJECTED = 1242,
    /**
     * The operating system reported an error.
     */
    PLINTH_ERROR_PLATFORM_ERROR = 1500,
    /**
     * A large allocation failed.
     */
    PLINTH_ERROR_LARGE_ALLOC_FAILED = 1501,
    /**
     * Reading or writing the disk failed.
     */
    PLINTH_ERROR_IO_ERROR = 1510,
    /**
     * The file does not exist.
     */
    PLINTH_ERROR_FILE_NOT_FOUND = 1511,
    /**
     * The file cannot be read.
     */
    PLINTH_ERROR_FILE_NOT_READABLE = 1513,
    /**
     * The file cannot be written.
     */
    PLINTH_ERROR_FILE_NOT_WRITABLE = 1514,
    /**
     * No cluster file was found.
     */
    PLINTH_ERROR_NO_CLUSTER_FILE_FOUND = 1515,
    /**
     * A checksum does not match.
     */
    PLINTH_ERROR_CHECKSUM_FAILED = 1520,
    /**
     * A file of the database is damaged.
     */
    PLINTH_ERROR_FILE_CORRUPT = 1522,
    /**
     * The database directory is in use.
     */
    PLINTH_ERROR_LOCK_FILE_FAILURE = 1529,
    /**
     * The call is not valid here.
     */
    PLINTH_ERROR_CLIENT_INVALID_OPERATION = 2000,
    /**
     * Commit with incomplete reads.
     */
    PLINTH_ERROR_COMMIT_READ_INCOMPLETE = 2002,
    /**
     * The key lies outside the legal range.
     */
    PLINTH_ERROR_KEY_OUTSIDE_LEGAL_RANGE = 2004,
    /**
     * The range begins after its end.
     */
    PLINTH_ERROR_INVERTED_RANGE = 2005,
    /**
     * The value of the option is not valid.
     */
    PLINTH_ERROR_INVALID_OPTION_VALUE = 2006,
    /**
     * The option does not exist.
     */
    PLINTH_ERROR_INVALID_OPTION = 2007,
    /**
     * The network is not set up.
     */
    PLINTH_ERROR_NETWORK_NOT_SETUP = 2008,
    /**
     * The network is already set up.
     */
    PLINTH_ERROR_NETWORK_ALREADY_SETUP = 2009,
    /**
     * The transaction already has a read version.
     */
    PLINTH_ERROR_READ_VERSION_ALREADY_SET = 2010,
    /**
     * The version is not valid.
     */
    PLINTH_ERROR_VERSION_INVALID = 2011,
    /**
     * The limits of the range read are not valid.
     */
    PLINTH_ERROR_RANGE_LIMITS_INVALID = 2012,
    /**
     * The database name is not valid.
     */
    PLINTH_ERROR_INVALID_DATABASE_NAME = 2013,
    /**
     * The attribute does not exist.
     */
    PLINTH_ERROR_ATTRIBUTE_NOT_FOUND = 2014,
    /**
     * The future is not ready.
     */
    PLINTH_ERROR_FUTURE_NOT_SET = 2015,
    /**
     * The future is not an error.
     */
    PLINTH_ERROR_FUTURE_NOT_ERROR = 2016,
    /**
     * The transaction was used after its commit had started.
     */
    PLINTH_ERROR_USED_DURING_COMMIT = 2017,
    /**
     * The mutation type does not exist.
     */
    PLINTH_ERROR_INVALID_MUTATION_TYPE = 2018,
    /**
     * The transaction has no valid commit version.
     */
    PLINTH_ERROR_TRANSACTION_INVALID_VERSION = 2020,
    /**
     * A read-only transaction has no commit version.
     */
    PLINTH_ERROR_NO_COMMIT_VERSION = 2021,
    /**
     * A network option in the environment is not valid.
     */
    PLINTH_ERROR_ENVIRONMENT_VARIABLE_NETWORK_OPTION_FAILED = 2022,
    /**
     * The transaction may only read.
     */
    PLINTH_ERROR_TRANSACTION_READ_ONLY = 2023,
    /**
     * The network cannot be started twice.
     */
    PLINTH_ERROR_NETWORK_CANNOT_BE_RESTARTED = 2025,
    /**
     * Waiting on the network thread would never end.
     */
    PLINTH_ERROR_BLOCKED_FROM_NETWORK_THREAD = 2026,
    /**
     * The mapper names an element that the index entry does not have.
     */
    PLINTH_ERROR_MAPPER_BAD_INDEX = 2030,
    /**
     * The mapper names a key that there is not.
     */
    PLINTH_ERROR_MAPPER_NO_SUCH_KEY = 2031,
    /**
     * The mapper's range mark is not its last element.
     */
    PLINTH_ERROR_MAPPER_BAD_RANGE_DESCRIPTOR = 2032,
    /**
     * The second range has more pairs than can be returned.
     */
    PLINTH_ERROR_QUICK_GET_KEY_VALUES_HAS_MORE = 2033,
    /**
     * The value that an index entry leads to is elsewhere.
     */
    PLINTH_ERROR_QUICK_GET_VALUE_MISS = 2034,
    /**
     * The range that an index entry leads to is elsewhere.
     */
    PLINTH_ERROR_QUICK_GET_KEY_VALUES_MISS = 2035,
    /**
     * Blob granules can only be read without own writes.
     */
    PLINTH_ERROR_BLOB_GRANULE_NO_RYW = 2036,
    /**
     * A blob granule was not made.
     */
    PLINTH_ERROR_BLOB_GRANULE_NOT_MATERIALIZED = 2037,
    /**
     * The mapped range has more pairs than can be returned.
     */
    PLINTH_ERROR_GET_MAPPED_KEY_VALUES_HAS_MORE = 2038,
    /**
     * A mapped range can't be read over own writes.
     */
    PLINTH_ERROR_GET_MAPPED_RANGE_READS_YOUR_WRITES = 2039,
    /**
     * The key of the index entry is not a tuple.
     */
    PLINTH_ERROR_KEY_NOT_TUPLE = 2041,
    /**
     * The value of the index entry is not a tuple.
     */
    PLINTH_ERROR_VALUE_NOT_TUPLE = 2042,
    /**
     * The mapper is not a tuple.
     */
    PLINTH_ERROR_MAPPER_NOT_TUPLE = 2043,
    /**
     * The protocol versions do not match.
     */
    PLINTH_ERROR_INCOMPATIBLE_PROTOCOL_VERSION = 2100,
    /**
     * The transaction is larger than its size limit.
     */
    PLINTH_ERROR_TRANSACTION_TOO_LARGE = 2101,
    /**
     * The key is longer than allowed.
     */
    PLINTH_ERROR_KEY_TOO_LARGE = 2102,
    /**
     * The value is longer than allowed.
     */
    PLINTH_ERROR_VALUE_TOO_LARGE = 2103,
    /**
     * The connection string is not valid.
     */
    PLINTH_ERROR_CONNECTION_STRING_INVALID = 2104,
    /**
     * The operation is not supported.
     */
    PLINTH_ERROR_UNSUPPORTED_OPERATION = 2108,
    /**
     * The transaction has too many tags.
     */
    PLINTH_ERROR_TOO_MANY_TAGS = 2109,
    /**
     * The transaction tag is too long.
     */
    PLINTH_ERROR_TAG_TOO_LONG = 2110,
    /**
     * There are too many tag throttles.
     */
    PLINTH_ERROR_TOO_MANY_TAG_THROTTLES = 2111,
    /**
     * The special-key read crosses modules.
     */
    PLINTH_ERROR_SPECIAL_KEYS_CROSS_MODULE_READ = 2112,
    /**
     * No module answers for this special key.
     */
    PLINTH_ERROR_SPECIAL_KEYS_NO_MODULE_FOUND = 2113,
    /**
     * Special-key writes are not enabled.
     */
    PLINTH_ERROR_SPECIAL_KEYS_WRITE_DISABLED = 2114,
    /**
     * No module takes writes to this special key.
     */
    PLINTH_ERROR_SPECIAL_KEYS_NO_WRITE_MODULE_FOUND = 2115,
    /**
     * The special-key clear crosses modules.
     */
    PLINTH_ERROR_SPECIAL_KEYS_CROSS_MODULE_CLEAR = 2116,
    /**
     * The special-key call failed.
     */
    PLINTH_ERROR_SPECIAL_KEYS_API_FAILURE = 2117,
    /**
     * A tenant name is required.
     */
    PLINTH_ERROR_TENANT_NAME_REQUIRED = 2130,
    /**
     * The tenant does not exist.
     */
    PLINTH_ERROR_TENANT_NOT_FOUND = 2131,
    /**
     * The tenant exists already.
     */
    PLINTH_ERROR_TENANT_ALREADY_EXISTS = 2132,
    /**
     * The tenant is not empty.
     */
    PLINTH_ERROR_TENANT_NOT_EMPTY = 2133,
    /**
     * The tenant name is not valid.
     */
    PLINTH_ERROR_INVALID_TENANT_NAME = 2134,
    /**
     * The tenant prefix is taken.
     */
    PLINTH_ERROR_TENANT_PREFIX_ALLOCATOR_CONFLICT = 2135,
    /**
     * Tenants are not enabled.
     */
    PLINTH_ERROR_TENANTS_DISABLED = 2136,
    /**
     * The tenant is not known yet.
     */
    PLINTH_ERROR_UNKNOWN_TENANT = 2137,
    /**
     * The tenant may not be used here.
     */
    PLINTH_ERROR_ILLEGAL_TENANT_ACCESS = 2138,
    /**
     * No API version was selected.
     */
    PLINTH_ERROR_API_VERSION_UNSET = 2200,
    /**
     * The API version was selected before.
     */
    PLINTH_ERROR_API_VERSION_ALREADY_SET = 2201,
    /**
     * The API version is not valid.
     */
    PLINTH_ERROR_API_VERSION_INVALID = 2202,
    /**
     * The API version is not supported.
     */
    PLINTH_ERROR_API_VERSION_NOT_SUPPORTED = 2203,
    /**
     * EXACT mode needs a limit.
     */
    PLINTH_ERROR_EXACT_MODE_WITHOUT_LIMITS = 2210,
    /**
     * An unknown error occurred.
     */
    PLINTH_ERROR_UNKNOWN_ERROR = 4000,
    /**
     * An internal error occurred.
     */
    PLINTH_ERROR_INTERNAL_ERROR = 4100,
    /**
     * Permission denied.
     */
    PLINTH_ERROR_PERMISSION_DENIED = 6000,
    /**
     * The attempt is not authorised.
     */
    PLINTH_ERROR_UNAUTHORIZED_ATTEMPT = 6001,
    /**
     * The handle is NULL, destroyed, or of another kind.
     */
    PLINTH_ERROR_INVALID_HANDLE = 9000,
    /**
     * An argument is not valid.
     */
    PLINTH_ERROR_INVALID_ARGUMENT = 9001,
    /**
     * There are too many live handles.
     */
    PLINTH_ERROR_TOO_MANY_HANDLES = 9002,
    /**
     * The database was closed.
     */
    PLINTH_ERROR_DATABASE_CLOSED = 9003,
    /**
     * An earlier write failed; the database takes no commits until it is reopened.
     */
    PLINTH_ERROR_DATABASE_FAILED = 9004,
    /**
     * The database exists already.
     */
    PLINTH_ERROR_DATABASE_EXISTS = 9005,
    /**
     * There is no database here.
     */
    PLINTH_ERROR_DATABASE_MISSING = 9006,
    /**
     * The directory holds something else than a Plinth database.
     */
    PLINTH_ERROR_NOT_A_DATABASE = 9007,
    /**
     * The database was written by a newer version of the library.
     */
    PLINTH_ERROR_FORMAT_NOT_SUPPORTED = 9008,
    /**
     * The keyspace does not exist.
     */
    PLINTH_ERROR_KEYSPACE_NOT_FOUND = 9009,
    /**
     * The keyspace was dropped.
     */
    PLINTH_ERROR_KEYSPACE_DROPPED = 9010,
    /**
     * The keyspace name is not valid.
     */
    PLINTH_ERROR_INVALID_KEYSPACE_NAME = 9011,
    /**
     * There are too many live transactions.
     */
    PLINTH_ERROR_TOO_MANY_TRANSACTIONS = 9012,
    /**
     * The memory budget of the database is used up.
     */
    PLINTH_ERROR_MEMORY_LIMIT_EXCEEDED = 9013,
    /**
     * No live transaction has this id.
     */
    PLINTH_ERROR_TRANSACTION_NOT_FOUND = 9014,
    /**
     * There are too many keyspaces.
     */
    PLINTH_ERROR_TOO_MANY_KEYSPACES = 9015,
    /**
     * The handle was made before this process was forked; open the database again in the child.
     */
    PLINTH_ERROR_FORKED = 9016,
    /**
     * The process that serves the database directory does not answer.
     */
    PLINTH_ERROR_HOST_UNAVAILABLE = 9017,
    /**
     * The process that serves the database directory has a library that does not understand this one.
     */
    PLINTH_ERROR_PROTOCOL_NOT_SUPPORTED = 9018,
    /**
     * The process at the other end of the socket belongs to another user.
     */
    PLINTH_ERROR_PEER_NOT_PERMITTED = 9019,
    /**
     * The directory is on a file system where locks or sockets do not work between processes.
     */
    PLINTH_ERROR_FILE_SYSTEM_NOT_SUITABLE = 9020,
    /**
     * Commits that were acknowledged are missing; the log ended early.
     */
    PLINTH_ERROR_COMMITS_LOST = 9021,
    /**
     * The database was opened for reading only.
     */
    PLINTH_ERROR_DATABASE_READ_ONLY = 9022,
    /**
     * Another checkpoint, backup, verification or compaction is under way.
     */
    PLINTH_ERROR_UPKEEP_UNDER_WAY = 9023,
    /**
     * What was to be made exists already.
     */
    PLINTH_ERROR_TARGET_EXISTS = 9024,
    /**
     * The directory holds no backups of Plinth.
     */
    PLINTH_ERROR_NOT_A_BACKUP_DIRECTORY = 9025,
    /**
     * The backup does not exist.
     */
    PLINTH_ERROR_BACKUP_NOT_FOUND = 9026,
    /**
     * A file of the backup is missing or damaged.
     */
    PLINTH_ERROR_BACKUP_DAMAGED = 9027,
    /**
     * Too many states of the database are held at a time.
     */
    PLINTH_ERROR_TOO_MANY_HELD_STATES = 9030,
    /**
     * The state that was held is gone, because the database has another host now; begin again with a new one.
     */
    PLINTH_ERROR_HELD_STATE_LOST = 9031,
    /**
     * This is not a dump of a database.
     */
    PLINTH_ERROR_NOT_A_DUMP = 9032,
    /**
     * The dump is damaged or cut short.
     */
    PLINTH_ERROR_DUMP_DAMAGED = 9033,
    /**
     * There is something already where it was to go.
     */
    PLINTH_ERROR_TARGET_NOT_EMPTY = 9034,
    /**
     * A load into the database was begun and is not finished.
     */
    PLINTH_ERROR_LOAD_UNFINISHED = 9035,
    /**
     * The versions of the database are below those of what was to go there, and can't be raised.
     */
    PLINTH_ERROR_VERSIONS_BEHIND = 9036,
    /**
     * Too many trackers follow the changes of the database at a time.
     */
    PLINTH_ERROR_TOO_MANY_TRACKERS = 9037,
    /**
     * What changed is not known, because the database has another host now; begin again with a copy of all.
     */
    PLINTH_ERROR_CHANGES_LOST = 9038,
    /**
     * FoundationDB's client library was not found, or can't be loaded.
     */
    PLINTH_ERROR_CLUSTER_CLIENT_MISSING = 9040,
    /**
     * The client library of FoundationDB that was found can't be used.
     */
    PLINTH_ERROR_CLUSTER_CLIENT_UNSUITABLE = 9041,
    /**
     * The keys of the cluster in which keyspaces are kept hold something else.
     */
    PLINTH_ERROR_CLUSTER_RANGE_IN_USE = 9042,
    /**
     * This build of the library has no part for such a place.
     */
    PLINTH_ERROR_BACKEND_MISSING = 9043,
    /**
     * A move into the database was begun and is not finished.
     */
    PLINTH_ERROR_MOVE_UNFINISHED = 9050,
    /**
     * What was moved is not equal on both sides.
     */
    PLINTH_ERROR_MOVE_DIFFERS = 9051,
    /**
     * Writers would have to pause for longer than was allowed.
     */
    PLINTH_ERROR_MOVE_PAUSE_TOO_LONG = 9052,
} plinth_error_number;

/**
 * What plinth_move() compares once more after it was copied, by checksums of ranges.
 *
 * The type in structs is `int32_t`, so that a wrong number is an error and not undefined behaviour.
 */
typedef enum {
    /**
     * Everything before the source is locked, and what changed last under the lock.
     */
    PLINTH_MOVE_VERIFY_ALL = 0,
    /**
     * What changed last, under the lock.
     */
    PLINTH_MOVE_VERIFY_CHANGED = 1,
    /**
     * Nothing.
     */
    PLINTH_MOVE_VERIFY_NONE = 2,
} plinth_move_verify;

/**
 * What plinth_move() does.
 */
typedef enum {
    /**
     * It looks at both sides.
     */
    PLINTH_MOVE_PHASE_BEGIN = 0,
    /**
     * It copies a state of the source, while writers go on.
     */
    PLINTH_MOVE_PHASE_COPY = 1,
    /**
     * It follows what changed since, while writers go on.
     */
    PLINTH_MOVE_PHASE_FOLLOW = 2,
    /**
     * It compares everything, while writers go on.
     */
    PLINTH_MOVE_PHASE_VERIFY = 3,
    /**
     * The source is locked; it makes the last changes equal.
     */
    PLINTH_MOVE_PHASE_LOCKED = 4,
    /**
     * Everything is equal; the last notes are made.
     */
    PLINTH_MOVE_PHASE_FINISH = 5,
    /**
     * The target is the database now.
     */
    PLINTH_MOVE_PHASE_DONE = 6,
} plinth_move_phase;

/**
 * An open database. Ended by plinth_database_close().
 */
typedef struct plinth_database plinth_database;

/**
 * A keyspace of one database. Ended by plinth_keyspace_close(). Wherever a call takes a
 * keyspace, NULL is the default one.
 */
typedef struct plinth_keyspace plinth_keyspace;

/**
 * A range that is read in batches. Ended by plinth_stream_destroy().
 */
typedef struct plinth_stream plinth_stream;

/**
 * A transaction. Ended by plinth_transaction_destroy().
 *
 * It sees the database as it was at its read version, plus its own writes. All calls may be
 * made from any thread and by several threads at a time (rule TX-2); a call made after another
 * one returned sees its effect.
 *
 * Every call on a transaction can also return: 9000 bad handle, 9003 database closed, 1025
 * cancelled, 1031 out of time, 2017 used after its commit had started, 4100 internal error. A
 * call that returns an error has changed nothing.
 *
 * A program's own keys lie below "\xff". System keys, from there up to "\xff\xff", need
 * PLINTH_OPTION_READ_SYSTEM_KEYS or PLINTH_OPTION_ACCESS_SYSTEM_KEYS, but for reading
 * "\xff/metadataVersion". Special keys, from "\xff\xff" on, are not stored: a read computes them,
 * and needs no option; writing one fails with 2114 or 2115. Other keys are refused with 2004.
 * Rules DATA-3 to DATA-5, SPEC-1 to SPEC-3, SPEC-10.
 */
typedef struct plinth_transaction plinth_transaction;

/**
 * A watch on a key. Ended by plinth_watch_destroy(), also after its callback ran.
 */
typedef struct plinth_watch plinth_watch;

/**
 * An error number: 0 is success, every other number is one of `PLINTH_ERROR_*`.
 */
typedef int32_t plinth_error;

/**
 * A value that was read. It stays valid until plinth_value_free(), whatever happens to the
 * transaction or the database meanwhile; until then it may keep the database directory in use.
 */
typedef struct {
    /**
     * The bytes; NULL means there is no such key. An empty value is not NULL.
     */
    const uint8_t *data;
    /**
     * Number of bytes.
     */
    size_t len;
    /**
     * Belongs to the library.
     */
    void *owner;
} plinth_value;

/**
 * A key and its value inside a plinth_range.
 */
typedef struct {
    /**
     * The key's bytes.
     */
    const uint8_t *key;
    /**
     * Number of bytes of the key.
     */
    size_t key_len;
    /**
     * The value's bytes, never NULL.
     */
    const uint8_t *value;
    /**
     * Number of bytes of the value.
     */
    size_t value_len;
} plinth_key_value;

/**
 * The result of a range read. It stays valid until plinth_range_free(), whatever happens to the
 * transaction or the database meanwhile.
 */
typedef struct {
    /**
     * The pairs in the order asked for; NULL if there is none.
     */
    const plinth_key_value *items;
    /**
     * Number of pairs.
     */
    size_t count;
    /**
     * Whether a limit was reached: there may be more pairs. Never set when count is 0. To go on,
     * begin after the last key (forward), or end at it (reverse). Rules RNG-8 and RNG-9.
     */
    bool more;
    /**
     * Belongs to the library.
     */
    void *owner;
} plinth_range;

/**
 * How a database is opened. Set struct_size to sizeof(plinth_database_options) and the rest to
 * zero for the defaults; a zero in any field means its default.
 */
typedef struct {
    /**
     * sizeof(plinth_database_options).
     */
    uint32_t struct_size;
    /**
     * A plinth_durability for commits that do not choose their own. Default: sync.
     */
    int32_t durability;
    /**
     * Fail with 9006 unless the database exists.
     */
    bool must_exist;
    /**
     * Fail with 9005 if the database exists.
     */
    bool must_not_exist;
    /**
     * Milliseconds for which an old read version stays readable and committable, 5,000 to
     * 600,000. Old data is kept that long. Of more than 100,000 versions, those older than five
     * seconds are kept only while a transaction reads at them; a read that begins at another one
     * fails with 1007. Default: 5,000.
     */
    uint32_t window_ms;
    /**
     * Bytes for block cache, write buffers, conflict history and open transactions together,
     * from 16 MiB on. Default: 512 MiB, or that of the preset. An open fails with 1501 if the process
     * can't have what so much begins with.
     */
    uint64_t memory_budget;
    /**
     * Live transactions at most. Default: 100,000.
     */
    uint32_t max_transactions;
    /**
     * Commits waiting at most; above it they fail with 1042. Default: 10,000.
     */
    uint32_t max_queued_commits;
    /**
     * Longest key in bytes, up to 1 MiB. Default: 10,000, as on a cluster.
     */
    uint32_t key_size_limit;
    /**
     * Longest value in bytes, up to 256 MiB. Default: 100,000, as on a cluster.
     */
    uint32_t value_size_limit;
    /**
     * Largest transaction in bytes, 32 to 1 GiB, and the default of PLINTH_OPTION_SIZE_LIMIT.
     * Default: 10,000,000, as on a cluster.
     */
    uint64_t transaction_size_limit;
    /**
     * Default of PLINTH_OPTION_TIMEOUT in milliseconds. Default: none.
     */
    uint32_t transaction_timeout_ms;
    /**
     * Default of PLINTH_OPTION_RETRY_LIMIT plus one, so that zero can mean "for ever".
     */
    uint32_t transaction_retry_limit_plus_one;
    /**
     * Default of PLINTH_OPTION_MAX_RETRY_DELAY in milliseconds. Default: 1,000.
     */
    uint32_t transaction_max_retry_delay_ms;
    /**
     * Share the directory with nobody: fail with 1529 if it is open elsewhere, and have every later
     * open fail so. Default: several handles and processes share it.
     */
    bool exclusive;
    /**
     * Change nothing in the directory: read what is there, also on a read-only file system and where the
     * log is damaged; see plinth_database_open(). Default: commits are taken.
     */
    bool read_only;
    /**
     * A plinth_preset: what memory and processor time are spent on, for as long as this process has the
     * directory open itself; one that joins another process has its preset. Default: balanced.
     */
    int32_t preset;
    /**
     * The option PLINTH_DATABASE_OPTION_SLOW_TRANSACTION_MS. Default: 0, none is told.
     */
    uint32_t slow_transaction_ms;
    /**
     * Allow nothing that a FoundationDB cluster does not: limits above the defaults are 2006, transactions count
     * as many bytes as there, and keys that a cluster keeps for its keyspaces, from "\xfe\xff\xff" to "\xff", can't be
     * written (2004). A program that works with it works on a cluster. Default: false.
     */
    bool portable;
    /**
     * For a path that begins with "fdb:": FoundationDB's client library, as a path or a name for the loader; copied.
     * Default: NULL, what PLINTH_FDB_CLIENT in the environment says, or else libfdb_c.so as the loader finds it.
     */
    const char *fdb_client;
    /**
     * Versions kept at most, beside the bound of `window_ms`: with more, the oldest go, whoever reads there, and
     * such reads fail with 1007. Default: 0, no bound of their number.
     */
    uint32_t retain_versions;
    /**
     * Bytes that may be committed since the oldest version that is kept, which is what it keeps at most: with
     * more, the oldest go, whoever reads there. Default: 0, no such bound.
     */
    uint64_t retain_bytes;
} plinth_database_options;

/**
 * What plinth_database_repair() came to.
 */
typedef struct {
    /**
     * The version of the newest commit that is there.
     */
    int64_t version;
    /**
     * The version of the newest commit that is known to have been there; 0 if nothing is known. Commits
     * above `version` are lost.
     */
    int64_t acknowledged;
    /**
     * 0: everything but lost commits at the end is there, as it was at `version`. 1: damaged files were left
     * out, and the state may be one that never was: see plinth_database_repair().
     */
    uint64_t rebuilt;
    /**
     * Files that were put aside, into `lost` in the directory.
     */
    uint64_t lost_files;
    /**
     * Bytes in them.
     */
    uint64_t lost_bytes;
} plinth_repaired;

/**
 * Is told how far a call is that may take long: `done` of `total` bytes. A `total` of 0 is one that is not
 * known yet; it may change on the way. Returns true to go on, false to cancel: the call then fails with
 * 1101, undoes what it began, and leaves nothing behind.
 *
 * It runs on the thread that made the call, inside it, at least once, about ten times a second, and once
 * more when all is done but the last step; no lock of the library is held. It may use the database; if it closes
 * it, the call fails with 9003 when the callback returns. It must return: an exception or longjmp out of it is
 * undefined behaviour. A child that was forked in it must not return from it: it ends.
 *
 * Where a function takes one, NULL is none: the call then can't be cancelled.
 */
typedef bool (*plinth_progress_callback)(void *context, uint64_t done, uint64_t total);

/**
 * A backup: one generation in a directory of backups.
 */
typedef struct {
    /**
     * Its number: each newer one has a greater one, and none is given twice.
     */
    uint64_t number;
    /**
     * The version that it holds: all commits up to it, and none later.
     */
    int64_t version;
    /**
     * When it was made, in seconds of Unix time by the clock of the machine.
     */
    int64_t time;
    /**
     * Bytes of its files, which are about those that a restore takes. Backups share the files that are the same.
     */
    uint64_t bytes;
    /**
     * How many files it has.
     */
    uint64_t files;
    /**
     * 1 if its description can't be read: only the number is known then. Else 0.
     */
    uint64_t damaged;
} plinth_backup;

/**
 * The backups of a directory. It stays valid until plinth_backups_free().
 */
typedef struct {
    /**
     * The backups, oldest first; NULL if there is none.
     */
    const plinth_backup *items;
    /**
     * How many.
     */
    size_t count;
    /**
     * Belongs to the library.
     */
    void *owner;
} plinth_backups;

/**
 * Counters of a database since it was opened.
 */
typedef struct {
    /**
     * Transactions alive now.
     */
    uint64_t live_transactions;
    /**
     * Write commits acknowledged.
     */
    uint64_t commits;
    /**
     * Commits refused with 1020.
     */
    uint64_t conflicts;
    /**
     * Commits refused with 1007.
     */
    uint64_t too_old;
    /**
     * Commits refused with 1042.
     */
    uint64_t refused;
    /**
     * Writes to the log; each carries a group of commits.
     */
    uint64_t groups;
    /**
     * Times the log was synced; far below `commits` when many commit at once.
     */
    uint64_t syncs;
    /**
     * Bytes of conflict history.
     */
    uint64_t conflict_history_bytes;
    /**
     * Bytes of writes held by open transactions.
     */
    uint64_t transaction_bytes;
    /**
     * Read versions that can be read at now.
     */
    uint64_t retained_versions;
    /**
     * The newest version that can be read.
     */
    int64_t latest_version;
    /**
     * Watches that wait for a change now.
     */
    uint64_t watches;
    /**
     * Connections of other processes to the one that hosts the directory now.
     */
    uint64_t guests;
    /**
     * 1 if this handle hosts the directory, else 0: then the counters, but for its own transactions and
     * watches, are those of the host.
     */
    uint64_t is_host;
    /**
     * Nanoseconds that groups of commits waited in the queue, each from its first commit's call until it was
     * taken. Divide this and the next ones by what `groups` grew by, and `sync_ns` by what `syncs` grew by.
     */
    uint64_t queue_ns;
    /**
     * Nanoseconds in which groups were checked for conflicts and put together.
     */
    uint64_t resolve_ns;
    /**
     * Nanoseconds in which groups were written to the log and to memory, without a sync.
     */
    uint64_t write_ns;
    /**
     * Nanoseconds of syncs of the log. Later groups are in the other stages meanwhile.
     */
    uint64_t sync_ns;
    /**
     * Nanoseconds in which groups were made readable.
     */
    uint64_t publish_ns;
    /**
     * Transactions of this handle that were told as slow: PLINTH_DATABASE_OPTION_SLOW_TRANSACTION_MS.
     */
    uint64_t slow_transactions;
    /**
     * The oldest version that can be read.
     */
    int64_t oldest_version;
    /**
     * Its age in milliseconds.
     */
    uint64_t oldest_age_ms;
    /**
     * Bytes that were committed since the oldest version: it keeps at most so much that nobody else needs.
     */
    uint64_t retained_bytes;
    /**
     * Why nothing older is kept: 0 the window, 1 retain_versions, 2 retain_bytes, 3 there were more versions than
     * are ever kept, 4 plinth_database_expire().
     */
    uint64_t retained_by;
    /**
     * Versions that went for one of these reasons before the window would have let them go.
     */
    uint64_t versions_let_go;
} plinth_metrics;

/**
 * What plinth_database_verify() looked at, and found to be in order.
 */
typedef struct {
    /**
     * The version of the newest commit when it began.
     */
    int64_t version;
    /**
     * Keyspaces, the default one included.
     */
    uint64_t keyspaces;
    /**
     * Keys in all of them.
     */
    uint64_t keys;
    /**
     * Bytes of these keys and their values.
     */
    uint64_t bytes;
    /**
     * Tables whose checksums were computed.
     */
    uint64_t files;
    /**
     * Bytes of the files that were read.
     */
    uint64_t file_bytes;
} plinth_verified;

/**
 * Names a key by its place: take the last key that is smaller than `key` (or equal to it, if
 * `or_equal`), and go `offset` keys further. Rule SEL-1. The usual ones:
 *
 *     last key below k        {k, len, false, 0}
 *     last key at or below k  {k, len, true, 0}
 *     first key at or above k {k, len, false, 1}
 *     first key above k       {k, len, true, 1}
 *
 * Before the first key it resolves to the empty key, after the last one to "\xff", or to
 * "\xff\xff" where system keys may be read.
 */
typedef struct {
    /**
     * The reference key; it need not exist.
     */
    const uint8_t *key;
    /**
     * Number of bytes of the key.
     */
    size_t key_len;
    /**
     * Whether a key equal to `key` counts as below it.
     */
    bool or_equal;
    /**
     * Keys to go on from there; may be negative. The cost grows with it.
     */
    int32_t offset;
} plinth_key_selector;

/**
 * What a range read is asked for. Set struct_size to sizeof(plinth_range_options) and the rest
 * to zero for a plain forward read of the whole range.
 */
typedef struct {
    /**
     * sizeof(plinth_range_options).
     */
    uint32_t struct_size;
    /**
     * Pairs at most; 0 or -1 for no limit.
     */
    int32_t limit;
    /**
     * Stop at the pair that reaches this many bytes, counting 8 + key + value for each; 0 or -1
     * for no limit. Rule RNG-6.
     */
    int64_t target_bytes;
    /**
     * Read without adding read conflicts.
     */
    bool snapshot;
    /**
     * Return the pairs in descending order, from the end of the range.
     */
    bool reverse;
} plinth_range_options;

/**
 * What plinth_transaction_atomic_op() does: one of `PLINTH_MUTATION_*`.
 */
typedef int32_t plinth_mutation;

/**
 * Receives the outcome of a read of one value.
 *
 * `error` is 0 or what went wrong, of which plinth_last_error() tells the story on this thread.
 * `value` is never NULL; what is in it belongs to the callback: free it with plinth_value_free(),
 * at once or later from a copy of the struct. It is zeroed on error.
 *
 * Callbacks of all kinds run exactly once: inside the call they were given to, inside another
 * call that ends the operation (such as a reset, or a write that a watch waits for), or on a
 * thread of the library. The library holds no lock meanwhile, so they may call anything: use,
 * commit or destroy the same transaction, or close the database. Do not hold a lock that the
 * callback takes while calling into the library. They should not wait for long, and must return:
 * an exception or longjmp out of one is undefined behaviour. One that does not return keeps its
 * thread, and plinth_database_close() waits for it if that thread is the library's. Up to 60 of
 * these in a database hold up nothing else there; with more, timeouts and calls that wait for an
 * asynchronous one may wait until some return. A process that ends waits for them for 10 s.
 *
 * A callback that starts the next operation may find itself called again before that call has
 * returned. A program that chains many should start the next one from a loop instead.
 */
typedef void (*plinth_value_callback)(void *user, plinth_error error, plinth_value *value);

/**
 * Ends the use of `user`, usually by freeing it: runs exactly once, when the callback has
 * returned. It may do what a callback may.
 */
typedef void (*plinth_finaliser)(void *user);

/**
 * Receives the outcome of a range read, to be freed with plinth_range_free(). Otherwise as
 * plinth_value_callback.
 */
typedef void (*plinth_range_callback)(void *user, plinth_error error, plinth_range *range);

/**
 * Receives the outcome of a call that has no result. Otherwise as plinth_value_callback.
 */
typedef void (*plinth_done_callback)(void *user, plinth_error error);

/**
 * Bytes in a list: a key that is asked for, or a value that was found.
 */
typedef struct {
    /**
     * The bytes. Of a value NULL means that there is no such key; an empty value is not NULL.
     */
    const uint8_t *data;
    /**
     * Number of bytes.
     */
    size_t len;
} plinth_slice;

/**
 * The result of a read of many keys. It stays valid until plinth_values_free(), whatever happens to
 * the transaction or the database meanwhile; until then it may keep the database directory in use.
 */
typedef struct {
    /**
     * One value for each key, in the order of the keys; NULL if there was no key.
     */
    const plinth_slice *items;
    /**
     * Number of values.
     */
    size_t count;
    /**
     * Belongs to the library.
     */
    void *owner;
} plinth_values;

/**
 * Receives the outcome of a read of many keys, to be freed with plinth_values_free(). Otherwise as
 * plinth_value_callback.
 */
typedef void (*plinth_values_callback)(void *user, plinth_error error, plinth_values *values);

/**
 * A live transaction, as plinth_database_list_transactions() tells of it.
 */
typedef struct {
    /**
     * What plinth_transaction_id() tells.
     */
    char id[37];
    /**
     * The version it reads at; 0 if it has not read.
     */
    int64_t read_version;
    /**
     * Milliseconds since it was begun or reset.
     */
    uint64_t age_ms;
    /**
     * Bytes of its writes and conflict ranges, about.
     */
    uint64_t bytes;
    /**
     * How often plinth_transaction_on_error() let it try again.
     */
    uint64_t retries;
    /**
     * The process that it is in.
     */
    uint32_t pid;
} plinth_transaction_info;

/**
 * Live transactions, the oldest first. Free it with plinth_transaction_list_free().
 */
typedef struct {
    /**
     * The transactions; NULL if there is none.
     */
    const plinth_transaction_info *items;
    /**
     * How many there are.
     */
    size_t count;
    /**
     * Belongs to the library.
     */
    void *owner;
} plinth_transaction_list;

/**
 * A range that a transaction had read and that another commit wrote in before it could commit. Free it with
 * plinth_conflict_free().
 */
typedef struct {
    /**
     * First key of the range as it was read; NULL if there is no such conflict.
     */
    const uint8_t *begin;
    /**
     * Its length.
     */
    size_t begin_len;
    /**
     * The end of the range, which is not in it: for a single key, that key and a zero byte.
     */
    const uint8_t *end;
    /**
     * Its length.
     */
    size_t end_len;
    /**
     * The keyspace's name, if a handle of it is open; else NULL, which is the default keyspace if `keyspace_id`
     * is 0.
     */
    const char *keyspace;
    /**
     * The keyspace's number, which stands for it in plinth_last_error() and in the log.
     */
    uint32_t keyspace_id;
    /**
     * Zero.
     */
    uint32_t reserved;
    /**
     * The version of the newest commit that wrote there.
     */
    int64_t version;
    /**
     * The id of the transaction that made it, if it has one and is remembered; else empty. A transaction has an id
     * once plinth_transaction_id() was called for it, and from its commit on if it has
     * PLINTH_OPTION_REPORT_CONFLICTING_KEYS itself. The last 1,024 commits with an id are remembered; fewer if those
     * that shared their versions with others wrote more than 4 MiB.
     */
    char id[40];
    /**
     * Belongs to the library.
     */
    void *owner;
} plinth_conflict;

/**
 * The body of a plinth_run(): does its reads and writes on `tr` and returns 0 to commit, an
 * error of this library to have it retried or returned, or any number of its own (below 0) to
 * give up without a commit.
 */
typedef plinth_error (*plinth_run_body)(plinth_transaction *tr, void *user);

/**
 * A name and a value of a plinth_log_record.
 */
typedef struct {
    /**
     * The name, in ASCII.
     */
    const char *name;
    /**
     * The value, in UTF-8 and without control characters.
     */
    const char *value;
} plinth_log_field;

/**
 * Something that happened. All of it is valid until the callback returns, and no text in it has control
 * characters.
 */
typedef struct {
    /**
     * sizeof(plinth_log_record) as the library knows it: later ones are longer.
     */
    uint32_t struct_size;
    /**
     * A plinth_log_level.
     */
    int32_t level;
    /**
     * When, in microseconds of Unix time.
     */
    int64_t time_us;
    /**
     * The part of the library that says it, such as "open", "commit", "host" or "rocksdb".
     */
    const char *module;
    /**
     * What happened, as a sentence for people, of at most a KiB. Programs go by module and fields.
     */
    const char *message;
    /**
     * What is known of it. Most records name the database in a field "database".
     */
    const plinth_log_field *fields;
    /**
     * How many fields there are.
     */
    size_t field_count;
} plinth_log_record;

/**
 * Receives what happens; see plinth_set_log_callback().
 */
typedef void (*plinth_log_callback)(void *context, const plinth_log_record *record);

/**
 * What a dump holds.
 */
typedef struct {
    /**
     * The version it is of.
     */
    int64_t version;
    /**
     * 1: it is the state at that version. 0: it was read in transactions, one after the other, because the
     * backend can't hold a state; what was committed meanwhile may be in it in part.
     */
    uint64_t exact;
    /**
     * Keyspaces, the default one among them.
     */
    uint64_t keyspaces;
    /**
     * Pairs.
     */
    uint64_t pairs;
    /**
     * Bytes of their keys and values.
     */
    uint64_t bytes;
    /**
     * A checksum of the content: of the names of the keyspaces and of all pairs. Databases of equal content have
     * the same, whatever their versions.
     */
    uint64_t checksum;
    /**
     * Bytes of the dump itself.
     */
    uint64_t stream_bytes;
    /**
     * After a load: pairs that were there, from an earlier load that was cut short or was not told that it was
     * done. Otherwise 0.
     */
    uint64_t found;
} plinth_dumped;

/**
 * Takes the next bytes of a dump. Returns false if it can't: the dump then fails with 1510.
 *
 * It runs on the thread that made the call, inside it; no lock of the library is held. It may use the database,
 * but not close it, and must return: an exception or longjmp out of it is undefined behaviour.
 */
typedef bool (*plinth_write_callback)(void *context, const uint8_t *bytes, size_t size);

/**
 * How a dump is loaded. Set struct_size to sizeof(plinth_load_options) and the rest to zero for the
 * defaults.
 */
typedef struct {
    /**
     * sizeof(plinth_load_options).
     */
    uint32_t struct_size;
    /**
     * Clear what is in the keyspaces that the dump has. Default: fail with 9034 if there is something else than
     * what the dump has.
     */
    bool overwrite;
    /**
     * Load also where the versions of the database are below the dump's and can't be raised: versionstamps that
     * are made later may be below those that are in the dump. Default: fail with 9036. A
     * directory's versions can always be raised.
     */
    bool any_versions;
    /**
     * Seconds for which a database that is locked is waited for, before the load fails with 1038. 0: ten.
     */
    uint16_t lock_wait_s;
} plinth_load_options;

/**
 * Gives the next bytes of a dump: puts up to `size` of them into `buffer`, and returns how many; 0 at the end, a
 * negative number if it can't: the load then fails with 1510.
 *
 * It runs as plinth_write_callback() does.
 */
typedef int64_t (*plinth_read_callback)(void *context, uint8_t *buffer, size_t size);

/**
 * How a database is moved. Set struct_size to sizeof(plinth_move_options) and the rest to zero for the
 * defaults.
 */
typedef struct {
    /**
     * sizeof(plinth_move_options).
     */
    uint32_t struct_size;
    /**
     * A plinth_move_verify.
     */
    int32_t verify;
    /**
     * So many bytes of the source are read in a second at most, while writers go on; 0 for no limit.
     */
    uint64_t bytes_per_second;
    /**
     * The longest that writers may have to pause, in milliseconds, before the move gives up with 9052; 0 for no limit.
     */
    uint64_t max_pause_ms;
    /**
     * Move also where the versions of the target are below the source's and can't be raised: versionstamps that are
     * made later may be below those that were moved. Default: fail with 9036. A directory's versions can
     * always be raised, a cluster's with the right to write its system keys.
     */
    bool any_versions;
    /**
     * Zero.
     */
    uint8_t reserved[7];
} plinth_move_options;

/**
 * How far a move is, and what it came to.
 */
typedef struct {
    /**
     * A plinth_move_phase.
     */
    uint64_t phase;
    /**
     * The version of the source that the target was made equal to last.
     */
    int64_t version;
    /**
     * At the end: a version of the target, which is above all that the source had.
     */
    int64_t target_version;
    /**
     * Keyspaces of that state, the default one among them.
     */
    uint64_t keyspaces;
    /**
     * Pairs that the copy went through.
     */
    uint64_t pairs;
    /**
     * Bytes of their keys and values.
     */
    uint64_t bytes;
    /**
     * Bytes that were read of the source, in all.
     */
    uint64_t read_bytes;
    /**
     * Bytes that were written into the target, in all.
     */
    uint64_t written_bytes;
    /**
     * The checksum of the content, as plinth_dumped has it, at the moment when everything was compared once more; 0
     * where that was not done.
     */
    uint64_t checksum;
    /**
     * How often changes were followed.
     */
    uint64_t rounds;
    /**
     * 1: an earlier move was cut short, and this one goes on.
     */
    uint64_t resumed;
    /**
     * 1: an earlier move was finished already; everything is equal and nothing was done.
     */
    uint64_t already;
    /**
     * 1: the source tells what changes, so the pause is short. 0: everything is compared while writers pause.
     */
    uint64_t follows;
    /**
     * From the first round on: how long writers would have to pause if they had to now, in milliseconds.
     */
    uint64_t expected_pause_ms;
    /**
     * How long writers had to pause, in milliseconds.
     */
    uint64_t pause_ms;
    /**
     * How long the call has taken so far, in milliseconds.
     */
    uint64_t elapsed_ms;
} plinth_move_report;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The version of the library as text, such as `0.1.0`.
 *
 * @return a static string, not to be freed
 *
 * Threads: any. Errors: none.
 */
const char *plinth_version(void);

/**
 * The number of the binary interface of the loaded library.
 *
 * @return PLINTH_ABI_VERSION of the header the library was built with; a program should refuse
 *         to run when it differs from the PLINTH_ABI_VERSION it was compiled with
 *
 * Threads: any. Errors: none.
 */
uint32_t plinth_abi_version(void);

/**
 * The name of an error number, such as `not_committed`.
 *
 * @param error  any number; one that is not known reads as `unknown_error`
 * @return a static string, never NULL, not to be freed
 *
 * Threads: any. Errors: none. Rule ERRC-1.
 */
const char *plinth_error_name(plinth_error error);

/**
 * One English sentence that describes an error number.
 *
 * @param error  any number
 * @return a static string, never NULL, not to be freed
 *
 * Threads: any. Errors: none. Rule ERRC-1.
 */
const char *plinth_error_description(plinth_error error);

/**
 * Whether a transaction that met this error may be tried again.
 *
 * plinth_transaction_on_error() decides this for you and waits as long as it should.
 *
 * @param error  any number
 * @return true for 1007, 1009, 1020, 1021, 1042 and the like; false for 0 and unknown numbers
 *
 * Threads: any. Errors: none. Rule ERRC-2.
 */
bool plinth_error_is_retryable(plinth_error error);

/**
 * Whether the commit may have happened although it reported this error.
 *
 * A retry after such an error can apply the same change twice: make the change idempotent, or
 * look for its trace first.
 *
 * @param error  any number
 * @return true for 1021 and 1039
 *
 * Threads: any. Errors: none. Rule ERRC-2.
 */
bool plinth_error_is_maybe_committed(plinth_error error);

/**
 * Whether the error is retryable and the commit certainly did not happen.
 *
 * @param error  any number
 *
 * Threads: any. Errors: none. Rule ERRC-2.
 */
bool plinth_error_is_retryable_not_committed(plinth_error error);

/**
 * The whole story of the last error that a call of this library returned on this thread.
 *
 * It tells which call failed, the number, what was being done, to which key (escaped), and what
 * RocksDB or the operating system said. A success does not erase it.
 *
 * @return a NUL-terminated string, empty before the first error. It belongs to the library and
 *         stays valid until the next failing call on the same thread, or the thread's end.
 *
 * Threads: any; each has its own. Errors: none.
 */
const char *plinth_last_error(void);

/**
 * Frees a value and sets the struct to zero.
 *
 * @param value  NULL, a zeroed struct, or one filled by this library. A struct that was freed
 *               before, or a copy of one, is left alone.
 *
 * Threads: any, but one struct must not be freed by two threads at once. Errors: none.
 */
void plinth_value_free(plinth_value *value);

/**
 * Frees the result of a range read and sets the struct to zero.
 *
 * @param range  NULL, a zeroed struct, or one filled by this library. A struct that was freed
 *               before, or a copy of one, is left alone.
 *
 * Threads: any, but one struct must not be freed by two threads at once. Errors: none.
 */
void plinth_range_free(plinth_range *range);

/**
 * Opens a database and creates it if it is missing.
 *
 * @param path     a directory, made with mode 0700 if it is missing; its parent must exist. It
 *                 must be empty or hold a Plinth database. `":memory:"` opens a throw-away
 *                 database in memory, a new one at each call.
 * @param options  NULL for the defaults; copied
 * @param out      receives the database; NULL on error. Close it with plinth_database_close().
 *
 * Any number of handles share a directory, in this process and in others, through this library and
 * through libfdb_c.so: they see each other's commits at once, and go on when one of them leaves or
 * is killed. With the option `exclusive` the directory is this handle's alone.
 *
 * With the option `read_only` nothing in the directory is changed, and the log is read into memory as far as
 * that goes: also on a read-only file system, and where an open fails with 9021 or 1522 because the log
 * is damaged. What is seen is a state that the database had, of a version that every transaction has as
 * its read version. Commits of writes fail with 9022, and so does making a keyspace. Such a handle is
 * not shared: any number of them go together, but while somebody may write they fail with 1529, and
 * while there is one others wait for it and then fail with 1529.
 *
 * What was acknowledged is there after every end of a process, and after a power cut what was
 * acknowledged as synced. An open that finds less fails with 9021 and changes nothing, so that what is left can be
 * read with `read_only`, repaired with plinth_database_repair(), or put back from a backup. Commits that were
 * never synced are missed only in the boot they were made in, and not those of the last millisecond.
 *
 * A cluster is reached through FoundationDB's own client library, which is loaded then and stays until the process
 * ends, as does the one thread that it needs. Nothing is asked of the cluster yet: if it can't be
 * reached the first operation waits, for ever unless there is a timeout. All functions work as on a directory,
 * keyspaces are prefixes of keys in the cluster; docs/SCALING.md says what differs. Limits above the
 * defaults are 2006, `exclusive` is 2108, and `must_not_exist` 9005.
 *
 * A process that ends through exit() closes what is still open.
 *
 * A child of fork() opens its databases again. Every handle that the parent had made is 9016 there, in
 * every function, and nothing happens to it; the bytes of its values stay readable. The parent is not
 * disturbed, whatever the child does and however it ends. A child of a process that had a directory
 * open itself, and not through another process, can only use directories that other processes have
 * open, such as its parent, and no databases in memory: the rest is 9016 too; exec lifts this. The
 * exit handlers that were registered before the first such database was opened do not run at the end of
 * such a child. A child that was forked in a callback can use the library there, but must not return
 * from a callback that a thread of the library runs, or that a call runs for another one: it ends.
 *
 * Threads: any.
 * Errors: 9001 bad argument; 2006 an option out of its bounds; 9005, 9006 as the options ask;
 * 9007 the directory holds something else; 9008 written by a newer version; 1529 open
 * already and wanted exclusively, by this call or by the one who has it, whose process
 * plinth_last_error() names; 9016 as said above; 9017 nobody serves the directory in time; 9018 the
 * process that serves it has another version of the library; 9019 it belongs to another user; 9020 the
 * file system cannot be shared on; 1501 there is no room for the memory budget; 1510, 1511, 1514 the
 * file system failed; 1522 damaged files; 9021 commits are missing; 9002 too many handles; 9043 this build of the
 * library can't open such a path; of a cluster 1515 there is no such file, 9040 there is no client library, 9041 it
 * can't be used; 4100 internal error.
 * Design D8, D11, D12.
 */
plinth_error plinth_database_open(const char *path,
                                  const plinth_database_options *options,
                                  plinth_database **out);

/**
 * Makes every acknowledged commit durable, those of PLINTH_DURABILITY_BUFFERED too.
 *
 * @param db  the database
 *
 * Threads: any. Errors: 9000 bad handle; 9003 closed; 9004 an earlier write failed; 1510 the
 * disk failed, which also stops further commits; 4100 internal error. Design D4.
 */
plinth_error plinth_database_sync(plinth_database *db);

/**
 * Closes a database.
 *
 * Calls that are running end first; commits that were accepted are finished. Watches and what
 * else waits end with 9003: the callbacks of all asynchronous calls that were made before have run
 * when it returns, unless it was called from one. It waits for those that run on threads of the
 * library, as long as they take; one that runs inside a call of another thread ends with that call.
 * Then the directory is free to be opened again,
 * unless values of it were not freed yet: the last plinth_value_free() frees it then.
 * Transactions, keyspaces and watches that are still open stay valid handles that fail with 9003;
 * end them as usual, before or after.
 *
 * @param db  the database; its handle is stale afterwards, also when an error is returned
 *
 * Threads: any; not from the body of plinth_run() on the same database.
 * Errors: 9000 bad handle, also when closed before; 1510 the last writes could not be synced; 9004 an
 * earlier write failed, so that commits since the last sync may not be on disk; 4100 internal error.
 * Design D12.
 */
plinth_error plinth_database_close(plinth_database *db);

/**
 * Makes a damaged directory a database again, with what can be read of it.
 *
 * Make a copy of the directory first. Try plinth_database_open() with `read_only` before: what it can
 * read it shows as it was.
 *
 * @param path      the directory of a database that nobody has open
 * @param out       receives what came of it; `out_size` bytes are written, zeros on error
 * @param out_size  sizeof(plinth_repaired)
 *
 * If only the end of the log is damaged or gone, what is before it stays as it was, and nothing else is
 * touched. If other files are damaged (`rebuilt` is 1), the database is put together anew of those that are
 * whole: what was only in the others is lost, values that were overwritten or cleared may be back, and
 * keyspaces of which nothing was found are gone. Files that are taken out are kept in `lost` in the
 * directory; remove them when they are of no use any more. Everything is read once, which takes its
 * time in a large database.
 *
 * Versions and versionstamps go on above all that were given out. A database that is whole stays as it is.
 *
 * Threads: any.
 * Errors: 9001 bad argument; 9006 there is no database; 9008 written by a newer version; 1529 it is open;
 * 9016 in a child of a process that had a database open; 2108 for a cluster; 9043 this build has no engine; 1510, 1511, 1514 the file system failed; 1522 it
 * is beyond repair; 4100 internal error.
 */
plinth_error plinth_database_repair(const char *path,
                                    plinth_repaired *out,
                                    size_t out_size);

/**
 * Makes a copy of a database, a database of its own, while others read and write.
 *
 * @param db        the database
 * @param path      the directory to be made, as the process sees it; it must not exist, and its parent must
 * @param progress  is told how far it is, and may cancel; NULL for none
 * @param context   passed to `progress` as it is
 * @param out       receives the version that the copy holds; 0 on error
 *
 * The copy holds all commits up to that version and none later; what was acknowledged before the call is among
 * them. It has an id of its own, so that the two are not taken for one another, and shares with its origin
 * only the disk's room: tables, which never change, are further names of the same files where both are on one
 * file system, and are copied elsewhere. So it costs little time and room at first. Each of the two may be
 * changed, moved and removed as it likes. It is not a backup while it is on the same disk: see plinth_database_backup().
 *
 * The directory appears when everything in it is on the disk: a process that is killed leaves nothing of that
 * name. What it leaves is called as the copy with `.partial` behind, and is removed by the next call for the
 * same name. If another process hosts the database, that one makes the copy.
 *
 * Threads: any; one checkpoint, backup, verification or compaction at a time in a database.
 * Errors: 9000 bad handle; 9001 bad argument, or a place inside the directory of the database; 1101 cancelled;
 * 2108 the database is in memory; 9003 closed; 9004 an earlier write failed; 9016 in a child of fork(); 9017 the process that
 * hosts the database ended meanwhile; 9022 it was opened with `read_only`; 9023 another upkeep is under way; 9024 `path` exists;
 * 1510, 1511, 1514 the file system failed, as when it is full; 1522 a file is damaged; 4100 internal error. Design D1, D12.
 */
plinth_error plinth_database_checkpoint(plinth_database *db,
                                        const char *path,
                                        plinth_progress_callback progress,
                                        void *context,
                                        int64_t *out);

/**
 * Adds a backup of a database to a directory of backups, while others read and write.
 *
 * @param db        the database
 * @param path      the directory of backups; made with mode 0700 if it is missing, its parent must exist. It must be
 *                  empty or hold backups, of this database or of others
 * @param progress  is told how far it is, and may cancel; NULL for none
 * @param context   passed to `progress` as it is
 * @param out       receives what was added; `out_size` bytes are written, zeros on error
 * @param out_size  sizeof(plinth_backup)
 *
 * It holds all commits up to a version and none later; what was acknowledged before the call is among them. Only
 * what is not in the directory yet is copied: tables never change, and are shared by all backups that have them. The
 * directory belongs on another disk or machine; it can be copied as a whole with any tool, while no call is at work in
 * it. It takes a few mebibytes of memory, and for the time of the call the room on the disk of what compactions
 * remove meanwhile.
 *
 * A backup is there when all of it is on the disk: a process that is killed adds nothing and harms nothing,
 * and what it left is removed by the next call. If another process hosts the database, that one makes
 * the backup.
 *
 * Threads: any; one checkpoint, backup, verification or compaction at a time in a database, and one call that changes it in a directory of
 * backups. Errors: 9000 bad handle; 9001 bad argument, or a place inside the directory of the database; 1101 cancelled; 2108 the
 * database is in memory; 9003 closed; 9004 an earlier write failed; 9008 the backups are of a newer version; 9016 in a child of
 * fork(); 9017 the process that hosts the database ended meanwhile; 9022 it was opened with `read_only`; 9023 another
 * upkeep is under way; 9025 the directory holds something else; 9027 its file PLINTH-BACKUPS is damaged; 1510, 1511, 1514 the file
 * system failed, as when it is full; 1522 a file is damaged; 4100 internal error. Design D1, D12.
 */
plinth_error plinth_database_backup(plinth_database *db,
                                    const char *path,
                                    plinth_progress_callback progress,
                                    void *context,
                                    plinth_backup *out,
                                    size_t out_size);

/**
 * Lists the backups of a directory.
 *
 * @param path  the directory of backups
 * @param out   receives them, oldest first, to be freed with plinth_backups_free(); zeroed on error
 *
 * Threads: any. Errors: 9001 bad argument; 9002 too many results; 9008 they are of a newer version; 9025 the directory holds no
 * backups; 9027 its file PLINTH-BACKUPS is damaged; 1510, 1511, 1514 the file system failed; 4100 internal error.
 */
plinth_error plinth_backup_list(const char *path,
                                plinth_backups *out);

/**
 * Frees a list of backups and sets the struct to zero.
 *
 * @param backups  NULL, a zeroed struct, or one filled by this library. A struct that was freed before, or a copy of
 *                 one, is left alone.
 *
 * Threads: any, but one struct must not be freed by two threads at once. Errors: none.
 */
void plinth_backups_free(plinth_backups *backups);

/**
 * Reads all files of a backup and compares them with their checksums.
 *
 * @param path      the directory of backups
 * @param number    the backup's number; 0 for the newest
 * @param progress  is told how far it is, and may cancel; NULL for none
 * @param context   passed to `progress` as it is
 * @param out       receives what the backup is; `out_size` bytes are written, zeros on error
 * @param out_size  sizeof(plinth_backup)
 *
 * plinth_last_error() names the first file that is damaged or missing. It takes a mebibyte of memory.
 *
 * Threads: any. Errors: 9001 bad argument; 1101 cancelled; 9027 a file is missing or damaged; 9026 there is no such backup; 9025 the directory
 * holds no backups; 9008 they are of a newer version; 9023 another call changes the directory; 1510, 1511, 1514 the file system
 * failed; 4100 internal error.
 */
plinth_error plinth_backup_verify(const char *path,
                                  uint64_t number,
                                  plinth_progress_callback progress,
                                  void *context,
                                  plinth_backup *out,
                                  size_t out_size);

/**
 * Makes a directory the database that a backup holds.
 *
 * @param path      the directory of backups
 * @param number    the backup's number; 0 for the newest
 * @param to        the directory to be made; it must not exist, and its parent must
 * @param progress  is told how far it is, and may cancel; NULL for none
 * @param context   passed to `progress` as it is
 * @param out       receives what was restored; `out_size` bytes are written, zeros on error
 * @param out_size  sizeof(plinth_backup)
 *
 * Every file is compared with its checksum on the way. The directory appears when everything in it is on the
 * disk; what a process that is killed leaves is called as it with `.partial` behind, and is removed by the next
 * call for the same name. It takes a few mebibytes of memory.
 *
 * The restored database has an id of its own. Its versions go on above all that its origin can have given out
 * since the backup was made, by the clock of the machine: versionstamps do not come back.
 *
 * Threads: any. Errors: as plinth_backup_verify(); 9024 `to` exists; 9016 in a child of a process that had a database open; 1522
 * it can't be opened.
 */
plinth_error plinth_backup_restore(const char *path,
                                   uint64_t number,
                                   const char *to,
                                   plinth_progress_callback progress,
                                   void *context,
                                   plinth_backup *out,
                                   size_t out_size);

/**
 * Removes a backup, and the files that no other one has.
 *
 * @param path    the directory of backups
 * @param number  the backup's number
 *
 * Threads: any. Errors: 9001 bad argument; 9026 there is no such backup; 9025 the directory holds no backups; 9008 they are of a newer
 * version; 9023 another call uses the directory; 9027 its file PLINTH-BACKUPS is damaged; 1510, 1511, 1514 the file system failed; 4100
 * internal error.
 */
plinth_error plinth_backup_delete(const char *path,
                                  uint64_t number);

/**
 * Removes all backups but the newest ones, and the files that only those had. Damaged ones do not count, and stay.
 *
 * @param path    the directory of backups
 * @param newest  how many stay, 1 at least
 *
 * Threads: any. Errors: as plinth_backup_delete().
 */
plinth_error plinth_backup_keep(const char *path,
                                uint64_t newest);

/**
 * Reads the counters of a database.
 *
 * @param db        the database
 * @param out       receives the counters; `out_size` bytes are written
 * @param out_size  sizeof(plinth_metrics). A program compiled against an older header gets the
 *                  counters it knows.
 *
 * Threads: any. Errors: 9000 bad handle; 9001 NULL or a size below 8; 4100 internal error.
 */
plinth_error plinth_database_metrics(plinth_database *db, plinth_metrics *out, size_t out_size);

/**
 * Everything that is counted of a database, as text for Prometheus.
 *
 * The text is in Prometheus' exposition format 0.0.4 (`text/plain; version=0.0.4`), encoded in UTF-8: names,
 * sentences and types, counters, numbers of now, and histograms of how long operations took. Each number has
 * the label `database`, the path that it was opened with. docs/METRICS.md lists the names, which stay.
 *
 * Where another process hosts the database, the numbers are the host's, beside those of this handle's own
 * transactions, which have the label `caller="guest"`. What a transaction did is counted when it commits, is reset
 * or is destroyed.
 *
 * @param db   the database
 * @param out  receives the text, not terminated by a zero byte; zeroed on error. Free it with plinth_value_free().
 *
 * It reads counters, and asks RocksDB for some numbers of each keyspace: some 100 us, and commits and reads go
 * on. With a host elsewhere it waits for the answer.
 *
 * Threads: any. Errors: 9000 bad handle; 9001 NULL; 9003 closed; 9017 no host in time; 2108 a backend that
 * counts nothing; 9002 too many values; 4100 internal error.
 */
plinth_error plinth_database_metrics_text(plinth_database *db,
                                          plinth_value *out);

/**
 * How a database is, as one JSON document.
 *
 * Its members `client` and `cluster` are those of FoundationDB's status, as far as they mean something in one
 * process; the member `plinth` has the rest: identity, host and guests, options, what was done and how long it took,
 * commits by outcome, queues, versions, memory by owner, keyspaces, tables and disk. docs/METRICS.md describes
 * it; later versions add members and change none.
 *
 * @param db   the database
 * @param out  receives the document in UTF-8, not terminated by a zero byte; zeroed on error. Free it with
 *             plinth_value_free().
 *
 * What is said of plinth_database_metrics_text() about hosts, time and counting holds here too. Paths and names of
 * keyspaces are in it, keys and values are not.
 *
 * Threads: any. Errors: 9000 bad handle; 9001 NULL; 9003 closed; 9017 no host in time; 2108 a backend that has
 * no status; 9002 too many values; 4100 internal error.
 */
plinth_error plinth_database_status_json(plinth_database *db,
                                         plinth_value *out);

/**
 * Opens a keyspace and creates it, durably, if it is missing.
 *
 * Transactions span keyspaces atomically; conflicts never cross them.
 *
 * @param db    the database
 * @param name  1 to 255 bytes of UTF-8. `"default"` is the keyspace that NULL stands for; names
 *              that begin with `"plinth."` are reserved.
 * @param out   receives the keyspace; NULL on error. Close it with plinth_keyspace_close().
 *
 * Threads: any. Errors: 9000 bad handle; 9001 NULL; 9011 bad name; 9015 more than 1,000
 * keyspaces; 9003 closed; 9004 an earlier write failed; 1510 the disk failed; 9002 too many
 * handles; 4100 internal error. Design D9.
 */
plinth_error plinth_keyspace_open(plinth_database *db, const char *name, plinth_keyspace **out);

/**
 * Closes a keyspace handle. The keyspace and its keys stay.
 *
 * @param ks  the keyspace; its handle is stale afterwards
 *
 * Threads: any. Errors: 9000 bad handle.
 */
plinth_error plinth_keyspace_close(plinth_keyspace *ks);

/**
 * Lists the names of all keyspaces, `"default"` first and the others in byte order.
 *
 * @param db   the database
 * @param out  receives one item for each keyspace, its name as the key (not NUL-terminated) and
 *             an empty value. Free it with plinth_range_free().
 *
 * Threads: any. Errors: 9000 bad handle; 9001 NULL; 9003 closed; 4100 internal error.
 */
plinth_error plinth_keyspace_list(plinth_database *db, plinth_range *out);

/**
 * Removes a keyspace and all its keys, at once and durably. It is not part of any transaction:
 * those that used the keyspace and have not committed fail with 9010 when they do, as does
 * every call with a handle to it. A keyspace opened later under the same name is a new one.
 *
 * @param db    the database
 * @param name  the keyspace; the default one can't be dropped
 *
 * Threads: any. Errors: 9000 bad handle; 9001 NULL; 9009 there is none of that name; 9011 the
 * default keyspace; 9003 closed; 9004 an earlier write failed; 1510 the disk failed; 4100
 * internal error.
 */
plinth_error plinth_keyspace_drop(plinth_database *db, const char *name);

/**
 * Reads everything that a database has stored, and fails if anything is not as it should be.
 *
 * @param db        the database; one that nobody has open is opened with `read_only` for this
 * @param progress  is told how far it is, and may cancel; NULL for none
 * @param context   passed to `progress` as it is
 * @param out       receives what was looked at; `out_size` bytes are written, zeros on error
 * @param out_size  sizeof(plinth_verified)
 *
 * It computes the checksum of every block of every table and of every record of the logs; reads all keys, which
 * have to ascend and be within the limits of the library; looks at what the library notes for itself, and
 * whether the newest commit is the one that the file WATERMARK knows of. plinth_last_error() names the file
 * and the place in it, or the key, of the first thing that is wrong; nothing is changed. Others read and write
 * meanwhile. It takes a few mebibytes of memory whatever the size of the database, and room on the disk for what
 * compactions remove meanwhile.
 *
 * If another process hosts the database, that one does it.
 *
 * Threads: any; one checkpoint, backup, verification or compaction at a time in a database.
 * Errors: 9000 bad handle; 9001 bad argument; 1101 cancelled; 1522 damaged; 9021 commits that were acknowledged are missing;
 * 2108 the database is in memory; 9003 closed; 9016 in a child of fork(); 9017 the process that hosts the database
 * ended meanwhile; 9023 another upkeep is under way; 1510, 1511, 1514 the file system failed; 4100 internal
 * error. Design D1, D12.
 */
plinth_error plinth_database_verify(plinth_database *db,
                                    plinth_progress_callback progress,
                                    void *context,
                                    plinth_verified *out,
                                    size_t out_size);

/**
 * Compacts a keyspace, or all: what was overwritten or cleared takes no room any more, and reads step over less.
 *
 * @param db        the database
 * @param ks        the keyspace, or NULL for all of them
 * @param progress  is told how far it is, and may cancel; NULL for none
 * @param context   passed to `progress` as it is
 *
 * A database compacts itself; this is for after a large removal, or before a copy. It writes every table anew, and
 * takes as much room on the disk meanwhile as the largest of the pieces that it goes by: about 128 MiB, or the
 * newest tables. What a version of the window still needs stays, so clear first and compact `window_ms`
 * later. Others read and write meanwhile, more slowly.
 *
 * What is done when it is cancelled, or the process is killed, stays done. If another process hosts the
 * database, that one does it.
 *
 * Threads: any; one checkpoint, backup, verification or compaction at a time in a database.
 * Errors: 9000 bad handle, or the keyspace of another database; 1101 cancelled; 9003 closed; 9004 an earlier write failed; 9010 keyspace
 * dropped; 9016 in a child of fork(); 9017 the process that hosts the database ended meanwhile; 9022 it was opened with `read_only`;
 * 9023 another upkeep is under way; 1510 it failed, as when the disk is full; 1522 a file is damaged; 4100 internal
 * error. Design D1, D12.
 */
plinth_error plinth_database_compact(plinth_database *db,
                                     plinth_keyspace *ks,
                                     plinth_progress_callback progress,
                                     void *context);

/**
 * Begins a transaction. Nothing is read yet: it costs well below a microsecond.
 *
 * @param db   the database
 * @param out  receives the transaction; NULL on error. End it with plinth_transaction_destroy().
 *
 * Threads: any. Errors: 9000 bad handle; 9001 NULL; 9003 closed; 9012 too many live
 * transactions; 9002 too many handles; 4100 internal error. Rule TX-1.
 */
plinth_error plinth_transaction_begin(plinth_database *db, plinth_transaction **out);

/**
 * Ends a transaction. What was not committed is forgotten. Values and ranges that were read
 * stay valid until they are freed. Calls that other threads have running end undisturbed;
 * asynchronous ones end with 1025, as do its watches unless it has committed.
 *
 * @param tr  the transaction; its handle is stale afterwards
 *
 * Threads: any. Errors: 9000 bad handle, also when destroyed before. Rule RST-3.
 */
plinth_error plinth_transaction_destroy(plinth_transaction *tr);

/**
 * Reads a key. The commit fails with 1020 if someone changed it meanwhile.
 *
 * @param tr       the transaction
 * @param ks       the keyspace, or NULL for the default one
 * @param key      the key, below "\xff" unless an option allows more; or a special key
 * @param key_len  its length in bytes
 * @param out      receives the value; `data` is NULL if there is no such key, which is not an
 *                 error. Free it with plinth_value_free().
 *
 * Threads: any. Errors: 2004 key out of range; 1007 the read version is older than the window;
 * 1009 it is in the future; 1036 the value is known only after this transaction's commit; 2113
 * no such special key; 9010 keyspace dropped; 9001 NULL; 1510, 1522 the disk failed.
 * Rules GET-1, CONF-2, RYW-1, RYW-8, SPEC-1.
 */
plinth_error plinth_transaction_get(plinth_transaction *tr,
                                    plinth_keyspace *ks,
                                    const uint8_t *key,
                                    size_t key_len,
                                    plinth_value *out);

/**
 * Reads a key like plinth_transaction_get(), but without a conflict if someone changes it.
 *
 * Parameters, threads and errors as plinth_transaction_get(). Own writes are seen. Rules CONF-7,
 * RYW-6.
 */
plinth_error plinth_transaction_snapshot_get(plinth_transaction *tr,
                                             plinth_keyspace *ks,
                                             const uint8_t *key,
                                             size_t key_len,
                                             plinth_value *out);

/**
 * Finds the key that a selector names. The commit fails with 1020 if the answer changed.
 *
 * @param tr        the transaction
 * @param ks        the keyspace, or NULL for the default one
 * @param selector  see plinth_key_selector; its key is at most "\xff" unless an option allows more
 * @param snapshot  true: without a conflict
 * @param out       receives the key: empty (not NULL) before the first key; after the last one
 *                  "\xff", or "\xff\xff" where system keys may be read. Free it with
 *                  plinth_value_free().
 *
 * Threads: any. Errors: as plinth_transaction_get(). Rules SEL-1 to SEL-6, CONF-4.
 */
plinth_error plinth_transaction_get_key(plinth_transaction *tr,
                                        plinth_keyspace *ks,
                                        const plinth_key_selector *selector,
                                        bool snapshot,
                                        plinth_value *out);

/**
 * Reads the pairs from the key that `begin` names up to, not including, the one `end` names.
 *
 * The commit fails with 1020 if someone changed, added or removed a key in what was read: the
 * whole range, or up to the last pair returned if `more` is set.
 *
 * @param tr       the transaction
 * @param ks       the keyspace, or NULL for the default one
 * @param begin    first end of the range; its key is at most "\xff" unless an option allows more
 * @param end      other end of the range, likewise. An end at or before the begin is an empty
 *                 range, not an error. Both may be special keys of one module.
 * @param options  NULL for the whole range, forward, with conflicts
 * @param out      receives the pairs. Free it with plinth_range_free().
 *
 * Without a limit the whole range is returned in one result: set one where the range may be
 * large.
 *
 * Threads: any. Errors: as plinth_transaction_get(); 2012 a limit below -1; 2112 special keys of
 * several modules. Rules RNG-1 to RNG-11, CONF-5, CONF-6, SPEC-2.
 */
plinth_error plinth_transaction_get_range(plinth_transaction *tr,
                                          plinth_keyspace *ks,
                                          const plinth_key_selector *begin,
                                          const plinth_key_selector *end,
                                          const plinth_range_options *options,
                                          plinth_range *out);

/**
 * Sets a key to a value.
 *
 * @param tr         the transaction
 * @param ks         the keyspace, or NULL for the default one
 * @param key        the key, below "\xff" unless an option allows more; copied
 * @param key_len    its length: 10,000 bytes at most, unless the database was opened with more
 * @param value      the value; copied. It may be empty, which is not the same as absent.
 * @param value_len  its length: 100,000 bytes at most, unless the database was opened with more
 *
 * Threads: any. Errors: 2004 key out of range; 2102 key too large; 2103 value too large; 9013
 * memory budget used up; 9010 keyspace dropped; 9001 NULL. Rules LIM-1, LIM-2, CONF-1.
 */
plinth_error plinth_transaction_set(plinth_transaction *tr,
                                    plinth_keyspace *ks,
                                    const uint8_t *key,
                                    size_t key_len,
                                    const uint8_t *value,
                                    size_t value_len);

/**
 * Clears a key; it need not exist.
 *
 * @param tr       the transaction
 * @param ks       the keyspace, or NULL for the default one
 * @param key      the key, below "\xff" unless an option allows more; copied
 * @param key_len  its length in bytes
 *
 * Threads: any. Errors: 2004 key out of range; 9013 memory budget used up; 9010 keyspace
 * dropped; 9001 NULL. Rules CONF-1, CONF-16, LIM-3.
 */
plinth_error plinth_transaction_clear(plinth_transaction *tr,
                                      plinth_keyspace *ks,
                                      const uint8_t *key,
                                      size_t key_len);

/**
 * Clears every key from `begin` up to, not including, `end`.
 *
 * @param tr         the transaction
 * @param ks         the keyspace, or NULL for the default one
 * @param begin      first key to clear, at most "\xff" unless an option allows more; copied
 * @param begin_len  its length in bytes
 * @param end        first key to leave, at most "\xff" unless an option allows more; copied
 * @param end_len    its length in bytes
 *
 * Threads: any. Errors: 2005 begin after end; 2004 a key out of range; 9013 memory budget used
 * up; 9010 keyspace dropped; 9001 NULL. Rules CONF-1, DATA-5.
 */
plinth_error plinth_transaction_clear_range(plinth_transaction *tr,
                                            plinth_keyspace *ks,
                                            const uint8_t *begin,
                                            size_t begin_len,
                                            const uint8_t *end,
                                            size_t end_len);

/**
 * Makes the commit fail with 1020 if someone changes the key, as if it had been read.
 *
 * A key that this transaction wrote before the call is left out (rule CONF-10).
 *
 * @param tr       the transaction
 * @param ks       the keyspace, or NULL for the default one
 * @param key      the key, below "\xff" unless an option allows more; copied
 * @param key_len  its length in bytes
 *
 * Threads: any. Errors: 2004 key out of range; 9010 keyspace dropped; 9001 NULL. Rule CONF-10.
 */
plinth_error plinth_transaction_add_read_conflict(plinth_transaction *tr,
                                                  plinth_keyspace *ks,
                                                  const uint8_t *key,
                                                  size_t key_len);

/**
 * Makes the commit fail with 1020 if someone changes a key from `begin` up to, not including,
 * `end`, as if the range had been read.
 *
 * Keys that this transaction wrote before the call are left out. An empty range has no effect.
 *
 * @param tr         the transaction
 * @param ks         the keyspace, or NULL for the default one
 * @param begin      first key of the range, at most "\xff" unless an option allows more; copied
 * @param begin_len  its length in bytes
 * @param end        first key after the range, at most "\xff" unless an option allows more; copied
 * @param end_len    its length in bytes
 *
 * Threads: any. Errors: 2005 begin after end; 2004 a key out of range; 9010 keyspace dropped;
 * 9001 NULL. Rule CONF-10.
 */
plinth_error plinth_transaction_add_read_conflict_range(plinth_transaction *tr,
                                                        plinth_keyspace *ks,
                                                        const uint8_t *begin,
                                                        size_t begin_len,
                                                        const uint8_t *end,
                                                        size_t end_len);

/**
 * Makes others that read in the range and commit later fail with 1020, as if this transaction
 * had written every key in it. It makes the commit a write commit, also without any write.
 *
 * Parameters, threads and errors as plinth_transaction_add_read_conflict_range(). Rules COM-2,
 * CONF-10.
 */
plinth_error plinth_transaction_add_write_conflict_range(plinth_transaction *tr,
                                                         plinth_keyspace *ks,
                                                         const uint8_t *begin,
                                                         size_t begin_len,
                                                         const uint8_t *end,
                                                         size_t end_len);

/**
 * The version that the transaction reads at. It is obtained by the first read, by the commit,
 * or by this call, and stays the same until reset.
 *
 * Every commit that was acknowledged before it was obtained is visible at it.
 *
 * @param tr   the transaction
 * @param out  receives the version, above 0
 *
 * Threads: any, also after the commit. Errors: 1007, 1009 for a version set by hand; 9001 NULL.
 * Rules VER-4, COM-11.
 */
plinth_error plinth_transaction_get_read_version(plinth_transaction *tr, int64_t *out);

/**
 * Makes the transaction read at a version of its choice, usually one that another transaction
 * got from plinth_transaction_get_committed_version() or plinth_transaction_get_read_version().
 *
 * The call itself only notes the version: reads fail with 1007 if it is older than the window,
 * and with 1009, after waiting up to a second, if it lies in the future.
 *
 * @param tr       the transaction, which must not have a read version yet
 * @param version  above 0
 *
 * Threads: any. Errors: 2011 not above 0; 2010 there is a read version already. Rules VER-7 to
 * VER-9.
 */
plinth_error plinth_transaction_set_read_version(plinth_transaction *tr, int64_t version);

/**
 * Commits. Success means that all writes took effect together, at one version, that nothing the
 * transaction read was changed by others since its read version, and that it is as durable as
 * PLINTH_OPTION_DURABILITY says. Every transaction begun afterwards sees it.
 *
 * A transaction that wrote nothing always succeeds, and has no committed version.
 *
 * After any error the transaction must go through plinth_transaction_on_error() or
 * plinth_transaction_reset() before it is used again. After success it must be reset or
 * destroyed.
 *
 * @param tr  the transaction
 *
 * Threads: any; it waits for calls that other threads have running on the transaction.
 * Errors: 1020 conflict, 1007 too old, 1009 read version in the future: not committed, retry;
 * 1042 too much queued, or the disk can't keep up: not committed, retry; 2101 larger than its size limit;
 * 1021 the disk failed and the outcome is unknown; 9004 an earlier write failed, not committed; 9010 a keyspace was
 * dropped; 2023 PLINTH_OPTION_READ_LOCK_AWARE is set; or the error that an earlier read of this transaction returned.
 * Rules COM-1 to COM-8, CONF-14 to CONF-17.
 */
plinth_error plinth_transaction_commit(plinth_transaction *tr);

/**
 * The version at which the transaction last committed.
 *
 * @param tr   the transaction
 * @param out  receives the version; -1 before the first commit and after a read-only one. It
 *             is kept over reset.
 *
 * Threads: any, at any time. Errors: 9000 bad handle; 9001 NULL. Rule COM-10.
 */
plinth_error plinth_transaction_get_committed_version(plinth_transaction *tr, int64_t *out);

/**
 * The heart of a retry loop: give it the error that a call on the transaction returned. If the
 * error is retryable it waits (longer each time), resets the transaction and returns 0: start
 * again from the first read. Otherwise it returns the error, and the transaction answers 1025
 * to everything until it is reset. The first sixteen times that the transaction's own commit failed with 1020
 * it does not wait: over an embedded database what the commit lost to can be read by then.
 *
 * Timeout, retry limit and maximum delay are kept, their counts too; other options must be set
 * again.
 *
 * @param tr     the transaction
 * @param error  what a call returned
 * @return 0 to try again, else why not
 *
 * Threads: any; it waits on the calling thread, up to PLINTH_OPTION_MAX_RETRY_DELAY.
 * Errors: the error given, if it is not retryable or the retry limit is reached; 2000 for an error of 0; 1025,
 * 1031, 2017 if that is the transaction's state. Rules ERRH-1 to ERRH-7.
 */
plinth_error plinth_transaction_on_error(plinth_transaction *tr,
                                         plinth_error error);

/**
 * Makes the transaction as new: forgets its reads, writes and options, and an end by cancel,
 * timeout or commit. The committed version is kept. Asynchronous calls under way end with 1025,
 * as do its watches unless it has committed.
 *
 * @param tr  the transaction
 *
 * Threads: any. Errors: 9000 bad handle; 9003 database closed. Rule RST-1.
 */
plinth_error plinth_transaction_reset(plinth_transaction *tr);

/**
 * Makes every further call on the transaction fail with 1025 until it is reset, and ends a wait
 * in plinth_transaction_on_error() and asynchronous calls under way. A commit that is running may
 * still happen. Watches stay as they are.
 *
 * @param tr  the transaction
 *
 * Threads: any. Errors: 9000 bad handle. Rule RST-2.
 */
plinth_error plinth_transaction_cancel(plinth_transaction *tr);

/**
 * The transaction's id: a random UUID, for logs and for plinth_transaction_find(). It is made
 * by the first call and stays the same for the life of the handle.
 *
 * @param tr   the transaction
 * @param out  receives 36 characters and a NUL
 *
 * Threads: any, at any time. Errors: 9000 bad handle; 9001 NULL.
 */
plinth_error plinth_transaction_id(plinth_transaction *tr, char *out);

/**
 * Finds a live transaction by the id that plinth_transaction_id() gave.
 *
 * @param db   the database it belongs to
 * @param id   36 characters and a NUL
 * @param out  receives the same handle the transaction was begun with; NULL on error. It is not
 *             a second one: it is destroyed once.
 *
 * Threads: any. Errors: 9000 bad handle; 9001 NULL or not a UUID; 9014 no live transaction of
 * the database has this id.
 */
plinth_error plinth_transaction_find(plinth_database *db, const char *id, plinth_transaction **out);

/**
 * Changes a key on the value that it has when the transaction commits. Nothing is read for it,
 * so that it causes no conflict of its own: counters that many transactions add to, say.
 *
 * Reads of this transaction see the result as far as it is known to them (rules RYW-3, RYW-8).
 *
 * @param tr           the transaction
 * @param ks           the keyspace, or NULL for the default one
 * @param op           one of PLINTH_MUTATION_*
 * @param key          the key, below "\xff" unless an option allows more; copied
 * @param key_len      its length: 10,000 bytes at most, unless the database was opened with more
 * @param operand      the operand; copied
 * @param operand_len  its length: 100,000 bytes at most, unless the database was opened with more
 *
 * Threads: any. Errors: 2018 no such operation; 2000 the place of a versionstamp lies outside, or
 * this operation is not for "\xff/metadataVersion"; 2004 key out of range; 2102 key too large;
 * 2103 operand too large; 9013 memory budget used up; 9010 keyspace dropped; 9001 NULL.
 * Rules ATOM-1 to ATOM-7, COM-9, LIM-1, LIM-2, CONF-1, SPEC-10.
 */
plinth_error plinth_transaction_atomic_op(plinth_transaction *tr,
                                          plinth_keyspace *ks,
                                          plinth_mutation op,
                                          const uint8_t *key,
                                          size_t key_len,
                                          const uint8_t *operand,
                                          size_t operand_len);

/**
 * Sets a key that holds the versionstamp of the commit: ten bytes, larger for each later commit,
 * so that keys made this way are in the order of the commits. The transaction can't read the keys
 * that it may become (1036).
 *
 * @param tr         the transaction
 * @param ks         the keyspace, or NULL for the default one
 * @param key        the key, with ten bytes of any content where the stamp goes; copied
 * @param key_len    its length, the stamp's ten bytes included: 9,996 bytes at most, unless the
 *                   database was opened with more
 * @param offset     where in the key the stamp begins
 * @param value      the value; copied
 * @param value_len  its length: 100,000 bytes at most, unless the database was opened with more
 *
 * Threads: any. Errors: 2000 there are no ten bytes at the offset; the others as
 * plinth_transaction_set(). Rules VST-1, VST-2, VST-4, RYW-8, CONF-1.
 */
plinth_error plinth_transaction_set_versionstamped_key(plinth_transaction *tr,
                                                       plinth_keyspace *ks,
                                                       const uint8_t *key,
                                                       size_t key_len,
                                                       uint32_t offset,
                                                       const uint8_t *value,
                                                       size_t value_len);

/**
 * Sets a key to a value that holds the versionstamp of the commit. The transaction can't read the
 * key until it is committed (1036).
 *
 * "\xff/metadataVersion" takes only this, without any option: ten zero bytes at offset 0.
 *
 * @param tr         the transaction
 * @param ks         the keyspace, or NULL for the default one
 * @param key        the key, below "\xff" unless an option allows more; copied
 * @param key_len    its length: 10,000 bytes at most, unless the database was opened with more
 * @param value      the value, with ten bytes of any content where the stamp goes; copied
 * @param value_len  its length, the stamp's ten bytes included: 99,996 bytes at most, unless the
 *                   database was opened with more
 * @param offset     where in the value the stamp begins
 *
 * Threads: any. Errors: 2000 there are no ten bytes at the offset; the others as
 * plinth_transaction_set(). Rules VST-1, VST-3, VST-4, RYW-8, SPEC-10.
 */
plinth_error plinth_transaction_set_versionstamped_value(plinth_transaction *tr,
                                                         plinth_keyspace *ks,
                                                         const uint8_t *key,
                                                         size_t key_len,
                                                         const uint8_t *value,
                                                         size_t value_len,
                                                         uint32_t offset);

/**
 * The versionstamp of the commit: the ten bytes that its versionstamped keys and values got. Eight
 * are the committed version, big-endian; two tell apart transactions that share it.
 *
 * @param tr   the transaction
 * @param out  receives ten bytes, zeroed on error
 *
 * Threads: any, after the commit. Errors: 2021 the commit wrote nothing; 2020 there was no
 * successful commit since begin or reset; 9001 NULL. Rules VST-1, COM-12.
 */
plinth_error plinth_transaction_get_versionstamp(plinth_transaction *tr, uint8_t *out);

/**
 * About how large the transaction has become: bytes of its writes and of its conflict ranges. The
 * commit compares a size that may be smaller, since overwritten writes do not count there.
 *
 * @param tr   the transaction
 * @param out  receives the size in bytes
 *
 * Threads: any, at any time. Errors: 9000 bad handle; 9001 NULL. Rule LIM-7.
 */
plinth_error plinth_transaction_get_approximate_size(plinth_transaction *tr, int64_t *out);

/**
 * About how many bytes are stored in a range. Own writes do not count, and nothing conflicts.
 *
 * @param tr         the transaction
 * @param ks         the keyspace, or NULL for the default one
 * @param begin      first key of the range
 * @param begin_len  its length in bytes
 * @param end        first key after the range
 * @param end_len    its length in bytes
 * @param out        receives the size in bytes; 0 for an empty range
 *
 * Threads: any. Errors: 2005 begin after end; 9010 keyspace dropped; 9001 NULL. Rule EST-1.
 */
plinth_error plinth_transaction_get_estimated_range_size(plinth_transaction *tr,
                                                         plinth_keyspace *ks,
                                                         const uint8_t *begin,
                                                         size_t begin_len,
                                                         const uint8_t *end,
                                                         size_t end_len,
                                                         int64_t *out);

/**
 * Keys that cut a range into pieces of about equal size, for scans that share the work.
 *
 * @param tr          the transaction
 * @param ks          the keyspace, or NULL for the default one
 * @param begin       first key of the range, at most "\xff" unless an option allows more
 * @param begin_len   its length in bytes
 * @param end         first key after the range, likewise
 * @param end_len     its length in bytes
 * @param chunk_size  bytes that a piece should hold, above 0
 * @param out         receives the keys in order, from `begin` to `end`, which are the first and
 *                    the last; just one if they are equal. Values are empty. Free it with
 *                    plinth_range_free().
 *
 * Own writes do not count, and nothing conflicts.
 *
 * Threads: any. Errors: 2005 begin after end; 2004 a key out of range; 9010 keyspace dropped; 9001
 * NULL, or a chunk size not above 0. Rule EST-2.
 */
plinth_error plinth_transaction_get_range_split_points(plinth_transaction *tr,
                                                       plinth_keyspace *ks,
                                                       const uint8_t *begin,
                                                       size_t begin_len,
                                                       const uint8_t *end,
                                                       size_t end_len,
                                                       int64_t chunk_size,
                                                       plinth_range *out);

/**
 * Sets an option of the transaction.
 *
 * @param tr      the transaction
 * @param option  a plinth_transaction_option
 * @param value   its value; 0 for one that has none
 *
 * Threads: any. Errors: 2007 no such option; 2006 value out of bounds; 2000 too late for this
 * option. Rules OPT-2 to OPT-4.
 */
plinth_error plinth_transaction_set_option(plinth_transaction *tr, int32_t option, int64_t value);

/**
 * Sets an option of an open database. What it says of transactions goes for those that begin or
 * are reset afterwards.
 *
 * @param db      the database
 * @param option  a plinth_database_option
 * @param value   its value; 0 for one that has none
 *
 * Threads: any. Errors: 9000 bad handle; 2007 no such option; 2006 value out of bounds; 9003
 * closed; 4100 internal error. Rules OPT-2, OPT-5.
 */
plinth_error plinth_database_set_option(plinth_database *db, int32_t option, int64_t value);

/**
 * Reads a key like plinth_transaction_get(), without waiting: a value that is in memory comes at
 * once, in a callback inside this call, and any other from a thread of the library.
 *
 * What the read sees is settled when the call returns: writes made later are not in it. The
 * commit waits for it.
 *
 * @param tr         the transaction
 * @param ks         the keyspace, or NULL for the default one
 * @param key        the key, as in plinth_transaction_get(); copied
 * @param key_len    its length in bytes
 * @param callback   receives the value, or the error
 * @param user       passed to both functions as it is
 * @param finaliser  runs when the callback has returned, also without one; or NULL
 * @return 9001 if `callback` is NULL, else 0: the callback runs, and it alone tells of any error
 *
 * Threads: any. Errors: to the callback, as plinth_transaction_get(); 1025 the transaction was
 * cancelled, reset or destroyed meanwhile. Rules GET-1, CONF-2, RYW-2, COM-4, FUT-12.
 */
plinth_error plinth_transaction_get_async(plinth_transaction *tr,
                                          plinth_keyspace *ks,
                                          const uint8_t *key,
                                          size_t key_len,
                                          plinth_value_callback callback,
                                          void *user,
                                          plinth_finaliser finaliser);

/**
 * Reads a key like plinth_transaction_get_async(), but without a conflict if someone changes it.
 *
 * Parameters, threads and errors as plinth_transaction_get_async(). Rules CONF-7, RYW-6.
 */
plinth_error plinth_transaction_snapshot_get_async(plinth_transaction *tr,
                                                   plinth_keyspace *ks,
                                                   const uint8_t *key,
                                                   size_t key_len,
                                                   plinth_value_callback callback,
                                                   void *user,
                                                   plinth_finaliser finaliser);

/**
 * Finds the key that a selector names like plinth_transaction_get_key(), without waiting.
 *
 * @param tr         the transaction
 * @param ks         the keyspace, or NULL for the default one
 * @param selector   as in plinth_transaction_get_key(); copied
 * @param snapshot   true: without a conflict
 * @param callback   receives the key, or the error
 * @param user       passed to both functions as it is
 * @param finaliser  runs when the callback has returned, also without one; or NULL
 * @return 9001 if `callback` is NULL, else 0: the callback runs, and it alone tells of any error
 *
 * Threads: any. Errors: to the callback, as plinth_transaction_get_async(). Rules SEL-1 to SEL-6,
 * CONF-4, RYW-2.
 */
plinth_error plinth_transaction_get_key_async(plinth_transaction *tr,
                                              plinth_keyspace *ks,
                                              const plinth_key_selector *selector,
                                              bool snapshot,
                                              plinth_value_callback callback,
                                              void *user,
                                              plinth_finaliser finaliser);

/**
 * Reads a range like plinth_transaction_get_range(), without waiting.
 *
 * @param tr         the transaction
 * @param ks         the keyspace, or NULL for the default one
 * @param begin      first end of the range, as in plinth_transaction_get_range(); copied
 * @param end        other end of the range; copied
 * @param options    NULL for the whole range, forward, with conflicts; copied
 * @param callback   receives the pairs, or the error
 * @param user       passed to both functions as it is
 * @param finaliser  runs when the callback has returned, also without one; or NULL
 * @return 9001 if `callback` is NULL, else 0: the callback runs, and it alone tells of any error
 *
 * Threads: any. Errors: to the callback, as plinth_transaction_get_range(); 1025 the transaction
 * was cancelled, reset or destroyed meanwhile. Rules RNG-1 to RNG-11, CONF-5, CONF-6, RYW-2.
 */
plinth_error plinth_transaction_get_range_async(plinth_transaction *tr,
                                                plinth_keyspace *ks,
                                                const plinth_key_selector *begin,
                                                const plinth_key_selector *end,
                                                const plinth_range_options *options,
                                                plinth_range_callback callback,
                                                void *user,
                                                plinth_finaliser finaliser);

/**
 * Commits like plinth_transaction_commit(), without waiting for the disk or for other commits.
 *
 * @param tr         the transaction
 * @param callback   receives 0 when the commit is as durable as asked for, or the error. It may
 *                   use the transaction, as after plinth_transaction_commit().
 * @param user       passed to both functions as it is
 * @param finaliser  runs when the callback has returned, also without one; or NULL
 * @return 9001 if `callback` is NULL, else 0: the callback runs, and it alone tells of any error
 *
 * Threads: any. Errors: to the callback, as plinth_transaction_commit(); 1025 the transaction was
 * cancelled, reset or destroyed meanwhile, and the commit may happen or not. Rules COM-1 to COM-8,
 * RST-3.
 */
plinth_error plinth_transaction_commit_async(plinth_transaction *tr,
                                             plinth_done_callback callback,
                                             void *user,
                                             plinth_finaliser finaliser);

/**
 * The heart of a retry loop like plinth_transaction_on_error(), without waiting on the calling
 * thread. It may be called from the callback that got the error.
 *
 * @param tr         the transaction
 * @param error      what a call returned or its callback received
 * @param callback   receives 0 when it is time to try again, else why not
 * @param user       passed to both functions as it is
 * @param finaliser  runs when the callback has returned, also without one; or NULL
 * @return 9001 if `callback` is NULL, else 0: the callback runs, and it alone tells of any error
 *
 * Threads: any. Errors: to the callback, as plinth_transaction_on_error(). Rules ERRH-1 to ERRH-7.
 */
plinth_error plinth_transaction_on_error_async(plinth_transaction *tr,
                                               plinth_error error,
                                               plinth_done_callback callback,
                                               void *user,
                                               plinth_finaliser finaliser);

/**
 * Reads many keys in one call: faster than a call for each, and all of them at one moment. Otherwise
 * as if plinth_transaction_get() had been called for each: own writes are seen, and the commit fails
 * with 1020 if someone changed one of them meanwhile.
 *
 * @param tr        the transaction
 * @param ks        the keyspace, or NULL for the default one
 * @param keys      the keys, each as in plinth_transaction_get(), in any order; the same one may
 *                  occur several times. NULL if `count` is 0.
 * @param count     how many: 10,000 at most
 * @param snapshot  true: without a conflict, as plinth_transaction_snapshot_get()
 * @param out       receives the values. Free it with plinth_values_free().
 *
 * The values may have 100,000,000 bytes together. If one of the keys can't be read the call fails, and
 * none of them has a conflict; but like plinth_transaction_get(), a failed read lets the commit fail too
 * (rule COM-4). Special keys among the others are computed first.
 *
 * Threads: any. Errors: as plinth_transaction_get(); 9001 too many keys, or NULL; 9013 the values are
 * too long, or the memory budget is used up. Rules GET-1, CONF-2, CONF-7, RYW-1, RYW-8, SPEC-1.
 */
plinth_error plinth_transaction_get_many(plinth_transaction *tr,
                                         plinth_keyspace *ks,
                                         const plinth_slice *keys,
                                         size_t count,
                                         bool snapshot,
                                         plinth_values *out);

/**
 * Reads many keys like plinth_transaction_get_many(), without waiting: what is in memory comes at once,
 * in a callback inside this call, and any other from a thread of the library.
 *
 * @param tr         the transaction
 * @param ks         the keyspace, or NULL for the default one
 * @param keys       the keys, as in plinth_transaction_get_many(); copied
 * @param count      how many: 10,000 at most
 * @param snapshot   true: without a conflict
 * @param callback   receives the values, or the error
 * @param user       passed to both functions as it is
 * @param finaliser  runs when the callback has returned, also without one; or NULL
 * @return 9001 if `callback` is NULL, else 0: the callback runs, and it alone tells of any error
 *
 * Threads: any. Errors: to the callback, as plinth_transaction_get_many(); 1025 the transaction was
 * cancelled, reset or destroyed meanwhile. Rules GET-1, CONF-2, RYW-2, COM-4, FUT-12.
 */
plinth_error plinth_transaction_get_many_async(plinth_transaction *tr,
                                               plinth_keyspace *ks,
                                               const plinth_slice *keys,
                                               size_t count,
                                               bool snapshot,
                                               plinth_values_callback callback,
                                               void *user,
                                               plinth_finaliser finaliser);

/**
 * Frees the result of a read of many keys and sets the struct to zero.
 *
 * @param values  NULL, a zeroed struct, or one filled by this library. A struct that was freed
 *                before, or a copy of one, is left alone.
 *
 * Threads: any, but one struct must not be freed by two threads at once. Errors: none.
 */
void plinth_values_free(plinth_values *values);

/**
 * Begins to read a range in batches, in memory that does not grow with the range. Nothing is read yet.
 *
 * Each plinth_stream_next() is a range read of its own, which goes on behind the last pair of the one
 * before: at the transaction's read version, and with the writes that the transaction has then. So a write
 * behind that pair is seen, one before it is not, and selectors are resolved again for each batch. The commit
 * fails with 1020 if someone changed, added or removed a key in what was handed out, but not behind it.
 *
 * @param tr       the transaction. What ends it ends the stream: after it was reset, also by
 *                 plinth_transaction_on_error(), each batch fails with 1025; after it was destroyed with 9000.
 * @param ks       the keyspace, or NULL for the default one; it may be closed before the stream
 * @param begin    first end of the range, as in plinth_transaction_get_range(); copied
 * @param end      other end of the range; copied
 * @param options  NULL for the whole range, forward, with conflicts; copied. `limit` is that of all
 *                 batches together, and `target_bytes` is for one batch: 0 is 262,144, and more than 4,194,304
 *                 counts as that. The first batches are smaller.
 * @param out      receives the stream; NULL on error. End it with plinth_stream_destroy().
 *
 * Threads: any. Errors: 2012 a limit below -1; 9001 NULL; 9002 too many handles; 9010 keyspace dropped. Those
 * of the range are told by plinth_stream_next(). Rules RNG-3, RNG-4, RNG-9.
 */
plinth_error plinth_transaction_stream_range(plinth_transaction *tr,
                                             plinth_keyspace *ks,
                                             const plinth_key_selector *begin,
                                             const plinth_key_selector *end,
                                             const plinth_range_options *options,
                                             plinth_stream **out);

/**
 * Reads the next batch of a stream.
 *
 * @param stream  the stream
 * @param out     receives the pairs: none at the end, and from then on. Free it with plinth_range_free(); until
 *                then it stays valid, whatever becomes of the stream. `more` tells whether there may be more.
 *
 * A batch ends at the pair that reaches its number of bytes, so it has one pair at least. After an error the
 * same batch is read by the next call.
 *
 * Threads: any; of several calls at a time each gets a batch of its own, in the order in which they come.
 * Errors: as plinth_transaction_get_range(); 9000 bad handle, also of a transaction that was destroyed; 1025 the
 * transaction was reset or cancelled; 2017 its commit has started. Rules RNG-1 to RNG-11, CONF-5, CONF-6, RYW-1.
 */
plinth_error plinth_stream_next(plinth_stream *stream,
                                plinth_range *out);

/**
 * Ends a stream, wherever it is. Ranges that it has handed out stay valid until they are freed.
 *
 * @param stream  the stream; its handle is stale afterwards
 *
 * Threads: any. Errors: 9000 bad handle, also when destroyed before.
 */
plinth_error plinth_stream_destroy(plinth_stream *stream);

/**
 * Calls back once when the value of a key changes from what the transaction sees now.
 *
 * The watch looks at the database from the commit of its transaction on; a transaction that wrote
 * nothing has to commit for it too. A change between the transaction's read version and its
 * commit counts. Before the commit only the transaction's own later writes can end it. Once
 * committed, the watch outlives the transaction, and waits until the key changes, it is
 * cancelled, or its keyspace or database is no more.
 *
 * A value that changes and changes back may go unnoticed, and the call back does not say what the
 * value is: read it in a new transaction. Like a read, a watch makes the commit of writes fail with
 * 1020 if the key changed.
 *
 * @param tr         the transaction
 * @param ks         the keyspace, or NULL for the default one
 * @param key        the key, below "\xff" unless an option allows more; copied
 * @param key_len    its length: 10,000 bytes at most, unless the database was opened with more
 * @param callback   receives 0 when the key changed, or the error that ended the watch
 * @param user       passed to both functions as it is
 * @param finaliser  runs when the callback has returned, also without one; or NULL
 * @param out        receives the watch before the callback runs, or NULL if it ended at once; it may
 *                   be NULL. End it with plinth_watch_destroy().
 * @return 9001 if `callback` is NULL, else 0: the callback runs, and it alone tells of any error
 *
 * Threads: any. Errors: to the callback, as plinth_transaction_get(); 2102 key too large; 1034
 * PLINTH_OPTION_READ_YOUR_WRITES_DISABLE is set; 1032 there are
 * PLINTH_DATABASE_OPTION_MAX_WATCHES already; 1101 cancelled; 9003 the database was closed; 9010 the
 * keyspace was dropped; 1025 the transaction was reset or destroyed before its commit; or why its
 * commit failed; 9002 too many handles. Rules WATCH-1 to WATCH-10, CONF-8.
 */
plinth_error plinth_transaction_watch(plinth_transaction *tr,
                                      plinth_keyspace *ks,
                                      const uint8_t *key,
                                      size_t key_len,
                                      plinth_done_callback callback,
                                      void *user,
                                      plinth_finaliser finaliser,
                                      plinth_watch **out);

/**
 * Ends the wait of a watch: its callback runs with 1101, if no other outcome is known yet. The
 * handle stays valid.
 *
 * @param watch  the watch
 *
 * Threads: any. Errors: 9000 bad handle; 4100 internal error. Rule WATCH-9.
 */
plinth_error plinth_watch_cancel(plinth_watch *watch);

/**
 * Ends a watch and its handle. If it is still waiting, its callback runs with 1101 as after
 * plinth_watch_cancel().
 *
 * @param watch  the watch; its handle is stale afterwards
 *
 * Threads: any. Errors: 9000 bad handle, also when destroyed before; 4100 internal error. Rule
 * WATCH-9.
 */
plinth_error plinth_watch_destroy(plinth_watch *watch);

/**
 * Lists the live transactions of a database, the oldest first: who keeps what an old version reads, since when, and
 * how much each has written. All handles of all processes that have the database open are asked; one that does
 * not answer within a second is left out. Of each handle the 1,000 oldest are told, and 10,000 in all. Transactions of
 * libfdb_c and of the tool are not among them, and over a cluster only those of this handle are.
 *
 * @param db   the database
 * @param out  receives the list, zeroed on error. The ids in it go into plinth_database_expire_transaction(), and
 *             those of this handle into plinth_transaction_find().
 *
 * Threads: any; no transaction is disturbed. Each is told as it is at some moment of the call.
 * Errors: 9000 bad handle; 9001 NULL; 9003 closed; 9017 nobody serves the directory, or eight calls ask at this
 * moment; 9002 too many handles; 4100 internal error.
 */
plinth_error plinth_database_list_transactions(plinth_database *db,
                                               plinth_transaction_list *out);

/**
 * Frees a list and sets the struct to zero.
 *
 * @param list  NULL, a zeroed struct, or one filled by this library. A struct that was freed before, or a
 *              copy of one, is left alone.
 *
 * Threads: any, but one struct must not be freed by two threads at once. Errors: none.
 */
void plinth_transaction_list_free(plinth_transaction_list *list);

/**
 * Takes a transaction's read version away from it: its reads and its commit fail with 1007 until it is reset,
 * which plinth_transaction_on_error() does for that error. Calls that it has under way end as they would.
 *
 * @param tr  the transaction; plinth_transaction_find() finds one by an id of the log or of a list
 *
 * Threads: any. Errors: 9000 bad handle; 2017 its commit was called; 4100 internal error. Rule VER-6.
 */
plinth_error plinth_transaction_expire(plinth_transaction *tr);

/**
 * Takes the read version away from a transaction by its id, as plinth_transaction_expire() does, in whatever handle
 * and process it is.
 *
 * @param db  the database
 * @param id  36 characters and a NUL, such as the id of a list, or of the log
 *
 * Threads: any. Errors: 9000 bad handle; 9001 NULL or not a UUID; 9003 closed; 9014 no live transaction has this id, or
 * its process did not answer within a second; 2017 its commit was called; 9017 nobody serves the directory, or eight
 * calls ask at this moment; 4100 internal error. Rule VER-6.
 */
plinth_error plinth_database_expire_transaction(plinth_database *db,
                                                const char *id);

/**
 * Lets go of old versions of the database, for every process that uses it, before its window ends: all up to
 * `version`, and those after it that name the same state, but never the newest state. A read there fails with
 * 1007 from now on. A commit that read there before is still checked and may succeed.
 *
 * @param db       the database
 * @param version  the newest version to let go of, such as a read_version of a list; above 0
 * @param out      receives how many versions went; may be NULL
 *
 * Threads: any. Errors: 9000 bad handle; 9001 a version below 1; 9003 closed; 9017 nobody serves the
 * directory; 4100 internal error. Rule VER-6.
 */
plinth_error plinth_database_expire(plinth_database *db,
                                    int64_t version,
                                    uint64_t *out);

/**
 * Tells what the last commit of a transaction failed for with 1020, if the transaction had
 * PLINTH_OPTION_REPORT_CONFLICTING_KEYS then: each range that it had read and another commit wrote in, who wrote there
 * last, and at which version. Ranges that touch are one range. It can be asked after plinth_transaction_on_error() too,
 * until another such commit fails, and tells the first 1,024 ranges; the special keys
 * `\xff\xff/transaction/conflicting_keys/` have all of them. plinth_last_error() has the first one after the commit,
 * and so has the log at level debug, with module `plinth::conflict`.
 *
 * @param tr     the transaction
 * @param index  which one, from 0 on, in order of keyspace numbers and keys
 * @param out    receives it; zeroed, which is no error, if there are fewer, and on error. Free it with
 *               plinth_conflict_free().
 *
 * Threads: any. Errors: 9000 bad handle; 9001 NULL; 9002 too many handles; 4100 internal error. Rules
 * SPEC-4, SPEC-6.
 */
plinth_error plinth_transaction_get_conflict(plinth_transaction *tr,
                                             size_t index,
                                             plinth_conflict *out);

/**
 * Frees a conflict and sets the struct to zero.
 *
 * @param conflict  NULL, a zeroed struct, or one filled by this library. A struct that was freed before, or a
 *                  copy of one, is left alone.
 *
 * Threads: any, but one struct must not be freed by two threads at once. Errors: none.
 */
void plinth_conflict_free(plinth_conflict *conflict);

/**
 * Locks the database for every process that uses it, durably, until plinth_database_unlock() is called: meanwhile
 * transactions fail with 1038 where they would obtain a read version, and where they commit writes, unless they set
 * PLINTH_OPTION_LOCK_AWARE; with PLINTH_OPTION_READ_LOCK_AWARE they can read. Keyspaces are neither made nor
 * dropped. Reads at a version that a transaction has already go on. 1038 is retryable, so a loop waits for the end of the lock.
 *
 * Once this has returned no other commit of a transaction without the option is acknowledged or becomes part of the database: what was
 * committed up to then is all that there is. The lock is the key `\xff/dbLocked`, as in a FoundationDB cluster, which is
 * locked by this function too. Copies of the directory that are made meanwhile are locked.
 *
 * Locking it again under the same id does nothing.
 *
 * @param db      the database
 * @param id      16 bytes that unlock it again, such as those of a UUID
 * @param id_len  16
 *
 * Threads: any. Blocks until the lock is on disk. Errors: 9000 bad handle; 9001 NULL, or another length;
 * 1038 it is locked under another id; 9003 closed; 9004 an earlier write failed; 9022 opened for reading only; 9017 nobody serves the
 * directory; the errors of plinth_transaction_commit(); 4100 internal error. Rule COM-5.
 */
plinth_error plinth_database_lock(plinth_database *db,
                                  const uint8_t *id,
                                  size_t id_len);

/**
 * Takes the lock of the database away, durably. Does nothing if it is not locked.
 *
 * @param db      the database
 * @param id      the 16 bytes that it was locked with
 * @param id_len  16
 *
 * Threads: any. Blocks until that is on disk. Errors: 9000 bad handle; 9001 NULL, or another length;
 * 1038 it is locked under another id; 9003 closed; 9004 an earlier write failed; 9022 opened for reading only; 9017 nobody serves the
 * directory; the errors of plinth_transaction_commit(); 4100 internal error. Rule COM-5.
 */
plinth_error plinth_database_unlock(plinth_database *db,
                                    const uint8_t *id,
                                    size_t id_len);

/**
 * Tells whether the database is locked, and under which id.
 *
 * @param db      the database
 * @param out     receives whether it is; false on error
 * @param out_id  receives the 16 bytes of the id, zeros if it is not locked; may be NULL
 *
 * Threads: any. Errors: 9000 bad handle; 9001 NULL; 9003 closed; 9017 nobody serves the directory; the errors of
 * plinth_transaction_get(); 4100 internal error.
 */
plinth_error plinth_database_is_locked(plinth_database *db,
                                       bool *out,
                                       uint8_t *out_id);

/**
 * Runs a transaction until it commits or fails for good: begins it, calls the body, commits,
 * and after a retryable error waits and calls the body again.
 *
 * The body must not commit, reset or destroy `tr`, and must not keep it. Since it may run
 * several times, its effects outside the database should be harmless to repeat. After 1021 (the commit
 * may have happened) the body runs again too: make it safe to apply twice. The body may set a
 * retry limit or a timeout; without one the loop ends only with a commit or another error, and with 1038 after 64
 * tries in a row that found the database locked (half a minute, unless the body shortens the delays).
 *
 * @param db    the database
 * @param body  called on this thread, with no lock of the library held. It must return: an
 *              exception or longjmp out of it is undefined behaviour.
 * @param user  passed to the body as it is
 * @return 0 after a commit, else what ended the loop; 9016 in a child of fork() that the body made
 *
 * Threads: any. Errors: 9000 bad handle; 9001 no body; 9012 too many transactions; what the
 * body returned; every error of plinth_transaction_commit() that is not retryable. Rule ERRH-1.
 */
plinth_error plinth_run(plinth_database *db,
                        plinth_run_body body,
                        void *user);

/**
 * Has a function of the program hear what happens in the library: openings and recoveries, failed writes,
 * commits that are held back, changes of host, repairs, and RocksDB's own words. There is one
 * for the whole process, for all databases; another one takes its place.
 *
 * The callback runs on a thread of the library's own, one call at a time, with no lock held. It may call
 * anything, this function too, and may take its time: nothing else waits for it. At most 1,024
 * records wait for it, and each module may tell 200 at once and 20 more each second; how many were left
 * out is told in a record with a field "left_out".
 *
 * When this function returns, the callback before has heard what was said until then, its last call has returned,
 * and no other will come. Called from within the callback it returns at once, and that call is the last.
 * So do not hold a lock here that the callback takes, and do not set another one for a callback that
 * never returns. A child of fork() begins without a callback. At the end of the process the callback
 * has a second for what waits.
 *
 * Values are never told, and keys only with PLINTH_LOG_WITH_KEYS.
 *
 * @param level     a plinth_log_level, perhaps with PLINTH_LOG_WITH_KEYS added; not looked at if callback is NULL
 * @param callback  receives each record; NULL: nobody. It must return normally: an exception or longjmp out
 *                  of it is undefined behaviour.
 * @param context   passed to the callback as it is
 *
 * Threads: any. Errors: 2006 no such level; 1510 no thread could be started; 2108 the program is
 * written in Rust and has a global subscriber of `tracing`, which then hears all this; 4100 internal error.
 */
plinth_error plinth_set_log_callback(int32_t level,
                                     plinth_log_callback callback,
                                     void *context);

/**
 * Dumps a database into a file.
 *
 * @param db        the database
 * @param path      the file; it appears when it is whole and on disk. An older dump of that name is
 *                  replaced then, anything else fails with 9034.
 * @param progress  is told how far it is, in bytes of keys and values, and may cancel; NULL is none
 * @param context   passed to `progress` as it is
 * @param out       receives what the dump holds; `out_size` bytes are written, zeros on error
 * @param out_size  sizeof(plinth_dumped)
 *
 * It holds the state of the whole database at one version, which every commit is in that was acknowledged before
 * the call: its keyspaces and all their pairs, but not keys that begin with 0xff. Writers go on meanwhile.
 * Memory is constant, and the block cache stays as it is. While it runs, what is overwritten or cleared takes room
 * on the disk still; there are 16 such states of a database at most, in all processes.
 *
 * Until it is whole it is written to the same name with `.partial` behind it, which another dump to that path
 * overwrites. A dump that fails is begun anew, of a later version. The format is the library's own, with checksums
 * in every part of it; every later version of the library loads it. It is not compressed: what compresses
 * streams can do that, see plinth_database_dump_to().
 *
 * Threads: any.
 * Errors: 9000 bad handle; 9001 bad argument; 9003 closed; 1101 `progress` cancelled it; 1038 the database is
 * locked, which is not waited for; 9030 too many states are held; 9031 the database went over to another host, begin
 * again; 9034 as said above; 9035 a load into the database is not finished; 1529 another dump is being written to
 * that path; 1510, 1511, 1514 the file system failed; 1522 damaged files; 4100 internal error.
 */
plinth_error plinth_database_dump(plinth_database *db,
                                  const char *path,
                                  plinth_progress_callback progress,
                                  void *context,
                                  plinth_dumped *out,
                                  size_t out_size);

/**
 * Dumps a database into a callback, such as one that writes to a pipe.
 *
 * @param db        the database
 * @param write     takes the bytes of the dump, one piece after the other
 * @param to        passed to `write` as it is
 * @param progress  as for plinth_database_dump()
 * @param context   passed to `progress` as it is
 * @param out       receives what the dump holds; `out_size` bytes are written, zeros on error
 * @param out_size  sizeof(plinth_dumped)
 *
 * What it is for plinth_database_dump(). The dump is whole when the call has returned 0; whoever reads one that is
 * not will find that out.
 *
 * Threads: any.
 * Errors: 9000 bad handle; 9001 bad argument; 9003 closed; 1101 `progress` cancelled it; 1038 the database is
 * locked; 1510 `write` refused, or the disk failed; 9030 too many states are held; 9031 the database went over to
 * another host, begin again; 9035 a load into the database is not finished; 1522 damaged files; 4100 internal error.
 */
plinth_error plinth_database_dump_to(plinth_database *db,
                                     plinth_write_callback write,
                                     void *to,
                                     plinth_progress_callback progress,
                                     void *context,
                                     plinth_dumped *out,
                                     size_t out_size);

/**
 * Loads a file that plinth_database_dump() made into a database.
 *
 * @param db        the database
 * @param path      the file
 * @param options   NULL for the defaults
 * @param progress  is told how far it is, in bytes of the file, and may cancel; NULL is none
 * @param context   passed to `progress` as it is
 * @param out       receives what the dump held, all of which is in the database now; `out_size` bytes are
 *                  written, zeros on error
 * @param out_size  sizeof(plinth_dumped)
 *
 * The keyspaces that the dump has are made where they are missing, and must be empty; others stay as they are.
 * Every checksum is looked at before anything is used. Afterwards everything is on disk, and all versions of the
 * database are above those of the dump, so that versionstamps go on growing.
 *
 * It takes many transactions. Until it is finished the database has a keyspace `plinth-load-unfinished`, and
 * readers may see what is there of it. When it fails, is cancelled, or the process is killed at any moment, the
 * same call goes on where it was, also with `overwrite`: what is there of the dump is passed over. Keyspaces that are
 * not empty and hold exactly what the dump has are taken for loaded, and stay as they are: so the call can be
 * repeated too if the process ended after all was done and before the call returned. `found` is all of it then.
 *
 * Threads: any; not two loads into one database at a time, of which one fails.
 * Errors: 9000 bad handle; 9001 bad argument; 9003 closed; 1101 `progress` cancelled it; 9032 it is no dump; 9008 a
 * newer version of the library wrote it; 9033 it is damaged or cut short, plinth_last_error() says at which byte;
 * 9034 a keyspace is not empty, and not what the dump has; 9030 one is not empty, and too many states are held to
 * compare it; 1038 the database is locked, longer than is waited for; 9035 a load of another dump was begun and is
 * not finished, or goes on at the same time; 9036 versions as said above; 2102, 2103, 2101 a key, a value or every
 * transaction is longer than the database allows; 9015 too many keyspaces; 9022 the database is read-only; 9004 an
 * earlier write failed; 1510, 1511, 1514 the file system failed; 4100 internal error.
 * Rule VST-1.
 */
plinth_error plinth_database_load(plinth_database *db,
                                  const char *path,
                                  const plinth_load_options *options,
                                  plinth_progress_callback progress,
                                  void *context,
                                  plinth_dumped *out,
                                  size_t out_size);

/**
 * Loads a dump from a callback, such as one that reads from a pipe.
 *
 * @param db        the database
 * @param read      gives the bytes of the dump
 * @param from      passed to `read` as it is
 * @param options   NULL for the defaults
 * @param progress  as for plinth_database_load(), with a total of 0
 * @param context   passed to `progress` as it is
 * @param out       receives what the dump held, all of which is in the database now; `out_size` bytes are
 *                  written, zeros on error
 * @param out_size  sizeof(plinth_dumped)
 *
 * What it is for plinth_database_load(). To go on after a failure, give the same dump from its beginning.
 *
 * Threads: any; not two loads into one database at a time, of which one fails.
 * Errors: those of plinth_database_load(); 1510 also when `read` could not. Rule VST-1.
 */
plinth_error plinth_database_load_from(plinth_database *db,
                                       plinth_read_callback read,
                                       void *from,
                                       const plinth_load_options *options,
                                       plinth_progress_callback progress,
                                       void *context,
                                       plinth_dumped *out,
                                       size_t out_size);

/**
 * Reads a dump to its end and checks all of it, without a database.
 *
 * @param path      the file
 * @param progress  is told how far it is, in bytes of the file, and may cancel; NULL is none
 * @param context   passed to `progress` as it is
 * @param out       receives what the dump holds; `out_size` bytes are written, zeros on error
 * @param out_size  sizeof(plinth_dumped)
 *
 * Threads: any.
 * Errors: 9001 bad argument; 1101 `progress` cancelled it; 9032 it is no dump; 9008 a newer version of the
 * library wrote it; 9033 it is damaged or cut short; 1510, 1511, 1514 the file system failed; 4100 internal error.
 */
plinth_error plinth_dump_check(const char *path,
                               plinth_progress_callback progress,
                               void *context,
                               plinth_dumped *out,
                               size_t out_size);

/**
 * Moves a database into another one, while it is written to: directory to directory, directory to cluster, or
 * cluster to directory. Afterwards the target is the database, and programs open it in the place of the source.
 *
 * @param from      the database that is moved
 * @param to        the one that it goes to: empty, or the target of an earlier move of `from` that was cut short.
 *                  Nobody else may write into it
 * @param options   NULL for the defaults
 * @param progress  is told how far a phase is, in bytes of keys and values, and may cancel; NULL is none. When it
 *                  runs, `out` holds how far the move is, with the phase
 * @param context   passed to `progress` as it is
 * @param out       receives what the move came to; `out_size` bytes are written, zeros on error. It is also written
 *                  before each call of `progress`, on the thread that made the call
 * @param out_size  sizeof(plinth_move_report)
 *
 * All keyspaces and pairs are moved, but not keys that begin with 0xff. It copies a state of the source and
 * follows what changes, until a round of that takes half a second or less; it compares both sides by checksums; then it
 * locks the source, which from there on refuses every transaction with 1038, makes the last changes equal, and raises
 * the versions of the target above all of the source's, so that versionstamps go on growing. Every commit
 * that was acknowledged is in the target then, and on disk there.
 *
 * The source stays locked at the end, so that whoever was left behind is told and writes nothing into a dead copy;
 * plinth_database_unlock() opens it again, with the id that plinth_database_is_locked() tells. Where the source is a cluster, which does not tell what changes, everything
 * is compared while writers pause; `expected_pause_ms` says before how long that takes, and `max_pause_ms` bounds it.
 *
 * Until it is finished the target has a keyspace `plinth-move-unfinished`, and can be neither dumped nor loaded into.
 * When the call fails or is cancelled, the source is unlocked again and writers go on. When it failed, or the process
 * was killed at any moment, the same call goes on: what is equal already is read and not written again. After a
 * kill the source may be locked until then. To give a move up, unlock the source and remove the target. A move
 * that was finished is told as such if it is repeated (`already`).
 *
 * Memory is constant. While it runs, what is overwritten or cleared in a directory takes room on its disk still.
 *
 * Threads: any; of two moves into one target the later one goes on, and the other fails with 9050.
 * Errors: 9000 bad handle; 9001 bad argument, or both are the same database; 9003 closed; 1101 `progress` cancelled it;
 * 1038 somebody else has locked the source; 9034 the target is not empty; 9035 a load into one of them is not
 * finished; 9050 the source is the target of an unfinished move, or the target that of another source; 9051 what was
 * compared differs, because somebody writes into the target; 9052 as said above; 9036 versions as said above; 9030,
 * 9037 too many states are held, or changes followed; 9031, 9038 the source went over to another host, call again;
 * 2004, 2102, 2103, 2101 a key or value that the target does not take, plinth_last_error() names it; 9015 too many
 * keyspaces; 9022 the target is read-only; 2108 the source can't be locked; 9004 an earlier write failed; 1510, 1511 the
 * file system failed; 1522 damaged files; 4100 internal error; those of a cluster. Rule VST-1.
 */
plinth_error plinth_move(plinth_database *from,
                         plinth_database *to,
                         const plinth_move_options *options,
                         plinth_progress_callback progress,
                         void *context,
                         plinth_move_report *out,
                         size_t out_size);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* PLINTH_H */
