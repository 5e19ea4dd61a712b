//! Gives the library the name that programs look for, and keeps it loaded. Generates nothing.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "linux") {
        // Rule ABI-2: exactly this name, with no version.
        println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libfdb_c.so");
        // Background threads and thread-local destructors outlive a dlclose().
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
}
