#!/bin/bash
# Builds the book of docs/SUMMARY.md with the reference of the headers in it, into build/docs/html, and checks every link of
# it. Nothing in the headers may be undocumented, and no warning is passed over: scripts/docs.sh [check]
#
# doxygen comes from Debian. mdbook does not: the release named here is compiled by cargo, once, into build/tools (some
# minutes); a machine that has that release as `mdbook` needs nothing. `check`
# compiles nothing: without mdbook it builds the reference and sees that the pages make a book.
set -euo pipefail
cd "$(dirname "$0")/.."

mdbook_version=0.5.4
tools=$PWD/build/tools
out=$PWD/build/docs
read -ra locked <<<"${CARGO_FLAGS---locked}"
command -v doxygen >/dev/null || scripts/setup.sh doxygen

# The project's own tool; XTASK names one that is built.
xtask() {
    if [ -n "${XTASK:-}" ]; then "$XTASK" "$@"; else cargo run --release --quiet "${locked[@]}" -p xtask -- "$@"; fi
}

PATH=$tools/bin:$PATH
has_mdbook() { [ "$(mdbook --version 2>/dev/null)" = "mdbook v$mdbook_version" ]; }
if ! has_mdbook && [ "${1:-}" != check ]; then
    echo "docs: installing mdbook $mdbook_version from crates.io into $tools; this compiles for some minutes, once"
    CARGO_TARGET_DIR=$tools/target cargo install --quiet --locked --no-default-features --features search \
        --root "$tools" "mdbook@$mdbook_version" </dev/null
    rm -rf "$tools/target"
    has_mdbook
fi

rm -rf "$out"
mkdir -p "$out/html"
xtask book
if has_mdbook; then
    mdbook build "$out/stage" >"$out/mdbook.log" 2>&1 || { cat "$out/mdbook.log"; exit 1; }
    if grep -E 'WARN|ERROR' "$out/mdbook.log"; then
        echo "docs: mdbook complains"
        exit 1
    fi
fi
# mdbook empties the directory that it writes to, so the reference comes second.
python3 scripts/doxygen-filter.py --chapters >"$out/chapters.dox"
doxygen docs/Doxyfile || { echo "docs: doxygen complains; comments of plinth.h are in src/ (cargo xtask header), those of C++ in include/plinth"; exit 1; }
if has_mdbook; then
    xtask site "$out/html"
    echo "docs: $out/html/index.html"
else
    echo "docs: the reference is in $out/html/reference; the book needs mdbook, see make docs"
fi
