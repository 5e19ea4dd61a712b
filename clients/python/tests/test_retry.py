"""Retry loops: on_error by hand and through the decorator, under contention from several threads."""

import random
import unittest

import fdb
from support import DatabaseTest, code_of, commit, little, number, since, together, wait_code

# ERRH-1: what on_error retries in any version.
RETRIED = {1007, 1009, 1020, 1021, 1037, 1038, 1042, 1051, 1078, 1079, 1213, 1223, 2137}


def by_hand(db, work):
    """The loop that programs write themselves; how often it went round."""
    transaction, rounds = db.create_transaction(), 0
    while True:
        rounds += 1
        try:
            work(transaction)
            transaction.commit().wait()
            return rounds
        except fdb.FDBError as error:
            transaction.on_error(error).wait()


class Contention(DatabaseTest):
    THREADS, EACH = 6, 60

    def increment(self, transaction):
        """Reads and writes one counter, so that any two of them conflict."""
        transaction[self.k()] = little(number(transaction[self.k()].value) + 1)

    def test_a_counter_incremented_by_hand(self):
        """CONF-19, COM-7: every increment counts once, however often it was retried."""
        rounds = together(self.THREADS, lambda _: sum(by_hand(self.db, self.increment) for _ in range(self.EACH)))
        self.assertEqual(number(self.db[self.k()]), self.THREADS * self.EACH)
        self.assertGreaterEqual(sum(rounds), self.THREADS * self.EACH)

    def test_a_counter_incremented_by_the_decorator(self):
        """The same through fdb.transactional."""
        work = fdb.transactional(lambda tr: self.increment(tr))
        together(self.THREADS, lambda _: [work(self.db) for _ in range(self.EACH)])
        self.assertEqual(number(self.db[self.k()]), self.THREADS * self.EACH)

    def test_money_moves_and_none_is_lost(self):
        """CONF-19: random transfers between ten accounts; every read of all accounts sees the same total."""
        accounts = [self.k(b"%d" % index) for index in range(10)]
        for account in accounts:
            self.db[account] = little(100)

        @fdb.transactional
        def transfer(tr, source, target, amount):
            have = number(tr[source].value)
            if source == target or have < amount:
                return 0
            tr[source] = little(have - amount)
            tr[target] = little(number(tr[target].value) + amount)
            return amount

        @fdb.transactional
        def total(tr):
            return sum(number(pair.value) for pair in tr.get_range_startswith(self.prefix))

        def body(index):
            dice = random.Random(index)
            seen = set()
            for _ in range(60):
                transfer(self.db, dice.choice(accounts), dice.choice(accounts), dice.randrange(1, 60))
                seen.add(total(self.db))
            return seen

        self.assertEqual(set().union(*together(4, body)), {1000})
        self.assertEqual(total(self.db), 1000)

    def test_writers_of_different_keys_never_retry(self):
        """CONF-20: a transaction fails only for a write that it read."""
        def body(index):
            def work(transaction):
                key = self.k(b"%d" % index)
                transaction[key] = little(number(transaction[key].value) + 1)

            return sum(by_hand(self.db, work) for _ in range(100))

        self.assertEqual(together(4, body), [100] * 4)


class OnError(DatabaseTest):
    def test_which_codes_are_retried(self):
        """ERRH-1: the table's codes succeed, all others come back unchanged."""
        for code in sorted(RETRIED | {1000, 1004, 1025, 1026, 1031, 1032, 1034, 1036, 1101, 1102, 1510, 2002, 2004,
                                      2017, 2101, 2102, 2103, 2108, 2131, 2200, 2203, 4000, 4100}):
            transaction = self.begin()
            self.assertEqual(wait_code(transaction.on_error(code)), 0 if code in RETRIED else code)

    def test_zero_and_numbers_beyond_the_range(self):
        """ERRH-1: 0 is 2000; outside 0 to 30000 it is 4000."""
        self.assertEqual(wait_code(self.fresh().on_error(0)), 2000)
        for code in (-1, 30_001, 1 << 30):
            self.assertEqual(wait_code(self.fresh().on_error(code)), 4000)

    def test_it_takes_error_objects_and_reraises_others(self):
        """The package's own part of the loop."""
        transaction = self.begin()
        self.assertEqual(wait_code(transaction.on_error(fdb.FDBError(1020))), 0)
        with self.assertRaises(KeyError):
            transaction.on_error(KeyError("mine"))

    def test_it_makes_the_transaction_new(self):
        """ERRH-6: writes, reads and the deferred error are gone."""
        transaction = self.begin()
        transaction[self.k(b"read")].value
        transaction[self.k(b"written")] = b"x"
        transaction[b"\xff"] = b""
        self.assertEqual(wait_code(transaction.on_error(1020)), 0)
        self.db[self.k(b"read")] = b"changed"
        self.assertEqual(transaction[self.k(b"read")], b"changed")
        self.assertFalse(transaction[self.k(b"written")].present())
        transaction[self.k(b"kept")] = b""
        self.assertEqual(commit(transaction), 0)
        self.assertEqual([key for key, _ in self.rows()], [self.k(b"kept"), self.k(b"read")])

    @since(610, "cancellation by a failed on_error")
    def test_after_a_refusal_the_transaction_is_cancelled(self):
        """ERRH-5: 1025 until reset."""
        transaction = self.begin()
        self.assertEqual(wait_code(transaction.on_error(2101)), 2101)
        self.assertEqual(wait_code(transaction[self.k()]), 1025)
        self.assertEqual(commit(transaction), 1025)
        transaction.reset()
        self.assertEqual(code_of(lambda: transaction[self.k()].value), 0)

    def test_futures_from_before_end_with_1025(self):
        """ERRH-6, WATCH-7: the watch of a failed attempt."""
        transaction = self.begin()
        future = transaction.watch(self.k())
        self.assertEqual(wait_code(transaction.on_error(1020)), 0)
        self.assertEqual(wait_code(future), 1025)

    def test_the_version_is_new_after_it(self):
        """VER-4, ERRH-6: the retry reads what made it fail."""
        transaction = self.begin()
        before = transaction.get_read_version().wait()
        writer = self.begin()
        writer[self.k()] = b"x"
        writer.commit().wait()
        self.assertEqual(wait_code(transaction.on_error(1020)), 0)
        after = transaction.get_read_version().wait()
        self.assertGreaterEqual(after, writer.get_committed_version())
        self.assertGreater(after, before)


if __name__ == "__main__":
    unittest.main()
