"""Select: from the numbers that a program can make to the handlers that its kernel needs.

A number whose row has no handler stays out of the link and leads to syscall_missing at run time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hermipy import table
from hermipy.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hermipy.table import Syscall

_RT_SIGACTION = 134
# Made by no site of the program, but by the vDSO's trampoline and the restart of a timed call.
_MADE_BY_SIGNALS = frozenset({128, 139})


@dataclass(frozen=True, slots=True)
class Selection:
    """What the link is asked for."""

    arch: str
    handlers: tuple[Syscall, ...]
    missing: tuple[str, ...]
    """Names that the program can call and no handler serves."""
    whole: bool
    """Everything that exists is linked, because some site's number could be anything."""


def select(arch: str, numbers: frozenset[int], *, unresolved: bool) -> Selection:
    """The handlers for `numbers`; all there are, when a site is unresolved."""
    rows = table.by_number(arch)
    wanted = numbers | (_MADE_BY_SIGNALS if _RT_SIGACTION in numbers else frozenset())
    absent = {number for number in numbers if number not in rows or not rows[number].implemented}
    if unresolved:
        wanted = frozenset(rows)
    handlers = (row for number, row in rows.items() if number in wanted and row.implemented)
    return Selection(
        arch=arch,
        handlers=tuple(sorted(handlers, key=lambda row: row.number)),
        missing=tuple(sorted(table.name_of(number, arch) for number in absent)),
        whole=unresolved,
    )


def numbers_of(names: Iterable[str], arch: str) -> frozenset[int]:
    """Numbers of the names that `--assume` lists; raises OptionError."""
    by_name = table.by_name()
    numbers = set()
    for name in names:
        row = by_name.get(name)
        if row is None or arch not in row.arches:
            raise OptionError(f"--assume: {arch} has no syscall named {name!r}")
        numbers.add(row.number)
    return frozenset(numbers)
