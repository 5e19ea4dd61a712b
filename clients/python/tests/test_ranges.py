"""Ranges and key selectors, compared with a sorted list that the test keeps itself."""

import bisect
import random
import unittest

import fdb
from support import DatabaseTest, code_of, commit

MODES = ("want_all", "iterator", "exact", "small", "medium", "large", "serial")
# RNG-4: bytes of one call.
MODE_BYTES = {"want_all": 80_000, "small": 256, "medium": 1000, "large": 4096, "serial": 80_000}
ITERATOR_BYTES = [4096, 6144, 9216, 13824, 20736, 31104, 46656, 69984, 80_000, 120_000]


def mode(name):
    return getattr(fdb.StreamingMode, name)


def first_call(rows, limit, bytes_allowed):
    """RNG-6, RNG-8: what one call returns of these rows: count and more."""
    used = 0
    for index, (key, value) in enumerate(rows):
        used += 8 + len(key) + len(value)
        if (limit and index + 1 == limit) or (bytes_allowed and used >= bytes_allowed):
            return index + 1, True
    return len(rows), False


class Ranges(DatabaseTest):
    def test_every_mode_direction_and_limit_gives_the_same_rows(self):
        """RNG-1, RNG-9, RNG-10: iterating over many calls equals a slice of the model."""
        rows = self.fill(1000, lambda index: b"v" * (index % 37))
        transaction = self.begin()
        for name in MODES:
            for reverse in (False, True):
                for limit in (0, 1, 2, 7, 999, 1000, 1001):
                    if name == "exact" and not limit:
                        continue
                    with self.subTest(mode=name, reverse=reverse, limit=limit):
                        found = transaction.get_range_startswith(
                            self.prefix, limit=limit, reverse=reverse, streaming_mode=mode(name))
                        expected = (rows[::-1] if reverse else rows)[:limit or None]
                        self.assertEqual([(pair.key, pair.value) for pair in found], expected)

    def test_to_list_is_the_same_as_iterating(self):
        """The package asks in another mode for a list."""
        rows = self.fill(300)
        transaction = self.begin()
        for limit in (0, 10, 300):
            found = transaction.get_range_startswith(self.prefix, limit=limit).to_list()
            self.assertEqual([(pair.key, pair.value) for pair in found], rows[:limit or None])

    def test_how_much_one_call_returns(self):
        """RNG-4, RNG-6, RNG-7: the pair that reaches the limit is the last one."""
        rows = self.fill(3000, lambda index: b"v" * (index % 97))
        begin = fdb.KeySelector.first_greater_or_equal(self.prefix)
        end = fdb.KeySelector.first_greater_or_equal(fdb.impl.strinc(self.prefix))
        transaction = self.begin()
        cases = [(name, 1, size) for name, size in MODE_BYTES.items()]
        cases += [("iterator", at, ITERATOR_BYTES[min(at, 10) - 1]) for at in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 50)]
        for name, iteration, size in cases:
            for reverse in (False, True):
                for limit in (0, 5):
                    with self.subTest(mode=name, iteration=iteration, reverse=reverse, limit=limit):
                        ordered = rows[::-1] if reverse else rows
                        count, more = first_call(ordered, limit, size)
                        got, got_count, got_more = transaction._get_range(
                            begin, end, limit, mode(name), iteration, reverse).wait()
                        self.assertEqual((got_count, bool(got_more)), (count, more))
                        self.assertEqual([(pair.key, pair.value) for pair in got], ordered[:count])

    def test_more_is_set_when_the_limit_falls_on_the_last_row(self):
        """RNG-8: and not when the range ends below the limit."""
        self.fill(10)
        begin = fdb.KeySelector.first_greater_or_equal(self.prefix)
        end = fdb.KeySelector.first_greater_or_equal(fdb.impl.strinc(self.prefix))
        transaction = self.begin()
        for limit, more in ((9, True), (10, True), (11, False)):
            found = transaction._get_range(begin, end, limit, mode("exact"), 1, False).wait()
            self.assertEqual((found[1], bool(found[2])), (min(limit, 10), more))

    def test_bad_arguments(self):
        """RNG-3, RNG-5: negative limits 2012, exact without limits 2210, iteration 0 and unknown modes 2000."""
        begin = fdb.KeySelector.first_greater_or_equal(self.prefix)
        transaction = self.begin()
        cases = ((-2, mode("want_all"), 1, 2012), (0, mode("exact"), 1, 2210),
                 (0, mode("iterator"), 0, 2000), (0, mode("iterator"), -1, 2000), (0, 5, 1, 2000), (0, -3, 1, 2000))
        for limit, streaming, iteration, expected in cases:
            future = transaction._get_range(begin, begin + 1, limit, streaming, iteration, False)
            self.assertEqual(code_of(future.wait), expected)
        self.assertEqual(commit(transaction), 0)

    def test_minus_one_means_no_limit(self):
        """RNG-3: a limit of -1 is accepted."""
        rows = self.fill(30)
        begin = fdb.KeySelector.first_greater_or_equal(self.prefix)
        end = fdb.KeySelector.first_greater_or_equal(fdb.impl.strinc(self.prefix))
        self.assertEqual(self.fresh()._get_range(begin, end, -1, mode("serial"), 1, False).wait()[1], len(rows))

    def test_an_inverted_or_empty_range_is_empty(self):
        """RNG-1: no error."""
        self.fill(5)
        transaction = self.begin()
        for begin, end in ((self.k(b"9"), self.k(b"1")), (self.k(b"00001"), self.k(b"00001"))):
            self.assertEqual(list(transaction[begin:end]), [])
            self.assertEqual(list(transaction[begin:end:-1]), [])

    def test_slices_of_database_and_transaction(self):
        """Open ends mean the whole user key space; a step of -1 is reverse."""
        rows = self.fill(20)
        found = [(pair.key, pair.value) for pair in self.db[rows[5][0]:rows[15][0]:-1]]
        self.assertEqual(found, rows[5:15][::-1])
        every = [pair.key for pair in self.fresh()[None:None]]
        self.assertEqual(every, sorted(every))
        self.assertTrue(set(key for key, _ in rows) <= set(every))
        self.assertTrue(all(key < b"\xff" for key in every))

    def test_prefixes_with_high_bytes(self):
        """DATA-1: a prefix that ends with 0xff bytes."""
        keys = [self.k(suffix) for suffix in (b"a\xff", b"a\xff\x00", b"a\xff\xff", b"a\xff\xffz", b"b")]
        for key in keys:
            self.db[key] = b""
        found = [pair.key for pair in self.db.get_range_startswith(self.k(b"a\xff"))]
        self.assertEqual(found, sorted(keys)[:4])


class OwnWrites(DatabaseTest):
    def test_random_writes_over_stored_rows(self):
        """RYW-1, RNG-10, SEL-5: sets, clears and range clears laid over stored rows, seeds 0 to 29."""
        for seed in range(30):
            with self.subTest(seed=seed):
                self.db.clear_range_startswith(self.prefix)
                dice = random.Random(seed)
                model = dict(self.fill(60))
                transaction = self.begin()
                for _ in range(dice.randrange(1, 40)):
                    self.random_write(dice, transaction, model)
                self.compare(dice, transaction, model)
                transaction.commit().wait()
                self.assertEqual(self.rows(), sorted(model.items()))

    def random_write(self, dice, transaction, model):
        """One write, in the transaction and in the model."""
        key = self.k(b"%05d" % dice.randrange(80))
        kind = dice.randrange(4)
        if kind == 0:
            transaction[key] = model[key] = b"own%d" % dice.randrange(1000)
        elif kind == 1:
            del transaction[key]
            model.pop(key, None)
        elif kind == 2:
            end = self.k(b"%05d" % dice.randrange(80))
            if key <= end:
                del transaction[key:end]
                for gone in [name for name in model if key <= name < end]:
                    del model[gone]
        else:
            transaction.append_if_fits(key, b"+")
            model[key] = model.get(key, b"") + b"+"

    def compare(self, dice, transaction, model):
        """Whole range, limited ranges and single reads equal the model."""
        rows = sorted(model.items())
        self.assertEqual(self.rows(transaction), rows)
        for _ in range(10):
            low, high = sorted(self.k(b"%05d" % dice.randrange(85)) for _ in range(2))
            limit, reverse = dice.randrange(0, 12), dice.random() < 0.5
            found = transaction.get_range(low, high, limit=limit, reverse=reverse,
                                          streaming_mode=mode(dice.choice(["want_all", "iterator", "small"])))
            inside = [row for row in rows if low <= row[0] < high]
            expected = (inside[::-1] if reverse else inside)[:limit or None]
            self.assertEqual([(pair.key, pair.value) for pair in found], expected)
            self.assertEqual(transaction[low].value, model.get(low))


class Selectors(DatabaseTest):
    def test_every_form_and_offset(self):
        """SEL-1, SEL-2, SEL-4: position of the last key below (or at) the key, plus the offset."""
        rows = self.fill(12)
        keys = [key for key, _ in rows]
        transaction = self.begin()
        # Rows of the guard: the model holds only what is between this test's ends.
        for probe in keys[::3] + [key + b"\x00" for key in keys[1::4]] + [self.k(b"00"), self.k(b"zz")]:
            for or_equal in (False, True):
                for offset in range(-15, 16):
                    place = (bisect.bisect_right if or_equal else bisect.bisect_left)(keys, probe) - 1 + offset
                    if not 0 <= place < len(keys):
                        continue
                    selector = fdb.KeySelector(probe, or_equal, offset)
                    self.assertEqual(transaction.get_key(selector), keys[place], (probe, or_equal, offset))

    def test_the_four_named_forms(self):
        """SEL-2: below, at or below, above, at or above."""
        rows = self.fill(3)
        first, middle, last = [key for key, _ in rows]
        transaction = self.begin()
        self.assertEqual(transaction.get_key(fdb.KeySelector.last_less_than(middle)), first)
        self.assertEqual(transaction.get_key(fdb.KeySelector.last_less_or_equal(middle)), middle)
        self.assertEqual(transaction.get_key(fdb.KeySelector.first_greater_than(middle)), last)
        self.assertEqual(transaction.get_key(fdb.KeySelector.first_greater_or_equal(middle)), middle)
        self.assertEqual(transaction.get_key(fdb.KeySelector.first_greater_or_equal(first) + 2), last)

    def test_the_ends_of_the_key_space(self):
        """SEL-3: before the first key it is empty, after the last one 0xff."""
        self.fill(3)
        transaction = self.begin()
        self.assertEqual(transaction.get_key(fdb.KeySelector.last_less_than(b"")), b"")
        self.assertEqual(transaction.get_key(fdb.KeySelector.first_greater_or_equal(b"\xff")), b"\xff")
        self.assertEqual(transaction.get_key(fdb.KeySelector.first_greater_or_equal(b"") + 1_000_000), b"\xff")
        self.assertEqual(transaction.get_key(fdb.KeySelector.last_less_than(b"\xff") - 1_000_000), b"")

    def test_own_writes_move_selectors(self):
        """SEL-5: own sets count and own clears do not."""
        rows = self.fill(5)
        transaction = self.begin()
        del transaction[rows[1][0]]
        transaction[self.k(b"00002x")] = b""
        selector = fdb.KeySelector.first_greater_or_equal(rows[0][0])
        found = [transaction.get_key(selector + step).value for step in range(5)]
        self.assertEqual(found, [rows[0][0], rows[2][0], self.k(b"00002x"), rows[3][0], rows[4][0]])

    def test_selectors_bound_ranges(self):
        """RNG-1: both ends resolved, then the rows between."""
        rows = self.fill(30)
        transaction = self.begin()
        begin = fdb.KeySelector.first_greater_than(rows[4][0]) + 2
        end = fdb.KeySelector.last_less_than(rows[25][0]) - 3
        self.assertEqual([(pair.key, pair.value) for pair in transaction.get_range(begin, end)], rows[7:21])
        found = transaction.get_range(begin, end, reverse=True, limit=4)
        self.assertEqual([(pair.key, pair.value) for pair in found], rows[17:21][::-1])


if __name__ == "__main__":
    unittest.main()
