#!/bin/bash
# Tries what Plinth promises to survive: scripts/prove.sh [obligation or stage...], or
# make prove P='P2 racing'; everything if nothing is named. Installs what only the long form needs, and
# starts the rig (crates/prove). A run that was stopped goes on where it was.
#
# build/prove/prove-report.md says what ran, and nothing else; logs are in build/prove/logs. The status is
# 1 if a promise was not kept, and 2 if the rig itself failed.
#
# Environment: FRESH=1 begins anew, ROUNDS=n is rounds of every stage instead of its own number,
# EACH=n lets a stage go on for so many seconds and leaves the rest of it to the next run, SEED=n repeats the rounds that a report names it for.
set -euo pipefail
cd "$(dirname "$0")/.."

# name of the package: why it is needed
packages="
xfsprogs         a second file system whose power is cut
clang            compiles the fuzzer of calls
libclang-rt-dev  what that fuzzer runs with
gdb              shows where a process is that hangs
"
names=$(printf '%s' "$packages" | awk 'NF { print $1 }')

arguments=()
[ -z "${FRESH:-}" ] || arguments+=(--fresh)
[ -z "${ROUNDS:-}" ] || arguments+=(--rounds "$ROUNDS")
[ -z "${EACH:-}" ] || arguments+=(--seconds "$EACH")
[ -z "${SEED:-}" ] || arguments+=(--seed "$SEED")

# The tests print the seeds that they choose; a seed from outside would make every round the same.
unset PLINTH_SEED PLINTH_RUNS PLINTH_STEPS PLINTH_TEST_SEED PLINTH_TEST_ONLY PLINTH_ROUNDS PLINTH_BALLAST

# shellcheck disable=SC2086
scripts/setup.sh $names
exec target/release/plinth-prove "${arguments[@]}" "$@"
