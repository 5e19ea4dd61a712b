#!/usr/bin/env python3
"""Collects the licences of everything that is linked into libplinth and the programs into one directory.

usage: scripts/licenses.py DIRECTORY

The list comes from cargo's own resolution; the texts from the sources that were compiled.
"""

import json
import pathlib
import shutil
import subprocess
import sys

# Licences of C and C++ code inside a crate, beside the crate's own. RocksDB is used under
# Apache-2.0, one of its two licences.
BUNDLED = {
    "librocksdb-sys": ["rocksdb/LICENSE.Apache", "rocksdb/LICENSE.leveldb"],
    "lz4-sys": ["liblz4/LICENSE", "liblz4/lib/LICENSE"],
    "zstd-sys": ["zstd/LICENSE"],
}
OWN = ("LICENSE*", "LICENCE*", "COPYING*", "COPYRIGHT*", "NOTICE*", "UNLICENSE*")


def run(*command):
    """What a command prints."""
    done = subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    return done.stdout


def linked_packages():
    """The crates from registries that end up in the library or in a program, as cargo describes them."""
    tree = run("cargo", "tree", "--locked", "-p", "plinth", "-p", "plinthd", "-p", "plinth-tool", "-e", "normal,no-proc-macro", "--prefix", "none", "--format", "{p}")
    linked = {tuple(line.split()[:2]) for line in tree.splitlines()}
    metadata = json.loads(run("cargo", "metadata", "--locked", "--format-version", "1"))
    foreign = [package for package in metadata["packages"] if package["source"]]
    return sorted(
        (package for package in foreign if (package["name"], "v" + package["version"]) in linked),
        key=lambda package: package["name"],
    )


def texts(package):
    """The licence files of a package as (path, name under which to keep it)."""
    root = pathlib.Path(package["manifest_path"]).parent
    for pattern in OWN:
        for path in sorted(root.glob(pattern)):
            if path.is_file():
                yield path, path.name
    for name in BUNDLED.get(package["name"], []):
        path = root / name
        if not path.is_file():
            sys.exit(f"licenses: {path} is missing")
        yield path, name.replace("/", "-")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    directory = pathlib.Path(sys.argv[1])
    shutil.rmtree(directory, ignore_errors=True)
    lines = ["Code of others that is linked into libplinth, with its licence.", ""]
    for package in linked_packages():
        title = f"{package['name']}-{package['version']}"
        kept = []
        for path, name in texts(package):
            (directory / title).mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, directory / title / name)
            kept.append(name)
        source = package["repository"] or "https://crates.io/crates/" + package["name"]
        lines.append(f"{title}: {package['license']}; {source}; {', '.join(kept) or 'no text in the package'}")
    lines.append("The Rust standard library: MIT OR Apache-2.0; https://github.com/rust-lang/rust")
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "LIST.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
