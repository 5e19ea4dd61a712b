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
     * Undoes PLINTH_OPTION_READ_LOCK_AWARE's ban on writing. No value. Rule COM-5.
     */
    PLINTH_OPTION_LOCK_AWARE = 700,
    /**
     * A call after the commit started fails with 2017, but does not make the commit fail too.
     * No value. Rule COM-3.
     */
    PLINTH_OPTION_USED_DURING_COMMIT_PROTECTION_DISABLE = 701,
    /**
     * A commit of writes fails with 2023, unless PLINTH_OPTION_LOCK_AWARE is set. No value.
     * Rule COM-5.
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
} plinth_error_number;

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
} plinth_metrics;

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
 * The body of a plinth_run(): does its reads and writes on `tr` and returns 0 to commit, an
 * error of this library to have it retried or returned, or any number of its own (below 0) to
 * give up without a commit.
 */
typedef plinth_error (*plinth_run_body)(plinth_transaction *tr, void *user);

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
 * file system failed; 1522 damaged files; 9021 commits are missing; 9002 too many handles; 4100 internal
 * error.
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
 * 9016 in a child of a process that had a database open; 1510, 1511, 1514 the file system failed; 1522 it
 * is beyond repair; 4100 internal error.
 */
plinth_error plinth_database_repair(const char *path,
                                    plinth_repaired *out,
                                    size_t out_size);

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
 * to everything until it is reset.
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
 * Runs a transaction until it commits or fails for good: begins it, calls the body, commits,
 * and after a retryable error waits and calls the body again.
 *
 * The body must not commit, reset or destroy `tr`, and must not keep it. Since it may run
 * several times, its effects outside the database should be harmless to repeat. After 1021 (the commit
 * may have happened) the body runs again too: make it safe to apply twice. The body may set a
 * retry limit or a timeout; without one the loop ends only with a commit or another error.
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

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* PLINTH_H */
