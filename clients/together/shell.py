"""A developer's shell, in the form of a program: reads a command a line, does it, prints what came of it.

    open                     begins with the package and opens the database
    get KEY                  prints the value
    set KEY VALUE            in a retry loop
    add KEY                  adds one to a number, in a retry loop
    watch KEY                begins to wait for a change
    wait                     waits until the watch fires
    exit sys|os|never        ends itself by sys.exit or os._exit, or waits for whatever comes

Relies on: PLINTH_DATA naming the directory of the data.
"""

import os
import sys

import fdb

fdb.api_version(730)


@fdb.transactional
def get(tr, key):
    value = tr[key.encode()]
    return value.decode() if value.present() else None


@fdb.transactional
def set(tr, key, value):
    tr[key.encode()] = value.encode()


@fdb.transactional
def add(tr, key):
    old = tr[key.encode()]
    tr[key.encode()] = b"%d" % (int(old) + 1 if old.present() else 1)


@fdb.transactional
def watch(tr, key):
    return tr.watch(key.encode())


def obey(words, state):
    command, *rest = words
    if command == "open":
        state["db"] = fdb.open()
    elif command == "watch":
        state["watch"] = watch(state["db"], *rest)
    elif command == "wait":
        state["watch"].wait()
    elif command == "exit":
        print("ends", flush=True)
        {"sys": sys.exit, "os": os._exit}[rest[0]](0)
    else:
        return {"get": get, "set": set, "add": add}[command](state["db"], *rest)
    return "done"


def main():
    state = {}
    for line in sys.stdin:
        print(obey(line.split(), state), flush=True)


if __name__ == "__main__":
    main()
