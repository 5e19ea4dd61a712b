"""The queues: nothing is lost, nothing comes twice, and the order holds."""

import itertools
import threading
import unittest

import fdb
from support import DatabaseTest, together

from recipes.fifo import IndexQueue, StampQueue
from recipes.priority import PriorityQueue

PRODUCERS, CONSUMERS, EACH = 3, 3, 40


class Fifo(DatabaseTest):
    def queues(self):
        """Both kinds, each in a subspace of its own."""
        return [kind(fdb.Subspace((kind.__name__,), self.prefix)) for kind in (StampQueue, IndexQueue)]

    def test_first_in_first_out(self):
        """VST-1: pops come in the order of the pushes, and an empty queue gives None."""
        for queue in self.queues():
            self.assertIsNone(queue.pop(self.db))
            for index in range(30):
                queue.push(self.db, b"%d" % index)
            self.assertEqual([queue.pop(self.db) for _ in range(31)], [b"%d" % index for index in range(30)] + [None])

    def test_several_pushed_in_one_transaction(self):
        """VST-1: the user version keeps their order."""
        queue = StampQueue(fdb.Subspace(("all",), self.prefix))
        queue.push_all(self.db, [b"%d" % index for index in range(20)])
        queue.push(self.db, b"after")
        self.assertEqual([queue.pop(self.db) for _ in range(21)], [b"%d" % index for index in range(20)] + [b"after"])

    def test_a_pop_that_is_not_committed_gives_the_item_back(self):
        """COM-8: without commit the item stays."""
        for queue in self.queues():
            queue.push(self.db, b"item")
            transaction = self.begin()
            self.assertEqual(queue.pop(transaction), b"item")
            del transaction
            self.assertEqual(queue.pop(self.db), b"item")

    def test_producers_and_consumers(self):
        """CONF-19: each item is popped once, and every consumer sees each producer's items in order."""
        for queue in self.queues():
            taken = self.run_crowd(queue)
            expected = {b"%d/%03d" % pair for pair in itertools.product(range(PRODUCERS), range(EACH))}
            every = sum(taken, [])
            self.assertEqual(len(every), len(expected))
            self.assertEqual(set(every), expected)
            for seen in taken:
                for producer in range(PRODUCERS):
                    own = [item for item in seen if item.startswith(b"%d/" % producer)]
                    self.assertEqual(own, sorted(own))

    def run_crowd(self, queue):
        """Producers push, consumers pop until all is gone; what each consumer got."""
        lock = threading.Lock()
        total = [0]

        def body(index):
            if index < PRODUCERS:
                for step in range(EACH):
                    queue.push(self.db, b"%d/%03d" % (index, step))
                return None
            seen = []
            while True:
                with lock:
                    if total[0] == PRODUCERS * EACH:
                        return seen
                item = queue.pop(self.db)
                if item is not None:
                    seen.append(item)
                    with lock:
                        total[0] += 1

        return [seen for seen in together(PRODUCERS + CONSUMERS, body) if seen is not None]


class Priority(DatabaseTest):
    def test_smallest_first_and_equals_in_order(self):
        """VST-1: among equals the stamp decides."""
        queue = PriorityQueue(fdb.Subspace(rawPrefix=self.prefix))
        pushed = [(index * 7 % 5, b"%d" % index) for index in range(50)]
        for priority, value in pushed:
            queue.push(self.db, value, priority)
        expected = sorted(pushed, key=lambda pair: pair[0])
        self.assertEqual(queue.peek(self.db), expected[0])
        self.assertEqual(queue.pop(self.db, largest=True), expected[-1])
        self.assertEqual([queue.pop(self.db) for _ in range(50)], expected[:-1] + [None])

    def test_threads_push_and_pop(self):
        """CONF-19: four threads push 40 and pop 30 each; what was popped and what is left make up all."""
        queue = PriorityQueue(fdb.Subspace(rawPrefix=self.prefix))

        def body(index):
            taken = []
            for step in range(40):
                queue.push(self.db, b"%d/%d" % (index, step), (step * 13 + index) % 17)
                if step >= 10:
                    taken.append(queue.pop(self.db))
            return taken

        popped = sum(together(4, body), [])
        self.assertNotIn(None, popped)
        left = []
        while True:
            item = queue.pop(self.db)
            if item is None:
                break
            left.append(item)
        self.assertEqual([priority for priority, _ in left], sorted(priority for priority, _ in left))
        expected = sorted(((step * 13 + index) % 17, b"%d/%d" % (index, step))
                          for index in range(4) for step in range(40))
        self.assertEqual(sorted(popped + left), expected)


if __name__ == "__main__":
    unittest.main()
