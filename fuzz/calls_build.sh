#!/bin/bash
# Builds libplinth and libfdb_c with AddressSanitizer and the coverage that libFuzzer looks at into
# target/fuzz-calls, the fuzzers calls_plinth and calls_fdb against them, and prints the directory of the
# fuzzers. RocksDB is that of the release build: its allocations are checked, its branches are not seen.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v clang >/dev/null || { echo 'calls_build: clang is not installed' >&2; exit 3; }
archive=$(find target/release/build -path '*/librocksdb-sys-*/out/librocksdb.a' -printf '%T@ %p\n' | sort -n | tail -n 1 | cut -d' ' -f2-)
[ -n "$archive" ] || { echo 'calls_build: there is no librocksdb.a; run make build' >&2; exit 1; }

host=$(rustc -vV | awk '/^host:/ { print $2 }')
case $host in
    x86_64-*) cpu=-Ctarget-cpu=x86-64-v2 ;;
    aarch64-*) cpu=-Ctarget-feature=+crc,+aes ;;
    *) cpu= ;;
esac

coverage='-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=3'
coverage+=' -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table'
coverage+=' -Cllvm-args=-sanitizer-coverage-trace-compares'
# A stable compiler has the sanitizer but reserves the flag.
export RUSTC_BOOTSTRAP=1
export RUSTFLAGS="$cpu -Zsanitizer=address $coverage"
ROCKSDB_LIB_DIR=$PWD/$(dirname "$archive")
export ROCKSDB_LIB_DIR ROCKSDB_STATIC=1
# shellcheck disable=SC2086
cargo build --release ${CARGO_FLAGS:-} --target "$host" --target-dir target/fuzz-calls -p plinth -p plinth-fdb-c >&2
built=$PWD/target/fuzz-calls/$host/release
ln -sf libplinth.so "$built/libplinth.so.1"
[ "${1:-}" != libraries ] || { echo "$built"; exit; }
for name in calls_plinth calls_fdb; do
    library=libplinth.so
    [ "$name" = calls_plinth ] || library=libfdb_c.so
    clang -std=c11 -O1 -g -Wall -Wextra -Werror -Wno-unused-function -fsanitize=fuzzer,address -pthread -I include -I crates/prove/c \
        "fuzz/$name.c" -o "$built/$name" "$built/$library" "-Wl,-rpath,$built" >&2
done
echo "$built"
