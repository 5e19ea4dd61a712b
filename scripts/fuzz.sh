#!/bin/bash
# Builds the fuzzers of fuzz/ with libFuzzer's coverage and AddressSanitizer into target/fuzz, and prints the
# directory of the programs. With arguments it runs one of them: scripts/fuzz.sh model -max_total_time=60
# fuzz/corpus/model; what the program `bytes` is for is chosen with PLINTH_FUZZ.
#
# As in scripts/asan.sh, RocksDB is not compiled a second time and is not instrumented.
set -euo pipefail
cd "$(dirname "$0")/.."

archive=$(find target/release/build -path '*/librocksdb-sys-*/out/librocksdb.a' -printf '%T@ %p\n' | sort -n | tail -n 1 | cut -d' ' -f2-)
[ -n "$archive" ] || { echo "fuzz: there is no librocksdb.a; run make build" >&2; exit 1; }

host=$(rustc -vV | awk '/^host:/ { print $2 }')
case $host in
    x86_64-*) cpu=-Ctarget-cpu=x86-64-v2 ;;
    aarch64-*) cpu=-Ctarget-feature=+crc,+aes ;;
    *) cpu= ;;
esac

# A stable compiler has the sanitizer but reserves the flag. The rest is what `cargo fuzz` passes.
export RUSTC_BOOTSTRAP=1
coverage='-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares'
export RUSTFLAGS="$cpu -Zsanitizer=address $coverage --cfg fuzzing -Ccodegen-units=1"
ROCKSDB_LIB_DIR=$PWD/$(dirname "$archive")
export ROCKSDB_LIB_DIR ROCKSDB_STATIC=1
# shellcheck disable=SC2086
cargo build --release ${CARGO_FLAGS:-} --manifest-path fuzz/Cargo.toml --target "$host" --target-dir target/fuzz >&2
programs=$PWD/target/fuzz/$host/release
if [ "$#" -gt 0 ]; then
    program=$1
    shift
    exec "$programs/$program" "$@"
fi
echo "$programs"
