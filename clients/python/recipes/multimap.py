"""A multimap: each key has values, each value a count.

Adding is an atomic operation and never conflicts. Removing the last one takes the row away.
"""

import fdb

ONE = (1).to_bytes(8, "little")
MINUS_ONE = (2 ** 64 - 1).to_bytes(8, "little")
ZERO = bytes(8)


class MultiMap:
    def __init__(self, subspace):
        self.rows = subspace

    @fdb.transactional
    def add(self, tr, key, value):
        tr.add(self.rows.pack((key, value)), ONE)

    @fdb.transactional
    def remove(self, tr, key, value):
        """Takes one away; whether there was one."""
        row = self.rows.pack((key, value))
        if not tr[row].present():
            return False
        tr.add(row, MINUS_ONE)
        tr.compare_and_clear(row, ZERO)
        return True

    @fdb.transactional
    def counts(self, tr, key):
        """value -> count of a key."""
        return {self.rows.unpack(pair.key)[1]: int.from_bytes(pair.value, "little")
                for pair in tr[self.rows.range((key,))]}

    @fdb.transactional
    def all(self, tr):
        """(key, value) -> count."""
        return {self.rows.unpack(pair.key): int.from_bytes(pair.value, "little") for pair in tr[self.rows.range()]}
