/* Generated from schema/fdb_c.toml by `cargo xtask fdb`; do not edit. */
#ifndef FDB_C_H
#define FDB_C_H

/*
 * FoundationDB's C client interface, served by Plinth in the process itself: there is no cluster.
 *
 * Define FDB_API_VERSION first. The library must then be told once: fdb_select_api_version().
 *
 * Each comment says what a function does and who owns what. `Errors` are those that the function returns or,
 * if it returns a future, those that the future may have. A function that is given a handle which does not
 * exist, or NULL where an address must be, fails with 2000 client_invalid_operation where it can tell.
 * Functions without a return value then do nothing.
 *
 * `Threads` says who may call. No function may be called from a signal handler. No lock is held while a
 * callback runs.
 *
 * `Rules` are explained one by one in docs/SEMANTICS.md; COMPAT.md tells which functions do what.
 */

#ifndef DLLEXPORT
#define DLLEXPORT
#endif

#include "fdb_c_apiversion.g.h"

#if defined(FDB_USE_LATEST_API_VERSION)
#undef FDB_API_VERSION
#define FDB_API_VERSION FDB_LATEST_API_VERSION
#elif defined(FDB_USE_LATEST_BINDINGS_API_VERSION)
#undef FDB_API_VERSION
#define FDB_API_VERSION FDB_LATEST_BINDINGS_API_VERSION
#endif

#ifndef FDB_API_VERSION
#error "define FDB_API_VERSION, a number from 510 to 800, before you include fdb_c.h"
#elif FDB_API_VERSION < 510
#error "FDB_API_VERSION is too small: this library serves 510 to 800"
#elif FDB_API_VERSION > FDB_LATEST_API_VERSION
#error "FDB_API_VERSION is too large: this library serves 510 to 800"
#endif

/* C++ programs are warned when they drop an error or a future. Define it as nothing to turn that off. */
#ifndef WARN_UNUSED_RESULT
#ifdef __GNUG__
#define WARN_UNUSED_RESULT __attribute__((warn_unused_result))
#else
#define WARN_UNUSED_RESULT
#endif
#endif

/* What stands for a function that FDB_API_VERSION does not have: the compiler does not know this name. */
#define FDB_REMOVED_FUNCTION this_function_is_not_in_this_FDB_API_VERSION

#include <stdint.h>

#include "fdb_c_options.g.h"
#include "fdb_c_types.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * STRUCTURES
 *
 * The layout is part of the binary interface. Arrays are contiguous, and many pointers in them are not
 * aligned: copy a structure before you hand out an address inside it.
 */

/* A key in memory that belongs to somebody else. */
#pragma pack(push, 4)
typedef struct key {
    const uint8_t* key;
    int key_length;
} FDBKey;
#pragma pack(pop)

/* A key with its value. Before version 630 the pointers are untyped. */
#pragma pack(push, 4)
typedef struct keyvalue {
#if FDB_API_VERSION >= 630
    const uint8_t* key;
    int key_length;
    const uint8_t* value;
    int value_length;
#else
    const void* key;
    int key_length;
    const void* value;
    int value_length;
#endif
} FDBKeyValue;
#pragma pack(pop)

/* The keys from `begin_key` up to but not `end_key`. */
#pragma pack(push, 4)
typedef struct keyrange {
    const uint8_t* begin_key;
    int begin_key_length;
    const uint8_t* end_key;
    int end_key_length;
} FDBKeyRange;
#pragma pack(pop)

/* A key selector. */
typedef struct keyselector {
    FDBKey key;
    fdb_bool_t orEqual;
    int offset;
} FDBKeySelector;

/* The second read of a mapped range: its selectors, its rows and their number. */
typedef struct getrangereqandresult {
    FDBKeySelector begin;
    FDBKeySelector end;
    FDBKeyValue* data;
    int m_size;
    int m_capacity;
} FDBGetRangeReqAndResult;

/* An index entry with the rows that it stands for. `buffer` holds nothing for programs. */
typedef struct mappedkeyvalue {
    FDBKey key;
    FDBKey value;
    FDBGetRangeReqAndResult getRange;
    unsigned char buffer[32];
} FDBMappedKeyValue;

/* How much a blob granule holds. */
#pragma pack(push, 4)
typedef struct granulesummary {
    FDBKeyRange key_range;
    int64_t snapshot_version;
    int64_t snapshot_size;
    int64_t delta_version;
    int64_t delta_size;
} FDBGranuleSummary;
#pragma pack(pop)

/* How a caller would load files of blob granules: name and its length, offset, length, length of the file. */
typedef struct readgranulecontext {
    void* userContext;
    int64_t (*start_load_f)(const char*, int, int64_t, int64_t, int64_t, void*);
    uint8_t* (*get_load_f)(int64_t, void*);
    void (*free_load_f)(int64_t, void*);
    fdb_bool_t debugNoMaterialize;
    int granuleParallelism;
} FDBReadBlobGranuleContext;

/* The prefix of the tenant that a blob granule belongs to. */
#pragma pack(push, 4)
typedef struct bgtenantprefix {
    fdb_bool_t present;
    FDBKey prefix;
} FDBBGTenantPrefix;
#pragma pack(pop)

/* A key that the files of blob granules are encrypted with. */
#pragma pack(push, 4)
typedef struct bgencryptionkey {
    int64_t domain_id;
    uint64_t base_key_id;
    uint32_t base_kcv;
    uint64_t random_salt;
    FDBKey base_key;
} FDBBGEncryptionKey;
#pragma pack(pop)

/* How a file of blob granules is encrypted. */
#pragma pack(push, 4)
typedef struct bgencryptionctx {
    fdb_bool_t present;
    FDBBGEncryptionKey textKey;
    uint32_t textKCV;
    FDBBGEncryptionKey headerKey;
    uint32_t headerKCV;
    FDBKey iv;
} FDBBGEncryptionCtx;
#pragma pack(pop)

/* A part of a file of blob granules. */
#pragma pack(push, 4)
typedef struct bgfilepointer {
    const uint8_t* filename_ptr;
    int filename_length;
    int64_t file_offset;
    int64_t file_length;
    int64_t full_file_length;
    int64_t file_version;
    FDBBGEncryptionCtx encryption_ctx;
} FDBBGFilePointer;
#pragma pack(pop)

/* A change in a blob granule; `type` is an FDBBGMutationType. */
#pragma pack(push, 4)
typedef struct bgmutation {
    uint8_t type;
    int64_t version;
    const uint8_t* param1_ptr;
    int param1_length;
    const uint8_t* param2_ptr;
    int param2_length;
} FDBBGMutation;
#pragma pack(pop)

/* The files and changes that make up a blob granule. */
#pragma pack(push, 4)
typedef struct bgfiledescription {
    FDBKeyRange key_range;
    fdb_bool_t snapshot_present;
    FDBBGFilePointer snapshot_file_pointer;
    int delta_file_count;
    FDBBGFilePointer* delta_files;
    int memory_mutation_count;
    FDBBGMutation* memory_mutations;
    FDBBGTenantPrefix tenant_prefix;
} FDBBGFileDescription;
#pragma pack(pop)

/* A stream of changes. */
#pragma pack(push, 4)
typedef struct cdcstreaminfo {
    FDBKey name;
    uint64_t stream_id;
    const FDBKeyRange* ranges;
    int range_count;
    int64_t min_version;
} FDBCdcStreamInfo;
#pragma pack(pop)

/* A change in a stream. */
#pragma pack(push, 4)
typedef struct cdcmutation {
    uint8_t type;
    const uint8_t* param1;
    int param1_length;
    const uint8_t* param2;
    int param2_length;
} FDBCdcMutation;
#pragma pack(pop)

/* The changes of a stream that were committed at one version. */
#pragma pack(push, 4)
typedef struct cdcversionedmutations {
    int64_t version;
    const FDBCdcMutation* mutations;
    int mutation_count;
} FDBCdcVersionedMutations;
#pragma pack(pop)

/* The kinds of FDBBGMutation. */
typedef enum { FDB_BG_MUTATION_TYPE_SET_VALUE = 0, FDB_BG_MUTATION_TYPE_CLEAR_RANGE = 1 } FDBBGMutationType;

#if FDB_API_VERSION < 610 || defined(FDB_INCLUDE_LEGACY_TYPES)
/* Clusters have no options. The one name is there because C wants one. */
typedef enum { FDB_CLUSTER_OPTION_DUMMY_DO_NOT_USE = -1 } FDBClusterOption;
#endif

/* What runs when a future becomes ready: the future, and what fdb_future_set_callback() was given. */
typedef void (*FDBCallback)(FDBFuture* future, void* callback_parameter);

/*
 * GENERAL
 *
 * The version that the program was written for, and errors.
 */

/*
 * Chooses the API version, once in the life of the process and before any other call. `runtime_version` is
 * the version whose behaviour the program wants, `header_version` the version it was compiled for. C programs
 * write fdb_select_api_version(), which fills in the second.
 * Threads: Any, at any time.
 * Errors: 2201 api_version_already_set, 2202 api_version_invalid, 2203 api_version_not_supported.
 * Rules: ABI-5, AV-1.
 */
DLLEXPORT WARN_UNUSED_RESULT fdb_error_t fdb_select_api_version_impl(int runtime_version, int header_version);

/*
 * Returns the newest API version that the library serves.
 * Threads: Any, at any time.
 * Rules: ABI-5.
 */
DLLEXPORT int fdb_get_max_api_version(void);

/*
 * Returns three words joined by commas: the release, the source, and the protocol in hexadecimal digits. The
 * string is static and ends with a zero byte.
 * Threads: Any, at any time.
 */
DLLEXPORT const char* fdb_get_client_version(void);

/*
 * Describes an error number in English. The string is static, ends with a zero byte and is never NULL; a
 * number that the library does not know gets a text that says so.
 * Threads: Any, at any time.
 * Rules: ERRC-1.
 */
DLLEXPORT const char* fdb_get_error(fdb_error_t code);

/*
 * Tells whether an error belongs to a class: an FDB_ERROR_PREDICATE number. It is false for a predicate that
 * does not exist.
 * Threads: Any, at any time.
 * Rules: ERRC-2, ERRC-3.
 */
DLLEXPORT fdb_bool_t fdb_error_predicate(int predicate, fdb_error_t code);

/*
 * NETWORK
 *
 * One thread of the program is the network thread: callbacks of futures run on it. The order is: options,
 * setup, run on a thread of its own, work, stop, join.
 */

/*
 * Sets an option of the client as a whole. The value is copied. An integer is 8 bytes, little-endian; an
 * option without a parameter takes NULL and 0.
 * Threads: Any; fdb_run_network() makes the calling thread the network thread.
 * Errors: 2006 invalid_option_value, 2007 invalid_option.
 * Rules: OPT-1, OPT-2, OPT-6.
 */
DLLEXPORT WARN_UNUSED_RESULT fdb_error_t fdb_network_set_option(
    FDBNetworkOption option, uint8_t const* value, int value_length);

/*
 * Prepares the network, once in the life of the process. Options that concern it are set before.
 * Threads: Any; fdb_run_network() makes the calling thread the network thread.
 * Errors: 2009 network_already_setup, 2200 api_version_unset.
 * Rules: NET-1, ABI-6.
 */
DLLEXPORT WARN_UNUSED_RESULT fdb_error_t fdb_setup_network(void);

/*
 * Turns the calling thread into the network thread. It returns after fdb_stop_network(), once the completion
 * hooks have run. Callbacks of futures that were not ready run on this thread.
 * Threads: Any; fdb_run_network() makes the calling thread the network thread.
 * Errors: 2008 network_not_setup, 2025 network_cannot_be_restarted.
 * Rules: NET-2, NET-3.
 */
DLLEXPORT WARN_UNUSED_RESULT fdb_error_t fdb_run_network(void);

/*
 * Makes fdb_run_network() return, at once if it has not begun yet. The network cannot be run again
 * afterwards; what is not ready then need not become ready, and everything may still be destroyed. It waits
 * for no callback, but fdb_run_network() returns only when the one that runs has; in a child of fork() that
 * does not call fdb_run_network() this function waits for the callback in its place, for 10 s at most.
 * Threads: Any; fdb_run_network() makes the calling thread the network thread.
 * Errors: 2008 network_not_setup.
 * Rules: NET-2, FUT-13.
 */
DLLEXPORT WARN_UNUSED_RESULT fdb_error_t fdb_stop_network(void);

/*
 * Adds a function that the network thread calls once, when its loop has ended and before fdb_run_network()
 * returns. Hooks run in the order in which they were added. `hook_parameter` is handed to the hook and not
 * looked at.
 * Threads: Any; fdb_run_network() makes the calling thread the network thread.
 * Errors: 2000 client_invalid_operation, 2008 network_not_setup.
 * Rules: NET-1, NET-2.
 */
DLLEXPORT WARN_UNUSED_RESULT fdb_error_t fdb_add_network_thread_completion_hook(
    void (*hook)(void*), void* hook_parameter);

/*
 * FUTURES
 *
 * A function that may have to wait returns a future, never NULL. Each future is destroyed exactly once by its
 * owner. What a get returns belongs to the future and stays valid until it is released or destroyed, whatever
 * becomes of the transaction or the database.
 */

/*
 * Gives up a future that is not ready: its error is 1101 and its callbacks run. A ready future stays as it
 * is. The work behind the future may still be done.
 * Threads: Any.
 * Rules: FUT-6.
 */
DLLEXPORT void fdb_future_cancel(FDBFuture* future);

/*
 * Gives back what one successful get has returned. When every get has been given back, the memory is freed
 * and a further get returns 1102. The future itself must still be destroyed.
 * Threads: Any.
 * Rules: FUT-7.
 */
DLLEXPORT void fdb_future_release_memory(FDBFuture* future);

/*
 * Frees a future and the memory that its gets have returned. It is called exactly once for each future,
 * whether it is ready or not; one that is not ready is cancelled first. It may be called in the future's own
 * callback.
 * Threads: Any, and after every other call on this future has returned.
 * Rules: FUT-2, FUT-6.
 */
DLLEXPORT void fdb_future_destroy(FDBFuture* future);

/*
 * Waits until the future is ready, with a value or with an error. It returns 0 in both cases. On the network
 * thread it does not wait.
 * Threads: Any.
 * Errors: 2026 blocked_from_network_thread.
 * Rules: FUT-9.
 */
DLLEXPORT WARN_UNUSED_RESULT fdb_error_t fdb_future_block_until_ready(FDBFuture* future);

/*
 * Tells whether the future is ready, without waiting.
 * Threads: Any.
 * Rules: FUT-10.
 */
DLLEXPORT fdb_bool_t fdb_future_is_ready(FDBFuture* future);

/*
 * Has `callback` called once, when the future is ready. If it is ready already, the call may happen before
 * this function returns, on the calling thread; otherwise it happens on the network thread. A future may have
 * several callbacks. `callback_parameter` is handed on and not looked at.
 * Threads: Any.
 * Errors: 2000 client_invalid_operation.
 * Rules: FUT-4, FUT-5.
 */
DLLEXPORT WARN_UNUSED_RESULT fdb_error_t fdb_future_set_callback(
    FDBFuture* future, FDBCallback callback, void* callback_parameter);

/*
 * Returns the error of a ready future, 0 if it has a value.
 * Threads: Any.
 * Errors: 1102 future_released, 2015 future_not_set.
 * Rules: FUT-3.
 */
DLLEXPORT WARN_UNUSED_RESULT fdb_error_t fdb_future_get_error(FDBFuture* future);

/*
 * Copies the truth value that the future holds.
 * Threads: Any.
 * Errors: 1102 future_released, 2015 future_not_set.
 * Rules: FUT-3, FUT-7.
 * In headers from 720 on.
 */
DLLEXPORT WARN_UNUSED_RESULT fdb_error_t fdb_future_get_bool(FDBFuture* future, fdb_bool_t* out);

/*
 * Copies the signed number that the future holds.
 * Threads: Any.
 * Errors: 1102 future_released, 2015 future_not_set.
 * Rules: FUT-3, FUT-7.
 * In headers from 620 on.
 */
DLLEXPORT WARN_UNUSED_RESULT fdb_error_t fdb_future_get_int64(FDBFuture* future, int64_t* out);

/*
 * Copies the unsigned number that the future holds.
 * Threads: Any.
 * Errors: 1102 future_released, 2015 future_not_set.
 * Rules: FUT-3, FUT-7.
 * In headers from 700 on.
 */
DLLEXPORT WARN_UNUSED_RESULT fdb_error_t fdb_future_get_uint64(FDBFuture* future, uint64_t* out);

/*
 * Copies the floating-point number that the future holds.
 * Threads: Any.
 * Errors: 1102 future_released, 2015 future_not_set.
 * Rules: FUT-3, FUT-7.
 * In headers from 730 on.
 */
DLLEXPORT WARN_UNUSED_RESULT fdb_error_t fdb_future_get_double(FDBFuture* future, double* out);

/*
 * Returns the key that the future holds. The bytes belong to the future.
 * Threads: Any.
 * Errors: 1102 future_released, 2015 future_not_set.
 * Rules: FUT-3, FUT-7, FUT-8.
 */
DLLEXPORT WARN_UNUSED_RESULT fdb_error_t fdb_future_get_key(
    FDBFuture* future, uint8_t const** out_key, int* out_key_length);

/*
 * Returns the value that the future holds. If there is no such key, `*out_present` is 0 and nothing else is
 * written. The bytes belong to the future.
 * Threads: Any.
 * Errors: 1102 future_released, 2015 future_not_set.
 * Rules: GET-1, FUT-7, FUT-8.
 */
DLLEXPORT WARN_UNUSED_RESULT fdb_error_t fdb_future_get_value(
    FDBFuture* future, fdb_bool_t* out_present, uint8_t const** out_value, int* out_value_length);

/*
 * Returns the rows that a range read found. `*out_more` is not 0 if a limit ended the read. The array and the
 * bytes in it belong to the future.
 * Threads: Any.
 * Errors: 1102 future_released, 2015 future_not_set.
 * Rules: RNG-8, FUT-7, FUT-8.
 */
DLLEXPORT WARN_UNUSED_RESULT fdb_error_t fdb_future_get_keyvalue_array(
    FDBFuture* future, FDBKeyValue const** out_rows, int* out_count, fdb_bool_t* out_more);

/*
 * Returns the rows of a mapped range read: each index entry with the rows that it stands for. The array and
 * the bytes in it belong to the future.
 * Threads: Any.
 * Errors: 1102 future_released, 2015 future_not_set.
 * Rules: MAP-1, FUT-7, FUT-8.
 * In headers from 710 on.
 */
DLLEXPORT WARN_UNUSED_RESULT fdb_error_t fdb_future_get_mappedkeyvalue_array(
    FDBFuture* future, FDBMappedKeyValue const** out_rows, int* out_count, fdb_bool_t* out_more);

/*
 * Returns the keys that the future holds. The array and the bytes in it belong to the future.
 * Threads: Any.
 * Errors: 1102 future_released, 2015 future_not_set.
 * Rules: FUT-7, FUT-8.
 * In headers from 700 on.
 */
DLLEXPORT WARN_UNUSED_RESULT fdb_error_t fdb_future_get_key_array(
    FDBFuture* future, FDBKey const** out_keys, int* out_count);

/*
 * Returns the strings that the future holds, each ended by a zero byte. The array and the strings belong to
 * the future.
 * Threads: Any.
 * Errors: 1102 future_released, 2015 future_not_set.
 * Rules: FUT-7, FUT-8.
 */
DLLEXPORT WARN_UNUSED_RESULT fdb_error_t fdb_future_get_string_array(
    FDBFuture* future, const char*** out_strings, int* out_count);

/*
 * Returns the key ranges that the future holds. The array and the bytes in it belong to the future.
 * Threads: Any.
 * Errors: 1102 future_released, 2015 future_not_set.
 * Rules: FUT-7, FUT-8.
 * In headers from 710 on.
 */
DLLEXPORT WARN_UNUSED_RESULT fdb_error_t fdb_future_get_keyrange_array(
    FDBFuture* future, FDBKeyRange const** out_ranges, int* out_count);

/*
 * Tells whether a future has an error, for programs of a version before 2.3. Those versions are not served;
 * use fdb_future_get_error().
 * Plinth refuses it: 2108 unsupported_operation.
 * Threads: Any.
 * Up to version 22.
 */
#define fdb_future_is_error(future) FDB_REMOVED_FUNCTION

/*
 * Copies the version that the future holds: the name of fdb_future_get_int64() before version 620.
 * Threads: Any.
 * Errors: 1102 future_released, 2000 client_invalid_operation, 2015 future_not_set.
 * Rules: FUT-3, AV-1.
 * Up to version 619.
 */
#if FDB_API_VERSION < 620
DLLEXPORT WARN_UNUSED_RESULT fdb_error_t fdb_future_get_version(FDBFuture* future, int64_t* out_version);
#else
#define fdb_future_get_version(future, out_version) FDB_REMOVED_FUNCTION
#endif

/*
 * RESULTS
 *
 * A result is an answer that was there at once. Each result is destroyed exactly once by its owner.
 */

/*
 * Frees a result and the memory that its gets have returned. It is called exactly once for each result.
 * Threads: Any, and after every other call on this result has returned.
 * Rules: ABI-4.
 * In headers from 710 on.
 */
DLLEXPORT void fdb_result_destroy(FDBResult* result);

/*
 * Returns the rows of a result. Every result of this library is an error, so there are none.
 * Plinth refuses it: 2108 unsupported_operation.
 * Threads: Any.
 * In headers from 710 on.
 */
DLLEXPORT WARN_UNUSED_RESULT fdb_error_t fdb_result_get_keyvalue_array(
    FDBResult* result, FDBKeyValue const** out_rows, int* out_count, fdb_bool_t* out_more);

/*
 * Returns the changes of a result. Every result of this library is an error, so there are none.
 * Plinth refuses it: 2108 unsupported_operation.
 * Threads: Any.
 * In headers from 730 on, up to version 799.
 */
#if FDB_API_VERSION < 800
DLLEXPORT WARN_UNUSED_RESULT fdb_error_t fdb_result_get_bg_mutations_array(
    FDBResult* result, FDBBGMutation const** out_mutations, int* out_count);
#else
#define fdb_result_get_bg_mutations_array(result, out_mutations, out_count) FDB_REMOVED_FUNCTION
#endif

/*
 * DATABASES
 *
 * A handle on a database. Several handles on one path share one store; each has options of its own.
 */

/*
 * Opens a database. The path is that of a cluster file or of a database directory; NULL and the empty string
 * mean the default. Handles on one path share one store. A path that does not lead to a database is told by
 * the first operation, not by this call. The handle is freed with fdb_database_destroy().
 * Threads: Any.
 * Errors: 2008 network_not_setup, 2200 api_version_unset.
 * Rules: NET-1, NET-4, NET-5.
 * In headers from 610 on.
 */
DLLEXPORT WARN_UNUSED_RESULT fdb_error_t fdb_create_database(
    const char* cluster_file_path, FDBDatabase** out_database);

/*
 * Opens the database that a connection string names, as fdb_create_database() does with a file that holds it.
 * The handle is freed with fdb_database_destroy().
 * Threads: Any.
 * Errors: 2008 network_not_setup, 2200 api_version_unset.
 * Rules: NET-1, NET-5.
 * In headers from 720 on.
 */
DLLEXPORT WARN_UNUSED_RESULT fdb_error_t fdb_create_database_from_connection_string(
    const char* connection_string, FDBDatabase** out_database);

/*
 * Frees a handle. Transactions and tenants made from it stay usable; the store is closed with the last of
 * them.
 * Threads: Any.
 * Rules: NET-7.
 */
DLLEXPORT void fdb_database_destroy(FDBDatabase* database);

/*
 * Sets an option of this handle. Options that are defaults for transactions hold for those created or reset
 * later. The value is copied.
 * Threads: Any.
 * Errors: 2006 invalid_option_value, 2007 invalid_option.
 * Rules: OPT-1, OPT-2, OPT-5, OPT-6.
 */
DLLEXPORT WARN_UNUSED_RESULT fdb_error_t fdb_database_set_option(
    FDBDatabase* database, FDBDatabaseOption option, uint8_t const* value, int value_length);

/*
 * Makes a handle on a tenant. The name is looked up by the first operation, not by this call. The handle is
 * freed with fdb_tenant_destroy().
 * Threads: Any.
 * Errors: 2134 invalid_tenant_name.
 * Rules: TEN-1.
 * In headers from 710 on.
 */
DLLEXPORT WARN_UNUSED_RESULT fdb_error_t fdb_database_open_tenant(
    FDBDatabase* database, uint8_t const* name, int name_length, FDBTenant** out_tenant);

/*
 * Begins a transaction. It is freed with fdb_transaction_destroy().
 * Threads: Any.
 * Errors: 2000 client_invalid_operation.
 * Rules: TX-1, OPT-5.
 */
DLLEXPORT WARN_UNUSED_RESULT fdb_error_t fdb_database_create_transaction(
    FDBDatabase* database, FDBTransaction** out_transaction);

/*
 * Tells which part of the last second the network thread was busy, from 0 to 1. It is exactly 0 before any
 * work.
 * Threads: Any.
 * In headers from 700 on.
 */
DLLEXPORT double fdb_database_get_main_thread_busyness(FDBDatabase* database);

/*
 * Asks for the protocol version of the database. The future becomes ready also when it differs from
 * `expected_version`; 0 asks without an expectation.
 * The future's value is read with fdb_future_get_uint64().
 * Threads: Any.
 * In headers from 700 on.
 */
DLLEXPORT WARN_UNUSED_RESULT FDBFuture* fdb_database_get_server_protocol(
    FDBDatabase* database, uint64_t expected_version);

/*
 * Asks for the state of this client as JSON text, with `"Healthy": true` when the database can be used.
 * The future's value is read with fdb_future_get_key().
 * Threads: Any.
 * In headers from 730 on.
 */
DLLEXPORT WARN_UNUSED_RESULT FDBFuture* fdb_database_get_client_status(FDBDatabase* database);

/*
 * Asks a process of the cluster to restart. There is none, so it succeeds at once and only the generation in
 * the status grows.
 * The future's value is read with fdb_future_get_int64().
 * Plinth accepts it without effect.
 * Threads: Any.
 * In headers from 700 on.
 */
DLLEXPORT WARN_UNUSED_RESULT FDBFuture* fdb_database_reboot_worker(
    FDBDatabase* database, uint8_t const* address, int address_length, fdb_bool_t check, int duration);

/*
 * Would make a cluster go on without a lost data centre. There is no other data centre.
 * Plinth refuses it: 2108 unsupported_operation.
 * Threads: Any.
 * In headers from 700 on.
 */
DLLEXPORT WARN_UNUSED_RESULT FDBFuture* fdb_database_force_recovery_with_data_loss(
    FDBDatabase* database, uint8_t const* datacenter, int datacenter_length);

/*
 * Would run a command on the machines of a cluster that takes a snapshot of their disks.
 * Plinth refuses it: 2108 unsupported_operation.
 * Threads: Any.
 * In headers from 700 on.
 */
DLLEXPORT WARN_UNUSED_RESULT FDBFuture* fdb_database_create_snapshot(
    FDBDatabase* database, uint8_t const* uid, int uid_length, uint8_t const* command, int command_length);

/*
 * TENANTS
 *
 * A tenant is a named set of keys of its own within a database. Tenants are created, listed and deleted
 * through the special keys below `\xff\xff/management/tenant/map/`.
 */

/*
 * Begins a transaction that sees the keys of one tenant and no others. It is freed with
 * fdb_transaction_destroy(). That the tenant does not exist is told by the first operation.
 * Threads: Any.
 * Errors: 2000 client_invalid_operation.
 * Rules: TEN-1, TX-1.
 * In headers from 710 on.
 */
DLLEXPORT WARN_UNUSED_RESULT fdb_error_t fdb_tenant_create_transaction(
    FDBTenant* tenant, FDBTransaction** out_transaction);

/*
 * Frees a handle on a tenant. The tenant itself and the transactions made from the handle stay.
 * Threads: Any.
 * Rules: NET-7.
 * In headers from 710 on.
 */
DLLEXPORT void fdb_tenant_destroy(FDBTenant* tenant);

/*
 * Asks for the number of the tenant.
 * The future's value is read with fdb_future_get_int64().
 * Threads: Any.
 * Errors: 2131 tenant_not_found.
 * Rules: TEN-1.
 * In headers from 730 on.
 */
DLLEXPORT WARN_UNUSED_RESULT FDBFuture* fdb_tenant_get_id(FDBTenant* tenant);

/*
 * TRANSACTIONS
 *
 * Functions without a return value keep their error: the next future of the transaction has it. Byte strings
 * are copied before a call returns; NULL with length 0 is the empty string. `plinth.h` has no twin of
 * `fdb_transaction_get_mapped_range`: a program that needs it calls this library, or FoundationDB's on a
 * cluster, itself.
 */

/*
 * Frees a transaction. Its futures that are not ready fail with 1025 and must still be destroyed; memory of
 * ready futures stays. A commit under way may or may not happen.
 * Threads: Any; a read sees the writes that the same thread made before it.
 * Rules: RST-3, FUT-8.
 */
DLLEXPORT void fdb_transaction_destroy(FDBTransaction* transaction);

/*
 * Makes the pending and all later operations of the transaction fail with 1025, until it is reset. A commit
 * under way may still happen.
 * Threads: Any; a read sees the writes that the same thread made before it.
 * Rules: RST-2, TX-3.
 */
DLLEXPORT void fdb_transaction_cancel(FDBTransaction* transaction);

/*
 * Makes the transaction as new: reads, writes, options, errors and the clock of its timeout are gone. Futures
 * that are not ready fail with 1025.
 * Threads: Any; a read sees the writes that the same thread made before it.
 * Rules: RST-1.
 */
DLLEXPORT void fdb_transaction_reset(FDBTransaction* transaction);

/*
 * Sets an option of the transaction. An unknown code is told at once, a bad value by the next future. The
 * value is copied.
 * Threads: Any; a read sees the writes that the same thread made before it.
 * Errors: 2007 invalid_option.
 * Rules: OPT-1, OPT-2, OPT-4, TX-4.
 */
DLLEXPORT WARN_UNUSED_RESULT fdb_error_t fdb_transaction_set_option(
    FDBTransaction* transaction, FDBTransactionOption option, uint8_t const* value, int value_length);

/*
 * Makes the transaction read at a version that it was given elsewhere. A bad version, or one set after a
 * read, is told by the next future.
 * Threads: Any; a read sees the writes that the same thread made before it.
 * Errors: 2010 read_version_already_set, 2011 version_invalid.
 * Rules: VER-9, TX-4.
 */
DLLEXPORT void fdb_transaction_set_read_version(FDBTransaction* transaction, int64_t version);

/*
 * Asks for the version at which the transaction reads, and fixes it if it was not yet.
 * The future's value is read with fdb_future_get_int64().
 * Threads: Any; a read sees the writes that the same thread made before it.
 * Errors: 1007 transaction_too_old, 1009 future_version, 1025 transaction_cancelled, 1031
 * transaction_timed_out, 2017 used_during_commit.
 * Rules: VER-4.
 */
DLLEXPORT WARN_UNUSED_RESULT FDBFuture* fdb_transaction_get_read_version(FDBTransaction* transaction);

/*
 * Reads a key as the transaction sees it, own writes included. A snapshot read adds no read conflict.
 * The future's value is read with fdb_future_get_value().
 * Threads: Any; a read sees the writes that the same thread made before it.
 * Errors: 1007 transaction_too_old, 1009 future_version, 1025 transaction_cancelled, 1031
 * transaction_timed_out, 1036 accessed_unreadable, 2004 key_outside_legal_range, 2017 used_during_commit.
 * Rules: GET-1, LIM-3, RYW-1, CONF-2.
 */
DLLEXPORT WARN_UNUSED_RESULT FDBFuture* fdb_transaction_get(
    FDBTransaction* transaction, uint8_t const* key, int key_length, fdb_bool_t snapshot);

/*
 * Finds the key that a selector stands for. The FDB_KEYSEL macros write the four parameters of the common
 * selectors.
 * The future's value is read with fdb_future_get_key().
 * Threads: Any; a read sees the writes that the same thread made before it.
 * Errors: 1007 transaction_too_old, 1009 future_version, 1025 transaction_cancelled, 1031
 * transaction_timed_out, 1036 accessed_unreadable, 2004 key_outside_legal_range, 2017 used_during_commit.
 * Rules: SEL-1.
 */
DLLEXPORT WARN_UNUSED_RESULT FDBFuture* fdb_transaction_get_key(
    FDBTransaction* transaction, uint8_t const* key, int key_length, fdb_bool_t or_equal, int offset,
    fdb_bool_t snapshot);

/*
 * Asks which machines hold a key: the address of this process.
 * The future's value is read with fdb_future_get_string_array().
 * Threads: Any; a read sees the writes that the same thread made before it.
 * Errors: 1007 transaction_too_old, 1009 future_version, 1025 transaction_cancelled, 1031
 * transaction_timed_out, 2017 used_during_commit.
 * Rules: AV-1.
 */
DLLEXPORT WARN_UNUSED_RESULT FDBFuture* fdb_transaction_get_addresses_for_key(
    FDBTransaction* transaction, uint8_t const* key, int key_length);

/*
 * Reads the rows between two selectors. `limit` and `target_bytes` of 0 or -1 mean no limit; `mode` and
 * `iteration` choose how much one call returns. With `reverse` the rows come from the end.
 * The future's value is read with fdb_future_get_keyvalue_array().
 * Threads: Any; a read sees the writes that the same thread made before it.
 * Errors: 1007 transaction_too_old, 1009 future_version, 1025 transaction_cancelled, 1031
 * transaction_timed_out, 1036 accessed_unreadable, 2000 client_invalid_operation, 2004
 * key_outside_legal_range, 2005 inverted_range, 2012 range_limits_invalid, 2017 used_during_commit, 2210
 * exact_mode_without_limits.
 * Rules: RNG-1, RNG-3, RNG-4, RNG-8, CONF-5.
 */
DLLEXPORT WARN_UNUSED_RESULT FDBFuture* fdb_transaction_get_range(
    FDBTransaction* transaction, uint8_t const* begin, int begin_length, fdb_bool_t begin_or_equal,
    int begin_offset, uint8_t const* end, int end_length, fdb_bool_t end_or_equal, int end_offset,
    int limit, int target_bytes, FDBStreamingMode mode, int iteration, fdb_bool_t snapshot,
    fdb_bool_t reverse);

/*
 * Reads the entries of an index and, for each, the rows that it stands for: `mapper` is a tuple that says how
 * their keys come from the entry. It works only for reads that are not snapshot reads, with read-your-writes
 * on.
 * The future's value is read with fdb_future_get_mappedkeyvalue_array().
 * Threads: Any; a read sees the writes that the same thread made before it.
 * Errors: 1007 transaction_too_old, 1009 future_version, 1025 transaction_cancelled, 1031
 * transaction_timed_out, 2000 client_invalid_operation, 2012 range_limits_invalid, 2017 used_during_commit,
 * 2030 mapper_bad_index, 2031 mapper_no_such_key, 2032 mapper_bad_range_descriptor, 2041 key_not_tuple, 2042
 * value_not_tuple, 2043 mapper_not_tuple, 2108 unsupported_operation, 2210 exact_mode_without_limits.
 * Rules: MAP-1.
 * In headers from 710 on.
 */
DLLEXPORT WARN_UNUSED_RESULT FDBFuture* fdb_transaction_get_mapped_range(
    FDBTransaction* transaction, uint8_t const* begin, int begin_length, fdb_bool_t begin_or_equal,
    int begin_offset, uint8_t const* end, int end_length, fdb_bool_t end_or_equal, int end_offset,
    uint8_t const* mapper, int mapper_length, int limit, int target_bytes, FDBStreamingMode mode,
    int iteration, fdb_bool_t snapshot, fdb_bool_t reverse);

/*
 * Writes a key. Both byte strings are copied. What is wrong with them is told by the next future.
 * Threads: Any; a read sees the writes that the same thread made before it.
 * Errors: 2004 key_outside_legal_range, 2102 key_too_large, 2103 value_too_large.
 * Rules: TX-4, LIM-1, LIM-2, ABI-3.
 */
DLLEXPORT void fdb_transaction_set(
    FDBTransaction* transaction, uint8_t const* key, int key_length, uint8_t const* value,
    int value_length);

/*
 * Changes a key with an operation that is computed at commit, without a read. Both byte strings are copied.
 * What is wrong is told by the next future.
 * Threads: Any; a read sees the writes that the same thread made before it.
 * Errors: 2000 client_invalid_operation, 2004 key_outside_legal_range, 2018 invalid_mutation_type, 2102
 * key_too_large, 2103 value_too_large.
 * Rules: ATOM-1, TX-4.
 */
DLLEXPORT void fdb_transaction_atomic_op(
    FDBTransaction* transaction, uint8_t const* key, int key_length, uint8_t const* operand,
    int operand_length, FDBMutationType type);

/*
 * Removes a key. What is wrong with it is told by the next future.
 * Threads: Any; a read sees the writes that the same thread made before it.
 * Errors: 2004 key_outside_legal_range.
 * Rules: TX-4.
 */
DLLEXPORT void fdb_transaction_clear(FDBTransaction* transaction, uint8_t const* key, int key_length);

/*
 * Removes the keys from `begin` up to but not `end`. What is wrong with them is told by the next future.
 * Threads: Any; a read sees the writes that the same thread made before it.
 * Errors: 2004 key_outside_legal_range, 2005 inverted_range.
 * Rules: TX-4.
 */
DLLEXPORT void fdb_transaction_clear_range(
    FDBTransaction* transaction, uint8_t const* begin, int begin_length, uint8_t const* end,
    int end_length);

/*
 * Waits for a change of a key's value as the transaction sees it now. The watch becomes active with the
 * commit and outlives the transaction then.
 * The future holds no value: fdb_future_get_error() tells how it went.
 * Threads: Any; a read sees the writes that the same thread made before it.
 * Errors: 1007 transaction_too_old, 1009 future_version, 1025 transaction_cancelled, 1031
 * transaction_timed_out, 1032 too_many_watches, 1034 watches_disabled, 2004 key_outside_legal_range, 2017
 * used_during_commit, 2102 key_too_large.
 * Rules: WATCH-1, WATCH-2, WATCH-5.
 */
DLLEXPORT WARN_UNUSED_RESULT FDBFuture* fdb_transaction_watch(
    FDBTransaction* transaction, uint8_t const* key, int key_length);

/*
 * Commits. A value means that the writes are on disk and that later transactions see them. Most errors say
 * that nothing was written; 1021 leaves it open.
 * The future holds no value: fdb_future_get_error() tells how it went.
 * Threads: Any; a read sees the writes that the same thread made before it.
 * Errors: 1007 transaction_too_old, 1020 not_committed, 1021 commit_unknown_result, 1025
 * transaction_cancelled, 1031 transaction_timed_out, 2017 used_during_commit, 2023 transaction_read_only,
 * 2101 transaction_too_large.
 * Rules: COM-1, COM-4, COM-7, COM-8.
 */
DLLEXPORT WARN_UNUSED_RESULT FDBFuture* fdb_transaction_commit(FDBTransaction* transaction);

/*
 * Copies the version of the last successful commit, -1 if there is none or if it wrote nothing.
 * Threads: Any; a read sees the writes that the same thread made before it.
 * Errors: 2000 client_invalid_operation.
 * Rules: COM-10.
 */
DLLEXPORT WARN_UNUSED_RESULT fdb_error_t fdb_transaction_get_committed_version(
    FDBTransaction* transaction, int64_t* out_version);

/*
 * Asks for the 10 bytes that this transaction's commit puts into versionstamps. It is called before the
 * commit and ready after it.
 * The future's value is read with fdb_future_get_key().
 * Threads: Any; a read sees the writes that the same thread made before it.
 * Errors: 1025 transaction_cancelled, 2017 used_during_commit, 2020 transaction_invalid_version, 2021
 * no_commit_version.
 * Rules: COM-12, VST-1.
 */
DLLEXPORT WARN_UNUSED_RESULT FDBFuture* fdb_transaction_get_versionstamp(FDBTransaction* transaction);

/*
 * Asks how many seconds the transaction was held back because of its tags: never any.
 * The future's value is read with fdb_future_get_double().
 * Threads: Any; a read sees the writes that the same thread made before it.
 * In headers from 730 on.
 */
DLLEXPORT WARN_UNUSED_RESULT FDBFuture* fdb_transaction_get_tag_throttled_duration(
    FDBTransaction* transaction);

/*
 * Asks for the cost of the transaction's reads and writes so far, in bytes.
 * The future's value is read with fdb_future_get_int64().
 * Threads: Any; a read sees the writes that the same thread made before it.
 * In headers from 730 on.
 */
DLLEXPORT WARN_UNUSED_RESULT FDBFuture* fdb_transaction_get_total_cost(FDBTransaction* transaction);

/*
 * Asks how many bytes the commit would have now: keys, values and conflict ranges.
 * The future's value is read with fdb_future_get_int64().
 * Threads: Any; a read sees the writes that the same thread made before it.
 * Rules: LIM-4, TX-3.
 * In headers from 620 on.
 */
DLLEXPORT WARN_UNUSED_RESULT FDBFuture* fdb_transaction_get_approximate_size(FDBTransaction* transaction);

/*
 * Decides whether to try again after `code`: if so, the future becomes ready after a pause and the
 * transaction is as new; if not, the future has the error.
 * The future holds no value: fdb_future_get_error() tells how it went.
 * Threads: Any; a read sees the writes that the same thread made before it.
 * Errors: 1025 transaction_cancelled, 1031 transaction_timed_out, 2000 client_invalid_operation.
 * Rules: ERRH-1, ERRH-2, ERRH-5, ERRH-6.
 */
DLLEXPORT WARN_UNUSED_RESULT FDBFuture* fdb_transaction_on_error(
    FDBTransaction* transaction, fdb_error_t code);

/*
 * Adds a range to what the transaction is taken to have read or written.
 * Threads: Any; a read sees the writes that the same thread made before it.
 * Errors: 2000 client_invalid_operation, 2005 inverted_range.
 * Rules: CONF-10, TX-4.
 */
DLLEXPORT WARN_UNUSED_RESULT fdb_error_t fdb_transaction_add_conflict_range(
    FDBTransaction* transaction, uint8_t const* begin, int begin_length, uint8_t const* end,
    int end_length, FDBConflictRangeType type);

/*
 * Estimates the bytes that the keys and values of a range take. Own writes are not counted.
 * The future's value is read with fdb_future_get_int64().
 * Threads: Any; a read sees the writes that the same thread made before it.
 * Errors: 1007 transaction_too_old, 1009 future_version, 1025 transaction_cancelled, 1031
 * transaction_timed_out, 2004 key_outside_legal_range, 2005 inverted_range, 2017 used_during_commit.
 * Rules: EST-1.
 * In headers from 630 on.
 */
DLLEXPORT WARN_UNUSED_RESULT FDBFuture* fdb_transaction_get_estimated_range_size_bytes(
    FDBTransaction* transaction, uint8_t const* begin, int begin_length, uint8_t const* end,
    int end_length);

/*
 * Asks for keys that divide a range into parts of about `chunk_size` bytes, its two ends included.
 * The future's value is read with fdb_future_get_key_array().
 * Threads: Any; a read sees the writes that the same thread made before it.
 * Errors: 1007 transaction_too_old, 1009 future_version, 1025 transaction_cancelled, 1031
 * transaction_timed_out, 2000 client_invalid_operation, 2004 key_outside_legal_range, 2005 inverted_range,
 * 2017 used_during_commit.
 * Rules: EST-2.
 * In headers from 700 on.
 */
DLLEXPORT WARN_UNUSED_RESULT FDBFuture* fdb_transaction_get_range_split_points(
    FDBTransaction* transaction, uint8_t const* begin, int begin_length, uint8_t const* end,
    int end_length, int64_t chunk_size);

/*
 * Is fdb_transaction_get_range_split_points() with a bound on the number of keys.
 * The future's value is read with fdb_future_get_key_array().
 * Threads: Any; a read sees the writes that the same thread made before it.
 * Errors: 1007 transaction_too_old, 1009 future_version, 1025 transaction_cancelled, 1031
 * transaction_timed_out, 2000 client_invalid_operation, 2004 key_outside_legal_range, 2005 inverted_range,
 * 2017 used_during_commit.
 * Rules: EST-2.
 * In headers from 800 on.
 */
DLLEXPORT WARN_UNUSED_RESULT FDBFuture* fdb_transaction_get_range_split_points_with_limit(
    FDBTransaction* transaction, uint8_t const* begin, int begin_length, uint8_t const* end,
    int end_length, int64_t chunk_size, int limit);

/*
 * Was the mapped range read of version 700, which gave its rows in one flat list. Use
 * fdb_transaction_get_mapped_range().
 * Plinth refuses it: 2108 unsupported_operation.
 * Threads: Any; a read sees the writes that the same thread made before it.
 * In headers from 700 on, up to version 709.
 */
#if FDB_API_VERSION < 710
DLLEXPORT WARN_UNUSED_RESULT FDBFuture* fdb_transaction_get_range_and_flat_map(
    FDBTransaction* transaction, uint8_t const* begin, int begin_length, fdb_bool_t begin_or_equal,
    int begin_offset, uint8_t const* end, int end_length, fdb_bool_t end_or_equal, int end_offset,
    uint8_t const* mapper, int mapper_length, int limit, int target_bytes, FDBStreamingMode mode,
    int iteration, fdb_bool_t snapshot, fdb_bool_t reverse);
#else
#define fdb_transaction_get_range_and_flat_map( \
    transaction, begin, begin_length, begin_or_equal, begin_offset, end, end_length, end_or_equal, \
    end_offset, mapper, mapper_length, limit, target_bytes, mode, iteration, snapshot, reverse \
    ) FDB_REMOVED_FUNCTION
#endif

/*
 * Was the range read between selectors before version 14. Those versions are not served; use
 * fdb_transaction_get_range().
 * Plinth refuses it: 2108 unsupported_operation.
 * Threads: Any; a read sees the writes that the same thread made before it.
 * Up to version 13.
 */
#define fdb_transaction_get_range_selector( \
    transaction, begin, begin_length, begin_or_equal, begin_offset, end, end_length, end_or_equal, \
    end_offset, limit) FDB_REMOVED_FUNCTION

/*
 * CLUSTERS
 *
 * The way to a database before version 610.
 */

/*
 * Begins the way to a database before version 610. The path is that of fdb_create_database(). The future is
 * ready at once.
 * The future's value is read with fdb_future_get_cluster().
 * Threads: Any.
 * Errors: 2000 client_invalid_operation, 2008 network_not_setup.
 * Rules: AV-1, NET-1.
 * Up to version 609.
 */
#if FDB_API_VERSION < 610
DLLEXPORT WARN_UNUSED_RESULT FDBFuture* fdb_create_cluster(const char* cluster_file_path);
#else
#define fdb_create_cluster(cluster_file_path) FDB_REMOVED_FUNCTION
#endif

/*
 * Frees a cluster. Databases made from it stay.
 * Threads: Any.
 * Rules: AV-1.
 * Up to version 609.
 */
#if FDB_API_VERSION < 610
DLLEXPORT void fdb_cluster_destroy(FDBCluster* cluster);
#else
#define fdb_cluster_destroy(cluster) FDB_REMOVED_FUNCTION
#endif

/*
 * Sets an option of a cluster. There is no such option.
 * Threads: Any.
 * Errors: 2007 invalid_option.
 * Rules: OPT-1, AV-1.
 * Up to version 609.
 */
#if FDB_API_VERSION < 610
DLLEXPORT WARN_UNUSED_RESULT fdb_error_t fdb_cluster_set_option(
    FDBCluster* cluster, FDBClusterOption option, uint8_t const* value, int value_length);
#else
#define fdb_cluster_set_option(cluster, option, value, value_length) FDB_REMOVED_FUNCTION
#endif

/*
 * Opens the database of a cluster. `name` must be the two bytes `DB`. The future is ready at once.
 * The future's value is read with fdb_future_get_database().
 * Threads: Any.
 * Errors: 2000 client_invalid_operation, 2013 invalid_database_name.
 * Rules: AV-1.
 * Up to version 609.
 */
#if FDB_API_VERSION < 610
DLLEXPORT WARN_UNUSED_RESULT FDBFuture* fdb_cluster_create_database(
    FDBCluster* cluster, uint8_t const* name, int name_length);
#else
#define fdb_cluster_create_database(cluster, name, name_length) FDB_REMOVED_FUNCTION
#endif

/*
 * Takes the cluster out of a future. It is freed with fdb_cluster_destroy().
 * Threads: Any.
 * Errors: 2000 client_invalid_operation, 2015 future_not_set.
 * Rules: FUT-3, AV-1.
 * Up to version 609.
 */
#if FDB_API_VERSION < 610
DLLEXPORT WARN_UNUSED_RESULT fdb_error_t fdb_future_get_cluster(FDBFuture* future, FDBCluster** out_cluster);
#else
#define fdb_future_get_cluster(future, out_cluster) FDB_REMOVED_FUNCTION
#endif

/*
 * Takes the database out of a future. It is freed with fdb_database_destroy().
 * Threads: Any.
 * Errors: 2000 client_invalid_operation, 2015 future_not_set.
 * Rules: FUT-3, AV-1.
 * Up to version 609.
 */
#if FDB_API_VERSION < 610
DLLEXPORT WARN_UNUSED_RESULT fdb_error_t fdb_future_get_database(
    FDBFuture* future, FDBDatabase** out_database);
#else
#define fdb_future_get_database(future, out_database) FDB_REMOVED_FUNCTION
#endif

/*
 * BLOB GRANULES
 *
 * FoundationDB's files of older versions in an object store. Plinth has none: each of these functions is
 * refused, and stays so that programs which name it link and run.
 */

/*
 * Would remove the blob granules of a range that are older than a version.
 * Plinth refuses it: 2108 unsupported_operation.
 * Threads: Any.
 * In headers from 710 on, up to version 799.
 */
#if FDB_API_VERSION < 800
DLLEXPORT WARN_UNUSED_RESULT FDBFuture* fdb_database_purge_blob_granules(
    FDBDatabase* database, uint8_t const* begin, int begin_length, uint8_t const* end, int end_length,
    int64_t purge_version, fdb_bool_t force);
#else
#define fdb_database_purge_blob_granules( \
    database, begin, begin_length, end, end_length, purge_version, force) FDB_REMOVED_FUNCTION
#endif

/*
 * Would wait for the end of a purge of blob granules.
 * Plinth refuses it: 2108 unsupported_operation.
 * Threads: Any.
 * In headers from 710 on, up to version 799.
 */
#if FDB_API_VERSION < 800
DLLEXPORT WARN_UNUSED_RESULT FDBFuture* fdb_database_wait_purge_granules_complete(
    FDBDatabase* database, uint8_t const* purge_key, int purge_key_length);
#else
#define fdb_database_wait_purge_granules_complete(database, purge_key, purge_key_length) FDB_REMOVED_FUNCTION
#endif

/*
 * Would begin to keep a range in blob granules.
 * Plinth refuses it: 2108 unsupported_operation.
 * Threads: Any.
 * In headers from 720 on, up to version 799.
 */
#if FDB_API_VERSION < 800
DLLEXPORT WARN_UNUSED_RESULT FDBFuture* fdb_database_blobbify_range(
    FDBDatabase* database, uint8_t const* begin, int begin_length, uint8_t const* end, int end_length);
#else
#define fdb_database_blobbify_range(database, begin, begin_length, end, end_length) FDB_REMOVED_FUNCTION
#endif

/*
 * Would begin to keep a range in blob granules and wait until they can be read.
 * Plinth refuses it: 2108 unsupported_operation.
 * Threads: Any.
 * In headers from 730 on, up to version 799.
 */
#if FDB_API_VERSION < 800
DLLEXPORT WARN_UNUSED_RESULT FDBFuture* fdb_database_blobbify_range_blocking(
    FDBDatabase* database, uint8_t const* begin, int begin_length, uint8_t const* end, int end_length);
#else
#define fdb_database_blobbify_range_blocking( \
    database, begin, begin_length, end, end_length) FDB_REMOVED_FUNCTION
#endif

/*
 * Would end to keep a range in blob granules.
 * Plinth refuses it: 2108 unsupported_operation.
 * Threads: Any.
 * In headers from 720 on, up to version 799.
 */
#if FDB_API_VERSION < 800
DLLEXPORT WARN_UNUSED_RESULT FDBFuture* fdb_database_unblobbify_range(
    FDBDatabase* database, uint8_t const* begin, int begin_length, uint8_t const* end, int end_length);
#else
#define fdb_database_unblobbify_range(database, begin, begin_length, end, end_length) FDB_REMOVED_FUNCTION
#endif

/*
 * Would list the ranges that are kept in blob granules.
 * Plinth refuses it: 2108 unsupported_operation.
 * Threads: Any.
 * In headers from 720 on, up to version 799.
 */
#if FDB_API_VERSION < 800
DLLEXPORT WARN_UNUSED_RESULT FDBFuture* fdb_database_list_blobbified_ranges(
    FDBDatabase* database, uint8_t const* begin, int begin_length, uint8_t const* end, int end_length,
    int limit);
#else
#define fdb_database_list_blobbified_ranges( \
    database, begin, begin_length, end, end_length, limit) FDB_REMOVED_FUNCTION
#endif

/*
 * Would check that a range can be read from blob granules at a version.
 * Plinth refuses it: 2108 unsupported_operation.
 * Threads: Any.
 * In headers from 720 on, up to version 799.
 */
#if FDB_API_VERSION < 800
DLLEXPORT WARN_UNUSED_RESULT FDBFuture* fdb_database_verify_blob_range(
    FDBDatabase* database, uint8_t const* begin, int begin_length, uint8_t const* end, int end_length,
    int64_t version);
#else
#define fdb_database_verify_blob_range( \
    database, begin, begin_length, end, end_length, version) FDB_REMOVED_FUNCTION
#endif

/*
 * Would write the newest changes of a range into blob granules.
 * Plinth refuses it: 2108 unsupported_operation.
 * Threads: Any.
 * In headers from 730 on, up to version 799.
 */
#if FDB_API_VERSION < 800
DLLEXPORT WARN_UNUSED_RESULT FDBFuture* fdb_database_flush_blob_range(
    FDBDatabase* database, uint8_t const* begin, int begin_length, uint8_t const* end, int end_length,
    fdb_bool_t compact, int64_t version);
#else
#define fdb_database_flush_blob_range( \
    database, begin, begin_length, end, end_length, compact, version) FDB_REMOVED_FUNCTION
#endif

/*
 * Would remove the blob granules of a range of a tenant that are older than a version.
 * Plinth refuses it: 2108 unsupported_operation.
 * Threads: Any.
 * In headers from 720 on, up to version 799.
 */
#if FDB_API_VERSION < 800
DLLEXPORT WARN_UNUSED_RESULT FDBFuture* fdb_tenant_purge_blob_granules(
    FDBTenant* tenant, uint8_t const* begin, int begin_length, uint8_t const* end, int end_length,
    int64_t purge_version, fdb_bool_t force);
#else
#define fdb_tenant_purge_blob_granules( \
    tenant, begin, begin_length, end, end_length, purge_version, force) FDB_REMOVED_FUNCTION
#endif

/*
 * Would wait for the end of a purge of blob granules of a tenant.
 * Plinth refuses it: 2108 unsupported_operation.
 * Threads: Any.
 * In headers from 720 on, up to version 799.
 */
#if FDB_API_VERSION < 800
DLLEXPORT WARN_UNUSED_RESULT FDBFuture* fdb_tenant_wait_purge_granules_complete(
    FDBTenant* tenant, uint8_t const* purge_key, int purge_key_length);
#else
#define fdb_tenant_wait_purge_granules_complete(tenant, purge_key, purge_key_length) FDB_REMOVED_FUNCTION
#endif

/*
 * Would begin to keep a range of a tenant in blob granules.
 * Plinth refuses it: 2108 unsupported_operation.
 * Threads: Any.
 * In headers from 720 on, up to version 799.
 */
#if FDB_API_VERSION < 800
DLLEXPORT WARN_UNUSED_RESULT FDBFuture* fdb_tenant_blobbify_range(
    FDBTenant* tenant, uint8_t const* begin, int begin_length, uint8_t const* end, int end_length);
#else
#define fdb_tenant_blobbify_range(tenant, begin, begin_length, end, end_length) FDB_REMOVED_FUNCTION
#endif

/*
 * Would begin to keep a range of a tenant in blob granules and wait until they can be read.
 * Plinth refuses it: 2108 unsupported_operation.
 * Threads: Any.
 * In headers from 730 on, up to version 799.
 */
#if FDB_API_VERSION < 800
DLLEXPORT WARN_UNUSED_RESULT FDBFuture* fdb_tenant_blobbify_range_blocking(
    FDBTenant* tenant, uint8_t const* begin, int begin_length, uint8_t const* end, int end_length);
#else
#define fdb_tenant_blobbify_range_blocking(tenant, begin, begin_length, end, end_length) FDB_REMOVED_FUNCTION
#endif

/*
 * Would end to keep a range of a tenant in blob granules.
 * Plinth refuses it: 2108 unsupported_operation.
 * Threads: Any.
 * In headers from 720 on, up to version 799.
 */
#if FDB_API_VERSION < 800
DLLEXPORT WARN_UNUSED_RESULT FDBFuture* fdb_tenant_unblobbify_range(
    FDBTenant* tenant, uint8_t const* begin, int begin_length, uint8_t const* end, int end_length);
#else
#define fdb_tenant_unblobbify_range(tenant, begin, begin_length, end, end_length) FDB_REMOVED_FUNCTION
#endif

/*
 * Would list the ranges of a tenant that are kept in blob granules.
 * Plinth refuses it: 2108 unsupported_operation.
 * Threads: Any.
 * In headers from 720 on, up to version 739.
 */
#if FDB_API_VERSION < 740
DLLEXPORT WARN_UNUSED_RESULT FDBFuture* fdb_tenant_list_blobbified_ranges(
    FDBTenant* tenant, uint8_t const* begin, int begin_length, uint8_t const* end, int end_length,
    int limit);
#else
#define fdb_tenant_list_blobbified_ranges( \
    tenant, begin, begin_length, end, end_length, limit) FDB_REMOVED_FUNCTION
#endif

/*
 * Would check that a range of a tenant can be read from blob granules at a version.
 * Plinth refuses it: 2108 unsupported_operation.
 * Threads: Any.
 * In headers from 720 on, up to version 799.
 */
#if FDB_API_VERSION < 800
DLLEXPORT WARN_UNUSED_RESULT FDBFuture* fdb_tenant_verify_blob_range(
    FDBTenant* tenant, uint8_t const* begin, int begin_length, uint8_t const* end, int end_length,
    int64_t version);
#else
#define fdb_tenant_verify_blob_range( \
    tenant, begin, begin_length, end, end_length, version) FDB_REMOVED_FUNCTION
#endif

/*
 * Would write the newest changes of a range of a tenant into blob granules.
 * Plinth refuses it: 2108 unsupported_operation.
 * Threads: Any.
 * In headers from 730 on, up to version 799.
 */
#if FDB_API_VERSION < 800
DLLEXPORT WARN_UNUSED_RESULT FDBFuture* fdb_tenant_flush_blob_range(
    FDBTenant* tenant, uint8_t const* begin, int begin_length, uint8_t const* end, int end_length,
    fdb_bool_t compact, int64_t version);
#else
#define fdb_tenant_flush_blob_range( \
    tenant, begin, begin_length, end, end_length, compact, version) FDB_REMOVED_FUNCTION
#endif

/*
 * Would list the blob granules of a range. In version 710 the limit was not there; the call is refused
 * without looking at it.
 * Plinth refuses it: 2108 unsupported_operation.
 * Threads: Any.
 * In headers from 710 on, up to version 799.
 */
#if FDB_API_VERSION < 800
DLLEXPORT WARN_UNUSED_RESULT FDBFuture* fdb_transaction_get_blob_granule_ranges(
    FDBTransaction* transaction, uint8_t const* begin, int begin_length, uint8_t const* end,
    int end_length, int limit);
#else
#define fdb_transaction_get_blob_granule_ranges( \
    transaction, begin, begin_length, end, end_length, limit) FDB_REMOVED_FUNCTION
#endif

/*
 * Would read a range from blob granules with the caller's own functions for files.
 * Plinth refuses it: 2108 unsupported_operation.
 * Threads: Any.
 * In headers from 710 on, up to version 799.
 */
#if FDB_API_VERSION < 800
DLLEXPORT WARN_UNUSED_RESULT FDBResult* fdb_transaction_read_blob_granules(
    FDBTransaction* transaction, uint8_t const* begin, int begin_length, uint8_t const* end,
    int end_length, int64_t begin_version, int64_t read_version, FDBReadBlobGranuleContext context);
#else
#define fdb_transaction_read_blob_granules( \
    transaction, begin, begin_length, end, end_length, begin_version, read_version, context \
    ) FDB_REMOVED_FUNCTION
#endif

/*
 * Would describe the files that a read from blob granules needs.
 * Plinth refuses it: 2108 unsupported_operation.
 * Threads: Any.
 * In headers from 730 on, up to version 799.
 */
#if FDB_API_VERSION < 800
DLLEXPORT WARN_UNUSED_RESULT FDBFuture* fdb_transaction_read_blob_granules_description(
    FDBTransaction* transaction, uint8_t const* begin, int begin_length, uint8_t const* end,
    int end_length, int64_t begin_version, int64_t read_version, int64_t* out_read_version);
#else
#define fdb_transaction_read_blob_granules_description( \
    transaction, begin, begin_length, end, end_length, begin_version, read_version, out_read_version \
    ) FDB_REMOVED_FUNCTION
#endif

/*
 * Would tell how much the blob granules of a range hold.
 * Plinth refuses it: 2108 unsupported_operation.
 * Threads: Any.
 * In headers from 720 on, up to version 799.
 */
#if FDB_API_VERSION < 800
DLLEXPORT WARN_UNUSED_RESULT FDBFuture* fdb_transaction_summarize_blob_granules(
    FDBTransaction* transaction, uint8_t const* begin, int begin_length, uint8_t const* end,
    int end_length, int64_t summary_version, int limit);
#else
#define fdb_transaction_summarize_blob_granules( \
    transaction, begin, begin_length, end, end_length, summary_version, limit) FDB_REMOVED_FUNCTION
#endif

/*
 * Returns summaries of blob granules. No future of this library holds any.
 * Plinth refuses it: 2108 unsupported_operation.
 * Threads: Any.
 * In headers from 720 on, up to version 799.
 */
#if FDB_API_VERSION < 800
DLLEXPORT WARN_UNUSED_RESULT fdb_error_t fdb_future_get_granule_summary_array(
    FDBFuture* future, FDBGranuleSummary const** out_summaries, int* out_count);
#else
#define fdb_future_get_granule_summary_array(future, out_summaries, out_count) FDB_REMOVED_FUNCTION
#endif

/*
 * Returns descriptions of blob granules. No future of this library holds any.
 * Plinth refuses it: 2108 unsupported_operation.
 * Threads: Any.
 * In headers from 730 on, up to version 799.
 */
#if FDB_API_VERSION < 800
DLLEXPORT WARN_UNUSED_RESULT fdb_error_t fdb_future_readbg_get_descriptions(
    FDBFuture* future, FDBBGFileDescription** out_descriptions, int* out_count);
#else
#define fdb_future_readbg_get_descriptions(future, out_descriptions, out_count) FDB_REMOVED_FUNCTION
#endif

/*
 * Would read the rows of a blob granule's snapshot from memory.
 * Plinth refuses it: 2108 unsupported_operation.
 * Threads: Any.
 * In headers from 730 on, up to version 799.
 */
#if FDB_API_VERSION < 800
DLLEXPORT WARN_UNUSED_RESULT FDBResult* fdb_readbg_parse_snapshot_file(
    uint8_t const* file, int file_length, FDBBGTenantPrefix const* tenant_prefix,
    FDBBGEncryptionCtx const* encryption);
#else
#define fdb_readbg_parse_snapshot_file(file, file_length, tenant_prefix, encryption) FDB_REMOVED_FUNCTION
#endif

/*
 * Would read the rows of a blob granule's file of changes from memory.
 * Plinth refuses it: 2108 unsupported_operation.
 * Threads: Any.
 * In headers from 730 on, up to version 799.
 */
#if FDB_API_VERSION < 800
DLLEXPORT WARN_UNUSED_RESULT FDBResult* fdb_readbg_parse_delta_file(
    uint8_t const* file, int file_length, FDBBGTenantPrefix const* tenant_prefix,
    FDBBGEncryptionCtx const* encryption);
#else
#define fdb_readbg_parse_delta_file(file, file_length, tenant_prefix, encryption) FDB_REMOVED_FUNCTION
#endif

/*
 * CHANGE DATA CAPTURE
 *
 * FoundationDB's streams of changes, from version 800 on. Plinth has none: each of these functions is
 * refused, and stays so that programs which name it link and run.
 */

/*
 * Would register a stream of the changes of some ranges.
 * Plinth refuses it: 2108 unsupported_operation.
 * Threads: Any.
 * In headers from 800 on.
 */
DLLEXPORT WARN_UNUSED_RESULT FDBFuture* fdb_database_register_cdc_stream(
    FDBDatabase* database, uint8_t const* name, int name_length, FDBKeyRange const* ranges,
    int range_count);

/*
 * Would register a stream that is divided at some keys and gives its changes in order.
 * Plinth refuses it: 2108 unsupported_operation.
 * Threads: Any.
 * In headers from 800 on.
 */
DLLEXPORT WARN_UNUSED_RESULT FDBFuture* fdb_database_register_cdc_ordered_stream(
    FDBDatabase* database, uint8_t const* name, int name_length, FDBKeyRange const* ranges,
    int range_count, FDBKey const* keys, int key_count);

/*
 * Would remove a stream of changes.
 * Plinth refuses it: 2108 unsupported_operation.
 * Threads: Any.
 * In headers from 800 on.
 */
DLLEXPORT WARN_UNUSED_RESULT FDBFuture* fdb_database_remove_cdc_stream(
    FDBDatabase* database, uint8_t const* name, int name_length);

/*
 * Would list the streams of changes.
 * Plinth refuses it: 2108 unsupported_operation.
 * Threads: Any.
 * In headers from 800 on.
 */
DLLEXPORT WARN_UNUSED_RESULT FDBFuture* fdb_database_list_cdc_streams(FDBDatabase* database);

/*
 * Would make a consumer of a stream from its beginning.
 * Plinth refuses it: 2108 unsupported_operation.
 * Threads: Any.
 * In headers from 800 on.
 */
DLLEXPORT WARN_UNUSED_RESULT FDBFuture* fdb_database_create_cdc_consumer(
    FDBDatabase* database, uint8_t const* name, int name_length);

/*
 * Would make a consumer that goes on at a place of a stream.
 * Plinth refuses it: 2108 unsupported_operation.
 * Threads: Any.
 * In headers from 800 on.
 */
DLLEXPORT WARN_UNUSED_RESULT FDBFuture* fdb_database_resume_cdc_consumer(
    FDBDatabase* database, uint64_t stream_id, int64_t version);

/*
 * Would free a consumer. There is none, so it does nothing.
 * Plinth has nothing to do for it.
 * Threads: Any.
 * In headers from 800 on.
 */
DLLEXPORT void fdb_cdc_consumer_destroy(FDBCdcConsumer* consumer);

/*
 * Would wait for the next changes of a stream.
 * Plinth refuses it: 2108 unsupported_operation.
 * Threads: Any.
 * In headers from 800 on.
 */
DLLEXPORT WARN_UNUSED_RESULT FDBFuture* fdb_cdc_consumer_consume(FDBCdcConsumer* consumer);

/*
 * Would tell a stream that its changes up to here are no longer needed.
 * Plinth refuses it: 2108 unsupported_operation.
 * Threads: Any.
 * In headers from 800 on.
 */
DLLEXPORT WARN_UNUSED_RESULT FDBFuture* fdb_cdc_consumer_acknowledge(FDBCdcConsumer* consumer);

/*
 * Would tell the place of a consumer in its stream.
 * Plinth refuses it: 2108 unsupported_operation.
 * Threads: Any.
 * In headers from 800 on.
 */
DLLEXPORT WARN_UNUSED_RESULT fdb_error_t fdb_cdc_consumer_get_position(
    FDBCdcConsumer* consumer, uint64_t* out_stream_id, int64_t* out_version);

/*
 * Returns descriptions of streams. No future of this library holds any.
 * Plinth refuses it: 2108 unsupported_operation.
 * Threads: Any.
 * In headers from 800 on.
 */
DLLEXPORT WARN_UNUSED_RESULT fdb_error_t fdb_future_get_cdc_stream_info_array(
    FDBFuture* future, FDBCdcStreamInfo const** out_streams, int* out_count);

/*
 * Takes a consumer out of a future. No future of this library holds one.
 * Plinth refuses it: 2108 unsupported_operation.
 * Threads: Any.
 * In headers from 800 on.
 */
DLLEXPORT WARN_UNUSED_RESULT fdb_error_t fdb_future_get_cdc_consumer(
    FDBFuture* future, FDBCdcConsumer** out_consumer);

/*
 * Returns changes, grouped by version. No future of this library holds any.
 * Plinth refuses it: 2108 unsupported_operation.
 * Threads: Any.
 * In headers from 800 on.
 */
DLLEXPORT WARN_UNUSED_RESULT fdb_error_t fdb_future_get_cdc_versioned_mutations(
    FDBFuture* future, FDBCdcVersionedMutations const** out_groups, int* out_count,
    int64_t* out_last_version);

/*
 * MACROS
 *
 * Selects a version and tells the library which version this program was compiled for. An expression of type
 * fdb_error_t.
 */
#define fdb_select_api_version(version) fdb_select_api_version_impl((version), FDB_API_VERSION)

/* The same for a program that may meet an older library: it is told no more than that library knows. */
#define fdb_select_api_version_capped(version) \
    fdb_select_api_version_impl( \
        (version), fdb_get_max_api_version() < FDB_API_VERSION ? fdb_get_max_api_version() : FDB_API_VERSION)

/* The common key selectors: each writes the four parameters of a selector from a key and its length (SEL-2). */
#define FDB_KEYSEL_LAST_LESS_THAN(key, length) key, length, 0, 0
#define FDB_KEYSEL_LAST_LESS_OR_EQUAL(key, length) key, length, 1, 0
#define FDB_KEYSEL_FIRST_GREATER_THAN(key, length) key, length, 1, 1
#define FDB_KEYSEL_FIRST_GREATER_OR_EQUAL(key, length) key, length, 0, 1

#ifdef __cplusplus
}
#endif
#endif
