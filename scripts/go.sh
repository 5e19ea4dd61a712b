#!/bin/bash
# Tests the package for Go against the built library, installed as a program would find it: scripts/go.sh
#
# Needs Debian's golang-go. Environment: BUILD, LICENSES as in scripts/install.sh.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$PWD/build/go
rm -rf "$work/prefix"
mkdir -p "$work"
version=$(awk -F'"' '/^version/ { print $2; exit }' Cargo.toml)
DESTDIR='' PREFIX=$work/prefix scripts/install.sh install >/dev/null
export PKG_CONFIG_PATH=$work/prefix/lib/pkgconfig LD_LIBRARY_PATH=$work/prefix/lib
export GOCACHE=$work/cache GOFLAGS=-mod=mod GOPROXY=off
cd examples-go
unformatted=$(gofmt -l .)
[ -z "$unformatted" ] || { echo "go: repair with gofmt -w: $unformatted" >&2; exit 1; }
go vet ./...
status=0
timeout -k 10 300 go test -count=1 -v ./... >"$work/log" 2>&1 </dev/null || status=$?
cat "$work/log"
good=$(grep -c '^--- PASS: ' "$work/log") || true
bad=$(grep -c '^--- FAIL: ' "$work/log") || true
echo "clients plinth-go $version: $good passed, $bad failed"
[ "$status" -eq 0 ] && [ "$good" -gt 0 ]
