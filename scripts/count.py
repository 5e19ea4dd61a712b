#!/usr/bin/env python3
"""Prints how many tests passed and failed according to the log of cargo test, ctest or plinth-prove.

usage: scripts/count.py LOG
"""

import re
import sys

CARGO = re.compile(r"^test result: \w+\. (\d+) passed; (\d+) failed;")
CTEST = re.compile(r"^\d+% tests passed, (\d+) tests? failed out of (\d+)")
# The last lines of clients/*/run.sh, scripts/wheel.sh test, node.sh and go.sh.
CLIENTS = re.compile(r"^clients [a-z-]+ [0-9.]+: (\d+) passed, (\d+) failed$")
# The steps of scripts/install-test.sh and deb-test.sh.
INSTALL = re.compile(r"^install test: (ok|FAILED) ")
# The last line of a stage of plinth-prove.
PROVE = re.compile(r"^prove [a-z0-9-]+: (\d+) passed, (\d+) failed$")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    passed = failed = 0
    with open(sys.argv[1], encoding="utf-8", errors="replace") as log:
        for line in log:
            if found := CARGO.match(line):
                passed += int(found[1])
                failed += int(found[2])
            elif found := CTEST.match(line):
                passed += int(found[2]) - int(found[1])
                failed += int(found[1])
            elif found := CLIENTS.match(line) or PROVE.match(line):
                passed += int(found[1])
                failed += int(found[2])
            elif found := INSTALL.match(line):
                passed += found[1] == "ok"
                failed += found[1] == "FAILED"
    print(passed, failed)


if __name__ == "__main__":
    main()
