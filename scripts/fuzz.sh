#!/bin/bash
# Builds the fuzzers of fuzz/ with libFuzzer's coverage and AddressSanitizer into target/fuzz, and prints the
# directory of the programs. With arguments it runs one of them: scripts/fuzz.sh model -max_total_time=60
# fuzz/corpus/model; what the program `bytes` is for is chosen with PLINTH_FUZZ.
#
# As in scripts/asan.sh, RocksDB is not compiled a second time and is not instrumented.
set -euo pipefail
cd "$(dirname "$0")/.."

. scripts/instrument.sh
link_release_rocksdb

# What `cargo fuzz` passes.
coverage='-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares'
export RUSTFLAGS="$cpu -Zsanitizer=address $coverage --cfg fuzzing -Ccodegen-units=1"
# shellcheck disable=SC2086
cargo build --release ${CARGO_FLAGS:-} --manifest-path fuzz/Cargo.toml --target "$host" --target-dir target/fuzz >&2
programs=$PWD/target/fuzz/$host/release
if [ "$#" -gt 0 ]; then
    program=$1
    shift
    exec "$programs/$program" "$@"
fi
echo "$programs"
