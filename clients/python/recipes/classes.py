"""Students sign up for classes with limited seats, at most five classes each.

The seats left are counted in the transaction that writes the attendance, so they never go below zero.
"""

import fdb

MOST = 5


class NoSeat(Exception):
    """The class is full."""


class TooMany(Exception):
    """The student has five classes."""


class Schedule:
    def __init__(self, subspace):
        self.seats = subspace["seats"]
        self.attends = subspace["attends"]

    @fdb.transactional
    def offer(self, tr, name, seats):
        tr[self.seats.pack((name,))] = b"%d" % seats

    def left(self, tr, name):
        """Seats left of one class."""
        return int(tr[self.seats.pack((name,))].value)

    @fdb.transactional
    def available(self, tr):
        """The classes that have a seat left; a snapshot read, so that looking disturbs nobody."""
        return [self.seats.unpack(pair.key)[0] for pair in tr.snapshot[self.seats.range()] if int(pair.value)]

    @fdb.transactional
    def sign_up(self, tr, student, name):
        if tr[self.attends.pack((student, name))].present():
            return
        left = self.left(tr, name)
        if not left:
            raise NoSeat(name)
        if len(list(tr[self.attends.range((student,))])) >= MOST:
            raise TooMany(student)
        tr[self.seats.pack((name,))] = b"%d" % (left - 1)
        tr[self.attends.pack((student, name))] = b""

    @fdb.transactional
    def drop(self, tr, student, name):
        if not tr[self.attends.pack((student, name))].present():
            return
        tr[self.seats.pack((name,))] = b"%d" % (self.left(tr, name) + 1)
        del tr[self.attends.pack((student, name))]

    @fdb.transactional
    def switch(self, tr, student, old, new):
        """Both or neither."""
        self.drop(tr, student, old)
        self.sign_up(tr, student, new)

    @fdb.transactional
    def everything(self, tr):
        """class -> seats left, and the list of (student, class), from one snapshot."""
        left = {self.seats.unpack(pair.key)[0]: int(pair.value) for pair in tr[self.seats.range()]}
        return left, [self.attends.unpack(pair.key) for pair in tr[self.attends.range()]]
