"""The package as a program sees it: installed from the wheel, against the library in it. Rules are those of
docs/SEMANTICS.md."""

import gc
import os
import queue
import subprocess
import sys
import tempfile
import threading
import unittest

import plinth

NOT_COMMITTED, KEY_OUTSIDE, CANCELLED, OPERATION_CANCELLED = 1020, 2004, 1025, 1101


def numbered(number):
    return b"key/%05d" % number


class InMemory(unittest.TestCase):
    def setUp(self):
        self.db = plinth.open(":memory:")
        self.addCleanup(self.db.close)

    def fill(self, keys):
        def body(tr):
            for number in range(keys):
                tr[numbered(number)] = b"%d" % number

        self.db.run(body)

    def assert_fails(self, number, call, *arguments, **named):
        with self.assertRaises(plinth.Error) as caught:
            call(*arguments, **named)
        self.assertEqual(caught.exception.number, number, str(caught.exception))
        return caught.exception


class Values(InMemory):
    def test_absent_empty_and_there(self):  # GET-1, RYW-1
        with self.db.transaction() as tr:
            self.assertIsNone(tr[b"key"])
            tr[b"empty"] = b""
            tr[bytearray(b"nul")] = memoryview(b"a\0b")
            self.assertEqual((tr[b"empty"], tr.get(b"nul", snapshot=True)), (b"", b"a\0b"))
            tr.commit()
        self.assertEqual(self.db.run(lambda tr: tr[b"nul"]), b"a\0b")

    def test_many_keys_in_one_call(self):  # GET-1, RYW-1
        self.fill(100)
        with self.db.transaction() as tr:
            tr[b"own"] = b""
            keys = [numbered(99), b"absent", b"own", numbered(0), numbered(99)]
            for snapshot in (False, True):
                self.assertEqual(tr.get_many(keys, snapshot), [b"99", None, b"", b"0", b"99"])
            self.assertEqual(tr.get_many([]), [])
            self.assert_fails(KEY_OUTSIDE, tr.get_many, [b"key", b"\xff"])

    def test_clears(self):  # CONF-1
        self.fill(10)

        def body(tr):
            del tr[numbered(0)]
            del tr[numbered(2) : numbered(5)]
            return [pair.key for pair in tr.range()]

        self.assertEqual(self.db.run(body), [numbered(number) for number in (1, 5, 6, 7, 8, 9)])

    def test_counters_and_versionstamps(self):  # ATOM-1, VST-1 to VST-3
        for number in (300, -50, 6):
            self.db.run(lambda tr, number=number: tr.add(b"count", number))
        tr = self.db.transaction()
        self.assertEqual(int.from_bytes(tr[b"count"], "little"), 256)
        tr.set_versionstamped_key(b"log/" + bytes(10), 4, b"entry")
        tr.set_versionstamped_value(b"last", bytes(10), 0)
        tr.atomic("byte_max", b"largest", b"m")
        tr.commit()
        stamp = tr.versionstamp
        self.assertEqual(int.from_bytes(stamp[:8], "big"), tr.committed_version)
        with self.db.transaction() as after:
            self.assertEqual((after[b"log/" + stamp], after[b"last"], after[b"largest"]), (b"entry", stamp, b"m"))

    def test_keyspaces(self):
        other = self.db.keyspace("other")
        self.assertEqual(self.db.keyspaces(), ["default", "other"])
        self.db.run(lambda tr: tr.set(b"key", b"there", keyspace=other))
        with self.db.transaction() as tr:
            self.assertEqual((tr[b"key"], tr.get(b"key", keyspace=other)), (None, b"there"))
            self.assertEqual(list(tr.range(keyspace=other)), [(b"key", b"there")])
        self.db.drop_keyspace("other")
        self.assert_fails(9010, self.db.run, lambda tr: tr.get(b"key", keyspace=other))


class Ranges(InMemory):
    def test_a_range_is_what_its_batches_are(self):  # RNG-3, RNG-8
        self.fill(5000)
        with self.db.transaction() as tr:
            everything = [(numbered(number), b"%d" % number) for number in range(5000)]
            self.assertEqual(list(tr[b"key/":b"key0"]), everything)
            self.assertEqual(list(tr.range(reverse=True)), everything[::-1])
            for limit in (1, 7, 4999, 5000, 5001):
                self.assertEqual(list(tr.range(limit=limit)), everything[:limit])
                self.assertEqual(list(tr.range(limit=limit, reverse=True)), everything[::-1][:limit])

    def test_selectors(self):  # SEL-1, SEL-2
        self.fill(10)
        at = plinth.Selector
        with self.db.transaction() as tr:
            self.assertEqual(tr.get_key(at.first_at_or_above(numbered(3))), numbered(3))
            self.assertEqual(tr.get_key(at.first_above(numbered(3))), numbered(4))
            self.assertEqual(tr.get_key(at.last_below(numbered(3)) - 1), numbered(1))
            self.assertEqual(tr.get_key(at.last_at_or_below(numbered(3)) + 100, snapshot=True), b"\xff")
            pairs = tr.range(at.first_above(numbered(3)), at.last_below(numbered(9)))
            self.assertEqual([pair.value for pair in pairs], [b"4", b"5", b"6", b"7"])

    def test_bad_ranges(self):
        with self.db.transaction() as tr:
            self.assertRaises(ValueError, tr.__getitem__, slice(b"a", b"b", 2))
            self.assert_fails(2012, list, tr.range(limit=-2))


class Conflicts(InMemory):
    def test_a_changed_read_is_1020(self):  # CONF-2, CONF-7, CONF-10
        ways = {
            lambda tr: tr[b"key"]: True,
            lambda tr: tr.get(b"key", snapshot=True): False,
            lambda tr: list(tr.range()): True,
            lambda tr: tr.add_read_conflict(b"key"): True,
            lambda tr: tr.add_read_conflict_range(b"k", b"l"): True,
            lambda tr: tr.add_write_conflict_range(b"k", b"l"): False,
        }
        for prepare, conflicts in ways.items():
            with self.db.transaction() as tr:
                self.assertGreater(tr.read_version, 0)
                prepare(tr)
                self.db.run(lambda other: other.set(b"key", os.urandom(8)))
                tr[b"other"] = b""
                if conflicts:
                    error = self.assert_fails(NOT_COMMITTED, tr.commit)
                    self.assertTrue(error.is_retryable and not error.is_maybe_committed)
                    self.assertEqual(error.name, "not_committed")
                    tr.on_error(error)
                    self.assertEqual(tr.approximate_size, 0)
                else:
                    tr.commit()

    def test_threads_lose_nothing(self):  # ERRH-1
        @self.db.transactional
        def count(tr, key):
            tr[key] = b"%d" % (int(tr[key] or 0) + 1)

        threads = [threading.Thread(target=lambda: [count(b"count") for _ in range(50)]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(self.db.run(lambda tr: tr[b"count"]), b"200")
        self.assertEqual(self.db.metrics()["live_transactions"], 0)

    def test_an_exception_of_the_body_ends_the_transaction(self):
        def body(tr):
            tr[b"key"] = b""
            raise KeyError("own")

        self.assertRaises(KeyError, self.db.run, body)
        self.assertIsNone(self.db.run(lambda tr: tr[b"key"]))
        self.assert_fails(KEY_OUTSIDE, self.db.run, lambda tr: tr.set(b"\xff", b""))
        self.assertEqual(self.db.metrics()["live_transactions"], 0)


class Life(InMemory):
    def test_what_is_asked_of_a_transaction(self):
        with self.db.transaction() as tr:
            self.assertEqual(len(tr.id), 36)
            tr[b"key"] = b"value"
            self.assertGreater(tr.approximate_size, 0)
            tr.reset()
            self.assertEqual((tr.approximate_size, tr.committed_version), (0, -1))
            with self.db.transaction() as same:
                same.read_version = tr.read_version
                self.assertEqual(same.read_version, tr.read_version)
            tr.option("timeout", 10_000)
            self.assertRaises(ValueError, tr.option, "no_such_option")
            tr.cancel()
            self.assert_fails(CANCELLED, tr.get, b"key")
        self.assert_fails(9000, tr.get, b"key")
        self.db.option("transaction_retry_limit", 3)
        self.db.sync()
        self.assertRegex(plinth.version(), r"^\d+\.\d+\.\d+$")

    def test_what_nobody_holds_ends(self):
        transactions = [self.db.transaction() for _ in range(10)]
        self.assertEqual(self.db.metrics()["live_transactions"], 10)
        del transactions
        gc.collect()
        self.assertEqual(self.db.metrics()["live_transactions"], 0)

    def test_options_of_an_open(self):
        self.assertRaises(ValueError, plinth.open, ":memory:", no_such_option=1)
        self.assert_fails(2006, plinth.open, ":memory:", memory_budget=1)
        self.assert_fails(9006, plinth.repair, "/nowhere/at/all")

    def test_a_directory_is_there_in_another_process(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "db")
            program = f"import plinth; plinth.open({path!r}).run(lambda tr: tr.set(b'key', b'from the child'))"
            with plinth.open(path) as db:
                subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
                self.assertEqual(db.run(lambda tr: tr[b"key"]), b"from the child")
            with plinth.open(path, must_exist=True) as db:
                self.assertEqual(db.run(lambda tr: tr[b"key"]), b"from the child")
            db.close()


class Watches(InMemory):
    def watching(self, key, told):
        with self.db.transaction() as tr:
            watch = tr.watch(key, told.put)
            tr.commit()
        return watch

    def test_a_change_and_a_cancel_are_told(self):  # WATCH-1, WATCH-9
        told = queue.Queue()
        watch = self.watching(b"key", told)
        self.db.run(lambda tr: tr.set(b"key", b"now"))
        self.assertIsNone(told.get(timeout=60))
        watch = self.watching(b"key", told)
        watch.cancel()
        self.assertEqual(told.get(timeout=60).number, OPERATION_CANCELLED)
        watch = self.watching(b"key", told)
        del watch
        gc.collect()
        self.assertEqual(told.get(timeout=60).number, OPERATION_CANCELLED)
        with self.db.transaction() as tr:
            self.watch = tr.watch(b"\xff", told.put)
            self.assertEqual(told.get(timeout=60).number, KEY_OUTSIDE)
            self.watch.cancel()


if __name__ == "__main__":
    unittest.main()
