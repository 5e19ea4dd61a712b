#!/bin/bash
# Makes the Python package of the built library: scripts/wheel.sh [test]
#
# The wheel is left in build/wheel. With `test` it is installed into an environment of its own, and the tests of
# examples-python run there, where nothing of the source tree is in sight. Needs Debian's python3-venv and, for cffi and
# setuptools, PyPI. Environment: BUILD, LICENSES as in scripts/install.sh.
set -euo pipefail
cd "$(dirname "$0")/.."

build=${BUILD:-target/release}
out=$PWD/build/wheel
version=$(awk -F'"' '/^version/ { print $2; exit }' Cargo.toml)
licenses=$(realpath -m "${LICENSES:-build/licenses}")
[ -f "$build/libplinth.so" ] && [ -d "$licenses" ] || {
    echo "wheel: there is no $build/libplinth.so or no $licenses; run make build" >&2
    exit 1
}
rm -rf "$out"
mkdir -p "$out"
cp -R examples-python "$out/source"
cd "$out/source"
echo "$version" >VERSION
cp ../../../LICENSE ../../../NOTICE .
cp -R "$licenses" third-party
python3 declarations.py ../../../include/plinth.h >plinth/plinth.cdef
cp "$(cd ../../.. && realpath "$build/libplinth.so")" plinth/libplinth.so
strip --strip-debug plinth/libplinth.so
python3 -m venv "$out/env"
"$out/env/bin/pip" wheel --quiet --disable-pip-version-check --no-input --no-deps --wheel-dir "$out" . </dev/null
echo "wheel: $(ls "$out"/plinth-*.whl)"

if [ "${1:-}" = test ]; then
    "$out/env/bin/pip" install --quiet --disable-pip-version-check --no-input "$out"/plinth-*.whl </dev/null
    mkdir "$out/elsewhere"
    cp tests/*.py "$out/elsewhere"
    cd "$out/elsewhere"
    status=0
    "$out/env/bin/python" -m unittest -v test_plinth 2>"$out/log" || status=$?
    cat "$out/log"
    ran=$(sed -n 's/^Ran \([0-9]*\) tests.*/\1/p' "$out/log")
    bad=$(grep -cE '^(FAIL|ERROR): ' "$out/log") || true
    echo "clients plinth-python $version: $((${ran:-0} - bad)) passed, $bad failed"
    [ "$status" -eq 0 ] && [ "${ran:-0}" -gt 0 ]
fi
