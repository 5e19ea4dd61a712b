#!/bin/bash
# Runs the tests, step by step: scripts/test.sh all|check
#
# Each step is announced and timed; one that fails does not stop those that can still run. The
# last line is `N passed, N failed`: the sum over cargo test and ctest, where a step that fails
# without naming a failed test counts as one failure. Logs are kept in build/test-logs.
set -uo pipefail
cd "$(dirname "$0")/.."

mode=${1:-all}
logs=build/test-logs
rm -rf "$logs"
mkdir -p "$logs"
jobs=$(nproc)
root=$PWD
passed=0
failed=0
number=0
summary=()
release=$root/target/release

# step <name> <command...>: runs a command, keeps its log, adds up what it counted.
step() {
    local name=$1 log began status counts ok bad
    shift
    number=$((number + 1))
    log=$logs/$(printf '%02d' "$number")-${name//[^a-z0-9]/-}.log
    began=$SECONDS
    printf '\n==== %s\n' "$name"
    "$@" </dev/null 2>&1 | tee "$log"
    status=${PIPESTATUS[0]}
    counts=$(scripts/count.py "$log")
    ok=${counts% *}
    bad=${counts#* }
    [ "$status" -eq 0 ] || [ "$bad" -gt 0 ] || bad=1
    passed=$((passed + ok))
    failed=$((failed + bad))
    summary+=("$(printf '%-28s %5d passed %3d failed %6d s' "$name" "$ok" "$bad" $((SECONDS - began)))")
    [ "$status" -eq 0 ] && [ "$bad" -eq 0 ]
}

finish() {
    printf '\n'
    printf '%s\n' "${summary[@]}"
    printf 'total time: %d min %02d s\n' $((SECONDS / 60)) $((SECONDS % 60))
    printf '%d passed, %d failed\n' "$passed" "$failed"
    [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
    exit
}

# ffi <build directory> <cmake options...>: builds the C harness and runs it, but for the tests
# that the expression in ffi_without names. Under Valgrind the same programs run, so that they are
# built in the same directory; an option that one of both has, the other takes back.
ffi_without='^$'
ffi() {
    local directory=$1
    shift
    cmake -S ffi-tests -B "$directory" -DPLINTH_INCLUDE="$root/include" "$@" >"$directory.cmake.log" 2>&1 ||
        { cat "$directory.cmake.log"; return 1; }
    cmake --build "$directory" -j "$jobs" || return 1
    ctest --test-dir "$directory" -j "$jobs" -E "$ffi_without" --output-on-failure --no-tests=error
}

ffi_plain() {
    ffi build/ffi -DPLINTH_SHARED="$release/libplinth.so" -DPLINTH_STATIC="$release/libplinth.a" \
        -DPLINTH_VALGRIND=OFF -DPLINTH_TEST_SCALE="${PLINTH_TEST_SCALE:-}"
}

# The two libraries have the same code: one of them will do where tests are slow.
ffi_asan() {
    local built
    built=$(scripts/asan.sh) || return 1
    ASAN_OPTIONS=detect_leaks=1 ffi build/ffi-asan -DPLINTH_SHARED="$built/libplinth.so" \
        -DPLINTH_STATIC="$built/libplinth.a" -DPLINTH_KINDS=shared -DPLINTH_SANITIZE=address \
        -DPLINTH_TEST_SCALE="${PLINTH_TEST_SCALE:-4}"
}

# The C tests of libfdb_c: the same with another library.
fdb_c() {
    local directory=$1
    shift
    cmake -S ffi-tests/fdb_c -B "$directory" -DFDB_C_INCLUDE="$root/include" "$@" >"$directory.cmake.log" 2>&1 ||
        { cat "$directory.cmake.log"; return 1; }
    cmake --build "$directory" -j "$jobs" || return 1
    ctest --test-dir "$directory" -j "$jobs" --output-on-failure --no-tests=error
}

fdb_c_plain() {
    fdb_c build/fdb-c -DFDB_C_LIBRARY="$release/libfdb_c.so" -DPLINTH_VALGRIND=OFF \
        -DPLINTH_TEST_SCALE="${PLINTH_TEST_SCALE:-}"
}

fdb_c_asan() {
    local built
    built=$(scripts/asan.sh) || return 1
    ASAN_OPTIONS=detect_leaks=1 fdb_c build/fdb-c-asan -DFDB_C_LIBRARY="$built/libfdb_c.so" \
        -DPLINTH_SANITIZE=address -DPLINTH_TEST_SCALE="${PLINTH_TEST_SCALE:-4}"
}

fdb_c_valgrind() {
    fdb_c build/fdb-c -DFDB_C_LIBRARY="$release/libfdb_c.so" -DPLINTH_VALGRIND=ON \
        -DPLINTH_TEST_SCALE="${PLINTH_TEST_SCALE:-50}"
}

ffi_valgrind() {
    local ffi_without='^static'
    ffi build/ffi -DPLINTH_SHARED="$release/libplinth.so" -DPLINTH_STATIC="$release/libplinth.a" \
        -DPLINTH_VALGRIND=ON -DPLINTH_TEST_SCALE="${PLINTH_TEST_SCALE:-50}"
}

# The tests and programs of all crates at once: one by one they would have other features of what they
# depend on, and compile it again.
programs() {
    cargo build --release "${locked[@]}" --workspace --bins --tests
}

format() {
    cargo fmt --all -- --check -l || { echo 'repair: cargo fmt --all'; return 1; }
}

# What Plinth promises to survive, a little of each.
proof() {
    "$release/plinth-prove" --short
}

documentation() {
    RUSTDOCFLAGS='-D warnings' cargo doc --release "${locked[@]}" --workspace --no-deps && XTASK=$release/xtask scripts/docs.sh check
}

# The builds below are their own, not parts of the make that runs this.
unset MAKEFLAGS MAKELEVEL
read -ra locked <<<"${CARGO_FLAGS---locked}"

# A function is read whole before it runs, so that an edit of this file does not disturb a run.
run() {
    # Without the library there is nothing to test.
    step 'build' make --no-print-directory build || finish
    step 'format' format
    step 'lints' cargo clippy --release "${locked[@]}" --workspace --all-targets -- -D warnings
    step 'programs and tests' programs || finish
    step 'generated files and tidiness' "$release/xtask" check
    if [ "$mode" = all ]; then
        step 'documentation' documentation
    fi
    step 'rust tests' cargo test --release "${locked[@]}" --workspace --no-fail-fast
    if [ "$mode" = all ]; then
        step 'planted defects' cargo test --release "${locked[@]}" --workspace --features plinth-engine/defects --test defects
        step 'c tests' ffi_plain
        step 'c tests over clusters' scripts/conformance.sh build/ffi
        step 'without rocksdb' scripts/cluster-only.sh
        step 'c tests, addresssanitizer' ffi_asan
        step 'c tests, valgrind' ffi_valgrind
        step 'proof, short form' proof
        step 'fdb_c tests' fdb_c_plain
        step 'fdb_c tests, addresssanitizer' fdb_c_asan
        step 'fdb_c tests, valgrind' fdb_c_valgrind
        export FDB_C_LIBRARY=$release/libfdb_c.so
        step 'clients: python' clients/python/run.sh
        step 'clients: node' clients/node/run.sh
        step 'clients: rust' clients/rust/run.sh
        step 'clients: together' clients/together/run.sh
        step 'plinth for python' scripts/wheel.sh test
        step 'plinth for node' scripts/node.sh
        step 'plinth for go' scripts/go.sh
        step 'prometheus' scripts/prometheus.sh
        step 'install' scripts/install-test.sh
        step 'add it to your build' scripts/start-test.sh
        step 'debian packages' scripts/deb-test.sh
    fi
    finish
}

run
