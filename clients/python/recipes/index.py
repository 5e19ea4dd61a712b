"""People and where they live, with an index by town.

The index is written in the transaction that writes the person, so the two never disagree.
"""

import fdb


class People:
    def __init__(self, subspace):
        self.main = subspace["person"]
        self.by_town = subspace["town"]

    @fdb.transactional
    def put(self, tr, name, town):
        old = tr[self.main.pack((name,))]
        if old.present():
            del tr[self.by_town.pack((bytes(old).decode(), name))]
        tr[self.main.pack((name,))] = town.encode()
        tr[self.by_town.pack((town, name))] = b""

    @fdb.transactional
    def remove(self, tr, name):
        """Whether the person was there."""
        old = tr[self.main.pack((name,))]
        if not old.present():
            return False
        del tr[self.by_town.pack((bytes(old).decode(), name))]
        del tr[self.main.pack((name,))]
        return True

    @fdb.transactional
    def town_of(self, tr, name):
        town = tr[self.main.pack((name,))].value
        return town.decode() if town is not None else None

    @fdb.transactional
    def living_in(self, tr, town):
        """The names, in order, out of the index alone."""
        return [self.by_town.unpack(pair.key)[1] for pair in tr[self.by_town.range((town,))]]

    @fdb.transactional
    def both(self, tr):
        """The people and the index as sets of (town, name), from one snapshot."""
        people = {(pair.value.decode(), self.main.unpack(pair.key)[0]) for pair in tr[self.main.range()]}
        return people, {self.by_town.unpack(pair.key) for pair in tr[self.by_town.range()]}
