//! The functions of `libfdb_c` that are used, each with the API version from which the library must have it.
//! They are looked up by name in one library and called through these pointers only.

use std::ffi::{c_char, c_int, c_void};

use plinth_api::{Code, Error, Result};

/// The oldest API version that will do: it has sizes of ranges and of transactions.
pub const OLDEST: c_int = 630;
/// The newest that is asked for.
pub const NEWEST: c_int = 730;

/// A future of the library.
#[repr(C)]
pub struct FdbFuture {
    _private: [u8; 0],
}

/// A database of the library.
#[repr(C)]
pub struct FdbDatabase {
    _private: [u8; 0],
}

/// A transaction of the library.
#[repr(C)]
pub struct FdbTransaction {
    _private: [u8; 0],
}

/// A pair of a range read.
#[derive(Clone, Copy)]
#[repr(C, packed(4))]
pub struct FdbKeyValue {
    pub key: *const u8,
    pub key_length: c_int,
    pub value: *const u8,
    pub value_length: c_int,
}

/// A key of an array.
#[derive(Clone, Copy)]
#[repr(C, packed(4))]
pub struct FdbKey {
    pub key: *const u8,
    pub key_length: c_int,
}

/// Called when a future is ready.
pub type Callback = unsafe extern "C" fn(*mut FdbFuture, *mut c_void);

type F = *mut FdbFuture;
type D = *mut FdbDatabase;
type T = *mut FdbTransaction;
type Bytes = *const u8;

macro_rules! functions {
    ($($since:literal $name:ident: fn($($argument:ty),*) $(-> $result:ty)?;)*) => {
        /// The functions.
        pub struct Functions {
            $(pub $name: unsafe extern "C" fn($($argument),*) $(-> $result)?,)*
        }

        impl Functions {
            /// Looks them up in `library`, which has to have those of `version`. One of a later version that is
            /// missing is replaced by a stand-in, which is never called: see [`Functions::check`].
            pub fn find(library: &libloading::os::unix::Library, version: c_int) -> Result<Self> {
                Ok(Self { $($name: {
                    // SAFETY: the type is that of FoundationDB's header for the name.
                    let found = unsafe {
                        library.get::<unsafe extern "C" fn($($argument),*) $(-> $result)?>(
                            concat!("fdb_", stringify!($name), "\0").as_bytes())
                    };
                    match found {
                        Ok(symbol) => *symbol,
                        Err(_) if version < $since => {
                            unsafe extern "C" fn absent($(_: $argument),*) $(-> $result)? { std::process::abort() }
                            absent
                        }
                        Err(error) => {
                            let text = concat!("it has no function fdb_", stringify!($name));
                            return Err(Error::new(Code::CLUSTER_CLIENT_UNSUITABLE).context(text).caused_by(error));
                        }
                    }
                },)* })
            }

            /// The API version from which a function is there.
            #[cfg(test)]
            pub const TABLE: &'static [(&'static str, c_int)] = &[$((stringify!($name), $since)),*];
        }
    };
}

functions! {
    13 get_error: fn(c_int) -> *const c_char;
    13 setup_network: fn() -> c_int;
    13 run_network: fn() -> c_int;
    13 stop_network: fn() -> c_int;
    610 create_database: fn(*const c_char, *mut D) -> c_int;
    13 database_destroy: fn(D);
    13 database_set_option: fn(D, c_int, Bytes, c_int) -> c_int;
    13 database_create_transaction: fn(D, *mut T) -> c_int;
    13 transaction_destroy: fn(T);
    13 transaction_cancel: fn(T);
    13 transaction_reset: fn(T);
    13 transaction_set_option: fn(T, c_int, Bytes, c_int) -> c_int;
    13 transaction_set_read_version: fn(T, i64);
    13 transaction_get_read_version: fn(T) -> F;
    13 transaction_get: fn(T, Bytes, c_int, c_int) -> F;
    13 transaction_get_key: fn(T, Bytes, c_int, c_int, c_int, c_int) -> F;
    13 transaction_get_range: fn(T, Bytes, c_int, c_int, c_int, Bytes, c_int, c_int, c_int, c_int, c_int, c_int, c_int, c_int, c_int) -> F;
    13 transaction_set: fn(T, Bytes, c_int, Bytes, c_int);
    13 transaction_atomic_op: fn(T, Bytes, c_int, Bytes, c_int, c_int);
    13 transaction_clear: fn(T, Bytes, c_int);
    13 transaction_clear_range: fn(T, Bytes, c_int, Bytes, c_int);
    13 transaction_watch: fn(T, Bytes, c_int) -> F;
    13 transaction_commit: fn(T) -> F;
    13 transaction_get_committed_version: fn(T, *mut i64) -> c_int;
    400 transaction_get_versionstamp: fn(T) -> F;
    13 transaction_on_error: fn(T, c_int) -> F;
    13 transaction_add_conflict_range: fn(T, Bytes, c_int, Bytes, c_int, c_int) -> c_int;
    620 transaction_get_approximate_size: fn(T) -> F;
    630 transaction_get_estimated_range_size_bytes: fn(T, Bytes, c_int, Bytes, c_int) -> F;
    700 transaction_get_range_split_points: fn(T, Bytes, c_int, Bytes, c_int, i64) -> F;
    13 future_destroy: fn(F);
    13 future_cancel: fn(F);
    13 future_block_until_ready: fn(F) -> c_int;
    13 future_is_ready: fn(F) -> c_int;
    13 future_set_callback: fn(F, Callback, *mut c_void) -> c_int;
    13 future_get_error: fn(F) -> c_int;
    620 future_get_int64: fn(F, *mut i64) -> c_int;
    13 future_get_key: fn(F, *mut Bytes, *mut c_int) -> c_int;
    13 future_get_value: fn(F, *mut c_int, *mut Bytes, *mut c_int) -> c_int;
    13 future_get_keyvalue_array: fn(F, *mut *const FdbKeyValue, *mut c_int, *mut c_int) -> c_int;
    700 future_get_key_array: fn(F, *mut *const FdbKey, *mut c_int) -> c_int;
}

/// The API version from which keys that cut a range into pieces can be asked for.
pub const SPLIT_POINTS: c_int = 700;

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever the chosen version lacks is asked for by version, so no function newer than that may be called.
    #[test]
    fn what_the_oldest_version_lacks_is_known() {
        let newer: Vec<_> =
            Functions::TABLE.iter().filter(|(_, since)| *since > OLDEST).map(|(name, _)| *name).collect();
        assert_eq!(newer, ["transaction_get_range_split_points", "future_get_key_array"]);
        assert!(Functions::TABLE.iter().all(|(_, since)| *since <= NEWEST));
        assert_eq!((size_of::<FdbKeyValue>(), size_of::<FdbKey>()), (24, 12));
    }
}
