"""Where the data is: directories, cluster files, the default, memory. Every step is a process of its own."""

import os
import pathlib
import tempfile
import unittest

from support import run_script, start_script

GOOD = "# a comment\n\nplinth:abc123@127.0.0.1:4500\n"

WRITE = """
import fdb
fdb.api_version(LATEST)
db = fdb.open(sys.argv[1] or None)
db[b"who"] = sys.argv[2].encode()
"""
READ = """
import fdb
fdb.api_version(LATEST)
db = fdb.open(sys.argv[1] or None)
print((db[b"who"] or b"nobody").decode())
"""
# Prints the error and where it came: when opening, or with the first operation.
CODE = """
import fdb
fdb.api_version(LATEST)
place = "open"
try:
    db = fdb.open(sys.argv[1] or None)
    place = "first operation"
    print(db[b"who"])
except fdb.FDBError as error:
    print(place, error.code)
"""


class Files(unittest.TestCase):
    def setUp(self):
        keeper = tempfile.TemporaryDirectory(prefix="plinth-files-")
        self.addCleanup(keeper.cleanup)
        self.root = pathlib.Path(keeper.name).resolve()
        self.home = self.root / "home"
        self.home.mkdir()

    def run_in(self, source, *arguments, **environment):
        """A process whose home, data and working directories are this test's; what it printed."""
        variables = {"PLINTH_DATA": None, "FDB_CLUSTER_FILE": None, "HOME": self.home, "XDG_DATA_HOME": None,
                     "cwd": self.root, **environment}
        code, out, err = run_script(source, *arguments, **variables)
        self.assertEqual(code, 0, f"{out!r} {err!r}")
        return out.strip()

    def file(self, name, text=GOOD):
        path = self.root / name
        path.write_text(text)
        return path

    def contents(self):
        """Every path below this test's directory."""
        return sorted(str(path.relative_to(self.root)) for path in self.root.rglob("*"))


class Stores(Files):
    def test_a_directory_is_a_store(self):
        """NET-4, COM-8: what one process wrote, the next one reads, from that directory only."""
        for name in ("one", "two"):
            (self.root / name).mkdir()
            self.run_in(WRITE, self.root / name, name)
        self.assertEqual(self.run_in(READ, self.root / "one"), "one")
        self.assertEqual(self.run_in(READ, self.root / "two"), "two")
        self.assertEqual(self.run_in(READ, "one"), "one", "a relative path names the same store")
        self.assertEqual(self.run_in(READ, str(self.root / "one") + "/"), "one")

    def test_a_cluster_file_is_a_store_of_its_own(self):
        """NET-5: two files with the same text are two stores."""
        first, second = self.file("first.cluster"), self.file("second.cluster")
        self.run_in(WRITE, first, "first")
        self.run_in(WRITE, second, "second")
        self.assertEqual(self.run_in(READ, first), "first")
        self.assertEqual(self.run_in(READ, second), "second")

    def test_other_names_of_a_file_are_the_same_store(self):
        """A path must never become a different store: relative, through a link, through a linked directory."""
        real = self.root / "real"
        real.mkdir()
        (real / "fdb.cluster").write_text(GOOD)
        (self.root / "link.cluster").symlink_to(real / "fdb.cluster")
        (self.root / "linked").symlink_to(real)
        self.run_in(WRITE, real / "fdb.cluster", "same")
        for name in ("real/fdb.cluster", "real/../real/fdb.cluster", "link.cluster", "linked/fdb.cluster"):
            self.assertEqual(self.run_in(READ, name), "same", name)

    def test_several_stores_in_one_process(self):
        """NET-5: one process may have many open."""
        paths = [self.file("%d.cluster" % index) for index in range(4)]
        out = self.run_in("""
            import fdb
            fdb.api_version(LATEST)
            handles = [fdb.open(path) for path in sys.argv[1:]]
            for index, db in enumerate(handles):
                db[b"who"] = b"%d" % index
            print([db[b"who"] for db in handles])
        """, *paths)
        self.assertEqual(out, str([b"0", b"1", b"2", b"3"]))

    def test_what_the_special_keys_say(self):
        """SPEC-7: the path and the connection string of the cluster file."""
        path = self.file("special.cluster")
        out = self.run_in("""
            import fdb
            fdb.api_version(LATEST)
            tr = fdb.open(sys.argv[1]).create_transaction()
            print(bytes(tr[b"\\xff\\xff/cluster_file_path"]).decode())
            print(bytes(tr[b"\\xff\\xff/connection_string"]).decode())
        """, path)
        self.assertEqual(out.splitlines(), [str(path), "plinth:abc123@127.0.0.1:4500"])

    def test_memory_is_thrown_away(self):
        """PLINTH_DATA=:memory: leaves nothing on disk and nothing for the next process."""
        before = self.contents()
        self.run_in(WRITE, "", "gone", PLINTH_DATA=":memory:")
        self.assertEqual(self.run_in(READ, "", PLINTH_DATA=":memory:"), "nobody")
        self.assertEqual(self.contents(), before)

    def test_plinth_data_overrides_every_path(self):
        """PLINTH_DATA: a directory is made with its parents, whatever cluster file is named."""
        data = self.root / "deep" / "data"
        path = self.file("fdb.cluster")
        self.run_in(WRITE, path, "override", PLINTH_DATA=data)
        self.assertTrue(data.is_dir())
        self.assertEqual(self.run_in(READ, "", PLINTH_DATA=data), "override")
        self.assertEqual(self.run_in(READ, path), "nobody")


class Default(Files):
    def test_the_environment_names_the_file(self):
        """Path NULL: $FDB_CLUSTER_FILE comes first."""
        path = self.file("named.cluster")
        self.file("fdb.cluster")
        self.run_in(WRITE, "", "environment", FDB_CLUSTER_FILE=path)
        self.assertEqual(self.run_in(READ, path), "environment")
        self.assertEqual(self.run_in(READ, "fdb.cluster"), "nobody")

    def test_a_bad_file_in_the_environment_is_an_error(self):
        """It does not fall through to another store: 1515."""
        self.file("fdb.cluster")
        self.assertEqual(self.run_in(CODE, "", FDB_CLUSTER_FILE=self.root / "missing"),
                         "first operation 1515")

    def test_the_file_in_the_working_directory_comes_next(self):
        """Path NULL: ./fdb.cluster."""
        self.file("fdb.cluster")
        self.run_in(WRITE, "", "here")
        self.assertEqual(self.run_in(READ, self.root / "fdb.cluster"), "here")

    @unittest.skipIf(os.path.exists("/etc/foundationdb/fdb.cluster"), "this machine has a FoundationDB of its own")
    def test_without_any_file_it_is_the_users_directory(self):
        """Path NULL: XDG_DATA_HOME, else below HOME; two users are two stores."""
        self.run_in(WRITE, "", "home")
        self.assertEqual(self.run_in(READ, ""), "home")
        self.assertTrue((self.home / ".local" / "share" / "plinth").is_dir())
        elsewhere = self.root / "xdg"
        self.assertEqual(self.run_in(READ, "", XDG_DATA_HOME=elsewhere), "nobody")
        self.assertTrue((elsewhere / "plinth").is_dir())


class Bad(Files):
    def test_a_missing_file(self):
        """NET-4: opening succeeds, the first operation is 1515, and nothing is made."""
        before = self.contents()
        self.assertEqual(self.run_in(CODE, self.root / "missing.cluster"), "first operation 1515")
        self.assertEqual(self.run_in(CODE, self.root / "no" / "such" / "fdb.cluster"), "first operation 1515")
        self.assertEqual(self.contents(), before)

    def test_files_that_hold_no_connection_string(self):
        """ERRC: 2104 for empty, comments only, and bogus text; nothing is made."""
        texts = ["", "# only a comment\n", "bogus", "a:b", "a:b@", "a-b:c@127.0.0.1:4500", "a:b@127.0.0.1",
                 "a:b@127.0.0.1:99999999", "\x00\x01\x02", "a:b@127.0.0.1:4500\nmore:c@127.0.0.1:1\n"]
        for index, text in enumerate(texts):
            with self.subTest(text=text):
                path = self.file("bad%d.cluster" % index, text)
                before = self.contents()
                self.assertEqual(self.run_in(CODE, path), "first operation 2104")
                self.assertEqual(self.contents(), before)

    def test_files_that_hold_one(self):
        """Every form of address is read; blanks do not matter."""
        for index, text in enumerate(("a:b@127.0.0.1:4500", "a_1:b2@10.0.0.1:4500:tls,10.0.0.2:4500:tls",
                                      "a:b@[::1]:4500", "a:b@host.example:4500", "\n# c\n  a : b@127.0.0.1:1  \n")):
            with self.subTest(text=text):
                self.assertEqual(self.run_in(CODE, self.file("good%d.cluster" % index, text)), "None")

    def test_a_device_is_no_cluster_file(self):
        """2104 at the first operation, and no hang."""
        self.assertEqual(self.run_in(CODE, "/dev/null"), "first operation 2104")

    def test_a_directory_that_holds_something_else(self):
        """It is left alone: opening is 1522, and the file is still there."""
        directory = self.root / "full"
        directory.mkdir()
        (directory / "letter.txt").write_text("dear")
        self.assertEqual(self.run_in(CODE, directory), "open 1522")
        self.assertEqual(self.contents(), ["full", "full/letter.txt", "home"])
        self.assertEqual((directory / "letter.txt").read_text(), "dear")

    def test_a_second_process_shares_the_store(self):
        """NET-6: it reads and writes while another process has the store open, and after that one was killed."""
        directory = self.root / "store"
        directory.mkdir()
        holder = start_script("""
            import fdb
            fdb.api_version(LATEST)
            db = fdb.open(sys.argv[1])
            db[b"who"] = b"holder"
            print("open", flush=True)
            import threading
            threading.Event().wait()
        """, directory, PLINTH_DATA=None, FDB_CLUSTER_FILE=None)
        try:
            self.assertEqual(holder.stdout.readline().strip(), "open")
            self.assertEqual(self.run_in(READ, directory), "holder")
            self.run_in(WRITE, directory, "guest")
            self.assertEqual(self.run_in(READ, directory), "guest")
        finally:
            holder.kill()
            holder.communicate()
        self.assertEqual(self.run_in(READ, directory), "guest")


if __name__ == "__main__":
    unittest.main()
