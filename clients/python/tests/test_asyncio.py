"""asyncio programs: blocking calls in executors, and futures bridged by their callbacks."""

import asyncio
import concurrent.futures
import unittest

import fdb
from support import GUARD, DatabaseTest, little, number


def bridged(future):
    """An asyncio future that ends when a future of the library does; cancelling goes both ways."""
    loop = asyncio.get_running_loop()
    result = loop.create_future()

    def settle():
        if result.done():
            return
        try:
            result.set_result(future.value if isinstance(future, fdb.impl.LazyFuture) else future.wait())
        except fdb.FDBError as error:
            result.set_exception(error)

    def cancelled(outcome):
        if outcome.cancelled():
            future.cancel()

    future.on_ready(lambda _: loop.call_soon_threadsafe(settle))
    result.add_done_callback(cancelled)
    return result


async def run(db, work):
    """The retry loop without a blocking call."""
    transaction = db.create_transaction()
    while True:
        try:
            outcome = await work(transaction)
            await bridged(transaction.commit())
            return outcome
        except fdb.FDBError as error:
            await bridged(transaction.on_error(error))


class Asyncio(DatabaseTest):
    def drive(self, coroutine):
        """Runs a coroutine with a hang guard."""
        return asyncio.run(asyncio.wait_for(coroutine, GUARD))

    def test_executors(self):
        """Transactional functions on threads of an executor: 200 increments, one counter."""
        @fdb.transactional
        def increment(tr):
            tr[self.k()] = little(number(tr[self.k()].value) + 1)

        async def main():
            loop = asyncio.get_running_loop()
            with concurrent.futures.ThreadPoolExecutor(6) as pool:
                await asyncio.gather(*(loop.run_in_executor(pool, increment, self.db) for _ in range(200)))

        self.drive(main())
        self.assertEqual(number(self.db[self.k()]), 200)

    def test_many_tasks_on_one_thread(self):
        """FUT-4: 40 tasks contend for one counter through callbacks alone."""
        async def increment(transaction):
            value = await bridged(transaction[self.k()])
            transaction[self.k()] = little(number(value) + 1)

        async def main():
            await asyncio.gather(*(run(self.db, increment) for _ in range(40)))

        self.drive(main())
        self.assertEqual(number(self.db[self.k()]), 40)

    def test_reads_in_parallel(self):
        """FUT-11: 300 reads of one transaction are awaited together."""
        rows = self.fill(300)

        async def main():
            transaction = self.begin()
            return await asyncio.gather(*(bridged(transaction[key]) for key, _ in rows))

        self.assertEqual(self.drive(main()), [value for _, value in rows])

    def test_ranges_and_errors(self):
        """A range arrives as rows, an error as an exception."""
        rows = self.fill(20)

        async def main():
            transaction = self.begin()
            found, count, more = await bridged(transaction.get_range_startswith(self.prefix)._future)
            self.assertEqual([(pair.key, pair.value) for pair in found], rows)
            self.assertEqual((count, bool(more)), (20, False))
            with self.assertRaises(fdb.FDBError) as caught:
                await bridged(transaction[b"\xff"])
            return caught.exception.code

        self.assertEqual(self.drive(main()), 2004)

    def test_a_watch_wakes_a_task(self):
        """WATCH-1: a task waits for a change that another task makes."""
        async def waiter(future):
            await bridged(future)
            return self.db[self.k()]

        async def main():
            future = self.db.set_and_watch(self.k(), b"before")
            task = asyncio.ensure_future(waiter(future))
            await asyncio.get_running_loop().run_in_executor(None, self.db.set, self.k(), b"after")
            return await task

        self.assertEqual(self.drive(main()), b"after")

    def test_cancelling_a_task_cancels_the_future(self):
        """FUT-6: the watch ends with 1101."""
        async def main():
            future = self.db.set_and_watch(self.k(), b"x")
            waiting = bridged(future)
            waiting.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await waiting
            return future

        future = self.drive(main())
        with self.assertRaises(fdb.FDBError) as caught:
            future.wait()
        self.assertEqual(caught.exception.code, 1101)

    def test_a_timeout_around_a_watch(self):
        """asyncio's own timeout leaves the library in order."""
        async def main():
            future = self.db.set_and_watch(self.k(), b"x")
            with self.assertRaises(asyncio.TimeoutError):
                await asyncio.wait_for(bridged(future), 0.05)
            self.db[self.k()] = b"y"
            return self.db[self.k()]

        self.assertEqual(self.drive(main()), b"y")


if __name__ == "__main__":
    unittest.main()
