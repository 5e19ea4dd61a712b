# Sourced by the tests of installation: try() makes one check, `failures` counts those that failed. $work is a directory
# that the caller has made. The lines that it prints are what scripts/count.py counts.
# shellcheck shell=bash disable=SC2034,SC2154
failures=0

# try <name> <command...>: one check; its output is shown only if it fails.
try() {
    local name=$1
    shift
    if "$@" >"$work/log" 2>&1 </dev/null; then
        echo "install test: ok $name"
    else
        sed 's/^/    /' "$work/log"
        echo "install test: FAILED $name"
        failures=$((failures + 1))
    fi
}
