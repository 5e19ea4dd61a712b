#!/bin/bash
# Takes the programs and the commands out of docs/START.md and runs them against an installed Plinth, each language as one
# check: scripts/start-test.sh [PREFIX]
#
# A fence behind `<!-- file: NAME -->` is that file; one behind `<!-- run: DIRECTORY -->` is run there. Without PREFIX the
# built library is installed below build/. PLINTH_WHEEL is Python's package, else
# scripts/wheel.sh makes it.
set -uo pipefail
cd "$(dirname "$0")/.."

work=$PWD/build/start-test
rm -rf "$work"
mkdir -p "$work"
export PLINTH_SOURCES=$PWD
. scripts/try.sh

if [ $# -gt 0 ]; then
    prefix=$1
else
    prefix=$work/prefix
    DESTDIR='' PREFIX=$prefix scripts/install.sh install >/dev/null || exit 1
fi
if [ "$prefix" != /usr ]; then
    export PKG_CONFIG_PATH=$prefix/lib/pkgconfig CMAKE_PREFIX_PATH=$prefix LD_LIBRARY_PATH=$prefix/lib
fi
export GOCACHE=$work/go-cache GOFLAGS=-mod=mod GOPROXY=off

unpack() {
    awk -v work="$work" '
        /^<!-- file: / { to = work "/" $3; system("mkdir -p \"$(dirname " to ")\""); next }
        /^<!-- run: /  { to = work "/" $3 "/run.sh"; next }
        /^```/         { inside = to != "" && !inside; if (!inside) { close(to); to = "" } next }
        inside         { print >> to }' docs/START.md
}

# What is run of a directory: all its commands, stopping at the first that fails; each program that counts is a visit later
# than the one before.
run_in() {
    local status=0
    (cd "$work/$1" && exec bash -eu -o pipefail -x ./run.sh) >"$work/$1.out" 2>"$work/$1.err" || status=$?
    cat "$work/$1.err" "$work/$1.out"
    [ "$status" -eq 0 ] && grep -qE "$2" "$work/$1.out"
}

all_are_tried() {
    local directory
    for directory in "$work"/*/run.sh; do
        directory=$(basename "$(dirname "$directory")")
        grep -q "try_in $directory " scripts/start-test.sh || { echo "nobody runs $directory"; return 1; }
    done
}

# Python's package, in an environment of its own.
python_env() {
    local wheel=${PLINTH_WHEEL:-}
    if [ -z "$wheel" ]; then
        scripts/wheel.sh || return 1
        wheel=$(echo build/wheel/plinth-*.whl)
    fi
    python3 -m venv "$work/env" && "$work/env/bin/pip" install --quiet --disable-pip-version-check --no-input "$wheel"
}

try_in() { try "START.md: $1" run_in "$1" "$2"; }

unpack
try 'START.md: all of it is run' all_are_tried
try_in c '^visit 4$'
try_in dlopen '^Plinth [0-9]'
try_in cpp '^visit 1$'
try 'START.md: the package for Python' python_env
PATH=$work/env/bin:$PATH try_in python '^visit 1$'
try_in go '^visit 1$'
try_in node '^visit 1$'
[ "$failures" -eq 0 ]
