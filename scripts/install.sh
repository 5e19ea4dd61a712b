#!/bin/sh
# Installs or removes the built library: scripts/install.sh install|uninstall
#
# Environment: PREFIX, DESTDIR, LIBDIR, INCLUDEDIR, MANDIR, UNITDIR as usual; BUILD is where cargo put
# the libraries and the programs. Nothing is built here, so that root needs no Rust.
set -eu
cd "$(dirname "$0")/.."

PREFIX=${PREFIX:-/usr/local}
LIBDIR=${LIBDIR:-$PREFIX/lib}
INCLUDEDIR=${INCLUDEDIR:-$PREFIX/include}
DOCDIR=$PREFIX/share/doc/plinth
MANDIR=${MANDIR:-$PREFIX/share/man}
# systemd looks here below /usr and /usr/local, whatever LIBDIR is.
UNITDIR=${UNITDIR:-$PREFIX/lib/systemd/system}
# bash-completion looks here for the name of the command.
COMPLETIONDIR=$PREFIX/share/bash-completion/completions
DESTDIR=${DESTDIR:-}
BUILD=${BUILD:-target/release}
LICENSES=${LICENSES:-build/licenses}

version=$(awk -F'"' '/^version/ { print $2; exit }' Cargo.toml)
abi=$(awk '/^#define PLINTH_ABI_VERSION/ { print $3 }' include/plinth.h)
# What libplinth.a needs of the system, beside threads; the install test links with it.
system_libs="stdc++ gcc_s m dl rt"

# The versions that satisfy a request for this one: 0.1 of 0.1.0, 2 of 2.3.4.
case $version in
    0.*) series=${version%.*} ;;
    *) series=${version%%.*} ;;
esac

config_dir=$LIBDIR/cmake/Plinth

# Fills the @NAMES@ of a template.
render() {
    cmake_libs=$(printf '%s' "$system_libs" | tr ' ' ';')
    pc_libs=-l$(printf '%s' "$system_libs pthread" | sed 's/ / -l/g')
    include_from_config=$(realpath -ms --relative-to="$config_dir" "$INCLUDEDIR")
    sed -e "s|@VERSION@|$version|g" -e "s|@ABI@|$abi|g" -e "s|@PREFIX@|$PREFIX|g" \
        -e "s|@LIBDIR@|$LIBDIR|g" -e "s|@INCLUDEDIR@|$INCLUDEDIR|g" \
        -e "s|@SERIES_REGEX@|$(printf '%s' "$series" | sed 's/[.]/\\\\\\\\./g')|g" \
        -e "s|@INCLUDE_FROM_CONFIG@|$include_from_config|g" \
        -e "s|@STATIC_LIBS_CMAKE@|$cmake_libs|g" -e "s|@STATIC_LIBS_PC@|$pc_libs|g" "$1" >"$2"
    chmod 644 "$2"
}

install_all() {
    for file in "$BUILD/libplinth.so" "$BUILD/libplinth.a" "$BUILD/libfdb_c.so" "$BUILD/plinthd" "$BUILD/plinth" \
        "$LICENSES/LIST.txt"; do
        [ -f "$file" ] || { echo "install: there is no $file; run make build" >&2; exit 1; }
    done
    lib=$DESTDIR$LIBDIR
    install -d "$lib/pkgconfig" "$DESTDIR$config_dir" "$DESTDIR$INCLUDEDIR" "$DESTDIR$DOCDIR/third-party"
    install -d "$DESTDIR$INCLUDEDIR/plinth"
    install -m 644 include/plinth.h include/plinth.hpp "$DESTDIR$INCLUDEDIR"
    install -m 644 include/plinth/*.hpp "$DESTDIR$INCLUDEDIR/plinth"
    # Debug information stays in the build directory: it is larger than the code.
    install -m 755 "$BUILD/libplinth.so" "$lib/libplinth.so.$version"
    strip --strip-debug "$lib/libplinth.so.$version"
    # FoundationDB's own library may be installed beside it: ours is asked for by its directory.
    install -d "$lib/plinth" "$DESTDIR$INCLUDEDIR/plinth/foundationdb" "$DESTDIR$PREFIX/bin"
    install -m 755 "$BUILD/libfdb_c.so" "$lib/plinth/libfdb_c.so"
    strip --strip-debug "$lib/plinth/libfdb_c.so"
    install -m 644 include/foundationdb/*.h "$DESTDIR$INCLUDEDIR/plinth/foundationdb"
    install -m 755 scripts/plinth-run "$DESTDIR$PREFIX/bin/plinth-run"
    for program in plinthd plinth; do
        install -m 755 "$BUILD/$program" "$DESTDIR$PREFIX/bin/$program"
        strip --strip-debug "$DESTDIR$PREFIX/bin/$program"
    done
    install -d "$DESTDIR$MANDIR/man1" "$DESTDIR$UNITDIR" "$DESTDIR$COMPLETIONDIR"
    install -m 644 docs/plinthd.1 docs/plinth.1 "$DESTDIR$MANDIR/man1"
    install -m 644 packaging/plinth.bash "$DESTDIR$COMPLETIONDIR/plinth"
    render packaging/plinthd@.service "$DESTDIR$UNITDIR/plinthd@.service"
    ln -sf "libplinth.so.$version" "$lib/libplinth.so.$abi"
    ln -sf "libplinth.so.$abi" "$lib/libplinth.so"
    install -m 644 "$BUILD/libplinth.a" "$lib/libplinth.a"
    strip --strip-debug "$lib/libplinth.a"
    render cmake/plinth.pc.in "$lib/pkgconfig/plinth.pc"
    render cmake/plinth-fdb-c.pc.in "$lib/pkgconfig/plinth-fdb-c.pc"
    render cmake/PlinthConfig.cmake.in "$DESTDIR$config_dir/PlinthConfig.cmake"
    render cmake/PlinthConfigVersion.cmake.in "$DESTDIR$config_dir/PlinthConfigVersion.cmake"
    install -m 644 LICENSE NOTICE "$DESTDIR$DOCDIR"
    install -d "$DESTDIR$DOCDIR/monitoring"
    install -m 644 packaging/prometheus/plinth.rules.yml packaging/grafana/plinth.json "$DESTDIR$DOCDIR/monitoring"
    cp -R "$LICENSES/." "$DESTDIR$DOCDIR/third-party"
    echo "installed Plinth $version in $DESTDIR$PREFIX"
}

uninstall_all() {
    lib=$DESTDIR$LIBDIR
    rm -f "$DESTDIR$INCLUDEDIR/plinth.h" "$DESTDIR$INCLUDEDIR/plinth.hpp" "$lib/libplinth.so" "$lib/libplinth.so.$abi" \
        "$lib/libplinth.so.$version" "$lib/libplinth.a" "$lib/pkgconfig/plinth.pc" \
        "$lib/pkgconfig/plinth-fdb-c.pc" "$DESTDIR$PREFIX/bin/plinth-run" \
        "$DESTDIR$PREFIX/bin/plinthd" "$DESTDIR$MANDIR/man1/plinthd.1" "$DESTDIR$UNITDIR/plinthd@.service" \
        "$DESTDIR$PREFIX/bin/plinth" "$DESTDIR$MANDIR/man1/plinth.1" "$DESTDIR$COMPLETIONDIR/plinth"
    rm -rf "$DESTDIR${config_dir:?}" "$DESTDIR${DOCDIR:?}" "${lib:?}/plinth" "$DESTDIR${INCLUDEDIR:?}/plinth"
    # Directories that others may share go only if they are empty.
    for directory in "$lib/cmake" "$lib/pkgconfig" "$DESTDIR$PREFIX/bin" "$DESTDIR$MANDIR/man1" "$DESTDIR$MANDIR" \
        "$DESTDIR$UNITDIR" "$DESTDIR${UNITDIR%/*}" "$DESTDIR$COMPLETIONDIR" "$DESTDIR${COMPLETIONDIR%/*}"; do
        rmdir "$directory" 2>/dev/null || true
    done
    echo "removed Plinth $version from $DESTDIR$PREFIX"
}

case ${1:-} in
    install) install_all ;;
    uninstall) uninstall_all ;;
    *) echo "usage: scripts/install.sh install|uninstall" >&2; exit 1 ;;
esac
