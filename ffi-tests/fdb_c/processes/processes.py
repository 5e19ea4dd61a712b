"""Three processes on one database directory, killed and ended in turn, and what they did compared.

usage: processes.py PROGRAMS [--plant forged|removed|repeated]

PROGRAMS is the directory of the programs metadata, management and admin. The directory of the data is in
TMPDIR and goes at the end, unless something was wrong. The last lines are counts, and `violations N`.

--plant does damage before the end, which must then be noticed: an acknowledgement that never was, an
entry that is removed, a marker that says that it was applied twice.

Environment: PLINTH_PROCESSES_SECONDS, 10 if it is not set; PLINTH_TEST_SEED repeats the choices.

Relies on: lines of a process being whole, as they are written in one write; all times being those of one
clock; OWNER in the directory naming its host.
"""

import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import history

# What counts as a hang: of a process that is to end, of a process that starts, of the others after a kill.
PATIENCE = 60
ROLES = ("management", "metadata", "admin")


def now():
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000


class Record:
    """What all runs said. Lines are added by the threads that read them."""

    def __init__(self):
        self.lock = threading.Condition()
        self.tried, self.acknowledged, self.bad, self.rows = {}, {}, [], []
        self.found = self.refused = self.scans = 0
        self.last_begin = 0  # when the latest transaction that is known to have succeeded began
        self.first_after = None  # (since, time): see `first_commit`
        self.ready = set()

    def add(self, run, line):
        kind, _, rest = line.partition(" ")
        with self.lock:
            if kind == "try":
                operation, at = rest.split(" ")
                self.tried[operation] = int(at)
            elif kind in ("ack", "found"):
                self.add_acknowledged(kind, *rest.split(" "))
            elif kind == "scan":
                self.scans += 1
            elif kind == "not":
                self.refused += 1
            elif kind == "ready":
                self.ready.add(run)
                self.lock.notify_all()
            elif kind == "row":
                self.rows.append(rest)
            else:
                self.bad.append(line.removeprefix("bad "))

    def add_acknowledged(self, kind, operation, stamp, began, ended):
        if operation in self.acknowledged:
            self.bad.append(f"{operation} was acknowledged twice")
        self.acknowledged[operation] = (stamp, int(began), int(ended))
        self.found += kind == "found"
        if kind == "ack" and self.first_after and int(began) > self.first_after[0]:
            self.first_after = (self.first_after[0], min(self.first_after[1], int(ended)))
            self.lock.notify_all()

    def wrong(self, words):
        with self.lock:
            self.bad.append(words)

    def first_commit(self, since):
        """Microseconds until a commit ended that began after `since`; None if there was none."""
        with self.lock:
            known = [end for _, begin, end in list(self.acknowledged.values())[-2000:] if begin > since]
            self.first_after = (since, min(known, default=float("inf")))
            self.lock.wait_for(lambda: self.first_after[1] != float("inf"), PATIENCE)
            took, self.first_after = self.first_after[1] - since, None
        return None if took == float("inf") else took


class Run:
    """One process, from its start to its end."""

    def __init__(self, record, programs, data, role, number, argument):
        self.record, self.name = record, f"{role}.{number}"
        command = [str(programs / role), str(number), str(argument)]
        environment = dict(os.environ, PLINTH_DATA=str(data))
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=environment, text=True)
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            # A line that a kill cut off has no end.
            if line.endswith("\n"):
                self.record.add(self.name, line[:-1])

    def wait_ready(self):
        with self.record.lock:
            come = lambda: self.name in self.record.ready or self.process.poll() is not None
            while not come() and self.record.lock.wait(1) is not None and now() < self.deadline:
                pass
        if self.name not in self.record.ready:
            self.record.wrong(f"{self.name} did not begin")

    def end(self, kind):
        """Sends a signal and waits for the end, which a SIGTERM makes an orderly one."""
        if self.process.poll() is not None:
            self.record.wrong(f"{self.name} ended by itself with {self.process.returncode}")
        self.process.send_signal(kind)
        try:
            status = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.record.wrong(f"{self.name} did not end after signal {int(kind)}")
            self.process.kill()
            status = self.process.wait()
        self.reader.join()
        if status != (0 if kind == signal.SIGTERM else -kind) and not self.record.bad:
            self.record.wrong(f"{self.name} ended with {status}")

    def finish(self):
        """Waits for what ends by itself."""
        try:
            status = self.process.wait(20 * PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = "a hang"
        self.reader.join()
        if status != 0:
            self.record.wrong(f"{self.name} ended with {status}")


class Play:
    """The three processes, and what happens to them."""

    def __init__(self, programs, data, seed):
        self.programs, self.data, self.random = programs, data, random.Random(seed)
        self.record, self.runs, self.number = Record(), {}, 0
        self.kills, self.times = {"host": 0, "guest": 0, "orderly end": 0}, []

    def start(self, role, argument=None):
        self.number += 1
        if argument is None:
            argument = "scan" if role == "admin" else self.random.randrange(1 << 32)
        run = Run(self.record, self.programs, self.data, role, self.number, argument)
        run.deadline = now() + PATIENCE * 1_000_000
        return run

    def host(self):
        """The role of the process that has the directory, if it is one of ours."""
        try:
            pid = int((self.data / "OWNER").read_text().removeprefix("pid "))
        except (OSError, ValueError):
            return None
        return next((role for role, run in self.runs.items() if run.process.pid == pid), None)

    def strike(self, turn):
        """Ends one process: two by one the host, whoever is next, and one in order."""
        host = self.host()
        kind = signal.SIGTERM if turn % 4 == 3 else signal.SIGKILL
        role = host if turn % 2 == 0 and host else ROLES[turn // 2 % len(ROLES)]
        since = now()
        self.runs[role].end(kind)
        self.kills["orderly end" if kind == signal.SIGTERM else "host" if role == host else "guest"] += 1
        # Now and then the one that was ended takes part in what follows.
        if self.random.random() < 0.5 or len(ROLES) == 1:
            self.runs[role] = self.start(role)
        took = self.record.first_commit(since)
        if took is None:
            self.record.wrong(f"no commit within {PATIENCE} s after {role} was ended")
        elif role == host and kind == signal.SIGKILL:
            self.times.append(took / 1000)
        if self.runs[role].process.returncode is not None:
            self.runs[role] = self.start(role)
        self.runs[role].wait_ready()

    def play(self, seconds):
        for role in ROLES:
            self.runs[role] = self.start(role)
        for run in self.runs.values():
            run.wait_ready()
        end, turn = now() + seconds * 1_000_000, 0
        while now() < end and not self.record.bad:
            time.sleep(self.random.uniform(0.05, 0.5))
            self.strike(turn)
            turn += 1
        for role in self.random.sample(ROLES, len(ROLES)):
            self.runs[role].end(signal.SIGTERM)

    def plant(self, damage):
        if damage == "forged":
            self.record.acknowledged["forged.0.0.0"] = ("00" * 10, 0, 0)
            self.record.tried["forged.0.0.0"] = 0
        elif damage:
            self.start("admin", {"removed": "remove", "repeated": "repeat"}[damage]).finish()

    def compare(self):
        """What is wrong, all in all."""
        self.start("admin", "dump").finish()
        record, database = self.record, history.Database(self.record.rows)
        wrong = list(record.bad)
        wrong += history.check_acknowledged(record.acknowledged, record.tried, database)
        wrong += history.check_order({key: value for key, value in record.acknowledged.items() if value[2]}, record.tried)
        wrong += history.check_replay(database)
        return wrong, database

    def report(self, wrong, database):
        record, times = self.record, sorted(self.times)
        silent = len(database.markers) - len(record.acknowledged.keys() & database.markers.keys())
        print(f"operations tried {len(record.tried)}, acknowledged {len(record.acknowledged)}, with nothing to do {record.refused}, "
              f"in doubt and found {record.found}, applied and never told {silent}")
        print(f"scans {record.scans}, rows at the end {len(database.rows)}, processes {self.number}")
        print("ended: " + ", ".join(f"{kind} {count}" for kind, count in self.kills.items()))
        if times:
            print(f"first commit after a kill of the host: p50 {times[len(times) // 2]:.1f} ms, max {times[-1]:.1f} ms, "
                  f"of {len(times)}")
        for words in wrong[:40]:
            print(f"violation: {words}")
        print(f"violations {len(wrong)}")


def main(programs, damage=None):
    seed = int(os.environ.get("PLINTH_TEST_SEED") or random.SystemRandom().randrange(1 << 32))
    seconds = int(os.environ.get("PLINTH_PROCESSES_SECONDS") or 10)
    root = pathlib.Path(tempfile.mkdtemp(prefix="plinth-processes-"))
    print(f"PLINTH_TEST_SEED={seed}, {seconds} s, data in {root}", flush=True)
    play = Play(pathlib.Path(programs).resolve(), root / "data", seed)
    try:
        play.play(seconds)
        play.plant(damage)
        wrong, database = play.compare()
    finally:
        for run in play.runs.values():
            if run.process.poll() is None:
                run.process.kill()
    play.report(wrong, database)
    if damage or not wrong:
        shutil.rmtree(root)
    # A run in which nothing happened shows nothing.
    return 1 if wrong or not play.record.scans or len(play.record.acknowledged) < 10 else 0


if __name__ == "__main__":
    if len(sys.argv) not in (2, 4) or (len(sys.argv) == 4 and sys.argv[2] != "--plant"):
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[3] if len(sys.argv) == 4 else None))
