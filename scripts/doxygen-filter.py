#!/usr/bin/env python3
"""What doxygen reads in place of a header.

usage: scripts/doxygen-filter.py HEADER    prints the header as doxygen is to see it
       scripts/doxygen-filter.py --chapters  prints the chapters, one for each file of src/ that plinth.h is made from

In plinth.h each comment is told its chapter, which is the file of src/ that its name stands in; in the C++ headers
comments become comments that doxygen reads. The headers themselves stay free of both. The number of lines does not change,
so that doxygen's messages name the right ones.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DECLARED = re.compile(r"(?:fn|struct|enum|union|type|const) (plinth_\w+|PLINTH_\w+)")
# A name that a line of plinth.h declares at the top level: a function, the end of a typedef, a macro.
NAMED = [
    re.compile(r"^#define (PLINTH_\w+)"),
    re.compile(r"^typedef struct (plinth_\w+) \w+;"),
    re.compile(r"^\} (plinth_\w+);"),
    re.compile(r"^typedef .*\(\*(plinth_\w+)\)"),
    re.compile(r"^typedef [\w ]+ (plinth_\w+);"),
    re.compile(r"^[\w].*?\b(plinth_\w+)\("),
]


# What every reader of C++ knows, which would be noise in the headers: the line, and what it means.
CONVENTIONAL = [
    (re.compile(r"^\s+(\w+)\(\1 &&other\)"), "Takes over what the other one holds."),
    (re.compile(r"^\s+\w+ &operator=\(\w+ &&other\)"), "Exchanges the two."),
    (re.compile(r"^\s+using (iterator_category|difference_type|pointer|reference) ="), "As of every iterator."),
    (re.compile(r"^\s+using value_type ="), "What it holds or gives."),
    (re.compile(r"^\s+Iterator\(const Range"), "Stands at a pair."),
    (re.compile(r"^\s+Iterator (begin|end)\("), "For loops over ranges."),
    (re.compile(r"^\s+(const )?KeyValue [&*]?operator(\*|->)\("), "The pair that it stands at."),
    (re.compile(r"^\s+(Iterator &?|void )operator\+\+\("), "Goes to the next pair."),
    (re.compile(r"^\s+bool operator[!=]=\("), "Whether the two stand at one place."),
    (re.compile(r"^\s+bool empty\("), "Whether size() is 0."),
    (re.compile(r"^\s+size_t size\("), "How many there are."),
    (re.compile(r"^\s+plinth_\w+ \*handle\("), "The handle, for calls of plinth.h; it stays this object's."),
    (re.compile(r"^\s+plinth_\w+ get\("), "As plinth.h has it."),
    (re.compile(r"^\s+operator std::string_view\("), "As view()."),
    (re.compile(r"^\s+(bool ok|explicit operator bool)\("), "Whether it is a success."),
    (re.compile(r"^\s+(const )?(T|Error) ?[&*]?(operator(\*|->)|error|value)\("), "The same, for another kind of access."),
]


def chapters():
    """The files of src/ with a name of the header in them: (file's name, title, names)."""
    for path in sorted((ROOT / "src").rglob("*.rs")):
        text = path.read_text(encoding="utf-8")
        names = DECLARED.findall(text)
        if not names or path.stem == "lib":
            continue
        title = text.split("\n", 1)[0].removeprefix("//! ").rstrip(".")
        if title.startswith("Generated"):
            title = "Error numbers"
        yield path.stem, title, names


def print_chapters():
    print("/** @mainpage")
    print("    The C interface by chapters: @ref c. The C++ layer over it: <a href=\"namespaceplinth.html\">plinth</a>.")
    print("    Guides and everything else are in <a href=\"../index.html\">the book</a>. */")
    print("/** @namespace plinth\n    The C++ layer over plinth.h: include plinth.hpp. */")
    print("/** @defgroup c The C interface\n    plinth.h, by chapters. */")
    for stem, title, _ in chapters():
        print(f"/** @defgroup c_{stem} {title}\n    @ingroup c */")


def name_of(line):
    """The name that a line declares at the top level, if it does."""
    for pattern in NAMED:
        if found := pattern.match(line):
            return found[1]
    return None


def c_header(lines):
    """Puts each comment of the top level into its chapter."""
    chapter = {name: stem for stem, _, names in chapters() for name in names}
    opened = None
    lines = list(lines)
    for at, line in enumerate(lines):
        if line.startswith("/**"):
            opened = at
        name = name_of(line)
        if name is not None and opened is not None:
            if name in chapter:
                lines[opened] = f"/** @ingroup c_{chapter[name]}\n".rstrip("\n") + lines[opened][3:]
            opened = None
    return ["/** @file */ " + lines[0]] + lines[1:]


def cxx_header(lines):
    """Makes each comment one that doxygen reads; the first one is the file's."""
    lines = [re.sub(r"^(\s*)/\* ?(?=$|\S)", r"\1/** ", line) for line in lines]
    for at in range(1, len(lines)):
        if not lines[at - 1].endswith("*/"):
            meant = [text for pattern, text in CONVENTIONAL if pattern.match(lines[at])]
            lines[at] = f"/** {meant[0]} */ {lines[at]}" if meant else lines[at]
    # What is private and has no words makes doxygen link to a section that it then leaves out.
    inside = False
    for at, line in enumerate(lines):
        if re.match(r"^    struct (Close|Destroy) \{$", line):
            lines[at], inside = f"/** @cond */{line}", True
        elif inside and line == "    };":
            lines[at], inside = f"{line}/** @endcond */", False
    lines[0] = lines[0].replace("/** ", "/** @file ", 1)
    return lines


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    if sys.argv[1] == "--chapters":
        print_chapters()
        return
    path = Path(sys.argv[1])
    lines = path.read_text(encoding="utf-8").split("\n")
    lines = c_header(lines) if path.name == "plinth.h" else cxx_header(lines)
    sys.stdout.write("\n".join(lines))


if __name__ == "__main__":
    main()
