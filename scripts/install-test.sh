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
. scripts/try.sh

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

# by_cmake <directory> <option>: the examples' own project.
by_cmake() {
    cmake -S examples-c -B "$work/$1" -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH="$prefix" "$2" &&
        cmake --build "$work/$1" -j "$(nproc)"
}

by_cmake_static() {
    by_cmake static -DPLINTH_STATIC=ON && ! readelf -d "$work/static/hello" | grep libplinth
}

# accepts <version>: whether find_package is content with the installed one.
accepts() {
    rm -rf "$work/version"
    mkdir -p "$work/version"
    printf 'cmake_minimum_required(VERSION 3.16)\nproject(version C)\nfind_package(Plinth %s REQUIRED)\n' "$1" \
        >"$work/version/CMakeLists.txt"
    cmake -S "$work/version" -B "$work/version/build" -DCMAKE_PREFIX_PATH="$prefix"
}

versions() {
    accepts "$version" && accepts "${version%.*}" && ! accepts 99.0 && ! accepts "${version%.*}.99"
}

by_pkg_config() {
    local name
    for name in hello bank; do
        # shellcheck disable=SC2046
        cc -std=c11 -o "$work/pc-$name" "examples-c/$name.c" $(pkg-config --cflags --libs plinth) -pthread -Wl,-rpath,"$prefix/lib" || return 1
    done
    readelf -d "$work/pc-hello" | grep 'NEEDED.*\[libplinth\.so\.[0-9]*\]'
}

by_pkg_config_static() {
    local name
    for name in hello bank; do
        # shellcheck disable=SC2046
        cc -std=c11 -o "$work/pc-static-$name" "examples-c/$name.c" \
            $(pkg-config --cflags --static --libs plinth | sed 's/-lplinth/-l:libplinth.a/') || return 1
    done
    ! readelf -d "$work/pc-static-hello" | grep libplinth
}

# The programs in README.md must be true, the one in C and the one in C++.
readme_example() {
    awk '/^```c$/ { inside = 1; next } /^```$/ { inside = 0 } inside' README.md >"$work/counter.c"
    # shellcheck disable=SC2046
    cc -std=c99 -Wall -Wextra -Wpedantic -Werror -o "$work/counter" "$work/counter.c" \
        $(pkg-config --cflags --libs plinth) -Wl,-rpath,"$prefix/lib" || return 1
    (cd "$work" && ./counter && ./counter | grep -x 'run 2')
}

readme_example_cxx() {
    awk '/^```cpp$/ { inside = 1; next } /^```$/ { inside = 0 } inside' README.md >"$work/counter.cpp"
    # shellcheck disable=SC2046
    c++ -std=c++17 -Wall -Wextra -Wpedantic -Werror -o "$work/counter-cxx" "$work/counter.cpp" \
        $(pkg-config --cflags --libs plinth) -Wl,-rpath,"$prefix/lib" || return 1
    rm -rf "$work/counter.db"
    (cd "$work" && ./counter-cxx && ./counter-cxx | grep -x 'run 2')
}

run_examples() {
    local directory=$1 before=$2
    (cd "$work" && "$directory/${before}hello" && "$directory/${before}bank" "$work/bank-${before}$RANDOM" 4 1000 2)
}

short_fsmeta() {
    rm -rf "$work/data"
    mkdir -p "$work/data"
    "$work/shared/fsmeta" --tree /usr/include --threads 2 --kills 3 --seconds 8 --data "$work/data/db"
}

# The same over a stand-in for a cluster, which it leaves as empty as it was.
clustered_fsmeta() {
    rm -rf "$work/data" "$work/cluster"
    mkdir -p "$work/data" "$work/cluster"
    PLINTH_FDB_CLIENT="$prefix/lib/plinth/libfdb_c.so" "$work/shared/fsmeta" --tree /usr/include/linux --threads 2 \
        --kills 2 --seconds 4 --data "$work/data/db" --url "fdb:$work/cluster" &&
        [ -z "$(PLINTH_FDB_CLIENT="$prefix/lib/plinth/libfdb_c.so" "$prefix/bin/plinth" "fdb:$work/cluster" getrangekeys '""' '\xff' 1)" ]
}

# A program for FoundationDB's interface, built against the installed headers and library.
drop_in() {
    cmake -S examples-c/fdb_c -B "$work/fdb_c" -DFDB_C_INCLUDE="$prefix/include/plinth" \
        -DFDB_C_LIBRARY="$prefix/lib/plinth/libfdb_c.so" &&
        cmake --build "$work/fdb_c" && ctest --test-dir "$work/fdb_c" --output-on-failure --no-tests=error
}

# The same by the names of the installed package.
drop_in_by_cmake() {
    mkdir -p "$work/fdb_c-package"
    printf '%s\n' 'cmake_minimum_required(VERSION 3.16)' 'project(hello C)' 'find_package(Plinth REQUIRED)' \
        "add_executable(hello $PWD/examples-c/fdb_c/hello.c)" 'target_compile_definitions(hello PRIVATE _XOPEN_SOURCE=700)' \
        'target_link_libraries(hello PRIVATE Plinth::fdb_c)' >"$work/fdb_c-package/CMakeLists.txt"
    cmake -S "$work/fdb_c-package" -B "$work/fdb_c-package/build" -DCMAKE_PREFIX_PATH="$prefix" &&
        cmake --build "$work/fdb_c-package/build" && PLINTH_DATA=:memory: "$work/fdb_c-package/build/hello"
}

drop_in_by_pkg_config() {
    # shellcheck disable=SC2046
    cc -std=c11 -D_XOPEN_SOURCE=700 -o "$work/fdb-hello-pc" examples-c/fdb_c/hello.c \
        $(pkg-config --cflags --libs plinth-fdb-c) -pthread && PLINTH_DATA=:memory: "$work/fdb-hello-pc"
}

# The same program, which does not say where the library is.
launcher() {
    cc -std=c11 -D_XOPEN_SOURCE=700 -I "$prefix/include/plinth" -o "$work/fdb-hello" examples-c/fdb_c/hello.c \
        -L "$prefix/lib/plinth" -lfdb_c -pthread || return 1
    ! PLINTH_DATA=:memory: "$work/fdb-hello" && "$prefix/bin/plinth-run" --data :memory: "$work/fdb-hello"
}

# The daemon: it serves until it is told to stop, and its papers are in order.
daemon() {
    local unit=$prefix/lib/systemd/system/plinthd@.service line
    grep -qx "ExecStart=$prefix/bin/plinthd %f" "$unit" && ! grep '@[A-Z]*@' "$unit" || return 1
    if command -v systemd-analyze >/dev/null 2>&1; then
        unit_is_right "$unit" || return 1
    fi
    if command -v man >/dev/null 2>&1; then
        [ -z "$(LC_ALL=C.UTF-8 man --warnings -l "$prefix/share/man/man1/plinthd.1" 2>&1 >"$work/plinthd.txt")" ] &&
            grep -q 'plinthd: serving' "$work/plinthd.txt" || return 1
    fi
    coproc host { exec "$prefix/bin/plinthd" "$work/served"; }
    local pid=$host_PID
    read -r -t 60 line <&"${host[0]}" && [ "$line" = "plinthd: serving $work/served (pid $pid)" ] &&
        ! "$prefix/bin/plinthd" --no-wait "$work/served" && kill -TERM "$pid" && wait "$pid"
}

# The tool, as a guest of the daemon; its papers are in order.
tool() {
    local plinth=$prefix/bin/plinth pid line status=0
    bash -n "$prefix/share/bash-completion/completions/plinth" || return 1
    if command -v man >/dev/null 2>&1; then
        [ -z "$(LC_ALL=C.UTF-8 man --warnings -l "$prefix/share/man/man1/plinth.1" 2>&1 >"$work/plinth.txt")" ] &&
            grep -q 'EXIT STATUS' "$work/plinth.txt" || return 1
    fi
    coproc host { exec "$prefix/bin/plinthd" "$work/tooled"; }
    pid=$host_PID
    read -r -t 60 line <&"${host[0]}" || return 1
    "$plinth" "$work/tooled" 'set a 1; get a' | grep -qx "\`a' is \`1'" &&
        "$plinth" status "$work/tooled" | grep "$pid" || status=1
    kill -TERM "$pid" && wait "$pid" && "$plinth" "$work/tooled" get a && return "$status"
}

# systemd loads it for a directory; complaints about other units are not ours.
unit_is_right() {
    mkdir -p "$work/units"
    cp "$1" "$work/units/plinthd@srv-some.service"
    ! systemd-analyze verify --man=no --recursive-errors=no "$work/units/plinthd@srv-some.service" 2>&1 | grep plinthd@
}

uninstall() {
    scripts/install.sh uninstall && nothing_left "$prefix"
}

version=$(awk -F'"' '/^version/ { print $2; exit }' Cargo.toml)
try 'install below DESTDIR' staged
try 'install' scripts/install.sh install
try 'soname and nodelete' soname
try 'licences' test -s "$prefix/share/doc/plinth/third-party/LIST.txt"
try 'find_package' by_cmake shared -DPLINTH_STATIC=OFF
try 'find_package, static' by_cmake_static
try 'find_package checks the version' versions
try 'pkg-config' by_pkg_config
try 'pkg-config, static' by_pkg_config_static
try 'README example' readme_example
try 'README example in C++' readme_example_cxx
try 'examples by find_package' ctest --test-dir "$work/shared" --output-on-failure --no-tests=error
try 'examples by find_package, static' run_examples "$work/static" ''
try 'examples by pkg-config' run_examples "$work" pc-
try 'examples by pkg-config, static' run_examples "$work" pc-static-
try 'fsmeta with kills' short_fsmeta
try 'fsmeta in a cluster' clustered_fsmeta
try 'libfdb_c' drop_in
try 'libfdb_c by find_package' drop_in_by_cmake
try 'libfdb_c by pkg-config' drop_in_by_pkg_config
try 'plinth-run' launcher
try 'plinthd' daemon
try 'plinth' tool
try 'uninstall leaves nothing' uninstall
[ "$failures" -eq 0 ]
