"""What one Python process does: in a pool, or as a shell beside. Functions are called in a process of its own.

Relies on: PLINTH_DATA naming the directory of the data. `open_database` is called once in each process,
after it was made.
"""

import os
import threading
import uuid

import fdb

ADDITIONS = 25
DIRECTORIES = 6
ROWS = 20
API = 730

db = None


def forget_parent():
    """What the package keeps, and a forked process must not use: the open database, and the semaphore that
    a thread waits with, which all processes that were forked after its first use would share."""
    fdb.impl.open_databases.clear()
    fdb.impl._thread_local_storage = threading.local()


def open_database():
    """The database of this process."""
    global db
    fdb.api_version(API)
    db = fdb.open()
    db[fdb.tuple.pack(("process", os.getpid()))] = b"python"


def number(value):
    """A counter; 0 if the key is absent."""
    return int.from_bytes(bytes(value), "little") if value.present() else 0


def sums():
    """Both counters, in one state."""
    @fdb.transactional
    def read(tr):
        return number(tr[b"sum"]), number(tr[b"atoms"])
    return read(db)


def count():
    """Adds one so many times: once by reading and writing, once without reading."""
    @fdb.transactional
    def add(tr):
        sum = tr[b"sum"]
        tr[b"sum"] = (number(sum) + 1).to_bytes(8, "little")
        tr.add(b"atoms", (1).to_bytes(8, "little"))

    for _ in range(ADDITIONS):
        add(db)
    return ADDITIONS


def make_directories(name):
    """Makes directories of its own and opens those that all make: path and prefix of each."""
    paths = [("own", name, str(i)) for i in range(DIRECTORIES)] + [("shared", str(i)) for i in range(DIRECTORIES)]
    return [("/".join(path), fdb.directory.create_or_open(db, path).key().hex()) for path in paths]


def open_directory(path):
    """The prefix of a directory that another process made."""
    return fdb.directory.open(db, tuple(path.split("/"))).key().hex()


def row(name, i):
    """The elements of a key: every type that all clients have."""
    return ("rows", name, i, -i * 1_000_003, f"text {i} \x00 \u00e4", bytes([0, i, 255]), (i, ("inner", None)), i % 2 == 0,
            float(i) / 3, uuid.UUID(int=i))


def write_rows(name):
    """Rows whose values are their keys again."""
    @fdb.transactional
    def write(tr):
        for i in range(ROWS):
            key = fdb.tuple.pack(row(name, i))
            tr[key] = key
    write(db)
    return name


def read_rows(name):
    """How many rows of another process there are; those of Python are compared, element by element."""
    found = [(fdb.tuple.unpack(key), key == value) for key, value in db[fdb.tuple.range(("rows", name))]]
    assert all(same for _, same in found), name
    if name.startswith("python"):
        assert [elements for elements, _ in found] == [row(name, i) for i in range(ROWS)], name
    return len(found)
