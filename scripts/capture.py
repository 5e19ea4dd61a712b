#!/usr/bin/env python3
"""Draws what the tool plinth shows at a terminal, as docs/img/tool-*.svg: scripts/capture.py

Each picture is a session that is typed into a real terminal (a pseudo-terminal with a shell in it), so that it shows
what the program that was built prints. Environment: BUILD, where plinth and plinthd are; target/release by default.
"""

import fcntl
import html
import os
import pathlib
import pty
import random
import re
import select
import shutil
import struct
import subprocess
import tempfile
import termios
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("BUILD", ROOT / "target/release")).resolve()
COLUMNS = 110
PATIENCE = 120
PROMPT = "$ "

COLOURS = ["#1c1f26", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#dcdfe4"]
FOREGROUND, BACKGROUND = "#dcdfe4", "#1c1f26"
CELL, LINE, MARGIN = 8.43, 18, 16


class Screen:
    """A terminal without a bottom: lines only grow. It knows what line editing and progress bars send."""

    def __init__(self):
        self.lines = [[]]
        self.row = self.column = 0
        self.style = (None, False)
        self.rest = ""

    def write(self, text):
        text = self.rest + text
        at = 0
        while at < len(text):
            if text[at] != "\x1b":
                self.put(text[at])
                at += 1
                continue
            escape = re.compile(r"\x1b(\[([?0-9;]*)([A-Za-z])|\][^\x07]*\x07|[=>()][A-Z0-9]?)").match(text, at)
            if not escape:
                break
            if escape.group(3):
                self.control(escape.group(2), escape.group(3))
            at = escape.end()
        self.rest = text[at:]

    def put(self, char):
        if char == "\n":
            self.row += 1
        elif char == "\r":
            self.column = 0
        elif char == "\b":
            self.column = max(self.column - 1, 0)
        elif char >= " ":
            line = self.line()
            line.extend([(" ", (None, False))] * (self.column + 1 - len(line)))
            line[self.column] = (char, self.style)
            self.column += 1

    def line(self):
        while len(self.lines) <= self.row:
            self.lines.append([])
        return self.lines[self.row]

    def control(self, values, kind):
        if values.startswith("?"):
            return
        numbers = [int(value or 0) for value in values.split(";")]
        many = max(numbers[0], 1)
        if kind == "A":
            self.row = max(self.row - many, 0)
        elif kind == "B":
            self.row += many
        elif kind == "C":
            self.column += many
        elif kind == "D":
            self.column = max(self.column - many, 0)
        elif kind == "K":
            del self.line()[self.column :]
        elif kind == "J":
            del self.line()[self.column :]
            del self.lines[self.row + 1 :]
        elif kind == "m":
            colour, bold = self.style
            for number in numbers:
                if number == 0:
                    colour, bold = None, False
                elif number == 1:
                    bold = True
                elif 30 <= number <= 37:
                    colour = number - 30
                elif number == 39:
                    colour = None
            self.style = (colour, bold)

    def text(self):
        return "\n".join("".join(char for char, _ in line) for line in self.lines)


def runs(line):
    """A line as pieces of one style: (column, text, style)."""
    pieces = []
    for column, (char, style) in enumerate(line):
        if pieces and pieces[-1][2] == style:
            pieces[-1][1] += char
        else:
            pieces.append([column, char, style])
    return [piece for piece in pieces if piece[1].strip()]


def draw(screen, title, path):
    lines = screen.lines
    while lines and not any(char.strip() for char, _ in lines[-1]):
        lines = lines[:-1]
    width = round(COLUMNS * CELL + 2 * MARGIN)
    height = len(lines) * LINE + 2 * MARGIN + 24
    svg = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img">',
        f"<title>{html.escape(title)}</title>",
        f'<rect width="{width}" height="{height}" rx="8" fill="{BACKGROUND}"/>',
        '<circle cx="20" cy="18" r="5" fill="#e06c75"/><circle cx="38" cy="18" r="5" fill="#e5c07b"/><circle cx="56" cy="18" r="5" fill="#98c379"/>',
        f'<text x="{width / 2:.0f}" y="22" text-anchor="middle" font-family="sans-serif" font-size="12" fill="#8b92a0">{html.escape(title)}</text>',
        f'<g font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="14" fill="{FOREGROUND}" xml:space="preserve">',
    ]
    for row, line in enumerate(lines):
        y = MARGIN + 24 + row * LINE + 13
        for column, text, (colour, bold) in runs(line):
            look = f' fill="{COLOURS[colour]}"' if colour is not None else ""
            look += ' font-weight="bold"' if bold else ""
            length = len(text) * CELL
            svg.append(
                f'<text x="{MARGIN + column * CELL:.1f}" y="{y}" textLength="{length:.1f}" lengthAdjust="spacingAndGlyphs"{look}>'
                f"{html.escape(text, quote=False)}</text>"
            )
    svg += ["</g>", "</svg>", ""]
    path.write_text("\n".join(svg), encoding="ascii", errors="xmlcharrefreplace")
    print(f"{path.relative_to(ROOT)}: {len(lines)} lines")


class Terminal:
    """A shell in a directory, with plinth on its PATH."""

    def __init__(self, directory):
        self.screen = Screen()
        environment = {
            "PATH": f"{BUILD}:/usr/bin:/bin", "PS1": PROMPT, "TERM": "xterm", "HOME": str(directory),
            "XDG_STATE_HOME": str(directory / "state"), "LANG": "C.UTF-8",
        }
        self.child, self.terminal = pty.fork()
        if self.child == 0:
            os.chdir(directory)
            os.execve("/bin/sh", ["sh", "-i"], environment)
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
        self.seen = 0
        self.expect(PROMPT)

    def expect(self, text):
        """Waits until this is on the screen, after what was waited for before."""
        until = time.monotonic() + PATIENCE
        while text not in self.screen.text()[self.seen :]:
            ready, _, _ = select.select([self.terminal], [], [], max(until - time.monotonic(), 0))
            if not ready:
                raise SystemExit(f"{text!r} did not come:\n{self.screen.text()}")
            self.screen.write(os.read(self.terminal, 65536).decode("utf-8", "replace"))
        self.seen += self.screen.text()[self.seen :].index(text) + len(text)

    def type(self, keys, then):
        # What was typed shows before what it leads to.
        os.write(self.terminal, keys.encode())
        self.expect(then)

    def pause(self, seconds):
        """Goes on reading for a while."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            ready, _, _ = select.select([self.terminal], [], [], 0.05)
            if ready:
                self.screen.write(os.read(self.terminal, 65536).decode("utf-8", "replace"))

    def close(self):
        os.write(self.terminal, b"exit\n")
        try:
            while os.read(self.terminal, 65536):
                pass
        except OSError:
            pass
        os.waitpid(self.child, 0)


def prepare(directory):
    """A database with something in it, and a host."""
    lines = ["keyspaces create users", "begin"]
    lines += [f"set user/{number} {name}" for number, name in enumerate(["Ada", "Barbara", "Grace", "Hedy", "Radia"], 17)]
    lines += ["set \\x15\\x01 \"a value; with \\x00 in it\"", "add visits 41", "commit"]
    plinth(directory, "--create", "app", input="\n".join(lines))
    lines = []
    for number in range(PAIRS):
        if number % 5_000 == 0:
            lines += ["commit", "begin"] if number else ["begin"]
        lines.append(f"set {number:08} {random.randbytes(500).hex()}")
    plinth(directory, "--create", "large", input="\n".join([*lines, "commit"]))


def plinth(directory, *arguments, **options):
    subprocess.run([BUILD / "plinth", *arguments], cwd=directory, check=True, stdout=subprocess.DEVNULL, text=True, **options)


def shell(directory, pictures):
    terminal = Terminal(directory)
    terminal.type("plinth app\r", "plinth> ")
    for keys in ["getrange user/ user/\\xff 3\r", "get \\x15\\x01\r", "set visits 1\r", "writemode on\r"]:
        terminal.type(keys, "plinth> ")
    for keys in ["begin\r", "get user/17\r", "set user/17 \"Ada Lovelace\"\r"]:
        terminal.type(keys, "plinth*> ")
    for keys in ["commit\r", "add visits 1; get visits\r", "gte user/17\r", "get no-such-key\r"]:
        terminal.type(keys, "plinth> ")
    terminal.type("getr\t\t", "getrangekeys")
    terminal.pause(0.3)
    os.write(terminal.terminal, b"\x15quit\r")
    terminal.expect(PROMPT)
    terminal.close()
    draw(terminal.screen, "plinth: the shell", pictures / "tool-shell.svg")


def status(directory, pictures):
    host = subprocess.Popen([BUILD / "plinthd", "app"], cwd=directory, stdout=subprocess.PIPE, text=True)
    host.stdout.readline()
    load = subprocess.Popen(
        [BUILD / "plinth", "bench", "app", "--seconds", "2", "--threads", "8"], cwd=directory, stdout=subprocess.DEVNULL
    )
    try:
        terminal = Terminal(directory)
        terminal.type("plinth status app details\r", PROMPT)
        # The reads of the load are over.
        terminal.pause(4)
        terminal.type("plinth stats app --count 6\r", PROMPT)
        terminal.close()
    finally:
        load.terminate()
        load.wait()
        host.terminate()
        host.wait()
    draw(terminal.screen, "plinth: status and stats, as a guest of plinthd", pictures / "tool-status.svg")


def progress(directory, pictures):
    terminal = Terminal(directory)
    for keys in PROGRESS:
        terminal.type(keys, PROMPT)
    terminal.close()
    draw(terminal.screen, "plinth: looking after a database", pictures / "tool-progress.svg")


# Lines that show progress.
PROGRESS = [
    "plinth bench app --keys 50000\r",
    "plinth verify large\r",
    "plinth compact large\r",
    "plinth checkpoint large before-upgrade\r",
]
# Pairs of the larger database.
PAIRS = 80_000


def main():
    if not shutil.which("sh"):
        raise SystemExit("there is no sh")
    pictures = ROOT / "docs/img"
    with tempfile.TemporaryDirectory() as directory:
        directory = pathlib.Path(directory)
        prepare(directory)
        shell(directory, pictures)
        status(directory, pictures)
        progress(directory, pictures)


if __name__ == "__main__":
    main()
