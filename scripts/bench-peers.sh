#!/bin/bash
# Plinth beside Redis and PostgreSQL: scripts/bench-peers.sh [options of plinth-bench-peers]
#
# Installs the two servers from Debian if they are missing and this may: as root, or with a sudo that asks
# nothing. Only `make bench` calls this; no build and no test needs them. Debian starts what it installs as
# a service of the system, which this leaves alone: the benchmark starts servers of its own, on
# Unix sockets below its temporary directory, and removes them at the end. What is not there is reported as
# not installed, and the rest is measured.
set -uo pipefail
cd "$(dirname "$0")/.."
read -ra flags <<<"${CARGO_FLAGS---locked}"

say() { printf 'bench-peers: %s\n' "$*"; }

# The servers, as programs and as packages.
missing=()
command -v redis-server >/dev/null 2>&1 || missing+=(redis-server)
compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || command -v postgres >/dev/null 2>&1 || missing+=(postgresql)

if [ "${#missing[@]}" -gt 0 ] && command -v apt-get >/dev/null 2>&1; then
    as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo -n)
    say "installing the packages: ${missing[*]}"
    "${as_root[@]}" apt-get update -qq </dev/null || say 'apt-get update failed; trying with the lists that are there'
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" \
        </dev/null || say "not installed: ${missing[*]}"
fi

exec cargo run --release "${flags[@]}" -p plinth-bench-peers --features peers -- --output bench-peers-results.json "$@"
