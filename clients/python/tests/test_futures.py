"""Futures: readiness, callbacks, cancellation, memory, threads.

A watch, a versionstamp before its commit, and a read at a version that is not there yet are pending.
"""

import ctypes
import gc
import threading
import unittest

import fdb
from support import GUARD, DatabaseTest, capi, code_of, commit, little, number, together, wait_code


class Counted:
    """A callback that counts its calls and remembers on which thread it ran."""

    def __init__(self):
        self.calls = []
        self.ran = threading.Semaphore(0)

    def __call__(self, future):
        self.calls.append(threading.current_thread().name)
        self.ran.release()

    def wait(self):
        """Until it ran once more."""
        return self.ran.acquire(timeout=GUARD)


class Readiness(DatabaseTest):
    def pending(self, suffix=b""):
        """A committed watch that nothing has fired."""
        transaction = self.begin()
        future = transaction.watch(self.k(suffix))
        transaction.commit().wait()
        return future

    def test_a_watch_is_pending_and_a_result_stays(self):
        """FUT-1, FUT-10, FUT-11: not ready, then ready for ever with the same value."""
        future = self.pending()
        self.assertFalse(future.is_ready())
        self.assertFalse(future.done())
        with self.assertRaises(Exception):
            future.result()
        self.db[self.k()] = b"x"
        future.wait()
        self.assertTrue(future.is_ready() and future.done() and not future.cancelled())
        value = self.fresh()[self.k()]
        self.assertEqual((value.value, value.value, value), (b"x", b"x", b"x"))

    def test_getting_from_a_pending_future_is_2015(self):
        """FUT-3: both the error and the value; afterwards it works."""
        transaction = self.begin()
        future = transaction.get_versionstamp()
        key, length = ctypes.pointer(ctypes.c_byte()), ctypes.c_int()
        get = (lambda: capi().fdb_future_get_key(future.fpointer, ctypes.byref(key), ctypes.byref(length)))
        self.assertEqual(code_of(capi().fdb_future_get_error, future.fpointer), 2015)
        self.assertEqual(code_of(get), 2015)
        transaction[self.k()] = b"x"
        transaction.commit().wait()
        future.block_until_ready()
        self.assertEqual(code_of(capi().fdb_future_get_error, future.fpointer), 0)
        self.assertEqual(code_of(get), 0)
        self.assertEqual(length.value, 10)

    def test_released_memory_is_gone(self):
        """FUT-7: gets are counted; at zero it is 1102, also for the error."""
        self.db[self.k()] = b"x"
        transaction = self.begin()
        future = transaction.get_range_startswith(self.prefix)._future
        self.assertEqual(future.wait()[1], 1)
        self.assertEqual(future.wait()[1], 1)
        future._release_memory()
        self.assertEqual(future.wait()[1], 1)
        future._release_memory()
        future._release_memory()
        self.assertEqual(code_of(future.wait), 1102)
        self.assertEqual(code_of(capi().fdb_future_get_error, future.fpointer), 1102)

    def test_values_outlive_transaction_and_database(self):
        """FUT-8: an untouched future is read after its transaction is gone."""
        self.fill(10)
        transaction = self.begin()
        single = transaction[self.k(b"00003")]
        many = transaction.get_range_startswith(self.prefix)._future
        key = transaction.get_key(fdb.KeySelector.first_greater_or_equal(self.prefix))
        for future in (single, many, key):
            future.block_until_ready()
        transaction.cancel()
        del transaction
        gc.collect()
        self.assertEqual(single, b"3")
        self.assertEqual([pair.value for pair in many.wait()[0]], [b"%d" % index for index in range(10)])
        self.assertEqual(key, self.k(b"00000"))

    def test_reads_of_a_destroyed_transaction_end(self):
        """RST-3: dropped at once with reads outstanding: each ends, with its value or with 1025."""
        rows = self.fill(100)
        transaction = self.begin()
        futures = [transaction[key] for key, _ in rows]
        del transaction
        for future, (_, value) in zip(futures, rows):
            code = wait_code(future)
            self.assertIn(code, (0, 1025))
            if not code:
                self.assertEqual(future, value)

    def test_a_future_version_waits_for_it(self):
        """VER-8: a read half a second ahead is pending, and then shows what was committed meanwhile."""
        now = self.fresh().get_read_version().wait()
        transaction = self.begin()
        transaction.set_read_version(now + 500_000)
        future = transaction[self.k()]
        self.assertFalse(future.is_ready())
        self.db[self.k()] = b"meanwhile"
        self.assertEqual(future, b"meanwhile")


class Callbacks(DatabaseTest):
    pending = Readiness.pending

    def test_one_runs_once_on_the_network_thread(self):
        """FUT-4, NET-3: for a future that was pending."""
        future, counted = self.pending(), Counted()
        future.on_ready(counted)
        self.db[self.k()] = b"x"
        self.assertTrue(counted.wait())
        future.wait()
        self.assertEqual(counted.calls, ["fdb-network-thread"])

    def test_on_a_ready_future_it_runs_inside_the_call(self):
        """FUT-4, FUT-12: on the calling thread."""
        future = self.fresh()[self.k()]
        future.block_until_ready()
        counted = Counted()
        future.on_ready(counted)
        self.assertEqual(counted.calls, [threading.current_thread().name])

    def test_several_each_run_once(self):
        """FUT-4: set before and after it is ready."""
        future, counted = self.pending(), [Counted() for _ in range(20)]
        for callback in counted[:15]:
            future.on_ready(callback)
        self.db[self.k()] = b"x"
        for callback in counted[15:]:
            future.on_ready(callback)
        self.assertTrue(all(callback.wait() for callback in counted))
        self.assertEqual([len(callback.calls) for callback in counted], [1] * 20)

    def test_cancelling_runs_it_with_1101(self):
        """FUT-6: pending becomes 1101 and the callback runs; cancelling a ready one does nothing."""
        future, counted = self.pending(), Counted()
        future.on_ready(counted)
        future.cancel()
        self.assertTrue(counted.wait())
        self.assertEqual(wait_code(future), 1101)
        future.cancel()
        self.assertEqual(len(counted.calls), 1)
        ready = self.fresh()[self.k()]
        ready.block_until_ready()
        ready.cancel()
        self.assertIsNone(ready.value)

    def test_destroying_runs_it(self):
        """FUT-6: a pending future that is dropped still calls back, once."""
        future, counted = self.pending(), Counted()
        # The package's callback keeps the future alive; the library's own does not.
        function = fdb.impl._CBFUNC(counted)
        capi().fdb_future_set_callback(future.fpointer, function, None)
        del future
        gc.collect()
        self.assertTrue(counted.wait())
        self.assertEqual(len(counted.calls), 1)

    def test_any_call_is_allowed_inside(self):
        """FUT-5: a callback reads, writes, commits and starts the next step."""
        steps, done = [], threading.Event()

        def next_step(_=None):
            steps.append(None)
            if len(steps) > 20:
                done.set()
                return
            transaction = self.begin()
            transaction.add(self.k(b"steps"), little(1))
            transaction[self.k(b"%d" % len(steps))] = b""
            kept.append(transaction)
            transaction.commit().on_ready(next_step)

        kept = []
        next_step()
        self.assertTrue(done.wait(GUARD))
        self.assertEqual(number(self.db[self.k(b"steps")]), 20)

    def test_blocking_on_the_network_thread_is_2026(self):
        """FUT-9: a callback may not wait for what is pending."""
        other = self.pending(b"other")
        future, seen = self.pending(), []
        ran = threading.Event()

        def callback(_):
            seen.append(code_of(capi().fdb_future_block_until_ready, other.fpointer))
            ran.set()

        future.on_ready(callback)
        self.db[self.k()] = b"x"
        self.assertTrue(ran.wait(GUARD))
        self.assertEqual(seen, [2026])

    def test_an_exception_in_a_callback_is_printed_and_dropped(self):
        """The package's own rule; the library goes on."""
        self.run_ok("""
            import threading, fdb
            fdb.api_version(LATEST)
            db = fdb.open()
            future = db.set_and_watch(b"k", b"1")
            after = threading.Event()
            future.on_ready(lambda ready: 1 // 0)
            future.on_ready(lambda ready: after.set())
            db[b"k"] = b"2"
            assert after.wait(60)
            future.wait()
            assert db[b"k"] == b"2"
        """)


class Threads(DatabaseTest):
    pending = Readiness.pending

    def test_many_threads_wait_for_one_future(self):
        """FUT-10: all of them go on."""
        future = self.pending()
        ready = threading.Barrier(9)

        def body(index):
            if index == 8:
                ready.wait(GUARD)
                self.db[self.k()] = b"x"
                return 0
            ready.wait(GUARD)
            return wait_code(future)

        self.assertEqual(together(9, body), [0] * 9)

    def test_cancel_races_with_completion(self):
        """FUT-1, FUT-6: 200 times; the outcome is the value or 1101, and the callback ran once."""
        for _ in range(200):
            future, counted = self.pending(), Counted()
            future.on_ready(counted)

            def body(index):
                if index:
                    future.cancel()
                else:
                    self.db.add(self.k(), little(1))

            together(2, body)
            self.assertTrue(counted.wait())
            self.assertIn(wait_code(future), (0, 1101))
            self.assertEqual(len(counted.calls), 1)

    def test_reads_in_flight_from_many_threads(self):
        """TX-2, 3FS-1: 8 threads start 100 reads each on one transaction, then wait for all."""
        rows = self.fill(100)
        transaction = self.begin()

        def body(_):
            futures = [transaction[key] for key, _ in rows]
            return [future.value for future in futures]

        self.assertEqual(together(8, body), [[value for _, value in rows]] * 8)
        self.assertEqual(commit(transaction), 0)

    def test_short_lived_threads(self):
        """2,000 threads, each one call, leave no trace in the count of the process's threads."""
        def threads():
            with open("/proc/self/status") as status:
                return next(int(line.split()[1]) for line in status if line.startswith("Threads:"))

        self.db[self.k()] = b"x"
        before = threads()
        for _ in range(2000):
            thread = threading.Thread(target=lambda: self.fresh()[self.k()].value)
            thread.start()
            thread.join(GUARD)
        self.assertLessEqual(threads(), before + 4)


if __name__ == "__main__":
    unittest.main()
