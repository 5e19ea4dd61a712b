"""Prints the declarations of a header in the words that cffi understands: no preprocessor, no comments.

usage: declarations.py include/plinth.h
"""

import re
import sys


def declarations(header):
    """The declarations in a header of Plinth."""
    header = re.sub(r"/\*.*?\*/", "", header, flags=re.DOTALL)
    # What is only for C++ stands in blocks of their own.
    header = re.sub(r"#ifdef __cplusplus.*?#endif[^\n]*", "", header, flags=re.DOTALL)
    lines = (line.rstrip() for line in header.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("#")) + "\n"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        print(declarations(file.read()), end="")
