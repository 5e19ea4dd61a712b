"""Change data capture of the 8.0 package: refused with 2108, never a crash."""

import ctypes
import unittest

from support import API, LINE, DatabaseTest, capi, code_of, wait_code

CDC = LINE >= (8, 0) and API >= 800


@unittest.skipUnless(CDC, "change data capture came with package 8.0")
class Refused(DatabaseTest):
    def test_every_call_of_a_database(self):
        """ERRC: unsupported_operation (2108) arrives with the future."""
        import fdb
        cursor = fdb.CdcCursor(1, 2)
        calls = {
            "register": lambda: self.db.register_cdc_stream(b"name", b"a", b"b"),
            "register of ranges": lambda: self.db.register_cdc_stream(b"name", ranges=[(b"a", b"b"), (b"c", b"d")]),
            "register in order": lambda: self.db.register_cdc_stream(b"name", b"a", b"z", split_points=[b"m"]),
            "remove": lambda: self.db.remove_cdc_stream(b"name"),
            "list": self.db.list_cdc_streams,
            "create": lambda: self.db.create_cdc_consumer(b"name"),
            "resume": lambda: self.db.resume_cdc_consumer(cursor),
        }
        for name, call in calls.items():
            with self.subTest(call=name):
                self.assertEqual(wait_code(call()), 2108)

    def test_a_consumer_that_never_was(self):
        """A handle of nothing is refused, and destroying it is harmless."""
        import fdb
        self.assertEqual(code_of(self.db.list_cdc_streams().wait), 2108)
        consumer = fdb.CdcConsumer()
        with self.assertRaises(ValueError):
            consumer.consume()
        consumer.close()
        capi().fdb_cdc_consumer_destroy(None)
        stream, version = ctypes.c_uint64(), ctypes.c_int64()
        code = code_of(capi().fdb_cdc_consumer_get_position, None, ctypes.byref(stream), ctypes.byref(version))
        self.assertNotEqual(code, 0)

    def test_the_database_works_on(self):
        """A refusal changes nothing."""
        self.assertEqual(wait_code(self.db.list_cdc_streams()), 2108)
        self.db[self.k()] = b"x"
        self.assertEqual(self.db[self.k()], b"x")


if __name__ == "__main__":
    unittest.main()
