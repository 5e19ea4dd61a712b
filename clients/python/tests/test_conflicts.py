"""Conflict ranges: by hand, by every kind of read and write, and the special keys that report them."""

import random
import unittest

from support import API, DatabaseTest, code_of, commit, since, wait_code

CONFLICTING = b"\xff\xff/transaction/conflicting_keys/"
READ_CONFLICTS = b"\xff\xff/transaction/read_conflict_range/"
WRITE_CONFLICTS = b"\xff\xff/transaction/write_conflict_range/"


class ByHand(DatabaseTest):
    def ranges(self, dice, count):
        """Random half-open ranges over a small key space."""
        found = []
        for _ in range(dice.randrange(count + 1)):
            low, high = sorted((dice.randrange(12), dice.randrange(13)))
            found.append((low, high))
        return found

    def at(self, number):
        return self.k(b"%02d" % number)

    def test_ranges_decide_and_nothing_else(self):
        """CONF-13, CONF-14, CONF-10: 300 pairs of transactions with random ranges against a model."""
        for seed in range(300):
            dice = random.Random(seed)
            reads, writes = self.ranges(dice, 3), self.ranges(dice, 3)
            reader = self.begin()
            reader.get_read_version().wait()
            writer = self.begin()
            for low, high in writes:
                writer.add_write_conflict_range(self.at(low), self.at(high))
            self.assertEqual(commit(writer), 0)
            for low, high in reads:
                reader.add_read_conflict_range(self.at(low), self.at(high))
            reader[self.k(b"out")] = b""
            touched = {key for low, high in writes for key in range(low, high)}
            hit = any(key in touched for low, high in reads for key in range(low, high))
            self.assertEqual(commit(reader), 1020 if hit else 0, (seed, reads, writes))

    def test_single_keys(self):
        """CONF-13: a key and its neighbour."""
        for suffix, expected in ((b"k", 1020), (b"k\x00", 0), (b"j\xff", 0)):
            reader = self.begin()
            reader.get_read_version().wait()
            writer = self.begin()
            writer.add_write_conflict_key(self.k(b"k"))
            self.assertEqual(commit(writer), 0)
            reader.add_read_conflict_key(self.k(suffix))
            reader[self.k(b"out")] = b""
            self.assertEqual(commit(reader), expected)

    def test_a_write_conflict_alone_is_a_write_commit(self):
        """COM-2: it gets a commit version although it changes nothing."""
        writer = self.begin()
        writer.add_write_conflict_key(self.k())
        self.assertEqual(commit(writer), 0)
        self.assertGreater(writer.get_committed_version(), 0)

    def test_a_read_conflict_alone_is_a_read_only_commit(self):
        """COM-1: it never fails."""
        reader = self.begin()
        reader.get_read_version().wait()
        reader.add_read_conflict_key(self.k())
        self.db[self.k()] = b"x"
        self.assertEqual(commit(reader), 0)

    def test_inverted_and_empty_ranges(self):
        """CONF-10: 2005 at once, and no effect."""
        transaction = self.begin()
        self.assertEqual(code_of(transaction.add_read_conflict_range, self.k(b"b"), self.k(b"a")), 2005)
        self.assertEqual(code_of(transaction.add_write_conflict_range, self.k(b"b"), self.k(b"a")), 2005)
        transaction.add_write_conflict_range(self.k(b"a"), self.k(b"a"))
        self.assertEqual(commit(transaction), 0)
        self.assertEqual(transaction.get_committed_version(), -1)

    def test_an_own_written_key_is_not_a_read_conflict(self):
        """CONF-3, CONF-10: what the transaction set before is cut out of the range added later."""
        transaction = self.begin()
        transaction.get_read_version().wait()
        transaction[self.k(b"b")] = b"mine"
        transaction.add_read_conflict_range(self.k(b"a"), self.k(b"d"))
        self.db[self.k(b"b")] = b"theirs"
        self.assertEqual(commit(transaction), 0)
        transaction.reset()
        transaction.get_read_version().wait()
        transaction[self.k(b"b")] = b"mine"
        transaction.add_read_conflict_range(self.k(b"a"), self.k(b"d"))
        self.db[self.k(b"c")] = b"theirs"
        self.assertEqual(commit(transaction), 1020)

    def test_the_next_write_without_conflict(self):
        """CONF-11, CONF-12: one write is not seen by the resolver, the one after it is."""
        for second, expected in ((False, 0), (True, 1020)):
            reader = self.begin()
            self.assertIsNone(reader[self.k(b"quiet")].value)
            writer = self.begin()
            if second:
                writer.options.set_next_write_no_write_conflict_range()
                writer[self.k(b"other")] = b""
            else:
                writer.options.set_next_write_no_write_conflict_range()
            writer[self.k(b"quiet")] = b"x"
            self.assertEqual(commit(writer), 0)
            self.assertEqual(self.db[self.k(b"quiet")], b"x")
            reader[self.k(b"out")] = b""
            self.assertEqual(commit(reader), expected)
            del self.db[self.k(b"quiet")]

    def test_a_limited_range_read_conflicts_only_with_what_it_read(self):
        """CONF-5: forward up to the last row, reverse down to it."""
        rows = self.fill(10)
        for reverse, changed, expected in ((False, 2, 1020), (False, 3, 0), (True, 7, 1020), (True, 6, 0)):
            reader = self.begin()
            found = list(reader.get_range_startswith(self.prefix, limit=3, reverse=reverse))
            self.assertEqual(len(found), 3)
            self.db[rows[changed][0]] = b"changed"
            reader[self.k(b"zz")] = b""
            self.assertEqual(commit(reader), expected, (reverse, changed))
            del self.db[self.k(b"zz")]

    def test_equal_values_and_absent_keys_conflict_too(self):
        """CONF-16: only ranges decide, never values."""
        self.db[self.k()] = b"same"
        for change in (lambda: self.db.set(self.k(), b"same"), lambda: self.db.clear(self.k(b"absent"))):
            reader = self.begin()
            self.rows(reader)
            change()
            reader[self.k(b"out")] = b""
            self.assertEqual(commit(reader), 1020)

    def test_of_a_crowd_in_conflict_at_least_one_commits(self):
        """CONF-20: twenty transactions read and write one key; one commits and nineteen fail."""
        crowd = [self.begin() for _ in range(20)]
        for transaction in crowd:
            self.assertIsNone(transaction[self.k()].value)
            transaction[self.k()] = b"x"
        self.assertEqual(sorted(map(commit, crowd)), [0] + [1020] * 19)


@since(630, "the special-key modules")
class Reports(DatabaseTest):
    def report(self, transaction, prefix):
        """A conflict-range module as pairs of keys relative to this test's prefix."""
        pairs = transaction.get_range(prefix, prefix + b"\xff\xff").to_list()
        return [(pair.key[len(prefix):], pair.value) for pair in pairs]

    def test_conflicting_keys_are_told(self):
        """SPEC-4, SPEC-6: the read conflict range that was hit, also after on_error."""
        reader = self.begin()
        reader.options.set_report_conflicting_keys()
        reader[self.k(b"a")].value
        reader[self.k(b"b")].value
        self.db[self.k(b"b")] = b"x"
        reader[self.k(b"out")] = b""
        self.assertEqual(commit(reader), 1020)
        expected = [(self.k(b"b"), b"1"), (self.k(b"b\x00"), b"0")]
        self.assertEqual(self.report(reader, CONFLICTING), expected)
        self.assertEqual(wait_code(reader.on_error(1020)), 0)
        self.assertEqual(self.report(reader, CONFLICTING), expected)

    def test_without_the_option_nothing_is_told(self):
        """SPEC-4: the module is empty."""
        reader = self.begin()
        reader[self.k()].value
        self.db[self.k()] = b"x"
        reader[self.k(b"out")] = b""
        self.assertEqual(commit(reader), 1020)
        self.assertEqual(self.report(reader, CONFLICTING), [])

    def test_current_conflict_ranges(self):
        """SPEC-4: reads and writes of the transaction, joined and sorted."""
        transaction = self.begin()
        transaction[self.k(b"r")].value
        transaction.add_read_conflict_range(self.k(b"x"), self.k(b"z"))
        transaction[self.k(b"w")] = b""
        del transaction[self.k(b"c"):self.k(b"e")]
        self.assertEqual(self.report(transaction, READ_CONFLICTS),
                         [(self.k(b"r"), b"1"), (self.k(b"r\x00"), b"0"), (self.k(b"x"), b"1"), (self.k(b"z"), b"0")])
        self.assertEqual(self.report(transaction, WRITE_CONFLICTS),
                         [(self.k(b"c"), b"1"), (self.k(b"e"), b"0"), (self.k(b"w"), b"1"), (self.k(b"w\x00"), b"0")])

    def test_special_keys_are_no_ordinary_keys(self):
        """SPEC-2, SPEC-3: reading across modules 2112, an unknown key 2113, writing 2114."""
        transaction = self.begin()
        self.assertEqual(wait_code(transaction[b"\xff\xff/nothing"]), 2113)
        crossing = transaction.get_range(b"\xff\xff/transaction/", b"\xff\xff/worker_interfaces0")
        self.assertEqual(wait_code(crossing._future), 2112)
        transaction = self.begin()
        transaction[b"\xff\xff/transaction/x"] = b""
        self.assertEqual(commit(transaction), 2114 if API >= 700 else 2004)


if __name__ == "__main__":
    unittest.main()
