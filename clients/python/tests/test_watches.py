"""Watches: what fires them, what does not, how they end.

That a watch does not fire is shown without waiting: a control watch on a later change has fired.
"""

import gc
import threading
import unittest

import fdb
from support import GUARD, DatabaseTest, another_handle, commit, little, together, wait_code


class Watches(DatabaseTest):
    def watch(self, suffix=b""):
        """A committed watch on a key of this test."""
        transaction = self.begin()
        future = transaction.watch(self.k(suffix))
        transaction.commit().wait()
        return future

    def fires(self, future):
        """Whether a watch ends well; a hang is ended by the runner."""
        return wait_code(future) == 0

    def control(self):
        """Waits until a change that was made after everything before has fired its own watch."""
        future = self.watch(b"control")
        self.db.add(self.k(b"control"), little(1))
        self.assertTrue(self.fires(future))

    def test_every_kind_of_write_fires(self):
        """WATCH-1, WATCH-6: set, clear, range clear, atomic operation, versionstamped value."""
        changes = (lambda: self.db.set(self.k(), b"changed"),
                   lambda: self.db.clear(self.k()),
                   lambda: self.db.clear_range_startswith(self.prefix),
                   lambda: self.db.add(self.k(), b"\x01"),
                   lambda: self.db.set_versionstamped_value(self.k(), b"\x00" * 14))
        for change in changes:
            self.db[self.k()] = b"old"
            future = self.watch()
            self.assertFalse(future.is_ready())
            change()
            self.assertTrue(self.fires(future))

    def test_an_equal_value_and_another_key_do_not_fire(self):
        """WATCH-6: and the watch still fires afterwards."""
        self.db[self.k()] = b"same"
        future = self.watch()
        self.db[self.k()] = b"same"
        self.db[self.k(b"neighbour")] = b"x"
        self.control()
        self.assertFalse(future.is_ready())
        self.db[self.k()] = b"different"
        self.assertTrue(self.fires(future))

    def test_an_absent_key_that_appears(self):
        """WATCH-1: absent is a value to watch."""
        future = self.watch(b"absent")
        self.db[self.k(b"absent")] = b""
        self.assertTrue(self.fires(future))

    def test_it_outlives_transaction_and_handle(self):
        """WATCH-7, NET-7: both are gone, the watch still fires."""
        handle = another_handle()
        transaction = handle.create_transaction()
        future = transaction.watch(self.k())
        transaction.commit().wait()
        del transaction, handle
        gc.collect()
        self.db[self.k()] = b"x"
        self.assertTrue(self.fires(future))

    def test_without_a_commit_it_ends_with_the_transaction(self):
        """WATCH-5, WATCH-7: 1025 on reset and on destruction."""
        transaction = self.begin()
        future = transaction.watch(self.k())
        self.db[self.k()] = b"x"
        self.control()
        self.assertFalse(future.is_ready())
        transaction.reset()
        self.assertEqual(wait_code(future), 1025)
        transaction = self.begin()
        future = transaction.watch(self.k())
        del transaction
        gc.collect()
        self.assertEqual(wait_code(future), 1025)

    def test_a_failed_commit_ends_it_with_its_error(self):
        """WATCH-7."""
        transaction = self.begin()
        self.assertFalse(transaction[self.k(b"read")].present())
        future = transaction.watch(self.k())
        self.db[self.k(b"read")] = b"x"
        transaction[self.k(b"out")] = b""
        self.assertEqual(commit(transaction), 1020)
        self.assertEqual(wait_code(future), 1020)

    def test_a_watch_is_a_read(self):
        """CONF-8: a change between the read version and the commit is a conflict."""
        transaction = self.begin()
        transaction.watch(self.k())
        transaction.get_read_version().wait()
        self.db[self.k()] = b"x"
        transaction[self.k(b"out")] = b""
        self.assertEqual(commit(transaction), 1020)

    def test_a_change_before_a_read_only_commit_fires_at_once(self):
        """WATCH-5: the watch compares from the read version on."""
        transaction = self.begin()
        self.assertFalse(transaction[self.k()].present())
        future = transaction.watch(self.k())
        self.db[self.k()] = b"x"
        transaction.commit().wait()
        self.assertTrue(self.fires(future))

    def test_own_writes_before_and_after(self):
        """WATCH-3, WATCH-4: a set before is what is watched; a different set after fires at once."""
        transaction = self.begin()
        transaction[self.k()] = b"mine"
        future = transaction.watch(self.k())
        transaction.commit().wait()
        self.control()
        self.assertFalse(future.is_ready())
        self.db[self.k()] = b"theirs"
        self.assertTrue(self.fires(future))
        transaction = self.begin()
        future = transaction.watch(self.k())
        transaction[self.k()] = b"mine again"
        self.assertTrue(self.fires(future))

    def test_cancel(self):
        """WATCH-9, FUT-6: 1101, and the callback runs."""
        future = self.watch()
        called = threading.Event()
        future.on_ready(lambda ready: called.set())
        future.cancel()
        self.assertTrue(called.wait(GUARD))
        self.assertEqual(wait_code(future), 1101)
        self.assertTrue(future.cancelled())

    def test_the_three_calls_of_the_database(self):
        """get_and_watch, set_and_watch and clear_and_watch are transactions of their own."""
        future = self.db.set_and_watch(self.k(), b"1")
        self.assertEqual(self.db[self.k()], b"1")
        value, second = self.db.get_and_watch(self.k())
        self.assertEqual(value, b"1")
        third = self.db.clear_and_watch(self.k())
        self.assertTrue(self.fires(future) and self.fires(second))
        self.assertFalse(third.is_ready())
        self.db[self.k()] = b"2"
        self.assertTrue(self.fires(third))

    def test_a_thousand_watches(self):
        """WATCH-9: 500 keys with two watches each; one commit fires them all."""
        transaction = self.begin()
        futures = [transaction.watch(self.k(b"%03d" % (index // 2))) for index in range(1000)]
        transaction.commit().wait()
        left = threading.Semaphore(0)
        for future in futures:
            future.on_ready(lambda ready: left.release())
        transaction = self.begin()
        for index in range(500):
            transaction[self.k(b"%03d" % index)] = b"x"
        transaction.commit().wait()
        for _ in futures:
            self.assertTrue(left.acquire(timeout=GUARD))
        self.assertEqual({wait_code(future) for future in futures}, {0})

    def test_a_chain_of_threads(self):
        """WATCH-1: each thread waits for its predecessor's key and then writes its own."""
        def body(index):
            if index:
                while self.db[self.k(b"%d" % (index - 1))] is None:
                    value, future = self.db.get_and_watch(self.k(b"%d" % (index - 1)))
                    if value.present():
                        break
                    future.wait()
            self.db[self.k(b"%d" % index)] = b"done"
            return index

        self.assertEqual(together(6, body), list(range(6)))
        self.assertEqual(len(self.rows()), 6)

    def test_limits(self):
        """WATCH-8: above max_watches it is 1032, and a cancelled watch makes room at once; 100 rounds."""
        handle = another_handle()
        handle.options.set_max_watches(2)

        def watch(*suffixes):
            transaction = handle.create_transaction()
            futures = [transaction.watch(self.k(suffix)) for suffix in suffixes]
            transaction.commit().wait()
            return futures

        for value in range(100):
            held = watch(b"0", b"1")
            self.assertEqual(wait_code(watch(b"extra")[0]), 1032)
            held[0].cancel()
            self.assertEqual(wait_code(held[0]), 1101)
            again = watch(b"extra")[0]
            self.db[self.k(b"extra")] = b"%d" % value
            self.assertEqual(wait_code(again), 0, value)
            held[1].cancel()

    def test_where_watches_are_refused(self):
        """WATCH-10, DATA-5, LIM-1: read-your-writes off 1034, system key 2004, long key 2102, after commit 2017."""
        transaction = self.begin()
        transaction.options.set_read_your_writes_disable()
        self.assertEqual(wait_code(transaction.watch(self.k())), 1034)
        transaction = self.begin()
        self.assertEqual(wait_code(transaction.watch(b"\xff/x")), 2004)
        self.assertEqual(wait_code(self.fresh().watch(self.k().ljust(10_001, b"k"))), 2102)
        transaction = self.begin()
        transaction.commit().wait()
        self.assertEqual(wait_code(transaction.watch(self.k())), 2017)

    def test_wait_for_any(self):
        """The package's choice among futures: the one that fired."""
        futures = [self.watch(b"%d" % index) for index in range(3)]
        self.db[self.k(b"1")] = b"x"
        self.assertEqual(fdb.Future.wait_for_any(*futures), 1)


if __name__ == "__main__":
    unittest.main()
