"""Atomic operations, compared with a model, as read inside the transaction and as committed."""

import random
import unittest

from support import DatabaseTest, commit, little, number, together


def fitted(value, operand):
    """ATOM-2: the value cut or extended to the operand's length."""
    return value[:len(operand)].ljust(len(operand), b"\x00")


def bitwise(operator, value, operand):
    """A bit operation on two strings of the operand's length."""
    return bytes(operator(x, y) for x, y in zip(fitted(value, operand), operand))


def add(value, operand):
    """ATOM-2: the little-endian sum without what overflows."""
    if value is None:
        return operand
    total = int.from_bytes(fitted(value, operand), "little") + int.from_bytes(operand, "little")
    return (total % (1 << (8 * len(operand)))).to_bytes(len(operand), "little")


def numeric(choose, value, operand):
    """The larger or smaller one as little-endian numbers."""
    if value is None:
        return operand
    return choose(fitted(value, operand), operand, key=lambda text: int.from_bytes(text, "little"))


def append(value, operand):
    """ATOM-3."""
    joined = (value or b"") + operand
    return (value or b"") if len(joined) > 100_000 else joined


MODEL = {
    "add": add,
    "bit_and": lambda v, p: p if v is None else bitwise(lambda x, y: x & y, v, p),
    "bit_or": lambda v, p: p if v is None else bitwise(lambda x, y: x | y, v, p),
    "bit_xor": lambda v, p: p if v is None else bitwise(lambda x, y: x ^ y, v, p),
    "append_if_fits": append,
    "max": lambda v, p: numeric(max, v, p),
    "min": lambda v, p: numeric(min, v, p),
    "byte_max": lambda v, p: p if v is None else max(v, p),
    "byte_min": lambda v, p: p if v is None else min(v, p),
    "compare_and_clear": lambda v, p: None if v == p else v,
}


class Operations(DatabaseTest):
    def test_each_operation_on_random_values(self):
        """ATOM-2 to ATOM-5, RYW-3: absent, empty, shorter, equal and longer values; 200 of each."""
        for name, model in MODEL.items():
            dice = random.Random(name)
            with self.subTest(operation=name):
                for _ in range(200):
                    value = self.random_value(dice)
                    operand = value if value is not None and dice.random() < 0.3 else dice.randbytes(dice.randrange(6))
                    self.check(name, model, value, operand)

    def random_value(self, dice):
        """A stored value, or None for an absent key."""
        return None if dice.random() < 0.2 else dice.randbytes(dice.randrange(6))

    def check(self, name, model, value, operand):
        """One operation: in the transaction, and after its commit."""
        if value is None:
            del self.db[self.k()]
        else:
            self.db[self.k()] = value
        transaction = self.begin()
        getattr(transaction, name)(self.k(), operand)
        expected = model(value, operand)
        self.assertEqual(transaction[self.k()].value, expected, (value, operand))
        self.assertEqual(commit(transaction), 0)
        self.assertEqual(self.db[self.k()], expected, (value, operand))

    def test_chains_of_operations_and_writes(self):
        """COM-9, RYW-3, RYW-4: random operations, sets and clears on one key in one transaction."""
        for seed in range(100):
            dice = random.Random(seed)
            value = self.random_value(dice)
            if value is None:
                del self.db[self.k()]
            else:
                self.db[self.k()] = value
            transaction = self.begin()
            for _ in range(dice.randrange(1, 8)):
                value = self.step(dice, transaction, value)
                if dice.random() < 0.3:
                    self.assertEqual(transaction[self.k()].value, value, seed)
            self.assertEqual(commit(transaction), 0)
            self.assertEqual(self.db[self.k()], value, seed)

    def step(self, dice, transaction, value):
        """One step of the chain; the value after it."""
        kind = dice.choice(["set", "clear", *MODEL])
        operand = dice.randbytes(dice.randrange(5))
        if kind == "set":
            transaction[self.k()] = operand
            return operand
        if kind == "clear":
            del transaction[self.k()]
            return None
        getattr(transaction, kind)(self.k(), operand)
        return MODEL[kind](value, operand)

    def test_an_append_that_does_not_fit_changes_nothing(self):
        """ATOM-3: 100,000 bytes fit, 100,001 do not, and nobody complains."""
        self.db[self.k()] = b"x" * 99_999
        self.db.append_if_fits(self.k(), b"y")
        self.assertEqual(self.db[self.k()], b"x" * 99_999 + b"y")
        self.db.append_if_fits(self.k(), b"z")
        self.assertEqual(self.db[self.k()], b"x" * 99_999 + b"y")

    def test_operations_of_the_database(self):
        """Each is a transaction of its own."""
        for _ in range(10):
            self.db.add(self.k(), little(7))
        self.assertEqual(number(self.db[self.k()]), 70)
        self.db.max(self.k(), little(1000))
        self.db.min(self.k(), little(500))
        self.assertEqual(number(self.db[self.k()]), 500)

    def test_a_number_that_is_no_operation(self):
        """ATOM-1: 2018 at commit for set, clear, gaps and what lies beyond."""
        for code in (0, 1, 3, 4, 5, 10, 11, 21, 22, 23, 24, 255, -1):
            transaction = self.begin()
            transaction._atomic_operation(code, self.k(), b"x")
            self.assertEqual(commit(transaction), 2018, code)


class Conflicts(DatabaseTest):
    def test_adds_from_many_threads_never_conflict(self):
        """ATOM-6: eight threads add 100 times without a single retry; the sum is right."""
        def body(index):
            codes = []
            for step in range(100):
                transaction = self.begin()
                transaction.get_read_version().wait()
                transaction.add(self.k(), little(index * 100 + step))
                codes.append(commit(transaction))
            return codes

        codes = sum(together(8, body), [])
        self.assertEqual(set(codes), {0})
        self.assertEqual(number(self.db[self.k()]), sum(range(800)))

    def test_a_dependent_operation_keeps_the_read_conflict(self):
        """CONF-3, RYW-3: reading a key that only an add touched conflicts with others' writes."""
        transaction = self.begin()
        transaction.add(self.k(), little(1))
        self.assertEqual(number(transaction[self.k()].value), 1)
        self.db[self.k()] = little(10)
        self.assertEqual(commit(transaction), 1020)

    def test_an_independent_operation_does_not(self):
        """CONF-3, RYW-4: after an own set, the read needs nothing from the database."""
        transaction = self.begin()
        transaction.get_read_version().wait()
        transaction[self.k()] = little(5)
        transaction.add(self.k(), little(1))
        self.assertEqual(number(transaction[self.k()].value), 6)
        self.db[self.k()] = little(10)
        self.assertEqual(commit(transaction), 0)
        self.assertEqual(number(self.db[self.k()]), 6)

    def test_the_operation_applies_to_the_value_at_commit(self):
        """COM-9: not to the one at the read version."""
        transaction = self.begin()
        transaction.get_read_version().wait()
        transaction.add(self.k(), little(1))
        self.db[self.k()] = little(41)
        self.assertEqual(commit(transaction), 0)
        self.assertEqual(number(self.db[self.k()]), 42)

    def test_compare_and_clear_makes_readers_conflict_even_without_effect(self):
        """ATOM-5: it always adds its write conflict range."""
        reader = self.begin()
        self.assertFalse(reader[self.k()].present())
        self.db.compare_and_clear(self.k(), b"other")
        reader[self.k(b"out")] = b""
        self.assertEqual(commit(reader), 1020)


class Names(DatabaseTest):
    def test_old_names_are_the_same_operations(self):
        """ATOM-1: the package offers and, or, xor beside bit_and, bit_or, bit_xor."""
        for old, new in (("and", "bit_and"), ("or", "bit_or"), ("xor", "bit_xor")):
            self.db[self.k(b"old")] = self.db[self.k(b"new")] = b"\x3c\xa5"
            getattr(self.db, old)(self.k(b"old"), b"\x0f\xf0")
            getattr(self.db, new)(self.k(b"new"), b"\x0f\xf0")
            self.assertEqual(self.db[self.k(b"old")], self.db[self.k(b"new")])


if __name__ == "__main__":
    unittest.main()
