#!/bin/bash
# Runs the published crate foundationdb 0.11, unmodified, against libfdb_c.so: the tests of this
# directory, and then those that the crate brings along.
#
#     clients/rust/run.sh [path/to/libfdb_c.so] [own | tests]
#
# Needs cargo, and libclang for the crate's bindgen (Debian: libclang-dev). The library is the
# argument, $FDB_C_LIBRARY, or target/release/libfdb_c.so. Each test file is a process of its own
# with a data directory of its own; PLINTH_DATA=:memory: is kept if it is set.
set -uo pipefail
cd "$(dirname "$0")/../.."
here=$PWD/clients/rust
work=$PWD/build/clients/rust
own=$PWD/build/clients/rust-own
crate=foundationdb-0.11.0
features=fdb-7_3,embedded-fdb-include,tenant-experimental,trace,num-bigint

library=${FDB_C_LIBRARY:-target/release/libfdb_c.so}
case ${1:-} in
    *.so) library=$1; shift ;;
esac
[ -f "$library" ] || { echo "clients rust: there is no $library" >&2; exit 1; }

# The crate links -lfdb_c, and the loader asks for it by name; a copy stays as it is while tests run.
mkdir -p "$work/lib" "$work/logs"
cp -f "$library" "$work/lib/libfdb_c.so" || exit 1
export FDB_CLIENT_LIB_PATH=$work/lib
export LD_LIBRARY_PATH=$work/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export CARGO_TARGET_DIR=$work
# Only the client is compiled here; what matters is the library's speed.
export CARGO_PROFILE_RELEASE_OPT_LEVEL=1

# executables <suite> <cargo arguments...>: builds the tests and prints where each of them is.
executables() {
    local log=$work/logs/$1-build.log
    shift
    timeout 1800 cargo test --release --locked --no-run "$@" >"$log" 2>&1 || { cat "$log" >&2; return 1; }
    sed -n 's/^ *Executable .* (\(.*\))$/\1/p' "$log"
}

# with_data <log> <command...>: runs it on a fresh data directory.
with_data() {
    local log=$1 data=${PLINTH_DATA:-} code
    shift
    [ "$data" = :memory: ] || data=$(mktemp -d "$work/data.XXXXXX")
    PLINTH_DATA=$data timeout -k 10 400 "$@" >"$log" 2>&1 </dev/null
    code=$?
    [ "$data" = :memory: ] || rm -rf "$data"
    return "$code"
}

# not_for_us <test> <log>: the reason, if this failure tells nothing about the library.
not_for_us() {
    case $1 in
        rust-own-get)
            grep -q 'panicked at tests/get.rs:85:' "$2" &&
                echo "it compares the words of an error, which are ours; see get_without_words" ;;
        rust-own-metrics)
            grep -q 'Commit execution time should be recorded' "$2" &&
                echo "it expects every commit to last a millisecond, as it does over a network" ;;
        *) false ;;
    esac
}

# run_all <suite>: runs the executables on standard input and adds up their counts.
run_all() {
    local file name log code good bad reason
    passed=0
    failed=0
    while read -r file; do
        name=$(basename "$file" | sed 's/-[0-9a-f]*$//')
        log=$work/logs/$1-$name.log
        with_data "$log" "$file"
        code=$?
        good=$(sed -n 's/^test result: .* \([0-9]*\) passed;.*/\1/p' "$log" | tail -n 1)
        bad=$(sed -n 's/^test result: .* \([0-9]*\) failed;.*/\1/p' "$log" | tail -n 1)
        if [ "$code" -ne 0 ] && reason=$(not_for_us "$1-$name" "$log"); then
            echo "clients $1: $name: not counted: $reason"
            continue
        fi
        if [ "$code" -ne 0 ]; then
            tail -n 60 "$log"
            # A process that died has no result.
            [ "${bad:-0}" -gt 0 ] || bad=1
            echo "FAILED $name: ended with $code"
        fi
        passed=$((passed + ${good:-0}))
        failed=$((failed + ${bad:-0}))
        echo "clients $1: $name: ${good:-0} passed, ${bad:-0} failed"
    done
}

# The crate as it was published. Only its manifest says more: that it is a workspace of its own, and
# that there is one more test, which is get.rs without the comparisons of an error's words.
copy_crate() {
    local manifest
    manifest=$(cd "$here" && cargo metadata --locked --format-version 1 |
        grep -o "\"manifest_path\":\"[^\"]*/$crate/Cargo.toml\"" | head -n 1 | cut -d'"' -f4)
    [ -f "$manifest" ] || { echo "clients rust: cargo has no $crate" >&2; return 1; }
    rm -rf "$own"
    cp -r "$(dirname "$manifest")" "$own" && chmod -R u+w "$own" || return 1
    sed '/^    assert_eq!($/ { :more; N; /);$/!b more; /err/d }' "$own/tests/get.rs" >"$own/tests/get_without_words.rs"
    cat >>"$own/Cargo.toml" <<'MANIFEST'

[[test]]
name = "get_without_words"
path = "tests/get_without_words.rs"

[workspace]
MANIFEST
}

all=0
if [ "${1:-own}" = own ]; then
    # Not run: api_ub, which the crate itself ignores, since it uses the network after its end.
    if copy_crate && list=$(cd "$own" && executables rust-own --lib --tests --features "$features"); then
        run_all rust-own <<<"$list"
    else
        passed=0 failed=1
    fi
    own_line="clients rust-own 0.11: $passed passed, $failed failed"
    all=$((all + failed))
fi
if [ "${1:-tests}" = tests ]; then
    if list=$(cd "$here" && executables rust --tests); then
        run_all rust <<<"$list"
    else
        passed=0 failed=1
    fi
    all=$((all + failed))
    echo "clients rust 0.11: $passed passed, $failed failed"
fi
[ -z "${own_line:-}" ] || echo "$own_line"
[ "$all" -eq 0 ]
