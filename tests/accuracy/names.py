"""Syscall names out of qemu-user's `-strace`: what a program was seen to do.

A call is a line `PID NAME(ARGUMENTS) = RESULT`; while it blocks, another thread's begins on the
same line, behind the arguments. What qemu has no name for it gives by number.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from hermipy import table

if TYPE_CHECKING:
    from collections.abc import Iterable

_CALL = re.compile(rb"(?:^|\))\d+ (?:Unknown syscall (\d+)|([a-z_][a-z0-9_]*)\()", re.MULTILINE)


class UnknownNameError(Exception):
    """A name that the syscall table does not have."""

    def __init__(self, names: set[str]) -> None:
        super().__init__(f"not in syscall_table/: {' '.join(sorted(names))}")


def counted(log: bytes, arch: str) -> dict[str, int]:
    """How often each syscall was called, by name; UnknownNameError."""
    counts = Counter(
        table.name_of(int(number), arch) if number else name.decode()
        for number, name in _CALL.findall(log)
    )
    unknown = set(counts) - {row.name for row in table.by_number(arch).values()}
    if unknown:
        raise UnknownNameError(unknown)
    return dict(counts)


def in_order(names: Iterable[str]) -> list[str]:
    """Sorted by number."""
    rows = table.by_name()
    return sorted(set(names), key=lambda name: rows[name].number)
