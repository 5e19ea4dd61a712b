"""Where keys are, estimates, split points and sizes."""

import re
import unittest

import fdb
import fdb.locality
from support import API, LINE, DatabaseTest, commit, wait_code

ADDRESS = re.compile(rb"(\d+\.\d+\.\d+\.\d+|\[[0-9a-f:]+\]|[a-zA-Z0-9.-]+):\d+(:tls)?")
# LIM-5: the header of a mutation.
H = 28


class Locality(DatabaseTest):
    def test_addresses_of_a_key(self):
        """GET-3, AV-1: at least one, from API 630 on with its port, also for a key that does not exist."""
        form = ADDRESS if API >= 630 else rb"^[0-9A-Za-z.:\[\]-]+$"
        for key in (self.k(), b"", b"\xfe"):
            addresses = fdb.locality.get_addresses_for_key(self.db, key).wait()
            self.assertGreaterEqual(len(addresses), 1)
            for address in addresses:
                self.assertRegex(bytes(address), form)

    def test_boundary_keys_cut_the_key_space(self):
        """Sorted, within the bounds; the pieces between them hold all rows once."""
        rows = self.fill(200)
        begin, end = b"", b"\xff"
        boundaries = list(fdb.locality.get_boundary_keys(self.db, begin, end))
        self.assertEqual(boundaries, sorted(set(boundaries)))
        self.assertTrue(all(begin <= key < end for key in boundaries))
        self.assertEqual(boundaries[:1], [b""], "the first shard begins at the empty key")
        found = []
        for low, high in zip(boundaries, boundaries[1:] + [end]):
            found += [(pair.key, pair.value) for pair in self.db[low:high]]
        self.assertEqual([row for row in found if row[0].startswith(self.prefix)], rows)
        self.assertEqual(list(fdb.locality.get_boundary_keys(self.db, b"b", b"a")), [])

    def test_boundary_keys_from_a_transaction(self):
        """The package reads at the transaction's version."""
        transaction = self.begin()
        boundaries = list(fdb.locality.get_boundary_keys(transaction, b"", b"\xff"))
        self.assertEqual(boundaries, list(fdb.locality.get_boundary_keys(self.db, b"", b"\xff")))


class Estimates(DatabaseTest):
    def megabyte(self):
        """1,000 rows of 1,000 bytes."""
        return self.fill(1000, lambda index: b"v" * 1000)

    def bounds(self):
        return self.prefix, fdb.impl.strinc(self.prefix)

    def test_the_size_of_a_range(self):
        """EST-1: 0 for an empty range, above 0 with data, the whole not smaller than a part."""
        begin, end = self.bounds()
        self.assertEqual(self.fresh().get_estimated_range_size_bytes(begin, begin).wait(), 0)
        rows = self.megabyte()
        whole = self.fresh().get_estimated_range_size_bytes(begin, end).wait()
        part = self.fresh().get_estimated_range_size_bytes(begin, rows[500][0]).wait()
        true = sum(len(key) + len(value) for key, value in rows)
        self.assertGreater(whole, true // 10)
        self.assertLess(whole, true * 10)
        self.assertGreaterEqual(whole, part)
        self.assertEqual(wait_code(self.fresh().get_estimated_range_size_bytes(end, begin)), 2005)

    def test_an_estimate_is_no_read(self):
        """EST-1, CONF-7: no conflict, and own writes do not count."""
        begin, end = self.bounds()
        transaction = self.begin()
        before = transaction.get_estimated_range_size_bytes(begin, end).wait()
        transaction[self.k()] = b"x" * 50_000
        self.assertEqual(transaction.get_estimated_range_size_bytes(begin, end).wait(), before)
        self.db[self.k(b"other")] = b"x"
        self.assertEqual(commit(transaction), 0)

    def test_split_points(self):
        """EST-2: first and last are the bounds; between them pieces of about the size asked for."""
        rows = self.megabyte()
        begin, end = self.bounds()
        points = self.fresh().get_range_split_points(begin, end, 100_000).wait()
        self.assertEqual((points[0], points[-1]), (begin, end))
        self.assertEqual(points, sorted(set(points)))
        self.assertGreaterEqual(len(points), 5)
        self.assertLessEqual(len(points), 40)
        found = []
        for low, high in zip(points, points[1:]):
            found += [(pair.key, pair.value) for pair in self.db[low:high]]
        self.assertEqual(found, rows)
        self.assertEqual(self.fresh().get_range_split_points(begin, begin, 1000).wait(), [begin])
        self.assertEqual(wait_code(self.fresh().get_range_split_points(end, begin, 1000)), 2005)

    @unittest.skipUnless(LINE >= (8, 0), "split points with a limit came with package 8.0")
    def test_split_points_with_a_limit(self):
        """EST-2: no more inner points than asked for, and still the whole range."""
        self.megabyte()
        begin, end = self.bounds()
        unlimited = self.fresh().get_range_split_points(begin, end, 50_000).wait()
        limited = self.fresh().get_range_split_points(begin, end, 50_000, limit=3).wait()
        self.assertLess(len(limited), len(unlimited))
        self.assertEqual(limited[0], begin)
        self.assertEqual(limited, sorted(limited))

    def test_the_approximate_size_of_a_transaction(self):
        """LIM-7: each kind of call adds what the table says; reset makes it zero."""
        transaction, size = self.begin(), 0
        key, value = self.k(b"key"), b"value"
        single = 24 + 2 * len(key) + 1
        steps = ((lambda: transaction.set(key, value), len(key) + len(value) + H + single),
                 (lambda: transaction.add(key, value), len(key) + len(value) + H + single),
                 (lambda: transaction.clear(key), single + single),
                 (lambda: transaction.clear_range(key, key + b"x"), 2 * len(key) + 1 + H + 24 + 2 * len(key) + 1),
                 (lambda: transaction.add_write_conflict_range(key, key + b"x"), 24 + 2 * len(key) + 1))
        self.assertEqual(transaction.get_approximate_size().wait(), 0)
        for call, added in steps:
            call()
            size += added
            self.assertEqual(transaction.get_approximate_size().wait(), size)
        transaction.commit().wait()
        self.assertEqual(transaction.get_approximate_size().wait(), size)
        transaction.reset()
        self.assertEqual(transaction.get_approximate_size().wait(), 0)

    def test_what_the_package_checks_itself(self):
        """Missing bounds are refused from API 700 on."""
        if API < 700:
            self.skipTest("below API 700 missing bounds mean the whole key space")
        with self.assertRaises(Exception):
            self.fresh().get_estimated_range_size_bytes(None, None)


if __name__ == "__main__":
    unittest.main()
