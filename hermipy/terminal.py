"""The user's terminal: raw while the guest's line discipline serves it, and always put back."""

from __future__ import annotations

import contextlib
import os
import termios
import tty
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def raw(descriptor: int) -> Iterator[bool]:
    """Raw mode when `descriptor` is a terminal that we may set; gives whether it is on."""
    try:
        before = termios.tcgetattr(descriptor)
        foreground = os.tcgetpgrp(descriptor) == os.getpgrp()
    except (termios.error, OSError):
        yield False
        return
    if not foreground:  # setting it would stop us with SIGTTOU
        yield False
        return
    try:
        tty.setraw(descriptor, termios.TCSADRAIN)  # what was typed ahead is the program's
        yield True
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def size(descriptors: tuple[int, ...]) -> tuple[int, int] | None:
    """(rows, columns) of the first that is a terminal."""
    for descriptor in descriptors:
        with contextlib.suppress(OSError):
            columns, rows = os.get_terminal_size(descriptor)
            return rows, columns
    return None


def terminals() -> tuple[int, ...]:
    """Which of stdin, stdout and stderr are terminals."""
    return tuple(descriptor for descriptor in (0, 1, 2) if os.isatty(descriptor))
