"""How fast the Python package runs over libfdb_c.so, beside the same work over libplinth.so.

usage: bench.py [--seconds S] [--rounds N] [--native DIRECTORY] [--memory]

Three sides do the same work in the same run, one after the other in every round:
  package  FoundationDB's Python package, as programs use it
  future   libfdb_c.so through bare ctypes: one future for each read, blocked on and destroyed
  native   libplinth.so through bare ctypes: blocking calls
Prints JSON: operations a second (median of the rounds) and ratios against native. Both stores are
fresh directories, so commits are synced; with --memory both are in memory. Run it with the
environment that run.sh made:
  LD_LIBRARY_PATH=target/release build/clients/python-7.3.79/bin/python clients/python/bench.py
"""

import argparse
import contextlib
import ctypes
import importlib.metadata
import json
import os
import pathlib
import statistics
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
KEYS = 1000
VALUE = b"v" * 100
HOT = b"key/00500"
FIRST, LAST = b"key/", b"key0"
LATEST = {"7.1": 710, "7.3": 730, "7.4": 740, "8.0": 800}


def check(code):
    """Ends the run when a call of a library fails."""
    if code:
        raise SystemExit(f"bench: a call failed with {code}")


class Package:
    """The Python package."""

    def __init__(self, fdb):
        self.fdb = fdb
        self.db = fdb.open()

    def fill(self, rows):
        tr = self.db.create_transaction()
        for key, value in rows:
            tr[key] = value
        tr.commit().wait()

    def begin(self):
        return self.db.create_transaction()

    def end(self, tr):
        del tr

    def get(self, tr):
        return tr[HOT].value

    def scan(self, tr):
        return len(list(tr.get_range(FIRST, LAST, limit=KEYS, streaming_mode=self.fdb.StreamingMode.exact)))

    def write(self, tr):
        tr[HOT] = VALUE
        tr.commit().wait()


class Future:
    """libfdb_c.so without the package."""

    def __init__(self, fdb):
        self.c = ctypes.CDLL(fdb.impl._capi._name)
        self.package = fdb.open()
        self.db = self.package.dpointer
        for name in ("get", "commit", "get_range"):
            getattr(self.c, "fdb_transaction_" + name).restype = ctypes.c_void_p

    def fill(self, rows):
        """The package has filled the store that both share."""

    def begin(self):
        tr = ctypes.c_void_p()
        check(self.c.fdb_database_create_transaction(self.db, ctypes.byref(tr)))
        return tr

    def end(self, tr):
        self.c.fdb_transaction_destroy(tr)

    def get(self, tr):
        future = ctypes.c_void_p(self.c.fdb_transaction_get(tr, HOT, len(HOT), 0))
        check(self.c.fdb_future_block_until_ready(future))
        present, data, length = ctypes.c_int(), ctypes.c_void_p(), ctypes.c_int()
        check(self.c.fdb_future_get_value(future, ctypes.byref(present), ctypes.byref(data), ctypes.byref(length)))
        value = ctypes.string_at(data, length.value) if present.value else None
        self.c.fdb_future_destroy(future)
        return value

    def scan(self, tr):
        future = ctypes.c_void_p(self.c.fdb_transaction_get_range(
            tr, FIRST, len(FIRST), 0, 1, LAST, len(LAST), 0, 1, KEYS, 0, 0, 1, 0, 0))
        check(self.c.fdb_future_block_until_ready(future))
        rows, count, more = ctypes.c_void_p(), ctypes.c_int(), ctypes.c_int()
        check(self.c.fdb_future_get_keyvalue_array(
            future, ctypes.byref(rows), ctypes.byref(count), ctypes.byref(more)))
        self.c.fdb_future_destroy(future)
        return count.value

    def write(self, tr):
        self.c.fdb_transaction_set(tr, HOT, len(HOT), VALUE, len(VALUE))
        future = ctypes.c_void_p(self.c.fdb_transaction_commit(tr))
        check(self.c.fdb_future_block_until_ready(future))
        check(self.c.fdb_future_get_error(future))
        self.c.fdb_future_destroy(future)


class Value(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("len", ctypes.c_size_t), ("owner", ctypes.c_void_p)]


class Range(ctypes.Structure):
    _fields_ = [("items", ctypes.c_void_p), ("count", ctypes.c_size_t), ("more", ctypes.c_bool),
                ("owner", ctypes.c_void_p)]


class Selector(ctypes.Structure):
    _fields_ = [("key", ctypes.c_char_p), ("key_len", ctypes.c_size_t), ("or_equal", ctypes.c_bool),
                ("offset", ctypes.c_int32)]


class RangeOptions(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_uint32), ("limit", ctypes.c_int32), ("target_bytes", ctypes.c_int64),
                ("snapshot", ctypes.c_bool), ("reverse", ctypes.c_bool)]


class Native:
    """libplinth.so; the calls block and there are no futures."""

    def __init__(self, library, directory):
        self.c = ctypes.CDLL(str(library))
        size = ctypes.c_size_t
        self.c.plinth_transaction_get.argtypes = [
            ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p, size, ctypes.c_void_p]
        self.c.plinth_transaction_set.argtypes = [
            ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p, size, ctypes.c_char_p, size]
        self.db = ctypes.c_void_p()
        check(self.c.plinth_database_open(os.fsencode(directory), None, ctypes.byref(self.db)))
        self.first, self.last = Selector(FIRST, len(FIRST), False, 1), Selector(LAST, len(LAST), False, 1)
        self.options = RangeOptions(ctypes.sizeof(RangeOptions), KEYS)

    def fill(self, rows):
        tr = self.begin()
        for key, value in rows:
            check(self.c.plinth_transaction_set(tr, None, key, len(key), value, len(value)))
        check(self.c.plinth_transaction_commit(tr))
        self.end(tr)

    def begin(self):
        tr = ctypes.c_void_p()
        check(self.c.plinth_transaction_begin(self.db, ctypes.byref(tr)))
        return tr

    def end(self, tr):
        self.c.plinth_transaction_destroy(tr)

    def get(self, tr):
        value = Value()
        check(self.c.plinth_transaction_get(tr, None, HOT, len(HOT), ctypes.byref(value)))
        found = ctypes.string_at(value.data, value.len) if value.data else None
        self.c.plinth_value_free(ctypes.byref(value))
        return found

    def scan(self, tr):
        found = Range()
        check(self.c.plinth_transaction_get_range(tr, None, ctypes.byref(self.first), ctypes.byref(self.last),
                                                  ctypes.byref(self.options), ctypes.byref(found)))
        count = found.count
        self.c.plinth_range_free(ctypes.byref(found))
        return count

    def write(self, tr):
        check(self.c.plinth_transaction_set(tr, None, HOT, len(HOT), VALUE, len(VALUE)))
        check(self.c.plinth_transaction_commit(tr))

    def close(self):
        check(self.c.plinth_database_close(self.db))


def in_one(operation, expected):
    """Many operations in one transaction."""
    def work(side, seconds):
        tr = side.begin()
        call = getattr(side, operation)
        assert call(tr) == expected
        done, start = 0, time.perf_counter()
        while time.perf_counter() - start < seconds:
            for _ in range(50):
                call(tr)
            done += 50
        rate = done / (time.perf_counter() - start)
        side.end(tr)
        return rate

    return work


def in_each(operation, step):
    """One transaction for each operation; the clock is read every `step` of them."""
    def work(side, seconds):
        call = getattr(side, operation)
        done, start = 0, time.perf_counter()
        while time.perf_counter() - start < seconds:
            for _ in range(step):
                tr = side.begin()
                call(tr)
                side.end(tr)
            done += step
        return done / (time.perf_counter() - start)

    return work


WORKS = {
    "point reads, one transaction": in_one("get", VALUE),
    "point reads, a transaction each": in_each("get", 20),
    f"scans of {KEYS} rows, a transaction each": in_each("scan", 1),
    "commits of one set": in_each("write", 1),
}


def measure(sides, seconds, rounds):
    """work -> side -> median of operations a second."""
    results = {}
    for name, work in WORKS.items():
        rates = {side: [] for side in sides}
        for _ in range(rounds):
            for side, engine in sides.items():
                rates[side].append(work(engine, seconds))
        medians = {side: round(statistics.median(values), 1) for side, values in rates.items()}
        medians["package / native"] = round(medians["package"] / medians["native"], 3)
        medians["future / native"] = round(medians["future"] / medians["native"], 3)
        results[name] = medians
    return results


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--native", default=str(ROOT / "target" / "release"))
    parser.add_argument("--memory", action="store_true")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        keeper = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="plinth-bench-")))
        os.environ["PLINTH_DATA"] = ":memory:" if options.memory else str(keeper / "fdb_c")
        version = importlib.metadata.version("foundationdb")
        import fdb
        fdb.api_version(LATEST[version[:3]])
        store = ":memory:" if options.memory else keeper / "native"
        native = Native(pathlib.Path(options.native) / "libplinth.so", store)
        sides = {"package": Package(fdb), "future": Future(fdb), "native": native}
        rows = [(b"key/%05d" % index, VALUE) for index in range(KEYS)]
        for side in sides.values():
            side.fill(rows)
        for side in sides.values():
            tr = side.begin()
            assert side.scan(tr) == KEYS
            side.end(tr)
        results = measure(sides, options.seconds, options.rounds)
        print(json.dumps({"package": version, "store": "memory" if options.memory else "directory",
                          "seconds": options.seconds, "rounds": options.rounds, "results": results}, indent=2))
        native.close()


if __name__ == "__main__":
    main()
