"""Processes of several languages on one directory, at once.

usage: together.py NODE C [NAME]...

NODE is the command that runs worker.js, C the program that worker.c became. With names, only the tests
whose names contain one of them. The last line is: clients together VERSION: N passed, M failed,
with the version of the Python package

Each test has a directory of its own. Nothing is opened in this process, only in those that it starts.
"""

import contextlib
import importlib.metadata
import json
import multiprocessing
import os
import pathlib
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import worker

WORKERS = 8
# A guard against hanging, far above what anything here needs.
GUARD = 60
NAMES = [f"python{i}" for i in range(WORKERS)]


class Talk:
    """A process that prints a line for each step, and goes on when it is sent one."""

    def __init__(self, command, **environment):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        text=True, env=dict(os.environ, **environment))
        self.guard = threading.Timer(GUARD, self.process.kill)
        self.guard.start()

    def listen(self):
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(f"{self.process.args} ended with {self.process.wait()}: {self.process.stderr.read()}")
        return line.rstrip("\n")

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def ask(self, line):
        self.say(line)
        return self.listen()

    def end(self, status=0):
        out, err = self.process.communicate()
        self.guard.cancel()
        assert self.process.returncode == status, f"{self.process.args} ended with {self.process.returncode}: {out} {err}"
        assert err == "", err


def check_prefixes(made):
    """One prefix for each path, whoever asked, and no prefix inside another."""
    prefixes = {}
    for path, prefix in made:
        assert prefixes.setdefault(path, prefix) == prefix, f"{path} is {prefixes[path]} and {prefix}"
    in_order = sorted(prefixes.values())
    assert len(set(in_order)) == len(in_order), "two directories with one prefix"
    assert not any(after.startswith(before) for before, after in zip(in_order, in_order[1:])), "one prefix inside another"
    return prefixes


def begin_after(inherited):
    """In a new process of a pool: what its parent had must not work, and opening again must."""
    if inherited is not None:
        try:
            inherited[b"sum"]
            raise AssertionError("the parent's handle works in a child")
        except worker.fdb.FDBError as error:
            assert error.code == 2000, error.code
        worker.forget_parent()
    worker.open_database()


def check_sums(expected, processes):
    """Every addition counted once; and who was there."""
    worker.open_database()
    assert worker.sums() == (expected, expected), (worker.sums(), expected)
    who = sorted(bytes(value).decode() for _, value in worker.db[worker.fdb.tuple.range(("process",))])
    assert who == sorted(processes + ["python"]), who


def elsewhere(function, *arguments):
    """Calls a function in a new process, so that this one has nothing of the package."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply_async(function, arguments).get(GUARD)


def pool_with_others(kind, node, c):
    """Eight processes of Python, one of Node and one in C, all of them at once, step by step."""
    others = [Talk(shlex.split(node)), Talk([c] + NAMES + ["node"])]
    pool = multiprocessing.get_context(kind).Pool(WORKERS, worker.open_database)
    each = lambda function, given: pool.map_async(function, given, chunksize=1)
    counted = [pool.apply_async(worker.count) for _ in range(WORKERS)]
    made = each(worker.make_directories, NAMES)
    written = each(worker.write_rows, NAMES)
    in_node = [json.loads(others[0].listen()) for _ in range(3)]
    in_c = [json.loads(others[1].listen()) for _ in range(2)]
    total = sum(result.get(GUARD) for result in counted) + in_node[0] + in_c[0]
    assert written.get(GUARD) == NAMES and in_node[2] == "node" and in_c[1] == "c"
    prefixes = check_prefixes([pair for result in made.get(GUARD) for pair in result] + in_node[1])
    paths = sorted(prefixes)
    assert len(paths) == (WORKERS + 1) * worker.DIRECTORIES + worker.DIRECTORIES
    assert each(worker.open_directory, paths).get(GUARD) == [prefixes[path] for path in paths]
    assert json.loads(others[0].ask(json.dumps(paths))) == [prefixes[path] for path in paths]
    names = NAMES + ["node", "c"]
    assert each(worker.read_rows, names).get(GUARD) == [worker.ROWS] * len(names)
    assert json.loads(others[0].ask(json.dumps(NAMES + ["c"]))) == [worker.ROWS] * (WORKERS + 1)
    assert json.loads(others[1].ask("now")) == [worker.ROWS] * (WORKERS + 1)
    for other in others:
        other.end()
    pool.close()
    pool.join()
    elsewhere(check_sums, total, ["python"] * WORKERS + ["node", "c"])


def fork_after_open():
    """The parent has the database open, goes on working, and forks a pool."""
    worker.open_database()
    pool = multiprocessing.get_context("fork").Pool(WORKERS, begin_after, (worker.db,))
    counted = [pool.apply_async(worker.count) for _ in range(WORKERS)]
    made = pool.map_async(worker.make_directories, NAMES, chunksize=1)
    own = worker.count()
    total = own + sum(result.get(GUARD) for result in counted)
    check_prefixes([pair for result in made.get(GUARD) for pair in result] + worker.make_directories("parent"))
    pool.close()
    pool.join()
    # The parent's own handle has not noticed anything.
    assert worker.count() == own
    return total + own


def start_shell():
    shell = Talk([sys.executable, str(HERE / "shell.py")])
    assert shell.ask("open") == "done"
    return shell


def leave(shell, how):
    """Ends a shell as people and supervisors do."""
    if how == "SIGTERM":
        shell.process.send_signal(signal.SIGTERM)
        shell.end(-signal.SIGTERM)
    else:
        assert shell.ask(f"exit {how}") == "ends"
        shell.end()


def shell_beside():
    """A shell stays while others come and go, whoever is first; it never sees an error."""
    for how in ("sys", "os", "SIGTERM"):
        with data_directory():
            first, shell = start_shell(), start_shell()
            assert first.ask("set key 1") == "None"
            assert shell.ask("get key") == "1"
            assert shell.ask("watch other") == "done"
            # Nobody waits for the end of the one that goes: the shell asks meanwhile.
            shell.say("add key")
            leave(first, how)
            assert shell.listen() == "None"
            assert shell.ask("get key") == "2"
            later = [start_shell() for _ in range(2)]
            for one in later:
                assert one.ask("add key") == "None"
            leave(later[0], how)
            assert later[1].ask("set other changed") == "None"
            assert shell.ask("wait") == "done"
            assert shell.ask("get other") == "changed"
            leave(shell, how)
            assert later[1].ask("get key") == "4"
            leave(later[1], how)


@contextlib.contextmanager
def data_directory():
    with tempfile.TemporaryDirectory(prefix="plinth-together-") as directory:
        os.environ["PLINTH_DATA"] = str(pathlib.Path(directory) / "data")
        yield


def fork_pool_after_open():
    total = elsewhere_with_children(fork_after_open)
    elsewhere(check_sums, total, ["python"] * (WORKERS + 1))


def elsewhere_with_children(function):
    """As elsewhere, in a process that may have children of its own."""
    spawn = multiprocessing.get_context("spawn")
    answers = spawn.Queue()
    process = spawn.Process(target=put_result, args=(answers, function))
    process.start()
    try:
        kind, result = answers.get(timeout=GUARD)
    finally:
        process.join(GUARD)
        process.kill()
    if kind == "error":
        raise AssertionError(result)
    return result


def put_result(answers, function):
    try:
        answers.put(("result", function()))
    except BaseException:
        answers.put(("error", traceback.format_exc()))


def main(node, c, chosen):
    tests = {"a pool of forked processes, Node and C": lambda: pool_with_others("fork", node, c),
             "a pool of spawned processes, Node and C": lambda: pool_with_others("spawn", node, c),
             "a pool that is forked after its parent opened": fork_pool_after_open,
             "a shell beside those that come and go": shell_beside}
    passed = failed = 0
    for name, test in tests.items():
        if chosen and not any(word in name for word in chosen):
            continue
        began = time.monotonic()
        try:
            with data_directory():
                test()
            passed += 1
            print(f"ok {name}, {time.monotonic() - began:.1f} s", flush=True)
        except BaseException:
            failed += 1
            print(f"FAILED {name}\n{traceback.format_exc()}", flush=True)
            for child in multiprocessing.active_children():
                child.kill()
    version = importlib.metadata.version("foundationdb")
    print(f"clients together {version}: {passed} passed, {failed} failed", flush=True)
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    status = main(sys.argv[1], sys.argv[2], sys.argv[3:])
    # Pools that are stuck would keep the process.
    os._exit(status) if status else sys.exit()
