"""Which functions of the library the package names, and that the library has every one of them."""

import ctypes
import pathlib
import re
import unittest

import fdb
from support import PACKAGE, capi

CALL = re.compile(r"capi\.(fdb_[a-z0-9_]+)|\"(fdb_(?:database|future|cdc)_[a-z0-9_]*cdc[a-z0-9_]*|fdb_cdc_[a-z_]+)\"")


def named_by_the_package():
    """Every fdb_ function that the package's sources name."""
    names = set()
    for source in pathlib.Path(fdb.__file__).parent.glob("*.py"):
        for match in CALL.finditer(source.read_text()):
            names.add(match.group(1) or match.group(2))
    return names


def listed():
    """symbols.txt as version -> names."""
    table = pathlib.Path(__file__).resolve().parent.parent / "symbols.txt"
    lines = [line.split() for line in table.read_text().splitlines() if line and not line.startswith("#")]
    versions = lines[0][1:]
    return {version: {row[0] for row in lines[1:] if row[1 + at] == "x"} for at, version in enumerate(versions)}


class Symbols(unittest.TestCase):
    def test_the_library_has_every_function_that_the_package_names(self):
        """ABI-2: one missing symbol would end api_version() with an AttributeError."""
        names = named_by_the_package()
        self.assertGreater(len(names), 50)
        missing = [name for name in sorted(names) if not hasattr(capi(), name)]
        self.assertEqual(missing, [])

    def test_the_list_of_symbols_is_true(self):
        """symbols.txt says what each package resolves."""
        self.assertEqual(listed()[PACKAGE], named_by_the_package())

    def test_a_function_that_does_not_exist_is_noticed(self):
        """The check above can fail: a made-up name is not found."""
        self.assertFalse(hasattr(capi(), "fdb_no_such_function"))
        self.assertIsInstance(capi(), ctypes.CDLL)


if __name__ == "__main__":
    unittest.main()
