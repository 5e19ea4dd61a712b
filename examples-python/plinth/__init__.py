"""Plinth: FoundationDB-style transactions over an embedded RocksDB.

    import plinth

    with plinth.open("/srv/data") as db:

        @db.transactional
        def move(tr, source, target):
            tr[target] = tr[source]
            del tr[source]

        move(b"from", b"to")

What each call does, its limits and its errors are those of the C function of the same name (``plinth.h``).
"""

from .database import Database, Keyspace, repair, version
from .errors import Error
from .transaction import KeyValue, Selector, Transaction, Watch

__all__ = [
    "Database", "Error", "KeyValue", "Keyspace", "Selector", "Transaction", "Watch", "open", "repair", "version",
]


def open(path, **options):
    """Opens a database, and makes it if it is missing. ``":memory:"`` is one that nobody else sees.

    The options are the fields of plinth_database_options, such as ``memory_budget=1 << 30``.
    """
    return Database(path, options)
