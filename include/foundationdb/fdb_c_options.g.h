/* Generated from schema/fdb_options.toml by `cargo xtask fdb`; do not edit. */
#ifndef FDB_C_OPTIONS_G_H
#define FDB_C_OPTIONS_G_H

/*
 * Do not include this file yourself: fdb_c.h does.
 *
 * An integer is 8 bytes, little-endian and signed; an option without a value takes NULL and 0. An option that
 * is not listed is 2007 invalid_option, a bad value 2006 invalid_option_value or what the comment says (OPT-1
 * to OPT-3). An option that has no effect here has its value checked all the same.
 *
 * Numbers are never reused.
 */

/* What fdb_network_set_option() sets. */
typedef enum {
    /*
     * The address to bind to, of old versions. It has no effect here.
     * Value: a string.
     */
    FDB_NET_OPTION_LOCAL_ADDRESS = 10,

    /*
     * The path of a cluster file, of old versions. It has no effect here.
     * Value: a string.
     */
    FDB_NET_OPTION_CLUSTER_FILE = 20,

    /*
     * A directory for trace files; without a value, the current one. No trace is written.
     * Value: a string, or none.
     */
    FDB_NET_OPTION_TRACE_ENABLE = 30,

    /*
     * The bytes of one trace file. It has no effect here.
     * Value: an integer from 0 to 2^63 - 1.
     */
    FDB_NET_OPTION_TRACE_ROLL_SIZE = 31,

    /*
     * The bytes of all trace files. It has no effect here.
     * Value: an integer from 0 to 2^63 - 1.
     */
    FDB_NET_OPTION_TRACE_MAX_LOGS_SIZE = 32,

    /*
     * A name that each trace event carries. It has no effect here.
     * Value: a string, or none.
     */
    FDB_NET_OPTION_TRACE_LOG_GROUP = 33,

    /*
     * The format of trace files: `xml` or `json`. It has no effect here.
     * Value: one of `xml`, `json`.
     * In headers from 610 on.
     */
    FDB_NET_OPTION_TRACE_FORMAT = 34,

    /*
     * The clock of trace events: `now` or `realtime`. It has no effect here.
     * Value: one of `now`, `realtime`.
     * In headers from 630 on.
     */
    FDB_NET_OPTION_TRACE_CLOCK_SOURCE = 35,

    /*
     * A part of the names of trace files, of letters, digits and underscores. It has no effect here.
     * Value: a string, letters, digits and underscores.
     * In headers from 630 on.
     */
    FDB_NET_OPTION_TRACE_FILE_IDENTIFIER = 36,

    /*
     * All client threads write one trace file. It has no effect here.
     * Value: none.
     * In headers from 730 on.
     */
    FDB_NET_OPTION_TRACE_SHARE_AMONG_CLIENT_THREADS = 37,

    /*
     * The trace begins with the setup of the network. It has no effect here.
     * Value: none.
     * In headers from 730 on.
     */
    FDB_NET_OPTION_TRACE_INITIALIZE_ON_SETUP = 38,

    /*
     * The end of the names of unfinished trace files. It has no effect here.
     * Value: a string.
     * In headers from 700 on.
     */
    FDB_NET_OPTION_TRACE_PARTIAL_FILE_SUFFIX = 39,

    /*
     * A tuning value, written `name=value`. Names and values are not looked at.
     * Value: a string, `name=value`.
     */
    FDB_NET_OPTION_KNOB = 40,

    /*
     * A library for TLS, of old versions. There are no connections to protect.
     * Value: a string.
     */
    FDB_NET_OPTION_TLS_PLUGIN = 41,

    /*
     * A certificate chain. There are no connections to protect.
     * Value: bytes.
     */
    FDB_NET_OPTION_TLS_CERT_BYTES = 42,

    /*
     * The file of a certificate chain. It is not read.
     * Value: a string.
     */
    FDB_NET_OPTION_TLS_CERT_PATH = 43,

    /*
     * A private key. There are no connections to protect.
     * Value: bytes.
     */
    FDB_NET_OPTION_TLS_KEY_BYTES = 45,

    /*
     * The file of a private key. It is not read.
     * Value: a string.
     */
    FDB_NET_OPTION_TLS_KEY_PATH = 46,

    /*
     * What a peer's certificate must say. There are no peers.
     * Value: bytes.
     */
    FDB_NET_OPTION_TLS_VERIFY_PEERS = 47,

    /*
     * Switches fault injection on. No fault is injected.
     * Value: none.
     */
    FDB_NET_OPTION_BUGGIFY_ENABLE = 48,

    /*
     * Switches fault injection off.
     * Value: none.
     */
    FDB_NET_OPTION_BUGGIFY_DISABLE = 49,

    /*
     * A percentage for fault injection. It has no effect here.
     * Value: an integer from 0 to 100.
     */
    FDB_NET_OPTION_BUGGIFY_SECTION_ACTIVATED_PROBABILITY = 50,

    /*
     * A percentage for fault injection. It has no effect here.
     * Value: an integer from 0 to 100.
     */
    FDB_NET_OPTION_BUGGIFY_SECTION_FIRED_PROBABILITY = 51,

    /*
     * The certificates of authorities. There are no connections to protect.
     * Value: bytes.
     * In headers from 520 on.
     */
    FDB_NET_OPTION_TLS_CA_BYTES = 52,

    /*
     * The file of the certificates of authorities. It is not read.
     * Value: a string.
     * In headers from 520 on.
     */
    FDB_NET_OPTION_TLS_CA_PATH = 53,

    /*
     * The password of a private key. It is not kept.
     * Value: a string.
     * In headers from 520 on.
     */
    FDB_NET_OPTION_TLS_PASSWORD = 54,

    /*
     * Would allow TLS connections only.
     * Value: none.
     * Refused as an unknown option is: 2007.
     * In headers from 740 on.
     */
    FDB_NET_OPTION_TLS_DISABLE_PLAINTEXT_CONNECTION = 55,

    /*
     * Uses this library without others. There are no others.
     * Value: none.
     */
    FDB_NET_OPTION_DISABLE_MULTI_VERSION_CLIENT_API = 60,

    /*
     * Allows callbacks on threads of other libraries. Callbacks stay on the network thread.
     * Value: none.
     */
    FDB_NET_OPTION_CALLBACKS_ON_EXTERNAL_THREADS = 61,

    /*
     * The path of a further client library. It is not loaded.
     * Value: a string.
     */
    FDB_NET_OPTION_EXTERNAL_CLIENT_LIBRARY = 62,

    /*
     * A directory of further client libraries. None is loaded.
     * Value: a string.
     */
    FDB_NET_OPTION_EXTERNAL_CLIENT_DIRECTORY = 63,

    /*
     * Uses further client libraries only. There are none, so this one goes on.
     * Value: none.
     */
    FDB_NET_OPTION_DISABLE_LOCAL_CLIENT = 64,

    /*
     * The number of network threads per library. There is always one.
     * Value: an integer from 1 to 1024.
     * In headers from 630 on.
     */
    FDB_NET_OPTION_CLIENT_THREADS_PER_VERSION = 65,

    /*
     * The path of a client library to come. It is not loaded.
     * Value: a string.
     * In headers from 730 on.
     */
    FDB_NET_OPTION_FUTURE_VERSION_CLIENT_LIBRARY = 66,

    /*
     * Keeps copies of client libraries. None is made.
     * Value: none.
     * In headers from 730 on.
     */
    FDB_NET_OPTION_RETAIN_CLIENT_LIBRARY_COPIES = 67,

    /*
     * Goes on when a further client library fails. There is none.
     * Value: none.
     * In headers from 730 on.
     */
    FDB_NET_OPTION_IGNORE_EXTERNAL_CLIENT_FAILURES = 68,

    /*
     * Fails when no client library fits the cluster. This one always does.
     * Value: none.
     * In headers from 730 on.
     */
    FDB_NET_OPTION_FAIL_INCOMPATIBLE_CLIENT = 69,

    /*
     * Leaves statistics out of the trace. It has no effect here.
     * Value: none.
     */
    FDB_NET_OPTION_DISABLE_CLIENT_STATISTICS_LOGGING = 70,

    /*
     * Traces slow turns of the network thread. It has no effect here.
     * Value: none.
     * In headers from 630 on.
     */
    FDB_NET_OPTION_ENABLE_RUN_LOOP_PROFILING = 71,

    /* A former name of the same. */
    FDB_NET_OPTION_ENABLE_SLOW_TASK_PROFILING = 71,

    /*
     * Always goes through the layer for several client libraries. It has no effect here.
     * Value: none.
     * In headers from 730 on.
     */
    FDB_NET_OPTION_DISABLE_CLIENT_BYPASS = 72,

    /*
     * Switches fault injection in the client on. No fault is injected.
     * Value: none.
     * In headers from 620 on.
     */
    FDB_NET_OPTION_CLIENT_BUGGIFY_ENABLE = 80,

    /*
     * Switches fault injection in the client off.
     * Value: none.
     * In headers from 620 on.
     */
    FDB_NET_OPTION_CLIENT_BUGGIFY_DISABLE = 81,

    /*
     * A percentage for fault injection in the client. It has no effect here.
     * Value: an integer from 0 to 100.
     * In headers from 620 on.
     */
    FDB_NET_OPTION_CLIENT_BUGGIFY_SECTION_ACTIVATED_PROBABILITY = 82,

    /*
     * A percentage for fault injection in the client. It has no effect here.
     * Value: an integer from 0 to 100.
     * In headers from 620 on.
     */
    FDB_NET_OPTION_CLIENT_BUGGIFY_SECTION_FIRED_PROBABILITY = 83,

    /*
     * Would set the address that trace files are named after.
     * Value: a string.
     * Refused as an unknown option is: 2007.
     * In headers from 800 on.
     */
    FDB_NET_OPTION_TRACE_IP = 84,

    /*
     * Where spans go: `none`, `log_file` or `network_lossy`. It has no effect here.
     * Value: one of `none`, `log_file`, `network_lossy`.
     * In headers from 700 on.
     */
    FDB_NET_OPTION_DISTRIBUTED_CLIENT_TRACER = 90,

    /*
     * A directory for copies of client libraries. None is made.
     * Value: a string.
     * In headers from 730 on.
     */
    FDB_NET_OPTION_CLIENT_TMP_DIR = 91,

    /*
     * Which client libraries there are; set by client libraries only. It has no effect here.
     * Value: a string.
     * Not for programs.
     * In headers from 710 on.
     */
    FDB_NET_OPTION_SUPPORTED_CLIENT_VERSIONS = 1000,

    /*
     * Marks a further client library; set by client libraries only. It has no effect here.
     * Value: none.
     * Not for programs.
     * In headers from 710 on.
     */
    FDB_NET_OPTION_EXTERNAL_CLIENT = 1001,

    /*
     * A number of a connection; set by client libraries only. It has no effect here.
     * Value: an integer from -2^63 to 2^63 - 1.
     * Not for programs.
     * In headers from 710 on.
     */
    FDB_NET_OPTION_EXTERNAL_CLIENT_TRANSPORT_ID = 1002
} FDBNetworkOption;

/* What fdb_database_set_option() sets. */
typedef enum {
    /*
     * How many places of keys are remembered. It has no effect here.
     * Value: an integer from 0 to 2^63 - 1.
     */
    FDB_DB_OPTION_LOCATION_CACHE_SIZE = 10,

    /*
     * How many watches may wait at a time. (WATCH-8)
     * Value: an integer from 0 to 1000000.
     */
    FDB_DB_OPTION_MAX_WATCHES = 20,

    /*
     * The name of this machine. It has no effect here.
     * Value: a string.
     */
    FDB_DB_OPTION_MACHINE_ID = 21,

    /*
     * The name of this data centre. It has no effect here.
     * Value: a string.
     */
    FDB_DB_OPTION_DATACENTER_ID = 22,

    /*
     * Snapshot reads of later transactions see own writes. (RYW-6)
     * Value: none.
     * In headers from 610 on.
     */
    FDB_DB_OPTION_SNAPSHOT_RYW_ENABLE = 26,

    /*
     * Snapshot reads of later transactions do not see own writes. (RYW-6)
     * Value: none.
     * In headers from 610 on.
     */
    FDB_DB_OPTION_SNAPSHOT_RYW_DISABLE = 27,

    /*
     * How many bytes of a key or value are logged. It has no effect here.
     * Value: an integer from -1 to 2^31 - 1, not 0.
     * It is the default of transaction option 405.
     * In headers from 620 on.
     */
    FDB_DB_OPTION_TRANSACTION_LOGGING_MAX_FIELD_LENGTH = 405,

    /*
     * Milliseconds that each transaction has, its retries included; 0 is no limit. (TMO-1)
     * Value: an integer from 0 to 2^31 - 1.
     * It is the default of transaction option 500.
     * In headers from 610 on.
     */
    FDB_DB_OPTION_TRANSACTION_TIMEOUT = 500,

    /*
     * How often on_error lets each transaction try again; -1 is no limit. (ERRH-3)
     * Value: an integer from -1 to 2^31 - 1.
     * It is the default of transaction option 501.
     * In headers from 610 on.
     */
    FDB_DB_OPTION_TRANSACTION_RETRY_LIMIT = 501,

    /*
     * The longest pause of on_error in milliseconds. (ERRH-2)
     * Value: an integer from 0 to 2^31 - 1.
     * It is the default of transaction option 502.
     * In headers from 610 on.
     */
    FDB_DB_OPTION_TRANSACTION_MAX_RETRY_DELAY = 502,

    /*
     * The largest transaction in bytes. (LIM-4)
     * Value: an integer from 32 to 10000000.
     * It is the default of transaction option 503.
     * In headers from 620 on.
     */
    FDB_DB_OPTION_TRANSACTION_SIZE_LIMIT = 503,

    /*
     * Allows read versions that may be a little old. They never are.
     * Value: none.
     * It is the default of transaction option 20.
     * In headers from 620 on.
     */
    FDB_DB_OPTION_TRANSACTION_CAUSAL_READ_RISKY = 504,

    /*
     * Addresses of keys carry their port. From version 630 they always do.
     * Value: none.
     * It is the default of transaction option 23.
     * In headers from 620 on.
     */
    FDB_DB_OPTION_TRANSACTION_INCLUDE_PORT_IN_ADDRESS = 505,

    /*
     * Makes each commit certain of its result. It is.
     * Value: none.
     * It is the default of transaction option 505.
     * In headers from 730 on.
     */
    FDB_DB_OPTION_TRANSACTION_AUTOMATIC_IDEMPOTENCY = 506,

    /*
     * Reads of keys with a pending versionstamp give what is there otherwise. (RYW-11)
     * Value: none.
     * It is the default of transaction option 1100.
     * In headers from 700 on.
     */
    FDB_DB_OPTION_TRANSACTION_BYPASS_UNREADABLE = 700,

    /*
     * A call during a commit fails alone, and not the whole transaction. (COM-3)
     * Value: none.
     * It is the default of transaction option 701.
     * In headers from 730 on.
     */
    FDB_DB_OPTION_TRANSACTION_USED_DURING_COMMIT_PROTECTION_DISABLE = 701,

    /*
     * A commit that conflicts tells with which of its reads. (SPEC-4, SPEC-6)
     * Value: none.
     * It is the default of transaction option 712.
     * In headers from 730 on.
     */
    FDB_DB_OPTION_TRANSACTION_REPORT_CONFLICTING_KEYS = 702,

    /*
     * Would use the database of configuration changes.
     * Value: none.
     * Refused as an unknown option is: 2007.
     * In headers from 710 on.
     */
    FDB_DB_OPTION_USE_CONFIG_DATABASE = 800,

    /*
     * A percentage for a test of read versions. It has no effect here.
     * Value: an integer from 0 to 100.
     * In headers from 710 on.
     */
    FDB_DB_OPTION_TEST_CAUSAL_READ_RISKY = 900
} FDBDatabaseOption;

/* What fdb_transaction_set_option() sets. */
typedef enum {
    /*
     * The commit adds no conflict of its own to find out an older copy of itself. (COM-6)
     * Value: none.
     */
    FDB_TR_OPTION_CAUSAL_WRITE_RISKY = 10,

    /*
     * Allows a read version that may be a little old. It never is. (VER-13)
     * Value: none.
     */
    FDB_TR_OPTION_CAUSAL_READ_RISKY = 20,

    /*
     * Allows a read version that may be old. It never is. (VER-13)
     * Value: none.
     */
    FDB_TR_OPTION_CAUSAL_READ_DISABLE = 21,

    /*
     * Addresses of keys carry their port. From version 630 they always do.
     * Value: none.
     * In headers from 620 on.
     */
    FDB_TR_OPTION_INCLUDE_PORT_IN_ADDRESS = 23,

    /*
     * The next write conflicts with no one's read. (CONF-11)
     * Value: none.
     */
    FDB_TR_OPTION_NEXT_WRITE_NO_WRITE_CONFLICT_RANGE = 30,

    /*
     * Chooses a commit proxy; for tests of clusters. It has no effect here.
     * Value: none.
     * Not for programs.
     */
    FDB_TR_OPTION_COMMIT_ON_FIRST_PROXY = 40,

    /*
     * Checks writes against reads; for tests of clients. It has no effect here.
     * Value: none.
     * Not for programs.
     */
    FDB_TR_OPTION_CHECK_WRITES_ENABLE = 50,

    /*
     * Reads do not see own writes. Set before the first read or write. (RYW-7)
     * Value: none.
     */
    FDB_TR_OPTION_READ_YOUR_WRITES_DISABLE = 51,

    /*
     * Reads nothing ahead, of old versions. It has no effect here.
     * Value: none.
     */
    FDB_TR_OPTION_READ_AHEAD_DISABLE = 52,

    /*
     * Would wait for one data centre only. It has no effect here.
     * Value: none.
     */
    FDB_TR_OPTION_DURABILITY_DATACENTER = 110,

    /*
     * Would not wait for the disk. It has no effect here.
     * Value: none.
     */
    FDB_TR_OPTION_DURABILITY_RISKY = 120,

    /*
     * Would not write at all. It has no effect here.
     * Value: none.
     */
    FDB_TR_OPTION_DURABILITY_DEV_NULL_IS_WEB_SCALE = 130,

    /*
     * Goes ahead of other transactions. It has no effect here.
     * Value: none.
     */
    FDB_TR_OPTION_PRIORITY_SYSTEM_IMMEDIATE = 200,

    /*
     * Lets other transactions go ahead. It has no effect here.
     * Value: none.
     */
    FDB_TR_OPTION_PRIORITY_BATCH = 201,

    /*
     * Would write the first keys of a new cluster.
     * Value: none.
     * Refused as an unknown option is: 2007.
     */
    FDB_TR_OPTION_INITIALIZE_NEW_DATABASE = 300,

    /*
     * Allows reads and writes of system keys. (DATA-4, LIM-1)
     * Value: none.
     */
    FDB_TR_OPTION_ACCESS_SYSTEM_KEYS = 301,

    /*
     * Allows reads of system keys. (DATA-4, LIM-1)
     * Value: none.
     */
    FDB_TR_OPTION_READ_SYSTEM_KEYS = 302,

    /*
     * Sees the keys of all tenants with their prefixes. (LIM-1, TEN-4)
     * Value: none.
     * In headers from 710 on.
     */
    FDB_TR_OPTION_RAW_ACCESS = 303,

    /*
     * Writes although a quota is used up. There are no quotas.
     * Value: none.
     * In headers from 730 on.
     */
    FDB_TR_OPTION_BYPASS_STORAGE_QUOTA = 304,

    /*
     * Writes the transaction into the trace. It has no effect here.
     * Value: none.
     * Not for programs.
     */
    FDB_TR_OPTION_DEBUG_DUMP = 400,

    /*
     * Traces retries, under a name if one is given. It has no effect here.
     * Value: a string, or none.
     */
    FDB_TR_OPTION_DEBUG_RETRY_LOGGING = 401,

    /*
     * Is option 403 and then 404. It has no effect here.
     * Value: a string of 1 to 100 bytes.
     */
    FDB_TR_OPTION_TRANSACTION_LOGGING_ENABLE = 402,

    /*
     * A name of the transaction for the trace, of 1 to 100 bytes. It cannot be changed.
     * Value: a string of 1 to 100 bytes.
     * In headers from 610 on.
     */
    FDB_TR_OPTION_DEBUG_TRANSACTION_IDENTIFIER = 403,

    /*
     * Writes the transaction into the trace. Option 403 must be set before.
     * Value: none.
     * In headers from 610 on.
     */
    FDB_TR_OPTION_LOG_TRANSACTION = 404,

    /*
     * How many bytes of a key or value are logged; -1 is all. It has no effect here.
     * Value: an integer from -1 to 2^31 - 1, not 0.
     * In headers from 620 on.
     */
    FDB_TR_OPTION_TRANSACTION_LOGGING_MAX_FIELD_LENGTH = 405,

    /*
     * Traces the requests of the transaction. It has no effect here.
     * Value: none.
     * In headers from 630 on.
     */
    FDB_TR_OPTION_SERVER_REQUEST_TRACING = 406,

    /*
     * Milliseconds that the transaction has, its retries included; 0 is no limit. (TMO-1)
     * Value: an integer from 0 to 2^31 - 1.
     * fdb_transaction_on_error() keeps it.
     */
    FDB_TR_OPTION_TIMEOUT = 500,

    /*
     * How often on_error lets it try again; -1 is no limit. (ERRH-3)
     * Value: an integer from -1 to 2^31 - 1.
     * fdb_transaction_on_error() keeps it.
     */
    FDB_TR_OPTION_RETRY_LIMIT = 501,

    /*
     * The longest pause of on_error in milliseconds. (ERRH-2)
     * Value: an integer from 0 to 2^31 - 1.
     * fdb_transaction_on_error() keeps it.
     */
    FDB_TR_OPTION_MAX_RETRY_DELAY = 502,

    /*
     * The largest transaction in bytes. (LIM-4)
     * Value: an integer from 32 to 10000000.
     * In headers from 620 on.
     */
    FDB_TR_OPTION_SIZE_LIMIT = 503,

    /*
     * A number of the commit, of 16 to 255 bytes; set by clients only. It has no effect here.
     * Value: a string of 16 to 255 bytes.
     * Not for programs.
     * In headers from 730 on.
     */
    FDB_TR_OPTION_IDEMPOTENCY_ID = 504,

    /*
     * Makes the commit certain of its result. It is.
     * Value: none.
     * In headers from 730 on.
     */
    FDB_TR_OPTION_AUTOMATIC_IDEMPOTENCY = 505,

    /*
     * Keeps what is read in the cache. It is the default.
     * Value: none.
     * In headers from 730 on.
     */
    FDB_TR_OPTION_READ_SERVER_SIDE_CACHE_ENABLE = 507,

    /*
     * Would keep what is read out of the cache. It has no effect here.
     * Value: none.
     * In headers from 730 on.
     */
    FDB_TR_OPTION_READ_SERVER_SIDE_CACHE_DISABLE = 508,

    /*
     * Reads with normal priority. It is the default.
     * Value: none.
     * In headers from 730 on.
     */
    FDB_TR_OPTION_READ_PRIORITY_NORMAL = 509,

    /*
     * Would read with low priority. It has no effect here.
     * Value: none.
     * In headers from 730 on.
     */
    FDB_TR_OPTION_READ_PRIORITY_LOW = 510,

    /*
     * Would read with high priority. It has no effect here.
     * Value: none.
     * In headers from 730 on.
     */
    FDB_TR_OPTION_READ_PRIORITY_HIGH = 511,

    /*
     * Snapshot reads see own writes. (RYW-6)
     * Value: none.
     */
    FDB_TR_OPTION_SNAPSHOT_RYW_ENABLE = 600,

    /*
     * Snapshot reads do not see own writes. (RYW-6)
     * Value: none.
     */
    FDB_TR_OPTION_SNAPSHOT_RYW_DISABLE = 601,

    /*
     * Reads and writes a locked database. (COM-5)
     * Value: none.
     */
    FDB_TR_OPTION_LOCK_AWARE = 700,

    /*
     * A call during the commit fails alone, and not the whole transaction. (COM-3)
     * Value: none.
     */
    FDB_TR_OPTION_USED_DURING_COMMIT_PROTECTION_DISABLE = 701,

    /*
     * Reads a locked database; without option 700 writes then fail. (COM-5)
     * Value: none.
     */
    FDB_TR_OPTION_READ_LOCK_AWARE = 702,

    /*
     * Goes first in its batch of commits; for clusters only. It has no effect here.
     * Value: none.
     * Not for programs.
     * In headers from 710 on.
     */
    FDB_TR_OPTION_FIRST_IN_BATCH = 710,

    /*
     * Uses proxies of a recovery; for clusters only. It has no effect here.
     * Value: none.
     * In headers from 610 on.
     */
    FDB_TR_OPTION_USE_PROVISIONAL_PROXIES = 711,

    /*
     * A commit that conflicts tells with which of its reads. (SPEC-4, SPEC-6)
     * Value: none.
     * In headers from 630 on.
     */
    FDB_TR_OPTION_REPORT_CONFLICTING_KEYS = 712,

    /*
     * A read of special keys may cross modules. (SPEC-2)
     * Value: none.
     * In headers from 630 on.
     */
    FDB_TR_OPTION_SPECIAL_KEY_SPACE_RELAXED = 713,

    /*
     * Allows writes of special keys. (SPEC-3)
     * Value: none.
     * In headers from 700 on.
     */
    FDB_TR_OPTION_SPECIAL_KEY_SPACE_ENABLE_WRITES = 714,

    /*
     * A name for throttling; up to five may be set. There is no throttling.
     * Value: a string of up to 255 bytes, up to version 710 up to 16.
     * In headers from 630 on.
     */
    FDB_TR_OPTION_TAG = 800,

    /*
     * A name for automatic throttling; up to five may be set. There is no throttling.
     * Value: a string of up to 255 bytes, up to version 710 up to 16.
     * In headers from 630 on.
     */
    FDB_TR_OPTION_AUTO_THROTTLE_TAG = 801,

    /*
     * The span that this transaction's span belongs to: 33 bytes, up to version 710 16. It has no effect
     * here.
     * Value: bytes of 33 bytes, up to version 710 16.
     * In headers from 700 on.
     */
    FDB_TR_OPTION_SPAN_PARENT = 900,

    /*
     * Counts the cost of clears with more care. It has no effect here.
     * Value: none.
     * In headers from 700 on.
     */
    FDB_TR_OPTION_EXPENSIVE_CLEAR_COST_ESTIMATION_ENABLE = 1000,

    /*
     * Reads of keys with a pending versionstamp give what is there otherwise. (RYW-11)
     * Value: none.
     * In headers from 700 on.
     */
    FDB_TR_OPTION_BYPASS_UNREADABLE = 1100,

    /*
     * Allows a read version from a cache. Read versions are always exact.
     * Value: none.
     * In headers from 710 on.
     */
    FDB_TR_OPTION_USE_GRV_CACHE = 1101,

    /*
     * Takes no read version from a cache; for clients only. It has no effect here.
     * Value: none.
     * Not for programs.
     * In headers from 710 on.
     */
    FDB_TR_OPTION_SKIP_GRV_CACHE = 1102,

    /*
     * Would bound the wait for a read version.
     * Value: an integer.
     * Refused as an unknown option is: 2007.
     * In headers from 800 on.
     */
    FDB_TR_OPTION_MAX_GRV_QUEUE_DELAY = 1103,

    /*
     * A token that allows access to tenants. It is not checked.
     * Value: a string.
     * fdb_transaction_on_error() keeps it.
     * In headers from 730 on.
     */
    FDB_TR_OPTION_AUTHORIZATION_TOKEN = 2000,

    /*
     * Would compare copies of the data. There is one.
     * Value: none.
     * Refused as an unknown option is: 2007.
     * In headers from 740 on.
     */
    FDB_TR_OPTION_ENABLE_REPLICA_CONSISTENCY_CHECK = 4000,

    /*
     * Would say how many copies to compare. There is one.
     * Value: an integer.
     * Refused as an unknown option is: 2007.
     * In headers from 740 on.
     */
    FDB_TR_OPTION_CONSISTENCY_CHECK_REQUIRED_REPLICAS = 4001
} FDBTransactionOption;

/* How much one call of a range read returns. */
typedef enum {
    /* The caller wants the whole range, and soon. (RNG-4) */
    FDB_STREAMING_MODE_WANT_ALL = -2,

    /*
     * The caller asks again and again: each call returns more than the one before, after `iteration`. (RNG-4)
     */
    FDB_STREAMING_MODE_ITERATOR = -1,

    /* Exactly as many rows as the limits allow; one of them must be set. (RNG-4) */
    FDB_STREAMING_MODE_EXACT = 0,

    /* A few rows. (RNG-4) */
    FDB_STREAMING_MODE_SMALL = 1,

    /* Some rows. (RNG-4) */
    FDB_STREAMING_MODE_MEDIUM = 2,

    /* Many rows. (RNG-4) */
    FDB_STREAMING_MODE_LARGE = 3,

    /* As many rows as one reader can use at a time. (RNG-4) */
    FDB_STREAMING_MODE_SERIAL = 4
} FDBStreamingMode;

/* What fdb_transaction_atomic_op() does with a key. */
typedef enum {
    /* Adds two little-endian integers of the operand's length. (ATOM-1) */
    FDB_MUTATION_TYPE_ADD = 2,

    /* Ands the bits of both; a key that is not there takes the operand. (ATOM-1) */
    FDB_MUTATION_TYPE_BIT_AND = 6,

    /* A former name of the same. */
    FDB_MUTATION_TYPE_AND = 6,

    /* Ors the bits of both. (ATOM-1) */
    FDB_MUTATION_TYPE_BIT_OR = 7,

    /* A former name of the same. */
    FDB_MUTATION_TYPE_OR = 7,

    /* Xors the bits of both. (ATOM-1) */
    FDB_MUTATION_TYPE_BIT_XOR = 8,

    /* A former name of the same. */
    FDB_MUTATION_TYPE_XOR = 8,

    /*
     * Appends the operand, if the value does not grow too large. (ATOM-1)
     * In headers from 520 on.
     */
    FDB_MUTATION_TYPE_APPEND_IF_FITS = 9,

    /* Keeps the larger of two little-endian unsigned integers. (ATOM-1) */
    FDB_MUTATION_TYPE_MAX = 12,

    /* Keeps the smaller of two little-endian unsigned integers. (ATOM-1) */
    FDB_MUTATION_TYPE_MIN = 13,

    /* Writes the operand under a key into which the commit puts its versionstamp. (ATOM-1, VST-2) */
    FDB_MUTATION_TYPE_SET_VERSIONSTAMPED_KEY = 14,

    /* Writes the operand, into which the commit puts its versionstamp. (ATOM-1, VST-2) */
    FDB_MUTATION_TYPE_SET_VERSIONSTAMPED_VALUE = 15,

    /* Keeps the one of two byte strings that comes first. (ATOM-1) */
    FDB_MUTATION_TYPE_BYTE_MIN = 16,

    /* Keeps the one of two byte strings that comes last. (ATOM-1) */
    FDB_MUTATION_TYPE_BYTE_MAX = 17,

    /*
     * Removes the key if its value equals the operand. (ATOM-1)
     * In headers from 610 on.
     */
    FDB_MUTATION_TYPE_COMPARE_AND_CLEAR = 20
} FDBMutationType;

/* What fdb_transaction_add_conflict_range() adds. */
typedef enum {
    /* As if the transaction had read the range. (CONF-10) */
    FDB_CONFLICT_RANGE_TYPE_READ = 0,

    /* As if the transaction had written the range. (CONF-10) */
    FDB_CONFLICT_RANGE_TYPE_WRITE = 1
} FDBConflictRangeType;

/* What fdb_error_predicate() asks about an error. */
typedef enum {
    /* Trying again may help. (ERRC-2) */
    FDB_ERROR_PREDICATE_RETRYABLE = 50000,

    /* The commit may have happened. (ERRC-2) */
    FDB_ERROR_PREDICATE_MAYBE_COMMITTED = 50001,

    /* Trying again may help, and the commit did not happen. (ERRC-2) */
    FDB_ERROR_PREDICATE_RETRYABLE_NOT_COMMITTED = 50002
} FDBErrorPredicate;

#endif
