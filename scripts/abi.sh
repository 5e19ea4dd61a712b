#!/bin/bash
# Describes the binary interface of the release libraries in abi/*.abi: what each exported function takes
# and returns, down to the fields of the structures. The stage `abi` of the long tests compares every
# build with these files; new functions are no difference. A structure that grows at its end is one: then
# write the files anew, and look at what has changed in them.
set -euo pipefail
cd "$(dirname "$0")/.."

# abidw describes a library, abidiff compares.
command -v abidw >/dev/null 2>&1 || {
    root=()
    [ "$(id -u)" -eq 0 ] || root=(sudo -n)
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends abigail-tools </dev/null >&2
}

for name in plinth fdb_c; do
    library=target/release/lib$name.so
    [ -e "$library" ] || { echo "abi: there is no $library; run make build" >&2; exit 1; }
    # Units of other crates are empty, and the names of the rest change with each compiler.
    abidw --no-corpus-path --no-comp-dir-path --no-show-locs --no-elf-needed --no-parameter-names "$library" |
        awk '/<abi-instr .*>$/ { held = $0; next }
             held != "" && /<\/abi-instr>/ { held = ""; next }
             held != "" { sub(/path=.* language/, "path='\''src/lib.rs'\'' language", held); print held; held = "" }
             { print }' >"abi/$name.abi.new"
    grep -q '<parameter ' "abi/$name.abi.new" || { echo "abi: $library has no debug information of its functions" >&2; exit 1; }
    mv "abi/$name.abi.new" "abi/$name.abi"
    echo "abi/$name.abi"
done
