"""Transactions: reads, writes, isolation, the transactional decorator, the life of a handle."""

import threading
import unittest

import fdb
from support import DatabaseTest, code_of, commit, since, together, wait_code


class Plain(DatabaseTest):
    def test_set_get_clear(self):
        """GET-1, DATA-2: absent is None, an empty value is present."""
        self.assertIsNone(self.db[self.k()])
        self.db[self.k()] = b""
        self.assertEqual(self.db[self.k()], b"")
        transaction = self.begin()
        self.assertTrue(transaction[self.k()].present())
        self.assertFalse(transaction[self.k(b"no")].present())
        del self.db[self.k()]
        self.assertIsNone(self.db[self.k()])

    def test_every_byte_is_possible_in_keys_and_values(self):
        """DATA-1: keys and values are byte strings; the order is that of unsigned bytes."""
        everything = bytes(range(256))
        keys = [self.k(bytes([byte])) for byte in everything]
        for key in keys:
            self.db[key] = everything + key
        self.assertEqual(self.rows(), [(key, everything + key) for key in sorted(keys)])

    def test_own_writes_are_seen(self):
        """RYW-1: sets and clears in call order."""
        self.db[self.k(b"a")] = b"old"
        transaction = self.begin()
        transaction[self.k(b"a")] = b"new"
        self.assertEqual(transaction[self.k(b"a")], b"new")
        transaction[self.k(b"b")] = b"fresh"
        del transaction[self.k(b"a")]
        self.assertFalse(transaction[self.k(b"a")].present())
        self.assertEqual(self.rows(transaction), [(self.k(b"b"), b"fresh")])
        self.assertEqual(self.db[self.k(b"a")], b"old")
        transaction.commit().wait()
        self.assertEqual(self.rows(), [(self.k(b"b"), b"fresh")])

    def test_without_commit_nothing_happens(self):
        """COM-8: a dropped transaction leaves no trace."""
        transaction = self.begin()
        transaction[self.k()] = b"never"
        del transaction
        self.assertIsNone(self.db[self.k()])

    def test_clears_of_ranges_and_prefixes(self):
        """COM-9: a set after an overlapping clear survives."""
        rows = self.fill(50)
        transaction = self.begin()
        del transaction[rows[10][0]:rows[40][0]]
        transaction[rows[20][0]] = b"again"
        transaction.commit().wait()
        self.assertEqual(self.rows(), rows[:10] + [(rows[20][0], b"again")] + rows[40:])
        self.db.clear_range_startswith(self.prefix)
        self.assertEqual(self.rows(), [])

    def test_a_key_selector_can_be_cleared(self):
        """The package resolves the selector first."""
        rows = self.fill(5)
        transaction = self.begin()
        del transaction[fdb.KeySelector.first_greater_than(rows[1][0])]
        transaction.commit().wait()
        self.assertEqual(self.rows(), rows[:2] + rows[3:])

    def test_big_values_and_the_limits(self):
        """LIM-1, LIM-2: 10,000 bytes of key and 100,000 of value fit; one more is 2102 and 2103."""
        key = self.k().ljust(10_000, b"k")
        self.db[key] = b"v" * 100_000
        self.assertEqual(self.db[key], b"v" * 100_000)
        for longer, value, expected in ((key + b"k", b"", 2102), (key, b"v" * 100_001, 2103)):
            transaction = self.begin()
            transaction[longer] = value
            self.assertEqual(commit(transaction), expected)

    def test_a_transaction_that_is_too_large(self):
        """LIM-4: more than 10,000,000 bytes is 2101."""
        transaction = self.begin()
        for index in range(101):
            transaction[self.k(b"%03d" % index)] = b"x" * 100_000
        self.assertEqual(commit(transaction), 2101)
        self.assertEqual(self.rows(), [])

    def test_keys_outside_the_legal_range(self):
        """DATA-5: 2004 on the read's own future; for a write at commit."""
        transaction = self.begin()
        self.assertEqual(wait_code(transaction[b"\xff"]), 2004)
        self.assertEqual(wait_code(transaction[b"\xff/system"]), 2004)
        self.assertEqual(commit(transaction), 0)
        writes = (lambda tr: tr.set(b"\xff", b""), lambda tr: tr.clear(b"\xff/x"), lambda tr: tr.add(b"\xff", b"1"))
        for write in writes:
            transaction = self.begin()
            write(transaction)
            self.assertEqual(commit(transaction), 2004)

    def test_a_deferred_error_stays_until_reset(self):
        """TX-4: later reads fail with it too, and reset removes it."""
        transaction = self.begin()
        transaction[b"\xff"] = b""
        self.assertEqual(wait_code(transaction[self.k()]), 2004)
        transaction.reset()
        self.assertEqual(wait_code(transaction[self.k()]), 0)

    def test_an_inverted_clear_is_2005(self):
        """The error of a clear whose begin is above its end waits for the commit."""
        transaction = self.begin()
        transaction.clear_range(self.k(b"b"), self.k(b"a"))
        self.assertEqual(commit(transaction), 2005)


class Isolation(DatabaseTest):
    def test_a_transaction_sees_one_state(self):
        """VER-12: what others commit after the read version stays unseen."""
        rows = self.fill(20)
        transaction = self.begin()
        first = self.rows(transaction)
        self.db[rows[3][0]] = b"changed"
        del self.db[rows[4][0]]
        self.db[self.k(b"zzz")] = b"new"
        self.assertEqual(first, rows)
        self.assertEqual(self.rows(transaction), rows)
        self.assertEqual(transaction.get_key(fdb.KeySelector.first_greater_than(rows[-1][0])), self.after())

    def after(self):
        """The first key after this test's, as a fresh transaction sees it without the new row."""
        selector = fdb.KeySelector.first_greater_than(self.k(b"zzz"))
        return self.db.get_key(selector)

    def test_a_read_that_was_overtaken_conflicts(self):
        """CONF-14: get and set against a commit in between is 1020, and nothing of it is applied."""
        self.db[self.k(b"x")] = b"1"
        slow = self.begin()
        self.assertEqual(slow[self.k(b"x")], b"1")
        self.db[self.k(b"x")] = b"2"
        slow[self.k(b"y")] = b"never"
        self.assertEqual(commit(slow), 1020)
        self.assertEqual(self.rows(), [(self.k(b"x"), b"2")])

    def test_blind_writes_never_conflict(self):
        """CONF-17: write against write; the later commit wins."""
        first, second = self.begin(), self.begin()
        for transaction in (first, second):
            transaction.get_read_version().wait()
        first[self.k()] = b"first"
        second[self.k()] = b"second"
        self.assertEqual((commit(second), commit(first)), (0, 0))
        self.assertEqual(self.db[self.k()], b"first")

    def test_a_read_only_transaction_never_conflicts(self):
        """COM-1: and its committed version is -1."""
        reader = self.begin()
        self.assertIsNone(reader[self.k()].value)
        self.db[self.k()] = b"1"
        self.assertEqual(commit(reader), 0)
        self.assertEqual(reader.get_committed_version(), -1)

    def test_phantoms_conflict(self):
        """CONF-5: a key that appears in a range that was read is a conflict."""
        reader = self.begin()
        self.assertEqual(self.rows(reader), [])
        self.db[self.k(b"phantom")] = b""
        reader[self.k(b"result")] = b"none"
        self.assertEqual(commit(reader), 1020)

    def test_write_skew_is_impossible(self):
        """CONF-19: of two that read both and write one each, one fails."""
        self.db[self.k(b"a")] = self.db[self.k(b"b")] = b"on call"
        left, right = self.begin(), self.begin()
        for transaction in (left, right):
            self.assertEqual(len(self.rows(transaction)), 2)
        del left[self.k(b"a")]
        del right[self.k(b"b")]
        self.assertEqual(sorted([commit(left), commit(right)]), [0, 1020])
        self.assertEqual(len(self.rows()), 1)

    def test_commits_are_seen_by_who_begins_later(self):
        """VER-4: a read version is at least every commit version reported before."""
        for index in range(50):
            writer = self.begin()
            writer[self.k()] = b"%d" % index
            writer.commit().wait()
            reader = self.begin()
            self.assertGreaterEqual(reader.get_read_version().wait(), writer.get_committed_version())
            self.assertEqual(reader[self.k()], b"%d" % index)


class Versions(DatabaseTest):
    def test_old_states_can_be_read_again(self):
        """VER-9: each commit version shows the state right after that commit."""
        versions = []
        for index in range(10):
            writer = self.begin()
            writer[self.k(b"%02d" % index)] = b"%d" % index
            writer.commit().wait()
            versions.append(writer.get_committed_version())
        for index, version in enumerate(versions):
            reader = self.begin()
            reader.set_read_version(version)
            self.assertEqual(len(self.rows(reader)), index + 1)
            self.assertEqual(reader.get_read_version().wait(), version)

    def test_commit_versions_grow_past_every_read_version(self):
        """VER-5: a commit is newer than every version that was handed out."""
        for index in range(50):
            read = self.fresh().get_read_version().wait()
            writer = self.begin()
            writer[self.k()] = b"%d" % index
            writer.commit().wait()
            self.assertGreater(writer.get_committed_version(), read)

    def test_versions_that_never_were(self):
        """VER-7, VER-8: 0 is 2011, 1 is too old, and the far future is 1009."""
        for version, expected in ((0, 2011), (-5, 2011), (1, 1007), (1 << 62, 1009)):
            transaction = self.begin()
            transaction.set_read_version(version)
            self.assertEqual(wait_code(transaction[self.k()]), expected, version)

    def test_a_read_version_is_set_once(self):
        """VER-7: a second one is 2010."""
        transaction = self.begin()
        version = transaction.get_read_version().wait()
        transaction.set_read_version(version)
        self.assertEqual(wait_code(transaction[self.k()]), 2010)

    def test_own_writes_outlive_the_window(self):
        """VER-6, DIS-14: a transaction without a read version is never too old, and reads its own writes."""
        old = self.begin()
        old[self.k(b"own")] = b"mine"
        self.assertEqual(old[self.k(b"own")], b"mine")
        reader = self.begin()
        self.assertEqual(reader[self.k(b"own")].value, None)
        start = reader.get_read_version().wait()
        pause = threading.Event()
        while self.fresh().get_read_version().wait() < start + 6_000_000:
            pause.wait(0.2)
        self.assertIsNone(reader[self.k(b"own")].value, "what was read is kept: RYW-12")
        self.assertIn(wait_code(reader[self.k(b"other")]), (0, 1007))
        self.assertEqual(old[self.k(b"own")], b"mine")
        self.assertEqual(commit(old), 0)
        self.assertEqual(self.db[self.k(b"own")], b"mine")


class Decorator(DatabaseTest):
    def test_it_commits_and_returns_the_result(self):
        """A function on a database is one committed transaction."""
        @fdb.transactional
        def add(tr, name, value):
            tr[self.k(name)] = value
            return name + value

        self.assertEqual(add(self.db, b"n", b"v"), b"nv")
        self.assertEqual(self.db[self.k(b"n")], b"v")

    def test_it_retries_until_it_commits(self):
        """ERRH-1: made to conflict three times, the function runs four times and its effect is there once."""
        runs = []

        @fdb.transactional
        def increment(tr):
            count = int(tr[self.k()].value or b"0")
            if len(runs) < 3:
                self.db[self.k()] = b"%d" % (100 + len(runs))
            runs.append(count)
            tr[self.k()] = b"%d" % (count + 1)

        increment(self.db)
        self.assertEqual(runs, [0, 100, 101, 102])
        self.assertEqual(self.db[self.k()], b"103")

    def test_within_a_transaction_it_does_not_commit(self):
        """Nested functions share the outer transaction."""
        @fdb.transactional
        def inner(tr):
            tr[self.k(b"inner")] = b""

        @fdb.transactional
        def outer(tr):
            inner(tr)
            self.assertIsNone(self.db[self.k(b"inner")])
            tr[self.k(b"outer")] = b""

        outer(self.db)
        self.assertEqual(len(self.rows()), 2)

    def test_a_foreign_exception_ends_it_without_commit(self):
        """Only errors of the database are retried."""
        @fdb.transactional
        def fails(tr):
            tr[self.k()] = b"never"
            raise KeyError("mine")

        with self.assertRaises(KeyError):
            fails(self.db)
        self.assertIsNone(self.db[self.k()])

    def test_an_error_that_is_not_retryable_comes_out(self):
        """ERRH-1: 2004 is raised as it is."""
        @fdb.transactional
        def fails(tr):
            tr[b"\xff"] = b""

        self.assertEqual(code_of(fails, self.db), 2004)

    @since(630, "the package's own check for generators")
    def test_generators_are_refused_and_parameters_named(self):
        """The package's own rules hold above the library."""
        @fdb.transactional
        def generator(tr):
            yield tr

        with self.assertRaises(ValueError):
            generator(self.db)

        @fdb.transactional(parameter="handle")
        def named(first, handle):
            handle[self.k()] = first

        named(b"value", self.db)
        self.assertEqual(self.db[self.k()], b"value")


class Life(DatabaseTest):
    def test_cancel_ends_everything_until_reset(self):
        """TX-3, RST-2: 1025 for what is pending and what comes; reset makes the handle new."""
        transaction = self.begin()
        transaction[self.k()] = b"x"
        watch = transaction.watch(self.k(b"w"))
        transaction.cancel()
        self.assertEqual(wait_code(transaction[self.k()]), 1025)
        self.assertEqual(commit(transaction), 1025)
        self.assertEqual(wait_code(transaction.on_error(1020)), 1025)
        transaction.reset()
        self.assertEqual(wait_code(watch), 1025)
        self.assertFalse(transaction[self.k()].present())
        self.assertEqual(commit(transaction), 0)

    def test_use_after_commit_is_2017(self):
        """COM-3: also once the commit has ended, until reset."""
        transaction = self.begin()
        transaction[self.k()] = b"x"
        transaction.commit().wait()
        self.assertEqual(wait_code(transaction[self.k()]), 2017)
        self.assertEqual(commit(transaction), 2017)
        transaction.reset()
        self.assertEqual(transaction[self.k()], b"x")

    def test_cancel_after_commit_is_harmless(self):
        """RST-2: what was committed stays."""
        transaction = self.begin()
        transaction[self.k()] = b"kept"
        transaction.commit().wait()
        transaction.cancel()
        self.assertEqual(self.db[self.k()], b"kept")

    def test_reset_forgets_writes_and_reads(self):
        """RST-1: the next commit neither writes nor conflicts because of what came before."""
        transaction = self.begin()
        self.assertFalse(transaction[self.k(b"read")].present())
        transaction[self.k(b"written")] = b""
        transaction.reset()
        self.db[self.k(b"read")] = b""
        transaction[self.k(b"fresh")] = b""
        self.assertEqual(commit(transaction), 0)
        self.assertEqual([key for key, _ in self.rows()], [self.k(b"fresh"), self.k(b"read")])

    def test_one_transaction_from_many_threads(self):
        """TX-2: ten threads write 50 keys each into one transaction; all are there after one commit."""
        transaction = self.begin()

        def body(index):
            for step in range(50):
                transaction[self.k(b"%d/%02d" % (index, step))] = b"%d" % step
                if transaction[self.k(b"%d/%02d" % (index, step))] != b"%d" % step:
                    return False
            return True

        self.assertEqual(together(10, body), [True] * 10)
        transaction.commit().wait()
        self.assertEqual(len(self.rows()), 500)

    def test_thousands_of_handles(self):
        """RST-3: transactions dropped with reads outstanding leave nothing behind that stops the next."""
        for index in range(3000):
            transaction = self.begin()
            transaction[self.k(b"%04d" % index)] = b""
            future = transaction[self.k()]
            del transaction
            del future
        self.assertEqual(self.rows(), [])


if __name__ == "__main__":
    unittest.main()
