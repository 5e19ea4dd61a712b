#!/bin/bash
# Runs tests under a sanitizer: scripts/sanitize.sh address|thread|valgrind c|fdb_c|victim, address cluster, or
# scripts/sanitize.sh thread rust. The libraries are those of scripts/asan.sh and scripts/tsan.sh; Valgrind
# takes the release ones. Every suite has tests that fail unless the sanitizer is in the programs and in the
# library (proof.* in its CMakeLists.txt).
#
# PLINTH_TEST_SCALE divides the rounds of the tests.
set -euo pipefail
cd "$(dirname "$0")/.."

kind=$1
what=$2
root=$PWD
unset MAKEFLAGS MAKELEVEL

case $kind in
    address) built=$(scripts/asan.sh) ;;
    thread) [ "$what" = rust ] || built=$(scripts/tsan.sh) ;;
    valgrind)
        scripts/setup.sh valgrind libc6-dbg >&2
        built=$root/target/release
        ;;
    *)
        echo "sanitize: address, thread or valgrind, not $kind" >&2
        exit 2
        ;;
esac
export ASAN_OPTIONS=detect_leaks=1

# c_tests <sources> <cmake options...>
c_tests() {
    local sources=$1 directory=$root/build/sanitize-$kind-$what
    shift
    cmake -S "$sources" -B "$directory" -DPLINTH_INCLUDE="$root/include" -DPLINTH_SHARED="$built/libplinth.so" \
        -DPLINTH_STATIC="$built/libplinth.a" -DFDB_C_INCLUDE="$root/include" -DFDB_C_LIBRARY="$built/libfdb_c.so" \
        -DPLINTH_TEST_SCALE="${PLINTH_TEST_SCALE:-}" "$@" >/dev/null
    cmake --build "$directory" -j "$(nproc)" >/dev/null
    ctest --test-dir "$directory" -j "$(nproc)" --verbose --no-tests=error
}

# Fails too unless the checks are in both libraries: the program must supply them.
clusters() {
    local directory=$root/build/sanitize-$kind-cluster library
    [ "$kind" = address ] || { echo "sanitize: cluster is for address" >&2; exit 2; }
    for library in libplinth libfdb_c; do
        cmake -DNM=nm -DLIBRARY="$built/$library.so" -P ffi-tests/check_asan_is_in.cmake
    done
    cmake -S ffi-tests -B "$directory" -DPLINTH_INCLUDE="$root/include" -DPLINTH_SHARED="$built/libplinth.so" \
        -DPLINTH_STATIC="$built/libplinth.a" "${options[@]}" >/dev/null
    cmake --build "$directory" -j "$(nproc)" >/dev/null
    FDB_C_LIBRARY=$built/libfdb_c.so scripts/conformance.sh "$directory"
}

options=(-DPLINTH_SANITIZE="$kind")
[ "$kind" != valgrind ] || options=(-DPLINTH_VALGRIND=ON)

# The program that the rig kills: eight threads, two lives, and a look at what is there.
victim() {
    local place program sanitize=(-fsanitize="$kind") run=() memory=()
    # In build/prove, which is on the disk.
    mkdir -p build/prove
    place=$(mktemp -d build/prove/sanitize-XXXXXX)
    # shellcheck disable=SC2064
    trap "rm -rf '$place'" EXIT
    [ "$kind" != thread ] || memory=(ffi-tests/tsan_memory.c)
    if [ "$kind" = valgrind ]; then
        sanitize=()
        run=(valgrind -q --error-exitcode=99 --leak-check=full --num-callers=30 --suppressions=ffi-tests/valgrind.supp)
    fi
    program=$place/victim
    cc -std=c11 -O1 -g -pthread "${sanitize[@]}" -I include crates/prove/c/victim.c "${memory[@]}" -o "$program" \
        "$built/libplinth.so" -Wl,-rpath,"$built"
    for life in 1 2; do
        "${run[@]}" "$program" work "$place/database" "$life" "$RANDOM" 8 budget=20000000 async=30 \
            commits=$((4000 / ${PLINTH_TEST_SCALE:-1})) >"$place/events"
        echo "acknowledged: $(grep -c '^a ' "$place/events")"
        grep -q '^closed 0' "$place/events"
    done
    "${run[@]}" "$program" dump "$place/database" >"$place/dump"
    grep -q '^end' "$place/dump"
    ! grep '^bad' "$place/dump"
    echo "records: $(grep -c '^k ' "$place/dump")"
}

case $what in
    c) c_tests ffi-tests "${options[@]}" ;;
    # The same programs over clusters, which the library of the same build stands for.
    cluster) clusters ;;
    fdb_c) c_tests ffi-tests/fdb_c "${options[@]}" ;;
    # Those in comments do not know the sanitizer.
    rust) scripts/tsan.sh -p plinth-engine -p plinth-boundary --tests --no-fail-fast ;;
    victim) victim ;;
    *)
        echo "sanitize: c, cluster, fdb_c, victim or rust, not $what" >&2
        exit 2
        ;;
esac
