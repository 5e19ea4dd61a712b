"""Two queues that are strictly first in, first out.

StampQueue orders by versionstamp, so pushes never conflict. IndexQueue counts up, so pushes that
meet conflict and are tried again. In both, a pop takes the first item in a serializable
transaction: an item is handed out once.
"""

import fdb
from fdb.tuple import Versionstamp


class StampQueue:
    """Keys are (stamp of the push); the order of the commits is the order of the queue."""

    def __init__(self, subspace):
        self.items = subspace

    @fdb.transactional
    def push(self, tr, value):
        tr.set_versionstamped_key(self.items.pack_with_versionstamp((Versionstamp(),)), value)

    @fdb.transactional
    def push_all(self, tr, values):
        """Several at once, in their order."""
        for position, value in enumerate(values):
            tr.set_versionstamped_key(self.items.pack_with_versionstamp((Versionstamp(user_version=position),)), value)

    @fdb.transactional
    def pop(self, tr):
        """The oldest item, or None."""
        bounds = self.items.range()
        for pair in tr.get_range(bounds.start, bounds.stop, limit=1):
            del tr[pair.key]
            return pair.value
        return None


class IndexQueue:
    """Keys are (position); a push reads the last one."""

    def __init__(self, subspace):
        self.items = subspace

    def end(self, tr, reverse):
        """The first or last pair, or None."""
        bounds = self.items.range()
        for pair in tr.get_range(bounds.start, bounds.stop, limit=1, reverse=reverse):
            return pair
        return None

    @fdb.transactional
    def push(self, tr, value):
        last = self.end(tr, True)
        position = self.items.unpack(last.key)[0] + 1 if last else 0
        tr[self.items.pack((position,))] = value

    @fdb.transactional
    def pop(self, tr):
        """The oldest item, or None."""
        first = self.end(tr, False)
        if first is None:
            return None
        del tr[first.key]
        return first.value
