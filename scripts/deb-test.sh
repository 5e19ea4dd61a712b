#!/bin/bash
# Makes the Debian packages, installs them below a directory as dpkg would below /, builds and runs programs against what
# is there, and takes them away again. Nothing of the machine itself is changed.
set -uo pipefail
cd "$(dirname "$0")/.."

work=$PWD/build/deb-test
root=$work/root
packages=$PWD/build/deb
lib=$root/usr/lib/$(gcc -print-multiarch)
rm -rf "$work"
mkdir -p "$work" "$root/var/lib/dpkg/info" "$root/var/lib/dpkg/updates" "$root/var/lib/dpkg/triggers"
touch "$root/var/lib/dpkg/status"
unset PKG_CONFIG_PATH
export PKG_CONFIG_SYSROOT_DIR=$root PKG_CONFIG_LIBDIR=$lib/pkgconfig LD_LIBRARY_PATH=$lib
. scripts/try.sh

# The system's own packages, which ours depend on, are not known below the directory.
below() { fakeroot dpkg --root="$root" --force-depends --force-script-chrootless "$@"; }

install_packages() {
    local package
    for package in "$@"; do
        below -i "$packages/$package"_*.deb || return 1
    done
}

by_cmake() {
    cmake -S examples-c -B "$work/cmake" -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH="$root/usr" &&
        cmake --build "$work/cmake" --target hello threefs -j "$(nproc)" && "$work/cmake/hello" && "$work/cmake/threefs"
}

by_pkg_config() {
    # shellcheck disable=SC2046
    cc -std=c11 -o "$work/hello" examples-c/hello.c $(pkg-config --cflags --libs plinth) -pthread && "$work/hello"
}

by_pkg_config_static() {
    # shellcheck disable=SC2046
    cc -std=c11 -o "$work/hello-static" examples-c/hello.c \
        $(pkg-config --cflags --static --libs plinth | sed 's/-lplinth/-l:libplinth.a/') &&
        ! readelf -d "$work/hello-static" | grep libplinth && "$work/hello-static"
}

# By the name that a program of another language asks for.
by_dlopen() {
    python3 -c '
import ctypes
plinth = ctypes.CDLL("libplinth.so.1")
plinth.plinth_version.restype = ctypes.c_char_p
print(plinth.plinth_version().decode())
assert plinth.plinth_abi_version() == 1'
}

# A program for FoundationDB, which knows nothing of Plinth.
drop_in() {
    # shellcheck disable=SC2046
    cc -std=c11 -D_XOPEN_SOURCE=700 -o "$work/fdb-hello" examples-c/fdb_c/hello.c \
        $(pkg-config --cflags --libs 'foundationdb-client >= 7.1') -pthread &&
        PLINTH_DATA=:memory: "$work/fdb-hello"
}

# The same with the library in its own directory.
drop_in_apart() {
    # shellcheck disable=SC2046
    cc -std=c11 -D_XOPEN_SOURCE=700 -o "$work/fdb-hello-apart" examples-c/fdb_c/hello.c \
        $(pkg-config --cflags --libs plinth-fdb-c) -pthread &&
        LD_LIBRARY_PATH=$lib/plinth PLINTH_DATA=:memory: "$work/fdb-hello-apart"
}

# Something with the name of FoundationDB's package.
make_foundationdb() {
    mkdir -p "$work/foundationdb/DEBIAN"
    printf 'Package: foundationdb-clients\nVersion: 7.3.79\nArchitecture: all\nMaintainer: nobody <nobody@localhost>\n%s\n' \
        'Description: stands for the real one' >"$work/foundationdb/DEBIAN/control"
    dpkg-deb --root-owner-group --build "$work/foundationdb" "$packages/foundationdb-clients_7.3.79_all.deb"
}

conflicts() {
    make_foundationdb || return 1
    ! install_packages foundationdb-clients && below -r plinth-fdb-c && install_packages foundationdb-clients &&
        ! install_packages plinth-fdb-c && [ ! -e "$lib/libfdb_c.so" ] && below -P foundationdb-clients &&
        rm "$packages"/foundationdb-clients_*
}

nothing_left() {
    local left
    below -P plinth-fdb-c libplinth-dev plinth-tools libplinth1 || return 1
    left=$(find "$root" -path "$root/var/lib/dpkg" -prune -o ! -type d -print)
    [ -z "$left" ] || { echo "left over: $left"; return 1; }
}

# The tool, on a throw-away database, with its manual and its completion.
tool() {
    [ "$("$root/usr/bin/plinth" --raw :memory: 'set a 1; get a')" = 1 ] &&
        ls "$root/usr/share/man/man1/plinth.1" "$root/usr/share/bash-completion/completions/plinth"
}

try 'packages' scripts/deb.sh
try 'packages are installed' install_packages libplinth1 plinth-tools libplinth-dev plinth-fdb-c
try 'package: find_package' by_cmake
try 'package: pkg-config' by_pkg_config
try 'package: pkg-config, static' by_pkg_config_static
try 'package: dlopen' by_dlopen
try 'package: libfdb_c' drop_in
try 'package: libfdb_c apart' drop_in_apart
try 'package: plinthd' "$root/usr/bin/plinthd" --version
try 'package: plinth' tool
try 'package: conflicts with FoundationDB' conflicts
try 'packages are removed' nothing_left
[ "$failures" -eq 0 ]
