#!/bin/bash
# Installs the built library where nothing else is, builds the examples as a stranger would, by
# find_package and by pkg-config, shared and static, runs them, and takes the library away again.
set -uo pipefail
cd "$(dirname "$0")/.."

work=$PWD/build/install-test
rm -rf "$work"
mkdir -p "$work"
prefix=$work/prefix
export DESTDIR='' PREFIX=$prefix
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig
unset LD_LIBRARY_PATH
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

nothing_left() {
    local left
    left=$(find "$1" ! -type d)
    [ -z "$left" ] || { echo "left over: $left"; return 1; }
}

staged() {
    DESTDIR=$work/stage PREFIX=/usr scripts/install.sh install && [ -f "$work/stage/usr/include/plinth.h" ] &&
        ! grep -r "$work" "$work/stage/usr/lib/pkgconfig" "$work/stage/usr/lib/cmake" &&
        DESTDIR=$work/stage PREFIX=/usr scripts/install.sh uninstall && nothing_left "$work/stage"
}

soname() {
    readelf -d "$prefix/lib/libplinth.so" >"$work/dynamic" || return 1
    local name
    name=$(sed -n 's/.*SONAME.*\[\(.*\)\]/\1/p' "$work/dynamic")
    echo "soname: $name"
    [ -n "$name" ] && [ "$name" != libplinth.so ] && [ -e "$prefix/lib/$name" ] && grep -q NODELETE "$work/dynamic"
}

by_cmake() {
    cmake -S examples-c -B "$work/cmake" -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH="$prefix" &&
        cmake --build "$work/cmake" -j "$(nproc)"
}

# The other target of the package, and the version it answers to.
by_cmake_static() {
    mkdir -p "$work/static"
    cat >"$work/static/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.16)
project(static_consumer C)
find_package(Plinth $version REQUIRED)
foreach(name hello bank)
  add_executable(\${name} "$PWD/examples-c/\${name}.c")
  target_link_libraries(\${name} PRIVATE Plinth::static)
endforeach()
END
    cmake -S "$work/static" -B "$work/static/build" -DCMAKE_PREFIX_PATH="$prefix" && cmake --build "$work/static/build" &&
        ! readelf -d "$work/static/build/hello" | grep libplinth
}

# find_package must refuse a version that the installed one does not satisfy.
wrong_version_refused() {
    mkdir -p "$work/wrong"
    printf 'cmake_minimum_required(VERSION 3.16)\nproject(wrong C)\nfind_package(Plinth 99.0 REQUIRED)\n' >"$work/wrong/CMakeLists.txt"
    ! cmake -S "$work/wrong" -B "$work/wrong/build" -DCMAKE_PREFIX_PATH="$prefix" && grep -q 'not accepted\|compatible' "$work/log"
}

by_pkg_config() {
    local name
    for name in hello bank; do
        # shellcheck disable=SC2046
        cc -std=gnu99 -o "$work/pc-$name" "examples-c/$name.c" $(pkg-config --cflags --libs plinth) -pthread -Wl,-rpath,"$prefix/lib" || return 1
    done
    readelf -d "$work/pc-hello" | grep "$(sed -n 's/.*SONAME.*\[\(.*\)\]/\1/p' "$work/dynamic")"
}

by_pkg_config_static() {
    local name
    for name in hello bank; do
        # shellcheck disable=SC2046
        cc -std=gnu99 -o "$work/pc-static-$name" "examples-c/$name.c" \
            $(pkg-config --cflags --static --libs plinth | sed 's/-lplinth/-l:libplinth.a/') || return 1
    done
    ! readelf -d "$work/pc-static-hello" | grep libplinth
}

run_examples() {
    local directory=$1 before=$2
    (cd "$work" && "$directory/${before}hello" && "$directory/${before}bank" 2)
}

short_fsmeta() {
    rm -rf "$work/data"
    mkdir -p "$work/data"
    "$work/cmake/fsmeta" --tree /usr/include --threads 2 --kills 3 --seconds 8 --data "$work/data/db"
}

uninstall() {
    scripts/install.sh uninstall && nothing_left "$prefix"
}

version=$(awk -F'"' '/^version/ { print $2; exit }' Cargo.toml)
try 'install below DESTDIR' staged
try 'install' scripts/install.sh install
try 'soname and nodelete' soname
try 'licences' test -s "$prefix/share/doc/plinth/third-party/LIST.txt"
try 'find_package' by_cmake
try 'find_package, static' by_cmake_static
try 'find_package refuses another version' wrong_version_refused
try 'pkg-config' by_pkg_config
try 'pkg-config, static' by_pkg_config_static
try 'examples by find_package' run_examples "$work/cmake" ''
try 'examples by find_package, static' run_examples "$work/static/build" ''
try 'examples by pkg-config' run_examples "$work" pc-
try 'examples by pkg-config, static' run_examples "$work" pc-static-
try 'fsmeta with kills' short_fsmeta
try 'uninstall leaves nothing' uninstall
[ "$failures" -eq 0 ]
