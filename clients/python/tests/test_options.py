"""Options: every one the package offers, timeouts, retry limits, sizes, defaults of a database."""

import struct
import unittest

import fdb
from fdb import fdboptions
from support import API, DatabaseTest, another_handle, capi, code_of, commit, since, wait_code

# Section 10 of the rules: what a library without a cluster refuses.
REFUSED_TRANSACTION = {300, 1103, 4000, 4001}
REFUSED_DATABASE = {800}
# Not a plain value: these need another option first, or a value of a certain form.
TEXTS = {403: "identifier", 900: b"\x00" * (16 if API < 720 else 33), 2000: "token"}
NUMBERS = {500: 60_000, 503: 1_000_000, 405: 100, 900: 0, 1103: 1, 4001: 1}


def value_of(code, kind):
    """A fitting value for an option, and whether it takes one."""
    if kind is type(None):
        return ()
    if kind is int:
        return (NUMBERS.get(code, 50),)
    if kind is bytes:
        return (TEXTS.get(code, b"bytes"),)
    return (TEXTS.get(code, "text"),)


def until_error(call):
    """Repeats a call until it fails; the error number. A timeout ends it."""
    while True:
        code = call()
        if code:
            return code


def offered(scope, holder):
    """Each option of the package as (code, name, how to set it)."""
    for name, (code, _, kind, _) in sorted(getattr(fdboptions, scope).items()):
        yield code, name, getattr(holder.options, "set_" + name.lower()), value_of(code, kind)


class Offered(DatabaseTest):
    def test_every_transaction_option(self):
        """OPT-1, OPT-4: each is accepted or refused with 2007, as the table says; then the transaction commits."""
        for name, (code, _, kind, _) in sorted(fdboptions.TransactionOption.items()):
            with self.subTest(option=name, code=code):
                transaction = self.begin()
                if code == 404:
                    transaction.options.set_debug_transaction_identifier("identifier")
                setter = getattr(transaction.options, "set_" + name.lower())
                expected = 2007 if code in REFUSED_TRANSACTION else 0
                self.assertEqual(code_of(setter, *value_of(code, kind)), expected)
                transaction[self.k()] = b"x"
                # COM-5: read-lock-aware alone forbids writing.
                self.assertEqual(commit(transaction), 2023 if code == 702 else 0)

    def test_every_database_option(self):
        """OPT-1: as above, on a handle of its own."""
        handle = another_handle()
        for code, name, setter, value in offered("DatabaseOption", handle):
            with self.subTest(option=name, code=code):
                # OPT-2: package 7.1 takes 900 for a flag, but it needs a number.
                expected = 2007 if code in REFUSED_DATABASE else 2006 if code == 900 and not value else 0
                self.assertEqual(code_of(setter, *value), expected)
        handle[self.k()] = b"x"
        self.assertEqual(handle[self.k()], b"x")

    def test_every_network_option(self):
        """OPT-1: before the network is set up; TLS, knobs, traces and external clients are accepted."""
        self.run_ok("""
            import fdb
            fdb.api_version(LATEST)
            from fdb import fdboptions
            words = {34: "json", 35: "now", 40: "name=value", 90: "none", 36: "id_1"}
            refused = {55, 84}
            for name, (code, _, kind, _) in sorted(fdboptions.NetworkOption.items()):
                if code in (62, 63, 66):
                    continue  # they name files that must be there
                value = () if kind is type(None) else (5,) if kind is int else (b"bytes",) if kind is bytes else (
                    words.get(code, "text"),)
                try:
                    getattr(fdb.options, "set_" + name.lower())(*value)
                    got = 0
                except fdb.FDBError as error:
                    got = error.code
                assert got == (2007 if code in refused else 0), (name, code, got)
            fdb.options.set_client_buggify_disable()
            db = fdb.open()
            db[b"key"] = b"value"
            assert db[b"key"] == b"value"
        """)

    def test_numbers_that_are_no_option(self):
        """OPT-1: 2007 for code 0 and unknown codes, in every scope."""
        transaction = self.begin()
        for code in (0, 9, 19, 9999, -1, 1 << 30):
            self.assertEqual(code_of(capi().fdb_network_set_option, code, None, 0), 2007)
            self.assertEqual(code_of(self.db._set_option, code, None, 0), 2007)
            self.assertEqual(code_of(transaction._set_option, code, None, 0), 2007)
        self.assertEqual(commit(transaction), 0)

    def test_values_of_the_wrong_form(self):
        """OPT-2, TX-4: a transaction's bad value is 2006 at the next future; a database's at once."""
        for code, value in ((500, None), (500, b"1234"), (500, struct.pack("<q", -1)), (501, struct.pack("<q", -2)),
                            (503, struct.pack("<q", 31)), (503, struct.pack("<q", 10_000_001)), (30, b"x")):
            transaction = self.begin()
            transaction._set_option(code, value, len(value or b""))
            self.assertEqual(commit(transaction), 2006, (code, value))
        handle = another_handle()
        self.assertEqual(code_of(handle._set_option, 20, struct.pack("<q", 1_000_001), 8), 2006)
        self.assertEqual(code_of(handle.options.set_transaction_timeout, -1), 2006)
        handle[self.k()] = b"still works"


class Timeouts(DatabaseTest):
    def test_a_timeout_ends_the_transaction(self):
        """TMO-1, TMO-2: reads, commit and on_error all fail with 1031 once the clock has run out."""
        transaction = self.begin()
        transaction.options.set_timeout(50)
        self.assertEqual(until_error(lambda: wait_code(transaction[self.k()])), 1031)
        self.assertEqual(wait_code(transaction[self.k(b"other")]), 1031)
        self.assertEqual(commit(transaction), 1031)
        self.assertEqual(wait_code(transaction.on_error(1020)), 1031)

    def test_on_error_does_not_restart_the_clock_and_reset_does(self):
        """TMO-1, OPT-4: retries run into the timeout; reset drops it."""
        transaction = self.begin()
        transaction.options.set_timeout(100)
        self.assertEqual(until_error(lambda: wait_code(transaction.on_error(1020))), 1031)
        transaction.reset()
        self.assertFalse(transaction[self.k()].present())

    def test_a_decorated_function_gives_up(self):
        """TMO-1: the timeout bounds all runs together."""
        runs = []

        @fdb.transactional
        def never(tr):
            runs.append(tr)
            tr.options.set_timeout(150)
            tr[self.k()].value
            self.db[self.k()] = b"%d" % len(runs)
            tr[self.k()] = b"mine"

        self.assertEqual(code_of(never, self.db), 1031)
        self.assertGreater(len(runs), 1)

    def test_the_default_of_a_database(self):
        """OPT-5: for later transactions of that handle, also after reset."""
        handle = another_handle()
        handle.options.set_transaction_timeout(50)
        transaction = handle.create_transaction()
        for _ in range(2):
            self.assertEqual(until_error(lambda: wait_code(transaction[self.k()])), 1031)
            transaction.reset()
        transaction.options.set_timeout(0)
        self.assertEqual(commit(transaction), 0)
        other = self.begin()
        self.assertFalse(other[self.k()].present())
        self.assertEqual(until_error(lambda: wait_code(transaction[self.k()])), 2017)
        self.assertEqual(commit(other), 0)

    def test_no_timeout_once_committed(self):
        """WATCH-10: a watch of a committed transaction outlives its timeout."""
        transaction = self.begin()
        transaction.options.set_timeout(100)
        future = transaction.watch(self.k())
        self.assertEqual(commit(transaction), 0)
        clock = self.begin()
        clock.options.set_timeout(200)
        self.assertEqual(until_error(lambda: wait_code(clock[self.k(b"clock")])), 1031)
        self.assertFalse(future.is_ready())
        self.db[self.k()] = b"x"
        self.assertEqual(wait_code(future), 0)


class Retries(DatabaseTest):
    @since(610, "cancellation by a failed on_error")
    def test_the_limit_counts_calls(self):
        """ERRH-3: with a limit of three, the fourth on_error returns the error; then 1025 until reset."""
        transaction = self.begin()
        transaction.options.set_retry_limit(3)
        transaction.options.set_max_retry_delay(0)
        self.assertEqual([wait_code(transaction.on_error(1020)) for _ in range(4)], [0, 0, 0, 1020])
        self.assertEqual(wait_code(transaction[self.k()]), 1025)
        transaction.reset()
        self.assertEqual([wait_code(transaction.on_error(1020)) for _ in range(5)], [0] * 5)

    def test_a_decorated_function_runs_limit_plus_one_times(self):
        """ERRH-3, OPT-5: through the default of a handle."""
        for limit in (0, 1, 4):
            handle, runs = another_handle(), []
            handle.options.set_transaction_retry_limit(limit)

            @fdb.transactional
            def never(tr):
                runs.append(tr[self.k()].value)
                self.db[self.k()] = b"%d" % len(runs)
                tr[self.k()] = b"mine"

            self.assertEqual(code_of(never, handle), 1020)
            self.assertEqual(len(runs), limit + 1)

    def test_other_options_are_lost_on_retry(self):
        """OPT-4, ERRH-6: system-key access must be set again."""
        transaction = self.begin()
        transaction.options.set_read_system_keys()
        self.assertEqual(wait_code(transaction[b"\xff/x"]), 0)
        self.assertEqual(wait_code(transaction.on_error(1020)), 0)
        self.assertEqual(wait_code(transaction[b"\xff/x"]), 2004)


class Others(DatabaseTest):
    def test_the_size_limit(self):
        """LIM-4: tested when the commit starts."""
        for size, expected in ((1000, 2101), (4000, 0)):
            transaction = self.begin()
            transaction.options.set_size_limit(size)
            transaction[self.k()] = b"x" * 2000
            self.assertEqual(commit(transaction), expected)
        handle = another_handle()
        handle.options.set_transaction_size_limit(1000)
        self.assertEqual(code_of(handle.set, self.k(), b"x" * 2000), 2101)

    def test_system_keys(self):
        """DATA-4, SEL-3: reading needs read_system_keys, writing access_system_keys."""
        key = b"\xff/plinth-python-test"
        reader = self.begin()
        reader.options.set_read_system_keys()
        self.assertFalse(reader[key].present())
        reader[key] = b"x"
        self.assertEqual(commit(reader), 2004)
        writer = self.begin()
        writer.options.set_access_system_keys()
        writer[key] = b"x"
        self.assertEqual(commit(writer), 0)
        reader = self.begin()
        reader.options.set_read_system_keys()
        self.assertEqual(reader[key], b"x")
        self.assertEqual(reader.get_key(fdb.KeySelector.first_greater_or_equal(key)), key)
        writer = self.begin()
        writer.options.set_access_system_keys()
        del writer[key]
        self.assertEqual(commit(writer), 0)

    def test_protection_during_commit_can_be_switched_off(self):
        """COM-3: the call still fails with 2017, but leaves no mark."""
        for protected, expected in ((True, 2017), (False, 0)):
            transaction = self.begin()
            if not protected:
                transaction.options.set_used_during_commit_protection_disable()
            transaction[self.k()] = b"x"
            self.assertEqual(commit(transaction), 0)
            self.assertEqual(wait_code(transaction[self.k()]), 2017)
            self.assertEqual(wait_code(transaction.on_error(1020)), expected)


if __name__ == "__main__":
    unittest.main()
