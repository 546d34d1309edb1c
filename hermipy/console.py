"""What commands print: their subject to stdout, what Hermipy itself has to say to stderr.

Each of our own lines begins with `hermipy: `, so that a program's output stays its own.
"""

from __future__ import annotations

import contextlib
import json
import sys


def say(line: str) -> None:
    """One line of ours on stderr."""
    with contextlib.suppress(OSError):
        sys.stderr.write(f"hermipy: {' '.join(line.splitlines())}\n")
        sys.stderr.flush()


def show(text: str) -> None:
    """Text and the end of its line on stdout."""
    sys.stdout.write(f"{text}\n")


def show_json(value: object) -> None:
    """A value that programs read."""
    show(json.dumps(value, indent=2))
