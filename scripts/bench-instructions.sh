#!/bin/bash
# Instructions of one transaction, counted by callgrind: scripts/bench-instructions.sh [WORK...]
#
# They do not depend on what else the machine does. Each is the difference between two runs, one with more
# transactions, divided by how many more; what loading and closing take falls out. Waiting costs no
# instructions and is not seen. Needs valgrind and what `cargo build --release -p plinth-bench` made.
set -euo pipefail
cd "$(dirname "$0")/.."

works=("$@")
[ "${#works[@]}" -gt 0 ] || works=(hot-reads-1000/1 reads-10/1 range-1000/1 read-write-5+5/1/buffered blind-5/1/buffered)
few=200 many=700
output=bench-instructions.json
command -v valgrind >/dev/null 2>&1 || { echo 'bench-instructions: valgrind is not installed' >&2; exit 1; }

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# The instructions of a run with so many transactions of a work on an engine.
count() {
    valgrind --tool=callgrind --callgrind-out-file="$scratch/out" target/release/plinth-bench --instructions "$3" \
        --engines "$2" --only "$1" --group reads,writes --directory "$scratch" >"$scratch/log" 2>&1 ||
        { cat "$scratch/log" >&2; exit 1; }
    awk '/^(summary|totals):/ { counted = $2 } END { print counted }' "$scratch/out"
}

entries=()
for work in "${works[@]}"; do
    for engine in plinth rocksdb optimistic; do
        each=$(( ($(count "$work" "$engine" $many) - $(count "$work" "$engine" $few)) / (many - few) ))
        printf '%-30s %-12s %10d instructions a transaction\n' "$work" "$engine" "$each"
        entries+=("{ \"work\": \"$work\", \"engine\": \"$engine\", \"each\": $each }")
    done
done
{
    printf '{ "instructions": [\n'
    (IFS=$'\n'; printf '%s' "${entries[*]}" | sed '$!s/$/,/')
    printf '\n] }\n'
} >"$output"
echo "written: $output"
