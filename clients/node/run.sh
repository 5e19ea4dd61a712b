#!/bin/bash
# Runs the published npm package foundationdb, unmodified, against libfdb_c.so:
#
#     clients/node/run.sh [path/to/libfdb_c.so] [--install | test ...]
#
# Needs node 18 or newer and npm: on Debian 12 the packages nodejs and npm. The package ships its
# addon compiled for linux-x64; elsewhere it would need a compiler and FoundationDB's header.
# The library is the argument, $FDB_C_LIBRARY, or target/release/libfdb_c.so. Each test file is a
# process of its own with a data directory of its own; PLINTH_DATA=:memory: is kept if it is set. With --install it is
# only seen to that the package is there.
set -uo pipefail
cd "$(dirname "$0")/../.."
here=$PWD/clients/node
work=$PWD/build/clients/node

library=${FDB_C_LIBRARY:-target/release/libfdb_c.so}
case ${1:-} in
    *.so) library=$1; shift ;;
esac
[ -f "$library" ] || { echo "clients node: there is no $library" >&2; exit 1; }
command -v node >/dev/null && command -v npm >/dev/null ||
    { echo "clients node: needs node and npm (Debian: nodejs npm)" >&2; exit 1; }

# The client asks the linker for libfdb_c.so by name; a copy stays as it is while tests run.
mkdir -p "$work/lib"
cp -f "$library" "$work/lib/libfdb_c.so" || exit 1
export LD_LIBRARY_PATH=$work/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export NODE_PATH=$work/node_modules

# Its install step loads the addon, and with it the library; the other packages need none.
install_client() {
    rm -rf "$work/node_modules" "$work/installed"
    cp "$here/package.json" "$here/package-lock.json" "$work/" || return 1
    (cd "$work" && timeout 300 npm ci --ignore-scripts --no-audit --no-fund && cd node_modules/foundationdb &&
        timeout 300 npm run install) >"$work/install.log" 2>&1 || { cat "$work/install.log"; return 1; }
    cp "$here/package-lock.json" "$work/installed"
}
cmp -s "$here/package-lock.json" "$work/installed" || install_client ||
    { echo "clients node: the package cannot be installed" >&2; exit 1; }
[ "${1:-}" != --install ] || exit 0

# with_data <log> <command...>: runs it on a fresh data directory.
with_data() {
    local log=$1 data=${PLINTH_DATA:-} code
    shift
    [ "$data" = :memory: ] || data=$(mktemp -d "$work/data.XXXXXX")
    PLINTH_DATA=$data timeout -k 10 240 "$@" >"$log" 2>&1 </dev/null
    code=$?
    [ "$data" = :memory: ] || rm -rf "$data"
    return "$code"
}

# add <name> <code> <passed> <failed>: to the totals. A process that died is one more failure.
add() {
    local bad=$4
    if [ "$2" -ne 0 ] && [ "$bad" -eq 0 ]; then
        echo "FAILED $1: ended with $2"
        bad=1
    fi
    passed=$((passed + $3))
    failed=$((failed + bad))
    echo "clients node: $1: $3 passed, $bad failed"
}

# The tests of this directory.
run_file() {
    local log=$work/$1.log
    with_data "$log" node "$here/tests/$1.js"
    local code=$?
    grep -v '^ok \|^count: ' "$log"
    add "$1" "$code" "$(grep -c '^ok ' "$log")" "$(grep -c '^FAILED ' "$log")"
}

# The tests that the package brings along.
run_own() {
    local name=own-$1 log=$work/own-$1.log
    with_data "$log" node "$NODE_PATH/mocha/bin/mocha.js" --no-config --timeout 20000 --exit --reporter tap \
        "$NODE_PATH/foundationdb/dist/test/$1.js"
    local code=$?
    grep -A12 '^not ok ' "$log"
    grep -q '^# tests' "$log" || cat "$log"
    add "$name" "$code" "$(grep '^ok ' "$log" | grep -vc '# SKIP')" "$(grep -c '^not ok ' "$log")"
}

passed=0
failed=0
if [ $# -eq 0 ]; then
    for test in kv range directory state; do
        run_own "$test"
    done
    own_failed=$failed
    echo "clients node-own 2.0.1: $passed passed, $failed failed"
    passed=0
    failed=0
    set -- atomic contention directory kv life options ranges selectors tuples versionstamps watches
fi
for name; do
    run_file "$name"
done
echo "clients node 2.0.1: $passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "${own_failed:-0}" -eq 0 ] && [ "$passed" -gt 0 ]
