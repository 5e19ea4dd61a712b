#!/bin/bash
# Builds libplinth and libfdb_c with AddressSanitizer in its Rust code into target/asan, and prints the
# directory of the libraries.
#
# RocksDB is not compiled a second time: the archive of the release build is linked. It is not
# instrumented itself, but its allocations are: malloc and free are the sanitizer's.
set -euo pipefail
cd "$(dirname "$0")/.."

# The newest archive is the one the release build links.
archive=$(find target/release/build -path '*/librocksdb-sys-*/out/librocksdb.a' -printf '%T@ %p\n' | sort -n | tail -n 1 | cut -d' ' -f2-)
[ -n "$archive" ] || { echo "asan: there is no librocksdb.a; run make build" >&2; exit 1; }

host=$(rustc -vV | awk '/^host:/ { print $2 }')
case $host in
    x86_64-*) cpu=-Ctarget-cpu=x86-64-v2 ;;
    aarch64-*) cpu=-Ctarget-feature=+crc,+aes ;;
    *) cpu= ;;
esac

# A stable compiler has the sanitizer but reserves the flag.
export RUSTC_BOOTSTRAP=1
export RUSTFLAGS="$cpu -Zsanitizer=address"
ROCKSDB_LIB_DIR=$PWD/$(dirname "$archive")
export ROCKSDB_LIB_DIR ROCKSDB_STATIC=1
# shellcheck disable=SC2086
cargo build --release ${CARGO_FLAGS:-} --target "$host" --target-dir target/asan -p plinth -p plinth-fdb-c >&2
echo "$PWD/target/asan/$host/release"
