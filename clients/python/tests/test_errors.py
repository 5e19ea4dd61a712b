"""Error numbers, their texts, and the three predicates."""

import unittest

import fdb
from support import API, DatabaseTest, code_of

MAYBE = {1021, 1039}
# ERRC-2, ERRC-3: by the API version that was selected.
NOT_COMMITTED_71 = {1007, 1009, 1020, 1037, 1038, 1042, 1051, 1213, 2137}
NOT_COMMITTED_73 = {1007, 1009, 1020, 1037, 1038, 1042, 1051, 1078, 1213, 1223}
NOT_COMMITTED_80 = {1007, 1009, 1020, 1037, 1038, 1042, 1051, 1078, 1213, 1235, 1242}
NOT_COMMITTED = NOT_COMMITTED_71 if API <= 710 else NOT_COMMITTED_73 if API < 800 else NOT_COMMITTED_80


class Errors(DatabaseTest):
    def having(self, predicate):
        """Every code of the table's range that a predicate holds for."""
        return {code for code in range(10_000) if predicate(fdb.FDBError(code))}

    def test_predicates(self):
        """ERRC-2, ERRC-3: for every code from 0 to 9999."""
        self.assertEqual(self.having(fdb.predicates.is_maybe_committed), MAYBE)
        self.assertEqual(self.having(fdb.predicates.is_retryable_not_committed), NOT_COMMITTED)
        self.assertEqual(self.having(fdb.predicates.is_retryable), NOT_COMMITTED | MAYBE)

    def test_an_unknown_predicate_is_false(self):
        """ERRC-2."""
        self.assertFalse(fdb.impl._error_predicate(12345, 1020))

    def test_every_code_has_a_text(self):
        """ERRC-1: never empty, always text, with the number in the exception."""
        for code in list(range(10_001)) + [-1, 30_001, 1 << 30]:
            description = fdb.FDBError(code).description
            self.assertTrue(description)
            description.decode("ascii")
        error = fdb.FDBError(1020)
        self.assertIn("(1020)", str(error))
        self.assertEqual(repr(error), "FDBError(1020)")

    def test_known_codes_differ_from_unknown_ones(self):
        """ERRC-1: one fixed text for codes that do not exist."""
        unknown = fdb.FDBError(9998).description
        for code in (1007, 1009, 1020, 1021, 1025, 1031, 1036, 1101, 1102, 2000, 2004, 2017, 2101, 2102, 2103, 2203):
            self.assertNotEqual(fdb.FDBError(code).description, unknown, code)

    def test_texts_outside_the_range_are_that_of_4000(self):
        """ERRC-1."""
        for code in (-1, 30_001):
            self.assertEqual(fdb.FDBError(code).description, fdb.FDBError(4000).description)

    def test_errors_come_through_the_package(self):
        """The exception carries the number of the library."""
        self.assertEqual(code_of(self.db.set, b"\xff", b""), 2004)
        self.assertEqual(code_of(self.db.set, b"k" * 10_001, b""), 2102)
        self.assertEqual(code_of(self.db.set, self.k(), b"v" * 100_001), 2103)
        with self.assertRaises(TypeError):
            self.db["text is no key"] = b""
        with self.assertRaises(TypeError):
            self.db[self.k()] = 7


if __name__ == "__main__":
    unittest.main()
