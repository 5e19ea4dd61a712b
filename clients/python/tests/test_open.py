"""Opening: API versions, the network, handles. Each script is a process that selects once."""

import ctypes
import json
import pathlib
import shutil
import tempfile
import unittest

import fdb
from support import API, HAS_TENANTS, LATEST, DatabaseTest, another_handle, capi, code_of, run_script

VERSIONS = [version for version in (510, 520, 600, 610, 620, 630, 700, 710, 720, 730, 740, 800) if version <= LATEST]

ROUND_TRIP = """
import struct, fdb
version = int(sys.argv[1])
fdb.api_version(version)
db = fdb.open()
db[b"plain"] = b"value"
assert db[b"plain"] == b"value"
assert fdb.get_api_version() == version

@fdb.transactional
def work(tr):
    tr.bit_and(b"anded", b"\\x0f")
    tr.add(b"sum", struct.pack("<q", 5))
    return [kv.key for kv in tr.get_range(b"a", b"z")]

work(db)
assert work(db) == [b"anded", b"plain", b"sum"]
assert db[b"anded"] == b"\\x0f", "AND on an absent key stores the operand"
assert struct.unpack("<q", db[b"sum"]) == (10,)
"""


class Versions(DatabaseTest):
    def test_every_api_version_of_the_package_works(self):
        """AV-1, AV-2: every version from 510 to the package's newest does reads, writes, atomic operations."""
        for version in VERSIONS:
            with self.subTest(version=version):
                self.run_ok(ROUND_TRIP, version)

    def test_a_version_below_510_is_refused_with_a_sentence(self):
        """ABI-5, AV-2: the package turns 2203 into its own words."""
        for version in (13, 22, 100, 300, 500, 509):
            with self.subTest(version=version):
                self.run_ok("""
                    import fdb
                    try:
                        fdb.api_version(int(sys.argv[1]))
                    except RuntimeError as error:
                        assert "is not supported by the installed" in str(error), error
                    else:
                        raise AssertionError("accepted")
                """, version)

    def test_runtime_above_header_is_2202_and_header_above_maximum_is_2203(self):
        """ABI-5: the order of the checks, before anything is selected."""
        self.run_ok("""
            import fdb.impl
            select = fdb.impl._capi.fdb_select_api_version_impl
            maximum = fdb.impl._capi.fdb_get_max_api_version()
            assert maximum >= LATEST, maximum
            assert select(LATEST, LATEST - 10) == 2202
            assert select(maximum, maximum + 1) == 2203
            assert select(maximum + 2, maximum + 1) == 2202
            assert select(12, LATEST) == 2203
            assert select(LATEST, LATEST) == 0
            assert select(LATEST, LATEST) == 2201
            assert select(12, LATEST) == 2201
        """)

    def test_a_second_selection_is_2201(self):
        """ABI-5: also with the same number; the package itself accepts the same number."""
        self.assertEqual(capi().fdb_select_api_version_impl(API, LATEST), 2201)
        fdb.api_version(API)
        with self.assertRaises(RuntimeError):
            fdb.api_version(API - 10)

    def test_nothing_works_before_a_version_is_chosen(self):
        """The package's own guard: open and transactional complain."""
        self.run_ok("""
            import fdb
            for call in (fdb.open, fdb.init, fdb.transactional):
                try:
                    call()
                except RuntimeError:
                    continue
                raise AssertionError(call)
        """)

    def test_the_cluster_object_of_old_versions(self):
        """AV-1: below 610 a program goes through a cluster; another name than DB is 2013."""
        self.run_ok("""
            import fdb
            fdb.api_version(600)
            fdb.init()
            cluster = fdb.create_cluster()
            db = cluster.open_database(b"DB")
            db[b"key"] = b"value"
            assert fdb.open(None, b"DB")[b"key"] == b"value"
            try:
                cluster.open_database(b"other")
            except fdb.FDBError as error:
                assert error.code == 2013, error.code
            else:
                raise AssertionError("opened")
        """)

    def test_old_versionstamp_offsets(self):
        """VST-2, VST-3: below 520 a key has a two-byte offset and a value has none."""
        self.run_ok("""
            import fdb
            fdb.api_version(510)
            db = fdb.open()
            tr = db.create_transaction()
            stamp = tr.get_versionstamp()
            tr.set_versionstamped_key(b"key" + b"\\0" * 10 + b"end" + (3).to_bytes(2, "little"), b"k")
            tr.set_versionstamped_value(b"value", b"\\0" * 10 + b"tail")
            tr.commit().wait()
            stamp = stamp.value
            assert len(stamp) == 10
            assert db[b"key" + stamp + b"end"] == b"k"
            assert db[b"value"] == stamp + b"tail"
        """)

    def test_commit_keeps_the_read_version_from_700_on(self):
        """COM-11, AV-1: before 700 the read version after a commit is a new one, from 700 on the old one."""
        for version in VERSIONS:
            with self.subTest(version=version):
                self.run_ok("""
                    import fdb
                    version = int(sys.argv[1])
                    fdb.api_version(version)
                    db = fdb.open()
                    tr = db.create_transaction()
                    before = tr.get_read_version().wait()
                    tr[b"key"] = b"value"
                    tr.commit().wait()
                    committed = tr.get_committed_version()
                    after = tr.get_read_version().wait()
                    assert committed > before
                    assert (after == before) if version >= 700 else (after >= committed), (before, committed, after)
                """, version)


class Network(DatabaseTest):
    def test_the_network_starts_once(self):
        """NET-1, NET-2: a second setup is 2009, a second run 2025; the package's own second init 2000."""
        self.assertEqual(code_of(capi().fdb_setup_network), 2009)
        self.assertEqual(code_of(capi().fdb_run_network), 2025)
        self.assertEqual(code_of(fdb.impl.init), 2000)

    def test_calls_before_setup_are_2008(self):
        """NET-1: running, stopping and opening need a network that is set up."""
        self.run_ok("""
            import ctypes, fdb, fdb.impl
            fdb.api_version(LATEST)
            library = fdb.impl._capi
            pointer = ctypes.c_void_p()
            calls = [library.fdb_run_network, library.fdb_stop_network,
                     lambda: library.fdb_create_database(None, ctypes.byref(pointer))]
            for call in calls:
                try:
                    call()
                except fdb.FDBError as error:
                    assert error.code == 2008, error.code
                else:
                    raise AssertionError("succeeded")
        """)

    def test_completion_hooks_run_on_the_network_thread_in_order(self):
        """NET-2: after stop, before run returns."""
        out = self.run_ok("""
            import ctypes, threading, fdb
            fdb.api_version(LATEST)
            db = fdb.open()
            library = fdb.impl._capi
            seen = []
            hook = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
            kept = [hook(lambda argument: seen.append((argument, threading.current_thread().name)))]
            for argument in (1, 2, 3):
                assert library.fdb_add_network_thread_completion_hook(kept[0], ctypes.c_void_p(argument)) == 0
            db[b"key"] = b"value"
            library.fdb_stop_network()
            fdb.impl._network_thread.join()
            print(seen)
        """)
        self.assertEqual(out.strip(), str([(index, "fdb-network-thread") for index in (1, 2, 3)]))

    def test_stop_may_come_before_run(self):
        """NET-2: run then returns 0 promptly."""
        self.run_ok("""
            import fdb
            fdb.api_version(LATEST)
            library = fdb.impl._capi
            library.fdb_setup_network()
            library.fdb_stop_network()
            library.fdb_run_network()
        """)


class Handles(DatabaseTest):
    def test_open_gives_the_same_handle_again(self):
        """The package keeps one handle for each cluster file."""
        self.assertIs(fdb.open(), fdb.open())
        self.assertIs(fdb.open(None), self.db)

    def test_handles_on_one_path_share_one_store(self):
        """NET-5: what one handle commits, the other reads at once."""
        other = another_handle()
        for index in range(20):
            writer, reader = (self.db, other) if index % 2 else (other, self.db)
            writer[self.k(b"turn")] = b"%d" % index
            self.assertEqual(reader[self.k(b"turn")], b"%d" % index)

    def test_a_handle_for_each_transaction(self):
        """NET-5: 500 handles, each opened, used and dropped; all their writes are there."""
        for index in range(500):
            handle = another_handle()
            handle[self.k(b"%03d" % index)] = b""
            del handle
        self.assertEqual([key for key, _ in self.rows()], [self.k(b"%03d" % index) for index in range(500)])

    def test_a_dropped_handle_leaves_its_transactions_alive(self):
        """NET-7: the store stays open until the last transaction is gone."""
        handle = another_handle()
        transaction = handle.create_transaction()
        transaction.db = None
        transaction.snapshot.db = None
        del handle
        transaction[self.k()] = b"late"
        transaction.commit().wait()
        self.assertEqual(self.db[self.k()], b"late")

    def test_threads_that_open_at_once_agree(self):
        """The first use of a process from eight threads gives one working database."""
        self.run_ok("""
            import threading, fdb
            fdb.api_version(LATEST)
            barrier = threading.Barrier(8)
            seen = []

            def body(index):
                barrier.wait()
                db = fdb.open()
                db.add(b"count", (1).to_bytes(8, "little"))
                seen.append(db)

            threads = [threading.Thread(target=body, args=(index,)) for index in range(8)]
            [thread.start() for thread in threads]
            [thread.join() for thread in threads]
            assert len(seen) == 8 and len({id(db) for db in seen}) == 1
            assert seen[0][b"count"] == (8).to_bytes(8, "little")
        """)

    def test_the_debug_event_model(self):
        """The package's waiting by polling works too."""
        self.run_ok("""
            import fdb
            fdb.api_version(LATEST)
            db = fdb.open(event_model="debug")
            future = db.set_and_watch(b"key", b"value")
            db[b"key"] = b"changed"
            future.wait()
            assert db[b"key"] == b"changed"
        """)

    def test_client_status_is_healthy(self):
        """The status of the client is JSON that says Healthy."""
        if not hasattr(self.db, "get_client_status"):
            self.skipTest("get_client_status came with package 7.3")
        status = json.loads(bytes(self.db.get_client_status()))
        self.assertIs(status["Healthy"], True)

    def test_the_client_version_names_release_source_and_protocol(self):
        """The text has three parts, the last one hexadecimal."""
        call = capi().fdb_get_client_version
        call.restype = ctypes.c_char_p
        parts = call().decode().split(",")
        self.assertEqual(len(parts), 3)
        self.assertGreater(int(parts[2], 16), 0)

    def test_tenants_are_offered_by_the_lines_that_have_them(self):
        """The 8.0 package has no tenants any more."""
        self.assertEqual(hasattr(fdb, "Tenant"), HAS_TENANTS)


class Loading(unittest.TestCase):
    FIND = """
        import fdb, fdb.impl
        fdb.api_version(LATEST)
        fdb.open()[b"key"] = b"value"
        print(fdb.__file__)
        print({line.split()[-1] for line in open("/proc/self/maps") if line.rstrip().endswith("libfdb_c.so")}.pop())
    """

    def found(self, directory):
        """Where a copy of the package in a directory finds the library, without the linker's help."""
        code, out, err = run_script(self.FIND, LD_LIBRARY_PATH=None, PYTHONPATH=directory)
        self.assertEqual(code, 0, err)
        package, library = out.splitlines()
        self.assertTrue(package.startswith(str(directory)), package)
        return library

    def test_a_link_beside_the_package_is_found(self):
        """A symbolic link in the package's directory, and a .pth file that names the library."""
        with open("/proc/self/maps") as maps:
            library = {line.split()[-1] for line in maps if line.rstrip().endswith("libfdb_c.so")}.pop()
        with tempfile.TemporaryDirectory(prefix="plinth-package-") as directory:
            copy = pathlib.Path(directory).resolve() / "fdb"
            shutil.copytree(pathlib.Path(fdb.__file__).parent, copy)
            (copy / "libfdb_c.so").symlink_to(library)
            self.assertEqual(self.found(copy.parent), library)
            (copy / "libfdb_c.so").unlink()
            (copy / "libfdb_c.so.pth").write_text(library + "\n")
            self.assertEqual(self.found(copy.parent), library)

    def test_the_package_is_unmodified_and_loads_the_library_by_name(self):
        """No library lies beside the package; the dynamic linker finds libfdb_c.so."""
        directory = pathlib.Path(fdb.__file__).parent
        self.assertFalse((directory / "libfdb_c.so").exists())
        self.assertFalse((directory / "libfdb_c.so.pth").exists())
        self.assertEqual(capi()._name, "libfdb_c.so")

    def test_without_the_library_the_package_says_so(self):
        """Proof that the tests use the library that they were given."""
        code, _, err = run_script("import fdb.impl", LD_LIBRARY_PATH="/nonexistent")
        self.assertNotEqual(code, 0)
        self.assertIn("Unable to locate", err)


if __name__ == "__main__":
    unittest.main()
