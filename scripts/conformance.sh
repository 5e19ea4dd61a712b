#!/bin/bash
# One suite, three backends: scripts/conformance.sh BUILD-DIRECTORY
#
# Runs the C programs that ffi-tests built there (shared_*) against clusters: first over a stand-in, Plinth's own
# libfdb_c.so in the place of FoundationDB's client library with a directory for each cluster; then, if
# PLINTH_TEST_CLUSTER_FILE names a cluster file and PLINTH_FDB_CLIENT the library, against that cluster, WHICH IS
# EMPTIED. That they pass on the engine is the C tests' own affair (ctest). What can't hold on a cluster is listed
# with its reason in ffi-tests/cluster/exceptions.txt, and counted. Ends with the counts of each backend.
set -uo pipefail
cd "$(dirname "$0")/.."

build=${1:-build/ffi}
standin=${FDB_C_LIBRARY:-$PWD/target/release/libfdb_c.so}
programs=(anomalies async atomic behaviour_3fs callback conflict conflict_report database decision errors estimates id
    keyspace lifetimes limits many mixture null options queue range roll run ryw selector shared special stream threads
    transaction unreadable vectors version versionstamp watch)
# These use several databases at a time.
several=(dump lock move)
export PLINTH_TEST_EXCEPT=$PWD/ffi-tests/cluster/exceptions.txt
export PLINTH_TEST_SCALE=${PLINTH_TEST_SCALE:-20}
failed=0
report=()
counts=()

# backend <name> <client library> <cluster> <programs>: runs the programs there.
backend() {
    local name=$1 client=$2 cluster=$3 claims=0 bad=0 excepted=0 output status
    for program in "${@:4}"; do
        output=$(PLINTH_FDB_CLIENT=$client PLINTH_TEST_CLUSTER=$cluster timeout 120 "$build/shared_$program" 2>&1)
        status=$?
        claims=$((claims + $(grep -c '^ok ' <<<"$output")))
        excepted=$((excepted + $(grep -c '^except ' <<<"$output")))
        if [ "$status" -ne 0 ]; then
            bad=$((bad + 1 + $(grep -c '^not ok ' <<<"$output")))
            printf '%s, %s: status %d\n' "$name" "$program" "$status"
            grep -A3 '^FAILED\|^not ok\|cannot go on' <<<"$output" | head -20
        fi
    done
    counts+=("clients conformance-$name 1: $claims passed, $bad failed")
    report+=("$(printf '%-10s %4d claims hold, %d do not, %d are listed as exceptions' "$name" "$claims" "$bad" "$excepted")")
    failed=$((failed + bad))
}

backend stand-in "$standin" directories "${programs[@]}" "${several[@]}"
if [ -n "${PLINTH_TEST_CLUSTER_FILE:-}" ]; then
    backend cluster "${PLINTH_FDB_CLIENT:-libfdb_c.so}" "$PLINTH_TEST_CLUSTER_FILE" "${programs[@]}"
else
    report+=("cluster    not run: PLINTH_TEST_CLUSTER_FILE names none")
fi
printf '%s\n' "${counts[@]}" "${report[@]}"
[ "$failed" -eq 0 ]
