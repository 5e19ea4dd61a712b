#!/bin/bash
# Makes Debian packages of the built library, in build/deb: scripts/deb.sh
#
#   libplinth1     the shared library
#   libplinth-dev  headers, static library, pkg-config and CMake files
#   plinth-tools   plinth and plinthd, with their manual pages, completion and unit, and plinth-run with the
#                  library that it loads
#   plinth-fdb-c   libfdb_c.so and its headers where FoundationDB's own client package, foundationdb-clients,
#                  has them, so that only one of the two can be installed
#
# Nothing is compiled here; scripts/install.sh says what belongs where. Environment: BUILD, LICENSES as there.
set -euo pipefail
cd "$(dirname "$0")/.."

version=$(awk -F'"' '/^version/ { print $2; exit }' Cargo.toml)
abi=$(awk '/^#define PLINTH_ABI_VERSION/ { print $3 }' include/plinth.h)
architecture=$(dpkg --print-architecture)
triplet=$(gcc -print-multiarch)
lib=usr/lib/$triplet
out=$PWD/build/deb
stage=$out/stage
rm -rf "$out"
mkdir -p "$out/debian"
# What dpkg-shlibdeps wants to see.
printf 'Source: plinth\n\nPackage: plinth\nArchitecture: any\n' >"$out/debian/control"

DESTDIR=$stage PREFIX=/usr LIBDIR=/$lib UNITDIR=/usr/lib/systemd/system scripts/install.sh install >/dev/null

# take <package> <path...>: moves what was staged into a package.
take() {
    local package=$1 path
    shift
    for path in "$@"; do
        mkdir -p "$out/$package/$(dirname "$path")"
        mv "$stage/$path" "$out/$package/$path"
    done
}

# papers <package>: licences and the list of changes, as every Debian package has them.
papers() {
    local directory=$out/$1/usr/share/doc/$1
    mkdir -p "$directory"
    cat LICENSE NOTICE >"$directory/copyright"
    gzip -9nc CHANGELOG.md >"$directory/changelog.gz"
}

# needs <package> <file...>: the packages that the files need of the system.
needs() {
    local package=$1
    shift
    (cd "$out" && dpkg-shlibdeps --warnings=0 -O "${@/#/$package/}" 2>"$out/log" | sed 's/^shlibs:Depends=//') ||
        { cat "$out/log" >&2; return 1; }
}

# pack <package> <control fields...>: writes the control file and makes the package.
pack() {
    local package=$1 directory=$out/$1 field
    shift
    papers "$package"
    mkdir -p "$directory/DEBIAN"
    {
        echo "Package: $package"
        echo "Source: plinth"
        echo "Version: $version"
        echo "Architecture: $architecture"
        echo "Maintainer: The Plinth developers <plinth@localhost>"
        echo "Installed-Size: $(du -sk --exclude=DEBIAN "$directory" | cut -f1)"
        for field in "$@"; do echo "$field"; done
    } >"$directory/DEBIAN/control"
    (cd "$directory" && find usr -type f -exec md5sum {} + >DEBIAN/md5sums)
    find "$directory" -type d -exec chmod 755 {} +
    dpkg-deb --root-owner-group -Zxz -z3 --build "$directory" "$out/${package}_${version}_$architecture.deb" >/dev/null
    rm -rf "$directory"
}

# What FoundationDB's package has, under the names that it has there.
drop_in() {
    local directory=$out/plinth-fdb-c
    mkdir -p "$directory/$lib/pkgconfig" "$directory/usr/include"
    cp "$stage/$lib/plinth/libfdb_c.so" "$directory/$lib/libfdb_c.so"
    cp -R "$stage/usr/include/plinth/foundationdb" "$directory/usr/include/foundationdb"
    sed "s|@LIBDIR@|/$lib|" cmake/foundationdb-client.pc.in \
        >"$directory/$lib/pkgconfig/foundationdb-client.pc"
}

drop_in
take libplinth1 "$lib/libplinth.so.$version" "$lib/libplinth.so.$abi"
take libplinth-dev "$lib/libplinth.so" "$lib/libplinth.a" "$lib/pkgconfig" "$lib/cmake" usr/include
take plinth-tools usr/bin usr/share/man usr/share/bash-completion "$lib/plinth" usr/lib/systemd
rm -r "$stage/usr/share/doc"
left=$(find "$stage" ! -type d)
[ -z "$left" ] || { echo "deb: in no package: $left" >&2; exit 1; }
rm -r "$stage"

for package in libplinth1 plinth-tools plinth-fdb-c; do
    mkdir -p "$out/$package/usr/share/doc/$package"
    cp -R "${LICENSES:-build/licenses}" "$out/$package/usr/share/doc/$package/third-party"
done

install -d "$out/plinth-tools/usr/share/doc/plinth-tools/monitoring"
install -m 644 packaging/prometheus/plinth.rules.yml packaging/grafana/plinth.json \
    "$out/plinth-tools/usr/share/doc/plinth-tools/monitoring"

# The loader has to hear of a library that comes or goes.
for package in libplinth1 plinth-fdb-c; do
    mkdir -p "$out/$package/DEBIAN"
    echo "activate-noawait ldconfig" >"$out/$package/DEBIAN/triggers"
done
echo "libplinth $abi libplinth1 (>= $version)" >"$out/libplinth1/DEBIAN/shlibs"

library_needs=$(needs libplinth1 "$lib/libplinth.so.$version")
tool_needs=$(needs plinth-tools usr/bin/plinth usr/bin/plinthd "$lib/plinth/libfdb_c.so")
drop_in_needs=$(needs plinth-fdb-c "$lib/libfdb_c.so")
pack libplinth1 "Section: libs" "Priority: optional" "Multi-Arch: same" "Depends: $library_needs" \
    "Description: FoundationDB-style transactions over an embedded RocksDB" \
    " Strictly serialisable, ordered key-value transactions behind a C interface, in one" \
    " directory that any number of processes share, without a server."
pack libplinth-dev "Section: libdevel" "Priority: optional" "Multi-Arch: same" \
    "Depends: libplinth1 (= $version), plinth-tools (= $version), libstdc++-12-dev | libstdc++-dev" \
    "Description: FoundationDB-style transactions over an embedded RocksDB (development)" \
    " Headers for C and C++, the static library, and what pkg-config and CMake look for; also to link" \
    " programs that were written for FoundationDB with the library in plinth-tools."
pack plinth-tools "Section: database" "Priority: optional" "Depends: $tool_needs" \
    "Description: FoundationDB-style transactions over an embedded RocksDB (programs)" \
    " plinth is a shell for a database and looks after it; plinthd hosts a database directory for other" \
    " processes; plinth-run starts a program that was" \
    " written for FoundationDB with Plinth in the place of its client library."
pack plinth-fdb-c "Section: libs" "Priority: optional" "Depends: $drop_in_needs" \
    "Conflicts: foundationdb-clients" \
    "Description: Plinth in the place of FoundationDB's client library" \
    " libfdb_c.so with its headers: programs that were written for FoundationDB run unchanged, with no" \
    " cluster. It has the names of FoundationDB's own client package and can't be installed beside it."
rm -r "$out/debian" "$out/log"
ls -1 "$out"
