#!/bin/bash
# Runs processes of Python, Node and C on one directory at once, with the published packages, unmodified,
# against libfdb_c.so:
#
#     clients/together/run.sh [path/to/libfdb_c.so] [test ...]
#
# The library is the argument, $FDB_C_LIBRARY, or target/release/libfdb_c.so. Needs what
# clients/python/run.sh and clients/node/run.sh need, and installs as they do if they have not run.
set -uo pipefail
cd "$(dirname "$0")/../.."
here=$PWD/clients/together
work=$PWD/build/clients/together
python=7.3.79

library=${FDB_C_LIBRARY:-target/release/libfdb_c.so}
case ${1:-} in
    *.so) library=$1; shift ;;
esac
[ -f "$library" ] || { echo "clients together: there is no $library" >&2; exit 1; }

# A copy stays as it is while tests run.
mkdir -p "$work/lib"
cp -f "$library" "$work/lib/libfdb_c.so" || exit 1
if ! clients/python/run.sh --install --library "$work/lib" "$python" || ! clients/node/run.sh "$work/lib/libfdb_c.so" --install ||
    ! cc -std=c99 -O1 -Wall -Wextra -Werror -Iinclude "$here/worker.c" -o "$work/worker" -L"$work/lib" -lfdb_c -lpthread; then
    echo "clients together $python: 0 passed, 1 failed"
    exit 1
fi
export LD_LIBRARY_PATH=$work/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export NODE_PATH=$PWD/build/clients/node/node_modules
export PYTHONDONTWRITEBYTECODE=1
unset FDB_CLUSTER_FILE
timeout -k 10 400 "build/clients/python-$python/bin/python" "$here/together.py" "node '$here/worker.js'" "$work/worker" "$@"
