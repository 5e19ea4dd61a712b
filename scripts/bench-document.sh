#!/bin/bash
# Writes the figures of the last runs into docs/PERFORMANCE.md, and the pictures beside it. A run whose results
# are not there is left out.
set -euo pipefail
cd "$(dirname "$0")/.."

exec target/release/plinth-bench --document docs/PERFORMANCE.md bench-results.json bench-embedded-results.json \
    bench-peers-results.json bench-instructions.json
