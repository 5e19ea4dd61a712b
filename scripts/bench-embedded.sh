#!/bin/bash
# Plinth beside LMDB, redb, fjall and SQLite: scripts/bench-embedded.sh [options of plinth-bench-embedded]
#
# Only this builds those databases, which cargo gets from the registry the first time; no other build and no
# test needs them.
set -euo pipefail
cd "$(dirname "$0")/.."
read -ra flags <<<"${CARGO_FLAGS---locked}"

exec cargo run --release "${flags[@]}" -p plinth-bench-embedded --features peers -- \
    --output bench-embedded-results.json "$@"
