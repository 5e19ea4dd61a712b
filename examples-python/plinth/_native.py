"""libplinth.so, as the header describes it.

Relies on the two files that are put beside this one when the package is made: the library, and the
declarations of the very header it was built with.
"""

import os
from importlib import resources

from cffi import FFI

ffi = FFI()
_files = resources.files(__package__)
ffi.cdef((_files / "plinth.cdef").read_text(encoding="utf-8"))
# Another build of the library may be tried without a new package.
lib = ffi.dlopen(os.environ.get("PLINTH_LIBRARY") or str(_files / "libplinth.so"))


def text(string):
    """A C string of the library."""
    return ffi.string(string).decode("utf-8", "replace")


def data(key):
    """The bytes of an argument: not copied, and alive while the result is."""
    return ffi.from_buffer("uint8_t[]", key)
