#!/bin/bash
# Tests the package for Node.js against the built library: scripts/node.sh
#
# Needs Debian's nodejs and npm and, for koffi, the npm registry. Environment: BUILD is where cargo put the library.
set -euo pipefail
cd "$(dirname "$0")/.."

library=$(realpath "${BUILD:-target/release}/libplinth.so")
version=$(awk -F'"' '/^version/ { print $2; exit }' Cargo.toml)
work=$PWD/build/node
mkdir -p "$work"
cp examples-node/*.js* "$work"
cd "$work"
grep -q "\"version\": \"$version\"" package.json || { echo "node: package.json is not of version $version" >&2; exit 1; }
npm ci --ignore-scripts --no-audit --no-fund >"$work/install.log" 2>&1 </dev/null || { cat "$work/install.log"; exit 1; }
status=0
PLINTH_LIBRARY=$library timeout -k 10 240 node --test plinth.test.js >"$work/log" 2>&1 </dev/null || status=$?
cat "$work/log"
count() { sed -n "s/^# $1 \([0-9]*\)$/\1/p" "$work/log"; }
bad=$(($(count fail) + $(count cancelled)))
echo "clients plinth-node $version: $(count pass) passed, $bad failed"
[ "$status" -eq 0 ] && [ "$(count pass)" -gt 0 ]
