//! The structures of the binary interface, exactly as a compiled client expects them.
//!
//! Names and fields are those that C programs use. Every size and every offset that matters is asserted
//! at compile time for 64-bit targets (rule ABI-1): a field that moves stops the build.

#![allow(non_camel_case_types, non_snake_case)]

use std::ffi::{c_char, c_int, c_void};
use std::mem::{align_of, offset_of, size_of};

/// An error number; 0 is success.
pub type fdb_error_t = c_int;

/// A truth value; 0 is false.
pub type fdb_bool_t = c_int;

/// What runs when a future becomes ready (rule FUT-4).
pub type FDBCallback = Option<unsafe extern "C" fn(*mut FDBFuture, *mut c_void)>;

/// Declares types that C sees by their address only.
macro_rules! opaque {
    ($($(#[$text:meta])* $name:ident;)*) => {$(
        $(#[$text])*
        // None is ever made: what C holds are tokens.
        #[allow(dead_code)]
        #[repr(C)]
        pub struct $name {
            _opaque: [u8; 0],
        }
    )*};
}

opaque! {
    /// An answer that may still be on its way.
    FDBFuture;
    /// An answer that was there at once.
    FDBResult;
    /// A cluster of the interface before version 610.
    FDBCluster;
    /// A database.
    FDBDatabase;
    /// A tenant: a key space of its own inside a database.
    FDBTenant;
    /// A transaction.
    FDBTransaction;
    /// A reader of a stream of changes.
    FDBCdcConsumer;
}

/// A key in memory that belongs to somebody else.
#[repr(C, packed(4))]
#[derive(Clone, Copy)]
pub struct FDBKey {
    /// Its bytes.
    pub key: *const u8,
    /// How many there are.
    pub key_length: c_int,
}

/// A key with its value.
#[repr(C, packed(4))]
#[derive(Clone, Copy)]
pub struct FDBKeyValue {
    /// The bytes of the key.
    pub key: *const u8,
    /// How many there are.
    pub key_length: c_int,
    /// The bytes of the value.
    pub value: *const u8,
    /// How many there are.
    pub value_length: c_int,
}

/// A half-open range of keys.
#[repr(C, packed(4))]
#[derive(Clone, Copy)]
pub struct FDBKeyRange {
    /// The first key inside.
    pub begin_key: *const u8,
    /// Its length.
    pub begin_key_length: c_int,
    /// The first key past the end.
    pub end_key: *const u8,
    /// Its length.
    pub end_key_length: c_int,
}

/// A key selector (rule SEL-1).
#[repr(C)]
#[derive(Clone, Copy)]
pub struct FDBKeySelector {
    /// The reference key.
    pub key: FDBKey,
    /// Whether the reference key itself counts as below.
    pub orEqual: fdb_bool_t,
    /// How many keys further on the answer lies.
    pub offset: c_int,
}

/// The second read of a mapped range: what was asked, and the rows it found.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct FDBGetRangeReqAndResult {
    /// Where the range begins.
    pub begin: FDBKeySelector,
    /// Where the range ends.
    pub end: FDBKeySelector,
    /// The rows.
    pub data: *mut FDBKeyValue,
    /// How many rows there are.
    pub m_size: c_int,
    /// How many rows there is room for.
    pub m_capacity: c_int,
}

/// An index entry with the rows that it stands for.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct FDBMappedKeyValue {
    /// The key of the index entry.
    pub key: FDBKey,
    /// The value of the index entry.
    pub value: FDBKey,
    /// The second read.
    pub getRange: FDBGetRangeReqAndResult,
    /// Room that clients step over.
    pub buffer: [u8; 32],
}

/// How much a blob granule holds.
#[repr(C, packed(4))]
#[derive(Clone, Copy)]
pub struct FDBGranuleSummary {
    /// The keys of the granule.
    pub key_range: FDBKeyRange,
    /// The version of its snapshot.
    pub snapshot_version: i64,
    /// The bytes of its snapshot.
    pub snapshot_size: i64,
    /// The version of its newest change.
    pub delta_version: i64,
    /// The bytes of its changes.
    pub delta_size: i64,
}

/// Starts to load a part of a file: its name and the length of the name, offset, length, the length of
/// the whole file, context. Returns an identifier.
pub type FDBStartLoad = Option<unsafe extern "C" fn(*const c_char, c_int, i64, i64, i64, *mut c_void) -> i64>;

/// Returns the bytes of a load, given its identifier and the context.
pub type FDBGetLoad = Option<unsafe extern "C" fn(i64, *mut c_void) -> *mut u8>;

/// Releases the bytes of a load, given its identifier and the context.
pub type FDBFreeLoad = Option<unsafe extern "C" fn(i64, *mut c_void)>;

/// How a caller loads the files of blob granules; passed by value.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct FDBReadBlobGranuleContext {
    /// Handed to each of the functions.
    pub userContext: *mut c_void,
    /// Starts a load.
    pub start_load_f: FDBStartLoad,
    /// Waits for a load.
    pub get_load_f: FDBGetLoad,
    /// Releases a load.
    pub free_load_f: FDBFreeLoad,
    /// Ask for the files, and do not read them.
    pub debugNoMaterialize: fdb_bool_t,
    /// How many granules are loaded side by side.
    pub granuleParallelism: c_int,
}

/// The prefix of the tenant that a blob granule belongs to.
#[repr(C, packed(4))]
#[derive(Clone, Copy)]
pub struct FDBBGTenantPrefix {
    /// Whether there is one.
    pub present: fdb_bool_t,
    /// The prefix.
    pub prefix: FDBKey,
}

/// A key that blob granule files are encrypted with.
#[repr(C, packed(4))]
#[derive(Clone, Copy)]
pub struct FDBBGEncryptionKey {
    /// The domain of the key.
    pub domain_id: i64,
    /// The base key that it is made of.
    pub base_key_id: u64,
    /// The check value of the base key.
    pub base_kcv: u32,
    /// The salt.
    pub random_salt: u64,
    /// The bytes of the base key.
    pub base_key: FDBKey,
}

/// How a blob granule file is encrypted.
#[repr(C, packed(4))]
#[derive(Clone, Copy)]
pub struct FDBBGEncryptionCtx {
    /// Whether it is.
    pub present: fdb_bool_t,
    /// The key of the text.
    pub textKey: FDBBGEncryptionKey,
    /// The check value of that key.
    pub textKCV: u32,
    /// The key of the header.
    pub headerKey: FDBBGEncryptionKey,
    /// The check value of that key.
    pub headerKCV: u32,
    /// The initialisation vector.
    pub iv: FDBKey,
}

/// A part of a blob granule file.
#[repr(C, packed(4))]
#[derive(Clone, Copy)]
pub struct FDBBGFilePointer {
    /// The name of the file.
    pub filename_ptr: *const u8,
    /// The length of the name.
    pub filename_length: c_int,
    /// Where the part begins.
    pub file_offset: i64,
    /// How long the part is.
    pub file_length: i64,
    /// How long the whole file is.
    pub full_file_length: i64,
    /// The version of the file.
    pub file_version: i64,
    /// How the file is encrypted.
    pub encryption_ctx: FDBBGEncryptionCtx,
}

/// A change kept in a blob granule.
#[repr(C, packed(4))]
#[derive(Clone, Copy)]
pub struct FDBBGMutation {
    /// 0 sets a value, 1 clears a range.
    pub r#type: u8,
    /// The version of the change.
    pub version: i64,
    /// The key, or the begin of the range.
    pub param1_ptr: *const u8,
    /// Its length.
    pub param1_length: c_int,
    /// The value, or the end of the range.
    pub param2_ptr: *const u8,
    /// Its length.
    pub param2_length: c_int,
}

/// The files and changes that make up a blob granule.
#[repr(C, packed(4))]
#[derive(Clone, Copy)]
pub struct FDBBGFileDescription {
    /// The keys of the granule.
    pub key_range: FDBKeyRange,
    /// Whether there is a snapshot file.
    pub snapshot_present: fdb_bool_t,
    /// The snapshot file.
    pub snapshot_file_pointer: FDBBGFilePointer,
    /// How many files of changes there are.
    pub delta_file_count: c_int,
    /// The files of changes.
    pub delta_files: *mut FDBBGFilePointer,
    /// How many changes there are that no file holds yet.
    pub memory_mutation_count: c_int,
    /// Those changes.
    pub memory_mutations: *mut FDBBGMutation,
    /// The prefix of the tenant.
    pub tenant_prefix: FDBBGTenantPrefix,
}

/// A registered stream of changes.
#[repr(C, packed(4))]
#[derive(Clone, Copy)]
pub struct FDBCdcStreamInfo {
    /// Its name.
    pub name: FDBKey,
    /// Its number.
    pub stream_id: u64,
    /// The keys that it follows.
    pub ranges: *const FDBKeyRange,
    /// How many ranges there are.
    pub range_count: c_int,
    /// The oldest version that it still holds.
    pub min_version: i64,
}

/// A change in a stream.
#[repr(C, packed(4))]
#[derive(Clone, Copy)]
pub struct FDBCdcMutation {
    /// What kind of change it is.
    pub r#type: u8,
    /// Its first operand.
    pub param1: *const u8,
    /// The length of that.
    pub param1_length: c_int,
    /// Its second operand.
    pub param2: *const u8,
    /// The length of that.
    pub param2_length: c_int,
}

/// The changes of a stream that were committed at one version.
#[repr(C, packed(4))]
#[derive(Clone, Copy)]
pub struct FDBCdcVersionedMutations {
    /// The version.
    pub version: i64,
    /// The changes.
    pub mutations: *const FDBCdcMutation,
    /// How many there are.
    pub mutation_count: c_int,
}

/// Asserts size and alignment of types, and where some of their fields lie.
macro_rules! laid_out {
    ($($name:ident: $size:literal, $align:literal $(, $field:ident at $offset:literal)*;)*) => {
        $(
            const _: () = assert!(size_of::<$name>() == $size && align_of::<$name>() == $align);
            $(const _: () = assert!(offset_of!($name, $field) == $offset);)*
        )*
    };
}

#[cfg(target_pointer_width = "64")]
laid_out! {
    FDBKey: 12, 4, key at 0, key_length at 8;
    FDBKeyValue: 24, 4, key at 0, key_length at 8, value at 12, value_length at 20;
    FDBKeyRange: 24, 4, begin_key at 0, begin_key_length at 8, end_key at 12, end_key_length at 20;
    FDBKeySelector: 20, 4, key at 0, orEqual at 12, offset at 16;
    FDBGetRangeReqAndResult: 56, 8, begin at 0, end at 20, data at 40, m_size at 48, m_capacity at 52;
    FDBMappedKeyValue: 112, 8, key at 0, value at 12, getRange at 24, buffer at 80;
    FDBGranuleSummary: 56, 4, snapshot_version at 24, snapshot_size at 32, delta_version at 40, delta_size at 48;
    FDBReadBlobGranuleContext: 40, 8, userContext at 0, start_load_f at 8, get_load_f at 16, free_load_f at 24,
        debugNoMaterialize at 32, granuleParallelism at 36;
    FDBBGTenantPrefix: 16, 4, prefix at 4;
    FDBBGEncryptionKey: 40, 4, base_key_id at 8, base_kcv at 16, random_salt at 20, base_key at 28;
    FDBBGEncryptionCtx: 104, 4, textKey at 4, textKCV at 44, headerKey at 48, headerKCV at 88, iv at 92;
    FDBBGFilePointer: 148, 4, filename_length at 8, file_offset at 12, file_length at 20, full_file_length at 28,
        file_version at 36, encryption_ctx at 44;
    FDBBGMutation: 36, 4, version at 4, param1_ptr at 12, param1_length at 20, param2_ptr at 24, param2_length at 32;
    FDBBGFileDescription: 216, 4, snapshot_present at 24, snapshot_file_pointer at 28, delta_file_count at 176,
        delta_files at 180, memory_mutation_count at 188, memory_mutations at 192, tenant_prefix at 200;
    FDBCdcStreamInfo: 40, 4, stream_id at 12, ranges at 20, range_count at 28, min_version at 32;
    FDBCdcMutation: 28, 4, param1 at 4, param1_length at 12, param2 at 16, param2_length at 24;
    FDBCdcVersionedMutations: 20, 4, version at 0, mutations at 8, mutation_count at 16;
}

// Clients read the rows of a mapped range at these places, counted from the whole entry.
#[cfg(target_pointer_width = "64")]
const _: () = assert!(
    offset_of!(FDBMappedKeyValue, getRange) + offset_of!(FDBGetRangeReqAndResult, data) == 64
        && offset_of!(FDBMappedKeyValue, getRange) + offset_of!(FDBGetRangeReqAndResult, m_size) == 72
);

#[cfg(test)]
mod tests {
    use super::*;

    /// The address of an element as C arithmetic finds it.
    fn address_of<T>(array: &[T], index: usize) -> usize {
        array.as_ptr() as usize + index * size_of::<T>()
    }

    /// ABI-1: arrays are contiguous, so the stride is the size although pointers inside are unaligned.
    #[test]
    fn the_rows_of_an_array_lie_back_to_back() {
        let row = FDBKeyValue { key: std::ptr::null(), key_length: 1, value: std::ptr::null(), value_length: 2 };
        let rows = [row; 3];
        assert_eq!(&raw const rows[2] as usize, address_of(&rows, 2));
        assert_eq!(&raw const rows[2] as usize - &raw const rows[0] as usize, 48);
    }

    /// ABI-1: the fields hold what was put into them, wherever they lie.
    #[test]
    fn packed_fields_keep_their_values() {
        let bytes = *b"keyvalue";
        let row = FDBKeyValue { key: bytes.as_ptr(), key_length: 3, value: bytes[3..].as_ptr(), value_length: 5 };
        let raw = (&raw const row).cast::<u8>();
        // SAFETY: both reads lie inside the 24 bytes of `row`, and need no alignment.
        let (value, length) =
            unsafe { (raw.add(12).cast::<*const u8>().read_unaligned(), raw.add(20).cast::<c_int>().read_unaligned()) };
        assert_eq!(value, bytes[3..].as_ptr());
        assert_eq!(length, 5);
    }

    /// FUT-4: a callback that is not given is a null pointer in C.
    #[test]
    fn a_missing_callback_is_a_null_pointer() {
        assert_eq!(size_of::<FDBCallback>(), size_of::<*const c_void>());
        assert_eq!(size_of::<FDBStartLoad>(), size_of::<*const c_void>());
    }
}
