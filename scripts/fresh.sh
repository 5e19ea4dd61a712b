#!/bin/bash
# Proves the installation on a fresh machine: scripts/fresh.sh [packages|sources]
#
#   packages  (default) makes a Debian root with nothing in it, installs what `make deb` and `make wheel` left with apt and its
#             dependencies, builds every example there as an ordinary user, runs them, purges the packages and compares the
#             list of files with the one before. Ten minutes; `make deb wheel` comes first.
#   sources   makes the same root, copies the committed sources there and runs `make build`: scripts/setup.sh has to name
#             everything that is needed. The machine's ccache and cargo's downloads are lent, so that RocksDB is compiled once.
#
# Needs root, mmdebstrap (Debian) and a network: Debian's mirror, PyPI and npm. Everything happens below FRESH_DIR, by default
# build/fresh, in a mount and process namespace of its own; the machine itself is not changed. It is no part of `make test`.
# Environment: SUITE, MIRROR; BASE=FILE unpacks a root that mmdebstrap has made before in place of a new one; KEEP=1 leaves the root.
set -euo pipefail
cd "$(dirname "$0")/.."

what=${1:-packages}
suite=${SUITE:-$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)}
mirror=${MIRROR:-http://deb.debian.org/debian}
work=${FRESH_DIR:-$PWD/build/fresh}
root=$work/root
fail() { echo "fresh: $*" >&2; exit 1; }

[ "$(id -u)" -eq 0 ] || fail "needs root: mounts and chroot"
command -v mmdebstrap >/dev/null || fail "needs mmdebstrap: apt-get install mmdebstrap"

make_root() {
    rm -rf "$work"
    mkdir -p "$work"
    echo "fresh: a root of Debian $suite"
    if [ -n "${BASE:-}" ]; then
        mkdir -p "$root"
        tar -x --numeric-owner -f "$BASE" -C "$root"
    else
        mmdebstrap --quiet --variant=minbase "$suite" "$root" \
            "deb $mirror $suite main" 2>"$work/mmdebstrap.log" || { cat "$work/mmdebstrap.log"; fail "no root"; }
    fi
    # As Debian's installer has it: Rust that is new enough comes with the security updates.
    printf 'deb %s main\n' "$mirror $suite" "$mirror-security $suite-security" >"$root/etc/apt/sources.list"
    # How this machine reaches the network: its resolver, and what it trusts beside Debian's own certificates.
    cp -L /etc/resolv.conf "$root/etc/resolv.conf"
    mkdir -p "$root/plinth" "$root/usr/local/share/ca-certificates"
    cp -R /usr/local/share/ca-certificates/. "$root/usr/local/share/ca-certificates/" 2>/dev/null || true
}

# inside <command...>: runs it in the root, with processes and mounts of its own that end with it.
inside() {
    unshare --mount --pid --fork -- bash -euc '
        root=$1
        shift
        mount -t proc proc "$root/proc"
        mount --bind /dev "$root/dev"
        mount -t tmpfs tmpfs "$root/tmp"
        for lent in ccache registry; do
            [ -z "${!lent:-}" ] || mount --bind "${!lent}" "$root/lent/$lent"
        done
        exec chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
            DEBIAN_FRONTEND=noninteractive "$@"' bash "$root" "$@" </dev/null
}

# What a stranger gets: the packages and the examples. No header, script or library of the tree is among it but by a package.
copy_packages() {
    ls build/deb/*.deb build/wheel/plinth-*.whl >/dev/null || fail "run make deb wheel first"
    mkdir -p "$root/plinth/docs" "$root/plinth/scripts"
    cp -R build/deb build/wheel/plinth-*.whl examples-c examples-go examples-node examples-python "$root/plinth"
    cp docs/START.md "$root/plinth/docs"
    cp scripts/start-test.sh scripts/try.sh scripts/fresh-inside.sh "$root/plinth/scripts"
}

copy_sources() {
    git archive HEAD | tar -x -C "$root/plinth"
    mkdir -p "$root/lent/ccache" "$root/lent/registry"
    ccache=$(ccache --get-config cache_dir 2>/dev/null || true)
    registry=${CARGO_HOME:-$HOME/.cargo}/registry
    [ -d "$ccache" ] || ccache=
    [ -d "$registry" ] || registry=
    export ccache registry
}

make_root
status=0
case $what in
    packages)
        copy_packages
        inside bash /plinth/scripts/fresh-inside.sh packages || status=$?
        ;;
    sources)
        copy_sources
        inside bash /plinth/scripts/fresh-inside.sh sources || status=$?
        ;;
    *) fail "usage: scripts/fresh.sh [packages|sources]" ;;
esac
[ -n "${KEEP:-}" ] || rm -rf "$root"
[ "$status" -eq 0 ] && echo "fresh: all is well"
exit "$status"
