# What builds with a sanitizer have in common; read by the scripts that make them, in the root of the sources.
# Sets `host`, and `cpu`, the flags of the processor that the ordinary build has.

host=$(rustc -vV | awk '/^host:/ { print $2 }')
case $host in
    x86_64-*) cpu=-Ctarget-cpu=x86-64-v2 ;;
    aarch64-*) cpu=-Ctarget-feature=+crc,+aes ;;
    *) cpu= ;;
esac

# A stable compiler has the sanitizers but reserves the flags.
export RUSTC_BOOTSTRAP=1

# Has the archive of the release build linked, so that RocksDB is not compiled a second time.
link_release_rocksdb() {
    local archive
    # The newest is the one that the release build links.
    archive=$(find target/release/build -path '*/librocksdb-sys-*/out/librocksdb.a' -printf '%T@ %p\n' |
        sort -n | tail -n 1 | cut -d' ' -f2-)
    [ -n "$archive" ] || { echo "${0##*/}: there is no librocksdb.a; run make build" >&2; exit 1; }
    ROCKSDB_LIB_DIR=$PWD/$(dirname "$archive")
    export ROCKSDB_LIB_DIR ROCKSDB_STATIC=1
}
