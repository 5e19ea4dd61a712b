"""What the test files share: the open database, keys of one's own, threads and scripts.

The process selects the newest API version that its package knows, or FDB_TEST_API_VERSION.
"""

import importlib.metadata
import os
import subprocess
import sys
import textwrap
import threading
import unittest

import fdb

PACKAGE = importlib.metadata.version("foundationdb")
LINE = tuple(int(part) for part in PACKAGE.split(".")[:2])
LATEST = {(7, 1): 710, (7, 3): 730, (7, 4): 740, (8, 0): 800}[LINE]
API = int(os.environ.get("FDB_TEST_API_VERSION", LATEST))
HAS_TENANTS = LINE < (8, 0)
# A hang guard, far above what any step needs.
GUARD = 120

fdb.api_version(API)

opened = []


def since(version, what):
    """Skips a test or a class below an API version."""
    return unittest.skipIf(API < version, f"{what} came with API {version}")


def database():
    """The database of this process."""
    if not opened:
        opened.append(fdb.open())
    return opened[0]


def another_handle():
    """A second handle on the same store, with options of its own."""
    database()
    return fdb.impl.create_database(None)


def capi():
    """The library itself, for calls that the package makes but does not offer."""
    return fdb.impl._capi


def code_of(function, *arguments):
    """The number of the error that a call raises; 0 if it raises none."""
    try:
        function(*arguments)
    except fdb.FDBError as error:
        return error.code
    return 0


def commit(transaction):
    """The error number of a commit."""
    return code_of(lambda: transaction.commit().wait())


def wait_code(future):
    """The error number of a future once it is ready."""
    if isinstance(future, fdb.impl.LazyFuture):
        return code_of(lambda: future.value)
    return code_of(future.wait)


def little(number, size=8):
    """A number as atomic operations want it."""
    return number.to_bytes(size, "little")


def number(value):
    """A little-endian number; 0 if the key is absent."""
    return int.from_bytes(bytes(value), "little") if value is not None else 0


def together(count, function):
    """Calls function(0) to function(count - 1) on threads that start at once; their results in order."""
    barrier = threading.Barrier(count)
    results, errors = [None] * count, []

    def body(index):
        try:
            barrier.wait(GUARD)
            results[index] = function(index)
        except BaseException as error:  # handed to the caller below
            errors.append(error)

    threads = [threading.Thread(target=body, args=(index,), daemon=True) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(GUARD)
        if thread.is_alive():
            raise AssertionError("a thread did not end")
    if errors:
        raise errors[0]
    return results


def start_script(source, *arguments, cwd=None, **environment):
    """Starts a program in a process of its own, with its data in memory unless told otherwise.

    An environment value of None removes the variable.
    """
    merged = {**os.environ, "PLINTH_DATA": ":memory:", **environment}
    variables = {key: str(value) for key, value in merged.items() if value is not None}
    prelude = f"import sys\nLATEST = {LATEST}\nLINE = {LINE}\n"
    return subprocess.Popen([sys.executable, "-c", prelude + textwrap.dedent(source), *map(str, arguments)],
                            env=variables, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)


def run_script(source, *arguments, **environment):
    """Runs a program to its end: exit code, what it printed, what it complained about."""
    process = start_script(source, *arguments, **environment)
    try:
        out, err = process.communicate(timeout=GUARD)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        raise AssertionError(f"the program did not end; it printed {out!r} {err!r}") from None
    return process.returncode, out, err


class DatabaseTest(unittest.TestCase):
    """A test with an open database and a key prefix that nothing else uses."""

    def setUp(self):
        self.db = database()
        self.prefix = fdb.tuple.pack((self.id(),))
        self.db.clear_range_startswith(self.prefix)
        self.kept = []

    def tearDown(self):
        self.kept.clear()

    def k(self, suffix=b""):
        """A key of this test."""
        return self.prefix + suffix

    def begin(self):
        """A new transaction."""
        return self.db.create_transaction()

    def fresh(self):
        """A new transaction that lives until the test ends: what is dropped with reads pending ends with 1025."""
        self.kept.append(self.begin())
        return self.kept[-1]

    def fill(self, count, value=lambda index: b"%d" % index):
        """Writes count keys and returns the pairs in order."""
        rows = [(self.k(b"%05d" % index), value(index)) for index in range(count)]
        for start in range(0, count, 500):
            transaction = self.begin()
            for key, content in rows[start:start + 500]:
                transaction[key] = content
            transaction.commit().wait()
        return rows

    def rows(self, reader=None):
        """Every pair of this test, as a list."""
        source = self.db if reader is None else reader
        return [(pair.key, pair.value) for pair in source.get_range_startswith(self.prefix)]

    def run_ok(self, source, *arguments, **environment):
        """Runs a program that must succeed; what it printed."""
        code, out, err = run_script(source, *arguments, **environment)
        self.assertEqual(code, 0, f"the program printed {out!r} and {err!r}")
        return out
