//! Compiles the one C++ file of the store against the headers of the RocksDB that is linked.

fn main() {
    const SOURCE: &str = "src/store/tables.cc";
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed={SOURCE}");
    let rocks = std::env::var("DEP_ROCKSDB_CARGO_MANIFEST_DIR").unwrap_or_default();
    cc::Build::new()
        .cpp(true)
        .std("c++20")
        .define("NDEBUG", None)
        .include(format!("{rocks}/rocksdb/include"))
        .warnings(false)
        // Its types would be in the description of the libraries' binary interface.
        .debug(false)
        .file(SOURCE)
        .compile("plinth_tables");
}
