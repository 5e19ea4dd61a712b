"""Databases and keyspaces."""

import weakref

from ._native import ffi, lib, text
from .errors import Error, check
from .transaction import Transaction, _option


class Database:
    """An open database: ``with plinth.open(path) as db``. Any thread may use it."""

    def __init__(self, path, options):
        settings = ffi.new("plinth_database_options *")
        settings.struct_size = ffi.sizeof("plinth_database_options")
        known = {name for name, _ in ffi.typeof("plinth_database_options").fields} - {"struct_size"}
        for name, value in options.items():
            if name not in known:
                raise ValueError(f"there is no option {name}; there are {', '.join(sorted(known))}")
            setattr(settings, name, value)
        handle = ffi.new("plinth_database **")
        check(lib.plinth_database_open(str(path).encode(), settings, handle))
        self._handle = handle[0]
        self._ended = weakref.finalize(self, lib.plinth_database_close, self._handle)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Closes it; raises what could not be made durable. What is still open of it fails from then on."""
        if self._ended.detach():
            check(lib.plinth_database_close(self._handle))

    def transaction(self):
        """Begins a transaction, which the caller commits."""
        return Transaction(self)

    def run(self, body):
        """Calls ``body(transaction)`` and commits, again and again until that succeeds or fails for good.

        Returns what the body returned. As it may run several times, its effects outside the database should be
        harmless to repeat. An exception of its own ends the transaction without a commit.
        """
        with self.transaction() as tr:
            while True:
                try:
                    result = body(tr)
                    tr.commit()
                    return result
                except Error as error:
                    tr.on_error(error)

    def transactional(self, function):
        """A decorator: ``@db.transactional`` has calls of a function run so, with the transaction as first argument."""

        def runs(*arguments, **named):
            return self.run(lambda tr: function(tr, *arguments, **named))

        return runs

    def keyspace(self, name):
        """Opens a keyspace and makes it if it is missing."""
        return Keyspace(self, name)

    def keyspaces(self):
        """The names of all keyspaces."""
        found = ffi.new("plinth_range *")
        check(lib.plinth_keyspace_list(self._handle, found))
        try:
            items = (found.items[i] for i in range(found.count))
            return [bytes(ffi.buffer(item.key, item.key_len)).decode() for item in items]
        finally:
            lib.plinth_range_free(found)

    def drop_keyspace(self, name):
        """Removes a keyspace and all its keys, at once."""
        check(lib.plinth_keyspace_drop(self._handle, name.encode()))

    def sync(self):
        """Makes everything acknowledged durable."""
        check(lib.plinth_database_sync(self._handle))

    def option(self, name, value=0):
        """Sets an option by its name, such as ``"max_watches"``: PLINTH_DATABASE_OPTION_* has them all."""
        check(lib.plinth_database_set_option(self._handle, _option("PLINTH_DATABASE_OPTION_", name), value))

    def metrics(self):
        """The counters, by their names."""
        counters = ffi.new("plinth_metrics *")
        check(lib.plinth_database_metrics(self._handle, counters, ffi.sizeof("plinth_metrics")))
        return {name: getattr(counters, name) for name, _ in ffi.typeof("plinth_metrics").fields}


class Keyspace:
    """A keyspace: pass it to the calls of a transaction."""

    def __init__(self, database, name):
        handle = ffi.new("plinth_keyspace **")
        check(lib.plinth_keyspace_open(database._handle, name.encode(), handle))
        self._handle = handle[0]
        self._ended = weakref.finalize(self, lib.plinth_keyspace_close, self._handle)


def repair(path):
    """Makes a damaged directory a database again; plinth_database_repair() says what is lost. Returns the counts."""
    repaired = ffi.new("plinth_repaired *")
    check(lib.plinth_database_repair(str(path).encode(), repaired, ffi.sizeof("plinth_repaired")))
    return {name: getattr(repaired, name) for name, _ in ffi.typeof("plinth_repaired").fields}


def version():
    """The library's version."""
    return text(lib.plinth_version())
