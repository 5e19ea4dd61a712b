"""Special keys that programs and monitors read: status, cluster file, tracing."""

import json
import re
import unittest

from support import API, DatabaseTest, commit, wait_code

TRACING_ID = b"\xff\xff/tracing/transaction_id"
TRACING_TOKEN = b"\xff\xff/tracing/token"


class Special(DatabaseTest):
    def test_status_json(self):
        """SPEC-7: valid JSON with what monitors look for, and exactly one process."""
        status = json.loads(bytes(self.fresh()[b"\xff\xff/status/json"]))
        self.assertIs(status["client"]["database_status"]["available"], True)
        self.assertGreaterEqual(status["cluster"]["generation"], 0)
        processes = list(status["cluster"]["processes"].values())
        self.assertEqual(len(processes), 1)
        self.assertTrue(processes[0]["address"])

    def test_file_and_connection_string(self):
        """SPEC-7: both are text."""
        transaction = self.begin()
        self.assertTrue(transaction[b"\xff\xff/cluster_file_path"].present())
        connection = bytes(transaction[b"\xff\xff/connection_string"])
        self.assertRegex(connection, rb"^[A-Za-z0-9_]+:[A-Za-z0-9]+@\S+$")

    def test_reading_them_adds_no_conflict(self):
        """SPEC-1, CONF-7: the transaction stays read-only."""
        transaction = self.begin()
        transaction[b"\xff\xff/status/json"].value
        self.assertEqual(commit(transaction), 0)
        self.assertEqual(transaction.get_committed_version(), -1)

    def test_tracing_rows(self):
        """The range has exactly two rows: an id of 32 hexadecimal digits that is not zero, and the token."""
        if API < 630:
            self.skipTest("special-key ranges came with API 630")
        transaction = self.begin()
        rows = {pair.key: pair.value for pair in transaction.get_range(b"\xff\xff/tracing/", b"\xff\xff/tracing0")}
        self.assertEqual(sorted(rows), [TRACING_TOKEN, TRACING_ID])
        self.assertTrue(re.fullmatch(rb"[0-9a-f]{32}", rows[TRACING_ID]), rows)
        self.assertNotEqual(int(rows[TRACING_ID], 16), 0)

    def test_special_keys_do_not_show_in_ranges(self):
        """SPEC-9: a read of everything ends below 0xff."""
        self.db[self.k()] = b"x"
        keys = [pair.key for pair in self.fresh()[b"":b"\xff"]]
        self.assertIn(self.k(), keys)
        self.assertTrue(all(key < b"\xff" for key in keys))

    def test_they_are_readable_after_the_commit(self):
        """SPEC-1, COM-3: not counted as use during commit."""
        transaction = self.begin()
        transaction[self.k()] = b"x"
        transaction.commit().wait()
        self.assertEqual(wait_code(transaction[b"\xff\xff/status/json"]), 0)


if __name__ == "__main__":
    unittest.main()
