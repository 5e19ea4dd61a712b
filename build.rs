//! Gives the shared library its name for the loader and keeps it loaded. Generates nothing.
//!
//! The soname is `libplinth.so.N` with N the PLINTH_ABI_VERSION of the header: it changes
//! exactly when programs must be compiled again.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=src/version.rs");
    if std::env::var("CARGO_CFG_TARGET_OS")? == "linux" {
        let abi = abi_version(&std::fs::read_to_string("src/version.rs")?)?;
        println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libplinth.so.{abi}");
        // Background threads and thread-local destructors outlive a dlclose().
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
    Ok(())
}

/// The number in `pub const PLINTH_ABI_VERSION: u32 = N;`.
fn abi_version(source: &str) -> Result<u32, Box<dyn Error>> {
    let (_, rest) =
        source.split_once("PLINTH_ABI_VERSION: u32 = ").ok_or("src/version.rs has no PLINTH_ABI_VERSION")?;
    let (number, _) = rest.split_once(';').ok_or("src/version.rs: no semicolon after PLINTH_ABI_VERSION")?;
    Ok(number.parse()?)
}
