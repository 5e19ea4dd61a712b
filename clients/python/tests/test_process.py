"""How programs end: stopped, not stopped, killed, interrupted. Each is a process of its own."""

import ast
import pathlib
import signal
import tempfile
import textwrap
import unittest

from support import GUARD, run_script, start_script

HEAD = """
import os, signal, threading
import fdb
fdb.api_version(LATEST)
db = fdb.open(sys.argv[1] if len(sys.argv) > 1 else None)
"""


def program(body):
    """A program that has the database open."""
    return HEAD + textwrap.dedent(body)


class Endings(unittest.TestCase):
    def ends_well(self, body):
        code, out, err = run_script(program(body))
        self.assertEqual((code, err), (0, ""), out)
        return out

    def test_at_the_end_of_the_program(self):
        """NET-2: the package stops the network at exit."""
        self.ends_well("db[b'k'] = b'v'")

    def test_opened_and_never_used(self):
        """NET-2: nothing to stop but the thread."""
        self.ends_well("")

    def test_with_a_watch_pending(self):
        """FUT-13: a future that never became ready does not hold the process."""
        self.ends_well("""
            future = db.set_and_watch(b"k", b"v")
            future.on_ready(lambda ready: None)
            waiter = threading.Thread(target=future.wait, daemon=True)
            waiter.start()
        """)

    def test_with_transactions_half_done(self):
        """RST-3: reads and commits outstanding."""
        self.ends_well("""
            kept = []
            for index in range(200):
                tr = db.create_transaction()
                tr[b"%d" % index] = b"v"
                kept.append((tr, tr[b"other"], tr.commit()))
        """)

    def test_with_daemon_threads_at_work(self):
        """FUT-13: threads that use the database while the network stops."""
        code, _, _ = run_script(program("""
            started = threading.Barrier(5)

            def work():
                started.wait()
                while True:
                    try:
                        db.add(b"k", b"\\x01")
                    except fdb.FDBError:
                        return

            for _ in range(4):
                threading.Thread(target=work, daemon=True).start()
            started.wait()
            db[b"last"] = b"v"
        """))
        self.assertEqual(code, 0)

    def test_objects_that_outlive_the_network(self):
        """FUT-13: destroying them after the stop neither blocks nor crashes."""
        self.ends_well("""
            import gc
            tr = db.create_transaction()
            watch = tr.watch(b"k")
            tr.commit().wait()
            other = db.create_transaction()
            read = other[b"k"]
            fdb.impl._capi.fdb_stop_network()
            fdb.impl._network_thread.join()
            watch.cancel()
            del tr, watch, other, read
            fdb.impl.open_databases.clear()
            del db
            gc.collect()
            fdb.impl._network_thread = None
        """)

    def test_leaving_without_a_word(self):
        """Programs leave through _exit without stopping anything."""
        code, out, err = run_script(program("""
            kept = [db.create_transaction() for _ in range(50)]
            futures = [tr[b"k"] for tr in kept]
            watch = db.set_and_watch(b"k", b"v")
            os._exit(7)
        """))
        self.assertEqual((code, out, err), (7, "", ""))

    def test_an_exception_ends_it(self):
        """The traceback is the program's own, and the exit code 1."""
        code, _, err = run_script(program("db[b'k'] = b'v'\nraise KeyError('mine')"))
        self.assertEqual(code, 1)
        self.assertIn("KeyError: 'mine'", err)

    def test_an_interrupt_ends_a_wait(self):
        """Ctrl-C reaches a program that waits for a watch; the database works on."""
        self.ends_well("""
            class Interrupted(Exception):
                pass

            seen = []

            def handler(number, frame):
                if not seen:
                    seen.append(number)
                    raise Interrupted()

            signal.signal(signal.SIGINT, handler)
            future = db.set_and_watch(b"k", b"v")
            done = threading.Event()

            def send():
                while not done.wait(0.05):
                    signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

            sender = threading.Thread(target=send)
            try:
                sender.start()
                future.wait()
                raise AssertionError("the watch ended")
            except Interrupted:
                done.set()
            sender.join()
            db[b"k"] = b"w"
            future.wait()
            assert db[b"k"] == b"w"
        """)

    def test_a_child_that_only_executes_another_program(self):
        """subprocess (fork and exec) while the library is at work."""
        out = self.ends_well("""
            import subprocess
            stop = threading.Event()

            def work():
                while not stop.is_set():
                    db.add(b"k", b"\\x01")

            worker = threading.Thread(target=work)
            worker.start()
            for index in range(20):
                assert subprocess.run(["echo", str(index)], stdout=subprocess.PIPE).stdout == b"%d\\n" % index
            stop.set()
            worker.join()
            print("done")
        """)
        self.assertEqual(out, "done\n")


class Durable(unittest.TestCase):
    def setUp(self):
        keeper = tempfile.TemporaryDirectory(prefix="plinth-process-")
        self.addCleanup(keeper.cleanup)
        self.directory = pathlib.Path(keeper.name)

    def read(self, expression):
        """Evaluates an expression over the reopened database."""
        code, out, err = run_script(program(f"print({expression})"), self.directory, PLINTH_DATA=None)
        self.assertEqual(code, 0, err)
        return out.strip()

    def test_what_was_committed_survives_every_ending(self):
        """COM-8, FREE-6: ordinary exit, _exit, an exception, SIGKILL of oneself."""
        endings = ("pass", "os._exit(0)", "raise SystemExit(3)", "os.kill(os.getpid(), signal.SIGKILL)")
        for index, ending in enumerate(endings):
            run_script(program(f"db[b'%d' % {index}] = b'kept'\n{ending}"), self.directory, PLINTH_DATA=None)
        self.assertEqual(self.read("len(db[b'':b'\\xff'])"), str(len(endings)))

    def test_acknowledged_commits_survive_a_kill(self):
        """COM-8, VER-11: killed amid commits of three threads, five times: nothing is lost or torn."""
        acknowledged = set()
        for life in range(5):
            process = start_script(program("""
                lock = threading.Lock()

                def work(thread):
                    step = 0
                    while True:
                        name = b"%s.%d.%d" % (sys.argv[2].encode(), thread, step)
                        tr = db.create_transaction()
                        tr[b"a/" + name] = b"v"
                        tr[b"b/" + name] = b"v"
                        tr.add(b"count", (1).to_bytes(8, "little"))
                        tr.commit().wait()
                        with lock:
                            os.write(1, name + b"\\n")
                        step += 1

                for thread in range(3):
                    threading.Thread(target=work, args=(thread,), daemon=True).start()
                threading.Event().wait()
            """), self.directory, life, PLINTH_DATA=None)
            try:
                for _ in range(40 + 13 * life):
                    acknowledged.add(process.stdout.readline().strip())
                process.send_signal(signal.SIGKILL)
                rest, _ = process.communicate(timeout=GUARD)
            finally:
                process.kill()
            acknowledged.update(line for line in rest.split("\n")[:-1])
        acknowledged.discard("")
        found = self.read("repr([sorted(k[2:].decode() for k, _ in db[p + b'/':p + b'0']) for p in (b'a', b'b')])"
                          " + '|' + str(int.from_bytes(db[b'count'], 'little'))")
        names, count = found.rsplit("|", 1)
        left, right = ast.literal_eval(names)
        self.assertEqual(left, right, "a transaction was applied in part")
        self.assertEqual(int(count), len(left))
        self.assertEqual(acknowledged - set(left), set())

    def test_versions_and_stamps_grow_over_restarts(self):
        """VER-11, VST-6: three lives, one of them killed."""
        body = """
            tr = db.create_transaction()
            stamp = tr.get_versionstamp()
            before = tr.get_read_version().wait()
            tr[b"k"] = b"v"
            tr.commit().wait()
            print(before, tr.get_committed_version(), stamp.value.hex(), flush=True)
            os.kill(os.getpid(), signal.SIGKILL) if sys.argv[2] == "1" else None
        """
        lives = []
        for life in range(3):
            _, out, _ = run_script(program(body), self.directory, life, PLINTH_DATA=None)
            before, committed, stamp = out.split()
            lives.append((int(before), int(committed), stamp))
        numbers = [number for before, committed, _ in lives for number in (before, committed)]
        self.assertEqual(numbers, sorted(set(numbers)))
        stamps = [stamp for _, _, stamp in lives]
        self.assertEqual(stamps, sorted(set(stamps)))


if __name__ == "__main__":
    unittest.main()
