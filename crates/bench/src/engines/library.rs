//! A shared library that is loaded at run time, as programs of other languages load it. Relies on
//! the library staying loaded until the process ends: nothing unloads it.

use std::ffi::{c_void, CStr, CString};
use std::mem;
use std::path::{Path, PathBuf};

use crate::error::{Context, Error, Result};

/// An open library.
pub struct Library(*mut c_void);

/// Where a library of this project is: beside this program, where cargo builds both.
pub fn path(name: &str) -> Result<PathBuf> {
    let program = std::env::current_exe().context("this program's path")?;
    Ok(program.with_file_name(name))
}

/// The linker's words about its last error.
fn story() -> String {
    // SAFETY: null, or a NUL-terminated string that lives until the next call of the linker.
    unsafe {
        let words = libc::dlerror();
        match words.is_null() {
            true => String::from("no reason given"),
            false => CStr::from_ptr(words).to_string_lossy().into_owned(),
        }
    }
}

impl Library {
    /// Loads a library of this project.
    pub fn load(name: &str) -> Result<Self> {
        Self::load_from(&path(name)?).context("make build makes it")
    }

    /// Loads any library, by its path or by the name that the loader looks for.
    pub fn load_from(path: &Path) -> Result<Self> {
        let text = CString::new(path.as_os_str().as_encoded_bytes()).context(path.display())?;
        // SAFETY: the path is NUL-terminated; what runs at loading is this project's own, or what the user named.
        let handle = unsafe { libc::dlopen(text.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
        match handle.is_null() {
            true => Err(Error::new(story())),
            false => Ok(Self(handle)),
        }
    }

    /// The function of this name, which ends with a NUL.
    ///
    /// # Safety
    /// `F` is a pointer to a function, of the type that the function has.
    pub unsafe fn function<F: Copy>(&self, name: &str) -> Result<F> {
        const { assert!(mem::size_of::<F>() == mem::size_of::<*mut c_void>()) };
        let name = CStr::from_bytes_with_nul(name.as_bytes()).context(name)?;
        // SAFETY: the library is open, the name is NUL-terminated.
        let found = unsafe { libc::dlsym(self.0, name.as_ptr()) };
        match found.is_null() {
            true => Err(Error::new(story())),
            // SAFETY: not null, and of the type that the caller promises; the size was checked.
            false => Ok(unsafe { mem::transmute_copy(&found) }),
        }
    }
}

/// Declares a table of functions: for each its field, its name in the library and its type.
macro_rules! functions {
    ($table:ident; $($field:ident = $name:ident: fn($($argument:ty),*) $(-> $result:ty)?;)*) => {
        /// The functions in use; all of one library.
        #[derive(Clone, Copy)]
        struct $table {
            $($field: unsafe extern "C" fn($($argument),*) $(-> $result)?,)*
        }

        impl $table {
            /// Those of a library.
            ///
            /// # Safety
            /// The library's functions of these names are of these types.
            unsafe fn loaded(library: &$crate::engines::library::Library) -> $crate::error::Result<Self> {
                // SAFETY: the caller promises the types.
                unsafe { Ok(Self { $($field: library.function(concat!(stringify!($name), "\0"))?,)* }) }
            }
        }
    };
}

pub(crate) use functions;
