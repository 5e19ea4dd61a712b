#!/bin/bash
# Builds libplinth and libfdb_c with AddressSanitizer in its Rust code into target/asan, and prints the
# directory of the libraries.
#
# RocksDB is not compiled a second time: the archive of the release build is linked. It is not
# instrumented itself, but its allocations are: malloc and free are the sanitizer's.
set -euo pipefail
cd "$(dirname "$0")/.."

. scripts/instrument.sh
link_release_rocksdb

export RUSTFLAGS="$cpu -Zsanitizer=address"
# shellcheck disable=SC2086
cargo build --release ${CARGO_FLAGS:-} --target "$host" --target-dir target/asan -p plinth -p plinth-fdb-c >&2
echo "$PWD/target/asan/$host/release"
