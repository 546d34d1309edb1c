"""What commands print: their subject to stdout, what Hermipy itself has to say to stderr.

Each of our own lines begins with `hermipy: `, so that a program's output stays its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import time

_FIRST_S, _MOVING_S, _NOW_AND_THEN_S = 1.0, 0.1, 30.0


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


class Progress:
    """How far a long command is: a line that moves on a terminal, else a line now and then."""

    def __init__(self) -> None:
        self._moves = sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self._next = time.monotonic() + (_FIRST_S if self._moves else _NOW_AND_THEN_S)
        self._shown = False

    def tell(self, state: object) -> None:
        """Show a state, which has a text of one line, when it is time to."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + (_MOVING_S if self._moves else _NOW_AND_THEN_S)
        if not self._moves:
            say(str(state))
            return
        columns = shutil.get_terminal_size().columns - 1
        self._write(f"\r\x1b[K{f'hermipy: {state}'[:columns]}")
        self._shown = True

    def end(self) -> None:
        """Leave nothing on a terminal."""
        if self._shown:
            self._write("\r\x1b[K")
            self._shown = False

    def _write(self, text: str) -> None:
        with contextlib.suppress(OSError):
            sys.stderr.write(text)
            sys.stderr.flush()
