"""Versionstamps in keys and values, through the tuple layer and by hand."""

import struct
import unittest

import fdb
from fdb.tuple import Versionstamp
from support import DatabaseTest, commit, since, together, wait_code

METADATA_VERSION = b"\xff/metadataVersion"


@since(520, "four-byte offsets")
class Stamps(DatabaseTest):
    def stamped_key(self, transaction, user_version, value):
        """Writes (stamp) -> value below this test's prefix."""
        packed = fdb.tuple.pack_with_versionstamp((Versionstamp(user_version=user_version),), prefix=self.prefix)
        transaction.set_versionstamped_key(packed, value)

    def stamps(self):
        """The stamps of the keys of this test, in the order of the keys."""
        return [fdb.tuple.unpack(key, len(self.prefix))[0] for key, _ in self.rows()]

    def test_the_stamp_in_the_key_is_the_stamp_of_the_commit(self):
        """VST-1, VST-2, COM-12: key, value and future agree, and the stamp begins with the commit version."""
        transaction = self.begin()
        future = transaction.get_versionstamp()
        self.stamped_key(transaction, 7, b"v")
        transaction.set_versionstamped_value(self.k(b"value"), b"<" + b"\x00" * 10 + b">" + struct.pack("<L", 1))
        transaction.commit().wait()
        stamp = future.value
        self.assertEqual(len(stamp), 10)
        self.assertEqual(int.from_bytes(stamp[:8], "big"), transaction.get_committed_version())
        self.assertEqual(self.db[self.k(b"value")], b"<" + stamp + b">")
        self.assertEqual(self.db[self.prefix + fdb.tuple.pack((Versionstamp(stamp, 7),))], b"v")

    def test_many_keys_of_one_commit_share_the_stamp(self):
        """VST-1: the user version tells them apart and orders them."""
        transaction = self.begin()
        for index in (3, 1, 2, 0):
            self.stamped_key(transaction, index, b"%d" % index)
        transaction.commit().wait()
        self.assertEqual([value for _, value in self.rows()], [b"0", b"1", b"2", b"3"])
        self.assertEqual(len({stamp.tr_version for stamp in self.stamps()}), 1)
        self.assertEqual([stamp.user_version for stamp in self.stamps()], [0, 1, 2, 3])

    def test_commit_order_is_key_order(self):
        """VST-1: 100 commits one after the other are read back in that order."""
        for index in range(100):
            transaction = self.begin()
            self.stamped_key(transaction, 0, b"%d" % index)
            transaction.commit().wait()
        self.assertEqual([value for _, value in self.rows()], [b"%d" % index for index in range(100)])

    def test_stamps_of_many_threads_are_unique_and_grow(self):
        """VST-1: six threads, 50 commits each; within a thread the stamps grow, and none comes twice."""
        def body(index):
            seen = []
            for step in range(50):
                transaction = self.begin()
                future = transaction.get_versionstamp()
                self.stamped_key(transaction, index, b"%d" % step)
                transaction.commit().wait()
                seen.append(future.value)
            return seen

        of_threads = together(6, body)
        for seen in of_threads:
            self.assertEqual(seen, sorted(seen))
        every = sum(of_threads, [])
        self.assertEqual(len(set(every)), 300)
        self.assertEqual(sorted(every), [stamp.tr_version for stamp in self.stamps()])

    def test_stamped_keys_never_conflict_with_each_other(self):
        """CONF-1, CONF-17: they are blind writes of different keys."""
        first, second = self.begin(), self.begin()
        for transaction in (first, second):
            transaction.get_read_version().wait()
            self.stamped_key(transaction, 0, b"")
        self.assertEqual((commit(first), commit(second)), (0, 0))
        self.assertEqual(len(self.rows()), 2)

    def test_a_reader_of_the_range_conflicts_with_a_stamped_key(self):
        """CONF-1: the final key is a write conflict."""
        reader = self.begin()
        self.assertEqual(self.rows(reader), [])
        writer = self.begin()
        self.stamped_key(writer, 0, b"")
        writer.commit().wait()
        reader[self.k(b"out")] = b""
        self.assertEqual(commit(reader), 1020)

    def test_nested_tuples_and_offsets(self):
        """VST-2: the offset that the tuple layer computes, also in a nested tuple."""
        subspace = fdb.Subspace(("deep",), self.prefix)
        transaction = self.begin()
        future = transaction.get_versionstamp()
        transaction.set_versionstamped_key(
            subspace.pack_with_versionstamp(("a", (1, Versionstamp(user_version=9), None), b"z")), b"")
        transaction.commit().wait()
        keys = [pair.key for pair in self.db[subspace.range()]]
        self.assertEqual([subspace.unpack(key) for key in keys],
                         [("a", (1, Versionstamp(future.value, 9), None), b"z")])

    def test_offsets_that_do_not_fit(self):
        """VST-4: 2000 at commit for a stamp beyond the end, a negative offset, too few bytes."""
        for suffix in (struct.pack("<L", 1), struct.pack("<l", -1), b"\x00\x00"):
            transaction = self.begin()
            transaction.set_versionstamped_value(self.k(), (b"\x00" * 10 + suffix) if len(suffix) == 4 else suffix)
            self.assertEqual(commit(transaction), 2000, suffix)
        transaction = self.begin()
        transaction.set_versionstamped_key(b"\x00" * 9 + struct.pack("<L", 0), b"")
        self.assertEqual(commit(transaction), 2000)

    def test_no_stamp_without_a_write(self):
        """COM-1, COM-12: 2021 for a read-only commit, 2020 for one that failed, 1025 after a reset."""
        reader = self.begin()
        future = reader.get_versionstamp()
        self.assertFalse(reader[self.k()].present())
        self.assertEqual(commit(reader), 0)
        self.assertEqual(wait_code(future), 2021)
        failed = self.begin()
        future = failed.get_versionstamp()
        self.assertFalse(failed[self.k()].present())
        self.db[self.k()] = b"x"
        failed[self.k()] = b"y"
        self.assertEqual(commit(failed), 1020)
        self.assertEqual(wait_code(future), 2020)
        dropped = self.begin()
        future = dropped.get_versionstamp()
        dropped.reset()
        self.assertEqual(wait_code(future), 1025)

    def test_after_the_commit_it_is_too_late_to_ask(self):
        """COM-12: 2017."""
        transaction = self.begin()
        transaction[self.k()] = b""
        transaction.commit().wait()
        self.assertEqual(wait_code(transaction.get_versionstamp()), 2017)


@since(520, "four-byte offsets")
class Unreadable(DatabaseTest):
    PLACE = b"\x00" * 10 + struct.pack("<L", 0)

    def test_a_stamped_value_cannot_be_read_before_the_commit(self):
        """RYW-8, COM-4: 1036 for the read, and then for the commit as well."""
        transaction = self.begin()
        transaction.set_versionstamped_value(self.k(), self.PLACE)
        self.assertEqual(wait_code(transaction[self.k()]), 1036)
        self.assertEqual(commit(transaction), 1036)

    def test_a_set_leaves_it_unreadable_and_a_clear_does_not(self):
        """RYW-9."""
        transaction = self.begin()
        transaction.set_versionstamped_value(self.k(), self.PLACE)
        del transaction[self.k()]
        self.assertFalse(transaction[self.k()].present())
        self.assertEqual(commit(transaction), 0)
        transaction = self.begin()
        transaction.set_versionstamped_value(self.k(), self.PLACE)
        transaction[self.k()] = b"x"
        self.assertEqual(wait_code(transaction[self.k()]), 1036)

    def test_bypass_shows_the_operand(self):
        """RYW-11: as it was passed, offset included."""
        transaction = self.begin()
        transaction.options.set_bypass_unreadable()
        transaction.set_versionstamped_value(self.k(), self.PLACE)
        self.assertEqual(transaction[self.k()], self.PLACE)

    def test_a_range_over_a_stamped_key_cannot_be_read(self):
        """RYW-8: a walk that reaches the place of the key fails; one that ends before does not."""
        transaction = self.begin()
        transaction[self.k(b"a")] = b"1"
        transaction.set_versionstamped_key(self.k(b"b") + b"\x00" * 10 + struct.pack("<L", len(self.k(b"b"))), b"")
        self.assertEqual(wait_code(transaction.get_range(self.k(b"a"), self.k(b"a\x00"))._future), 0)
        self.assertEqual(wait_code(transaction.get_range(self.k(b"a"), self.k(b"c"))._future), 1036)
        self.assertEqual(commit(transaction), 1036)


@since(520, "four-byte offsets")
class MetadataVersion(DatabaseTest):
    PLACE = b"\x00" * 14

    def test_it_takes_the_stamp_of_the_commit(self):
        """SPEC-10: readable and stampable without any option."""
        stamps = []
        for _ in range(3):
            transaction = self.begin()
            future = transaction.get_versionstamp()
            transaction.set_versionstamped_value(METADATA_VERSION, self.PLACE)
            transaction.commit().wait()
            stamps.append(future.value)
            self.assertEqual(self.fresh()[METADATA_VERSION], stamps[-1])
            self.assertEqual(self.fresh().snapshot[METADATA_VERSION], stamps[-1])
        self.assertEqual(stamps, sorted(set(stamps)))

    def test_other_writes_of_it_are_refused(self):
        """SPEC-10: 2000 for a set, another operation or another operand; 2004 for a clear."""
        writes = ((lambda tr: tr.set(METADATA_VERSION, b"x"), 2000),
                  (lambda tr: tr.add(METADATA_VERSION, b"x"), 2000),
                  (lambda tr: tr.set_versionstamped_value(METADATA_VERSION, b"\x01" + b"\x00" * 13), 2000),
                  (lambda tr: tr.clear(METADATA_VERSION), 2004))
        for write, expected in writes:
            transaction = self.begin()
            write(transaction)
            self.assertEqual(commit(transaction), expected)

    def test_a_cache_keyed_by_it_notices_changes(self):
        """SPEC-10, CONF-2: who read the old value and writes conflicts with the change."""
        reader = self.begin()
        reader[METADATA_VERSION].value
        changer = self.begin()
        changer.set_versionstamped_value(METADATA_VERSION, self.PLACE)
        changer.commit().wait()
        reader[self.k()] = b""
        self.assertEqual(commit(reader), 1020)


if __name__ == "__main__":
    unittest.main()
