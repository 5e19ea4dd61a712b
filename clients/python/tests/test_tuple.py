"""Tuples and subspaces as stored keys: what is written comes back, in the order of the tuples."""

import functools
import math
import random
import unittest
import uuid

import fdb
import fdb.tuple as tuples
from fdb.tuple import SingleFloat, Versionstamp
from support import DatabaseTest

SAMPLES = [
    (), (None,), (None, None), (b"",), (b"\x00",), (b"\x00\xff\x00",), ("",), ("text",), ("\u00e9\u4e2d\U0001f600",),
    ("with\x00zero",), (0,), (1,), (-1,), (255,), (256,), (-255,), (-256,), (2 ** 63 - 1,), (-2 ** 63,), (2 ** 64,),
    (-2 ** 64,), (2 ** 200 + 1,), (-2 ** 200 - 1,), (0.0,), (-0.0,), (1.5,), (-1.5,), (math.inf,), (-math.inf,),
    (1e-300,), (SingleFloat(2.5),), (SingleFloat(-2.5),), (True,), (False,), (uuid.UUID(int=0),),
    (uuid.UUID(int=2 ** 128 - 1),), ((),), ((None,),), ((b"a", None, ("deep", (1, (2,)))), "after"), (("a",), "b"),
    (Versionstamp(b"\x00" * 9 + b"\x01", 5),), (Versionstamp(b"\xfe" * 10, 65535),), ("a", 1), ("a", 1, None), ("b",),
]


def random_item(dice, depth=0):
    """One element of any type."""
    kinds = [lambda: None, lambda: dice.randbytes(dice.randrange(6)), lambda: "".join(chr(dice.choice(
        [0, 65, 255, 0x4e2d, 0x1f600])) for _ in range(dice.randrange(4))), lambda: dice.randrange(-10 ** 12, 10 ** 12),
        lambda: dice.randrange(-2 ** 300, 2 ** 300), lambda: dice.uniform(-1e9, 1e9), lambda: dice.random() < 0.5,
        lambda: uuid.UUID(int=dice.getrandbits(128)), lambda: Versionstamp(dice.randbytes(10), dice.randrange(65536))]
    if depth < 3:
        kinds.append(lambda: tuple(random_item(dice, depth + 1) for _ in range(dice.randrange(3))))
    return dice.choice(kinds)()


class Tuples(DatabaseTest):
    def store_and_check(self, items):
        """Writes the tuples in any order and reads them in theirs."""
        space = fdb.Subspace(rawPrefix=self.prefix)
        distinct = {space.pack(item): item for item in items}
        transaction = self.begin()
        for key, item in distinct.items():
            transaction[key] = tuples.pack(item)
        transaction.commit().wait()
        found = self.rows()
        self.assertEqual(len(found), len(distinct))
        expected = sorted(distinct.values(), key=functools.cmp_to_key(tuples.compare))
        for (key, value), item in zip(found, expected):
            self.assertEqual(tuples.compare(space.unpack(key), item), 0, (key, item))
            self.assertEqual(tuples.compare(tuples.unpack(value), item), 0)

    def test_every_type(self):
        """The order of the stored keys is the order of the tuples (DATA-1)."""
        self.store_and_check(SAMPLES)

    def test_random_tuples(self):
        """The same with 2000 random tuples, nested to depth four; seed 7."""
        dice = random.Random(7)
        self.store_and_check([tuple(random_item(dice) for _ in range(dice.randrange(4))) for _ in range(2000)])

    def test_a_tuple_range_holds_its_extensions_only(self):
        """range(t) is what begins with t and is longer."""
        space = fdb.Subspace(rawPrefix=self.prefix)
        for item in SAMPLES:
            self.db[space.pack(item)] = b""
        found = [space.unpack(pair.key) for pair in self.db[space.range(("a",))]]
        self.assertEqual(found, [("a", 1), ("a", 1, None)])


class Subspaces(DatabaseTest):
    def test_subspaces_do_not_see_each_other(self):
        """Each holds its own keys; a nested one lies inside."""
        root = fdb.Subspace(rawPrefix=self.prefix)
        spaces = [root["users"], root["user"], root[1], root[b"users"], root["users"]["nested"]]
        for at, space in enumerate(spaces):
            self.db[space.pack(("key", at))] = b"%d" % at
        for at, space in enumerate(spaces):
            inside = [space.unpack(pair.key) for pair in self.db[space.range()]]
            expected = [("key", at)] if at else [("key", 0), ("nested", "key", 4)]
            self.assertEqual(inside, expected)

    def test_a_subspace_is_a_key(self):
        """The package turns subspaces into keys wherever a key is taken."""
        space = fdb.Subspace(("itself",), self.prefix)
        self.db[space] = b"value"
        self.assertEqual(self.db[space], b"value")
        self.assertEqual(self.db[space.key()], b"value")
        self.assertTrue(space.contains(space.pack((1,))))
        with self.assertRaises(ValueError):
            space.unpack(self.prefix + b"\x01elsewhere")

    def test_clearing_a_subspace(self):
        """Its keys go, its neighbours stay."""
        root = fdb.Subspace(rawPrefix=self.prefix)
        for name in ("a", "b", "c"):
            for index in range(5):
                self.db[root[name].pack((index,))] = b""
        del self.db[root["b"].range()]
        left = [root.unpack(pair.key) for pair in self.db[root.range()]]
        self.assertEqual(left, [(name, index) for name in ("a", "c") for index in range(5)])

    def test_futures_are_keys_and_values(self):
        """A value that was read can be written on as it is."""
        self.db[self.k(b"a")] = b"copied"
        transaction = self.begin()
        transaction[self.k(b"b")] = transaction[self.k(b"a")]
        transaction[self.k(b"c")] = transaction.get_key(fdb.KeySelector.first_greater_or_equal(self.k(b"a")))
        transaction.commit().wait()
        self.assertEqual(self.db[self.k(b"b")], b"copied")
        self.assertEqual(self.db[self.k(b"c")], self.k(b"a"))


if __name__ == "__main__":
    unittest.main()
