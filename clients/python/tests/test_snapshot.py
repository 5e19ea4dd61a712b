"""Snapshot reads: what they see, and that they never conflict."""

import unittest

import fdb
from support import DatabaseTest, another_handle, commit


class Snapshot(DatabaseTest):
    def outcome(self, read, handle=None):
        """Commits a transaction that did this read, after another one changed this test's rows."""
        self.db.clear_range_startswith(self.prefix)
        self.db[self.k(b"b")] = b"old"
        transaction = (handle or self.db).create_transaction()
        read(transaction)
        self.db[self.k(b"b")] = b"new"
        transaction[self.k(b"out")] = b""
        return commit(transaction)

    def test_snapshot_reads_do_not_conflict_and_ordinary_ones_do(self):
        """CONF-2, CONF-4, CONF-5, CONF-7: the same three reads both ways."""
        reads = (lambda view: view[self.k(b"b")].value,
                 lambda view: view.get_key(fdb.KeySelector.first_greater_or_equal(self.k(b"b"))).value,
                 lambda view: list(view.get_range_startswith(self.prefix)))
        for read in reads:
            self.assertEqual(self.outcome(lambda tr: read(tr.snapshot)), 0)
            self.assertEqual(self.outcome(read), 1020)

    def test_a_snapshot_read_made_safe_by_hand(self):
        """CONF-10: a read conflict added for the key alone."""
        def read(transaction):
            self.assertEqual(transaction.snapshot[self.k(b"b")], b"old")
            transaction.add_read_conflict_key(self.k(b"b"))

        self.assertEqual(self.outcome(read), 1020)

        def elsewhere(transaction):
            self.assertEqual(transaction.snapshot[self.k(b"b")], b"old")
            transaction.add_read_conflict_key(self.k(b"c"))

        self.assertEqual(self.outcome(elsewhere), 0)

    def test_both_views_read_one_version(self):
        """VER-12: the snapshot of a transaction has its read version."""
        self.db[self.k()] = b"then"
        transaction = self.begin()
        version = transaction.get_read_version().wait()
        self.db[self.k()] = b"later"
        self.assertEqual(transaction.snapshot.get_read_version().wait(), version)
        self.assertEqual(transaction.snapshot[self.k()], b"then")
        self.assertEqual(transaction[self.k()], b"then")

    def test_snapshot_reads_see_own_writes_unless_told_not_to(self):
        """RYW-6: the counter starts at one; disable takes one, enable adds one."""
        self.db[self.k()] = b"stored"
        for switches, expected in (("", b"own"), ("-", b"stored"), ("-+", b"own"), ("--+", b"stored"), ("+-", b"own")):
            transaction = self.begin()
            for switch in switches:
                if switch == "-":
                    transaction.options.set_snapshot_ryw_disable()
                else:
                    transaction.options.set_snapshot_ryw_enable()
            transaction[self.k()] = b"own"
            self.assertEqual(transaction.snapshot[self.k()], expected, switches)
            self.assertEqual(transaction[self.k()], b"own")
            found = [pair.value for pair in transaction.snapshot.get_range_startswith(self.prefix)]
            self.assertEqual(found, [expected])

    def test_the_database_sets_where_the_counter_starts(self):
        """RYW-6, OPT-5: for later transactions of that handle only."""
        handle = another_handle()
        handle.options.set_snapshot_ryw_disable()
        for source, expected in ((handle, None), (self.db, b"own")):
            transaction = source.create_transaction()
            transaction[self.k()] = b"own"
            self.assertEqual(transaction.snapshot[self.k()].value, expected)
        handle.options.set_snapshot_ryw_enable()
        transaction = handle.create_transaction()
        transaction[self.k()] = b"own"
        self.assertEqual(transaction.snapshot[self.k()], b"own")

    def test_read_your_writes_disabled(self):
        """RYW-7: reads see the database only, and the option must come first."""
        self.db[self.k()] = b"stored"
        transaction = self.begin()
        transaction.options.set_read_your_writes_disable()
        transaction[self.k()] = b"own"
        self.assertEqual(transaction[self.k()], b"stored")
        self.assertEqual(commit(transaction), 0)
        self.assertEqual(self.db[self.k()], b"own")
        late = self.begin()
        late[self.k()] = b"x"
        late.options.set_read_your_writes_disable()
        self.assertEqual(commit(late), 2000)


if __name__ == "__main__":
    unittest.main()
