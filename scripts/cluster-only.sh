#!/bin/bash
# A library without RocksDB: builds it, and tries that it opens clusters, over a stand-in, and refuses directories.
set -euo pipefail
cd "$(dirname "$0")/.."

read -ra locked <<<"${CARGO_FLAGS---locked}"
standin=${FDB_C_LIBRARY:-$PWD/target/release/libfdb_c.so}
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
mkdir "$place/cluster"

CARGO_TARGET_DIR=build/cluster-only cargo build --release "${locked[@]}" -p plinth --no-default-features --features cluster
if nm -C build/cluster-only/release/libplinth.so | grep -q 'rocksdb::'; then
    echo 'RocksDB is in it'
    exit 1
fi
cat >"$place/program.c" <<'C'
#include <plinth.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv) {
    plinth_database *db;
    plinth_transaction *tr;
    plinth_error error = plinth_database_open(":memory:", NULL, &db);
    if (argc != 2 || error != PLINTH_ERROR_BACKEND_MISSING || strstr(plinth_last_error(), "clusters only") == NULL) {
        printf("a directory: %d, %s\n", error, plinth_last_error());
        return 1;
    }
    error = plinth_database_open(argv[1], NULL, &db);
    if (!error) error = plinth_transaction_begin(db, &tr);
    if (!error) error = plinth_transaction_set(tr, NULL, (const uint8_t *)"k", 1, (const uint8_t *)"v", 1);
    if (!error) error = plinth_transaction_commit(tr);
    if (error) printf("a cluster: %d, %s\n", error, plinth_last_error());
    return error != 0;
}
C
cc -Wall -Werror -Iinclude -o "$place/program" "$place/program.c" build/cluster-only/release/libplinth.so
ln -s "$PWD/build/cluster-only/release/libplinth.so" "$place/$(readelf -d build/cluster-only/release/libplinth.so | sed -n 's/.*soname: \[\(.*\)\]/\1/p')"
PLINTH_FDB_CLIENT=$standin LD_LIBRARY_PATH=$place timeout 60 "$place/program" "fdb:$place/cluster"
echo 'clients cluster-only 1: 1 passed, 0 failed'
