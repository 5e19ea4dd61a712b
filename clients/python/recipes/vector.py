"""A sparse vector: positions that were never set read as the default.

The last position always exists, so that the size is one read.
"""

import fdb


class Vector:
    def __init__(self, subspace, default=b""):
        self.items = subspace
        self.default = default

    def last(self, tr):
        """The last pair, or None."""
        bounds = self.items.range()
        for pair in tr.get_range(bounds.start, bounds.stop, limit=1, reverse=True):
            return pair
        return None

    @fdb.transactional
    def size(self, tr):
        last = self.last(tr)
        return self.items.unpack(last.key)[0] + 1 if last else 0

    @fdb.transactional
    def push(self, tr, value):
        """Appends; the position it got."""
        position = self.size(tr)
        tr[self.items.pack((position,))] = value
        return position

    @fdb.transactional
    def pop(self, tr):
        """Takes the last item, or None."""
        last = self.last(tr)
        if last is None:
            return None
        del tr[last.key]
        position = self.items.unpack(last.key)[0]
        if position and not tr[self.items.pack((position - 1,))].present():
            tr[self.items.pack((position - 1,))] = self.default
        return last.value

    @fdb.transactional
    def get(self, tr, position):
        if position >= self.size(tr):
            raise IndexError(position)
        value = tr[self.items.pack((position,))].value
        return self.default if value is None else value

    @fdb.transactional
    def set(self, tr, position, value):
        """Sets any position; the vector grows as needed."""
        tr[self.items.pack((position,))] = value

    @fdb.transactional
    def swap(self, tr, left, right):
        first, second = self.get(tr, left), self.get(tr, right)
        self.set(tr, left, second)
        self.set(tr, right, first)

    @fdb.transactional
    def to_list(self, tr):
        found = [self.default] * self.size(tr)
        for pair in tr[self.items.range()]:
            found[self.items.unpack(pair.key)[0]] = pair.value
        return found
