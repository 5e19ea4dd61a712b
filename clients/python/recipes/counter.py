"""A counter that never makes anybody wait: atomic additions, reads without conflict if wanted."""

import fdb


class Counter:
    def __init__(self, key):
        self.key = key

    @fdb.transactional
    def add(self, tr, amount):
        tr.add(self.key, (amount % (1 << 64)).to_bytes(8, "little"))

    @fdb.transactional
    def get(self, tr):
        """The exact value: who writes because of it conflicts with additions."""
        return self.decode(tr[self.key].value)

    @fdb.transactional
    def about(self, tr):
        """The value at the read version, without a conflict."""
        return self.decode(tr.snapshot[self.key].value)

    @staticmethod
    def decode(value):
        number = int.from_bytes(value or bytes(8), "little")
        return number - (1 << 64) if number >> 63 else number
