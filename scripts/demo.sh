#!/bin/bash
# Installs the library into a private prefix, builds the examples against it as a stranger would,
# and runs fsmeta: TREE, THREADS, KILLS, SECONDS_RUN and URL come from the Makefile.
set -euo pipefail
cd "$(dirname "$0")/.."
prefix=$PWD/build/prefix
# The builds below are their own, not parts of the make that runs this.
unset MAKEFLAGS MAKELEVEL

echo "demo: installing into build/prefix"
DESTDIR='' PREFIX=$prefix scripts/install.sh install
echo "demo: building examples-c against it"
cmake -S examples-c -B build/examples -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH="$prefix" >build/examples.log 2>&1 ||
    { cat build/examples.log; exit 1; }
cmake --build build/examples -j "$(nproc)" >>build/examples.log 2>&1 || { cat build/examples.log; exit 1; }
data=build/demo-data
rm -rf "$data"
mkdir -p "$data"
echo "demo: fsmeta on $TREE, $THREADS threads, $KILLS kills${URL:+, in $URL}"
exec build/examples/fsmeta --tree "$TREE" --threads "$THREADS" --kills "$KILLS" --seconds "$SECONDS_RUN" --data "$data/db" \
    ${URL:+--url "$URL"}
