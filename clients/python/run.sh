#!/bin/bash
# Runs FoundationDB's own Python packages, unmodified from PyPI, against libfdb_c.so.
#
# usage: clients/python/run.sh [--library DIRECTORY] [--only NAME]... [--directory] [--bench | --install] [VERSION]...
#
# VERSION is one of versions.txt; all of them without. The library is looked for in DIRECTORY, else
# in $FDB_C_LIBRARY (a directory or the file itself), else in target/release.
# --only runs test files whose name contains NAME; --directory keeps the data on disk instead of in
# memory; --bench measures instead (bench.py), --install only
# installs. Needs Debian's python3-venv and, the first time, the network (7.1 and 7.3 are sources, which
# pip builds with the setuptools that it fetches for that).
# The last line for each version is: clients python VERSION: N passed, M failed
set -u
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
library=${FDB_C_LIBRARY:-$root/target/release}
only=()
bench=
install=
versions=()
while [ $# -gt 0 ]; do
    case $1 in
    --library | --only)
        [ $# -ge 2 ] || { echo "run.sh: $1 needs a value" >&2; exit 2; }
        if [ "$1" = --library ]; then library=$2; else only+=("$2"); fi
        shift 2
        ;;
    --directory) only+=(--directory); shift ;;
    --bench) bench=yes; shift ;;
    --install) install=yes; shift ;;
    -h | --help) sed -n '2,14s/^# \{0,1\}//p' "$0"; exit 0 ;;
    -*) echo "run.sh: unknown option $1" >&2; exit 2 ;;
    *) versions+=("$1"); shift ;;
    esac
done
[ ${#versions[@]} -gt 0 ] || mapfile -t versions < <(sed -n 's/^foundationdb==//p' "$here/versions.txt")
if [ -f "$library" ]; then library=$(dirname "$library"); fi
if [ ! -f "$library/libfdb_c.so" ]; then
    echo "run.sh: no libfdb_c.so in $library; build it, or name its directory with --library" >&2
    exit 2
fi
library=$(cd "$library" && pwd)

# Makes the environment of a version once. The mark says that it is complete.
environment() {
    local version=$1 directory=$root/build/clients/python-$1
    [ -f "$directory/.complete" ] && return 0
    rm -rf "$directory"
    mkdir -p "$root/build/clients"
    timeout 300 python3 -m venv "$directory" &&
        timeout 300 "$directory/bin/pip" install --quiet --use-pep517 --disable-pip-version-check --no-input \
            "foundationdb==$version" &&
        touch "$directory/.complete"
}

status=0
for version in "${versions[@]}"; do
    if ! grep -qx "foundationdb==$version" "$here/versions.txt"; then
        echo "clients python $version: not in versions.txt" >&2
        echo "clients python $version: 0 passed, 1 failed"
        status=1
        continue
    fi
    if ! environment "$version"; then
        echo "clients python $version: could not be installed (python3-venv? network?)" >&2
        echo "clients python $version: 0 passed, 1 failed"
        status=1
        continue
    fi
    [ -z "$install" ] || continue
    what=("$here/runner.py" "$version" "${only[@]+"${only[@]}"}")
    [ -z "$bench" ] || what=("$here/bench.py")
    LD_LIBRARY_PATH=$library${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} \
        "$root/build/clients/python-$version/bin/python" "${what[@]}" || status=1
done
exit $status
