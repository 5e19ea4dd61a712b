/*
 * ABI-1: the structures lie as compiled clients expect them, on a 64-bit machine.
 *
 * Generated from schema/fdb_c.toml by `cargo xtask fdb`; do not edit.
 */
#ifndef FDB_API_VERSION
#define FDB_API_VERSION 730
#endif

#include <foundationdb/fdb_c.h>

#include <stddef.h>
#include <stdio.h>

#define LAYOUT(condition) __extension__ _Static_assert(condition, #condition)

LAYOUT(sizeof(fdb_error_t) == 4 && (fdb_error_t)-1 < 0);
LAYOUT(sizeof(fdb_bool_t) == 4 && (fdb_bool_t)-1 < 0);
LAYOUT(sizeof(FDBTransactionOption) == sizeof(int) && sizeof(FDBStreamingMode) == sizeof(int));
LAYOUT(sizeof(FDBCallback) == sizeof(void*));

LAYOUT(sizeof(FDBKey) == 12);
LAYOUT(offsetof(FDBKey, key) == 0);
LAYOUT(offsetof(FDBKey, key_length) == 8);

LAYOUT(sizeof(FDBKeyValue) == 24);
LAYOUT(offsetof(FDBKeyValue, key) == 0);
LAYOUT(offsetof(FDBKeyValue, key_length) == 8);
LAYOUT(offsetof(FDBKeyValue, value) == 12);
LAYOUT(offsetof(FDBKeyValue, value_length) == 20);

LAYOUT(sizeof(FDBKeyRange) == 24);
LAYOUT(offsetof(FDBKeyRange, begin_key) == 0);
LAYOUT(offsetof(FDBKeyRange, begin_key_length) == 8);
LAYOUT(offsetof(FDBKeyRange, end_key) == 12);
LAYOUT(offsetof(FDBKeyRange, end_key_length) == 20);

LAYOUT(sizeof(FDBKeySelector) == 20);
LAYOUT(offsetof(FDBKeySelector, key) == 0);
LAYOUT(offsetof(FDBKeySelector, orEqual) == 12);
LAYOUT(offsetof(FDBKeySelector, offset) == 16);

LAYOUT(sizeof(FDBGetRangeReqAndResult) == 56);
LAYOUT(offsetof(FDBGetRangeReqAndResult, begin) == 0);
LAYOUT(offsetof(FDBGetRangeReqAndResult, end) == 20);
LAYOUT(offsetof(FDBGetRangeReqAndResult, data) == 40);
LAYOUT(offsetof(FDBGetRangeReqAndResult, m_size) == 48);
LAYOUT(offsetof(FDBGetRangeReqAndResult, m_capacity) == 52);

LAYOUT(sizeof(FDBMappedKeyValue) == 112);
LAYOUT(offsetof(FDBMappedKeyValue, key) == 0);
LAYOUT(offsetof(FDBMappedKeyValue, value) == 12);
LAYOUT(offsetof(FDBMappedKeyValue, getRange) == 24);
LAYOUT(offsetof(FDBMappedKeyValue, buffer) == 80);

LAYOUT(sizeof(FDBGranuleSummary) == 56);
LAYOUT(offsetof(FDBGranuleSummary, key_range) == 0);
LAYOUT(offsetof(FDBGranuleSummary, snapshot_version) == 24);
LAYOUT(offsetof(FDBGranuleSummary, snapshot_size) == 32);
LAYOUT(offsetof(FDBGranuleSummary, delta_version) == 40);
LAYOUT(offsetof(FDBGranuleSummary, delta_size) == 48);

LAYOUT(sizeof(FDBReadBlobGranuleContext) == 40);
LAYOUT(offsetof(FDBReadBlobGranuleContext, userContext) == 0);
LAYOUT(offsetof(FDBReadBlobGranuleContext, start_load_f) == 8);
LAYOUT(offsetof(FDBReadBlobGranuleContext, get_load_f) == 16);
LAYOUT(offsetof(FDBReadBlobGranuleContext, free_load_f) == 24);
LAYOUT(offsetof(FDBReadBlobGranuleContext, debugNoMaterialize) == 32);
LAYOUT(offsetof(FDBReadBlobGranuleContext, granuleParallelism) == 36);

LAYOUT(sizeof(FDBBGTenantPrefix) == 16);
LAYOUT(offsetof(FDBBGTenantPrefix, present) == 0);
LAYOUT(offsetof(FDBBGTenantPrefix, prefix) == 4);

LAYOUT(sizeof(FDBBGEncryptionKey) == 40);
LAYOUT(offsetof(FDBBGEncryptionKey, domain_id) == 0);
LAYOUT(offsetof(FDBBGEncryptionKey, base_key_id) == 8);
LAYOUT(offsetof(FDBBGEncryptionKey, base_kcv) == 16);
LAYOUT(offsetof(FDBBGEncryptionKey, random_salt) == 20);
LAYOUT(offsetof(FDBBGEncryptionKey, base_key) == 28);

LAYOUT(sizeof(FDBBGEncryptionCtx) == 104);
LAYOUT(offsetof(FDBBGEncryptionCtx, present) == 0);
LAYOUT(offsetof(FDBBGEncryptionCtx, textKey) == 4);
LAYOUT(offsetof(FDBBGEncryptionCtx, textKCV) == 44);
LAYOUT(offsetof(FDBBGEncryptionCtx, headerKey) == 48);
LAYOUT(offsetof(FDBBGEncryptionCtx, headerKCV) == 88);
LAYOUT(offsetof(FDBBGEncryptionCtx, iv) == 92);

LAYOUT(sizeof(FDBBGFilePointer) == 148);
LAYOUT(offsetof(FDBBGFilePointer, filename_ptr) == 0);
LAYOUT(offsetof(FDBBGFilePointer, filename_length) == 8);
LAYOUT(offsetof(FDBBGFilePointer, file_offset) == 12);
LAYOUT(offsetof(FDBBGFilePointer, file_length) == 20);
LAYOUT(offsetof(FDBBGFilePointer, full_file_length) == 28);
LAYOUT(offsetof(FDBBGFilePointer, file_version) == 36);
LAYOUT(offsetof(FDBBGFilePointer, encryption_ctx) == 44);

LAYOUT(sizeof(FDBBGMutation) == 36);
LAYOUT(offsetof(FDBBGMutation, type) == 0);
LAYOUT(offsetof(FDBBGMutation, version) == 4);
LAYOUT(offsetof(FDBBGMutation, param1_ptr) == 12);
LAYOUT(offsetof(FDBBGMutation, param1_length) == 20);
LAYOUT(offsetof(FDBBGMutation, param2_ptr) == 24);
LAYOUT(offsetof(FDBBGMutation, param2_length) == 32);

LAYOUT(sizeof(FDBBGFileDescription) == 216);
LAYOUT(offsetof(FDBBGFileDescription, key_range) == 0);
LAYOUT(offsetof(FDBBGFileDescription, snapshot_present) == 24);
LAYOUT(offsetof(FDBBGFileDescription, snapshot_file_pointer) == 28);
LAYOUT(offsetof(FDBBGFileDescription, delta_file_count) == 176);
LAYOUT(offsetof(FDBBGFileDescription, delta_files) == 180);
LAYOUT(offsetof(FDBBGFileDescription, memory_mutation_count) == 188);
LAYOUT(offsetof(FDBBGFileDescription, memory_mutations) == 192);
LAYOUT(offsetof(FDBBGFileDescription, tenant_prefix) == 200);

LAYOUT(sizeof(FDBCdcStreamInfo) == 40);
LAYOUT(offsetof(FDBCdcStreamInfo, name) == 0);
LAYOUT(offsetof(FDBCdcStreamInfo, stream_id) == 12);
LAYOUT(offsetof(FDBCdcStreamInfo, ranges) == 20);
LAYOUT(offsetof(FDBCdcStreamInfo, range_count) == 28);
LAYOUT(offsetof(FDBCdcStreamInfo, min_version) == 32);

LAYOUT(sizeof(FDBCdcMutation) == 28);
LAYOUT(offsetof(FDBCdcMutation, type) == 0);
LAYOUT(offsetof(FDBCdcMutation, param1) == 4);
LAYOUT(offsetof(FDBCdcMutation, param1_length) == 12);
LAYOUT(offsetof(FDBCdcMutation, param2) == 16);
LAYOUT(offsetof(FDBCdcMutation, param2_length) == 24);

LAYOUT(sizeof(FDBCdcVersionedMutations) == 20);
LAYOUT(offsetof(FDBCdcVersionedMutations, version) == 0);
LAYOUT(offsetof(FDBCdcVersionedMutations, mutations) == 8);
LAYOUT(offsetof(FDBCdcVersionedMutations, mutation_count) == 16);

/* Clients read the rows of a mapped range here. */
LAYOUT(offsetof(FDBMappedKeyValue, getRange.data) == 64);
LAYOUT(offsetof(FDBMappedKeyValue, getRange.m_size) == 72);

/* The same from within: the stride of an array is the size. */
int main(void) {
    static const FDBKeyValue rows[3];
    const size_t stride = (size_t)((const char*)&rows[2] - (const char*)&rows[0]) / 2;
    if (stride != sizeof(FDBKeyValue)) {
        printf("the rows of an array are %u bytes apart\n", (unsigned)stride);
        return 1;
    }
    printf("the layout is that of version %d\n", FDB_API_VERSION);
    return 0;
}
