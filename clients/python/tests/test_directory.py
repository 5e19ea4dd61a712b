"""The directory layer and its high-contention allocator, over our store."""

import unittest

import fdb
from support import DatabaseTest, together


class LayerTest(DatabaseTest):
    """A directory layer with nodes and contents below this test's prefix."""

    def setUp(self):
        super().setUp()
        self.layer = fdb.DirectoryLayer(
            node_subspace=fdb.Subspace(("nodes",), self.prefix), content_subspace=fdb.Subspace(("data",), self.prefix))


class Directories(LayerTest):
    def test_create_open_and_exists(self):
        """A path is created once, opened often, and keeps its prefix."""
        made = self.layer.create(self.db, ("app", "users"))
        self.assertEqual(made.get_path(), ("app", "users"))
        self.assertEqual(self.layer.open(self.db, ("app", "users")).key(), made.key())
        self.assertEqual(self.layer.create_or_open(self.db, ("app", "users")).key(), made.key())
        self.assertTrue(self.layer.exists(self.db, ("app",)))
        self.assertFalse(self.layer.exists(self.db, ("app", "nobody")))
        for call, path in ((self.layer.create, ("app", "users")), (self.layer.open, ("app", "nobody"))):
            with self.assertRaises(ValueError):
                call(self.db, path)

    def test_contents_live_below_the_prefix(self):
        """Data of one directory is not seen by another."""
        first = self.layer.create(self.db, ("first",))
        second = self.layer.create(self.db, ("second",))
        for index in range(10):
            self.db[first.pack((index,))] = b"1"
            self.db[second[index]] = b"2"
        for directory, value in ((first, b"1"), (second, b"2")):
            pairs = [(directory.unpack(pair.key), pair.value) for pair in self.db[directory.range()]]
            self.assertEqual(pairs, [((index,), value) for index in range(10)])

    def test_list(self):
        """Names in order, of the root and of a directory."""
        for name in ("pear", "apple", "fig"):
            self.layer.create(self.db, ("fruit", name))
        self.assertEqual(self.layer.list(self.db), ["fruit"])
        self.assertEqual(self.layer.list(self.db, ("fruit",)), ["apple", "fig", "pear"])
        self.assertEqual(self.layer.open(self.db, ("fruit",)).list(self.db), ["apple", "fig", "pear"])

    def test_move_keeps_the_contents(self):
        """Only the name changes."""
        old = self.layer.create(self.db, ("old", "inner"))
        self.db[old.pack(("key",))] = b"value"
        self.layer.create(self.db, ("new",))
        moved = self.layer.move(self.db, ("old",), ("new", "place"))
        self.assertEqual(moved.get_path(), ("new", "place"))
        inner = self.layer.open(self.db, ("new", "place", "inner"))
        self.assertEqual(inner.key(), old.key())
        self.assertEqual(self.db[inner.pack(("key",))], b"value")
        self.assertFalse(self.layer.exists(self.db, ("old",)))
        with self.assertRaises(ValueError):
            self.layer.move(self.db, ("new",), ("new", "place", "below"))
        back = moved.move_to(self.db, ("top",))
        self.assertEqual(back.get_path(), ("top",))

    def test_remove_takes_everything_below(self):
        """Contents, subdirectories and their contents."""
        for path in (("gone",), ("gone", "a"), ("gone", "a", "b"), ("kept",)):
            directory = self.layer.create(self.db, path)
            self.db[directory.pack(("x",))] = b"".join(part.encode() for part in path)
        self.layer.remove(self.db, ("gone",))
        self.assertEqual(self.layer.list(self.db), ["kept"])
        values = [value for key, value in self.rows() if key.startswith(fdb.Subspace(("data",), self.prefix).key())]
        self.assertEqual(values, [b"kept"])
        self.assertFalse(self.layer.remove_if_exists(self.db, ("gone",)))
        with self.assertRaises(ValueError):
            self.layer.remove(self.db, ("gone",))

    def test_layers_are_checked(self):
        """A directory made for one layer is not opened for another."""
        self.layer.create(self.db, ("typed",), layer=b"queue")
        self.assertEqual(self.layer.open(self.db, ("typed",), layer=b"queue").get_layer(), b"queue")
        with self.assertRaises(ValueError):
            self.layer.open(self.db, ("typed",), layer=b"table")

    def test_manual_prefixes(self):
        """Only where they are allowed, and only free ones."""
        with self.assertRaises(ValueError):
            self.layer.create(self.db, ("manual",), prefix=self.k(b"m"))
        manual = fdb.DirectoryLayer(fdb.Subspace(("nodes2",), self.prefix), fdb.Subspace(("data2",), self.prefix),
                                    allow_manual_prefixes=True)
        self.assertEqual(manual.create(self.db, ("manual",), prefix=self.k(b"m")).key(), self.k(b"m"))
        with self.assertRaises(ValueError):
            manual.create(self.db, ("again",), prefix=self.k(b"m\x01"))

    def test_partitions(self):
        """A partition has its own tree, is no subspace itself, and directories do not move out of it."""
        partition = self.layer.create(self.db, ("part",), layer=b"partition")
        inside = partition.create(self.db, ("inside",))
        self.db[inside.pack(("x",))] = b"y"
        self.assertEqual(inside.get_path(), ("part", "inside"))
        self.assertEqual(self.layer.list(self.db, ("part",)), ["inside"])
        self.assertEqual(self.layer.open(self.db, ("part", "inside")).key(), inside.key())
        with self.assertRaises(Exception):
            partition.pack(("x",))
        with self.assertRaises(ValueError):
            self.layer.move(self.db, ("part", "inside"), ("outside",))
        self.layer.remove(self.db, ("part",))
        self.assertIsNone(self.db[inside.pack(("x",))])

    def test_within_one_transaction(self):
        """Several steps commit together or not at all."""
        @fdb.transactional
        def build(tr, fail):
            made = self.layer.create(tr, ("one",))
            tr[made.pack(("k",))] = b"v"
            self.layer.create(tr, ("one", "two"))
            if fail:
                raise RuntimeError("stop")

        with self.assertRaises(RuntimeError):
            build(self.db, True)
        self.assertEqual(self.layer.list(self.db), [])
        build(self.db, False)
        self.assertEqual(self.layer.list(self.db, ("one",)), ["two"])

    def test_the_default_directory_of_the_package(self):
        """fdb.directory, in the root of the key space."""
        name = self.id()
        made = fdb.directory.create_or_open(self.db, (name, "x"))
        self.db[made.pack((1,))] = b"v"
        self.assertEqual(fdb.directory.open(self.db, (name, "x")).key(), made.key())
        fdb.directory.remove(self.db, (name,))
        self.assertIsNone(self.db[made.pack((1,))])


class Concurrent(LayerTest):
    def test_the_allocator_never_gives_a_prefix_twice(self):
        """CONF-11, RYW-6, ATOM-6: six threads allocate 40 prefixes each from one allocator."""
        allocator = self.layer._allocator

        def body(_):
            return [allocator.allocate(self.db) for _ in range(40)]

        given = sum(together(6, body), [])
        self.assertEqual(len(set(given)), 240)

    def test_directories_from_many_threads(self):
        """CONF-19: six threads create 15 directories each; prefixes differ and none lies inside another."""
        def body(index):
            return [self.layer.create(self.db, ("t%d" % index, "d%d" % step)).key() for step in range(15)]

        prefixes = sorted(sum(together(6, body), []))
        self.assertEqual(len(set(prefixes)), 90)
        for first, second in zip(prefixes, prefixes[1:]):
            self.assertFalse(second.startswith(first))
        names = [self.layer.list(self.db, ("t%d" % index,)) for index in range(6)]
        self.assertEqual(names, [sorted("d%d" % step for step in range(15))] * 6)

    def test_one_path_created_by_all(self):
        """create_or_open from six threads gives one prefix."""
        keys = together(6, lambda _: self.layer.create_or_open(self.db, ("same", "path")).key())
        self.assertEqual(len(set(keys)), 1)


if __name__ == "__main__":
    unittest.main()
