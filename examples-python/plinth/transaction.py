"""Transactions, and what is read and watched in them.

Keys and values are ``bytes`` (or anything that has its buffer). Every call releases the interpreter's lock
while the library works.
"""

import weakref
from collections import namedtuple

from ._native import data, ffi, lib, text
from .errors import Error, check

KeyValue = namedtuple("KeyValue", "key value")

#: Bytes that a range read takes at a time.
BATCH_BYTES = 64 << 10


class Selector(namedtuple("Selector", "key or_equal offset")):
    """Names a key by its place, as FoundationDB's key selectors do."""

    @classmethod
    def last_below(cls, key):
        return cls(key, False, 0)

    @classmethod
    def last_at_or_below(cls, key):
        return cls(key, True, 0)

    @classmethod
    def first_at_or_above(cls, key):
        return cls(key, False, 1)

    @classmethod
    def first_above(cls, key):
        return cls(key, True, 1)

    def __add__(self, keys):
        return Selector(self.key, self.or_equal, self.offset + keys)

    def __sub__(self, keys):
        return self + -keys


def _selector(end):
    """A C selector, and what has to stay alive for it."""
    key, or_equal, offset = end if isinstance(end, Selector) else Selector.first_at_or_above(end)
    keep = data(key)
    return ffi.new("plinth_key_selector *", (keep, len(key), or_equal, offset)), keep


def _option(prefix, name):
    try:
        return getattr(lib, prefix + name.upper())
    except AttributeError:
        raise ValueError(f"there is no option {name}") from None


class Transaction:
    """A transaction. Use it in ``with``, or through :meth:`Database.run`, which commits and tries again."""

    def __init__(self, database):
        handle = ffi.new("plinth_transaction **")
        check(lib.plinth_transaction_begin(database._handle, handle))
        self._handle = handle[0]
        self._ended = weakref.finalize(self, lib.plinth_transaction_destroy, self._handle)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._ended()

    # ---------------------------------------------------------------- reads

    def get(self, key, snapshot=False, keyspace=None):
        """The value of a key, or None."""
        read = lib.plinth_transaction_snapshot_get if snapshot else lib.plinth_transaction_get
        value = ffi.new("plinth_value *")
        check(read(self._handle, _of(keyspace), data(key), len(key), value))
        return _take(value)

    def get_many(self, keys, snapshot=False, keyspace=None):
        """The values of many keys, in their order, in one call: None where there is no such key."""
        held = [data(key) for key in keys]
        slices = ffi.new("plinth_slice[]", [(keep, len(keep)) for keep in held])
        values = ffi.new("plinth_values *")
        read = lib.plinth_transaction_get_many
        check(read(self._handle, _of(keyspace), slices, len(held), snapshot, values))
        try:
            items = (values.items[i] for i in range(values.count))
            return [None if item.data == ffi.NULL else _bytes(item.data, item.len) for item in items]
        finally:
            lib.plinth_values_free(values)

    def get_key(self, selector, snapshot=False, keyspace=None):
        """The key that a selector names: empty before the first, ``b"\\xff"`` after the last."""
        raw, _keep = _selector(selector)
        key = ffi.new("plinth_value *")
        check(lib.plinth_transaction_get_key(self._handle, _of(keyspace), raw, snapshot, key))
        return _take(key)

    def range(self, begin=b"", end=b"\xff", limit=0, reverse=False, snapshot=False, keyspace=None):
        """The pairs from ``begin`` up to, not including, ``end`` (keys or selectors), read as they are asked for."""
        left = limit
        while True:
            batch, more = self._read(begin, end, left, reverse, snapshot, keyspace)
            yield from batch
            if limit > 0:
                left -= len(batch)
            if not more or (limit > 0 and left == 0):
                return
            if reverse:
                end = batch[-1].key
            else:
                begin = Selector.first_above(batch[-1].key)

    def _read(self, begin, end, limit, reverse, snapshot, keyspace):
        (first, _keep_begin), (last, _keep_end) = _selector(begin), _selector(end)
        size = ffi.sizeof("plinth_range_options")
        options = ffi.new("plinth_range_options *", (size, limit, BATCH_BYTES, snapshot, reverse))
        found = ffi.new("plinth_range *")
        check(lib.plinth_transaction_get_range(self._handle, _of(keyspace), first, last, options, found))
        try:
            items = (found.items[i] for i in range(found.count))
            pairs = [KeyValue(_bytes(item.key, item.key_len), _bytes(item.value, item.value_len)) for item in items]
            return pairs, found.more
        finally:
            lib.plinth_range_free(found)

    def __getitem__(self, key):
        """``tr[key]``, or ``tr[begin:end]`` for the pairs of a range."""
        if isinstance(key, slice):
            return self.range(*_ends(key))
        return self.get(key)

    # ---------------------------------------------------------------- writes

    def set(self, key, value, keyspace=None):
        check(lib.plinth_transaction_set(self._handle, _of(keyspace), data(key), len(key), data(value), len(value)))

    def clear(self, key, keyspace=None):
        check(lib.plinth_transaction_clear(self._handle, _of(keyspace), data(key), len(key)))

    def clear_range(self, begin, end, keyspace=None):
        ends = data(begin), len(begin), data(end), len(end)
        check(lib.plinth_transaction_clear_range(self._handle, _of(keyspace), *ends))

    def __setitem__(self, key, value):
        self.set(key, value)

    def __delitem__(self, key):
        """``del tr[key]``, or ``del tr[begin:end]``."""
        if isinstance(key, slice):
            self.clear_range(*_ends(key))
        else:
            self.clear(key)

    def atomic(self, operation, key, operand, keyspace=None):
        """An atomic operation by its name, such as ``"add"`` or ``"byte_max"``: PLINTH_MUTATION_* has them all."""
        number = _option("PLINTH_MUTATION_", operation)
        arguments = data(key), len(key), data(operand), len(operand)
        check(lib.plinth_transaction_atomic_op(self._handle, _of(keyspace), number, *arguments))

    def add(self, key, number, keyspace=None):
        """Adds to a counter of eight bytes, little-endian, without a conflict."""
        self.atomic("add", key, number.to_bytes(8, "little", signed=True), keyspace)

    def set_versionstamped_key(self, key, offset, value, keyspace=None):
        """Sets a key in which the ten bytes at ``offset`` become the commit's versionstamp."""
        arguments = data(key), len(key), offset, data(value), len(value)
        check(lib.plinth_transaction_set_versionstamped_key(self._handle, _of(keyspace), *arguments))

    def set_versionstamped_value(self, key, value, offset, keyspace=None):
        """Sets a key to a value in which the ten bytes at ``offset`` become the commit's versionstamp."""
        arguments = data(key), len(key), data(value), len(value), offset
        check(lib.plinth_transaction_set_versionstamped_value(self._handle, _of(keyspace), *arguments))

    # ---------------------------------------------------------------- conflicts

    def add_read_conflict(self, key, keyspace=None):
        check(lib.plinth_transaction_add_read_conflict(self._handle, _of(keyspace), data(key), len(key)))

    def add_read_conflict_range(self, begin, end, keyspace=None):
        ends = data(begin), len(begin), data(end), len(end)
        check(lib.plinth_transaction_add_read_conflict_range(self._handle, _of(keyspace), *ends))

    def add_write_conflict_range(self, begin, end, keyspace=None):
        ends = data(begin), len(begin), data(end), len(end)
        check(lib.plinth_transaction_add_write_conflict_range(self._handle, _of(keyspace), *ends))

    # ---------------------------------------------------------------- life

    def commit(self):
        """Commits; raises Error 1020 after a conflict."""
        check(lib.plinth_transaction_commit(self._handle))

    def on_error(self, error):
        """After a retryable error: waits, resets, and returns. Any other is raised again."""
        number = lib.plinth_transaction_on_error(self._handle, error.number)
        if number == error.number:
            raise error
        check(number)

    def reset(self):
        check(lib.plinth_transaction_reset(self._handle))

    def cancel(self):
        check(lib.plinth_transaction_cancel(self._handle))

    @property
    def read_version(self):
        return self._number(lib.plinth_transaction_get_read_version)

    @read_version.setter
    def read_version(self, version):
        check(lib.plinth_transaction_set_read_version(self._handle, version))

    @property
    def committed_version(self):
        """-1 before a commit of writes."""
        return self._number(lib.plinth_transaction_get_committed_version)

    @property
    def approximate_size(self):
        return self._number(lib.plinth_transaction_get_approximate_size)

    @property
    def versionstamp(self):
        """The ten bytes, after the commit."""
        stamp = ffi.new("uint8_t[10]")
        check(lib.plinth_transaction_get_versionstamp(self._handle, stamp))
        return bytes(stamp)

    @property
    def id(self):
        """A UUID, for logs."""
        out = ffi.new("char[37]")
        check(lib.plinth_transaction_id(self._handle, out))
        return text(out)

    def option(self, name, value=0):
        """Sets an option by its name, such as ``"timeout"``: PLINTH_OPTION_* has them all."""
        check(lib.plinth_transaction_set_option(self._handle, _option("PLINTH_OPTION_", name), value))

    def watch(self, key, callback, keyspace=None):
        """Has ``callback(error)`` called once when the value changes (None), or the watch ends (an Error).

        It waits from this transaction's commit on, and on a thread of the library. Keep what is returned for
        as long as the watch shall last.
        """
        return Watch(self, key, callback, keyspace)

    def _number(self, call):
        out = ffi.new("int64_t *")
        check(call(self._handle, out))
        return out[0]


class Watch:
    """A watch. It ends when this object does, or with :meth:`cancel`."""

    def __init__(self, transaction, key, callback, keyspace):
        user = ffi.new_handle(callback)
        _waiting.add(user)
        handle = ffi.new("plinth_watch **")
        check(
            lib.plinth_transaction_watch(
                transaction._handle, _of(keyspace), data(key), len(key), _changed, user, _finished, handle
            )
        )
        self._handle = handle[0]
        self._ended = weakref.finalize(self, _end_watch, self._handle)

    def cancel(self):
        """Has the callback called with Error 1101, unless it was called before."""
        if self._handle != ffi.NULL:
            check(lib.plinth_watch_cancel(self._handle))


#: The handles of callbacks that have not run yet.
_waiting = set()


@ffi.callback("void(void *, plinth_error)")
def _changed(user, number):
    # An exception of the callback is printed by cffi; it can't go into the library.
    ffi.from_handle(user)(Error(number, text(lib.plinth_last_error())) if number else None)


@ffi.callback("void(void *)")
def _finished(user):
    _waiting.discard(user)


def _end_watch(handle):
    if handle != ffi.NULL:
        lib.plinth_watch_destroy(handle)


def _of(keyspace):
    return ffi.NULL if keyspace is None else keyspace._handle


def _ends(key):
    if key.step is not None:
        raise ValueError("a range has no step")
    return (b"" if key.start is None else key.start), (b"\xff" if key.stop is None else key.stop)


def _bytes(pointer, length):
    return bytes(ffi.buffer(pointer, length))


def _take(value):
    try:
        return None if value.data == ffi.NULL else _bytes(value.data, value.len)
    finally:
        lib.plinth_value_free(value)
