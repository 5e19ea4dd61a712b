#!/bin/sh
# Installs what building and testing Plinth needs: system packages, and Rust where it is missing.
# Arguments are names of further packages.
#
# On Debian and its relatives packages are installed by name, as root or through sudo. Elsewhere
# the script only checks. It asks nothing, and does nothing when all is there.
set -eu
cd "$(dirname "$0")/.."

# name of the package: why it is needed
packages="
g++              compiles RocksDB and links
make             runs the targets of the Makefile
cmake            builds the C tests and examples
pkg-config       the install test finds the library with it
libclang-dev     bindgen reads RocksDB's C header with it
binutils         nm and strip
ccache           keeps compiled C++ over clean builds
valgrind         one run of the C tests
abigail-tools    compares the binary interface with the last release
libc6-dbg        without it Valgrind does not start
dpkg-dev         makes Debian packages of the library
fakeroot         installs them below a directory, in a test
git              fetches and versions the sources
python3          collects licences and test counts
python3-venv     the Python clients of the tests
nodejs           the JavaScript client of the tests
npm              installs it
golang-go        the Go package of the tests
librocksdb-dev   a RocksDB of another version beside ours, in a test
curl             asks plinthd for its pages
prometheus       reads plinthd's metrics, in a test
strace           makes system calls fail, and kills at a chosen one
libfaketime      a clock that is set
doxygen          the reference of the headers
e2fsprogs        a file system whose power is cut
ca-certificates  cargo downloads crates over TLS
"
names="$(printf '%s' "$packages" | awk 'NF { print $1 }') $*"

say() { printf 'setup: %s\n' "$*"; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1; then
        sudo -n "$@" || fail "sudo wants a password; run this yourself: sudo $*"
    else
        fail "not root and no sudo; run this as root: $*"
    fi
}

apt_install() {
    export DEBIAN_FRONTEND=noninteractive
    as_root apt-get update -qq </dev/null || say "apt-get update failed; trying with the lists that are there"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" </dev/null
}

# is_there <package>: whether it, or what it is wanted for, is installed. Node.js often comes from
# elsewhere, and Debian's npm can't stand beside that.
is_there() {
    case $1 in
        nodejs) command -v node >/dev/null 2>&1 && return 0 ;;
        npm) command -v npm >/dev/null 2>&1 && return 0 ;;
        golang-go) command -v go >/dev/null 2>&1 && return 0 ;;
        python3-venv) python3 -c 'import ensurepip, venv' >/dev/null 2>&1 && return 0 ;;
    esac
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null || true)" = installed ]
}

install_system_packages() {
    missing=""
    for name in $names; do
        is_there "$name" || missing="$missing $name"
    done
    [ -n "$missing" ] || return 0
    say "installing the packages:$missing"
    # shellcheck disable=SC2086
    apt_install $missing
}

check_system_tools() {
    missing=""
    for tool in g++ make cmake pkg-config nm git python3; do
        command -v "$tool" >/dev/null 2>&1 || missing="$missing $tool"
    done
    [ -z "$missing" ] || fail "this is not Debian, so install these yourself:$missing (and libclang, valgrind, ccache)"
}

# The oldest Rust that will do, from Cargo.toml.
wanted=$(awk -F'"' '/^rust-version/ { print $2; exit }' Cargo.toml)

# Prints the version of the Rust in use, or nothing.
rust_version() {
    PATH="$HOME/.cargo/bin:$PATH" rustc --version 2>/dev/null | awk '{ print $2 }'
}

rust_is_new_enough() {
    [ -n "$1" ] && [ "$(printf '%s\n%s\n' "$wanted" "$1" | sort -V | head -n 1)" = "$wanted" ]
}

# Debian's Rust for building browsers is kept recent in its security updates.
install_debian_rust() {
    command -v apt-cache >/dev/null 2>&1 || return 1
    # rustup's rustc would hide the packaged one.
    [ ! -x "$HOME/.cargo/bin/rustc" ] || return 1
    offered=$(apt-cache policy rustc-web 2>/dev/null | awk '/Candidate:/ { print $2 }')
    rust_is_new_enough "${offered%%+*}" || return 1
    say "installing Rust $offered from Debian: rustc-web cargo-web rustfmt-web rust-web-clippy"
    apt_install rustc-web cargo-web rustfmt-web rust-web-clippy
}

ensure_rust() {
    found=$(rust_version)
    if ! rust_is_new_enough "$found"; then
        install_debian_rust || true
        found=$(rust_version)
    fi
    rust_is_new_enough "$found" && return 0
    fail "Rust $wanted or newer is needed, found ${found:-none}.
  With Debian's rustup package (Debian 13 and later):  apt-get install rustup && rustup default stable
  With rustup already there:                           rustup update stable
  Otherwise follow https://rustup.rs and run make again."
}

ensure_rust_components() {
    PATH="$HOME/.cargo/bin:$PATH"
    for component in fmt clippy; do
        cargo "$component" --version >/dev/null 2>&1 && continue
        name=$component
        [ "$component" = clippy ] || name=rustfmt
        command -v rustup >/dev/null 2>&1 || fail "cargo $component is missing; install it with your Rust"
        say "installing the Rust component $name"
        rustup component add "$name" </dev/null
    done
}

if command -v dpkg-query >/dev/null 2>&1 && command -v apt-get >/dev/null 2>&1; then
    install_system_packages
else
    check_system_tools
fi
ensure_rust
ensure_rust_components
say "ready: $(printf '%s' "$names" | wc -w) packages, Rust $(rust_version)"
