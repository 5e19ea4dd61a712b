#!/bin/bash
# Builds libplinth and libfdb_c with AddressSanitizer and the coverage that libFuzzer looks at into
# target/fuzz-calls, the fuzzers calls_plinth and calls_fdb against them, and their twins with a planted error, and prints
# the directory of the fuzzers. RocksDB is that of the release build: its allocations are checked, its branches are not seen.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v clang >/dev/null || { echo 'calls_build: clang is not installed' >&2; exit 3; }
. scripts/instrument.sh
link_release_rocksdb

coverage='-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=3'
coverage+=' -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table'
coverage+=' -Cllvm-args=-sanitizer-coverage-trace-compares'
export RUSTFLAGS="$cpu -Zsanitizer=address $coverage"
# shellcheck disable=SC2086
cargo build --release ${CARGO_FLAGS:-} --target "$host" --target-dir target/fuzz-calls -p plinth -p plinth-fdb-c >&2
built=$PWD/target/fuzz-calls/$host/release
ln -sf libplinth.so "$built/libplinth.so.1"

# Without both in it, the library would seem clean whatever it does.
for library in libplinth.so libfdb_c.so; do
    for symbol in __asan_report_store __sanitizer_cov_8bit_counters_init __sanitizer_cov_trace_cmp; do
        [ "$(nm -D "$built/$library" | grep -c "$symbol")" -gt 0 ] || { echo "calls_build: no $symbol in $library" >&2; exit 1; }
    done
done

# build <program> <source> <library> [flags...]
build() {
    clang -std=c11 -O1 -g -Wall -Wextra -Werror -fsanitize=fuzzer,address -pthread -I include -I crates/prove/c "${@:4}" \
        "fuzz/$2.c" -o "$built/$1" "$built/$3" "-Wl,-rpath,$built" >&2
}
build calls_plinth calls_plinth libplinth.so
build calls_fdb calls_fdb libfdb_c.so
# With a memory error behind a few calls in the right order: what has to be found.
build calls_plinth_crash calls_plinth libplinth.so -DPLINTH_FUZZ_CRASH
build calls_fdb_crash calls_fdb libfdb_c.so -DPLINTH_FUZZ_CRASH
echo "$built"
