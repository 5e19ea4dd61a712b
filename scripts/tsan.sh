#!/bin/bash
# Builds libplinth and libfdb_c with ThreadSanitizer in all of it into target/tsan, and prints the directory
# of the libraries. With arguments it runs `cargo test` in the same way instead:
#
#     scripts/tsan.sh -p plinth-engine --test group_commit
#
# Everything that synchronises must be instrumented, or the sanitizer misses the order that it
# makes and reports races that are none: so Rust's standard library is compiled from its sources,
# and RocksDB is compiled a second time. That takes a quarter of an hour on two cores, once.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() { printf 'tsan: %s\n' "$*" >&2; exit 1; }

sources=$(rustc --print sysroot)/lib/rustlib/src/rust/library/Cargo.lock

# rustup has the sources as a component, Debian as packages beside its rustc-web.
install_std_sources() {
    local root=()
    if command -v rustup >/dev/null 2>&1; then
        rustup component add rust-src </dev/null >&2
    elif dpkg-query -W rustc-web >/dev/null 2>&1; then
        [ "$(id -u)" -eq 0 ] || root=(sudo -n)
        "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
            libstd-rust-web-dev rust-web-src </dev/null >&2
    fi
}

[ -e "$sources" ] || install_std_sources || fail "the installation above failed"
[ -e "$sources" ] || fail "the sources of Rust's standard library are missing: install rust-src for $(rustc --version)"

. scripts/instrument.sh

# The C and C++ parts are compiled by the compiler of the test programs, which also bring the run time along.
export RUSTFLAGS="$cpu -Zsanitizer=thread"
export CFLAGS="${CFLAGS:-} -fsanitize=thread"
# The compiler warns of RocksDB's stand-alone fences, which the sanitizer does not understand: a
# race that it reports around one of them may be none.
export CXXFLAGS="${CXXFLAGS:-} -fsanitize=thread -Wno-tsan"
options=(--release --target "$host" --target-dir target/tsan -Zbuild-std=std,panic_unwind)
# shellcheck disable=SC2086
if [ "$#" -gt 0 ]; then
    exec cargo test ${CARGO_FLAGS:-} "${options[@]}" "$@"
else
    cargo build ${CARGO_FLAGS:-} "${options[@]}" -p plinth -p plinth-fdb-c >&2
    echo "$PWD/target/tsan/$host/release"
fi
