"""Multimap, index, blob, counter, vector and table: each alone, and under several threads."""

import collections
import random
import unittest

import fdb
from support import DatabaseTest, commit, together

from recipes.blob import CHUNK, Blob
from recipes.counter import Counter
from recipes.index import People
from recipes.multimap import MultiMap
from recipes.table import Table
from recipes.vector import Vector

THREADS = 5


class RecipeTest(DatabaseTest):
    def setUp(self):
        super().setUp()
        self.space = fdb.Subspace(rawPrefix=self.prefix)


class Multimap(RecipeTest):
    def test_counts(self):
        """ATOM-2, ATOM-5: adding twice counts two; removing the last takes the row away."""
        multimap = MultiMap(self.space)
        for value in ("a", "b", "a"):
            multimap.add(self.db, "k", value)
        self.assertEqual(multimap.counts(self.db, "k"), {"a": 2, "b": 1})
        self.assertTrue(multimap.remove(self.db, "k", "a"))
        self.assertTrue(multimap.remove(self.db, "k", "a"))
        self.assertFalse(multimap.remove(self.db, "k", "a"))
        self.assertEqual(multimap.counts(self.db, "k"), {"b": 1})

    def test_threads(self):
        """CONF-19: additions minus removals that found something, for every key and value."""
        multimap = MultiMap(self.space)

        def body(index):
            dice, change = random.Random(index), collections.Counter()
            for _ in range(80):
                pair = (dice.randrange(3), dice.randrange(4))
                if dice.random() < 0.6:
                    multimap.add(self.db, *pair)
                    change[pair] += 1
                elif multimap.remove(self.db, *pair):
                    change[pair] -= 1
            return change

        total = collections.Counter()
        for change in together(THREADS, body):
            total.update(change)
        self.assertEqual(multimap.all(self.db), {pair: count for pair, count in total.items() if count})


class Index(RecipeTest):
    def test_index_follows_the_data(self):
        """Moves and removals change the index in the same transaction."""
        people = People(self.space)
        people.put(self.db, "ann", "rome")
        people.put(self.db, "bob", "rome")
        people.put(self.db, "ann", "oslo")
        self.assertEqual(people.living_in(self.db, "rome"), ["bob"])
        self.assertEqual(people.town_of(self.db, "ann"), "oslo")
        self.assertTrue(people.remove(self.db, "bob"))
        self.assertFalse(people.remove(self.db, "bob"))
        self.assertEqual(people.living_in(self.db, "rome"), [])

    def test_threads(self):
        """CONF-19: whenever anybody looks, index and data say the same."""
        people = People(self.space)
        towns, names = ["rome", "oslo", "bern"], ["p%d" % index for index in range(8)]

        def body(index):
            dice = random.Random(index)
            for _ in range(60):
                if dice.random() < 0.2:
                    people.remove(self.db, dice.choice(names))
                else:
                    people.put(self.db, dice.choice(names), dice.choice(towns))
                data, by_town = people.both(self.db)
                if data != by_town:
                    return data ^ by_town
            return set()

        self.assertEqual(together(THREADS, body), [set()] * THREADS)


class Blobs(RecipeTest):
    def test_random_writes_against_a_model(self):
        """Offsets within and across chunks, appends, gaps; seeds 0 to 9."""
        for seed in range(10):
            dice, blob, model = random.Random(seed), Blob(self.space["%d" % seed]), bytearray()
            for _ in range(12):
                data = dice.randbytes(dice.randrange(1, 3 * CHUNK))
                offset = len(model) if dice.random() < 0.3 else dice.randrange(len(model) + CHUNK)
                blob.write(self.db, offset, data)
                model.extend(bytes(max(0, offset - len(model))))
                model[offset:offset + len(data)] = data
                start = dice.randrange(len(model) + 1)
                self.assertEqual(blob.read(self.db, start, CHUNK + 7), model[start:start + CHUNK + 7], seed)
            self.assertEqual(blob.size(self.db), len(model))
            self.assertEqual(blob.read(self.db, 0, len(model)), model)

    def test_readers_never_see_a_mixture(self):
        """VER-12, COM-8: writers replace the whole with one letter; readers see one letter only."""
        blob = Blob(self.space)
        blob.write_all(self.db, b"a" * (5 * CHUNK))

        def body(index):
            seen = set()
            for step in range(25):
                if index < 2:
                    blob.write_all(self.db, bytes([97 + (index * 11 + step) % 26]) * (CHUNK * (3 + step % 4) + step))
                else:
                    data = blob.read(self.db, 0, 10 * CHUNK)
                    seen.add(len(set(data)))
            return seen

        self.assertEqual(set().union(*together(THREADS, body)), {1})

    def test_appends_from_threads(self):
        """CONF-19: every record is in the blob once, and whole."""
        blob = Blob(self.space)
        together(4, lambda index: [blob.append(self.db, (b"%d-%02d;" % (index, step)).rjust(1000, b"."))
                                   for step in range(25)])
        data = blob.read(self.db, 0, blob.size(self.db))
        records = sorted(record.strip(b".") for record in data.split(b";")[:-1])
        self.assertEqual(records, sorted(b"%d-%02d" % (index, step) for index in range(4) for step in range(25)))
        self.assertEqual(len(data), 100 * 1000)


class Counters(RecipeTest):
    def test_negative_amounts(self):
        """ATOM-2: the sum wraps, so subtraction works."""
        counter = Counter(self.k())
        for amount in (5, -8, 2 ** 40, -2 ** 41):
            counter.add(self.db, amount)
        self.assertEqual(counter.get(self.db), 5 - 8 + 2 ** 40 - 2 ** 41)
        self.assertEqual(counter.about(self.db), counter.get(self.db))

    def test_threads(self):
        """ATOM-6: no addition is lost."""
        counter = Counter(self.k())
        together(THREADS, lambda index: [counter.add(self.db, index * step - 50) for step in range(100)])
        self.assertEqual(counter.get(self.db),
                         sum(index * step - 50 for index in range(THREADS) for step in range(100)))

    def test_looking_without_conflict(self):
        """CONF-7: about() does not conflict, get() does."""
        counter = Counter(self.k())
        for look, expected in ((counter.about, 0), (counter.get, 1020)):
            transaction = self.begin()
            look(transaction)
            counter.add(self.db, 1)
            transaction[self.k(b"out")] = b""
            self.assertEqual(commit(transaction), expected)


class Vectors(RecipeTest):
    def test_against_a_list(self):
        """Pushes, pops, sets beyond the end, swaps; seed 3."""
        dice, vector, model = random.Random(3), Vector(self.space, b"-"), []
        for step in range(150):
            value, kind = b"%d" % step, dice.randrange(4)
            if kind == 0:
                self.assertEqual(vector.push(self.db, value), len(model))
                model.append(value)
            elif kind == 1:
                self.assertEqual(vector.pop(self.db), model.pop() if model else None)
            elif kind == 2:
                position = dice.randrange(len(model) + 4)
                vector.set(self.db, position, value)
                model.extend([b"-"] * (position + 1 - len(model)))
                model[position] = value
            elif len(model) > 1:
                left, right = dice.randrange(len(model)), dice.randrange(len(model))
                vector.swap(self.db, left, right)
                model[left], model[right] = model[right], model[left]
            self.assertEqual(vector.size(self.db), len(model))
        self.assertEqual(vector.to_list(self.db), model)
        with self.assertRaises(IndexError):
            vector.get(self.db, len(model))

    def test_threads_push(self):
        """CONF-19: positions are given once, and every value is at its position."""
        vector = Vector(self.space)
        given = sum(together(THREADS, lambda index: [
            (vector.push(self.db, b"%d/%d" % (index, step)), b"%d/%d" % (index, step)) for step in range(30)]), [])
        self.assertEqual(sorted(position for position, _ in given), list(range(THREADS * 30)))
        self.assertEqual(vector.to_list(self.db), [value for _, value in sorted(given)])

    def test_threads_swap(self):
        """CONF-19: swapping permutes and loses nothing."""
        vector = Vector(self.space)
        for index in range(10):
            vector.push(self.db, b"%d" % index)

        def body(index):
            dice = random.Random(index)
            for _ in range(50):
                vector.swap(self.db, dice.randrange(10), dice.randrange(10))

        together(THREADS, body)
        self.assertEqual(sorted(vector.to_list(self.db)), [b"%d" % index for index in range(10)])


class Tables(RecipeTest):
    def test_rows_and_columns(self):
        """The same cells, read either way."""
        table = Table(self.space)
        for row in range(4):
            table.set_row(self.db, row, {column: b"%d.%d" % (row, column) for column in range(5)})
        table.set_row(self.db, 2, {0: b"new"})
        self.assertEqual(table.row(self.db, 1), {column: b"1.%d" % column for column in range(5)})
        self.assertEqual(table.row(self.db, 2), {0: b"new"})
        self.assertEqual(table.column(self.db, 3), {row: b"%d.3" % row for row in (0, 1, 3)})
        self.assertEqual(table.get(self.db, 3, 4), b"3.4")
        self.assertIsNone(table.get(self.db, 2, 4))

    def test_threads(self):
        """CONF-19: both copies agree whenever anybody looks."""
        table = Table(self.space)

        def body(index):
            dice = random.Random(index)
            for step in range(50):
                row, column = dice.randrange(4), dice.randrange(4)
                if dice.random() < 0.3:
                    table.set_row(self.db, row, {column: b"%d:%d" % (index, step)})
                else:
                    table.set(self.db, row, column, b"%d:%d" % (index, step))
                rows, columns = table.both(self.db)
                if rows != columns:
                    return False
            return True

        self.assertEqual(together(THREADS, body), [True] * THREADS)


if __name__ == "__main__":
    unittest.main()
