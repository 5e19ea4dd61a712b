"""Runs the test files, each in a process of its own with a throw-away store.

usage: runner.py VERSION [--directory] [NAME]...

--directory gives each file a store on disk instead of one in memory.

A process can select one API version and start one network, so no two files share one. A file that
hangs is ended and counts as one failure, as does a file that dies. Tests that a package's line does
not have are skipped with a reason and counted as neither.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
GUARD_SECONDS = 400


class Counter(unittest.TextTestResult):
    """Counts what passed too."""

    def __init__(self, *arguments, **keywords):
        super().__init__(*arguments, **keywords)
        self.passed = 0

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1


def run_file(path, report):
    """The inner process: runs one file and writes its counts."""
    sys.path[:0] = [str(HERE), str(HERE / "tests"), str(pathlib.Path(path).parent)]
    suite = unittest.defaultTestLoader.loadTestsFromName(pathlib.Path(path).stem)
    result = unittest.TextTestRunner(sys.stderr, resultclass=Counter, verbosity=1).run(suite)
    failed = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    counts = {"passed": result.passed, "failed": failed, "skipped": len(result.skipped)}
    counts["reasons"] = sorted({reason for _, reason in result.skipped})
    pathlib.Path(report).write_text(json.dumps(counts))
    return 1 if failed else 0


def outcome(path, directory, on_disk):
    """Runs one file in a process; its counts and what it printed."""
    store = str(pathlib.Path(directory) / path.stem) if on_disk else ":memory:"
    report = pathlib.Path(directory) / "report"
    report.unlink(missing_ok=True)
    environment = dict(os.environ, PLINTH_DATA=store, PYTHONDONTWRITEBYTECODE="1")
    environment.pop("FDB_CLUSTER_FILE", None)
    command = [sys.executable, "-X", "faulthandler", __file__, "--file", str(path), str(report)]
    try:
        done = subprocess.run(command, env=environment, cwd=directory, stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=GUARD_SECONDS)
        printed, ended = done.stdout, f"ended with {done.returncode}"
        clean = done.returncode in (0, 1)
    except subprocess.TimeoutExpired as late:
        printed, ended, clean = (late.stdout or b"").decode(errors="replace"), "did not end", False
    counts = json.loads(report.read_text()) if report.exists() else {"passed": 0, "failed": 0, "skipped": 0}
    if not clean or not report.exists():
        counts["failed"] += 1
        printed += f"\n{path.name} {ended}\n"
    return counts, printed


def test_files(names):
    """The files to run: tests first, then recipes."""
    found = sorted((HERE / "tests").glob("test_*.py")) + sorted((HERE / "recipes").glob("test_*.py"))
    return [path for path in found if not names or any(name in path.stem for name in names)]


def main(version, names, on_disk):
    totals = {"passed": 0, "failed": 0, "skipped": 0}
    reasons = set()
    with tempfile.TemporaryDirectory(prefix="plinth-python-") as directory:
        for path in test_files(names):
            start = time.monotonic()
            counts, printed = outcome(path, directory, on_disk)
            for key in totals:
                totals[key] += counts[key]
            reasons.update(counts.get("reasons", ()))
            line = "{passed} passed, {failed} failed, {skipped} skipped".format(**counts)
            print(f"  {path.stem}: {line}, {time.monotonic() - start:.1f} s", flush=True)
            if counts["failed"]:
                print(printed, flush=True)
    for reason in sorted(reasons):
        print(f"  skipped: {reason}")
    print(f"clients python {version}: {totals['passed']} passed, {totals['failed']} failed")
    return 1 if totals["failed"] or not totals["passed"] else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--file"]:
        sys.exit(run_file(*sys.argv[2:]))
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    words = sys.argv[2:]
    sys.exit(main(sys.argv[1], [word for word in words if word != "--directory"], "--directory" in words))
