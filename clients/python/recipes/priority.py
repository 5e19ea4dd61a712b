"""A priority queue: the smallest priority first, among equals the one pushed first.

Keys are (priority, stamp of the push), so pushes never conflict with each other.
"""

import fdb
from fdb.tuple import Versionstamp


class PriorityQueue:
    def __init__(self, subspace):
        self.items = subspace

    @fdb.transactional
    def push(self, tr, value, priority):
        tr.set_versionstamped_key(self.items.pack_with_versionstamp((priority, Versionstamp())), value)

    @fdb.transactional
    def pop(self, tr, largest=False):
        """(priority, value) of the first item, or of the last one; None if there is none."""
        bounds = self.items.range()
        for pair in tr.get_range(bounds.start, bounds.stop, limit=1, reverse=largest):
            del tr[pair.key]
            return self.items.unpack(pair.key)[0], pair.value
        return None

    @fdb.transactional
    def peek(self, tr):
        """The first item, which stays."""
        bounds = self.items.range()
        for pair in tr.get_range(bounds.start, bounds.stop, limit=1):
            return self.items.unpack(pair.key)[0], pair.value
        return None
